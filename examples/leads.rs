//! Writes `specs/smarketing/leads.csv`: a quarter of leads as a CRM would export it. Always the same.
//!
//! ```sh
//! cargo run --example leads > specs/smarketing/leads.csv
//! ```

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Weekday};
use std::fmt::Write;

#[path = "shared/dice.rs"]
mod dice;
use dice::Dice;

fn main() {
    print!("{}", leads());
}

/// The first days on which the office is closed.
fn is_holiday(day: NaiveDate) -> bool {
    matches!((day.month(), day.day()), (1, 1) | (1, 19) | (2, 16))
}

fn is_office_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_holiday(day)
}

/// So many office minutes after a time, on the wall clock: good enough to make a log, and no part of the tool.
fn office_minutes_after(mut t: NaiveDateTime, mut minutes: i64) -> NaiveDateTime {
    loop {
        let day = t.date();
        let (open, close) = (day.and_hms_opt(9, 0, 0).unwrap(), day.and_hms_opt(17, 0, 0).unwrap());
        if is_office_day(day) && t < close {
            let from = t.max(open);
            let left = (close - from).num_minutes();
            if minutes < left {
                return from + TimeDelta::minutes(minutes);
            }
            minutes -= left;
        }
        t = (day + Days::new(1)).and_hms_opt(0, 0, 0).unwrap();
    }
}

#[derive(Default, Clone)]
struct Row {
    at: NaiveDateTime,
    lead: String,
    activity: &'static str,
    score: String,
    source: &'static str,
    value: String,
    owner: &'static str,
    mobile: String,
    reason: &'static str,
    amount: String,
    note: &'static str,
}

/// The whole file.
pub fn leads() -> String {
    let mut dice = Dice(2026);
    let mut rows: Vec<Row> = Vec::new();
    let end = NaiveDate::from_ymd_opt(2026, 4, 2).unwrap().and_hms_opt(12, 0, 0).unwrap();
    for n in 1..=456 {
        lead(n, &mut dice, &mut rows);
    }
    for (month, day, hour) in [(1, 8, 15), (2, 10, 11), (3, 6, 16)] {
        let at = NaiveDate::from_ymd_opt(2026, month, day).unwrap().and_hms_opt(hour, 5, 0).unwrap();
        rows.push(Row { at, activity: "Friction report sent", ..Row::default() });
    }
    rows.push(Row { at: end, lead: "L-1000".into(), activity: "Note added", note: "Quarter closed, export taken", ..Row::default() });
    rows.retain(|r| r.at <= end);
    // Two activities of a lead never share a minute, so that no order has to be made up.
    rows.sort_by(|a, b| (a.at, &a.lead).cmp(&(b.at, &b.lead)));
    let mut file = String::from(
        "Activity ID,Activity Date,Activity,Record ID,Lead Owner,Lead Source,Lead Score,Expected Value,Mobile Phone,Return Reason,Deal Amount,Notes\n",
    );
    for (i, r) in rows.iter().enumerate() {
        let note = if r.note.contains(',') { format!("\"{}\"", r.note) } else { r.note.to_string() };
        let at = r.at.format("%m/%d/%Y %I:%M %p");
        let fields = [&r.lead, r.owner, r.source, &r.score, &r.value, &r.mobile, r.reason, &r.amount, &note];
        writeln!(file, "{},{at},{},{}", 700_001 + i, r.activity, fields.join(",")).unwrap();
    }
    file
}

