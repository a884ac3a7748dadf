//! All cases: the live ones by their keys, and the keys of those of which nothing more can be said.

use crate::engine::case::CaseState;
use crate::engine::exclusion::Exclusions;
use crate::engine::world::World;
use crate::event::{Event, Texts};
use crate::id::{CaseId, Id, Table};
use crate::plan::Plan;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use roaring::RoaringBitmap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::hash::BuildHasher;

/// The cases of a log, as far as it was read.
pub(super) struct Cases {
    slots: Vec<Slot>,
    free: Vec<u32>,
    index: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
    /// Those that were forgotten.
    spent: Table<CaseId, Keys>,
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
        let is_it = |(slot, short): &(u32, u32)| *short == (hash >> 32) as u32 && self.is_at(*slot as usize, kind, key);
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
        let slot = match self.free.pop() {
            Some(slot) => {
                let Slot { case, is_live } = &mut self.slots[slot as usize];
                // The memory of a forgotten case is used again.
                if !case.begin_anew(kind, key) {
                    *case = CaseState::new(world, kind, key, exclusions);
                }
                *is_live = true;
                slot
            }
            None => {
                self.slots.push(Slot { is_live: true, case: CaseState::new(world, kind, key, exclusions) });
                u32::try_from(self.slots.len() - 1).expect("fewer than four billion live cases")
            }
        };
        self.enter(hash, slot);
        Some(slot as usize)
    }

    /// Lets a case be found by its key.
    fn enter(&mut self, hash: u64, slot: u32) {
        let Cases { index, slots, hasher, .. } = self;
        index.insert_unique(hash, (slot, (hash >> 32) as u32), |(slot, _)| {
            let case = &slots[*slot as usize].case;
            hasher.hash_one((case.kind.index() as u32, case.key.as_str()))
        });
    }

    /// Takes note of a case a row of which changes nothing.
    pub(super) fn note(&mut self, kind: CaseId, key: &str) {
        let hash = self.hash(kind, key);
        if self.find(hash, kind, key).is_none() && !self.spent[kind].contains(key) {
            self.idle[kind].insert(key);
        }
    }

    pub(super) fn at(&mut self, slot: usize) -> &mut CaseState {
        &mut self.slots[slot].case
    }

    /// Forgets a case but for its key.
    pub(super) fn forget(&mut self, slot: usize) {
        let Slot { case, is_live } = &mut self.slots[slot];
        if !std::mem::replace(is_live, false) {
            return;
        }
        let hash = self.hasher.hash_one((case.kind.index() as u32, case.key.as_str()));
        if let Ok(entry) = self.index.find_entry(hash, |(at, _)| *at as usize == slot) {
            entry.remove();
        }
        self.free.push(slot as u32);
        self.spent[case.kind].insert(&case.key);
    }

    /// Looks cases up ahead of their events, so that their memory is near when they are judged: the places where they were.
    pub(super) fn look_ahead<'e>(&self, events: impl Iterator<Item = Event<'e>>, places: &mut Vec<Option<u32>>) {
        places.clear();
        let mut touched = 0;
        places.extend(events.map(|event| {
            let (kind, key) = event.case?;
            let slot = self.find(self.hash(kind, key), kind, key)?;
            touched ^= self.slots[slot].case.touch();
            u32::try_from(slot).ok()
        }));
        std::hint::black_box(touched);
    }

    /// Whether a case is at this place.
    pub(super) fn is_at(&self, slot: usize, kind: CaseId, key: &str) -> bool {
        let Slot { is_live, case } = &self.slots[slot];
        *is_live && case.kind == kind && case.key == key
    }

    /// Which of the live ones is at a place: its place when they are taken up again.
    pub(super) fn rank(&self, slot: usize) -> usize {
        self.slots[..slot].iter().filter(|slot| slot.is_live).count()
    }

    /// The live ones, in the order of their places.
    pub(super) fn live(&self) -> impl Iterator<Item = &CaseState> {
        self.slots.iter().filter(|slot| slot.is_live).map(|slot| &slot.case)
    }

    pub(super) fn live_mut(&mut self) -> impl Iterator<Item = &mut CaseState> {
        self.slots.iter_mut().filter(|slot| slot.is_live).map(|slot| &mut slot.case)
    }
}

/// As a list of the live ones, and what is known of the others.
impl Serialize for Cases {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let live: Vec<&CaseState> = self.live().collect();
        (live, &self.spent, &self.idle).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Cases {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (live, spent, idle) = <(Vec<CaseState>, _, _)>::deserialize(from)?;
        let slots = live.into_iter().map(|case| Slot { is_live: true, case }).collect();
        let mut cases = Cases { slots, free: Vec::new(), index: HashTable::new(), hasher: DefaultHashBuilder::default(), spent, idle };
        for slot in 0..cases.slots.len() {
            let case = &cases.slots[slot].case;
            let hash = cases.hash(case.kind, &case.key);
            cases.enter(hash, slot as u32);
        }
        Ok(cases)
    }
}

/// The place of a case; of a forgotten one the memory is left for another.
struct Slot {
    is_live: bool,
    case: CaseState,
}

/// A set of keys. Those that end in a number, as most do, take a bit or two bytes each; the others are kept as they are.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Keys {
    series: Vec<Series>,
    /// The series of each prefix, by how many digits follow it; some are none.
    places: HashMap<Box<str>, [Option<u16>; DIGITS + 1]>,
    /// The series that was asked for last.
    last: usize,
    others: Texts,
    removed: u64,
}

/// Keys that differ in the number at their end.
#[derive(Debug, Serialize, Deserialize)]
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
        let bytes = key.as_bytes();
        let (mut number, mut scale, mut from) = (0, 1, bytes.len());
        while from > 0 && bytes.len() - from < DIGITS && bytes[from - 1].is_ascii_digit() {
            from -= 1;
            number += u32::from(bytes[from] - b'0') * scale;
            scale = scale.wrapping_mul(10);
        }
        (from < bytes.len()).then(|| (&key[..from], (bytes.len() - from) as u8, number))
    }

    fn series(&self, prefix: &str, digits: u8) -> Option<usize> {
        let is_it = |s: &Series| s.digits == digits && *s.prefix == *prefix;
        if self.series.get(self.last).is_some_and(is_it) {
            return Some(self.last);
        }
        self.places.get(prefix)?[usize::from(digits)].map(usize::from)
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
                    self.places.entry(prefix.into()).or_default()[usize::from(digits)] = u16::try_from(self.series.len()).ok();
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
        if self.series.is_empty() && self.others.is_empty() {
            return;
        }
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
