//! What of a log a plan looks at: the events that some clause names and the fields that some clause reads. All else of a log
//! can change no verdict.

use crate::id::{CaseId, EventId, FieldId, Id, Table};
use crate::model::{Owner, Subject, Trigger};
use crate::plan::{
    About, Agreement, Atom, Case, Claim, Clocked, Condition, Counter, Duty, Key, Notice, Obligation, Op, Pattern, Plan, Row, Rule, ScoreBy,
    Span, Start, StateWhen, Value,
};

/// What of a log a plan looks at.
#[derive(Clone, Debug)]
pub struct Interest {
    /// Whether some clause reads the field.
    pub fields: Table<FieldId, bool>,
    /// Whether some clause names the event, or reads a field of its own.
    pub events: Table<EventId, bool>,
    /// Whether every row of such a case matters: a state, tier or score of it asks what time it is, or a state may be on from its first row
    /// on, whatever that says.
    pub every_row: Table<CaseId, bool>,
}

impl Interest {
    /// Of all clauses.
    pub fn new(plan: &Plan) -> Interest {
        let mut look = Look::new(plan);
        look.all();
        let Look { fields, mut events, .. } = look;
        for (id, field) in plan.fields.enumerate() {
            if let (Owner::Event(event), true) = (field.owner, fields[id]) {
                events[event] = true;
            }
        }
        let every_row = plan.cases.iter().map(|case| asks_the_time(plan, case) || may_begin_in_a_state(plan, case)).collect();
        Interest { fields, events, every_row }
    }
}

/// The events that a pattern counts, and those whose last time its conditions ask for.
pub fn events_of(plan: &Plan, pattern: &Pattern) -> Vec<EventId> {
    let mut look = Look::new(plan);
    look.pattern(pattern);
    look.events.enumerate().filter(|(_, named)| **named).map(|(id, _)| id).collect()
}

/// The fields that a condition looks at.
pub fn fields_of(plan: &Plan, condition: &Condition) -> Vec<FieldId> {
    let mut look = Look::new(plan);
    look.condition(condition);
    look.fields.enumerate().filter(|(_, read)| **read).map(|(id, _)| id).collect()
}

/// Whether a condition asks which tier a case is of.
pub fn asks_for_tier(condition: &Condition) -> bool {
    condition.0.iter().any(|op| matches!(op, Op::Is(Subject::Tier, _)))
}

/// What an atom asks of an event, if that is a condition on the event's own values and nothing else.
pub fn asked_of_event<'p>(plan: &Plan, atom: &'p Atom) -> Option<(EventId, &'p Condition)> {
    let Atom { on: Trigger::Event(event), condition: Some(condition), during: None, .. } = atom else { return None };
    let is_own = fields_of(plan, condition).into_iter().all(|field| plan.fields[field].owner == Owner::Event(*event));
    (is_own && !asks_for_tier(condition) && !asks_when(condition)).then_some((*event, condition))
}

/// Whether a counter counts events whatever the cases are like that they happen to.
pub fn counts_events_alone(plan: &Plan, counter: &Counter) -> bool {
    let Counter { agreement: _, on, condition, about: About { applies, unless }, filter, by, value, grain: _ } = counter;
    let conditions = || [condition, filter, applies].into_iter().flatten().chain(unless.iter().map(|(_, condition)| condition));
    let mut look = Look::new(plan);
    conditions().for_each(|condition| look.condition(condition));
    look.keys(by);
    value.iter().for_each(|field| look.field(*field));
    let Look { fields, events, .. } = look;
    let asks_tier = by.contains(&Key::Tier) || conditions().any(asks_for_tier);
    let asks_field = fields.enumerate().any(|(id, read)| *read && matches!(plan.fields[id].owner, Owner::Case(_)));
    let asks_when = events.iter().any(|named| *named);
    matches!(on, Trigger::Event(_)) && !asks_tier && !asks_field && !asks_when
}

fn asks_the_time(plan: &Plan, case: &Case) -> bool {
    let states = case.states.iter().filter_map(|s| match &plan.states[*s].when {
        StateWhen::Holds(condition) => Some(condition),
        StateWhen::Between(..) => None,
    });
    let tiers = case.tiers.iter().filter_map(|t| plan.tiers[*t].when.as_ref());
    let rules = case.scores.iter().flat_map(|s| &s.rules);
    let scores = rules.filter_map(|r| if let ScoreBy::When(condition) = &r.by { Some(condition) } else { None });
    states.chain(tiers).chain(scores).any(asks_when)
}

