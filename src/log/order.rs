//! The events of a log in the order of time, file and row.
//!
//! Most logs are in order, and are given as they are read. Where one turns out not to be, it is read once more and put in
//! order before anything of it is given.

use crate::event::{Event, Events, Origin, TextId, Texts};
use crate::log::batch::Batch;
use crate::log::feed::{Feed, File};
use crate::log::pool::{self, Flow};
use crate::log::rules::{Ids, Rules};
use crate::log::sort::{Sorter, no_room};
use crate::log::wide::{ByCase, Lifelong};
use crate::log::{Clamped, Found, Input, LogFile, Options, Unreadable};
use crate::plan::Plan;
use crate::time::Instant;
use std::io;

/// What is given on the way.
pub enum Step<'b> {
    /// The log is given once more, from its first event on: what was given before is void.
    Again,
    /// A piece of it; it may be one without events that only counts.
    Batch(&'b Batch),
    /// Events of rows that were counted before.
    Events(&'b Events),
}

/// Gives a log's events in order, and says what was found on the way. The log goes on from `before`: what was found in files that
/// were judged already.
pub fn in_order(
    plan: &Plan,
    texts: &Texts,
    inputs: &[Input],
    options: &Options,
    before: &Found,
    give: &mut dyn FnMut(Step<'_>),
) -> Result<Found, Unreadable> {
    let rules = Rules::new(plan, options);
    let mut way = Way::new(texts, before);
    let mut ids = before.ids.clone();
    let mut last = options.after.unwrap_or(Instant::FIRST);
    let mut in_order = true;
    let files = pool::read(&rules, Feed::new(&rules, inputs.to_vec()), options.threads.max(1), &mut ids, &mut |file, batch| {
        way.take(file, batch);
        in_order &= batch.wide.is_empty() && is_next(batch, &mut last);
        if in_order {
            give(Step::Batch(batch));
            Flow::On
        } else {
            Flow::Stop
        }
    })?;
    if in_order { Ok(way.end(files, ids)) } else { sorted(&rules, texts, inputs, before, give) }
}

/// Whether a batch follows what came before, and is in order itself.
fn is_next(batch: &Batch, last: &mut Instant) -> bool {
    let Some((sorted, first, end)) = batch.events.span() else { return true };
    let follows = sorted && *last <= first;
    *last = end;
    follows
}

/// Reads the log once more, and gives it in order.
fn sorted(rules: &Rules<'_>, texts: &Texts, inputs: &[Input], before: &Found, give: &mut dyn FnMut(Step<'_>)) -> Result<Found, Unreadable> {
    give(Step::Again);
    let mut way = Way::new(texts, before);
    let mut ids = before.ids.clone();
    let spool = rules.options.spool;
    let (mut sorter, mut wide, mut taken, mut has_long) = (Sorter::new(spool), ByCase::new(spool), Ok(()), false);
    let files = pool::read(rules, Feed::new(rules, inputs.to_vec()), rules.options.threads.max(1), &mut ids, &mut |file, batch| {
        way.take(file, batch);
        has_long |= !batch.events.is_empty();
        taken = sorter.take(&batch.events).and_then(|()| batch.wide.iter().try_for_each(|row| wide.add(row)));
        // What does not matter needs no order.
        batch.events.clear();
        give(Step::Batch(batch));
        if taken.is_ok() { Flow::On } else { Flow::Stop }
    })?;
    taken.map_err(no_room)?;
    let mut found = way.end(files, ids);
    let mut rest = Batch::default();
    let is_mixed = has_long && !wide.is_empty();
    let lifelong = milestones(rules.plan, wide, is_mixed, &mut found.clamped, |event, line| {
        if counted(rules, event, &mut rest) { sorter.put(event, line) } else { Ok(()) }
    });
    let mut lifelong = lifelong.map_err(no_room)?;
    give(Step::Batch(&rest));
    let mut too_early = None;
    sorter.give(&mut |events| {
        let first = events.span().map(|(_, first, _)| first);
        too_early = too_early.or(first.filter(|first| rules.options.after.is_some_and(|after| *first < after)));
        if lifelong.is_empty() {
            return give(Step::Events(events));
        }
        let mut all = Events::default();
        for event in events.iter() {
            let mut fields = event.case.and_then(|(kind, key)| lifelong.remove(&(kind, Box::from(key)))).unwrap_or_default();
            fields.extend_from_slice(event.fields);
            all.push(Event { fields: &fields, ..event });
        }
        give(Step::Events(&all));
    })?;
    match too_early {
        Some(first) => Err(Unreadable {
            file: None,
            message: format!("a row of {} UTC lies before the last one that the state has judged", first.utc()),
            help: Some("give the files in the order of their times; for rows that come late, begin a new state".into()),
        }),
        None => Ok(found),
    }
}

/// Puts the milestones of wide rows among the events of other files. What such a row says of a case holds from the case's first event on,
/// whatever file that is of: where other files are long, this is found when all are in order, and the fields are given back.
fn milestones(
    plan: &Plan,
    wide: ByCase,
    is_mixed: bool,
    clamped: &mut Vec<Clamped>,
    mut put: impl FnMut(&Event<'_>, u32) -> io::Result<()>,
) -> io::Result<Lifelong> {
    let (mut lifelong, before) = (Lifelong::new(), clamped.len());
    wide.each(|mut case| {
        case.put_in_order(plan, clamped);
        if is_mixed {
            lifelong.insert((case.kind, case.key.clone()), std::mem::take(&mut case.fields));
        }
        case.each(plan, |event, line| put(&event, line))
    })?;
    clamped[before..].sort_by_key(|milestone| (milestone.file, milestone.line));
    Ok(lifelong)
}

/// Counts a milestone; false where it lies after as-of.
fn counted(rules: &Rules<'_>, event: &Event<'_>, batch: &mut Batch) -> bool {
    if rules.options.as_of.is_some_and(|as_of| as_of < event.time) {
        batch.later += 1;
        return false;
    }
    batch.known += 1;
    batch.outside += u64::from(!rules.in_term(event.time));
    true
}

/// What is found on the way, and where in the files one is.
struct Way<'t> {
    texts: &'t Texts,
    found: Found,
    /// Which file is being read, its rows, and its lines so far.
    file: usize,
    rows: Vec<u64>,
    lines: u32,
}

impl<'t> Way<'t> {
    fn new(texts: &'t Texts, before: &Found) -> Way<'t> {
        Way { texts, found: before.clone(), file: usize::MAX, rows: Vec::new(), lines: 0 }
    }

    /// Takes note of a batch, and numbers its lines and texts as the whole log does.
    fn take(&mut self, file: &File, batch: &mut Batch) {
        if self.file != file.number {
            (self.file, self.lines) = (file.number, file.lines_before());
            self.rows.resize(file.number + 1, 0);
        }
        self.rows[file.number] += batch.rows;
        let base = Origin { file: (self.found.files.len() + file.number) as u32, line: self.lines };
        self.lines += batch.lines;
        batch.events.count_from(base);
        let numbers: Vec<TextId> = (0..batch.texts.len() as u32).map(|id| self.texts.intern(&batch.texts.text(TextId(id)))).collect();
        let number = |id: TextId| numbers[id.0 as usize];
        batch.events.renumber(number);
        for row in &mut batch.wide {
            row.renumber(number);
            row.origin = Origin { file: base.file, line: base.line + row.origin.line };
        }
        let found = &mut self.found;
        for row in &mut batch.rejected {
            (row.file, row.line) = (file.name.clone(), row.line + base.line);
        }
        found.rejected += batch.rejected.len() as u64;
        for (name, more) in std::mem::take(&mut batch.ignored) {
            found.ignored.entry(name).and_modify(|known| known.take(more)).or_insert(more);
        }
        found.ambiguous += batch.ambiguous;
        found.latest = found.latest.max(batch.latest);
    }

    fn end(mut self, mut files: Vec<LogFile>, ids: Ids) -> Found {
        for (file, rows) in files.iter_mut().zip(self.rows) {
            file.rows = rows;
        }
        self.found.files.extend(files);
        self.found.ids = ids;
        self.found
    }
}
