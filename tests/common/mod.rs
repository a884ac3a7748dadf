//! What the tests share: the way from a spec and a log to records, and where the reference data is.

pub(crate) mod random;
pub(crate) mod tickets;

use serde_json::Value;
use sla::engine;
use sla::log::{self, Input, Options};
use sla::report::{Report, records};
use sla::source::SourceMap;
use sla::{check, plan, syntax};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Compiles a spec that must have no error.
pub(crate) fn compile(spec: &str) -> plan::Plan {
    let mut sources = SourceMap::default();
    let file = sources.add("spec.sla", spec);
    let (tree, mut findings) = syntax::parse(&sources, file);
    let (model, found) = check::check(&[tree]);
    findings.extend(found);
    let errors: Vec<String> = findings.iter().filter(|f| f.is_error()).map(|f| format!("{}: {} {:?}", f.code, f.message, f.help)).collect();
    assert!(errors.is_empty(), "the spec has errors: {errors:#?}\n{spec}");
    plan::from_model(&model, &sources)
}

/// The records of a run, as another program would read them.
pub(crate) fn judge(spec: &str, log: &str) -> Vec<Value> {
    judge_as_of(spec, log, None)
}

/// The same as of a UTC instant, written as RFC 3339.
pub(crate) fn judge_as_of(spec: &str, log: &str, as_of: Option<&str>) -> Vec<Value> {
    let plan = compile(spec);
    run(&plan, vec![Input::of("log.csv", log.as_bytes())], as_of)
}

/// Runs a plan on a log that must be readable.
pub(crate) fn run(plan: &plan::Plan, inputs: Vec<Input>, as_of: Option<&str>) -> Vec<Value> {
    let log = log::read(plan, inputs, &Options::default()).unwrap_or_else(|e| panic!("{} {:?}", e.message, e.help));
    assert!(log.rejected.is_empty(), "{:?}", log.rejected.first());
    let as_of = as_of.map(instant).or(log.found.latest).expect("the log has rows");
    let judgement = engine::run(plan, &log.texts, &log.events, as_of);
    let mut out = Vec::new();
    records::write(&Report::new(plan, &log.texts.table(), &judgement, log.found), 2, &mut out).expect("memory takes everything");
    let lines = String::from_utf8(out).expect("records are UTF-8");
    lines.lines().map(|l| serde_json::from_str(l).expect("a record is JSON")).collect()
}

pub(crate) fn verdicts(records: &[Value]) -> impl Iterator<Item = &Value> {
    records.iter().filter(|r| r["kind"] == "verdict")
}

pub(crate) fn instant(rfc3339: &str) -> sla::time::Instant {
    let t = chrono::DateTime::parse_from_rfc3339(rfc3339).unwrap_or_else(|e| panic!("{rfc3339}: {e}"));
    sla::time::Instant::from_micros(t.timestamp_micros())
}

/// Whether two RFC 3339 times are one instant.
pub(crate) fn same_time(a: &Value, b: &str) -> bool {
    a.as_str().is_some_and(|a| instant(a) == instant(b))
}

/// The reference data beside the repository. A clone without it skips, and says so; the gate does not.
pub(crate) fn reference(path: &str) -> Option<PathBuf> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if full.exists() {
        return Some(full);
    }
    assert!(std::env::var_os("CI").is_none(), "the reference data is missing: {}", full.display());
    println!("skipped: there is no {}", full.display());
    None
}

/// The rows of a JSON Lines file of the reference data.
pub(crate) fn rows(path: &str) -> Vec<Value> {
    let Some(path) = reference(path) else { return Vec::new() };
    let text = std::fs::read_to_string(path).expect("the reference data can be read");
    text.lines().map(|l| serde_json::from_str(l).expect("a row is JSON")).collect()
}

/// Runs the program in a folder.
pub(crate) fn sla(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sla"));
    command.current_dir(folder).args(args).env("NO_COLOR", "1").env("COLUMNS", "100");
    command.output().expect("the program starts")
}

/// An empty folder of this test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder can be made");
    path
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