fn lead(n: u32, dice: &mut Dice, rows: &mut Vec<Row>) {
    let first = NaiveDate::from_ymd_opt(2026, 1, 2).unwrap();
    let fair = n.is_multiple_of(19);
    let day = if fair { NaiveDate::from_ymd_opt(2026, 2, 10 + dice.below(3) as u32).unwrap() } else { first + Days::new(dice.below(89)) };
    // Forms come by day, mostly in office hours, and some at night.
    let minute = if dice.chance(75) || fair { dice.between(9 * 60, 17 * 60 + 50) } else { dice.between(0, 23 * 60 + 59) };
    let created = day.and_hms_opt(0, 0, 0).unwrap() + TimeDelta::minutes(minute);
    let source = if fair { "Trade fair" } else { dice.one(&["Demo request", "Webinar", "Content", "Content", "Purchased list"]) };
    let bonus = match source {
        "Demo request" => 30,
        "Webinar" | "Trade fair" => 20,
        _ => 0,
    };
    let score = dice.between(5, 70) + bonus;
    let owner = dice.one(&["Kim Alvarez", "Lee Novak", "Sam Osei", "Ana Ruiz", "Jo Becker"]);
    let key = format!("L-{}", 1000 + n);
    let missing_score = dice.chance(2);
    let base = |at: NaiveDateTime, activity: &'static str| Row { at, lead: key.clone(), activity, ..Row::default() };
    let mut own: Vec<Row> = Vec::new();
    own.push(Row {
        score: if missing_score { "(none)".into() } else { score.to_string() },
        source,
        value: format!("{}.00", dice.between(2, 40) * 50),
        mobile: if dice.chance(87) { format!("+1 555 01{:02} {:03}", dice.below(100), dice.below(1000)) } else { String::new() },
        owner,
        ..base(created, "Form submitted")
    });
    let routed = if dice.chance(93) { dice.between(1, 13) } else { dice.between(16, 180) };
    if dice.chance(99) {
        own.push(base(created + TimeDelta::minutes(routed), "Owner assigned"));
    }
    if dice.chance(10) {
        own.push(Row { note: "Asked about pricing, call back", ..base(created + TimeDelta::minutes(routed + 3), "Note added") });
    }
    let hot = score >= 80;
    let promised = if hot {
        60
    } else if score >= 50 {
        240
    } else {
        960
    };
    // Kim is quick, Jo is not.
    let late = match owner {
        "Kim Alvarez" => 1,
        "Jo Becker" => 13,
        _ => 4,
    };
    let pace = if dice.chance(late) { dice.between(promised + 5, promised * 3) } else { dice.between(promised / 8, promised * 4 / 5) };
    if dice.chance(4) {
        own.push(base(created + TimeDelta::minutes(routed + 5), "Chatbot conversation"));
    }
    if dice.chance(5) && !hot {
        // Marketing looks again: some warm up, some cool off.
        let updated = if dice.chance(50) { dice.between(5, 18) } else { (score + 30).min(99) };
        own.push(Row { score: updated.to_string(), ..base(created + TimeDelta::minutes(routed + 25), "Score updated") });
    }
    let mut at = office_minutes_after(created + TimeDelta::minutes(routed), pace / 3 + 1);
    let attempts = dice.between(1, 5);
    let reached = dice.chance(88);
    for i in 0..attempts {
        let activity = if i == 0 { "Call logged" } else { dice.one(&["Call logged", "Email sent", "LinkedIn message"]) };
        own.push(base(at, activity));
        if dice.chance(if reached { 4 } else { 2 }) && i == 0 {
            own.push(base(at + TimeDelta::minutes(2), "Snoozed"));
            if dice.chance(25) {
                own.push(base(office_minutes_after(at, 200), "Call logged"));
            }
            at = office_minutes_after(at, dice.between(300, 1500));
            own.push(base(at, "Back from snooze"));
        }
        if reached && i + 1 == attempts {
            break;
        }
        at = office_minutes_after(at, if reached { (pace / attempts).max(4) } else { dice.between(300, 1300) });
    }
    if reached {
        at = office_minutes_after(at, dice.between(3, 20));
        own.push(base(at, "Conversation"));
        converse(dice, &mut own, at, &base);
    } else if dice.chance(45) {
        at = office_minutes_after(at, dice.between(60, 900));
        own.push(Row { reason: reason(dice), ..base(at, "Returned to marketing") });
    }
    // A lead's minutes are its own: what would share one moves on.
    own.sort_by_key(|r| r.at);
    for i in 1..own.len() {
        if own[i].at <= own[i - 1].at {
            own[i].at = own[i - 1].at + TimeDelta::minutes(1);
        }
    }
    rows.extend(own);
}

/// What follows a first conversation: touches, and some day an end.
fn converse(dice: &mut Dice, own: &mut Vec<Row>, mut at: NaiveDateTime, base: &impl Fn(NaiveDateTime, &'static str) -> Row) {
    for _ in 0..dice.between(0, 4) {
        let days = if dice.chance(92) { dice.between(1, 6) } else { dice.between(8, 12) };
        at = office_minutes_after(at, days * 480 - dice.between(5, 200));
        own.push(base(at, dice.one(&["Call logged", "Email sent", "Conversation"])));
    }
    at = office_minutes_after(at, dice.between(1, 6) * 470);
    if dice.chance(7) {
        own.push(Row { amount: format!("{}.00", dice.between(60, 300) * 100), ..base(at, "Deal won") });
    } else if dice.chance(85) {
        own.push(Row { reason: reason(dice), ..base(at, "Returned to marketing") });
    }
}

fn reason(dice: &mut Dice) -> &'static str {
    if dice.chance(6) { "" } else { dice.one(&["No budget", "No authority", "No need", "Bad timing", "Bad data"]) }
}
