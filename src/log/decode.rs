//! Rows of any format to events.

use crate::event::{Event, Origin, Value};
use crate::id::{CaseId, EventId, FieldId};
use crate::log::batch::Batch;
use crate::log::binding::{Binding, FieldBinding, Shape};
use crate::log::meaning::{Meaning, Meanings, Refusal, Take, What, takes};
use crate::log::rules::{Ids, Rules};
use crate::log::times::Day;
use crate::log::values::{self, Context};
use crate::log::wide::WideRow;
use crate::log::{Rejected, wide};
use crate::time::Instant;
use std::collections::BTreeMap;

/// A cell of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'r> {
    /// The row has no such column.
    Absent,
    /// It says that there is no value.
    Null,
    /// A text; an empty one says nothing.
    Text(&'r str),
    /// An instant, of a column that holds nothing else.
    Time(Instant),
}

/// A row: the cells of the binding's columns, and where it stands. Most cells of most rows are never asked for.
pub(super) trait Row<'r> {
    /// What stands in a column.
    fn cell(&self, column: usize) -> Cell<'r>;
    /// Its line, from 1.
    fn line(&self) -> u32;
    /// The row, verbatim.
    fn raw(&self) -> Vec<u8>;
    /// Where the cell of a column begins, from 1.
    fn column_of(&self, column: usize) -> u32;
}

/// A row whose cells were all read before.
pub(super) struct Listed<'r> {
    pub(super) cells: &'r [Cell<'r>],
    pub(super) line: u32,
    pub(super) raw: &'r [u8],
    pub(super) column_of: &'r dyn Fn(usize) -> u32,
}

impl<'r> Row<'r> for Listed<'r> {
    fn cell(&self, column: usize) -> Cell<'r> {
        self.cells[column]
    }

    fn line(&self) -> u32 {
        self.line
    }

    fn raw(&self) -> Vec<u8> {
        self.raw.to_vec()
    }

    fn column_of(&self, column: usize) -> u32 {
        (self.column_of)(column)
    }
}

/// What is wrong with a row: which of the columns, what stood there, what should have.
pub(super) struct Fault {
    pub(super) column: usize,
    pub(super) value: String,
    pub(super) expected: String,
}

/// Reads rows of one file after another into batches.
pub(super) struct Decoder<'r, 'p> {
    pub(super) rules: &'r Rules<'p>,
    pub(super) batch: Batch,
    /// Which file the meanings are of.
    file: usize,
    meanings: Meanings,
    pub(super) ids: Ids,
    /// The day of the last row's time.
    day: Day,
    /// The values of the row at hand.
    fields: Vec<(FieldId, Option<Value>)>,
    own: Vec<(FieldId, Value)>,
}

impl<'r, 'p> Decoder<'r, 'p> {
    pub(super) fn new(rules: &'r Rules<'p>) -> Decoder<'r, 'p> {
        Decoder {
            rules,
            batch: Batch::default(),
            file: usize::MAX,
            meanings: Meanings::default(),
            ids: Ids::default(),
            day: Day::default(),
            fields: Vec::new(),
            own: Vec::new(),
        }
    }

    /// Rows of this file follow.
    pub(super) fn turn_to(&mut self, file: usize) {
        if self.file != file {
            (self.file, self.meanings) = (file, Meanings::default());
        }
    }

