//! Times of a log: by a strftime pattern, RFC 3339 or epoch; never by a guess.

mod full;
mod numbers;
mod pattern;
mod utc;

use crate::model::TimeForm;
use crate::time::{Duration, Instant, Local, Zone};
use chrono::format::{Parsed, StrftimeItems, parse};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use full::Dated;
use numbers::{SECOND, micros, number, offset, split_digits, two_digits};
use pattern::{Pattern, Shown};

pub(super) use utc::{Dates, usual};

/// Reads the times of one column.
#[derive(Clone, Debug)]
pub(super) struct TimeReader {
    form: Form,
    zone: Option<Zone>,
    /// The patterns that are tried before all else.
    quick: Vec<Pattern>,
}

/// A day on which the clock of a column's zone was not changed: the one that was read last.
#[derive(Default)]
pub(super) struct LatestDay {
    /// As it is written.
    date: Option<[u128; 2]>,
    /// Its first instant.
    midnight: Instant,
}

/// How plain times without an offset are mostly written.
const PLAIN: [&str; 3] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];

#[derive(Clone, Debug)]
enum Form {
    /// ISO 8601 in its usual dress, or an epoch that its length gives away.
    Plain,
    Rfc3339,
    EpochSeconds,
    EpochMillis,
    Pattern(String),
}

/// A second and a millisecond, as powers of ten of a microsecond.
const SECONDS: u32 = 6;
const MILLIS: u32 = 3;

impl Form {
    /// The units that a number of so many whole digits counts since 1970, if it does, as a power of ten of a microsecond.
    fn units(&self, digits: usize) -> Option<u32> {
        match self {
            Form::EpochSeconds => Some(SECONDS),
            Form::EpochMillis => Some(MILLIS),
            // Seconds have ten digits and milliseconds thirteen from 2001 to 2286: neither can be mistaken for the other.
            Form::Plain if digits == 10 => Some(SECONDS),
            Form::Plain if digits == 13 => Some(MILLIS),
            Form::Plain | Form::Rfc3339 | Form::Pattern(_) => None,
        }
    }
}

/// A time that was read.
pub(super) struct Read {
    pub(super) time: Instant,
    /// The clock showed it twice.
    pub(super) ambiguous: bool,
}

impl TimeReader {
    pub(super) fn new(form: &TimeForm) -> TimeReader {
        let zone = form.zone.as_deref().and_then(Zone::named);
        let form = match form.format.as_deref() {
            None => Form::Plain,
            Some("rfc3339") => Form::Rfc3339,
            Some("epoch") => Form::EpochSeconds,
            Some("epoch ms") => Form::EpochMillis,
            Some(pattern) => Form::Pattern(pattern.to_string()),
        };
        let quick = match &form {
            Form::Plain => PLAIN.iter().filter_map(|pattern| Pattern::of(pattern)).collect(),
            Form::Pattern(pattern) => Pattern::of(pattern).into_iter().collect(),
            Form::Rfc3339 | Form::EpochSeconds | Form::EpochMillis => Vec::new(),
        };
        TimeReader { form, zone, quick }
    }

    /// Whether times in the form that most logs have are read for what they are.
    pub(super) fn is_usual(&self) -> bool {
        matches!(self.form, Form::Plain | Form::Rfc3339)
    }

    /// The instant of a time in the form that most of its column have, if it is one, and only one. Most that a wall clock shows are of the
    /// same day as the one before.
    #[inline]
    pub(super) fn quick(&self, text: &[u8], latest: &mut LatestDay) -> Option<Instant> {
        let Some(Dated { date, clock }) = self.quick.iter().find_map(|pattern| pattern.dated(text)) else {
            return self.epoch_in_digits(text).or_else(|| self.sure(self.by_patterns(text)?));
        };
        let since_midnight = Duration::micros(clock.micros - clock.offset.unwrap_or(0));
        if latest.date != Some(date) {
            let shown = self.by_patterns(text)?;
            let midnight = shown.micros - clock.micros;
            let first = match clock.offset {
                Some(_) => Some(Instant::from_micros(midnight)),
                None => self.zone.as_ref()?.even_day(midnight),
            };
            let Some(midnight) = first else { return self.sure(shown) };
            *latest = LatestDay { date: Some(date), midnight };
        }
        Instant::checked(latest.midnight.plus(since_midnight).as_micros())
    }

