//! JSON Lines: an object a line; nested values by their dotted path.

use crate::log::Unreadable;
use crate::log::decode::{Cell, Decoder, Row};
use crate::log::input::Format;
use serde_json::{Map, Value};

/// So many objects show which columns a log has.
const SAMPLE: usize = 1000;

pub(super) fn read(decoder: &mut Decoder<'_>, name: &str, text: &[u8]) -> Result<(), Unreadable> {
    if text.trim_ascii_start().starts_with(b"[") {
        let unreadable = Unreadable::new(name, "this is a JSON array, and a log has an object on each line");
        return Err(unreadable.help("turn it into lines: `jq -c '.[]' log.json > log.jsonl`"));
    }
    let mut names: Vec<String> = Vec::new();
    for line in lines(text).take(SAMPLE) {
        if let Ok(Value::Object(object)) = serde_json::from_slice(line.1) {
            paths(&object, "", &mut names);
        }
    }
    if names.is_empty()
        && let Some((number, line)) = lines(text).next()
    {
        let (column, expected) = object(line).err().unwrap_or((1, "an object with keys".into()));
        return Err(Unreadable::new(name, format!("line {number}, column {column}: expected {expected}")));
    }
    let binding = decoder.bind(name, &names, true, Format::Jsonl)?;
    for (number, line) in lines(text) {
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
        let column_of = |i: usize| {
            let key = binding.columns[i].rsplit('.').next().unwrap_or_default();
            let at = String::from_utf8_lossy(line).find(&format!("\"{key}\"")).unwrap_or(0);
            at as u32 + 1
        };
        decoder.row(&binding, &Row { cells: &cells, line: number, raw: &|| line.to_vec(), column_of: &column_of });
    }
    Ok(())
}

/// Lines that hold something, with their numbers.
fn lines(text: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let trimmed = text.split(|b| *b == b'\n').map(|l| l.trim_ascii());
    trimmed.enumerate().filter(|(_, l)| !l.is_empty()).map(|(i, l)| (i as u32 + 1, l))
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
