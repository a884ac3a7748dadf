//! A calendar laid out on the UTC line: its open intervals with running sums, and its days with their windows.

use crate::time::{Duration, Instant, Rules, Zone};
use chrono::{Days, NaiveDate, TimeDelta};

/// A half-open piece of the UTC line.
pub(super) type Interval = (Instant, Instant);

/// Open time between two instants, summed up so that elapsed and due are look-ups.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    /// Sorted, disjoint, not touching.
    intervals: Vec<Open>,
    /// For each [`BUCKET`] since `base`, the first interval that ends after the bucket's begin.
    buckets: Vec<u32>,
    base: i64,
}

/// An interval of it.
#[derive(Clone, Copy, Debug)]
struct Open {
    open: Instant,
    close: Instant,
    /// Open time before it.
    before: Duration,
    /// Counts the silences of more than [`LONGEST_SILENCE`] before it.
    era: u32,
}

impl Open {
    /// Open time before an instant that lies before its close.
    #[inline]
    fn until(&self, t: Instant) -> Duration {
        self.before.plus(t.since(self.open).max(Duration::ZERO))
    }

    /// Open time before its close.
    #[inline]
    fn total(&self) -> Duration {
        self.before.plus(self.close.since(self.open))
    }
}

/// A calendar that stays closed for longer has ended.
pub(super) const LONGEST_SILENCE: Duration = Duration::seconds(731 * 86_400);
const BUCKET: i64 = 86_400 * 1_000_000;

impl Timeline {
    /// From intervals in order of opening; touching and overlapping ones are joined.
    pub(super) fn new(pieces: impl IntoIterator<Item = Interval>) -> Timeline {
        let mut joined: Vec<Interval> = Vec::new();
        for (open, close) in pieces {
            match joined.last_mut() {
                Some(last) if open <= last.1 => last.1 = last.1.max(close),
                _ => joined.push((open, close)),
            }
        }
        let mut intervals: Vec<Open> = Vec::with_capacity(joined.len());
        for (open, close) in joined {
            let (before, era) = match intervals.last() {
                Some(last) => (last.total(), last.era + u32::from(open.since(last.close) > LONGEST_SILENCE)),
                None => (Duration::ZERO, 0),
            };
            intervals.push(Open { open, close, before, era });
        }
        let base = intervals.first().map_or(0, |first| first.open.as_micros());
        let mut buckets = Vec::new();
        for (i, interval) in intervals.iter().enumerate() {
            while base + buckets.len() as i64 * BUCKET < interval.close.as_micros() {
                buckets.push(i as u32);
            }
        }
        Timeline { intervals, buckets, base }
    }

    /// Its intervals, from the first that ends after `t` on.
    pub(super) fn intervals_after(&self, t: Instant) -> impl Iterator<Item = Interval> {
        self.intervals[self.at(t)..].iter().map(|interval| (interval.open, interval.close))
    }

    /// All of them.
    pub(super) fn intervals(&self) -> impl Iterator<Item = Interval> {
        self.intervals.iter().map(|interval| (interval.open, interval.close))
    }

    /// Where it begins, if it never falls silent for too long.
    pub(super) fn unbroken_from(&self) -> Option<Instant> {
        let last = self.intervals.last().filter(|last| last.era == 0);
        last.and(self.intervals.first()).map(|first| first.open)
    }

    /// The first interval that ends after `t`.
    #[inline]
    fn at(&self, t: Instant) -> usize {
        let offset = t.as_micros() - self.base;
        if offset < 0 {
            return 0;
        }
        let Some(&first) = self.buckets.get((offset / BUCKET) as usize) else { return self.intervals.len() };
        let mut i = first as usize;
        while self.intervals.get(i).is_some_and(|interval| interval.close <= t) {
            i += 1;
        }
        i
    }

    /// Open time before `t`, from the first interval on.
    #[inline]
    pub(super) fn open_before(&self, t: Instant) -> Duration {
        match self.intervals.get(self.at(t)) {
            Some(interval) => interval.until(t),
            None => self.intervals.last().map_or(Duration::ZERO, Open::total),
        }
    }

    /// Whether `t` lies inside an interval.
    pub(super) fn is_open(&self, t: Instant) -> bool {
        self.intervals.get(self.at(t)).is_some_and(|interval| interval.open <= t)
    }

    /// The earliest instant from `start` on with `open` open time behind it; nothing where the intervals end first or
    /// where the calendar has fallen silent for too long on the way.
    #[inline]
    pub(super) fn advance(&self, start: Instant, open: Duration) -> Option<Instant> {
        if open <= Duration::ZERO {
            return Some(start);
        }
        let rest = self.intervals.get(self.at(start)..)?;
        let first = rest.first()?;
        if first.open.since(start) > LONGEST_SILENCE {
            return None;
        }
        let goal = first.until(start).plus(open);
        // The first interval that ends with as much as the goal behind it holds it: looked for in twice as many each time, for it is near.
        let falls_short = |interval: &Open| interval.total() < goal;
        let mut upto = 1;
        while rest.get(upto - 1).is_some_and(falls_short) {
            upto *= 2;
        }
        let (from, upto) = (upto / 2, upto.min(rest.len()));
        let holder = rest.get(from + rest[from..upto].partition_point(falls_short))?;
        let due = holder.open.plus(goal.minus(holder.before));
        (holder.era == first.era).then_some(due)
    }
}

