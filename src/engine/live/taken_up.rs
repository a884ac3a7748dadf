//! An instance that was one of a plain promise until something else happened, and one that is nothing else than that.

use crate::engine::clock::{Clock, Halt};
use crate::engine::live::{End, Live, Matchers, Noticed, Reading, Rest, clocked};
use crate::engine::outcome::{Evidence, Rows};
use crate::engine::truth::Truth;
use crate::engine::world::World;
use crate::id::{ObligationId, TierId};
use crate::time::{Duration, Instant};

/// Which instance something is about.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Opening {
    pub(in crate::engine) obligation: ObligationId,
    pub(in crate::engine) track: u32,
    pub(in crate::engine) seq: u32,
    pub(in crate::engine) start: Instant,
}

/// An instance that has just begun.
pub(in crate::engine) struct TakenUp<'l> {
    pub(in crate::engine) opening: Opening,
    pub(in crate::engine) tier: Option<TierId>,
    pub(in crate::engine) row: u32,
    pub(in crate::engine) clock: &'l Clock,
    pub(in crate::engine) evidence: &'l Evidence,
    pub(in crate::engine) states: &'l [Duration],
}

/// What an instance was kept with, besides what all have.
pub(in crate::engine) struct History<'h> {
    pub(in crate::engine) states: &'h [Duration],
    pub(in crate::engine) noticed: Noticed,
    pub(in crate::engine) matchers: Option<&'h Matchers>,
    /// When its clock stood still and ran again, from the start on, if a later target may ask for it.
    pub(in crate::engine) halts: Vec<(Instant, Halt)>,
}

impl Live {
    /// An instance that was kept as one of a plain promise.
    pub(in crate::engine) fn taken_up(
        opening: &Opening,
        end: Option<(Instant, End)>,
        (tier, row): (Option<TierId>, u32),
        clock: Clock,
        evidence: Rows,
    ) -> Live {
        let Opening { obligation, track, seq, start } = *opening;
        let blank = Live::blank(obligation, track, seq, start);
        Live { tier, row: Some(row), clock: Some(clock), end, evidence, ..blank }
    }

    /// What else is known of an instance that was kept.
    pub(in crate::engine) fn remember(&mut self, world: &World<'_>, history: History<'_>) {
        let duty = clocked(world, self.obligation);
        let History { states, noticed, matchers, halts } = history;
        if !states.is_empty() {
            self.rest_mut().states = states.to_vec();
        }
        if !duty.notices.is_empty() {
            self.rest_mut().noticed = noticed;
        }
        if world.promises[self.obligation].counts {
            self.rest_mut().matchers = Some(Box::new(matchers.cloned().unwrap_or_else(|| Matchers::new(duty))));
        }
        if !halts.is_empty() {
            let rest = self.rest_mut();
            (rest.truths, rest.halts) = (vec![Truth::True; duty.rows.len()], halts);
        }
    }

    /// Its beginning, if nothing else has happened to it, and its target is known.
    pub(in crate::engine) fn just_begun(&self) -> Option<TakenUp<'_>> {
        let Live { start, evidence, clock, .. } = self;
        let (clock, [evidence], rest) = (clock.as_ref()?, evidence.as_slice(), self.rest()) else { return None };
        let Rest {
            waits: None,
            unknown: None,
            ruled: None,
            saved: None,
            at_due: None,
            matchers: None,
            group: None,
            first: None,
            states,
            ..
        } = rest
        else {
            return None;
        };
        let has_target = !(self.tier_open || self.calendar_ended || self.used_up) && self.excluded == 0;
        let is_new = self.end.is_none() && clock.mark() == *start && rest.noticed == Noticed::NONE;
        (has_target && is_new).then_some(TakenUp { opening: self.opening(), tier: self.tier, row: self.row?, clock, evidence, states })
    }

    /// The case was so when it was due.
    pub(in crate::engine) fn read_at_due(&mut self, reading: Reading) {
        self.rest_mut().at_due = Some(reading);
    }
}
