//! Plan and events to verdicts, objectives and notices: section 2 of the language.
//!
//! Events come in order of (time, file, row); the engine knows no file, no format and no clock on the wall. Each kind of
//! case keeps its fields, states and open instances (`case`); an instance keeps its own clock (`clock`); what is
//! decided becomes an [`Outcome`], and `objective` sums outcomes and counted events up by period.

mod asleep;
mod case;
mod cases;
mod clock;
mod counter;
mod course;
mod exclusion;
mod facts;
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
mod plain;
mod promise;
mod recurring;
mod rule;
mod score;
mod sink;
mod span;
mod state;
mod target;
mod track;
mod truth;
mod world;

pub use funnel::StageRecord;
pub use kept::Outcomes;
pub use money::{Capped, Cause, Consequences, Credit, Owed, Right};
pub use notices::Notices;
pub use objective::{Group, MeasuredRecord, ObjectiveRecord, ObjectiveVerdict, Pace};
pub use outcome::{Evidence, Missing, NoticeKind, NoticeRecord, Outcome, Reason, Verdict};
pub use state::NotTakenUp;

use crate::event::{Event, Events, KeyList, Texts};
use crate::id::{AgreementId, EventId, StateId, Table};
use crate::plan::Plan;
use crate::time::Instant;
use case::Reach;
use cases::{AHEAD, Cases, Place, Seat};
use counter::Counters;
use exclusion::Exclusions;
use facts::Facts;
use funnel::Funnels;
use recurring::Recurring;
use sink::Sink;
use span::Spans;
use std::collections::BTreeMap;
use truth::{Moment, Truth};
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
        if event.time <= as_of {
            engine.event(event);
        } else {
            engine.tally.later += 1;
        }
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

/// Judges events one after another, in order of time, file and row.
pub struct Engine<'p> {
    world: World<'p>,
    cases: Cases,
    recurring: Vec<Recurring>,
    counters: Counters,
    exclusions: Exclusions,
    spans: Spans,
    /// When each agreement's claims were made.
    claims: Table<AgreementId, Vec<Instant>>,
    sink: Sink,
    /// Cases of which instances ended at the latest instant.
    closing: Vec<usize>,
    now: Instant,
    /// The states that the row at hand entered and left.
    entered: Vec<StateId>,
    left: Vec<StateId>,
    tally: Tally,
}

/// What a row makes happen to a case.
#[derive(Clone, Copy, Default)]
struct Happening<'a> {
    event: Option<EventId>,
    entered: &'a [StateId],
    left: &'a [StateId],
}

