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

/// 64 bytes of a text from a place on. Bytes behind its end are zeros.
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

/// Which of the bytes are this one: all bits of those.
#[inline(always)]
fn is(bytes: u8x64, wanted: u8) -> u8x64 {
    bytes.simd_eq(u8x64::splat(wanted))
}

/// Which of the bytes are this one.
#[inline(always)]
fn places(bytes: u8x64, wanted: u8) -> u64 {
    is(bytes, wanted).to_bitmask()
}

/// Where texts of JSON may end: quotes, backslashes and signs that stand in no text as they are, such as line breaks.
#[derive(Default)]
pub(super) struct Quotes {
    /// Where the block begins that was looked at last, and those of it.
    block: Option<usize>,
    found: u64,
}

impl Quotes {
    /// The first one from a place on; it may be behind the end of the text, which is always the same.
    #[inline(always)]
    pub(super) fn next(&mut self, text: &[u8], from: usize) -> Option<usize> {
        let mut block = from - from % BLOCK;
        let mut wanted = u64::MAX << (from % BLOCK);
        while block < text.len() {
            if self.block != Some(block) {
                let bytes = block_at(text, block);
                let controls = bytes.min(u8x64::splat(0x1f)).simd_eq(bytes);
                self.found = (is(bytes, b'"') | is(bytes, b'\\') | controls).to_bitmask();
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
    /// break or the first quote. Of a line with more delimiters than the list has room for, only their number is right.
    #[inline(always)]
    pub(super) fn line(&self, from: usize, begins: &mut [usize; 2 * PLACES]) -> Stop {
        let (mut block, mut nth) = (from, 0);
        loop {
            let bytes = block_at(self.text, block);
            let stops = (is(bytes, b'\n') | is(bytes, b'"')).to_bitmask();
            // All bits below the first stop; all of them where there is none.
            let before = (stops & stops.wrapping_neg()).wrapping_sub(1);
            let mut delimiters = places(bytes, self.delimiter) & before;
            while delimiters != 0 {
                nth += 1;
                begins[nth % (2 * PLACES)] = block + 1 + delimiters.trailing_zeros() as usize;
                delimiters &= delimiters - 1;
            }
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

    /// The same for a line with cells in quotes: where it ends, and how many delimiters are before that. Nothing where a quote stands
    /// inside of a cell, or a line break inside of quotes.
    #[inline(never)]
    pub(super) fn line_in_quotes(&self, from: usize, begins: &mut [usize; 2 * PLACES]) -> Option<(usize, usize)> {
        let (mut block, mut nth) = (from, 0);
        // Whether the block begins inside of quotes, and whether a cell begins with it.
        let (mut inside, mut begun) = (0, 1);
        loop {
            let bytes = block_at(self.text, block);
            let quotes = places(bytes, b'"');
            // From each quote that opens up to the one that closes.
            let held = parities(quotes) ^ inside;
            let breaks = places(bytes, b'\n');
            let stops = breaks & !held;
            let before = (stops & stops.wrapping_neg()).wrapping_sub(1);
            let delimiters = places(bytes, self.delimiter) & !held & before;
            let (opening, closing) = (quotes & held & before, quotes & !held & before);
            if opening & !(delimiters << 1 | begun) != 0 || breaks & held & before != 0 {
                return None;
            }
            // Most that close stand before a delimiter.
            let mut last = closing & !(delimiters >> 1);
            while last != 0 {
                let behind = &self.text[block + last.trailing_zeros() as usize + 1..];
                let ends_cell = behind.first().is_none_or(|byte| *byte == self.delimiter || *byte == b'\n') || behind.starts_with(b"\r\n");
                if !ends_cell {
                    return None;
                }
                last &= last - 1;
            }
            nth += note(delimiters, block, begins.get_mut(nth..)?);
            if stops != 0 {
                return Some((block + stops.trailing_zeros() as usize, nth));
            }
            (inside, begun) = (if held >> 63 == 1 { u64::MAX } else { 0 }, delimiters >> 63);
            block += BLOCK;
            if block >= self.text.len() {
                return (inside == 0).then_some((self.text.len(), nth));
            }
        }
    }
}

/// Puts the place behind each delimiter of a block into a list, from its second place on, as far as that reaches; gives their number.
#[inline(always)]
fn note(mut delimiters: u64, block: usize, begins: &mut [usize]) -> usize {
    let count = delimiters.count_ones() as usize;
    for at in (0..count).step_by(EIGHT) {
        // Eight at once, whether or not there are so many: to ask for each takes longer.
        let Some(begins) = begins.get_mut(at + 1..).and_then(<[usize]>::first_chunk_mut::<EIGHT>) else { break };
        for begin in begins {
            // The last bit is never counted on: with it there is always one to be found.
            *begin = block + 1 + (delimiters | 1 << 63).trailing_zeros() as usize;
            delimiters &= delimiters.wrapping_sub(1);
        }
    }
    count
}

/// Of each bit whether the number of bits up to it is odd.
#[inline(always)]
fn parities(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
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
    fn lines_in_quotes_are_split_where_their_quotes_hold_cells() {
        let split = |text: &str| {
            let mut begins = [0; 2 * PLACES];
            Marks::new(text.as_bytes(), b',').line_in_quotes(0, &mut begins).map(|(end, n)| (end, begins[1..=n].to_vec()))
        };
        let long = "x".repeat(100);
        for length in 0..=100 {
            let cell = &long[..length];
            // Quotes at every place of a block, with a delimiter inside of them.
            let text = format!("\"{cell}\",\"a,{cell}\",b,\"\",\"{cell}\"\r\nnext");
            let begins = [length + 3, 2 * length + 8, 2 * length + 10, 2 * length + 13];
            assert_eq!(split(&text), Some((3 * length + 16, begins.to_vec())), "{text}");
            for odd in [
                format!("{cell}x\",\"\n"),
                format!("\"{cell}\"\"{cell}\"\n"),
                format!("\"{cell}\"x,\n"),
                format!("\"{cell}\n\"\n"),
                format!("\"{cell}"),
                format!("\"{cell}\"\r,x\n"),
            ] {
                assert_eq!(split(&odd), None, "{odd}");
            }
        }
    }

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
