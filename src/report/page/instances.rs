//! The breaches that hurt most, and what is at risk now.

use crate::engine::{Outcome, Verdict};
use crate::model::called;
use crate::plan::Duty;
use crate::report::page::{Breach, Risk, SHOWN, parties};
use crate::report::{Report, words};
use crate::time::{Duration, Recipe};

fn promise_title(report: &Report<'_>, o: &Outcome) -> String {
    let obligation = report.obligation(o.obligation);
    let name = called(obligation.title.as_ref(), &obligation.name);
    match o.tier {
        Some(tier) if is_tiered(&obligation.duty) => format!("{name} ({})", report.plan.tiers[tier].name),
        _ => name,
    }
}

fn is_tiered(duty: &Duty) -> bool {
    matches!(duty, Duty::Clock(c) if c.rows.iter().any(|r| !r.tiers.is_empty()))
}

fn case_name(report: &Report<'_>, o: &Outcome) -> String {
    let group = report.by(o).into_iter().next().and_then(|g| g.1);
    match (report.case(o), o.group) {
        (Some(case), _) => case.to_string(),
        (None, Some(_)) => group.unwrap_or_else(|| "–".into()),
        // A duty of each period is known by the day on which its period begins.
        (None, None) => format!("from {}", report.zone(report.service_of(o.obligation).agreement).date(o.start)),
    }
}

/// A path's last part: a table has no room for the rest, and the records have it all.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The first few by a key, in the order of records among equals, and how many there are.
fn first<K: Ord>(outcomes: impl Iterator<Item = Outcome>, key: impl Fn(&Outcome) -> K) -> (Vec<Outcome>, usize) {
    let (mut best, mut all): (Vec<Outcome>, usize) = (Vec::new(), 0);
    for outcome in outcomes {
        all += 1;
        let at = best.partition_point(|other| key(other) <= key(&outcome));
        if at < SHOWN {
            best.insert(at, outcome);
            best.truncate(SHOWN);
        }
    }
    (best, all)
}

pub(super) fn breaches(report: &Report<'_>) -> (Vec<Breach>, usize) {
    // The latest in the clock's own time hurt most; of equals the first record does.
    let (breached, all) = first(report.judgement.outcomes.of(&[Verdict::Breached]), |o| std::cmp::Reverse(o.late));
    let rows = breached.iter().map(|o| {
        let obligation = report.obligation(o.obligation);
        let zone = report.zone(report.service_of(o.obligation).agreement);
        let lines = line_list(o);
        let file = o.evidence.first().map(|e| report.file(e.origin)).unwrap_or_default();
        let file = base_name(file);
        let still = if o.open { " so far" } else { "" };
        Breach {
            case: case_name(report, o),
            promise: promise_title(report, o),
            blame: report.blame(o).unwrap_or_else(|| parties(report, &report.service_of(o.obligation).by)),
            due: o.due.map_or("–".into(), |d| words::wall(zone, d)),
            late: if is_rule(&obligation.duty) {
                "–".into()
            } else {
                format!("{}{}{still}", words::rounded(o.late), clock_of(report, o))
            },
            clause: format!("{}:{}", base_name(&report.clause(o).file), report.clause(o).line),
            evidence: if lines.is_empty() { String::new() } else { format!("{file}:{lines}") },
        }
    });
    (rows.collect(), all)
}

/// The lines of the evidence: few as they are, many by their ends.
fn line_list(o: &Outcome) -> String {
    // A row of a wide log may be all of it.
    let mut lines: Vec<String> = o.evidence.iter().map(|e| e.origin.line.to_string()).collect();
    lines.dedup();
    match lines.as_slice() {
        [first, .., last] if lines.len() > 3 => format!("{first}…{last}"),
        lines => lines.join(","),
    }
}

/// Whose time a length is, unless it runs round the clock.
fn clock_of(report: &Report<'_>, o: &Outcome) -> String {
    let calendar = o.calendar.map(|c| &report.plan.calendars[c]);
    calendar.filter(|c| c.recipe != Recipe::Always).map_or(String::new(), |c| format!(" of {}", c.name.replace('_', " ")))
}

fn is_rule(duty: &Duty) -> bool {
    matches!(duty, Duty::Rule(_))
}

pub(super) fn at_risk(report: &Report<'_>) -> (Vec<Risk>, usize) {
    // What is paused is not at risk before its clock runs again.
    let (open, all) = first(report.judgement.outcomes.of(&[Verdict::Pending]), |o| (o.halted, o.due));
    let rows = open.iter().map(|o| {
        let zone = report.zone(report.service_of(o.obligation).agreement);
        let left = o.target.zip(o.elapsed).map(|(target, elapsed)| target.minus(elapsed).max(Duration::ZERO));
        Risk {
            case: case_name(report, o),
            promise: promise_title(report, o),
            owner: report.owner_in_words(o).unwrap_or_default(),
            due: if o.halted { "paused".into() } else { o.due.map_or("–".into(), |d| words::wall(zone, d)) },
            left: left.map(|left| format!("{}{}", words::rounded(left), clock_of(report, o))).unwrap_or_default(),
        }
    });
    (rows.collect(), all)
}
