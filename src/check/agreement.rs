//! Agreements and services.

use crate::ast::{self, AgreementClause, Clause};
use crate::check::{Checker, SaidOnce, Scope, lost};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, Id, ObligationId, ServiceId};
use crate::model::{Agreement, Change, Claim, Exclude, Excluded, Extends, Service, Target, Waiver, Window};
use crate::quantity::Currency;
use crate::source::Span;
use crate::time::{Duration, Fiscal, Zone};

/// Each set of them that holds makes a clock of its own.
const MOST_CONDITIONAL: usize = 6;

/// What an agreement says once; the first of each is kept.
#[derive(Default)]
struct Head<'a> {
    version: Option<&'a ast::Text>,
    effective: Option<(chrono::NaiveDate, Option<chrono::NaiveDate>)>,
    zone: Option<Zone>,
    zone_written: bool,
    currency: Option<Currency>,
    fiscal: Option<Fiscal>,
    review: Option<&'a ast::Review>,
    applies: Option<&'a ast::Expr>,
    clock: Option<&'a ast::Name>,
}

impl Checker {
    pub(super) fn agreements(&mut self, files: &[ast::File]) {
        let levels = self.levels(files);
        let ids: Vec<AgreementId> = levels.iter().map(|level| self.agreement(&level.tree)).collect();
        for (level, id) in levels.iter().zip(&ids) {
            let Some(parent) = level.parent else { continue };
            let changes = level.changes.iter().map(|c| Change {
                span: c.span,
                service: c.service.clone(),
                promise: c.promise.clone(),
                relaxed: c.relaxed,
            });
            self.model.agreements[*id].extends = Some(Extends { agreement: ids[parent], changes: changes.collect() });
        }
        self.versions();
    }

    fn agreement(&mut self, written: &ast::Agreement) -> AgreementId {
        self.clock_lost = lost(&written.broken, &["clock"]);
        let head = self.head(written);
        let missing = |c: &mut Self, what: &str, help: &str| {
            let message = format!("agreement `{}` does not say {what}", written.name.text);
            c.say(Finding::new(Code::MissingClause, written.name.span, message).help(help));
        };
        if head.effective.is_none() && !lost(&written.broken, &["effective"]) {
            missing(self, "from when it holds", "add `effective 2026-01-01 to 2026-12-31`, or `effective 2026-01-01` without an end");
        }
        if !head.zone_written && !lost(&written.broken, &["zone"]) {
            missing(self, "in which time zone its days begin", "add `zone \"America/New_York\"` or another IANA zone");
        }
        let (from, to) = head.effective.unwrap_or((chrono::NaiveDate::from_ymd_opt(2000, 1, 1).expect("a day"), None));
        let id = self.model.agreements.push(Agreement {
            span: written.name.span,
            name: written.name.text.clone(),
            title: written.title.as_ref().map(|t| t.text.clone()),
            version: head.version.map(|v| v.text.clone()).unwrap_or_default(),
            from,
            to,
            zone: head.zone.clone().unwrap_or_else(Zone::utc),
            currency: head.currency,
            fiscal: head.fiscal.unwrap_or(Fiscal::CALENDAR),
            review: head.review.cloned(),
            applies: None,
            kind: None,
            level: None,
            for_: None,
            extends: None,
            goals: Vec::new(),
            services: Vec::new(),
            caps: Vec::new(),
            highest: Vec::new(),
            excludes: Vec::new(),
            claim: None,
            waivers: Vec::new(),
            prose: Vec::new(),
        });
        let scope = Scope { agreement: Some(id), ..Scope::default() };
        let lets: Vec<&ast::Let> =
            written.clauses.iter().filter_map(|c| if let AgreementClause::Let(l) = &c.kind { Some(l) } else { None }).collect();
        self.lets(&lets, scope);
        let clock = head.clock.and_then(|c| self.calendar(c));
        for clause in &written.clauses {
            self.agreement_clause(clause, id, head.applies, clock, scope);
        }
        for clause in &written.clauses {
            if let AgreementClause::Highest(names) = &clause.kind {
                let highest = self.highest(names, id);
                self.model.agreements[id].highest.push(highest);
            }
            if let AgreementClause::Service(service) = &clause.kind {
                self.earned_back(service, id);
            }
            if let AgreementClause::Waive(waive) = &clause.kind {
                self.waive(waive, clause.span, id);
            }
        }
        // How a log shows a value never decides; it must still be something that can be measured.
        for written in &lets {
            let Some((measured, unit)) = &written.measured else { continue };
            let (Some(measure), Some(named)) = (self.measure(measured, scope), self.find_let(&written.name.text, scope)) else { continue };
            let declared = self.model.lets[named].unit;
            match crate::check::unit::comparable(declared, measure.unit) {
                Ok(()) => self.model.lets[named].measured = Some((measure, *unit)),
                Err(clash) => self.clash(measured.span, clash, declared, measure.unit, "compared"),
            }
        }
        // What counts events counts those of the cases that the agreement is about.
        self.model.agreements[id].applies = head.applies.map(|condition| self.by_case(condition, scope));
        id
    }

