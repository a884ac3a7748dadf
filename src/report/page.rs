//! What a person wants to know, gathered in the order in which it is read. How it is drawn is decided by its readers.

use crate::engine::{ObjectiveRecord, ObjectiveVerdict, Outcome, Verdict};
use crate::id::AgreementId;
use crate::model::Window;
use crate::plan::{Duty, Goal, Measure};
use crate::report::{Report, words};
use crate::time::Duration;

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
    /// Rights that arose, a line each.
    pub rights: Vec<String>,
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

/// So many breaches and open instances are shown.
const SHOWN: usize = 10;

/// Gathers the page.
pub fn gather(report: &Report<'_>) -> Page {
    Page {
        heads: report.plan.agreements.ids().map(|id| head(report, id)).collect(),
        log: log_line(report),
        totals: report.totals(report.judgement.outcomes.iter()),
        services: services(report),
        objectives: objectives(report),
        money: money(report),
        rights: rights(report),
        breaches: breaches(report),
        at_risk: at_risk(report),
        unjudged: unjudged(report),
        made_by: format!("sla {} · time zones {} · plan {}", env!("CARGO_PKG_VERSION"), crate::time::tzdb_version(), &report.digest[..19]),
    }
}

fn title(title: Option<&String>, name: &str) -> String {
    title.cloned().unwrap_or_else(|| name.replace('_', " "))
}

fn head(report: &Report<'_>, id: AgreementId) -> Head {
    let a = report.agreement(id);
    let mut facts = Vec::new();
    if !a.version.is_empty() {
        facts.push(format!("version {}", a.version));
    }
    facts.push(match a.to {
        Some(to) => format!("in force {} to {to}", a.from),
        None => format!("in force from {}", a.from),
    });
    facts.push(format!("judged as of {} {}", words::wall(report.zone(id), report.judgement.as_of), a.zone));
    Head { title: title(a.title.as_ref(), &a.name), facts }
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
            parts.push(ServicePart { title: format!("{}{who}", title(service.title.as_ref(), &service.name)), rows: Vec::new() });
        }
        let totals = report.totals(report.judgement.outcomes.iter().filter(|o| o.track == index));
        let decided = totals[0] + totals[1];
        let attainment = crate::quantity::Exact::ratio(totals[0].into(), decided.into());
        let goal = goal_of(report, &track.0);
        let shown = attainment.map_or("–".to_string(), |a| words::measured(a, crate::model::MeasureUnit::Share, &goal));
        let promise = Promise { title: title(obligation.title.as_ref(), &obligation.name), totals, attainment: shown, goal };
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
    }
}

