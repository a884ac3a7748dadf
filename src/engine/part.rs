//! A part of an engine: some of the cases, and what is decided of them.

use crate::engine::case::{CaseState, Reach, Standing};
use crate::engine::cases::{AHEAD, At, Case, Cases, Place, Seat};
use crate::engine::counter::Counters;
use crate::engine::deferral::{Deferred, Happened, Kept, Variants};
use crate::engine::exclusion::Exclusions;
use crate::engine::facts::Facts;
use crate::engine::recurring::Recurring;
use crate::engine::sink::Sink;
use crate::engine::span::Spans;
use crate::engine::watchers;
use crate::engine::world::World;
use crate::engine::{Happening, Tally, Verdict};
use crate::event::{Changes, Event, Events, KeyList, Stored};
use crate::id::{AgreementId, CaseId, ClassId, StateId, Table};
use crate::plan::Track;
use crate::time::Instant;

/// So many cases that are over are settled together: what is done to each lies near the core then.
const TOGETHER: usize = 64;

/// Judges the events of its cases one after another.
pub(super) struct Part {
    pub(super) cases: Cases,
    pub(super) recurring: Vec<Recurring>,
    pub(super) counters: Counters,
    pub(super) exclusions: Exclusions,
    pub(super) spans: Spans,
    /// When each agreement's claims were made.
    pub(super) claims: Table<AgreementId, Vec<Instant>>,
    pub(super) sink: Sink,
    /// Cases of which instances ended at the latest instant.
    pub(super) closing: Vec<usize>,
    /// Cases that are not judged yet, and of which all that was promised has ended, in the order of their ends.
    pub(super) over: Vec<usize>,
    /// Those before them of which more is to be said than that all has ended in time.
    pub(super) late: Vec<usize>,
    /// Lent to cases of each kind that have none of their own.
    facts: Table<CaseId, Option<Facts>>,
    /// What cases of each kind were seen to go through that are not judged yet.
    variants: Table<CaseId, Variants>,
    pub(super) now: Instant,
    /// The states that the row at hand entered and left.
    entered: Vec<StateId>,
    left: Vec<StateId>,
    pub(super) tally: Tally,
}

