//! States, those that hold by fields above all, and scores: section 2.3. Expected values are counted by hand.

use crate::common::{self, folder, judge, sla, text};

/// What stands for `HELD` is how long after its case's first row something is to be left, and for `CASE` what cases are like.
const SPEC: &str = r#"
party desk "Desk" party us "Us"
case lead {
    n:     number?
    phone: text?
    event opened
    event called
    event noted
    CASE
}
agreement leads {
    version "1"  effective 2026-03-01 to 2026-03-31  zone "UTC"
    service s by desk for us { obligation held { HELD } }
}
"#;

/// Key, tier, verdict, start and seconds elapsed of each instance. Rows are a time of one day, an event, a lead, and what is said of it.
fn instances(case: &str, held: &str, rows: &[&str]) -> Vec<String> {
    let rows = rows.iter().map(|row| format!("2026-03-03T{row}\n"));
    let log = format!("time,event,lead,n,phone\n{}", rows.collect::<String>());
    let records = judge(&SPEC.replace("CASE", case).replace("HELD", held), &log);
    let shown = |v: &serde_json::Value| format!("{} {} {} {} {}", v["case"], v["tier"], v["verdict"], v["start"], v["elapsed_s"]);
    common::verdicts(&records).map(|v| shown(v).replace('"', "").replace("2026-03-03T", "").replace("+00:00", "")).collect()
}

/// It is on from a case's first row on, even if no clause names its event: nothing is known of the field yet. A row that only says again what
/// is known changes nothing.
#[test]
fn a_state_that_holds_of_a_case_of_which_nothing_is_known_is_on_from_its_first_row() {
    let rows = [
        "09:00:00Z,noted,A,,",
        "09:10:00Z,opened,B,4,",
        "09:20:00Z,called,A,,",
        "09:30:00Z,noted,A,7,",
        "09:40:00Z,noted,A,7,",
        "09:50:00Z,noted,C,,",
        "11:00:00Z,noted,B,,",
    ];
    let unset = "state unset when not (n present)";
    let expected = ["A null met 09:00:00 1800", "C null breached 09:50:00 4200"];
    assert_eq!(instances(unset, "start on entering unset  stop on leaving unset  within 1h  clock always", &rows), expected);
}

/// It is on from 09:10 to 09:40: as long as the number is small, for the phone is never the one that is asked for.
#[test]
fn a_state_changes_with_the_fields_that_it_looks_at() {
    let rows = [
        "09:00:00Z,opened,A,9,",
        "09:10:00Z,noted,A,3,",
        "09:20:00Z,noted,A,,0123",
        "09:30:00Z,noted,A,4,0456",
        "09:40:00Z,noted,A,5,0456",
        "09:50:00Z,opened,B,,",
    ];
    let small = "state small when n < 5 or phone = \"0999\"";
    let held = "start on entering small  stop on leaving small  within 1h  clock always";
    assert_eq!(instances(small, held, &rows), ["A null met 09:10:00 1800"]);
}

/// The score of a case is known from its first row on, and with it the tier: of A nothing is said, of B the phone.
#[test]
fn a_score_is_known_from_the_first_row_on() {
    let case = "score points { add 10 when phone present  take 5 when phone missing }  tier good when points >= 5  tier bad otherwise";
    let rows = ["09:00:00Z,opened,A,,", "09:00:00Z,opened,B,,0123", "10:30:00Z,noted,C,,"];
    let held = "start on opened  stop on called  within 1h for good, 2h for bad  clock always";
    assert_eq!(instances(case, held, &rows), ["A bad pending 09:00:00 5400", "B good breached 09:00:00 5400"]);
}

/// A call makes ten points of five, and the case hot at once; no field of a row says so.
#[test]
fn a_state_that_holds_by_a_score_changes_with_it() {
    let case = "score points { add 5 when n present  add 5 on called }  state hot when points >= 10";
    let rows = ["09:00:00Z,opened,A,1,", "09:10:00Z,called,A,,", "09:20:00Z,noted,A,,", "09:00:00Z,called,B,,", "09:30:00Z,opened,A,,"];
    assert_eq!(instances(case, "start on entering hot  stop on noted  within 1h  clock always", &rows), ["A null met 09:10:00 600"]);
}

