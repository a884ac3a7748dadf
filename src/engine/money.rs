//! What missed periods cost, and what they entitle to: section 2.6.
//!
//! Amounts are exact until a credit record is made; it is rounded once, half up, to the currency's minor unit. What a cap
//! takes is a record of its own, below zero.

use crate::ast::Rounding;
use crate::engine::objective::{Group, ObjectiveRecord, ObjectiveVerdict};
use crate::engine::world::World;
use crate::id::{AgreementId, ObjectiveId};
use crate::model::Window;
use crate::plan::{Band, Cap};
use crate::quantity::{Currency, Exact};
use crate::time::{Duration, Instant, Period, Unit};
use std::collections::BTreeMap;

/// What a missed period owes: which band, and how much before it is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The band's position.
    pub band: usize,
    /// The exact amount.
    pub amount: Exact,
}

/// A credit that a period owes.
#[derive(Clone, Debug)]
pub struct Credit {
    /// The objective.
    pub objective: ObjectiveId,
    /// The period.
    pub period: String,
    /// The group.
    pub by: Vec<Group>,
    /// The amount, rounded.
    pub amount: Exact,
    /// Its currency.
    pub currency: Currency,
    /// The band, as it is written.
    pub because: String,
}

/// What a cap takes from a period's credits.
#[derive(Clone, Debug)]
pub struct Capped {
    /// The agreement.
    pub agreement: AgreementId,
    /// The objective; nothing for the agreement's own cap.
    pub objective: Option<ObjectiveId>,
    /// The cap's period.
    pub period: String,
    /// The amount, below zero.
    pub amount: Exact,
    /// Its currency.
    pub currency: Currency,
    /// The cap, as it is written.
    pub because: String,
}

/// A right that arose.
#[derive(Clone, Debug)]
pub struct Right {
    /// The objective.
    pub objective: ObjectiveId,
    /// The period that completed the count.
    pub period: String,
    /// The group.
    pub by: Vec<Group>,
    /// What follows.
    pub right: String,
    /// The count, as it is written.
    pub because: String,
}

/// All that misses cost and entitle to.
#[derive(Clone, Debug, Default)]
pub struct Consequences {
    /// In the order of the objectives' records.
    pub credits: Vec<Credit>,
    /// Objectives' caps first, then agreements'.
    pub caps: Vec<Capped>,
    /// In the order of the objectives and periods.
    pub rights: Vec<Right>,
}

/// The band that a value takes: the lowest that it falls below, or the highest that it exceeds.
pub(super) fn owed(bands: &[Band], value: Exact) -> Option<Owed> {
    let beyond = |b: &Band| if b.above { value > b.bound } else { value < b.bound };
    let reached = bands.iter().enumerate().filter(|(_, b)| beyond(b));
    let (at, band) = reached.min_by(|(_, a), (_, b)| if a.above { b.bound.cmp(&a.bound) } else { a.bound.cmp(&b.bound) })?;
    let amount = match band.per {
        None => Some(band.amount),
        Some((rounding, unit)) => {
            let distance = if band.above { value.sub(band.bound) } else { band.bound.sub(value) };
            let units = distance?.div(unit)?;
            let units = match rounding {
                Rounding::Exact => units,
                Rounding::Started => units.ceil(),
                Rounding::Full => units.floor(),
            };
            band.amount.mul(units)
        }
    };
    amount.map(|amount| Owed { band: at, amount })
}

