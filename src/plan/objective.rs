//! Objectives over what the engine counts.

use crate::ast::{Comparison, CountedBy, Operator};
use crate::id::{AgreementId, CalendarId, FieldId, ObjectiveId, ObligationId, ServiceId, StateId};
use crate::model::{Lookup, MeasureUnit, Rounded, Statistic, Trigger, Window};
use crate::plan::{About, Band, Cap, Chronic, Condition};
use crate::quantity::Exact;
use crate::source::Place;
use crate::time::{Duration, Unit};
use serde::{Deserialize, Serialize};

/// A goal for a period.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Objective {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its service.
    pub service: ServiceId,
    /// Where it stands.
    pub spec: Place,
    /// What must hold.
    pub goal: Goal,
    /// A second, harder level.
    pub minimum: Option<(Comparison, Measure)>,
    /// The left side of the first comparison, as it is written.
    pub measured: String,
    /// The rest of the first comparison, as a person reads it.
    pub bound: String,
    /// The unit of the value that is shown.
    pub unit: MeasureUnit,
    /// In each of these.
    pub window: Window,
    /// By which of these its events are counted: by its windows, or by days where a pace asks for them.
    pub grain: Window,
    /// The names of the groups' keys.
    pub by: Vec<String>,
    /// What a period without data is, if it is anything.
    pub no_data: Option<bool>,
    /// The least denominator.
    pub sample: u32,
    /// What places an instance in a period.
    pub counted_by: CountedBy,
    /// What a miss costs; the lowest band that a value falls below counts.
    pub bands: Vec<Band>,
    /// The most that it costs.
    pub cap: Option<Cap>,
    /// What misses entitle to.
    pub chronic: Vec<Chronic>,
    /// What is short of the goal is added to the next period's.
    pub carry: bool,
    /// The objective whose met period returns the credits of the periods in it.
    pub earned: Option<ObjectiveId>,
    /// How near the running count stays to its share of the goal, and whose open days make the share.
    pub pace: Option<(Exact, CalendarId)>,
}

/// A named value that a log shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MeasuredLet {
    /// Its agreement.
    pub agreement: AgreementId,
    /// Its name.
    pub name: String,
    /// What is measured, in the form of an objective that asks nothing.
    pub objective: Objective,
}

/// What must hold of a period.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// A measure against another.
    Compare(Measure, Comparison, Measure),
    /// All of these.
    All(Vec<Goal>),
    /// Any of these.
    Any(Vec<Goal>),
    /// Not this.
    Not(Box<Goal>),
}

/// Something that can be measured over a period.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// A fixed value.
    Fixed(Exact),
    /// Met over met and breached; of several obligations, by case.
    Met(Vec<Part>),
    /// Breached instances.
    Misses(Part),
    /// A statistic of the elapsed time of decided instances.
    OfClock(Statistic, Part),
    /// Counted events.
    Count(usize),
    /// A statistic of counted events' values.
    OfField(Statistic, usize),
    /// The time in a state, or the share of the period outside of it.
    Down(Box<Down>),
    /// A statistic of a value for each stretch of the day that has data.
    OfBuckets(Statistic, Box<Measure>, Duration),
    /// The row of a table for the group and period.
    Lookup(Lookup),
    /// Arithmetic.
    Arithmetic(Box<Measure>, Operator, Box<Measure>),
    /// Made whole.
    Rounded(Rounded, Box<Measure>),
}

/// Time in a state. The states are numbers of the plan's spans.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Down {
    /// The state.
    pub down: usize,
    /// Without the time in these; of each perhaps only the earliest so much of each period.
    pub without: Vec<(usize, Option<(Duration, Unit)>)>,
    /// Without the time of these calendars: one for each set of the span's own conditions that holds, numbered by its bits.
    pub closed: Vec<CalendarId>,
    /// Only the time of this calendar.
    pub on: Option<CalendarId>,
    /// The share of the period outside of the state, rather than the time in it.
    pub share: bool,
}

/// The times in which a state of some cases was on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Span {
    /// The state.
    pub state: StateId,
    /// While this holds too.
    pub during: Option<Condition>,
    /// The cases that the agreement is about.
    pub about: About,
    /// The objective's `where`, read when the state ends.
    pub filter: Option<Condition>,
    /// How they are grouped; nothing where all are taken together.
    pub by: Vec<Key>,
    /// Under which conditions the agreement excludes calendars.
    pub excluded_if: Vec<Condition>,
}

/// The instances of an obligation that a measure is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// The obligation.
    pub obligation: ObligationId,
    /// How they are grouped.
    pub by: Vec<Key>,
    /// Which of the obligation's filters they pass.
    pub filter: Option<usize>,
}

/// What instances or events are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The tier.
    Tier,
    /// One of the obligation's keys, by position.
    Reading(usize),
    /// The group of a duty of each period.
    Group,
    /// A field of the event or of its case.
    Field(FieldId),
}

/// Events that an objective counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counter {
    /// Whose objective.
    pub agreement: AgreementId,
    /// What happens.
    pub on: Trigger,
    /// What must hold.
    pub condition: Option<Condition>,
    /// The cases that the agreement is about.
    pub about: About,
    /// The objective's `where`.
    pub filter: Option<Condition>,
    /// How they are grouped.
    pub by: Vec<Key>,
    /// The field whose values are wanted.
    pub value: Option<FieldId>,
    /// By which of these; a rolling window is counted by months.
    pub grain: Window,
}
