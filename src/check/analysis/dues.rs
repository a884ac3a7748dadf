//! When promises are due, over every start of their term: tiers out of order, targets that holidays stretch or that the term
//! does not hold, duties that begin again before they were due, and notices that no clock reaches.

use crate::ast::NoticeKind;
use crate::check::analysis::sweep::{self, Almanac, Instance, Laid, candidates};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, CalendarId, TierId};
use crate::model::{
    Atom, Condition, ConditionKind, Duty, Excluded, Model, Notice, Obligation, Retier, Row, Start, Subject, Target, TierRule, Type,
};
use crate::source::Span;
use crate::time::{Calendar, Duration, Instant, Period, Recipe, Unit};
use chrono::Days;
use std::collections::{HashMap, HashSet};

pub(super) fn run(almanac: &Almanac<'_>) -> Vec<Finding> {
    let model = almanac.model;
    let mut proofs = Proofs { almanac, later: HashMap::new(), longest: HashMap::new() };
    // A level's rows stand where those of the agreement above do.
    let mut seen: HashSet<Span> = HashSet::new();
    let mut findings = Vec::new();
    for (id, obligation) in model.obligations.enumerate() {
        let Duty::Clock { start, stop, pause, rows, retier, notices, .. } = &obligation.duty else { continue };
        let agreement = model.service_of(id).agreement;
        match start {
            Start::Each { unit, .. } => findings.extend(rows.iter().find_map(|row| overlap(proofs.almanac, row, *unit, agreement))),
            Start::On { .. } => {
                findings.extend(not_monotone(&mut proofs, obligation, rows, agreement));
                for row in rows.iter().filter(|r| seen.insert(r.span)) {
                    findings.extend(beyond_term(proofs.almanac, row, agreement).or_else(|| stretched(&mut proofs, row, agreement)));
                }
            }
        }
        // What stops the clock leaves more time between.
        let excluded = model.agreements[agreement].excludes.iter().any(|e| matches!(e.what, Excluded::State(..)));
        if pause.is_empty() && *retier == Retier::Keep && !excluded {
            findings.extend(stop.any.iter().flatten().filter_map(|atom| too_far_apart(&mut proofs, atom, rows, agreement)));
        }
        findings.extend(notices.iter().filter_map(|n| out_of_reach(n, rows)));
    }
    findings
}

/// What one row promises, apart from whom.
type Promised = (Target, CalendarId);

/// A start at which one promise is due later than another, and both dues.
type Later = (Instant, Instant, Instant);

/// What was swept over once need not be again: many promises share their targets.
struct Proofs<'a> {
    almanac: &'a Almanac<'a>,
    later: HashMap<(Promised, Promised, AgreementId), Option<Later>>,
    longest: HashMap<(Promised, AgreementId), Option<Instance>>,
}

impl Proofs<'_> {
    /// A start at which the first is due later than the second, with both dues.
    fn later(&mut self, first: &Row, second: &Row, agreement: AgreementId) -> Option<Later> {
        let promised = |row: &Row| row.clock.map(|clock| (row.target, clock));
        let key = (promised(first)?, promised(second)?, agreement);
        if key.0.1 == key.1.1 {
            // On one calendar lengths of one kind need no proof.
            match (first.target, second.target) {
                (Target::Open(a), Target::Open(b)) if a <= b => return None,
                (Target::WorkingDays(a), Target::WorkingDays(b)) | (Target::CalendarDays(a), Target::CalendarDays(b)) if a <= b => {
                    return None;
                }
                _ => {}
            }
        }
        let almanac = self.almanac;
        let sweep = || {
            let [a, b] = [first, second].map(|row| Laid::out(almanac, std::slice::from_ref(row), None, agreement));
            let (a, b) = (a?, b?);
            let (from, to) = sweep::starts(almanac.model, agreement);
            let turns = sweep::turns(&[vec![&a], vec![&b]], &almanac.model.agreements[agreement].zone, from, to);
            turns.into_iter().find_map(|start| {
                let (late, early) = (a[0].due(start)?, b[0].due(start)?);
                (late > early).then_some((start, late, early))
            })
        };
        *self.later.entry(key).or_insert_with(sweep)
    }

    /// The start that has to wait longest.
    fn longest(&mut self, row: &Row, agreement: AgreementId) -> Option<Instance> {
        let key = ((row.target, row.clock?), agreement);
        let almanac = self.almanac;
        let sweep = || {
            let calendar = almanac.calendar(row.clock?, agreement)?;
            let (from, to) = sweep::starts(almanac.model, agreement);
            // Inside of a window the wait stays as it was at its opening, or shrinks because the due stands still. It grows only
            // where a window closes, where the clock is changed, and at a named instant that the next day's takes the place of.
            let windows = calendar.intervals(from, to).into_iter().flat_map(|(open, close)| [open, close]);
            let grows: Vec<Instant> = windows.chain(calendar.zone().changes(from, to)).chain([from]).filter(|t| *t < to).collect();
            let due = |start: Instant| row.target.due(&calendar, start);
            let after = grows.iter().filter_map(|start| due(*start)).filter(|t| *t < to);
            let mut starts: Vec<Instant> = grows.iter().copied().chain(after).collect();
            starts.sort();
            let waits = starts.into_iter().filter_map(|start| Some((start, due(start)?)));
            // Of equals the first.
            waits.rev().max_by_key(|(start, due)| due.since(*start))
        };
        *self.longest.entry(key).or_insert_with(sweep)
    }
}

