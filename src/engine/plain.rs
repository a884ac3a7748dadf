//! Promises of a case that are plain: one event starts, stops and cancels them, their target is known at the start, and but for
//! pauses nothing happens on the way. Most promises are; an instance of one takes a fifth of the room, and most of its events a few
//! steps.
//!
//! What is done here is what `track` and `live` do where nothing else can happen. As soon as something else does, the promise becomes
//! one of `track`: a due or a notice that passes before its case changes, a condition that cannot be known, a start at the instant of
//! an end, a stop that may be withdrawn.

use crate::engine::Happening;
use crate::engine::case::Reach;
use crate::engine::clock::{Clock, Halt};
use crate::engine::facts::Facts;
use crate::engine::live::{End, InTime, Live, Reading, clocked};
use crate::engine::matcher::Hit;
use crate::engine::outcome::Evidence;
use crate::engine::promise::{Role, Roles};
use crate::engine::sink::Sink;
use crate::engine::target::{self, Choice, Need};
use crate::engine::track::{TrackState, Turn};
use crate::engine::truth::{Moment, Tiered, Truth};
use crate::engine::world::World;
use crate::engine::written::{Aim, Written};
use crate::event::{Event, Origin, packed};
use crate::id::{EventId, ObligationId, TierId};
use crate::plan::Start;
use crate::time::{Calendar, Duration, Instant};
use serde::{Deserialize, Serialize};

/// A plain promise of one case, with its latest instance.
#[derive(Debug, Default)]
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
    /// When something is to be said of it if nothing happens: its due, or a notice before that.
    alert: Instant,
    end: Instant,
    /// The rows that started and ended it.
    first: (Option<EventId>, Origin),
    last: (Option<EventId>, Origin),
    /// What few have.
    halted: Option<Box<Halted>>,
}

/// What is known of an instance of which the clock has stood still, or whose case had states before.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Halted {
    /// Until when its clock is accounted for, and what it counted until then.
    mark: Instant,
    elapsed: Duration,
    paused: Duration,
    /// The rows between its first and its last that changed something.
    rows: Vec<Evidence>,
    /// How long each of the case's states had been on at the start; nothing where none had.
    states: Vec<Duration>,
}

