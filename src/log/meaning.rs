//! What a word of a log means, found out once for each: which event, of which kind of case, and what is read of its row.

use crate::event::{Short, spread};
use crate::id::{CaseId, EventId, FieldId, Id};
use crate::log::binding::{Binding, Shape};
use crate::log::marks::bit;
use crate::log::rules::Rules;
use crate::log::times::TimeReader;
use crate::model::Owner;
use crate::plan::Scalar;
use hashbrown::HashMap;

/// What the rows of a word say.
#[derive(Debug)]
pub(super) struct Meaning {
    pub(super) event: Option<EventId>,
    /// The event is one of the top level: it happens to no case.
    pub(super) is_top: bool,
    pub(super) kind: Option<CaseId>,
    /// What the word says of the event's own fields.
    pub(super) implied: Vec<(FieldId, Scalar)>,
    /// The fields that such a row may hold.
    pub(super) takes: Vec<Take>,
    /// Their places in a row, by bits.
    pub(super) wants: u64,
    /// Its rows are of a case, and of a word that the vocabulary holds, if any.
    pub(super) is_plain: bool,
    /// A word that the vocabulary does not hold, and whether the source says to ignore it.
    pub(super) ignored: Option<(String, bool)>,
    /// Some clause names the event, or looks at every row of such a case.
    pub(super) matters: bool,
}

/// A field that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Take {
    /// Which of the binding's fields.
    pub(super) binding: usize,
    pub(super) field: FieldId,
    /// It is the event's own.
    pub(super) own: bool,
    /// Some clause asks for it; else it is only looked at whether it can be read.
    pub(super) asked: bool,
    /// Where its column stands in a row, and the bit of that.
    pub(super) place: usize,
    pub(super) bit: u64,
    pub(super) of: ColumnField,
}

/// A column and a field that is read from it, as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ColumnField(u64);

impl ColumnField {
    /// Of nothing that is read.
    pub(super) const NONE: ColumnField = ColumnField(u64::MAX);

    fn of(column: usize, field: FieldId) -> ColumnField {
        // Spread, so that the same text in two columns is looked for in places that lie apart.
        ColumnField(spread((column as u64) << 32 | field.index() as u64))
    }

    /// A number in whose upper bits a text that is read for the field has its part, and the column, by the same of the text.
    #[inline(always)]
    pub(super) fn mix(self, spread: u64) -> u64 {
        spread ^ self.0
    }
}

/// Why rows of a word cannot be taken.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) what: What,
    pub(super) expected: String,
}

/// What is wrong with them.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    NoKey,
    Key,
    Word,
}

/// How the words of one file's rows were understood so far, by the kind of case that the key's column names.
#[derive(Debug)]
pub(super) struct Meanings {
    of: HashMap<(u32, Box<[u8]>), usize>,
    list: Vec<Result<Meaning, Refusal>>,
    /// Short words that were found last, each with its kind of key: mostly the one that is asked for.
    recent: Box<[(Short, u32, u32); RECENT]>,
    /// The same by the numbers of entries of the dictionary at hand, as far as they were asked for.
    entries: Vec<Option<u32>>,
    /// Memory for the words of several columns, put together.
    joined: Vec<u8>,
}

const RECENT: usize = 512;
/// So many are remembered. A vocabulary has fewer words; a log that has more has any text where its words should be.
const MOST: usize = 1 << 12;
/// No word has this kind of key.
const NO_HINT: u32 = u32::MAX;

impl Default for Meanings {
    fn default() -> Meanings {
        let recent = Box::new([(Short::EMPTY, NO_HINT, 0); RECENT]);
        Meanings { of: HashMap::new(), list: Vec::new(), recent, entries: Vec::new(), joined: Vec::new() }
    }
}

impl Meanings {
    /// What words mean. `key` is nothing where the row names no case.
    pub(super) fn find(
        &mut self,
        rules: &Rules<'_>,
        binding: &Binding,
        key: Option<Option<CaseId>>,
        words: &[&str],
    ) -> &Result<Meaning, Refusal> {
        let at = self.look_up(rules, binding, key, hint(key), words);
        &self.list[at]
    }

    /// The place of what a word means that was found before.
    #[inline(always)]
    pub(super) fn found(&self, key: Option<Option<CaseId>>, short: Short) -> Option<u32> {
        let hint = hint(key);
        let (known, of, at) = self.recent[place(short, hint)];
        (known == short && of == hint).then_some(at)
    }

