//! The stable records, one JSON object a line: what other programs read.

use crate::engine::{Capped, Cause, Credit, Group, ObjectiveRecord, Right, StageRecord, Verdict};
use crate::id::{AgreementId, ObjectiveId};
use crate::model::MeasureUnit;
use crate::report::lines::Lines;
use crate::report::turns::Turns;
use crate::report::{Report, words};
use std::io::{self, Write};

/// Writes verdicts, objectives, credits, caps, rights, notices, notes and the summary: the verdicts, which are many, by several
/// threads.
pub fn write(report: &Report<'_>, threads: usize, out: &mut (impl Write + Send)) -> io::Result<()> {
    verdicts(report, threads, out)?;
    for record in report.objectives() {
        objective(report, record).end(out)?;
    }
    let consequences = &report.judgement.consequences;
    for record in &consequences.credits {
        credit(report, record).end(out)?;
    }
    for record in &consequences.lapsed {
        lapsed(report, record).end(out)?;
    }
    for record in &consequences.caps {
        cap(report, record).end(out)?;
    }
    for record in &consequences.rights {
        right(report, record).end(out)?;
    }
    for record in &report.judgement.stages {
        stage(report, record).end(out)?;
    }
    notices(report, out)?;
    for note in clamped(report) {
        note.end(out)?;
    }
    summary(report).end(out)
}

/// The verdicts in shares: each thread puts every so manieth of them into words, and writes it when its turn comes.
fn verdicts(report: &Report<'_>, threads: usize, out: &mut (impl Write + Send)) -> io::Result<()> {
    const SHARE: usize = 512;
    let outcomes = &report.judgement.outcomes;
    let all: Vec<usize> = outcomes.positions(report.asked()).collect();
    let put = |lines: &mut Lines<'_>, share: &[usize]| {
        lines.text.clear();
        outcomes.all_at(share).for_each(|outcome| lines.add(&outcome));
    };
    if threads <= 1 {
        let mut lines = Lines::new(report);
        return all.chunks(SHARE).try_for_each(|share| {
            put(&mut lines, share);
            out.write_all(&lines.text)
        });
    }
    let turns = Turns::new(out);
    let write = |nth: usize| {
        let (_seat, mut lines) = (turns.seat(), Lines::new(report));
        let mut shares = all.chunks(SHARE).enumerate().skip(nth).step_by(threads);
        shares.all(|(number, share)| {
            put(&mut lines, share);
            turns.write(number, &lines.text)
        });
    };
    std::thread::scope(|scope| (0..threads).for_each(|nth| _ = scope.spawn(move || write(nth))));
    turns.end()
}

/// Notices, many of them at a time.
fn notices(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    const MUCH: usize = 1 << 16;
    let mut lines = Lines::new(report);
    for notice in report.judgement.notices.iter() {
        lines.add_notice(&notice);
        if lines.text.len() >= MUCH {
            out.write_all(&lines.text)?;
            lines.text.clear();
        }
    }
    out.write_all(&lines.text)
}

/// One JSON object, written key by key so that the order of keys is the records' own.
struct Object(String);

impl Object {
    fn new() -> Object {
        Object(String::from("{"))
    }

    fn kind(kind: &str) -> Object {
        Object::behind(String::with_capacity(1024), kind)
    }

    /// The same behind other records.
    fn behind(text: String, kind: &str) -> Object {
        let mut object = Object(text);
        object.0.push('{');
        object.text("kind", kind);
        object
    }

    /// The keys of records are plain words.
    fn key(&mut self, key: &'static str) -> &mut String {
        self.0.push_str(if self.0.ends_with('{') { "\"" } else { ",\"" });
        self.0.push_str(key);
        self.0.push_str("\":");
        &mut self.0
    }

    /// A key that is a name of somebody's.
    fn named(&mut self, key: &str) -> &mut String {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        quote(&mut self.0, key);
        self.0.push(':');
        &mut self.0
    }

    fn text(&mut self, key: &'static str, value: &str) {
        quote(self.key(key), value);
    }

    fn optional(&mut self, key: &'static str, value: Option<&str>) {
        match value {
            Some(value) => self.text(key, value),
            None => self.raw(key, "null"),
        }
    }

    /// A value that is JSON already.
    fn raw(&mut self, key: &'static str, json: &str) {
        self.key(key).push_str(json);
    }

    fn number(&mut self, key: &'static str, n: u64) {
        words::push_number(self.key(key), n);
    }

    fn flag(&mut self, key: &'static str, b: bool) {
        self.raw(key, if b { "true" } else { "false" });
    }

