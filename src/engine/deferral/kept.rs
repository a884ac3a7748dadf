//! What is kept of a case that is judged late.

use crate::engine::deferral::{Deed, Deferral};
use crate::engine::fields::Fields;
use crate::engine::world::World;
use crate::event::{Changes, Event, Key, KeyRef, Origin, Short, Stored, packed};
use crate::id::{CaseId, EventId, Id};
use crate::time::Instant;

/// So many rows are kept of a case. Most that have more are not over soon.
const MOST: usize = 6;

/// A case that is not judged yet: its first fields, and the rows that were kept of it. Its memory is left for another when it is gone.
// In three lines of memory: what most rows look at is in the first.
#[derive(Debug)]
#[repr(C, align(64))]
pub(in crate::engine) struct Deferred {
    pub(in crate::engine) key: Key<Box<str>>,
    pub(in crate::engine) kind: CaseId,
    /// The promises that its rows end, by bits.
    ended: u32,
    /// How many rows were kept; none where there is no case.
    count: u8,
    /// Something has happened to it since cases were last put to sleep.
    pub(in crate::engine) stirred: bool,
    /// All that was promised has ended, with a row of the latest instant.
    is_over: bool,
    /// It may have entered states.
    pub(super) moved: bool,
    rows: [Happened; MOST],
    pub(super) fields: Fields,
}

/// A row that is an event and nothing else: which one of how many, and where it stands, in few bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct Happened {
    pub(super) time: Instant,
    line: u32,
    file: u16,
    event: u16,
}

impl Happened {
    /// Of an event, if its numbers are not too large, as those of most are not.
    #[inline]
    pub(in crate::engine) fn of(stored: &Stored<'_>) -> Option<Happened> {
        let (Origin { file, line }, event) = (stored.origin(), stored.what()?);
        Some(Happened { time: stored.time(), line, file: file.try_into().ok()?, event: event.index().try_into().ok()? })
    }

    #[inline]
    pub(super) fn what(self) -> Option<EventId> {
        Some(EventId::from_index(self.event.into()))
    }

    pub(super) fn event(self) -> Event<'static> {
        let origin = Origin { file: self.file.into(), line: self.line };
        Event { time: self.time, case: None, event: self.what(), fields: &[], own: &[], origin }
    }
}

/// What a row is to a case that is not judged yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Kept {
    GoesOn,
    /// With it all that was promised has ended.
    IsLast,
}

impl Deferred {
    /// The memory of one.
    pub(in crate::engine) fn vacant(kind: CaseId) -> Deferred {
        Deferred {
            key: Key::Short(Short::EMPTY),
            kind,
            ended: 0,
            count: 0,
            stirred: false,
            is_over: false,
            moved: false,
            rows: [Happened::default(); MOST],
            fields: Fields::default(),
        }
    }

    /// Begins with the first row of a case.
    #[inline]
    pub(in crate::engine) fn begin(&mut self, world: &World<'_>, kind: CaseId, key: KeyRef<'_>, fields: &Changes, row: Happened) {
        (self.key, self.kind) = (key.to_kept(), kind);
        (self.ended, self.count, self.stirred, self.is_over, self.moved) = (0, 1, true, false, false);
        self.rows[0] = row;
        self.fields.forget(world.plan.cases[kind].fields.len());
        self.fields.take(world, kind, fields);
    }

    /// The case is gone.
    #[inline]
    pub(in crate::engine) fn vacate(&mut self) {
        self.count = 0;
    }

    /// Whether there is no case.
    #[inline]
    pub(in crate::engine) fn is_vacant(&self) -> bool {
        self.count == 0
    }

    /// A number by which it is looked for.
    #[inline]
    pub(in crate::engine) fn hash(&self) -> u64 {
        self.key.lend().hash(self.kind)
    }

    /// Whether all that was promised has ended, with a row of the latest instant.
    #[inline]
    pub(in crate::engine) fn is_over(&self) -> bool {
        self.is_over && !self.is_vacant()
    }

