//! Which instances belong to which period and group.

use crate::engine::counter::{KeyValue, Slot};
use crate::engine::objective::Seen;
use crate::engine::objective::sample::Sampled;
use crate::engine::world::World;
use crate::event::Value;
use crate::id::{AgreementId, Id};
use crate::model::Window;
use crate::plan::{Goal, Measure, Objective, Part};
use crate::quantity::Exact;
use crate::time::{Instant, Period, Unit};
use chrono::{Days, NaiveDate};
use hashbrown::HashMap;

/// A period of an objective, cut to the agreement's term.
#[derive(Clone)]
pub(super) struct Slice {
    pub(super) label: String,
    /// What is counted together.
    pub(super) parts: Vec<Slot>,
    /// First and last day.
    pub(super) days: (NaiveDate, NaiveDate),
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) partial: bool,
    /// It is one stretch of a day.
    pub(super) stretch: bool,
}

/// The obligations that an objective measures, each once with its grouping and filter.
pub(super) fn parts_of(objective: &Objective) -> Vec<&Part> {
    let mut parts: Vec<&Part> = Vec::new();
    let mut add = |part| {
        if !parts.iter().any(|p: &&Part| same_part(p, part)) {
            parts.push(part);
        }
    };
    each_measure(&objective.goal, &mut |m| match m {
        Measure::Met(list) => list.iter().for_each(&mut add),
        Measure::Misses(part) | Measure::OfClock(_, part) => add(part),
        _ => {}
    });
    parts
}

pub(super) fn same_part(a: &Part, b: &Part) -> bool {
    a.obligation == b.obligation && a.filter == b.filter && a.by == b.by
}

pub(super) fn each_measure<'g>(goal: &'g Goal, f: &mut impl FnMut(&'g Measure)) {
    match goal {
        Goal::Compare(a, _, b) => {
            each_inner(a, f);
            each_inner(b, f);
        }
        Goal::All(goals) | Goal::Any(goals) => goals.iter().for_each(|g| each_measure(g, f)),
        Goal::Not(goal) => each_measure(goal, f),
    }
}

pub(super) fn each_inner<'g>(measure: &'g Measure, f: &mut impl FnMut(&'g Measure)) {
    f(measure);
    match measure {
        Measure::Arithmetic(a, _, b) => {
            each_inner(a, f);
            each_inner(b, f);
        }
        Measure::Rounded(_, inner) | Measure::OfBuckets(_, inner, _) => each_inner(inner, f),
        _ => {}
    }
}

/// The periods of the term that have begun.
pub(super) fn slices(world: &World<'_>, objective: &Objective, agreement: AgreementId, as_of: Instant) -> Vec<Slice> {
    let (term, terms) = (&world.agreements[agreement], &world.plan.agreements[agreement]);
    let today = term.zone.date(as_of);
    let last = terms.to.map_or(today, |to| to.min(today));
    if last < terms.from {
        return Vec::new();
    }
    let cut = |period: &Period| {
        let (from, to) = period.instants(&term.zone);
        (from.max(term.from), to.min(term.to), from < term.from || to > term.to)
    };
    let whole = |period: Period| {
        let (from, to, partial) = cut(&period);
        let days = (period.from.max(terms.from), terms.to.map_or(period.to, |to| to.min(period.to)));
        let parts = match (objective.window, objective.grain) {
            (Window::Rolling(_), _) => {
                Period::all(Unit::Month, terms.fiscal, period.from, period.to).map(|m| Slot::first_of(m.from)).collect()
            }
            (_, Window::Each(Unit::Day)) => period.from.iter_days().take_while(|d| *d <= period.to).map(Slot::first_of).collect(),
            _ => vec![Slot::first_of(period.from)],
        };
        Slice { label: period.label, parts, days, from, to, partial, stretch: false }
    };
    match objective.window {
        Window::Each(unit) => Period::all(unit, terms.fiscal, terms.from, last).map(whole).collect(),
        // From the first window that lies inside of the term; each ends with a month.
        Window::Rolling(n) => Period::all(Unit::Month, terms.fiscal, terms.from, last)
            .map(|month| Period::rolling(month.from, n))
            .filter(|window| window.from >= terms.from)
            .map(whole)
            .collect(),
        Window::Every(length) => {
            let days = terms.from.iter_days().take_while(|d| *d <= last);
            let slots = days.flat_map(|day| std::iter::successors(Some(Slot::first_of(day)), move |slot| slot.next(length)));
            let exists = |slot: &Slot| slot.exists(&term.zone, length);
            let stretch = |slot: Slot| {
                let next = std::iter::successors(slot.next(length), |slot| slot.next(length)).find(exists);
                let end = next.map_or_else(|| term.zone.midnight(slot.day + Days::new(1)), |n| n.begins(&term.zone, length));
                let label = slot.wall(length).format("%Y-%m-%dT%H:%M").to_string();
                let (from, days) = (slot.begins(&term.zone, length), (slot.day, slot.day));
                Slice { label, parts: vec![slot], days, from, to: end, partial: false, stretch: true }
            };
            slots.filter(exists).map(stretch).take_while(|s| s.from <= as_of).filter(|s| s.from < s.to).collect()
        }
    }
}

