//! Bytes of a log to [events](crate::event) in order.
//!
//! A log is CSV, JSON Lines, XES or Parquet, plain or compressed; which it is, its content tells. A [source](crate::plan::Source)
//! says which columns stand for what; without one the columns are `time`, `event`, `case` and the fields by their names.
//! Nothing is lost and nothing guessed: a row that cannot be read is a [`Rejected`] with its place, its text and what was
//! expected.

mod aside;
mod batch;
mod binding;
mod chunk;
mod csv;
mod decode;
mod dictionary;
mod feed;
mod fields;
mod flat;
mod input;
mod jsonl;
mod lanes;
mod layout;
mod literal;
mod marks;
mod meaning;
mod order;
mod parquet;
mod pool;
mod recent;
mod recode;
mod row;
mod rules;
mod shape;
mod sort;
mod times;
mod values;
mod wide;
mod window;
mod xes;

pub use batch::{Batch, Share};
pub use input::{Data, Input};
pub use order::Reading;

use crate::event::{Events, Texts};
use crate::plan::Plan;
use crate::time::Instant;
use rules::Ids;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How a log is read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The source, where the spec has several.
    pub source: Option<String>,
    /// An event that the vocabulary does not hold is an error.
    pub deny_unknown_events: bool,
    /// No row may lie before this: it was judged already.
    pub after: Option<Instant>,
    /// Later rows are only counted.
    pub as_of: Option<Instant>,
    /// Events and fields that no clause asks for are given too.
    pub everything: bool,
    /// How many threads read and judge; none is one.
    pub threads: usize,
    /// Where a log that is not in order is put in order; without it that takes memory.
    pub spool: Option<Spool>,
}

/// Who judges a log while it is read, in parts that do not wait for each other.
pub trait Judge: Sync {
    /// How many parts there are.
    fn parts(&self) -> usize;

    /// A part judges a piece; it may hold no events, and only count. Each part is given all pieces, one after another in their order.
    fn judge(&self, part: usize, batch: &Batch);
}

/// Makes a file that is gone when nothing holds it any more.
pub type Spool = fn() -> std::io::Result<std::fs::File>;

/// One file of a log that was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogFile {
    /// Its name.
    pub name: String,
    /// Its size, as it was given.
    pub bytes: u64,
    /// Its rows, the rejected ones too.
    pub rows: u64,
}

/// A row that could not be read.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// What stood there.
    pub value: String,
    /// What should have.
    pub expected: String,
    /// The row, verbatim.
    pub raw: Vec<u8>,
}

/// A milestone that lies before its case's first one, taken at that one's instant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Clamped {
    /// The key of the case.
    pub case: String,
    /// The event.
    pub event: String,
    /// Where the log has it.
    pub written: Instant,
    /// Where it was taken.
    pub taken: Instant,
    /// Which of the files.
    pub file: u32,
    /// The line.
    pub line: u32,
}

/// An event that the vocabulary does not hold.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Ignored {
    /// How often it came.
    pub rows: u64,
    /// Every source that it came from says to ignore it.
    pub is_meant: bool,
}

impl Ignored {
    /// Takes more rows of it.
    fn take(&mut self, more: Ignored) {
        self.rows += more.rows;
        self.is_meant &= more.is_meant;
    }
}

/// What was found on the way through a log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    /// Its files.
    pub files: Vec<LogFile>,
    /// Events that the vocabulary does not hold, by their names.
    pub ignored: BTreeMap<String, Ignored>,
    /// How many rows could not be read.
    pub rejected: u64,
    /// Times in an hour that the clock showed twice.
    pub ambiguous: u64,
    /// Milestones that were moved.
    pub clamped: Vec<Clamped>,
    /// The latest time of an accepted row.
    pub latest: Option<Instant>,
    /// Ids of rows that were taken, where the source says which column has them.
    ids: Ids,
}

/// A log in memory, in order.
#[derive(Debug, Default)]
pub struct Log {
    /// Its events by time, file and row.
    pub events: Events,
    /// Its texts.
    pub texts: Texts,
    /// Its rows that could not be read.
    pub rejected: Vec<Rejected>,
    /// What was found on the way.
    pub found: Found,
}

/// Why a log cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Which file, if it is about one.
    pub file: Option<String>,
    /// What is wrong, in a line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Unreadable {
    fn new(file: &str, message: impl Into<String>) -> Unreadable {
        Unreadable { file: Some(file.to_string()), message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Unreadable {
        self.help = Some(help.into());
        self
    }
}

/// Keeps the events of a log.
#[derive(Default)]
struct Keeper(Mutex<Events>);

impl Keeper {
    fn events(&self) -> MutexGuard<'_, Events> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Judge for Keeper {
    fn parts(&self) -> usize {
        1
    }

    fn judge(&self, _: usize, batch: &Batch) {
        let mut all = self.events();
        batch.parts.iter().flat_map(|part| part.events.iter()).for_each(|event| all.push(event));
    }
}

/// Reads all files of a log into memory, with all that the vocabulary holds of them.
pub fn read(plan: &Plan, inputs: Vec<Input>, options: &Options) -> Result<Log, Unreadable> {
    let options = &Options { everything: true, ..options.clone() };
    let (texts, mut rejected, keeper) = (Texts::default(), Vec::new(), Keeper::default());
    let reading = Reading { plan, texts: &texts, inputs: &inputs, options, before: &Found::default() };
    let found = match reading.as_written(&keeper, &mut |batch| rejected.extend_from_slice(&batch.rejected))? {
        Some(found) => found,
        None => {
            keeper.events().clear();
            rejected.clear();
            reading.sorted(&keeper, &mut |batch| rejected.extend_from_slice(&batch.rejected))?
        }
    };
    let events = keeper.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Log { events, texts, rejected, found })
}
