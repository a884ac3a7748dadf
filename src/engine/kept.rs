//! Instances that a report will show, packed.

use crate::engine::ledger::{Ledger, Place, WHOLE};
use crate::engine::outcome::{Evidence, GroupOrder, Held, KeyValues, Outcome, StateTimes, Verdict};
use crate::event::{KeyRef, Texts, Value, packed};
use crate::id::{CaseId, Id, ObligationId};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// Instances in the order of reports.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcomes(Ledger);

/// What else there is of an instance, behind each other: which parts of it there are, and these parts. Small numbers
/// take few bytes; instants are counted from the start.
struct Writer<'o>(&'o mut Vec<u8>);

/// Which parts there are, by bits.
const CASE: u64 = 1;
const TIER: u64 = 1 << 1;
const GROUP: u64 = 1 << 2;
const ROW: u64 = 1 << 3;
const REASON: u64 = 1 << 4;
const DUE: u64 = 1 << 5;
const STOP: u64 = 1 << 6;
const ELAPSED: u64 = 1 << 7;
const TARGET: u64 = 1 << 8;
const PAUSED: u64 = 1 << 9;
const CALENDAR: u64 = 1 << 10;
const OPEN: u64 = 1 << 11;
const HALTED: u64 = 1 << 12;
const READ: u64 = 1 << 13;

impl Writer<'_> {
    fn outcome(&mut self, o: &Outcome) {
        // Its place keeps what is not here.
        let Outcome { track: _, obligation, case, seq, tier, group, row, verdict: _, reason, start, due, stop, end, open, .. } = o;
        let Outcome { elapsed, target, paused, late, keys, filters, states, calendar, halted, evidence, .. } = o;
        let since = |t: &Instant| t.since(*start);
        let has_more = !keys.is_empty() || !filters.is_empty() || !states.is_empty();
        let parts = [
            (case.is_some(), CASE),
            (tier.is_some(), TIER),
            (group.is_some(), GROUP),
            (row.is_some(), ROW),
            (reason.is_some(), REASON),
            (due.is_some(), DUE),
            (stop.is_some(), STOP),
            (elapsed.is_some(), ELAPSED),
            (target.is_some(), TARGET),
            (paused.is_some(), PAUSED),
            (calendar.is_some(), CALENDAR),
            (*open, OPEN),
            (*halted, HALTED),
            (has_more, READ),
        ];
        self.number(packed::parts(&parts));
        packed::put_id(self.0, *obligation);
        if let Some((kind, key)) = case {
            packed::put_id(self.0, *kind);
            packed::put_bytes(self.0, key.bytes());
        }
        self.number((*seq).into());
        tier.iter().for_each(|tier| packed::put_id(self.0, *tier));
        group.iter().for_each(|group| self.value(*group));
        row.iter().for_each(|row| self.number(*row as u64));
        reason.iter().for_each(|reason| self.any(reason));
        [due, stop].into_iter().flatten().for_each(|t| self.length(since(t)));
        self.length(since(end));
        [elapsed, target, paused].into_iter().flatten().for_each(|d| self.length(*d));
        self.length(*late);
        calendar.iter().for_each(|calendar| packed::put_id(self.0, *calendar));
        if has_more {
            packed::put_list(self.0, keys, |out, value| packed::put_value(out, *value));
            packed::put_list(self.0, filters, |out, held| out.push((*held).into()));
            packed::put_list(self.0, states, |out, d| packed::put_length(out, *d));
        }
        packed::put_list(self.0, evidence, |out, Evidence { event, time, origin }| {
            packed::put_maybe_id(out, *event);
            packed::put_length(out, since(time));
            packed::put_origin(out, *origin);
        });
    }

    fn number(&mut self, n: u64) {
        packed::put(self.0, n);
    }

    #[inline]
    fn length(&mut self, d: Duration) {
        packed::put_length(self.0, d);
    }

    fn value(&mut self, value: Option<Value>) {
        packed::put_value(self.0, value);
    }

    fn any(&mut self, thing: &impl Serialize) {
        packed::put_any(self.0, thing);
    }
}

/// The kind of a case, and its key's bytes.
type CaseKey<'b> = (CaseId, &'b [u8]);

