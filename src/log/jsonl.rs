//! JSON Lines: an object a line; nested values by their dotted path.
//!
//! Most lines are flat objects of plain texts and whole numbers, and are read as they stand. A line with anything else in it
//! goes through the JSON library, which has the last word on what is JSON.

use crate::log::Unreadable;
use crate::log::binding::Binding;
use crate::log::chunk::Chunks;
use crate::log::decode::Decoder;
use crate::log::marks::{Quotes, bit};
use crate::log::row::{Cell, Listed};
use serde_json::{Map, Value};

/// So many objects show which columns a log has.
const SAMPLE: usize = 1000;

/// The columns that a log has, by its first objects.
pub(super) fn names(name: &str, chunks: &mut Chunks) -> Result<Vec<String>, Unreadable> {
    let enough = |text: &[u8]| memchr::memchr_iter(b'\n', text).count() > SAMPLE;
    let text = chunks.peek(enough).map_err(|e| Unreadable::new(name, e.to_string()))?;
    if text.trim_ascii_start().starts_with(b"[") {
        let unreadable = Unreadable::new(name, "this is a JSON array, and a log has an object on each line");
        return Err(unreadable.help("turn it into lines: `jq -c '.[]' log.json > log.jsonl`"));
    }
    let lines = || text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).enumerate().filter(|(_, line)| !line.is_empty());
    let mut names: Vec<String> = Vec::new();
    for (_, line) in lines().take(SAMPLE) {
        if let Ok(Value::Object(object)) = serde_json::from_slice(line) {
            paths(&object, "", &mut names);
        }
    }
    if names.is_empty()
        && let Some((number, line)) = lines().next()
    {
        let (column, expected) = object(line).err().unwrap_or((1, "an object with keys".into()));
        return Err(Unreadable::new(name, format!("line {}, column {column}: expected {expected}", number + 1)));
    }
    Ok(names)
}

/// Reads whole lines.
pub(super) fn read(decoder: &mut Decoder<'_, '_>, binding: &Binding, text: &[u8]) {
    let valid = std::str::from_utf8(text).ok();
    // In JSON a text holds no such character as it is: where one stands, the library says what is wrong.
    let has_controls = text.iter().fold(false, |odd, b| odd | ((*b < 0x20) & (*b != b'\n')));
    let mut flat = Flat::default();
    let mut cells: Vec<Cell<'_>> = Vec::new();
    let (mut start, mut number) = (0, 0);
    while start < text.len() {
        number += 1;
        let flat_end = valid.filter(|_| !has_controls).and_then(|text| flat.line(text, start, &binding.columns, &mut cells));
        let end = flat_end.unwrap_or_else(|| memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |end| start + end));
        let line = text[start..end].trim_ascii();
        start = end + 1;
        let column_of = |i: usize| {
            let key = binding.columns[i].rsplit('.').next().unwrap_or_default();
            String::from_utf8_lossy(line).find(&format!("\"{key}\"")).unwrap_or(0) as u32 + 1
        };
        if flat_end.is_some() {
            decoder.row(binding, &Listed { cells: &cells, filled: flat.filled, line: number, raw: line, column_of: &column_of });
            continue;
        }
        if line.is_empty() {
            continue;
        }
        let object = match object(line) {
            Ok(object) => object,
            Err((column, expected)) => {
                decoder.count_row();
                let value = String::from_utf8_lossy(line).chars().take(60).collect();
                decoder.reject(number, column, value, expected, line);
                continue;
            }
        };
        let found: Vec<Option<Found<'_>>> = binding.columns.iter().map(|path| look_up(&object, path)).collect();
        let cells: Vec<Cell<'_>> = found
            .iter()
            .map(|f| match f {
                None => Cell::Absent,
                Some(Found::Null) => Cell::Null,
                Some(Found::Borrowed(text)) => Cell::Text(text),
                Some(Found::Made(text)) => Cell::Text(text),
            })
            .collect();
        decoder.row(binding, &Listed { cells: &cells, filled: u64::MAX, line: number, raw: line, column_of: &column_of });
    }
    decoder.batch.lines = number;
}

/// Reads lines that are flat objects.
#[derive(Default)]
struct Flat<'t> {
    quotes: Quotes,
    /// The keys that were seen, and which one was the first of a line.
    keys: Vec<Key<'t>>,
    first: usize,
    /// Which columns of the line at hand say something, if only that there is no value: a bit for each of the first 64.
    filled: u64,
}

/// A key as it is written, with the brace or the comma before it and the colon and the spaces behind it.
#[derive(Clone, Copy)]
struct Key<'t> {
    written: &'t [u8],
    /// The same as a number, and which of its bits count, where it is no longer than that.
    short: Option<(u128, u128)>,
    /// The column that it is.
    column: Option<usize>,
    /// The one that followed it last: it mostly does again.
    next: usize,
}

