//! Parquet: flat columns, of which only those are read that something asks for. A row's line is its number in the file.

mod codec;
mod column;
mod pages;
mod typed;

use crate::event::Short;
use crate::log::Unreadable;
use crate::log::binding::{Binding, FieldBinding, Shape};
use crate::log::decode::Decoder;
use crate::log::input::Data;
use crate::log::marks::bit;
use crate::log::row::{Cell, Row};
use crate::log::rules::Rules;
use crate::log::times::{self, Dates, TimeReader};
use crate::time::Instant;
use bytes::Bytes;
use codec::{Codec, Pages};
use column::{Column, NO_TIME};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use typed::{Stamps, instant, is_dated};

/// The columns of a file, which are opened once for each row group.
pub(super) struct Columns {
    bits: Arc<Bits>,
    head: ParquetMetaData,
    names: Vec<String>,
    /// Columns whose type says that they hold instants or dates.
    dated: Vec<String>,
    /// Where each column of the binding stands among the file's, if the file has it.
    positions: Vec<Option<usize>>,
    /// Who reads those of the binding's columns that say when, and nothing else.
    times: Vec<Option<TimeReader>>,
}

/// The bytes of a file.
#[derive(Clone)]
enum Bits {
    Memory(Bytes),
    File(Arc<dyn Data>),
}

impl Length for Bits {
    fn len(&self) -> u64 {
        match self {
            Bits::Memory(bytes) => bytes.len() as u64,
            Bits::File(data) => data.size(),
        }
    }
}

