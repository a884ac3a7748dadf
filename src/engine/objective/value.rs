//! The value of each measure in a scope.

use crate::engine::counter::{Slot, Tally};
use crate::engine::objective::down::Stretches;
use crate::engine::objective::measure::{Amount, Measured, arithmetic, of_times, of_values, whole};
use crate::engine::objective::placement::{Slice, each_inner, each_measure, same_part};
use crate::engine::objective::sample::Sample;
use crate::engine::objective::scope::{Scenario, Scope};
use crate::engine::objective::stretches::{Pieces, common, length, union, without};
use crate::engine::outcome::Verdict;
use crate::engine::span::Stretch;
use crate::model::Statistic;
use crate::plan::{Down, Measure, Part};
use crate::quantity::Exact;
use crate::time::{Duration, earliest};
use hashbrown::HashMap;
use std::collections::BTreeSet;

impl Scope<'_> {
    /// The instances of one part.
    fn of_part(&self, part: &Part) -> impl Iterator<Item = &Sample> {
        let wanted = self.place(part);
        self.samples.iter().map(move |samples| &samples[wanted])
    }

    fn place(&self, part: &Part) -> usize {
        self.parts.iter().position(|p| same_part(p, part)).expect("an objective knows its parts")
    }

    pub(super) fn measure(&self, measure: &Measure, scenario: Scenario) -> Measured {
        // Pending instances change nothing of what is not about instances.
        let asked = match measure {
            Measure::OfClock(..) | Measure::OfBuckets(..) => (std::ptr::from_ref(measure), scenario),
            Measure::OfField(..) | Measure::Down(_) => (std::ptr::from_ref(measure), Scenario::AsItStands),
            _ => return self.find(measure, scenario),
        };
        let known = self.known.borrow().iter().find(|(m, s, _)| (*m, *s) == asked).map(|known| known.2);
        known.unwrap_or_else(|| {
            let found = self.find(measure, scenario);
            self.known.borrow_mut().push((asked.0, asked.1, found));
            found
        })
    }

    fn find(&self, measure: &Measure, scenario: Scenario) -> Measured {
        match measure {
            Measure::Fixed(value) => Measured { amount: Amount::Known(*value), ratio: None, n: 0, fixed: true, sampled: false },
            Measure::Met(parts) => self.met(parts, scenario),
            Measure::Misses(part) => {
                let (met, misses) = self.decided(part, scenario);
                Measured::of(Amount::Known(whole(misses)), met + misses)
            }
            Measure::OfClock(statistic, part) => self.of_clock(*statistic, part, scenario),
            Measure::Count(counter) => {
                let n = self.tallies(*counter).map(|t| t.events).sum();
                Measured::of(Amount::Known(whole(n)), n)
            }
            Measure::OfField(statistic, counter) => {
                let values: Vec<Exact> = self.tallies(*counter).flat_map(|t| t.values.iter().copied()).collect();
                let n = values.len() as u64;
                let values = values.into_iter().map(Amount::Known).collect();
                Measured { sampled: *statistic != Statistic::Sum, ..Measured::of(of_values(*statistic, values), n) }
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
    pub(super) fn missing_rows(&self) -> Vec<String> {
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
        Measured { sampled: statistic != Statistic::Sum, ..Measured::of(of_values(statistic, values), n) }
    }

    /// The time in a state, or the share of the period outside of it: section 2.5.
    fn down(&self, down: &Down) -> Measured {
        let (from, to) = (self.slice.from, self.slice.to);
        let period: Pieces = vec![(from, to)];
        let of_group = self.seen.downs.of_group(down.down, self.group);
        let stretches: Vec<&Stretch> = of_group.into_iter().flat_map(|all| all.touching(from, to)).collect();
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
            let group = if self.world.plan.spans[*span].by.is_empty() { &[] } else { self.group.as_slice() };
            let Some(taken) = self.seen.downs.of_group(*span, group).map(Stretches::united) else { continue };
            pieces = match up_to {
                Some((most, unit)) => {
                    let (zone, fiscal) = (&self.world.agreements[self.agreement].zone, self.world.plan.agreements[self.agreement].fiscal);
                    without(&pieces, &earliest(taken.iter().copied(), *most, *unit, fiscal, zone))
                }
                None => without(&pieces, taken),
            };
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
            return Measured::of(Amount::Known(down_for), n);
        }
        let up = window.sub(down_for).unwrap_or(Exact::ZERO);
        let value = up.div(window);
        Measured { ratio: value.map(|_| (up, window)), ..Measured::of(value.map_or(Amount::Nothing, Amount::Known), n) }
    }

    /// Met over decided; of several obligations, by case.
    fn met(&self, parts: &[Part], scenario: Scenario) -> Measured {
        let (mut met, mut decided) = (0u64, 0u64);
        if let [only] = parts {
            let (kept, missed) = self.decided(only, scenario);
            (met, decided) = (kept, kept + missed);
        } else {
            let mut cases: HashMap<u32, (bool, bool, bool)> = HashMap::new();
            for (case, verdict) in parts.iter().flat_map(|p| self.of_part(p)).flat_map(|sample| &sample.cases) {
                let case = cases.entry(*case).or_default();
                match taken(*verdict, scenario) {
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

    /// Met and breached instances of a part.
    fn decided(&self, part: &Part, scenario: Scenario) -> (u64, u64) {
        let mut totals = [0; 5];
        for sample in self.of_part(part) {
            for verdict in Verdict::ALL {
                totals[taken(verdict, scenario) as usize] += sample.counts[verdict as usize];
            }
        }
        (totals[Verdict::Met as usize], totals[Verdict::Breached as usize])
    }

    /// Elapsed times of decided instances; a pending one is met as it stands, or breached without end.
    fn of_clock(&self, statistic: Statistic, part: &Part, scenario: Scenario) -> Measured {
        let samples: Vec<&Sample> = self.of_part(part).collect();
        let mut times = Vec::with_capacity(samples.iter().map(|s| s.decided.len()).sum());
        samples.iter().for_each(|s| times.extend(s.decided.iter()));
        let endless = match scenario {
            Scenario::AsItStands => 0,
            Scenario::AllMet => {
                times.extend(samples.iter().flat_map(|s| s.pending.iter()));
                0
            }
            Scenario::AllBreached => samples.iter().map(|s| s.counts[Verdict::Pending as usize]).sum::<u64>() as usize,
        };
        let n = (times.len() + endless) as u64;
        Measured { sampled: true, ..Measured::of(of_times(statistic, &mut times, endless), n) }
    }
}

fn taken(verdict: Verdict, scenario: Scenario) -> Verdict {
    match (verdict, scenario) {
        (Verdict::Pending, Scenario::AllMet) => Verdict::Met,
        (Verdict::Pending, Scenario::AllBreached) => Verdict::Breached,
        (verdict, _) => verdict,
    }
}
