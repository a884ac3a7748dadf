//! What rows are read by: a plan, what of a log it looks at, and what was asked for on the way.

use crate::event::Keys;
use crate::id::{CaseId, EventId};
use crate::log::Options;
use crate::plan::{Interest, Plan};
use crate::quantity::Currency;
use crate::time::{Instant, Zone};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The same for all threads.
pub(super) struct Rules<'p> {
    pub(super) plan: &'p Plan,
    pub(super) options: &'p Options,
    /// Events are put in order before they are judged.
    sorts: bool,
    pub(super) interest: Interest,
    pub(super) currency: Option<Currency>,
    /// The first instant of each agreement, and the first after it; the longest comes first.
    terms: Vec<(Instant, Instant)>,
    /// The first instant of the longest term, and the first that is behind it or not before as-of.
    usual_times: (Instant, Instant),
    /// Events by kind of case and name; without a case, those of the top level.
    events: HashMap<(Option<CaseId>, &'p str), EventId>,
}

impl<'p> Rules<'p> {
    /// `sorts` where events are put in order before they are judged.
    pub(super) fn new(plan: &'p Plan, options: &'p Options, sorts: bool) -> Rules<'p> {
        let mut interest = Interest::new(plan);
        if options.everything {
            interest.fields.iter_mut().for_each(|asked| *asked = true);
            interest.every_row.iter_mut().for_each(|asked| *asked = true);
            interest.events.iter_mut().for_each(|asked| *asked = true);
        }
        let term = |a: &crate::plan::Agreement| {
            let zone = Zone::named(&a.zone).expect("the zones of a plan were checked");
            a.term(&zone)
        };
        let mut terms: Vec<(Instant, Instant)> = plan.agreements.iter().map(term).collect();
        terms.sort_by_key(|(from, to)| from.since(*to));
        let (from, to) = terms.first().copied().unwrap_or((Instant::LAST, Instant::FIRST));
        let usual_times = (from, options.as_of.map_or(to, |as_of| to.min(as_of)));
        Rules {
            plan,
            options,
            sorts,
            interest,
            currency: plan.agreements.iter().find_map(|a| a.currency),
            terms,
            usual_times,
            events: plan.events.enumerate().map(|(id, e)| ((e.case, e.name.as_str()), id)).collect(),
        }
    }

    /// Which part of a batch takes the events of the cases of a part. Those that are put in order first stay together.
    #[inline(always)]
    pub(super) fn part_of_events(&self, part: usize) -> usize {
        if self.sorts { 0 } else { part }
    }

    /// Whether an instant is surely one of a term, and not after as-of: that of most rows is.
    #[inline(always)]
    pub(super) fn is_usual_time(&self, t: Instant) -> bool {
        self.usual_times.0 <= t && t < self.usual_times.1
    }

    /// Whether a row is only counted: it lies after as-of.
    #[inline]
    pub(super) fn is_later(&self, t: Instant) -> bool {
        self.options.as_of.is_some_and(|as_of| as_of < t)
    }

    #[inline]
    pub(super) fn in_term(&self, t: Instant) -> bool {
        let holds = |(from, to): &(Instant, Instant)| *from <= t && t < *to;
        self.terms.split_first().is_some_and(|(longest, others)| holds(longest) || others.iter().any(holds))
    }

    /// The event of a name: of the kind of case that the key's column names, of the one kind that has it, or of the top
    /// level. `key` is nothing where the row names no case.
    pub(super) fn event_named(&self, key: Option<Option<CaseId>>, name: &str) -> Result<Option<EventId>, String> {
        let of_case = |case: CaseId| self.events.get(&(Some(case), name)).copied();
        let top = self.events.get(&(None, name)).copied();
        match key {
            None => Ok(top.or_else(|| self.plan.cases.ids().find_map(of_case))),
            Some(Some(case)) => Ok(of_case(case).or(top)),
            Some(None) => {
                let mut having = self.plan.cases.ids().filter_map(of_case);
                match (having.next(), having.next()) {
                    (Some(_), Some(_)) => Err("an event of one kind of case: several have this one".into()),
                    (found, _) => Ok(found.or(top)),
                }
            }
        }
    }
}

/// Ids of rows that were taken, by source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ids(Vec<(String, Keys)>);

impl Ids {
    /// The place of those of a source.
    pub(super) fn of(&mut self, source: &str) -> usize {
        self.0.iter().position(|(of, _)| of == source).unwrap_or_else(|| {
            self.0.push((source.to_string(), Keys::default()));
            self.0.len() - 1
        })
    }

    /// Those that have a place.
    pub(super) fn at(&mut self, place: usize) -> &mut Keys {
        &mut self.0[place].1
    }
}