    /// The same of an entry of a dictionary, which `find` looks for where it was not asked for before.
    #[inline(always)]
    pub(super) fn found_entry(&mut self, entry: usize, find: impl FnOnce(&Meanings) -> Option<u32>) -> Option<u32> {
        if let Some(Some(at)) = self.entries.get(entry) {
            return Some(*at);
        }
        let found = find(self)?;
        // A column of words has few entries; of one that has many, these are told one by one.
        if entry < MOST {
            self.entries.resize(self.entries.len().max(entry + 1), None);
            self.entries[entry] = Some(found);
        }
        Some(found)
    }

    /// Entries from here on are another dictionary's.
    pub(super) fn forget_entries(&mut self) {
        self.entries.clear();
    }

    /// The same of any word, if it says something.
    pub(super) fn found_any(&self, binding: &Binding, key: Option<Option<CaseId>>, word: &[u8]) -> Option<u32> {
        let at = self.of.get(&Asked(hint(key), word)).filter(|_| !binding.is_missing(word))?;
        u32::try_from(*at).ok()
    }

    /// The same of the words of several columns; nothing where one of them is not told so easily.
    pub(super) fn found_together<'w>(
        &mut self,
        binding: &Binding,
        key: Option<Option<CaseId>>,
        words: impl Iterator<Item = Option<&'w [u8]>>,
    ) -> Option<u32> {
        self.joined.clear();
        for word in words {
            let word = word?;
            join(&mut self.joined, if binding.is_missing(word) { &[] } else { word });
        }
        u32::try_from(*self.of.get(&Asked(hint(key), &self.joined))?).ok()
    }

    /// What was found, if rows of the word can be taken.
    #[inline(always)]
    pub(super) fn at(&self, at: u32) -> Option<&Meaning> {
        self.list.get(at as usize)?.as_ref().ok()
    }

    /// What a word means, as it is written if that is short, and as it is taken.
    pub(super) fn find_one(
        &mut self,
        rules: &Rules<'_>,
        binding: &Binding,
        key: Option<Option<CaseId>>,
        short: Option<Short>,
        word: &str,
    ) -> &Result<Meaning, Refusal> {
        if let Some(at) = short.and_then(|short| self.found(key, short)) {
            return &self.list[at as usize];
        }
        let hint = hint(key);
        let at = self.look_up(rules, binding, key, hint, &[word]);
        if let Some(short) = short {
            self.recent[place(short, hint)] = (short, hint, at as u32);
        }
        &self.list[at]
    }

    /// The place of what words mean among all that was found out.
    fn look_up(&mut self, rules: &Rules<'_>, binding: &Binding, key: Option<Option<CaseId>>, hint: u32, words: &[&str]) -> usize {
        let joined = match words {
            [only] => only.as_bytes(),
            several => {
                self.joined.clear();
                several.iter().for_each(|word| join(&mut self.joined, word.as_bytes()));
                self.joined.as_slice()
            }
        };
        if let Some(at) = self.of.get(&Asked(hint, joined)) {
            return *at;
        }
        if self.list.len() == MOST {
            self.of.clear();
            self.list.clear();
            self.recent.fill((Short::EMPTY, NO_HINT, 0));
            self.entries.clear();
        }
        self.of.insert((hint, joined.into()), self.list.len());
        self.list.push(understand(rules, binding, key, words));
        self.list.len() - 1
    }
}

/// Adds one of several words.
fn join(joined: &mut Vec<u8>, word: &[u8]) {
    joined.extend_from_slice(word);
    joined.push(0x1f);
}

/// Where a short word is looked for among the recent ones.
#[inline(always)]
fn place(short: Short, hint: u32) -> usize {
    ((short.spread() >> (u64::BITS - RECENT.ilog2())) as usize ^ hint as usize) % RECENT
}

/// Of which kind of key something is.
#[inline(always)]
fn hint(key: Option<Option<CaseId>>) -> u32 {
    match key {
        None => 0,
        Some(None) => 1,
        Some(Some(case)) => case.index() as u32 + 2,
    }
}

/// A key that is lent.
#[derive(Hash)]
struct Asked<'a>(u32, &'a [u8]);

