//! Patterns of times such as `%d/%m/%Y %H:%M` or `%d/%b/%y %I:%M %p`, read in few steps.
//!
//! Only what is written exactly so is read here. All else is left to chrono, which takes more: signs, blanks, years of another length.

use super::full::{Dated, Full};
use super::numbers::{SECOND, days_since_1970, fraction, full_year, offset, one_or_two, seconds, two};
use chrono::format::{Fixed, Item, Numeric, StrftimeItems};
use std::mem::discriminant;

/// A pattern, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    /// How its times are written where all numbers have all of their digits, as they mostly have.
    full: Option<Full>,
}

/// What a wall clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// In microseconds since it showed the beginning of 1970, or of the day.
    pub(super) micros: i64,
    /// By how many microseconds it is ahead of UTC, if that is written beside it.
    pub(super) offset: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Year,
    /// Its last two digits.
    ShortYear,
    Month,
    /// Its first three letters.
    MonthName,
    Day,
    /// The first three letters of its name.
    Weekday,
    Hour,
    /// Of twelve.
    HalfDayHour,
    /// `AM` or `PM`.
    HalfDay,
    Minute,
    Second,
    /// `.25`, or nothing at all; of so many digits if that is said.
    Fraction(Option<usize>),
    /// `+0100` or `+01:00`; both are read by each of their patterns.
    Offset {
        has_colon: bool,
    },
    Sign(u8),
}