/// A stronger tier that is due later than the next weaker one.
fn not_monotone(proofs: &mut Proofs<'_>, obligation: &Obligation, rows: &[Row], agreement: AgreementId) -> Option<Finding> {
    let model = proofs.almanac.model;
    let tiers = &model.cases[obligation.case?].tiers;
    if members_of_a_field(model, tiers) {
        return None;
    }
    let plain = |tier: &TierId| match candidates(rows, Some(*tier)).as_slice() {
        [row] if row.condition.is_none() && !asks_whether_known(model, *tier) => Some((*tier, *row)),
        _ => None,
    };
    let targets: Vec<_> = tiers.iter().filter_map(plain).filter(|(_, row)| row.target != Target::None).collect();
    for pair in targets.windows(2) {
        let [(strong, row), (weak, other)] = pair else { continue };
        let Some((start, late, early)) = proofs.later(row, other, agreement) else { continue };
        let (strong, weak) = (&model.tiers[*strong].name, &model.tiers[*weak].name);
        let wall = |t: Instant| sweep::wall(model, agreement, t);
        let message = format!("tier `{strong}` has more time than `{weak}`, which stands below it");
        let witness = format!("a start at {} is due {}", wall(start), wall(late));
        let finding = Finding::new(Code::TargetsNotMonotone, row.span, message).here(witness);
        let finding = finding.also(other.span, format!("and with `{weak}` {}", wall(early)));
        return Some(finding.help("tiers stand in the order of their urgency; swap the targets, or the tiers"));
    }
    None
}

/// `tier from priority`, or a tier for each member: the members of an enumeration stand in any order.
fn members_of_a_field(model: &Model, tiers: &[TierId]) -> bool {
    let mut asked = tiers.iter().filter_map(|tier| match &model.tiers[*tier].rule {
        TierRule::When(Condition { kind: ConditionKind::Is(Subject::Field(field), _), .. })
            if matches!(model.fields[*field].ty, Type::Members(_)) =>
        {
            Some(Some(*field))
        }
        TierRule::When(_) => Some(None),
        TierRule::Otherwise => None,
    });
    let first = asked.next().flatten();
    first.is_some() && asked.all(|field| field == first)
}

/// A tier for cases of which too little is known must stand first, however urgent it is.
fn asks_whether_known(model: &Model, tier: TierId) -> bool {
    let mut asks = false;
    if let TierRule::When(condition) = &model.tiers[tier].rule {
        condition.each(&mut |c| asks |= matches!(c.kind, ConditionKind::Present(_)));
    }
    asks
}

/// A target that lies beyond the last day even of the first start.
fn beyond_term(almanac: &Almanac<'_>, row: &Row, agreement: AgreementId) -> Option<Finding> {
    let of = &almanac.model.agreements[agreement];
    let (first, end) = (of.zone.midnight(of.from), of.zone.midnight(of.to? + Days::new(1)));
    let due = row.target.due(almanac.calendar(row.clock?, agreement)?.as_ref(), first)?;
    (due >= end).then(|| {
        let message = format!("no start of `{}` is due before the agreement ends", of.name);
        let here = format!("a start on its first day is due {}", sweep::wall(almanac.model, agreement, due));
        let finding = Finding::new(Code::BeyondTerm, row.span, message).here(here);
        finding
            .also(of.span, format!("ends with {}", of.to.unwrap_or_default()))
            .help("promise it sooner, or let the agreement last longer")
    })
}

