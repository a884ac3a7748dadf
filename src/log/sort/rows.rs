//! Events as bytes, which can be written, read back, and taken in any order.

use crate::event::{Draft, Event, Events, Head, KeyRef, Origin, packed, prefetch};
use crate::id::Id;
use crate::log::batch::Batch;
use crate::time::Instant;
use std::io;

/// Events one behind the other: what each has, and beside that what some have, and the keys of their cases, so that it is seen at once
/// whether these are texts.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) heads: Vec<u8>,
    pub(super) values: Vec<u8>,
    pub(super) keys: Vec<u8>,
    /// The first and the last instant of those that were put in, even if they were taken away since.
    span: Option<(Instant, Instant)>,
}

/// What each event has.
#[derive(Clone, Copy)]
pub(super) struct RowHead {
    pub(super) time: Instant,
    file: u32,
    /// The line in whose place it stands.
    line: u32,
    /// One more than the event's place among all, and than that of its kind of case; 0 where it has none.
    event: u32,
    kind: u32,
    /// How many bytes its values take, and how many its key.
    values: u32,
    key: u32,
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn number(id: Option<impl Id>) -> u32 {
    id.map_or(0, |id| id.index() as u32 + 1)
}

fn id<I: Id>(number: u32) -> Option<I> {
    number.checked_sub(1).map(|at| I::from_index(at as usize))
}

impl RowHead {
    const LENGTH: usize = 32;

    #[inline]
    fn bytes(&self) -> [u8; RowHead::LENGTH] {
        let RowHead { time, file, line, event, kind, values, key } = *self;
        let mut bytes = [0; RowHead::LENGTH];
        bytes[..8].copy_from_slice(&time.as_micros().to_le_bytes());
        for (part, n) in bytes[8..].chunks_exact_mut(4).zip([file, line, event, kind, values, key]) {
            part.copy_from_slice(&n.to_le_bytes());
        }
        bytes
    }

    #[inline]
    fn of(bytes: &[u8; RowHead::LENGTH]) -> RowHead {
        let small = |nth: usize| {
            let from = 8 + 4 * nth;
            u32::from_le_bytes([bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]])
        };
        let [a, b, c, d, e, f, g, h, ..] = *bytes;
        let time = Instant::from_micros(i64::from_le_bytes([a, b, c, d, e, f, g, h]));
        RowHead { time, file: small(0), line: small(1), event: small(2), kind: small(3), values: small(4), key: small(5) }
    }
}

impl Rows {
    pub(super) fn size(&self) -> usize {
        self.heads.len() + self.values.len() + self.keys.len()
    }

    /// The first and the last instant of them; any two where there are none.
    pub(super) fn span(&self) -> (Instant, Instant) {
        self.span.unwrap_or_default()
    }

    #[inline]
    fn stretch(&mut self, time: Instant) {
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }

    /// Adds an event. `line` is the one in whose place it stands.
    #[inline]
    pub(super) fn put(&mut self, event: &Event<'_>, line: u32) {
        let kind = event.case.map(|(kind, _)| kind);
        let key = event.case.as_ref().map_or(&[][..], |(_, key)| key.bytes());
        let from = self.values.len();
        if !event.fields.is_empty() || !event.own.is_empty() || event.origin.line != line {
            self.put_values(event, line);
        }
        let (values, key_length) = ((self.values.len() - from) as u32, key.len() as u32);
        let Event { time, origin: Origin { file, .. }, .. } = *event;
        let head = RowHead { time, file, line, event: number(event.event), kind: number(kind), values, key: key_length };
        self.heads.extend_from_slice(&head.bytes());
        self.keys.extend_from_slice(key);
        self.stretch(time);
    }

    /// Adds the fields of an event's case and its own behind their numbers, and its own line where it stands in the place of another.
    #[inline(never)]
    fn put_values(&mut self, event: &Event<'_>, line: u32) {
        let values = &mut self.values;
        packed::put(values, event.fields.len() as u64);
        packed::put(values, event.own.len() as u64);
        let own = event.own.iter().map(|(field, value)| (*field, Some(*value)));
        for (field, value) in event.fields.iter().copied().chain(own) {
            packed::put_field(values, field, value);
        }
        if event.origin.line != line {
            packed::put(values, event.origin.line.into());
        }
    }

