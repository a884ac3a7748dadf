//! One case: its fields, its states, and its instances.

use crate::engine::matcher::{Hit, Matcher};
use crate::engine::track::TrackState;
use crate::engine::truth::{Moment, Truth};
use crate::engine::world::World;
use crate::engine::{Happening, Sink};
use crate::event::{Event, TextId, Value};
use crate::id::{CaseId, EventId, Id, StateId};
use crate::model::Owner;
use crate::plan::StateWhen;
use crate::time::{Instant, Zone};

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
}

/// A state of a case.
struct StateRun {
    on: bool,
    from: Matcher,
    to: Matcher,
}

impl CaseState {
    pub(super) fn new(world: &World<'_>, key: (CaseId, TextId), tracks: &[usize]) -> CaseState {
        let kind = &world.plan.cases[key.0];
        let states = kind.states.iter().map(|s| match &world.plan.states[*s].when {
            StateWhen::Between(from, to) => StateRun { on: false, from: Matcher::new(from), to: Matcher::new(to) },
            StateWhen::Holds(_) => StateRun { on: false, from: Matcher::default(), to: Matcher::default() },
        });
        CaseState {
            kind: key.0,
            key: key.1,
            fields: vec![None; kind.fields.len()].into(),
            states: states.collect(),
            last: vec![None; kind.since.len()],
            time: Instant::FIRST,
            tracks: tracks.iter().map(|t| TrackState::new(world, *t)).collect(),
        }
    }

    pub(super) fn is_on(&self, world: &World<'_>, state: StateId) -> bool {
        let state = &world.plan.states[state];
        state.case == self.kind && self.states[state.slot as usize].on
    }

    /// When an event last happened to the case, before the one that is being judged.
    pub(super) fn last_of(&self, world: &World<'_>, event: EventId) -> Option<Instant> {
        let at = world.plan.cases[self.kind].since.iter().position(|e| *e == event)?;
        self.last[at]
    }

    /// Time goes on to `t`: what fell due on the way is read from the case as it was.
    pub(super) fn elapse(&mut self, world: &World<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
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
        // A state's own changes are seen by the states after it; what any of them sees of the event is the same.
        for (slot, id) in kind.states.iter().enumerate() {
            let mut run =
                std::mem::replace(&mut self.states[slot], StateRun { on: false, from: Matcher::default(), to: Matcher::default() });
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
            if was && (!run.on || again) {
                left.push(*id);
            }
            if run.on && (!was || again) {
                entered.push(*id);
            }
            self.states[slot] = run;
        }
        (entered, left)
    }

    /// Lets every obligation take the event.
    pub(super) fn judge(&mut self, world: &World<'_>, happening: Happening<'_>, event: &Event, sink: &mut Sink) {
        let mut tracks = std::mem::take(&mut self.tracks);
        let moment = Moment { world, case: Some(self), own: &event.own, time: event.time, start: None };
        for track in &mut tracks {
            track.event(&moment, happening, event, sink);
        }
        self.tracks = tracks;
        if let Some(id) = event.event
            && let Some(at) = world.plan.cases[self.kind].since.iter().position(|e| *e == id)
        {
            self.last[at] = Some(event.time);
        }
    }

    pub(super) fn finish(&mut self, world: &World<'_>, as_of: Instant, sink: &mut Sink) {
        let tracks = std::mem::take(&mut self.tracks);
        let moment = Moment { world, case: Some(self), own: &[], time: as_of, start: None };
        for track in tracks {
            track.finish(&moment, as_of, sink);
        }
    }
}

/// States belong to the vocabulary, not to one agreement: days in their patterns are those of the first.
fn vocabulary_zone<'w>(world: &'w World<'_>) -> &'w Zone {
    &world.agreements[crate::id::AgreementId::from_index(0)].zone
}
