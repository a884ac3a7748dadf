//! The numbers of which times are made.

/// In microseconds.
pub(super) const SECOND: i64 = 1_000_000;

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

/// The year whose last two digits these are: of this century up to 69, as POSIX has it.
#[inline]
pub(super) fn full_year(digits: i64) -> i64 {
    digits + if digits < 70 { 2000 } else { 1900 }
}

/// The microseconds of a fraction of a second that may follow, of so many digits if that is said.
#[inline]
pub(super) fn fraction(rest: &mut &[u8], digits: Option<usize>) -> Option<i64> {
    let Some(behind) = rest.strip_prefix(b".") else { return Some(0) };
    let (written, behind) = split_digits(behind);
    *rest = behind;
    if digits.is_some_and(|digits| digits != written.len()) { None } else { micros(written) }
}

/// The microseconds that the digits behind a point say, if there are any; those past the microsecond are cut off.
#[inline]
pub(super) fn micros(digits: &[u8]) -> Option<i64> {
    let known = &digits[..digits.len().min(6)];
    Some(number(known)? * 10i64.pow(6 - known.len() as u32))
}

/// The digits with which a text begins, and what stands behind them.
#[inline]
pub(super) fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// The number that digits say, from one to eighteen.
#[inline]
pub(super) fn number(digits: &[u8]) -> Option<i64> {
    (1..=18).contains(&digits.len()).then(|| digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

/// How many seconds of its day a clock shows, whose hours may be those of half a day.
#[inline]
pub(super) fn seconds([mut hour, minute, second]: [i64; 3], half: Option<[u8; 2]>) -> Option<i64> {
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

/// By how many microseconds a clock is ahead of UTC.
#[inline]
pub(super) fn offset(sign: u8, hours: i64, minutes: i64) -> Option<i64> {
    let micros = (hours <= 23 && minutes <= 59).then_some((hours * 3600 + minutes * 60) * SECOND)?;
    match sign {
        b'+' => Some(micros),
        b'-' => Some(-micros),
        _ => None,
    }
}

/// The number of one or two digits that follow.
#[inline(always)]
pub(super) fn one_or_two(rest: &mut &[u8]) -> Option<i64> {
    let digit = |text: &[u8]| text.first().filter(|byte| byte.is_ascii_digit()).map(|byte| i64::from(byte - b'0'));
    let first = digit(rest)?;
    *rest = &rest[1..];
    let Some(second) = digit(rest) else { return Some(first) };
    *rest = &rest[1..];
    Some(first * 10 + second)
}

/// That of two that follow.
#[inline(always)]
pub(super) fn two(rest: &mut &[u8]) -> Option<i64> {
    let (pair, behind) = rest.split_first_chunk()?;
    *rest = behind;
    two_digits(*pair)
}

/// That of these two.
#[inline(always)]
pub(super) fn two_digits(pair: [u8; 2]) -> Option<i64> {
    let [tens, ones] = pair.map(|digit| digit.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
}
