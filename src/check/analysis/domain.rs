//! Every case that conditions can tell apart.
//!
//! A condition compares fields with fixed values. Between two of those values nothing changes, so that a few values of each
//! field stand for all: one for each member, text and truth that is named, and numbers at, between and beyond the bounds.
//! What compares fields with each other, or asks for the time, is taken as free to hold or not: then more cases are looked
//! at than there are, and nothing is said that depends on them.

use crate::ast::Comparison;
use crate::id::{CaseId, FieldId, TierId};
use crate::model::{Condition, ConditionKind, Model, Scalar, Subject, TierRule, Type, Value};
use crate::quantity::Exact;
use std::collections::HashMap;

/// More combinations are not looked at.
const MOST: usize = 200_000;

/// Whether something holds of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
    /// A field that it asks for is missing.
    Unknown,
}

/// A value that stands for others.
#[derive(Clone, Debug, PartialEq)]
enum Point {
    Missing,
    Number(Exact),
    Bool(bool),
    Member(u32),
    Text(String),
    /// A text that is not named.
    OtherText,
}

/// The cases that some conditions on a kind of case can tell apart.
pub(super) struct Domain<'m> {
    model: &'m Model,
    case: CaseId,
    fields: Vec<(FieldId, Vec<Point>)>,
    /// Conditions that are free to hold or not.
    free: Vec<ConditionKind>,
    /// Fields that are asked whether they are there: any of them may be missing for a while.
    asked: Vec<FieldId>,
    by_number: Option<ByNumber>,
}

/// The first tiers, where each is for one number of the same field: thousands of them are not tried one after another.
struct ByNumber {
    field: FieldId,
    /// The first tier of each number.
    of: HashMap<Exact, TierId>,
    /// How many tiers these are.
    count: usize,
}

impl ByNumber {
    fn new(model: &Model, case: CaseId) -> Option<ByNumber> {
        let tiers = &model.cases[case].tiers;
        let test = |tier: &TierId| match &model.tiers[*tier].rule {
            TierRule::When(Condition {
                kind: ConditionKind::Compare(Value::Field(field), Comparison::Equal, Value::Fixed(fixed)), ..
            }) => Some((*field, number(fixed)?)),
            _ => None,
        };
        let (field, _) = test(tiers.first()?)?;
        let (mut of, mut count) = (HashMap::new(), 0);
        for tier in tiers {
            let Some((_, n)) = test(tier).filter(|(its, _)| *its == field) else { break };
            of.entry(n).or_insert(*tier);
            count += 1;
        }
        Some(ByNumber { field, of, count })
    }
}

/// One of them: a choice for each field and each free condition.
pub(super) struct Example<'d> {
    domain: &'d Domain<'d>,
    chosen: Vec<usize>,
}

impl<'m> Domain<'m> {
    /// Nothing where there are too many, or where an event's own fields are asked for.
    pub(super) fn new<'c>(model: &'m Model, case: CaseId, conditions: impl Iterator<Item = &'c Condition>) -> Option<Domain<'m>> {
        let mut domain =
            Domain { model, case, fields: Vec::new(), free: Vec::new(), asked: Vec::new(), by_number: ByNumber::new(model, case) };
        let mut points: Vec<(FieldId, Vec<Exact>, Vec<String>)> = Vec::new();
        for condition in conditions {
            condition.each(&mut |c| domain.collect(c, &mut points));
        }
        for tier in &model.cases[case].tiers {
            if let TierRule::When(condition) = &model.tiers[*tier].rule {
                condition.each(&mut |c| domain.collect(c, &mut points));
            }
        }
        domain.fields = points.into_iter().map(|(field, numbers, texts)| (field, domain.points(field, numbers, texts))).collect();
        let free = 1usize.checked_shl(u32::try_from(domain.free.len()).ok()?)?;
        let all = domain.fields.iter().try_fold(free, |n, (_, points)| n.checked_mul(points.len()))?;
        (all <= MOST).then_some(domain)
    }

