//! What does not change while a log is judged: the plan with its calendars laid out.

use crate::engine::classes::{Classes, Fulfils};
use crate::engine::counter::Counting;
use crate::engine::course::Promised;
use crate::engine::deferral::Deferral;
use crate::engine::facts::Facts;
use crate::engine::fields::bits;
use crate::engine::live::End;
use crate::engine::matcher::{is_by_event, is_stateless};
use crate::engine::plain::{self, Written};
use crate::engine::promise::{Act, Promise, Role, Roles};
use crate::engine::tiers::Tiers;
use crate::engine::watchers;
use crate::event::Texts;
use crate::id::{AgreementId, CalendarId, CaseId, ClassId, EventId, FieldId, ObligationId, Table};
use crate::model::{Owner, Trigger, Waiver};
use crate::plan::{
    Case, Duty, Exclusion, Field, Interest, Obligation, Pattern, Plan, ScoreBy, Start, StateWhen, Track, asks_for_tier, fields_of,
};
use crate::time::{Calendar, Horizon, Instant, Zone};
use chrono::Datelike;

/// The plan, ready to be asked.
pub(super) struct World<'p> {
    pub(super) plan: &'p Plan,
    pub(super) texts: &'p Texts,
    pub(super) calendars: Table<CalendarId, Calendar>,
    pub(super) agreements: Table<AgreementId, Term>,
    /// The states that agreements exclude.
    pub(super) exclusions: Vec<&'p Exclusion>,
    /// Of which agreement each is.
    pub(super) exclusion_of: Vec<AgreementId>,
    /// The spans of the plan that are about each kind of case.
    pub(super) spans: Table<CaseId, Vec<usize>>,
    pub(super) classes: Classes,
    pub(super) kinds: Table<CaseId, Kind>,
    pub(super) promises: Table<ObligationId, Promise<'p>>,
    /// Where the value of each field is found.
    pub(super) places: Table<FieldId, Place>,
    /// Some event claims credits.
    pub(super) has_claims: bool,
    /// Something else than promises looks at the cases of events: counters, claims, or duties of each period.
    pub(super) watches: bool,
    /// The events that do something then.
    pub(super) watched: Table<EventId, bool>,
    pub(super) counting: Counting,
}

/// Where the value of a field is found: in this slot of this kind of case, or with the event itself.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) kind: Option<CaseId>,
    pub(super) slot: u16,
}

/// What a row can do to a kind of case.
pub(super) struct Kind {
    /// What is promised to such cases.
    pub(super) promises: Vec<OfKind>,
    /// What events of each class can do to a case.
    effects: Table<ClassId, Effect>,
    /// What a row can do that is no event.
    nothing: Effect,
    /// Its tiers, and what is asked for each.
    pub(super) tiers: Tiers,
    /// Every row may change it: a state, tier or score asks what time it is.
    pub(super) every_row: bool,
    /// What each of its states may change by.
    pub(super) watches: Vec<Watches>,
    /// Some state of it holds by its fields.
    pub(super) has_conditions: bool,
    pub(super) has_scores: bool,
    /// Its stages that are not reached with events alone.
    pub(super) other_stages: Vec<usize>,
    /// When all that it was promised is decided, no later row matters: its cases are forgotten then.
    pub(super) forgets: bool,
    /// How its cases are judged late, if they may be.
    pub(super) deferral: Option<Deferral>,
}

/// A promise to cases of a kind.
pub(super) struct OfKind {
    /// Its place in the plan.
    track: usize,
    /// What is written of it, if that is plain.
    pub(super) written: Option<Written>,
    /// What states can do to it.
    pub(super) by_states: Roles,
}

/// What an event can do to a case of some kind.
#[derive(Default)]
pub(super) struct Effect {
    /// Which of its promises it acts on.
    pub(super) acting: Vec<Act>,
    pub(super) moves: Moves,
    /// The stages that are reached with it, whatever the case is like.
    pub(super) stages: Vec<usize>,
    /// All that it does to promises is to end an instance of this one so, which is plain.
    pub(super) ends: Option<(usize, End)>,
    /// All that it does to a case of which nothing was seen before is to start these promises, if that is known.
    pub(super) begins: Option<Vec<Act>>,
}

/// What an event can do to the states, scores and stages of a case.
#[derive(Default)]
pub(super) struct Moves {
    /// It counts for one of them, whatever the case is like.
    pub(super) always: bool,
    /// The states that it ends if they are on, and those that it begins if they are off.
    pub(super) states: Vec<Move>,
}

