//! Wide logs: rows of milestones to the events of their cases.

mod by_case;

pub(super) use by_case::ByCase;

use crate::event::{Event, Key, KeyRef, Origin, TextId, Value, packed};
use crate::id::{CaseId, EventId, FieldId};
use crate::log::Clamped;
use crate::plan::Plan;
use crate::time::Instant;
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};

/// A row per case.
#[derive(Debug)]
pub(super) struct WideRow {
    pub(super) kind: CaseId,
    pub(super) key: Key<Box<str>>,
    pub(super) fields: Fields,
    pub(super) reached: Milestones,
    pub(super) origin: Origin,
}

/// What a case has reached.
#[derive(Debug)]
pub(super) struct Milestone {
    /// Its position among the source's.
    pub(super) position: u32,
    pub(super) event: EventId,
    pub(super) time: Instant,
    /// The event's own fields.
    pub(super) own: Vec<(FieldId, Value)>,
}

/// Fields of a case and their values: few, mostly.
pub(super) type Fields = SmallVec<[(FieldId, Option<Value>); 4]>;

/// What a row says that its case has reached: little, mostly.
pub(super) type Milestones = SmallVec<[Milestone; 4]>;

/// The fields that hold for a case's whole life.
pub(super) type Lifelong = HashMap<(CaseId, Box<str>), Fields>;

/// What all rows of a case say.
pub(super) struct WideCase {
    pub(super) kind: CaseId,
    pub(super) key: Key<Box<str>>,
    pub(super) fields: Fields,
    milestones: Vec<Reached>,
    /// Which there are, once they are many.
    known: HashSet<(EventId, Instant)>,
}

/// A case has few milestones, mostly: they are looked through.
const FEW: usize = 32;

/// A milestone of a case.
#[derive(Debug)]
struct Reached {
    milestone: Milestone,
    origin: Origin,
    /// The line in whose place it stands among those of its instant and file: that of the case's first milestone of the file.
    line: u32,
}

impl WideRow {
    /// The texts that it holds get other numbers.
    pub(super) fn renumber(&mut self, number: impl Fn(TextId) -> TextId) {
        let of_case = self.fields.iter_mut().filter_map(|(_, value)| value.as_mut());
        let own = self.reached.iter_mut().flat_map(|m| &mut m.own).map(|(_, value)| value);
        for value in of_case.chain(own) {
            if let Some(text) = value.text_mut() {
                *text = number(*text);
            }
        }
    }

    fn pack(&self, out: &mut Vec<u8>) {
        let WideRow { kind, key, fields, reached, origin } = self;
        packed::put_id(out, *kind);
        packed::put_bytes(out, key.bytes());
        packed::put_origin(out, *origin);
        packed::put_list(out, fields, |out, (field, value)| packed::put_field(out, *field, *value));
        packed::put_list(out, reached, |out, Milestone { position, event, time, own }| {
            packed::put(out, (*position).into());
            packed::put_id(out, *event);
            packed::put_time(out, *time);
            packed::put_list(out, own, |out, (field, value)| packed::put_field(out, *field, Some(*value)));
        });
    }

    fn unpack(from: &mut &[u8]) -> Option<WideRow> {
        let (kind, key) = (packed::take_id(from)?, KeyRef::of(packed::take_bytes(from)?)?.to_kept());
        let origin = packed::take_origin(from)?;
        let fields = packed::take_list(from, packed::take_field)?;
        let reached = packed::take_list(from, |from| {
            let (position, event, time) = (packed::take_small(from)?, packed::take_id(from)?, packed::take_time(from)?);
            let own = packed::take_list(from, |from| packed::take_field(from).and_then(|(field, value)| Some((field, value?))))?;
            Some(Milestone { position, event, time, own })
        })?;
        Some(WideRow { kind, key, fields, reached, origin })
    }
}

impl WideCase {
    fn of(row: WideRow) -> WideCase {
        let WideRow { kind, key, fields, reached, origin } = row;
        let mut case = WideCase { kind, key, fields: Fields::new(), milestones: Vec::with_capacity(reached.len()), known: HashSet::new() };
        case.add(fields, reached, origin);
        case
    }

    /// Takes what another row says. Its fields hold for the whole life of the case; of several rows the last one's do.
    fn add(&mut self, fields: Fields, reached: Milestones, origin: Origin) {
        for (field, value) in fields {
            match self.fields.iter_mut().find(|(f, _)| *f == field) {
                Some(known) => known.1 = value,
                None => self.fields.push((field, value)),
            }
        }
        for milestone in reached {
            // The same event at the same time from several rows is one event.
            if !self.knows(milestone.event, milestone.time) {
                // Rows come in the order of their files and lines.
                let line = self.milestones.last().filter(|last| last.origin.file == origin.file).map_or(origin.line, |last| last.line);
                self.milestones.push(Reached { milestone, origin, line });
            }
        }
    }

    /// Whether there is such a milestone already; if not, it is added now.
    fn knows(&mut self, event: EventId, time: Instant) -> bool {
        let mut all = self.milestones.iter().map(|reached| (reached.milestone.event, reached.milestone.time));
        if self.milestones.len() < FEW {
            return all.any(|known| known == (event, time));
        }
        if self.known.is_empty() {
            self.known.extend(all);
        }
        !self.known.insert((event, time))
    }

    /// A milestone before the case's first-declared one is taken at that one's instant; equal times are in the order of the source.
    pub(super) fn put_in_order(&mut self, plan: &Plan, clamped: &mut Vec<Clamped>) {
        let first = self.milestones.iter().map(|r| &r.milestone).filter(|m| m.position == 0).map(|m| m.time).min();
        for Reached { milestone, origin, .. } in &mut self.milestones {
            let Some(first) = first.filter(|first| milestone.time < *first) else { continue };
            clamped.push(Clamped {
                case: self.key.text().to_string(),
                event: plan.events[milestone.event].name.clone(),
                written: milestone.time,
                taken: first,
                file: origin.file,
                line: origin.line,
            });
            milestone.time = first;
        }
        self.milestones.sort_by_key(|r| (r.milestone.time, r.milestone.position));
    }

    /// Gives its events, once they are in order, with the line in whose place each stands. The first event sets the case's fields.
    pub(super) fn each<E>(&self, plan: &Plan, mut give: impl FnMut(Event<'_>, u32) -> Result<(), E>) -> Result<(), E> {
        // An event of the top level happens to no case.
        let is_of_case = |reached: &Reached| plan.events[reached.milestone.event].case.is_some();
        let of_case = self.milestones.iter().enumerate().filter(|(_, reached)| is_of_case(reached));
        let first = of_case.min_by_key(|(_, reached)| (reached.milestone.time, reached.origin.file)).map(|(nth, _)| nth);
        for (nth, reached) in self.milestones.iter().enumerate() {
            let Reached { milestone: Milestone { event, time, own, .. }, origin, line } = reached;
            let case = is_of_case(reached).then_some((self.kind, self.key.lend()));
            let fields = if first == Some(nth) { &self.fields[..] } else { &[] };
            give(Event { time: *time, case, event: Some(*event), fields, own, origin: *origin }, *line)?;
        }
        Ok(())
    }
}
