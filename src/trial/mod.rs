//! Runs the `test` blocks of a spec: each is a small log and what it should give.

use crate::ast::{Detail, Expectation, ExpectationKind, ObjectiveExpectation, TestValueKind, VerdictExpectation};
use crate::check::fixed_value;
use crate::engine::{self, Judgement, NoticeKind, ObjectiveRecord, Outcome, Verdict};
use crate::event::{Event, Events, KeyRef, Origin, Texts, Value};
use crate::id::{CaseId, FieldId};
use crate::model::{Model, Scalar, Test, TestEvent};
use crate::plan::Plan;
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::{Duration, Instant, Zone};
use std::collections::HashMap;

/// What became of a test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// Where the test stands.
    pub span: Span,
    /// What it shows.
    pub title: String,
    /// What did not hold; nothing if it passed.
    pub failures: Vec<Failure>,
}

/// An expectation that did not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where it stands.
    pub span: Span,
    /// What was instead.
    pub message: String,
}

/// Runs all tests of a model with its plan.
pub fn run(model: &Model, plan: &Plan) -> Vec<TestResult> {
    model.tests.iter().map(|test| run_one(model, plan, test)).collect()
}

fn run_one(model: &Model, plan: &Plan, test: &Test) -> TestResult {
    let agreement = &model.agreements[test.agreement];
    let texts = Texts::default();
    let events = events(test, &agreement.zone, &texts);
    let latest = events.iter().map(|e| e.time).max();
    let as_of = test.as_of.map(|t| agreement.zone.instant(t)).or(latest).unwrap_or(Instant::FIRST);
    let judgement = engine::run(plan, &texts, &events, as_of);
    let trial = Trial { plan, texts: &texts, judgement: &judgement, agreement: &agreement.name, zone: &agreement.zone };
    let failures = test.expectations.iter().filter_map(|e| trial.expect(e)).collect();
    TestResult { span: test.span, title: test.title.clone(), failures }
}

/// Fields of a case that change.
type Changed = Vec<(FieldId, Option<Value>)>;

/// The log of a test, in order. What a case has from its beginning comes with its first event.
fn events(test: &Test, zone: &Zone, texts: &Texts) -> Events {
    let mut initial: HashMap<(CaseId, &str), Changed> = HashMap::new();
    let mut written_down: Vec<(Instant, usize, &TestEvent, Changed)> = Vec::new();
    for (line, written) in test.events.iter().enumerate() {
        let case = written.case.as_ref().map(|(kind, key)| (*kind, key.as_str()));
        let fields = values(&written.fields, zone, texts);
        match (written.at, case) {
            (None, Some(case)) => initial.entry(case).or_default().extend(fields),
            (None, None) => {}
            (Some(at), _) => written_down.push((zone.instant(at), line, written, fields)),
        }
    }
    written_down.sort_by_key(|(time, ..)| *time);
    let mut events = Events::default();
    for (time, line, written, fields) in written_down {
        let case = written.case.as_ref().map(|(kind, key)| (*kind, key.as_str()));
        let mut all = case.and_then(|case| initial.remove(&case)).unwrap_or_default();
        all.extend(fields);
        let origin = Origin { file: 0, line: line as u32 + 1 };
        let case = case.map(|(kind, key)| (kind, KeyRef::from(key)));
        events.push(Event { time, case, event: written.event, fields: &all, own: &own_values(written, zone, texts), origin });
    }
    events
}

fn values(fields: &[(FieldId, Option<Scalar>)], zone: &Zone, texts: &Texts) -> Changed {
    fields.iter().map(|(field, scalar)| (*field, scalar.as_ref().and_then(|s| value(s, zone, texts)))).collect()
}

fn own_values(event: &TestEvent, zone: &Zone, texts: &Texts) -> Vec<(FieldId, Value)> {
    event.own.iter().filter_map(|(field, scalar)| Some((*field, value(scalar.as_ref()?, zone, texts)?))).collect()
}

