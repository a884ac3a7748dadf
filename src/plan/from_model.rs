//! [`model`](crate::model) to plan.

use crate::ast::{self, Recipient};
use crate::id::{AgreementId, CalendarId, CaseId, EventId, FieldId, Id, ObligationId, StateId, Table};
use crate::model::{self, ConditionKind, MeasureKind, MeasureUnit, Model, Owner, Subject, TierRule, Trigger};
use crate::plan::{
    Agreement, Atom, Band, Calendar, Cap, Case, Chronic, Clocked, Condition, Counter, Duty, Event, EventMapping, FORMAT, Field,
    FieldColumn, Goal, Key, Measure, Milestone, Notice, Objective, Obligation, Op, Part, Party, Pattern, Plan, Row, Rule, Scalar, Service,
    Source, Start, State, StateWhen, Tier, Track, Value,
};
use crate::quantity::Exact;
use crate::source::{Place, SourceMap};
use crate::time::{Duration, Recipe, Zone};

/// Compiles a model that has no error.
pub fn from_model(model: &Model, sources: &SourceMap) -> Plan {
    let mut compiler = Compiler { model, sources, calendars: Vec::new(), zone: Zone::utc(), counters: Vec::new(), readings: Vec::new() };
    compiler.plan()
}

struct Compiler<'m> {
    model: &'m Model,
    sources: &'m SourceMap,
    /// Each calendar of the model in each zone that asks for it.
    calendars: Vec<(CalendarId, String, Calendar)>,
    /// The zone of the agreement that is being compiled.
    zone: Zone,
    counters: Vec<Counter>,
    /// Of each obligation: the fields and filters that are read at its deciding instant.
    readings: Vec<(Vec<FieldId>, Vec<Condition>)>,
}