fn objectives(report: &Report<'_>) -> Vec<ObjectivePart> {
    let mut parts = Vec::new();
    for (id, o) in report.plan.objectives.enumerate() {
        // A group without any instance that counts has nothing to say.
        let says = |r: &&ObjectiveRecord| r.by.is_empty() || r.n + r.pending + r.unknown > 0 || r.value.is_some();
        let records: Vec<&ObjectiveRecord> = report.objectives().iter().filter(|r| r.objective == id).filter(says).collect();
        let by = if o.by.is_empty() { String::new() } else { format!(" by {}", o.by.join(", ")) };
        let name = title(o.title.as_ref(), &o.name);
        let title = format!("{name}: {} {} {}{by}", o.measured, o.bound, window_words(o.window, false));
        let grouped = !o.by.is_empty();
        // Groups can be many: those that missed are what a reader looks for.
        let missed = |r: &&&ObjectiveRecord| !grouped || r.verdict == ObjectiveVerdict::Missed;
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

fn period_row(o: &crate::plan::Objective, r: &ObjectiveRecord) -> PeriodRow {
    let value = r.value.map_or("–".to_string(), |v| words::measured(v, o.unit, &o.bound));
    let mut remarks = Vec::new();
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
    if r.verdict == ObjectiveVerdict::Unknown && r.value.is_none() && r.unknown == 0 {
        remarks.push("no data".to_string());
    }
    let group: Vec<&str> = r.by.iter().map(|g| g.value.as_deref().unwrap_or("(missing)")).collect();
    let value = match r.ratio {
        Some((n, d)) if n.is_whole() && d.is_whole() => format!("{value} ({n} of {d})"),
        _ => value,
    };
    PeriodRow { period: r.period.clone(), group: group.join(", "), value, n: r.n, verdict: r.verdict, remark: remarks.join(", ") }
}

fn objective_title(report: &Report<'_>, id: crate::id::ObjectiveId, by: &[crate::engine::Group]) -> String {
    let o = &report.plan.objectives[id];
    let groups: Vec<&str> = by.iter().map(|g| g.value.as_deref().unwrap_or("(missing)")).collect();
    let name = title(o.title.as_ref(), &o.name);
    if groups.is_empty() { name } else { format!("{name} ({})", groups.join(", ")) }
}

/// Credits and caps, and below them what they come to in each currency.
fn money(report: &Report<'_>) -> Vec<MoneyRow> {
    let consequences = &report.judgement.consequences;
    let shown = |amount: crate::quantity::Exact, currency: crate::quantity::Currency| {
        format!("{} {currency}", words::grouped(&amount.fixed(currency.decimals())))
    };
    let credits = consequences.credits.iter().map(|c| MoneyRow {
        period: c.period.clone(),
        what: objective_title(report, c.objective, &c.by),
        amount: shown(c.amount, c.currency),
        because: c.because.clone(),
    });
    let caps = consequences.caps.iter().map(|c| MoneyRow {
        period: c.period.clone(),
        what: c.objective.map_or("cap of the agreement".into(), |id| format!("cap of {}", objective_title(report, id, &[]))),
        amount: shown(c.amount, c.currency),
        because: c.because.clone(),
    });
    let mut rows: Vec<MoneyRow> = credits.chain(caps).collect();
    let mut totals: Vec<(crate::quantity::Currency, crate::quantity::Exact)> = Vec::new();
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

fn rights(report: &Report<'_>) -> Vec<String> {
    let lines = report.judgement.consequences.rights.iter().map(|r| {
        let what = objective_title(report, r.objective, &r.by);
        let right = if r.right.is_empty() { "a right arises" } else { r.right.as_str() };
        format!("{}: {right} ({what}, {})", r.period, r.because)
    });
    lines.collect()
}

fn promise_title(report: &Report<'_>, o: &Outcome) -> String {
    let obligation = report.obligation(o.obligation);
    let name = title(obligation.title.as_ref(), &obligation.name);
    match o.tier {
        Some(tier) if is_tiered(&obligation.duty) => format!("{name} ({})", report.plan.tiers[tier].name),
        _ => name,
    }
}

fn is_tiered(duty: &Duty) -> bool {
    matches!(duty, Duty::Clock(c) if c.rows.iter().any(|r| !r.tiers.is_empty()))
}

fn case_name(report: &Report<'_>, o: &Outcome) -> String {
    let group = report.by(o).into_iter().next().and_then(|g| g.1);
    match (report.case(o), o.group) {
        (Some(case), _) => case.to_string(),
        (None, Some(_)) => group.unwrap_or_else(|| "–".into()),
        // A duty of each period is known by the day on which its period begins.
        (None, None) => format!("from {}", report.zone(report.service_of(o.obligation).agreement).date(o.start)),
    }
}

/// A path's last part: a table has no room for the rest, and the records have it all.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn breaches(report: &Report<'_>) -> (Vec<Breach>, usize) {
    let mut breached: Vec<&Outcome> = report.judgement.outcomes.iter().filter(|o| o.verdict == Verdict::Breached).collect();
    // The latest in the clock's own time hurt most; the sort keeps the order of records among equals.
    breached.sort_by_key(|o| std::cmp::Reverse(o.late));
    let rows = breached.iter().take(SHOWN).map(|o| {
        let obligation = report.obligation(o.obligation);
        let zone = report.zone(report.service_of(o.obligation).agreement);
        let lines = line_list(o);
        let file = o.evidence.first().map(|e| report.file(e.origin)).unwrap_or_default();
        let file = base_name(file);
        let still = if o.open { " so far" } else { "" };
        Breach {
            case: case_name(report, o),
            promise: promise_title(report, o),
            blame: report.blame(o).unwrap_or_else(|| parties(report, &report.service_of(o.obligation).by)),
            due: o.due.map_or("–".into(), |d| words::wall(zone, d)),
            late: if is_rule(&obligation.duty) {
                "–".into()
            } else {
                format!("{}{}{still}", words::rounded(o.late), clock_of(report, o))
            },
            clause: format!("{}:{}", base_name(&obligation.spec.file), obligation.spec.line),
            evidence: if lines.is_empty() { String::new() } else { format!("{file}:{lines}") },
        }
    });
    (rows.collect(), breached.len())
}

/// The lines of the evidence: few as they are, many by their ends.
fn line_list(o: &Outcome) -> String {
    let lines: Vec<String> = o.evidence.iter().map(|e| e.origin.line.to_string()).collect();
    match lines.as_slice() {
        [first, .., last] if lines.len() > 3 => format!("{first}…{last}"),
        lines => lines.join(","),
    }
}

/// Whose time a length is, unless it runs round the clock.
fn clock_of(report: &Report<'_>, o: &Outcome) -> String {
    let calendar = o.calendar.map(|c| &report.plan.calendars[c]);
    calendar.filter(|c| c.recipe != crate::time::Recipe::Always).map_or(String::new(), |c| format!(" of {}", c.name.replace('_', " ")))
}

fn is_rule(duty: &Duty) -> bool {
    matches!(duty, Duty::Rule(_))
}

fn at_risk(report: &Report<'_>) -> (Vec<Risk>, usize) {
    let mut open: Vec<&Outcome> = report.judgement.outcomes.iter().filter(|o| o.verdict == Verdict::Pending).collect();
    // What is paused is not at risk before its clock runs again.
    open.sort_by_key(|o| (o.halted, o.due));
    let rows = open.iter().take(SHOWN).map(|o| {
        let zone = report.zone(report.service_of(o.obligation).agreement);
        let left = o.target.zip(o.elapsed).map(|(target, elapsed)| target.minus(elapsed).max(Duration::ZERO));
        Risk {
            case: case_name(report, o),
            promise: promise_title(report, o),
            owner: report.owner(o).unwrap_or_default(),
            due: if o.halted { "paused".into() } else { o.due.map_or("–".into(), |d| words::wall(zone, d)) },
            left: left.map(|left| format!("{}{}", words::rounded(left), clock_of(report, o))).unwrap_or_default(),
        }
    });
    (rows.collect(), open.len())
}

fn unjudged(report: &Report<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut reasons: std::collections::BTreeMap<(Verdict, String), u64> = std::collections::BTreeMap::new();
    for o in &report.judgement.outcomes {
        if let Some(reason) = o.reason {
            *reasons.entry((o.verdict, reason.text(report.plan))).or_default() += 1;
        }
    }
    for ((verdict, reason), n) in reasons {
        let promises = words::count(n, "promise is", "promises are");
        lines.push(match (verdict, reason.as_str()) {
            (Verdict::Void, "cancelled") => format!("{promises} void: cancelled before the due"),
            (Verdict::Void, "reset") => format!("{promises} void: begun anew before the due"),
            (Verdict::Void, "none") => format!("{promises} void: the tier changed to one without a target"),
            (Verdict::Unknown, "calendar") => format!("{promises} unknown: the calendar ends before the due"),
            (_, reason) => match reason.strip_prefix("missing:") {
                Some(field) => format!("{promises} unknown: the log does not say `{field}`"),
                None => format!("{promises} {}: {reason}", verdict.word()),
            },
        });
    }
    for (index, track) in report.plan.tracks.iter().enumerate() {
        if !report.judgement.outcomes.iter().any(|o| o.track == index) {
            let obligation = report.obligation(track.0[0]);
            lines.push(format!("nothing in the log began `{}`", obligation.name));
        }
    }
    let (unknown, ignored): (Vec<_>, Vec<_>) = report.log.ignored.iter().partition(|(name, _)| report.log.unknown.contains(*name));
    let listed = |events: &[(&String, &u64)]| {
        let names: Vec<String> = events.iter().take(5).map(|(name, n)| format!("{name} ({n})")).collect();
        format!("{}{}", names.join(", "), if events.len() > 5 { " …" } else { "" })
    };
    let total = |events: &[(&String, &u64)]| words::count(events.iter().map(|e| e.1).sum(), "event is", "events are");
    if !unknown.is_empty() {
        lines.push(format!("{} unknown to the spec: {}; a `source` maps or ignores them", total(&unknown), listed(&unknown)));
    }
    if !ignored.is_empty() {
        lines.push(format!("{} ignored as the source says: {}", total(&ignored), listed(&ignored)));
    }
    if report.judgement.later > 0 {
        lines.push(format!("{} after the as-of", words::count(report.judgement.later, "row lies", "rows lie")));
    }
    if report.judgement.outside > 0 {
        lines.push(format!("{} outside of the agreement's term", words::count(report.judgement.outside, "event lies", "events lie")));
    }
    if report.log.rejected > 0 {
        lines.push(format!("{} could not be read", words::count(report.log.rejected, "row", "rows")));
    }
    if report.log.ambiguous > 0 {
        let times = words::count(report.log.ambiguous, "time lies", "times lie");
        lines.push(format!("{times} in an hour that the clock showed twice; the first was taken"));
    }
    if !report.log.clamped.is_empty() {
        let milestones = words::count(report.log.clamped.len() as u64, "milestone lies", "milestones lie");
        let examples: Vec<&str> = report.log.clamped.iter().take(3).map(|c| c.case.as_str()).collect();
        lines
            .push(format!("{milestones} before the case's first and was taken at that one (stop-before-start): {} …", examples.join(", ")));
    }
    lines
}
