//! Promises of a case that are plain: one event starts and cancels them, their target is known at the start, and nothing happens on
//! the way but pauses, notices and counting. Most promises are; an instance of one takes a fifth of the room, and most of its events a
//! few steps.
//!
//! What is done here is what `track` and `live` do where nothing else can happen. As soon as something else does, the promise becomes
//! one of `track`: a condition that cannot be known, a change of tier, a start at the instant of an end, a stop that may be withdrawn.

mod any;
mod packed;
mod start;
mod written;

pub(super) use start::due_of;
pub(super) use written::{Aim, Written, written};

use crate::engine::Happening;
use crate::engine::case::Reach;
use crate::engine::clock::{Clock, Halt};
use crate::engine::exclusion::Change;
use crate::engine::live::{End, InTime, Matchers, Noticed, Opening, Reading, clocked};
use crate::engine::matcher::{Hit, counts_towards};
use crate::engine::outcome::{Evidence, StateTimes};
use crate::engine::promise::{Role, Roles, halt};
use crate::engine::sink::Sink;
use crate::engine::target::{self, Need};
use crate::engine::track::Turn;
use crate::engine::truth::{Moment, Tiered};
use crate::engine::world::World;
use crate::event::{Event, Origin};
use crate::id::{EventId, ObligationId, TierId};
use crate::time::{Calendar, Duration, Instant};
use smallvec::SmallVec;

/// A plain promise of one case, with its latest instance.
#[derive(Debug, Default)]
pub(super) struct Plain {
    phase: Phase,
    /// The case's first start has been.
    started: bool,
    /// Whether its clock runs.
    halt: Halt,
    /// Its target was used up before a halt began: its due is what it is.
    passed: bool,
    /// The last instance's number.
    seq: u32,
    /// The row that its target is of.
    row: u32,
    tier: Option<TierId>,
    start: Instant,
    due: Instant,
    /// When something is to be said of it if nothing happens: its due, or a notice.
    alert: Instant,
    end: Instant,
    /// The rows that started and ended it.
    first: (Option<EventId>, Origin),
    last: (Option<EventId>, Origin),
    /// What few have.
    more: Option<Box<More>>,
}

/// What is known of an instance to which something has happened on the way, or whose case had states before.
#[derive(Debug, Default)]
struct More {
    /// Until when its clock is accounted for, and what it counted until then.
    mark: Instant,
    elapsed: Duration,
    paused: Duration,
    late: Duration,
    /// What its target asks for, where that is a named instant.
    need: Option<Need>,
    /// When its clock stood still and ran again, from the start on, where that is asked for; nothing where it always ran, or always
    /// stood still.
    halts: Vec<(Instant, Halt)>,
    /// The rows between its first and its last that changed something.
    rows: SmallVec<[Evidence; 2]>,
    /// How long each of the case's states had been on at the start; nothing where none had.
    states: StateTimes,
    /// The case as it was when it was due.
    at_due: Option<Reading>,
    /// The same when it was stopped, of one that may be reopened.
    at_stop: Option<Reading>,
    noticed: Noticed,
    /// How far what ends it has come, where that takes several events.
    matchers: Option<Box<Matchers>>,
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
    /// It was stopped, and may be reopened.
    Stopped,
}

/// More than what is done here happens.
pub(super) struct NotPlain;

impl Plain {
    /// Nothing has happened yet.
    #[inline]
    pub(super) fn begin_anew(&mut self) {
        self.rest();
        (self.started, self.seq) = (false, 0);
    }

    /// Nothing more is to be said of its latest instance.
    #[inline]
    fn rest(&mut self) {
        self.phase = Phase::None;
        self.forget_more();
    }

    /// Most have no more.
    #[inline]
    fn forget_more(&mut self) {
        if self.more.is_some() {
            self.more = None;
        }
    }

    /// One that was another until nothing more was to be said of it.
    pub(super) fn rested(seq: u32, started: bool) -> Plain {
        Plain { seq, started, ..Plain::default() }
    }

