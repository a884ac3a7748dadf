//! Parquet: flat columns, of which only those are read that something asks for. A row's line is its number in the file.

use crate::log::Unreadable;
use crate::log::binding::{Binding, FieldBinding, Shape};
use crate::log::decode::Decoder;
use crate::log::input::Data;
use crate::log::marks::bit;
use crate::log::pages::{self, Numbers};
use crate::log::row::{Cell, Row};
use crate::log::rules::Rules;
use crate::log::times::{self, Dates};
use crate::time::Instant;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveTime};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, FileReader, Length, RowGroupReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::sync::Arc;

/// The columns of a file, opened once for each row group that is read.
pub(super) struct Columns {
    file: SerializedFileReader<Bits>,
    names: Vec<String>,
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

    fn new(name: &str, data: Bits) -> Result<Columns, Unreadable> {
        let file = SerializedFileReader::new(data).map_err(damaged(name))?;
        let schema = file.metadata().file_metadata().schema_descr();
        let flat = (0..schema.num_columns()).filter(|i| schema.column(*i).max_rep_level() == 0);
        let names = flat.map(|i| schema.column(i).path().string()).collect();
        Ok(Columns { file, names, positions: Vec::new(), times: Vec::new() })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn groups(&self) -> usize {
        self.file.num_row_groups()
    }

    /// The same for a binding. A column that no clause asks for is not opened.
    pub(super) fn bound(self, rules: &Rules<'_>, binding: &Binding) -> Columns {
        let schema = self.file.metadata().file_metadata().schema_descr();
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
        let group = self.file.get_row_group(group).map_err(&damaged)?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        decoder.batch.lines = rows as u32;
        // What lies after as-of is not seen: of such a group nothing is opened.
        if let Some((first, last)) = self.span(group.metadata(), binding)
            && decoder.rules.options.as_of.is_some_and(|as_of| as_of < first)
        {
            decoder.batch.rows += rows as u64;
            decoder.batch.later += rows as u64;
            decoder.batch.seen(last);
            return Ok(());
        }
        let columns = self.positions.iter().zip(&self.times).map(|(position, times)| match position {
            Some(at) => Column::read(&*group, *at, *times).map_err(&damaged),
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
    fn cell(&self, column: usize) -> Cell<'r> {
        match &self.columns[column] {
            Column::Absent => Cell::Absent,
            Column::Texts(texts) => Cell::Text(texts.get(self.at)),
            Column::Entries(entries, numbers) => {
                Cell::Text(numbers[self.at].checked_sub(1).map_or("", |entry| entries.get(entry as usize)))
            }
            Column::Times(times) if times[self.at] == NO_TIME => Cell::Text(""),
            Column::Times(times) => Cell::Time(times[self.at]),
        }
    }

    #[inline]
    fn filled(&self, places: u64) -> u64 {
        self.filled[self.at] & places
    }

    #[inline]
    fn usual_time(&self, column: usize, dates: &mut Dates) -> Option<Instant> {
        match &self.columns[column] {
            Column::Times(times) => Some(times[self.at]).filter(|time| *time != NO_TIME),
            Column::Absent | Column::Texts(_) | Column::Entries(..) => times::usual(self.bytes(column)?, dates),
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

    fn column_of(&self, column: usize) -> u32 {
        column as u32 + 1
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
            Column::Entries(_, numbers) => mark(&mut filled, bit, numbers.iter().map(|number| *number != 0)),
            Column::Times(times) => mark(&mut filled, bit, times.iter().map(|time| *time != NO_TIME)),
        }
    }
    filled
}

/// The values of one column of a row group, as a log would write them.
enum Column {
    /// The file has no such column.
    Absent,
    Texts(Texts),
    /// Texts of which many rows have the same, and the number of each row's.
    Entries(Texts, Numbers),
    /// Instants between 1900 and 2200; [`NO_TIME`] where a row has none.
    Times(Vec<Instant>),
}

/// Before all instants that are kept.
const NO_TIME: Instant = Instant::from_micros(i64::MIN);

/// A text for each row, one behind the other: an empty one, as in a table, where a row has none.
struct Texts {
    text: String,
    ends: Vec<usize>,
    /// Rows with a text that is none.
    broken: Vec<usize>,
}

impl Texts {
    fn new(bytes: Vec<u8>, ends: Vec<usize>) -> Texts {
        match String::from_utf8(bytes) {
            Ok(text) if ends.iter().all(|end| text.is_char_boundary(*end)) => Texts { text, ends, broken: Vec::new() },
            Ok(text) => Texts::one_by_one(text.as_bytes(), &ends),
            Err(e) => Texts::one_by_one(e.as_bytes(), &ends),
        }
    }

    fn one_by_one(bytes: &[u8], ends: &[usize]) -> Texts {
        let mut texts = Texts { text: String::new(), ends: Vec::with_capacity(ends.len()), broken: Vec::new() };
        let mut from = 0;
        for (row, end) in ends.iter().enumerate() {
            match std::str::from_utf8(&bytes[from..*end]) {
                Ok(text) => texts.text.push_str(text),
                Err(_) => texts.broken.push(row),
            }
            texts.ends.push(texts.text.len());
            from = *end;
        }
        texts
    }

    fn get(&self, row: usize) -> &str {
        let (from, end) = (if row == 0 { 0 } else { self.ends[row - 1] }, self.ends[row]);
        if from == end { "" } else { &self.text[from..end] }
    }
}

impl Column {
    fn read(group: &dyn RowGroupReader, at: usize, times: bool) -> Result<Column, ParquetError> {
        let column = group.metadata().column(at).column_descr_ptr();
        if times && is_utc_micros(&column) {
            let (mut read, mut all_are_kept) = (Vec::new(), true);
            if let Some((times, numbers)) = times_by_pages(group, at, &column)? {
                let time = |number: &u32| number.checked_sub(1).map_or(Some(NO_TIME), |entry| times[entry as usize]);
                match numbers.iter().map(time).collect::<Option<Vec<Instant>>>() {
                    Some(times) => return Ok(Column::Times(times)),
                    None => all_are_kept = false,
                }
            } else if let ColumnReader::Int64ColumnReader(r) = group.get_column_reader(at)? {
                each(r, &column, |us| {
                    let time = us.map(|us| Instant::checked(*us));
                    all_are_kept &= time != Some(None);
                    read.push(time.flatten().unwrap_or(NO_TIME));
                })?;
            }
            // A time that is none is shown as it stands, for a message.
            if all_are_kept {
                return Ok(Column::Times(read));
            }
        }
        if let Some((texts, numbers)) = texts_by_pages(group, at, &column)? {
            return Ok(Column::Entries(texts, numbers));
        }
        let words = |text: String, into: &mut Vec<u8>| into.extend_from_slice(text.as_bytes());
        let texts = match group.get_column_reader(at)? {
            ColumnReader::BoolColumnReader(r) => texts(r, &column, |b, into| words(b.to_string(), into)),
            ColumnReader::Int32ColumnReader(r) => texts(r, &column, |n, into| words(whole(&column, i64::from(*n)), into)),
            ColumnReader::Int64ColumnReader(r) => texts(r, &column, |n, into| words(whole(&column, *n), into)),
            // Spark and Hive write instants so.
            ColumnReader::Int96ColumnReader(r) => texts(r, &column, |t, into| words(instant(t.to_nanos().div_euclid(1_000), true), into)),
            ColumnReader::FloatColumnReader(r) => texts(r, &column, |n, into| words(n.to_string(), into)),
            ColumnReader::DoubleColumnReader(r) => texts(r, &column, |n, into| words(n.to_string(), into)),
            ColumnReader::ByteArrayColumnReader(r) => match decimals(&column) {
                Some(scale) => texts(r, &column, |b, into| words(decimal(big_endian(b.data()), scale), into)),
                None => texts(r, &column, |b, into| into.extend_from_slice(b.data())),
            },
            ColumnReader::FixedLenByteArrayColumnReader(r) => match decimals(&column) {
                Some(scale) => texts(r, &column, |b, into| words(decimal(big_endian(b.data()), scale), into)),
                None => texts(r, &column, |b, into| into.extend_from_slice(b.data())),
            },
        };
        texts.map(Column::Texts)
    }

    /// How many rows it holds, if the file has it.
    fn rows(&self) -> Option<usize> {
        match self {
            Column::Absent => None,
            Column::Texts(texts) => Some(texts.ends.len()),
            Column::Entries(_, numbers) => Some(numbers.len()),
            Column::Times(times) => Some(times.len()),
        }
    }

    /// Rows of which this column cannot be read.
    fn broken(&self) -> Vec<usize> {
        match self {
            Column::Texts(texts) => texts.broken.clone(),
            Column::Entries(texts, numbers) if !texts.broken.is_empty() => {
                let is_broken = |number: &u32| number.checked_sub(1).is_some_and(|entry| texts.broken.contains(&(entry as usize)));
                numbers.iter().enumerate().filter(|(_, number)| is_broken(number)).map(|(row, _)| row).collect()
            }
            Column::Absent | Column::Entries(..) | Column::Times(_) => Vec::new(),
        }
    }
}

/// Instants; nothing for one that lies outside of those that are kept.
type MaybeTimes = Vec<Option<Instant>>;

/// The instants of a column of microseconds, each of them once for many rows; nothing for one that is not kept. Nothing at all where
/// its pages are of another form.
fn times_by_pages(group: &dyn RowGroupReader, at: usize, column: &ColumnDescriptor) -> Result<Option<(MaybeTimes, Numbers)>, ParquetError> {
    let mut times = Vec::new();
    if column.physical_type() != Type::INT64 {
        return Ok(None);
    }
    let numbers = pages::read(group.get_column_page_reader(at)?, column.max_def_level(), |bytes| {
        let us = bytes.split_off(..8).and_then(|us| us.first_chunk());
        times.extend(us.map(|us| Instant::checked(i64::from_le_bytes(*us))));
        us.is_some()
    })?;
    Ok(numbers.map(|numbers| (times, numbers)))
}

/// The texts of a column, each of them once for many rows; nothing where its pages or its values are of another form.
fn texts_by_pages(group: &dyn RowGroupReader, at: usize, column: &ColumnDescriptor) -> Result<Option<(Texts, Numbers)>, ParquetError> {
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    let mut add = |value: Option<String>| {
        text.extend_from_slice(value.as_deref().unwrap_or_default().as_bytes());
        ends.push(text.len());
        value.is_some()
    };
    fn part<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
        bytes.split_off(..N).and_then(|part| part.first_chunk()).copied()
    }
    let (pages, levels) = (group.get_column_page_reader(at)?, column.max_def_level());
    let numbers = match (column.physical_type(), decimals(column)) {
        (Type::INT32, _) => pages::read(pages, levels, |b| add(part(b).map(|n| whole(column, i32::from_le_bytes(n).into())))),
        (Type::INT64, _) => pages::read(pages, levels, |b| add(part(b).map(|n| whole(column, i64::from_le_bytes(n))))),
        (Type::FLOAT, _) => pages::read(pages, levels, |b| add(part(b).map(|n| f32::from_le_bytes(n).to_string()))),
        (Type::DOUBLE, _) => pages::read(pages, levels, |b| add(part(b).map(|n| f64::from_le_bytes(n).to_string()))),
        (Type::BYTE_ARRAY, None) => pages::read(pages, levels, |bytes| {
            let value = part(bytes).and_then(|length| bytes.split_off(..u32::from_le_bytes(length) as usize));
            text.extend_from_slice(value.unwrap_or_default());
            ends.push(text.len());
            value.is_some()
        }),
        _ => return Ok(None),
    }?;
    Ok(numbers.map(|numbers| (Texts::new(text, ends), numbers)))
}

/// All values of a flat column as texts.
fn texts<T: DataType>(
    reader: ColumnReaderImpl<T>,
    column: &ColumnDescriptor,
    write: impl Fn(&T::T, &mut Vec<u8>),
) -> Result<Texts, ParquetError> {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    each(reader, column, |value| {
        value.into_iter().for_each(|value| write(value, &mut bytes));
        ends.push(bytes.len());
    })?;
    Ok(Texts::new(bytes, ends))
}

/// All values of a flat column; nothing where it says that there is none.
fn each<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    column: &ColumnDescriptor,
    mut take: impl FnMut(Option<&T::T>),
) -> Result<(), ParquetError> {
    const AT_ONCE: usize = 16 * 1024;
    let there = column.max_def_level();
    let (mut levels, mut found) = (Vec::new(), Vec::new());
    loop {
        levels.clear();
        found.clear();
        let (records, ..) = reader.read_records(AT_ONCE, (there > 0).then_some(&mut levels), None, &mut found)?;
        if records == 0 {
            return Ok(());
        }
        let mut found = found.iter();
        match there {
            0 => found.for_each(|value| take(Some(value))),
            _ => levels.iter().for_each(|level| take(if *level == there { found.next() } else { None })),
        }
    }
}

/// Whether a column holds microseconds of UTC.
fn is_utc_micros(column: &ColumnDescriptor) -> bool {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(t)), _) => t.is_adjusted_to_u_t_c && matches!(t.unit, TimeUnit::MICROS),
        (None, ConvertedType::TIMESTAMP_MICROS) => true,
        _ => false,
    }
}

