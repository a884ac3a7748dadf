//! Promises to which nothing can happen but a start, pauses, notices and an end are kept in less room than others, and judged in fewer
//! steps. Nobody can tell: a calendar that is excluded for no case makes all promises others, and no record changes.

use crate::common::random::Random;
use crate::common::{folder, sla, text};
use std::fmt::Write as _;
use std::path::Path;

/// Promises that are plain, for a while at least, but for what stands in the place of `EXCLUDE`.
const SPEC: &str = r#"
party desk "Desk"
party us "Us"
calendar office "Office hours" { zone "Europe/Berlin"  open mon-fri 08:00-12:00, 13:00-17:00  closed 2026-03-04 }
calendar shut "Shut" { zone "Europe/Berlin"  open mon-fri 09:00-10:00 }
case outage {
    event fell
    event rose
    state down from fell to rose
}
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
    EXCLUDE
    service support by desk for us {
        obligation first  { start once on opened  stop on closed  pause while waits  cancel on dropped  within 30m for P1, 2h for P2  clock office }
        obligation seen   { start once on opened  stop on note or closed  cancel on dropped  within 1h for P1, 3h  clock always }
        obligation again  { start on opened  stop on closed or dropped  within 45m  clock always }
        obligation noted  { start on opened or note  stop on note(good)  cancel on dropped  pause while blocked  within close of working day 0 for P1, 1 working day  clock office }
        obligation freed  { applies when kind in (a, b)  start on held(n >= 1)  stop on freed  within 20m if kind = a, 40m  clock always  blame group }
        obligation warned   { start on opened  stop on closed  pause while waits  within 1h for P1, 2h for P2, 1 working day for P3  clock office  warn at 75%, 10m before  escalate at 50% to group, 100% to us, 1h after to desk }
        obligation carried  { start on opened  stop on closed  cancel on dropped  pause while waits  retier carry  within 30m for P1, close of working day 0 for P2, 4h  clock office  warn at 50%  escalate at 100% to us, 200% to desk }
        obligation again_by { start on opened  stop on closed or dropped  retier restart  within 30m for P1, 2h for P2, none for P3  clock always  warn at 80% }
        obligation reopened { start once on opened  stop on closed  reopen on freed or note  pause while waits  within 1h  clock office  warn at 50%  escalate at 100% to us }
        obligation counted  { start on opened  stop on 2 note or 3 held or closed  cancel on dropped  pause while waits  within 2h  clock office  warn at 50% }
        obligation apart    { start on opened  stop on 2 note spaced 20m  reset on freed  retier carry  within 40m for P1, 3h  clock always }
        obligation touched  { start on note  reset on held or freed  stop on closed  pause while blocked  within 1h  clock office  warn at 50% }
        obligation unblock  { start on entering blocked  stop on leaving blocked or closed  pause while waits  within 1h  clock office  warn at 50% }
        obligation said     { require good present on note }
        obligation quiet    { forbid held while blocked }
        objective met_first  { expect met(first) >= 50% per week by tier }
        objective met_again  { expect met(again) >= 50% per week by group where kind in (a, c) }
        objective how_long   { expect p90(noted) <= 4h per week by group  counted by due }
        objective both       { expect met(first and again) >= 50% per month }
    }
}
"#;

/// So many minutes may be between two rows.
const STEPS: [usize; 5] = [0, 0, 5, 10, 25];

/// Rows at few instants, so that much happens at once.
fn log(r: &mut Random, rows: usize, tickets: usize, steps: [usize; 5]) -> String {
    let mut log = String::from("time,event,ticket,outage,n,group,kind,good\n");
    let mut minute = 0;
    for _ in 0..rows {
        minute += steps[r.below(5)];
        let (hours, minutes) = (6 + minute / 60, minute % 60);
        let time = format!("2026-03-{:02}T{:02}:{minutes:02}:00Z", 2 + hours / 24, hours % 24);
        if r.below(15) == 0 {
            let _ = writeln!(log, "{time},{},,O{},,,,", r.one(&["fell", "rose"]), r.below(2));
            continue;
        }
        let event = r.one(&["opened", "opened", "held", "freed", "note", "note", "closed", "dropped", ""]);
        let good = if event == "note" { r.one(&["true", "false", ""]) } else { "" };
        let n = r.one(&["", "", "0", "2", "4", "9"]);
        let (group, kind) = (r.one(&["", "", "red", "blue"]), r.one(&["", "", "a", "b", "c"]));
        let _ = writeln!(log, "{time},{event},T{},,{n},{group},{kind},{good}", r.below(tickets));
    }
    log
}

