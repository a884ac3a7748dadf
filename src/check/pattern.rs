//! Patterns on events.

use crate::ast::{self, Happening};
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding};
use crate::id::{CaseId, FieldId};
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

    /// The kind of case that written words are about: the one that knows most of them. A finding where several know
    /// equally many; nothing where none knows any, as with events of the top level.
    pub(super) fn case_of_words(&mut self, words: &[Word<'_>]) -> Option<CaseId> {
        let knows = |case: &crate::model::Case, word: &Word<'_>| match word {
            Word::Event(name) => case.events.iter().any(|e| self.model.events[*e].name == name.text),
            Word::State(name) => case.states.iter().any(|s| self.model.states[*s].name == name.text),
            Word::Field(name) => case.fields.iter().any(|f| self.model.fields[*f].name == name.text),
        };
        let known: Vec<(usize, CaseId)> =
            self.model.cases.enumerate().map(|(id, c)| (words.iter().filter(|w| knows(c, w)).count(), id)).collect();
        let best = known.iter().map(|k| k.0).max().filter(|n| *n > 0)?;
        let fitting: Vec<CaseId> = known.iter().filter(|k| k.0 == best).map(|k| k.1).collect();
        if let [first, second, ..] = fitting.as_slice() {
            let name = words.iter().map(Word::name).next()?;
            let kinds = [*first, *second].map(|c| self.model.cases[c].name.clone());
            let message = format!("`{}` and the rest happen to a {} and to a {} alike", name.text, kinds[0], kinds[1]);
            let finding = Finding::new(Code::WrongCase, name.span, message);
            self.say(finding.help("give the events of one of them other names"));
        }
        fitting.first().copied()
    }

    /// The kind of case that a pattern is about.
    pub(super) fn case_of_pattern(&mut self, pattern: &ast::Pattern) -> Option<CaseId> {
        self.case_of_words(&words_of(pattern))
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

/// A word of a promise that some kind of case must know.
pub(super) enum Word<'a> {
    Event(&'a ast::Name),
    State(&'a ast::Name),
    Field(&'a ast::Name),
}

impl<'a> Word<'a> {
    fn name(&self) -> &'a ast::Name {
        match self {
            Word::Event(name) | Word::State(name) | Word::Field(name) => name,
        }
    }
}

/// The events and states of a pattern.
pub(super) fn words_of(pattern: &ast::Pattern) -> Vec<Word<'_>> {
    let atoms = pattern.any.iter().flatten();
    let words = atoms.flat_map(|atom| {
        let happening = match &atom.happening {
            Happening::Event(event) => Word::Event(&event.name),
            Happening::Entering(state) | Happening::Leaving(state) => Word::State(state),
        };
        std::iter::once(happening).chain(atom.during.as_ref().map(Word::State))
    });
    words.collect()
}
