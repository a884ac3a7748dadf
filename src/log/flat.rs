//! Lines of JSON read as they stand: objects in objects down to what is read, beside which there may be any values.

use crate::log::literal::{bare, behind_spaces, key, skip, text, unescape};
use crate::log::marks::{Quotes, bit};
use crate::log::shape::{Said, Says, Value};
use serde_json::Value as Json;

/// Reads lines as they stand.
pub(super) struct Flat<'t> {
    columns: &'t [String],
    quotes: Quotes,
    /// The keys that were seen, and the objects that hold some of which something is read; the first of these is the line itself.
    keys: Vec<Key<'t>>,
    objects: Vec<Object>,
    /// Those that are open around the place at hand, from outside, each with the key that it is the value of.
    open: Vec<(usize, usize)>,
    /// What lines have said of each column, and the number of the last that did: it need not be forgotten for the next one.
    said: Vec<(u32, Value)>,
    /// The number of the line at hand, from 1.
    number: u32,
    filled: u64,
    unescaped: Vec<u8>,
    /// All that it says, in its order; nothing where one of its values is not plain.
    pub(super) all: Vec<Said>,
}

impl Says for Flat<'_> {
    #[inline(always)]
    fn value(&self, column: usize) -> Value {
        let (line, value) = self.said[column];
        if line == self.number { value } else { Value::Absent }
    }

    fn unescaped(&self) -> &[u8] {
        &self.unescaped
    }

    #[inline(always)]
    fn filled(&self) -> u64 {
        self.filled
    }
}

/// An object inside of which something is read, wherever it stands in a line.
struct Object {
    /// What the columns in it begin with: its path, and a dot.
    path: String,
    /// The key that was its first one last.
    first: usize,
    /// The number of the last line that had its key.
    number: u32,
}

/// A key as it is written, with the brace or the comma before it and the colon and the spaces behind it.
#[derive(Clone, Copy)]
struct Key<'t> {
    written: &'t [u8],
    /// The same as a number, and which of its bits count, where it is no longer than that.
    short: Option<(u128, u128)>,
    /// The object that it stands in.
    inside: usize,
    /// The column that it is, and the bit of that.
    column: Option<(usize, u64)>,
    /// The object that it has for its value, if something inside of that is read.
    object: Option<usize>,
    /// The one that followed it last: it mostly does again.
    next: usize,
}

