//! Comments that allow findings: `// sla: allow(code) reason`.

use crate::ast::{Allow, Name};
use crate::source::{FileId, Span};
use crate::syntax::scan;

const OPENING: &str = "sla: allow(";

/// All of them, in the order of the text. A comment that stands alone is about the next line that says something.
pub(super) fn allows(text: &str, file: FileId) -> Vec<Allow> {
    if !text.contains(OPENING) {
        return Vec::new();
    }
    let mut found: Vec<Allow> = Vec::new();
    let mut waiting = 0;
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let whole = Span::new(file, from, from + line.len());
        let comment = scan::comment(line);
        let says_something = !line[..comment.unwrap_or(line.len())].trim().is_empty();
        if let Some(at) = comment {
            found.extend(allow(line, at, from, whole));
        }
        if says_something {
            found[waiting..].iter_mut().for_each(|allow| allow.line = whole);
            waiting = found.len();
        }
        from += line.len();
    }
    found
}

/// The comment that begins at a byte of its line, if it allows something.
fn allow(line: &str, at: usize, from: usize, whole: Span) -> Option<Allow> {
    let comment = line[at..].trim_end();
    let inner = comment.trim_start_matches('/').trim_start().strip_prefix(OPENING)?;
    let (codes, reason) = inner.split_once(')')?;
    let start = at + comment.len() - inner.len();
    let mut codes_at = start;
    let names = codes.split(',').map(|code| {
        let text = code.trim();
        let begins = codes_at + (code.len() - code.trim_start().len());
        codes_at += code.len() + 1;
        Name { text: text.to_string(), span: Span::new(whole.file, from + begins, from + begins + text.len()) }
    });
    let codes = names.collect();
    let span = Span::new(whole.file, from + at, from + at + comment.len());
    Some(Allow { span, codes, reason: reason.trim().to_string(), line: whole })
}
