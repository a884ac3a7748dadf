//! Mistakes that people make, planted in the gallery: what `sla check` finds by itself, and what the tests of a spec find
//! besides. A mutant whose compiled plan is the same as before means the same and is not counted.
//!
//! `cargo test mutants -- --nocapture` prints the table by kind and every survivor.

mod kinds;

use crate::common::{folder, sla, text};
use kinds::{KINDS, Kind};
use regex_lite::Regex;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// So many places of one kind are broken in one spec.
const SITES: usize = 4;

/// One planted mistake.
struct Mutant {
    kind: &'static Kind,
    /// The folder below `specs`.
    spec: String,
    /// The file that is broken.
    file: PathBuf,
    /// What is taken out.
    place: Range<usize>,
    /// What stands there instead.
    instead: String,
}

/// How a mutant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// `sla check` has a finding whose first label is on what was broken.
    Named,
    /// `sla check` has a finding elsewhere.
    Checked,
    /// A test fails.
    Tested,
    /// Nobody noticed.
    Survived,
    /// It means the same as before.
    Same,
}

#[test]
fn planted_mistakes_are_found() {
    let mutants = mutants();
    let next = Mutex::new(mutants.iter());
    let fates: Mutex<Vec<(&Mutant, Fate)>> = Mutex::default();
    std::thread::scope(|scope| {
        for worker in 0..2 {
            let (next, fates) = (&next, &fates);
            scope.spawn(move || {
                loop {
                    let Some(mutant) = next.lock().unwrap().next() else { break };
                    let fate = fate(mutant, worker);
                    fates.lock().unwrap().push((mutant, fate));
                }
            });
        }
    });
    let mut fates = fates.into_inner().unwrap();
    fates.retain(|(_, fate)| *fate != Fate::Same);
    fates.sort_by_key(|(m, _)| (m.kind.name, &m.spec, m.place.start));
    let table = table(&fates);
    println!("{table}");
    for (mutant, _) in fates.iter().filter(|(_, fate)| *fate == Fate::Survived) {
        println!("survived  {}", described(mutant));
    }
    for (mutant, _) in fates.iter().filter(|(m, fate)| *fate == Fate::Tested && m.kind.contradicts) {
        println!("only by a test  {}", described(mutant));
    }
    let share = |of: &dyn Fn(&(&Mutant, Fate)) -> bool, among: &dyn Fn(&(&Mutant, Fate)) -> bool| {
        let among: Vec<_> = fates.iter().filter(|f| among(f)).collect();
        among.iter().filter(|f| of(f)).count() * 1000 / among.len()
    };
    let by_check = |f: &(&Mutant, Fate)| matches!(f.1, Fate::Named | Fate::Checked);
    assert!(KINDS.len() >= 30 && fates.len() >= 600, "{} mutants of {} kinds", fates.len(), KINDS.len());
    assert!(share(&|f| f.1 != Fate::Survived, &|_| true) >= 950, "of all\n{table}");
    assert!(share(&by_check, &|f| f.0.kind.contradicts) >= 950, "of contradictions, by check alone\n{table}");
    assert!(share(&|f| f.1 == Fate::Named, &|f| f.0.kind.contradicts && by_check(f)) >= 800, "of those, where they are\n{table}");
}

