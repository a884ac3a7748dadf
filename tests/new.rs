//! `sla new`: each template checks, tests and runs at once, and so does what its code host would run.

use crate::common::{folder, sla, text};

#[test]
fn every_template_is_clean_from_the_first_minute() {
    for template in ["smarketing", "helpdesk", "uptime", "vendor"] {
        let here = folder(&format!("new-{template}"));
        let made = sla(&here, &["new", "support-desk", "--template", template]);
        assert!(made.status.success(), "{template}: {}", text(&made.stderr));
        let folder = here.join("support-desk");
        let workflow = std::fs::read_to_string(folder.join(".github/workflows/agreement.yml")).unwrap();
        let commands: Vec<&str> = workflow.lines().filter_map(|l| l.trim().strip_prefix("- run: sla ")).collect();
        assert_eq!(commands.len(), 4, "{workflow}");
        for command in commands {
            let args: Vec<&str> = command.split(' ').collect();
            let output = sla(&folder, &args);
            assert_eq!(output.status.code(), Some(0), "{template}: sla {command}\n{}{}", text(&output.stdout), text(&output.stderr));
        }
        let checked = sla(&folder, &["check", ".", "--log", "log.csv"]);
        assert!(text(&checked.stdout).ends_with("1 file checked: no findings\n"), "{template}: {}", text(&checked.stdout));
        let tested = sla(&folder, &["test", "."]);
        assert!(text(&tested.stdout).ends_with("2 tests: 2 passed, 0 failed\n"), "{template}: {}", text(&tested.stdout));
        let run = text(&sla(&folder, &["run", ".", "--log", "log.csv"]).stdout);
        assert!(run.starts_with("Support desk\n") && run.contains(" breached"), "{template}: {run}");
    }
}

/// Elements of an agreement are asked for by the `sla.toml` of the template; the command line has the last word.
#[test]
fn the_folder_says_how_strict_the_check_is() {
    let here = folder("new-strict");
    sla(&here, &["new", "desk", "--template", "uptime"]);
    let spec = here.join("desk/desk.sla");
    let without =
        std::fs::read_to_string(&spec).unwrap().lines().filter(|l| !l.trim().starts_with("review ")).collect::<Vec<_>>().join("\n");
    std::fs::write(&spec, without).unwrap();
    let codes = |args: &[&str]| {
        let output = sla(&here, &[&["check", "desk", "--format", "short"], args].concat());
        (output.status.code(), text(&output.stdout).matches("[no-review]").count())
    };
    assert_eq!(codes(&[]), (Some(0), 1));
    assert_eq!(codes(&["--deny", "no-review"]), (Some(1), 1));
    assert_eq!(codes(&["--allow", "no-review"]), (Some(0), 0));
    std::fs::write(here.join("desk/sla.toml"), "[check]\ndeny = [\"no-review\"]\n").unwrap();
    assert_eq!(codes(&[]), (Some(1), 1));
    assert_eq!(codes(&["--warn", "warnings,no-review"]), (Some(0), 1));
    std::fs::write(here.join("desk/sla.toml"), "[check]\ndenny = [\"no-review\"]\n").unwrap();
    let output = sla(&here, &["check", "desk"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("sla.toml:2: ") && error.contains("denny"), "{error}");
}

#[test]
fn nothing_is_written_over_and_every_name_becomes_one_of_the_language() {
    let here = folder("new-names");
    for (given, name) in [("2026 Support!", "agreement_2026_support"), ("per", "agreement_per"), ("Ärzte", "rzte"), ("sales", "sales")] {
        let made = sla(&here, &["new", given]);
        assert!(made.status.success(), "{given}: {}", text(&made.stderr));
        let checked = sla(&here.join(given), &["check", &format!("{name}.sla"), "--deny", "warnings"]);
        assert_eq!(checked.status.code(), Some(0), "{given}: {}{}", text(&checked.stdout), text(&checked.stderr));
    }
    let again = sla(&here, &["new", "sales"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("is there already"), "{}", text(&again.stderr));
}
