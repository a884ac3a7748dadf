//! When each promise is due: over every start of its term the one that waits least and the one that waits longest.

use crate::check::analysis::sweep::{self, Almanac, Instance};
use crate::model::{Duty, Model, Start, Target, called};
use crate::source::Span;
use std::collections::HashSet;

/// A row of targets, and what it comes to on the wall clock of its agreement.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its agreement, by its title.
    pub agreement: String,
    /// Its obligation, by its title.
    pub obligation: String,
    /// Where the row stands.
    pub span: Span,
    /// The calendar that it counts on.
    pub calendar: String,
    /// The start that waits least, and its due; nothing where no start of the term can reach it.
    pub least: Option<(String, String)>,
    /// The start that waits longest, and its due.
    pub longest: Option<(String, String)>,
}

/// Every target that begins with an event. A level's stand where those of the agreement above do, and are told once.
pub fn dues(model: &Model) -> Vec<Due> {
    let almanac = Almanac::new(model);
    let mut told: HashSet<Span> = HashSet::new();
    let mut found = Vec::new();
    for (id, obligation) in model.obligations.enumerate() {
        let Duty::Clock { start: Start::On { .. }, rows, .. } = &obligation.duty else { continue };
        let agreement = model.service_of(id).agreement;
        let of = &model.agreements[agreement];
        for row in rows.iter().filter(|r| r.target != Target::None && told.insert(r.span)) {
            let (Some(clock), Some(waits)) = (row.clock, sweep::instances(&almanac, row, agreement)) else { continue };
            let words = |(start, due): &Instance| (sweep::wall(model, agreement, *start), sweep::wall(model, agreement, *due));
            let least = waits.iter().min_by_key(|(start, due)| due.since(*start)).map(words);
            // Of equals the first.
            let longest = waits.iter().rev().max_by_key(|(start, due)| due.since(*start)).map(words);
            found.push(Due {
                agreement: called(of.title.as_ref(), &of.name),
                obligation: called(obligation.title.as_ref(), &obligation.name),
                span: row.span,
                calendar: model.calendars[clock].name.clone(),
                least,
                longest,
            });
        }
    }
    found
}
