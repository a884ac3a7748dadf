//! One case: what is known of it, and its instances.

use crate::engine::course::Course;
use crate::engine::deferral::Past;
use crate::engine::exclusion::Exclusions;
use crate::engine::facts::Facts;
use crate::engine::live::End;
use crate::engine::promise::{Act, Roles};
use crate::engine::span::Spans;
use crate::engine::track::Turn;
use crate::engine::truth::{LazyTier, Moment};
use crate::engine::world::{Effect, Kind, World};
use crate::engine::{Happening, Sink};
use crate::event::{Event, KeyRef, packed, prefetch};
use crate::id::{CaseId, StateId};
use crate::time::Instant;

/// A case as its rows have left it.
#[derive(Debug)]
pub(super) struct CaseState {
    pub(super) facts: Facts,
    /// What became of its promises, in the order of its kind's.
    courses: Vec<Course>,
}

/// What a row can do to a case, before it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Something that all promises may look at can change.
    All,
    /// Only the promises that the event itself acts on.
    Acting,
}

/// How a case stands whose rows were kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There may be more to say.
    Open,
    /// When the latest instant is over something is to be read.
    Closing,
    /// Nothing that is still to come changes what is said of it.
    Spent,
}

impl CaseState {
    pub(super) fn new(world: &World<'_>, kind: CaseId, key: KeyRef<'_>, exclusions: &Exclusions) -> CaseState {
        let courses = world.kinds[kind].promises.iter().map(|_| Course::default()).collect();
        CaseState { facts: Facts::new(world, kind, key, exclusions), courses }
    }

    /// Makes another case of the same kind of it; false where it is of another.
    #[inline]
    pub(super) fn begin_anew(&mut self, world: &World<'_>, kind: CaseId, key: KeyRef<'_>, exclusions: &Exclusions) -> bool {
        self.facts.begin_anew(world, kind, key, exclusions)
    }

    /// Whether nothing is to be said of it at the end.
    pub(super) fn is_idle(&self) -> bool {
        self.courses.iter().all(Course::is_idle) && !self.facts.is_measured()
    }

