//! Objectives and what they measure.

use crate::ast::{self, Argument, Clause, CountedBy, Expr, ExprKind, Name, ObjectiveClause, Operator, WindowKind};
use crate::check::value::fixed_literal;
use crate::check::{Checker, Scope, lost, unit};
use crate::diagnostic::{Code, Finding, nearest};
use crate::id::{CaseId, FieldId, ObligationId, ServiceId};
use crate::model::{
    Duty, EventCount, Goal, Measure, MeasureKind, MeasureUnit, Objective, Rounded, Start, Statistic, Trigger, Type, Window,
};
use crate::quantity::Exact;
use crate::source::Span;
use std::collections::HashMap;

const FUNCTIONS: [&str; 14] =
    ["met", "misses", "count", "sum", "mean", "min", "max", "median", "p90", "p95", "p99", "ceil", "floor", "round"];

impl Checker {
    pub(super) fn objective(&mut self, written: &ast::Objective, service: ServiceId) {
        if let Some(first) = self.promise_named(service, &written.name.text) {
            return self.duplicate(&written.name, "promises", first);
        }
        let agreement = self.model.services[service].agreement;
        let scope = Scope { agreement: Some(agreement), ..Scope::default() };
        let mut expect: Option<&ast::Expect> = None;
        let (mut no_data, mut sample, mut counted_by, mut minimum) = (None, 0, CountedBy::Start, None);
        let (mut bands, mut cap, mut chronic): (&[ast::Band], _, _) = (&[], None, Vec::new());
        let mut first: HashMap<&'static str, Span> = HashMap::new();
        for Clause { span, kind } in &written.clauses {
            let word = match kind {
                ObjectiveClause::Expect(e) => {
                    expect.get_or_insert(e);
                    "expect"
                }
                ObjectiveClause::Minimum(sign, bound) => {
                    minimum = self.measure(bound, scope).map(|m| (*sign, m));
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
                ObjectiveClause::Earned(_) => self.later(*span, "`earned back`"),
                ObjectiveClause::Pace(..) => self.later(*span, "`pace`"),
                ObjectiveClause::Carry => self.later(*span, "`carry shortfall`"),
                ObjectiveClause::Locked => self.later(*span, "`locked`"),
            };
            if let Some(before) = first.insert(word, *span) {
                let finding = Finding::new(Code::DuplicateClause, *span, format!("an objective says `{word}` once"));
                self.say(finding.here("again").also(before, "first"));
            }
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
        let by = expect.by.iter().filter(|name| self.group_key(name, &goal)).map(|n| (n.text.clone(), n.span)).collect();
        let filter = match &expect.filter {
            Some(filter) => match self.condition(filter, inner) {
                Some(condition) => Some(condition),
                None => return,
            },
            None => None,
        };
        let bands = match goal.first() {
            Some((shown, sign)) => self.bands(bands, sign, shown, scope),
            None => Vec::new(),
        };
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
        });
        self.model.services[service].objectives.push(id);
    }

