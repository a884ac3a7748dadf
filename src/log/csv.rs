//! CSV: any delimiter, quotes, CRLF, columns in any order.
//!
//! A quote that opens a cell holds it together to the quote that closes it, over lines too; a quote inside of a cell is a
//! character like any other. One that never closes, or after which the columns do not come out, is taken for a stray: only
//! the line on which it opens is given up.

use crate::event::Short;
use crate::log::Unreadable;
use crate::log::binding::Binding;
use crate::log::chunk::Chunks;
use crate::log::decode::Decoder;
use crate::log::layout::{Line, MANY, PLACES};
use crate::log::marks::{InQuotes, Laid, Marks, Stops, bit};
use crate::log::row::{self, Cell, Listed, Row};
use memchr::{memchr, memchr2, memrchr};

/// A cell in quotes is no longer than this: what does not close before was opened by a stray quote.
const LONGEST: usize = 16 << 20;

/// The first line of a table.
pub(super) struct Head {
    delimiter: u8,
    lines: u32,
    pub(super) names: Vec<String>,
}

/// How the rows of a table are read.
pub(super) struct Table {
    delimiter: u8,
    /// Lines before the first row.
    pub(super) lines: u32,
    columns: usize,
}

impl Head {
    /// Reads it off the beginning of a file.
    pub(super) fn read(name: &str, chunks: &mut Chunks, delimiter: Option<u8>) -> Result<Head, Unreadable> {
        let failed = |e: std::io::Error| Unreadable::new(name, e.to_string());
        let mut lines = 0;
        // Excel's first line, which only names the delimiter, is no header; empty ones are none either.
        loop {
            let text = chunks.peek(|text| text.contains(&b'\n')).map_err(failed)?;
            let end = behind_line(text, 0);
            if text.is_empty() {
                return Err(Unreadable::new(name, "the log is empty").help("its first line names the columns"));
            }
            if !trim_line(&text[..end]).is_empty() && !text.starts_with(b"sep=") {
                break;
            }
            chunks.skip(end);
            lines += 1;
        }
        let delimiter = delimiter.unwrap_or_else(|| found_delimiter(chunks.peek(|_| true).unwrap_or_default()));
        let mut cells = Cells::default();
        let text = chunks.peek(|text| matches!(record(text, 0, delimiter, &mut Cells::default()), Found::Record(end) if end < text.len()));
        let text = text.map_err(failed)?;
        let end = match record(text, 0, delimiter, &mut cells) {
            Found::Record(end) => end,
            Found::Open => return Err(Unreadable::new(name, "a quote in the first line is never closed")),
        };
        let names = cells.iter().map(|c| String::from_utf8_lossy(c).trim().to_string()).collect();
        lines += text[..end].iter().filter(|b| **b == b'\n').count() as u32;
        chunks.skip(end);
        Ok(Head { delimiter, lines, names })
    }

    /// The table of a binding.
    pub(super) fn bound(self, name: &str, binding: &mut Binding) -> Result<Table, Unreadable> {
        for column in &binding.columns {
            if self.names.iter().filter(|h| *h == column).count() > 1 {
                return Err(Unreadable::new(name, format!("two columns are called `{column}`")).help("give one of them another name"));
            }
        }
        binding.seat(binding.columns.iter().map(|c| self.names.iter().position(|h| h == c)).collect());
        Ok(Table { delimiter: self.delimiter, lines: self.lines, columns: self.names.len() })
    }
}

/// Where the cells of a row are in a text.
trait Split<'r> {
    /// In UTF-8, from the row's beginning on.
    fn text(&self) -> &'r [u8];
    /// Where the cell in a place begins and ends, without its quotes.
    fn ends(&self, place: usize) -> (usize, usize);
    /// Where the last cell ends.
    fn end(&self) -> usize;
    /// Which of these cells hold something, by the bits of their places.
    fn filled(&self, places: u64) -> u64;
}

impl<'r> Split<'r> for Laid<'r, '_> {
    #[inline(always)]
    fn text(&self) -> &'r [u8] {
        self.block
    }

    #[inline(always)]
    fn ends(&self, place: usize) -> (usize, usize) {
        self.layout.cell(place, self.end)
    }

    #[inline(always)]
    fn end(&self) -> usize {
        self.end
    }

    #[inline(always)]
    fn filled(&self, places: u64) -> u64 {
        self.layout.filled(places, self.end)
    }
}

/// Any other row: a long one, or one of which cells may be in quotes.
struct Other<'r> {
    text: &'r [u8],
    cells: &'r Line,
}

