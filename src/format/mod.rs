//! One form for every text: indentation by braces, one blank between tokens, columns under each other.
//!
//! Lines stay lines and comments stay where they are, as their writer put them; a blank line stays one. Only blanks change,
//! so that the meaning cannot. Two or more blanks inside a line set clauses apart, and stay two.

mod columns;
mod line;

use line::Line;

/// So many blanks for each open brace.
const INDENT: usize = 4;

/// The canonical form of a text that parses.
pub fn format(text: &str) -> String {
    let mut lines: Vec<Line> = Vec::new();
    let mut depth = 0usize;
    let mut blocks: Vec<String> = Vec::new();
    for raw in text.trim_start_matches('\u{FEFF}').lines() {
        let mut line = Line::read(raw);
        let (opens, closes_first) = (line.braces(), line.closing_braces_first());
        line.depth = depth.saturating_sub(closes_first);
        line.block = blocks.last().cloned().unwrap_or_default();
        if opens > 0 {
            blocks.extend((0..opens).map(|_| line.first().to_string()));
        }
        blocks.truncate(blocks.len().saturating_sub(opens.min(0).unsigned_abs()));
        depth = depth.saturating_add_signed(opens);
        let after_opening = lines.last().is_none_or(Line::opens_block);
        let needless = line.is_blank() && (after_opening || lines.last().is_some_and(Line::is_blank));
        if closes_first > 0 && lines.last().is_some_and(Line::is_blank) {
            lines.pop();
        }
        if !needless {
            lines.push(line);
        }
    }
    while lines.last().is_some_and(Line::is_blank) {
        lines.pop();
    }
    columns::align(&mut lines);
    let mut out = String::with_capacity(text.len());
    for line in &lines {
        line.write(&mut out);
        out.push('\n');
    }
    out
}

/// Whether two texts differ in blanks only.
pub fn differ_in_blanks_only(a: &str, b: &str) -> bool {
    let dense = |text: &str| {
        let lines = text.trim_start_matches('\u{FEFF}').lines().map(|raw| Line::read(raw).dense());
        lines.filter(|l| !l.is_empty()).collect::<Vec<_>>()
    };
    dense(a) == dense(b)
}
