//! What a level changes must be at least as strict as what it takes the place of, unless it says that it is not.

use crate::check::analysis::sweep::{self, Almanac, Laid, candidates};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, ObjectiveId, ObligationId, TierId};
use crate::model::{Band, Change, Duty, Goal, Measure, MeasureKind, Model, Objective, Obligation, Penalty, Row};
use crate::quantity::Exact;
use crate::source::Span;
use crate::time::Instant;
use std::collections::HashMap;

/// Why a promise is weaker than the one above it, or may be.
struct Weaker {
    span: Span,
    why: String,
}

pub(super) fn run(almanac: &Almanac<'_>) -> Vec<Finding> {
    let model = almanac.model;
    let mut findings = Vec::new();
    for (id, agreement) in model.agreements.enumerate() {
        let Some(extends) = &agreement.extends else { continue };
        if let Some((span, why)) = weaker_agreement(model, id, extends.agreement) {
            let message = format!("`{}` weakens every promise that it takes over: {why}", agreement.name);
            let finding = Finding::new(Code::WeakerOverride, span, message).also(agreement.span, "this level");
            findings.push(finding.help("remove the clause, or relax the promises that it is about"));
        }
        for service in &agreement.services {
            let service = &model.services[*service];
            let changed = |promise: &str| extends.changes.iter().rev().find(|c| c.service == service.name && c.promise == promise);
            let above = model.agreements[extends.agreement].services.iter().map(|s| &model.services[*s]).find(|s| s.name == service.name);
            let Some(above) = above else { continue };
            let obligations: HashMap<&str, ObligationId> =
                above.obligations.iter().rev().map(|o| (model.obligations[*o].name.as_str(), *o)).collect();
            let objectives: HashMap<&str, ObjectiveId> =
                above.objectives.iter().rev().map(|o| (model.objectives[*o].name.as_str(), *o)).collect();
            for lower in &service.obligations {
                let name = &model.obligations[*lower].name;
                let weaker = obligations.get(name.as_str()).and_then(|upper| obligation(almanac, *lower, *upper, id));
                findings.extend(weaker.and_then(|weaker| finding(weaker, changed(name), name, agreement.span)));
            }
            for lower in &service.objectives {
                let name = &model.objectives[*lower].name;
                let weaker = objectives.get(name.as_str()).and_then(|upper| objective(model, *lower, *upper));
                findings.extend(weaker.and_then(|weaker| finding(weaker, changed(name), name, agreement.span)));
            }
        }
    }
    findings
}

/// What a level says for itself that weakens all that it takes over, if it does.
fn weaker_agreement(model: &Model, lower: AgreementId, upper: AgreementId) -> Option<(Span, String)> {
    let (low, up) = (&model.agreements[lower], &model.agreements[upper]);
    if let Some(exclude) = low.excludes.iter().find(|e| !up.excludes.iter().any(|u| u.is_same(e))) {
        return Some((exclude.span, "it excludes time that the one above counts".into()));
    }
    let covered = |cap: &crate::model::Cap| up.caps.iter().any(|u| u.per == cap.per && u.amount <= cap.amount);
    if let Some(cap) = low.caps.iter().find(|c| !covered(c)) {
        return Some((cap.span, "its cap is lower, or of another period".into()));
    }
    match (&low.claim, &up.claim) {
        (Some(claim), None) => Some((claim.span, "credits must be claimed".into())),
        (Some(claim), Some(above)) if claim.span != above.span && !leaves_as_long(claim, above) => {
            Some((claim.span, "credits must be claimed within a shorter time".into()))
        }
        _ => None,
    }
}

/// Whether a claim leaves at least as long as another; lengths of different kinds are not compared.
fn leaves_as_long(low: &crate::model::Claim, up: &crate::model::Claim) -> bool {
    use crate::model::Target::{CalendarDays, CalendarMonths, Open, WorkingDays};
    low.calendar == up.calendar
        && match (low.within, up.within) {
            (Open(low), Open(up)) => low >= up,
            (CalendarDays(low), CalendarDays(up)) | (CalendarMonths(low), CalendarMonths(up)) | (WorkingDays(low), WorkingDays(up)) => {
                low >= up
            }
            (low, up) => low == up,
        }
}