/// The records of a run, without the digest of the plan.
pub(crate) fn records(folder: &Path, spec: &str, only: &[&str]) -> Vec<String> {
    records_of("log.csv", folder, spec, only)
}

fn records_of(log: &str, folder: &Path, spec: &str, only: &[&str]) -> Vec<String> {
    std::fs::write(folder.join("spec.sla"), spec).unwrap();
    let mut args = vec!["run", "spec.sla", "--log", log, "-o", "out.jsonl"];
    args.extend(only);
    let output = sla(folder, &args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let records = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    records.lines().map(|line| line.split(",\"plan\":").next().unwrap().to_string()).collect()
}

/// Compares records, one after another.
pub(crate) fn same(one: &[String], other: &[String], what: &str) {
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other, "{what}");
    }
    assert_eq!(one.len(), other.len(), "{what}");
}

/// What an agreement may exclude: nothing, its own cases' states, those of others, or both.
const EXCLUDED: [&str; 4] =
    ["", "exclude blocked \"Blocked\"", OUTAGES, "exclude blocked \"Blocked\"  exclude down up to 3h per day \"Outages\""];
const OUTAGES: &str = "exclude down up to 3h per day \"Outages\"";

/// Makes all promises others than plain ones, and excludes nothing.
const OTHERS: &str = " exclude during shut where kind present and kind missing";

#[test]
fn plain_promises_are_judged_as_all_others_are() {
    let folder = folder("plain");
    let (mut verdicts, mut breached, mut notices) = (0, 0, 0);
    for seed in 0..12 {
        let mut r = Random::new(seed);
        std::fs::write(folder.join("log.csv"), log(&mut r, 400, 9, STEPS)).unwrap();
        for only in [&[][..], &["--only", "breached"]] {
            let excluded = EXCLUDED[seed as usize % EXCLUDED.len()];
            let plain = records(&folder, &SPEC.replace("EXCLUDE", excluded), only);
            let other = records(&folder, &SPEC.replace("EXCLUDE", &(excluded.to_string() + OTHERS)), only);
            same(&plain, &other, &format!("seed {seed} {only:?}"));
            verdicts += plain.iter().filter(|r| r.contains("\"kind\":\"verdict\"")).count();
            breached += plain.iter().filter(|r| r.contains("\"verdict\":\"breached\"")).count();
            notices += plain.iter().filter(|r| r.contains("\"kind\":\"notice\"")).count();
        }
    }
    let enough = verdicts > 5_000 && breached > 2_000 && notices > 2_000;
    assert!(enough, "{verdicts} verdicts, {breached} of them breached, and {notices} notices show something");
}

/// The same agreement, but for a stage that takes several events: each event of a case is judged at once then, and all in the same way.
fn at_once(spec: &str) -> String {
    let staged = spec.replace("state waits", "stage twice \"Twice\" on 2 dropped  state waits");
    assert_ne!(spec, staged);
    staged
}

/// Its records without those of that stage.
fn but_for_the_stage(records: Vec<String>) -> Vec<String> {
    records.into_iter().filter(|record| !record.contains("\"stage\":\"twice\"")).collect()
}

