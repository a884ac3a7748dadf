//! The records of instances, of which a report of years holds millions: what is the same in many of them is put into words once.

use crate::engine::{NoticeKind, NoticeRecord, Outcome, Verdict};
use crate::event::{Origin, Value};
use crate::id::{AgreementId, EventId, Id, ObligationId};
use crate::model::Type;
use crate::report::records::{quote, stands_in_json};
use crate::report::{Report, words};
use crate::time::{Duration, Instant, Zone};

/// Writes the records of instances behind each other.
pub(super) struct Lines<'r> {
    report: &'r Report<'r>,
    /// What the records of each obligation begin with.
    heads: Vec<Option<Head>>,
    /// Each tier, from its key to the names by which the obligation is asked for; the last is of no tier.
    tiers: Vec<String>,
    /// Each verdict, from its key to its reason.
    verdicts: [String; 5],
    /// What a row of each event begins with; the last is of rows without an event.
    events: Vec<String>,
    /// Each file of the log, from its key to the line; the last is of none of them.
    files: Vec<String>,
    clocks: Vec<Clock>,
    pub(super) text: Vec<u8>,
}

/// What the records of an obligation have in common.
#[derive(Clone)]
struct Head {
    agreement: AgreementId,
    /// Up to its case.
    text: String,
    /// Those of a notice, up to its case.
    of_notice: String,
    /// The clauses that decided, by the row of targets, each from `spec` to its evidence.
    clauses: Vec<(Option<usize>, String)>,
}

