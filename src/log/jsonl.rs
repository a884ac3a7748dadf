//! JSON Lines: an object a line; nested values by their dotted path.
//!
//! Most lines are flat objects of plain texts and whole numbers, and are read as they stand. A line with anything else in it
//! goes through the JSON library, which has the last word on what is JSON.

use crate::event::Short;
use crate::log::Unreadable;
use crate::log::binding::Binding;
use crate::log::chunk::Chunks;
use crate::log::decode::Decoder;
use crate::log::marks::{Quotes, bit};
use crate::log::row::{self, Cell, Listed, Row};
use crate::log::shape::{Said, Says, Value, bare};
use serde_json::{Map, Value as Json};

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
        if let Ok(Json::Object(object)) = serde_json::from_slice(line) {
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
    let is_text = row::is_text(text);
    let (mut shapes, mut flat) = (std::mem::take(&mut decoder.shapes), Flat::new(&binding.columns));
    let (mut start, mut number) = (0, 0);
    while start < text.len() {
        number += 1;
        let known = if is_text { shapes.find(text, start) } else { None };
        if let Some((at, end)) = known {
            let (text, shape) = (&text[start..], shapes.get(at));
            decoder.row(binding, &Line { text, says: shape, columns: &binding.columns, number, whole: (0, end - start) });
            start = end + 1;
            continue;
        }
        if is_text && let Some(end) = flat.line(text, start, (number, shapes.pay())) {
            shapes.add(text, start, binding.columns.len(), &flat.all);
            flat_row(decoder, binding, &Line { text, says: &flat, columns: &binding.columns, number, whole: (start, end) });
            start = end + 1;
            continue;
        }
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |end| start + end);
        let line = text[start..end].trim_ascii();
        start = end + 1;
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
        let column_of = |place: usize| column(&binding.columns, line, place);
        decoder.row(binding, &Listed { cells: &cells, filled: u64::MAX, line: number, raw: line, column_of: &column_of });
    }
    (decoder.batch.lines, decoder.shapes) = (number, shapes);
}

/// Takes a row of a shape that was not known.
#[inline(never)]
fn flat_row(decoder: &mut Decoder<'_, '_>, binding: &Binding, line: &Line<'_, '_, Flat<'_>>) {
    decoder.row(binding, line);
}

/// Where a key stands in a line, from 1.
fn column(columns: &[String], line: &[u8], place: usize) -> u32 {
    let key = columns[place].rsplit('.').next().unwrap_or_default();
    String::from_utf8_lossy(line).find(&format!("\"{key}\"")).unwrap_or(0) as u32 + 1
}

/// A line that is a flat object, as it stands in a text.
struct Line<'r, 't, S> {
    /// In UTF-8; the places of values are counted in it.
    text: &'t [u8],
    says: &'r S,
    columns: &'r [String],
    number: u32,
    /// From where to where it stands.
    whole: (usize, usize),
}

impl<'t, S: Says> Line<'_, 't, S> {
    fn whole(&self) -> &'t [u8] {
        self.text[self.whole.0..self.whole.1].trim_ascii()
    }

    /// From where to where the text of a column stands, if it has one.
    #[inline(always)]
    fn ends(&self, place: usize) -> Option<(usize, usize)> {
        match self.says.value(place) {
            Value::Text(from, to) => Some((from, to)),
            Value::Absent | Value::Null => None,
        }
    }
}

impl<'t, S: Says> Row<'t> for Line<'_, 't, S> {
    fn cell(&self, place: usize) -> Cell<'t> {
        match self.says.value(place) {
            Value::Absent => Cell::Absent,
            Value::Null => Cell::Null,
            Value::Text(from, to) => Cell::Text(row::text(&self.text[from..to])),
        }
    }

    #[inline(always)]
    fn bytes(&self, place: usize) -> Option<&'t [u8]> {
        self.ends(place).map(|(from, to)| &self.text[from..to])
    }

    #[inline(always)]
    fn short(&self, place: usize) -> Option<Short> {
        let (from, to) = self.ends(place)?;
        Short::within(self.text, from, to)
    }

    #[inline(always)]
    fn filled(&self, places: u64) -> u64 {
        self.says.filled() & places
    }

    fn line(&self) -> u32 {
        self.number
    }

    fn raw(&self) -> Vec<u8> {
        self.whole().to_vec()
    }

    fn column_of(&self, place: usize) -> u32 {
        column(self.columns, self.whole(), place)
    }
}

