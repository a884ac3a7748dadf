//! A row of any format, as the decoder asks it.

use crate::event::{Key, KeyRef, Short};
use crate::log::times::{self, Dates};
use crate::time::Instant;

/// A cell of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'r> {
    /// The row has no such column.
    Absent,
    /// It says that there is no value.
    Null,
    /// A text; an empty one says nothing.
    Text(&'r str),
    /// An instant, of a column that holds nothing else.
    Time(Instant),
}

/// Whether a piece of a log is text. Most are in ASCII, which is seen much faster.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    bytes.is_ascii() || std::str::from_utf8(bytes).is_ok()
}

/// A cell of a piece that is text.
pub(super) fn text(cell: &[u8]) -> &str {
    std::str::from_utf8(cell).expect("signs in ASCII are around the cells of a text")
}

/// A row: its cells, by their places, and where it stands. Most cells of most rows are never asked for.
pub(super) trait Row<'r> {
    /// What stands in a place.
    fn cell(&self, place: usize) -> Cell<'r>;
    /// The text that stands in a place, as bytes; nothing where that is not told so easily.
    #[inline(always)]
    fn bytes(&self, place: usize) -> Option<&'r [u8]> {
        match self.cell(place) {
            Cell::Text(text) => Some(text.as_bytes()),
            Cell::Absent | Cell::Null | Cell::Time(_) => None,
        }
    }
    /// The same as a short text, if it is one.
    #[inline(always)]
    fn short(&self, place: usize) -> Option<Short> {
        Short::of(self.bytes(place)?)
    }
    /// The number of what stands in a place among the entries of its column's dictionary, if the piece at hand has one.
    #[inline(always)]
    fn entry(&self, _place: usize) -> Option<usize> {
        None
    }
    /// The key that stands in a place, if one does.
    #[inline(always)]
    fn key(&self, place: usize) -> Option<KeyRef<'r>> {
        match self.short(place) {
            Some(short) => Some(Key::Short(short)),
            None => match self.cell(place) {
                Cell::Text(text) => Some(Key::from(text)),
                Cell::Absent | Cell::Null | Cell::Time(_) => None,
            },
        }
    }
    /// The instant that stands in a place in the form that most logs have.
    #[inline(always)]
    fn usual_time(&self, place: usize, dates: &mut Dates) -> Option<Instant> {
        times::usual(self.bytes(place)?, dates)
    }
    /// In which of these places something may stand, by their bits.
    fn filled(&self, places: u64) -> u64;
    /// Its line, from 1.
    fn line(&self) -> u32;
    /// The row, verbatim.
    fn raw(&self) -> Vec<u8>;
    /// Where the cell in a place begins, from 1.
    fn column_of(&self, place: usize) -> u32;
}

/// A row whose cells were all read before.
pub(super) struct Listed<'r> {
    pub(super) cells: &'r [Cell<'r>],
    pub(super) filled: u64,
    pub(super) line: u32,
    pub(super) raw: &'r [u8],
    pub(super) column_of: &'r dyn Fn(usize) -> u32,
}

impl<'r> Row<'r> for Listed<'r> {
    fn cell(&self, place: usize) -> Cell<'r> {
        self.cells[place]
    }

    #[inline(always)]
    fn filled(&self, places: u64) -> u64 {
        self.filled & places
    }

    fn line(&self) -> u32 {
        self.line
    }

    fn raw(&self) -> Vec<u8> {
        self.raw.to_vec()
    }

    fn column_of(&self, place: usize) -> u32 {
        (self.column_of)(place)
    }
}
