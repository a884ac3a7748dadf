//! Cases that are judged late: until all instances of one have ended, its rows are only kept.
//!
//! Most cases have a few rows, and all that they were promised ends in time. That is seen in one go over the rows ([`usual`], [`settled`]), of
//! which most was found out before, of the first case to which the same happened in the same order ([`variant`]). Then the case is
//! forgotten, or goes on from there ([`kept`]); or, where a stop may be withdrawn, it waits for the end of the log. Of any other case the rows
//! are judged one after another, as if they came now: one that is late and stood still, to which anything else happens, or that has more rows.

mod kept;
mod settled;
mod usual;
mod variant;

use kept::{COUNTED, MOST};
pub(super) use kept::{Deferred, Happened, Kept, Past};
use variant::Variant;
pub(super) use variant::Variants;

use crate::engine::fields::{bit, bits};
use crate::engine::live::End;
use crate::engine::matcher::is_by_class;
use crate::engine::objective::Asks;
use crate::engine::plain::{Aim, Written};
use crate::engine::promise::{Act, Promise, Role};
use crate::engine::truth::place_of;
use crate::engine::world::{Effect, Move, OfKind};
use crate::id::{CalendarId, CaseId, ClassId, ObligationId, StateId, Table, TierId};
use crate::plan::{Obligation, Plan, StateWhen, fields_of};
use crate::time::{Calendar, Instant};

/// Cases rest in no more than two to the power of so many ways; most kinds of case in a few of them.
const WAYS: usize = 14;

/// A kind of case of which all rows may be kept until it is over, or until something happens to it that is not known here: each of them
/// says by itself what it does. Found out before a log is read.
pub(super) struct Deferral {
    /// What events of each class do; nothing where that is more than is known here, as it is where they may start what is not foreseen.
    deeds: Table<ClassId, Option<Deed>>,
    promises: Vec<Foreseen>,
    /// All promises that are foreseen, by bits.
    all: u32,
    /// How many states there are.
    states: usize,
    /// A case is forgotten when all that it was promised has started and ended once.
    pub(super) forgets: bool,
}

/// A promise of which all is known that can happen to it.
struct Foreseen {
    id: ObligationId,
    track: usize,
    /// Its place among those of its kind of case, and the bit of that.
    kind: CaseId,
    at: usize,
    bit: u32,
    /// It starts once in a case.
    once: bool,
    /// A stop may be withdrawn: only at the end is it final.
    reopens: bool,
    /// The states in which its clock stands still, by their slots' bits.
    pauses: u32,
    notifies: bool,
    asks: Asks,
    /// The fields that are read when an instance is decided, by the bits of their slots.
    reads: u32,
    /// The first instant of its agreement's term, and the first after it.
    term: (Instant, Instant),
    /// What is aimed at for each tier, behind that for no tier.
    goals: Box<[Option<Goal>]>,
}

/// A row of its targets.
struct Goal {
    aim: Aim,
    /// Of so much open time: from when to when it is sure that it will be used up if its clock runs on.
    sure: (Instant, Instant),
}

/// What an event does to a case: the promises, the states and the stages that it reaches, by bits.
#[derive(Clone, Copy, Default)]
struct Deed {
    starts: u32,
    stops: u32,
    cancels: u32,
    reopens: u32,
    enters: u32,
    leaves: u32,
    /// The stages that are reached with it.
    reaches: u32,
}

