//! Objectives by period, what their misses cost, and the rights that arose.

use crate::engine::{Cause, Credit, Group, ObjectiveRecord, ObjectiveVerdict};
use crate::id::{ObjectiveId, ObligationId};
use crate::model::called;
use crate::plan::{Goal, Measure, Objective};
use crate::quantity::{Currency, Exact};
use crate::report::page::{MoneyRow, ObjectivePart, PeriodRow, SHOWN, window_words};
use crate::report::{Report, words};

pub(super) fn objectives(report: &Report<'_>) -> Vec<ObjectivePart> {
    let mut parts = Vec::new();
    for (id, o) in report.plan.objectives.enumerate() {
        // A group without any instance that counts has nothing to say.
        let says = |r: &&ObjectiveRecord| r.by.is_empty() || r.n + r.pending + r.unknown > 0 || r.value.is_some();
        let records: Vec<&ObjectiveRecord> = report.objectives().iter().filter(|r| r.objective == id).filter(says).collect();
        let by = if o.by.is_empty() { String::new() } else { format!(" by {}", o.by.join(", ")) };
        let name = called(o.title.as_ref(), &o.name);
        let name = report.among_agreements(report.plan.services[o.service].agreement, name);
        let title = format!("{name}: {} {} {}{by}", o.measured, o.bound, window_words(o.window, false));
        let grouped = !o.by.is_empty();
        // Groups can be many: those that missed are what a reader looks for.
        let missed = |r: &&&ObjectiveRecord| !grouped || r.verdict == ObjectiveVerdict::Missed || !r.missing_rows.is_empty();
        let shown: Vec<&ObjectiveRecord> = records.iter().filter(missed).take(if grouped { SHOWN } else { 60 }).copied().collect();
        let rest = (records.len() > shown.len()).then(|| {
            let of = |v: ObjectiveVerdict| {
                let all = records.iter().filter(|r| r.verdict == v).count();
                (all - shown.iter().filter(|r| r.verdict == v).count(), v.word())
            };
            let kinds = [ObjectiveVerdict::Missed, ObjectiveVerdict::Met, ObjectiveVerdict::Open, ObjectiveVerdict::Unknown].map(of);
            let list: Vec<String> = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
            format!("{}{}", if shown.is_empty() { "" } else { "and " }, list.join(", "))
        });
        parts.push(ObjectivePart { title, rows: shown.into_iter().map(|r| period_row(o, r)).collect(), rest });
    }
    parts
}

/// Whether its ratio is one of seconds, which nobody counts.
fn measures_time(o: &Objective) -> bool {
    matches!(&o.goal, Goal::Compare(Measure::Down(_), ..))
}

fn period_row(o: &Objective, r: &ObjectiveRecord) -> PeriodRow {
    let value = r.value.map_or("–".to_string(), |v| words::measured(v, o.unit, &r.bound));
    let mut remarks = Vec::new();
    if r.bound != o.bound {
        remarks.push(format!("{} with what was carried over", r.bound));
    }
    if let Some(pace) = r.pace {
        let word = if pace.kept { "on" } else { "off" };
        let expected = words::measured(pace.expected, o.unit, "");
        remarks.push(format!("{word} pace: {expected} were due by {}", pace.day));
    }
    if r.pending > 0 {
        remarks.push(format!("{} pending", r.pending));
    }
    if r.unknown > 0 {
        remarks.push(format!("{} unknown", r.unknown));
    }
    for (flag, word) in [(r.partial, "part of the period"), (r.provisional, "may still grow"), (r.below_minimum, "below the minimum")] {
        if flag {
            remarks.push(word.to_string());
        }
    }
    remarks.extend(r.missing_rows.iter().map(|row| format!("no value for {row}")));
    if r.verdict == ObjectiveVerdict::Unknown && r.value.is_none() && r.unknown == 0 && r.missing_rows.is_empty() {
        remarks.push("no data".to_string());
    }
    let group: Vec<&str> = r.by.iter().map(|g| g.value.as_deref().unwrap_or("(missing)")).collect();
    let value = match r.ratio {
        Some((n, d)) if n.is_whole() && d.is_whole() && !measures_time(o) => format!("{value} ({n} of {d})"),
        _ => value,
    };
    PeriodRow { period: r.period.clone(), group: group.join(", "), value, n: r.n, verdict: r.verdict, remark: remarks.join(", ") }
}

fn objective_title(report: &Report<'_>, id: ObjectiveId, by: &[Group]) -> String {
    let o = &report.plan.objectives[id];
    let groups: Vec<&str> = by.iter().map(|g| g.value.as_deref().unwrap_or("(missing)")).collect();
    let name = report.among_agreements(report.plan.services[o.service].agreement, called(o.title.as_ref(), &o.name));
    if groups.is_empty() { name } else { format!("{name} ({})", groups.join(", ")) }
}

