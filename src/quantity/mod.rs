//! Exact numbers and money.
//!
//! Every number of a spec, a log or a report is a ratio of two whole numbers: nothing is rounded on the way, and what
//! does not fit is said so (`None`), never wrapped.

mod currency;
mod exact;

pub use currency::{Currency, Money};
pub use exact::Exact;

/// `12345` as `12,345`.
pub fn grouped(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |r| ("-", r));
    let (whole, fraction) = rest.split_once('.').map_or((rest, ""), |(w, f)| (w, f));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if fraction.is_empty() { format!("{sign}{out}") } else { format!("{sign}{out}.{fraction}") }
}