impl Other<'_> {
    fn holds_quote(&self, place: usize) -> bool {
        let (begin, end) = self.ends(place);
        memchr(b'"', &self.text[begin..end]).is_some()
    }
}

impl<'r> Split<'r> for Other<'r> {
    #[inline(always)]
    fn text(&self) -> &'r [u8] {
        self.text
    }

    #[inline(always)]
    fn ends(&self, place: usize) -> (usize, usize) {
        let (begin, end) = self.cells.cell(place);
        if begin < end && self.text[begin] == b'"' { (begin + 1, end - 1) } else { (begin, end) }
    }

    #[inline(always)]
    fn end(&self) -> usize {
        self.cells.end()
    }

    #[inline(always)]
    fn filled(&self, places: u64) -> u64 {
        // Places that share a bit are looked at one after another.
        let shared = bit(PLACES);
        let (mut filled, mut rest) = (places & shared, places & !shared);
        while rest != 0 {
            let (begin, end) = self.ends(rest.trailing_zeros() as usize);
            filled |= if begin < end { rest & rest.wrapping_neg() } else { 0 };
            rest &= rest - 1;
        }
        filled
    }
}

/// A row as it stands in a text.
struct Plain<'r, S> {
    table: &'r Table,
    split: S,
    line: u32,
}

impl<'r, S: Split<'r>> Plain<'r, S> {
    fn whole(&self) -> &'r [u8] {
        &self.split.text()[..self.split.end()]
    }
}

impl<'r, S: Split<'r>> Row<'r> for Plain<'r, S> {
    #[inline(always)]
    fn cell(&self, place: usize) -> Cell<'r> {
        let (begin, end) = self.split.ends(place);
        Cell::Text(row::text(&self.split.text()[begin..end]))
    }

    #[inline(always)]
    fn bytes(&self, place: usize) -> Option<&'r [u8]> {
        let (begin, end) = self.split.ends(place);
        self.split.text().get(begin..end)
    }

    #[inline(always)]
    fn short(&self, place: usize) -> Option<Short> {
        let (begin, end) = self.split.ends(place);
        Short::within(self.split.text(), begin, end)
    }

    #[inline(always)]
    fn filled(&self, places: u64) -> u64 {
        self.split.filled(places)
    }

    fn line(&self) -> u32 {
        self.line
    }

    fn raw(&self) -> Vec<u8> {
        self.whole().to_vec()
    }

    fn column_of(&self, place: usize) -> u32 {
        column(self.whole(), self.table.delimiter, place)
    }
}

/// The cells of a record, their quotes undone.
#[derive(Default)]
struct Cells {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|i| self.get(i))
    }

    fn get(&self, i: usize) -> &[u8] {
        let from = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.text[from..self.ends[i]]
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }
}

/// What rows are read with that are not laid out as others are.
struct Others<'t> {
    binding: &'t Binding,
    text: &'t [u8],
    is_text: bool,
    cells: Line,
    unquoted: Cells,
}

impl<'t> Others<'t> {
    fn new(binding: &'t Binding, text: &'t [u8], is_text: bool) -> Others<'t> {
        Others { binding, text, is_text, cells: Line::ONE, unquoted: Cells::default() }
    }
}

/// Where a record ends.
enum Found {
    /// Behind its line break.
    Record(usize),
    /// A quote is not closed.
    Open,
}

/// Reads the record that begins at a place.
fn record(text: &[u8], start: usize, delimiter: u8, cells: &mut Cells) -> Found {
    cells.clear();
    let text = &text[..text.len().min(start + LONGEST)];
    let mut at = start;
    loop {
        if text.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let Some(quote) = memchr(b'"', &text[at..]).map(|q| at + q) else { return Found::Open };
                cells.text.extend_from_slice(&text[at..quote]);
                at = quote + 1;
                if text.get(at) != Some(&b'"') {
                    break;
                }
                cells.text.push(b'"');
                at += 1;
            }
        }
        let end = memchr2(delimiter, b'\n', &text[at..]).map_or(text.len(), |e| at + e);
        let is_last = text.get(end) != Some(&delimiter);
        let cell = &text[at..end];
        cells.text.extend_from_slice(if is_last { cell.strip_suffix(b"\r").unwrap_or(cell) } else { cell });
        cells.ends.push(cells.text.len());
        at = end + 1;
        if is_last {
            return Found::Record(at.min(text.len()));
        }
    }
}

