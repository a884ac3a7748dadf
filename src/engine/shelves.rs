//! Where many short runs of bytes are kept: those of one length lie side by side, for a box of its own would take as much as each of them.

use crate::engine::room::Room;
use std::ops::Range;

/// Runs of bytes, each at a place that it keeps until it is removed. None is empty.
#[derive(Default)]
pub(super) struct Shelves {
    /// Those that take so many steps with their length, by that number; none takes no step.
    of: [Shelf; STEPS as usize],
    /// Those that are longer; an empty one is left.
    long: Room<Box<[u8]>>,
}

/// Runs that take the same number of steps, behind their lengths.
#[derive(Default)]
struct Shelf {
    blocks: Vec<Box<[u8]>>,
    /// How many places there are, and which of them are free.
    count: u32,
    free: Vec<u32>,
}

const STEP: usize = 8;
/// What takes as many steps is long.
const STEPS: u32 = 32;
/// So many places of a shelf are made at once.
const BLOCK: u32 = 512;

/// A place as one number: which on its shelf, and of how many steps; of none where it is that of a long run.
fn number(at: u32, steps: u32) -> u32 {
    assert!(at < u32::MAX / STEPS, "a hundred million cases of one size sleep");
    at * STEPS + steps
}

impl Shelf {
    /// The bytes of a place among places of so many steps: in which block, and from where to where.
    fn range(at: u32, steps: u32) -> (usize, Range<usize>) {
        let size = steps as usize * STEP;
        let from = (at % BLOCK) as usize * size;
        ((at / BLOCK) as usize, from..from + size)
    }

    fn place(&self, at: u32, steps: u32) -> &[u8] {
        let (block, range) = Shelf::range(at, steps);
        &self.blocks[block][range]
    }

    fn place_mut(&mut self, at: u32, steps: u32) -> &mut [u8] {
        let (block, range) = Shelf::range(at, steps);
        &mut self.blocks[block][range]
    }

    /// A place that is free.
    fn vacancy(&mut self, steps: u32) -> u32 {
        if let Some(at) = self.free.pop() {
            return at;
        }
        if self.count.is_multiple_of(BLOCK) {
            self.blocks.push(vec![0; (BLOCK * steps) as usize * STEP].into());
        }
        self.count += 1;
        self.count - 1
    }
}

/// What lies in a place.
fn run(place: &[u8]) -> &[u8] {
    &place[1..=usize::from(place[0])]
}

/// All that lies in the places of a block, of so many steps each.
fn runs(block: &[u8], steps: usize) -> impl Iterator<Item = &[u8]> {
    block.chunks_exact(steps * STEP).map(run).filter(|run| !run.is_empty())
}

impl Shelves {
    /// Keeps a run: its place.
    pub(super) fn put(&mut self, bytes: &[u8]) -> u32 {
        let steps = (bytes.len() + 1).div_ceil(STEP) as u32;
        match (self.of.get_mut(steps as usize), u8::try_from(bytes.len())) {
            (Some(shelf), Ok(length)) => {
                let at = shelf.vacancy(steps);
                let place = shelf.place_mut(at, steps);
                place[0] = length;
                place[1..=bytes.len()].copy_from_slice(bytes);
                number(at, steps)
            }
            _ => number(self.long.add(bytes.into()) as u32, 0),
        }
    }

    /// The run at a place.
    #[inline]
    pub(super) fn get(&self, place: u32) -> &[u8] {
        match (place / STEPS, place % STEPS) {
            (at, 0) => &self.long.places[at as usize],
            (at, steps) => run(self.of[steps as usize].place(at, steps)),
        }
    }

    /// Its place is free for another.
    pub(super) fn remove(&mut self, place: u32) {
        match (place / STEPS, place % STEPS) {
            (at, 0) => {
                self.long.places[at as usize] = Box::default();
                self.long.vacate(at as usize);
            }
            (at, steps) => {
                let shelf = &mut self.of[steps as usize];
                shelf.place_mut(at, steps)[0] = 0;
                shelf.free.push(at);
            }
        }
    }

    /// Gives each of them; their memory goes with them, block by block.
    pub(super) fn drain(self, mut give: impl FnMut(&[u8])) {
        for (shelf, steps) in self.of.into_iter().zip(0..) {
            for block in shelf.blocks {
                runs(&block, steps).for_each(&mut give);
            }
        }
        self.long.places.into_iter().filter(|run| !run.is_empty()).for_each(|run| give(&run));
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let short = self.of.iter().zip(0..).flat_map(|(shelf, steps)| shelf.blocks.iter().flat_map(move |block| runs(block, steps)));
        short.chain(self.long.places.iter().map(|run| &**run).filter(|run| !run.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn runs_of_all_lengths_are_kept_until_they_are_removed() {
        let (mut shelves, mut known) = (Shelves::default(), BTreeMap::new());
        for n in 0..5_000u32 {
            // On both sides of each step, and of what is long.
            let bytes = vec![n as u8; 1 + (n * 7 % 300) as usize];
            let place = shelves.put(&bytes);
            assert_eq!(known.insert(place, bytes), None, "{n}");
            if n % 3 == 0 {
                let (gone, _) = known.pop_first().unwrap();
                shelves.remove(gone);
            }
        }
        assert!(known.iter().all(|(place, bytes)| shelves.get(*place) == bytes));
        let sorted = |mut all: Vec<Vec<u8>>| {
            all.sort();
            all
        };
        let expected = sorted(known.into_values().collect());
        assert_eq!(sorted(shelves.iter().map(<[u8]>::to_vec).collect()), expected);
        let mut drained = Vec::new();
        shelves.drain(|run| drained.push(run.to_vec()));
        assert_eq!(sorted(drained), expected);
    }
}
