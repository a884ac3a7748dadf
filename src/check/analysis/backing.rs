//! Internal promises must end before the promise that they carry, whenever that begins (section 2.7).

use crate::ast::Chain;
use crate::check::Checker;
use crate::check::analysis::levels::candidates;
use crate::check::analysis::sweep::{self, Promise};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, ObligationId, TierId};
use crate::model::{Backed, Duty, Model, Row, Target};
use crate::time::{Calendar, Duration, Instant};

pub(super) fn run(checker: &mut Checker) {
    let model = &checker.model;
    let mut findings = Vec::new();
    for (id, obligation) in model.obligations.enumerate() {
        let (Some(backed), Duty::Clock { rows, .. }) = (&obligation.backed, &obligation.duty) else { continue };
        let case = obligation.case;
        let tiers = case.map(|c| model.cases[c].tiers.clone()).unwrap_or_default();
        let tiers: Vec<Option<TierId>> = if tiers.is_empty() { vec![None] } else { tiers.into_iter().map(Some).collect() };
        findings.extend(tiers.into_iter().find_map(|tier| unfit(model, id, backed, rows, tier)));
    }
    checker.findings.extend(findings);
}

/// A row on its calendar, laid out.
struct Laid<'m> {
    row: &'m Row,
    calendar: Calendar,
}

impl Laid<'_> {
    fn promise(&self) -> Promise<'_> {
        Promise { target: self.row.target, calendar: &self.calendar }
    }
}

fn laid<'m>(model: &'m Model, rows: &'m [Row], tier: Option<TierId>, agreement: AgreementId) -> Vec<Laid<'m>> {
    let promised = candidates(rows, tier).into_iter().filter(|r| r.target != Target::None);
    promised.filter_map(|row| Some(Laid { row, calendar: sweep::calendar(model, row.clock?, agreement)? })).collect()
}

fn unfit(model: &Model, id: ObligationId, backed: &Backed, rows: &[Row], tier: Option<TierId>) -> Option<Finding> {
    let obligation = &model.obligations[id];
    let agreement = model.service_of(id).agreement;
    let outer = laid(model, rows, tier, agreement);
    if outer.is_empty() {
        return None;
    }
    let mut stages: Vec<Vec<Laid<'_>>> = Vec::new();
    for inner in &backed.by {
        let carrier = &model.obligations[*inner];
        let Duty::Clock { rows, .. } = &carrier.duty else {
            let finding = Finding::new(Code::BackingDoesNotFit, backed.span, format!("`{}` promises nothing in time", carrier.name));
            return Some(finding.also(carrier.name_span, "this promise").help("name promises with a `within`"));
        };
        // A promise about another kind of case knows none of these tiers: any of its rows may count.
        let of = model.service_of(*inner).agreement;
        let stage = if carrier.case == obligation.case { laid(model, rows, tier, of) } else { all(model, rows, of) };
        if stage.is_empty() {
            let for_ = tier.map_or(String::new(), |t| format!(" for {}", model.tiers[t].name));
            let finding = Finding::new(Code::BackingDoesNotFit, backed.span, format!("`{}` promises nothing{for_}", carrier.name));
            return Some(finding.also(carrier.name_span, "this promise").help(format!("add a row{for_} to `{}`", carrier.name)));
        }
        stages.push(stage);
    }
    let (from, to) = sweep::starts(model, agreement);
    // From the last to the first: where a later promise turns is looked for through the earlier ones.
    let promises: Vec<Promise<'_>> = outer.iter().chain(stages.iter().rev().flatten()).map(Laid::promise).collect();
    let turns = sweep::turns(&promises, &model.agreements[agreement].zone, from, to);
    let mut worst: Option<(Duration, Instant, Instant, Instant)> = None;
    for start in turns {
        let Some(due) = outer.iter().filter_map(|o| o.promise().due(start)).min() else { continue };
        let latest = |from: Instant, stage: &[Laid<'_>]| stage.iter().filter_map(|l| l.promise().due(from)).max();
        let end = match backed.chain {
            Chain::Then => stages.iter().try_fold(start, |t, stage| latest(t, stage)),
            Chain::And => stages.iter().map(|stage| latest(start, stage)).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max()),
        };
        let end = end.unwrap_or(Instant::LAST);
        let over = end.since(due);
        if over > Duration::ZERO && worst.is_none_or(|w| over > w.0) {
            worst = Some((over, start, end, due));
        }
    }
    let (over, start, end, due) = worst?;
    let zone = &model.agreements[agreement].zone;
    let wall = |t: Instant| zone.local(t).format("%Y-%m-%d %H:%M").to_string();
    let of = tier.map_or(String::new(), |t| format!(" for {}", model.tiers[t].name));
    let message = if end == Instant::LAST {
        format!("what backs `{}`{of} may never end: a start at {} is due {}", obligation.name, wall(start), wall(due))
    } else {
        format!(
            "what backs `{}`{of} may end {over} late: a start at {} is due {}, and the internal promises end {}",
            obligation.name,
            wall(start),
            wall(due),
            wall(end)
        )
    };
    let mut finding = Finding::new(Code::BackingDoesNotFit, backed.span, message);
    for inner in &backed.by {
        finding = finding.also(model.obligations[*inner].name_span, "internal promise");
    }
    Some(finding.help("shorten an internal promise, or promise this one later"))
}

fn all<'m>(model: &'m Model, rows: &'m [Row], agreement: AgreementId) -> Vec<Laid<'m>> {
    let promised = rows.iter().filter(|r| r.target != Target::None);
    promised.filter_map(|row| Some(Laid { row, calendar: sweep::calendar(model, row.clock?, agreement)? })).collect()
}
