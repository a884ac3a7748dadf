//! Obligations.

use crate::ast::{self, Clause, ObligationClause, Recipient};
use crate::check::pattern::{Word, words_of};
use crate::check::{Backing, Checker, SaidOnce, Scope, lost};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, CalendarId, CaseId, ObligationId, ServiceId};
use crate::model::{Backed, Condition, ConditionKind, Duty, MOST_NOTICES, Notice, Obligation, Pattern, Penalty, Retier, Row, Start};
use crate::source::Span;
use crate::time::{Duration, Unit};

/// The clauses of an obligation, sorted out; each may stand once, but for `pause`.
#[derive(Default)]
struct Written<'a> {
    start: Option<(bool, &'a ast::Pattern)>,
    each: Option<(Unit, &'a [ast::Name], Span)>,
    stop: Option<&'a ast::Pattern>,
    cancel: Option<&'a ast::Pattern>,
    reset: Option<&'a ast::Pattern>,
    reopen: Option<&'a ast::Pattern>,
    pause: Vec<&'a ast::Name>,
    retier: Option<&'a ast::Name>,
    within: Option<(&'a [ast::TargetRow], Span)>,
    clock: Option<&'a ast::Name>,
    warn: &'a [ast::NoticePoint],
    escalate: &'a [(ast::NoticePoint, Recipient)],
    blame: Option<&'a ast::Name>,
    applies: Option<&'a ast::Expr>,
    penalty: Option<&'a Clause<ObligationClause>>,
    backed: Option<(&'a [ast::TargetPath], ast::Chain, Span)>,
    require: Option<(&'a ast::Expr, &'a ast::EventRef, Option<&'a ast::Expr>)>,
    forbid: Option<(&'a ast::EventRef, Option<&'a ast::Name>, Option<&'a ast::Expr>)>,
}

impl Checker {
    pub(super) fn obligation(
        &mut self,
        written: &ast::Obligation,
        service: ServiceId,
        applies: Option<&ast::Expr>,
        clock: Option<CalendarId>,
    ) {
        let agreement = self.model.services[service].agreement;
        if let Some(first) = self.promised_before(service, &written.name) {
            return self.duplicate(&written.name, "promises", first);
        }
        let clauses = self.sorted(&written.clauses);
        let base = Scope { agreement: Some(agreement), ..Scope::default() };
        let case = if clauses.each.is_some() { None } else { self.case_of_clauses(&clauses) };
        let scope = Scope { case, ..base };
        let duty = self.duty(written, &clauses, clock, scope);
        let blame = clauses.blame.filter(|_| case.is_some()).and_then(|field| self.field(field, scope));
        // The agreement's condition speaks of the cases that have its fields; to other duties it says nothing.
        let applies = applies.filter(|c| self.speaks_of(c, case));
        let own = clauses.applies.filter(|_| case.is_some());
        let all: Vec<Condition> = [applies, own].into_iter().flatten().filter_map(|c| self.condition(c, scope)).collect();
        let applies = all.into_iter().reduce(|a, b| Condition { span: a.span, kind: ConditionKind::All(vec![a, b]) });
        let penalty = clauses.penalty.and_then(|clause| self.penalty(clause, base));
        let Some(duty) = duty else {
            self.poisoned.insert(written.name.text.clone());
            return;
        };
        let id = self.model.obligations.push(Obligation {
            span: written.span,
            name_span: written.name.span,
            name: written.name.text.clone(),
            title: written.title.as_ref().map(|t| t.text.clone()),
            service,
            case,
            applies,
            duty,
            blame,
            penalty,
            backed: None,
        });
        self.model.services[service].obligations.push(id);
        self.obligations.entry(written.name.text.clone()).or_default().push(id);
        if let Some((by, chain, span)) = clauses.backed {
            self.backings.push(Backing { of: id, by: by.to_vec(), chain, span });
        }
    }

    fn penalty(&mut self, clause: &Clause<ObligationClause>, scope: Scope) -> Option<Penalty> {
        let ObligationClause::Penalty(amount, per) = &clause.kind else { return None };
        let (span, per) = (clause.span, per.map(|(rounding, unit)| (rounding, unit.value)));
        let amount = self.amount(amount, scope)?;
        if per.is_some_and(|(_, unit)| unit <= Duration::ZERO) {
            self.say(Finding::new(Code::EmptyTarget, span, "this unit has no length").help("write `per 1h late`"));
            return None;
        }
        Some(Penalty { span, amount, per })
    }

    /// The internal promises of `backed by`, once every agreement is known: of the same agreement first, then of any.
    pub(super) fn backings(&mut self) {
        for backing in std::mem::take(&mut self.backings) {
            let own = self.model.service_of(backing.of).agreement;
            let by: Vec<Option<_>> = backing.by.iter().map(|path| self.internal_promise(path, own, backing.of)).collect();
            if let Some(by) = by.into_iter().collect::<Option<Vec<_>>>() {
                self.model.obligations[backing.of].backed = Some(Backed { span: backing.span, chain: backing.chain, by });
            }
        }
    }

    fn internal_promise(&mut self, path: &ast::TargetPath, own: AgreementId, of: ObligationId) -> Option<ObligationId> {
        let model = &self.model;
        let fits = |id: &ObligationId| {
            let service = model.service_of(*id);
            let within = [&service.name, &model.agreements[service.agreement].name];
            *id != of && path.service.as_ref().is_none_or(|wanted| within.into_iter().any(|name| *name == wanted.text))
        };
        // The agreement itself first, then the one above it, then the others.
        let above = model.agreements[own].extends.as_ref().map(|e| e.agreement);
        let rank = |id: &ObligationId| match model.service_of(*id).agreement {
            agreement if agreement == own => 0,
            agreement if Some(agreement) == above => 1,
            _ => 2,
        };
        let named = self.obligations.get(&path.name.text).map_or(&[][..], Vec::as_slice);
        let found = named.iter().copied().filter(fits).min_by_key(rank);
        if found.is_none() {
            let known: Vec<String> = model.obligations.enumerate().filter(|(id, _)| *id != of).map(|(_, o)| o.name.clone()).collect();
            self.unknown(&path.name, "an obligation", &known, Scope::default());
        }
        found
    }

    /// The kind of case that an obligation's clauses are about.
    fn case_of_clauses(&mut self, clauses: &Written<'_>) -> Option<CaseId> {
        let patterns = [clauses.start.map(|s| s.1), clauses.stop, clauses.cancel, clauses.reset, clauses.reopen];
        let mut words: Vec<Word<'_>> = patterns.into_iter().flatten().flat_map(words_of).collect();
        words.extend(clauses.pause.iter().map(|s| Word::State(s)));
        words.extend(clauses.require.map(|(_, on, _)| Word::Event(&on.name)));
        words.extend(clauses.forbid.map(|(on, ..)| Word::Event(&on.name)));
        words.extend(clauses.forbid.and_then(|(_, state, _)| state).map(Word::State));
        words.extend(clauses.blame.map(Word::Field));
        let found = self.case_of_words(&words);
        // Where every word is misspelt, the only kind of case is still the one that is meant.
        let only = || if self.model.cases.len() == 1 { self.model.cases.ids().next() } else { None };
        let top = words.iter().any(|w| matches!(w, Word::Event(name) if self.events.contains_key(&name.text)));
        found.or_else(|| if top { None } else { only() })
    }

    /// Where an obligation or objective of this name stands in a service, if one does.
    pub(super) fn promised_before(&mut self, service: ServiceId, name: &ast::Name) -> Option<Span> {
        let first = *self.promises.entry((service, name.text.clone())).or_insert(name.span);
        (first != name.span).then_some(first)
    }

    fn sorted<'a>(&mut self, clauses: &'a [Clause<ObligationClause>]) -> Written<'a> {
        let mut w = Written::default();
        let mut said = SaidOnce::default();
        for clause in clauses {
            let word = match &clause.kind {
                ObligationClause::Start { once, on } => {
                    w.start.get_or_insert((*once, on));
                    "start"
                }
                ObligationClause::Each(unit, by) => {
                    w.each.get_or_insert((*unit, by, clause.span));
                    "start"
                }
                ObligationClause::Stop(p) => {
                    w.stop.get_or_insert(p);
                    "stop"
                }
                ObligationClause::Cancel(p) => {
                    w.cancel.get_or_insert(p);
                    "cancel"
                }
                ObligationClause::Reset(p) => {
                    w.reset.get_or_insert(p);
                    "reset"
                }
                ObligationClause::Reopen(p) => {
                    w.reopen.get_or_insert(p);
                    "reopen"
                }
                ObligationClause::Pause(states) => {
                    w.pause.extend(states);
                    continue;
                }
                ObligationClause::Retier(word) => {
                    w.retier.get_or_insert(word);
                    "retier"
                }
                ObligationClause::Within(rows) => {
                    w.within.get_or_insert((rows, clause.span));
                    "within"
                }
                ObligationClause::Clock(name) => {
                    w.clock.get_or_insert(name);
                    "clock"
                }
                ObligationClause::Warn(points) => {
                    w.warn = points;
                    "warn"
                }
                ObligationClause::Escalate(steps) => {
                    w.escalate = steps;
                    "escalate"
                }
                ObligationClause::Blame(name) => {
                    w.blame.get_or_insert(name);
                    "blame"
                }
                ObligationClause::Applies(condition) => {
                    w.applies.get_or_insert(condition);
                    "applies"
                }
                ObligationClause::Require(condition, on, when) => {
                    w.require.get_or_insert((condition, on, when.as_ref()));
                    "require"
                }
                ObligationClause::Forbid(on, state, when) => {
                    w.forbid.get_or_insert((on, state.as_ref(), when.as_ref()));
                    "forbid"
                }
                ObligationClause::Penalty(..) => {
                    w.penalty.get_or_insert(clause);
                    "penalty"
                }
                ObligationClause::Backed(by, chain) => {
                    w.backed.get_or_insert((by, *chain, clause.span));
                    "backed by"
                }
                // What levels may do was seen when they were joined.
                ObligationClause::Locked => "locked",
            };
            if let Some(finding) = said.again(word, clause.span, || format!("an obligation has one `{word}`")) {
                self.say(finding.help("join them with `or`, or make two obligations"));
            }
        }
        w
    }

    fn duty(&mut self, written: &ast::Obligation, clauses: &Written<'_>, clock: Option<CalendarId>, scope: Scope) -> Option<Duty> {
        let kinds = [clauses.start.is_some() || clauses.each.is_some(), clauses.require.is_some(), clauses.forbid.is_some()];
        match kinds.iter().filter(|k| **k).count() {
            1 => {}
            0 if lost(&written.broken, &["start", "require", "forbid"]) => return None,
            0 => {
                let message = format!("obligation `{}` does not say what begins it", written.name.text);
                let finding = Finding::new(Code::MissingClause, written.name.span, message);
                self.say(finding.help("add `start on an_event`, `start each month`, `require … on an_event` or `forbid an_event`"));
                return None;
            }
            _ => {
                let finding =
                    Finding::new(Code::DuplicateClause, written.name.span, "an obligation has one of `start`, `require` and `forbid`");
                self.say(finding.help("make an obligation of each"));
                return None;
            }
        }
        if let Some((condition, on, when)) = clauses.require {
            let on = self.event_pattern(on, scope);
            let inner = self.event_scope(on.as_ref(), scope);
            let (condition, when) = (self.condition(condition, inner), self.optional_condition(when, inner));
            self.only_for_start(clauses, "require");
            return Some(Duty::Require { on: on?, condition: condition?, when: when? });
        }
        if let Some((on, state, when)) = clauses.forbid {
            let on = self.event_pattern(on, scope);
            let inner = self.event_scope(on.as_ref(), scope);
            let during = match state {
                Some(state) => self.state(state, scope).map(Some),
                None => Some(None),
            };
            let when = self.optional_condition(when, inner);
            self.only_for_start(clauses, "forbid");
            return Some(Duty::Forbid { on: on?, during: during?, when: when? });
        }
        self.clock_duty(written, clauses, clock, scope)
    }

    pub(super) fn optional_condition(&mut self, written: Option<&ast::Expr>, scope: Scope) -> Option<Option<Condition>> {
        match written {
            Some(condition) => self.condition(condition, scope).map(Some),
            None => Some(None),
        }
    }

    /// The scope in which the fields of a pattern's one event are known.
    fn event_scope(&self, pattern: Option<&Pattern>, scope: Scope) -> Scope {
        let event = pattern.and_then(|p| match p.any.first()?.first()?.on {
            crate::model::Trigger::Event(event) => Some(event),
            _ => None,
        });
        Scope { event, ..scope }
    }

    /// A rule about single events is decided at once: clauses of a clock say nothing there.
    fn only_for_start(&mut self, clauses: &Written<'_>, word: &str) {
        let stray = [
            clauses.stop.map(|p| ("stop", p.span)),
            clauses.cancel.map(|p| ("cancel", p.span)),
            clauses.reset.map(|p| ("reset", p.span)),
            clauses.reopen.map(|p| ("reopen", p.span)),
            clauses.within.map(|w| ("within", w.1)),
            clauses.clock.map(|n| ("clock", n.span)),
            clauses.retier.map(|n| ("retier", n.span)),
            clauses.pause.first().map(|n| ("pause", n.span)),
            clauses.warn.first().map(|n| ("warn", n.span)),
            clauses.escalate.first().map(|n| ("escalate", n.0.span)),
        ];
        for (clause, span) in stray.into_iter().flatten() {
            let finding =
                Finding::new(Code::WrongKind, span, format!("`{clause}` says nothing beside `{word}`: the event decides at once"));
            self.say(finding.help(format!("remove it, or write `start on …` instead of `{word}`")));
        }
    }

    /// A duty of each period has no case: nothing pauses it, begins it anew or changes its tier.
    fn only_for_cases(&mut self, clauses: &Written<'_>) {
        let stray = [
            clauses.pause.first().map(|n| ("pause", n.span)),
            clauses.reset.map(|p| ("reset", p.span)),
            clauses.reopen.map(|p| ("reopen", p.span)),
            clauses.retier.map(|n| ("retier", n.span)),
            clauses.applies.map(|c| ("applies when", c.span)),
            clauses.blame.map(|n| ("blame", n.span)),
        ];
        for (clause, span) in stray.into_iter().flatten() {
            let finding = Finding::new(Code::WrongKind, span, format!("`{clause}` says nothing of a duty of each period: it has no case"));
            self.say(finding.help("remove it, or begin the duty with an event of a case: `start on …`"));
        }
    }

    fn clock_duty(&mut self, written: &ast::Obligation, clauses: &Written<'_>, clock: Option<CalendarId>, scope: Scope) -> Option<Duty> {
        // Every clause is looked at, whatever is wrong with the one before.
        let stop = match clauses.stop {
            Some(stop) => self.duty_pattern(stop, scope),
            None if lost(&written.broken, &["stop"]) => None,
            None => {
                let message = format!("obligation `{}` does not say what fulfils it", written.name.text);
                self.say(Finding::new(Code::MissingClause, written.name.span, message).help("add `stop on an_event`"));
                None
            }
        };
        let start = match (clauses.start, clauses.each) {
            (Some((once, pattern)), _) => self.pattern(pattern, scope).map(|pattern| Start::On { once, pattern }),
            (None, Some((unit, by, _))) => stop.as_ref().and_then(|stop| self.each(unit, by, stop)),
            (None, None) => None,
        };
        let recurring = clauses.start.is_none() && clauses.each.is_some();
        if recurring {
            self.only_for_cases(clauses);
        }
        let mut optional = |pattern: Option<&ast::Pattern>| match pattern {
            Some(pattern) => self.duty_pattern(pattern, scope).map(Some),
            None => Some(None),
        };
        let (cancel, reset, reopen) = (optional(clauses.cancel), optional(clauses.reset), optional(clauses.reopen));
        let pause: Vec<_> = if recurring { Vec::new() } else { clauses.pause.iter().filter_map(|s| self.state(s, scope)).collect() };
        let own_clock = match clauses.clock {
            Some(name) => self.calendar(name),
            None => clock,
        };
        let Some((rows, _)) = clauses.within else {
            if lost(&written.broken, &["within"]) {
                return None;
            }
            let message = format!("obligation `{}` does not say by when", written.name.text);
            let finding = Finding::new(Code::MissingClause, written.name.span, message);
            self.say(finding.help("add `within 4h`, `within 2 working days` or another target"));
            return None;
        };
        // Without a kind of case nobody knows its tiers.
        let rows = if recurring || scope.case.is_some() { rows } else { &[] };
        let rows: Vec<Option<Row>> = rows
            .iter()
            .map(|row| self.row(row, own_clock, clauses.clock.is_some() || lost(&written.broken, &["clock"]), scope, recurring))
            .collect();
        let rows: Vec<Row> = rows.into_iter().collect::<Option<_>>()?;
        let retier = match clauses.retier.map(|n| n.text.as_str()) {
            Some("carry") => Retier::Carry,
            Some("restart") => Retier::Restart,
            _ => Retier::Keep,
        };
        let notices = self.notices(clauses, scope);
        let (start, stop) = (start?, stop?);
        Some(Duty::Clock { start, stop, cancel: cancel?, reset: reset?, reopen: reopen?, pause, rows, retier, notices })
    }

    fn duty_pattern(&mut self, pattern: &ast::Pattern, scope: Scope) -> Option<Pattern> {
        // A duty of each period has no case of its own: its events may be of the top level or of any case.
        let case = scope.case.or_else(|| self.case_of_pattern(pattern));
        self.pattern(pattern, Scope { case, ..scope })
    }

    fn each(&mut self, unit: Unit, by: &[ast::Name], stop: &Pattern) -> Option<Start> {
        let Some(name) = by.first() else { return Some(Start::Each { unit, by: Vec::new(), name: None }) };
        if let Some(second) = by.get(1) {
            self.say(Finding::new(Code::DuplicateClause, second.span, "a duty of each period is grouped by one field"));
        }
        let fields = self.fields_of_pattern(stop, &name.text);
        if fields.is_empty() {
            let finding =
                Finding::new(Code::UnknownName, name.span, format!("the events that stop this duty have no field `{}`", name.text));
            self.say(finding.help(format!("declare it with the event: `event report {{ {}: text }}`", name.text)));
            return None;
        }
        Some(Start::Each { unit, by: fields, name: Some(name.text.clone()) })
    }

    fn notices(&mut self, clauses: &Written<'_>, scope: Scope) -> Vec<Notice> {
        let mut notices: Vec<Notice> = Vec::new();
        for point in clauses.warn {
            notices.push(Notice { span: point.span, at: point.kind, to: None, to_field: None });
        }
        for (point, to) in clauses.escalate {
            let mut to_field = None;
            if let Recipient::Name(name) = to
                && !self.parties.contains_key(&name.text)
            {
                to_field = self.find_field(&name.text, scope);
                if to_field.is_none() {
                    let mut known: Vec<String> = self.parties.keys().cloned().chain(self.field_names(scope)).collect();
                    known.sort();
                    self.unknown(name, "a party or a field", &known, scope);
                    continue;
                }
            }
            notices.push(Notice { span: point.span, at: point.kind, to: Some(to.clone()), to_field });
        }
        for notice in &notices {
            if let ast::NoticeKind::Share(share) = notice.at
                && share <= crate::quantity::Exact::ZERO
            {
                self.say(Finding::new(Code::OutOfRange, notice.span, "a share of 0% is the start itself"));
            }
        }
        if let Some(beyond) = notices.get(MOST_NOTICES) {
            let message = format!("an obligation warns and escalates at most {MOST_NOTICES} times");
            self.say(Finding::new(Code::OutOfRange, beyond.span, message).help("leave some out: nobody reads so many"));
        }
        notices
    }
}
