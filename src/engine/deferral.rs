//! Cases that are judged late: until all that was promised to one has ended, its rows are only kept.
//!
//! Most cases have a few rows, and all that they were promised ends in time. That is seen in one go over the rows, and the case is
//! forgotten without ever having been more than them. Of any other case the rows are judged one after another, as if they came now: one
//! of which a record is shown, to which anything else happens, or that has more rows.

use crate::engine::live::{End, InTime};
use crate::engine::matcher::is_by_event;
use crate::engine::plain::{Aim, Written};
use crate::engine::promise::{Act, Promise, Role};
use crate::engine::sink::Sink;
use crate::engine::truth::{Moment, Tiered};
use crate::engine::world::{Effect, Kind, OfKind, World};
use crate::event::{Event, Origin, Stored, packed};
use crate::id::{CaseId, EventId, Id, ObligationId, StateId, Table};
use crate::plan::{Plan, StateWhen};
use crate::time::{Duration, Instant};
use smallvec::SmallVec;

/// So many rows are kept of a case. Most that have more are not over soon.
const MOST: usize = 6;

/// The rows of a case that is not judged yet: all that it had, in their order.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    count: u8,
    /// The promises that they end, by bits.
    ended: u32,
    rows: [Happened; MOST],
}

/// A row that is an event and nothing else: which one of how many, and where it stands, in few bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Happened {
    time: Instant,
    line: u32,
    file: u16,
    event: u16,
}

impl Happened {
    /// Of an event, if its numbers are not too large, as those of most are not.
    #[inline]
    pub(super) fn of(stored: &Stored<'_>) -> Option<Happened> {
        let (Origin { file, line }, event) = (stored.origin(), stored.what()?);
        Some(Happened { time: stored.time(), line, file: file.try_into().ok()?, event: event.index().try_into().ok()? })
    }

    #[inline]
    fn what(self) -> Option<EventId> {
        Some(EventId::from_index(self.event.into()))
    }

    fn event(self) -> Event<'static> {
        let origin = Origin { file: self.file.into(), line: self.line };
        Event { time: self.time, case: None, event: self.what(), fields: &[], own: &[], origin }
    }
}

/// What a row is to a case that is not judged yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    GoesOn,
    /// With it all that was promised has ended.
    IsLast,
}

impl Deferred {
    /// How many rows there are.
    #[inline]
    fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether there is none: the case is judged as its rows come.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[inline]
    fn kept(&self) -> &[Happened] {
        &self.rows[..self.len().min(MOST)]
    }

    /// Forgets them.
    #[inline]
    pub(super) fn clear(&mut self) {
        (self.count, self.ended) = (0, 0);
    }

    /// Keeps another, for which there is room.
    #[inline]
    pub(super) fn push(&mut self, row: Happened) {
        self.rows[self.len()] = row;
        self.count += 1;
    }

    /// Gives them as they came, and forgets them.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Event<'static>> + use<> {
        let Deferred { count, rows, .. } = std::mem::take(self);
        rows.into_iter().take(usize::from(count)).map(Happened::event)
    }

    /// Reads a little of them.
    #[inline]
    pub(super) fn touch(&self) -> i64 {
        self.rows[self.len().min(MOST - 1)].time.as_micros()
    }

    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        packed::put(out, self.count.into());
        if self.is_empty() {
            return;
        }
        packed::put(out, self.ended.into());
        for Happened { time, line, file, event } in self.kept() {
            packed::put_time(out, *time);
            packed::put_origin(out, Origin { file: (*file).into(), line: *line });
            packed::put(out, (*event).into());
        }
    }

    pub(super) fn unpack(from: &mut &[u8]) -> Option<Deferred> {
        let mut all = Deferred { count: u8::try_from(packed::take(from)?).ok()?, ..Deferred::default() };
        if !all.is_empty() {
            all.ended = packed::take_small(from)?;
        }
        for row in all.rows.get_mut(..usize::from(all.count))? {
            let (time, Origin { file, line }) = (packed::take_time(from)?, packed::take_origin(from)?);
            *row = Happened { time, line, file: file.try_into().ok()?, event: packed::take(from)?.try_into().ok()? };
        }
        Some(all)
    }
}

