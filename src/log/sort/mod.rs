//! Events put in order in bounded memory: those of a long log are spread over parts of its time on disk, and each part is put in order
//! by itself.

mod rows;
mod spread;

use crate::event::{Event, Events, Order};
use crate::log::aside::Aside;
use crate::log::batch::Batch;
use crate::log::{Spool, Unreadable};
use rows::Rows;
use spread::{Cut, Part, Spread};
use std::io;

/// What takes no more memory than this is put in order there.
const MOST: usize = 16 << 20;
/// So much of it lies near a core.
const NEAR: usize = 1 << 16;
/// So many events are given at once, and a few more.
const PIECE: usize = 1 << 12;

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

/// Why a log cannot be put in order.
pub(super) fn no_room(e: io::Error) -> Unreadable {
    let message = format!("the log is not in order of time, and the disk that is needed to put it in order cannot be used: {e}");
    Unreadable { file: None, message, help: Some("name a folder with room: `TMPDIR=/folder sla run …`, or sort the log by time".into()) }
}

impl Sorter {
    pub(super) fn new(spool: Option<Spool>) -> Sorter {
        Sorter { spool, most: MOST, rows: Rows::default(), spread: None }
    }

    /// Takes events, in the order of their files and rows.
    pub(super) fn take(&mut self, events: &Events) -> io::Result<()> {
        events.iter().try_for_each(|event| self.put(&event, event.origin.line))
    }

    /// Takes an event that stands in the place of a line among those of its instant and file.
    #[inline]
    pub(super) fn put(&mut self, event: &Event<'_>, line: u32) -> io::Result<()> {
        if let Some(spread) = &mut self.spread {
            return spread.put(event.time, |rows| rows.put(event, line));
        }
        self.rows.put(event, line);
        if let Some(spool) = self.spool.filter(|_| self.rows.size() > self.most) {
            let mut spread = Spread::over(self.rows.span(), spool)?;
            spread.take(&self.rows)?;
            (self.rows, self.spread) = (Rows::default(), Some(spread));
        }
        Ok(())
    }

    /// Gives all of them, in pieces for so many parts. `give` takes a piece, and leaves an empty one.
    pub(super) fn give(self, parts: usize, give: &mut dyn FnMut(&mut Batch)) -> Result<(), Unreadable> {
        let Sorter { most, rows, spread, .. } = self;
        let mut out = Out { most, fine: Vec::new(), piece: Batch::new(parts), count: 0, give };
        let given = match spread {
            Some(spread) => out.spread(spread),
            None => out.sorted(&rows),
        };
        given.map_err(no_room)?;
        out.hand_over();
        Ok(())
    }
}

/// Where events go in their order.
struct Out<'g> {
    most: usize,
    /// Memory for rows that are spread once more.
    fine: Vec<Rows>,
    /// What is not given yet, and how many events it holds.
    piece: Batch,
    count: usize,
    give: &'g mut dyn FnMut(&mut Batch),
}

impl Out<'_> {
    /// Gives what was spread, part for part.
    fn spread(&mut self, spread: Spread) -> io::Result<()> {
        let Spread { aside, parts, spool, .. } = spread;
        for part in parts {
            let (first, last) = part.span();
            // Rows of one instant, and few rows, are put in order in memory.
            if first == last || part.size() <= self.most {
                self.in_memory(&part, &aside)?;
            } else {
                self.spread(Spread::finer(&part, &aside, spool)?)?;
            }
        }
        Ok(())
    }

    /// Gives a part. It is spread over finer parts of its time first: rows are taken in any order from what lies near a core, and from
    /// what does not only one after another.
    fn in_memory(&mut self, part: &Part, aside: &Aside) -> io::Result<()> {
        let cut = Cut::new(part.span(), part.size().div_ceil(NEAR).max(1));
        let mut fine = std::mem::take(&mut self.fine);
        fine.resize_with(fine.len().max(cut.parts()), Rows::default);
        part.each(aside, |rows| {
            rows.each(|head, values, key| {
                fine[cut.part(head.time)].put_bytes(head, values, key);
                Ok(())
            })
        })?;
        for rows in &mut fine {
            self.sorted(rows)?;
            // Memory of more than most take is given back.
            if rows.size() > 4 * NEAR {
                *rows = Rows::default();
            } else {
                rows.begin_anew();
            }
        }
        self.fine = fine;
        Ok(())
    }

    /// Gives rows in their order.
    fn sorted(&mut self, rows: &Rows) -> io::Result<()> {
        /// Memory is asked for so many rows at once.
        const AHEAD: usize = 32;
        let sortable = rows.sortable()?;
        let placed = &sortable.rows;
        let order = Order::of(placed.len()).by(|at| placed[at].line()).by_time(|at| placed[at].time());
        for positions in order.positions().chunks(AHEAD) {
            sortable.prefetch(positions);
            positions.iter().try_for_each(|position| sortable.unpack(*position, &mut self.piece))?;
            self.count += positions.len();
            if self.count >= PIECE {
                self.hand_over();
            }
        }
        Ok(())
    }

    fn hand_over(&mut self) {
        (self.give)(&mut self.piece);
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{KeyRef, Origin, Value};
    use crate::id::{CaseId, FieldId, Id};
    use crate::time::Instant;

    /// A log of two files: some rows with values, some without a case.
    fn log(time: impl Fn(u32, u64) -> i64) -> Events {
        let (kind, field) = (CaseId::from_index(0), FieldId::from_index(3));
        let mut all = Events::default();
        let mut dice = 7u64;
        for line in 0..5_000 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (time, file) = (Instant::from_micros(time(line, dice >> 40)), line / 2_500);
            let key = format!("case {}{}", dice >> 50, if line % 3 == 0 { " of a long name" } else { "" });
            let fields = [(field, Some(Value::Member(line)))];
            let (case, fields) =
                if line % 7 == 0 { (None, &[][..]) } else { (Some((kind, KeyRef::from(key.as_str()))), &fields[..(line % 2) as usize]) };
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
                all.iter().skip(from).take(100).for_each(|event| piece.push(event));
                sorter.take(&piece).unwrap();
            }
            assert!(sorter.spread.is_some(), "it is more than is put in order in memory");
            let mut given = Vec::new();
            let mut give = |piece: &mut Batch| {
                given.extend(shown(piece.parts[0].events.iter()));
                piece.clear();
            };
            sorter.give(1, &mut give).unwrap();
            let mut expected: Vec<Event<'_>> = all.iter().collect();
            expected.sort_by_key(|e| (e.time, e.origin.file));
            assert_eq!(given, shown(expected));
        }
    }
}