impl Table {
    /// Where the last whole record of a text ends: outside of all quotes.
    pub(super) fn cut(&self, text: &[u8], ended: bool) -> Option<usize> {
        let mut cells = Cells::default();
        let (marks, mut line) = (Marks::new(text, self.delimiter), Line::ONE);
        let mut at = 0;
        loop {
            let Some(quote) = memchr(b'"', &text[at..]).map(|q| at + q) else {
                let last = memrchr(b'\n', &text[at..]).map_or(at, |end| at + end + 1);
                return (last > 0).then_some(last);
            };
            let start = memrchr(b'\n', &text[at..quote]).map_or(at, |end| at + end + 1);
            // Where a line with quotes follows another, most lines have some. None of them is too long if all of them together are not.
            let are_many = start == at && text.len() - start < LONGEST;
            let behind = if are_many { marks.behind_lines(start, self.columns) } else { start };
            if behind > start {
                at = behind;
                continue;
            }
            if let Some(found) = self.in_cells(&marks, start, &mut line).filter(|found| found.end < text.len()) {
                at = found.end + 1;
                continue;
            }
            match record(text, start, self.delimiter, &mut cells) {
                Found::Record(end) if text[end - 1] != b'\n' => return if ended { Some(end) } else { (start > 0).then_some(start) },
                Found::Record(end) if cells.ends.len() == self.columns => at = end,
                Found::Open if !ended && text.len() - start < LONGEST => return (start > 0).then_some(start),
                // A stray quote: its line alone is a record.
                Found::Record(_) | Found::Open => {
                    at = behind_line(text, start);
                    if text.len() - start >= LONGEST {
                        return Some(at);
                    }
                }
            }
        }
    }

    /// Reads whole records.
    pub(super) fn read(&self, decoder: &mut Decoder<'_, '_>, binding: &Binding, text: &[u8]) {
        let is_text = row::is_text(text);
        let marks = Marks::new(text, self.delimiter);
        let (mut layouts, mut others) = (std::mem::take(&mut decoder.layouts), Others::new(binding, text, is_text));
        let (mut start, mut line) = (0, 0);
        while start < text.len() {
            line += 1;
            let first = match marks.line(start, &mut layouts) {
                Ok(laid) if laid.layout.columns() == self.columns && laid.end > 0 && is_text && self.columns < PLACES => {
                    start += laid.stop + 1;
                    decoder.row(binding, &Plain { table: self, split: laid, line });
                    continue;
                }
                Ok(_) => marks.stops(start),
                Err(first) => first,
            };
            let (next, lines) = self.other(decoder, &marks, (start, first, line), &mut others);
            (start, line) = (next, line + lines - 1);
        }
        (decoder.batch.lines, decoder.layouts) = (line, layouts);
    }

    /// Reads a record that is not laid out as others are; gives where the next one begins, and how many lines it has.
    #[inline(never)]
    fn other(
        &self,
        decoder: &mut Decoder<'_, '_>,
        marks: &Marks<'_>,
        (start, first, line): (usize, Stops, u32),
        others: &mut Others<'_>,
    ) -> (usize, u32) {
        let Others { binding, text, is_text, cells, .. } = others;
        let without_quotes = if self.is_wide() { None } else { marks.long_line(start, first, cells) };
        // What is not split so easily, or not into as many cells as there are columns, is looked at once more.
        let found = without_quotes.map(InQuotes::without).or_else(|| self.in_cells(marks, start, cells));
        let Some(InQuotes { end, breaks, has_doubled }) = found else {
            return self.quoted(decoder, others, start, line);
        };
        let text = &text[start..];
        let raw = &text[..cells.end()];
        // Of a text that is broken elsewhere nothing is looked at but the row.
        let text = if *is_text { text } else { raw };
        match cells.columns() == self.columns {
            _ if raw.is_empty() => {}
            false => self.ragged(decoder, line, raw, cells.columns()),
            // What its cells hold is told without their quotes.
            true if !*is_text && !row::is_text(raw) => return self.quoted(decoder, others, start, line),
            true => {
                let split = Other { text, cells };
                // What is read has its quotes undone.
                if has_doubled && binding.places.iter().flatten().any(|place| split.holds_quote(*place)) {
                    return self.quoted(decoder, others, start, line);
                }
                decoder.row(binding, &Plain { table: self, split, line });
            }
        }
        (end + 1, breaks + 1)
    }

    /// Whether it has more columns than are found at once.
    #[inline(always)]
    fn is_wide(&self) -> bool {
        self.columns >= MANY
    }

    /// Finds out where the cells are of a record some of which are in quotes, if these hold no others but doubled ones.
    fn in_cells(&self, marks: &Marks<'_>, start: usize, cells: &mut Line) -> Option<InQuotes> {
        let found = if self.is_wide() { None } else { marks.line_in_quotes(start, cells) };
        found.filter(|found| cells.columns() == self.columns && found.end - start < LONGEST)
    }

