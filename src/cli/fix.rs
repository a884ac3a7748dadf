//! `sla check --fix`: what is certain is put right, if the text is better for it.

use crate::cli::load::{self, Spec};
use crate::cli::{Failed, fmt};
use crate::diagnostic::{Finding, Policy};
use crate::source::Span;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::PathBuf;

/// So often what was uncovered is looked at again.
const ROUNDS: usize = 8;

/// A text that belongs in a place of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fix {
    file: PathBuf,
    span: Span,
    right: String,
}

/// Puts right what is certain; with `look` it only shows how the texts would differ. A fix after which something would be found
/// that was not found before is none. Says whether anything changes.
pub(super) fn run(paths: &[PathBuf], policy: &Policy, look: bool, out: &mut impl Write) -> Result<bool, Failed> {
    if paths.iter().any(|p| p.as_os_str() == "-") {
        return Err(Failed("error: standard input cannot be put right\n  help: name the file".into()));
    }
    let unchanged = State::default();
    let before = load::separate_as(paths, &unchanged.texts)?;
    let offered = fixes(&before);
    let mut said = said(before, policy);
    let all = settled(paths, unchanged.with(&offered)?, &[])?;
    let mut best = unchanged;
    if is_better(&said, paths, policy, &all)? {
        best = all;
    } else {
        // One after the other, each with what it uncovers; from the last to the first, so that places before stay where they are.
        for fix in offered.iter().rev() {
            let tried = settled(paths, best.with(std::slice::from_ref(fix))?, &offered)?;
            if is_better(&said, paths, policy, &tried)? {
                said = self::said(load::separate_as(paths, &tried.texts)?, policy);
                best = tried;
            }
        }
    }
    let State { texts, counts } = best;
    let changes = !counts.is_empty();
    for (file, n) in counts {
        let name = file.display().to_string();
        let text = &texts[&file];
        if look {
            write!(out, "{}", fmt::difference(&name, &load::read(&file)?, text, "fixed"))?;
        } else {
            std::fs::write(&file, text).map_err(|e| Failed(format!("error: {name}: {e}")))?;
            writeln!(out, "{name}: {n} {} put right", if n == 1 { "place" } else { "places" })?;
        }
    }
    Ok(changes)
}

/// The fixes that the findings offer, those of one place once.
fn fixes(specs: &[Spec]) -> Vec<Fix> {
    let of = |spec: &Spec, f: &Finding| {
        let file = PathBuf::from(&spec.sources.file(f.span().file).path);
        Some(Fix { file, span: Span { file: Default::default(), ..f.span() }, right: f.fix.clone()? })
    };
    let mut fixes: Vec<Fix> = specs.iter().flat_map(|s| s.findings.iter().filter_map(move |f| of(s, f))).collect();
    fixes.sort();
    fixes.dedup_by(|b, a| a.file == b.file && b.span.start < a.span.end);
    fixes
}

/// Texts in place of files, and how many places of each were put right.
#[derive(Clone, Default)]
struct State {
    texts: HashMap<PathBuf, String>,
    counts: BTreeMap<PathBuf, usize>,
}

impl State {
    /// With these fixes, which stand in the order of the text.
    fn with(&self, fixes: &[Fix]) -> Result<State, Failed> {
        let mut state = self.clone();
        for fix in fixes.iter().rev() {
            if !state.texts.contains_key(&fix.file) {
                state.texts.insert(fix.file.clone(), load::read(&fix.file)?);
            }
            if let Some(text) = state.texts.get_mut(&fix.file) {
                text.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.right);
            }
            *state.counts.entry(fix.file.clone()).or_default() += 1;
        }
        Ok(state)
    }
}

/// What is put right may uncover what was hidden behind it: until nothing more is offered but what was known before.
fn settled(paths: &[PathBuf], mut state: State, known: &[Fix]) -> Result<State, Failed> {
    for _ in 0..ROUNDS {
        let is_new = |fix: &Fix| !known.iter().any(|k| (&k.file, &k.right) == (&fix.file, &fix.right));
        let offered: Vec<Fix> = fixes(&load::separate_as(paths, &state.texts)?).into_iter().filter(is_new).collect();
        if offered.is_empty() {
            break;
        }
        state = state.with(&offered)?;
    }
    Ok(state)
}

/// What is said of the specs, wherever it stands.
fn said(specs: Vec<Spec>, policy: &Policy) -> Vec<String> {
    let of = |spec: Spec| policy.apply(spec.findings).into_iter().map(|f| format!("{} {}", f.code, f.message)).collect::<Vec<_>>();
    let mut said: Vec<String> = specs.into_iter().flat_map(of).collect();
    said.sort();
    said
}

/// Whether less is said of the changed texts, and nothing new.
fn is_better(before: &[String], paths: &[PathBuf], policy: &Policy, changed: &State) -> Result<bool, Failed> {
    let after = said(load::separate_as(paths, &changed.texts)?, policy);
    let mut left = before.iter().peekable();
    // Both are sorted: each that is said afterwards must be met before.
    let nothing_new = after.iter().all(|a| {
        while left.next_if(|b| *b < a).is_some() {}
        left.next_if(|b| *b == a).is_some()
    });
    Ok(nothing_new && after.len() < before.len())
}
