//! Warnings and escalations of an instance: section 2.6.

use crate::ast::NoticeKind as Point;
use crate::engine::Sink;
use crate::engine::clock::Clock;
use crate::engine::live::{Live, beyond, clocked};
use crate::engine::outcome::{NoticeKind, NoticeRecord};
use crate::engine::truth::Moment;
use crate::engine::world::World;
use crate::event::Value;
use crate::model::Type;
use crate::quantity::Exact;
use crate::time::{Calendar, Duration, Instant};

impl Live {
    /// Notices at instants before `t` (or at it, at the very end), of a clock that ran until then.
    pub(super) fn give_notices(&mut self, moment: &Moment<'_>, t: Instant, to_the_end: bool, sink: &mut Sink) {
        let world = moment.world;
        let notices = &clocked(world, self.obligation).notices;
        let Some(clock) = &self.clock else { return };
        let Some(rest) = self.rest.as_mut().filter(|rest| !clock.is_halted() && !rest.given.iter().all(|g| *g)) else { return };
        let days = &world.calendars[clock.calendar];
        for (i, notice) in notices.iter().enumerate() {
            if rest.given[i] || rest.silenced[i] {
                continue;
            }
            let Some(at) = notice_at(clock, days, notice.at) else { continue };
            if at < t || (to_the_end && at == t) {
                rest.given[i] = true;
                let by_field = notice.to_field.and_then(|f| moment.field(f).map(|v| plain(world, &world.plan.fields[f].ty, v)));
                sink.notices.push(&NoticeRecord {
                    track: self.track as usize,
                    obligation: self.obligation,
                    case: moment.case.map(|c| (c.kind, c.key.as_str().into())),
                    seq: self.seq,
                    start: self.start,
                    position: i,
                    kind: if notice.to.is_none() { NoticeKind::Warn } else { NoticeKind::Escalate },
                    at,
                    to: by_field.or_else(|| notice.to.clone()),
                });
            }
        }
    }

    /// A notice whose instant a halt begins at is not given: there is none while paused.
    pub(in crate::engine) fn skip_notices(&mut self, world: &World<'_>, resumed: Instant) {
        let notices = &clocked(world, self.obligation).notices;
        let (Some(clock), Some(rest)) = (&self.clock, &mut self.rest) else { return };
        if clock.mark() >= resumed {
            return;
        }
        for (i, notice) in notices.iter().enumerate() {
            // For a named instant 100% is the instant itself, whether or not all of its open time was used before.
            let silenced = match notice.at {
                Point::Share(share) if share == Exact::ONE => {
                    clock.has_reached(Duration::ZERO) && clock.due().is_some_and(|due| (clock.mark()..resumed).contains(&due))
                }
                at => clock.has_reached(beyond(clock, at)),
            };
            rest.silenced[i] |= silenced;
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

/// A value in words, for a recipient.
fn plain(world: &World<'_>, ty: &Type, value: Value) -> String {
    match (value, ty) {
        (Value::Text(text), _) => world.texts.text(text).to_string(),
        (Value::Member(m), Type::Members(names)) => names.get(m as usize).cloned().unwrap_or_default(),
        (other, _) => other.as_number(&world.texts.table()).map_or_else(|| format!("{other:?}"), |n| n.short(6)),
    }
}
