//! Where cases are that are awake.

use crate::event::KeyRef;
use crate::id::CaseId;
use std::num::NonZeroU32;

/// Cases that are awake, each in a place that it keeps.
pub(super) struct Room<T> {
    pub(super) places: Vec<T>,
    /// Places that no case has.
    pub(super) free: Vec<u32>,
}

impl<T> Default for Room<T> {
    fn default() -> Room<T> {
        Room { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Room<T> {
    /// How many cases it has.
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Gives a case a place of its own.
    pub(super) fn add(&mut self, case: T) -> usize {
        match self.free.pop() {
            Some(at) => {
                self.places[at as usize] = case;
                at as usize
            }
            None => {
                assert!(self.places.len() < u32::MAX as usize / 2, "two billion cases are awake");
                self.places.push(case);
                self.places.len() - 1
            }
        }
    }

    /// A place is free.
    #[inline]
    pub(super) fn vacate(&mut self, at: usize) {
        self.free.push(at as u32);
    }
}

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
