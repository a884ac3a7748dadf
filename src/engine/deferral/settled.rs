//! What has become of a case that is judged late: its variant says which rows began and ended each instance, and their times how long
//! its clock ran.

use crate::engine::deferral::usual::Told;
use crate::engine::deferral::variant::{Instance, Variant, Variants};
use crate::engine::deferral::{Deferral, Deferred, Foreseen, Goal};
use crate::engine::facts::Facts;
use crate::engine::live::InTime;
use crate::engine::objective::Asks;
use crate::engine::plain::{Aim, Plain, due_of};
use crate::engine::sink::Sink;
use crate::engine::truth::Moment;
use crate::engine::world::World;
use crate::id::{ObligationId, TierId};
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
    /// Of a named instant: when it was due.
    due: Option<Instant>,
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
        let told = if anything { Told::Unusual } else { self.tell_as_usual(world, variants, number, case, sink) };
        let is_told = match told {
            Told::All => true,
            Told::Late => false,
            Told::Unusual => self.tell_any(world, variants.get(number), facts, case, (anything, sink)),
        };
        if is_told && !self.forgets {
            case.count_stages(variants.get(number), &mut sink.funnels);
            case.rest(self, variants);
        }
        is_told
    }

    /// Says at the end of the log what has become of a case, if none of its instances is open and its rows tell that.
    pub(in crate::engine) fn settle_at_last(
        &self,
        world: &World<'_>,
        variants: &mut Variants,
        facts: &mut Facts,
        case: &mut Deferred,
        sink: &mut Sink,
    ) -> bool {
        let Some(number) = case.variant(self, variants) else { return false };
        let is_closed = variants.get(number).open.is_empty();
        let mut settle = |anything| self.settle(world, variants, facts, case, (anything, sink));
        is_closed && (settle(false) || settle(true))
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
        let tier = moment.tier().known()?;
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
            let Some(goal) = promise.goal(tier) else { continue };
            let ran = ran(world, promise, goal, instance, case)?;
            // A notice is told by an instance of which anything can be said.
            if promise.notifies && goal.aim.alert.is_none_or(|alert| alert <= ran.elapsed) {
                return None;
            }
            let ended = Ended { instance, promise, goal, ran };
            let is_shown = ended.is_late(case) || sink.shows(instance.how.verdict());
            // What may be reopened is shown by an instance of which anything can be said.
            if is_shown && promise.reopens {
                return None;
            }
            shows |= is_shown;
            all.push(ended);
        }
        // Where clocks stood still or fields changed, more is to be said of what is shown than is known here.
        let is_simple = !shows || anything && !variant.moved && !case.has_more();
        if !is_simple || !self.forgets && case.is_long() {
            return None;
        }
        for ended in &all {
            let seq = case.tell(ended.promise.at);
            if shows && (ended.is_late(case) || sink.shows(ended.instance.how.verdict())) {
                ended.show(&moment, case, (seq, tier), sink);
            } else {
                ended.count(&moment, case, tier, sink);
            }
        }
        Some(())
    }
}

/// How long the clock of an instance ran that has ended; nothing where that is not known, or not when its target would be used up.
#[inline]
fn ran(world: &World<'_>, promise: &Foreseen, goal: &Goal, instance: &Instance, case: &Deferred) -> Option<Ran> {
    let days = &world.calendars[goal.aim.calendar];
    let Some(open) = goal.aim.open else {
        // A pause moves a named instant by what it took.
        let (since, end) = (case.row(instance.start).time, case.row(instance.end).time);
        let due = due_at(world, promise.id, goal.aim, since).filter(|_| instance.never_stood_still())?;
        return Some(Ran { elapsed: days.elapsed(since, end), since, before: Duration::ZERO, due: Some(due) });
    };
    let mut ran: Option<Ran> = None;
    for (from, to) in &instance.runs {
        let before = ran.map_or(Duration::ZERO, |ran| ran.elapsed);
        let (since, until) = (case.row(*from).time, case.row(*to).time);
        if !goal.is_sure(since) || open <= before {
            return None;
        }
        ran = Some(Ran { elapsed: before.plus(days.open_between(since, until)), since, before, due: None });
    }
    ran.filter(|_| instance.running)
}

/// When a named instant is due that counts from `start` on.
#[inline]
pub(super) fn due_at(world: &World<'_>, obligation: ObligationId, aim: Aim, start: Instant) -> Option<Instant> {
    due_of(world, obligation, aim, start).map(|(due, _)| due).filter(|due| *due <= Instant::LAST)
}

impl Ended<'_> {
    /// It may have ended after its target was used up; or in time still, at the very instant of its due.
    #[inline]
    fn is_late(&self, case: &Deferred) -> bool {
        match self.goal.aim.open {
            Some(open) => open <= self.ran.elapsed,
            None => self.ran.due.is_none_or(|due| due < case.row(self.instance.end).time),
        }
    }

    /// When it was due.
    #[inline]
    fn due(&self, world: &World<'_>) -> Option<Instant> {
        let (Aim { open, calendar, .. }, Ran { since, before, due, .. }) = (self.goal.aim, self.ran);
        open.map_or(due, |open| world.calendars[calendar].advance(since, open.minus(before)))
    }

    /// Nothing is said of it but that it ended in time.
    #[inline]
    fn count(&self, moment: &Moment<'_>, case: &Deferred, tier: Option<TierId>, sink: &mut Sink) {
        let Ended { instance, promise: &Foreseen { id: obligation, track, asks, .. }, ran: Ran { elapsed, .. }, .. } = *self;
        let how = instance.how;
        if asks == Asks::Nothing {
            return sink.count(track, how);
        }
        let due = if asks == Asks::Anything { self.due(moment.world) } else { None };
        let (start, end) = (case.row(instance.start).time, case.row(instance.end).time);
        sink.take_in_time(moment, &InTime { track, obligation, tier, start, due, end, how, elapsed });
    }

    /// All is said of it, whose clock never stood still.
    #[inline(never)]
    fn show(&self, moment: &Moment<'_>, case: &Deferred, (seq, tier): (u32, Option<TierId>), sink: &mut Sink) {
        let Ended { instance, promise, goal, .. } = *self;
        let (first, last) = (case.row(instance.start), case.row(instance.end));
        let due = self.due(moment.world).expect("it was sure to be used up");
        let kind = &moment.world.kinds[promise.kind];
        let of = kind.promises[promise.at].written.as_ref().expect("what is foreseen is written");
        Plain::ended((seq, goal.aim.row, tier), &first.event(moment.world, &[]), &last.event(moment.world, &[]), instance.how, due)
            .close(of, moment, sink);
    }
}
