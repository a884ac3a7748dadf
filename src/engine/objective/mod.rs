//! Objectives by period and group: section 2.5.

mod measure;
mod placement;
mod stretches;

use crate::ast::{Comparison, CountedBy};
use crate::engine::counter::{Counters, KeyValue, Slot, Tally};
use crate::engine::money::{self, Owed};
use crate::engine::outcome::{Outcome, Verdict};
use crate::engine::span::Spans;
use crate::engine::world::World;
use crate::event::Value;
use crate::id::{AgreementId, Id, ObjectiveId};
use crate::model::{Statistic, Window};
use crate::plan::{Down, Goal, Measure, Objective, Part};
use crate::quantity::Exact;
use crate::time::{Duration, Instant, earliest};
use chrono::NaiveDate;
use measure::{Amount, Measured, arithmetic, join, of_values, whole};
use placement::{Slice, each_inner, each_measure, groups, parts_of, place, same_part, slices, words};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use stretches::{Pieces, common, length, union, without};

/// What became of an objective in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectiveVerdict {
    /// It held.
    Met,
    /// It did not.
    Missed,
    /// The period goes on, or something pending may still change it.
    Open,
    /// It cannot be known.
    Unknown,
}

impl ObjectiveVerdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            ObjectiveVerdict::Met => "met",
            ObjectiveVerdict::Missed => "missed",
            ObjectiveVerdict::Open => "open",
            ObjectiveVerdict::Unknown => "unknown",
        }
    }
}

/// One key of a group: its name and its value; no value is a group of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The field, or `tier`.
    pub key: String,
    /// The value in words.
    pub value: Option<String>,
}

/// An objective in a period, of a group.
#[derive(Clone, Debug)]
pub struct ObjectiveRecord {
    /// The objective.
    pub objective: ObjectiveId,
    /// The period's label.
    pub period: String,
    /// Its first instant.
    pub from: Instant,
    /// One past its last instant.
    pub to: Instant,
    /// The group.
    pub by: Vec<Group>,
    /// The value of the first comparison's left side, in its unit; durations are seconds.
    pub value: Option<Exact>,
    /// Of a ratio: what is divided, and by what.
    pub ratio: Option<(Exact, Exact)>,
    /// What the denominator or the sample counts.
    pub n: u64,
    /// Instances of the period that are pending.
    pub pending: u64,
    /// Instances of the period that are void.
    pub void: u64,
    /// Instances of the period that are unknown.
    pub unknown: u64,
    /// What became of it.
    pub verdict: ObjectiveVerdict,
    /// The period is cut by the agreement's term.
    pub partial: bool,
    /// An open breach may still move the value.
    pub provisional: bool,
    /// The harder level was missed too.
    pub below_minimum: bool,
    /// The rest of the first comparison, as a person reads it: with what was carried over.
    pub bound: String,
    /// What tables do not say: `fees(acme).fee`.
    pub missing_rows: Vec<String>,
    /// How the running value kept its pace, where one is asked for.
    pub pace: Option<Pace>,
    /// What the miss costs, if anything.
    pub owed: Option<Owed>,
}

/// A running value on the last open day that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The day.
    pub day: NaiveDate,
    /// The goal's share of the open days so far.
    pub expected: Exact,
    /// The value so far.
    pub value: Exact,
    /// Whether it is near enough.
    pub kept: bool,
}

/// What was counted and measured besides instances.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    counters: &'a Counters,
    spans: &'a Spans,
}

impl<'a> Seen<'a> {
    /// A counter's tallies in a period.
    fn tallies(
        self,
        world: &'a World<'a>,
        counter: usize,
        slice: &'a Slice,
    ) -> impl Iterator<Item = (Slot, &'a HashMap<Vec<KeyValue>, Tally>)> {
        let grain = world.plan.counters[counter].grain;
        let zone = &world.agreements[world.plan.counters[counter].agreement].zone;
        // What is counted by stretches of a day belongs to the period that holds their first instants.
        let inside = move |slot: &Slot| match grain {
            Window::Every(length) => (slice.from..slice.to).contains(&slot.begins(zone, length)),
            Window::Each(_) | Window::Rolling(_) => slice.parts.contains(slot),
        };
        let last = Slot { day: slice.days.1, nth: u32::MAX };
        let first = slice.parts.first().map_or(Slot::first_of(slice.days.0), |p| *p.min(&Slot::first_of(slice.days.0)));
        let (first, last) = if slice.stretch { (slice.parts[0], slice.parts[0]) } else { (first, last) };
        self.counters.of(counter).range(first..=last).map(|(slot, groups)| (*slot, groups)).filter(move |(slot, _)| inside(slot))
    }
}

