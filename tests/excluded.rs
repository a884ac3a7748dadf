//! Time that an agreement excludes, by a case's own state and by those of others: section 2.2. Expected values are counted by hand.

use crate::common::judge;

/// A ticket's first note comes within half an hour; what stands for `EXCLUDE` stops that.
const SPEC: &str = r#"
party us "Us" party them "Them"
case outage { event fell  event rose  state down from fell to rose }
case ticket { event opened  event held  event freed  event note  state waits from held to freed }
agreement a {
    version "1"  effective 2026-03-02  zone "UTC"
    EXCLUDE
    service s by us for them { obligation first { start on opened  stop on note  within 30m  clock always } }
}
"#;

/// Verdict, seconds elapsed and due of each ticket, in the order of their keys. Rows are a time of one day, an event, and a ticket or an outage.
fn tickets(exclude: &str, rows: &[&str]) -> Vec<String> {
    let rows = rows.iter().map(|row| format!("2026-03-03T{row}\n"));
    let log = format!("time,event,ticket,outage\n{}", rows.collect::<String>());
    let records = judge(&SPEC.replace("EXCLUDE", exclude), &log);
    let verdicts = records.iter().filter(|record| record["kind"] == "verdict");
    verdicts.map(|v| format!("{} {} {} {}", v["case"], v["verdict"], v["elapsed_s"], v["due"]).replace('"', "")).collect()
}

/// Twenty minutes are excluded, from the hold on; of the half hour ten minutes are left at 10:40, when the day's share is used up, though
/// the ticket still waits. The row that shows it changes no state. Each ticket has a share of its own: what one took in the morning is not
/// missing to the others.
#[test]
fn a_ticket_that_waits_is_excluded_up_to_the_days_share() {
    let rows = [
        "08:00:00Z,opened,0,",
        "08:00:00Z,held,0,",
        "08:50:00Z,note,0,",
        "10:00:00Z,opened,1,",
        "10:00:00Z,opened,2,",
        "10:20:00Z,held,1,",
        "10:20:00Z,held,2,",
        "10:50:00Z,note,1,",
        "10:50:01Z,note,2,",
    ];
    let due = "2026-03-03T10:50:00+00:00";
    let first = "0 met 1800 2026-03-03T08:50:00+00:00".to_string();
    let expected = [first, format!("1 met 1800 {due}"), format!("2 breached 1801 {due}")];
    assert_eq!(tickets("exclude waits up to 20m per day \"Waiting\"", &rows), expected);
}

/// An outage of twenty minutes is excluded for every ticket that is open in it, and for one that is opened in it from then on.
#[test]
fn an_outage_is_excluded_for_all_tickets() {
    let rows = [
        "10:00:00Z,opened,1,",
        "10:00:00Z,opened,2,",
        "10:10:00Z,fell,,O",
        "10:15:00Z,opened,3,",
        "10:30:00Z,rose,,O",
        "10:50:00Z,note,1,",
        "10:50:01Z,note,2,",
        "11:00:00Z,note,3,",
    ];
    let due = "2026-03-03T10:50:00+00:00";
    let expected = [format!("1 met 1800 {due}"), format!("2 breached 1801 {due}"), "3 met 1800 2026-03-03T11:00:00+00:00".to_string()];
    assert_eq!(tickets("exclude down \"Outages\"", &rows), expected);
}
