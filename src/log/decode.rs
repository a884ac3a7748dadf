//! Rows of any format to events.

use crate::event::{Event, Origin, TextId, Value};
use crate::id::{CaseId, EventId, FieldId};
use crate::log::binding::{Binding, FieldBinding, Header, Shape, bind};
use crate::log::input::{self, Format};
use crate::log::values::{self, Context};
use crate::log::wide::Wide;
use crate::log::{Input, Log, LogFile, Options, Rejected, Unreadable, csv, jsonl, parquet, xes};
use crate::model::Owner;
use crate::plan::Plan;
use crate::quantity::Currency;
use crate::time::Instant;
use std::collections::{HashMap, HashSet};

/// A cell of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'r> {
    /// The row has no such column.
    Absent,
    /// It says that there is no value.
    Null,
    /// A text; an empty one says nothing.
    Text(&'r str),
}

/// A row: the cells of the binding's columns, and where it stands.
pub(super) struct Row<'r> {
    pub(super) cells: &'r [Cell<'r>],
    pub(super) line: u32,
    /// The row, verbatim: asked for only where it is rejected.
    pub(super) raw: &'r dyn Fn() -> Vec<u8>,
    /// Where the cell of a column begins, for a message.
    pub(super) column_of: &'r dyn Fn(usize) -> u32,
}

/// What is wrong with a row: which of the columns, what stood there, what should have.
pub(super) struct Fault {
    pub(super) column: usize,
    pub(super) value: String,
    pub(super) expected: String,
}

/// Reads files into one log.
pub(super) struct Decoder<'p> {
    pub(super) plan: &'p Plan,
    options: &'p Options,
    pub(super) log: Log,
    currency: Option<Currency>,
    /// Events by kind of case and name; without a case, those of the top level.
    events: HashMap<(Option<CaseId>, &'p str), EventId>,
    /// Rows that were taken, by source and id.
    ids: HashSet<(TextId, TextId)>,
    wide: Wide,
}

