//! Where cases are that are awake.

use crate::event::KeyRef;
use crate::id::CaseId;
use std::num::NonZeroU32;

/// Where a case is that is awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum At {
    /// Among those that are judged.
    Judged(usize),
    /// Among those that are not judged yet.
    Deferred(usize),
}

impl At {
    /// As one number.
    #[inline]
    pub(super) fn number(self) -> u32 {
        match self {
            At::Judged(at) => (at as u32) << 1,
            At::Deferred(at) => (at as u32) << 1 | 1,
        }
    }

    #[inline]
    pub(super) fn of(number: u32) -> At {
        let at = (number >> 1) as usize;
        if number & 1 == 0 { At::Judged(at) } else { At::Deferred(at) }
    }
}

/// Where a case is to which something happens.
pub(in crate::engine) struct Seat {
    pub(in crate::engine) at: At,
    /// Nothing was seen of it before.
    pub(in crate::engine) is_new: bool,
}

impl Seat {
    /// Of a case that is there already.
    pub(in crate::engine) fn again(at: At) -> Seat {
        Seat { at, is_new: false }
    }
}

/// Where a case was looked for.
#[derive(Clone, Copy, Default)]
pub(in crate::engine) struct Place {
    pub(in crate::engine) hash: u64,
    /// One more than the number of where one of this hash was, if it was awake.
    pub(super) next: Option<NonZeroU32>,
}

impl Place {
    /// One that was not looked for yet.
    pub(in crate::engine) fn unseen(kind: CaseId, key: KeyRef<'_>) -> Place {
        Place { hash: key.hash(kind), next: None }
    }

    #[inline]
    pub(super) fn at(&self) -> Option<At> {
        self.next.map(|next| At::of(next.get() - 1))
    }
}
