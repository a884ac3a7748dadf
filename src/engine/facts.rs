//! What is known of a case: its fields, its states, and when events happened to it last.

use crate::engine::Happening;
use crate::engine::classes::Fulfils;
use crate::engine::exclusion::{Change, Exclusions};
use crate::engine::fields::Fields;
use crate::engine::funnel::Funnels;
use crate::engine::matcher::{Hit, Matcher, is_stateless};
use crate::engine::outcome::Evidence;
use crate::engine::rest::{Rest, is_own};
use crate::engine::span::Spans;
use crate::engine::state_run::StateRun;
use crate::engine::truth::{Moment, Tiered, Truth};
use crate::engine::world::{Effect, Moves, Watches, World};
use crate::event::{Changes, Event, Key, KeyRef, Short, Value, packed, prefetch};
use crate::id::{AgreementId, CaseId, EventId, Id, StateId};
use crate::plan::{Condition, Exclusion, Pattern, StateWhen};
use crate::time::{Duration, Instant, Zone};
use smallvec::SmallVec;
use std::cell::Cell;

/// A case as its rows have left it, but for what it is promised.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) kind: CaseId,
    pub(super) key: Key<Box<str>>,
    /// Until when they hold.
    pub(super) time: Instant,
    pub(super) fields: Fields,
    /// What they make its tier, once that was found out.
    pub(super) tier: Cell<Option<Tiered>>,
    states: SmallVec<[StateRun; 1]>,
    /// When events that some condition asks for happened last.
    last: Box<[Option<Instant>]>,
    /// What few kinds of case have.
    rest: Option<Box<Rest>>,
}

impl Facts {
    pub(super) fn new(world: &World<'_>, kind: CaseId, key: KeyRef<'_>, exclusions: &Exclusions) -> Facts {
        let plan = &world.plan.cases[kind];
        let states = plan.states.iter().map(|s| match &world.plan.states[*s].when {
            StateWhen::Between(from, to) if !is_stateless(from) || !is_stateless(to) => {
                StateRun { matchers: Some(Box::new((Matcher::new(from), Matcher::new(to)))), ..StateRun::default() }
            }
            StateWhen::Between(..) | StateWhen::Holds(_) => StateRun::default(),
        });
        Facts {
            kind,
            key: key.to_kept(),
            time: Instant::FIRST,
            fields: Fields::unknown(plan.fields.len()),
            tier: Cell::default(),
            states: states.collect(),
            last: vec![None; plan.since.len()].into(),
            rest: Rest::of(world, kind, exclusions),
        }
    }

    /// Makes another case of the same kind of them; false where they are of another kind.
    #[inline]
    pub(super) fn begin_anew(&mut self, world: &World<'_>, kind: CaseId, key: KeyRef<'_>, exclusions: &Exclusions) -> bool {
        if self.kind != kind {
            return false;
        }
        if let Some(rest) = &mut self.rest {
            rest.begin_anew(world, kind, exclusions);
        }
        self.key = key.to_kept();
        self.time = Instant::FIRST;
        self.fields.forget(self.fields.all().len());
        self.tier = Cell::default();
        self.last.fill(None);
        for run in &mut self.states {
            (run.on, run.since, run.total) = (false, Instant::default(), Duration::ZERO);
            if let Some(matchers) = &mut run.matchers {
                matchers.0.clear();
                matchers.1.clear();
            }
        }
        true
    }

    /// The states that are known of it, by slot.
    pub(super) fn take_states(&mut self, runs: &[StateRun]) {
        for (state, StateRun { on, since, total, .. }) in self.states.iter_mut().zip(runs) {
            (state.on, state.since, state.total) = (*on, *since, *total);
        }
    }

    /// When the case had reached each of its stages.
    pub(super) fn take_stages(&mut self, all: &[Option<Instant>]) {
        let stages = self.rest.iter_mut().flat_map(|rest| &mut rest.stages);
        stages.zip(all).for_each(|((_, reached), known)| *reached = *known);
    }

