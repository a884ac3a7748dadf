//! Logs that are read in pieces, by several threads, or day by day, or that have very many of one thing: the report is always the same.

use crate::common::tickets::{SPEC, prepared, records, refused, summary, without_places, write};
use crate::common::{folder, sla, text};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let (folder, _) = prepared("scale-threads", 16_000);
    assert!(std::fs::metadata(folder.join("log.csv")).unwrap().len() > 1 << 21, "the log is of several pieces");
    let one = records(&folder, &["--log", "log.csv", "--threads", "1"]);
    assert!(one.lines().count() > 12_000);
    for threads in ["2", "3", "7"] {
        assert!(records(&folder, &["--log", "log.csv", "--threads", threads]) == one, "{threads} threads");
    }
}

/// A row per ticket, which names its milestones, of a log that is long else. Priorities have more digits than most numbers.
#[test]
fn a_wide_log_gives_what_its_events_give() {
    let (folder, mut rows) = prepared("scale-wide", 6_000);
    let source =
        "\nsource export { case ticket key \"id\"  event opened at \"opened\"  event waiting at \"waiting\"  event resumed at \"resumed\"
        event resolved at \"resolved\"  field priority = \"priority\"  field group = \"team\" }\n";
    std::fs::write(folder.join("spec.sla"), SPEC.to_string() + source).unwrap();
    rows.retain(|row| !row.contains(",note,"));
    let digits = |row: String| row.replace(",1,", ",1.00000000000000000000000000,").replace(",2,", ",1.00000000000000000000000001,");
    let rows: Vec<String> = rows.into_iter().map(digits).collect();
    write(&folder, "log.csv", &rows);
    let expected = without_places(&records(&folder, &["--log", "log.csv"]));
    let mut tickets: BTreeMap<&str, [&str; 6]> = BTreeMap::new();
    for cells in rows.iter().map(|row| row.split(',').collect::<Vec<_>>()) {
        let ticket = tickets.entry(cells[2]).or_default();
        let nth = ["opened", "waiting", "resumed", "resolved"].iter().position(|event| *event == cells[1]).unwrap();
        ticket[nth] = cells[0];
        if nth == 0 {
            (ticket[4], ticket[5]) = (cells[3], cells[4]);
        }
    }
    let wide = |tickets: &mut dyn Iterator<Item = (&str, [&str; 6])>| {
        let rows: Vec<String> = tickets.map(|(ticket, cells)| format!("{ticket},{}", cells.join(","))).collect();
        format!("id,opened,waiting,resumed,resolved,priority,team\n{}\n", rows.join("\n"))
    };
    let log = wide(&mut tickets.iter().map(|(ticket, cells)| (*ticket, *cells)));
    assert!(log.len() > 1 << 19, "the log is of several pieces");
    std::fs::write(folder.join("wide.csv"), &log).unwrap();
    for threads in ["1", "3"] {
        assert_eq!(without_places(&records(&folder, &["--log", "wide.csv", "--threads", threads])), expected);
    }
    // The same from two exports: in the first nothing was resolved yet, and the second one's fields are the last.
    let before = wide(&mut tickets.iter().map(|(ticket, [o, w, r, _, _, team])| (*ticket, [*o, *w, *r, "", "3", *team])));
    std::fs::write(folder.join("before.csv"), before).unwrap();
    let mut both = without_places(&records(&folder, &["--log", "before.csv", "--log", "wide.csv"]));
    assert_eq!(both.pop().map(|summary| summary.contains("\"cases\":6000")), Some(true));
    assert_eq!(both, expected[..expected.len() - 1]);
    // Where the other file is long, a ticket's fields hold from its first event on, which the long one has.
    let opened = tickets.iter().map(|(ticket, cells)| (cells[0], ticket)).collect::<std::collections::BTreeSet<_>>();
    let long = opened.into_iter().map(|(time, ticket)| format!("{time},opened,{ticket},,,"));
    write(&folder, "long.csv", long);
    let rest = wide(&mut tickets.iter().map(|(ticket, [_, w, r, d, p, team])| (*ticket, ["", *w, *r, *d, *p, *team])));
    std::fs::write(folder.join("rest.csv"), rest).unwrap();
    let mut mixed = without_places(&records(&folder, &["--log", "long.csv", "--log", "rest.csv"]));
    mixed.pop();
    assert_eq!(mixed, expected[..expected.len() - 1]);
}

