//! Which keys were seen of cases that are no longer kept.

use crate::event::{Short, TextId, Texts};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// A set of keys. Those that end in a number, as most do, take a bit or two bytes each; the others are kept as they are.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Keys {
    series: Vec<Series>,
    /// The series of each prefix, by how many digits follow it; some are none.
    places: HashMap<Box<str>, [Option<u16>; DIGITS + 1]>,
    /// The series that was asked for last, and its prefix where that is short.
    last: usize,
    #[serde(skip)]
    short: Option<(Short, u8)>,
    others: Texts,
}

/// Keys that differ in the number at their end.
#[derive(Debug, Serialize, Deserialize)]
struct Series {
    prefix: Box<str>,
    digits: u8,
    numbers: Numbers,
}

/// As many digits as are looked at at once.
const DIGITS: usize = 8;
/// Keys that have so many different beginnings are no series.
const MANY: usize = 256;

impl Keys {
    /// A key without the number at its end, how long that is, and the number: of the last eight bytes at once.
    fn split(key: &str) -> Option<(&str, u8, u32)> {
        let bytes = key.as_bytes();
        let last: [u8; DIGITS] = match bytes.last_chunk() {
            Some(last) => *last,
            None => {
                let mut last = [0; DIGITS];
                last[DIGITS - bytes.len()..].copy_from_slice(bytes);
                last
            }
        };
        // Of a digit what is left is its value; of any other byte it is more than nine.
        let values = u64::from_le_bytes(last) ^ 0x3030_3030_3030_3030;
        let others = (values | ((values & 0x7f7f_7f7f_7f7f_7f7f) + 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080;
        let digits = others.leading_zeros() / 8;
        if digits == 0 {
            return None;
        }
        // Pairs of digits, of pairs, of fours; the first byte is the highest digit.
        let ones = values & (u64::MAX << (64 - 8 * digits));
        let pairs = ones.wrapping_mul(2561) >> 8 & 0x00ff_00ff_00ff_00ff;
        let fours = pairs.wrapping_mul(6_553_601) >> 16 & 0x0000_ffff_0000_ffff;
        let number = fours.wrapping_mul(42_949_672_960_001) >> 32;
        Some((&key[..key.len() - digits as usize], digits as u8, number as u32))
    }

    #[inline]
    fn series(&self, prefix: &str, digits: u8) -> Option<usize> {
        if let Some((short, of)) = self.short
            && of == digits
            && Short::of(prefix.as_bytes()) == Some(short)
        {
            return Some(self.last);
        }
        self.other_series(prefix, digits)
    }

    fn other_series(&self, prefix: &str, digits: u8) -> Option<usize> {
        let is_it = |s: &Series| s.digits == digits && *s.prefix == *prefix;
        if self.series.get(self.last).is_some_and(is_it) {
            return Some(self.last);
        }
        self.places.get(prefix)?[usize::from(digits)].map(usize::from)
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        if let Some((prefix, digits, number)) = Keys::split(key)
            && let Some(series) = self.series(prefix, digits)
        {
            return self.series[series].numbers.contains(number);
        }
        self.others.get(key).is_some()
    }

    pub(super) fn insert(&mut self, key: &str) {
        if !self.insert_number(key) {
            self.others.intern(key);
        }
    }

    /// Takes a key if it costs next to nothing, as one that ends in a number does.
    pub(super) fn insert_number(&mut self, key: &str) -> bool {
        let Some((prefix, digits, number)) = Keys::split(key) else { return false };
        let found = self.series(prefix, digits).or_else(|| {
            (self.series.len() < MANY).then(|| {
                self.places.entry(prefix.into()).or_default()[usize::from(digits)] = u16::try_from(self.series.len()).ok();
                self.series.push(Series { prefix: prefix.into(), digits, numbers: Numbers::default() });
                self.series.len() - 1
            })
        });
        if let Some(series) = found {
            if self.last != series || self.short.is_none() {
                (self.last, self.short) = (series, Short::of(prefix.as_bytes()).map(|short| (short, digits)));
            }
            self.series[series].numbers.insert(number);
        }
        found.is_some()
    }

    /// How many there are, with those of another set that are not among them.
    pub(super) fn len_with(&self, other: &Keys) -> u64 {
        let len = |keys: &Keys| keys.series.iter().map(|s| s.numbers.count).sum::<u64>() + keys.others.len() as u64;
        let both = other.series.iter().map(|series| match self.series(&series.prefix, series.digits) {
            Some(at) => self.series[at].numbers.shared_with(&series.numbers),
            None if self.others.is_empty() => 0,
            None => series.keys().filter(|key| self.others.get(key).is_some()).count() as u64,
        });
        let others = (0..other.others.len() as u32).filter(|id| self.contains(&other.others.text(TextId(*id)))).count() as u64;
        len(self) + len(other) - both.sum::<u64>() - others
    }
}

impl Series {
    fn keys(&self) -> impl Iterator<Item = String> {
        let Series { prefix, digits, numbers } = self;
        numbers.iter().map(move |number| format!("{prefix}{number:0width$}", width = usize::from(*digits)))
    }
}

/// A set of numbers, in pages of 65,536.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Numbers {
    pages: Vec<Page>,
    count: u64,
}

/// The numbers of a page, by their last 16 bits.
#[derive(Debug, Serialize, Deserialize)]
enum Page {
    /// In order.
    Few(Vec<u16>),
    /// A bit each.
    Many(Vec<u64>),
}

/// A list of so many takes an eighth of what bits take.
const FEW: usize = 512;

impl Numbers {
    fn split(number: u32) -> (usize, u16) {
        ((number >> 16) as usize, (number & 0xffff) as u16)
    }

