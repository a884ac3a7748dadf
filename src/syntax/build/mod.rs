//! Pairs of the grammar to the tree. What the grammar lets through and the language does not is a finding here.

mod agreement;
mod calendar;
mod case;
mod expr;
mod literal;
mod source;
mod test;

use super::broken::{self, Broken};
use super::grammar::{self, Node, Parts, Rule};
use crate::ast::{self, Count, Name, Text};
use crate::diagnostic::{Code, Finding};
use crate::source::{FileId, Span};

/// What every function here needs: the text, which file it is, and where findings go.
struct Builder<'t> {
    text: &'t str,
    file: FileId,
    findings: &'t mut Vec<Finding>,
    half_read: Vec<String>,
}

pub(super) fn file(text: &str, file: FileId, findings: &mut Vec<Finding>) -> ast::File {
    let mut builder = Builder { text, file, findings, half_read: Vec::new() };
    match grammar::read(Rule::file, text) {
        Ok(node) => builder.file(node),
        // `file` takes any text, so this is a text at which even the safety net stops.
        Err(stop) => {
            let at = stop.at.min(text.len());
            let broken = Broken { text, file, from: 0, start: at, end: text.len(), only: Rule::only_file };
            let finding = broken::finding(&broken);
            builder.findings.push(finding);
            ast::File::default()
        }
    }
}

/// One value; a finding where there is none.
pub(super) fn value(text: &str, file: FileId, findings: &mut Vec<Finding>) -> Option<ast::Expr> {
    let mut builder = Builder { text, file, findings, half_read: Vec::new() };
    match grammar::read(Rule::only_value, text) {
        Ok(node) => Some(builder.expr(Parts::of(node).need(Rule::expr))),
        Err(_) => {
            let span = Span::new(file, 0, text.len());
            builder.near_miss(
                Code::Syntax,
                span,
                "this is no value",
                "write a number, a percentage, an amount or a duration: `3%`, `12_000 USD`, `4h`",
            );
            None
        }
    }
}

