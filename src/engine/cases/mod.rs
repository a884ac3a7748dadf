//! All cases: the live ones by their keys, and the keys of those of which nothing more can be said.

mod place;
mod saved;

pub(super) use place::{At, Place, Seat};
pub(super) use saved::{Case, Memory, unpack_name};

use crate::engine::asleep::{self, Asleep};
use crate::engine::case::CaseState;
use crate::engine::deferral::Deferred;
use crate::engine::exclusion::Exclusions;
use crate::engine::index::Index;
use crate::engine::room::Room;
use crate::engine::world::{Kind, World};
use crate::event::{KeyList, KeyRef, Keys, Series, prefetch};
use crate::id::{CaseId, Table};
use crate::plan::Plan;
use saved::{pack_deferred, pack_judged};
use std::num::NonZeroU32;

/// The cases of a log, as far as it was read: all of them, or those of one part.
pub(super) struct Cases {
    judged: Room<Slot>,
    deferred: Room<Deferred>,
    /// Where each of those is that are awake.
    index: Index,
    asleep: Asleep,
    /// Memory for one that is woken.
    packed: Vec<u8>,
    rest: Rest,
    /// Those that were ever awake, of kinds of which cases are forgotten, or of which rows are only kept: what is here and is not live was
    /// forgotten, and what is not here sleeps nowhere.
    seen: Table<CaseId, Keys>,
    /// Those of which rows were seen that change nothing.
    idle: Table<CaseId, Keys>,
    deferrals: Table<CaseId, Deferrals>,
}

/// What came of the cases of a kind of which rows were only kept.
#[derive(Default)]
struct Deferrals {
    /// So many began.
    begun: usize,
    /// So many were to be judged row after row all the same.
    judged: usize,
}

impl Deferrals {
    /// That most are to be judged all the same is not said of fewer.
    const FEW: usize = 512;

    /// Whether it pays to keep rows: where most cases are to be judged all the same, it takes more than it saves.
    fn pay(&self) -> bool {
        self.judged <= self.begun / 2 + Deferrals::FEW
    }
}

/// When cases are put to sleep: when more would be awake than are worth it.
struct Rest {
    /// So much may be awake, see [`Cases::awake`].
    crowd: usize,
    /// Since the last time: how many were put to sleep, and how many of these were woken.
    put: usize,
    woken: usize,
}

/// So much may be awake at any time: two mebibytes of cases, which lie beside the near memory of a core.
const FEW: usize = 8192;
/// So many are looked up ahead of their events: enough for the memory to answer several questions at once.
pub(super) const AHEAD: usize = 64;

impl Cases {
    pub(super) fn new(plan: &Plan) -> Cases {
        let none = || plan.cases.iter().map(|_| Keys::default()).collect();
        Cases::of(none(), none())
    }

    /// No live ones.
    fn of(seen: Table<CaseId, Keys>, idle: Table<CaseId, Keys>) -> Cases {
        Cases {
            judged: Room::default(),
            deferred: Room::default(),
            index: Index::default(),
            asleep: Asleep::default(),
            packed: Vec::new(),
            rest: Rest { crowd: FEW, put: 0, woken: 0 },
            deferrals: seen.iter().map(|_| Deferrals::default()).collect(),
            seen,
            idle,
        }
    }

