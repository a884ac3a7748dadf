//! Warnings and escalations that were given, packed.

use crate::engine::ledger::{Ledger, Place, WHOLE};
use crate::engine::outcome::{NoticeKind, NoticeRecord};
use crate::event::packed;
use crate::id::CaseId;
use crate::time::Duration;
use serde::{Deserialize, Serialize};

/// Notices in the order of their instances and times.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Notices(Ledger);

const CASE: u64 = 1;
const TO: u64 = 2;
const ESCALATES: u64 = 4;

impl Notices {
    pub(super) fn push(&mut self, notice: &NoticeRecord<'_>) {
        let NoticeRecord { track, obligation, case, seq, start, position, kind, at, to } = notice;
        let parts = [(case.is_some(), CASE), (to.is_some(), TO), (*kind == NoticeKind::Escalate, ESCALATES)];
        self.0.push(*track, *start, packed::parts(&parts) as u8, |out| {
            if let Some((kind, key)) = case {
                packed::put_id(out, *kind);
                packed::put_text(out, key);
            }
            packed::put(out, (*seq).into());
            packed::put_length(out, at.since(*start));
            packed::put(out, *position as u64);
            packed::put_id(out, *obligation);
            to.iter().for_each(|to| packed::put_text(out, to));
        });
    }

    pub(super) fn absorb(&mut self, other: Notices) {
        self.0.absorb(other.0);
    }

    /// By promise, start, case, number and time.
    pub(super) fn sort(&mut self) {
        self.0.sort(|a, b| order(a).expect(WHOLE).cmp(&order(b).expect(WHOLE)));
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
    pub fn iter(&self) -> impl Iterator<Item = NoticeRecord<'_>> {
        self.0.ahead(self.0.places().iter()).map(|place| record(place, self.0.bytes(place)).expect(WHOLE))
    }
}

fn case<'b>(parts: u64, from: &mut &'b [u8]) -> Option<Option<(CaseId, &'b [u8])>> {
    Some(if parts & CASE != 0 { Some((packed::take_id(from)?, packed::take_bytes(from)?)) } else { None })
}

/// What puts notices of one promise and start in order: case, number, time and place in the promise.
fn order((parts, mut bytes): (u8, &[u8])) -> Option<(Option<&[u8]>, u64, Duration, u64)> {
    let from = &mut bytes;
    Some((case(parts.into(), from)?.map(|(_, key)| key), packed::take(from)?, packed::take_length(from)?, packed::take(from)?))
}

fn record<'b>(place: &Place, mut bytes: &'b [u8]) -> Option<NoticeRecord<'b>> {
    let (from, parts) = (&mut bytes, u64::from(place.what()));
    let case = match case(parts, from)? {
        Some((kind, key)) => Some((kind, std::str::from_utf8(key).ok()?)),
        None => None,
    };
    Some(NoticeRecord {
        track: place.track(),
        start: place.start,
        case,
        seq: packed::take_small(from)?,
        at: place.start.plus(packed::take_length(from)?),
        position: packed::take(from)? as usize,
        obligation: packed::take_id(from)?,
        kind: if parts & ESCALATES != 0 { NoticeKind::Escalate } else { NoticeKind::Warn },
        to: if parts & TO != 0 { Some(packed::take_text(from)?) } else { None },
    })
}
