//! Points on the UTC line.

use crate::time::Duration;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

/// A count of microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(#[serde(with = "super::packed")] i64);

impl Instant {
    /// The first instant that is kept: 1900-01-01T00:00:00Z.
    pub const FIRST: Instant = Instant(-2_208_988_800_000_000);
    /// The last instant that is kept: 2200-01-01T00:00:00Z.
    pub const LAST: Instant = Instant(7_258_118_400_000_000);
    /// Later than all of them: when what does not happen would.
    pub const NEVER: Instant = Instant(i64::MAX);

    /// So many microseconds after 1970.
    pub const fn from_micros(us: i64) -> Instant {
        Instant(us)
    }

    /// So many microseconds after 1970, if between 1900 and 2200.
    pub fn checked(us: i64) -> Option<Instant> {
        let t = Instant(us);
        (Instant::FIRST..=Instant::LAST).contains(&t).then_some(t)
    }

    /// Microseconds after 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This much later.
    pub const fn plus(self, d: Duration) -> Instant {
        Instant(self.0.saturating_add(d.as_micros()))
    }

    /// This much earlier.
    pub const fn minus(self, d: Duration) -> Instant {
        Instant(self.0.saturating_sub(d.as_micros()))
    }

    /// The time from another instant to this one.
    pub const fn since(self, earlier: Instant) -> Duration {
        Duration::micros(self.0 - earlier.0)
    }

    /// The wall clock of UTC.
    pub fn utc(self) -> NaiveDateTime {
        DateTime::from_timestamp_micros(self.0).expect("kept instants lie between 1900 and 2200").naive_utc()
    }

    /// The instant at which UTC's wall clock shows this.
    pub fn from_utc(wall: NaiveDateTime) -> Instant {
        Instant(wall.and_utc().timestamp_micros())
    }
}

/// Midnight that begins a date, as a wall-clock time.
pub(super) fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(chrono::NaiveTime::MIN)
}
