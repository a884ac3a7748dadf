//! The tiers of a kind of case: most are found by its fields alone, in a few steps.

use crate::ast::Comparison;
use crate::engine::fields::{Fields, bits};
use crate::engine::truth::Tiered;
use crate::event::{Texts, Value};
use crate::id::{CaseId, TierId};
use crate::model::{Owner, Subject};
use crate::plan::{Case, Condition, Field, Op, Plan, Scalar, Value as PlanValue, fields_of};
use crate::quantity::Exact;
use hashbrown::HashMap;

/// All of them, in their order.
pub(super) struct Tiers {
    all: Vec<TierId>,
    /// The first, where each is for one value of the same field: found without asking one after another.
    by_value: Option<TiersByValue>,
    /// What is asked for those behind them, and how many stand before it.
    tests: Vec<(usize, TierTest)>,
    /// The fields that they look at, by the bits of their slots.
    pub(super) reads: u32,
}

impl Tiers {
    pub(super) fn new(plan: &Plan, id: CaseId) -> Tiers {
        let case = &plan.cases[id];
        let by_value = TiersByValue::new(plan, case);
        let range = |tier: &TierId| Range::of(plan, id, plan.tiers[*tier].when.as_ref()?);
        let (mut tests, mut rest) = (Vec::new(), &case.tiers[by_value.as_ref().map_or(0, |tiers| tiers.count)..]);
        while let [tier, ..] = rest {
            // Those that follow each other and ask for the same number are told together.
            let slot = range(tier).map(|range| range.slot);
            let alike = rest.iter().map_while(|tier| Some((range(tier).filter(|range| Some(range.slot) == slot)?, *tier)));
            let alike: Vec<(Range, TierId)> = alike.collect();
            let asks_nothing = |tier: &TierId| plan.tiers[*tier].when.is_none();
            let (test, told) = if asks_nothing(tier) {
                (TierTest::Nothing(*tier), 1)
            } else if alike.is_empty() {
                (TierTest::Any, 1)
            } else {
                // What every other case is in is told with them.
                let otherwise = rest.get(alike.len()).copied().filter(asks_nothing);
                (TierTest::Number(TiersByNumber::new(&alike, otherwise)), alike.len() + usize::from(otherwise.is_some()))
            };
            tests.push((case.tiers.len() - rest.len(), test));
            rest = &rest[told..];
        }
        let conditions = case.tiers.iter().filter_map(|tier| plan.tiers[*tier].when.as_ref());
        let reads = bits(plan, conditions.flat_map(|condition| fields_of(plan, condition)));
        Tiers { all: case.tiers.clone(), by_value, tests, reads }
    }

    /// Those behind the first of them.
    pub(super) fn behind(&self, first: usize) -> impl Iterator<Item = TierId> {
        self.all[first..].iter().copied()
    }

    /// The one of a case of these fields; where that is not so easily said, how many of the first it is not in.
    #[inline]
    pub(super) fn find(&self, fields: &Fields, texts: &Texts) -> Result<Tiered, usize> {
        if let Some(tiers) = &self.by_value
            && let Some(tier) = tiers.get(fields.get(tiers.slot).ok_or(0usize)?, texts)
        {
            return Ok(Tiered::In(tier));
        }
        for (before, test) in &self.tests {
            let found = match test {
                TierTest::Nothing(tier) => Some(*tier),
                TierTest::Number(tiers) => match fields.get(tiers.slot) {
                    Some(Value::Number(n)) => tiers.get(n.as_whole().ok_or(*before)?),
                    _ => return Err(*before),
                },
                TierTest::Any => return Err(*before),
            };
            if let Some(tier) = found {
                return Ok(Tiered::In(tier));
            }
        }
        Ok(Tiered::InNone)
    }
}

/// What is asked for a tier, or for several that follow each other.
enum TierTest {
    /// Every case that is in none before it is in this one.
    Nothing(TierId),
    /// The same number of the case is compared with whole ones.
    Number(TiersByNumber),
    /// Anything else.
    Any,
}

/// A comparison of a number of a case with a whole one: it lies in a range, or outside of it.
#[derive(Clone, Copy)]
struct Range {
    slot: u16,
    inside: bool,
    first: i64,
    last: i64,
}

impl Range {
    fn of(plan: &Plan, case: CaseId, when: &Condition) -> Option<Range> {
        let [Op::Compare(PlanValue::Field(field), sign, PlanValue::Fixed(Scalar::Number(n)))] = when.0.as_slice() else { return None };
        let field = &plan.fields[*field];
        let with = i64::try_from(n.numer()).ok().filter(|_| n.is_whole() && field.owner == Owner::Case(case))?;
        let (first, last) = match sign {
            Comparison::Equal | Comparison::Unequal => (with, with),
            Comparison::Less => (i64::MIN, with.checked_sub(1)?),
            Comparison::AtMost => (i64::MIN, with),
            Comparison::More => (with.checked_add(1)?, i64::MAX),
            Comparison::AtLeast => (with, i64::MAX),
        };
        Some(Range { slot: field.slot, inside: *sign != Comparison::Unequal, first, last })
    }

