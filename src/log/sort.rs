//! Events put in order in bounded memory: those of a long log are spread over parts of its time on disk, and each part is put in order
//! by itself.

use crate::event::{Event, Events, Head, Origin, in_order, packed};
use crate::log::{Spool, Unreadable};
use crate::time::Instant;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// What takes no more memory than this is put in order there.
const MOST: usize = 16 << 20;
/// Into so many parts of its time a longer log is spread.
const PARTS: usize = 1 << 7;
/// So much of a part is written at once.
const BLOCK: usize = 1 << 15;
/// Memory is asked for so many rows at once.
const AHEAD: usize = 32;
/// So many events are given at once.
const PIECE: usize = 1 << 14;

/// Takes events in any order, and gives them in that of time, file and row.
pub(super) struct Sorter {
    /// Where parts go; nothing where all is kept in memory.
    spool: Option<Spool>,
    /// How much is put in order in memory.
    most: usize,
    /// All rows, until they are spread.
    rows: Rows,
    spread: Option<Spread>,
}

fn no_room(e: io::Error) -> Unreadable {
    let message = format!("the log is not in order of time, and the disk that is needed to put it in order cannot be used: {e}");
    Unreadable { file: None, message, help: Some("name a folder with room: `TMPDIR=/folder sla run …`, or sort the log by time".into()) }
}

impl Sorter {
    pub(super) fn new(spool: Option<Spool>) -> Sorter {
        Sorter { spool, most: MOST, rows: Rows::default(), spread: None }
    }

    /// Takes events. Those of one file come in the order of its rows.
    pub(super) fn take(&mut self, events: &Events) -> Result<(), Unreadable> {
        self.put(events).map_err(no_room)
    }

    fn put(&mut self, events: &Events) -> io::Result<()> {
        for event in events.iter() {
            match &mut self.spread {
                Some(spread) => spread.put(event.time, |rows| rows.put(&event))?,
                None => self.rows.put(&event),
            }
        }
        if let Some(spool) = self.spool.filter(|_| self.rows.size() > self.most) {
            let mut spread = Spread::over(self.rows.span, spool)?;
            spread.take(&self.rows)?;
            (self.rows, self.spread) = (Rows::default(), Some(spread));
        }
        Ok(())
    }

    /// Gives all of them, in pieces.
    pub(super) fn give(self, give: &mut dyn FnMut(&Events)) -> Result<(), Unreadable> {
        let Sorter { spool, most, rows, spread } = self;
        let mut out = Out { most, spool, piece: Events::default(), give };
        let given = match spread {
            Some(spread) => out.spread(spread),
            None => out.sorted(&rows),
        };
        given.map_err(no_room)?;
        out.hand_over();
        Ok(())
    }
}

/// The first and the last instant of rows; the first lies behind the last where there are none.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: Instant,
    last: Instant,
}

impl Default for Span {
    fn default() -> Span {
        Span { first: Instant::LAST, last: Instant::FIRST }
    }
}

/// Rows as bytes, and the keys of their cases beside them, so that it is seen at once whether these are texts.
#[derive(Default)]
struct Rows {
    rows: Vec<u8>,
    keys: Vec<u8>,
    span: Span,
}

/// What stands before a row's bytes.
struct RowHead {
    /// How many bytes it takes, with these.
    length: u32,
    key: u32,
    time: Instant,
    file: u32,
    line: u32,
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
    fn size(&self) -> usize {
        self.rows.len() + self.keys.len()
    }

    /// Adds an event: the fields of its case and its own behind small numbers.
    fn put(&mut self, event: &Event<'_>) {
        let Rows { rows, keys, span } = self;
        let (kind, key) = event.case.map_or((None, ""), |(kind, key)| (Some(kind), key));
        let from = rows.len();
        rows.extend_from_slice(&[0; RowHead::LENGTH]);
        packed::put_maybe_id(rows, event.event);
        packed::put_maybe_id(rows, kind);
        packed::put(rows, event.fields.len() as u64);
        packed::put(rows, event.own.len() as u64);
        let own = event.own.iter().map(|(field, value)| (*field, Some(*value)));
        for (field, value) in event.fields.iter().copied().chain(own) {
            packed::put_id(rows, field);
            packed::put_value(rows, value);
        }
        let Origin { file, line } = event.origin;
        let head = RowHead { length: (rows.len() - from) as u32, key: key.len() as u32, time: event.time, file, line };
        rows[from..from + RowHead::LENGTH].copy_from_slice(&head.bytes());
        keys.extend_from_slice(key.as_bytes());
        span.take(event.time);
    }

    /// Adds a row as it stands among others.
    fn put_bytes(&mut self, head: &RowHead, row: &[u8], key: &[u8]) {
        self.rows.extend_from_slice(row);
        self.keys.extend_from_slice(key);
        self.span.take(head.time);
    }

