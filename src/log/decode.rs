//! Rows of any format to events.

use crate::event::{Draft, Event, Head, KeyRef, Origin, Short, Value};
use crate::id::{CaseId, FieldId};
use crate::log::batch::Batch;
use crate::log::binding::{Binding, Shape, Usual};
use crate::log::dictionary::Dictionary;
use crate::log::fields::Reader;
use crate::log::layout::Layouts;
use crate::log::meaning::{Meaning, Meanings, Refusal, What, WideTakes};
use crate::log::recent::Recent;
use crate::log::row::{Cell, Row};
use crate::log::rules::{Ids, Rules};
use crate::log::shape::Shapes;
use crate::log::times::{Dates, LatestDay, TimeReader};
use crate::log::wide::{Fields, Milestone, Milestones, WideRow};
use crate::log::{Ignored, Rejected};
use crate::time::Instant;

/// What is wrong with a row: which of the columns, what stood there, what should have.
pub(super) struct Fault {
    pub(super) column: usize,
    pub(super) value: String,
    pub(super) expected: String,
}

impl Fault {
    #[cold]
    fn of<T>(column: usize, value: &str, expected: impl Into<String>) -> Result<T, Box<Fault>> {
        Err(Box::new(Fault { column, value: value.to_string(), expected: expected.into() }))
    }
}

/// Reads rows of one file after another into batches.
pub(super) struct Decoder<'r, 'p> {
    pub(super) rules: &'r Rules<'p>,
    pub(super) batch: Batch,
    /// Which file the meanings are of.
    file: usize,
    meanings: Meanings,
    /// The same of rows of milestones.
    wide: Vec<WideTakes>,
    pub(super) ids: Ids,
    dates: Dates,
    latest: LatestDay,
    recent: Recent,
    dictionary: Dictionary,
    /// How lines of the file were laid out so far, of a table or of JSON.
    pub(super) layouts: Layouts,
    pub(super) shapes: Shapes,
}

impl<'r, 'p> Decoder<'r, 'p> {
    /// The reader of this number.
    pub(super) fn new(rules: &'r Rules<'p>, reader: usize) -> Decoder<'r, 'p> {
        Decoder {
            rules,
            batch: Batch::default(),
            file: usize::MAX,
            meanings: Meanings::default(),
            wide: Vec::new(),
            ids: Ids::default(),
            dates: Dates::default(),
            latest: LatestDay::default(),
            recent: Recent::default(),
            dictionary: Dictionary::of(reader),
            layouts: Layouts::default(),
            shapes: Shapes::default(),
        }
    }

    /// A piece of this file follows.
    pub(super) fn turn_to(&mut self, file: usize) {
        if self.dictionary.empty_if_large() {
            self.recent = Recent::default();
        }
        if self.file != file {
            (self.file, self.meanings, self.recent) = (file, Meanings::default(), Recent::default());
            (self.latest, self.layouts, self.shapes) = (LatestDay::default(), Layouts::default(), Shapes::default());
            self.wide.clear();
        }
    }

    /// The piece has dictionaries of its own.
    pub(super) fn turn_to_dictionaries(&mut self) {
        self.meanings.forget_entries();
    }

    /// What was read of the piece.
    pub(super) fn give(&mut self) -> Batch {
        let batch = std::mem::take(&mut self.batch);
        Batch { news: self.dictionary.news(), latest: batch.latest.max(batch.course.last()), ..batch }
    }

