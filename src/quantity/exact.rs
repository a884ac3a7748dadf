//! A ratio of two whole numbers.

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, Signed, Zero};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::num::NonZeroU32;

/// An exact number. All arithmetic is checked; comparison is exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(Ratio<i128>);

/// Past this no result is kept, so that the next comparison cannot overflow either.
const LIMIT: i128 = 1 << 100;

// Checked arithmetic gives an option, which the operators' traits cannot.
#[allow(clippy::should_implement_trait)]
impl Exact {
    /// 0.
    pub const ZERO: Exact = Exact(Ratio::new_raw(0, 1));
    /// 1.
    pub const ONE: Exact = Exact(Ratio::new_raw(1, 1));

    /// A whole number.
    pub const fn whole(n: i64) -> Exact {
        Exact(Ratio::new_raw(n as i128, 1))
    }

    /// `n / d`, of which the caller knows that they have no divisor in common.
    pub(crate) fn reduced(n: i64, d: NonZeroU32) -> Exact {
        Exact(Ratio::new_raw(n.into(), d.get().into()))
    }

    /// As it is displayed: `12`, `-1/3`.
    pub(crate) fn written(text: &str) -> Option<Exact> {
        match text.split_once('/') {
            Some((n, d)) => n.parse().ok().zip(d.parse().ok()).and_then(|(n, d)| Exact::ratio(n, d)),
            None => Exact::parse(text),
        }
    }

    /// `n / d`, or nothing for a zero denominator.
    pub fn ratio(n: i128, d: i128) -> Option<Exact> {
        if d == 0 { None } else { Exact(Ratio::new(n, d)).kept() }
    }

