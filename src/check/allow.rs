//! Findings that the text allows where they stand, with a reason.

use crate::ast;
use crate::diagnostic::{Code, Finding, Group, Severity, nearest};

/// The findings of a log that the text does not allow.
pub fn not_allowed(files: &[ast::File], findings: Vec<Finding>) -> Vec<Finding> {
    let allows = |f: &Finding| files.iter().flat_map(|file| &file.allows).any(|a| a.codes.iter().any(|c| is_allowed(f, a, c)));
    findings.into_iter().filter(|f| !allows(f)).collect()
}

fn is_allowed(finding: &Finding, allow: &ast::Allow, code: &ast::Name) -> bool {
    let starts = crate::source::Span { end: finding.span().start, ..finding.span() };
    finding.severity != Severity::Error && code.text == finding.code.text() && allow.line.holds(starts)
}

/// The findings that are left, and those about the comments themselves.
pub(super) fn apply(files: &[ast::File], findings: Vec<Finding>) -> Vec<Finding> {
    let allows: Vec<(&ast::Allow, &ast::Name)> =
        files.iter().flat_map(|f| &f.allows).flat_map(|a| a.codes.iter().map(move |c| (a, c))).collect();
    let mut used = vec![false; allows.len()];
    let has_errors = findings.iter().any(Finding::is_error);
    let mut left = Vec::new();
    for finding in findings {
        match allows.iter().position(|(allow, code)| is_allowed(&finding, allow, code)) {
            Some(at) => used[at] = true,
            None => left.push(finding),
        }
    }
    for ((allow, code), used) in allows.into_iter().zip(used) {
        let known = Code::named(&code.text);
        let wrong = |message: String| Finding::new(Code::BadAllow, code.span, message);
        match known {
            None => {
                let finding = wrong(format!("there is no finding `{}`", code.text));
                let near = nearest(&code.text, Code::ALL.iter().map(|c| c.text()));
                left.push(finding.help(near.map_or("write its code, as it stands in brackets".into(), |n| format!("did you mean `{n}`?"))));
            }
            Some(known) if known.severity() == Severity::Error => {
                let finding = wrong(format!("`{known}` is an error and cannot be allowed"));
                left.push(finding.help("a spec with it cannot be run: mend what it says"));
            }
            Some(_) if allow.reason.is_empty() => {
                left.push(Finding::new(Code::BadAllow, allow.span, "this gives no reason").help("say why: `// sla: allow(code) reason`"));
            }
            // Without a log nobody knows what it would say.
            Some(known) if !used && !has_errors && known.group() != Group::Log => {
                let finding = Finding::new(Code::UnusedAllow, code.span, format!("`{known}` is not found here"));
                left.push(finding.help("remove the comment, or put it on the line of the finding or just above it"));
            }
            Some(_) => {}
        }
    }
    left
}
