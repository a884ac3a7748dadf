//! Times and amounts as people and machines read them.

use crate::model::MeasureUnit;
use crate::quantity::Exact;
pub(super) use crate::quantity::grouped;
use crate::time::{Duration, Instant, Zone};
use chrono::{Datelike, Timelike};

/// `2026-03-06T16:45:00-05:00`, with a fraction only where there is one.
pub(super) fn rfc3339(zone: &Zone, t: Instant) -> String {
    let mut out = String::with_capacity(25);
    push_rfc3339(&mut out, zone, t);
    out
}

/// The same behind a text: reports of years hold millions of times.
pub(super) fn push_rfc3339(out: &mut String, zone: &Zone, t: Instant) {
    let offset = zone.offset(t);
    let local = t.plus(offset);
    let (date, of_day) = (local.utc().date(), local.as_micros().rem_euclid(86_400_000_000));
    let (seconds, micros) = ((of_day / 1_000_000) as u32, of_day % 1_000_000);
    let mut text = *b"0000-00-00T00:00:00";
    let year = date.year().unsigned_abs();
    let parts = [year / 100, year % 100, date.month(), date.day(), seconds / 3600, seconds / 60 % 60, seconds % 60];
    for (at, n) in [0, 2, 5, 8, 11, 14, 17].into_iter().zip(parts) {
        text[at..at + 2].copy_from_slice(&two(n));
    }
    out.push_str(std::str::from_utf8(&text).expect("digits and signs are text"));
    if micros != 0 {
        out.push_str(&fraction(micros));
    }
    let minutes = offset.as_micros() / 60_000_000;
    let mut text = if minutes < 0 { *b"-00:00" } else { *b"+00:00" };
    text[1..3].copy_from_slice(&two(minutes.unsigned_abs() as u32 / 60));
    text[4..6].copy_from_slice(&two(minutes.unsigned_abs() as u32 % 60));
    out.push_str(std::str::from_utf8(&text).expect("digits and signs are text"));
}

/// A fraction of a second.
pub(super) fn fraction(micros: i64) -> String {
    format!(".{micros:06}").trim_end_matches('0').to_string()
}

