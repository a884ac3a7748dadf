//! Looking names up, by kind.

use crate::ast::Name;
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding};
use crate::id::{CalendarId, CaseId, EventId, FieldId, Id, PartyId, StateId, TierId};

/// Of more names that are not known no near one is looked for: what is wrong is something else than their spelling.
const MOST_SUGGESTIONS: usize = 200;

impl Checker {
    /// What a name is the name of, other than what was wanted; for the help of a finding.
    fn other_kind(&self, name: &str, scope: Scope) -> Option<&'static str> {
        if let Some(case) = scope.case.map(|c| &self.model.cases[c]) {
            if case.fields.iter().any(|f| self.model.fields[*f].name == name) {
                return Some("a field");
            }
            if case.events.iter().any(|e| self.model.events[*e].name == name) {
                return Some("an event");
            }
            if case.states.iter().any(|s| self.model.states[*s].name == name) {
                return Some("a state");
            }
            if case.tiers.iter().any(|t| self.model.tiers[*t].name == name) {
                return Some("a tier");
            }
        }
        if self.events.contains_key(name) {
            return Some("an event");
        }
        if self.calendars.contains_key(name) {
            return Some("a calendar");
        }
        if self.parties.contains_key(name) {
            return Some("a party");
        }
        self.cases.contains_key(name).then_some("a kind of case")
    }

    /// Says that a name is not known as what it should be.
    pub(super) fn unknown(&mut self, name: &Name, kind: &str, known: &[String], scope: Scope) {
        if self.poisoned.contains(&name.text) {
            return;
        }
        if let Some(other) = self.other_kind(&name.text, scope) {
            let mut finding = Finding::new(Code::WrongKind, name.span, format!("`{}` is {other}, not {kind}", name.text));
            finding = finding.did_you_mean(&name.text, known.iter().map(String::as_str));
            if finding.help.is_none() && !known.is_empty() && known.len() <= 12 {
                finding = finding.help(format!("declared are {}", list(known)));
            }
            return self.say(finding);
        }
        let mut finding = Finding::new(Code::UnknownName, name.span, format!("there is no {} `{}`", bare(kind), name.text));
        self.unknown_names += 1;
        if self.unknown_names > MOST_SUGGESTIONS {
            return self.say(finding.help(format!("declare {kind} `{}` first", name.text)));
        }
        finding = finding.did_you_mean(&name.text, known.iter().map(String::as_str));
        if finding.help.is_none() && !known.is_empty() && known.len() <= 12 {
            finding = finding.help(format!("declared are {}", list(known)));
        } else if finding.help.is_none() {
            finding = finding.help(format!("declare {kind} `{}` first", name.text));
        }
        self.say(finding);
    }

    pub(super) fn party(&mut self, name: &Name) -> Option<PartyId> {
        self.found(self.parties.get(&name.text).copied(), name, "a party", |c| c.parties.keys().cloned().collect(), Scope::default())
    }

    pub(super) fn calendar(&mut self, name: &Name) -> Option<CalendarId> {
        let id = self.calendars.get(&name.text).copied();
        self.used.calendars.extend(id);
        self.found(id, name, "a calendar", |c| c.calendars.keys().cloned().collect(), Scope::default())
    }

    pub(super) fn case(&mut self, name: &Name) -> Option<CaseId> {
        self.found(self.cases.get(&name.text).copied(), name, "a kind of case", |c| c.cases.keys().cloned().collect(), Scope::default())
    }

    fn found<I>(&mut self, id: Option<I>, name: &Name, kind: &str, known: impl Fn(&Self) -> Vec<String>, scope: Scope) -> Option<I> {
        if id.is_none() {
            let mut known = known(self);
            known.sort();
            self.unknown(name, kind, &known, scope);
        }
        id
    }

    /// An event of the scope's case, else of the top level.
    pub(super) fn event(&mut self, name: &Name, scope: Scope) -> Option<EventId> {
        let of_case = |c: &Self| scope.case.map(|id| c.model.cases[id].events.clone()).unwrap_or_default();
        let own = of_case(self).into_iter().find(|e| self.model.events[*e].name == name.text);
        let id = own.or_else(|| self.events.get(&name.text).copied());
        let known = |c: &Self| match scope.case {
            Some(_) => of_case(c).iter().map(|e| c.model.events[*e].name.clone()).chain(c.events.keys().cloned()).collect(),
            None => c.model.events.iter().map(|e| e.name.clone()).collect(),
        };
        self.found(id, name, "an event", known, scope)
    }

    pub(super) fn state(&mut self, name: &Name, scope: Scope) -> Option<StateId> {
        let states = scope.case.map(|c| self.model.cases[c].states.clone()).unwrap_or_default();
        let id = states.iter().copied().find(|s| self.model.states[*s].name == name.text);
        self.used.states.extend(id);
        self.found(id, name, "a state", |c| states.iter().map(|s| c.model.states[*s].name.clone()).collect(), scope)
    }

    /// A state of whatever kind of case has one of this name: of the preferred kind first.
    pub(super) fn state_of_any(&mut self, name: &Name, preferred: Option<CaseId>) -> Option<StateId> {
        let named: Vec<StateId> = self.model.states.enumerate().filter(|(_, s)| s.name == name.text).map(|(id, _)| id).collect();
        let own = named.iter().copied().find(|s| Some(self.model.states[*s].case) == preferred);
        if own.is_none() && named.len() > 1 {
            let kinds: Vec<String> = named.iter().map(|s| self.model.cases[self.model.states[*s].case].name.clone()).collect();
            let message = format!("`{}` is a state of several kinds of case: {}", name.text, list(&kinds));
            self.say(Finding::new(Code::WrongCase, name.span, message).help("give one of the states another name"));
            return None;
        }
        let id = own.or(named.first().copied());
        self.used.states.extend(id);
        self.found(id, name, "a state", |c| c.model.states.iter().map(|s| s.name.clone()).collect(), Scope::default())
    }

    pub(super) fn tier(&mut self, name: &Name, case: CaseId) -> Option<TierId> {
        let tiers = self.model.cases[case].tiers.clone();
        if tiers.is_empty() {
            let case = self.model.cases[case].name.clone();
            let finding = Finding::new(Code::NoTiers, name.span, format!("`{case}` has no tiers"));
            self.say(finding.help(format!("declare one in `case {case}`: `tier {} when …`", name.text)));
            return None;
        }
        let id = tiers.iter().copied().find(|t| self.model.tiers[*t].name == name.text);
        let known = |c: &Self| tiers.iter().map(|t| c.model.tiers[*t].name.clone()).collect();
        self.found(id, name, "a tier", known, Scope { case: Some(case), ..Scope::default() })
    }

    /// A field of the scope's event, else of its case; nothing, without a finding, where there is none.
    pub(super) fn find_field(&self, name: &str, scope: Scope) -> Option<FieldId> {
        let of_event = scope.event.map(|e| self.model.events[e].fields.as_slice()).unwrap_or_default();
        let of_case = scope.case.map(|c| self.model.cases[c].fields.as_slice()).unwrap_or_default();
        of_event.iter().chain(of_case).copied().find(|f| self.model.fields[*f].name == name)
    }

    pub(super) fn field(&mut self, name: &Name, scope: Scope) -> Option<FieldId> {
        let id = self.find_field(&name.text, scope);
        self.found(id, name, "a field", |c| c.field_names(scope), scope)
    }

    pub(super) fn field_names(&self, scope: Scope) -> Vec<String> {
        let of_event = scope.event.map(|e| self.model.events[e].fields.as_slice()).unwrap_or_default();
        let of_case = scope.case.map(|c| self.model.cases[c].fields.as_slice()).unwrap_or_default();
        of_event.iter().chain(of_case).map(|f| self.model.fields[*f].name.clone()).collect()
    }

    /// Says that a name is taken; the first declaration keeps it.
    pub(super) fn duplicate(&mut self, name: &Name, kind: &str, first: crate::source::Span) {
        let finding = Finding::new(Code::DuplicateName, name.span, format!("there are two {kind} `{}`", name.text));
        self.say(finding.here("declared again").also(first, "declared first").help("give one of them another name"));
    }

    /// Enters a name, unless it is taken.
    pub(super) fn enter<I: Id>(names: &mut HashMap<String, I>, name: &Name, id: I) -> Option<I> {
        match names.entry(name.text.clone()) {
            std::collections::hash_map::Entry::Occupied(taken) => Some(*taken.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(id);
                None
            }
        }
    }
}

use std::collections::HashMap;

fn bare(kind: &str) -> &str {
    kind.trim_start_matches("an ").trim_start_matches("a ")
}

fn list(names: &[String]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}