/// Whether a condition asks what time it is.
fn asks_when(condition: &Condition) -> bool {
    condition.0.iter().any(|op| match op {
        Op::During(_) => true,
        Op::Compare(a, _, b) => is_since(a) || is_since(b),
        Op::Is(..) | Op::Same(..) | Op::Present(_) | Op::Not | Op::All(_) | Op::Any(_) => false,
    })
}

/// Whether some state holds of a case of which no field is known, as one that asks whether a field is missing does.
fn may_begin_in_a_state(plan: &Plan, case: &Case) -> bool {
    case.states.iter().any(|state| match &plan.states[*state].when {
        StateWhen::Holds(condition) => of_nothing(condition).holds,
        StateWhen::Between(..) => false,
    })
}

/// Whether a condition may be true, and whether it may be false; where it may be neither it is unknown.
struct May {
    holds: bool,
    fails: bool,
}

/// What a condition may be of a case of which no field is known.
fn of_nothing(condition: &Condition) -> May {
    let parts = |stack: &mut Vec<May>, n: u32| stack.split_off(stack.len().saturating_sub(n as usize));
    let mut stack: Vec<May> = Vec::new();
    for op in &condition.0 {
        let may = match op {
            Op::Present(_) => May { holds: false, fails: true },
            Op::Is(Subject::Field(_), _) | Op::Same(..) => May { holds: false, fails: false },
            Op::Compare(a, _, b) => {
                let is_known = [a, b].into_iter().all(is_fixed);
                May { holds: is_known, fails: is_known }
            }
            Op::Is(Subject::Tier, _) | Op::During(_) => May { holds: true, fails: true },
            Op::Not => stack.pop().map_or(May { holds: true, fails: true }, |of| May { holds: of.fails, fails: of.holds }),
            Op::All(n) => {
                let parts = parts(&mut stack, *n);
                May { holds: parts.iter().all(|part| part.holds), fails: parts.iter().any(|part| part.fails) }
            }
            Op::Any(n) => {
                let parts = parts(&mut stack, *n);
                May { holds: parts.iter().any(|part| part.holds), fails: parts.iter().all(|part| part.fails) }
            }
        };
        stack.push(may);
    }
    stack.pop().unwrap_or(May { holds: true, fails: false })
}

fn is_fixed(value: &Value) -> bool {
    match value {
        Value::Fixed(_) => true,
        Value::Arithmetic(a, _, b) => is_fixed(a) && is_fixed(b),
        Value::Field(_) | Value::Since(_) => false,
    }
}

fn is_since(value: &Value) -> bool {
    match value {
        Value::Since(_) => true,
        Value::Arithmetic(a, _, b) => is_since(a) || is_since(b),
        Value::Fixed(_) | Value::Field(_) => false,
    }
}

/// Walks over clauses. Every struct is taken apart in full, so that a new part of a clause cannot be passed over.
struct Look<'p> {
    plan: &'p Plan,
    fields: Table<FieldId, bool>,
    events: Table<EventId, bool>,
}

