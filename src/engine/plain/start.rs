//! How an instance of a plain promise begins.

use crate::engine::clock::{Clock, Halt};
use crate::engine::live::clocked;
use crate::engine::plain::{Aim, NotPlain, Phase, Plain, Written, hits};
use crate::engine::promise::{Role, halt};
use crate::engine::target::{self, Choice, Need};
use crate::engine::track::Turn;
use crate::engine::truth::Truth;
use crate::engine::world::World;
use crate::id::ObligationId;
use crate::time::Instant;

impl Plain {
    /// The event starts an instance, where none is open.
    #[inline]
    pub(super) fn start(&mut self, of: &Written, turn: &Turn<'_>) -> Result<(), NotPlain> {
        let Turn { moment, happening, event, roles, .. } = *turn;
        if of.once && self.started {
            return Ok(());
        }
        if !roles.surely(Role::Start) && !hits(moment, of.id, Role::Start, roles, happening)? {
            return Ok(());
        }
        if self.phase == Phase::None && of.is_in_force(event.time) {
            self.begin(of, turn)?;
        } else if self.is_over() {
            return Err(NotPlain);
        }
        self.started = true;
        Ok(())
    }

    #[inline]
    fn begin(&mut self, of: &Written, turn: &Turn<'_>) -> Result<(), NotPlain> {
        let Turn { moment, event, tier, .. } = *turn;
        let world = moment.world;
        if !of.is_about_all {
            match moment.is_about(&world.obligation(of.id).about) {
                Truth::True => {}
                Truth::False => return Ok(()),
                Truth::Unknown(_) => return Err(NotPlain),
            }
        }
        let Some(facts) = moment.case else { return Err(NotPlain) };
        let tier = tier.get();
        let aim = match of.aim(tier) {
            Some(Some(aim)) => *aim,
            Some(None) => return Ok(()),
            None => {
                let duty = clocked(world, of.id);
                match target::choose(&duty.rows, |i| moment.allows(duty.rows[i].condition.as_ref()), tier) {
                    Choice::Row(row) => Aim::at(duty, u32::try_from(row).map_err(|_| NotPlain)?),
                    Choice::Nothing => return Ok(()),
                    Choice::Waits(_) | Choice::Unknown(_) => return Err(NotPlain),
                }
            }
        };
        // Where it is unknown no row asks for it now, but it may become known.
        let known = tier.known().ok_or(NotPlain)?;
        let (due, need) = due_of(world, of.id, aim, event.time).ok_or(NotPlain)?;
        let halt = if of.halts { halt(moment, of.id) } else { Halt::Runs };
        (self.phase, self.halt, self.passed) = (Phase::Open, halt, false);
        (self.seq, self.row, self.tier) = (self.seq + 1, aim.row, known);
        (self.start, self.due, self.alert, self.end) = (event.time, due, due, event.time);
        (self.first, self.last) = ((event.event, event.origin), Default::default());
        self.forget_more();
        if need.is_some() {
            self.more().need = need;
        }
        if facts.had_states() {
            facts.time_in_states(event.time, &mut self.more().states);
        }
        if self.is_halted() || (of.notifies && aim.alert.is_none()) {
            self.alert = self.next_alert(of, world);
        } else if let Some(first) = aim.alert {
            self.alert = world.calendars[aim.calendar].advance(event.time, first).map_or(due, |first| first.min(due));
        }
        Ok(())
    }
}

/// When the target of a row is used up that counts from `start` on, and what it asks for if that is a named instant; nothing where its
/// calendar ends first.
#[inline]
pub(in crate::engine) fn due_of(world: &World<'_>, id: ObligationId, aim: Aim, start: Instant) -> Option<(Instant, Option<Need>)> {
    let days = &world.calendars[aim.calendar];
    if let Some(open) = aim.open {
        return Some((days.advance(start, open)?, None));
    }
    let row = &clocked(world, id).rows[aim.row as usize];
    let need: Need = target::need(row.target, &world.calendars[row.clock.unwrap_or(aim.calendar)], start, None)?;
    let due = Clock::start(aim.calendar, days, Some(need), start, Halt::Runs).due()?;
    Some((due, Some(need).filter(|need| need.named)))
}
