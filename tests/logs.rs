//! Logs of every dress, and rows that cannot be read.

use crate::common::{folder, sla, text};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};

const SPEC: &str = r#"
party sales "Sales"
party marketing "Marketing"
calendar office "Office hours" { zone "America/New_York"  open mon-fri 09:00-17:00 }
case lead {
    score: number
    source: demo | list
    owner: text?
    event created
    event contacted { human: bool? }
}
agreement leads {
    version "1"
    effective 2026-01-01 to 2026-12-31
    zone "America/New_York"
    service follow_up by sales for marketing {
        obligation first_contact { start on created  stop on contacted  within 4h  clock office }
        objective speed { expect met(first_contact) >= 95% per month by source }
    }
}
"#;

/// Four leads; no two events of a lead share an instant.
const ROWS: [&str; 8] = [
    "2026-03-09T10:00:00-04:00,created,L1,80,demo,kim",
    "2026-03-09T10:30:00-04:00,created,L2,40,list,lee",
    "2026-03-09T11:00:00-04:00,contacted,L1,,,",
    "2026-03-10T09:00:00-04:00,created,L3,60,demo,kim",
    "2026-03-10T15:00:00-04:00,contacted,L2,,,",
    "2026-03-11T09:30:00-04:00,contacted,L3,,,lee",
    "2026-03-11T10:00:00-04:00,created,L4,20,list,kim",
    "2026-03-11T10:05:00-04:00,Note,L4,,,",
];
const HEADER: &str = "time,event,lead,score,source,owner";

fn csv(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), content).unwrap();
}