    /// A decimal as written in a spec or a log: `12`, `-0.5`, `2_400_000`, `1e3`. Nothing else.
    pub fn parse(text: &str) -> Option<Exact> {
        if let Some((n, of)) = short_decimal(text.as_bytes()) {
            return Exact::of_parts(n.into(), of.into());
        }
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.parse::<i32>().ok().filter(|e| e.abs() <= 30)?),
            None => (text, 0),
        };
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mut n, mut scale, mut point, mut any) = (0i128, 0i32, false, false);
        for b in digits.bytes() {
            match b {
                b'0'..=b'9' => {
                    n = n.checked_mul(10)?.checked_add((b - b'0') as i128)?;
                    any = true;
                    if point {
                        scale += 1;
                    }
                }
                b'.' if !point => point = true,
                b'_' if any => {}
                _ => return None,
            }
        }
        if !any {
            return None;
        }
        let n = if negative { -n } else { n };
        let power = |p: i32| 10i128.checked_pow(p as u32);
        match scale - exponent {
            s if s >= 0 => Exact::of_parts(n, power(s)?),
            s => Exact::ratio(n.checked_mul(power(-s)?)?, 1),
        }
    }

    /// `n / d` of parts that may have a divisor in common; `d` is above 0.
    fn of_parts(n: i128, d: i128) -> Option<Exact> {
        let parts = (u64::try_from(n.unsigned_abs()), u64::try_from(d));
        let (n, d) = match parts {
            (_, Ok(1)) => (n, d),
            // A division of 64 bits takes a tenth of one of 128.
            (Ok(size), Ok(of)) => {
                let by = common_divisor(size, of);
                (if n < 0 { -i128::from(size / by) } else { i128::from(size / by) }, i128::from(of / by))
            }
            _ => return Exact(Ratio::new(n, d)).kept(),
        };
        Exact(Ratio::new_raw(n, d)).kept()
    }

    /// Both parts, where they are small enough that products of two of them fit.
    fn small(self) -> Option<(i64, i64)> {
        i64::try_from(self.numer()).ok().zip(i64::try_from(self.denom()).ok())
    }

    fn kept(self) -> Option<Exact> {
        (self.numer().unsigned_abs() < LIMIT.unsigned_abs() && self.denom() < LIMIT).then_some(self)
    }

    /// The sum.
    pub fn add(self, other: Exact) -> Option<Exact> {
        if self.denom() == other.denom() {
            // Both numerators are below 2^100.
            return Exact::of_parts(self.numer() + other.numer(), self.denom());
        }
        if let (Some((n, d)), Some((m, e))) = (self.small(), other.small()) {
            // A sum of two products below 2^126.
            let [n, d, m, e] = [n, d, m, e].map(i128::from);
            return Exact::of_parts(n * e + m * d, d * e);
        }
        self.0.checked_add(&other.0).map(Exact)?.kept()
    }

    /// The difference.
    pub fn sub(self, other: Exact) -> Option<Exact> {
        self.add(other.neg())
    }

    /// The product.
    pub fn mul(self, other: Exact) -> Option<Exact> {
        if let (Some((n, d)), Some((m, e))) = (self.small(), other.small()) {
            return Exact::of_parts(i128::from(n) * i128::from(m), i128::from(d) * i128::from(e));
        }
        self.0.checked_mul(&other.0).map(Exact)?.kept()
    }

    /// The quotient; nothing for a zero divisor.
    pub fn div(self, other: Exact) -> Option<Exact> {
        if other.0.is_zero() { None } else { self.0.checked_div(&other.0).map(Exact)?.kept() }
    }

    /// The same number with the other sign.
    pub fn neg(self) -> Exact {
        Exact(-self.0)
    }

    /// Numerator of the reduced ratio.
    pub fn numer(self) -> i128 {
        *self.0.numer()
    }

    /// Denominator of the reduced ratio, above 0.
    pub fn denom(self) -> i128 {
        *self.0.denom()
    }

    /// Whether it is 0.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whether it is below 0.
    pub fn is_negative(self) -> bool {
        self.0.is_negative()
    }

    /// Whether it has no fraction.
    pub fn is_whole(self) -> bool {
        self.denom() == 1
    }

    /// The whole number at or above.
    pub fn ceil(self) -> Exact {
        Exact(self.0.ceil())
    }

    /// The whole number at or below.
    pub fn floor(self) -> Exact {
        Exact(self.0.floor())
    }

    /// Rounded half up (away from zero) to so many decimals.
    pub fn round(self, decimals: u32) -> Exact {
        // A number so large that its decimals cannot be counted has none that matter.
        let Some(scaled) = self.scaled(decimals) else { return self };
        let up = Ratio::new(scaled, 10i128.pow(decimals));
        Exact(if self.is_negative() { -up } else { up })
    }

    /// Its size in units of so many decimals, rounded half up; nothing where that is too large.
    fn scaled(self, decimals: u32) -> Option<i128> {
        let (n, d) = (self.numer().abs(), self.denom());
        let (mut scaled, mut rest) = (n / d, n % d);
        for _ in 0..decimals {
            // The rest is below 2^100: ten times that fits.
            rest *= 10;
            scaled = scaled.checked_mul(10)?.checked_add(rest / d)?;
            rest %= d;
        }
        scaled.checked_add(i128::from(2 * rest >= d))
    }

    /// With so many decimals, rounded half up: `500.00`.
    pub fn fixed(self, decimals: u32) -> String {
        let Some(n) = self.scaled(decimals) else { return self.0.to_integer().to_string() };
        let digits = format!("{n:0width$}", width = decimals as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals as usize);
        let sign = if self.is_negative() && n != 0 { "-" } else { "" };
        if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    /// As short as it is exact, with at most so many decimals.
    pub fn short(self, decimals: u32) -> String {
        let text = self.fixed(decimals);
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        const SAFE: i128 = 1 << 53;
        let (n, d) = (self.numer(), self.denom());
        if n.abs() <= SAFE && d <= SAFE {
            return n as f64 / d as f64;
        }
        // 25 significant digits decide the nearest double but for a tie that no decimal of this length can be.
        let whole = n.abs() / d;
        let mut rest = n.abs() % d;
        let mut text = format!("{}{whole}.", if n < 0 { "-" } else { "" });
        let mut significant = if whole > 0 { whole.to_string().len() } else { 0 };
        while significant < 25 && rest != 0 && text.len() < 80 {
            rest *= 10;
            let digit = rest / d;
            rest %= d;
            if significant > 0 || digit > 0 {
                significant += 1;
            }
            text.push(char::from(b'0' + digit as u8));
        }
        text.push('0');
        text.parse().expect("digits, a point and digits are a number")
    }
}

