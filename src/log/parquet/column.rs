//! The values of one column of a row group.

use super::codec::Pages;
use super::pages::{self, Numbers};
use super::typed::{Stamps, big_endian, decimal, decimals, instant, whole};
use crate::event::Short;
use crate::log::times::TimeReader;
use crate::time::Instant;
use parquet::basic::Type;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};
use std::sync::Arc;

/// The values of one column of a row group, as a log would write them.
// So that which one it is, which is asked of each cell, is read and not found out.
#[repr(u8)]
pub(super) enum Column {
    /// The file has no such column.
    Absent,
    Texts(Texts),
    Entries(Entries),
    /// Instants between 1900 and 2200; [`NO_TIME`] where a row has none.
    Times(Vec<Instant>),
}

/// Texts of which many rows have the same, and the number of each row's.
pub(super) struct Entries {
    texts: Texts,
    /// The empty one and the first of them as short texts, those that are.
    short: Vec<Option<Short>>,
    pub(super) numbers: Numbers,
}

impl Entries {
    /// So many are made short texts once. A column of more holds keys: most rows have one of their own.
    const FEW: usize = 4096;

    fn new(texts: Texts, numbers: Numbers) -> Entries {
        let few = 0..texts.ends.len().min(Entries::FEW);
        let short = few.map(|entry| Short::of(texts.get(entry).as_bytes()));
        Entries { short: std::iter::once(Some(Short::EMPTY)).chain(short).collect(), texts, numbers }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> &str {
        self.numbers[row].checked_sub(1).map_or("", |entry| self.texts.get(entry as usize))
    }

    #[inline(always)]
    pub(super) fn short(&self, row: usize) -> Option<Short> {
        let number = self.numbers[row] as usize;
        match self.short.get(number) {
            Some(short) => *short,
            None => self.texts.short(number - 1),
        }
    }
}

/// Before all instants that are kept.
pub(super) const NO_TIME: Instant = Instant::from_micros(i64::MIN);

/// A text for each row, one behind the other: an empty one, as in a table, where a row has none.
pub(super) struct Texts {
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

    /// Where the text of a row begins and ends.
    #[inline(always)]
    fn place(&self, row: usize) -> (usize, usize) {
        (if row == 0 { 0 } else { self.ends[row - 1] }, self.ends[row])
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> &str {
        let (from, end) = self.place(row);
        if from == end { "" } else { &self.text[from..end] }
    }

    #[inline(always)]
    pub(super) fn short(&self, row: usize) -> Option<Short> {
        let (from, end) = self.place(row);
        Short::within(self.text.as_bytes(), from, end)
    }
}

impl Column {
    /// Reads it off its pages, which `pages` gives from the first one on. Where it says when, and nothing else, `times` reads that.
    pub(super) fn read(
        column: &ColumnDescPtr,
        times: Option<&TimeReader>,
        pages: impl Fn() -> Result<Pages, ParquetError>,
    ) -> Result<Column, ParquetError> {
        let reader = || Ok::<_, ParquetError>(get_column_reader(Arc::clone(column), Box::new(pages()?)));
        if let (Some(times), Some(stamps)) = (times, Stamps::of(column)) {
            let stamped = match stamped_by_pages(pages()?, column, stamps)? {
                None => stamped_by_the_library(reader()?, column)?,
                stamped => stamped,
            };
            let instant = |number| times.stamped(stamps.micros(number), stamps.are_instants);
            // A time that is none is shown as it stands, for a message.
            if let Some(times) = stamped.and_then(|stamped| instants(stamped, instant)) {
                return Ok(Column::Times(times));
            }
        }
        if let Some((texts, numbers)) = texts_by_pages(pages()?, column)? {
            return Ok(Column::Entries(Entries::new(texts, numbers)));
        }
        let words = |text: String, into: &mut Vec<u8>| into.extend_from_slice(text.as_bytes());
        let texts = match reader()? {
            ColumnReader::BoolColumnReader(r) => texts(r, column, |b, into| words(b.to_string(), into)),
            ColumnReader::Int32ColumnReader(r) => texts(r, column, |n, into| words(whole(column, i64::from(*n)), into)),
            ColumnReader::Int64ColumnReader(r) => texts(r, column, |n, into| words(whole(column, *n), into)),
            // Spark and Hive write instants so.
            ColumnReader::Int96ColumnReader(r) => texts(r, column, |t, into| words(instant(t.to_nanos().div_euclid(1_000), true), into)),
            ColumnReader::FloatColumnReader(r) => texts(r, column, |n, into| words(n.to_string(), into)),
            ColumnReader::DoubleColumnReader(r) => texts(r, column, |n, into| words(n.to_string(), into)),
            ColumnReader::ByteArrayColumnReader(r) => match decimals(column) {
                Some(scale) => texts(r, column, |b, into| words(decimal(big_endian(b.data()), scale), into)),
                None => texts(r, column, |b, into| into.extend_from_slice(b.data())),
            },
            ColumnReader::FixedLenByteArrayColumnReader(r) => match decimals(column) {
                Some(scale) => texts(r, column, |b, into| words(decimal(big_endian(b.data()), scale), into)),
                None => texts(r, column, |b, into| into.extend_from_slice(b.data())),
            },
        };
        texts.map(Column::Texts)
    }

