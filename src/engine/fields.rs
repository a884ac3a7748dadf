//! The fields of a case.

use crate::engine::world::{Place, World};
use crate::event::{Changes, Value, packed};
use crate::id::{CaseId, FieldId};
use crate::model::Owner;
use crate::plan::Plan;
use smallvec::SmallVec;

/// The bit of a slot. Those behind the 31st share the last.
pub(super) fn bit(slot: u16) -> u32 {
    1 << slot.min(31)
}

/// The bits of fields' slots. Those of an event live with that event.
pub(super) fn bits(plan: &Plan, fields: impl IntoIterator<Item = FieldId>) -> u32 {
    let of_cases = fields.into_iter().map(|field| &plan.fields[field]).filter(|field| matches!(field.owner, Owner::Case(_)));
    of_cases.fold(0, |bits, field| bits | bit(field.slot))
}

/// What is known of the fields of a case, by slot.
#[derive(Debug, Default)]
pub(super) struct Fields(SmallVec<[Option<Value>; 3]>);

impl Fields {
    /// Nothing is known of so many.
    pub(super) fn unknown(count: usize) -> Fields {
        Fields(SmallVec::from_elem(None, count))
    }

    /// The same in the memory of others, mostly of a case of the same kind.
    #[inline]
    pub(super) fn forget(&mut self, count: usize) {
        if self.0.len() == count {
            self.0.fill(None);
        } else {
            *self = Fields::unknown(count);
        }
    }

    /// What is known of those of another case.
    #[inline]
    pub(super) fn copy(&mut self, others: &Fields) {
        if self.0.len() == others.0.len() {
            self.0.copy_from_slice(&others.0);
        } else {
            self.0 = others.0.clone();
        }
    }

    /// All of them.
    #[inline]
    pub(super) fn all(&self) -> &[Option<Value>] {
        &self.0
    }

    /// What is known of one.
    #[inline]
    pub(super) fn get(&self, slot: u16) -> Option<Value> {
        self.0[usize::from(slot)]
    }

    /// One is calculated anew.
    pub(super) fn set(&mut self, slot: u16, value: Value) {
        self.0[usize::from(slot)] = Some(value);
    }

    /// One is set, or is no longer known.
    pub(super) fn put(&mut self, slot: u16, value: Option<Value>) {
        self.0[usize::from(slot)] = value;
    }

    /// Those of a row's fields that are others than those that are known, with their places.
    #[inline]
    pub(super) fn changed<'f>(
        &self,
        world: &World<'_>,
        kind: CaseId,
        fields: &'f Changes,
    ) -> impl Iterator<Item = (Place, &'f (FieldId, Option<Value>))> {
        fields
            .iter()
            .map(|change| (world.places[change.0], change))
            .filter(move |(place, (_, value))| place.kind == Some(kind) && self.get(place.slot) != *value)
    }

    /// Whether a row's fields are others than those that are known.
    #[inline]
    pub(super) fn would_change(&self, world: &World<'_>, kind: CaseId, fields: &Changes) -> bool {
        self.changed(world, kind, fields).next().is_some()
    }

    /// Takes a row's fields: which of them were others, by the bits of their slots.
    #[inline(always)]
    pub(super) fn take(&mut self, world: &World<'_>, kind: CaseId, fields: &Changes) -> u32 {
        let (all, mut changed) = (self.0.as_mut_slice(), 0);
        for (field, value) in fields {
            let place = world.places[*field];
            if place.kind == Some(kind) {
                let before = std::mem::replace(&mut all[usize::from(place.slot)], *value);
                changed |= if before == *value { 0 } else { bit(place.slot) };
            }
        }
        changed
    }

    pub(super) fn pack(&self, out: &mut Vec<u8>) {
        packed::put_list(out, &self.0, |out, value| packed::put_value(out, *value));
    }

    /// In the memory of others.
    pub(super) fn unpack(&mut self, from: &mut &[u8]) -> Option<()> {
        self.forget(usize::try_from(packed::take(from)?).ok().filter(|count| *count <= from.len())?);
        for field in &mut self.0 {
            *field = packed::take_value(from)?;
        }
        Some(())
    }
}
