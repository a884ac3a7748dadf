//! `sla run`

use crate::cli::args::{DenyEvents, FailOn, Run, VerdictName};
use crate::cli::progress::Progress;
use crate::cli::rejects::Rejects;
use crate::cli::state::State;
use crate::cli::timings::{self, Timings};
use crate::cli::{Ended, Failed, load, logs, output};
use crate::engine::{Engine, Tally, Verdict};
use crate::log::{Batch, Found, Judge, Options, Reading, Share};
use crate::plan::Plan;
use crate::report::{Report, markdown, page, records, table, text};
use crate::time::{Instant, Zone};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The forms of a report, by the endings of their files.
#[derive(Clone, Copy)]
enum Form {
    Records,
    Table,
    Markdown,
}

pub(super) fn run(args: &Run) -> Result<Ended, Failed> {
    // What cannot be written is said before the work is done.
    let outputs: Vec<(PathBuf, Form)> = args.outputs.iter().map(|p| form(p).map(|f| (p.clone(), f))).collect::<Result<_, _>>()?;
    apart(args)?;
    let mut timings = Timings::start();
    let plan = load::plan(&args.specs)?;
    timings.end("compiling the spec");
    let as_of = args.as_of.as_deref().map(|text| as_of(&plan, text)).transpose()?;
    let progress = Progress::start("reading the log");
    let mut state = args.state.as_deref().map(|path| State::read(path, &plan)).transpose()?;
    let mut inputs = logs::inputs(&args.logs)?;
    if let Some(state) = &mut state {
        inputs = state.take(inputs)?;
    }
    let texts = state.as_mut().map(State::texts).unwrap_or_default();
    let only: Option<Vec<Verdict>> = (!args.only.is_empty()).then(|| args.only.iter().map(verdict).collect());
    let keep = kept(&outputs, only.as_deref());
    let threads = args.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()), |n| n.get());
    // What was put aside, or will be, is one part.
    let begin = || match &state {
        Some(state) => state.engine(&plan, &texts, keep),
        None => Ok(Engine::divided(&plan, &texts, keep, threads)),
    };
    let mut judging = Judging { engine: begin()?, spent: AtomicU64::new(0) };
    let options = Options {
        after: state.as_ref().map(|_| judging.engine.now()),
        source: args.source.clone(),
        deny_unknown_events: args.deny.contains(&DenyEvents::UnknownEvents),
        as_of,
        everything: false,
        spool: Some(tempfile::tempfile),
        threads,
    };
    let before = state.as_ref().map_or_else(Found::default, |state| state.found.clone());
    let reading = Reading { plan: &plan, texts: &texts, inputs: &inputs, options: &options, before: &before };
    progress.of_bytes(inputs.iter().map(|input| input.data.size()).sum());
    let mut seen = Seen { progress: &progress, rejects: Rejects::new(args.rejects.as_deref()), rows: 0 };
    let found = reading.as_written(&judging, &mut |batch| seen.take(batch)).map_err(logs::said)?;
    let found = match found {
        Some(found) => found,
        None => {
            // It is not in order: all that was judged is void.
            judging.engine = begin()?;
            seen.begin_anew();
            reading.sorted(&judging, &mut |batch| seen.take(batch)).map_err(logs::said)?
        }
    };
    let Judging { engine, spent } = judging;
    timings.judging = Duration::from_nanos(spent.into_inner());
    timings.end(timings::READING);
    seen.rejects.end()?;
    if let (Some(path), Some(state)) = (&args.state, state) {
        state.write(path, &plan, found.clone(), &texts, &engine)?;
        timings.end("writing the state");
    }
    let Some(as_of) = as_of.or(found.latest) else {
        return Err(Failed("error: the log has no rows\n  help: name another log, or judge an empty one `--as-of` a time".into()));
    };
    progress.then("judging what is open");
    let judgement = engine.finish(as_of);
    timings.end("judging what is open");
    progress.then("writing the report");
    let rows = found.files.iter().map(|f| f.rows).sum();
    let texts = texts.table();
    let report = Report::new(&plan, &texts, &judgement, found).only(only);
    drop(progress);
    for (path, form) in &outputs {
        write(&report, options.threads, path, *form)?;
    }
    if outputs.is_empty() {
        let out = anstream::AutoStream::auto(std::io::stdout());
        let mut out = BufWriter::new(out);
        text::write(&page::gather(&report), output::width(), &mut out)?;
        out.flush()?;
    }
    timings.end("writing the report");
    if args.timings {
        eprint!("{}", timings.text(rows));
    }
    let failed = args.fail_on.iter().any(|what| {
        report.has(match what {
            FailOn::Breached => "breached",
            FailOn::Missed => "missed",
            FailOn::Unknown => "unknown",
        })
    });
    Ok(if failed { Ended::Found } else { Ended::Done })
}

/// The instances that the outputs will show, beside those that are always kept.
fn kept<'v>(outputs: &[(PathBuf, Form)], only: Option<&'v [Verdict]>) -> &'v [Verdict] {
    let shows_all = outputs.iter().any(|(_, form)| matches!(form, Form::Records | Form::Table));
    if shows_all { only.unwrap_or(&Verdict::ALL) } else { &[] }
}

/// An engine, to which a log is given as it is read.
struct Judging<'p> {
    engine: Engine<'p>,
    /// How long its parts have judged, together, in nanoseconds.
    spent: AtomicU64,
}