/// How far the latest instance of a promise has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
        (self.phase, self.started, self.seq, self.halted) = (Phase::None, false, 0, None);
    }

    /// One that was another until nothing more was to be said of it.
    pub(super) fn rested(seq: u32, started: bool) -> Plain {
        Plain { seq, started, ..Plain::default() }
    }

    /// There is no instance of it of which something is still to be said.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.phase == Phase::None
    }

    const STARTED: u64 = 1;
    const OPEN: u64 = 2;
    const OVER: u64 = 4;
    const PAUSED: u64 = 8;
    const PASSED: u64 = 16;
    const HALTED: u64 = 32;

    /// Packs it. Of an instance that was read only its number is left.
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        let Plain { phase, started, is_paused, passed, seq, row, tier, start, due, alert, end, first, last, halted } = self;
        let parts = [
            (*started, Plain::STARTED),
            (*phase == Phase::Open, Plain::OPEN),
            (self.is_over(), Plain::OVER),
            (*is_paused, Plain::PAUSED),
            (*passed, Plain::PASSED),
            (halted.is_some(), Plain::HALTED),
        ];
        packed::put(out, packed::parts(&parts));
        packed::put(out, (*seq).into());
        if self.is_idle() {
            return;
        }
        packed::put(out, (*row).into());
        packed::put_maybe_id(out, *tier);
        packed::put_time(out, *start);
        packed::put_time(out, *due);
        packed::put_time(out, *alert);
        pack_row(out, first);
        halted.iter().for_each(|halted| packed::put_any(out, halted));
        if let Phase::Over(how) = phase {
            packed::put_any(out, how);
            packed::put_time(out, *end);
            pack_row(out, last);
        }
    }

    pub(super) fn unpack(from: &mut &[u8]) -> Option<Plain> {
        let parts = packed::take(from)?;
        let has = |part: u64| parts & part != 0;
        let mut plain = Plain { started: has(Plain::STARTED), seq: packed::take_small(from)?, ..Plain::default() };
        if !has(Plain::OPEN) && !has(Plain::OVER) {
            return Some(plain);
        }
        (plain.phase, plain.is_paused, plain.passed) = (Phase::Open, has(Plain::PAUSED), has(Plain::PASSED));
        (plain.row, plain.tier) = (packed::take_small(from)?, packed::take_maybe_id(from)?);
        (plain.start, plain.due, plain.alert) = (packed::take_time(from)?, packed::take_time(from)?, packed::take_time(from)?);
        plain.end = plain.start;
        plain.first = unpack_row(from)?;
        if has(Plain::HALTED) {
            plain.halted = Some(packed::take_any(from)?);
        }
        if has(Plain::OVER) {
            plain.phase = Phase::Over(packed::take_any(from)?);
            (plain.end, plain.last) = (packed::take_time(from)?, unpack_row(from)?);
        }
        Some(plain)
    }

    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
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
    /// it ended, or a notice was given.
    #[inline]
    pub(super) fn is_late(&self, t: Instant) -> bool {
        let until = match self.phase {
            Phase::None => return false,
            Phase::Open => t,
            Phase::Over(_) => self.end,
        };
        self.alert < until && (self.passed || !self.is_paused)
    }

    /// Takes what the event did to its case's states.
    #[inline]
    fn pause(&mut self, of: &Written, turn: &Turn<'_>) -> Result<(), NotPlain> {
        let Turn { moment, event, .. } = *turn;
        let (true, Some(facts)) = (of.halts, moment.case) else { return Ok(()) };
        let is_paused = is_paused(moment.world, of.id, facts);
        if is_paused != self.is_paused {
            if of.notifies {
                return Err(NotPlain);
            }
            let (mut clock, days) = self.clock(moment.world, of.id);
            clock.set(days, if is_paused { Halt::Paused } else { Halt::Runs }, event.time);
            self.is_paused = is_paused;
            (self.due, self.passed) = (clock.latest_due(), clock.passed() || clock.has_reached(Duration::ZERO));
            self.alert = self.due;
            let halted = self.halted.get_or_insert_default();
            (halted.mark, halted.elapsed, halted.paused) = (clock.mark(), clock.elapsed, clock.paused);
            halted.rows.push(Evidence::of(event));
        }
        Ok(())
    }

    /// Until when its clock is accounted for, and how much it counted and was paused until then.
    #[inline]
    fn counted(&self) -> (Instant, Duration, Duration) {
        self.halted.as_ref().map_or((self.start, Duration::ZERO, Duration::ZERO), |halted| (halted.mark, halted.elapsed, halted.paused))
    }

    /// Its clock, as far as it is accounted for.
    fn clock<'w>(&self, world: &'w World<'_>, id: ObligationId) -> (Clock, &'w Calendar) {
        let row = &clocked(world, id).rows[self.row as usize];
        let calendar = row.running[0];
        let need = target::need(row.target, &world.calendars[row.clock.unwrap_or(calendar)], self.start, None);
        let halt = if self.is_paused { Halt::Paused } else { Halt::Runs };
        let (mark, elapsed, paused) = self.counted();
        let clock = Clock::taken_up(calendar, need, halt, self.passed, (mark, self.due), (elapsed, paused));
        (clock, &world.calendars[calendar])
    }

    /// The event acts as it can: it ends the open instance, or starts one where none is open.
    #[inline]
    pub(super) fn event(&mut self, of: &Written, turn: &Turn<'_>, sink: &mut Sink) -> Result<(), NotPlain> {
        let Turn { moment, happening, event, roles, tier, reach } = *turn;
        if self.phase == Phase::Open {
            // A notice was given on the way.
            if of.notifies && self.alert < event.time {
                return Err(NotPlain);
            }
            if reach == Reach::All {
                if of.retiers && self.has_left_tier(tier.get()) {
                    return Err(NotPlain);
                }
                self.pause(of, turn)?;
            }
            for (role, how) in [(Role::Cancel, End::Cancel), (Role::Stop, End::Stop)] {
                if roles.may(role) && self.phase == Phase::Open && hits(moment, of.id, role, roles, happening)? {
                    self.end(of, how, event, sink);
                }
            }
        } else if self.is_over() && roles.may(Role::Reopen) {
            return Err(NotPlain);
        }
        if roles.may(Role::Start) { self.start(of, turn) } else { Ok(()) }
    }

    fn has_left_tier(&self, tier: Tiered) -> bool {
        match tier {
            Tiered::In(now) => self.tier != Some(now),
            Tiered::InNone => self.tier.is_some(),
            Tiered::Unknown(_) => false,
        }
    }

    /// The event ends the open instance, if there is one. It is read when the instant is over; but where no other can begin in that
    /// instant, and nothing is asked of it but how many there are, that is known now.
    #[inline]
    pub(super) fn end(&mut self, of: &Written, how: End, event: &Event<'_>, sink: &mut Sink) {
        if self.phase != Phase::Open {
            return;
        }
        (self.phase, self.end, self.last) = (Phase::Over(how), event.time, (event.event, event.origin));
        if of.once && !of.reopens && self.was_in_time() && sink.only_counts(of.id, how.verdict()) {
            sink.count(of.track, how);
            (self.phase, self.halted) = (Phase::None, None);
        }
    }

    /// It ended while its clock ran, and not behind its due.
    #[inline]
    fn was_in_time(&self) -> bool {
        self.end <= self.due && self.due <= Instant::LAST && !self.is_paused
    }

    fn start(&mut self, of: &Written, turn: &Turn<'_>) -> Result<(), NotPlain> {
        let Turn { moment, happening, event, roles, .. } = *turn;
        if of.once && self.started {
            return Ok(());
        }
        if !roles.surely(Role::Start) && !hits(moment, of.id, Role::Start, roles, happening)? {
            return Ok(());
        }
        let (from, to) = of.term;
        if self.phase == Phase::None && from <= event.time && event.time < to {
            self.begin(of, turn)?;
        } else if self.is_over() {
            return Err(NotPlain);
        }
        self.started = true;
        Ok(())
    }

    fn begin(&mut self, of: &Written, turn: &Turn<'_>) -> Result<(), NotPlain> {
        let Turn { moment, event, tier, .. } = *turn;
        let world = moment.world;
        if !of.is_about_all {
            match moment.is_about(&world.obligation(of.id).about) {
                Truth::True => {}
                Truth::False => return Ok(()),
                Truth::Unknown(_) => return Err(NotPlain),
            }
        }
        let Some(facts) = moment.case else { return Err(NotPlain) };
        let tier = tier.get();
        let aim = match of.aim(tier) {
            Some(Some(aim)) => aim,
            Some(None) => return Ok(()),
            None => {
                let duty = clocked(world, of.id);
                match target::choose(&duty.rows, |i| moment.allows(duty.rows[i].condition.as_ref()), tier) {
                    Choice::Row(row) => Aim::at(duty, u32::try_from(row).map_err(|_| NotPlain)?),
                    Choice::Nothing => return Ok(()),
                    Choice::Waits(_) | Choice::Unknown(_) => return Err(NotPlain),
                }
            }
        };
        let known = match tier {
            Tiered::In(tier) => Some(tier),
            Tiered::InNone => None,
            // No row asks for it now, but it may become known.
            Tiered::Unknown(_) => return Err(NotPlain),
        };
        let due = due_of(world, of.id, aim, event.time).ok_or(NotPlain)?;
        let is_paused = of.halts && is_paused(world, of.id, facts);
        let alert = match (aim.alert, of.notifies) {
            (None, true) => return Err(NotPlain),
            (Some(_), true) if is_paused => return Err(NotPlain),
            (Some(first), true) => world.calendars[aim.calendar].advance(event.time, first).ok_or(NotPlain)?.min(due),
            (_, false) => due,
        };
        (self.phase, self.is_paused, self.passed) = (Phase::Open, is_paused, false);
        (self.seq, self.row, self.tier) = (self.seq + 1, aim.row, known);
        (self.start, self.due, self.alert, self.end) = (event.time, due, alert, event.time);
        (self.first, self.last, self.halted) = ((event.event, event.origin), Default::default(), None);
        if facts.had_states() {
            let mut states = Vec::new();
            facts.time_in_states(event.time, &mut states);
            self.halted = Some(Box::new(Halted { mark: event.time, states, ..Halted::default() }));
        }
        Ok(())
    }

    /// The instant is over at which it may have ended: what most that ended in time leave is little. False where more can be said of it
    /// later.
    #[inline]
    pub(super) fn close(&mut self, of: &Written, moment: &Moment<'_>, sink: &mut Sink) -> bool {
        let Phase::Over(how) = self.phase else { return true };
        if of.reopens && how == End::Stop {
            return false;
        }
        if !self.was_in_time() || sink.shows(how.verdict()) {
            sink.take_now(moment, &mut self.live(moment, of), moment.time);
        } else if !sink.samples.ask(of.id) {
            sink.count(of.track, how);
        } else {
            let calendar = clocked(moment.world, of.id).rows[self.row as usize].running[0];
            let (mark, elapsed, _) = self.counted();
            let elapsed = elapsed.plus(moment.world.calendars[calendar].elapsed(mark, self.end));
            let Plain { start, due, end, tier, .. } = *self;
            sink.take_in_time(moment, InTime { track: of.track, obligation: of.id, tier, start, due, end, how, elapsed });
        }
        (self.phase, self.halted) = (Phase::None, None);
        true
    }

    /// The same as an instance of which anything can be said.
    fn live(&self, moment: &Moment<'_>, of: &Written) -> Live {
        let (mut clock, days) = self.clock(moment.world, of.id);
        let mut evidence: Vec<Evidence> = Vec::new();
        let row = |(event, origin), time| Evidence { event, time, origin };
        let between = self.halted.iter().flat_map(|halted| halted.rows.iter().copied());
        let end = match self.phase {
            Phase::Over(how) => {
                clock.settle(days, self.end);
                Some((self.end, how))
            }
            Phase::None | Phase::Open => None,
        };
        evidence.push(row(self.first, self.start));
        evidence.extend(between);
        evidence.extend(end.map(|_| row(self.last, self.end)));
        // A row that both pauses and ends it is one.
        evidence.dedup();
        let mut live = Live::taken_up(of.id, of.track as u32, self.seq, (self.start, end), (self.tier, self.row), clock, evidence);
        if end.is_some() && self.due < self.end && (self.passed || !self.is_paused) {
            // Nothing that is read has changed since.
            live.read_at_due(Reading::at(moment, of.id, self.due, self.start));
        }
        live.prepare_notices(moment.world);
        if let Some(halted) = &self.halted {
            live.had_states(&halted.states);
        }
        live
    }

    /// The same as a promise to which anything can happen. Where nothing is written of it, nothing has.
    pub(super) fn track(&self, moment: &Moment<'_>, track: usize, of: Option<&Written>) -> TrackState {
        let live = of.filter(|_| self.phase != Phase::None).map(|of| self.live(moment, of));
        TrackState::taken_up(moment.world, track, (self.seq, self.started), live, self.is_over())
    }
}

fn pack_row(out: &mut Vec<u8>, (event, origin): &(Option<EventId>, Origin)) {
    packed::put_maybe_id(out, *event);
    packed::put(out, origin.file.into());
    packed::put(out, origin.line.into());
}

fn unpack_row(from: &mut &[u8]) -> Option<(Option<EventId>, Origin)> {
    let event = packed::take_maybe_id(from)?;
    Some((event, Origin { file: packed::take_small(from)?, line: packed::take_small(from)? }))
}

/// When the target of a row is used up that counts from `start` on; nothing where its calendar ends first.
#[inline]
fn due_of(world: &World<'_>, id: ObligationId, aim: Aim, start: Instant) -> Option<Instant> {
    let days = &world.calendars[aim.calendar];
    if let Some(open) = aim.open {
        return days.advance(start, open);
    }
    let row = &clocked(world, id).rows[aim.row as usize];
    let need: Need = target::need(row.target, &world.calendars[row.clock.unwrap_or(aim.calendar)], start, None)?;
    Clock::start(aim.calendar, days, Some(need), start, Halt::Runs).due()
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