    /// Takes a row, or says why it cannot.
    pub(super) fn row<'a>(&mut self, binding: &Binding, row: &impl Row<'a>) {
        self.count_row();
        if let Err(fault) = self.accept(binding, row) {
            self.reject(row.line(), row.column_of(fault.column), fault.value, fault.expected, &row.raw());
        }
    }

    pub(super) fn count_row(&mut self) {
        self.batch.rows += 1;
    }

    pub(super) fn reject(&mut self, line: u32, column: u32, value: String, expected: String, raw: &[u8]) {
        self.batch.rejected.push(Rejected { file: String::new(), line, column, value, expected, raw: raw.to_vec() });
    }

    fn accept<'a>(&mut self, binding: &Binding, row: &impl Row<'a>) -> Result<(), Fault> {
        let id = binding.id.and_then(|id| cell(binding, row, id));
        if id.is_some_and(|id| self.ids.contains(&binding.source, id)) {
            return Ok(());
        }
        match &binding.shape {
            Shape::Long { .. } => self.long(binding, row),
            Shape::Wide(_) => self.wide_row(binding, row),
        }?;
        // A row that was rejected does not use up its id.
        if let Some(id) = id {
            self.ids.insert(&binding.source, id);
        }
        Ok(())
    }

    /// The key of a row's case, and the kind of case that its column names.
    fn key<'a>(binding: &Binding, row: &impl Row<'a>) -> Result<Option<(&'a str, Option<CaseId>)>, Fault> {
        let mut found = None;
        for (column, case) in &binding.keys {
            let Some(key) = cell(binding, row, *column) else { continue };
            if found.is_some() {
                return Err(Fault { column: *column, value: key.to_string(), expected: "one case: this row names two".into() });
            }
            found = Some((key, *case));
        }
        Ok(found)
    }

    fn long<'a>(&mut self, binding: &Binding, row: &impl Row<'a>) -> Result<(), Fault> {
        let Shape::Long { time, reader, event: columns, .. } = &binding.shape else { return Ok(()) };
        let (time, ambiguous) = match row.cell(*time) {
            Cell::Time(time) => (time, false),
            found => {
                let written = said(binding, found).unwrap_or("");
                let read = reader.read_after(written, &mut self.day).map_err(|expected| Fault {
                    column: *time,
                    value: written.to_string(),
                    expected,
                })?;
                (read.time, read.ambiguous)
            }
        };
        let key = Self::key(binding, row)?;
        let word = |column: &usize| cell(binding, row, *column).unwrap_or("");
        let Decoder { rules, meanings, fields, own, batch, .. } = self;
        let hint = key.map(|k| k.1);
        let meaning = match columns.as_slice() {
            [only] => meanings.find(rules, binding, hint, &[word(only)]),
            several => meanings.find(rules, binding, hint, &several.iter().map(word).collect::<Vec<_>>()),
        };
        let meaning = match meaning {
            Ok(meaning) => meaning,
            Err(refusal) => return Err(refused(binding, row, key.map(|k| k.0), refusal)),
        };
        fields.clear();
        own.clear();
        for (field, scalar) in &meaning.implied {
            own.extend(values::fixed(scalar, &batch.texts).map(|v| (*field, v)));
        }
        take(rules, binding, row, &meaning.takes, batch, fields, own)?;
        Self::put(rules, batch, meaning, (time, ambiguous), key.map(|k| k.0), fields, own, row.line());
        Ok(())
    }

    /// Adds what a row says to the batch.
    #[allow(clippy::too_many_arguments)]
    fn put(
        rules: &Rules<'_>,
        batch: &mut Batch,
        meaning: &Meaning,
        (time, ambiguous): (Instant, bool),
        key: Option<&str>,
        fields: &[(FieldId, Option<Value>)],
        own: &[(FieldId, Value)],
        line: u32,
    ) {
        batch.seen(time);
        if rules.options.as_of.is_some_and(|as_of| as_of < time) {
            batch.later += 1;
            return;
        }
        if let Some((name, known)) = &meaning.ignored {
            note_ignored(&mut batch.ignored, name);
            if !known && !batch.unknown.contains(name) {
                batch.unknown.insert(name.clone());
            }
        }
        batch.ambiguous += u64::from(ambiguous);
        if meaning.event.is_some() {
            batch.known += 1;
            batch.outside += u64::from(!rules.in_term(time));
        }
        let origin = Origin { file: 0, line };
        let case = key.zip(meaning.kind).map(|(key, kind)| (kind, key));
        // An event of the top level happens to no case; what its row says of one still holds.
        if meaning.is_top && case.is_some() {
            if !fields.is_empty() {
                batch.events.push(Event { time, case, event: None, fields, own: &[], origin });
            }
            batch.events.push(Event { time, case: None, event: meaning.event, fields: &[], own, origin });
        } else if meaning.matters || !fields.is_empty() {
            batch.events.push(Event { time, case, event: meaning.event, fields, own, origin });
        } else if let Some((kind, key)) = case {
            batch.idle(kind, key);
        }
    }

    fn wide_row<'a>(&mut self, binding: &Binding, row: &impl Row<'a>) -> Result<(), Fault> {
        let Shape::Wide(milestones) = &binding.shape else { return Ok(()) };
        let column = binding.keys.first().map_or(0, |k| k.0);
        let no_key = || Fault { column, value: String::new(), expected: "the key of a case".into() };
        let (key, case) = Self::key(binding, row)?.ok_or_else(no_key)?;
        let kind = case.or_else(|| milestones.iter().find_map(|(e, ..)| self.rules.plan.events[*e].case)).ok_or_else(no_key)?;
        let Decoder { rules, batch, .. } = self;
        let mut read_all = |kind: Option<CaseId>, event: Option<EventId>| -> Result<_, Fault> {
            let (mut fields, mut own) = (Vec::new(), Vec::new());
            take(rules, binding, row, &takes(rules, binding, kind, event), batch, &mut fields, &mut own)?;
            Ok((fields, own))
        };
        let (mut reached, mut ambiguous) = (Vec::new(), 0);
        for (position, (event, column, reader)) in milestones.iter().enumerate() {
            let time = match row.cell(*column) {
                Cell::Time(time) => time,
                found => {
                    let Some(written) = said(binding, found) else { continue };
                    let read = reader.read(written);
                    let read = read.map_err(|expected| Fault { column: *column, value: written.to_string(), expected })?;
                    ambiguous += u64::from(read.ambiguous);
                    read.time
                }
            };
            let (_, own) = read_all(None, Some(*event))?;
            reached.push(wide::Milestone { position, event: *event, time, own });
        }
        let (fields, _) = read_all(Some(kind), None)?;
        batch.ambiguous += ambiguous;
        for milestone in &reached {
            batch.seen(milestone.time);
        }
        batch.wide.push(WideRow { kind, key: key.into(), fields, reached, origin: Origin { file: 0, line: row.line() } });
        Ok(())
    }
}

