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
    /// The end of the line, or of the text.
    End(usize),
    /// A quote.
    Quote,
}

const BLOCK: usize = 64;

impl<'t> Marks<'t> {
    pub(super) fn new(text: &'t [u8], delimiter: u8) -> Marks<'t> {
        let mut marks = Marks { text, delimiter, block: 0, delimiters: 0, stops: 0 };
        marks.look();
        marks
    }

    #[inline]
    fn look(&mut self) {
        let rest = &self.text[self.block..];
        let bytes: [u8; BLOCK] = match rest.first_chunk() {
            Some(block) => *block,
            // The bytes behind the end are zeros, which nobody looks for.
            None => {
                let mut block = [0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                block
            }
        };
        let bytes = u8x64::new(bytes);
        let places = |wanted: u8| bytes.simd_eq(u8x64::splat(wanted)).to_bitmask();
        self.delimiters = places(self.delimiter);
        self.stops = places(b'\n') | places(b'"');
    }

    /// Adds the places of the delimiters up to the next line break or quote.
    #[inline]
    pub(super) fn line(&mut self, ends: &mut Vec<usize>) -> Stop {
        loop {
            // All bits below the first stop; all of them where there is none.
            let before = (self.stops & self.stops.wrapping_neg()).wrapping_sub(1);
            let mut delimiters = self.delimiters & before;
            while delimiters != 0 {
                ends.push(self.block + delimiters.trailing_zeros() as usize);
                delimiters &= delimiters - 1;
            }
            self.delimiters &= !before;
            if self.stops != 0 {
                let at = self.block + self.stops.trailing_zeros() as usize;
                self.stops &= self.stops - 1;
                return if self.text[at] == b'"' { Stop::Quote } else { Stop::End(at) };
            }
            self.block += BLOCK;
            if self.block >= self.text.len() {
                self.block = self.text.len();
                return Stop::End(self.text.len());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_split_from_anywhere() {
        let byte = |i: usize| match i {
            _ if i % 7 == 0 => b',',
            _ if i % 61 == 0 => b'\n',
            _ if i % 149 == 0 => b'"',
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
                let expected: Vec<usize> = (start..stop).filter(|i| text[*i] == b',').collect();
                let mut ends = Vec::new();
                let found = marks.line(&mut ends);
                assert_eq!(ends, expected, "from {start}");
                assert_eq!(found, if text.get(stop) == Some(&b'"') { Stop::Quote } else { Stop::End(stop) }, "from {start}");
                start = stop + 1;
            }
        }
    }
}
