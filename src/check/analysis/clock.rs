//! Targets that no start can reach, because their calendar ends first, and dated rules that are not known for long enough.

use crate::check::Checker;
use crate::check::analysis::sweep::Almanac;
use crate::diagnostic::{Code, Finding};
use crate::model::{Duty, Model, Target};
use crate::time::Recipe;

pub(super) fn run(checker: &mut Checker) {
    let model = &checker.model;
    let almanac = Almanac::new(model);
    let mut findings = Vec::new();
    for (id, obligation) in model.obligations.enumerate() {
        let Duty::Clock { rows, .. } = &obligation.duty else { continue };
        let within = model.service_of(id).agreement;
        let agreement = &model.agreements[within];
        for row in rows {
            let Some(clock) = row.clock.filter(|_| row.target != Target::None) else { continue };
            // A calendar without dated rules repeats for ever: only one that runs dry can end.
            let Recipe::Rules { rules, .. } = &model.calendars[clock].recipe else { continue };
            if rules.weekly.iter().any(|w| !w.is_empty()) || rules.dated.is_empty() {
                continue;
            }
            let Some(calendar) = almanac.calendar(clock, within) else { continue };
            // A start at the first opening after a silence has the most open time before it: where all of those fail,
            // and the first of the term, every start does.
            let openings =
                rules.dated.iter().map(|(from, ..)| *from).filter(|d| *d > agreement.from && agreement.to.is_none_or(|to| *d <= to));
            let starts: Vec<chrono::NaiveDate> = std::iter::once(agreement.from).chain(openings).collect();
            if starts.iter().all(|day| row.target.due(&calendar, agreement.zone.midnight(*day)).is_none()) {
                let name = &model.calendars[clock].name;
                let message = format!("calendar `{name}` ends before any start from {} can reach this target", agreement.from);
                let finding =
                    Finding::new(Code::CalendarEnds, row.span, message).also(model.calendars[clock].span, "its rules are all dated");
                findings.push(finding.help("give the calendar weekly hours: `open mon-fri 09:00-17:00`"));
            }
        }
    }
    findings.extend(beyond_known(model));
    checker.findings.extend(findings);
}

/// `known to`: an agreement that promises on the calendar for longer.
fn beyond_known(model: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    for agreement in model.agreements.iter() {
        let duties = agreement.services.iter().flat_map(|s| &model.services[*s].obligations).map(|o| &model.obligations[*o].duty);
        let mut clocks: Vec<_> = duties
            .flat_map(|duty| match duty {
                Duty::Clock { rows, .. } => rows.iter().filter_map(|r| r.clock).collect(),
                Duty::Require { .. } | Duty::Forbid { .. } => Vec::new(),
            })
            .collect();
        clocks.sort();
        clocks.dedup();
        for clock in clocks {
            let calendar = &model.calendars[clock];
            let Some(known) = calendar.known.filter(|known| agreement.to.is_none_or(|to| to > *known)) else { continue };
            let until = agreement.to.map_or("without an end".to_string(), |to| format!("until {to}"));
            let message = format!("`{}` promises {until}, and calendar `{}` is known to {known}", agreement.name, calendar.name);
            let finding = Finding::new(Code::BeyondKnown, agreement.span, message).also(calendar.span, "this calendar");
            findings.push(finding.help("add the later holidays and move `known to`, or end the agreement before"));
        }
    }
    findings
}
