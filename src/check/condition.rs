//! Conditions on cases and events.

use crate::ast::{self, Comparison, Expr, ExprKind, Literal, Name};
use crate::check::value::fixed_literal;
use crate::check::{Checker, Scope, unit};
use crate::diagnostic::{Code, Finding, one_of};
use crate::id::FieldId;
use crate::model::{Condition, ConditionKind, MeasureUnit, Scalar, Subject, Type, Value};
use crate::source::Span;
use crate::time::Duration;

/// One side of a comparison.
enum Side {
    /// A field whose values are words, texts or truths.
    Subject(Subject, Type),
    /// An amount and what it is an amount of.
    Amount(Value, Amount),
    /// A text.
    Text(String),
    /// A word that is no field and no named value: a member, if anything.
    Word(Name),
}

/// What an amount is an amount of.
#[derive(Clone, Copy, PartialEq)]
enum Amount {
    Unit(MeasureUnit),
    Date,
    Time,
}

impl Checker {
    pub(super) fn condition(&mut self, expr: &Expr, scope: Scope) -> Option<Condition> {
        let kind = match &expr.kind {
            ExprKind::All(all) => ConditionKind::All(self.conditions(all, scope)?),
            ExprKind::Any(any) => ConditionKind::Any(self.conditions(any, scope)?),
            ExprKind::Not(inner) => ConditionKind::Not(Box::new(self.condition(inner, scope)?)),
            ExprKind::Present(of, present) => {
                let field = self.field_of(of, scope, "presence is asked of a field")?;
                let is = ConditionKind::Present(field);
                if *present { is } else { ConditionKind::Not(Box::new(Condition { span: expr.span, kind: is })) }
            }
            ExprKind::During(calendar) => ConditionKind::During(self.calendar(calendar)?),
            ExprKind::Compare(left, sign, right) => self.comparison(expr.span, left, *sign, right, scope)?,
            ExprKind::In { value, among, negated } => {
                let is = self.membership(value, among, scope)?;
                if *negated { ConditionKind::Not(Box::new(Condition { span: expr.span, kind: is })) } else { is }
            }
            ExprKind::Name(name) => {
                let field = self.field(name, scope)?;
                if self.model.fields[field].ty != Type::Bool {
                    let ty = self.model.fields[field].ty.word();
                    let finding = Finding::new(Code::NotACondition, expr.span, format!("`{}` is {ty}, not a condition", name.text));
                    self.say(finding.help(self.example(field)));
                    return None;
                }
                ConditionKind::Is(Subject::Field(field), vec![Scalar::Bool(true)])
            }
            ExprKind::Literal(_)
            | ExprKind::Path(..)
            | ExprKind::Row(..)
            | ExprKind::Call(..)
            | ExprKind::Arithmetic(..)
            | ExprKind::Negative(_) => {
                let finding = Finding::new(Code::NotACondition, expr.span, "this is a value, and a condition is needed");
                self.say(finding.help("compare it with something: `score >= 80`"));
                return None;
            }
        };
        Some(Condition { span: expr.span, kind })
    }

    fn conditions(&mut self, exprs: &[Expr], scope: Scope) -> Option<Vec<Condition>> {
        let all: Vec<Option<Condition>> = exprs.iter().map(|e| self.condition(e, scope)).collect();
        all.into_iter().collect()
    }

    /// How a field of this type is compared; for a help.
    fn example(&self, field: FieldId) -> String {
        let field = &self.model.fields[field];
        let name = &field.name;
        match &field.ty {
            Type::Members(members) => {
                format!("write `{name} = {}` or `{name} present`", quoted(members.first().map_or("", String::as_str)))
            }
            Type::Text => format!("write `{name} = \"…\"` or `{name} present`"),
            Type::Bool => format!("write `{name}` or `not {name}`"),
            Type::Number => format!("write `{name} >= 1` or `{name} present`"),
            _ => format!("write `{name} present`"),
        }
    }

    fn field_of(&mut self, expr: &Expr, scope: Scope, why: &str) -> Option<FieldId> {
        match &expr.kind {
            ExprKind::Name(name) => self.field(name, scope),
            _ => {
                self.say(Finding::new(Code::TypeMismatch, expr.span, why));
                None
            }
        }
    }

