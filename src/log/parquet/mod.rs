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
use crate::log::times::{self, Dates};
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
use std::sync::Arc;
use typed::{instant, is_dated, is_utc_micros};

/// The columns of a file, opened once for each row group that is read.
pub(super) struct Columns {
    bits: Arc<Bits>,
    head: ParquetMetaData,
    names: Vec<String>,
    /// Columns whose type says that they hold instants or dates.
    dated: Vec<String>,
    /// Where each column of the binding stands among the file's, if the file has it.
    positions: Vec<Option<usize>>,
    /// Which of the binding's columns hold nothing but instants.
    times: Vec<bool>,
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
        let times = (0..binding.columns.len()).map(|i| binding.is_time_alone(i)).collect();
        Columns { positions, times, ..self }
    }

    /// Reads a row group.
    pub(super) fn read(&self, decoder: &mut Decoder<'_, '_>, binding: &Binding, name: &str, group: usize) -> Result<(), Unreadable> {
        let damaged = damaged(name);
        let group = self.head.row_group(group);
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        decoder.batch.lines = rows as u32;
        // What lies after as-of is not seen: of such a group nothing is opened.
        if let Some((first, last)) = self.span(group, binding)
            && decoder.rules.options.as_of.is_some_and(|as_of| as_of < first)
        {
            decoder.batch.rows += rows as u64;
            decoder.batch.later += rows as u64;
            decoder.batch.seen(last);
            return Ok(());
        }
        let columns = self.positions.iter().zip(&self.times).map(|(position, times)| match position {
            Some(at) => {
                let column = group.column(*at);
                let codec = Codec::of(column.compression_codec()).ok_or_else(|| {
                    let message = format!("the Parquet data is packed with {:?}, which is not read", column.compression_codec());
                    Unreadable::new(name, message).help("write it with Snappy, gzip or Zstandard")
                })?;
                let pages = || Pages::of(&self.bits, column, codec, rows);
                Column::read(&column.column_descr_ptr(), *times, pages).map_err(&damaged)
            }
            None => Ok(Column::Absent),
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        if columns.iter().any(|column| column.rows().is_some_and(|n| n != rows)) {
            return Err(damaged(ParquetError::EOF("a column has fewer values than rows".into())));
        }
        let broken: BTreeMap<usize, usize> =
            columns.iter().enumerate().flat_map(|(i, c)| c.broken().into_iter().map(move |row| (row, i))).collect();
        let filled = filled(&columns, rows);
        for at in 0..rows {
            let row = Across { columns: &columns, filled: &filled, at };
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
        let column = group.column(self.positions[*time].filter(|_| self.times[*time])?);
        let Statistics::Int64(found) = column.statistics()? else { return None };
        let is_told = is_utc_micros(column.column_descr()) && found.null_count_opt() == Some(0);
        let instant = |us: Option<&i64>| us.and_then(|us| Instant::checked(*us)).filter(|_| is_told);
        instant(found.min_opt()).zip(instant(found.max_opt()))
    }
}

/// A row across the columns of a row group.
struct Across<'r> {
    columns: &'r [Column],
    filled: &'r [u64],
    at: usize,
}

impl<'r> Row<'r> for Across<'r> {
    #[inline]
    fn cell(&self, place: usize) -> Cell<'r> {
        match &self.columns[place] {
            Column::Absent => Cell::Absent,
            Column::Texts(texts) => Cell::Text(texts.get(self.at)),
            Column::Entries(entries) => Cell::Text(entries.get(self.at)),
            Column::Times(times) if times[self.at] == NO_TIME => Cell::Text(""),
            Column::Times(times) => Cell::Time(times[self.at]),
        }
    }

    #[inline]
    fn short(&self, place: usize) -> Option<Short> {
        match &self.columns[place] {
            Column::Entries(entries) => entries.short(self.at),
            Column::Absent | Column::Texts(_) | Column::Times(_) => Short::of(self.bytes(place)?),
        }
    }

    #[inline]
    fn filled(&self, places: u64) -> u64 {
        self.filled[self.at] & places
    }

    #[inline]
    fn usual_time(&self, place: usize, dates: &mut Dates) -> Option<Instant> {
        match &self.columns[place] {
            Column::Times(times) => Some(times[self.at]).filter(|time| *time != NO_TIME),
            Column::Absent | Column::Texts(_) | Column::Entries(_) => times::usual(self.bytes(place)?, dates),
        }
    }

    fn line(&self) -> u32 {
        self.at as u32 + 1
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

/// In which columns of each row something stands, by their bits.
fn filled(columns: &[Column], rows: usize) -> Vec<u64> {
    fn mark(filled: &mut [u64], bit: u64, says: impl Iterator<Item = bool>) {
        filled.iter_mut().zip(says).for_each(|(filled, says)| *filled |= if says { bit } else { 0 });
    }
    let mut filled = vec![0; rows];
    for (column, bit) in columns.iter().zip((0..).map(bit)) {
        match column {
            Column::Absent => {}
            Column::Texts(texts) => mark(&mut filled, bit, (0..rows).map(|row| !texts.get(row).is_empty())),
            Column::Entries(entries) => mark(&mut filled, bit, entries.numbers.iter().map(|number| *number != 0)),
            Column::Times(times) => mark(&mut filled, bit, times.iter().map(|time| *time != NO_TIME)),
        }
    }
    filled
}
