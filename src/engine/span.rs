//! The times in which states were on, for objectives that measure them.

use crate::engine::counter::{KeyValue, key_at};
use crate::engine::truth::{Moment, Truth};
use crate::plan::{Plan, Span};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A time in which a case's state was on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stretch {
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) group: Vec<KeyValue>,
    /// Which of the span's conditions held, by bits.
    pub(super) excluded: usize,
}

/// All of them, by the plan's spans.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spans(Vec<Vec<Stretch>>);

impl Spans {
    pub(super) fn new(plan: &Plan) -> Spans {
        Spans(vec![Vec::new(); plan.spans.len()])
    }

    pub(super) fn of(&self, span: usize) -> &[Stretch] {
        &self.0[span]
    }

    /// A state has ended, or as-of has come: what it counts for is read now.
    pub(super) fn end(&mut self, moment: &Moment<'_>, number: usize, from: Instant) {
        let span = &moment.world.plan.spans[number];
        if from >= moment.time || moment.allows(span.filter.as_ref()) != Truth::True {
            return;
        }
        let group: Vec<KeyValue> = span.by.iter().map(|key| key_at(moment, *key)).collect();
        let holds = |(bit, condition)| usize::from(moment.holds(condition) == Truth::True) << bit;
        let excluded = span.excluded_if.iter().enumerate().map(holds).sum();
        for (from, to) in pieces(moment, span, from) {
            let within = Moment { time: to.minus(Duration::micros(1)), ..*moment };
            if within.is_about(&span.about) == Truth::True {
                self.0[number].push(Stretch { from, to, group: group.clone(), excluded });
            }
        }
    }
}

/// The time from an instant to now, cut where a lower level begins or ends to take cases.
fn pieces(moment: &Moment<'_>, span: &Span, from: Instant) -> Vec<(Instant, Instant)> {
    let terms = span.about.unless.iter().map(|(level, _)| &moment.world.agreements[*level]);
    let inside = |t: &Instant| from < *t && *t < moment.time;
    let cuts: BTreeSet<Instant> = terms.flat_map(|term| [term.from, term.to]).filter(inside).chain([from, moment.time]).collect();
    let cuts: Vec<Instant> = cuts.into_iter().collect();
    cuts.windows(2).map(|cut| (cut[0], cut[1])).collect()
}
