//! Plan and events to verdicts, objectives and notices: section 2 of the language.
//!
//! Events come in order of (time, file, row); the engine knows no file, no format and no clock on the wall. Each kind of
//! case keeps its fields, states and open instances (`case`); an instance keeps its own clock (`clock`); what is
//! decided becomes an [`Outcome`], and `objective` sums outcomes and counted events up by period. Where cases do not see
//! each other, each part of an engine judges its share of them (`part`).

mod asleep;
mod case;
mod cases;
mod classes;
mod clock;
mod counter;
mod course;
mod deferral;
mod exclusion;
mod facts;
mod fields;
mod funnel;
mod index;
mod kept;
mod ledger;
mod live;
mod matcher;
mod money;
mod notices;
mod objective;
mod outcome;
mod part;
mod plain;
mod promise;
mod recurring;
mod rest;
mod room;
mod rule;
mod score;
mod shelves;
mod sink;
mod span;
mod state;
mod state_run;
mod target;
mod tiers;
mod times;
mod track;
mod truth;
mod watchers;
mod world;

pub use funnel::StageRecord;
pub use kept::Outcomes;
pub use money::{Capped, Cause, Consequences, Credit, Owed, Right};
pub use notices::Notices;
pub use objective::{Group, MeasuredRecord, ObjectiveRecord, ObjectiveVerdict, Pace};
pub use outcome::{Evidence, Missing, NoticeKind, NoticeRecord, Outcome, Reason, Verdict};
pub use state::NotTakenUp;

use crate::event::{Event, Events, KeyList, Texts};
use crate::id::{EventId, StateId};
use crate::plan::Plan;
use crate::time::Instant;
use part::{Ended, Part};
use sink::Sink;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use world::World;

/// What a plan says of a log.
#[derive(Debug)]
pub struct Judgement {
    /// The instances that were to be kept, in the order of reports.
    pub outcomes: Outcomes,
    /// How many instances of each promise have each verdict, in the order of [`Verdict::ALL`].
    pub totals: Vec<[u64; 5]>,
    /// How many are void or unknown for each promise and reason.
    pub reasons: BTreeMap<(usize, Verdict, Reason), u64>,
    /// Every period of every objective, in the order of the text, the periods and the groups.
    pub objectives: Vec<ObjectiveRecord>,
    /// What missed periods cost and entitle to.
    pub consequences: Consequences,
    /// Named values that the log shows, where they were asked for.
    pub measured: Vec<MeasuredRecord>,
    /// The stages of each kind of case, in order.
    pub stages: Vec<StageRecord>,
    /// Warnings and escalations, in the order of their instances and times.
    pub notices: Notices,
    /// As of when.
    pub as_of: Instant,
    /// Rows whose event the vocabulary holds.
    pub events: u64,
    /// Cases that were seen.
    pub cases: u64,
    /// Rows after as-of, which were not seen.
    pub later: u64,
    /// Events outside of every agreement's term: they begin nothing.
    pub outside: u64,
}

/// Judges a log that is in order, and keeps every instance. Events after `as_of` are not seen.
pub fn run(plan: &Plan, texts: &Texts, events: &Events, as_of: Instant) -> Judgement {
    let mut engine = Engine::new(plan, texts, &Verdict::ALL);
    for event in events.iter() {
        engine.event(&event, as_of);
    }
    engine.finish(as_of)
}

/// What is counted of rows, whether or not they matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tally {
    /// Rows whose event the vocabulary holds.
    pub events: u64,
    /// Of them outside of every agreement's term.
    pub outside: u64,
    /// Rows after as-of.
    pub later: u64,
}

impl Tally {
    fn add(&mut self, more: Tally) {
        self.events += more.events;
        self.outside += more.outside;
        self.later += more.later;
    }
}

/// Judges events one after another, in order of time, file and row.
pub struct Engine<'p> {
    world: World<'p>,
    /// Each is lent to one thread at a time.
    parts: Vec<Mutex<Part>>,
}

/// What a row makes happen to a case.
#[derive(Clone, Copy, Default)]
struct Happening<'a> {
    event: Option<EventId>,
    entered: &'a [StateId],
    left: &'a [StateId],
}

impl<'p> Engine<'p> {
    /// An engine that has seen nothing, in one part. Instances of these verdicts are kept for a report; breached and pending ones
    /// always are.
    pub fn new(plan: &'p Plan, texts: &'p Texts, keep: &[Verdict]) -> Engine<'p> {
        Engine::divided(plan, texts, keep, 1)
    }

    /// The same in so many parts, or in one where cases see each other. Each part is given the events of the cases that are its
    /// [`part_of`](crate::event::part_of) all, in their order; the first those that have no case. They say together what one would.
    pub fn divided(plan: &'p Plan, texts: &'p Texts, keep: &[Verdict], parts: usize) -> Engine<'p> {
        let world = World::new(plan, texts);
        let parts = if world.cases_are_apart() { parts.max(1) } else { 1 };
        let parts = (0..parts).map(|nth| Mutex::new(Part::new(&world, keep, nth == 0))).collect();
        Engine { world, parts }
    }

    /// How many parts it has.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    fn part(&self, part: usize) -> MutexGuard<'_, Part> {
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an event, which may not lie before the one that it took last. One after as-of is only counted.
    fn event(&mut self, event: &Event<'_>, as_of: Instant) {
        let Engine { world, parts } = self;
        let part = parts[0].get_mut().unwrap_or_else(PoisonError::into_inner);
        if event.time <= as_of {
            part.event(world, event);
        } else {
            part.tally.later += 1;
        }
    }

    /// A part takes events whose rows were counted before, in their order.
    pub fn judge_all(&self, part: usize, events: &Events) {
        self.part(part).judge_all(&self.world, events);
    }

    /// A part takes note of cases a row of which changes nothing.
    pub fn note(&self, part: usize, keys: &KeyList) {
        self.part(part).note(keys);
    }

    /// Takes note of rows that were counted elsewhere.
    pub fn count(&self, tally: Tally) {
        self.part(0).tally.add(tally);
    }

    /// Judges what is left, as of an instant.
    pub fn finish(self, as_of: Instant) -> Judgement {
        let Engine { world, parts } = self;
        let world = &world;
        let parts = parts.into_iter().map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
        let Ended { cases, sink, counters, spans, claims, tally } = Ended::of(parts.collect(), world, as_of);
        let downs = objective::Downs::from(spans);
        let objectives = objective::evaluate(world, &sink.samples, &counters, &downs, as_of);
        let consequences = money::consequences(world, &objectives, &sink.outcomes, &claims, as_of);
        let measured = objective::measured(world, &sink.samples, &counters, &downs, as_of);
        Judgement {
            outcomes: sink.outcomes,
            totals: sink.totals,
            reasons: sink.reasons,
            objectives,
            consequences,
            measured,
            stages: sink.funnels.stages(),
            notices: sink.notices,
            as_of,
            events: tally.events,
            cases,
            later: tally.later,
            outside: tally.outside,
        }
    }
}
