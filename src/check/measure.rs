//! What can be measured over a period.

use crate::ast::{self, Argument, Expr, ExprKind, Name, Operator};
use crate::check::value::fixed_literal;
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding, nearest};
use crate::id::{CaseId, ObligationId, StateId};
use crate::model::{Down, EventCount, Goal, Measure, MeasureKind, MeasureUnit, Model, Rounded, Statistic, Trigger, Type};
use crate::quantity::Exact;
use crate::source::Span;
use crate::time::Duration;

const FUNCTIONS: [&str; 16] =
    ["uptime", "downtime", "met", "misses", "count", "sum", "mean", "min", "max", "median", "p90", "p95", "p99", "ceil", "floor", "round"];

impl Checker {
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
            ExprKind::Path(event, field) if self.model.events.iter().any(|e| e.name == event.text) => {
                let message = format!("`{}` of one `{}` is no measure", field.text, event.text);
                let finding = Finding::new(Code::NotAMeasure, expr.span, message);
                self.say(finding.help(format!("take a statistic of it: `mean({}.{})`", event.text, field.text)));
                None
            }
            ExprKind::Path(table, column) => {
                let (lookup, unit) = self.lookup(table, column, scope)?;
                made(MeasureKind::Lookup(lookup), unit)
            }
            ExprKind::Name(_) | ExprKind::Negative(_) | ExprKind::Row(..) => {
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
        self.only_of_states(name, arguments);
        if let [Argument { value, per: Some(per), .. }] = arguments {
            return self.of_buckets(span, name, value, *per, scope);
        }
        match name.text.as_str() {
            "uptime" | "downtime" => self.down(span, name, arguments),
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
                        Some(right) => finding.fix(right),
                        None if near.help.is_some() => near,
                        None => finding.help(format!("measures are {}", crate::diagnostic::one_of(FUNCTIONS))),
                    });
                    None
                }
            },
        }
    }

    /// `except` and `on` say something of time in a state only.
    fn only_of_states(&mut self, name: &Name, arguments: &[Argument]) {
        if matches!(name.text.as_str(), "uptime" | "downtime") {
            return;
        }
        let stray = arguments.iter().flat_map(|a| a.except.first().into_iter().chain(&a.on));
        for word in stray {
            let finding = Finding::new(Code::BadArgument, word.span, format!("`{}` counts no time of a calendar or a state", name.text));
            self.say(finding.help("write `except` and `on` with `uptime` and `downtime`"));
        }
    }

    /// `uptime(down except planned on always)`
    fn down(&mut self, span: Span, name: &Name, arguments: &[Argument]) -> Option<Measure> {
        let [Argument { value: Expr { kind: ExprKind::Name(state), .. }, except, on, .. }] = arguments else {
            return self.takes(span, name, "one state: `uptime(down)`");
        };
        let state = self.state_of_any(state, None)?;
        let case = Some(self.model.states[state].case);
        let except: Vec<Option<StateId>> = except.iter().map(|s| self.state_of_any(s, case)).collect();
        let on = match on {
            Some(calendar) => Some(self.calendar(calendar)?),
            None => None,
        };
        let share = name.text == "uptime";
        let kind = MeasureKind::Down(Box::new(Down { state, except: except.into_iter().collect::<Option<_>>()?, on, share }));
        Some(Measure { span, kind, unit: if share { MeasureUnit::Share } else { MeasureUnit::Duration } })
    }

    /// `mean(count(errors) / count(requests) per 5m)`
    fn of_buckets(&mut self, span: Span, name: &Name, value: &Expr, per: ast::Spanned<Duration>, scope: Scope) -> Option<Measure> {
        let Some(statistic) = statistic(&name.text) else {
            return self.takes(
                span,
                name,
                "no `per`: a value for each stretch of time is taken by `mean`, `median`, `max`, `min`, `sum` or `p95`",
            );
        };
        let inner = self.measure(value, scope)?;
        self.divides_the_day(per)?;
        let mut stray = None;
        inner.each(&mut |m| match m.kind {
            MeasureKind::Met(_) | MeasureKind::Misses(_) | MeasureKind::OfClock(..) | MeasureKind::Down(_) | MeasureKind::OfBuckets(..) => {
                stray = Some(m.span)
            }
            _ => {}
        });
        if let Some(stray) = stray {
            let finding = Finding::new(Code::BadArgument, stray, "only events and their fields fall into stretches of a day");
            self.say(finding.help("for example: `mean(count(failed) / count(requested) per 5m)`"));
            return None;
        }
        let unit = inner.unit;
        Some(Measure { span, kind: MeasureKind::OfBuckets(statistic, Box::new(inner), per.value), unit })
    }

    /// Stretches of a day begin at midnight, and the last must end there.
    pub(super) fn divides_the_day(&mut self, per: ast::Spanned<Duration>) -> Option<()> {
        let day = Duration::seconds(86_400).as_micros();
        let length = per.value.as_micros();
        if length < 60 * Duration::SECOND.as_micros() || day % length != 0 {
            let finding = Finding::new(Code::OutOfRange, per.span, "a day does not divide into stretches of this length");
            self.say(finding.help("write a length that a day is made of, such as `5m`, `15m`, `1h` or `6h`"));
            return None;
        }
        Some(())
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

    pub(super) fn events_named(&mut self, name: &Name, condition: Option<&Expr>, scope: Scope) -> Option<(EventCount, Scope)> {
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
        let named = self.obligations.get(&name.text).map_or(&[][..], Vec::as_slice);
        let found = named.iter().copied().find(|o| self.model.service_of(*o).agreement == agreement);
        if found.is_none() && !self.poisoned.contains(&name.text) {
            let services = self.model.agreements[agreement].services.iter();
            let all: Vec<ObligationId> = services.flat_map(|s| self.model.services[*s].obligations.iter().copied()).collect();
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

    /// The kinds of case that its measures are about, each once; nothing for what happens to no case.
    pub fn cases(&self, model: &Model) -> Vec<Option<CaseId>> {
        let mut cases: Vec<Option<CaseId>> = Vec::new();
        self.each_measure(&mut |m| match &m.kind {
            MeasureKind::Met(obligations) => cases.extend(obligations.iter().map(|o| model.obligations[*o].case)),
            MeasureKind::Misses(o) | MeasureKind::OfClock(_, o) => cases.push(model.obligations[*o].case),
            MeasureKind::Count(e) | MeasureKind::OfField(_, e, _) => cases.push(match e.on {
                Trigger::Event(e) => model.events[e].case,
                Trigger::Entering(s) | Trigger::Leaving(s) => Some(model.states[s].case),
            }),
            MeasureKind::Down(down) => cases.push(Some(model.states[down.state].case)),
            MeasureKind::Fixed(_)
            | MeasureKind::Lookup(_)
            | MeasureKind::Arithmetic(..)
            | MeasureKind::Rounded(..)
            | MeasureKind::OfBuckets(..) => {}
        });
        cases.sort();
        cases.dedup();
        cases
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
    pub(super) fn each(&self, f: &mut impl FnMut(&Measure)) {
        f(self);
        match &self.kind {
            MeasureKind::Arithmetic(a, _, b) => {
                a.each(f);
                b.each(f);
            }
            MeasureKind::Rounded(_, inner) | MeasureKind::OfBuckets(_, inner, _) => inner.each(f),
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