    /// Whether it is over, and was before now: nothing more can happen to it.
    #[inline]
    pub(in crate::engine) fn was_over_before(&self, now: Instant) -> bool {
        self.is_over() && self.latest() < now
    }

    /// When the row was that was kept last.
    #[inline]
    pub(super) fn latest(&self) -> Instant {
        self.kept().last().map_or(Instant::FIRST, |row| row.time)
    }

    #[inline]
    pub(super) fn kept(&self) -> &[Happened] {
        &self.rows[..usize::from(self.count).min(MOST)]
    }

    /// Takes it apart: its fields, and its rows as they came.
    pub(in crate::engine) fn take(&mut self) -> (Fields, impl Iterator<Item = Event<'static>> + use<>) {
        let count = std::mem::take(&mut self.count);
        (std::mem::take(&mut self.fields), self.rows.into_iter().take(count.into()).map(Happened::event))
    }

    /// Reads a little of it, from its beginning to its end.
    #[inline]
    pub(in crate::engine) fn touch(&self) -> i64 {
        // Of each of its lines something, whatever it says: none waits for another.
        i64::from(self.ended) ^ self.rows[2].time.as_micros() ^ self.fields.all().len() as i64
    }

    /// Keeps another row, if it does no more to the case than is known of it, and there is room.
    #[inline]
    pub(in crate::engine) fn go_on(
        &mut self,
        world: &World<'_>,
        deferral: &Deferral,
        deed: &Deed,
        fields: &Changes,
        row: Happened,
    ) -> Option<Kept> {
        let at = usize::from(self.count);
        // What comes after the instant at which all has ended changes nothing.
        if self.is_over && self.latest() < row.time {
            return Some(Kept::GoesOn);
        }
        if at >= MOST || self.fields.would_change(world, self.kind, fields) {
            return None;
        }
        if deed.is_nothing() {
            return Some(Kept::GoesOn);
        }
        self.rows[at] = row;
        self.count += 1;
        self.ended |= deed.stops | deed.cancels;
        self.moved |= deed.enters != 0;
        if self.is_over || self.ended != deferral.all {
            return Some(Kept::GoesOn);
        }
        self.is_over = true;
        Some(Kept::IsLast)
    }

    /// Packs it, its kind and its key first.
    pub(in crate::engine) fn pack(&self, out: &mut Vec<u8>) {
        let Deferred { key, kind, ended, count: _, stirred: _, is_over, moved, rows: _, fields } = self;
        packed::put_id(out, *kind);
        packed::put_bytes(out, key.bytes());
        packed::put(out, (*ended).into());
        out.push((*is_over).into());
        out.push((*moved).into());
        packed::put_list(out, self.kept(), |out, Happened { time, line, file, event }| {
            packed::put_time(out, *time);
            packed::put_origin(out, Origin { file: (*file).into(), line: *line });
            packed::put(out, (*event).into());
        });
        fields.pack(out);
    }

    pub(in crate::engine) fn unpack(from: &mut &[u8]) -> Option<Deferred> {
        let (kind, key) = (packed::take_id(from)?, KeyRef::of(packed::take_bytes(from)?)?.to_kept());
        let ended = packed::take_small(from)?;
        let (is_over, moved) = (*from.split_off_first()? != 0, *from.split_off_first()? != 0);
        let mut all = Deferred { key, ended, is_over, moved, count: u8::try_from(packed::take(from)?).ok()?, ..Deferred::vacant(kind) };
        for row in all.rows.get_mut(..usize::from(all.count))? {
            let (time, Origin { file, line }) = (packed::take_time(from)?, packed::take_origin(from)?);
            *row = Happened { time, line, file: file.try_into().ok()?, event: packed::take(from)?.try_into().ok()? };
        }
        all.fields = Fields::unpack(from)?;
        Some(all)
    }
}
