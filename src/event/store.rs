//! Events as a log gives them: rows of one size, and what varies in lists beside them.

use crate::event::{self, Changes, Event, Origin, Own, Short, TextId, Value};
use crate::id::{CaseId, EventId, FieldId, Id};
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
    /// Of its case.
    hash: u64,
    key: Piece,
    fields: Piece,
    own: Piece,
}

/// What is read at once is limited to far less.
const LONGEST: usize = u32::MAX as usize;

/// A piece of one of the lists.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: u32,
    len: u32,
}

impl Piece {
    #[inline]
    fn range(self) -> Range<usize> {
        let from = self.from as usize;
        from..from + self.len as usize
    }

    /// Of a list that is no longer than [`LONGEST`].
    #[inline(always)]
    fn since(from: usize, to: usize) -> Piece {
        Piece { from: from as u32, len: (to - from) as u32 }
    }
}

/// A number by which a case is looked for.
#[inline]
pub fn hash_of_case(kind: CaseId, key: &str) -> u64 {
    event::hash(kind.index() as u64, key.as_bytes())
}

/// The same of a key that is short.
#[inline]
pub fn hash_of_short_case(kind: CaseId, key: Short) -> u64 {
    key.hash_of(kind.index() as u64)
}

/// Where the values of an event begin that is being read.
#[derive(Clone, Copy, Debug)]
pub struct Draft {
    fields: usize,
    own: usize,
}

/// What an event is, but for its values.
#[derive(Clone, Copy, Debug)]
pub struct Head<'e> {
    /// When.
    pub time: Instant,
    /// The kind of case and its key.
    pub case: Option<(CaseId, &'e str)>,
    /// What happened.
    pub event: Option<EventId>,
    /// Where it stands.
    pub origin: Origin,
}

impl Events {
    /// An event is being read: its values are added before it is.
    #[inline]
    pub fn draft(&self) -> Draft {
        Draft { fields: self.fields.len(), own: self.own.len() }
    }

    /// A field of the case changes with the event that is being read.
    #[inline]
    pub fn draft_field(&mut self, field: FieldId, value: Option<Value>) {
        self.fields.push((field, value));
    }

    /// The event that is being read has a value of its own, if it has none of this field yet.
    #[inline]
    pub fn draft_own(&mut self, draft: Draft, field: FieldId, value: Value) {
        if !self.own[draft.own..].iter().any(|(known, _)| *known == field) {
            self.own.push((field, value));
        }
    }

    /// What was added since.
    #[inline]
    pub fn drafted(&self, draft: Draft) -> (&Changes, &Own) {
        (&self.fields[draft.fields..], &self.own[draft.own..])
    }

    /// It is no event after all.
    #[inline]
    pub fn discard(&mut self, draft: Draft) {
        self.fields.truncate(draft.fields);
        self.own.truncate(draft.own);
    }

    /// Adds the event that was read.
    #[inline]
    pub fn finish(&mut self, draft: Draft, head: &Head<'_>) {
        self.finish_hashed(draft, head, head.case.map_or(0, |(kind, key)| hash_of_case(kind, key)));
    }

    /// The same where the [`hash_of_case`] is known.
    #[inline(always)]
    pub fn finish_hashed(&mut self, draft: Draft, head: &Head<'_>, hash: u64) {
        let from = self.keys.len();
        let Head { time, case, event, origin } = *head;
        let case = case.map(|(kind, key)| {
            self.keys.push_str(key);
            kind
        });
        assert!(self.keys.len() | self.fields.len() | self.own.len() <= LONGEST, "more than four billion of something at once");
        let key = Piece::since(from, self.keys.len());
        let (fields, own) = (Piece::since(draft.fields, self.fields.len()), Piece::since(draft.own, self.own.len()));
        self.rows.push(Row { time, origin, event, case, hash, key, fields, own });
    }

    /// Adds an event.
    pub fn push(&mut self, event: Event<'_>) {
        let draft = self.draft();
        self.fields.extend_from_slice(event.fields);
        self.own.extend_from_slice(event.own);
        let Event { time, case, event, origin, .. } = event;
        self.finish(draft, &Head { time, case, event, origin });
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
    #[inline]
    pub fn get(&self, at: usize) -> Event<'_> {
        self.lend(&self.rows[at])
    }

    /// The [`hash_of_case`] of those in a range; of those without a case it is any number.
    #[inline]
    pub fn hashes(&self, range: Range<usize>) -> impl Iterator<Item = u64> + Clone {
        self.rows[range].iter().map(|row| row.hash)
    }

    #[inline]
    fn case_of(&self, row: &Row) -> Option<(CaseId, &str)> {
        row.case.map(|kind| (kind, &self.keys[row.key.range()]))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        self.rows.iter().map(|row| self.lend(row))
    }

    #[inline(always)]
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

    #[inline]
    fn fields(&self, row: &Row) -> &Changes {
        &self.fields[row.fields.range()]
    }

    #[inline]
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