impl Compiler<'_> {
    fn plan(&mut self) -> Plan {
        let model = self.model;
        // Conditions of cases know no agreement; where one compares with a wall-clock time, the first agreement's zone is meant.
        self.zone = model.agreements.iter().next().map_or_else(Zone::utc, |a| a.zone.clone());
        let states = model.states.enumerate().map(|(id, s)| self.state(id, s)).collect();
        let tiers = model.tiers.iter().map(|t| self.tier(t)).collect();
        let cases: Table<CaseId, Case> = model.cases.enumerate().map(|(id, c)| case(model, id, c)).collect();
        let fields = model.fields.enumerate().map(|(id, f)| self.field(id, f)).collect();
        let mut obligations: Vec<Obligation> = Vec::new();
        for (id, obligation) in model.obligations.enumerate() {
            self.enter(model.services[obligation.service].agreement);
            let keys = obligation.blame.into_iter().collect();
            self.readings.push((keys, Vec::new()));
            obligations.push(self.obligation(id, obligation));
        }
        let mut objectives = Table::default();
        for objective in model.objectives.iter() {
            self.enter(model.services[objective.service].agreement);
            objectives.push(self.objective(objective));
        }
        for (obligation, (keys, filters)) in obligations.iter_mut().zip(std::mem::take(&mut self.readings)) {
            obligation.keys = keys;
            obligation.filters = filters;
        }
        for (obligation, source) in obligations.iter_mut().zip(model.obligations.iter()) {
            obligation.blame = source.blame.and_then(|f| obligation.keys.iter().position(|k| *k == f));
        }
        let mut plan = Plan {
            format: FORMAT,
            sla: env!("CARGO_PKG_VERSION").to_string(),
            parties: model.parties.iter().map(|p| Party { name: p.name.clone(), title: p.title.clone() }).collect(),
            calendars: Table::default(),
            cases,
            events: model.events.iter().map(event).collect(),
            fields,
            states,
            tiers,
            agreements: model.agreements.iter().map(|a| self.agreement(a)).collect(),
            services: model.services.iter().map(|s| self.service(s)).collect(),
            obligations: obligations.into_iter().collect(),
            tracks: self.tracks(),
            counters: std::mem::take(&mut self.counters),
            objectives,
            sources: model.sources.iter().map(|s| self.source(s)).collect(),
        };
        plan.calendars = std::mem::take(&mut self.calendars).into_iter().map(|(_, _, c)| c).collect();
        let since = since_events(&plan);
        for (id, case) in cases_mut(&mut plan) {
            case.since = since.iter().copied().filter(|e| model.events[*e].case == Some(id)).collect();
        }
        plan
    }

    fn enter(&mut self, agreement: AgreementId) {
        self.zone = self.model.agreements[agreement].zone.clone();
    }

    fn place(&self, span: crate::source::Span) -> Place {
        self.sources.place(span)
    }

    /// A calendar in the current zone; each pair is laid out once.
    fn calendar(&mut self, id: CalendarId) -> CalendarId {
        let calendar = &self.model.calendars[id];
        let zone = self.zone.name().to_string();
        let known = self.calendars.iter().position(|(c, z, _)| *c == id && *z == zone);
        let index = known.unwrap_or_else(|| {
            let recipe = in_zone(&calendar.recipe, &zone);
            let made = Calendar { name: calendar.name.clone(), title: calendar.title.clone(), zone: zone.clone(), recipe };
            self.calendars.push((id, zone, made));
            self.calendars.len() - 1
        });
        CalendarId::from_index(index)
    }

    fn state(&mut self, id: StateId, state: &model::State) -> State {
        let slot = states_in_order(self.model, state.case).iter().position(|s| *s == id).expect("a state is one of its case's");
        let when = match &state.when {
            model::StateWhen::Between(from, to) => StateWhen::Between(self.pattern(from), self.pattern(to)),
            model::StateWhen::Holds(condition) => StateWhen::Holds(self.condition(condition)),
        };
        State { name: state.name.clone(), case: state.case, slot: slot as u16, when }
    }

    fn tier(&mut self, tier: &model::Tier) -> Tier {
        let when = match &tier.rule {
            TierRule::When(condition) => Some(self.condition(condition)),
            TierRule::Otherwise => None,
        };
        Tier { name: tier.name.clone(), title: tier.title.clone(), when }
    }

    fn field(&self, id: FieldId, field: &model::Field) -> Field {
        let siblings = match field.owner {
            Owner::Case(case) => &self.model.cases[case].fields,
            Owner::Event(event) => &self.model.events[event].fields,
        };
        let slot = siblings.iter().position(|f| *f == id).unwrap_or(0) as u16;
        Field { name: field.name.clone(), owner: field.owner, slot, ty: field.ty.clone(), optional: field.optional }
    }

    fn agreement(&self, a: &model::Agreement) -> Agreement {
        let review = a.review.as_ref().map(|r| match r {
            ast::Review::Every(unit) => format!("every {}", unit.word()),
            ast::Review::On(dates) => format!("on {}", dates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        });
        Agreement {
            name: a.name.clone(),
            title: a.title.clone(),
            version: a.version.clone(),
            from: a.from,
            to: a.to,
            zone: a.zone.name().to_string(),
            currency: a.currency,
            fiscal: a.fiscal,
            caps: a.caps.iter().map(|c| self.cap(c)).collect(),
            highest: a.highest.clone(),
            goals: a.goals.iter().map(|(p, text)| (self.model.parties[*p].name.clone(), text.clone())).collect(),
            review,
        }
    }

    fn service(&self, s: &model::Service) -> Service {
        let names = |ids: &[crate::id::PartyId]| ids.iter().map(|p| self.model.parties[*p].name.clone()).collect();
        Service { name: s.name.clone(), title: s.title.clone(), agreement: s.agreement, by: names(&s.by), for_: names(&s.for_) }
    }

    /// Obligations of one name in versions of one agreement follow each other; tracks stand in the order of the text.
    fn tracks(&self) -> Vec<Track> {
        let model = self.model;
        let name = |id: ObligationId| {
            let service = model.service_of(id);
            (&model.agreements[service.agreement].name, &service.name, &model.obligations[id].name)
        };
        let mut tracks: Vec<Track> = Vec::new();
        for agreement in first_names(model) {
            let of_agreement = |id: &ObligationId| name(*id).0 == agreement;
            let mut own: Vec<Track> = Vec::new();
            for id in model.obligations.ids().filter(of_agreement) {
                match own.iter_mut().find(|t| name(t.0[0]) == name(id) && self.same_shape(t.0[0], id)) {
                    Some(track) => track.0.push(id),
                    None => own.push(Track(vec![id])),
                }
            }
            tracks.extend(own);
        }
        for track in &mut tracks {
            track.0.sort_by_key(|id| model.agreements[model.service_of(*id).agreement].from);
        }
        tracks
    }

    /// Whether two versions of an obligation can follow each other: one of another kind, or about other cases, is another
    /// promise of the same name.
    fn same_shape(&self, a: ObligationId, b: ObligationId) -> bool {
        let shape = |id: ObligationId| {
            let obligation = &self.model.obligations[id];
            let kind = match &obligation.duty {
                model::Duty::Clock { start: model::Start::On { .. }, .. } => 0,
                model::Duty::Clock { start: model::Start::Each { .. }, .. } => 1,
                model::Duty::Require { .. } | model::Duty::Forbid { .. } => 2,
            };
            (kind, obligation.case)
        };
        shape(a) == shape(b)
    }

    fn obligation(&mut self, _id: ObligationId, o: &model::Obligation) -> Obligation {
        let applies = o.applies.as_ref().map(|c| self.condition(c));
        let duty = match &o.duty {
            model::Duty::Clock { start, stop, cancel, reset, reopen, pause, rows, retier, notices } => {
                let start = match start {
                    model::Start::On { once, pattern } => Start::On { once: *once, pattern: self.pattern(pattern) },
                    model::Start::Each { unit, by, name } => Start::Each { unit: *unit, by: by.clone(), name: name.clone() },
                };
                Duty::Clock(Box::new(Clocked {
                    start,
                    stop: self.pattern(stop),
                    cancel: cancel.as_ref().map(|p| self.pattern(p)),
                    reset: reset.as_ref().map(|p| self.pattern(p)),
                    reopen: reopen.as_ref().map(|p| self.pattern(p)),
                    pause: pause.clone(),
                    rows: rows.iter().map(|r| self.row(r)).collect(),
                    retier: *retier,
                    notices: notices.iter().map(notice).collect(),
                }))
            }
            model::Duty::Require { on, condition, when } => Duty::Rule(Box::new(Rule {
                on: self.pattern(on),
                require: Some(self.condition(condition)),
                during: None,
                when: when.as_ref().map(|c| self.condition(c)),
            })),
            model::Duty::Forbid { on, during, when } => Duty::Rule(Box::new(Rule {
                on: self.pattern(on),
                require: None,
                during: *during,
                when: when.as_ref().map(|c| self.condition(c)),
            })),
        };
        Obligation {
            name: o.name.clone(),
            title: o.title.clone(),
            service: o.service,
            case: o.case,
            spec: self.place(o.span),
            applies,
            duty,
            keys: Vec::new(),
            filters: Vec::new(),
            blame: None,
        }
    }

    fn row(&mut self, row: &model::Row) -> Row {
        Row {
            target: row.target,
            tiers: row.tiers.clone(),
            clock: row.clock.map(|c| self.calendar(c)),
            condition: row.condition.as_ref().map(|c| self.condition(c)),
        }
    }

    fn pattern(&mut self, pattern: &model::Pattern) -> Pattern {
        Pattern { any: pattern.any.iter().map(|all| all.iter().map(|a| self.atom(a)).collect()).collect() }
    }

    fn atom(&mut self, atom: &model::Atom) -> Atom {
        Atom {
            on: atom.on,
            condition: atom.condition.as_ref().map(|c| self.condition(c)),
            count: atom.count,
            across: atom.across,
            spaced: atom.spaced,
            last: atom.last,
            during: atom.during,
        }
    }

    fn condition(&mut self, condition: &model::Condition) -> Condition {
        let mut ops = Vec::new();
        self.ops(condition, &mut ops);
        Condition(ops)
    }

    fn ops(&mut self, condition: &model::Condition, ops: &mut Vec<Op>) {
        let op = match &condition.kind {
            ConditionKind::All(all) => {
                all.iter().for_each(|c| self.ops(c, ops));
                Op::All(all.len() as u32)
            }
            ConditionKind::Any(any) => {
                any.iter().for_each(|c| self.ops(c, ops));
                Op::Any(any.len() as u32)
            }
            ConditionKind::Not(inner) => {
                self.ops(inner, ops);
                Op::Not
            }
            ConditionKind::Is(subject, among) => Op::Is(*subject, among.iter().map(|s| self.scalar(s)).collect()),
            ConditionKind::Same(a, b) => Op::Same(*a, *b),
            ConditionKind::Compare(a, sign, b) => Op::Compare(self.value(a), *sign, self.value(b)),
            ConditionKind::Present(field) => Op::Present(*field),
            ConditionKind::During(calendar) => Op::During(self.calendar(*calendar)),
        };
        ops.push(op);
    }

    fn value(&self, value: &model::Value) -> Value {
        match value {
            model::Value::Fixed(scalar) => Value::Fixed(self.scalar(scalar)),
            model::Value::Field(field) => Value::Field(*field),
            model::Value::Since(event) => Value::Since(*event),
            model::Value::Arithmetic(a, operator, b) => Value::Arithmetic(Box::new(self.value(a)), *operator, Box::new(self.value(b))),
        }
    }

    fn scalar(&self, scalar: &model::Scalar) -> Scalar {
        match scalar {
            model::Scalar::Number(n) => Scalar::Number(*n),
            model::Scalar::Bool(b) => Scalar::Bool(*b),
            model::Scalar::Duration(d) => Scalar::Duration(*d),
            model::Scalar::Date(d) => Scalar::Date(*d),
            model::Scalar::Wall(t) => Scalar::Time(self.zone.instant(*t)),
            model::Scalar::Text(t) => Scalar::Text(t.clone()),
            model::Scalar::Member(m) => Scalar::Member(*m),
            model::Scalar::Tier(t) => Scalar::Tier(*t),
        }
    }

    fn objective(&mut self, o: &model::Objective) -> Objective {
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

    /// The text of a place, on one line.
    fn written(&self, span: crate::source::Span) -> String {
        self.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn band(&self, b: &model::Band) -> Band {
        Band { amount: b.amount, per: b.per, above: b.above, bound: b.bound, text: self.written(b.span) }
    }

    fn cap(&self, c: &model::Cap) -> Cap {
        Cap { amount: c.amount, per: c.per, text: self.written(c.span) }
    }

    fn chronic(&self, c: &model::Chronic) -> Chronic {
        let text = self.written(c.span);
        let text = text.split('"').next().unwrap_or_default().trim().to_string();
        Chronic { count: c.count, below_minimum: c.below_minimum, among: c.among, right: c.right.clone(), text }
    }

    fn goal(&mut self, goal: &model::Goal, o: &model::Objective, agreement: AgreementId) -> Goal {
        let mut goals = |goals: &[model::Goal]| goals.iter().map(|g| self.goal(g, o, agreement)).collect();
        match goal {
            model::Goal::All(all) => Goal::All(goals(all)),
            model::Goal::Any(any) => Goal::Any(goals(any)),
            model::Goal::Not(inner) => Goal::Not(Box::new(self.goal(inner, o, agreement))),
            model::Goal::Compare(a, sign, b) => Goal::Compare(self.measure(a, o, agreement), *sign, self.measure(b, o, agreement)),
        }
    }

    fn measure(&mut self, measure: &model::Measure, o: &model::Objective, agreement: AgreementId) -> Measure {
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

    fn part(&mut self, id: ObligationId, o: &model::Objective) -> Part {
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

    fn counter(&mut self, events: &model::EventCount, value: Option<FieldId>, o: &model::Objective, agreement: AgreementId) -> usize {
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
        let applies = self.model.agreements[agreement].applies.as_ref().filter(|c| knows(self.model, c, case));
        let counter = Counter {
            agreement,
            on: events.on,
            condition: events.condition.as_ref().map(|c| self.condition(c)),
            applies: applies.map(|c| self.condition(c)),
            filter: o.filter.as_ref().map(|c| self.condition(c)),
            by,
            value,
            window: o.window,
        };
        self.counters.push(counter);
        self.counters.len() - 1
    }

    fn source(&mut self, s: &model::Source) -> Source {
        let milestones = s.milestones.iter().map(|m| Milestone { event: m.event, column: m.column.clone(), form: m.form.clone() });
        let events = s.events.iter().map(|m| EventMapping {
            words: m.words.clone(),
            event: m.event,
            fields: m.fields.iter().map(|(f, v)| (*f, self.scalar(v))).collect(),
        });
        let fields = s.fields.iter().map(|f| FieldColumn {
            fields: f.fields.clone(),
            column: f.column.clone(),
            form: f.form.clone(),
            values: f.values.iter().map(|(word, v)| (word.clone(), v.as_ref().map(|v| self.scalar(v)))).collect(),
        });
        Source {
            name: s.name.clone(),
            case: s.case.clone(),
            time: s.time.clone(),
            milestones: milestones.collect(),
            event_columns: s.event_columns.clone(),
            events: events.collect(),
            fields: fields.collect(),
            ignore: s.ignore.clone(),
            missing: s.missing.clone(),
            id: s.id.clone(),
            encoding: s.encoding.clone(),
            delimiter: s.delimiter,
            empty_clears: s.empty_clears,
        }
    }
}

fn position_or_push<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|i| *i == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

fn cases_mut(plan: &mut Plan) -> impl Iterator<Item = (CaseId, &mut Case)> {
    let ids: Vec<CaseId> = plan.cases.ids().collect();
    ids.into_iter().zip(plan.cases.iter_mut())
}

fn first_names(model: &Model) -> Vec<&String> {
    let mut names: Vec<&String> = Vec::new();
    for agreement in model.agreements.iter() {
        if !names.contains(&&agreement.name) {
            names.push(&agreement.name);
        }
    }
    names
}

/// Whether a kind of case has every field that a condition asks for.
fn knows(model: &Model, condition: &model::Condition, case: Option<CaseId>) -> bool {
    let of_case = |f: FieldId| matches!(model.fields[f].owner, Owner::Case(c) if Some(c) == case);
    match &condition.kind {
        ConditionKind::All(all) | ConditionKind::Any(all) => all.iter().all(|c| knows(model, c, case)),
        ConditionKind::Not(inner) => knows(model, inner, case),
        ConditionKind::Is(Subject::Field(f), _) | ConditionKind::Present(f) => of_case(*f),
        ConditionKind::Is(Subject::Tier, _) | ConditionKind::During(_) => case.is_some(),
        ConditionKind::Same(a, b) => of_case(*a) && of_case(*b),
        ConditionKind::Compare(a, _, b) => [a, b].into_iter().all(|v| value_knows(model, v, case)),
    }
}

fn value_knows(model: &Model, value: &model::Value, case: Option<CaseId>) -> bool {
    match value {
        model::Value::Fixed(_) => true,
        model::Value::Field(f) => matches!(model.fields[*f].owner, Owner::Case(c) if Some(c) == case),
        model::Value::Since(e) => model.events[*e].case == case,
        model::Value::Arithmetic(a, _, b) => value_knows(model, a, case) && value_knows(model, b, case),
    }
}

/// A case's states, each after those that its patterns speak of.
fn states_in_order(model: &Model, case: CaseId) -> Vec<StateId> {
    let mut left: Vec<StateId> = model.cases[case].states.clone();
    let mut ordered: Vec<StateId> = Vec::new();
    while !left.is_empty() {
        let ready = left.iter().position(|s| model.states_before(*s).iter().all(|b| ordered.contains(b)));
        // A circle is an error of the spec, and such a spec is not compiled.
        ordered.push(left.remove(ready.unwrap_or(0)));
    }
    ordered
}

fn case(model: &Model, id: CaseId, case: &model::Case) -> Case {
    Case {
        name: case.name.clone(),
        title: case.title.clone(),
        fields: case.fields.clone(),
        events: case.events.clone(),
        states: states_in_order(model, id),
        tiers: case.tiers.clone(),
        since: Vec::new(),
    }
}

fn event(event: &model::Event) -> Event {
    Event { name: event.name.clone(), case: event.case, fields: event.fields.clone() }
}

fn notice(notice: &model::Notice) -> Notice {
    let to = notice.to.as_ref().map(|to| match to {
        Recipient::Name(name) => name.text.clone(),
        Recipient::Text(text) => text.text.clone(),
    });
    Notice { at: notice.at, to, to_field: notice.to_field }
}

/// Rules without a zone of their own are on the agreement's clock.
fn in_zone(recipe: &Recipe, agreement: &str) -> Recipe {
    let both = |a: &Recipe, b: &Recipe| (Box::new(in_zone(a, agreement)), Box::new(in_zone(b, agreement)));
    match recipe {
        Recipe::Always => Recipe::Always,
        Recipe::Rules { zone, rules } => {
            let zone = if zone.is_empty() { agreement.to_string() } else { zone.clone() };
            Recipe::Rules { zone, rules: rules.clone() }
        }
        Recipe::Except(a, b) => {
            let (a, b) = both(a, b);
            Recipe::Except(a, b)
        }
        Recipe::And(a, b) => {
            let (a, b) = both(a, b);
            Recipe::And(a, b)
        }
        Recipe::Or(a, b) => {
            let (a, b) = both(a, b);
            Recipe::Or(a, b)
        }
    }
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

/// Events that some condition asks the last time of.
fn since_events(plan: &Plan) -> Vec<EventId> {
    let mut found = Vec::new();
    let mut look = |condition: &Condition| {
        for op in &condition.0 {
            if let Op::Compare(a, _, b) = op {
                since_in(a, &mut found);
                since_in(b, &mut found);
            }
        }
    };
    each_condition(plan, &mut look);
    found.sort();
    found.dedup();
    found
}

fn since_in(value: &Value, found: &mut Vec<EventId>) {
    match value {
        Value::Since(event) => found.push(*event),
        Value::Arithmetic(a, _, b) => {
            since_in(a, found);
            since_in(b, found);
        }
        Value::Fixed(_) | Value::Field(_) => {}
    }
}

fn each_condition(plan: &Plan, look: &mut impl FnMut(&Condition)) {
    let in_pattern =
        |p: &Pattern, look: &mut dyn FnMut(&Condition)| p.any.iter().flatten().filter_map(|a| a.condition.as_ref()).for_each(look);
    for state in plan.states.iter() {
        match &state.when {
            StateWhen::Between(from, to) => {
                in_pattern(from, look);
                in_pattern(to, look);
            }
            StateWhen::Holds(condition) => look(condition),
        }
    }
    plan.tiers.iter().filter_map(|t| t.when.as_ref()).for_each(&mut *look);
    for obligation in plan.obligations.iter() {
        obligation.applies.iter().chain(&obligation.filters).for_each(&mut *look);
        match &obligation.duty {
            Duty::Clock(clocked) => {
                let start = match &clocked.start {
                    Start::On { pattern, .. } => Some(pattern),
                    Start::Each { .. } => None,
                };
                let patterns = [start, Some(&clocked.stop), clocked.cancel.as_ref(), clocked.reset.as_ref(), clocked.reopen.as_ref()];
                patterns.into_iter().flatten().for_each(|p| in_pattern(p, look));
                clocked.rows.iter().filter_map(|r| r.condition.as_ref()).for_each(&mut *look);
            }
            Duty::Rule(rule) => {
                in_pattern(&rule.on, look);
                rule.require.iter().chain(&rule.when).for_each(&mut *look);
            }
        }
    }
    for counter in &plan.counters {
        [&counter.condition, &counter.applies, &counter.filter].into_iter().flatten().for_each(&mut *look);
    }
}
