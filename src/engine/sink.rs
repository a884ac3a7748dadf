//! Where what is decided goes: what the report shows is kept, all of it is counted, and objectives take what they measure.

use crate::engine::facts::Facts;
use crate::engine::kept::Outcomes;
use crate::engine::live::{Live, Reading};
use crate::engine::objective::{Sampled, Samples};
use crate::engine::outcome::{NoticeRecord, Reason, Verdict};
use crate::engine::world::World;
use crate::event::Texts;
use crate::id::ObligationId;
use crate::plan::Plan;
use crate::time::Instant;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was decided so far.
#[derive(Default)]
pub(super) struct Sink {
    /// Whether instances of each verdict are kept.
    keep: [bool; 5],
    pub(super) outcomes: Outcomes,
    pub(super) notices: Vec<NoticeRecord>,
    pub(super) totals: Vec<[u64; 5]>,
    pub(super) reasons: BTreeMap<(usize, Verdict, Reason), u64>,
    pub(super) samples: Samples,
    /// Memory for the next instances, and for the next reading.
    // They are given out as boxes.
    #[allow(clippy::vec_box)]
    spare: Vec<Box<Live>>,
    read: Reading,
}

/// So many instances are kept to be used again.
const SPARE: usize = 1024;

/// What was decided, as it was saved.
pub(super) type Saved =
    ([bool; 5], Outcomes, Vec<NoticeRecord>, Vec<[u64; 5]>, Vec<((usize, Verdict, Reason), u64)>, (Vec<Sampled>, Texts));

impl Sink {
    /// Instances of these verdicts are kept. Breached and pending ones always are: each of them is named or paid for.
    pub(super) fn new(plan: &Plan, keep: &[Verdict]) -> Sink {
        let always = [Verdict::Breached, Verdict::Pending];
        let keep = Verdict::ALL.map(|verdict| keep.contains(&verdict) || always.contains(&verdict));
        Sink { keep, totals: vec![[0; 5]; plan.tracks.len()], samples: Samples::new(plan), ..Sink::default() }
    }

    /// An instance with nothing decided.
    pub(super) fn live(&mut self, obligation: ObligationId, track: usize, seq: u32, start: Instant) -> Box<Live> {
        match self.spare.pop() {
            Some(mut live) => {
                live.begin_anew(obligation, track, seq, start);
                live
            }
            None => Box::new(Live::blank(obligation, track, seq, start)),
        }
    }

    /// Something to read a case into.
    pub(super) fn reading(&mut self) -> Reading {
        std::mem::take(&mut self.read)
    }

    /// Takes an instance that is decided, or as it stands at the end.
    pub(super) fn take(&mut self, world: &World<'_>, case: Option<&Facts>, mut live: Box<Live>, mut reading: Reading, as_of: Instant) {
        let decided = live.decide(world, case, &mut reading, as_of);
        self.totals[decided.track][decided.verdict as usize] += 1;
        if let Some(reason) = decided.reason {
            *self.reasons.entry((decided.track, decided.verdict, reason)).or_default() += 1;
        }
        self.samples.take(world, case, &decided, &reading);
        if self.keep[decided.verdict as usize] {
            self.outcomes.push(&live.outcome(world, case, &reading, &decided));
        }
        // Their memory is used again.
        self.read = reading;
        if self.spare.len() < SPARE {
            self.spare.push(live);
        }
    }

    /// Whether instances of all these verdicts are kept.
    pub(super) fn keeps(&self, verdicts: &[Verdict]) -> bool {
        verdicts.iter().all(|verdict| self.keep[*verdict as usize])
    }

    /// All of it, to be taken up again.
    pub(super) fn saved(&self) -> impl Serialize {
        (self.keep, &self.outcomes, &self.notices, &self.totals, Vec::from_iter(&self.reasons), self.samples.saved())
    }

    /// Takes up what was decided before.
    pub(super) fn take_up(&mut self, saved: Saved) {
        let reasons: Vec<((usize, Verdict, Reason), u64)>;
        let samples;
        (self.keep, self.outcomes, self.notices, self.totals, reasons, samples) = saved;
        self.reasons = reasons.into_iter().collect();
        self.samples.take_up(samples);
    }

    /// Puts all into the order of reports.
    pub(super) fn sort(&mut self, texts: &Texts) {
        self.samples.sort();
        self.outcomes.sort(texts);
        self.notices.sort_by(|a, b| {
            (a.track, a.start)
                .cmp(&(b.track, b.start))
                .then_with(|| a.case.as_ref().map(|c| &c.1).cmp(&b.case.as_ref().map(|c| &c.1)))
                .then((a.seq, a.at, a.position).cmp(&(b.seq, b.at, b.position)))
        });
    }
}
