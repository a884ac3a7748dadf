//! Plan and events to verdicts, objectives and notices: section 2 of the language.
//!
//! Events come in order of (time, file, row); the engine knows no file, no format and no clock on the wall. Each kind of
//! case keeps its fields, states and open instances (`case`); an instance keeps its own clock (`clock`); what is
//! decided becomes an [`Outcome`], and `objective` sums outcomes and counted events up by period.

mod case;
mod clock;
mod counter;
mod exclusion;
mod funnel;
mod live;
mod matcher;
mod money;
mod objective;
mod outcome;
mod recurring;
mod rule;
mod score;
mod span;
mod target;
mod track;
mod truth;
mod world;

pub use funnel::StageRecord;
pub use money::{Capped, Cause, Consequences, Credit, Owed, Right};
pub use objective::{Group, MeasuredRecord, ObjectiveRecord, ObjectiveVerdict, Pace};
pub use outcome::{Evidence, Missing, NoticeKind, NoticeRecord, Outcome, Reason, Verdict};

use crate::event::{Event, Texts};
use crate::id::{AgreementId, CaseId, EventId, Table};
use crate::plan::{Duty, Plan, Start};
use crate::time::Instant;
use case::CaseState;
use counter::Counters;
use exclusion::Exclusions;
use recurring::Recurring;
use span::Spans;
use std::collections::HashMap;
use truth::{Moment, Truth};
use world::World;

/// What a plan says of a log.
#[derive(Debug)]
pub struct Judgement {
    /// Every instance, in the order of reports.
    pub outcomes: Vec<Outcome>,
    /// Every period of every objective, in the order of the text, the periods and the groups.
    pub objectives: Vec<ObjectiveRecord>,
    /// What missed periods cost and entitle to.
    pub consequences: Consequences,
    /// Named values that the log shows, where they were asked for.
    pub measured: Vec<MeasuredRecord>,
    /// The stages of each kind of case, in order.
    pub stages: Vec<StageRecord>,
    /// Warnings and escalations, in the order of their instances and times.
    pub notices: Vec<NoticeRecord>,
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

/// Judges a log that is in order. Events after `as_of` are not seen.
pub fn run(plan: &Plan, texts: &Texts, events: impl IntoIterator<Item = Event>, as_of: Instant) -> Judgement {
    let mut engine = Engine::new(plan, texts, as_of);
    for event in events {
        if event.time <= as_of {
            engine.event(&event);
        } else {
            engine.later += 1;
        }
    }
    engine.finish()
}

struct Engine<'p> {
    world: World<'p>,
    /// Which tracks each kind of case has.
    tracks: Table<CaseId, Vec<usize>>,
    cases: Vec<CaseState>,
    index: HashMap<(CaseId, crate::event::TextId), usize>,
    recurring: Vec<Recurring>,
    counters: Counters,
    exclusions: Exclusions,
    spans: Spans,
    /// When each agreement's claims were made.
    claims: Table<AgreementId, Vec<Instant>>,
    sink: Sink,
    events: u64,
    later: u64,
    outside: u64,
    as_of: Instant,
}

/// Where what is decided goes.
#[derive(Default)]
struct Sink {
    outcomes: Vec<Outcome>,
    notices: Vec<NoticeRecord>,
}

/// What a row makes happen to a case.
#[derive(Clone, Copy, Default)]
struct Happening<'a> {
    event: Option<EventId>,
    entered: &'a [crate::id::StateId],
    left: &'a [crate::id::StateId],
}

