//! Numbers and values in few bytes, as logs and reports of millions are kept.
//!
//! A number takes seven bits a byte, the lowest first; all but the last byte are marked.

use crate::event::{Origin, TextId, Value};
use crate::id::{FieldId, Id};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};
use smallvec::{Array, SmallVec};

/// Adds a number.
#[inline]
pub fn put(bytes: &mut Vec<u8>, mut n: u64) {
    while n > 0x7f {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

/// Takes the next number off; nothing where the bytes end first.
#[inline]
pub fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first()?;
        n |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

/// Takes the next number off; nothing where the bytes end first, or it is no small one.
#[inline]
pub fn take_small(bytes: &mut &[u8]) -> Option<u32> {
    u32::try_from(take(bytes)?).ok()
}

/// Adds an instant.
#[inline]
pub fn put_time(bytes: &mut Vec<u8>, t: Instant) {
    bytes.extend_from_slice(&t.as_micros().to_le_bytes());
}

/// Takes the next instant off; nothing where the bytes end first.
#[inline]
pub fn take_time(bytes: &mut &[u8]) -> Option<Instant> {
    let time = bytes.split_off(..8)?.first_chunk()?;
    Some(Instant::from_micros(i64::from_le_bytes(*time)))
}

/// Adds an instant that lies before another, or that there is none.
#[inline]
pub fn put_before(bytes: &mut Vec<u8>, t: Option<Instant>, now: Instant) {
    bytes.push(t.is_some().into());
    t.iter().for_each(|t| put_length(bytes, now.since(*t)));
}

/// Takes the next instant off that lies before another, if there is one; nothing where the bytes end first.
#[inline]
pub fn take_before(bytes: &mut &[u8], now: Instant) -> Option<Option<Instant>> {
    Some(if take_flag(bytes)? { Some(now.minus(take_length(bytes)?)) } else { None })
}

/// Takes off whether something holds; nothing where the bytes end first.
#[inline]
pub fn take_flag(bytes: &mut &[u8]) -> Option<bool> {
    Some(*bytes.split_off_first()? != 0)
}

/// Adds a length of time: most are whole seconds, and none of them before zero.
#[inline]
pub fn put_length(bytes: &mut Vec<u8>, d: Duration) {
    let us = d.as_micros();
    if us >= 0 && us % SECOND == 0 {
        put(bytes, (us / SECOND) as u64 * 2);
    } else {
        put(bytes, 1);
        bytes.extend_from_slice(&us.to_le_bytes());
    }
}

/// Takes the next length of time off; nothing where the bytes end first.
#[inline]
pub fn take_length(bytes: &mut &[u8]) -> Option<Duration> {
    let n = take(bytes)?;
    if n & 1 == 0 {
        return Some(Duration::seconds((n / 2) as i64));
    }
    let micros = bytes.split_off(..8)?.first_chunk()?;
    Some(Duration::micros(i64::from_le_bytes(*micros)))
}

const SECOND: i64 = 1_000_000;

/// Adds a list, each of which `write` adds.
#[inline]
pub fn put_list<T>(bytes: &mut Vec<u8>, list: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    put(bytes, list.len() as u64);
    list.iter().for_each(|one| write(bytes, one));
}

/// A list that grows one by one.
pub trait List<T>: Default {
    /// It is empty, and has room for so many.
    fn begin_anew(&mut self, room: usize);
    /// Adds another.
    fn push(&mut self, one: T);
}

impl<T> List<T> for Vec<T> {
    #[inline]
    fn begin_anew(&mut self, room: usize) {
        self.clear();
        self.reserve_exact(room);
    }

    #[inline]
    fn push(&mut self, one: T) {
        self.push(one);
    }
}

impl<A: Array> List<A::Item> for SmallVec<A> {
    #[inline]
    fn begin_anew(&mut self, room: usize) {
        self.clear();
        self.reserve_exact(room);
    }

    #[inline]
    fn push(&mut self, one: A::Item) {
        self.push(one);
    }
}

/// Takes the next list off, each of which `read` takes; nothing where one of them is nothing, or the bytes end first.
#[inline]
pub fn take_list<T, L: List<T>>(bytes: &mut &[u8], read: impl FnMut(&mut &[u8]) -> Option<T>) -> Option<L> {
    let mut list = L::default();
    take_list_into(bytes, &mut list, read)?;
    Some(list)
}

/// The same in the memory of another list.
#[inline]
pub fn take_list_into<T>(bytes: &mut &[u8], list: &mut impl List<T>, mut read: impl FnMut(&mut &[u8]) -> Option<T>) -> Option<()> {
    let count = take(bytes)?;
    // Each takes a byte at least: what is damaged asks for no more room than that.
    list.begin_anew(bytes.len().min(count as usize));
    for _ in 0..count {
        list.push(read(bytes)?);
    }
    Some(())
}

/// Adds a text.
#[inline]
pub fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_bytes(bytes, text.as_bytes());
}

/// Adds bytes.
#[inline]
pub fn put_bytes(bytes: &mut Vec<u8>, more: &[u8]) {
    put(bytes, more.len() as u64);
    bytes.extend_from_slice(more);
}

/// Takes the next text off; nothing where the bytes are none, or end first.
#[inline]
pub fn take_text<'b>(bytes: &mut &'b [u8]) -> Option<&'b str> {
    std::str::from_utf8(take_bytes(bytes)?).ok()
}

/// Takes the bytes off that were added; nothing where they end first.
#[inline]
pub fn take_bytes<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = usize::try_from(take(bytes)?).ok()?;
    bytes.split_off(..length)
}

