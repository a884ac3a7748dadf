//! Instances that a report will show, packed: a log of years leaves many, and each is looked at once or twice.

use crate::engine::outcome::{Evidence, GroupOrder, Outcome, Reason, Rows, Verdict};
use crate::event::{Origin, Texts, Value};
use crate::id::{CalendarId, CaseId, EventId, ObligationId, TierId};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Instances in the order of reports.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcomes {
    /// In blocks, so that a list of millions never moves.
    packed: Vec<Vec<u8>>,
    places: Vec<Place>,
}

/// Where an instance stands among the packed ones, and what puts it in order.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Place {
    start: Instant,
    track: u32,
    /// Where it is packed: its block, and how far in it, in steps of [`STEP`] bytes.
    at: u32,
}

/// What else there is of an instance, first what is asked for most. Small numbers are packed into few bytes: instants are
/// counted from its start.
#[derive(Serialize, Deserialize)]
struct Packed<'o> {
    verdict: Verdict,
    obligation: ObligationId,
    #[serde(borrow)]
    case: Option<(CaseId, Cow<'o, str>)>,
    seq: u32,
    tier: Option<TierId>,
    group: Option<Option<Value>>,
    row: Option<u32>,
    reason: Option<Reason>,
    due: Option<Duration>,
    stop: Option<Duration>,
    end: Duration,
    open: bool,
    elapsed: Option<Duration>,
    target: Option<Duration>,
    paused: Option<Duration>,
    late: Duration,
    keys: Cow<'o, [Option<Value>]>,
    filters: Cow<'o, [bool]>,
    states: Cow<'o, [Duration]>,
    calendar: Option<CalendarId>,
    halted: bool,
    evidence: Vec<(Option<EventId>, Duration, Origin)>,
}

impl<'o> Packed<'o> {
    fn new(outcome: &'o Outcome) -> Packed<'o> {
        // Its place keeps what is not here.
        let Outcome { track: _, obligation, case, seq, tier, group, row, verdict, reason, start, due, stop, end, open, .. } = outcome;
        let Outcome { elapsed, target, paused, late, keys, filters, states, calendar, halted, evidence, .. } = outcome;
        let since = |t: Instant| t.since(*start);
        Packed {
            verdict: *verdict,
            obligation: *obligation,
            case: case.as_ref().map(|(kind, key)| (*kind, Cow::Borrowed(&**key))),
            seq: *seq,
            tier: *tier,
            group: *group,
            row: row.map(|row| u32::try_from(row).expect("an obligation is limited to far fewer rows")),
            reason: *reason,
            due: due.map(since),
            stop: stop.map(since),
            end: since(*end),
            open: *open,
            elapsed: *elapsed,
            target: *target,
            paused: *paused,
            late: *late,
            keys: Cow::Borrowed(keys),
            filters: Cow::Borrowed(filters),
            states: Cow::Borrowed(states),
            calendar: *calendar,
            halted: *halted,
            evidence: evidence.iter().map(|e| (e.event, since(e.time), e.origin)).collect(),
        }
    }

    fn outcome(self, place: &Place) -> Outcome {
        let Place { start, track, .. } = *place;
        let at = |since: Duration| start.plus(since);
        let evidence = self.evidence.into_iter().map(|(event, time, origin)| Evidence { event, time: at(time), origin });
        Outcome {
            track: track as usize,
            obligation: self.obligation,
            case: self.case.map(|(kind, key)| (kind, key.into())),
            seq: self.seq,
            tier: self.tier,
            group: self.group,
            row: self.row.map(|row| row as usize),
            verdict: self.verdict,
            reason: self.reason,
            start,
            due: self.due.map(at),
            stop: self.stop.map(at),
            end: at(self.end),
            open: self.open,
            elapsed: self.elapsed,
            target: self.target,
            paused: self.paused,
            late: self.late,
            keys: self.keys.into_owned(),
            filters: self.filters.into_owned(),
            states: self.states.into_owned(),
            calendar: self.calendar,
            halted: self.halted,
            evidence: Rows::from_iter(evidence),
        }
    }
}

/// So many bytes are packed together, and a little more: the last one that begins in a block ends in it.
const BLOCK: usize = 1 << 20;
/// Each one begins at a multiple of so many bytes.
const STEP: usize = 4;

impl Outcomes {
    pub(super) fn push(&mut self, outcome: &Outcome) {
        if self.packed.last().is_none_or(|block| block.len() >= BLOCK) {
            self.packed.push(Vec::with_capacity(BLOCK + BLOCK / 16));
        }
        let (number, block) = (self.packed.len() - 1, self.packed.last_mut().expect("one was added"));
        let at = u32::try_from((number * BLOCK + block.len()) / STEP).expect("a report takes far less than 16 GiB");
        let track = u32::try_from(outcome.track).expect("a spec is limited to far fewer obligations");
        self.places.push(Place { start: outcome.start, track, at });
        *block = postcard::to_extend(&Packed::new(outcome), std::mem::take(block)).expect("an outcome is plain data");
        block.resize(block.len().next_multiple_of(STEP), 0);
    }

    /// By promise, start, case, group and number.
    pub(super) fn sort(&mut self, texts: &Texts) {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable_by(|a, b| {
            (a.track, a.start).cmp(&(b.track, b.start)).then_with(|| {
                let (a, b) = (self.packed(a), self.packed(b));
                let order = |o: &Packed<'_>| o.group.map(|group| GroupOrder::of(group, texts));
                let (of_a, of_b) = (a.case.as_ref().map(|c| &c.1), b.case.as_ref().map(|c| &c.1));
                of_a.cmp(&of_b).then_with(|| order(&a).cmp(&order(&b))).then(a.seq.cmp(&b.seq))
            })
        });
        self.places = places;
    }

    fn packed(&self, place: &Place) -> Packed<'_> {
        postcard::from_bytes(self.bytes(place)).expect("it was packed here")
    }

    fn bytes(&self, place: &Place) -> &[u8] {
        let at = place.at as usize * STEP;
        &self.packed[at / BLOCK][at % BLOCK..]
    }

    fn verdict(&self, place: &Place) -> Verdict {
        postcard::take_from_bytes(self.bytes(place)).expect("it was packed here").0
    }

    fn at(&self, place: &Place) -> Outcome {
        self.packed(place).outcome(place)
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

    /// The one at a position.
    pub fn get(&self, at: usize) -> Outcome {
        self.at(&self.places[at])
    }

    /// The positions of those of some verdicts.
    pub fn positions(&self, verdicts: &[Verdict]) -> impl Iterator<Item = usize> {
        self.places.iter().enumerate().filter(|(_, place)| verdicts.contains(&self.verdict(place))).map(|(at, _)| at)
    }

    /// Those of some verdicts.
    pub fn of(&self, verdicts: &[Verdict]) -> impl Iterator<Item = Outcome> {
        self.positions(verdicts).map(|at| self.get(at))
    }
}
