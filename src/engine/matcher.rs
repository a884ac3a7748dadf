//! Patterns as they are being fulfilled.
//!
//! A pattern is followed twice: by the events that surely count, and by those that would count too if every unknown
//! condition were true. Where only the second is satisfied, the answer is "perhaps", with what was missing.

use crate::engine::Happening;
use crate::engine::truth::{Gap, Moment, Truth};
use crate::event::{Value, packed};
use crate::model::{Lookback, Trigger};
use crate::plan::{Atom, Pattern, Plan, asked_of_event};
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

/// How far all of a pattern's atoms have come, those of one alternative behind those of another.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Counting {
    sure: Vec<Progress>,
    /// The same if all that is unknown were true, and what was the first of that; nothing where all was known, as it mostly is.
    perhaps: Option<(Vec<Progress>, Gap)>,
}

/// How far one counted event has come. Of a case of very many events no more is kept than the pattern's numbers ask for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// How many were counted, where they count for ever: so many at most as are wanted.
    ever: u32,
    /// Else until when those events count that do so longest, in order: so many at most as are wanted.
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
        let sure = pattern.any.iter().flatten().map(|_| Progress::default()).collect();
        Matcher(Some(Box::new(Counting { sure, perhaps: None })))
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

    /// Packs it: most have counted nothing.
    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        out.push(self.0.is_some().into());
        self.0.iter().for_each(|counting| packed::put_any(out, counting));
    }

    pub(super) fn unpack(from: &mut &[u8]) -> Option<Matcher> {
        Some(Matcher(if packed::take_flag(from)? { Some(packed::take_any(from)?) } else { None }))
    }

    /// Counts anew.
    pub(super) fn clear(&mut self) {
        if let Some(counting) = &mut self.0 {
            counting.sure.iter_mut().for_each(|progress| *progress = Progress::default());
            counting.perhaps = None;
        }
    }

    /// After a "perhaps" was taken for what it is: only what surely counts goes on counting.
    pub(super) fn forget_perhaps(&mut self) {
        if let Some(counting) = &mut self.0 {
            counting.perhaps = None;
        }
    }
}

impl Counting {
    fn step(&mut self, pattern: &Pattern, happening: Happening<'_>, moment: &Moment<'_>, zone: &Zone) -> Hit {
        let Counting { sure, perhaps } = self;
        let (mut is_sure, mut may_be, mut from) = (false, false, 0);
        for all in &pattern.any {
            let (mut touched, mut maybe_touched) = (false, false);
            for (at, atom) in (from..).zip(all) {
                match counts(atom, happening, moment) {
                    Truth::False => {}
                    Truth::True => {
                        let hit = sure[at].count(atom, moment, zone);
                        touched |= hit;
                        maybe_touched |= perhaps.as_mut().map_or(hit, |(perhaps, _)| perhaps[at].count(atom, moment, zone));
                    }
                    Truth::Unknown(gap) => {
                        let (perhaps, _) = perhaps.get_or_insert_with(|| (sure.clone(), gap));
                        maybe_touched |= perhaps[at].count(atom, moment, zone);
                    }
                }
            }
            let of_all = from..from + all.len();
            let satisfied = |progress: &[Progress]| progress[of_all.clone()].iter().all(|progress| progress.satisfied);
            is_sure |= touched && satisfied(sure);
            may_be |= maybe_touched && satisfied(perhaps.as_ref().map_or(sure, |(perhaps, _)| perhaps));
            from = of_all.end;
        }
        match (is_sure, perhaps) {
            (true, _) => Hit::Yes,
            (false, Some((_, gap))) if may_be => Hit::Perhaps(*gap),
            (false, _) => Hit::No,
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
        let mut enough = match atom.last {
            None => self.count_for_ever(atom),
            Some(_) => self.count_until(atom, t, until),
        };
        if let Some((wanted, field)) = atom.across {
            self.take_value(moment.field(field), until);
            let gone = self.values.iter().take_while(|(until, _)| *until < t).count();
            self.values.drain(..gone.max(self.values.len().saturating_sub(wanted as usize)));
            enough &= self.values.len() >= wanted as usize;
        }
        self.satisfied |= enough;
        enough
    }

    /// True if so many as are wanted have come.
    fn count_for_ever(&mut self, atom: &Atom) -> bool {
        self.ever = (self.ever + 1).min(atom.count);
        self.ever == atom.count
    }

    /// The same where an event only counts for a while.
    fn count_until(&mut self, atom: &Atom, t: Instant, until: Instant) -> bool {
        // Where the clock was set back, a later event may count less long than one before it.
        let place = self.counted.partition_point(|known| *known <= until);
        self.counted.insert(place, until);
        while self.counted.len() > atom.count as usize || self.counted.front().is_some_and(|until| *until < t) {
            self.counted.pop_front();
        }
        self.counted.len() >= atom.count as usize
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

/// Whether the class of an event tells if it fulfils it, whatever else holds.
pub(super) fn is_by_class(plan: &Plan, pattern: &Pattern) -> bool {
    let is_told = |atom: &Atom| atom.event_alone().is_some() || asked_of_event(plan, atom).is_some();
    is_stateless(pattern) && pattern.any.iter().flatten().all(is_told)
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
