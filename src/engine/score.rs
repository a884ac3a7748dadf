//! Scores: points that a case's fields and events earn and lose.

use crate::engine::Happening;
use crate::engine::matcher::{Hit, Matcher};
use crate::engine::truth::{Moment, Truth};
use crate::event::packed;
use crate::model::Trigger;
use crate::plan::{Pattern, Score, ScoreBy, ScoreRule};
use crate::quantity::Exact;
use crate::time::Zone;

/// A score as far as events have earned it: for each rule how often, and how far the next time has come.
#[derive(Clone, Debug)]
pub(super) struct ScoreRun(Vec<(Matcher, u32)>);

impl ScoreRun {
    pub(super) fn new(score: &Score) -> ScoreRun {
        let matcher = |rule: &ScoreRule| match &rule.by {
            ScoreBy::When(_) => Matcher::default(),
            ScoreBy::On(pattern) => Matcher::new(pattern),
        };
        ScoreRun(score.rules.iter().map(|rule| (matcher(rule), 0)).collect())
    }

    /// Nothing is earned.
    pub(super) fn clear(&mut self) {
        for (matcher, times) in &mut self.0 {
            matcher.clear();
            *times = 0;
        }
    }

    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        packed::put_list(out, &self.0, |out, (matcher, times)| {
            matcher.pack(out);
            packed::put(out, (*times).into());
        });
    }

    pub(super) fn unpack(from: &mut &[u8]) -> Option<ScoreRun> {
        packed::take_list(from, |from| Some((Matcher::unpack(from)?, packed::take_small(from)?))).map(ScoreRun)
    }

    /// Takes an event and gives the points. What cannot be known earns nothing.
    pub(super) fn step(&mut self, score: &Score, moment: &Moment<'_>, happening: Happening<'_>, zone: &Zone, after_states: bool) -> Exact {
        let mut total = Exact::ZERO;
        for (rule, (matcher, times)) in score.rules.iter().zip(&mut self.0) {
            let times = match &rule.by {
                ScoreBy::When(condition) => u32::from(moment.holds(condition) == Truth::True),
                ScoreBy::On(pattern) => {
                    if speaks_of_states(pattern) == after_states && matcher.step(pattern, happening, moment, zone) == Hit::Yes {
                        matcher.clear();
                        *times = times.saturating_add(1);
                    }
                    *times
                }
            };
            if times == 0 {
                continue;
            }
            let points = rule.points.mul(Exact::whole(times.into())).map(|points| limited(points, rule.at_most));
            total = points.and_then(|points| total.add(points)).unwrap_or(total);
        }
        total
    }
}

fn limited(points: Exact, at_most: Option<Exact>) -> Exact {
    match at_most {
        Some(most) if points.is_negative() => points.max(most.neg()),
        Some(most) => points.min(most),
        None => points,
    }
}

fn speaks_of_states(pattern: &Pattern) -> bool {
    pattern.any.iter().flatten().any(|atom| atom.during.is_some() || !matches!(atom.on, Trigger::Event(_)))
}
