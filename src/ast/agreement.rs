//! Agreements, services, obligations and objectives.

use crate::ast::{CalendarSpan, Comparison, Count, EventRef, Expr, Name, Pattern, Spanned, Text};
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::{Duration, Unit};
use chrono::NaiveDate;

/// `agreement smarketing { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// The agreement that it takes over.
    pub extends: Option<Name>,
    /// Its clauses, in order.
    pub clauses: Vec<Clause<AgreementClause>>,
    /// The words with which its clauses begin that could not be read.
    pub broken: Vec<String>,
}

/// A clause and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause<T> {
    /// Where, from its keyword to its end.
    pub span: Span,
    /// The clause.
    pub kind: T,
}

/// A clause of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementClause {
    /// `kind ola`
    Kind(Name),
    /// `version "2026.1"`
    Version(Text),
    /// `effective 2026-01-01 to 2026-12-31`
    Effective(NaiveDate, Option<NaiveDate>),
    /// `zone "America/New_York"`
    Zone(Text),
    /// `currency USD`
    Currency(Currency),
    /// `fiscal year from 02-01`, as month and day
    Fiscal(u8, u8),
    /// `review every quarter`
    Review(Review),
    /// `applies when …`
    Applies(Expr),
    /// `clock office`
    Clock(Name),
    /// `goal sales "…"`
    Goal(Name, Text),
    /// `let x = …`
    Let(Let),
    /// `assert … "…"`
    Assert(Expr, Option<Text>),
    /// `exclude planned up to 4h per month`
    Exclude(Exclude),
    /// `cap 30% of fee per month`
    Cap(Cap),
    /// `claim within 30 calendar days on claim_filed`
    Claim(Target, Option<EventRef>),
    /// `highest of a, b`
    Highest(Vec<Name>),
    /// `service … { … }`
    Service(Service),
    /// `clause "…" "…"`
    Prose(Text, Text),
    /// `waive … of … from … until …`
    Waive(Waive),
    /// `level customer`
    Level(Name),
    /// `for acme`
    For(Name),
    /// `override a.b { … }`
    Override(Change),
    /// `relax a.b { … } because "…"`
    Relax(Change, Text),
}

/// When an agreement is looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Review {
    /// `every quarter`
    Every(Unit),
    /// `on 2026-06-30`
    On(Vec<NaiveDate>),
}

/// `let win_rate = 2.5% measured … per quarter`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// The value.
    pub value: Expr,
    /// How a log shows it.
    pub measured: Option<(Expr, Unit)>,
}

/// Time that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclude {
    /// A state or, with `during`, a calendar.
    pub what: Name,
    /// Whether `during` was written.
    pub during: bool,
    /// `up to 4h per month`
    pub up_to: Option<(Spanned<Duration>, WindowUnit)>,
    /// `where …`
    pub filter: Option<Expr>,
    /// For people.
    pub title: Option<Text>,
}

/// `cap 30% of fee per month`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// At most this.
    pub amount: Expr,
    /// In each of these.
    pub per: Option<WindowUnit>,
}

/// `waive ticket "T-17" of resolve from … until …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waive {
    /// The kind of case.
    pub case: Name,
    /// Its key.
    pub key: Text,
    /// The obligation.
    pub of: TargetPath,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
    /// Why.
    pub because: Option<Text>,
}

/// `support.resolve` or `resolve`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetPath {
    /// The service, if written.
    pub service: Option<Name>,
    /// The obligation or objective.
    pub name: Name,
}

/// What a lower level changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of which obligation or objective.
    pub of: TargetPath,
    /// New clauses of an obligation.
    pub obligation: Vec<Clause<ObligationClause>>,
    /// New clauses of an objective.
    pub objective: Vec<Clause<ObjectiveClause>>,
}

/// `service follow_up by sales for marketing { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// Who owes.
    pub by: Vec<Name>,
    /// Who is owed.
    pub for_: Vec<Name>,
    /// Its obligations.
    pub obligations: Vec<Obligation>,
    /// Its objectives.
    pub objectives: Vec<Objective>,
}

/// `obligation first_contact { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// Its clauses, in order.
    pub clauses: Vec<Clause<ObligationClause>>,
    /// The words with which its clauses begin that could not be read.
    pub broken: Vec<String>,
}

