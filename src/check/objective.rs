//! Objectives and what they measure.

use crate::ast::{self, Clause, CountedBy, Expr, ExprKind, Name, ObjectiveClause, WindowKind};
use crate::check::table::PERIOD;
use crate::check::{Checker, SaidOnce, Scope, lost, unit};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, CalendarId, CaseId, FieldId, ObligationId, ServiceId};
use crate::model::{Band, Chronic, Duty, Goal, Measure, MeasureKind, MeasureUnit, Objective, Start, Statistic, Trigger, Window};
use crate::quantity::Exact;
use crate::source::Span;
use crate::time::Duration;
use crate::time::{Recipe, Unit};

impl Checker {
    pub(super) fn objective(&mut self, written: &ast::Objective, service: ServiceId, clock: Option<CalendarId>) {
        if let Some(first) = self.promised_before(service, &written.name) {
            return self.duplicate(&written.name, "promises", first);
        }
        let agreement = self.model.services[service].agreement;
        let scope = Scope { agreement: Some(agreement), ..Scope::default() };
        let mut expect: Option<&ast::Expect> = None;
        let (mut no_data, mut sample, mut counted_by, mut minimum) = (None, 0, CountedBy::Start, None);
        let (mut bands, mut cap, mut chronic): (&[ast::Band], _, _) = (&[], None, Vec::new());
        let (mut pace, mut carry, mut minimum_span) = (None, None, None);
        let mut said = SaidOnce::default();
        for Clause { span, kind } in &written.clauses {
            let word = match kind {
                ObjectiveClause::Expect(e) => {
                    expect.get_or_insert(e);
                    "expect"
                }
                ObjectiveClause::Minimum(sign, bound) => {
                    minimum = self.measure(bound, scope).map(|m| (*sign, m));
                    minimum_span = Some(*span);
                    "minimum"
                }
                ObjectiveClause::NoData(met) => {
                    no_data = Some(*met);
                    "no data is"
                }
                ObjectiveClause::Sample(n) => {
                    sample = n.value;
                    "sample"
                }
                ObjectiveClause::CountedBy(by) => {
                    counted_by = *by;
                    "counted by"
                }
                ObjectiveClause::Credit(b) | ObjectiveClause::Penalty(b) => {
                    bands = b;
                    "credit"
                }
                ObjectiveClause::Cap(c) => {
                    cap = self.cap(c, scope);
                    "cap"
                }
                ObjectiveClause::Chronic(rules) => {
                    chronic = self.chronic(rules);
                    "chronic"
                }
                // Its objective may be declared further down.
                ObjectiveClause::Earned(_) => "earned back",
                ObjectiveClause::Pace(share, on) => {
                    pace = Some((*share, on.as_ref(), *span));
                    "pace"
                }
                ObjectiveClause::Carry => {
                    carry = Some(*span);
                    "carry shortfall"
                }
                ObjectiveClause::Locked => "locked",
            };
            self.findings.extend(said.again(word, *span, || format!("an objective says `{word}` once")));
        }
        let Some(expect) = expect else {
            self.poisoned.insert(written.name.text.clone());
            if lost(&written.broken, &["expect"]) {
                return;
            }
            let message = format!("objective `{}` does not say what is expected", written.name.text);
            let finding = Finding::new(Code::MissingClause, written.name.span, message);
            return self.say(finding.help("add `expect met(an_obligation) >= 95% per month`"));
        };
        let goal = self.goal(&expect.condition, scope);
        let window = self.window(expect.per);
        let (Some(goal), Some(window)) = (goal, window) else { return };
        let case = self.case_of_goal(&goal, expect);
        let inner = Scope { case, ..scope };
        let by: Vec<_> = expect.by.iter().filter(|name| self.group_key(name, &goal)).map(|n| (n.text.clone(), n.span)).collect();
        let filter = match &expect.filter {
            Some(filter) => match self.condition(filter, inner) {
                Some(condition) => Some(condition),
                None => return,
            },
            None => None,
        };
        if let (Some((sign, bound)), Some(span)) = (&minimum, minimum_span)
            && !self.minimum_fits(span, *sign, bound, &goal)
        {
            minimum = None;
        }
        let pace = pace.and_then(|(share, on, span)| self.pace(share, on, span, clock, &goal, window));
        let carry = carry.is_some_and(|span| self.carry(span, &goal));
        let bands = match goal.first() {
            Some((shown, sign)) => self.bands(bands, sign, shown, scope),
            None => Vec::new(),
        };
        self.rows_are_named(&goal, &bands, &by);
        let said: Vec<(&str, Span)> = written.clauses.iter().filter_map(|c| idle_word(&c.kind).map(|word| (word, c.span))).collect();
        self.says_nothing(&said, &goal, &bands, minimum.is_some(), &chronic);
        let id = self.model.objectives.push(Objective {
            span: written.span,
            name_span: written.name.span,
            name: written.name.text.clone(),
            title: written.title.as_ref().map(|t| t.text.clone()),
            service,
            goal,
            minimum,
            window,
            by,
            filter,
            no_data,
            sample,
            counted_by,
            bands,
            cap,
            chronic,
            carry,
            earned: None,
            pace,
        });
        self.model.services[service].objectives.push(id);
    }

