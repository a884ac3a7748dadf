//! What a case has where its kind has scores or stages, or an agreement excludes or measures states: few kinds of case do.

use crate::engine::exclusion::{Exclusions, Run};
use crate::engine::matcher::Matcher;
use crate::engine::score::ScoreRun;
use crate::engine::world::World;
use crate::event::packed;
use crate::id::CaseId;
use crate::time::Instant;

/// What few kinds of case have.
#[derive(Debug)]
pub(super) struct Rest {
    /// Its scores, as far as events have earned them.
    pub(super) scores: Vec<ScoreRun>,
    /// When it first reached each stage.
    pub(super) stages: Vec<(Matcher, Option<Instant>)>,
    /// Which of the world's exclusions are on for it.
    pub(super) excluded: Vec<bool>,
    /// Those of its own kind of case.
    pub(super) own: Vec<OwnExclusion>,
    /// How many of the changes that all cases made were taken.
    pub(super) taken: usize,
    /// Since when the states are on whose times are measured, by the world's spans of its kind.
    pub(super) measured: Vec<Option<Instant>>,
}

/// An exclusion that this case's own state makes.
#[derive(Debug)]
pub(super) struct OwnExclusion {
    pub(super) number: usize,
    pub(super) on: bool,
    pub(super) run: Run,
}

impl Rest {
    /// Of a kind of case, if it has any: nothing has happened yet.
    pub(super) fn of(world: &World<'_>, kind: CaseId, exclusions: &Exclusions) -> Option<Box<Rest>> {
        let plan = &world.plan.cases[kind];
        let has_any = !(plan.scores.is_empty() && plan.stages.is_empty() && world.exclusions.is_empty() && world.spans[kind].is_empty());
        let own = (0..world.exclusions.len()).filter(|exclusion| is_own(world, *exclusion, kind));
        has_any.then(|| {
            let mut rest = Box::new(Rest {
                scores: plan.scores.iter().map(ScoreRun::new).collect(),
                stages: plan.stages.iter().map(|stage| (Matcher::new(&stage.on), None)).collect(),
                excluded: vec![false; world.exclusions.len()],
                own: own.map(|number| OwnExclusion { number, on: false, run: Run::default() }).collect(),
                taken: 0,
                measured: vec![None; world.spans[kind].len()],
            });
            rest.take_exclusions(world, kind, exclusions);
            rest
        })
    }

    /// Makes that of another case of the same kind of it.
    pub(super) fn begin_anew(&mut self, world: &World<'_>, kind: CaseId, exclusions: &Exclusions) {
        let Rest { scores, stages, excluded, own, taken: _, measured } = self;
        scores.iter_mut().for_each(ScoreRun::clear);
        for (matcher, reached) in stages {
            matcher.clear();
            *reached = None;
        }
        for own in own {
            excluded[own.number] = false;
            *own = OwnExclusion { number: own.number, on: false, run: Run::default() };
        }
        measured.fill(None);
        self.take_exclusions(world, kind, exclusions);
    }

    /// Takes what other cases exclude now.
    pub(super) fn take_exclusions(&mut self, world: &World<'_>, kind: CaseId, exclusions: &Exclusions) {
        for (number, now) in exclusions.now.iter().enumerate().filter(|(number, _)| !is_own(world, *number, kind)) {
            self.excluded[number] = *now;
        }
        self.taken = exclusions.changes.len();
    }

    /// Whether all is known that was excluded until now, and this case excludes nothing itself.
    #[inline]
    pub(super) fn has_taken(&self, exclusions: &Exclusions) -> bool {
        self.own.is_empty() && self.taken == exclusions.changes.len()
    }

    /// Packs it, of a case of which all is known up to `now`.
    pub(super) fn pack(&self, out: &mut Vec<u8>, now: Instant) {
        let Rest { scores, stages, excluded, own, taken, measured } = self;
        packed::put_list(out, scores, |out, score| score.pack(out));
        packed::put_list(out, stages, |out, (matcher, reached)| {
            matcher.pack(out);
            packed::put_before(out, *reached, now);
        });
        packed::put_list(out, excluded, |out, on| out.push((*on).into()));
        packed::put_list(out, own, |out, OwnExclusion { number, on, run }| {
            packed::put(out, *number as u64);
            out.push((*on).into());
            packed::put_any(out, run);
        });
        packed::put(out, *taken as u64);
        packed::put_list(out, measured, |out, since| packed::put_before(out, *since, now));
    }

    pub(super) fn unpack(from: &mut &[u8], now: Instant) -> Option<Rest> {
        let own = |from: &mut &[u8]| {
            let (number, on) = (usize::try_from(packed::take(from)?).ok()?, packed::take_flag(from)?);
            Some(OwnExclusion { number, on, run: packed::take_any(from)? })
        };
        Some(Rest {
            scores: packed::take_list(from, ScoreRun::unpack)?,
            stages: packed::take_list(from, |from| Some((Matcher::unpack(from)?, packed::take_before(from, now)?)))?,
            excluded: packed::take_list(from, packed::take_flag)?,
            own: packed::take_list(from, own)?,
            taken: usize::try_from(packed::take(from)?).ok()?,
            measured: packed::take_list(from, |from| packed::take_before(from, now))?,
        })
    }
}

/// Whether an exclusion is by a state of this kind of case.
pub(super) fn is_own(world: &World<'_>, exclusion: usize, kind: CaseId) -> bool {
    world.plan.states[world.exclusions[exclusion].state].case == kind
}