    /// Takes a row, or says why it cannot.
    #[inline(always)]
    pub(super) fn row<'a>(&mut self, binding: &Binding, row: &impl Row<'a>) {
        self.count_row();
        if binding.id.is_some_and(|column| self.is_known(binding, row, column)) {
            return;
        }
        let is_usual = binding.usual.as_ref().is_some_and(|usual| self.usual_row(binding, usual, row));
        let is_taken = is_usual || self.any_row(binding, row);
        // A row that was rejected does not use up its id.
        if let Some(column) = binding.id.filter(|_| is_taken) {
            self.note_id(binding, row, column);
        }
    }

    /// Whether a row of the id that stands in a column was taken before.
    #[inline(never)]
    fn is_known<'a>(&mut self, binding: &Binding, row: &impl Row<'a>, column: usize) -> bool {
        let source = self.ids.of(&binding.source);
        key_in(binding, row, column).is_some_and(|id| self.ids.at(source).contains(&id))
    }

    /// The row of the id that stands in a column was taken.
    #[inline(never)]
    fn note_id<'a>(&mut self, binding: &Binding, row: &impl Row<'a>, column: usize) {
        let source = self.ids.of(&binding.source);
        if let Some(id) = key_in(binding, row, column) {
            self.ids.at(source).insert(&id);
        }
    }

    /// Takes a row as most are: of a case, with a time that can be read and a word, if any, that was seen before. False where it is
    /// none, and nothing of it was taken.
    #[inline(always)]
    fn usual_row<'a>(&mut self, binding: &Binding, usual: &Usual, row: &impl Row<'a>) -> bool {
        let Decoder { rules, meanings, batch, dates, latest, recent, dictionary, .. } = self;
        let quick = if usual.reader.is_usual() { row.usual_time(usual.time, dates) } else { None };
        let Some(time) = quick.or_else(|| certain_time(&usual.reader, latest, row, usual.time)) else { return false };
        let found = match usual.words.as_slice() {
            [word] => match row.entry(*word) {
                Some(entry) => meanings.found_entry(entry, |meanings| found_short(meanings, usual, row, *word)),
                None => found_short(meanings, usual, row, *word),
            },
            _ => None,
        };
        let found = found.or_else(|| found_otherwise(meanings, binding, usual, row));
        let Some(meaning) = found.and_then(|at| meanings.at(at)) else { return false };
        let (Some(key), Some(kind)) = (row.key(usual.key), meaning.kind) else { return false };
        let is_usual = rules.is_usual_time(time);
        if !meaning.is_plain || binding.is_no_key(&key) || !is_usual && rules.is_later(time) {
            return false;
        }
        let hash = key.hash(kind);
        let part = batch.part(hash);
        let events = &mut batch.parts[rules.part_of_events(part)].events;
        let filled = filled(binding, row, meaning);
        let draft = events.draft();
        let has_values = filled != 0 || !meaning.implied.is_empty();
        if has_values {
            let reader = Reader { rules, binding, recent, texts: &dictionary.texts };
            if reader.read_values(row, filled, meaning, events, draft).is_err() {
                events.discard(draft);
                return false;
            }
        }
        if meaning.matters || has_values && !events.drafted(draft).0.is_empty() {
            let origin = Origin { file: 0, line: row.line() };
            events.finish(draft, &Head { time, case: Some((kind, key)), event: meaning.event, origin }, hash);
            batch.course.take(time);
        } else {
            events.discard(draft);
            batch.parts[part].idle.push(kind, &key);
            batch.seen(time);
        }
        if meaning.event.is_some() {
            batch.known += 1;
            batch.outside += u64::from(!is_usual && !rules.in_term(time));
        }
        true
    }

    /// Takes any row, or says why it cannot.
    #[inline(never)]
    fn any_row<'a>(&mut self, binding: &Binding, row: &impl Row<'a>) -> bool {
        let taken = match &binding.shape {
            Shape::Long { .. } => self.long(binding, row),
            Shape::Wide(_) => self.wide_row(binding, row),
        };
        let Err(fault) = taken else { return true };
        let column = binding.places[fault.column].map_or(1, |place| row.column_of(place));
        self.reject(row.line(), column, fault.value, fault.expected, &row.raw());
        false
    }

    #[inline]
    pub(super) fn count_row(&mut self) {
        self.batch.rows += 1;
    }

    pub(super) fn reject(&mut self, line: u32, column: u32, value: String, expected: String, raw: &[u8]) {
        self.batch.rejected.push(Rejected { file: String::new(), line, column, value, expected, raw: raw.to_vec() });
    }

    /// The key of a row's case, and the kind of case that its column names.
    fn key<'a>(binding: &Binding, row: &impl Row<'a>) -> Result<Option<(&'a str, Option<CaseId>)>, Box<Fault>> {
        let mut found = None;
        for (column, case) in &binding.keys {
            let Some(key) = cell(binding, row, *column) else { continue };
            if found.is_some() {
                return Fault::of(*column, key, "one case: this row names two");
            }
            found = Some((key, *case));
        }
        Ok(found)
    }

    fn long<'a>(&mut self, binding: &Binding, row: &impl Row<'a>) -> Result<(), Box<Fault>> {
        let Shape::Long { time: column, reader, event: columns, .. } = &binding.shape else { return Ok(()) };
        let (time, ambiguous) = match binding.places[*column].map_or(Cell::Absent, |place| timed(row, place, reader, &mut self.dates)) {
            Cell::Time(time) => (time, false),
            found => {
                let written = said(binding, found).unwrap_or("");
                match reader.read(written) {
                    Ok(read) => (read.time, read.ambiguous),
                    Err(expected) => return Fault::of(*column, written, expected),
                }
            }
        };
        let key = Self::key(binding, row)?;
        let Decoder { rules, meanings, recent, dictionary, batch, .. } = self;
        let hint = key.map(|k| k.1);
        let meaning = match columns.as_slice() {
            [] => meanings.find_one(rules, binding, hint, Some(Short::EMPTY), ""),
            [only] => {
                let short = binding.places[*only].and_then(|place| row.short(place));
                meanings.find_one(rules, binding, hint, short, cell(binding, row, *only).unwrap_or(""))
            }
            several => {
                let words: Vec<&str> = several.iter().map(|column| cell(binding, row, *column).unwrap_or("")).collect();
                meanings.find(rules, binding, hint, &words)
            }
        };
        let meaning = match meaning {
            Ok(meaning) => meaning,
            Err(refusal) => return Err(refused(binding, row, key.map(|k| k.0), refusal)),
        };
        let case = meaning.kind.and_then(|kind| Some((kind, KeyRef::from(key?.0))));
        let head = Head { time, case, event: meaning.event, origin: Origin { file: 0, line: row.line() } };
        let hash = head.hash();
        let part = batch.part(hash);
        let events = &mut batch.parts[rules.part_of_events(part)].events;
        let draft = events.draft();
        let filled = filled(binding, row, meaning);
        let reader = Reader { rules, binding, recent, texts: &dictionary.texts };
        if let Err(fault) = reader.read_values(row, filled, meaning, events, draft) {
            events.discard(draft);
            return Err(fault);
        }
        batch.ambiguous += u64::from(ambiguous && !rules.is_later(time));
        Self::put(rules, batch, meaning, &head, hash, draft);
        Ok(())
    }

    /// Adds what a row says to the batch.
    fn put(rules: &Rules<'_>, batch: &mut Batch, meaning: &Meaning, head: &Head<'_>, hash: u64, draft: Draft) {
        let Head { time, case, event, origin } = *head;
        let part = batch.part(hash);
        batch.seen(time);
        let is_later = rules.is_later(time);
        if let Some((name, is_meant)) = meaning.ignored.as_ref().filter(|_| !is_later) {
            batch.ignore(name, Ignored { rows: 1, is_meant: *is_meant });
        }
        let events = &mut batch.parts[rules.part_of_events(part)].events;
        if is_later {
            batch.later += 1;
            return events.discard(draft);
        }
        if event.is_some() {
            batch.known += 1;
            batch.outside += u64::from(!rules.in_term(time));
        }
        let (fields, own) = events.drafted(draft);
        // An event of the top level happens to no case; what its row says of one still holds.
        if meaning.is_top && case.is_some() {
            let (fields, own) = (fields.to_vec(), own.to_vec());
            events.discard(draft);
            if !fields.is_empty() {
                events.push(Event { time, case, event: None, fields: &fields, own: &[], origin });
            }
            batch.parts[0].events.push(Event { time, case: None, event, fields: &[], own: &own, origin });
        } else if meaning.matters || !fields.is_empty() {
            events.finish(draft, head, hash);
        } else {
            events.discard(draft);
            if let Some((kind, key)) = case {
                batch.parts[part].idle.push(kind, &key);
            }
            return;
        }
        batch.course.take(time);
    }

    fn wide_row<'a>(&mut self, binding: &Binding, row: &impl Row<'a>) -> Result<(), Box<Fault>> {
        let Shape::Wide(milestones) = &binding.shape else { return Ok(()) };
        let column = binding.keys.first().map_or(0, |k| k.0);
        let no_key = || Box::new(Fault { column, value: String::new(), expected: "the key of a case".into() });
        let (key, case) = Self::key(binding, row)?.ok_or_else(no_key)?;
        let kind = case.or_else(|| milestones.iter().find_map(|(e, ..)| self.rules.plan.events[*e].case)).ok_or_else(no_key)?;
        let Decoder { rules, batch, recent, dictionary, dates, wide, .. } = self;
        let known = wide.iter().position(|takes| takes.kind == kind);
        let at = known.unwrap_or_else(|| {
            wide.push(WideTakes::new(rules, binding, milestones, kind));
            wide.len() - 1
        });
        let takes = &wide[at];
        let mut reader = Reader { rules, binding, recent, texts: &dictionary.texts };
        let (mut reached, mut ambiguous) = (Milestones::new(), 0);
        for ((position, (event, column, times)), takes) in (0..).zip(milestones).zip(&takes.of_events) {
            let Some(place) = binding.places[*column] else { continue };
            let time = match timed(row, place, times, dates) {
                Cell::Time(time) => time,
                found => {
                    let Some(written) = said(binding, found) else { continue };
                    let read = times.read(written).or_else(|expected| Fault::of(*column, written, expected))?;
                    ambiguous += u64::from(read.ambiguous);
                    read.time
                }
            };
            let mut own = Vec::<(FieldId, Value)>::new();
            reader.take(row, u64::MAX, takes, |_, (field, value)| {
                if let Some(value) = value.filter(|_| !own.iter().any(|(known, _)| known == field)) {
                    own.push((*field, value));
                }
            })?;
            reached.push(Milestone { position, event: *event, time, own });
        }
        let mut fields = Fields::new();
        reader.take(row, u64::MAX, &takes.of_case, |_, change| fields.push(*change))?;
        batch.ambiguous += ambiguous;
        for milestone in &reached {
            batch.seen(milestone.time);
        }
        batch.wide.push(WideRow { kind, key: KeyRef::from(key).to_kept(), fields, reached, origin: Origin { file: 0, line: row.line() } });
        Ok(())
    }
}

