//! A source held against a log's columns: which column is read for what.

use crate::event::KeyRef;
use crate::id::{CaseId, EventId, FieldId};
use crate::log::Unreadable;
use crate::log::input::Format;
use crate::log::times::TimeReader;
use crate::model::{Owner, TimeForm};
use crate::plan::{Plan, Scalar, Source};
use std::collections::HashMap;

/// Where a log's columns are found, and what they stand for. Columns are numbered in the order of [`Binding::columns`].
pub(super) struct Binding {
    /// The columns that are read, as the log names them.
    pub(super) columns: Vec<String>,
    /// Where each of them stands in a row, if rows have it.
    pub(super) places: Vec<Option<usize>>,
    /// Columns of keys, each with the kind of case that the source or its name gives away.
    pub(super) keys: Vec<(usize, Option<CaseId>)>,
    pub(super) shape: Shape,
    pub(super) fields: Vec<FieldBinding>,
    pub(super) id: Option<usize>,
    /// The source's name: ids are told apart within it.
    pub(super) source: String,
    pub(super) missing: Vec<String>,
    pub(super) empty_clears: bool,
    pub(super) ignore: Vec<String>,
    /// Where rows are understood most easily, if they are such.
    pub(super) usual: Option<Usual>,
}

/// The places of a long log's rows in which one says when, one of which case, and some, if any, what.
pub(super) struct Usual {
    pub(super) time: usize,
    pub(super) reader: TimeReader,
    pub(super) words: Vec<usize>,
    pub(super) key: usize,
    /// The kind of case that the key's column gives away.
    pub(super) kind: Option<CaseId>,
}

impl Usual {
    fn of(binding: &Binding) -> Option<Usual> {
        let Shape::Long { time, reader, event, .. } = &binding.shape else { return None };
        let [(key, kind)] = binding.keys.as_slice() else { return None };
        let words = event.iter().map(|word| binding.places[*word]).collect::<Option<_>>()?;
        Some(Usual { time: binding.places[*time]?, reader: reader.clone(), words, key: binding.places[*key]?, kind: *kind })
    }
}

impl Binding {
    /// Says where each column stands in a row.
    pub(super) fn seat(&mut self, places: Vec<Option<usize>>) {
        self.places = places;
        self.usual = Usual::of(self);
    }

    /// Whether what is written says that there is nothing.
    #[inline(always)]
    pub(super) fn is_missing(&self, written: &[u8]) -> bool {
        !self.missing.is_empty() && self.missing.iter().any(|missing| missing.as_bytes() == written)
    }

    /// Whether a key names nothing.
    #[inline(always)]
    pub(super) fn is_no_key(&self, key: &KeyRef<'_>) -> bool {
        key.is_empty() || !self.missing.is_empty() && self.is_missing(key.bytes())
    }

    /// Whether a column says when, what, of which case, or which row: it is read whatever clauses ask for.
    pub(super) fn is_structural(&self, column: usize) -> bool {
        self.is_time(column) || self.is_name(column)
    }

    /// Who reads the times of a column that says when, and nothing else, if there is only one.
    pub(super) fn time_alone(&self, column: usize) -> Option<&TimeReader> {
        let is_alone = !self.is_name(column) && self.fields.iter().all(|f| f.column != column);
        match &self.shape {
            _ if !is_alone => None,
            Shape::Long { time, reader, .. } => (*time == column).then_some(reader),
            Shape::Wide(milestones) => {
                let mut readers = milestones.iter().filter(|(_, c, _)| *c == column).map(|(.., reader)| reader);
                readers.next().filter(|_| readers.next().is_none())
            }
        }
    }

    fn is_time(&self, column: usize) -> bool {
        match &self.shape {
            Shape::Long { time, .. } => *time == column,
            Shape::Wide(milestones) => milestones.iter().any(|(_, c, _)| *c == column),
        }
    }

