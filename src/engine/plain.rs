//! Promises of a case that are plain: one event starts, stops and cancels them, their target is known at the start, and but for
//! pauses nothing happens on the way. Most promises are; an instance of one takes half the room, and most of its events a few steps.
//!
//! What is done here is what `track` and `live` do where nothing else can happen. As soon as something else does, the case's
//! promises become those of `track`: a due that passes before its case changes, a condition that cannot be known, a start at the
//! instant of an end.

use crate::engine::Happening;
use crate::engine::clock::{Clock, Halt};
use crate::engine::facts::Facts;
use crate::engine::live::{End, InTime, Live, Reading, clocked};
use crate::engine::matcher::{Hit, is_stateless};
use crate::engine::outcome::{Evidence, Verdict};
use crate::engine::promise::{Role, Roles};
use crate::engine::sink::Sink;
use crate::engine::target::{self, Choice, Need};
use crate::engine::track::{TrackState, Turn};
use crate::engine::truth::{Moment, Tiered, Truth};
use crate::engine::world::World;
use crate::event::{Event, Origin};
use crate::id::{EventId, ObligationId, TierId};
use crate::model::{Retier, Target};
use crate::plan::{Duty, Plan, Start, Track};
use crate::time::{Calendar, Duration, Instant};
use serde::{Deserialize, Serialize};

/// Whether a promise is plain in all that is written of it.
pub(super) fn is_plain(plan: &Plan, track: &Track) -> bool {
    let [id] = track.0.as_slice() else { return false };
    let obligation = &plan.obligations[*id];
    let Duty::Clock(clocked) = &obligation.duty else { return false };
    let Start::On { pattern: start, .. } = &clocked.start else { return false };
    let patterns = [Some(start), Some(&clocked.stop), clocked.cancel.as_ref()];
    let nothing_else = clocked.reset.is_none()
        && clocked.reopen.is_none()
        && clocked.retier == Retier::Keep
        && clocked.notices.is_empty()
        && clocked.excluded_if.is_empty()
        && plan.agreements.iter().all(|a| a.exclusions.is_empty());
    obligation.follows_a_case()
        && nothing_else
        && patterns.into_iter().flatten().all(is_stateless)
        && Roles::by_states(plan, track).is_none()
}

/// A plain promise of one case, with its latest instance.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Plain {
    phase: Phase,
    /// The case's first start has been.
    started: bool,
    /// Its clock stands still.
    is_paused: bool,
    /// Its target was used up before a pause began: its due is what it is.
    passed: bool,
    /// The last instance's number.
    seq: u32,
    /// The row that its target is of.
    row: u32,
    tier: Option<TierId>,
    start: Instant,
    due: Instant,
    /// Until when its clock is accounted for, and what it counted until then.
    mark: Instant,
    elapsed: Duration,
    paused: Duration,
    end: Instant,
    /// The rows that started and ended it.
    first: Option<(Option<EventId>, Origin)>,
    last: Option<(Option<EventId>, Origin)>,
    /// Those between them. Few have any: they take a word where there is none.
    #[allow(clippy::box_collection)]
    between: Option<Box<Vec<Evidence>>>,
}

/// How far the latest instance of a promise has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// It was read, or there is none.
    #[default]
    None,
    Open,
    /// It ended at the case's last instant, and is read when that is over.
    Over(End),
}

/// More than what is done here happens.
pub(super) struct NotPlain;

impl Plain {
    /// Nothing has happened yet.
    #[inline]
    pub(super) fn begin_anew(&mut self) {
        (self.phase, self.started, self.seq, self.between) = (Phase::None, false, 0, None);
    }

