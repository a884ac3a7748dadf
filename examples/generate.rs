//! Writes a log that an agreement can judge, so that anybody can size his own: the vocabulary gives the shape.
//!
//! ```sh
//! cargo run --release --example generate -- specs/helpdesk/helpdesk.sla --cases 100000 > log.csv
//! ```
//!
//! Each case begins somewhere in the term and goes through its events in their order, some of them left out, at gaps from minutes
//! to days; fields have values of their types. A spec's first `source` with an event column gives the names of columns and the
//! words for events; without one they are called as in the spec. The same call writes the same bytes.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use sla::ast::Item;
use sla::diagnostic::Finding;
use sla::id::{CaseId, EventId, FieldId};
use sla::model::{Model, Source, Type};
use sla::source::SourceMap;
use sla::time::{Local, Zone};
use sla::{ast, check, syntax};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

#[path = "shared/dice.rs"]
mod dice;
use dice::Dice;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (spec, cases) = match arguments.as_slice() {
        [spec] => (spec, 1_000),
        [spec, flag, n] if flag == "--cases" => (spec, n.replace('_', "").parse()?),
        _ => return Err("write: generate SPEC [--cases N]".into()),
    };
    let model = model(Path::new(spec))?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    write(&model, cases, &mut out)?;
    Ok(out.flush()?)
}

/// The spec with its imports and the files beside it, which must have no errors.
fn model(spec: &Path) -> Result<Model, Box<dyn Error>> {
    let (mut sources, mut files, mut next, mut seen) = (SourceMap::default(), Vec::new(), vec![spec.to_path_buf()], Vec::<PathBuf>::new());
    while let Some(path) = next.pop() {
        if seen.contains(&path) {
            continue;
        }
        let id = sources.add(path.display().to_string(), std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?);
        let (mut file, findings) = syntax::parse(&sources, id);
        refuse(&findings)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let read = |name: &ast::Text| std::fs::read_to_string(folder.join(&name.text)).map_err(|e| e.to_string());
        file.beside = file.named_files().into_iter().map(|name| (name.span, read(name))).collect();
        next.extend(file.items.iter().filter_map(|i| if let Item::Import(name) = i { Some(folder.join(&name.text)) } else { None }));
        // What is imported stands before what imports it.
        files.insert(0, file);
        seen.push(path);
    }
    let (model, findings) = check::check(&files);
    refuse(&findings)?;
    Ok(model)
}

fn refuse(findings: &[Finding]) -> Result<(), Box<dyn Error>> {
    match findings.iter().find(|f| f.is_error()) {
        Some(error) => Err(format!("the spec has errors, the first is: {}", error.message).into()),
        None => Ok(()),
    }
}

/// What happens, before it is put in order.
struct Happening {
    at: DateTime<Utc>,
    case: usize,
    /// Nothing where only fields change.
    event: Option<EventId>,
    first: bool,
}

/// So often the fields of a case change whose log has no events.
const CHANGES: usize = 6;

fn write(model: &Model, cases: usize, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let source = model.sources.iter().find(|s| s.time.is_some() && s.case.is_some());
    let kinds: Vec<CaseId> = match source.and_then(|s| s.case.as_ref()) {
        Some((kind, _)) => vec![*kind],
        None => model.cases.ids().collect(),
    };
    if kinds.is_empty() {
        return Err("the spec has no kind of case".into());
    }
    let columns = Columns::new(model, source, &kinds);
    let (from, days) = term(model)?;
    let mut dice = Dice(cases as u64);
    let mut log = Vec::new();
    for case in 0..cases {
        let kind = kinds[case % kinds.len()];
        let known = model.cases[kind].events.iter().copied().filter(|e| columns.words(model, *e).is_some());
        let mut events: Vec<Option<EventId>> = known.map(Some).collect();
        if events.is_empty() {
            events = vec![None; CHANGES];
        }
        let mut at = from + TimeDelta::seconds(dice.below(days * 86_400) as i64);
        for (i, event) in events.into_iter().enumerate() {
            if i == 0 || dice.below(4) > 0 {
                log.push(Happening { at, case, event, first: i == 0 });
            }
            // A minute to some three days, more often soon than late.
            at += TimeDelta::seconds(60 << dice.below(13));
        }
    }
    log.sort_by_key(|h| (h.at, h.case));
    let mut table = csv::Writer::from_writer(out);
    table.write_record(&columns.names)?;
    for (i, happening) in log.iter().enumerate() {
        let kind = kinds[happening.case % kinds.len()];
        let mut row = columns.row(model, kind, happening, &mut dice);
        if let Some(at) = columns.id {
            row[at] = i.to_string();
        }
        table.write_record(row)?;
    }
    Ok(table.flush()?)
}

/// The first day of the first agreement and how long it lasts, a year at most.
fn term(model: &Model) -> Result<(DateTime<Utc>, u64), Box<dyn Error>> {
    let agreement = model.agreements.iter().next().ok_or("the spec has no agreement")?;
    let last = agreement.to.unwrap_or(agreement.from + Days::new(364)).min(agreement.from + Days::new(364));
    Ok((agreement.from.and_hms_opt(0, 0, 0).ok_or("no midnight")?.and_utc(), (last - agreement.from).num_days() as u64 + 1))
}

