//! Times of one pattern that have all of their digits, as most have: every part stands at the same places in all of them.

use super::numbers::{SECOND, days_since_1970, fraction, full_year, offset, seconds};
use super::pattern::{Part, Shown};

/// Where the parts of such a time stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Full {
    /// From 16 to 32 bytes, without a fraction behind them.
    length: usize,
    /// The first half of such a text, and what is left.
    halves: [Half; 2],
    /// The bits of these at which the signs of the date stand.
    date: [u128; 2],
    /// The month or the day of the week is a name: a date is not read here, only compared.
    has_names: bool,
    year: usize,
    /// The year has no century.
    is_short: bool,
    month: usize,
    day: usize,
    /// Where there is none, [`Full::NOWHERE`].
    hour: usize,
    minute: usize,
    second: usize,
    half_day: Option<usize>,
    /// The sign, the hours and the minutes.
    offset: Option<[usize; 3]>,
    /// A fraction of a second may follow, of so many digits if that is said.
    fraction: Option<Option<usize>>,
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

/// The same of one byte.
#[derive(Clone, Copy)]
struct Byte {
    expected: u8,
    mask: u8,
    six: u8,
}

impl Byte {
    const ANY: Byte = Byte { expected: 0, mask: 0, six: 0 };
    const DIGIT: Byte = Byte { expected: b'0', mask: 0xf0, six: 6 };

    fn sign(sign: u8) -> Byte {
        Byte { expected: sign, mask: 0xff, six: 0 }
    }
}

/// A time of which the date was not looked at yet.
pub(super) struct Dated {
    /// The signs of its date where they stand, and nothing else. Two of them are equal where the dates of one pattern are.
    pub(super) date: [u128; 2],
    /// What the clock shows of that day.
    pub(super) clock: Shown,
}

impl Full {
    /// Where two zeros stand behind a text.
    const NOWHERE: usize = 32;

    pub(super) fn of(parts: &[Part]) -> Option<Full> {
        let (parts, fraction) = match parts {
            [parts @ .., Part::Fraction(digits)] => (parts, Some(*digits)),
            _ => (parts, None),
        };
        let nowhere = Full::NOWHERE;
        let mut full = Full { hour: nowhere, minute: nowhere, second: nowhere, fraction, ..Full::default() };
        for part in parts {
            match part {
                Part::Sign(sign) => {
                    full.put(1, Byte::sign(*sign), false)?;
                }
                Part::Year => full.year = full.put(4, Byte::DIGIT, true)?,
                Part::ShortYear => (full.year, full.is_short) = (full.put(2, Byte::DIGIT, true)?, true),
                Part::Month => full.month = full.put(2, Byte::DIGIT, true)?,
                Part::Day => full.day = full.put(2, Byte::DIGIT, true)?,
                Part::MonthName | Part::Weekday => {
                    full.put(3, Byte::ANY, true)?;
                    full.has_names = true;
                }
                Part::Hour | Part::HalfDayHour => full.hour = full.put(2, Byte::DIGIT, false)?,
                Part::HalfDay => full.half_day = Some(full.put(2, Byte::ANY, false)?),
                Part::Minute => full.minute = full.put(2, Byte::DIGIT, false)?,
                Part::Second => full.second = full.put(2, Byte::DIGIT, false)?,
                // It has any length.
                Part::Fraction(_) => return None,
                Part::Offset { has_colon } => {
                    // Its sign is one of two.
                    let (sign, hours) = (full.put(1, Byte::ANY, false)?, full.put(2, Byte::DIGIT, false)?);
                    full.put(usize::from(*has_colon), Byte::sign(b':'), false)?;
                    full.offset = Some([sign, hours, full.put(2, Byte::DIGIT, false)?]);
                }
            }
        }
        (full.length >= 16).then_some(full)
    }

    /// So many bytes of one sort follow; gives where they begin.
    fn put(&mut self, many: usize, byte: Byte, is_date: bool) -> Option<usize> {
        let begin = self.length;
        for _ in 0..many {
            let (at, place) = (self.length / 16, self.length % 16 * 8);
            let half = self.halves.get_mut(at)?;
            half.expected |= u128::from(byte.expected) << place;
            half.mask |= u128::from(byte.mask) << place;
            half.six |= u128::from(byte.six) << place;
            self.date[at] |= if is_date { 0xff << place } else { 0 };
            self.length += 1;
        }
        Some(begin)
    }

    /// What a wall clock shows, if the text is such a time.
    #[inline]
    pub(super) fn read(&self, text: &[u8]) -> Option<Shown> {
        if self.has_names {
            return None;
        }
        let (written, behind) = self.split(text)?;
        let bytes = Full::bytes(self.halves(written)?);
        let year = two_at(&bytes, self.year);
        let year = if self.is_short { full_year(year) } else { year * 100 + two_at(&bytes, self.year + 2) };
        let day = days_since_1970(year, two_at(&bytes, self.month), two_at(&bytes, self.day))?;
        let clock = self.clock(&bytes, behind)?;
        Some(Shown { micros: day * 86_400 * SECOND + clock.micros, ..clock })
    }

    /// The same, of which the date is not looked at.
    #[inline]
    pub(super) fn dated(&self, text: &[u8]) -> Option<Dated> {
        let (written, behind) = self.split(text)?;
        let halves = self.halves(written)?;
        let clock = self.clock(&Full::bytes(halves), behind)?;
        Some(Dated { date: [halves[0] & self.date[0], halves[1] & self.date[1]], clock })
    }

    /// What stands before the fraction of a second, and the microseconds of that.
    #[inline]
    fn split<'t>(&self, text: &'t [u8]) -> Option<(&'t [u8], i64)> {
        let Some(digits) = self.fraction else { return Some((text, 0)) };
        let (written, mut rest) = text.split_at_checked(self.length)?;
        let micros = fraction(&mut rest, digits)?;
        rest.is_empty().then_some((written, micros))
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

    /// The bytes of both halves, and two zeros.
    #[inline]
    fn bytes([first, rest]: [u128; 2]) -> [u8; Full::NOWHERE + 2] {
        let mut bytes = [0; Full::NOWHERE + 2];
        bytes[..16].copy_from_slice(&first.to_le_bytes());
        bytes[16..32].copy_from_slice(&rest.to_le_bytes());
        bytes
    }

    /// What the clock shows of its day, with these microseconds.
    #[inline]
    fn clock(&self, bytes: &[u8; Full::NOWHERE + 2], micros: i64) -> Option<Shown> {
        let half = self.half_day.map(|at| [bytes[at], bytes[at + 1]]);
        let seconds = seconds([self.hour, self.minute, self.second].map(|at| two_at(bytes, at)), half)?;
        let offset = match self.offset {
            Some([sign, hours, minutes]) => Some(offset(bytes[sign], two_at(bytes, hours), two_at(bytes, minutes))?),
            None => None,
        };
        Some(Shown { micros: seconds * SECOND + micros, offset })
    }
}

/// The number of two digits that stand somewhere.
#[inline]
fn two_at(bytes: &[u8; Full::NOWHERE + 2], at: usize) -> i64 {
    i64::from(bytes[at] & 15) * 10 + i64::from(bytes[at + 1] & 15)
}
