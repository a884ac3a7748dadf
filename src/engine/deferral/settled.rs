//! What has become of a case that is judged late: one go over its rows finds when and how each of its instances ended.

use crate::engine::deferral::{Deed, Deferral, Deferred, Foreseen, Goal, Happened};
use crate::engine::facts::Facts;
use crate::engine::live::{End, InTime};
use crate::engine::objective::Asks;
use crate::engine::plain::Plain;
use crate::engine::sink::Sink;
use crate::engine::truth::{Moment, Tiered};
use crate::engine::world::World;
use crate::id::{Id, TierId};
use crate::time::{Calendar, Duration, Instant};
use smallvec::SmallVec;

/// The clock of a promise that began with its case, as far as rows have driven it. It knows less than that of `engine::clock`, and asks for
/// no due.
struct Clock<'d> {
    promise: &'d Foreseen,
    goal: &'d Goal,
    days: &'d Calendar,
    runs: bool,
    /// Since when it runs, and what the calendar showed then.
    since: Instant,
    shown: Duration,
    /// What it had counted before.
    counted: Duration,
    ended: Option<Ended<'d>>,
}

/// How an instance ended.
#[derive(Clone, Copy)]
struct Ended<'d> {
    promise: &'d Foreseen,
    goal: &'d Goal,
    row: &'d Happened,
    how: End,
    elapsed: Duration,
    /// Since when its clock ran last, and what it had counted before.
    ran: (Instant, Duration),
}

/// Those of a case.
type AllEnded<'d> = SmallVec<[Ended<'d>; 4]>;

/// More is to be said of an instance, or happens to it, than is known here.
struct Unforeseen;

impl Deferral {
    /// Says what has become of a case of which all has ended, where its rows tell that at once: that all has ended in time, or `anything`.
    /// The facts are lent: they are those of any case of its kind.
    #[inline]
    pub(in crate::engine) fn settle(
        &self,
        world: &World<'_>,
        facts: &mut Facts,
        case: &mut Deferred,
        anything: bool,
        sink: &mut Sink,
    ) -> bool {
        facts.stand_for(&mut case.key, &case.fields);
        let is_settled = self.settle_as(world, facts, case, anything, sink).is_ok();
        facts.stand_back(&mut case.key);
        is_settled
    }

    #[inline]
    fn settle_as(&self, world: &World<'_>, facts: &Facts, case: &Deferred, anything: bool, sink: &mut Sink) -> Result<(), Unforeseen> {
        let moment = Moment::of(world, facts, case.latest());
        let (tier, goal) = match moment.tier() {
            Tiered::InNone => (None, 0),
            Tiered::In(tier) => (Some(tier), tier.index() + 1),
            Tiered::Unknown(_) => return Err(Unforeseen),
        };
        let [first, later @ ..] = case.kept() else { return Err(Unforeseen) };
        let begun = self.promises.iter().filter(|promise| promise.is_in_force(first.time));
        let begun = begun.filter_map(|promise| Some((promise, promise.goals[goal].as_ref()?)));
        let mut all = AllEnded::new();
        if case.moved {
            self.ended_by_clocks(world, begun, (first.time, later), &mut all)?;
        } else {
            for begun in begun {
                all.push(self.ended(world, begun, first.time, later)?);
            }
        }
        let is_shown = |ended: &Ended<'_>, sink: &Sink| ended.is_late() || sink.shows(ended.how.verdict());
        let shows = all.iter().any(|ended| is_shown(ended, sink));
        // Where clocks stood still, more is to be said of what is shown than is known here.
        if shows && (case.moved || !anything) {
            return Err(Unforeseen);
        }
        for ended in &all {
            if shows && is_shown(ended, sink) {
                ended.show(&moment, first, tier, sink);
            } else {
                ended.count(&moment, first, tier, sink);
            }
        }
        Ok(())
    }

