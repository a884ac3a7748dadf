//! The verdict of one objective in one period, of one group.

use crate::ast::{Comparison, CountedBy};
use crate::engine::counter::KeyValue;
use crate::engine::money::{self, Owed};
use crate::engine::objective::measure::{Amount, Measured, join};
use crate::engine::objective::placement::{Slice, each_measure, words};
use crate::engine::objective::sample::Sample;
use crate::engine::objective::{Group, ObjectiveRecord, ObjectiveVerdict, Pace, Seen};
use crate::engine::outcome::Verdict;
use crate::engine::world::World;
use crate::event::Value;
use crate::id::{AgreementId, ObjectiveId};
use crate::plan::{Goal, Measure, Objective, Part};
use crate::quantity::Exact;
use crate::time::Instant;
use chrono::NaiveDate;
use std::cell::RefCell;
use std::cmp::Ordering;

/// How pending instances are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    AsItStands,
    AllMet,
    AllBreached,
}

/// One objective in one period, of one group.
pub(super) struct Scope<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) objective: &'a Objective,
    pub(super) agreement: AgreementId,
    pub(super) slice: &'a Slice,
    pub(super) group: &'a Vec<KeyValue>,
    pub(super) parts: &'a [&'a Part],
    /// The instances of this period and group: samples of its slots, each with one for every part.
    pub(super) samples: Vec<&'a [Sample]>,
    pub(super) seen: Seen<'a>,
    pub(super) as_of: Instant,
    /// What the period before was short of its goal.
    pub(super) carried_over: Exact,
    /// What was measured before and takes long: a verdict asks for it more than once.
    pub(super) known: RefCell<Vec<(*const Measure, Scenario, Measured)>>,
}

