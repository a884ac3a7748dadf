//! What is read of a case for an instance, when it was due or when it is decided.

use crate::engine::outcome::{Held, KeyValues, StateTimes};
use crate::engine::truth::{Moment, Truth};
use crate::event::packed;
use crate::id::ObligationId;
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
            filters: packed::take_list(from, |from| Some(*from.split_off_first()? != 0))?,
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