    /// How the instance of a promise ended whose clock never stood still.
    #[inline(always)]
    fn ended<'d>(
        &'d self,
        world: &World<'_>,
        (promise, goal): (&'d Foreseen, &'d Goal),
        start: Instant,
        later: &'d [Happened],
    ) -> Result<Ended<'d>, Unforeseen> {
        if !goal.is_sure(start) {
            return Err(Unforeseen);
        }
        let ends = |row: &'d Happened| Some((row, self.deed(row.what())?.ends(promise.bit)?));
        let (row, how) = later.iter().find_map(ends).ok_or(Unforeseen)?;
        let days = &world.calendars[goal.calendar];
        let elapsed = days.open_before(row.time).minus(days.open_before(start));
        Ended { promise, goal, row, how, elapsed, ran: (start, Duration::ZERO) }.unless_noticed()
    }

    /// How the instances of promises ended whose clocks may have stood still.
    fn ended_by_clocks<'d>(
        &'d self,
        world: &'d World<'_>,
        begun: impl Iterator<Item = (&'d Foreseen, &'d Goal)>,
        (start, later): (Instant, &'d [Happened]),
        all: &mut AllEnded<'d>,
    ) -> Result<(), Unforeseen> {
        let mut clocks: SmallVec<[Clock<'_>; 4]> = SmallVec::new();
        for (promise, goal) in begun {
            clocks.push(Clock::start(world, promise, goal, start)?);
        }
        let mut states = 0;
        for row in later {
            let deed = self.deed(row.what()).ok_or(Unforeseen)?;
            states = states & !deed.leaves | deed.enters;
            for clock in clocks.iter_mut().filter(|clock| clock.ended.is_none()) {
                clock.take(row, deed, states)?;
            }
        }
        for clock in &clocks {
            all.push(clock.ended.ok_or(Unforeseen)?);
        }
        Ok(())
    }
}

impl Ended<'_> {
    /// A notice is told by an instance of which anything can be said.
    #[inline]
    fn unless_noticed(self) -> Result<Self, Unforeseen> {
        let is_noticed = self.promise.notifies && self.goal.alert.is_none_or(|alert| alert <= self.elapsed);
        if is_noticed { Err(Unforeseen) } else { Ok(self) }
    }

    /// Where all of its target has elapsed it may have ended in time still: at the very instant of its due.
    #[inline]
    fn is_late(&self) -> bool {
        self.goal.open <= self.elapsed
    }

    /// Nothing is said of it but that it ended in time.
    #[inline]
    fn count(&self, moment: &Moment<'_>, first: &Happened, tier: Option<TierId>, sink: &mut Sink) {
        let Ended { promise: &Foreseen { id: obligation, track, asks, .. }, goal, row, how, elapsed, ran: (since, counted) } = *self;
        if asks == Asks::Nothing {
            return sink.count(track, how);
        }
        let due = || moment.world.calendars[goal.calendar].advance(since, goal.open.minus(counted));
        let due = if asks == Asks::Dues { due() } else { None };
        sink.take_in_time(moment, &InTime { track, obligation, tier, start: first.time, due, end: row.time, how, elapsed });
    }

    /// All is said of it, whose clock never stood still.
    #[inline(never)]
    fn show(&self, moment: &Moment<'_>, first: &Happened, tier: Option<TierId>, sink: &mut Sink) {
        let Ended { promise, goal, row, how, .. } = *self;
        let due = moment.world.calendars[goal.calendar].advance(first.time, goal.open).expect("it was sure to be used up");
        let kind = &moment.world.kinds[promise.kind];
        let of = kind.promises[promise.at].written.as_ref().expect("what is foreseen is written");
        Plain::ended((goal.row, tier), &first.event(), &row.event(), how, due).close(of, moment, sink);
    }
}

impl<'d> Clock<'d> {
    /// It starts with its case.
    #[inline]
    fn start(world: &'d World<'_>, promise: &'d Foreseen, goal: &'d Goal, start: Instant) -> Result<Clock<'d>, Unforeseen> {
        if !goal.is_sure(start) {
            return Err(Unforeseen);
        }
        let days = &world.calendars[goal.calendar];
        let shown = days.open_before(start);
        Ok(Clock { promise, goal, days, runs: true, since: start, shown, counted: Duration::ZERO, ended: None })
    }

    /// Takes a row, after which the case is in these states.
    #[inline]
    fn take(&mut self, row: &'d Happened, deed: &Deed, states: u32) -> Result<(), Unforeseen> {
        let Clock { promise, goal, .. } = *self;
        if (states & promise.pauses == 0) != self.runs {
            self.runs = !self.runs;
            if self.runs {
                (self.since, self.shown) = (row.time, self.days.open_before(row.time));
            } else {
                self.counted = self.counted.plus(self.days.open_before(row.time).minus(self.shown));
            }
            // Its target is used up, or it is not sure that it will be.
            if goal.open <= self.counted || !goal.is_sure(self.since) {
                return Err(Unforeseen);
            }
        }
        let Some(how) = deed.ends(promise.bit) else { return Ok(()) };
        if !self.runs {
            return Err(Unforeseen);
        }
        let elapsed = self.counted.plus(self.days.open_before(row.time).minus(self.shown));
        let ended = Ended { promise, goal, row, how, elapsed, ran: (self.since, self.counted) };
        self.ended = Some(ended.unless_noticed()?);
        Ok(())
    }
}