    /// Packs it, its kind and its key first.
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        let CaseState { facts, courses } = self;
        facts.pack(out);
        packed::put_list(out, courses, |out, course| course.pack(out));
    }

    /// The memory of one, of which kind it will be as of any.
    pub(super) fn vacant() -> CaseState {
        CaseState { facts: Facts::vacant(), courses: Vec::new() }
    }

    /// In the memory of another; nothing where the bytes are none, or end first.
    pub(super) fn unpack(&mut self, from: &mut &[u8]) -> Option<()> {
        self.facts.unpack(from)?;
        packed::take_list_into(from, &mut self.courses, Course::unpack)
    }

    /// Leaves only the memory for another case.
    #[inline]
    pub(super) fn empty(&mut self) {
        self.courses.iter_mut().for_each(Course::begin_anew);
    }

    /// Asks for its memory, from its beginning to its end.
    #[inline]
    pub(super) fn prefetch(&self) {
        self.facts.prefetch();
        self.courses.iter().for_each(prefetch);
    }

    /// It is judged as of an instant, and from now on, of which this was kept.
    pub(super) fn catch_up(&mut self, world: &World<'_>, past: &Past, now: Instant, sink: &mut Sink) -> Standing {
        let kind = &world.kinds[self.facts.kind];
        let (mut entered, mut left) = (Vec::new(), Vec::new());
        let (mut is_first, mut is_over) = (past.is_all(), false);
        if !is_first {
            for (course, (told, started)) in self.courses.iter_mut().zip(&past.promises) {
                *course = Course::rested(*told, *started);
            }
            self.facts.take_states(&past.states);
            self.facts.take_stages(&past.stages);
        }
        self.facts.fields.copy(&past.fields);
        for (row, fields) in past.rows() {
            let event = row.event(world, &fields);
            if self.facts.time < event.time && std::mem::take(&mut is_over) && self.close_instant(world, sink) {
                return Standing::Spent;
            }
            let effect = kind.effect(Some(row.class()));
            is_over |= match &effect.begins {
                Some(begins) if is_first => self.begin(world, kind, (effect, begins), &event, sink),
                _ => {
                    // No rows are kept where time is excluded.
                    let reach = self.reach(world, kind, effect, &event, true);
                    self.turn_to(world, effect, reach, &event, (&mut entered, &mut left), sink);
                    let happening = Happening { event: event.event, entered: &entered, left: &left };
                    self.judge(world, effect, reach, happening, &event, sink)
                }
            };
            is_first = false;
        }
        match is_over {
            false => Standing::Open,
            true if now <= self.facts.time => Standing::Closing,
            true if self.close_instant(world, sink) => Standing::Spent,
            true => Standing::Open,
        }
    }

    /// Time goes on to an event, and what is known of the case changes with it, if it reaches so far: which states it enters and leaves.
    #[inline]
    pub(super) fn turn_to(
        &mut self,
        world: &World<'_>,
        effect: &Effect,
        reach: Reach,
        event: &Event<'_>,
        (entered, left): (&mut Vec<StateId>, &mut Vec<StateId>),
        sink: &mut Sink,
    ) {
        entered.clear();
        left.clear();
        if reach == Reach::All {
            self.elapse(world, event.time, false, sink);
            self.facts.update(world, effect, event, (entered, left), &mut sink.funnels);
        }
    }

    /// How far a row reaches: most change nothing but what the event itself acts on, where it is known what was excluded until then.
    #[inline]
    pub(super) fn reach(&self, world: &World<'_>, kind: &Kind, effect: &Effect, event: &Event<'_>, knows_excluded: bool) -> Reach {
        // A score is known from the first row on.
        let moves = kind.every_row || !knows_excluded || kind.has_scores && self.facts.is_new() || self.facts.could_move(&effect.moves);
        if moves || self.facts.would_change(world, event.fields) { Reach::All } else { Reach::Acting }
    }

    /// Time goes on to `t`: what fell due on the way is read from the case as it was.
    #[inline]
    pub(super) fn elapse(&mut self, world: &World<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
        if to_the_end || self.courses.iter().any(|course| course.asks_for(t)) {
            self.pass(world, t, to_the_end, sink);
        }
        self.facts.time = self.facts.time.max(t);
    }

    /// The same for what agreements have excluded until then, which comes first.
    pub(super) fn elapse_by_exclusions(&mut self, world: &World<'_>, exclusions: &Exclusions, t: Instant, sink: &mut Sink) {
        let has_open = self.courses.iter().any(Course::is_live);
        for change in self.facts.exclusions_until(world, exclusions, t, has_open) {
            self.pass(world, change.at, false, sink);
            self.facts.time = self.facts.time.max(change.at);
            self.facts.exclude(&change);
            let CaseState { facts, courses } = self;
            let moment = Moment::of(world, facts, facts.time);
            let kind = &world.kinds[facts.kind];
            for (at, course) in courses.iter_mut().enumerate() {
                course.exclude(kind.promised(world, at), &moment, &change);
            }
        }
    }

    /// Time goes on to `t` between two changes of what is known of a case.
    fn pass(&mut self, world: &World<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
        let CaseState { facts, courses } = self;
        let kind = &world.kinds[facts.kind];
        for (at, course) in courses.iter_mut().enumerate() {
            course.pass(kind.promised(world, at), facts, t, to_the_end, sink);
        }
    }

    /// Takes the first event of a case, which does nothing else than to start these promises; true if an instance ended that is to be
    /// read, or no other can begin.
    pub(super) fn begin(
        &mut self,
        world: &World<'_>,
        kind: &Kind,
        (effect, begins): (&Effect, &[Act]),
        event: &Event<'_>,
        sink: &mut Sink,
    ) -> bool {
        let CaseState { facts, courses } = self;
        facts.take_fields(world, event.fields);
        let moment = Moment { own: event.own, ..Moment::of(world, facts, event.time) };
        let tier = LazyTier::at(&moment);
        let happening = Happening { event: event.event, ..Happening::default() };
        let mut ended = false;
        for Act { at, roles, .. } in begins {
            let at = *at as usize;
            let turn = Turn { moment: &moment, happening, event, tier: &tier, roles: *roles, reach: Reach::All };
            let course = &mut courses[at];
            course.event(kind.promised(world, at), facts, &turn, sink);
            ended |= course.has_ended();
        }
        facts.note(world, event, &effect.stages, &mut sink.funnels);
        ended || are_spent(kind, courses)
    }

    /// Takes an event that does nothing else to the case than to end the instance of one of its plain promises, as most do; nothing where
    /// that is no longer plain. True if the instance is to be read, or the case has no other.
    #[inline]
    pub(super) fn end_plain(
        &mut self,
        world: &World<'_>,
        kind: &Kind,
        (effect, (at, how)): (&Effect, (usize, End)),
        event: &Event<'_>,
        sink: &mut Sink,
    ) -> Option<bool> {
        let CaseState { facts, courses } = self;
        let (Course::Plain(plain), Some(of)) = (&mut courses[at], &kind.promises[at].written) else { return None };
        if of.notifies && plain.is_late(event.time) {
            return None;
        }
        plain.end(of, how, event, sink);
        let is_over = plain.is_over();
        facts.note(world, event, &effect.stages, &mut sink.funnels);
        Some(is_over || are_spent(kind, courses))
    }

    /// Lets the promises that an event reaches take it; true if an instance ended that is to be read, or the last one that there can be.
    #[inline]
    pub(super) fn judge(
        &mut self,
        world: &World<'_>,
        effect: &Effect,
        reach: Reach,
        happening: Happening<'_>,
        event: &Event<'_>,
        sink: &mut Sink,
    ) -> bool {
        let CaseState { facts, courses } = self;
        let kind = &world.kinds[facts.kind];
        let moment = Moment { own: event.own, time: event.time, ..Moment::of(world, facts, facts.time) };
        let tier = LazyTier::at(&moment);
        let states_moved = !happening.entered.is_empty() || !happening.left.is_empty();
        let mut acting = effect.acting.iter().peekable();
        let mut ended = false;
        // Only the promises that it acts on; or those too that look at states, or that have an open instance.
        let turns = if reach == Reach::Acting { effect.acting.len() } else { courses.len() };
        for nth in 0..turns {
            let at = if reach == Reach::Acting { effect.acting[nth].at as usize } else { nth };
            let course = &mut courses[at];
            let mut roles = acting.next_if(|act| act.at as usize == at).map_or_else(Roles::default, |act| act.roles);
            if states_moved {
                roles = roles.or(kind.promises[at].by_states);
            }
            if !roles.is_none() || course.is_live() {
                let turn = Turn { moment: &moment, happening, event, tier: &tier, roles, reach };
                course.event(kind.promised(world, at), facts, &turn, sink);
            }
            ended |= course.has_ended();
        }
        facts.note(world, event, &effect.stages, &mut sink.funnels);
        ended || are_spent(kind, courses)
    }

    /// Instances of it ended at the latest instant.
    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        self.courses.iter().any(Course::has_ended)
    }

    /// The instant is over at which instances ended: they are read as the case is now. True if no row that is still to come can change
    /// anything that is said of it.
    #[inline]
    pub(super) fn close_instant(&mut self, world: &World<'_>, sink: &mut Sink) -> bool {
        let kind = &world.kinds[self.facts.kind];
        let CaseState { facts, courses } = self;
        let moment = Moment::of(world, facts, facts.time);
        let mut is_spent = kind.forgets && !courses.is_empty();
        for (at, course) in courses.iter_mut().enumerate() {
            if course.has_ended() {
                course.close_instant(kind.promised(world, at), facts, &moment, sink);
            }
            is_spent &= course.is_spent();
        }
        if is_spent {
            self.empty();
        }
        is_spent
    }

    pub(super) fn finish(&mut self, world: &World<'_>, as_of: Instant, spans: &mut Spans, sink: &mut Sink) {
        let CaseState { facts, courses } = self;
        let moment = Moment::of(world, facts, as_of);
        facts.finish(&moment, spans);
        let kind = &world.kinds[facts.kind];
        for (at, course) in courses.iter_mut().enumerate() {
            course.finish(kind.promised(world, at), facts, &moment, as_of, sink);
        }
    }
}

/// Whether nothing more can be said of a case of these promises.
#[inline]
fn are_spent(kind: &Kind, courses: &[Course]) -> bool {
    kind.forgets && courses.iter().all(Course::is_spent)
}