/// Of instances that are not shown nothing is kept, and many are counted as soon as they end: no less than where all are shown.
#[test]
fn what_is_not_shown_is_counted_all_the_same() {
    let folder = folder("counted");
    let spec = SPEC.replace("EXCLUDE", "");
    for seed in 0..8 {
        std::fs::write(folder.join("log.csv"), log(&mut Random::new(seed), 400, 30, STEPS)).unwrap();
        let counts = |only: &[&str]| {
            let records = records(&folder, &spec, only);
            let of = |kind: &str| records.iter().filter(|r| r.contains(&format!("\"kind\":\"{kind}\""))).cloned().collect::<Vec<_>>();
            (of("objective"), of("summary"))
        };
        let (all, few) = (counts(&[]), counts(&["--only", "breached"]));
        assert!(all.1[0].contains("\"met\":") && all == few, "seed {seed}\n{:?}\n{:?}", all.1, few.1);
    }
}

/// A case's first event mostly sets its fields and starts promises, and is judged in fewer steps than a later one. Nobody can tell: where a
/// stage takes several events every event is judged in the same way, and no record changes but that of the stage.
#[test]
fn first_events_are_judged_as_all_others_are() {
    let folder = folder("first");
    // What holds by a field may begin with the first event.
    let simple = |line: &&str| !line.contains("blocked") && !line.contains("p90(noted)");
    let spec = SPEC.replace("EXCLUDE", "").lines().filter(simple).collect::<Vec<_>>().join("\n");
    let staged = at_once(&spec);
    let mut verdicts = 0;
    for seed in 0..8 {
        let mut r = Random::new(seed);
        std::fs::write(folder.join("log.csv"), log(&mut r, 400, 150, STEPS)).unwrap();
        let one = records(&folder, &spec, &[]);
        same(&one, &but_for_the_stage(records(&folder, &staged, &[])), &format!("seed {seed}"));
        verdicts += one.iter().filter(|r| r.contains("\"kind\":\"verdict\"")).count();
    }
    assert!(verdicts > 1_000, "{verdicts} verdicts show something");
}

/// Promises that are over for good when their case's events have ended them.
const ONCE: &str = r#"
        obligation first  { start once on opened  stop on closed  pause while waits  cancel on dropped  within 30m for P1, 2h for P2  clock office }
        obligation seen   { start once on opened  stop on note or closed  cancel on dropped  within 1h for P1, 3h  clock always }
        obligation warned { start once on opened  stop on closed or dropped  pause while waits  within 3h for P1, 5h  clock office  warn at 75%, 10m before  escalate at 100% to us }
        obligation noted  { start once on opened  stop on note or closed  within 2h  clock always }
        objective met_first { expect met(first) >= 50% per week by tier }
        objective how_long  { expect p90(warned) <= 4h per week by group  counted by due }
        objective both      { expect met(first and noted) >= 50% per month }
        objective enough    { expect met(seen) >= 90% per week }
        objective at_stops  { expect met(seen) >= 90% per day  counted by stop }
        objective gone      { expect count(dropped) <= 9 per week }
        objective good      { expect count(note(good)) / count(note) >= 50% per day }
        objective typical   { expect mean(first) <= 1h per day by group }
"#;

