//! The shapes of lines of JSON: most lines of a log have the same keys around values in the same places, and what such a line says is found
//! out once.

use crate::event::spread;
use crate::log::literal::bare;
use crate::log::marks::{BLOCK, below, block_at, places, specials};
use smallvec::SmallVec;
use wide::u8x64;

/// What a line says of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Absent,
    Null,
    /// From where to where a text stands, or a number.
    Text(usize, usize),
    /// The same of a text in which escapes stood, among those that were written without.
    Unescaped(usize, usize),
}

/// What a line says of columns.
pub(super) trait Says {
    fn value(&self, column: usize) -> Value;
    /// The texts in which escapes stood, one behind another.
    fn unescaped(&self) -> &[u8];
    /// Of which columns it says something, if only that there is no value: a bit for each of the first 64.
    fn filled(&self) -> u64;
}

/// A value of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    /// The column that it is of, and the bit of its place, if it is one that is read.
    pub(super) column: Option<(usize, u64)>,
    pub(super) value: Value,
    /// From where to where it stands, without its quotes.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) is_quoted: bool,
}

impl Said {
    fn counted_from(&self, begin: usize) -> Said {
        let (from, to) = (self.from - begin, self.to - begin);
        let value = if let Value::Text(..) = self.value { Value::Text(from, to) } else { self.value };
        Said { value, from, to, ..*self }
    }
}

/// So much of a line is looked at; a longer one has no shape.
const BLOCKS: usize = 4;

/// Where the quotes of a line are, by bits.
type Quotes = [u64; BLOCKS];

/// What the lines of a shape have in common. Places are counted from a line's beginning.
pub(super) struct Shape {
    /// All of their quotes but the last.
    quotes: Quotes,
    /// What stands around their values, and all bits of those bytes; in so many blocks.
    around: [u8x64; BLOCKS],
    counts: [u8x64; BLOCKS],
    blocks: usize,
    /// Their values that are not in quotes.
    bare: SmallVec<[Said; 2]>,
    /// Their last value, which may be of any length, and what stands behind it.
    last: Said,
    tail: SmallVec<[u8; 8]>,
    values: Vec<Value>,
    /// Of which columns they say something, if only that there is no value.
    filled: u64,
}

impl Shape {
    /// Of a line that says this of so many columns.
    fn of(line: &[u8], quotes: Quotes, columns: usize, all: &[Said]) -> Option<Shape> {
        let (last, others) = all.split_last()?;
        let (mut around, mut counts) = ([[0; BLOCK]; BLOCKS], [[0; BLOCK]; BLOCKS]);
        let (mut values, mut filled, mut behind) = (vec![Value::Absent; columns], 0, 0);
        for said in all {
            for at in behind..said.from {
                (around[at / BLOCK][at % BLOCK], counts[at / BLOCK][at % BLOCK]) = (line[at], u8::MAX);
            }
            behind = said.to;
            if let Some((column, bit)) = said.column {
                values[column] = said.value;
                filled |= if said.from < said.to || !said.is_quoted { bit } else { 0 };
            }
        }
        Some(Shape {
            quotes,
            around: around.map(u8x64::new),
            counts: counts.map(u8x64::new),
            blocks: last.from.div_ceil(BLOCK),
            bare: others.iter().filter(|said| !said.is_quoted).copied().collect(),
            last: *last,
            tail: line[last.to + usize::from(last.is_quoted)..].into(),
            values,
            filled,
        })
    }

    /// Whether a line has around its values what lines of this shape have.
    #[inline(always)]
    fn surrounds(&self, text: &[u8], from: usize, end: usize) -> bool {
        // One that ends before its last value has the same quotes by chance.
        if end < from + self.last.from {
            return false;
        }
        let mut differs = u8x64::splat(0);
        for ((around, counts), nth) in self.around.iter().zip(&self.counts).zip(0..self.blocks) {
            differs |= (block_at(text, from + nth * BLOCK) ^ *around) & *counts;
        }
        differs.simd_eq(u8x64::splat(0)).to_bitmask() == u64::MAX
    }

    /// Whether values that are not in quotes are such still, and end where they did.
    #[inline(always)]
    fn holds(&self, line: &[u8]) -> bool {
        self.bare.iter().all(|said| is_such(said, line) == Some(said.to))
    }

    /// Takes a line's last value, with the place of the line's last quote and of its end; false where it ends otherwise.
    #[inline(always)]
    fn take_last(&mut self, line: &[u8], quote: usize, end: usize) -> bool {
        let Said { column, from, is_quoted, .. } = self.last;
        let (to, behind) = if is_quoted { (quote, quote + 1) } else { is_such(&self.last, line).map_or((0, 0), |to| (to, to)) };
        let is_it = match self.tail.as_slice() {
            // Most lines have their brace there.
            [brace] => behind + 1 == end && line[behind] == *brace,
            tail => line.get(behind..end) == Some(tail),
        };
        if to < from || !is_it {
            return false;
        }
        if let Some((column, bit)) = column {
            if let Value::Text(..) = self.values[column] {
                self.values[column] = Value::Text(from, to);
            }
            self.filled = self.filled & !bit | if from < to { bit } else { 0 };
        }
        true
    }
}

