//! Wide logs: rows of milestones to the events of their cases.

use crate::event::{Event, Events, Origin, TextId, Value};
use crate::id::{CaseId, EventId, FieldId};
use crate::log::Clamped;
use crate::plan::Plan;
use crate::time::Instant;
use std::collections::HashMap;

/// A row per case.
#[derive(Debug)]
pub(super) struct WideRow {
    pub(super) kind: CaseId,
    pub(super) key: Box<str>,
    pub(super) fields: Fields,
    pub(super) reached: Vec<Milestone>,
    pub(super) origin: Origin,
}

/// What a case has reached.
#[derive(Debug)]
pub(super) struct Milestone {
    /// Its position among the source's.
    pub(super) position: usize,
    pub(super) event: EventId,
    pub(super) time: Instant,
    /// The event's own fields.
    pub(super) own: Vec<(FieldId, Value)>,
}

/// Fields of a case and their values.
pub(super) type Fields = Vec<(FieldId, Option<Value>)>;

/// The fields that hold for a case's whole life.
pub(super) type Lifelong = HashMap<(CaseId, Box<str>), Fields>;

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

impl WideRow {
    /// The texts that it holds get other numbers.
    pub(super) fn renumber(&mut self, number: impl Fn(TextId) -> TextId) {
        let of_case = self.fields.iter_mut().filter_map(|(_, value)| value.as_mut());
        let own = self.reached.iter_mut().flat_map(|m| &mut m.own).map(|(_, value)| value);
        for value in of_case.chain(own) {
            if let Value::Text(text) = value {
                *text = number(*text);
            }
        }
    }
}

impl Wide {
    /// Takes a row. Its fields hold for the whole life of the case; of several rows the last one's do.
    pub(super) fn add(&mut self, row: WideRow) {
        let WideRow { kind, key, fields, reached, origin } = row;
        let key = (kind, key);
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
            let known = case.milestones.iter().any(|(m, _)| (m.event, m.time) == (milestone.event, milestone.time));
            if !known {
                case.milestones.push((milestone, origin));
            }
        }
    }

    /// The events of all cases, and the fields that hold for a case's whole life.
    pub(super) fn finish(self, plan: &Plan, clamped: &mut Vec<Clamped>) -> (Events, Lifelong) {
        let (mut events, mut lifelong) = (Events::default(), Lifelong::new());
        for mut case in self.cases {
            // A milestone before the case's first-declared one is taken at that one's instant.
            let first = case.milestones.iter().filter(|(m, _)| m.position == 0).map(|(m, _)| m.time).min();
            for (milestone, origin) in &mut case.milestones {
                let Some(first) = first.filter(|first| milestone.time < *first) else { continue };
                clamped.push(Clamped {
                    case: case.key.1.to_string(),
                    event: plan.events[milestone.event].name.clone(),
                    written: milestone.time,
                    taken: first,
                    file: origin.file,
                    line: origin.line,
                });
                milestone.time = first;
            }
            case.milestones.sort_by_key(|(m, _)| (m.time, m.position));
            for (Milestone { event, time, own, .. }, origin) in case.milestones {
                // An event of the top level happens to no case.
                let of = plan.events[event].case.map(|_| (case.key.0, &*case.key.1));
                events.push(Event { time, case: of, event: Some(event), fields: &[], own: &own, origin });
            }
            lifelong.insert(case.key, case.fields);
        }
        (events, lifelong)
    }
}
