//! Plain promises in few bytes, for cases that rest.

use crate::engine::clock::Halt;
use crate::engine::live::{Noticed, Reading};
use crate::engine::outcome::Evidence;
use crate::engine::plain::{More, Phase, Plain};
use crate::engine::target::Need;
use crate::event::{Origin, packed};
use crate::id::EventId;
use crate::time::Instant;

impl Plain {
    const STARTED: u64 = 1;
    const OPEN: u64 = 2;
    const OVER: u64 = 4;
    const STOPPED: u64 = 8;
    const PAUSED: u64 = 16;
    const EXCLUDED: u64 = 32;
    const PASSED: u64 = 64;
    const MORE: u64 = 128;

    /// Packs it. Of an instance that was read only its number is left.
    pub(in crate::engine) fn pack(&self, out: &mut Vec<u8>) {
        let Plain { phase, started, halt, passed, seq, row, tier, start, due, alert, end, first, last, more } = self;
        let parts = [
            (*started, Plain::STARTED),
            (*phase == Phase::Open, Plain::OPEN),
            (self.is_over(), Plain::OVER),
            (*phase == Phase::Stopped, Plain::STOPPED),
            (*halt == Halt::Paused, Plain::PAUSED),
            (*halt == Halt::Excluded, Plain::EXCLUDED),
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
        more.iter().for_each(|more| more.pack(out));
        if let Phase::Over(how) = phase {
            packed::put_any(out, how);
        }
        if *phase != Phase::Open {
            packed::put_time(out, *end);
            pack_row(out, last);
        }
    }

    pub(in crate::engine) fn unpack(from: &mut &[u8]) -> Option<Plain> {
        let parts = packed::take(from)?;
        let has = |part: u64| parts & part != 0;
        let mut plain = Plain { started: has(Plain::STARTED), seq: packed::take_small(from)?, ..Plain::default() };
        if parts & (Plain::OPEN | Plain::OVER | Plain::STOPPED) == 0 {
            return Some(plain);
        }
        plain.halt = match (has(Plain::PAUSED), has(Plain::EXCLUDED)) {
            (true, _) => Halt::Paused,
            (false, true) => Halt::Excluded,
            (false, false) => Halt::Runs,
        };
        plain.passed = has(Plain::PASSED);
        (plain.row, plain.tier) = (packed::take_small(from)?, packed::take_maybe_id(from)?);
        (plain.start, plain.due, plain.alert) = (packed::take_time(from)?, packed::take_time(from)?, packed::take_time(from)?);
        plain.end = plain.start;
        plain.first = unpack_row(from)?;
        if has(Plain::MORE) {
            plain.more = Some(Box::new(More::unpack(from)?));
        }
        plain.phase = match (has(Plain::OVER), has(Plain::STOPPED)) {
            (true, _) => Phase::Over(packed::take_any(from)?),
            (false, true) => Phase::Stopped,
            (false, false) => Phase::Open,
        };
        if plain.phase != Phase::Open {
            (plain.end, plain.last) = (packed::take_time(from)?, unpack_row(from)?);
        }
        Some(plain)
    }
}

impl More {
    const NEED: u64 = 1;
    const AT_DUE: u64 = 2;
    const AT_STOP: u64 = 4;
    const NOTICED: u64 = 8;
    const MATCHERS: u64 = 16;

    fn pack(&self, out: &mut Vec<u8>) {
        let More { mark, elapsed, paused, late, need, halts, rows, states, at_due, at_stop, noticed, matchers } = self;
        let parts = [
            (need.is_some(), More::NEED),
            (at_due.is_some(), More::AT_DUE),
            (at_stop.is_some(), More::AT_STOP),
            (*noticed != Noticed::default(), More::NOTICED),
            (matchers.is_some(), More::MATCHERS),
        ];
        packed::put(out, packed::parts(&parts));
        packed::put_time(out, *mark);
        [elapsed, paused, late].into_iter().for_each(|d| packed::put_length(out, *d));
        packed::put_list(out, halts, packed::put_any);
        packed::put_list(out, rows, |out, row| row.pack(out));
        packed::put_list(out, states, |out, d| packed::put_length(out, *d));
        if let Some(Need { open, target, not_before, named }) = need {
            packed::put_length(out, *open);
            packed::put_length(out, *target);
            packed::put_time(out, *not_before);
            out.push((*named).into());
        }
        [at_due, at_stop].into_iter().flatten().for_each(|reading| reading.pack(out));
        if *noticed != Noticed::default() {
            noticed.pack(out);
        }
        matchers.iter().for_each(|matchers| packed::put_any(out, matchers));
    }

    fn unpack(from: &mut &[u8]) -> Option<More> {
        let parts = packed::take(from)?;
        let has = |part: u64| parts & part != 0;
        let mut more = More {
            mark: packed::take_time(from)?,
            elapsed: packed::take_length(from)?,
            paused: packed::take_length(from)?,
            late: packed::take_length(from)?,
            halts: packed::take_list(from, |from| packed::take_any::<(Instant, Halt)>(from))?,
            rows: packed::take_list(from, Evidence::unpack)?,
            states: packed::take_list(from, packed::take_length)?,
            ..More::default()
        };
        if has(More::NEED) {
            let (open, target) = (packed::take_length(from)?, packed::take_length(from)?);
            more.need = Some(Need { open, target, not_before: packed::take_time(from)?, named: packed::take_flag(from)? });
        }
        if has(More::AT_DUE) {
            more.at_due = Some(Reading::unpack(from)?);
        }
        if has(More::AT_STOP) {
            more.at_stop = Some(Reading::unpack(from)?);
        }
        if has(More::NOTICED) {
            more.noticed = Noticed::unpack(from)?;
        }
        if has(More::MATCHERS) {
            more.matchers = Some(packed::take_any(from)?);
        }
        Some(more)
    }
}

fn pack_row(out: &mut Vec<u8>, (event, origin): &(Option<EventId>, Origin)) {
    packed::put_maybe_id(out, *event);
    packed::put_origin(out, *origin);
}

fn unpack_row(from: &mut &[u8]) -> Option<(Option<EventId>, Origin)> {
    Some((packed::take_maybe_id(from)?, packed::take_origin(from)?))
}
