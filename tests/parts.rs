//! Cases that do not see each other are judged apart, by as many threads as there are: what these find is added up, and the report is
//! the one that a single thread writes.

use crate::common::{compile, folder, sla, text};
use sla::engine::Engine;
use sla::event::Texts;
use sla::log::{Batch, Found, Input, Judge, Options, Reading};
use std::fmt::Write as _;
use std::path::Path;

/// All that is added up: counts and values of events, elapsed times, cases that keep several promises, times in states, stages,
/// warnings, claims; by teams, tiers and not at all; and events and duties that are of no case.
const SPEC: &str = r#"
party desk "Desk" { contact "Desk <desk@example.com>" }
party us "Us"
calendar office "Office hours" { zone "Europe/Berlin"  open mon-fri 08:00-18:00 }
case ticket {
    priority: number
    team: text
    event opened
    event paid { amount: number }
    event broke
    event mended
    event resolved
    event claimed
    state broken from broke to mended
    stage begun "Begun" on opened
    stage done  "Done"  on resolved
    tier P1 when priority <= 1
    tier P2 otherwise
}
event audited
event reported { reporter: text }
agreement tickets {
    version "1"
    effective 2026-01-01 to 2026-12-31
    zone "Europe/Berlin"
    currency EUR
    claim within 30 calendar days on claimed
    service support by desk for us {
        obligation answer  { start once on opened  stop on paid  within 1h for P1, 4h for P2  clock office  warn at 50%  escalate at 100% to desk }
        obligation resolve { start on opened  stop on resolved  within 8h  clock office }
        obligation report  { start each month by reporter  stop on reported  within close of working day 5  clock office }
        objective quick  { expect met(answer) >= 95% per month by team  credit 10 EUR below 95% }
        objective usual  { expect p90(resolve) <= 9h per week by tier }
        objective both   { expect met(answer and resolve) >= 50% per month }
        objective amount { expect median(paid.amount) <= 50 per month by team }
        objective up     { expect uptime(broken on office) >= 99% per month by team }
        objective volume { expect count(opened) + count(audited) >= 500 per week }
    }
}
"#;

/// In order of time. Some keys end in numbers, some do not, and some cases are seen in rows that change nothing.
fn rows(tickets: u32) -> Vec<String> {
    let mut dice = 7u32;
    let mut roll = |n: u32| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 8) % n
    };
    let mut rows: Vec<(u32, String)> = Vec::new();
    for ticket in 0..tickets {
        let key = if ticket % 3 == 0 { format!("{ticket:x}-z") } else { format!("T-{ticket:05}") };
        let opened = roll(120 * 1440);
        let mut add = |minute: u32, event: &str, rest: &str| rows.push((minute, format!("{event},{key},{rest},")));
        add(opened, "opened", &format!("{},team {},", roll(4), roll(5)));
        add(opened + roll(900), "paid", &format!(",,{}.5", roll(99)));
        if roll(4) == 0 {
            let broke = opened + roll(900);
            add(broke, "broke", ",,");
            add(broke + roll(300), "mended", ",,");
        }
        for _ in 0..roll(3) {
            add(opened + roll(3_000), "resolved", ",,");
        }
        if roll(9) == 0 {
            add(opened + roll(50_000), "claimed", ",,");
        }
        add(roll(120 * 1440), "looked", ",,");
        if roll(5) == 0 {
            let event = ["audited,,,,,", "reported,,,,,finance", "reported,,,,,desk"][roll(3) as usize];
            rows.push((opened, event.into()));
        }
    }
    rows.sort_by_key(|row| row.0);
    let start = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap().and_hms_opt(6, 0, 0).unwrap();
    let time = |minute: u32| (start + chrono::TimeDelta::minutes(i64::from(minute))).format("%Y-%m-%dT%H:%M:%SZ");
    rows.into_iter().map(|(minute, row)| format!("{},{row}", time(minute))).collect()
}

