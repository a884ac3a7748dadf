//! How an instance begins: its tier, its target and its clock, once they are known.

use crate::engine::Sink;
use crate::engine::clock::{Clock, Halt};
use crate::engine::live::{Live, Matchers, clocked};
use crate::engine::target::{self, Choice};
use crate::engine::truth::{Moment, Tiered, Truth};
use crate::engine::world::World;
use crate::event::Value;
use crate::model::Retier;
use crate::plan::Clocked;
use chrono::NaiveDate;

/// What a start gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Opened {
    Instance,
    /// One that is unknown at once and blocks nothing.
    UnknownInstance,
    Nothing,
}

impl Live {
    /// Opens an instance at an event. `applies` is the start's own truth joined with the cases that the duty is about.
    #[inline]
    pub(in crate::engine) fn open(&mut self, moment: &Moment<'_>, applies: Truth, tier: Tiered, halt: Halt) -> Opened {
        let world = moment.world;
        let promise = &world.promises[self.obligation];
        let clocked = clocked(world, self.obligation);
        match applies {
            Truth::False => return Opened::Nothing,
            Truth::Unknown(gap) => {
                self.rest_mut().unknown = Some(gap);
                self.set_tier(tier);
                return Opened::UnknownInstance;
            }
            Truth::True => {}
        }
        for (bit, condition) in clocked.excluded_if.iter().enumerate() {
            match moment.holds(condition) {
                Truth::True => self.excluded |= 1 << bit,
                Truth::False => {}
                // Whether its clock runs cannot be known.
                Truth::Unknown(gap) => self.rest_mut().unknown = Some(gap),
            }
        }
        if let Some(case) = moment.case.filter(|case| case.had_states()) {
            let start = self.start;
            case.time_in_states(start, &mut self.rest_mut().states);
        }
        self.set_tier(tier);
        if !clocked.notices.is_empty() {
            self.rest_mut();
        }
        if promise.counts {
            self.anew(world);
        }
        // Most rows have no condition, and most tiers are known.
        match promise.row_of(tier).filter(|_| !promise.retiers) {
            Some(None) => return Opened::Nothing,
            Some(Some(row)) => {
                self.start_clock(world, clocked, row as usize, halt);
                return Opened::Instance;
            }
            None => {}
        }
        let read = |row: &crate::plan::Row| moment.allows(row.condition.as_ref());
        let choice = target::choose(&clocked.rows, |i| read(&clocked.rows[i]), tier);
        if choice == Choice::Nothing {
            return Opened::Nothing;
        }
        // Only a target that is chosen later, or chosen again, asks for what was before.
        if !matches!(choice, Choice::Row(_)) || clocked.retier == Retier::Carry {
            let halts = vec![(self.start, halt)];
            let truths = clocked.rows.iter().map(read).collect();
            let rest = self.rest_mut();
            (rest.truths, rest.halts) = (truths, halts);
        }
        match choice {
            Choice::Nothing => {}
            Choice::Waits(gap) => self.rest_mut().waits = Some(gap),
            Choice::Unknown(gap) => self.rest_mut().unknown = Some(gap),
            Choice::Row(row) => self.start_clock(world, clocked, row, halt),
        }
        Opened::Instance
    }

    /// Opens an instance of a duty of each period.
    pub(in crate::engine) fn open_period(
        mut self,
        world: &World<'_>,
        first: NaiveDate,
        group: Option<Option<Value>>,
        halt: Halt,
    ) -> Option<Live> {
        let moment = Moment { world, case: None, own: &[], time: self.start, start: None };
        let rest = self.rest_mut();
        (rest.first, rest.group) = (Some(first), group);
        (self.open(&moment, Truth::True, Tiered::InNone, halt) == Opened::Instance).then_some(self)
    }

    #[inline]
    pub(super) fn set_tier(&mut self, tier: Tiered) {
        (self.tier, self.tier_open) = match tier {
            Tiered::In(tier) => (Some(tier), false),
            Tiered::InNone => (None, false),
            Tiered::Unknown(_) => (None, true),
        };
    }

    /// Counts begin anew.
    #[inline]
    pub(super) fn anew(&mut self, world: &World<'_>) {
        let promise = &world.promises[self.obligation];
        if let Some(clocked) = promise.clocked.filter(|_| promise.counts) {
            self.rest_mut().matchers = Some(Box::new(Matchers::new(clocked)));
        }
    }

    /// Starts the clock of a row, at the start.
    #[inline]
    fn start_clock(&mut self, world: &World<'_>, clocked: &Clocked, at: usize, halt: Halt) {
        let row = &clocked.rows[at];
        self.row = u32::try_from(at).ok();
        let calendar = row.clock.expect("a row with a target has a calendar");
        let need = target::need(row.target, &world.calendars[calendar], self.start, self.rest().first);
        self.calendar_ended = need.is_none();
        let running = row.running[self.excluded as usize];
        self.clock = Some(Clock::start(running, &world.calendars[running], need, self.start, halt));
    }

    /// Starts the clock of a row, at the start, through all halts since. Notices that it would have given on the way are
    /// given now, if there is somewhere to give them.
    pub(super) fn set_target(&mut self, world: &World<'_>, clocked: &Clocked, row: usize, mut sink: Option<(&Moment<'_>, &mut Sink)>) {
        let halts = std::mem::take(&mut self.rest_mut().halts);
        self.start_clock(world, clocked, row, halts.first().map(|h| h.1).unwrap_or_default());
        for (t, halt) in halts.iter().skip(1) {
            if let Some((moment, sink)) = &mut sink {
                self.give_notices(moment, *t, false, sink);
            }
            if *halt == Halt::Runs {
                self.skip_notices(world, *t);
            }
            if let Some(clock) = &mut self.clock {
                clock.set(&world.calendars[clock.calendar], *halt, *t);
            }
        }
        if let Some((moment, sink)) = sink {
            self.give_notices(moment, moment.time, false, sink);
        }
        if clocked.retier == Retier::Carry {
            self.rest_mut().halts = halts;
        }
    }
}
