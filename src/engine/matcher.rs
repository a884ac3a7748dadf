//! Patterns as they are being fulfilled.
//!
//! A pattern is followed twice: by the events that surely count, and by those that would count too if every unknown
//! condition were true. Where only the second is satisfied, the answer is "perhaps", with what was missing.

use crate::engine::Happening;
use crate::engine::truth::{Gap, Moment, Truth};
use crate::event::Value;
use crate::model::{Lookback, Trigger};
use crate::plan::{Atom, Pattern};
use crate::time::{Instant, Unit, Zone};
use chrono::{Days, Months};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Whether an event completes a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    No,
    Yes,
    Perhaps(Gap),
}

/// How far a pattern has come. Empty for patterns that one event decides.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Matcher(Option<Box<Counting>>);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Counting {
    sure: Vec<Vec<Progress>>,
    perhaps: Vec<Vec<Progress>>,
    gap: Option<Gap>,
}

/// How far one counted event has come. Of a case of very many events no more is kept than the pattern's numbers ask for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// Until when those events count that do so longest, in order: so many at most as are wanted.
    counted: VecDeque<Instant>,
    /// The different values of those whose values count longest, and until when, in order: so many at most as are wanted.
    values: Vec<(Instant, Value)>,
    last: Option<Instant>,
    satisfied: bool,
}

impl Matcher {
    /// Nothing has happened yet.
    pub(super) fn new(pattern: &Pattern) -> Matcher {
        if is_stateless(pattern) {
            return Matcher::default();
        }
        let fresh = || pattern.any.iter().map(|all| vec![Progress::default(); all.len()]).collect();
        Matcher(Some(Box::new(Counting { sure: fresh(), perhaps: fresh(), gap: None })))
    }

    /// Nothing has happened yet of an optional pattern.
    pub(super) fn of(pattern: Option<&Pattern>) -> Matcher {
        pattern.map(Matcher::new).unwrap_or_default()
    }

    /// Takes an event.
    pub(super) fn step(&mut self, pattern: &Pattern, happening: Happening<'_>, moment: &Moment<'_>, zone: &Zone) -> Hit {
        let Some(counting) = &mut self.0 else { return stateless(pattern, happening, moment) };
        counting.step(pattern, happening, moment, zone)
    }

    /// Counts anew.
    pub(super) fn clear(&mut self) {
        if let Some(counting) = &mut self.0 {
            counting.sure.iter_mut().chain(&mut counting.perhaps).flatten().for_each(|p| *p = Progress::default());
            counting.gap = None;
        }
    }

    /// After a "perhaps" was taken for what it is: only what surely counts goes on counting.
    pub(super) fn forget_perhaps(&mut self) {
        if let Some(counting) = &mut self.0 {
            counting.perhaps = counting.sure.clone();
            counting.gap = None;
        }
    }
}

impl Counting {
    fn step(&mut self, pattern: &Pattern, happening: Happening<'_>, moment: &Moment<'_>, zone: &Zone) -> Hit {
        let (mut sure, mut perhaps) = (false, false);
        for (i, all) in pattern.any.iter().enumerate() {
            let (mut touched, mut maybe_touched) = (false, false);
            for (j, atom) in all.iter().enumerate() {
                let truth = counts(atom, happening, moment);
                if let Truth::Unknown(gap) = truth {
                    self.gap.get_or_insert(gap);
                }
                if truth != Truth::False {
                    maybe_touched |= self.perhaps[i][j].count(atom, moment, zone);
                }
                if truth == Truth::True {
                    touched |= self.sure[i][j].count(atom, moment, zone);
                }
            }
            sure |= touched && self.sure[i].iter().all(|p| p.satisfied);
            perhaps |= maybe_touched && self.perhaps[i].iter().all(|p| p.satisfied);
        }
        match (sure, perhaps, self.gap) {
            (true, ..) => Hit::Yes,
            (false, true, Some(gap)) => Hit::Perhaps(gap),
            _ => Hit::No,
        }
    }
}

