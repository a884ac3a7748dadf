//! The waterfall of stages, and whom and what the breaches are laid to.

use crate::engine::Verdict;
use crate::model::{MeasureUnit, called};
use crate::quantity::Exact;
use crate::report::page::{SHOWN, SideTable, parties};
use crate::report::{Report, words};
use crate::time::Duration;
use std::collections::BTreeMap;

/// One for each kind of case that has stages.
pub(super) fn funnels(report: &Report<'_>) -> Vec<SideTable> {
    let mut tables = Vec::new();
    for (id, case) in report.plan.cases.enumerate().filter(|(_, c)| !c.stages.is_empty()) {
        let rows = report.judgement.stages.iter().filter(|r| r.case == id).map(|r| {
            let stage = &case.stages[r.stage];
            let share = r.converted.and_then(|(n, d)| Exact::ratio(n.into(), d.into()));
            let median = r.median.and_then(Duration::from_seconds);
            vec![
                called(stage.title.as_ref(), &stage.name),
                words::grouped(&r.reached.to_string()),
                share.map_or(String::new(), |s| words::measured(s, MeasureUnit::Share, "")),
                median.map_or(String::new(), words::rounded),
            ]
        });
        let name = called(case.title.as_ref(), &case.name);
        let header = ["stage", "reached", "of the stage before", "median time from it"];
        tables.push(SideTable {
            title: format!("The way of a {name}"),
            header: header.to_vec(),
            right: vec![1, 2, 3],
            rows: rows.collect(),
        });
    }
    tables
}

/// Breaches by party, by the one who is to blame, and by the state in which their time went.
pub(super) fn blame(report: &Report<'_>) -> Vec<SideTable> {
    let (mut by_party, mut by_owner) = (BTreeMap::new(), BTreeMap::new());
    let mut states: BTreeMap<(usize, usize), (Duration, u64)> = BTreeMap::new();
    for outcome in report.judgement.outcomes.of(&[Verdict::Breached]) {
        *by_party.entry(parties(report, &report.service_of(outcome.obligation).by)).or_default() += 1;
        report.blame(&outcome).into_iter().for_each(|who| *by_owner.entry(who).or_default() += 1);
        let Some((case, _)) = &outcome.case else { continue };
        for (i, time) in outcome.states.iter().enumerate().filter(|(_, time)| **time > Duration::ZERO) {
            let all = states.entry((crate::id::Id::index(*case), i)).or_default();
            *all = (all.0.plus(*time), all.1 + 1);
        }
    }
    let mut tables = Vec::new();
    // One line would only repeat what stands above it.
    for (what, who, counts) in [("by party", "party", by_party), ("by who is to blame", "who", by_owner)] {
        let counts = most_first(counts);
        if counts.len() > 1 {
            let all = counts.len();
            let mut rows: Vec<Vec<String>> =
                counts.into_iter().take(SHOWN).map(|(who, n)| vec![who, words::grouped(&n.to_string())]).collect();
            if all > SHOWN {
                rows.push(vec![format!("and {} more", all - SHOWN), String::new()]);
            }
            tables.push(SideTable { title: format!("Breaches {what}"), header: vec![who, "breaches"], right: vec![1], rows });
        }
    }
    if !states.is_empty() {
        let rows = states.into_iter().map(|((case, i), (time, n))| {
            let case = &report.plan.cases[crate::id::Id::from_index(case)];
            let state = report.plan.states[case.states[i]].name.replace('_', " ");
            vec![format!("{} {state}", case.name), words::grouped(&n.to_string()), words::rounded(time)]
        });
        let header = vec!["state", "breached promises", "time in it before they were due"];
        tables.push(SideTable {
            title: "Where the time of breached promises went".into(),
            header,
            right: vec![1, 2],
            rows: rows.collect(),
        });
    }
    tables
}

/// How often each occurs, the most frequent first; of equals the first in the alphabet.
fn most_first(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}