    fn side(&mut self, expr: &Expr, scope: Scope) -> Option<Side> {
        match &expr.kind {
            ExprKind::Name(name) => {
                if let Some(field) = self.find_field(&name.text, scope) {
                    let ty = self.model.fields[field].ty.clone();
                    return Some(match amount_of(&ty) {
                        Some(amount) => Side::Amount(Value::Field(field), amount),
                        None => Side::Subject(Subject::Field(field), ty),
                    });
                }
                if name.text == "tier" && scope.case.is_some_and(|c| !self.model.cases[c].tiers.is_empty()) {
                    return Some(Side::Subject(Subject::Tier, Type::Text));
                }
                if self.find_let(&name.text, scope).is_some() {
                    let fixed = self.fixed(expr, scope)?;
                    return Some(Side::Amount(Value::Fixed(scalar(fixed.value, fixed.unit)), Amount::Unit(fixed.unit)));
                }
                Some(Side::Word(name.clone()))
            }
            ExprKind::Literal(literal) => Some(match literal {
                Literal::Text(text) => Side::Text(text.clone()),
                Literal::Date(date) => Side::Amount(Value::Fixed(Scalar::Date(*date)), Amount::Date),
                Literal::DateTime(wall) => Side::Amount(Value::Fixed(Scalar::Wall(*wall)), Amount::Time),
                Literal::Clock(_) => {
                    let finding = Finding::new(Code::TypeMismatch, expr.span, "a clock time is nothing that a field holds");
                    self.say(finding.help("to ask for a time of day write `during` and a calendar"));
                    return None;
                }
                Literal::Money(amount, currency) => {
                    self.currency_fits(expr.span, *currency, scope);
                    Side::Amount(Value::Fixed(Scalar::Number(*amount)), Amount::Unit(MeasureUnit::Money(Some(*currency))))
                }
                other => {
                    let fixed = fixed_literal(other).expect("the other literals were taken before");
                    Side::Amount(Value::Fixed(scalar(fixed.value, fixed.unit)), Amount::Unit(fixed.unit))
                }
            }),
            ExprKind::Negative(inner) => {
                let Side::Amount(value, amount) = self.side(inner, scope)? else { return self.no_amount(inner) };
                let zero = Value::Fixed(Scalar::Number(crate::quantity::Exact::ZERO));
                Some(Side::Amount(Value::Arithmetic(Box::new(zero), ast::Operator::Subtract, Box::new(value)), amount))
            }
            ExprKind::Arithmetic(left, operator, right) => {
                let (a, b) = (self.side(left, scope), self.side(right, scope));
                let (Side::Amount(a, Amount::Unit(x)), Side::Amount(b, Amount::Unit(y))) = (a?, b?) else { return self.no_amount(expr) };
                let unit = self.combined(expr.span, x, *operator, y)?;
                Some(Side::Amount(Value::Arithmetic(Box::new(a), *operator, Box::new(b)), Amount::Unit(unit)))
            }
            ExprKind::Call(name, arguments) if name.text == "since" => {
                let event = match arguments.as_slice() {
                    [only] => match &only.value.kind {
                        ExprKind::Name(event) => self.event(event, Scope { event: None, ..scope })?,
                        _ => return self.bad_since(expr.span),
                    },
                    _ => return self.bad_since(expr.span),
                };
                Some(Side::Amount(Value::Since(event), Amount::Unit(MeasureUnit::Duration)))
            }
            ExprKind::Row(..) | ExprKind::Path(..) => {
                let finding = Finding::new(Code::TypeMismatch, expr.span, "a case is not compared with a table");
                self.say(finding.help("name the value first: `let limit = fees(\"key\").limit`, and compare with `limit`"));
                None
            }
            ExprKind::Call(name, _) => {
                let finding = Finding::new(Code::UnknownFunction, name.span, format!("`{}` cannot be asked of one case", name.text));
                self.say(finding.help("conditions know the case's fields, `tier`, `since(event)` and `during calendar`"));
                None
            }
            _ => {
                self.say(Finding::new(Code::TypeMismatch, expr.span, "this is a condition, and a value is needed to compare"));
                None
            }
        }
    }

    fn no_amount(&mut self, expr: &Expr) -> Option<Side> {
        self.say(Finding::new(Code::TypeMismatch, expr.span, "only numbers, amounts and durations can be calculated with"));
        None
    }

    fn bad_since(&mut self, span: Span) -> Option<Side> {
        self.say(Finding::new(Code::BadArgument, span, "`since` takes one event").help("for example: `since(announced) >= 48h`"));
        None
    }

