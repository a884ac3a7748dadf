//! The gallery under `specs/`: every agreement checks clean, its tests pass, and its log gives the report that is kept.

use crate::common::{self, sla, text};
use std::path::{Path, PathBuf};

fn folders() -> Vec<PathBuf> {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(specs).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    folders.sort();
    folders
}

/// The log of a folder, and the name of its source where the spec has several.
fn log_of(folder: &Path) -> String {
    let is_log = |name: &String| name.ends_with(".csv") || name.ends_with(".jsonl");
    let mut logs = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).filter(is_log);
    let log = logs.next().unwrap_or_else(|| panic!("{} has no log", folder.display()));
    assert!(logs.next().is_none(), "{} has two logs", folder.display());
    log
}

#[test]
fn there_are_twelve_and_each_has_a_page_of_its_own() {
    let folders = folders();
    assert_eq!(folders.len(), 12);
    for folder in folders {
        let page = std::fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(page.starts_with("# ") && page.contains(&format!("`{}`", log_of(&folder))), "{}", folder.display());
    }
}

#[test]
fn each_checks_without_a_warning_and_its_tests_pass() {
    for folder in folders() {
        let checked = sla(&folder, &["check", ".", "--deny", "warnings"]);
        assert!(checked.status.success(), "{}: {}", folder.display(), text(&checked.stdout));
        let tested = sla(&folder, &["test", "."]);
        assert!(tested.status.success(), "{}: {}", folder.display(), text(&tested.stdout));
        assert!(!text(&tested.stdout).starts_with("0 tests"), "{} has no tests", folder.display());
    }
}

/// `BLESS=1` writes the reports; a person reads the difference.
#[test]
fn each_log_gives_the_report_that_is_kept() {
    for folder in folders() {
        let run = sla(&folder, &["run", ".", "--log", &log_of(&folder)]);
        assert!(run.status.success(), "{}: {}", folder.display(), text(&run.stderr));
        let printed: String = text(&run.stdout).lines().map(|l| format!("{}\n", l.trim_end())).collect();
        let kept = folder.join("report.txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&kept, &printed).unwrap();
        }
        let kept = std::fs::read_to_string(&kept).unwrap_or_default();
        assert!(kept == printed, "{}: BLESS=1 rewrites report.txt, and a person reads the difference\n{printed}", folder.display());
    }
}

/// One run of a corporate agreement with three customers: every verdict names the clause of the level that decided it.
#[test]
fn verdicts_of_levels_name_the_clause_that_decided_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/levels");
    let out = common::folder("levels").join("out.jsonl");
    let run = sla(&folder, &["run", ".", "--log", "tickets.csv", "-o", out.to_str().unwrap()]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let records = std::fs::read_to_string(out).unwrap();
    let lines = |file: &str| -> Vec<String> { std::fs::read_to_string(folder.join(file)).unwrap().lines().map(str::to_string).collect() };
    let (corporate, customers) = (lines("corporate.sla"), lines("customers.sla"));
    let mut seen = std::collections::BTreeSet::new();
    for record in records.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()).filter(|r| r["kind"] == "verdict") {
        let text = |key: &str| record[key].as_str().unwrap_or_default().to_string();
        let (file, line) = (record["spec"]["file"].as_str().unwrap(), record["spec"]["line"].as_u64().unwrap() as usize);
        let clause = if file.ends_with("corporate.sla") { &corporate[line - 1] } else { &customers[line - 1] };
        // By customer, version, promise and priority: the words of the clause.
        let expected = match (text("agreement").as_str(), text("version").as_str(), text("obligation").as_str(), text("tier").as_str()) {
            ("acme", _, "solve", "urgent") => "override support.solve { within 4h for urgent on always }",
            ("globex_support", _, "solve", "normal") => "relax support.solve { within 8 working days for normal }",
            ("initech_support", "2", "solve", "high") => "override support.solve { within 1 working day for high }",
            (_, _, "solve", _) => "obligation solve",
            _ => "obligation answer",
        };
        assert!(clause.trim().starts_with(expected), "{record}: {clause}");
        seen.insert((text("agreement"), text("version"), expected));
    }
    // Five agreements with both promises, three of them with a clause of their own.
    assert_eq!(seen.len(), 13, "{seen:?}");
}