impl Deferral {
    /// Of a kind of case to which nothing happens but by the events of its cases, one at a time.
    pub(super) fn new(
        plan: &Plan,
        id: CaseId,
        (promises, calendars): (&Table<ObligationId, Promise<'_>>, &Table<CalendarId, Calendar>),
        of_kind: &[OfKind],
        effects: &Table<ClassId, Effect>,
        forgets: bool,
    ) -> Option<Deferral> {
        let case = &plan.cases[id];
        let written: Vec<(usize, &Written)> = of_kind
            .iter()
            .enumerate()
            .filter_map(|(at, promise)| Some((at, promise.written.as_ref().filter(|of| of.is_foreseen())?)))
            .collect();
        let is_by_event = |state: &StateId| match &plan.states[*state].when {
            StateWhen::Between(from, to) => is_by_class(plan, from) && is_by_class(plan, to),
            StateWhen::Holds(_) => false,
        };
        let all_by_events =
            of_kind.iter().all(|promise| promise.by_states.is_none()) && case.states.iter().all(is_by_event) && case.since.is_empty();
        // What is not forgotten rests: in one of few ways, by what has started once, the states that are on, and the stages that were reached.
        let ways = written.iter().filter(|(_, of)| of.once).count() + case.states.len() + case.stages.len();
        let fits = if forgets {
            written.len() == of_kind.len() && of_kind.len().max(case.states.len()) <= u32::BITS as usize
        } else {
            of_kind.len() <= COUNTED && ways <= WAYS
        };
        if !all_by_events || !fits {
            return None;
        }
        let foreseen = |(at, of): (usize, &Written)| Foreseen::new(plan, (at, id), of, &promises[of.id], calendars);
        let promises: Vec<Foreseen> = written.into_iter().map(foreseen).collect();
        let all = promises.iter().fold(0, |all, promise| all | promise.bit);
        let deeds: Table<ClassId, Option<Deed>> = effects.iter().map(|effect| Deed::of(effect, all)).collect();
        let is_begun = deeds.iter().flatten().any(|deed| deed.starts != 0);
        is_begun.then_some(Deferral { deeds, promises, all, states: case.states.len(), forgets })
    }

    /// The fields that an instance of a variant looks at that has ended, by the bits of their slots.
    fn reads(&self, variant: &Variant) -> u32 {
        variant.ended.iter().fold(0, |bits, instance| bits | self.promises[usize::from(instance.promise)].reads)
    }

    /// Whether it is known of an event by its class alone what it does.
    #[inline]
    pub(super) fn knows(&self, class: ClassId) -> bool {
        self.deed(class).is_some()
    }

    /// What an event does, if that is known by its class alone.
    #[inline]
    fn deed(&self, class: ClassId) -> Option<&Deed> {
        self.deeds[class].as_ref()
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
    /// What is aimed at in a tier, or in none.
    #[inline]
    fn goal(&self, tier: Option<TierId>) -> Option<&Goal> {
        self.goals[place_of(tier)].as_ref()
    }

    /// Whether its agreement is in force at an instant.
    #[inline]
    fn is_in_force(&self, t: Instant) -> bool {
        self.term.0 <= t && t < self.term.1
    }

    /// Of the promise that has this place among those of its kind of case.
    fn new(
        plan: &Plan,
        (at, kind): (usize, CaseId),
        of: &Written,
        promise: &Promise<'_>,
        calendars: &Table<CalendarId, Calendar>,
    ) -> Foreseen {
        let goal = |aim: Aim| {
            // Where nothing is sure, no instant lies between these.
            let sure = aim.open.and_then(|open| calendars[aim.calendar].sure(open)).unwrap_or((Instant::LAST, Instant::FIRST));
            Goal { aim, sure }
        };
        let pauses = promise.pauses_of(kind).fold(0, |bits, slot| bits | bit(slot));
        let Obligation { keys, filters, .. } = promise.obligation;
        let reads = bits(plan, keys.iter().copied().chain(filters.iter().flat_map(|filter| fields_of(plan, filter))));
        let goals = of.aims().iter().map(|aim| aim.map(goal)).collect();
        Foreseen {
            id: of.id,
            track: of.track,
            kind,
            at,
            bit: 1 << at,
            once: of.once,
            reopens: of.reopens,
            pauses,
            notifies: of.notifies,
            asks: Asks::of(plan, of.id),
            reads,
            term: promise.term,
            goals,
        }
    }
}

impl Deed {
    /// Of what an event can do to a case, where that is known of it alone. Promises that are not among these it must not start: what has no
    /// instance nothing else acts on.
    fn of(effect: &Effect, foreseen: u32) -> Option<Deed> {
        if effect.moves.always {
            return None;
        }
        let mut deed = Deed { reaches: effect.stages.iter().fold(0, |bits, at| bits | 1 << at), ..Deed::default() };
        for Move { slot, on, surely } in &effect.moves.states {
            if !surely {
                return None;
            }
            *(if *on { &mut deed.leaves } else { &mut deed.enters }) |= 1 << slot;
        }
        for Act { at, roles, .. } in &effect.acting {
            let [start, stop, cancel, reset, reopen] = Role::ALL.map(|role| roles.may(role));
            if foreseen & 1 << at == 0 {
                if start {
                    return None;
                }
                continue;
            }
            let may = [(Role::Start, start), (Role::Stop, stop), (Role::Cancel, cancel)];
            if reset || may.iter().any(|(role, may)| *may && !roles.surely(*role)) {
                return None;
            }
            deed.starts |= u32::from(start) << at;
            deed.stops |= u32::from(stop) << at;
            deed.cancels |= u32::from(cancel) << at;
            deed.reopens |= u32::from(reopen) << at;
        }
        Some(deed)
    }

    /// The states that are on after it where these were: it leaves before it enters.
    fn states_after(&self, states: u32) -> u32 {
        states & !self.leaves | self.enters
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
}
