//! What missed periods cost, and what they entitle to: section 2.6.
//!
//! Amounts are exact until a credit record is made; it is rounded once, half up, to the currency's minor unit. What a cap
//! takes is a record of its own, below zero.

use crate::ast::Rounding;
use crate::engine::kept::Outcomes;
use crate::engine::objective::{Group, ObjectiveRecord, ObjectiveVerdict};
use crate::engine::outcome::{Outcome, Verdict};
use crate::engine::world::World;
use crate::event::Key;
use crate::id::{AgreementId, CaseId, ObjectiveId, ObligationId, Table};
use crate::model::Window;
use crate::plan::{Band, Cap, Measure};
use crate::quantity::{Currency, Exact};
use crate::time::{Duration, Instant, Period, Unit};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What a missed period owes: which band, and how much before it is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The band's position.
    pub band: usize,
    /// How much for each unit.
    pub rate: Exact,
    /// How many units are paid for; one, of a step.
    pub units: Exact,
    /// The exact amount.
    pub amount: Exact,
}

/// What an amount is owed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A missed period of an objective.
    Objective {
        /// The objective.
        objective: ObjectiveId,
        /// The group.
        by: Vec<Group>,
    },
    /// A breached instance of an obligation.
    Obligation {
        /// The obligation.
        obligation: ObligationId,
        /// The case; nothing for a duty of each period.
        case: Option<(CaseId, Key<Box<str>>)>,
        /// Which instance.
        seq: u32,
    },
}

/// An amount that is owed. It is the rate times the units, rounded once.
#[derive(Clone, Debug)]
pub struct Credit {
    /// What for.
    pub cause: Cause,
    /// The period; of a breach, the day of its due.
    pub period: String,
    /// The amount, rounded; below zero where it is returned.
    pub amount: Exact,
    /// Its currency.
    pub currency: Currency,
    /// The band or the penalty, as it is written.
    pub because: String,
    /// The value that was missed, in the objective's unit; of a breach, its lateness in seconds.
    pub value: Option<Exact>,
    /// How much for each unit.
    pub rate: Exact,
    /// How many units.
    pub units: Exact,
    /// By when it must be claimed.
    pub claim_by: Option<Instant>,
    /// It goes on growing.
    pub provisional: bool,
    /// It gives an earlier one back.
    pub returned: bool,
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
    /// In the order of the objectives' records, then of the breaches; what is earned back comes last.
    pub credits: Vec<Credit>,
    /// Credits that nobody claimed in time.
    pub lapsed: Vec<Credit>,
    /// Objectives' caps first, then agreements'.
    pub caps: Vec<Capped>,
    /// In the order of the objectives and periods.
    pub rights: Vec<Right>,
}

/// A credit and what places it.
#[derive(Clone)]
struct Placed {
    credit: Credit,
    agreement: AgreementId,
    /// Of an objective's: which, and the period's instants.
    objective: Option<ObjectiveId>,
    from: Instant,
    /// One past the last instant of its own period; the last one places it in the periods of caps.
    to: Instant,
    /// What the objective's own cap leaves of it.
    net: Exact,
}

impl Placed {
    fn last(&self) -> Instant {
        self.to.minus(Duration::micros(1))
    }

    fn group(&self) -> &[Group] {
        match &self.credit.cause {
            Cause::Objective { by, .. } => by,
            Cause::Obligation { .. } => &[],
        }
    }
}

/// The band that a value takes: the lowest that it falls below, or the highest that it exceeds.
/// What a unit costs may stand in a table.
pub(super) fn owed(bands: &[Band], value: Exact, price: impl Fn(&Measure) -> Option<Exact>) -> Option<Owed> {
    let beyond = |b: &Band| if b.above { value > b.bound } else { value < b.bound };
    let reached = bands.iter().enumerate().filter(|(_, b)| beyond(b));
    let (at, band) = reached.min_by(|(_, a), (_, b)| if a.above { b.bound.cmp(&a.bound) } else { a.bound.cmp(&b.bound) })?;
    let units = match band.per {
        None => Exact::ONE,
        Some((rounding, unit)) => {
            let distance = if band.above { value.sub(band.bound) } else { band.bound.sub(value) };
            counted(distance?.div(unit)?, rounding)
        }
    };
    let rate = price(&band.amount)?;
    Some(Owed { band: at, rate, units, amount: rate.mul(units)? })
}

