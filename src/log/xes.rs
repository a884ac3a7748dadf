//! XES: traces of events. A trace's attributes are `case:…`, as process-mining tools name them.

use crate::log::Unreadable;
use crate::log::binding::Binding;
use crate::log::decode::Decoder;
use crate::log::row::{Cell, Listed};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::HashMap;

/// So many traces show which attributes a log has.
const SAMPLE: usize = 200;

/// What a reader meets on its way.
enum Step {
    Event { attributes: HashMap<String, String>, start: usize, end: usize },
    Done,
}

/// The attributes that a log has, by its first traces.
pub(super) fn names(name: &str, text: &[u8]) -> Result<Vec<String>, Unreadable> {
    let mut names: Vec<String> = Vec::new();
    let mut sample = Traces::new(text);
    while sample.traces <= SAMPLE {
        match sample.next(name)? {
            Step::Event { attributes, .. } => names.extend(attributes.into_keys()),
            Step::Done => break,
        }
        names.sort();
        names.dedup();
    }
    Ok(names)
}

pub(super) fn read(decoder: &mut Decoder<'_, '_>, binding: &Binding, name: &str, text: &[u8]) -> Result<(), Unreadable> {
    let mut traces = Traces::new(text);
    let (mut line, mut counted) = (1u32, 0);
    while let Step::Event { attributes, start, end } = traces.next(name)? {
        line += text[counted..start].iter().filter(|b| **b == b'\n').count() as u32;
        counted = start;
        let cells: Vec<Cell<'_>> = binding.columns.iter().map(|c| attributes.get(c).map_or(Cell::Absent, |v| Cell::Text(v))).collect();
        decoder.row(binding, &Listed { cells: &cells, filled: u64::MAX, line, raw: &text[start..end], column_of: &|_| 1 });
    }
    Ok(())
}

/// The events of a log, each with the attributes of its trace.
struct Traces<'t> {
    reader: Reader<&'t [u8]>,
    trace: HashMap<String, String>,
    traces: usize,
}

impl<'t> Traces<'t> {
    fn new(text: &'t [u8]) -> Traces<'t> {
        Traces { reader: Reader::from_reader(text), trace: HashMap::new(), traces: 0 }
    }

    fn next(&mut self, name: &str) -> Result<Step, Unreadable> {
        // The elements that are open below the log: a trace, an event, an attribute with attributes of its own.
        let mut event: Option<(HashMap<String, String>, usize)> = None;
        let mut nested = 0usize;
        loop {
            let before = self.reader.buffer_position() as usize;
            let token = self.reader.read_event().map_err(|e| Unreadable::new(name, format!("the file is not well-formed XML: {e}")))?;
            match &token {
                Event::Start(tag) | Event::Empty(tag) => {
                    let closed = matches!(token, Event::Empty(_));
                    match tag.name().as_ref() {
                        "log" | "extension" | "classifier" if nested == 0 => {}
                        "global" => nested += usize::from(!closed),
                        "trace" if nested == 0 => {
                            self.trace.clear();
                            self.traces += 1;
                        }
                        "event" if nested == 0 => event = Some((self.trace.clone(), before)),
                        _ => {
                            if nested == 0
                                && let Some((key, value)) = attribute(tag)
                            {
                                match &mut event {
                                    Some((attributes, _)) => {
                                        attributes.insert(key, value);
                                    }
                                    None if self.traces > 0 => {
                                        self.trace.insert(format!("case:{key}"), value);
                                    }
                                    None => {}
                                }
                            }
                            nested += usize::from(!closed);
                        }
                    }
                }
                Event::End(tag) => match tag.name().as_ref() {
                    "event" if nested == 0 => {
                        if let Some((attributes, start)) = event.take() {
                            return Ok(Step::Event { attributes, start, end: self.reader.buffer_position() as usize });
                        }
                    }
                    "log" | "trace" | "extension" | "classifier" if nested == 0 => {}
                    _ => nested = nested.saturating_sub(1),
                },
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