/// A whole number, and what its type says that it is.
fn whole(column: &ColumnDescriptor, n: i64) -> String {
    if let Some(scale) = decimals(column) {
        return decimal(n.into(), scale);
    }
    let micros = |unit: &TimeUnit, n: i64| match unit {
        TimeUnit::MILLIS => n.saturating_mul(1_000),
        TimeUnit::MICROS => n,
        TimeUnit::NANOS => n.div_euclid(1_000),
    };
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(t)), _) => instant(micros(&t.unit, n), t.is_adjusted_to_u_t_c),
        (Some(LogicalType::Time(t)), _) => clock(micros(&t.unit, n)),
        (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => date(n),
        (None, ConvertedType::TIMESTAMP_MILLIS) => instant(n.saturating_mul(1_000), true),
        (None, ConvertedType::TIMESTAMP_MICROS) => instant(n, true),
        (Some(LogicalType::Integer(t)), _) if !t.is_signed => match t.bit_width {
            64 => (n as u64).to_string(),
            _ => (n as u32).to_string(),
        },
        _ => n.to_string(),
    }
}

/// Digits behind the point, of a decimal.
fn decimals(column: &ColumnDescriptor) -> Option<u32> {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Decimal(t)), _) => u32::try_from(t.scale).ok(),
        (None, ConvertedType::DECIMAL) => u32::try_from(column.type_scale()).ok(),
        _ => None,
    }
}