impl<'t> Key<'t> {
    fn new(written: &'t [u8], inside: usize, column: Option<(usize, u64)>, object: Option<usize>) -> Key<'t> {
        let mut first = [0; 16];
        let short = first.get_mut(..written.len()).map(|first| first.copy_from_slice(written));
        let short = short.map(|()| (u128::from_le_bytes(first), u128::MAX >> (8 * (16 - written.len()))));
        Key { written, short, inside, column, object, next: 0 }
    }

    /// Whether it stands at a place in an object.
    #[inline(always)]
    fn is_at(&self, bytes: &[u8], at: usize, inside: usize) -> bool {
        let rest = &bytes[at..];
        let is_written = match (self.short, rest.first_chunk()) {
            (Some((short, mask)), Some(first)) => u128::from_le_bytes(*first) & mask == short,
            _ => rest.starts_with(self.written),
        };
        is_written && self.inside == inside
    }
}

impl<'t> Flat<'t> {
    pub(super) fn new(columns: &'t [String]) -> Flat<'t> {
        Flat {
            columns,
            quotes: Quotes::default(),
            keys: Vec::new(),
            objects: vec![Object { path: String::new(), first: 0, number: 0 }],
            open: Vec::new(),
            said: vec![(0, Value::Absent); columns.len()],
            number: 0,
            filled: 0,
            unescaped: Vec::new(),
            all: Vec::new(),
        }
    }

    /// Reads the line that begins at a place, and gives where its line break is; nothing where the library has to read it. What it says is noted
    /// where that is asked for.
    pub(super) fn line(&mut self, bytes: &'t [u8], start: usize, (number, mut notes): (u32, bool)) -> Option<usize> {
        let mut at = behind_spaces(bytes, start);
        (self.number, self.filled) = (number, 0);
        self.all.clear();
        self.unescaped.clear();
        self.open.clear();
        if bytes.get(at) != Some(&b'{') {
            return None;
        }
        let (mut inside, mut before, mut likely) = (0, None, self.objects[0].first);
        loop {
            let found = match self.keys.get(likely) {
                Some(key) if key.is_at(bytes, at, inside) => likely,
                _ => self.other_key(bytes, at, (inside, before))?,
            };
            let Key { written, column, object, next, .. } = self.keys[found];
            (before, likely) = (Some(found), next);
            at += written.len();
            if bytes.get(at) == Some(&b' ') {
                // The same key with fewer spaces behind it was known.
                at = behind_spaces(bytes, at);
            }
            if let Some(object) = object {
                let is_first = std::mem::replace(&mut self.objects[object].number, number) != number;
                let is_object = bytes.get(at) == Some(&b'{');
                // Where a key stands twice, the library says which one counts; and behind other blanks an object might stand.
                if !is_first || is_object && column.is_some() || matches!(bytes.get(at), Some(b'\t' | b'\r')) {
                    return None;
                }
                if is_object && bytes.get(behind_spaces(bytes, at + 1)) != Some(&b'}') {
                    self.open.push((inside, found));
                    (inside, before, likely) = (object, None, self.objects[object].first);
                    continue;
                }
            }
            at = self.value(bytes, at, column, &mut notes)?;
            loop {
                let mut sign = *bytes.get(at)?;
                if sign == b' ' {
                    at = behind_spaces(bytes, at);
                    sign = *bytes.get(at)?;
                }
                at = match sign {
                    b',' => break,
                    b'}' => at + 1,
                    _ => return None,
                };
                let Some((outside, key)) = self.open.pop() else { return end_of_line(bytes, behind_spaces(bytes, at)) };
                (inside, before, likely) = (outside, Some(key), self.keys[key].next);
            }
        }
    }

    /// Takes the value that stands at a place, and gives where it ends.
    #[inline(always)]
    fn value(&mut self, bytes: &[u8], at: usize, column: Option<(usize, u64)>, notes: &mut bool) -> Option<usize> {
        let (value, to, is_quoted) = match bytes.get(at)? {
            b'"' => match text(bytes, at, &mut self.quotes)? {
                (to, false) => (Value::Text(at + 1, to), to, true),
                (to, true) => {
                    *notes = false;
                    (self.unescape(bytes, (at + 1, to), column), to, true)
                }
            },
            b'{' | b'[' => return self.nested(bytes, at, column, notes),
            _ => {
                let mut to = at;
                match bare(bytes, &mut to) {
                    Some(value) => (value, to, false),
                    None => {
                        *notes = false;
                        let (value, to) = by_library(bytes, at, column.is_some())?;
                        (value, to, false)
                    }
                }
            }
        };
        let from = at + usize::from(is_quoted);
        if let Some((column, bit)) = column {
            if self.said[column].0 == self.number {
                return None;
            }
            self.filled |= if from == to { 0 } else { bit };
            self.said[column] = (self.number, value);
        }
        if *notes {
            self.all.push(Said { column, value, from, to, is_quoted });
        }
        Some(to + usize::from(is_quoted))
    }

    /// What a text says in which escapes stand, if it is read.
    #[inline(never)]
    fn unescape(&mut self, bytes: &[u8], (from, to): (usize, usize), column: Option<(usize, u64)>) -> Value {
        if column.is_none() {
            return Value::Text(from, to);
        }
        let begin = self.unescaped.len();
        unescape(&bytes[from..to], &mut self.unescaped);
        Value::Unescaped(begin, self.unescaped.len())
    }

    /// Passes over an object or a list, and gives where it ends; nothing where it is read as a whole.
    #[inline(never)]
    fn nested(&mut self, bytes: &[u8], at: usize, column: Option<(usize, u64)>, notes: &mut bool) -> Option<usize> {
        if column.is_some() {
            return None;
        }
        let Flat { quotes, all, .. } = self;
        let known = all.len();
        let mut give = |from, to, is_quoted| {
            if *notes {
                all.push(Said { column: None, value: Value::Text(from, to), from, to, is_quoted });
            }
        };
        let end = skip(bytes, at, (quotes, 0), &mut give).or_else(|| {
            *notes = false;
            Some(by_library(bytes, at, false)?.1)
        })?;
        let holds_escape = |said: &Said| said.is_quoted && memchr::memchr(b'\\', &bytes[said.from..said.to]).is_some();
        *notes = *notes && !self.all[known..].iter().any(holds_escape);
        Some(end)
    }

    /// Finds the key at a place that is another than the one that followed last.
    fn other_key(&mut self, bytes: &'t [u8], at: usize, (inside, before): (usize, Option<usize>)) -> Option<usize> {
        let found = match self.keys.iter().position(|key| key.is_at(bytes, at, inside)) {
            Some(found) => found,
            None => self.new_key(bytes, at, inside)?,
        };
        match before {
            Some(before) => self.keys[before].next = found,
            None => self.objects[inside].first = found,
        }
        Some(found)
    }

    #[cold]
    fn new_key(&mut self, bytes: &'t [u8], from: usize, inside: usize) -> Option<usize> {
        /// Objects have far fewer. Where keys are data, the JSON library reads them.
        const MOST: usize = 256;
        let quote = behind_spaces(bytes, from + 1);
        let (end, colon) = key(bytes, quote, &mut self.quotes)?;
        if self.keys.len() == MOST {
            return None;
        }
        let name: String = serde_json::from_slice(&bytes[quote..end]).ok()?;
        let path = format!("{}{name}", self.objects[inside].path);
        let column = self.columns.iter().position(|column| *column == path).map(|at| (at, bit(at)));
        // A path is parted at its dots: a key that holds one leads nowhere.
        let path = path + ".";
        let leads_on = !name.contains('.') && self.columns.iter().any(|column| column.starts_with(&path));
        let object = leads_on.then(|| match self.objects.iter().position(|object| object.path == path) {
            Some(known) => known,
            None => {
                self.objects.push(Object { path, first: 0, number: 0 });
                self.objects.len() - 1
            }
        });
        let at = behind_spaces(bytes, colon);
        self.keys.push(Key::new(&bytes[from..at], inside, column, object));
        Some(self.keys.len() - 1)
    }
}

/// Where a line's break is, if nothing else stands at a place behind its object.
fn end_of_line(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes[at..] {
        [] | [b'\n', ..] => Some(at),
        [b'\r', b'\n', ..] => Some(at + 1),
        _ => None,
    }
}

/// The value that stands at a place, as the JSON library reads it, and where it ends; nothing where it is none, or is read and does not stand
/// there as it is.
#[inline(never)]
fn by_library(bytes: &[u8], from: usize, is_read: bool) -> Option<(Value, usize)> {
    let mut values = serde_json::Deserializer::from_slice(&bytes[from..]).into_iter();
    let value: Json = values.next()?.ok()?;
    let to = from + values.byte_offset();
    let stands = !is_read || matches!(&value, Json::Number(number) if number.to_string().as_bytes() == &bytes[from..to]);
    // A line ends with its object.
    let is_within = memchr::memchr(b'\n', &bytes[from..to]).is_none();
    (stands && is_within).then_some((Value::Text(from, to), to))
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
    fn as_it_stands(says: &impl Says, place: usize, line: &[u8]) -> Option<String> {
        let text = |bytes: &[u8]| Some(String::from_utf8_lossy(bytes).into_owned());
        match says.value(place) {
            Value::Absent => None,
            Value::Null => text(b"null"),
            Value::Text(from, to) => text(&line[from..to]),
            Value::Unescaped(from, to) => text(&says.unescaped()[from..to]),
        }
    }

    /// The lines differ from one that has been read in one sign, in the length of their last value, or in that they end before their end.
    #[test]
    fn lines_of_a_known_shape_say_what_the_json_library_reads_in_them() {
        let columns = ["time", "case", "score", "owner", "note", "by.name"].map(String::from);
        let lines = [
            r#"{"time":"2026-03-02T09:00:00Z","case":"A1","score":86,"owner":"elena"}"#,
            r#"{ "time" : "2026-03-02T09:00:00Z" , "x": "", "case": "A1", "note": null, "owner": "" }"#,
            r#"{"case":"A1","owner":"elena","time":"2026-03-02T09:00:00Z","score":86}"#,
            r#"{"rank":86,"case":"A1","owner":"","score":-7,"other":true,"note":null}"#,
            r#"{"owner":"B","note":false,"time":"2026-03-02T09:00:00Z","a key that is longer than sixteen bytes":"some text","case":"A1","score":1}"#,
            r#"{"by":{"id":7,"name":"Kim"},"tags":["a",{"b":[1.5,2]}],"score":-0.25,"case":"A1","x":{}}"#,
            r#"{"case":"A1","by":{"other":[],"name":"Kim"}}"#,
            r#"{"case":"A1","tags":[{"by":1,"name":"x"},[true]]}"#,
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
                    assert_eq!(as_it_stands(shapes.get(at), place, &other), expected, "{column} of {shown}");
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
        let columns = ["case", "score", "of.team", "of.a.b"].map(String::from);
        let lines = [
            r#"{"text":"a \"b\" \u00e9\n","case":"A1","score":-1.5,"list":["x",{"y":[]}],"of":{"team":"x"}}"#,
            r#"{"number":1.50e3,"case":"A1","score":12345678901234567890,"an":{"of":{"team":"y"}},"flag":true}"#,
            r#"{"score":86.0,"case":"A1","last":{"a":"}","b":[1,2]}}"#,
            r#"{"score":0.1,"case":"A\u0031","last":"\\"}"#,
            r#"{"of":{"x":{"team":"z"},"team":"\ud83d\ude00 \u00e9\n\/","a":{"b":1}},"a":{"b":2},"score":-0.25}"#,
            r#"{"of.team":"x","of":{"team":"y"},"case":"A1","last":"\udc00"}"#,
            r#"{"of":{"team":"x"},"of":{"a":{"b":1.50}},"score":1e2,"last":"\ud83dx"}"#,
            r#"{ "of" : null , "case" : "A1" , "list" : [ 1 , "x" , { "y" : [ ] } ] , "of.a" : { "b" : 1 } }"#,
            r#"{"of":{"a.b":"x","a":null,"c":[0.00001,-0,1.0,0.10]},"score":0.0001,"ca\u0073e":"A1"}"#,
            r#"{"of":{},"case":{"team":1},"score":[1],"of":{"a":[]}}"#,
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
                // The line before has the same keys, mostly.
                let text = [line.as_bytes(), b"\r\n", &other].concat();
                flat.line(&text, 0, (1, true));
                if flat.line(&text, line.len() + 2, (2, true)) != Some(text.len()) {
                    continue;
                }
                let shown = String::from_utf8_lossy(&other);
                let read = object(&other).unwrap_or_else(|e| panic!("{shown}: {e:?}"));
                for (place, column) in columns.iter().enumerate() {
                    assert_eq!(as_it_stands(&flat, place, &text), by_library(&read, column), "{column} of {shown}");
                }
                stood += 1;
            }
        }
        assert!(stood > 300, "{stood}");
    }

    #[test]
    fn a_key_may_have_more_spaces_behind_it_than_in_the_line_before() {
        let columns = ["of.team", "case"].map(String::from);
        let lines = [r#"{"of":{"team":"x"},"case":1}"#, r#"{"of":  {"team":   "y"},"case": 22}"#, "{\"of\":\t{}}"];
        let text = lines.join("\n").into_bytes();
        let mut flat = Flat::new(&columns);
        assert_eq!(flat.line(&text, 0, (1, false)), Some(lines[0].len()));
        assert_eq!(flat.line(&text, lines[0].len() + 1, (2, false)), Some(text.len() - lines[2].len() - 1));
        assert_eq!(as_it_stands(&flat, 0, &text).as_deref(), Some("y"));
        assert_eq!(as_it_stands(&flat, 1, &text).as_deref(), Some("22"));
        assert_eq!(flat.line(&text, text.len() - lines[2].len(), (3, false)), None);
    }
}