    /// Where each row and its key begin, and their heads; it ends early where they are damaged.
    fn heads(&self) -> impl Iterator<Item = (usize, usize, RowHead)> {
        let mut next = (0, 0);
        std::iter::from_fn(move || {
            let (row, key) = next;
            let head = RowHead::of(self.rows.get(row..)?)?;
            next = (row + head.length as usize, key + head.key as usize);
            Some((row, key, head))
        })
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.keys.clear();
    }
}

impl Span {
    #[inline]
    fn take(&mut self, time: Instant) {
        (self.first, self.last) = (self.first.min(time), self.last.max(time));
    }
}

/// Rows on disk, spread over parts of the time.
struct Spread {
    file: File,
    /// Where the file ends.
    end: u64,
    /// The first instant of the first part; each of them takes two to the power of `shift` microseconds.
    from: Instant,
    shift: u32,
    parts: Vec<Part>,
    /// What is being written.
    block: Vec<u8>,
}

/// The rows of a part of the time, in the order in which they came.
#[derive(Default)]
struct Part {
    blocks: Vec<Block>,
    size: usize,
    /// Those that are not written yet; their span is that of all.
    rest: Rows,
}

/// Rows on disk: where they begin, and how long they and the keys behind them are.
struct Block {
    at: u64,
    rows: usize,
    keys: usize,
}

impl Spread {
    /// Nothing, over parts of a span. What lies before or behind it is in the first or the last of them.
    fn over(span: Span, spool: Spool) -> io::Result<Spread> {
        let length = (span.last.as_micros() - span.first.as_micros()) as u64;
        let shift = (0..u64::BITS).find(|shift| length >> shift < PARTS as u64).unwrap_or_default();
        let parts = (0..PARTS).map(|_| Part::default()).collect();
        Ok(Spread { file: spool()?, end: 0, from: span.first, shift, parts, block: Vec::new() })
    }

    /// Lets a row be put into the part of its time.
    #[inline]
    fn put(&mut self, time: Instant, put: impl FnOnce(&mut Rows)) -> io::Result<()> {
        let since = (time.as_micros() - self.from.as_micros()).max(0);
        let part = ((since >> self.shift) as usize).min(PARTS - 1);
        let rest = &mut self.parts[part].rest;
        put(rest);
        if rest.size() >= BLOCK { self.write(part) } else { Ok(()) }
    }

    /// Writes what is not written yet of a part.
    fn write(&mut self, part: usize) -> io::Result<()> {
        let Part { blocks, size, rest } = &mut self.parts[part];
        self.block.clear();
        self.block.extend_from_slice(&rest.rows);
        self.block.extend_from_slice(&rest.keys);
        self.file.write_all(&self.block)?;
        blocks.push(Block { at: self.end, rows: rest.rows.len(), keys: rest.keys.len() });
        self.end += self.block.len() as u64;
        *size += rest.size();
        rest.clear();
        Ok(())
    }

    /// Takes rows of another.
    fn take(&mut self, rows: &Rows) -> io::Result<()> {
        for (row, key, head) in rows.heads() {
            let bytes = rows.rows.get(row..row + head.length as usize).zip(rows.keys.get(key..key + head.key as usize));
            let (row, key) = bytes.ok_or(io::ErrorKind::InvalidData)?;
            self.put(head.time, |rows| rows.put_bytes(&head, row, key))?;
        }
        Ok(())
    }
}

impl Block {
    /// Reads it behind rows that are there already.
    fn read(&self, mut from: &File, to: &mut Rows) -> io::Result<()> {
        from.seek(SeekFrom::Start(self.at))?;
        for (bytes, length) in [(&mut to.rows, self.rows), (&mut to.keys, self.keys)] {
            let there = bytes.len();
            bytes.resize(there + length, 0);
            from.read_exact(&mut bytes[there..])?;
        }
        Ok(())
    }
}

/// Where events go in their order.
struct Out<'g> {
    most: usize,
    spool: Option<Spool>,
    /// What is not given yet.
    piece: Events,
    give: &'g mut dyn FnMut(&Events),
}

