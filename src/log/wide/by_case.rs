//! Rows of wide logs, put together by their cases. Many of them are spread over parts on disk, all of one case in one part: then those of
//! one part are in memory, and no more.

use crate::log::Spool;
use crate::log::aside::{Aside, Stretch};
use crate::log::wide::{WideCase, WideRow};
use hashbrown::HashTable;
use std::io;

const PARTS: usize = 1 << 10;
/// What takes no more memory than this, packed, stays in it.
const MOST: usize = 16 << 20;

/// Takes rows, and gives cases.
pub(in crate::log) struct ByCase {
    /// Where rows go; nothing where all are kept in memory.
    spool: Option<Spool>,
    /// How much is kept in memory.
    most: usize,
    held: usize,
    aside: Option<Aside>,
    parts: Vec<Part>,
}

/// The rows of some cases, in the order in which they came.
#[derive(Default)]
struct Part {
    /// Those on disk.
    blocks: Vec<Stretch>,
    /// Those behind them.
    rest: Vec<u8>,
}

impl ByCase {
    pub(in crate::log) fn new(spool: Option<Spool>) -> ByCase {
        ByCase { spool, most: MOST, held: 0, aside: None, parts: (0..PARTS).map(|_| Part::default()).collect() }
    }

    pub(in crate::log) fn is_empty(&self) -> bool {
        self.held == 0 && self.aside.is_none()
    }

    pub(in crate::log) fn add(&mut self, row: &WideRow) -> io::Result<()> {
        let rest = &mut self.parts[part_of(row.key.lend().hash(row.kind))].rest;
        let before = rest.len();
        row.pack(rest);
        self.held += rest.len() - before;
        match self.spool {
            Some(spool) if self.held > self.most => self.write(spool),
            _ => Ok(()),
        }
    }

    /// Writes what is in memory.
    fn write(&mut self, spool: Spool) -> io::Result<()> {
        let mut aside = self.aside.take().map_or_else(|| Aside::new(spool), Ok)?;
        for Part { blocks, rest } in self.parts.iter_mut().filter(|part| !part.rest.is_empty()) {
            blocks.push(aside.put(rest)?);
            rest.clear();
        }
        (self.aside, self.held) = (Some(aside), 0);
        Ok(())
    }

    /// Gives all cases, those of a part in the order in which they were first seen.
    pub(in crate::log) fn each(self, mut give: impl FnMut(WideCase) -> io::Result<()>) -> io::Result<()> {
        for Part { blocks, rest } in self.parts {
            let mut packed = Vec::new();
            if let Some(aside) = &self.aside {
                blocks.iter().try_for_each(|block| aside.read(*block, &mut packed))?;
            }
            packed.extend_from_slice(&rest);
            drop(rest);
            cases(&packed).ok_or(io::ErrorKind::InvalidData)?.into_iter().try_for_each(&mut give)?;
        }
        Ok(())
    }
}

/// The part of a case of a hash. Where it is found among those of its part, the lower half of the hash says.
fn part_of(hash: u64) -> usize {
    (hash >> u32::BITS) as usize % PARTS
}

/// The cases of some rows, in the order in which they were first seen; nothing where these are damaged.
fn cases(mut rows: &[u8]) -> Option<Vec<WideCase>> {
    let mut cases: Vec<WideCase> = Vec::new();
    let mut index: HashTable<usize> = HashTable::new();
    while !rows.is_empty() {
        let row = WideRow::unpack(&mut rows)?;
        let hash = row.key.lend().hash(row.kind);
        match index.find(hash, |at| cases[*at].kind == row.kind && cases[*at].key == row.key) {
            Some(at) => cases[*at].add(row.fields, row.reached, row.origin),
            None => {
                index.insert_unique(hash, cases.len(), |at| cases[*at].key.lend().hash(cases[*at].kind));
                cases.push(WideCase::of(row));
            }
        }
    }
    Some(cases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{KeyRef, Origin, Value};
    use crate::id::{CaseId, EventId, FieldId, Id};
    use crate::log::wide::Milestone;
    use crate::time::Instant;
    use smallvec::smallvec;

    #[test]
    fn rows_on_disk_make_the_cases_that_rows_in_memory_make() {
        let rows = |add: &mut dyn FnMut(&WideRow)| {
            for line in 0..3_000u32 {
                let key = KeyRef::from(&*format!("T-{}", line % 1_300)).to_kept();
                let milestone = |position: u32| Milestone {
                    position,
                    event: EventId::from_index(position as usize),
                    time: Instant::from_micros(i64::from(line % 7)),
                    own: vec![(FieldId::from_index(2), Value::Member(line))],
                };
                let fields = smallvec![(FieldId::from_index(1), (line % 3 > 0).then_some(Value::whole(i64::from(line))))];
                let origin = Origin { file: line / 2_000, line };
                let reached = (0..line % 4).map(milestone).collect();
                add(&WideRow { kind: CaseId::from_index(0), key, fields, reached, origin });
            }
        };
        let shown = |most: usize, spool: Option<Spool>| {
            let mut by_case = ByCase { most, ..ByCase::new(spool) };
            rows(&mut |row| by_case.add(row).unwrap());
            let is_on_disk = by_case.aside.is_some();
            let mut shown = Vec::new();
            let show = |case: WideCase| {
                shown.push(format!("{} {:?} {:?}", case.key.text(), case.fields, case.milestones));
                Ok(())
            };
            by_case.each(show).unwrap();
            (shown, is_on_disk)
        };
        let (in_memory, on_disk) = (shown(0, None), shown(10_000, Some(tempfile::tempfile)));
        assert_eq!((in_memory.1, on_disk.1), (false, true));
        assert_eq!(in_memory.0, on_disk.0);
        assert_eq!(in_memory.0.len(), 1_300);
        // Of the lines 2, 1302 and 2602: fields of the last, and each event once at each time.
        let t_2 = in_memory.0.iter().find(|case| case.starts_with("T-2 ")).unwrap();
        assert!(t_2.contains(&format!("{:?}", Value::whole(2_602))), "{t_2}");
        assert_eq!(t_2.matches("Milestone {").count(), 2 + 2 + 2, "{t_2}");
    }
}
