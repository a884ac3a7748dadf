//! Findings in the forms that code hosts show beside a change.

use crate::diagnostic::Severity;
use crate::report::findings::{Found, relative, word};
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;
use serde::Serialize;
use std::collections::HashMap;
use std::io::{self, Write};

/// Workflow commands of GitHub: an annotation at each finding.
pub fn github(specs: &[Found<'_>], out: &mut impl Write) -> io::Result<()> {
    for (f, sources) in Found::each(specs) {
        let (place, end) = (sources.place(f.span()), sources.end(f.span()));
        let text = match &f.help {
            Some(help) => format!("{}\nhelp: {help}", f.message),
            None => f.message.clone(),
        };
        writeln!(
            out,
            "::{} file={},line={},col={},endLine={},endColumn={},title={}::{}",
            word(f.severity),
            property(&relative(&place.file)),
            place.line,
            place.column,
            end.line,
            end.column,
            f.code,
            data(&text)
        )?;
    }
    Ok(())
}

/// What a workflow command would read otherwise.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// GitLab's report of code quality. A finding is known again by its code, its file and its message, wherever it has moved.
pub fn gitlab(specs: &[Found<'_>], out: &mut impl Write) -> io::Result<()> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut issues = Vec::new();
    for (f, sources) in Found::each(specs) {
        let path = relative(&sources.file(f.span().file).path);
        let same = format!("{} {path} {}", f.code, f.message);
        let nth = seen.entry(same.clone()).and_modify(|n| *n += 1).or_insert(1);
        issues.push(Issue {
            description: f.help.as_ref().map_or(f.message.clone(), |help| format!("{} ({help})", f.message)),
            check_name: f.code.text(),
            fingerprint: format!("{same} {nth}"),
            severity: if f.severity == Severity::Error { "major" } else { "minor" },
            location: Location { path, lines: Lines { begin: sources.place(f.span()).line } },
        });
    }
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

/// A JUnit suite: a file is a case that passes where it has no errors, each error one that fails; warnings stand in its output.
pub fn junit(specs: &[Found<'_>], out: &mut impl Write) -> io::Result<()> {
    let errors = Found::each(specs).filter(|(f, _)| f.is_error()).count();
    let clean = specs.iter().flat_map(|s| s.sources.files().map(move |(id, file)| (s, id, file)));
    let clean: Vec<_> = clean.filter(|(s, id, _)| !s.findings.iter().any(|f| f.is_error() && f.span().file == *id)).collect();
    let (tests, failures) = ((errors + clean.len()).to_string(), errors.to_string());
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = xml.create_element("testsuites").with_attributes([("tests", tests.as_str()), ("failures", failures.as_str())]);
    suites.write_inner_content(|xml| {
        let suite = xml.create_element("testsuite");
        let suite =
            suite.with_attributes([("name", "sla check"), ("tests", tests.as_str()), ("failures", failures.as_str()), ("errors", "0")]);
        suite.write_inner_content(|xml| {
            for (spec, id, file) in &clean {
                let case = xml.create_element("testcase").with_attributes([("classname", file.path.as_str()), ("name", "check")]);
                let warnings: String = spec.findings.iter().filter(|f| f.span().file == *id).map(|f| lines(f, spec)).collect();
                if warnings.is_empty() {
                    case.write_empty()?;
                } else {
                    case.write_inner_content(|xml| {
                        xml.create_element("system-out").write_text_content(BytesText::new(&warnings))?;
                        Ok(())
                    })?;
                }
            }
            for spec in specs {
                for finding in spec.findings.iter().filter(|f| f.is_error()) {
                    let place = spec.sources.place(finding.span());
                    let name = format!("{} at {}:{}", finding.code, place.line, place.column);
                    let case = xml.create_element("testcase");
                    let case = case.with_attributes([("classname", place.file.as_str()), ("name", name.as_str())]);
                    case.write_inner_content(|xml| {
                        let failure = xml.create_element("failure");
                        let failure = failure.with_attributes([("type", finding.code.text()), ("message", finding.message.as_str())]);
                        failure.write_text_content(BytesText::new(&lines(finding, spec)))?;
                        Ok(())
                    })?;
                }
            }
            Ok(())
        })?;
        Ok(())
    })?;
    writeln!(out)
}

/// A finding in the form of a line, and its help.
fn lines(finding: &crate::diagnostic::Finding, spec: &Found<'_>) -> String {
    let mut text = Vec::new();
    super::short(std::slice::from_ref(finding), spec.sources, &mut text).expect("memory takes every byte");
    String::from_utf8_lossy(&text).into_owned()
}