impl<'r> Lines<'r> {
    pub(super) fn new(report: &'r Report<'r>) -> Lines<'r> {
        let quoted = |text: &str| {
            let mut out = String::new();
            quote(&mut out, text);
            out
        };
        let row = |event: &str| format!("{{\"event\":{event},\"time\":");
        let events = report.plan.events.iter().map(|e| row(&quoted(&e.name))).chain([row("null")]);
        let tier = |tier: &str| format!(",\"tier\":{tier},\"by\":{{");
        let tiers = report.plan.tiers.iter().map(|t| tier(&quoted(&t.name))).chain([tier("null")]);
        let file = |file: &str| format!(",\"file\":{file},\"line\":");
        let files = report.log.files.iter().map(|f| file(&quoted(&f.name))).chain([file("\"\"")]);
        Lines {
            report,
            heads: vec![None; report.plan.obligations.len()],
            tiers: tiers.collect(),
            verdicts: Verdict::ALL.map(|verdict| format!("}},\"verdict\":\"{}\",\"reason\":", verdict.word())),
            events: events.collect(),
            files: files.collect(),
            clocks: report.plan.agreements.ids().map(|_| Clock::default()).collect(),
            text: Vec::new(),
        }
    }

    fn head(&self, id: ObligationId) -> Head {
        let report = self.report;
        let (obligation, service) = (report.obligation(id), report.service_of(id));
        let agreement = report.agreement(service.agreement);
        let mut text = String::from("{\"kind\":\"verdict\"");
        let mut of_notice = String::new();
        let names = [
            (",\"agreement\":", &agreement.name, true),
            (",\"version\":", &agreement.version, false),
            (",\"service\":", &service.name, true),
            (",\"obligation\":", &obligation.name, true),
        ];
        for (key, name, in_notice) in names {
            for text in [Some(&mut text), Some(&mut of_notice).filter(|_| in_notice)].into_iter().flatten() {
                text.push_str(key);
                quote(text, name);
            }
        }
        text.push_str(",\"case\":");
        of_notice.push_str(",\"case\":");
        Head { agreement: service.agreement, text, of_notice, clauses: Vec::new() }
    }

    /// The clause that decided, from `spec` to the evidence.
    fn clause(report: &Report<'_>, o: &Outcome) -> String {
        let clause = report.clause(o);
        let mut text = String::from(",\"spec\":{\"file\":");
        quote(&mut text, &clause.file);
        text.push_str(&format!(",\"line\":{}}},\"evidence\":[", clause.line));
        text
    }

    /// Puts into words what the records of an obligation have in common, if that was not done before.
    fn prepare(&mut self, id: ObligationId) {
        if self.heads[id.index()].is_none() {
            self.heads[id.index()] = Some(self.head(id));
        }
    }

    /// Adds the record of a notice.
    pub(super) fn add_notice(&mut self, n: &NoticeRecord<'_>) {
        self.prepare(n.obligation);
        let Lines { report, heads, clocks, text: out, .. } = self;
        let head = heads[n.obligation.index()].as_ref().expect("it was made above");
        put(out, "{\"kind\":\"notice\",\"notice\":");
        put(out, if n.kind == NoticeKind::Warn { "\"warn\"" } else { "\"escalate\"" });
        put(out, ",\"at\":");
        clocks[head.agreement.index()].push(out, report.zone(head.agreement), n.at);
        put(out, ",\"to\":");
        optional(out, n.to.map(str::as_bytes));
        put(out, &head.of_notice);
        optional(out, n.case.map(|c| c.1.as_bytes()));
        put(out, ",\"seq\":");
        words::put_number(out, n.seq.into());
        put(out, "}\n");
    }

    /// Adds the record of an instance.
    pub(super) fn add(&mut self, o: &Outcome) {
        let at = o.obligation.index();
        self.prepare(o.obligation);
        let Lines { report, heads, tiers, verdicts, events, files, clocks, text: out } = self;
        let (report, head) = (*report, heads[at].as_mut().expect("it was made above"));
        let (clock, zone) = (&mut clocks[head.agreement.index()], report.zone(head.agreement));
        put(out, &head.text);
        optional(out, o.case.as_ref().map(|(_, key)| key.bytes()));
        put(out, ",\"seq\":");
        words::put_number(out, o.seq.into());
        put(out, &tiers[o.tier.map_or(tiers.len() - 1, Id::index)]);
        for (i, (key, value)) in report.keys(o).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            quoted(out, key.as_bytes());
            out.push(b':');
            field(out, report, head.agreement, value);
        }
        put(out, &verdicts[o.verdict as usize]);
        optional(out, o.reason.map(|r| r.text(report.plan)).as_deref().map(str::as_bytes));
        for (key, t) in [(",\"start\":", Some(o.start)), (",\"due\":", o.due), (",\"stop\":", o.stop)] {
            put(out, key);
            match t {
                Some(t) => clock.push(out, zone, t),
                None => put(out, "null"),
            }
        }
        let late = o.elapsed.map(|_| o.late);
        for (key, d) in [(",\"elapsed_s\":", o.elapsed), (",\"target_s\":", o.target), (",\"paused_s\":", o.paused), (",\"late_s\":", late)]
        {
            put(out, key);
            match d {
                Some(d) => seconds(out, d),
                None => put(out, "null"),
            }
        }
        put(out, ",\"blame\":");
        field(out, report, head.agreement, if o.verdict == Verdict::Breached { report.owner(o) } else { None });
        let clause = match head.clauses.iter().position(|(row, _)| *row == o.row) {
            Some(at) => at,
            None => {
                head.clauses.push((o.row, Lines::clause(report, o)));
                head.clauses.len() - 1
            }
        };
        put(out, &head.clauses[clause].1);
        for (i, row) in o.evidence.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            put(out, &events[row.event.map_or(events.len() - 1, EventId::index)]);
            clock.push(out, zone, row.time);
            let Origin { file, line } = row.origin;
            put(out, &files[(file as usize).min(files.len() - 1)]);
            words::put_number(out, line.into());
            out.push(b'}');
        }
        put(out, "]}\n");
    }
}

fn optional(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => quoted(out, text),
        None => put(out, "null"),
    }
}

/// A field's value in words; most are texts or members.
fn field(out: &mut Vec<u8>, report: &Report<'_>, agreement: AgreementId, of: Option<(&Type, Value)>) {
    match of {
        None => put(out, "null"),
        Some((_, Value::Text(text))) => quoted(out, report.texts.text(text).as_bytes()),
        Some((ty, value)) => quoted(out, report.value(ty, agreement, value).as_bytes()),
    }
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// A text, by its bytes. Most stand in JSON as they are.
fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    if stands_in_json(text) {
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    } else {
        let text = std::str::from_utf8(text).expect("it is a text");
        put(out, &serde_json::to_string(text).expect("a text is JSON"));
    }
}

/// A JSON number of seconds, exact to the microsecond.
fn seconds(out: &mut Vec<u8>, d: Duration) {
    let us = d.as_micros();
    if us >= 0 && us % 1_000_000 == 0 { words::put_number(out, us as u64 / 1_000_000) } else { put(out, &words::seconds(d)) }
}

