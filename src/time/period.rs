//! Local days, weeks, months, quarters and years.

use crate::time::{Instant, Zone};
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// What promises are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A local day.
    Day,
    /// An ISO week, from Monday.
    Week,
    /// A calendar month.
    Month,
    /// Three months of the agreement's year.
    Quarter,
    /// Twelve months of the agreement's year.
    Year,
}

impl Unit {
    /// The word for one of it.
    pub fn word(self) -> &'static str {
        match self {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Quarter => "quarter",
            Unit::Year => "year",
        }
    }
}

/// Where an agreement's year begins; quarters follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fiscal {
    /// Month, from 1.
    pub month: u8,
    /// Day, from 1 to 28.
    pub day: u8,
}

impl Fiscal {
    /// 1 January.
    pub const CALENDAR: Fiscal = Fiscal { month: 1, day: 1 };
}

/// The local days `from ..= to`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// `2026-03-09`, `2026-W10`, `2026-03`, `2026-Q1`, `2026`, `FY2027-Q1`, `2026-01..2026-03`.
    pub label: String,
}

impl Period {
    /// The period of a unit that holds a date.
    pub fn holding(date: NaiveDate, unit: Unit, fiscal: Fiscal) -> Period {
        match unit {
            Unit::Day => Period { from: date, to: date, label: date.to_string() },
            Unit::Week => {
                let from = date - Days::new(date.weekday().num_days_from_monday().into());
                let week = from.iso_week();
                Period { from, to: from + Days::new(6), label: format!("{}-W{:02}", week.year(), week.week()) }
            }
            Unit::Month => {
                let from = date.with_day(1).expect("every month has a first");
                Period { from, to: last_before(from, 1), label: format!("{}-{:02}", from.year(), from.month()) }
            }
            Unit::Quarter | Unit::Year => Period::of_year(date, unit, fiscal),
        }
    }

    fn of_year(date: NaiveDate, unit: Unit, fiscal: Fiscal) -> Period {
        let begin = |year| NaiveDate::from_ymd_opt(year, fiscal.month.into(), fiscal.day.into()).expect("a day up to 28 is in every month");
        let year = if date < begin(date.year()) { date.year() - 1 } else { date.year() };
        let first = begin(year);
        let name = if fiscal == Fiscal::CALENDAR { year.to_string() } else { format!("FY{}", last_before(first, 12).year()) };
        if unit == Unit::Year {
            return Period { from: first, to: last_before(first, 12), label: name };
        }
        let quarter = (0..4).rev().find(|q| first + Months::new(3 * q) <= date).expect("the year has begun");
        let from = first + Months::new(3 * quarter);
        Period { from, to: last_before(from, 3), label: format!("{name}-Q{}", quarter + 1) }
    }

    /// The period that follows.
    pub fn next(&self, unit: Unit, fiscal: Fiscal) -> Period {
        Period::holding(self.to + Days::new(1), unit, fiscal)
    }

    /// All periods of a unit that touch the days `from ..= to`, whole.
    pub fn all(unit: Unit, fiscal: Fiscal, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = Period> {
        let first = Period::holding(from, unit, fiscal);
        std::iter::successors(Some(first), move |p| Some(p.next(unit, fiscal))).take_while(move |p| p.from <= to)
    }

    /// The months `n` long that end with the month of `date`.
    pub fn rolling(date: NaiveDate, n: u32) -> Period {
        let month = Period::holding(date, Unit::Month, Fiscal::CALENDAR);
        let from = month.from - Months::new(n - 1);
        let label = if n == 1 { month.label } else { format!("{}-{:02}..{}", from.year(), from.month(), month.label) };
        Period { from, to: month.to, label }
    }

    /// Its instants `[start, end)` in a zone.
    pub fn instants(&self, zone: &Zone) -> (Instant, Instant) {
        (zone.midnight(self.from), zone.midnight(self.to + Days::new(1)))
    }
}

fn last_before(from: NaiveDate, months: u32) -> NaiveDate {
    from + Months::new(months) - Days::new(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(date: &str, unit: Unit, fiscal: Fiscal) -> String {
        Period::holding(date.parse().unwrap(), unit, fiscal).label
    }

    #[test]
    fn weeks_and_their_years_are_iso_s() {
        assert_eq!(label("2026-03-09", Unit::Week, Fiscal::CALENDAR), "2026-W11");
        assert_eq!(label("2027-01-03", Unit::Week, Fiscal::CALENDAR), "2026-W53");
        assert_eq!(label("2027-01-04", Unit::Week, Fiscal::CALENDAR), "2027-W01");
    }

    #[test]
    fn a_fiscal_year_is_named_by_the_year_in_which_it_ends() {
        let february = Fiscal { month: 2, day: 1 };
        assert_eq!(label("2026-02-01", Unit::Year, february), "FY2027");
        assert_eq!(label("2026-01-31", Unit::Year, february), "FY2026");
        assert_eq!(label("2026-04-30", Unit::Quarter, february), "FY2027-Q1");
        assert_eq!(label("2026-05-01", Unit::Quarter, february), "FY2027-Q2");
        assert_eq!(label("2026-01-31", Unit::Quarter, february), "FY2026-Q4");
    }

    #[test]
    fn rolling_months_end_with_a_month() {
        let p = Period::rolling("2026-03-15".parse().unwrap(), 3);
        assert_eq!(
            (p.label.as_str(), p.from.to_string(), p.to.to_string()),
            ("2026-01..2026-03", "2026-01-01".into(), "2026-03-31".into())
        );
    }
}
