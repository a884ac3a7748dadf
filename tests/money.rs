//! Caps, rights and what they take from credits: the records of a run.

use crate::common::judge_as_of;
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

/// A linear congruential generator: the same cases in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// `7/2` as a pair.
fn fraction(value: &Value) -> (i128, i128) {
    let text = value.as_str().unwrap();
    let (n, d) = text.split_once('/').unwrap_or((text, "1"));
    (n.parse().unwrap(), d.parse().unwrap())
}

/// `12.34` in cents.
fn cents(value: &Value) -> i128 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// A credit's amount is its rate times its units, rounded once, half up: in cents ⌊100·x + 1/2⌋.
fn adds_up(record: &Value) -> bool {
    let derivation = &record["derivation"];
    let ((a, b), (c, d)) = (fraction(&derivation["rate"]), fraction(&derivation["units"]));
    (200 * a * c + b * d).div_euclid(2 * b * d) == cents(&record["amount"])
}

/// An agreement with a step credit, a linear one and a penalty, of random amounts and caps.
fn random_agreement(dice: &mut Dice) -> (String, i128, i128) {
    let (objective_cap, agreement_cap) = (100 + dice.roll(900), 100 + dice.roll(1500));
    let step = 10 + dice.roll(500);
    let linear = 1 + dice.roll(50);
    let rounding = ["", "started ", "full "][dice.roll(3) as usize];
    let objectives = format!(
        "objective x {{ expect met(o) >= 95% per month  credit {step} USD / 7 below 95%, {} USD / 3 below 60% }}
         objective y {{ expect met(o) >= 90% per month  credit {linear} USD / 3 per {rounding}point below 90%  cap {objective_cap} USD }}
         obligation p {{ start on began  stop on ended  within 45m  penalty {linear} USD per {rounding}7m late }}",
        2 * step
    );
    (spec(&format!("cap {agreement_cap} USD per quarter"), &objectives), i128::from(objective_cap) * 100, i128::from(agreement_cap) * 100)
}

#[test]
fn derivations_add_up_to_amounts_and_no_cap_is_ever_exceeded() {
    let mut dice = Dice(7);
    let mut credits = 0;
    for _ in 0..150 {
        let (spec, objective_cap, agreement_cap) = random_agreement(&mut dice);
        let months: Vec<(u32, u32, u32)> = (1..=6)
            .map(|month| {
                let all = 1 + dice.roll(12) as u32;
                (month, all, dice.roll(u64::from(all) + 1) as u32)
            })
            .collect();
        let records = judged(&spec, &months, "2026-07-01T00:00:00Z");
        let of = |kind: &'static str| records.iter().filter(move |r| r["kind"] == kind);
        for record in of("credit") {
            assert!(adds_up(record), "{record}\n{spec}");
            credits += 1;
        }
        for month in 1..=6 {
            let period = format!("2026-{month:02}");
            let own = |r: &&Value| r["objective"] == "y" && r["period"] == period.as_str();
            let owed: i128 = of("credit").chain(of("cap")).filter(own).map(|r| cents(&r["amount"])).sum();
            assert!(owed <= objective_cap, "{period}: {owed} of {objective_cap}\n{spec}");
        }
        for (quarter, months) in [("2026-Q1", ["2026-01", "2026-02", "2026-03"]), ("2026-Q2", ["2026-04", "2026-05", "2026-06"])] {
            let inside = |r: &&Value| {
                let period = r["period"].as_str().unwrap();
                period == quarter || months.iter().any(|m| period.starts_with(m))
            };
            let owed: i128 = of("credit").chain(of("cap")).filter(inside).map(|r| cents(&r["amount"])).sum();
            assert!((0..=agreement_cap).contains(&owed), "{quarter}: {owed} of {agreement_cap}\n{spec}");
            // What is below the cap is not touched.
            let gross: i128 = of("credit").filter(inside).map(|r| cents(&r["amount"])).sum();
            let capped = of("cap").filter(inside).count() > 0;
            assert!(capped || owed == gross);
        }
    }
    assert!(credits > 1000, "{credits}");
}

#[test]
fn a_better_month_never_costs_more() {
    let mut dice = Dice(11);
    for _ in 0..40 {
        let (spec, ..) = random_agreement(&mut dice);
        let all = 3 + dice.roll(10) as u32;
        let total = |late: u32| -> i128 {
            let records = judged(&spec, &[(1, all, late)], "2026-02-01T00:00:00Z");
            records.iter().filter(|r| r["kind"] == "credit" || r["kind"] == "cap").map(|r| cents(&r["amount"])).sum()
        };
        let costs: Vec<i128> = (0..=all).map(total).collect();
        assert!(costs.windows(2).all(|w| w[0] <= w[1]), "{costs:?}\n{spec}");
    }
}

/// Four hours late at 10 USD an hour are 40; the claim of it is due thirty days after the day of its due.
#[test]
fn a_penalty_says_of_which_breach_it_is() {
    let spec =
        spec("claim within 30 calendar days", "obligation p { start on began  stop on ended  within 30m  penalty 10 USD per 1h late }");
    let records = judged(&spec, &[(3, 1, 1)], "2026-04-01T00:00:00Z");
    let credit = records.iter().find(|r| r["kind"] == "credit").unwrap();
    // Begun at 10:00, ended at 11:30, due at 10:30: an hour late.
    let shown = |key: &str| credit[key].to_string();
    assert_eq!((shown("obligation"), shown("case"), shown("seq")), ("\"p\"".into(), "\"3-0\"".into(), "1".into()));
    assert_eq!((shown("amount"), shown("period"), shown("objective")), ("\"10.00\"".into(), "\"2026-03-05\"".into(), "null".into()));
    assert_eq!(shown("claim_by"), "\"2026-04-05T00:00:00+00:00\"");
}
