//! One case: its fields, its states, and its instances.

use crate::engine::exclusion::{Change, Exclusions, Run};
use crate::engine::matcher::{Hit, Matcher};
use crate::engine::outcome::Evidence;
use crate::engine::score::ScoreRun;
use crate::engine::span::Spans;
use crate::engine::track::TrackState;
use crate::engine::truth::{Moment, Truth};
use crate::engine::world::World;
use crate::engine::{Happening, Sink};
use crate::event::{Event, TextId, Value};
use crate::id::{CaseId, EventId, Id, StateId};
use crate::model::Owner;
use crate::plan::{Condition, Exclusion, StateWhen};
use crate::time::{Duration, Instant, Zone};

/// A case as its rows have left it.
pub(super) struct CaseState {
    pub(super) kind: CaseId,
    pub(super) key: TextId,
    /// By slot.
    pub(super) fields: Box<[Option<Value>]>,
    states: Vec<StateRun>,
    /// When events that some condition asks for happened last.
    last: Vec<Option<Instant>>,
    time: Instant,
    tracks: Vec<TrackState>,
    /// Its scores, as far as events have earned them.
    scores: Vec<ScoreRun>,
    /// When it first reached each stage.
    pub(super) stages: Vec<(Matcher, Option<Instant>)>,
    /// Which of the world's exclusions are on for it.
    pub(super) excluded: Vec<bool>,
    /// Those of its own kind of case.
    own: Vec<OwnExclusion>,
    /// How many of the changes that all cases made were taken.
    taken: usize,
    /// Since when the states are on whose times are measured, by the world's spans of its kind.
    measured: Vec<Option<Instant>>,
}

/// An exclusion that this case's own state makes.
struct OwnExclusion {
    number: usize,
    on: bool,
    run: Run,
}

/// A state of a case.
#[derive(Default)]
struct StateRun {
    on: bool,
    /// Since when, if it is on.
    since: Instant,
    /// How long it was on before that.
    total: Duration,
    from: Matcher,
    to: Matcher,
}

impl CaseState {
    pub(super) fn new(world: &World<'_>, key: (CaseId, TextId), tracks: &[usize], exclusions: &Exclusions) -> CaseState {
        let kind = &world.plan.cases[key.0];
        let states = kind.states.iter().map(|s| match &world.plan.states[*s].when {
            StateWhen::Between(from, to) => StateRun { from: Matcher::new(from), to: Matcher::new(to), ..StateRun::default() },
            StateWhen::Holds(_) => StateRun::default(),
        });
        CaseState {
            kind: key.0,
            key: key.1,
            fields: vec![None; kind.fields.len()].into(),
            states: states.collect(),
            last: vec![None; kind.since.len()],
            time: Instant::FIRST,
            tracks: tracks.iter().map(|t| TrackState::new(world, *t)).collect(),
            scores: kind.scores.iter().map(ScoreRun::new).collect(),
            stages: kind.stages.iter().map(|s| (Matcher::new(&s.on), None)).collect(),
            excluded: exclusions.now.iter().enumerate().map(|(i, on)| *on && !is_own(world, i, key.0)).collect(),
            own: (0..world.exclusions.len())
                .filter(|i| is_own(world, *i, key.0))
                .map(|number| OwnExclusion { number, on: false, run: Run::default() })
                .collect(),
            taken: exclusions.changes.len(),
            measured: vec![None; world.spans[key.0].len()],
        }
    }

    pub(super) fn is_on(&self, world: &World<'_>, state: StateId) -> bool {
        let state = &world.plan.states[state];
        state.case == self.kind && self.states[state.slot as usize].on
    }

    /// How long each of its states was on until an instant, in the order of the plan.
    pub(super) fn time_in_states(&self, t: Instant) -> Vec<Duration> {
        let until = |run: &StateRun| if run.on { run.total.plus(t.since(run.since).max(Duration::ZERO)) } else { run.total };
        self.states.iter().map(until).collect()
    }

    /// When an event last happened to the case, before the one that is being judged.
    pub(super) fn last_of(&self, world: &World<'_>, event: EventId) -> Option<Instant> {
        let at = world.plan.cases[self.kind].since.iter().position(|e| *e == event)?;
        self.last[at]
    }