fn note_ignored(ignored: &mut BTreeMap<String, u64>, name: &str) {
    match ignored.get_mut(name) {
        Some(n) => *n += 1,
        None => {
            ignored.insert(name.to_string(), 1);
        }
    }
}

fn refused<'a>(binding: &Binding, row: &impl Row<'a>, key: Option<&str>, refusal: &Refusal) -> Fault {
    let Shape::Long { time, event: columns, .. } = &binding.shape else {
        return Fault { column: 0, value: String::new(), expected: refusal.expected.clone() };
    };
    let key_column = binding.keys.first().map_or(*time, |k| k.0);
    let written = || columns.iter().map(|c| cell(binding, row, *c).unwrap_or("")).collect::<Vec<_>>().join(" / ");
    let (column, value) = match refusal.what {
        What::NoKey => (key_column, String::new()),
        What::Key => (key_column, key.unwrap_or_default().to_string()),
        What::Word => (columns.first().copied().unwrap_or(*time), written()),
    };
    Fault { column, value, expected: refusal.expected.clone() }
}

/// Reads fields: the event's own go to `own`, the case's to `fields`.
fn take<'a>(
    rules: &Rules<'_>,
    binding: &Binding,
    row: &impl Row<'a>,
    takes: &[Take],
    batch: &mut Batch,
    fields: &mut Vec<(FieldId, Option<Value>)>,
    own: &mut Vec<(FieldId, Value)>,
) -> Result<(), Fault> {
    for take in takes {
        let read = match row.cell(take.column) {
            Cell::Absent => continue,
            Cell::Null => None,
            Cell::Text(text) if text.is_empty() || is_missing(binding, text) => {
                if !binding.empty_clears {
                    continue;
                }
                None
            }
            Cell::Text(text) => value(rules, &binding.fields[take.binding], take, text, batch)?,
            Cell::Time(t) => Some(Value::Time(t)),
        };
        if !take.asked {
            continue;
        }
        match (take.own, read) {
            (true, Some(read)) if !own.iter().any(|(f, _)| *f == take.field) => own.push((take.field, read)),
            (true, _) => {}
            (false, read) => fields.push((take.field, read)),
        }
    }
    Ok(())
}

fn value(rules: &Rules<'_>, column: &FieldBinding, take: &Take, text: &str, batch: &mut Batch) -> Result<Option<Value>, Fault> {
    if let Some(mapped) = column.values.get(text) {
        return Ok(mapped.as_ref().and_then(|s| values::fixed(s, &batch.texts)));
    }
    let context = Context { times: &column.times, date_format: column.date_format.as_deref(), currency: rules.currency };
    let field = &rules.plan.fields[take.field];
    if !take.asked && field.ty == crate::model::Type::Text {
        return Ok(None);
    }
    let value = values::value(&field.ty, text, &context, &batch.texts);
    value.map(Some).map_err(|expected| {
        let name = &field.name;
        // Where the source maps words, those are what the log is expected to hold.
        let mut mapped: Vec<&String> = column.values.keys().collect();
        mapped.sort();
        let near = crate::diagnostic::nearest(text, mapped.iter().map(|m| m.as_str()));
        let expected = match (near, mapped.as_slice()) {
            (_, []) => expected,
            (Some(near), _) => format!("a word that the source maps: `{near}`?"),
            (None, words) => format!("a word that the source maps: {}", crate::diagnostic::one_of(words.iter().map(|w| w.as_str()))),
        };
        Fault { column: column.column, value: text.to_string(), expected: format!("{expected} for `{name}`") }
    })
}

/// The text of a cell that says something.
fn cell<'r>(binding: &Binding, row: &impl Row<'r>, column: usize) -> Option<&'r str> {
    said(binding, row.cell(column))
}

/// What a cell says, if it says something.
fn said<'r>(binding: &Binding, cell: Cell<'r>) -> Option<&'r str> {
    match cell {
        Cell::Text(text) if !text.is_empty() && !is_missing(binding, text) => Some(text),
        _ => None,
    }
}

fn is_missing(binding: &Binding, text: &str) -> bool {
    binding.missing.iter().any(|m| m == text)
}
