//! Conditions, values and patterns.

use super::grammar::has;
use super::{Builder, Node, Parts, Rule, unreachable_rule};
use crate::ast::{Argument, Comparison, Counted, EventRef, Expr, ExprKind, Happening, Lookback, Operator, Pattern};
use crate::diagnostic::Code;

impl Builder<'_> {
    pub(super) fn expr(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let any = self.joined(node, Rule::or, "or", Self::conjunction);
        one_or(any, |e| Expr { span, kind: ExprKind::Any(e) })
    }

    fn conjunction(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let all = self.joined(node, Rule::and, "and", Self::negation);
        one_or(all, |e| Expr { span, kind: ExprKind::All(e) })
    }

    /// The operands around a word; the word in another spelling is a finding.
    fn joined<'i, T>(&mut self, node: Node<'i>, spelled: Rule, right: &str, mut one: impl FnMut(&mut Self, Node<'i>) -> T) -> Vec<T> {
        let mut operands = Vec::new();
        for part in Parts::of(node).all_nodes() {
            if part.as_rule() == spelled {
                self.spelling(&part, right);
            } else {
                operands.push(one(self, part));
            }
        }
        operands
    }

    fn spelling(&mut self, node: &Node<'_>, right: &str) {
        let written = node.as_str().trim_end();
        if written != right {
            let span = self.span(node);
            self.correct(Code::CapitalWord, span, format!("`{written}` is written `{right}` here"), right);
        }
    }

    fn negation(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let nots = parts.all(Rule::not);
        let inner = self.comparison(parts.need(Rule::comparison));
        for not in &nots {
            self.spelling(not, "not");
        }
        if nots.len() % 2 == 1 { Expr { span, kind: ExprKind::Not(Box::new(inner)) } } else { inner }
    }

    fn comparison(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let mut left = self.sum(parts.need(Rule::sum));
        let mut compared: Option<String> = None;
        while let Some(part) = parts.next() {
            left = match part.as_rule() {
                Rule::compare => {
                    let sign = self.compare(&part);
                    let right = self.sum(parts.need(Rule::sum));
                    let text = |s| self.text.get(Span::range(s)).unwrap_or("").to_string();
                    if let Some(first) = &compared {
                        let again = format!("{} {} {}", text(middle(&left)), sign.sign(), text(right.span));
                        self.correct(Code::ChainedComparison, span, "comparisons are not chained", format!("{first} and {again}"));
                        continue;
                    }
                    compared = Some(format!("{} {} {}", text(left.span), sign.sign(), text(right.span)));
                    Expr { span, kind: ExprKind::Compare(Box::new(left), sign, Box::new(right)) }
                }
                Rule::membership => {
                    let negated = has(&part, Rule::not_in);
                    let among =
                        Parts::of(part).all_nodes().into_iter().filter(|n| n.as_rule() == Rule::expr).map(|n| self.expr(n)).collect();
                    Expr { span, kind: ExprKind::In { value: Box::new(left), among, negated } }
                }
                Rule::presence => {
                    let present = has(&part, Rule::kw_present) != has(&part, Rule::not);
                    Expr { span, kind: ExprKind::Present(Box::new(left), present) }
                }
                other => unreachable_rule(other),
            };
        }
        left
    }

    pub(super) fn compare(&mut self, node: &Node<'_>) -> Comparison {
        let span = self.span(node);
        let written = node.as_str().trim_end();
        let (sign, right) = match written {
            "=" => (Comparison::Equal, "="),
            "==" => (Comparison::Equal, "="),
            "!=" | "<>" | "≠" => (Comparison::Unequal, "!="),
            "<" => (Comparison::Less, "<"),
            "<=" | "≤" | "=<" => (Comparison::AtMost, "<="),
            ">" => (Comparison::More, ">"),
            _ => (Comparison::AtLeast, ">="),
        };
        if written != right {
            self.correct(Code::DoubledEquals, span, format!("`{written}` is written `{right}` here"), right);
        }
        sign
    }

    fn sum(&mut self, node: Node<'_>) -> Expr {
        self.chain(node, Rule::add_op, Self::product)
    }

    fn product(&mut self, node: Node<'_>) -> Expr {
        self.chain(node, Rule::mul_op, Self::signed)
    }

    fn chain<'i>(&mut self, node: Node<'i>, operator: Rule, mut one: impl FnMut(&mut Self, Node<'i>) -> Expr) -> Expr {
        let mut parts = Parts::of(node);
        let mut left = one(self, parts.next().expect("a chain has a first link"));
        while let Some(sign) = parts.take(operator) {
            let sign = match sign.as_str().trim() {
                "+" => Operator::Add,
                "-" | "−" => Operator::Subtract,
                "/" => Operator::Divide,
                _ => Operator::Multiply,
            };
            let right = one(self, parts.next().expect("an operator has a right side"));
            let span = left.span.to(right.span);
            left = Expr { span, kind: ExprKind::Arithmetic(Box::new(left), sign, Box::new(right)) };
        }
        left
    }

    fn signed(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let minuses = parts.all(Rule::minus).len();
        let inner = self.primary(parts.need(Rule::primary));
        if minuses % 2 == 1 { Expr { span, kind: ExprKind::Negative(Box::new(inner)) } } else { inner }
    }

    fn primary(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let inner = Parts::of(node).next().expect("a primary holds something");
        let kind = match inner.as_rule() {
            Rule::expr => return Expr { span, ..self.expr(inner) },
            Rule::name => ExprKind::Name(self.name(inner)),
            Rule::path => {
                let mut parts = Parts::of(inner);
                ExprKind::Path(self.name(parts.need(Rule::name)), self.name(parts.need(Rule::name)))
            }
            Rule::row_value => {
                let mut parts = Parts::of(inner);
                let table = self.name(parts.need(Rule::name));
                let keys = parts.all(Rule::string).into_iter().map(|n| self.text(n)).collect();
                ExprKind::Row(table, keys, self.name(parts.need(Rule::name)))
            }
            Rule::during => ExprKind::During(self.name(Parts::of(inner).need(Rule::name))),
            Rule::call => {
                let mut parts = Parts::of(inner);
                let name = parts.next().expect("a call has a name");
                let name = self.name(name);
                let arguments = parts.all(Rule::argument).into_iter().map(|n| self.argument(n)).collect();
                ExprKind::Call(name, arguments)
            }
            _ => ExprKind::Literal(self.literal(inner)),
        };
        Expr { span, kind }
    }

    fn argument(&mut self, node: Node<'_>) -> Argument {
        let mut parts = Parts::of(node);
        let value = self.expr(parts.need(Rule::expr));
        let except = match parts.take(Rule::except) {
            Some(node) => self.joined(node, Rule::or, "or", Self::name),
            None => Vec::new(),
        };
        let on = parts.take(Rule::on_calendar).map(|n| self.name(Parts::of(n).need(Rule::name)));
        let per = parts.take(Rule::per_bucket).map(|n| self.duration(Parts::of(n).need(Rule::duration)));
        Argument { value, except, on, per }
    }

    pub(super) fn pattern(&mut self, node: Node<'_>) -> Pattern {
        let span = self.span(&node);
        let any = self.joined(node, Rule::or, "or", |b, all| b.joined(all, Rule::and, "and", Self::counted));
        Pattern { span, any }
    }

    fn counted(&mut self, node: Node<'_>) -> Counted {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let count = parts.take(Rule::count).map(|n| self.integer(Parts::of(n).need(Rule::integer)));
        let happening = self.happening(parts.need(Rule::happening));
        let mut counted = Counted { span, count, happening, across: None, spaced: None, last: None, during: None };
        while let Some(part) = parts.next() {
            let place = self.span(&part);
            let twice = match part.as_rule() {
                Rule::across => {
                    let mut parts = Parts::of(part);
                    let across = (self.integer(parts.need(Rule::integer)), self.name(parts.need(Rule::name)));
                    counted.across.replace(across).is_some()
                }
                Rule::spaced => counted.spaced.replace(self.duration(Parts::of(part).need(Rule::duration))).is_some(),
                Rule::in_last => {
                    let inner = Parts::of(part).next().expect("a look-back has a length");
                    let last = match inner.as_rule() {
                        Rule::duration => Lookback::Real(self.duration(inner)),
                        _ => Lookback::Calendar(self.calendar_span(inner)),
                    };
                    counted.last.replace(last).is_some()
                }
                Rule::while_state => counted.during.replace(self.name(Parts::of(part).need(Rule::name))).is_some(),
                other => unreachable_rule(other),
            };
            if twice {
                self.say(Code::DuplicateClause, place, "this is said twice of the same event");
            }
        }
        counted
    }

    fn happening(&mut self, node: Node<'_>) -> Happening {
        let inner = Parts::of(node).next().expect("something happens");
        match inner.as_rule() {
            Rule::change => {
                let entering = has(&inner, Rule::kw_entering);
                let state = self.name(Parts::of(inner).need(Rule::name));
                if entering { Happening::Entering(state) } else { Happening::Leaving(state) }
            }
            _ => Happening::Event(self.event_ref(inner)),
        }
    }

    pub(super) fn event_ref(&mut self, node: Node<'_>) -> EventRef {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let condition = parts.take(Rule::expr).map(|n| self.expr(n));
        EventRef { span, name, condition }
    }
}

use crate::source::Span;

impl Span {
    fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The right side of a comparison, which a chained one goes on from.
fn middle(compared: &Expr) -> Span {
    match &compared.kind {
        ExprKind::Compare(_, _, right) => right.span,
        _ => compared.span,
    }
}

fn one_or(mut operands: Vec<Expr>, many: impl FnOnce(Vec<Expr>) -> Expr) -> Expr {
    if operands.len() == 1 { operands.remove(0) } else { many(operands) }
}
