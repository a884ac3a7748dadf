//! How a log speaks the vocabulary.

use crate::ast::{Assignment, Clause, Name, TestValue, Text};
use crate::source::Span;

/// `source crm { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where.
    pub span: Span,
    /// Its name.
    pub name: Name,
    /// Its clauses, in order.
    pub clauses: Vec<Clause<SourceClause>>,
}

/// A clause of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceClause {
    /// `case lead key "Lead ID"`
    Case(Name, Text),
    /// `time "Timestamp" format "…" zone "…"`
    Time(Text, TimeForm),
    /// `event created at "Create Date" zone "UTC"`
    Milestone(Name, Text, TimeForm),
    /// `event "Activity" { "Lead Created" = created }`
    Event(Vec<Text>, Vec<EventMapping>),
    /// `field score = "Lead Score"`
    Field(FieldMapping),
    /// `ignore "Note Added"`
    Ignore(Vec<Text>),
    /// `missing "?", "N/A"`
    Missing(Vec<Text>),
    /// `id "Activity ID"`
    Id(Text),
    /// `zone "UTC"`, for every column that names none
    Zone(Text),
    /// `format "%Y-%m-%d"`, for every column that names none
    Format(Text),
    /// `encoding "windows-1252"`
    Encoding(Text),
    /// `delimiter ";"`
    Delimiter(Text),
    /// `empty clears`
    EmptyClears,
}

/// How a column's times are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeForm {
    /// A strftime pattern, or `epoch`, `epoch ms`, `rfc3339`.
    pub format: Option<Text>,
    /// The zone of times without an offset.
    pub zone: Option<Text>,
}

/// `"Call Logged" = attempted(channel = phone)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventMapping {
    /// Where.
    pub span: Span,
    /// The words of the log, one for each event column.
    pub words: Vec<Text>,
    /// The event.
    pub event: Name,
    /// Fields of the event that the words imply.
    pub fields: Vec<Assignment>,
}

/// `field source = "Lead Source" { "Demo request" = demo }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMapping {
    /// The field.
    pub field: Name,
    /// The column.
    pub column: Text,
    /// How its times are written, if they are.
    pub form: TimeForm,
    /// The words of the log and what they stand for.
    pub values: Vec<(Text, TestValue)>,
}
