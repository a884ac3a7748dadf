//! Bands, caps and levels of objectives that cannot be meant.

use crate::check::{Checker, exposure};
use crate::diagnostic::{Code, Finding};
use crate::model::{Band, Bound, MeasureKind, MeasureUnit, Objective};
use crate::quantity::Exact;

pub(super) fn run(checker: &mut Checker) {
    let mut findings = Vec::new();
    for objective in checker.model.objectives.iter() {
        findings.extend(out_of_range(objective));
        findings.extend(minimum(objective));
        findings.extend(order(&objective.bands));
        findings.extend(beyond_goal(objective));
        findings.extend(cap(objective));
    }
    for (span, most, currency) in exposure::idle_caps(&checker.model) {
        let message =
            format!("all that can be owed in a period is {} {currency}, and never reaches this cap", most.fixed(currency.decimals()));
        findings.push(Finding::new(Code::CapNeverBinds, span, message).help("remove the cap, or lower it"));
    }
    checker.findings.extend(findings);
}

/// A share of more than all, or of less than nothing.
fn out_of_range(objective: &Objective) -> Option<Finding> {
    let Bound { measure: left, sign, value, span } = objective.bound()?;
    let is_share = matches!(left.kind, MeasureKind::Met(_)) || matches!(&left.kind, MeasureKind::Down(d) if d.share);
    let wrong = is_share && left.unit == MeasureUnit::Share && (value > Exact::ONE || value.is_negative());
    wrong.then(|| {
        let word = if sign.is_lower_bound() == (value > Exact::ONE) { "never" } else { "always" };
        let message = format!("a share of {} is {word} kept", MeasureUnit::Share.text(value));
        Finding::new(Code::BoundOutOfRange, span, message).help("a share lies between 0% and 100%")
    })
}

/// A minimum that asks for more than the goal does.
fn minimum(objective: &Objective) -> Option<Finding> {
    let goal = objective.bound()?;
    let (_, minimum) = objective.minimum.as_ref()?;
    let least = minimum.fixed()?;
    let harder = if goal.sign.is_lower_bound() { least >= goal.value } else { least <= goal.value };
    harder.then(|| {
        let finding = Finding::new(Code::MinimumAboveGoal, minimum.span, "the minimum asks for as much as the goal, or more");
        finding.also(goal.span, "the goal").help("swap the two: `expect >= 98%` with `minimum >= 95%`")
    })
}

/// A worse value that costs less than a better one.
fn order(bands: &[Band]) -> Option<Finding> {
    let mut steps: Vec<(&Band, Exact)> = bands.iter().filter(|b| b.per.is_none()).filter_map(|b| Some((b, b.amount.fixed()?))).collect();
    // From the mildest miss to the worst.
    steps.sort_by(|(a, _), (b, _)| if a.above { a.bound.cmp(&b.bound) } else { b.bound.cmp(&a.bound) });
    let wrong = steps.windows(2).find(|pair| pair[1].1 <= pair[0].1)?;
    let [(milder, _), (worse, _)] = wrong else { return None };
    let finding = Finding::new(Code::BandOrder, worse.span, "a worse value costs no more than a better one");
    Some(finding.also(milder.span, "the better one").help("give the worse value the larger amount"))
}

/// A band on the side of the goal's bound on which it is kept.
fn beyond_goal(objective: &Objective) -> Option<Finding> {
    let goal = objective.bound()?;
    let beyond = |b: &&Band| if goal.sign.is_lower_bound() { !b.above && b.bound > goal.value } else { b.above && b.bound < goal.value };
    let band = objective.bands.iter().find(beyond)?;
    let finding = Finding::new(Code::BandBeyondGoal, band.span, "this band begins where the goal is still kept, and only a miss costs");
    Some(finding.also(goal.span, "the goal").help("begin the mildest band at the goal itself"))
}

/// A cap that no credit of a period reaches, or that every one does.
fn cap(objective: &Objective) -> Option<Finding> {
    let cap = objective.cap.as_ref().filter(|c| c.per.is_none() && objective.by.is_empty())?;
    let amounts = objective.bands.iter().map(|b| if b.per.is_none() { b.amount.fixed() } else { None });
    let amounts: Vec<Exact> = amounts.collect::<Option<_>>()?;
    let (least, most) = (amounts.iter().min()?, amounts.iter().max()?);
    if cap.amount >= *most {
        let finding = Finding::new(Code::CapNeverBinds, cap.span, "no period of this objective costs more than its cap");
        return Some(finding.help("remove the cap, or lower it"));
    }
    (cap.amount <= *least).then(|| {
        let finding = Finding::new(Code::CapAlwaysBinds, cap.span, "every miss costs as much as the cap: the bands make no difference");
        finding.help("raise the cap, or write one band")
    })
}