/// How pending instances are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scenario {
    AsItStands,
    AllMet,
    AllBreached,
}

pub(super) fn evaluate(
    world: &World<'_>,
    outcomes: &[Outcome],
    counters: &Counters,
    spans: &Spans,
    as_of: Instant,
) -> Vec<ObjectiveRecord> {
    let seen = Seen { counters, spans };
    let all = world.plan.objectives.enumerate();
    all.flat_map(|(id, objective)| of_objective(world, id, objective, outcomes, seen, as_of)).collect()
}

/// What a log shows of a named value in a period.
#[derive(Clone, Debug)]
pub struct MeasuredRecord {
    /// The agreement.
    pub agreement: AgreementId,
    /// The named value.
    pub name: String,
    /// The period.
    pub period: String,
    /// One past its last instant.
    pub to: Instant,
    /// The period is cut by the agreement's term.
    pub partial: bool,
    /// The value, if there is one.
    pub value: Option<Exact>,
}

pub(super) fn measured(world: &World<'_>, outcomes: &[Outcome], counters: &Counters, spans: &Spans, as_of: Instant) -> Vec<MeasuredRecord> {
    let seen = Seen { counters, spans };
    let all = world.plan.measured.iter();
    let records = all.flat_map(|m| {
        let records = of_objective(world, ObjectiveId::from_index(0), &m.objective, outcomes, seen, as_of);
        records.into_iter().map(|r| MeasuredRecord {
            agreement: m.agreement,
            name: m.name.clone(),
            period: r.period,
            to: r.to,
            partial: r.partial,
            value: r.value,
        })
    });
    records.collect()
}

fn of_objective(
    world: &World<'_>,
    id: ObjectiveId,
    objective: &Objective,
    outcomes: &[Outcome],
    seen: Seen<'_>,
    as_of: Instant,
) -> Vec<ObjectiveRecord> {
    let mut records = Vec::new();
    let agreement = world.plan.services[objective.service].agreement;
    let parts = parts_of(objective);
    let placed = place(world, objective, agreement, &parts, outcomes);
    let mut carried = Carried::default();
    for slice in slices(world, objective, agreement, as_of) {
        let groups = groups(world, objective, &slice, &placed, &seen);
        for group in &groups {
            let instances = slice.parts.iter().filter_map(|p| placed.get(p)?.get(group)).flatten().copied().collect();
            let carried_over = carried.of(group);
            let scope = Scope { world, objective, agreement, slice: &slice, group, parts: &parts, instances, seen, as_of, carried_over };
            let mut record = scope.record(id);
            carried.hold_open(group, &mut record);
            records.push(record);
        }
        if objective.carry {
            carried.on(&objective.goal, &groups, &records[records.len() - groups.len()..]);
        }
    }
    records
}

/// What groups were short of their goals, to be added to the next.
#[derive(Default)]
struct Carried(HashMap<Vec<KeyValue>, (Exact, bool)>);

impl Carried {
    fn of(&self, group: &Vec<KeyValue>) -> Exact {
        self.0.get(group).map_or(Exact::ZERO, |c| c.0)
    }

    /// A goal that waits for the period before it waits too.
    fn hold_open(&self, group: &Vec<KeyValue>, record: &mut ObjectiveRecord) {
        if self.0.get(group).is_some_and(|c| c.1) {
            (record.verdict, record.owed, record.below_minimum) = (ObjectiveVerdict::Open, None, false);
        }
    }