fn refused<'a>(binding: &Binding, row: &impl Row<'a>, key: Option<&str>, refusal: &Refusal) -> Box<Fault> {
    let Shape::Long { time, event: columns, .. } = &binding.shape else {
        return Box::new(Fault { column: 0, value: String::new(), expected: refusal.expected.clone() });
    };
    let key_column = binding.keys.first().map_or(*time, |k| k.0);
    let written = || columns.iter().map(|c| cell(binding, row, *c).unwrap_or("")).collect::<Vec<_>>().join(" / ");
    let (column, value) = match refusal.what {
        What::NoKey => (key_column, String::new()),
        What::Key => (key_column, key.unwrap_or_default().to_string()),
        What::Word => (columns.first().copied().unwrap_or(*time), written()),
    };
    Box::new(Fault { column, value, expected: refusal.expected.clone() })
}

/// In which of a word's places something may stand that is to be read.
#[inline(always)]
fn filled<'a>(binding: &Binding, row: &impl Row<'a>, meaning: &Meaning) -> u64 {
    if binding.empty_clears { u64::MAX } else { row.filled(meaning.wants) }
}

/// The place of what a word of a row means, where it is a short one that was found last.
#[inline(always)]
fn found_short<'a>(meanings: &Meanings, usual: &Usual, row: &impl Row<'a>, word: usize) -> Option<u32> {
    meanings.found(Some(usual.kind), row.short(word)?)
}