    /// How many were seen.
    pub(super) fn len(&self) -> u64 {
        let is_known = |(kind, key): &(CaseId, KeyRef<'_>)| self.seen[*kind].contains(key) || self.idle[*kind].contains(key);
        let others = self.live().filter(|case| !is_known(case)).count() as u64;
        others + self.seen.iter().zip(self.idle.iter()).map(|(seen, idle)| seen.len_with(idle)).sum::<u64>()
    }

    /// Where a case is, if it is awake.
    #[inline]
    pub(super) fn find(&self, hash: u64, kind: CaseId, key: KeyRef<'_>) -> Option<At> {
        self.index.find(hash, |number| self.is_at(At::of(number), kind, key)).map(At::of)
    }

    /// The place of a case that is not awake, if it is live; or why it has none.
    #[inline]
    fn absent(&mut self, world: &World<'_>, kind: CaseId, key: KeyRef<'_>, hash: u64) -> Absent {
        let Kind { forgets, deferral, .. } = &world.kinds[kind];
        if (*forgets || deferral.is_some()) && self.seen[kind].insert(&key) {
            return Absent::Unseen;
        }
        match self.woken(hash, kind, key) {
            Some(at) => Absent::Asleep(at),
            None if *forgets => Absent::Forgotten,
            None => Absent::Unseen,
        }
    }

    /// The place of a case that begins now or is live; nothing if it was forgotten.
    #[inline]
    pub(super) fn open(&mut self, world: &World<'_>, kind: CaseId, key: KeyRef<'_>, hash: u64, exclusions: &Exclusions) -> Option<Seat> {
        if let Some(at) = self.find(hash, kind, key) {
            return Some(Seat::again(at));
        }
        match self.absent(world, kind, key, hash) {
            Absent::Asleep(at) => Some(Seat::again(at)),
            Absent::Forgotten => None,
            Absent::Unseen => Some(Seat { at: At::Judged(self.add(world, (kind, key), hash, exclusions)), is_new: true }),
        }
    }

    /// Gives another case that is judged a place, where it is found from now on.
    #[inline]
    fn add(&mut self, world: &World<'_>, (kind, key): (CaseId, KeyRef<'_>), hash: u64, exclusions: &Exclusions) -> usize {
        self.make_room();
        let at = match self.judged.free.pop() {
            Some(at) => {
                let Slot { is_live, hash: of, case, .. } = &mut self.judged.places[at as usize];
                // The memory of a forgotten case is used again.
                if !case.begin_anew(world, kind, key, exclusions) {
                    *case = CaseState::new(world, kind, key, exclusions);
                }
                (*is_live, *of) = (true, hash);
                at as usize
            }
            None => self.judged.add(Slot::new(hash, CaseState::new(world, kind, key, exclusions))),
        };
        self.index.insert(hash, At::Judged(at).number());
        at
    }

    /// Whether it pays to only keep rows of another case of a kind.
    #[inline]
    pub(super) fn defers(&self, kind: CaseId) -> bool {
        self.deferrals[kind].pay()
    }