impl<'t> Key<'t> {
    fn new(written: &'t [u8], column: Option<usize>) -> Key<'t> {
        let mut first = [0; 16];
        let short = first.get_mut(..written.len()).map(|first| first.copy_from_slice(written));
        let short = short.map(|()| (u128::from_le_bytes(first), u128::MAX >> (8 * (16 - written.len()))));
        Key { written, short, column, next: 0 }
    }

    /// Whether it stands at a place.
    #[inline(always)]
    fn is_at(&self, bytes: &[u8], at: usize) -> bool {
        let rest = &bytes[at..];
        match (self.short, rest.first_chunk()) {
            (Some((short, mask)), Some(first)) => u128::from_le_bytes(*first) & mask == short,
            _ => rest.starts_with(self.written),
        }
    }
}

impl<'t> Flat<'t> {
    /// Reads the line that begins at a place, and gives where it ends; nothing if it is no flat object of plain values.
    fn line(&mut self, text: &'t str, start: usize, columns: &[String], cells: &mut Vec<Cell<'t>>) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = behind_spaces(bytes, start);
        cells.clear();
        cells.resize(columns.len(), Cell::Absent);
        self.filled = 0;
        if bytes.get(at) != Some(&b'{') {
            return None;
        }
        let mut before = None;
        loop {
            let likely = before.map_or(self.first, |before: usize| self.keys[before].next);
            let found = match self.keys.get(likely) {
                Some(key) if key.is_at(bytes, at) => likely,
                _ => self.other_key(text, at, before, columns)?,
            };
            let Key { written, column, .. } = self.keys[found];
            before = Some(found);
            at += written.len();
            let cell = match bytes.get(at) {
                Some(b'"') => Cell::Text(quoted(text, &mut at, &mut self.quotes)?),
                _ => plain(text, &mut at)?,
            };
            if let Some(column) = column {
                self.filled |= if cell == Cell::Text("") { 0 } else { bit(column) };
                cells[column] = cell;
            }
            if bytes.get(at) == Some(&b' ') {
                at = behind_spaces(bytes, at);
            }
            match bytes.get(at) {
                Some(b',') => {}
                Some(b'}') => break,
                _ => return None,
            }
        }
        at = behind_spaces(bytes, at + 1);
        (at == bytes.len() || bytes[at] == b'\n').then_some(at)
    }

    /// Finds the key at a place that is another than the one that followed last.
    fn other_key(&mut self, text: &'t str, at: usize, before: Option<usize>, columns: &[String]) -> Option<usize> {
        let found = match self.keys.iter().position(|key| key.is_at(text.as_bytes(), at)) {
            Some(found) => found,
            None => self.new_key(text, at, columns)?,
        };
        match before {
            Some(before) => self.keys[before].next = found,
            None => self.first = found,
        }
        Some(found)
    }

    #[cold]
    fn new_key(&mut self, text: &'t str, from: usize, columns: &[String]) -> Option<usize> {
        /// Objects have far fewer. Where keys are data, the JSON library reads them.
        const MOST: usize = 256;
        let bytes = text.as_bytes();
        let mut at = behind_spaces(bytes, from + 1);
        let key = quoted(text, &mut at, &mut self.quotes)?;
        at = behind_spaces(bytes, at);
        if bytes.get(at) != Some(&b':') || self.keys.len() == MOST {
            return None;
        }
        at = behind_spaces(bytes, at + 1);
        self.keys.push(Key::new(&bytes[from..at], columns.iter().position(|c| c == key)));
        Some(self.keys.len() - 1)
    }
}

#[inline(always)]
fn behind_spaces(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

/// A value that is no text, as most are.
#[inline]
fn plain<'t>(text: &'t str, at: &mut usize) -> Option<Cell<'t>> {
    let bytes = text.as_bytes();
    let from = *at;
    while bytes.get(*at).is_some_and(|b| !matches!(b, b',' | b'}' | b' ' | b'\n')) {
        *at += 1;
    }
    match &text[from..*at] {
        number if is_plain(number) => Some(Cell::Text(number)),
        "null" => Some(Cell::Null),
        word @ ("true" | "false") => Some(Cell::Text(word)),
        _ => None,
    }
}

/// A text in quotes without escapes, from its first quote on.
#[inline(always)]
fn quoted<'t>(text: &'t str, at: &mut usize, quotes: &mut Quotes) -> Option<&'t str> {
    let bytes = text.as_bytes();
    if bytes.get(*at) != Some(&b'"') {
        return None;
    }
    let from = *at + 1;
    let end = quotes.next(bytes, from)?;
    if bytes[end] != b'"' {
        return None;
    }
    *at = end + 1;
    Some(&text[from..end])
}

/// A whole number as every reader writes it.
fn is_plain(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number).as_bytes();
    (1..=15).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) && (digits[0] != b'0' || number == "0")
}

fn object(line: &[u8]) -> Result<Map<String, Value>, (u32, String)> {
    if std::str::from_utf8(line).is_err() {
        return Err((1, "text in UTF-8, or an `encoding \"…\"` in the source".into()));
    }
    match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err((1, "a JSON object on each line".into())),
        Err(e) => Err((e.column() as u32, "a JSON object on one line".into())),
    }
}

enum Found<'v> {
    Null,
    Borrowed(&'v str),
    Made(String),
}

/// The value at a path; a key that itself holds dots is found first.
fn look_up<'v>(object: &'v Map<String, Value>, path: &str) -> Option<Found<'v>> {
    let value = match object.get(path) {
        Some(value) => value,
        None => {
            let (head, rest) = path.split_once('.')?;
            return look_up(object.get(head)?.as_object()?, rest);
        }
    };
    Some(match value {
        Value::Null => Found::Null,
        Value::String(text) => Found::Borrowed(text),
        Value::Bool(b) => Found::Made(b.to_string()),
        Value::Number(n) => Found::Made(n.to_string()),
        Value::Array(_) | Value::Object(_) => Found::Made(value.to_string()),
    })
}

fn paths(object: &Map<String, Value>, before: &str, names: &mut Vec<String>) {
    for (key, value) in object {
        let path = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
        if let Value::Object(inner) = value {
            paths(inner, &path, names);
        }
        if !names.contains(&path) {
            names.push(path);
        }
    }
}
