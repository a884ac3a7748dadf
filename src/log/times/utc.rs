//! Times in the form that most logs have, `2026-03-06T16:45:00Z` or `2026-03-06 16:45:00+00:00`: all of their signs are looked at at once.

use super::numbers::{SECOND, days_since_1970, fraction, offset, two_digits};
use crate::time::Instant;

/// A date that was read.
#[derive(Clone, Copy, Debug)]
struct Day {
    /// As it is written: its first two bytes, and the others.
    century: u16,
    rest: u64,
    /// Days since 1970.
    days: i32,
}

impl Day {
    /// Of no text: it is written in bytes that none holds.
    const NONE: Day = Day { century: u16::MAX, rest: u64::MAX, days: 0 };
}

/// Dates that were read, each in the place of its own: those of a year or two are all there.
pub(in crate::log) struct Dates(Box<[Day; Dates::KNOWN]>);

impl Default for Dates {
    fn default() -> Dates {
        Dates(Box::new([Day::NONE; Dates::KNOWN]))
    }
}

impl Dates {
    const KNOWN: usize = 1 << 12;
    /// With it the dates of two years mostly fall into places of their own: it was searched for.
    const SPREAD: u64 = 0xe098_f3d4_d6b9_dabb;

    #[inline(always)]
    fn place(rest: u64) -> usize {
        (rest.wrapping_mul(Dates::SPREAD) >> (u64::BITS - Dates::KNOWN.ilog2())) as usize % Dates::KNOWN
    }

    /// Days since 1970 of a date.
    #[inline(always)]
    fn days(&mut self, written: &[u8; 10]) -> Option<i64> {
        let [a, b, rest @ ..] = *written;
        let (century, rest) = (u16::from_le_bytes([a, b]), u64::from_le_bytes(rest));
        let day = &mut self.0[Dates::place(rest)];
        if day.rest != rest || day.century != century {
            *day = Day { century, rest, days: days_of(written)? };
        }
        Some(day.days.into())
    }
}

/// The instant of a time such as `2026-03-06T16:45:00Z`, as most logs have it.
#[inline(always)]
pub(in crate::log) fn usual(text: &[u8], dates: &mut Dates) -> Option<Instant> {
    match text {
        [clock @ .., b'Z'] if clock.len() == 19 => clock_of_utc(clock.first_chunk()?, dates),
        [..] => usual_but_for_its_end(text, dates),
    }
}

/// The same with a fraction of a second, or an offset.
#[inline(never)]
fn usual_but_for_its_end(text: &[u8], dates: &mut Dates) -> Option<Instant> {
    let (clock, mut rest) = text.split_first_chunk()?;
    let time = clock_of_utc(clock, dates)?.as_micros() + fraction(&mut rest, None)?;
    // Databases write `+01`, and Ruby ` UTC` or ` +0100`.
    let (sign, hours, minutes) = match rest.strip_prefix(b" ").unwrap_or(rest) {
        b"Z" | b"UTC" => (b'+', 0, 0),
        [sign @ (b'+' | b'-'), a, b, b':', c, d] | [sign @ (b'+' | b'-'), a, b, c, d] => {
            (*sign, two_digits([*a, *b])?, two_digits([*c, *d])?)
        }
        [sign @ (b'+' | b'-'), a, b] => (*sign, two_digits([*a, *b])?, 0),
        _ => return None,
    };
    Instant::checked(time - offset(sign, hours, minutes)?)
}

/// The instant at which UTC's clock shows a time such as `2026-03-06T16:45:00`, or with a space in it.
#[inline(always)]
fn clock_of_utc(text: &[u8; 19], dates: &mut Dates) -> Option<Instant> {
    let (date, [b'T' | b' ', clock @ ..]) = text.split_first_chunk()? else { return None };
    let seconds = dates.days(date)? * 86_400 + second_of_day(*clock.first_chunk()?)?;
    Some(Instant::from_micros(seconds * SECOND))
}

/// How many seconds after midnight a clock shows a time such as `16:45:00`: all of its signs are looked at at once.
#[inline(always)]
fn second_of_day(clock: [u8; 8]) -> Option<i64> {
    const MARKS: u64 = 0x8080_8080_8080_8080;
    // What is left of a digit is its value, and of a colon nothing.
    let values = u64::from_le_bytes(clock) ^ u64::from_le_bytes(*b"00:00:00");
    // With these added, more than nine of a digit marks its byte, and anything of a colon.
    let sums = (values & !MARKS) + u64::from_le_bytes([0x76, 0x76, 0x7f, 0x76, 0x76, 0x7f, 0x76, 0x76]);
    if (sums | values) & MARKS != 0 {
        return None;
    }
    let pairs = (values * 10 + (values >> 8)) & u64::from_le_bytes([0xff, 0, 0, 0xff, 0, 0, 0xff, 0]);
    // The same for what is more than 23 hours, or 59.
    let too_many = (pairs + u64::from_le_bytes([0x80 - 24, 0, 0, 0x80 - 60, 0, 0, 0x80 - 60, 0])) & MARKS;
    let [hours, _, _, minutes, _, _, seconds, _] = pairs.to_le_bytes().map(i64::from);
    (too_many == 0).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Of a date such as `2026-03-06`, between 1900 and 2199.
#[inline(never)]
fn days_of(date: &[u8; 10]) -> Option<i32> {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = *date else { return None };
    let year = two_digits([a, b])? * 100 + two_digits([c, d])?;
    i32::try_from(days_since_1970(year, two_digits([e, f])?, two_digits([g, h])?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn a_clock_shows_each_second_of_a_day_and_no_other() {
        for (hours, minutes, seconds) in (0..100).flat_map(|h| (0..100).flat_map(move |m| (0..100).map(move |s| (h, m, s)))) {
            let shown = second_of_day(*format!("{hours:02}:{minutes:02}:{seconds:02}").as_bytes().first_chunk().unwrap());
            let is_one = hours < 24 && minutes < 60 && seconds < 60;
            assert_eq!(shown, is_one.then_some(hours * 3600 + minutes * 60 + seconds));
        }
        for at in 0..8 {
            for sign in 0..=u8::MAX {
                let mut clock = *b"11:11:11";
                clock[at] = sign;
                let is_one = if matches!(at, 2 | 5) { sign == b':' } else { sign.is_ascii_digit() };
                let is_too_many = matches!((at, sign), (0, b'3'..) | (3 | 6, b'6'..));
                assert_eq!(second_of_day(clock).is_some(), is_one && !is_too_many, "{sign} at {at}");
            }
        }
    }

    #[test]
    fn dates_of_two_years_fall_into_places_of_their_own() {
        for year in 2015..2035 {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let place = |day: NaiveDate| Dates::place(u64::from_le_bytes(*day.to_string().as_bytes().last_chunk().unwrap()));
            let places: std::collections::HashSet<usize> = first.iter_days().take(730).map(place).collect();
            assert!(places.len() > 700, "{year}: {}", places.len());
        }
    }
}
