//! What stands beside a spec, and what a report says of a case's way.

use crate::common::{folder, judge, sla, text, tickets};
use std::fs;

const SPEC: &str = r#"
party us "Us" { contact "us@example.com" }
party them "Them" { contact "them@example.com" }
calendar office { zone "UTC"  open mon-fri 09:00-17:00  holidays "HOLIDAYS" }
case item { event began  event ended }
agreement a "A" { version "1"  effective 2026-01-01  zone "UTC"  clock office
    service s by us for them { obligation o { start on began  stop on ended  within 1 working day } } }
test "the day after is DAY" {
    item "1" { at 2026-12-24 10:00 began }
    expect o pending due DAY 10:00
}
"#;

fn with(file: &str, content: &str, day: &str) -> (bool, String) {
    let folder = folder(&format!("holidays_{day}"));
    fs::write(folder.join("spec.sla"), SPEC.replace("HOLIDAYS", file).replace("DAY", day)).unwrap();
    if !content.is_empty() {
        fs::write(folder.join(file), content).unwrap();
    }
    let output = sla(&folder, &["test", "spec.sla"]);
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

/// 2026-12-24 is a Thursday; the 25th is Friday, the 28th Monday, the 29th Tuesday.
#[test]
fn holidays_come_from_a_table() {
    let (ok, said) = with("days.csv", "name,date\nChristmas,2026-12-25\nBridge,2026-12-28\n", "2026-12-29");
    assert!(ok, "{said}");
}

#[test]
fn holidays_come_from_an_icalendar_file_folded_over_several_days_and_every_year() {
    let ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n\
        BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Christmas\r\nDTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:A long name that is folded over\r\n  two lines\r\nDTSTART;VALUE=DATE:20261228\r\nDTEND;VALUE=DATE:20261230\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:Gone\r\nSTATUS:CANCELLED\r\nDTSTART;VALUE=DATE:20261230\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:4\r\nSUMMARY:Ended in 2025\r\nDTSTART;VALUE=DATE:20241230\r\nRRULE:FREQ=YEARLY;COUNT=2\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let (ok, said) = with("days.ics", ics, "2026-12-30");
    assert!(ok, "{said}");
}

#[test]
fn a_list_of_holidays_that_cannot_be_read_says_why() {
    let hours = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Party\r\nDTSTART:20261225T180000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let weekly = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Gym\r\nDTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let cases = [
        ("missing.csv", "", "there is no such file"),
        ("../out.csv", "", "there is no such file"),
        ("days.csv", "day,name\n2026-12-25,x\n", "there is no column `date`"),
        ("days.csv", "date,name\n25.12.2026,x\n", "line 2: `25.12.2026` is no date such as 2026-12-25"),
        ("days.ics", hours, "\"Party\" is no whole day: `20261225T180000Z`"),
        ("days.ics", weekly, "\"Gym\" repeats by a rule that is not every year: `FREQ=WEEKLY`"),
        ("days.txt", "2026-12-25", "a holiday file is an .ics or a .csv"),
    ];
    for (file, content, why) in cases {
        let (ok, said) = with(file, content, "2026-12-25");
        assert!(!ok && said.contains(why), "{file}: {said}");
    }
}

#[test]
fn holidays_are_read_only_below_the_folder_of_the_spec() {
    let outside = folder("outside");
    fs::create_dir_all(outside.join("inner")).unwrap();
    fs::write(outside.join("days.csv"), "date,name\n2026-12-25,x\n").unwrap();
    fs::write(outside.join("inner/spec.sla"), SPEC.replace("HOLIDAYS", "../days.csv").replace("DAY", "2026-12-25")).unwrap();
    let said = text(&sla(&outside, &["check", "inner/spec.sla"]).stdout);
    assert!(said.contains("it lies outside of the folder of the spec"), "{said}");
    let said = text(&sla(&outside, &["check", "."]).stdout);
    assert!(!said.contains("outside"), "{said}");
}

/// Three leads reach the first stage, two of them the second after 1 h and 3 h, and one the third without the second.
#[test]
fn stages_give_the_waterfall_with_conversion_and_median_time() {
    let spec = r#"
        party us "Us" party them "Them"
        case lead { event made event ready event won
            stage mql "Marketing-qualified" on made  stage sql on ready  stage customer on won }
        agreement a { version "1"  effective 2026-01-01  zone "UTC"
            service s by us for them { objective o { expect count(won) >= 1 per month } } }"#;
    let log = "time,case,event\n\
        2026-03-01T10:00:00Z,1,made\n2026-03-01T11:00:00Z,1,ready\n2026-03-01T12:00:00Z,1,ready\n\
        2026-03-01T10:00:00Z,2,made\n2026-03-01T13:00:00Z,2,ready\n\
        2026-03-01T10:00:00Z,3,made\n2026-03-02T10:00:00Z,3,won\n";
    let records = judge(spec, log);
    let stages: Vec<String> = records
        .iter()
        .filter(|r| r["kind"] == "stage")
        .map(|r| format!("{} {} {} of {} {}", r["stage"], r["reached"], r["num"], r["den"], r["median_s"]))
        .collect();
    // The median of 1 h and 3 h is 2 h; of the two that were ready none was won.
    assert_eq!(stages, ["\"mql\" 3 null of null null", "\"sql\" 2 2 of 3 7200", "\"customer\" 1 0 of 2 null"]);
}

/// A stage may be reached before the one in front of it, with it, or by more than an event; in one run or in several.
#[test]
fn stages_are_counted_in_whatever_order_they_are_reached() {
    let folder = folder("stages");
    let spec = r#"
        party us "Us" party them "Them"
        case lead { event made event note { n: number } event won
            stage one "One" on made  stage two "Two" on note(n >= 5)  stage three "Three" on won }
        agreement a { version "1"  effective 2026-01-01  zone "UTC"
            service s by us for them { obligation o { start on made  stop on won  within 1h  clock always } } }"#;
    std::fs::write(folder.join("spec.sla"), spec).unwrap();
    let rows = [
        "2026-03-01T08:00:00Z,2,won,",
        "2026-03-01T09:00:00Z,2,note,9",
        "2026-03-01T10:00:00Z,1,made,",
        "2026-03-01T10:00:00Z,2,made,",
        "2026-03-01T10:00:00Z,3,made,",
        "2026-03-01T10:30:00Z,1,note,3",
        "2026-03-01T11:00:00Z,1,note,6",
        "2026-03-01T11:00:00Z,1,won,",
        "2026-03-01T12:00:00Z,1,note,7",
    ];
    let write = |name: &str, rows: &[&str]| std::fs::write(folder.join(name), format!("time,case,event,n\n{}\n", rows.join("\n"))).unwrap();
    let stages = |args: &[&str]| -> Vec<String> {
        let all = tickets::records(&folder, args);
        let records = all.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()).filter(|r| r["kind"] == "stage");
        records.map(|r| format!("{} {} {} of {} {}", r["stage"], r["reached"], r["num"], r["den"], r["median_s"])).collect()
    };
    // The first lead takes an hour to the second stage and no time to the third; the second one goes all of its way back.
    let expected = ["\"one\" 3 null of null null", "\"two\" 2 2 of 3 3600", "\"three\" 2 2 of 2 0"];
    write("log.csv", &rows);
    for threads in ["1", "2"] {
        assert_eq!(stages(&["--log", "log.csv", "--threads", threads]), expected);
    }
    for cut in 1..rows.len() {
        write("first.csv", &rows[..cut]);
        write("rest.csv", &rows[cut..]);
        std::fs::remove_file(folder.join("state")).ok();
        stages(&["--log", "first.csv", "--state", "state"]);
        assert_eq!(stages(&["--log", "rest.csv", "--state", "state"]), expected, "cut before row {cut}");
    }
}

