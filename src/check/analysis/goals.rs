//! Objectives that contradict each other, or ask for more than the promises beneath them.

use crate::ast::Comparison;
use crate::check::analysis::domain::{Domain, Holds};
use crate::check::analysis::sweep::{self, Almanac, candidates};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, ObligationId};
use crate::model::{Bound, Duty, Measure, MeasureKind, Model, Objective, Row, Start, Statistic, Target};
use crate::quantity::Exact;
use crate::source::Span;
use crate::time::Duration;
use std::collections::HashMap;

pub(super) fn run(almanac: &Almanac<'_>) -> Vec<Finding> {
    let model = almanac.model;
    let mut findings = contradictions(model);
    let mut known = HashMap::new();
    findings.extend(model.objectives.iter().filter_map(|o| stricter_than_promised(almanac, &mut known, o)));
    findings
}

/// What tells measures apart, where it can be told in short.
fn signature(measure: &Measure) -> Option<String> {
    Some(match &measure.kind {
        MeasureKind::Met(all) => format!("met {all:?}"),
        MeasureKind::Misses(one) => format!("misses {one:?}"),
        MeasureKind::OfClock(statistic, one) => format!("{statistic:?} {one:?}"),
        MeasureKind::Count(count) if count.condition.is_none() => format!("count {:?}", count.on),
        MeasureKind::Down(down) if down.except.is_empty() => format!("down {:?} {:?} {}", down.state, down.on, down.share),
        _ => return None,
    })
}

/// The same measure of the same cases in the same periods, to be at least and at most what cannot be together.
fn contradictions(model: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut bounds: HashMap<(AgreementId, String), Vec<(&Objective, Bound<'_>)>> = HashMap::new();
    for objective in model.objectives.iter() {
        let Some(bound) = objective.bound().filter(|b| !matches!(b.sign, Comparison::Equal | Comparison::Unequal)) else { continue };
        let Some(signature) = signature(bound.measure) else { continue };
        let by: Vec<&str> = objective.by.iter().map(|(name, _)| name.as_str()).collect();
        let key = format!("{signature} {:?} {by:?} {:?}", objective.window, objective.counted_by);
        let same = bounds.entry((model.services[objective.service].agreement, key)).or_default();
        let against = same.iter().find(|(other, its)| {
            let (least, most) = if bound.sign.is_lower_bound() { (&bound, its) } else { (its, &bound) };
            let is_missed = |b: &Bound<'_>| matches!(b.sign, Comparison::Less | Comparison::More);
            let leaves_none = least.value > most.value || (least.value == most.value && (is_missed(least) || is_missed(most)));
            bound.sign.is_lower_bound() != its.sign.is_lower_bound() && other.filter == objective.filter && leaves_none
        });
        if let Some((other, ..)) = against {
            let message = format!("`{}` and `{}` cannot both be kept", other.name, objective.name);
            let finding = Finding::new(Code::ContradictingObjectives, objective.name_span, message);
            findings.push(finding.also(other.name_span, "asks for the opposite").help("mend one of the two bounds"));
        }
        same.push((objective, bound));
    }
    findings
}

/// A high percentile, or the most, that is less than what is promised to some of the same cases: every promise can be kept and
/// the objective missed.
fn stricter_than_promised(almanac: &Almanac<'_>, known: &mut HashMap<Span, Option<Duration>>, objective: &Objective) -> Option<Finding> {
    let model = almanac.model;
    let Bound { measure, sign, value, .. } = objective.bound()?;
    let MeasureKind::OfClock(statistic, promise) = &measure.kind else { return None };
    let high = match statistic {
        Statistic::Max => true,
        Statistic::Percentile(share) => *share >= Exact::ratio(3, 4)?,
        Statistic::Sum | Statistic::Mean | Statistic::Min | Statistic::Median => false,
    };
    if !high || !matches!(sign, Comparison::Less | Comparison::AtMost) {
        return None;
    }
    let bound = Duration::from_seconds(value)?;
    let agreement = model.service_of(*promise).agreement;
    let rows = counted(model, objective, *promise)?.into_iter();
    let mut longest = rows.filter_map(|row| Some((row, (*known.entry(row.span).or_insert_with(|| most(almanac, row, agreement)))?)));
    let (row, open) = longest.find(|(_, open)| *open > bound)?;
    let finding = Finding::new(Code::StricterThanPromised, measure.span, format!("this asks for {bound} where {open} are promised"));
    let finding = finding.also(row.span, "kept by this, and still above the objective's bound");
    Some(finding.help("narrow the objective (`where tier in (A, B)`), or promise less time"))
}

/// The most time that a row leaves on its clock.
fn most(almanac: &Almanac<'_>, row: &Row, agreement: AgreementId) -> Option<Duration> {
    match row.target {
        Target::Open(open) => return Some(open),
        // The one night with an hour more is not what was promised.
        Target::CalendarDays(days) => return Some(Duration::seconds(i64::from(days) * 86_400)),
        _ => {}
    }
    let calendar = almanac.calendar(row.clock?, agreement)?;
    sweep::instances(almanac, row, agreement)?.into_iter().map(|(start, due)| calendar.elapsed(start, due)).max()
}

/// The rows of a promise that may be taken by a case that the objective counts.
fn counted<'m>(model: &'m Model, objective: &Objective, promise: ObligationId) -> Option<Vec<&'m Row>> {
    let obligation = &model.obligations[promise];
    let Duty::Clock { start: Start::On { .. }, rows, .. } = &obligation.duty else { return None };
    let about = [objective.filter.as_ref(), obligation.applies.as_ref()].into_iter().flatten();
    let conditions = about.clone().chain(rows.iter().filter_map(|r| r.condition.as_ref()));
    let domain = Domain::new(model, obligation.case?, conditions)?;
    if !domain.is_exact() {
        return None;
    }
    let mut counted: Vec<&Row> = Vec::new();
    for example in domain.examples().filter(|e| about.clone().all(|c| e.holds(c) == Holds::Yes)) {
        let Ok(tier) = example.tier() else { continue };
        // The first that fits.
        let fits = |row: &&&Row| row.condition.as_ref().is_none_or(|c| example.holds(c) == Holds::Yes);
        let taken = candidates(rows, tier);
        counted.extend(taken.iter().find(fits).filter(|row| !counted.iter().any(|c| c.span == row.span)).copied());
    }
    Some(counted)
}
