//! What the type of a column says of its values, and how a log would write them.

use chrono::{DateTime, NaiveDate, NaiveTime};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;

/// Whether a column holds instants, times of a wall clock, or dates.
pub(super) fn is_dated(column: &ColumnDescriptor) -> bool {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(_) | LogicalType::Date), _) => true,
        (None, ConvertedType::TIMESTAMP_MILLIS | ConvertedType::TIMESTAMP_MICROS | ConvertedType::DATE) => true,
        _ => column.physical_type() == Type::INT96,
    }
}

/// Whether a column holds microseconds of UTC.
pub(super) fn is_utc_micros(column: &ColumnDescriptor) -> bool {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(t)), _) => t.is_adjusted_to_u_t_c && matches!(t.unit, TimeUnit::MICROS),
        (None, ConvertedType::TIMESTAMP_MICROS) => true,
        _ => false,
    }
}

/// A whole number, and what its type says that it is.
pub(super) fn whole(column: &ColumnDescriptor, n: i64) -> String {
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
