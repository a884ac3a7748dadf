//! [`model`](crate::model) to plan.

mod condition;
mod exclude;
mod objective;
mod since;

use crate::ast::{self, Recipient};
use crate::id::{AgreementId, CalendarId, CaseId, FieldId, Id, ObligationId, StateId, Table};
use crate::model::{self, Model, Owner, TierRule};
use crate::plan::{
    About, Agreement, Calendar, Case, Claim, Clocked, Condition, Counter, Duty, Event, EventMapping, FORMAT, FactTable, Field, FieldColumn,
    Milestone, Notice, Obligation, Party, Penalty, Plan, Row, Rule, Score, ScoreBy, ScoreRule, Service, Source, Span, Stage, Start, State,
    StateWhen, Tier, Track,
};
use crate::source::{Place, SourceMap};
use crate::time::{Unit, Zone};
use since::since_events;

/// Compiles a model that has no error.
pub fn from_model(model: &Model, sources: &SourceMap) -> Plan {
    compiled(model, sources, None)
}

/// The same with the named values that a log shows: in their own periods, or in these.
pub fn from_model_measuring(model: &Model, sources: &SourceMap, per: Option<Unit>) -> Plan {
    compiled(model, sources, Some(per))
}

fn compiled(model: &Model, sources: &SourceMap, measuring: Option<Option<Unit>>) -> Plan {
    let mut compiler = Compiler {
        model,
        sources,
        calendars: Vec::new(),
        zone: Zone::utc(),
        counters: Vec::new(),
        spans: Vec::new(),
        readings: Vec::new(),
    };
    compiler.plan(measuring)
}

struct Compiler<'m> {
    model: &'m Model,
    sources: &'m SourceMap,
    /// Each calendar that something asks for, once.
    calendars: Vec<Calendar>,
    /// The zone of the agreement that is being compiled.
    zone: Zone,
    counters: Vec<Counter>,
    spans: Vec<Span>,
    /// Of each obligation: the fields and filters that are read at its deciding instant.
    readings: Vec<(Vec<FieldId>, Vec<Condition>)>,
}

