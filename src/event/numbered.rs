//! Keys that end in a number, as most do, taken apart: those of a log mostly differ in their numbers alone.

use crate::event::{Key, KeyRef};
use crate::id::CaseId;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A key that ends in a number.
#[derive(Clone, Copy, Debug)]
pub struct Numbered<'k> {
    key: &'k KeyRef<'k>,
    /// How many of its digits are taken: at most [`Numbered::DIGITS`], from its end.
    pub digits: u8,
    /// What they are.
    pub number: u32,
    /// Those of the key's last eight bytes that are not among the digits, and zeros.
    rest: u64,
}

impl<'k> Numbered<'k> {
    /// As many digits as are looked at at once.
    pub const DIGITS: usize = 8;

    /// Of a key that ends in a digit.
    #[inline]
    pub fn of(key: &'k KeyRef<'_>) -> Option<Numbered<'k>> {
        let last = match key {
            Key::Short(short) => short.last_eight(),
            Key::Long(text) => u64::from_le_bytes(*text.as_bytes().last_chunk()?),
        };
        // Of a digit what is left is its value; of any other byte it is more than nine.
        let values = last ^ 0x3030_3030_3030_3030;
        let others = (values | ((values & 0x7f7f_7f7f_7f7f_7f7f) + 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080;
        let digits = others.leading_zeros() / 8;
        if digits == 0 {
            return None;
        }
        // Pairs of digits, of pairs, of fours; the first byte is the highest digit.
        let taken = u64::MAX << (64 - 8 * digits);
        let pairs = (values & taken).wrapping_mul(2561) >> 8 & 0x00ff_00ff_00ff_00ff;
        let fours = pairs.wrapping_mul(6_553_601) >> 16 & 0x0000_ffff_0000_ffff;
        let number = fours.wrapping_mul(42_949_672_960_001) >> 32;
        Some(Numbered { key, digits: digits as u8, number: number as u32, rest: last & !taken })
    }

    /// How many bytes stand before it.
    #[inline]
    fn before(&self) -> usize {
        self.key.len() - usize::from(self.digits)
    }

    /// What stands before it.
    #[inline]
    pub fn prefix(&self) -> &'k [u8] {
        &self.key.bytes()[..self.before()]
    }
}

/// What keys have in common that differ in the numbers at their ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stem {
    prefix: Box<[u8]>,
    digits: u8,
    rest: u64,
}

impl Stem {
    /// Whether a key is one of them.
    #[inline]
    pub fn holds(&self, of: &Numbered<'_>) -> bool {
        let alike = self.rest == of.rest && self.digits == of.digits && self.prefix.len() == of.before();
        // Of a short key that is all that there is.
        alike && (of.key.len() <= Numbered::DIGITS || *self.prefix == *of.prefix())
    }

    /// The key of a number.
    pub fn key(&self, number: u32) -> String {
        format!("{}{number:0width$}", String::from_utf8_lossy(&self.prefix), width = usize::from(self.digits))
    }

    /// What stands before the number, and how many digits it has.
    pub fn parts(&self) -> (&[u8], u8) {
        (&self.prefix, self.digits)
    }
}

impl From<Numbered<'_>> for Stem {
    fn from(key: Numbered<'_>) -> Stem {
        Stem { prefix: key.prefix().into(), digits: key.digits, rest: key.rest }
    }
}

/// Keys of cases, in any order and some of them more than once.
#[derive(Debug, Default)]
pub struct KeyList {
    series: Vec<Series>,
    /// The series of the last key.
    last: usize,
    /// Keys of no series, behind each other.
    text: String,
    others: Vec<(CaseId, Range<usize>)>,
}

/// Keys that differ in the number at their end.
#[derive(Debug)]
pub struct Series {
    /// What they are the keys of.
    pub kind: CaseId,
    /// What they have in common.
    pub stem: Stem,
    /// Their numbers.
    pub numbers: Vec<u32>,
}

impl Series {
    /// Whether a key belongs to it.
    #[inline]
    fn holds(&self, kind: CaseId, key: &Numbered<'_>) -> bool {
        self.kind == kind && self.stem.holds(key)
    }
}

impl KeyList {
    /// Keys of a piece of a log that have so many different beginnings are no series.
    const MANY: usize = 32;
    /// Of so few series the next piece is thought to have the same ones.
    const FEW: usize = 8;