/// The records of a run, and the page that it shows.
fn report(folder: &Path, spec: &str, log: &Path, threads: &str) -> (String, String) {
    let out = folder.join("out.jsonl");
    let run = |rest: &[&str]| {
        let mut args = vec!["run", spec, "--log", log.to_str().unwrap(), "--threads", threads];
        args.extend(rest);
        let output = sla(folder, &args);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    run(&["-o", out.to_str().unwrap()]);
    (std::fs::read_to_string(&out).unwrap(), run(&[]))
}

#[test]
fn what_parts_find_is_added_up() {
    let folder = folder("parts");
    std::fs::write(folder.join("spec.sla"), SPEC).unwrap();
    let rows = rows(6_000);
    let shuffled = (0..rows.len()).map(|at| &rows[at * 7_919 % rows.len()]);
    for (name, rows) in [("ordered.csv", rows.iter().collect::<Vec<_>>()), ("shuffled.csv", shuffled.collect())] {
        let mut log = String::from("time,event,ticket,priority,team,amount,reporter\n");
        rows.iter().for_each(|row| writeln!(log, "{row}").unwrap());
        std::fs::write(folder.join(name), &log).unwrap();
        assert!(log.len() > 1 << 20, "the log is of several pieces");
        let one = report(&folder, "spec.sla", Path::new(name), "1");
        for kind in ["verdict", "objective", "notice", "credit", "stage"] {
            assert!(one.0.contains(&format!("\"kind\":\"{kind}\"")), "there is no {kind}");
        }
        for threads in ["2", "3", "8"] {
            assert!(report(&folder, "spec.sla", Path::new(name), threads) == one, "{name}, {threads} threads");
        }
    }
}

#[test]
fn agreements_of_the_gallery_are_judged_the_same_by_any_number_of_threads() {
    let out = folder("parts-gallery");
    for specs in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("specs")).unwrap().map(|entry| entry.unwrap().path()) {
        let is_log = |path: &Path| path.extension().is_some_and(|ending| ending == "csv" || ending == "jsonl");
        let log = std::fs::read_dir(&specs).unwrap().map(|entry| entry.unwrap().path()).find(|path| is_log(path)).unwrap();
        let one = report(&out, specs.to_str().unwrap(), &log, "1");
        for threads in ["2", "5"] {
            assert!(report(&out, specs.to_str().unwrap(), &log, threads) == one, "{}, {threads} threads", specs.display());
        }
    }
}

/// Excluded time is everybody's, and a duty of each month that an event of any case stops is no case's own.
#[test]
fn an_agreement_in_which_cases_see_each_other_is_judged_in_one_part() {
    let parts = |spec: &str| {
        let (plan, texts) = (compile(spec), Texts::default());
        Engine::divided(&plan, &texts, &[], 3).parts()
    };
    assert_eq!(parts(SPEC), 3);
    let excludes = SPEC.replace("    service", "    exclude broken \"The desk is broken\"\n    service");
    assert_eq!(parts(&excludes), 1);
    let by_case = SPEC.replace("each month by reporter  stop on reported", "each month  stop on resolved");
    assert_eq!(parts(&by_case), 1);
}

/// Fails as one part of a judge of two.
struct Fails;

impl Judge for Fails {
    fn parts(&self) -> usize {
        2
    }

    fn judge(&self, part: usize, _: &Batch) {
        assert_eq!(part, 0, "the second part fails");
    }
}

/// A mistake in the program ends it: nobody waits for the part that made it.
#[test]
fn a_part_that_fails_is_not_waited_for() {
    let plan = compile(SPEC);
    let log: String =
        ["time,event,ticket,priority,team,amount,reporter".to_string()].into_iter().chain(rows(500)).map(|row| row + "\n").collect();
    let (texts, inputs, before) = (Texts::default(), [Input::of("log.csv", log.into_bytes())], Found::default());
    for threads in [1, 2, 4] {
        let options = Options { threads, ..Options::default() };
        let reading = Reading { plan: &plan, texts: &texts, inputs: &inputs, options: &options, before: &before };
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reading.as_written(&Fails, &mut |_| {}).is_ok()));
        assert!(read.is_err(), "{threads} threads");
    }
}