    /// Whether a column names an event, a case or a row.
    fn is_name(&self, column: usize) -> bool {
        let is_event = matches!(&self.shape, Shape::Long { event, .. } if event.contains(&column));
        is_event || self.id == Some(column) || self.keys.iter().any(|(c, _)| *c == column)
    }
}

/// What words of a log stand for: an event, and what they say of its own fields.
pub(super) type Meant = (EventId, Vec<(FieldId, Scalar)>);

/// Long or wide.
pub(super) enum Shape {
    /// A row per event.
    Long {
        time: usize,
        reader: TimeReader,
        /// The columns that make the event; none where rows only update fields.
        event: Vec<usize>,
        words: HashMap<Vec<String>, Meant>,
    },
    /// A row per case, a column per milestone.
    Wide(Vec<(EventId, usize, TimeReader)>),
}

/// A column of a field.
pub(super) struct FieldBinding {
    pub(super) column: usize,
    /// The case's field, if it has one of that name.
    pub(super) of_case: Vec<FieldId>,
    /// Fields of events of that name.
    pub(super) of_events: Vec<(EventId, FieldId)>,
    pub(super) times: TimeReader,
    pub(super) date_format: Option<String>,
    pub(super) values: HashMap<String, Option<Scalar>>,
}

/// The columns that a log was seen to have.
pub(super) struct Header<'h> {
    pub(super) file: &'h str,
    pub(super) names: &'h [String],
    /// Those of them whose type says that they hold instants or dates: the form of a text is not theirs.
    pub(super) dated: &'h [String],
    /// Whether a column may be missing from what was seen and still come later.
    pub(super) open: bool,
    pub(super) format: Format,
}

impl Header<'_> {
    /// The column of this name: to the letter, else but for case and blanks around, where only one is.
    fn find(&self, wanted: &str) -> Option<&String> {
        if let Some(exact) = self.names.iter().find(|n| *n == wanted) {
            return Some(exact);
        }
        let alike = |n: &&String| n.trim().eq_ignore_ascii_case(wanted.trim());
        let mut near = self.names.iter().filter(alike);
        near.next().filter(|_| near.next().is_none())
    }
}

/// Chooses the source that fits, and binds it.
pub(super) fn bind(plan: &Plan, named: Option<&str>, header: &Header<'_>) -> Result<Binding, Unreadable> {
    let sources: Vec<&Source> = plan.sources.iter().filter(|s| named.is_none_or(|n| s.name == n)).collect();
    if let (Some(name), true) = (named, sources.is_empty()) {
        let known: Vec<&str> = plan.sources.iter().map(|s| s.name.as_str()).collect();
        let help = if known.is_empty() { "the spec has no sources".into() } else { format!("the spec has {}", known.join(", ")) };
        return Err(Unreadable { file: None, message: format!("there is no source `{name}`"), help: Some(help) });
    }
    let bound: Vec<Result<Binding, Unreadable>> = sources.iter().map(|s| Binder::new(plan, header).source(s)).collect();
    let fitting = bound.iter().filter(|b| b.is_ok()).count();
    if fitting > 1 {
        let names: Vec<&str> = sources.iter().zip(&bound).filter(|(_, b)| b.is_ok()).map(|(s, _)| s.name.as_str()).collect();
        let unreadable = Unreadable::new(header.file, format!("the columns fit several sources: {}", names.join(", ")));
        return Err(unreadable.help(format!("say which: `--source {}`", names[0])));
    }
    if fitting == 0 && named.is_none() {
        let plain = Binder::new(plan, header).plain();
        // A log that speaks the vocabulary itself needs no source; where there is none, its own failure says most.
        if plain.is_ok() || sources.is_empty() {
            return plain;
        }
    }
    let mut failures = Vec::new();
    for one in bound {
        match one {
            Ok(binding) => return Ok(binding),
            Err(failure) => failures.push(failure),
        }
    }
    // With several sources the one that lacks least is most likely meant; they stand in the order of the spec.
    Err(failures.swap_remove(0))
}

struct Binder<'a> {
    plan: &'a Plan,
    header: &'a Header<'a>,
    columns: Vec<String>,
    lacking: Vec<String>,
}

