//! Events as a log gives them: rows of one size, and what varies in lists beside them.

use crate::event::{Change, Changes, Event, Key, KeyRef, Origin, Own, Short, TextId, Value};
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
    /// One that is not short stands in the list of keys; here it is said where.
    key: Short,
    /// The upper half of the hash of its case.
    hash: u32,
    origin: Origin,
    event: Option<EventId>,
    case: Option<CaseId>,
    /// How much it has in the lists, behind what the row before it has there.
    fields: u16,
    own: u16,
}

const _: () = assert!(size_of::<Row>() == 48);

/// Where the values of an event begin, in the lists.
#[derive(Clone, Copy, Debug, Default)]
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
    begins: Draft,
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
        let key = match self.row.key.place() {
            None => Key::Short(self.row.key),
            Some((from, to)) => Key::Long(&self.events.keys[from as usize..to as usize]),
        };
        self.row.case.map(|kind| (kind, key))
    }

    /// Fields of the case that change.
    #[inline(always)]
    pub fn fields(&self) -> &'e Changes {
        &self.events.fields[self.begins.fields..][..self.row.fields.into()]
    }

    /// Its own values.
    #[inline(always)]
    pub fn own(&self) -> &'e Own {
        &self.events.own[self.begins.own..][..self.row.own.into()]
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
        let (time, case, event, fields, own, origin) = (self.time(), self.case(), self.what(), self.fields(), self.own(), self.origin());
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
    pub fn draft_field(&mut self, change: &Change) {
        self.fields.push(*change);
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

    /// Adds the event that was read since, with the hash of its case.
    #[inline(always)]
    pub fn finish(&mut self, draft: Draft, head: &Head<'_>, hash: u64) {
        let Head { time, case, event, origin } = *head;
        let key = match case {
            Some((_, Key::Short(short))) => short,
            Some((_, Key::Long(text))) => self.put_key(text),
            None => Short::EMPTY,
        };
        // A row has a value or two of a field at most, and fields are numbered in as many bits.
        let count = |values: usize| u16::try_from(values).expect("a row has far fewer values");
        let (fields, own) = (count(self.fields.len() - draft.fields), count(self.own.len() - draft.own));
        let (hash, case) = ((hash >> u32::BITS) as u32, case.map(|(kind, _)| kind));
        self.rows.push(Row { time, key, hash, origin, event, case, fields, own });
    }

    /// What says where a key stands in the list, to which it is added.
    fn put_key(&mut self, text: &str) -> Short {
        let from = self.keys.len();
        self.keys.push_str(text);
        let [from, to] = [from, self.keys.len()].map(|at| u32::try_from(at).expect("what is read at once is far shorter"));
        Short::in_place_of(from, to)
    }

    /// Adds an event.
    pub fn push(&mut self, event: Event<'_>) {
        let draft = self.draft();
        self.fields.extend_from_slice(event.fields);
        self.own.extend_from_slice(event.own);
        let Event { time, case, event, origin, .. } = event;
        let head = Head { time, case, event, origin };
        self.finish(draft, &head, head.hash());
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

    /// The upper halves of the hashes of the keys of those in a range; of those without a case any numbers.
    #[inline]
    pub fn hashes(&self, range: Range<usize>) -> impl Iterator<Item = u64> + Clone {
        self.rows[range].iter().map(|row| u64::from(row.hash) << u32::BITS)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        self.stored().map(|stored| stored.event())
    }

    /// All of them, as they lie here.
    #[inline]
    pub fn stored(&self) -> impl Iterator<Item = Stored<'_>> {
        let mut begins = Draft::default();
        self.rows.iter().map(move |row| {
            let Draft { fields, own } = begins;
            let ends = Draft { fields: fields + usize::from(row.fields), own: own + usize::from(row.own) };
            Stored { events: self, row, begins: std::mem::replace(&mut begins, ends) }
        })
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
