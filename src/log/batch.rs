//! What a piece of a log gives: events that matter, the cases of rows that do not, and what is counted.

use crate::event::{Events, KeyList, part_of};
use crate::log::dictionary::News;
use crate::log::wide::WideRow;
use crate::log::{Ignored, Rejected};
use crate::time::Instant;
use std::collections::BTreeMap;

/// A piece of a log, read.
#[derive(Debug, Default)]
pub struct Batch {
    /// What it holds for each part of those who judge it.
    pub parts: Vec<Share>,
    /// What is new among the texts of their values.
    pub(super) news: News,
    /// Rows whose event the vocabulary holds and that lie up to as-of.
    pub known: u64,
    /// Of them outside of every agreement's term.
    pub outside: u64,
    /// Rows after as-of.
    pub later: u64,
    /// The latest time of an accepted row.
    pub latest: Option<Instant>,
    /// Its rows, the rejected ones too.
    pub rows: u64,
    /// Those of its rows that could not be read.
    pub rejected: Vec<Rejected>,
    /// How many bytes of all files were read when it was.
    pub read: u64,
    pub(super) lines: u32,
    pub(super) ignored: BTreeMap<String, Ignored>,
    pub(super) ambiguous: u64,
    pub(super) wide: Vec<WideRow>,
    /// When its events were, until they are put in order.
    pub(super) course: Course,
}

/// What a piece holds for a part of those who judge it: of its part of all cases.
#[derive(Debug, Default)]
pub struct Share {
    /// Events, in the order of their rows.
    pub events: Events,
    /// Cases of rows that change nothing; some of them more than once.
    pub idle: KeyList,
}

/// Whether events come in order of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    /// The time of the earliest; later than all where there is none.
    first: Instant,
    /// The time of the latest; earlier than all where there is none.
    last: Instant,
    /// None lies before the one in front of it.
    is_sorted: bool,
}

impl Default for Course {
    fn default() -> Course {
        Course { first: Instant::NEVER, last: Instant::FIRST, is_sorted: true }
    }
}

impl Course {
    /// Another comes.
    #[inline(always)]
    pub(super) fn take(&mut self, time: Instant) {
        self.is_sorted &= self.last <= time;
        (self.first, self.last) = (self.first.min(time), self.last.max(time));
    }

    /// Of events in order, those of one part behind those of another.
    pub(super) fn of<'e>(parts: impl Iterator<Item = &'e Events>) -> Course {
        let mut course = Course::default();
        for stored in parts.flat_map(Events::stored) {
            (course.first, course.last) = (course.first.min(stored.time()), course.last.max(stored.time()));
        }
        course
    }

    /// The time of the earliest; later than all where there is none.
    pub(super) fn earliest(&self) -> Instant {
        self.first
    }

    /// The time of the latest; earlier than all where there is none.
    pub(super) fn latest(&self) -> Instant {
        self.last
    }

    /// The time of the latest, if there is one.
    pub(super) fn last(&self) -> Option<Instant> {
        (self.first <= self.last).then_some(self.last)
    }

    /// Whether none lies before the one in front of it.
    pub(super) fn is_sorted(&self) -> bool {
        self.is_sorted
    }
}

impl Batch {
    /// An empty one, for so many parts.
    pub(super) fn new(parts: usize) -> Batch {
        Batch { parts: (0..parts).map(|_| Share::default()).collect(), ..Batch::default() }
    }

    /// Empties it for another piece.
    pub(super) fn clear(&mut self) {
        let mut parts = std::mem::take(&mut self.parts);
        for Share { events, idle } in &mut parts {
            events.clear();
            idle.clear();
        }
        *self = Batch { parts, ..Batch::default() };
    }

    /// Which of the parts is for the case of a hash.
    #[inline(always)]
    pub(super) fn part(&self, hash: u64) -> usize {
        part_of(hash, self.parts.len())
    }

    /// How many events it has.
    pub(super) fn count(&self) -> usize {
        self.parts.iter().map(|part| part.events.len()).sum()
    }

    /// How much memory its events take.
    pub(super) fn memory(&self) -> usize {
        self.parts.iter().map(|part| part.events.memory()).sum()
    }

    /// Counts rows of a word that the vocabulary does not hold.
    pub(super) fn ignore(&mut self, word: &str, rows: Ignored) {
        match self.ignored.get_mut(word) {
            Some(known) => known.take(rows),
            None => {
                self.ignored.insert(word.to_string(), rows);
            }
        }
    }

    #[inline]
    pub(super) fn seen(&mut self, time: Instant) {
        self.latest = Some(self.latest.map_or(time, |t| t.max(time)));
    }
}
