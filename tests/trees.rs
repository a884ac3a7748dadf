//! Snapshots of what is handed from floor to floor, for a small agreement. A person reads them before they are blessed.

use crate::common::{self, folder, sla, text};
use sla::source::SourceMap;

const SPEC: &str = r#"
party us "Us" { contact "us@example.com" }
party them "Them" { contact "them@example.com" }
calendar office "Office hours" { zone "Europe/Berlin"  open mon-fri 09:00-17:00  closed yearly easter + 1 }
case item {
    size: number
    event began
    event ended { why: done | dropped }
    tier L "Large" when size >= 10
    tier S "Small" otherwise
}
agreement small "A small agreement" {
    version "1"
    effective 2026-01-01 to 2026-12-31
    zone "Europe/Berlin"
    service work "Work" by us for them {
        obligation finish "Finish in time" {
            start  on began
            stop   on ended(why = done)
            within 2h for L, 1 working day for S
            clock  office
            warn   at 75%
        }
        objective most "Most in time" { expect met(finish) >= 90% per month by tier }
    }
}
"#;

const LOG: &str = "time,event,item,size,why
2026-04-02T10:00:00+02:00,began,I1,12,
2026-04-02T11:30:00+02:00,ended,I1,,done
2026-04-02T16:00:00+02:00,began,I2,3,
2026-04-08T09:00:00+02:00,ended,I2,,done
2026-05-04T09:00:00+02:00,began,I3,20,
2026-05-04T10:00:00+02:00,ended,I3,,dropped
2026-05-04T10:30:00+02:00,began,I4,2,
";

#[test]
fn the_tree_of_a_text() {
    let mut sources = SourceMap::default();
    let file = sources.add("small.sla", "calendar k = always except office\nparty us \"Us\" { contact \"a\" }\n");
    let (tree, findings) = sla::syntax::parse(&sources, file);
    assert!(findings.is_empty());
    insta::assert_debug_snapshot!(tree);
}

#[test]
fn the_plan_of_a_spec() {
    insta::assert_snapshot!(common::compile(SPEC).to_json());
}

#[test]
fn the_reports_of_a_run() {
    let folder = folder("trees");
    std::fs::write(folder.join("small.sla"), SPEC).unwrap();
    std::fs::write(folder.join("log.csv"), LOG).unwrap();
    let run = |args: &[&str]| {
        let output = sla(&folder, &[&["run", "small.sla", "--log", "log.csv"], args].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    // The release of the zones and the plan's digest change with the program, not with the log.
    let settled = |text: &str| {
        let settled = text.replace(sla::time::tzdb_version(), "TZDB");
        // A table names no plan.
        let Some((_, digest)) = text.split_once("sha256:") else { return settled };
        let digest: String = digest.chars().take_while(char::is_ascii_hexdigit).collect();
        settled.replace(&digest, "DIGEST")
    };
    insta::assert_snapshot!("page", settled(&run(&[])));
    run(&["-o", "out.jsonl", "-o", "out.md", "-o", "out.csv"]);
    for form in ["jsonl", "md", "csv"] {
        let written = std::fs::read_to_string(folder.join(format!("out.{form}"))).unwrap();
        insta::assert_snapshot!(form, settled(&written));
    }
}
