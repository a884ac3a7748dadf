//! Typed ids: an index into one list of the model or the plan, and the list that it indexes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

/// An index that knows which list it belongs to.
pub trait Id: Copy + Eq + Ord {
    /// From a position in the list.
    fn from_index(index: usize) -> Self;
    /// The position in the list.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        // One more than the index: an optional id takes no more room than an id.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl Id for $name {
            fn from_index(index: usize) -> Self {
                let next = u32::try_from(index).ok().and_then(|i| NonZeroU32::MIN.checked_add(i));
                $name(next.expect("a spec is limited to far fewer declarations"))
            }
            #[inline]
            fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.index().serialize(to)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let index = u32::deserialize(from)?;
                if index == u32::MAX { Err(serde::de::Error::custom("an id is too large")) } else { Ok($name::from_index(index as usize)) }
            }
        }
    )*};
}

ids! {
    /// A party.
    PartyId,
    /// A calendar.
    CalendarId,
    /// A kind of case.
    CaseId,
    /// An event, of a case or of the top level.
    EventId,
    /// A class of an event: those of one class are alike in all that promises ask of an event alone.
    ClassId,
    /// A field, of a case or of an event.
    FieldId,
    /// A state of a kind of case.
    StateId,
    /// A tier of a kind of case.
    TierId,
    /// An agreement (one version of it).
    AgreementId,
    /// A service.
    ServiceId,
    /// An obligation.
    ObligationId,
    /// An objective.
    ObjectiveId,
    /// A source.
    SourceId,
    /// A named value of an agreement.
    LetId,
}

/// A list indexed by its own kind of id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Table<I, T> {
    rows: Vec<T>,
    #[serde(skip)]
    id: PhantomData<I>,
}

impl<I: Id, T> Default for Table<I, T> {
    fn default() -> Self {
        Table { rows: Vec::new(), id: PhantomData }
    }
}

impl<I: Id, T> Table<I, T> {
    /// Appends a row and gives its id.
    pub fn push(&mut self, row: T) -> I {
        self.rows.push(row);
        I::from_index(self.rows.len() - 1)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All rows, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// All rows, in order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.rows.iter_mut()
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.rows.len()).map(I::from_index)
    }

    /// All rows with their ids.
    pub fn enumerate(&self) -> impl Iterator<Item = (I, &T)> {
        self.rows.iter().enumerate().map(|(i, r)| (I::from_index(i), r))
    }

    /// A row, if the id is one of this table's.
    pub fn get(&self, id: I) -> Option<&T> {
        self.rows.get(id.index())
    }
}

impl<I: Id, T> FromIterator<T> for Table<I, T> {
    fn from_iter<A: IntoIterator<Item = T>>(rows: A) -> Self {
        Table { rows: rows.into_iter().collect(), id: PhantomData }
    }
}

impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.rows[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for Table<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.rows[id.index()]
    }
}