#[test]
fn a_wide_ticket_of_many_rows_has_each_milestone_once() {
    let folder = folder("wide-ticket");
    let source = r#"
source export {
    case ticket key "id"
    event opened at "opened_at"
    event resolved at "resolved_at"
    field priority = "priority"  field group = "group"
}
"#;
    std::fs::write(folder.join("spec.sla"), format!("{SPEC}{source}")).unwrap();
    // Two rows for each of 500 minutes: the second says the same once more.
    let mut log = String::from("id,opened_at,resolved_at,priority,group\n");
    for row in 0..1_000 {
        let minute = row / 2;
        writeln!(log, "T-1,2026-01-05T07:00:00Z,2026-01-05T{:02}:{:02}:00Z,1,blue", 8 + minute / 60, minute % 60).unwrap();
    }
    std::fs::write(folder.join("wide.csv"), log).unwrap();
    let summary = summary(&records(&folder, &["--log", "wide.csv"]));
    // It is opened once and resolved at 500 different minutes.
    assert_eq!((&summary["events"], &summary["cases"]), (&501.into(), &1.into()));
}

#[test]
fn a_promise_that_counts_events_takes_any_number_of_them() {
    let folder = folder("counts");
    let counts = SPEC.replace("stop on resolved  pause while waits  within 4h for P1, 48h for P2  clock office", {
        "stop on 3 note across 3 author in 2h  within 48h  clock always"
    });
    assert_ne!(counts, SPEC);
    std::fs::write(folder.join("spec.sla"), counts).unwrap();
    // A note a minute, nearly all of one author. The two others write 121 minutes apart, which is too long, then 120, which is not.
    let notes = 20_000;
    let author = |minute: u32| match minute {
        10_000 | 19_000 => "bo",
        10_121 | 19_120 => "cy",
        _ => "al",
    };
    let note = |minute: u32| format!("{},note,T-1,,,{}", time(i64::from(minute) * 60), author(minute));
    let opened = format!("{},opened,T-1,1,blue,", time(0));
    write(&folder, "log.csv", std::iter::once(opened).chain((1..=notes).map(note)));
    let records = records(&folder, &["--log", "log.csv"]);
    let verdict: serde_json::Value = serde_json::from_str(records.lines().next().unwrap()).unwrap();
    assert_eq!((&verdict["verdict"], &verdict["elapsed_s"]), (&"breached".into(), &(19_120 * 60).into()));
}

#[test]
fn a_log_with_any_text_where_its_words_should_be_names_each_of_them() {
    let (folder, rows) = prepared("words", 200);
    // Twice as many words as are remembered at once, each in two rows that lie far from each other.
    let words = 8_192;
    let noise = (0..2 * words).map(|i| format!("2026-12-31T00:00:00Z,word {},T-000000,,,", i % words));
    write(&folder, "words.csv", rows.iter().cloned().chain(noise));
    let plain = summary(&records(&folder, &["--log", "log.csv"]));
    let noisy = summary(&records(&folder, &["--log", "words.csv"]));
    let ignored = noisy["events_ignored"].as_object().unwrap();
    assert_eq!(ignored.len() - plain["events_ignored"].as_object().unwrap().len(), words);
    assert!((0..words).all(|i| ignored[&format!("word {i}")] == 2));
    assert_eq!(noisy["events"], plain["events"]);
}

/// Letters of one byte and of three in UTF-8, so that pieces are cut within them.
#[test]
fn a_long_log_of_another_encoding_gives_what_its_text_gives() {
    let (folder, mut rows) = prepared("scale-encoding", 4_000);
    rows.iter_mut().for_each(|row| *row = row.replace("team", "tëam–€"));
    write(&folder, "log.csv", &rows);
    let text = std::fs::read_to_string(folder.join("log.csv")).unwrap();
    assert!(text.len() > 1 << 19, "the log is of several pieces");
    let expected = without_places(&records(&folder, &["--log", "log.csv"]));
    assert!(expected.iter().any(|record| record.contains("tëam–€ 3")), "the report names teams");
    // Excel and SQL Server write the first, with a mark; a source names the second.
    let utf_16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.join("log.csv"), &utf_16).unwrap();
    assert_eq!(without_places(&records(&folder, &["--log", "log.csv"])), expected);
    std::fs::write(folder.join("log.csv"), &utf_16[..utf_16.len() - 1]).unwrap();
    assert!(refused(&folder, &["--log", "log.csv"]).contains("the file is not UTF-16LE"));
}

