//! Calendars as the engine asks them.

use super::timeline::{Interval, LONGEST_SILENCE, OpenDays, Timeline};
use crate::time::{Duration, Fiscal, Instant, Period, Recipe, Unit, Zone};
use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta};
use std::sync::OnceLock;

/// The years that a calendar is laid out for at once. Beyond them it is laid out to the end of time when first asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// First year.
    pub first: i32,
    /// Last year.
    pub last: i32,
}

impl Horizon {
    const LONGEST: Horizon = Horizon { first: 1900, last: 2199 };

    fn days(self) -> (NaiveDate, NaiveDate) {
        let date = |y: i32, m, d| NaiveDate::from_ymd_opt(y.clamp(1900, 2199), m, d).expect("a year between 1900 and 2199");
        (date(self.first, 1, 1), date(self.last, 12, 31))
    }
}

/// A set of open instants, in a zone.
#[derive(Debug)]
pub struct Calendar {
    zone: Zone,
    recipe: Recipe,
    is_always: bool,
    near: Layout,
    /// Inside of it `near` gives every answer.
    horizon: Horizon,
    safe: (Instant, Instant),
    far: OnceLock<Layout>,
}

#[derive(Debug, Default)]
struct Layout {
    time: Timeline,
    days: OpenDays,
}

impl Calendar {
    /// Lays a calendar out. `zone` is the agreement's; a calendar with rules of its own brings its own.
    pub fn new(recipe: &Recipe, zone: &Zone, horizon: Horizon) -> Option<Calendar> {
        let zone = match recipe {
            Recipe::Rules { zone, .. } => Zone::named(zone)?,
            _ => zone.clone(),
        };
        let horizon = Horizon { first: horizon.first.clamp(1900, 2199), last: horizon.last.clamp(1900, 2199) };
        let near = layout(recipe, &zone, horizon)?;
        let (first, last) = horizon.days();
        let safe = (zone.midnight(first + Days::new(2)), zone.midnight(last - Days::new(2)));
        let is_always = *recipe == Recipe::Always;
        Some(Calendar { zone, recipe: recipe.clone(), is_always, near, horizon, safe, far: OnceLock::new() })
    }

    /// The zone of its wall clock.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether it is open for ever.
    #[inline]
    pub fn is_always(&self) -> bool {
        self.is_always
    }

    /// Whether it has days of its own.
    pub fn has_days(&self) -> bool {
        matches!(self.recipe, Recipe::Always | Recipe::Rules { .. })
    }

    fn far(&self) -> &Layout {
        if self.horizon == Horizon::LONGEST {
            return &self.near;
        }
        self.far.get_or_init(|| layout(&self.recipe, &self.zone, Horizon::LONGEST).expect("the zones were found before"))
    }

    #[inline]
    fn covering(&self, from: Instant, to: Instant) -> &Layout {
        if self.safe.0 <= from && to <= self.safe.1 { &self.near } else { self.far() }
    }

    /// Open time in `[from, to)`.
    #[inline]
    pub fn elapsed(&self, from: Instant, to: Instant) -> Duration {
        if to <= from {
            return Duration::ZERO;
        }
        if self.is_always() {
            return to.since(from);
        }
        let time = &self.covering(from, to).time;
        time.open_before(to).minus(time.open_before(from))
    }

    /// Open time in `[from, to)`, for instants in this order that are [`sure`](Calendar::sure), or of which the latter is followed by one.
    #[inline]
    pub fn open_between(&self, from: Instant, to: Instant) -> Duration {
        if self.is_always() {
            return to.since(from);
        }
        let time = &self.near.time;
        time.open_before(to).minus(time.open_before(from))
    }

    /// The first and the last instant after which so much open time surely follows, none of it beyond what is laid out at once; nothing
    /// where that is not so easily said.
    pub fn sure(&self, open: Duration) -> Option<(Instant, Instant)> {
        if self.is_always() {
            return Some((Instant::FIRST, Instant::LAST.minus(open)));
        }
        let ((first, last), time) = (self.safe, &self.near.time);
        let from = first.max(time.unbroken_from()?.minus(LONGEST_SILENCE));
        let spare = time.open_before(last).minus(time.open_before(from)).minus(open);
        if spare < Duration::ZERO { None } else { Some((from, time.advance(from, spare)?)) }
    }

    /// The earliest instant from `start` on with so much open time behind it: 17:00 on Friday, never 09:00 on Monday.
    /// Nothing where the calendar ends first.
    #[inline]
    pub fn advance(&self, start: Instant, open: Duration) -> Option<Instant> {
        if self.is_always() || open <= Duration::ZERO {
            return Instant::checked(start.plus(open.max(Duration::ZERO)).as_micros());
        }
        let near = if self.safe.0 <= start { self.near.time.advance(start, open).filter(|due| *due <= self.safe.1) } else { None };
        near.or_else(|| self.far().time.advance(start, open))
    }