impl Builder<'_> {
    fn file(&mut self, node: Node<'_>) -> ast::File {
        let nodes: Vec<Node<'_>> = Parts::of(node).all_nodes();
        let items = self.clauses(nodes, Rule::broken_item, Rule::only_file, |b, node| {
            Some(match node.as_rule() {
                Rule::import => ast::Item::Import(b.text(Parts::of(node).need(Rule::string))),
                Rule::party => ast::Item::Party(b.party(node)),
                Rule::calendar => ast::Item::Calendar(b.calendar(node)),
                Rule::event => ast::Item::Event(b.event(node)),
                Rule::table => ast::Item::Table(b.table(node)),
                Rule::case => ast::Item::Case(b.case(node)),
                Rule::agreement => ast::Item::Agreement(b.agreement(node)),
                Rule::test => ast::Item::Test(b.test(node)),
                Rule::source => ast::Item::Source(b.source(node)),
                other => unreachable_rule(other),
            })
        });
        let whole = !self.findings.iter().any(Finding::is_error);
        ast::File { items, half_read: std::mem::take(&mut self.half_read), whole, beside: Vec::new(), allows: Vec::new() }
    }

    /// The clauses of a body; what a safety net caught becomes a finding.
    fn clauses<'i, T>(
        &mut self,
        nodes: Vec<Node<'i>>,
        net: Rule,
        only: Rule,
        mut one: impl FnMut(&mut Self, Node<'i>) -> Option<T>,
    ) -> Vec<T> {
        let mut clauses = Vec::new();
        let mut before = None;
        for node in nodes {
            let place = node.as_span();
            if node.as_rule() == net {
                let from = before.take().unwrap_or(place.start());
                let broken = Broken { text: self.text, file: self.file, from, start: place.start(), end: place.end(), only };
                self.half_read.extend(declared(place.as_str()));
                self.findings.push(broken::finding(&broken));
            } else {
                before = Some(place.start());
                clauses.extend(one(self, node));
            }
        }
        clauses
    }

    /// The same for the body node of a block.
    fn body<'i, T>(&mut self, body: Node<'i>, net: Rule, only: Rule, one: impl FnMut(&mut Self, Node<'i>) -> Option<T>) -> Vec<T> {
        self.clauses(Parts::of(body).all_nodes(), net, only, one)
    }

    fn span(&self, node: &Node<'_>) -> Span {
        let place = node.as_span();
        let said = place.as_str().trim_end();
        Span::new(self.file, place.start(), place.start() + said.len())
    }

    fn say(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Finding {
        self.findings.push(Finding::new(code, span, message));
        self.findings.last_mut().expect("one was just pushed")
    }

    fn near_miss(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.say(code, span, message).help = Some(help.into());
    }

    /// Something that is said otherwise in this language.
    fn correct(&mut self, code: Code, span: Span, message: impl Into<String>, right: impl Into<String>) {
        let finding = Finding::new(code, span, message).fix(right);
        self.findings.push(finding);
    }

    /// The lines of `///` right above a node.
    fn doc(&self, node: &Node<'_>) -> Option<String> {
        let above = &self.text[..node.as_span().start()];
        let line = above.rfind('\n').map_or(0, |n| n + 1);
        let mut lines: Vec<&str> = Vec::new();
        for text in above[..line].lines().rev() {
            match text.trim().strip_prefix("///") {
                Some(doc) => lines.push(doc.strip_prefix(' ').unwrap_or(doc)),
                None => break,
            }
        }
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn name(&mut self, node: Node<'_>) -> Name {
        Name { text: node.as_str().to_string(), span: self.span(&node) }
    }

    /// A name, or a member in quotes.
    fn name_or_text(&mut self, node: Node<'_>) -> Name {
        if node.as_rule() == Rule::string {
            let text = self.text(node);
            return Name { text: text.text, span: text.span };
        }
        self.name(node)
    }

    fn text(&mut self, node: Node<'_>) -> Text {
        let span = self.span(&node);
        let node = if node.as_rule() == Rule::title { Parts::of(node).need(Rule::string) } else { node };
        let inner = Parts::of(node).next().expect("a text is quoted one way or the other");
        let raw = inner.as_str();
        if inner.as_rule() == Rule::near_quoted {
            let said: String = raw.chars().skip(1).take(raw.chars().count().saturating_sub(2)).collect();
            self.correct(Code::CurlyQuotes, span, "this text stands in typographic quotes", format!("\"{said}\""));
            return Text { text: said, span };
        }
        let inside = &raw[1..raw.len() - 1];
        let mut text = String::with_capacity(inside.len());
        let mut letters = inside.chars();
        while let Some(c) = letters.next() {
            match c {
                '\\' => match letters.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(other) => text.push(other),
                    None => {}
                },
                c => text.push(c),
            }
        }
        Text { text, span }
    }

    fn title(&mut self, parts: &mut Parts<'_>) -> Option<Text> {
        parts.take(Rule::title).map(|t| self.text(t))
    }

    fn integer(&mut self, node: Node<'_>) -> Count {
        let span = self.span(&node);
        let value = node.as_str().replace('_', "").parse();
        if value.is_err() {
            self.say(Code::OutOfRange, span, format!("`{}` is too large", node.as_str().trim()));
        }
        Count { value: value.unwrap_or(0), span }
    }

    fn party(&mut self, node: Node<'_>) -> ast::Party {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let contacts = match parts.next() {
            Some(body) => self.body(body, Rule::broken_in_party, Rule::only_party, |b, n| Some(b.text(Parts::of(n).need(Rule::string)))),
            None => Vec::new(),
        };
        ast::Party { span, doc, name, title, contacts }
    }
}

/// The name that a clause of this text most likely declares: `score` of `score: nmber`, `A` of `tier A wen …`.
fn declared(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty());
    let first = words.next()?;
    let is_field = text.split_once(first).is_some_and(|(_, rest)| rest.trim_start().starts_with(':'));
    if is_field { Some(first.to_string()) } else { words.next().map(str::to_string) }
}

impl<'i> Parts<'i> {
    /// All that is left.
    fn all_nodes(mut self) -> Vec<Node<'i>> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

/// A rule that the grammar does not put where it was met: a mistake in this module, not in a text.
fn unreachable_rule(rule: Rule) -> ! {
    unreachable!("the grammar puts no {rule:?} here")
}