    fn close(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn end(mut self, out: &mut impl Write) -> io::Result<()> {
        self.0.push_str("}\n");
        out.write_all(self.0.as_bytes())
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(&mut out, text);
    out
}

/// Whether a text stands in JSON as it is, by its bytes. All of it is looked at, many bytes at once.
pub(super) fn stands_in_json(text: &[u8]) -> bool {
    !text.iter().fold(false, |odd, b| odd | (*b < 0x20) | (*b == b'"') | (*b == b'\\'))
}

/// Most texts do.
pub(super) fn quote(out: &mut String, text: &str) {
    if stands_in_json(text.as_bytes()) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::to_string(text).expect("a text is JSON"));
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn agreement(object: &mut Object, report: &Report<'_>, id: AgreementId) {
    let agreement = report.agreement(id);
    object.text("agreement", &agreement.name);
    object.text("version", &agreement.version);
}

fn by<'k>(keys: impl Iterator<Item = (&'k str, Option<String>)>) -> String {
    let mut object = Object::new();
    for (key, value) in keys {
        let out = object.named(key);
        match value {
            Some(value) => quote(out, &value),
            None => out.push_str("null"),
        }
    }
    object.close()
}

fn objective(report: &Report<'_>, r: &ObjectiveRecord) -> Object {
    let o = &report.plan.objectives[r.objective];
    let service = &report.plan.services[o.service];
    let zone = service.agreement;
    let mut object = Object::kind("objective");
    agreement(&mut object, report, zone);
    object.text("service", &service.name);
    object.text("objective", &o.name);
    object.text("period", &r.period);
    object.text("from", &report.time(zone, r.from));
    object.text("to", &report.time(zone, r.to));
    object.raw("by", &by(r.by.iter().map(|g| (g.key.as_str(), g.value.clone()))));
    let value = match (r.value, o.unit) {
        (None, _) => "null".to_string(),
        (Some(value), MeasureUnit::Money(Some(currency))) => {
            let mut money = Object::new();
            money.text("amount", &value.fixed(currency.decimals()));
            money.text("currency", currency.code());
            money.close()
        }
        (Some(value), _) => words::number(value),
    };
    object.raw("value", &value);
    let part = |n: Option<crate::quantity::Exact>| n.map_or("null".to_string(), words::number);
    object.raw("num", &part(r.ratio.map(|r| r.0)));
    object.raw("den", &part(r.ratio.map(|r| r.1)));
    object.text("bound", &r.bound);
    object.number("n", r.n);
    object.number("pending", r.pending);
    object.number("void", r.void);
    object.number("unknown", r.unknown);
    object.text("verdict", r.verdict.word());
    object.flag("partial", r.partial);
    object.flag("provisional", r.provisional);
    object.flag("below_minimum", r.below_minimum);
    if !r.missing_rows.is_empty() {
        object.raw("missing_rows", &list(r.missing_rows.iter().map(|row| quoted(row))));
    }
    if let Some(pace) = r.pace {
        let mut running = Object::new();
        running.text("day", &pace.day.to_string());
        running.raw("expected", &words::number(pace.expected));
        running.raw("value", &words::number(pace.value));
        running.flag("kept", pace.kept);
        object.raw("pace", &running.close());
    }
    object
}

/// The keys that say which period of which objective is meant.
fn of_period(object: &mut Object, report: &Report<'_>, id: ObjectiveId, period: &str, groups: &[Group]) {
    let o = &report.plan.objectives[id];
    let service = &report.plan.services[o.service];
    agreement(object, report, service.agreement);
    object.text("service", &service.name);
    object.text("objective", &o.name);
    object.text("period", period);
    object.raw("by", &by(groups.iter().map(|g| (g.key.as_str(), g.value.clone()))));
}

fn credit(report: &Report<'_>, c: &Credit) -> Object {
    let mut object = Object::kind("credit");
    owed(&mut object, report, c);
    object
}

/// A credit that nobody claimed in time is owed no more; the record says what it would have been.
fn lapsed(report: &Report<'_>, c: &Credit) -> Object {
    let mut object = Object::kind("note");
    object.text("code", "credit-lapsed");
    owed(&mut object, report, c);
    object
}

