//! What short texts of a log were read as: most of a column's are the same few.

use crate::event::{Short, Value};
use crate::log::meaning::{ColumnField, Take};

/// Short texts that were read last, each in one of two places. Those whose values are texts are forgotten with the piece by which these
/// are numbered.
pub(super) struct Recent {
    all: Box<[ReadBefore; Recent::SIZE]>,
    /// The number of the piece, from 1.
    piece: u64,
}

/// What a short text in a column was read as, for a field.
#[derive(Clone, Copy)]
struct ReadBefore {
    text: Short,
    of: ColumnField,
    value: Option<Value>,
    /// The piece of which the value is; 0 where it is the same in all of them.
    piece: u64,
}

impl ReadBefore {
    /// What no text was read as.
    const NOTHING: ReadBefore = ReadBefore { text: Short::EMPTY, of: ColumnField::NONE, value: None, piece: 0 };
}

impl Recent {
    const SIZE: usize = 1024;

    /// Another piece of the same file follows.
    pub(super) fn turn_to_next(&mut self) {
        self.piece += 1;
    }

    #[inline(always)]
    fn place(short: Short, of: ColumnField) -> usize {
        of.mix(short.hash()) % Recent::SIZE
    }

    /// The value that a text was read as.
    #[inline(always)]
    pub(super) fn find(&self, text: Short, take: &Take) -> Option<&Option<Value>> {
        let place = Recent::place(text, take.of);
        let holds = |known: &&ReadBefore| known.text == text && known.of == take.of && (known.piece == 0 || known.piece == self.piece);
        let known = Some(&self.all[place]).filter(holds).or_else(|| Some(&self.all[place ^ 1]).filter(holds))?;
        Some(&known.value)
    }

    /// Takes note of it; what stood in its place goes to the other one.
    pub(super) fn add(&mut self, text: &[u8], take: &Take, value: Option<Value>) {
        let piece = if value.is_some_and(Value::holds_text) { self.piece } else { 0 };
        if let Some(text) = Short::of(text).filter(|_| !text.is_empty()) {
            let place = Recent::place(text, take.of);
            self.all[place ^ 1] = std::mem::replace(&mut self.all[place], ReadBefore { text, of: take.of, value, piece });
        }
    }
}

impl Default for Recent {
    fn default() -> Recent {
        Recent { all: Box::new([ReadBefore::NOTHING; Recent::SIZE]), piece: 1 }
    }
}
