//! What objectives keep of the instances that they measure: counts, and elapsed times where a clock is asked for.

use crate::ast::CountedBy;
use crate::engine::counter::{KeyValue, Slot, SlotFinder};
use crate::engine::facts::Facts;
use crate::engine::live::{Decided, Look};
use crate::engine::objective::placement::{each_measure, parts_of, same_part};
use crate::engine::outcome::Verdict;
use crate::engine::times::Times;
use crate::engine::world::World;
use crate::event::{TextId, TextTable, Value};
use crate::id::{AgreementId, Id, ObligationId, Table, TierId};
use crate::model::Window;
use crate::plan::{Key, Measure, Objective, Part, Plan};
use crate::time::Instant;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::fmt::Write;
use std::num::NonZeroU32;

/// What all objectives of a plan have measured, the named values after them.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    of: Vec<OfObjective>,
    /// Which parts of which objectives measure an obligation.
    asking: Table<ObligationId, Vec<(usize, usize)>>,
    cases: CaseNumbers,
}

/// Cases that are counted once for several promises, numbered.
#[derive(Debug, Default)]
struct CaseNumbers {
    names: TextTable,
    /// Memory for the next name.
    name: String,
}

impl CaseNumbers {
    /// The number of a case. A duty of each period has none: all of its instances count as one.
    fn number(&mut self, case: Option<&Facts>) -> u32 {
        self.name.clear();
        if let Some(case) = case {
            write!(self.name, "{}:", case.kind.index()).expect("a text takes what is written to it");
            self.name.push_str(case.key.text());
        }
        self.names.intern(&self.name).0
    }
}

/// All that measures something: the objectives, the named values after them.
fn measuring(plan: &Plan) -> impl Iterator<Item = &Objective> {
    plan.objectives.iter().chain(plan.measured.iter().map(|m| &m.objective))
}

/// What objectives ask of instances that ended in time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum Asks {
    /// Nothing.
    Nothing,
    /// How they ended, and for fields of their case.
    Fields,
    /// When they were due, which case they are of, or whether a condition held: anything.
    Anything,
}

impl Asks {
    /// Of the instances of an obligation.
    pub(in crate::engine) fn of(plan: &Plan, obligation: ObligationId) -> Asks {
        let asked = measuring(plan).flat_map(|objective| Asked::all(objective).into_iter().map(|asked| (objective.counted_by, asked)));
        let of_it = asked.filter(|(_, asked)| asked.obligation == obligation);
        let asks = |(counted_by, asked): (CountedBy, Asked)| {
            // What is counted by its stop and has none is counted by its due.
            let is_simple = counted_by == CountedBy::Start && asked.filter.is_none() && !asked.by_case;
            if is_simple { Asks::Fields } else { Asks::Anything }
        };
        of_it.map(asks).max().unwrap_or(Asks::Nothing)
    }
}

/// Samples by slot and group.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::engine) struct Sampled {
    groups: Groups,
    /// The slots that have any, in order.
    slots: Vec<(Slot, OfSlot)>,
}

/// The samples of a slot: those of a group, one for each part, lie together.
#[derive(Debug, Default, Serialize, Deserialize)]
struct OfSlot {
    /// Where those of each group begin, by the group's number, if it has any.
    places: Vec<Option<NonZeroU32>>,
    samples: Vec<Sample>,
}

impl Sampled {
    fn slot(&self, slot: &Slot) -> Option<&OfSlot> {
        self.slots.binary_search_by_key(slot, |s| s.0).ok().map(|at| &self.slots[at].1)
    }

    /// A sample for each part.
    pub(super) fn get(&self, slot: &Slot, group: &[KeyValue]) -> Option<&[Sample]> {
        let (of, number) = (self.slot(slot)?, self.groups.find(group)?);
        let from = of.place(number)?;
        Some(&of.samples[from..from + self.groups.parts])
    }

    /// The groups of a slot.
    pub(super) fn groups(&self, slot: &Slot) -> impl Iterator<Item = &Vec<KeyValue>> {
        let of = self.slot(slot);
        let places = of.map_or(&[][..], |of| &of.places);
        places.iter().zip(&self.groups.list).filter(|(place, _)| place.is_some()).map(|(_, group)| group)
    }

