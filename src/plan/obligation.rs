//! Obligations in evaluation order.

use crate::ast::{NoticeKind, Rounding};
use crate::id::{CalendarId, CaseId, FieldId, ObligationId, ServiceId, StateId, TierId};
use crate::model::{Retier, Target};
use crate::plan::{About, Condition, Pattern};
use crate::quantity::Exact;
use crate::source::Place;
use crate::time::{Duration, Unit};
use serde::{Deserialize, Serialize};

/// The versions of one obligation, by the day from which each counts. An open instance of one blocks the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Track(pub Vec<ObligationId>);

/// What somebody promises.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Obligation {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its service.
    pub service: ServiceId,
    /// The kind of case; nothing for a duty of each period.
    pub case: Option<CaseId>,
    /// Where it stands.
    pub spec: Place,
    /// The cases that it is about.
    pub about: About,
    /// What is owed.
    pub duty: Duty,
    /// Fields of the case that are read at the deciding instant.
    pub keys: Vec<FieldId>,
    /// Conditions that are read at the deciding instant: the `where` of objectives.
    pub filters: Vec<Condition>,
    /// Which of the keys names who is to blame.
    pub blame: Option<usize>,
    /// What a breach costs.
    pub penalty: Option<Penalty>,
}

impl Obligation {
    /// Whether each of its instances is one of a case: not of a period, nor of an event of the top level.
    pub fn follows_a_case(&self) -> bool {
        let each_period = matches!(&self.duty, Duty::Clock(clocked) if matches!(clocked.start, Start::Each { .. }));
        self.case.is_some() && !each_period
    }

    /// What starts it, if an event of a case does.
    pub fn start(&self) -> Option<&Pattern> {
        match &self.duty {
            Duty::Clock(clocked) => match &clocked.start {
                Start::On { pattern, .. } => Some(pattern),
                Start::Each { .. } => None,
            },
            Duty::Rule(_) => None,
        }
    }
}

/// What a breach costs, in the agreement's currency.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Penalty {
    /// How much; for each unit of lateness, if there is one.
    pub amount: Exact,
    /// How lateness is counted.
    pub per: Option<(Rounding, Duration)>,
    /// As it is written.
    pub text: String,
}

/// What is owed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Something in time.
    Clock(Box<Clocked>),
    /// Something at every such event, or nothing of the kind.
    Rule(Box<Rule>),
}

/// Something that is owed in time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Clocked {
    /// What opens an instance.
    pub start: Start,
    /// What fulfils it.
    pub stop: Pattern,
    /// What ends it without a fault.
    pub cancel: Option<Pattern>,
    /// What begins it anew.
    pub reset: Option<Pattern>,
    /// What undoes its stop.
    pub reopen: Option<Pattern>,
    /// States in which its clock stands still.
    pub pause: Vec<StateId>,
    /// Targets; the first that fits counts.
    pub rows: Vec<Row>,
    /// Under which conditions, read at the start, the agreement excludes calendars.
    pub excluded_if: Vec<Condition>,
    /// What a change of tier does.
    pub retier: Retier,
    /// Warnings and escalations.
    pub notices: Vec<Notice>,
}

/// What opens an instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// An event of a case.
    On {
        /// Only the case's first.
        once: bool,
        /// Which.
        pattern: Pattern,
    },
    /// The beginning of each period.
    Each {
        /// Which period.
        unit: Unit,
        /// The fields of the stopping events whose value makes the group.
        by: Vec<FieldId>,
        /// What the group is called.
        name: Option<String>,
    },
}

/// A row of targets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Where it stands, if a level wrote it.
    pub spec: Option<Place>,
    /// How long.
    pub target: Target,
    /// For which tiers; empty for all.
    pub tiers: Vec<TierId>,
    /// On which calendar; nothing only beside no target.
    pub clock: Option<CalendarId>,
    /// The same without the calendars that the agreement excludes: one for each set of [`Clocked::excluded_if`] that holds,
    /// numbered by its bits.
    pub running: Vec<CalendarId>,
    /// Under which condition, read at the start.
    pub condition: Option<Condition>,
}

/// A warning or an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When.
    pub at: NoticeKind,
    /// To whom, as written; nothing for a warning.
    pub to: Option<String>,
    /// The field of the case that names whom, if one does.
    pub to_field: Option<FieldId>,
}

/// A rule about single events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// Which events.
    pub on: Pattern,
    /// What must hold; what `forbid` says is breached where it would count.
    pub require: Option<Condition>,
    /// Only in this state.
    pub during: Option<StateId>,
    /// Only then.
    pub when: Option<Condition>,
}
