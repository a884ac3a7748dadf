//! What is in the pages of a Parquet column, so that a value is looked at once for each entry of a dictionary, and not once for each
//! row.

use super::codec::Pages;
use crate::event::packed;
use parquet::basic::Encoding;
use parquet::column::page::Page;
use parquet::errors::ParquetError;

/// Which value each row has: one more than its number; nothing where a row has none.
pub(super) type Numbers = Vec<u32>;

/// For so many rows memory is asked for at once. A damaged file may say that there are more than could be.
const MOST: usize = 1 << 20;

/// Reads all pages of a flat column. `add` takes the next plain value off some bytes and gives it the next number; it says false
/// where there is none. Nothing where the pages are in a form that is not read here.
pub(super) fn read(pages: Pages, levels: i16, mut add: impl FnMut(&mut &[u8]) -> bool) -> Result<Option<Numbers>, ParquetError> {
    let numbers = Numbers::with_capacity(pages.rows().min(MOST));
    let mut column = Rows { numbers, count: 0, dictionary: 0, levels, there: Vec::new(), entries: Vec::new() };
    for page in pages {
        let is_read = match page? {
            Page::DictionaryPage { buf, num_values, encoding: Encoding::PLAIN | Encoding::PLAIN_DICTIONARY, .. } => {
                let mut bytes = &buf[..];
                for _ in 0..num_values {
                    column.plain(&mut bytes, &mut add)?;
                }
                column.dictionary = column.count;
                true
            }
            Page::DataPage { def_level_encoding, .. } if levels > 0 && def_level_encoding != Encoding::RLE => false,
            Page::DataPage { buf, num_values, encoding, .. } => {
                let mut bytes = &buf[..];
                let levels = match levels {
                    0 => &[][..],
                    _ => {
                        let length = bytes.split_off(..4).and_then(|b| b.first_chunk()).ok_or_else(short)?;
                        bytes.split_off(..u32::from_le_bytes(*length) as usize).ok_or_else(short)?
                    }
                };
                column.page(num_values as usize, levels, encoding, bytes, &mut add)?
            }
            Page::DataPageV2 { buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len: 0, .. } => {
                let mut bytes = &buf[..];
                let levels = bytes.split_off(..def_levels_byte_len as usize).ok_or_else(short)?;
                column.page(num_values as usize, levels, encoding, bytes, &mut add)?
            }
            Page::DictionaryPage { .. } | Page::DataPageV2 { .. } => false,
        };
        if !is_read {
            return Ok(None);
        }
    }
    Ok(Some(column.numbers))
}

fn short() -> ParquetError {
    ParquetError::EOF("a page ends early".into())
}

/// The rows of a column so far.
struct Rows {
    numbers: Numbers,
    /// How many values there are, and how many of them are the dictionary's.
    count: u32,
    dictionary: u32,
    /// The level of rows that have a value.
    levels: i16,
    /// Memory for which rows of a page have a value, and for the numbers of these.
    there: Vec<bool>,
    entries: Numbers,
}

impl Rows {
    #[inline(always)]
    fn plain(&mut self, bytes: &mut &[u8], add: &mut impl FnMut(&mut &[u8]) -> bool) -> Result<(), ParquetError> {
        if !add(bytes) {
            return Err(short());
        }
        self.count += 1;
        Ok(())
    }