/// Promises that a case may start more than once, or with another event than its first: together, and so that cases have often ended all;
/// beside some that are never judged late; and of which a stop may be withdrawn.
const AGAIN: [&str; 5] = [
    r#"
        obligation first  { start once on opened  stop on closed  pause while waits  cancel on dropped  within 30m for P1, 2h for P2  clock office }
        obligation again  { start on opened  stop on closed or dropped  within 45m  clock always }
        obligation calmed { start on held  stop on freed or note  within 10m for P1, 20m for P2, none for P3  clock always }
        obligation noted  { start once on freed  stop on note or closed  pause while waits  within 1h  clock office  warn at 50% }
        obligation by_day { start on opened  stop on freed or closed  cancel on dropped  pause while waits  within close of working day 0 for P1, 1 working day for P2, 1 calendar day  clock office }
        obligation warned { start on note  stop on closed or dropped  pause while waits  within 3h for P1, 5h  clock office  warn at 75%, 10m before  escalate at 100% to us }
        obligation report { start each week  stop on dropped  within close of working day 2  clock office }
        objective met_first { expect met(again) >= 50% per week by tier }
        objective how_long  { expect p90(warned) <= 4h per week by group  counted by due }
        objective both      { expect met(first and calmed) >= 50% per month }
        objective enough    { expect met(noted) >= 90% per week }
        objective at_stops  { expect met(first) >= 90% per day  counted by stop }
        objective how_many  { expect count(note) <= 9 per week by tier }
        objective in_groups { expect count(held) <= 9 per week by group where kind in (a, b) }
"#,
    r#"
        obligation noted { start on held or opened  stop on note or freed  pause while waits  within 5m for P1, 25m  clock office  blame group }
        objective typical { expect mean(noted) <= 1h per day by group }
"#,
    r#"
        obligation again { start on opened or freed  stop on closed or held  within 10m for P1, 35m  clock always }
        obligation late  { start on closed  stop on opened or note  cancel on dropped  pause while waits  within 1 working day  clock office }
        objective met_again { expect met(again) >= 50% per day by tier }
"#,
    r#"
        obligation calm    { forbid dropped while waits when n >= 4 }
        obligation resumed { start on opened or freed or note  stop on closed or held  within 10m for P1, 35m  clock office }
        obligation once    { start once on held  stop on closed  cancel on dropped  pause while waits  within 2h  clock always }
        obligation several { start on dropped  stop on 2 closed or 2 opened  within 1h  clock always }
        obligation reds    { applies when group = "red"  start on dropped  stop on opened  within 1h  clock office }
        objective kept     { expect met(calm) >= 50% per week by tier }
        objective typical  { expect p90(resumed) <= 1h per day by group }
"#,
    r#"
        obligation resolved { start once on opened  stop on closed  cancel on dropped  reopen on freed or note  pause while waits  within 30m for P1, 2h for P2  clock office  warn at 50% }
        obligation answered { start on opened or held  stop on freed or closed  reopen on note  within 10m for P1, 35m  clock always }
        obligation echoed   { start on held  stop on dropped  reopen on dropped  within 1h  clock always }
        objective kept      { expect met(resolved) >= 50% per week by tier }
        objective typical   { expect p90(answered) <= 1h per day by group }
        objective how_long  { expect mean(resolved) <= 1h per month counted by stop }
"#,
];

/// The agreement with these promises instead of its own, and of states only those that events make: its cases may be judged late.
pub(crate) fn promising(promises: &str) -> String {
    let (before, after) = SPEC.split_once("        obligation first").unwrap();
    let frame = before.replace("EXCLUDE", "").replace("    state blocked when kind = b\n", "");
    format!("{frame}        {promises}{}", after.rsplit_once("per month }").unwrap().1)
}

/// Rows of cases that have few of them, near to each other; the first of each is mostly the one that opens it. Fields change with others
/// where `changes` says so.
pub(crate) fn short_cases(r: &mut Random, cases: usize, changes: bool) -> Vec<String> {
    let mut rows: Vec<(usize, String)> = Vec::new();
    for case in 0..cases {
        let key = if case % 5 == 0 { format!("a ticket of a long name {case}") } else { format!("T{case}") };
        // Most begin while the office is open, and half of them take the usual way.
        let day = r.below(20) * 1440;
        // A few begin around the first instant of the agreement.
        let mut minute = if case % 9 == 3 { 1380 - r.below(90) } else { day + 360 + r.below(600) };
        let is_usual = r.once_in(2);
        for nth in 0..1 + r.below(13) {
            let is_first = nth == 0 && !r.once_in(12);
            let event = match nth {
                0 if is_first => "opened",
                1..=3 if is_usual => ["held", "freed", "closed"][nth - 1],
                _ => r.one(&["held", "held", "freed", "freed", "note", "closed", "closed", "dropped", "opened"]),
            };
            let has_fields = is_first || changes && r.once_in(9);
            let n = if has_fields { r.one(&["0", "2", "4", "4", "9", ""]) } else { "" };
            let group = if has_fields { r.one(&["red", "blue", ""]) } else { "" };
            rows.push((minute, format!("{event},{key},,{n},{group},,")));
            minute += [0, 5, 10, 20, 30, 60][r.below(6)];
        }
    }
    rows.sort_by_key(|row| row.0);
    let time = |minute: usize| format!("2026-03-{:02}T{:02}:{:02}:00Z", 1 + minute / 1440, minute / 60 % 24, minute % 60);
    let rows = rows.into_iter().map(|(minute, row)| format!("{},{row}", time(minute)));
    std::iter::once("time,event,ticket,outage,n,group,kind,good".to_string()).chain(rows).collect()
}