    #[inline]
    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over(_))
    }

    /// Whether nothing is left that could be said of its case.
    #[inline]
    pub(super) fn is_spent(&self) -> bool {
        self.started && self.phase == Phase::None
    }

    /// Reads a little of it.
    #[inline]
    pub(super) fn touch(&self) -> i64 {
        self.start.as_micros() ^ self.end.as_micros()
    }

    /// Whether the case is to be read as it is before something of it changes at `t`: its target was used up before that, or before
    /// it ended.
    #[inline]
    pub(super) fn is_late(&self, t: Instant) -> bool {
        let until = match self.phase {
            Phase::None => return false,
            Phase::Open => t,
            Phase::Over(_) => self.end,
        };
        self.due < until && (self.passed || !self.is_paused)
    }

    /// Takes what the event did to its case's states.
    #[inline]
    pub(super) fn pause(&mut self, world: &World<'_>, id: ObligationId, facts: &Facts, event: &Event<'_>) {
        if self.phase != Phase::Open || !world.promises[id].halts {
            return;
        }
        let is_paused = is_paused(world, id, facts);
        if is_paused != self.is_paused {
            let (mut clock, days) = self.clock(world, id);
            clock.set(days, if is_paused { Halt::Paused } else { Halt::Runs }, event.time);
            self.is_paused = is_paused;
            (self.mark, self.elapsed, self.paused) = (clock.mark(), clock.elapsed, clock.paused);
            (self.due, self.passed) = (clock.latest_due(), clock.passed() || clock.has_reached(Duration::ZERO));
            self.between.get_or_insert_default().push(Evidence::of(event));
        }
    }

    /// Its clock, as far as it is accounted for.
    fn clock<'w>(&self, world: &'w World<'_>, id: ObligationId) -> (Clock, &'w Calendar) {
        let row = &clocked(world, id).rows[self.row as usize];
        let calendar = row.running[0];
        let need = target::need(row.target, &world.calendars[row.clock.unwrap_or(calendar)], self.start, None);
        let halt = if self.is_paused { Halt::Paused } else { Halt::Runs };
        let clock = Clock::taken_up(calendar, need, halt, self.passed, (self.mark, self.due), (self.elapsed, self.paused));
        (clock, &world.calendars[calendar])
    }

    /// The event acts as it can: it ends the open instance, or starts one where none is open.
    #[inline]
    pub(super) fn event(&mut self, id: ObligationId, turn: &Turn<'_>) -> Result<(), NotPlain> {
        let Turn { moment, happening, event, roles, .. } = *turn;
        if self.phase == Phase::Open {
            for (role, how) in [(Role::Cancel, End::Cancel), (Role::Stop, End::Stop)] {
                if roles.may(role) && self.phase == Phase::Open && hits(moment, id, role, roles, happening)? {
                    self.end(how, event);
                }
            }
        }
        if roles.may(Role::Start) { self.start(id, turn) } else { Ok(()) }
    }

    /// The event ends the open instance, if there is one.
    #[inline]
    pub(super) fn end(&mut self, how: End, event: &Event<'_>) {
        if self.phase == Phase::Open {
            (self.phase, self.end, self.last) = (Phase::Over(how), event.time, Some((event.event, event.origin)));
        }
    }

    fn start(&mut self, id: ObligationId, turn: &Turn<'_>) -> Result<(), NotPlain> {
        let Turn { moment, happening, event, roles, .. } = *turn;
        let world = moment.world;
        let (promise, duty) = (&world.promises[id], clocked(world, id));
        let once = matches!(duty.start, Start::On { once: true, .. });
        if once && self.started || !hits(moment, id, Role::Start, roles, happening)? {
            return Ok(());
        }
        let (from, to) = promise.term;
        if self.phase == Phase::None && from <= event.time && event.time < to {
            self.begin(id, turn)?;
        } else if self.is_over() {
            return Err(NotPlain);
        }
        self.started = true;
        Ok(())
    }

    fn begin(&mut self, id: ObligationId, turn: &Turn<'_>) -> Result<(), NotPlain> {
        let Turn { moment, event, tier, .. } = *turn;
        let world = moment.world;
        let (promise, duty) = (&world.promises[id], clocked(world, id));
        match if promise.is_about_all { Truth::True } else { moment.is_about(&promise.obligation.about) } {
            Truth::True => {}
            Truth::False => return Ok(()),
            Truth::Unknown(_) => return Err(NotPlain),
        }
        let Some(facts) = moment.case.filter(|facts| !facts.had_states()) else { return Err(NotPlain) };
        let tier = tier.get();
        let row = match promise.row_of(tier) {
            Some(Some(row)) => row,
            Some(None) => return Ok(()),
            None => match target::choose(&duty.rows, |i| moment.allows(duty.rows[i].condition.as_ref()), tier) {
                Choice::Row(row) => u32::try_from(row).map_err(|_| NotPlain)?,
                Choice::Nothing => return Ok(()),
                Choice::Waits(_) | Choice::Unknown(_) => return Err(NotPlain),
            },
        };
        let known = match tier {
            Tiered::In(tier) => Some(tier),
            Tiered::InNone => None,
            // No row asks for it now, but it may become known.
            Tiered::Unknown(_) => return Err(NotPlain),
        };
        let due = self.due_of(world, id, row, event.time).ok_or(NotPlain)?;
        *self = Plain {
            phase: Phase::Open,
            started: self.started,
            is_paused: promise.halts && is_paused(world, id, facts),
            passed: false,
            seq: self.seq + 1,
            row,
            tier: known,
            start: event.time,
            due,
            mark: event.time,
            elapsed: Duration::ZERO,
            paused: Duration::ZERO,
            end: event.time,
            first: Some((event.event, event.origin)),
            last: None,
            between: None,
        };
        self.passed = self.is_paused && self.clock(world, id).0.has_reached(Duration::ZERO);
        Ok(())
    }

    /// When the target of a row is used up that counts from `start` on; nothing where its calendar ends first.
    #[inline]
    fn due_of(&self, world: &World<'_>, id: ObligationId, row: u32, start: Instant) -> Option<Instant> {
        let row = &clocked(world, id).rows[row as usize];
        let running = row.running[0];
        let days = &world.calendars[running];
        if let Target::Open(open) = row.target
            && open > Duration::ZERO
        {
            return days.advance(start, open);
        }
        let need: Need = target::need(row.target, &world.calendars[row.clock.unwrap_or(running)], start, None)?;
        Clock::start(running, days, Some(need), start, Halt::Runs).due()
    }

    /// The instant is over at which it ended: what most that ended in time leave is little.
    #[inline]
    pub(super) fn close(&mut self, index: usize, id: ObligationId, moment: &Moment<'_>, sink: &mut Sink) {
        let Phase::Over(how) = self.phase else { return };
        let world = moment.world;
        let verdict = match how {
            End::Stop => Verdict::Met,
            _ => Verdict::Void,
        };
        if self.end <= self.due && self.due <= Instant::LAST && !self.is_paused && !sink.shows(verdict) {
            let calendar = clocked(world, id).rows[self.row as usize].running[0];
            let elapsed = self.elapsed.plus(world.calendars[calendar].elapsed(self.mark, self.end));
            let Plain { start, due, end, tier, .. } = *self;
            sink.take_in_time(moment, InTime { track: index, obligation: id, tier, start, due, end, how, elapsed });
        } else {
            sink.take_now(moment, &mut self.live(moment, index, id), moment.time);
        }
        (self.phase, self.between) = (Phase::None, None);
    }

    /// The same as an instance of which anything can be said.
    fn live(&self, moment: &Moment<'_>, index: usize, id: ObligationId) -> Live {
        let (mut clock, days) = self.clock(moment.world, id);
        let mut evidence: Vec<Evidence> = Vec::new();
        let first = self.first.map(|(event, origin)| Evidence { event, time: self.start, origin });
        let last = self.last.map(|(event, origin)| Evidence { event, time: self.end, origin });
        let between = self.between.iter().flat_map(|rows| rows.iter().copied());
        let end = match self.phase {
            Phase::Over(how) => {
                clock.settle(days, self.end);
                Some((self.end, how))
            }
            Phase::None | Phase::Open => None,
        };
        evidence.extend(first.into_iter().chain(between).chain(last.filter(|_| end.is_some())));
        // A row that both pauses and ends it is one.
        evidence.dedup();
        let mut live = Live::taken_up(id, index as u32, self.seq, (self.start, end), (self.tier, self.row), clock, evidence);
        if end.is_some() && self.due < self.end && (self.passed || !self.is_paused) {
            // Nothing that is read has changed since.
            live.read_at_due(Reading::at(moment, id, self.due, self.start));
        }
        live
    }

    /// The same as a promise to which anything can happen.
    pub(super) fn track(&self, moment: &Moment<'_>, index: usize, id: ObligationId) -> TrackState {
        let live = (self.phase != Phase::None).then(|| self.live(moment, index, id));
        TrackState::taken_up(moment.world, index, (self.seq, self.started), live, self.is_over())
    }
}

fn is_paused(world: &World<'_>, id: ObligationId, facts: &Facts) -> bool {
    clocked(world, id).pause.iter().any(|state| facts.is_on(world, *state))
}

/// Whether an event fulfils a part of a promise.
#[inline]
fn hits(moment: &Moment<'_>, id: ObligationId, role: Role, roles: Roles, happening: Happening<'_>) -> Result<bool, NotPlain> {
    if roles.surely(role) {
        return Ok(true);
    }
    let world = moment.world;
    let duty = clocked(world, id);
    let pattern = match (role, &duty.start) {
        (Role::Start, Start::On { pattern, .. }) => Some(pattern),
        (Role::Stop, _) => Some(&duty.stop),
        (Role::Cancel, _) => duty.cancel.as_ref(),
        _ => None,
    };
    let Some(pattern) = pattern else { return Ok(false) };
    match roles.step(role, pattern, None, happening, moment, &world.term(id).zone) {
        Hit::Yes => Ok(true),
        Hit::No => Ok(false),
        Hit::Perhaps(_) => Err(NotPlain),
    }
}
