//! Caps, rights and what they take from credits: the records of a run.

mod common;

use common::judge_as_of;
use serde_json::Value;

/// Items of a month, so many of them late.
fn log(months: &[(u32, u32, u32)]) -> String {
    let mut text = String::from("time,event,item\n");
    for (month, all, late) in months {
        for i in 0..*all {
            let minutes = if i < *late { 90 } else { 30 };
            text += &format!("2026-{month:02}-05T10:00:00Z,began,{month}-{i}\n");
            text += &format!("2026-{month:02}-05T{}:{:02}:00Z,ended,{month}-{i}\n", 10 + minutes / 60, minutes % 60);
        }
    }
    text
}

fn spec(clauses: &str, objectives: &str) -> String {
    format!(
        "party us party them
         case item {{ event began  event ended }}
         agreement a {{ version \"1\" effective 2026-01-01 to 2026-12-31 zone \"UTC\" currency USD clock always {clauses}
             service s by us for them {{ obligation o {{ start on began  stop on ended  within 1h }} {objectives} }} }}"
    )
}

/// `kind objective period amount` of every credit and cap.
fn money(records: &[Value]) -> Vec<String> {
    let of = |r: &&Value| r["kind"] == "credit" || r["kind"] == "cap";
    let text = |v: &Value| v.as_str().unwrap_or("-").to_string();
    records.iter().filter(of).map(|r| [&r["kind"], &r["objective"], &r["period"], &r["amount"]].map(text).join(" ")).collect()
}

fn judged(spec: &str, months: &[(u32, u32, u32)], as_of: &str) -> Vec<Value> {
    judge_as_of(spec, &log(months), Some(as_of))
}

/// Bands of 500 and 1,000, a cap of 800 on each month of the objective: 1,000 − 200.
#[test]
fn an_objective_s_cap_is_a_record_of_its_own() {
    let spec = spec("", "objective x { expect met(o) >= 95% per month  credit 500 USD below 95%, 1_000 USD below 50%  cap 800 USD }");
    let records = judged(&spec, &[(1, 4, 1), (2, 4, 3), (3, 4, 0)], "2026-04-01T00:00:00Z");
    assert_eq!(money(&records), ["credit x 2026-01 500.00", "credit x 2026-02 1000.00", "cap x 2026-02 -200.00"]);
}

/// Two objectives of 500 and 400 in January, the agreement's cap is 600: 300 are taken. 333.335 is cut to 333.33.
#[test]
fn an_agreement_s_cap_takes_from_all_that_falls_in_its_period() {
    let objectives = "objective x { expect met(o) >= 95% per month  credit 500 USD below 95% }
                      objective y { expect misses(o) <= 0 per month  credit 400 USD above 0 }";
    let records = judged(&spec("cap 600 USD per month", objectives), &[(1, 4, 1), (2, 4, 0)], "2026-03-01T00:00:00Z");
    assert_eq!(money(&records), ["credit x 2026-01 500.00", "credit y 2026-01 400.00", "cap - 2026-01 -300.00"]);
    let records = judged(&spec("cap 333.335 USD per month", objectives), &[(1, 4, 1)], "2026-02-01T00:00:00Z");
    assert_eq!(money(&records).last().unwrap(), "cap - 2026-01 -566.67");
    // A year's cap binds on the last of several credits: 500 + 500 + 500 against 1,200.
    let only = "objective x { expect met(o) >= 95% per month  credit 500 USD below 95% }";
    let records = judged(&spec("cap 1_200 USD per year", only), &[(1, 2, 1), (2, 2, 1), (3, 2, 1)], "2026-04-01T00:00:00Z");
    assert_eq!(money(&records).last().unwrap(), "cap - 2026 -300.00");
}

/// Of two rivals a month owes only the larger, after its own cap: 500 against 900 capped to 450.
#[test]
fn of_rivals_a_period_owes_the_largest_credit() {
    let objectives = "objective x { expect met(o) >= 95% per month  credit 500 USD below 95% }
                      objective y { expect misses(o) <= 0 per month  credit 900 USD above 0  cap 450 USD }";
    let records = judged(&spec("highest of x, y", objectives), &[(1, 4, 1)], "2026-02-01T00:00:00Z");
    assert_eq!(money(&records), ["credit x 2026-01 500.00"]);
}

/// Misses in January, March, April and July: the third in six months is April's. By June only two are left among the
/// last six (January's has gone with July's window), and July makes it three again.
#[test]
fn a_right_arises_at_the_period_that_completes_the_count() {
    let objective =
        "objective x { expect met(o) >= 95% per month  chronic 3 misses in 6 \"Either side may terminate\", 2 misses in a row \"Review\" }";
    let months = [(1, 1, 1), (2, 1, 0), (3, 1, 1), (4, 1, 1), (5, 1, 0), (6, 1, 0), (7, 1, 0), (8, 1, 0), (9, 1, 1)];
    let records = judged(&spec("", objective), &months, "2026-10-01T00:00:00Z");
    let rights: Vec<String> = records.iter().filter(|r| r["kind"] == "right").map(|r| format!("{} {}", r["period"], r["right"])).collect();
    // Three in January–June at April; two in a row at April as well; September's window April–September holds two.
    assert_eq!(rights, ["\"2026-04\" \"Either side may terminate\"", "\"2026-04\" \"Review\""]);
}
