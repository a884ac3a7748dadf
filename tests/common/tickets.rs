//! Tickets of a service desk, of which there are as many as is asked for, and what a run says of them.

use super::{folder, sla, text};
use std::fmt::Write as _;
use std::path::Path;

pub(crate) const SPEC: &str = include_str!("tickets.sla");

/// A log in order of time, of many pieces: a piece is 128 KiB. Some notes hold quotes, commas and line breaks.
pub(crate) fn rows(tickets: u32) -> Vec<String> {
    let mut rows: Vec<(u32, String)> = Vec::new();
    let mut dice = 20_260_101u32;
    let mut roll = |n: u32| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 8) % n
    };
    for ticket in 0..tickets {
        let opened = roll(300 * 1440);
        let mut add = |minute: u32, event: &str, rest: &str| rows.push((minute, format!("{event},T-{ticket:06},{rest}")));
        add(opened, "opened", &format!("{},team {},", 1 + roll(3), roll(5)));
        let note = ["plain and short", "\"with, a comma\"", "\"two\nlines, one \"\"note\"\"\"", "nothing new"][roll(4) as usize];
        add(opened + roll(100), "note", &format!(",,{note}"));
        if roll(3) == 0 {
            let from = opened + 5 + roll(300);
            add(from, "waiting", ",,");
            add(from + 1 + roll(3_000), "resumed", ",,");
        }
        if roll(20) > 0 {
            add(opened + 10 + roll(4_000), "resolved", ",,");
        }
    }
    rows.sort_by_key(|row| row.0);
    let start = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap().and_hms_opt(6, 0, 0).unwrap();
    let time = |minute: u32| (start + chrono::TimeDelta::minutes(i64::from(minute))).format("%Y-%m-%dT%H:%M:%SZ");
    rows.into_iter().map(|(minute, row)| format!("{},{row}", time(minute))).collect()
}

pub(crate) fn write(folder: &Path, name: &str, rows: impl IntoIterator<Item = impl AsRef<str>>) {
    let mut log = String::from("time,event,ticket,priority,group,author\n");
    rows.into_iter().for_each(|row| writeln!(log, "{}", row.as_ref()).unwrap());
    std::fs::write(folder.join(name), log).unwrap();
}

/// A folder with the spec and a log.
pub(crate) fn prepared(name: &str, tickets: u32) -> (std::path::PathBuf, Vec<String>) {
    let folder = folder(name);
    std::fs::write(folder.join("spec.sla"), SPEC).unwrap();
    let rows = rows(tickets);
    write(&folder, "log.csv", &rows);
    (folder, rows)
}

/// The records of a run.
pub(crate) fn records(folder: &Path, args: &[&str]) -> String {
    let mut all = vec!["run", "spec.sla", "-o", "out.jsonl"];
    all.extend(args);
    let output = sla(folder, &all);
    assert!(output.status.success(), "{}", text(&output.stderr));
    std::fs::read_to_string(folder.join("out.jsonl")).unwrap()
}

/// The last of a run's records.
pub(crate) fn summary(records: &str) -> serde_json::Value {
    serde_json::from_str(records.lines().last().unwrap()).unwrap()
}

/// What a run says that cannot go on.
pub(crate) fn refused(folder: &Path, args: &[&str]) -> String {
    let mut all = vec!["run", "spec.sla", "-o", "out.jsonl"];
    all.extend(args);
    let output = sla(folder, &all);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    text(&output.stderr)
}

/// Records without the file and line of their evidence, and without the log's own.
pub(crate) fn without_places(records: &str) -> Vec<String> {
    let line = |line: &str| {
        let mut record: serde_json::Value = serde_json::from_str(line).unwrap();
        for row in record["evidence"].as_array_mut().into_iter().flatten() {
            row["line"] = 0.into();
            row["file"] = "".into();
        }
        record["logs"] = serde_json::Value::Null;
        record.to_string()
    };
    records.lines().map(line).collect()
}
