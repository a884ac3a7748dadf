//! The pages under `docs/codes/`: each code has one, its wrong example gives exactly that finding and its right one none.
//!
//! A fence `sla` is the spec. A fence with a name behind the language is a file beside it. `repeated N` writes the body so often,
//! or so many files where the name holds `{n}`, which stands for the number in both.

use crate::common::{folder, sla, text};
use sla::diagnostic::{Code, Severity};
use std::path::{Path, PathBuf};

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes")
}

/// The fences of a section, as their info and body.
fn fences(page: &str, section: &str) -> Vec<(String, String)> {
    let (_, section) = page.split_once(&format!("\n## {section}\n")).unwrap_or_else(|| panic!("there is no `## {section}`"));
    let section = section.split("\n## ").next().unwrap();
    let mut parts = section.split("```");
    let mut fences = Vec::new();
    while let (Some(_), Some(fence)) = (parts.next(), parts.next()) {
        let (info, body) = fence.split_once('\n').unwrap();
        fences.push((info.into(), body.into()));
    }
    fences
}

/// What `sla check` finds in a section's example.
fn found(code: Code, page: &str, section: &str) -> Vec<String> {
    let folder = folder(&format!("code-{code}"));
    for (info, body) in fences(page, section) {
        let words: Vec<&str> = info.split(' ').collect();
        let (name, times) = match words.as_slice() {
            [_] => ("spec.sla", 1),
            [_, "repeated", n] => ("spec.sla", n.parse().unwrap()),
            [_, name] => (*name, 1),
            [_, name, "repeated", n] => (*name, n.parse().unwrap()),
            _ => panic!("{code}: {info}"),
        };
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let numbered = |text: &str, n: usize| text.replace("{n}", &n.to_string());
        if name.contains("{n}") {
            (1..=times).for_each(|n| std::fs::write(folder.join(numbered(name, n)), numbered(&body, n)).unwrap());
        } else {
            std::fs::write(path, (1..=times).map(|n| numbered(&body, n)).collect::<String>()).unwrap();
        }
    }
    let mut args = vec!["check", "spec.sla", "--format", "jsonl", "--warn", code.text()];
    if folder.join("log.csv").exists() {
        args.extend(["--log", "log.csv"]);
    }
    let output = sla(&folder, &args);
    assert!(output.status.code() < Some(2), "{code}: {}", text(&output.stderr));
    let codes = text(&output.stdout)
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["code"].as_str().unwrap().into())
        .collect();
    std::fs::remove_dir_all(folder).unwrap();
    codes
}

#[test]
fn each_code_has_a_page_and_each_page_a_code() {
    let mut named: Vec<String> = std::fs::read_dir(pages()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    named.sort();
    let mut codes: Vec<String> = Code::ALL.iter().map(|c| format!("{c}.md")).collect();
    codes.sort();
    assert_eq!(named, codes);
    assert!(Code::ALL.len() >= 80);
}

#[test]
fn wrong_examples_give_exactly_their_finding_and_right_ones_none() {
    let mut problems = Vec::new();
    for code in Code::ALL {
        let page = std::fs::read_to_string(pages().join(format!("{code}.md"))).unwrap();
        let (wrong, right) = (found(*code, &page, "Wrong"), found(*code, &page, "Right"));
        if wrong != [code.text()] {
            problems.push(format!("{code}: the wrong example gives {wrong:?}"));
        }
        if !right.is_empty() {
            problems.push(format!("{code}: the right example gives {right:?}"));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn explain_prints_a_page_and_lists_all_codes() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = |args: &[&str]| {
        let output = sla(here, args);
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let page = std::fs::read_to_string(pages().join("bare-day.md")).unwrap();
    assert_eq!(said(&["explain", "bare-day"]), (Some(0), page, String::new()));
    let (code, list, _) = said(&["explain"]);
    assert_eq!(code, Some(0));
    assert!(
        Code::ALL.iter().all(|c| list.lines().any(|l| l.trim_start().starts_with(&format!("{c} ")) && l.ends_with(c.about()))),
        "{list}"
    );
    let (code, _, error) = said(&["explain", "bare-days"]);
    assert_eq!((code, error.contains("did you mean `sla explain bare-day`?")), (Some(2), true), "{error}");
}

/// A page says what the registry says, and how its code is allowed, if it is.
#[test]
fn pages_agree_with_the_registry() {
    for code in Code::ALL {
        let page = std::fs::read_to_string(pages().join(format!("{code}.md"))).unwrap();
        let mut about = code.about().to_string();
        about[..1].make_ascii_uppercase();
        assert!(page.starts_with(&format!("# {code}\n\n{about}.\n")), "{code}");
        let (_, allow) = page.split_once("\n## Allow\n").unwrap();
        assert_eq!(allow.contains(&format!("sla: allow({code})")), code.severity() != Severity::Error, "{code}");
    }
}
