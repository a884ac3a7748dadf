//! Logs whose rows are not in the order of their times: the verdicts are those of the same rows in order.

use crate::common::tickets::{SPEC, prepared, records, summary, without_places, write};
use std::io::Write as _;
use std::process::{Command, Stdio};

#[test]
fn a_log_out_of_order_gives_the_same_verdicts() {
    let (folder, mut rows) = prepared("scale-order", 4_000);
    let in_order = without_places(&records(&folder, &["--log", "log.csv"]));
    // Events of a ticket at one instant keep their order; all others change places.
    rows.sort_by_key(|row| row.split(',').nth(2).map(|key| key.chars().rev().collect::<String>()));
    write(&folder, "shuffled.csv", &rows);
    assert_eq!(without_places(&records(&folder, &["--log", "shuffled.csv"])), in_order);
    // A single late row far behind is found too, wherever it stands.
    let mut late: Vec<String> = std::fs::read_to_string(folder.join("log.csv")).unwrap().lines().skip(1).map(str::to_string).collect();
    let first = late.remove(0);
    late.push(first);
    write(&folder, "late.csv", &late);
    assert_eq!(without_places(&records(&folder, &["--log", "late.csv"])), in_order);
}

/// More than is kept in memory of a pipe; the last row comes first, so that the log is read twice.
#[test]
fn a_long_log_through_a_pipe_gives_what_its_file_gives() {
    let (folder, mut rows) = prepared("scale-pipe", 300);
    rows.rotate_right(1);
    let note = "so long a note ".repeat(6_000);
    rows.iter_mut().filter(|row| row.contains(",note,")).for_each(|row| row.push_str(&note));
    write(&folder, "log.csv", &rows);
    let log = std::fs::read(folder.join("log.csv")).unwrap();
    assert!(log.len() > 20 << 20, "{} bytes", log.len());
    let expected = without_places(&records(&folder, &["--log", "log.csv"]));
    let mut piped = Command::new(env!("CARGO_BIN_EXE_sla"))
        .current_dir(&folder)
        .args(["run", "spec.sla", "-o", "out.jsonl", "--log", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    piped.stdin.take().unwrap().write_all(&log).unwrap();
    assert!(piped.wait().unwrap().success());
    assert_eq!(without_places(&std::fs::read_to_string(folder.join("out.jsonl")).unwrap()), expected);
}

/// The minute at which a row was, counted from the year 1.
fn minute(row: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(row.split(',').next().unwrap()).unwrap().timestamp() / 60
}

#[test]
fn rows_that_come_up_to_an_hour_late_give_the_same_verdicts() {
    let (folder, rows) = prepared("order-late", 16_000);
    let in_order = without_places(&records(&folder, &["--log", "log.csv"]));
    // All rows of a ticket are written so many minutes after they were, so that those of one instant keep their order.
    let late = |by: i64| {
        let delay = |row: &String| row.split(',').nth(2).unwrap()[2..].parse::<i64>().unwrap() * 7_919 % by;
        let mut rows = rows.clone();
        rows.sort_by_cached_key(|row| minute(row) + delay(row));
        rows
    };
    for by in [5, 60, 62, 600] {
        write(&folder, "late.csv", late(by));
        let one = records(&folder, &["--log", "late.csv", "--threads", "1"]);
        assert!(without_places(&one) == in_order, "up to {by} minutes");
        assert!(records(&folder, &["--log", "late.csv", "--threads", "2"]) == one, "up to {by} minutes, two threads");
    }
}

#[test]
fn an_hour_that_clocks_show_twice_is_one_hour() {
    let (folder, _) = prepared("order-twice", 0);
    let source =
        "\nsource desk { case ticket key \"ticket\"  time \"time\" format \"%Y-%m-%d %H:%M\" zone \"Europe/Berlin\"  event \"event\" {
        \"opened\" = opened  \"resolved\" = resolved } }\n";
    std::fs::write(folder.join("spec.sla"), SPEC.to_string() + source).unwrap();
    // A ticket each minute of the day on which clocks are turned back from three to two, resolved half an hour later. The rows are in the
    // order in which they were; the clock shows 02:00 to 02:59 twice.
    let wall = |minute: u32| {
        let shown = if minute < 180 { minute } else { minute - 60 };
        format!("2026-10-25 {:02}:{:02}", shown / 60, shown % 60)
    };
    let opened = (0..1200).map(|minute| (minute, format!("{},opened,T-{minute:04},1,team 1,", wall(minute))));
    let resolved = (0..1200).map(|minute| (minute + 30, format!("{},resolved,T-{minute:04},,,", wall(minute + 30))));
    let mut rows: Vec<(u32, String)> = opened.chain(resolved).collect();
    rows.sort_by_key(|row| row.0);
    let mut rows: Vec<String> = rows.into_iter().map(|row| row.1).collect();
    write(&folder, "log.csv", &rows);
    let as_written = records(&folder, &["--log", "log.csv"]);
    // What is shown twice is read as the first time: the same rows by what the clock shows.
    rows.sort_by_key(|row| row[..16].to_string());
    write(&folder, "log.csv", &rows);
    assert!(without_places(&records(&folder, &["--log", "log.csv"])) == without_places(&as_written));
    // Opened and resolved in those 120 minutes: as many rows of each.
    assert_eq!(summary(&as_written)["times_ambiguous"], 240);
}