    /// Time goes on to `t`: what fell due on the way is read from the case as it was.
    pub(super) fn elapse(&mut self, world: &World<'_>, exclusions: &Exclusions, t: Instant, to_the_end: bool, sink: &mut Sink) {
        for change in self.exclusions_until(world, exclusions, t) {
            self.pass(world, change.at, false, sink);
            self.excluded[change.exclusion] = change.on;
            let mut tracks = std::mem::take(&mut self.tracks);
            let moment = Moment { world, case: Some(self), own: &[], time: self.time, start: None };
            tracks.iter_mut().for_each(|track| track.exclude(&moment, &change));
            self.tracks = tracks;
        }
        self.pass(world, t, to_the_end, sink);
    }

    /// What changed of the excluded time since the case's last event: by itself, or by other cases.
    fn exclusions_until(&mut self, world: &World<'_>, exclusions: &Exclusions, t: Instant) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        for own in &mut self.own {
            let exclusion = own.number;
            own.run.advance(world, exclusion, t, &mut |at, on| changes.push(Change { at, exclusion, on, evidence: None }));
        }
        if !self.tracks.iter().any(TrackState::is_live) {
            // Nothing is open that the changes on the way could stop: only how it stands now matters.
            for (i, now) in exclusions.now.iter().enumerate().filter(|(i, _)| !is_own(world, *i, self.kind)) {
                self.excluded[i] = *now;
            }
            for change in changes.drain(..) {
                self.excluded[change.exclusion] = change.on;
            }
            self.taken = exclusions.changes.len();
            return changes;
        }
        let others = exclusions.changes[self.taken..].iter().filter(|c| !is_own(world, c.exclusion, self.kind));
        changes.extend(others.cloned());
        self.taken = exclusions.changes.len();
        changes.sort_by_key(|c| c.at);
        changes
    }

    fn pass(&mut self, world: &World<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
        if t <= self.time && !to_the_end {
            return;
        }
        let mut tracks = std::mem::take(&mut self.tracks);
        let moment = Moment { world, case: Some(self), own: &[], time: self.time, start: None };
        for track in &mut tracks {
            track.pass(&moment, t, to_the_end, sink);
        }
        self.tracks = tracks;
        self.time = t;
    }

    /// Takes a row's fields, then lets states leave and enter; gives the states that were entered and left.
    pub(super) fn update(&mut self, world: &World<'_>, event: &Event) -> (Vec<StateId>, Vec<StateId>) {
        for (field, value) in &event.fields {
            let field = &world.plan.fields[*field];
            if field.owner == Owner::Case(self.kind) {
                self.fields[field.slot as usize] = *value;
            }
        }
        let (mut entered, mut left) = (Vec::new(), Vec::new());
        let kind = &world.plan.cases[self.kind];
        self.score(world, event, Happening { event: event.event, ..Happening::default() }, false);
        // A state's own changes are seen by the states after it; what any of them sees of the event is the same.
        for (slot, id) in kind.states.iter().enumerate() {
            let mut run = std::mem::take(&mut self.states[slot]);
            self.states[slot].on = run.on;
            let moment = Moment { world, case: Some(self), own: &event.own, time: event.time, start: None };
            let happening = Happening { event: event.event, entered: &entered, left: &left };
            let was = run.on;
            let mut again = false;
            match &world.plan.states[*id].when {
                StateWhen::Holds(condition) => match moment.holds(condition) {
                    Truth::True => run.on = true,
                    Truth::False => run.on = false,
                    Truth::Unknown(_) => {}
                },
                StateWhen::Between(from, to) => {
                    let zone = vocabulary_zone(world);
                    let leaves = run.to.step(to, happening, &moment, zone) == Hit::Yes;
                    let enters = run.from.step(from, happening, &moment, zone) == Hit::Yes;
                    if leaves {
                        run.on = false;
                        run.to.clear();
                    }
                    if enters {
                        again = was && leaves;
                        run.on = true;
                        run.from.clear();
                        run.to.clear();
                    }
                }
            }
            if was && !run.on {
                run.total = run.total.plus(event.time.since(run.since));
            }
            if run.on && !was {
                run.since = event.time;
            }
            if was && (!run.on || again) {
                left.push(*id);
            }
            if run.on && (!was || again) {
                entered.push(*id);
            }
            self.states[slot] = run;
        }
        let happening = Happening { event: event.event, entered: &entered, left: &left };
        self.score(world, event, happening, true);
        self.reach(world, event, happening);
        (entered, left)
    }

    /// Calculates the scores: before the states for what events and fields earn, after them for what states do.
    fn score(&mut self, world: &World<'_>, event: &Event, happening: Happening<'_>, after_states: bool) {
        let kind = &world.plan.cases[self.kind];
        if kind.scores.is_empty() {
            return;
        }
        let mut scores = std::mem::take(&mut self.scores);
        for (score, run) in kind.scores.iter().zip(&mut scores) {
            let moment = Moment { world, case: Some(self), own: &event.own, time: event.time, start: None };
            let total = run.step(score, &moment, happening, vocabulary_zone(world), after_states);
            self.fields[score.slot as usize] = Some(Value::Number(total));
        }
        self.scores = scores;
    }

    /// Takes note of the stages that the case reaches for the first time.
    fn reach(&mut self, world: &World<'_>, event: &Event, happening: Happening<'_>) {
        let mut stages = std::mem::take(&mut self.stages);
        let moment = Moment { world, case: Some(self), own: &event.own, time: event.time, start: None };
        let written = &world.plan.cases[self.kind].stages;
        for (stage, (matcher, reached)) in written.iter().zip(&mut stages).filter(|(_, (_, reached))| reached.is_none()) {
            if matcher.step(&stage.on, happening, &moment, vocabulary_zone(world)) == Hit::Yes {
                *reached = Some(event.time);
            }
        }
        self.stages = stages;
    }

    /// What the states that an event left and entered do to excluded time and to times that are measured.
    pub(super) fn states_changed(
        &mut self,
        world: &World<'_>,
        happening: Happening<'_>,
        event: &Event,
        exclusions: &mut Exclusions,
        spans: &mut Spans,
    ) {
        let mut own = std::mem::take(&mut self.own);
        for exclusion in &mut own {
            let Exclusion { state, during, .. } = world.exclusions[exclusion.number];
            let on = self.holds_now(world, event, *state, during.as_ref(), exclusion.on);
            if on != exclusion.on {
                exclusion.on = on;
                self.excluded[exclusion.number] = exclusion.run.set(on);
                exclusions.count(exclusion.number, on, event.time, Evidence::of(event));
            }
        }
        self.own = own;
        for (i, number) in world.spans[self.kind].iter().enumerate() {
            let span = &world.plan.spans[*number];
            let on = self.holds_now(world, event, span.state, span.during.as_ref(), self.measured[i].is_some());
            let again = happening.left.contains(&span.state) && happening.entered.contains(&span.state);
            if let Some(from) = self.measured[i].filter(|_| !on || again) {
                spans.end(&Moment { world, case: Some(self), own: &event.own, time: event.time, start: None }, *number, from);
                self.measured[i] = None;
            }
            if on && self.measured[i].is_none() {
                self.measured[i] = Some(event.time);
            }
        }
    }

    /// Whether a state is on and a condition holds; where that is unknown it stays as it was.
    fn holds_now(&self, world: &World<'_>, event: &Event, state: StateId, during: Option<&Condition>, was: bool) -> bool {
        let moment = Moment { world, case: Some(self), own: &event.own, time: event.time, start: None };
        match moment.allows(during) {
            Truth::True => self.is_on(world, state),
            Truth::False => false,
            Truth::Unknown(_) => was && self.is_on(world, state),
        }
    }

    /// Lets every obligation take the event.
    pub(super) fn judge(&mut self, world: &World<'_>, happening: Happening<'_>, event: &Event, sink: &mut Sink) {
        let mut tracks = std::mem::take(&mut self.tracks);
        let moment = Moment { world, case: Some(self), own: &event.own, time: event.time, start: None };
        let tier = moment.tier();
        for track in &mut tracks {
            track.event(&moment, happening, event, tier, sink);
        }
        self.tracks = tracks;
        if let Some(id) = event.event
            && let Some(at) = world.plan.cases[self.kind].since.iter().position(|e| *e == id)
        {
            self.last[at] = Some(event.time);
        }
    }

    pub(super) fn finish(&mut self, world: &World<'_>, as_of: Instant, spans: &mut Spans, sink: &mut Sink) {
        let tracks = std::mem::take(&mut self.tracks);
        let moment = Moment { world, case: Some(self), own: &[], time: as_of, start: None };
        for (from, number) in self.measured.iter().zip(&world.spans[self.kind]) {
            from.iter().for_each(|from| spans.end(&moment, *number, *from));
        }
        for track in tracks {
            track.finish(&moment, as_of, sink);
        }
    }
}

/// Whether an exclusion is by a state of this kind of case.
fn is_own(world: &World<'_>, exclusion: usize, kind: CaseId) -> bool {
    world.plan.states[world.exclusions[exclusion].state].case == kind
}

/// States belong to the vocabulary, not to one agreement: days in their patterns are those of the first.
fn vocabulary_zone<'w>(world: &'w World<'_>) -> &'w Zone {
    &world.agreements[crate::id::AgreementId::from_index(0)].zone
}
