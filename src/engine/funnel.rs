//! The waterfall of a kind of case: how many reach each stage, and how long it takes them from the one before.

use crate::engine::objective::{Amount, of_times};
use crate::engine::times::Times;
use crate::id::{CaseId, Table};
use crate::model::Statistic;
use crate::plan::Plan;
use crate::quantity::Exact;
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

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

/// The stages of each kind of case, counted as cases reach them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Funnels(Table<CaseId, Vec<Stage>>);

/// What is counted of a stage.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stage {
    reached: u64,
    /// Of the cases that reached it, those that reached the one before too.
    converted: u64,
    /// The real times between the two, of those that reached them in this order.
    times: Times,
}

impl Funnels {
    pub(super) fn new(plan: &Plan) -> Funnels {
        Funnels(plan.cases.iter().map(|kind| vec![Stage::default(); kind.stages.len()]).collect())
    }

    /// A case reaches a stage now for the first time; `reached` says when it has reached another, if it has.
    pub(super) fn reach(&mut self, kind: CaseId, at: usize, now: Instant, reached: impl Fn(usize) -> Option<Instant>) {
        let (before, behind) = (at.checked_sub(1).and_then(&reached), reached(at + 1));
        let stages = &mut self.0[kind];
        stages[at].reached += 1;
        let between = [(at, before, Some(now)), (at + 1, Some(now), behind)];
        for (at, before, reached) in between {
            let (Some(before), Some(reached)) = (before, reached) else { continue };
            stages[at].converted += 1;
            if before <= reached {
                stages[at].times.push(reached.since(before));
            }
        }
    }

    /// Counts the cases that another counted.
    pub(super) fn absorb(&mut self, mut other: Funnels) {
        for (stages, more) in self.0.iter_mut().zip(other.0.iter_mut().map(std::mem::take)) {
            for (stage, Stage { reached, converted, times }) in stages.iter_mut().zip(more) {
                stage.reached += reached;
                stage.converted += converted;
                stage.times.absorb(times);
            }
        }
    }

    /// The waterfall of each kind.
    pub(super) fn stages(self) -> Vec<StageRecord> {
        let mut records = Vec::new();
        for case in self.0.ids() {
            let mut before = None;
            for (stage, Stage { reached, converted, times }) in self.0[case].iter().enumerate() {
                let (reached, converted) = (*reached, before.map(|all| (*converted, all)));
                records.push(StageRecord { case, stage, reached, converted, median: median(times) });
                before = Some(reached);
            }
        }
        records
    }
}

/// In seconds, if there are any.
fn median(times: &Times) -> Option<Exact> {
    let mut times: Vec<Duration> = times.iter().collect();
    match of_times(Statistic::Median, &mut times, 0) {
        Amount::Known(median) => Some(median),
        Amount::Endless | Amount::Nothing | Amount::NoRow => None,
    }
}
