//! Events put in order in bounded memory: sorted runs on disk, and all of them merged.

use crate::event::{Event, Events, Origin, Value};
use crate::id::{CaseId, EventId, FieldId, Id};
use crate::log::{Spool, Unreadable};
use crate::time::Instant;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
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
    run: Events,
    runs: Vec<File>,
}

fn no_room(e: io::Error) -> Unreadable {
    let message = format!("the log is not in order of time, and the disk that is needed to put it in order cannot be used: {e}");
    Unreadable { file: None, message, help: Some("name a folder with room: `TMPDIR=/folder sla run …`, or sort the log by time".into()) }
}

impl Sorter {
    pub(super) fn new(spool: Option<Spool>) -> Sorter {
        Sorter { spool, most: RUN, run: Events::default(), runs: Vec::new() }
    }

    /// Takes events, which come in the order of their files and rows.
    pub(super) fn take(&mut self, events: &Events) -> Result<(), Unreadable> {
        events.iter().for_each(|event| self.run.push(event));
        match self.spool {
            Some(spool) if self.run.memory() > self.most => self.write(spool).map_err(no_room),
            _ => Ok(()),
        }
    }

    fn write(&mut self, spool: Spool) -> io::Result<()> {
        self.run.sort();
        let mut out = BufWriter::with_capacity(1 << 18, spool()?);
        let mut row = Vec::new();
        for event in self.run.iter() {
            row.clear();
            pack(&event, &mut row);
            out.write_all(&(row.len() as u32).to_le_bytes())?;
            out.write_all(&row)?;
        }
        self.run.clear();
        self.runs.push(out.into_inner().map_err(io::IntoInnerError::into_error)?);
        Ok(())
    }

    /// Gives all of them, in pieces.
    pub(super) fn give(mut self, give: &mut dyn FnMut(&Events)) -> Result<(), Unreadable> {
        self.run.sort();
        if self.runs.is_empty() {
            give(&self.run);
            return Ok(());
        }
        self.merge(give).map_err(no_room)
    }

    fn merge(self, give: &mut dyn FnMut(&Events)) -> io::Result<()> {
        let mut runs = self.runs.into_iter().map(Run::new).collect::<io::Result<Vec<Run>>>()?;
        // The last run is in memory still, and was read after all others.
        let (last, mut at) = (runs.len(), 0);
        let mut heads: BinaryHeap<Reverse<(Instant, u32, usize)>> = BinaryHeap::new();
        for (i, run) in runs.iter_mut().enumerate() {
            heads.extend(run.next()?.map(|(time, file)| Reverse((time, file, i))));
        }
        let in_memory = |at: usize| (at < self.run.len()).then(|| self.run.get(at)).map(|e| Reverse((e.time, e.origin.file, last)));
        heads.extend(in_memory(0));
        let (mut piece, mut fields, mut own) = (Events::default(), Vec::new(), Vec::new());
        while let Some(Reverse((.., i))) = heads.pop() {
            if i == last {
                piece.push(self.run.get(at));
                at += 1;
                heads.extend(in_memory(at));
            } else {
                piece.push(unpack(&runs[i].row, &mut fields, &mut own)?);
                heads.extend(runs[i].next()?.map(|(time, file)| Reverse((time, file, i))));
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

/// A run that is read back.
struct Run {
    from: BufReader<File>,
    row: Vec<u8>,
}

impl Run {
    fn new(mut file: File) -> io::Result<Run> {
        file.rewind()?;
        Ok(Run { from: BufReader::with_capacity(1 << 18, file), row: Vec::new() })
    }

    /// Reads the next row: its time and file, if there is one.
    fn next(&mut self) -> io::Result<Option<(Instant, u32)>> {
        let mut length = [0; 4];
        match self.from.read_exact(&mut length) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        self.row.resize(u32::from_le_bytes(length) as usize, 0);
        self.from.read_exact(&mut self.row)?;
        let mut row = self.row.as_slice();
        Ok(Some((Instant::from_micros(number(&mut row)?), number(&mut row)? as u32)))
    }
}

const NONE: i64 = -1;

/// A row as bytes: numbers of one size, then the key, then what few rows have.
fn pack(event: &Event<'_>, row: &mut Vec<u8>) {
    let (kind, key) = event.case.map_or((NONE, ""), |(kind, key)| (kind.index() as i64, key));
    let id = event.event.map_or(NONE, |id| id.index() as i64);
    let numbers = [event.time.as_micros(), i64::from(event.origin.file), i64::from(event.origin.line), id, kind, key.len() as i64];
    numbers.iter().for_each(|n| row.extend_from_slice(&n.to_le_bytes()));
    row.extend_from_slice(key.as_bytes());
    if !event.fields.is_empty() || !event.own.is_empty() {
        *row = postcard::to_extend(&(event.fields, event.own), std::mem::take(row)).expect("values are plain data");
    }
}

fn number(row: &mut &[u8]) -> io::Result<i64> {
    let bytes = row.split_off(..8).and_then(|b| b.first_chunk());
    bytes.map(|b| i64::from_le_bytes(*b)).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn unpack<'e>(
    mut row: &'e [u8],
    fields: &'e mut Vec<(FieldId, Option<Value>)>,
    own: &'e mut Vec<(FieldId, Value)>,
) -> io::Result<Event<'e>> {
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let mut next = || number(&mut row);
    let (time, file, line, id, kind, length) = (next()?, next()?, next()?, next()?, next()?, next()?);
    let key = row.split_off(..length as usize).and_then(|key| std::str::from_utf8(key).ok()).ok_or_else(damaged)?;
    (*fields, *own) = if row.is_empty() { Default::default() } else { postcard::from_bytes(row).map_err(|_| damaged())? };
    Ok(Event {
        time: Instant::from_micros(time),
        case: (kind != NONE).then(|| (CaseId::from_index(kind as usize), key)),
        event: (id != NONE).then(|| EventId::from_index(id as usize)),
        fields,
        own,
        origin: Origin { file: file as u32, line: line as u32 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
