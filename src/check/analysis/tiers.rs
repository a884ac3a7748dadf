//! Tiers that an obligation forgets, and cases that fall into no tier.

use crate::check::Checker;
use crate::diagnostic::{Code, Finding};
use crate::id::TierId;
use crate::model::{Condition, ConditionKind, Duty, Scalar, Subject, TierRule};

pub(super) fn run(checker: &mut Checker) {
    let model = &checker.model;
    let mut findings = Vec::new();
    for obligation in model.obligations.iter() {
        let (Duty::Clock { rows, .. }, Some(case)) = (&obligation.duty, obligation.case) else { continue };
        if rows.iter().all(|r| r.tiers.is_empty()) || rows.iter().any(|r| r.tiers.is_empty() && r.condition.is_none()) {
            continue;
        }
        for tier in &model.cases[case].tiers {
            let excluded = obligation.applies.as_ref().is_some_and(|c| excludes(c, *tier));
            if !excluded && !rows.iter().any(|r| r.tiers.contains(tier)) {
                let name = &model.tiers[*tier].name;
                let message = format!("obligation `{}` promises nothing for tier `{name}`", obligation.name);
                let finding = Finding::new(Code::UncoveredTier, obligation.name_span, message).also(model.tiers[*tier].span, "this tier");
                findings.push(finding.help(format!("add a row `… for {name}`, or `none for {name}` where that is meant")));
            }
        }
    }
    for case in model.cases.iter() {
        let Some(last) = case.tiers.last() else { continue };
        let rules: Vec<&TierRule> = case.tiers.iter().map(|t| &model.tiers[*t].rule).collect();
        let whole = rules.iter().any(|r| matches!(r, TierRule::Otherwise)) || covers_enumeration(&rules, model);
        if !whole {
            let message = format!("a {} for which no tier's condition holds has no tier", case.name);
            let finding = Finding::new(Code::NoOtherwise, model.tiers[*last].span, message);
            findings.push(finding.help("end the tiers with one that takes the rest: `tier D otherwise`"));
        }
    }
    checker.findings.extend(findings);
}

/// Whether a condition says that the tier is another one.
fn excludes(condition: &Condition, tier: TierId) -> bool {
    let names = |scalars: &[Scalar]| scalars.contains(&Scalar::Tier(tier));
    match &condition.kind {
        ConditionKind::All(all) => all.iter().any(|c| excludes(c, tier)),
        ConditionKind::Is(Subject::Tier, tiers) => !names(tiers),
        ConditionKind::Not(inner) => matches!(&inner.kind, ConditionKind::Is(Subject::Tier, tiers) if names(tiers)),
        _ => false,
    }
}

/// Whether the tiers are one for each member of an enumeration.
fn covers_enumeration(rules: &[&TierRule], model: &crate::model::Model) -> bool {
    let mut field = None;
    let mut members = Vec::new();
    for rule in rules {
        let TierRule::When(Condition { kind: ConditionKind::Is(Subject::Field(f), among), .. }) = rule else { return false };
        if *field.get_or_insert(*f) != *f {
            return false;
        }
        members.extend(among);
    }
    let Some(field) = field else { return false };
    let crate::model::Type::Members(all) = &model.fields[field].ty else { return false };
    (0..all.len() as u32).all(|i| members.contains(&&Scalar::Member(i)))
}