    /// The instant that a file gives in microseconds since 1970, or since a wall clock showed its beginning, if it is one, and only one, between
    /// 1900 and 2200, and no form is asked for that it cannot have.
    #[inline(always)]
    pub(super) fn stamped(&self, micros: i64, is_instant: bool) -> Option<Instant> {
        if is_instant {
            return Instant::checked(micros);
        }
        match (&self.form, self.zone.as_ref()?.find_micros(micros)) {
            (Form::Plain, Local::Once(time)) => Instant::checked(time.as_micros()),
            _ => None,
        }
    }

    /// The instant of a text, or what was expected instead.
    pub(super) fn read(&self, text: &str) -> Result<Read, String> {
        let text = text.trim();
        if let Some(shown) = self.by_patterns(text.as_bytes()) {
            return self.shown(shown);
        }
        match &self.form {
            Form::Plain => match plain(text) {
                Some(Found::Instant(time)) => certain(time),
                Some(Found::Wall(wall)) => self.wall(wall),
                None => {
                    let units = self.form.units(text.find('.').unwrap_or(text.len()));
                    units.and_then(|units| epoch(text, units)).map_or_else(|| Err(expected_plain(text)), certain)
                }
            },
            Form::Rfc3339 => match plain(text) {
                Some(Found::Instant(time)) => certain(time),
                _ => Err("an RFC 3339 time such as `2026-03-06T16:45:00-05:00`".into()),
            },
            Form::EpochSeconds => epoch(text, SECONDS).map_or_else(|| Err("seconds since 1970".into()), certain),
            Form::EpochMillis => epoch(text, MILLIS).map_or_else(|| Err("milliseconds since 1970".into()), certain),
            Form::Pattern(pattern) => match by_pattern(text, pattern) {
                Some(Found::Instant(time)) => certain(time),
                Some(Found::Wall(wall)) => self.wall(wall),
                None => Err(format!("a time of the form `{pattern}`")),
            },
        }
    }

    fn wall(&self, wall: NaiveDateTime) -> Result<Read, String> {
        if self.zone.is_some() && !in_range(wall.date()) {
            return Err("a time between 1900 and 2199".into());
        }
        self.local(wall.and_utc().timestamp_micros())
    }

    /// The instant of an epoch that has digits and at most a point, as most have.
    fn epoch_in_digits(&self, text: &[u8]) -> Option<Instant> {
        let (whole, behind) = split_digits(text);
        let units = self.form.units(whole.len())?;
        let fraction = match behind {
            [] => 0,
            [b'.', behind @ ..] if behind.iter().all(u8::is_ascii_digit) => micros(behind)? / 10i64.pow(SECONDS - units),
            _ => return None,
        };
        Instant::checked(number(whole)?.checked_mul(10i64.pow(units))?.checked_add(fraction)?)
    }

    /// What a wall clock shows by one of the patterns that are tried before all else.
    fn by_patterns(&self, text: &[u8]) -> Option<Shown> {
        self.quick.iter().find_map(|pattern| pattern.read(text))
    }

    /// The instant at which a clock shows something, if it is one, and only one.
    fn sure(&self, shown: Shown) -> Option<Instant> {
        self.shown(shown).ok().filter(|read| !read.ambiguous).map(|read| read.time)
    }

    fn shown(&self, Shown { micros, offset }: Shown) -> Result<Read, String> {
        match offset {
            Some(offset) => certain(Instant::from_micros(micros - offset)),
            None => self.local(micros),
        }
    }

    /// What the wall clock of the zone shows, in microseconds since it showed the beginning of 1970.
    fn local(&self, wall: i64) -> Result<Read, String> {
        let Some(zone) = &self.zone else {
            return Err("a time with an offset, or a `zone \"…\"` in the source".into());
        };
        match zone.find_micros(wall) {
            Local::Once(time) => Ok(Read { time, ambiguous: false }),
            Local::Twice(time) => Ok(Read { time, ambiguous: true }),
            Local::Skipped(_) => Err(format!("a time that happened: the clocks of {} skipped this one", zone.name())),
        }
    }
}

enum Found {
    Instant(Instant),
    Wall(NaiveDateTime),
}

fn certain(time: Instant) -> Result<Read, String> {
    Instant::checked(time.as_micros()).map(|time| Read { time, ambiguous: false }).ok_or_else(|| "a time between 1900 and 2199".into())
}

fn in_range(date: NaiveDate) -> bool {
    use chrono::Datelike;
    (1900..2200).contains(&date.year())
}

/// The instant at which a clock that is ahead of UTC by so many microseconds shows something.
fn instant(wall: NaiveDateTime, ahead: i64) -> Option<Found> {
    in_range(wall.date()).then(|| Found::Instant(Instant::from_micros(wall.and_utc().timestamp_micros() - ahead)))
}