    /// A condition for each kind of case that it speaks of.
    pub(super) fn by_case(&mut self, condition: &ast::Expr, scope: Scope) -> Vec<(crate::id::CaseId, crate::model::Condition)> {
        let cases: Vec<_> = self.model.cases.ids().filter(|id| self.speaks_of(condition, Some(*id))).collect();
        let of = |c: &mut Self, case| Some((case, c.condition(condition, Scope { case: Some(case), ..scope })?));
        cases.into_iter().filter_map(|case| of(self, case)).collect()
    }

    fn head<'a>(&mut self, written: &'a ast::Agreement) -> Head<'a> {
        let mut head = Head::default();
        let mut said = SaidOnce::default();
        for clause in &written.clauses {
            let word = match &clause.kind {
                AgreementClause::Version(text) => {
                    head.version.get_or_insert(text);
                    "version"
                }
                AgreementClause::Effective(from, to) => {
                    head.effective.get_or_insert((*from, *to));
                    "effective"
                }
                AgreementClause::Zone(name) => {
                    head.zone_written = true;
                    let zone = self.zone(name);
                    head.zone = head.zone.or(zone);
                    "zone"
                }
                AgreementClause::Currency(currency) => {
                    head.currency.get_or_insert(*currency);
                    "currency"
                }
                AgreementClause::Fiscal(month, day) => {
                    if *day > 28 {
                        let finding =
                            Finding::new(Code::OutOfRange, clause.span, "a year that begins on this day has no first day in every month");
                        self.say(finding.help("begin it on a day from 1 to 28"));
                    } else {
                        head.fiscal.get_or_insert(Fiscal { month: *month, day: *day });
                    }
                    "fiscal year"
                }
                AgreementClause::Review(review) => {
                    head.review.get_or_insert(review);
                    "review"
                }
                AgreementClause::Applies(condition) => {
                    head.applies.get_or_insert(condition);
                    "applies"
                }
                AgreementClause::Clock(name) => {
                    head.clock.get_or_insert(name);
                    "clock"
                }
                _ => continue,
            };
            self.findings.extend(said.again(word, clause.span, || format!("an agreement says `{word}` once")));
        }
        head
    }

    fn agreement_clause(
        &mut self,
        clause: &Clause<AgreementClause>,
        id: AgreementId,
        applies: Option<&ast::Expr>,
        clock: Option<crate::id::CalendarId>,
        scope: Scope,
    ) {
        match &clause.kind {
            AgreementClause::Version(_)
            | AgreementClause::Effective(..)
            | AgreementClause::Zone(_)
            | AgreementClause::Currency(_)
            | AgreementClause::Fiscal(..)
            | AgreementClause::Review(_)
            | AgreementClause::Applies(_)
            | AgreementClause::Clock(_) => {}
            AgreementClause::Goal(party, text) => {
                if let Some(party) = self.party(party) {
                    self.model.agreements[id].goals.push((party, text.text.clone()));
                }
            }
            AgreementClause::Let(_) => {}
            AgreementClause::Assert(condition, text) => self.assertion(condition, text.as_ref(), scope),
            AgreementClause::Service(service) => self.service(service, id, applies, clock),
            AgreementClause::Prose(title, text) => self.model.agreements[id].prose.push((title.text.clone(), text.text.clone())),
            AgreementClause::Kind(kind) => self.model.agreements[id].kind = Some(kind.text.clone()),
            AgreementClause::Exclude(exclude) => {
                let exclude = self.exclude(exclude, clause.span, scope);
                self.model.agreements[id].excludes.extend(exclude);
            }
            AgreementClause::Cap(cap) if cap.per.is_none() => {
                let finding = Finding::new(Code::MissingClause, clause.span, "this cap does not say for how long");
                self.say(finding.help("write `cap … per month` or another period"));
            }
            AgreementClause::Cap(cap) => {
                let cap = self.cap(cap, scope);
                self.model.agreements[id].caps.extend(cap);
            }
            AgreementClause::Claim(within, on) => {
                self.model.agreements[id].claim = self.claim(within, on.as_ref(), clause.span, clock, scope)
            }
            // Its objectives are declared further down.
            AgreementClause::Highest(_) => {}
            // Its obligation is declared further down.
            AgreementClause::Waive(_) => {}
            AgreementClause::Level(name) => self.model.agreements[id].level = Some(name.text.clone()),
            AgreementClause::For(party) => self.model.agreements[id].for_ = self.party(party),
            AgreementClause::Override(change) | AgreementClause::Relax(change, _) => {
                let message = "this agreement extends none: there is nothing to change";
                let finding = Finding::new(Code::WrongKind, change.of.name.span, message);
                self.say(finding.help("write `agreement name extends other { … }`, or change the promise itself"));
            }
        }
    }

    fn exclude(&mut self, written: &ast::Exclude, span: Span, scope: Scope) -> Option<Exclude> {
        let up_to = match &written.up_to {
            None => None,
            Some((most, _)) if most.value <= Duration::ZERO => {
                self.say(Finding::new(Code::EmptyTarget, most.span, "nothing is excluded here"));
                return None;
            }
            Some((most, per)) => match self.window(*per)? {
                Window::Each(unit) => Some((most.value, unit)),
                Window::Rolling(_) | Window::Every(_) => {
                    let finding = Finding::new(Code::OutOfRange, per.span, "an exclusion is measured by day, week, month, quarter or year");
                    self.say(finding.help("for example: `up to 4h per month`"));
                    return None;
                }
            },
        };
        let what = if written.during {
            let calendar = self.calendar(&written.what)?;
            Excluded::Calendar(calendar, written.filter.as_ref().map(|filter| self.by_case(filter, scope)))
        } else {
            let state = self.state_of_any(&written.what, None)?;
            let case = Some(self.model.states[state].case);
            let filter = match &written.filter {
                Some(filter) => Some(self.condition(filter, Scope { case, ..scope })?),
                None => None,
            };
            Excluded::State(state, filter)
        };
        let conditional = |e: &&Exclude| matches!(e.what, Excluded::Calendar(_, Some(_)));
        let agreement = scope.agreement.expect("exclusions belong to an agreement");
        if matches!(what, Excluded::Calendar(_, Some(_)))
            && self.model.agreements[agreement].excludes.iter().filter(conditional).count() >= MOST_CONDITIONAL
        {
            let message = format!("an agreement excludes at most {MOST_CONDITIONAL} calendars under a condition");
            self.say(Finding::new(Code::OutOfRange, span, message).help("join their calendars: `calendar quiet = nights or weekends`"));
            return None;
        }
        Some(Exclude { span, title: written.title.as_ref().map(|t| t.text.clone()), what, up_to })
    }

    fn claim(
        &mut self,
        within: &ast::Target,
        on: Option<&ast::EventRef>,
        span: Span,
        clock: Option<crate::id::CalendarId>,
        scope: Scope,
    ) -> Option<Claim> {
        let target = self.target(within, false)?;
        // Days are the agreement's; a length of time runs round the clock.
        let calendar = match (target, clock) {
            (Target::WorkingDays(_), Some(clock)) => clock,
            (Target::WorkingDays(_), None) => {
                let finding = Finding::new(Code::MissingClock, within.span, "working days are counted on no calendar here");
                self.say(finding.help("add `clock office` to the agreement, or write `30 calendar days`"));
                return None;
            }
            _ => self.model.always(),
        };
        let on = match on {
            Some(event) => Some(self.events_named(&event.name, event.condition.as_ref(), scope)?.0),
            None => None,
        };
        Some(Claim { span, within: target, calendar, on })
    }

    fn waive(&mut self, waive: &ast::Waive, span: Span, agreement: AgreementId) {
        let case = self.case(&waive.case);
        let obligation = self.obligation_at(&waive.of, agreement);
        if waive.until < waive.from {
            return self.say(Finding::new(Code::BackwardRange, span, "this waiver ends before it begins"));
        }
        let (Some(case), Some(obligation)) = (case, obligation) else { return };
        if self.model.obligations[obligation].case != Some(case) {
            let message = format!("`{}` promises nothing of a {}", waive.of.name.text, waive.case.text);
            return self.say(Finding::new(Code::WrongCase, waive.of.name.span, message).also(waive.case.span, "this kind of case"));
        }
        let waiver = Waiver { case, key: waive.key.text.clone(), obligation, from: waive.from, until: waive.until };
        self.model.agreements[agreement].waivers.push(waiver);
    }

    /// An obligation by its name, or by its service's and its own.
    fn obligation_at(&mut self, path: &ast::TargetPath, agreement: AgreementId) -> Option<ObligationId> {
        let services = self.model.agreements[agreement].services.clone();
        let fits = |c: &Self, s: &ServiceId| path.service.as_ref().is_none_or(|wanted| c.model.services[*s].name == wanted.text);
        let within: Vec<ServiceId> = services.iter().copied().filter(|s| fits(self, s)).collect();
        if let (Some(service), true) = (&path.service, within.is_empty()) {
            let known: Vec<String> = services.iter().map(|s| self.model.services[*s].name.clone()).collect();
            self.unknown(service, "a service", &known, Scope::default());
            return None;
        }
        let all: Vec<ObligationId> = within.iter().flat_map(|s| self.model.services[*s].obligations.iter().copied()).collect();
        let found = all.iter().copied().find(|o| self.model.obligations[*o].name == path.name.text);
        if found.is_none() {
            let known: Vec<String> = all.iter().map(|o| self.model.obligations[*o].name.clone()).collect();
            self.unknown(&path.name, "an obligation", &known, Scope::default());
        }
        found
    }

    /// An assertion over fixed values, with the values in the finding where it fails.
    fn assertion(&mut self, condition: &ast::Expr, text: Option<&ast::Text>, scope: Scope) {
        match &condition.kind {
            ast::ExprKind::All(all) => all.iter().for_each(|c| self.assertion(c, text, scope)),
            ast::ExprKind::Compare(left, sign, right) => {
                let (a, b) = (self.fixed(left, scope), self.fixed(right, scope));
                let (Some(a), Some(b)) = (a, b) else { return };
                if let Err(clash) = crate::check::unit::comparable(a.unit, b.unit) {
                    return self.clash(condition.span, clash, a.unit, b.unit, "compared");
                }
                if !sign.holds(a.value.cmp(&b.value)) {
                    let message = text.map_or_else(|| "this does not hold".to_string(), |t| t.text.clone());
                    let values = format!("{} {} {} is false", a.unit.text(a.value), sign.sign(), b.unit.text(b.value));
                    self.say(Finding::new(Code::AssertFails, condition.span, message).here(values));
                }
            }
            _ => {
                let finding = Finding::new(Code::NotACondition, condition.span, "an assertion compares two values");
                self.say(finding.help("for example: `assert leads_needed <= rep_capacity \"too many leads\"`"));
            }
        }
    }

    fn service(
        &mut self,
        written: &ast::Service,
        agreement: AgreementId,
        applies: Option<&ast::Expr>,
        clock: Option<crate::id::CalendarId>,
    ) {
        let same = |c: &Self, s: &ServiceId| c.model.services[*s].name == written.name.text;
        let first = self.model.agreements[agreement].services.iter().copied().find(|s| same(self, s));
        if let Some(first) = first {
            return self.duplicate(&written.name, "services", self.model.services[first].span);
        }
        if written.by.is_empty() {
            let message = format!("service `{}` does not say who owes it", written.name.text);
            let finding = Finding::new(Code::MissingClause, written.name.span, message);
            self.say(finding.help(format!("write `service {} by someone for others {{ … }}`", written.name.text)));
        }
        let mut parties = |names: &[ast::Name]| names.iter().filter_map(|n| self.party(n)).collect::<Vec<_>>();
        let (by, for_) = (parties(&written.by), parties(&written.for_));
        let id = ServiceId::from_index(self.model.services.len());
        self.model.services.push(Service {
            span: written.name.span,
            name: written.name.text.clone(),
            title: written.title.as_ref().map(|t| t.text.clone()),
            agreement,
            by,
            for_,
            obligations: Vec::new(),
            objectives: Vec::new(),
        });
        self.model.agreements[agreement].services.push(id);
        for obligation in &written.obligations {
            self.obligation(obligation, id, applies, clock);
        }
        for objective in &written.objectives {
            self.objective(objective, id, clock);
        }
    }

    /// Versions of one agreement are told apart by their version and are never in force together.
    fn versions(&mut self) {
        let all: Vec<(AgreementId, Agreement)> = self.model.agreements.enumerate().map(|(i, a)| (i, a.clone())).collect();
        for (i, (_, later)) in all.iter().enumerate() {
            for (_, earlier) in &all[..i] {
                if earlier.name != later.name {
                    continue;
                }
                if earlier.version == later.version {
                    let finding = Finding::new(Code::DuplicateName, later.span, format!("there are two agreements `{}`", later.name));
                    self.say(
                        finding
                            .here("declared again")
                            .also(earlier.span, "declared first")
                            .help("versions of one agreement each need a `version` of their own"),
                    );
                    continue;
                }
                let ends = |a: &Agreement| a.to.unwrap_or(chrono::NaiveDate::MAX);
                if earlier.from <= ends(later) && later.from <= ends(earlier) {
                    let day = earlier.from.max(later.from);
                    let message = format!(
                        "versions \"{}\" and \"{}\" of `{}` are both in force on {day}",
                        earlier.version, later.version, later.name
                    );
                    let finding = Finding::new(Code::OverlappingVersions, later.span, message);
                    self.say(
                        finding
                            .also(earlier.span, "the other version")
                            .help("end one on the day before the other begins: `effective … to …`"),
                    );
                }
            }
        }
    }
}
