//! What a person reads who made a mistake.

mod common;

use common::{folder, sla, text};

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
agreement a { version "1" effective 2026-01-01 zone "UTC" service s by us for us { } }
"#;
    std::fs::write(folder.join("spec.sla"), spec).unwrap();
    let said = |args: &[&str]| {
        let output = sla(&folder, &[&["check", "spec.sla", "--format", "short"], args].concat());
        let words: Vec<String> =
            text(&output.stdout).lines().filter(|l| !l.starts_with("  ")).filter_map(|l| Some(l.split(": ").nth(1)?.into())).collect();
        (output.status.code(), words.join(" "))
    };
    let warned = (Some(0), "warning[no-obligations]".to_string());
    let denied = (Some(1), "error[no-obligations]".to_string());
    let silent = (Some(0), String::new());
    assert_eq!(said(&[]), warned);
    for all_of_it in ["no-obligations", "elements", "warnings"] {
        assert_eq!(said(&["--deny", all_of_it]), denied);
        assert_eq!(said(&["--allow", all_of_it]), silent);
    }
    assert_eq!(said(&["--deny", "warnings", "--allow", "elements"]), silent);
    assert_eq!(said(&["--allow", "warnings", "--deny", "elements", "--warn", "no-obligations"]), warned);
    assert_eq!(said(&["--allow", "no-obligations", "--deny", "no-obligations"]), denied);
    assert_eq!(said(&["--deny", "time,names"]), warned);
    let output = sla(&folder, &["check", "spec.sla", "--deny", "no-obligation"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `no-obligations`?"), "{}", text(&output.stderr));

    std::fs::write(folder.join("spec.sla"), "calendar c { zone \"UTC\"  open mon-fri 09:00-09:00 }\n").unwrap();
    assert_eq!(said(&["--allow", "empty-hours,warnings"]), (Some(1), "error[empty-hours]".to_string()));
}
