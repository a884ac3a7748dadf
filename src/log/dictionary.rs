//! Texts of values, which each reader numbers by itself: none waits for another. A piece tells what is new in the dictionary of its
//! reader, and who takes the pieces in their order makes the log's numbers of those.

use crate::event::{TextId, Texts};

/// The texts that a reader has met.
pub(super) struct Dictionary {
    reader: usize,
    pub(super) texts: Texts,
    /// So many of them were told.
    told: usize,
}

/// In a dictionary of more texts than this most are not met again.
const MOST: usize = 1 << 15;

impl Dictionary {
    /// An empty one of the reader that has this number.
    pub(super) fn of(reader: usize) -> Dictionary {
        Dictionary { reader, texts: Texts::default(), told: 0 }
    }

    /// Empties it if it is large, and says so: the numbers of its texts mean nothing then. All of them were told.
    pub(super) fn empty_if_large(&mut self) -> bool {
        let is_large = self.told > MOST;
        if is_large {
            *self = Dictionary::of(self.reader);
        }
        is_large
    }

    /// What is new since this was asked last.
    pub(super) fn news(&mut self) -> News {
        let first = std::mem::replace(&mut self.told, self.texts.len());
        let texts = (first..self.told).map(|id| self.texts.text(TextId(id as u32)).to_string()).collect();
        News { reader: self.reader, first, texts }
    }
}

/// What is new in the dictionary of a reader, behind what it told before.
#[derive(Debug, Default)]
pub(super) struct News {
    reader: usize,
    /// The number of the first; zero where the dictionary was empty.
    first: usize,
    texts: Vec<String>,
}

/// The log's numbers of what is in all dictionaries.
#[derive(Default)]
pub(super) struct Translations(Vec<Translation>);

/// The same for one of them, by the reader's numbers.
#[derive(Default)]
struct Translation {
    numbers: Vec<TextId>,
    /// The reader's numbers are the log's.
    is_literal: bool,
}

impl Translations {
    /// The log's number of each text of a reader, with its news; nothing where the reader's are the same. A reader's news come in their order.
    pub(super) fn of(&mut self, news: News, texts: &Texts) -> Option<&[TextId]> {
        let News { reader, first, texts: new } = news;
        self.0.resize_with(self.0.len().max(reader + 1), Translation::default);
        let of = &mut self.0[reader];
        if first == 0 {
            *of = Translation { numbers: Vec::new(), is_literal: true };
        }
        for text in new {
            let number = texts.intern(&text);
            of.is_literal &= number.0 as usize == of.numbers.len();
            of.numbers.push(number);
        }
        (!of.is_literal).then_some(&of.numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_several_readers_get_the_numbers_of_the_log() {
        let (texts, mut translations) = (Texts::default(), Translations::default());
        let mut readers = [Dictionary::of(0), Dictionary::of(1)];
        // The second reader meets texts that the first has met, in another order, and then far more than it keeps.
        let pieces: [(usize, Vec<String>); 4] = [
            (0, ["elena", "carl", "hugo"].map(String::from).into()),
            (1, ["hugo", "ida", "elena"].map(String::from).into()),
            (0, ["carl", "jon"].map(String::from).into()),
            (1, (0..=MOST).map(|n| format!("owner {n}")).collect()),
        ];
        let last = (1, ["ida", "carl"].map(String::from).to_vec());
        for (nth, (reader, met)) in pieces.into_iter().chain([last]).enumerate() {
            assert_eq!(readers[reader].empty_if_large(), nth == 4);
            let numbers: Vec<TextId> = met.iter().map(|text| readers[reader].texts.intern(text)).collect();
            let translation = translations.of(readers[reader].news(), &texts);
            assert_eq!(translation.is_none(), nth == 0, "the first texts of the log have the numbers of their reader");
            let in_log = |id: &TextId| translation.map_or(*id, |numbers| numbers[id.0 as usize]);
            let found: Vec<String> = numbers.iter().map(|id| texts.text(in_log(id)).to_string()).collect();
            assert_eq!(found, met);
        }
    }
}
