//! Which events' last times a plan asks for: `since(E)`.

use crate::id::EventId;
use crate::plan::{About, Condition, Duty, Op, Pattern, Plan, ScoreBy, Start, StateWhen, Value};

/// Events that some condition asks the last time of.
pub(super) fn since_events(plan: &Plan) -> Vec<EventId> {
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

fn in_about(about: &About) -> impl Iterator<Item = &Condition> {
    about.applies.iter().chain(about.unless.iter().map(|(_, c)| c))
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
    for case in plan.cases.iter() {
        for rule in case.scores.iter().flat_map(|s| &s.rules) {
            match &rule.by {
                ScoreBy::When(condition) => look(condition),
                ScoreBy::On(pattern) => in_pattern(pattern, look),
            }
        }
        case.stages.iter().for_each(|s| in_pattern(&s.on, look));
    }
    plan.tiers.iter().filter_map(|t| t.when.as_ref()).for_each(&mut *look);
    for obligation in plan.obligations.iter() {
        in_about(&obligation.about).chain(&obligation.filters).for_each(&mut *look);
        match &obligation.duty {
            Duty::Clock(clocked) => {
                let start = match &clocked.start {
                    Start::On { pattern, .. } => Some(pattern),
                    Start::Each { .. } => None,
                };
                let patterns = [start, Some(&clocked.stop), clocked.cancel.as_ref(), clocked.reset.as_ref(), clocked.reopen.as_ref()];
                patterns.into_iter().flatten().for_each(|p| in_pattern(p, look));
                clocked.rows.iter().filter_map(|r| r.condition.as_ref()).chain(&clocked.excluded_if).for_each(&mut *look);
            }
            Duty::Rule(rule) => {
                in_pattern(&rule.on, look);
                rule.require.iter().chain(&rule.when).for_each(&mut *look);
            }
        }
    }
    for span in &plan.spans {
        in_about(&span.about).chain(&span.during).chain(&span.filter).chain(&span.excluded_if).for_each(&mut *look);
    }
    for agreement in plan.agreements.iter() {
        agreement.exclusions.iter().filter_map(|e| e.during.as_ref()).for_each(&mut *look);
        let claims = agreement.claim.iter().filter_map(|c| c.on.as_ref()?.1.as_ref());
        claims.for_each(&mut *look);
    }
    for counter in &plan.counters {
        in_about(&counter.about).chain(&counter.condition).chain(&counter.filter).for_each(&mut *look);
    }
}