/// Where only breaches are shown, most cases are judged when all of it has ended, from a few rows that were kept. Nobody can tell: where a
/// stage takes several events each event is judged at once, and no record changes but that of the stage. A state keeps the rows too.
#[test]
fn cases_that_are_judged_late_are_judged_as_all_others_are() {
    let enough = judged_late_and_at_once("late", &promising(ONCE));
    assert!(enough.met > 200 && enough.breached > 500 && enough.notices > 500, "{enough:?} show something");
}

/// The same where cases are never over: what more may happen to them goes on from what was told.
#[test]
fn cases_that_go_on_after_they_were_judged_late_are_judged_as_all_others_are() {
    for (nth, promises) in AGAIN.iter().enumerate() {
        let enough = judged_late_and_at_once(&format!("again{nth}"), &promising(promises));
        assert!(enough.met > 200 && enough.breached > 500, "{enough:?} show something");
    }
}

/// The same of stages that are reached with one event each: with one that starts or ends something, or with one that does nothing else.
#[test]
fn stages_are_counted_late_as_they_are_at_once() {
    const STAGES: &str = "stage over \"Over\" on closed  stage begun \"Begun\" on opened  stage held \"Held\" on held or note  stage gone \"Gone\" on dropped";
    for (nth, promises) in [ONCE, AGAIN[0], AGAIN[4]].iter().enumerate() {
        let spec = promising(promises).replace("state waits", &format!("{STAGES}  state waits"));
        let enough = judged_late_and_at_once(&format!("staged{nth}"), &spec);
        assert!(enough.breached > 500 && enough.stages >= 4 * 200, "{enough:?} show something");
    }
}

/// What is excluded by others' states keeps no case that is over: where a stage takes several events, all cases are kept.
#[test]
fn cases_are_forgotten_whatever_others_exclude() {
    let folder = folder("forgotten");
    let spec = promising(ONCE).replace("    service support", &format!("    {OUTAGES}  service support"));
    let (mut shown, mut paused) = (0, 0);
    for seed in 0..8 {
        let mut r = Random::new(seed);
        std::fs::write(folder.join("log.csv"), log(&mut r, 600, 120, STEPS)).unwrap();
        for only in [&[][..], &["--only", "breached"]] {
            let one = records(&folder, &spec, only);
            same(&one, &but_for_the_stage(records(&folder, &at_once(&spec), only)), &format!("seed {seed} {only:?}"));
            shown += one.len();
            paused += one.iter().filter(|r| r.contains("\"event\":\"fell\"")).count();
        }
    }
    assert!(shown > 3_000 && paused > 100, "{shown} records, {paused} of which excluded time has a part in, show something");
}

/// How many records were compared: verdicts that are met and breached, and notices; and how often stages were reached.
#[derive(Debug, Default)]
struct Compared {
    met: usize,
    breached: usize,
    notices: usize,
    stages: usize,
}

fn judged_late_and_at_once(name: &str, spec: &str) -> Compared {
    let folder = folder(name);
    let staged = at_once(spec);
    let mut compared = Compared::default();
    for seed in 0..8 {
        let mut r = Random::new(seed);
        let rows = short_cases(&mut r, 200, seed % 4 > 0);
        std::fs::write(folder.join("log.csv"), rows.join("\n")).unwrap();
        let only = ["--only", "breached", "--threads", if seed % 3 == 0 { "2" } else { "1" }];
        let late = records(&folder, spec, &only);
        same(&late, &but_for_the_stage(records(&folder, &staged, &only)), &format!("seed {seed}"));
        let count = |records: &[String], what: &str| records.iter().filter(|r| r.contains(what)).count();
        compared.breached += count(&late, "\"verdict\":\"breached\"");
        compared.notices += count(&late, "\"kind\":\"notice\"");
        compared.met += count(&records(&folder, spec, &[]), "\"verdict\":\"met\",\"reason\"");
        let reached = late.iter().filter_map(|r| r.split_once("\"reached\":")?.1.split(',').next()?.parse::<usize>().ok());
        compared.stages += reached.sum::<usize>();

        let days = days(&rows);
        same(&in_days(&folder, spec, &days), &but_for_the_stage(in_days(&folder, &staged, &days)), &format!("seed {seed}, in days"));
    }
    compared
}

