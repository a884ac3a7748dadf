//! Obligations.

use crate::ast::{self, Chain, Recipient, Rounding};
use crate::id::{CalendarId, CaseId, FieldId, ObligationId, ServiceId, StateId, TierId};
use crate::model::{Condition, Pattern};
use crate::quantity::Exact;
use crate::source::Span;
use crate::time::{Calendar, Duration, Instant, Unit};
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

/// What somebody promises of each case, or of each period.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// Where, whole.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its service.
    pub service: ServiceId,
    /// The kind of case; nothing for a duty of each period.
    pub case: Option<CaseId>,
    /// The cases that it is about, beside the agreement's.
    pub applies: Option<Condition>,
    /// What is owed.
    pub duty: Duty,
    /// The field that names who is to blame.
    pub blame: Option<FieldId>,
    /// What a breach costs.
    pub penalty: Option<Penalty>,
    /// The internal promises that carry it.
    pub backed: Option<Backed>,
}

/// `50 USD per started 1h late`, in the agreement's currency.
#[derive(Clone, Copy, Debug)]
pub struct Penalty {
    /// Where.
    pub span: Span,
    /// How much; for each unit of lateness, if there is one.
    pub amount: Exact,
    /// How lateness is counted.
    pub per: Option<(Rounding, Duration)>,
}

/// `backed by triage then fix`
#[derive(Clone, Debug)]
pub struct Backed {
    /// Where.
    pub span: Span,
    /// One after the other, or side by side.
    pub chain: Chain,
    /// The promises.
    pub by: Vec<ObligationId>,
}

/// What is owed.
#[derive(Clone, Debug)]
pub enum Duty {
    /// Something in time.
    Clock {
        /// What opens an instance.
        start: Start,
        /// What fulfils it.
        stop: Pattern,
        /// What ends it without a fault.
        cancel: Option<Pattern>,
        /// What begins it anew.
        reset: Option<Pattern>,
        /// What undoes its stop.
        reopen: Option<Pattern>,
        /// States in which its clock stands still.
        pause: Vec<StateId>,
        /// Targets; the first that fits counts.
        rows: Vec<Row>,
        /// What a change of tier does.
        retier: Retier,
        /// Warnings and escalations.
        notices: Vec<Notice>,
    },
    /// Something at every such event.
    Require {
        /// At which events.
        on: Pattern,
        /// What must hold.
        condition: Condition,
        /// Only then.
        when: Option<Condition>,
    },
    /// Nothing of the kind.
    Forbid {
        /// Which events.
        on: Pattern,
        /// Only in this state.
        during: Option<StateId>,
        /// Only then.
        when: Option<Condition>,
    },
}

/// What opens an instance.
#[derive(Clone, Debug)]
pub enum Start {
    /// An event of a case.
    On {
        /// Only the case's first.
        once: bool,
        /// Which.
        pattern: Pattern,
    },
    /// The beginning of each period, for each value of the fields.
    Each {
        /// Which period.
        unit: Unit,
        /// The field whose values make the groups, by the events that can stop it.
        by: Vec<FieldId>,
        /// What it is called.
        name: Option<String>,
    },
}

impl Start {
    /// Whether another begins the same.
    pub fn is_same(&self, other: &Start) -> bool {
        match (self, other) {
            (Start::On { once, pattern }, Start::On { once: once2, pattern: pattern2 }) => (once, pattern) == (once2, pattern2),
            (Start::Each { unit, by, .. }, Start::Each { unit: unit2, by: by2, .. }) => (unit, by) == (unit2, by2),
            _ => false,
        }
    }
}

/// A row of targets.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where.
    pub span: Span,
    /// How long.
    pub target: Target,
    /// For which tiers; empty for all.
    pub tiers: Vec<TierId>,
    /// On which calendar; nothing only beside `none`.
    pub clock: Option<CalendarId>,
    /// Under which condition, read at the start.
    pub condition: Option<Condition>,
}

/// How long something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// No duty at all.
    None,
    /// Open time.
    Open(Duration),
    /// The same wall-clock time so many days later.
    CalendarDays(u32),
    /// The same wall-clock time so many months later.
    CalendarMonths(u32),
    /// The same clock time so many open days later.
    WorkingDays(u32),
    /// The last close of the n-th open day.
    Close(u32),
    /// A wall-clock time, in minutes, of the n-th open day.
    Clock(u16, u32),
}

impl Target {
    /// The instant that a target names, from a start; nothing where its calendar ends first, and for targets that name
    /// none. `first` is the first day of the period of a duty that begins with it.
    pub fn named(self, calendar: &Calendar, start: Instant, first: Option<NaiveDate>) -> Option<Instant> {
        let minutes = |m: u16| TimeDelta::minutes(m.into());
        match (self, first) {
            (Target::None | Target::Open(_), _) => None,
            (Target::CalendarDays(n), _) => calendar.calendar_days(start, n),
            (Target::CalendarMonths(n), _) => calendar.calendar_months(start, n),
            (Target::WorkingDays(n), _) => calendar.working_days(start, n),
            (Target::Close(n), None) => calendar.close_of_working_day(start, n),
            (Target::Close(n), Some(first)) => calendar.close_of_open_day(start, first, n),
            (Target::Clock(m, n), None) => calendar.time_of_working_day(start, n, minutes(m)),
            (Target::Clock(m, n), Some(first)) => calendar.time_of_open_day(start, first, n, minutes(m)),
        }
    }

    /// The due of a clock that runs without a halt from a start; nothing where its calendar ends first, and for no target.
    pub fn due(self, calendar: &Calendar, start: Instant) -> Option<Instant> {
        match self {
            Target::Open(open) => calendar.advance(start, open),
            named => named.named(calendar, start, None),
        }
    }
}

/// What a change of tier does to an open instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retier {
    /// Nothing.
    #[default]
    Keep,
    /// The new target; elapsed time is kept.
    Carry,
    /// A new instance.
    Restart,
}

/// An obligation has no more warnings and escalations.
pub const MOST_NOTICES: usize = 64;

/// A warning or an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where.
    pub span: Span,
    /// When.
    pub at: ast::NoticeKind,
    /// To whom; nothing for a warning.
    pub to: Option<Recipient>,
    /// The field that names whom, if it is one.
    pub to_field: Option<FieldId>,
}
