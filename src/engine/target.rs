//! From a row of targets to what a clock must reach: section 2.2.

use crate::engine::truth::{Gap, Tiered, Truth};
use crate::model::Target;
use crate::plan::Row;
use crate::time::{Calendar, Duration, Instant};
use chrono::{NaiveDate, TimeDelta};

/// What must be used up before a clock is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub(super) fn choose(rows: &[Row], truths: &[Truth], tier: Tiered) -> Choice {
    for (i, (row, truth)) in rows.iter().zip(truths).enumerate() {
        if *truth == Truth::False {
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
            return Choice::Unknown(*gap);
        }
        return if row.target == Target::None { Choice::Nothing } else { Choice::Row(i) };
    }
    Choice::Nothing
}

/// What a target asks of a clock that starts at `start`; nothing where its calendar ends first. `first` is the first day
/// of the period of a duty that begins with it.
pub(super) fn need(target: Target, calendar: &Calendar, start: Instant, first: Option<NaiveDate>) -> Option<Need> {
    let minutes = |m: u16| TimeDelta::minutes(m.into());
    let named = match (target, first) {
        (Target::None, _) => return None,
        (Target::Open(open), _) => return Some(Need { open, target: open, not_before: start, named: false }),
        (Target::CalendarDays(n), _) => calendar.calendar_days(start, n),
        (Target::CalendarMonths(n), _) => calendar.calendar_months(start, n),
        (Target::WorkingDays(n), _) => calendar.working_days(start, n),
        (Target::Close(n), None) => calendar.close_of_working_day(start, n),
        (Target::Close(n), Some(first)) => calendar.close_of_open_day(start, first, n),
        (Target::Clock(m, n), None) => calendar.time_of_working_day(start, n, minutes(m)),
        (Target::Clock(m, n), Some(first)) => calendar.time_of_open_day(start, first, n, minutes(m)),
    }?;
    let open = calendar.elapsed(start, named);
    Some(Need { open, target: open, not_before: named, named: true })
}
