//! Where the cells of a line end, 64 bytes at a time.

use wide::u8x64;

/// The lines of a text, split at a delimiter.
pub(super) struct Marks<'t> {
    text: &'t [u8],
    delimiter: u8,
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
const EIGHT: usize = 8;

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
        Marks { text, delimiter }
    }

    /// Puts the place behind each delimiter of the line that begins at a place into a list, from its second place on, up to the line
    /// break or the first quote. Of a line with more delimiters than there are places, only their number is right.
    #[inline(always)]
    pub(super) fn line(&self, from: usize, begins: &mut [usize; 2 * PLACES]) -> Stop {
        let (mut block, mut nth) = (from, 0);
        loop {
            let bytes = block_at(self.text, block);
            let stops = places(bytes, b'\n') | places(bytes, b'"');
            // All bits below the first stop; all of them where there is none.
            let before = (stops & stops.wrapping_neg()).wrapping_sub(1);
            let mut delimiters = places(bytes, self.delimiter) & before;
            let count = delimiters.count_ones() as usize;
            for at in (nth..nth + count).step_by(EIGHT) {
                // Eight at once, whether or not there are so many: to ask for each takes longer.
                let Some(begins) = begins.get_mut(at + 1..).and_then(<[usize]>::first_chunk_mut::<EIGHT>) else { break };
                for begin in begins {
                    // The last bit is never counted on: with it there is always one to be found.
                    *begin = block + 1 + (delimiters | 1 << 63).trailing_zeros() as usize;
                    delimiters &= delimiters.wrapping_sub(1);
                }
            }
            nth += count;
            if stops != 0 {
                let at = block + stops.trailing_zeros() as usize;
                return if self.text[at] == b'"' { Stop::Quote } else { Stop::End(at, nth) };
            }
            block += BLOCK;
            if block >= self.text.len() {
                return Stop::End(self.text.len(), nth);
            }
        }
    }
}

/// The bit of a place; those behind the 63rd share the last.
#[inline(always)]
pub(super) fn bit(place: usize) -> u64 {
    1 << place.min(63)
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
        let marks = Marks::new(&text, b',');
        for from in 0..=500 {
            let mut start = from;
            while start < text.len() {
                // What is expected is found byte by byte.
                let stop = (start..text.len()).find(|i| matches!(text[*i], b'\n' | b'"')).unwrap_or(text.len());
                let expected: Vec<usize> = (start..stop).filter(|i| text[*i] == b',').map(|i| i + 1).collect();
                let mut begins = [0; 2 * PLACES];
                let found = marks.line(start, &mut begins);
                assert_eq!(begins[1..][..expected.len()], expected, "from {start}");
                let end = Stop::End(stop, expected.len());
                assert_eq!(found, if text.get(stop) == Some(&b'"') { Stop::Quote } else { end }, "from {start}");
                start = stop + 1;
            }
        }
    }
}
