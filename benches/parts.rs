//! What the parts of `sla run` cost: calendars, times, the formats of logs, judging, writing records.
//!
//! `cargo bench --bench parts` prints, for each part, the fastest, slowest and median time, and how many items or bytes a second that
//! is. The log is the same for all: a hundred thousand events of twenty-five thousand tickets, made here, in order of time.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use sla::engine::{Engine, Tally, Verdict};
use sla::event::Texts;
use sla::log::{self, Batch, Found, Input, Judge, Log, Options, Reading};
use sla::plan::Plan;
use sla::report::{Report, records};
use sla::source::SourceMap;
use sla::time::{Calendar, Duration, Horizon, Instant, Zone};
use sla::{check, plan, syntax};
use std::fmt::Write;
use std::sync::LazyLock;

fn main() {
    divan::main();
}

/// The agreement that the tests of scale are about, too.
const SPEC: &str = include_str!("../tests/common/tickets.sla");

const TICKETS: u32 = 25_000;

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let mut sources = SourceMap::default();
    let file = sources.add("spec.sla", SPEC);
    let (tree, _) = syntax::parse(&sources, file);
    let (model, findings) = check::check(&[tree]);
    assert!(findings.iter().all(|f| !f.is_error()), "{findings:?}");
    plan::from_model(&model, &sources)
});

/// Minute, event, ticket, and for the first event of each priority and group.
type Row = (u32, &'static str, u32, Option<(u32, u32)>);

/// In order of time.
static EVENTS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut dice = 7u32;
    let mut roll = |n: u32| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 8) % n
    };
    let mut events = Vec::new();
    for ticket in 0..TICKETS {
        let opened = roll(300 * 1440);
        events.push((opened, "opened", ticket, Some((1 + roll(3), roll(40)))));
        events.push((opened + 1 + roll(60), "note", ticket, None));
        let waits = roll(4) == 0;
        let resolved = opened + 100 + roll(2_000);
        if waits {
            events.push((opened + 70, "waiting", ticket, None));
        }
        events.push((resolved, "resolved", ticket, None));
        events.push((resolved + roll(500), "note", ticket, None));
    }
    events.sort_by_key(|e| e.0);
    events
});

fn time(minute: u32) -> impl std::fmt::Display {
    let start = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date").and_hms_opt(6, 0, 0).expect("a time");
    (start + chrono::TimeDelta::minutes(minute.into())).format("%Y-%m-%dT%H:%M:%S")
}

/// The log as CSV; `zone` stands behind each time.
fn csv(zone: &str) -> String {
    let mut log = String::from("time,event,ticket,priority,group\n");
    for (minute, event, ticket, first) in EVENTS.iter() {
        let first = first.map_or(",".to_string(), |(priority, group)| format!("{priority},group {group}"));
        let _ = writeln!(log, "{}{zone},{event},T-{ticket:06},{first}", time(*minute));
    }
    log
}

