//! How one promise of a case goes: as a plain one for as long as nothing else happens to it, as most do to their end.

use crate::engine::case::Reach;
use crate::engine::exclusion::Change;
use crate::engine::facts::Facts;
use crate::engine::live::End;
use crate::engine::outcome::Verdict;
use crate::engine::plain::{Plain, Written};
use crate::engine::promise::Role;
use crate::engine::rule;
use crate::engine::sink::Sink;
use crate::engine::track::{TrackState, Turn};
use crate::engine::truth::Moment;
use crate::engine::world::World;
use crate::event::packed;
use crate::time::Instant;

/// A promise of a case.
#[derive(Debug)]
pub(super) enum Course {
    /// Nothing has happened to it, or only what a plain promise knows.
    Plain(Plain),
    /// Anything can have happened. It is a plain one again when nothing more is to be said of its instances.
    Any(Box<TrackState>),
}

/// A promise of a kind of case: which it is, and what is written of it if that is plain.
#[derive(Clone, Copy)]
pub(super) struct Promised<'w> {
    pub(super) world: &'w World<'w>,
    /// Its place in the plan.
    pub(super) track: usize,
    pub(super) written: Option<&'w Written>,
}

impl Default for Course {
    fn default() -> Course {
        Course::Plain(Plain::default())
    }
}

impl Course {
    /// All was told of so many instances of it, and whether it has started once.
    pub(super) fn rested(told: u32, started: bool) -> Course {
        Course::Plain(Plain::rested(told, started))
    }

    /// Nothing has happened yet.
    #[inline]
    pub(super) fn begin_anew(&mut self) {
        match self {
            Course::Plain(plain) => plain.begin_anew(),
            Course::Any(_) => *self = Course::default(),
        }
    }

    /// The same where anything can happen.
    fn any(&mut self, promised: Promised<'_>, facts: &Facts) -> &mut TrackState {
        let Promised { world, track, written } = promised;
        if let Course::Plain(plain) = self {
            *self = Course::Any(Box::new(plain.track(&Moment::of(world, facts, facts.time), track, written)));
        }
        match self {
            Course::Any(track) => track,
            Course::Plain(_) => unreachable!("it was made anything above"),
        }
    }

    /// Whether an instance is open.
    pub(super) fn is_live(&self) -> bool {
        match self {
            Course::Plain(plain) => plain.is_open(),
            Course::Any(track) => track.is_live(),
        }
    }

