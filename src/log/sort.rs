//! Events put in order in bounded memory: sorted runs on disk, and all of them merged.

use crate::event::{Event, Events, Head, Origin, packed};
use crate::log::{Spool, Unreadable};
use crate::time::Instant;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

/// A run takes no more memory than this before it is written.
const RUN: usize = 48 << 20;
/// So many events are given at once.
const PIECE: usize = 1 << 14;

/// Takes events in any order, and gives them in that of time, file and row.
pub(super) struct Sorter {
    /// Where runs go; nothing where all is kept in memory.
    spool: Option<Spool>,
    /// How much memory a run takes before it is written.
    most: usize,
    run: Run,
    runs: Vec<File>,
}

/// Events that wait in memory, packed.
#[derive(Default)]
struct Run {
    places: Vec<Place>,
    packed: Vec<u8>,
}

/// Where an event lies among the packed ones, behind what puts it in order: among equals the one that came first.
type Place = (Instant, u32, usize);

fn no_room(e: io::Error) -> Unreadable {
    let message = format!("the log is not in order of time, and the disk that is needed to put it in order cannot be used: {e}");
    Unreadable { file: None, message, help: Some("name a folder with room: `TMPDIR=/folder sla run …`, or sort the log by time".into()) }
}

impl Sorter {
    pub(super) fn new(spool: Option<Spool>) -> Sorter {
        Sorter { spool, most: RUN, run: Run::default(), runs: Vec::new() }
    }

    /// Takes events, which come in the order of their files and rows.
    pub(super) fn take(&mut self, events: &Events) -> Result<(), Unreadable> {
        events.iter().for_each(|event| self.run.take(&event));
        match self.spool {
            Some(spool) if self.run.memory() > self.most => self.write(spool).map_err(no_room),
            _ => Ok(()),
        }
    }

    fn write(&mut self, spool: Spool) -> io::Result<()> {
        self.run.places.sort_unstable();
        let mut out = BufWriter::with_capacity(1 << 18, spool()?);
        for place in &self.run.places {
            out.write_all(&place.0.as_micros().to_le_bytes())?;
            out.write_all(&place.1.to_le_bytes())?;
            let row = self.run.row(place);
            out.write_all(&(row.len() as u32).to_le_bytes())?;
            out.write_all(row)?;
        }
        self.run.places.clear();
        self.run.packed.clear();
        self.runs.push(out.into_inner().map_err(io::IntoInnerError::into_error)?);
        Ok(())
    }

    /// Gives all of them, in pieces.
    pub(super) fn give(self, give: &mut dyn FnMut(&Events)) -> Result<(), Unreadable> {
        self.merge(give).map_err(no_room)
    }

    fn merge(mut self, give: &mut dyn FnMut(&Events)) -> io::Result<()> {
        self.run.places.sort_unstable();
        // The last run is in memory still, and was read after all others.
        let mut sources = self.runs.into_iter().map(Source::on_disk).collect::<io::Result<Vec<Source<'_>>>>()?;
        sources.push(Source::InMemory { run: &self.run, next: 0 });
        let mut heads: BinaryHeap<Reverse<(Instant, u32, usize)>> = BinaryHeap::new();
        for (i, source) in sources.iter_mut().enumerate() {
            heads.extend(source.next()?.map(|(time, file)| Reverse((time, file, i))));
        }
        let mut piece = Events::default();
        while let Some(mut head) = heads.peek_mut() {
            let Reverse((time, file, i)) = *head;
            unpack(time, file, sources[i].row(), &mut piece).ok_or(io::ErrorKind::InvalidData)?;
            match sources[i].next()? {
                Some((time, file)) => *head = Reverse((time, file, i)),
                None => {
                    PeekMut::pop(head);
                }
            }
            if piece.len() == PIECE {
                give(&piece);
                piece.clear();
            }
        }
        give(&piece);
        Ok(())
    }
}

impl Run {
    fn take(&mut self, event: &Event<'_>) {
        self.places.push((event.time, event.origin.file, self.packed.len()));
        pack(event, &mut self.packed);
    }

    fn memory(&self) -> usize {
        size_of_val(&*self.places) + self.packed.len()
    }

    fn row(&self, place: &Place) -> &[u8] {
        let from = &self.packed[place.2..];
        let (length, rest) = from.split_first_chunk().expect("each row is behind its length");
        &rest[..u32::from_le_bytes(*length) as usize]
    }
}

/// A run that is read back: the rows of one time and file after another.
enum Source<'s> {
    OnDisk { from: BufReader<File>, row: Vec<u8> },
    InMemory { run: &'s Run, next: usize },
}

