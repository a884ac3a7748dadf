//! Published numbers that need more rows than a page has room for; the sources stand in `tests/spec/published.md`.

use crate::common::judge_as_of;
use serde_json::Value;

/// So many tickets of a month: when each was answered and resolved, in minutes after its start.
fn tickets(month: &str, minutes: impl Iterator<Item = (u32, u32)>) -> String {
    let clock = |m: u32| format!("2026-{month}T{:02}:{:02}:00Z", 10 + m / 60, m % 60);
    let rows = minutes.enumerate().map(|(i, (answered, resolved))| {
        let key = format!("{month}-{i}");
        format!("{},{key},opened\n{},{key},answered\n{},{key},resolved\n", clock(0), clock(answered), clock(resolved))
    });
    rows.collect()
}

fn agreement(clauses: &str, objectives: &str) -> String {
    format!(
        "party us party them
         case ticket {{ event opened event answered event resolved }}
         agreement a {{ version \"1\" effective 2025-02-01 zone \"UTC\" currency USD clock always {clauses}
             service s by us for them {{
                 obligation respond {{ start on opened  stop on answered  within 15m }}
                 obligation resolve {{ start on opened  stop on resolved  within 4h }}
                 {objectives} }} }}"
    )
}

fn judged(spec: &str, rows: &str, as_of: &str) -> Vec<Value> {
    judge_as_of(spec, &format!("time,case,event\n{rows}"), Some(as_of))
}

fn of<'r>(records: &'r [Value], objective: &str, period: &str) -> &'r Value {
    let is_meant = |r: &&Value| r["kind"] == "objective" && r["objective"] == objective && r["period"] == period;
    records.iter().find(is_meant).unwrap_or_else(|| panic!("no {objective} in {period}"))
}

/// 100 tickets, 5 respond late: 95 %. 5 others resolve late: both clocks together 90 %.
#[test]
fn attainment_of_one_hundred_tickets_and_of_both_clocks_together() {
    let spec = agreement(
        "",
        "objective one { expect met(respond) >= 95% per month }
                              objective both { expect met(respond and resolve) >= 95% per month }",
    );
    let late = |i: u32| match i {
        0..5 => (16, 60),
        5..10 => (10, 241),
        _ => (15, 240),
    };
    let records = judged(&spec, &tickets("03-02", (0..100).map(late)), "2026-04-01T00:00:00Z");
    let (one, both) = (of(&records, "one", "2026-03"), of(&records, "both", "2026-03"));
    assert_eq!((one["value"].as_f64(), one["verdict"].as_str()), (Some(0.95), Some("met")));
    assert_eq!((both["value"].as_f64(), both["verdict"].as_str(), both["n"].as_u64()), (Some(0.9), Some("missed"), Some(100)));
}

/// 2 misses of 40 are 95 %, and met; of 35 they are 94.29 %, and missed.
#[test]
fn two_misses_of_forty_are_met_and_of_thirty_five_missed() {
    let spec = agreement("", "objective one { expect met(respond) >= 95% per month }");
    for (all, verdict) in [(40, "met"), (35, "missed")] {
        let records = judged(&spec, &tickets("03-02", (0..all).map(|i| (if i < 2 { 16 } else { 15 }, 60))), "2026-04-01T00:00:00Z");
        assert_eq!(of(&records, "one", "2026-03")["verdict"], verdict);
    }
}

/// More than four misses in a fiscal quarter that ends on 31 January cost 20 % of the quarter's fee: 4 nothing, 5 a fifth.
#[test]
fn more_than_four_misses_in_a_fiscal_quarter() {
    let spec = agreement(
        "fiscal year from 02-01  let fee = 30_000 USD",
        "objective few { expect misses(respond) <= 4 per quarter  credit 20% of fee above 4 }",
    );
    for (misses, amount) in [(4, None), (5, Some("6000.00"))] {
        let rows = tickets("01-31", (0..20).map(|i| (if i < misses { 16 } else { 15 }, 60)));
        let records = judged(&spec, &rows, "2026-02-01T00:00:00Z");
        let few = of(&records, "few", "FY2026-Q4");
        assert_eq!(few["value"].as_f64(), Some(f64::from(misses)));
        assert_eq!(few["to"], "2026-02-01T00:00:00+00:00");
        assert_eq!(records.iter().find(|r| r["kind"] == "credit").and_then(|c| c["amount"].as_str()), amount);
    }
}

/// Three misses of the same level in any six months: the right arises on the third.
#[test]
fn the_right_arises_on_the_third_miss_in_six_months() {
    let spec = agreement("", "objective one { expect met(respond) >= 95% per month  chronic 3 misses in 6 \"May terminate\" }");
    for (months, arises) in [([1, 3, 6], Some("2026-06")), ([1, 3, 7], None)] {
        let rows: String = months.iter().map(|m| tickets(&format!("{m:02}-05"), std::iter::once((16, 60)))).collect();
        let records = judged(&spec, &rows, "2026-08-01T00:00:00Z");
        assert_eq!(records.iter().find(|r| r["kind"] == "right").and_then(|r| r["period"].as_str()), arises, "{months:?}");
    }
}

/// A target of 10,000 USD on 29 May 2018, Monday to Friday: 10,000 × 21/23 = 9,130.43 USD.
#[test]
fn a_target_is_pro_rated_by_working_days() {
    let spec = "party us party them
        calendar office { zone \"UTC\" open mon-fri 09:00-17:00 }
        case deal { event won { amount: money } }
        agreement a { version \"1\" effective 2018-05-01 zone \"UTC\" currency USD
            service s by us for them { objective revenue { expect sum(won.amount) >= 10_000 USD per month  pace 10% on office } } }";
    // 9,130.43 less 10 % is 8,217.39.
    for (amount, kept) in [("8217.40", true), ("8217.39", false)] {
        let log = format!("time,case,event,amount\n2018-05-02T10:00:00Z,1,won,{amount}\n");
        let records = judge_as_of(spec, &log, Some("2018-05-29T18:00:00Z"));
        let pace = &of(&records, "revenue", "2018-05")["pace"];
        assert_eq!(pace["day"], "2018-05-29");
        assert!((pace["expected"].as_f64().unwrap() - 9_130.434_782).abs() < 1e-6, "{pace}");
        assert_eq!(pace["kept"], kept);
    }
}