    /// Instances of it ended at the latest instant.
    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        match self {
            Course::Plain(plain) => plain.is_over(),
            Course::Any(track) => track.has_ended(),
        }
    }

    /// Whether nothing is to be said of it at the end.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        matches!(self, Course::Plain(plain) if plain.is_idle())
    }

    /// Whether nothing is left that could be said of its case: what starts once has started and is over.
    #[inline]
    pub(super) fn is_spent(&self) -> bool {
        match self {
            Course::Plain(plain) => plain.is_spent(),
            Course::Any(track) => track.is_spent(),
        }
    }

    /// Whether it is to be told that time goes on to `t`.
    #[inline]
    pub(super) fn asks_for(&self, t: Instant) -> bool {
        match self {
            Course::Plain(plain) => plain.is_late(t),
            Course::Any(track) => track.asks_for(t),
        }
    }

    /// Time goes on to `t`; `facts` is the case as it was until then.
    pub(super) fn pass(&mut self, promised: Promised<'_>, facts: &Facts, t: Instant, to_the_end: bool, sink: &mut Sink) {
        match (&mut *self, promised.written) {
            (Course::Plain(plain), Some(of)) => {
                if plain.is_late(t) || to_the_end && plain.is_open() {
                    plain.pass(of, &Moment::of(promised.world, facts, facts.time), (t, to_the_end), sink);
                }
            }
            // Where nothing is written of it, nothing has happened.
            (Course::Plain(_), None) => {}
            (Course::Any(track), _) => track.pass(promised.world, facts, t, to_the_end, sink),
        }
    }

    /// What the agreement excludes has changed between two events of the case.
    pub(super) fn exclude(&mut self, promised: Promised<'_>, moment: &Moment<'_>, change: &Change) {
        match (self, promised.written) {
            (Course::Any(track), _) => track.exclude(moment, change),
            (Course::Plain(plain), Some(of)) => plain.exclude(of, moment, change),
            (Course::Plain(_), None) => {}
        }
    }

    /// An event acts on it.
    #[inline]
    pub(super) fn event(&mut self, promised: Promised<'_>, facts: &Facts, turn: &Turn<'_>, sink: &mut Sink) {
        if let (Course::Plain(plain), Some(of)) = (&mut *self, promised.written)
            && let Ok(()) = plain.event(of, turn, sink)
        {
            return;
        }
        if !self.counts_as_kept(promised, turn, sink) {
            self.any_event(promised, facts, turn, sink);
        }
    }

    /// Whether the promise is a rule that the event keeps, and of which nothing is asked but how often it is kept: it is counted then.
    #[inline]
    fn counts_as_kept(&mut self, Promised { world, track, .. }: Promised<'_>, turn: &Turn<'_>, sink: &mut Sink) -> bool {
        let versions = world.plan.tracks[track].0.as_slice();
        let Course::Plain(plain) = self else { return false };
        if world.promises[versions[0]].clocked.is_some() || !turn.roles.may(Role::Start) {
            return false;
        }
        let Some(id) = world.in_force(versions, turn.event.time) else { return false };
        let is_kept = sink.only_counts(id, Verdict::Met) && rule::is_kept(turn.moment, id, turn.happening) == Some(Ok(true));
        if is_kept {
            plain.tell();
            sink.count(track, End::Stop);
        }
        is_kept
    }

    #[inline(never)]
    fn any_event(&mut self, promised: Promised<'_>, facts: &Facts, turn: &Turn<'_>, sink: &mut Sink) {
        let track = match self {
            // Nothing of it looks at the event.
            Course::Plain(plain) if turn.roles.is_none() && plain.is_idle() => return,
            _ => self.any(promised, facts),
        };
        if turn.reach == Reach::Acting {
            track.pass(promised.world, facts, turn.event.time, false, sink);
        }
        if track.is_live() || !turn.roles.is_none() {
            track.event(turn, sink);
        }
        if !track.has_ended() {
            self.rest(promised);
        }
    }

    /// Where nothing is to be remembered but what a plain promise knows, it is a plain one again.
    fn rest(&mut self, promised: Promised<'_>) {
        if let Course::Any(track) = self
            && let Some(plain) = track.plain(promised.world, promised.written)
        {
            *self = Course::Plain(plain);
        }
    }

    /// The instant is over at which instances ended: they are read as the case is now.
    #[inline]
    pub(super) fn close_instant(&mut self, promised: Promised<'_>, facts: &Facts, moment: &Moment<'_>, sink: &mut Sink) {
        if let (Course::Plain(plain), Some(of)) = (&mut *self, promised.written) {
            return plain.close(of, moment, sink);
        }
        self.any(promised, facts).close_instant(moment, sink);
        self.rest(promised);
    }

    /// What is to be said of it as of an instant.
    pub(super) fn finish(&mut self, promised: Promised<'_>, facts: &Facts, moment: &Moment<'_>, as_of: Instant, sink: &mut Sink) {
        if let (Course::Plain(plain), Some(of)) = (&*self, promised.written) {
            if let Some((live, reading)) = plain.stopped(of, moment) {
                return sink.take(promised.world, moment.case, live, reading, moment.time);
            }
            if plain.is_open() {
                return sink.take_now(moment, &mut plain.as_read(promised.world, of), as_of);
            }
        }
        if !self.is_idle() {
            self.any(promised, facts).finish(moment, as_of, sink);
        }
    }

    /// Packs it.
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Course::Plain(plain) => {
                out.push(1);
                plain.pack(out);
            }
            Course::Any(track) => {
                out.push(0);
                packed::put_any(out, track);
            }
        }
    }

    pub(super) fn unpack(from: &mut &[u8]) -> Option<Course> {
        Some(match from.split_off_first()? {
            0 => Course::Any(packed::take_any(from)?),
            _ => Course::Plain(Plain::unpack(from)?),
        })
    }
}
