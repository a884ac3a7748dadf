//! Parties, calendars, cases and what they are made of.

use crate::id::{CaseId, EventId, FieldId, StateId, TierId};
use crate::model::{Condition, Pattern, Scalar};
use crate::quantity::Exact;
use crate::source::Span;
use crate::time::Recipe;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Somebody who owes or is owed.
#[derive(Clone, Debug)]
pub struct Party {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// How to reach it.
    pub contacts: Vec<String>,
}

/// A set of open instants.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// How it is made. A rule set without a zone has the agreement's, written as an empty name until then.
    pub recipe: Recipe,
    /// How far its dated rules reach.
    pub known: Option<NaiveDate>,
}

/// A kind of case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its fields.
    pub fields: Vec<FieldId>,
    /// Its events.
    pub events: Vec<EventId>,
    /// Its states.
    pub states: Vec<StateId>,
    /// Its tiers, strongest first.
    pub tiers: Vec<TierId>,
    /// Its scores.
    pub scores: Vec<Score>,
    /// The stages that it goes through, in order.
    pub stages: Vec<Stage>,
}

/// `score heat { … }`: a field that is calculated.
#[derive(Clone, Debug)]
pub struct Score {
    /// The field.
    pub field: FieldId,
    /// What earns points.
    pub rules: Vec<ScoreRule>,
}

/// `add 5 on replied at most 25`
#[derive(Clone, Debug)]
pub struct ScoreRule {
    /// Points; below zero where they are taken.
    pub points: Exact,
    /// What earns them.
    pub by: ScoreBy,
    /// This rule gives, or takes, at most so many.
    pub at_most: Option<Exact>,
}

/// What earns points.
#[derive(Clone, Debug)]
pub enum ScoreBy {
    /// While a condition holds.
    When(Condition),
    /// Each time that something happens.
    On(Pattern),
}

/// `stage sql "Sales-qualified" on opened`
#[derive(Clone, Debug)]
pub struct Stage {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// What reaches it, the first time.
    pub on: Pattern,
}

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// The kind of case that it happens to.
    pub case: Option<CaseId>,
    /// Fields that live with it only.
    pub fields: Vec<FieldId>,
}

/// Whose field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// A case's: it keeps its last value.
    Case(CaseId),
    /// An event's: it lives with that event only.
    Event(EventId),
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner: Owner,
    /// Its type.
    pub ty: Type,
    /// Whether it may be missing.
    pub optional: bool,
    /// Whether it is a score: no log holds it.
    pub calculated: bool,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// Any text.
    Text,
    /// An exact number.
    Number,
    /// An amount in the agreement's currency.
    Money,
    /// True or false.
    Bool,
    /// A length of time.
    Duration,
    /// A day.
    Date,
    /// An instant.
    Time,
    /// One of these words.
    Members(Vec<String>),
}

impl Type {
    /// What it is called in a finding.
    pub fn word(&self) -> &'static str {
        match self {
            Type::Text => "a text",
            Type::Number => "a number",
            Type::Money => "an amount of money",
            Type::Bool => "a truth (`true` or `false`)",
            Type::Duration => "a duration",
            Type::Date => "a date",
            Type::Time => "a time",
            Type::Members(_) => "an enumeration",
        }
    }
}

/// A state of a kind of case.
#[derive(Clone, Debug)]
pub struct State {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Whose state.
    pub case: CaseId,
    /// When it is on.
    pub when: StateWhen,
}

/// When a state is on.
#[derive(Clone, Debug)]
pub enum StateWhen {
    /// From an event to an event.
    Between(Pattern, Pattern),
    /// While a condition holds.
    Holds(Condition),
}

/// A tier of a kind of case.
#[derive(Clone, Debug)]
pub struct Tier {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Whose tier.
    pub case: CaseId,
    /// When a case is in it, if in none before.
    pub rule: TierRule,
}

/// When a case is in a tier.
#[derive(Clone, Debug)]
pub enum TierRule {
    /// When a condition holds.
    When(Condition),
    /// In all other cases.
    Otherwise,
}

/// How a log speaks the vocabulary.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// The kind of case and the column of its key.
    pub case: Option<(CaseId, String)>,
    /// The column of times, of a long log.
    pub time: Option<(String, TimeForm)>,
    /// Columns of milestones, of a wide log.
    pub milestones: Vec<Milestone>,
    /// The columns that make the event, of a long log.
    pub event_columns: Vec<String>,
    /// What their words stand for.
    pub events: Vec<EventMapping>,
    /// Columns of fields.
    pub fields: Vec<FieldColumn>,
    /// Event words that are nobody's concern.
    pub ignore: Vec<String>,
    /// Words for nothing.
    pub missing: Vec<String>,
    /// The column that tells rows apart.
    pub id: Option<String>,
    /// The text's encoding; UTF-8 if nothing is said.
    pub encoding: Option<String>,
    /// What stands between columns; found if nothing is said.
    pub delimiter: Option<u8>,
    /// Whether an empty cell takes a field's value away.
    pub empty_clears: bool,
}

/// How times are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeForm {
    /// A strftime pattern, `rfc3339`, `epoch` or `epoch ms`; found among those that cannot be mistaken if nothing is said.
    pub format: Option<String>,
    /// The zone of times without an offset.
    pub zone: Option<String>,
}

/// A column whose cell is the time of an event.
#[derive(Clone, Debug)]
pub struct Milestone {
    /// The event.
    pub event: EventId,
    /// The column.
    pub column: String,
    /// How its times are written.
    pub form: TimeForm,
}

/// Words of a log that stand for an event.
#[derive(Clone, Debug)]
pub struct EventMapping {
    /// One word for each event column.
    pub words: Vec<String>,
    /// The event.
    pub event: EventId,
    /// What the words say of its own fields.
    pub fields: Vec<(FieldId, Scalar)>,
}

/// A column that holds a field.
#[derive(Clone, Debug)]
pub struct FieldColumn {
    /// The fields of that name: the case's and those of its events.
    pub fields: Vec<FieldId>,
    /// The column.
    pub column: String,
    /// How its times are written, if it holds times.
    pub form: TimeForm,
    /// Words of the log and what they stand for.
    pub values: Vec<(String, Option<Scalar>)>,
}
