//! One case: what is known of it, and its instances.

use crate::engine::exclusion::Exclusions;
use crate::engine::facts::Facts;
use crate::engine::live::End;
use crate::engine::plain::{NotPlain, Plain, Written};
use crate::engine::promise::{Act, Roles};
use crate::engine::span::Spans;
use crate::engine::track::{TrackState, Turn};
use crate::engine::truth::{LazyTier, Moment};
use crate::engine::world::{Effect, Kind, World};
use crate::engine::{Happening, Sink};
use crate::event::{Event, packed};
use crate::id::CaseId;
use crate::time::Instant;
use smallvec::SmallVec;

/// A case as its rows have left it.
#[derive(Debug)]
pub(super) struct CaseState {
    pub(super) facts: Facts,
    promises: Promises,
}

/// What became of its promises, in the order of its kind's.
#[derive(Debug)]
enum Promises {
    /// All of them are plain, and nothing else has happened.
    Plain(SmallVec<[Plain; 2]>),
    /// Anything can happen.
    Any(Vec<TrackState>),
}

/// What a row can do to a case, before it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Something that all promises may look at can change.
    All,
    /// Only the promises that the event itself acts on.
    Acting,
}

impl Promises {
    fn new(world: &World<'_>, kind: CaseId) -> Promises {
        let of_kind = &world.kinds[kind];
        match &of_kind.plain {
            Some(plain) => Promises::Plain(plain.iter().map(|_| Plain::default()).collect()),
            None => Promises::Any(of_kind.tracks.iter().map(|t| TrackState::new(world, *t)).collect()),
        }
    }

    /// The same where anything can happen.
    fn any(&mut self, world: &World<'_>, facts: &Facts) -> &mut Vec<TrackState> {
        if let Promises::Plain(plain) = self {
            let of_kind = &world.kinds[facts.kind];
            let written = of_kind.plain.as_deref().unwrap_or_default();
            let moment = Moment::of(world, facts, facts.time);
            *self = Promises::Any(plain.iter().zip(written).map(|(plain, of)| plain.track(&moment, of)).collect());
        }
        match self {
            Promises::Any(tracks) => tracks,
            Promises::Plain(_) => unreachable!("they were made anything above"),
        }
    }
}

impl CaseState {
    pub(super) fn new(world: &World<'_>, kind: CaseId, key: &str, exclusions: &Exclusions) -> CaseState {
        CaseState { facts: Facts::new(world, kind, key, exclusions), promises: Promises::new(world, kind) }
    }

    /// Makes another case of the same kind of it; false of one that has more than most.
    #[inline]
    pub(super) fn begin_anew(&mut self, world: &World<'_>, kind: CaseId, key: &str) -> bool {
        let begun = self.facts.begin_anew(kind, key);
        if begun {
            match (&mut self.promises, &world.kinds[kind].plain) {
                (Promises::Plain(plain), Some(all)) if plain.len() == all.len() => plain.iter_mut().for_each(Plain::begin_anew),
                (Promises::Any(tracks), None) if tracks.len() == world.kinds[kind].tracks.len() => {
                    tracks.iter_mut().for_each(TrackState::begin_anew);
                }
                (promises, _) => *promises = Promises::new(world, kind),
            }
        }
        begun
    }

    /// Whether nothing is to be said of it at the end.
    pub(super) fn is_idle(&self) -> bool {
        matches!(&self.promises, Promises::Plain(plain) if plain.iter().all(Plain::is_idle)) && !self.facts.has_more()
    }

