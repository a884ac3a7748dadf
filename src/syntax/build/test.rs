//! Tests in the language.

use super::grammar::has;
use super::{Builder, Node, Parts, Rule, unreachable_rule};
use crate::ast::{
    Assignment, Detail, Expectation, ExpectationKind, Literal, Name, ObjectiveExpectation, Spanned, Test, TestCase, TestEvent, TestValue,
    TestValueKind, Text, VerdictExpectation,
};
use crate::diagnostic::Code;
use crate::quantity::{Currency, Exact};

enum Clause {
    AsOf(Spanned<chrono::NaiveDateTime>),
    Event(TestEvent),
    Case(TestCase),
    Expectation(Expectation),
}

enum Entry {
    Event(TestEvent),
    Field(Assignment),
}

impl Builder<'_> {
    pub(super) fn test(&mut self, node: Node<'_>) -> Test {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let title = self.text(parts.need(Rule::string));
        let agreement = parts.take(Rule::name).map(|n| self.name(n));
        let body = parts.need(Rule::test_body);
        let whole = !has(&body, Rule::broken_in_test);
        let clauses = self.body(body, Rule::broken_in_test, Rule::only_test, |b, n| Some(b.test_clause(n)));
        let mut test = Test { span, title, agreement, cases: Vec::new(), events: Vec::new(), as_of: None, expectations: Vec::new(), whole };
        for clause in clauses {
            match clause {
                Clause::AsOf(at) => {
                    if test.as_of.replace(at).is_some() {
                        self.say(Code::DuplicateClause, at.span, "a test has one `as of`");
                    }
                }
                Clause::Event(event) => test.events.push(event),
                Clause::Case(case) => test.cases.push(case),
                Clause::Expectation(expectation) => test.expectations.push(expectation),
            }
        }
        test
    }

    fn test_clause(&mut self, node: Node<'_>) -> Clause {
        let span = self.span(&node);
        match node.as_rule() {
            Rule::as_of => Clause::AsOf(Spanned { value: self.date_time(Parts::of(node).need(Rule::date_time)), span }),
            Rule::at_event => Clause::Event(self.at_event(node)),
            Rule::expectation => Clause::Expectation(self.expectation(node)),
            Rule::test_case => {
                let mut parts = Parts::of(node);
                let kind = self.name(parts.need(Rule::name));
                let key = self.text(parts.need(Rule::string));
                let mut case = TestCase { kind, key, fields: Vec::new(), events: Vec::new() };
                let body = parts.need(Rule::entry_body);
                for entry in self.body(body, Rule::broken_in_entry, Rule::only_entry, |b, n| Some(b.entry(n))) {
                    match entry {
                        Entry::Event(event) => case.events.push(event),
                        Entry::Field(field) => case.fields.push(field),
                    }
                }
                Clause::Case(case)
            }
            other => unreachable_rule(other),
        }
    }

    fn entry(&mut self, node: Node<'_>) -> Entry {
        match node.as_rule() {
            Rule::at_event => Entry::Event(self.at_event(node)),
            _ => Entry::Field(self.assignment(node)),
        }
    }

    fn at_event(&mut self, node: Node<'_>) -> TestEvent {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let at = self.date_time(parts.need(Rule::date_time));
        let event = parts.take(Rule::happened).map(|n| self.happened(n));
        let fields = parts.take(Rule::changes).map(Parts::of).map(Parts::all_nodes).unwrap_or_default();
        TestEvent { span, at, event, fields: fields.into_iter().map(|n| self.assignment(n)).collect() }
    }

    pub(super) fn happened(&mut self, node: Node<'_>) -> (Name, Vec<Assignment>) {
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        (name, parts.all(Rule::assignment).into_iter().map(|n| self.assignment(n)).collect())
    }

    fn assignment(&mut self, node: Node<'_>) -> Assignment {
        for miss in node.clone().into_inner().filter(|n| n.as_rule() == Rule::near_equals) {
            let span = self.span(&miss);
            self.correct(Code::DoubledEquals, span, format!("`{}` is written `=` here", miss.as_str().trim()), "=");
        }
        let mut parts = Parts::of(node);
        let field = parts.next().expect("an assignment has a field");
        Assignment { field: self.name_or_text(field), value: self.value(parts.need(Rule::value)) }
    }

    pub(super) fn value(&mut self, node: Node<'_>) -> TestValue {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let negative = parts.take(Rule::minus).is_some();
        let kind = match parts.next() {
            None => TestValueKind::Missing,
            Some(word) if word.as_rule() == Rule::name => TestValueKind::Word(word.as_str().to_string()),
            Some(literal) => TestValueKind::Literal(signed(self.literal(literal), negative)),
        };
        TestValue { span, kind }
    }

    fn expectation(&mut self, node: Node<'_>) -> Expectation {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        if let Some(owed) = parts.take(Rule::owed_expectation) {
            let of = Name { text: "owed".into(), span };
            let (amount, currency) = self.amount(Parts::of(owed).need(Rule::money));
            return Expectation { span, of, kind: ExpectationKind::Owed(amount, currency) };
        }
        let of = self.name(parts.need(Rule::name));
        let kind = match parts.take(Rule::objective_expectation) {
            Some(node) => ExpectationKind::Objective(self.objective_expectation(node)),
            None => ExpectationKind::Verdict(self.verdict_expectation(parts.need(Rule::verdict_expectation))),
        };
        Expectation { span, of, kind }
    }

    fn verdict_expectation(&mut self, node: Node<'_>) -> VerdictExpectation {
        let (mut case, mut seq, mut by, mut details) = (None, None, None, Vec::new());
        let mut verdict = None;
        let mut for_group = false;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::kw_by => for_group = true,
                Rule::kw_of => for_group = false,
                Rule::string if for_group => by = Some(self.text(part)),
                Rule::name => {
                    let name = self.name(part);
                    by = Some(Text { text: name.text, span: name.span });
                }
                Rule::string => case = Some(self.text(part)),
                Rule::integer => seq = Some(self.integer(part).value),
                Rule::verdict => verdict = Some(self.name(part)),
                Rule::verdict_detail => details.push(self.detail(part)),
                _ => {}
            }
        }
        VerdictExpectation { case, seq, by, verdict: verdict.expect("the grammar wants a verdict"), details }
    }

    fn detail(&mut self, node: Node<'_>) -> Spanned<Detail> {
        let span = self.span(&node);
        let inner = Parts::of(node).next().expect("a detail has a form");
        let rule = inner.as_rule();
        let value = Parts::of(inner).next().expect("a detail has a value");
        let value = match rule {
            Rule::detail_elapsed => Detail::Elapsed(self.duration(value).value),
            Rule::detail_late => Detail::Late(self.duration(value).value),
            Rule::detail_paused => Detail::Paused(self.duration(value).value),
            Rule::detail_due => Detail::Due(self.date_time(value)),
            Rule::detail_warned => Detail::Warned(self.date_time(value)),
            Rule::detail_tier => Detail::Tier(value.as_str().to_string()),
            Rule::detail_reason => Detail::Reason(self.text(value).text),
            Rule::detail_credit => {
                let (amount, currency) = self.amount(value);
                Detail::Credit(amount, currency)
            }
            Rule::detail_escalated => Detail::Escalated(self.date_time(value)),
            other => unreachable_rule(other),
        };
        Spanned { value, span }
    }

    fn objective_expectation(&mut self, node: Node<'_>) -> ObjectiveExpectation {
        let mut parts = Parts::of(node);
        let period = parts.need(Rule::period_label).as_str().to_string();
        let (mut by, mut outcome, mut value, mut credit, mut right) = (Vec::new(), None, None, None, None);
        while let Some(part) = parts.next() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::outcome => outcome = Some(self.name(part)),
                Rule::name => by.push(Text { text: part.as_str().to_string(), span }),
                Rule::string => by.push(self.text(part)),
                Rule::expected_value => {
                    let mut inner = Parts::of(part);
                    let negative = inner.take(Rule::minus).is_some();
                    let literal = inner.next().expect("a value has a literal");
                    let span = self.span(&literal);
                    value = Some(TestValue { span, kind: TestValueKind::Literal(signed(self.literal(literal), negative)) });
                }
                Rule::expected_credit => credit = Some(self.amount(Parts::of(part).need(Rule::money))),
                Rule::expected_right => right = Some(self.text(Parts::of(part).need(Rule::string)).text),
                other => unreachable_rule(other),
            }
        }
        ObjectiveExpectation { period, by, outcome: outcome.expect("the grammar wants an outcome"), value, credit, right }
    }

    fn amount(&mut self, node: Node<'_>) -> (Exact, Currency) {
        match self.literal(node) {
            Literal::Money(amount, currency) => (amount, currency),
            other => unreachable!("the grammar puts an amount here, not {other:?}"),
        }
    }
}

fn signed(literal: Literal, negative: bool) -> Literal {
    let sign = |n: Exact| if negative { n.neg() } else { n };
    match literal {
        Literal::Number(n) => Literal::Number(sign(n)),
        Literal::Percent(n) => Literal::Percent(sign(n)),
        Literal::Money(n, c) => Literal::Money(sign(n), c),
        other => other,
    }
}