/// The place of what the words of a row mean, where they are more or less than a short one that was found last.
#[inline(never)]
fn found_otherwise<'a>(meanings: &mut Meanings, binding: &Binding, usual: &Usual, row: &impl Row<'a>) -> Option<u32> {
    match usual.words.as_slice() {
        [] => meanings.found(Some(usual.kind), Short::EMPTY),
        [word] => meanings.found_any(binding, Some(usual.kind), row.bytes(*word)?),
        several => meanings.found_together(binding, Some(usual.kind), several.iter().map(|word| row.bytes(*word))),
    }
}

/// What stands in a place: its instant, if it is written in the form that most logs have, and is read in it.
#[inline]
fn timed<'a>(row: &impl Row<'a>, place: usize, reader: &TimeReader, dates: &mut Dates) -> Cell<'a> {
    let usual = if reader.is_usual() { row.usual_time(place, dates) } else { None };
    usual.map_or_else(|| row.cell(place), Cell::Time)
}

/// The instant of a cell in any form, if it is one, and only one.
#[inline(never)]
fn certain_time<'a>(reader: &TimeReader, latest: &mut LatestDay, row: &impl Row<'a>, place: usize) -> Option<Instant> {
    if let Some(time) = row.bytes(place).and_then(|written| reader.quick(written, latest)) {
        return Some(time);
    }
    match row.cell(place) {
        Cell::Time(time) => Some(time),
        Cell::Text(text) => reader.read(text).ok().filter(|read| !read.ambiguous).map(|read| read.time),
        Cell::Absent | Cell::Null => None,
    }
}

/// What stands in a column of a row.
#[inline(always)]
fn found<'r>(binding: &Binding, row: &impl Row<'r>, column: usize) -> Cell<'r> {
    binding.places[column].map_or(Cell::Absent, |place| row.cell(place))
}

/// What a column of a row says, if it says something.
#[inline(always)]
fn cell<'r>(binding: &Binding, row: &impl Row<'r>, column: usize) -> Option<&'r str> {
    said(binding, found(binding, row, column))
}

/// What a cell says, if it says something.
#[inline(always)]
fn said<'r>(binding: &Binding, cell: Cell<'r>) -> Option<&'r str> {
    match cell {
        Cell::Text(text) if !text.is_empty() && !binding.is_missing(text.as_bytes()) => Some(text),
        _ => None,
    }
}

/// The key that a column of a row names, if it names one.
#[inline(always)]
fn key_in<'r>(binding: &Binding, row: &impl Row<'r>, column: usize) -> Option<KeyRef<'r>> {
    let key = row.key(binding.places[column]?)?;
    (!binding.is_no_key(&key)).then_some(key)
}
