//! What a sample of a log says about a spec: words that it never holds, rows that cannot be read, promises that it cannot
//! decide, and measured values that have drifted from what is written.
//!
//! The findings stand in the spec, for that is what can be changed.

use crate::diagnostic::{Code, Finding};
use crate::engine::{Judgement, MeasuredRecord, Missing, Reason};
use crate::event::Event;
use crate::id::{CaseId, EventId, FieldId};
use crate::log::Rejected;
use crate::model::{Model, Owner, StateWhen, Trigger};
use crate::quantity::Exact;
use crate::time::Instant;
use std::collections::{BTreeMap, HashSet};

/// A log that was read, and what came of it.
#[derive(Debug)]
pub struct Sample<'a> {
    /// The spec.
    pub model: &'a Model,
    /// What the log holds.
    pub seen: Seen,
    /// Rows that could not be read.
    pub rejected: &'a [Rejected],
    /// The verdicts and measured values.
    pub judgement: &'a Judgement,
    /// The source by which the log was read, if one was named.
    pub source: Option<&'a str>,
    /// How far a measured value may be from the written one, as a share of it.
    pub tolerance: Exact,
}

/// Which words of a vocabulary a log holds.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    cases: HashSet<CaseId>,
    events: HashSet<EventId>,
    fields: HashSet<FieldId>,
    /// The time of the first row.
    first: Option<Instant>,
}

impl Seen {
    /// Takes note of what an event holds.
    pub fn note(&mut self, event: &Event<'_>) {
        self.first = Some(self.first.map_or(event.time, |first| first.min(event.time)));
        self.cases.extend(event.case.map(|(case, _)| case));
        self.events.extend(event.event);
        self.fields.extend(event.fields.iter().filter(|(_, value)| value.is_some()).map(|(field, _)| *field));
        self.fields.extend(event.own.iter().map(|(field, _)| *field));
    }
}

/// Everything that the sample shows.
pub fn check(sample: &Sample<'_>) -> Vec<Finding> {
    let mut findings = unseen(sample);
    findings.extend(unreadable(sample));
    findings.extend(endless(sample));
    findings.extend(outside(sample));
    findings.extend(undecidable(sample));
    findings.extend(drifted(sample));
    findings.sort_by_key(Finding::span);
    findings
}

/// Events and fields of the kinds of cases in the log that no row holds.
fn unseen(sample: &Sample<'_>) -> Vec<Finding> {
    let (model, seen) = (sample.model, &sample.seen);
    let mut findings = Vec::new();
    for (id, case) in model.cases.enumerate().filter(|(id, _)| seen.cases.contains(id)) {
        for event in case.events.iter().filter(|e| !seen.events.contains(e)) {
            let event = &model.events[*event];
            let finding = Finding::new(Code::UnseenEvent, event.span, format!("no {} in this log is ever `{}`", case.name, event.name));
            findings.push(finding.help("name the log's own word for it in a `source`, or remove it if nobody writes it down"));
        }
        for (_, field) in model.fields.enumerate().filter(|(f, field)| is_of(model, field.owner, id, seen) && !seen.fields.contains(f)) {
            if field.calculated {
                continue;
            }
            let message = format!("no row of this log has a value of `{}`", field.name);
            let finding = Finding::new(Code::UnseenField, field.span, message);
            findings.push(finding.help(column(sample, &field.name)));
        }
    }
    findings
}

/// Whether a field is the case's or that of an event which the log holds.
fn is_of(model: &Model, owner: Owner, case: CaseId, seen: &Seen) -> bool {
    match owner {
        Owner::Case(of) => of == case,
        Owner::Event(event) => model.events[event].case == Some(case) && seen.events.contains(&event),
    }
}

/// What would make a field known.
fn column(sample: &Sample<'_>, field: &str) -> String {
    match sample.source {
        Some(source) => format!("say in source `{source}` which column holds it: `field {field} = \"…\"`"),
        None => format!("a column `{field}` would hold it, or a `source` that says which does: `field {field} = \"…\"`"),
    }
}

/// Rows that could not be read, those for want of the same thing together.
fn unreadable(sample: &Sample<'_>) -> Vec<Finding> {
    let model = sample.model;
    let named = model.sources.iter().find(|s| sample.source.is_none_or(|name| s.name == name)).map(|s| s.span);
    let Some(span) = named.or(model.cases.iter().next().map(|c| c.span)) else { return Vec::new() };
    let mut reasons: BTreeMap<&str, Vec<&Rejected>> = BTreeMap::new();
    for row in sample.rejected {
        reasons.entry(&row.expected).or_default().push(row);
    }
    let of = |(expected, rows): (&str, Vec<&Rejected>)| {
        let first = rows[0];
        let noun = if rows.len() == 1 { "row" } else { "rows" };
        let message = format!("{} {noun} cannot be read: `{}` at {}:{}:{}", rows.len(), first.value, first.file, first.line, first.column);
        Finding::new(Code::UnreadableRows, span, message).help(format!("expected is {expected}"))
    };
    reasons.into_iter().map(of).collect()
}