/// Adds the place of something in its list.
#[inline]
pub fn put_id(bytes: &mut Vec<u8>, id: impl Id) {
    put(bytes, id.index() as u64);
}

/// Takes the next place off; nothing where the bytes end first.
#[inline]
pub fn take_id<I: Id>(bytes: &mut &[u8]) -> Option<I> {
    take_small(bytes).filter(|at| *at != u32::MAX).map(|at| I::from_index(at as usize))
}

/// Adds the place of something in its list, or that there is none.
#[inline]
pub fn put_maybe_id(bytes: &mut Vec<u8>, id: Option<impl Id>) {
    put(bytes, id.map_or(0, |id| id.index() as u64 + 1));
}

/// Takes the next place off, if there is one; nothing where the bytes end first.
#[inline]
pub fn take_maybe_id<I: Id>(bytes: &mut &[u8]) -> Option<Option<I>> {
    Some(take_small(bytes)?.checked_sub(1).map(|at| I::from_index(at as usize)))
}

/// Adds where something stands.
#[inline]
pub fn put_origin(bytes: &mut Vec<u8>, Origin { file, line }: Origin) {
    put(bytes, file.into());
    put(bytes, line.into());
}

/// Takes the next of them off; nothing where the bytes end first.
#[inline]
pub fn take_origin(bytes: &mut &[u8]) -> Option<Origin> {
    Some(Origin { file: take_small(bytes)?, line: take_small(bytes)? })
}

/// Adds a field and its value, or that it has none.
#[inline]
pub fn put_field(bytes: &mut Vec<u8>, field: FieldId, value: Option<Value>) {
    put_id(bytes, field);
    put_value(bytes, value);
}

/// Takes the next field and its value off; nothing where the bytes are none, or end first.
#[inline]
pub fn take_field(bytes: &mut &[u8]) -> Option<(FieldId, Option<Value>)> {
    Some((take_id(bytes)?, take_value(bytes)?))
}

/// Adds anything, as the library writes it.
pub fn put_any(bytes: &mut Vec<u8>, thing: &impl Serialize) {
    *bytes = postcard::to_extend(thing, std::mem::take(bytes)).expect("it is plain data");
}

/// Takes the next thing off; nothing where the bytes are none, or end first.
pub fn take_any<'b, T: Deserialize<'b>>(bytes: &mut &'b [u8]) -> Option<T> {
    let (thing, rest) = postcard::take_from_bytes(bytes).ok()?;
    *bytes = rest;
    Some(thing)
}

/// The bits of those parts that are there.
#[inline]
pub fn parts(all: &[(bool, u64)]) -> u64 {
    all.iter().fold(0, |parts, (is_there, bit)| if *is_there { parts | bit } else { parts })
}

/// What the first byte of a value says: most are one of these, and a number follows.
const NONE: u8 = 0;
const TEXT: u8 = 1;
const MEMBER: u8 = 2;
const WHOLE: u8 = 3;
/// Any other value follows as the library writes it.
const OTHER: u8 = 4;

/// Adds a value, or that there is none.
pub fn put_value(bytes: &mut Vec<u8>, value: Option<Value>) {
    let natural = |value: &Value| match value {
        Value::Number(n) => n.as_whole().and_then(|n| u64::try_from(n).ok()),
        _ => None,
    };
    let (form, n) = match value {
        None => return bytes.push(NONE),
        Some(Value::Text(text)) => (TEXT, text.0.into()),
        Some(Value::Member(m)) => (MEMBER, m.into()),
        Some(value) => match natural(&value) {
            Some(n) => (WHOLE, n),
            None => {
                bytes.push(OTHER);
                return put_any(bytes, &value);
            }
        },
    };
    bytes.push(form);
    put(bytes, n);
}

/// Takes the next value off; nothing where the bytes are no value, or end first.
pub fn take_value(bytes: &mut &[u8]) -> Option<Option<Value>> {
    Some(Some(match *bytes.split_off_first()? {
        NONE => return Some(None),
        OTHER => take_any(bytes)?,
        TEXT => Value::Text(TextId(take_small(bytes)?)),
        MEMBER => Value::Member(take_small(bytes)?),
        WHOLE => Value::whole(i64::try_from(take(bytes)?).ok()?),
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Texts;
    use crate::quantity::Exact;

    #[test]
    fn what_is_put_is_taken() {
        let texts = Texts::default();
        let values = [
            None,
            Some(Value::Text(TextId(300))),
            Some(Value::Member(0)),
            Some(Value::whole(0)),
            Some(Value::whole(i64::MAX)),
            Some(Value::whole(-1)),
            Some(Value::number(Exact::ratio(5, 4).unwrap(), &texts)),
            Some(Value::Bool(true)),
            Some(Value::Duration(Duration::seconds(-3))),
            Some(Value::Time(Instant::FIRST)),
            Some(Value::Long(TextId(7))),
        ];
        let numbers = [0, 0x7f, 0x80, 1 << 40, u64::MAX];
        let mut bytes = Vec::new();
        values.iter().for_each(|value| put_value(&mut bytes, *value));
        numbers.iter().for_each(|n| put(&mut bytes, *n));
        let mut rest = bytes.as_slice();
        assert_eq!(values.map(|_| take_value(&mut rest).unwrap()), values);
        assert_eq!(numbers.map(|_| take(&mut rest).unwrap()), numbers);
        assert_eq!((take(&mut rest), take_value(&mut rest)), (None, None));
    }
}
