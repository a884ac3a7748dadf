//! CSV: any delimiter, quotes, CRLF, columns in any order.

use crate::log::Unreadable;
use crate::log::decode::{Cell, Decoder, Row};
use crate::log::input::Format;
use csv::{ByteRecord, ReaderBuilder};

pub(super) fn read(decoder: &mut Decoder<'_>, name: &str, text: &[u8], delimiter: Option<u8>) -> Result<(), Unreadable> {
    let delimiter = delimiter.unwrap_or_else(|| found_delimiter(text));
    let text = without_sep_line(text);
    let mut rows = Rows::new(text, delimiter);
    let damaged = |e: csv::Error| Unreadable::new(name, format!("the file cannot be read as CSV: {e}"));
    let Some(_) = rows.next().map_err(damaged)? else {
        return Err(Unreadable::new(name, "the log is empty").help("its first line names the columns"));
    };
    let header: Vec<String> = rows.record.iter().map(|c| String::from_utf8_lossy(c).trim().to_string()).collect();
    let binding = decoder.bind(name, &header, false, Format::Csv)?;
    let positions: Vec<Option<usize>> = binding.columns.iter().map(|c| header.iter().position(|h| h == c)).collect();
    for column in &binding.columns {
        if header.iter().filter(|h| *h == column).count() > 1 {
            return Err(Unreadable::new(name, format!("two columns are called `{column}`")).help("give one of them another name"));
        }
    }
    while let Some(Place { line, raw }) = rows.next().map_err(damaged)? {
        let never_closed = raw.iter().filter(|b| **b == b'"').count() % 2 == 1;
        if rows.record.len() != header.len() || never_closed {
            decoder.count_row();
            let breaks = raw.iter().filter(|b| **b == b'\n').count() as u32;
            let (raw, expected) = if breaks == 0 && !never_closed {
                (raw, format!("{} columns as in the header; this row has {}", header.len(), rows.record.len()))
            } else {
                // A stray quote swallows the lines after it: only its own line is given up, and the next one is read anew.
                let own = raw.split(|b| *b == b'\n').next().unwrap_or(raw);
                rows.again_after(own);
                let closes = if never_closed { "is never closed".to_string() } else { format!("closes only on line {}", line + breaks) };
                (trim_line(own), format!("{} columns; a quote that opens on this line {closes}", header.len()))
            };
            let value = String::from_utf8_lossy(raw).chars().take(60).collect();
            decoder.reject(line, 1, value, expected, raw);
            continue;
        }
        let mut cells = Vec::with_capacity(positions.len());
        let mut broken = None;
        for (i, position) in positions.iter().enumerate() {
            let bytes = position.and_then(|p| rows.record.get(p));
            cells.push(match bytes.map(std::str::from_utf8) {
                None => Cell::Absent,
                Some(Ok(text)) => Cell::Text(text),
                Some(Err(_)) => {
                    broken.get_or_insert(i);
                    Cell::Absent
                }
            });
        }
        let column_of = |i: usize| positions[i].map_or(1, |p| column(raw, delimiter, p));
        // A column that nothing reads must be text too: nothing is passed over unseen.
        let elsewhere = rows.record.iter().position(|c| std::str::from_utf8(c).is_err());
        if let Some(at) = broken.and_then(|i| positions[i]).or(elsewhere) {
            decoder.count_row();
            let value = String::from_utf8_lossy(rows.record.get(at).unwrap_or_default()).into_owned();
            let expected = "text in UTF-8, or an `encoding \"…\"` in the source".to_string();
            decoder.reject(line, column(raw, delimiter, at), value, expected, raw);
            continue;
        }
        decoder.row(&binding, &Row { cells: &cells, line, raw: &|| raw.to_vec(), column_of: &column_of });
    }
    Ok(())
}

/// Records of a text, each with its place; reading can begin anew at any line.
struct Rows<'t> {
    text: &'t [u8],
    delimiter: u8,
    reader: csv::Reader<&'t [u8]>,
    record: ByteRecord,
    /// Where the reader began, and which line that is.
    base: usize,
    line: u32,
    /// Where the last record began.
    start: usize,
}

struct Place<'t> {
    line: u32,
    /// The record, verbatim.
    raw: &'t [u8],
}

impl<'t> Rows<'t> {
    fn new(text: &'t [u8], delimiter: u8) -> Rows<'t> {
        Rows { text, delimiter, reader: reader(text, delimiter), record: ByteRecord::new(), base: 0, line: 1, start: 0 }
    }

    fn next(&mut self) -> Result<Option<Place<'t>>, csv::Error> {
        let before = self.reader.position().clone();
        self.start = self.base + before.byte() as usize;
        if !self.reader.read_byte_record(&mut self.record)? {
            return Ok(None);
        }
        let end = self.base + self.reader.position().byte() as usize;
        let whole = &self.text[self.start.min(self.text.len())..end.min(self.text.len())];
        // Empty lines before a record belong to no record.
        let empty = whole.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        let breaks = whole[..empty].iter().filter(|b| **b == b'\n').count() as u32;
        self.start += empty;
        Ok(Some(Place { line: self.line + before.line() as u32 - 1 + breaks, raw: trim_line(whole) }))
    }

    /// Reads on behind a line of the last record.
    fn again_after(&mut self, line: &[u8]) {
        let from = (self.start + line.len() + 1).min(self.text.len());
        self.line += self.text[self.base..from].iter().filter(|b| **b == b'\n').count() as u32;
        self.base = from;
        self.reader = reader(&self.text[from..], self.delimiter);
    }
}

fn reader(text: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text)
}

/// Excel's first line, which only names the delimiter, is no header.
fn without_sep_line(text: &[u8]) -> &[u8] {
    match text.iter().position(|b| *b == b'\n') {
        Some(end) if text.starts_with(b"sep=") => &text[end + 1..],
        _ => text,
    }
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
