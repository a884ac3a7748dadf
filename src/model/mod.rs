//! What a spec means: names are ids, units are one, defaults are written out. Made by `check`, read by its analyses.
//!
//! A model is only ever run when no finding about it is an error.

mod condition;
mod money;
mod objective;
mod obligation;
mod vocabulary;

pub use condition::{Atom, Condition, ConditionKind, Lookback, Pattern, Scalar, Subject, Trigger, Value};
pub use money::{Band, Cap, Chronic, Claim};
pub use objective::{Bound, Down, EventCount, Goal, Lookup, Measure, MeasureKind, MeasureUnit, Objective, Rounded, Statistic, Window};
pub use obligation::{Backed, Duty, MOST_NOTICES, Notice, Obligation, Penalty, Retier, Row, Start, Target};
pub use vocabulary::{
    Calendar, Case, Event, EventMapping, Field, FieldColumn, Milestone, Owner, Party, Score, ScoreBy, ScoreRule, Source, Stage, State,
    StateWhen, Tier, TierRule, TimeForm, Type,
};

use crate::ast;
use crate::id::{
    AgreementId, CalendarId, CaseId, EventId, FieldId, LetId, ObjectiveId, ObligationId, PartyId, ServiceId, SourceId, StateId, Table,
    TierId,
};
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::{Duration, Fiscal, Unit, Zone};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A whole spec with its imports.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Parties.
    pub parties: Table<PartyId, Party>,
    /// Calendars; the first is `always`.
    pub calendars: Table<CalendarId, Calendar>,
    /// Kinds of cases.
    pub cases: Table<CaseId, Case>,
    /// Events of cases and of the top level.
    pub events: Table<EventId, Event>,
    /// Fields of cases and of events.
    pub fields: Table<FieldId, Field>,
    /// States of cases.
    pub states: Table<StateId, State>,
    /// Tiers of cases.
    pub tiers: Table<TierId, Tier>,
    /// Agreements, one for each version.
    pub agreements: Table<AgreementId, Agreement>,
    /// Named values.
    pub lets: Table<LetId, Let>,
    /// Services.
    pub services: Table<ServiceId, Service>,
    /// Obligations.
    pub obligations: Table<ObligationId, Obligation>,
    /// Objectives.
    pub objectives: Table<ObjectiveId, Objective>,
    /// Tables beside the spec.
    pub tables: Vec<FactTable>,
    /// Sources.
    pub sources: Table<SourceId, Source>,
    /// Tests, resolved.
    pub tests: Vec<Test>,
}

/// One version of an agreement.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// Where.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its version; empty where none is written.
    pub version: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day, if it ends.
    pub to: Option<NaiveDate>,
    /// Months and days begin at its midnight.
    pub zone: Zone,
    /// The currency of its amounts.
    pub currency: Option<Currency>,
    /// Where its year begins.
    pub fiscal: Fiscal,
    /// When it is looked at again.
    pub review: Option<ast::Review>,
    /// The cases that it is about: a condition for each kind of case that it speaks of; nothing where it is about all.
    pub applies: Option<Vec<(CaseId, Condition)>>,
    /// What it is: `sla`, `ola` or `uc`.
    pub kind: Option<String>,
    /// Which level it stands on, as a word of its own.
    pub level: Option<String>,
    /// Whose level it is.
    pub for_: Option<PartyId>,
    /// What it takes over and changes.
    pub extends: Option<Extends>,
    /// Who wants what.
    pub goals: Vec<(PartyId, String)>,
    /// Its services, in order.
    pub services: Vec<ServiceId>,
    /// The most that it costs in a period.
    pub caps: Vec<Cap>,
    /// Objectives of which a period owes only the largest credit.
    pub highest: Vec<Vec<ObjectiveId>>,
    /// Time that does not count.
    pub excludes: Vec<Exclude>,
    /// By when a credit must be claimed.
    pub claim: Option<Claim>,
    /// Promises that do not count for a while.
    pub waivers: Vec<Waiver>,
    /// Prose, as title and text.
    pub prose: Vec<(String, String)>,
}

/// `exclude planned up to 4h per month where …`
#[derive(Clone, Debug)]
pub struct Exclude {
    /// Where.
    pub span: Span,
    /// For people.
    pub title: Option<String>,
    /// What does not count.
    pub what: Excluded,
    /// Only the earliest so much of each period.
    pub up_to: Option<(Duration, Unit)>,
}

impl Exclude {
    /// Whether another excludes the same.
    pub fn is_same(&self, other: &Exclude) -> bool {
        let what = match (&self.what, &other.what) {
            (Excluded::State(a, c), Excluded::State(b, d)) => (a, c) == (b, d),
            (Excluded::Calendar(a, c), Excluded::Calendar(b, d)) => (a, c) == (b, d),
            _ => false,
        };
        what && self.up_to == other.up_to
    }
}

/// Time that does not count.
#[derive(Clone, Debug)]
pub enum Excluded {
    /// While a state is on and a condition on its case holds.
    State(StateId, Option<Condition>),
    /// While a calendar is open, of the cases of which the condition of their kind holds at the start.
    Calendar(CalendarId, Option<Vec<(CaseId, Condition)>>),
}