    /// Takes what was measured of other cases, which get other numbers.
    fn absorb(&mut self, other: Sampled, mut number: impl FnMut(u32) -> u32) {
        let numbers: Vec<usize> = other.groups.list.iter().map(|group| self.groups.number(group)).collect();
        let parts = self.groups.parts;
        for (slot, OfSlot { places, mut samples }) in other.slots {
            let at = self.place(slot);
            let of_slot = &mut self.slots[at].1;
            for (group, place) in numbers.iter().zip(places) {
                let Some(place) = place else { continue };
                let from = place.get() as usize - 1;
                let to = of_slot.place(*group).unwrap_or_else(|| of_slot.make(*group, parts));
                for (sample, more) in of_slot.samples[to..to + parts].iter_mut().zip(&mut samples[from..from + parts]) {
                    sample.absorb(std::mem::take(more), &mut number);
                }
            }
        }
    }

    /// The place of a slot, which is made where there is none.
    fn place(&mut self, slot: Slot) -> usize {
        self.slots.binary_search_by_key(&slot, |s| s.0).unwrap_or_else(|at| {
            self.slots.insert(at, (slot, OfSlot::default()));
            at
        })
    }
}

impl OfSlot {
    #[inline]
    fn place(&self, group: usize) -> Option<usize> {
        self.places.get(group).copied().flatten().map(|place| place.get() as usize - 1)
    }

    /// Where the samples of a group begin, which are made where there are none.
    fn make(&mut self, group: usize, parts: usize) -> usize {
        if self.places.len() <= group {
            self.places.resize(group + 1, None);
        }
        let from = self.samples.len();
        self.samples.resize_with(from + parts, Sample::default);
        self.places[group] = u32::try_from(from + 1).ok().and_then(NonZeroU32::new);
        from
    }
}

/// The groups that were seen, numbered.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Groups {
    /// How many samples each has in a slot.
    parts: usize,
    list: Vec<Vec<KeyValue>>,
    numbers: HashMap<Vec<KeyValue>, u32>,
    /// Of those of one key, and that of none.
    #[serde(skip)]
    short: Shortcuts,
}

/// The numbers of groups of one key, by its value where values are small numbers, and of the group of no key.
#[derive(Debug, Default)]
struct Shortcuts {
    of_no_key: Option<Number>,
    of_no_value: Option<Number>,
    tiers: Vec<Option<Number>>,
    members: Vec<Option<Number>>,
    texts: Vec<Option<Number>>,
}

/// One more than a group's number.
type Number = NonZeroU32;

impl Shortcuts {
    /// Texts of a log may be many, and few of them groups.
    const MOST: usize = 1 << 20;

    /// The number of the group of a value, if that is a small number.
    #[inline(always)]
    fn of_value(&self, value: Option<Value>) -> Option<Number> {
        match value {
            None => self.of_no_value,
            Some(Value::Text(text)) => self.texts.get(text.0 as usize).copied().flatten(),
            Some(Value::Member(m)) => self.members.get(m as usize).copied().flatten(),
            Some(_) => None,
        }
    }

    /// The number of the group of a tier, or of none.
    #[inline(always)]
    fn of_tier(&self, tier: Option<TierId>) -> Option<Number> {
        match tier {
            None => self.of_no_value,
            Some(tier) => self.tiers.get(tier.index()).copied().flatten(),
        }
    }

    fn add(&mut self, group: &[KeyValue], number: u32) {
        let number = number.checked_add(1).and_then(Number::new);
        let (list, at) = match group {
            [] => return self.of_no_key = number,
            [KeyValue::Missing] => return self.of_no_value = number,
            [KeyValue::Tier(tier)] => (&mut self.tiers, tier.index()),
            [KeyValue::Value(Value::Member(m))] => (&mut self.members, *m as usize),
            [KeyValue::Value(Value::Text(text))] => (&mut self.texts, text.0 as usize),
            [KeyValue::Value(_)] | [_, _, ..] => return,
        };
        if at < Shortcuts::MOST {
            list.resize(list.len().max(at + 1), None);
            list[at] = number;
        }
    }
}

