//! A plain promise as one to which anything can happen, and back.

use crate::engine::live::{End, History, Live, Reading, TakenUp};
use crate::engine::outcome::{Evidence, Rows, StateTimes};
use crate::engine::plain::{Phase, Plain, Written};
use crate::engine::track::TrackState;
use crate::engine::truth::Moment;
use crate::engine::world::World;

impl Plain {
    /// An instance that has just begun, of a promise to which something else had happened before.
    pub(in crate::engine) fn fresh(of: &Written, world: &World<'_>, begun: &TakenUp<'_>, started: bool) -> Plain {
        let TakenUp { opening, tier, row, clock, evidence, states, .. } = begun;
        let mut plain = Plain {
            phase: Phase::Open,
            started,
            halt: clock.halt(),
            seq: opening.seq,
            row: *row,
            tier: *tier,
            start: opening.start,
            due: clock.latest_due(),
            end: opening.start,
            first: (evidence.event, evidence.origin),
            ..Plain::default()
        };
        if !states.is_empty() {
            plain.more().states = StateTimes::from_slice(states);
        }
        plain.alert = plain.next_alert(of, world);
        plain
    }

    /// One that was stopped and was not reopened, with what was read of it then.
    pub(in crate::engine) fn stopped(&self, of: &Written, moment: &Moment<'_>) -> Option<(Live, Reading)> {
        let at_stop = self.more.as_ref().filter(|_| self.phase == Phase::Stopped)?.at_stop.clone()?;
        Some((self.live(moment, of), at_stop))
    }

    /// The same as an instance of which anything can be said.
    fn live(&self, moment: &Moment<'_>, of: &Written) -> Live {
        let mut live = self.as_read(moment.world, of);
        if self.is_unread() {
            live.read_at_due(Reading::at(moment, of.id, self.due, self.start));
        }
        live
    }

    /// The same with what was read of it so far.
    pub(in crate::engine) fn as_read(&self, world: &World<'_>, of: &Written) -> Live {
        let (mut clock, days) = self.clock(world, of.id);
        let row = |(event, origin), time| Evidence { event, time, origin };
        let more = self.more.as_deref();
        let how = match self.phase {
            Phase::Over(how) => Some(how),
            Phase::Stopped => Some(End::Stop),
            Phase::None | Phase::Open => None,
        };
        if how.is_some() {
            clock.settle(days, self.end);
        }
        let end = how.map(|how| (self.end, how));
        let mut evidence = Rows::new();
        evidence.push(row(self.first, self.start));
        // A row that both pauses and ends it is one.
        let mut add = |row: Evidence| {
            if evidence.last() != Some(&row) {
                evidence.push(row);
            }
        };
        more.iter().flat_map(|more| &more.rows).copied().for_each(&mut add);
        if end.is_some() {
            add(row(self.last, self.end));
        }
        let opening = self.opening(of);
        let mut live = Live::taken_up(&opening, end, (self.tier, self.row), clock, evidence);
        if let Some(at_due) = more.and_then(|more| more.at_due.as_ref()) {
            live.read_at_due(at_due.clone());
        }
        live.remember(world, self.history(of));
        live
    }

    /// What an instance of which anything can be said remembers besides.
    fn history(&self, of: &Written) -> History<'_> {
        let more = self.more.as_deref();
        let halts = || more.filter(|more| !more.halts.is_empty()).map_or_else(|| vec![(self.start, self.halt)], |more| more.halts.clone());
        History {
            states: more.map_or(&[], |more| &more.states),
            noticed: self.noticed(),
            matchers: more.and_then(|more| more.matchers.as_deref()),
            halts: if of.carries { halts() } else { Vec::new() },
        }
    }

    /// The same as a promise to which anything can happen. Where nothing is written of it, nothing has.
    pub(in crate::engine) fn track(&self, moment: &Moment<'_>, track: usize, of: Option<&Written>) -> TrackState {
        let stopped = of.and_then(|of| self.stopped(of, moment));
        let live = of.filter(|_| self.is_open() || self.is_over()).map(|of| self.live(moment, of));
        TrackState::taken_up(moment.world, track, (self.seq, self.started), (live, self.is_over()), stopped)
    }
}