    /// How many rows it holds, if the file has it.
    pub(super) fn rows(&self) -> Option<usize> {
        match self {
            Column::Absent => None,
            Column::Texts(texts) => Some(texts.ends.len()),
            Column::Entries(entries) => Some(entries.numbers.len()),
            Column::Times(times) => Some(times.len()),
        }
    }

    /// Rows of which this column cannot be read.
    pub(super) fn broken(&self) -> Vec<usize> {
        match self {
            Column::Texts(texts) => texts.broken.clone(),
            Column::Entries(Entries { texts, numbers, .. }) if !texts.broken.is_empty() => {
                let is_broken = |number: &u32| number.checked_sub(1).is_some_and(|entry| texts.broken.contains(&(entry as usize)));
                numbers.iter().enumerate().filter(|(_, number)| is_broken(number)).map(|(row, _)| row).collect()
            }
            Column::Absent | Column::Entries(_) | Column::Times(_) => Vec::new(),
        }
    }
}

/// What a column counts, and which of these numbers each row has.
type Stamped = (Vec<i64>, Numbers);

/// What a column counts, by its pages; nothing where these are of another form.
fn stamped_by_pages(pages: Pages, column: &ColumnDescriptor, stamps: Stamps) -> Result<Option<Stamped>, ParquetError> {
    let mut stamped = Vec::new();
    let numbers = pages::read(pages, column.max_def_level(), |bytes| {
        let number = stamps.take(bytes);
        stamped.extend(number);
        number.is_some()
    })?;
    Ok(numbers.map(|numbers| (stamped, numbers)))
}

/// The same whatever its pages are like; nothing where it counts in more than 64 bits.
fn stamped_by_the_library(reader: ColumnReader, column: &ColumnDescriptor) -> Result<Option<Stamped>, ParquetError> {
    let ColumnReader::Int64ColumnReader(reader) = reader else { return Ok(None) };
    let (mut stamped, mut numbers) = (Vec::new(), Numbers::new());
    each(reader, column, |number| {
        stamped.extend(number);
        numbers.push(number.map_or(0, |_| stamped.len() as u32));
    })?;
    Ok(Some((stamped, numbers)))
}

/// The instants of rows, [`NO_TIME`] for one without; nothing where some number is none.
fn instants((stamped, numbers): Stamped, instant: impl Fn(i64) -> Option<Instant>) -> Option<Vec<Instant>> {
    let mut times = Vec::with_capacity(stamped.len() + 1);
    times.push(NO_TIME);
    for number in stamped {
        times.push(instant(number)?);
    }
    Some(numbers.iter().map(|number| times[*number as usize]).collect())
}

/// The texts of a column, each of them once for many rows; nothing where its pages or its values are of another form.
fn texts_by_pages(pages: Pages, column: &ColumnDescriptor) -> Result<Option<(Texts, Numbers)>, ParquetError> {
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    let mut add = |value: Option<String>| {
        text.extend_from_slice(value.as_deref().unwrap_or_default().as_bytes());
        ends.push(text.len());
        value.is_some()
    };
    fn part<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
        bytes.split_off(..N).and_then(|part| part.first_chunk()).copied()
    }
    let levels = column.max_def_level();
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