/// The number makes the tier, and the tier the state, with the row that says the number.
#[test]
fn a_state_that_holds_by_the_tier_changes_with_it() {
    let case = "tier good when n >= 5  tier bad otherwise  state hot when tier = good and phone present";
    let rows = ["09:00:00Z,opened,A,1,0123", "09:10:00Z,noted,A,7,", "09:20:00Z,called,A,,", "09:40:00Z,noted,A,4,"];
    let held = "start on entering hot  stop on leaving hot  within 1h  clock always";
    assert_eq!(instances(case, held, &rows), ["A good met 09:10:00 1800"]);
}

/// It is due at 10:00, and in the state from 09:30 on: of two hours until it ends half an hour is before its due.
#[test]
fn the_time_in_a_state_is_counted_until_the_promise_was_due() {
    let folder = folder("states");
    let spec = SPEC.replace("CASE", "event taken  event left  state working from taken to left");
    std::fs::write(folder.join("spec.sla"), spec.replace("HELD", "start on opened  stop on called  within 1h  clock always")).unwrap();
    let log = "time,event,lead\n2026-03-03T09:00:00Z,opened,A\n2026-03-03T09:30:00Z,taken,A\n2026-03-03T11:30:00Z,called,A\n";
    std::fs::write(folder.join("log.csv"), log).unwrap();
    for only in [&[][..], &["--only", "breached"]] {
        let output = sla(&folder, &[&["run", "spec.sla", "--log", "log.csv", "-o", "report.md"], only].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let report = std::fs::read_to_string(folder.join("report.md")).unwrap();
        assert!(report.contains("| lead working | 1 | 30m |"), "{report}");
    }
}

/// Each clock runs for seven minutes, stands still for ten, and so on, so often: then it runs until an hour is used up, or for a second more;
/// or the lead is called while it stands still once more. Where only breaches are shown the rows of a case are kept, up to a number of them.
#[test]
fn a_clock_stands_still_as_often_as_its_case_waits() {
    const MOST: usize = 6;
    let folder = folder("pauses");
    let spec = SPEC.replace("CASE", "event taken  event left  state waiting from taken to left or called");
    let held = "start once on opened  stop on called  pause while waiting  within 1h  clock always";
    std::fs::write(folder.join("spec.sla"), spec.replace("HELD", held)).unwrap();
    let mut rows = Vec::new();
    for pauses in 0..=MOST {
        let last = 3600 + pauses * 600;
        let in_time = vec![(last, "called")];
        let late = vec![(last + 1, "called")];
        let waiting = vec![(pauses * 1020 + 420, "taken"), (20_000, "called")];
        for (key, end) in [("T", in_time), ("L", late), ("W", waiting)] {
            let of_pauses = (0..pauses).flat_map(|nth| [(nth * 1020 + 420, "taken"), (nth * 1020 + 1020, "left")]);
            let all = std::iter::once((0, "opened")).chain(of_pauses).chain(end);
            rows.extend(all.map(|(at, event)| (at, format!("{event},{key}{pauses}"))));
        }
    }
    rows.sort_by_key(|row| row.0);
    let time = |at: usize| format!("2026-03-03T{:02}:{:02}:{:02}Z", 9 + at / 3600, at / 60 % 60, at % 60);
    let rows: String = rows.iter().map(|(at, row)| format!("{},{row}\n", time(*at))).collect();
    std::fs::write(folder.join("log.csv"), format!("time,event,lead\n{rows}")).unwrap();
    for only in [&[][..], &["--only", "breached"]] {
        let output = sla(&folder, &[&["run", "spec.sla", "--log", "log.csv", "-o", "out.jsonl"], only].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let records = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
        let late: Vec<&str> = records.lines().filter(|record| record.contains("\"verdict\":\"breached\",\"reason\"")).collect();
        assert_eq!(late.len(), MOST + 1, "{late:#?}");
        for pauses in 0..=MOST {
            let (case, length) =
                (format!("\"case\":\"L{pauses}\""), format!("\"elapsed_s\":3601,\"target_s\":3600,\"paused_s\":{}", pauses * 600));
            let rows = |record: &str| record.matches("\"event\":").count();
            assert!(late.iter().any(|r| r.contains(&case) && r.contains(&length) && rows(r) == 2 + 2 * pauses), "{case} {late:#?}");
        }
        let totals = "\"verdicts\":{\"met\":14,\"breached\":7,\"pending\":0,\"void\":0,\"unknown\":0}";
        assert!(records.lines().last().unwrap().contains(totals), "{records}");
    }
}
