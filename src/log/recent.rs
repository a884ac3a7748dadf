//! What short texts of a log were read as: most of a column's are the same few.

use crate::event::{Short, Value};
use crate::log::meaning::{ColumnField, Take};

/// Short texts that were read last. Those whose values are texts are forgotten with the piece by which these are numbered.
pub(super) struct Recent {
    all: Box<[Option<ReadBefore>; Recent::SIZE]>,
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

impl Recent {
    const SIZE: usize = 1024;

    /// Another piece of the same file follows.
    pub(super) fn turn_to_next(&mut self) {
        self.piece += 1;
    }

    #[inline(always)]
    fn place(short: Short, of: ColumnField) -> usize {
        (short.hash() ^ of.0) as usize % Recent::SIZE
    }

    /// The value that a text was read as.
    #[inline(always)]
    pub(super) fn find(&self, text: Short, take: &Take) -> Option<&Option<Value>> {
        let known = self.all[Recent::place(text, take.of)].as_ref()?;
        let holds = known.piece == 0 || known.piece == self.piece;
        (known.text == text && known.of == take.of && holds).then_some(&known.value)
    }

    pub(super) fn add(&mut self, text: &[u8], take: &Take, value: Option<Value>) {
        let piece = if value.is_some_and(Value::holds_text) { self.piece } else { 0 };
        if let Some(text) = Short::of(text).filter(|_| !text.is_empty()) {
            self.all[Recent::place(text, take.of)] = Some(ReadBefore { text, of: take.of, value, piece });
        }
    }
}

impl Default for Recent {
    fn default() -> Recent {
        Recent { all: Box::new([None; Recent::SIZE]), piece: 1 }
    }
}
