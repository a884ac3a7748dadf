//! The parser that is made of `grammar/`, and a reader over its pairs.

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;
use std::collections::VecDeque;
use std::sync::OnceLock;

pub(super) use sla_grammar::Rule;
pub(super) type Node<'i> = Pair<'i, Rule>;

/// How far a reader came, and what it would have wanted there.
pub(super) struct Stop {
    pub(super) at: usize,
    pub(super) wanted: Vec<Rule>,
}

/// Parses a text by a rule.
pub(super) fn read(rule: Rule, text: &str) -> Result<Node<'_>, Stop> {
    sla_grammar::SlaParser::parse(rule, text).map(|mut pairs| pairs.next().expect("a rule gives one pair")).map_err(|e| {
        let at = match e.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        let wanted = match e.variant {
            ErrorVariant::ParsingError { positives, .. } => positives,
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        Stop { at, wanted }
    })
}

/// Keywords and punctuation carry nothing once the rule around them is known.
fn is_filler(rule: Rule) -> bool {
    static FILLER: OnceLock<Vec<bool>> = OnceLock::new();
    let filler = FILLER.get_or_init(|| {
        let punctuation = ["lbrace", "rbrace", "lparen", "rparen", "comma", "equals", "colon", "bar", "dot", "near_equals"];
        let rules = Rule::all_rules();
        let mut filler = vec![false; rules.len() + 1];
        for rule in rules {
            let name = format!("{rule:?}");
            filler[*rule as usize] = name.starts_with("kw_") || punctuation.contains(&name.as_str());
        }
        filler[Rule::EOI as usize] = true;
        filler
    });
    filler[rule as usize]
}

/// Whether a keyword stands directly in a node.
pub(super) fn has(node: &Node<'_>, keyword: Rule) -> bool {
    node.clone().into_inner().any(|n| n.as_rule() == keyword)
}

/// The children of a node, without keywords and punctuation.
pub(super) struct Parts<'i>(VecDeque<Node<'i>>);

impl<'i> Parts<'i> {
    pub(super) fn of(node: Node<'i>) -> Parts<'i> {
        Parts(node.into_inner().filter(|n| !is_filler(n.as_rule())).collect())
    }

    /// The next one.
    pub(super) fn next(&mut self) -> Option<Node<'i>> {
        self.0.pop_front()
    }

    /// The next one, if it is this.
    pub(super) fn take(&mut self, rule: Rule) -> Option<Node<'i>> {
        if self.0.front()?.as_rule() == rule { self.0.pop_front() } else { None }
    }

    /// The next one, which the grammar says is this.
    pub(super) fn need(&mut self, rule: Rule) -> Node<'i> {
        self.take(rule).unwrap_or_else(|| panic!("the grammar puts {rule:?} here, not {:?}", self.0.front().map(|n| n.as_rule())))
    }

    /// All that follow and are this.
    pub(super) fn all(&mut self, rule: Rule) -> Vec<Node<'i>> {
        std::iter::from_fn(|| self.take(rule)).collect()
    }
}
