//! How lines are laid out: where their cells begin. Most lines of a log have their delimiters in one of a few ways, and each of those is
//! found out once.

/// Lines of so many cells and more are read in another way.
pub(super) const PLACES: usize = 64;

/// Where the cells of a line are, counted from its beginning.
// What is asked of most lines stands in its first line of memory.
#[derive(Clone, Debug)]
#[repr(C)]
pub(super) struct Layout {
    /// Where its delimiters are, by bits, if that is within its first 64 bytes.
    delimiters: u64,
    /// Which cells hold something, by the bits of their places; only known of one that others may have.
    filled: u64,
    /// How many cells it has.
    columns: u32,
    /// Others may have it.
    is_known: bool,
    /// Where each of its cells begins and, at last, one behind where it ends. There is more room than for a cell in each place, so that of
    /// any number the last bits are a place.
    begins: [u32; 2 * PLACES],
}

impl Layout {
    /// Of a line without delimiters.
    pub(super) const ONE: Layout = Layout { delimiters: 0, filled: 0, columns: 1, is_known: false, begins: [0; 2 * PLACES] };

    /// Another line begins: none of its delimiters are known yet.
    pub(super) fn begin(&mut self) {
        self.columns = 1;
    }

    /// Notes the delimiters of a block, by bits, that begins so many bytes behind the line; of more of them than it has room for only how
    /// many there are.
    #[inline(always)]
    pub(super) fn note(&mut self, mut delimiters: u64, block: u32) {
        while delimiters != 0 {
            self.begins[self.columns() % (2 * PLACES)] = block + 1 + delimiters.trailing_zeros();
            self.columns += 1;
            delimiters &= delimiters - 1;
        }
    }

    /// One behind the end of its last cell is here.
    #[inline(always)]
    pub(super) fn end_before(&mut self, behind: u32) {
        let columns = self.columns();
        self.begins[columns % (2 * PLACES)] = behind;
        let (last, is_filled) = ((columns - 1) % PLACES, behind - 1 > self.begins[(columns - 1) % (2 * PLACES)]);
        self.filled = self.filled & !(1 << last) | u64::from(is_filled) << last;
    }

    /// How many cells it has.
    #[inline(always)]
    pub(super) fn columns(&self) -> usize {
        self.columns as usize
    }

    /// Whether others may have it: then it is known which cells hold something.
    #[inline(always)]
    pub(super) fn is_known(&self) -> bool {
        self.is_known
    }

    /// Which of these cells hold something, by the bits of their places.
    #[inline(always)]
    pub(super) fn filled(&self, places: u64) -> u64 {
        self.filled & places
    }

    /// Where the cell in a place begins and ends. There are fewer than [`PLACES`].
    #[inline(always)]
    pub(super) fn cell(&self, place: usize) -> (usize, usize) {
        (self.begins[place % PLACES] as usize, self.begins[place % PLACES + 1] as usize - 1)
    }

    /// Where its last cell ends.
    #[inline(always)]
    pub(super) fn end(&self) -> usize {
        self.begins[self.columns() % (2 * PLACES)] as usize - 1
    }

    /// Where each of its cells begins and ends.
    #[cfg(test)]
    pub(super) fn cells(&self) -> Vec<(usize, usize)> {
        (0..self.columns()).map(|place| self.cell(place)).collect()
    }
}

/// How lines were laid out so far.
pub(super) struct Layouts {
    /// Where the one of some delimiters is found, by a number made of these.
    places: Box<[u8; 1 << Layouts::BITS]>,
    known: Vec<Layout>,
    /// The line at hand, where it is longer, or some of its cells are in quotes.
    pub(super) other: Layout,
}

impl Default for Layouts {
    fn default() -> Layouts {
        let one = Layout { is_known: true, ..Layout::ONE };
        Layouts { places: Box::new([0; 1 << Layouts::BITS]), known: vec![one], other: Layout::ONE }
    }
}

impl Layouts {
    const BITS: u32 = 10;
    /// Far more than most logs have; each has a number of eight bits.
    const MOST: usize = 256;

    /// How a line is laid out that has these delimiters, but for its end.
    #[inline(always)]
    pub(super) fn of(&mut self, delimiters: u64) -> &mut Layout {
        let place = (delimiters.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - Layouts::BITS)) as usize;
        let at = usize::from(self.places[place]);
        if self.known.get(at).is_none_or(|layout| layout.delimiters != delimiters) {
            return self.add(delimiters, place);
        }
        &mut self.known[at]
    }

    #[inline(never)]
    fn add(&mut self, delimiters: u64, place: usize) -> &mut Layout {
        if self.known.len() == Layouts::MOST {
            self.known.truncate(1);
        }
        let at = self.known.len();
        self.places[place] = at as u8;
        self.known.push(Layout { delimiters, is_known: true, ..Layout::ONE });
        let layout = &mut self.known[at];
        layout.note(delimiters, 0);
        let cells = layout.begins.windows(2).take(layout.columns() - 1).zip(0..);
        layout.filled = cells.fold(0, |filled, (cell, place)| filled | u64::from(cell[0] + 1 < cell[1]) << place);
        layout
    }
}
