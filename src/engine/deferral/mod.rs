//! Cases that are judged late: until all that was promised to one has ended, its rows are only kept.
//!
//! Most cases have a few rows, and all that they were promised ends in time. That is seen in one go over the rows, and the case is
//! forgotten without ever having been more than them. Of any other case the rows are judged one after another, as if they came now: one
//! of which a record is shown, to which anything else happens, or that has more rows.

mod kept;
mod settled;

pub(super) use kept::{Deferred, Happened, Kept};

use crate::engine::live::End;
use crate::engine::matcher::is_by_event;
use crate::engine::objective::Asks;
use crate::engine::plain::{Aim, Written};
use crate::engine::promise::{Act, Promise, Role};
use crate::engine::world::{Effect, OfKind};
use crate::id::{CalendarId, CaseId, EventId, ObligationId, StateId, Table};
use crate::plan::{Plan, StateWhen};
use crate::time::{Calendar, Duration, Instant};

/// A kind of case of which all rows may be kept until it is over, for each of them says by itself what it does. Found out before a log is
/// read.
pub(super) struct Deferral {
    /// What each event does; nothing where that is more than is known here.
    deeds: Table<EventId, Option<Deed>>,
    promises: Vec<Foreseen>,
    /// All promises, by bits.
    all: u32,
}

/// A promise of which all is known that can happen to it.
struct Foreseen {
    id: ObligationId,
    track: usize,
    /// Its place among those of its kind of case, and the bit of that.
    kind: CaseId,
    at: usize,
    bit: u32,
    /// The states in which its clock stands still, by their slots' bits.
    pauses: u32,
    notifies: bool,
    asks: Asks,
    /// The first instant of its agreement's term, and the first after it.
    term: (Instant, Instant),
    /// What is aimed at for each tier, behind that for no tier.
    goals: Box<[Option<Goal>]>,
}

/// So much open time of a calendar: a row of its targets.
struct Goal {
    row: u32,
    calendar: CalendarId,
    open: Duration,
    /// After so much of it the first notice is given, if there is one and not at once.
    alert: Option<Duration>,
    /// From when to when it is sure that it will be used up if its clock runs on.
    sure: (Instant, Instant),
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

impl Deferral {
    /// Of a kind of case to which nothing happens but by the events of its cases, one at a time, and of which cases are forgotten.
    pub(super) fn new(
        plan: &Plan,
        id: CaseId,
        (promises, calendars): (&Table<ObligationId, Promise<'_>>, &Table<CalendarId, Calendar>),
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
        let foreseen = |(at, of): (usize, &Written)| Foreseen::new((at, id), of, &promises[of.id], calendars, Asks::of(plan, of.id));
        let promises: Vec<Foreseen> = written.into_iter().enumerate().map(foreseen).collect();
        let all = promises.iter().fold(0, |all, promise| all | promise.bit);
        let is_begun = deeds.iter().flatten().any(|deed| deed.begins);
        is_begun.then_some(Deferral { deeds, promises, all })
    }

    /// What an event does, if that is known of it alone.
    #[inline]
    pub(super) fn deed(&self, event: Option<EventId>) -> Option<&Deed> {
        self.deeds[event?].as_ref()
    }
}

impl Goal {
    /// Whether it is sure that it will be used up by a clock that runs from here on.
    #[inline]
    fn is_sure(&self, t: Instant) -> bool {
        self.sure.0 <= t && t <= self.sure.1
    }
}

impl Foreseen {
    /// Whether its agreement is in force at an instant.
    #[inline]
    fn is_in_force(&self, t: Instant) -> bool {
        self.term.0 <= t && t < self.term.1
    }

    /// Of the promise that has this place among those of its kind of case.
    fn new(
        (at, kind): (usize, CaseId),
        of: &Written,
        promise: &Promise<'_>,
        calendars: &Table<CalendarId, Calendar>,
        asks: Asks,
    ) -> Foreseen {
        let goal = |aim: &Option<Aim>| {
            let Aim { row, calendar, open, alert } = (*aim)?;
            let open = open?;
            // Where nothing is sure, no instant lies between these.
            Some(Goal { row, calendar, open, alert, sure: calendars[calendar].sure(open).unwrap_or((Instant::LAST, Instant::FIRST)) })
        };
        let pauses = promise.pauses_of(kind).fold(0, |bits, slot| bits | 1 << slot);
        let goals = of.aims().iter().map(goal).collect();
        Foreseen { id: of.id, track: of.track, kind, at, bit: 1 << at, pauses, notifies: of.notifies, asks, term: promise.term, goals }
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
