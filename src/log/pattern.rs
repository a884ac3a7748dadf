//! Patterns of times that are numbers at their places, such as `%d/%m/%Y %H:%M`, read in few steps.
//!
//! Only what is written exactly so is read here. All else is left to chrono, which takes more: signs, blanks, years of another length.

/// A pattern, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    /// How its times are written where all numbers have all of their digits, as they mostly have.
    full: Option<Full>,
}

/// Times of one length, all of whose parts stand at the same places.
#[derive(Clone, Debug, Default)]
struct Full {
    /// From 16 to 32 bytes.
    length: usize,
    /// The first half of such a text, and what is left.
    halves: [Half; 2],
    /// The bits of these at which the digits of the date stand.
    date: [u128; 2],
    year: usize,
    month: usize,
    day: usize,
    /// Where there is none, [`Full::NOWHERE`].
    hour: usize,
    minute: usize,
    second: usize,
    half_day: Option<usize>,
    offset: Option<usize>,
}

/// Sixteen bytes of a text: what stands at the places of signs and of digits, whatever the digits are.
#[derive(Clone, Copy, Debug, Default)]
struct Half {
    expected: u128,
    /// The bits that matter.
    mask: u128,
    /// A digit is one still when six less than its next bit is added.
    six: u128,
}

impl Half {
    #[inline]
    fn fits(&self, bytes: u128) -> bool {
        ((bytes ^ self.expected) | (bytes.wrapping_add(self.six) ^ self.expected)) & self.mask == 0
    }
}

impl Full {
    /// Where two zeros stand behind a text.
    const NOWHERE: usize = 32;

    fn of(parts: &[Part]) -> Option<Full> {
        let nowhere = Full::NOWHERE;
        let mut full = Full { hour: nowhere, minute: nowhere, second: nowhere, ..Full::default() };
        for part in parts {
            let (at, digits, is_date) = (full.length, if *part == Part::Year { 4 } else { 2 }, part.is_date());
            match part {
                Part::Sign(sign) => {
                    full.put(*sign, 0xff, 0)?;
                    continue;
                }
                Part::MonthName => return None,
                Part::HalfDay => {
                    full.half_day = Some(at);
                    (0..2).try_for_each(|_| full.put(0, 0, 0))?;
                    continue;
                }
                Part::Offset => {
                    full.offset = Some(at);
                    // Its sign is one of two.
                    full.put(0, 0, 0)?;
                    (0..4).try_for_each(|_| full.put(b'0', 0xf0, 6))?;
                    continue;
                }
                Part::Year => full.year = at,
                Part::Month => full.month = at,
                Part::Day => full.day = at,
                Part::Hour | Part::HalfDayHour => full.hour = at,
                Part::Minute => full.minute = at,
                Part::Second => full.second = at,
            }
            for _ in 0..digits {
                full.date[full.length / 16] |= if is_date { 0xff << (full.length % 16 * 8) } else { 0 };
                full.put(b'0', 0xf0, 6)?;
            }
        }
        (full.length >= 16).then_some(full)
    }

    /// The next byte.
    fn put(&mut self, expected: u8, mask: u8, six: u8) -> Option<()> {
        let (half, place) = (self.halves.get_mut(self.length / 16)?, self.length % 16 * 8);
        half.expected |= u128::from(expected) << place;
        half.mask |= u128::from(mask) << place;
        half.six |= u128::from(six) << place;
        self.length += 1;
        Some(())
    }

    /// Both halves of a text, if it is such a one.
    #[inline]
    fn halves(&self, text: &[u8]) -> Option<[u128; 2]> {
        if text.len() != self.length {
            return None;
        }
        let (first, last) = (u128::from_le_bytes(*text.first_chunk()?), u128::from_le_bytes(*text.last_chunk()?));
        let rest = last.checked_shr(8 * (32 - self.length as u32)).unwrap_or(0);
        (self.halves[0].fits(first) && self.halves[1].fits(rest)).then_some([first, rest])
    }

    /// What a wall clock shows, if the text is such a one.
    #[inline]
    fn read(&self, text: &[u8]) -> Option<Shown> {
        let bytes = Full::bytes(self.halves(text)?);
        let year = two_at(&bytes, self.year) * 100 + two_at(&bytes, self.year + 2);
        let days = days_since_1970(year, two_at(&bytes, self.month), two_at(&bytes, self.day))?;
        Some(Shown { seconds: days * 86_400 + self.seconds(&bytes)?, offset: self.offset(&bytes)? })
    }

    #[inline]
    fn dated(&self, text: &[u8]) -> Option<Dated> {
        let halves = self.halves(text)?;
        let bytes = Full::bytes(halves);
        let clock = Shown { seconds: self.seconds(&bytes)?, offset: self.offset(&bytes)? };
        Some(Dated { date: [halves[0] & self.date[0], halves[1] & self.date[1]], clock })
    }

