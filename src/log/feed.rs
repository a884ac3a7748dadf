//! The files of a log, one after another, in pieces that threads can read apart from each other.

use crate::log::binding::{Binding, Header, bind};
use crate::log::chunk::Chunks;
use crate::log::csv::{self, Table};
use crate::log::decode::Decoder;
use crate::log::input::{self, Format, Input, Sequential};
use crate::log::parquet::{Columns, Group};
use crate::log::rules::Rules;
use crate::log::{LogFile, Unreadable, jsonl, xes};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Gives pieces in their order.
pub(super) struct Feed<'r, 'p> {
    rules: &'r Rules<'p>,
    inputs: std::vec::IntoIter<Input>,
    open: Option<Open>,
    pub(super) files: Vec<LogFile>,
    /// The bytes of all files that were read so far.
    read: Arc<AtomicU64>,
}

/// A file that is being read.
struct Open {
    file: Arc<File>,
    rest: Rest,
}

enum Rest {
    Text(Chunks),
    Groups(Groups),
}

/// The row groups of a file: their rows in pieces, and before those of one the next one.
struct Groups {
    columns: Arc<Columns>,
    numbers: Range<usize>,
    /// The one whose rows are given, from a row on.
    open: Option<(Arc<Group>, usize)>,
    next: Option<Arc<Group>>,
    /// The next one is opened by one thread while others read the rows of this one.
    ahead: bool,
}

/// So many rows are given at once: what is read of them lies near a core until it is judged.
const ROWS: usize = 1 << 12;

impl Groups {
    fn give(&mut self) -> Option<What> {
        loop {
            if let Some((group, from)) = &mut self.open
                && *from < group.rows()
            {
                let rows = *from..group.rows().min(*from + ROWS);
                *from = rows.end;
                return Some(What::Rows(Arc::clone(group), rows));
            }
            self.open = self.next.take().map(|group| (group, 0));
            self.next = self.numbers.next().map(|number| Arc::new(self.columns.group(number)));
            match &self.next {
                Some(next) if self.ahead && self.open.is_some() => return Some(What::Group(Arc::clone(next))),
                None if self.open.is_none() => return None,
                _ => {}
            }
        }
    }
}

/// How a file is read.
pub(super) struct File {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) binding: Binding,
    form: Form,
}

enum Form {
    Csv(Table),
    Jsonl,
    Xes,
    Parquet(Arc<Columns>),
}

/// A piece of a file.
pub(super) struct Piece {
    pub(super) file: Arc<File>,
    what: What,
    /// The bytes of all files that were read when it was.
    read: u64,
}

enum What {
    /// A text up to where it ends; the memory behind that is used again.
    Text(Vec<u8>, usize),
    /// A row group is opened, of which rows follow.
    Group(Arc<Group>),
    Rows(Arc<Group>, Range<usize>),
}

impl File {
    /// Lines before its first row.
    pub(super) fn lines_before(&self) -> u32 {
        if let Form::Csv(table) = &self.form { table.lines } else { 0 }
    }

    /// Whether its pieces must be read in their order: what a row means depends on those before it.
    pub(super) fn is_ordered(&self) -> bool {
        self.binding.id.is_some()
    }
}

impl Piece {
    /// Reads its rows into the decoder's batch.
    pub(super) fn decode(&self, decoder: &mut Decoder<'_, '_>) -> Result<(), Unreadable> {
        let File { number, name, binding, form } = &*self.file;
        decoder.turn_to(*number);
        decoder.batch.read = self.read;
        match (form, &self.what) {
            (Form::Csv(table), What::Text(text, end)) => table.read(decoder, binding, &text[..*end]),
            (Form::Jsonl, What::Text(text, end)) => jsonl::read(decoder, binding, &text[..*end]),
            (Form::Xes, What::Text(text, end)) => return xes::read(decoder, binding, name, &text[..*end]),
            (Form::Parquet(columns), What::Group(group)) => columns.open_group(decoder.rules, binding, name, group),
            (Form::Parquet(columns), What::Rows(group, rows)) => return columns.read(decoder, binding, name, group, rows.clone()),
            (Form::Csv(_) | Form::Jsonl | Form::Xes, What::Group(_) | What::Rows(..)) | (Form::Parquet(_), What::Text(..)) => {}
        }
        Ok(())
    }

    /// The memory that it took, to be used again.
    pub(super) fn into_text(self) -> Vec<u8> {
        match self.what {
            What::Text(text, _) => text,
            What::Group(_) | What::Rows(..) => Vec::new(),
        }
    }
}

impl<'r, 'p> Feed<'r, 'p> {
    pub(super) fn new(rules: &'r Rules<'p>, inputs: Vec<Input>) -> Feed<'r, 'p> {
        Feed { rules, inputs: inputs.into_iter(), open: None, files: Vec::new(), read: Arc::default() }
    }