/// `2026-03-06`, `2026-03-06 16:45`, `2026-03-06T16:45:00.123Z`, `… +01:00`
fn plain(text: &str) -> Option<Found> {
    let bytes = text.as_bytes();
    let two = |at: usize| two_digits(*bytes.get(at..)?.first_chunk()?).map(|number| number as u32);
    let year = (two(0)? * 100 + two(2)?) as i32;
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year, two(5)?, two(8)?)?;
    if bytes.len() == 10 {
        return Some(Found::Wall(date.and_time(NaiveTime::MIN)));
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') || bytes.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (two(11)?, two(14)?);
    let (mut second, mut fraction, mut at) = (0, 0, 16);
    if bytes.get(at) == Some(&b':') {
        second = two(17)?;
        at = 19;
        if matches!(bytes.get(at), Some(b'.' | b',')) {
            let (digits, _) = split_digits(&bytes[at + 1..]);
            fraction = micros(digits)?;
            at += 1 + digits.len();
        }
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Second 60 is the next second's 0.
    let of_day = i64::from(hour * 3600 + minute * 60 + second) * SECOND + fraction;
    let wall = date.and_time(NaiveTime::MIN) + chrono::TimeDelta::microseconds(of_day);
    let rest = text.get(at..)?.trim_start();
    if rest.is_empty() {
        return Some(Found::Wall(wall));
    }
    if rest.eq_ignore_ascii_case("z") || rest.eq_ignore_ascii_case("utc") {
        return instant(wall, 0);
    }
    let (sign, behind) = rest.as_bytes().split_first()?;
    let digits: Vec<u8> = behind.iter().copied().filter(|byte| *byte != b':').collect();
    let (hours, minutes) = match *digits {
        [a, b] => (two_digits([a, b])?, 0),
        [a, b, c, d] => (two_digits([a, b])?, two_digits([c, d])?),
        _ => return None,
    };
    instant(wall, offset(*sign, hours, minutes)?)
}

/// A decimal number of units, each a power of ten of a microsecond.
fn epoch(text: &str, units: u32) -> Option<Instant> {
    let number = crate::quantity::Exact::parse(text)?;
    let micros = number.mul(crate::quantity::Exact::whole(10i64.pow(units)))?.floor();
    Instant::checked(i64::try_from(micros.numer()).ok()?)
}

fn by_pattern(text: &str, pattern: &str) -> Option<Found> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(pattern)).ok()?;
    if parsed.timestamp().is_some() || parsed.offset().is_some() {
        let time = parsed.to_datetime().ok()?;
        return instant(time.naive_utc(), 0);
    }
    let date = parsed.to_naive_date().ok()?;
    let time = match parsed.to_naive_time() {
        Ok(time) => time,
        // A pattern of a date alone means its midnight; a time that lacks a part is no time.
        Err(_) if parsed.hour_mod_12().is_none() && parsed.minute().is_none() => NaiveTime::MIN,
        Err(_) => return None,
    };
    Some(Found::Wall(date.and_time(time)))
}

