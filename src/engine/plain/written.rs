//! What is written of plain promises, found out before a log is read.

use crate::engine::live::beyond_target;
use crate::engine::matcher::is_stateless;
use crate::engine::promise::Promise;
use crate::engine::truth::{Tiered, place_of};
use crate::id::{CalendarId, ObligationId, Table};
use crate::model::{Retier, Target};
use crate::plan::{Clocked, Duty, Pattern, Plan, Start, Track};
use crate::time::{Duration, Instant};

/// What is written of a promise that is plain in all of it.
pub(in crate::engine) struct Written {
    pub(in crate::engine) id: ObligationId,
    /// Which of the plan's promises it is.
    pub(in crate::engine) track: usize,
    /// A case starts it once.
    pub(in crate::engine) once: bool,
    /// It may pause.
    pub(super) halts: bool,
    /// A change of its case's tier changes its target, or begins it anew.
    pub(super) retiers: bool,
    /// That keeps what was counted.
    pub(super) carries: bool,
    /// Its end may take several events.
    pub(super) counts: bool,
    /// A stop may be withdrawn.
    pub(in crate::engine) reopens: bool,
    /// It warns or escalates.
    pub(in crate::engine) notifies: bool,
    pub(super) is_about_all: bool,
    /// The first instant of its agreement's term, and the first after it.
    term: (Instant, Instant),
    /// Where no row has a condition: what is aimed at for each tier, behind that for no tier.
    aims: Option<Box<[Option<Aim>]>>,
}

/// A row of a plain promise.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Aim {
    pub(in crate::engine) row: u32,
    pub(in crate::engine) calendar: CalendarId,
    /// So much open time, where that is what it asks for.
    pub(in crate::engine) open: Option<Duration>,
    /// After so much of it the first notice is given, if there is one and not at once.
    pub(in crate::engine) alert: Option<Duration>,
}

/// Of a promise, if it is plain: one version, from one event to others, of which it is always known whether they count.
pub(in crate::engine) fn written(plan: &Plan, promises: &Table<ObligationId, Promise<'_>>, at: usize, track: &Track) -> Option<Written> {
    let [id] = track.0.as_slice() else { return None };
    let obligation = &plan.obligations[*id];
    let Duty::Clock(clocked) = &obligation.duty else { return None };
    let Start::On { pattern: start, .. } = &clocked.start else { return None };
    let by_one = [Some(start), clocked.reset.as_ref(), clocked.reopen.as_ref()];
    let ends = [Some(&clocked.stop), clocked.cancel.as_ref()];
    // What is carried to another target is chosen among rows by what held at the start.
    let is_carried_by_tier = clocked.retier != Retier::Carry || clocked.rows.iter().all(|row| row.condition.is_none());
    let is_plain = obligation.follows_a_case()
        && clocked.excluded_if.is_empty()
        && by_one.into_iter().flatten().all(is_stateless)
        && (ends.into_iter().flatten().all(is_stateless) || !ends.into_iter().flatten().any(asks))
        && is_carried_by_tier;
    if is_plain { Written::new(&promises[*id], *id, at) } else { None }
}

/// Whether it may be unknown if an event counts for a pattern.
fn asks(pattern: &Pattern) -> bool {
    pattern.any.iter().flatten().any(|atom| atom.condition.is_some())
}

impl Written {
    fn new(promise: &Promise<'_>, id: ObligationId, track: usize) -> Option<Written> {
        let duty = promise.clocked?;
        let aim = |row: &Option<u32>| row.map(|row| Aim::at(duty, row));
        Some(Written {
            id,
            track,
            once: matches!(duty.start, Start::On { once: true, .. }),
            halts: promise.halts,
            retiers: promise.retiers,
            carries: duty.retier == Retier::Carry,
            counts: promise.counts,
            reopens: promise.reopens,
            notifies: !duty.notices.is_empty(),
            is_about_all: promise.is_about_all,
            term: promise.term,
            aims: promise.row_of.as_ref().map(|rows| rows.iter().map(aim).collect()),
        })
    }

    /// Whether it is about every case, and when an instance ends, and when it is due, depends on which events came when, and on the tier.
    pub(in crate::engine) fn is_foreseen(&self) -> bool {
        let is_timed = |aim: &Aim| !self.notifies || aim.alert.is_some();
        let has_aims = self.aims.as_ref().is_some_and(|aims| aims.iter().flatten().all(is_timed));
        self.is_about_all && has_aims && !self.counts
    }

    /// What is aimed at for each tier, behind that for no tier; nothing where a row has a condition.
    pub(in crate::engine) fn aims(&self) -> &[Option<Aim>] {
        self.aims.as_deref().unwrap_or_default()
    }

    /// Whether its agreement is in force at an instant.
    #[inline]
    pub(super) fn is_in_force(&self, t: Instant) -> bool {
        let (from, to) = self.term;
        from <= t && t < to
    }

    /// Of a tier that is known, where no row has a condition: what is aimed at, if something is.
    #[inline]
    pub(super) fn aim(&self, tier: Tiered) -> Option<&Option<Aim>> {
        self.aims.as_deref()?.get(place_of(tier.known()?))
    }
}

impl Aim {
    pub(super) fn at(duty: &Clocked, row: u32) -> Aim {
        let written = &duty.rows[row as usize];
        let open = match written.target {
            Target::Open(open) if open > Duration::ZERO => Some(open),
            _ => None,
        };
        Aim { row, calendar: written.running[0], open, alert: open.and_then(|open| first_notice(duty, open)) }
    }
}

/// After how much of a target the first notice is given; nothing where there is none, or one is given at once.
fn first_notice(duty: &Clocked, target: Duration) -> Option<Duration> {
    let first = duty.notices.iter().map(|notice| target.plus(beyond_target(target, notice.at))).min()?;
    (first > Duration::ZERO).then_some(first)
}
