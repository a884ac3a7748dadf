//! Conditions that never hold or always do, and tiers that no case reaches or that leave cases out. Each with a case.

use crate::check::Checker;
use crate::check::analysis::domain::{Domain, Holds};
use crate::check::analysis::levels::own_condition;
use crate::diagnostic::{Code, Finding};
use crate::id::CaseId;
use crate::model::{Condition, Duty, Excluded, Model, Pattern, Start, StateWhen, TierRule};
use crate::source::Span;
use std::collections::HashSet;

pub(super) fn run(checker: &mut Checker) {
    let model = &checker.model;
    // Where a part was wrong, what is left of a condition is not what it says.
    let wrong: Vec<Span> = checker.findings.iter().filter(|f| f.is_error()).map(Finding::span).collect();
    let is_right = |c: &Condition| !wrong.iter().any(|w| w.file == c.span.file && c.span.start <= w.start && w.end <= c.span.end);
    let mut findings = Vec::new();
    for (id, case) in model.cases.enumerate() {
        let rules = case.tiers.iter().map(|t| &model.tiers[*t].rule);
        if !case.tiers.is_empty() && rules.into_iter().all(|r| if let TierRule::When(c) = r { is_right(c) } else { true }) {
            findings.extend(tiers(model, id));
        }
    }
    for (case, condition, what) in written(model).into_iter().filter(|(_, c, _)| is_right(c)) {
        findings.extend(vain(model, case, condition, what));
    }
    checker.findings.extend(findings);
}

/// Tiers that no case is in, and a case that is in none.
fn tiers(model: &Model, id: CaseId) -> Vec<Finding> {
    let case = &model.cases[id];
    let mut findings = Vec::new();
    let Some(domain) = Domain::new(model, id, std::iter::empty()) else { return findings };
    let (mut reached, mut left_out) = (HashSet::new(), None);
    for example in domain.examples() {
        match example.tier() {
            Ok(Some(tier)) => _ = reached.insert(tier),
            Ok(None) if left_out.is_none() => left_out = Some(example.words()),
            _ => {}
        }
    }
    let rest = case.tiers.iter().position(|t| matches!(model.tiers[*t].rule, TierRule::Otherwise));
    // What stands behind `otherwise` has a finding of its own.
    let read = rest.map_or(case.tiers.len(), |rest| rest + 1);
    for (i, tier) in case.tiers[..read].iter().enumerate().filter(|(_, t)| !reached.contains(t)) {
        let tier = &model.tiers[*tier];
        let alone = match &tier.rule {
            TierRule::When(condition) => domain.examples().find(|e| e.holds(condition) == Holds::Yes),
            TierRule::Otherwise => None,
        };
        let message = format!("no {} is ever in tier `{}`", case.name, tier.name);
        let mut finding = Finding::new(Code::UnreachableTier, tier.span, message);
        if let Some(example) = alone {
            // Its condition can hold; a tier above takes every such case.
            let above = case.tiers[..i].iter().find(|t| example.tier() == Ok(Some(**t)));
            if let Some(above) = above {
                let above = &model.tiers[*above];
                finding = finding.also(above.span, format!("takes {} first", example.words()));
            }
            finding = finding.help("put the narrower tier above the wider one, or remove it");
        } else if matches!(tier.rule, TierRule::When(_)) {
            finding = finding.help("its condition holds for no value of the fields");
        } else {
            finding = finding.help("the tiers above take every case; remove it");
        }
        findings.push(finding);
    }
    if let (Some(example), Some(last), true) = (left_out, case.tiers.last(), domain.is_exact()) {
        let message = format!("a {} with {example} has no tier", case.name);
        let finding = Finding::new(Code::NoOtherwise, model.tiers[*last].span, message);
        findings.push(finding.help("end the tiers with one that takes the rest: `tier D otherwise`"));
    }
    findings
}

/// Every condition on a case's own fields, with what it decides.
fn written(model: &Model) -> Vec<(CaseId, &Condition, &'static str)> {
    let mut found = Vec::new();
    for state in model.states.iter() {
        match &state.when {
            StateWhen::Holds(condition) => found.push((state.case, condition, "state")),
            StateWhen::Between(from, to) => {
                let atoms = [from, to].into_iter().flat_map(|p| p.any.iter().flatten());
                found.extend(atoms.filter_map(|a| a.condition.as_ref()).map(|c| (state.case, c, "event")));
            }
        }
    }
    for agreement in model.agreements.iter() {
        found.extend(agreement.applies.iter().flatten().map(|(case, condition)| (*case, condition, "agreement")));
        for exclude in &agreement.excludes {
            match &exclude.what {
                Excluded::State(state, Some(condition)) => found.push((model.states[*state].case, condition, "exclusion")),
                Excluded::Calendar(_, Some(all)) => found.extend(all.iter().map(|(case, condition)| (*case, condition, "exclusion"))),
                _ => {}
            }
        }
    }
    for obligation in model.obligations.iter() {
        let Some(case) = obligation.case else { continue };
        let mut patterns: Vec<&Pattern> = Vec::new();
        // The agreement's own condition was looked at above.
        let applies = own_condition(model, obligation);
        found.extend(applies.map(|c| (case, c, "promise")));
        match &obligation.duty {
            Duty::Clock { start, stop, cancel, reset, reopen, rows, .. } => {
                if let Start::On { pattern, .. } = start {
                    patterns.push(pattern);
                }
                patterns.push(stop);
                patterns.extend([cancel, reset, reopen].into_iter().flatten());
                found.extend(rows.iter().filter_map(|r| r.condition.as_ref()).map(|c| (case, c, "target")));
            }
            Duty::Require { on, condition, when } => {
                patterns.push(on);
                found.extend([Some(condition), when.as_ref()].into_iter().flatten().map(|c| (case, c, "requirement")));
            }
            Duty::Forbid { on, when, .. } => {
                patterns.push(on);
                found.extend(when.as_ref().map(|c| (case, c, "ban")));
            }
        }
        let atoms = patterns.into_iter().flat_map(|p| p.any.iter().flatten());
        found.extend(atoms.filter_map(|a| a.condition.as_ref()).map(|c| (case, c, "event")));
    }
    for objective in model.objectives.iter() {
        // A filter is about one kind of case.
        let case = objective.goal.cases(model).into_iter().flatten().next();
        found.extend(case.zip(objective.filter.as_ref()).map(|(case, filter)| (case, filter, "objective")));
    }
    found.sort_by_key(|(_, c, _)| c.span);
    found.dedup_by_key(|(_, c, _)| c.span);
    found
}

/// A condition that holds of no case, or of every one.
fn vain(model: &Model, case: CaseId, condition: &Condition, what: &str) -> Option<Finding> {
    let domain = Domain::new(model, case, std::iter::once(condition))?;
    let (mut yes, mut other) = (false, false);
    for example in domain.examples() {
        match example.holds(condition) {
            Holds::Yes => yes = true,
            Holds::No | Holds::Unknown => other = true,
        }
        if yes && other {
            return None;
        }
    }
    Some(if yes {
        let finding = Finding::new(Code::AlwaysTrue, condition.span, format!("this {what}'s condition holds of every case"));
        finding.help("remove it, or mend the values that it asks for")
    } else {
        let finding = Finding::new(Code::ImpossibleCondition, condition.span, format!("this {what}'s condition holds of no case"));
        finding.help("no value of its fields fulfils it; did you mean `or`?")
    })
}
