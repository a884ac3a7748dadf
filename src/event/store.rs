//! Events as a log gives them: rows of one size, and what varies in lists beside them.

use crate::event::{Changes, Event, Key, KeyRef, Origin, Own, Short, TextId, Value};
use crate::id::{CaseId, EventId, FieldId};
use crate::time::Instant;
use std::ops::Range;

/// Events, in the order in which they were put in until they are sorted.
#[derive(Clone, Debug, Default)]
pub struct Events {
    rows: Vec<Row>,
    /// Keys that are not short, behind each other.
    keys: String,
    fields: Vec<(FieldId, Option<Value>)>,
    own: Vec<(FieldId, Value)>,
    /// What their own files and lines are counted from.
    base: Origin,
}

/// In few bytes: what one thread has read another judges, and all of it goes from core to core.
#[derive(Clone, Copy, Debug)]
struct Row {
    time: Instant,
    /// Of its case.
    hash: u64,
    key: Key<InKeys>,
    origin: Origin,
    event: Option<EventId>,
    case: Option<CaseId>,
    ends: Ends,
}

/// Where a key stands in the list of keys.
#[derive(Clone, Copy, Debug)]
struct InKeys {
    from: u32,
    to: u32,
}

/// Where what a row has in the lists ends; it begins where that of the row before it ends.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    fields: u32,
    own: u32,
}

/// What is read at once is limited to far less.
const LONGEST: usize = u32::MAX as usize;

#[inline(always)]
fn piece(from: u32, to: u32) -> Range<usize> {
    from as usize..to as usize
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
    pub case: Option<(CaseId, KeyRef<'e>)>,
    /// What happened.
    pub event: Option<EventId>,
    /// Where it stands.
    pub origin: Origin,
}

impl Head<'_> {
    /// The hash of its case's key; zero where it has none.
    #[inline]
    pub fn hash(&self) -> u64 {
        self.case.map_or(0, |(kind, key)| key.hash(kind))
    }
}

/// Which of so many parts of all cases holds the one of a hash. Where it is found there the other half of the hash says.
#[inline(always)]
pub fn part_of(hash: u64, parts: usize) -> usize {
    (((hash & 0xffff_ffff) * parts as u64) >> 32) as usize
}

/// An event as it lies among others: what is not asked for is not looked up.
#[derive(Clone, Copy)]
pub struct Stored<'e> {
    events: &'e Events,
    row: &'e Row,
    /// Where what it has in the lists begins.
    begins: Ends,
}

impl<'e> Stored<'e> {
    /// When.
    #[inline(always)]
    pub fn time(&self) -> Instant {
        self.row.time
    }

    /// What happened.
    #[inline(always)]
    pub fn what(&self) -> Option<EventId> {
        self.row.event
    }

    /// The kind of case and its key.
    #[inline(always)]
    pub fn case(&self) -> Option<(CaseId, KeyRef<'e>)> {
        let key = match self.row.key {
            Key::Short(short) => Key::Short(short),
            Key::Long(InKeys { from, to }) => Key::Long(&self.events.keys[piece(from, to)]),
        };
        self.row.case.map(|kind| (kind, key))
    }

    /// Fields of the case that change.
    #[inline(always)]
    pub fn fields(&self) -> &'e Changes {
        &self.events.fields[piece(self.begins.fields, self.row.ends.fields)]
    }

    /// Where it stands.
    #[inline(always)]
    pub fn origin(&self) -> Origin {
        let (base, origin) = (self.events.base, self.row.origin);
        Origin { file: base.file + origin.file, line: base.line + origin.line }
    }

    /// All of it.
    #[inline]
    pub fn event(&self) -> Event<'e> {
        let own = &self.events.own[piece(self.begins.own, self.row.ends.own)];
        let (time, case, event, fields, origin) = (self.time(), self.case(), self.what(), self.fields(), self.origin());
        Event { time, case, event, fields, own, origin }
    }
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

    /// Adds the event that was read, with the hash of its case.
    #[inline(always)]
    pub fn finish(&mut self, head: &Head<'_>, hash: u64) {
        let Head { time, case, event, origin } = *head;
        let key = match case {
            Some((_, Key::Short(short))) => Key::Short(short),
            Some((_, Key::Long(text))) => self.put_key(text),
            None => Key::Short(Short::EMPTY),
        };
        assert!(self.keys.len() | self.fields.len() | self.own.len() <= LONGEST, "more than four billion of something at once");
        let ends = Ends { fields: self.fields.len() as u32, own: self.own.len() as u32 };
        self.rows.push(Row { time, hash, key, origin, event, case: case.map(|(kind, _)| kind), ends });
    }

    fn put_key(&mut self, text: &str) -> Key<InKeys> {
        let from = self.keys.len() as u32;
        self.keys.push_str(text);
        Key::Long(InKeys { from, to: self.keys.len() as u32 })
    }

    /// Adds an event.
    pub fn push(&mut self, event: Event<'_>) {
        self.fields.extend_from_slice(event.fields);
        self.own.extend_from_slice(event.own);
        let Event { time, case, event, origin, .. } = event;
        let head = Head { time, case, event, origin };
        self.finish(&head, head.hash());
    }

    /// A copy of events of any.
    pub fn of(all: &[Stored<'_>]) -> Events {
        let mut events = Events::default();
        all.iter().for_each(|stored| events.push(stored.event()));
        events
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

    /// The hashes of the keys of those in a range; of those without a case any numbers.
    #[inline]
    pub fn hashes(&self, range: Range<usize>) -> impl Iterator<Item = u64> + Clone {
        self.rows[range].iter().map(|row| row.hash)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        self.stored().map(|stored| stored.event())
    }

    /// All of them, as they lie here.
    #[inline]
    pub fn stored(&self) -> impl Iterator<Item = Stored<'_>> {
        let mut begins = Ends::default();
        self.rows.iter().map(move |row| Stored { events: self, row, begins: std::mem::replace(&mut begins, row.ends) })
    }

    /// Their files and lines go on from here.
    pub fn count_from(&mut self, base: Origin) {
        self.base = base;
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