/// The tickets of a log as traces, an event a line; a comment that holds what ends a trace stands between them.
fn xes(rows: &[String]) -> String {
    let mut traces: BTreeMap<&str, String> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        let named =
            [("time:timestamp", cells[0]), ("concept:name", cells[1]), ("priority", cells[3]), ("group", cells[4]), ("author", cells[5])];
        let attributes: String = named
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| format!(r#"<string key="{key}" value="{value}"/>"#))
            .collect();
        writeln!(traces.entry(cells[2]).or_default(), "<event>{attributes}</event>").unwrap();
    }
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<log xes.version=\"1.0\">\n");
    for (ticket, events) in traces {
        write!(text, "<trace><string key=\"concept:name\" value=\"{ticket}\"/>\n{events}</trace> <!-- a </trace> of {ticket} -->\n")
            .unwrap();
    }
    text + "</log>\n"
}

#[test]
fn traces_are_read_in_pieces_like_rows() {
    let (folder, mut rows) = prepared("scale-traces", 4_000);
    rows.retain(|row| !row.contains('"'));
    write(&folder, "log.csv", &rows);
    let expected = without_places(&records(&folder, &["--log", "log.csv"]));
    let log = xes(&rows);
    assert!(log.len() > 1 << 20, "the log is of several pieces");
    std::fs::write(folder.join("log.xes"), &log).unwrap();
    let found = records(&folder, &["--log", "log.xes", "--threads", "3"]);
    assert_eq!(without_places(&found), expected);
    // Evidence names the line on which its event stands.
    let lines: Vec<&str> = log.lines().collect();
    let mut seen = 0;
    for record in found.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
        for row in record["evidence"].as_array().into_iter().flatten() {
            let line = lines[row["line"].as_u64().unwrap() as usize - 1];
            assert!(line.contains(&format!("\"concept:name\" value=\"{}\"", row["event"].as_str().unwrap())), "{row}: {line}");
            seen += 1;
        }
    }
    assert!(seen > 4_000, "{seen}");
}

/// Behind a trace, in its piece and in another one.
#[test]
fn an_event_between_traces_is_of_no_case() {
    let (folder, mut rows) = prepared("scale-between", 1_000);
    rows.retain(|row| !row.contains('"'));
    let log = xes(&rows);
    let event = r#"<event><string key="time:timestamp" value="2026-01-05T06:00:00Z"/><string key="concept:name" value="note"/></event>"#;
    let (first, last) = (log.find("\n<trace>").unwrap(), log.rfind("</log>").unwrap());
    let second = first + 1 + log[first + 1..].find("\n<trace>").unwrap();
    for at in [first, second, last] {
        std::fs::write(folder.join("between.xes"), format!("{}{event}{}", &log[..at], &log[at..])).unwrap();
        let said = refused(&folder, &["--log", "between.xes"]);
        assert!(said.contains("1 row cannot be read") && said.contains("expected the key of a case"), "{said}");
    }
}

#[test]
fn traces_that_are_cut_off_or_end_twice_are_refused() {
    let (folder, mut rows) = prepared("scale-cut", 1_000);
    rows.retain(|row| !row.contains('"'));
    let log = xes(&rows);
    let last = log.rfind("</event>").unwrap();
    std::fs::write(folder.join("cut.xes"), &log[..last]).unwrap();
    assert!(refused(&folder, &["--log", "cut.xes"]).contains("ends in the middle of a trace"));
    // In its first piece, where the log is open, and in its last one.
    let (first, last) = (log.find("</trace>").unwrap(), log.rfind("</trace> <!--").unwrap());
    for (at, why) in [(first, "not well-formed XML"), (last, "`</trace>` ends nothing")] {
        std::fs::write(folder.join("twice.xes"), format!("{}</trace>{}", &log[..at], &log[at..])).unwrap();
        let said = refused(&folder, &["--log", "twice.xes"]);
        assert!(said.contains(why), "{said}");
    }
}

/// The log as a file for each of so many days, cut anywhere.
fn days(folder: &Path, rows: &[String], n: usize) -> Vec<String> {
    let names = rows.chunks(rows.len().div_ceil(n)).enumerate().map(|(day, rows)| {
        let name = format!("day{day:02}.csv");
        write(folder, &name, rows);
        name
    });
    names.collect()
}