/// A kind of case of which all rows may be kept until it is over, for each of them says by itself what it does. Found out before a log is
/// read.
pub(super) struct Deferral {
    /// What each event does; nothing where that is more than is known here.
    deeds: Table<EventId, Option<Deed>>,
    /// The states in which the clock of each promise stands still, by their slots' bits.
    pauses: Vec<u32>,
    /// All promises, by bits.
    all: u32,
}

/// What an event does to a case: the promises and the states that it reaches, by bits.
#[derive(Clone, Copy, Default)]
pub(super) struct Deed {
    /// As the first of a case it starts all that is promised, and does no more.
    pub(super) begins: bool,
    stops: u32,
    cancels: u32,
    enters: u32,
    leaves: u32,
}

/// More has happened than is known here.
struct Unforeseen;

impl Deferral {
    /// Of a kind of case to which nothing happens but by the events of its cases, one at a time, and of which cases are forgotten.
    pub(super) fn new(
        plan: &Plan,
        id: CaseId,
        promises: &Table<ObligationId, Promise<'_>>,
        of_kind: &[OfKind],
        effects: &Table<EventId, Effect>,
    ) -> Option<Deferral> {
        let case = &plan.cases[id];
        let written: Vec<&Written> = of_kind.iter().map(|promise| promise.written.as_ref()).collect::<Option<_>>()?;
        let is_by_event = |state: &StateId| match &plan.states[*state].when {
            StateWhen::Between(from, to) => is_by_event(from) && is_by_event(to),
            StateWhen::Holds(_) => false,
        };
        let is_foreseen = written.iter().all(|of| of.is_over_once_ended())
            && of_kind.iter().all(|promise| promise.by_states.is_none())
            && case.states.iter().all(is_by_event)
            && case.since.is_empty();
        if !is_foreseen || written.len().max(case.states.len()) > u32::BITS as usize {
            return None;
        }
        let deeds: Table<EventId, Option<Deed>> = effects.iter().map(|effect| Deed::of(effect, written.len())).collect();
        let pauses = written.iter().map(|of| promises[of.id].pauses_of(id).fold(0, |bits, slot| bits | 1 << slot)).collect();
        let all = (0..written.len()).fold(0, |all, at| all | 1 << at);
        let is_begun = deeds.iter().flatten().any(|deed| deed.begins);
        is_begun.then_some(Deferral { deeds, pauses, all })
    }

    /// What an event does, if that is known of it alone.
    #[inline]
    pub(super) fn deed(&self, event: Option<EventId>) -> Option<&Deed> {
        self.deeds[event?].as_ref()
    }

    /// Keeps a later row of a case that is not judged yet, if there is room. Its fields change nothing.
    #[inline]
    pub(super) fn go_on(&self, rows: &mut Deferred, deed: &Deed, row: Happened) -> Option<Kept> {
        if !(1..MOST).contains(&rows.len()) {
            return None;
        }
        if deed.is_nothing() {
            return Some(Kept::GoesOn);
        }
        rows.push(row);
        let was_over = rows.ended == self.all;
        rows.ended |= deed.stops | deed.cancels;
        Some(if rows.ended == self.all && !was_over { Kept::IsLast } else { Kept::GoesOn })
    }

