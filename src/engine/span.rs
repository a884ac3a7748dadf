//! The times in which states were on, for objectives that measure them.

use crate::engine::counter::{KeyValue, key_at};
use crate::engine::truth::{Moment, Truth};
use crate::plan::{Plan, Span};
use crate::time::{Duration, Instant};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// A time in which a case's state was on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Stretch {
    pub(super) from: Instant,
    pub(super) to: Instant,
    /// Which of the span's conditions held, by bits.
    pub(super) excluded: usize,
}

/// All of them, by the plan's spans.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spans(Vec<OfSpan>);

/// The stretches of one span, by group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct OfSpan {
    numbers: HashMap<Vec<KeyValue>, usize>,
    groups: Vec<Vec<Stretch>>,
}

impl Spans {
    pub(super) fn new(plan: &Plan) -> Spans {
        Spans(vec![OfSpan::default(); plan.spans.len()])
    }

    /// All of them, by the plan's spans and by group.
    pub(super) fn into_groups(self) -> impl Iterator<Item = impl Iterator<Item = (Vec<KeyValue>, Vec<Stretch>)>> {
        self.0.into_iter().map(|OfSpan { numbers, mut groups }| {
            numbers.into_iter().map(move |(group, number)| (group, std::mem::take(&mut groups[number])))
        })
    }

    /// Takes those of other cases.
    pub(super) fn absorb(&mut self, other: Spans) {
        for (span, OfSpan { numbers, mut groups }) in self.0.iter_mut().zip(other.0) {
            for (group, number) in numbers {
                let at = span.number(&group);
                span.groups[at].append(&mut groups[number]);
            }
        }
    }

    /// A state has ended, or as-of has come: what it counts for is read now.
    pub(super) fn end(&mut self, moment: &Moment<'_>, number: usize, from: Instant) {
        let span = &moment.world.plan.spans[number];
        if from >= moment.time || moment.allows(span.filter.as_ref()) != Truth::True {
            return;
        }
        let group: SmallVec<[KeyValue; 2]> = span.by.iter().map(|key| key_at(moment, *key)).collect();
        let holds = |(bit, condition)| usize::from(moment.holds(condition) == Truth::True) << bit;
        let excluded = span.excluded_if.iter().enumerate().map(holds).sum();
        for (from, to) in pieces(moment, span, from) {
            let within = Moment { time: to.minus(Duration::micros(1)), ..*moment };
            if within.is_about(&span.about) == Truth::True {
                let span = &mut self.0[number];
                let of_group = span.number(&group);
                span.groups[of_group].push(Stretch { from, to, excluded });
            }
        }
    }
}

impl OfSpan {
    /// The number of a group, which may be new.
    fn number(&mut self, group: &[KeyValue]) -> usize {
        let OfSpan { numbers, groups } = self;
        *numbers.entry_ref(group).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        })
    }
}

/// The time from an instant to now, cut where a lower level begins or ends to take cases.
fn pieces(moment: &Moment<'_>, span: &Span, from: Instant) -> Vec<(Instant, Instant)> {
    if span.about.unless.is_empty() {
        return vec![(from, moment.time)];
    }
    let terms = span.about.unless.iter().map(|(level, _)| &moment.world.agreements[*level]);
    let inside = |t: &Instant| from < *t && *t < moment.time;
    let cuts: BTreeSet<Instant> = terms.flat_map(|term| [term.from, term.to]).filter(inside).chain([from, moment.time]).collect();
    let cuts: Vec<Instant> = cuts.into_iter().collect();
    cuts.windows(2).map(|cut| (cut[0], cut[1])).collect()
}
