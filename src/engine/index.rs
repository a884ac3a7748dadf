//! Where cases are found by the hash of their keys: a table of one word a place, so that many can be looked up at once.

use crate::event::prefetch;

/// Numbers by hashes. Which of those of one hash is meant, the caller sees.
pub(super) struct Index {
    /// A power of two of them, at most half of which hold something; those of one place lie behind each other.
    entries: Vec<Entry>,
    count: usize,
}

impl Default for Index {
    fn default() -> Index {
        Index { entries: vec![Entry::default(); 1024], count: 0 }
    }
}

/// So many entries lie near a core: of so few, at most a quarter hold something, for then most are found, or found missing, at once.
const NEAR: usize = 1 << 17;

/// The upper half of a hash, and one more than the number.
#[derive(Clone, Copy, Default)]
struct Entry {
    short: u32,
    next: u32,
}

impl Entry {
    fn is_empty(self) -> bool {
        self.next == 0
    }

    fn number(self) -> u32 {
        self.next - 1
    }
}

fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}

impl Index {
    fn home(&self, short: u32) -> usize {
        short as usize & (self.entries.len() - 1)
    }

    fn after(&self, place: usize) -> usize {
        (place + 1) & (self.entries.len() - 1)
    }

    /// Asks for the place of a hash, so that it is near when it is read.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        prefetch(&self.entries[self.home(short(hash))]);
    }

    /// The first number of a hash, if there is one.
    #[inline]
    pub(super) fn first(&self, hash: u64) -> Option<u32> {
        let (short, entry) = (short(hash), self.entries[self.home(short(hash))]);
        // Mostly what is there is its own, or nothing, which is told in the same steps.
        let next = if entry.short == short || entry.is_empty() { entry.next } else { self.find(hash, |_| true).map_or(0, |at| at + 1) };
        next.checked_sub(1)
    }

    /// The first number of a hash that is the one.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        self.place(hash, is_it).map(|place| self.entries[place].number())
    }

    #[inline]
    fn place(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<usize> {
        let short = short(hash);
        let mut place = self.home(short);
        loop {
            let entry = self.entries[place];
            if entry.is_empty() {
                return None;
            }
            if entry.short == short && is_it(entry.number()) {
                return Some(place);
            }
            place = self.after(place);
        }
    }

    /// Adds a number that is not there.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        let most = self.entries.len() / if self.entries.len() < NEAR { 4 } else { 2 };
        if self.count >= most {
            self.grow();
        }
        self.put(Entry { short: short(hash), next: number + 1 });
        self.count += 1;
    }

    fn put(&mut self, entry: Entry) {
        let mut place = self.home(entry.short);
        while !self.entries[place].is_empty() {
            place = self.after(place);
        }
        self.entries[place] = entry;
    }

    #[cold]
    fn grow(&mut self) {
        let bigger = vec![Entry::default(); self.entries.len() * 2];
        for entry in std::mem::replace(&mut self.entries, bigger).into_iter().filter(|entry| !entry.is_empty()) {
            self.put(entry);
        }
    }

    /// Takes a number away; those behind it that it kept from their places move up.
    #[inline]
    pub(super) fn remove(&mut self, hash: u64, number: u32) {
        let Some(mut hole) = self.place(hash, |found| found == number) else { return };
        let mask = self.entries.len() - 1;
        let mut place = hole;
        loop {
            place = self.after(place);
            let entry = self.entries[place];
            if entry.is_empty() {
                break;
            }
            let home = self.home(entry.short);
            if (place.wrapping_sub(home) & mask) >= (place.wrapping_sub(hole) & mask) {
                self.entries[hole] = entry;
                hole = place;
            }
        }
        self.entries[hole] = Entry::default();
        self.count -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn numbers_are_found_until_they_are_removed() {
        // Hashes of which the upper halves are few, so that many share a place.
        let hash = |n: u32| u64::from(n * 7_919 % 1_511) << 32 | u64::from(n);
        let (mut index, mut known) = (Index::default(), BTreeMap::new());
        for n in 0..4_000u32 {
            index.insert(hash(n), n);
            known.insert(n, n);
            if n % 3 == 0 {
                let gone = n / 2;
                if known.remove(&gone).is_some() {
                    index.remove(hash(gone), gone);
                }
            }
        }
        for n in 0..4_000 {
            let wanted = known.get(&n).copied();
            assert_eq!(index.find(hash(n), |found| Some(found) == wanted), wanted, "{n}");
            assert_eq!(index.first(hash(n)), index.find(hash(n), |_| true), "{n}");
        }
        assert_eq!(index.count, known.len());
    }
}
