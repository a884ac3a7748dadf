//! Where what is decided goes: what the report shows is kept, all of it is counted, and objectives take what they measure.

use crate::engine::facts::Facts;
use crate::engine::funnel::Funnels;
use crate::engine::kept::Outcomes;
use crate::engine::live::{Decided, End, InTime, Live, Look, Now, Reading};
use crate::engine::notices::Notices;
use crate::engine::objective::{Sampled, Samples};
use crate::engine::outcome::{Reason, Verdict};
use crate::engine::truth::Moment;
use crate::engine::world::World;
use crate::event::{TextTable, Texts};
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
    pub(super) notices: Notices,
    pub(super) totals: Vec<[u64; 5]>,
    pub(super) reasons: BTreeMap<(usize, Verdict, Reason), u64>,
    pub(super) samples: Samples,
    pub(super) funnels: Funnels,
    /// Memory for the next reading.
    reading: Reading,
}

/// What was decided, as it was saved.
pub(super) type Saved =
    ([bool; 5], Outcomes, Notices, Vec<[u64; 5]>, Vec<((usize, Verdict, Reason), u64)>, (Vec<Sampled>, TextTable), Funnels);

impl Sink {
    /// Instances of these verdicts are kept. Breached and pending ones always are: each of them is named or paid for.
    pub(super) fn new(plan: &Plan, keep: &[Verdict]) -> Sink {
        let always = [Verdict::Breached, Verdict::Pending];
        let keep = Verdict::ALL.map(|verdict| keep.contains(&verdict) || always.contains(&verdict));
        let (totals, samples, funnels) = (vec![[0; 5]; plan.tracks.len()], Samples::new(plan), Funnels::new(plan));
        Sink { keep, totals, samples, funnels, ..Sink::default() }
    }

    /// Takes an instance that was read when it was decided, or as it stands at the end.
    pub(super) fn take(&mut self, world: &World<'_>, case: Option<&Facts>, mut live: Live, mut reading: Reading, as_of: Instant) {
        let decided = live.decide(world, case, as_of);
        if decided.verdict == Verdict::Breached {
            reading = live.take_at_due().unwrap_or(reading);
        }
        self.record(world, case, &live, &reading, &decided);
    }

    /// The same for one that is read now.
    pub(super) fn take_now(&mut self, moment: &Moment<'_>, live: &mut Live, as_of: Instant) {
        self.take_read(moment, live, as_of, None);
    }

    /// The same for one that has ended late, and since whose due nothing has changed.
    pub(super) fn take_late(&mut self, moment: &Moment<'_>, live: &mut Live, due: Instant) {
        self.take_read(moment, live, moment.time, Some(due));
    }

    fn take_read(&mut self, moment: &Moment<'_>, live: &mut Live, as_of: Instant, due: Option<Instant>) {
        let Moment { world, case, .. } = *moment;
        let decided = live.decide(world, case, as_of);
        // Of most that are met nothing else is asked.
        if decided.reason.is_none() && !self.keep[decided.verdict as usize] && !self.samples.ask(live.obligation) {
            self.totals[decided.track][decided.verdict as usize] += 1;
            return;
        }
        let is_breached = decided.verdict == Verdict::Breached;
        if let Some(at_due) = if is_breached { live.take_at_due() } else { None } {
            return self.record(world, case, live, &at_due, &decided);
        }
        let mut reading = std::mem::take(&mut self.reading);
        let time = due.filter(|_| is_breached).unwrap_or_else(|| live.decided_at(as_of));
        reading.read(moment, live.obligation, time, live.start);
        if is_breached {
            reading.read_states(moment, time);
        }
        self.record(world, case, live, &reading, &decided);
        self.reading = reading;
    }

    /// Whether all is said of instances of a verdict.
    #[inline]
    pub(super) fn shows(&self, verdict: Verdict) -> bool {
        self.keep[verdict as usize]
    }

    /// Whether nothing is asked of an obligation's instances of a verdict but how many there are.
    #[inline]
    pub(super) fn only_counts(&self, obligation: ObligationId, verdict: Verdict) -> bool {
        !self.shows(verdict) && !self.samples.ask(obligation)
    }

    /// Counts an instance that ended in time.
    #[inline]
    pub(super) fn count(&mut self, track: usize, how: End) {
        self.totals[track][how.verdict() as usize] += 1;
        if let Some(reason) = how.reason() {
            *self.reasons.entry((track, how.verdict(), reason)).or_default() += 1;
        }
    }

    /// Takes an instance that was stopped or cancelled in time, and of which no more is shown.
    #[inline]
    pub(super) fn take_in_time(&mut self, moment: &Moment<'_>, instance: &InTime) {
        let now = Now::at(moment, instance.obligation, instance.end, instance.start);
        self.take_in_time_of(moment.world, moment.case, instance, &now);
    }

    /// The same as it is read; the case is asked for where it counts which one it is.
    #[inline]
    pub(super) fn take_in_time_of(&mut self, world: &World<'_>, case: Option<&Facts>, instance: &InTime, reading: &impl Look) {
        self.count(instance.track, instance.how);
        self.samples.take(world, case, &instance.decided(), reading);
    }

    fn record(&mut self, world: &World<'_>, case: Option<&Facts>, live: &Live, reading: &Reading, decided: &Decided) {
        self.totals[decided.track][decided.verdict as usize] += 1;
        if let Some(reason) = decided.reason {
            *self.reasons.entry((decided.track, decided.verdict, reason)).or_default() += 1;
        }
        self.samples.take(world, case, decided, reading);
        if self.keep[decided.verdict as usize] {
            self.outcomes.push(&live.outcome(world, case, reading, decided));
        }
    }

    /// Whether instances of all these verdicts are kept.
    pub(super) fn keeps(&self, verdicts: &[Verdict]) -> bool {
        verdicts.iter().all(|verdict| self.keep[*verdict as usize])
    }

    /// All of it, to be taken up again.
    pub(super) fn saved(&self) -> impl Serialize {
        (self.keep, &self.outcomes, &self.notices, &self.totals, Vec::from_iter(&self.reasons), self.samples.saved(), &self.funnels)
    }

    /// Takes up what was decided before.
    pub(super) fn take_up(&mut self, saved: Saved) {
        let reasons: Vec<((usize, Verdict, Reason), u64)>;
        let samples;
        (self.keep, self.outcomes, self.notices, self.totals, reasons, samples, self.funnels) = saved;
        self.reasons = reasons.into_iter().collect();
        self.samples.take_up(samples);
    }

    /// Takes what another decided, of other cases.
    pub(super) fn absorb(&mut self, other: Sink) {
        self.outcomes.absorb(other.outcomes);
        self.notices.absorb(other.notices);
        for (counts, more) in self.totals.iter_mut().zip(other.totals) {
            counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        }
        for (what, count) in other.reasons {
            *self.reasons.entry(what).or_default() += count;
        }
        self.samples.absorb(other.samples);
        self.funnels.absorb(other.funnels);
    }

    /// Puts all into the order of reports.
    pub(super) fn sort(&mut self, texts: &Texts) {
        self.outcomes.sort(texts);
        self.notices.sort();
    }
}
