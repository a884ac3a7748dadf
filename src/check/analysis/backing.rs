//! Internal promises must end before the promise that they carry, whenever that begins (section 2.7).

use crate::ast;
use crate::check::analysis::sweep::{self, Almanac, Chain, Laid};
use crate::diagnostic::{Code, Finding};
use crate::id::{ObligationId, TierId};
use crate::model::{Backed, Duty, Row};
use crate::time::{Duration, Instant};

pub(super) fn run(almanac: &Almanac<'_>) -> Vec<Finding> {
    let model = almanac.model;
    let mut findings = Vec::new();
    for (id, obligation) in model.obligations.enumerate() {
        let (Some(backed), Duty::Clock { rows, .. }) = (&obligation.backed, &obligation.duty) else { continue };
        let case = obligation.case;
        let tiers = case.map(|c| model.cases[c].tiers.clone()).unwrap_or_default();
        let tiers: Vec<Option<TierId>> = if tiers.is_empty() { vec![None] } else { tiers.into_iter().map(Some).collect() };
        findings.extend(tiers.into_iter().find_map(|tier| unfit(almanac, id, backed, rows, tier)));
    }
    findings
}

fn unfit(almanac: &Almanac<'_>, id: ObligationId, backed: &Backed, rows: &[Row], tier: Option<TierId>) -> Option<Finding> {
    let model = almanac.model;
    let obligation = &model.obligations[id];
    let agreement = model.service_of(id).agreement;
    let outer = Laid::out(almanac, rows, Some(tier), agreement)?;
    if !outer.iter().any(Laid::promises) {
        return None;
    }
    let mut stages: Vec<Vec<Laid<'_>>> = Vec::new();
    for inner in &backed.by {
        let carrier = &model.obligations[*inner];
        let Duty::Clock { rows, .. } = &carrier.duty else {
            let finding = Finding::new(Code::BackingDoesNotFit, backed.span, format!("`{}` promises nothing in time", carrier.name));
            return Some(finding.also(carrier.name_span, "this promise").help("name promises with a `within`"));
        };
        let theirs = &model.agreements[model.service_of(*inner).agreement].excludes;
        if let Some(exclude) = theirs.iter().find(|e| !model.agreements[agreement].excludes.iter().any(|own| own.is_same(e))) {
            let message = format!("`{}` does not count time that `{}` does", carrier.name, obligation.name);
            let finding = Finding::new(Code::BackingDoesNotFit, backed.span, message).also(exclude.span, "excluded here");
            return Some(finding.help("exclude the same time in both agreements, or in neither"));
        }
        // A promise about another kind of case knows none of these tiers: any of its rows may count.
        let of = model.service_of(*inner).agreement;
        let stage = Laid::out(almanac, rows, (carrier.case == obligation.case).then_some(tier), of)?;
        if !stage.iter().any(Laid::promises) {
            let for_ = tier.map_or(String::new(), |t| format!(" for {}", model.tiers[t].name));
            let finding = Finding::new(Code::BackingDoesNotFit, backed.span, format!("`{}` promises nothing{for_}", carrier.name));
            return Some(finding.also(carrier.name_span, "this promise").help(format!("add a row{for_} to `{}`", carrier.name)));
        }
        stages.push(stage);
    }
    let (from, to) = sweep::starts(model, agreement);
    let mut chains: Vec<Chain<'_, '_>> = vec![vec![&outer]];
    match backed.chain {
        ast::Chain::Then => chains.push(stages.iter().map(Vec::as_slice).collect()),
        ast::Chain::And => chains.extend(stages.iter().map(|s| vec![s.as_slice()])),
    }
    let turns = sweep::turns(&chains, &model.agreements[agreement].zone, from, to);
    let mut worst: Option<(Duration, Instant, Instant, Instant)> = None;
    for start in turns {
        let dues = |rows: &[Laid<'_>], from: Instant| -> Vec<Option<Instant>> {
            sweep::counting(rows, from).into_iter().filter(|(_, l)| l.promises()).map(|(_, l)| l.due(from)).collect()
        };
        let Some(due) = dues(&outer, start).into_iter().flatten().min() else { continue };
        // A row that never ends is later than any.
        let latest = |from: Instant, stage: &[Laid<'_>]| dues(stage, from).into_iter().collect::<Option<Vec<_>>>()?.into_iter().max();
        let end = match backed.chain {
            ast::Chain::Then => stages.iter().try_fold(start, |t, stage| latest(t, stage)),
            ast::Chain::And => {
                stages.iter().map(|stage| latest(start, stage)).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max())
            }
        };
        let end = end.unwrap_or(Instant::LAST);
        let over = end.since(due);
        if over > Duration::ZERO && worst.is_none_or(|w| over > w.0) {
            worst = Some((over, start, end, due));
        }
    }
    let (over, start, end, due) = worst?;
    let wall = |t: Instant| sweep::wall(model, agreement, t);
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
