//! Findings in the forms that other programs read, read back by parsers that are not ours.

use crate::common::{folder, sla, text};
use serde_json::Value;
use std::path::PathBuf;

/// Two errors and a text that XML and workflow commands would stumble over; beside it a file with a warning only.
fn spec(name: &str) -> PathBuf {
    let folder = folder(name);
    let broken = r#"party us { contact "us@example.com" }
agreement a "50% <of>, a: b" { version "1" effective 2026-01-01 zone "UTC" clock alwys
    service s by us for thm "50% <of>" { } }
"#;
    let whole = r#"party us { contact "us@example.com" } party you { contact "you@example.com" }
agreement a { version "1" effective 2026-01-01 zone "UTC" service s by us for you { } }
"#;
    std::fs::write(folder.join("a.sla"), broken).unwrap();
    std::fs::write(folder.join("b c.sla"), whole).unwrap();
    folder
}

fn form(form: &str, of: &str) -> String {
    let output = sla(&spec(of), &["check", ".", "--format", form]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The findings as the JSON form tells them: what the others are held against.
fn told(of: &str) -> Vec<Value> {
    serde_json::from_str(&form("json", of)).unwrap()
}

fn places(findings: &[Value]) -> Vec<(String, u64)> {
    let place = |f: &Value| (f["code"].as_str().unwrap().to_string(), f["labels"][0]["line"].as_u64().unwrap());
    findings.iter().map(place).collect()
}

#[test]
fn json_lines_are_the_same_records() {
    let lines: Vec<Value> = form("jsonl", "jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, told("jsonl"));
    assert!(lines.iter().any(|f| f["severity"] == "warning") && lines.iter().any(|f| f["severity"] == "error"), "{lines:?}");
}

#[test]
fn junit_has_a_case_that_fails_for_each_error_and_one_that_passes_for_each_other_file() {
    let xml = form("junit", "junit");
    let document = roxmltree::Document::parse(&xml).unwrap();
    let failures: Vec<_> = document.descendants().filter(|n| n.has_tag_name("failure")).collect();
    let errors: Vec<Value> = told("junit").into_iter().filter(|f| f["severity"] == "error").collect();
    let said: Vec<&str> = failures.iter().map(|f| f.attribute("message").unwrap()).collect();
    assert_eq!(said, errors.iter().map(|e| e["message"].as_str().unwrap()).collect::<Vec<_>>());
    let suite = document.descendants().find(|n| n.has_tag_name("testsuite")).unwrap();
    assert_eq!(suite.attribute("failures"), Some(errors.len().to_string().as_str()));
    assert_eq!(suite.attribute("tests"), Some((errors.len() + 1).to_string().as_str()));
    let passed = suite.children().find(|n| n.attribute("classname") == Some("./b c.sla")).unwrap();
    assert!(passed.descendants().any(|n| n.text().is_some_and(|t| t.contains("no-obligations"))), "{xml}");
}

#[test]
fn sarif_names_a_rule_and_a_region_for_each_finding() {
    let log: Value = serde_json::from_str(&form("sarif", "sarif")).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let result = |r: &Value| {
        let rule = &run["tool"]["driver"]["rules"][r["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], r["ruleId"]);
        let region = &r["locations"][0]["physicalLocation"]["region"];
        assert!(region["endLine"].as_u64() >= region["startLine"].as_u64());
        (r["ruleId"].as_str().unwrap().to_string(), region["startLine"].as_u64().unwrap())
    };
    assert_eq!(results.iter().map(result).collect::<Vec<_>>(), places(&told("sarif")));
    let uris: Vec<&Value> = results.iter().map(|r| &r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).collect();
    assert!(uris.contains(&&Value::from("b%20c.sla")), "{uris:?}");
}

#[test]
fn gitlab_s_issues_have_fingerprints_that_differ_and_outlive_a_move() {
    let issues: Vec<Value> = serde_json::from_str(&form("gitlab", "gitlab")).unwrap();
    let place = |i: &Value| (i["check_name"].as_str().unwrap().to_string(), i["location"]["lines"]["begin"].as_u64().unwrap());
    assert_eq!(issues.iter().map(place).collect::<Vec<_>>(), places(&told("gitlab")));
    let fingerprints = |issues: &[Value]| issues.iter().map(|i| i["fingerprint"].to_string()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(fingerprints(&issues).len(), issues.len());
    let folder = spec("gitlab");
    let moved = std::fs::read_to_string(folder.join("a.sla")).unwrap();
    std::fs::write(folder.join("a.sla"), format!("\n\n{moved}")).unwrap();
    let again: Vec<Value> = serde_json::from_str(&text(&sla(&folder, &["check", ".", "--format", "gitlab"]).stdout)).unwrap();
    assert_eq!(fingerprints(&again), fingerprints(&issues));
}

/// An annotation is a line; what its syntax would read otherwise is escaped (`%`, line ends, and `:` and `,` in properties).
#[test]
fn github_annotations_are_a_line_each() {
    let annotations = form("github", "github");
    let told = told("github");
    assert_eq!(annotations.lines().count(), told.len());
    for (line, finding) in annotations.lines().zip(&told) {
        let (properties, message) = line.split_once("::").and_then(|(_, rest)| rest.split_once("::")).unwrap();
        assert!(properties.starts_with(finding["severity"].as_str().unwrap()), "{line}");
        assert!(properties.contains(&format!("line={},", finding["labels"][0]["line"])), "{line}");
        assert!(!properties.contains("./"), "{line}");
        assert!(message.starts_with(&finding["message"].as_str().unwrap().replace('%', "%25")), "{line}");
    }
}

/// The schema that OASIS publishes, by a validator that is not ours.
#[test]
fn sarif_is_valid_by_the_published_schema() {
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas/sarif-schema-2.1.0.json")).unwrap();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("sarif.json", serde_json::from_str(&schema).unwrap()).unwrap();
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("sarif.json", &mut schemas).unwrap();
    let log: Value = serde_json::from_str(&form("sarif", "sarif-schema")).unwrap();
    assert!(log["runs"][0]["results"].as_array().unwrap().iter().any(|r| r["fixes"].is_array()), "{log}");
    if let Err(wrong) = schemas.validate(&log, index) {
        panic!("{wrong:#}");
    }
    let mut broken = log;
    broken["runs"][0]["results"][0]["level"] = "dreadful".into();
    assert!(schemas.validate(&broken, index).is_err(), "the validator finds nothing wrong");
}
