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
