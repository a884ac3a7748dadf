//! Plain promises in few bytes, for cases that rest.

use crate::engine::plain::{Phase, Plain};
use crate::event::{Origin, packed};
use crate::id::EventId;

impl Plain {
    const STARTED: u64 = 1;
    const OPEN: u64 = 2;
    const OVER: u64 = 4;
    const PAUSED: u64 = 8;
    const PASSED: u64 = 16;
    const MORE: u64 = 32;

    /// Packs it. Of an instance that was read only its number is left.
    pub(in crate::engine) fn pack(&self, out: &mut Vec<u8>) {
        let Plain { phase, started, is_paused, passed, seq, row, tier, start, due, alert, end, first, last, more } = self;
        let parts = [
            (*started, Plain::STARTED),
            (*phase == Phase::Open, Plain::OPEN),
            (self.is_over(), Plain::OVER),
            (*is_paused, Plain::PAUSED),
            (*passed, Plain::PASSED),
            (more.is_some(), Plain::MORE),
        ];
        packed::put(out, packed::parts(&parts));
        packed::put(out, (*seq).into());
        if self.is_idle() {
            return;
        }
        packed::put(out, (*row).into());
        packed::put_maybe_id(out, *tier);
        packed::put_time(out, *start);
        packed::put_time(out, *due);
        packed::put_time(out, *alert);
        pack_row(out, first);
        more.iter().for_each(|more| packed::put_any(out, more));
        if let Phase::Over(how) = phase {
            packed::put_any(out, how);
            packed::put_time(out, *end);
            pack_row(out, last);
        }
    }

    pub(in crate::engine) fn unpack(from: &mut &[u8]) -> Option<Plain> {
        let parts = packed::take(from)?;
        let has = |part: u64| parts & part != 0;
        let mut plain = Plain { started: has(Plain::STARTED), seq: packed::take_small(from)?, ..Plain::default() };
        if !has(Plain::OPEN) && !has(Plain::OVER) {
            return Some(plain);
        }
        (plain.phase, plain.is_paused, plain.passed) = (Phase::Open, has(Plain::PAUSED), has(Plain::PASSED));
        (plain.row, plain.tier) = (packed::take_small(from)?, packed::take_maybe_id(from)?);
        (plain.start, plain.due, plain.alert) = (packed::take_time(from)?, packed::take_time(from)?, packed::take_time(from)?);
        plain.end = plain.start;
        plain.first = unpack_row(from)?;
        if has(Plain::MORE) {
            plain.more = Some(packed::take_any(from)?);
        }
        if has(Plain::OVER) {
            plain.phase = Phase::Over(packed::take_any(from)?);
            (plain.end, plain.last) = (packed::take_time(from)?, unpack_row(from)?);
        }
        Some(plain)
    }
}

fn pack_row(out: &mut Vec<u8>, (event, origin): &(Option<EventId>, Origin)) {
    packed::put_maybe_id(out, *event);
    packed::put(out, origin.file.into());
    packed::put(out, origin.line.into());
}

fn unpack_row(from: &mut &[u8]) -> Option<(Option<EventId>, Origin)> {
    let event = packed::take_maybe_id(from)?;
    Some((event, Origin { file: packed::take_small(from)?, line: packed::take_small(from)? }))
}