impl Part {
    /// A part that has seen nothing; the first has what is of no case.
    pub(super) fn new(world: &World<'_>, keep: &[Verdict], is_first: bool) -> Part {
        let plan = world.plan;
        let has_no_case = |(_, track): &(usize, &Track)| is_first && !plan.obligations[track.0[0]].follows_a_case();
        Part {
            cases: Cases::new(plan),
            recurring: plan.tracks.iter().enumerate().filter(has_no_case).map(|(at, track)| Recurring::new(world, at, track)).collect(),
            counters: Counters::new(plan),
            exclusions: Exclusions::new(world),
            spans: Spans::new(plan),
            claims: plan.agreements.iter().map(|_| Vec::new()).collect(),
            sink: Sink::new(plan, keep),
            closing: Vec::new(),
            over: Vec::new(),
            late: Vec::new(),
            facts: plan.cases.iter().map(|_| None).collect(),
            variants: plan.cases.iter().map(|_| Variants::new(world.classes.ids().count())).collect(),
            now: Instant::FIRST,
            entered: Vec::new(),
            left: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Takes an event, and counts it.
    pub(super) fn event(&mut self, world: &World<'_>, event: &Event<'_>) {
        if event.event.is_some() {
            self.tally.events += 1;
            let in_term = world.agreements.iter().any(|a| a.from <= event.time && event.time < a.to);
            self.tally.outside += u64::from(!in_term);
        }
        self.turn_to(world, event.time);
        self.counters.count_alone(world, event);
        let class = event.event.map(|what| world.classes.class(world, what, event.own));
        self.judge(world, (event, class), event.case.map_or_else(Place::default, |(kind, key)| Place::unseen(kind, key)));
    }

    /// Takes events whose rows were counted before, in their order.
    #[inline(never)]
    pub(super) fn judge_all(&mut self, world: &World<'_>, events: &Events) {
        let mut places = [Place::default(); AHEAD];
        let mut all = events.stored();
        for from in (0..events.len()).step_by(AHEAD) {
            let block = from..events.len().min(from + AHEAD);
            self.cases.look_ahead(events.hashes(block.clone()), &mut places);
            for (place, stored) in places[..block.len()].iter().zip(&mut all) {
                self.turn_to(world, stored.time());
                if world.counting.counts_alone(stored.what()) {
                    self.counters.count_alone(world, &stored.event());
                }
                let class = stored.what().map(|what| world.classes.class(world, what, stored.own()));
                if !self.put_off(world, (&stored, class), *place) {
                    self.judge(world, (&stored.event(), class), *place);
                }
            }
            if self.over.len() >= TOGETHER {
                self.settle(world);
            }
            if self.late.len() >= TOGETHER {
                self.settle_late(world);
            }
        }
    }

    /// Time goes on to an instant.
    #[inline]
    fn turn_to(&mut self, world: &World<'_>, time: Instant) {
        if self.now < time {
            if !self.closing.is_empty() {
                self.close_instant(world);
            }
            self.now = time;
        }
    }

    /// Only keeps an event of a case, if it need not be judged before all instances of the case have ended. Where instances that are met
    /// are shown, each has a record.
    #[inline]
    fn put_off(&mut self, world: &World<'_>, (stored, class): (&Stored<'_>, Option<ClassId>), place: Place) -> bool {
        let Part { cases, sink, variants, now, .. } = self;
        let (Some((kind, key)), Some(class)) = (stored.case(), class) else { return false };
        let Some(deferral) = &world.kinds[kind].deferral else { return false };
        if !deferral.knows(class) || sink.shows(Verdict::Met) {
            return false;
        }
        let Some(row) = Happened::of(stored, class) else { return false };
        let variants = &mut variants[kind];
        let at = match cases.known(place, kind, key).or_else(|| cases.find(place.hash, kind, key)) {
            Some(at) => at,
            None if !cases.defers(kind) => return false,
            None => match cases.appear(world, (kind, key), place.hash) {
                Some(at) => at,
                // It was forgotten: nothing more is to be done.
                None => return true,
            },
        };
        let At::Deferred(nth) = at else { return false };
        let case = cases.deferred(nth);
        let kept = match case.go_on(world, (deferral, variants), stored.fields(), row) {
            None if case.was_over_before(*now) => self.settle_and_go_on(world, nth, stored.fields(), row),
            kept => kept,
        };
        if kept == Some(Kept::IsLast) {
            self.over.push(nth);
        }
        if world.watches && kept.is_some() && stored.what().is_some_and(|event| world.watched[event]) {
            self.watch_deferred(world, nth, &stored.event());
        }
        kept.is_some()
    }

    /// What else looks at an event of a case that is not judged yet does so now.
    fn watch_deferred(&mut self, world: &World<'_>, nth: usize, event: &Event<'_>) {
        let Part { cases, facts, recurring, counters, exclusions, claims, sink, .. } = self;
        let case = cases.deferred(nth);
        let lent = lent(facts, world, case, exclusions);
        lent.stand_for(&mut case.key, &case.fields);
        let happening = Happening { event: event.event, ..Happening::default() };
        watchers::watch(world, (counters, claims, recurring, exclusions), Some(lent), happening, event, sink);
        lent.stand_back(&mut case.key);
    }

    /// A row does more to a case than is known of one whose instances were not told, though all of them have ended: they are told first.
    #[cold]
    fn settle_and_go_on(&mut self, world: &World<'_>, nth: usize, fields: &Changes, row: Happened) -> Option<Kept> {
        if !self.settle_one(world, nth, true) {
            return None;
        }
        let case = self.cases.deferred(nth);
        let deferral = world.kinds[case.kind].deferral.as_ref()?;
        case.go_on(world, (deferral, &mut self.variants[case.kind]), fields, row)
    }

    /// Judges an event of now; its case was seen at a place, if anywhere.
    #[inline(never)]
    fn judge(&mut self, world: &World<'_>, (event, class): (&Event<'_>, Option<ClassId>), place: Place) {
        let Part { cases, recurring, counters, exclusions, spans, claims, sink, closing, entered, left, .. } = self;
        if !world.exclusions.is_empty() {
            exclusions.advance(world, event.time);
        }
        let Some((kind, key)) = event.case else {
            let happening = Happening { event: event.event, ..Happening::default() };
            return watchers::watch(world, (counters, claims, recurring, exclusions), None, happening, event, sink);
        };
        let known = cases.known(place, kind, key).map(Seat::again);
        let Some(Seat { at, is_new }) = known.or_else(|| cases.open(world, kind, key, place.hash, exclusions)) else { return };
        let slot = match at {
            At::Judged(slot) => slot,
            At::Deferred(nth) => {
                let (slot, standing) = take_up(world, cases, nth, (exclusions, event.time), sink);
                match standing {
                    Standing::Open => {}
                    Standing::Closing => closing.push(slot),
                    Standing::Spent => return cases.forget(slot),
                }
                slot
            }
        };
        let case = cases.judged(slot);
        let of_kind = &world.kinds[kind];
        let effect = of_kind.effect(class);
        if is_new && let Some(begins) = &effect.begins {
            if case.begin(world, of_kind, (effect, begins), event, sink) {
                closing.push(slot);
            }
            return;
        }
        let reach = case.reach(world, of_kind, effect, event, case.facts.has_taken(exclusions));
        if reach == Reach::Acting
            && !world.watches
            && let Some(ends) = effect.ends
            && let Some(ended) = case.end_plain(world, of_kind, (effect, ends), event, sink)
        {
            if ended {
                closing.push(slot);
            }
            return;
        }
        if reach == Reach::All && !world.exclusions.is_empty() {
            case.elapse_by_exclusions(world, exclusions, event.time, sink);
        }
        case.turn_to(world, effect, reach, event, (entered, left), sink);
        let happening = Happening { event: event.event, entered, left };
        if reach == Reach::All && case.facts.has_more() {
            case.facts.states_changed(world, happening, event, exclusions, spans);
        }
        if world.watches {
            watchers::watch(world, (counters, claims, recurring, exclusions), Some(&case.facts), happening, event, sink);
        }
        if case.judge(world, effect, reach, happening, event, sink) {
            closing.push(slot);
        }
    }

