//! Conditions and patterns, typed.

use crate::ast::{Comparison, Operator};
use crate::id::{CalendarId, EventId, FieldId, StateId, TierId};
use crate::quantity::Exact;
use crate::source::Span;
use crate::time::{Duration, Unit};
use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

/// What may be true, false or unknown of a case at an event.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ConditionKind,
}

impl Condition {
    /// This condition and all inside of it, from the outside in.
    pub fn each<'c>(&'c self, f: &mut impl FnMut(&'c Condition)) {
        f(self);
        match &self.kind {
            ConditionKind::All(all) | ConditionKind::Any(all) => all.iter().for_each(|c| c.each(f)),
            ConditionKind::Not(inner) => inner.each(f),
            ConditionKind::Is(..)
            | ConditionKind::Same(..)
            | ConditionKind::Compare(..)
            | ConditionKind::Present(_)
            | ConditionKind::During(_) => {}
        }
    }
}

/// The forms of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum ConditionKind {
    /// All of these.
    All(Vec<Condition>),
    /// Any of these.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// The subject is one of these.
    Is(Subject, Vec<Scalar>),
    /// Two fields of one type have the same value.
    Same(FieldId, FieldId),
    /// Two amounts compare.
    Compare(Value, Comparison, Value),
    /// The field has a value.
    Present(FieldId),
    /// The instant is inside a calendar.
    During(CalendarId),
}

/// What is one of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// A field's value.
    Field(FieldId),
    /// The case's tier.
    Tier,
}

/// An amount: a number, money, a length of time, a day or an instant. Types were checked.
#[derive(Clone, Debug, PartialEq)]
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
pub enum Scalar {
    /// A number, or an amount in the agreement's currency.
    Number(Exact),
    /// True or false.
    Bool(bool),
    /// A length of time.
    Duration(Duration),
    /// A day.
    Date(NaiveDate),
    /// A wall-clock time of the agreement.
    Wall(NaiveDateTime),
    /// A text.
    Text(String),
    /// A member of the field's enumeration, by position.
    Member(u32),
    /// A tier.
    Tier(TierId),
}

/// Any of some, each of which needs all of some counted events.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Where.
    pub span: Span,
    /// Any of these; in each, all of those.
    pub any: Vec<Vec<Atom>>,
}

/// A counted event.
#[derive(Clone, Debug)]
pub struct Atom {
    /// Where.
    pub span: Span,
    /// What happens.
    pub on: Trigger,
    /// What must hold.
    pub condition: Option<Condition>,
    /// How often, 1 or more.
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

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Trigger {
    /// An event.
    Event(EventId),
    /// A state turns on.
    Entering(StateId),
    /// A state turns off.
    Leaving(StateId),
}

/// How far back a count looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lookback {
    /// Real time.
    Real(Duration),
    /// Days, weeks or months of the agreement's wall clock.
    Calendar(u32, Unit),
}

/// Where it stands is not what it says.
impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        self.kind == other.kind
    }
}

/// Where it stands is not what it says.
impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.any == other.any
    }
}

/// Where it stands is not what it says.
impl PartialEq for Atom {
    fn eq(&self, other: &Atom) -> bool {
        let Atom { span: _, on, condition, count, across, spaced, last, during } = self;
        (on, condition, count, across) == (&other.on, &other.condition, &other.count, &other.across)
            && (spaced, last, during) == (&other.spaced, &other.last, &other.during)
    }
}
