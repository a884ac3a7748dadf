//! Events that objectives count, by period and group.

use crate::engine::Happening;
use crate::engine::facts::Facts;
use crate::engine::matcher::happens;
use crate::engine::truth::{Moment, Tiered, Truth, seen};
use crate::engine::world::World;
use crate::event::{Event, Value};
use crate::id::{AgreementId, EventId, Table, TierId};
use crate::model::{Trigger, Window};
use crate::plan::{Key, Plan, counts_events_alone};
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
    /// The group of the event at hand.
    #[serde(skip)]
    group: Vec<KeyValue>,
}

impl Counters {
    pub(super) fn new(plan: &Plan) -> Counters {
        Counters { tallies: vec![Tallies::default(); plan.counters.len()], finders: Vec::new(), group: Vec::new() }
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

    /// Those that look at cases count an event, and the states that were entered and left with it.
    pub(super) fn count(&mut self, world: &World<'_>, case: Option<&Facts>, happening: Happening<'_>, event: &Event) {
        let counting = &world.counting;
        let of_event = happening.event.map_or(&[][..], |event| &counting.by_event[event]);
        let states_moved = !happening.entered.is_empty() || !happening.left.is_empty();
        let of_states = if states_moved { counting.by_states.as_slice() } else { &[] };
        for at in of_event.iter().chain(of_states).filter(|at| happens(world.plan.counters[**at].on, happening)) {
            self.add(world, *at, &Moment { world, case, own: event.own, time: event.time, start: None });
        }
    }

    /// The others count an event.
    pub(super) fn count_alone(&mut self, world: &World<'_>, event: &Event<'_>) {
        let Some(what) = event.event else { return };
        for at in &world.counting.alone[what] {
            self.add(world, *at, &Moment { world, case: None, own: event.own, time: event.time, start: None });
        }
    }

    /// A counter counts what happens at a moment, if its agreement is in force and its conditions hold.
    fn add(&mut self, world: &World<'_>, at: usize, moment: &Moment<'_>) {
        let counter = &world.plan.counters[at];
        let term = &world.agreements[counter.agreement];
        if moment.time < term.from || moment.time >= term.to {
            return;
        }
        let conditions = [&counter.condition, &counter.filter];
        if conditions.into_iter().any(|c| moment.allows(c.as_ref()) != Truth::True) || moment.is_about(&counter.about) != Truth::True {
            return;
        }
        let Counters { tallies, finders, group } = self;
        finders.resize_with(tallies.len(), SlotFinder::default);
        let (slot, _) = finders[at].find(world, counter.agreement, counter.grain, moment.time);
        group.clear();
        group.extend(counter.by.iter().map(|key| key_at(moment, *key)));
        let tally = tallies[at].entry(slot).or_default().entry_ref(group.as_slice()).or_default();
        tally.events += 1;
        if let Some(field) = counter.value {
            tally.values.extend(moment.field(field).and_then(|value| seen(world, value)));
        }
    }
}

/// Which counters count what.
pub(super) struct Counting {
    by_event: Table<EventId, Vec<usize>>,
    by_states: Vec<usize>,
    /// Those that count an event whatever its case is like.
    alone: Table<EventId, Vec<usize>>,
    has_alone: bool,
}

impl Counting {
    pub(super) fn new(plan: &Plan) -> Counting {
        let none = || plan.events.iter().map(|_| Vec::new()).collect();
        let mut counting = Counting { by_event: none(), by_states: Vec::new(), alone: none(), has_alone: false };
        for (at, counter) in plan.counters.iter().enumerate() {
            match counter.on {
                Trigger::Event(event) if counts_events_alone(plan, counter) => counting.alone[event].push(at),
                Trigger::Event(event) => counting.by_event[event].push(at),
                Trigger::Entering(_) | Trigger::Leaving(_) => counting.by_states.push(at),
            }
        }
        counting.has_alone = counting.alone.iter().any(|counters| !counters.is_empty());
        counting
    }

    /// Whether some counter counts an event whatever its case is like.
    #[inline]
    pub(super) fn counts_alone(&self, event: Option<EventId>) -> bool {
        self.has_alone && event.is_some_and(|event| !self.alone[event].is_empty())
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
