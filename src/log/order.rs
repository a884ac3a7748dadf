//! The events of a log in the order of time, file and row.
//!
//! Most logs are in order, and are given as they are read. Where one turns out not to be, it is read once more and put in
//! order before anything of it is given.

use crate::event::{Event, Events, Origin, TextId, Texts};
use crate::log::batch::Batch;
use crate::log::feed::{Feed, File};
use crate::log::pool::{self, Flow};
use crate::log::rules::Rules;
use crate::log::wide::Wide;
use crate::log::{Found, Input, LogFile, Options, Unreadable};
use crate::plan::Plan;
use crate::time::Instant;

/// What is given on the way.
pub enum Step<'b> {
    /// A log begins, from its first event on: what was given before is void.
    Begin,
    /// A piece of it.
    Batch(&'b Batch),
}

/// Gives a log's events in order, and says what was found on the way.
pub fn in_order(
    plan: &Plan,
    texts: &Texts,
    inputs: &[Input],
    options: &Options,
    give: &mut dyn FnMut(Step<'_>),
) -> Result<Found, Unreadable> {
    let rules = Rules::new(plan, options);
    give(Step::Begin);
    let mut way = Way::new(texts);
    let mut last = Instant::FIRST;
    let mut in_order = true;
    let files = pool::read(&rules, Feed::new(&rules, inputs.to_vec()), options.threads.max(1), &mut |file, batch| {
        way.take(file, batch);
        in_order &= batch.wide.is_empty() && is_next(batch, &mut last);
        if in_order {
            give(Step::Batch(batch));
            Flow::On
        } else {
            Flow::Stop
        }
    })?;
    if in_order { Ok(way.end(files)) } else { sorted(&rules, texts, inputs, give) }
}

/// Whether a batch follows what came before, and is in order itself.
fn is_next(batch: &Batch, last: &mut Instant) -> bool {
    let Some((sorted, first, end)) = batch.events.span() else { return true };
    let follows = sorted && *last <= first;
    *last = end;
    follows
}

/// Reads the log once more, and gives it in order.
fn sorted(rules: &Rules<'_>, texts: &Texts, inputs: &[Input], give: &mut dyn FnMut(Step<'_>)) -> Result<Found, Unreadable> {
    give(Step::Begin);
    let mut way = Way::new(texts);
    let (mut all, mut wide) = (Events::default(), Wide::default());
    let files = pool::read(rules, Feed::new(rules, inputs.to_vec()), rules.options.threads.max(1), &mut |file, batch| {
        way.take(file, batch);
        batch.events.iter().for_each(|event| all.push(event));
        batch.wide.drain(..).for_each(|row| wide.add(row));
        // What does not matter needs no order.
        batch.events.clear();
        give(Step::Batch(batch));
        Flow::On
    })?;
    let mut found = way.end(files);
    let mut batch = Batch::default();
    if wide.is_empty() {
        all.sort();
        batch.events = all;
    } else {
        let (events, mut lifelong) = wide.finish(rules.plan, &mut found.clamped);
        for event in events.iter().filter(|e| counted(rules, e, &mut batch)) {
            all.push(event);
        }
        all.sort();
        // What a wide row says of a case holds from the case's first event on, whatever file that is of.
        for event in all.iter() {
            let mut fields = event.case.and_then(|(kind, key)| lifelong.remove(&(kind, Box::from(key)))).unwrap_or_default();
            fields.extend_from_slice(event.fields);
            batch.events.push(Event { fields: &fields, ..event });
        }
    }
    give(Step::Batch(&batch));
    Ok(found)
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
    fn new(texts: &'t Texts) -> Way<'t> {
        Way { texts, found: Found::default(), file: usize::MAX, rows: Vec::new(), lines: 0 }
    }

    /// Takes note of a batch, and numbers its lines and texts as the whole log does.
    fn take(&mut self, file: &File, batch: &mut Batch) {
        if self.file != file.number {
            (self.file, self.lines) = (file.number, file.lines_before());
            self.rows.resize(file.number + 1, 0);
        }
        self.rows[file.number] += batch.rows;
        let base = Origin { file: file.number as u32, line: self.lines };
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
        for mut row in batch.rejected.drain(..) {
            (row.file, row.line) = (file.name.clone(), row.line + base.line);
            found.rejected.push(row);
        }
        for (name, n) in std::mem::take(&mut batch.ignored) {
            *found.ignored.entry(name).or_default() += n;
        }
        found.unknown.append(&mut batch.unknown);
        found.ambiguous += batch.ambiguous;
        found.latest = found.latest.max(batch.latest);
    }

    fn end(mut self, mut files: Vec<LogFile>) -> Found {
        for (file, rows) in files.iter_mut().zip(self.rows) {
            file.rows = rows;
        }
        self.found.files = files;
        self.found
    }
}