    fn currency_fits(&mut self, span: Span, currency: crate::quantity::Currency, scope: Scope) {
        let of_agreement = scope.agreement.and_then(|a| self.model.agreements[a].currency);
        if let Some(expected) = of_agreement.filter(|c| *c != currency) {
            let finding = Finding::new(Code::OtherCurrency, span, format!("this agreement counts in {expected}, not in {currency}"));
            self.say(finding.help("convert the amount in the text"));
        }
    }

    fn comparison(&mut self, span: Span, left: &Expr, sign: Comparison, right: &Expr, scope: Scope) -> Option<ConditionKind> {
        let (a, b) = (self.side(left, scope), self.side(right, scope));
        let (a, b) = (a?, b?);
        let equal = matches!(sign, Comparison::Equal | Comparison::Unequal);
        let kind = match (a, b) {
            (Side::Amount(a, x), Side::Amount(b, y)) => {
                self.amounts_compare(span, x, y)?;
                return Some(ConditionKind::Compare(a, sign, b));
            }
            (Side::Subject(subject, ty), other) => self.is(span, subject, &ty, vec![(other, right.span)], scope)?,
            (other, Side::Subject(subject, ty)) => self.is(span, subject, &ty, vec![(other, left.span)], scope)?,
            (Side::Word(word), _) => {
                self.unknown(&word, "a field", &self.field_names(scope), scope);
                return None;
            }
            (Side::Amount(_, amount), Side::Word(word)) => {
                let finding = Finding::new(
                    Code::TypeMismatch,
                    right.span,
                    format!("{} is compared with the word `{}`", amount_word(amount), word.text),
                );
                let near = crate::diagnostic::nearest(&word.text, self.field_names(scope).iter().map(String::as_str)).map(str::to_string);
                self.say(match near {
                    Some(near) => finding.help(format!("did you mean the field `{near}`?")),
                    None => finding,
                });
                return None;
            }
            (Side::Amount(_, amount), Side::Text(text)) => {
                let finding =
                    Finding::new(Code::TypeMismatch, right.span, format!("{} is compared with the text \"{text}\"", amount_word(amount)));
                self.say(match text.trim().parse::<f64>() {
                    Ok(_) => finding.help(format!("write it without quotes: `{}`", text.trim())),
                    Err(_) => finding,
                });
                return None;
            }
            (Side::Text(_), _) => {
                self.say(Finding::new(Code::TypeMismatch, left.span, "a comparison begins with a field"));
                return None;
            }
        };
        if !equal {
            let finding = Finding::new(Code::TypeMismatch, span, format!("words have no order that `{}` could ask for", sign.sign()));
            self.say(finding.help("write `=`, `!=` or `in (…)`"));
            return None;
        }
        Some(if sign == Comparison::Equal { kind } else { ConditionKind::Not(Box::new(Condition { span, kind })) })
    }

    fn amounts_compare(&mut self, span: Span, left: Amount, right: Amount) -> Option<()> {
        let fits = match (left, right) {
            (Amount::Unit(a), Amount::Unit(b)) => match unit::comparable(a, b) {
                Ok(()) => true,
                Err(clash) => {
                    self.clash(span, clash, a, b, "compared");
                    return None;
                }
            },
            (a, b) => a == b,
        };
        if !fits {
            let finding =
                Finding::new(Code::TypeMismatch, span, format!("{} and {} cannot be compared", amount_word(left), amount_word(right)));
            self.say(finding);
        }
        fits.then_some(())
    }

    fn membership(&mut self, value: &Expr, among: &[Expr], scope: Scope) -> Option<ConditionKind> {
        match self.side(value, scope)? {
            Side::Subject(subject, ty) => {
                let sides: Vec<Option<(Side, Span)>> = among.iter().map(|e| self.side(e, scope).map(|s| (s, e.span))).collect();
                self.is(value.span, subject, &ty, sides.into_iter().collect::<Option<_>>()?, scope)
            }
            // An amount is one of some amounts where it equals any of them.
            Side::Amount(..) => {
                let any: Vec<Option<Condition>> = among
                    .iter()
                    .map(|e| self.comparison(e.span, value, Comparison::Equal, e, scope).map(|kind| Condition { span: e.span, kind }))
                    .collect();
                Some(ConditionKind::Any(any.into_iter().collect::<Option<_>>()?))
            }
            Side::Word(word) => {
                self.unknown(&word, "a field", &self.field_names(scope), scope);
                None
            }
            Side::Text(_) => {
                self.say(Finding::new(Code::TypeMismatch, value.span, "`in` is asked of a field"));
                None
            }
        }
    }

