//! What a calendar says: wall-clock windows by weekday, date and holiday, or a combination of other calendars.

use crate::time::{Duration, Fiscal, Unit, Yearly};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// Open from one wall-clock time to another, in minutes after the midnight that begins the day which owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// Minute of opening, below 1440.
    pub open: u16,
    /// Minute of closing, after `open`; past 1440 it lies on the next day.
    pub close: u16,
}

/// The rules of one calendar. Strongest first: hours of a date, closed dates, holiday files, yearly days, weekdays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Windows by days after Monday.
    pub weekly: [Vec<Window>; 7],
    /// Windows of dates, first and last included.
    pub dated: Vec<(NaiveDate, NaiveDate, Vec<Window>)>,
    /// Closed dates, first and last included.
    pub closed: Vec<(NaiveDate, NaiveDate)>,
    /// Closed dates that came from holiday files, sorted.
    pub holidays: Vec<NaiveDate>,
    /// Days that are closed every year.
    pub yearly: Vec<Yearly>,
}

impl Rules {
    /// The windows that open on a date.
    pub fn windows(&self, date: NaiveDate) -> &[Window] {
        if let Some((.., windows)) = self.dated.iter().find(|(from, to, _)| (*from..=*to).contains(&date)) {
            return windows;
        }
        let closed = self.closed.iter().any(|(from, to)| (*from..=*to).contains(&date))
            || self.holidays.binary_search(&date).is_ok()
            || self.yearly.iter().any(|y| y.falls_on(date));
        if closed { &[] } else { &self.weekly[date.weekday().num_days_from_monday() as usize] }
    }
}

/// How a calendar is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipe {
    /// Open for ever.
    Always,
    /// By rules of its own, in an IANA zone.
    Rules {
        /// The zone.
        zone: String,
        /// The rules.
        rules: Box<Rules>,
    },
    /// Open where the first is and the second is not.
    Except(Box<Recipe>, Box<Recipe>),
    /// Open where both are.
    And(Box<Recipe>, Box<Recipe>),
    /// Open where either is.
    Or(Box<Recipe>, Box<Recipe>),
    /// Of another the earliest so much open time of each local period.
    Earliest(Box<Recipe>, Duration, Unit, Fiscal),
}

impl Recipe {
    /// The same with a zone for rules that have none of their own: the agreement's.
    pub fn in_zone(&self, zone: &str) -> Recipe {
        let boxed = |recipe: &Recipe| Box::new(recipe.in_zone(zone));
        match self {
            Recipe::Always => Recipe::Always,
            Recipe::Rules { zone: own, rules } => {
                Recipe::Rules { zone: if own.is_empty() { zone.to_string() } else { own.clone() }, rules: rules.clone() }
            }
            Recipe::Except(a, b) => Recipe::Except(boxed(a), boxed(b)),
            Recipe::And(a, b) => Recipe::And(boxed(a), boxed(b)),
            Recipe::Or(a, b) => Recipe::Or(boxed(a), boxed(b)),
            Recipe::Earliest(inner, open, unit, fiscal) => Recipe::Earliest(boxed(inner), *open, *unit, *fiscal),
        }
    }
}
