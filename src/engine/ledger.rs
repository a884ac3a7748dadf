//! Records of a report, packed: a log of years leaves many, and each is looked at once or twice.

use crate::event::{Order, prefetch};
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::cmp::Ordering;

/// Packed records in the order of reports: by promise, start, and what each says itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// In blocks, so that a list of millions never moves.
    blocks: Vec<Vec<u8>>,
    places: Vec<Place>,
}

/// Where a record stands among the packed ones, and what puts it in order.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    /// The start of the instance that it is of.
    pub(super) start: Instant,
    /// The promise's place in the order of reports and, in the last eight bits, what is asked of all records: it need not be looked up.
    of: u32,
    /// Where it is packed: its block, and how far in it, in steps of [`STEP`] bytes.
    at: u32,
}

impl Place {
    #[inline]
    fn key(&self) -> (usize, Instant) {
        (self.track(), self.start)
    }

    /// The promise's place in the order of reports.
    #[inline]
    pub(super) fn track(&self) -> usize {
        (self.of >> 8) as usize
    }

    /// What is asked of all records.
    #[inline]
    pub(super) fn what(&self) -> u8 {
        self.of as u8
    }
}

/// So many bytes are packed together, and a little more: the last one that begins in a block ends in it.
const BLOCK: usize = 1 << 20;
/// Each one begins at a multiple of so many bytes.
const STEP: usize = 4;

impl Ledger {
    /// Adds a record, which `write` packs.
    pub(super) fn push(&mut self, track: usize, start: Instant, what: u8, write: impl FnOnce(&mut Vec<u8>)) {
        if self.blocks.last().is_none_or(|block| block.len() >= BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK + BLOCK / 16));
        }
        let (number, block) = (self.blocks.len() - 1, self.blocks.last_mut().expect("one was added"));
        let at = u32::try_from((number * BLOCK + block.len()) / STEP).expect("a report takes far less than 16 GiB");
        let of = u32::try_from(track << 8 | usize::from(what)).expect("a spec has far fewer obligations than sixteen million");
        self.places.push(Place { start, of, at });
        write(block);
        block.resize(block.len().next_multiple_of(STEP), 0);
    }

    /// Takes the records of another.
    pub(super) fn absorb(&mut self, other: Ledger) {
        let moved = u32::try_from(self.blocks.len() * BLOCK / STEP).expect("a report takes far less than 16 GiB");
        self.blocks.extend(other.blocks);
        self.places.extend(other.places.into_iter().map(|place| Place { at: place.at + moved, ..place }));
    }

    /// Puts them in order; `compare` says which is first of two packed records of the same promise and start, each behind what is asked of
    /// all.
    pub(super) fn sort(&mut self, compare: impl Fn((u8, &[u8]), (u8, &[u8])) -> Ordering) {
        let known = std::mem::take(&mut self.places);
        let order = Order::of(known.len()).by_time(|at| known[at].start).by(|at| known[at].track() as u64);
        let mut places: Vec<Place> = order.positions().into_iter().map(|at| known[at as usize]).collect();
        drop(known);
        // Few are of the same instance's promise and start.
        for same in places.chunk_by_mut(|a, b| a.key() == b.key()).filter(|same| same.len() > 1) {
            same.sort_unstable_by(|a, b| compare((a.what(), self.bytes(a)), (b.what(), self.bytes(b))));
        }
        self.places = places;
    }

    /// A packed record, and what stands behind it.
    pub(super) fn bytes(&self, place: &Place) -> &[u8] {
        let at = place.at as usize * STEP;
        &self.blocks[at / BLOCK][at % BLOCK..]
    }

    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    /// Some of its places, whose memory is asked for before they are. They lie as they were decided, which is another order: what is asked
    /// for of many comes at once.
    pub(super) fn ahead<'l>(&'l self, mut places: impl Iterator<Item = &'l Place>) -> impl Iterator<Item = &'l Place> {
        const AT_ONCE: usize = 16;
        let blocks = std::iter::from_fn(move || {
            let block: SmallVec<[&Place; AT_ONCE]> = places.by_ref().take(AT_ONCE).collect();
            for place in &block {
                // Most take two lines of memory.
                self.bytes(place).iter().step_by(64).take(2).for_each(prefetch);
            }
            (!block.is_empty()).then_some(block)
        });
        blocks.flatten()
    }
}

/// Why reading what was packed here cannot fail.
pub(super) const WHOLE: &str = "it was packed here, whole";