impl Source<'_> {
    fn on_disk(mut file: File) -> io::Result<Self> {
        file.rewind()?;
        Ok(Source::OnDisk { from: BufReader::with_capacity(1 << 18, file), row: Vec::new() })
    }

    /// Goes on to the next row: its time and file, if there is one.
    fn next(&mut self) -> io::Result<Option<(Instant, u32)>> {
        match self {
            Source::OnDisk { from, row } => {
                let mut head = [0; 16];
                match from.read_exact(&mut head) {
                    Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                    other => other?,
                }
                let mut head = head.as_slice();
                let (time, file, length) = (i64::from_le_bytes(part(&mut head)?), small(&mut head)?, small(&mut head)?);
                row.resize(length as usize, 0);
                from.read_exact(row)?;
                Ok(Some((Instant::from_micros(time), file)))
            }
            Source::InMemory { run, next } => {
                *next += 1;
                Ok(run.places.get(*next - 1).map(|(time, file, _)| (*time, *file)))
            }
        }
    }

    /// The row that it went on to.
    fn row(&self) -> &[u8] {
        match self {
            Source::OnDisk { row, .. } => row,
            Source::InMemory { run, next } => run.row(&run.places[*next - 1]),
        }
    }
}

/// A row as bytes, behind their length: small numbers, the key, the fields of its case and its own.
fn pack(event: &Event<'_>, out: &mut Vec<u8>) {
    let from = out.len();
    out.extend_from_slice(&[0; 4]);
    packed::put(out, event.origin.line.into());
    packed::put_maybe_id(out, event.event);
    packed::put_maybe_id(out, event.case.map(|(kind, _)| kind));
    packed::put_text(out, event.case.map_or("", |(_, key)| key));
    packed::put(out, event.fields.len() as u64);
    packed::put(out, event.own.len() as u64);
    let own = event.own.iter().map(|(field, value)| (*field, Some(*value)));
    for (field, value) in event.fields.iter().copied().chain(own) {
        packed::put_id(out, field);
        packed::put_value(out, value);
    }
    let length = (out.len() - from - 4) as u32;
    out[from..from + 4].copy_from_slice(&length.to_le_bytes());
}

fn part<const N: usize>(row: &mut &[u8]) -> io::Result<[u8; N]> {
    row.split_off(..N).and_then(|b| b.first_chunk()).copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn small(row: &mut &[u8]) -> io::Result<u32> {
    part(row).map(u32::from_le_bytes)
}

/// Adds the event of a row; nothing where it is damaged.
fn unpack(time: Instant, file: u32, mut row: &[u8], to: &mut Events) -> Option<()> {
    let row = &mut row;
    let origin = Origin { file, line: packed::take_small(row)? };
    let event = packed::take_maybe_id(row)?;
    let (kind, key) = (packed::take_maybe_id(row)?, packed::take_text(row)?);
    let (fields, own) = (packed::take(row)?, packed::take(row)?);
    let draft = to.draft();
    for nth in 0..fields + own {
        let field = packed::take_id(row)?;
        match packed::take_value(row)? {
            value if nth < fields => to.draft_field(field, value),
            value => to.draft_own(draft, field, value?),
        }
    }
    to.finish(draft, &Head { time, case: kind.map(|kind| (kind, key)), event, origin });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Value;
    use crate::id::{CaseId, FieldId, Id};

    #[test]
    fn runs_on_disk_give_what_a_sort_in_memory_gives() {
        let (kind, field) = (CaseId::from_index(0), FieldId::from_index(3));
        let mut all = Events::default();
        let mut dice = 7u64;
        for line in 0..5_000 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Few instants, so that many events share one; two files; some rows with values, some without a case.
            let (time, file) = (Instant::from_micros((dice >> 40) as i64 % 300), line / 2_500);
            let key = format!("case {}", dice >> 50);
            let fields = [(field, Some(Value::Member(line)))];
            let (case, fields) = if line % 7 == 0 { (None, &[][..]) } else { (Some((kind, key.as_str())), &fields[..(line % 2) as usize]) };
            all.push(Event { time, case, event: None, fields, own: &[], origin: Origin { file, line } });
        }
        let mut sorter = Sorter { most: 20_000, ..Sorter::new(Some(tempfile::tempfile)) };
        for from in (0..all.len()).step_by(100) {
            let mut piece = Events::default();
            (from..from + 100).for_each(|at| piece.push(all.get(at)));
            sorter.take(&piece).unwrap();
        }
        assert!(sorter.runs.len() > 5, "the log is cut into runs");
        let mut given = Vec::new();
        sorter.give(&mut |events| given.extend(events.iter().map(|e| format!("{e:?}")))).unwrap();
        all.sort();
        assert_eq!(given, all.iter().map(|e| format!("{e:?}")).collect::<Vec<_>>());
    }
}
