//! Warnings and escalations that were given, packed.

use crate::engine::ledger::{Ledger, Place, WHOLE, put_length, take_length};
use crate::engine::outcome::{NoticeKind, NoticeRecord};
use crate::event::packed;
use crate::id::{CaseId, ObligationId};
use crate::time::Duration;
use serde::{Deserialize, Serialize};

/// Notices in the order of their instances and times.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Notices(Ledger);

const CASE: u64 = 1;
const TO: u64 = 2;
const ESCALATES: u64 = 4;

impl Notices {
    pub(super) fn push(&mut self, notice: &NoticeRecord) {
        let NoticeRecord { track, obligation, case, seq, start, position, kind, at, to } = notice;
        self.0.push(*track, *start, |out| {
            let parts = [(case.is_some(), CASE), (to.is_some(), TO), (*kind == NoticeKind::Escalate, ESCALATES)];
            packed::put(out, packed::parts(&parts));
            packed::put_id(out, *obligation);
            if let Some((kind, key)) = case {
                packed::put_id(out, *kind);
                packed::put_text(out, key);
            }
            packed::put(out, (*seq).into());
            put_length(out, at.since(*start));
            packed::put(out, *position as u64);
            to.iter().for_each(|to| packed::put_text(out, to));
        });
    }

    /// By promise, start, case, number and time.
    pub(super) fn sort(&mut self) {
        self.0.sort(|a, b| order(a).cmp(&order(b)));
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
    pub fn iter(&self) -> impl Iterator<Item = NoticeRecord> {
        self.0.places().iter().map(|place| record(place, Packed::of(self.0.bytes(place)).expect(WHOLE)))
    }
}

/// A notice as it is packed.
struct Packed<'b> {
    obligation: ObligationId,
    case: Option<(CaseId, &'b str)>,
    seq: u32,
    /// From the instance's start to the notice.
    since: Duration,
    position: u64,
    kind: NoticeKind,
    to: Option<&'b str>,
}

impl<'b> Packed<'b> {
    fn of(mut bytes: &'b [u8]) -> Option<Packed<'b>> {
        let from = &mut bytes;
        let parts = packed::take(from)?;
        Some(Packed {
            obligation: packed::take_id(from)?,
            case: if parts & CASE != 0 { Some((packed::take_id(from)?, packed::take_text(from)?)) } else { None },
            seq: packed::take_small(from)?,
            since: take_length(from)?,
            position: packed::take(from)?,
            kind: if parts & ESCALATES != 0 { NoticeKind::Escalate } else { NoticeKind::Warn },
            to: if parts & TO != 0 { Some(packed::take_text(from)?) } else { None },
        })
    }
}

fn order(bytes: &[u8]) -> (Option<&str>, u32, Duration, u64) {
    let Packed { case, seq, since, position, .. } = Packed::of(bytes).expect(WHOLE);
    (case.map(|(_, key)| key), seq, since, position)
}

fn record(place: &Place, packed: Packed<'_>) -> NoticeRecord {
    let Packed { obligation, case, seq, since, position, kind, to } = packed;
    NoticeRecord {
        track: place.track as usize,
        obligation,
        case: case.map(|(kind, key)| (kind, key.into())),
        seq,
        start: place.start,
        position: position as usize,
        kind,
        at: place.start.plus(since),
        to: to.map(str::to_string),
    }
}
