//! One case: what is known of it, and its instances.

use crate::engine::exclusion::Exclusions;
use crate::engine::facts::Facts;
use crate::engine::promise::Roles;
use crate::engine::span::Spans;
use crate::engine::track::{TrackState, Turn};
use crate::engine::truth::{LazyTier, Moment};
use crate::engine::world::World;
use crate::engine::{Happening, Sink};
use crate::event::Event;
use crate::id::CaseId;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// A case as its rows have left it. Its kind and its key come first, so that they are found where it is packed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CaseState {
    pub(super) facts: Facts,
    tracks: SmallVec<[TrackState; 2]>,
}

/// What a row can do to a case, before it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Something that all promises may look at can change.
    All,
    /// Only the promises that the event itself acts on.
    Acting,
}

impl CaseState {
    pub(super) fn new(world: &World<'_>, kind: CaseId, key: &str, exclusions: &Exclusions) -> CaseState {
        CaseState {
            facts: Facts::new(world, kind, key, exclusions),
            tracks: world.kinds[kind].tracks.iter().map(|t| TrackState::new(world, *t)).collect(),
        }
    }

    /// Makes another case of the same kind of it; false of one that has more than most.
    pub(super) fn begin_anew(&mut self, kind: CaseId, key: &str) -> bool {
        let begun = self.facts.begin_anew(kind, key);
        if begun {
            self.tracks.iter_mut().for_each(TrackState::begin_anew);
        }
        begun
    }

    /// Reads a little of it, from its beginning to its end.
    pub(super) fn touch(&self) -> i64 {
        self.tracks.iter().fold(self.facts.touch(), |all, track| all ^ i64::from(track.is_live()))
    }

    /// Reads a little of its instances.
    pub(super) fn touch_instances(&self) -> i64 {
        self.tracks.iter().fold(0, |all, track| all ^ track.touch())
    }

    /// How far a row reaches: most change nothing but what the event itself acts on.
    pub(super) fn reach(&self, world: &World<'_>, event: &Event<'_>) -> Reach {
        let kind = &world.kinds[self.facts.kind];
        let moves = kind.every_row || !world.exclusions.is_empty() || event.event.is_some_and(|e| self.facts.could_move(&kind.moves[e]));
        if moves || self.facts.would_change(world, event) { Reach::All } else { Reach::Acting }
    }

    /// Time goes on to `t`: what fell due on the way is read from the case as it was.
    pub(super) fn elapse(&mut self, world: &World<'_>, exclusions: &Exclusions, t: Instant, to_the_end: bool, sink: &mut Sink) {
        if !world.exclusions.is_empty() {
            self.take_exclusions(world, exclusions, t, sink);
        }
        self.pass(world, t, to_the_end, sink);
    }

    fn take_exclusions(&mut self, world: &World<'_>, exclusions: &Exclusions, t: Instant, sink: &mut Sink) {
        let has_open = self.tracks.iter().any(TrackState::is_live);
        for change in self.facts.exclusions_until(world, exclusions, t, has_open) {
            self.pass(world, change.at, false, sink);
            self.facts.exclude(&change);
            let moment = Moment::of(world, &self.facts, self.facts.time);
            self.tracks.iter_mut().for_each(|track| track.exclude(&moment, &change));
        }
    }

    fn pass(&mut self, world: &World<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
        let moment = Moment::of(world, &self.facts, self.facts.time);
        self.tracks.iter_mut().for_each(|track| track.pass(&moment, t, to_the_end, sink));
        self.facts.time = self.facts.time.max(t);
    }

    /// Lets the promises that an event reaches take it; true if an instance ended.
    pub(super) fn judge(&mut self, world: &World<'_>, reach: Reach, happening: Happening<'_>, event: &Event<'_>, sink: &mut Sink) -> bool {
        let CaseState { facts, tracks } = self;
        let kind = &world.kinds[facts.kind];
        let before = Moment::of(world, facts, facts.time);
        let moment = Moment { own: event.own, time: event.time, ..before };
        let tier = LazyTier::at(&moment);
        let mut turn = Turn { moment: &moment, happening, event, tier: &tier, roles: Roles::default(), reach };
        let mut acting = event.event.map_or(&[][..], |id| &kind.acting[id]).iter();
        let mut ended = false;
        match reach {
            Reach::All => {
                let states_moved = !happening.entered.is_empty() || !happening.left.is_empty();
                let mut next = acting.next();
                for (at, track) in tracks.iter_mut().enumerate() {
                    turn.roles = Roles::default();
                    if let Some(act) = next.filter(|act| act.at as usize == at) {
                        turn.roles = act.roles;
                        next = acting.next();
                    }
                    if states_moved {
                        turn.roles = turn.roles.or(kind.by_states[at]);
                    }
                    if track.is_live() || !turn.roles.is_none() {
                        track.event(&turn, sink);
                    }
                    ended |= track.has_ended();
                }
            }
            Reach::Acting => {
                for act in acting {
                    let track = &mut tracks[act.at as usize];
                    turn.roles = act.roles;
                    track.pass(&before, event.time, false, sink);
                    track.event(&turn, sink);
                    ended |= track.has_ended();
                }
            }
        }
        facts.time = event.time;
        facts.note_last(world, event);
        ended
    }

    /// Instances of it ended at the latest instant.
    pub(super) fn has_ended(&self) -> bool {
        self.tracks.iter().any(TrackState::has_ended)
    }

    /// The instant is over at which instances ended: they are read as the case is now.
    pub(super) fn close_instant(&mut self, world: &World<'_>, sink: &mut Sink) {
        let moment = Moment::of(world, &self.facts, self.facts.time);
        self.tracks.iter_mut().filter(|track| track.has_ended()).for_each(|track| track.close_instant(&moment, sink));
    }

    /// Whether no row that is still to come can change anything that is said of it.
    pub(super) fn is_spent(&self, world: &World<'_>) -> bool {
        world.kinds[self.facts.kind].forgets && self.tracks.iter().all(TrackState::is_spent)
    }

    pub(super) fn finish(&mut self, world: &World<'_>, as_of: Instant, spans: &mut Spans, sink: &mut Sink) {
        let moment = Moment::of(world, &self.facts, as_of);
        self.facts.finish(&moment, spans);
        for track in std::mem::take(&mut self.tracks) {
            track.finish(&moment, as_of, sink);
        }
    }
}
