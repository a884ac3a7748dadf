//! The terminal: its width, its colours, and findings on it.

use crate::diagnostic::{Finding, Severity};
use crate::report::findings::{self, Look};
use crate::source::SourceMap;
use std::io::{self, IsTerminal, Write};

/// Columns where nothing else is known.
const WIDTH: u16 = 100;

/// How wide the page may be.
pub(super) fn width() -> u16 {
    let told = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let seen = terminal_size::terminal_size().map(|(w, _)| w.0);
    told.or(seen).unwrap_or(WIDTH).clamp(60, 200)
}

/// Whether a stream takes colours, by the choice on the command line, NO_COLOR and the stream itself.
fn colors(terminal: bool) -> bool {
    match anstream::ColorChoice::global() {
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => true,
        anstream::ColorChoice::Never => false,
        anstream::ColorChoice::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    }
}

pub(super) fn look_of_stdout() -> Look {
    Look { color: colors(io::stdout().is_terminal()), width: width().into() }
}

pub(super) fn look_of_stderr() -> Look {
    Look { color: colors(io::stderr().is_terminal()), width: width().into() }
}

/// Writes findings in the form that people read, and how many there are.
pub(super) fn write_findings(all: &[Finding], sources: &SourceMap, out: &mut impl Write) -> io::Result<()> {
    findings::graphical(all, sources, look_of_stdout(), out)
}

/// `2 errors, 1 warning`
pub(super) fn counted(all: &[&Finding]) -> String {
    let count = |severity: Severity, one: &str, many: &str| match all.iter().filter(|f| f.severity == severity).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let parts = [count(Severity::Error, "error", "errors"), count(Severity::Warning, "warning", "warnings")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