/// What an event does to a state.
#[derive(Clone, Copy)]
pub(super) struct Move {
    /// Its slot.
    pub(super) slot: usize,
    /// Whether it has to be on: then the event ends it, else it begins it.
    pub(super) on: bool,
    /// Whatever else holds.
    pub(super) surely: bool,
}

/// What a state of a case may change by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Watches {
    /// Fields, by the bits of their slots: every row that changes one of them.
    Fields(u32),
    /// Every row.
    Rows,
    /// Events.
    Events,
    /// Events, and states that are entered or left.
    States,
}

impl Watches {
    fn of(plan: &Plan, case: &Case, when: &StateWhen, every_row: bool) -> Watches {
        let (from, to) = match when {
            StateWhen::Between(from, to) => (from, to),
            // A score is a field that changes by itself, and a tier may be one of a score.
            StateWhen::Holds(_) if every_row || !case.scores.is_empty() => return Watches::Rows,
            StateWhen::Holds(condition) if asks_for_tier(condition) => return Watches::Rows,
            StateWhen::Holds(condition) => return Watches::Fields(bits(plan, fields_of(plan, condition))),
        };
        let by_event = |pattern: &Pattern| pattern.any.iter().flatten().all(|atom| matches!(atom.on, Trigger::Event(_)));
        if by_event(from) && by_event(to) { Watches::Events } else { Watches::States }
    }
}

impl Effect {
    /// The promises that it starts in a case of which nothing was seen before, if it does no more than that.
    fn first_starts(&self) -> Option<Vec<Act>> {
        let enters_states = self.moves.always || self.moves.states.iter().any(|state| !state.on);
        let starts = || self.acting.iter().filter(|act| act.roles.may(Role::Start));
        let surely = starts().all(|act| act.roles.surely(Role::Start));
        (!enters_states && surely).then(|| starts().copied().collect())
    }
}

impl Moves {
    pub(super) fn is_nothing(&self) -> bool {
        !self.always && self.states.is_empty()
    }

    /// Whether it counts for a state.
    pub(super) fn reach(&self, slot: usize) -> bool {
        self.states.iter().any(|state| state.slot == slot)
    }

    /// Whether it ends a state that is on, or begins one that is off, as far as events do that.
    pub(super) fn fulfil(&self, slot: usize, on: bool) -> Fulfils {
        match self.states.iter().find(|state| (state.slot, state.on) == (slot, on)) {
            None => Fulfils::Never,
            Some(state) if state.surely => Fulfils::Surely,
            Some(_) => Fulfils::Perhaps,
        }
    }
}

impl Kind {
    /// What a row can do to a case.
    #[inline]
    pub(super) fn effect(&self, class: Option<ClassId>) -> &Effect {
        class.map_or(&self.nothing, |class| &self.effects[class])
    }

