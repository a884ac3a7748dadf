//! What is written of a plain promise, found out before a log is read.

use crate::ast::NoticeKind as Point;
use crate::engine::matcher::is_stateless;
use crate::engine::promise::Promise;
use crate::engine::truth::Tiered;
use crate::id::{CalendarId, Id, ObligationId, Table};
use crate::model::{Retier, Target};
use crate::plan::{Clocked, Duty, Plan, Start, Track};
use crate::time::{Duration, Instant};

/// What is written of a promise that is plain in all of it.
pub(super) struct Written {
    pub(super) id: ObligationId,
    /// Which of the plan's promises it is.
    pub(super) track: usize,
    /// A case starts it once.
    pub(super) once: bool,
    /// It may pause.
    pub(super) halts: bool,
    /// It begins anew when its case's tier changes.
    pub(super) retiers: bool,
    /// A stop may be withdrawn.
    pub(super) reopens: bool,
    /// It warns or escalates.
    pub(super) notifies: bool,
    pub(super) is_about_all: bool,
    /// The first instant of its agreement's term, and the first after it.
    pub(super) term: (Instant, Instant),
    /// Where no row has a condition: what is aimed at for each tier, behind that for no tier.
    aims: Option<Box<[Option<Aim>]>>,
}

/// A row of a plain promise.
#[derive(Clone, Copy)]
pub(super) struct Aim {
    pub(super) row: u32,
    pub(super) calendar: CalendarId,
    /// So much open time, where that is what it asks for.
    pub(super) open: Option<Duration>,
    /// After so much of it the first notice is given, if that is known and not at once.
    pub(super) alert: Option<Duration>,
}

/// Of a promise, if it is plain: one version, from one event to another, and nothing that counts, resets or carries.
pub(super) fn written(plan: &Plan, promises: &Table<ObligationId, Promise<'_>>, at: usize, track: &Track) -> Option<Written> {
    let [id] = track.0.as_slice() else { return None };
    let obligation = &plan.obligations[*id];
    let Duty::Clock(clocked) = &obligation.duty else { return None };
    let Start::On { pattern: start, .. } = &clocked.start else { return None };
    let patterns = [Some(start), Some(&clocked.stop), clocked.cancel.as_ref(), clocked.reopen.as_ref()];
    let is_plain = obligation.follows_a_case()
        && clocked.reset.is_none()
        && clocked.retier != Retier::Carry
        && clocked.excluded_if.is_empty()
        && plan.agreements.iter().all(|a| a.exclusions.is_empty())
        && patterns.into_iter().flatten().all(is_stateless);
    if is_plain { Written::new(&promises[*id], *id, at) } else { None }
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
            reopens: promise.reopens,
            notifies: !duty.notices.is_empty(),
            is_about_all: promise.is_about_all,
            term: promise.term,
            aims: promise.row_of.as_ref().map(|rows| rows.iter().map(aim).collect()),
        })
    }

    /// Of a tier that is known, where no row has a condition: what is aimed at, if something is.
    #[inline]
    pub(super) fn aim(&self, tier: Tiered) -> Option<Option<Aim>> {
        let aims = self.aims.as_deref()?;
        match tier {
            Tiered::In(tier) => aims.get(tier.index() + 1).copied(),
            Tiered::InNone => aims.first().copied(),
            Tiered::Unknown(_) => None,
        }
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

/// After how much of a target the first notice is given; nothing where one is given at once, or cannot be counted.
fn first_notice(duty: &Clocked, target: Duration) -> Option<Duration> {
    let after = |at: Point| match at {
        Point::Share(share) => target.share(share),
        Point::Before(d) => Some(target.minus(d)),
        Point::After(d) => Some(target.plus(d)),
    };
    let first = duty.notices.iter().try_fold(Duration::MAX, |first, notice| Some(first.min(after(notice.at)?)))?;
    (first > Duration::ZERO).then_some(first)
}
