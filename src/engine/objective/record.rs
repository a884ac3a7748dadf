//! What is said of objectives, and of named values that a log shows.

use crate::engine::money::Owed;
use crate::id::{AgreementId, ObjectiveId};
use crate::quantity::Exact;
use crate::time::Instant;
use chrono::NaiveDate;

/// What became of an objective in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectiveVerdict {
    /// It held.
    Met,
    /// It did not.
    Missed,
    /// The period goes on, or something pending may still change it.
    Open,
    /// It cannot be known.
    Unknown,
}

impl ObjectiveVerdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            ObjectiveVerdict::Met => "met",
            ObjectiveVerdict::Missed => "missed",
            ObjectiveVerdict::Open => "open",
            ObjectiveVerdict::Unknown => "unknown",
        }
    }
}

/// One key of a group: its name and its value; no value is a group of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The field, or `tier`.
    pub key: String,
    /// The value in words.
    pub value: Option<String>,
}

/// An objective in a period, of a group.
#[derive(Clone, Debug)]
pub struct ObjectiveRecord {
    /// The objective.
    pub objective: ObjectiveId,
    /// The period's label.
    pub period: String,
    /// Its first instant.
    pub from: Instant,
    /// One past its last instant.
    pub to: Instant,
    /// The group.
    pub by: Vec<Group>,
    /// The value of the first comparison's left side, in its unit; durations are seconds.
    pub value: Option<Exact>,
    /// Of a ratio: what is divided, and by what.
    pub ratio: Option<(Exact, Exact)>,
    /// What the denominator or the sample counts.
    pub n: u64,
    /// Instances of the period that are pending.
    pub pending: u64,
    /// Instances of the period that are void.
    pub void: u64,
    /// Instances of the period that are unknown.
    pub unknown: u64,
    /// What became of it.
    pub verdict: ObjectiveVerdict,
    /// The period is cut by the agreement's term.
    pub partial: bool,
    /// An open breach may still move the value.
    pub provisional: bool,
    /// The harder level was missed too.
    pub below_minimum: bool,
    /// The rest of the first comparison, as a person reads it: with what was carried over.
    pub bound: String,
    /// What tables do not say: `fees(acme).fee`.
    pub missing_rows: Vec<String>,
    /// How the running value kept its pace, where one is asked for.
    pub pace: Option<Pace>,
    /// What the miss costs, if anything.
    pub owed: Option<Owed>,
}

/// A running value on the last open day that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The day.
    pub day: NaiveDate,
    /// The goal's share of the open days so far.
    pub expected: Exact,
    /// The value so far.
    pub value: Exact,
    /// Whether it is near enough.
    pub kept: bool,
}

/// What a log shows of a named value in a period.
#[derive(Clone, Debug)]
pub struct MeasuredRecord {
    /// The agreement.
    pub agreement: AgreementId,
    /// The named value.
    pub name: String,
    /// The period.
    pub period: String,
    /// One past its last instant.
    pub to: Instant,
    /// The period is cut by the agreement's term.
    pub partial: bool,
    /// The value, if there is one.
    pub value: Option<Exact>,
}
