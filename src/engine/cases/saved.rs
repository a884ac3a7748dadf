//! Cases as they are put aside, one by one when they sleep, or all of them.

use crate::engine::case::CaseState;
use crate::engine::cases::{At, Cases, Slot};
use crate::engine::deferral::Deferred;
use crate::event::{KeyRef, packed};
use crate::id::CaseId;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A case that is live, where it lies.
pub(in crate::engine) enum Case<'c> {
    /// It is judged as its rows come.
    Judged(&'c mut CaseState),
    /// Its rows are only kept.
    Deferred(&'c mut Deferred),
}

/// Memory for cases that are woken one after another.
pub(in crate::engine) struct Memory {
    judged: CaseState,
    deferred: Deferred,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory { judged: CaseState::vacant(), deferred: Deferred::vacant() }
    }
}

/// What a packed case begins with: how it stands.
const OPEN: u8 = 0;
const IDLE: u8 = 1;
const DEFERRED: u8 = 2;
const DEFERRED_IDLE: u8 = 3;

pub(super) fn pack_judged(case: &CaseState, out: &mut Vec<u8>) {
    out.push(if case.is_idle() { IDLE } else { OPEN });
    case.pack(out);
}

pub(super) fn pack_deferred(case: &Deferred, out: &mut Vec<u8>) {
    out.push(if case.is_idle() { DEFERRED_IDLE } else { DEFERRED });
    case.pack(out);
}

impl Memory {
    /// A packed case; nothing where the bytes are none, or end first.
    pub(in crate::engine) fn unpack(&mut self, packed: &[u8]) -> Option<Case<'_>> {
        let (how, mut from) = packed.split_first()?;
        Some(match *how {
            DEFERRED | DEFERRED_IDLE => {
                self.deferred.unpack(&mut from)?;
                Case::Deferred(&mut self.deferred)
            }
            _ => {
                self.judged.unpack(&mut from)?;
                Case::Judged(&mut self.judged)
            }
        })
    }
}

/// What a packed case begins with: whether nothing is to be said of it at the end, its kind and its key.
pub(in crate::engine) fn unpack_name(packed: &[u8]) -> Option<(bool, CaseId, &[u8])> {
    let (how, mut from) = packed.split_first()?;
    Some((matches!(*how, IDLE | DEFERRED_IDLE), packed::take_id(&mut from)?, packed::take_bytes(&mut from)?))
}

impl Cases {
    /// Gives a case a place that was packed; nothing where the bytes are none, or end first.
    pub(super) fn put_back(&mut self, hash: u64, packed: &[u8]) -> Option<At> {
        let (how, mut from) = packed.split_first()?;
        let at = match *how {
            // In the memory of others: they are large, and hold lists.
            DEFERRED | DEFERRED_IDLE => {
                let at = self.vacancy();
                self.deferred(at).unpack(&mut from)?;
                At::Deferred(at)
            }
            _ => {
                let at = self.judged.vacancy(|| Slot::new(hash, CaseState::vacant()));
                let Slot { is_live, stirred, hash: of, case } = &mut self.judged.places[at];
                (*is_live, *stirred, *of) = (true, true, hash);
                case.unpack(&mut from)?;
                At::Judged(at)
            }
        };
        self.index.insert(hash, at.number());
        Some(at)
    }
}

/// As a list of those that are awake, one of those that are not, and what is known of the others. All cases are packed.
impl Serialize for Cases {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let packed = |pack: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = Vec::new();
            pack(&mut bytes);
            bytes
        };
        let judged = self.live_slots().map(|slot| packed(&|out| pack_judged(&slot.case, out)));
        let deferred = self.kept().map(|case| packed(&|out| pack_deferred(case, out)));
        let awake: Vec<Vec<u8>> = judged.chain(deferred).collect();
        let asleep: Vec<&[u8]> = self.asleep.packed().collect();
        (awake, asleep, &self.seen, &self.idle).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Cases {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (awake, asleep, seen, idle) = <(Vec<Vec<u8>>, Vec<Vec<u8>>, _, _)>::deserialize(from)?;
        let mut cases = Cases::of(seen, idle);
        let hash_of = |packed: &[u8]| {
            let (_, kind, key) = unpack_name(packed)?;
            Some(KeyRef::from(std::str::from_utf8(key).ok()?).hash(kind))
        };
        let hash_of = |packed: &[u8]| hash_of(packed).ok_or_else(|| D::Error::custom("the name of a case is damaged"));
        for packed in awake {
            let hash = hash_of(&packed)?;
            cases.put_back(hash, &packed).ok_or_else(|| D::Error::custom("a case is damaged"))?;
        }
        for packed in asleep {
            let hash = hash_of(&packed)?;
            cases.asleep.put(hash, |out| out.extend_from_slice(&packed));
        }
        Ok(cases)
    }
}