fn decimal(n: i128, scale: u32) -> String {
    let digits = format!("{:0width$}", n.unsigned_abs(), width = scale as usize + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale as usize);
    let sign = if n < 0 { "-" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// Two's complement, the greatest byte first.
fn big_endian(bytes: &[u8]) -> i128 {
    let first = if bytes.first().is_some_and(|b| b & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(first, |n: i128, b| (n << 8) | i128::from(*b))
}

/// With `Z` where the file says that it is an instant; else it is a wall clock's, and needs the source's zone.
fn instant(micros: i64, utc: bool) -> String {
    let form = if utc { "%Y-%m-%dT%H:%M:%S%.6fZ" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
    DateTime::from_timestamp_micros(micros).map_or_else(|| micros.to_string(), |t| t.format(form).to_string())
}

fn date(days: i64) -> String {
    let day = i32::try_from(days + 719_163).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
    day.map_or_else(|| days.to_string(), |day| day.to_string())
}

fn clock(micros: i64) -> String {
    let seconds = u32::try_from(micros.div_euclid(1_000_000)).ok();
    let time = seconds.and_then(|s| NaiveTime::from_num_seconds_from_midnight_opt(s, (micros.rem_euclid(1_000_000) * 1_000) as u32));
    time.map_or_else(|| micros.to_string(), |t| t.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_with_their_digits() {
        assert_eq!([decimal(12_345, 2), decimal(-5, 2), decimal(7, 0), decimal(0, 1)], ["123.45", "-0.05", "7", "0.0"]);
        assert_eq!([big_endian(&[0x01, 0x00]), big_endian(&[0xff, 0xfe]), big_endian(&[])], [256, -2, 0]);
    }

    #[test]
    fn times_say_whether_they_are_instants() {
        assert_eq!(instant(1_772_445_600_000_000, true), "2026-03-02T10:00:00.000000Z");
        assert_eq!(instant(-1, false), "1969-12-31T23:59:59.999999");
        assert_eq!((date(20_514).as_str(), clock(36_000_500_000).as_str()), ("2026-03-02", "10:00:00.500"));
    }
}
