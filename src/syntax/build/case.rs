//! Events, fields and kinds of cases.

use super::grammar::has;
use super::{Builder, Node, Parts, Rule, unreachable_rule};
use crate::ast::{Case, CaseClause, Event, Field, FieldType, Score, ScoreBy, ScoreRule, Stage, State, StateWhen, Table, Tier};
use crate::quantity::Exact;

impl Builder<'_> {
    pub(super) fn event(&mut self, node: Node<'_>) -> Event {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let fields = match parts.next() {
            Some(list) => self.body(list, Rule::broken_in_event, Rule::only_event, |b, n| Some(b.field(n))),
            None => Vec::new(),
        };
        Event { span, doc, name, title, fields }
    }

    pub(super) fn table(&mut self, node: Node<'_>) -> Table {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let file = self.text(parts.need(Rule::string));
        let keys = self.names(parts.need(Rule::group_by));
        let fields = self.body(parts.need(Rule::field_list), Rule::broken_in_event, Rule::only_event, |b, n| Some(b.field(n)));
        Table { span, doc, name, title, file, keys, fields }
    }

    fn field(&mut self, node: Node<'_>) -> Field {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = parts.next().expect("a field has a name");
        let name = self.name_or_text(name);
        let ty = Parts::of(parts.need(Rule::field_type)).next().expect("a type is one of two");
        let ty = match ty.as_rule() {
            Rule::members => {
                let members = Parts::of(ty).all_nodes();
                let members = members.into_iter().map(|m| Parts::of(m).next().expect("a member is a word or a text"));
                FieldType::Members(members.map(|m| self.name_or_text(m)).collect())
            }
            _ => match ty.as_str().trim() {
                "text" => FieldType::Text,
                "number" => FieldType::Number,
                "money" => FieldType::Money,
                "bool" => FieldType::Bool,
                "duration" => FieldType::Duration,
                "date" => FieldType::Date,
                _ => FieldType::Time,
            },
        };
        let optional = parts.take(Rule::optional).is_some();
        Field { span, doc, name, ty, optional }
    }

    pub(super) fn case(&mut self, node: Node<'_>) -> Case {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let clauses = self.body(parts.need(Rule::case_body), Rule::broken_in_case, Rule::only_case, Self::case_clause);
        Case { span, doc, name, title, clauses }
    }

    fn case_clause(&mut self, node: Node<'_>) -> Option<CaseClause> {
        let span = self.span(&node);
        Some(match node.as_rule() {
            Rule::field => CaseClause::Field(self.field(node)),
            Rule::event => CaseClause::Event(self.event(node)),
            Rule::state => CaseClause::State(self.state(node)),
            Rule::tier => CaseClause::Tier(self.tier(node)),
            Rule::tier_from => CaseClause::TierFrom(self.name(Parts::of(node).need(Rule::name)), span),
            Rule::score => CaseClause::Score(self.score(node)),
            Rule::stage => {
                let mut parts = Parts::of(node);
                let name = self.name(parts.need(Rule::name));
                let title = self.title(&mut parts);
                CaseClause::Stage(Stage { span, name, title, on: self.pattern(parts.need(Rule::pattern)) })
            }
            other => unreachable_rule(other),
        })
    }

    fn state(&mut self, node: Node<'_>) -> State {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let when = parts.next().expect("a state has a when");
        let when = match when.as_rule() {
            Rule::state_between => {
                let mut parts = Parts::of(when);
                StateWhen::Between(self.pattern(parts.need(Rule::pattern)), self.pattern(parts.need(Rule::pattern)))
            }
            _ => StateWhen::Holds(self.expr(Parts::of(when).need(Rule::expr))),
        };
        State { span, doc, name, title, when }
    }

    fn tier(&mut self, node: Node<'_>) -> Tier {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let when = parts.take(Rule::expr).map(|n| self.expr(n));
        Tier { span, doc, name, title, when }
    }

    fn score(&mut self, node: Node<'_>) -> Score {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let rules = self.body(parts.need(Rule::score_body), Rule::broken_in_score, Rule::only_score, |b, n| Some(b.score_rule(n)));
        Score { span, name, title, rules }
    }

    fn score_rule(&mut self, node: Node<'_>) -> ScoreRule {
        let span = self.span(&node);
        let takes = has(&node, Rule::take);
        let mut parts = Parts::of(node);
        parts.next();
        let points = self.number(parts.need(Rule::number));
        let by = parts.next().expect("points are earned by something");
        let by = match by.as_rule() {
            Rule::expr => ScoreBy::When(self.expr(by)),
            _ => ScoreBy::On(self.pattern(by)),
        };
        let at_most = parts.take(Rule::at_most).map(|n| self.number(Parts::of(n).need(Rule::number)));
        ScoreRule { span, points: if takes { points.neg() } else { points }, by, at_most }
    }

    fn number(&mut self, node: Node<'_>) -> Exact {
        match self.literal(node) {
            crate::ast::Literal::Number(n) => n,
            other => unreachable!("the grammar puts a number here, not {other:?}"),
        }
    }
}
