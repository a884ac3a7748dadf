//! What a log gives the engine: events in the words of a plan, with the place in the log that each came from.
//!
//! Texts are kept once each and compared by number; nothing here knows a file format.

mod key;
mod keys;
mod numbered;
mod order;
pub mod packed;
mod prefetch;
mod short;
mod store;
mod texts;

pub use key::{Key, KeyRef};
pub use keys::Keys;
pub use numbered::{KeyList, Numbered, Series, Stem};
pub use order::Order;
pub use prefetch::prefetch;
pub use short::{Short, hash, spread};
pub use store::{Draft, Events, Head, Stored, part_of};
pub use texts::{TextId, TextTable, Texts};

use crate::id::{CaseId, EventId, FieldId};
use crate::quantity::Exact;
use crate::time::{Duration, Instant};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU32;

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
// So that what it holds is copied in whole words, and not in words that overlap, for which a core waits.
#[repr(u32)]
pub enum Value {
    /// A number, or an amount in the agreement's currency.
    Number(Number),
    /// One that is too large, or has too many decimals, to be kept so: as its text.
    Long(TextId),
    /// True or false.
    Bool(bool),
    /// A length of time.
    Duration(Duration),
    /// A day.
    Date(NaiveDate),
    /// An instant.
    Time(Instant),
    /// A member of the field's enumeration, by position.
    Member(u32),
    /// Any text.
    Text(TextId),
}

/// A ratio of small whole numbers, reduced: most numbers of a log in the least room.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
// So that a value takes 16 bytes, and one that may be missing no more.
#[repr(Rust, packed(4))]
pub struct Number {
    numerator: i64,
    denominator: NonZeroU32,
}

impl Number {
    fn new(n: Exact) -> Option<Number> {
        let denominator = NonZeroU32::new(u32::try_from(n.denom()).ok()?)?;
        Some(Number { numerator: i64::try_from(n.numer()).ok()?, denominator })
    }

    /// How it compares with any number.
    #[inline]
    pub fn compare(self, other: &Exact) -> Ordering {
        // Most are whole.
        match (self.denominator.get(), other.is_whole()) {
            (1, true) => i128::from(self.numerator).cmp(&other.numer()),
            _ => self.exact().cmp(other),
        }
    }

    /// The number, if it is whole.
    #[inline]
    pub fn as_whole(self) -> Option<i64> {
        let Number { numerator, denominator } = self;
        (denominator.get() == 1).then_some(numerator)
    }

    fn exact(self) -> Exact {
        Exact::reduced(self.numerator, self.denominator)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.exact().fmt(f)
    }
}

impl Value {
    /// Of a small whole number.
    pub const fn whole(n: i64) -> Value {
        Value::Number(Number { numerator: n, denominator: NonZeroU32::MIN })
    }

    /// Of a number. Equal numbers have equal values.
    pub fn number(n: Exact, texts: &Texts) -> Value {
        Number::new(n).map_or_else(|| Value::Long(texts.intern(&n.to_string())), Value::Number)
    }

    /// The number that it is, if it is one.
    pub fn as_number(self, texts: &TextTable) -> Option<Exact> {
        match self {
            Value::Number(n) => Some(n.exact()),
            Value::Long(text) => Exact::written(texts.text(text)),
            Value::Bool(_) | Value::Duration(_) | Value::Date(_) | Value::Time(_) | Value::Member(_) | Value::Text(_) => None,
        }
    }

    /// Whether it is the number of a text.
    pub fn holds_text(self) -> bool {
        matches!(self, Value::Text(_) | Value::Long(_))
    }

    /// Its text's number, where it has one.
    pub fn text_mut(&mut self) -> Option<&mut TextId> {
        match self {
            Value::Text(text) | Value::Long(text) => Some(text),
            _ => None,
        }
    }
}

/// Where in a log something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Which of the log's files, from 0.
    pub file: u32,
    /// The line, from 1.
    pub line: u32,
}

/// A field of a case changes; an empty value takes the old one away.
pub type Change = (FieldId, Option<Value>);

/// Fields of a case that change.
pub type Changes = [Change];

/// An event's own fields.
pub type Own = [(FieldId, Value)];

/// One row of a log (of a wide log, one milestone of a row), lent by an [`Events`].
#[derive(Clone, Copy, Debug)]
pub struct Event<'e> {
    /// When.
    pub time: Instant,
    /// The kind of case and its key; nothing for events of the top level.
    pub case: Option<(CaseId, KeyRef<'e>)>,
    /// What happened; nothing where only fields change, or where the vocabulary does not hold the event.
    pub event: Option<EventId>,
    /// Fields of the case that change.
    pub fields: &'e Changes,
    /// The event's own fields.
    pub own: &'e Own,
    /// Where it stands.
    pub origin: Origin,
}
