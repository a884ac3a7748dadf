//! Findings about a spec, as people and machines read them.

mod ci;
mod sarif;
mod terminal;

pub use ci::{github, gitlab, junit};
pub use sarif::sarif;
pub use terminal::{Look, graphical};

use crate::diagnostic::{Finding, Severity};
use crate::source::SourceMap;
use serde::Serialize;
use std::io::{self, Write};

/// What was found in one spec.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// In the order of the text.
    pub findings: &'a [Finding],
    /// The texts that they are about.
    pub sources: &'a SourceMap,
}

impl<'a> Found<'a> {
    fn each(specs: &[Found<'a>]) -> impl Iterator<Item = (&'a Finding, &'a SourceMap)> {
        specs.iter().flat_map(|spec| spec.findings.iter().map(|f| (f, spec.sources)))
    }
}

/// A path as code hosts name files: from the folder of the call, with forward slashes.
fn relative(path: &str) -> String {
    path.strip_prefix("./").unwrap_or(path).replace('\\', "/")
}

/// One line each: `file:line:column: error[code]: message`, and the help below.
pub fn short(findings: &[Finding], sources: &SourceMap, out: &mut impl Write) -> io::Result<()> {
    for f in findings {
        let place = sources.place(f.span());
        writeln!(out, "{}:{}:{}: {}[{}]: {}", place.file, place.line, place.column, word(f.severity), f.code, f.message)?;
        if let Some(help) = &f.help {
            writeln!(out, "  help: {help}")?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Record<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    labels: Vec<LabelRecord<'a>>,
    help: Option<&'a str>,
    /// What belongs in the first label's place.
    fix: Option<&'a str>,
}

#[derive(Serialize)]
struct LabelRecord<'a> {
    file: String,
    line: u32,
    column: u32,
    start: u32,
    end: u32,
    text: &'a str,
}

/// A JSON array of the findings.
pub fn json(specs: &[Found<'_>], out: &mut impl Write) -> io::Result<()> {
    let records: Vec<Record<'_>> = Found::each(specs).map(|(f, sources)| record(f, sources)).collect();
    serde_json::to_writer_pretty(&mut *out, &records)?;
    writeln!(out)
}

/// A JSON object a line.
pub fn jsonl(specs: &[Found<'_>], out: &mut impl Write) -> io::Result<()> {
    for (finding, sources) in Found::each(specs) {
        serde_json::to_writer(&mut *out, &record(finding, sources))?;
        writeln!(out)?;
    }
    Ok(())
}

fn record<'a>(f: &'a Finding, sources: &SourceMap) -> Record<'a> {
    let labels = f.labels.iter().map(|l| {
        let place = sources.place(l.span);
        LabelRecord { file: place.file, line: place.line, column: place.column, start: l.span.start, end: l.span.end, text: &l.text }
    });
    Record {
        code: f.code.text(),
        severity: word(f.severity),
        message: &f.message,
        labels: labels.collect(),
        help: f.help.as_deref(),
        fix: f.fix.as_deref(),
    }
}

/// The word for how much a finding matters.
pub fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    }
}
