//! The events of a log in the order of time, file and row.
//!
//! Most logs are in order, or nearly ([`window`](super::window)), and are given as they are read. Where one turns out not to be, it is read
//! once more and put in order before anything of it is given.

use crate::event::{Event, Events, Origin, TextId, Texts};
use crate::log::batch::Batch;
use crate::log::dictionary::Translations;
use crate::log::feed::{Feed, File};
use crate::log::pool::{self, Flow, Take};
use crate::log::rules::{Ids, Rules};
use crate::log::sort::{Sorter, no_room};
use crate::log::wide::{ByCase, Lifelong};
use crate::log::window::Window;
use crate::log::{Clamped, Found, Input, Judge, LogFile, Options, Unreadable};
use crate::plan::Plan;
use crate::time::Instant;
use std::io;

/// A log that is to be judged.
pub struct Reading<'r> {
    /// By which it is read.
    pub plan: &'r Plan,
    /// Where its texts are kept.
    pub texts: &'r Texts,
    /// Its files.
    pub inputs: &'r [Input],
    /// How it is read.
    pub options: &'r Options,
    /// What was found in files that were judged before: the log goes on from there.
    pub before: &'r Found,
}

impl Reading<'_> {
    /// Has the log judged as it is written, and says what was found; nothing where it turns out not to be in order, and what was judged
    /// is void. `note` is given its pieces in their order.
    pub fn as_written(&self, judge: &dyn Judge, note: &mut dyn FnMut(&Batch)) -> Result<Option<Found>, Unreadable> {
        let rules = Rules::new(self.plan, self.options, false);
        let mut window = Window::new(self.options.after.unwrap_or(Instant::FIRST));
        let mut in_order = true;
        let found = self.each_piece(&rules, judge, &mut |batch, give| {
            match batch {
                Some(batch) => {
                    note(&batch);
                    in_order &= batch.wide.is_empty() && window.take(batch, give);
                }
                None => window.give_all(give),
            }
            if in_order { Flow::On } else { Flow::Stop }
        })?;
        Ok(in_order.then_some(found))
    }

    /// The same for a log in any order: it is put in order before anything of it is judged.
    pub fn sorted(&self, judge: &dyn Judge, note: &mut dyn FnMut(&Batch)) -> Result<Found, Unreadable> {
        let rules = Rules::new(self.plan, self.options, true);
        let spool = self.options.spool;
        let (mut sorter, mut wide, mut taken, mut has_long) = (Sorter::new(spool), ByCase::new(spool), Ok(()), false);
        let mut found = self.each_piece(&rules, judge, &mut |batch, give| {
            let Some(mut batch) = batch else { return Flow::On };
            note(&batch);
            has_long |= batch.count() > 0;
            let sorted = batch.parts.iter().try_for_each(|part| sorter.take(&part.events));
            taken = sorted.and_then(|()| batch.wide.iter().try_for_each(|row| wide.add(row)));
            // What does not matter needs no order, and is judged now.
            batch.parts.iter_mut().for_each(|part| part.events.clear());
            give(batch);
            if taken.is_ok() { Flow::On } else { Flow::Stop }
        })?;
        taken.map_err(no_room)?;
        let mut counts = Batch::new(judge.parts());
        let is_mixed = has_long && !wide.is_empty();
        let lifelong = milestones(self.plan, wide, is_mixed, &mut found.clamped, |event, line| {
            if counted(&rules, event, &mut counts) { sorter.put(event, line) } else { Ok(()) }
        });
        let mut lifelong = lifelong.map_err(no_room)?;
        let mut too_early = None;
        pool::judge(&rules, judge, |give| {
            give(&mut counts);
            sorter.give(judge.parts(), &mut |piece| {
                let first = piece.course.earliest();
                too_early = too_early.or(self.options.after.filter(|after| first < *after).map(|_| first));
                if !lifelong.is_empty() {
                    piece.parts.iter_mut().for_each(|part| part.events = with_lifelong(&part.events, &mut lifelong));
                }
                give(piece);
            })
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

    /// Takes the pieces of the log in their order, and at last nothing; what is given of them is judged.
    fn each_piece(&self, rules: &Rules<'_>, judge: &dyn Judge, take: &mut Take<'_, Batch>) -> Result<Found, Unreadable> {
        let mut way = Way::new(self.texts, self.before);
        let mut ids = self.before.ids.clone();
        let files = pool::read(rules, Feed::new(rules, self.inputs.to_vec()), &mut ids, judge, &mut |piece, give| {
            let batch = piece.map(|(file, mut batch)| {
                way.take(&file, &mut batch);
                batch
            });
            take(batch, give)
        })?;
        Ok(way.end(files, ids))
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
            lifelong.insert((case.kind, case.key.text().into()), std::mem::take(&mut case.fields));
        }
        case.each(plan, |event, line| put(&event, line))
    })?;
    clamped[before..].sort_by_key(|milestone| (milestone.file, milestone.line));
    Ok(lifelong)
}

/// The same events; the first of each case has the fields that hold from it on.
fn with_lifelong(events: &Events, lifelong: &mut Lifelong) -> Events {
    let mut all = Events::default();
    for event in events.iter() {
        let mut fields = event.case.and_then(|(kind, key)| lifelong.remove(&(kind, key.text().into()))).unwrap_or_default();
        fields.extend_from_slice(event.fields);
        all.push(Event { fields: &fields, ..event });
    }
    all
}

/// Counts a milestone; false where it lies after as-of.
fn counted(rules: &Rules<'_>, event: &Event<'_>, batch: &mut Batch) -> bool {
    if rules.is_later(event.time) {
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
    translations: Translations,
    found: Found,
    /// Which file is being read, its rows, and its lines so far.
    file: usize,
    rows: Vec<u64>,
    lines: u32,
}

impl<'t> Way<'t> {
    fn new(texts: &'t Texts, before: &Found) -> Way<'t> {
        Way { texts, translations: Translations::default(), found: before.clone(), file: usize::MAX, rows: Vec::new(), lines: 0 }
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
        batch.parts.iter_mut().for_each(|part| part.events.count_from(base));
        if let Some(numbers) = self.translations.of(std::mem::take(&mut batch.news), self.texts) {
            let number = |id: TextId| numbers[id.0 as usize];
            batch.parts.iter_mut().for_each(|part| part.events.renumber(number));
            batch.wide.iter_mut().for_each(|row| row.renumber(number));
        }
        for row in &mut batch.wide {
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
