//! Where the cells of a line end, 64 bytes at a time.

use wide::u8x64;

/// The lines of a text, split at a delimiter.
pub(super) struct Marks<'t> {
    text: &'t [u8],
    delimiter: u8,
    /// Where the block begins that the bits are of.
    block: usize,
    /// Delimiters that were not given yet, and line breaks and quotes.
    delimiters: u64,
    stops: u64,
}

/// What the cells of a line stop at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The end of the line, or of the text; and how many delimiters are before it.
    End(usize, usize),
    /// A quote.
    Quote,
}

const BLOCK: usize = 64;
/// Lines of so many cells and more are read in another way.
pub(super) const PLACES: usize = 64;

/// 64 bytes of a text from a place on. Bytes behind its end are zeros, which nobody looks for.
#[inline(always)]
fn block_at(text: &[u8], from: usize) -> u8x64 {
    let rest = &text[from..];
    u8x64::new(match rest.first_chunk() {
        Some(block) => *block,
        None => {
            let mut block = [0; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            block
        }
    })
}

/// Which of the bytes are this one.
#[inline(always)]
fn places(bytes: u8x64, wanted: u8) -> u64 {
    bytes.simd_eq(u8x64::splat(wanted)).to_bitmask()
}

/// Where texts of JSON may end: quotes, backslashes and line breaks.
#[derive(Default)]
pub(super) struct Quotes {
    /// Where the block begins that was looked at last, and those of it.
    block: Option<usize>,
    found: u64,
}

impl Quotes {
    /// The first one from a place on. The text is always the same.
    #[inline(always)]
    pub(super) fn next(&mut self, text: &[u8], from: usize) -> Option<usize> {
        let mut block = from - from % BLOCK;
        let mut wanted = u64::MAX << (from % BLOCK);
        while block < text.len() {
            if self.block != Some(block) {
                let bytes = block_at(text, block);
                self.found = places(bytes, b'"') | places(bytes, b'\\') | places(bytes, b'\n');
                self.block = Some(block);
            }
            let found = self.found & wanted;
            if found != 0 {
                return Some(block + found.trailing_zeros() as usize);
            }
            (block, wanted) = (block + BLOCK, u64::MAX);
        }
        None
    }
}

impl<'t> Marks<'t> {
    pub(super) fn new(text: &'t [u8], delimiter: u8) -> Marks<'t> {
        let mut marks = Marks { text, delimiter, block: 0, delimiters: 0, stops: 0 };
        marks.look();
        marks
    }

    #[inline]
    fn look(&mut self) {
        let bytes = block_at(self.text, self.block);
        self.delimiters = places(bytes, self.delimiter);
        self.stops = places(bytes, b'\n') | places(bytes, b'"');
    }

    /// Puts the place behind each delimiter up to the next line break or quote into a list, from its second place on. Of a line with
    /// more than half as many as there are places, only their number is right.
    #[inline(always)]
    pub(super) fn line(&mut self, begins: &mut [usize; 2 * PLACES]) -> Stop {
        let mut nth = 0;
        loop {
            // All bits below the first stop; all of them where there is none.
            let before = (self.stops & self.stops.wrapping_neg()).wrapping_sub(1);
            let mut delimiters = self.delimiters & before;
            let behind = self.block + 1;
            let count = delimiters.count_ones() as usize;
            // Eight at once, whether or not there are so many: to ask for each takes longer.
            for from in (0..count).step_by(8) {
                for at in from..from + 8 {
                    begins[(nth + at + 1) % (2 * PLACES)] = behind + delimiters.trailing_zeros() as usize;
                    delimiters &= delimiters.wrapping_sub(1);
                }
            }
            nth += count;
            self.delimiters &= !before;
            if self.stops != 0 {
                let at = self.block + self.stops.trailing_zeros() as usize;
                self.stops &= self.stops - 1;
                return if self.text[at] == b'"' { Stop::Quote } else { Stop::End(at, nth) };
            }
            self.block += BLOCK;
            if self.block >= self.text.len() {
                self.block = self.text.len();
                return Stop::End(self.text.len(), nth);
            }
            self.look();
        }
    }

    /// Goes on from a place.
    pub(super) fn seek(&mut self, at: usize) {
        self.block = at - at % BLOCK;
        if self.block >= self.text.len() {
            (self.block, self.delimiters, self.stops) = (self.text.len(), 0, 0);
            return;
        }
        self.look();
        let behind = u64::MAX << (at % BLOCK);
        self.delimiters &= behind;
        self.stops &= behind;
    }
}

/// The bit of a place; those behind the 64th have none.
#[inline(always)]
pub(super) fn bit(place: usize) -> u64 {
    if place < 64 { 1 << place } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_split_from_anywhere() {
        let byte = |i: usize| match i {
            _ if i.is_multiple_of(7) => b',',
            _ if i.is_multiple_of(61) => b'\n',
            _ if i.is_multiple_of(149) => b'"',
            _ => b'x',
        };
        let text: Vec<u8> = (0..500).map(byte).collect();
        for from in 0..=500 {
            let mut marks = Marks::new(&text, b',');
            marks.seek(from);
            let mut start = from;
            while start < text.len() {
                // What is expected is found byte by byte.
                let stop = (start..text.len()).find(|i| matches!(text[*i], b'\n' | b'"')).unwrap_or(text.len());
                let expected: Vec<usize> = (start..stop).filter(|i| text[*i] == b',').map(|i| i + 1).collect();
                let mut begins = [0; 2 * PLACES];
                let found = marks.line(&mut begins);
                assert_eq!(begins[1..][..expected.len()], expected, "from {start}");
                let end = Stop::End(stop, expected.len());
                assert_eq!(found, if text.get(stop) == Some(&b'"') { Stop::Quote } else { end }, "from {start}");
                start = stop + 1;
            }
        }
    }
}
