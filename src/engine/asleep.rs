//! Cases to which nothing has happened for long, packed: most of them wait for what never comes.

use crate::engine::case::CaseState;
use crate::id::CaseId;

/// Packed cases, each at a place that it keeps until it is woken.
#[derive(Debug, Default)]
pub(super) struct Asleep {
    /// An empty one is free.
    cases: Vec<Box<[u8]>>,
    free: Vec<u32>,
    scratch: Vec<u8>,
}

impl Asleep {
    /// Packs a case, and says where it lies.
    pub(super) fn put(&mut self, case: &CaseState) -> u32 {
        self.scratch.clear();
        case.pack(&mut self.scratch);
        self.put_packed(self.scratch.as_slice().into())
    }

    /// Takes one that is packed already.
    pub(super) fn put_packed(&mut self, packed: Box<[u8]>) -> u32 {
        match self.free.pop() {
            Some(at) => {
                self.cases[at as usize] = packed;
                at
            }
            None => {
                self.cases.push(packed);
                u32::try_from(self.cases.len() - 1).expect("fewer than four billion live cases")
            }
        }
    }

    /// Takes a case away from its place.
    pub(super) fn take(&mut self, at: u32) -> CaseState {
        let packed = std::mem::take(&mut self.cases[at as usize]);
        self.free.push(at);
        unpacked(&packed)
    }

    /// Whether it is this case that lies at a place.
    pub(super) fn is_at(&self, at: u32, kind: CaseId, key: &str) -> bool {
        name(&self.cases[at as usize]) == (kind, key)
    }

    /// Those of which something is to be said at the end, woken.
    pub(super) fn into_cases(self) -> impl Iterator<Item = CaseState> {
        self.cases.into_iter().filter(|packed| !packed.is_empty() && !is_idle(packed)).map(|packed| unpacked(&packed))
    }

    /// All of them, as they are packed.
    pub(super) fn packed(&self) -> impl Iterator<Item = &[u8]> {
        self.cases.iter().map(|packed| &**packed).filter(|packed| !packed.is_empty())
    }
}

/// Why reading cannot fail.
const WHOLE: &str = "a case was packed here, whole";

fn unpacked(packed: &[u8]) -> CaseState {
    CaseState::unpack(packed).expect(WHOLE)
}

fn is_idle(packed: &[u8]) -> bool {
    CaseState::unpack_name(packed).expect(WHOLE).0
}

/// A packed case's kind and its key.
pub(super) fn name(packed: &[u8]) -> (CaseId, &str) {
    let (_, kind, key) = CaseState::unpack_name(packed).expect(WHOLE);
    (kind, key)
}