    /// Whether `t` lies in open time; a close does not.
    pub fn is_open(&self, t: Instant) -> bool {
        self.is_always() || self.covering(t, t).time.is_open(t)
    }

    /// The open intervals that touch `[from, to)`, clipped to it.
    pub fn intervals(&self, from: Instant, to: Instant) -> Vec<(Instant, Instant)> {
        if self.is_always() {
            return vec![(from, to)];
        }
        let all = self.covering(from, to).time.intervals_after(from);
        all.take_while(|(open, _)| *open < to).map(|(open, close)| (open.max(from), close.min(to))).collect()
    }

    /// The same wall-clock time so many local days later.
    pub fn calendar_days(&self, start: Instant, n: u32) -> Option<Instant> {
        let wall = self.zone.local(start).checked_add_days(Days::new(n.into()))?;
        self.at_wall(wall)
    }

    /// The same wall-clock time so many months later, on the month's last day where the day does not exist.
    pub fn calendar_months(&self, start: Instant, n: u32) -> Option<Instant> {
        let wall = self.zone.local(start).checked_add_months(Months::new(n))?;
        self.at_wall(wall)
    }

    fn at_wall(&self, wall: chrono::NaiveDateTime) -> Option<Instant> {
        (1900..2200).contains(&wall.year()).then(|| self.zone.instant(wall))
    }

    /// The same clock time on the `n`-th open day after the one that owns `start`; where that is not open, the latest
    /// close at or before it on that day, else the day's first opening.
    pub fn working_days(&self, start: Instant, n: u32) -> Option<Instant> {
        if self.is_always() {
            return self.calendar_days(start, n);
        }
        self.by_days(start, |days| {
            let (moved, today) = days.opening(start)?;
            let clock = self.zone.local_micros(moved) - days.midnight(today)?;
            let day = days.after(today, n as usize)?;
            let wanted = self.zone.find_micros(days.midnight(day)? + clock).instant();
            let windows = days.of(day);
            if windows.iter().any(|(open, close)| (*open..*close).contains(&wanted)) {
                return Some(wanted);
            }
            let close = windows.iter().map(|w| w.1).rfind(|close| *close <= wanted);
            close.or(windows.first().map(|w| w.0))
        })
    }

    /// The last close of the `n`-th open day after the one that owns `start`; the next open day's where that is not
    /// after `start`.
    pub fn close_of_working_day(&self, start: Instant, n: u32) -> Option<Instant> {
        self.named_instant(start, n, |days, day| Some(days.of(day).last()?.1))
    }

    /// A wall-clock time of the `n`-th open day after the one that owns `start`; the next open day's where that is not
    /// after `start`.
    pub fn time_of_working_day(&self, start: Instant, n: u32, clock: TimeDelta) -> Option<Instant> {
        self.named_instant(start, n, |days, day| Some(self.zone.instant(super::instant::midnight(days.date(day)?) + clock)))
    }

    fn named_instant(&self, start: Instant, n: u32, of: impl Fn(&OpenDays, usize) -> Option<Instant>) -> Option<Instant> {
        self.by_days(start, |days| {
            let (_, today) = days.opening(start)?;
            let mut day = days.after(today, n as usize)?;
            loop {
                let t = of(days, day)?;
                if t > start {
                    return Some(t);
                }
                day = days.after(day, 1)?;
            }
        })
    }

    /// The last close of the `n`-th open day from `first` on, counted from 1; the next open day's where that is not after `start`.
    pub fn close_of_open_day(&self, start: Instant, first: NaiveDate, n: u32) -> Option<Instant> {
        self.open_day(start, first, n, |days, day| Some(days.of(day).last()?.1))
    }

    /// A wall-clock time of the `n`-th open day from `first` on, counted from 1; the next open day's where that is not after
    /// `start`.
    pub fn time_of_open_day(&self, start: Instant, first: NaiveDate, n: u32, clock: TimeDelta) -> Option<Instant> {
        self.open_day(start, first, n, |days, day| Some(self.zone.instant(super::instant::midnight(days.date(day)?) + clock)))
    }