    /// Adds the key of a case.
    #[inline]
    pub fn push(&mut self, kind: CaseId, key: &KeyRef<'_>) {
        let Some(numbered) = Numbered::of(key) else { return self.push_other(kind, key.text()) };
        match self.series.get_mut(self.last) {
            Some(series) if series.holds(kind, &numbered) => series.numbers.push(numbered.number),
            _ => self.push_numbered(kind, numbered),
        }
    }

    fn push_numbered(&mut self, kind: CaseId, numbered: Numbered<'_>) {
        let at = match self.series.iter().position(|series| series.holds(kind, &numbered)) {
            Some(at) => at,
            None if self.series.len() == KeyList::MANY => return self.push_other(kind, numbered.key.text()),
            None => {
                self.series.push(Series { kind, stem: numbered.into(), numbers: Vec::new() });
                self.series.len() - 1
            }
        };
        self.series[at].numbers.push(numbered.number);
        self.last = at;
    }

    fn push_other(&mut self, kind: CaseId, key: &str) {
        let from = self.text.len();
        self.text.push_str(key);
        self.others.push((kind, from..self.text.len()));
    }

    /// Those that end in a number.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The others.
    pub fn others(&self) -> impl Iterator<Item = (CaseId, &str)> {
        self.others.iter().map(|(kind, range)| (*kind, &self.text[range.clone()]))
    }

    /// Empties it for other keys, which most likely go on where these ended.
    pub fn clear(&mut self) {
        if self.series.len() > KeyList::FEW {
            self.series.clear();
        }
        self.series.iter_mut().for_each(|series| series.numbers.clear());
        self.text.clear();
        self.others.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn the_number_at_the_end_of_a_key_is_found() {
        let split = |key: &'static str| {
            let key = KeyRef::from(key);
            let numbered = Numbered::of(&key)?;
            Some((String::from_utf8(numbered.prefix().to_vec()).unwrap(), numbered.digits, numbered.number))
        };
        assert_eq!(split("L0001234"), Some(("L".to_string(), 7, 1234)));
        assert_eq!(split("7"), Some(("".to_string(), 1, 7)));
        assert_eq!(split("case-99999999"), Some(("case-".to_string(), 8, 99_999_999)));
        assert_eq!(split("2026000000017"), Some(("20260".to_string(), 8, 17)));
        assert_eq!(split("A12B34"), Some(("A12B".to_string(), 2, 34)));
        assert_eq!(split("\u{e9}09"), Some(("\u{e9}".to_string(), 2, 9)));
        for none in ["", "A", "12-", "0x/", "9:", "\u{661}"] {
            assert_eq!(split(none), None, "{none}");
        }
        for key in ["L0001234", "7", "case-99999999", "2026000000017"] {
            let key = KeyRef::from(key);
            let numbered = Numbered::of(&key).unwrap();
            assert_eq!(Stem::from(numbered).key(numbered.number), key.text());
        }
    }

    #[test]
    fn a_list_gives_the_keys_that_it_got() {
        let kind = |n: usize| CaseId::from_index(n % 2);
        // Keys of one series, of several, of more than are kept apart, and of none.
        let mut keys: Vec<String> = (0..50).flat_map(|n| [format!("L{n:03}"), format!("M{n}"), format!("x{n}y")]).collect();
        keys.extend((0..100).map(|n| format!("series-{n}-of-a-long-name-{:02}", n / 10)));
        let mut list = KeyList::default();
        keys.iter().enumerate().for_each(|(i, key)| list.push(kind(i), &KeyRef::from(&**key)));
        let of_series = list.series().iter().flat_map(|s| s.numbers.iter().map(move |n| (s.kind, s.stem.key(*n))));
        let mut found: Vec<(CaseId, String)> = of_series.chain(list.others().map(|(kind, key)| (kind, key.to_string()))).collect();
        let mut expected: Vec<(CaseId, String)> = keys.iter().enumerate().map(|(i, key)| (kind(i), key.clone())).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        // Empty, it holds nothing, and takes others; of few series it keeps the memory.
        list.clear();
        assert!(list.series().iter().all(|series| series.numbers.is_empty()) && list.others().next().is_none());
        list.push(kind(0), &KeyRef::from("A1"));
        list.clear();
        list.push(kind(0), &KeyRef::from("A2"));
        assert_eq!(list.series().iter().map(|series| series.numbers.as_slice()).collect::<Vec<_>>(), [[2]]);
    }
}