/// The days of a calendar that has rules of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenDays {
    /// Days that own a window, in order: the date and where its windows begin in `windows`.
    days: Vec<(NaiveDate, u32)>,
    /// Windows as written, clipped to the owner; in order of opening.
    windows: Vec<Interval>,
    /// What the wall clock shows at the beginning of each of the days, in microseconds since it showed the beginning of 1970.
    midnights: Vec<i64>,
    /// Counts the silences of more than two years before each of them.
    era: Vec<u32>,
    /// For each [`BUCKET`] since the first opening, the first window that ends after the bucket's begin, and the day that owns it.
    buckets: Vec<(u32, u32)>,
}

impl OpenDays {
    /// The days from `first` to `last`.
    pub(super) fn new(rules: &Rules, zone: &Zone, first: NaiveDate, last: NaiveDate) -> OpenDays {
        let mut made = OpenDays::default();
        // Where the day before reaches into this one, it owns the overlap.
        let mut taken = Instant::FIRST;
        for date in first.iter_days().take_while(|d| *d <= last) {
            let start = made.windows.len();
            for window in rules.windows(date) {
                let wall = |minute: u16| super::instant::midnight(date) + TimeDelta::minutes(minute.into());
                let (open, close) = (zone.find(wall(window.open)), zone.find(wall(window.close)));
                if matches!((open, close), (super::Local::Skipped(_), super::Local::Skipped(_))) {
                    continue;
                }
                let (open, close) = (open.instant().max(taken), close.instant());
                if open < close {
                    made.windows.push((open, close));
                }
            }
            if made.windows.len() > start {
                taken = made.windows[made.windows.len() - 1].1;
                made.days.push((date, start as u32));
            }
        }
        made.index();
        made
    }

    /// Lays out what is looked up.
    fn index(&mut self) {
        let OpenDays { days, windows, midnights, era, buckets } = self;
        let mut silences = 0;
        for (i, (date, _)) in days.iter().enumerate() {
            if i > 0 && (*date - days[i - 1].0).num_days() > 732 {
                silences += 1;
            }
            midnights.push(super::instant::midnight(*date).and_utc().timestamp_micros());
            era.push(silences);
        }
        let base = windows.first().map_or(0, |w| w.0.as_micros());
        let mut day = 0;
        for (i, (_, close)) in windows.iter().enumerate() {
            while days.get(day + 1).is_some_and(|next| next.1 as usize <= i) {
                day += 1;
            }
            while base + buckets.len() as i64 * BUCKET < close.as_micros() {
                buckets.push((i as u32, day as u32));
            }
        }
    }

    /// What the wall clock shows at the beginning of the `i`-th open day.
    pub(super) fn midnight(&self, i: usize) -> Option<i64> {
        self.midnights.get(i).copied()
    }

    pub(super) fn windows(&self) -> &[Interval] {
        &self.windows
    }

    /// The windows of the `i`-th open day.
    pub(super) fn of(&self, i: usize) -> &[Interval] {
        let end = self.days.get(i + 1).map_or(self.windows.len(), |d| d.1 as usize);
        &self.windows[self.days[i].1 as usize..end]
    }

    /// The date of the `i`-th open day.
    pub(super) fn date(&self, i: usize) -> Option<NaiveDate> {
        self.days.get(i).map(|d| d.0)
    }

    /// The first open day on or after a date.
    pub(super) fn from(&self, date: NaiveDate) -> usize {
        self.days.partition_point(|d| d.0 < date)
    }

    /// Open days between two dates, both included.
    pub(super) fn count(&self, first: NaiveDate, last: NaiveDate) -> usize {
        self.from(last + Days::new(1)) - self.from(first)
    }

    /// Where `t` stands: itself inside a window, else the next opening; with the open day that owns it.
    pub(super) fn opening(&self, t: Instant) -> Option<(Instant, usize)> {
        let base = self.windows.first()?.0.as_micros();
        let bucket = usize::try_from((t.as_micros() - base).div_euclid(BUCKET)).unwrap_or(0);
        let (w, day) = self.buckets.get(bucket)?;
        let (mut w, mut day) = (*w as usize, *day as usize);
        while self.windows.get(w)?.1 <= t {
            w += 1;
        }
        while self.days.get(day + 1).is_some_and(|next| next.1 as usize <= w) {
            day += 1;
        }
        let (open, _) = self.windows[w];
        (open.since(t) <= LONGEST_SILENCE).then_some((open.max(t), day))
    }

    /// The `n`-th open day after the `i`-th, unless the calendar has fallen silent on the way.
    pub(super) fn after(&self, i: usize, n: usize) -> Option<usize> {
        let after = i.checked_add(n)?;
        (self.era.get(i)? == self.era.get(after)?).then_some(after)
    }
}
