//! The most that agreements can cost: each clause in its period, and all of them in a year.

use crate::id::{AgreementId, ObjectiveId};
use crate::model::{Agreement, Band, Cap, Goal, Measure, MeasureKind, MeasureUnit, Model, Objective, Type, Window, called};
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::{Period, Unit};
use chrono::Days;

/// What one agreement can cost.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// Its title and version.
    pub title: String,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Clause by clause.
    pub rows: Vec<Row>,
    /// The most of all of them in the term, or in a year where it has no end; nothing where there is no bound.
    pub most: Option<Exact>,
    /// How long that is: `the term` or `a year`.
    pub within: &'static str,
}

/// What one clause can cost.
#[derive(Clone, Debug)]
pub struct Row {
    /// The clause.
    pub clause: String,
    /// The most at once; nothing where there is no bound.
    pub most: Option<Exact>,
    /// At once: `a month`, `a breach`.
    pub per: String,
    /// The most in the term or year.
    pub total: Option<Exact>,
    /// Why there is no bound, or what bounds it.
    pub because: String,
}

/// Every agreement that owes anything.
pub fn exposures(model: &Model) -> Vec<Exposure> {
    model.agreements.enumerate().filter_map(|(id, _)| exposure(model, id)).collect()
}

fn exposure(model: &Model, id: AgreementId) -> Option<Exposure> {
    let agreement = &model.agreements[id];
    let currency = agreement.currency?;
    let mut rows = Vec::new();
    let mut totals: Vec<(ObjectiveId, Option<Exact>)> = Vec::new();
    let (mut penalties, mut ends) = (false, 0);
    for service in &agreement.services {
        let service = &model.services[*service];
        for id in service.objectives.iter().copied().filter(|o| !model.objectives[*o].bands.is_empty()) {
            let objective = &model.objectives[id];
            let (most, because) = objective_most(model, objective);
            let all = periods(agreement, objective.window);
            ends += all;
            let total = most.and_then(|most| most.mul(Exact::whole(all as i64)));
            // Its cap may be of longer periods than its own.
            let capped = objective.cap.as_ref().and_then(|cap| Some((cap.amount, cap.per?)));
            let capped = capped.and_then(|(amount, per)| amount.mul(Exact::whole(periods(agreement, per) as i64)));
            let total = match (total, capped) {
                (Some(total), Some(capped)) => Some(total.min(capped)),
                (total, capped) => total.or(capped),
            };
            totals.push((id, total));
            rows.push(Row {
                clause: called(objective.title.as_ref(), &objective.name),
                most,
                per: window_word(objective.window),
                total,
                because,
            });
        }
        for obligation in service.obligations.iter().map(|o| &model.obligations[*o]) {
            let Some(penalty) = obligation.penalty else { continue };
            penalties = true;
            let (most, because) = match penalty.per {
                None => (Some(penalty.amount), "for each breach, however many"),
                Some(_) => (None, "grows with the time that it is late"),
            };
            let clause = called(obligation.title.as_ref(), &obligation.name);
            rows.push(Row { clause, most, per: "a breach".into(), total: None, because: because.into() });
        }
    }
    if rows.is_empty() {
        return None;
    }
    let mut sum = if penalties { None } else { together(agreement, &totals) };
    for cap in &agreement.caps {
        let Some(window) = cap.per else { continue };
        // A credit falls in the period in which its own one ends: no more of them can be full than there are such ends.
        let full = periods(agreement, window).min(if penalties { usize::MAX } else { ends });
        let total = cap.amount.mul(Exact::whole(full as i64));
        let per = window_word(window);
        rows.push(Row { clause: "the cap of all".into(), most: Some(cap.amount), per, total, because: "bounds everything above".into() });
        sum = match (sum, total) {
            (Some(sum), Some(total)) => Some(sum.min(total)),
            (sum, total) => sum.or(total),
        };
    }
    Some(Exposure {
        title: agreement.heading(),
        currency,
        rows,
        most: sum,
        within: if agreement.to.is_some() { "the term" } else { "a year" },
    })
}