    /// One of its promises.
    #[inline]
    pub(super) fn promised<'w>(&'w self, world: &'w World<'w>, at: usize) -> Promised<'w> {
        let OfKind { track, written, .. } = &self.promises[at];
        Promised { world, track: *track, written: written.as_ref() }
    }

    fn new(
        plan: &Plan,
        classes: &Classes,
        (promises, calendars): (&Table<ObligationId, Promise<'_>>, &Table<CalendarId, Calendar>),
        id: CaseId,
        every_row: bool,
        spans: &[usize],
    ) -> Kind {
        let case = &plan.cases[id];
        let is_own = |track: &&(usize, &Track)| {
            let first = &plan.obligations[track.1.0[0]];
            first.case == Some(id) && first.follows_a_case()
        };
        let own: Vec<(usize, &Track)> = plan.tracks.iter().enumerate().filter(|t| is_own(&t)).collect();
        let promise = |(at, track): &(usize, &Track)| OfKind {
            track: *at,
            written: plain::written(plan, promises, *at, track),
            by_states: Roles::by_states(plan, track),
        };
        let of_kind: Vec<OfKind> = own.iter().map(promise).collect();
        let mut effects: Table<ClassId, Effect> = classes.ids().map(|_| Effect::default()).collect();
        for (at, (_, track)) in own.iter().enumerate() {
            for (class, roles) in Roles::by_class(plan, classes, track).enumerate().filter(|(_, roles)| !roles.is_none()) {
                effects[class].acting.push(Act::new(at, *roles));
            }
        }
        let scored = case.scores.iter().flat_map(|s| &s.rules).filter_map(|r| match &r.by {
            ScoreBy::On(pattern) => Some(pattern),
            ScoreBy::When(_) => None,
        });
        let (by_event, other_stages): (Vec<usize>, Vec<usize>) = (0..case.stages.len()).partition(|at| is_by_event(&case.stages[*at].on));
        let by_pattern = other_stages.iter().map(|at| &case.stages[*at].on);
        for (class, _) in scored.chain(by_pattern).flat_map(|pattern| classes.that_may(plan, pattern)) {
            effects[class].moves.always = true;
        }
        for at in by_event {
            classes.that_may(plan, &case.stages[at].on).for_each(|(class, _)| effects[class].stages.push(at));
        }
        for (slot, state) in case.states.iter().enumerate() {
            let StateWhen::Between(from, to) = &plan.states[*state].when else { continue };
            // What takes several events counts each of them.
            let counts = !is_stateless(from) || !is_stateless(to);
            for (pattern, on) in [(from, false), (to, true)] {
                for (class, fulfils) in classes.that_may(plan, pattern) {
                    let moves = &mut effects[class].moves;
                    moves.states.push(Move { slot, on, surely: fulfils == Fulfils::Surely });
                    moves.always |= counts;
                }
            }
        }
        let once =
            |id: &ObligationId| matches!(&plan.obligations[*id].duty, Duty::Clock(c) if matches!(c.start, Start::On { once: true, .. }));
        let all_once = own.iter().all(|(_, track)| track.0.iter().all(once));
        for effect in effects.iter_mut() {
            if let [Act { at, ends: Some(how), .. }] = effect.acting.as_slice()
                && of_kind[*at as usize].written.is_some()
            {
                effect.ends = Some((*at as usize, *how));
            }
        }
        let exclusions = || plan.agreements.iter().flat_map(|a| &a.exclusions);
        // Its rows, or its states, count for something else than its own promises and stages.
        let is_watched =
            watchers::look_at_cases(plan) || !spans.is_empty() || exclusions().any(|exclusion| plan.states[exclusion.state].case == id);
        let has_conditions = case.states.iter().any(|s| matches!(plan.states[*s].when, StateWhen::Holds(_)));
        // A first row may do more where fields and times change states, or something else is counted.
        let is_simple = !every_row && !has_conditions && !is_watched && case.scores.is_empty() && other_stages.is_empty();
        for effect in effects.iter_mut().filter(|_| is_simple) {
            effect.begins = effect.first_starts();
        }
        let forgets = all_once && !is_watched && case.stages.is_empty() && !own.is_empty();
        // Nothing else is counted than events, which are as soon as they come, and stages that are reached with them.
        let is_by_events = !every_row && !has_conditions && case.scores.is_empty() && other_stages.is_empty() && spans.is_empty();
        let may_defer = is_by_events && exclusions().next().is_none() && watchers::ask_for_no_states(plan);
        let deferral = if may_defer { Deferral::new(plan, id, (promises, calendars), &of_kind, &effects, forgets) } else { None };
        Kind {
            tiers: Tiers::new(plan, id),
            promises: of_kind,
            effects,
            nothing: Effect::default(),
            every_row,
            watches: case.states.iter().map(|s| Watches::of(plan, case, &plan.states[*s].when, every_row)).collect(),
            has_conditions,
            has_scores: !case.scores.is_empty(),
            other_stages,
            forgets,
            deferral,
        }
    }
}

/// When an agreement is in force.
pub(super) struct Term {
    pub(super) zone: Zone,
    /// First instant.
    pub(super) from: Instant,
    /// One past the last instant.
    pub(super) to: Instant,
}