const MONTHS: [&[u8; 3]; 12] = [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
/// The first of 1970 was a Thursday.
const WEEKDAYS: [&[u8; 3]; 7] = [b"thu", b"fri", b"sat", b"sun", b"mon", b"tue", b"wed"];

impl Part {
    /// Of what chrono makes of a strftime pattern, if it is one of those.
    fn of(item: &Item<'_>) -> Option<Part> {
        Some(match item {
            Item::Numeric(number, _) => match number {
                Numeric::Year => Part::Year,
                Numeric::YearMod100 => Part::ShortYear,
                Numeric::Month => Part::Month,
                Numeric::Day => Part::Day,
                Numeric::Hour => Part::Hour,
                Numeric::Hour12 => Part::HalfDayHour,
                Numeric::Minute => Part::Minute,
                Numeric::Second => Part::Second,
                _ => return None,
            },
            Item::Fixed(text) => match text {
                Fixed::ShortMonthName => Part::MonthName,
                Fixed::ShortWeekdayName => Part::Weekday,
                Fixed::LowerAmPm | Fixed::UpperAmPm => Part::HalfDay,
                Fixed::Nanosecond => Part::Fraction(None),
                Fixed::Nanosecond3 => Part::Fraction(Some(3)),
                Fixed::Nanosecond6 => Part::Fraction(Some(6)),
                Fixed::Nanosecond9 => Part::Fraction(Some(9)),
                Fixed::TimezoneOffset => Part::Offset { has_colon: false },
                Fixed::TimezoneOffsetColon => Part::Offset { has_colon: true },
                _ => return None,
            },
            _ => return None,
        })
    }
}

impl Pattern {
    /// Of a strftime pattern, if its parts are read here, and are a date and no more of a time than says when.
    pub(super) fn of(pattern: &str) -> Option<Pattern> {
        let mut parts = Vec::new();
        for item in StrftimeItems::new(pattern) {
            if let Item::Literal(signs) | Item::Space(signs) = item {
                let are_printed = signs.bytes().all(|sign| matches!(sign, b' '..=b'~'));
                parts.extend(are_printed.then(|| signs.bytes().map(Part::Sign))?);
                continue;
            }
            let part = Part::of(&item)?;
            if parts.iter().any(|known| discriminant(known) == discriminant(&part)) {
                return None;
            }
            parts.push(part);
        }
        let has = |part| parts.iter().any(|known| discriminant(known) == discriminant(&part));
        let has_date = has(Part::Year) != has(Part::ShortYear) && has(Part::Month) != has(Part::MonthName) && has(Part::Day);
        let hours = (has(Part::Hour), has(Part::HalfDayHour), has(Part::HalfDay));
        let has_time = match hours {
            (true, false, false) | (false, true, true) => has(Part::Minute),
            (false, false, false) => !has(Part::Minute) && !has(Part::Second),
            _ => false,
        };
        let has_instant = !has(Part::Offset { has_colon: false }) || hours != (false, false, false);
        let has_whole = has(Part::Second) || !has(Part::Fraction(None));
        (has_date && has_time && has_instant && has_whole).then(|| Pattern { full: Full::of(&parts), parts })
    }

    /// What a wall clock shows, between 1900 and 2199.
    #[inline]
    pub(super) fn read(&self, text: &[u8]) -> Option<Shown> {
        self.full.as_ref().and_then(|full| full.read(text)).or_else(|| self.read_parts(text))
    }

    /// The same of one that has all of its digits, as most have; its date is not looked at.
    #[inline]
    pub(super) fn dated(&self, text: &[u8]) -> Option<Dated> {
        self.full.as_ref()?.dated(text)
    }

    fn read_parts(&self, text: &[u8]) -> Option<Shown> {
        let (mut rest, mut ahead) = (text, None);
        let (mut year, mut month, mut day, mut weekday) = (0, 0, 0, None);
        let (mut hour, mut minute, mut second, mut half, mut micros) = (0, 0, 0, None, 0);
        for part in &self.parts {
            match part {
                Part::Sign(sign) => rest = rest.strip_prefix(&[*sign])?,
                Part::Year => year = two(&mut rest)? * 100 + two(&mut rest)?,
                Part::ShortYear => year = full_year(two(&mut rest)?),
                Part::Month => month = one_or_two(&mut rest)?,
                Part::MonthName => month = name(&mut rest, &MONTHS)? + 1,
                Part::Day => day = one_or_two(&mut rest)?,
                Part::Weekday => weekday = Some(name(&mut rest, &WEEKDAYS)?),
                Part::Hour | Part::HalfDayHour => hour = one_or_two(&mut rest)?,
                Part::HalfDay => {
                    let (letters, behind) = rest.split_first_chunk::<2>()?;
                    (half, rest) = (Some(*letters), behind);
                }
                Part::Minute => minute = one_or_two(&mut rest)?,
                Part::Second => second = one_or_two(&mut rest)?,
                Part::Fraction(digits) => micros = fraction(&mut rest, *digits)?,
                Part::Offset { .. } => {
                    let (sign, hours) = (*rest.split_off_first()?, two(&mut rest)?);
                    rest = rest.strip_prefix(b":").unwrap_or(rest);
                    ahead = Some(offset(sign, hours, two(&mut rest)?)?);
                }
            }
        }
        let day = days_since_1970(year, month, day)?;
        if !rest.is_empty() || weekday.is_some_and(|weekday| weekday != day.rem_euclid(7)) {
            return None;
        }
        let seconds = day * 86_400 + seconds([hour, minute, second], half)?;
        Some(Shown { micros: seconds * SECOND + micros, offset: ahead })
    }
}

/// Which of some names follows, by its first three letters.
fn name(rest: &mut &[u8], names: &[&[u8; 3]]) -> Option<i64> {
    let (letters, behind) = rest.split_first_chunk::<3>()?;
    *rest = behind;
    names.iter().position(|known| known.eq_ignore_ascii_case(letters)).map(|at| at as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::times::{Found, by_pattern};
    use chrono::DateTime;

    /// Each in a dress of the tools that write it: databases, mail, web servers, spreadsheets, service desks.
    const PATTERNS: [&str; 18] = [
        "%Y-%m-%d %H:%M:%S",
        "%F %T%.f",
        "%Y-%m-%dT%H:%M:%S%.3f",
        "%Y-%m-%d %H:%M:%S%.6f%:z",
        "%FT%T%.fZ",
        "%d.%m.%Y %H:%M",
        "%m/%d/%Y %I:%M:%S %p",
        "%m/%d/%y %R",
        "%D %l:%M %P",
        "%d/%b/%y %I:%M %p",
        "%d-%b-%Y %I.%M%p",
        "%b %e, %Y %H:%M:%S",
        "%a, %d %b %Y %H:%M:%S %z",
        "%d/%h/%Y:%H:%M:%S %z",
        "%Y%m%d %H%M",
        "%Y-%m-%dT%H:%M:%S%z",
        "%d %b %Y %H:%M %:z",
        "%d.%m.%Y",
    ];

    #[test]
    fn what_is_read_is_what_chrono_reads() {
        let times = [
            "2024-02-29T00:00:00+00:00",
            "1970-01-01T12:30:59.25+05:30",
            "2069-12-31T23:59:59.999999-03:30",
            "2026-03-06T09:05:07.123+14:00",
        ];
        let signs = ['0', '1', '2', '3', '5', '9', ':', '/', '.', '+', '-', ' ', 'a', 'J', 'm', 'P', 'T', 'Z', '\0', '\x7f'];
        for pattern in PATTERNS {
            let quick = Pattern::of(pattern).unwrap_or_else(|| panic!("{pattern} is not read at once"));
            let same = |text: &str| {
                let read = quick.read(text.as_bytes());
                let is_same = read.is_none_or(|Shown { micros, offset }| match by_pattern(text, pattern) {
                    Some(Found::Instant(time)) => offset.is_some_and(|offset| time.as_micros() == micros - offset),
                    Some(Found::Wall(wall)) => offset.is_none() && wall.and_utc().timestamp_micros() == micros,
                    None => false,
                });
                assert!(is_same, "{text} by {pattern}: {read:?}");
                read.is_some()
            };
            for time in times {
                let written = DateTime::parse_from_rfc3339(time).unwrap().format(pattern).to_string();
                // A blank that stands for a digit is left to chrono.
                assert_eq!(same(&written), !written.contains("  "), "{written} by {pattern}");
                for at in 0..written.len() {
                    same(&written[..at]);
                    same(&format!("{}{}", &written[..at], &written[at + 1..]));
                    for sign in signs {
                        same(&format!("{}{sign}{}", &written[..at], &written[at..]));
                        same(&format!("{}{sign}{}", &written[..at], &written[at + 1..]));
                    }
                }
            }
        }
    }

    #[test]
    fn numbers_may_lack_a_digit_and_names_be_in_any_case() {
        let read = |pattern: &str, text: &str| Pattern::of(pattern).unwrap().read(text.as_bytes()).map(|shown| shown.micros / SECOND);
        // Days since 1970: 20,518 to 6 March 2026, a Friday, and 16 h 45 min of it.
        let expected = Some(20_518 * 86_400 + 60_300);
        assert_eq!(read("%d.%m.%Y %H:%M", "6.3.2026 16:45"), expected);
        assert_eq!(read("%d/%b/%y %I:%M %p", "6/MAR/26 4:45 pm"), expected);
        assert_eq!(read("%a %d %b %Y %H:%M", "fri 6 mar 2026 16:45"), expected);
        assert_eq!(read("%a %d %b %Y %H:%M", "thu 6 mar 2026 16:45"), None);
    }

    #[test]
    fn a_pattern_that_says_more_or_less_is_left_to_chrono() {
        for pattern in [
            "%H:%M:%S%.f",
            "%Y-%m-%d %H:%M%.f",
            "%Y-%m-%d %z",
            "%Y-%m %H:%M",
            "%Y-%m-%d %H",
            "%Y-%m-%d %I:%M",
            "%Y-%m-%d %y",
            "%A %d %B %Y",
            "%Q",
        ] {
            assert!(Pattern::of(pattern).is_none(), "{pattern}");
        }
    }
}
