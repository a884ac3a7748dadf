//! What short texts of a log were read as: most of a column's are the same few.

use crate::event::{Change, Short, Value};
use crate::id::{FieldId, Id};
use crate::log::meaning::{ColumnField, Take};

/// Short texts that were read last, each in one of two places.
pub(super) struct Recent(Box<[ReadBefore; Recent::SIZE]>);

/// What a short text in a column was read as, for a field.
#[derive(Clone, Copy)]
struct ReadBefore {
    text: Short,
    of: ColumnField,
    /// The field's value, as it is added to an event: in one piece.
    change: Change,
}

impl ReadBefore {
    #[inline(always)]
    fn is(&self, text: Short, of: ColumnField) -> bool {
        self.of == of && self.text == text
    }
}

impl Recent {
    /// Far more than most logs have of short texts: where three share two places, each is read anew.
    const SIZE: usize = 4096;

    #[inline(always)]
    fn place(short: Short, of: ColumnField) -> usize {
        (of.mix(short.spread()) >> (u64::BITS - Recent::SIZE.ilog2())) as usize % Recent::SIZE
    }

    /// What a text was read as.
    #[inline(always)]
    pub(super) fn find(&self, text: Short, take: &Take) -> Option<&Change> {
        let place = Recent::place(text, take.of);
        let known = &self.0[place];
        if known.is(text, take.of) {
            return Some(&known.change);
        }
        Some(&self.0[place ^ 1]).filter(|known| known.is(text, take.of)).map(|known| &known.change)
    }

    /// Takes note of it; what stood in its place goes to the other one.
    pub(super) fn add(&mut self, text: &[u8], take: &Take, value: Option<Value>) {
        let Some(text) = Short::of(text).filter(|_| !text.is_empty()) else { return };
        let (place, new) = (Recent::place(text, take.of), ReadBefore { text, of: take.of, change: (take.field, value) });
        self.0[place ^ 1] = std::mem::replace(&mut self.0[place], new);
    }
}

impl Default for Recent {
    fn default() -> Recent {
        let nothing = ReadBefore { text: Short::EMPTY, of: ColumnField::NONE, change: (FieldId::from_index(0), None) };
        Recent(Box::new([nothing; Recent::SIZE]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn texts_that_differ_in_a_few_of_their_bytes_fall_into_different_places() {
        for (before, after) in [("", ""), ("agent ", ""), ("team ", " north"), ("a group of ", "")] {
            let text = |n: usize| Short::of(format!("{before}{n:02}{after}").as_bytes()).unwrap();
            let places: HashSet<usize> = (0..100).map(|n| Recent::place(text(n), ColumnField::NONE)).collect();
            assert!(places.len() > 90, "{before}00{after}: {}", places.len());
        }
    }
}
