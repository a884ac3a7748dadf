//! Objectives by period and group: section 2.5.

mod measure;
mod placement;

use crate::ast::{Comparison, CountedBy};
use crate::engine::counter::{Counters, KeyValue, Tally};
use crate::engine::money::{self, Owed};
use crate::engine::outcome::{Outcome, Verdict};
use crate::engine::world::World;
use crate::event::Value;
use crate::id::ObjectiveId;
use crate::model::Statistic;
use crate::plan::{Goal, Measure, Objective, Part};
use crate::quantity::Exact;
use crate::time::Instant;
use measure::{Amount, Measured, arithmetic, join, of_values, whole};
use placement::{Slice, each_measure, groups, parts_of, place, same_part, slices, words};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What became of an objective in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectiveVerdict {
    /// It held.
    Met,
    /// It did not.
    Missed,
    /// The period goes on, or something pending may still change it.
    Open,
    /// It cannot be known.
    Unknown,
}

impl ObjectiveVerdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            ObjectiveVerdict::Met => "met",
            ObjectiveVerdict::Missed => "missed",
            ObjectiveVerdict::Open => "open",
            ObjectiveVerdict::Unknown => "unknown",
        }
    }
}

/// One key of a group: its name and its value; no value is a group of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The field, or `tier`.
    pub key: String,
    /// The value in words.
    pub value: Option<String>,
}

/// An objective in a period, of a group.
#[derive(Clone, Debug)]
pub struct ObjectiveRecord {
    /// The objective.
    pub objective: ObjectiveId,
    /// The period's label.
    pub period: String,
    /// Its first instant.
    pub from: Instant,
    /// One past its last instant.
    pub to: Instant,
    /// The group.
    pub by: Vec<Group>,
    /// The value of the first comparison's left side, in its unit; durations are seconds.
    pub value: Option<Exact>,
    /// Of a ratio: what is divided, and by what.
    pub ratio: Option<(Exact, Exact)>,
    /// What the denominator or the sample counts.
    pub n: u64,
    /// Instances of the period that are pending.
    pub pending: u64,
    /// Instances of the period that are void.
    pub void: u64,
    /// Instances of the period that are unknown.
    pub unknown: u64,
    /// What became of it.
    pub verdict: ObjectiveVerdict,
    /// The period is cut by the agreement's term.
    pub partial: bool,
    /// An open breach may still move the value.
    pub provisional: bool,
    /// The harder level was missed too.
    pub below_minimum: bool,
    /// What the miss costs, if anything.
    pub owed: Option<Owed>,
}

/// How pending instances are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scenario {
    AsItStands,
    AllMet,
    AllBreached,
}

pub(super) fn evaluate(world: &World<'_>, outcomes: &[Outcome], counters: &Counters, as_of: Instant) -> Vec<ObjectiveRecord> {
    let mut records = Vec::new();
    for (id, objective) in world.plan.objectives.enumerate() {
        let agreement = world.plan.services[objective.service].agreement;
        let parts = parts_of(objective);
        let placed = place(world, objective, agreement, &parts, outcomes);
        for slice in slices(world, objective, agreement, as_of) {
            for group in groups(world, objective, &slice, &placed, counters) {
                let instances = slice.parts.iter().filter_map(|p| placed.get(p)?.get(&group)).flatten().copied().collect();
                let scope = Scope { world, objective, slice: &slice, group: &group, parts: &parts, instances, counters };
                records.push(scope.record(id, as_of));
            }
        }
    }
    records
}

/// One objective in one period, of one group.
struct Scope<'a> {
    world: &'a World<'a>,
    objective: &'a Objective,
    slice: &'a Slice,
    group: &'a Vec<KeyValue>,
    parts: &'a [&'a Part],
    /// The instances of this period and group, each with its part.
    instances: Vec<(usize, &'a Outcome)>,
    counters: &'a Counters,
}

