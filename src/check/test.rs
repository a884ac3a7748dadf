//! Tests in the language: their names are looked up here, and run elsewhere.

use crate::ast::{self, Assignment, ExpectationKind, Item, Name};
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, FieldId};
use crate::model::{Scalar, Test, TestEvent};

impl Checker {
    pub(super) fn tests(&mut self, files: &[ast::File]) {
        for item in files.iter().flat_map(|f| &f.items) {
            if let Item::Test(test) = item {
                self.test(test);
            }
        }
    }

    fn test(&mut self, written: &ast::Test) {
        if written.expectations.is_empty() && written.whole {
            let finding = Finding::new(Code::NothingExpected, written.title.span, "this test expects nothing");
            self.say(finding.help("add `expect an_obligation met` or another expectation"));
        }
        let Some(agreement) = self.tested_agreement(written) else { return };
        let mut events = Vec::new();
        for case in &written.cases {
            let Some(kind) = self.case(&case.kind) else { continue };
            let scope = Scope { case: Some(kind), agreement: Some(agreement), event: None };
            let key = Some((kind, case.key.text.clone()));
            let fields = self.assignments(&case.fields, scope);
            events.push(TestEvent { span: case.key.span, at: None, case: key.clone(), event: None, fields, own: Vec::new() });
            for event in &case.events {
                events.extend(self.test_event(event, key.clone(), scope));
            }
        }
        for event in &written.events {
            events.extend(self.test_event(event, None, Scope { agreement: Some(agreement), ..Scope::default() }));
        }
        for expectation in &written.expectations {
            self.expectation(&expectation.of, &expectation.kind, agreement);
        }
        let as_of = written.as_of.map(|t| t.value);
        let title = written.title.text.clone();
        self.model.tests.push(Test { span: written.span, title, agreement, events, as_of, expectations: written.expectations.clone() });
    }

    /// The agreement that is named, or the only one.
    fn tested_agreement(&mut self, written: &ast::Test) -> Option<AgreementId> {
        let mut names: Vec<String> = self.model.agreements.iter().map(|a| a.name.clone()).collect();
        names.dedup();
        match &written.agreement {
            Some(name) => {
                let found = self.model.agreements.enumerate().find(|(_, a)| a.name == name.text).map(|(id, _)| id);
                if found.is_none() && !names.is_empty() {
                    self.unknown(name, "an agreement", &names, Scope::default());
                }
                found
            }
            None if names.len() > 1 => {
                let finding = Finding::new(Code::MissingClause, written.title.span, "this test does not say which agreement it is about");
                self.say(finding.help(format!("write `test \"…\" for {} {{ … }}`", names[0])));
                None
            }
            None => self.model.agreements.ids().next(),
        }
    }

    fn test_event(&mut self, written: &ast::TestEvent, case: Option<(crate::id::CaseId, String)>, scope: Scope) -> Option<TestEvent> {
        let (mut event, mut own) = (None, Vec::new());
        if let Some((name, fields)) = &written.event {
            let id = self.event(name, scope)?;
            event = Some(id);
            own = self.assignments(fields, Scope { event: Some(id), ..Scope::default() });
        }
        let fields = self.assignments(&written.fields, scope);
        Some(TestEvent { span: written.span, at: Some(written.at), case, event, fields, own })
    }

    fn assignments(&mut self, written: &[Assignment], scope: Scope) -> Vec<(FieldId, Option<Scalar>)> {
        let mut values = Vec::new();
        for assignment in written {
            let field = self.field(&assignment.field, scope);
            if let Some(score) = field.filter(|f| self.model.fields[*f].calculated) {
                let message = format!("`{}` is a score: it is calculated", self.model.fields[score].name);
                self.say(
                    Finding::new(Code::WrongKind, assignment.field.span, message).help("assign the fields that it is calculated from"),
                );
                continue;
            }
            if let Some(field) = field
                && let Some(value) = self.scalar_for(field, &assignment.value)
            {
                values.push((field, value));
            }
        }
        values
    }

    /// The promise that is expected something of must exist, and be of the kind that the expectation speaks of.
    fn expectation(&mut self, of: &Name, kind: &ExpectationKind, agreement: AgreementId) {
        let name = self.model.agreements[agreement].name.clone();
        let agreements: Vec<AgreementId> = self.model.agreements.enumerate().filter(|(_, a)| a.name == name).map(|(id, _)| id).collect();
        let services = agreements.iter().flat_map(|a| &self.model.agreements[*a].services).map(|s| &self.model.services[*s]);
        let (mut obligations, mut objectives) = (Vec::new(), Vec::new());
        for service in services {
            obligations.extend(service.obligations.iter().map(|o| self.model.obligations[*o].name.clone()));
            objectives.extend(service.objectives.iter().map(|o| self.model.objectives[*o].name.clone()));
        }
        let (known, other, word, form) = match kind {
            ExpectationKind::Verdict(_) => (&obligations, &objectives, "an obligation", "`expect NAME in 2026-03 met`"),
            ExpectationKind::Objective(_) => (&objectives, &obligations, "an objective", "`expect NAME met`"),
            ExpectationKind::Owed(..) => return,
        };
        if known.contains(&of.text) {
            return;
        }
        if other.contains(&of.text) {
            let finding = Finding::new(Code::WrongKind, of.span, format!("`{}` is not {word}", of.text));
            return self.say(finding.help(format!("write {form}")));
        }
        self.unknown(of, word, known, Scope::default());
    }
}
