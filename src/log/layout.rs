//! Where the cells of lines begin. Most lines of a log have their delimiters in one of a few ways, and each of those is found out once.

use crate::event::spread;
use crate::log::marks::BLOCK;

/// Lines of so many cells and more are not laid out beforehand.
pub(super) const PLACES: usize = 64;
/// Those of so many and more are read in another way.
pub(super) const MANY: usize = 512;

/// How lines are laid out whose cells all begin within their first 64 bytes, counted from there.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Where the delimiters are, by bits.
    delimiters: u64,
    /// Which cells hold something, by the bits of their places; of the last one each line says by itself.
    filled: u64,
    /// Where the last cell begins, and its place.
    last: u8,
    last_place: u8,
    /// Where each cell begins. Behind the last one it is far beyond the line.
    begins: [u8; PLACES],
}

impl Layout {
    /// Of lines with these delimiters, as far as there is room for them.
    fn of(delimiters: u64) -> Layout {
        let mut layout = Layout { delimiters, filled: 0, last: 0, last_place: 0, begins: [u8::MAX; PLACES] };
        layout.begins[0] = 0;
        let mut rest = delimiters;
        while rest != 0 {
            let at = rest.trailing_zeros() as u8;
            layout.filled |= u64::from(layout.last < at) << layout.last_place;
            (layout.last, layout.last_place) = (at + 1, (layout.last_place + 1) % PLACES as u8);
            layout.begins[usize::from(layout.last_place)] = layout.last;
            rest &= rest - 1;
        }
        layout
    }

    /// How many cells such a line has.
    #[inline(always)]
    pub(super) fn columns(&self) -> usize {
        usize::from(self.last_place) + 1
    }

    /// Where the cell in a place begins and ends, of a line that ends there.
    #[inline(always)]
    pub(super) fn cell(&self, place: usize, end: usize) -> (usize, usize) {
        // It is what it is, and is known to be within reach then.
        let begin = usize::from(self.begins[place % PLACES]) % BLOCK;
        (begin, (usize::from(self.begins[(place + 1) % PLACES]) - 1).min(end))
    }

    /// Which of these cells hold something of a line that ends there, by the bits of their places.
    #[inline(always)]
    pub(super) fn filled(&self, places: u64, end: usize) -> u64 {
        (self.filled | u64::from(usize::from(self.last) < end) << self.last_place) & places
    }
}

/// How lines were laid out so far.
pub(super) struct Layouts {
    /// Where the one of some delimiters is found, by a number made of these.
    places: Box<[u8; 1 << Layouts::BITS]>,
    known: Vec<Layout>,
}

impl Default for Layouts {
    fn default() -> Layouts {
        Layouts { places: Box::new([0; 1 << Layouts::BITS]), known: vec![Layout::of(0)] }
    }
}

impl Layouts {
    const BITS: u32 = 10;
    /// Far more than most logs have; each has a number of eight bits.
    const MOST: usize = 256;

    /// How a line is laid out that has these delimiters.
    #[inline(always)]
    pub(super) fn of(&mut self, delimiters: u64) -> &Layout {
        let place = (spread(delimiters) >> (u64::BITS - Layouts::BITS)) as usize;
        let at = usize::from(self.places[place]);
        if self.known.get(at).is_none_or(|layout| layout.delimiters != delimiters) {
            return self.add(delimiters, place);
        }
        &self.known[at]
    }

    #[inline(never)]
    fn add(&mut self, delimiters: u64, place: usize) -> &Layout {
        if self.known.len() == Layouts::MOST {
            self.known.truncate(1);
        }
        let at = self.known.len();
        self.places[place] = at as u8;
        self.known.push(Layout::of(delimiters));
        &self.known[at]
    }
}

/// Where the cells of a single line are, counted from its beginning.
pub(super) struct Line {
    /// How many cells it has.
    columns: usize,
    /// Where each of its cells begins and, at last, one behind where it ends. There is more room than for a cell in each place, so that of
    /// any number the last bits are a place.
    begins: [u32; 2 * MANY],
}

impl Line {
    /// One without delimiters.
    pub(super) const ONE: Line = Line { columns: 1, begins: [0; 2 * MANY] };

    /// Another one begins: none of its delimiters are known yet.
    pub(super) fn begin(&mut self) {
        self.columns = 1;
    }

    /// Notes the delimiters of a block, by bits, that begins so many bytes behind the line; of more of them than it has room for only how
    /// many there are.
    #[inline(always)]
    pub(super) fn note(&mut self, mut delimiters: u64, block: u32) {
        while delimiters != 0 {
            self.begins[self.columns % (2 * MANY)] = block + 1 + delimiters.trailing_zeros();
            self.columns += 1;
            delimiters &= delimiters - 1;
        }
    }

    /// One behind the end of its last cell is here.
    pub(super) fn end_before(&mut self, behind: u32) {
        self.begins[self.columns % (2 * MANY)] = behind;
    }

    /// How many cells it has.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Where the cell in a place begins and ends. There are fewer than [`MANY`].
    #[inline(always)]
    pub(super) fn cell(&self, place: usize) -> (usize, usize) {
        (self.begins[place % MANY] as usize, self.begins[place % MANY + 1] as usize - 1)
    }

    /// Where its last cell ends.
    pub(super) fn end(&self) -> usize {
        self.begins[self.columns % (2 * MANY)] as usize - 1
    }
}
