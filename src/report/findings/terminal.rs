//! Findings on a terminal. miette draws; it is known nowhere else.

use crate::diagnostic::{Finding, Severity};
use crate::source::SourceMap;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
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
            Severity::Advice => miette::Severity::Advice,
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
