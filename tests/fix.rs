//! `sla check --fix` puts right what is certain and nothing else.

use crate::common::{folder, sla, text};

const WRONG: &str = r#"party us { contact “us@example.com” }
case ticket {
    score: number
    event opened
    event closed
    state pressing when score == 5 AND score present
}
agreement desk {
    version   "1"
    effective 2026-01-01 to 2026-12-31
    zone      "UTC"
    clock     always
    service support by us for us {
        // Nobody waits.
        obligation answer { start on openned  stop on closed  whithin 4 hours }
        objective quick { expect met(anwser) >= 95 % per month }
    }
}
"#;

const RIGHT: &str = r#"party us { contact "us@example.com" }
case ticket {
    score: number
    event opened
    event closed
    state pressing when score = 5 and score present
}
agreement desk {
    version   "1"
    effective 2026-01-01 to 2026-12-31
    zone      "UTC"
    clock     always
    service support by us for us {
        // Nobody waits.
        obligation answer { start on opened  stop on closed  within 4h }
        objective quick { expect met(answer) >= 95% per month }
    }
}
"#;

/// Eight of them: quotes, signs, words, units and names; after each round what was hidden behind them.
#[test]
fn what_is_certain_is_put_right_and_checks_clean() {
    let folder = folder("fix");
    let path = folder.join("spec.sla");
    std::fs::write(&path, WRONG).unwrap();
    let shown = sla(&folder, &["check", "spec.sla", "--diff"]);
    assert_eq!(shown.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), WRONG, "looking changes nothing");
    let changed =
        |sign: char| text(&shown.stdout).lines().filter(|l| l.starts_with(sign) && !l.starts_with("---") && !l.starts_with("+++")).count();
    assert_eq!((changed('-'), changed('+')), (4, 4), "{}", text(&shown.stdout));
    let fixed = sla(&folder, &["check", "spec.sla", "--fix", "--deny", "warnings"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), RIGHT);
    assert_eq!((fixed.status.code(), text(&fixed.stderr).as_str()), (Some(0), "spec.sla: 8 places put right\n"), "{}", text(&fixed.stdout));
    assert_eq!(sla(&folder, &["check", "spec.sla", "--diff"]).status.code(), Some(0), "a second time there is nothing to do");
}

/// Three days could be meant; two names are equally near; and after the only near name another finding would be there.
#[test]
fn what_is_not_certain_is_left() {
    let folder = folder("no-fix");
    let cases = [
        RIGHT.replace("4h", "1d"),
        RIGHT.replace("event closed", "event closed\n    event closes").replace("stop on closed", "stop on closex"),
        RIGHT.replace("stop on closed", "stop on openeds"),
    ];
    for (i, wrong) in cases.iter().enumerate() {
        std::fs::write(folder.join("spec.sla"), wrong).unwrap();
        let output = sla(&folder, &["check", "spec.sla", "--fix"]);
        assert_eq!(output.status.code(), Some(1), "{i}");
        assert_eq!(&std::fs::read_to_string(folder.join("spec.sla")).unwrap(), wrong, "{i}");
    }
}

/// Of two places the one is put right with what it uncovers, and the other, whose only near name is wrong, is left.
#[test]
fn what_can_be_put_right_is_beside_what_cannot() {
    let folder = folder("half-fix");
    let left = RIGHT.replace("stop on closed", "stop on openeds");
    std::fs::write(folder.join("spec.sla"), left.replace("within 4h", "whithin 4 hours")).unwrap();
    let output = sla(&folder, &["check", "spec.sla", "--fix"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(folder.join("spec.sla")).unwrap(), left);
}
