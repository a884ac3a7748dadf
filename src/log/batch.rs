//! What a piece of a log gives: events that matter, the cases of rows that do not, and what is counted.

use crate::event::{Events, KeyList, Texts};
use crate::log::wide::WideRow;
use crate::log::{Ignored, Rejected};
use crate::time::Instant;
use std::collections::BTreeMap;

/// A piece of a log, read.
#[derive(Debug, Default)]
pub struct Batch {
    /// Its events, in the order of its rows.
    pub events: Events,
    /// The texts of their values.
    pub(super) texts: Texts,
    /// Cases of rows that change nothing; some of them more than once.
    pub idle: KeyList,
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
}

impl Batch {
    /// Empties it for another piece.
    pub(super) fn clear(&mut self) {
        let Batch { events, idle, .. } = self;
        events.clear();
        idle.clear();
        *self = Batch { events: std::mem::take(events), idle: std::mem::take(idle), ..Batch::default() };
    }

    #[inline]
    pub(super) fn seen(&mut self, time: Instant) {
        self.latest = Some(self.latest.map_or(time, |t| t.max(time)));
    }
}
