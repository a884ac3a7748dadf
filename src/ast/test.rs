//! Tests in the language.

use crate::ast::{Literal, Name, Spanned, Text};
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::Duration;
use chrono::NaiveDateTime;

/// `test "…" for corporate { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Where.
    pub span: Span,
    /// What it shows.
    pub title: Text,
    /// The agreement that is meant, where several are.
    pub agreement: Option<Name>,
    /// Its cases.
    pub cases: Vec<TestCase>,
    /// Events of no case.
    pub events: Vec<TestEvent>,
    /// `as of …`
    pub as_of: Option<Spanned<NaiveDateTime>>,
    /// What is expected.
    pub expectations: Vec<Expectation>,
    /// Every clause of it was read.
    pub whole: bool,
}

/// `lead "L1" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// The kind of case.
    pub kind: Name,
    /// Its key.
    pub key: Text,
    /// Fields that it has from the beginning.
    pub fields: Vec<Assignment>,
    /// What happens, in order.
    pub events: Vec<TestEvent>,
}

/// `at 2026-03-06 16:45 created`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestEvent {
    /// Where.
    pub span: Span,
    /// When, on the agreement's wall clock.
    pub at: NaiveDateTime,
    /// The event, and its own fields; nothing where only fields change.
    pub event: Option<(Name, Vec<Assignment>)>,
    /// Fields of the case that change.
    pub fields: Vec<Assignment>,
}

/// `score = 90`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The field.
    pub field: Name,
    /// Its value.
    pub value: TestValue,
}

/// A value in a test or a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestValue {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: TestValueKind,
}

/// The forms of a value in a test or a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestValueKind {
    /// `90`, `500 USD`, `"kim"`
    Literal(Literal),
    /// `demo`, `true`
    Word(String),
    /// `missing`: the field loses its value
    Missing,
}

/// `expect first_contact met elapsed 45m`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Where.
    pub span: Span,
    /// The obligation or objective; `owed` for what is owed by all.
    pub of: Name,
    /// What it is to be.
    pub kind: ExpectationKind,
}

/// The two kinds of expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectationKind {
    /// Of an instance of an obligation.
    Verdict(VerdictExpectation),
    /// Of a period of an objective.
    Objective(ObjectiveExpectation),
    /// `owed 300 USD`: all that is owed, less what caps take and what is returned
    Owed(Exact, Currency),
}

/// `respond of "T1" met elapsed 10m due …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictExpectation {
    /// The case; may be left out where a test has one.
    pub case: Option<Text>,
    /// Which instance; may be left out where there is one.
    pub seq: Option<u32>,
    /// Which group of a recurring duty.
    pub by: Option<Text>,
    /// `met`, `breached`, `pending`, `void`, `unknown`, or `none` for no instance
    pub verdict: Name,
    /// Further details that are to hold.
    pub details: Vec<Spanned<Detail>>,
}

/// A detail of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// `elapsed 45m`
    Elapsed(Duration),
    /// `late 1h`
    Late(Duration),
    /// `paused 10m`
    Paused(Duration),
    /// `due 2026-03-09 09:45`
    Due(NaiveDateTime),
    /// `warned 2026-07-06 12:12`
    Warned(NaiveDateTime),
    /// `tier A`
    Tier(String),
    /// `reason "cancelled"`
    Reason(String),
    /// `credit 50 USD`; no amount for none
    Credit(Exact, Currency),
    /// `escalated 2026-07-06 12:12`
    Escalated(NaiveDateTime),
}

/// `both in 2026-07 by "web" missed value 0%`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectiveExpectation {
    /// The period's label.
    pub period: String,
    /// The group.
    pub by: Vec<Text>,
    /// `met`, `missed`, `open`, `unknown`, or `none` for no record
    pub outcome: Name,
    /// The value.
    pub value: Option<TestValue>,
    /// The credit; no amount for none.
    pub credit: Option<(Exact, Currency)>,
    /// A right that arises.
    pub right: Option<String>,
}