    fn holds(&self, n: i64) -> bool {
        (self.first <= n && n <= self.last) == self.inside
    }
}

/// Tiers by a number of the case: the first whose range holds it.
struct TiersByNumber {
    slot: u16,
    /// From which numbers on it may be another one, in order.
    bounds: Vec<i64>,
    /// Below the first of these, and from each on.
    tiers: Vec<Option<TierId>>,
}

impl TiersByNumber {
    /// Of ranges of the same slot, in the order of their tiers, and of the tier of all other numbers, if there is one.
    fn new(ranges: &[(Range, TierId)], otherwise: Option<TierId>) -> TiersByNumber {
        let mut bounds: Vec<i64> = ranges.iter().flat_map(|(range, _)| [Some(range.first), range.last.checked_add(1)]).flatten().collect();
        bounds.sort_unstable();
        bounds.dedup();
        let tier = |n: i64| ranges.iter().find(|(range, _)| range.holds(n)).map(|(_, tier)| *tier).or(otherwise);
        let tiers = [i64::MIN].iter().chain(&bounds).map(|n| tier(*n)).collect();
        TiersByNumber { slot: ranges[0].0.slot, bounds, tiers }
    }

    #[inline]
    fn get(&self, n: i64) -> Option<TierId> {
        self.tiers[self.bounds.partition_point(|bound| *bound <= n)]
    }
}

/// Tiers that are each for one value of a field.
struct TiersByValue {
    /// Of the case.
    slot: u16,
    /// The first tier of each value.
    of: HashMap<Only, TierId>,
    /// How many tiers these are, from the first on.
    count: usize,
}

/// A value that a tier is for.
#[derive(PartialEq, Eq, Hash)]
enum Only {
    Amount(Exact),
    Member(u32),
    Bool(bool),
}

impl TiersByValue {
    fn new(plan: &Plan, case: &Case) -> Option<TiersByValue> {
        let test = |tier: &TierId| match plan.tiers[*tier].when.as_ref()?.0.as_slice() {
            [Op::Compare(PlanValue::Field(field), Comparison::Equal, PlanValue::Fixed(Scalar::Number(n)))] => {
                Some((*field, Only::Amount(*n)))
            }
            [Op::Is(Subject::Field(field), among)] => match among.as_slice() {
                [Scalar::Member(m)] => Some((*field, Only::Member(*m))),
                [Scalar::Bool(b)] => Some((*field, Only::Bool(*b))),
                _ => None,
            },
            _ => None,
        };
        let (field, _) = test(case.tiers.first()?)?;
        let Field { owner: Owner::Case(_), slot, .. } = plan.fields[field] else { return None };
        let mut tiers = TiersByValue { slot, of: HashMap::new(), count: 0 };
        for tier in &case.tiers {
            let Some((_, only)) = test(tier).filter(|(of, _)| *of == field) else { break };
            tiers.of.entry(only).or_insert(*tier);
            tiers.count += 1;
        }
        Some(tiers)
    }

    /// The tier of a value, if one of them is for it.
    fn get(&self, value: Value, texts: &Texts) -> Option<TierId> {
        let only = match value {
            Value::Number(_) | Value::Long(_) => Only::Amount(value.as_number(&texts.table())?),
            Value::Member(m) => Only::Member(m),
            Value::Bool(b) => Only::Bool(b),
            Value::Duration(_) | Value::Date(_) | Value::Time(_) | Value::Text(_) => return None,
        };
        self.of.get(&only).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn a_number_is_in_the_first_tier_whose_range_holds_it() {
        let range = |inside, first, last| Range { slot: 0, inside, first, last };
        // `>= 80`, `= 50`, `!= 20`, `< 21`: behind the last two there is none that neither holds.
        let ranges = [range(true, 80, i64::MAX), range(true, 50, 50), range(false, 20, 20), range(true, i64::MIN, 20)];
        for upto in 1..=ranges.len() {
            let of: Vec<(Range, TierId)> = ranges[..upto].iter().copied().zip((0..).map(TierId::from_index)).collect();
            let tiers = TiersByNumber::new(&of, None);
            let with_another = TiersByNumber::new(&of, Some(TierId::from_index(9)));
            for n in [i64::MIN, i64::MIN + 1, 19, 20, 21, 49, 50, 51, 79, 80, 81, i64::MAX] {
                let expected = match n {
                    80.. => Some(0),
                    50 if upto > 1 => Some(1),
                    20 if upto > 3 => Some(3),
                    20 => None,
                    _ if upto > 2 => Some(2),
                    _ => None,
                };
                assert_eq!(tiers.get(n), expected.map(TierId::from_index), "{n} among the first {upto}");
                assert_eq!(
                    with_another.get(n),
                    Some(TierId::from_index(expected.unwrap_or(9))),
                    "{n} among the first {upto}, or in another"
                );
            }
        }
    }
}
