//! Findings as SARIF 2.1.0 (OASIS), with every code that occurs as a rule.

use crate::diagnostic::{Code, Severity};
use crate::report::findings::{Found, word};
use crate::source::{SourceMap, Span};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One run of the tool over the specs.
pub fn sarif(specs: &[Found<'_>], out: &mut impl Write) -> io::Result<()> {
    let codes: BTreeSet<Code> = Found::each(specs).map(|(f, _)| f.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let rule = |code: &Code| {
        json!({
            "id": code.text(),
            "shortDescription": { "text": code.about() },
            "help": { "text": code.page(), "markdown": code.page() },
            "defaultConfiguration": { "level": level(code.severity()) },
        })
    };
    let results: Vec<Value> = Found::each(specs)
        .map(|(f, sources)| {
            let text = f.help.as_ref().map_or(f.message.clone(), |help| format!("{}. Help: {help}", f.message));
            let related = f.labels.iter().enumerate().skip(1).map(|(id, label)| {
                let mut location = location(sources, label.span);
                location["id"] = json!(id);
                if !label.text.is_empty() {
                    location["message"] = json!({ "text": label.text });
                }
                location
            });
            let mut result = json!({
                "ruleId": f.code.text(),
                "ruleIndex": codes.iter().position(|c| *c == f.code),
                "level": level(f.severity),
                "message": { "text": text },
                "locations": [location(sources, f.span())],
            });
            if let Some(right) = &f.fix {
                let place = location(sources, f.span());
                result["fixes"] = json!([{ "artifactChanges": [{
                    "artifactLocation": place["physicalLocation"]["artifactLocation"],
                    "replacements": [{ "deletedRegion": place["physicalLocation"]["region"], "insertedContent": { "text": right } }],
                }] }]);
            }
            let related: Vec<Value> = related.collect();
            if !related.is_empty() {
                result["relatedLocations"] = json!(related);
            }
            result
        })
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn level(severity: Severity) -> &'static str {
    if severity == Severity::Advice { "note" } else { word(severity) }
}

fn location(sources: &SourceMap, span: Span) -> Value {
    let (place, end) = (sources.place(span), sources.end(span));
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&place.file) },
        "region": { "startLine": place.line, "startColumn": place.column, "endLine": end.line, "endColumn": end.column },
    } })
}

/// A path as a relative URI: with forward slashes, and every byte that a URI does not take in hexadecimal.
fn uri(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    super::relative(path).bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
