//! Rows on disk, spread over parts of their time.

use crate::log::Spool;
use crate::log::aside::{Aside, Stretch};
use crate::log::sort::rows::Rows;
use crate::time::Instant;
use std::io;

/// Into so many parts the time of rows is cut.
const PARTS: usize = 1 << 7;
/// So much of a part is written at once.
const BLOCK: usize = 1 << 15;

/// Rows on disk, spread over parts of their time.
pub(super) struct Spread {
    pub(super) spool: Spool,
    pub(super) aside: Aside,
    /// The first instant of the first part; each of them takes two to the power of `shift` microseconds.
    from: Instant,
    shift: u32,
    pub(super) parts: Vec<Part>,
}

/// The rows of a part of the time, in the order in which they came.
#[derive(Default)]
pub(super) struct Part {
    blocks: Vec<Block>,
    /// How much they take.
    written: usize,
    /// Those that are not written yet; their span is that of all.
    rest: Rows,
}

/// Rows on disk, and their keys.
struct Block {
    rows: Stretch,
    keys: Stretch,
}

impl Spread {
    /// Nothing, over parts of the time from a first instant to a last one. What lies before or behind it is in the first or the last of
    /// them.
    pub(super) fn over((first, last): (Instant, Instant), spool: Spool) -> io::Result<Spread> {
        let length = (last.as_micros() - first.as_micros()) as u64;
        let shift = (0..u64::BITS).find(|shift| length >> shift < PARTS as u64).unwrap_or_default();
        let parts = (0..PARTS).map(|_| Part::default()).collect();
        Ok(Spread { spool, aside: Aside::new(spool)?, from: first, shift, parts })
    }

    /// The rows of a part, spread over parts of its own time.
    pub(super) fn finer(part: Part, aside: &Aside, spool: Spool) -> io::Result<Spread> {
        let mut finer = Spread::over(part.rest.span(), spool)?;
        let mut rows = Rows::default();
        for block in &part.blocks {
            rows.clear();
            block.read(aside, &mut rows)?;
            finer.take(&rows)?;
        }
        finer.take(&part.rest)?;
        Ok(finer)
    }

    /// Lets a row be put into the part of its time.
    #[inline]
    pub(super) fn put(&mut self, time: Instant, put: impl FnOnce(&mut Rows)) -> io::Result<()> {
        let since = (time.as_micros() - self.from.as_micros()).max(0);
        let part = ((since >> self.shift) as usize).min(PARTS - 1);
        let rest = &mut self.parts[part].rest;
        put(rest);
        if rest.size() >= BLOCK { self.write(part) } else { Ok(()) }
    }

    /// Takes all of some rows.
    pub(super) fn take(&mut self, rows: &Rows) -> io::Result<()> {
        rows.each(|head, row, key| self.put(head.time, |rows| rows.put_bytes(head.time, row, key)))
    }

    /// Writes what is not written yet of a part.
    fn write(&mut self, part: usize) -> io::Result<()> {
        let Part { blocks, written, rest } = &mut self.parts[part];
        blocks.push(Block { rows: self.aside.put(&rest.rows)?, keys: self.aside.put(&rest.keys)? });
        *written += rest.size();
        rest.clear();
        Ok(())
    }
}

impl Part {
    pub(super) fn size(&self) -> usize {
        self.written + self.rest.size()
    }

    pub(super) fn is_of_one_instant(&self) -> bool {
        let (first, last) = self.rest.span();
        first == last
    }

    /// All of its rows.
    pub(super) fn whole(self, aside: &Aside) -> io::Result<Rows> {
        let Part { blocks, mut rest, .. } = self;
        let mut rows = Rows::default();
        blocks.iter().try_for_each(|block| block.read(aside, &mut rows))?;
        rows.rows.append(&mut rest.rows);
        rows.keys.append(&mut rest.keys);
        Ok(rows)
    }
}

impl Block {
    /// Reads it behind rows that are there already.
    fn read(&self, aside: &Aside, to: &mut Rows) -> io::Result<()> {
        aside.read(self.rows, &mut to.rows)?;
        aside.read(self.keys, &mut to.keys)
    }
}
