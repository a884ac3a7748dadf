//! Rows on disk, spread over parts of their time.

use crate::log::Spool;
use crate::log::aside::{Aside, Stretch};
use crate::log::sort::rows::Rows;
use crate::time::Instant;
use std::io;

/// Into so many parts the time of rows on disk is cut.
const PARTS: usize = 1 << 7;
/// So much of a part is written at once.
const BLOCK: usize = 1 << 15;

/// Rows on disk, spread over parts of their time.
pub(super) struct Spread {
    pub(super) spool: Spool,
    pub(super) aside: Aside,
    cut: Cut,
    pub(super) parts: Vec<Part>,
}

/// A time that is cut into parts. What lies before or behind it is in the first or the last of them.
pub(super) struct Cut {
    /// The first instant of the first part; each of them takes two to the power of `shift` microseconds.
    from: Instant,
    shift: u32,
    parts: usize,
}

impl Cut {
    /// The time from a first instant to a last one, in no more than so many parts.
    pub(super) fn new((first, last): (Instant, Instant), parts: usize) -> Cut {
        let length = (last.as_micros() - first.as_micros()) as u64;
        let shift = (0..u64::BITS).find(|shift| length >> shift < parts as u64).unwrap_or_default();
        Cut { from: first, shift, parts }
    }

    pub(super) fn parts(&self) -> usize {
        self.parts
    }

    /// The part that an instant lies in.
    #[inline]
    pub(super) fn part(&self, time: Instant) -> usize {
        let since = (time.as_micros() - self.from.as_micros()).max(0);
        ((since >> self.shift) as usize).min(self.parts - 1)
    }
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

/// Rows on disk, with their values and keys.
struct Block {
    heads: Stretch,
    values: Stretch,
    keys: Stretch,
}

impl Spread {
    /// Nothing, over parts of the time from a first instant to a last one.
    pub(super) fn over(span: (Instant, Instant), spool: Spool) -> io::Result<Spread> {
        let parts = (0..PARTS).map(|_| Part::default()).collect();
        Ok(Spread { spool, aside: Aside::new(spool)?, cut: Cut::new(span, PARTS), parts })
    }

    /// The rows of a part, spread over parts of its own time.
    pub(super) fn finer(part: &Part, aside: &Aside, spool: Spool) -> io::Result<Spread> {
        let mut finer = Spread::over(part.span(), spool)?;
        part.each(aside, |rows| finer.take(rows))?;
        Ok(finer)
    }

    /// Lets a row be put into the part of its time.
    #[inline]
    pub(super) fn put(&mut self, time: Instant, put: impl FnOnce(&mut Rows)) -> io::Result<()> {
        let part = self.cut.part(time);
        let rest = &mut self.parts[part].rest;
        put(rest);
        if rest.size() >= BLOCK { self.write(part) } else { Ok(()) }
    }

    /// Takes all of some rows.
    pub(super) fn take(&mut self, rows: &Rows) -> io::Result<()> {
        rows.each(|head, values, key| self.put(head.time, |rows| rows.put_bytes(head, values, key)))
    }

    /// Writes what is not written yet of a part.
    fn write(&mut self, part: usize) -> io::Result<()> {
        let Part { blocks, written, rest } = &mut self.parts[part];
        let aside = &mut self.aside;
        blocks.push(Block { heads: aside.put(&rest.heads)?, values: aside.put(&rest.values)?, keys: aside.put(&rest.keys)? });
        *written += rest.size();
        rest.clear();
        Ok(())
    }
}

impl Part {
    pub(super) fn size(&self) -> usize {
        self.written + self.rest.size()
    }

    /// The first and the last instant of its rows.
    pub(super) fn span(&self) -> (Instant, Instant) {
        self.rest.span()
    }

    /// Gives its rows, block for block.
    pub(super) fn each(&self, aside: &Aside, mut give: impl FnMut(&Rows) -> io::Result<()>) -> io::Result<()> {
        let mut rows = Rows::default();
        for block in &self.blocks {
            rows.clear();
            block.read(aside, &mut rows)?;
            give(&rows)?;
        }
        give(&self.rest)
    }
}

impl Block {
    /// Reads it into rows of which there are none.
    fn read(&self, aside: &Aside, to: &mut Rows) -> io::Result<()> {
        aside.read(self.heads, &mut to.heads)?;
        aside.read(self.values, &mut to.values)?;
        aside.read(self.keys, &mut to.keys)
    }
}
