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
#[derive(Clone, Debug, Default)]
pub struct Texts(RefCell<Kept>);

#[derive(Clone, Debug, Default)]
struct Kept {
    /// All of them, one behind the other.
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
    ids: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let kept = self.0.borrow();
        (&kept.text, &kept.ends).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (all, ends) = <(String, Vec<usize>)>::deserialize(from)?;
        let texts = Texts::default();
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
        let mut kept = self.0.borrow_mut();
        let hash = kept.hasher.hash_one(text);
        if let Some(id) = kept.ids.find(hash, |id| kept.text(*id) == text) {
            return TextId(*id);
        }
        let id = u32::try_from(kept.ends.len()).expect("fewer than four billion different texts");
        let Kept { text: all, ends, ids, hasher } = &mut *kept;
        all.push_str(text);
        ends.push(all.len());
        ids.insert_unique(hash, id, |id| hasher.hash_one(slice(all, ends, *id)));
        TextId(id)
    }

    /// The number of a text, if it is here.
    pub fn get(&self, text: &str) -> Option<TextId> {
        let kept = self.0.borrow();
        kept.ids.find(kept.hasher.hash_one(text), |id| kept.text(*id) == text).map(|id| TextId(*id))
    }

    /// The text of a number.
    pub fn text(&self, id: TextId) -> Ref<'_, str> {
        Ref::map(self.0.borrow(), |kept| kept.text(id.0))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.borrow().ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Kept {
    fn text(&self, id: u32) -> &str {
        slice(&self.text, &self.ends, id)
    }
}

fn slice<'t>(all: &'t str, ends: &[usize], id: u32) -> &'t str {
    let at = id as usize;
    let from = if at == 0 { 0 } else { ends[at - 1] };
    &all[from..ends[at]]
}
