//! What was not judged, and why.

use crate::engine::Verdict;
use crate::log::Ignored;
use crate::report::{Report, words};
use std::collections::BTreeMap;

pub(super) fn unjudged(report: &Report<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut reasons: BTreeMap<(Verdict, String), u64> = BTreeMap::new();
    for ((_, verdict, reason), n) in &report.judgement.reasons {
        *reasons.entry((*verdict, reason.text(report.plan))).or_default() += n;
    }
    for ((verdict, reason), n) in reasons {
        let promises = words::count(n, "promise is", "promises are");
        lines.push(match (verdict, reason.as_str()) {
            (Verdict::Void, "cancelled") => format!("{promises} void: cancelled before the due"),
            (Verdict::Void, "reset") => format!("{promises} void: begun anew before the due"),
            (Verdict::Void, "waived") => format!("{promises} void: the agreement waives them"),
            (Verdict::Void, "none") => format!("{promises} void: the tier changed to one without a target"),
            (Verdict::Unknown, "calendar") => format!("{promises} unknown: the calendar ends before the due"),
            (_, reason) => match reason.strip_prefix("missing:") {
                Some(field) => format!("{promises} unknown: the log does not say `{field}`"),
                None => format!("{promises} {}: {reason}", verdict.word()),
            },
        });
    }
    for (index, track) in report.plan.tracks.iter().enumerate() {
        if report.judgement.totals[index].iter().all(|n| *n == 0) {
            let obligation = report.obligation(track.0[0]);
            lines.push(format!("nothing in the log began `{}`", obligation.name));
        }
    }
    let (ignored, unknown): (Vec<_>, Vec<_>) = report.log.ignored.iter().partition(|(_, event)| event.is_meant);
    let listed = |events: &[(&String, &Ignored)]| {
        let names: Vec<String> = events.iter().take(5).map(|(name, event)| format!("{name} ({})", event.rows)).collect();
        format!("{}{}", names.join(", "), if events.len() > 5 { " …" } else { "" })
    };
    let total = |events: &[(&String, &Ignored)]| words::count(events.iter().map(|e| e.1.rows).sum(), "event is", "events are");
    if !unknown.is_empty() {
        lines.push(format!("{} unknown to the spec: {}; a `source` maps or ignores them", total(&unknown), listed(&unknown)));
    }
    if !ignored.is_empty() {
        lines.push(format!("{} ignored as the source says: {}", total(&ignored), listed(&ignored)));
    }
    if report.judgement.later > 0 {
        lines.push(format!("{} after the as-of", words::count(report.judgement.later, "row lies", "rows lie")));
    }
    if report.judgement.outside > 0 {
        lines.push(format!("{} outside of the agreement's term", words::count(report.judgement.outside, "event lies", "events lie")));
    }
    if report.log.rejected > 0 {
        lines.push(format!("{} could not be read", words::count(report.log.rejected, "row", "rows")));
    }
    if report.log.ambiguous > 0 {
        let times = words::count(report.log.ambiguous, "time lies", "times lie");
        lines.push(format!("{times} in an hour that the clock showed twice; the first was taken"));
    }
    if !report.log.clamped.is_empty() {
        let milestones = words::count(report.log.clamped.len() as u64, "milestone lies", "milestones lie");
        let examples: Vec<&str> = report.log.clamped.iter().take(3).map(|c| c.case.as_str()).collect();
        lines
            .push(format!("{milestones} before the case's first and was taken at that one (stop-before-start): {} …", examples.join(", ")));
    }
    lines
}