/// A log in five parts, each with its first line.
pub(crate) fn days(rows: &[String]) -> Vec<Vec<String>> {
    rows[1..].chunks(rows.len() / 5).map(|day| [&rows[..1], day].concat()).collect()
}

/// The records of the last of several runs, one for each part of a log, with a state between them.
pub(crate) fn in_days(folder: &Path, spec: &str, days: &[Vec<String>]) -> Vec<String> {
    std::fs::remove_file(folder.join("state")).ok();
    let mut last = Vec::new();
    for (nth, day) in days.iter().enumerate() {
        let name = format!("day{nth}.csv");
        std::fs::write(folder.join(&name), day.join("\n")).unwrap();
        last = records_of(&name, folder, spec, &["--only", "breached", "--state", "state"]);
    }
    last
}

/// Where all of a target has elapsed, an end is in time at its due and late behind it, even if the calendar has not moved since.
#[test]
fn a_case_that_is_judged_late_is_in_time_up_to_its_due() {
    let folder = folder("due");
    let duty = "obligation first { start once on opened  stop on closed  pause while waits  cancel on dropped  within 1h  clock office }";
    let spec = promising(duty);
    // Opened at 16:00 on Thursday in Berlin: the hour is used up at 17:00, when the office closes until Friday, 08:00.
    let ends = [
        ("closed", "2026-03-05T15:59:59Z", "met"),
        ("closed", "2026-03-05T16:00:00Z", "met"),
        ("closed", "2026-03-05T16:00:00.000001Z", "breached"),
        ("closed", "2026-03-06T07:00:00Z", "breached"),
        ("closed", "2026-03-06T07:00:01Z", "breached"),
        ("dropped", "2026-03-05T16:00:00Z", "void"),
        ("dropped", "2026-03-06T07:00:00Z", "breached"),
    ];
    // The same with a pause of a quarter before the office closes: so much is left on Friday, up to 08:15.
    let later = [
        ("closed", "2026-03-06T07:15:00Z", "met"),
        ("closed", "2026-03-06T07:15:00.000001Z", "breached"),
        ("dropped", "2026-03-06T07:15:00Z", "void"),
    ];
    let mut rows = Vec::new();
    for (nth, (event, time, _)) in ends.iter().chain(&later).enumerate() {
        rows.push(format!("2026-03-05T15:00:00Z,opened,T{nth}"));
        if nth >= ends.len() {
            rows.push(format!("2026-03-05T15:30:00Z,held,T{nth}"));
            rows.push(format!("2026-03-05T15:45:00Z,freed,T{nth}"));
        }
        rows.push(format!("{time},{event},T{nth}"));
    }
    rows.sort();
    std::fs::write(folder.join("log.csv"), format!("time,event,ticket\n{}", rows.join("\n"))).unwrap();
    let found = records(&folder, &spec, &["--only", "breached"]);
    let all = || ends.iter().chain(&later);
    let breached: Vec<String> =
        all().enumerate().filter(|(_, end)| end.2 == "breached").map(|(nth, _)| format!("\"case\":\"T{nth}\"")).collect();
    let shown: Vec<&String> = found.iter().filter(|r| r.contains("\"kind\":\"verdict\"")).collect();
    assert_eq!(shown.len(), breached.len());
    assert!(breached.iter().all(|case| shown.iter().any(|r| r.contains(case) && r.contains("\"verdict\":\"breached\""))), "{shown:?}");
    let count = |verdict: &str| all().filter(|end| end.2 == verdict).count();
    let totals =
        format!("\"verdicts\":{{\"met\":{},\"breached\":{},\"pending\":0,\"void\":{}", count("met"), count("breached"), count("void"));
    assert!(found.last().unwrap().contains(&totals), "{totals} in {:?}", found.last());
}

