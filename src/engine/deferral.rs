//! Cases that are judged late: until all that was promised to one has ended, its rows are only kept.
//!
//! Most cases have a few rows, and all that they were promised ends in time. That is seen in one go over the rows, and the case is
//! forgotten without ever having been more than them. Of any other case the rows are judged one after another, as if they came now: one
//! of which a record is shown, to which anything else happens, or that has more rows.

use crate::engine::facts::Facts;
use crate::engine::fields::Fields;
use crate::engine::live::{End, InTime};
use crate::engine::matcher::is_by_event;
use crate::engine::objective::Asks;
use crate::engine::plain::{Aim, Plain, Written};
use crate::engine::promise::{Act, Promise, Role};
use crate::engine::sink::Sink;
use crate::engine::truth::{Moment, Tiered};
use crate::engine::world::{Effect, OfKind, World};
use crate::event::{Changes, Event, Key, KeyRef, Origin, Short, Stored, packed};
use crate::id::{CalendarId, CaseId, EventId, Id, ObligationId, StateId, Table, TierId};
use crate::plan::{Plan, StateWhen};
use crate::time::{Calendar, Duration, Instant};
use smallvec::SmallVec;

/// So many rows are kept of a case. Most that have more are not over soon.
const MOST: usize = 6;

/// A case that is not judged yet: its first fields, and the rows that were kept of it. Its memory is left for another when it is gone.
// In three lines of memory: what most rows look at is in the first.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Deferred {
    pub(super) key: Key<Box<str>>,
    pub(super) kind: CaseId,
    /// The promises that its rows end, by bits.
    ended: u32,
    /// How many rows were kept; none where there is no case.
    count: u8,
    /// Something has happened to it since cases were last put to sleep.
    pub(super) stirred: bool,
    /// All that was promised has ended, with a row of the latest instant.
    is_over: bool,
    /// It may have entered states.
    moved: bool,
    rows: [Happened; MOST],
    fields: Fields,
}

/// A row that is an event and nothing else: which one of how many, and where it stands, in few bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Happened {
    time: Instant,
    line: u32,
    file: u16,
    event: u16,
}

impl Happened {
    /// Of an event, if its numbers are not too large, as those of most are not.
    #[inline]
    pub(super) fn of(stored: &Stored<'_>) -> Option<Happened> {
        let (Origin { file, line }, event) = (stored.origin(), stored.what()?);
        Some(Happened { time: stored.time(), line, file: file.try_into().ok()?, event: event.index().try_into().ok()? })
    }

    #[inline]
    fn what(self) -> Option<EventId> {
        Some(EventId::from_index(self.event.into()))
    }

    fn event(self) -> Event<'static> {
        let origin = Origin { file: self.file.into(), line: self.line };
        Event { time: self.time, case: None, event: self.what(), fields: &[], own: &[], origin }
    }
}

/// What a row is to a case that is not judged yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    GoesOn,
    /// With it all that was promised has ended.
    IsLast,
}

impl Deferred {
    /// The memory of one.
    pub(super) fn vacant(kind: CaseId) -> Deferred {
        Deferred {
            key: Key::Short(Short::EMPTY),
            kind,
            ended: 0,
            count: 0,
            stirred: false,
            is_over: false,
            moved: false,
            rows: [Happened::default(); MOST],
            fields: Fields::default(),
        }
    }

    /// Begins with the first row of a case.
    #[inline]
    pub(super) fn begin(&mut self, world: &World<'_>, kind: CaseId, key: KeyRef<'_>, fields: &Changes, row: Happened) {
        (self.key, self.kind) = (key.to_kept(), kind);
        (self.ended, self.count, self.stirred, self.is_over, self.moved) = (0, 1, true, false, false);
        self.rows[0] = row;
        self.fields.forget(world.plan.cases[kind].fields.len());
        self.fields.take(world, kind, fields);
    }

    /// The case is gone.
    #[inline]
    pub(super) fn vacate(&mut self) {
        self.count = 0;
    }

    /// Whether there is no case.
    #[inline]
    pub(super) fn is_vacant(&self) -> bool {
        self.count == 0
    }