/// Reads what was written.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn outcome(mut self, place: &Place) -> Outcome {
        let (parts, obligation, case, seq) = self.head();
        let has = |part: u64| parts & part != 0;
        let start = place.start;
        let tier = has(TIER).then(|| self.id());
        let group = has(GROUP).then(|| self.value());
        let row = has(ROW).then(|| self.number() as usize);
        let reason = has(REASON).then(|| self.any());
        let [due, stop] = [DUE, STOP].map(|part| has(part).then(|| start.plus(self.length())));
        let end = start.plus(self.length());
        let [elapsed, target, paused] = [ELAPSED, TARGET, PAUSED].map(|part| has(part).then(|| self.length()));
        let late = self.length();
        let calendar = has(CALENDAR).then(|| self.id());
        let (mut keys, mut filters, mut states) = (KeyValues::new(), Held::new(), StateTimes::new());
        if has(READ) {
            keys = self.list(packed::take_value);
            filters = self.list(packed::take_flag);
            states = self.list(packed::take_length);
        }
        let evidence = self.list(|from| {
            let (event, time) = (packed::take_maybe_id(from)?, start.plus(packed::take_length(from)?));
            Some(Evidence { event, time, origin: packed::take_origin(from)? })
        });
        Outcome {
            track: place.track(),
            obligation,
            case: case.map(|(kind, key)| (kind, KeyRef::of(key).expect(WHOLE).to_kept())),
            seq,
            tier,
            group,
            row,
            verdict: Verdict::ALL[usize::from(place.what())],
            reason,
            start,
            due,
            stop,
            end,
            open: has(OPEN),
            elapsed,
            target,
            paused,
            late,
            evidence,
            keys,
            filters,
            states,
            calendar,
            halted: has(HALTED),
        }
    }

    /// What puts instances of one start in order, and what there is of it.
    fn head(&mut self) -> (u64, ObligationId, Option<CaseKey<'b>>, u32) {
        let (parts, obligation) = (self.number(), self.id());
        let case = (parts & CASE != 0).then(|| (self.id(), self.bytes()));
        (parts, obligation, case, self.number() as u32)
    }

    /// What puts instances of one start in order: case, group and number.
    fn order(mut self, texts: &Texts) -> (Option<&'b [u8]>, Option<GroupOrder>, u32) {
        let (parts, _, case, seq) = self.head();
        if parts & TIER != 0 {
            self.number();
        }
        let group = (parts & GROUP != 0).then(|| GroupOrder::of(self.value(), texts));
        (case.map(|(_, key)| key), group, seq)
    }

    fn number(&mut self) -> u64 {
        packed::take(&mut self.0).expect(WHOLE)
    }

    #[inline]
    fn length(&mut self) -> Duration {
        packed::take_length(&mut self.0).expect(WHOLE)
    }

    fn id<I: Id>(&mut self) -> I {
        packed::take_id(&mut self.0).expect(WHOLE)
    }

    fn bytes(&mut self) -> &'b [u8] {
        packed::take_bytes(&mut self.0).expect(WHOLE)
    }

    fn value(&mut self) -> Option<Value> {
        packed::take_value(&mut self.0).expect(WHOLE)
    }

    fn any<T: Deserialize<'b>>(&mut self) -> T {
        packed::take_any(&mut self.0).expect(WHOLE)
    }

    fn list<T, L: packed::List<T>>(&mut self, read: impl FnMut(&mut &[u8]) -> Option<T>) -> L {
        packed::take_list(&mut self.0, read).expect(WHOLE)
    }
}

fn is_of(place: &Place, verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| *verdict as u8 == place.what())
}

impl Outcomes {
    pub(super) fn push(&mut self, outcome: &Outcome) {
        self.0.push(outcome.track, outcome.start, outcome.verdict as u8, |out| Writer(out).outcome(outcome));
    }

    pub(super) fn absorb(&mut self, other: Outcomes) {
        self.0.absorb(other.0);
    }

    /// By promise, start, case, group and number.
    pub(super) fn sort(&mut self, texts: &Texts) {
        self.0.sort(|(_, a), (_, b)| Reader(a).order(texts).cmp(&Reader(b).order(texts)));
    }

    fn at(&self, place: &Place) -> Outcome {
        Reader(self.0.bytes(place)).outcome(place)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.places().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.places().is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Outcome> {
        self.0.places().iter().map(|place| self.at(place))
    }

    /// Those at some positions.
    pub fn all_at(&self, positions: &[usize]) -> impl Iterator<Item = Outcome> {
        self.0.ahead(positions.iter().map(|at| &self.0.places()[*at])).map(|place| self.at(place))
    }

    /// The positions of those of some verdicts.
    pub fn positions(&self, verdicts: &[Verdict]) -> impl Iterator<Item = usize> {
        self.0.places().iter().enumerate().filter(|(_, place)| is_of(place, verdicts)).map(|(at, _)| at)
    }

    /// Those of some verdicts.
    pub fn of(&self, verdicts: &[Verdict]) -> impl Iterator<Item = Outcome> {
        self.0.ahead(self.0.places().iter().filter(|place| is_of(place, verdicts))).map(|place| self.at(place))
    }
}