/// What a target asks for may lie behind the end of a calendar: then nobody can say when it is due, however soon a case is over.
#[test]
fn a_case_that_is_judged_late_is_unknown_where_its_calendar_ends() {
    let folder = folder("ends");
    let fair = "calendar fair \"Fair\" { zone \"Europe/Berlin\"  open 2026-03-05 08:00-12:00  open 2026-03-06 08:00-12:00 }\ncase outage";
    let duty = "obligation first { start once on opened  stop on closed  within 5h  clock fair }";
    let spec = promising(duty).replace("case outage", fair);
    // Eight hours of the fair: from 11:00 on Thursday there are five, from a second later there are not.
    let log = "time,event,ticket\n2026-03-05T10:00:00Z,opened,T1\n2026-03-05T10:00:01Z,opened,T2\n\
        2026-03-05T10:05:00Z,closed,T1\n2026-03-05T10:05:00Z,closed,T2\n";
    std::fs::write(folder.join("log.csv"), log).unwrap();
    let found = records(&folder, &spec, &["--only", "breached"]);
    let totals = "\"verdicts\":{\"met\":1,\"breached\":0,\"pending\":0,\"void\":0,\"unknown\":1}";
    assert!(found.last().unwrap().contains(totals), "{:?}", found.last());
}

/// A case that is over may still be changed by a row of the same instant, and a state be kept just then.
#[test]
fn a_state_is_kept_at_the_instant_at_which_cases_end() {
    let folder = folder("instant");
    let duty = "obligation first { start once on opened  stop on closed  within 30m for P1, 1h  clock always }";
    std::fs::write(folder.join("spec.sla"), promising(duty)).unwrap();
    // When the state is kept T2 has just ended, and T4, whose field has changed since.
    let days = [
        "2026-03-05T10:00:00Z,opened,T1,1\n2026-03-05T10:00:00Z,opened,T2,4\n2026-03-05T10:00:00Z,opened,T3,9\n\
         2026-03-05T11:00:01Z,closed,T2,\n2026-03-05T11:00:01Z,opened,T4,4\n2026-03-05T11:00:01Z,closed,T4,\n2026-03-05T11:00:01Z,note,T4,1\n",
        "2026-03-05T11:00:01Z,note,T2,\n2026-03-06T10:00:00Z,closed,T1,\n2026-03-06T10:00:00Z,closed,T3,\n",
    ];
    let mut last = String::new();
    for (nth, rows) in days.iter().enumerate() {
        let name = format!("day{nth}.csv");
        std::fs::write(folder.join(&name), format!("time,event,ticket,n\n{rows}")).unwrap();
        let output = sla(&folder, &["run", "spec.sla", "--log", &name, "--state", "state", "--only", "breached", "-o", "out.jsonl"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        last = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    }
    // T4 is met at once; T1, T2 and T3 are closed late.
    let totals = "\"verdicts\":{\"met\":1,\"breached\":3,\"pending\":0,\"void\":0,\"unknown\":0}";
    assert!(last.lines().last().unwrap().contains(totals), "{last}");
}

#[test]
fn the_65th_notice_of_a_promise_is_a_finding() {
    let folder = folder("notices");
    let check = |notices: usize| {
        let points: Vec<String> = (1..=notices).map(|share| format!("{share}%")).collect();
        let spec = SPEC
            .replace("EXCLUDE", "")
            .replace("warn at 75%, 10m before  escalate at 50% to group", &format!("warn at {}  escalate at 50% to us", points.join(", ")));
        std::fs::write(folder.join("spec.sla"), spec).unwrap();
        let output = sla(&folder, &["check", "spec.sla"]);
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    };
    // Three escalations go with the warnings: at a half, at due and an hour after.
    let (passes, _) = check(61);
    assert!(passes, "64 are fine");
    let (passes, said) = check(62);
    assert!(!passes && said.contains("an obligation warns and escalates at most 64 times"), "{said}");
}
