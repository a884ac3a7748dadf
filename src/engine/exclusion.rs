//! Time that an agreement excludes while a state is on: section 2.2.
//!
//! For promises about the state's own kind of case, that case's state excludes; for others, the state of any case does. An
//! exclusion `up to` some time takes the earliest of each period: it goes off by itself, and on again with the next period.

use crate::engine::outcome::Evidence;
use crate::engine::world::World;
use crate::time::{Duration, Instant, Period};
use serde::{Deserialize, Serialize};

/// An exclusion went on or off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) at: Instant,
    /// Which of the world's exclusions.
    pub(super) exclusion: usize,
    pub(super) on: bool,
    /// The row that did it, if one did.
    pub(super) evidence: Option<Evidence>,
}

/// One exclusion as it goes on and off, within what it may take of each period.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    on: bool,
    /// Accounted for until here.
    mark: Instant,
    period: (Instant, Instant),
    left: Duration,
}

impl Default for Run {
    fn default() -> Run {
        Run { on: false, mark: Instant::FIRST, period: (Instant::FIRST, Instant::FIRST), left: Duration::MAX }
    }
}

impl Run {
    /// Time goes on to `t`; `change` is told of what the exclusion does by itself.
    pub(super) fn advance(&mut self, world: &World<'_>, exclusion: usize, t: Instant, change: &mut impl FnMut(Instant, bool)) {
        let Some((most, unit)) = world.exclusions[exclusion].up_to else { return };
        let agreement = world.exclusion_of[exclusion];
        let period = |t| {
            let zone = &world.agreements[agreement].zone;
            Period::holding(zone.date(t), unit, world.plan.agreements[agreement].fiscal).instants(zone)
        };
        while self.on && self.mark < t {
            let used_up = self.mark.plus(self.left);
            if self.left > Duration::ZERO && used_up < self.period.1 && used_up <= t {
                change(used_up, false);
                (self.left, self.mark) = (Duration::ZERO, used_up);
            } else if self.period.1 <= t {
                let begins = self.period.1;
                if self.left <= Duration::ZERO {
                    change(begins, true);
                }
                (self.left, self.mark, self.period) = (most, begins, period(begins));
            } else {
                self.left = self.left.minus(t.since(self.mark)).max(Duration::ZERO);
                self.mark = t;
            }
        }
        if self.mark < t || self.period.1 <= t {
            self.mark = t;
            if t >= self.period.1 {
                (self.left, self.period) = (most, period(t));
            }
        }
    }

    /// Its state goes on or off at `t`; gives whether it excludes from then on.
    pub(super) fn set(&mut self, on: bool) -> bool {
        self.on = on;
        on && self.left > Duration::ZERO
    }
}

/// The exclusions of all agreements, each while it is on for any case.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Exclusions {
    runs: Vec<Run>,
    /// How many cases are in the state.
    cases: Vec<u32>,
    /// Whether each excludes now.
    pub(super) now: Vec<bool>,
    /// All that happened, in order.
    pub(super) changes: Vec<Change>,
}

impl Exclusions {
    pub(super) fn new(world: &World<'_>) -> Exclusions {
        let n = world.exclusions.len();
        Exclusions { runs: vec![Run::default(); n], cases: vec![0; n], now: vec![false; n], changes: Vec::new() }
    }

    /// Time goes on to `t`.
    pub(super) fn advance(&mut self, world: &World<'_>, t: Instant) {
        let Exclusions { runs, now, changes, .. } = self;
        if runs.is_empty() {
            return;
        }
        let first = changes.len();
        for (exclusion, run) in runs.iter_mut().enumerate() {
            run.advance(world, exclusion, t, &mut |at, on| {
                now[exclusion] = on;
                changes.push(Change { at, exclusion, on, evidence: None });
            });
        }
        changes[first..].sort_by_key(|c| c.at);
    }

    /// One case more, or one less, is in the state.
    pub(super) fn count(&mut self, exclusion: usize, on: bool, at: Instant, evidence: Evidence) {
        let cases = &mut self.cases[exclusion];
        *cases = if on { *cases + 1 } else { cases.saturating_sub(1) };
        if (on && *cases == 1) || (!on && *cases == 0) {
            let excludes = self.runs[exclusion].set(on);
            if excludes != self.now[exclusion] {
                self.now[exclusion] = excludes;
                self.changes.push(Change { at, exclusion, on: excludes, evidence: Some(evidence) });
            }
        }
    }
}