    fn later(&mut self, span: Span, what: &'static str) -> &'static str {
        self.unsupported(span, what);
        what
    }

    pub(super) fn window(&mut self, window: ast::WindowUnit) -> Option<Window> {
        match window.kind {
            WindowKind::Unit(unit) => Some(Window::Each(unit)),
            WindowKind::Rolling(n) if (1..=120).contains(&n.value) => Some(Window::Rolling(n.value)),
            WindowKind::Rolling(n) => {
                self.say(Finding::new(Code::OutOfRange, n.span, "a rolling window has 1 to 120 months"));
                None
            }
            WindowKind::Every(_) => {
                self.unsupported(window.span, "a window shorter than a day");
                None
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

    pub(super) fn measure(&mut self, expr: &Expr, scope: Scope) -> Option<Measure> {
        let made = |kind, unit| Some(Measure { span: expr.span, kind, unit });
        match &expr.kind {
            ExprKind::Literal(literal) => match fixed_literal(literal) {
                Some(fixed) => made(MeasureKind::Fixed(fixed.value), fixed.unit),
                None => {
                    self.say(Finding::new(Code::NotAMeasure, expr.span, "nothing measured over a period compares with this"));
                    None
                }
            },
            ExprKind::Name(_) | ExprKind::Negative(_) => {
                let fixed = self.fixed(expr, scope)?;
                made(MeasureKind::Fixed(fixed.value), fixed.unit)
            }
            ExprKind::Arithmetic(left, operator, right) => {
                let (a, b) = (self.measure(left, scope), self.measure(right, scope));
                let (a, b) = (a?, b?);
                let unit = self.combined(expr.span, a.unit, *operator, b.unit)?;
                if let (MeasureKind::Fixed(x), MeasureKind::Fixed(y)) = (&a.kind, &b.kind) {
                    let value = match operator {
                        Operator::Add => x.add(*y),
                        Operator::Subtract => x.sub(*y),
                        Operator::Multiply => x.mul(*y),
                        Operator::Divide => x.div(*y),
                    };
                    if value.is_none() {
                        self.say(Finding::new(Code::DivisionByZero, b.span, "this is zero or too large to calculate with"));
                    }
                    return made(MeasureKind::Fixed(value?), unit);
                }
                made(MeasureKind::Arithmetic(Box::new(a), *operator, Box::new(b)), unit)
            }
            ExprKind::Call(name, arguments) => self.measured_call(expr.span, name, arguments, scope),
            _ => {
                let finding = Finding::new(Code::NotAMeasure, expr.span, "this is nothing that is measured over a period");
                self.say(
                    finding
                        .help("measures are `met`, `misses`, `count`, `sum`, `mean`, `median`, `max`, `min` and percentiles such as `p90`"),
                );
                None
            }
        }
    }

    fn measured_call(&mut self, span: Span, name: &Name, arguments: &[Argument], scope: Scope) -> Option<Measure> {
        let made = |kind, unit| Some(Measure { span, kind, unit });
        if let Some(argument) = arguments.iter().find(|a| a.per.is_some()) {
            self.unsupported(argument.per.map_or(span, |p| p.span), "a value for each few minutes");
            return None;
        }
        match name.text.as_str() {
            "uptime" | "downtime" => {
                self.unsupported(span, &format!("`{}`", name.text));
                None
            }
            "ceil" | "floor" | "round" => {
                let [only] = arguments else { return self.takes(span, name, "one value") };
                let inner = self.measure(&only.value, scope)?;
                let how = match name.text.as_str() {
                    "ceil" => Rounded::Ceil,
                    "floor" => Rounded::Floor,
                    _ => Rounded::Round,
                };
                let unit = inner.unit;
                if let MeasureKind::Fixed(value) = inner.kind {
                    return made(MeasureKind::Fixed(how.of(value)), unit);
                }
                made(MeasureKind::Rounded(how, Box::new(inner)), unit)
            }
            "met" => {
                let [only] = arguments else { return self.takes(span, name, "one obligation, or several joined by `and`") };
                let names = match &only.value.kind {
                    ExprKind::All(all) => all.iter().collect(),
                    _ => vec![&only.value],
                };
                let obligations: Vec<Option<ObligationId>> = names.into_iter().map(|e| self.obligation_named(e, scope)).collect();
                made(MeasureKind::Met(obligations.into_iter().collect::<Option<_>>()?), MeasureUnit::Share)
            }
            "misses" => {
                let [only] = arguments else { return self.takes(span, name, "one obligation") };
                let obligation = self.obligation_named(&only.value, scope)?;
                made(MeasureKind::Misses(obligation), MeasureUnit::Number)
            }
            "count" => {
                let [only] = arguments else { return self.takes(span, name, "one event") };
                let (events, _) = self.counted_events(&only.value, scope)?;
                made(MeasureKind::Count(events), MeasureUnit::Number)
            }
            other => match statistic(other) {
                Some(statistic) => self.statistic(span, name, statistic, arguments, scope),
                None => {
                    let finding = Finding::new(Code::UnknownFunction, name.span, format!("there is no measure `{other}`"));
                    let usual = [
                        ("avg", "mean"),
                        ("average", "mean"),
                        ("med", "median"),
                        ("total", "sum"),
                        ("number", "count"),
                        ("attainment", "met"),
                    ];
                    let meant = usual.iter().find(|(word, _)| *word == other).map(|(_, right)| *right);
                    let near = finding.clone().did_you_mean(other, FUNCTIONS);
                    self.say(match meant {
                        Some(right) => finding.help(format!("write `{right}`")),
                        None if near.help.is_some() => near,
                        None => finding.help(format!("measures are {}", crate::diagnostic::one_of(FUNCTIONS))),
                    });
                    None
                }
            },
        }
    }

    fn takes(&mut self, span: Span, name: &Name, what: &str) -> Option<Measure> {
        self.say(Finding::new(Code::BadArgument, span, format!("`{}` takes {what}", name.text)));
        None
    }

    /// `p90(first_contact)` or `median(replied.words)`
    fn statistic(&mut self, span: Span, name: &Name, statistic: Statistic, arguments: &[Argument], scope: Scope) -> Option<Measure> {
        let [only] = arguments else { return self.takes(span, name, "one obligation, or one field of an event") };
        match &only.value.kind {
            ExprKind::Path(event, field) => {
                let (events, inner) = self.events_named(event, None, scope)?;
                let field = self.field(field, inner)?;
                let unit = match self.model.fields[field].ty {
                    Type::Number => MeasureUnit::Number,
                    Type::Money => MeasureUnit::Money(scope.agreement.and_then(|a| self.model.agreements[a].currency)),
                    Type::Duration => MeasureUnit::Duration,
                    _ => {
                        let ty = self.model.fields[field].ty.word();
                        let message = format!("`{}` is taken of numbers, amounts and durations; this is {ty}", name.text);
                        self.say(Finding::new(Code::TypeMismatch, only.value.span, message));
                        return None;
                    }
                };
                Some(Measure { span, kind: MeasureKind::OfField(statistic, events, field), unit })
            }
            ExprKind::Name(_) if statistic != Statistic::Sum => {
                let obligation = self.obligation_named(&only.value, scope)?;
                Some(Measure { span, kind: MeasureKind::OfClock(statistic, obligation), unit: MeasureUnit::Duration })
            }
            _ => {
                let finding = Finding::new(
                    Code::BadArgument,
                    only.value.span,
                    format!("`{}` takes one obligation, or one field of an event", name.text),
                );
                self.say(finding.help(format!("for example: `{}(won.amount)`", name.text)));
                None
            }
        }
    }

    /// `created`, or `created(tier = A)`.
    fn counted_events(&mut self, expr: &Expr, scope: Scope) -> Option<(EventCount, Scope)> {
        match &expr.kind {
            ExprKind::Name(name) => self.events_named(name, None, scope),
            ExprKind::Call(name, arguments) => match arguments.as_slice() {
                [condition] => self.events_named(name, Some(&condition.value), scope),
                _ => {
                    self.say(Finding::new(Code::BadArgument, expr.span, "an event has one condition; join several with `and`"));
                    None
                }
            },
            _ => {
                let finding = Finding::new(Code::BadArgument, expr.span, "an event is counted here");
                self.say(finding.help("for example: `count(created)` or `count(created(tier = A))`"));
                None
            }
        }
    }

    fn events_named(&mut self, name: &Name, condition: Option<&Expr>, scope: Scope) -> Option<(EventCount, Scope)> {
        // Names of events are looked for in every kind of case: an objective names none.
        let case = self.case_with_event(&name.text);
        let scope = Scope { case, ..scope };
        let event = self.event(name, scope)?;
        let inner = Scope { event: Some(event), case: self.model.events[event].case, ..scope };
        let condition = match condition {
            Some(condition) => Some(self.condition(condition, inner)?),
            None => None,
        };
        Some((EventCount { on: Trigger::Event(event), condition }, inner))
    }

    pub(super) fn case_with_event(&self, name: &str) -> Option<CaseId> {
        let has = |c: &crate::model::Case| c.events.iter().any(|e| self.model.events[*e].name == name);
        self.model.cases.enumerate().find(|(_, c)| has(c)).map(|(id, _)| id)
    }

    fn obligation_named(&mut self, expr: &Expr, scope: Scope) -> Option<ObligationId> {
        let ExprKind::Name(name) = &expr.kind else {
            self.say(Finding::new(Code::BadArgument, expr.span, "the name of an obligation is needed here"));
            return None;
        };
        let agreement = scope.agreement.expect("objectives belong to an agreement");
        let services = self.model.agreements[agreement].services.iter();
        let all: Vec<ObligationId> = services.flat_map(|s| self.model.services[*s].obligations.iter().copied()).collect();
        let found = all.iter().copied().find(|o| self.model.obligations[*o].name == name.text);
        if found.is_none() && !self.poisoned.contains(&name.text) {
            let known: Vec<String> = all.iter().map(|o| self.model.obligations[*o].name.clone()).collect();
            let is_event = self.case_with_event(&name.text).is_some();
            if is_event && nearest(&name.text, known.iter().map(String::as_str)).is_none() {
                let finding = Finding::new(Code::WrongKind, name.span, format!("`{}` is an event, not an obligation", name.text));
                self.say(finding.help(format!("count it: `count({})`", name.text)));
            } else {
                self.unknown(name, "an obligation", &known, Scope::default());
            }
        }
        found
    }

    /// The kind of case that all measures of a goal are about; a finding where a filter or a group needs one and there
    /// are several.
    fn case_of_goal(&mut self, goal: &Goal, expect: &ast::Expect) -> Option<CaseId> {
        let mut cases: Vec<Option<CaseId>> = Vec::new();
        goal.each_measure(&mut |m| match &m.kind {
            MeasureKind::Met(obligations) => cases.extend(obligations.iter().map(|o| self.model.obligations[*o].case)),
            MeasureKind::Misses(o) | MeasureKind::OfClock(_, o) => cases.push(self.model.obligations[*o].case),
            MeasureKind::Count(e) | MeasureKind::OfField(_, e, _) => cases.push(match e.on {
                Trigger::Event(e) => self.model.events[e].case,
                Trigger::Entering(s) | Trigger::Leaving(s) => Some(self.model.states[s].case),
            }),
            MeasureKind::Fixed(_) | MeasureKind::Arithmetic(..) | MeasureKind::Rounded(..) => {}
        });
        cases.sort();
        cases.dedup();
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
                MeasureKind::Fixed(_) | MeasureKind::Arithmetic(..) | MeasureKind::Rounded(..) => return,
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

impl Goal {
    /// The left side and the sign of the first comparison: what is shown and banded.
    pub fn first(&self) -> Option<(&Measure, ast::Comparison)> {
        match self {
            Goal::Compare(left, sign, _) => Some((left, *sign)),
            Goal::All(goals) | Goal::Any(goals) => goals.first()?.first(),
            Goal::Not(goal) => goal.first(),
        }
    }

    /// Every measure of the goal, from the outside in.
    pub fn each_measure(&self, f: &mut impl FnMut(&Measure)) {
        match self {
            Goal::Compare(left, _, right) => {
                left.each(f);
                right.each(f);
            }
            Goal::All(goals) | Goal::Any(goals) => goals.iter().for_each(|g| g.each_measure(f)),
            Goal::Not(goal) => goal.each_measure(f),
        }
    }
}

impl Measure {
    fn each(&self, f: &mut impl FnMut(&Measure)) {
        f(self);
        match &self.kind {
            MeasureKind::Arithmetic(a, _, b) => {
                a.each(f);
                b.each(f);
            }
            MeasureKind::Rounded(_, inner) => inner.each(f),
            _ => {}
        }
    }
}

impl Rounded {
    /// The whole number.
    pub fn of(self, value: Exact) -> Exact {
        match self {
            Rounded::Ceil => value.ceil(),
            Rounded::Floor => value.floor(),
            Rounded::Round => value.round(0),
        }
    }
}

fn statistic(name: &str) -> Option<Statistic> {
    Some(match name {
        "sum" => Statistic::Sum,
        "mean" => Statistic::Mean,
        "min" => Statistic::Min,
        "max" => Statistic::Max,
        "median" => Statistic::Median,
        _ => {
            let share = Exact::parse(name.strip_prefix('p')?)?.div(Exact::whole(100))?;
            if share <= Exact::ZERO || share > Exact::ONE {
                return None;
            }
            Statistic::Percentile(share)
        }
    })
}