    /// A second level of the same value, in the same direction.
    fn minimum_fits(&mut self, span: Span, sign: ast::Comparison, bound: &Measure, goal: &Goal) -> bool {
        let Some((shown, goal_sign)) = goal.first() else { return false };
        if let Err(clash) = unit::comparable(shown.unit, bound.unit) {
            self.clash(bound.span, clash, shown.unit, bound.unit, "compared");
            return false;
        }
        let problem = if sign.is_lower_bound() != goal_sign.is_lower_bound() {
            "a minimum looks the same way as its goal"
        } else if !matches!(bound.kind, MeasureKind::Fixed(_)) {
            "a minimum is a fixed value"
        } else {
            return true;
        };
        self.say(Finding::new(Code::BadArgument, span, problem).help(format!("for example: `minimum {} 95%`", goal_sign.sign())));
        false
    }

    /// Clauses that this objective gives nothing to act on.
    fn says_nothing(&mut self, said: &[(&str, Span)], goal: &Goal, bands: &[Band], minimum: bool, chronic: &[Chronic]) {
        let (mut instances, mut sampled) = (false, false);
        goal.each_measure(&mut |m| match &m.kind {
            MeasureKind::Met(_) | MeasureKind::OfClock(..) => (instances, sampled) = (true, true),
            MeasureKind::Misses(_) => instances = true,
            MeasureKind::OfField(statistic, ..) | MeasureKind::OfBuckets(statistic, ..) => sampled |= *statistic != Statistic::Sum,
            MeasureKind::Arithmetic(_, ast::Operator::Divide, b) => sampled |= !matches!(b.kind, MeasureKind::Fixed(_)),
            _ => {}
        });
        for (word, span) in said {
            let why = match *word {
                "sample" if !sampled => "a count, a sum and a time need no sample",
                "no data is" if !sampled => "a count, a sum and a time always have data",
                "counted by" if !instances => "events are counted when they happen",
                "cap" if bands.is_empty() => "nothing is owed here that a cap could bound",
                _ => continue,
            };
            let finding = Finding::new(Code::IdleClause, *span, format!("`{word}` says nothing here: {why}"));
            self.say(finding.help("remove the clause"));
        }
        for rule in chronic.iter().filter(|rule| rule.below_minimum && !minimum) {
            let finding = Finding::new(Code::IdleClause, rule.span, "nothing is ever below the minimum: the objective has none");
            self.say(finding.help("add `minimum >= 95%`, or count misses"));
        }
    }

