//! Events that objectives count, by period and group.

use crate::engine::Happening;
use crate::engine::case::CaseState;
use crate::engine::matcher::happens;
use crate::engine::truth::{Moment, Tiered, Truth, seen};
use crate::engine::world::World;
use crate::event::{Event, Value};
use crate::id::TierId;
use crate::model::Window;
use crate::plan::{Key, Plan};
use crate::quantity::Exact;
use crate::time::{Instant, Period, Unit};
use chrono::NaiveDate;
use std::collections::HashMap;

/// The value of one key of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum KeyValue {
    Missing,
    Tier(TierId),
    Value(Value),
}

/// What was counted for a group in a period.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) events: u64,
    /// Values that were there, if values are wanted.
    pub(super) values: Vec<Exact>,
}

/// One counter's tallies: by the first day of the period, and by group.
pub(super) type Tallies = HashMap<NaiveDate, HashMap<Vec<KeyValue>, Tally>>;

/// All counters of a plan.
pub(super) struct Counters {
    tallies: Vec<Tallies>,
}

impl Counters {
    pub(super) fn new(plan: &Plan) -> Counters {
        Counters { tallies: vec![Tallies::default(); plan.counters.len()] }
    }

    pub(super) fn of(&self, counter: usize) -> &Tallies {
        &self.tallies[counter]
    }

    pub(super) fn count(&mut self, world: &World<'_>, case: Option<&CaseState>, happening: Happening<'_>, event: &Event) {
        for (counter, tallies) in world.plan.counters.iter().zip(&mut self.tallies) {
            let term = &world.agreements[counter.agreement];
            if !happens(counter.on, happening) || event.time < term.from || event.time >= term.to {
                continue;
            }
            let moment = Moment { world, case, own: &event.own, time: event.time, start: None };
            let conditions = [&counter.condition, &counter.filter];
            if conditions.into_iter().any(|c| moment.allows(c.as_ref()) != Truth::True) || moment.is_about(&counter.about) != Truth::True {
                continue;
            }
            let period = period_of(world, counter.agreement, counter.window, event.time);
            let group: Vec<KeyValue> = counter.by.iter().map(|key| key_at(&moment, *key)).collect();
            let tally = tallies.entry(period).or_default().entry(group).or_default();
            tally.events += 1;
            if let Some(field) = counter.value {
                tally.values.extend(moment.field(field).and_then(seen));
            }
        }
    }
}

fn key_at(moment: &Moment<'_>, key: Key) -> KeyValue {
    match key {
        Key::Tier => match moment.tier() {
            Tiered::In(tier) => KeyValue::Tier(tier),
            Tiered::InNone | Tiered::Unknown(_) => KeyValue::Missing,
        },
        Key::Field(field) => moment.field(field).map_or(KeyValue::Missing, KeyValue::Value),
        Key::Reading(_) | Key::Group => KeyValue::Missing,
    }
}

/// The first day of the period that holds an instant; of a rolling window, of its month.
pub(super) fn period_of(world: &World<'_>, agreement: crate::id::AgreementId, window: Window, t: Instant) -> NaiveDate {
    let unit = match window {
        Window::Each(unit) => unit,
        Window::Rolling(_) => Unit::Month,
    };
    let date = world.agreements[agreement].zone.date(t);
    Period::holding(date, unit, world.plan.agreements[agreement].fiscal).from
}