/// Reads lines that are flat objects.
struct Flat<'t> {
    columns: &'t [String],
    quotes: Quotes,
    /// The keys that were seen, and which one was the first of a line.
    keys: Vec<Key<'t>>,
    first: usize,
    /// What lines have said of each column, and the number of the last that did: it need not be forgotten for the next one.
    said: Vec<(u32, Value)>,
    /// The number of the line at hand, from 1.
    number: u32,
    filled: u64,
    /// All that it says, in its order.
    all: Vec<Said>,
}

impl Says for Flat<'_> {
    #[inline(always)]
    fn value(&self, column: usize) -> Value {
        let (line, value) = self.said[column];
        if line == self.number { value } else { Value::Absent }
    }

    #[inline(always)]
    fn filled(&self) -> u64 {
        self.filled
    }
}

/// A key as it is written, with the brace or the comma before it and the colon and the spaces behind it.
#[derive(Clone, Copy)]
struct Key<'t> {
    written: &'t [u8],
    /// The same as a number, and which of its bits count, where it is no longer than that.
    short: Option<(u128, u128)>,
    /// The column that it is, and the bit of that.
    column: Option<(usize, u64)>,
    /// The one that followed it last: it mostly does again.
    next: usize,
}

impl<'t> Key<'t> {
    fn new(written: &'t [u8], column: Option<(usize, u64)>) -> Key<'t> {
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
    fn new(columns: &'t [String]) -> Flat<'t> {
        let said = vec![(0, Value::Absent); columns.len()];
        Flat { columns, quotes: Quotes::default(), keys: Vec::new(), first: 0, said, number: 0, filled: 0, all: Vec::new() }
    }

    /// Reads the line that begins at a place, and gives where it ends; nothing if it is no flat object of plain values. What it says is noted
    /// where that is asked for.
    fn line(&mut self, bytes: &'t [u8], start: usize, (number, notes): (u32, bool)) -> Option<usize> {
        let mut at = behind_spaces(bytes, start);
        (self.number, self.filled) = (number, 0);
        self.all.clear();
        if bytes.get(at) != Some(&b'{') {
            return None;
        }
        let (mut before, mut likely) = (None, self.first);
        loop {
            let found = match self.keys.get(likely) {
                Some(key) if key.is_at(bytes, at) => likely,
                _ => self.other_key(bytes, at, before)?,
            };
            let key = &self.keys[found];
            (before, likely) = (Some(found), key.next);
            at += key.written.len();
            let column = key.column;
            let said = if bytes.get(at) == Some(&b'"') {
                let (from, to) = quoted(bytes, at, &mut self.quotes)?;
                at = to + 1;
                Said { column, value: Value::Text(from, to), from, to, is_quoted: true }
            } else {
                let from = at;
                Said { column, value: bare(bytes, &mut at)?, from, to: at, is_quoted: false }
            };
            if let Some((column, bit)) = column {
                self.filled |= if said.from == said.to { 0 } else { bit };
                self.said[column] = (number, said.value);
            }
            if notes {
                self.all.push(said);
            }
            let mut sign = *bytes.get(at)?;
            if sign == b' ' {
                at = behind_spaces(bytes, at);
                sign = *bytes.get(at)?;
            }
            match sign {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        at = behind_spaces(bytes, at + 1);
        (at == bytes.len() || bytes[at] == b'\n').then_some(at)
    }

    /// Finds the key at a place that is another than the one that followed last.
    fn other_key(&mut self, bytes: &'t [u8], at: usize, before: Option<usize>) -> Option<usize> {
        let found = match self.keys.iter().position(|key| key.is_at(bytes, at)) {
            Some(found) => found,
            None => self.new_key(bytes, at)?,
        };
        match before {
            Some(before) => self.keys[before].next = found,
            None => self.first = found,
        }
        Some(found)
    }

    #[cold]
    fn new_key(&mut self, bytes: &'t [u8], from: usize) -> Option<usize> {
        /// Objects have far fewer. Where keys are data, the JSON library reads them.
        const MOST: usize = 256;
        let quote = behind_spaces(bytes, from + 1);
        if bytes.get(quote) != Some(&b'"') {
            return None;
        }
        let (key, end) = quoted(bytes, quote, &mut self.quotes)?;
        let column = self.columns.iter().position(|column| column.as_bytes() == &bytes[key..end]).map(|at| (at, bit(at)));
        let mut at = behind_spaces(bytes, end + 1);
        if bytes.get(at) != Some(&b':') || self.keys.len() == MOST {
            return None;
        }
        at = behind_spaces(bytes, at + 1);
        self.keys.push(Key::new(&bytes[from..at], column));
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

/// Where a text without escapes begins and ends whose first quote stands at a place.
#[inline(always)]
fn quoted(bytes: &[u8], quote: usize, quotes: &mut Quotes) -> Option<(usize, usize)> {
    let end = quotes.next(bytes, quote + 1)?;
    (bytes.get(end) == Some(&b'"')).then_some((quote + 1, end))
}

fn object(line: &[u8]) -> Result<Map<String, Json>, (u32, String)> {
    if !row::is_text(line) {
        return Err((1, "text in UTF-8, or an `encoding \"…\"` in the source".into()));
    }
    match serde_json::from_slice(line) {
        Ok(Json::Object(object)) => Ok(object),
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
fn look_up<'v>(object: &'v Map<String, Json>, path: &str) -> Option<Found<'v>> {
    let value = match object.get(path) {
        Some(value) => value,
        None => {
            let (head, rest) = path.split_once('.')?;
            return look_up(object.get(head)?.as_object()?, rest);
        }
    };
    Some(match value {
        Json::Null => Found::Null,
        Json::String(text) => Found::Borrowed(text),
        Json::Bool(b) => Found::Made(b.to_string()),
        Json::Number(n) => Found::Made(n.to_string()),
        Json::Array(_) | Json::Object(_) => Found::Made(value.to_string()),
    })
}

fn paths(object: &Map<String, Json>, before: &str, names: &mut Vec<String>) {
    for (key, value) in object {
        let path = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
        if let Json::Object(inner) = value {
            paths(inner, &path, names);
        }
        if !names.contains(&path) {
            names.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::shape::Shapes;

    /// The lines differ from one that has been read in one sign, in the length of their last value, or in that they end before their end.
    #[test]
    fn lines_of_a_known_shape_say_what_the_json_library_reads_in_them() {
        let columns = ["time", "case", "score", "owner", "note"].map(String::from);
        let lines = [
            r#"{"time":"2026-03-02T09:00:00Z","case":"A1","score":86,"owner":"elena"}"#,
            r#"{ "time" : "2026-03-02T09:00:00Z" , "x": "", "case": "A1", "note": null, "owner": "" }"#,
            r#"{"case":"A1","owner":"elena","time":"2026-03-02T09:00:00Z","score":86}"#,
            r#"{"score":86,"case":"A1","owner":"","score":-7,"other":true,"note":null}"#,
            r#"{"owner":"B","note":false,"time":"2026-03-02T09:00:00Z","a key that is longer than sixteen bytes":"some text","case":"A1","score":1}"#,
        ];
        let mut found = 0;
        for line in lines {
            let within = line.rfind('"').unwrap();
            let longer = ["", "x", "longer", "9"].map(|more| [&line[..within], more, &line[within..]].concat().into_bytes());
            let others = (0..line.len()).flat_map(|at| {
                b"\"\\ {}[],:x07-n\t\n".iter().map(move |sign| {
                    let mut other = line.as_bytes().to_vec();
                    other[at] = *sign;
                    other
                })
            });
            let cut_off = (0..line.len()).map(|at| [&line[..at], "\""].concat().into_bytes());
            for other in others.chain(longer).chain(cut_off) {
                let text = [line.as_bytes(), b"\n", &other].concat();
                let (mut shapes, mut flat) = (Shapes::default(), Flat::new(&columns));
                assert_eq!(flat.line(&text, 0, (1, true)), Some(line.len()));
                shapes.add(&text, 0, columns.len(), &flat.all);
                let Some((at, end)) = shapes.find(&text, line.len() + 1) else { continue };
                let shown = String::from_utf8_lossy(&other);
                assert_eq!(end, text.len(), "{shown}");
                let read = object(&other).unwrap_or_else(|e| panic!("{shown}: {e:?}"));
                for (place, column) in columns.iter().enumerate() {
                    let said = match shapes.get(at).value(place) {
                        Value::Absent => None,
                        Value::Null => Some("null".to_string()),
                        Value::Text(from, to) => Some(String::from_utf8_lossy(&other[from..to]).into_owned()),
                    };
                    let expected = look_up(&read, column).map(|found| match found {
                        Found::Null => "null".to_string(),
                        Found::Borrowed(text) => text.to_string(),
                        Found::Made(text) => text,
                    });
                    assert_eq!(said, expected, "{column} of {shown}");
                    let is_filled = shapes.get(at).filled() & bit(place) != 0;
                    assert!(is_filled || expected.is_none_or(|text| text.is_empty()), "{column} of {shown}");
                }
                found += 1;
            }
        }
        assert!(found > 300, "{found}");
    }
}
