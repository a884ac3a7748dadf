//! The clock of one instance: section 2.2.
//!
//! A clock is told when it starts, halts and resumes, in order of time. It keeps the open time that it counted, and the
//! instant at which its target is used up; that instant moves with every halt before it, and stays once it has passed.

use crate::engine::target::Need;
use crate::id::CalendarId;
use crate::time::{Calendar, Duration, Instant};
use serde::{Deserialize, Serialize};

/// Whether a clock runs, and why not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Halt {
    #[default]
    Runs,
    /// The obligation's own pause.
    Paused,
    /// Time that the agreement excludes: nobody's, and stronger than a pause.
    Excluded,
}

/// A clock, accounted for up to `mark`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Clock {
    pub(super) calendar: CalendarId,
    /// Nothing where its calendar ends before its target.
    need: Option<Need>,
    mark: Instant,
    halt: Halt,
    pub(super) elapsed: Duration,
    pub(super) paused: Duration,
    pub(super) late: Duration,
    /// When the target is used up if the clock runs on from `mark`; [`Instant::NEVER`] where the calendar ends first.
    due: Instant,
    /// It was used up before a halt began: nothing moves it any more.
    passed: bool,
}

impl Clock {
    #[inline]
    pub(super) fn start(calendar: CalendarId, days: &Calendar, need: Option<Need>, start: Instant, halt: Halt) -> Clock {
        let zero = Duration::ZERO;
        let mut clock =
            Clock { calendar, need, mark: start, halt, elapsed: zero, paused: zero, late: zero, due: Instant::NEVER, passed: false };
        clock.due = clock.used_up(days, start).unwrap_or(Instant::NEVER);
        clock
    }

    /// A clock that was put aside: accounted for up to a mark.
    pub(super) fn taken_up(
        calendar: CalendarId,
        need: Option<Need>,
        halt: Halt,
        passed: bool,
        (mark, due): (Instant, Instant),
        (elapsed, paused, late): (Duration, Duration, Duration),
    ) -> Clock {
        Clock { calendar, need, mark, halt, elapsed, paused, late, due, passed }
    }

    /// Counts the time up to `t`.
    #[inline]
    pub(super) fn settle(&mut self, days: &Calendar, t: Instant) {
        if t <= self.mark {
            return;
        }
        let open = days.elapsed(self.mark, t);
        match self.halt {
            Halt::Excluded => {}
            Halt::Paused => self.paused = self.paused.plus(open),
            Halt::Runs => {
                self.elapsed = self.elapsed.plus(open);
                if self.due < t {
                    self.late = self.late.plus(days.elapsed(self.due.max(self.mark), t));
                }
            }
        }
        self.mark = t;
    }

    #[inline]
    pub(super) fn is_halted(&self) -> bool {
        self.halt != Halt::Runs
    }

    #[inline]
    pub(super) fn halt(&self) -> Halt {
        self.halt
    }

    /// From `t` on it runs, or stands still for a reason.
    pub(super) fn set(&mut self, days: &Calendar, halt: Halt, t: Instant) {
        if halt == self.halt {
            return;
        }
        self.settle(days, t);
        if self.halt == Halt::Runs {
            self.passed |= self.due <= t;
        }
        if halt == Halt::Runs {
            self.due = self.due_if_resumed(days, t).unwrap_or(Instant::NEVER);
        }
        self.halt = halt;
    }

    /// The due; of a halted clock, the due if it resumed at `t`.
    #[inline]
    pub(super) fn due_if_resumed(&self, days: &Calendar, t: Instant) -> Option<Instant> {
        if self.passed || !self.is_halted() { self.due() } else { self.used_up(days, t) }
    }

    /// When the target is used up if the clock runs from `t` on with what it has counted.
    #[inline]
    fn used_up(&self, days: &Calendar, t: Instant) -> Option<Instant> {
        let need = self.need?;
        let left = need.open.minus(self.elapsed);
        if left <= Duration::ZERO {
            return Some(need.not_before);
        }
        // A named instant before which no open time is left to count was taken above.
        Some(days.advance(t, left)?.max(need.not_before))
    }

    /// Whether the target was used up before `t`, whatever happens from `t` on.
    #[inline]
    pub(super) fn is_overdue(&self, t: Instant) -> bool {
        let fixed = self.passed || !self.is_halted() || self.need.is_some_and(|need| need.open <= self.elapsed);
        fixed && self.due < t
    }

    /// From `t` on another target counts; what has elapsed is kept. Of a named instant, which is reached on its own
    /// calendar from the original start, `on_new` says how much that calendar has counted since.
    pub(super) fn carry(&mut self, calendar: CalendarId, days: [&Calendar; 2], need: Option<Need>, on_new: Option<Duration>, t: Instant) {
        let [old, new] = days;
        self.settle(old, t);
        self.calendar = calendar;
        let counted = on_new.unwrap_or(self.elapsed);
        let (elapsed, not_before) = (self.elapsed, t);
        self.need =
            need.map(|need| Need { open: need.open.minus(counted).plus(elapsed), not_before: need.not_before.max(not_before), ..need });
        self.due = self.used_up(new, t).unwrap_or(Instant::NEVER);
        self.passed = false;
    }

    /// The open time that the target allows, as it was set.
    #[inline]
    pub(super) fn target(&self) -> Option<Duration> {
        self.need.map(|need| need.target)
    }

    /// When so much more or less than the target has been counted, if the clock runs on from its mark.
    pub(super) fn reaches(&self, days: &Calendar, beyond: Duration) -> Option<Instant> {
        let left = self.need?.open.plus(beyond).minus(self.elapsed);
        if left <= Duration::ZERO { Some(self.mark) } else { days.advance(self.mark, left) }
    }

    /// Whether so much more or less than the target has been counted.
    pub(super) fn has_reached(&self, beyond: Duration) -> bool {
        self.need.is_some_and(|need| need.open.plus(beyond) <= self.elapsed)
    }

    #[inline]
    pub(super) fn mark(&self) -> Instant {
        self.mark
    }

    /// The due as it is kept to be taken up: of a clock that runs the due, of one whose calendar ends first later than all instants.
    pub(super) fn latest_due(&self) -> Instant {
        self.due
    }

    /// Whether the target was used up before a halt began.
    pub(super) fn passed(&self) -> bool {
        self.passed
    }

    #[inline]
    pub(super) fn due(&self) -> Option<Instant> {
        Some(self.due).filter(|due| *due != Instant::NEVER)
    }
}