/// A target in working days that takes more than a week longer than its days do.
fn stretched(proofs: &mut Proofs<'_>, row: &Row, agreement: AgreementId) -> Option<Finding> {
    let model = proofs.almanac.model;
    let days = match row.target {
        Target::WorkingDays(n) => n,
        Target::Close(n) | Target::Clock(_, n) => n + 1,
        Target::None | Target::Open(_) | Target::CalendarDays(_) | Target::CalendarMonths(_) => return None,
    };
    let clock = row.clock?;
    let Recipe::Rules { rules, .. } = &model.calendars[clock].recipe else { return None };
    let open = rules.weekly.iter().filter(|windows| !windows.is_empty()).count();
    if open == 0 {
        return None;
    }
    let week = Duration::seconds(7 * 86_400);
    let usual = Duration::seconds(i64::from(days) * 7 * 86_400 / open as i64);
    let (start, due) = proofs.longest(row, agreement)?;
    let wait = due.since(start);
    (wait > usual.plus(week)).then(|| {
        let wall = |t: Instant| sweep::wall(model, agreement, t);
        let long = wait.as_micros() / Duration::seconds(86_400).as_micros();
        let message = format!("holidays make this target {long} days long");
        let finding = Finding::new(Code::StretchedTarget, row.span, message);
        let finding = finding.here(format!("a start at {} is due {}", wall(start), wall(due)));
        finding.also(model.calendars[clock].span, "by this calendar").help("open some of the days between, or promise calendar days")
    })
}

/// Events that must lie farther apart than even the start that waits longest leaves time for.
fn too_far_apart(proofs: &mut Proofs<'_>, atom: &Atom, rows: &[Row], agreement: AgreementId) -> Option<Finding> {
    let apart = atom.spaced?;
    let least = Duration::micros(apart.as_micros().saturating_mul(i64::from(atom.count.saturating_sub(1))));
    let promised = rows.iter().filter(|r| r.target != Target::None);
    let waits = promised.map(|row| proofs.longest(row, agreement)).collect::<Option<Vec<_>>>()?;
    let longest = waits.into_iter().max_by_key(|(start, due)| due.since(*start))?;
    let wait = longest.1.since(longest.0);
    (least > wait).then(|| {
        let message = format!("{} of them, {apart} apart, take {least} at least; no start leaves more than {wait}", atom.count);
        Finding::new(Code::CannotBeFulfilled, atom.span, message).help("ask for fewer, or give more time")
    })
}

/// A duty of each period whose next one begins before the last is due.
fn overlap(almanac: &Almanac<'_>, row: &Row, unit: Unit, agreement: AgreementId) -> Option<Finding> {
    let of = &almanac.model.agreements[agreement];
    let calendar: &Calendar = &*almanac.calendar(row.clock?, agreement)?;
    let last = of.from + Days::new(731);
    let last = of.to.map_or(last, |to| last.min(to));
    let periods = Period::all(unit, of.fiscal, of.from, last);
    let (start, next, due) = periods.filter(|p| p.from >= of.from).find_map(|period| {
        let (start, next) = period.instants(&of.zone);
        let named = row.target.named(calendar, start, Some(period.from));
        let due = named.or_else(|| row.target.due(calendar, start))?;
        (due > next && of.to.is_none_or(|to| period.to < to)).then_some((start, next, due))
    })?;
    let wall = |t: Instant| sweep::wall(almanac.model, agreement, t);
    let message = format!("the next {} begins before the last is due", unit.word());
    let finding = Finding::new(Code::CadenceOverlap, row.span, message);
    let finding = finding.here(format!("what begins at {} is due {}, after {}", wall(start), wall(due), wall(next)));
    Some(finding.help("an event fulfils the latest that has begun: what is still open of the one before is breached; give less time"))
}

/// A notice so long before the due that the clock has not begun.
fn out_of_reach(notice: &Notice, rows: &[Row]) -> Option<Finding> {
    let NoticeKind::Before(before) = notice.at else { return None };
    let lengths =
        rows.iter().filter(|r| r.target != Target::None).map(|r| if let Target::Open(open) = r.target { Some(open) } else { None });
    let (i, longest) = lengths.collect::<Option<Vec<_>>>()?.into_iter().enumerate().max_by_key(|(_, length)| *length)?;
    (before > longest).then(|| {
        let finding = Finding::new(Code::NoticeOutOfReach, notice.span, format!("{before} before the due is before the start"));
        let row = rows.iter().filter(|r| r.target != Target::None).nth(i);
        let finding = row.into_iter().fold(finding, |f, row| f.also(row.span, format!("{longest} is the most that is promised")));
        finding.help("give it later: `warn at 75%`")
    })
}