impl Groups {
    fn find(&self, group: &[KeyValue]) -> Option<usize> {
        self.numbers.get(group).map(|number| *number as usize)
    }

    /// The number of a group, which may be new.
    fn number(&mut self, group: &[KeyValue]) -> usize {
        match self.find(group) {
            Some(number) => number,
            None => self.add(group),
        }
    }

    /// The number of an instance's group.
    #[inline(never)]
    fn number_of(&mut self, by: &[Key], decided: &Decided, reading: &impl Look) -> usize {
        let value = |value: Option<Value>| value.map_or(KeyValue::Missing, KeyValue::Value);
        let key = |key: &Key| match key {
            Key::Tier => decided.tier.map_or(KeyValue::Missing, KeyValue::Tier),
            Key::Reading(k) => value(reading.key(*k)),
            Key::Group => value(decided.group.flatten()),
            Key::Field(_) => KeyValue::Missing,
        };
        let group: SmallVec<[KeyValue; 4]> = by.iter().map(key).collect();
        self.number(&group)
    }

    fn add(&mut self, group: &[KeyValue]) -> usize {
        let number = u32::try_from(self.list.len()).expect("fewer than four billion groups");
        self.short.add(group, number);
        self.numbers.insert(group.to_vec(), number);
        self.list.push(group.to_vec());
        number as usize
    }
}

/// What one objective has measured.
#[derive(Debug)]
struct OfObjective {
    agreement: AgreementId,
    counted_by: CountedBy,
    grain: Window,
    parts: Vec<Asked>,
    sampled: Sampled,
    finder: SlotFinder,
    /// The slot that was asked for last: when it begins and ends, within the term, and its place.
    latest: (Instant, Instant, usize),
}

/// What is kept of the instances of a part.
#[derive(Debug)]
struct Asked {
    obligation: ObligationId,
    filter: Option<usize>,
    by: Vec<Key>,
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

impl Sample {
    /// Takes other instances; `number` gives the numbers of their cases.
    fn absorb(&mut self, other: Sample, mut number: impl FnMut(u32) -> u32) {
        let Sample { counts, open_breach, decided, pending, cases } = other;
        self.counts.iter_mut().zip(counts).for_each(|(count, more)| *count += more);
        self.open_breach |= open_breach;
        self.decided.absorb(decided);
        self.pending.absorb(pending);
        self.cases.extend(cases.into_iter().map(|(case, verdict)| (number(case), verdict)));
    }
}

impl Samples {
    pub(in crate::engine) fn new(plan: &Plan) -> Samples {
        let of: Vec<OfObjective> = measuring(plan).map(|objective| OfObjective::new(plan, objective)).collect();
        let mut asking: Table<ObligationId, Vec<(usize, usize)>> = plan.obligations.iter().map(|_| Vec::new()).collect();
        for (i, objective) in of.iter().enumerate() {
            for (j, asked) in objective.parts.iter().enumerate() {
                asking[asked.obligation].push((i, j));
            }
        }
        Samples { of, asking, cases: CaseNumbers::default() }
    }

    /// Whether some objective measures an obligation.
    #[inline]
    pub(in crate::engine) fn ask(&self, obligation: ObligationId) -> bool {
        !self.asking[obligation].is_empty()
    }

    /// The objectives' counts take an instance.
    #[inline]
    pub(in crate::engine) fn take(&mut self, world: &World<'_>, case: Option<&Facts>, decided: &Decided, reading: &impl Look) {
        let Samples { of, asking, cases } = self;
        for (objective, part) in &asking[decided.obligation] {
            of[*objective].take(world, *part, case, decided, reading, cases);
        }
    }

    /// All that was measured, to be taken up again.
    pub(in crate::engine) fn saved(&self) -> (Vec<&Sampled>, &TextTable) {
        (self.of.iter().map(|o| &o.sampled).collect(), &self.cases.names)
    }

    /// Takes up what was measured before.
    pub(in crate::engine) fn take_up(&mut self, (of, cases): (Vec<Sampled>, TextTable)) {
        for (objective, mut sampled) in self.of.iter_mut().zip(of) {
            for (number, group) in (0..).zip(&sampled.groups.list) {
                sampled.groups.short.add(group, number);
            }
            objective.sampled = sampled;
        }
        self.cases.names = cases;
    }