fn expected_plain(text: &str) -> String {
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    let day_or_month = |n: &str| matches!(n.len(), 1 | 2) && n.parse::<u32>().is_ok_and(|n| (1..=31).contains(&n));
    if numbers.len() >= 3 && day_or_month(numbers[0]) && day_or_month(numbers[1]) {
        return "a `format` in the source: day and month are not guessed (`%d/%m/%Y %H:%M` or `%m/%d/%Y %H:%M`)".into();
    }
    "a time such as `2026-03-06T16:45:00-05:00`, or a `format` in the source".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(format: Option<&str>, zone: Option<&str>) -> TimeReader {
        TimeReader::new(&TimeForm { format: format.map(str::to_string), zone: zone.map(str::to_string) })
    }

    fn utc(text: &str) -> Instant {
        Instant::from_utc(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap())
    }

    #[test]
    fn an_offset_is_honoured_and_digits_past_the_microsecond_are_cut_off() {
        let read = |text: &str| reader(None, Some("America/New_York")).read(text).unwrap().time;
        assert_eq!(read("2026-03-06T16:45:00+01:00"), utc("2026-03-06 15:45:00"));
        assert_eq!(read("2026-03-06 16:45:00.1234569Z"), utc("2026-03-06 16:45:00.123456"));
        assert_eq!(read("2026-03-06 16:45"), utc("2026-03-06 21:45:00"));
        assert_eq!(read("2016-12-31T23:59:60Z"), utc("2017-01-01 00:00:00"));
        assert_eq!(read("1772815500"), utc("2026-03-06 16:45:00"));
        assert_eq!(read("1772815500250"), utc("2026-03-06 16:45:00.25"));
    }

    #[test]
    fn a_time_is_read_the_same_at_once_and_sign_by_sign() {
        let with_t = ["2026-03-06T16:45:07Z", "2026-03-06T16:45:07.25Z", "2026-03-06T16:45:07.1234567-05:30", "2026-03-06T16:45:07+2359"];
        let with_space = ["2026-03-06 16:45:07+00:00", "2026-03-06 16:45:07.25 UTC", "2026-03-06 16:45:07-05", "2026-03-06 16:45:07 +0530"];
        for written in with_t.into_iter().chain(with_space) {
            same_at_once(written);
            assert!(usual(written.as_bytes(), &mut Dates::default()).is_some(), "{written}");
        }
    }

    fn same_at_once(written: &str) {
        for at in 0..written.len() {
            for sign in ['0', '2', '3', '5', '6', '9', ':', ';', '/', '+', '-', 'T', 'Z', 'U', ' ', '\0', '\x7f'] {
                let mut text = written.to_string();
                text.replace_range(at..=at, &sign.to_string());
                let by_sign = match plain(&text) {
                    Some(Found::Instant(time)) => Some(time),
                    _ => None,
                };
                if let Some(at_once) = usual(text.as_bytes(), &mut Dates::default()) {
                    assert_eq!(Some(at_once), by_sign, "{text}");
                }
            }
        }
    }

    #[test]
    fn what_is_read_quickly_is_what_is_read() {
        let wall =
            ["2026-03-06 16:45:07", "2026-03-06T16:45:07.1234567", "2026-11-01 01:30", "1772815500", "1772815500250", "1772815500250.9"];
        let epochs = ["0", "-1.5", "+7", "1772815500", "1772815500.0000019", "1772815500250", "1e9", "99999999999999", "1772815500.", ".5"];
        let forms = [(None, &wall[..]), (Some("rfc3339"), &wall), (Some("epoch"), &epochs), (Some("epoch ms"), &epochs)];
        for (form, texts) in forms {
            let reader = reader(form, Some("America/New_York"));
            for text in texts {
                for at in 0..text.len() {
                    for sign in ["", "0", "9", ".", "-", "e", ":"] {
                        let text = format!("{}{sign}{}", &text[..at], &text[at + 1..]);
                        let read = reader.read(&text).ok().filter(|read| !read.ambiguous).map(|read| read.time);
                        let quick = reader.quick(text.as_bytes(), &mut LatestDay::default());
                        assert!(quick.is_none() || quick == read, "{text} by {form:?}: {quick:?}, not {read:?}");
                    }
                }
            }
        }
        let read = |form: Option<&str>, text: &str| reader(form, Some("UTC")).quick(text.as_bytes(), &mut LatestDay::default()).unwrap();
        assert_eq!(read(Some("epoch"), "1772815500.0000019"), utc("2026-03-06 16:45:00.000001"));
        assert_eq!(read(Some("epoch ms"), "1772815500250.9999"), utc("2026-03-06 16:45:00.250999"));
        assert_eq!(read(None, "1772815500250"), utc("2026-03-06 16:45:00.25"));
        assert_eq!(read(None, "2026-03-06 16:45:00.1234569"), utc("2026-03-06 16:45:00.123456"));
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        let refused = |text: &str, zone: Option<&str>| reader(None, zone).read(text).err().unwrap();
        assert!(refused("03/04/2026 10:00", Some("UTC")).contains("not guessed"));
        assert!(refused("2026-03-06 16:45", None).contains("zone"));
        assert!(refused("2026-03-08 02:30", Some("America/New_York")).contains("skipped"));
        assert!(refused("soon", Some("UTC")).contains("a time such as"));
    }

    #[test]
    fn a_repeated_time_is_its_first_and_is_said_so() {
        let read = reader(None, Some("America/New_York")).read("2026-11-01 01:30").unwrap();
        assert!(read.ambiguous);
        assert_eq!(read.time, utc("2026-11-01 05:30:00"));
    }

    #[test]
    fn patterns_say_which_is_the_day() {
        let day_first = reader(Some("%d/%m/%Y %H:%M"), Some("UTC"));
        assert_eq!(day_first.read("29/2/2016 01:16").unwrap().time, utc("2016-02-29 01:16:00"));
        let american = reader(Some("%m/%d/%Y %I:%M:%S %p"), Some("UTC"));
        assert_eq!(american.read("01/09/2015 08:30:00 PM").unwrap().time, utc("2015-01-09 20:30:00"));
        assert!(american.read("13/09/2015 08:30:00 PM").is_err());
    }
}