fn finding(weaker: Weaker, change: Option<&Change>, name: &str, agreement: Span) -> Option<Finding> {
    if change.is_some_and(|c| c.relaxed) {
        return None;
    }
    let span = change.map_or(agreement, |c| c.span);
    let finding = Finding::new(Code::WeakerOverride, span, format!("`{name}` is not shown to be as strict as above: {}", weaker.why));
    let finding = finding.here("this level").also(weaker.span, "what it takes the place of");
    Some(finding.help(format!("make it as strict, or say that it is not: `relax … {{ … }} because \"…\"` for `{name}`")))
}

/// Why an obligation is not as strict as the one above it, if it is not.
fn obligation(almanac: &Almanac<'_>, lower: ObligationId, upper: ObligationId, agreement: AgreementId) -> Option<Weaker> {
    let model = almanac.model;
    let (low, up) = (&model.obligations[lower], &model.obligations[upper]);
    let weaker = |why: &str| Some(Weaker { span: up.name_span, why: why.to_string() });
    if own_condition(model, low) != own_condition(model, up) {
        return weaker("it is about other cases");
    }
    if let Some(why) = penalties(low.penalty, up.penalty) {
        return weaker(why);
    }
    match (&low.duty, &up.duty) {
        (Duty::Clock { .. }, Duty::Clock { .. }) => clocked(almanac, low, up, agreement),
        (Duty::Require { on, condition, when }, Duty::Require { on: on2, condition: condition2, when: when2 }) => {
            if (on, condition, when) == (on2, condition2, when2) { None } else { weaker("another condition is required") }
        }
        (Duty::Forbid { on, during, when }, Duty::Forbid { on: on2, during: during2, when: when2 }) => {
            if (on, during, when) == (on2, during2, when2) { None } else { weaker("something else is forbidden") }
        }
        _ => weaker("it is another kind of promise"),
    }
}

/// The obligation's condition without the agreement's, which is another one by design.
pub(super) fn own_condition<'m>(model: &'m Model, o: &'m Obligation) -> Option<&'m crate::model::Condition> {
    use crate::model::ConditionKind;
    let agreement = model.agreements[model.services[o.service].agreement].applies.as_ref();
    let shared = agreement.and_then(|all| all.iter().find(|(case, _)| Some(*case) == o.case)).map(|(_, c)| c);
    let whole = o.applies.as_ref()?;
    match (&whole.kind, shared) {
        (_, None) => Some(whole),
        (_, Some(shared)) if whole == shared => None,
        (ConditionKind::All(both), Some(shared)) if both.first() == Some(shared) => both.get(1),
        _ => Some(whole),
    }
}

fn penalties(low: Option<Penalty>, up: Option<Penalty>) -> Option<&'static str> {
    match (low, up) {
        (_, None) => None,
        (Some(low), Some(up)) if low.per == up.per && low.amount >= up.amount => None,
        (None, Some(_)) => Some("a breach costs nothing any more"),
        _ => Some("a breach may cost less"),
    }
}

fn clocked(almanac: &Almanac<'_>, low: &Obligation, up: &Obligation, agreement: AgreementId) -> Option<Weaker> {
    let model = almanac.model;
    let Duty::Clock { start, stop, cancel, reset, reopen, pause, rows, retier, notices: _ } = &low.duty else { return None };
    let Duty::Clock {
        start: start2,
        stop: stop2,
        cancel: cancel2,
        reset: reset2,
        reopen: reopen2,
        pause: pause2,
        rows: rows2,
        retier: retier2,
        ..
    } = &up.duty
    else {
        return None;
    };
    let weaker = |why: &str| Some(Weaker { span: up.name_span, why: why.to_string() });
    if !start.is_same(start2) {
        return weaker("it begins otherwise");
    }
    if (stop, cancel, reset, reopen) != (stop2, cancel2, reset2, reopen2) {
        return weaker("it ends otherwise");
    }
    if let Some(state) = pause.iter().find(|s| !pause2.contains(s)) {
        return weaker(&format!("its clock stands still while `{}`", model.states[*state].name));
    }
    if retier != retier2 {
        return weaker("a change of tier does something else");
    }
    let tiers = low.case.map(|c| model.cases[c].tiers.clone()).unwrap_or_default();
    let tiers = tiers.into_iter().map(Some).chain([None]);
    tiers.into_iter().find_map(|tier| targets(almanac, [rows, rows2], tier, agreement))
}

