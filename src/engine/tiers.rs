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
    /// The first, where each is for one value of the same field: found without asking one after another.
    by_value: Option<TiersByValue>,
    /// Each, with what is asked for it.
    tests: Vec<(TierId, TierTest)>,
    /// The fields that they look at, by the bits of their slots.
    pub(super) reads: u32,
}

impl Tiers {
    pub(super) fn new(plan: &Plan, id: CaseId) -> Tiers {
        let case = &plan.cases[id];
        let tests = case.tiers.iter().map(|tier| (*tier, TierTest::new(plan, id, *tier))).collect();
        let conditions = case.tiers.iter().filter_map(|tier| plan.tiers[*tier].when.as_ref());
        let reads = bits(plan, conditions.flat_map(|condition| fields_of(plan, condition)));
        Tiers { by_value: TiersByValue::new(plan, case), tests, reads }
    }

    /// Those behind the first of them.
    pub(super) fn behind(&self, first: usize) -> impl Iterator<Item = TierId> {
        self.tests[first..].iter().map(|(tier, _)| *tier)
    }

    /// The one of a case of these fields; where that is not so easily said, how many of the first it is not in.
    #[inline]
    pub(super) fn find(&self, fields: &Fields, texts: &Texts) -> Result<Tiered, usize> {
        let mut asked = 0;
        let all = fields.all();
        if let Some(tiers) = &self.by_value {
            if let Some(tier) = tiers.get(fields.get(tiers.slot).ok_or(asked)?, texts) {
                return Ok(Tiered::In(tier));
            }
            asked = tiers.count;
        }
        for (at, (tier, test)) in self.tests.iter().enumerate().skip(asked) {
            let holds = match test {
                TierTest::Nothing => true,
                TierTest::Range(range) => range.holds(all).ok_or(at)?,
                TierTest::Any => return Err(at),
            };
            if holds {
                return Ok(Tiered::In(*tier));
            }
        }
        Ok(Tiered::InNone)
    }
}

/// What is asked for a tier.
enum TierTest {
    /// Every case that is in none before it is in this one.
    Nothing,
    /// A number of the case is compared with a whole one.
    Range(Range),
    /// Anything else.
    Any,
}

impl TierTest {
    fn new(plan: &Plan, case: CaseId, tier: TierId) -> TierTest {
        match &plan.tiers[tier].when {
            None => TierTest::Nothing,
            Some(when) => Range::of(plan, case, when).map_or(TierTest::Any, TierTest::Range),
        }
    }
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

    /// Whether it holds; nothing where that is not so easily said.
    #[inline]
    fn holds(&self, fields: &[Option<Value>]) -> Option<bool> {
        match fields[usize::from(self.slot)] {
            Some(Value::Number(n)) => n.as_whole().map(|n| (self.first <= n && n <= self.last) == self.inside),
            _ => None,
        }
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
