//! An instance while it may still change.

mod notice;
mod opening;
mod reading;
mod taken_up;
mod verdict;

pub(super) use notice::{Noticed, beyond_target};
pub(super) use opening::Opened;
pub(super) use reading::{Look, Now, Reading};
pub(super) use taken_up::{History, Opening, TakenUp};
pub(super) use verdict::{Decided, InTime};

use crate::engine::Sink;
use crate::engine::clock::{Clock, Halt};
use crate::engine::matcher::{Hit, Matcher};
use crate::engine::outcome::{Evidence, Rows, Verdict};
use crate::engine::promise::Role;
use crate::engine::target::{self, Choice, Need};
use crate::engine::track::Turn;
use crate::engine::truth::{Gap, LazyTier, Moment, Tiered, Truth};
use crate::engine::world::World;
use crate::event::{Event, Value};
use crate::id::{ObligationId, TierId};
use crate::model::Target;
use crate::plan::{Clocked, Pattern};
use crate::time::{Calendar, Duration, Instant};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// An open instance, or one that has ended and may be reopened.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Live {
    pub(super) obligation: ObligationId,
    track: u32,
    pub(super) seq: u32,
    /// The row that its target is of.
    row: Option<u32>,
    pub(super) start: Instant,
    pub(super) tier: Option<TierId>,
    /// Which of the obligation's conditions for excluded calendars held at the start, by bits.
    excluded: u32,
    /// The tier that the target was chosen by is not known yet.
    tier_open: bool,
    calendar_ended: bool,
    /// Its target was used up when it was stopped: reopened, it is breached.
    used_up: bool,
    clock: Option<Clock>,
    pub(super) end: Option<(Instant, End)>,
    pub(super) evidence: Rows,
    /// What few instances have.
    rest: Option<Box<Rest>>,
}

/// What few instances have.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rest {
    /// How far what ends it has come, where that takes several events.
    matchers: Option<Box<Matchers>>,
    /// The rows' conditions, read at the start; kept where the target may be chosen later.
    truths: Vec<Truth>,
    /// A row waits for the tier.
    waits: Option<Gap>,
    /// It will be unknown, for want of this.
    unknown: Option<Gap>,
    /// Decided at once, by a rule about single events.
    ruled: Option<Verdict>,
    /// How long each of the case's states had been on at the start; nothing where none had.
    states: Vec<Duration>,
    /// When the clock halted and resumed; kept only where a later target may ask for it.
    halts: Vec<(Instant, Halt)>,
    /// The first event that would have ended it in time, had its unknown condition been true.
    saved: Option<(Instant, Gap)>,
    at_due: Option<Reading>,
    /// While it waits for its tier: what would have been read until these instants.
    waiting: Vec<(Instant, Reading)>,
    noticed: Noticed,
    group: Option<Option<Value>>,
    /// The first day of the period of a duty that begins with it.
    first: Option<NaiveDate>,
}

/// How far each of the things that may end an instance has come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Matchers {
    stop: Matcher,
    cancel: Matcher,
    reset: Matcher,
    reopen: Matcher,
}

impl Matchers {
    /// Nothing has come yet.
    pub(super) fn new(duty: &Clocked) -> Matchers {
        Matchers {
            stop: Matcher::new(&duty.stop),
            cancel: Matcher::of(duty.cancel.as_ref()),
            reset: Matcher::of(duty.reset.as_ref()),
            reopen: Matcher::of(duty.reopen.as_ref()),
        }
    }

    /// How far one of them has come.
    pub(super) fn of(&mut self, role: Role) -> &mut Matcher {
        match role {
            Role::Start | Role::Stop => &mut self.stop,
            Role::Cancel => &mut self.cancel,
            Role::Reset => &mut self.reset,
            Role::Reopen => &mut self.reopen,
        }
    }
}

/// What most instances have.
static NOTHING: Rest = Rest {
    matchers: None,
    truths: Vec::new(),
    waits: None,
    unknown: None,
    ruled: None,
    states: Vec::new(),
    halts: Vec::new(),
    saved: None,
    at_due: None,
    waiting: Vec::new(),
    noticed: Noticed::NONE,
    group: None,
    first: None,
};

/// How an instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum End {
    Stop,
    Cancel,
    Reset,
    /// Its tier changed to one for which nothing is promised.
    NoTarget,
}

#[inline]
pub(super) fn clocked<'p>(world: &World<'p>, id: ObligationId) -> &'p Clocked {
    world.promises[id].clocked.expect("only duties with a clock have open instances")
}

impl Live {
    /// An instance with nothing decided.
    #[inline]
    pub(super) fn blank(obligation: ObligationId, track: u32, seq: u32, start: Instant) -> Live {
        Live {
            obligation,
            track,
            seq,
            row: None,
            start,
            tier: None,
            excluded: 0,
            tier_open: false,
            calendar_ended: false,
            used_up: false,
            clock: None,
            end: None,
            evidence: Rows::new(),
            rest: None,
        }
    }

    #[inline]
    fn rest(&self) -> &Rest {
        self.rest.as_deref().unwrap_or(&NOTHING)
    }

