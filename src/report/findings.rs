//! Findings about a spec, as people and machines read them. miette draws; it is known nowhere else.

use crate::diagnostic::{Finding, Severity};
use crate::source::SourceMap;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};

/// How findings are drawn on a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

/// Draws each finding with the lines that it is about.
pub fn graphical(findings: &[Finding], sources: &SourceMap, look: Look, out: &mut impl Write) -> io::Result<()> {
    let theme = if look.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(look.width).with_links(false).with_context_lines(1);
    for finding in findings {
        let file = sources.file(finding.span().file);
        let source = NamedSource::new(file.path.clone(), file.text.clone());
        let mut text = String::new();
        let drawn = handler.render_report(&mut text, &Drawn { finding, source });
        drawn.map_err(io::Error::other)?;
        writeln!(out, "{text}")?;
    }
    Ok(())
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

/// A JSON array of the findings of one or more specs.
pub fn json<'a>(specs: impl Iterator<Item = (&'a [Finding], &'a SourceMap)>, out: &mut impl Write) -> io::Result<()> {
    let records: Vec<Record<'_>> = specs.flat_map(|(findings, sources)| findings.iter().map(move |f| record(f, sources))).collect();
    serde_json::to_writer_pretty(&mut *out, &records)?;
    writeln!(out)
}

fn record<'a>(f: &'a Finding, sources: &SourceMap) -> Record<'a> {
    let labels = f.labels.iter().map(|l| {
        let place = sources.place(l.span);
        LabelRecord { file: place.file, line: place.line, column: place.column, start: l.span.start, end: l.span.end, text: &l.text }
    });
    Record { code: f.code.text(), severity: word(f.severity), message: &f.message, labels: labels.collect(), help: f.help.as_deref() }
}

/// The word for how much a finding matters.
pub fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A finding in miette's clothes.
struct Drawn<'f> {
    finding: &'f Finding,
    source: NamedSource<String>,
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.finding, f)
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.finding.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.finding.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let file = self.finding.span().file;
        // Labels in other files cannot be drawn in this one; their place is in the machine-readable forms.
        let here = self.finding.labels.iter().filter(move |l| l.span.file == file);
        Some(Box::new(here.map(|l| {
            let text = (!l.text.is_empty()).then(|| l.text.clone());
            let length = (l.span.end - l.span.start).max(1) as usize;
            LabeledSpan::new(text, l.span.start as usize, length)
        })))
    }
}
