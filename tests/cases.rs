//! Cases from the test suites of other engines: our answer to every row.

use crate::common::{instant, judge_as_of, rows, same_time, verdicts};
use serde_json::Value;
use std::fmt::Write;

/// The calendar of a row, in the language.
fn calendar(row: &Value) -> String {
    let mut text = format!("calendar hours {{\n    zone \"{}\"\n", row["tz"].as_str().unwrap());
    for (day, windows) in row["hours"].as_object().unwrap() {
        if let Some(windows) = self::windows(windows) {
            let _ = writeln!(text, "    open {day} {windows}");
        }
    }
    for date in row["holidays"].as_array().unwrap() {
        let _ = writeln!(text, "    closed {}", date.as_str().unwrap());
    }
    for (date, hours) in row["overrides"].as_object().into_iter().flatten() {
        match windows(hours) {
            Some(windows) => writeln!(text, "    open {date} {windows}").unwrap(),
            None => writeln!(text, "    closed {date}").unwrap(),
        }
    }
    text + "}\n"
}

fn windows(windows: &Value) -> Option<String> {
    let windows: Vec<String> =
        windows.as_array()?.iter().map(|w| format!("{}-{}", w[0].as_str().unwrap(), w[1].as_str().unwrap())).collect();
    (!windows.is_empty()).then(|| windows.join(", "))
}

/// One promise on the row's calendar.
fn spec(row: &Value, obligation: &str) -> String {
    let date = ["start", "from", "end"].iter().find_map(|k| row.get(*k)?.as_str()).or(row["events"][0]["t"].as_str()).unwrap();
    let year: i32 = date[..4].parse().unwrap();
    let (first, last) = (year - 2, year + 2);
    format!(
        "party us party them\n{}\
         case item {{ status: text?  event began event ended event changed event again\n\
             state paused when status in (\"Replied\", \"On Hold\")\n\
             state resolved when status in (\"Resolved\", \"Closed\", \"resolved\") }}\n\
         agreement a {{ effective {first}-01-01 to {last}-12-31 zone \"UTC\" service s by us for them {{ obligation o {{ {obligation} }} }} }}",
        calendar(row)
    )
}

fn one_verdict(records: &[Value]) -> &Value {
    let mut all = verdicts(records);
    let first = all.next().expect("there is an instance");
    assert!(all.next().is_none(), "there is one instance");
    first
}