#[test]
fn thirty_days_one_after_another_are_one_log() {
    let (folder, rows) = prepared("scale-days", 3_000);
    let days = days(&folder, &rows, 30);
    let logs: Vec<&str> = days.iter().flat_map(|day| ["--log", day]).collect();
    let whole = records(&folder, &logs);
    let mut last = String::new();
    for day in &days {
        last = records(&folder, &["--state", "state", "--log", day]);
    }
    assert!(last == whole);
    // Some at once, the rest later.
    records(&folder, &[&logs[..34], &["--state", "two"]].concat());
    assert!(records(&folder, &[&logs[34..], &["--state", "two"]].concat()) == whole);
}

#[test]
fn a_run_that_is_killed_and_started_again_counts_nothing_twice() {
    let (folder, rows) = prepared("scale-killed", 2_000);
    let days = days(&folder, &rows, 3);
    let logs: Vec<&str> = days.iter().flat_map(|day| ["--log", day]).collect();
    let whole = records(&folder, &logs);
    // Killed before the state was in place: only the file that it was being written to is left.
    records(&folder, &["--state", "state", "--log", &days[0]]);
    std::fs::write(folder.join(".tmpAbCdEf"), "half a state").unwrap();
    records(&folder, &["--state", "state", "--log", &days[1]]);
    // Killed after that, before the report was written: the day is in the state, and is not taken again.
    std::fs::remove_file(folder.join("out.jsonl")).unwrap();
    let again = records(&folder, &["--state", "state", "--log", &days[1]]);
    assert!(again == records(&folder, &logs[..4]));
    // All of them every day is as good.
    assert!(records(&folder, &[&logs[..], &["--state", "state"]].concat()) == whole);
}

/// So many seconds after eight in the morning in Berlin, on a Monday.
fn time(second: i64) -> impl std::fmt::Display {
    let start = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap().and_hms_opt(8, 0, 0).unwrap();
    (start + chrono::TimeDelta::seconds(second)).format("%Y-%m-%dT%H:%M:%S+01:00")
}

/// Rows behind their times, in the order of these.
fn timed(mut rows: Vec<(i64, String)>) -> Vec<String> {
    rows.sort_by_key(|row| row.0);
    rows.into_iter().map(|(second, row)| format!("{},{row}", time(second))).collect()
}

/// Ten thousand tickets are opened a second after another, from eight in the morning in Berlin on; each is to be resolved
/// within four hours. Of ten one is resolved when it is due and one a second later, one waits for an hour and is resolved
/// an hour later, and seven never are.
#[test]
fn tickets_that_nobody_touches_for_hours_are_judged_like_any_other() {
    let folder = folder("scale-asleep");
    std::fs::write(folder.join("spec.sla"), SPEC).unwrap();
    const HOUR: i64 = 3600;
    let mut rows: Vec<(i64, String)> = Vec::new();
    for i in 0..10_000 {
        let mut add = |at: i64, event: &str, rest: &str| rows.push((i + at, format!("{event},T-{i:06},{rest}")));
        add(0, "opened", "1,team,");
        match i % 10 {
            0 => add(4 * HOUR, "resolved", ",,"),
            1 => add(4 * HOUR + 1, "resolved", ",,"),
            2 => {
                add(HOUR, "waiting", ",,");
                add(2 * HOUR, "resumed", ",,");
                add(5 * HOUR, "resolved", ",,");
            }
            _ => {}
        }
    }
    let rows = timed(rows);
    write(&folder, "log.csv", &rows);
    let whole = records(&folder, &["--log", "log.csv"]);
    let verdicts: Vec<serde_json::Value> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts: Vec<_> = verdicts.iter().filter(|record| record["kind"] == "verdict").collect();
    assert_eq!(verdicts.len(), 10_000);
    let opened: Vec<usize> = (2..).zip(&rows).filter(|(_, row)| row.contains(",opened,")).map(|(line, _)| line).collect();
    for (i, record) in verdicts.iter().enumerate() {
        let (verdict, hours, paused) =
            [("met", 4, 0), ("breached", 4, 0), ("met", 5, HOUR)].get(i % 10).copied().unwrap_or(("breached", 4, 0));
        assert_eq!(record["case"], format!("T-{i:06}"));
        assert_eq!((&record["verdict"], &record["paused_s"]), (&verdict.into(), &paused.into()), "{record}");
        assert_eq!(record["due"], format!("{}", time(i as i64 + hours * HOUR)), "{record}");
        assert_eq!(record["evidence"][0]["line"], opened[i], "{record}");
    }
    // The same where the log is cut while most of them wait.
    let days = days(&folder, &rows, 2);
    records(&folder, &["--state", "state", "--log", &days[0]]);
    let both = records(&folder, &["--log", &days[0], "--log", &days[1]]);
    assert!(records(&folder, &["--state", "state", "--log", &days[1]]) == both);
}

