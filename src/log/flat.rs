//! Lines of JSON in which all that is read stands as it is: plain texts and whole numbers, beside which there may be any values.

use crate::log::marks::{Quotes, bit};
use crate::log::shape::{Said, Says, Value, bare};
use serde_json::Value as Json;

/// Reads lines in which all that is read stands as it is.
pub(super) struct Flat<'t> {
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
    /// All that it says, in its order; nothing where one of its values is not plain.
    pub(super) all: Vec<Said>,
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
    /// Something inside of its value is a column.
    holds_column: bool,
    /// The one that followed it last: it mostly does again.
    next: usize,
}

impl<'t> Key<'t> {
    fn new(written: &'t [u8], column: Option<(usize, u64)>, holds_column: bool) -> Key<'t> {
        let mut first = [0; 16];
        let short = first.get_mut(..written.len()).map(|first| first.copy_from_slice(written));
        let short = short.map(|()| (u128::from_le_bytes(first), u128::MAX >> (8 * (16 - written.len()))));
        Key { written, short, column, holds_column, next: 0 }
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
    pub(super) fn new(columns: &'t [String]) -> Flat<'t> {
        let said = vec![(0, Value::Absent); columns.len()];
        Flat { columns, quotes: Quotes::default(), keys: Vec::new(), first: 0, said, number: 0, filled: 0, all: Vec::new() }
    }

    /// Reads the line that begins at a place, and gives where it ends; nothing if something that is read does not stand in it as it is. What it
    /// says is noted where that is asked for.
    pub(super) fn line(&mut self, bytes: &'t [u8], start: usize, (number, mut notes): (u32, bool)) -> Option<usize> {
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
            let said = match plain_value(bytes, at, key, &mut self.quotes) {
                Some(said) => said,
                None => {
                    notes = false;
                    self.all.clear();
                    any_value(bytes, at, key)?
                }
            };
            at = said.to + usize::from(said.is_quoted);
            if let Some((column, bit)) = said.column {
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
        let key = &bytes[key..end];
        let column = self.columns.iter().position(|column| column.as_bytes() == key).map(|at| (at, bit(at)));
        let is_inside = |column: &String| column.as_bytes().strip_prefix(key).is_some_and(|rest| rest.starts_with(b"."));
        let holds_column = self.columns.iter().any(is_inside);
        let mut at = behind_spaces(bytes, end + 1);
        if bytes.get(at) != Some(&b':') || self.keys.len() == MOST {
            return None;
        }
        at = behind_spaces(bytes, at + 1);
        self.keys.push(Key::new(&bytes[from..at], column, holds_column));
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

/// The value that stands at a place, if it is a plain one.
#[inline(always)]
fn plain_value(bytes: &[u8], at: usize, key: &Key<'_>, quotes: &mut Quotes) -> Option<Said> {
    let column = key.column;
    if bytes.get(at) == Some(&b'"') {
        let (from, to) = quoted(bytes, at, quotes)?;
        return Some(Said { column, value: Value::Text(from, to), from, to, is_quoted: true });
    }
    let mut to = at;
    let value = bare(bytes, &mut to)?;
    Some(Said { column, value, from: at, to, is_quoted: false })
}

/// The value that stands at a place, as the JSON library reads it; nothing where it is none, or something of it is read that does not stand
/// there as it is.
#[inline(never)]
fn any_value(bytes: &[u8], from: usize, key: &Key<'_>) -> Option<Said> {
    let mut values = serde_json::Deserializer::from_slice(&bytes[from..]).into_iter();
    let value: Json = values.next()?.ok()?;
    let to = from + values.byte_offset();
    let stands = match (&value, key.column) {
        (Json::Object(_), _) if key.holds_column => false,
        (_, None) => true,
        (Json::Number(number), Some(_)) => number.to_string().as_bytes() == &bytes[from..to],
        (_, Some(_)) => false,
    };
    // A line ends with its object.
    let is_within = memchr::memchr(b'\n', &bytes[from..to]).is_none();
    (stands && is_within).then_some(Said { column: key.column, value: Value::Text(from, to), from, to, is_quoted: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::jsonl::{Found, look_up, object};
    use crate::log::shape::Shapes;
    use serde_json::Map;

    /// What the library reads in a column of a line.
    fn by_library(read: &Map<String, Json>, column: &str) -> Option<String> {
        look_up(read, column).map(|found| match found {
            Found::Null => "null".to_string(),
            Found::Borrowed(text) => text.to_string(),
            Found::Made(text) => text,
        })
    }

    /// What was found to stand in it.
    fn as_it_stands(value: Value, line: &[u8]) -> Option<String> {
        match value {
            Value::Absent => None,
            Value::Null => Some("null".to_string()),
            Value::Text(from, to) => Some(String::from_utf8_lossy(&line[from..to]).into_owned()),
        }
    }

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
                    let expected = by_library(&read, column);
                    assert_eq!(as_it_stands(shapes.get(at).value(place), &other), expected, "{column} of {shown}");
                    let is_filled = shapes.get(at).filled() & bit(place) != 0;
                    assert!(is_filled || expected.is_none_or(|text| text.is_empty()), "{column} of {shown}");
                }
                found += 1;
            }
        }
        assert!(found > 300, "{found}");
    }

    /// Texts with escapes, numbers of any form, lists and objects, and what differs from them in one sign: what is read of a line as it stands
    /// is what the library reads in it.
    #[test]
    fn a_line_may_hold_any_values_beside_those_that_are_read() {
        let columns = ["case", "score", "of.team"].map(String::from);
        let lines = [
            r#"{"text":"a \"b\" \u00e9\n","case":"A1","score":-1.5,"list":["x",{"y":[]}],"of":{"team":"x"}}"#,
            r#"{"number":1.50e3,"case":"A1","score":12345678901234567890,"an":{"of":{"team":"y"}},"flag":true}"#,
            r#"{"score":86.0,"case":"A1","last":{"a":"}","b":[1,2]}}"#,
            r#"{"score":0.1,"case":"A\u0031","last":"\\"}"#,
        ];
        let mut stood = 0;
        for line in lines {
            let others = (0..line.len()).flat_map(|at| {
                b"\"\\ {}[],:x0.e-un\t\n".iter().map(move |sign| {
                    let mut other = line.as_bytes().to_vec();
                    other[at] = *sign;
                    other
                })
            });
            for other in others.chain([line.as_bytes().to_vec()]) {
                let mut flat = Flat::new(&columns);
                if flat.line(&other, 0, (1, true)) != Some(other.len()) {
                    continue;
                }
                let shown = String::from_utf8_lossy(&other);
                let read = object(&other).unwrap_or_else(|e| panic!("{shown}: {e:?}"));
                for (place, column) in columns.iter().enumerate() {
                    assert_eq!(as_it_stands(flat.value(place), &other), by_library(&read, column), "{column} of {shown}");
                }
                stood += 1;
            }
        }
        assert!(stood > 300, "{stood}");
    }
}
