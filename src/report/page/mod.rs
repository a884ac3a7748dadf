//! What a person wants to know, gathered in the order in which it is read. How it is drawn is decided by its readers.

mod instances;
mod objectives;
mod tables;
mod unjudged;

use crate::engine::ObjectiveVerdict;
use crate::id::AgreementId;
use crate::model::{Window, called};
use crate::plan::{Goal, Measure};
use crate::report::{Report, words};

/// The page of a run.
pub struct Page {
    /// Agreements that were judged.
    pub heads: Vec<Head>,
    /// One line about the log.
    pub log: String,
    /// How many instances have each verdict.
    pub totals: [u64; 5],
    /// What was promised, service by service.
    pub services: Vec<ServicePart>,
    /// Objectives, period by period.
    pub objectives: Vec<ObjectivePart>,
    /// What missed periods cost.
    pub money: Vec<MoneyRow>,
    /// The waterfall of stages, and whom the breaches are laid to.
    pub tables: Vec<SideTable>,
    /// What is said in a line each, under a heading: rights that arose, credits that lapsed.
    pub lists: Vec<(&'static str, Vec<String>)>,
    /// The worst breaches, and how many there are.
    pub breaches: (Vec<Breach>, usize),
    /// What is due next, and how many instances are open.
    pub at_risk: (Vec<Risk>, usize),
    /// What was not judged, and why.
    pub unjudged: Vec<String>,
    /// With what it was made.
    pub made_by: String,
}

/// An agreement that was judged.
pub struct Head {
    /// Its name for people.
    pub title: String,
    /// Version, term, zone and as-of.
    pub facts: Vec<String>,
}

/// A service and its obligations.
pub struct ServicePart {
    /// Its name for people, with who owes whom.
    pub title: String,
    /// Its obligations.
    pub rows: Vec<Promise>,
}

/// An obligation.
pub struct Promise {
    /// Its name for people.
    pub title: String,
    /// How many instances have each verdict.
    pub totals: [u64; 5],
    /// Met of met and breached, in words.
    pub attainment: String,
    /// What an objective asks of it.
    pub goal: String,
}

/// An objective.
pub struct ObjectivePart {
    /// Its name for people, and what is expected.
    pub title: String,
    /// The periods that are shown.
    pub rows: Vec<PeriodRow>,
    /// What is left out.
    pub rest: Option<String>,
}

/// A period of an objective.
pub struct PeriodRow {
    /// Its label.
    pub period: String,
    /// The group.
    pub group: String,
    /// The value.
    pub value: String,
    /// What the denominator counts.
    pub n: u64,
    /// What became of it.
    pub verdict: ObjectiveVerdict,
    /// What else is to be said.
    pub remark: String,
}

/// A credit, what a cap takes, or a total.
pub struct MoneyRow {
    /// The period.
    pub period: String,
    /// The objective and its group, or the cap.
    pub what: String,
    /// The amount with its currency.
    pub amount: String,
    /// The clause, as it is written.
    pub because: String,
}

/// A breach.
pub struct Breach {
    /// The case.
    pub case: String,
    /// The promise.
    pub promise: String,
    /// Who is to blame.
    pub blame: String,
    /// When it was due.
    pub due: String,
    /// How late, in the clock's own time.
    pub late: String,
    /// The clause.
    pub clause: String,
    /// The log lines.
    pub evidence: String,
}

/// An open instance.
pub struct Risk {
    /// The case.
    pub case: String,
    /// The promise.
    pub promise: String,
    /// Who would be blamed.
    pub owner: String,
    /// When it is due.
    pub due: String,
    /// How much of its time is left.
    pub left: String,
}

/// A small table with a title.
pub struct SideTable {
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub header: Vec<&'static str>,
    /// Which of them are numbers.
    pub right: Vec<usize>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// So many breaches and open instances are shown.
const SHOWN: usize = 10;

/// Gathers the page.
pub fn gather(report: &Report<'_>) -> Page {
    Page {
        heads: report.plan.agreements.ids().map(|id| head(report, id)).collect(),
        log: log_line(report),
        totals: report.totals(),
        services: services(report),
        objectives: objectives::objectives(report),
        money: objectives::money(report),
        tables: tables::funnels(report).into_iter().chain(tables::blame(report)).collect(),
        lists: vec![("Rights", objectives::rights(report)), ("Credits that lapsed", objectives::lapsed(report))],
        breaches: instances::breaches(report),
        at_risk: instances::at_risk(report),
        unjudged: unjudged::unjudged(report),
        made_by: format!("sla {} · time zones {} · plan {}", env!("CARGO_PKG_VERSION"), crate::time::tzdb_version(), &report.digest[..19]),
    }
}

fn head(report: &Report<'_>, id: AgreementId) -> Head {
    let a = report.agreement(id);
    let mut facts = Vec::new();
    if !a.version.is_empty() {
        facts.push(format!("version {}", a.version));
    }
    facts.extend(level_words(report, a));
    facts.push(match a.to {
        Some(to) => format!("in force {} to {to}", a.from),
        None => format!("in force from {}", a.from),
    });
    facts.push(format!("judged as of {} {}", words::wall(report.zone(id), report.judgement.as_of), a.zone));
    Head { title: called(a.title.as_ref(), &a.name), facts }
}

/// `ola`, `customer level for Acme Inc., extends Support for everyone`
fn level_words(report: &Report<'_>, a: &crate::plan::Agreement) -> Vec<String> {
    let kind = a.kind.as_deref().map(|kind| match kind {
        "ola" => "operational-level agreement".to_string(),
        "uc" => "underpinning contract".to_string(),
        _ => "service-level agreement".to_string(),
    });
    let level = a.level.as_ref().map(|level| {
        let whose = a.for_.as_ref().map_or(String::new(), |party| format!(" for {}", parties(report, std::slice::from_ref(party))));
        format!("{level} level{whose}")
    });
    let extends = a.extends.map(|id| {
        let above = report.agreement(id);
        format!("extends {}", called(above.title.as_ref(), &above.name))
    });
    [kind, level, extends].into_iter().flatten().collect()
}

fn log_line(report: &Report<'_>) -> String {
    let files = &report.log.files;
    let named = |f: &'_ crate::log::LogFile| if f.name == "-" { "standard input".to_string() } else { f.name.clone() };
    let names: Vec<String> = files.iter().take(3).map(named).collect();
    let more = if files.len() > 3 { format!(" and {} more", files.len() - 3) } else { String::new() };
    let rows: u64 = files.iter().map(|f| f.rows).sum();
    format!(
        "{} of {} in {} of {}{more}",
        words::count(report.judgement.events, "event", "events"),
        words::count(report.judgement.cases, "case", "cases"),
        words::count(rows, "row", "rows"),
        names.join(", "),
    )
}

fn services(report: &Report<'_>) -> Vec<ServicePart> {
    let mut parts: Vec<ServicePart> = Vec::new();
    let mut last = None;
    for (index, track) in report.plan.tracks.iter().enumerate() {
        let newest = track.0.last().copied().expect("a track has a version");
        let (obligation, service) = (report.obligation(newest), report.service_of(newest));
        if last != Some(obligation.service) {
            last = Some(obligation.service);
            let who = match (service.by.is_empty(), service.for_.is_empty()) {
                (false, false) => format!(" — {} for {}", parties(report, &service.by), parties(report, &service.for_)),
                (false, true) => format!(" — {}", parties(report, &service.by)),
                _ => String::new(),
            };
            let name = report.among_agreements(service.agreement, called(service.title.as_ref(), &service.name));
            parts.push(ServicePart { title: format!("{name}{who}"), rows: Vec::new() });
        }
        let totals = report.judgement.totals[index];
        let decided = totals[0] + totals[1];
        let attainment = crate::quantity::Exact::ratio(totals[0].into(), decided.into());
        let goal = goal_of(report, &track.0);
        let shown = attainment.map_or("–".to_string(), |a| words::measured(a, crate::model::MeasureUnit::Share, &goal));
        let promise = Promise { title: called(obligation.title.as_ref(), &obligation.name), totals, attainment: shown, goal };
        if let Some(part) = parts.last_mut() {
            part.rows.push(promise);
        }
    }
    parts
}

fn parties(report: &Report<'_>, names: &[String]) -> String {
    let titles = names.iter().map(|n| {
        let party = report.plan.parties.iter().find(|p| p.name == *n);
        party.and_then(|p| p.title.clone()).unwrap_or_else(|| n.clone())
    });
    titles.collect::<Vec<_>>().join(" and ")
}

/// What an objective asks of an obligation's attainment, for all cases together if one does.
fn goal_of(report: &Report<'_>, versions: &[crate::id::ObligationId]) -> String {
    let asks = |o: &&crate::plan::Objective| match &o.goal {
        Goal::Compare(Measure::Met(parts), _, Measure::Fixed(_)) => {
            matches!(parts.as_slice(), [only] if versions.contains(&only.obligation))
        }
        _ => false,
    };
    let mut asking: Vec<&crate::plan::Objective> = report.plan.objectives.iter().filter(asks).collect();
    asking.sort_by_key(|o| o.by.len());
    asking.first().map(|o| format!("{} {}", o.bound, window_words(o.window, true))).unwrap_or_default()
}

fn window_words(window: Window, short: bool) -> String {
    match window {
        Window::Each(unit) if short => format!("a {}", unit.word()),
        Window::Each(unit) => format!("per {}", unit.word()),
        Window::Rolling(n) => format!("over {n} months"),
        Window::Every(length) => format!("per {}", length.to_string().replace(' ', "")),
    }
}
