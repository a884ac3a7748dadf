//! Events that objectives count: they are counted whatever has become of the cases that they happen to. Expected values are counted by hand.

use crate::common::judge;
use serde_json::Value;

/// A lead is over when it is closed, for it is opened once. What stands for `MORE` may look at leads.
const SPEC: &str = r#"
party desk "Desk" party us "Us"
case lead {
    n: number
    event opened
    event called { channel: phone | mail }
    event closed
    event won
    tier big when n >= 10
    tier small otherwise
}
agreement leads {
    version "1"  effective 2026-03-01 to 2026-03-31  zone "UTC"
    service s by desk for us {
        obligation quick { start once on opened  stop on closed  within 1h  clock always }
        objective wins   { expect count(won) >= 4 per month }
        objective phones { expect count(called(channel = phone)) / count(called) <= 25% per month }
        MORE
    }
}
"#;

const LOG: &str = "\
time,event,lead,n,channel
2026-03-02T09:00:00Z,opened,L1,20,
2026-03-02T09:10:00Z,called,L1,,phone
2026-03-02T09:30:00Z,closed,L1,,
2026-03-02T09:30:00Z,won,L1,,
2026-03-03T09:00:00Z,won,L1,,
2026-03-03T10:00:00Z,called,L1,,mail
2026-03-04T09:00:00Z,won,L2,,
2026-03-05T09:00:00Z,opened,L3,5,
2026-03-05T09:05:00Z,called,L3,,
2026-03-31T23:59:59Z,won,L3,,
2026-04-01T00:00:00Z,won,L3,,
";

/// Value and verdict of an objective, group by group.
fn objective(records: &[Value], name: &str) -> Vec<String> {
    let of_it = records.iter().filter(|record| record["kind"] == "objective" && record["objective"] == name);
    of_it.map(|o| format!("{} {} {}", o["by"], o["value"], o["verdict"]).replace('"', "")).collect()
}

/// Won are L1 twice, at the instant at which it is over and a day later; L2, of which nothing else is known; and L3, which never ends, in the
/// last second of the term, but not in the next one. Of three calls one is by phone, and of one it is not said.
#[test]
fn events_are_counted_before_a_case_is_over_and_after_that() {
    let records = judge(&SPEC.replace("MORE", ""), LOG);
    assert_eq!(objective(&records, "wins"), ["{} 4 met"]);
    assert_eq!(objective(&records, "phones"), ["{} 0.3333333333333333 missed"]);
}

/// By tier two of them are of big leads and one of a small one; of L2 no tier is known. Where leads are looked at, none of them is forgotten,
/// and no other count changes.
#[test]
fn events_of_leads_are_counted_by_what_these_were_like() {
    let records = judge(&SPEC.replace("MORE", "objective by_tier { expect count(won) >= 2 per month by tier }"), LOG);
    assert_eq!(objective(&records, "by_tier"), ["{tier:big} 2 met", "{tier:small} 1 missed", "{tier:null} 1 missed"]);
    assert_eq!(objective(&records, "wins"), ["{} 4 met"]);
    assert_eq!(objective(&records, "phones"), ["{} 0.3333333333333333 missed"]);
}
