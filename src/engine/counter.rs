//! Events that objectives count, by period and group.

use crate::engine::Happening;
use crate::engine::facts::Facts;
use crate::engine::matcher::happens;
use crate::engine::truth::{Moment, Tiered, Truth, seen};
use crate::engine::world::World;
use crate::event::{Event, Value};
use crate::id::{AgreementId, EventId, Table, TierId};
use crate::model::{Trigger, Window};
use crate::plan::{Key, Plan};
use crate::quantity::Exact;
use crate::time::{Duration, Instant, Local, Period, Unit, Zone};
use chrono::{NaiveDate, NaiveDateTime};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of one key of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum KeyValue {
    Missing,
    Tier(TierId),
    Value(Value),
}

/// What was counted for a group in a period.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) events: u64,
    /// Values that were there, if values are wanted.
    pub(super) values: Vec<Exact>,
}

/// What is counted together: from the first day of a period on, or one of the stretches of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Slot {
    pub(super) day: NaiveDate,
    /// Which stretch of the day, from 0.
    pub(super) nth: u32,
}

/// One counter's tallies: by slot, and by group.
pub(super) type Tallies = BTreeMap<Slot, HashMap<Vec<KeyValue>, Tally>>;

/// All counters of a plan.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Counters {
    tallies: Vec<Tallies>,
    #[serde(skip)]
    finders: Vec<SlotFinder>,
    /// Which of them count each event, and which count states.
    #[serde(skip)]
    counting: Option<Counting>,
    /// The group of the event at hand.
    #[serde(skip)]
    group: Vec<KeyValue>,
}

impl Counters {
    pub(super) fn new(plan: &Plan) -> Counters {
        Counters { tallies: vec![Tallies::default(); plan.counters.len()], finders: Vec::new(), counting: None, group: Vec::new() }
    }

    pub(super) fn of(&self, counter: usize) -> &Tallies {
        &self.tallies[counter]
    }

    /// Takes what was counted of other cases.
    pub(super) fn absorb(&mut self, other: Counters) {
        for (tallies, more) in self.tallies.iter_mut().zip(other.tallies) {
            for (slot, of_slot) in more {
                let known = tallies.entry(slot).or_default();
                for (group, Tally { events, values }) in of_slot {
                    let tally = known.entry(group).or_default();
                    tally.events += events;
                    tally.values.extend(values);
                }
            }
        }
    }

    pub(super) fn count(&mut self, world: &World<'_>, case: Option<&Facts>, happening: Happening<'_>, event: &Event) {
        let Counters { tallies, finders, counting, group } = self;
        let counting = counting.get_or_insert_with(|| Counting::new(world.plan));
        finders.resize_with(tallies.len(), SlotFinder::default);
        let of_event = happening.event.map_or(&[][..], |event| &counting.by_event[event]);
        let states_moved = !happening.entered.is_empty() || !happening.left.is_empty();
        let of_states = if states_moved { counting.by_states.as_slice() } else { &[] };
        for at in of_event.iter().chain(of_states).copied() {
            let (counter, tallies, finder) = (&world.plan.counters[at], &mut tallies[at], &mut finders[at]);
            let term = &world.agreements[counter.agreement];
            if !happens(counter.on, happening) || event.time < term.from || event.time >= term.to {
                continue;
            }
            let moment = Moment { world, case, own: event.own, time: event.time, start: None };
            let conditions = [&counter.condition, &counter.filter];
            if conditions.into_iter().any(|c| moment.allows(c.as_ref()) != Truth::True) || moment.is_about(&counter.about) != Truth::True {
                continue;
            }
            let (slot, _) = finder.find(world, counter.agreement, counter.grain, event.time);
            group.clear();
            group.extend(counter.by.iter().map(|key| key_at(&moment, *key)));
            let tally = tallies.entry(slot).or_default().entry_ref(group.as_slice()).or_default();
            tally.events += 1;
            if let Some(field) = counter.value {
                tally.values.extend(moment.field(field).and_then(|value| seen(world, value)));
            }
        }
    }
}

/// Which counters count what.
#[derive(Debug)]
struct Counting {
    by_event: Table<EventId, Vec<usize>>,
    by_states: Vec<usize>,
}

impl Counting {
    fn new(plan: &Plan) -> Counting {
        let mut counting = Counting { by_event: plan.events.iter().map(|_| Vec::new()).collect(), by_states: Vec::new() };
        for (at, counter) in plan.counters.iter().enumerate() {
            match counter.on {
                Trigger::Event(event) => counting.by_event[event].push(at),
                Trigger::Entering(_) | Trigger::Leaving(_) => counting.by_states.push(at),
            }
        }
        counting
    }
}

