//! All cases: the live ones by their keys, and the keys of those of which nothing more can be said.

use crate::engine::asleep::{self, Asleep};
use crate::engine::case::CaseState;
use crate::engine::exclusion::Exclusions;
use crate::engine::index::Index;
use crate::engine::world::World;
use crate::event::{KeyList, KeyRef, Keys, Series};
use crate::id::{CaseId, Table};
use crate::plan::Plan;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::num::NonZeroU32;

/// The cases of a log, as far as it was read: all of them, or those of one part.
pub(super) struct Cases {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// In which slot each of those is that are awake.
    index: Index,
    asleep: Asleep,
    rest: Rest,
    /// Those that were ever awake, of kinds of which cases are forgotten: what is here and is not live was forgotten.
    seen: Table<CaseId, Keys>,
    /// Those of which rows were seen that change nothing.
    idle: Table<CaseId, Keys>,
}

/// When cases are put to sleep: when more would be awake than are worth it.
struct Rest {
    /// So many may be awake.
    crowd: usize,
    /// Since the last time: how many were put to sleep, and how many of these were woken.
    put: usize,
    woken: usize,
}

/// So many cases are awake at any time.
const FEW: usize = 4096;
/// So many are looked up ahead of their events: enough for the memory to answer several questions at once.
pub(super) const AHEAD: usize = 32;

impl Cases {
    pub(super) fn new(plan: &Plan) -> Cases {
        let none = || plan.cases.iter().map(|_| Keys::default()).collect();
        Cases::of(none(), none())
    }

    /// No live ones.
    fn of(seen: Table<CaseId, Keys>, idle: Table<CaseId, Keys>) -> Cases {
        Cases {
            slots: Vec::new(),
            free: Vec::new(),
            index: Index::default(),
            asleep: Asleep::default(),
            rest: Rest { crowd: FEW, put: 0, woken: 0 },
            seen,
            idle,
        }
    }