    /// Packs it: first whether it is idle, then its kind and its key.
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        let CaseState { facts, promises } = self;
        out.push(u8::from(self.is_idle()));
        facts.pack(out);
        match promises {
            Promises::Plain(plain) => {
                out.push(1);
                packed::put(out, plain.len() as u64);
                plain.iter().for_each(|plain| plain.pack(out));
            }
            Promises::Any(tracks) => {
                out.push(0);
                packed::put_any(out, tracks);
            }
        }
    }

    pub(super) fn unpack(packed: &[u8]) -> Option<CaseState> {
        let (_, mut from) = packed.split_first()?;
        let from = &mut from;
        let facts = Facts::unpack(from)?;
        let promises = match from.split_off_first()? {
            0 => Promises::Any(packed::take_any(from)?),
            _ => Promises::Plain((0..packed::take(from)?).map(|_| Plain::unpack(from)).collect::<Option<_>>()?),
        };
        Some(CaseState { facts, promises })
    }

    /// What a packed case begins with: whether it is idle, its kind and its key.
    pub(super) fn unpack_name(packed: &[u8]) -> Option<(bool, CaseId, &str)> {
        let (is_idle, mut from) = packed.split_first()?;
        Some((*is_idle != 0, packed::take_id(&mut from)?, packed::take_text(&mut from)?))
    }

    /// Leaves only the memory for another case.
    pub(super) fn empty(&mut self) {
        self.promises = Promises::Plain(SmallVec::new());
    }

    /// Reads a little of it, from its beginning to its end.
    #[inline]
    pub(super) fn touch(&self) -> i64 {
        let promises = match &self.promises {
            Promises::Plain(plain) => plain.iter().fold(0, |all, plain| all ^ plain.touch()),
            Promises::Any(tracks) => tracks.iter().fold(0, |all, track| all ^ track.touch()),
        };
        self.facts.touch() ^ promises
    }

    /// How far a row reaches: most change nothing but what the event itself acts on.
    #[inline]
    pub(super) fn reach(&self, world: &World<'_>, kind: &Kind, effect: &Effect, event: &Event<'_>) -> Reach {
        let moves = kind.every_row || !world.exclusions.is_empty() || self.facts.could_move(&effect.moves);
        if moves || self.facts.would_change(world, event) { Reach::All } else { Reach::Acting }
    }

    /// Time goes on to `t`: what fell due on the way is read from the case as it was.
    #[inline]
    pub(super) fn elapse(&mut self, world: &World<'_>, exclusions: &Exclusions, t: Instant, to_the_end: bool, sink: &mut Sink) {
        let CaseState { facts, promises } = self;
        match promises {
            Promises::Plain(plain) if !to_the_end && !plain.iter().any(|plain| plain.is_late(t)) => facts.time = facts.time.max(t),
            _ => self.elapse_any(world, exclusions, t, to_the_end, sink),
        }
    }

    fn elapse_any(&mut self, world: &World<'_>, exclusions: &Exclusions, t: Instant, to_the_end: bool, sink: &mut Sink) {
        let CaseState { facts, promises } = self;
        let tracks = promises.any(world, facts);
        if !world.exclusions.is_empty() {
            let has_open = tracks.iter().any(TrackState::is_live);
            for change in facts.exclusions_until(world, exclusions, t, has_open) {
                pass(world, facts, tracks, change.at, false, sink);
                facts.exclude(&change);
                let moment = Moment::of(world, facts, facts.time);
                tracks.iter_mut().for_each(|track| track.exclude(&moment, &change));
            }
        }
        pass(world, facts, tracks, t, to_the_end, sink);
    }

    /// Takes an event that does nothing else to the case than to end the instance of one of its plain promises, as most do; nothing where
    /// they are no longer plain. True if the instance is to be read, or the case has no other.
    #[inline]
    pub(super) fn end_plain(
        &mut self,
        world: &World<'_>,
        kind: &Kind,
        (at, how): (usize, End),
        event: &Event<'_>,
        sink: &mut Sink,
    ) -> Option<bool> {
        let CaseState { facts, promises } = self;
        let (Promises::Plain(plain), Some(written)) = (promises, &kind.plain) else { return None };
        plain[at].end(&written[at], how, event, sink);
        facts.time = event.time;
        facts.note_last(world, event);
        Some(plain[at].is_over() || are_spent(kind, plain))
    }

    /// Lets the promises that an event reaches take it; true if an instance ended.
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
        let CaseState { facts, promises } = self;
        let kind = &world.kinds[facts.kind];
        let acting = effect.acting.as_slice();
        let judged = Judged { world, facts, reach, happening, event };
        let from = match (&mut *promises, &kind.plain) {
            (Promises::Plain(plain), Some(written)) => judged.plain(kind, plain, written, acting, sink),
            _ => Err(0),
        };
        let ended = from.unwrap_or_else(|from| {
            let is_new = matches!(promises, Promises::Plain(_));
            let tracks = promises.any(world, facts);
            match reach {
                Reach::All if !is_new => judged.all(kind, tracks, acting, sink),
                // What the event does to pauses was done while they were plain.
                Reach::All | Reach::Acting => {
                    judged.acting(tracks, &acting[from..], sink) | (is_new && tracks.iter().any(TrackState::has_ended))
                }
            }
        });
        facts.time = event.time;
        facts.note_last(world, event);
        ended
    }

    /// Instances of it ended at the latest instant.
    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        match &self.promises {
            Promises::Plain(plain) => plain.iter().any(Plain::is_over),
            Promises::Any(tracks) => tracks.iter().any(TrackState::has_ended),
        }
    }

    /// The instant is over at which instances ended: they are read as the case is now.
    #[inline]
    pub(super) fn close_instant(&mut self, world: &World<'_>, sink: &mut Sink) {
        let CaseState { facts, promises } = self;
        let moment = Moment::of(world, facts, facts.time);
        let kind = &world.kinds[facts.kind];
        match (promises, &kind.plain) {
            (Promises::Plain(plain), Some(written)) => {
                plain.iter_mut().zip(written).filter(|(plain, _)| plain.is_over()).for_each(|(plain, of)| plain.close(of, &moment, sink));
            }
            (Promises::Any(tracks), _) => {
                tracks.iter_mut().filter(|track| track.has_ended()).for_each(|track| track.close_instant(&moment, sink));
            }
            (Promises::Plain(_), None) => {}
        }
    }

    /// Whether no row that is still to come can change anything that is said of it.
    #[inline]
    pub(super) fn is_spent(&self, world: &World<'_>) -> bool {
        let kind = &world.kinds[self.facts.kind];
        match &self.promises {
            Promises::Plain(plain) => are_spent(kind, plain),
            Promises::Any(tracks) => kind.forgets && tracks.iter().all(TrackState::is_spent),
        }
    }

    pub(super) fn finish(&mut self, world: &World<'_>, as_of: Instant, spans: &mut Spans, sink: &mut Sink) {
        let CaseState { facts, promises } = self;
        let moment = Moment::of(world, facts, as_of);
        facts.finish(&moment, spans);
        for track in std::mem::take(promises.any(world, facts)) {
            track.finish(&moment, as_of, sink);
        }
    }
}