impl<'p> Engine<'p> {
    /// An engine that has seen nothing. Instances of these verdicts are kept for a report; breached and pending ones always are.
    pub fn new(plan: &'p Plan, texts: &'p Texts, keep: &[Verdict]) -> Engine<'p> {
        let world = World::new(plan, texts);
        let mut recurring = Vec::new();
        for (i, track) in plan.tracks.iter().enumerate() {
            if !plan.obligations[track.0[0]].follows_a_case() {
                recurring.push(Recurring::new(&world, i, track));
            }
        }
        let (sink, exclusions) = (Sink::new(plan, keep), Exclusions::new(&world));
        Engine {
            world,
            cases: Cases::new(plan),
            recurring,
            counters: Counters::new(plan),
            exclusions,
            spans: Spans::new(plan),
            claims: plan.agreements.iter().map(|_| Vec::new()).collect(),
            sink,
            closing: Vec::new(),
            now: Instant::FIRST,
            entered: Vec::new(),
            left: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Takes an event, which may not lie before the one that it took last.
    pub fn event(&mut self, event: Event<'_>) {
        if event.event.is_some() {
            self.tally.events += 1;
            let in_term = self.world.agreements.iter().any(|a| a.from <= event.time && event.time < a.to);
            self.tally.outside += u64::from(!in_term);
        }
        self.judge(&event, event.case.map_or_else(Place::default, |(kind, key)| Place::unseen(kind, key)));
    }

    /// Takes events whose rows were counted before, in their order.
    pub fn judge_all(&mut self, events: &Events) {
        let mut places = [Place::default(); AHEAD];
        for from in (0..events.len()).step_by(AHEAD) {
            let block = from..events.len().min(from + AHEAD);
            self.cases.look_ahead(events.hashes(block.clone()), &mut places);
            for (at, place) in block.zip(&places) {
                self.judge(&events.get(at), *place);
            }
        }
    }

    /// Judges an event; its case was seen at a place, if anywhere.
    fn judge(&mut self, event: &Event<'_>, place: Place) {
        if self.now < event.time {
            if !self.closing.is_empty() {
                self.close_instant();
            }
            self.now = event.time;
        }
        let Engine { world, cases, recurring, counters, exclusions, spans, claims, sink, closing, entered, left, .. } = self;
        if !world.exclusions.is_empty() {
            exclusions.advance(world, event.time);
        }
        let Some((kind, key)) = event.case else {
            let happening = Happening { event: event.event, ..Happening::default() };
            counters.count(world, None, happening, event);
            note_claims(world, None, event, claims);
            recurring.iter_mut().for_each(|r| r.event(world, exclusions, None, happening, event, sink));
            return;
        };
        let known = cases.known(place, kind, key).map(|slot| Seat { slot, is_new: false });
        let Some(Seat { slot, is_new }) = known.or_else(|| cases.open(world, kind, key, place.hash, exclusions)) else { return };
        let case = cases.at(slot);
        let of_kind = &world.kinds[kind];
        let effect = of_kind.effect(event.event);
        if is_new && let Some(begins) = &effect.begins {
            if case.begin(world, of_kind, begins, event, sink) {
                closing.push(slot);
            }
            return;
        }
        let reach = case.reach(world, of_kind, effect, event);
        if reach == Reach::Acting
            && !world.watches
            && let Some(ends) = effect.ends
            && let Some(ended) = case.end_plain(world, of_kind, ends, event, sink)
        {
            if ended {
                closing.push(slot);
            }
            return;
        }
        entered.clear();
        left.clear();
        if reach == Reach::All {
            case.elapse(world, exclusions, event.time, false, sink);
            case.facts.update(world, effect, event, entered, left);
        }
        let happening = Happening { event: event.event, entered, left };
        if reach == Reach::All && case.facts.has_more() {
            case.facts.states_changed(world, happening, event, exclusions, spans);
        }
        if world.watches {
            counters.count(world, Some(&case.facts), happening, event);
            note_claims(world, Some(&case.facts), event, claims);
            recurring.iter_mut().for_each(|r| r.event(world, exclusions, Some(&case.facts), happening, event, sink));
        }
        if case.judge(world, effect, reach, happening, event, sink) {
            closing.push(slot);
        }
    }

    /// Takes note of cases a row of which changes nothing.
    pub fn note(&mut self, keys: &KeyList) {
        self.cases.note(keys);
    }

    /// Takes note of rows that were counted elsewhere.
    pub fn count(&mut self, tally: Tally) {
        self.tally.events += tally.events;
        self.tally.outside += tally.outside;
        self.tally.later += tally.later;
    }

    /// The latest instant is over: what ended at it is read, and cases of which nothing more can be said are forgotten.
    fn close_instant(&mut self) {
        let Engine { world, cases, sink, closing, .. } = self;
        for slot in closing.drain(..) {
            let case = cases.at(slot);
            case.close_instant(world, sink);
            if case.is_spent(world) {
                cases.forget(slot);
            }
        }
    }

    /// Judges what is left, as of an instant.
    pub fn finish(mut self, as_of: Instant) -> Judgement {
        self.close_instant();
        let Engine { world, cases, mut recurring, counters, mut exclusions, mut spans, claims, mut sink, tally, .. } = self;
        let world = &world;
        exclusions.advance(world, as_of);
        let seen = cases.len();
        let mut funnels = Funnels::new(world);
        for mut case in cases.into_live() {
            case.elapse(world, &exclusions, as_of, true, &mut sink);
            funnels.take(&case.facts);
            case.finish(world, as_of, &mut spans, &mut sink);
        }
        for duty in &mut recurring {
            duty.finish(world, &exclusions, as_of, &mut sink);
        }
        sink.sort(world.texts);
        let objectives = objective::evaluate(world, &sink.samples, &counters, &spans, as_of);
        let consequences = money::consequences(world, &objectives, &sink.outcomes, &claims, as_of);
        let measured = objective::measured(world, &sink.samples, &counters, &spans, as_of);
        Judgement {
            outcomes: sink.outcomes,
            totals: sink.totals,
            reasons: sink.reasons,
            objectives,
            consequences,
            measured,
            stages: funnels.stages(),
            notices: sink.notices,
            as_of,
            events: tally.events,
            cases: seen,
            later: tally.later,
            outside: tally.outside,
        }
    }
}

/// Keeps the instants at which credits are claimed.
fn note_claims(world: &World<'_>, case: Option<&Facts>, event: &Event<'_>, claims: &mut Table<AgreementId, Vec<Instant>>) {
    if !world.has_claims {
        return;
    }
    for (id, agreement) in world.plan.agreements.enumerate() {
        if let Some((on, condition)) = agreement.claim.as_ref().and_then(|c| c.on.as_ref())
            && event.event == Some(*on)
        {
            let moment = Moment { world, case, own: event.own, time: event.time, start: None };
            if moment.allows(condition.as_ref()) == Truth::True {
                claims[id].push(event.time);
            }
        }
    }
}