    fn rest_mut(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    /// Takes an event for something that may end it, or begin it again.
    #[inline]
    pub(super) fn step(&mut self, role: Role, pattern: &Pattern, turn: &Turn<'_>) -> Hit {
        if turn.roles.surely(role) {
            return Hit::Yes;
        }
        self.step_pattern(role, pattern, turn)
    }

    fn step_pattern(&mut self, role: Role, pattern: &Pattern, turn: &Turn<'_>) -> Hit {
        let matchers = self.rest.as_mut().and_then(|rest| rest.matchers.as_mut());
        let matcher = matchers.map(|matchers| matchers.of(role));
        let zone = &turn.moment.world.term(self.obligation).zone;
        turn.roles.step(role, pattern, matcher, turn.happening, turn.moment, zone)
    }

    /// Takes what states do to the clock from `t` on; `evidence` is the row that did it, if one did.
    #[inline]
    pub(super) fn set_halt(&mut self, world: &World<'_>, halt: Halt, t: Instant, evidence: Option<Evidence>) {
        let stands = self.rest.is_none() && self.clock.as_ref().is_some_and(|clock| clock.halt() == halt);
        if stands || self.end.is_some() {
            return;
        }
        if halt == Halt::Runs {
            self.skip_notices(world, t);
        }
        let was = match &self.clock {
            Some(clock) => clock.halt(),
            None => self.rest().halts.last().map(|h| h.1).unwrap_or_default(),
        };
        if was == halt {
            return;
        }
        if self.clock.is_none() || !self.rest().halts.is_empty() {
            self.rest_mut().halts.push((t, halt));
        }
        if let Some(clock) = &mut self.clock {
            clock.set(&world.calendars[clock.calendar], halt, t);
        }
        evidence.into_iter().for_each(|row| self.rest_on(row));
    }

    /// Adds a row to the evidence, once.
    #[inline]
    pub(super) fn note(&mut self, event: &Event<'_>) {
        self.rest_on(Evidence::of(event));
    }

    #[inline]
    fn rest_on(&mut self, row: Evidence) {
        if self.evidence.last() != Some(&row) {
            self.evidence.push(row);
        }
    }

    /// An event would have ended it, had an unknown condition been true.
    pub(super) fn could_have_ended(&mut self, t: Instant, gap: Gap) {
        self.rest_mut().saved.get_or_insert((t, gap));
    }

    /// A tier that was unknown is known now; false where it turns out that nothing was promised.
    #[inline]
    pub(super) fn settle_tier(&mut self, moment: &Moment<'_>, tier: &LazyTier<'_>, event: &Event<'_>, sink: &mut Sink) -> bool {
        !self.tier_open || self.settle_open_tier(moment, tier, event, sink)
    }

    fn settle_open_tier(&mut self, moment: &Moment<'_>, tier: &LazyTier<'_>, event: &Event<'_>, sink: &mut Sink) -> bool {
        let world = moment.world;
        if matches!(tier.get(), Tiered::Unknown(_)) {
            return true;
        }
        let tier = tier.get();
        self.set_tier(tier);
        if self.rest_mut().waits.take().is_none() {
            return true;
        }
        self.note(event);
        let clocked = clocked(world, self.obligation);
        match target::choose(&clocked.rows, |i| self.rest().truths[i], tier) {
            Choice::Nothing => return false,
            Choice::Unknown(gap) | Choice::Waits(gap) => self.rest_mut().unknown = Some(gap),
            Choice::Row(row) => {
                self.set_target(world, clocked, row, Some((moment, sink)));
                // What was due before the tier was known is read as the case was then.
                if self.is_overdue(event.time) {
                    let due = self.clock.as_ref().and_then(Clock::due);
                    let waiting = std::mem::take(&mut self.rest_mut().waiting);
                    self.rest_mut().at_due =
                        waiting.into_iter().find(|(until, _)| due.is_some_and(|due| due < *until)).map(|(_, reading)| reading);
                }
            }
        }
        true
    }

    /// Whether the tier is another than the one in force, and that matters still.
    pub(super) fn tier_changed(&self, tier: Tiered, t: Instant) -> bool {
        let now = match tier {
            Tiered::In(tier) => Some(tier),
            Tiered::InNone => None,
            Tiered::Unknown(_) => return false,
        };
        !self.tier_open && now != self.tier && !self.used_up && !self.is_overdue(t)
    }

    #[inline]
    fn is_overdue(&self, t: Instant) -> bool {
        self.clock.as_ref().is_some_and(|c| c.is_overdue(t))
    }

    /// `retier carry`: the new tier's target from this event on.
    pub(super) fn carry(&mut self, world: &World<'_>, tier: Tiered, event: &Event<'_>) {
        let clocked = clocked(world, self.obligation);
        self.set_tier(tier);
        self.note(event);
        let at = match target::choose(&clocked.rows, |i| self.rest().truths[i], tier) {
            Choice::Row(row) => row,
            Choice::Nothing => {
                self.end = Some((event.time, End::NoTarget));
                self.settle(world, event.time);
                return;
            }
            Choice::Unknown(gap) | Choice::Waits(gap) => {
                self.rest_mut().unknown = Some(gap);
                return;
            }
        };
        if self.clock.is_none() {
            return self.set_target(world, clocked, at, None);
        }
        let first = self.rest().first;
        if let Some(rest) = &mut self.rest {
            rest.noticed.speak();
        }
        self.row = u32::try_from(at).ok();
        let row = &clocked.rows[at];
        let calendar = row.clock.expect("a row with a target has a calendar");
        let need = match row.target {
            Target::Open(open) => Some(Need { open, target: open, not_before: event.time, named: false }),
            named => target::need(named, &world.calendars[calendar], self.start, first),
        };
        self.calendar_ended = need.is_none();
        let running = row.running[self.excluded as usize];
        let new = &world.calendars[running];
        let on_new = need.filter(|need| need.named).map(|_| counted(new, self.start, &self.rest().halts, event.time));
        let Some(clock) = &mut self.clock else { return };
        clock.carry(running, [&world.calendars[clock.calendar], new], need, on_new, event.time);
    }

    /// When it was decided, if it is not by its due: its end, or the event of its rule; else as-of.
    #[inline]
    pub(super) fn decided_at(&self, as_of: Instant) -> Instant {
        match self.end {
            Some((end, _)) => end,
            None if self.rest().ruled.is_some() => self.start,
            None => as_of,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.rest().waits.is_some()
    }

    /// Ends it.
    #[inline]
    pub(super) fn close(&mut self, world: &World<'_>, how: End, event: &Event<'_>) {
        self.note(event);
        self.settle(world, event.time);
        self.end = Some((event.time, how));
    }

    #[inline]
    fn settle(&mut self, world: &World<'_>, t: Instant) {
        if let Some(clock) = &mut self.clock {
            clock.settle(&world.calendars[clock.calendar], t);
        }
    }

    /// Withdraws the stop: the time since it is paused.
    pub(super) fn withdraw_stop(&mut self, world: &World<'_>, halt: Halt, event: &Event<'_>, reading: Option<Reading>) {
        let clocked = clocked(world, self.obligation);
        // What was reached at the stop itself is not given any more, and what was due then was read then.
        if let Some(clock) = &self.clock {
            let stopped = self.end.map_or(event.time, |e| e.0);
            if let Some(rest) = &mut self.rest {
                rest.noticed.stop(&clocked.notices, clock, stopped);
            }
            if let Some((stopped, _)) = self.end
                && clock.due().is_some_and(|due| due <= stopped)
                && !clock.is_halted()
            {
                self.used_up = true;
                let rest = self.rest_mut();
                rest.at_due = rest.at_due.take().or(reading);
            }
        }
        let stopped = self.end.take().map_or(event.time, |e| e.0);
        self.note(event);
        self.anew(world);
        // The time since the stop is paused; where the target is not known yet, that is kept for when it is.
        if self.clock.is_none() || !self.rest().halts.is_empty() {
            self.rest_mut().halts.extend([(stopped, Halt::Paused), (event.time, halt)]);
        }
        if let Some(clock) = &mut self.clock {
            let days = &world.calendars[clock.calendar];
            clock.set(days, Halt::Paused, stopped);
            clock.set(days, halt, event.time);
        }
    }

    /// Whether anything of it is read when time goes on to `t`.
    #[inline]
    pub(super) fn asks_for(&self, t: Instant) -> bool {
        self.rest.is_some() || self.is_overdue(t)
    }

    /// Time goes on to `t`: notices are given, and what is due is read. `moment` is the case as it was until then.
    pub(super) fn pass(&mut self, moment: &Moment<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
        if self.end.is_some() {
            return;
        }
        self.give_notices(moment, t, to_the_end, sink);
        if self.rest().waits.is_some() {
            let reading = Reading::at(moment, self.obligation, moment.time, self.start);
            self.rest_mut().waiting.push((t, reading));
        }
        if self.is_overdue(t) && self.rest().at_due.is_none() {
            let due = self.clock.as_ref().and_then(Clock::due).unwrap_or(t);
            self.rest_mut().at_due = Some(Reading::at(moment, self.obligation, due, self.start));
        }
    }

    /// Decided at once by a rule about single events.
    pub(super) fn rule(mut self, verdict: Result<bool, Gap>, tier: Tiered) -> Live {
        self.set_tier(tier);
        match verdict {
            Ok(met) => self.rest_mut().ruled = Some(if met { Verdict::Met } else { Verdict::Breached }),
            Err(gap) => {
                let rest = self.rest_mut();
                (rest.ruled, rest.unknown) = (Some(Verdict::Unknown), Some(gap));
            }
        }
        self
    }
}

/// Open time of a calendar between two instants, less what was halted.
fn counted(days: &Calendar, start: Instant, halts: &[(Instant, Halt)], until: Instant) -> Duration {
    let mut total = Duration::ZERO;
    let (mut from, mut halt) = (start, Halt::Runs);
    for (t, next) in halts.iter().copied().chain([(until, Halt::Paused)]) {
        if halt == Halt::Runs {
            total = total.plus(days.elapsed(from, t));
        }
        (from, halt) = (t, next);
    }
    total
}