/// Whether some start may take both the `i`-th of the one and the `j`-th of the other.
fn meet(low: &[&Row], i: usize, up: &[&Row], j: usize) -> bool {
    let earlier = |rows: &[&Row], of: &Row| of.condition.is_some() && rows.iter().any(|r| r.condition == of.condition);
    !earlier(&up[..j], low[i]) && !earlier(&low[..i], up[j])
}

fn targets(almanac: &Almanac<'_>, rows: [&Vec<Row>; 2], tier: Option<TierId>, agreement: AgreementId) -> Option<Weaker> {
    let model = almanac.model;
    let [low, up] = rows.map(|rows| candidates(rows, tier));
    let of = tier.map_or(String::new(), |t| format!(" for {}", model.tiers[t].name));
    let same = |a: &Row, b: &Row| (a.target, a.clock, &a.condition) == (b.target, b.clock, &b.condition);
    if low.len() == up.len() && low.iter().zip(&up).all(|(a, b)| same(a, b)) {
        return None;
    }
    let [new, old] = rows.map(|rows| Laid::out(almanac, rows, Some(tier), agreement));
    let (new, old) = (new?, old?);
    let wall = |t: Instant| sweep::wall(model, agreement, t);
    let (from, to) = sweep::starts(model, agreement);
    for start in sweep::turns(&[vec![&new], vec![&old]], &model.agreements[agreement].zone, from, to) {
        let now = sweep::counting(&new, start);
        for (j, upper) in sweep::counting(&old, start).into_iter().filter(|(_, l)| l.promises()) {
            let Some(before) = upper.due(start) else { continue };
            let weaker = |why: String| Some(Weaker { span: upper.row.span, why });
            if !now
                .iter()
                .any(|(_, l)| l.row.condition.is_none() || l.row.condition == upper.row.condition || l.counts(start) == Some(true))
            {
                return weaker(format!("nothing is promised{of}"));
            }
            for (_, lower) in now.iter().filter(|(i, _)| meet(&low, *i, &up, j)) {
                if !lower.promises() {
                    return weaker(format!("nothing is promised{of}"));
                }
                let due = lower.due(start);
                if due.is_none_or(|due| due > before) {
                    let due = due.map_or("never".into(), wall);
                    return weaker(format!("a start{of} at {} is due {due}, and was due {}", wall(start), wall(before)));
                }
            }
        }
    }
    None
}

/// Why an objective is not as strict as the one above it, if it is not.
fn objective(model: &Model, lower: ObjectiveId, upper: ObjectiveId) -> Option<Weaker> {
    let (low, up) = (&model.objectives[lower], &model.objectives[upper]);
    let weaker = |why: &str| Some(Weaker { span: up.name_span, why: why.to_string() });
    let names = |o: &Objective| o.by.iter().map(|b| b.0.clone()).collect::<Vec<_>>();
    if low.window != up.window || names(low) != names(up) || low.filter != up.filter {
        return weaker("it counts other periods, groups or cases");
    }
    if (low.no_data, low.sample, low.counted_by) != (up.no_data, up.sample, up.counted_by) {
        return weaker("what counts as data is another thing");
    }
    if !is_as_strict(model, &low.goal, &up.goal) {
        return weaker("another value is asked for");
    }
    let minimum = match (&low.minimum, &up.minimum) {
        (_, None) => true,
        (Some((sign, bound)), Some((sign2, bound2))) => sign == sign2 && bound_is_as_strict(*sign, bound, bound2),
        (None, Some(_)) => false,
    };
    if !minimum {
        return weaker("the minimum is another one");
    }
    if !credits_are_as_high(model, &low.bands, &up.bands) {
        return weaker("a miss may cost less");
    }
    if (up.carry && !low.carry) || (up.pace.is_some() && low.pace != up.pace) || low.earned.is_some() != up.earned.is_some() {
        return weaker("a shortfall, the pace or an earn-back is another one");
    }
    if up.chronic.iter().any(|above| !low.chronic.iter().any(|own| own.arises_with(above))) {
        return weaker("a right no longer arises, or arises later");
    }
    let capped = match (&low.cap, &up.cap) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(low), Some(up)) => low.per != up.per || low.amount < up.amount,
    };
    capped.then(|| Weaker { span: up.name_span, why: "its cap is lower".into() })
}