impl Judge for Judging<'_> {
    fn parts(&self) -> usize {
        self.engine.parts()
    }

    fn judge(&self, part: usize, batch: &Batch) {
        let begun = std::time::Instant::now();
        if part == 0 {
            self.engine.count(Tally { events: batch.known, outside: batch.outside, later: batch.later });
        }
        let Share { events, idle } = &batch.parts[part];
        self.engine.judge_all(part, events);
        self.engine.note(part, idle);
        self.spent.fetch_add(begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
    }
}

/// What is seen of a log while it is read.
struct Seen<'s> {
    progress: &'s Progress,
    rejects: Rejects<'s>,
    rows: u64,
}

impl Seen<'_> {
    fn take(&mut self, batch: &Batch) {
        self.rows += batch.rows;
        self.rejects.take(&batch.rejected);
        self.progress.at(batch.read, self.rows);
    }

    /// It is read once more, from its first row on.
    fn begin_anew(&mut self) {
        self.rows = 0;
        self.rejects.begin_anew();
    }
}

/// Nothing that is read may be written over, and nothing read twice.
fn apart(args: &Run) -> Result<(), Failed> {
    let same = |a: &Path, b: &Path| a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    let written: Vec<&PathBuf> = args.outputs.iter().chain(&args.rejects).chain(&args.state).collect();
    for (i, out) in written.iter().enumerate() {
        for (inputs, what) in [(&args.logs, "the log"), (&args.specs, "the spec")] {
            if inputs.iter().any(|input| same(input, out)) {
                return Err(Failed(format!("error: {}: this is {what} itself\n  help: name another file to write", out.display())));
            }
        }
        if written[..i].iter().any(|other| same(other, out)) {
            return Err(Failed(format!("error: {}: this file is named twice to be written", out.display())));
        }
    }
    for (i, log) in args.logs.iter().enumerate() {
        if args.logs[..i].iter().any(|other| same(other, log)) {
            return Err(Failed(format!("error: {}: this log is named twice, and would count twice", log.display())));
        }
    }
    if args.logs.iter().any(|p| p.as_os_str() == "-") && args.specs.iter().any(|p| p.as_os_str() == "-") {
        return Err(Failed("error: standard input cannot be both the spec and the log".into()));
    }
    Ok(())
}

fn verdict(name: &VerdictName) -> Verdict {
    match name {
        VerdictName::Met => Verdict::Met,
        VerdictName::Breached => Verdict::Breached,
        VerdictName::Pending => Verdict::Pending,
        VerdictName::Void => Verdict::Void,
        VerdictName::Unknown => Verdict::Unknown,
    }
}

fn form(path: &Path) -> Result<Form, Failed> {
    match path.extension().and_then(|e| e.to_str()).map(str::to_lowercase).as_deref() {
        Some("jsonl") => Ok(Form::Records),
        Some("csv") => Ok(Form::Table),
        Some("md") => Ok(Form::Markdown),
        _ => Err(Failed(format!("error: {}: no report has this form\n  help: end the name in .jsonl, .csv or .md", path.display()))),
    }
}

fn write(report: &Report<'_>, threads: usize, path: &Path, form: Form) -> Result<(), Failed> {
    let failed = |e: std::io::Error| Failed(format!("error: {}: {e}", path.display()));
    let mut out = BufWriter::with_capacity(1 << 16, std::fs::File::create(path).map_err(failed)?);
    match form {
        Form::Records => records::write(report, threads, &mut out),
        Form::Table => table::write(report, &mut out),
        Form::Markdown => markdown::write(&page::gather(report), &mut out),
    }
    .and_then(|()| out.flush())
    .map_err(failed)
}

/// A time on the clock of the first agreement, unless it says its own offset; a date is in to its end.
fn as_of(plan: &Plan, text: &str) -> Result<Instant, Failed> {
    let zone = plan.agreements.iter().next().and_then(|a| Zone::named(&a.zone)).unwrap_or_else(Zone::utc);
    let unreadable = || {
        Failed(format!(
            "error: `{text}` is no time between 1900 and 2199\n  help: write `--as-of 2026-03-31`, `--as-of \"2026-03-31 17:00\"` or `--as-of 2026-03-31T17:00:00-04:00`"
        ))
    };
    let in_range = |date: NaiveDate| (1900..2200).contains(&date.year());
    if let Ok(date) = text.parse::<NaiveDate>() {
        return if in_range(date) { Ok(zone.midnight(date + Days::new(1))) } else { Err(unreadable()) };
    }
    let offsets = ["%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M%:z", "%Y-%m-%d %H:%M%:z", "%Y-%m-%d %H:%M:%S%.f%:z"];
    let zulu = text.strip_suffix(['Z', 'z']).map_or_else(|| text.to_string(), |t| format!("{t}+00:00"));
    if let Some(t) = offsets.iter().find_map(|f| DateTime::parse_from_str(&zulu, f).ok()) {
        return Instant::checked(t.timestamp_micros()).ok_or_else(unreadable);
    }
    let walls = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let wall = walls.iter().find_map(|f| NaiveDateTime::parse_from_str(text, f).ok()).filter(|w| in_range(w.date()));
    wall.map(|wall| zone.instant(wall)).ok_or_else(unreadable)
}