    fn contains(&self, number: u32) -> bool {
        let (page, low) = Numbers::split(number);
        self.pages.get(page).is_some_and(|page| page.contains(low))
    }

    fn insert(&mut self, number: u32) {
        let (page, low) = Numbers::split(number);
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || Page::Few(Vec::new()));
        }
        self.count += u64::from(self.pages[page].insert(low));
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        let low = |page: &Page| (0..=u16::MAX).filter(|low| page.contains(*low)).collect::<Vec<u16>>();
        self.pages.iter().enumerate().flat_map(move |(at, page)| low(page).into_iter().map(move |low| (at as u32) << 16 | u32::from(low)))
    }

    /// How many are in another set too.
    fn shared_with(&self, other: &Numbers) -> u64 {
        let shared = |(a, b): (&Page, &Page)| match (a, b) {
            (Page::Many(a), Page::Many(b)) => a.iter().zip(b).map(|(a, b)| u64::from((a & b).count_ones())).sum(),
            (Page::Few(few), page) | (page, Page::Few(few)) => few.iter().filter(|low| page.contains(**low)).count() as u64,
        };
        self.pages.iter().zip(&other.pages).map(shared).sum()
    }
}

impl Page {
    fn bit(low: u16) -> (usize, u64) {
        (usize::from(low) / 64, 1 << (low % 64))
    }

    fn contains(&self, low: u16) -> bool {
        match self {
            Page::Few(all) => all.binary_search(&low).is_ok(),
            Page::Many(bits) => {
                let (word, bit) = Page::bit(low);
                bits[word] & bit != 0
            }
        }
    }

    /// True where it was not there.
    fn insert(&mut self, low: u16) -> bool {
        match self {
            Page::Few(all) => {
                let Err(at) = all.binary_search(&low) else { return false };
                if all.len() < FEW {
                    all.insert(at, low);
                    return true;
                }
                let mut bits = vec![0; 1024];
                for (word, bit) in all.iter().chain([&low]).map(|low| Page::bit(*low)) {
                    bits[word] |= bit;
                }
                *self = Page::Many(bits);
                true
            }
            Page::Many(bits) => {
                let (word, bit) = Page::bit(low);
                let is_new = bits[word] & bit == 0;
                bits[word] |= bit;
                is_new
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_at_the_end_of_a_key_is_found() {
        let split = |key| Keys::split(key);
        assert_eq!(split("L0001234"), Some(("L", 7, 1234)));
        assert_eq!(split("7"), Some(("", 1, 7)));
        assert_eq!(split("case-99999999"), Some(("case-", 8, 99_999_999)));
        assert_eq!(split("2026000000017"), Some(("20260", 8, 17)));
        assert_eq!(split("A12B34"), Some(("A12B", 2, 34)));
        assert_eq!(split("\u{e9}09"), Some(("\u{e9}", 2, 9)));
        for none in ["", "A", "12-", "0x/", "9:", "\u{661}"] {
            assert_eq!(split(none), None, "{none}");
        }
    }

    #[test]
    fn keys_of_two_sets_are_counted_once() {
        let (mut one, mut other) = (Keys::default(), Keys::default());
        // Few and many of a page, keys without numbers, and more beginnings than there are series.
        let all: Vec<String> =
            (0..3_000).map(|n| format!("L{n:06}")).chain((0..600).flat_map(|n| [format!("x{n}-1"), format!("y{n}z")])).collect();
        for (i, key) in all.iter().enumerate() {
            if i % 2 == 0 {
                one.insert(key);
            }
            if i % 3 == 0 {
                other.insert(key);
            }
        }
        let expected = (0..all.len()).filter(|i| i % 2 == 0 || i % 3 == 0).count() as u64;
        assert_eq!((one.len_with(&other), other.len_with(&one)), (expected, expected));
        assert!(all.iter().enumerate().all(|(i, key)| one.contains(key) == (i % 2 == 0)));
    }
}
