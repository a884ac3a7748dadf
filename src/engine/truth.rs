//! Three-valued conditions.

use crate::ast::Operator;
use crate::engine::facts::Facts;
use crate::engine::world::World;
use crate::event::Value as Seen;
use crate::id::{AgreementId, EventId, FieldId, Id, TierId};
use crate::model::Subject;
use crate::plan::{About, Condition, Op, Scalar, Value};
use crate::quantity::Exact;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::cell::Cell;

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Truth {
    True,
    False,
    /// It cannot be known for want of this.
    Unknown(Gap),
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Gap {
    Field(FieldId),
    Event(EventId),
}

/// What a case's tier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tiered {
    In(TierId),
    /// No tier's condition holds.
    InNone,
    Unknown(Gap),
}

impl Tiered {
    /// The tier, or that there is none; nothing where that is unknown.
    #[inline]
    pub(super) fn known(self) -> Option<Option<TierId>> {
        match self {
            Tiered::In(tier) => Some(Some(tier)),
            Tiered::InNone => Some(None),
            Tiered::Unknown(_) => None,
        }
    }
}

/// The place of a tier in a list that begins with what is for none.
#[inline]
pub(super) fn place_of(tier: Option<TierId>) -> usize {
    tier.map_or(0, |tier| tier.index() + 1)
}

/// At which event of which case something is asked.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) case: Option<&'a Facts>,
    pub(super) own: &'a [(FieldId, Seen)],
    pub(super) time: Instant,
    /// The start of the instance that is asked about, where one is: `during` is about it.
    pub(super) start: Option<Instant>,
}

/// The tier of a moment, found out once and only where something asks for it.
pub(super) struct LazyTier<'m> {
    moment: &'m Moment<'m>,
    known: Cell<Option<Tiered>>,
}

impl<'m> LazyTier<'m> {
    pub(super) fn at(moment: &'m Moment<'m>) -> LazyTier<'m> {
        LazyTier { moment, known: Cell::new(None) }
    }

    #[inline]
    pub(super) fn get(&self) -> Tiered {
        let tier = self.known.get().unwrap_or_else(|| self.moment.tier());
        self.known.set(Some(tier));
        tier
    }
}

impl From<bool> for Truth {
    fn from(b: bool) -> Truth {
        if b { Truth::True } else { Truth::False }
    }
}

impl Truth {
    pub(super) fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::Unknown(gap), _) | (_, Truth::Unknown(gap)) => Truth::Unknown(gap),
            _ => Truth::True,
        }
    }

    fn or(self, other: Truth) -> Truth {
        self.not().and(other.not()).not()
    }

    fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            unknown => unknown,
        }
    }
}

impl<'a> Moment<'a> {
    /// A case at an instant, with no event.
    pub(super) fn of(world: &'a World<'a>, case: &'a Facts, time: Instant) -> Moment<'a> {
        Moment { world, case: Some(case), own: &[], time, start: None }
    }
}

impl Moment<'_> {
    #[inline]
    pub(super) fn holds(&self, condition: &Condition) -> Truth {
        match condition.0.as_slice() {
            // Most conditions of most tiers.
            [Op::Compare(Value::Field(field), sign, Value::Fixed(Scalar::Number(n)))]
                if let Some(Seen::Number(seen)) = self.field(*field) =>
            {
                return sign.holds(seen.compare(n)).into();
            }
            [only] => return self.step(only, &mut Stack::new()),
            _ => {}
        }
        let mut stack = Stack::new();
        for op in &condition.0 {
            let truth = self.step(op, &mut stack);
            stack.push(truth);
        }
        stack.pop().unwrap_or(Truth::True)
    }

    fn step(&self, op: &Op, stack: &mut Stack) -> Truth {
        match op {
            Op::Is(subject, among) => self.is(*subject, among),
            Op::Same(a, b) => match (self.field(*a), self.field(*b)) {
                (None, _) => Truth::Unknown(Gap::Field(*a)),
                (_, None) => Truth::Unknown(Gap::Field(*b)),
                (Some(a), Some(b)) => (a == b).into(),
            },
            Op::Compare(Value::Field(field), sign, Value::Fixed(Scalar::Number(n))) => match self.field(*field) {
                Some(Seen::Number(seen)) => sign.holds(seen.compare(n)).into(),
                Some(value) => seen(self.world, value).map_or(Truth::Unknown(Gap::Field(*field)), |seen| sign.holds(seen.cmp(n)).into()),
                None => Truth::Unknown(Gap::Field(*field)),
            },
            Op::Compare(a, sign, b) => match (self.amount(a), self.amount(b)) {
                (Ok(a), Ok(b)) => sign.holds(a.cmp(&b)).into(),
                (Err(gap), _) | (_, Err(gap)) => Truth::Unknown(gap),
            },
            Op::Present(field) => self.field(*field).is_some().into(),
            Op::During(calendar) => self.world.calendars[*calendar].is_open(self.start.unwrap_or(self.time)).into(),
            Op::Not => stack.pop().map_or(Truth::False, Truth::not),
            Op::All(n) => fold(stack, *n, Truth::True, Truth::and),
            Op::Any(n) => fold(stack, *n, Truth::False, Truth::or),
        }
    }

    /// Of an optional condition: nothing asked is true.
    #[inline]
    pub(super) fn allows(&self, condition: Option<&Condition>) -> Truth {
        condition.map_or(Truth::True, |c| self.holds(c))
    }