/// The records of a run, without what names files and lines.
fn records(folder: &Path, logs: &[&str]) -> String {
    let mut args = vec!["run", "spec.sla", "-o", "out.jsonl", "--log"];
    args.extend(logs);
    let output = sla(folder, &args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    lines.lines().map(without_places).collect::<Vec<_>>().join("\n")
}

/// A folder with the spec and the rows as plain CSV, and what these give.
fn with_plain_log(name: &str) -> (PathBuf, String) {
    let folder = folder(name);
    write(&folder, "spec.sla", SPEC);
    write(&folder, "plain.csv", csv(&ROWS));
    let records = records(&folder, &["plain.csv"]);
    (folder, records)
}

fn without_places(line: &str) -> String {
    let mut record: Value = serde_json::from_str(line).unwrap();
    for evidence in record["evidence"].as_array_mut().into_iter().flatten() {
        evidence["file"].take();
        evidence["line"].take();
    }
    if record["kind"] == "summary" {
        record["logs"].take();
    }
    record.to_string()
}

#[test]
fn the_same_log_in_any_order_files_and_compression_gives_the_same_records() {
    let (folder, expected) = with_plain_log("orders");
    assert!(expected.contains("breached") && expected.contains("pending"), "{expected}");

    let shuffled: Vec<&str> = [5, 2, 7, 0, 3, 6, 1, 4].iter().map(|i| ROWS[*i]).collect();
    write(&folder, "shuffled.csv", csv(&shuffled));
    assert_eq!(records(&folder, &["shuffled.csv"]), expected);

    for (i, part) in [&ROWS[..3], &ROWS[3..5], &ROWS[5..]].iter().enumerate() {
        write(&folder, &format!("part{i}.csv"), csv(part));
    }
    assert_eq!(records(&folder, &["part0.csv", "part1.csv", "part2.csv"]), expected);
    assert_eq!(records(&folder, &["part2.csv", "part0.csv", "part1.csv"]), expected);

    let parts = folder.join("parts");
    std::fs::create_dir(&parts).unwrap();
    for i in 0..3 {
        std::fs::copy(folder.join(format!("part{i}.csv")), parts.join(format!("part{i}.csv"))).unwrap();
    }
    assert_eq!(records(&folder, &["parts"]), expected);

    // What it is, the content tells, whatever it is called.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(csv(&shuffled).as_bytes()).unwrap();
    write(&folder, "log.bin", gzip.finish().unwrap());
    assert_eq!(records(&folder, &["log.bin"]), expected);
    write(&folder, "log.txt", zstd::encode_all(csv(&ROWS).as_bytes(), 3).unwrap());
    assert_eq!(records(&folder, &["log.txt"]), expected);

    let mut piped = std::process::Command::new(env!("CARGO_BIN_EXE_sla"))
        .current_dir(&folder)
        .args(["run", "spec.sla", "--log", "-", "-o", "out.jsonl"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    piped.stdin.take().unwrap().write_all(csv(&shuffled).as_bytes()).unwrap();
    assert!(piped.wait().unwrap().success());
    let piped = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    assert_eq!(piped.lines().map(without_places).collect::<Vec<_>>().join("\n"), expected);
}

#[test]
fn other_dresses_of_the_same_log_give_the_same_records() {
    let (folder, expected) = with_plain_log("dresses");

    // Semicolons, quotes, a byte-order mark, CRLF, the columns the other way round, and one that nobody reads with all that quotes hold.
    let remarks = ["", "none", "one; two", "\"\"no\"\"", "two\r\nlines", "a long one; it is followed by others, \"\"as\"\" they are"];
    let mut dressed = String::from("\u{feff}owner;source;score;remark;lead;event;time\r\n");
    for (row, remark) in ROWS.iter().zip(remarks.iter().cycle()) {
        let mut cells: Vec<String> = row.split(',').map(|c| format!("\"{c}\"")).collect();
        cells.insert(3, format!("\"{remark}\""));
        cells.reverse();
        dressed += &format!("{}\r\n", cells.join(";"));
    }
    write(&folder, "dressed.csv", dressed);
    assert_eq!(records(&folder, &["dressed.csv"]), expected);

    let mut lines = String::new();
    for row in ROWS {
        let c: Vec<&str> = row.split(',').collect();
        let mut object = serde_json::json!({ "time": c[0], "event": c[1], "lead": c[2] });
        if !c[3].is_empty() {
            object["score"] = serde_json::json!(c[3].parse::<u32>().unwrap());
            object["source"] = c[4].into();
        }
        if !c[5].is_empty() {
            object["owner"] = c[5].into();
        }
        lines += &format!("{object}\n");
    }
    write(&folder, "log.jsonl", lines);
    assert_eq!(records(&folder, &["log.jsonl"]), expected);
}

/// What nobody reads stands before the columns that are, as in an export of all that a CRM knows: on both sides of 64 columns and of 512,
/// behind which a table is read in other ways, with and without quotes, and with cells that are empty.
#[test]
fn a_table_may_have_any_number_of_columns() {
    let (folder, expected) = with_plain_log("columns");
    for others in [55, 57, 58, 59, 60, 61, 94, 504, 505, 506, 507, 600] {
        for quote in ["", "\""] {
            let row = |row: &str, other: &dyn Fn(usize) -> String| {
                let cells: Vec<String> = row.split(',').map(|cell| format!("{quote}{cell}{quote}")).collect();
                let others: Vec<String> = (0..others).map(|nth| format!("{quote}{}{quote}", other(nth))).collect();
                [&cells[..3], &others, &cells[3..]].concat().join(",")
            };
            let header = row(HEADER, &|nth| format!("custom {nth}"));
            let rows = ROWS.iter().zip(0..).map(|(of, at)| row(of, &|nth| "x".repeat((nth * 7 + at) % 5)));
            write(&folder, "wide.csv", [header].into_iter().chain(rows).collect::<Vec<_>>().join("\n"));
            assert_eq!(records(&folder, &["wide.csv"]), expected, "{others} others in {quote:?}");
        }
    }
}

/// The row of the instant itself is one of them; what comes a second later changes nothing, and is not counted.
#[test]
fn rows_up_to_the_instant_of_the_report_are_judged() {
    let folder = folder("as-of");
    write(&folder, "spec.sla", SPEC);
    write(&folder, "log.csv", csv(&ROWS));
    let first = |as_of: &str| {
        let output = sla(&folder, &["run", "spec.sla", "--log", "log.csv", "--as-of", as_of, "-o", "out.jsonl"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let all: Vec<Value> =
            std::fs::read_to_string(folder.join("out.jsonl")).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        format!("{} {} {}", all[0]["case"], all[0]["verdict"], all.last().unwrap()["events"]).replace('"', "")
    };
    assert_eq!(first("2026-03-09T11:00:00-04:00"), "L1 met 3");
    assert_eq!(first("2026-03-09T10:59:59-04:00"), "L1 pending 2");
}

#[test]
fn a_source_maps_nested_fields_encodings_and_missing_words() {
    let folder = folder("mapped");
    let source = r#"
source crm {
    case lead key "lead.id"
    time "at" format "epoch ms"
    event "what" { "Neu" = created  "Gespräch" = contacted(human = true) }
    field score = "lead.score"
    field source = "lead.src" { "Liste" = list }
    missing "n/a"
}"#;
    write(&folder, "spec.sla", format!("{SPEC}{source}"));
    let log = r#"{"at": 1773064800000, "what": "Neu", "lead": {"id": "L1", "score": "n/a", "src": "Liste"}}
{"at": 1773068400000, "what": "Gespräch", "lead": {"id": "L1", "score": 7, "src": null}}
"#;
    write(&folder, "log.jsonl", log);
    let found = records(&folder, &["log.jsonl"]);
    // 1773064800 s is 2026-03-09T14:00:00Z, 10:00 in New York: an hour is used of four.
    assert!(found.contains(r#""start":"2026-03-09T10:00:00-04:00""#), "{found}");
    assert!(found.contains(r#""elapsed_s":3600"#) && found.contains(r#""verdict":"met""#), "{found}");
    // `null` takes the source away: at its stop the lead has none, and is a group of its own.
    assert!(found.contains(r#""by":{"source":null}"#), "{found}");

    let windows = r#"
source crm { case lead key "Nr"  time "Zeit" format "%d.%m.%Y %H:%M" zone "Europe/Berlin"  encoding "windows-1252"  delimiter "|"
    event "Was" { "Neu" = created  "Gespräch" = contacted } }"#;
    write(&folder, "spec.sla", format!("{SPEC}{windows}"));
    let (text, ..) = encoding_rs::WINDOWS_1252.encode("Zeit|Was|Nr\n09.03.2026 15:00|Neu|Ü1\n09.03.2026 16:00|Gespräch|Ü1\n");
    write(&folder, "log.csv", text);
    let found = records(&folder, &["log.csv"]);
    assert!(found.contains(r#""case":"Ü1""#) && found.contains(r#""elapsed_s":3600"#), "{found}");
}

#[test]
fn words_of_any_length_mean_what_the_source_says() {
    let folder = folder("words");
    let judged = |spec: String, log: String| {
        write(&folder, "spec.sla", spec);
        write(&folder, "log.csv", log);
        records(&folder, &["log.csv"]).lines().filter(|line| !line.contains(r#""kind":"summary""#)).collect::<Vec<_>>().join("\n")
    };
    // Each word comes several times, as does one that says nothing, in rows that only change an owner.
    let handed_on = |lead: &str| format!("2026-03-09T10:45:00-04:00,-,{lead},,,max");
    let rows = [ROWS[0], ROWS[1], &handed_on("L1"), &handed_on("L2"), ROWS[2], ROWS[3], ROWS[4], ROWS[5], ROWS[6]];
    let short = csv(&rows).replace(",-,", ",,");
    let source = r#"
source crm { case lead key "lead"  time "time"
    event "event" { "A lead that is new has come" = created  "Somebody has spoken with the lead" = contacted }
    field score = "score"  field source = "source"  field owner = "owner"
    missing "(nothing was written here)" }"#;
    let long = csv(&rows)
        .replace(",created,", ",A lead that is new has come,")
        .replace(",contacted,", ",Somebody has spoken with the lead,")
        .replace(",-,", ",(nothing was written here),");
    let expected = judged(SPEC.to_string(), short);
    assert!(expected.contains(r#""verdict":"met""#) && expected.contains(r#""verdict":"breached""#), "{expected}");
    assert_eq!(judged(format!("{SPEC}{source}"), long), expected);
}

#[test]
fn events_of_two_columns_at_times_with_offsets_are_what_they_say() {
    let folder = folder("two-columns");
    let source = r#"
source tracker { case lead key "lead"  time "at" format "%d.%m.%Y %H:%M %z"
    event "from", "to" { "", "New" = created  "New", "Somebody has called" = contacted }
    field source = "source"  missing "(none)" }"#;
    write(&folder, "spec.sla", format!("{SPEC}{source}"));
    // Several of each, over midnight and with other offsets: four leads are called after 30, 60, 90 and 241 minutes of the office.
    let rows = [
        "09.03.2026 10:00 -0400,(none),New,L1,demo",
        "09.03.2026 15:30 +0100,(none),New,L2,demo",
        "09.03.2026 14:30 +0000,New,Somebody has called,L1,",
        "09.03.2026 16:30 +0100,New,Somebody has called,L2,",
        "10.03.2026 00:30 +0900,(none),New,L3,demo",
        "09.03.2026 11:30 -0400,,New,L4,demo",
        "09.03.2026 13:00 -0400,New,Somebody has called,L3,",
        "10.03.2026 04:31 +0900,New,Somebody has called,L4,",
    ];
    write(&folder, "log.csv", format!("at,from,to,lead,source\n{}\n", rows.join("\n")));
    let found = records(&folder, &["log.csv"]);
    let verdicts = found.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|r| r["kind"] == "verdict");
    let shown: Vec<String> = verdicts.map(|r| format!("{} {} {}", r["case"], r["verdict"], r["elapsed_s"])).collect();
    assert_eq!(shown, ["\"L1\" \"met\" 1800", "\"L2\" \"met\" 3600", "\"L3\" \"met\" 5400", "\"L4\" \"breached\" 14460"]);
}

/// Five rows that cannot be read, among three that can.
fn broken_log() -> Vec<u8> {
    let mut log = format!("{HEADER}\n{}\n", ROWS[0]).into_bytes();
    log.extend(b"2026-03-09T10:10:00-04:00,created,R1,80\n");
    log.extend(b"next Tuesday,created,R2,80,demo,kim\n");
    log.extend(b"2026-03-09 10:30,created,R3,80,demo,kim\n");
    log.extend(b"2026-03-09T10:40:00-04:00,created,R4,80,billboard,kim\n");
    log.extend(b"2026-03-09T10:50:00-04:00,created,R5,80,demo,k\xffm\n");
    log.extend(format!("{}\n{}\n", ROWS[2], ROWS[3]).into_bytes());
    log
}

#[test]
fn rows_that_cannot_be_read_stop_the_run_with_their_places() {
    let folder = folder("broken");
    write(&folder, "spec.sla", SPEC);
    write(&folder, "log.csv", broken_log());
    let output = sla(&folder, &["run", "spec.sla", "--log", "log.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    let said = text(&output.stderr);
    for place in
        ["log.csv:3:1:", "log.csv:4:1: `next Tuesday`", "log.csv:5:1: `2026-03-09 10:30`", "log.csv:6:41: `billboard`", "log.csv:7:46:"]
    {
        assert!(said.contains(place), "{place} in:\n{said}");
    }
    for expected in [
        "6 columns as in the header; this row has 4",
        "a `zone \"…\"` in the source",
        "one of `demo`, `list` for `source`",
        "text in UTF-8",
    ] {
        assert!(said.contains(expected), "{expected} in:\n{said}");
    }
    assert!(said.contains("5 rows cannot be read") && said.contains("--rejects"), "{said}");
}

#[test]
fn with_rejects_the_other_rows_are_judged_and_the_five_are_kept_verbatim() {
    let folder = folder("rejects");
    write(&folder, "spec.sla", SPEC);
    write(&folder, "log.csv", broken_log());
    let output = sla(&folder, &["run", "spec.sla", "--log", "log.csv", "--rejects", "rejects.txt", "-o", "out.jsonl"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let out = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    let summary: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["rows_rejected"], &summary["events"], &summary["cases"]), (&5.into(), &3.into(), &2.into()));
    assert_eq!(summary["logs"][0]["rows"], 8);
    // Each row stands as it was, below a line with its place and its reason.
    let kept = std::fs::read(folder.join("rejects.txt")).unwrap();
    let kept: Vec<&[u8]> = kept.split(|b| *b == b'\n').filter(|l| !l.is_empty() && !l.starts_with(b"# ")).collect();
    let log = broken_log();
    let rows: Vec<&[u8]> = log.split(|b| *b == b'\n').collect();
    assert_eq!(kept, rows[2..7]);
}

#[test]
fn an_event_that_nobody_knows_is_counted_or_refused() {
    let folder = folder("unknown");
    write(&folder, "spec.sla", SPEC);
    write(&folder, "log.csv", csv(&ROWS));
    assert!(records(&folder, &["log.csv"]).contains(r#""events_ignored":{"Note":1}"#));
    let output = sla(&folder, &["run", "spec.sla", "--log", "log.csv", "--deny", "unknown-events"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("log.csv:9:27: `Note`, expected an event of the vocabulary"), "{}", text(&output.stderr));
}

#[test]
fn messages_of_a_run_say_what_to_do() {
    let folder = folder("messages");
    write(&folder, "spec.sla", SPEC);
    write(&folder, "log.csv", csv(&ROWS));
    write(&folder, "empty.csv", "");
    write(&folder, "other.csv", "when,what,who\n");
    write(&folder, "broken.sla", "agreement a {");
    let said = |args: &[&str]| {
        let output = sla(&folder, args);
        assert_eq!(output.status.code(), Some(2), "{args:?} {}", text(&output.stdout));
        text(&output.stderr)
    };
    assert!(said(&["run", "spec.sla", "--log", "nowhere.csv"]).contains("nowhere.csv: there is no such log"));
    assert!(said(&["run", "nowhere.sla", "--log", "log.csv"]).contains("nowhere.sla: there is no such file"));
    assert!(said(&["run", "spec.sla", "--log", "empty.csv"]).contains("the log is empty"));
    let other = said(&["run", "spec.sla", "--log", "other.csv"]);
    assert!(other.contains("the log has no columns `time`, `event`, `case`") && other.contains("`when`, `what`, `who`"), "{other}");
    assert!(said(&["run", "spec.sla", "--log", "log.csv", "--source", "crm"]).contains("there is no source `crm`"));
    assert!(said(&["run", "spec.sla", "--log", "log.csv", "--as-of", "soon"]).contains("`soon` is no time"));
    assert!(said(&["run", "spec.sla", "--log", "log.csv", "-o", "report.pdf"]).contains("end the name in .jsonl, .csv or .md"));
    assert!(said(&["run", "broken.sla", "--log", "log.csv"]).contains("this `{` is never closed"));
}

#[test]
fn the_exit_code_is_1_where_fail_on_says_so() {
    let folder = folder("fail_on");
    write(&folder, "spec.sla", SPEC);
    write(&folder, "log.csv", csv(&ROWS));
    write(&folder, "good.csv", csv(&[ROWS[0], ROWS[2]]));
    let code = |log: &str, on: &str| sla(&folder, &["run", "spec.sla", "--log", log, "--fail-on", on, "-o", "o.csv"]).status.code();
    assert_eq!(code("log.csv", "breached"), Some(1));
    assert_eq!(code("good.csv", "breached,missed"), Some(0));
}

#[test]
fn a_compiled_plan_gives_the_same_bytes() {
    let folder = folder("compiled");
    write(&folder, "spec.sla", SPEC);
    write(&folder, "log.csv", csv(&ROWS));
    assert!(sla(&folder, &["compile", "spec.sla", "-o", "plan.json"]).status.success());
    assert!(sla(&folder, &["run", "spec.sla", "--log", "log.csv", "-o", "a.jsonl", "-o", "a.md", "-o", "a.csv"]).status.success());
    assert!(sla(&folder, &["run", "plan.json", "--log", "log.csv", "-o", "b.jsonl", "-o", "b.md", "-o", "b.csv"]).status.success());
    for form in ["jsonl", "md", "csv"] {
        let read = |name: &str| std::fs::read(folder.join(format!("{name}.{form}"))).unwrap();
        assert!(read("a") == read("b"), "{form}");
    }
    std::fs::write(folder.join("old.json"), "{\"format\": 0}").unwrap();
    let old = sla(&folder, &["run", "old.json", "--log", "log.csv"]);
    assert!(text(&old.stderr).contains("is a plan of form 0"), "{}", text(&old.stderr));
}

#[test]
fn only_narrows_the_verdict_records_alone() {
    let folder = folder("only");
    write(&folder, "spec.sla", SPEC);
    write(&folder, "log.csv", csv(&ROWS));
    assert!(sla(&folder, &["run", "spec.sla", "--log", "log.csv", "--only", "breached", "-o", "o.jsonl"]).status.success());
    let out = std::fs::read_to_string(folder.join("o.jsonl")).unwrap();
    let records: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(records.iter().filter(|r| r["kind"] == "verdict").all(|r| r["verdict"] == "breached"));
    // Both groups of March; January and February saw none.
    assert_eq!(records.iter().filter(|r| r["kind"] == "objective").count(), 2);
    let totals = &records.last().unwrap()["verdicts"];
    assert_eq!(totals.as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum::<u64>(), 4);
}

#[test]
fn nothing_that_is_read_is_written_over_or_read_twice() {
    let folder = folder("apart");
    write(&folder, "spec.sla", SPEC);
    write(&folder, "log.csv", csv(&ROWS));
    let refused = |args: &[&str], why: &str| {
        let output = sla(&folder, &[&["run", "spec.sla", "--log", "log.csv"], args].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    };
    refused(&["-o", "log.csv"], "log.csv: this is the log itself");
    refused(&["--rejects", "./log.csv"], "this is the log itself");
    refused(&["-o", "a.md", "-o", "a.md"], "named twice to be written");
    refused(&["--log", "./log.csv"], "would count twice");
    assert_eq!(std::fs::read_to_string(folder.join("log.csv")).unwrap(), csv(&ROWS));
}

#[test]
fn a_stray_quote_costs_its_own_line_only() {
    let folder = folder("quote");
    write(&folder, "spec.sla", SPEC);
    let mut rows = ROWS.to_vec();
    rows.insert(2, "2026-03-09T10:40:00-04:00,created,L9,80,demo,\"kim");
    write(&folder, "log.csv", csv(&rows));
    let output = sla(&folder, &["run", "spec.sla", "--log", "log.csv", "--rejects", "rejects.txt", "-o", "out.jsonl"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let rejects = std::fs::read_to_string(folder.join("rejects.txt")).unwrap();
    assert!(rejects.contains("log.csv:4:1") && rejects.contains("a quote that opens on this line"), "{rejects}");
    let out = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    let summary: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["rows_rejected"], &summary["logs"][0]["rows"], &summary["events"]), (&1.into(), &9.into(), &7.into()));
}

/// Behind a cell of two lines, and one that holds a delimiter: 25 signs of the time, 7 of the event and 5 of the key, and three commas.
#[test]
fn a_cell_that_is_no_text_is_named_where_it_begins() {
    let folder = folder("broken-cell");
    write(&folder, "spec.sla", SPEC);
    let mut log = format!("{HEADER}\n2026-03-09T10:00:00-04:00,created,L1,80,demo,\"kim\nand lee\"\n").into_bytes();
    log.extend(b"2026-03-09T10:40:00-04:00,created,\"L,9\",\"\xff0\",demo,kim\n");
    write(&folder, "log.csv", log);
    let output = sla(&folder, &["run", "spec.sla", "--log", "log.csv", "--rejects", "rejects.txt", "-o", "out.jsonl"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let rejects = std::fs::read(folder.join("rejects.txt")).unwrap();
    assert!(text(&rejects).contains("log.csv:4:41: `\u{fffd}0`, expected text in UTF-8"), "{}", text(&rejects));
}

#[test]
fn a_log_that_is_something_else_is_named_for_what_it_is() {
    let folder = folder("else");
    write(&folder, "spec.sla", SPEC);
    let said = |name: &str, content: &[u8]| {
        write(&folder, name, content);
        let output = sla(&folder, &["run", "spec.sla", "--log", name]);
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    assert!(said("array.json", b"[{\"time\": 1}]").contains("this is a JSON array"));
    assert!(said("sheet.csv", b"PK\x03\x04rest").contains("a spreadsheet"));
    assert!(said("columns.parquet", b"PAR1rest").contains("the Parquet data is damaged"));
    assert!(said("broken.jsonl", b"{\"time\": \n").contains("expected a JSON object on one line"));
    assert!(said("cut.gz", &[0x1f, 0x8b, 8, 0]).contains("the gzip data is damaged"));
    assert!(said("dates.csv", b"time,event,lead\n03/04/2026 10:00,created,L1\n").contains("day and month are not guessed"));
}
