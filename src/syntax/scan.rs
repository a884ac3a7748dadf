//! What is seen before the grammar is asked: limits that keep it from harm, and spaces that nobody can see.

use crate::diagnostic::{Code, Finding};
use crate::source::{FileId, Span};

/// The longest spec, in bytes.
pub const MAX_FILE: usize = 16 << 20;
/// How deep brackets may nest.
pub const MAX_DEPTH: usize = 64;

/// Bytes outside of strings and comments, with their places; of a comment its first byte.
pub(super) fn code_bytes(text: &str) -> impl Iterator<Item = (usize, u8)> + '_ {
    let bytes = text.as_bytes();
    let (mut quoted, mut comment) = (false, false);
    let mut i = 0;
    std::iter::from_fn(move || {
        while i < bytes.len() {
            let (at, b) = (i, bytes[i]);
            i += 1;
            if b == b'\n' {
                (quoted, comment) = (false, false);
            } else if comment {
                continue;
            } else if quoted {
                match b {
                    b'"' => quoted = false,
                    b'\\' if bytes.get(i).is_some_and(|n| *n != b'\n') => i += 1,
                    _ => {}
                }
                continue;
            } else if b == b'"' {
                quoted = true;
                continue;
            } else if b == b'/' && bytes.get(i) == Some(&b'/') {
                comment = true;
            }
            return Some((at, b));
        }
        None
    })
}

/// Where the comment of a line begins.
pub(super) fn comment(line: &str) -> Option<usize> {
    code_bytes(line).map(|(at, _)| at).find(|at| line[*at..].starts_with("//"))
}

/// Whether the text is too much for the grammar.
pub(super) fn limits(text: &str, file: FileId) -> Result<(), Finding> {
    if text.len() > MAX_FILE {
        let message = format!("the file has {} MiB; a spec may have {}", text.len() >> 20, MAX_FILE >> 20);
        return Err(Finding::new(Code::FileTooLarge, Span::new(file, 0, 0), message).help("split it and `import` the parts"));
    }
    let mut depth = 0usize;
    for (at, b) in code_bytes(text) {
        match b {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let message = format!("brackets nest more than {MAX_DEPTH} deep");
            return Err(
                Finding::new(Code::NestingTooDeep, Span::new(file, at, at + 1), message).help("give a part of it a name of its own")
            );
        }
    }
    Ok(())
}

/// No-break spaces look like spaces and come from copied documents.
pub(super) fn odd_spaces(text: &str, file: FileId, findings: &mut Vec<Finding>) {
    const NO_BREAK: char = '\u{A0}';
    if !text.contains(NO_BREAK) {
        return;
    }
    let places = code_bytes(text).filter(|(at, b)| *b == 0xC2 && text.as_bytes().get(at + 1) == Some(&0xA0));
    for (at, _) in places {
        let span = Span::new(file, at, at + NO_BREAK.len_utf8());
        findings
            .push(Finding::new(Code::OddSpace, span, "this is a no-break space, not a space").help("type an ordinary space here").fix(" "));
    }
}

/// Of a text whose braces do not match: the one that is most likely to lack its partner.
pub(super) fn unclosed_brace(text: &str) -> Option<usize> {
    let indent = |at: usize| {
        let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
        text[line..].len() - text[line..].trim_start_matches([' ', '\t']).len()
    };
    let starts_line = |at: usize| text[..at].rsplit('\n').next().is_some_and(|before| before.trim().is_empty());
    let mut open = Vec::new();
    let mut suspect = None;
    for (at, b) in code_bytes(text) {
        match b {
            b'{' => open.push(at),
            b'}' => {
                let from = open.pop()?;
                if suspect.is_none() && starts_line(at) && indent(at) < indent(from) {
                    suspect = Some(from);
                }
            }
            _ => {}
        }
    }
    let innermost = open.last().copied()?;
    Some(suspect.unwrap_or(innermost))
}
