//! The compiled spec: flat tables in evaluation order, complete in themselves. What `sla compile` writes and what the
//! engine runs.
//!
//! A plan holds no names to look up but those that reports show, no source text but the places of its clauses, and no
//! calendar that is not laid out in rules. It is versioned JSON by serde.

mod condition;
mod from_model;
mod interest;
mod money;
mod objective;
mod obligation;
mod source;
mod vocabulary;

pub use condition::{About, Atom, Condition, Op, Pattern, Scalar, Value};
pub use from_model::{from_model, from_model_measuring};
pub use interest::{Interest, asked_of_event, asks_for_tier, counts_events_alone, events_of, fields_of};
pub use money::{Band, Cap, Chronic, Claim};
pub use objective::{Counter, Down, Goal, Key, Measure, MeasuredLet, Objective, Part, Span};
pub use obligation::{Clocked, Duty, Notice, Obligation, Penalty, Row, Rule, Start, Track};
pub use source::{EventMapping, FieldColumn, Milestone, Source};
pub use vocabulary::{
    Agreement, Calendar, Case, Event, Exclusion, FactTable, Field, Party, Score, ScoreBy, ScoreRule, Service, Stage, State, StateWhen, Tier,
};

use crate::id::{
    AgreementId, CalendarId, CaseId, EventId, FieldId, ObjectiveId, ObligationId, ServiceId, SourceId, StateId, Table, TierId,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The form of a plan; another one is refused.
pub const FORMAT: u32 = 1;

/// A compiled spec.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of the tool that made it.
    pub sla: String,
    /// Parties, in the order of the text.
    pub parties: Vec<Party>,
    /// Calendars, each in a zone.
    pub calendars: Table<CalendarId, Calendar>,
    /// Kinds of cases.
    pub cases: Table<CaseId, Case>,
    /// Events.
    pub events: Table<EventId, Event>,
    /// Fields.
    pub fields: Table<FieldId, Field>,
    /// States.
    pub states: Table<StateId, State>,
    /// Tiers.
    pub tiers: Table<TierId, Tier>,
    /// Agreements, one for each version.
    pub agreements: Table<AgreementId, Agreement>,
    /// Services.
    pub services: Table<ServiceId, Service>,
    /// Obligations.
    pub obligations: Table<ObligationId, Obligation>,
    /// The versions of each obligation, in the order of reports.
    pub tracks: Vec<Track>,
    /// Events that objectives count.
    pub counters: Vec<Counter>,
    /// States whose times objectives measure.
    pub spans: Vec<Span>,
    /// Objectives.
    pub objectives: Table<ObjectiveId, Objective>,
    /// Named values that a log shows, where they were asked for.
    pub measured: Vec<MeasuredLet>,
    /// Tables that stood beside the spec.
    pub tables: Vec<FactTable>,
    /// Sources.
    pub sources: Table<SourceId, Source>,
}

/// Why a text is not a plan.
#[derive(Debug)]
pub enum NotAPlan {
    /// It is no JSON of a plan's form.
    Form(serde_json::Error),
    /// It is a plan of another version.
    Version(u32),
}

impl Plan {
    /// As JSON, always the same for the same plan.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a plan is plain data")
    }

    /// From JSON.
    pub fn from_json(text: &str) -> Result<Plan, NotAPlan> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head = serde_json::from_str(text).map_err(NotAPlan::Form)?;
        if head.format != FORMAT {
            return Err(NotAPlan::Version(head.format));
        }
        serde_json::from_str(text).map_err(NotAPlan::Form)
    }

    /// `sha256:` and the digest of its JSON.
    pub fn digest(&self) -> String {
        let hash = Sha256::digest(self.to_json().as_bytes());
        let hex: String = hash.iter().map(|b| format!("{b:02x}")).collect();
        format!("sha256:{hex}")
    }

    /// The kind of case, where there is only one.
    pub fn only_case(&self) -> Option<CaseId> {
        if self.cases.len() == 1 { self.cases.ids().next() } else { None }
    }

    /// The agreement of an obligation.
    pub fn agreement_of(&self, obligation: ObligationId) -> &Agreement {
        &self.agreements[self.services[self.obligations[obligation].service].agreement]
    }
}