    /// How many were seen.
    pub(super) fn len(&self) -> u64 {
        let is_known = |(kind, key): &(CaseId, KeyRef<'_>)| self.seen[*kind].contains(*key) || self.idle[*kind].contains(*key);
        let others = self.live().filter(|case| !is_known(case)).count() as u64;
        others + self.seen.iter().zip(self.idle.iter()).map(|(seen, idle)| seen.len_with(idle)).sum::<u64>()
    }

    /// The slot of a case that is awake.
    #[inline]
    fn find(&self, hash: u64, kind: CaseId, key: KeyRef<'_>) -> Option<usize> {
        self.index.find(hash, |slot| self.is_at(slot as usize, kind, key)).map(|slot| slot as usize)
    }

    /// The place of a case that is live, which is woken if it sleeps.
    #[inline]
    pub(super) fn again(&mut self, kind: CaseId, key: KeyRef<'_>, hash: u64) -> Option<Seat> {
        self.find(hash, kind, key).or_else(|| self.woken(hash, kind, key)).map(Seat::again)
    }

    /// The place of a case; nothing if it was forgotten.
    #[inline]
    pub(super) fn open(&mut self, world: &World<'_>, kind: CaseId, key: KeyRef<'_>, hash: u64, exclusions: &Exclusions) -> Option<Seat> {
        if let Some(slot) = self.find(hash, kind, key) {
            return Some(Seat::again(slot));
        }
        let forgets = world.kinds[kind].forgets;
        // What was never seen sleeps nowhere.
        let is_new = forgets && self.seen[kind].insert(key);
        if !is_new {
            if let Some(slot) = self.woken(hash, kind, key) {
                return Some(Seat::again(slot));
            }
            if forgets {
                return None;
            }
        }
        let slot = match self.vacant() {
            Some(slot) => {
                let Slot { is_live, hash: of, case, .. } = &mut self.slots[slot as usize];
                // The memory of a forgotten case is used again.
                if !case.begin_anew(kind, key) {
                    *case = CaseState::new(world, kind, key, exclusions);
                }
                (*is_live, *of) = (true, hash);
                slot
            }
            None => self.add(hash, CaseState::new(world, kind, key, exclusions)),
        };
        self.index.insert(hash, slot);
        Some(Seat { slot: slot as usize, is_new: true })
    }

    /// A slot that is free, if one is or can be made so.
    #[inline]
    fn vacant(&mut self) -> Option<u32> {
        if self.free.is_empty() && self.slots.len() >= self.rest.crowd {
            self.put_to_sleep();
        }
        self.free.pop()
    }

    fn add(&mut self, hash: u64, case: CaseState) -> u32 {
        self.slots.push(Slot::new(hash, case));
        u32::try_from(self.slots.len() - 1).expect("fewer than four billion live cases")
    }

    /// Packs the cases to which nothing has happened since the last time. An eighth more than are awake then may be before
    /// the next time; where many were woken since, twice as many: to wake a case costs more than to judge an event.
    fn put_to_sleep(&mut self) {
        let Cases { slots, free, asleep, index, rest, .. } = self;
        let restless = rest.woken > rest.put / 8;
        (rest.put, rest.woken) = (0, 0);
        for (at, slot) in slots.iter_mut().enumerate().filter(|(_, slot)| slot.is_live) {
            if std::mem::replace(&mut slot.stirred, false) || slot.case.has_ended() {
                continue;
            }
            asleep.put(slot.hash, &slot.case);
            index.remove(slot.hash, at as u32);
            slot.case.empty();
            slot.is_live = false;
            free.push(at as u32);
            rest.put += 1;
        }
        let awake = slots.len() - free.len();
        rest.crowd = if restless { slots.len() * 2 } else { (awake + awake / 8).max(FEW) };
    }

    /// Something happens to a case: its slot, if it was put to sleep.
    fn woken(&mut self, hash: u64, kind: CaseId, key: KeyRef<'_>) -> Option<usize> {
        let case = self.asleep.take(hash, kind, key)?;
        self.rest.woken += 1;
        let slot = match self.vacant() {
            Some(slot) => {
                self.slots[slot as usize] = Slot::new(hash, case);
                slot
            }
            None => self.add(hash, case),
        };
        self.index.insert(hash, slot);
        Some(slot as usize)
    }

    /// Takes note of cases a row of which changes nothing. Keys that take a bit each are noted whether or not their cases are known.
    pub(super) fn note(&mut self, keys: &KeyList) {
        for Series { kind, stem, numbers } in keys.series() {
            if !self.idle[*kind].insert_numbers(stem, numbers) {
                numbers.iter().for_each(|number| self.note_one(*kind, KeyRef::from(&*stem.key(*number))));
            }
        }
        keys.others().for_each(|(kind, key)| self.note_one(kind, key.into()));
    }

    fn note_one(&mut self, kind: CaseId, key: KeyRef<'_>) {
        let hash = key.hash(kind);
        let is_known = self.find(hash, kind, key).is_some() || self.asleep.holds(hash, kind, key) || self.seen[kind].contains(key);
        if !is_known {
            self.idle[kind].insert(key);
        }
    }

    /// The case in a slot, to which something happens.
    #[inline]
    pub(super) fn at(&mut self, slot: usize) -> &mut CaseState {
        let slot = &mut self.slots[slot];
        slot.stirred = true;
        &mut slot.case
    }

    /// Forgets a case but for its key.
    #[inline]
    pub(super) fn forget(&mut self, slot: usize) {
        let Slot { is_live, hash, .. } = &mut self.slots[slot];
        if std::mem::replace(is_live, false) {
            self.index.remove(*hash, slot as u32);
            self.free.push(slot as u32);
        }
    }

    /// Looks cases up ahead of their events, by their hashes: the places where they were. Each step asks for the memory of all of them,
    /// which then comes at once; when they are judged it is near.
    #[inline]
    pub(super) fn look_ahead(&self, hashes: impl Iterator<Item = u64> + Clone, places: &mut [Place; AHEAD]) {
        let mut touched = hashes.clone().fold(0, |all, hash| all ^ i64::from(self.index.touch(hash)));
        let (mut seen, mut unseen) = (0, self.free.len());
        for (place, hash) in places.iter_mut().zip(hashes) {
            // That it is this case and not another of the same hash is seen when it is judged.
            *place = Place { hash, slot: self.index.find(hash, |_| true).and_then(|slot| NonZeroU32::new(slot + 1)) };
            seen += 1;
        }
        for place in &places[..seen] {
            touched ^= match place.slot() {
                Some(slot) => self.slots[slot].touch(),
                // A case that is not there will take a place that is free.
                None if unseen > 0 => {
                    unseen -= 1;
                    self.slots[self.free[unseen] as usize].touch()
                }
                None => 0,
            };
        }
        std::hint::black_box(touched);
    }

    /// The place where a case was seen when its event was looked ahead, if it is there.
    #[inline]
    pub(super) fn known(&self, place: Place, kind: CaseId, key: KeyRef<'_>) -> Option<Seat> {
        place.slot().filter(|slot| self.is_at(*slot, kind, key)).map(Seat::again)
    }

    #[inline]
    fn is_at(&self, slot: usize, kind: CaseId, key: KeyRef<'_>) -> bool {
        let Slot { is_live, case: CaseState { facts, .. }, .. } = &self.slots[slot];
        *is_live && facts.kind == kind && facts.key == key
    }

    /// Which of those that are awake is in a slot: its slot when they are taken up again.
    pub(super) fn rank(&self, slot: usize) -> usize {
        self.slots[..slot].iter().filter(|slot| slot.is_live).count()
    }

    /// The kinds and keys of the live ones.
    fn live(&self) -> impl Iterator<Item = (CaseId, KeyRef<'_>)> {
        let awake = self.awake().map(|slot| (slot.case.facts.kind, slot.case.facts.key.lend()));
        awake.chain(self.asleep.packed().map(asleep::key))
    }

    fn awake(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.is_live)
    }