#[test]
fn a_duration_from_a_start_gives_the_deadline() {
    let rows = rows("cases/clock_add.jsonl");
    let (mut asked, mut wrong) = (0, Vec::new());
    // A target of no length is no deadline: the language refuses it.
    for row in rows.iter().filter(|r| r["duration_s"].as_i64().unwrap() > 0) {
        asked += 1;
        let spec = spec(row, &format!("start on began stop on ended within {}s clock hours", row["duration_s"]));
        let start = row["start"].as_str().unwrap();
        let records = judge_as_of(&spec, &format!("time,event,item\n{start},began,1\n"), None);
        let due = &one_verdict(&records)["due"];
        let expected = row.get("deadline_close").unwrap_or(&row["expected_deadline"]).as_str().unwrap();
        if !same_time(due, expected) {
            wrong.push(format!("{}: due {due}, expected {expected}", row["id"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(rows.is_empty() || asked == 206, "{asked} deadlines with a positive duration");
}

#[test]
fn the_open_time_between_two_instants() {
    let rows = rows("cases/clock_between.jsonl");
    let mut wrong = Vec::new();
    for row in &rows {
        // A row per item: an end before its beginning is taken at the beginning, and nothing has elapsed.
        let wide = "source w { case item key \"item\"  event began at \"from\"  event ended at \"to\" }";
        let spec = spec(row, "start on began stop on ended within 100000h clock hours") + wide;
        let (from, to) = (row["from"].as_str().unwrap(), row["to"].as_str().unwrap());
        let records = judge_as_of(&spec, &format!("item,from,to\n1,{from},{to}\n"), None);
        let elapsed = one_verdict(&records)["elapsed_s"].as_f64().unwrap();
        let expected = row.get("recommended_business_s").unwrap_or(&row["expected_business_s"]).as_f64().unwrap();
        if elapsed != expected {
            wrong.push(format!("{}: {elapsed} s, expected {expected}", row["id"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(rows.is_empty() || rows.len() == 75);
}

#[test]
fn a_warning_so_long_before_the_due() {
    let rows = rows("cases/clock_sub.jsonl");
    let (mut asked, mut wrong) = (0, Vec::new());
    for row in rows.iter().filter(|r| r["duration_s"].as_i64().unwrap() > 0) {
        asked += 1;
        // A promise that began 400 days before and is used up at the row's end.
        let end = chrono::DateTime::parse_from_rfc3339(row["end"].as_str().unwrap()).unwrap();
        let start = (end - chrono::TimeDelta::days(400)).to_rfc3339();
        let log = |last: &str| format!("time,event,item\n{start},began,1\n{last},changed,1\n");
        let measured = judge_as_of(&spec(row, "start on began stop on ended within 100000h clock hours"), &log(&end.to_rfc3339()), None);
        let target = one_verdict(&measured)["elapsed_s"].as_i64().unwrap();
        let warned = spec(row, &format!("start on began stop on ended within {target}s clock hours warn {}s before", row["duration_s"]));
        let records = judge_as_of(&warned, &log(&end.to_rfc3339()), None);
        let notice = records.iter().find(|r| r["kind"] == "notice").expect("a warning is given");
        // At an opening, the same open time was reached at the close before: the earliest instant counts.
        let expected = row.get("start_prev_close").unwrap_or(&row["expected_start"]).as_str().unwrap();
        if !same_time(&notice["at"], expected) {
            wrong.push(format!("{}: warned {}, expected {expected}", row["id"], notice["at"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(rows.is_empty() || asked == 94, "{asked} warnings with a positive duration");
}

#[test]
fn wall_clock_times_turn_into_instants() {
    let rows = rows("cases/wall_to_utc.jsonl");
    for row in &rows {
        let (date, time) = (row["local_date"].as_str().unwrap(), row["local_time"].as_str().unwrap());
        // The time at which a day's only window opens, or closes for 24:00, read off a due. Seconds lie past a window's
        // grain: they are the target.
        let (clock, seconds) = (&time[..5], time.get(6..).map_or(0, |s| s.parse::<u32>().unwrap()));
        let expected = instant(row["expected_utc"].as_str().unwrap());
        let calendar = format!("calendar hours {{ zone \"{}\" open {date} 00:00-24:00 }}", row["tz"].as_str().unwrap());
        let spec = format!(
            "party us party them {calendar} case item {{ event began event ended }}
             agreement a {{ effective 2005-01-01 to 2016-12-31 zone \"UTC\" service s by us for them {{
                 obligation o {{ start on began stop on ended within {clock} of working day 0 clock hours }} }} }}"
        );
        let day = date.parse::<chrono::NaiveDate>().unwrap();
        // Two days before, so that the day of the row is the start's own after moving to its opening.
        let log = format!("time,event,item\n{}T00:00:00Z,began,1\n", day - chrono::Days::new(2));
        let records = judge_as_of(&spec, &log, None);
        let due = instant(one_verdict(&records)["due"].as_str().unwrap()).plus(sla::time::Duration::seconds(seconds.into()));
        assert_eq!(due, expected, "{}", row["id"]);
    }
    assert!(rows.is_empty() || rows.len() == 5);
}

#[test]
fn policies_with_pauses_and_reopening() {
    let rows = rows("cases/scenarios.jsonl");
    let mut wrong = Vec::new();
    for row in &rows {
        let policy = &row["policy"];
        let mut obligation = format!("within {}s clock hours ", policy["target_s"]);
        let start = policy["start"].as_str().unwrap();
        let stops_on_state = policy["stop"].get("state").is_some();
        obligation += if stops_on_state { "stop on entering resolved " } else { "stop on ended " };
        if policy.get("pause").is_some() {
            obligation += "pause while paused ";
        }
        obligation += if start == "created" { "start on began " } else { "start on again " };
        if policy.get("restart_on").is_some() {
            obligation += "reset on again ";
        }
        let mut log = "time,event,item,status\n".to_string();
        for event in row["events"].as_array().unwrap() {
            let name = match event["event"].as_str().unwrap() {
                "created" => "began",
                "first_response" | "agent_message" => "ended",
                "customer_message" => "again",
                _ => "changed",
            };
            let state = event["attrs"]["state"].as_str().unwrap_or("");
            let _ = writeln!(log, "{},{name},1,{state}", event["t"].as_str().unwrap());
        }
        let records = judge_as_of(&spec(row, &obligation), &log, row.get("as_of").and_then(Value::as_str));
        let verdict = one_verdict(&records);
        let expected = row.get("recommended").unwrap_or(&row["expected"]);
        let mut differ = |what: &str, ok: bool| {
            if !ok {
                wrong.push(format!("{} {what}: {verdict} expected {expected}", row["id"]));
            }
        };
        differ("breached", (verdict["verdict"] == "breached") == expected["breached"].as_bool().unwrap());
        if let Some(deadline) = expected.get("deadline").and_then(Value::as_str) {
            differ("deadline", same_time(&verdict["due"], deadline));
        }
        if let Some(elapsed) = expected.get("elapsed_business_s") {
            differ("elapsed", verdict["elapsed_s"].as_f64() == elapsed.as_f64());
        }
        match expected.get("status").and_then(Value::as_str) {
            Some("paused") => differ("status", verdict["verdict"] == "pending"),
            Some("stopped") => differ("status", !verdict["stop"].is_null()),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(rows.is_empty() || rows.len() == 19);
}
