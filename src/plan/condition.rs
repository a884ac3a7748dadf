//! Conditions as flat code, and patterns.

use crate::ast::{Comparison, Operator};
use crate::id::{AgreementId, CalendarId, EventId, FieldId, StateId, TierId};
use crate::model::{Lookback, Subject, Trigger};
use crate::quantity::Exact;
use crate::time::{Duration, Instant};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A condition: operands before their operator, evaluated on a stack of truths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Condition(pub Vec<Op>);

/// The cases that something is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Those of which this holds.
    pub applies: Option<Condition>,
    /// But none that a lower level takes while it is in force.
    pub unless: Vec<(AgreementId, Condition)>,
}

/// A step of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Pushes whether the subject is one of these.
    Is(Subject, Vec<Scalar>),
    /// Pushes whether two fields have the same value.
    Same(FieldId, FieldId),
    /// Pushes how two amounts compare.
    Compare(Value, Comparison, Value),
    /// Pushes whether a field has a value.
    Present(FieldId),
    /// Pushes whether the instant is inside a calendar.
    During(CalendarId),
    /// Turns the top round.
    Not,
    /// Joins so many by `and`.
    All(u32),
    /// Joins so many by `or`.
    Any(u32),
}

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A fixed one.
    Fixed(Scalar),
    /// A field's.
    Field(FieldId),
    /// Real time since the case's last such event.
    Since(EventId),
    /// Arithmetic.
    Arithmetic(Box<Value>, Operator, Box<Value>),
}

/// A fixed value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scalar {
    /// A number, or an amount in the agreement's currency.
    Number(Exact),
    /// True or false.
    Bool(bool),
    /// A length of time.
    Duration(Duration),
    /// A day.
    Date(NaiveDate),
    /// An instant.
    Time(Instant),
    /// A text.
    Text(String),
    /// A member, by position.
    Member(u32),
    /// A tier.
    Tier(TierId),
}

/// Any of some, each of which needs all of some counted events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern {
    /// Any of these; in each, all of those.
    pub any: Vec<Vec<Atom>>,
}

/// A counted event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Atom {
    /// What happens.
    pub on: Trigger,
    /// What must hold.
    pub condition: Option<Condition>,
    /// How often.
    pub count: u32,
    /// At least so many different values of a field.
    pub across: Option<(u32, FieldId)>,
    /// An event nearer to the last counted one does not count.
    pub spaced: Option<Duration>,
    /// Only so far back.
    pub last: Option<Lookback>,
    /// Only while this state is on.
    pub during: Option<StateId>,
}

impl Atom {
    /// Whether one happening is all that it takes.
    pub fn is_single(&self) -> bool {
        self.count == 1 && self.across.is_none()
    }

    /// The event that counts for it whatever holds, if one does.
    pub fn event_alone(&self) -> Option<EventId> {
        match self.on {
            Trigger::Event(event) if self.condition.is_none() && self.during.is_none() => Some(event),
            Trigger::Event(_) | Trigger::Entering(_) | Trigger::Leaving(_) => None,
        }
    }
}
