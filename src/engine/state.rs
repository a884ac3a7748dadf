//! An engine put aside, and taken up again where it stood.

use crate::engine::cases::Cases;
use crate::engine::counter::Counters;
use crate::engine::exclusion::Exclusions;
use crate::engine::part::Part;
use crate::engine::recurring::Recurring;
use crate::engine::sink::Saved;
use crate::engine::span::Spans;
use crate::engine::{Engine, Tally, Verdict};
use crate::event::Texts;
use crate::id::{AgreementId, Table};
use crate::plan::Plan;
use crate::time::Instant;

/// All that an engine has seen, in the order in which it is written.
type Parts =
    (Cases, (Vec<usize>, Vec<usize>), Vec<Recurring>, Counters, Exclusions, Spans, Table<AgreementId, Vec<Instant>>, Saved, Instant, Tally);

/// Why an engine cannot be taken up.
#[derive(Debug)]
pub enum NotTakenUp {
    /// The bytes are none of an engine's.
    Damaged,
    /// It did not keep instances that are to be shown.
    NotKept,
}

impl Engine<'_> {
    /// What it has seen, where it is in one part.
    pub fn save(&self) -> Vec<u8> {
        assert_eq!(self.parts(), 1, "an engine that is put aside is in one part");
        let part = self.part(0);
        let Part { cases, recurring, counters, exclusions, spans, claims, sink, now, tally, .. } = &*part;
        let closing: Vec<usize> = part.closing.iter().map(|at| cases.rank_of_judged(*at)).collect();
        let over: Vec<usize> = part.late.iter().chain(&part.over).filter_map(|at| cases.rank_of_over(*at)).collect();
        let parts = (cases, (closing, over), recurring, counters, exclusions, spans, claims, sink.saved(), now, tally);
        postcard::to_stdvec(&parts).expect("an engine is plain data")
    }

    /// The instant of the latest event that it took.
    pub fn now(&self) -> Instant {
        (0..self.parts()).map(|part| self.part(part).now).max().unwrap_or(Instant::FIRST)
    }
}

impl<'p> Engine<'p> {
    /// Takes up an engine of the same plan and texts.
    pub fn load(plan: &'p Plan, texts: &'p Texts, keep: &[Verdict], saved: &[u8]) -> Result<Engine<'p>, NotTakenUp> {
        let parts: Parts = postcard::from_bytes(saved).map_err(|_| NotTakenUp::Damaged)?;
        let engine = Engine::new(plan, texts, keep);
        let mut part = engine.part(0);
        let sink;
        (
            part.cases,
            (part.closing, part.over),
            part.recurring,
            part.counters,
            part.exclusions,
            part.spans,
            part.claims,
            sink,
            part.now,
            part.tally,
        ) = parts;
        part.sink.take_up(sink);
        let is_kept = part.sink.keeps(keep);
        drop(part);
        if is_kept { Ok(engine) } else { Err(NotTakenUp::NotKept) }
    }
}
