//! What becomes of an instance: the table of section 2.4.

use crate::engine::case::CaseState;
use crate::engine::clock::Clock;
use crate::engine::live::{End, Live, NOTHING, Reading, clocked};
use crate::engine::outcome::{Outcome, Reason, Verdict};
use crate::engine::world::World;
use crate::time::{Duration, Instant};

impl Live {
    /// The instance as it stands: the table of section 2.4. `end` is read where it ended; an open one at as-of.
    ///
    /// Its evidence goes with it, and whose case it is stays to be said.
    pub(in crate::engine) fn outcome(&mut self, world: &World<'_>, case: Option<&CaseState>, reading: Reading, as_of: Instant) -> Outcome {
        let mut rest = self.rest.take();
        let at_due = rest.as_mut().and_then(|rest| rest.at_due.take());
        let rest = rest.as_deref().unwrap_or(&NOTHING);
        let (end, how) = self.end.map_or((as_of, None), |(t, how)| (t, Some(how)));
        let mut clock = self.clock.take();
        let mut due = None;
        if let Some(clock) = &mut clock {
            let days = &world.calendars[clock.calendar];
            clock.settle(days, end);
            due = clock.due_if_resumed(days, end);
        }
        if self.calendar_ended {
            due = None;
        }
        if rest.ruled.is_some() {
            due = Some(self.start);
        }
        let used_up = self.used_up;
        let in_time = |t: Instant| !used_up && due.is_some_and(|due| t <= due);
        let (verdict, reason) = if let Some(gap) = rest.unknown.or(rest.waits) {
            (Verdict::Unknown, Some(Reason::missing(gap)))
        } else if let Some(ruled) = rest.ruled {
            (ruled, None)
        } else if due.is_none() {
            (Verdict::Unknown, Some(Reason::Calendar))
        } else {
            match how {
                Some(End::Cancel) if in_time(end) => (Verdict::Void, Some(Reason::Cancelled)),
                Some(End::Reset) if in_time(end) => (Verdict::Void, Some(Reason::Reset)),
                Some(End::NoTarget) if in_time(end) => (Verdict::Void, Some(Reason::NoTarget)),
                Some(End::Stop) if in_time(end) => (Verdict::Met, None),
                _ if world.is_waived(self.obligation, case, due) => (Verdict::Void, Some(Reason::Waived)),
                _ => match rest.saved.filter(|(t, _)| in_time(*t)) {
                    Some((_, gap)) => (Verdict::Unknown, Some(Reason::missing(gap))),
                    None if how.is_some() || used_up || due.is_some_and(|due| due < as_of) => (Verdict::Breached, None),
                    None => (Verdict::Pending, None),
                },
            }
        };
        let breached = verdict == Verdict::Breached;
        let reading = if breached { at_due.unwrap_or(reading) } else { reading };
        let at_start = |state: usize| rest.states.get(state).copied().unwrap_or(Duration::ZERO);
        let since = |(state, until): (usize, &Duration)| until.minus(at_start(state));
        let ruled = rest.ruled.is_some();
        // A rule is decided at once: no time went anywhere.
        let states = if breached && !ruled { reading.states.iter().enumerate().map(since).collect() } else { Vec::new() };
        let stop = match how {
            Some(End::Stop) => Some(end),
            _ if ruled && verdict == Verdict::Met => Some(self.start),
            _ => None,
        };
        let due = if rest.unknown.is_some() && clock.is_none() && !ruled { None } else { due };
        let zero = ruled.then_some(Duration::ZERO);
        Outcome {
            track: self.track as usize,
            obligation: self.obligation,
            case: None,
            seq: self.seq,
            tier: self.tier,
            group: rest.group,
            row: self.row.map(|row| row as usize),
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
            calendar: self.row.and_then(|row| clocked(world, self.obligation).rows[row as usize].clock),
            halted: how.is_none() && clock.as_ref().is_some_and(Clock::is_halted),
            evidence: std::mem::take(&mut self.evidence),
        }
    }
}