    /// Takes note of cases a row of which changes nothing.
    pub(super) fn note(&mut self, keys: &KeyList) {
        self.cases.note(keys);
    }

    /// The latest instant is over: what ended at it is read, and cases of which nothing more can be said are forgotten.
    #[inline(never)]
    fn close_instant(&mut self, world: &World<'_>) {
        let Part { cases, sink, closing, .. } = self;
        for slot in closing.drain(..) {
            if cases.judged(slot).close_instant(world, sink) {
                cases.forget(slot);
            }
        }
    }

    /// Says what has become of cases of which all instances have ended, but for those to which more can happen at the latest instant.
    fn settle(&mut self, world: &World<'_>) {
        let mut over = std::mem::take(&mut self.over);
        let mut settled = 0;
        for nth in over.iter().copied() {
            let case = self.cases.deferred(nth);
            if case.was_over_before(self.now) {
                if !self.settle_one(world, nth, false) {
                    self.late.push(nth);
                }
            } else if case.is_over() {
                // They lie in the order of their times.
                break;
            }
            // One that is not over goes on since, and another may be in its place.
            settled += 1;
        }
        over.drain(..settled);
        self.over = over;
    }

    /// The same of those of which more is to be said than that all has ended in time.
    fn settle_late(&mut self, world: &World<'_>) {
        let mut late = std::mem::take(&mut self.late);
        late.retain(|nth| self.cases.deferred(*nth).was_over_before(self.now) && !self.settle_one(world, *nth, true));
        // To judge one row after another is other code, as much again: behind all others it is fetched once. A place that was used again
        // may stand here twice.
        for nth in late.drain(..) {
            if self.cases.deferred(nth).was_over_before(self.now) {
                let Part { cases, sink, exclusions, .. } = self;
                if let (slot, Standing::Spent) = take_up(world, cases, nth, (exclusions, Instant::NEVER), sink) {
                    cases.forget(slot);
                }
            }
        }
        self.late = late;
    }

    /// Says what has become of a case of which all instances have ended, if its rows tell that at once: that all has ended in time, or
    /// anything. It is forgotten then, or rests.
    #[inline]
    fn settle_one(&mut self, world: &World<'_>, nth: usize, anything: bool) -> bool {
        let Part { cases, sink, facts, exclusions, variants, .. } = self;
        let case = cases.deferred(nth);
        let kind = case.kind;
        let Some(deferral) = &world.kinds[kind].deferral else { return false };
        let lent = lent(facts, world, case, exclusions);
        let is_told = deferral.settle(world, &mut variants[kind], lent, case, (anything, sink));
        if is_told && deferral.forgets {
            cases.forget_deferred(nth);
        }
        is_told
    }

