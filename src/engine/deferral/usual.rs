//! Cases that are told in a few steps, as most are: all of their instances have ended in time, their clocks never stood still, and nothing
//! is said of them but how many there are, and what objectives measure.

use crate::engine::deferral::settled::due_at;
use crate::engine::deferral::variant::{Instance, Variant, Variants};
use crate::engine::deferral::{Deferral, Deferred, Foreseen, Goal};
use crate::engine::fields::Fields;
use crate::engine::live::{End, InTime, Look};
use crate::engine::objective::Asks;
use crate::engine::plain::Aim;
use crate::engine::sink::Sink;
use crate::engine::truth::Tiered;
use crate::engine::world::World;
use crate::event::Value;
use crate::id::{CaseId, FieldId, ObligationId, TierId};
use crate::time::{Duration, Instant};

/// Whether a case was told so.
pub(super) enum Told {
    /// All of it.
    All,
    /// Nothing: an instance may have ended late.
    Late,
    /// Nothing: something of it is not usual.
    Unusual,
}

/// An instance of a variant and tier that mostly ends in time, and of which nothing more is said then.
pub(super) struct Usual {
    /// The place of its promise among those of its kind of case.
    at: usize,
    start: u8,
    end: u8,
    how: End,
    asks: Asks,
    track: usize,
    obligation: ObligationId,
    aim: Aim,
    /// The first and the last instant at which it may start so that it is known when its target would be used up.
    starts: (Instant, Instant),
    /// Of a target of open time: where less has elapsed than this nothing is to be said of it.
    quiet: Duration,
}

impl Usual {
    /// So many of a variant are told at once.
    const MOST: usize = 8;

    /// Of an instance whose clock never stood still, which is not shown, and of which no more is asked than of most.
    fn of(instance: &Instance, promise: &Foreseen, goal: &Goal, sink: &Sink) -> Option<Usual> {
        let &Instance { start, end, how, .. } = instance;
        let (&Foreseen { id: obligation, at, track, asks, term, notifies, .. }, &Goal { aim, sure }) = (promise, goal);
        let is_usual = instance.never_stood_still() && asks != Asks::Anything && !sink.shows(how.verdict());
        let quiet = aim.open.unwrap_or(Duration::ZERO);
        let quiet = if notifies { aim.alert?.min(quiet) } else { quiet };
        let sure = if aim.open.is_some() { sure } else { (Instant::FIRST, Instant::LAST) };
        let starts = (sure.0.max(term.0), sure.1.min(term.1.minus(Duration::micros(1))));
        is_usual.then_some(Usual { at, start, end, how, asks, track, obligation, aim, starts, quiet })
    }
}

impl Deferral {
    /// The instances of a variant that have ended, of cases of a tier, if all of them are usual.
    pub(super) fn usual(&self, variant: &Variant, tier: Option<TierId>, sink: &Sink) -> Option<Box<[Usual]>> {
        let ended = variant.ended.iter().map(|instance| (instance, &self.promises[usize::from(instance.promise)]));
        let aimed = ended.filter_map(|(instance, promise)| Some((instance, promise, promise.goal(tier)?)));
        let all: Vec<Usual> = aimed.map(|(instance, promise, goal)| Usual::of(instance, promise, goal, sink)).collect::<Option<_>>()?;
        (all.len() <= Usual::MOST).then(|| all.into())
    }

    /// Tells a case of a variant, if all of its instances are usual and have ended in time.
    #[inline]
    pub(super) fn tell_as_usual(
        &self,
        world: &World<'_>,
        variants: &mut Variants,
        number: u32,
        case: &mut Deferred,
        sink: &mut Sink,
    ) -> Told {
        let kind = &world.kinds[case.kind];
        let Some(tier) = kind.tiers.find(&case.fields, world.texts).ok().and_then(Tiered::known) else { return Told::Unusual };
        let Some(usual) = variants.usual(self, number, tier, sink) else { return Told::Unusual };
        if !self.forgets && case.is_long() {
            return Told::Unusual;
        }
        let mut all = [Duration::ZERO; Usual::MOST];
        for (usual, elapsed) in usual.iter().zip(&mut all) {
            let (start, end) = (case.row(usual.start).time, case.row(usual.end).time);
            if start < usual.starts.0 || usual.starts.1 < start {
                return Told::Unusual;
            }
            let days = &world.calendars[usual.aim.calendar];
            let is_late = match usual.aim.open {
                Some(_) => {
                    *elapsed = days.open_between(start, end);
                    usual.quiet <= *elapsed
                }
                None => {
                    let Some(due) = due_at(world, usual.obligation, usual.aim, start) else { return Told::Unusual };
                    *elapsed = days.elapsed(start, end);
                    due < end
                }
            };
            if is_late {
                return Told::Late;
            }
        }
        for (usual, elapsed) in usual.iter().zip(&all) {
            case.tell(usual.at);
            let Usual { track, obligation, how, asks, .. } = *usual;
            if asks == Asks::Nothing {
                sink.count(track, how);
            } else {
                let (start, end) = (case.row(usual.start).time, case.row(usual.end).time);
                let instance = InTime { track, obligation, tier, start, due: None, end, how, elapsed: *elapsed };
                let reading = OfFields { world, kind: case.kind, keys: &world.obligation(obligation).keys, fields: &case.fields };
                sink.take_in_time_of(world, None, &instance, &reading);
            }
        }
        Told::All
    }
}

/// The fields of a case of which nothing else is asked.
struct OfFields<'a> {
    world: &'a World<'a>,
    kind: CaseId,
    /// Those that an obligation is asked for.
    keys: &'a [FieldId],
    fields: &'a Fields,
}

impl Look for OfFields<'_> {
    #[inline]
    fn key(&self, key: usize) -> Option<Value> {
        let place = self.world.places[self.keys[key]];
        if place.kind == Some(self.kind) { self.fields.get(place.slot) } else { None }
    }

    fn holds(&self, _: usize) -> bool {
        unreachable!("where a filter is asked for, that is anything")
    }
}