fn cause_title(report: &Report<'_>, cause: &Cause) -> String {
    match cause {
        Cause::Objective { objective, by } => objective_title(report, *objective, by),
        Cause::Obligation { obligation, case, seq: _ } => {
            let o = report.obligation(*obligation);
            let name = report.among_agreements(report.service_of(*obligation).agreement, called(o.title.as_ref(), &o.name));
            case.as_ref().map_or(name.clone(), |c| format!("{name} of {}", c.1.text()))
        }
    }
}

/// The penalties of an obligation in a month. There are many, and the records have each.
struct Penalties {
    month: String,
    title: String,
    breaches: u64,
    amount: Exact,
    currency: Currency,
    because: String,
}

fn penalties(report: &Report<'_>) -> Vec<Penalties> {
    let mut all: Vec<(ObligationId, Penalties)> = Vec::new();
    for c in &report.judgement.consequences.credits {
        let Cause::Obligation { obligation, .. } = &c.cause else { continue };
        // The period of a penalty is a day.
        let month = c.period.get(..7).unwrap_or(&c.period).to_string();
        if let Some((_, known)) = all.iter_mut().find(|(id, p)| id == obligation && p.month == month) {
            known.breaches += 1;
            known.amount = known.amount.add(c.amount).unwrap_or(known.amount);
        } else {
            let o = report.obligation(*obligation);
            let title = report.among_agreements(report.service_of(*obligation).agreement, called(o.title.as_ref(), &o.name));
            let because = c.because.clone();
            all.push((*obligation, Penalties { month, title, breaches: 1, amount: c.amount, currency: c.currency, because }));
        }
    }
    all.into_iter().map(|(_, p)| p).collect()
}

fn because(report: &Report<'_>, c: &Credit) -> String {
    let agreement = match &c.cause {
        Cause::Objective { objective, .. } => report.plan.services[report.plan.objectives[*objective].service].agreement,
        Cause::Obligation { obligation, .. } => report.service_of(*obligation).agreement,
    };
    let by = c.claim_by.map(|t| format!("; to be claimed by {}", words::wall(report.zone(agreement), t)));
    let so_far = if c.provisional { " so far" } else { "" };
    format!("{}{so_far}{}", c.because, by.unwrap_or_default())
}

/// Credits that nobody claimed in time.
pub(super) fn lapsed(report: &Report<'_>) -> Vec<String> {
    let lines = report.judgement.consequences.lapsed.iter().map(|c| {
        let amount = format!("{} {}", words::grouped(&c.amount.fixed(c.currency.decimals())), c.currency);
        format!("{}: {amount} for {} lapsed: {}", c.period, cause_title(report, &c.cause), because(report, c))
    });
    lines.collect()
}

/// Credits and caps, and below them what they come to in each currency.
pub(super) fn money(report: &Report<'_>) -> Vec<MoneyRow> {
    let consequences = &report.judgement.consequences;
    let shown = |amount: Exact, currency: Currency| format!("{} {currency}", words::grouped(&amount.fixed(currency.decimals())));
    let of_objective = |c: &&Credit| matches!(c.cause, Cause::Objective { .. });
    let credits = consequences.credits.iter().filter(of_objective).map(|c| MoneyRow {
        period: c.period.clone(),
        what: cause_title(report, &c.cause),
        amount: shown(c.amount, c.currency),
        because: because(report, c),
    });
    let penalties = penalties(report).into_iter().map(|p| MoneyRow {
        period: p.month,
        what: format!("{}, {}", p.title, words::count(p.breaches, "breach", "breaches")),
        amount: shown(p.amount, p.currency),
        because: p.because,
    });
    let caps = consequences.caps.iter().map(|c| MoneyRow {
        period: c.period.clone(),
        what: match c.objective {
            Some(id) => format!("cap of {}", objective_title(report, id, &[])),
            None => report.among_agreements(c.agreement, "cap of the agreement".into()),
        },
        amount: shown(c.amount, c.currency),
        because: c.because.clone(),
    });
    let mut rows: Vec<MoneyRow> = credits.chain(penalties).chain(caps).collect();
    let mut totals: Vec<(Currency, Exact)> = Vec::new();
    let amounts = consequences.credits.iter().map(|c| (c.currency, c.amount));
    for (currency, amount) in amounts.chain(consequences.caps.iter().map(|c| (c.currency, c.amount))) {
        match totals.iter_mut().find(|(c, _)| *c == currency) {
            Some(total) => total.1 = total.1.add(amount).unwrap_or(total.1),
            None => totals.push((currency, amount)),
        }
    }
    let total = |(currency, amount)| MoneyRow {
        period: String::new(),
        what: "owed".into(),
        amount: shown(amount, currency),
        because: String::new(),
    };
    rows.extend(totals.into_iter().map(total));
    rows
}

pub(super) fn rights(report: &Report<'_>) -> Vec<String> {
    let lines = report.judgement.consequences.rights.iter().map(|r| {
        let what = objective_title(report, r.objective, &r.by);
        let right = if r.right.is_empty() { "a right arises" } else { r.right.as_str() };
        format!("{}: {right} ({what}, {})", r.period, r.because)
    });
    lines.collect()
}