impl Scope<'_> {
    pub(super) fn record(&self, id: ObjectiveId) -> ObjectiveRecord {
        let shown = self.measure(first(&self.objective.goal), Scenario::AsItStands);
        let ended = self.as_of >= self.slice.to;
        let pace = self.pace();
        // Final where verdict and amounts agree, whatever becomes of what is pending.
        let is_pending = self.samples.iter().copied().flatten().any(|s| s.counts[Verdict::Pending as usize] > 0);
        let met = self.settled(if is_pending { Scenario::AllMet } else { Scenario::AsItStands });
        let breached = if is_pending { self.settled(Scenario::AllBreached) } else { met };
        let final_verdict = if met == breached { Some(met.0) } else { None };
        let verdict = match final_verdict {
            Some(verdict) if ended => match verdict {
                Some(true) if pace.is_some_and(|p| !p.kept) => ObjectiveVerdict::Missed,
                Some(true) => ObjectiveVerdict::Met,
                Some(false) => ObjectiveVerdict::Missed,
                None => ObjectiveVerdict::Unknown,
            },
            _ => ObjectiveVerdict::Open,
        };
        let (mut pending, mut void, mut unknown, mut open_breach) = (0, 0, 0, false);
        for sample in self.samples.iter().copied().flatten() {
            pending += sample.counts[Verdict::Pending as usize];
            void += sample.counts[Verdict::Void as usize];
            unknown += sample.counts[Verdict::Unknown as usize];
            open_breach |= sample.open_breach;
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
                Amount::Endless | Amount::Nothing | Amount::NoRow => None,
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
            bound: self.bound(),
            missing_rows: self.missing_rows(),
            pace,
            owed: if verdict == ObjectiveVerdict::Missed { met.1 } else { None },
        }
    }

    /// The goal as it is in this period.
    fn bound(&self) -> String {
        match &self.objective.goal {
            Goal::Compare(_, sign, Measure::Fixed(goal)) if !self.carried_over.is_zero() => {
                let whole = goal.add(self.carried_over).unwrap_or(*goal);
                format!("{} {}", sign.sign(), self.objective.unit.text(whole))
            }
            _ => self.objective.bound.clone(),
        }
    }

    /// How the running value stands against its share of the goal, on the last open day that has begun.
    fn pace(&self) -> Option<Pace> {
        let (share, calendar) = self.objective.pace?;
        let Goal::Compare(measure, _, Measure::Fixed(goal)) = &self.objective.goal else { return None };
        let calendar = &self.world.calendars[calendar];
        let (first, last) = self.slice.days;
        let today = self.world.agreements[self.agreement].zone.date(self.as_of).min(last);
        let day =
            std::iter::successors(Some(today), |d| d.pred_opt()).take_while(|d| *d >= first).find(|d| calendar.open_days(*d, *d) > 0)?;
        let days = |to: NaiveDate| Exact::whole(calendar.open_days(first, to) as i64);
        let expected = goal.add(self.carried_over)?.mul(days(day))?.div(days(last))?;
        let until = Slice { parts: self.slice.parts.iter().copied().filter(|p| p.day <= day).collect(), ..self.slice.clone() };
        let Amount::Known(value) = self.within(&until).measure(measure, Scenario::AsItStands).amount else { return None };
        let off = value.sub(expected)?;
        let off = if off.is_negative() { off.neg() } else { off };
        Some(Pace { day, expected, value, kept: off <= expected.mul(share)? })
    }

    /// The same over a part of the period.
    pub(super) fn within<'b>(&'b self, slice: &'b Slice) -> Scope<'b> {
        Scope {
            world: self.world,
            objective: self.objective,
            agreement: self.agreement,
            slice,
            group: self.group,
            parts: self.parts,
            samples: self.samples.clone(),
            seen: self.seen,
            as_of: self.as_of,
            carried_over: self.carried_over,
            known: RefCell::default(),
        }
    }

    /// The verdict of a scenario, and what it costs.
    fn settled(&self, scenario: Scenario) -> (Option<bool>, Option<Owed>) {
        let verdict = self.judged(scenario);
        if verdict != Some(false) {
            return (verdict, None);
        }
        let owed = match self.measure(first(&self.objective.goal), scenario).amount {
            Amount::Known(value) => money::owed(&self.objective.bands, value, |price| match self.measure(price, scenario).amount {
                Amount::Known(amount) => Some(amount),
                Amount::Endless | Amount::Nothing | Amount::NoRow => None,
            }),
            // A value without end is beyond every bound, and how far nobody knows: the period stays open.
            Amount::Endless | Amount::Nothing | Amount::NoRow => None,
        };
        (verdict, owed)
    }

    pub(super) fn named_group(&self) -> Vec<Group> {
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
            Goal::Compare(a, sign, b) => {
                let mut bound = self.measure(b, scenario);
                if let (Amount::Known(goal), true) = (bound.amount, self.objective.carry) {
                    bound.amount = Amount::Known(goal.add(self.carried_over).unwrap_or(goal));
                }
                self.compare(&self.measure(a, scenario), *sign, &bound, negated)
            }
            Goal::Not(inner) => self.goal(inner, scenario, !negated).map(|b| !b),
            Goal::All(goals) => join(goals.iter().map(|g| self.goal(g, scenario, negated)), false),
            Goal::Any(goals) => join(goals.iter().map(|g| self.goal(g, scenario, negated)), true),
        }
    }

    fn compare(&self, a: &Measured, sign: Comparison, b: &Measured, negated: bool) -> Option<bool> {
        // Too small a denominator, or a sample, says nothing, whatever its value.
        let small = |m: &Measured| m.sampled && m.n < u64::from(self.objective.sample);
        let order = match (a.amount, b.amount) {
            (Amount::NoRow, _) | (_, Amount::NoRow) => return None,
            (Amount::Nothing, _) | (_, Amount::Nothing) => return self.objective.no_data.map(|met| met != negated),
            _ if small(a) || small(b) => return None,
            (Amount::Endless, Amount::Endless) => Ordering::Equal,
            (Amount::Endless, Amount::Known(_)) => Ordering::Greater,
            (Amount::Known(_), Amount::Endless) => Ordering::Less,
            (Amount::Known(a), Amount::Known(b)) => a.cmp(&b),
        };
        Some(sign.holds(order))
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
