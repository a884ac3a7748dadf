//! All cases: the live ones by their keys, and the keys of those of which nothing more can be said.

use crate::engine::case::CaseState;
use crate::engine::exclusion::Exclusions;
use crate::engine::keys::Keys;
use crate::engine::world::World;
use crate::id::{CaseId, Id, Table};
use crate::plan::Plan;
use hashbrown::{DefaultHashBuilder, HashTable};
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
    /// Those of which rows were seen that change nothing.
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
        let live = self.live().filter(|case| !self.idle[case.facts.kind].contains(&case.facts.key)).count() as u64;
        live + self.spent.iter().zip(self.idle.iter()).map(|(spent, idle)| spent.len_with(idle)).sum::<u64>()
    }

    fn hash(&self, kind: CaseId, key: &str) -> u64 {
        self.hasher.hash_one((kind.index() as u32, key))
    }

    fn find(&self, hash: u64, kind: CaseId, key: &str) -> Option<usize> {
        let is_it = |(slot, short): &(u32, u32)| *short == (hash >> 32) as u32 && self.is_at(*slot as usize, kind, key);
        self.index.find(hash, is_it).map(|(slot, _)| *slot as usize)
    }

    /// The place of a case, which is a new one if it was not seen before; nothing if it was forgotten.
    pub(super) fn open(&mut self, world: &World<'_>, kind: CaseId, key: &str, hash: Option<u64>, exclusions: &Exclusions) -> Option<usize> {
        let hash = hash.unwrap_or_else(|| self.hash(kind, key));
        if let Some(slot) = self.find(hash, kind, key) {
            return Some(slot);
        }
        if self.spent[kind].contains(key) {
            return None;
        }
        let slot = match self.free.pop() {
            Some(slot) => {
                let Slot { case, is_live, hash: of } = &mut self.slots[slot as usize];
                // The memory of a forgotten case is used again.
                if !case.begin_anew(kind, key) {
                    *case = CaseState::new(world, kind, key, exclusions);
                }
                (*is_live, *of) = (true, hash);
                slot
            }
            None => {
                self.slots.push(Slot { is_live: true, hash, case: CaseState::new(world, kind, key, exclusions) });
                u32::try_from(self.slots.len() - 1).expect("fewer than four billion live cases")
            }
        };
        self.enter(hash, slot);
        Some(slot as usize)
    }

    /// Lets a case be found by its key.
    fn enter(&mut self, hash: u64, slot: u32) {
        let Cases { index, slots, .. } = self;
        index.insert_unique(hash, (slot, (hash >> 32) as u32), |(slot, _)| slots[*slot as usize].hash);
    }

    /// Takes note of a case a row of which changes nothing. A key that takes a bit is noted whether or not its case is known.
    pub(super) fn note(&mut self, kind: CaseId, key: &str) {
        if self.idle[kind].insert_number(key) {
            return;
        }
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
        let Slot { case, is_live, hash } = &mut self.slots[slot];
        if !std::mem::replace(is_live, false) {
            return;
        }
        if let Ok(entry) = self.index.find_entry(*hash, |(at, _)| *at as usize == slot) {
            entry.remove();
        }
        self.free.push(slot as u32);
        self.spent[case.facts.kind].insert(&case.facts.key);
    }

    /// Looks cases up ahead of their events: the places where they were. Each step asks for the memory of all of them, which
    /// then comes at once; when they are judged it is near.
    pub(super) fn look_ahead<'e>(&self, keys: impl Iterator<Item = Option<(CaseId, &'e str)>>, places: &mut Vec<Option<Place>>) {
        places.clear();
        places.extend(keys.map(|case| case.map(|(kind, key)| Place { hash: self.hash(kind, key), slot: None })));
        for place in places.iter_mut().flatten() {
            // That it is this case and not another of the same hash is seen when it is judged.
            place.slot = self.index.find(place.hash, |(_, short)| *short == (place.hash >> 32) as u32).map(|(slot, _)| *slot as usize);
        }
        let mut touched = 0;
        for slot in places.iter().flatten().filter_map(|place| place.slot) {
            touched ^= self.slots[slot].case.touch();
        }
        for slot in places.iter().flatten().filter_map(|place| place.slot) {
            touched ^= self.slots[slot].case.touch_instances();
        }
        std::hint::black_box(touched);
    }

    /// Whether a case is at this place.
    pub(super) fn is_at(&self, slot: usize, kind: CaseId, key: &str) -> bool {
        let Slot { is_live, case: CaseState { facts, .. }, .. } = &self.slots[slot];
        *is_live && facts.kind == kind && facts.key == key
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
        let slots = live.into_iter().map(|case| Slot { is_live: true, hash: 0, case }).collect();
        let mut cases = Cases { slots, free: Vec::new(), index: HashTable::new(), hasher: DefaultHashBuilder::default(), spent, idle };
        for slot in 0..cases.slots.len() {
            let case = &cases.slots[slot].case;
            let hash = cases.hash(case.facts.kind, &case.facts.key);
            cases.slots[slot].hash = hash;
            cases.enter(hash, slot as u32);
        }
        Ok(cases)
    }
}

/// The place of a case; of a forgotten one the memory is left for another.
struct Slot {
    is_live: bool,
    /// Of its key.
    hash: u64,
    case: CaseState,
}

/// Where a case was looked for.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) hash: u64,
    /// Where one of this hash was.
    pub(super) slot: Option<usize>,
}