    fn open_day(&self, begins: Instant, first: NaiveDate, n: u32, of: impl Fn(&OpenDays, usize) -> Option<Instant>) -> Option<Instant> {
        self.by_days(self.zone.midnight(first), |days| {
            let start = days.from(first);
            let silent = (days.date(start)? - first).num_days() > 731;
            if silent {
                return None;
            }
            let mut day = days.after(start, n.checked_sub(1)? as usize)?;
            loop {
                let t = of(days, day)?;
                if t > begins {
                    return Some(t);
                }
                day = days.after(day, 1)?;
            }
        })
    }

    /// Open days between two dates, both included.
    pub fn open_days(&self, first: NaiveDate, last: NaiveDate) -> usize {
        if last < first {
            return 0;
        }
        if self.is_always() {
            return (last - first).num_days() as usize + 1;
        }
        self.covering(self.zone.midnight(first), self.zone.midnight(last)).days.count(first, last)
    }

    /// Asks the near layout, and the far one where that does not know.
    fn by_days(&self, start: Instant, ask: impl Fn(&OpenDays) -> Option<Instant>) -> Option<Instant> {
        let near = if self.safe.0 <= start { ask(&self.near.days).filter(|t| *t <= self.safe.1) } else { None };
        near.or_else(|| ask(&self.far().days))
    }
}

fn layout(recipe: &Recipe, zone: &Zone, horizon: Horizon) -> Option<Layout> {
    let (first, last) = horizon.days();
    match recipe {
        // Its clock is arithmetic; its days and closes are those of the local calendar.
        Recipe::Always => {
            let whole = super::Window { open: 0, close: 1440 };
            let rules = super::Rules { weekly: std::array::from_fn(|_| vec![whole]), ..Default::default() };
            let days = OpenDays::new(&rules, zone, first, last);
            Some(Layout { time: Timeline::new(days.windows().iter().copied()), days })
        }
        Recipe::Rules { zone, rules } => {
            let days = OpenDays::new(rules, &Zone::named(zone)?, first, last);
            Some(Layout { time: Timeline::new(days.windows().iter().copied()), days })
        }
        Recipe::Except(a, b) => combined(a, b, zone, horizon, |a, b| a && !b),
        Recipe::And(a, b) => combined(a, b, zone, horizon, |a, b| a && b),
        Recipe::Or(a, b) => combined(a, b, zone, horizon, |a, b| a || b),
        Recipe::Earliest(inner, open, unit, fiscal) => {
            let inner = layout(inner, zone, horizon)?;
            let pieces = earliest(inner.time.intervals(), *open, *unit, *fiscal, zone);
            Some(Layout { time: Timeline::new(pieces), days: OpenDays::default() })
        }
    }
}

/// Of sorted, disjoint intervals the earliest so much time of each local period.
pub fn earliest(intervals: impl IntoIterator<Item = Interval>, most: Duration, unit: Unit, fiscal: Fiscal, zone: &Zone) -> Vec<Interval> {
    let mut pieces = Vec::new();
    let mut period: Option<(Instant, Instant)> = None;
    let mut left = most;
    for (mut open, close) in intervals {
        while open < close {
            let (_, end) = match period.filter(|(from, to)| (*from..*to).contains(&open)) {
                Some(known) => known,
                None => {
                    left = most;
                    *period.insert(Period::holding(zone.date(open), unit, fiscal).instants(zone))
                }
            };
            let upto = close.min(end);
            let taken = open.plus(left).min(upto);
            if open < taken {
                pieces.push((open, taken));
                left = left.minus(taken.since(open));
            }
            open = upto;
        }
    }
    pieces
}

/// Sweeps over the ends of both and keeps what `keep` says.
fn combined(a: &Recipe, b: &Recipe, zone: &Zone, horizon: Horizon, keep: fn(bool, bool) -> bool) -> Option<Layout> {
    let sides = [layout(a, zone, horizon)?, layout(b, zone, horizon)?];
    let mut ends: Vec<(Instant, usize, bool)> = Vec::new();
    for (side, layout) in sides.iter().enumerate() {
        for (open, close) in layout.time.intervals() {
            ends.push((open, side, true));
            ends.push((close, side, false));
        }
    }
    ends.sort_by_key(|e| e.0);
    let (mut open, mut since) = ([false; 2], None);
    let mut pieces: Vec<Interval> = Vec::new();
    let mut ends = ends.into_iter().peekable();
    while let Some((t, side, on)) = ends.next() {
        open[side] = on;
        if ends.peek().is_some_and(|next| next.0 == t) {
            continue;
        }
        match (since, keep(open[0], open[1])) {
            (None, true) => since = Some(t),
            (Some(from), false) => {
                pieces.push((from, t));
                since = None;
            }
            _ => {}
        }
    }
    Some(Layout { time: Timeline::new(pieces), days: OpenDays::default() })
}