/// What the line at hand says of columns.
impl Says for Shape {
    #[inline(always)]
    fn value(&self, column: usize) -> Value {
        self.values[column]
    }

    fn unescaped(&self) -> &[u8] {
        &[]
    }

    #[inline(always)]
    fn filled(&self) -> u64 {
        self.filled
    }
}

/// Where a value ends that is not in quotes, if it stands in a line where another of its kind did.
#[inline]
fn is_such(said: &Said, line: &[u8]) -> Option<usize> {
    let mut end = said.from;
    let value = bare(line, &mut end)?;
    ((value == Value::Null) == (said.value == Value::Null)).then_some(end)
}

/// The shapes that lines had so far.
pub(super) struct Shapes {
    /// Where the one of some quotes is found, by a number made of these.
    places: Box<[u8; 1 << Shapes::BITS]>,
    known: Vec<Shape>,
    /// How many lines had a shape that was known, and how many had one that was not.
    found: usize,
    made: usize,
}

impl Default for Shapes {
    fn default() -> Shapes {
        Shapes { places: Box::new([0; 1 << Shapes::BITS]), known: Vec::new(), found: 0, made: 0 }
    }
}

impl Shapes {
    const BITS: u32 = 10;
    /// Far more than most logs have; each has a number of eight bits.
    const MOST: usize = 256;
    /// That most lines have shapes of their own is not said of fewer.
    const FEW: usize = 512;

    /// The shape of the line that begins at a place, and where its line break is, if other lines had it.
    #[inline(always)]
    pub(super) fn find(&mut self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        if !self.pay() {
            return None;
        }
        let (mut quotes, end, stop) = quotes_of(text, from)?;
        let last = take_last(&mut quotes)?;
        let at = usize::from(self.places[place(&quotes)]);
        let shape = self.known.get_mut(at).filter(|shape| shape.quotes == quotes)?;
        let line = &text[from..end];
        let is_it = shape.surrounds(text, from, end) && shape.holds(line) && shape.take_last(line, last, end - from);
        self.found += usize::from(is_it);
        is_it.then_some((at, stop))
    }

    /// Where most lines have shapes of their own, to look for them takes more than it saves.
    pub(super) fn pay(&self) -> bool {
        self.made <= self.found / 4 + Shapes::FEW
    }

    /// Takes note of the shape of a line that says this of so many columns.
    #[inline(never)]
    pub(super) fn add(&mut self, text: &[u8], from: usize, columns: usize, all: &[Said]) {
        if !self.pay() {
            return;
        }
        self.made += 1;
        let Some((mut quotes, end, _)) = quotes_of(text, from) else { return };
        let Some(last) = take_last(&mut quotes) else { return };
        let (line, within) = (&text[from..end], |said: &Said| said.counted_from(from));
        let Some(mut shape) = Shape::of(line, quotes, columns, &all.iter().map(within).collect::<Vec<_>>()) else { return };
        if shape.take_last(line, last, line.len()) {
            if self.known.len() == Shapes::MOST {
                self.known.clear();
            }
            self.places[place(&quotes)] = self.known.len() as u8;
            self.known.push(shape);
        }
    }

    /// One that was found.
    #[inline(always)]
    pub(super) fn get(&self, at: usize) -> &Shape {
        &self.known[at]
    }
}

/// Where the quotes of the line are that begins at a place, where it ends, and where its line break is; nothing where it is long, or a
/// backslash stands in it or any sign that cannot stand in a text.
#[inline(always)]
fn quotes_of(text: &[u8], from: usize) -> Option<(Quotes, usize, usize)> {
    let mut all = [0; BLOCKS];
    for (quotes, nth) in all.iter_mut().zip(0..) {
        let block = from + nth * BLOCK;
        if block >= text.len() {
            return Some((all, text.len(), text.len()));
        }
        let bytes = block_at(text, block);
        let stops = specials(bytes);
        *quotes = places(bytes, b'"') & below(stops);
        if stops != 0 {
            let end = (block + stops.trailing_zeros() as usize).min(text.len());
            return match text[end..] {
                [] | [b'\n', ..] => Some((all, end, end)),
                [b'\r', b'\n', ..] => Some((all, end, end + 1)),
                _ => None,
            };
        }
    }
    None
}

/// Takes the last one away, and says where it was.
#[inline(always)]
fn take_last(quotes: &mut Quotes) -> Option<usize> {
    let (nth, last) = quotes.iter_mut().enumerate().rfind(|(_, quotes)| **quotes != 0)?;
    let bit = last.ilog2();
    *last ^= 1 << bit;
    Some(nth * BLOCK + bit as usize)
}

/// Where a shape of some quotes is looked for.
#[inline(always)]
fn place(quotes: &Quotes) -> usize {
    let all = quotes.iter().fold(0u64, |all, quotes| spread(all.rotate_left(23) ^ quotes));
    (all >> (u64::BITS - Shapes::BITS)) as usize
}
