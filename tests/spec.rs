//! Runs the conformance tests under `tests/spec/`, and the clauses in `docs/clauses.md`: Markdown that a person reads.
//!
//! A fence `sla prelude` stands before every other `sla` fence of its file. A fence `sla` must have no error, and its
//! `test` blocks must pass. Where a fence `findings` follows it, it must give exactly those findings instead; `BLESS=1`
//! rewrites them, and a person reads the difference.

use sla::diagnostic::Policy;
use sla::source::SourceMap;
use sla::{check, plan, report, syntax, trial};
use std::fmt::Write;
use std::path::Path;

#[derive(Clone, Debug, PartialEq)]
struct Fence {
    heading: String,
    info: String,
    body: String,
    line: usize,
}

/// The fences of a page, each under the heading above it.
fn fences(page: &str) -> Vec<Fence> {
    let (mut fences, mut heading, mut open): (Vec<Fence>, String, Option<Fence>) = (Vec::new(), String::new(), None);
    for (i, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => fences.extend(open.take()),
            (Some(fence), None) => {
                fence.body.push_str(line);
                fence.body.push('\n');
            }
            (None, Some(info)) => {
                open = Some(Fence { heading: heading.clone(), info: info.trim().into(), body: String::new(), line: i + 2 })
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix('#') {
                    heading = title.trim_start_matches('#').trim().into();
                }
            }
        }
    }
    fences
}

/// What the tool says of a text: its findings a line each, and the tests that failed.
fn said(text: &str) -> (String, Vec<String>, usize) {
    let mut sources = SourceMap::default();
    let file = sources.add("spec.sla", text);
    let (tree, mut findings) = syntax::parse(&sources, file);
    let (model, found) = check::check(&[tree]);
    findings.extend(found);
    // As `sla check` says them when nothing is asked for: advice is not.
    let mut findings = Policy::default().apply(findings);
    findings.sort_by_key(|f| f.span());
    let mut short = Vec::new();
    report::findings::short(&findings, &sources, &mut short).unwrap();
    let short = String::from_utf8(short).unwrap();
    if findings.iter().any(|f| f.is_error()) {
        return (short, Vec::new(), 0);
    }
    let results = trial::run(&model, &plan::from_model(&model, &sources));
    let mut failures = Vec::new();
    for result in &results {
        for failure in &result.failures {
            failures.push(format!("{}: {}\n      {}", result.title, sources.text(failure.span).trim(), failure.message));
        }
    }
    (short, failures, results.len())
}

fn run(path: &Path) -> (usize, Vec<String>) {
    let page = std::fs::read_to_string(path).unwrap();
    let all = fences(&page);
    let prelude: String = all.iter().filter(|f| f.info == "sla prelude").map(|f| f.body.as_str()).collect();
    let lines = prelude.lines().count();
    let (mut problems, mut tests, mut blessed) = (Vec::new(), 0, page.clone());
    for (i, fence) in all.iter().enumerate().filter(|(_, f)| f.info == "sla") {
        let (short, failures, ran) = said(&format!("{prelude}{}", fence.body));
        tests += ran;
        // Lines count from the fence's own first, as a reader of the page does.
        let mut own = String::new();
        for line in short.lines() {
            match line.strip_prefix("spec.sla:").and_then(|r| r.split_once(':')) {
                Some((number, rest)) => writeln!(own, "{}:{rest}", number.parse::<usize>().unwrap() as i64 - lines as i64).unwrap(),
                None => writeln!(own, "{line}").unwrap(),
            }
        }
        let place = format!("{}:{} {}", path.display(), fence.line, fence.heading);
        match all.get(i + 1).filter(|f| f.info == "findings") {
            Some(expected) if expected.body == own => {}
            Some(expected) if std::env::var_os("BLESS").is_some() => {
                // Behind its own text, for another page may expect the same.
                let at = blessed.find(&fence.body).map_or(0, |at| at + fence.body.len());
                let (before, after) = blessed.split_at(at);
                let after = after.replacen(&format!("```findings\n{}```", expected.body), &format!("```findings\n{own}```"), 1);
                blessed = format!("{before}{after}");
            }
            Some(expected) => problems.push(format!("{place}\nexpected:\n{}\nsaid:\n{own}", expected.body)),
            None if !own.contains("error[") => {
                tests += usize::from(ran == 0);
                problems.extend(failures.iter().map(|f| format!("{place}\n    {f}")));
            }
            None => problems.push(format!("{place}\n{own}")),
        }
    }
    if blessed != page {
        std::fs::write(path, blessed).unwrap();
    }
    (tests, problems)
}

#[test]
fn the_pages_say_what_the_tool_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    let mut pages: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "md")).collect();
    pages.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clauses.md"));
    pages.sort();
    let (mut tests, mut problems) = (0, Vec::new());
    for page in &pages {
        let (ran, found) = run(page);
        assert!(ran > 0 || !found.is_empty() || page_has_findings(page), "{} runs nothing", page.display());
        tests += ran;
        problems.extend(found);
    }
    println!("{tests} tests on {} pages", pages.len());
    assert!(problems.is_empty(), "\n{}", problems.join("\n\n"));
}

fn page_has_findings(page: &Path) -> bool {
    fences(&std::fs::read_to_string(page).unwrap()).iter().any(|f| f.info == "findings")
}