    /// Takes a page of data; false where its form is not read here.
    fn page(
        &mut self,
        rows: usize,
        levels: &[u8],
        encoding: Encoding,
        mut bytes: &[u8],
        add: &mut impl FnMut(&mut &[u8]) -> bool,
    ) -> Result<bool, ParquetError> {
        let values = self.find_values(rows, levels)?;
        match encoding {
            Encoding::PLAIN => {
                for row in 0..rows {
                    let is_there = values == rows || self.there[row];
                    if is_there {
                        self.plain(&mut bytes, add)?;
                    }
                    self.numbers.push(if is_there { self.count } else { 0 });
                }
            }
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                let width = match (bytes.split_off_first(), values) {
                    (Some(width), _) => u32::from(*width),
                    (None, 0) => 0,
                    (None, _) => return Err(short()),
                };
                if values == rows {
                    entries(bytes, width, values, self.dictionary, &mut self.numbers)?;
                } else {
                    self.entries.clear();
                    entries(bytes, width, values, self.dictionary, &mut self.entries)?;
                    // The next one is looked at whether or not its row has a value, which is not foreseen; behind the last is another.
                    self.entries.push(0);
                    let mut next = 0;
                    self.numbers.extend(self.there.iter().map(|is_there| {
                        let number = self.entries[next] * u32::from(*is_there);
                        next += usize::from(*is_there);
                        number
                    }));
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Finds out which rows of a page have a value, by their levels; gives how many.
    fn find_values(&mut self, rows: usize, levels: &[u8]) -> Result<usize, ParquetError> {
        let full = u32::try_from(self.levels).unwrap_or(0);
        self.there.clear();
        if full == 0 {
            return Ok(rows);
        }
        hybrid(levels, u32::BITS - full.leading_zeros(), rows, &mut self.there, |level| level == full)?;
        Ok(self.there.iter().map(|is_there| usize::from(*is_there)).sum())
    }
}

/// Adds one more than each of so many entries of a dictionary.
fn entries(bytes: &[u8], width: u32, count: usize, dictionary: u32, out: &mut Numbers) -> Result<(), ParquetError> {
    let from = out.len();
    hybrid(bytes, width, count, out, |entry| entry.wrapping_add(1))?;
    // All of them are looked at, many at once.
    let is_outside = out[from..].iter().fold(false, |any, number| any | (number.wrapping_sub(1) >= dictionary));
    if is_outside { Err(ParquetError::General("an entry outside of its dictionary".into())) } else { Ok(()) }
}

/// Adds what so many numbers of so many bits come to, which stand in the format's hybrid: runs of one number, mixed with groups of eight
/// that are packed.
#[inline(always)]
fn hybrid<T: Copy>(mut bytes: &[u8], width: u32, count: usize, out: &mut Vec<T>, of: impl Fn(u32) -> T) -> Result<(), ParquetError> {
    if width > u32::BITS {
        return Err(ParquetError::General("numbers of more than 32 bits".into()));
    }
    let end = out.len() + count;
    let mask = ((1u64 << width) - 1) as u32;
    while out.len() < end {
        if width == 0 {
            out.resize(end, of(0));
            break;
        }
        let head = packed::take(&mut bytes).ok_or_else(short)?;
        let left = end - out.len();
        if head & 1 == 0 {
            let run = bytes.split_off(..width.div_ceil(8) as usize).ok_or_else(short)?;
            let value = run.iter().rev().fold(0u32, |n, byte| n << 8 | u32::from(*byte));
            out.resize(out.len() + left.min((head >> 1) as usize), of(value));
            if head == 0 {
                return Err(ParquetError::General("a run of nothing".into()));
            }
        } else {
            let groups = (head >> 1) as usize;
            let wanted = groups.saturating_mul(width as usize);
            let take = left.min(groups.saturating_mul(8));
            // The last group may be cut off behind its last number.
            let group = bytes.split_off(..wanted.min(bytes.len())).ok_or_else(short)?;
            if take == 0 || group.len() * 8 < take * width as usize {
                return Err(short());
            }
            // The word that begins at a byte, as far as there is one.
            let word = |byte: usize| match group[byte..].first_chunk() {
                Some(word) => u64::from_le_bytes(*word),
                None => group[byte..].iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)),
            };
            // Eight of at most eight bits are one word.
            let eights = if width <= 8 { take / 8 } else { 0 };
            for eight in 0..eights {
                let word = word(eight * width as usize);
                out.extend_from_slice(&[0, 1, 2, 3, 4, 5, 6, 7].map(|nth| of((word >> (nth * width)) as u32 & mask)));
            }
            out.extend((eights * 8..take).map(|nth| {
                let bit = nth * width as usize;
                of((word(bit / 8) >> (bit % 8)) as u32 & mask)
            }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], width: u32, count: usize) -> Result<Vec<u32>, ParquetError> {
        let mut out = Vec::new();
        hybrid(bytes, width, count, &mut out, |number| number)?;
        Ok(out)
    }

    #[test]
    fn runs_and_packed_groups_follow_each_other() {
        // The format's own example: the numbers from 0 to 7 in three bits each; behind a run of ten fours.
        let bytes = [20, 4, 0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(all(&bytes, 3, 17).unwrap(), [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 0, 1, 2, 3, 4, 5, 6]);
        for short in 0..bytes.len() {
            assert!(all(&bytes[..short], 3, 17).is_err(), "{short}");
        }
        assert!(all(&[0, 1], 3, 1).is_err(), "a run of nothing");
    }

    #[test]
    fn numbers_of_any_width_are_unpacked() {
        for width in 1..=32u32 {
            let numbers: Vec<u32> = (0..21u32).map(|n| n.wrapping_mul(2_654_435_761) >> (32 - width)).collect();
            // Three groups of eight, put together bit by bit.
            let mut bytes = vec![0; 1 + 3 * width as usize];
            bytes[0] = 3 << 1 | 1;
            for (nth, number) in numbers.iter().enumerate() {
                for bit in 0..width {
                    let at = 8 + nth * width as usize + bit as usize;
                    bytes[at / 8] |= ((number >> bit & 1) as u8) << (at % 8);
                }
            }
            assert_eq!(all(&bytes, width, numbers.len()).unwrap(), numbers, "{width} bits");
        }
    }

    #[test]
    fn rows_without_a_value_have_no_number() {
        // A dictionary of three; of ten rows, told as two runs and a group of eight, the 2nd, 3rd, 6th, 7th and 9th have a value.
        let mut rows = Rows { numbers: Vec::new(), count: 3, dictionary: 3, levels: 1, there: Vec::new(), entries: Vec::new() };
        let levels = [2, 0, 4, 1, 3, 0b0010_1100];
        let entries = [2, 3, 0b00_10_01_00, 0b10];
        assert!(rows.page(10, &levels, Encoding::RLE_DICTIONARY, &entries, &mut |_| false).unwrap());
        assert_eq!(rows.numbers, [0, 1, 2, 0, 0, 3, 1, 0, 3, 0]);
        // An entry that the dictionary does not hold.
        rows.dictionary = 2;
        assert!(rows.page(10, &levels, Encoding::RLE_DICTIONARY, &entries, &mut |_| false).is_err());
    }
}