    /// Whether all that was promised has ended, with a row of the latest instant.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.is_over && !self.is_vacant()
    }

    /// When the row was that was kept last.
    #[inline]
    pub(super) fn latest(&self) -> Instant {
        self.kept().last().map_or(Instant::FIRST, |row| row.time)
    }

    #[inline]
    fn kept(&self) -> &[Happened] {
        &self.rows[..usize::from(self.count).min(MOST)]
    }

    /// Takes it apart: its fields, and its rows as they came.
    pub(super) fn take(&mut self) -> (Fields, impl Iterator<Item = Event<'static>> + use<>) {
        let count = std::mem::take(&mut self.count);
        (std::mem::take(&mut self.fields), self.rows.into_iter().take(count.into()).map(Happened::event))
    }

    /// Reads a little of it, from its beginning to its end.
    #[inline]
    pub(super) fn touch(&self) -> i64 {
        // Of each of its lines something, whatever it says: none waits for another.
        i64::from(self.ended) ^ self.rows[2].time.as_micros() ^ self.fields.all().len() as i64
    }

    /// Keeps another row, if it does no more to the case than is known of it, and there is room.
    #[inline]
    pub(super) fn go_on(&mut self, world: &World<'_>, deferral: &Deferral, deed: &Deed, fields: &Changes, row: Happened) -> Option<Kept> {
        let at = usize::from(self.count);
        // What comes after the instant at which all has ended changes nothing.
        if self.is_over && self.latest() < row.time {
            return Some(Kept::GoesOn);
        }
        if at >= MOST || !fields.is_empty() && self.fields.would_change(world, self.kind, fields) {
            return None;
        }
        if deed.is_nothing() {
            return Some(Kept::GoesOn);
        }
        self.rows[at] = row;
        self.count += 1;
        self.ended |= deed.stops | deed.cancels;
        self.moved |= deed.enters != 0;
        if self.is_over || self.ended != deferral.all {
            return Some(Kept::GoesOn);
        }
        self.is_over = true;
        Some(Kept::IsLast)
    }

    /// Packs it, its kind and its key first.
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        let Deferred { key, kind, ended, count: _, stirred: _, is_over, moved, rows: _, fields } = self;
        packed::put_id(out, *kind);
        packed::put_bytes(out, key.bytes());
        packed::put(out, (*ended).into());
        out.push((*is_over).into());
        out.push((*moved).into());
        packed::put_list(out, self.kept(), |out, Happened { time, line, file, event }| {
            packed::put_time(out, *time);
            packed::put_origin(out, Origin { file: (*file).into(), line: *line });
            packed::put(out, (*event).into());
        });
        fields.pack(out);
    }

    pub(super) fn unpack(from: &mut &[u8]) -> Option<Deferred> {
        let (kind, key) = (packed::take_id(from)?, KeyRef::of(packed::take_bytes(from)?)?.to_kept());
        let ended = packed::take_small(from)?;
        let (is_over, moved) = (*from.split_off_first()? != 0, *from.split_off_first()? != 0);
        let mut all = Deferred { key, ended, is_over, moved, count: u8::try_from(packed::take(from)?).ok()?, ..Deferred::vacant(kind) };
        for row in all.rows.get_mut(..usize::from(all.count))? {
            let (time, Origin { file, line }) = (packed::take_time(from)?, packed::take_origin(from)?);
            *row = Happened { time, line, file: file.try_into().ok()?, event: packed::take(from)?.try_into().ok()? };
        }
        all.fields = Fields::unpack(from)?;
        Some(all)
    }
}

/// A kind of case of which all rows may be kept until it is over, for each of them says by itself what it does. Found out before a log is
/// read.
pub(super) struct Deferral {
    /// What each event does; nothing where that is more than is known here.
    deeds: Table<EventId, Option<Deed>>,
    promises: Vec<Foreseen>,
    /// All promises, by bits.
    all: u32,
}

/// A promise of which all is known that can happen to it.
struct Foreseen {
    id: ObligationId,
    track: usize,
    /// Its place among those of its kind of case, and the bit of that.
    kind: CaseId,
    at: usize,
    bit: u32,
    /// The states in which its clock stands still, by their slots' bits.
    pauses: u32,
    notifies: bool,
    asks: Asks,
    /// The first instant of its agreement's term, and the first after it.
    term: (Instant, Instant),
    /// What is aimed at for each tier, behind that for no tier.
    goals: Box<[Option<Goal>]>,
}

/// So much open time of a calendar: a row of its targets.
struct Goal {
    row: u32,
    calendar: CalendarId,
    open: Duration,
    /// After so much of it the first notice is given, if there is one and not at once.
    alert: Option<Duration>,
    /// From when to when it is sure that it will be used up if its clock runs on.
    sure: (Instant, Instant),
}

/// The clock of a promise that began with its case, as far as rows have driven it.
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

/// What an event does to a case: the promises and the states that it reaches, by bits.
#[derive(Clone, Copy, Default)]
pub(super) struct Deed {
    /// As the first of a case it starts all that is promised, and does no more.
    pub(super) begins: bool,
    stops: u32,
    cancels: u32,
    enters: u32,
    leaves: u32,
}

