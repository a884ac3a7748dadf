//! The waterfall of a kind of case: how many reach each stage, and how long it takes them from the one before.

use crate::engine::facts::Facts;
use crate::engine::world::World;
use crate::id::{CaseId, Table};
use crate::quantity::Exact;

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

/// The stages of each kind of case, counted case by case.
pub(super) struct Funnels(Table<CaseId, Vec<Stage>>);

/// What is counted of a stage.
#[derive(Clone, Default)]
struct Stage {
    reached: u64,
    /// Of the cases that reached it, those that reached the one before too.
    converted: u64,
    /// The real times between the two, in microseconds, of those that reached them in this order.
    times: Vec<i64>,
}

impl Funnels {
    pub(super) fn new(world: &World<'_>) -> Funnels {
        Funnels(world.plan.cases.iter().map(|kind| vec![Stage::default(); kind.stages.len()]).collect())
    }

    /// Counts a case.
    pub(super) fn take(&mut self, case: &Facts) {
        let mut before = None;
        for (at, stage) in self.0[case.kind].iter_mut().enumerate() {
            let reached = case.reached(at);
            stage.reached += u64::from(reached.is_some());
            if let (Some(before), Some(reached)) = (before, reached) {
                stage.converted += 1;
                if before <= reached {
                    stage.times.push(reached.since(before).as_micros());
                }
            }
            before = reached;
        }
    }

    /// Counts the cases that another counted.
    pub(super) fn absorb(&mut self, other: Funnels) {
        for (stage, more) in self.0.iter_mut().flatten().zip(other.0.iter().flatten()) {
            stage.reached += more.reached;
            stage.converted += more.converted;
            stage.times.extend_from_slice(&more.times);
        }
    }

    /// The waterfall of each kind.
    pub(super) fn stages(mut self) -> Vec<StageRecord> {
        let mut records = Vec::new();
        for case in self.0.ids() {
            let mut before = None;
            for (stage, Stage { reached, converted, times }) in self.0[case].iter_mut().enumerate() {
                times.sort_unstable();
                let (reached, converted) = (*reached, before.map(|all| (*converted, all)));
                records.push(StageRecord { case, stage, reached, converted, median: middle(times) });
                before = Some(reached);
            }
        }
        records
    }
}

/// The middle one, or the mean of the two middle ones, in seconds.
fn middle(times: &[i64]) -> Option<Exact> {
    let n = times.len();
    let twice = if n == 0 { return None } else { i128::from(times[(n - 1) / 2]) + i128::from(times[n / 2]) };
    Exact::ratio(twice, 2_000_000)
}
