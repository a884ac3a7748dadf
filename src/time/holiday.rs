//! Days of a year that a rule finds: a date, the n-th weekday of a month, days around Easter.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// Which one of a month's weekdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nth {
    /// The n-th, from 1.
    From(u8),
    /// The last.
    Last,
}

/// A day of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Yearly {
    /// A date; 02-29 exists in leap years only.
    Date {
        /// Month, from 1.
        month: u8,
        /// Day, from 1.
        day: u8,
        /// Moved to Friday from a Saturday and to Monday from a Sunday.
        observed: bool,
    },
    /// The n-th weekday of a month.
    Weekday {
        /// Which one.
        nth: Nth,
        /// Days after Monday.
        weekday: u8,
        /// Month, from 1.
        month: u8,
        /// Moved off the weekend.
        observed: bool,
    },
    /// So many days after Easter Sunday (before it, if negative).
    Easter {
        /// Days after Easter Sunday.
        offset: i32,
        /// Moved off the weekend.
        observed: bool,
    },
}

impl Yearly {
    /// Whether the rule closes this date. A day that is observed may have moved here from the neighbouring year.
    pub fn falls_on(&self, date: NaiveDate) -> bool {
        (date.year() - 1..=date.year() + 1).any(|year| self.in_year(year) == Some(date))
    }

    /// The day that the rule closes for a year, after moving it if it is observed.
    pub fn in_year(&self, year: i32) -> Option<NaiveDate> {
        let (day, observed) = match *self {
            Yearly::Date { month, day, observed } => (NaiveDate::from_ymd_opt(year, month.into(), day.into())?, observed),
            Yearly::Weekday { nth, weekday, month, observed } => (nth_weekday(year, month, weekday, nth)?, observed),
            Yearly::Easter { offset, observed } => (shift(easter(year)?, offset)?, observed),
        };
        match day.weekday() {
            Weekday::Sat if observed => day.pred_opt(),
            Weekday::Sun if observed => day.succ_opt(),
            _ => Some(day),
        }
    }
}

fn shift(day: NaiveDate, by: i32) -> Option<NaiveDate> {
    let days = Days::new(by.unsigned_abs().into());
    if by < 0 { day.checked_sub_days(days) } else { day.checked_add_days(days) }
}

fn nth_weekday(year: i32, month: u8, weekday: u8, nth: Nth) -> Option<NaiveDate> {
    let weekday = Weekday::try_from(weekday).ok()?;
    match nth {
        Nth::From(n) => NaiveDate::from_weekday_of_month_opt(year, month.into(), weekday, n),
        Nth::Last => (4..=5).rev().find_map(|n| NaiveDate::from_weekday_of_month_opt(year, month.into(), weekday, n)),
    }
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm of Meeus, *Astronomical Algorithms*, chapter 8).
fn easter(year: i32) -> Option<NaiveDate> {
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(year, (n / 31) as u32, (n % 31 + 1) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn easter_is_where_the_almanac_has_it() {
        // The earliest and the latest date that Easter can fall on, and the years around now.
        for date in ["1818-03-22", "2038-04-25", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28"] {
            assert_eq!(easter(day(date).year()), Some(day(date)));
        }
    }

    #[test]
    fn observed_days_move_over_the_year_s_end() {
        let new_year = Yearly::Date { month: 1, day: 1, observed: true };
        // 2022-01-01 is a Saturday: observed on Friday 2021-12-31, and not on the day itself.
        assert!(new_year.falls_on(day("2021-12-31")) && !new_year.falls_on(day("2022-01-01")));
        // 2023-01-01 is a Sunday: observed on Monday.
        assert!(new_year.falls_on(day("2023-01-02")) && !new_year.falls_on(day("2023-01-01")));
    }

    #[test]
    fn the_fourth_may_not_be_the_last() {
        let fourth = Yearly::Weekday { nth: Nth::From(4), weekday: 3, month: 11, observed: false };
        let last = Yearly::Weekday { nth: Nth::Last, weekday: 3, month: 11, observed: false };
        assert!(fourth.falls_on(day("2023-11-23")) && last.falls_on(day("2023-11-30")));
        assert!(fourth.falls_on(day("2026-11-26")) && last.falls_on(day("2026-11-26")));
    }
}