    /// Whether the case is one that a promise is about, and that no lower level takes while it is in force.
    pub(super) fn is_about(&self, about: &About) -> Truth {
        let in_force = |id: AgreementId| {
            let term = &self.world.agreements[id];
            term.from <= self.time && self.time < term.to
        };
        let below = about.unless.iter().filter(|(lower, _)| in_force(*lower));
        below.fold(self.allows(about.applies.as_ref()), |truth, (_, taken)| truth.and(self.holds(taken).not()))
    }

    /// The value of a field, of the event or of its case.
    #[inline]
    pub(super) fn field(&self, id: FieldId) -> Option<Seen> {
        let place = self.world.places[id];
        match place.kind {
            None => self.own.iter().find(|(f, _)| *f == id).map(|(_, v)| *v),
            Some(kind) => {
                let case = self.case.filter(|c| c.kind == kind)?;
                case.fields.get(place.slot)
            }
        }
    }

    /// The tier of the case. Where nothing of its kind asks what time it is, it is the same until a field changes.
    #[inline]
    pub(super) fn tier(&self) -> Tiered {
        let Some(case) = self.case else { return Tiered::InNone };
        if self.world.kinds[case.kind].every_row {
            return self.find_tier(case);
        }
        let tier = case.tier.get().unwrap_or_else(|| self.find_tier(case));
        case.tier.set(Some(tier));
        tier
    }

    #[inline]
    fn find_tier(&self, case: &Facts) -> Tiered {
        let tiers = &self.world.kinds[case.kind].tiers;
        let asked = match tiers.find(&case.fields, self.world.texts) {
            Ok(tiered) => return tiered,
            Err(asked) => asked,
        };
        for tier in tiers.behind(asked) {
            match self.allows(self.world.plan.tiers[tier].when.as_ref()) {
                Truth::True => return Tiered::In(tier),
                Truth::False => {}
                Truth::Unknown(gap) => return Tiered::Unknown(gap),
            }
        }
        Tiered::InNone
    }

    fn is(&self, subject: Subject, among: &[Scalar]) -> Truth {
        match subject {
            Subject::Tier => match self.tier() {
                Tiered::In(tier) => among.contains(&Scalar::Tier(tier)).into(),
                Tiered::InNone => Truth::False,
                Tiered::Unknown(gap) => Truth::Unknown(gap),
            },
            Subject::Field(field) => match self.field(field) {
                None => Truth::Unknown(Gap::Field(field)),
                Some(value) => among.iter().any(|s| self.same(value, s)).into(),
            },
        }
    }

    fn same(&self, value: Seen, scalar: &Scalar) -> bool {
        match (value, scalar) {
            (Seen::Member(a), Scalar::Member(b)) => a == *b,
            (Seen::Bool(a), Scalar::Bool(b)) => a == *b,
            (Seen::Text(a), Scalar::Text(b)) => *self.world.texts.text(a) == **b,
            _ => false,
        }
    }

    /// An amount as an exact number: seconds, days or the number itself. Both sides of a comparison are of one type.
    fn amount(&self, value: &Value) -> Result<Exact, Gap> {
        match value {
            Value::Fixed(scalar) => Ok(fixed(scalar)),
            Value::Field(field) => self.field(*field).and_then(|value| seen(self.world, value)).ok_or(Gap::Field(*field)),
            Value::Since(event) => {
                let last = self.case.and_then(|c| c.last_of(self.world, *event));
                last.map(|t| self.time.since(t).as_seconds()).ok_or(Gap::Event(*event))
            }
            Value::Arithmetic(a, operator, b) => {
                let (x, y) = (self.amount(a)?, self.amount(b)?);
                let result = match operator {
                    Operator::Add => x.add(y),
                    Operator::Subtract => x.sub(y),
                    Operator::Multiply => x.mul(y),
                    Operator::Divide => x.div(y),
                };
                // A zero divisor leaves nothing to compare; the field that was zero is the one that is wanting.
                result.ok_or_else(|| field_in(b).or_else(|| field_in(a)).unwrap_or(Gap::Event(EventId::from_index(0))))
            }
        }
    }
}

/// What the parts of a condition came to.
type Stack = SmallVec<[Truth; 8]>;

fn fold(stack: &mut Stack, n: u32, start: Truth, join: fn(Truth, Truth) -> Truth) -> Truth {
    let at = stack.len().saturating_sub(n as usize);
    stack.drain(at..).fold(start, join)
}

fn field_in(value: &Value) -> Option<Gap> {
    match value {
        Value::Field(field) => Some(Gap::Field(*field)),
        Value::Since(event) => Some(Gap::Event(*event)),
        Value::Arithmetic(a, _, b) => field_in(b).or_else(|| field_in(a)),
        Value::Fixed(_) => None,
    }
}

fn fixed(scalar: &Scalar) -> Exact {
    match scalar {
        Scalar::Number(n) => *n,
        Scalar::Duration(d) => d.as_seconds(),
        Scalar::Date(d) => days(*d),
        Scalar::Time(t) => Exact::whole(t.as_micros()),
        Scalar::Bool(_) | Scalar::Text(_) | Scalar::Member(_) | Scalar::Tier(_) => Exact::ZERO,
    }
}

/// A field's value as an amount, if it is one.
pub(super) fn seen(world: &World<'_>, value: Seen) -> Option<Exact> {
    Some(match value {
        Seen::Number(_) | Seen::Long(_) => value.as_number(&world.texts.table())?,
        Seen::Duration(d) => d.as_seconds(),
        Seen::Date(d) => days(d),
        Seen::Time(t) => Exact::whole(t.as_micros()),
        Seen::Bool(_) | Seen::Member(_) | Seen::Text(_) => return None,
    })
}

fn days(date: chrono::NaiveDate) -> Exact {
    use chrono::Datelike;
    Exact::whole(date.num_days_from_ce().into())
}