    /// A row of a table is named by the group and the period that are judged.
    fn rows_are_named(&mut self, goal: &Goal, bands: &[Band], by: &[(String, Span)]) {
        let mut missing: Vec<(Span, String, String)> = Vec::new();
        let mut look = |m: &Measure| {
            let MeasureKind::Lookup(lookup) = m.kind else { return };
            let table = &self.model.tables[lookup.table];
            let unnamed = table.keys.iter().filter(|k| *k != PERIOD && !by.iter().any(|(name, _)| name == *k));
            missing.extend(unnamed.map(|key| (m.span, table.name.clone(), key.clone())));
        };
        goal.each_measure(&mut look);
        bands.iter().for_each(|b| b.amount.each(&mut look));
        for (span, table, key) in missing {
            let finding = Finding::new(Code::BadArgument, span, format!("a row of `{table}` is named by `{key}`, and nothing here is"));
            self.say(finding.help(format!("group the objective: `… per month by {key}`, or name one row: `{table}(\"…\")`")));
        }
    }

    /// `pace 10% on office`, of a running count.
    fn pace(
        &mut self,
        share: Exact,
        on: Option<&Name>,
        span: Span,
        clock: Option<CalendarId>,
        goal: &Goal,
        window: Window,
    ) -> Option<(Exact, CalendarId)> {
        let calendar = match on {
            Some(name) => self.calendar(name)?,
            None => clock.unwrap_or_else(|| self.model.always()),
        };
        let made = !matches!(self.model.calendars[calendar].recipe, Recipe::Always | Recipe::Rules { .. });
        let mut counts = self.is_plain_goal(goal);
        goal.each_measure(&mut |m| {
            counts &= matches!(
                m.kind,
                MeasureKind::Count(_) | MeasureKind::OfField(Statistic::Sum, ..) | MeasureKind::Fixed(_) | MeasureKind::Arithmetic(..)
            )
        });
        let problem = if made {
            "this calendar is made of others and has no days of its own"
        } else if !counts {
            "a pace is kept by a running count or sum against a fixed goal"
        } else if !matches!(window, Window::Each(Unit::Week | Unit::Month | Unit::Quarter | Unit::Year)) {
            "a pace is kept over the days of a week, a month, a quarter or a year"
        } else {
            return Some((share, calendar));
        };
        self.say(
            Finding::new(Code::BadArgument, span, problem)
                .help("for example: `expect count(created) >= 500 per month  pace 10% on office`"),
        );
        None
    }

    /// `carry shortfall`, of a goal that a value can fall short of.
    fn carry(&mut self, span: Span, goal: &Goal) -> bool {
        let fits = self.is_plain_goal(goal) && goal.first().is_some_and(|(_, sign)| sign.is_lower_bound());
        if !fits {
            let finding = Finding::new(Code::BadArgument, span, "only a goal of at least some fixed value has a shortfall");
            self.say(finding.help("for example: `expect count(created) >= 500 per month  carry shortfall`"));
        }
        fits
    }

    /// One measure against one fixed value.
    fn is_plain_goal(&self, goal: &Goal) -> bool {
        matches!(goal, Goal::Compare(_, _, right) if matches!(right.kind, MeasureKind::Fixed(_)))
    }

    /// `earned back when yearly`, once the objectives are known.
    pub(super) fn earned_back(&mut self, service: &ast::Service, agreement: AgreementId) {
        for written in &service.objectives {
            let when =
                written.clauses.iter().find_map(|c| if let ObjectiveClause::Earned(name) = &c.kind { Some((name, c.span)) } else { None });
            let Some((name, span)) = when else { continue };
            let Some(found) = self.highest(std::slice::from_ref(name), agreement).first().copied() else { continue };
            let services = self.model.agreements[agreement].services.iter().map(|s| &self.model.services[*s]);
            let own = services.filter(|s| s.name == service.name.text).flat_map(|s| &s.objectives).copied();
            let own = own.into_iter().find(|o| self.model.objectives[*o].name == written.name.text);
            let Some(own) = own else { continue };
            if self.model.objectives[own].bands.is_empty() {
                let finding = Finding::new(Code::MissingClause, span, "nothing is owed here that could be earned back");
                self.say(finding.help("add a `credit`"));
            }
            self.model.objectives[own].earned = Some(found);
        }
    }