impl hashbrown::Equivalent<(u32, Box<[u8]>)> for Asked<'_> {
    fn equivalent(&self, key: &(u32, Box<[u8]>)) -> bool {
        self.0 == key.0 && *self.1 == *key.1
    }
}

fn understand(rules: &Rules<'_>, binding: &Binding, key: Option<Option<CaseId>>, words: &[&str]) -> Result<Meaning, Refusal> {
    let Shape::Long { words: meant, .. } = &binding.shape else {
        return Err(Refusal { what: What::Word, expected: "a row of milestones".into() });
    };
    let refused = |what, expected: String| Refusal { what, expected };
    let said = words.iter().any(|w| !w.is_empty());
    let (mut event, mut implied) = (None, Vec::new());
    if said {
        let written: Vec<String> = words.iter().map(|w| w.to_string()).collect();
        if let Some((id, fields)) = meant.get(&written) {
            (event, implied) = (Some(*id), fields.clone());
        } else if let [word] = words {
            event = rules.event_named(key, word.trim()).map_err(|expected| refused(What::Word, expected))?;
        }
    }
    let of_case = event.and_then(|e| rules.plan.events[e].case);
    let kind = match key {
        None if of_case.is_some() => return Err(refused(What::NoKey, "the key of a case".into())),
        None => None,
        Some(named) => match named.or(of_case).or_else(|| rules.plan.only_case()) {
            Some(kind) if of_case.is_some_and(|c| c != kind) => {
                return Err(refused(What::Word, format!("an event of a {}", rules.plan.cases[kind].name)));
            }
            Some(kind) => Some(kind),
            None => {
                let names: Vec<String> = rules.plan.cases.iter().map(|c| format!("`{}`", c.name)).collect();
                return Err(refused(What::Key, format!("a column that says which kind of case this is: {}", names.join(", "))));
            }
        },
    };
    let mut ignored = None;
    if said && event.is_none() {
        let name = words.join(" / ");
        let known = binding.ignore.contains(&name);
        if rules.options.deny_unknown_events && !known {
            return Err(refused(What::Word, "an event of the vocabulary, or a name that the source says to `ignore`".into()));
        }
        ignored = Some((name, known));
    }
    let matters = event.is_some_and(|e| rules.interest.events[e]) || kind.is_some_and(|k| rules.interest.every_row[k]);
    let is_top = event.is_some() && of_case.is_none();
    let takes = takes(rules, binding, kind, event);
    let wants = takes.iter().fold(0, |wants, take| wants | take.bit);
    let is_plain = !is_top && ignored.is_none();
    Ok(Meaning { event, is_top, kind, implied, takes, wants, is_plain, ignored, matters })
}

/// What is read of the rows of a wide log, found out once for each kind of case.
#[derive(Debug)]
pub(super) struct WideTakes {
    pub(super) kind: CaseId,
    pub(super) of_case: Vec<Take>,
    /// The fields of each milestone's event, in the order of the source.
    pub(super) of_events: Vec<Vec<Take>>,
}

impl WideTakes {
    pub(super) fn new(rules: &Rules<'_>, binding: &Binding, milestones: &[(EventId, usize, TimeReader)], kind: CaseId) -> WideTakes {
        WideTakes {
            kind,
            of_case: takes(rules, binding, Some(kind), None),
            of_events: milestones.iter().map(|(event, ..)| takes(rules, binding, None, Some(*event))).collect(),
        }
    }
}

/// The fields that a row may hold, if it has their columns: the event's own come first where both it and its case have one of the
/// column's name.
fn takes(rules: &Rules<'_>, binding: &Binding, kind: Option<CaseId>, event: Option<EventId>) -> Vec<Take> {
    let mut takes = Vec::new();
    for (at, column) in binding.fields.iter().enumerate() {
        let own = event.and_then(|e| column.of_events.iter().find(|(of, _)| *of == e)).map(|(_, f)| *f);
        let of_case = column.of_case.iter().copied().find(|f| matches!(rules.plan.fields[*f].owner, Owner::Case(c) if Some(c) == kind));
        if let (Some(field), Some(place)) = (own.or(of_case), binding.places[column.column]) {
            let of = ColumnField::of(column.column, field);
            takes.push(Take { binding: at, field, own: own.is_some(), asked: rules.interest.fields[field], place, bit: bit(place), of });
        }
    }
    takes
}