    /// Takes the values that one condition asks for; those inside of it are asked in turn.
    fn collect(&mut self, condition: &Condition, points: &mut Vec<(FieldId, Vec<Exact>, Vec<String>)>) {
        let mut entry = |field: FieldId| -> usize {
            points.iter().position(|p| p.0 == field).unwrap_or_else(|| {
                points.push((field, Vec::new(), Vec::new()));
                points.len() - 1
            })
        };
        match &condition.kind {
            ConditionKind::All(_) | ConditionKind::Any(_) | ConditionKind::Not(_) => {}
            ConditionKind::Is(Subject::Field(field), scalars) => {
                let at = entry(*field);
                points[at].2.extend(scalars.iter().filter_map(|s| if let Scalar::Text(t) = s { Some(t.clone()) } else { None }));
            }
            ConditionKind::Is(Subject::Tier, _) => {}
            ConditionKind::Present(field) => {
                entry(*field);
                self.asked.push(*field);
            }
            ConditionKind::Compare(a, _, b) => match (a, b) {
                (Value::Field(field), Value::Fixed(scalar)) | (Value::Fixed(scalar), Value::Field(field)) if number(scalar).is_some() => {
                    let at = entry(*field);
                    points[at].1.extend(number(scalar));
                }
                _ => self.set_free(&condition.kind),
            },
            ConditionKind::Same(..) | ConditionKind::During(_) => self.set_free(&condition.kind),
        }
    }

    fn set_free(&mut self, kind: &ConditionKind) {
        if !self.free.contains(kind) {
            self.free.push(kind.clone());
        }
    }

    fn points(&self, field: FieldId, mut numbers: Vec<Exact>, mut texts: Vec<String>) -> Vec<Point> {
        let declared = &self.model.fields[field];
        let mut points = match &declared.ty {
            Type::Members(members) => (0..members.len() as u32).map(Point::Member).collect(),
            Type::Bool => vec![Point::Bool(true), Point::Bool(false)],
            Type::Text => {
                texts.sort();
                texts.dedup();
                texts.into_iter().map(Point::Text).chain([Point::OtherText]).collect()
            }
            Type::Number | Type::Money | Type::Duration | Type::Date | Type::Time => {
                numbers.sort();
                numbers.dedup();
                around(&numbers).into_iter().map(Point::Number).collect()
            }
        };
        if declared.optional || self.asked.contains(&field) {
            points.push(Point::Missing);
        }
        points
    }

    /// All cases, one after the other.
    pub(super) fn examples(&'m self) -> impl Iterator<Item = Example<'m>> {
        let sizes: Vec<usize> = self.fields.iter().map(|(_, p)| p.len()).chain(self.free.iter().map(|_| 2)).collect();
        let all: usize = sizes.iter().product();
        (0..all).map(move |mut n| {
            let chosen = sizes.iter().map(|size| {
                let at = n % size;
                n /= size;
                at
            });
            Example { domain: self, chosen: chosen.collect() }
        })
    }

    /// Whether some condition is free: then not every example is a case that can be.
    pub(super) fn is_exact(&self) -> bool {
        self.free.is_empty()
    }
}

/// Numbers at, between and beyond the bounds; any number where there is none.
fn around(bounds: &[Exact]) -> Vec<Exact> {
    let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else { return vec![Exact::ZERO] };
    let mut points = vec![first.sub(Exact::ONE).unwrap_or(*first)];
    for (i, bound) in bounds.iter().enumerate() {
        points.push(*bound);
        let between = bounds.get(i + 1).and_then(|next| bound.add(*next)?.div(Exact::whole(2)));
        points.extend(between);
    }
    points.push(last.add(Exact::ONE).unwrap_or(*last));
    points
}

fn number(scalar: &Scalar) -> Option<Exact> {
    use chrono::Datelike;
    match scalar {
        Scalar::Number(n) => Some(*n),
        Scalar::Duration(d) => Some(d.as_seconds()),
        Scalar::Date(d) => Some(Exact::whole(d.num_days_from_ce().into())),
        Scalar::Wall(_) | Scalar::Bool(_) | Scalar::Text(_) | Scalar::Member(_) | Scalar::Tier(_) => None,
    }
}

impl Example<'_> {
    fn point(&self, field: FieldId) -> Option<&Point> {
        let at = self.domain.fields.iter().position(|(f, _)| *f == field)?;
        Some(&self.domain.fields[at].1[self.chosen[at]])
    }

