//! Patterns on events.

use crate::ast::{self, Happening};
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding};
use crate::id::FieldId;
use crate::model::{Atom, Lookback, Pattern, Trigger};
use crate::time::{Duration, Unit};

impl Checker {
    pub(super) fn pattern(&mut self, pattern: &ast::Pattern, scope: Scope) -> Option<Pattern> {
        let any: Vec<Option<Vec<Atom>>> =
            pattern.any.iter().map(|all| all.iter().map(|c| self.atom(c, scope)).collect::<Vec<_>>().into_iter().collect()).collect();
        Some(Pattern { span: pattern.span, any: any.into_iter().collect::<Option<_>>()? })
    }

    /// One event, perhaps under a condition.
    pub(super) fn event_pattern(&mut self, event: &ast::EventRef, scope: Scope) -> Option<Pattern> {
        let happening = Happening::Event(event.clone());
        let counted = ast::Counted { span: event.span, count: None, happening, across: None, spaced: None, last: None, during: None };
        self.pattern(&ast::Pattern { span: event.span, any: vec![vec![counted]] }, scope)
    }

    fn atom(&mut self, counted: &ast::Counted, scope: Scope) -> Option<Atom> {
        let (on, condition, inner) = self.trigger(&counted.happening, scope)?;
        let count = match counted.count {
            Some(n) if n.value == 0 => {
                self.say(Finding::new(Code::OutOfRange, n.span, "nothing is counted zero times").help("write `1` or leave the number out"));
                return None;
            }
            Some(n) => n.value,
            None => 1,
        };
        let across = match &counted.across {
            Some((n, field)) => Some((n.value, self.field(field, inner)?)),
            None => None,
        };
        let during = match &counted.during {
            Some(state) => Some(self.state(state, scope)?),
            None => None,
        };
        if let Some(spaced) = counted.spaced.filter(|s| s.value <= Duration::ZERO) {
            self.say(Finding::new(Code::EmptyTarget, spaced.span, "this gap has no length"));
        }
        let last = counted.last.map(|last| match last {
            ast::Lookback::Real(d) => Lookback::Real(d.value),
            ast::Lookback::Calendar(span) => match span.unit {
                Unit::Week => Lookback::Calendar(span.count.value.saturating_mul(7), Unit::Day),
                unit => Lookback::Calendar(span.count.value, unit),
            },
        });
        let spaced = counted.spaced.map(|s| s.value);
        Some(Atom { span: counted.span, on, condition, count, across, spaced, last, during })
    }

    /// What happens, under which condition, and the scope of the event's own fields.
    pub(super) fn trigger(&mut self, happening: &Happening, scope: Scope) -> Option<(Trigger, Option<crate::model::Condition>, Scope)> {
        match happening {
            Happening::Event(event) => {
                let id = self.event(&event.name, scope)?;
                let case = self.model.events[id].case;
                let inner = Scope { event: Some(id), case, ..scope };
                let condition = match &event.condition {
                    Some(condition) => Some(self.condition(condition, inner)?),
                    None => None,
                };
                Some((Trigger::Event(id), condition, inner))
            }
            Happening::Entering(state) => Some((Trigger::Entering(self.state(state, scope)?), None, scope)),
            Happening::Leaving(state) => Some((Trigger::Leaving(self.state(state, scope)?), None, scope)),
        }
    }

    /// The one kind of case that a written pattern is about, found by the names of its events and states; nothing for
    /// events of the top level.
    pub(super) fn case_of_pattern(&mut self, pattern: &ast::Pattern) -> Option<crate::id::CaseId> {
        let words = pattern.any.iter().flatten().map(|c| match &c.happening {
            Happening::Event(event) => (&event.name, false),
            Happening::Entering(state) | Happening::Leaving(state) => (state, true),
        });
        let words: Vec<_> = words.collect();
        // The kinds of case that know every word; where several do, the spec must say more.
        let knows = |case: &crate::model::Case, name: &str, state: bool| {
            if state {
                case.states.iter().any(|s| self.model.states[*s].name == name)
            } else {
                case.events.iter().any(|e| self.model.events[*e].name == name)
            }
        };
        let of_case = |case: &crate::model::Case| words.iter().filter(|(n, state)| knows(case, &n.text, *state)).count();
        let best = self.model.cases.enumerate().map(|(id, c)| (of_case(c), id)).filter(|(n, _)| *n > 0);
        best.max_by_key(|(n, id)| (*n, std::cmp::Reverse(*id))).map(|(_, id)| id)
    }

    /// Every field that a name can mean among the events of a pattern.
    pub(super) fn fields_of_pattern(&self, pattern: &Pattern, name: &str) -> Vec<FieldId> {
        let mut fields = Vec::new();
        for atom in pattern.any.iter().flatten() {
            let scope = match atom.on {
                Trigger::Event(event) => Scope { event: Some(event), case: self.model.events[event].case, agreement: None },
                Trigger::Entering(state) | Trigger::Leaving(state) => {
                    Scope { case: Some(self.model.states[state].case), ..Scope::default() }
                }
            };
            fields.extend(self.find_field(name, scope).filter(|f| !fields.contains(f)));
        }
        fields
    }
}
