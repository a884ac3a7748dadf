//! `sla calc`: the named values, what a log shows of them, and what follows.

use crate::common::{folder, sla, text};
use std::fs;
use std::path::{Path, PathBuf};

const SPEC: &str = r#"
party marketing "Marketing" { contact "m@example.com" }
party sales "Sales" { contact "s@example.com" }
case lead { event created event won { amount: money } }
agreement plan "The plan" {
    version "1"  effective 2026-01-01 to 2026-12-31  zone "UTC"  currency USD
    let revenue   = 120_000 USD
    let deal      = 12_000 USD measured mean(won.amount) per month
    let win_rate  = 10% measured count(won) / count(created) per month
    let customers = ceil(revenue / deal)
    let leads     = ceil(customers / win_rate)
    let capacity  = 2 * 120h / 2h
    let hours     = leads * 2h
    assert leads <= capacity "Sales cannot work the leads"
    service s by marketing for sales { objective volume { expect count(created) >= leads per month } }
}
"#;

/// January: 4 leads, 1 won, for 20,000. February: 10 leads, 1 won, for 10,000. March has begun.
const LOG: &str = "time,case,event,amount\n\
2026-01-05T10:00:00Z,1,created,\n2026-01-05T10:00:00Z,2,created,\n2026-01-05T10:00:00Z,3,created,\n2026-01-05T10:00:00Z,4,created,\n\
2026-01-20T10:00:00Z,1,won,20000\n\
2026-02-05T10:00:00Z,11,created,\n2026-02-05T10:00:00Z,12,created,\n2026-02-05T10:00:00Z,13,created,\n2026-02-05T10:00:00Z,14,created,\n\
2026-02-05T10:00:00Z,15,created,\n2026-02-05T10:00:00Z,16,created,\n2026-02-05T10:00:00Z,17,created,\n2026-02-05T10:00:00Z,18,created,\n\
2026-02-05T10:00:00Z,19,created,\n2026-02-05T10:00:00Z,20,created,\n2026-02-20T10:00:00Z,11,won,10000\n\
2026-03-01T10:00:00Z,21,created,\n";

fn made(test: &str) -> PathBuf {
    let folder = folder(&format!("calc_{test}"));
    fs::write(folder.join("plan.sla"), SPEC).unwrap();
    fs::write(folder.join("log.csv"), LOG).unwrap();
    folder
}

fn calc(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = sla(folder, &[&["calc", "plan.sla"], args].concat());
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

/// A row of the table as its cells.
fn row<'t>(table: &'t str, name: &str) -> Vec<&'t str> {
    let line = table.lines().find(|l| l.trim_start().starts_with(name)).unwrap_or_else(|| panic!("no {name} in {table}"));
    line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect()
}

#[test]
fn every_value_has_its_formula_and_unit() {
    let (code, said) = calc(&made("formula"), &[]);
    // 120,000 / 12,000 = 10 customers; at 10 % 100 leads; 2 × 120 h / 2 h = 120; 100 × 2 h = 200 h.
    assert_eq!(code, 0, "{said}");
    assert_eq!(row(&said, "revenue"), ["revenue", "120_000 USD", "USD", "120,000 USD"]);
    assert_eq!(row(&said, "leads"), ["leads", "ceil(customers / win_rate)", "number", "100"]);
    assert_eq!(row(&said, "win_rate"), ["win_rate", "10%", "share", "10%"]);
    assert_eq!(row(&said, "hours"), ["hours", "leads * 2h", "time", "200h"]);
}

/// February is the last full month: 1 of 10 is 10 %, and a deal is 10,000: 12 customers, 120 leads, 20 % more.
#[test]
fn a_log_shows_the_last_full_month_and_what_follows() {
    let (code, said) = calc(&made("log"), &["--log", "log.csv"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(row(&said, "deal")[4..], ["10,000 USD", "2026-02", "10,000 USD", "-16.7%"]);
    assert_eq!(row(&said, "win_rate")[4..], ["10%", "2026-02", "10%", "–"]);
    assert_eq!(row(&said, "leads")[3..], ["100", "120", "+20%"]);
    assert_eq!(row(&said, "capacity")[3..], ["120", "120", "–"]);
}

/// At 8 %, 10 customers take 125 leads, more than the 120 that two people can work.
#[test]
fn what_is_set_changes_what_depends_on_it_and_nothing_else() {
    let folder = made("set");
    let (code, said) = calc(&folder, &["--set", "win_rate=8%"]);
    assert_eq!(code, 1, "{said}");
    for (name, declared, set) in [("leads", "100", "125"), ("hours", "200h", "250h"), ("customers", "10", "10"), ("capacity", "120", "120")]
    {
        assert_eq!(row(&said, name)[3..], [declared, set], "{said}");
    }
    assert!(said.contains("does not hold: Sales cannot work the leads: leads <= capacity; 125 <= 120 is false"), "{said}");
    let (code, said) = calc(&folder, &["--set", "winrate=8%"]);
    assert!(code == 2 && said.contains("did you mean `win_rate`?"), "{said}");
    let (code, said) = calc(&folder, &["--set", "win_rate=8 USD"]);
    assert!(code == 2, "{said}");
    let (code, said) = calc(&folder, &["--set", "win_rate=a lot"]);
    assert!(code == 2 && said.contains("this is no value"), "{said}");
}

/// January: 1 of 4 is 25 %, a deal 20,000: 6 customers, 24 leads. February: 12 and 120. March, which has begun, has one lead and
/// nothing won: 0 % leaves the leads without a value, and the deal as it is written.
#[test]
fn every_period_of_the_log_is_calculated_anew() {
    let folder = made("period");
    let (_, said) = calc(&folder, &["--log", "log.csv", "--per", "month", "--format", "csv"]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "agreement,value,formula,unit,declared,2026-01,2026-02,2026-03");
    assert_eq!(lines[5], "\"The plan, version 1\",leads,ceil(customers / win_rate),number,100,24,120,");
    let (_, said) = calc(&folder, &["--log", "log.csv", "--per", "quarter", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    // The quarter so far: 2 won of 15 for 15,000 on average.
    let deal = json[0]["values"].as_array().unwrap().iter().find(|v| v["name"] == "deal").unwrap().clone();
    assert_eq!((deal["periods"][0]["period"].as_str(), deal["periods"][0]["value"].as_f64()), (Some("2026-Q1"), Some(15_000.0)));
}

#[test]
fn the_table_can_be_pasted_into_a_review() {
    let (_, said) = calc(&made("paste"), &["--log", "log.csv", "--format", "md"]);
    assert!(
        said.starts_with("## The plan, version 1\n\n| value | formula | unit | declared | measured | in | with that | drift |\n|---|"),
        "{said}"
    );
    assert!(said.contains("| leads | ceil(customers / win_rate) | number | 100 |  |  | 120 | +20% |"), "{said}");
}
