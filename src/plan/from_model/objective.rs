//! Objectives, what they measure and what their misses cost.

use crate::ast;
use crate::id::{AgreementId, CaseId, FieldId, Id, ObligationId, StateId};
use crate::model::{self, Excluded, MeasureKind, MeasureUnit, Trigger, Window};
use crate::plan::from_model::Compiler;
use crate::plan::{About, Band, Cap, Chronic, Counter, Down, Goal, Key, Measure, MeasuredLet, Objective, Part, Span};
use crate::quantity::Exact;
use crate::time::{Duration, Unit};

impl Compiler<'_> {
    pub(super) fn objective(&mut self, o: &model::Objective) -> Objective {
        let agreement = self.model.services[o.service].agreement;
        let goal = self.goal(&o.goal, o, agreement);
        let minimum = o.minimum.as_ref().map(|(sign, m)| (*sign, self.measure(m, o, agreement)));
        let (left, sign, right) = first_comparison(&o.goal);
        let unit = match (&left.unit, &right.kind) {
            // A ratio of counts beside a percentage is a percentage.
            (MeasureUnit::Number, MeasureKind::Fixed(_)) if right.unit == MeasureUnit::Share => MeasureUnit::Share,
            (unit, _) => *unit,
        };
        let bound = match right.kind {
            MeasureKind::Fixed(value) => right.unit.text(value),
            _ => self.written(right.span),
        };
        Objective {
            name: o.name.clone(),
            title: o.title.clone(),
            service: o.service,
            spec: self.place(o.span),
            goal,
            minimum,
            measured: self.written(left.span),
            bound: format!("{} {bound}", sign.sign()),
            unit,
            window: o.window,
            grain: grain(o),
            by: o.by.iter().map(|(name, _)| name.clone()).collect(),
            no_data: o.no_data,
            sample: o.sample,
            counted_by: o.counted_by,
            bands: o.bands.iter().map(|b| self.band(b, o, agreement)).collect(),
            cap: o.cap.as_ref().map(|c| self.cap(c)),
            chronic: o.chronic.iter().map(|c| self.chronic(c)).collect(),
            carry: o.carry,
            earned: o.earned,
            pace: o.pace.map(|(share, calendar)| (share, self.calendar(calendar))),
        }
    }

    /// The named values that a log shows, each as an objective that asks nothing.
    pub(super) fn measured(&mut self, per: Option<Unit>) -> Vec<MeasuredLet> {
        let mut made = Vec::new();
        for named in self.model.lets.iter() {
            let Some((measure, unit)) = &named.measured else { continue };
            let Some(service) = self.model.agreements[named.agreement].services.first() else { continue };
            let zero = model::Measure { span: measure.span, kind: MeasureKind::Fixed(Exact::ZERO), unit: measure.unit };
            let asks_nothing = model::Objective {
                span: named.span,
                name_span: named.span,
                name: named.name.clone(),
                title: None,
                service: *service,
                goal: model::Goal::Compare(Box::new(measure.clone()), ast::Comparison::AtLeast, Box::new(zero)),
                minimum: None,
                window: Window::Each(per.unwrap_or(*unit)),
                by: Vec::new(),
                filter: None,
                no_data: None,
                sample: 0,
                counted_by: ast::CountedBy::Start,
                bands: Vec::new(),
                cap: None,
                chronic: Vec::new(),
                carry: false,
                earned: None,
                pace: None,
            };
            self.enter(named.agreement);
            let objective = self.objective(&asks_nothing);
            made.push(MeasuredLet { agreement: named.agreement, name: named.name.clone(), objective });
        }
        made
    }

    pub(super) fn band(&mut self, b: &model::Band, o: &model::Objective, agreement: AgreementId) -> Band {
        let amount = self.measure(&b.amount, o, agreement);
        Band { amount, per: b.per, above: b.above, bound: b.bound, text: self.written(b.span) }
    }

    pub(super) fn cap(&self, c: &model::Cap) -> Cap {
        Cap { amount: c.amount, per: c.per, text: self.written(c.span) }
    }

    pub(super) fn chronic(&self, c: &model::Chronic) -> Chronic {
        let text = self.written(c.span);
        let text = text.split('"').next().unwrap_or_default().trim().to_string();
        Chronic { count: c.count, below_minimum: c.below_minimum, among: c.among, right: c.right.clone(), text }
    }

    pub(super) fn goal(&mut self, goal: &model::Goal, o: &model::Objective, agreement: AgreementId) -> Goal {
        let mut goals = |goals: &[model::Goal]| goals.iter().map(|g| self.goal(g, o, agreement)).collect();
        match goal {
            model::Goal::All(all) => Goal::All(goals(all)),
            model::Goal::Any(any) => Goal::Any(goals(any)),
            model::Goal::Not(inner) => Goal::Not(Box::new(self.goal(inner, o, agreement))),
            model::Goal::Compare(a, sign, b) => Goal::Compare(self.measure(a, o, agreement), *sign, self.measure(b, o, agreement)),
        }
    }

    pub(super) fn measure(&mut self, measure: &model::Measure, o: &model::Objective, agreement: AgreementId) -> Measure {
        match &measure.kind {
            MeasureKind::Fixed(value) => Measure::Fixed(*value),
            MeasureKind::Met(obligations) => Measure::Met(obligations.iter().map(|id| self.part(*id, o)).collect()),
            MeasureKind::Misses(id) => Measure::Misses(self.part(*id, o)),
            MeasureKind::OfClock(statistic, id) => Measure::OfClock(*statistic, self.part(*id, o)),
            MeasureKind::Count(events) => Measure::Count(self.counter(events, None, o, agreement)),
            MeasureKind::OfField(statistic, events, field) => {
                Measure::OfField(*statistic, self.counter(events, Some(*field), o, agreement))
            }
            MeasureKind::Down(down) => Measure::Down(Box::new(self.down(down, o, agreement))),
            MeasureKind::OfBuckets(statistic, inner, per) => {
                let before = self.counters.len();
                let inner = self.measure(inner, o, agreement);
                // What is counted for the stretches of a day is counted by them.
                for counter in &mut self.counters[before..] {
                    counter.grain = Window::Every(*per);
                }
                Measure::OfBuckets(*statistic, Box::new(inner), *per)
            }
            MeasureKind::Lookup(lookup) => Measure::Lookup(*lookup),
            MeasureKind::Arithmetic(a, operator, b) => {
                Measure::Arithmetic(Box::new(self.measure(a, o, agreement)), *operator, Box::new(self.measure(b, o, agreement)))
            }
            MeasureKind::Rounded(how, inner) => Measure::Rounded(*how, Box::new(self.measure(inner, o, agreement))),
        }
    }

    fn down(&mut self, down: &model::Down, o: &model::Objective, agreement: AgreementId) -> Down {
        let case = self.model.states[down.state].case;
        let own = self.span(down.state, None, o, agreement, Some(case));
        let mut without: Vec<(usize, Option<(Duration, Unit)>)> = Vec::new();
        for state in &down.except {
            without.push((self.span(*state, None, o, agreement, Some(case)), None));
        }
        for exclude in self.model.agreements[agreement].excludes.clone() {
            if let Excluded::State(state, during) = &exclude.what {
                without.push((self.span(*state, during.as_ref(), o, agreement, Some(case)), exclude.up_to));
            }
        }
        let closed = self.closed(o.service, case);
        Down { down: own, without, closed, on: down.on.map(|c| self.calendar(c)), share: down.share }
    }

    /// The times of a state. Those of the measured kind of case are grouped and filtered like the objective; of others all
    /// count.
    fn span(
        &mut self,
        state: StateId,
        during: Option<&model::Condition>,
        o: &model::Objective,
        agreement: AgreementId,
        measured: Option<CaseId>,
    ) -> usize {
        let case = self.model.states[state].case;
        let alike = measured == Some(case);
        let applies = self.model.agreements[agreement].applies.as_ref();
        let applies = applies.and_then(|all| all.iter().find(|(c, _)| *c == case).map(|(_, condition)| condition));
        let about = if alike { self.about(agreement, Some(case), applies) } else { About::default() };
        let fields = self.model.cases[case].fields.as_slice();
        let key = |name: &String| fields.iter().copied().find(|f| self.model.fields[*f].name == *name).map_or(Key::Tier, Key::Field);
        let by = if alike { o.by.iter().map(|(name, _)| key(name)).collect() } else { Vec::new() };
        let filter = o.filter.as_ref().filter(|_| alike).map(|c| self.condition(c));
        let during = during.map(|c| self.condition(c));
        let excluded_if = self.excluded_if(o.service, Some(case));
        self.spans.push(Span { state, during, about, filter, by, excluded_if });
        self.spans.len() - 1
    }

    pub(super) fn part(&mut self, id: ObligationId, o: &model::Objective) -> Part {
        let filter = o.filter.as_ref().map(|f| self.condition(f));
        let obligation = &self.model.obligations[id];
        let recurring = matches!(obligation.duty, model::Duty::Clock { start: model::Start::Each { .. }, .. });
        let (keys, filters) = &mut self.readings[id.index()];
        let by = o.by.iter().map(|(name, _)| {
            if recurring {
                return Key::Group;
            }
            let fields = obligation.case.map(|c| self.model.cases[c].fields.as_slice()).unwrap_or_default();
            match fields.iter().copied().find(|f| self.model.fields[*f].name == *name) {
                Some(field) => Key::Reading(position_or_push(keys, field)),
                None => Key::Tier,
            }
        });
        let by = by.collect();
        let filter = filter.map(|f| position_or_push(filters, f));
        Part { obligation: id, by, filter }
    }

    pub(super) fn counter(
        &mut self,
        events: &model::EventCount,
        value: Option<FieldId>,
        o: &model::Objective,
        agreement: AgreementId,
    ) -> usize {
        let (own, case) = match events.on {
            Trigger::Event(e) => (self.model.events[e].fields.as_slice(), self.model.events[e].case),
            Trigger::Entering(s) | Trigger::Leaving(s) => (&[][..], Some(self.model.states[s].case)),
        };
        let of_case = case.map(|c| self.model.cases[c].fields.as_slice()).unwrap_or_default();
        let by = o.by.iter().map(|(name, _)| {
            let field = own.iter().chain(of_case).copied().find(|f| self.model.fields[*f].name == *name);
            field.map_or(Key::Tier, Key::Field)
        });
        let by = by.collect();
        let applies = self.model.agreements[agreement].applies.as_ref();
        let applies = applies.and_then(|all| all.iter().find(|(c, _)| Some(*c) == case).map(|(_, condition)| condition));
        let about = self.about(agreement, case, applies);
        let counter = Counter {
            agreement,
            on: events.on,
            condition: events.condition.as_ref().map(|c| self.condition(c)),
            about,
            filter: o.filter.as_ref().map(|c| self.condition(c)),
            by,
            value,
            grain: grain(o),
        };
        self.counters.push(counter);
        self.counters.len() - 1
    }
}

/// By what an objective's events are counted.
fn grain(o: &model::Objective) -> Window {
    if o.pace.is_some() { Window::Each(Unit::Day) } else { o.window }
}

fn position_or_push<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|i| *i == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

fn first_comparison(goal: &model::Goal) -> (&model::Measure, ast::Comparison, &model::Measure) {
    match goal {
        model::Goal::Compare(a, sign, b) => (a, *sign, b),
        model::Goal::All(goals) | model::Goal::Any(goals) => first_comparison(&goals[0]),
        model::Goal::Not(inner) => first_comparison(inner),
    }
}