const FEES: &str = r#"
party us "Us" { contact "us@example.com" }
party them "Them" { contact "them@example.com" }
table fees from "fees.csv" by customer { fee: money  share: number }
table quotas from "quotas.csv" by customer, period { calls: number }
case item { customer: text  event began  event ended }
agreement a "A" { version "1"  effective 2026-01-01  zone "UTC"  clock always  currency USD
    let base = fees("acme").fee
    cap base per month
    service s by us for them {
        obligation o { start on began  stop on ended  within 1h }
        objective q { expect met(o) >= 90% per month by customer  credit 10% of fees.fee below 90% }
        objective n { expect count(began) >= quotas.calls per month by customer } } }
test "10 % of each customer's fee, and nobody knows Umbrella's" {
    item "1" { customer = "acme"      at 2026-03-02 10:00 began }
    item "2" { customer = "globex"    at 2026-03-02 10:00 began }
    item "3" { customer = "umbrella"  at 2026-03-02 10:00 began }
    item "4" { customer = "initech"   at 2026-03-02 10:00 began }
    as of 2026-04-01 00:00
    expect q in 2026-03 by "acme"     missed credit 100 USD
    expect q in 2026-03 by "globex"   missed credit 250.50 USD
    expect q in 2026-03 by "umbrella" missed credit 0 USD
    expect q in 2026-03 by "initech"  missed credit 0 USD
    expect n in 2026-03 by "acme"     met
    expect n in 2026-03 by "globex"   missed
    expect n in 2026-03 by "umbrella" unknown
}
"#;