/// All groups of an objective, in the order of their values.
pub(super) struct Groups {
    in_order: Vec<Vec<KeyValue>>,
    ranks: HashMap<Vec<KeyValue>, usize>,
}

impl Groups {
    /// Those that were seen in some periods.
    pub(super) fn of(world: &World<'_>, objective: &Objective, slices: &[Slice], sampled: &Sampled, seen: &Seen<'_>) -> Groups {
        let mut ranks: HashMap<Vec<KeyValue>, usize> = HashMap::new();
        for slice in slices {
            each_group(world, objective, slice, sampled, seen, &mut |group| {
                if !ranks.contains_key(group) {
                    ranks.insert(group.clone(), 0);
                }
            });
        }
        let mut in_order: Vec<Vec<KeyValue>> = ranks.keys().cloned().collect();
        in_order.sort_by_cached_key(|group| group.iter().map(|k| order(world, *k)).collect::<Vec<_>>());
        for (rank, group) in in_order.iter().enumerate() {
            ranks.insert(group.clone(), rank);
        }
        Groups { in_order, ranks }
    }

    /// Those of one of the periods, in order.
    pub(super) fn of_slice(
        &self,
        world: &World<'_>,
        objective: &Objective,
        slice: &Slice,
        sampled: &Sampled,
        seen: &Seen<'_>,
    ) -> Vec<&Vec<KeyValue>> {
        let mut found = Vec::new();
        each_group(world, objective, slice, sampled, seen, &mut |group| found.push(self.ranks[group]));
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|rank| &self.in_order[rank]).collect()
    }
}

/// Gives the groups that were seen in a period, some of them more than once; the one group of all, where nothing is grouped.
fn each_group(
    world: &World<'_>,
    objective: &Objective,
    slice: &Slice,
    sampled: &Sampled,
    seen: &Seen<'_>,
    give: &mut impl FnMut(&Vec<KeyValue>),
) {
    if objective.by.is_empty() {
        return give(&Vec::new());
    }
    slice.parts.iter().flat_map(|p| sampled.groups(p)).for_each(&mut *give);
    each_measure(&objective.goal, &mut |m| match m {
        Measure::Count(c) | Measure::OfField(_, c) => {
            seen.tallies(world, *c, slice).flat_map(|(_, groups)| groups.keys()).for_each(&mut *give);
        }
        Measure::Down(down) => {
            seen.downs.groups(down.down, slice.from, slice.to).for_each(&mut *give);
        }
        _ => {}
    });
}

/// Tiers and members follow their declaration, numbers their size, texts the alphabet; what is missing comes last.
fn order(world: &World<'_>, key: KeyValue) -> (u8, usize, Option<Exact>, String) {
    match key {
        KeyValue::Tier(tier) => (0, tier.index(), None, String::new()),
        KeyValue::Value(Value::Member(m)) => (0, m as usize, None, String::new()),
        KeyValue::Value(value) => {
            (1, 0, crate::engine::truth::seen(world, value), words(world, None, KeyValue::Value(value)).unwrap_or_default())
        }
        KeyValue::Missing => (2, 0, None, String::new()),
    }
}

/// A key's value in words.
pub(super) fn words(world: &World<'_>, members: Option<&[String]>, key: KeyValue) -> Option<String> {
    Some(match key {
        KeyValue::Missing => return None,
        KeyValue::Tier(tier) => world.plan.tiers[tier].name.clone(),
        KeyValue::Value(value) => match value {
            Value::Text(text) => world.texts.text(text).to_string(),
            Value::Member(m) => members.and_then(|names| names.get(m as usize)).cloned().unwrap_or_default(),
            Value::Number(_) | Value::Long(_) => value.as_number(&world.texts.table())?.short(9),
            Value::Bool(b) => b.to_string(),
            Value::Duration(d) => d.to_string(),
            Value::Date(d) => d.to_string(),
            Value::Time(t) => t.utc().to_string(),
        },
    })
}
