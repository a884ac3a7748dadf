//! What a log gives the engine: events in the words of a plan, with the place in the log that each came from.
//!
//! Texts are kept once each and compared by number; nothing here knows a file format.

use crate::id::{CaseId, EventId, FieldId};
use crate::quantity::Exact;
use crate::time::{Duration, Instant};
use chrono::NaiveDate;
use std::collections::HashMap;
use std::sync::Arc;

/// A text of a [`Texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(pub u32);

/// Texts, each kept once.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    list: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, TextId>,
}

impl Texts {
    /// The number of a text.
    pub fn intern(&mut self, text: &str) -> TextId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = TextId(u32::try_from(self.list.len()).expect("fewer than four billion different texts"));
        let text: Arc<str> = text.into();
        self.list.push(text.clone());
        self.ids.insert(text, id);
        id
    }

    /// The text of a number.
    pub fn text(&self, id: TextId) -> &str {
        &self.list[id.0 as usize]
    }
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
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
    /// A member of the field's enumeration, by position.
    Member(u32),
    /// Any text.
    Text(TextId),
}

/// Where in a log something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Which of the log's files, from 0.
    pub file: u32,
    /// The line, from 1.
    pub line: u32,
}

/// One row of a log (of a wide log, one milestone of a row).
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub time: Instant,
    /// The kind of case and its key; nothing for events of the top level.
    pub case: Option<(CaseId, TextId)>,
    /// What happened; nothing where only fields change, or where the vocabulary does not hold the event.
    pub event: Option<EventId>,
    /// Fields of the case that change; an empty value takes the old one away.
    pub fields: Vec<(FieldId, Option<Value>)>,
    /// The event's own fields.
    pub own: Vec<(FieldId, Value)>,
    /// Where it stands.
    pub origin: Origin,
}
