//! Tiers that an obligation forgets.

use crate::check::Checker;
use crate::diagnostic::{Code, Finding};
use crate::id::TierId;
use crate::model::{Condition, ConditionKind, Duty, Scalar, Subject};

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
