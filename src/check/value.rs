//! Fixed values: the named values of an agreement and the literals of conditions.

use crate::ast::{self, Argument, Expr, ExprKind, Literal, Name, Operator};
use crate::check::unit::{self, Clash};
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding};
use crate::model::MeasureUnit;
use crate::quantity::Exact;
use crate::source::Span;
use std::collections::HashSet;

/// A fixed value and its unit; durations are seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed {
    pub(super) value: Exact,
    pub(super) unit: MeasureUnit,
}

impl Checker {
    /// The value of an expression of literals and named values.
    pub(super) fn fixed(&mut self, expr: &Expr, scope: Scope) -> Option<Fixed> {
        match &expr.kind {
            ExprKind::Literal(literal) => {
                let fixed = fixed_literal(literal);
                if fixed.is_none() {
                    let finding =
                        Finding::new(Code::TypeMismatch, expr.span, "a number, a percentage, an amount or a duration is needed here");
                    self.say(finding);
                }
                fixed
            }
            ExprKind::Name(name) => self.named_value(name, scope),
            ExprKind::Negative(inner) => self.fixed(inner, scope).map(|f| Fixed { value: f.value.neg(), ..f }),
            ExprKind::Arithmetic(left, operator, right) => {
                let (a, b) = (self.fixed(left, scope), self.fixed(right, scope));
                let (a, b) = (a?, b?);
                let unit = self.combined(expr.span, a.unit, *operator, b.unit)?;
                let value = match operator {
                    Operator::Add => a.value.add(b.value),
                    Operator::Subtract => a.value.sub(b.value),
                    Operator::Multiply => a.value.mul(b.value),
                    Operator::Divide if b.value.is_zero() => {
                        self.say(Finding::new(Code::DivisionByZero, right.span, "this is zero, and something is divided by it"));
                        return None;
                    }
                    Operator::Divide => a.value.div(b.value),
                };
                self.kept(expr.span, value).map(|value| Fixed { value, unit })
            }
            ExprKind::Row(table, keys, column) => {
                let (value, unit) = self.row_value(expr.span, table, keys, column, scope)?;
                Some(Fixed { value, unit })
            }
            ExprKind::Path(table, column) if self.model.tables.iter().any(|t| t.name == table.text) => {
                let message = format!("which row of `{}` is meant depends on the group", table.text);
                let finding = Finding::new(Code::TypeMismatch, expr.span, message);
                self.say(finding.help(format!("name the row: `{}(\"key\").{}`", table.text, column.text)));
                None
            }
            ExprKind::Call(name, arguments) => self.fixed_call(expr.span, name, arguments, scope),
            _ => {
                let finding = Finding::new(Code::TypeMismatch, expr.span, "a fixed value is needed here");
                self.say(finding.help("write literals, named values, `+ - * / of`, `ceil`, `floor`, `round`, `min` and `max`"));
                None
            }
        }
    }

    fn fixed_call(&mut self, span: Span, name: &Name, arguments: &[Argument], scope: Scope) -> Option<Fixed> {
        let values: Vec<Option<Fixed>> = arguments.iter().map(|a| self.fixed(&a.value, scope)).collect();
        let values: Vec<Fixed> = values.into_iter().collect::<Option<_>>()?;
        let one = |c: &mut Self| {
            if values.len() != 1 {
                c.say(Finding::new(Code::BadArgument, span, format!("`{}` takes one value", name.text)));
            }
            values.first().copied().filter(|_| values.len() == 1)
        };
        match name.text.as_str() {
            "ceil" => one(self).map(|f| Fixed { value: f.value.ceil(), ..f }),
            "floor" => one(self).map(|f| Fixed { value: f.value.floor(), ..f }),
            "round" => one(self).map(|f| Fixed { value: f.value.round(0), ..f }),
            "min" | "max" => {
                let first = *values.first()?;
                for other in &values[1..] {
                    self.combined(span, first.unit, Operator::Add, other.unit)?;
                }
                let pick = if name.text == "min" { values.iter().map(|f| f.value).min() } else { values.iter().map(|f| f.value).max() };
                pick.map(|value| Fixed { value, ..first })
            }
            other => {
                let finding = Finding::new(Code::UnknownFunction, name.span, format!("`{other}` gives no fixed value"));
                self.say(finding.did_you_mean(other, ["ceil", "floor", "round", "min", "max"]));
                None
            }
        }
    }

    fn named_value(&mut self, name: &Name, scope: Scope) -> Option<Fixed> {
        match self.find_let(&name.text, scope) {
            Some(id) => {
                self.used.lets.insert(id);
                let found = &self.model.lets[id];
                Some(Fixed { value: found.value, unit: found.unit })
            }
            // Its own finding was made where it is declared.
            None if self.poisoned.contains(&name.text) => None,
            None => {
                let known: Vec<String> = self.lets_of(scope).map(|(_, l)| l.name.clone()).collect();
                self.unknown(name, "a named value", &known, scope);
                None
            }
        }
    }

    pub(super) fn find_let(&self, name: &str, scope: Scope) -> Option<crate::id::LetId> {
        self.lets_of(scope).find(|(_, l)| l.name == name).map(|(id, _)| id)
    }

    fn lets_of(&self, scope: Scope) -> impl Iterator<Item = (crate::id::LetId, &crate::model::Let)> {
        self.model.lets.enumerate().filter(move |(_, l)| Some(l.agreement) == scope.agreement)
    }

    /// The unit of a result; a finding where there is none.
    pub(super) fn combined(&mut self, span: Span, left: MeasureUnit, operator: Operator, right: MeasureUnit) -> Option<MeasureUnit> {
        match unit::combined(left, operator, right) {
            Ok(unit) => Some(unit),
            Err(clash) => {
                let verb = match operator {
                    Operator::Add => "added",
                    Operator::Subtract => "subtracted",
                    Operator::Multiply => "multiplied",
                    Operator::Divide => "divided",
                };
                self.clash(span, clash, left, right, verb);
                None
            }
        }
    }