impl<'a> Binder<'a> {
    fn new(plan: &'a Plan, header: &'a Header<'a>) -> Self {
        Binder { plan, header, columns: Vec::new(), lacking: Vec::new() }
    }

    fn column(&mut self, wanted: &str, optional: bool) -> usize {
        let name = match self.header.find(wanted) {
            Some(found) => found.clone(),
            None => {
                if !(optional && self.header.open) {
                    self.lacking.push(wanted.to_string());
                }
                wanted.to_string()
            }
        };
        self.columns.iter().position(|c| *c == name).unwrap_or_else(|| {
            self.columns.push(name);
            self.columns.len() - 1
        })
    }

    fn source(mut self, source: &Source) -> Result<Binding, Unreadable> {
        let keys: Vec<(usize, Option<CaseId>)> = match &source.case {
            Some((case, column)) => vec![(self.column(column, false), Some(*case))],
            None => self.plain_keys(),
        };
        let shape = if source.milestones.is_empty() {
            let (column, form) = match &source.time {
                Some((column, form)) => (column.clone(), form.clone()),
                None => (self.plain_time(), TimeForm::default()),
            };
            let time = self.column(&column, false);
            let event: Vec<usize> = source.event_columns.iter().map(|c| self.column(c, false)).collect();
            let words = source.events.iter().map(|m| (m.words.clone(), (m.event, m.fields.clone()))).collect();
            Shape::Long { time, reader: self.reader(time, &form), event, words }
        } else {
            let milestones = source.milestones.iter().map(|m| {
                let column = self.column(&m.column, true);
                (m.event, column, self.reader(column, &m.form))
            });
            Shape::Wide(milestones.collect())
        };
        let id = source.id.as_ref().map(|c| self.column(c, false));
        let mut fields = Vec::new();
        let mut named: Vec<FieldId> = Vec::new();
        for mapping in &source.fields {
            let column = self.column(&mapping.column, true);
            named.extend(&mapping.fields);
            let values = mapping.values.iter().cloned().collect();
            fields.push(self.field(column, &mapping.fields, &mapping.form, values));
        }
        let case = source.case.as_ref().map(|c| c.0);
        self.plain_fields(case, &named, &mut fields);
        self.finish(Binding {
            columns: Vec::new(),
            places: Vec::new(),
            keys,
            shape,
            fields,
            id,
            source: source.name.clone(),
            missing: source.missing.clone(),
            empty_clears: source.empty_clears,
            ignore: source.ignore.clone(),
            usual: None,
        })
    }

    /// Without a source: `time`, `event`, `case` and the fields by their names.
    fn plain(mut self) -> Result<Binding, Unreadable> {
        let time = self.plain_time();
        let time = self.column(&time, false);
        let event = if self.header.format == Format::Xes { "concept:name" } else { "event" };
        let event = vec![self.column(event, false)];
        let mut keys = self.plain_keys();
        if keys.is_empty() && !self.plan.cases.is_empty() {
            keys.push((self.column("case", false), None));
        }
        let case = if let [(_, case)] = keys.as_slice() { *case } else { None };
        let mut fields = Vec::new();
        self.plain_fields(case, &[], &mut fields);
        let reader = self.reader(time, &TimeForm::default());
        self.finish(Binding {
            columns: Vec::new(),
            places: Vec::new(),
            keys,
            shape: Shape::Long { time, reader, event, words: HashMap::new() },
            fields,
            id: None,
            source: String::new(),
            missing: Vec::new(),
            empty_clears: false,
            ignore: Vec::new(),
            usual: None,
        })
    }

    /// How the times and dates of a column are written.
    fn form(&self, column: usize, of_texts: &TimeForm) -> TimeForm {
        let is_dated = self.header.dated.contains(&self.columns[column]);
        TimeForm { format: of_texts.format.clone().filter(|_| !is_dated), zone: of_texts.zone.clone() }
    }

    fn reader(&self, column: usize, of_texts: &TimeForm) -> TimeReader {
        TimeReader::new(&self.form(column, of_texts))
    }

