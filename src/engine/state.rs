//! An engine put aside, and taken up again where it stood.

use crate::engine::cases::Cases;
use crate::engine::counter::Counters;
use crate::engine::exclusion::Exclusions;
use crate::engine::recurring::Recurring;
use crate::engine::sink::Saved;
use crate::engine::span::Spans;
use crate::engine::{Engine, Tally, Verdict};
use crate::event::Texts;
use crate::id::{AgreementId, Table};
use crate::plan::Plan;
use crate::time::Instant;

/// All that an engine has seen, in the order in which it is written.
type Parts = (Cases, Vec<usize>, Vec<Recurring>, Counters, Exclusions, Spans, Table<AgreementId, Vec<Instant>>, Saved, Instant, Tally);

/// Why an engine cannot be taken up.
#[derive(Debug)]
pub enum NotTakenUp {
    /// The bytes are none of an engine's.
    Damaged,
    /// It did not keep instances that are to be shown.
    NotKept,
}

impl Engine<'_> {
    /// What it has seen.
    pub fn save(&self) -> Vec<u8> {
        let Engine { cases, recurring, counters, exclusions, spans, claims, sink, now, tally, .. } = self;
        let closing: Vec<usize> = self.closing.iter().map(|slot| cases.rank(*slot)).collect();
        let parts = (cases, closing, recurring, counters, exclusions, spans, claims, sink.saved(), now, tally);
        postcard::to_stdvec(&parts).expect("an engine is plain data")
    }

    /// The instant of the latest event that it took.
    pub fn now(&self) -> Instant {
        self.now
    }
}

impl<'p> Engine<'p> {
    /// Takes up an engine of the same plan and texts.
    pub fn load(plan: &'p Plan, texts: &'p Texts, keep: &[Verdict], saved: &[u8]) -> Result<Engine<'p>, NotTakenUp> {
        let parts: Parts = postcard::from_bytes(saved).map_err(|_| NotTakenUp::Damaged)?;
        let mut engine = Engine::new(plan, texts, keep);
        let sink;
        (
            engine.cases,
            engine.closing,
            engine.recurring,
            engine.counters,
            engine.exclusions,
            engine.spans,
            engine.claims,
            sink,
            engine.now,
            engine.tally,
        ) = parts;
        engine.sink.take_up(sink);
        if engine.sink.keeps(keep) { Ok(engine) } else { Err(NotTakenUp::NotKept) }
    }
}
