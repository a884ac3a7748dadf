//! Calendars as written.

use crate::ast::{Name, Text};
use crate::source::Span;
use crate::time::{Window, Yearly};
use chrono::NaiveDate;

/// `calendar office { … }` or `calendar after_hours = always except office`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// What it is made of.
    pub body: CalendarBody,
}

/// How a calendar is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarBody {
    /// By rules; whether every one of them was read.
    Clauses(Vec<CalendarClause>, bool),
    /// Out of others.
    Made(CalendarExpr),
}

/// A combination of calendars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarExpr {
    /// One by name.
    Name(Name),
    /// Two, from the left.
    Combined(Box<CalendarExpr>, CalendarOperator, Box<CalendarExpr>),
}

/// How two calendars are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarOperator {
    /// `except`
    Except,
    /// `and`
    And,
    /// `or`
    Or,
}

/// A clause of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarClause {
    /// `zone "America/New_York"`
    Zone(Text),
    /// `open mon-fri 09:00-17:00`
    Open(Open),
    /// `closed 2026-12-28 to 2026-12-31 "Year's end"`
    Closed(Vec<DateRange>, Span),
    /// `closed yearly 12-25, 07-04 observed`
    Yearly(Vec<(Yearly, Span)>, Span),
    /// `holidays "us.ics"`
    Holidays(Text, Span),
    /// `known to 2027-12-31`
    Known(NaiveDate, Span),
}

/// Hours of weekdays or of dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Where.
    pub span: Span,
    /// On which days.
    pub days: OpenDays,
    /// The hours, each with its place.
    pub windows: Vec<(Window, Span)>,
}

/// The days of an `open` clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenDays {
    /// Days after Monday.
    Weekdays(Vec<u8>),
    /// Dates.
    Dates(Vec<DateRange>),
}

/// A date, or some in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRange {
    /// First.
    pub from: NaiveDate,
    /// Last; it is in.
    pub to: NaiveDate,
    /// Where.
    pub span: Span,
}
