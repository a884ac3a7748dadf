//! What a case has where its kind has scores or stages, or an agreement excludes or measures states: few kinds of case do.

use crate::engine::exclusion::Run;
use crate::engine::matcher::Matcher;
use crate::engine::score::ScoreRun;
use crate::event::packed;
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
