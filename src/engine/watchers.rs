//! What looks at events besides promises to cases: counters, claims, and duties of each period. Counters that do not ask which case an
//! event happens to look at it by themselves.

use crate::engine::Happening;
use crate::engine::classes::Classes;
use crate::engine::counter::Counters;
use crate::engine::exclusion::Exclusions;
use crate::engine::facts::Facts;
use crate::engine::promise::{Role, Roles};
use crate::engine::recurring::Recurring;
use crate::engine::sink::Sink;
use crate::engine::truth::{Moment, Truth};
use crate::engine::world::World;
use crate::event::Event;
use crate::id::{AgreementId, EventId, ObligationId, Table};
use crate::model::Trigger;
use crate::plan::{Condition, Counter, Duty, Plan, Start, Track, counts_events_alone};
use crate::time::Instant;

/// The promises that follow no case.
fn of_no_case(plan: &Plan) -> impl Iterator<Item = &Track> {
    plan.tracks.iter().filter(|track| !plan.obligations[track.0[0]].follows_a_case())
}

/// The counters that look at cases.
fn counters(plan: &Plan) -> impl Iterator<Item = &Counter> {
    plan.counters.iter().filter(|counter| !counts_events_alone(plan, counter))
}

/// The events that claim credits, and under which condition.
fn claims(plan: &Plan) -> impl Iterator<Item = &(EventId, Option<Condition>)> {
    plan.agreements.iter().filter_map(|agreement| agreement.claim.as_ref()?.on.as_ref())
}

/// Whether some event claims credits.
pub(super) fn has_claims(plan: &Plan) -> bool {
    claims(plan).next().is_some()
}

/// Whether something looks at the cases that events happen to.
pub(super) fn look_at_cases(plan: &Plan) -> bool {
    counters(plan).next().is_some() || has_claims(plan) || of_no_case(plan).next().is_some()
}

/// Whether they ask for no states.
pub(super) fn ask_for_no_states(plan: &Plan) -> bool {
    let asks_for_states = |track: &Track| {
        let obligations = track.0.iter().map(|id| &plan.obligations[*id]);
        let mut patterns = obligations.flat_map(|obligation| Role::ALL.into_iter().filter_map(move |role| role.of(obligation)));
        !Roles::by_states(plan, track).is_none() || patterns.any(|pattern| pattern.any.iter().flatten().any(|atom| atom.during.is_some()))
    };
    counters(plan).all(|counter| matches!(counter.on, Trigger::Event(_))) && !of_no_case(plan).any(asks_for_states)
}

/// The events that they look at.
pub(super) fn watched(plan: &Plan, classes: &Classes) -> Table<EventId, bool> {
    // A duty of each period may have one for each value of a field, which any event may be the first to name.
    let names_groups = |id: &ObligationId| match &plan.obligations[*id].duty {
        Duty::Clock(clocked) => matches!(&clocked.start, Start::Each { by, .. } if !by.is_empty()),
        Duty::Rule(_) => false,
    };
    let by_all = of_no_case(plan).any(|track| track.0.iter().any(names_groups));
    let mut watched: Table<EventId, bool> = plan.events.iter().map(|_| by_all).collect();
    for counter in counters(plan) {
        if let Trigger::Event(event) = counter.on {
            watched[event] = true;
        }
    }
    for (event, _) in claims(plan) {
        watched[*event] = true;
    }
    for track in of_no_case(plan) {
        for (event, roles) in Roles::by_event(plan, classes, track).enumerate() {
            watched[event] |= !roles.is_none();
        }
    }
    watched
}

/// They look at an event.
pub(super) fn watch(
    world: &World<'_>,
    (counters, claims, recurring, exclusions): (&mut Counters, &mut Table<AgreementId, Vec<Instant>>, &mut [Recurring], &Exclusions),
    case: Option<&Facts>,
    happening: Happening<'_>,
    event: &Event<'_>,
    sink: &mut Sink,
) {
    counters.count(world, case, happening, event);
    note_claims(world, case, event, claims);
    recurring.iter_mut().for_each(|duty| duty.event(world, exclusions, case, happening, event, sink));
}

/// Keeps the instants at which credits are claimed.
fn note_claims(world: &World<'_>, case: Option<&Facts>, event: &Event<'_>, claims: &mut Table<AgreementId, Vec<Instant>>) {
    if !world.has_claims {
        return;
    }
    for (id, agreement) in world.plan.agreements.enumerate() {
        if let Some((on, condition)) = agreement.claim.as_ref().and_then(|c| c.on.as_ref())
            && event.event == Some(*on)
        {
            let moment = Moment { world, case, own: event.own, time: event.time, start: None };
            if moment.allows(condition.as_ref()) == Truth::True {
                claims[id].push(event.time);
            }
        }
    }
}