    /// A field (or the tier) is one of these words, texts or truths.
    fn is(&mut self, span: Span, subject: Subject, ty: &Type, sides: Vec<(Side, Span)>, scope: Scope) -> Option<ConditionKind> {
        let mut among = Vec::new();
        let mut whole = true;
        for (side, place) in sides {
            // Beside an enumeration a bare word is always a member, even where a field has that name.
            let word = match &side {
                Side::Word(name) => Some(name.text.clone()),
                Side::Subject(Subject::Field(f), _) | Side::Amount(Value::Field(f), _) => Some(self.model.fields[*f].name.clone()),
                Side::Subject(Subject::Tier, _) => Some("tier".to_string()),
                _ => None,
            };
            let scalar = match (subject, ty, side) {
                (Subject::Tier, _, _) => {
                    let case = scope.case.expect("a tier is asked of a case");
                    let text = word.unwrap_or_default();
                    self.tier(&Name { text, span: place }, case).map(Scalar::Tier)
                }
                (_, Type::Members(members), Side::Amount(Value::Fixed(_), amount)) => {
                    let known = one_of(members.iter().map(String::as_str));
                    self.say(Finding::new(Code::TypeMismatch, place, format!("{} is compared with one of {known}", amount_word(amount))));
                    None
                }
                (_, Type::Members(members), side) => {
                    let text = match side {
                        Side::Text(text) => text,
                        _ => word.unwrap_or_default(),
                    };
                    self.member(members, &text, place)
                }
                (Subject::Field(_), Type::Bool, _) => match word.as_deref() {
                    Some("true") => Some(Scalar::Bool(true)),
                    Some("false") => Some(Scalar::Bool(false)),
                    _ => {
                        self.say(Finding::new(Code::TypeMismatch, place, "a truth is `true` or `false`"));
                        None
                    }
                },
                (Subject::Field(_), Type::Text, Side::Text(text)) => Some(Scalar::Text(text)),
                (Subject::Field(a), Type::Text, Side::Subject(Subject::Field(b), Type::Text)) => return Some(ConditionKind::Same(a, b)),
                (Subject::Field(_), Type::Text, _) => {
                    let finding = Finding::new(Code::TypeMismatch, place, "a text is compared with a text in quotes");
                    self.say(match &word {
                        Some(word) => finding.help(format!("write `\"{word}\"`")),
                        None => finding,
                    });
                    None
                }
                _ => {
                    self.say(Finding::new(Code::TypeMismatch, span, format!("{} cannot be compared with this", ty.word())));
                    None
                }
            };
            match scalar {
                Some(scalar) => among.push(scalar),
                None => whole = false,
            }
        }
        whole.then_some(ConditionKind::Is(subject, among))
    }

    /// A member of an enumeration, by its position.
    pub(super) fn member(&mut self, members: &[String], text: &str, span: Span) -> Option<Scalar> {
        let found = members.iter().position(|m| m == text);
        if found.is_none() {
            let finding = Finding::new(Code::UnknownMember, span, format!("`{text}` is not one of its members"));
            let known = members.iter().map(String::as_str);
            let near = finding.clone().did_you_mean(text, known.clone());
            let near = Finding { fix: near.fix.as_deref().map(quoted), ..near };
            self.say(if near.help.is_some() { near } else { finding.help(format!("it is {}", one_of(known))) });
        }
        found.map(|i| Scalar::Member(i as u32))
    }
}

fn quoted(member: &str) -> String {
    if member.chars().all(|c| c.is_alphanumeric() || c == '_') { member.to_string() } else { format!("\"{member}\"") }
}

fn scalar(value: crate::quantity::Exact, unit: MeasureUnit) -> Scalar {
    match unit {
        MeasureUnit::Duration => Scalar::Duration(Duration::from_seconds(value).unwrap_or(Duration::MAX)),
        _ => Scalar::Number(value),
    }
}

fn amount_of(ty: &Type) -> Option<Amount> {
    Some(match ty {
        Type::Number => Amount::Unit(MeasureUnit::Number),
        Type::Money => Amount::Unit(MeasureUnit::Money(None)),
        Type::Duration => Amount::Unit(MeasureUnit::Duration),
        Type::Date => Amount::Date,
        Type::Time => Amount::Time,
        Type::Text | Type::Bool | Type::Members(_) => return None,
    })
}

fn amount_word(amount: Amount) -> String {
    match amount {
        Amount::Unit(unit) => unit::word(unit),
        Amount::Date => "a date".into(),
        Amount::Time => "a time".into(),
    }
}
