//! Events as a log gives them: rows of one size, and what varies in lists beside them.

use crate::event::{Changes, Event, Origin, Own, TextId, Value};
use crate::id::{CaseId, EventId, FieldId};
use crate::time::Instant;
use std::ops::Range;

/// Events, in the order in which they were put in until they are sorted.
#[derive(Clone, Debug, Default)]
pub struct Events {
    rows: Vec<Row>,
    keys: String,
    fields: Vec<(FieldId, Option<Value>)>,
    own: Vec<(FieldId, Value)>,
    /// What their own files and lines are counted from.
    base: Origin,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    time: Instant,
    origin: Origin,
    event: Option<EventId>,
    case: Option<CaseId>,
    key: Piece,
    fields: Piece,
    own: Piece,
}

/// A piece of one of the lists.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: u32,
    len: u32,
}

impl Piece {
    fn range(self) -> Range<usize> {
        let from = self.from as usize;
        from..from + self.len as usize
    }

    fn since(from: usize, to: usize) -> Piece {
        let small = |n: usize| u32::try_from(n).expect("a batch is limited to far less");
        Piece { from: small(from), len: small(to - from) }
    }
}

impl Events {
    /// Adds an event.
    pub fn push(&mut self, event: Event<'_>) {
        let (keys, fields, own) = (self.keys.len(), self.fields.len(), self.own.len());
        // Most rows have neither.
        if !event.fields.is_empty() {
            self.fields.extend_from_slice(event.fields);
        }
        if !event.own.is_empty() {
            self.own.extend_from_slice(event.own);
        }
        let case = event.case.map(|(kind, key)| {
            self.keys.push_str(key);
            kind
        });
        self.rows.push(Row {
            time: event.time,
            origin: event.origin,
            event: event.event,
            case,
            key: Piece::since(keys, self.keys.len()),
            fields: Piece::since(fields, self.fields.len()),
            own: Piece::since(own, self.own.len()),
        });
    }

    /// How much memory they take.
    pub fn memory(&self) -> usize {
        size_of_val(&*self.rows) + self.keys.len() + size_of_val(&*self.fields) + size_of_val(&*self.own)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The one at a position.
    pub fn get(&self, at: usize) -> Event<'_> {
        self.lend(&self.rows[at])
    }

    /// The case of the one at a position.
    pub fn case(&self, at: usize) -> Option<(CaseId, &str)> {
        self.case_of(&self.rows[at])
    }

    fn case_of(&self, row: &Row) -> Option<(CaseId, &str)> {
        row.case.map(|kind| (kind, &self.keys[row.key.range()]))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        self.rows.iter().map(|row| self.lend(row))
    }

    fn lend(&self, row: &Row) -> Event<'_> {
        Event {
            time: row.time,
            case: self.case_of(row),
            event: row.event,
            fields: self.fields(row),
            own: self.own(row),
            origin: Origin { file: self.base.file + row.origin.file, line: self.base.line + row.origin.line },
        }
    }

    fn fields(&self, row: &Row) -> &Changes {
        &self.fields[row.fields.range()]
    }

    fn own(&self, row: &Row) -> &Own {
        &self.own[row.own.range()]
    }

    /// Their files and lines go on from here.
    pub fn count_from(&mut self, base: Origin) {
        self.base = base;
    }

    /// Whether each lies at or after the one before it, and which times are the first and the last.
    pub fn span(&self) -> Option<(bool, Instant, Instant)> {
        let (first, last) = (self.rows.first()?, self.rows.last()?);
        Some((self.rows.is_sorted_by_key(|row| row.time), first.time, last.time))
    }

    /// By time and file; among equals they stay as they are.
    pub fn sort(&mut self) {
        self.rows.sort_by_key(|row| (row.time, row.origin.file));
    }

    /// The texts that they hold get other numbers.
    pub fn renumber(&mut self, number: impl Fn(TextId) -> TextId) {
        let of_case = self.fields.iter_mut().filter_map(|(_, value)| value.as_mut());
        for value in of_case.chain(self.own.iter_mut().map(|(_, value)| value)) {
            if let Some(text) = value.text_mut() {
                *text = number(*text);
            }
        }
    }

    /// Empties it for other events.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.keys.clear();
        self.fields.clear();
        self.own.clear();
        self.base = Origin::default();
    }
}
