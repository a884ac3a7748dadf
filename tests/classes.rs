//! What an event's own values say is found out once for each row, where nothing else is asked with them. Nobody can tell: a condition that
//! also asks for a field of the case, whatever that says, is asked of each promise, and no record changes.

use crate::common::folder;
use crate::common::random::Random;
use crate::plain::{days, in_days, promising, records, same, short_cases};

/// The cases are forgotten, go on, or wait for the end; a state is entered and left by what events say.
const PROMISES: [&str; 4] = [
    r#"
        obligation first  { start once on opened  stop on note(good) or closed  pause while waits  cancel on dropped  within 30m for P1, 2h for P2  clock office }
        obligation seen   { start once on opened  stop on note(who = us) or freed  cancel on note(who = them and not good)  within 1h for P1, 3h  clock always  warn at 50% }
        objective  met    { expect met(first) >= 50% per week by tier }
        objective  typical { expect p90(seen) <= 1h per day by group }
"#,
    r#"
        obligation reply  { start on note(who = them)  stop on note(who = us) or closed  within 10m for P1, 35m  clock always }
        obligation held   { start on held(why = x)  stop on freed or note(good present)  pause while waits  within 25m  clock office }
        obligation once   { start once on note(who in (us, bot))  stop on closed or dropped  within 1h  clock office }
        objective  met    { expect met(reply) >= 50% per week by tier }
        objective  many   { expect count(note(good)) / count(note) >= 50% per day }
"#,
    r#"
        obligation solved { start on opened  stop on note(who = us and good) or closed  reopen on note(who = them)  pause while waits  within 30m for P1, 2h  clock office  escalate at 100% to us }
        obligation begun  { start on opened or note(good missing)  stop on held(why = y)  reset on held(why = x)  within 20m for P1, 1h  clock always }
        objective  met    { expect met(solved) >= 50% per week by tier }
"#,
    // Of an event of which more is asked than is told apart.
    r#"
        obligation many   { start on note(who = us)  stop on note(who = them) or note(who = bot) or note(good) or note(who = them and good)  within 10m for P1, 35m  clock always }
        obligation first  { start once on opened  stop on held(why = x)  pause while waits  within 30m for P1, 2h  clock office }
"#,
];

/// The agreement with these promises, and what its events may say.
fn spec(promises: &str) -> String {
    let said = promising(promises).replace("event note { good: bool? }", "event note { good: bool?  who: us | them | bot }");
    let said = said.replace("event held\n    event freed\n    event note", "event held { why: x | y }\n    event freed\n    event note");
    said.replace("from held to freed or closed", "from held(why = x) or note(who missing) to freed or closed or note(who = us)")
}

/// The same, but that each condition asks for a field of the case too.
fn asked_of_cases(spec: &str) -> String {
    ["note(", "held("].iter().fold(spec.to_string(), |spec, event| {
        let mut parts = spec.split(event);
        let first = parts.next().unwrap_or_default().to_string();
        parts.fold(first, |spec, rest| {
            let (condition, rest) = rest
                .split_once(')')
                .map(|(condition, rest)| match condition.contains('(') {
                    true => rest.split_once(')').map(|(end, rest)| (format!("{condition}){end}"), rest)).unwrap(),
                    false => (condition.to_string(), rest),
                })
                .unwrap();
            format!("{spec}{event}({condition}) and (n present or n missing)){rest}")
        })
    })
}

#[test]
fn what_events_say_is_told_by_their_classes_as_it_is_by_each_promise() {
    let folder = folder("classes");
    for (nth, promises) in PROMISES.iter().enumerate() {
        let (by_class, by_case) = (spec(promises), asked_of_cases(&spec(promises)));
        let (mut met, mut breached) = (0, 0);
        for seed in 0..4 {
            let mut r = Random::new(seed);
            // What a row says of itself is missing now and then.
            let mut rows: Vec<String> = short_cases(&mut r, 200, seed % 4 > 0);
            rows[0] += ",who,why";
            for row in &mut rows[1..] {
                let (good, who) = (r.one(&["true", "true", "false", "false", ""]), r.one(&["us", "us", "them", "them", "bot", ""]));
                let why = r.one(&["x", "y", "x", "y", ""]);
                *row += &match row.split(',').nth(1).unwrap() {
                    "note" => format!("{good},{who},"),
                    "held" => format!(",,{why}"),
                    _ => ",,".to_string(),
                };
            }
            std::fs::write(folder.join("log.csv"), rows.join("\n")).unwrap();
            for only in [&[][..], &["--only", "breached"]] {
                let one = records(&folder, &by_class, only);
                same(&one, &records(&folder, &by_case, only), &format!("promises {nth}, seed {seed}, {only:?}"));
                met += one.iter().filter(|r| r.contains("\"verdict\":\"met\",\"reason\"")).count();
                breached += one.iter().filter(|r| r.contains("\"verdict\":\"breached\"")).count();
            }
            let days = days(&rows);
            same(&in_days(&folder, &by_class, &days), &in_days(&folder, &by_case, &days), &format!("promises {nth}, seed {seed}, in days"));
        }
        assert!(met > 150 && breached > 300, "{met} met and {breached} breached show something");
    }
}

/// The rows of a case that is late and was paused are judged one after another when all has ended: what they said then is known by their
/// classes alone. Paused from 10:10 to 10:20, so that of one hour 50 minutes are left at 10:20, and the due is 11:10.
#[test]
fn a_pause_that_an_event_ends_by_what_it_says_is_over_in_a_case_that_is_judged_late() {
    let folder = folder("said");
    let promises = "obligation first { start once on opened  stop on closed  pause while waits  within 1h  clock always }";
    let log = "time,event,ticket,who,why\n\
        2026-03-05T10:00:00Z,opened,T1,,\n\
        2026-03-05T10:10:00Z,held,T1,,x\n\
        2026-03-05T10:20:00Z,note,T1,us,\n\
        2026-03-05T12:00:00Z,closed,T1,,\n";
    std::fs::write(folder.join("log.csv"), log).unwrap();
    let found = records(&folder, &spec(promises), &["--only", "breached"]);
    let shown = r#""due":"2026-03-05T12:10:00+01:00","stop":"2026-03-05T13:00:00+01:00","elapsed_s":6600,"target_s":3600,"paused_s":600,"late_s":3000"#;
    assert!(found[0].contains(shown), "{}", found[0]);
}