/// All credits; of rivals the largest only.
fn together(agreement: &Agreement, totals: &[(ObjectiveId, Option<Exact>)]) -> Option<Exact> {
    let mut sum = Exact::ZERO;
    let rivals = |id: ObjectiveId| agreement.highest.iter().position(|rivals| rivals.contains(&id));
    for (i, (id, total)) in totals.iter().enumerate() {
        let total = (*total)?;
        let group = rivals(*id);
        let of_group = || totals.iter().enumerate().filter(|(_, (other, _))| group.is_some() && rivals(*other) == group);
        // The first of a group stands for all of it.
        if of_group().any(|(at, _)| at < i) {
            continue;
        }
        let largest = of_group().map(|(_, (_, total))| *total).collect::<Option<Vec<_>>>()?.into_iter().max();
        sum = sum.add(largest.unwrap_or(total))?;
    }
    Some(sum)
}

fn window_word(window: Window) -> String {
    match window {
        Window::Each(unit) => format!("a {}", unit.word()),
        Window::Rolling(_) => "a month".into(),
        Window::Every(length) => length.to_string(),
    }
}

/// How many periods of a window begin in the term, or in a year from its first day.
fn periods(agreement: &Agreement, window: Window) -> usize {
    let year = agreement.from + Days::new(364);
    let to = agreement.to.unwrap_or(year);
    match window {
        Window::Each(unit) => Period::all(unit, agreement.fiscal, agreement.from, to).count(),
        // The first ends with the first window that lies inside.
        Window::Rolling(months) => {
            (Period::all(Unit::Month, agreement.fiscal, agreement.from, to).count() + 1).saturating_sub(months as usize)
        }
        Window::Every(length) => {
            let days = (to - agreement.from).num_days() + 1;
            (days * 86_400_000_000 / length.as_micros().max(1)) as usize
        }
    }
}

/// The most that one period of an objective costs, over all its groups.
pub(super) fn objective_most(model: &Model, objective: &Objective) -> (Option<Exact>, String) {
    let each = objective.bands.iter().map(|band| band_most(objective, band)).collect::<Option<Vec<_>>>();
    let each = each.and_then(|each| each.into_iter().max());
    let groups = objective.by.iter().map(|(name, _)| sizes(model, objective, name)).try_fold(1, |n, size| Some(n * size?));
    let all = each.zip(groups).and_then(|(each, n)| each.mul(Exact::whole(n)));
    let cap: Option<&Cap> = objective.cap.as_ref().filter(|c| c.per.is_none());
    match (all, cap) {
        (Some(all), Some(cap)) if cap.amount < all => (Some(cap.amount), "its own cap".into()),
        (None, Some(cap)) => (Some(cap.amount), "its own cap".into()),
        (None, None) if each.is_none() => (None, "its measure has no worst value".into()),
        (None, None) => (None, format!("for each {}", objective.by.iter().map(|b| b.0.as_str()).collect::<Vec<_>>().join(" and "))),
        (Some(all), _) if groups != Some(1) => (Some(all), format!("{} groups", groups.unwrap_or(1))),
        (Some(all), _) => (Some(all), "its worst band".into()),
    }
}

/// How many groups a key makes at most, if that is known. A missing key is a group of its own.
fn sizes(model: &Model, objective: &Objective, key: &str) -> Option<i64> {
    let cases = objective.goal.cases(model);
    let [Some(case)] = cases.as_slice() else { return None };
    let case = &model.cases[*case];
    if key == "tier" {
        return Some(case.tiers.len() as i64 + 1);
    }
    let field = case.fields.iter().map(|f| &model.fields[*f]).find(|f| f.name == key)?;
    match &field.ty {
        Type::Members(members) => Some(members.len() as i64 + 1),
        Type::Bool => Some(3),
        _ => None,
    }
}

/// The most that a band costs: a linear one at the worst value that its measure can have.
fn band_most(objective: &Objective, band: &Band) -> Option<Exact> {
    let amount = band.amount.fixed()?;
    let Some((rounding, unit)) = band.per else { return Some(amount) };
    let Goal::Compare(measure, ..) = &objective.goal else { return None };
    let worst = worst(measure, band.above, objective.window)?;
    let far = if band.above { worst.sub(band.bound)? } else { band.bound.sub(worst)? };
    let units = far.div(unit)?;
    let units = match rounding {
        crate::ast::Rounding::Exact => units,
        crate::ast::Rounding::Started => units.ceil(),
        crate::ast::Rounding::Full => units.floor(),
    };
    units.mul(amount)
}