/// Digits with a point among them or none, as most numbers of logs are: what they are as one number, and the power of ten that it is over.
fn short_decimal(text: &[u8]) -> Option<(u64, u64)> {
    const LONGEST: usize = 16;
    let (mut n, mut over, mut shift, mut any) = (0, 1, 1, false);
    if text.len() > LONGEST {
        return None;
    }
    for byte in text {
        match byte {
            b'0'..=b'9' => (n, over, any) = (n * 10 + u64::from(byte - b'0'), over * shift, true),
            b'.' if shift == 1 => shift = 10,
            _ => return None,
        }
    }
    any.then_some((n, over))
}

fn common_divisor(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_whole() { write!(f, "{}", self.numer()) } else { write!(f, "{}/{}", self.numer(), self.denom()) }
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Exact::written(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_and_anything_else_is_refused() {
        assert_eq!(Exact::parse("2_400_000"), Some(Exact::whole(2_400_000)));
        assert_eq!(Exact::parse("-0.125"), Exact::ratio(-1, 8));
        assert_eq!(Exact::parse("1.5e3"), Some(Exact::whole(1500)));
        assert_eq!([".5", "5.", "0.50"].map(Exact::parse), [Exact::ratio(1, 2), Some(Exact::whole(5)), Exact::ratio(1, 2)]);
        // Around the length at which other steps are taken.
        assert_eq!(Exact::parse("12345678901234.5"), Exact::ratio(123_456_789_012_345, 10));
        assert_eq!(Exact::parse("12345678901234.25"), Exact::ratio(1_234_567_890_123_425, 100));
        for text in ["", ".", "-", "1.2.3", "0x1", "1,5", "NaN", "inf", "_1", " 1"] {
            assert_eq!(Exact::parse(text), None, "{text}");
        }
    }

    #[test]
    fn rounding_is_half_up_and_away_from_zero() {
        let half_cent = Exact::ratio(2_005, 1_000).unwrap();
        assert_eq!(half_cent.fixed(2), "2.01");
        assert_eq!(half_cent.neg().fixed(2), "-2.01");
        assert_eq!(Exact::ratio(2_004_999, 1_000_000).unwrap().fixed(2), "2.00");
        assert_eq!(Exact::ratio(1, 3).unwrap().fixed(0), "0");
    }

    #[test]
    fn the_double_is_the_nearest_one() {
        assert_eq!(Exact::ratio(149, 160).unwrap().to_f64(), 0.93125);
        assert_eq!(Exact::ratio(1, 3).unwrap().to_f64(), 1.0 / 3.0);
        let wide = Exact::ratio((1 << 90) + 1, 3 << 80).unwrap();
        assert_eq!(wide.to_f64(), 1024.0 / 3.0);
    }

    #[test]
    fn small_and_large_numbers_follow_the_same_rules() {
        // Around the sizes at which other steps are taken.
        let parts = [0, 1, 2, 3, 7, 10, 1 << 31, (1 << 32) - 1, (1 << 62) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, 1 << 70];
        let numbers: Vec<Exact> = parts
            .iter()
            .flat_map(|n| parts[1..].iter().flat_map(|d| [Exact::ratio(*n, *d), Exact::ratio(-*n, *d)]))
            .map(|number| number.unwrap())
            .collect();
        for a in &numbers {
            for b in numbers.iter().step_by(7) {
                let kept = |ratio: Option<Ratio<i128>>| ratio.map(Exact).and_then(Exact::kept);
                assert_eq!(a.add(*b), kept(a.0.checked_add(&b.0)), "{a} + {b}");
                assert_eq!(a.mul(*b), kept(a.0.checked_mul(&b.0)), "{a} * {b}");
                assert!(a.sub(*b).and_then(|less| less.add(*b)).is_none_or(|again| again == *a), "{a} - {b}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let large = Exact::ratio(1 << 99, 1).unwrap();
        assert_eq!(large.mul(large), None);
        assert_eq!(large.div(Exact::ZERO), None);
    }
}