fn value(scalar: &Scalar, zone: &Zone, texts: &Texts) -> Option<Value> {
    Some(match scalar {
        Scalar::Number(n) => Value::number(*n, texts),
        Scalar::Bool(b) => Value::Bool(*b),
        Scalar::Duration(d) => Value::Duration(*d),
        Scalar::Date(d) => Value::Date(*d),
        Scalar::Wall(t) => Value::Time(zone.instant(*t)),
        Scalar::Text(t) => Value::Text(texts.intern(t)),
        Scalar::Member(m) => Value::Member(*m),
        Scalar::Tier(_) => return None,
    })
}

struct Trial<'a> {
    plan: &'a Plan,
    texts: &'a Texts,
    judgement: &'a Judgement,
    agreement: &'a str,
    zone: &'a Zone,
}

impl Trial<'_> {
    fn expect(&self, expectation: &Expectation) -> Option<Failure> {
        let problem = match &expectation.kind {
            ExpectationKind::Verdict(expected) => self.verdict(&expectation.of.text, expected),
            ExpectationKind::Objective(expected) => self.objective(&expectation.of.text, expected),
            ExpectationKind::Owed(amount, currency) => self.owed(*amount, *currency),
        };
        problem.map(|message| Failure { span: expectation.span, message })
    }

    fn verdict(&self, name: &str, expected: &VerdictExpectation) -> Option<String> {
        let found: Vec<Outcome> = self.judgement.outcomes.iter().filter(|o| self.is_meant(o, name, expected)).collect();
        let wanted = expected.verdict.text.as_str();
        let only = match found.as_slice() {
            [] if wanted == "none" => return None,
            [] => return Some(format!("expected `{name}` to be {wanted}; there is no such instance")),
            [only] => only,
            several if wanted == "none" => return Some(format!("expected no instance of `{name}`; there are {}", several.len())),
            several => {
                let list: Vec<String> = several.iter().map(|o| self.described(o)).collect();
                return Some(format!(
                    "{} instances of `{name}` fit: {}; say which with `of \"case\"` or `seq 2`",
                    several.len(),
                    list.join("; ")
                ));
            }
        };
        if only.verdict.word() != wanted {
            return Some(format!("expected {wanted}, was {}", self.described(only)));
        }
        expected.details.iter().find_map(|detail| self.detail(only, &detail.value))
    }

    fn is_meant(&self, o: &Outcome, name: &str, expected: &VerdictExpectation) -> bool {
        let obligation = &self.plan.obligations[o.obligation];
        obligation.name == name
            && self.plan.agreement_of(o.obligation).name == self.agreement
            && expected.case.as_ref().is_none_or(|key| o.case.as_ref().is_some_and(|c| c.1.text() == key.text))
            && expected.seq.is_none_or(|seq| o.seq == seq)
            && expected.by.as_ref().is_none_or(|by| self.group_of(o) == Some(by.text.clone()))
    }

    fn group_of(&self, o: &Outcome) -> Option<String> {
        let crate::plan::Duty::Clock(clocked) = &self.plan.obligations[o.obligation].duty else { return None };
        let crate::plan::Start::Each { by, .. } = &clocked.start else { return None };
        match (o.group??, by.first().map(|f| &self.plan.fields[*f].ty)) {
            (Value::Text(text), _) => Some(self.texts.text(text).to_string()),
            (Value::Member(m), Some(crate::model::Type::Members(names))) => names.get(m as usize).cloned(),
            (other, _) => other.as_number(&self.texts.table()).map(|n| n.short(9)),
        }
    }

    fn wall(&self, t: Instant) -> String {
        let local = self.zone.local(t);
        local.format(if chrono::Timelike::second(&local) == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S%.f" }).to_string()
    }

    /// An instance as it would be expected.
    fn described(&self, o: &Outcome) -> String {
        let mut text = String::new();
        if let Some((_, key)) = &o.case {
            text.push_str(&format!("\"{}\" ", key.text()));
        }
        text.push_str(o.verdict.word());
        if let Some(reason) = o.reason {
            text.push_str(&format!(" ({})", reason.text(self.plan)));
        }
        if let Some(elapsed) = o.elapsed {
            text.push_str(&format!(" elapsed {}", tight(elapsed)));
        }
        if o.verdict == Verdict::Breached {
            text.push_str(&format!(" late {}", tight(o.late)));
        }
        if let Some(due) = o.due {
            text.push_str(&format!(" due {}", self.wall(due)));
        }
        text
    }

    fn detail(&self, o: &Outcome, detail: &Detail) -> Option<String> {
        let length = |name: &str, expected: Duration, was: Option<Duration>| {
            (was != Some(expected)).then(|| format!("expected {name} {}, was {}", tight(expected), was.map_or("nothing".into(), tight)))
        };
        match detail {
            Detail::Elapsed(d) => length("elapsed", *d, o.elapsed),
            Detail::Late(d) => length("late", *d, Some(o.late)),
            Detail::Paused(d) => length("paused", *d, o.paused),
            Detail::Due(wall) => {
                let expected = self.zone.instant(*wall);
                let was = o.due.map_or("nothing".into(), |t| self.wall(t));
                (o.due != Some(expected)).then(|| format!("expected due {}, was {was}", self.wall(expected)))
            }
            Detail::Escalated(wall) => self.noticed(o, NoticeKind::Escalate, *wall),
            Detail::Warned(wall) => self.noticed(o, NoticeKind::Warn, *wall),
            Detail::Tier(name) => {
                let was = o.tier.map_or("none", |t| self.plan.tiers[t].name.as_str());
                (was != name).then(|| format!("expected tier {name}, was {was}"))
            }
            Detail::Credit(amount, currency) => {
                let cause = engine::Cause::Obligation { obligation: o.obligation, case: o.case.clone(), seq: o.seq };
                self.credit((*amount, *currency), |c| c.cause == cause)
            }
            Detail::Reason(text) => {
                let was = o.reason.map_or_else(|| "none".to_string(), |r| r.text(self.plan));
                (was != *text).then(|| format!("expected reason \"{text}\", was \"{was}\""))
            }
        }
    }

    /// A notice of this kind at an instant.
    fn noticed(&self, o: &Outcome, kind: NoticeKind, wall: chrono::NaiveDateTime) -> Option<String> {
        let expected = self.zone.instant(wall);
        let case = o.case.as_ref().map(|(kind, key)| (*kind, key.text()));
        let own = |n: &engine::NoticeRecord<'_>| (n.track, n.case, n.seq, n.kind) == (o.track, case, o.seq, kind);
        let given: Vec<Instant> = self.judgement.notices.iter().filter(own).map(|n| n.at).collect();
        let list = given.iter().map(|t| self.wall(*t)).collect::<Vec<_>>().join(", ");
        let was = if list.is_empty() { "never" } else { list.as_str() };
        let word = if kind == NoticeKind::Warn { "a warning" } else { "an escalation" };
        (!given.contains(&expected)).then(|| format!("expected {word} at {}, there was {was}", self.wall(expected)))
    }

    /// All that the agreement owes, less what caps take and what is returned.
    fn owed(&self, amount: Exact, currency: Currency) -> Option<String> {
        let made = &self.judgement.consequences;
        let of = |service: crate::id::ServiceId| self.plan.agreements[self.plan.services[service].agreement].name == self.agreement;
        let own = |c: &&engine::Credit| match &c.cause {
            engine::Cause::Objective { objective, .. } => of(self.plan.objectives[*objective].service),
            engine::Cause::Obligation { obligation, .. } => of(self.plan.obligations[*obligation].service),
        };
        let caps = made.caps.iter().filter(|c| self.plan.agreements[c.agreement].name == self.agreement);
        let amounts = made.credits.iter().filter(own).map(|c| (c.amount, c.currency)).chain(caps.map(|c| (c.amount, c.currency)));
        let amounts: Vec<(Exact, Currency)> = amounts.collect();
        let total = amounts.iter().try_fold(Exact::ZERO, |total, (amount, _)| total.add(*amount)).unwrap_or(Exact::ZERO);
        let fits = total == amount && amounts.iter().all(|(_, c)| *c == currency);
        let shown = |amount: Exact| amount.fixed(currency.decimals());
        (!fits).then(|| format!("expected {} {currency} to be owed, {} {currency} is", shown(amount), shown(total)))
    }

    /// A credit that is owed; an amount of nothing for none.
    fn credit(&self, (amount, currency): (Exact, Currency), own: impl Fn(&engine::Credit) -> bool) -> Option<String> {
        let was = self.judgement.consequences.credits.iter().find(|c| own(c) && !c.returned);
        let fits = was.map_or(amount.is_zero(), |c| (c.amount, c.currency) == (amount, currency));
        (!fits).then(|| {
            let was = was.map_or("none".into(), |c| format!("{} {}", c.amount.fixed(c.currency.decimals()), c.currency));
            format!("expected credit {} {currency}, was {was}", amount.fixed(currency.decimals()))
        })
    }

    fn objective(&self, name: &str, expected: &ObjectiveExpectation) -> Option<String> {
        let is_meant = |r: &&ObjectiveRecord| {
            let objective = &self.plan.objectives[r.objective];
            let agreement = &self.plan.agreements[self.plan.services[objective.service].agreement];
            let groups = expected.by.iter().all(|by| r.by.iter().any(|g| g.value.as_deref() == Some(by.text.as_str())));
            objective.name == name && agreement.name == self.agreement && r.period == expected.period && groups
        };
        let found: Vec<&ObjectiveRecord> = self.judgement.objectives.iter().filter(is_meant).collect();
        let wanted = expected.outcome.text.as_str();
        let only = match found.as_slice() {
            [] if wanted == "none" => return None,
            [] => {
                let named = |r: &&ObjectiveRecord| self.plan.objectives[r.objective].name == name;
                let known: Vec<&str> = self.judgement.objectives.iter().filter(named).map(|r| r.period.as_str()).collect();
                let known = if known.is_empty() { "no period has begun".into() } else { format!("there are {}", known.join(", ")) };
                return Some(format!("there is no record of `{name}` in {}; {known}", expected.period));
            }
            [only] => *only,
            several => return Some(format!("{} groups of `{name}` fit; say which with `by \"…\"`", several.len())),
        };
        let unit = self.plan.objectives[only.objective].unit;
        if only.verdict.word() != wanted {
            let value = only.value.map_or("nothing".into(), |v| unit.text(v));
            return Some(format!("expected {wanted}, was {} with value {value}", only.verdict.word()));
        }
        if let Some(wanted) = expected.credit {
            let cause = engine::Cause::Objective { objective: only.objective, by: only.by.clone() };
            if let Some(problem) = self.credit(wanted, |c| c.cause == cause && c.period == only.period) {
                return Some(problem);
            }
        }
        if let Some(right) = &expected.right {
            let own = |r: &&engine::Right| r.objective == only.objective && r.period == only.period && r.by == only.by;
            let arose: Vec<&str> = self.judgement.consequences.rights.iter().filter(own).map(|r| r.right.as_str()).collect();
            if !arose.contains(&right.as_str()) {
                let was = if arose.is_empty() { "none did".into() } else { format!("\"{}\" did", arose.join("\", \"")) };
                return Some(format!("expected the right \"{right}\" to arise, {was}"));
            }
        }
        let value = expected.value.as_ref()?;
        let TestValueKind::Literal(literal) = &value.kind else { return Some("a value is a literal".into()) };
        let (wanted, _) = fixed_value(literal)?;
        (only.value != Some(wanted)).then(|| {
            let was = only.value.map_or("nothing".into(), |v| unit.text(v));
            format!("expected value {}, was {was}", unit.text(wanted))
        })
    }
}

fn tight(d: Duration) -> String {
    d.to_string().replace(' ', "")
}