/// States that cases enter, and for whose exits the log has no word.
fn endless(sample: &Sample<'_>) -> Vec<Finding> {
    let model = sample.model;
    let plain = |on: Trigger| if let Trigger::Event(event) = on { Some(event) } else { None };
    let mut findings = Vec::new();
    for state in model.states.iter() {
        let StateWhen::Between(from, to) = &state.when else { continue };
        let all = |pattern: &crate::model::Pattern| -> Option<Vec<EventId>> { pattern.any.iter().flatten().map(|a| plain(a.on)).collect() };
        let (Some(from), Some(exits)) = (all(from), all(to)) else { continue };
        if from.iter().any(|e| sample.seen.events.contains(e)) && !exits.iter().any(|e| sample.seen.events.contains(e)) {
            let message = format!("`{}` is entered in this log and never left", state.name);
            let finding = Finding::new(Code::EndlessState, state.span, message).also(to.span, "no row holds any of these");
            findings.push(finding.help("a clock that it stops never runs again: name the log's own word for its end"));
        }
    }
    findings
}

/// Many rows before the first day or after the last; a log mostly begins a little before.
fn outside(sample: &Sample<'_>) -> Option<Finding> {
    let (outside, all) = (sample.judgement.outside, sample.judgement.events);
    let first = sample.model.agreements.iter().next()?;
    (outside * 20 > all).then(|| {
        let message = format!("{outside} of {all} events lie outside of every agreement's term and begin nothing");
        Finding::new(Code::OutsideTerm, first.span, message).help("move `effective`, or take a sample of the term")
    })
}

/// Promises some of whose instances nobody can judge by this log.
fn undecidable(sample: &Sample<'_>) -> Vec<Finding> {
    let model = sample.model;
    let mut missing: BTreeMap<_, (u64, Missing)> = BTreeMap::new();
    let mut all: BTreeMap<_, u64> = BTreeMap::new();
    for outcome in sample.judgement.outcomes.iter() {
        *all.entry(outcome.obligation).or_default() += 1;
        if let Some(Reason::Missing(what)) = outcome.reason {
            missing.entry((outcome.obligation, word(model, what))).or_insert((0, what)).0 += 1;
        }
    }
    let of = |((id, name), (n, what)): ((crate::id::ObligationId, String), (u64, Missing))| {
        let obligation = &model.obligations[id];
        let message = format!("{n} of {} instances of `{}` cannot be decided: the log does not say `{name}`", all[&id], obligation.name);
        let finding = Finding::new(Code::Undecidable, obligation.name_span, message);
        match what {
            Missing::Field(field) => finding.also(model.fields[field].span, "is asked for").help(column(sample, &name)),
            Missing::Event(event) => {
                finding.also(model.events[event].span, "is asked for").help(format!("a row for each `{name}` would decide them"))
            }
        }
    };
    missing.into_iter().map(of).collect()
}

fn word(model: &Model, what: Missing) -> String {
    match what {
        Missing::Field(field) => model.fields[field].name.clone(),
        Missing::Event(event) => model.events[event].name.clone(),
    }
}

/// Named values whose last whole period shows something else than what is written.
fn drifted(sample: &Sample<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lets = sample.model.lets.iter().filter(|l| l.measured.is_some());
    for named in lets {
        // A period that was over when the log begins shows nothing.
        let covered = |r: &MeasuredRecord| sample.seen.first.is_some_and(|first| first < r.to) && r.to <= sample.judgement.as_of;
        let own = |r: &&MeasuredRecord| r.agreement == named.agreement && r.name == named.name && covered(r);
        let ended = || sample.judgement.measured.iter().filter(own);
        let Some(record) = ended().rfind(|r| !r.partial).or_else(|| ended().next_back()) else { continue };
        let drift = record.value.and_then(|value| value.sub(named.value)?.div(named.value));
        let Some((value, drift)) = record.value.zip(drift) else { continue };
        let far = if drift.is_negative() { drift.neg() } else { drift };
        if far > sample.tolerance {
            let text = |v: Exact| named.unit.text(v.round(6));
            let message = format!("`{}` is written as {}, and was {} in {}", named.name, text(named.value), text(value), record.period);
            let away = crate::model::MeasureUnit::Share.text(far.round(3));
            let finding = Finding::new(Code::DriftedValue, named.formula, message).here(format!("{away} away"));
            let enough = far.mul(Exact::whole(10)).map_or(Exact::ONE, Exact::ceil).mul(Exact::whole(10)).unwrap_or(Exact::ONE);
            let help = format!("write what is measured, or allow more: `tolerance = \"{}%\"` below `[check]` in sla.toml", enough.short(0));
            findings.push(finding.help(help));
        }
    }
    findings
}

/// Where nothing is said, a measured value may be a tenth away from the written one.
pub fn usual_tolerance() -> Exact {
    Exact::ratio(1, 10).expect("ten is not zero")
}
