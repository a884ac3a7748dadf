//! The waterfall of a kind of case: how many reach each stage, and how long it takes them from the one before.

use crate::engine::cases::Cases;
use crate::engine::facts::Facts;
use crate::engine::world::World;
use crate::id::CaseId;
use crate::quantity::Exact;
use crate::time::Instant;

/// A stage of a kind of case.
#[derive(Clone, Debug)]
pub struct StageRecord {
    /// The kind of case.
    pub case: CaseId,
    /// Which of its stages.
    pub stage: usize,
    /// Cases that reached it.
    pub reached: u64,
    /// Of the cases that reached the stage before: how many reached this one too, and how many they are.
    pub converted: Option<(u64, u64)>,
    /// The median of the real time between the two, in seconds, of those that did so in this order.
    pub median: Option<Exact>,
}

pub(super) fn stages(world: &World<'_>, cases: &Cases) -> Vec<StageRecord> {
    let mut records = Vec::new();
    for (case, kind) in world.plan.cases.enumerate() {
        let of_kind = || cases.live().map(|c| &c.facts).filter(|c| c.kind == case);
        let at = |c: &Facts, stage: usize| -> Option<Instant> { c.reached(stage) };
        for stage in 0..kind.stages.len() {
            let reached = of_kind().filter(|c| at(c, stage).is_some()).count() as u64;
            let (mut converted, mut median) = (None, None);
            if stage > 0 {
                let before = || of_kind().filter(|c| at(c, stage - 1).is_some());
                let both: Vec<(Instant, Instant)> = before().filter_map(|c| at(c, stage - 1).zip(at(c, stage))).collect();
                converted = Some((both.len() as u64, before().count() as u64));
                let mut times: Vec<i64> = both.iter().filter(|(a, b)| a <= b).map(|(a, b)| b.since(*a).as_micros()).collect();
                times.sort();
                median = middle(&times);
            }
            records.push(StageRecord { case, stage, reached, converted, median });
        }
    }
    records
}

/// The middle one, or the mean of the two middle ones, in seconds.
fn middle(times: &[i64]) -> Option<Exact> {
    let n = times.len();
    let twice = if n == 0 { return None } else { i128::from(times[(n - 1) / 2]) + i128::from(times[n / 2]) };
    Exact::ratio(twice, 2_000_000)
}
