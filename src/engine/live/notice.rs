//! Warnings and escalations of an instance: section 2.6.

use crate::ast::NoticeKind as Point;
use crate::engine::Sink;
use crate::engine::clock::Clock;
use crate::engine::live::{Live, Opening, clocked};
use crate::engine::outcome::{NoticeKind, NoticeRecord};
use crate::engine::truth::Moment;
use crate::engine::world::World;
use crate::event::{Value, packed};
use crate::model::Type;
use crate::plan::Notice;
use crate::quantity::Exact;
use crate::time::{Calendar, Duration, Instant};
use serde::{Deserialize, Serialize};

/// Which notices of an instance were given, and which are not: by bits, of which there are [`MOST_NOTICES`](crate::model::MOST_NOTICES).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Noticed {
    given: u64,
    /// Reached while the clock stood still: not given by this target.
    silenced: u64,
}

impl Noticed {
    pub(super) const NONE: Noticed = Noticed { given: 0, silenced: 0 };

    pub(in crate::engine) fn pack(self, out: &mut Vec<u8>) {
        packed::put(out, self.given);
        packed::put(out, self.silenced);
    }

    pub(in crate::engine) fn unpack(from: &mut &[u8]) -> Option<Noticed> {
        Some(Noticed { given: packed::take(from)?, silenced: packed::take(from)? })
    }

    /// Those that may still be given.
    fn open(self, notices: &[Notice]) -> impl Iterator<Item = (usize, &Notice)> {
        notices.iter().enumerate().filter(move |(i, _)| (self.given | self.silenced) >> i & 1 == 0)
    }

    /// Gives those at instants before `t` (or at it, at the very end), of a clock that ran until then; true if there were some.
    pub(in crate::engine) fn give(
        &mut self,
        moment: &Moment<'_>,
        of: &Opening,
        (clock, days): (&Clock, &Calendar),
        (t, to_the_end): (Instant, bool),
        sink: &mut Sink,
    ) -> bool {
        let world = moment.world;
        let before = *self;
        for (i, notice) in before.open(&clocked(world, of.obligation).notices) {
            let Some(at) = notice_at(clock, days, notice.at) else { continue };
            if at < t || (to_the_end && at == t) {
                self.given |= 1 << i;
                let by_field = notice.to_field.and_then(|f| moment.field(f).map(|v| plain(world, &world.plan.fields[f].ty, v)));
                sink.notices.push(&NoticeRecord {
                    track: of.track as usize,
                    obligation: of.obligation,
                    case: moment.case.map(|c| (c.kind, c.key.text())),
                    seq: of.seq,
                    start: of.start,
                    position: i,
                    kind: if notice.to.is_none() { NoticeKind::Warn } else { NoticeKind::Escalate },
                    at,
                    to: by_field.as_deref().or(notice.to.as_deref()),
                });
            }
        }
        *self != before
    }

    /// When the next one is given, if the clock runs on.
    pub(in crate::engine) fn next(self, notices: &[Notice], clock: &Clock, days: &Calendar) -> Option<Instant> {
        self.open(notices).filter_map(|(_, notice)| notice_at(clock, days, notice.at)).min()
    }

    /// The clock runs again. A notice whose instant the halt began at is not given: there is none while paused.
    pub(in crate::engine) fn skip(&mut self, notices: &[Notice], clock: &Clock, resumed: Instant) {
        if clock.mark() >= resumed {
            return;
        }
        // For a named instant 100% is the instant itself, whether or not all of its open time was used before.
        let is_due = clock.has_reached(Duration::ZERO) && clock.due().is_some_and(|due| (clock.mark()..resumed).contains(&due));
        self.silence(notices, clock, is_due);
    }

    /// Its instance was stopped, and the stop is withdrawn: what was reached at the stop is not given any more.
    pub(super) fn stop(&mut self, notices: &[Notice], clock: &Clock, stopped: Instant) {
        self.silence(notices, clock, clock.due().is_some_and(|due| due <= stopped));
    }

    /// Those are not given that are reached; the one at 100% is where it is due.
    fn silence(&mut self, notices: &[Notice], clock: &Clock, is_due: bool) {
        for (i, notice) in notices.iter().enumerate() {
            let is_reached = match notice.at {
                Point::Share(share) if share == Exact::ONE => is_due,
                at => clock.has_reached(beyond(clock, at)),
            };
            self.silenced |= u64::from(is_reached) << i;
        }
    }

    /// Another target counts: all that were not given may be.
    pub(super) fn speak(&mut self) {
        self.silenced = 0;
    }
}

impl Live {
    pub(super) fn opening(&self) -> Opening {
        Opening { obligation: self.obligation, track: self.track, seq: self.seq, start: self.start }
    }

    /// Notices at instants before `t` (or at it, at the very end), of a clock that ran until then.
    pub(super) fn give_notices(&mut self, moment: &Moment<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
        let opening = self.opening();
        let (Some(clock), Some(rest)) = (self.clock.as_ref().filter(|clock| !clock.is_halted()), &mut self.rest) else { return };
        rest.noticed.give(moment, &opening, (clock, &moment.world.calendars[clock.calendar]), (t, to_the_end), sink);
    }

    /// A notice whose instant a halt begins at is not given: there is none while paused.
    pub(in crate::engine) fn skip_notices(&mut self, world: &World<'_>, resumed: Instant) {
        if let (Some(clock), Some(rest)) = (&self.clock, &mut self.rest) {
            rest.noticed.skip(&clocked(world, self.obligation).notices, clock, resumed);
        }
    }
}

/// When a notice is due, if the clock runs on.
fn notice_at(clock: &Clock, days: &Calendar, at: Point) -> Option<Instant> {
    // For a named instant 100% is due itself.
    if at == Point::Share(Exact::ONE) {
        return clock.due();
    }
    clock.reaches(days, beyond(clock, at))
}

fn beyond(clock: &Clock, at: Point) -> Duration {
    beyond_target(clock.target().unwrap_or_default(), at)
}

/// So much more or less than a target has been counted when a notice is given.
pub(in crate::engine) fn beyond_target(target: Duration, at: Point) -> Duration {
    match at {
        Point::Share(share) => target.share(share).map_or(Duration::MAX, |d| d.minus(target)),
        Point::Before(d) => Duration::ZERO.minus(d),
        Point::After(d) => d,
    }
}

/// A value in words, for a recipient.
fn plain(world: &World<'_>, ty: &Type, value: Value) -> String {
    match (value, ty) {
        (Value::Text(text), _) => world.texts.text(text).to_string(),
        (Value::Member(m), Type::Members(names)) => names.get(m as usize).cloned().unwrap_or_default(),
        (other, _) => other.as_number(&world.texts.table()).map_or_else(|| format!("{other:?}"), |n| n.short(6)),
    }
}
