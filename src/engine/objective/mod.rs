//! Objectives by period and group: section 2.5.

mod down;
mod measure;
mod placement;
mod record;
mod sample;
mod scope;
mod stretches;
mod value;

use crate::engine::counter::{Counters, KeyValue, Slot, Tally};
use crate::engine::world::World;
use crate::id::{Id, ObjectiveId};
use crate::model::Window;
use crate::plan::{Goal, Measure, Objective};
use crate::quantity::Exact;
use crate::time::Instant;
pub(super) use down::Downs;
use hashbrown::{HashMap, HashSet};
pub(super) use measure::{Amount, of_times};
use placement::{Groups, Slice, parts_of, slices};
pub use record::{Group, MeasuredRecord, ObjectiveRecord, ObjectiveVerdict, Pace};
pub(super) use sample::{Asks, Sampled, Samples};
use scope::Scope;
use std::cell::RefCell;

/// What was counted and measured besides instances.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    counters: &'a Counters,
    downs: &'a Downs,
}

impl<'a> Seen<'a> {
    /// A counter's tallies in a period.
    fn tallies(
        self,
        world: &'a World<'a>,
        counter: usize,
        slice: &'a Slice,
    ) -> impl Iterator<Item = (Slot, &'a HashMap<Vec<KeyValue>, Tally>)> {
        let grain = world.plan.counters[counter].grain;
        let zone = &world.agreements[world.plan.counters[counter].agreement].zone;
        // What is counted by stretches of a day belongs to the period that holds their first instants.
        let inside = move |slot: &Slot| match grain {
            Window::Every(length) => (slice.from..slice.to).contains(&slot.begins(zone, length)),
            Window::Each(_) | Window::Rolling(_) => slice.parts.contains(slot),
        };
        let last = Slot { day: slice.days.1, nth: u32::MAX };
        let first = slice.parts.first().map_or(Slot::first_of(slice.days.0), |p| *p.min(&Slot::first_of(slice.days.0)));
        let (first, last) = if slice.stretch { (slice.parts[0], slice.parts[0]) } else { (first, last) };
        self.counters.of(counter).range(first..=last).map(|(slot, groups)| (*slot, groups)).filter(move |(slot, _)| inside(slot))
    }
}

pub(super) fn evaluate(world: &World<'_>, samples: &Samples, counters: &Counters, downs: &Downs, as_of: Instant) -> Vec<ObjectiveRecord> {
    let seen = Seen { counters, downs };
    let all = world.plan.objectives.enumerate();
    all.flat_map(|(id, objective)| of_objective(world, id, objective, samples.of(id.index()), seen, as_of)).collect()
}

pub(super) fn measured(world: &World<'_>, samples: &Samples, counters: &Counters, downs: &Downs, as_of: Instant) -> Vec<MeasuredRecord> {
    let seen = Seen { counters, downs };
    let all = world.plan.measured.iter().enumerate();
    let records = all.flat_map(|(i, m)| {
        let sampled = samples.of(world.plan.objectives.len() + i);
        let records = of_objective(world, ObjectiveId::from_index(0), &m.objective, sampled, seen, as_of);
        records.into_iter().map(|r| MeasuredRecord {
            agreement: m.agreement,
            name: m.name.clone(),
            period: r.period,
            to: r.to,
            partial: r.partial,
            value: r.value,
        })
    });
    records.collect()
}

fn of_objective(
    world: &World<'_>,
    id: ObjectiveId,
    objective: &Objective,
    sampled: &Sampled,
    seen: Seen<'_>,
    as_of: Instant,
) -> Vec<ObjectiveRecord> {
    let mut records = Vec::new();
    let agreement = world.plan.services[objective.service].agreement;
    let parts = parts_of(objective);
    let mut carried = Carried::default();
    let slices = slices(world, objective, agreement, as_of);
    let all = Groups::of(world, objective, &slices, sampled, &seen);
    for slice in &slices {
        let groups = all.of_slice(world, objective, slice, sampled, &seen);
        for group in groups.iter().copied() {
            let samples = slice.parts.iter().filter_map(|p| sampled.get(p, group)).collect();
            let carried_over = carried.of(group);
            let known = RefCell::default();
            let scope = Scope { world, objective, agreement, slice, group, parts: &parts, samples, seen, as_of, carried_over, known };
            let mut record = scope.record(id);
            carried.hold_open(group, &mut record);
            records.push(record);
        }
        if objective.carry {
            carried.on(&objective.goal, &groups, &records[records.len() - groups.len()..]);
        }
    }
    records
}

/// What groups were short of their goals, to be added to the next.
#[derive(Default)]
struct Carried(HashMap<Vec<KeyValue>, (Exact, bool)>);

impl Carried {
    fn of(&self, group: &Vec<KeyValue>) -> Exact {
        self.0.get(group).map_or(Exact::ZERO, |c| c.0)
    }

    /// A goal that waits for the period before it waits too.
    fn hold_open(&self, group: &Vec<KeyValue>, record: &mut ObjectiveRecord) {
        if self.0.get(group).is_some_and(|c| c.1) {
            (record.verdict, record.owed, record.below_minimum) = (ObjectiveVerdict::Open, None, false);
        }
    }

    /// Takes a period's records, of these groups; a group that was not seen in it delivered nothing.
    fn on(&mut self, goal: &Goal, groups: &[&Vec<KeyValue>], records: &[ObjectiveRecord]) {
        let Goal::Compare(_, _, Measure::Fixed(goal)) = goal else { return };
        let seen: HashSet<&Vec<KeyValue>> = groups.iter().copied().collect();
        for (_, carried) in self.0.iter_mut().filter(|(group, _)| !seen.contains(group)) {
            carried.0 = carried.0.add(*goal).unwrap_or(carried.0);
        }
        for (group, record) in groups.iter().copied().zip(records) {
            let goal = goal.add(self.of(group)).unwrap_or(*goal);
            let short = record.value.and_then(|value| goal.sub(value)).filter(|short| !short.is_negative()).unwrap_or(Exact::ZERO);
            self.0.insert(group.clone(), (short, record.verdict == ObjectiveVerdict::Open));
        }
    }
}
