//! All cases: the live ones by their keys, and the keys of those of which nothing more can be said.

use crate::engine::case::CaseState;
use crate::engine::exclusion::Exclusions;
use crate::engine::world::World;
use crate::event::{Event, Texts};
use crate::id::{CaseId, Id, Table};
use crate::plan::Plan;
use hashbrown::{DefaultHashBuilder, HashTable};
use roaring::RoaringBitmap;
use std::hash::BuildHasher;

/// So many forgotten cases' memory is kept for others.
const SPARE: usize = 4096;

/// The cases of a log, as far as it was read.
pub(super) struct Cases {
    /// Live ones; the places of forgotten ones are used again.
    slots: Vec<Option<Box<CaseState>>>,
    free: Vec<u32>,
    index: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
    /// Those that were forgotten.
    spent: Table<CaseId, Keys>,
    /// The memory of forgotten ones.
    spare: Table<CaseId, Vec<Box<CaseState>>>,
    /// Those of which only rows were seen that change nothing.
    idle: Table<CaseId, Keys>,
}

impl Cases {
    pub(super) fn new(plan: &Plan) -> Cases {
        let none = || plan.cases.iter().map(|_| Keys::default()).collect();
        Cases {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            spent: none(),
            spare: plan.cases.iter().map(|_| Vec::new()).collect(),
            idle: none(),
        }
    }

    /// How many were seen.
    pub(super) fn len(&self) -> u64 {
        let of = |keys: &Table<CaseId, Keys>| keys.iter().map(Keys::len).sum::<u64>();
        self.index.len() as u64 + of(&self.spent) + of(&self.idle)
    }

    fn hash(&self, kind: CaseId, key: &str) -> u64 {
        self.hasher.hash_one((kind.index() as u32, key))
    }

    fn find(&self, hash: u64, kind: CaseId, key: &str) -> Option<usize> {
        let is_it = |(slot, short): &(u32, u32)| {
            *short == (hash >> 32) as u32 && self.slots[*slot as usize].as_ref().is_some_and(|c| c.kind == kind && *c.key == *key)
        };
        self.index.find(hash, is_it).map(|(slot, _)| *slot as usize)
    }

    /// The place of a case, which is a new one if it was not seen before; nothing if it was forgotten.
    pub(super) fn open(&mut self, world: &World<'_>, kind: CaseId, key: &str, exclusions: &Exclusions) -> Option<usize> {
        let hash = self.hash(kind, key);
        if let Some(slot) = self.find(hash, kind, key) {
            return Some(slot);
        }
        if self.spent[kind].contains(key) {
            return None;
        }
        self.idle[kind].remove(key);
        let again = self.spare[kind].pop().and_then(|case| case.begin_anew(key));
        let case = again.unwrap_or_else(|| Box::new(CaseState::new(world, kind, key, exclusions)));
        Some(self.insert(hash, case))
    }

