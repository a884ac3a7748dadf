//! The keys of cases: most are short, and are kept and compared as numbers.

use crate::event::{self, Short};
use crate::id::{CaseId, Id};

/// The key of a case. A short text is always the first of both.
#[derive(Clone, Copy, Debug)]
pub enum Key<Text> {
    /// One that is short.
    Short(Short),
    /// Any other text.
    Long(Text),
}

/// One that is lent.
pub type KeyRef<'k> = Key<&'k str>;

impl<'k> From<&'k str> for KeyRef<'k> {
    fn from(text: &'k str) -> KeyRef<'k> {
        Short::of(text.as_bytes()).map_or(Key::Long(text), Key::Short)
    }
}

impl<'k> KeyRef<'k> {
    /// Of the bytes of a text; nothing where long ones are none.
    #[inline]
    pub fn of(bytes: &'k [u8]) -> Option<KeyRef<'k>> {
        match Short::of(bytes) {
            Some(short) => Some(Key::Short(short)),
            None => std::str::from_utf8(bytes).ok().map(Key::Long),
        }
    }

    /// The same, to be kept.
    #[inline]
    pub fn to_kept(self) -> Key<Box<str>> {
        match self {
            Key::Short(short) => Key::Short(short),
            Key::Long(text) => Key::Long(text.into()),
        }
    }

    /// A number by which a case of a kind is looked for.
    #[inline(always)]
    pub fn hash(self, kind: CaseId) -> u64 {
        match self {
            Key::Short(short) => short.hash_of(kind.index() as u64),
            Key::Long(text) => event::hash(kind.index() as u64, text.as_bytes()),
        }
    }
}

impl<Text: AsRef<str>> Key<Text> {
    /// Its text.
    pub fn text(&self) -> &str {
        match self {
            Key::Short(short) => std::str::from_utf8(short.bytes()).expect("keys are made of texts"),
            Key::Long(text) => text.as_ref(),
        }
    }

    /// Its text's bytes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Key::Short(short) => short.bytes(),
            Key::Long(text) => text.as_ref().as_bytes(),
        }
    }

    /// How many bytes it has.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            Key::Short(short) => short.len(),
            Key::Long(text) => text.as_ref().len(),
        }
    }

    /// The same, lent.
    #[inline]
    pub fn lend(&self) -> KeyRef<'_> {
        match self {
            Key::Short(short) => Key::Short(*short),
            Key::Long(text) => Key::Long(text.as_ref()),
        }
    }

    /// Whether it is the empty text.
    #[inline]
    pub fn is_empty(&self) -> bool {
        matches!(self, Key::Short(short) if short.is_empty())
    }
}

impl<Text: AsRef<str>> Eq for Key<Text> {}

impl<A: AsRef<str>, B: AsRef<str>> PartialEq<Key<B>> for Key<A> {
    #[inline]
    fn eq(&self, other: &Key<B>) -> bool {
        match (self, other) {
            (Key::Short(one), Key::Short(other)) => one == other,
            (Key::Long(one), Key::Long(other)) => one.as_ref() == other.as_ref(),
            (Key::Short(_), Key::Long(_)) | (Key::Long(_), Key::Short(_)) => false,
        }
    }
}
