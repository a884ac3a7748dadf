//! Wide logs: rows of milestones to the events of their cases.

use crate::event::{Event, Origin, Value};
use crate::id::{CaseId, EventId, FieldId};
use crate::log::{Clamped, Log};
use crate::plan::Plan;
use crate::time::Instant;
use std::collections::HashMap;

/// A milestone: its position among the source's, its event, when, and the event's own fields.
pub(super) type Milestone = (usize, EventId, Instant, Vec<(FieldId, Value)>);

/// Fields of a case and their values.
pub(super) type Fields = Vec<(FieldId, Option<Value>)>;

/// The cases of wide rows, in the order in which they were first seen.
#[derive(Default)]
pub(super) struct Wide {
    cases: Vec<WideCase>,
    index: HashMap<(CaseId, Box<str>), usize>,
}

struct WideCase {
    key: (CaseId, Box<str>),
    fields: Fields,
    milestones: Vec<(Milestone, Origin)>,
}

impl Wide {
    /// Takes a row. Its fields hold for the whole life of the case; of several rows the last one's do.
    pub(super) fn add(&mut self, (kind, key): (CaseId, &str), fields: Fields, reached: Vec<Milestone>, origin: Origin) {
        let key: (CaseId, Box<str>) = (kind, key.into());
        let at = *self.index.entry(key.clone()).or_insert_with(|| {
            self.cases.push(WideCase { key, fields: Vec::new(), milestones: Vec::new() });
            self.cases.len() - 1
        });
        let case = &mut self.cases[at];
        for (field, value) in fields {
            match case.fields.iter_mut().find(|(f, _)| *f == field) {
                Some(known) => known.1 = value,
                None => case.fields.push((field, value)),
            }
        }
        for milestone in reached {
            // The same event at the same time from several rows is one event.
            let known = case.milestones.iter().any(|(m, _)| (m.1, m.2) == (milestone.1, milestone.2));
            if !known {
                case.milestones.push((milestone, origin));
            }
        }
    }

    /// Gives the events of all cases to the log; the fields that hold for a case's whole life are given back.
    pub(super) fn finish(self, plan: &Plan, log: &mut Log) -> HashMap<(CaseId, Box<str>), Fields> {
        let mut lifelong = HashMap::new();
        for mut case in self.cases {
            // A milestone before the case's first-declared one is taken at that one's instant.
            let first = case.milestones.iter().filter(|(m, _)| m.0 == 0).map(|(m, _)| m.2).min();
            for (milestone, origin) in &mut case.milestones {
                let Some(first) = first.filter(|first| milestone.2 < *first) else { continue };
                log.clamped.push(Clamped {
                    case: case.key.1.to_string(),
                    event: plan.events[milestone.1].name.clone(),
                    written: milestone.2,
                    taken: first,
                    file: origin.file,
                    line: origin.line,
                });
                milestone.2 = first;
            }
            case.milestones.sort_by_key(|(m, _)| (m.2, m.0));
            for ((_, event, time, own), origin) in case.milestones {
                // An event of the top level happens to no case.
                let of = plan.events[event].case.map(|_| (case.key.0, &*case.key.1));
                log.events.push(Event { time, case: of, event: Some(event), fields: &[], own: &own, origin });
            }
            lifelong.insert(case.key, case.fields);
        }
        lifelong
    }
}
