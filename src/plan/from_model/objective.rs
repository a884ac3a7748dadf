//! Objectives, what they measure and what their misses cost.

use crate::ast;
use crate::id::{AgreementId, FieldId, Id, ObligationId};
use crate::model::{self, MeasureKind, MeasureUnit, Trigger};
use crate::plan::from_model::Compiler;
use crate::plan::{Band, Cap, Chronic, Counter, Goal, Key, Measure, Objective, Part};
use crate::quantity::Exact;
use crate::time::Duration;

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
            MeasureKind::Fixed(value) => fixed_text(value, right.unit),
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
            by: o.by.iter().map(|(name, _)| name.clone()).collect(),
            no_data: o.no_data,
            sample: o.sample,
            counted_by: o.counted_by,
            bands: o.bands.iter().map(|b| self.band(b)).collect(),
            cap: o.cap.as_ref().map(|c| self.cap(c)),
            chronic: o.chronic.iter().map(|c| self.chronic(c)).collect(),
        }
    }

    pub(super) fn band(&self, b: &model::Band) -> Band {
        Band { amount: b.amount, per: b.per, above: b.above, bound: b.bound, text: self.written(b.span) }
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
            MeasureKind::Arithmetic(a, operator, b) => {
                Measure::Arithmetic(Box::new(self.measure(a, o, agreement)), *operator, Box::new(self.measure(b, o, agreement)))
            }
            MeasureKind::Rounded(how, inner) => Measure::Rounded(*how, Box::new(self.measure(inner, o, agreement))),
        }
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
            window: o.window,
        };
        self.counters.push(counter);
        self.counters.len() - 1
    }
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

/// A fixed bound as it would be written.
fn fixed_text(value: Exact, unit: MeasureUnit) -> String {
    match unit {
        MeasureUnit::Share => value.mul(Exact::whole(100)).map_or_else(|| value.to_string(), |v| format!("{}%", v.short(6))),
        MeasureUnit::Duration => Duration::from_seconds(value).map_or_else(|| value.to_string(), |d| d.to_string().replace(' ', "")),
        MeasureUnit::Money(Some(currency)) => format!("{} {currency}", value.fixed(currency.decimals())),
        MeasureUnit::Number | MeasureUnit::Money(None) | MeasureUnit::Mixed { .. } => value.short(6),
    }
}