pub(super) fn key_at(moment: &Moment<'_>, key: Key) -> KeyValue {
    match key {
        Key::Tier => match moment.tier() {
            Tiered::In(tier) => KeyValue::Tier(tier),
            Tiered::InNone | Tiered::Unknown(_) => KeyValue::Missing,
        },
        Key::Field(field) => moment.field(field).map_or(KeyValue::Missing, KeyValue::Value),
        Key::Reading(_) | Key::Group => KeyValue::Missing,
    }
}

/// Finds the slots of instants, most of which lie in periods that were found before.
#[derive(Debug, Default)]
pub(super) struct SlotFinder {
    /// First instants of periods, and the first after them, in order.
    known: Vec<(Instant, Instant, Slot)>,
}

impl SlotFinder {
    /// The period that holds an instant, of a rolling window its month; and when it begins and ends, if it is no stretch of a day.
    pub(super) fn find(
        &mut self,
        world: &World<'_>,
        agreement: AgreementId,
        grain: Window,
        t: Instant,
    ) -> (Slot, Option<(Instant, Instant)>) {
        let behind = self.known.partition_point(|(from, ..)| *from <= t);
        if let Some((from, to, slot)) = behind.checked_sub(1).map(|at| self.known[at])
            && t < to
        {
            return (slot, Some((from, to)));
        }
        let slot = slot_of(world, agreement, grain, t);
        let span = slot_span(world, agreement, grain, slot);
        if let Some((from, to)) = span {
            self.known.insert(behind, (from, to, slot));
        }
        (slot, span)
    }
}

/// The period that holds an instant; of a rolling window, its month.
fn slot_of(world: &World<'_>, agreement: AgreementId, grain: Window, t: Instant) -> Slot {
    let zone = &world.agreements[agreement].zone;
    let unit = match grain {
        Window::Each(unit) => unit,
        Window::Rolling(_) => Unit::Month,
        Window::Every(length) => {
            let wall = zone.local(t);
            let since_midnight = wall.time().signed_duration_since(chrono::NaiveTime::MIN).num_microseconds().unwrap_or(0);
            let mut slot = Slot { day: wall.date(), nth: (since_midnight / length.as_micros()) as u32 };
            while !slot.exists(zone, length) {
                slot.nth -= 1;
            }
            // Where the clock was set back, the second occurrence of a wall-clock time lies in a later stretch.
            while let Some(next) = slot.next(length).filter(|next| next.begins(zone, length) <= t) {
                slot = next;
            }
            return slot;
        }
    };
    let day = Period::holding(zone.date(t), unit, world.plan.agreements[agreement].fiscal).from;
    Slot { day, nth: 0 }
}

/// The first instant of a period, and the first after it; nothing for a stretch of a day.
fn slot_span(world: &World<'_>, agreement: AgreementId, grain: Window, slot: Slot) -> Option<(Instant, Instant)> {
    let unit = match grain {
        Window::Each(unit) => unit,
        Window::Rolling(_) => Unit::Month,
        Window::Every(_) => return None,
    };
    let zone = &world.agreements[agreement].zone;
    Some(Period::holding(slot.day, unit, world.plan.agreements[agreement].fiscal).instants(zone))
}

impl Slot {
    /// The first of a day.
    pub(super) fn first_of(day: NaiveDate) -> Slot {
        Slot { day, nth: 0 }
    }

    /// The next of the same day.
    pub(super) fn next(self, length: Duration) -> Option<Slot> {
        let next = Slot { nth: self.nth + 1, ..self };
        (i64::from(next.nth) * length.as_micros() < Duration::seconds(86_400).as_micros()).then_some(next)
    }

    /// Whether it is a stretch of its own: one whose beginning the clock skips is part of the one before it.
    pub(super) fn exists(self, zone: &Zone, length: Duration) -> bool {
        self.nth == 0 || !matches!(zone.find(self.wall(length)), Local::Skipped(_))
    }

    /// Its first instant.
    pub(super) fn begins(self, zone: &Zone, length: Duration) -> Instant {
        zone.instant(self.wall(length))
    }

    /// The wall-clock time at which it begins.
    pub(super) fn wall(self, length: Duration) -> NaiveDateTime {
        self.day.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::microseconds(i64::from(self.nth) * length.as_micros())
    }
}
