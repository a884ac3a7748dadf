//! Events as bytes, which can be written, read back, and taken in any order.

use crate::event::{Event, Events, Head, Origin, packed};
use crate::time::Instant;
use std::hint::black_box;
use std::io;

/// Events one behind the other, and the keys of their cases beside them, so that it is seen at once whether these are texts.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<u8>,
    pub(super) keys: Vec<u8>,
    /// The first and the last instant of those that were put in, even if they were taken away since.
    span: Option<(Instant, Instant)>,
}

/// What stands before a row's bytes.
#[derive(Clone, Copy)]
pub(super) struct RowHead {
    /// How many bytes it takes, with these.
    length: u32,
    /// How many its key takes.
    key: u32,
    pub(super) time: Instant,
    file: u32,
    line: u32,
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

impl RowHead {
    const LENGTH: usize = 24;

    #[inline]
    fn bytes(&self) -> [u8; RowHead::LENGTH] {
        let mut bytes = [0; RowHead::LENGTH];
        bytes[..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.key.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.time.as_micros().to_le_bytes());
        bytes[16..20].copy_from_slice(&self.file.to_le_bytes());
        bytes[20..].copy_from_slice(&self.line.to_le_bytes());
        bytes
    }

    /// The head of the first of some rows; nothing where they end before it does.
    #[inline]
    fn of(rows: &[u8]) -> Option<RowHead> {
        let bytes: &[u8; RowHead::LENGTH] = rows.first_chunk()?;
        let small = |from: usize| u32::from_le_bytes([bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]]);
        let time = i64::from(small(12)) << 32 | i64::from(small(8));
        Some(RowHead { length: small(0), key: small(4), time: Instant::from_micros(time), file: small(16), line: small(20) })
    }
}

impl Rows {
    pub(super) fn size(&self) -> usize {
        self.rows.len() + self.keys.len()
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

    /// Adds an event: the fields of its case and its own behind small numbers. `line` is the one in whose place it stands; its own is
    /// told behind all that where it is another.
    pub(super) fn put(&mut self, event: &Event<'_>, line: u32) {
        let Rows { rows, keys, .. } = self;
        let (kind, key) = event.case.map_or((None, ""), |(kind, key)| (Some(kind), key));
        let from = rows.len();
        rows.extend_from_slice(&[0; RowHead::LENGTH]);
        packed::put_maybe_id(rows, event.event);
        packed::put_maybe_id(rows, kind);
        packed::put(rows, event.fields.len() as u64);
        packed::put(rows, event.own.len() as u64);
        let own = event.own.iter().map(|(field, value)| (*field, Some(*value)));
        for (field, value) in event.fields.iter().copied().chain(own) {
            packed::put_field(rows, field, value);
        }
        let Origin { file, line: own_line } = event.origin;
        if own_line != line {
            packed::put(rows, own_line.into());
        }
        let head = RowHead { length: (rows.len() - from) as u32, key: key.len() as u32, time: event.time, file, line };
        rows[from..from + RowHead::LENGTH].copy_from_slice(&head.bytes());
        keys.extend_from_slice(key.as_bytes());
        self.stretch(event.time);
    }

    /// Adds a row as it stands among others.
    pub(super) fn put_bytes(&mut self, time: Instant, row: &[u8], key: &[u8]) {
        self.rows.extend_from_slice(row);
        self.keys.extend_from_slice(key);
        self.stretch(time);
    }

    /// Gives the head, the bytes and the key of each.
    pub(super) fn each(&self, mut give: impl FnMut(RowHead, &[u8], &[u8]) -> io::Result<()>) -> io::Result<()> {
        let (mut rows, mut keys) = (self.rows.as_slice(), self.keys.as_slice());
        while let Some(head) = RowHead::of(rows) {
            let row = rows.split_off(..head.length as usize).ok_or_else(damaged)?;
            let key = keys.split_off(..head.key as usize).ok_or_else(damaged)?;
            give(head, row, key)?;
        }
        if rows.is_empty() && keys.is_empty() { Ok(()) } else { Err(damaged()) }
    }

    /// Takes them away.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.keys.clear();
    }

    /// What is needed to take them in any order.
    pub(super) fn sortable(&self) -> io::Result<Sortable<'_>> {
        let keys = std::str::from_utf8(&self.keys).map_err(|_| damaged())?;
        let mut sortable = Sortable { rows: &self.rows, keys, places: Vec::new(), begins: Vec::new() };
        let mut begin = (0, 0);
        self.each(|head, row, key| {
            sortable.places.push((head.time, u64::from(head.file) << 32 | u64::from(head.line)));
            sortable.begins.push(begin);
            begin = (begin.0 + row.len(), begin.1 + key.len());
            Ok(())
        })?;
        Ok(sortable)
    }
}

/// Rows that can be taken in any order.
pub(super) struct Sortable<'r> {
    rows: &'r [u8],
    keys: &'r str,
    /// When each was, and its file and line as one number.
    pub(super) places: Vec<(Instant, u64)>,
    /// Where each and its key begin.
    begins: Vec<(usize, usize)>,
}

impl Sortable<'_> {
    /// Reads a little of some rows: the memory of all of them then comes at once, and is near when they are taken.
    #[inline]
    pub(super) fn touch(&self, positions: &[u32]) {
        let begins = positions.iter().map(|position| self.begins[*position as usize]);
        black_box(begins.fold(0, |all, (row, key)| all ^ self.rows[row] ^ self.keys.as_bytes().get(key).unwrap_or(&0)));
    }

    /// Adds the event of a row.
    #[inline]
    pub(super) fn unpack(&self, position: u32, to: &mut Events) -> io::Result<()> {
        let (row, key) = self.begins[position as usize];
        unpack(&self.rows[row..], &self.keys[key..], to).ok_or_else(damaged)
    }
}

/// Adds the event of a row whose key is the first of some; nothing where it is damaged.
#[inline]
fn unpack(row: &[u8], keys: &str, to: &mut Events) -> Option<()> {
    let RowHead { length, key, time, file, line } = RowHead::of(row)?;
    let rest = &mut row.get(RowHead::LENGTH..length as usize)?;
    let event = packed::take_maybe_id(rest)?;
    let kind = packed::take_maybe_id(rest)?;
    let (fields, own) = (packed::take(rest)?, packed::take(rest)?);
    let draft = to.draft();
    for nth in 0..fields + own {
        match packed::take_field(rest)? {
            (field, value) if nth < fields => to.draft_field(field, value),
            (field, value) => to.draft_own(draft, field, value?),
        }
    }
    let line = if rest.is_empty() { line } else { packed::take_small(rest)? };
    let key = keys.get(..key as usize)?;
    to.finish(draft, &Head { time, case: kind.map(|kind| (kind, key)), event, origin: Origin { file, line } });
    Some(())
}