    fn plain_time(&self) -> String {
        if self.header.format == Format::Xes {
            return "time:timestamp".into();
        }
        let names = ["time", "ts", "timestamp"];
        names.iter().find(|n| self.header.find(n).is_some()).unwrap_or(&"time").to_string()
    }

    /// The columns of keys: one for each kind of case that the log names, or one for all.
    fn plain_keys(&mut self) -> Vec<(usize, Option<CaseId>)> {
        if self.header.format == Format::Xes {
            return vec![(self.column("case:concept:name", false), self.plan.only_case())];
        }
        let mut keys = Vec::new();
        for (id, case) in self.plan.cases.enumerate() {
            let names = [format!("{}_id", case.name), case.name.clone()];
            if let Some(name) = names.iter().find(|n| self.header.find(n).is_some()) {
                keys.push((self.column(name, false), Some(id)));
            }
        }
        if keys.is_empty()
            && let Some(name) = ["case", "case_id"].into_iter().find(|n| self.header.find(n).is_some())
        {
            keys.push((self.column(name, false), self.plan.only_case()));
        }
        keys
    }

    /// Fields that nothing maps are the columns of their own names.
    fn plain_fields(&mut self, case: Option<CaseId>, mapped: &[FieldId], fields: &mut Vec<FieldBinding>) {
        let mut names: Vec<&str> = Vec::new();
        for field in self.plan.fields.iter().filter(|f| !f.calculated) {
            if !names.contains(&field.name.as_str()) {
                names.push(&field.name);
            }
        }
        for name in names {
            let meant = |owner: Owner| match (owner, case) {
                (_, None) => true,
                (Owner::Case(kind), Some(case)) => kind == case,
                (Owner::Event(event), case) => self.plan.events[event].case.is_none() || self.plan.events[event].case == case,
            };
            let ids: Vec<FieldId> = self
                .plan
                .fields
                .enumerate()
                .filter(|(id, f)| f.name == name && !f.calculated && meant(f.owner) && !mapped.contains(id))
                .map(|(id, _)| id)
                .collect();
            if ids.is_empty() || (self.header.find(name).is_none() && !self.header.open) {
                continue;
            }
            // A column that stands for something else already is no field, whatever its name.
            let known = self.columns.len();
            let column = self.column(name, true);
            if column < known {
                continue;
            }
            fields.push(self.field(column, &ids, &TimeForm::default(), HashMap::new()));
        }
    }

    fn field(&self, column: usize, ids: &[FieldId], form: &TimeForm, values: HashMap<String, Option<Scalar>>) -> FieldBinding {
        let (mut of_case, mut of_events) = (Vec::new(), Vec::new());
        for id in ids {
            match self.plan.fields[*id].owner {
                Owner::Case(_) => of_case.push(*id),
                Owner::Event(event) => of_events.push((event, *id)),
            }
        }
        let form = self.form(column, form);
        FieldBinding { column, of_case, of_events, times: TimeReader::new(&form), date_format: form.format, values }
    }

    fn finish(self, mut binding: Binding) -> Result<Binding, Unreadable> {
        if let Some(first) = self.lacking.first() {
            let list = self.lacking.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
            let noun = if self.lacking.len() == 1 { "column" } else { "columns" };
            let unreadable = Unreadable::new(self.header.file, format!("the log has no {noun} {list}"));
            let near = crate::diagnostic::nearest(first, self.header.names.iter().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{near}`? A `source` in the spec names the log's columns"),
                None => {
                    let known: Vec<String> = self.header.names.iter().take(20).map(|n| format!("`{n}`")).collect();
                    let more = if self.header.names.len() > 20 { " …" } else { "" };
                    format!("it has {}{more}; a `source` in the spec says which of them stands for what", known.join(", "))
                }
            };
            return Err(unreadable.help(help));
        }
        let places = (0..self.columns.len()).map(Some).collect();
        binding.columns = self.columns;
        binding.seat(places);
        Ok(binding)
    }
}