    /// Reads a record that is read with a quote in a cell, has many cells, or is no text; gives where the next one begins, and how many lines it has.
    fn quoted(&self, decoder: &mut Decoder<'_, '_>, others: &mut Others<'_>, start: usize, line: u32) -> (usize, u32) {
        let Others { binding, text, unquoted: cells, .. } = others;
        let end = match record(text, start, self.delimiter, cells) {
            Found::Record(end) => end,
            Found::Open => {
                let end = behind_line(text, start);
                self.stray(decoder, line, trim_line(&text[start..end]), "is never closed");
                return (end, 1);
            }
        };
        let raw = trim_line(&text[start..end]);
        if raw.is_empty() {
            return (end, 1);
        }
        let breaks = raw.iter().filter(|b| **b == b'\n').count() as u32;
        if cells.ends.len() != self.columns {
            if breaks > 0 {
                let end = behind_line(text, start);
                let noun = if breaks == 1 { "line" } else { "lines" };
                self.stray(decoder, line, trim_line(&text[start..end]), &format!("closes only {breaks} {noun} below"));
                return (end, 1);
            }
            self.ragged(decoder, line, raw, cells.ends.len());
        } else if !row::is_text(raw) {
            self.broken(decoder, line, raw, cells);
        } else {
            let of_row: Vec<Cell<'_>> = cells.iter().map(|cell| Cell::Text(std::str::from_utf8(cell).unwrap_or_default())).collect();
            let column_of = |place: usize| column(raw, self.delimiter, place);
            decoder.row(binding, &Listed { cells: &of_row, filled: u64::MAX, line, raw, column_of: &column_of });
        }
        (end, breaks + 1)
    }

    fn ragged(&self, decoder: &mut Decoder<'_, '_>, line: u32, raw: &[u8], columns: usize) {
        let expected = format!("{} columns as in the header; this row has {columns}", self.columns);
        decoder.count_row();
        decoder.reject(line, 1, shown(raw), expected, raw);
    }

    /// A stray quote swallows the lines after it: only its own line is given up, and the next one is read anew.
    fn stray(&self, decoder: &mut Decoder<'_, '_>, line: u32, raw: &[u8], closes: &str) {
        let expected = format!("{} columns; a quote that opens on this line {closes}", self.columns);
        decoder.count_row();
        decoder.reject(line, 1, shown(raw), expected, raw);
    }

    /// A cell that is no text, whether or not anything reads it: nothing is passed over unseen.
    fn broken(&self, decoder: &mut Decoder<'_, '_>, line: u32, raw: &[u8], cells: &Cells) {
        let (at, cell) = cells.iter().enumerate().find(|(_, c)| std::str::from_utf8(c).is_err()).unwrap_or((0, raw));
        let expected = "text in UTF-8, or an `encoding \"…\"` in the source".to_string();
        decoder.count_row();
        decoder.reject(line, column(raw, self.delimiter, at), String::from_utf8_lossy(cell).into_owned(), expected, raw);
    }
}

/// Where the line ends that goes on from a place.
fn behind_line(text: &[u8], from: usize) -> usize {
    memchr(b'\n', &text[from..]).map_or(text.len(), |end| from + end + 1)
}

fn shown(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).chars().take(60).collect()
}

/// The one of `,` `;` tab and `|` that the header has most of.
fn found_delimiter(text: &[u8]) -> u8 {
    let header = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for b in header {
        quoted ^= *b == b'"';
        if !quoted && let Some(count) = counts.iter_mut().find(|c| c.0 == *b) {
            count.1 += 1;
        }
    }
    // Of equals the first wins, as written above.
    counts.iter().rev().max_by_key(|c| c.1).map_or(b',', |c| c.0)
}

fn trim_line(raw: &[u8]) -> &[u8] {
    let start = raw.iter().position(|b| !matches!(b, b'\n' | b'\r')).unwrap_or(raw.len());
    let end = raw.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(start, |e| e + 1);
    &raw[start..end]
}

/// The character column, from 1, at which the `n`-th cell of a row begins.
fn column(raw: &[u8], delimiter: u8, n: usize) -> u32 {
    let (mut quoted, mut seen, mut at) = (false, 0, 0);
    for (i, b) in raw.iter().enumerate() {
        if seen == n {
            at = i;
            break;
        }
        quoted ^= *b == b'"';
        if !quoted && *b == delimiter {
            seen += 1;
            at = i + 1;
        }
    }
    String::from_utf8_lossy(&raw[..at]).chars().count() as u32 + 1
}
