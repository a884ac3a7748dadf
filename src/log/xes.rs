//! XES: traces of events. A trace's attributes are `case:…`, as process-mining tools name them. A piece of a log is some whole traces,
//! the first one with what stands before them.

use crate::log::Unreadable;
use crate::log::binding::Binding;
use crate::log::chunk::Chunks;
use crate::log::decode::Decoder;
use crate::log::row::{Cell, Listed};
use memchr::{memchr_iter, memmem};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::HashMap;

/// So many traces show which attributes a log has.
const SAMPLE: usize = 200;

/// What ends a trace, as all tools write it.
const END: &[u8] = b"</trace>";
/// Where no trace ends, whatever stands there.
const VERBATIM: [(&[u8], &[u8]); 2] = [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>")];

/// Where the last whole trace of a text ends.
pub(super) fn cut(text: &[u8]) -> Option<usize> {
    let mut before = text.len();
    loop {
        let end = memmem::rfind(&text[..before], END)? + END.len();
        let is_open = |(begin, end_of): (&[u8], &[u8])| {
            let from = memmem::rfind(&text[..end], begin)?;
            memmem::find(&text[from..end], end_of).is_none().then_some(from)
        };
        match VERBATIM.into_iter().filter_map(is_open).min() {
            Some(from) => before = from,
            None => return Some(end),
        }
    }
}

/// What a reader meets on its way.
enum Step {
    Event { attributes: HashMap<String, String>, start: usize, end: usize },
    Done,
}

/// The attributes that a log has, by its first traces.
pub(super) fn names(name: &str, chunks: &mut Chunks) -> Result<Vec<String>, Unreadable> {
    let is_sample = |text: &[u8]| memmem::find_iter(text, END).take(SAMPLE).count() == SAMPLE;
    let sample = chunks.peek(is_sample).map_err(|e| Unreadable::new(name, e.to_string()))?;
    // Of a log of fewer traces there is all of it.
    let end = if is_sample(sample) { cut(sample) } else { None };
    let mut names: Vec<String> = Vec::new();
    let mut traces = Traces::new(&sample[..end.unwrap_or(sample.len())]);
    while let Step::Event { attributes, .. } = traces.next(name)? {
        names.extend(attributes.into_keys());
        names.sort();
        names.dedup();
    }
    Ok(names)
}

pub(super) fn read(decoder: &mut Decoder<'_, '_>, binding: &Binding, name: &str, text: &[u8]) -> Result<(), Unreadable> {
    let mut traces = Traces::new(text);
    let (mut line, mut counted) = (1u32, 0);
    while let Step::Event { attributes, start, end } = traces.next(name)? {
        line += memchr_iter(b'\n', &text[counted..start]).count() as u32;
        counted = start;
        let cells: Vec<Cell<'_>> = binding.columns.iter().map(|c| attributes.get(c).map_or(Cell::Absent, |v| Cell::Text(v))).collect();
        decoder.row(binding, &Listed { cells: &cells, filled: u64::MAX, line, raw: &text[start..end], column_of: &|_| 1 });
    }
    decoder.batch.lines = memchr_iter(b'\n', text).count() as u32;
    Ok(())
}

/// The events of a piece of a log, each with the attributes of its trace.
struct Traces<'t> {
    reader: Reader<&'t [u8]>,
    /// How many elements are open, but for the log, which other pieces may begin and end.
    depth: usize,
    /// The attributes of the trace that is open, if one is.
    trace: Option<HashMap<String, String>>,
}

impl<'t> Traces<'t> {
    fn new(text: &'t [u8]) -> Traces<'t> {
        let mut reader = Reader::from_reader(text);
        // The log may have begun in another piece.
        reader.config_mut().allow_unmatched_ends = true;
        Traces { reader, depth: 0, trace: None }
    }

    fn next(&mut self, name: &str) -> Result<Step, Unreadable> {
        let broken = |why: String| Unreadable::new(name, format!("the file is not well-formed XML: {why}"));
        // The elements that are open below the log: a trace, an event, an attribute with attributes of its own.
        let mut event: Option<(HashMap<String, String>, usize)> = None;
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
                        "trace" if nested == 0 => self.trace = Some(HashMap::new()),
                        "event" if nested == 0 => event = Some((self.trace.clone().unwrap_or_default(), before)),
                        _ => {
                            if nested == 0
                                && let Some((key, value)) = attribute(tag)
                            {
                                match (&mut event, &mut self.trace) {
                                    (Some((attributes, _)), _) => {
                                        attributes.insert(key, value);
                                    }
                                    (None, Some(trace)) => {
                                        trace.insert(format!("case:{key}"), value);
                                    }
                                    (None, None) => {}
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
                            if let Some((attributes, start)) = event.take() {
                                return Ok(Step::Event { attributes, start, end: self.reader.buffer_position() as usize });
                            }
                        }
                        // What stands between traces is of none.
                        "trace" if nested == 0 => self.trace = None,
                        "log" | "extension" | "classifier" if nested == 0 => {}
                        _ => nested = nested.saturating_sub(1),
                    }
                }
                Event::Eof if self.depth > 0 => return Err(broken("it ends in the middle of a trace".into())),
                Event::Eof => return Ok(Step::Done),
                _ => {}
            }
        }
    }
}

fn attribute(tag: &BytesStart<'_>) -> Option<(String, String)> {
    let (mut key, mut value) = (None, None);
    for attribute in tag.attributes().flatten() {
        let text = || attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned);
        match attribute.key.as_ref() {
            "key" => key = text(),
            "value" => value = text(),
            _ => {}
        }
    }
    key.zip(value)
}