/// The worst value of a measure on one side, if it has one.
fn worst(measure: &Measure, above: bool, window: Window) -> Option<Exact> {
    if !above {
        return is_never_negative(measure).then_some(Exact::ZERO);
    }
    match &measure.kind {
        MeasureKind::Met(_) => Some(Exact::ONE),
        MeasureKind::Down(down) if down.share => Some(Exact::ONE),
        MeasureKind::Down(_) if measure.unit == MeasureUnit::Duration => {
            let days = match window {
                Window::Each(unit) => most_days(unit),
                Window::Rolling(months) => 31 * i64::from(months),
                Window::Every(length) => return Some(length.as_seconds()),
            };
            // An hour more where the clock is set back.
            Some(Exact::whole(days * 86_400 + 3_600))
        }
        _ => None,
    }
}

/// Whether a measure is nothing at the least. Values of fields may be less than nothing.
fn is_never_negative(measure: &Measure) -> bool {
    match &measure.kind {
        MeasureKind::Fixed(value) => !value.is_negative(),
        MeasureKind::Met(_) | MeasureKind::Misses(_) | MeasureKind::Count(_) | MeasureKind::OfClock(..) | MeasureKind::Down(_) => true,
        MeasureKind::OfField(..) | MeasureKind::Lookup(_) => false,
        MeasureKind::OfBuckets(_, inner, _) | MeasureKind::Rounded(_, inner) => is_never_negative(inner),
        MeasureKind::Arithmetic(a, operator, b) => {
            !matches!(operator, crate::ast::Operator::Subtract) && is_never_negative(a) && is_never_negative(b)
        }
    }
}

/// Caps of agreements that all their credits together never reach, each with what they reach at most.
pub(super) fn idle_caps(model: &Model) -> Vec<(Span, Exact, Currency)> {
    let mut idle = Vec::new();
    for agreement in model.agreements.iter().filter(|a| a.extends.is_none()) {
        let Some(currency) = agreement.currency else { continue };
        let services = || agreement.services.iter().map(|s| &model.services[*s]);
        if services().flat_map(|s| &s.obligations).any(|o| model.obligations[*o].penalty.is_some()) {
            continue;
        }
        let objectives: Vec<&Objective> =
            services().flat_map(|s| &s.objectives).map(|o| &model.objectives[*o]).filter(|o| !o.bands.is_empty()).collect();
        for cap in &agreement.caps {
            let Some(Window::Each(unit)) = cap.per else { continue };
            let of = |o: &&Objective| objective_most(model, o).0?.mul(Exact::whole(inside(o.window, unit)?));
            let all = objectives.iter().map(of).try_fold(Exact::ZERO, |sum, most| sum.add(most?));
            if let Some(all) = all.filter(|all| *all <= cap.amount && !objectives.is_empty()) {
                idle.push((cap.span, all, currency));
            }
        }
    }
    idle
}

/// The days of the longest period of a unit.
fn most_days(unit: Unit) -> i64 {
    match unit {
        Unit::Day => 1,
        Unit::Week => 7,
        Unit::Month => 31,
        Unit::Quarter => 92,
        Unit::Year => 366,
    }
}

/// At most so many periods of a window end in one of a unit.
fn inside(window: Window, unit: Unit) -> Option<i64> {
    let months = |unit: Unit| match unit {
        Unit::Day | Unit::Week => None,
        Unit::Month => Some(1),
        Unit::Quarter => Some(3),
        Unit::Year => Some(12),
    };
    match window {
        Window::Rolling(_) => months(unit),
        Window::Every(_) => None,
        Window::Each(own) => match (months(own), months(unit)) {
            (Some(own), Some(of)) => Some((of / own).max(1)),
            _ => Some((most_days(unit) + most_days(own) - 1) / most_days(own)),
        },
    }
}