fn counted(units: Exact, rounding: Rounding) -> Exact {
    match rounding {
        Rounding::Exact => units,
        Rounding::Started => units.ceil(),
        Rounding::Full => units.floor(),
    }
}

pub(super) fn consequences(
    world: &World<'_>,
    records: &[ObjectiveRecord],
    outcomes: &Outcomes,
    claims: &Table<AgreementId, Vec<Instant>>,
    as_of: Instant,
) -> Consequences {
    let mut made = Consequences::default();
    let breaches_cost = world.plan.obligations.iter().any(|o| o.penalty.is_some());
    let costly = outcomes.of(if breaches_cost { &[Verdict::Breached] } else { &[] });
    let all = records.iter().filter_map(|r| credit(world, r)).chain(costly.filter_map(|o| penalty(world, &o)));
    let (lapsed, owed): (Vec<Placed>, Vec<Placed>) =
        all.map(|placed| claimed_by(world, placed)).partition(|placed| has_lapsed(world, placed, claims, as_of));
    let (owed, caps) = after_caps(world, owed);
    let returned = earned_back(world, records, &owed, &caps);
    made.lapsed = lapsed.into_iter().map(|p| p.credit).collect();
    made.credits = owed.into_iter().map(|p| p.credit).chain(returned).collect();
    made.caps = caps;
    made.rights = rights(world, records, as_of);
    made
}

/// What a missed period of an objective owes; nothing where it rounds to nothing.
fn credit(world: &World<'_>, record: &ObjectiveRecord) -> Option<Placed> {
    let objective = &world.plan.objectives[record.objective];
    let agreement = agreement_of(world, record.objective);
    let (owed, currency) = (record.owed?, world.plan.agreements[agreement].currency?);
    let band = &objective.bands[owed.band];
    let amount = owed.amount.round(currency.decimals());
    let credit = Credit {
        cause: Cause::Objective { objective: record.objective, by: record.by.clone() },
        period: record.period.clone(),
        amount,
        currency,
        because: band.text.clone(),
        value: record.value,
        rate: owed.rate,
        units: owed.units,
        claim_by: None,
        provisional: record.provisional,
        returned: false,
    };
    let placed = Placed { credit, agreement, objective: Some(record.objective), from: record.from, to: record.to, net: amount };
    (!amount.is_zero()).then_some(placed)
}

/// What a breach costs. It falls on the day of its due, and grows while it is open.
fn penalty(world: &World<'_>, outcome: &Outcome) -> Option<Placed> {
    let obligation = world.obligation(outcome.obligation);
    let (penalty, due) = (obligation.penalty.as_ref().filter(|_| outcome.verdict == Verdict::Breached)?, outcome.due?);
    let agreement = world.plan.services[obligation.service].agreement;
    let currency = world.plan.agreements[agreement].currency?;
    let units = match penalty.per {
        None => Exact::ONE,
        Some((rounding, unit)) => counted(outcome.late.as_seconds().div(unit.as_seconds())?, rounding),
    };
    let amount = penalty.amount.mul(units)?.round(currency.decimals());
    let day = period(world, agreement, Window::Each(Unit::Day), due);
    let (from, to) = day.instants(&world.agreements[agreement].zone);
    let credit = Credit {
        cause: Cause::Obligation { obligation: outcome.obligation, case: outcome.case.clone(), seq: outcome.seq },
        period: day.label,
        amount,
        currency,
        because: penalty.text.clone(),
        value: Some(outcome.late.as_seconds()),
        rate: penalty.amount,
        units,
        claim_by: None,
        provisional: outcome.open && penalty.per.is_some(),
        returned: false,
    };
    (!amount.is_zero()).then_some(Placed { credit, agreement, objective: None, from, to, net: amount })
}

/// Says by when a credit must be claimed.
fn claimed_by(world: &World<'_>, mut placed: Placed) -> Placed {
    if let Some(claim) = &world.plan.agreements[placed.agreement].claim {
        placed.credit.claim_by = claim.within.due(&world.calendars[claim.calendar], placed.to);
    }
    placed
}

/// Whether the time for a claim is over and nothing claimed it.
fn has_lapsed(world: &World<'_>, placed: &Placed, claims: &Table<AgreementId, Vec<Instant>>, as_of: Instant) -> bool {
    let named = world.plan.agreements[placed.agreement].claim.as_ref().is_some_and(|c| c.on.is_some());
    let claimed = |by: Instant| claims[placed.agreement].iter().any(|t| (placed.to..=by).contains(t));
    placed.credit.claim_by.is_some_and(|by| named && by < as_of && !claimed(by))
}

