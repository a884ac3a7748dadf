//! Texts, each kept once.

use crate::event::spread;
use hashbrown::{DefaultHashBuilder, HashTable};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::hash::BuildHasher;
use std::ops::Deref;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A text of a [`Texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TextId(pub u32);

/// Texts, each kept once. A log adds to them while the parts of an engine read them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Texts(RwLock<TextTable>);

/// One of them, lent. As long as it is, none is added.
pub struct Lent<'t>(RwLockReadGuard<'t, TextTable>, TextId);

impl Deref for Lent<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.text(self.1)
    }
}

impl Clone for Texts {
    fn clone(&self) -> Texts {
        Texts(RwLock::new(self.table().clone()))
    }
}

/// The same where nothing is added while they are read.
#[derive(Clone, Debug, Default)]
pub struct TextTable {
    /// All of them, one behind the other.
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
    ids: HashTable<Hashed>,
    hasher: DefaultHashBuilder,
}

/// The number of a text, and half of its hash: when there are more, none of the texts is looked at again.
#[derive(Clone, Copy, Debug)]
struct Hashed {
    half: u32,
    id: u32,
}

/// Where a text is looked for, by half of its hash.
fn place(half: u32) -> u64 {
    spread(half.into())
}

impl Serialize for TextTable {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (&self.text, &self.ends).serialize(to)
    }
}

impl<'de> Deserialize<'de> for TextTable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (all, ends) = <(String, Vec<usize>)>::deserialize(from)?;
        let mut texts = TextTable::default();
        let mut from = 0;
        for end in ends {
            texts.intern(all.get(from..end).ok_or_else(|| D::Error::custom("a text ends outside of all texts"))?);
            from = end;
        }
        Ok(texts)
    }
}

impl Texts {
    fn table_mut(&self) -> RwLockWriteGuard<'_, TextTable> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a text.
    pub fn intern(&self, text: &str) -> TextId {
        let known = self.get(text);
        known.unwrap_or_else(|| self.table_mut().intern(text))
    }

    /// The number of a text, if it is here.
    pub fn get(&self, text: &str) -> Option<TextId> {
        self.table().get(text)
    }

    /// The text of a number.
    pub fn text(&self, id: TextId) -> Lent<'_> {
        Lent(self.table(), id)
    }

    /// All of them. As long as they are lent, none is added.
    pub fn table(&self) -> RwLockReadGuard<'_, TextTable> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.table().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl TextTable {
    /// The number of a text.
    pub fn intern(&mut self, text: &str) -> TextId {
        let half = self.half(text);
        if let Some(id) = self.find(text, half) {
            return id;
        }
        let id = u32::try_from(self.ends.len()).expect("fewer than four billion different texts");
        self.text.push_str(text);
        self.ends.push(self.text.len());
        self.ids.insert_unique(place(half), Hashed { half, id }, |known| place(known.half));
        TextId(id)
    }

    /// The number of a text, if it is here.
    pub fn get(&self, text: &str) -> Option<TextId> {
        self.find(text, self.half(text))
    }

    fn find(&self, text: &str, half: u32) -> Option<TextId> {
        let is_it = |known: &Hashed| known.half == half && self.text(TextId(known.id)) == text;
        self.ids.find(place(half), is_it).map(|known| TextId(known.id))
    }

    /// Half of the hash of a text.
    fn half(&self, text: &str) -> u32 {
        (self.hasher.hash_one(text) >> u32::BITS) as u32
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a number.
    pub fn text(&self, id: TextId) -> &str {
        let at = id.0 as usize;
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[from..self.ends[at]]
    }
}