impl<'p> World<'p> {
    pub(super) fn new(plan: &'p Plan, texts: &'p Texts) -> World<'p> {
        let zone = |name: &str| Zone::named(name).expect("the zones of a plan were checked");
        let agreements: Table<AgreementId, Term> = plan
            .agreements
            .iter()
            .map(|a| {
                let zone = zone(&a.zone);
                let (from, to) = a.term(&zone);
                Term { zone, from, to }
            })
            .collect();
        // Instances start inside of a term and mostly end soon after it; calendars go on by themselves where one does not.
        let first = plan.agreements.iter().map(|a| a.from.year()).min().unwrap_or(2000);
        let last = plan.agreements.iter().map(|a| a.to.unwrap_or(a.from).year()).max().unwrap_or(2000);
        let open_ended = plan.agreements.iter().any(|a| a.to.is_none());
        let horizon = Horizon { first: first - 1, last: last + if open_ended { 20 } else { 3 } };
        let calendars =
            plan.calendars.iter().map(|c| Calendar::new(&c.recipe, &zone(&c.zone), horizon).expect("the zones of a plan were checked"));
        let calendars: Table<CalendarId, Calendar> = calendars.collect();
        let all = || plan.agreements.enumerate().flat_map(|(id, a)| a.exclusions.iter().map(move |e| (id, e)));
        let exclusions = all().map(|(_, e)| e).collect();
        let exclusion_of = all().map(|(id, _)| id).collect();
        let about = |case: CaseId| plan.spans.iter().enumerate().filter(move |(_, s)| plan.states[s.state].case == case).map(|(i, _)| i);
        let spans: Table<CaseId, Vec<usize>> = plan.cases.ids().map(|case| about(case).collect()).collect();
        let interest = Interest::new(plan);
        let promises: Table<ObligationId, Promise<'_>> = plan.obligations.ids().map(|id| Promise::new(plan, id, &agreements)).collect();
        let classes = Classes::new(plan);
        let kind = |id: CaseId| Kind::new(plan, &classes, (&promises, &calendars), id, interest.every_row[id], &spans[id]);
        let kinds = plan.cases.ids().map(kind).collect();
        let place = |field: &Field| match field.owner {
            Owner::Case(kind) => Place { kind: Some(kind), slot: field.slot },
            Owner::Event(_) => Place { kind: None, slot: field.slot },
        };
        let places = plan.fields.iter().map(place).collect();
        let (watches, watched) = (watchers::look_at_cases(plan), watchers::watched(plan, &classes));
        let counting = Counting::new(plan);
        World {
            plan,
            texts,
            calendars,
            agreements,
            exclusions,
            exclusion_of,
            spans,
            classes,
            kinds,
            promises,
            places,
            has_claims: watchers::has_claims(plan),
            watches,
            watched,
            counting,
        }
    }

    /// Whether what happens to a case changes nothing that is said of another. What is only counted does not, for counts can be added; and
    /// a duty that has no case sees none where only events of the top level act on it.
    pub(super) fn cases_are_apart(&self) -> bool {
        let plan = self.plan;
        let sees_no_case = |track: &Track| {
            let by_event = Roles::by_event(plan, &self.classes, track);
            let mut acting = by_event.enumerate().filter(|(_, roles)| !roles.is_none());
            acting.all(|(event, _)| plan.events[event].case.is_none()) && Roles::by_states(plan, track).is_none()
        };
        let follows_a_case = |track: &Track| plan.obligations[track.0[0]].follows_a_case();
        self.exclusions.is_empty() && plan.tracks.iter().all(|track| follows_a_case(track) || sees_no_case(track))
    }

    /// Whether an obligation's time is excluded, by which of the exclusions are on.
    #[inline]
    pub(super) fn is_excluded(&self, obligation: ObligationId, on: &[bool]) -> bool {
        let agreement = self.promises[obligation].agreement;
        on.iter().zip(&self.exclusion_of).any(|(on, of)| *on && *of == agreement)
    }

    #[inline]
    pub(super) fn obligation(&self, id: ObligationId) -> &'p Obligation {
        self.promises[id].obligation
    }

    /// Whether a promise of a case does not count where it is due at this instant.
    #[inline]
    pub(super) fn is_waived(&self, obligation: ObligationId, case: Option<&Facts>, due: Option<Instant>) -> bool {
        let waivers = &self.plan.agreements[self.promises[obligation].agreement].waivers;
        let (false, Some(case), Some(due)) = (waivers.is_empty(), case, due) else { return false };
        let date = self.term(obligation).zone.date(due);
        let is_meant = |w: &&Waiver| w.obligation == obligation && w.case == case.kind && *w.key == *case.key.text();
        waivers.iter().filter(is_meant).any(|w| (w.from..=w.until).contains(&date))
    }

    #[inline]
    pub(super) fn term(&self, id: ObligationId) -> &Term {
        &self.agreements[self.promises[id].agreement]
    }

    /// The version of an obligation that is in force at an instant.
    #[inline]
    pub(super) fn in_force(&self, versions: &[ObligationId], t: Instant) -> Option<ObligationId> {
        versions.iter().copied().find(|id| {
            let (from, to) = self.promises[*id].term;
            from <= t && t < to
        })
    }
}
