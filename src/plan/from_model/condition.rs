//! Conditions to flat code, and patterns.

use crate::model::{self, ConditionKind};
use crate::plan::from_model::Compiler;
use crate::plan::{Atom, Condition, Op, Pattern, Scalar, Value};

impl Compiler<'_> {
    pub(super) fn pattern(&mut self, pattern: &model::Pattern) -> Pattern {
        Pattern { any: pattern.any.iter().map(|all| all.iter().map(|a| self.atom(a)).collect()).collect() }
    }

    pub(super) fn atom(&mut self, atom: &model::Atom) -> Atom {
        Atom {
            on: atom.on,
            condition: atom.condition.as_ref().map(|c| self.condition(c)),
            count: atom.count,
            across: atom.across,
            spaced: atom.spaced,
            last: atom.last,
            during: atom.during,
        }
    }

    pub(super) fn condition(&mut self, condition: &model::Condition) -> Condition {
        let mut ops = Vec::new();
        self.ops(condition, &mut ops);
        Condition(ops)
    }

    pub(super) fn ops(&mut self, condition: &model::Condition, ops: &mut Vec<Op>) {
        let op = match &condition.kind {
            ConditionKind::All(all) => {
                all.iter().for_each(|c| self.ops(c, ops));
                Op::All(all.len() as u32)
            }
            ConditionKind::Any(any) => {
                any.iter().for_each(|c| self.ops(c, ops));
                Op::Any(any.len() as u32)
            }
            ConditionKind::Not(inner) => {
                self.ops(inner, ops);
                Op::Not
            }
            ConditionKind::Is(subject, among) => Op::Is(*subject, among.iter().map(|s| self.scalar(s)).collect()),
            ConditionKind::Same(a, b) => Op::Same(*a, *b),
            ConditionKind::Compare(a, sign, b) => Op::Compare(self.value(a), *sign, self.value(b)),
            ConditionKind::Present(field) => Op::Present(*field),
            ConditionKind::During(calendar) => Op::During(self.calendar(*calendar)),
        };
        ops.push(op);
    }

    pub(super) fn value(&self, value: &model::Value) -> Value {
        match value {
            model::Value::Fixed(scalar) => Value::Fixed(self.scalar(scalar)),
            model::Value::Field(field) => Value::Field(*field),
            model::Value::Since(event) => Value::Since(*event),
            model::Value::Arithmetic(a, operator, b) => Value::Arithmetic(Box::new(self.value(a)), *operator, Box::new(self.value(b))),
        }
    }

    pub(super) fn scalar(&self, scalar: &model::Scalar) -> Scalar {
        match scalar {
            model::Scalar::Number(n) => Scalar::Number(*n),
            model::Scalar::Bool(b) => Scalar::Bool(*b),
            model::Scalar::Duration(d) => Scalar::Duration(*d),
            model::Scalar::Date(d) => Scalar::Date(*d),
            model::Scalar::Wall(t) => Scalar::Time(self.zone.instant(*t)),
            model::Scalar::Text(t) => Scalar::Text(t.clone()),
            model::Scalar::Member(m) => Scalar::Member(*m),
            model::Scalar::Tier(t) => Scalar::Tier(*t),
        }
    }
}
