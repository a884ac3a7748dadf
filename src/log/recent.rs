//! What short texts of a log were read as: most of a column's are the same few.

use crate::event::{Short, Value};
use crate::log::meaning::{ColumnField, Take};

/// Short texts that were read last, each in one of two places.
pub(super) struct Recent {
    all: Box<[ReadBefore; Recent::SIZE]>,
    /// Where those are whose values are texts, one of both places: they are forgotten with the piece by which these are numbered.
    of_piece: Vec<usize>,
}

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

    /// Its value is a text of a piece, and has its number there.
    fn is_of_piece(&self) -> bool {
        self.value.is_some_and(Value::holds_text)
    }

    #[inline(always)]
    fn is(&self, text: Short, of: ColumnField) -> bool {
        self.of == of && self.text == text
    }
}

impl Recent {
    /// Far more than most logs have of short texts: where three share two places, each is read anew.
    const SIZE: usize = 4096;

    /// Another piece of the same file follows.
    pub(super) fn turn_to_next(&mut self) {
        for place in self.of_piece.drain(..) {
            for place in [place, place ^ 1] {
                if self.all[place].is_of_piece() {
                    self.all[place] = ReadBefore::NOTHING;
                }
            }
        }
    }

    #[inline(always)]
    fn place(short: Short, of: ColumnField) -> usize {
        of.mix(short.hash()) % Recent::SIZE
    }

    /// The value that a text was read as.
    #[inline(always)]
    pub(super) fn find(&self, text: Short, take: &Take) -> Option<&Option<Value>> {
        let place = Recent::place(text, take.of);
        let known = &self.all[place];
        if known.is(text, take.of) {
            return Some(&known.value);
        }
        Some(&self.all[place ^ 1]).filter(|known| known.is(text, take.of)).map(|known| &known.value)
    }

    /// Takes note of it; what stood in its place goes to the other one.
    pub(super) fn add(&mut self, text: &[u8], take: &Take, value: Option<Value>) {
        let Some(text) = Short::of(text).filter(|_| !text.is_empty()) else { return };
        let (place, new) = (Recent::place(text, take.of), ReadBefore { text, of: take.of, value });
        if new.is_of_piece() && ![place, place ^ 1].iter().any(|place| self.all[*place].is_of_piece()) {
            self.of_piece.push(place);
        }
        self.all[place ^ 1] = std::mem::replace(&mut self.all[place], new);
    }
}

impl Default for Recent {
    fn default() -> Recent {
        Recent { all: Box::new([ReadBefore::NOTHING; Recent::SIZE]), of_piece: Vec::new() }
    }
}