    /// The bytes of both halves, and two zeros.
    #[inline]
    fn bytes([first, rest]: [u128; 2]) -> [u8; Full::NOWHERE + 2] {
        let mut bytes = [0; Full::NOWHERE + 2];
        bytes[..16].copy_from_slice(&first.to_le_bytes());
        bytes[16..32].copy_from_slice(&rest.to_le_bytes());
        bytes
    }

    /// What the clock is ahead of UTC, in seconds, if that is written; nothing where it is no offset.
    #[inline]
    fn offset(&self, bytes: &[u8; Full::NOWHERE + 2]) -> Option<Option<i64>> {
        let Some(at) = self.offset else { return Some(None) };
        offset(bytes[at], two_at(bytes, at + 1), two_at(bytes, at + 3)).map(Some)
    }

    /// How many seconds of its day the clock shows.
    #[inline]
    fn seconds(&self, bytes: &[u8; Full::NOWHERE + 2]) -> Option<i64> {
        let half = self.half_day.map(|at| [bytes[at], bytes[at + 1]]);
        seconds([self.hour, self.minute, self.second].map(|at| two_at(bytes, at)), half)
    }
}

/// What a wall clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// In seconds since it showed the beginning of 1970, or of the day.
    pub(super) seconds: i64,
    /// By how many seconds it is ahead of UTC, if that is written beside it.
    pub(super) offset: Option<i64>,
}

/// A time of which the date was not looked at yet.
pub(super) struct Dated {
    /// The digits of its date where they stand, and nothing else. Two of them are equal where the dates of one pattern are.
    pub(super) date: [u128; 2],
    /// What the clock shows of that day.
    pub(super) clock: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    /// Its first three letters.
    MonthName,
    Day,
    Hour,
    /// Of twelve.
    HalfDayHour,
    /// `AM` or `PM`.
    HalfDay,
    Minute,
    Second,
    /// `+0100`
    Offset,
    Sign(u8),
}

impl Part {
    fn is_date(self) -> bool {
        matches!(self, Part::Year | Part::Month | Part::MonthName | Part::Day)
    }
}

