//! What the type of a column says of its values, and how a log would write them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;

/// Whether a column holds instants, times of a wall clock, or dates.
pub(super) fn is_dated(column: &ColumnDescriptor) -> bool {
    is_date(column) || Stamps::of(column).is_some()
}

fn is_date(column: &ColumnDescriptor) -> bool {
    matches!((column.logical_type_ref(), column.converted_type()), (Some(LogicalType::Date), _) | (None, ConvertedType::DATE))
}

/// How a column says when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamps {
    unit: Unit,
    /// They are instants; else they are what a wall clock shows.
    pub(super) are_instants: bool,
}

/// What is counted since 1970.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Millis,
    Micros,
    Nanos,
    /// Nanoseconds of a day, and its Julian number: Spark and Hive write them so.
    OfDay,
}

impl Stamps {
    /// Those of a column, if it says when.
    pub(super) fn of(column: &ColumnDescriptor) -> Option<Stamps> {
        let (unit, are_instants) = match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Timestamp(t)), _) => (Unit::of(&t.unit), t.is_adjusted_to_u_t_c),
            (None, ConvertedType::TIMESTAMP_MILLIS) => (Unit::Millis, true),
            (None, ConvertedType::TIMESTAMP_MICROS) => (Unit::Micros, true),
            _ if column.physical_type() == Type::INT96 => (Unit::OfDay, true),
            _ => return None,
        };
        Some(Stamps { unit, are_instants })
    }

    /// Takes the next one off some bytes, as it is counted; of those that have no unit, in microseconds.
    #[inline(always)]
    pub(super) fn take(self, bytes: &mut &[u8]) -> Option<i64> {
        if matches!(self.unit, Unit::OfDay) {
            return take_of_day(bytes);
        }
        let (number, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(i64::from_le_bytes(*number))
    }

    /// A number that was taken, in microseconds since 1970.
    #[inline(always)]
    pub(super) fn micros(self, number: i64) -> i64 {
        self.unit.micros(number)
    }
}

impl Unit {
    fn of(unit: &TimeUnit) -> Unit {
        match unit {
            TimeUnit::MILLIS => Unit::Millis,
            TimeUnit::MICROS => Unit::Micros,
            TimeUnit::NANOS => Unit::Nanos,
        }
    }

    #[inline(always)]
    fn micros(self, number: i64) -> i64 {
        match self {
            Unit::Micros | Unit::OfDay => number,
            Unit::Millis => number.saturating_mul(1_000),
            Unit::Nanos => number.div_euclid(1_000),
        }
    }
}

/// The microseconds since 1970 of nanoseconds of a day, and the Julian number of that.
#[inline(never)]
fn take_of_day(bytes: &mut &[u8]) -> Option<i64> {
    const JULIAN_1970: i64 = 2_440_588;
    let nanos = i64::from_le_bytes(*bytes.split_off(..8)?.first_chunk()?);
    let day = i64::from(u32::from_le_bytes(*bytes.split_off(..4)?.first_chunk()?)) - JULIAN_1970;
    Some(day.saturating_mul(86_400_000_000).saturating_add(nanos.div_euclid(1_000)))
}

/// A whole number, and what its type says that it is.
pub(super) fn whole(column: &ColumnDescriptor, n: i64) -> String {
    if let Some(scale) = decimals(column) {
        return decimal(n.into(), scale);
    }
    if let Some(stamps) = Stamps::of(column) {
        return instant(stamps.micros(n), stamps.are_instants);
    }
    match column.logical_type_ref() {
        _ if is_date(column) => date(n),
        Some(LogicalType::Time(t)) => clock(Unit::of(&t.unit).micros(n)),
        Some(LogicalType::Integer(t)) if !t.is_signed => match t.bit_width {
            64 => (n as u64).to_string(),
            _ => (n as u32).to_string(),
        },
        _ => n.to_string(),
    }
}

