//! The README and the reference documents say what is true.

use crate::common::{folder, reference, sla, text};
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The fences of a page that begin with this info, with what they hold.
fn fences<'p>(page: &'p str, info: &str) -> Vec<&'p str> {
    let opening = format!("```{info}\n");
    page.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn the_readme_shows_the_report_that_its_command_prints() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let commands = fences(&page, "sh")[0];
    assert!(commands.contains("cargo run --release -- run specs/smarketing --log specs/smarketing/leads.csv"), "{commands}");
    assert!(commands.contains("cargo test"), "{commands}");
    let output = sla(root(), &["run", "specs/smarketing", "--log", "specs/smarketing/leads.csv"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let trimmed = |t: &str| t.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let shown = trimmed(fences(&page, "text")[0]);
    let printed = trimmed(&text(&output.stdout));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(
            root().join("README.md"),
            page.replacen(&format!("```text\n{}```", fences(&page, "text")[0]), &format!("```text\n{printed}\n```"), 1),
        )
        .unwrap();
    } else {
        assert_eq!(shown, printed, "BLESS=1 rewrites it");
    }
}

#[test]
fn what_the_readme_writes_in_the_language_checks_and_passes() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let folder = folder("readme");
    for (i, spec) in fences(&page, "sla").into_iter().enumerate() {
        let name = format!("{i}.sla");
        std::fs::write(folder.join(&name), spec).unwrap();
        let checked = sla(&folder, &["check", &name, "--deny", "warnings"]);
        assert!(checked.status.success(), "{}", text(&checked.stdout));
        let tested = sla(&folder, &["test", &name]);
        assert!(tested.status.success(), "{}", text(&tested.stdout));
    }
}

/// The blocks of the design's language parse as they stand; the first is a whole spec, and its test passes.
#[test]
fn the_whole_language_of_the_design_parses() {
    let Some(design) = reference("design/language.md") else { return };
    let page = std::fs::read_to_string(design).unwrap();
    let folder = folder("design");
    let blocks = fences(&page, "sla");
    assert_eq!(blocks.len(), 3);
    for (i, block) in blocks.into_iter().enumerate() {
        let name = format!("{i}.sla");
        std::fs::write(folder.join(&name), block).unwrap();
        let said = text(&sla(&folder, &["check", &name, "--format", "short"]).stdout);
        let strange: Vec<&str> = said.lines().filter(|l| SYNTAX.iter().any(|code| l.contains(&format!("[{code}]")))).collect();
        assert!(strange.is_empty(), "{strange:#?}");
    }
    let checked = sla(&folder, &["check", "0.sla"]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
    let tested = sla(&folder, &["test", "0.sla"]);
    assert!(tested.status.success(), "{}", text(&tested.stdout));
}

const SYNTAX: [&str; 5] = ["syntax", "unknown-clause", "unclosed-brace", "stray-brace", "unclosed-text"];

#[path = "../examples/leads.rs"]
#[allow(dead_code, unreachable_pub)]
mod generator;

#[test]
fn the_example_log_is_what_its_program_writes() {
    let kept = std::fs::read_to_string(root().join("specs/smarketing/leads.csv")).unwrap();
    assert!(kept == generator::leads(), "run `cargo run --example leads > specs/smarketing/leads.csv`");
}

/// Every verdict and every reason that the language has so far occurs in the example's log.
#[test]
fn the_example_log_shows_every_verdict_and_reason() {
    let folder = folder("every");
    let out = folder.join("out.jsonl");
    let output = sla(root(), &["run", "specs/smarketing", "--log", "specs/smarketing/leads.csv", "-o", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let records = std::fs::read_to_string(out).unwrap();
    for verdict in ["met", "breached", "pending", "void", "unknown"] {
        assert!(records.contains(&format!("\"verdict\":\"{verdict}\"")), "{verdict}");
    }
    for reason in ["cancelled", "reset", "none", "missing:score", "calendar"] {
        assert!(records.contains(&format!("\"reason\":\"{reason}\"")), "{reason}");
    }
    for line in ["\"kind\":\"notice\"", "\"verdict\":\"missed\"", "\"verdict\":\"open\""] {
        assert!(records.contains(line), "{line}");
    }
}

#[test]
fn help_of_every_command_ends_with_an_example() {
    for command in ["check", "run", "test", "compile", "calc", "fmt"] {
        let help = text(&sla(root(), &[command, "--help"]).stdout);
        assert!(help.contains("Example") && help.contains(&format!("sla {command}")), "{help}");
    }
}