/// A clause of an obligation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObligationClause {
    /// `start once on created`
    Start {
        /// Only at the case's first.
        once: bool,
        /// When.
        on: Pattern,
    },
    /// `start each month by team`
    Each(Unit, Vec<Name>),
    /// `stop on …`
    Stop(Pattern),
    /// `pause while waiting`
    Pause(Vec<Name>),
    /// `cancel on …`
    Cancel(Pattern),
    /// `reset on …`
    Reset(Pattern),
    /// `reopen on …`
    Reopen(Pattern),
    /// `retier carry`
    Retier(Name),
    /// `within …`
    Within(Vec<TargetRow>),
    /// `clock office`
    Clock(Name),
    /// `warn at 75%`
    Warn(Vec<NoticePoint>),
    /// `escalate at 100% to sales`
    Escalate(Vec<(NoticePoint, Recipient)>),
    /// `blame owner`
    Blame(Name),
    /// `applies when …`
    Applies(Expr),
    /// `require … on … when …`
    Require(Expr, EventRef, Option<Expr>),
    /// `forbid … while … when …`
    Forbid(EventRef, Option<Name>, Option<Expr>),
    /// `penalty 50 USD per started 1h late`
    Penalty(Expr, Option<(Rounding, Spanned<Duration>)>),
    /// `backed by triage then fix`
    Backed(Vec<TargetPath>, Chain),
    /// `locked`
    Locked,
}

/// How internal promises carry an external one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// One after the other.
    Then,
    /// Side by side.
    And,
}

/// How a linear amount counts its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rounding {
    /// `per 1h`
    Exact,
    /// `per started 1h`
    Started,
    /// `per full 1h`
    Full,
}

/// `4h for A | B on office if value > 10`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetRow {
    /// Where.
    pub span: Span,
    /// How long.
    pub target: Target,
    /// For which tiers; empty for all.
    pub tiers: Vec<Name>,
    /// On which calendar.
    pub on: Option<Name>,
    /// Under which condition.
    pub condition: Option<Expr>,
}

/// How long something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where.
    pub span: Span,
    /// How long.
    pub kind: TargetKind,
}

/// The forms of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// `none`
    None,
    /// `4h`
    Duration(Duration),
    /// `3 calendar days`
    Calendar(CalendarSpan),
    /// `2 working days`
    WorkingDays(Count),
    /// `close of working day 5`
    Close(Count),
    /// `10:00 of working day 0`, in minutes of the day
    Clock(u16, Count),
}

/// When a notice is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticePoint {
    /// Where.
    pub span: Span,
    /// When.
    pub kind: NoticeKind,
}

/// The forms of a notice's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum NoticeKind {
    /// `at 75%` of the target
    Share(Exact),
    /// `30m before` due
    Before(Duration),
    /// `2h after` due
    After(Duration),
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A party or a field.
    Name(Name),
    /// Anybody.
    Text(Text),
}

/// `objective speed { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// Its clauses, in order.
    pub clauses: Vec<Clause<ObjectiveClause>>,
    /// The words with which its clauses begin that could not be read.
    pub broken: Vec<String>,
}

/// A clause of an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectiveClause {
    /// `expect … per month by tier where …`
    Expect(Expect),
    /// `minimum >= 95%`
    Minimum(Comparison, Expr),
    /// `credit 5% of fee below 95%`
    Credit(Vec<Band>),
    /// `penalty …`
    Penalty(Vec<Band>),
    /// `cap 100% of fee`
    Cap(Cap),
    /// `chronic 3 misses in 6 "…"`
    Chronic(Vec<Chronic>),
    /// `earned back when yearly`
    Earned(Name),
    /// `no data is met`
    NoData(bool),
    /// `sample 20`
    Sample(Count),
    /// `counted by due`
    CountedBy(CountedBy),
    /// `pace 10% on office`
    Pace(Exact, Option<Name>),
    /// `carry shortfall`
    Carry,
    /// `locked`
    Locked,
}

/// Which of an instance's instants places it in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountedBy {
    /// Its start.
    Start,
    /// Its due.
    Due,
    /// Its stop.
    Stop,
}

/// `expect met(a) >= 95% per month by tier where …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// What is to hold.
    pub condition: Expr,
    /// In each of these.
    pub per: WindowUnit,
    /// In each group.
    pub by: Vec<Name>,
    /// Of these.
    pub filter: Option<Expr>,
}

/// What an objective is judged over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowUnit {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: WindowKind,
}

/// The forms of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowKind {
    /// `per month`
    Unit(Unit),
    /// `per rolling 3 months`
    Rolling(Count),
    /// `per 5m`
    Every(Duration),
}

/// `40% of at_risk per point below 98%`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Where.
    pub span: Span,
    /// How much.
    pub amount: Expr,
    /// For each of these; a step if nothing is written.
    pub per: Option<(Rounding, BandUnit)>,
    /// Whether it is owed above the bound rather than below.
    pub above: bool,
    /// The bound.
    pub bound: Expr,
}

/// The unit of a linear amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BandUnit {
    /// One per cent.
    Point,
    /// `1h`, `10`, `100 USD`
    Value(Expr),
}

/// `3 misses in 6 "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chronic {
    /// Where.
    pub span: Span,
    /// So many.
    pub count: Count,
    /// Of those below the minimum only.
    pub below_minimum: bool,
    /// Among the last so many; in a row if nothing is written.
    pub among: Option<Count>,
    /// What follows.
    pub right: Option<Text>,
}
