//! Events that can make no difference where they stand: what is named twice, what begins what it ends, states without an exit,
//! and siblings that end where this promise goes on.

use crate::check::Checker;
use crate::diagnostic::{Code, Finding};
use crate::id::StateId;
use crate::model::{Atom, Duty, Model, Obligation, Pattern, Start, StateWhen, Target, Trigger};
use crate::source::Span;
use std::collections::{HashMap, HashSet};

pub(super) fn run(checker: &mut Checker) {
    let model = &checker.model;
    let mut findings = Vec::new();
    // A level's promises stand where those of the agreement above do.
    let mut seen: HashSet<Span> = HashSet::new();
    for obligation in model.obligations.iter().filter(|o| seen.insert(o.span)) {
        let Duty::Clock { start, stop, cancel, reset, reopen, rows, .. } = &obligation.duty else { continue };
        let begins = if let Start::On { pattern, .. } = start { Some(pattern) } else { None };
        // Only where nothing else can end the last one, or keep it from beginning.
        let always_again = matches!(start, Start::On { once: false, .. })
            && cancel.is_none()
            && obligation.applies.is_none()
            && rows.iter().all(|r| r.condition.is_none() && r.target != Target::None);
        let patterns = [begins, Some(stop), cancel.as_ref(), reset.as_ref(), reopen.as_ref()];
        findings.extend(patterns.into_iter().flatten().filter_map(idle_alternative));
        findings.extend(begins.filter(|_| always_again).and_then(|begins| stop_is_start(obligation, begins, stop)));
    }
    for (id, state) in model.states.enumerate() {
        if let StateWhen::Between(from, to) = &state.when {
            findings.extend([from, to].into_iter().filter_map(idle_alternative));
            findings.extend(never_left(model, id, from, to));
        }
    }
    findings.extend(siblings(model));
    checker.findings.extend(findings);
}

/// Nothing but the event itself.
fn is_plain(atom: &Atom) -> bool {
    let Atom { span: _, on: _, condition, count, across, spaced, last, during } = atom;
    *count == 1 && condition.is_none() && across.is_none() && spaced.is_none() && last.is_none() && during.is_none()
}

/// The alternatives that are a plain event by itself.
fn plain(pattern: &Pattern) -> impl Iterator<Item = &Atom> {
    pattern.any.iter().filter_map(|all| if let [one] = all.as_slice() { Some(one) } else { None }).filter(|atom| is_plain(atom))
}

/// An alternative that another one satisfies already.
fn idle_alternative(pattern: &Pattern) -> Option<Finding> {
    let (idle, enough) = pattern.any.iter().find_map(|all| {
        let covers = |atom: &&Atom| {
            let itself = all.len() == 1 && all[0].span == atom.span;
            !itself && all.iter().any(|own| own.on == atom.on && (!is_plain(own) || all.len() > 1 || atom.span < all[0].span))
        };
        Some((all, plain(pattern).find(covers)?))
    })?;
    let finding = Finding::new(Code::IdleAlternative, idle.first()?.span, "this makes no difference: the event by itself is enough");
    Some(finding.also(enough.span, "this is enough").help("remove one of the two"))
}

/// Every stop opens the next instance: the last one is never met.
fn stop_is_start(obligation: &Obligation, start: &Pattern, stop: &Pattern) -> Option<Finding> {
    let begins: Vec<Trigger> = plain(start).map(|a| a.on).collect();
    let again = stop.any.iter().all(|all| all.iter().any(|atom| begins.contains(&atom.on)));
    again.then(|| {
        let message = format!("`{}` never ends: what stops it starts it anew", obligation.name);
        let finding = Finding::new(Code::StopIsStart, stop.span, message).also(start.span, "a start is not its own stop");
        finding.help("name the event that ends it: `stop on … or closed`")
    })
}

/// A state that each of its exits turns on again.
fn never_left(model: &Model, id: StateId, from: &Pattern, to: &Pattern) -> Option<Finding> {
    let enters: Vec<Trigger> = plain(from).map(|a| a.on).collect();
    let again = to.any.iter().all(|all| all.iter().any(|atom| enters.contains(&atom.on)));
    again.then(|| {
        let message = format!("`{}` is never left: what ends it begins it anew", model.states[id].name);
        let finding = Finding::new(Code::StateNeverEnds, to.span, message).also(from.span, "begins it");
        finding.help("name the event after which it is over")
    })
}

/// A sibling on the same start that an event cancels after which this one goes on.
fn siblings(model: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Promises of one service that begin with the same plain event.
    let mut together: HashMap<_, Vec<&Obligation>> = HashMap::new();
    let mut seen: HashSet<Span> = HashSet::new();
    for obligation in model.obligations.iter().filter(|o| seen.insert(o.span)) {
        if let Duty::Clock { start: Start::On { pattern, .. }, .. } = &obligation.duty
            && let [all] = pattern.any.as_slice()
            && let [atom] = all.as_slice()
            && is_plain(atom)
        {
            together.entry((obligation.service, atom.on)).or_default().push(obligation);
        }
    }
    let mut groups: Vec<Vec<&Obligation>> = together.into_values().filter(|group| group.len() > 1).collect();
    groups.sort_by_key(|group| group[0].span);
    for group in groups {
        let mut cancels: HashMap<_, (&Obligation, &Atom)> = HashMap::new();
        for obligation in &group {
            if let Duty::Clock { cancel: Some(cancel), .. } = &obligation.duty {
                for atom in plain(cancel) {
                    cancels.entry(atom.on).or_insert((obligation, atom));
                }
            }
        }
        let mut cancels: Vec<_> = cancels.into_iter().collect();
        cancels.sort_by_key(|(_, (_, atom))| atom.span);
        for obligation in &group {
            let Duty::Clock { stop, cancel, reset, .. } = &obligation.duty else { continue };
            let named = |on| {
                [Some(stop), cancel.as_ref(), reset.as_ref()]
                    .into_iter()
                    .flatten()
                    .any(|p| p.any.iter().flatten().any(|atom| atom.on == on))
            };
            // A state may end it by the very event.
            let by_state = [Some(stop), cancel.as_ref(), reset.as_ref()].into_iter().flatten().flat_map(|p| p.any.iter().flatten());
            let by_state = by_state.into_iter().any(|atom| !matches!(atom.on, Trigger::Event(_)));
            let goes_on =
                |(on, (sibling, _)): &&(Trigger, (&Obligation, &Atom))| !named(*on) && !by_state && sibling.applies == obligation.applies;
            if let Some((_, (sibling, atom))) = cancels.iter().find(goes_on) {
                let message = format!("`{}` goes on after what cancels `{}`", obligation.name, sibling.name);
                let finding = Finding::new(Code::SiblingCancels, obligation.name_span, message).also(atom.span, "cancels only this one");
                findings.push(finding.help("cancel both, or say what ends this one then"));
            }
        }
    }
    findings
}