/// Six thousand tickets are opened a second after another, from eight in the morning in Berlin on, and resolved a second later. From a
/// quarter to ten they are opened again, and nothing is said of their priority: it is still the first, within four hours. Every
/// second one is resolved when it is due, the others a second later.
#[test]
fn tickets_that_were_resolved_long_ago_can_be_opened_again() {
    let folder = folder("scale-again");
    std::fs::write(folder.join("spec.sla"), SPEC.replace("start once on opened", "start on opened")).unwrap();
    const AGAIN: i64 = 105 * 60;
    const DUE: i64 = 4 * 3600;
    let mut rows: Vec<(i64, String)> = Vec::new();
    for i in 0..6_000 {
        let mut add = |at: i64, event: &str, rest: &str| rows.push((i + at, format!("{event},T-{i:06},{rest}")));
        add(0, "opened", "1,team,");
        add(1, "resolved", ",,");
        add(AGAIN, "opened", ",,");
        add(AGAIN + DUE + i % 2, "resolved", ",,");
    }
    let rows = timed(rows);
    write(&folder, "log.csv", &rows);
    let records = records(&folder, &["--log", "log.csv"]);
    let all: Vec<serde_json::Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts: Vec<_> = all.iter().filter(|record| record["kind"] == "verdict").collect();
    assert_eq!(verdicts.len(), 12_000);
    // In the order of their starts: all that were opened first, then all that were opened again.
    for (n, record) in verdicts.iter().enumerate() {
        let (i, again) = (n as i64 % 6_000, n >= 6_000);
        let (verdict, start) = if again { (["met", "breached"][n % 2], i + AGAIN) } else { ("met", i) };
        assert_eq!((&record["case"], &record["seq"]), (&format!("T-{i:06}").into(), &(1 + i32::from(again)).into()), "{record}");
        assert_eq!((&record["verdict"], &record["tier"]), (&verdict.into(), &"P1".into()), "{record}");
        assert_eq!(record["due"], format!("{}", time(start + DUE)), "{record}");
    }
}

#[test]
fn a_state_refuses_what_it_cannot_go_on_with() {
    let (folder, rows) = prepared("scale-refused", 300);
    let days = days(&folder, &rows, 3);
    records(&folder, &["--state", "state", "--log", &days[1], "--only", "breached"]);
    let earlier = refused(&folder, &["--state", "state", "--log", &days[0], "--only", "breached"]);
    assert!(earlier.contains("lies before the last one that the state has judged"), "{earlier}");
    let more = refused(&folder, &["--state", "state", "--log", &days[2]]);
    assert!(more.contains("has not kept all the verdicts"), "{more}");
    write(&folder, &days[1], &rows[..200]);
    let grown = refused(&folder, &["--state", "state", "--log", &days[1], "--only", "breached"]);
    assert!(grown.contains("give new rows a file of their own"), "{grown}");
    std::fs::write(folder.join("spec.sla"), SPEC.replace("4h for P1", "5h for P1")).unwrap();
    let other = refused(&folder, &["--state", "state", "--log", &days[2], "--only", "breached"]);
    assert!(other.contains("this state is of another plan"), "{other}");
    std::fs::write(folder.join("state"), "anything").unwrap();
    assert!(refused(&folder, &["--state", "state", "--log", &days[2]]).contains("this is no state"));
    assert!(refused(&folder, &["--state", "log.csv", "--log", "log.csv"]).contains("this is the log itself"));
    assert!(refused(&folder, &["--state", "new", "--as-of", "2026-03-01", "--log", &days[2]]).contains("cannot be used with"));
}

#[test]
fn timings_say_how_many_rows_a_second() {
    let (folder, rows) = prepared("scale-timings", 300);
    let output = sla(&folder, &["run", "spec.sla", "--log", "log.csv", "-o", "out.jsonl", "--timings"]);
    let said = text(&output.stderr);
    for phase in ["compiling the spec", "reading the log", "judging, all parts", "judging what is open", "writing the report"] {
        assert!(said.contains(phase), "{phase}: {said}");
    }
    assert!(said.lines().last().is_some_and(|l| l.starts_with(&format!("{} rows in ", rows.len())) || l.contains(" rows in ")), "{said}");
}