    /// One of which an instance, of this number, row and tier, and due then, was begun by a row and ended by a later one, and to which
    /// nothing else has happened.
    pub(super) fn ended(
        (seq, row, tier): (u32, u32, Option<TierId>),
        first: &Event<'_>,
        last: &Event<'_>,
        how: End,
        due: Instant,
    ) -> Plain {
        Plain {
            phase: Phase::Over(how),
            started: true,
            seq,
            row,
            tier,
            start: first.time,
            due,
            alert: due,
            end: last.time,
            first: (first.event, first.origin),
            last: (last.event, last.origin),
            ..Plain::default()
        }
    }

    /// All was told of another instance.
    #[inline]
    pub(super) fn tell(&mut self) {
        self.seq += 1;
    }

    /// There is no instance of it of which something is still to be said.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.phase == Phase::None
    }

    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    #[inline]
    fn is_halted(&self) -> bool {
        self.halt != Halt::Runs
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

    /// Whether something is to be said of it before the case changes at `t`: its target was used up before that, or before it ended, or
    /// a notice is given.
    #[inline]
    pub(super) fn is_late(&self, t: Instant) -> bool {
        self.phase != Phase::None && self.alert < self.until(t)
    }

    /// Until when time goes on for it.
    #[inline]
    fn until(&self, t: Instant) -> Instant {
        if self.is_over() { self.end } else { t }
    }

    /// Time goes on to `t`: notices are given, and what is due is read. `moment` is the case as it was until then.
    pub(super) fn pass(&mut self, of: &Written, moment: &Moment<'_>, (t, to_the_end): (Instant, bool), sink: &mut Sink) {
        let until = self.until(t);
        if of.notifies && self.is_open() && !self.is_halted() {
            let (clock, days) = self.clock(moment.world, of.id);
            let mut noticed = self.noticed();
            let opening = self.opening(of);
            if noticed.give(moment, &opening, (&clock, days), (until, to_the_end), sink) {
                self.more().noticed = noticed;
            }
        }
        if !self.is_read_at_due() && self.due < until && (self.passed || !self.is_halted()) {
            let (due, start) = (self.due, self.start);
            self.more().at_due = Some(Reading::at(moment, of.id, due, start));
        }
        self.alert = self.next_alert(of, moment.world);
    }

    /// When something is to be said of it next if nothing happens.
    fn next_alert(&self, of: &Written, world: &World<'_>) -> Instant {
        let due = if self.is_read_at_due() || (self.is_halted() && !self.passed) { Instant::NEVER } else { self.due };
        if !of.notifies || self.is_halted() {
            return due;
        }
        let (clock, days) = self.clock(world, of.id);
        self.noticed().next(&clocked(world, of.id).notices, &clock, days).map_or(due, |next| next.min(due))
    }

    fn is_read_at_due(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.at_due.is_some())
    }

    fn noticed(&self) -> Noticed {
        self.more.as_ref().map_or_else(Noticed::default, |more| more.noticed)
    }

    /// What few instances have, of this one.
    fn more(&mut self) -> &mut More {
        let mark = self.start;
        self.more.get_or_insert_with(|| Box::new(More { mark, ..More::default() }))
    }

    fn opening(&self, of: &Written) -> Opening {
        Opening { obligation: of.id, track: of.track as u32, seq: self.seq, start: self.start }
    }

    /// Takes what the event did to its case's states.
    #[inline]
    fn pause(&mut self, of: &Written, turn: &Turn<'_>) {
        if of.halts {
            let halt = halt(turn.moment, of.id);
            self.set_halt(of, turn.moment.world, halt, turn.event.time, Some(Evidence::of(turn.event)));
        }
    }

    /// What the agreement excludes has changed between two events of the case.
    pub(super) fn exclude(&mut self, of: &Written, moment: &Moment<'_>, change: &Change) {
        if self.is_open() {
            self.set_halt(of, moment.world, halt(moment, of.id), change.at, change.evidence);
        }
    }

    /// What its clock does from `t` on; `evidence` is the row that did it, if one did.
    #[inline]
    fn set_halt(&mut self, of: &Written, world: &World<'_>, halt: Halt, t: Instant, evidence: Option<Evidence>) {
        if halt != self.halt {
            self.change_halt(of, world, halt, t, evidence);
        }
    }

    fn change_halt(&mut self, of: &Written, world: &World<'_>, halt: Halt, t: Instant, evidence: Option<Evidence>) {
        let (mut clock, days) = self.clock(world, of.id);
        if of.notifies && halt == Halt::Runs {
            self.more().noticed.skip(&clocked(world, of.id).notices, &clock, t);
        }
        clock.set(days, halt, t);
        let (start, before) = (self.start, std::mem::replace(&mut self.halt, halt));
        (self.due, self.passed) = (clock.latest_due(), clock.passed() || clock.has_reached(Duration::ZERO));
        let more = self.more();
        (more.mark, more.elapsed, more.paused, more.late) = (clock.mark(), clock.elapsed, clock.paused, clock.late);
        // Only where what was counted goes on with another target is it asked when it was.
        if of.carries {
            if more.halts.is_empty() {
                more.halts.push((start, before));
            }
            more.halts.push((t, halt));
        }
        more.rows.extend(evidence);
        self.alert = self.next_alert(of, world);
    }

    /// Until when its clock is accounted for, and how much it had counted until then.
    #[inline]
    fn counted(&self) -> (Instant, Duration) {
        self.more.as_ref().map_or((self.start, Duration::ZERO), |more| (more.mark, more.elapsed))
    }

    /// Its clock, as far as it is accounted for.
    fn clock<'w>(&self, world: &'w World<'_>, id: ObligationId) -> (Clock, &'w Calendar) {
        let row = &clocked(world, id).rows[self.row as usize];
        let calendar = row.running[0];
        let known = self.more.as_ref().and_then(|more| more.need);
        let need = known.or_else(|| target::need(row.target, &world.calendars[row.clock.unwrap_or(calendar)], self.start, None));
        let (mark, elapsed) = self.counted();
        let (paused, late) = self.more.as_ref().map_or((Duration::ZERO, Duration::ZERO), |more| (more.paused, more.late));
        let clock = Clock::taken_up(calendar, need, self.halt, self.passed, (mark, self.due), (elapsed, paused, late));
        (clock, &world.calendars[calendar])
    }

    /// The event acts as it can: it ends the open instance, or starts one where none is open.
    #[inline]
    pub(super) fn event(&mut self, of: &Written, turn: &Turn<'_>, sink: &mut Sink) -> Result<(), NotPlain> {
        let Turn { moment, roles, tier, reach, .. } = *turn;
        match self.phase {
            Phase::Open => {
                if reach == Reach::All {
                    if of.retiers && self.has_left_tier(tier.get()) {
                        return Err(NotPlain);
                    }
                    self.pause(of, turn);
                } else if of.notifies
                    && let Some(facts) = moment.case.filter(|_| self.is_late(moment.time))
                {
                    self.pass(of, &Moment::of(moment.world, facts, facts.time), (moment.time, false), sink);
                }
                if !roles.is_none() {
                    self.take(of, turn, sink)?;
                }
            }
            Phase::Over(_) | Phase::Stopped if roles.may(Role::Reopen) => return Err(NotPlain),
            // Another instance makes the stop final.
            Phase::Stopped if roles.may(Role::Start) && !of.once => return Err(NotPlain),
            Phase::Over(_) | Phase::Stopped | Phase::None => {}
        }
        if roles.may(Role::Start) { self.start(of, turn) } else { Ok(()) }
    }

    /// The event ends the open instance, or counts for its end.
    #[inline]
    fn take(&mut self, of: &Written, turn: &Turn<'_>, sink: &mut Sink) -> Result<(), NotPlain> {
        let Turn { moment, happening, event, roles, .. } = *turn;
        if of.counts && roles.may(Role::Reset) {
            return Err(NotPlain);
        }
        for (role, how) in [(Role::Cancel, End::Cancel), (Role::Stop, End::Stop)] {
            if !roles.may(role) {
                continue;
            }
            let ends = if of.counts { self.counts_to_end(of, role, turn)? } else { hits(moment, of.id, role, roles, happening)? };
            if ends {
                self.end(of, how, event, sink);
                return Ok(());
            }
        }
        // It ends and begins anew at once: there are two of them until the instant is over.
        let resets = roles.may(Role::Reset) && hits(moment, of.id, Role::Reset, roles, happening)?;
        if resets { Err(NotPlain) } else { Ok(()) }
    }

    /// The event counts for the end of the open instance; true if it was the last that this takes.
    fn counts_to_end(&mut self, of: &Written, role: Role, turn: &Turn<'_>) -> Result<bool, NotPlain> {
        if turn.roles.surely(role) {
            return Ok(true);
        }
        let world = turn.moment.world;
        let Some(pattern) = role.of(world.obligation(of.id)) else { return Ok(false) };
        let matchers = self.more().matchers.get_or_insert_with(|| Box::new(Matchers::new(clocked(world, of.id))));
        match turn.roles.step(role, pattern, Some(matchers.of(role)), turn.happening, turn.moment, &world.term(of.id).zone) {
            Hit::Yes => return Ok(true),
            Hit::No => {}
            Hit::Perhaps(_) => return Err(NotPlain),
        }
        if role == Role::Stop && counts_towards(pattern, turn.happening) {
            let row = Evidence::of(turn.event);
            let rows = &mut self.more().rows;
            if rows.last() != Some(&row) {
                rows.push(row);
            }
        }
        Ok(false)
    }

    #[inline]
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
            self.rest();
        }
    }

    /// It ended while its clock ran, and not behind its due.
    #[inline]
    fn was_in_time(&self) -> bool {
        self.end <= self.due && self.due <= Instant::LAST && !self.is_halted()
    }

    /// The instant is over at which it may have ended: what most that ended in time leave is little.
    #[inline]
    pub(super) fn close(&mut self, of: &Written, moment: &Moment<'_>, sink: &mut Sink) {
        let Phase::Over(how) = self.phase else { return };
        if of.reopens && how == End::Stop {
            return self.stop(of, moment);
        }
        if !self.was_in_time() || sink.shows(how.verdict()) {
            let mut live = self.as_read(moment.world, of);
            if self.is_unread() { sink.take_late(moment, &mut live, self.due) } else { sink.take_now(moment, &mut live, moment.time) }
        } else if !sink.samples.ask(of.id) {
            sink.count(of.track, how);
        } else {
            let calendar = clocked(moment.world, of.id).rows[self.row as usize].running[0];
            let (mark, elapsed) = self.counted();
            let elapsed = elapsed.plus(moment.world.calendars[calendar].elapsed(mark, self.end));
            let Plain { start, due, end, tier, .. } = *self;
            let due = Some(due);
            sink.take_in_time(moment, &InTime { track: of.track, obligation: of.id, tier, start, due, end, how, elapsed });
        }
        self.rest();
    }

    /// It was stopped, and may be reopened: what is read of it now is kept until that can no longer be.
    fn stop(&mut self, of: &Written, moment: &Moment<'_>) {
        let Plain { due, start, end, .. } = *self;
        let is_late = self.was_late();
        let more = self.more();
        if is_late && more.at_due.is_none() {
            more.at_due = Some(Reading::at(moment, of.id, due, start));
        }
        more.at_stop = Some(Reading::at(moment, of.id, end, start));
        (self.phase, self.alert) = (Phase::Stopped, Instant::NEVER);
    }

    /// It ended late, and was not read when it was due: nothing that is read has changed since.
    fn is_unread(&self) -> bool {
        !self.is_open() && self.was_late() && !self.is_read_at_due()
    }

    /// Its target was used up before it ended.
    fn was_late(&self) -> bool {
        self.due < self.end && (self.passed || !self.is_halted())
    }
}

/// Whether an event fulfils a part of a promise.
#[inline]
fn hits(moment: &Moment<'_>, id: ObligationId, role: Role, roles: Roles, happening: Happening<'_>) -> Result<bool, NotPlain> {
    if roles.surely(role) {
        return Ok(true);
    }
    let world = moment.world;
    let Some(pattern) = role.of(world.obligation(id)) else { return Ok(false) };
    match roles.step(role, pattern, None, happening, moment, &world.term(id).zone) {
        Hit::Yes => Ok(true),
        Hit::No => Ok(false),
        Hit::Perhaps(_) => Err(NotPlain),
    }
}
