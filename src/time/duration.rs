//! Lengths of time.

use crate::quantity::Exact;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A length of time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(#[serde(with = "super::packed")] i64);

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// The longest.
    pub const MAX: Duration = Duration(i64::MAX);
    /// One second.
    pub const SECOND: Duration = Duration(1_000_000);

    /// So many microseconds.
    pub const fn micros(us: i64) -> Duration {
        Duration(us)
    }

    /// So many seconds.
    pub const fn seconds(s: i64) -> Duration {
        Duration(s * 1_000_000)
    }

    /// In microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// In seconds, exactly.
    pub fn as_seconds(self) -> Exact {
        Exact::ratio(self.0 as i128, 1_000_000).expect("a 64-bit number over a million fits")
    }

    /// The whole microseconds of an exact number of seconds, if it is a length that can be kept.
    pub fn from_seconds(seconds: Exact) -> Option<Duration> {
        let us = seconds.mul(Exact::whole(1_000_000))?.ceil();
        i64::try_from(us.numer()).ok().map(Duration)
    }

    /// `4h`, `1h30m`, `45m`, `10s`, `250ms`; units in falling order, each at most once.
    pub fn parse(text: &str) -> Option<Duration> {
        let mut rest = text;
        let mut total = Exact::ZERO;
        let mut least = i64::MAX;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))?;
            let (number, after) = rest.split_at(digits);
            let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let (unit, after) = after.split_at(letters);
            let us = match unit {
                "h" => 3_600_000_000,
                "m" => 60_000_000,
                "s" => 1_000_000,
                "ms" => 1_000,
                _ => return None,
            };
            if us >= least {
                return None;
            }
            least = us;
            total = total.add(Exact::parse(number)?.mul(Exact::whole(us))?)?;
            rest = after;
        }
        (least != i64::MAX && total.is_whole()).then(|| i64::try_from(total.numer()).ok().map(Duration)).flatten()
    }

    /// The sum; at most the longest.
    pub const fn plus(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }

    /// The difference, which may be below zero.
    pub const fn minus(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }

    /// This share of it, rounded up to the microsecond: the first instant at which the share is reached.
    pub fn share(self, share: Exact) -> Option<Duration> {
        let us = match (i64::try_from(share.numer()), i64::try_from(share.denom())) {
            (Ok(n), Ok(d)) => ceil(i128::from(self.0) * i128::from(n), d),
            _ => Exact::whole(self.0).mul(share)?.ceil().numer(),
        };
        i64::try_from(us).ok().map(Duration)
    }
}

/// `n / d`, rounded up; `d` is above 0.
fn ceil(n: i128, d: i64) -> i128 {
    match i64::try_from(n) {
        // Most fit into a word, which is divided much faster.
        Ok(n) => i128::from(n.div_euclid(d)) + i128::from(n.rem_euclid(d) != 0),
        Err(_) => n.div_euclid(d.into()) + i128::from(n.rem_euclid(d.into()) != 0),
    }
}

/// `1h 30m`, `45m`, `3d` is never used: a day of a clock has no fixed length.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let (s, fraction) = (us / 1_000_000, us % 1_000_000);
        let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
        let mut some = false;
        let mut part = |f: &mut fmt::Formatter<'_>, n: u64, unit: &str| {
            if n == 0 {
                return Ok(());
            }
            let gap = if std::mem::replace(&mut some, true) { " " } else { "" };
            write!(f, "{gap}{n}{unit}")
        };
        part(f, h, "h")?;
        part(f, m, "m")?;
        if fraction == 0 {
            part(f, s, "s")?;
            return if some { Ok(()) } else { f.write_str("0m") };
        }
        let gap = if some { " " } else { "" };
        let decimals = format!("{fraction:06}");
        write!(f, "{gap}{s}.{}s", decimals.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_adhere_and_fall() {
        assert_eq!(Duration::parse("1h30m"), Some(Duration::seconds(5400)));
        assert_eq!(Duration::parse("1.5h"), Some(Duration::seconds(5400)));
        assert_eq!(Duration::parse("250ms"), Some(Duration::micros(250_000)));
        for text in ["", "1", "h", "30m1h", "1h1h", "1d", "1h 30m", "0.0001ms"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn people_read_hours_and_minutes() {
        assert_eq!(Duration::seconds(5400).to_string(), "1h 30m");
        assert_eq!(Duration::micros(1_500_000).to_string(), "1.5s");
        assert_eq!(Duration::ZERO.to_string(), "0m");
    }

    #[test]
    fn a_share_is_rounded_up_to_the_microsecond() {
        let share = |us: i64, n: i128, d: i128| Duration::micros(us).share(Exact::ratio(n, d).unwrap()).map(Duration::as_micros);
        assert_eq!(share(4, 3, 4), Some(3));
        assert_eq!(share(5, 3, 4), Some(4), "3.75");
        assert_eq!(share(-5, 3, 4), Some(-3), "-3.75");
        assert_eq!(share(5, -3, 4), Some(-3), "-3.75");
        assert_eq!(share(0, 3, 4), Some(0));
        // Products that do not fit into a word, with results that do and that do not.
        assert_eq!(share(i64::MAX, 3, 4), Some(6_917_529_027_641_081_856), "9223372036854775807 * 3 / 4 = 6917529027641081855.25");
        assert_eq!(share(i64::MAX, 2, 1), None);
        assert_eq!(share(8, 1, 1 << 70), Some(1));
    }
}