    pub(super) fn window(&mut self, window: ast::WindowUnit) -> Option<Window> {
        match window.kind {
            WindowKind::Unit(unit) => Some(Window::Each(unit)),
            WindowKind::Rolling(n) if (1..=120).contains(&n.value) => Some(Window::Rolling(n.value)),
            WindowKind::Rolling(n) => {
                self.say(Finding::new(Code::OutOfRange, n.span, "a rolling window has 1 to 120 months"));
                None
            }
            WindowKind::Every(length) => {
                self.divides_the_day(ast::Spanned { value: length, span: window.span })?;
                if length < Duration::seconds(300) {
                    let finding = Finding::new(Code::OutOfRange, window.span, "an objective's period has five minutes or more");
                    self.say(finding.help("write `per 5m`, or a mean of shorter stretches: `mean(… per 1m)`"));
                    return None;
                }
                Some(Window::Every(length))
            }
        }
    }

    fn goal(&mut self, expr: &Expr, scope: Scope) -> Option<Goal> {
        match &expr.kind {
            ExprKind::All(all) => {
                let goals: Vec<Option<Goal>> = all.iter().map(|e| self.goal(e, scope)).collect();
                Some(Goal::All(goals.into_iter().collect::<Option<_>>()?))
            }
            ExprKind::Any(any) => {
                let goals: Vec<Option<Goal>> = any.iter().map(|e| self.goal(e, scope)).collect();
                Some(Goal::Any(goals.into_iter().collect::<Option<_>>()?))
            }
            ExprKind::Not(inner) => Some(Goal::Not(Box::new(self.goal(inner, scope)?))),
            ExprKind::Compare(left, sign, right) => {
                let (a, b) = (self.measure(left, scope), self.measure(right, scope));
                let (a, b) = (a?, b?);
                self.sides_fit(expr.span, &a, &b)?;
                Some(Goal::Compare(Box::new(a), *sign, Box::new(b)))
            }
            _ => {
                let finding = Finding::new(Code::NotACondition, expr.span, "an objective compares a measure with a bound");
                self.say(finding.help("for example: `met(first_contact) >= 95%`"));
                None
            }
        }
    }

    fn sides_fit(&mut self, span: Span, left: &Measure, right: &Measure) -> Option<()> {
        if let Err(clash) = unit::comparable(left.unit, right.unit) {
            self.clash(span, clash, left.unit, right.unit, "compared");
            return None;
        }
        // A share beside a bare number is 0.95 meant as 95%, or 95.
        for (share, number) in [(left, right), (right, left)] {
            if share.unit == MeasureUnit::Share
                && !matches!(share.kind, MeasureKind::Fixed(_))
                && number.unit == MeasureUnit::Number
                && let MeasureKind::Fixed(value) = number.kind
            {
                let finding =
                    Finding::new(Code::TypeMismatch, number.span, "a share is compared with a bare number").also(share.span, "a share");
                let percent = if value <= Exact::ONE { value.mul(Exact::whole(100)) } else { Some(value) };
                self.say(finding.help(format!("write `{}%`", percent.map_or("95".into(), |p| p.short(6)))));
                return None;
            }
        }
        Some(())
    }

    /// The kind of case that all measures of a goal are about; a finding where a filter or a group needs one and there
    /// are several.
    fn case_of_goal(&mut self, goal: &Goal, expect: &ast::Expect) -> Option<CaseId> {
        let cases = goal.cases(&self.model);
        if cases.is_empty() {
            let finding = Finding::new(Code::NotAMeasure, expect.condition.span, "nothing here is measured");
            self.say(finding.help("for example: `met(first_contact) >= 95%`"));
        }
        if cases.len() > 1
            && let Some(filter) = &expect.filter
        {
            let message = "this objective measures several kinds of cases, and a filter is about one";
            self.say(Finding::new(Code::MixedObjective, filter.span, message));
        }
        cases.first().copied().flatten()
    }

