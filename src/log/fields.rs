//! The fields of a row: what its cells hold, and what its word says besides.

use crate::event::{Change, Draft, Events, Texts, Value};
use crate::log::binding::Binding;
use crate::log::decode::Fault;
use crate::log::meaning::{Meaning, Take};
use crate::log::recent::Recent;
use crate::log::row::{Cell, Row};
use crate::log::rules::Rules;
use crate::log::values::{self, Context};

/// Reads the fields of rows.
pub(super) struct Reader<'d> {
    pub(super) rules: &'d Rules<'d>,
    pub(super) binding: &'d Binding,
    pub(super) recent: &'d mut Recent,
    pub(super) texts: &'d Texts,
}

impl Reader<'_> {
    /// Reads the values of an event that its word implies, and those that stand in places of its row.
    #[inline(never)]
    pub(super) fn read_values<'a>(
        mut self,
        row: &impl Row<'a>,
        filled: u64,
        meaning: &Meaning,
        events: &mut Events,
        draft: Draft,
    ) -> Result<(), Box<Fault>> {
        for (field, scalar) in &meaning.implied {
            if let Some(value) = values::fixed(scalar, self.texts) {
                events.draft_own(draft, *field, value);
            }
        }
        self.take(row, filled, &meaning.takes, |take, change| match change {
            change if !take.own => events.draft_field(change),
            (field, Some(value)) => events.draft_own(draft, *field, *value),
            (_, None) => {}
        })
    }

    /// Gives the values of a row that some clause asks for; looks whether the others can be read.
    #[inline]
    pub(super) fn take<'a>(
        &mut self,
        row: &impl Row<'a>,
        filled: u64,
        takes: &[Take],
        mut give: impl FnMut(&Take, &Change),
    ) -> Result<(), Box<Fault>> {
        // Most cells are empty, and most others hold what was read before.
        for take in takes.iter().filter(|take| take.bit & filled != 0) {
            match row.short(take.place).and_then(|text| self.recent.find(text, take)) {
                Some(change) if take.asked => give(take, change),
                Some(_) => {}
                None => self.take_new(row, take, &mut give)?,
            }
        }
        Ok(())
    }

    /// The same of one field, of which another value was read before.
    #[inline(never)]
    fn take_new<'a>(&mut self, row: &impl Row<'a>, take: &Take, give: &mut impl FnMut(&Take, &Change)) -> Result<(), Box<Fault>> {
        let value = match row.cell(take.place) {
            Cell::Absent => return Ok(()),
            Cell::Text("") if !self.binding.empty_clears => return Ok(()),
            Cell::Null => None,
            Cell::Text(text) if text.is_empty() || self.binding.is_missing(text.as_bytes()) => {
                if !self.binding.empty_clears {
                    return Ok(());
                }
                None
            }
            Cell::Text(text) => self.value(take, text)?,
            Cell::Time(t) => Some(Value::Time(t)),
        };
        if take.asked {
            give(take, &(take.field, value));
        }
        Ok(())
    }

    /// The value of a text that was not read before.
    fn value(&mut self, take: &Take, text: &str) -> Result<Option<Value>, Box<Fault>> {
        let value = self.read(take, text)?;
        self.recent.add(text.as_bytes(), take, value);
        Ok(value)
    }

    fn read(&self, take: &Take, text: &str) -> Result<Option<Value>, Box<Fault>> {
        let column = &self.binding.fields[take.binding];
        if let Some(mapped) = column.values.get(text) {
            return Ok(mapped.as_ref().and_then(|s| values::fixed(s, self.texts)));
        }
        let context = Context { times: &column.times, date_format: column.date_format.as_deref(), currency: self.rules.currency };
        let field = &self.rules.plan.fields[take.field];
        if !take.asked && field.ty == crate::model::Type::Text {
            return Ok(None);
        }
        let value = values::value(&field.ty, text, &context, self.texts);
        value.map(Some).map_err(|expected| {
            let name = &field.name;
            // Where the source maps words, those are what the log is expected to hold.
            let mut mapped: Vec<&String> = column.values.keys().collect();
            mapped.sort();
            let near = crate::diagnostic::nearest(text, mapped.iter().map(|m| m.as_str()));
            let expected = match (near, mapped.as_slice()) {
                (_, []) => expected,
                (Some(near), _) => format!("a word that the source maps: `{near}`?"),
                (None, words) => format!("a word that the source maps: {}", crate::diagnostic::one_of(words.iter().map(|w| w.as_str()))),
            };
            Box::new(Fault { column: column.column, value: text.to_string(), expected: format!("{expected} for `{name}`") })
        })
    }
}
