//! JSON Lines: an object a line; nested values by their dotted path.
//!
//! Most lines hold usual values, and are read as they stand. Any other value goes through the JSON library, which has the last word on what
//! is JSON; so does a whole line where such a value is read.

use crate::event::Short;
use crate::log::Unreadable;
use crate::log::binding::Binding;
use crate::log::chunk::Chunks;
use crate::log::decode::Decoder;
use crate::log::flat::Flat;
use crate::log::row::{self, Cell, Listed, Row};
use crate::log::shape::{Says, Value};
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
fn flat_row(decoder: &mut Decoder<'_, '_>, binding: &Binding, line: &Line<'_, Flat<'_>>) {
    decoder.row(binding, line);
}

/// Where a key stands in a line, from 1.
fn column(columns: &[String], line: &[u8], place: usize) -> u32 {
    let key = columns[place].rsplit('.').next().unwrap_or_default();
    String::from_utf8_lossy(line).find(&format!("\"{key}\"")).unwrap_or(0) as u32 + 1
}

/// A line as it stands in a text.
struct Line<'r, S> {
    /// In UTF-8; the places of values are counted in it.
    text: &'r [u8],
    says: &'r S,
    columns: &'r [String],
    number: u32,
    /// From where to where it stands.
    whole: (usize, usize),
}

impl<'r, S: Says> Line<'r, S> {
    fn whole(&self) -> &'r [u8] {
        self.text[self.whole.0..self.whole.1].trim_ascii()
    }
}

impl<'r, S: Says> Row<'r> for Line<'r, S> {
    fn cell(&self, place: usize) -> Cell<'r> {
        match self.says.value(place) {
            Value::Absent => Cell::Absent,
            Value::Null => Cell::Null,
            Value::Text(from, to) => Cell::Text(row::text(&self.text[from..to])),
            Value::Unescaped(from, to) => Cell::Text(row::text(&self.says.unescaped()[from..to])),
        }
    }

    #[inline(always)]
    fn bytes(&self, place: usize) -> Option<&'r [u8]> {
        match self.says.value(place) {
            Value::Text(from, to) => Some(&self.text[from..to]),
            Value::Unescaped(from, to) => Some(&self.says.unescaped()[from..to]),
            Value::Absent | Value::Null => None,
        }
    }

    #[inline(always)]
    fn short(&self, place: usize) -> Option<Short> {
        match self.says.value(place) {
            Value::Text(from, to) => Short::within(self.text, from, to),
            Value::Unescaped(from, to) => Short::of(&self.says.unescaped()[from..to]),
            Value::Absent | Value::Null => None,
        }
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

pub(super) fn object(line: &[u8]) -> Result<Map<String, Json>, (u32, String)> {
    if !row::is_text(line) {
        return Err((1, "text in UTF-8, or an `encoding \"…\"` in the source".into()));
    }
    match serde_json::from_slice(line) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err((1, "a JSON object on each line".into())),
        Err(e) => Err((e.column() as u32, "a JSON object on one line".into())),
    }
}

pub(super) enum Found<'v> {
    Null,
    Borrowed(&'v str),
    Made(String),
}

/// The value at a path; a key that itself holds dots is found first.
pub(super) fn look_up<'v>(object: &'v Map<String, Json>, path: &str) -> Option<Found<'v>> {
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
