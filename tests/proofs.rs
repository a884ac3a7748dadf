//! What `sla check` calculates when asked: the most that an agreement can cost, and when its promises are due.

use crate::common::{folder, sla, text};

/// The lines of a table, blanks joined, that hold a word.
fn lines(spec: &str, flag: &str, with: &str) -> Vec<String> {
    let folder = folder(&format!("proofs{flag}-{}", with.len()));
    std::fs::write(folder.join("spec.sla"), spec).unwrap();
    let output = sla(&folder, &["check", "spec.sla", flag, "--allow", "warnings"]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let joined = text(&output.stdout).lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    joined.into_iter().filter(|l| l.contains(with)).collect()
}

fn agreement(clauses: &str, service: &str) -> String {
    format!(
        r#"party us {{ contact "us@example.com" }}
case outage {{ site: north | south  place: text  event began event ended state down from began to ended }}
agreement a {{
    version "1"  effective 2026-01-01 to 2026-12-31  zone "UTC"  currency EUR  clock always
    {clauses}
    service s by us for us {{ obligation answer {{ start on began  stop on ended  within 1h }} {service} }}
}}
"#
    )
}

/// A month owes its worst band, each group of its own; twelve of them a year. A missing key is a group too: two sites make three.
#[test]
fn an_exposure_is_the_worst_band_of_every_group_and_period() {
    let most = |service: &str| lines(&agreement("", service), "--exposure", "q ");
    let each = "objective q { expect met(answer) >= 95% per month  credit 100 EUR below 95%, 250 EUR below 90% }";
    assert_eq!(most(each), ["q 250.00 a month 3,000.00 its worst band"]);
    assert_eq!(most(&each.replace("per month", "per quarter by site")), ["q 750.00 a quarter 3,000.00 3 groups"]);
    assert_eq!(most(&each.replace("per month", "per month by place")), ["q no bound a month no bound for each place"]);
    assert_eq!(most(&each.replace("90% }", "90%  cap 150 EUR }")), ["q 150.00 a month 1,800.00 its own cap"]);
}

/// From 98 % down to nothing are 98 points; a month of 31 days, an hour more in autumn, has 745 hours.
#[test]
fn a_linear_band_costs_most_at_the_worst_value_that_there_can_be() {
    let points = "objective q { expect uptime(down) >= 98% per month  credit 3 EUR per point below 98% }";
    assert_eq!(lines(&agreement("", points), "--exposure", "q "), ["q 294.00 a month 3,528.00 its worst band"]);
    let hours = "objective q { expect downtime(down) <= 1h per month  credit 2 EUR per 1h above 1h }";
    assert_eq!(lines(&agreement("", hours), "--exposure", "q "), ["q 1,488.00 a month 17,856.00 its worst band"]);
}

/// Penalties have no bound but the cap of the agreement: 500 a month are 6,000 a year.
#[test]
fn a_cap_bounds_what_has_no_bound() {
    let penalty = "obligation r { start on began  stop on ended  within 2h  penalty 50 EUR per started 1h late }";
    assert_eq!(lines(&agreement("", penalty), "--exposure", "together"), ["together no bound"]);
    assert_eq!(lines(&agreement("cap 500 EUR per month", penalty), "--exposure", "together"), ["together 6,000.00"]);
}

/// Of a year of office hours from nine to five with the 24th and 25th of December closed: two hours wait least inside of a day,
/// and longest from Wednesday's last minute, whose other 1 h 59 min 59 s are on Monday, over the two closed days and the weekend.
#[test]
fn dues_are_told_for_the_start_that_waits_least_and_the_one_that_waits_longest() {
    let spec = r#"party us { contact "us@example.com" }
calendar office { zone "UTC"  open mon-fri 09:00-17:00  closed 2026-12-24 to 2026-12-25 }
case t { event opened event closed }
agreement a { version "1" effective 2026-01-01 to 2026-12-31 zone "UTC" clock office
    service s by us for us { obligation o { start on opened  stop on closed  within 2h } } }
"#;
    let folder = folder("proofs-dues");
    std::fs::write(folder.join("spec.sla"), spec).unwrap();
    let output = text(&sla(&folder, &["check", "spec.sla", "--dues"]).stdout);
    let joined = output.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains("a: o 2h office 2026-01-01 09:00 2026-01-01 11:00 2026-12-23 16:59 2026-12-28 10:59"), "{output}");
}

/// What bounds a clause bounds its total: a cap of the year, rivals of which one is owed, quarters that end in one month each,
/// and the ten windows of three months in a year. A score below nothing has no worst value.
#[test]
fn whatever_bounds_an_exposure_is_taken_into_account() {
    let total = |clauses: &str, service: &str| lines(&agreement(clauses, service), "--exposure", "together");
    let monthly = "objective q { expect met(answer) >= 95% per month  credit 100 EUR below 95% }";
    assert_eq!(total("", &monthly.replace("95% }", "95%  cap 300 EUR per year }")), ["together 300.00"]);
    let rivals = format!("{monthly} {}", monthly.replace("objective q", "objective r").replace("100", "80"));
    assert_eq!(total("", &rivals), ["together 2,160.00"]);
    assert_eq!(total("highest of q, r", &rivals), ["together 1,200.00"]);
    let quarterly = monthly.replace("per month", "per quarter").replace("100", "1000");
    assert_eq!(total("cap 500 EUR per month", &quarterly), ["together 2,000.00"]);
    assert_eq!(total("", &monthly.replace("per month", "per rolling 3 months")), ["together 1,000.00"]);
    let score = "objective q { expect mean(began.nps) >= 30 per month  credit 10 EUR per 1 below 30 }";
    let spec = agreement("cap 500 EUR per month", score).replace("place: text", "place: text  nps: number");
    assert_eq!(lines(&spec, "--exposure", "q "), ["q no bound a month no bound its measure has no worst value"]);
}