    /// The instance of a promise, which ended in time; nothing where none was begun. Its clock is told what the rows do to it, in their order.
    fn in_time(
        &self,
        world: &World<'_>,
        (at, of): (usize, &Written),
        tier: Tiered,
        rows: &[Happened],
        sink: &Sink,
    ) -> Result<Option<InTime>, Unforeseen> {
        let [first, later @ ..] = rows else { return Err(Unforeseen) };
        if !of.is_in_force(first.time) {
            return Ok(None);
        }
        let Some(aim) = of.aim(tier).ok_or(Unforeseen)? else { return Ok(None) };
        let Aim { calendar, open: Some(open), alert, .. } = *aim else { return Err(Unforeseen) };
        let days = &world.calendars[calendar];
        let (promise, pauses) = (1 << at, self.pauses[at]);
        let (mut states, mut halted) = (0, false);
        let (mut mark, mut elapsed) = (first.time, Duration::ZERO);
        let mut due = days.advance(mark, open).ok_or(Unforeseen)?;
        for row in later {
            let deed = self.deed(row.what()).ok_or(Unforeseen)?;
            states = states & !deed.leaves | deed.enters;
            if (states & pauses != 0) != halted {
                halted = !halted;
                if halted {
                    if due <= row.time {
                        return Err(Unforeseen);
                    }
                    elapsed = elapsed.plus(days.elapsed(mark, row.time));
                } else {
                    due = days.advance(row.time, open.minus(elapsed)).ok_or(Unforeseen)?;
                }
                mark = row.time;
            }
            let Some(how) = deed.ends(promise) else { continue };
            let is_in_time = !halted && row.time <= due && due <= Instant::LAST;
            if !is_in_time || sink.shows(how.verdict()) {
                return Err(Unforeseen);
            }
            if of.notifies || sink.samples.ask(of.id) {
                elapsed = elapsed.plus(days.elapsed(mark, row.time));
            }
            if of.notifies && alert.is_none_or(|alert| alert <= elapsed) {
                return Err(Unforeseen);
            }
            let tier = if let Tiered::In(tier) = tier { Some(tier) } else { None };
            let (start, end) = (first.time, row.time);
            return Ok(Some(InTime { track: of.track, obligation: of.id, tier, start, due, end, how, elapsed }));
        }
        Err(Unforeseen)
    }

    /// Says what has become of a case, if all that it was promised has ended in time.
    #[inline]
    pub(super) fn settle(&self, moment: &Moment<'_>, kind: &Kind, rows: &Deferred, sink: &mut Sink) -> bool {
        let tier = moment.tier();
        let mut all: SmallVec<[InTime; 4]> = SmallVec::new();
        for (at, promise) in kind.promises.iter().enumerate() {
            let of = promise.written.as_ref().ok_or(Unforeseen);
            match of.and_then(|of| self.in_time(moment.world, (at, of), tier, rows.kept(), sink)) {
                Ok(Some(instance)) => all.push(instance),
                Ok(None) => {}
                Err(Unforeseen) => return false,
            }
        }
        for instance in &all {
            if sink.samples.ask(instance.obligation) {
                sink.take_in_time(moment, instance);
            } else {
                sink.count(instance.track, instance.how);
            }
        }
        true
    }
}

impl Deed {
    /// Of what an event can do to a case to which so many things are promised.
    fn of(effect: &Effect, promises: usize) -> Option<Deed> {
        if effect.moves.always {
            return None;
        }
        let mut deed = Deed { begins: effect.begins.as_ref().is_some_and(|begins| begins.len() == promises), ..Deed::default() };
        for (slot, is_on) in &effect.moves.states {
            *(if *is_on { &mut deed.leaves } else { &mut deed.enters }) |= 1 << slot;
        }
        for Act { at, roles, .. } in &effect.acting {
            // What starts once has started.
            let [stop, cancel, reset, reopen] = [Role::Stop, Role::Cancel, Role::Reset, Role::Reopen].map(|role| roles.may(role));
            if reset || reopen || stop && !roles.surely(Role::Stop) || cancel && !roles.surely(Role::Cancel) {
                return None;
            }
            deed.stops |= u32::from(stop) << at;
            deed.cancels |= u32::from(cancel) << at;
        }
        Some(deed)
    }

    /// How it ends an instance of a promise, if it does: a cancel comes before a stop.
    #[inline]
    fn ends(&self, promise: u32) -> Option<End> {
        match (self.cancels & promise != 0, self.stops & promise != 0) {
            (true, _) => Some(End::Cancel),
            (false, true) => Some(End::Stop),
            (false, false) => None,
        }
    }

    /// It does nothing to a case that was begun.
    #[inline]
    fn is_nothing(&self) -> bool {
        self.stops | self.cancels | self.enters | self.leaves == 0
    }
}