    /// Takes what was measured of other cases.
    pub(in crate::engine) fn absorb(&mut self, other: Samples) {
        let Samples { of, cases, .. } = self;
        for (objective, more) in of.iter_mut().zip(other.of) {
            objective.sampled.absorb(more.sampled, |case| cases.names.intern(other.cases.names.text(TextId(case))).0);
        }
    }

    /// What an objective has measured. The named values' numbers go on after the objectives'.
    pub(super) fn of(&self, objective: usize) -> &Sampled {
        &self.of[objective].sampled
    }
}

impl Asked {
    /// Of all parts of an objective.
    fn all(objective: &Objective) -> Vec<Asked> {
        let asked = |part: &Part| {
            let (mut clock, mut by_case) = (false, false);
            each_measure(&objective.goal, &mut |m| match m {
                Measure::OfClock(_, p) => clock |= same_part(p, part),
                Measure::Met(several) if several.len() > 1 => by_case |= several.iter().any(|p| same_part(p, part)),
                _ => {}
            });
            let Part { obligation, filter, ref by, .. } = *part;
            Asked { obligation, filter, by: by.clone(), clock, by_case }
        };
        parts_of(objective).into_iter().map(asked).collect()
    }
}

impl OfObjective {
    fn new(plan: &Plan, objective: &Objective) -> OfObjective {
        let agreement = plan.services[objective.service].agreement;
        let Objective { counted_by, grain, .. } = *objective;
        let parts = Asked::all(objective);
        let groups = Groups { parts: parts.len(), ..Groups::default() };
        let sampled = Sampled { groups, slots: Vec::new() };
        let latest = (Instant::LAST, Instant::FIRST, 0);
        OfObjective { agreement, counted_by, grain, parts, sampled, finder: SlotFinder::default(), latest }
    }

    /// The place of the slot that holds an instant, if the term does.
    fn turn_to(&mut self, world: &World<'_>, t: Instant) -> Option<usize> {
        let term = &world.agreements[self.agreement];
        if t < term.from || t >= term.to {
            return None;
        }
        let (slot, span) = self.finder.find(world, self.agreement, self.grain, t);
        let place = self.sampled.place(slot);
        let (from, to) = span.unwrap_or((Instant::LAST, Instant::FIRST));
        self.latest = (from.max(term.from), to.min(term.to), place);
        Some(place)
    }

    #[inline(never)]
    fn take(
        &mut self,
        world: &World<'_>,
        at: usize,
        case: Option<&Facts>,
        decided: &Decided,
        reading: &impl Look,
        cases: &mut CaseNumbers,
    ) {
        if self.parts[at].filter.is_some_and(|f| !reading.holds(f)) {
            return;
        }
        let counted = match self.counted_by {
            CountedBy::Start => decided.start,
            CountedBy::Due => decided.due.unwrap_or(decided.start),
            CountedBy::Stop => decided.stop.or(decided.due).unwrap_or(decided.start),
        };
        let (from, to, latest) = self.latest;
        let place = if from <= counted && counted < to { Some(latest) } else { self.turn_to(world, counted) };
        let Some(place) = place else { return };
        let Asked { by, clock, by_case, .. } = &self.parts[at];
        let short = &self.sampled.groups.short;
        let known = match by.as_slice() {
            [] => short.of_no_key,
            [Key::Tier] => short.of_tier(decided.tier),
            [Key::Reading(k)] => short.of_value(reading.key(*k)),
            [Key::Group] => short.of_value(decided.group.flatten()),
            [Key::Field(_)] | [_, _, ..] => None,
        };
        let number = match known {
            Some(number) => number.get() as usize - 1,
            None => self.sampled.groups.number_of(by, decided, reading),
        };
        let of_slot = &mut self.sampled.slots[place].1;
        let from = of_slot.place(number).unwrap_or_else(|| of_slot.make(number, self.parts.len()));
        let sample = &mut of_slot.samples[from + at];
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
            sample.cases.push((cases.number(case), decided.verdict));
        }
    }
}
