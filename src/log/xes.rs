//! XES: traces of events. A trace's attributes are `case:…`, as process-mining tools name them. A piece of a log is some whole traces,
//! the first one with what stands before them.

use crate::log::Unreadable;
use crate::log::binding::Binding;
use crate::log::chunk::Chunks;
use crate::log::decode::Decoder;
use crate::log::row::{Cell, Listed};
use memchr::{memchr_iter, memmem};
use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// So many traces show which attributes a log has.
const SAMPLE: usize = 200;

/// What ends a trace, as all tools write it.
const END: &[u8] = b"</trace>";
/// What the keys of a trace's attributes are given.
const OF_TRACE: &str = "case:";
/// Where no trace ends, whatever stands there.
const VERBATIM: [(&[u8], &[u8]); 2] = [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>")];

/// Where the last whole trace of a text ends.
pub(super) fn cut(text: &[u8]) -> Option<usize> {
    let mut before = text.len();
    // Most logs hold nothing verbatim, which is found out more quickly from their beginnings than from their ends.
    let verbatim = if memmem::find(text, b"<!").is_some() { &VERBATIM[..] } else { &[] };
    loop {
        let end = memmem::rfind(&text[..before], END)? + END.len();
        let is_open = |(begin, end_of): &(&[u8], &[u8])| {
            let from = memmem::rfind(&text[..end], begin)?;
            memmem::find(&text[from..end], end_of).is_none().then_some(from)
        };
        match verbatim.iter().filter_map(is_open).min() {
            Some(from) => before = from,
            None => return Some(end),
        }
    }
}

/// Attributes of an event or a trace, in the columns in which something asks for them.
#[derive(Default)]
struct Attributes {
    /// One behind another.
    text: String,
    /// From where to where that of each column stands, if there is one.
    places: Vec<Option<Range<usize>>>,
}

impl Attributes {
    fn clear(&mut self) {
        self.text.clear();
        self.places.clear();
    }

    /// Becomes the same as others, in the memory that it has.
    fn copy(&mut self, others: &Attributes) {
        self.text.clone_from(&others.text);
        self.places.clone_from(&others.places);
    }

    fn put(&mut self, column: usize, value: &str) {
        let from = self.text.len();
        self.text.push_str(value);
        self.places.resize(self.places.len().max(column + 1), None);
        self.places[column] = Some(from..self.text.len());
    }

    fn get(&self, column: usize) -> Option<&str> {
        self.places.get(column)?.clone().map(|place| &self.text[place])
    }
}

/// Whose attribute something is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Event,
    Trace,
}

/// The attributes that a log has, by its first traces.
pub(super) fn names(name: &str, chunks: &mut Chunks) -> Result<Vec<String>, Unreadable> {
    let is_sample = |text: &[u8]| memmem::find_iter(text, END).take(SAMPLE).count() == SAMPLE;
    let sample = chunks.peek(is_sample).map_err(|e| Unreadable::new(name, e.to_string()))?;
    // Of a log of fewer traces there is all of it.
    let end = if is_sample(sample) { cut(sample) } else { None };
    let mut names = BTreeSet::new();
    let mut traces = Traces::new(&sample[..end.unwrap_or(sample.len())], |of, key| {
        names.insert(if of == Of::Trace { format!("{OF_TRACE}{key}") } else { key.to_string() });
        None
    });
    while traces.next(name)?.is_some() {}
    Ok(names.into_iter().collect())
}

pub(super) fn read(decoder: &mut Decoder<'_, '_>, binding: &Binding, name: &str, text: &[u8]) -> Result<(), Unreadable> {
    let mut traces = Traces::new(text, |of, key| {
        let is_it = |column: &String| match of {
            Of::Event => column == key,
            Of::Trace => column.strip_prefix(OF_TRACE) == Some(key),
        };
        binding.columns.iter().position(is_it)
    });
    let (mut line, mut counted) = (1u32, 0);
    while let Some(Range { start, end }) = traces.next(name)? {
        line += memchr_iter(b'\n', &text[counted..start]).count() as u32;
        counted = start;
        let cell = |column| traces.event.get(column).map_or(Cell::Absent, Cell::Text);
        let cells: SmallVec<[Cell<'_>; 16]> = (0..binding.columns.len()).map(cell).collect();
        decoder.row(binding, &Listed { cells: &cells, filled: u64::MAX, line, raw: &text[start..end], column_of: &|_| 1 });
    }
    decoder.batch.lines = memchr_iter(b'\n', text).count() as u32;
    Ok(())
}

/// The events of a piece of a log, each with the attributes of its trace.
struct Traces<'t, F> {
    reader: Reader<&'t [u8]>,
    /// In which column an attribute of a key is wanted, if in one.
    column: F,
    /// How many elements are open, but for the log, which other pieces may begin and end.
    depth: usize,
    /// Whether a trace is open, and its attributes.
    is_in_trace: bool,
    trace: Attributes,
    /// Those of the event that was met last, and of its trace.
    event: Attributes,
}

