//! What is read of a case for an instance, when it was due or when it is decided.

use crate::engine::outcome::{Held, KeyValues, StateTimes};
use crate::engine::truth::{Moment, Truth};
use crate::event::{Value, packed};
use crate::id::ObligationId;
use crate::plan::Obligation;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// The obligation's keys and filters at an instant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::engine) struct Reading {
    pub(in crate::engine) keys: KeyValues,
    pub(in crate::engine) filters: Held,
    /// How long each of the case's states was on until then, since the case began; nothing where none was.
    pub(in crate::engine) states: StateTimes,
}

/// Where the keys and filters of an instance's obligation are found, by their places in it.
pub(in crate::engine) trait Look {
    /// The value of a key.
    fn key(&self, key: usize) -> Option<Value>;
    /// Whether a filter holds.
    fn holds(&self, filter: usize) -> bool;
}

/// As they were read.
impl Look for Reading {
    #[inline]
    fn key(&self, key: usize) -> Option<Value> {
        self.keys.get(key).copied().flatten()
    }

    #[inline]
    fn holds(&self, filter: usize) -> bool {
        self.filters.get(filter).copied().unwrap_or(false)
    }
}

/// In the case as it is: what nobody asks for is not read.
pub(in crate::engine) struct Now<'a> {
    obligation: &'a Obligation,
    moment: Moment<'a>,
}

impl<'a> Now<'a> {
    /// Asked at an instant about the instance that began at `start`.
    #[inline]
    pub(in crate::engine) fn at(moment: &Moment<'a>, obligation: ObligationId, time: Instant, start: Instant) -> Now<'a> {
        Now { obligation: moment.world.obligation(obligation), moment: Moment { time, start: Some(start), ..*moment } }
    }
}

impl Look for Now<'_> {
    #[inline]
    fn key(&self, key: usize) -> Option<Value> {
        self.moment.field(self.obligation.keys[key])
    }

    #[inline]
    fn holds(&self, filter: usize) -> bool {
        self.moment.holds(&self.obligation.filters[filter]) == Truth::True
    }
}

impl Reading {
    /// The case as it was, asked at an instant about the instance that began at `start`.
    pub(in crate::engine) fn at(moment: &Moment<'_>, obligation: ObligationId, time: Instant, start: Instant) -> Reading {
        let mut reading = Reading::default();
        reading.read(moment, obligation, time, start);
        reading.read_states(moment, time);
        reading
    }

    pub(in crate::engine) fn pack(&self, out: &mut Vec<u8>) {
        let Reading { keys, filters, states } = self;
        packed::put_list(out, keys, |out, value| packed::put_value(out, *value));
        packed::put_list(out, filters, |out, held| out.push((*held).into()));
        packed::put_list(out, states, |out, d| packed::put_length(out, *d));
    }

    pub(in crate::engine) fn unpack(from: &mut &[u8]) -> Option<Reading> {
        Some(Reading {
            keys: packed::take_list(from, packed::take_value)?,
            filters: packed::take_list(from, packed::take_flag)?,
            states: packed::take_list(from, packed::take_length)?,
        })
    }

    /// Keys and filters alone, in the memory of another one.
    #[inline]
    pub(in crate::engine) fn read(&mut self, moment: &Moment<'_>, obligation: ObligationId, time: Instant, start: Instant) {
        let moment = &Moment { time, start: Some(start), ..*moment };
        let obligation = moment.world.obligation(obligation);
        let Reading { keys, filters, states } = self;
        keys.clear();
        filters.clear();
        states.clear();
        // Most have a key, if anything.
        for field in &obligation.keys {
            keys.push(moment.field(*field));
        }
        for condition in &obligation.filters {
            filters.push(moment.holds(condition) == Truth::True);
        }
    }

    pub(in crate::engine) fn read_states(&mut self, moment: &Moment<'_>, time: Instant) {
        if let Some(case) = moment.case {
            case.time_in_states(time, &mut self.states);
        }
    }
}
