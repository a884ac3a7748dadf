//! Texts, each kept once.

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::{Ref, RefCell};
use std::hash::BuildHasher;

/// A text of a [`Texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TextId(pub u32);

/// Texts, each kept once. A log adds to them while an engine reads them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Texts(RefCell<TextTable>);

/// The same where nothing is added while they are read.
#[derive(Clone, Debug, Default)]
pub struct TextTable {
    /// All of them, one behind the other.
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
    ids: HashTable<u32>,
    hasher: DefaultHashBuilder,
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
    /// The number of a text.
    pub fn intern(&self, text: &str) -> TextId {
        self.0.borrow_mut().intern(text)
    }

    /// The number of a text, if it is here.
    pub fn get(&self, text: &str) -> Option<TextId> {
        self.0.borrow().get(text)
    }

    /// The text of a number.
    pub fn text(&self, id: TextId) -> Ref<'_, str> {
        Ref::map(self.0.borrow(), |table| table.text(id))
    }

    /// All of them, as long as none is added.
    pub fn table(&self) -> Ref<'_, TextTable> {
        self.0.borrow()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl TextTable {
    /// The number of a text.
    pub fn intern(&mut self, text: &str) -> TextId {
        let TextTable { text: all, ends, ids, hasher } = self;
        let hash = hasher.hash_one(text);
        if let Some(id) = ids.find(hash, |id| slice(all, ends, *id) == text) {
            return TextId(*id);
        }
        let id = u32::try_from(ends.len()).expect("fewer than four billion different texts");
        all.push_str(text);
        ends.push(all.len());
        ids.insert_unique(hash, id, |id| hasher.hash_one(slice(all, ends, *id)));
        TextId(id)
    }

    /// The number of a text, if it is here.
    pub fn get(&self, text: &str) -> Option<TextId> {
        let is_it = |id: &u32| self.text(TextId(*id)) == text;
        self.ids.find(self.hasher.hash_one(text), is_it).map(|id| TextId(*id))
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
        slice(&self.text, &self.ends, id.0)
    }
}

fn slice<'t>(all: &'t str, ends: &[usize], id: u32) -> &'t str {
    let at = id as usize;
    let from = if at == 0 { 0 } else { ends[at - 1] };
    &all[from..ends[at]]
}