impl<'p> Look<'p> {
    fn new(plan: &'p Plan) -> Look<'p> {
        Look { plan, fields: plan.fields.iter().map(|_| false).collect(), events: plan.events.iter().map(|_| false).collect() }
    }

    fn all(&mut self) {
        let plan = self.plan;
        plan.cases.iter().for_each(|case| self.case(case));
        plan.states.iter().for_each(|state| match &state.when {
            StateWhen::Between(from, to) => [from, to].into_iter().for_each(|p| self.pattern(p)),
            StateWhen::Holds(condition) => self.condition(condition),
        });
        plan.tiers.iter().filter_map(|tier| tier.when.as_ref()).for_each(|c| self.condition(c));
        plan.agreements.iter().for_each(|agreement| self.agreement(agreement));
        plan.obligations.iter().for_each(|obligation| self.obligation(obligation));
        plan.counters.iter().for_each(|counter| self.counter(counter));
        plan.spans.iter().for_each(|span| self.span(span));
    }

    fn case(&mut self, case: &Case) {
        for event in &case.since {
            self.events[*event] = true;
        }
        for rule in case.scores.iter().flat_map(|score| &score.rules) {
            match &rule.by {
                ScoreBy::When(condition) => self.condition(condition),
                ScoreBy::On(pattern) => self.pattern(pattern),
            }
        }
        case.stages.iter().for_each(|stage| self.pattern(&stage.on));
    }

    fn agreement(&mut self, agreement: &Agreement) {
        agreement.exclusions.iter().filter_map(|e| e.during.as_ref()).for_each(|c| self.condition(c));
        if let Some(Claim { on: Some((event, condition)), within: _, calendar: _, text: _ }) = &agreement.claim {
            self.events[*event] = true;
            self.optional(condition.as_ref());
        }
    }

    fn obligation(&mut self, obligation: &Obligation) {
        let Obligation { about, duty, keys, filters, name: _, title: _, service: _, case: _, spec: _, blame: _, penalty: _ } = obligation;
        self.about(about);
        keys.iter().for_each(|field| self.field(*field));
        filters.iter().for_each(|filter| self.condition(filter));
        match duty {
            Duty::Clock(clocked) => self.clocked(clocked),
            Duty::Rule(rule) => {
                let Rule { on, require, during: _, when } = &**rule;
                self.pattern(on);
                self.optional(require.as_ref());
                self.optional(when.as_ref());
            }
        }
    }

    fn clocked(&mut self, clocked: &Clocked) {
        let Clocked { start, stop, cancel, reset, reopen, pause: _, rows, excluded_if, retier: _, notices } = clocked;
        match start {
            Start::On { once: _, pattern } => self.pattern(pattern),
            Start::Each { unit: _, by, name: _ } => by.iter().for_each(|field| self.field(*field)),
        }
        [Some(stop), cancel.as_ref(), reset.as_ref(), reopen.as_ref()].into_iter().flatten().for_each(|p| self.pattern(p));
        for Row { spec: _, target: _, tiers: _, clock: _, running: _, condition } in rows {
            self.optional(condition.as_ref());
        }
        excluded_if.iter().for_each(|c| self.condition(c));
        for Notice { at: _, to: _, to_field } in notices {
            to_field.iter().for_each(|field| self.field(*field));
        }
    }

    fn counter(&mut self, counter: &Counter) {
        let Counter { agreement: _, on, condition, about, filter, by, value, grain: _ } = counter;
        self.trigger(*on);
        self.optional(condition.as_ref());
        self.about(about);
        self.optional(filter.as_ref());
        self.keys(by);
        value.iter().for_each(|field| self.field(*field));
    }

    fn span(&mut self, span: &Span) {
        let Span { state: _, during, about, filter, by, excluded_if } = span;
        self.optional(during.as_ref());
        self.about(about);
        self.optional(filter.as_ref());
        self.keys(by);
        excluded_if.iter().for_each(|c| self.condition(c));
    }

    fn keys(&mut self, keys: &[Key]) {
        for key in keys {
            if let Key::Field(field) = key {
                self.field(*field);
            }
        }
    }

    fn about(&mut self, about: &About) {
        self.optional(about.applies.as_ref());
        about.unless.iter().for_each(|(_, condition)| self.condition(condition));
    }

    fn pattern(&mut self, pattern: &Pattern) {
        for Atom { on, condition, count: _, across, spaced: _, last: _, during: _ } in pattern.any.iter().flatten() {
            self.trigger(*on);
            self.optional(condition.as_ref());
            across.iter().for_each(|(_, field)| self.field(*field));
        }
    }

    fn trigger(&mut self, on: Trigger) {
        if let Trigger::Event(event) = on {
            self.events[event] = true;
        }
    }

    fn optional(&mut self, condition: Option<&Condition>) {
        condition.into_iter().for_each(|c| self.condition(c));
    }

    fn condition(&mut self, condition: &Condition) {
        for op in &condition.0 {
            match op {
                Op::Is(Subject::Field(field), _) | Op::Present(field) => self.field(*field),
                Op::Same(a, b) => [a, b].into_iter().for_each(|field| self.field(*field)),
                Op::Compare(a, _, b) => [a, b].into_iter().for_each(|value| self.value(value)),
                Op::Is(Subject::Tier, _) | Op::During(_) | Op::Not | Op::All(_) | Op::Any(_) => {}
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Fixed(_) => {}
            Value::Field(field) => self.field(*field),
            Value::Since(event) => self.events[*event] = true,
            Value::Arithmetic(a, _, b) => [a, b].into_iter().for_each(|value| self.value(value)),
        }
    }

    fn field(&mut self, field: FieldId) {
        debug_assert!(field.index() < self.plan.fields.len());
        self.fields[field] = true;
    }
}