/// Caps of objectives, then the highest of rivals, then caps of agreements.
fn after_caps(world: &World<'_>, mut owed: Vec<Placed>) -> (Vec<Placed>, Vec<Capped>) {
    let mut caps = objective_caps(world, &mut owed);
    if only_the_highest(world, &mut owed) {
        // What the losers had taken from their own caps is theirs no more.
        caps = objective_caps(world, &mut owed);
    }
    agreement_caps(world, &owed, &mut caps);
    (owed, caps)
}

/// Credits that come back: together what would not have been owed without them.
fn earned_back(world: &World<'_>, records: &[ObjectiveRecord], owed: &[Placed], caps: &[Capped]) -> Vec<Credit> {
    let (back, rest): (Vec<_>, Vec<_>) = owed.iter().map(|p| (p, earned_in(world, records, p))).partition(|(_, period)| period.is_some());
    if back.is_empty() {
        return Vec::new();
    }
    let rest: Vec<Placed> = rest.into_iter().map(|(placed, _)| placed.clone()).collect();
    let (rest, caps_of_rest) = after_caps(world, rest);
    let total = |owed: &[Placed], caps: &[Capped], id: AgreementId| {
        let credits = owed.iter().filter(|p| p.agreement == id).map(|p| p.credit.amount);
        sum(credits.chain(caps.iter().filter(|c| c.agreement == id).map(|c| c.amount)))
    };
    let mut left: BTreeMap<AgreementId, Exact> = BTreeMap::new();
    let mut returned = Vec::new();
    for (placed, period) in back {
        let id = placed.agreement;
        let left = left.entry(id).or_insert_with(|| total(owed, caps, id).sub(total(&rest, &caps_of_rest, id)).unwrap_or(Exact::ZERO));
        let amount = placed.net.min(*left);
        *left = left.sub(amount).unwrap_or(Exact::ZERO);
        let (Some(period), true) = (period, amount > Exact::ZERO) else { continue };
        let when = placed.objective.and_then(|id| world.plan.objectives[id].earned).map_or("", |o| world.plan.objectives[o].name.as_str());
        let because = format!("earned back when {when} ({})", placed.credit.period);
        let (rate, units, amount) = (amount.neg(), Exact::ONE, amount.neg());
        returned.push(Credit { amount, because, rate, units, period, claim_by: None, returned: true, ..placed.credit.clone() });
    }
    returned
}

/// The next period of the other objective that contains this one and is met: for the same group, or as a whole.
fn earned_in(world: &World<'_>, records: &[ObjectiveRecord], placed: &Placed) -> Option<String> {
    let objective = &world.plan.objectives[placed.objective?];
    let when = objective.earned?;
    let same_groups = world.plan.objectives[when].by == objective.by;
    let contains = |r: &&ObjectiveRecord| r.objective == when && r.from <= placed.from && placed.to <= r.to;
    let alike = |r: &&ObjectiveRecord| !same_groups || r.by == placed.group();
    let containing: Vec<&ObjectiveRecord> = records.iter().filter(contains).filter(alike).collect();
    let met = |period: &str| containing.iter().filter(|r| r.period == period).all(|r| r.verdict == ObjectiveVerdict::Met);
    containing.iter().find(|r| met(&r.period)).map(|r| r.period.clone())
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
        // No cap is for less than a day.
        Window::Every(_) => Period::holding(date, Unit::Day, world.plan.agreements[agreement].fiscal),
    }
}

/// What is over a cap, if anything. The cap itself is cut to the minor unit, so that no rounding exceeds it.
fn excess(cap: &Cap, total: Exact, currency: Currency) -> Option<Exact> {
    let scale = Exact::whole(10i64.pow(currency.decimals()));
    let limit = cap.amount.mul(scale)?.floor().div(scale)?;
    limit.sub(total).filter(|over| over.is_negative())
}

