//! From a row of targets to what a clock must reach: section 2.2.

use crate::engine::truth::{Gap, Tiered, Truth};
use crate::model::Target;
use crate::plan::Row;
use crate::time::{Calendar, Duration, Instant};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What must be used up before a clock is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Need {
    /// So much open time.
    pub(super) open: Duration,
    /// The same as it was set, for people.
    pub(super) target: Duration,
    /// And never before this instant.
    pub(super) not_before: Instant,
    /// Whether the instant was named, so that it is due even where the clock stands still.
    pub(super) named: bool,
}

/// Which row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Row(usize),
    /// The tier must be known first.
    Waits(Gap),
    /// A condition of a row that would count is unknown for good.
    Unknown(Gap),
    /// Nothing is promised.
    Nothing,
}

/// The first row that fits. `truths` are the rows' conditions, read at the start.
#[inline]
pub(super) fn choose(rows: &[Row], truths: impl Fn(usize) -> Truth, tier: Tiered) -> Choice {
    for (i, row) in rows.iter().enumerate() {
        let truth = truths(i);
        if truth == Truth::False {
            continue;
        }
        let fits = row.tiers.is_empty()
            || match tier {
                Tiered::In(tier) => row.tiers.contains(&tier),
                Tiered::InNone => false,
                Tiered::Unknown(gap) => return Choice::Waits(gap),
            };
        if !fits {
            continue;
        }
        if let Truth::Unknown(gap) = truth {
            return Choice::Unknown(gap);
        }
        return if row.target == Target::None { Choice::Nothing } else { Choice::Row(i) };
    }
    Choice::Nothing
}

/// What a target asks of a clock that starts at `start`; nothing where its calendar ends first. `first` is the first day
/// of the period of a duty that begins with it.
#[inline]
pub(super) fn need(target: Target, calendar: &Calendar, start: Instant, first: Option<NaiveDate>) -> Option<Need> {
    if let Target::Open(open) = target {
        return Some(Need { open, target: open, not_before: start, named: false });
    }
    let named = target.named(calendar, start, first)?;
    let open = calendar.elapsed(start, named);
    Some(Need { open, target: open, not_before: named, named: true })
}