    /// Judges what is open, as of an instant.
    fn end(mut self, world: &World<'_>, as_of: Instant) -> Ended {
        self.turn_to(world, Instant::NEVER);
        self.settle(world);
        self.settle_late(world);
        let Part { cases, mut recurring, counters, mut exclusions, mut spans, claims, mut sink, mut facts, mut variants, tally, .. } = self;
        exclusions.advance(world, as_of);
        let seen = cases.len();
        let mut finish = |case: &mut CaseState, sink: &mut Sink| {
            if !world.exclusions.is_empty() {
                case.elapse_by_exclusions(world, &exclusions, as_of, sink);
            }
            case.elapse(world, as_of, true, sink);
            case.finish(world, as_of, &mut spans, sink);
        };
        cases.drain(|case| match case {
            Case::Judged(case) => finish(case, &mut sink),
            Case::Deferred(kept) => {
                let lent = lent(&mut facts, world, kept, &exclusions);
                let deferral = world.kinds[kept.kind].deferral.as_ref();
                if deferral.is_some_and(|deferral| deferral.settle_at_last(world, &mut variants[kept.kind], lent, kept, &mut sink)) {
                    return;
                }
                let mut case = CaseState::new(world, kept.kind, kept.key.lend(), &exclusions);
                if case.catch_up(world, &kept.take(world), Instant::NEVER, &mut sink) != Standing::Spent {
                    finish(&mut case, &mut sink);
                }
            }
        });
        for duty in &mut recurring {
            duty.finish(world, &exclusions, as_of, &mut sink);
        }
        sink.sort(world.texts);
        Ended { cases: seen, sink, counters, spans, claims, tally }
    }
}

/// Facts that can stand for a case that has none.
#[inline]
fn lent<'f>(facts: &'f mut Table<CaseId, Option<Facts>>, world: &World<'_>, case: &Deferred, exclusions: &Exclusions) -> &'f mut Facts {
    facts[case.kind].get_or_insert_with(|| Facts::new(world, case.kind, case.key.lend(), exclusions))
}

/// A case of which rows were kept is judged as of an instant, and from now on: its place, and how it stands.
fn take_up(
    world: &World<'_>,
    cases: &mut Cases,
    nth: usize,
    (exclusions, now): (&Exclusions, Instant),
    sink: &mut Sink,
) -> (usize, Standing) {
    let (slot, mut kept) = cases.take_up(world, nth, exclusions);
    (slot, cases.judged(slot).catch_up(world, &kept.take(world), now, sink))
}

/// What parts of an engine leave when nothing is to come.
pub(super) struct Ended {
    /// How many cases were seen.
    pub(super) cases: u64,
    /// In the order of reports.
    pub(super) sink: Sink,
    pub(super) counters: Counters,
    pub(super) spans: Spans,
    pub(super) claims: Table<AgreementId, Vec<Instant>>,
    pub(super) tally: Tally,
}

impl Ended {
    /// What all parts leave as of an instant; each is judged to its end by a thread of its own.
    pub(super) fn of(parts: Vec<Part>, world: &World<'_>, as_of: Instant) -> Ended {
        let mut parts = parts.into_iter();
        let first = parts.next().expect("an engine has a part");
        std::thread::scope(|scope| {
            let others: Vec<_> = parts.map(|part| scope.spawn(move || part.end(world, as_of))).collect();
            let mut all = first.end(world, as_of);
            if others.is_empty() {
                return all;
            }
            for other in others {
                all.absorb(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            all.sink.sort(world.texts);
            all
        })
    }

    /// Takes what another part leaves.
    fn absorb(&mut self, other: Ended) {
        let Ended { cases, sink, counters, spans, claims, tally } = other;
        self.cases += cases;
        self.sink.absorb(sink);
        self.counters.absorb(counters);
        self.spans.absorb(spans);
        self.tally.add(tally);
        for (claims, more) in self.claims.iter_mut().zip(claims.iter()) {
            claims.extend(more);
            claims.sort();
        }
    }
}
