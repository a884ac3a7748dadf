//! What a next run needs of this one: `--state`.
//!
//! A state says of which plan it is, which files it has taken, what was found in them, and where the engine stands. It is
//! written whole and put in place at once, before the report: a run that is killed leaves the state of before or the state of
//! after, and run again it takes each file once.

use crate::cli::Failed;
use crate::engine::{Engine, NotTakenUp, Verdict};
use crate::event::Texts;
use crate::log::{Found, Input};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;

/// What a file begins with that is a state of this form.
const FORM: &str = "sla state 17";

/// A state, read.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct State {
    form: String,
    /// The digest of the plan.
    plan: String,
    taken: Vec<Taken>,
    pub(super) found: Found,
    texts: Texts,
    engine: Vec<u8>,
}

/// A file that was taken.
#[derive(PartialEq, Serialize, Deserialize)]
struct Taken {
    name: String,
    size: u64,
    /// Of its first and last bytes.
    digest: Vec<u8>,
}

impl State {
    /// Reads a state; one that is not there yet is empty.
    pub(super) fn read(path: &Path, plan: &Plan) -> Result<State, Failed> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(State::default()),
            Err(e) => return Err(Failed(format!("error: {}: {e}", path.display()))),
        };
        let begin_anew = "begin a new one: name another file, and give it the logs from the first on";
        let none = || Failed(format!("error: {}: this is no state of this version of sla\n  help: {begin_anew}", path.display()));
        let named = postcard::take_from_bytes::<&str>(&bytes).is_ok_and(|(form, _)| form == FORM);
        let state: State = if named { postcard::from_bytes(&bytes).map_err(|_| none())? } else { return Err(none()) };
        if state.plan != plan.digest() {
            let found = &state.plan[..state.plan.len().min(19)];
            let message = format!("this state is of another plan: {found}, and the spec compiles to {}", &plan.digest()[..19]);
            return Err(Failed(format!("error: {}: {message}\n  help: {begin_anew}", path.display())));
        }
        Ok(state)
    }

    /// The engine where it stood.
    pub(super) fn engine<'p>(&self, plan: &'p Plan, texts: &'p Texts, keep: &[Verdict]) -> Result<Engine<'p>, Failed> {
        if self.engine.is_empty() {
            return Ok(Engine::new(plan, texts, keep));
        }
        Engine::load(plan, texts, keep, &self.engine).map_err(|e| {
            Failed(match e {
                NotTakenUp::Damaged => "error: the state is damaged\n  help: begin a new one".into(),
                NotTakenUp::NotKept => {
                    let why = "the state has not kept all the verdicts that this report is to show";
                    format!("error: {why}\n  help: ask for the same as when it was begun (`--only`, `-o`), or begin a new one")
                }
            })
        })
    }

    /// The texts that the engine knows.
    pub(super) fn texts(&mut self) -> Texts {
        std::mem::take(&mut self.texts)
    }

    /// Takes the files that were not taken yet, and gives them. One that has grown since cannot be told from its beginning.
    pub(super) fn take(&mut self, inputs: Vec<Input>) -> Result<Vec<Input>, Failed> {
        let mut new = Vec::new();
        for input in inputs {
            let now = Taken::of(&input).map_err(|e| Failed(format!("error: {}: {e}", input.name)))?;
            match self.taken.iter().find(|taken| taken.name == now.name) {
                None => {
                    self.taken.push(now);
                    new.push(input);
                }
                Some(taken) if *taken == now => {}
                Some(taken) => {
                    let message = format!("the state has taken this log when it had {} bytes, and it is another one now", taken.size);
                    return Err(Failed(format!("error: {}: {message}\n  help: give new rows a file of their own", input.name)));
                }
            }
        }
        Ok(new)
    }

    /// Writes what the next run needs, whole or not at all.
    pub(super) fn write(self, path: &Path, plan: &Plan, found: Found, texts: &Texts, engine: &Engine<'_>) -> Result<(), Failed> {
        let failed = |e: std::io::Error| Failed(format!("error: {}: {e}", path.display()));
        let state = State { form: FORM.into(), plan: plan.digest(), found, texts: texts.clone(), engine: engine.save(), ..self };
        let bytes = postcard::to_stdvec(&state).expect("a state is plain data");
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(path).map_err(|e| failed(e.error))?;
        Ok(())
    }
}

impl Taken {
    fn of(input: &Input) -> std::io::Result<Taken> {
        const ENDS: u64 = 1 << 16;
        let size = input.data.size();
        let mut hash = Sha256::new();
        let mut bytes = vec![0; ENDS as usize];
        for from in [0, size.saturating_sub(ENDS)] {
            let got = input.data.read_at(from, &mut bytes)?;
            hash.update(&bytes[..got]);
        }
        Ok(Taken { name: input.name.clone(), size, digest: hash.finalize().to_vec() })
    }
}
