//! Objectives that contradict each other, or ask for more than the promises beneath them.

use crate::check::analysis::domain::{Domain, Holds};
use crate::check::analysis::sweep::{self, Almanac, candidates};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, ObligationId};
use crate::model::{Duty, Goal, Measure, MeasureKind, Model, Objective, Row, Start, Statistic, Target};
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

/// A goal that compares one measure with a fixed bound, and whether it is a lower one.
fn bound(objective: &Objective) -> Option<(&Measure, Exact, bool)> {
    let Goal::Compare(left, sign, right) = &objective.goal else { return None };
    let MeasureKind::Fixed(bound) = right.kind else { return None };
    use crate::ast::Comparison::{Equal, Unequal};
    (!matches!(sign, Equal | Unequal)).then(|| (&**left, bound, sign.is_lower_bound()))
}

/// Whether the bound itself is a miss.
fn is_strict(objective: &Objective) -> bool {
    use crate::ast::Comparison::{Less, More};
    matches!(&objective.goal, Goal::Compare(_, Less | More, _))
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

/// An objective, its bound, and whether it is a lower one.
type Bound<'m> = (&'m Objective, Exact, bool);

/// The same measure of the same cases in the same periods, to be at least and at most what cannot be together.
fn contradictions(model: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut bounds: HashMap<(AgreementId, String), Vec<Bound<'_>>> = HashMap::new();
    for objective in model.objectives.iter() {
        let Some((measure, bound, lower)) = bound(objective) else { continue };
        let Some(signature) = signature(measure) else { continue };
        let by: Vec<&str> = objective.by.iter().map(|(name, _)| name.as_str()).collect();
        let key = format!("{signature} {:?} {by:?} {:?}", objective.window, objective.counted_by);
        let same = bounds.entry((model.services[objective.service].agreement, key)).or_default();
        let against = same.iter().find(|(o, other, is_lower)| {
            let (least, most) = if lower { (bound, *other) } else { (*other, bound) };
            let leaves_none = least > most || (least == most && (is_strict(objective) || is_strict(o)));
            *is_lower != lower && o.filter == objective.filter && leaves_none
        });
        if let Some((other, ..)) = against {
            let message = format!("`{}` and `{}` cannot both be kept", other.name, objective.name);
            let finding = Finding::new(Code::ContradictingObjectives, objective.name_span, message);
            findings.push(finding.also(other.name_span, "asks for the opposite").help("mend one of the two bounds"));
        }
        same.push((objective, bound, lower));
    }
    findings
}

/// A high percentile, or the most, that is less than what is promised to some of the same cases: every promise can be kept and
/// the objective missed.
fn stricter_than_promised(almanac: &Almanac<'_>, known: &mut HashMap<Span, Option<Duration>>, objective: &Objective) -> Option<Finding> {
    let model = almanac.model;
    let (measure, bound, lower) = bound(objective)?;
    let MeasureKind::OfClock(statistic, promise) = &measure.kind else { return None };
    let high = match statistic {
        Statistic::Max => true,
        Statistic::Percentile(share) => *share >= Exact::ratio(3, 4)?,
        Statistic::Sum | Statistic::Mean | Statistic::Min | Statistic::Median => false,
    };
    if lower || !high {
        return None;
    }
    let bound = Duration::from_seconds(bound)?;
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