/// Digits behind the point, of a decimal.
pub(super) fn decimals(column: &ColumnDescriptor) -> Option<u32> {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Decimal(t)), _) => u32::try_from(t.scale).ok(),
        (None, ConvertedType::DECIMAL) => u32::try_from(column.type_scale()).ok(),
        _ => None,
    }
}

pub(super) fn decimal(n: i128, scale: u32) -> String {
    let digits = format!("{:0width$}", n.unsigned_abs(), width = scale as usize + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale as usize);
    let sign = if n < 0 { "-" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// Two's complement, the greatest byte first.
pub(super) fn big_endian(bytes: &[u8]) -> i128 {
    let first = if bytes.first().is_some_and(|b| b & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(first, |n: i128, b| (n << 8) | i128::from(*b))
}

/// With `Z` where the file says that it is an instant; else it is a wall clock's, and needs the source's zone.
pub(super) fn instant(micros: i64, utc: bool) -> String {
    let Some(time) = DateTime::from_timestamp_micros(micros) else { return micros.to_string() };
    let Ok(year @ 0..10_000) = u32::try_from(time.year()) else {
        let form = if utc { "%Y-%m-%dT%H:%M:%S%.6fZ" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
        return time.format(form).to_string();
    };
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let micros = time.timestamp_subsec_micros();
    let pairs = [
        (0, year / 100),
        (2, year % 100),
        (5, time.month()),
        (8, time.day()),
        (11, time.hour()),
        (14, time.minute()),
        (17, time.second()),
        (20, micros / 10_000),
        (22, micros / 100 % 100),
        (24, micros % 100),
    ];
    for (at, number) in pairs {
        text[at] += (number / 10) as u8;
        text[at + 1] += (number % 10) as u8;
    }
    String::from_utf8_lossy(&text[..text.len() - usize::from(!utc)]).into_owned()
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
    fn instants_are_read_in_each_unit() {
        let of = |unit: Unit, mut bytes: &[u8]| {
            let stamps = Stamps { unit, are_instants: true };
            stamps.take(&mut bytes).map(|number| stamps.micros(number))
        };
        let micros = |unit: Unit, number: i64| of(unit, &number.to_le_bytes());
        assert_eq!(micros(Unit::Millis, 1_772_445_600_250), Some(1_772_445_600_250_000));
        assert_eq!(micros(Unit::Micros, 1_772_445_600_250_000), Some(1_772_445_600_250_000));
        // What is less than a microsecond is cut off, before 1970 too.
        assert_eq!(micros(Unit::Nanos, 1_772_445_600_250_000_999), Some(1_772_445_600_250_000));
        assert_eq!(micros(Unit::Nanos, -1), Some(-1));
        assert_eq!(micros(Unit::Millis, i64::MAX), Some(i64::MAX));
        // Julian day 2,440,588 begins at noon of 1 January 1970; here it stands for the whole day.
        let of_day = |day: u32, nanos: i64| of(Unit::OfDay, &[&nanos.to_le_bytes()[..], &day.to_le_bytes()].concat());
        assert_eq!(of_day(2_440_588, 0), Some(0));
        assert_eq!(of_day(2_440_589, 1_999), Some(86_400_000_001));
        assert_eq!(of(Unit::OfDay, &[0; 11]), None);
    }

    #[test]
    fn times_say_whether_they_are_instants() {
        assert_eq!(instant(1_772_445_600_000_000, true), "2026-03-02T10:00:00.000000Z");
        assert_eq!(instant(-1, false), "1969-12-31T23:59:59.999999");
        // Ten thousand years of 365.2425 days, and a day before the first.
        assert_eq!(instant(253_402_300_800_000_000, true), "+10000-01-01T00:00:00.000000Z");
        assert_eq!(instant(-62_167_219_200_000_001, true), "-0001-12-31T23:59:59.999999Z");
        assert_eq!((date(20_514).as_str(), clock(36_000_500_000).as_str()), ("2026-03-02", "10:00:00.500"));
    }
}