    /// They stand for a case that has none: with its key, which is lent, and its fields.
    #[inline]
    pub(super) fn stand_for(&mut self, key: &mut Key<Box<str>>, fields: &Fields) {
        std::mem::swap(&mut self.key, key);
        self.fields.copy(fields);
        self.tier = Cell::default();
    }

    /// They no longer do: the key is given back.
    #[inline]
    pub(super) fn stand_back(&mut self, key: &mut Key<Box<str>>) {
        std::mem::swap(&mut self.key, key);
    }

    /// Packs them, their kind and their key first.
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        let Facts { kind, key, time, fields, tier: _, states, last, rest } = self;
        packed::put_id(out, *kind);
        packed::put_bytes(out, key.bytes());
        packed::put_time(out, *time);
        fields.pack(out);
        packed::put_list(out, states, |out, state| state.pack(out));
        packed::put_list(out, last, |out, t| packed::put_before(out, *t, *time));
        out.push(rest.is_some().into());
        rest.iter().for_each(|rest| rest.pack(out, *time));
    }

    /// The memory of those of a case, of which kind it will be as of any.
    pub(super) fn vacant() -> Facts {
        Facts {
            kind: CaseId::from_index(0),
            key: Key::Short(Short::EMPTY),
            time: Instant::FIRST,
            fields: Fields::default(),
            tier: Cell::default(),
            states: SmallVec::new(),
            last: Box::default(),
            rest: None,
        }
    }

    /// In the memory of others; nothing where the bytes are none, or end first.
    pub(super) fn unpack(&mut self, from: &mut &[u8]) -> Option<()> {
        let Facts { kind, key, time, fields, tier, states, last, rest } = self;
        (*kind, *key) = (packed::take_id(from)?, KeyRef::of(packed::take_bytes(from)?)?.to_kept());
        (*time, *tier) = (packed::take_time(from)?, Cell::default());
        fields.unpack(from)?;
        packed::take_list_into(from, states, StateRun::unpack)?;
        *last = packed::take_list::<_, Vec<_>>(from, |from| packed::take_before(from, *time))?.into();
        *rest = if packed::take_flag(from)? { Some(Box::new(Rest::unpack(from, *time)?)) } else { None };
        Some(())
    }

    /// Asks for their memory.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch(&self.key);
        prefetch(&self.time);
        prefetch(&self.fields);
        prefetch(&self.rest);
    }

    pub(super) fn is_on(&self, world: &World<'_>, state: StateId) -> bool {
        let state = &world.plan.states[state];
        state.case == self.kind && self.is_on_at(state.slot)
    }

    /// Whether the state of its kind that has this slot is on.
    #[inline]
    pub(super) fn is_on_at(&self, slot: u16) -> bool {
        self.states[usize::from(slot)].on
    }

    /// Which of the world's exclusions are on for it.
    pub(super) fn excluded(&self) -> &[bool] {
        self.rest.as_ref().map_or(&[], |rest| &rest.excluded)
    }

    /// Whether it has what few kinds of case have.
    #[inline]
    pub(super) fn has_more(&self) -> bool {
        self.rest.is_some()
    }

    /// Whether a state of it is on whose times are measured.
    #[inline]
    pub(super) fn is_measured(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.measured.iter().any(Option::is_some))
    }

    /// Whether any of its states was ever on.
    #[inline]
    pub(super) fn had_states(&self) -> bool {
        self.states.iter().any(|run| run.on || run.total > Duration::ZERO)
    }

    /// How long each of its states was on until an instant, in the order of the plan; nothing where none ever was.
    pub(super) fn time_in_states(&self, t: Instant, times: &mut impl Extend<Duration>) {
        let until = |run: &StateRun| if run.on { run.total.plus(t.since(run.since).max(Duration::ZERO)) } else { run.total };
        if self.had_states() {
            times.extend(self.states.iter().map(until));
        }
    }

    /// When an event last happened to the case, before the one that is being judged.
    pub(super) fn last_of(&self, world: &World<'_>, event: EventId) -> Option<Instant> {
        let at = world.plan.cases[self.kind].since.iter().position(|e| *e == event)?;
        self.last[at]
    }

    /// Whether an event can change its states, scores or stages as they are now.
    #[inline]
    pub(super) fn could_move(&self, moves: &Moves) -> bool {
        moves.always || moves.states.iter().any(|state| self.states[state.slot].on == state.on)
    }

    /// Whether none of its rows was taken yet.
    #[inline]
    pub(super) fn is_new(&self) -> bool {
        self.time == Instant::FIRST
    }

    /// Whether a row's fields are others than those that are known.
    #[inline]
    pub(super) fn would_change(&self, world: &World<'_>, fields: &Changes) -> bool {
        self.fields.would_change(world, self.kind, fields)
    }

    /// What changed of the excluded time since the case's last event: by itself, or by other cases. Where nothing is open that
    /// this could stop, only how it stands now matters.
    pub(super) fn exclusions_until(&mut self, world: &World<'_>, exclusions: &Exclusions, t: Instant, has_open: bool) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        let Some(rest) = &mut self.rest else { return changes };
        for own in &mut rest.own {
            let exclusion = own.number;
            own.run.advance(world, exclusion, t, &mut |at, on| changes.push(Change { at, exclusion, on, evidence: None }));
        }
        if !has_open {
            for change in changes.drain(..) {
                rest.excluded[change.exclusion] = change.on;
            }
            rest.take_exclusions(world, self.kind, exclusions);
            return changes;
        }
        let others = exclusions.changes[rest.taken..].iter().filter(|c| !is_own(world, c.exclusion, self.kind));
        changes.extend(others.cloned());
        rest.taken = exclusions.changes.len();
        changes.sort_by_key(|c| c.at);
        changes
    }

    /// Whether all is known that was excluded until now, and the case excludes nothing itself.
    #[inline]
    pub(super) fn has_taken(&self, exclusions: &Exclusions) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.has_taken(exclusions))
    }

    /// An exclusion goes on or off.
    pub(super) fn exclude(&mut self, change: &Change) {
        if let Some(rest) = &mut self.rest {
            rest.excluded[change.exclusion] = change.on;
        }
    }

    /// Takes a row's fields: which of them were others, by the bits of their slots.
    #[inline]
    pub(super) fn take_fields(&mut self, world: &World<'_>, fields: &Changes) -> u32 {
        let changed = self.fields.take(world, self.kind, fields);
        if changed & world.kinds[self.kind].tiers.reads != 0 {
            self.tier = Cell::default();
        }
        changed
    }

    /// Takes a row's fields, then lets states leave and enter.
    #[inline]
    pub(super) fn update(
        &mut self,
        world: &World<'_>,
        effect: &Effect,
        event: &Event<'_>,
        moved: (&mut Vec<StateId>, &mut Vec<StateId>),
        funnels: &mut Funnels,
    ) {
        let changed = self.take_fields(world, event.fields);
        if self.rest.is_some() || !effect.moves.is_nothing() || world.kinds[self.kind].has_conditions {
            self.update_states(world, effect, (event, changed), moved, funnels);
        }
    }

    /// Lets states leave and enter, and scores and stages follow.
    fn update_states(
        &mut self,
        world: &World<'_>,
        effect: &Effect,
        (event, changed): (&Event<'_>, u32),
        (entered, left): (&mut Vec<StateId>, &mut Vec<StateId>),
        funnels: &mut Funnels,
    ) {
        let kind = &world.plan.cases[self.kind];
        if self.rest.is_some() {
            self.score(world, event, Happening { event: event.event, ..Happening::default() }, false);
        }
        // A state's own changes are seen by the states after it; what any of them sees of the event is the same.
        for (slot, id) in kind.states.iter().enumerate() {
            // Most rows hold nothing that a state waits for.
            let watches = world.kinds[self.kind].watches[slot];
            let may_change = match watches {
                Watches::Fields(fields) => changed & fields != 0,
                Watches::Rows => true,
                Watches::Events => effect.moves.reach(slot),
                Watches::States => effect.moves.reach(slot) || !entered.is_empty() || !left.is_empty(),
            };
            if !may_change {
                continue;
            }
            let was = self.states[slot].on;
            // How far its patterns have come is changed while the case is asked as it is.
            let mut matchers = self.states[slot].matchers.take();
            let moment = Moment { world, case: Some(self), own: event.own, time: event.time, start: None };
            let (on, again) = match &world.plan.states[*id].when {
                StateWhen::Holds(condition) => match moment.holds(condition) {
                    Truth::True => (true, false),
                    Truth::False => (false, false),
                    Truth::Unknown(_) => (was, false),
                },
                StateWhen::Between(from, to) => {
                    let (zone, happening) = (vocabulary_zone(world), Happening { event: event.event, entered, left });
                    let (mut one, mut other) = Default::default();
                    let (from_run, to_run) = match matchers.as_deref_mut() {
                        Some((from, to)) => (from, to),
                        None => (&mut one, &mut other),
                    };
                    // What the event alone tells is not asked again.
                    let fulfils = |run: &mut Matcher, pattern: &Pattern, on: bool| match effect.moves.fulfil(slot, on) {
                        Fulfils::Surely => true,
                        Fulfils::Never if watches == Watches::Events => false,
                        Fulfils::Never | Fulfils::Perhaps => run.step(pattern, happening, &moment, zone) == Hit::Yes,
                    };
                    let leaves = fulfils(to_run, to, true);
                    let enters = fulfils(from_run, from, false);
                    if leaves || enters {
                        to_run.clear();
                    }
                    if enters {
                        from_run.clear();
                    }
                    (enters || was && !leaves, was && leaves && enters)
                }
            };
            let run = &mut self.states[slot];
            run.matchers = matchers;
            run.turn(on, event.time);
            if was && (!on || again) {
                left.push(*id);
            }
            if on && (!was || again) {
                entered.push(*id);
            }
        }
        if self.rest.is_some() {
            let happening = Happening { event: event.event, entered, left };
            self.score(world, event, happening, true);
            self.match_stages(world, event, happening, funnels);
        }
    }

    /// Calculates the scores: before the states for what events and fields earn, after them for what states do.
    fn score(&mut self, world: &World<'_>, event: &Event<'_>, happening: Happening<'_>, after_states: bool) {
        let kind = &world.plan.cases[self.kind];
        let Some(rest) = self.rest.as_mut().filter(|_| !kind.scores.is_empty()) else { return };
        let mut scores = std::mem::take(&mut rest.scores);
        for (score, run) in kind.scores.iter().zip(&mut scores) {
            let moment = Moment { world, case: Some(self), own: event.own, time: event.time, start: None };
            let total = run.step(score, &moment, happening, vocabulary_zone(world), after_states);
            self.fields.set(score.slot, Value::number(total, world.texts));
        }
        self.tier = Cell::default();
        if let Some(rest) = &mut self.rest {
            rest.scores = scores;
        }
    }

    /// Takes note of the stages that the case reaches by more than an event alone.
    fn match_stages(&mut self, world: &World<'_>, event: &Event<'_>, happening: Happening<'_>, funnels: &mut Funnels) {
        for at in world.kinds[self.kind].other_stages.iter().copied() {
            let Some((matcher, None)) = self.rest.as_mut().map(|rest| &mut rest.stages[at]) else { continue };
            let mut matcher = std::mem::take(matcher);
            let moment = Moment { world, case: Some(self), own: event.own, time: event.time, start: None };
            let hit = matcher.step(&world.plan.cases[self.kind].stages[at].on, happening, &moment, vocabulary_zone(world));
            if let Some(rest) = &mut self.rest {
                rest.stages[at].0 = matcher;
            }
            if hit == Hit::Yes {
                self.reach(at, event.time, funnels);
            }
        }
    }

    /// The case reaches a stage, perhaps not for the first time.
    fn reach(&mut self, at: usize, now: Instant, funnels: &mut Funnels) {
        let Some(Rest { stages, .. }) = self.rest.as_deref_mut() else { return };
        if stages[at].1.is_none() {
            stages[at].1 = Some(now);
            funnels.reach(self.kind, at, now, |at| stages.get(at)?.1);
        }
    }

    /// What the states that an event left and entered do to excluded time and to times that are measured.
    pub(super) fn states_changed(
        &mut self,
        world: &World<'_>,
        happening: Happening<'_>,
        event: &Event<'_>,
        exclusions: &mut Exclusions,
        spans: &mut Spans,
    ) {
        let Some(mut rest) = self.rest.take() else { return };
        for exclusion in &mut rest.own {
            let Exclusion { state, during, .. } = world.exclusions[exclusion.number];
            let on = self.holds_now(world, event, *state, during.as_ref(), exclusion.on);
            if on != exclusion.on {
                exclusion.on = on;
                rest.excluded[exclusion.number] = exclusion.run.set(on);
                exclusions.count(exclusion.number, on, event.time, Evidence::of(event));
            }
        }
        for (i, number) in world.spans[self.kind].iter().enumerate() {
            let span = &world.plan.spans[*number];
            let on = self.holds_now(world, event, span.state, span.during.as_ref(), rest.measured[i].is_some());
            let again = happening.left.contains(&span.state) && happening.entered.contains(&span.state);
            if let Some(from) = rest.measured[i].filter(|_| !on || again) {
                spans.end(&Moment { world, case: Some(self), own: event.own, time: event.time, start: None }, *number, from);
                rest.measured[i] = None;
            }
            if on && rest.measured[i].is_none() {
                rest.measured[i] = Some(event.time);
            }
        }
        self.rest = Some(rest);
    }

    /// Whether a state is on and a condition holds; where that is unknown it stays as it was.
    fn holds_now(&self, world: &World<'_>, event: &Event<'_>, state: StateId, during: Option<&Condition>, was: bool) -> bool {
        let moment = Moment { world, case: Some(self), own: event.own, time: event.time, start: None };
        match moment.allows(during) {
            Truth::True => self.is_on(world, state),
            Truth::False => false,
            Truth::Unknown(_) => was && self.is_on(world, state),
        }
    }

    /// The event was taken: until when they hold, when it happened last, and the stages that are reached with it.
    #[inline]
    pub(super) fn note(&mut self, world: &World<'_>, event: &Event<'_>, stages: &[usize], funnels: &mut Funnels) {
        self.time = event.time;
        stages.iter().for_each(|at| self.reach(*at, event.time, funnels));
        if let Some(id) = event.event.filter(|_| !self.last.is_empty())
            && let Some(at) = world.plan.cases[self.kind].since.iter().position(|e| *e == id)
        {
            self.last[at] = Some(event.time);
        }
    }

    /// The states that are on whose times are measured go on until now.
    pub(super) fn finish(&self, moment: &Moment<'_>, spans: &mut Spans) {
        if let Some(rest) = &self.rest {
            for (from, number) in rest.measured.iter().zip(&moment.world.spans[self.kind]) {
                from.iter().for_each(|from| spans.end(moment, *number, *from));
            }
        }
    }
}

/// States belong to the vocabulary, not to one agreement: days in their patterns are those of the first.
fn vocabulary_zone<'w>(world: &'w World<'_>) -> &'w Zone {
    &world.agreements[AgreementId::from_index(0)].zone
}