pub(super) fn consequences(world: &World<'_>, records: &[ObjectiveRecord]) -> Consequences {
    let mut made = Consequences::default();
    // A credit with the last instant of its period, which places it in the periods of caps.
    let mut credits: Vec<(Credit, Instant)> = Vec::new();
    for record in records {
        let objective = &world.plan.objectives[record.objective];
        let agreement = &world.plan.agreements[agreement_of(world, record.objective)];
        let (Some(owed), Some(currency)) = (record.owed, agreement.currency) else { continue };
        let amount = owed.amount.round(currency.decimals());
        if amount.is_zero() {
            continue;
        }
        let because = objective.bands[owed.band].text.clone();
        let (period, by) = (record.period.clone(), record.by.clone());
        let last = record.to.minus(Duration::micros(1));
        credits.push((Credit { objective: record.objective, period, by, amount, currency, because }, last));
    }
    objective_caps(world, &credits, &mut made.caps);
    only_the_highest(world, &mut credits, &mut made.caps);
    agreement_caps(world, &credits, &mut made.caps);
    made.credits = credits.into_iter().map(|(credit, _)| credit).collect();
    made.rights = rights(world, records);
    made
}

fn agreement_of(world: &World<'_>, objective: ObjectiveId) -> AgreementId {
    world.plan.services[world.plan.objectives[objective].service].agreement
}

/// Adds amounts that were rounded to the same minor unit; a sum past what is kept stays where it was.
fn sum(amounts: impl Iterator<Item = Exact>) -> Exact {
    amounts.fold(Exact::ZERO, |total, amount| total.add(amount).unwrap_or(total))
}

/// The label of a cap's period that holds an instant.
fn period(world: &World<'_>, agreement: AgreementId, per: Window, t: Instant) -> Period {
    let date = world.agreements[agreement].zone.date(t);
    match per {
        Window::Each(unit) => Period::holding(date, unit, world.plan.agreements[agreement].fiscal),
        Window::Rolling(n) => Period::rolling(date, n),
    }
}

/// What is over a cap, if anything. The cap itself is cut to the minor unit, so that no rounding exceeds it.
fn excess(cap: &Cap, total: Exact, currency: Currency) -> Option<Exact> {
    let scale = Exact::whole(10i64.pow(currency.decimals()));
    let limit = cap.amount.mul(scale)?.floor().div(scale)?;
    limit.sub(total).filter(|over| over.is_negative())
}

fn objective_caps(world: &World<'_>, credits: &[(Credit, Instant)], caps: &mut Vec<Capped>) {
    for (id, objective) in world.plan.objectives.enumerate() {
        let Some(cap) = &objective.cap else { continue };
        let agreement = agreement_of(world, id);
        // All groups of a period together; in the order of the periods.
        let mut totals: BTreeMap<(chrono::NaiveDate, String), (Exact, Currency)> = BTreeMap::new();
        for (credit, last) in credits.iter().filter(|(c, _)| c.objective == id) {
            let key = match cap.per {
                Some(per) => {
                    let period = period(world, agreement, per, *last);
                    (period.from, period.label)
                }
                None => (period(world, agreement, Window::Each(Unit::Day), *last).from, credit.period.clone()),
            };
            let total = totals.entry(key).or_insert((Exact::ZERO, credit.currency));
            total.0 = sum([total.0, credit.amount].into_iter());
        }
        for ((_, period), (total, currency)) in totals {
            if let Some(amount) = excess(cap, total, currency) {
                caps.push(Capped { agreement, objective: Some(id), period, amount, currency, because: cap.text.clone() });
            }
        }
    }
}

/// Of some objectives a period owes only the largest credit, after their own caps.
fn only_the_highest(world: &World<'_>, credits: &mut Vec<(Credit, Instant)>, caps: &mut Vec<Capped>) {
    for agreement in world.plan.agreements.iter() {
        for rivals in &agreement.highest {
            let mut periods: Vec<String> =
                credits.iter().filter(|(c, _)| rivals.contains(&c.objective)).map(|(c, _)| c.period.clone()).collect();
            periods.sort();
            periods.dedup();
            for period in periods {
                let net = |id: ObjectiveId| {
                    let owed = credits.iter().filter(|(c, _)| c.objective == id && c.period == period).map(|(c, _)| c.amount);
                    let taken = caps.iter().filter(|c| c.objective == Some(id) && c.period == period).map(|c| c.amount);
                    sum(owed.chain(taken))
                };
                // Of equals the first in the clause.
                let Some(highest) = rivals.iter().copied().rev().max_by_key(|id| net(*id)) else { continue };
                let loses = |id: ObjectiveId, of: &str| id != highest && rivals.contains(&id) && of == period;
                credits.retain(|(c, _)| !loses(c.objective, &c.period));
                caps.retain(|c| !c.objective.is_some_and(|id| loses(id, &c.period)));
            }
        }
    }
}