fn fees(test: &str, fees: &str, spec: &str) -> (bool, String) {
    let folder = folder(&format!("fees_{test}"));
    fs::write(folder.join("spec.sla"), spec).unwrap();
    fs::write(folder.join("fees.csv"), fees).unwrap();
    fs::write(folder.join("quotas.csv"), "customer,period,calls\nacme,2026-03,1\nglobex,2026-03,2\nglobex,2026-04,1\n").unwrap();
    let output = sla(&folder, &["test", "spec.sla"]);
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn fees_and_quotas_come_from_tables_and_a_missing_row_is_no_zero() {
    let (ok, said) = fees("all", "customer,note,fee,share\nacme,x,1000,5%\nglobex,,2505 USD,0.1\ninitech,no fee,,1\n", FEES);
    assert!(ok, "{said}");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("fees_all");
    fs::write(folder.join("log.csv"), "time,case,event,customer\n2026-03-02T10:00:00Z,1,began,umbrella\n").unwrap();
    let run = sla(&folder, &["run", "spec.sla", "--log", "log.csv", "--as-of", "2026-03-31"]);
    let page = text(&run.stdout);
    assert!(page.contains("no value for fees(umbrella).fee") && page.contains("no value for quotas(umbrella, 2026-03).calls"), "{page}");
}

#[test]
fn a_table_that_cannot_be_read_says_why() {
    let good = "customer,fee,share\nacme,1000,5%\n";
    let cases = [
        ("column", "customer,price,share\nacme,1000,1\n", FEES.to_string(), "there is no column `fee`"),
        ("twice", "customer,fee,share\nacme,1000,1\nacme,2,1\n", FEES.to_string(), "line 3: there is a row for acme already"),
        ("amount", "customer,fee,share\nacme,much,1\n", FEES.to_string(), "line 2: `much` is not an amount of money"),
        ("row", good, FEES.replace("fees(\"acme\")", "fees(\"nobody\")"), "table `fees` has no such value for nobody"),
        (
            "group",
            good,
            FEES.replace(">= 90% per month by customer", ">= 90% per month"),
            "a row of `fees` is named by `customer`, and nothing here is",
        ),
        (
            "let",
            good,
            FEES.replace("let base = fees(\"acme\").fee", "let base = fees.fee"),
            "which row of `fees` is meant depends on the group",
        ),
        ("type", good, FEES.replace("share: number", "share: text"), "a table holds numbers, amounts and durations; `share` is a text"),
        ("name", good, FEES.replace("fees.fee below", "fees.fees below"), "did you mean `fee`?"),
    ];
    for (name, content, spec, why) in cases {
        let (ok, said) = fees(name, content, &spec);
        assert!(!ok && said.split_whitespace().collect::<Vec<_>>().join(" ").contains(why), "{name}: {said}");
    }
}
