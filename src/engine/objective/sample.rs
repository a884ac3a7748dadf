//! What objectives keep of the instances that they measure: counts, and elapsed times where a clock is asked for.

use crate::ast::CountedBy;
use crate::engine::counter::{KeyValue, Slot, slot_of, slot_span};
use crate::engine::facts::Facts;
use crate::engine::live::{Decided, Reading};
use crate::engine::objective::placement::{each_measure, parts_of, same_part};
use crate::engine::objective::times::Times;
use crate::engine::outcome::Verdict;
use crate::engine::world::World;
use crate::event::Texts;
use crate::id::{AgreementId, ObligationId, Table};
use crate::model::Window;
use crate::plan::{Key, Measure, Objective, Part, Plan};
use crate::time::Instant;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// What all objectives of a plan have measured, the named values after them.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    of: Vec<OfObjective>,
    /// Which parts of which objectives measure an obligation.
    asking: Table<ObligationId, Vec<(usize, usize)>>,
    /// Cases that are counted once for several promises.
    cases: Texts,
}

/// By group, a sample for each part.
pub(in crate::engine) type Groups = HashMap<Vec<KeyValue>, Vec<Sample>>;

/// The groups of each slot that has any, in order.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::engine) struct Sampled(Vec<(Slot, Groups)>);

impl Sampled {
    pub(super) fn get(&self, slot: &Slot) -> Option<&Groups> {
        self.0.binary_search_by_key(slot, |s| s.0).ok().map(|at| &self.0[at].1)
    }

    /// The place of a slot, which is made where there is none.
    fn place(&mut self, slot: Slot) -> usize {
        self.0.binary_search_by_key(&slot, |s| s.0).unwrap_or_else(|at| {
            self.0.insert(at, (slot, Groups::new()));
            at
        })
    }
}

/// What one objective has measured.
#[derive(Debug)]
struct OfObjective {
    agreement: AgreementId,
    counted_by: CountedBy,
    grain: Window,
    parts: Vec<Asked>,
    slots: Sampled,
    /// The slot that was asked for last: where it begins and ends, and its place.
    latest: Option<(Instant, Instant, usize)>,
    /// The group of the instance at hand.
    group: Vec<KeyValue>,
}

/// What is kept of the instances of a part.
#[derive(Debug)]
struct Asked {
    part: Part,
    /// Its measures are of elapsed times.
    clock: bool,
    /// It is counted together with others, by case.
    by_case: bool,
}

/// The instances of one part, in one slot and group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::engine) struct Sample {
    /// How many there are of each verdict.
    pub(super) counts: [u64; 5],
    /// A breached one goes on.
    pub(super) open_breach: bool,
    /// Elapsed times of those that are decided.
    pub(super) decided: Times,
    /// Elapsed times of those that are pending.
    pub(super) pending: Times,
    /// Each with its case's number.
    pub(super) cases: Vec<(u32, Verdict)>,
}

impl Samples {
    pub(in crate::engine) fn new(plan: &Plan) -> Samples {
        let all = plan.objectives.iter().chain(plan.measured.iter().map(|m| &m.objective));
        let of: Vec<OfObjective> = all.map(|objective| OfObjective::new(plan, objective)).collect();
        let mut asking: Table<ObligationId, Vec<(usize, usize)>> = plan.obligations.iter().map(|_| Vec::new()).collect();
        for (i, objective) in of.iter().enumerate() {
            for (j, asked) in objective.parts.iter().enumerate() {
                asking[asked.part.obligation].push((i, j));
            }
        }
        Samples { of, asking, cases: Texts::default() }
    }

    /// The objectives' counts take an instance.
    pub(in crate::engine) fn take(&mut self, world: &World<'_>, case: Option<&Facts>, decided: &Decided, reading: &Reading) {
        let Samples { of, asking, cases } = self;
        for (objective, part) in &asking[decided.obligation] {
            of[*objective].take(world, *part, case, decided, reading, cases);
        }
    }

    /// All that was measured, to be taken up again.
    pub(in crate::engine) fn saved(&self) -> (Vec<&Sampled>, &Texts) {
        (self.of.iter().map(|o| &o.slots).collect(), &self.cases)
    }

