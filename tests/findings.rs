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
