//! What becomes of an instance: the table of section 2.4.

use crate::engine::clock::Clock;
use crate::engine::live::{End, Live, Reading, clocked};
use crate::engine::outcome::{Outcome, Reason, Verdict};
use crate::engine::world::World;
use crate::time::{Duration, Instant};

impl Live {
    /// The instance as it stands: the table of section 2.4. `end` is read where it ended; an open one at as-of.
    pub(in crate::engine) fn outcome(self, world: &World<'_>, reading: Reading, as_of: Instant) -> Outcome {
        let (end, how) = self.end.map_or((as_of, None), |(t, how)| (t, Some(how)));
        let mut clock = self.clock;
        let mut due = None;
        if let Some(clock) = &mut clock {
            let days = &world.calendars[clock.calendar];
            clock.settle(days, end);
            due = clock.due_if_resumed(days, end);
        }
        if self.calendar_ended {
            due = None;
        }
        if self.ruled.is_some() {
            due = Some(self.start);
        }
        let used_up = self.used_up;
        let in_time = |t: Instant| !used_up && due.is_some_and(|due| t <= due);
        let (verdict, reason) = if let Some(gap) = self.unknown.or(self.waits) {
            (Verdict::Unknown, Some(Reason::missing(gap)))
        } else if let Some(ruled) = self.ruled {
            (ruled, None)
        } else if due.is_none() {
            (Verdict::Unknown, Some(Reason::Calendar))
        } else {
            match how {
                Some(End::Cancel) if in_time(end) => (Verdict::Void, Some(Reason::Cancelled)),
                Some(End::Reset) if in_time(end) => (Verdict::Void, Some(Reason::Reset)),
                Some(End::NoTarget) if in_time(end) => (Verdict::Void, Some(Reason::NoTarget)),
                Some(End::Stop) if in_time(end) => (Verdict::Met, None),
                _ if world.is_waived(self.obligation, self.case, due) => (Verdict::Void, Some(Reason::Waived)),
                _ => match self.saved.filter(|(t, _)| in_time(*t)) {
                    Some((_, gap)) => (Verdict::Unknown, Some(Reason::missing(gap))),
                    None if how.is_some() || used_up || due.is_some_and(|due| due < as_of) => (Verdict::Breached, None),
                    None => (Verdict::Pending, None),
                },
            }
        };
        let breached = verdict == Verdict::Breached;
        let reading = if breached { self.at_due.unwrap_or(reading) } else { reading };
        let since = |(until, start): (&Duration, &Duration)| until.minus(*start);
        let states = if breached { reading.states.iter().zip(&self.states).map(since).collect() } else { Vec::new() };
        let ruled = self.ruled.is_some();
        let stop = match how {
            Some(End::Stop) => Some(end),
            _ if ruled && verdict == Verdict::Met => Some(self.start),
            _ => None,
        };
        let due = if self.unknown.is_some() && clock.is_none() && !ruled { None } else { due };
        let zero = ruled.then_some(Duration::ZERO);
        Outcome {
            track: self.track,
            obligation: self.obligation,
            case: self.case,
            seq: self.seq,
            tier: self.tier,
            group: self.group,
            row: self.row,
            verdict,
            reason,
            start: self.start,
            due,
            stop,
            end,
            open: how.is_none() && !ruled,
            elapsed: clock.as_ref().map(|c| c.elapsed).or(zero),
            target: clock.as_ref().and_then(Clock::target).or(zero),
            paused: clock.as_ref().map(|c| c.paused).or(zero),
            late: clock.as_ref().filter(|_| breached).map_or(Duration::ZERO, |c| c.late),
            keys: reading.keys,
            filters: reading.filters,
            states,
            calendar: self.row.and_then(|row| clocked(world, self.obligation).rows[row].clock),
            halted: how.is_none() && clock.as_ref().is_some_and(Clock::is_halted),
            evidence: self.evidence,
        }
    }
}