impl Progress {
    /// Counts an event unless it is too near to the last; true if the atom is satisfied at it.
    fn count(&mut self, atom: &Atom, moment: &Moment<'_>, zone: &Zone) -> bool {
        let t = moment.time;
        if let (Some(gap), Some(last)) = (atom.spaced, self.last)
            && t.since(last) < gap
        {
            return false;
        }
        self.last = Some(t);
        let until = atom.last.map_or(Instant::NEVER, |last| until(t, last, zone));
        // Where the clock was set back, a later event may count less long than one before it.
        let place = self.counted.partition_point(|known| *known <= until);
        self.counted.insert(place, until);
        while self.counted.len() > atom.count as usize || self.counted.front().is_some_and(|until| *until < t) {
            self.counted.pop_front();
        }
        let mut enough = self.counted.len() >= atom.count as usize;
        if let Some((wanted, field)) = atom.across {
            self.take_value(moment.field(field), until);
            let gone = self.values.iter().take_while(|(until, _)| *until < t).count();
            self.values.drain(..gone.max(self.values.len().saturating_sub(wanted as usize)));
            enough &= self.values.len() >= wanted as usize;
        }
        self.satisfied |= enough;
        enough
    }

    /// Takes the value of a counted event, if it is known.
    fn take_value(&mut self, value: Option<Value>, mut until: Instant) {
        let Some(value) = value else { return };
        if let Some(at) = self.values.iter().rposition(|(_, known)| *known == value) {
            until = until.max(self.values.remove(at).0);
        }
        let place = self.values.partition_point(|(known, _)| *known <= until);
        self.values.insert(place, (until, value));
    }
}

/// Until when an event at `t` counts; one exactly so long ago still does.
fn until(t: Instant, last: Lookback, zone: &Zone) -> Instant {
    match last {
        Lookback::Real(d) => t.plus(d),
        Lookback::Calendar(n, unit) => {
            let wall = zone.local(t);
            let until = match unit {
                Unit::Month => wall.checked_add_months(Months::new(n)),
                _ => wall.checked_add_days(Days::new(n.into())),
            };
            until.map_or(Instant::NEVER, |until| zone.instant(until))
        }
    }
}

pub(super) fn is_stateless(pattern: &Pattern) -> bool {
    pattern.any.iter().all(|all| all.len() == 1 && all[0].is_single())
}

/// Whether any of some events alone fulfils it, whatever holds.
pub(super) fn is_by_event(pattern: &Pattern) -> bool {
    is_stateless(pattern) && pattern.any.iter().flatten().all(|atom| atom.event_alone().is_some())
}

fn stateless(pattern: &Pattern, happening: Happening<'_>, moment: &Moment<'_>) -> Hit {
    let mut hit = Hit::No;
    for atom in pattern.any.iter().flatten() {
        match counts(atom, happening, moment) {
            Truth::True => return Hit::Yes,
            Truth::Unknown(gap) if hit == Hit::No => hit = Hit::Perhaps(gap),
            _ => {}
        }
    }
    hit
}

/// Whether the event is one that the atom counts.
fn counts(atom: &Atom, happening: Happening<'_>, moment: &Moment<'_>) -> Truth {
    let state_is_on = || atom.during.is_none_or(|s| moment.case.is_some_and(|c| c.is_on(moment.world, s)));
    if !happens(atom.on, happening) || !state_is_on() {
        return Truth::False;
    }
    moment.allows(atom.condition.as_ref())
}

/// Whether an event is one that a pattern of several counts.
pub(super) fn counts_towards(pattern: &Pattern, happening: Happening<'_>) -> bool {
    let several = pattern.any.iter().any(|all| all.len() > 1 || !all[0].is_single());
    several && pattern.any.iter().flatten().any(|atom| happens(atom.on, happening))
}

/// Whether a trigger happens.
pub(super) fn happens(on: Trigger, happening: Happening<'_>) -> bool {
    match on {
        Trigger::Event(event) => happening.event == Some(event),
        Trigger::Entering(state) => happening.entered.contains(&state),
        Trigger::Leaving(state) => happening.left.contains(&state),
    }
}