impl Out<'_> {
    /// Gives what was spread, part for part.
    fn spread(&mut self, spread: Spread) -> io::Result<()> {
        let Spread { file, parts, .. } = spread;
        for part in parts {
            let Part { blocks, size, mut rest } = part;
            let Span { first, last } = rest.span;
            // Rows of one instant, and few rows, are put in order in memory.
            if first >= last || size + rest.size() <= self.most {
                let mut rows = Rows { span: rest.span, ..Rows::default() };
                blocks.iter().try_for_each(|block| block.read(&file, &mut rows))?;
                rows.rows.append(&mut rest.rows);
                rows.keys.append(&mut rest.keys);
                self.sorted(&rows)?;
            } else if let Some(spool) = self.spool {
                let mut finer = Spread::over(rest.span, spool)?;
                let mut rows = Rows::default();
                for block in &blocks {
                    rows.clear();
                    block.read(&file, &mut rows)?;
                    finer.take(&rows)?;
                }
                finer.take(&rest)?;
                self.spread(finer)?;
            }
        }
        Ok(())
    }

    /// Gives rows in their order.
    fn sorted(&mut self, rows: &Rows) -> io::Result<()> {
        let damaged = || io::Error::from(io::ErrorKind::InvalidData);
        let keys = std::str::from_utf8(&rows.keys).map_err(|_| damaged())?;
        let (mut times, mut places) = (Vec::new(), Vec::new());
        for (row, key, head) in rows.heads() {
            times.push((head.time, head.file));
            places.push((row, key));
        }
        for ahead in in_order(&times).chunks(AHEAD) {
            let places = ahead.iter().map(|at| places[*at as usize]);
            std::hint::black_box(places.clone().fold(0, |all, (row, key)| all ^ rows.rows[row] ^ rows.keys.get(key).unwrap_or(&0)));
            for (row, key) in places {
                unpack(&rows.rows[row..], &keys[key..], &mut self.piece).ok_or_else(damaged)?;
            }
            if self.piece.len() >= PIECE {
                self.hand_over();
            }
        }
        Ok(())
    }

    fn hand_over(&mut self) {
        (self.give)(&self.piece);
        self.piece.clear();
    }
}

/// Adds the event of a row; nothing where it is damaged.
#[inline]
fn unpack(row: &[u8], keys: &str, to: &mut Events) -> Option<()> {
    let RowHead { key, time, file, line, .. } = RowHead::of(row)?;
    let rest = &mut row.get(RowHead::LENGTH..)?;
    let event = packed::take_maybe_id(rest)?;
    let kind = packed::take_maybe_id(rest)?;
    let (fields, own) = (packed::take(rest)?, packed::take(rest)?);
    let draft = to.draft();
    for nth in 0..fields + own {
        let field = packed::take_id(rest)?;
        match packed::take_value(rest)? {
            value if nth < fields => to.draft_field(field, value),
            value => to.draft_own(draft, field, value?),
        }
    }
    let key = keys.get(..key as usize)?;
    to.finish(draft, &Head { time, case: kind.map(|kind| (kind, key)), event, origin: Origin { file, line } });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Value;
    use crate::id::{CaseId, FieldId, Id};

    /// A log of two files: some rows with values, some without a case.
    fn log(time: impl Fn(u32, u64) -> i64) -> Events {
        let (kind, field) = (CaseId::from_index(0), FieldId::from_index(3));
        let mut all = Events::default();
        let mut dice = 7u64;
        for line in 0..5_000 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (time, file) = (Instant::from_micros(time(line, dice >> 40)), line / 2_500);
            let key = format!("case {}", dice >> 50);
            let fields = [(field, Some(Value::Member(line)))];
            let (case, fields) = if line % 7 == 0 { (None, &[][..]) } else { (Some((kind, key.as_str())), &fields[..(line % 2) as usize]) };
            all.push(Event { time, case, event: None, fields, own: &[], origin: Origin { file, line } });
        }
        all
    }

    fn shown<'e>(events: impl IntoIterator<Item = Event<'e>>) -> Vec<String> {
        events.into_iter().map(|event| format!("{event:?}")).collect()
    }

    #[test]
    fn what_is_spread_on_disk_comes_in_order() {
        let hour = 3_600_000_000;
        let logs = [
            // Few instants, so that many events share one.
            log(|_, dice| dice as i64 % 300),
            log(|_, dice| dice as i64 % 300 * hour),
            // One row that is late, at the end of a log that is in order: nearly all lie behind what is seen first.
            log(|line, _| if line == 4_999 { 0 } else { i64::from(line) * hour }),
            // All at one instant, but for one.
            log(|line, _| if line == 4_000 { 0 } else { hour }),
            // Longer and longer: most rows lie in the first parts.
            log(|line, dice| dice as i64 % (1 << (line / 100))),
        ];
        for all in logs {
            let mut sorter = Sorter { most: 20_000, ..Sorter::new(Some(tempfile::tempfile)) };
            for from in (0..all.len()).step_by(100) {
                let mut piece = Events::default();
                (from..from + 100).for_each(|at| piece.push(all.get(at)));
                sorter.take(&piece).unwrap();
            }
            assert!(sorter.spread.is_some(), "it is more than is put in order in memory");
            let mut given = Vec::new();
            sorter.give(&mut |events| given.extend(shown(events.iter()))).unwrap();
            let mut expected: Vec<Event<'_>> = all.iter().collect();
            expected.sort_by_key(|e| (e.time, e.origin.file));
            assert_eq!(given, shown(expected));
        }
    }
}