impl Scope<'_> {
    fn record(&self, id: ObjectiveId, as_of: Instant) -> ObjectiveRecord {
        let shown = self.measure(first(&self.objective.goal), Scenario::AsItStands);
        let ended = as_of >= self.slice.to;
        // Final where verdict and amounts agree, whatever becomes of what is pending.
        let (met, breached) = (self.settled(Scenario::AllMet), self.settled(Scenario::AllBreached));
        let final_verdict = if met == breached { Some(met.0) } else { None };
        let verdict = match final_verdict {
            Some(verdict) if ended => match verdict {
                Some(true) => ObjectiveVerdict::Met,
                Some(false) => ObjectiveVerdict::Missed,
                None => ObjectiveVerdict::Unknown,
            },
            _ => ObjectiveVerdict::Open,
        };
        let (mut pending, mut void, mut unknown, mut open_breach) = (0, 0, 0, false);
        for (_, outcome) in &self.instances {
            match outcome.verdict {
                Verdict::Pending => pending += 1,
                Verdict::Void => void += 1,
                Verdict::Unknown => unknown += 1,
                Verdict::Breached => open_breach |= outcome.open,
                Verdict::Met => {}
            }
        }
        let moves = self.objective.counted_by == CountedBy::Stop || measures_clocks(&self.objective.goal);
        let below = match (&self.objective.minimum, verdict) {
            (_, ObjectiveVerdict::Open) | (None, _) => false,
            _ if matches!(shown.amount, Amount::Nothing) => false,
            (Some((sign, bound)), _) => self.compare(&shown, *sign, &self.measure(bound, Scenario::AsItStands), false) == Some(false),
        };
        ObjectiveRecord {
            objective: id,
            period: self.slice.label.clone(),
            from: self.slice.from,
            to: self.slice.to,
            by: self.named_group(),
            value: match shown.amount {
                Amount::Known(value) => Some(value),
                Amount::Endless | Amount::Nothing => None,
            },
            ratio: shown.ratio,
            n: shown.n,
            pending,
            void,
            unknown,
            verdict,
            partial: self.slice.partial,
            provisional: open_breach && moves,
            below_minimum: below,
            owed: if verdict == ObjectiveVerdict::Missed { met.1 } else { None },
        }
    }

    /// The verdict of a scenario, and what it costs.
    fn settled(&self, scenario: Scenario) -> (Option<bool>, Option<Owed>) {
        let verdict = self.judged(scenario);
        if verdict != Some(false) {
            return (verdict, None);
        }
        let owed = match self.measure(first(&self.objective.goal), scenario).amount {
            Amount::Known(value) => money::owed(&self.objective.bands, value),
            // A value without end is beyond every bound, and how far nobody knows: the period stays open.
            Amount::Endless | Amount::Nothing => None,
        };
        (verdict, owed)
    }

    fn named_group(&self) -> Vec<Group> {
        let names = self.objective.by.iter().zip(self.group);
        names
            .map(|(name, key)| {
                let value = match key {
                    KeyValue::Value(Value::Member(_)) => self.members(name).and_then(|m| words(self.world, Some(m), *key)),
                    key => words(self.world, None, *key),
                };
                Group { key: name.clone(), value }
            })
            .collect()
    }

    /// The members of the enumerated field of this name.
    fn members(&self, name: &str) -> Option<&[String]> {
        self.world.plan.fields.iter().filter(|f| f.name == name).find_map(|f| match &f.ty {
            crate::model::Type::Members(members) => Some(members.as_slice()),
            _ => None,
        })
    }

    fn judged(&self, scenario: Scenario) -> Option<bool> {
        let shown = self.measure(first(&self.objective.goal), scenario);
        let goal = self.goal(&self.objective.goal, scenario, false);
        match &self.objective.minimum {
            None => goal,
            Some((sign, bound)) => {
                let minimum = self.compare(&shown, *sign, &self.measure(bound, scenario), false);
                join([goal, minimum].into_iter(), false)
            }
        }
    }

    /// `negated`: under an odd number of nots, where a period without data must come out the other way.
    fn goal(&self, goal: &Goal, scenario: Scenario, negated: bool) -> Option<bool> {
        match goal {
            Goal::Compare(a, sign, b) => self.compare(&self.measure(a, scenario), *sign, &self.measure(b, scenario), negated),
            Goal::Not(inner) => self.goal(inner, scenario, !negated).map(|b| !b),
            Goal::All(goals) => join(goals.iter().map(|g| self.goal(g, scenario, negated)), false),
            Goal::Any(goals) => join(goals.iter().map(|g| self.goal(g, scenario, negated)), true),
        }
    }

    fn compare(&self, a: &Measured, sign: Comparison, b: &Measured, negated: bool) -> Option<bool> {
        // Too small a denominator, or a sample, says nothing, whatever its value.
        let small = |m: &Measured| m.sampled && m.n < u64::from(self.objective.sample);
        let order = match (a.amount, b.amount) {
            (Amount::Nothing, _) | (_, Amount::Nothing) => return self.objective.no_data.map(|met| met != negated),
            _ if small(a) || small(b) => return None,
            (Amount::Endless, Amount::Endless) => Ordering::Equal,
            (Amount::Endless, Amount::Known(_)) => Ordering::Greater,
            (Amount::Known(_), Amount::Endless) => Ordering::Less,
            (Amount::Known(a), Amount::Known(b)) => a.cmp(&b),
        };
        Some(sign.holds(order))
    }

    /// The instances of one part.
    fn of_part(&self, part: &Part) -> impl Iterator<Item = &Outcome> {
        let wanted = self.parts.iter().position(|p| same_part(p, part));
        self.instances.iter().filter(move |(part, _)| Some(*part) == wanted).map(|(_, outcome)| *outcome)
    }

    fn measure(&self, measure: &Measure, scenario: Scenario) -> Measured {
        match measure {
            Measure::Fixed(value) => Measured { amount: Amount::Known(*value), ratio: None, n: 0, fixed: true, sampled: false },
            Measure::Met(parts) => self.met(parts, scenario),
            Measure::Misses(part) => {
                let (mut misses, mut n) = (0, 0);
                for outcome in self.of_part(part) {
                    let verdict = taken(outcome.verdict, scenario);
                    misses += u64::from(verdict == Verdict::Breached);
                    n += u64::from(matches!(verdict, Verdict::Met | Verdict::Breached));
                }
                Measured { amount: Amount::Known(whole(misses)), ratio: None, n, fixed: false, sampled: false }
            }
            Measure::OfClock(statistic, part) => self.of_clock(*statistic, part, scenario),
            Measure::Count(counter) => {
                let n = self.tallies(*counter).map(|t| t.events).sum();
                Measured { amount: Amount::Known(whole(n)), ratio: None, n, fixed: false, sampled: false }
            }
            Measure::OfField(statistic, counter) => {
                let values: Vec<Exact> = self.tallies(*counter).flat_map(|t| t.values.iter().copied()).collect();
                let n = values.len() as u64;
                let values = values.into_iter().map(Amount::Known).collect();
                Measured { amount: of_values(*statistic, values), ratio: None, n, fixed: false, sampled: *statistic != Statistic::Sum }
            }
            Measure::Arithmetic(a, operator, b) => {
                let (a, b) = (self.measure(a, scenario), self.measure(b, scenario));
                arithmetic(&a, *operator, &b)
            }
            Measure::Rounded(how, inner) => {
                let inner = self.measure(inner, scenario);
                let amount = match inner.amount {
                    Amount::Known(value) => Amount::Known(how.of(value)),
                    other => other,
                };
                Measured { amount, ratio: None, ..inner }
            }
        }
    }

    fn tallies(&self, counter: usize) -> impl Iterator<Item = &Tally> {
        self.slice.parts.iter().filter_map(move |p| self.counters.of(counter).get(p)?.get(self.group))
    }

    /// Met over decided; of several obligations, by case.
    fn met(&self, parts: &[Part], scenario: Scenario) -> Measured {
        let (mut met, mut decided) = (0u64, 0u64);
        if let [only] = parts {
            for outcome in self.of_part(only) {
                match taken(outcome.verdict, scenario) {
                    Verdict::Met => (met, decided) = (met + 1, decided + 1),
                    Verdict::Breached => decided += 1,
                    _ => {}
                }
            }
        } else {
            let mut cases: BTreeMap<_, (bool, bool, bool)> = BTreeMap::new();
            for outcome in parts.iter().flat_map(|p| self.of_part(p)) {
                let case = cases.entry(outcome.case).or_default();
                match taken(outcome.verdict, scenario) {
                    Verdict::Met => case.0 = true,
                    Verdict::Breached => case.1 = true,
                    Verdict::Pending => case.2 = true,
                    Verdict::Void | Verdict::Unknown => {}
                }
            }
            for (some_met, breached, pending) in cases.into_values() {
                if (some_met || breached) && !pending {
                    decided += 1;
                    met += u64::from(!breached);
                }
            }
        }
        let value = Exact::ratio(met.into(), decided.into());
        let ratio = value.map(|_| (whole(met), whole(decided)));
        Measured { amount: value.map_or(Amount::Nothing, Amount::Known), ratio, n: decided, fixed: false, sampled: true }
    }

    /// Elapsed times of decided instances; a pending one is met as it stands, or breached without end.
    fn of_clock(&self, statistic: Statistic, part: &Part, scenario: Scenario) -> Measured {
        let mut values = Vec::new();
        for outcome in self.of_part(part) {
            let elapsed = outcome.elapsed.map(|d| Amount::Known(d.as_seconds()));
            match (outcome.verdict, scenario) {
                (Verdict::Met | Verdict::Breached, _) | (Verdict::Pending, Scenario::AllMet) => values.extend(elapsed),
                (Verdict::Pending, Scenario::AllBreached) => values.push(Amount::Endless),
                _ => {}
            }
        }
        let n = values.len() as u64;
        Measured { amount: of_values(statistic, values), ratio: None, n, fixed: false, sampled: true }
    }
}

/// The left side of the first comparison: the value that is shown.
fn first(goal: &Goal) -> &Measure {
    match goal {
        Goal::Compare(left, ..) => left,
        Goal::All(goals) | Goal::Any(goals) => first(&goals[0]),
        Goal::Not(inner) => first(inner),
    }
}

fn measures_clocks(goal: &Goal) -> bool {
    let mut any = false;
    each_measure(goal, &mut |m| any |= matches!(m, Measure::OfClock(..)));
    any
}

fn taken(verdict: Verdict, scenario: Scenario) -> Verdict {
    match (verdict, scenario) {
        (Verdict::Pending, Scenario::AllMet) => Verdict::Met,
        (Verdict::Pending, Scenario::AllBreached) => Verdict::Breached,
        (verdict, _) => verdict,
    }
}