fn jsonl() -> String {
    let mut log = String::new();
    for (minute, event, ticket, first) in EVENTS.iter() {
        let first = first.map_or(String::new(), |(priority, group)| format!(r#","priority":{priority},"group":"group {group}""#));
        let _ = writeln!(log, r#"{{"time":"{}Z","event":"{event}","ticket":"T-{ticket:06}"{first}}}"#, time(*minute));
    }
    log
}

fn parquet() -> Vec<u8> {
    use parquet::column::writer::ColumnWriter;
    use parquet::data_type::ByteArray;
    let schema = "message log { required int64 time (TIMESTAMP(MICROS,true)); required binary event (UTF8); required binary ticket (UTF8); \
                  optional int32 priority; optional binary group (UTF8); }";
    let schema = parquet::schema::parser::parse_message_type(schema).expect("a schema");
    let mut file = parquet::file::writer::SerializedFileWriter::new(Vec::new(), schema.into(), Default::default()).expect("a file");
    for rows in EVENTS.chunks(50_000) {
        let mut group = file.next_row_group().expect("a group");
        let levels: Vec<i16> = rows.iter().map(|e| i16::from(e.3.is_some())).collect();
        let bytes = |text: String| ByteArray::from(text.into_bytes());
        let mut at = 0;
        while let Some(mut column) = group.next_column().expect("a column") {
            match column.untyped() {
                ColumnWriter::Int64ColumnWriter(w) => {
                    let micros = |e: &Row| 1_767_592_800_000_000 + i64::from(e.0) * 60_000_000;
                    w.write_batch(&rows.iter().map(micros).collect::<Vec<_>>(), None, None).expect("times");
                }
                ColumnWriter::Int32ColumnWriter(w) => {
                    let values: Vec<i32> = rows.iter().filter_map(|e| e.3).map(|f| f.0 as i32).collect();
                    w.write_batch(&values, Some(&levels), None).expect("numbers");
                }
                ColumnWriter::ByteArrayColumnWriter(w) => {
                    let (values, levels): (Vec<ByteArray>, _) = match at {
                        1 => (rows.iter().map(|e| bytes(e.1.to_string())).collect(), None),
                        2 => (rows.iter().map(|e| bytes(format!("T-{:06}", e.2))).collect(), None),
                        _ => (rows.iter().filter_map(|e| e.3).map(|f| bytes(format!("group {}", f.1))).collect(), Some(levels.as_slice())),
                    };
                    w.write_batch(&values, levels, None).expect("texts");
                }
                _ => unreachable!("the schema has no other types"),
            }
            column.close().expect("a column");
            at += 1;
        }
        group.close().expect("a group");
    }
    file.into_inner().expect("a file")
}

fn office() -> Calendar {
    let zone = Zone::named("Europe/Berlin").expect("a zone");
    Calendar::new(&PLAN.calendars.iter().next().expect("a calendar").recipe, &zone, Horizon { first: 2025, last: 2028 })
        .expect("a calendar")
}

fn instants() -> Vec<Instant> {
    EVENTS.iter().map(|e| Instant::from_micros(1_767_592_800_000_000 + i64::from(e.0) * 60_000_000)).collect()
}

#[divan::bench]
fn calendar_elapsed(bencher: Bencher<'_, '_>) {
    let (office, instants) = (office(), instants());
    bencher.counter(ItemsCount::new(instants.len())).bench(|| {
        let days = Duration::seconds(3 * 86_400);
        instants.iter().fold(Duration::ZERO, |all, t| all.plus(office.elapsed(*t, t.plus(days))))
    });
}

#[divan::bench]
fn calendar_due(bencher: Bencher<'_, '_>) {
    let (office, instants) = (office(), instants());
    let target = Duration::seconds(16 * 3600);
    bencher
        .counter(ItemsCount::new(instants.len()))
        .bench(|| instants.iter().filter_map(|t| office.advance(*t, target)).fold(0, |all, due| all ^ due.as_micros()));
}

/// Does nothing with a log.
struct Idle;

impl Judge for Idle {
    fn parts(&self) -> usize {
        1
    }

    fn judge(&self, _: usize, batch: &Batch) {
        black_box(batch);
    }
}

/// Reads a log and does nothing with it.
fn decode(bencher: Bencher<'_, '_>, bytes: Vec<u8>) {
    let inputs = [Input::of("log", bytes.clone())];
    bencher.counter(ItemsCount::new(EVENTS.len())).counter(BytesCount::new(bytes.len())).bench(|| {
        let mut rows = 0;
        let (texts, options, before) = (&Texts::default(), &Options::default(), &Found::default());
        let reading = Reading { plan: &PLAN, texts, inputs: &inputs, options, before };
        reading.as_written(&Idle, &mut |batch| rows += batch.rows).expect("a log").expect("it is in order");
        assert_eq!(rows as usize, EVENTS.len());
    });
}

#[divan::bench]
fn decode_csv(bencher: Bencher<'_, '_>) {
    decode(bencher, csv("Z").into_bytes());
}

/// The same, with times whose offset must be read: the difference is what a time costs in another dress.
#[divan::bench]
fn decode_csv_with_offsets(bencher: Bencher<'_, '_>) {
    decode(bencher, csv("+00:00").into_bytes());
}

#[divan::bench]
fn decode_jsonl(bencher: Bencher<'_, '_>) {
    decode(bencher, jsonl().into_bytes());
}

#[divan::bench]
fn decode_parquet(bencher: Bencher<'_, '_>) {
    decode(bencher, parquet());
}

fn read() -> Log {
    log::read(&PLAN, vec![Input::of("log", csv("Z"))], &Options::default()).expect("a log")
}

#[divan::bench]
fn judge(bencher: Bencher<'_, '_>) {
    let log = read();
    let as_of = log.found.latest.expect("the log has rows");
    bencher.counter(ItemsCount::new(EVENTS.len())).bench_local(|| {
        let engine = Engine::new(&PLAN, &log.texts, &[]);
        engine.count(Tally { events: EVENTS.len() as u64, ..Tally::default() });
        engine.judge_all(0, &log.events);
        black_box(engine.finish(as_of))
    });
}

#[divan::bench]
fn write_records(bencher: Bencher<'_, '_>) {
    let log = read();
    let engine = Engine::new(&PLAN, &log.texts, &Verdict::ALL);
    engine.judge_all(0, &log.events);
    let judgement = engine.finish(log.found.latest.expect("the log has rows"));
    let texts = log.texts.table();
    let report = Report::new(&PLAN, &texts, &judgement, log.found);
    bencher.counter(ItemsCount::new(judgement.outcomes.len())).bench_local(|| {
        let mut out = Vec::new();
        records::write(&report, 1, &mut out).expect("memory takes everything");
        out
    });
}