    /// Takes a period's records, of these groups; a group that was not seen in it delivered nothing.
    fn on(&mut self, goal: &Goal, groups: &[Vec<KeyValue>], records: &[ObjectiveRecord]) {
        let Goal::Compare(_, _, Measure::Fixed(goal)) = goal else { return };
        for (_, carried) in self.0.iter_mut().filter(|(group, _)| !groups.contains(group)) {
            carried.0 = carried.0.add(*goal).unwrap_or(carried.0);
        }
        for (group, record) in groups.iter().zip(records) {
            let goal = goal.add(self.of(group)).unwrap_or(*goal);
            let short = record.value.and_then(|value| goal.sub(value)).filter(|short| !short.is_negative()).unwrap_or(Exact::ZERO);
            self.0.insert(group.clone(), (short, record.verdict == ObjectiveVerdict::Open));
        }
    }
}

/// One objective in one period, of one group.
struct Scope<'a> {
    world: &'a World<'a>,
    objective: &'a Objective,
    agreement: AgreementId,
    slice: &'a Slice,
    group: &'a Vec<KeyValue>,
    parts: &'a [&'a Part],
    /// The instances of this period and group, each with its part.
    instances: Vec<(usize, &'a Outcome)>,
    seen: Seen<'a>,
    as_of: Instant,
    /// What the period before was short of its goal.
    carried_over: Exact,
}

