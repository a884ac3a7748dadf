//! Where a few bytes stand in a text, 64 bytes at a time.

use wide::u8x64;

/// The places of up to three bytes, in order.
pub(super) struct Marks<'t, const N: usize> {
    text: &'t [u8],
    wanted: [u8; N],
    /// Where the block begins that `found` is of, and which of its bytes are wanted and not given yet.
    block: usize,
    found: u64,
}

const BLOCK: usize = 64;

impl<'t, const N: usize> Marks<'t, N> {
    pub(super) fn new(text: &'t [u8], wanted: [u8; N]) -> Marks<'t, N> {
        let mut marks = Marks { text, wanted, block: 0, found: 0 };
        marks.look();
        marks
    }

    #[inline]
    fn look(&mut self) {
        let rest = &self.text[self.block..];
        let bytes: [u8; BLOCK] = match rest.first_chunk() {
            Some(block) => *block,
            None => {
                let mut block = [0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                block
            }
        };
        let bytes = u8x64::new(bytes);
        self.found = self.wanted.iter().fold(0, |found, wanted| found | bytes.simd_eq(u8x64::splat(*wanted)).to_bitmask());
        // The bytes behind the end are zeros, which nobody looks for.
    }

    /// The next place.
    #[inline]
    pub(super) fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.block += BLOCK;
            if self.block >= self.text.len() {
                self.block = self.text.len();
                return None;
            }
            self.look();
        }
        let at = self.block + self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(at)
    }

    /// Goes on from a place.
    pub(super) fn seek(&mut self, at: usize) {
        self.block = at - at % BLOCK;
        if self.block >= self.text.len() {
            (self.block, self.found) = (self.text.len(), 0);
            return;
        }
        self.look();
        self.found &= u64::MAX << (at % BLOCK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_places_are_found_from_anywhere() {
        let text: Vec<u8> = (0..500)
            .map(|i| {
                if i % 7 == 0 {
                    b','
                } else if i % 61 == 0 {
                    b'\n'
                } else {
                    b'x'
                }
            })
            .collect();
        let all: Vec<usize> = (0..500).filter(|i| text[*i] != b'x').collect();
        for from in 0..=500 {
            let mut marks = Marks::new(&text, [b',', b'\n']);
            marks.seek(from);
            let found: Vec<usize> = std::iter::from_fn(|| marks.next()).collect();
            let expected: Vec<usize> = all.iter().copied().filter(|at| *at >= from).collect();
            assert_eq!(found, expected, "from {from}");
        }
    }
}
