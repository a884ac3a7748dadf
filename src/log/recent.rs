//! What short texts of a log were read as: most of a column's are the same few.

use crate::event::{Short, Value};
use crate::log::meaning::{ColumnField, Take};

/// Short texts that were read last, each in one of two places.
pub(super) struct Recent(Box<[ReadBefore; Recent::SIZE]>);

/// What a short text in a column was read as, for a field.
#[derive(Clone, Copy)]
struct ReadBefore {
    text: Short,
    of: ColumnField,
    value: Option<Value>,
}

impl ReadBefore {
    /// What no text was read as.
    const NOTHING: ReadBefore = ReadBefore { text: Short::EMPTY, of: ColumnField::NONE, value: None };

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
        of.mix(short.spread()) % Recent::SIZE
    }

    /// The value that a text was read as.
    #[inline(always)]
    pub(super) fn find(&self, text: Short, take: &Take) -> Option<&Option<Value>> {
        let place = Recent::place(text, take.of);
        let known = &self.0[place];
        if known.is(text, take.of) {
            return Some(&known.value);
        }
        Some(&self.0[place ^ 1]).filter(|known| known.is(text, take.of)).map(|known| &known.value)
    }

    /// Takes note of it; what stood in its place goes to the other one.
    pub(super) fn add(&mut self, text: &[u8], take: &Take, value: Option<Value>) {
        let Some(text) = Short::of(text).filter(|_| !text.is_empty()) else { return };
        let (place, new) = (Recent::place(text, take.of), ReadBefore { text, of: take.of, value });
        self.0[place ^ 1] = std::mem::replace(&mut self.0[place], new);
    }
}

impl Default for Recent {
    fn default() -> Recent {
        Recent(Box::new([ReadBefore::NOTHING; Recent::SIZE]))
    }
}
