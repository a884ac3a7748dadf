//! Dues over every start of a stretch of time, exactly.
//!
//! A due as a function of its start is made of pieces that stand still or go along with the start. They meet only where a
//! window opens or closes, at a wall-clock time at which one does on another day, or where the due itself meets such an
//! instant. Two such functions are compared at both ends of every piece, and thereby everywhere.

use crate::id::{AgreementId, CalendarId, TierId};
use crate::model::{Condition, ConditionKind, Model, Row, Target};
use crate::time::{Calendar, Duration, Horizon, Instant, Zone};
use chrono::{Datelike, Days, NaiveTime, TimeDelta};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// A row of a `within`, with the calendars that decide when it is due and whether it counts.
pub(in crate::check) struct Laid<'m> {
    pub(in crate::check) row: &'m Row,
    /// Its clock; a row without a target has none.
    clock: Option<Rc<Calendar>>,
    /// Those of its condition.
    during: Vec<(CalendarId, Rc<Calendar>)>,
    /// Whether its tiers are the case's.
    fits: bool,
}

impl<'m> Laid<'m> {
    /// Rows as an agreement sees them, of cases of a tier. Where the tier is not known, any of them may be the case's.
    pub(in crate::check) fn out(
        almanac: &Almanac<'m>,
        rows: &'m [Row],
        tier: Option<Option<TierId>>,
        agreement: AgreementId,
    ) -> Option<Vec<Laid<'m>>> {
        let lay = |id: CalendarId| almanac.calendar(id, agreement);
        let of = |row: &'m Row| {
            let mut asked = BTreeSet::new();
            let mut ask = |c: &Condition| asked.extend(if let ConditionKind::During(id) = c.kind { Some(id) } else { None });
            row.condition.iter().for_each(|c| c.each(&mut ask));
            let during = asked.into_iter().map(|id| Some((id, lay(id)?))).collect::<Option<_>>()?;
            let clock = match row.clock {
                Some(id) => Some(lay(id)?),
                None => None,
            };
            Some(Laid { row, clock, during, fits: tier.is_some() || row.tiers.is_empty() })
        };
        match tier {
            Some(tier) => candidates(rows, tier).into_iter().map(of).collect(),
            None => rows.iter().map(of).collect(),
        }
    }

    pub(in crate::check) fn promises(&self) -> bool {
        self.row.target != Target::None
    }

    pub(in crate::check) fn due(&self, start: Instant) -> Option<Instant> {
        self.row.target.due(self.clock.as_deref()?, start)
    }

    /// Whether the row's condition holds at a start; nothing where that depends on the case.
    pub(in crate::check) fn counts(&self, start: Instant) -> Option<bool> {
        let condition = self.row.condition.as_ref().map_or(Some(true), |c| self.holds(c, start));
        if self.fits { condition } else { condition.filter(|holds| !holds) }
    }

    fn holds(&self, condition: &Condition, start: Instant) -> Option<bool> {
        match &condition.kind {
            ConditionKind::During(id) => self.during.iter().find(|(of, _)| of == id).map(|(_, calendar)| calendar.is_open(start)),
            ConditionKind::Not(inner) => self.holds(inner, start).map(|holds| !holds),
            ConditionKind::All(all) => joined(all.iter().map(|c| self.holds(c, start)), false),
            ConditionKind::Any(any) => joined(any.iter().map(|c| self.holds(c, start)), true),
            _ => None,
        }
    }
}

/// The rows that may count for a tier, in the order in which they are tried.
pub(in crate::check) fn candidates(rows: &[Row], tier: Option<TierId>) -> Vec<&Row> {
    let fits = |row: &&Row| row.tiers.is_empty() || tier.is_some_and(|t| row.tiers.contains(&t));
    let mut found = Vec::new();
    for row in rows.iter().filter(fits) {
        found.push(row);
        if row.condition.is_none() {
            break;
        }
    }
    found
}

/// `settles` if any of these is that, the other if all are.
fn joined(mut truths: impl Iterator<Item = Option<bool>>, settles: bool) -> Option<bool> {
    let mut all = Some(!settles);
    truths
        .find_map(|truth| match truth {
            Some(truth) if truth == settles => Some(settles),
            Some(_) => None,
            None => {
                all = None;
                None
            }
        })
        .or(all)
}

/// The rows that may count at a start: down to the first that is certain to.
pub(in crate::check) fn counting<'l, 'm>(rows: &'l [Laid<'m>], start: Instant) -> Vec<(usize, &'l Laid<'m>)> {
    let mut found = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match row.counts(start) {
            Some(false) => {}
            certain => {
                found.push((at, row));
                if certain.is_some() {
                    break;
                }
            }
        }
    }
    found
}

/// The starts of an agreement that a proof looks at: two years, or its term where that is shorter.
pub(in crate::check) fn starts(model: &Model, agreement: AgreementId) -> (Instant, Instant) {
    let agreement = &model.agreements[agreement];
    let last = agreement.from + Days::new(731);
    let last = agreement.to.map_or(last, |to| last.min(to + Days::new(1)));
    (agreement.zone.midnight(agreement.from), agreement.zone.midnight(last))
}

/// A witness's instant on the agreement's wall clock.
pub(in crate::check) fn wall(model: &Model, agreement: AgreementId, t: Instant) -> String {
    model.agreements[agreement].zone.local(t).format("%Y-%m-%d %H:%M").to_string()
}

/// A calendar as an agreement sees it.
type Seen = (CalendarId, AgreementId);

