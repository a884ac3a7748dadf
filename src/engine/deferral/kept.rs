//! What is kept of a case that is judged late.

use crate::engine::deferral::Deferral;
use crate::engine::deferral::variant::{Root, Step, Variant, Variants};
use crate::engine::fields::{Fields, bit};
use crate::engine::funnel::Funnels;
use crate::engine::state_run::StateRun;
use crate::engine::world::World;
use crate::event::{Changes, Event, Key, KeyRef, Origin, Short, Stored, Value, packed, prefetch};
use crate::id::{CaseId, ClassId, FieldId, Id};
use crate::time::Instant;
use smallvec::SmallVec;

/// So many rows are kept of a case. Most that have more are not over soon.
pub(super) const MOST: usize = 9;

/// Of so many promises it is known how many instances were told before.
pub(super) const COUNTED: usize = 8;

/// A case that is not judged yet: its fields, and the rows that were kept of it. Its memory is left for another when it is gone.
// In four lines of memory: what most rows look at is in the first, and most cases leave the third alone.
#[derive(Debug)]
#[repr(C, align(64))]
pub(in crate::engine) struct Deferred {
    pub(in crate::engine) key: Key<Box<str>>,
    pub(in crate::engine) kind: CaseId,
    /// Of which variant its rows make it; [`UNKNOWN`] where that is to be found out.
    variant: u32,
    /// The promises that start once and had started before the rows that are kept, by bits.
    pub(super) started: u32,
    /// How many rows are kept.
    count: u8,
    is_vacant: bool,
    /// Something has happened to it since cases were last put to sleep.
    pub(in crate::engine) stirred: bool,
    /// All of its instances have ended, with a row of the latest instant.
    is_over: bool,
    /// How many instances of each promise were told before the rows that are kept.
    told: [u8; COUNTED],
    rows: [Happened; MOST],
    pub(in crate::engine) fields: Fields,
    /// What few have.
    more: Option<Box<More>>,
}

const _: () = assert!(size_of::<Deferred>() == 4 * 64);

/// No variant has this number.
const UNKNOWN: u32 = u32::MAX;

/// What few cases have.
#[derive(Debug, Default)]
struct More {
    /// Its states before the rows that are kept, by slot; nothing where none was ever on.
    states: SmallVec<[StateRun; 2]>,
    /// What rows behind the first have changed of its fields, in their order.
    changes: SmallVec<[Changed; 2]>,
    /// When it first reached each stage before the rows that are kept; nothing where it reached none.
    stages: Stages,
}

/// When a case first reached each of its stages.
type Stages = SmallVec<[Option<Instant>; 4]>;

impl More {
    fn is_nothing(&self) -> bool {
        self.states.is_empty() && self.changes.is_empty() && self.stages.is_empty()
    }
}

/// A field that a row has changed.
#[derive(Clone, Copy, Debug)]
struct Changed {
    /// The place of the row among those that are kept.
    row: u8,
    field: FieldId,
    before: Option<Value>,
    after: Option<Value>,
}

/// A row that is an event and nothing else: when, of which class, and where it stands.
// In two words, which are copied as such.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct Happened {
    pub(super) time: Instant,
    /// From above: sixteen bits for the class, as many for the file, and the line.
    rest: u64,
}

impl Happened {
    /// Of an event, if its numbers are not too large, as those of most are not.
    #[inline]
    pub(in crate::engine) fn of(stored: &Stored<'_>, class: ClassId) -> Option<Happened> {
        Happened::new(stored.time(), class, stored.origin())
    }

    #[inline]
    fn new(time: Instant, class: ClassId, Origin { file, line }: Origin) -> Option<Happened> {
        let (class, file) = (u16::try_from(class.index()).ok()?, u16::try_from(file).ok()?);
        Some(Happened { time, rest: u64::from(class) << 48 | u64::from(file) << 32 | u64::from(line) })
    }

    #[inline]
    pub(in crate::engine) fn class(self) -> ClassId {
        ClassId::from_index((self.rest >> 48) as usize)
    }

    fn origin(self) -> Origin {
        Origin { file: (self.rest >> 32) as u32 & 0xffff, line: self.rest as u32 }
    }

    /// With the fields of its case that changed with it. All that is asked of its own values its class tells.
    pub(in crate::engine) fn event<'f>(self, world: &World<'_>, fields: &'f Changes) -> Event<'f> {
        let event = Some(world.classes.event(self.class()));
        Event { time: self.time, case: None, event, fields, own: &[], origin: self.origin() }
    }
}

/// What a row is to a case that is not judged yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Kept {
    GoesOn,
    /// With it all instances have ended.
    IsLast,
}

