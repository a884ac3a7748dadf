//! What a person reads who made a mistake.

use crate::common::{folder, sla, text};

/// One fault of each kind of construct: one finding for each, in one run. The rendering is read by a person before it is
/// blessed.
#[test]
fn a_file_of_faults_has_a_finding_for_each() {
    let folder = folder("faults");
    let faults = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/faults.sla")).unwrap();
    std::fs::write(folder.join("faults.sla"), faults).unwrap();
    let output = sla(&folder, &["check", "faults.sla"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("faults", text(&output.stdout));
}

/// Signs that no clause begins with are findings where they stand; the tool goes on behind them.
#[test]
fn stray_signs_are_findings() {
    let folder = folder("stray");
    for stray in ["—", "“ab”", "…:", "§ 5", "\u{feff}x", "{", "}", "\"", "'", "=>", "\u{0}"] {
        for spec in [format!("case t {{ {stray} on }}"), format!("agreement a {{ {stray} }}"), format!("{stray} case t {{ event e }}")] {
            std::fs::write(folder.join("stray.sla"), &spec).unwrap();
            let output = sla(&folder, &["check", "stray.sla"]);
            assert_eq!(output.status.code(), Some(1), "{spec}: {}", text(&output.stderr));
            assert!(text(&output.stdout).contains("stray.sla:1:"), "{spec}: {}", text(&output.stdout));
        }
    }
}

/// Of rules about a code the narrowest counts, of two as narrow the stricter; what is an error stays one.
#[test]
fn warnings_are_denied_and_allowed_by_code_by_group_or_all() {
    let folder = folder("policy");
    let spec = r#"party us { contact "us@example.com" }
calendar spare { zone "UTC"  open mon-fri 09:00-17:00 }
case item { event began event ended }
agreement a { version "1" effective 2026-01-01 zone "UTC"
    service s by us for us { obligation o { start on began  stop on ended  within 1h on always } } }
"#;
    std::fs::write(folder.join("spec.sla"), spec).unwrap();
    let said = |args: &[&str]| {
        let output = sla(&folder, &[&["check", "spec.sla", "--format", "short"], args].concat());
        let words: Vec<String> =
            text(&output.stdout).lines().filter(|l| !l.starts_with("  ")).filter_map(|l| Some(l.split(": ").nth(1)?.into())).collect();
        (output.status.code(), words.join(" "))
    };
    let warned = (Some(0), "warning[unused]".to_string());
    let denied = (Some(1), "error[unused]".to_string());
    let silent = (Some(0), String::new());
    assert_eq!(said(&[]), warned);
    for all_of_it in ["unused", "names", "warnings"] {
        assert_eq!(said(&["--deny", all_of_it]), denied);
        assert_eq!(said(&["--allow", all_of_it]), silent);
    }
    assert_eq!(said(&["--deny", "warnings", "--allow", "names"]), silent);
    assert_eq!(said(&["--allow", "warnings", "--deny", "names", "--warn", "unused"]), warned);
    assert_eq!(said(&["--allow", "unused", "--deny", "unused"]), denied);
    assert_eq!(said(&["--deny", "time,tiers"]), warned);
    let output = sla(&folder, &["check", "spec.sla", "--deny", "unuse"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `unused`?"), "{}", text(&output.stderr));

    std::fs::write(folder.join("spec.sla"), "calendar c { zone \"UTC\"  open mon-fri 09:00-09:00 }\n").unwrap();
    assert_eq!(said(&["--allow", "empty-hours,warnings"]), (Some(1), "error[empty-hours]".to_string()));
}

/// A spec on standard input is read once, and what is wrong in it is found as in a file.
#[test]
fn standard_input_is_checked_like_a_file() {
    use std::io::Write;
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_sla"))
        .args(["check", "-", "--format", "short"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"calendar c { zone \"UTC\"  open mon-fri 09:00-09:00 }\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("-:1:39: error[empty-hours]"), "{}", text(&output.stdout));
}

/// Of a folder, each file that no other imports is a spec, whatever order they are read in, and a circle is one too.
#[test]
fn a_folder_holds_a_spec_for_each_file_that_is_not_imported() {
    let folder = folder("roots");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("a.sla", "party us { contact \"us@example.com\" }\n");
    write("z.sla", "import \"a.sla\"\nparty them { contact \"them@example.com\" }\n");
    write("m.sla", "party other { contact \"other@example.com\" }\n");
    let output = sla(&folder, &["check", "."]);
    // `a` and `z` are one spec of two files, `m` is another.
    assert!(text(&output.stdout).starts_with("3 files checked: no findings"), "{}", text(&output.stdout));
    write("a.sla", "import \"z.sla\"\n");
    let output = sla(&folder, &["check", ".", "--format", "short"]);
    assert_eq!(text(&output.stdout).matches("imports itself in a circle").count(), 1, "{}", text(&output.stdout));
}

/// Advice is good practice that not every text needs: `no-goal` and its siblings are said where a code or their group is asked for.
#[test]
fn advice_is_said_where_it_is_asked_for() {
    let folder = folder("advice");
    let spec = r#"party us { contact "us@example.com" }
case item { event began event ended }
agreement a "A" { version "1" effective 2026-01-01 to 2026-12-31 zone "UTC"  review every year
    goal us "Nothing rests" clause "Cancellation" "By either side, at any time."
    service s "S" by us for us { obligation o "O" { start on began  stop on ended  within 1h on always } } }
"#;
    std::fs::write(folder.join("spec.sla"), spec).unwrap();
    let codes = |args: &[&str]| {
        let output = sla(&folder, &[&["check", "spec.sla", "--format", "jsonl"], args].concat());
        let found = text(&output.stdout)
            .lines()
            .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["code"].to_string())
            .collect::<Vec<_>>();
        (output.status.code(), found.join(" "))
    };
    assert_eq!(codes(&[]), (Some(0), String::new()));
    assert_eq!(codes(&["--deny", "warnings"]), (Some(0), String::new()));
    assert_eq!(codes(&["--warn", "elements"]), (Some(0), "\"no-consequence\" \"no-owner\"".into()));
    assert_eq!(codes(&["--deny", "elements", "--allow", "no-owner"]), (Some(1), "\"no-consequence\"".into()));
}