/// A start, and when it is due.
pub(in crate::check) type Instance = (Instant, Instant);

/// Every start of the agreement's at which a row's due may change its course, with the due.
pub(in crate::check) fn instances(almanac: &Almanac<'_>, row: &Row, agreement: AgreementId) -> Option<Vec<Instance>> {
    let laid = Laid::out(almanac, std::slice::from_ref(row), None, agreement)?;
    let (from, to) = starts(almanac.model, agreement);
    let turns = turns(&[vec![&laid]], &almanac.model.agreements[agreement].zone, from, to);
    Some(turns.into_iter().filter_map(|start| Some((start, laid[0].due(start)?))).collect())
}

/// The calendars of a model as its agreements see them, each laid out once around the starts.
pub(in crate::check) struct Almanac<'m> {
    pub(in crate::check) model: &'m Model,
    laid: RefCell<HashMap<Seen, Option<Rc<Calendar>>>>,
}

impl<'m> Almanac<'m> {
    pub(in crate::check) fn new(model: &'m Model) -> Almanac<'m> {
        Almanac { model, laid: RefCell::default() }
    }

    /// Nothing where its zone does not exist.
    pub(in crate::check) fn calendar(&self, id: CalendarId, of: AgreementId) -> Option<Rc<Calendar>> {
        let lay = || {
            let agreement = &self.model.agreements[of];
            let year = agreement.from.year();
            let recipe = self.model.calendars[id].recipe.in_zone(agreement.zone.name());
            Calendar::new(&recipe, &agreement.zone, Horizon { first: year - 1, last: year + 4 }).map(Rc::new)
        };
        self.laid.borrow_mut().entry((id, of)).or_insert_with(lay).clone()
    }
}

/// One promise after the other: at each stage any of these rows may count.
pub(in crate::check) type Chain<'l, 'm> = Vec<&'l [Laid<'m>]>;

/// More instants are not looked at.
const MOST: usize = 400_000;

/// Every instant in `[from, to)` at which the end of some of these chains may change its course; each with the instant just
/// before it.
pub(in crate::check) fn turns(chains: &[Chain<'_, '_>], zone: &Zone, from: Instant, to: Instant) -> Vec<Instant> {
    let far = to.plus(Duration::seconds(400 * 86_400));
    let edges = edges(chains, zone, from, far);
    let mut reached: BTreeSet<Instant> = edges.clone();
    for chain in chains {
        // From the last stage to the first: where it turns is looked for through the one before it.
        let mut ends: BTreeSet<Instant> = edges.clone();
        for stage in chain.iter().rev() {
            let lengths =
                stage.iter().filter_map(|l| if let Target::Open(open) = l.row.target { Some((l.clock.as_deref()?, open)) } else { None });
            let starts = lengths.flat_map(|(calendar, open)| ends.iter().filter_map(move |end| start_of(calendar, *end, open, from)));
            let starts: BTreeSet<Instant> = starts.take(MOST).collect();
            reached.extend(starts.iter().copied());
            ends = edges.union(&starts).copied().collect();
        }
    }
    let mut turns: BTreeSet<Instant> = BTreeSet::from([from]);
    for t in reached {
        turns.extend([t.minus(Duration::micros(1)), t]);
    }
    turns.into_iter().filter(|t| from <= *t && *t < to).collect()
}

const MICRO: TimeDelta = TimeDelta::microseconds(1);

/// Where windows open and close, and where one does at that time of another day.
fn edges(chains: &[Chain<'_, '_>], zone: &Zone, from: Instant, far: Instant) -> BTreeSet<Instant> {
    let mut zones: Vec<&Zone> = vec![zone];
    let mut times: BTreeSet<NaiveTime> = BTreeSet::from([NaiveTime::MIN]);
    let mut edges: BTreeSet<Instant> = BTreeSet::new();
    let rows = || chains.iter().flatten().copied().flatten();
    for row in rows() {
        if let Target::Clock(minutes, _) = row.row.target {
            times.extend(NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minutes) * 60, 0));
        }
    }
    for calendar in rows().flat_map(|l| l.clock.iter().chain(l.during.iter().map(|(_, c)| c)).map(Rc::as_ref)) {
        if !zones.contains(&calendar.zone()) {
            zones.push(calendar.zone());
        }
        if !calendar.is_always() {
            for (open, close) in calendar.intervals(from, far) {
                edges.extend([open, close]);
                times.extend([open, close].map(|t| calendar.zone().local(t).time()));
            }
        }
    }
    for zone in zones {
        let changes: Vec<Instant> = zone.changes(from, far).collect();
        // What stands at the same time of another day meets the times that a change of the clock skips or repeats.
        let beside = changes.iter().flat_map(|t| [zone.local(*t).time(), (zone.local(t.minus(Duration::micros(1))) + MICRO).time()]);
        let times: BTreeSet<NaiveTime> = times.iter().copied().chain(beside).collect();
        edges.extend(&changes);
        let days = zone.date(from).iter_days().take_while(|d| zone.midnight(*d) < far);
        edges.extend(days.flat_map(|day| times.iter().map(move |time| zone.instant(day.and_time(*time)))));
    }
    edges
}

/// The start from which so much open time ends at `end`.
fn start_of(calendar: &Calendar, end: Instant, open: Duration, from: Instant) -> Option<Instant> {
    let left = calendar.elapsed(from, end).minus(open);
    if left < Duration::ZERO { None } else { calendar.advance(from, left) }
}