    pub(super) fn clash(&mut self, span: Span, clash: Clash, left: MeasureUnit, right: MeasureUnit, verb: &str) {
        let finding = match clash {
            Clash::Currencies(a, b) => Finding::new(Code::OtherCurrency, span, format!("amounts in {a} and {b} cannot be {verb}"))
                .help("an agreement has one currency; convert one of them in the text"),
            Clash::Unlike => {
                Finding::new(Code::TypeMismatch, span, format!("{} and {} cannot be {verb}", unit::word(left), unit::word(right)))
            }
            Clash::TooHigh => Finding::new(Code::TypeMismatch, span, "this has no unit that anything is measured in"),
        };
        self.say(finding);
    }

    fn kept(&mut self, span: Span, value: Option<Exact>) -> Option<Exact> {
        if value.is_none() {
            self.say(Finding::new(Code::OutOfRange, span, "this value is larger than the tool keeps"));
        }
        value
    }

    /// The named values of an agreement, each of which may use the ones before and after it.
    pub(super) fn lets(&mut self, lets: &[&ast::Let], scope: Scope) {
        let agreement = scope.agreement.expect("named values belong to an agreement");
        let mut left: Vec<&ast::Let> = Vec::new();
        for written in lets {
            match left.iter().find(|l| l.name.text == written.name.text) {
                Some(first) => self.duplicate(&written.name, "named values", first.name.span),
                None => left.push(written),
            }
        }
        // Each turn takes, in the order of the text, what depends on nothing that is still left.
        while !left.is_empty() {
            let mut waiting: HashSet<String> = left.iter().map(|l| l.name.text.clone()).collect();
            let (mut ready, mut later): (Vec<&ast::Let>, Vec<&ast::Let>) = (Vec::new(), Vec::new());
            for written in &left {
                if mentions(&written.value, &|name| waiting.contains(name)) {
                    later.push(written);
                } else {
                    waiting.remove(&written.name.text);
                    ready.push(written);
                }
            }
            if ready.is_empty() {
                self.poisoned.extend(waiting);
                let [first, rest @ ..] = left.as_slice() else { return };
                let finding = Finding::new(Code::CircularLet, first.name.span, format!("`{}` depends on itself", first.name.text));
                let finding = rest.iter().fold(finding, |f, through| f.also(through.name.span, "through this one"));
                return self.say(finding.help("give one of them a value of its own"));
            }
            left = later;
            for written in ready {
                let fixed = self.fixed(&written.value, scope).filter(|f| match f.unit {
                    MeasureUnit::Money(currency) => self.is_agreed_currency(written.value.span, currency, agreement).is_some(),
                    _ => true,
                });
                if fixed.is_none() {
                    self.poisoned.insert(written.name.text.clone());
                }
                if let Some(fixed) = fixed {
                    let title = written.title.as_ref().map(|t| t.text.clone());
                    let (span, name) = (written.name.span, written.name.text.clone());
                    let (value, unit, formula) = (fixed.value, fixed.unit, written.value.span);
                    self.model.lets.push(crate::model::Let { span, name, title, agreement, value, unit, formula, measured: None });
                }
            }
        }
    }
}

/// The value of a literal, if it is an amount of something.
pub(super) fn fixed_literal(literal: &Literal) -> Option<Fixed> {
    let (value, unit) = match literal {
        Literal::Number(n) => (*n, MeasureUnit::Number),
        Literal::Percent(n) => (*n, MeasureUnit::Share),
        Literal::Money(n, currency) => (*n, MeasureUnit::Money(Some(*currency))),
        Literal::Duration(d) => (d.as_seconds(), MeasureUnit::Duration),
        Literal::Date(_) | Literal::DateTime(_) | Literal::Clock(_) | Literal::Text(_) => return None,
    };
    Some(Fixed { value, unit })
}

impl Checker {
    /// Whether a condition of the agreement is about this kind of case: it is, unless all its fields are another kind's.
    pub(super) fn speaks_of(&self, condition: &Expr, case: Option<crate::id::CaseId>) -> bool {
        let speaks_of = |c: crate::id::CaseId| {
            let fields = self.field_names(Scope { case: Some(c), ..Scope::default() });
            mentions(condition, &|name| fields.contains(name))
        };
        case.is_some_and(|case| speaks_of(case) || !self.model.cases.ids().any(speaks_of))
    }
}

/// Whether a name among these stands in an expression.
fn mentions(expr: &Expr, is_among: &impl Fn(&String) -> bool) -> bool {
    let mentions = |e: &Expr| mentions(e, is_among);
    match &expr.kind {
        ExprKind::Name(name) => is_among(&name.text),
        ExprKind::Negative(a) | ExprKind::Not(a) | ExprKind::Present(a, _) => mentions(a),
        ExprKind::Arithmetic(a, _, b) | ExprKind::Compare(a, _, b) => mentions(a) || mentions(b),
        ExprKind::All(all) | ExprKind::Any(all) => all.iter().any(mentions),
        ExprKind::Call(_, arguments) => arguments.iter().any(|a| mentions(&a.value)),
        ExprKind::In { value, among, .. } => mentions(value) || among.iter().any(mentions),
        ExprKind::Literal(_) | ExprKind::Path(..) | ExprKind::Row(..) | ExprKind::During(_) => false,
    }
}

/// The value of a literal in its unit, durations in seconds; nothing for texts and times.
pub fn fixed_value(literal: &Literal) -> Option<(Exact, MeasureUnit)> {
    fixed_literal(literal).map(|f| (f.value, f.unit))
}