/// The agreement above, and what is changed of it.
#[derive(Clone, Debug)]
pub struct Extends {
    /// The agreement, in the version that is extended.
    pub agreement: AgreementId,
    /// The changes, in order.
    pub changes: Vec<Change>,
}

/// `override support.resolve { … }`, or `relax`.
#[derive(Clone, Debug)]
pub struct Change {
    /// Where, whole.
    pub span: Span,
    /// The service.
    pub service: String,
    /// The obligation or objective.
    pub promise: String,
    /// Whether it says that it weakens, and why.
    pub relaxed: bool,
}

/// A promise of one case that does not count for a while.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Waiver {
    /// The kind of case.
    pub case: CaseId,
    /// Its key.
    pub key: String,
    /// The obligation.
    pub obligation: ObligationId,
    /// First day of the dues that it is about.
    pub from: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
}

/// A named value of an agreement.
#[derive(Clone, Debug)]
pub struct Let {
    /// Where.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its agreement.
    pub agreement: AgreementId,
    /// The value.
    pub value: Exact,
    /// Its unit.
    pub unit: MeasureUnit,
    /// Where its value is written.
    pub formula: Span,
    /// How a log shows it, in each period of a unit.
    pub measured: Option<(Measure, Unit)>,
}

/// A table beside the spec, as it was read.
#[derive(Clone, Debug)]
pub struct FactTable {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// What names a row: keys of groups, or `period`.
    pub keys: Vec<String>,
    /// The other columns and their types.
    pub columns: Vec<(String, Type)>,
    /// Its rows by key; an empty cell has no value.
    pub rows: Vec<(Vec<String>, Vec<Option<Exact>>)>,
}

/// A service of an agreement.
#[derive(Clone, Debug)]
pub struct Service {
    /// Where its name stands.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its agreement.
    pub agreement: AgreementId,
    /// Who owes.
    pub by: Vec<PartyId>,
    /// Who is owed.
    pub for_: Vec<PartyId>,
    /// Its obligations, in order.
    pub obligations: Vec<ObligationId>,
    /// Its objectives, in order.
    pub objectives: Vec<ObjectiveId>,
}

/// A test: a small log and what it should give.
#[derive(Clone, Debug)]
pub struct Test {
    /// Where.
    pub span: Span,
    /// What it shows.
    pub title: String,
    /// The agreement that is meant.
    pub agreement: AgreementId,
    /// What happens, in the order of the text.
    pub events: Vec<TestEvent>,
    /// As of when.
    pub as_of: Option<chrono::NaiveDateTime>,
    /// What is expected.
    pub expectations: Vec<ast::Expectation>,
}

/// An event of a test.
#[derive(Clone, Debug)]
pub struct TestEvent {
    /// Where.
    pub span: Span,
    /// When, on the agreement's wall clock; nothing for what a case has from its beginning.
    pub at: Option<chrono::NaiveDateTime>,
    /// The case and its key.
    pub case: Option<(CaseId, String)>,
    /// The event.
    pub event: Option<EventId>,
    /// Fields of the case that change.
    pub fields: Vec<(FieldId, Option<Scalar>)>,
    /// The event's own fields.
    pub own: Vec<(FieldId, Option<Scalar>)>,
}

/// What something is called for people: its title, or else its name without the signs of a name.
pub fn called(title: Option<&String>, name: &str) -> String {
    title.cloned().unwrap_or_else(|| name.replace('_', " "))
}

impl Agreement {
    /// Its title and version, for the head of a table.
    pub fn heading(&self) -> String {
        let version = if self.version.is_empty() { String::new() } else { format!(", version {}", self.version) };
        format!("{}{version}", called(self.title.as_ref(), &self.name))
    }
}

impl Model {
    /// The built-in calendar that is open for ever.
    pub fn always(&self) -> CalendarId {
        self.calendars.ids().next().expect("a model begins with `always`")
    }

    /// The states that a state's patterns speak of: they change before it does.
    pub fn states_before(&self, state: StateId) -> Vec<StateId> {
        let StateWhen::Between(from, to) = &self.states[state].when else { return Vec::new() };
        let atoms = from.any.iter().chain(&to.any).flatten();
        let named = atoms.flat_map(|atom| {
            let changed = match atom.on {
                Trigger::Entering(state) | Trigger::Leaving(state) => Some(state),
                Trigger::Event(_) => None,
            };
            changed.into_iter().chain(atom.during)
        });
        named.collect()
    }

    /// The agreements that stand below one, however far.
    pub fn levels_below(&self, agreement: AgreementId) -> Vec<AgreementId> {
        let extends = |id: AgreementId| self.agreements[id].extends.as_ref().map(|e| e.agreement);
        // A level takes its cases from every version of what it extends.
        let name = &self.agreements[agreement].name;
        let below = |id: &AgreementId| std::iter::successors(extends(*id), |up| extends(*up)).any(|up| self.agreements[up].name == *name);
        self.agreements.ids().filter(below).collect()
    }

    /// The service of an obligation.
    pub fn service_of(&self, obligation: ObligationId) -> &Service {
        &self.services[self.obligations[obligation].service]
    }
}