fn owed(object: &mut Object, report: &Report<'_>, c: &Credit) {
    let agreement_id = match &c.cause {
        Cause::Objective { objective, by } => {
            of_period(object, report, *objective, &c.period, by);
            report.plan.services[report.plan.objectives[*objective].service].agreement
        }
        Cause::Obligation { obligation, case, seq } => {
            let service = report.service_of(*obligation);
            agreement(object, report, service.agreement);
            object.text("service", &service.name);
            object.optional("objective", None);
            object.text("obligation", &report.obligation(*obligation).name);
            object.optional("case", case.as_ref().map(|c| c.1.text()));
            object.number("seq", (*seq).into());
            object.text("period", &c.period);
            object.raw("by", "{}");
            service.agreement
        }
    };
    object.text("amount", &c.amount.fixed(c.currency.decimals()));
    object.text("currency", c.currency.code());
    object.text("because", &c.because);
    object.optional("claim_by", c.claim_by.map(|t| report.time(agreement_id, t)).as_deref());
    // The amount is the rate times the units, rounded once.
    let mut derivation = Object::new();
    derivation.raw("value", &c.value.map_or("null".to_string(), words::number));
    derivation.text("rate", &c.rate.to_string());
    derivation.text("units", &c.units.to_string());
    object.raw("derivation", &derivation.close());
    object.flag("provisional", c.provisional);
}

fn cap(report: &Report<'_>, c: &Capped) -> Object {
    let mut object = Object::kind("cap");
    agreement(&mut object, report, c.agreement);
    object.optional("objective", c.objective.map(|id| report.plan.objectives[id].name.as_str()));
    object.text("period", &c.period);
    object.text("amount", &c.amount.fixed(c.currency.decimals()));
    object.text("currency", c.currency.code());
    object.text("because", &c.because);
    object
}

fn right(report: &Report<'_>, r: &Right) -> Object {
    let mut object = Object::kind("right");
    of_period(&mut object, report, r.objective, &r.period, &r.by);
    object.text("right", &r.right);
    object.text("because", &r.because);
    object
}

fn stage(report: &Report<'_>, r: &StageRecord) -> Object {
    let case = &report.plan.cases[r.case];
    let mut object = Object::kind("stage");
    object.text("of", &case.name);
    object.text("stage", &case.stages[r.stage].name);
    object.number("reached", r.reached);
    let ratio = r.converted.and_then(|(n, d)| crate::quantity::Exact::ratio(n.into(), d.into()));
    object.raw("conversion", &ratio.map_or("null".to_string(), words::number));
    let count = |n: Option<u64>| n.map_or("null".to_string(), |n| n.to_string());
    object.raw("num", &count(r.converted.map(|c| c.0)));
    object.raw("den", &count(r.converted.map(|c| c.1)));
    object.raw("median_s", &r.median.map_or("null".to_string(), words::number));
    object
}

/// Milestones that were taken at their case's first one.
fn clamped<'r>(report: &'r Report<'_>) -> impl Iterator<Item = Object> + 'r {
    let zone = report.plan.agreements.ids().next();
    report.log.clamped.iter().map(move |c| {
        let mut object = Object::kind("note");
        object.text("code", "stop-before-start");
        object.text("case", &c.case);
        object.text("event", &c.event);
        let time = |t| zone.map(|z| report.time(z, t));
        object.optional("time", time(c.written).as_deref());
        object.optional("taken", time(c.taken).as_deref());
        object.optional("file", report.log.files.get(c.file as usize).map(|f| f.name.as_str()));
        object.number("line", c.line.into());
        object
    })
}

fn summary(report: &Report<'_>) -> Object {
    let judgement = report.judgement;
    let mut object = Object::kind("summary");
    object.number("events", judgement.events);
    let mut ignored = Object::new();
    for (name, event) in &report.log.ignored {
        words::push_number(ignored.named(name), event.rows);
    }
    object.raw("events_ignored", &ignored.close());
    object.number("rows_rejected", report.log.rejected);
    object.number("times_ambiguous", report.log.ambiguous);
    object.number("cases", judgement.cases);
    let totals = report.totals();
    let mut verdicts = Object::new();
    for verdict in Verdict::ALL {
        verdicts.number(verdict.word(), totals[verdict as usize]);
    }
    object.raw("verdicts", &verdicts.close());
    let zone = report.plan.agreements.ids().next();
    object.optional("as_of", zone.map(|z| report.time(z, judgement.as_of)).as_deref());
    object.text("plan", &report.digest);
    let logs = report.log.files.iter().map(|f| {
        let mut file = Object::new();
        file.text("file", &f.name);
        file.number("bytes", f.bytes);
        file.number("rows", f.rows);
        file.close()
    });
    object.raw("logs", &list(logs));
    object.text("tzdb", crate::time::tzdb_version());
    object.text("sla", env!("CARGO_PKG_VERSION"));
    object
}