impl Scope<'_> {
    fn record(&self, id: ObjectiveId) -> ObjectiveRecord {
        let shown = self.measure(first(&self.objective.goal), Scenario::AsItStands);
        let ended = self.as_of >= self.slice.to;
        let pace = self.pace();
        // Final where verdict and amounts agree, whatever becomes of what is pending.
        let (met, breached) = (self.settled(Scenario::AllMet), self.settled(Scenario::AllBreached));
        let final_verdict = if met == breached { Some(met.0) } else { None };
        let verdict = match final_verdict {
            Some(verdict) if ended => match verdict {
                Some(true) if pace.is_some_and(|p| !p.kept) => ObjectiveVerdict::Missed,
                Some(true) => ObjectiveVerdict::Met,
                Some(false) => ObjectiveVerdict::Missed,
                None => ObjectiveVerdict::Unknown,
            },
            _ => ObjectiveVerdict::Open,
        };
        let (mut pending, mut void, mut unknown, mut open_breach) = (0, 0, 0, false);
        for (_, outcome) in &self.instances {
            match outcome.verdict {
                Verdict::Pending => pending += 1,
                Verdict::Void => void += 1,
                Verdict::Unknown => unknown += 1,
                Verdict::Breached => open_breach |= outcome.open,
                Verdict::Met => {}
            }
        }
        let moves = self.objective.counted_by == CountedBy::Stop || measures_clocks(&self.objective.goal);
        let below = match (&self.objective.minimum, verdict) {
            (_, ObjectiveVerdict::Open) | (None, _) => false,
            _ if matches!(shown.amount, Amount::Nothing) => false,
            (Some((sign, bound)), _) => self.compare(&shown, *sign, &self.measure(bound, Scenario::AsItStands), false) == Some(false),
        };
        ObjectiveRecord {
            objective: id,
            period: self.slice.label.clone(),
            from: self.slice.from,
            to: self.slice.to,
            by: self.named_group(),
            value: match shown.amount {
                Amount::Known(value) => Some(value),
                Amount::Endless | Amount::Nothing | Amount::NoRow => None,
            },
            ratio: shown.ratio,
            n: shown.n,
            pending,
            void,
            unknown,
            verdict,
            partial: self.slice.partial,
            provisional: open_breach && moves,
            below_minimum: below,
            bound: self.bound(),
            missing_rows: self.missing_rows(),
            pace,
            owed: if verdict == ObjectiveVerdict::Missed { met.1 } else { None },
        }
    }

    /// The goal as it is in this period.
    fn bound(&self) -> String {
        match &self.objective.goal {
            Goal::Compare(_, sign, Measure::Fixed(goal)) if !self.carried_over.is_zero() => {
                let whole = goal.add(self.carried_over).unwrap_or(*goal);
                format!("{} {}", sign.sign(), self.objective.unit.text(whole))
            }
            _ => self.objective.bound.clone(),
        }
    }

    /// How the running value stands against its share of the goal, on the last open day that has begun.
    fn pace(&self) -> Option<Pace> {
        let (share, calendar) = self.objective.pace?;
        let Goal::Compare(measure, _, Measure::Fixed(goal)) = &self.objective.goal else { return None };
        let calendar = &self.world.calendars[calendar];
        let (first, last) = self.slice.days;
        let today = self.world.agreements[self.agreement].zone.date(self.as_of).min(last);
        let day =
            std::iter::successors(Some(today), |d| d.pred_opt()).take_while(|d| *d >= first).find(|d| calendar.open_days(*d, *d) > 0)?;
        let days = |to: NaiveDate| Exact::whole(calendar.open_days(first, to) as i64);
        let expected = goal.add(self.carried_over)?.mul(days(day))?.div(days(last))?;
        let until = Slice { parts: self.slice.parts.iter().copied().filter(|p| p.day <= day).collect(), ..self.slice.clone() };
        let Amount::Known(value) = self.within(&until).measure(measure, Scenario::AsItStands).amount else { return None };
        let off = value.sub(expected)?;
        let off = if off.is_negative() { off.neg() } else { off };
        Some(Pace { day, expected, value, kept: off <= expected.mul(share)? })
    }

    /// The same over a part of the period.
    fn within<'b>(&'b self, slice: &'b Slice) -> Scope<'b> {
        Scope {
            world: self.world,
            objective: self.objective,
            agreement: self.agreement,
            slice,
            group: self.group,
            parts: self.parts,
            instances: self.instances.clone(),
            seen: self.seen,
            as_of: self.as_of,
            carried_over: self.carried_over,
        }
    }

    /// The verdict of a scenario, and what it costs.
    fn settled(&self, scenario: Scenario) -> (Option<bool>, Option<Owed>) {
        let verdict = self.judged(scenario);
        if verdict != Some(false) {
            return (verdict, None);
        }
        let owed = match self.measure(first(&self.objective.goal), scenario).amount {
            Amount::Known(value) => money::owed(&self.objective.bands, value, |price| match self.measure(price, scenario).amount {
                Amount::Known(amount) => Some(amount),
                Amount::Endless | Amount::Nothing | Amount::NoRow => None,
            }),
            // A value without end is beyond every bound, and how far nobody knows: the period stays open.
            Amount::Endless | Amount::Nothing | Amount::NoRow => None,
        };
        (verdict, owed)
    }

    fn named_group(&self) -> Vec<Group> {
        let names = self.objective.by.iter().zip(self.group);
        names
            .map(|(name, key)| {
                let value = match key {
                    KeyValue::Value(Value::Member(_)) => self.members(name).and_then(|m| words(self.world, Some(m), *key)),
                    key => words(self.world, None, *key),
                };
                Group { key: name.clone(), value }
            })
            .collect()
    }

    /// The members of the enumerated field of this name.
    fn members(&self, name: &str) -> Option<&[String]> {
        self.world.plan.fields.iter().filter(|f| f.name == name).find_map(|f| match &f.ty {
            crate::model::Type::Members(members) => Some(members.as_slice()),
            _ => None,
        })
    }

    fn judged(&self, scenario: Scenario) -> Option<bool> {
        let shown = self.measure(first(&self.objective.goal), scenario);
        let goal = self.goal(&self.objective.goal, scenario, false);
        match &self.objective.minimum {
            None => goal,
            Some((sign, bound)) => {
                let minimum = self.compare(&shown, *sign, &self.measure(bound, scenario), false);
                join([goal, minimum].into_iter(), false)
            }
        }
    }

    /// `negated`: under an odd number of nots, where a period without data must come out the other way.
    fn goal(&self, goal: &Goal, scenario: Scenario, negated: bool) -> Option<bool> {
        match goal {
            Goal::Compare(a, sign, b) => {
                let mut bound = self.measure(b, scenario);
                if let (Amount::Known(goal), true) = (bound.amount, self.objective.carry) {
                    bound.amount = Amount::Known(goal.add(self.carried_over).unwrap_or(goal));
                }
                self.compare(&self.measure(a, scenario), *sign, &bound, negated)
            }
            Goal::Not(inner) => self.goal(inner, scenario, !negated).map(|b| !b),
            Goal::All(goals) => join(goals.iter().map(|g| self.goal(g, scenario, negated)), false),
            Goal::Any(goals) => join(goals.iter().map(|g| self.goal(g, scenario, negated)), true),
        }
    }

    fn compare(&self, a: &Measured, sign: Comparison, b: &Measured, negated: bool) -> Option<bool> {
        // Too small a denominator, or a sample, says nothing, whatever its value.
        let small = |m: &Measured| m.sampled && m.n < u64::from(self.objective.sample);
        let order = match (a.amount, b.amount) {
            (Amount::NoRow, _) | (_, Amount::NoRow) => return None,
            (Amount::Nothing, _) | (_, Amount::Nothing) => return self.objective.no_data.map(|met| met != negated),
            _ if small(a) || small(b) => return None,
            (Amount::Endless, Amount::Endless) => Ordering::Equal,
            (Amount::Endless, Amount::Known(_)) => Ordering::Greater,
            (Amount::Known(_), Amount::Endless) => Ordering::Less,
            (Amount::Known(a), Amount::Known(b)) => a.cmp(&b),
        };
        Some(sign.holds(order))
    }

    /// The instances of one part.
    fn of_part(&self, part: &Part) -> impl Iterator<Item = &Outcome> {
        let wanted = self.parts.iter().position(|p| same_part(p, part));
        self.instances.iter().filter(move |(part, _)| Some(*part) == wanted).map(|(_, outcome)| *outcome)
    }

    fn measure(&self, measure: &Measure, scenario: Scenario) -> Measured {
        match measure {
            Measure::Fixed(value) => Measured { amount: Amount::Known(*value), ratio: None, n: 0, fixed: true, sampled: false },
            Measure::Met(parts) => self.met(parts, scenario),
            Measure::Misses(part) => {
                let (mut misses, mut n) = (0, 0);
                for outcome in self.of_part(part) {
                    let verdict = taken(outcome.verdict, scenario);
                    misses += u64::from(verdict == Verdict::Breached);
                    n += u64::from(matches!(verdict, Verdict::Met | Verdict::Breached));
                }
                Measured { amount: Amount::Known(whole(misses)), ratio: None, n, fixed: false, sampled: false }
            }
            Measure::OfClock(statistic, part) => self.of_clock(*statistic, part, scenario),
            Measure::Count(counter) => {
                let n = self.tallies(*counter).map(|t| t.events).sum();
                Measured { amount: Amount::Known(whole(n)), ratio: None, n, fixed: false, sampled: false }
            }
            Measure::OfField(statistic, counter) => {
                let values: Vec<Exact> = self.tallies(*counter).flat_map(|t| t.values.iter().copied()).collect();
                let n = values.len() as u64;
                let values = values.into_iter().map(Amount::Known).collect();
                Measured { amount: of_values(*statistic, values), ratio: None, n, fixed: false, sampled: *statistic != Statistic::Sum }
            }
            Measure::Lookup(lookup) => {
                let amount = self.row(lookup.table).and_then(|row| row[lookup.column]).map_or(Amount::NoRow, Amount::Known);
                Measured { amount, ratio: None, n: 0, fixed: true, sampled: false }
            }
            Measure::Down(down) => self.down(down),
            Measure::OfBuckets(statistic, inner, length) => self.of_buckets(*statistic, inner, *length, scenario),
            Measure::Arithmetic(a, operator, b) => {
                let (a, b) = (self.measure(a, scenario), self.measure(b, scenario));
                arithmetic(&a, *operator, &b)
            }
            Measure::Rounded(how, inner) => {
                let inner = self.measure(inner, scenario);
                let amount = match inner.amount {
                    Amount::Known(value) => Amount::Known(how.of(value)),
                    other => other,
                };
                Measured { amount, ratio: None, ..inner }
            }
        }
    }

    fn tallies(&self, counter: usize) -> impl Iterator<Item = &Tally> {
        self.seen.tallies(self.world, counter, self.slice).filter_map(move |(_, groups)| groups.get(self.group))
    }

    /// What names a table's row: the group's values, and the period.
    fn row_key(&self, table: usize) -> Vec<String> {
        let groups = self.named_group();
        let keys = self.world.plan.tables[table].keys.iter();
        let part = |key: &String| match groups.iter().find(|g| g.key == *key) {
            Some(group) => group.value.clone().unwrap_or_default(),
            None => self.slice.label.clone(),
        };
        keys.map(part).collect()
    }

    fn row(&self, table: usize) -> Option<&[Option<Exact>]> {
        let rows = &self.world.plan.tables[table].rows;
        let at = rows.binary_search_by(|(key, _)| key.cmp(&self.row_key(table))).ok()?;
        Some(&rows[at].1)
    }

    /// The rows, or cells, of tables that the objective needs here and that are not there: `fees(acme).fee`.
    fn missing_rows(&self) -> Vec<String> {
        let mut missing: Vec<String> = Vec::new();
        let mut look = |m: &Measure| {
            if let Measure::Lookup(lookup) = m
                && self.row(lookup.table).and_then(|row| row[lookup.column]).is_none()
            {
                let table = &self.world.plan.tables[lookup.table];
                missing.push(format!("{}({}).{}", table.name, self.row_key(lookup.table).join(", "), table.columns[lookup.column]));
            }
        };
        each_measure(&self.objective.goal, &mut look);
        self.objective.bands.iter().for_each(|b| each_inner(&b.amount, &mut look));
        missing.dedup();
        missing
    }

    /// A value for each stretch of the day that has data, and a statistic of those.
    fn of_buckets(&self, statistic: Statistic, inner: &Measure, length: Duration, scenario: Scenario) -> Measured {
        let mut slots: BTreeSet<Slot> = BTreeSet::new();
        each_inner(inner, &mut |m| {
            if let Measure::Count(counter) | Measure::OfField(_, counter) = m {
                let tallies = self.seen.tallies(self.world, *counter, self.slice);
                slots.extend(tallies.filter(|(_, groups)| groups.contains_key(self.group)).map(|(slot, _)| slot));
            }
        });
        let zone = &self.world.agreements[self.agreement].zone;
        let values = slots.into_iter().filter_map(|slot| {
            let from = slot.begins(zone, length);
            let to = from.plus(Duration::micros(1));
            let stretch = Slice { parts: vec![slot], days: (slot.day, slot.day), from, to, stretch: true, ..self.slice.clone() };
            let value = self.within(&stretch).measure(inner, scenario).amount;
            (!matches!(value, Amount::Nothing)).then_some(value)
        });
        let values: Vec<Amount> = values.collect();
        let n = values.len() as u64;
        Measured { amount: of_values(statistic, values), ratio: None, n, fixed: false, sampled: statistic != Statistic::Sum }
    }

    /// The time in a state, or the share of the period outside of it: section 2.5.
    fn down(&self, down: &Down) -> Measured {
        let (from, to) = (self.slice.from, self.slice.to);
        let period: Pieces = vec![(from, to)];
        let touches = |s: &&crate::engine::span::Stretch| s.group == *self.group && s.from < to && from < s.to;
        let stretches: Vec<_> = self.seen.spans.of(down.down).iter().filter(touches).collect();
        // What a calendar excludes of a case's state depends on the case: it goes before the cases are united.
        let cut = stretches.iter().flat_map(|s| {
            let piece: Pieces = vec![(s.from.max(from), s.to.min(to).min(self.as_of))];
            match down.closed.get(s.excluded) {
                Some(closed) => without(&piece, &self.world.calendars[*closed].intervals(from, to)),
                None => piece,
            }
        });
        let mut pieces = union(cut.collect());
        for (span, up_to) in &down.without {
            let alike = |s: &&crate::engine::span::Stretch| self.world.plan.spans[*span].by.is_empty() || s.group == *self.group;
            let mut taken = union(self.seen.spans.of(*span).iter().filter(alike).map(|s| (s.from, s.to)).collect());
            if let Some((most, unit)) = up_to {
                let zone = &self.world.agreements[self.agreement].zone;
                taken = earliest(&taken, *most, *unit, self.world.plan.agreements[self.agreement].fiscal, zone);
            }
            pieces = without(&pieces, &taken);
        }
        let mut window = length(&period);
        if let Some(calendar) = down.on {
            let open = self.world.calendars[calendar].intervals(from, to);
            window = length(&open);
            pieces = common(&pieces, &open);
        }
        let (down_for, window) = (length(&pieces).as_seconds(), window.as_seconds());
        let n = stretches.len() as u64;
        if !down.share {
            return Measured { amount: Amount::Known(down_for), ratio: None, n, fixed: false, sampled: false };
        }
        let up = window.sub(down_for).unwrap_or(Exact::ZERO);
        let value = up.div(window);
        Measured {
            amount: value.map_or(Amount::Nothing, Amount::Known),
            ratio: value.map(|_| (up, window)),
            n,
            fixed: false,
            sampled: false,
        }
    }

    /// Met over decided; of several obligations, by case.
    fn met(&self, parts: &[Part], scenario: Scenario) -> Measured {
        let (mut met, mut decided) = (0u64, 0u64);
        if let [only] = parts {
            for outcome in self.of_part(only) {
                match taken(outcome.verdict, scenario) {
                    Verdict::Met => (met, decided) = (met + 1, decided + 1),
                    Verdict::Breached => decided += 1,
                    _ => {}
                }
            }
        } else {
            let mut cases: BTreeMap<_, (bool, bool, bool)> = BTreeMap::new();
            for outcome in parts.iter().flat_map(|p| self.of_part(p)) {
                let case = cases.entry(outcome.case).or_default();
                match taken(outcome.verdict, scenario) {
                    Verdict::Met => case.0 = true,
                    Verdict::Breached => case.1 = true,
                    Verdict::Pending => case.2 = true,
                    Verdict::Void | Verdict::Unknown => {}
                }
            }
            for (some_met, breached, pending) in cases.into_values() {
                if (some_met || breached) && !pending {
                    decided += 1;
                    met += u64::from(!breached);
                }
            }
        }
        let value = Exact::ratio(met.into(), decided.into());
        let ratio = value.map(|_| (whole(met), whole(decided)));
        Measured { amount: value.map_or(Amount::Nothing, Amount::Known), ratio, n: decided, fixed: false, sampled: true }
    }

    /// Elapsed times of decided instances; a pending one is met as it stands, or breached without end.
    fn of_clock(&self, statistic: Statistic, part: &Part, scenario: Scenario) -> Measured {
        let mut values = Vec::new();
        for outcome in self.of_part(part) {
            let elapsed = outcome.elapsed.map(|d| Amount::Known(d.as_seconds()));
            match (outcome.verdict, scenario) {
                (Verdict::Met | Verdict::Breached, _) | (Verdict::Pending, Scenario::AllMet) => values.extend(elapsed),
                (Verdict::Pending, Scenario::AllBreached) => values.push(Amount::Endless),
                _ => {}
            }
        }
        let n = values.len() as u64;
        Measured { amount: of_values(statistic, values), ratio: None, n, fixed: false, sampled: true }
    }
}

/// The left side of the first comparison: the value that is shown.
fn first(goal: &Goal) -> &Measure {
    match goal {
        Goal::Compare(left, ..) => left,
        Goal::All(goals) | Goal::Any(goals) => first(&goals[0]),
        Goal::Not(inner) => first(inner),
    }
}

fn measures_clocks(goal: &Goal) -> bool {
    let mut any = false;
    each_measure(goal, &mut |m| any |= matches!(m, Measure::OfClock(..)));
    any
}

fn taken(verdict: Verdict, scenario: Scenario) -> Verdict {
    match (verdict, scenario) {
        (Verdict::Pending, Scenario::AllMet) => Verdict::Met,
        (Verdict::Pending, Scenario::AllBreached) => Verdict::Breached,
        (verdict, _) => verdict,
    }
}
