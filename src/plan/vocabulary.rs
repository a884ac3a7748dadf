//! What cases are made of, and who agreed on what.

use crate::id::{AgreementId, CaseId, EventId, FieldId, ObjectiveId, StateId, TierId};
use crate::model::{Owner, Type, Waiver};
use crate::plan::{Cap, Claim, Condition, Pattern};
use crate::quantity::{Currency, Exact};
use crate::time::{Duration, Fiscal, Instant, Recipe, Unit, Zone};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// Somebody who owes or is owed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
}

/// A calendar in a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// The zone of its wall clock, where its rules bring none.
    pub zone: String,
    /// How it is made.
    pub recipe: Recipe,
}

/// A kind of case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its fields, by slot.
    pub fields: Vec<FieldId>,
    /// Its events.
    pub events: Vec<EventId>,
    /// Its states, each after those that it speaks of.
    pub states: Vec<StateId>,
    /// Its tiers, strongest first.
    pub tiers: Vec<TierId>,
    /// Events whose last time some condition asks for.
    pub since: Vec<EventId>,
    /// Its scores.
    pub scores: Vec<Score>,
    /// The stages that it goes through, in order.
    pub stages: Vec<Stage>,
}

/// A field that is calculated at every row of the case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Score {
    /// The field's slot.
    pub slot: u16,
    /// What earns points.
    pub rules: Vec<ScoreRule>,
}

/// What earns points.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScoreRule {
    /// Points; below zero where they are taken.
    pub points: Exact,
    /// What earns them.
    pub by: ScoreBy,
    /// This rule gives, or takes, at most so many.
    pub at_most: Option<Exact>,
}

/// What earns points.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreBy {
    /// While a condition holds.
    When(Condition),
    /// Each time that something happens.
    On(Pattern),
}

/// A stage of a kind of case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// What reaches it, the first time.
    pub on: Pattern,
}

/// An event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// The kind of case that it happens to.
    pub case: Option<CaseId>,
    /// Its own fields, by slot.
    pub fields: Vec<FieldId>,
}

/// A field.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner: Owner,
    /// Its position among its owner's fields.
    pub slot: u16,
    /// Its type.
    pub ty: Type,
    /// Whether it may be missing.
    pub optional: bool,
    /// Whether it is a score: no log holds it.
    pub calculated: bool,
}

/// A state of a kind of case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Its name.
    pub name: String,
    /// Whose.
    pub case: CaseId,
    /// Its position among its case's states.
    pub slot: u16,
    /// When it is on.
    pub when: StateWhen,
}

/// When a state is on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateWhen {
    /// From an event to an event.
    Between(Pattern, Pattern),
    /// While a condition holds.
    Holds(Condition),
}

/// A tier of a kind of case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tier {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// When a case is in it, if in none before; nothing for all others.
    pub when: Option<Condition>,
}

/// A table that stood beside the spec.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FactTable {
    /// Its name.
    pub name: String,
    /// What names a row: keys of groups, or `period`.
    pub keys: Vec<String>,
    /// Its other columns.
    pub columns: Vec<String>,
    /// Its rows in the order of their keys; an empty cell has no value.
    pub rows: Vec<(Vec<String>, Vec<Option<Exact>>)>,
}

/// One version of an agreement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Agreement {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its version.
    pub version: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day, if it ends.
    pub to: Option<NaiveDate>,
    /// Its zone.
    pub zone: String,
    /// The currency of its amounts.
    pub currency: Option<Currency>,
    /// Where its year begins.
    pub fiscal: Fiscal,
    /// What it is: `sla`, `ola` or `uc`.
    pub kind: Option<String>,
    /// Which level it stands on.
    pub level: Option<String>,
    /// Whose level it is.
    pub for_: Option<String>,
    /// The agreement that it extends.
    pub extends: Option<AgreementId>,
    /// The most that it costs in a period.
    pub caps: Vec<Cap>,
    /// Objectives of which a period owes only the largest credit.
    pub highest: Vec<Vec<ObjectiveId>>,
    /// States in which nothing of it counts.
    pub exclusions: Vec<Exclusion>,
    /// By when a credit must be claimed.
    pub claim: Option<Claim>,
    /// Promises that do not count for a while.
    pub waivers: Vec<Waiver>,
    /// Who wants what.
    pub goals: Vec<(String, String)>,
    /// When it is looked at again, in words.
    pub review: Option<String>,
}

impl Agreement {
    /// Its first instant and the first after it, on the clock of its zone.
    pub fn term(&self, zone: &Zone) -> (Instant, Instant) {
        (zone.midnight(self.from), self.to.map_or(Instant::LAST, |to| zone.midnight(to + Days::new(1))))
    }
}

/// A state in which no clock of an agreement runs: for promises about its own kind of case that case's, for others while it
/// is on for any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The state.
    pub state: StateId,
    /// While this holds too.
    pub during: Option<Condition>,
    /// Only the earliest so much of each period.
    pub up_to: Option<(Duration, Unit)>,
}

/// A service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its agreement.
    pub agreement: AgreementId,
    /// Who owes.
    pub by: Vec<String>,
    /// Who is owed.
    pub for_: Vec<String>,
}