    /// The next piece, in `text` where it is one of a text.
    pub(super) fn next(&mut self, mut text: Vec<u8>) -> Result<Option<Piece>, Unreadable> {
        loop {
            if self.open.is_none() {
                let Some(input) = self.inputs.next() else { return Ok(None) };
                self.open = Some(self.open(&input)?);
            }
            let Some(Open { file, rest }) = &mut self.open else { return Ok(None) };
            let what = match rest {
                Rest::Text(chunks) => {
                    let cut = |text: &[u8], ended: bool| match &file.form {
                        Form::Csv(table) => table.cut(text, ended),
                        Form::Xes => xes::cut(text),
                        Form::Jsonl | Form::Parquet(_) => memchr::memrchr(b'\n', text).map(|at| at + 1),
                    };
                    let more = chunks.next(&mut text, cut).map_err(|e| Unreadable::new(&file.name, e.to_string()))?;
                    more.map(|end| What::Text(std::mem::take(&mut text), end))
                }
                Rest::Groups(groups) => groups.give(),
            };
            match what {
                Some(what) => {
                    if let (What::Rows(_, Range { start: 0, .. }), Form::Parquet(columns)) = (&what, &file.form) {
                        let size = self.files.last().map_or(0, |f| f.bytes);
                        self.read.fetch_add(size / columns.groups().max(1) as u64, Ordering::Relaxed);
                    }
                    return Ok(Some(Piece { file: Arc::clone(file), what, read: self.read.load(Ordering::Relaxed) }));
                }
                None => self.open = None,
            }
        }
    }

    fn open(&mut self, input: &Input) -> Result<Open, Unreadable> {
        let number = self.files.len();
        self.files.push(LogFile { name: input.name.clone(), bytes: input.data.size(), rows: 0 });
        let name = &input.name;
        let failed = |e: std::io::Error| Unreadable::new(name, e.to_string());
        let file = |binding, form| Arc::new(File { number, name: name.clone(), binding, form });
        let mut raw = Chunks::new(input::unpacked(name, Box::new(Sequential::new(&input.data, &self.read)))?);
        let is_packed = {
            let mut head = [0; 4];
            let got = input.data.read_at(0, &mut head).map_err(|e| input.unreadable(&e))?;
            !raw.peek(|text| text.len() >= 4).map_err(failed)?.starts_with(&head[..got])
        };
        if input::format(raw.peek(|_| true).map_err(failed)?) == Format::Parquet {
            let columns = if is_packed { Columns::of(name, raw.all().map_err(failed)?)? } else { Columns::open(name, &input.data)? };
            let binding =
                self.bind(&Header { file: name, names: columns.names(), dated: columns.dated(), open: false, format: Format::Parquet })?;
            let columns = Arc::new(columns.bound(self.rules, &binding));
            let (numbers, ahead) = (0..columns.groups(), self.rules.options.threads > 1);
            let groups = Groups { columns: Arc::clone(&columns), numbers, open: None, next: None, ahead };
            return Ok(Open { file: file(binding, Form::Parquet(columns)), rest: Rest::Groups(groups) });
        }
        let options = self.rules.options;
        let named = options.source.as_deref().and_then(|n| self.rules.plan.sources.iter().find(|s| s.name == n));
        let only = named.or_else(|| if self.rules.plan.sources.len() == 1 { self.rules.plan.sources.iter().next() } else { None });
        let mut chunks = Chunks::new(input::decoded(name, raw.into_stream(), only.and_then(|s| s.encoding.as_deref()))?);
        let has_sign = |text: &[u8]| text.iter().any(|b| !b.is_ascii_whitespace());
        match input::format(chunks.peek(has_sign).map_err(failed)?) {
            Format::Csv | Format::Parquet => {
                let head = csv::Head::read(name, &mut chunks, only.and_then(|s| s.delimiter))?;
                let mut binding = self.bind(&Header { file: name, names: &head.names, dated: &[], open: false, format: Format::Csv })?;
                let table = head.bound(name, &mut binding)?;
                Ok(Open { file: file(binding, Form::Csv(table)), rest: Rest::Text(chunks) })
            }
            Format::Jsonl => {
                let names = jsonl::names(name, &mut chunks)?;
                let binding = self.bind(&Header { file: name, names: &names, dated: &[], open: true, format: Format::Jsonl })?;
                Ok(Open { file: file(binding, Form::Jsonl), rest: Rest::Text(chunks) })
            }
            Format::Xes => {
                let names = xes::names(name, &mut chunks)?;
                let binding = self.bind(&Header { file: name, names: &names, dated: &[], open: true, format: Format::Xes })?;
                Ok(Open { file: file(binding, Form::Xes), rest: Rest::Text(chunks) })
            }
        }
    }

    fn bind(&self, header: &Header<'_>) -> Result<Binding, Unreadable> {
        bind(self.rules.plan, self.rules.options.source.as_deref(), header)
    }
}
