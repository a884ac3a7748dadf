//! Declarations that nothing refers to.

use crate::check::Checker;
use crate::diagnostic::{Code, Finding};

pub(super) fn run(checker: &mut Checker) {
    let (model, used) = (&checker.model, &checker.used);
    // A file of shared declarations may stand alone; only where something is promised can a declaration be idle.
    if model.agreements.is_empty() {
        return;
    }
    let mut findings = Vec::new();
    for (_, calendar) in model.calendars.enumerate().skip(1).filter(|(id, _)| !used.calendars.contains(id)) {
        findings.push(idle(calendar.span, "calendar", &calendar.name, "name it in a `clock`, or remove it"));
    }
    for (_, named) in model.lets.enumerate().filter(|(id, _)| !used.lets.contains(id)) {
        findings.push(idle(named.span, "named value", &named.name, "use it in a clause, or remove it"));
    }
    checker.findings.extend(findings);
}

fn idle(span: crate::source::Span, kind: &str, name: &str, help: &str) -> Finding {
    Finding::new(Code::Unused, span, format!("{kind} `{name}` is used by nothing")).help(help)
}