    /// Whether every measure of the goal can be grouped by a name.
    fn group_key(&mut self, name: &Name, goal: &Goal) -> bool {
        let mut problem: Option<Vec<String>> = None;
        goal.each_measure(&mut |m| {
            let keys: Vec<Vec<FieldId>> = match &m.kind {
                MeasureKind::Met(obligations) => obligations.iter().map(|o| self.keys_of_obligation(*o)).collect(),
                MeasureKind::Misses(o) | MeasureKind::OfClock(_, o) => vec![self.keys_of_obligation(*o)],
                MeasureKind::Count(e) | MeasureKind::OfField(_, e, _) => vec![self.keys_of_trigger(e.on)],
                MeasureKind::Down(down) => vec![self.model.cases[self.model.states[down.state].case].fields.clone()],
                MeasureKind::Fixed(_)
                | MeasureKind::Lookup(_)
                | MeasureKind::Arithmetic(..)
                | MeasureKind::Rounded(..)
                | MeasureKind::OfBuckets(..) => return,
            };
            let tiers = self.has_tiers(m);
            for fields in keys {
                let named = fields.iter().any(|f| self.model.fields[*f].name == name.text);
                let by_tier = name.text == "tier" && tiers;
                if !named && !by_tier {
                    let mut known: Vec<String> = fields.iter().map(|f| self.model.fields[*f].name.clone()).collect();
                    if tiers {
                        known.push("tier".into());
                    }
                    problem = Some(known);
                }
            }
        });
        match problem {
            None => true,
            Some(known) => {
                self.unknown(name, "a field", &known, Scope::default());
                false
            }
        }
    }

    fn has_tiers(&self, measure: &Measure) -> bool {
        let case = match &measure.kind {
            MeasureKind::Met(o) => o.first().and_then(|o| self.model.obligations[*o].case),
            MeasureKind::Misses(o) | MeasureKind::OfClock(_, o) => self.model.obligations[*o].case,
            MeasureKind::Count(e) | MeasureKind::OfField(_, e, _) => match e.on {
                Trigger::Event(e) => self.model.events[e].case,
                Trigger::Entering(s) | Trigger::Leaving(s) => Some(self.model.states[s].case),
            },
            MeasureKind::Down(down) => Some(self.model.states[down.state].case),
            _ => None,
        };
        case.is_some_and(|c| !self.model.cases[c].tiers.is_empty())
    }

    fn keys_of_obligation(&self, id: ObligationId) -> Vec<FieldId> {
        let obligation = &self.model.obligations[id];
        match (&obligation.duty, obligation.case) {
            (Duty::Clock { start: Start::Each { by, .. }, .. }, _) => by.clone(),
            (_, Some(case)) => self.model.cases[case].fields.clone(),
            (_, None) => Vec::new(),
        }
    }

    fn keys_of_trigger(&self, on: Trigger) -> Vec<FieldId> {
        let (own, case) = match on {
            Trigger::Event(e) => (self.model.events[e].fields.clone(), self.model.events[e].case),
            Trigger::Entering(s) | Trigger::Leaving(s) => (Vec::new(), Some(self.model.states[s].case)),
        };
        own.into_iter().chain(case.map(|c| self.model.cases[c].fields.clone()).unwrap_or_default()).collect()
    }
}

/// The word of a clause that may have nothing to act on.
fn idle_word(clause: &ObjectiveClause) -> Option<&'static str> {
    match clause {
        ObjectiveClause::Sample(_) => Some("sample"),
        ObjectiveClause::NoData(_) => Some("no data is"),
        ObjectiveClause::CountedBy(_) => Some("counted by"),
        ObjectiveClause::Cap(_) => Some("cap"),
        _ => None,
    }
}
