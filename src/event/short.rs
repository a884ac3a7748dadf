//! Short texts as numbers: most words, keys and values of a log.

use zerocopy::{Immutable, IntoBytes};

/// A text of up to fifteen bytes, with zeros behind it, and its length behind those. Two of them are equal where their texts are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoBytes, Immutable)]
// As two words, which are copied and compared without a detour over memory; as they lie there, their bytes are the text's.
#[repr(C)]
pub struct Short(u64, u64);

/// The longest text that is short.
const LONGEST: usize = 15;
/// Where the length stands in the second word.
const LENGTH: u32 = u64::BITS - 8;

/// The bytes of each length, in both words.
const OF_LENGTH: [(u64, u64); LONGEST + 1] = {
    let mut all = [(0, 0); LONGEST + 1];
    let mut len = 1;
    while len <= LONGEST {
        let bits = u128::MAX >> (8 * (16 - len));
        all[len] = (bits as u64, (bits >> u64::BITS) as u64);
        len += 1;
    }
    all
};

impl Short {
    /// The text of no bytes.
    pub const EMPTY: Short = Short(0, 0);

    /// Of a text, if it is short.
    #[inline]
    pub fn of(text: &[u8]) -> Option<Short> {
        let len = text.len();
        let bits = if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            if len > LONGEST {
                return None;
            }
            u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (len - 8))
        } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (len - 4))
        } else if let [first, .., last] | [first @ last] = text {
            // Of one to three bytes the first, the middle and the last are all of them.
            let byte = |byte: &u8, at: usize| u128::from(*byte) << (8 * at);
            byte(first, 0) | byte(&text[len / 2], len / 2) | byte(last, len - 1)
        } else {
            0
        };
        Some(Short::new(bits, len))
    }

    /// Of a part of a text, if it is short. Where enough stands behind it, all lengths take the same steps.
    #[inline(always)]
    pub fn within(text: &[u8], from: usize, to: usize) -> Option<Short> {
        let Some(sixteen) = text.get(from..).and_then(<[u8]>::first_chunk::<16>) else { return Short::of(&text[from..to]) };
        let (low, high) = (u64::from_le_bytes(*sixteen.first_chunk()?), u64::from_le_bytes(*sixteen.last_chunk()?));
        let len = to - from;
        let (of_low, of_high) = OF_LENGTH.get(len)?;
        Some(Short::of_words(low & of_low, high & of_high, len))
    }

    #[inline(always)]
    fn new(bits: u128, len: usize) -> Short {
        Short::of_words(bits as u64, (bits >> u64::BITS) as u64, len)
    }

    #[inline(always)]
    fn of_words(low: u64, high: u64, len: usize) -> Short {
        Short(low.to_le(), (high | (len as u64) << LENGTH).to_le())
    }

    /// How many bytes it has.
    #[inline(always)]
    pub(super) fn len(self) -> usize {
        (self.high() >> LENGTH) as usize
    }

    /// Whether it has no bytes.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// What is no text, but says where one stands.
    pub(super) fn in_place_of(from: u32, to: u32) -> Short {
        Short::new(u128::from(from) | u128::from(to) << u32::BITS, LONGEST + 1)
    }

    /// From where to where the text stands that this says the place of, if it is not one itself.
    #[inline(always)]
    pub(super) fn place(self) -> Option<(u32, u32)> {
        let low = self.low();
        (self.len() > LONGEST).then_some((low as u32, (low >> u32::BITS) as u32))
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.as_bytes()[..self.len()]
    }

    /// Its first eight bytes, the first one lowest.
    #[inline]
    pub(super) fn low(self) -> u64 {
        u64::from_le(self.0)
    }

    /// Its last eight bytes, the last one highest: of fewer there are zeros below them.
    #[inline]
    pub(super) fn last_eight(self) -> u64 {
        match self.len() {
            0 => 0,
            len @ 1..8 => self.low() << (64 - 8 * len),
            len => ((u128::from(self.high()) << u64::BITS | u128::from(self.low())) >> (8 * (len - 8))) as u64,
        }
    }

    /// Its other bytes, and its length.
    #[inline]
    fn high(self) -> u64 {
        u64::from_le(self.1)
    }

    /// A number in whose upper bits every byte has its part: for tables of what was seen last, where it need not be a good one.
    #[inline]
    pub fn spread(self) -> u64 {
        spread(self.low() ^ self.high().rotate_left(29))
    }

    /// A number in which every byte has its part, the same as [`hash`] of its text.
    #[inline]
    pub fn hash_of(self, of: u64) -> u64 {
        mix(self.low() ^ ODD, self.high() ^ 0xd6e8_feb8_6659_fd93 ^ of)
    }
}

/// 2^64 by the golden ratio.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A number in whose upper bits every bit of another has its part.
#[inline(always)]
pub fn spread(bits: u64) -> u64 {
    bits.wrapping_mul(ODD)
}

/// Both halves of a product.
#[inline]
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// A number in which every byte of a text has its part, and `of` what else it is about.
#[inline]
pub fn hash(of: u64, text: &[u8]) -> u64 {
    let mut rest = text;
    let mut all = of;
    while rest.len() > LONGEST {
        let (head, tail) = rest.split_at(LONGEST);
        all = Short::of(head).unwrap_or_default().hash_of(all);
        rest = tail;
    }
    Short::of(rest).unwrap_or_default().hash_of(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn texts_that_differ_are_told_apart() {
        // All texts of three letters up to five bytes long, and the beginnings of a long one.
        let mut texts = vec![String::new()];
        for from in (0..).take(121) {
            for letter in ['a', 'b', '\0'] {
                texts.push(format!("{}{letter}", texts[from]));
            }
        }
        texts.extend((6..=LONGEST).map(|n| "0123456789abcde"[..n].to_string()));
        let shorts: HashSet<String> = texts.iter().map(|t| format!("{:?}", Short::of(t.as_bytes()).unwrap())).collect();
        assert_eq!(shorts.len(), texts.iter().collect::<HashSet<_>>().len());
        assert!(texts.iter().all(|t| Short::of(t.as_bytes()).unwrap().bytes() == t.as_bytes()));
        assert_eq!(Short::of(&[b'x'; LONGEST + 1]), None);
    }

    #[test]
    fn the_last_eight_bytes_of_a_text_are_its_own() {
        let text = b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";
        for len in 0..=LONGEST {
            let mut expected = [0; 8];
            for (byte, to) in text[..len].iter().rev().zip(expected.iter_mut().rev()) {
                *to = *byte;
            }
            assert_eq!(Short::of(&text[..len]).unwrap().last_eight(), u64::from_le_bytes(expected), "{len}");
        }
    }

    #[test]
    fn a_part_of_a_text_is_the_same_as_by_itself() {
        let text: Vec<u8> = (1..=40).collect();
        for from in 0..text.len() {
            for to in from..text.len() {
                assert_eq!(Short::within(&text, from, to), Short::of(&text[from..to]), "{from} to {to}");
            }
        }
    }

    #[test]
    fn keys_that_count_up_fall_into_different_places() {
        let places: HashSet<u64> = (0..4096).map(|n| hash(1, format!("L{n:07}").as_bytes()) >> 48).collect();
        assert!(places.len() > 3900, "{}", places.len());
        let long: HashSet<u64> = (0..1000).map(|n| hash(1, format!("a-much-longer-key-{n}-of-a-case").as_bytes())).collect();
        assert_eq!(long.len(), 1000);
    }
}
