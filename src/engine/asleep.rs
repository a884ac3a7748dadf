//! Cases to which nothing has happened for long, packed: most of them wait for what never comes.

use crate::engine::cases::{Case, Memory, unpack_name};
use crate::engine::index::Index;
use crate::engine::shelves::Shelves;
use crate::event::KeyRef;
use crate::id::CaseId;

/// Packed cases, each at a place that it keeps until it is woken.
#[derive(Default)]
pub(super) struct Asleep {
    cases: Shelves,
    /// Where each is. There are more of them than of those that are awake: these have an index of their own, which lies near.
    index: Index,
    scratch: Vec<u8>,
}

impl Asleep {
    /// Asks for where a case of a hash would be found.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        self.index.prefetch(hash);
    }

    /// Takes a case, which `pack` packs, and whose key has a hash.
    pub(super) fn put(&mut self, hash: u64, pack: impl FnOnce(&mut Vec<u8>)) {
        self.scratch.clear();
        pack(&mut self.scratch);
        self.index.insert(hash, self.cases.put(&self.scratch));
    }

    /// Takes a case away as it is packed, if it is here.
    #[inline]
    pub(super) fn take(&mut self, hash: u64, kind: CaseId, key: KeyRef<'_>, packed: &mut Vec<u8>) -> bool {
        let Some(at) = self.place(hash, kind, key) else { return false };
        packed.clear();
        packed.extend_from_slice(self.cases.get(at));
        self.cases.remove(at);
        self.index.remove(hash, at);
        true
    }

    /// Whether a case is here.
    pub(super) fn holds(&self, hash: u64, kind: CaseId, key: KeyRef<'_>) -> bool {
        self.place(hash, kind, key).is_some()
    }

    #[inline]
    fn place(&self, hash: u64, kind: CaseId, key: KeyRef<'_>) -> Option<u32> {
        self.index.find(hash, |at| name(self.cases.get(at)) == (kind, key.bytes()))
    }

    /// Gives those of which something is to be said at the end, woken one after another.
    pub(super) fn drain(self, mut give: impl FnMut(Case<'_>)) {
        let mut memory = Memory::default();
        self.cases.drain(|packed| {
            if !is_idle(packed) {
                give(memory.unpack(packed).expect(WHOLE));
            }
        });
    }

    /// All of them, as they are packed.
    pub(super) fn packed(&self) -> impl Iterator<Item = &[u8]> {
        self.cases.iter()
    }
}

/// Why reading cannot fail.
pub(super) const WHOLE: &str = "a case was packed here, whole";

fn is_idle(packed: &[u8]) -> bool {
    unpack_name(packed).expect(WHOLE).0
}

/// A packed case's kind and its key.
fn name(packed: &[u8]) -> (CaseId, &[u8]) {
    let (_, kind, key) = unpack_name(packed).expect(WHOLE);
    (kind, key)
}

/// The same, as keys of events are.
pub(super) fn key(packed: &[u8]) -> (CaseId, KeyRef<'_>) {
    let (kind, key) = name(packed);
    (kind, KeyRef::of(key).expect(WHOLE))
}