const DAY: Duration = Duration::seconds(86_400);

/// Instants on the clock of one zone. Those of a day have their date and their offset in common.
struct Clock {
    days: [Day; Clock::DAYS],
    /// What the clock was ahead of UTC by on the day that was found last: with it a day's instants have one place.
    offset: Duration,
    /// Whole seconds that were put into words last, and which of them goes next: a record names most of its instants twice.
    latest: [(Instant, Words); Clock::LATEST],
    next: usize,
}

/// An instant in quotes.
type Words = [u8; 27];

/// A local day, or the part of it in which the clock's offset is the same.
#[derive(Clone, Copy, Default)]
struct Day {
    from: Instant,
    to: Instant,
    /// The time of the day at its first instant.
    begins: Duration,
    date: [u8; 12],
    offset: [u8; 7],
}

impl Default for Clock {
    fn default() -> Clock {
        let nothing = (Instant::NEVER, [0; 27]);
        Clock { days: [Day::default(); Clock::DAYS], offset: Duration::ZERO, latest: [nothing; Clock::LATEST], next: 0 }
    }
}

impl Clock {
    const DAYS: usize = 64;
    /// As many as most records name.
    const LATEST: usize = 4;

    /// Adds an instant as RFC 3339 has it, in quotes.
    fn push(&mut self, out: &mut Vec<u8>, zone: &Zone, t: Instant) {
        if let Some((_, text)) = self.latest.iter().find(|(known, _)| *known == t) {
            return out.extend_from_slice(text);
        }
        let day = &mut self.days[t.plus(self.offset).as_micros().div_euclid(DAY.as_micros()) as usize % Clock::DAYS];
        if t < day.from || day.to <= t {
            *day = Day::of(zone, t);
            self.offset = zone.offset(t);
        }
        let of_day = t.since(day.from).plus(day.begins).as_micros();
        let (seconds, micros) = ((of_day / 1_000_000) as u32, of_day % 1_000_000);
        let mut text = [b':'; 27];
        text[..12].copy_from_slice(&day.date);
        for (at, n) in [(12, seconds / 3600), (15, seconds / 60 % 60), (18, seconds % 60)] {
            text[at..at + 2].copy_from_slice(&words::two(n));
        }
        text[20..].copy_from_slice(&day.offset);
        if micros == 0 {
            self.latest[self.next % Clock::LATEST] = (t, text);
            self.next += 1;
            return out.extend_from_slice(&text);
        }
        out.extend_from_slice(&text[..20]);
        put(out, &words::fraction(micros));
        out.extend_from_slice(&day.offset);
    }
}

impl Day {
    fn of(zone: &Zone, t: Instant) -> Day {
        let of_day = |t: Instant| Duration::micros(t.plus(zone.offset(t)).as_micros().rem_euclid(DAY.as_micros()));
        let midnight = t.minus(of_day(t));
        // The part of the day around the instant in which the offset is the same.
        let (mut from, mut to) = (midnight, midnight.plus(DAY));
        for change in zone.changes(from, to) {
            if change <= t {
                from = change;
            } else {
                to = to.min(change);
            }
        }
        let mut text = String::from("\"");
        words::push_rfc3339(&mut text, zone, from);
        let mut day = Day { from, to, begins: of_day(from), date: [b'"'; 12], offset: [b'"'; 7] };
        day.date.copy_from_slice(&text.as_bytes()[..12]);
        day.offset[..6].copy_from_slice(&text.as_bytes()[text.len() - 6..]);
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_a_day_are_written_as_one_by_one() {
        let zone = Zone::named("America/New_York").unwrap();
        let mut clock = Clock::default();
        // Every 37 minutes and some microseconds of the days around both changes of the clock, and of days long after.
        let starts = ["2026-03-07 20:00:00", "2026-10-31 20:00:00", "2027-01-04 20:00:00"];
        for start in starts.map(|s| chrono::NaiveDateTime::parse_from_str(s, "%Y-%m-%d %H:%M:%S").unwrap()) {
            for step in 0..150 {
                let t = Instant::from_utc(start).plus(Duration::micros(step * 37 * 60_000_000 + step % 3 * 250_000));
                let mut text = Vec::new();
                clock.push(&mut text, &zone, t);
                assert_eq!(String::from_utf8(text).unwrap(), format!("\"{}\"", words::rfc3339(&zone, t)));
            }
        }
    }
}