fn agreement_caps(world: &World<'_>, credits: &[(Credit, Instant)], caps: &mut Vec<Capped>) {
    for (id, agreement) in world.plan.agreements.enumerate() {
        for cap in &agreement.caps {
            let (Some(per), Some(currency)) = (cap.per, agreement.currency) else { continue };
            let mut totals: BTreeMap<(chrono::NaiveDate, String), Exact> = BTreeMap::new();
            for (credit, last) in credits.iter().filter(|(c, _)| agreement_of(world, c.objective) == id) {
                let period = period(world, id, per, *last);
                let total = totals.entry((period.from, period.label)).or_insert(Exact::ZERO);
                let taken = caps.iter().filter(|c| c.objective == Some(credit.objective) && c.period == credit.period).map(|c| c.amount);
                // An objective's own cap is for all groups of a period together: it is taken off with the first of them.
                let first = credits.iter().find(|(c, _)| (c.objective, &c.period) == (credit.objective, &credit.period));
                let taken = if first.is_some_and(|(c, _)| c.by == credit.by) { sum(taken) } else { Exact::ZERO };
                *total = sum([*total, credit.amount, taken].into_iter());
            }
            for ((_, period), total) in totals {
                if let Some(amount) = excess(cap, total, currency) {
                    caps.push(Capped { agreement: id, objective: None, period, amount, currency, because: cap.text.clone() });
                }
            }
        }
    }
}

/// Rights arise at the period that completes a count, and again only after the count fell below.
fn rights(world: &World<'_>, records: &[ObjectiveRecord]) -> Vec<Right> {
    // The periods of one objective and group follow each other across the versions of its agreement.
    let name = |id: ObjectiveId| {
        let (objective, service) = (&world.plan.objectives[id], &world.plan.services[world.plan.objectives[id].service]);
        (world.plan.agreements[service.agreement].name.as_str(), service.name.as_str(), objective.name.as_str())
    };
    let mut series: Vec<Vec<&ObjectiveRecord>> = Vec::new();
    let mut index: BTreeMap<(_, &[Group]), usize> = BTreeMap::new();
    for record in records.iter().filter(|r| r.verdict != ObjectiveVerdict::Open) {
        let at = *index.entry((name(record.objective), record.by.as_slice())).or_insert_with(|| {
            series.push(Vec::new());
            series.len() - 1
        });
        series[at].push(record);
    }
    let mut rights = Vec::new();
    for mut periods in series {
        periods.sort_by_key(|r| r.from);
        let rules = periods.iter().map(|r| world.plan.objectives[r.objective].chronic.len()).max().unwrap_or(0);
        for rule in 0..rules {
            let mut held = false;
            for (i, record) in periods.iter().enumerate() {
                let Some(chronic) = world.plan.objectives[record.objective].chronic.get(rule) else { continue };
                let missed = |r: &ObjectiveRecord| r.verdict == ObjectiveVerdict::Missed && (!chronic.below_minimum || r.below_minimum);
                let window = chronic.among.unwrap_or(chronic.count) as usize;
                let last = &periods[(i + 1).saturating_sub(window)..=i];
                let holds = last.iter().filter(|r| missed(r)).count() >= chronic.count as usize;
                if holds && !held {
                    rights.push(Right {
                        objective: record.objective,
                        period: record.period.clone(),
                        by: record.by.clone(),
                        right: chronic.right.clone(),
                        because: chronic.text.clone(),
                    });
                }
                held = holds;
            }
        }
    }
    rights
}