    /// Adds a row as it stands among others.
    #[inline]
    pub(super) fn put_bytes(&mut self, head: &RowHead, values: &[u8], key: &[u8]) {
        self.heads.extend_from_slice(&head.bytes());
        self.values.extend_from_slice(values);
        self.keys.extend_from_slice(key);
        self.stretch(head.time);
    }

    /// Gives the head, the values and the key of each.
    pub(super) fn each(&self, mut give: impl FnMut(&RowHead, &[u8], &[u8]) -> io::Result<()>) -> io::Result<()> {
        let (heads, rest) = self.heads.as_chunks();
        let (mut values, mut keys) = (self.values.as_slice(), self.keys.as_slice());
        for head in heads {
            let head = RowHead::of(head);
            let of_row = values.split_off(..head.values as usize).ok_or_else(damaged)?;
            let key = keys.split_off(..head.key as usize).ok_or_else(damaged)?;
            give(&head, of_row, key)?;
        }
        if rest.is_empty() && values.is_empty() && keys.is_empty() { Ok(()) } else { Err(damaged()) }
    }

    /// Takes them away, and forgets when they were.
    pub(super) fn begin_anew(&mut self) {
        self.clear();
        self.span = None;
    }

    /// Takes them away.
    pub(super) fn clear(&mut self) {
        self.heads.clear();
        self.values.clear();
        self.keys.clear();
    }

    /// What is needed to take them in any order.
    pub(super) fn sortable(&self) -> io::Result<Sortable<'_>> {
        let keys = std::str::from_utf8(&self.keys).map_err(|_| damaged())?;
        let mut rows = Vec::with_capacity(self.heads.len() / RowHead::LENGTH);
        let (mut of_values, mut of_keys) = (0, 0);
        self.each(|head, values, key| {
            rows.push(Placed { head: *head, values: of_values, key: of_keys });
            (of_values, of_keys) = (of_values + values.len(), of_keys + key.len());
            Ok(())
        })?;
        Ok(Sortable { rows, values: &self.values, keys })
    }
}

/// Rows that can be taken in any order.
pub(super) struct Sortable<'r> {
    pub(super) rows: Vec<Placed>,
    values: &'r [u8],
    keys: &'r str,
}

/// A row, and where its values and its key begin.
pub(super) struct Placed {
    head: RowHead,
    values: usize,
    key: usize,
}

impl Placed {
    /// When it was.
    #[inline]
    pub(super) fn time(&self) -> Instant {
        self.head.time
    }

    /// Its file and line as one number.
    #[inline]
    pub(super) fn line(&self) -> u64 {
        u64::from(self.head.file) << 32 | u64::from(self.head.line)
    }
}

impl Sortable<'_> {
    /// Asks for the memory of some rows: all of it then comes at once, and is near when they are taken.
    #[inline]
    pub(super) fn prefetch(&self, positions: &[u32]) {
        for row in positions.iter().map(|position| &self.rows[*position as usize]) {
            self.values.get(row.values).into_iter().chain(self.keys.as_bytes().get(row.key)).for_each(prefetch);
        }
    }

    /// Adds the event of a row.
    #[inline]
    pub(super) fn unpack(&self, position: u32, to: &mut Batch) -> io::Result<()> {
        let Placed { head, values, key } = &self.rows[position as usize];
        let key = self.keys.get(*key..key + head.key as usize).ok_or_else(damaged)?;
        let RowHead { time, file, line, .. } = *head;
        let mut row =
            Head { time, case: id(head.kind).map(|kind| (kind, KeyRef::from(key))), event: id(head.event), origin: Origin { file, line } };
        let hash = row.hash();
        let part = to.part(hash);
        let events = &mut to.parts[part].events;
        let draft = events.draft();
        match &self.values[*values..values + head.values as usize] {
            [] => {}
            values => row.origin.line = unpack_values(values, line, events, draft).ok_or_else(damaged)?,
        }
        events.finish(draft, &row, hash);
        to.course.take(time);
        Ok(())
    }
}

/// Adds the values of an event that is being read, and gives its own line; nothing where they are damaged.
#[inline(never)]
fn unpack_values(mut values: &[u8], line: u32, to: &mut Events, draft: Draft) -> Option<u32> {
    let rest = &mut values;
    let (fields, own) = (packed::take(rest)?, packed::take(rest)?);
    for nth in 0..fields + own {
        match packed::take_field(rest)? {
            change if nth < fields => to.draft_field(&change),
            (field, value) => to.draft_own(draft, field, value?),
        }
    }
    if rest.is_empty() { Some(line) } else { packed::take_small(rest) }
}
