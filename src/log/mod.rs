//! Bytes of a log to [events](crate::event) in order.
//!
//! A log is CSV, JSON Lines, XES or Parquet, plain or compressed; which it is, its content tells. A [source](crate::plan::Source)
//! says which columns stand for what; without one the columns are `time`, `event`, `case` and the fields by their names.
//! Nothing is lost and nothing guessed: a row that cannot be read is a [`Rejected`] with its place, its text and what was
//! expected.

mod binding;
mod csv;
mod decode;
mod input;
mod jsonl;
mod parquet;
mod times;
mod values;
mod wide;
mod xes;

use crate::event::{Events, Texts};
use crate::plan::Plan;
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// A file, or what came through a pipe.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name, for people.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// How a log is read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The source, where the spec has several.
    pub source: Option<String>,
    /// An event that the vocabulary does not hold is an error.
    pub deny_unknown_events: bool,
}

/// One file of a log that was read.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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

/// A log, read and in order.
#[derive(Debug, Default)]
pub struct Log {
    /// Its events by time, file and row.
    pub events: Events,
    /// Its texts.
    pub texts: Texts,
    /// Its files.
    pub files: Vec<LogFile>,
    /// Events that the vocabulary does not hold, with how often each came.
    pub ignored: BTreeMap<String, u64>,
    /// Those of them that no source says to ignore.
    pub unknown: BTreeSet<String>,
    /// Rows that could not be read.
    pub rejected: Vec<Rejected>,
    /// Times in an hour that the clock showed twice.
    pub ambiguous: u64,
    /// Milestones that were moved.
    pub clamped: Vec<Clamped>,
    /// The latest time of an accepted row.
    pub latest: Option<Instant>,
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

/// Reads all files of a log.
pub fn read(plan: &Plan, inputs: Vec<Input>, options: &Options) -> Result<Log, Unreadable> {
    let mut decoder = decode::Decoder::new(plan, options)?;
    for input in inputs {
        decoder.file(input)?;
    }
    Ok(decoder.finish())
}