impl Deferred {
    /// The memory of one, of which kind it will be as of any.
    pub(in crate::engine) fn vacant() -> Deferred {
        Deferred {
            key: Key::Short(Short::EMPTY),
            kind: CaseId::from_index(0),
            variant: UNKNOWN,
            started: 0,
            count: 0,
            is_vacant: true,
            stirred: false,
            is_over: false,
            told: [0; COUNTED],
            rows: [Happened::default(); MOST],
            fields: Fields::default(),
            more: None,
        }
    }

    /// A case begins, of which nothing is known yet.
    #[inline]
    pub(in crate::engine) fn begin(&mut self, world: &World<'_>, kind: CaseId, key: KeyRef<'_>) {
        (self.key, self.kind, self.variant) = (key.to_kept(), kind, Variants::NEW);
        (self.started, self.count, self.is_vacant, self.stirred, self.is_over) = (0, 0, false, true, false);
        self.told = [0; COUNTED];
        self.fields.forget(world.plan.cases[kind].fields.len());
        self.more = None;
    }

    /// The case is gone.
    #[inline]
    pub(in crate::engine) fn vacate(&mut self) {
        self.is_vacant = true;
    }

    /// Whether there is no case.
    #[inline]
    pub(in crate::engine) fn is_vacant(&self) -> bool {
        self.is_vacant
    }

    /// A number by which it is looked for.
    #[inline]
    pub(in crate::engine) fn hash(&self) -> u64 {
        self.key.lend().hash(self.kind)
    }

    /// Whether all of its instances have ended, with a row of the latest instant.
    #[inline]
    pub(in crate::engine) fn is_over(&self) -> bool {
        self.is_over && !self.is_vacant
    }

    /// Whether it is over, and was before now: nothing more can happen to these instances.
    #[inline]
    pub(in crate::engine) fn was_over_before(&self, now: Instant) -> bool {
        self.is_over() && self.latest() < now
    }