    /// Takes up what was measured before.
    pub(in crate::engine) fn take_up(&mut self, (of, cases): (Vec<Sampled>, Texts)) {
        self.of.iter_mut().zip(of).for_each(|(objective, slots)| objective.slots = slots);
        self.cases = cases;
    }

    /// What an objective has measured. The named values' numbers go on after the objectives'.
    pub(super) fn of(&self, objective: usize) -> &Sampled {
        &self.of[objective].slots
    }

    /// No instance is to come: elapsed times are put in order, once for all that is asked of them.
    pub(in crate::engine) fn sort(&mut self) {
        let groups = self.of.iter_mut().flat_map(|o| &mut o.slots.0).flat_map(|(_, groups)| groups.values_mut());
        groups.flatten().for_each(|sample| {
            sample.decided.pack();
            sample.pending.pack();
        });
    }
}

impl OfObjective {
    fn new(plan: &Plan, objective: &Objective) -> OfObjective {
        let parts = parts_of(objective).into_iter().map(|part| {
            let (mut clock, mut by_case) = (false, false);
            each_measure(&objective.goal, &mut |m| match m {
                Measure::OfClock(_, p) => clock |= same_part(p, part),
                Measure::Met(several) if several.len() > 1 => by_case |= several.iter().any(|p| same_part(p, part)),
                _ => {}
            });
            Asked { part: part.clone(), clock, by_case }
        });
        let agreement = plan.services[objective.service].agreement;
        let Objective { counted_by, grain, .. } = *objective;
        OfObjective { agreement, counted_by, grain, parts: parts.collect(), slots: Sampled::default(), latest: None, group: Vec::new() }
    }

    fn take(&mut self, world: &World<'_>, at: usize, case: Option<&Facts>, decided: &Decided, reading: &Reading, cases: &Texts) {
        let Asked { part, clock, by_case } = &self.parts[at];
        if part.filter.is_some_and(|f| !reading.filters.get(f).copied().unwrap_or(false)) {
            return;
        }
        let counted = match self.counted_by {
            CountedBy::Start => decided.start,
            CountedBy::Due => decided.due.unwrap_or(decided.start),
            CountedBy::Stop => decided.stop.or(decided.due).unwrap_or(decided.start),
        };
        let term = &world.agreements[self.agreement];
        if counted < term.from || counted >= term.to {
            return;
        }
        let key = |key: &Key| match key {
            Key::Tier => decided.tier.map_or(KeyValue::Missing, KeyValue::Tier),
            Key::Reading(k) => reading.keys.get(*k).copied().flatten().map_or(KeyValue::Missing, KeyValue::Value),
            Key::Group => decided.group.flatten().map_or(KeyValue::Missing, KeyValue::Value),
            Key::Field(_) => KeyValue::Missing,
        };
        self.group.clear();
        self.group.extend(part.by.iter().map(key));
        let place = match self.latest {
            Some((from, to, place)) if from <= counted && counted < to => place,
            _ => {
                let slot = slot_of(world, self.agreement, self.grain, counted);
                let place = self.slots.place(slot);
                self.latest = slot_span(world, self.agreement, self.grain, slot).map(|(from, to)| (from, to, place));
                place
            }
        };
        let groups = &mut self.slots.0[place].1;
        let parts = self.parts.len();
        let samples = match groups.get_mut(&self.group) {
            Some(samples) => samples,
            None => groups.entry(self.group.clone()).or_insert_with(|| vec![Sample::default(); parts]),
        };
        let sample = &mut samples[at];
        sample.counts[decided.verdict as usize] += 1;
        sample.open_breach |= decided.verdict == Verdict::Breached && decided.open;
        if let (true, Some(elapsed)) = (*clock, decided.elapsed) {
            match decided.verdict {
                Verdict::Met | Verdict::Breached => sample.decided.push(elapsed),
                Verdict::Pending => sample.pending.push(elapsed),
                Verdict::Void | Verdict::Unknown => {}
            }
        }
        if *by_case {
            // A duty of each period has no case: all of its instances count as one.
            let name = case.map(|c| format!("{}:{}", crate::id::Id::index(c.kind), c.key));
            sample.cases.push((cases.intern(name.as_deref().unwrap_or("")).0, decided.verdict));
        }
    }
}
