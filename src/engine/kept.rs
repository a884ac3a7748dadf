//! Instances that a report will show, packed: a log of years leaves many, and each is looked at once or twice.

use crate::engine::outcome::{Outcome, Verdict};
use crate::event::Texts;
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// Instances in the order of reports.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcomes {
    /// In blocks, so that a list of millions never moves.
    packed: Vec<Vec<u8>>,
    places: Vec<Place>,
}

/// Where an instance stands among the packed ones, and what of it is asked for most.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Place {
    start: Instant,
    block: u32,
    at: u32,
    track: u32,
    verdict: Verdict,
}

/// So many bytes are packed together.
const BLOCK: usize = 1 << 20;

impl Outcomes {
    pub(super) fn push(&mut self, outcome: &Outcome) {
        let small = |n: usize| u32::try_from(n).expect("a block, and what a spec declares, is limited to far less");
        if self.packed.last().is_none_or(|block| block.len() >= BLOCK) {
            self.packed.push(Vec::with_capacity(BLOCK + BLOCK / 16));
        }
        let (number, block) = (self.packed.len() - 1, self.packed.last_mut().expect("one was added"));
        let (track, at) = (small(outcome.track), small(block.len()));
        self.places.push(Place { start: outcome.start, block: small(number), at, track, verdict: outcome.verdict });
        *block = postcard::to_extend(outcome, std::mem::take(block)).expect("an outcome is plain data");
    }

    /// By promise, start, case, group and number.
    pub(super) fn sort(&mut self, texts: &Texts) {
        let mut places = std::mem::take(&mut self.places);
        places.sort_by(|a, b| {
            (a.track, a.start).cmp(&(b.track, b.start)).then_with(|| {
                let (a, b) = (self.at(a), self.at(b));
                let case = |o: &Outcome| o.case.as_ref().map(|c| c.1.clone());
                case(&a).cmp(&case(&b)).then_with(|| a.group_text(texts).cmp(&b.group_text(texts))).then(a.seq.cmp(&b.seq))
            })
        });
        self.places = places;
    }

    fn at(&self, place: &Place) -> Outcome {
        postcard::from_bytes(&self.packed[place.block as usize][place.at as usize..]).expect("it was packed here")
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Outcome> {
        self.places.iter().map(|place| self.at(place))
    }

    /// Those of some verdicts.
    pub fn of<'v>(&'v self, verdicts: &'v [Verdict]) -> impl Iterator<Item = Outcome> + 'v {
        self.places.iter().filter(|place| verdicts.contains(&place.verdict)).map(|place| self.at(place))
    }
}