impl Compiler<'_> {
    fn plan(&mut self, measuring: Option<Option<Unit>>) -> Plan {
        let model = self.model;
        // Conditions of cases know no agreement; where one compares with a wall-clock time, the first agreement's zone is meant.
        self.zone = model.agreements.iter().next().map_or_else(Zone::utc, |a| a.zone.clone());
        let states = model.states.enumerate().map(|(id, s)| self.state(id, s)).collect();
        let tiers = model.tiers.iter().map(|t| self.tier(t)).collect();
        let cases: Table<CaseId, Case> = model.cases.enumerate().map(|(id, c)| self.case(id, c)).collect();
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
        let measured = measuring.map_or_else(Vec::new, |per| self.measured(per));
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
            agreements: model.agreements.ids().map(|id| self.agreement(id)).collect(),
            services: model.services.iter().map(|s| self.service(s)).collect(),
            obligations: obligations.into_iter().collect(),
            tracks: self.tracks(),
            counters: std::mem::take(&mut self.counters),
            spans: std::mem::take(&mut self.spans),
            objectives,
            measured,
            tables: model.tables.iter().map(fact_table).collect(),
            sources: model.sources.iter().map(|s| self.source(s)).collect(),
        };
        plan.calendars = std::mem::take(&mut self.calendars).into_iter().collect();
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
        let recipe = calendar.recipe.in_zone(&zone);
        self.laid(Calendar { name: calendar.name.clone(), title: calendar.title.clone(), zone, recipe })
    }

    /// The number of a calendar, which is kept once.
    fn laid(&mut self, calendar: Calendar) -> CalendarId {
        let known = self.calendars.iter().position(|c| *c == calendar);
        CalendarId::from_index(known.unwrap_or_else(|| {
            self.calendars.push(calendar);
            self.calendars.len() - 1
        }))
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

    fn case(&mut self, id: CaseId, case: &model::Case) -> Case {
        let scores = case.scores.iter().map(|score| {
            let slot = case.fields.iter().position(|f| *f == score.field).unwrap_or(0) as u16;
            let rules = score.rules.iter().map(|rule| {
                let by = match &rule.by {
                    model::ScoreBy::When(condition) => ScoreBy::When(self.condition(condition)),
                    model::ScoreBy::On(pattern) => ScoreBy::On(self.pattern(pattern)),
                };
                ScoreRule { points: rule.points, by, at_most: rule.at_most }
            });
            Score { slot, rules: rules.collect() }
        });
        let scores = scores.collect();
        let stages = case.stages.iter().map(|s| Stage { name: s.name.clone(), title: s.title.clone(), on: self.pattern(&s.on) });
        let stages = stages.collect();
        Case {
            name: case.name.clone(),
            title: case.title.clone(),
            fields: case.fields.clone(),
            events: case.events.clone(),
            states: states_in_order(self.model, id),
            tiers: case.tiers.clone(),
            since: Vec::new(),
            scores,
            stages,
        }
    }

    fn field(&self, id: FieldId, field: &model::Field) -> Field {
        let siblings = match field.owner {
            Owner::Case(case) => &self.model.cases[case].fields,
            Owner::Event(event) => &self.model.events[event].fields,
        };
        let slot = siblings.iter().position(|f| *f == id).unwrap_or(0) as u16;
        Field {
            name: field.name.clone(),
            owner: field.owner,
            slot,
            ty: field.ty.clone(),
            optional: field.optional,
            calculated: field.calculated,
        }
    }

    fn agreement(&mut self, id: AgreementId) -> Agreement {
        self.enter(id);
        let a = &self.model.agreements[id];
        let exclusions = self.exclusions(a);
        let claim = a.claim.as_ref().map(|c| self.claim(c));
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
            kind: a.kind.clone(),
            level: a.level.clone(),
            for_: a.for_.map(|p| self.model.parties[p].name.clone()),
            extends: a.extends.as_ref().map(|e| e.agreement),
            fiscal: a.fiscal,
            caps: a.caps.iter().map(|c| self.cap(c)).collect(),
            highest: a.highest.clone(),
            exclusions,
            claim,
            waivers: a.waivers.clone(),
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

    /// The cases of a kind that a promise of an agreement is about: not those that a lower level takes.
    pub(super) fn about(&mut self, agreement: AgreementId, case: Option<CaseId>, applies: Option<&model::Condition>) -> About {
        let applies = applies.map(|c| self.condition(c));
        let mut unless = Vec::new();
        for below in self.model.levels_below(agreement) {
            let taken = match &self.model.agreements[below].applies {
                // It takes every case of which it does not say otherwise.
                None => Some(Condition(Vec::new())),
                Some(conditions) => conditions.iter().find(|(c, _)| Some(*c) == case).map(|(_, c)| self.condition(c)),
            };
            unless.extend(taken.filter(|_| case.is_some()).map(|c| (below, c)));
        }
        About { applies, unless }
    }

    fn obligation(&mut self, _id: ObligationId, o: &model::Obligation) -> Obligation {
        let about = self.about(self.model.services[o.service].agreement, o.case, o.applies.as_ref());
        let excluded_if = self.excluded_if(o.service, o.case);
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
                    rows: rows.iter().map(|r| self.row(r, o)).collect(),
                    excluded_if,
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
            about,
            duty,
            keys: Vec::new(),
            filters: Vec::new(),
            blame: None,
            penalty: o.penalty.map(|p| Penalty { amount: p.amount, per: p.per, text: self.without_word(p.span) }),
        }
    }

    /// A row that stands outside of its obligation was written by a level that changes it.
    fn row(&mut self, row: &model::Row, of: &model::Obligation) -> Row {
        Row {
            spec: (!of.span.holds(row.span)).then(|| self.place(row.span)),
            target: row.target,
            tiers: row.tiers.clone(),
            clock: row.clock.map(|c| self.calendar(c)),
            running: row.clock.map_or_else(Vec::new, |c| self.running(c, of)),
            condition: row.condition.as_ref().map(|c| self.condition(c)),
        }
    }

    /// The text of a place, on one line.
    fn written(&self, span: crate::source::Span) -> String {
        self.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The same without the word that begins the clause.
    fn without_word(&self, span: crate::source::Span) -> String {
        self.written(span).split_once(' ').map_or_else(String::new, |(_, rest)| rest.to_string())
    }

    fn claim(&mut self, c: &model::Claim) -> Claim {
        let on = c.on.as_ref().and_then(|counted| match counted.on {
            model::Trigger::Event(event) => Some((event, counted.condition.as_ref().map(|c| self.condition(c)))),
            model::Trigger::Entering(_) | model::Trigger::Leaving(_) => None,
        });
        Claim { within: c.within, calendar: self.calendar(c.calendar), on, text: self.written(c.span) }
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

fn fact_table(t: &model::FactTable) -> FactTable {
    let columns = t.columns.iter().map(|(name, _)| name.clone()).collect();
    FactTable { name: t.name.clone(), keys: t.keys.clone(), columns, rows: t.rows.clone() }
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