impl<'p> Engine<'p> {
    fn new(plan: &'p Plan, texts: &'p Texts, as_of: Instant) -> Engine<'p> {
        let world = World::new(plan, texts);
        let mut tracks: Table<CaseId, Vec<usize>> = plan.cases.iter().map(|_| Vec::new()).collect();
        let mut recurring = Vec::new();
        for (i, track) in plan.tracks.iter().enumerate() {
            let first = &plan.obligations[track.0[0]];
            match (&first.duty, first.case) {
                (Duty::Clock(clocked), _) if matches!(clocked.start, Start::Each { .. }) => {
                    recurring.push(Recurring::new(&world, i, track))
                }
                (_, Some(case)) => tracks[case].push(i),
                // A rule about events of the top level.
                (_, None) => recurring.push(Recurring::new(&world, i, track)),
            }
        }
        let counters = Counters::new(plan);
        let exclusions = Exclusions::new(&world);
        Engine {
            world,
            tracks,
            cases: Vec::new(),
            index: HashMap::new(),
            recurring,
            counters,
            exclusions,
            spans: Spans::new(plan),
            claims: plan.agreements.iter().map(|_| Vec::new()).collect(),
            sink: Sink::default(),
            events: 0,
            later: 0,
            outside: 0,
            as_of,
        }
    }

    fn event(&mut self, event: &Event) {
        if event.event.is_some() {
            self.events += 1;
            let in_term = self.world.agreements.iter().any(|a| a.from <= event.time && event.time < a.to);
            self.outside += u64::from(!in_term);
        }
        let Engine { world, tracks, cases, index, recurring, counters, exclusions, spans, claims, sink, .. } = self;
        exclusions.advance(world, event.time);
        let Some(key) = event.case else {
            let happening = Happening { event: event.event, ..Happening::default() };
            counters.count(world, None, happening, event);
            note_claims(world, None, event, claims);
            recurring.iter_mut().for_each(|r| r.event(world, exclusions, None, happening, event, sink));
            return;
        };
        let at = *index.entry(key).or_insert_with(|| {
            cases.push(CaseState::new(world, key, &tracks[key.0], exclusions));
            cases.len() - 1
        });
        let case = &mut cases[at];
        case.elapse(world, exclusions, event.time, false, sink);
        let (entered, left) = case.update(world, event);
        let happening = Happening { event: event.event, entered: &entered, left: &left };
        case.states_changed(world, happening, event, exclusions, spans);
        counters.count(world, Some(case), happening, event);
        note_claims(world, Some(case), event, claims);
        recurring.iter_mut().for_each(|r| r.event(world, exclusions, Some(case), happening, event, sink));
        case.judge(world, happening, event, sink);
    }

    fn finish(mut self) -> Judgement {
        let Engine { world, cases, recurring, counters, exclusions, spans, claims, sink, as_of, .. } = &mut self;
        exclusions.advance(world, *as_of);
        for case in cases.iter_mut() {
            case.elapse(world, exclusions, *as_of, true, sink);
            case.finish(world, *as_of, spans, sink);
        }
        for duty in recurring.iter_mut() {
            duty.finish(world, exclusions, *as_of, sink);
        }
        let mut sink = std::mem::take(sink);
        let texts = world.texts;
        let key = |o: &Outcome| (o.track, o.start);
        let case = |o: &Outcome| o.case.map(|c| texts.text(c.1));
        sink.outcomes.sort_by(|a, b| {
            key(a)
                .cmp(&key(b))
                .then_with(|| case(a).cmp(&case(b)))
                .then_with(|| a.group_text(texts).cmp(&b.group_text(texts)))
                .then(a.seq.cmp(&b.seq))
        });
        sink.notices.sort_by(|a, b| {
            let case = |n: &NoticeRecord| n.case.map(|c| texts.text(c.1));
            (a.track, a.start)
                .cmp(&(b.track, b.start))
                .then_with(|| case(a).cmp(&case(b)))
                .then((a.seq, a.at, a.position).cmp(&(b.seq, b.at, b.position)))
        });
        let objectives = objective::evaluate(world, &sink.outcomes, counters, spans, *as_of);
        let consequences = money::consequences(world, &objectives, &sink.outcomes, claims, *as_of);
        let measured = objective::measured(world, &sink.outcomes, counters, spans, *as_of);
        let stages = funnel::stages(world, cases);
        let cases = cases.len() as u64;
        Judgement {
            outcomes: sink.outcomes,
            objectives,
            consequences,
            measured,
            stages,
            notices: sink.notices,
            as_of: *as_of,
            events: self.events,
            cases,
            later: self.later,
            outside: self.outside,
        }
    }
}

/// Keeps the instants at which credits are claimed.
fn note_claims(world: &World<'_>, case: Option<&CaseState>, event: &Event, claims: &mut Table<AgreementId, Vec<Instant>>) {
    for (id, agreement) in world.plan.agreements.enumerate() {
        if let Some((on, condition)) = agreement.claim.as_ref().and_then(|c| c.on.as_ref())
            && event.event == Some(*on)
        {
            let moment = Moment { world, case, own: &event.own, time: event.time, start: None };
            if moment.allows(condition.as_ref()) == Truth::True {
                claims[id].push(event.time);
            }
        }
    }
}