    fn insert(&mut self, hash: u64, case: Box<CaseState>) -> usize {
        let case = Some(case);
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = case;
                slot
            }
            None => {
                self.slots.push(case);
                u32::try_from(self.slots.len() - 1).expect("fewer than four billion live cases")
            }
        };
        let Cases { index, slots, hasher, .. } = self;
        index.insert_unique(hash, (slot, (hash >> 32) as u32), |(slot, _)| {
            let case = slots[*slot as usize].as_ref().expect("only live cases are in the index");
            hasher.hash_one((case.kind.index() as u32, &*case.key))
        });
        slot as usize
    }

    /// Takes note of a case a row of which changes nothing.
    pub(super) fn note(&mut self, kind: CaseId, key: &str) {
        let hash = self.hash(kind, key);
        if self.find(hash, kind, key).is_none() && !self.spent[kind].contains(key) {
            self.idle[kind].insert(key);
        }
    }

    pub(super) fn at(&mut self, slot: usize) -> &mut CaseState {
        self.slots[slot].as_mut().expect("a place that was given is live")
    }

    /// Forgets a case but for its key.
    pub(super) fn forget(&mut self, slot: usize) {
        let Some(case) = self.slots[slot].take() else { return };
        let hash = self.hash(case.kind, &case.key);
        if let Ok(entry) = self.index.find_entry(hash, |(at, _)| *at as usize == slot) {
            entry.remove();
        }
        self.free.push(slot as u32);
        self.spent[case.kind].insert(&case.key);
        let spare = &mut self.spare[case.kind];
        if spare.len() < SPARE {
            spare.push(case);
        }
    }

    /// Looks cases up ahead of their events, so that their memory is near when they are judged: the places where they were.
    pub(super) fn look_ahead<'e>(&self, events: impl Iterator<Item = Event<'e>>, places: &mut Vec<Option<u32>>) {
        places.clear();
        let mut touched = 0;
        places.extend(events.map(|event| {
            let (kind, key) = event.case?;
            let slot = self.find(self.hash(kind, key), kind, key)?;
            touched ^= self.slots[slot].as_ref().map_or(0, |case| case.touch());
            u32::try_from(slot).ok()
        }));
        std::hint::black_box(touched);
    }

    /// Whether a case is at this place.
    pub(super) fn is_at(&self, slot: usize, kind: CaseId, key: &str) -> bool {
        self.slots[slot].as_ref().is_some_and(|case| case.kind == kind && case.key == key)
    }

    /// The live ones, in the order of their places.
    pub(super) fn live(&self) -> impl Iterator<Item = &CaseState> {
        self.slots.iter().flatten().map(|case| &**case)
    }

    pub(super) fn live_mut(&mut self) -> impl Iterator<Item = &mut CaseState> {
        self.slots.iter_mut().flatten().map(|case| &mut **case)
    }
}

/// A set of keys. Those that end in a number, as most do, take a bit or two bytes each; the others are kept as they are.
#[derive(Debug, Default)]
struct Keys {
    series: Vec<Series>,
    /// The series that was asked for last.
    last: usize,
    others: Texts,
    removed: u64,
}

/// Keys that differ in the number at their end.
#[derive(Debug)]
struct Series {
    prefix: Box<str>,
    digits: u8,
    numbers: RoaringBitmap,
}

/// More digits than a number of 32 bits holds for sure.
const DIGITS: usize = 9;
/// Keys that have so many different beginnings are no series.
const MANY: usize = 256;

impl Keys {
    /// A key without the number at its end, how long that is, and the number.
    fn split(key: &str) -> Option<(&str, u8, u32)> {
        let digits = key.bytes().rev().take(DIGITS).take_while(u8::is_ascii_digit).count();
        let (prefix, number) = key.split_at(key.len() - digits);
        Some((prefix, digits as u8, number.parse().ok()?))
    }

    fn series(&self, prefix: &str, digits: u8) -> Option<usize> {
        let is_it = |s: &Series| s.digits == digits && *s.prefix == *prefix;
        if self.series.get(self.last).is_some_and(is_it) {
            return Some(self.last);
        }
        self.series.iter().position(is_it)
    }

    fn contains(&self, key: &str) -> bool {
        if let Some((prefix, digits, number)) = Keys::split(key)
            && let Some(series) = self.series(prefix, digits)
        {
            return self.series[series].numbers.contains(number);
        }
        self.others.get(key).is_some()
    }

    fn insert(&mut self, key: &str) {
        if let Some((prefix, digits, number)) = Keys::split(key) {
            let found = self.series(prefix, digits).or_else(|| {
                (self.series.len() < MANY).then(|| {
                    self.series.push(Series { prefix: prefix.into(), digits, numbers: RoaringBitmap::new() });
                    self.series.len() - 1
                })
            });
            if let Some(series) = found {
                self.last = series;
                self.series[series].numbers.insert(number);
                return;
            }
        }
        self.others.intern(key);
    }

    fn remove(&mut self, key: &str) {
        if let Some((prefix, digits, number)) = Keys::split(key)
            && let Some(series) = self.series(prefix, digits)
        {
            self.series[series].numbers.remove(number);
        } else if self.others.get(key).is_some() {
            // A key stays where it was kept whole: that it is live is asked first.
            self.removed += 1;
        }
    }

    fn len(&self) -> u64 {
        self.series.iter().map(|s| s.numbers.len()).sum::<u64>() + self.others.len() as u64 - self.removed
    }
}
