//! What becomes of an instance: the table of section 2.4.

use crate::engine::clock::Clock;
use crate::engine::facts::Facts;
use crate::engine::live::{End, Live, Reading, clocked};
use crate::engine::outcome::{Outcome, Reason, StateTimes, Verdict};
use crate::engine::world::World;
use crate::event::Value;
use crate::id::{ObligationId, TierId};
use crate::time::{Duration, Instant};
use smallvec::SmallVec;

/// What is decided of an instance, or how it stands at as-of: what objectives ask.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Decided {
    pub(in crate::engine) track: usize,
    pub(in crate::engine) obligation: ObligationId,
    pub(in crate::engine) verdict: Verdict,
    pub(in crate::engine) reason: Option<Reason>,
    pub(in crate::engine) tier: Option<TierId>,
    pub(in crate::engine) group: Option<Option<Value>>,
    pub(in crate::engine) start: Instant,
    pub(in crate::engine) due: Option<Instant>,
    pub(in crate::engine) stop: Option<Instant>,
    end: Instant,
    pub(in crate::engine) open: bool,
    pub(in crate::engine) elapsed: Option<Duration>,
    ruled: bool,
}

/// An instance that was stopped or cancelled in time.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct InTime {
    pub(in crate::engine) track: usize,
    pub(in crate::engine) obligation: ObligationId,
    pub(in crate::engine) tier: Option<TierId>,
    pub(in crate::engine) start: Instant,
    /// Where some objective counts it by that.
    pub(in crate::engine) due: Option<Instant>,
    pub(in crate::engine) end: Instant,
    pub(in crate::engine) how: End,
    pub(in crate::engine) elapsed: Duration,
}

impl End {
    /// Of an instance that ended so in time.
    #[inline]
    pub(in crate::engine) fn verdict(self) -> Verdict {
        if self == End::Stop { Verdict::Met } else { Verdict::Void }
    }

    /// The reason of that verdict, if it needs one.
    #[inline]
    pub(in crate::engine) fn reason(self) -> Option<Reason> {
        match self {
            End::Stop => None,
            End::Cancel => Some(Reason::Cancelled),
            End::Reset => Some(Reason::Reset),
            End::NoTarget => Some(Reason::NoTarget),
        }
    }
}

impl InTime {
    #[inline]
    pub(in crate::engine) fn decided(&self) -> Decided {
        let InTime { track, obligation, tier, start, due, end, how, elapsed } = *self;
        Decided {
            track,
            obligation,
            verdict: how.verdict(),
            reason: how.reason(),
            tier,
            group: None,
            start,
            due,
            stop: (how == End::Stop).then_some(end),
            end,
            open: false,
            elapsed: Some(elapsed),
            ruled: false,
        }
    }
}

impl Live {
    /// The instance as it stands: the table of section 2.4.
    #[inline]
    pub(in crate::engine) fn decide(&mut self, world: &World<'_>, case: Option<&Facts>, as_of: Instant) -> Decided {
        let (end, how) = self.end.map_or((as_of, None), |(t, how)| (t, Some(how)));
        let mut due = None;
        if let Some(clock) = &mut self.clock {
            let days = &world.calendars[clock.calendar];
            clock.settle(days, end);
            due = clock.due_if_resumed(days, end);
        }
        let rest = self.rest();
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
                Some(how) if in_time(end) => (how.verdict(), how.reason()),
                _ if world.is_waived(self.obligation, case, due) => (Verdict::Void, Some(Reason::Waived)),
                _ => match rest.saved.filter(|(t, _)| in_time(*t)) {
                    Some((_, gap)) => (Verdict::Unknown, Some(Reason::missing(gap))),
                    None if how.is_some() || used_up || due.is_some_and(|due| due < as_of) => (Verdict::Breached, None),
                    None => (Verdict::Pending, None),
                },
            }
        };
        let ruled = rest.ruled.is_some();
        let stop = match how {
            Some(End::Stop) => Some(end),
            _ if ruled && verdict == Verdict::Met => Some(self.start),
            _ => None,
        };
        let due = if rest.unknown.is_some() && self.clock.is_none() && !ruled { None } else { due };
        Decided {
            track: self.track as usize,
            obligation: self.obligation,
            verdict,
            reason,
            tier: self.tier,
            group: rest.group,
            start: self.start,
            due,
            stop,
            end,
            open: how.is_none() && !ruled,
            elapsed: self.clock.as_ref().map(|c| c.elapsed).or(ruled.then_some(Duration::ZERO)),
            ruled,
        }
    }

    /// The case as it was when the instance was due, where that was read: a breached one is read so, others where they ended.
    #[inline]
    pub(in crate::engine) fn take_at_due(&mut self) -> Option<Reading> {
        self.rest.as_mut()?.at_due.take()
    }

    /// All that is said of it in a report.
    pub(in crate::engine) fn outcome(&self, world: &World<'_>, case: Option<&Facts>, reading: &Reading, decided: &Decided) -> Outcome {
        let Decided { track, obligation, verdict, reason, tier, group, start, due, stop, end, open, elapsed, ruled } = *decided;
        let (rest, clock) = (self.rest(), self.clock.as_ref());
        let breached = verdict == Verdict::Breached;
        let zero = ruled.then_some(Duration::ZERO);
        let at_start = |state: usize| rest.states.get(state).copied().unwrap_or(Duration::ZERO);
        let since = |(state, until): (usize, &Duration)| until.minus(at_start(state));
        // A rule is decided at once: no time went anywhere.
        let states = if breached && !ruled { reading.states.iter().enumerate().map(since).collect() } else { StateTimes::new() };
        // Lists are copied in one piece, which a clone takes item by item.
        Outcome {
            track,
            obligation,
            case: case.map(|c| (c.kind, c.key.clone())),
            seq: self.seq,
            tier,
            group,
            row: self.row.map(|row| row as usize),
            verdict,
            reason,
            start,
            due,
            stop,
            end,
            open,
            elapsed,
            target: clock.and_then(Clock::target).or(zero),
            paused: clock.map(|c| c.paused).or(zero),
            late: clock.filter(|_| breached).map_or(Duration::ZERO, |c| c.late),
            keys: SmallVec::from_slice(&reading.keys),
            filters: SmallVec::from_slice(&reading.filters),
            states,
            calendar: self.row.and_then(|row| clocked(world, obligation).rows[row as usize].clock),
            halted: open && clock.is_some_and(Clock::is_halted),
            evidence: SmallVec::from_slice(&self.evidence),
        }
    }
}
