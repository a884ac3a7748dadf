//! A state of a case: whether it is on, since when, and how long it was before.

use crate::engine::matcher::Matcher;
use crate::event::packed;
use crate::time::{Duration, Instant};

/// A state of a case.
#[derive(Debug, Default)]
pub(super) struct StateRun {
    pub(super) on: bool,
    /// Since when, if it is on.
    pub(super) since: Instant,
    /// How long it was on before that.
    pub(super) total: Duration,
    /// How far what turns it on and off has come, where that takes several events.
    pub(super) matchers: Option<Box<(Matcher, Matcher)>>,
}

impl StateRun {
    const ON: u64 = 1;
    const WAS_ON: u64 = 2;
    const COUNTS: u64 = 4;

    #[inline]
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    /// It is on from an instant on, or is not.
    #[inline]
    pub(super) fn turn(&mut self, on: bool, t: Instant) {
        match (std::mem::replace(&mut self.on, on), on) {
            (true, false) => self.total = self.total.plus(t.since(self.since)),
            (false, true) => self.since = t,
            _ => {}
        }
    }

    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        let StateRun { on, since, total, matchers } = self;
        let parts = [(*on, StateRun::ON), (*total != Duration::ZERO, StateRun::WAS_ON), (matchers.is_some(), StateRun::COUNTS)];
        packed::put(out, packed::parts(&parts));
        if *on {
            packed::put_time(out, *since);
        }
        if *total != Duration::ZERO {
            packed::put_length(out, *total);
        }
        matchers.iter().for_each(|matchers| packed::put_any(out, matchers));
    }

    pub(super) fn unpack(from: &mut &[u8]) -> Option<StateRun> {
        let parts = packed::take(from)?;
        let has = |part: u64| parts & part != 0;
        Some(StateRun {
            on: has(StateRun::ON),
            since: if has(StateRun::ON) { packed::take_time(from)? } else { Instant::default() },
            total: if has(StateRun::WAS_ON) { packed::take_length(from)? } else { Duration::ZERO },
            matchers: if has(StateRun::COUNTS) { Some(packed::take_any(from)?) } else { None },
        })
    }
}
