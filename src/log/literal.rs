//! Values of JSON as they stand in a line. What is not of a usual kind is left to the JSON library, which has the last word.

use crate::log::marks::Quotes;
use crate::log::shape::Value;

/// Values that stand within more others than this are left to the library, which takes twice as many.
const DEEPEST: u8 = 60;

#[inline(always)]
pub(super) fn behind_spaces(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

/// Where the text ends whose first quote stands at a place, and whether escapes stand in it.
#[inline(always)]
pub(super) fn text(bytes: &[u8], quote: usize, quotes: &mut Quotes) -> Option<(usize, bool)> {
    let end = quotes.next(bytes, quote + 1)?;
    if bytes.get(end) == Some(&b'"') { Some((end, false)) } else { escaped_text(bytes, end, quotes) }
}

/// The same of one in which the first escape, if it is one, stands at a place.
#[inline(never)]
fn escaped_text(bytes: &[u8], mut at: usize, quotes: &mut Quotes) -> Option<(usize, bool)> {
    while bytes.get(at)? == &b'\\' {
        at = quotes.next(bytes, at + escape(&bytes[at..])?.1)?;
    }
    (bytes[at] == b'"').then_some((at, true))
}

/// The sign that an escape stands for, and how many bytes it has.
fn escape(written: &[u8]) -> Option<(char, usize)> {
    let sign = match written.get(1)? {
        b'u' => return escaped_sign(written),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        sign @ (b'"' | b'\\' | b'/') => char::from(*sign),
        _ => return None,
    };
    Some((sign, 2))
}

/// The same of one that gives its sign's number: in one piece, or in two where it is large.
fn escaped_sign(written: &[u8]) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let digits = written.get(from..from + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
    };
    let first = unit(0)?;
    match first {
        0xd800..0xdc00 => {
            let second = unit(6).filter(|second| (0xdc00..0xe000).contains(second))?;
            Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?, 12))
        }
        _ => Some((char::from_u32(first)?, 6)),
    }
}

/// Writes what a text says whose escapes are all known.
pub(super) fn unescape(written: &[u8], out: &mut Vec<u8>) {
    let mut rest = written;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let (sign, length) = escape(&rest[at..]).unwrap_or(('\\', 1));
        out.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[at + length..];
    }
    out.extend_from_slice(rest);
}

/// A value that is not in quotes, and stands as the library would write it.
#[inline]
pub(super) fn bare(bytes: &[u8], at: &mut usize) -> Option<Value> {
    let from = *at;
    let is_inside = |byte: &u8| !matches!(byte, b',' | b'}' | b']' | b' ' | b'\n');
    // Most are whole numbers.
    let digits = bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    *at += digits;
    if is_whole(&bytes[from..*at]) && !bytes.get(*at).is_some_and(is_inside) {
        return Some(Value::Text(from, *at));
    }
    while bytes.get(*at).is_some_and(is_inside) {
        *at += 1;
    }
    match &bytes[from..*at] {
        b"null" => Some(Value::Null),
        word if is_plain(word) || matches!(word, b"true" | b"false") => Some(Value::Text(from, *at)),
        _ => None,
    }
}

/// Whether digits are a number as every reader writes it. One of fifteen is exact in any of them.
#[inline]
fn is_whole(digits: &[u8]) -> bool {
    matches!(digits, [first, rest @ ..] if rest.is_empty() || *first != b'0' && rest.len() < 15)
}

/// The same of a number that may have a sign and a fraction.
fn is_plain(number: &[u8]) -> bool {
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    let whole = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
    let is_short = is_whole(&digits[..whole]);
    match digits[whole..].split_first() {
        None => is_short && number != b"-0",
        Some((b'.', part)) => {
            let is_written_so = part == b"0" || part.last().is_some_and(|digit| *digit != b'0');
            let is_tiny = digits[0] == b'0' && part.starts_with(b"0000");
            is_short && is_written_so && !is_tiny && whole + part.len() <= 15 && part.iter().all(u8::is_ascii_digit)
        }
        Some(_) => false,
    }
}

/// Where a value ends that nobody reads. Of the values that it is made up of, in their order, it gives from where to where each stands without its
/// quotes, and whether it has some.
pub(super) fn skip(
    bytes: &[u8],
    at: usize,
    (quotes, depth): (&mut Quotes, u8),
    give: &mut impl FnMut(usize, usize, bool),
) -> Option<usize> {
    let close = match bytes.get(at)? {
        b'"' => {
            let (to, _) = text(bytes, at, quotes)?;
            give(at + 1, to, true);
            return Some(to + 1);
        }
        b'{' if depth < DEEPEST => b'}',
        b'[' if depth < DEEPEST => b']',
        b'{' | b'[' => return None,
        _ => {
            let mut to = at;
            bare(bytes, &mut to)?;
            give(at, to, false);
            return Some(to);
        }
    };
    let mut at = behind_spaces(bytes, at + 1);
    if bytes.get(at) == Some(&close) {
        return Some(at + 1);
    }
    loop {
        if close == b'}' {
            at = behind_spaces(bytes, key(bytes, at, quotes)?.1);
        }
        at = behind_spaces(bytes, skip(bytes, at, (quotes, depth + 1), give)?);
        match bytes.get(at)? {
            b',' => at = behind_spaces(bytes, at + 1),
            sign if *sign == close => return Some(at + 1),
            _ => return None,
        }
    }
}

/// Where the key ends whose first quote stands at a place, and the colon behind it.
#[inline(always)]
pub(super) fn key(bytes: &[u8], quote: usize, quotes: &mut Quotes) -> Option<(usize, usize)> {
    if bytes.get(quote) != Some(&b'"') {
        return None;
    }
    let end = text(bytes, quote, quotes)?.0 + 1;
    let colon = behind_spaces(bytes, end);
    (bytes.get(colon) == Some(&b':')).then_some((end, colon + 1))
}
