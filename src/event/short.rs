//! Short texts as numbers: most words, keys and values of a log.

/// A text of up to sixteen bytes: its beginning and its end, which may overlap, and its length. Two of them are equal where their
/// texts are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Short {
    first: u64,
    last: u64,
    len: u8,
}

impl Short {
    /// Of a text, if it is short.
    #[inline]
    pub fn of(text: &[u8]) -> Option<Short> {
        let len = text.len();
        let (first, last) = if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            if len > 16 {
                return None;
            }
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
        } else {
            match text {
                [] => (0, 0),
                // At most three: the first, the middle and the last are all of them.
                [first, ..] => (u64::from(*first), u64::from(text[len / 2]) << 8 | u64::from(text[len - 1])),
            }
        };
        Some(Short { first, last, len: len as u8 })
    }

    /// A number in which every byte has its part.
    #[inline]
    pub fn hash(self) -> u64 {
        mix(self.first ^ 0x9e37_79b9_7f4a_7c15, self.last.rotate_left(32) ^ 0xd6e8_feb8_6659_fd93 ^ u64::from(self.len) << 56)
    }

    /// The same as [`hash`] of its text.
    #[inline]
    pub fn hash_of(self, of: u64) -> u64 {
        mix(of ^ 0xa076_1d64_78bd_642f, self.hash())
    }
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
    while rest.len() > 16 {
        let (head, tail) = rest.split_at(16);
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
        texts.extend((6..=16).map(|n| "0123456789abcdef"[..n].to_string()));
        let shorts: HashSet<String> = texts.iter().map(|t| format!("{:?}", Short::of(t.as_bytes()).unwrap())).collect();
        assert_eq!(shorts.len(), texts.iter().collect::<HashSet<_>>().len());
        assert_eq!(Short::of(&[b'x'; 17]), None);
    }

    #[test]
    fn keys_that_count_up_fall_into_different_places() {
        let places: HashSet<u64> = (0..4096).map(|n| hash(1, format!("L{n:07}").as_bytes()) >> 48).collect();
        assert!(places.len() > 3900, "{}", places.len());
        let long: HashSet<u64> = (0..1000).map(|n| hash(1, format!("a-much-longer-key-{n}-of-a-case").as_bytes())).collect();
        assert_eq!(long.len(), 1000);
    }
}