/// Every mutant of every spec of the gallery.
fn mutants() -> Vec<Mutant> {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut mutants = Vec::new();
    for folder in sorted(&specs).into_iter().filter(|p| p.is_dir()) {
        for file in sorted(&folder).into_iter().filter(|p| p.extension().is_some_and(|e| e == "sla")) {
            let text = std::fs::read_to_string(&file).unwrap();
            for kind in KINDS {
                let pattern = Regex::new(kind.pattern).unwrap_or_else(|e| panic!("{}: {e}", kind.name));
                let masked = masked(&text, kind.in_texts);
                let found: Vec<(Range<usize>, String)> = pattern
                    .captures_iter(&masked)
                    .filter_map(|c| {
                        let place = c.get(0).unwrap().range();
                        // The pattern sees blanks for what it may not change; what it keeps is taken from the text.
                        let kept = pattern.captures(&text[place.clone()]).filter(|k| k.get(0).unwrap().len() == place.len());
                        let instead = (kind.instead)(kept.as_ref().unwrap_or(&c))?;
                        (instead != text[place.clone()]).then_some((place, instead))
                    })
                    .collect();
                let step = found.len().div_ceil(SITES).max(1);
                let spec = folder.file_name().unwrap().to_string_lossy().into_owned();
                mutants.extend(found.into_iter().step_by(step).map(|(place, instead)| Mutant {
                    kind,
                    spec: spec.clone(),
                    file: file.clone(),
                    place,
                    instead,
                }));
            }
        }
    }
    mutants
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A text of the same length without comments, without the blocks that say what is expected or how a log is written, and
/// without quoted words unless they are wanted.
fn masked(text: &str, in_texts: bool) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut depth, mut hidden, mut line_start) = (0usize, false, true);
    let (mut i, mut blank) = (0, vec![false; bytes.len()]);
    while i < bytes.len() {
        let rest = &text.as_bytes()[i..];
        if depth == 0 && line_start {
            hidden = rest.starts_with(b"test ") || rest.starts_with(b"source ") || rest.starts_with(b"import ");
        }
        line_start = bytes[i] == b'\n';
        let end = if rest.starts_with(b"//") {
            i + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
        } else if bytes[i] == b'"' {
            i + 2 + rest[1..].iter().position(|b| *b == b'"').unwrap_or(rest.len() - 2)
        } else {
            i + 1
        };
        let is_comment = rest.starts_with(b"//");
        let is_text = bytes[i] == b'"';
        for b in &mut blank[i..end] {
            *b = hidden || is_comment || (is_text && !in_texts);
        }
        match bytes[i] {
            b'{' if !is_text && !is_comment => depth += 1,
            b'}' if !is_text && !is_comment => depth -= 1,
            _ => {}
        }
        i = end;
    }
    for (b, blank) in bytes.iter_mut().zip(blank) {
        if blank && *b != b'\n' {
            *b = b' ';
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn fate(mutant: &Mutant, worker: usize) -> Fate {
    let copy = folder(&format!("mutant-{worker}"));
    for file in sorted(mutant.file.parent().unwrap()) {
        let name = file.file_name().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        if file == mutant.file {
            let (before, after) = (&text[..mutant.place.start], &text[mutant.place.end..]);
            std::fs::write(copy.join(name), format!("{before}{}{after}", mutant.instead)).unwrap();
        } else if file.extension().is_some_and(|e| e == "sla") {
            std::fs::write(copy.join(name), text).unwrap();
        }
    }
    let checked = sla(&copy, &["check", ".", "--format", "json"]);
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&checked.stdout).unwrap();
    if !findings.is_empty() {
        let text = std::fs::read_to_string(copy.join(mutant.file.file_name().unwrap())).unwrap();
        let line = |at: usize| text[..at].matches('\n').count() as u64 + 1;
        // A clause that is gone is missed where it stood.
        let around = u64::from(mutant.instead.trim().is_empty());
        let broken = line(mutant.place.start) - around..=line(mutant.place.start + mutant.instead.len()) + around;
        let named = findings.iter().any(|f| f["labels"][0]["line"].as_u64().is_some_and(|l| broken.contains(&l)));
        return if named { Fate::Named } else { Fate::Checked };
    }
    if !sla(&copy, &["test", "."]).status.success() {
        return Fate::Tested;
    }
    let folder = mutant.file.parent().unwrap();
    if plan(&copy) == plan(folder) { Fate::Same } else { Fate::Survived }
}

/// The compiled plan without the places in the text.
fn plan(folder: &Path) -> String {
    let compiled = sla(folder, &["compile", "."]);
    let lines = Regex::new(r#""line":\d+"#).unwrap();
    lines.replace_all(&text(&compiled.stdout), "").into_owned()
}

fn described(mutant: &Mutant) -> String {
    let whole = std::fs::read_to_string(&mutant.file).unwrap();
    let line = whole[..mutant.place.start].matches('\n').count() + 1;
    let name = mutant.file.file_name().unwrap().to_string_lossy();
    let short = |t: &str| t.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}: {name}:{line}: `{}` -> `{}`", mutant.kind.name, short(&whole[mutant.place.clone()]), short(&mutant.instead))
}

fn table(fates: &[(&Mutant, Fate)]) -> String {
    let mut rows: BTreeMap<(bool, &str), [usize; 4]> = BTreeMap::new();
    for (mutant, fate) in fates {
        rows.entry((!mutant.kind.contradicts, mutant.kind.name)).or_default()[*fate as usize] += 1;
    }
    let row = |name: &str, [named, checked, tested, survived]: [usize; 4]| {
        format!("{name:44} {:>7} {named:>6} {checked:>10} {tested:>7} {survived:>9}\n", named + checked + tested + survived)
    };
    let mut out = format!("{:44} {:>7} {:>6} {:>10} {:>7} {:>9}\n", "kind", "mutants", "named", "elsewhere", "tested", "survived");
    for contradicts in [true, false] {
        out += if contradicts { "the text contradicts itself or its calendar\n" } else { "a plausible text that says something else\n" };
        let mut sum = [0; 4];
        for ((_, name), counts) in rows.iter().filter(|((plausible, _), _)| *plausible != contradicts) {
            out += &row(&format!("  {name}"), *counts);
            sum = std::array::from_fn(|i| sum[i] + counts[i]);
        }
        out += &row("  together", sum);
    }
    out
}
