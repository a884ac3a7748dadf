//! Kinds of cases: their fields, events, states, tiers, scores and stages.

use crate::ast::{Expr, Name, Pattern, Text};
use crate::quantity::Exact;
use crate::source::Span;

/// `case lead { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// Its clauses, in order.
    pub clauses: Vec<CaseClause>,
}

/// A clause of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseClause {
    /// `score: number`
    Field(Field),
    /// `event created`
    Event(Event),
    /// `state waiting …`
    State(State),
    /// `tier A when …`
    Tier(Tier),
    /// `tier from priority`
    TierFrom(Name, Span),
    /// `score heat { … }`
    Score(Score),
    /// `stage sql on opened`
    Stage(Stage),
}

/// `event attempted { channel: phone | email }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// Fields that live with it only.
    pub fields: Vec<Field>,
}

/// `mobile: text?`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: FieldType,
    /// Whether it may be missing.
    pub optional: bool,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// `text`
    Text,
    /// `number`
    Number,
    /// `money`
    Money,
    /// `bool`
    Bool,
    /// `duration`
    Duration,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `phone | email`
    Members(Vec<Name>),
}

/// `state waiting …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// When it is on.
    pub when: StateWhen,
}

/// When a state is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateWhen {
    /// From an event to an event.
    Between(Pattern, Pattern),
    /// While a condition holds.
    Holds(Expr),
}

/// `tier A "Hot" when score >= 80`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Where.
    pub span: Span,
    /// The lines of `///` above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// When; nothing for `otherwise`.
    pub when: Option<Expr>,
}

/// `score heat { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Where.
    pub span: Span,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// Its rules.
    pub rules: Vec<ScoreRule>,
}

/// `add 5 on replied at most 25`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreRule {
    /// Where.
    pub span: Span,
    /// Points; below zero for `take`.
    pub points: Exact,
    /// What earns them.
    pub by: ScoreBy,
    /// At most so many by this rule.
    pub at_most: Option<Exact>,
}

/// What earns points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScoreBy {
    /// While a condition holds.
    When(Expr),
    /// Each time something happens.
    On(Pattern),
}

/// `stage sql "Sales-qualified" on opened`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Where.
    pub span: Span,
    /// Its name.
    pub name: Name,
    /// Its name for people.
    pub title: Option<Text>,
    /// What reaches it.
    pub on: Pattern,
}
