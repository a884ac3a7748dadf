//! The classes of events, as XES calls them: events of one class are alike in all that promises and states ask of an event alone. Which event
//! it is, and which of the conditions on its own values hold that are asked of it, such as `replied(public = true)`.

use crate::engine::matcher::is_stateless;
use crate::engine::promise::Role;
use crate::engine::truth::{Moment, Truth};
use crate::engine::world::World;
use crate::event::Own;
use crate::id::{ClassId, EventId, Id, Table};
use crate::model::Trigger;
use crate::plan::{Atom, Condition, Pattern, Plan, StateWhen, asked_of_event, events_of};
use crate::time::Instant;

/// All of a plan's.
pub(super) struct Classes {
    of: Table<EventId, OfEvent>,
    all: Table<ClassId, Class>,
}

/// The classes of an event: one for each way in which its conditions may be answered, by the bits of those that hold, and one for where
/// some answer is not known.
struct OfEvent {
    first: ClassId,
    asked: Vec<Condition>,
}

/// A class of an event.
struct Class {
    event: EventId,
    /// Which of what is asked of the event holds, by bits, if all of it is known.
    holds: Option<usize>,
}

/// Whether the events of a class fulfil a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fulfils {
    Never,
    /// That is not told by the class alone.
    Perhaps,
    Surely,
}

/// Of so many conditions the answers are told apart. Most events are asked for one or two; of one of more nothing is told.
const MOST: usize = 4;

impl Classes {
    pub(super) fn new(plan: &Plan) -> Classes {
        let mut asked: Table<EventId, Vec<Condition>> = plan.events.iter().map(|_| Vec::new()).collect();
        let stateless = patterns(plan).filter(|pattern| is_stateless(pattern));
        for (event, condition) in stateless.flat_map(|pattern| pattern.any.iter().flatten()).filter_map(|atom| asked_of_event(plan, atom)) {
            if !asked[event].contains(condition) {
                asked[event].push(condition.clone());
            }
        }
        let mut classes = Classes { of: Table::default(), all: Table::default() };
        asked.enumerate().for_each(|(event, asked)| classes.add(event, asked));
        classes
    }

    /// Adds those of an event of which this is asked.
    fn add(&mut self, event: EventId, asked: &[Condition]) {
        let first = ClassId::from_index(self.all.len());
        let told = if asked.len() <= MOST { asked } else { &[] };
        let ways = if told.len() == asked.len() { 1 << told.len() } else { 0 };
        // Where nothing is asked, nothing can be unknown.
        let unknown = (!asked.is_empty()).then_some(None);
        (0..ways).map(Some).chain(unknown).for_each(|holds| _ = self.all.push(Class { event, holds }));
        self.of.push(OfEvent { first, asked: told.to_vec() });
    }

    /// All of them.
    pub(super) fn ids(&self) -> impl Iterator<Item = ClassId> + use<> {
        self.all.ids()
    }

    /// The event of a class.
    #[inline]
    pub(super) fn event(&self, class: ClassId) -> EventId {
        self.all[class].event
    }

    /// Those whose events may fulfil a pattern, or count for it.
    pub(super) fn that_may(&self, plan: &Plan, pattern: &Pattern) -> impl Iterator<Item = (ClassId, Fulfils)> {
        let events = events_of(plan, pattern);
        let of_events = self.all.enumerate().filter(move |(_, class)| events.contains(&class.event));
        of_events.map(|(id, class)| (id, self.fulfil(plan, class, pattern))).filter(|(_, fulfils)| *fulfils != Fulfils::Never)
    }

    /// The class of an event of these values of its own.
    #[inline]
    pub(super) fn class(&self, world: &World<'_>, event: EventId, own: &Own) -> ClassId {
        let OfEvent { first, asked } = &self.of[event];
        if asked.is_empty() { *first } else { self.answered(world, event, own) }
    }

    #[inline(never)]
    fn answered(&self, world: &World<'_>, event: EventId, own: &Own) -> ClassId {
        let OfEvent { first, asked } = &self.of[event];
        let moment = Moment { world, case: None, own, time: Instant::FIRST, start: None };
        let answers = asked.iter().zip(0..).try_fold(0, |bits, (condition, at)| match moment.holds(condition) {
            Truth::True => Some(bits | 1 << at),
            Truth::False => Some(bits),
            Truth::Unknown(_) => None,
        });
        ClassId::from_index(first.index() + answers.unwrap_or(1 << asked.len()))
    }

    /// Whether events of a class fulfil a pattern, whatever else holds.
    fn fulfil(&self, plan: &Plan, class: &Class, pattern: &Pattern) -> Fulfils {
        let mut atoms = pattern.any.iter().flatten().filter(|atom| atom.on == Trigger::Event(class.event)).peekable();
        // It may be counted, or a condition asks when it happened last.
        if !is_stateless(pattern) || atoms.peek().is_none() {
            return Fulfils::Perhaps;
        }
        let by_atom = |atom: &Atom| match (atom.event_alone(), class.holds.zip(asked_of_event(plan, atom))) {
            (Some(_), _) => Fulfils::Surely,
            (None, Some((holds, (event, condition)))) => {
                let bit = self.of[event].asked.iter().position(|asked| asked == condition);
                bit.map_or(Fulfils::Perhaps, |bit| if holds & 1 << bit != 0 { Fulfils::Surely } else { Fulfils::Never })
            }
            (None, None) => Fulfils::Perhaps,
        };
        atoms.fold(Fulfils::Never, |all, atom| match (all, by_atom(atom)) {
            (Fulfils::Surely, _) | (_, Fulfils::Surely) => Fulfils::Surely,
            (Fulfils::Never, Fulfils::Never) => Fulfils::Never,
            _ => Fulfils::Perhaps,
        })
    }
}

/// All that promises and states wait for.
fn patterns(plan: &Plan) -> impl Iterator<Item = &Pattern> {
    let of_promises = plan.obligations.iter().flat_map(|obligation| Role::ALL.into_iter().filter_map(|role| role.of(obligation)));
    let of_states = plan.states.iter().filter_map(|state| match &state.when {
        StateWhen::Between(from, to) => Some([from, to]),
        StateWhen::Holds(_) => None,
    });
    of_promises.chain(of_states.flatten())
}
