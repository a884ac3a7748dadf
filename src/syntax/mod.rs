//! Text to [`ast`], with findings, never a failure.
//!
//! pest reads the text by `grammar/sla.pest` and does not leave this module. A clause that does not parse costs that
//! clause, an item that item; `broken` says what a correct reader would have wanted there.

mod allow;
mod broken;
mod build;
mod grammar;
mod scan;
mod words;

use crate::ast;
use crate::diagnostic::Finding;
use crate::source::{FileId, SourceMap};

pub use scan::{MAX_DEPTH, MAX_FILE};

/// Whether a word belongs to the language, so that nothing can be called so.
pub fn is_reserved(word: &str) -> bool {
    grammar::read(grammar::Rule::reserved, word).is_ok()
}

/// Reads a file of the map.
pub fn parse(sources: &SourceMap, file: FileId) -> (ast::File, Vec<Finding>) {
    let text = &sources.file(file).text;
    let mut findings = Vec::new();
    if let Err(limit) = scan::limits(text, file) {
        return (ast::File::default(), vec![limit]);
    }
    scan::odd_spaces(text, file, &mut findings);
    let mut tree = build::file(text, file, &mut findings);
    tree.allows = allow::allows(text, file);
    findings.sort_by_key(|f| f.span());
    (tree, findings)
}

/// Reads a file of the map that holds one value, as `3%`.
pub fn value(sources: &SourceMap, file: FileId) -> (Option<ast::Expr>, Vec<Finding>) {
    let text = &sources.file(file).text;
    if let Err(limit) = scan::limits(text, file) {
        return (None, vec![limit]);
    }
    let mut findings = Vec::new();
    let value = build::value(text, file, &mut findings);
    (value, findings)
}