impl<'p> Decoder<'p> {
    pub(super) fn new(plan: &'p Plan, options: &'p Options) -> Result<Decoder<'p>, Unreadable> {
        let events = plan.events.enumerate().map(|(id, e)| ((e.case, e.name.as_str()), id)).collect();
        let currency = plan.agreements.iter().find_map(|a| a.currency);
        Ok(Decoder { plan, options, log: Log::default(), currency, events, ids: HashSet::new(), wide: Wide::default() })
    }

    pub(super) fn file(&mut self, input: Input) -> Result<(), Unreadable> {
        let Input { name, bytes } = input;
        self.log.files.push(LogFile { name: name.clone(), bytes: bytes.len() as u64, rows: 0 });
        let bytes = input::unpacked(&name, bytes)?;
        if input::format(&bytes) == Format::Parquet {
            return parquet::read(self, &name, bytes);
        }
        let named = self.options.source.as_deref().and_then(|n| self.plan.sources.iter().find(|s| s.name == n));
        let only = named.or_else(|| if self.plan.sources.len() == 1 { self.plan.sources.iter().next() } else { None });
        let text = input::decoded(&name, &bytes, only.and_then(|s| s.encoding.as_deref()))?;
        match input::format(&text) {
            Format::Csv | Format::Parquet => csv::read(self, &name, &text, only.and_then(|s| s.delimiter)),
            Format::Jsonl => jsonl::read(self, &name, &text),
            Format::Xes => xes::read(self, &name, &text),
        }
    }

    pub(super) fn bind(&self, file: &str, names: &[String], open: bool, format: Format) -> Result<Binding, Unreadable> {
        bind(self.plan, self.options.source.as_deref(), &Header { file, names, open, format })
    }

    /// Takes a row, or says why it cannot.
    pub(super) fn row(&mut self, binding: &Binding, row: &Row<'_>) {
        self.count_row();
        if let Err(fault) = self.accept(binding, row) {
            let column = (row.column_of)(fault.column);
            self.reject(row.line, column, fault.value, fault.expected, &(row.raw)());
        }
    }

    pub(super) fn count_row(&mut self) {
        if let Some(file) = self.log.files.last_mut() {
            file.rows += 1;
        }
    }

    pub(super) fn reject(&mut self, line: u32, column: u32, value: String, expected: String, raw: &[u8]) {
        let file = self.log.files.last().map(|f| f.name.clone()).unwrap_or_default();
        self.log.rejected.push(Rejected { file, line, column, value, expected, raw: raw.to_vec() });
    }

    fn accept(&mut self, binding: &Binding, row: &Row<'_>) -> Result<(), Fault> {
        let id = binding
            .id
            .and_then(|id| cell(binding, row, id))
            .map(|text| (self.log.texts.intern(&binding.source), self.log.texts.intern(text)));
        if id.is_some_and(|id| self.ids.contains(&id)) {
            return Ok(());
        }
        let origin = Origin { file: self.log.files.len() as u32 - 1, line: row.line };
        match &binding.shape {
            Shape::Long { .. } => self.long(binding, row, origin),
            Shape::Wide(_) => self.wide_row(binding, row, origin),
        }?;
        // A row that was rejected does not use up its id.
        self.ids.extend(id);
        Ok(())
    }

    /// The key of a row's case, and the kind of case that its column names.
    fn key<'r>(binding: &Binding, row: &Row<'r>) -> Result<Option<(&'r str, Option<CaseId>)>, Fault> {
        let mut said = binding.keys.iter().filter_map(|(column, case)| cell(binding, row, *column).map(|key| (*column, key, *case)));
        let first = said.next();
        if let Some((column, value, _)) = said.next() {
            return Err(Fault { column, value: value.to_string(), expected: "one case: this row names two".into() });
        }
        Ok(first.map(|(_, key, case)| (key, case)))
    }

    fn long(&mut self, binding: &Binding, row: &Row<'_>, origin: Origin) -> Result<(), Fault> {
        let Shape::Long { time, reader, event: columns, words } = &binding.shape else { return Ok(()) };
        let written = cell(binding, row, *time).unwrap_or("");
        let read = reader.read(written).map_err(|expected| Fault { column: *time, value: written.to_string(), expected })?;
        let key = Self::key(binding, row)?;
        let key_column = binding.keys.first().map_or(*time, |k| k.0);
        let word: Vec<&str> = columns.iter().map(|c| cell(binding, row, *c).unwrap_or("")).collect();
        let said = word.iter().any(|w| !w.is_empty());
        let owned: Vec<String> = word.iter().map(|w| w.to_string()).collect();
        let (mut found, mut implied) = (None, &[][..]);
        if said {
            if let Some((id, fields)) = words.get(&owned) {
                (found, implied) = (Some(*id), fields.as_slice());
            } else if let [word] = word.as_slice() {
                let named = self.event_named(key.map(|k| k.1), word.trim());
                found = named.map_err(|expected| Fault { column: columns[0], value: word.to_string(), expected })?;
            }
        }
        let of_case = found.and_then(|e| self.plan.events[e].case);
        let kind = match key {
            None if of_case.is_some() => {
                return Err(Fault { column: key_column, value: String::new(), expected: "the key of a case".into() });
            }
            None => None,
            Some((key, named)) => match named.or(of_case).or_else(|| self.only_case()) {
                Some(kind) if of_case.is_some_and(|c| c != kind) => {
                    let expected = format!("an event of a {}", self.plan.cases[kind].name);
                    return Err(Fault { column: columns.first().copied().unwrap_or(*time), value: owned.join(" / "), expected });
                }
                Some(kind) => Some(kind),
                None => {
                    let names: Vec<String> = self.plan.cases.iter().map(|c| format!("`{}`", c.name)).collect();
                    let expected = format!("a column that says which kind of case this is: {}", names.join(", "));
                    return Err(Fault { column: key_column, value: key.to_string(), expected });
                }
            },
        };
        if said && found.is_none() {
            let name = owned.join(" / ");
            let known = binding.ignore.contains(&name);
            if self.options.deny_unknown_events && !known {
                let column = columns.first().copied().unwrap_or(*time);
                return Err(Fault {
                    column,
                    value: name,
                    expected: "an event of the vocabulary, or a name that the source says to `ignore`".into(),
                });
            }
        }
        let mut own: Vec<(FieldId, Value)> = Vec::new();
        for (field, scalar) in implied {
            own.extend(values::fixed(scalar, &self.log.texts).map(|v| (*field, v)));
        }
        let fields = self.fields(binding, row, kind, found, &mut own)?;
        if said && found.is_none() {
            let name = owned.join(" / ");
            if !binding.ignore.contains(&name) {
                self.log.unknown.insert(name.clone());
            }
            *self.log.ignored.entry(name).or_default() += 1;
        }
        self.log.ambiguous += u64::from(read.ambiguous);
        self.seen(read.time);
        let case = key.zip(kind).map(|((key, _), kind)| (kind, key));
        // An event of the top level happens to no case; what its row says of one still holds.
        let top = found.filter(|e| self.plan.events[*e].case.is_none());
        if case.is_none() || top.is_none() {
            self.log.events.push(Event { time: read.time, case, event: found, fields: &fields, own: &own, origin });
            return Ok(());
        }
        if !fields.is_empty() {
            self.log.events.push(Event { time: read.time, case, event: None, fields: &fields, own: &[], origin });
        }
        self.log.events.push(Event { time: read.time, case: None, event: top, fields: &[], own: &own, origin });
        Ok(())
    }

    pub(super) fn seen(&mut self, time: Instant) {
        self.log.latest = Some(self.log.latest.map_or(time, |t| t.max(time)));
    }

    /// The event of a name: of the kind of case that the key's column names, of the one kind that has it, or of the top
    /// level. `key` is nothing where the row names no case.
    fn event_named(&self, key: Option<Option<CaseId>>, name: &str) -> Result<Option<EventId>, String> {
        let of_case = |case: CaseId| self.events.get(&(Some(case), name)).copied();
        let top = self.events.get(&(None, name)).copied();
        match key {
            None => Ok(top.or_else(|| self.plan.cases.ids().find_map(of_case))),
            Some(Some(case)) => Ok(of_case(case).or(top)),
            Some(None) => {
                let mut having = self.plan.cases.ids().filter_map(of_case);
                match (having.next(), having.next()) {
                    (Some(_), Some(_)) => Err("an event of one kind of case: several have this one".into()),
                    (found, _) => Ok(found.or(top)),
                }
            }
        }
    }

    fn only_case(&self) -> Option<CaseId> {
        if self.plan.cases.len() == 1 { self.plan.cases.ids().next() } else { None }
    }

    /// The fields of a row: the event's own go to `own`, the case's are given back.
    fn fields(
        &mut self,
        binding: &Binding,
        row: &Row<'_>,
        kind: Option<CaseId>,
        event: Option<EventId>,
        own: &mut Vec<(FieldId, Value)>,
    ) -> Result<Vec<(FieldId, Option<Value>)>, Fault> {
        let mut fields = Vec::new();
        for column in &binding.fields {
            let own_field = event.and_then(|e| column.of_events.iter().find(|(of, _)| *of == e)).map(|(_, f)| *f);
            let case_field =
                column.of_case.iter().copied().find(|f| matches!(self.plan.fields[*f].owner, Owner::Case(c) if Some(c) == kind));
            let Some(field) = own_field.or(case_field) else { continue };
            let value = match row.cells[column.column] {
                Cell::Absent => continue,
                Cell::Null => None,
                Cell::Text(text) if text.is_empty() || binding.missing.iter().any(|m| m == text) => {
                    if !binding.empty_clears {
                        continue;
                    }
                    None
                }
                Cell::Text(text) => self.value(column, field, text)?,
            };
            match (own_field, value) {
                (Some(field), Some(value)) if !own.iter().any(|(f, _)| *f == field) => own.push((field, value)),
                (Some(_), _) => {}
                (None, value) => fields.push((field, value)),
            }
        }
        Ok(fields)
    }

    fn value(&mut self, column: &FieldBinding, field: FieldId, text: &str) -> Result<Option<Value>, Fault> {
        if let Some(mapped) = column.values.get(text) {
            return Ok(mapped.as_ref().and_then(|s| values::fixed(s, &self.log.texts)));
        }
        let context = Context { times: &column.times, date_format: column.date_format.as_deref(), currency: self.currency };
        let ty = &self.plan.fields[field].ty;
        let value = values::value(ty, text, &context, &self.log.texts);
        value.map(Some).map_err(|expected| {
            let name = &self.plan.fields[field].name;
            // Where the source maps words, those are what the log is expected to hold.
            let mut mapped: Vec<&String> = column.values.keys().collect();
            mapped.sort();
            let near = crate::diagnostic::nearest(text, mapped.iter().map(|m| m.as_str()));
            let expected = match (near, mapped.as_slice()) {
                (_, []) => expected,
                (Some(near), _) => format!("a word that the source maps: `{near}`?"),
                (None, words) => format!("a word that the source maps: {}", crate::diagnostic::one_of(words.iter().map(|w| w.as_str()))),
            };
            Fault { column: column.column, value: text.to_string(), expected: format!("{expected} for `{name}`") }
        })
    }

    fn wide_row(&mut self, binding: &Binding, row: &Row<'_>, origin: Origin) -> Result<(), Fault> {
        let Shape::Wide(milestones) = &binding.shape else { return Ok(()) };
        let column = binding.keys.first().map_or(0, |k| k.0);
        let no_key = || Fault { column, value: String::new(), expected: "the key of a case".into() };
        let (key, case) = Self::key(binding, row)?.ok_or_else(no_key)?;
        let kind = case.or_else(|| milestones.iter().find_map(|(e, ..)| self.plan.events[*e].case)).ok_or_else(no_key)?;
        let mut reached = Vec::new();
        for (position, (event, column, reader)) in milestones.iter().enumerate() {
            let Some(written) = cell(binding, row, *column) else { continue };
            let read = reader.read(written).map_err(|expected| Fault { column: *column, value: written.to_string(), expected })?;
            self.log.ambiguous += u64::from(read.ambiguous);
            let mut own = Vec::new();
            self.fields(binding, row, None, Some(*event), &mut own)?;
            reached.push((position, *event, read.time, own));
        }
        let fields = self.fields(binding, row, Some(kind), None, &mut Vec::new())?;
        for (_, _, time, _) in &reached {
            self.seen(*time);
        }
        self.wide.add((kind, key), fields, reached, origin);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Log {
        let wide = std::mem::take(&mut self.wide);
        let mut lifelong = wide.finish(self.plan, &mut self.log);
        // Rows of a file were read in their order, and the sort keeps it.
        self.log.events.sort();
        // What a wide row says of a case holds from the case's first event on, whatever file that is of.
        if !lifelong.is_empty() {
            let mut events = crate::event::Events::default();
            for event in self.log.events.iter() {
                let mut fields = event.case.and_then(|(kind, key)| lifelong.remove(&(kind, Box::from(key)))).unwrap_or_default();
                fields.extend_from_slice(event.fields);
                events.push(Event { fields: &fields, ..event });
            }
            self.log.events = events;
        }
        self.log
    }
}

/// The text of a cell that says something.
fn cell<'r>(binding: &Binding, row: &Row<'r>, column: usize) -> Option<&'r str> {
    match row.cells[column] {
        Cell::Text(text) if !text.is_empty() && !binding.missing.iter().any(|m| m == text) => Some(text),
        _ => None,
    }
}