/// The two digits of each number below a hundred.
const PAIRS: [[u8; 2]; 100] = {
    let mut all = [[b'0'; 2]; 100];
    let mut n = 0;
    while n < all.len() {
        all[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    all
};

/// The last two digits of a number.
#[inline]
pub(super) fn two(n: u32) -> [u8; 2] {
    PAIRS[n as usize % PAIRS.len()]
}

/// `Mon 2026-03-09 09:45`, with seconds only where there are some.
pub(super) fn wall(zone: &Zone, t: Instant) -> String {
    let local = zone.local(t);
    let seconds = if local.second() == 0 && local.nanosecond() == 0 { "" } else { ":%S" };
    local.format(&format!("%a %Y-%m-%d %H:%M{seconds}")).to_string()
}

/// A JSON number of seconds, exact to the microsecond.
pub(super) fn seconds(d: Duration) -> String {
    let mut out = String::new();
    push_seconds(&mut out, d);
    out
}

/// The same behind a text.
pub(super) fn push_seconds(out: &mut String, d: Duration) {
    let us = d.as_micros();
    if us < 0 || us % 1_000_000 != 0 {
        return out.push_str(&d.as_seconds().short(6));
    }
    push_number(out, us as u64 / 1_000_000);
}

/// A whole number behind a text.
pub(super) fn push_number(out: &mut String, n: u64) {
    out.extend(digits(n).as_bytes().iter().map(|digit| char::from(*digit)));
}

/// The digits of a number.
pub(super) struct Digits {
    all: [u8; 20],
    from: usize,
}

impl Digits {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.all[self.from..]
    }
}

/// The digits of a whole number: reports of years hold millions of them.
pub(super) fn digits(mut n: u64) -> Digits {
    let (mut all, mut from) = ([b'0'; 20], 20);
    while n >= 10 {
        from -= 2;
        all[from..from + 2].copy_from_slice(&two((n % 100) as u32));
        n /= 100;
    }
    // One is left of an odd number of them.
    if n > 0 || from == 20 {
        from -= 1;
        all[from] = b'0' + n as u8;
    }
    Digits { all, from }
}

/// Adds a whole number: all digits of most are found at once.
pub(super) fn put_number(out: &mut Vec<u8>, n: u64) {
    if n >= 100_000_000 {
        return out.extend_from_slice(digits(n).as_bytes());
    }
    // Two numbers of four digits, four of two, and eight digits, the highest first. A number times 5243 / 2^19 is a hundredth of it, and one
    // times 103 / 2^10 a tenth, as far as they go here.
    let fours = (n / 10_000) | ((n % 10_000) << 32);
    let hundreds = (fours * 5_243) >> 19 & 0x0000_007f_0000_007f;
    let pairs = hundreds | (fours - hundreds * 100) << 16;
    let tens = (pairs * 103) >> 10 & 0x000f_000f_000f_000f;
    let all = tens | (pairs - tens * 10) << 8;
    // Of zero one digit is left too.
    let zeros = (all.trailing_zeros() / 8).min(7);
    let end = out.len() + 8 - zeros as usize;
    out.extend_from_slice(&((all | 0x3030_3030_3030_3030) >> (8 * zeros)).to_le_bytes());
    out.truncate(end);
}

/// The JSON number nearest to an exact value.
pub(super) fn number(value: Exact) -> String {
    if value.is_whole() { value.to_string() } else { serde_json::Number::from_f64(value.to_f64()).map_or("null".into(), |n| n.to_string()) }
}

/// A measured value for people: two decimals, and more where two would cross the bound.
pub(super) fn measured(value: Exact, unit: MeasureUnit, bound: &str) -> String {
    match unit {
        MeasureUnit::Share => {
            let percent = value.mul(Exact::whole(100)).unwrap_or(value);
            let bound = bound.split_whitespace().find_map(|b| Exact::parse(b.trim_end_matches('%')));
            format!("{}%", beside(percent, bound))
        }
        MeasureUnit::Duration => {
            let d = Duration::from_seconds(value).unwrap_or(Duration::MAX);
            rounded(d)
        }
        MeasureUnit::Money(Some(currency)) => format!("{} {currency}", grouped(&value.fixed(currency.decimals()))),
        MeasureUnit::Number | MeasureUnit::Money(None) | MeasureUnit::Mixed { .. } => {
            let bound = bound.split_whitespace().find_map(Exact::parse);
            grouped(&beside(value, bound))
        }
    }
}

/// As few decimals, from two on, as keep the value on its side of the bound.
fn beside(value: Exact, bound: Option<Exact>) -> String {
    let Some(bound) = bound else { return value.short(2) };
    let decimals = (2..=12).find(|d| value.round(*d).cmp(&bound) == value.cmp(&bound)).unwrap_or(12);
    if decimals == 2 { value.short(2) } else { value.fixed(decimals) }
}

/// A length of time without more seconds than anybody wants.
pub(super) fn rounded(d: Duration) -> String {
    const HOUR: i64 = 3_600_000_000;
    let us = d.as_micros();
    let unit = if us >= HOUR { 60_000_000 } else { 1_000_000 };
    if us % unit == 0 || us < 1_000_000 { d.to_string() } else { format!("{}", Duration::micros(us / unit * unit)) }
}

/// `1 event`, `2,312 events`.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(&n.to_string()), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_on_its_own_side_of_the_bound() {
        let share = |n, d| measured(Exact::ratio(n, d).unwrap(), MeasureUnit::Share, ">= 95%");
        assert_eq!(share(149, 160), "93.13%");
        // 94.9999 % would round to the bound that it misses.
        assert_eq!(share(949_999, 1_000_000), "94.9999%");
        assert_eq!(share(95, 100), "95%");
    }

    #[test]
    fn whole_numbers_are_written_with_all_their_digits_and_no_others() {
        // On both sides of every power of ten, all below ten thousand, and every 7,919th.
        let around = (0..20).flat_map(|n| [10u64.pow(n) - 1, 10u64.pow(n), 10u64.pow(n) + 1]);
        for n in around.chain(0..10_000).chain((0..100_001_000).step_by(7_919)).chain([u64::MAX]) {
            let mut text = b"x".to_vec();
            put_number(&mut text, n);
            assert_eq!(String::from_utf8(text).unwrap(), format!("x{n}"));
        }
    }

    #[test]
    fn times_carry_their_offset_and_a_fraction_only_where_there_is_one() {
        let zone = Zone::named("America/New_York").unwrap();
        let t = Instant::from_micros(1_772_833_500_000_000);
        assert_eq!(rfc3339(&zone, t), "2026-03-06T16:45:00-05:00");
        assert_eq!(rfc3339(&zone, t.plus(Duration::micros(250_000))), "2026-03-06T16:45:00.25-05:00");
    }
}
