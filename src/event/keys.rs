//! Sets of keys: which cases were seen, which rows were taken.

use crate::event::{KeyRef, Numbered, Stem, TextId, TextTable};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// A set of keys. Those that end in a number, as most do, take a bit or two bytes each; the others are kept as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Keys {
    series: Vec<Series>,
    /// The series of each prefix, by how many digits follow it; some are none.
    places: HashMap<Box<[u8]>, [Option<u16>; Numbered::DIGITS + 1]>,
    /// The series that a key was put into last.
    last: usize,
    others: TextTable,
}

/// Keys that differ in the number at their end.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Series {
    stem: Stem,
    numbers: Numbers,
}

/// Keys that have so many different beginnings are no series.
const MANY: usize = 256;

impl Keys {
    /// The series of a key, if it is the one that a key was put into last.
    #[inline(always)]
    fn latest(&self, key: &Numbered<'_>) -> Option<usize> {
        self.series.get(self.last).is_some_and(|last| last.stem.holds(key)).then_some(self.last)
    }

    fn place(&self, (prefix, digits): (&[u8], u8)) -> Option<usize> {
        self.places.get(prefix)?[usize::from(digits)].map(usize::from)
    }

    /// Whether a key is one of them.
    pub fn contains(&self, key: &KeyRef<'_>) -> bool {
        if let Some(numbered) = Numbered::of(key)
            && let Some(series) = self.latest(&numbered).or_else(|| self.place((numbered.prefix(), numbered.digits)))
        {
            return self.series[series].numbers.contains(numbered.number);
        }
        !self.others.is_empty() && self.others.get(key.text()).is_some()
    }

    /// Takes a key; true if it was not among them.
    pub fn insert(&mut self, key: &KeyRef<'_>) -> bool {
        let Some(numbered) = Numbered::of(key) else { return self.insert_other(key) };
        match self.latest(&numbered).or_else(|| self.turn_to(&numbered)) {
            Some(series) => self.series[series].numbers.insert(numbered.number),
            None => self.insert_other(key),
        }
    }

    /// The series of a key, which may be another one; nothing if there are too many.
    #[inline(never)]
    fn turn_to(&mut self, key: &Numbered<'_>) -> Option<usize> {
        let series = self.place((key.prefix(), key.digits)).or_else(|| self.add((*key).into()))?;
        self.last = series;
        Some(series)
    }

    #[inline(never)]
    fn insert_other(&mut self, key: &KeyRef<'_>) -> bool {
        let before = self.others.len();
        self.others.intern(key.text());
        before < self.others.len()
    }

    /// Takes those keys that are not among others, of keys that differ in the numbers at their ends, if they cost next to nothing.
    pub fn insert_others(&mut self, others: &Keys, stem: &Stem, numbers: &[u32]) -> bool {
        let known = others.place(stem.parts()).map(|series| &others.series[series].numbers);
        let mut new = numbers.iter().filter(|number| known.is_none_or(|known| !known.contains(**number))).peekable();
        if new.peek().is_none() {
            return true;
        }
        let found = self.place(stem.parts()).or_else(|| self.add(stem.clone()));
        if let Some(series) = found {
            let numbers = &mut self.series[series].numbers;
            new.for_each(|number| _ = numbers.insert(*number));
        }
        found.is_some()
    }

    /// Another series, if there are not too many.
    fn add(&mut self, stem: Stem) -> Option<usize> {
        let at = self.series.len();
        if at == MANY {
            return None;
        }
        let (prefix, digits) = stem.parts();
        self.places.entry(prefix.into()).or_default()[usize::from(digits)] = u16::try_from(at).ok();
        self.series.push(Series { stem, numbers: Numbers::default() });
        Some(at)
    }

    /// How many there are, with those of another set that are not among them.
    pub fn len_with(&self, other: &Keys) -> u64 {
        let len = |keys: &Keys| keys.series.iter().map(|s| s.numbers.count).sum::<u64>() + keys.others.len() as u64;
        let both = other.series.iter().map(|series| match self.place(series.stem.parts()) {
            Some(at) => self.series[at].numbers.shared_with(&series.numbers),
            None if self.others.is_empty() => 0,
            None => series.keys().filter(|key| self.others.get(key).is_some()).count() as u64,
        });
        let others = (0..other.others.len() as u32).filter(|id| self.contains(&other.others.text(TextId(*id)).into())).count() as u64;
        len(self) + len(other) - both.sum::<u64>() - others
    }
}

impl Series {
    fn keys(&self) -> impl Iterator<Item = String> {
        self.numbers.iter().map(|number| self.stem.key(number))
    }
}

/// A set of numbers, in pages of 65,536.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Numbers {
    pages: Vec<Page>,
    count: u64,
}

/// The numbers of a page, by their last 16 bits.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

    /// True where it was not there.
    #[inline]
    fn insert(&mut self, number: u32) -> bool {
        let (page, low) = Numbers::split(number);
        let is_new = match self.pages.get_mut(page) {
            Some(Page::Many(bits)) => set(bits, low),
            _ => self.insert_among_few(page, low),
        };
        self.count += u64::from(is_new);
        is_new
    }

    #[inline(never)]
    fn insert_among_few(&mut self, page: usize, low: u16) -> bool {
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || Page::Few(Vec::new()));
        }
        self.pages[page].insert(low)
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
                all.iter().chain([&low]).for_each(|low| _ = set(&mut bits, *low));
                *self = Page::Many(bits);
                true
            }
            Page::Many(bits) => set(bits, low),
        }
    }
}

/// Sets the bit of a number; true where it was not set.
#[inline(always)]
fn set(bits: &mut [u64], low: u16) -> bool {
    let (word, bit) = Page::bit(low);
    let is_new = bits[word] & bit == 0;
    bits[word] |= bit;
    is_new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_two_sets_are_counted_once() {
        let (mut one, mut other) = (Keys::default(), Keys::default());
        // Few and many of a page, keys without numbers, and more beginnings than there are series.
        let all: Vec<String> =
            (0..3_000).map(|n| format!("L{n:06}")).chain((0..600).flat_map(|n| [format!("x{n}-1"), format!("y{n}z")])).collect();
        for (i, key) in all.iter().enumerate() {
            if i % 2 == 0 {
                one.insert(&KeyRef::from(&**key));
            }
            if i % 3 == 0 {
                other.insert(&KeyRef::from(&**key));
            }
        }
        let expected = (0..all.len()).filter(|i| i % 2 == 0 || i % 3 == 0).count() as u64;
        assert_eq!((one.len_with(&other), other.len_with(&one)), (expected, expected));
        assert!(all.iter().enumerate().all(|(i, key)| one.contains(&KeyRef::from(&**key)) == (i % 2 == 0)));
    }
}