fn is_as_strict(model: &Model, low: &Goal, up: &Goal) -> bool {
    use crate::ast::Comparison;
    match (low, up) {
        (Goal::Compare(a, sign, b), Goal::Compare(a2, sign2, b2)) => {
            let as_strict =
                sign == sign2 || matches!((sign, sign2), (Comparison::More, Comparison::AtLeast) | (Comparison::Less, Comparison::AtMost));
            as_strict && same_measure(model, a, a2) && (bound_is_as_strict(*sign, b, b2) || same_measure(model, b, b2))
        }
        (Goal::All(low), Goal::All(up)) | (Goal::Any(low), Goal::Any(up)) => {
            low.len() == up.len() && low.iter().zip(up).all(|(l, u)| is_as_strict(model, l, u))
        }
        // Under a `not` what is stricter becomes weaker: only the same is shown to be as strict.
        (Goal::Not(low), Goal::Not(up)) => is_as_strict(model, low, up) && is_as_strict(model, up, low),
        _ => false,
    }
}

fn bound_is_as_strict(sign: crate::ast::Comparison, low: &Measure, up: &Measure) -> bool {
    use crate::ast::Comparison;
    let (Some(low), Some(up)) = (low.fixed(), up.fixed()) else { return false };
    match sign {
        Comparison::Equal | Comparison::Unequal => low == up,
        sign if sign.is_lower_bound() => low >= up,
        _ => low <= up,
    }
}

/// Whether two measures are the same, of promises of the same names.
fn same_measure(model: &Model, a: &Measure, b: &Measure) -> bool {
    let same = |a: ObligationId, b: ObligationId| {
        let name = |id: ObligationId| (&model.service_of(id).name, &model.obligations[id].name);
        name(a) == name(b)
    };
    match (&a.kind, &b.kind) {
        (MeasureKind::Fixed(a), MeasureKind::Fixed(b)) => a == b,
        (MeasureKind::Met(a), MeasureKind::Met(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(*a, *b)),
        (MeasureKind::Misses(a), MeasureKind::Misses(b)) => same(*a, *b),
        (MeasureKind::Lookup(a), MeasureKind::Lookup(b)) => a == b,
        (MeasureKind::Count(a), MeasureKind::Count(b)) => (a.on, &a.condition) == (b.on, &b.condition),
        (MeasureKind::OfField(s, a, f), MeasureKind::OfField(s2, b, f2)) => (s, a.on, &a.condition, f) == (s2, b.on, &b.condition, f2),
        (MeasureKind::OfClock(s, a), MeasureKind::OfClock(s2, b)) => s == s2 && same(*a, *b),
        (MeasureKind::Down(a), MeasureKind::Down(b)) => (a.state, &a.except, a.on, a.share) == (b.state, &b.except, b.on, b.share),
        (MeasureKind::OfBuckets(s, a, per), MeasureKind::OfBuckets(s2, b, per2)) => (s, per) == (s2, per2) && same_measure(model, a, b),
        (MeasureKind::Arithmetic(a, o, b), MeasureKind::Arithmetic(a2, o2, b2)) => {
            o == o2 && same_measure(model, a, a2) && same_measure(model, b, b2)
        }
        (MeasureKind::Rounded(r, a), MeasureKind::Rounded(r2, b)) => r == r2 && same_measure(model, a, b),
        _ => false,
    }
}

/// Whether every value costs at least what it did. Steps are compared at every bound of either; of linear bands only the
/// same are.
fn credits_are_as_high(model: &Model, low: &[Band], up: &[Band]) -> bool {
    if up.is_empty() {
        return true;
    }
    let same = |a: &Band, b: &Band| same_measure(model, &a.amount, &b.amount) && (a.per, a.above, a.bound) == (b.per, b.above, b.bound);
    let fixed = |b: &Band| b.amount.fixed();
    if low.len() == up.len() && low.iter().zip(up).all(|(a, b)| same(a, b)) {
        return true;
    }
    if low.iter().chain(up).any(|b| b.per.is_some() || fixed(b).is_none()) {
        return false;
    }
    let owed = |bands: &[Band], value: Exact| {
        let beyond = |b: &&Band| if b.above { value >= b.bound } else { value <= b.bound };
        let reached = bands.iter().filter(beyond);
        reached.min_by(|a, b| if a.above { b.bound.cmp(&a.bound) } else { a.bound.cmp(&b.bound) }).and_then(fixed).unwrap_or(Exact::ZERO)
    };
    // Just past a bound a value takes the band that begins there.
    low.iter().chain(up).map(|b| b.bound).all(|value| owed(low, value) >= owed(up, value))
}