    /// The place of a case that is not awake, and of which rows are only kept if it begins now; nothing if it was forgotten.
    #[inline]
    pub(super) fn appear(&mut self, world: &World<'_>, (kind, key): (CaseId, KeyRef<'_>), hash: u64) -> Option<At> {
        match self.absent(world, kind, key, hash) {
            Absent::Asleep(at) => return Some(at),
            Absent::Forgotten => return None,
            Absent::Unseen => {}
        }
        self.deferrals[kind].begun += 1;
        self.make_room();
        let at = self.vacancy();
        self.deferred.places[at].begin(world, kind, key);
        self.index.insert(hash, At::Deferred(at).number());
        Some(At::Deferred(at))
    }

    /// A place for a case of which rows are only kept.
    #[inline]
    fn vacancy(&mut self) -> usize {
        self.deferred.vacancy(Deferred::vacant)
    }

    /// A case of which rows were kept is to be judged: its place among those that are, and what was kept.
    pub(super) fn take_up(&mut self, world: &World<'_>, at: usize, exclusions: &Exclusions) -> (usize, Deferred) {
        let case = &mut self.deferred.places[at];
        let case = std::mem::replace(case, Deferred::vacant());
        let hash = case.hash();
        self.deferrals[case.kind].judged += 1;
        self.deferred.vacate(at);
        self.index.remove(hash, At::Deferred(at).number());
        (self.add(world, (case.kind, case.key.lend()), hash, exclusions), case)
    }

    /// Puts cases to sleep if too many are awake.
    #[inline]
    fn make_room(&mut self) {
        if self.awake() >= self.rest.crowd {
            self.put_to_sleep();
        }
    }

    /// Packs the cases to which nothing has happened since the last time. A quarter more than are awake then may be before the next time;
    /// where most were woken since, twice as many: cases that lie far cost as much as to pack and wake a few.
    #[cold]
    fn put_to_sleep(&mut self) {
        let restless = self.rest.woken > self.rest.put / 2;
        let before = self.awake();
        let resting = self.resting();
        for block in resting.chunks(AHEAD) {
            // They, and where they are found and will be, lie far: that memory is asked for beforehand.
            for (hash, at) in block {
                self.index.prefetch(*hash);
                self.asleep.prefetch(*hash);
                self.prefetch(*at);
            }
            for (hash, at) in block.iter().copied() {
                match at {
                    At::Judged(at) => {
                        let case = &mut self.judged.places[at].case;
                        self.asleep.put(hash, |out| pack_judged(case, out));
                        case.empty();
                        self.forget(at);
                    }
                    At::Deferred(at) => {
                        self.asleep.put(hash, |out| pack_deferred(&self.deferred.places[at], out));
                        self.forget_deferred(at);
                    }
                }
            }
        }
        (self.rest.put, self.rest.woken) = (resting.len(), 0);
        let awake = self.awake();
        self.rest.crowd = if restless { before * 2 } else { (awake + awake / 4).max(FEW) };
    }

    /// Where those are, by the hashes of their keys, to which nothing has happened since this was last asked, and does not now.
    fn resting(&mut self) -> Vec<(u64, At)> {
        let rests = |slot: &mut Slot| slot.is_live && !std::mem::take(&mut slot.stirred) && !slot.case.has_ended();
        let judged = self.judged.places.iter_mut().enumerate();
        let judged = judged.filter_map(|(at, slot)| rests(slot).then_some((slot.hash, At::Judged(at))));
        let rests = |case: &mut Deferred| !case.is_vacant() && !std::mem::take(&mut case.stirred) && !case.is_over();
        let deferred = self.deferred.places.iter_mut().enumerate();
        let deferred = deferred.filter_map(|(at, case)| rests(case).then(|| (case.hash(), At::Deferred(at))));
        judged.chain(deferred).collect()
    }

    /// How much is awake: a case that is judged counts twice, for it takes twice the memory of one of which rows are only kept.
    fn awake(&self) -> usize {
        2 * self.judged.len() + self.deferred.len()
    }

    /// Where a case is to which something happens, if it was put to sleep: it is no longer.
    pub(super) fn woken(&mut self, hash: u64, kind: CaseId, key: KeyRef<'_>) -> Option<At> {
        let mut packed = std::mem::take(&mut self.packed);
        let at = self.asleep.take(hash, kind, key, &mut packed).then(|| {
            self.rest.woken += 1;
            self.make_room();
            self.put_back(hash, &packed).expect(asleep::WHOLE)
        });
        self.packed = packed;
        at
    }

    /// Takes note of cases a row of which changes nothing. Keys that take a bit each are noted whether or not their cases are live.
    pub(super) fn note(&mut self, keys: &KeyList) {
        for Series { kind, stem, numbers } in keys.series() {
            if !self.idle[*kind].insert_others(&self.seen[*kind], stem, numbers) {
                numbers.iter().for_each(|number| self.note_one(*kind, KeyRef::from(&*stem.key(*number))));
            }
        }
        keys.others().for_each(|(kind, key)| self.note_one(kind, key.into()));
    }

    fn note_one(&mut self, kind: CaseId, key: KeyRef<'_>) {
        let hash = key.hash(kind);
        let is_known = self.find(hash, kind, key).is_some() || self.asleep.holds(hash, kind, key) || self.seen[kind].contains(&key);
        if !is_known {
            self.idle[kind].insert(&key);
        }
    }

    /// The case in a place among those that are judged, to which something happens.
    #[inline]
    pub(super) fn judged(&mut self, at: usize) -> &mut CaseState {
        let slot = &mut self.judged.places[at];
        slot.stirred = true;
        &mut slot.case
    }

    /// The one in a place among those that are not judged yet.
    #[inline]
    pub(super) fn deferred(&mut self, at: usize) -> &mut Deferred {
        &mut self.deferred.places[at]
    }

    /// Forgets a case that was judged, but for its key.
    #[inline]
    pub(super) fn forget(&mut self, at: usize) {
        let Slot { is_live, hash, .. } = &mut self.judged.places[at];
        if std::mem::replace(is_live, false) {
            self.index.remove(*hash, At::Judged(at).number());
            self.judged.vacate(at);
        }
    }

    /// Forgets a case that was never judged row after row, but for its key.
    #[inline]
    pub(super) fn forget_deferred(&mut self, at: usize) {
        let case = &mut self.deferred.places[at];
        case.vacate();
        self.index.remove(case.hash(), At::Deferred(at).number());
        self.deferred.vacate(at);
    }

    /// Looks cases up ahead of their events, by their hashes: the places where they were. Each step asks for the memory of all of them,
    /// which then comes at once; when they are judged it is near.
    #[inline]
    pub(super) fn look_ahead(&self, hashes: impl Iterator<Item = u64> + Clone, places: &mut [Place; AHEAD]) {
        hashes.clone().for_each(|hash| self.index.prefetch(hash));
        // A case that is not there will take a place that is free.
        let defers = !self.deferred.free.is_empty();
        let free = if defers { &self.deferred.free } else { &self.judged.free };
        let mut vacant = free.len();
        for (place, hash) in places.iter_mut().zip(hashes) {
            // That it is this case and not another of the same hash is seen when it is judged.
            *place = Place { hash, next: self.index.first(hash).and_then(|number| NonZeroU32::new(number + 1)) };
            // One that is not awake may sleep; the place of no hash is always near.
            self.asleep.prefetch(if place.next.is_none() { hash } else { 0 });
            vacant = vacant.saturating_sub(usize::from(place.next.is_none()));
            // Which it is of both is not foreseen, so that neither is asked for by a branch of its own.
            let new = free.get(vacant).map_or(0, |at| *at as usize);
            let new = if defers { At::Deferred(new) } else { At::Judged(new) };
            self.prefetch(place.at().unwrap_or(new));
        }
    }

    /// Asks for the memory of the place of a case.
    #[inline(always)]
    fn prefetch(&self, at: At) {
        match at {
            At::Judged(at) => self.judged.places.get(at).map_or((), Slot::prefetch),
            At::Deferred(at) => self.deferred.places.get(at).map_or((), Deferred::prefetch),
        }
    }

    /// Where a case was seen when its event was looked ahead, if it is there.
    #[inline(always)]
    pub(super) fn known(&self, place: Place, kind: CaseId, key: KeyRef<'_>) -> Option<At> {
        let at = place.at()?;
        if self.is_at(at, kind, key) { Some(at) } else { None }
    }

    #[inline(always)]
    fn is_at(&self, at: At, kind: CaseId, key: KeyRef<'_>) -> bool {
        match at {
            At::Deferred(at) => {
                let case = &self.deferred.places[at];
                !case.is_vacant() && case.kind == kind && case.key == key
            }
            At::Judged(at) => {
                let Slot { is_live, case: CaseState { facts, .. }, .. } = &self.judged.places[at];
                *is_live && facts.kind == kind && facts.key == key
            }
        }
    }

    /// Which of those that are judged and awake is in a place: its place when they are taken up again.
    pub(super) fn rank_of_judged(&self, at: usize) -> usize {
        self.judged.places[..at].iter().filter(|slot| slot.is_live).count()
    }

    /// The same of those that are not judged yet, if the one in a place is over.
    pub(super) fn rank_of_over(&self, at: usize) -> Option<usize> {
        let before = self.deferred.places[..at].iter().filter(|case| !case.is_vacant());
        self.deferred.places[at].is_over().then(|| before.count())
    }

    /// The kinds and keys of the live ones.
    fn live(&self) -> impl Iterator<Item = (CaseId, KeyRef<'_>)> {
        let judged = self.live_slots().map(|slot| (slot.case.facts.kind, slot.case.facts.key.lend()));
        let deferred = self.kept().map(|case| (case.kind, case.key.lend()));
        judged.chain(deferred).chain(self.asleep.packed().map(asleep::key))
    }

    fn live_slots(&self) -> impl Iterator<Item = &Slot> {
        self.judged.places.iter().filter(|slot| slot.is_live)
    }

    fn kept(&self) -> impl Iterator<Item = &Deferred> {
        self.deferred.places.iter().filter(|case| !case.is_vacant())
    }

    /// Gives the live ones, awake or not, of which something is to be said at the end; the memory of each goes with it.
    pub(super) fn drain(self, mut give: impl FnMut(Case<'_>)) {
        let judged = self.judged.places.into_iter().filter(|slot| slot.is_live && !slot.case.is_idle());
        judged.for_each(|mut slot| give(Case::Judged(&mut slot.case)));
        let deferred = self.deferred.places.into_iter().filter(|case| !case.is_vacant() && !case.is_idle());
        deferred.for_each(|mut case| give(Case::Deferred(&mut case)));
        self.asleep.drain(give);
    }
}

/// What is known of a case that is not awake.
enum Absent {
    /// It slept.
    Asleep(At),
    Forgotten,
    /// Nothing.
    Unseen,
}

/// The place of a case that is judged; of a forgotten one the memory is left for another.
struct Slot {
    is_live: bool,
    /// Something has happened to it since cases were last put to sleep.
    stirred: bool,
    /// Of its key.
    hash: u64,
    case: CaseState,
}

impl Slot {
    /// Asks for its memory.
    #[inline]
    fn prefetch(&self) {
        prefetch(&self.hash);
        self.case.prefetch();
    }

    fn new(hash: u64, case: CaseState) -> Slot {
        Slot { is_live: true, stirred: true, hash, case }
    }
}
