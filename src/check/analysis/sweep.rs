//! Dues over every start of a stretch of time, exactly.
//!
//! A due as a function of its start is made of pieces that stand still or go along with the start. They meet only where a
//! window opens or closes, at a wall-clock time at which one does on another day, or where the due itself meets such an
//! instant. Two such functions are compared at both ends of every piece, and thereby everywhere.

use crate::id::{AgreementId, CalendarId};
use crate::model::{Model, Target};
use crate::time::{Calendar, Duration, Horizon, Instant, Recipe, Zone};
use chrono::{Datelike, Days, NaiveTime};
use std::collections::BTreeSet;

/// A target on its calendar.
#[derive(Clone, Copy)]
pub(super) struct Promise<'c> {
    pub(super) target: Target,
    pub(super) calendar: &'c Calendar,
}

impl Promise<'_> {
    pub(super) fn due(&self, start: Instant) -> Option<Instant> {
        self.target.due(self.calendar, start)
    }
}

/// The starts of an agreement that a proof looks at: two years, or its term where that is shorter.
pub(super) fn starts(model: &Model, agreement: AgreementId) -> (Instant, Instant) {
    let agreement = &model.agreements[agreement];
    let last = agreement.from + Days::new(731);
    let last = agreement.to.map_or(last, |to| last.min(to + Days::new(1)));
    (agreement.zone.midnight(agreement.from), agreement.zone.midnight(last))
}

/// A calendar of the model as an agreement sees it, laid out around its starts.
pub(super) fn calendar(model: &Model, id: CalendarId, agreement: AgreementId) -> Option<Calendar> {
    let agreement = &model.agreements[agreement];
    let year = agreement.from.year();
    let recipe = match &model.calendars[id].recipe {
        Recipe::Rules { zone, rules } if zone.is_empty() => Recipe::Rules { zone: agreement.zone.name().to_string(), rules: rules.clone() },
        other => other.clone(),
    };
    Calendar::new(&recipe, &agreement.zone, Horizon { first: year - 1, last: year + 4 })
}

/// Every instant in `[from, to)` at which some due of these promises, or of one after the other, may change its course; each
/// with the instant just before it.
pub(super) fn turns(promises: &[Promise<'_>], zone: &Zone, from: Instant, to: Instant) -> Vec<Instant> {
    let mut turns: BTreeSet<Instant> = BTreeSet::from([from]);
    let mut zones: Vec<&Zone> = vec![zone];
    let mut times: BTreeSet<NaiveTime> = BTreeSet::from([NaiveTime::MIN]);
    let far = to.plus(Duration::seconds(400 * 86_400));
    let mut edges: BTreeSet<Instant> = BTreeSet::new();
    for promise in promises {
        let calendar = promise.calendar;
        if !zones.contains(&calendar.zone()) {
            zones.push(calendar.zone());
        }
        if !calendar.is_always() {
            for (open, close) in calendar.intervals(from, far) {
                edges.extend([open, close]);
                times.extend([open, close].map(|t| calendar.zone().local(t).time()));
            }
        }
    }
    for zone in zones {
        let days = zone.date(from).iter_days().take_while(|d| zone.midnight(*d) < far);
        edges.extend(days.flat_map(|day| times.iter().map(move |time| zone.instant(day.and_time(*time)))));
    }
    // Where a length of open time ends at an edge, and where one after another does.
    let mut reached: BTreeSet<Instant> = edges.clone();
    let mut next: Vec<Instant> = edges.into_iter().collect();
    for promise in promises {
        let Target::Open(open) = promise.target else { continue };
        let before: Vec<Instant> = next.iter().filter_map(|edge| start_of(promise.calendar, *edge, open, from)).collect();
        reached.extend(before.iter().copied());
        next.extend(before);
    }
    for t in reached {
        turns.extend([t.minus(Duration::micros(1)), t]);
    }
    turns.into_iter().filter(|t| from <= *t && *t < to).collect()
}

/// The start from which so much open time ends at `end`.
fn start_of(calendar: &Calendar, end: Instant, open: Duration, from: Instant) -> Option<Instant> {
    let left = calendar.elapsed(from, end).minus(open);
    if left < Duration::ZERO { None } else { calendar.advance(from, left) }
}
