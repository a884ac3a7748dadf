//! Findings as data: what is wrong, where, and what to type instead.
//!
//! A finding has a stable code from [`Code`], one message, labelled places and a help. How it looks is decided elsewhere.

mod code;
mod policy;

pub use code::{Code, Group};
pub use policy::{Policy, Which};

use crate::source::Span;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good practice; said only where it is asked for.
    Advice,
    /// Worth knowing; the spec means what it says.
    Warning,
    /// The spec cannot be run.
    Error,
}

/// A place and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words; may be empty.
    pub text: String,
}

/// One thing that a person should know about a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its stable name.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// One line, lower case, no full stop; the user's words in backticks.
    pub message: String,
    /// The part that is wrong first, then what it disagrees with.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// What certainly belongs in the first label's place, where something does.
    pub fix: Option<String>,
}

impl Finding {
    /// A finding of this code's own severity, at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Finding {
        let labels = vec![Label { span, text: String::new() }];
        Finding { code, severity: code.severity(), message: message.into(), labels, help: None, fix: None }
    }

    /// Says something at the first place.
    pub fn here(mut self, text: impl Into<String>) -> Finding {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Adds a place that the first one disagrees with.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Finding {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to write instead.
    pub fn help(mut self, text: impl Into<String>) -> Finding {
        self.help = Some(text.into());
        self
    }

    /// Says what certainly belongs in the first label's place.
    pub fn fix(mut self, right: impl Into<String>) -> Finding {
        let right = right.into();
        if self.help.is_none() {
            self.help = Some(format!("write `{right}`"));
        }
        self.fix = Some(right);
        self
    }

    /// Offers the nearest of the names that would be right, if one is near; the only one that is so near is certain.
    pub fn did_you_mean<'a>(self, written: &str, names: impl IntoIterator<Item = &'a str>) -> Finding {
        let near = near(written, names);
        let Some((distance, name)) = near.iter().min().copied() else { return self };
        let finding = self.help(format!("did you mean `{name}`?"));
        if near.iter().any(|(d, n)| *d == distance && *n != name) { finding } else { finding.fix(name) }
    }

    /// Where it is.
    pub fn span(&self) -> Span {
        self.labels.first().map_or(Span::default(), |l| l.span)
    }

    /// Whether it keeps the spec from being run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The nearest name by edit distance, if it is near enough to be what was meant.
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(written, names).into_iter().min().map(|(_, n)| n)
}

/// The names that are near enough to be what was meant, with their distances.
fn near<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let lower = written.to_lowercase();
    let far = (written.chars().count() / 3).max(1) + 1;
    names.into_iter().map(|n| (strsim::osa_distance(&lower, &n.to_lowercase()), n)).filter(|(d, n)| *d < far && *d < n.len()).collect()
}

/// `a`, `b` or `c`, in backticks.
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