/// What objectives' own caps take, off the nets of their credits.
fn objective_caps(world: &World<'_>, owed: &mut [Placed]) -> Vec<Capped> {
    let mut caps = Vec::new();
    owed.iter_mut().for_each(|p| p.net = p.credit.amount);
    for (id, objective) in world.plan.objectives.enumerate() {
        let Some(cap) = &objective.cap else { continue };
        let agreement = agreement_of(world, id);
        // All groups of a period together; in the order of the periods.
        let mut periods: BTreeMap<(NaiveDate, String), Vec<usize>> = BTreeMap::new();
        for (at, placed) in owed.iter().enumerate().filter(|(_, p)| p.objective == Some(id)) {
            let key = match cap.per {
                Some(per) => {
                    let period = period(world, agreement, per, placed.last());
                    (period.from, period.label)
                }
                None => (period(world, agreement, Window::Each(Unit::Day), placed.last()).from, placed.credit.period.clone()),
            };
            periods.entry(key).or_default().push(at);
        }
        for ((_, period), credits) in periods {
            let currency = owed[credits[0]].credit.currency;
            let total = sum(credits.iter().map(|at| owed[*at].net));
            let Some(amount) = excess(cap, total, currency) else { continue };
            // The last credits are the first that are taken.
            let mut over = amount.neg();
            for at in credits.into_iter().rev() {
                let taken = owed[at].net.min(over);
                owed[at].net = owed[at].net.sub(taken).unwrap_or(Exact::ZERO);
                over = over.sub(taken).unwrap_or(Exact::ZERO);
            }
            caps.push(Capped { agreement, objective: Some(id), period, amount, currency, because: cap.text.clone() });
        }
    }
    caps
}

/// Of some objectives a period owes only the largest credit, after their own caps; whether any credit went.
fn only_the_highest(world: &World<'_>, owed: &mut Vec<Placed>) -> bool {
    let before = owed.len();
    for rivals in world.plan.agreements.iter().flat_map(|a| &a.highest) {
        let mut nets: BTreeMap<String, BTreeMap<ObjectiveId, Exact>> = BTreeMap::new();
        for placed in owed.iter() {
            if let Some(id) = placed.objective.filter(|id| rivals.contains(id)) {
                let net = nets.entry(placed.credit.period.clone()).or_default().entry(id).or_insert(Exact::ZERO);
                *net = net.add(placed.net).unwrap_or(*net);
            }
        }
        // Of equals the first in the clause.
        let of = |nets: &BTreeMap<ObjectiveId, Exact>, id: ObjectiveId| nets.get(&id).copied().unwrap_or(Exact::ZERO);
        let highest = |nets: &BTreeMap<ObjectiveId, Exact>| rivals.iter().copied().rev().max_by_key(|id| of(nets, *id));
        let winners: BTreeMap<String, Option<ObjectiveId>> = nets.iter().map(|(period, nets)| (period.clone(), highest(nets))).collect();
        owed.retain(|p| !p.objective.is_some_and(|id| rivals.contains(&id)) || winners.get(&p.credit.period) == Some(&p.objective));
    }
    owed.len() < before
}

fn agreement_caps(world: &World<'_>, owed: &[Placed], caps: &mut Vec<Capped>) {
    for (id, agreement) in world.plan.agreements.enumerate() {
        for cap in &agreement.caps {
            let (Some(per), Some(currency)) = (cap.per, agreement.currency) else { continue };
            let mut totals: BTreeMap<(NaiveDate, String), Exact> = BTreeMap::new();
            for placed in owed.iter().filter(|p| p.agreement == id) {
                let period = period(world, id, per, placed.last());
                let total = totals.entry((period.from, period.label)).or_insert(Exact::ZERO);
                *total = total.add(placed.net).unwrap_or(*total);
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
fn rights(world: &World<'_>, records: &[ObjectiveRecord], as_of: Instant) -> Vec<Right> {
    // The periods of one objective and group follow each other across the versions of its agreement.
    let name = |id: ObjectiveId| {
        let (objective, service) = (&world.plan.objectives[id], &world.plan.services[world.plan.objectives[id].service]);
        (world.plan.agreements[service.agreement].name.as_str(), service.name.as_str(), objective.name.as_str())
    };
    let mut series: Vec<Vec<&ObjectiveRecord>> = Vec::new();
    let mut index: BTreeMap<(_, &[Group]), usize> = BTreeMap::new();
    // A period that has ended without a verdict holds its place; the one that goes on does not yet.
    for record in records.iter().filter(|r| r.verdict != ObjectiveVerdict::Open || r.to <= as_of) {
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