    /// Whether nothing is to be said of it at the end.
    #[inline]
    pub(in crate::engine) fn is_idle(&self) -> bool {
        self.count == 0
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

    /// The row that has a place among those that are kept.
    #[inline]
    pub(super) fn row(&self, place: u8) -> &Happened {
        &self.rows[usize::from(place)]
    }

    /// Its variant, unless there are too many.
    #[inline]
    pub(super) fn variant(&mut self, deferral: &Deferral, variants: &mut Variants) -> Option<u32> {
        if self.variant == UNKNOWN {
            self.variant = variants.find(deferral, self)?;
        }
        Some(self.variant)
    }

    /// What was left of it before the rows that are kept.
    pub(super) fn root(&self) -> Root {
        let mut root = Root { started: self.started, ..Root::default() };
        if let Some(More { states, stages, .. }) = self.more.as_deref() {
            root.states = (0..).zip(states).filter(|(_, state)| state.is_on()).fold(0, |bits, (slot, _)| bits | bit(slot));
            root.staged = (0..).zip(stages).filter(|(_, reached)| reached.is_some()).fold(0, |bits, (at, _)| bits | 1 << at);
        }
        root
    }

    /// Whether one of its states was ever on before the rows that are kept, or one of its fields has changed with them.
    #[inline]
    pub(super) fn has_more(&self) -> bool {
        self.more.as_ref().is_some_and(|more| !more.states.is_empty() || !more.changes.is_empty())
    }

    /// Counts the stages that the rows have reached.
    pub(super) fn count_stages(&mut self, variant: &Variant, funnels: &mut Funnels) {
        for (stage, row) in &variant.reached {
            let (at, now) = (usize::from(*stage), self.row(*row).time);
            let stages = &mut self.more.get_or_insert_default().stages;
            stages.resize(stages.len().max(at + 1), None);
            stages[at] = Some(now);
            funnels.reach(self.kind, at, now, |at| *stages.get(at)?);
        }
    }

    /// Asks for its memory, but for the line that most cases leave alone.
    #[inline]
    pub(in crate::engine) fn prefetch(&self) {
        prefetch(&self.key);
        prefetch(&self.rows[1]);
        prefetch(&self.fields);
    }

    /// Takes a row, and keeps it if it does anything to the case, unless that is more than is known here, or there is no room.
    #[inline(always)]
    pub(in crate::engine) fn go_on(
        &mut self,
        world: &World<'_>,
        (deferral, variants): (&Deferral, &mut Variants),
        fields: &Changes,
        row: Happened,
    ) -> Option<Kept> {
        self.stirred = true;
        // What comes after the instant at which a case is forgotten changes nothing.
        if self.is_over && deferral.forgets && self.latest() < row.time {
            return Some(Kept::GoesOn);
        }
        let variant = self.variant(deferral, variants)?;
        let mut step = variants.step(deferral, variant, Some(row.class()))?;
        let changes = self.count > 0 && !fields.is_empty() && self.fields.would_change(world, self.kind, fields);
        if changes {
            step = self.step_changing(world, (deferral, variants), (variant, step), fields)?;
        }
        let is_too_soon = step.starts_anew() && self.latest() == row.time;
        if is_too_soon || step.starts_none() && !self.is_open(deferral, variants.get(variant), row) {
            return None;
        }
        if self.count == 0 {
            self.fields.take(world, self.kind, fields);
        }
        if step.to() == variant {
            return Some(Kept::GoesOn);
        }
        if changes {
            self.change(world, fields);
        }
        *self.rows.get_mut(usize::from(self.count))? = row;
        self.count += 1;
        self.variant = step.to();
        let was_over = std::mem::replace(&mut self.is_over, step.is_over());
        Some(if self.is_over && !was_over { Kept::IsLast } else { Kept::GoesOn })
    }

    /// Whether all that a row would start again is open indeed: what would have started before the agreement was in force is not.
    #[inline(never)]
    fn is_open(&self, deferral: &Deferral, variant: &Variant, row: Happened) -> bool {
        let starts = deferral.deed(row.class()).map_or(0, |deed| deed.starts);
        let again = variant.open.iter().map(|instance| (instance, &deferral.promises[usize::from(instance.promise)]));
        let mut again = again.filter(|(_, promise)| starts & promise.bit != 0);
        again.all(|(instance, promise)| promise.is_in_force(self.row(instance.start).time))
    }

    /// The step of a row that changes fields, which is kept even if its event does nothing: if no tier, and nothing that has ended, looks at
    /// one of them.
    #[inline(never)]
    fn step_changing(
        &self,
        world: &World<'_>,
        (deferral, variants): (&Deferral, &mut Variants),
        (variant, step): (u32, Step),
        fields: &Changes,
    ) -> Option<Step> {
        let changed = self.fields.changed(world, self.kind, fields).fold(0, |bits, (place, _)| bits | bit(place.slot));
        if changed & (world.kinds[self.kind].tiers.reads | deferral.reads(variants.get(variant))) != 0 {
            return None;
        }
        if step.to() == variant { variants.step(deferral, variant, None) } else { Some(step) }
    }

    /// The next row that is kept changes fields.
    fn change(&mut self, world: &World<'_>, fields: &Changes) {
        let changes = &mut self.more.get_or_insert_default().changes;
        for (place, (field, after)) in self.fields.changed(world, self.kind, fields) {
            changes.push(Changed { row: self.count, field: *field, before: self.fields.get(place.slot), after: *after });
        }
        self.fields.take(world, self.kind, fields);
    }

    /// Another instance of the promise is told that has this place among those of its kind of case: its number among those of the case. Of a
    /// case that is forgotten it is the first.
    #[inline]
    pub(super) fn tell(&mut self, at: usize) -> u32 {
        self.told.get_mut(at).map_or(1, |told| {
            *told = told.saturating_add(1);
            (*told).into()
        })
    }

    /// Whether so many instances of a promise were told that no more can be counted here.
    #[inline]
    pub(super) fn is_long(&self) -> bool {
        self.told.iter().any(|told| usize::from(*told) > usize::from(u8::MAX) - MOST)
    }

    /// All that the rows say was told: what is left of them is what more may happen to.
    pub(super) fn rest(&mut self, deferral: &Deferral, variants: &mut Variants) {
        let &Variant { root, moved, .. } = variants.get(self.variant);
        if moved {
            let mut on = self.root().states;
            let runs = &mut self.more.get_or_insert_default().states;
            runs.resize_with(deferral.states, StateRun::default);
            for row in &self.rows[..usize::from(self.count)] {
                on = deferral.deed(row.class()).map_or(on, |deed| deed.states_after(on));
                runs.iter_mut().zip(0..).for_each(|(run, slot)| run.turn(on & bit(slot) != 0, row.time));
            }
        }
        if let Some(more) = &mut self.more {
            more.changes.clear();
            if !moved {
                more.states.clear();
            }
        }
        self.more.take_if(|more| more.is_nothing());
        (self.variant, self.started) = (variants.root(root), root.started);
        (self.count, self.stirred, self.is_over) = (0, false, false);
    }

    /// Takes it apart.
    pub(in crate::engine) fn take(&mut self, world: &World<'_>) -> Past {
        let More { states, changes, stages } = self.more.take().map_or_else(More::default, |more| *more);
        let mut fields = std::mem::take(&mut self.fields);
        changes.iter().rev().for_each(|change| fields.put(world.places[change.field].slot, change.before));
        let promises = (0..).zip(self.told).map(|(nth, told)| (u32::from(told), self.started & bit(nth) != 0)).collect();
        Past { fields, promises, states, stages, rows: self.kept().into(), changes }
    }

    /// Packs it, its kind and its key first.
    pub(in crate::engine) fn pack(&self, out: &mut Vec<u8>) {
        let Deferred { key, kind, variant: _, started, count: _, is_vacant: _, stirred: _, is_over, told, rows: _, fields, more } = self;
        packed::put_id(out, *kind);
        packed::put_bytes(out, key.bytes());
        packed::put(out, (*started).into());
        out.push((*is_over).into());
        packed::put_list(out, self.kept(), |out, row| {
            packed::put_time(out, row.time);
            packed::put_origin(out, row.origin());
            packed::put_id(out, row.class());
        });
        fields.pack(out);
        // Most that are told of were told of one promise after another, the first ones most often.
        let upto = told.iter().rposition(|told| *told > 0).map_or(0, |last| last + 1);
        packed::put_bytes(out, &told[..upto]);
        let nothing = More::default();
        let More { states, changes, stages } = more.as_deref().unwrap_or(&nothing);
        packed::put_list(out, states, |out, run| run.pack(out));
        packed::put_list(out, changes, |out, Changed { row, field, before, after }| {
            packed::put(out, (*row).into());
            packed::put_id(out, *field);
            [before, after].into_iter().for_each(|value| packed::put_value(out, *value));
        });
        // One in full, and the others before it.
        packed::put(out, stages.len() as u64);
        if let Some(last) = stages.iter().flatten().max() {
            packed::put_time(out, *last);
            stages.iter().for_each(|reached| packed::put_before(out, *reached, *last));
        }
    }

    /// In the memory of one that is gone; nothing where the bytes are none, or end first.
    pub(in crate::engine) fn unpack(&mut self, from: &mut &[u8]) -> Option<()> {
        (self.kind, self.key) = (packed::take_id(from)?, KeyRef::of(packed::take_bytes(from)?)?.to_kept());
        (self.started, self.is_over) = (packed::take_small(from)?, packed::take_flag(from)?);
        self.count = u8::try_from(packed::take(from)?).ok()?;
        (self.variant, self.is_vacant, self.stirred) = (UNKNOWN, false, false);
        for row in self.rows.get_mut(..usize::from(self.count))? {
            let (time, origin) = (packed::take_time(from)?, packed::take_origin(from)?);
            *row = Happened::new(time, packed::take_id(from)?, origin)?;
        }
        self.fields.unpack(from)?;
        let told = packed::take_bytes(from)?;
        self.told = [0; COUNTED];
        self.told.get_mut(..told.len())?.copy_from_slice(told);
        let (states, changes) = (packed::take_list(from, StateRun::unpack)?, packed::take_list(from, Changed::unpack)?);
        let mut more = More { states, changes, stages: Stages::new() };
        let count = packed::take(from)?;
        if count > 0 {
            let last = packed::take_time(from)?;
            more.stages = (0..count).map(|_| packed::take_before(from, last)).collect::<Option<_>>()?;
        }
        self.more = (!more.is_nothing()).then(|| Box::new(more));
        Some(())
    }
}

impl Changed {
    fn unpack(from: &mut &[u8]) -> Option<Changed> {
        let (row, field) = (u8::try_from(packed::take(from)?).ok()?, packed::take_id(from)?);
        Some(Changed { row, field, before: packed::take_value(from)?, after: packed::take_value(from)? })
    }
}

/// The fields that a row changed.
type RowChanges = SmallVec<[(FieldId, Option<Value>); 2]>;

/// What was kept of a case.
pub(in crate::engine) struct Past {
    /// As they were before its rows.
    pub(in crate::engine) fields: Fields,
    /// Of each promise how many instances were told before, and whether it had started once.
    pub(in crate::engine) promises: SmallVec<[(u32, bool); COUNTED]>,
    /// Before its rows, by slot; nothing where none was ever on.
    pub(in crate::engine) states: SmallVec<[StateRun; 2]>,
    /// When it had reached each stage before its rows; nothing where it had reached none.
    pub(in crate::engine) stages: Stages,
    rows: SmallVec<[Happened; MOST]>,
    changes: SmallVec<[Changed; 2]>,
}

impl Past {
    /// Whether nothing had happened before its rows.
    pub(in crate::engine) fn is_all(&self) -> bool {
        self.states.is_empty() && self.stages.is_empty() && self.promises.iter().all(|promise| *promise == (0, false))
    }

    /// Its rows as they came, with the fields that each of them changed.
    pub(in crate::engine) fn rows(&self) -> impl Iterator<Item = (Happened, RowChanges)> {
        self.rows.iter().zip(0..).map(|(row, place)| {
            let changed = self.changes.iter().filter(|change| change.row == place);
            (*row, changed.map(|change| (change.field, change.after)).collect())
        })
    }
}