/// Which column holds what.
struct Columns<'m> {
    source: Option<&'m Source>,
    names: Vec<String>,
    keys: Vec<(CaseId, usize)>,
    fields: Vec<(FieldId, usize)>,
    /// Tells rows apart.
    id: Option<usize>,
}

impl<'m> Columns<'m> {
    fn new(model: &'m Model, source: Option<&'m Source>, kinds: &[CaseId]) -> Columns<'m> {
        let mut columns = Columns { source, names: Vec::new(), keys: Vec::new(), fields: Vec::new(), id: None };
        let time = source.and_then(|s| s.time.as_ref()).map_or("time", |(column, _)| column);
        columns.column(time);
        for event in source.map_or(&["event".to_string()][..], |s| &s.event_columns) {
            columns.column(event);
        }
        for kind in kinds {
            let key = source.and_then(|s| s.case.as_ref()).map_or(model.cases[*kind].name.as_str(), |(_, column)| column);
            let at = columns.column(key);
            columns.keys.push((*kind, at));
            let case = &model.cases[*kind];
            let own = case.events.iter().flat_map(|e| &model.events[*e].fields);
            for field in case.fields.iter().chain(own).filter(|f| !model.fields[**f].calculated) {
                let column = match source {
                    Some(source) => source.fields.iter().find(|c| c.fields.contains(field)).map(|c| c.column.as_str()),
                    None => Some(model.fields[*field].name.as_str()),
                };
                if let Some(column) = column {
                    let at = columns.column(column);
                    columns.fields.push((*field, at));
                }
            }
        }
        // A source asks for all of its columns, of other kinds of cases too.
        for other in source.into_iter().flat_map(|s| &s.fields) {
            columns.column(&other.column);
        }
        columns.id = source.and_then(|s| s.id.as_ref()).map(|id| columns.column(id));
        columns
    }

    fn column(&mut self, name: &str) -> usize {
        self.names.iter().position(|n| n == name).unwrap_or_else(|| {
            self.names.push(name.to_string());
            self.names.len() - 1
        })
    }

    /// The log's words for an event, and what they say of its fields.
    fn words(&self, model: &Model, event: EventId) -> Option<Vec<String>> {
        match self.source {
            Some(source) => source.events.iter().find(|m| m.event == event).map(|m| m.words.clone()),
            None => Some(vec![model.events[event].name.clone()]),
        }
    }

    fn row(&self, model: &Model, kind: CaseId, happening: &Happening, dice: &mut Dice) -> Vec<String> {
        let mut row = vec![String::new(); self.names.len()];
        let form = self.source.and_then(|s| s.time.as_ref()).and_then(|(_, form)| form.format.as_deref());
        let at = self.shown(happening.at);
        row[0] = match form {
            Some("epoch") => at.timestamp().to_string(),
            Some("epoch ms") => at.timestamp_millis().to_string(),
            Some("rfc3339") | None => at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            Some(pattern) => at.format(pattern).to_string(),
        };
        let words = happening.event.and_then(|event| self.words(model, event)).unwrap_or_default();
        for (i, word) in words.into_iter().enumerate() {
            row[i + 1] = word;
        }
        if let Some((_, at)) = self.keys.iter().find(|(k, _)| *k == kind) {
            row[*at] = format!("{}-{}", model.cases[kind].name, happening.case);
        }
        let own = happening.event.map_or(&[][..], |event| &model.events[event].fields);
        for (field, at) in &self.fields {
            // A case's fields come with its first event; an event's with each of its own; without events some of them change.
            let changes = happening.first || (happening.event.is_none() && dice.below(3) == 0);
            if own.contains(field) || (changes && model.cases[kind].fields.contains(field)) {
                row[*at] = self.value(model, *field, dice);
            }
        }
        row
    }

    /// On a local clock no log has a time in the hour that the spring change skips.
    fn shown(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let form = self.source.and_then(|s| s.time.as_ref()).map(|(_, form)| form);
        let local = form.filter(|f| f.format.is_some()).and_then(|f| Zone::named(f.zone.as_deref()?));
        match local.map(|zone| zone.find(at.naive_utc())) {
            Some(Local::Skipped(_)) => at + TimeDelta::hours(1),
            _ => at,
        }
    }

    fn value(&self, model: &Model, field: FieldId, dice: &mut Dice) -> String {
        let column = self.source.and_then(|s| s.fields.iter().find(|c| c.fields.contains(&field)));
        if let Some(column) = column.filter(|c| !c.values.is_empty()) {
            return column.values[dice.below(column.values.len() as u64) as usize].0.clone();
        }
        let day = || NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
        match &model.fields[field].ty {
            Type::Text => format!("{} {}", model.fields[field].name, 1 + dice.below(12)),
            Type::Number => dice.below(101).to_string(),
            Type::Money => format!("{}.{:02}", dice.below(10_000), dice.below(100)),
            Type::Bool => if dice.below(2) == 0 { "false" } else { "true" }.to_string(),
            Type::Duration => format!("{}m", 1 + dice.below(600)),
            Type::Date => (day() + Days::new(dice.below(365))).to_string(),
            Type::Time => format!("{}T{:02}:00:00Z", day() + Days::new(dice.below(365)), dice.below(24)),
            Type::Members(members) => members[dice.below(members.len() as u64) as usize].clone(),
        }
    }
}