const MONTHS: [&[u8; 3]; 12] = [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

impl Pattern {
    /// Of a strftime pattern, if it is one of those, and holds a date and no more of a time than says when.
    pub(super) fn of(pattern: &str) -> Option<Pattern> {
        let mut parts = Vec::new();
        let mut signs = pattern.bytes();
        while let Some(sign) = signs.next() {
            let part = match sign {
                b'%' => match signs.next()? {
                    b'Y' => Part::Year,
                    b'm' => Part::Month,
                    b'b' => Part::MonthName,
                    b'd' => Part::Day,
                    b'H' => Part::Hour,
                    b'I' => Part::HalfDayHour,
                    b'p' => Part::HalfDay,
                    b'M' => Part::Minute,
                    b'S' => Part::Second,
                    b'z' => Part::Offset,
                    _ => return None,
                },
                b' '..=b'~' => Part::Sign(sign),
                _ => return None,
            };
            if !matches!(part, Part::Sign(_)) && parts.contains(&part) {
                return None;
            }
            parts.push(part);
        }
        let has = |part| parts.contains(&part);
        let has_date = has(Part::Year) && has(Part::Day) && (has(Part::Month) != has(Part::MonthName));
        let hours = (has(Part::Hour), has(Part::HalfDayHour), has(Part::HalfDay));
        let has_time = match hours {
            (true, false, false) | (false, true, true) => has(Part::Minute),
            (false, false, false) => !has(Part::Minute) && !has(Part::Second),
            _ => false,
        };
        let has_instant = !has(Part::Offset) || hours != (false, false, false);
        (has_date && has_time && has_instant).then(|| Pattern { full: Full::of(&parts), parts })
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
        let (mut year, mut month, mut day) = (0, 0, 0);
        let (mut hour, mut minute, mut second, mut half) = (0, 0, 0, None);
        for part in &self.parts {
            match part {
                Part::Sign(sign) => rest = rest.strip_prefix(&[*sign])?,
                Part::Year => year = two(&mut rest)? * 100 + two(&mut rest)?,
                Part::Month => month = one_or_two(&mut rest)?,
                Part::MonthName => {
                    let (name, behind) = rest.split_first_chunk::<3>()?;
                    month = MONTHS.iter().position(|known| known.eq_ignore_ascii_case(name))? as i64 + 1;
                    rest = behind;
                }
                Part::Day => day = one_or_two(&mut rest)?,
                Part::Hour | Part::HalfDayHour => hour = one_or_two(&mut rest)?,
                Part::HalfDay => {
                    let (letters, behind) = rest.split_first_chunk::<2>()?;
                    (half, rest) = (Some(*letters), behind);
                }
                Part::Minute => minute = one_or_two(&mut rest)?,
                Part::Second => second = one_or_two(&mut rest)?,
                Part::Offset => {
                    let sign = *rest.split_off_first()?;
                    ahead = Some(offset(sign, two(&mut rest)?, two(&mut rest)?)?);
                }
            }
        }
        if !rest.is_empty() {
            return None;
        }
        let seconds = days_since_1970(year, month, day)? * 86_400 + seconds([hour, minute, second], half)?;
        Some(Shown { seconds, offset: ahead })
    }
}

/// How many seconds of its day a clock shows, whose hours may be those of half a day.
#[inline]
fn seconds([mut hour, minute, second]: [i64; 3], half: Option<[u8; 2]>) -> Option<i64> {
    if let Some(letters) = half {
        let from = match &letters.map(|letter| letter.to_ascii_lowercase()) {
            b"am" => 0,
            b"pm" => 12,
            _ => return None,
        };
        hour = (1..=12).contains(&hour).then(|| hour % 12 + from)?;
    }
    (hour <= 23 && minute <= 59 && second <= 59).then_some(hour * 3600 + minute * 60 + second)
}

/// How many seconds a clock is ahead of UTC.
#[inline]
fn offset(sign: u8, hours: i64, minutes: i64) -> Option<i64> {
    let seconds = (hours <= 23 && minutes <= 59).then_some(hours * 3600 + minutes * 60)?;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// The number of two digits that stand somewhere.
#[inline]
fn two_at(bytes: &[u8; Full::NOWHERE + 2], at: usize) -> i64 {
    i64::from(bytes[at] & 15) * 10 + i64::from(bytes[at + 1] & 15)
}

#[inline(always)]
fn digit(rest: &[u8]) -> Option<i64> {
    rest.first().filter(|byte| byte.is_ascii_digit()).map(|byte| i64::from(byte - b'0'))
}

#[inline(always)]
fn two(rest: &mut &[u8]) -> Option<i64> {
    let (first, second) = (digit(rest)?, digit(rest.get(1..)?)?);
    *rest = &rest[2..];
    Some(first * 10 + second)
}

#[inline(always)]
fn one_or_two(rest: &mut &[u8]) -> Option<i64> {
    let first = digit(rest)?;
    *rest = &rest[1..];
    let Some(second) = digit(rest) else { return Some(first) };
    *rest = &rest[1..];
    Some(first * 10 + second)
}

/// Of a date between 1900 and 2199, if there is one of these numbers.
#[inline]
pub(super) fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => 31,
    };
    if !(1900..2200).contains(&year) || !(1..=12).contains(&month) || !(1..=longest).contains(&day) {
        return None;
    }
    // Of a year that begins in March, so that the leap day is its last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, NaiveDateTime};

    #[test]
    fn what_is_read_is_what_chrono_reads() {
        let patterns = [
            "%Y-%m-%d %H:%M:%S",
            "%d.%m.%Y %H:%M",
            "%m/%d/%Y %I:%M:%S %p",
            "%d-%b-%Y %I.%M%p",
            "%Y%m%d %H%M",
            "%Y-%m-%dT%H:%M:%S%z",
            "%d %b %Y %H:%M %z",
        ];
        let texts = [
            "2026-03-06 16:45:07",
            "2026-3-6 6:5:7",
            "29.02.2024 00:00",
            "29.02.2026 00:00",
            "31.12.1900 23:59",
            "31.12.1899 23:59",
            "12/31/2199 12:00:00 AM",
            "1/2/2026 12:30:59 pm",
            "1/2/2026 13:30:00 PM",
            "1/2/2026 00:30:00 PM",
            "06-MAR-2026 04.45PM",
            "20260306 1645",
            "2026-03-06 16:45:60",
            "2026-03-06 24:00:00",
            "2026-03-06  16:45:07",
            "2026-03-06 16:45:07 ",
            "2026-03-06 16:45:0",
            "06.03.2026 16:451",
            "2026-03-06T16:45:07+0000",
            "2026-03-06T16:45:07-0330",
            "2026-03-06T16:45:07+01:00",
            "2026-03-06T16:45:07 0100",
            "2026-03-06T16:45:07+2400",
            "2026-03-06T16:45:07+0160",
            "2026-3-6T16:45:07+0100",
            "6 Mar 2026 16:45 +1400",
        ];
        let mut read = 0;
        for pattern in patterns {
            let quick = Pattern::of(pattern).unwrap();
            for text in texts {
                let wall = NaiveDateTime::parse_from_str(text, pattern).ok().map(|wall| wall.and_utc().timestamp());
                let offset = DateTime::parse_from_str(text, pattern).ok().map(|time| time.offset().local_minus_utc().into());
                if let Some(shown) = quick.read(text.as_bytes()) {
                    assert_eq!((Some(shown.seconds), shown.offset), (wall, offset), "{text} by {pattern}");
                    read += 1;
                }
            }
        }
        // All that are times of a pattern but the leap second, the two blanks, the year 1899 and the offset with a colon.
        assert_eq!(read, 13);
    }

    #[test]
    fn a_pattern_that_says_more_or_less_is_left_to_chrono() {
        for pattern in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %z", "%Y-%m %H:%M", "%Y-%m-%d %H", "%Y-%m-%d %I:%M", "%Y-%m-%d %Y", "%A %d %B %Y"]
        {
            assert!(Pattern::of(pattern).is_none(), "{pattern}");
        }
        assert!(Pattern::of("%d.%m.%Y").is_some());
    }
}
