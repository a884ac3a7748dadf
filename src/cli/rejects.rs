//! Rows that cannot be read: they stop the run, or are written to a file if one is named.

use crate::cli::Failed;
use crate::log::Rejected;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;
use tempfile::SpooledTempFile;

/// So many of them are shown.
const SHOWN: usize = 10;
/// More of them than this is kept on disk until the log is read.
const MUCH: usize = 1 << 20;

/// The rows of a log that cannot be read.
pub(super) struct Rejects<'p> {
    /// Where they go at the end.
    path: Option<&'p Path>,
    /// What goes there.
    kept: BufWriter<SpooledTempFile>,
    failed: Option<io::Error>,
    count: u64,
    first: Vec<Rejected>,
    /// All are rejected for the same reason.
    are_alike: bool,
}

impl<'p> Rejects<'p> {
    pub(super) fn new(path: Option<&'p Path>) -> Rejects<'p> {
        Rejects { path, kept: BufWriter::new(SpooledTempFile::new(MUCH)), failed: None, count: 0, first: Vec::new(), are_alike: true }
    }

    /// The log is read once more, from its first row on.
    pub(super) fn begin_anew(&mut self) {
        *self = Rejects::new(self.path);
    }

    pub(super) fn take(&mut self, rows: &[Rejected]) {
        for row in rows {
            self.count += 1;
            self.are_alike &= self.first.first().is_none_or(|first| first.expected == row.expected);
            if self.first.len() < SHOWN {
                self.first.push(row.clone());
            }
            if self.path.is_some() && self.failed.is_none() {
                self.failed = self.keep(row).err();
            }
        }
    }

    /// Verbatim, below a line that says where it stood and why.
    fn keep(&mut self, row: &Rejected) -> io::Result<()> {
        writeln!(self.kept, "# {}:{}:{}: {}", row.file, row.line, row.column, reason(row))?;
        self.kept.write_all(&row.raw)?;
        self.kept.write_all(b"\n")
    }

    /// The log is read.
    pub(super) fn end(mut self) -> Result<(), Failed> {
        match self.path {
            Some(path) => self.write(path).map_err(|e| Failed(format!("error: {}: {e}", path.display()))),
            None if self.count > 0 => Err(Failed(self.described())),
            None => Ok(()),
        }
    }

    fn write(&mut self, path: &Path) -> io::Result<()> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        self.kept.rewind()?;
        io::copy(self.kept.get_mut(), &mut File::create(path)?)?;
        Ok(())
    }

    fn described(&self) -> String {
        let Rejects { count, first, are_alike, .. } = self;
        let mut text = format!("error: {count} {} cannot be read\n", if *count == 1 { "row" } else { "rows" });
        for row in first {
            let _ = writeln!(text, "  {}:{}:{}: {}", row.file, row.line, row.column, reason(row));
        }
        if *count > SHOWN as u64 {
            let _ = writeln!(text, "  … and {} more", count - SHOWN as u64);
        }
        // One cause often stands behind all of them.
        if let Some(row) = first.first().filter(|_| *are_alike && *count > 1) {
            let _ = writeln!(text, "  all {count} for want of {}", row.expected);
        }
        text.push_str("  help: mend the log or the `source`, or go on without these rows: `--rejects rejects.txt`");
        text
    }
}

fn reason(row: &Rejected) -> String {
    let value = row.value.replace('\n', "\\n").replace('\r', "\\r");
    if value.is_empty() { format!("nothing here, expected {}", row.expected) } else { format!("`{value}`, expected {}", row.expected) }
}
