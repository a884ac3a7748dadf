//! Cells to values of a field's type.

use crate::event::{Texts, Value};
use crate::log::times::TimeReader;
use crate::model::Type;
use crate::plan::Scalar;
use crate::quantity::{Currency, Exact};
use crate::time::Duration;
use chrono::NaiveDate;

/// What a column of values needs besides its type.
pub(super) struct Context<'a> {
    /// How its times are written.
    pub(super) times: &'a TimeReader,
    /// A strftime pattern for its dates, if one is named.
    pub(super) date_format: Option<&'a str>,
    /// The currency of the agreements.
    pub(super) currency: Option<Currency>,
}

/// The value of a cell, or what was expected instead.
pub(super) fn value(ty: &Type, text: &str, context: &Context<'_>, texts: &Texts) -> Result<Value, String> {
    let trimmed = trimmed(text);
    match ty {
        Type::Text => Ok(Value::Text(texts.intern(text))),
        Type::Number => Exact::parse(trimmed).map(|n| Value::number(n, texts)).ok_or_else(|| "a number such as `12.5`".into()),
        Type::Money => money(trimmed, context.currency).map(|n| Value::number(n, texts)),
        Type::Bool => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "t" | "1" => Ok(Value::Bool(true)),
            "false" | "no" | "n" | "f" | "0" => Ok(Value::Bool(false)),
            _ => Err("`true` or `false`".into()),
        },
        Type::Duration => {
            duration(trimmed).map(Value::Duration).ok_or_else(|| "a duration: `1h30m`, `01:30:00` or a number of seconds".into())
        }
        Type::Date => {
            let date = match context.date_format {
                Some(format) => NaiveDate::parse_from_str(trimmed, format).ok(),
                None => trimmed.parse().ok(),
            };
            let expected =
                || context.date_format.map_or("a date such as `2026-03-06`".to_string(), |f| format!("a date of the form `{f}`"));
            date.map(Value::Date).ok_or_else(expected)
        }
        Type::Time => context.times.read(trimmed).map(|t| Value::Time(t.time)),
        Type::Members(members) => {
            let found = members.iter().position(|m| m == text).or_else(|| members.iter().position(|m| m == trimmed));
            let expected = || format!("one of {}", members.iter().map(|m| format!("`{m}`")).collect::<Vec<_>>().join(", "));
            found.map(|i| Value::Member(i as u32)).ok_or_else(expected)
        }
    }
}

/// Without spaces around it, which most have none of.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] | [first @ last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// `500`, `500.00 USD`, `USD 500`
fn money(text: &str, currency: Option<Currency>) -> Result<Exact, String> {
    let mut number = None;
    for word in text.split_whitespace() {
        if let Some(written) = Currency::parse(word) {
            match currency {
                Some(expected) if expected != written => return Err(format!("an amount in {expected}")),
                _ => continue,
            }
        }
        if number.replace(Exact::parse(word)).is_some() {
            return Err("one amount such as `500.00`".into());
        }
    }
    number.flatten().ok_or_else(|| "an amount such as `500.00`".into())
}

fn duration(text: &str) -> Option<Duration> {
    if let Some(seconds) = Exact::parse(text) {
        return Duration::from_seconds(seconds);
    }
    if text.contains(':') {
        let parts: Vec<i64> = text.split(':').map(|p| p.parse().ok()).collect::<Option<_>>()?;
        return match parts.as_slice() {
            [h, m] if (0..60).contains(m) => Some(Duration::seconds(h * 3600 + m * 60)),
            [h, m, s] if (0..60).contains(m) && (0..60).contains(s) => Some(Duration::seconds(h * 3600 + m * 60 + s)),
            _ => None,
        };
    }
    Duration::parse(&text.replace(' ', ""))
}

/// A fixed value of a plan as a log would have it.
pub(super) fn fixed(scalar: &Scalar, texts: &Texts) -> Option<Value> {
    Some(match scalar {
        Scalar::Number(n) => Value::number(*n, texts),
        Scalar::Bool(b) => Value::Bool(*b),
        Scalar::Duration(d) => Value::Duration(*d),
        Scalar::Date(d) => Value::Date(*d),
        Scalar::Time(t) => Value::Time(*t),
        Scalar::Text(t) => Value::Text(texts.intern(t)),
        Scalar::Member(m) => Value::Member(*m),
        Scalar::Tier(_) => return None,
    })
}