/// Whether nothing more can be said of a case of these promises.
#[inline]
fn are_spent(kind: &Kind, plain: &[Plain]) -> bool {
    kind.forgets && plain.iter().all(Plain::is_spent)
}

/// Time goes on to `t` between two changes of what is known of a case.
fn pass(world: &World<'_>, facts: &mut Facts, tracks: &mut [TrackState], t: Instant, to_the_end: bool, sink: &mut Sink) {
    tracks.iter_mut().for_each(|track| track.pass(world, facts, t, to_the_end, sink));
    facts.time = facts.time.max(t);
}

/// An event, and what it has done to what is known of its case.
#[derive(Clone, Copy)]
struct Judged<'j> {
    world: &'j World<'j>,
    facts: &'j Facts,
    reach: Reach,
    happening: Happening<'j>,
    event: &'j Event<'j>,
}

impl Judged<'_> {
    /// Lets plain promises take it; true if an instance ended that is to be read, or the last one that there can be. Where something
    /// else than they know happens, the number of the first act that was not done.
    #[inline]
    fn plain(&self, kind: &Kind, plain: &mut [Plain], written: &[Written], acting: &[Act], sink: &mut Sink) -> Result<bool, usize> {
        let Judged { world, facts, reach, happening, event } = *self;
        if reach == Reach::All {
            plain.iter_mut().zip(written).for_each(|(plain, of)| plain.pause(world, of, facts, event));
        }
        let mut ended = false;
        let moment = Moment { own: event.own, time: event.time, ..Moment::of(world, facts, facts.time) };
        let tier = LazyTier::at(&moment);
        for (nth, Act { at, roles, ends }) in acting.iter().enumerate() {
            let (promise, of) = (&mut plain[*at as usize], &written[*at as usize]);
            match ends {
                Some(how) => promise.end(of, *how, event, sink),
                None => {
                    let turn = Turn { moment: &moment, happening, event, tier: &tier, roles: *roles, reach };
                    promise.event(of, &turn, sink).map_err(|NotPlain| nth)?;
                }
            }
            ended |= promise.is_over();
        }
        Ok(ended || are_spent(kind, plain))
    }

    /// Lets each promise take it that it acts on, that looks at states, or that has an open instance; true if an instance ended.
    fn all(&self, kind: &Kind, tracks: &mut [TrackState], acting: &[Act], sink: &mut Sink) -> bool {
        let mut acting = acting.iter().peekable();
        let states_moved = !self.happening.entered.is_empty() || !self.happening.left.is_empty();
        let turns = tracks.iter().zip(0..).map(|(track, at)| {
            let mut roles = acting.next_if(|act| act.at == at).map_or_else(Roles::default, |act| act.roles);
            if states_moved {
                roles = roles.or(kind.by_states[at as usize]);
            }
            (track.is_live() || !roles.is_none()).then_some(roles)
        });
        let turns: SmallVec<[Option<Roles>; 8]> = turns.collect();
        self.each(tracks.iter_mut().zip(turns).filter_map(|(track, roles)| Some((track, roles?))), sink);
        tracks.iter().any(TrackState::has_ended)
    }

    /// Lets only the promises take it that it acts on.
    fn acting(&self, tracks: &mut [TrackState], acting: &[Act], sink: &mut Sink) -> bool {
        let Judged { world, facts, event, .. } = *self;
        let mut ended = false;
        for act in acting {
            let track = &mut tracks[act.at as usize];
            track.pass(world, facts, event.time, false, sink);
            self.each(std::iter::once((&mut *track, act.roles)), sink);
            ended |= track.has_ended();
        }
        ended
    }

    fn each<'t>(&self, turns: impl Iterator<Item = (&'t mut TrackState, Roles)>, sink: &mut Sink) {
        let Judged { world, facts, reach, happening, event } = *self;
        let moment = Moment { own: event.own, time: event.time, ..Moment::of(world, facts, facts.time) };
        let tier = LazyTier::at(&moment);
        for (track, roles) in turns {
            track.event(&Turn { moment: &moment, happening, event, tier: &tier, roles, reach }, sink);
        }
    }
}
