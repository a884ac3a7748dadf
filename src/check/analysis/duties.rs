//! Duties whose clauses stand in each other's way.

use crate::ast::NoticeKind;
use crate::check::Checker;
use crate::check::analysis::sweep::candidates;
use crate::diagnostic::{Code, Finding};
use crate::id::TierId;
use crate::model::{Atom, Duty, Model, Notice, Obligation, Pattern, Row, Type};

pub(super) fn run(checker: &mut Checker) {
    let model = &checker.model;
    let mut findings = Vec::new();
    for obligation in model.obligations.iter() {
        let Duty::Clock { stop, cancel, rows, notices, .. } = &obligation.duty else { continue };
        findings.extend(shadowed_stop(obligation, stop, cancel.as_ref()));
        // A level's rows stand before those that they take the place of.
        if model.agreements[model.services[obligation.service].agreement].extends.is_none() {
            findings.extend(rows_in_vain(model, obligation, rows));
        }
        findings.extend(notices_out_of_order(notices));
        findings.extend(stop.any.iter().flatten().filter_map(|atom| unfulfillable(model, atom)));
    }
    checker.findings.extend(findings);
}

/// Cancel wins over stop: where every stop is a cancel too, nothing is ever met.
fn shadowed_stop(obligation: &Obligation, stop: &Pattern, cancel: Option<&Pattern>) -> Option<Finding> {
    let cancel = cancel?;
    let single = |atom: &&Atom| atom.count == 1 && atom.across.is_none() && atom.condition.is_none() && atom.during.is_none();
    let cancels: Vec<&Atom> = cancel.any.iter().filter(|all| all.len() == 1).map(|all| &all[0]).filter(single).collect();
    let is_cancelled = |all: &Vec<Atom>| all.iter().any(|atom| cancels.iter().any(|c| c.on == atom.on));
    stop.any.iter().all(is_cancelled).then(|| {
        let message = format!("`{}` can never be met: what stops it cancels it first", obligation.name);
        let finding = Finding::new(Code::ShadowedStop, stop.span, message).also(cancel.span, "cancel wins at the same event");
        finding.help("take the event out of one of the two")
    })
}

/// Rows behind one that takes every start of their tiers.
fn rows_in_vain(model: &Model, obligation: &Obligation, rows: &[Row]) -> Vec<Finding> {
    let tiers = obligation.case.map(|c| model.cases[c].tiers.clone()).unwrap_or_default();
    let tiers: Vec<Option<TierId>> = tiers.into_iter().map(Some).chain([None]).collect();
    let used = |row: &Row| tiers.iter().any(|tier| candidates(rows, *tier).iter().any(|r| r.span == row.span));
    let vain = rows.iter().enumerate().filter(|(_, row)| !used(row));
    let findings = vain.map(|(i, row)| {
        let before = rows[..i].iter().rfind(|r| r.condition.is_none());
        let mut finding = Finding::new(Code::UnreachableRow, row.span, "no start ever takes this target");
        if let Some(before) = before {
            finding = finding.also(before.span, "this one comes first");
        }
        finding.help("rows are tried in order: put the narrower one first, or remove it")
    });
    findings.collect()
}

/// An escalation that comes before the warning of it.
fn notices_out_of_order(notices: &[Notice]) -> Option<Finding> {
    let share = |n: &Notice| if let NoticeKind::Share(share) = n.at { Some(share) } else { None };
    let warning = notices.iter().filter(|n| n.to.is_none()).filter_map(|n| Some((share(n)?, n.span))).min()?;
    let early = notices.iter().filter(|n| n.to.is_some()).find(|n| share(n).is_some_and(|s| s < warning.0))?;
    let finding = Finding::new(Code::EscalationBeforeWarning, early.span, "this escalation comes before the first warning");
    Some(finding.also(warning.1, "the warning").help("warn earlier, or escalate later"))
}

/// More different values than there are.
fn unfulfillable(model: &Model, atom: &Atom) -> Option<Finding> {
    let (n, field) = atom.across?;
    let Type::Members(members) = &model.fields[field].ty else { return None };
    (n as usize > members.len()).then(|| {
        let message = format!("`{}` has {} values, and {n} different ones are asked for", model.fields[field].name, members.len());
        Finding::new(Code::CannotBeFulfilled, atom.span, message).help("ask for fewer, or declare the others")
    })
}