impl ChunkReader for Bits {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(From { bits: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if let Bits::Memory(bytes) = self {
            return bytes.get_bytes(start, length);
        }
        let mut bytes = vec![0; length];
        self.get_read(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// Bytes from a place on.
struct From {
    bits: Bits,
    at: u64,
}

impl Read for From {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let got = match &self.bits {
            Bits::Memory(bytes) => {
                let from = usize::try_from(self.at).map_or(bytes.len(), |at| at.min(bytes.len()));
                (&bytes[from..]).read(into)?
            }
            Bits::File(data) => data.read_at(self.at, into)?,
        };
        self.at += got as u64;
        Ok(got)
    }
}

fn damaged(name: &str) -> impl Fn(ParquetError) -> Unreadable + '_ {
    move |e| Unreadable::new(name, format!("the Parquet data is damaged: {e}"))
}

impl Columns {
    /// Of a file.
    pub(super) fn open(name: &str, data: &Arc<dyn Data>) -> Result<Columns, Unreadable> {
        Columns::new(name, Bits::File(Arc::clone(data)))
    }

    /// Of what was packed.
    pub(super) fn of(name: &str, bytes: Vec<u8>) -> Result<Columns, Unreadable> {
        Columns::new(name, Bits::Memory(bytes.into()))
    }

    fn new(name: &str, bits: Bits) -> Result<Columns, Unreadable> {
        let head = ParquetMetaDataReader::new().parse_and_finish(&bits).map_err(damaged(name))?;
        let schema = head.file_metadata().schema_descr();
        let flat: Vec<_> = (0..schema.num_columns()).map(|i| schema.column(i)).filter(|column| column.max_rep_level() == 0).collect();
        let names = flat.iter().map(|column| column.path().string()).collect();
        let dated = flat.iter().filter(|column| is_dated(column)).map(|column| column.path().string()).collect();
        Ok(Columns { bits: Arc::new(bits), head, names, dated, positions: Vec::new(), times: Vec::new() })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn dated(&self) -> &[String] {
        &self.dated
    }

    pub(super) fn groups(&self) -> usize {
        self.head.num_row_groups()
    }

    /// The same for a binding. A column that no clause asks for is not opened.
    pub(super) fn bound(self, rules: &Rules<'_>, binding: &Binding) -> Columns {
        let schema = self.head.file_metadata().schema_descr();
        let place = |name: &String| (0..schema.num_columns()).find(|i| schema.column(*i).path().string() == *name);
        let is_asked = |i: usize| {
            let of_field = |f: &&FieldBinding| f.column == i;
            let asked = |f: &FieldBinding| f.of_case.iter().chain(f.of_events.iter().map(|e| &e.1)).any(|id| rules.interest.fields[*id]);
            binding.is_structural(i) || binding.fields.iter().filter(of_field).any(asked)
        };
        let positions = binding.columns.iter().enumerate().map(|(i, name)| place(name).filter(|_| is_asked(i))).collect();
        let times = (0..binding.columns.len()).map(|i| binding.time_alone(i).cloned()).collect();
        Columns { positions, times, ..self }
    }

    /// One of its row groups, which is not opened yet.
    pub(super) fn group(&self, number: usize) -> Group {
        let rows = usize::try_from(self.head.row_group(number).num_rows()).unwrap_or(0);
        Group { number, rows, opened: OnceLock::new() }
    }

    /// Opens a row group whose rows will be read.
    pub(super) fn open_group(&self, rules: &Rules<'_>, binding: &Binding, name: &str, group: &Group) {
        group.opened.get_or_init(|| self.opened(rules, binding, name, group));
    }

    fn opened(&self, rules: &Rules<'_>, binding: &Binding, name: &str, group: &Group) -> Result<Opened, Unreadable> {
        let damaged = damaged(name);
        let rows = group.rows;
        let group = self.head.row_group(group.number);
        // What lies after as-of is not seen: of such a group nothing is opened.
        if let Some((_, last)) = self.span(group, binding).filter(|(first, _)| rules.is_later(*first)) {
            return Ok(Opened::Later(last));
        }
        let columns = self.positions.iter().zip(&self.times).map(|(position, times)| match position {
            Some(at) => {
                let column = group.column(*at);
                let codec = Codec::of(column.compression_codec()).ok_or_else(|| {
                    let message = format!("the Parquet data is packed with {:?}, which is not read", column.compression_codec());
                    Unreadable::new(name, message).help("write it with Snappy, gzip or Zstandard")
                })?;
                let pages = || Pages::of(&self.bits, column, codec, rows);
                Column::read(&column.column_descr_ptr(), times.as_ref(), pages).map_err(&damaged)
            }
            None => Ok(Column::Absent),
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        if columns.iter().any(|column| column.rows().is_some_and(|n| n != rows)) {
            return Err(damaged(ParquetError::EOF("a column has fewer values than rows".into())));
        }
        let broken = columns.iter().enumerate().flat_map(|(i, c)| c.broken().into_iter().map(move |row| (row, i))).collect();
        Ok(Opened::Rows { columns, broken })
    }

    /// Reads rows of a row group.
    pub(super) fn read(
        &self,
        decoder: &mut Decoder<'_, '_>,
        binding: &Binding,
        name: &str,
        group: &Group,
        rows: Range<usize>,
    ) -> Result<(), Unreadable> {
        decoder.batch.lines = rows.len() as u32;
        let (columns, broken) = match group.opened.get_or_init(|| self.opened(decoder.rules, binding, name, group)) {
            Ok(Opened::Rows { columns, broken }) => (columns, broken),
            Ok(Opened::Later(last)) => {
                decoder.batch.rows += rows.len() as u64;
                decoder.batch.later += rows.len() as u64;
                decoder.batch.seen(*last);
                return Ok(());
            }
            Err(e) => return Err(e.clone()),
        };
        let (filled, first) = (filled(columns, binding, rows.clone()), rows.start);
        decoder.turn_to_dictionaries();
        for (at, filled) in rows.zip(filled) {
            let row = Across { columns, filled, at, line: (at - first) as u32 + 1 };
            match broken.get(&at) {
                Some(column) => {
                    decoder.count_row();
                    decoder.reject(row.line(), row.column_of(*column), String::new(), "text in UTF-8".into(), &row.raw());
                }
                None => decoder.row(binding, &row),
            }
        }
        Ok(())
    }

    /// The first and the last instant of a row group, where the file says so of a column that holds nothing else.
    fn span(&self, group: &RowGroupMetaData, binding: &Binding) -> Option<(Instant, Instant)> {
        let Shape::Long { time, .. } = &binding.shape else { return None };
        let column = group.column(self.positions[*time].filter(|_| self.times[*time].is_some())?);
        let Statistics::Int64(found) = column.statistics()? else { return None };
        let stamps = Stamps::of(column.column_descr()).filter(|stamps| stamps.are_instants && found.null_count_opt() == Some(0))?;
        let instant = |number: Option<&i64>| Instant::checked(stamps.micros(*number?));
        instant(found.min_opt()).zip(instant(found.max_opt()))
    }
}

/// A row group, opened by the first who asks for its rows.
pub(super) struct Group {
    number: usize,
    rows: usize,
    opened: OnceLock<Result<Opened, Unreadable>>,
}

impl Group {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }
}

/// What was found in a row group.
enum Opened {
    Rows {
        columns: Vec<Column>,
        /// The rows that hold a text that is none, and its column.
        broken: BTreeMap<usize, usize>,
    },
    /// All of them lie after as-of; the last at this instant.
    Later(Instant),
}

/// A row across the columns of a row group.
struct Across<'r> {
    columns: &'r [Column],
    /// In which of them something stands.
    filled: u64,
    at: usize,
    /// From 1, among those that are read with it.
    line: u32,
}

impl<'r> Row<'r> for Across<'r> {
    #[inline(always)]
    fn cell(&self, place: usize) -> Cell<'r> {
        match &self.columns[place] {
            Column::Absent => Cell::Absent,
            Column::Texts(texts) => Cell::Text(texts.get(self.at)),
            Column::Entries(entries) => Cell::Text(entries.get(self.at)),
            Column::Times(times) if times[self.at] == NO_TIME => Cell::Text(""),
            Column::Times(times) => Cell::Time(times[self.at]),
        }
    }

    #[inline(always)]
    fn short(&self, place: usize) -> Option<Short> {
        match &self.columns[place] {
            Column::Entries(entries) => entries.short(self.at),
            Column::Texts(texts) => texts.short(self.at),
            Column::Absent | Column::Times(_) => None,
        }
    }

    #[inline(always)]
    fn entry(&self, place: usize) -> Option<usize> {
        match &self.columns[place] {
            Column::Entries(entries) => Some(entries.numbers[self.at] as usize),
            Column::Absent | Column::Texts(_) | Column::Times(_) => None,
        }
    }

    #[inline(always)]
    fn filled(&self, places: u64) -> u64 {
        self.filled & places
    }

    #[inline(always)]
    fn usual_time(&self, place: usize, dates: &mut Dates) -> Option<Instant> {
        match &self.columns[place] {
            Column::Times(times) => Some(times[self.at]).filter(|time| *time != NO_TIME),
            Column::Absent | Column::Texts(_) | Column::Entries(_) => times::usual(self.bytes(place)?, dates),
        }
    }

    fn line(&self) -> u32 {
        self.line
    }

    fn raw(&self) -> Vec<u8> {
        let text = |i| match self.cell(i) {
            Cell::Text(text) => text.to_string(),
            Cell::Time(t) => instant(t.as_micros(), true),
            Cell::Absent | Cell::Null => String::new(),
        };
        (0..self.columns.len()).map(text).collect::<Vec<_>>().join(",").into_bytes()
    }

    fn column_of(&self, place: usize) -> u32 {
        place as u32 + 1
    }
}

/// In which columns of fields of each row something stands, by their bits.
fn filled(columns: &[Column], binding: &Binding, rows: Range<usize>) -> Vec<u64> {
    fn mark(filled: &mut [u64], bit: u64, says: impl Iterator<Item = bool>) {
        filled.iter_mut().zip(says).for_each(|(filled, says)| *filled |= if says { bit } else { 0 });
    }
    let mut filled = vec![0; rows.len()];
    for (at, column) in columns.iter().enumerate().filter(|(at, _)| binding.fields.iter().any(|field| field.column == *at)) {
        let bit = bit(at);
        match column {
            Column::Absent => {}
            Column::Texts(texts) => mark(&mut filled, bit, rows.clone().map(|row| !texts.get(row).is_empty())),
            Column::Entries(entries) => mark(&mut filled, bit, entries.numbers[rows.clone()].iter().map(|number| *number != 0)),
            Column::Times(times) => mark(&mut filled, bit, times[rows.clone()].iter().map(|time| *time != NO_TIME)),
        }
    }
    filled
}
