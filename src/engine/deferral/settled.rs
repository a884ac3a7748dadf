//! What has become of a case that is judged late: its variant says which rows began and ended each instance, and their times how long
//! its clock ran.

use crate::engine::deferral::variant::{Instance, Variant, Variants};
use crate::engine::deferral::{Deferral, Deferred, Foreseen, Goal};
use crate::engine::facts::Facts;
use crate::engine::fields::Fields;
use crate::engine::live::{End, InTime, Look};
use crate::engine::objective::Asks;
use crate::engine::plain::Plain;
use crate::engine::sink::Sink;
use crate::engine::truth::{Moment, Tiered};
use crate::engine::world::World;
use crate::event::Value;
use crate::id::{CalendarId, CaseId, FieldId, Id, ObligationId, TierId};
use crate::time::{Duration, Instant};
use smallvec::SmallVec;

/// An instance that has ended.
struct Ended<'d> {
    instance: &'d Instance,
    promise: &'d Foreseen,
    goal: &'d Goal,
    ran: Ran,
}

/// What a clock counted.
#[derive(Clone, Copy)]
struct Ran {
    elapsed: Duration,
    /// Since when it ran last, and what it had counted before.
    since: Instant,
    before: Duration,
}

/// What is sure of a case before its instances are told.
#[derive(PartialEq, Eq)]
enum Told {
    /// All.
    All,
    /// Nothing: more is to be said than that all has ended in time.
    Late,
    /// Nothing, and it is not known why.
    Nothing,
}

impl Deferral {
    /// Says what has become of a case of which all instances have ended, where its rows tell that at once: that all have ended in time, or
    /// `anything`; false where they do not. What may go on rests then. The facts are lent: they are those of any case of its kind.
    #[inline]
    pub(in crate::engine) fn settle(
        &self,
        world: &World<'_>,
        variants: &mut Variants,
        facts: &mut Facts,
        case: &mut Deferred,
        (anything, sink): (bool, &mut Sink),
    ) -> bool {
        let Some(number) = case.variant(self, variants) else { return false };
        let told = if anything { Told::Nothing } else { self.tell_in_time(world, variants, number, case, sink) };
        let is_told = match told {
            Told::All => true,
            Told::Late => false,
            Told::Nothing => self.tell_any(world, variants.get(number), facts, case, (anything, sink)),
        };
        if !is_told {
            return false;
        }
        if !self.forgets {
            case.rest(self, variants);
        }
        true
    }

    /// Tells a case of a usual variant of which all instances have ended in time, and of which nothing unusual is asked.
    #[inline]
    fn tell_in_time(&self, world: &World<'_>, variants: &mut Variants, number: u32, case: &mut Deferred, sink: &mut Sink) -> Told {
        let kind = &world.kinds[case.kind];
        let (tier, nth) = match kind.tier_of(&case.fields, world.texts) {
            Ok(Tiered::InNone) => (None, 0),
            Ok(Tiered::In(tier)) => (Some(tier), tier.index() + 1),
            Ok(Tiered::Unknown(_)) | Err(_) => return Told::Nothing,
        };
        let Some(usual) = variants.usual(self, number, nth, sink) else { return Told::Nothing };
        if !self.forgets && case.is_long() {
            return Told::Nothing;
        }
        let mut all = [Duration::ZERO; Usual::MOST];
        for (usual, elapsed) in usual.iter().zip(&mut all) {
            let (start, end) = (case.row(usual.start).time, case.row(usual.end).time);
            if start < usual.sure.0 || usual.sure.1 < start {
                return Told::Nothing;
            }
            *elapsed = world.calendars[usual.calendar].open_between(start, end);
            if usual.quiet <= *elapsed {
                return Told::Late;
            }
        }
        for (usual, elapsed) in usual.iter().zip(all) {
            case.tell(usual.promise);
            let Usual { track, obligation, how, asks, .. } = *usual;
            if asks == Asks::Nothing {
                sink.count(track, how);
            } else {
                let (start, end) = (case.row(usual.start).time, case.row(usual.end).time);
                let instance = InTime { track, obligation, tier, start, due: None, end, how, elapsed };
                let reading = OfFields { world, kind: case.kind, keys: &world.obligation(obligation).keys, fields: &case.fields };
                sink.take_in_time_of(world, None, &instance, &reading);
            }
        }
        Told::All
    }

    /// Tells any case for which the facts can stand, if its rows say enough.
    fn tell_any(
        &self,
        world: &World<'_>,
        variant: &Variant,
        facts: &mut Facts,
        case: &mut Deferred,
        (anything, sink): (bool, &mut Sink),
    ) -> bool {
        facts.stand_for(&mut case.key, &case.fields);
        let is_told = self.tell(world, variant, facts, case, (anything, sink)).is_some();
        facts.stand_back(&mut case.key);
        is_told
    }