impl Deferral {
    /// Of a kind of case to which nothing happens but by the events of its cases, one at a time, and of which cases are forgotten.
    pub(super) fn new(
        plan: &Plan,
        id: CaseId,
        (promises, calendars): (&Table<ObligationId, Promise<'_>>, &Table<CalendarId, Calendar>),
        of_kind: &[OfKind],
        effects: &Table<EventId, Effect>,
    ) -> Option<Deferral> {
        let case = &plan.cases[id];
        let written: Vec<&Written> = of_kind.iter().map(|promise| promise.written.as_ref()).collect::<Option<_>>()?;
        let is_by_event = |state: &StateId| match &plan.states[*state].when {
            StateWhen::Between(from, to) => is_by_event(from) && is_by_event(to),
            StateWhen::Holds(_) => false,
        };
        let is_foreseen = written.iter().all(|of| of.is_over_once_ended())
            && of_kind.iter().all(|promise| promise.by_states.is_none())
            && case.states.iter().all(is_by_event)
            && case.since.is_empty();
        if !is_foreseen || written.len().max(case.states.len()) > u32::BITS as usize {
            return None;
        }
        let deeds: Table<EventId, Option<Deed>> = effects.iter().map(|effect| Deed::of(effect, written.len())).collect();
        let foreseen = |(at, of): (usize, &Written)| Foreseen::new((at, id), of, &promises[of.id], calendars, Asks::of(plan, of.id));
        let promises: Vec<Foreseen> = written.into_iter().enumerate().map(foreseen).collect();
        let all = promises.iter().fold(0, |all, promise| all | promise.bit);
        let is_begun = deeds.iter().flatten().any(|deed| deed.begins);
        is_begun.then_some(Deferral { deeds, promises, all })
    }

    /// What an event does, if that is known of it alone.
    #[inline]
    pub(super) fn deed(&self, event: Option<EventId>) -> Option<&Deed> {
        self.deeds[event?].as_ref()
    }

    /// Says what has become of a case of which all has ended, where its rows tell that at once: that all has ended in time, or `anything`.
    /// The facts are lent: they are those of any case of its kind.
    #[inline]
    pub(super) fn settle(&self, world: &World<'_>, facts: &mut Facts, case: &mut Deferred, anything: bool, sink: &mut Sink) -> bool {
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
        // Where clocks stood still, more is to be said of what is shown than is known here.
        if (case.moved || !anything) && all.iter().any(|ended| is_shown(ended, sink)) {
            return Err(Unforeseen);
        }
        for ended in &all {
            if is_shown(ended, sink) {
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

impl Goal {
    /// Whether it is sure that it will be used up by a clock that runs from here on.
    #[inline]
    fn is_sure(&self, t: Instant) -> bool {
        self.sure.0 <= t && t <= self.sure.1
    }
}

impl Foreseen {
    /// Whether its agreement is in force at an instant.
    #[inline]
    fn is_in_force(&self, t: Instant) -> bool {
        self.term.0 <= t && t < self.term.1
    }

    /// Of the promise that has this place among those of its kind of case.
    fn new(
        (at, kind): (usize, CaseId),
        of: &Written,
        promise: &Promise<'_>,
        calendars: &Table<CalendarId, Calendar>,
        asks: Asks,
    ) -> Foreseen {
        let goal = |aim: &Option<Aim>| {
            let Aim { row, calendar, open, alert } = (*aim)?;
            let open = open?;
            // Where nothing is sure, no instant lies between these.
            Some(Goal { row, calendar, open, alert, sure: calendars[calendar].sure(open).unwrap_or((Instant::LAST, Instant::FIRST)) })
        };
        let pauses = promise.pauses_of(kind).fold(0, |bits, slot| bits | 1 << slot);
        let goals = of.aims().iter().map(goal).collect();
        Foreseen { id: of.id, track: of.track, kind, at, bit: 1 << at, pauses, notifies: of.notifies, asks, term: promise.term, goals }
    }
}

impl Deed {
    /// Of what an event can do to a case to which so many things are promised.
    fn of(effect: &Effect, promises: usize) -> Option<Deed> {
        if effect.moves.always {
            return None;
        }
        let mut deed = Deed { begins: effect.begins.as_ref().is_some_and(|begins| begins.len() == promises), ..Deed::default() };
        for (slot, is_on) in &effect.moves.states {
            *(if *is_on { &mut deed.leaves } else { &mut deed.enters }) |= 1 << slot;
        }
        for Act { at, roles, .. } in &effect.acting {
            // What starts once has started.
            let [stop, cancel, reset, reopen] = [Role::Stop, Role::Cancel, Role::Reset, Role::Reopen].map(|role| roles.may(role));
            if reset || reopen || stop && !roles.surely(Role::Stop) || cancel && !roles.surely(Role::Cancel) {
                return None;
            }
            deed.stops |= u32::from(stop) << at;
            deed.cancels |= u32::from(cancel) << at;
        }
        Some(deed)
    }

    /// How it ends an instance of a promise, if it does: a cancel comes before a stop.
    #[inline]
    fn ends(&self, promise: u32) -> Option<End> {
        match (self.cancels & promise != 0, self.stops & promise != 0) {
            (true, _) => Some(End::Cancel),
            (false, true) => Some(End::Stop),
            (false, false) => None,
        }
    }

    /// It does nothing to a case that was begun.
    #[inline]
    fn is_nothing(&self) -> bool {
        self.stops | self.cancels | self.enters | self.leaves == 0
    }
}
