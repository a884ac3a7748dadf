//! Sources.

use super::{Builder, Node, Parts, Rule, unreachable_rule};
use crate::ast::{Clause, EventMapping, FieldMapping, Source, SourceClause, Text, TimeForm};

impl Builder<'_> {
    pub(super) fn source(&mut self, node: Node<'_>) -> Source {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        self.title(&mut parts);
        let body = parts.need(Rule::source_body);
        let clauses = self.body(body, Rule::broken_in_source, Rule::only_source, |b, n| Some(b.source_clause(n)));
        Source { span, name, clauses }
    }

    fn source_clause(&mut self, node: Node<'_>) -> Clause<SourceClause> {
        let (span, rule) = (self.span(&node), node.as_rule());
        let mut parts = Parts::of(node);
        let kind = match rule {
            Rule::source_case => SourceClause::Case(self.name(parts.need(Rule::name)), self.text(parts.need(Rule::string))),
            Rule::source_time => SourceClause::Time(self.text(parts.need(Rule::string)), self.time_form(&mut parts)),
            Rule::source_milestone => {
                let event = self.name(parts.need(Rule::name));
                SourceClause::Milestone(event, self.text(parts.need(Rule::string)), self.time_form(&mut parts))
            }
            Rule::source_event => {
                let columns = self.texts(&mut parts);
                let mappings = match parts.take(Rule::mapping_body) {
                    Some(body) => self.body(body, Rule::broken_in_mapping, Rule::only_mapping, |b, n| Some(b.event_mapping(n))),
                    None => Vec::new(),
                };
                SourceClause::Event(columns, mappings)
            }
            Rule::source_field => {
                let field = parts.next().expect("a field is named");
                let field = self.name_or_text(field);
                let column = self.text(parts.need(Rule::string));
                let form = self.time_form(&mut parts);
                let values = parts.all(Rule::value_mapping).into_iter().map(|n| {
                    let mut parts = Parts::of(n);
                    (self.text(parts.need(Rule::string)), self.value(parts.need(Rule::value)))
                });
                SourceClause::Field(FieldMapping { field, column, form, values: values.collect() })
            }
            Rule::source_ignore => SourceClause::Ignore(self.texts(&mut parts)),
            Rule::source_missing => SourceClause::Missing(self.texts(&mut parts)),
            Rule::source_id => SourceClause::Id(self.text(parts.need(Rule::string))),
            Rule::zone => SourceClause::Zone(self.text(parts.need(Rule::string))),
            Rule::source_format => SourceClause::Format(self.text(parts.need(Rule::string))),
            Rule::source_encoding => SourceClause::Encoding(self.text(parts.need(Rule::string))),
            Rule::source_delimiter => SourceClause::Delimiter(self.text(parts.need(Rule::string))),
            Rule::source_clears => SourceClause::EmptyClears,
            other => unreachable_rule(other),
        };
        Clause { span, kind }
    }

    fn texts(&mut self, parts: &mut Parts<'_>) -> Vec<Text> {
        parts.all(Rule::string).into_iter().map(|n| self.text(n)).collect()
    }

    fn time_form(&mut self, parts: &mut Parts<'_>) -> TimeForm {
        let mut form = TimeForm::default();
        while let Some((node, zone)) =
            parts.take(Rule::source_format).map(|n| (n, false)).or_else(|| parts.take(Rule::zone).map(|n| (n, true)))
        {
            let text = self.text(Parts::of(node).need(Rule::string));
            if zone { form.zone = Some(text) } else { form.format = Some(text) }
        }
        form
    }

    fn event_mapping(&mut self, node: Node<'_>) -> EventMapping {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let words = self.texts(&mut parts);
        let (event, fields) = self.happened(parts.need(Rule::happened));
        EventMapping { span, words, event, fields }
    }
}