    /// The same of a case for which the facts stand; nothing where more is to be said than is known here.
    fn tell(
        &self,
        world: &World<'_>,
        variant: &Variant,
        facts: &Facts,
        case: &mut Deferred,
        (anything, sink): (bool, &mut Sink),
    ) -> Option<()> {
        let moment = Moment::of(world, facts, case.latest());
        let (tier, nth) = match moment.tier() {
            Tiered::InNone => (None, 0),
            Tiered::In(tier) => (Some(tier), tier.index() + 1),
            Tiered::Unknown(_) => return None,
        };
        let (mut all, mut shows) = (SmallVec::<[Ended<'_>; 4]>::new(), false);
        for instance in &variant.ended {
            let promise = &self.promises[usize::from(instance.promise)];
            if !promise.is_in_force(case.row(instance.start).time) {
                // Another start may have begun it that does nothing to an open one.
                if promise.once {
                    continue;
                }
                return None;
            }
            let Some(goal) = &promise.goals[nth] else { continue };
            let ran = ran(world, goal, instance, case)?;
            // A notice is told by an instance of which anything can be said.
            if promise.notifies && goal.alert.is_none_or(|alert| alert <= ran.elapsed) {
                return None;
            }
            let ended = Ended { instance, promise, goal, ran };
            shows |= ended.is_late() || sink.shows(instance.how.verdict());
            all.push(ended);
        }
        // Where clocks stood still or fields changed, more is to be said of what is shown than is known here.
        let is_simple = !shows || anything && !variant.moved && !case.has_more();
        if !is_simple || !self.forgets && case.is_long() {
            return None;
        }
        for ended in &all {
            let seq = case.tell(ended.instance.promise);
            if shows && (ended.is_late() || sink.shows(ended.instance.how.verdict())) {
                ended.show(&moment, case, (seq, tier), sink);
            } else {
                ended.count(&moment, case, tier, sink);
            }
        }
        Some(())
    }

    /// The instances of a variant that have ended, of cases of a tier, where none of them stood still, is shown, or is asked more of than
    /// of most.
    pub(super) fn usual(&self, variant: &Variant, nth: usize, sink: &Sink) -> Option<Vec<Usual>> {
        let usual = |instance: &Instance| {
            let promise = &self.promises[usize::from(instance.promise)];
            let Some(goal) = &promise.goals[nth] else { return Some(None) };
            let is_usual = instance.running
                && instance.runs.as_slice() == [(instance.start, instance.end)]
                && promise.asks != Asks::Anything
                && !sink.shows(instance.how.verdict());
            let alert = if promise.notifies { goal.alert? } else { goal.open };
            let Instance { promise: at, start, end, how, .. } = *instance;
            let (Foreseen { id, track, asks, term, .. }, calendar) = (promise, goal.calendar);
            let sure = (goal.sure.0.max(term.0), goal.sure.1.min(term.1.minus(Duration::micros(1))));
            let quiet = alert.min(goal.open);
            is_usual.then_some(Some(Usual {
                promise: at,
                start,
                end,
                how,
                asks: *asks,
                track: *track,
                obligation: *id,
                calendar,
                sure,
                quiet,
            }))
        };
        let all: Vec<Usual> = variant.ended.iter().map(usual).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        (all.len() <= Usual::MOST).then_some(all)
    }
}

/// An instance of a variant and tier that mostly ends in time, and of which nothing more is said then.
pub(super) struct Usual {
    promise: u8,
    start: u8,
    end: u8,
    how: End,
    asks: Asks,
    track: usize,
    obligation: ObligationId,
    calendar: CalendarId,
    /// The first and the last instant of those after which its target surely would be used up, and at which it may start.
    sure: (Instant, Instant),
    /// Where less has elapsed than this nothing is to be said of it.
    quiet: Duration,
}

impl Usual {
    /// So many of a variant are told at once.
    const MOST: usize = 8;
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

/// How long the clock of an instance ran that has ended, where it is sure that its target would be used up whenever it ran on.
#[inline(always)]
fn ran(world: &World<'_>, goal: &Goal, instance: &Instance, case: &Deferred) -> Option<Ran> {
    let days = &world.calendars[goal.calendar];
    let mut ran: Option<Ran> = None;
    for (from, to) in &instance.runs {
        let before = ran.map_or(Duration::ZERO, |ran| ran.elapsed);
        let (since, until) = (case.row(*from).time, case.row(*to).time);
        if !goal.is_sure(since) || goal.open <= before {
            return None;
        }
        ran = Some(Ran { elapsed: before.plus(days.open_between(since, until)), since, before });
    }
    ran.filter(|_| instance.running)
}

impl Ended<'_> {
    /// Where all of its target has elapsed it may have ended in time still: at the very instant of its due.
    #[inline]
    fn is_late(&self) -> bool {
        self.goal.open <= self.ran.elapsed
    }

    /// Nothing is said of it but that it ended in time.
    #[inline]
    fn count(&self, moment: &Moment<'_>, case: &Deferred, tier: Option<TierId>, sink: &mut Sink) {
        let Ended { instance, promise: &Foreseen { id: obligation, track, asks, .. }, goal, ran: Ran { elapsed, since, before } } = *self;
        let how = instance.how;
        if asks == Asks::Nothing {
            return sink.count(track, how);
        }
        let due = || moment.world.calendars[goal.calendar].advance(since, goal.open.minus(before));
        let due = if asks == Asks::Anything { due() } else { None };
        let (start, end) = (case.row(instance.start).time, case.row(instance.end).time);
        sink.take_in_time(moment, &InTime { track, obligation, tier, start, due, end, how, elapsed });
    }

    /// All is said of it, whose clock never stood still.
    #[inline(never)]
    fn show(&self, moment: &Moment<'_>, case: &Deferred, (seq, tier): (u32, Option<TierId>), sink: &mut Sink) {
        let Ended { instance, promise, goal, .. } = *self;
        let (first, last) = (case.row(instance.start), case.row(instance.end));
        let due = moment.world.calendars[goal.calendar].advance(first.time, goal.open).expect("it was sure to be used up");
        let kind = &moment.world.kinds[promise.kind];
        let of = kind.promises[promise.at].written.as_ref().expect("what is foreseen is written");
        Plain::ended((seq, goal.row, tier), &first.event(&[]), &last.event(&[]), instance.how, due).close(of, moment, sink);
    }
}