impl<'t, F: FnMut(Of, &str) -> Option<usize>> Traces<'t, F> {
    fn new(text: &'t [u8], column: F) -> Traces<'t, F> {
        let mut reader = Reader::from_reader(text);
        // The log may have begun in another piece.
        reader.config_mut().allow_unmatched_ends = true;
        Traces { reader, column, depth: 0, is_in_trace: false, trace: Attributes::default(), event: Attributes::default() }
    }

    /// Goes on to the next event: from where to where it stands.
    fn next(&mut self, name: &str) -> Result<Option<Range<usize>>, Unreadable> {
        let broken = |why: String| Unreadable::new(name, format!("the file is not well-formed XML: {why}"));
        // The elements that are open below the log: a trace, an event, an attribute with attributes of its own.
        let mut event: Option<usize> = None;
        let mut nested = 0usize;
        loop {
            let before = self.reader.buffer_position() as usize;
            let token = self.reader.read_event().map_err(|e| broken(e.to_string()))?;
            match &token {
                Event::Start(tag) | Event::Empty(tag) => {
                    let closed = matches!(token, Event::Empty(_));
                    self.depth += usize::from(!closed && tag.name().as_ref() != "log");
                    match tag.name().as_ref() {
                        "log" | "extension" | "classifier" if nested == 0 => {}
                        "global" => nested += usize::from(!closed),
                        "trace" if nested == 0 => {
                            self.is_in_trace = true;
                            self.trace.clear();
                        }
                        "event" if nested == 0 => {
                            event = Some(before);
                            self.event.copy(&self.trace);
                        }
                        _ => {
                            let of = if event.is_some() { Some(Of::Event) } else { self.is_in_trace.then_some(Of::Trace) };
                            if let Some(of) = of.filter(|_| nested == 0)
                                && let Some((key, value)) = attribute(tag)
                                && let Some(column) = (self.column)(of, &key)
                            {
                                match of {
                                    Of::Event => self.event.put(column, &value),
                                    Of::Trace => self.trace.put(column, &value),
                                }
                            }
                            nested += usize::from(!closed);
                        }
                    }
                }
                Event::End(tag) => {
                    if tag.name().as_ref() != "log" {
                        let ends_nothing = || broken(format!("`</{}>` ends nothing", tag.name().as_ref()));
                        self.depth = self.depth.checked_sub(1).ok_or_else(ends_nothing)?;
                    }
                    match tag.name().as_ref() {
                        "event" if nested == 0 => {
                            if let Some(start) = event.take() {
                                return Ok(Some(start..self.reader.buffer_position() as usize));
                            }
                        }
                        // What stands between traces is of none.
                        "trace" if nested == 0 => {
                            self.is_in_trace = false;
                            self.trace.clear();
                        }
                        "log" | "extension" | "classifier" if nested == 0 => {}
                        _ => nested = nested.saturating_sub(1),
                    }
                }
                Event::Eof if self.depth > 0 => return Err(broken("it ends in the middle of a trace".into())),
                Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }
}

/// The key and the value of an attribute.
fn attribute<'t>(tag: &'t BytesStart<'_>) -> Option<(Cow<'t, str>, Cow<'t, str>)> {
    let (mut key, mut value) = (None, None);
    for attribute in tag.attributes().flatten() {
        match attribute.key.as_ref() {
            "key" => key = text(attribute),
            "value" => value = text(attribute),
            _ => {}
        }
    }
    key.zip(value)
}

/// What an attribute of XML says. Most stand as they are: without references, and without blanks that mean another.
fn text(attribute: Attribute<'_>) -> Option<Cow<'_, str>> {
    if attribute.value.bytes().all(|byte| byte >= b' ' && byte != b'&') {
        return Some(attribute.value);
    }
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(|text| Cow::Owned(text.into_owned()))
}