    pub(super) fn holds(&self, condition: &Condition) -> Holds {
        let truth = |b: bool| if b { Holds::Yes } else { Holds::No };
        match &condition.kind {
            ConditionKind::All(all) => join(all.iter().map(|c| self.holds(c)), Holds::No, Holds::Yes),
            ConditionKind::Any(any) => join(any.iter().map(|c| self.holds(c)), Holds::Yes, Holds::No),
            ConditionKind::Not(inner) => match self.holds(inner) {
                Holds::Yes => Holds::No,
                Holds::No => Holds::Yes,
                Holds::Unknown => Holds::Unknown,
            },
            ConditionKind::Present(field) => truth(self.point(*field) != Some(&Point::Missing)),
            ConditionKind::Is(Subject::Tier, tiers) => match self.tier() {
                Err(()) => Holds::Unknown,
                Ok(tier) => truth(tier.is_some_and(|t| tiers.contains(&Scalar::Tier(t)))),
            },
            ConditionKind::Is(Subject::Field(field), scalars) => match self.point(*field) {
                None | Some(Point::Missing) => Holds::Unknown,
                Some(point) => truth(scalars.iter().any(|s| match (s, point) {
                    (Scalar::Bool(a), Point::Bool(b)) => a == b,
                    (Scalar::Member(a), Point::Member(b)) => a == b,
                    (Scalar::Text(a), Point::Text(b)) => a == b,
                    _ => false,
                })),
            },
            ConditionKind::Compare(a, sign, b) => match (self.amount(a), self.amount(b)) {
                (Some(Ok(a)), Some(Ok(b))) => truth(sign.holds(a.cmp(&b))),
                (Some(_), Some(_)) => Holds::Unknown,
                _ => self.free(&condition.kind),
            },
            ConditionKind::Same(..) | ConditionKind::During(_) => self.free(&condition.kind),
        }
    }

    /// A value: nothing where it is none of a field and a fixed one; an error where the field is missing.
    fn amount(&self, value: &Value) -> Option<Result<Exact, ()>> {
        match value {
            Value::Fixed(scalar) => number(scalar).map(Ok),
            Value::Field(field) => match self.point(*field) {
                Some(Point::Number(n)) => Some(Ok(*n)),
                Some(Point::Missing) => Some(Err(())),
                _ => None,
            },
            Value::Since(_) | Value::Arithmetic(..) => None,
        }
    }

    fn free(&self, kind: &ConditionKind) -> Holds {
        let at = self.domain.free.iter().position(|k| k == kind);
        match at.map(|at| self.chosen[self.domain.fields.len() + at]) {
            Some(0) => Holds::No,
            Some(_) => Holds::Yes,
            None => Holds::Unknown,
        }
    }

    /// The case's tier: nothing where none takes it, an error where it is not known.
    pub(super) fn tier(&self) -> Result<Option<TierId>, ()> {
        let mut tried = 0;
        if let Some(by) = &self.domain.by_number
            && let Some(Point::Number(n)) = self.point(by.field)
        {
            match by.of.get(n) {
                Some(tier) => return Ok(Some(*tier)),
                None => tried = by.count,
            }
        }
        for tier in &self.domain.model.cases[self.domain.case].tiers[tried..] {
            match &self.domain.model.tiers[*tier].rule {
                TierRule::Otherwise => return Ok(Some(*tier)),
                TierRule::When(condition) => match self.holds(condition) {
                    Holds::Yes => return Ok(Some(*tier)),
                    Holds::No => {}
                    Holds::Unknown => return Err(()),
                },
            }
        }
        Ok(None)
    }

    /// The case in words: `score = 50, source = list`.
    pub(super) fn words(&self) -> String {
        let model = self.domain.model;
        let fields = self.domain.fields.iter().zip(&self.chosen).map(|((field, points), at)| {
            let field = &model.fields[*field];
            match &points[*at] {
                Point::Missing => format!("{} missing", field.name),
                Point::Number(n) if field.ty == Type::Duration => {
                    let length = crate::time::Duration::from_seconds(*n).unwrap_or_default();
                    format!("{} = {}", field.name, length.to_string().replace(' ', ""))
                }
                Point::Number(n) if field.ty == Type::Date => {
                    let day = i32::try_from(n.floor().numer()).ok().and_then(chrono::NaiveDate::from_num_days_from_ce_opt);
                    format!("{} = {}", field.name, day.unwrap_or_default())
                }
                Point::Number(n) => format!("{} = {}", field.name, n.short(4)),
                Point::Bool(b) => format!("{} = {b}", field.name),
                Point::Member(m) => match &field.ty {
                    Type::Members(members) => format!("{} = {}", field.name, members[*m as usize]),
                    _ => field.name.clone(),
                },
                Point::Text(text) => format!("{} = \"{text}\"", field.name),
                Point::OtherText => format!("{} = \"…\"", field.name),
            }
        });
        fields.collect::<Vec<_>>().join(", ")
    }
}

fn join(truths: impl Iterator<Item = Holds>, decisive: Holds, otherwise: Holds) -> Holds {
    let mut joined = otherwise;
    for truth in truths {
        if truth == decisive {
            return decisive;
        }
        if truth == Holds::Unknown {
            joined = Holds::Unknown;
        }
    }
    joined
}