    /// The live ones, awake or not, of which something is to be said at the end.
    pub(super) fn into_live(self) -> impl Iterator<Item = CaseState> {
        let awake = self.slots.into_iter().filter(|slot| slot.is_live && !slot.case.is_idle()).map(|slot| slot.case);
        awake.chain(self.asleep.into_cases())
    }
}

/// As a list of those that are awake, one of those that are not, and what is known of the others. All cases are packed.
impl Serialize for Cases {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let packed = |slot: &Slot| {
            let mut bytes = Vec::new();
            slot.case.pack(&mut bytes);
            bytes
        };
        let awake: Vec<Vec<u8>> = self.awake().map(packed).collect();
        let asleep: Vec<&[u8]> = self.asleep.packed().collect();
        (awake, asleep, &self.seen, &self.idle).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Cases {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (awake, asleep, seen, idle) = <(Vec<Vec<u8>>, Vec<Box<[u8]>>, _, _)>::deserialize(from)?;
        let mut cases = Cases::of(seen, idle);
        let hash_of = |packed: &[u8]| {
            let (_, kind, key) = CaseState::unpack_name(packed)?;
            Some(KeyRef::from(std::str::from_utf8(key).ok()?).hash(kind))
        };
        let hash_of = |packed: &[u8]| hash_of(packed).ok_or_else(|| D::Error::custom("the name of a case is damaged"));
        for packed in awake {
            let hash = hash_of(&packed)?;
            let case = CaseState::unpack(&packed).ok_or_else(|| D::Error::custom("a case is damaged"))?;
            let slot = cases.add(hash, case);
            cases.index.insert(hash, slot);
        }
        for packed in asleep {
            let hash = hash_of(&packed)?;
            cases.asleep.put_packed(hash, packed);
        }
        Ok(cases)
    }
}

/// The place of a case; of a forgotten one the memory is left for another.
struct Slot {
    is_live: bool,
    /// Something has happened to it since cases were last put to sleep.
    stirred: bool,
    /// Of its key.
    hash: u64,
    case: CaseState,
}

impl Slot {
    /// Reads a little of it, from its beginning to its end.
    #[inline]
    fn touch(&self) -> i64 {
        i64::from(self.is_live) ^ self.case.touch()
    }

    fn new(hash: u64, case: CaseState) -> Slot {
        Slot { is_live: true, stirred: true, hash, case }
    }
}

/// Where a case is to which something happens.
pub(super) struct Seat {
    pub(super) slot: usize,
    /// Nothing was seen of it before.
    pub(super) is_new: bool,
}

impl Seat {
    /// Of a case that is there already.
    fn again(slot: usize) -> Seat {
        Seat { slot, is_new: false }
    }
}

/// Where a case was looked for.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) hash: u64,
    /// One more than the slot in which one of this hash was, if it was awake.
    slot: Option<NonZeroU32>,
}

impl Place {
    /// One that was not looked for yet.
    pub(super) fn unseen(kind: CaseId, key: KeyRef<'_>) -> Place {
        Place { hash: key.hash(kind), slot: None }
    }

    #[inline]
    fn slot(&self) -> Option<usize> {
        self.slot.map(|slot| slot.get() as usize - 1)
    }
}
