//! Where the cells of a line end, 64 bytes at a time.

use crate::log::layout::{Layout, Layouts, Line};
use wide::u8x64;

/// The lines of a text, split at a delimiter.
pub(super) struct Marks<'t> {
    text: &'t [u8],
    delimiter: u8,
}

/// So much is looked at at once.
pub(super) const BLOCK: usize = 64;

/// From the beginning of a line that is laid out as others are so much is there: as many bytes as are read at once of a cell, from wherever it
/// begins.
pub(super) const REACH: usize = BLOCK + 16;

/// 64 bytes of a text from a place on. Bytes behind its end are zeros.
#[inline(always)]
pub(super) fn block_at(text: &[u8], from: usize) -> u8x64 {
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
pub(super) fn places(bytes: u8x64, wanted: u8) -> u64 {
    is(bytes, wanted).to_bitmask()
}

/// All bits of the bytes that cannot stand in a text of JSON as they are.
#[inline(always)]
fn controls(bytes: u8x64) -> u8x64 {
    bytes.min(u8x64::splat(0x1f)).simd_eq(bytes)
}

/// Which of the bytes are no signs of a plain text of JSON: backslashes, line breaks and the like.
#[inline(always)]
pub(super) fn specials(bytes: u8x64) -> u64 {
    (is(bytes, b'\\') | controls(bytes)).to_bitmask()
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
                self.found = places(bytes, b'"') | specials(bytes);
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

/// A line that is laid out as others are.
pub(super) struct Laid<'t, 'l> {
    /// The text from its beginning on.
    pub(super) block: &'t [u8; REACH],
    pub(super) layout: &'l Layout,
    /// Where its last cell ends, and where its line break is.
    pub(super) end: usize,
    pub(super) stop: usize,
}

/// A line of which some cells are in quotes.
pub(super) struct InQuotes {
    /// Where it ends.
    pub(super) end: usize,
    /// How many line breaks its cells hold.
    pub(super) breaks: u32,
    /// Whether quotes stand in its cells, which are doubled there.
    pub(super) has_doubled: bool,
}

impl InQuotes {
    /// One without quotes that ends at a place.
    pub(super) fn without(end: usize) -> InQuotes {
        InQuotes { end, breaks: 0, has_doubled: false }
    }
}

/// How quotes stand where a block begins.
struct Quoting {
    /// All bits where it begins inside of quotes.
    inside: u64,
    /// Whether a cell begins with it, and whether a quote that closes stands before it.
    begun: u64,
    closed: u64,
}

impl Quoting {
    /// Where a line begins.
    const NONE: Quoting = Quoting { inside: 0, begun: 1, closed: 0 };
}

/// What a block holds of lines some cells of which are in quotes, by bits.
struct Quoted {
    quotes: u64,
    /// From each quote that opens up to the one that closes.
    held: u64,
    /// Line breaks in quotes, and those that end lines.
    inner: u64,
    breaks: u64,
    /// Those outside of quotes.
    delimiters: u64,
}

/// What a block holds, by bits.
#[derive(Clone, Copy)]
pub(super) struct Stops {
    /// Line breaks and quotes.
    stops: u64,
    delimiters: u64,
}

impl<'t> Marks<'t> {
    pub(super) fn new(text: &'t [u8], delimiter: u8) -> Marks<'t> {
        Marks { text, delimiter }
    }

    /// The line that begins at a place, if it ends within its first block without a quote; else what that block holds.
    #[inline(always)]
    pub(super) fn line<'l>(&self, from: usize, layouts: &'l mut Layouts) -> Result<Laid<'t, 'l>, Stops> {
        let Some(block) = self.text[from..].first_chunk::<REACH>() else { return Err(self.stops(from)) };
        let first = self.stops_of(block_at(block, 0));
        let stop = first.stops.trailing_zeros() as usize;
        if first.stops == 0 || block[stop] == b'"' {
            return Err(first);
        }
        let end = if stop > 0 && block[stop - 1] == b'\r' { stop - 1 } else { stop };
        Ok(Laid { block, layout: layouts.of(first.delimiters & below(first.stops)), end, stop })
    }

    /// Finds out where the cells are of a line without quotes, of whose first block it is known what it holds; gives where it ends.
    pub(super) fn long_line(&self, from: usize, first: Stops, line: &mut Line) -> Option<usize> {
        line.begin();
        let (mut block, mut found) = (from, first);
        loop {
            line.note(found.delimiters & below(found.stops), u32::try_from(block - from).ok()?);
            if let Some(end) = self.end(block, found.stops) {
                line.end_before(u32::try_from(self.last(from, end) + 1 - from).ok()?);
                return (self.text.get(end) != Some(&b'"')).then_some(end);
            }
            block += BLOCK;
            found = self.stops(block);
        }
    }

    /// What a block holds.
    #[inline(always)]
    pub(super) fn stops(&self, block: usize) -> Stops {
        self.stops_of(block_at(self.text, block))
    }

    #[inline(always)]
    fn stops_of(&self, bytes: u8x64) -> Stops {
        Stops { stops: (is(bytes, b'\n') | is(bytes, b'"')).to_bitmask(), delimiters: places(bytes, self.delimiter) }
    }

    /// Where a line ends that reaches a block, if not behind it: at the first stop, or with the text.
    #[inline(always)]
    fn end(&self, block: usize, stops: u64) -> Option<usize> {
        match stops {
            0 => (block + BLOCK >= self.text.len()).then_some(self.text.len()),
            _ => Some(block + stops.trailing_zeros() as usize),
        }
    }

    /// Where the last cell of a line ends that ends at a place.
    #[inline(always)]
    fn last(&self, from: usize, end: usize) -> usize {
        if end > from && self.text[end - 1] == b'\r' { end - 1 } else { end }
    }

    /// The same of one of which some cells are in quotes, which may hold line breaks, and quotes that are doubled. Nothing where any other quote
    /// stands inside of a cell.
    #[inline(never)]
    pub(super) fn line_in_quotes(&self, from: usize, line: &mut Line) -> Option<InQuotes> {
        line.begin();
        let (mut found, mut quoting, mut block) = (InQuotes::without(from), Quoting::NONE, from);
        loop {
            let quoted = self.quoted(block, &quoting);
            let before = below(quoted.breaks);
            found.has_doubled |= self.doubled(block, &quoted, before, &mut quoting)? != 0;
            if quoted.inner & before != 0 {
                found.breaks += (quoted.inner & before).count_ones();
            }
            line.note(quoted.delimiters & before, u32::try_from(block - from).ok()?);
            if let Some(end) = self.end(block, quoted.breaks) {
                line.end_before(u32::try_from(self.last(from, end) + 1 - from).ok()?);
                found.end = end;
                return (quoted.breaks != 0 || quoting.inside == 0).then_some(found);
            }
            block += BLOCK;
        }
    }

    /// Where the last line ends of those from a place on in which all quotes stand around cells or are doubled within, and which have so
    /// many columns if they hold any: as [`Marks::line_in_quotes`] finds them one by one, but all of a block's at once.
    pub(super) fn behind_lines(&self, from: usize, columns: usize) -> usize {
        let (mut quoting, mut behind, mut seen, mut has_quotes) = (Quoting::NONE, from, 0, false);
        for block in (from..self.text.len()).step_by(BLOCK) {
            let quoted = self.quoted(block, &quoting);
            if self.doubled(block, &quoted, u64::MAX, &mut quoting).is_none() {
                break;
            }
            let Quoted { quotes, delimiters, breaks, .. } = quoted;
            let (mut rest, mut done) = (breaks, 0);
            while rest != 0 {
                let line = below(rest) & !done;
                has_quotes |= quotes & line != 0;
                if has_quotes && seen + (delimiters & line).count_ones() as usize + 1 != columns {
                    return behind;
                }
                (behind, seen, has_quotes) = (block + rest.trailing_zeros() as usize + 1, 0, false);
                done = below(rest) << 1 | 1;
                rest &= rest - 1;
            }
            seen += (delimiters & !done).count_ones() as usize;
            has_quotes |= quotes & !done != 0;
        }
        behind
    }

    /// What a block holds of lines some cells of which are in quotes.
    #[inline(always)]
    fn quoted(&self, block: usize, quoting: &Quoting) -> Quoted {
        let bytes = block_at(self.text, block);
        let quotes = places(bytes, b'"');
        let held = parities(quotes) ^ quoting.inside;
        let breaks = places(bytes, b'\n');
        Quoted { quotes, held, inner: breaks & held, breaks: breaks & !held, delimiters: places(bytes, self.delimiter) & !held }
    }

    /// The quotes of a block that are the second of two that stand for one, if all of those that are looked at stand around cells or are
    /// doubled, and goes on behind it.
    #[inline(always)]
    fn doubled(&self, block: usize, quoted: &Quoted, looked_at: u64, quoting: &mut Quoting) -> Option<u64> {
        let Quoted { quotes, held, breaks, delimiters, .. } = *quoted;
        let (opening, closing, ends) = (quotes & held & looked_at, quotes & !held & looked_at, breaks | delimiters);
        // One that opens behind one that closes.
        let doubled = opening & (closing << 1 | quoting.closed);
        // Most that close stand before the end of a cell, or before another.
        let are_around = opening & !(ends << 1 | quoting.begun) == doubled && self.end_cells(block, closing & !((ends | doubled) >> 1));
        *quoting = Quoting { inside: if held >> 63 == 1 { u64::MAX } else { 0 }, begun: ends >> 63, closed: closing >> 63 };
        are_around.then_some(doubled)
    }

    /// Whether a cell ends behind each of these quotes of a block, or a second quote follows.
    #[inline(always)]
    fn end_cells(&self, block: usize, mut closing: u64) -> bool {
        while closing != 0 {
            let behind = &self.text[block + closing.trailing_zeros() as usize + 1..];
            let ends_here = |byte: &u8| matches!(byte, b'\n' | b'"') || *byte == self.delimiter;
            if !(behind.first().is_none_or(ends_here) || behind.starts_with(b"\r\n")) {
                return false;
            }
            closing &= closing - 1;
        }
        true
    }
}

/// All bits below the first of some; all of them where there is none.
#[inline(always)]
pub(super) fn below(bits: u64) -> u64 {
    (bits & bits.wrapping_neg()).wrapping_sub(1)
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

    fn cells(line: &Line) -> Vec<(usize, usize)> {
        (0..line.columns()).map(|place| line.cell(place)).collect()
    }

    #[test]
    fn lines_in_quotes_are_split_where_their_quotes_hold_cells() {
        let split = |text: &str| {
            let mut line = Line::ONE;
            let found = Marks::new(text.as_bytes(), b',').line_in_quotes(0, &mut line)?;
            Some((found.end, found.breaks, found.has_doubled, cells(&line)))
        };
        let long = "x".repeat(100);
        for length in 0..=100 {
            let cell = &long[..length];
            // Quotes at every place of a block, with a delimiter inside of them.
            let text = format!("\"{cell}\",\"a,{cell}\",b,\"\",\"{cell}\"\r\nnext");
            let begins = [0, length + 3, 2 * length + 8, 2 * length + 10, 2 * length + 13, 3 * length + 16];
            let cells: Vec<(usize, usize)> = begins.windows(2).map(|pair| (pair[0], pair[1] - 1)).collect();
            assert_eq!(split(&text), Some((3 * length + 16, 0, false, cells)), "{text}");
            // Two line breaks inside of them.
            let text = format!("\"{cell}\",\"\n\r\n{cell}\",b\nnext");
            let cells = vec![(0, length + 2), (length + 3, 2 * length + 8), (2 * length + 9, 2 * length + 10)];
            assert_eq!(split(&text), Some((2 * length + 10, 2, false, cells)), "{text}");
            // Quotes in a cell, at its end, and as all that it holds.
            let text = format!("\"{cell}\"\"{cell}\",\"{cell}\"\"\",\"\"\"\"\"\"\n");
            let cells = vec![(0, 2 * length + 4), (2 * length + 5, 3 * length + 9), (3 * length + 10, 3 * length + 16)];
            assert_eq!(split(&text), Some((3 * length + 16, 0, true, cells)), "{text}");
            for odd in [
                format!("{cell}x\",\"\n"),
                format!("\"{cell}\"\"{cell}x\"\"\n"),
                format!("\"{cell}\"\" \"{cell}\",\"\"x\n"),
                format!("\"{cell}\"x,\n"),
                format!("\"{cell}\n\"x\n"),
                format!("\"{cell}\n"),
                format!("\"{cell}"),
                format!("\"{cell}\"\r,x\n"),
            ] {
                assert_eq!(split(&odd), None, "{odd}");
            }
        }
    }

    #[test]
    fn lines_are_found_together_as_they_are_one_by_one() {
        // A line that holds a quote has three columns; others may have any number.
        let long = "x".repeat(70);
        let lines =
            ["a,b,c\n", "\"a\",b,\"c\"\r\n", "\n", "a\n", ",\"\",\"\"\"\"\n", "\"a,\nb\",\"\"\"c\",d\n", "\"\n\r\n\",\"\"\"\"\"\",\n"]
                .map(String::from);
        let lines = [&lines[..], &[format!("\"{long}\",\"{long}\"\"{long}\",c\n"), format!("{long},b,c\r\n")]].concat();
        let one_by_one = |text: &str| {
            let (marks, mut line, mut ends) = (Marks::new(text.as_bytes(), b','), Line::ONE, vec![0]);
            while let Some(found) = marks.line_in_quotes(ends[ends.len() - 1], &mut line).filter(|found| found.end < text.len()) {
                if text[ends[ends.len() - 1]..found.end].contains('"') && line.columns() != 3 {
                    break;
                }
                ends.push(found.end + 1);
            }
            ends
        };
        let together = |text: &str| Marks::new(text.as_bytes(), b',').behind_lines(0, 3);
        let mut seed = 7_usize;
        for _ in 0..300 {
            let mut any = |count: usize| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 33) % count
            };
            let text: String = (0..any(12)).map(|_| lines[any(lines.len())].as_str()).collect();
            assert_eq!(together(&text), text.len(), "{text}");
            // With anything else at any place it ends where one of the lines does: no earlier than a block before that place.
            for sign in ["\"", ",", "\n", "x", "\"\"", "\",\""] {
                let (at, mut text) = (any(text.len() + 1), text.clone());
                text.insert_str(at, sign);
                let (ends, end) = (one_by_one(&text), together(&text));
                let is_near = ends.iter().all(|known| *known <= end || *known + BLOCK > at / BLOCK * BLOCK);
                assert!(ends.contains(&end) && is_near, "{text}: {end} of {ends:?}");
            }
        }
    }

    /// Lines of few bytes and many, with one break and another, and empty ones.
    #[test]
    fn all_lines_are_split_from_anywhere() {
        let byte = |i: usize| match i {
            _ if i.is_multiple_of(7) => b',',
            _ if i.is_multiple_of(12) => b'\r',
            _ if i.is_multiple_of(61) || i == 200 || i == 300 => b'\n',
            _ => b'x',
        };
        let text: Vec<u8> = (0..500).map(|i| if (310..470).contains(&i) && byte(i) == b'\n' { b'x' } else { byte(i) }).collect();
        let (marks, mut layouts, mut line) = (Marks::new(&text, b','), Layouts::default(), Line::ONE);
        let (mut laid_out, mut long) = (0, 0);
        for from in 0..=500 {
            let mut start = from;
            while start < text.len() {
                // What is expected is found byte by byte.
                let stop = (start..text.len()).find(|i| text[*i] == b'\n').unwrap_or(text.len());
                let last = if stop > start && text[stop - 1] == b'\r' { stop - 1 } else { stop };
                let ends: Vec<usize> = (start..stop).filter(|i| text[*i] == b',').chain([last]).map(|at| at - start).collect();
                let begins = [0].into_iter().chain(ends.iter().map(|end| end + 1));
                let expected: Vec<(usize, usize)> = begins.zip(ends.iter().copied()).collect();
                let filled = expected.iter().zip(0..).fold(0, |bits, ((begin, end), place)| bits | u64::from(begin < end) << place);
                let expected = Some((expected, stop));
                match marks.line(start, &mut layouts) {
                    Ok(Laid { layout, end, stop, .. }) => {
                        let cells = (0..layout.columns()).map(|place| layout.cell(place, end)).collect();
                        assert_eq!(Some((cells, start + stop)), expected, "from {start}");
                        assert_eq!(layout.filled(u64::MAX, end), filled, "from {start}");
                        laid_out += 1;
                    }
                    Err(first) => {
                        let end = marks.long_line(start, first, &mut line);
                        assert_eq!(end.map(|end| (cells(&line), end)), expected, "from {start}");
                        long += 1;
                    }
                }
                let found = marks.line_in_quotes(start, &mut line);
                assert_eq!(found.map(|found| (cells(&line), found.end)), expected, "from {start}");
                start = stop + 1;
            }
        }
        assert!(laid_out > 500 && long > 500, "{laid_out} and {long}");
        let quoted = format!("a,\"b\"\n{}", "x".repeat(REACH));
        let marks = Marks::new(quoted.as_bytes(), b',');
        let first = marks.line(0, &mut layouts).err().unwrap();
        assert_eq!(marks.long_line(0, first, &mut line), None);
    }
}
