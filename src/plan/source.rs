//! Sources, as the log reads them.

use crate::id::{CaseId, EventId, FieldId};
use crate::model::TimeForm;
use crate::plan::Scalar;
use serde::{Deserialize, Serialize};

/// How a log speaks the vocabulary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Source {
    /// Its name; empty for the one that is meant where nothing is written.
    pub name: String,
    /// The kind of case and the column of its key.
    pub case: Option<(CaseId, String)>,
    /// The column of times, of a long log.
    pub time: Option<(String, TimeForm)>,
    /// Columns of milestones, of a wide log.
    pub milestones: Vec<Milestone>,
    /// The columns that make the event, of a long log.
    pub event_columns: Vec<String>,
    /// What their words stand for; words that are no key here stand for themselves.
    pub events: Vec<EventMapping>,
    /// Columns of fields.
    pub fields: Vec<FieldColumn>,
    /// Event words that are nobody's concern.
    pub ignore: Vec<String>,
    /// Words for nothing.
    pub missing: Vec<String>,
    /// The column that tells rows apart.
    pub id: Option<String>,
    /// The text's encoding; UTF-8 if nothing is said.
    pub encoding: Option<String>,
    /// What stands between columns; found if nothing is said.
    pub delimiter: Option<u8>,
    /// Whether an empty cell takes a field's value away.
    pub empty_clears: bool,
}

/// A column whose cell is the time of an event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Milestone {
    /// The event.
    pub event: EventId,
    /// The column.
    pub column: String,
    /// How its times are written.
    pub form: TimeForm,
}

/// Words of a log that stand for an event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventMapping {
    /// One word for each event column.
    pub words: Vec<String>,
    /// The event.
    pub event: EventId,
    /// What the words say of its own fields.
    pub fields: Vec<(FieldId, Scalar)>,
}

/// A column that holds a field.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FieldColumn {
    /// The fields of that name: the case's and those of its events.
    pub fields: Vec<FieldId>,
    /// The column.
    pub column: String,
    /// How its times are written, if it holds times.
    pub form: TimeForm,
    /// Words of the log and what they stand for.
    pub values: Vec<(String, Option<Scalar>)>,
}
