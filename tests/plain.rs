//! Promises to which nothing can happen but a start, pauses and an end are kept in less room than others, and judged in fewer steps.
//! Nobody can tell: a notice that is never given makes a promise one of the others, and no record changes.

mod common;
#[path = "common/random.rs"]
mod random;

use common::{folder, sla, text};
use random::Random;
use std::fmt::Write as _;
use std::path::Path;

/// Promises that are plain but for what stands in the place of `NOTICE`.
const SPEC: &str = r#"
party desk "Desk"
party us "Us"
calendar office "Office hours" { zone "Europe/Berlin"  open mon-fri 08:00-12:00, 13:00-17:00  closed 2026-03-04 }
case ticket {
    n:     number?
    group: text?
    kind:  a | b | c
    event opened
    event held
    event freed
    event note { good: bool? }
    event closed
    event dropped
    state waits   from held to freed or closed
    state blocked when kind = b
    tier P1 when n <= 2
    tier P2 when n <= 5
    tier P3 otherwise
}
agreement tickets {
    version "1"
    effective 2026-03-02 to 2026-03-31
    zone "Europe/Berlin"
    service support by desk for us {
        obligation first  { start once on opened  stop on closed  pause while waits  cancel on dropped  within 30m for P1, 2h for P2  clock office NOTICE }
        obligation seen   { start once on opened  stop on note or closed  cancel on dropped  within 1h for P1, 3h  clock always NOTICE }
        obligation again  { start on opened  stop on closed or dropped  within 45m  clock always NOTICE }
        obligation noted  { start on opened or note  stop on note(good)  cancel on dropped  pause while blocked  within close of working day 0 for P1, 1 working day  clock office NOTICE }
        obligation freed  { applies when kind in (a, b)  start on held(n >= 1)  stop on freed  within 20m if kind = a, 40m  clock always  blame group NOTICE }
        objective met_first  { expect met(first) >= 50% per week by tier }
        objective met_again  { expect met(again) >= 50% per week by group where kind in (a, c) }
        objective how_long   { expect p90(noted) <= 4h per week by group  counted by due }
        objective both       { expect met(first and again) >= 50% per month }
    }
}
"#;

/// Rows of few tickets at few instants, so that much happens at once.
fn log(r: &mut Random, rows: usize) -> String {
    let mut log = String::from("time,event,ticket,n,group,kind,good\n");
    let mut minute = 0;
    for _ in 0..rows {
        minute += [0, 0, 5, 10, 25][r.below(5)];
        let (hours, minutes) = (6 + minute / 60, minute % 60);
        let event = r.one(&["opened", "opened", "held", "freed", "note", "note", "closed", "dropped", ""]);
        let good = if event == "note" { r.one(&["true", "false", ""]) } else { "" };
        let n = r.one(&["", "", "0", "2", "4", "9"]);
        let (group, kind) = (r.one(&["", "", "red", "blue"]), r.one(&["", "", "a", "b", "c"]));
        let _ = writeln!(
            log,
            "2026-03-{:02}T{:02}:{minutes:02}:00Z,{event},T{},{n},{group},{kind},{good}",
            2 + hours / 24,
            hours % 24,
            r.below(9)
        );
    }
    log
}

/// The records of a run, without the digest of the plan.
fn records(folder: &Path, spec: &str, only: &[&str]) -> Vec<String> {
    std::fs::write(folder.join("spec.sla"), spec).unwrap();
    let mut args = vec!["run", "spec.sla", "--log", "log.csv", "-o", "out.jsonl"];
    args.extend(only);
    let output = sla(folder, &args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let records = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    records.lines().map(|line| line.split(",\"plan\":").next().unwrap().to_string()).collect()
}

#[test]
fn plain_promises_are_judged_as_all_others_are() {
    let folder = folder("plain");
    let (mut verdicts, mut breached) = (0, 0);
    for seed in 0..12 {
        let mut r = Random::new(seed);
        std::fs::write(folder.join("log.csv"), log(&mut r, 400)).unwrap();
        for only in [&[][..], &["--only", "breached"]] {
            let plain = records(&folder, &SPEC.replace("NOTICE", ""), only);
            let other = records(&folder, &SPEC.replace("NOTICE", " escalate 9000h after to us"), only);
            for (plain, other) in plain.iter().zip(&other) {
                assert_eq!(plain, other, "seed {seed} {only:?}");
            }
            assert_eq!(plain.len(), other.len(), "seed {seed}");
            verdicts += plain.iter().filter(|r| r.contains("\"kind\":\"verdict\"")).count();
            breached += plain.iter().filter(|r| r.contains("\"verdict\":\"breached\"")).count();
        }
    }
    assert!(verdicts > 2_000 && breached > 1_000, "{verdicts} verdicts, {breached} of them breached, show something");
}
