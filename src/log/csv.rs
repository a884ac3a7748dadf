//! CSV: any delimiter, quotes, CRLF, columns in any order.

use crate::log::Unreadable;
use crate::log::decode::{Cell, Decoder, Row};
use crate::log::input::Format;
use csv::{ByteRecord, ReaderBuilder};

pub(super) fn read(decoder: &mut Decoder<'_>, name: &str, text: &[u8], delimiter: Option<u8>) -> Result<(), Unreadable> {
    let delimiter = delimiter.unwrap_or_else(|| found_delimiter(text));
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text);
    let damaged = |e: csv::Error| Unreadable::new(name, format!("the file cannot be read as CSV: {e}"));
    let mut record = ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(damaged)? {
        return Err(Unreadable::new(name, "the log is empty").help("its first line names the columns"));
    }
    let header: Vec<String> = record.iter().map(|c| String::from_utf8_lossy(c).trim().to_string()).collect();
    let binding = decoder.bind(name, &header, false, Format::Csv)?;
    let positions: Vec<Option<usize>> = binding.columns.iter().map(|c| header.iter().position(|h| h == c)).collect();
    for column in &binding.columns {
        if header.iter().filter(|h| *h == column).count() > 1 {
            return Err(Unreadable::new(name, format!("two columns are called `{column}`")).help("give one of them another name"));
        }
    }
    loop {
        let start = reader.position().byte() as usize;
        if !reader.read_byte_record(&mut record).map_err(damaged)? {
            return Ok(());
        }
        let end = reader.position().byte() as usize;
        let raw = trim_line(&text[start.min(text.len())..end.min(text.len())]);
        let line = record.position().map_or(0, |p| p.line()) as u32;
        // Where a record begins, the reader still counts the line before.
        let line = line + leading_breaks(&text[start.min(text.len())..]);
        if record.len() != header.len() {
            decoder.count_row();
            let value = String::from_utf8_lossy(raw).chars().take(60).collect();
            let expected = format!("{} columns as in the header; this row has {}", header.len(), record.len());
            decoder.reject(line, 1, value, expected, raw);
            continue;
        }
        let mut cells = Vec::with_capacity(positions.len());
        let mut broken = None;
        for (i, position) in positions.iter().enumerate() {
            let bytes = position.and_then(|p| record.get(p));
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
        let elsewhere = record.iter().position(|c| std::str::from_utf8(c).is_err());
        if let Some(at) = broken.and_then(|i| positions[i]).or(elsewhere) {
            decoder.count_row();
            let value = String::from_utf8_lossy(record.get(at).unwrap_or_default()).into_owned();
            let expected = "text in UTF-8, or an `encoding \"…\"` in the source".to_string();
            decoder.reject(line, column(raw, delimiter, at), value, expected, raw);
            continue;
        }
        decoder.row(&binding, &Row { cells: &cells, line, raw, column_of: &column_of });
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

/// Empty lines between records belong to no record.
fn leading_breaks(text: &[u8]) -> u32 {
    text.iter().take_while(|b| **b == b'\n' || **b == b'\r').filter(|b| **b == b'\n').count() as u32
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
