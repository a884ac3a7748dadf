//! `sla.toml`: how strict a folder's specs are checked. The nearest one counts, in the folder of the spec or above it.

use crate::cli::{Failed, load};
use crate::diagnostic::{Policy, Which};
use crate::quantity::Exact;
use serde::Deserialize;
use std::path::Path;

/// The name of the file.
const NAME: &str = "sla.toml";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    check: WrittenCheck,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    warn: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    tolerance: Option<String>,
}

/// What a folder asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    /// What becomes of findings.
    pub(super) policy: Policy,
    /// How far a measured value may be from the written one, as a share of it.
    pub(super) tolerance: Option<Exact>,
}

/// What is asked for in a folder, or where a file lies.
pub(super) fn of(path: &Path) -> Result<Config, Failed> {
    // Standard input belongs to the folder of the call.
    let folder = if path.is_dir() { Some(path) } else { path.parent() };
    let folder = folder.filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    match folder.ancestors().map(|f| f.join(NAME)).find(|path| path.is_file()) {
        Some(path) => read(&path),
        None => Ok(Config::default()),
    }
}

fn read(path: &Path) -> Result<Config, Failed> {
    let text = load::read(path)?;
    let wrong = |why: String| Failed(format!("error: {}: {why}", path.display()));
    let written: Written = toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(1, |s| text[..s.start].matches('\n').count() + 1);
        Failed(format!(
            "error: {}:{line}: {}\n  help: `[check]` takes `allow`, `warn`, `deny` and `tolerance`",
            path.display(),
            e.message()
        ))
    })?;
    let all = |names: &[String]| {
        names.iter().map(|name| Which::named(name).map_err(|why| wrong(format!("`{name}`: {why}")))).collect::<Result<Vec<_>, _>>()
    };
    let check = &written.check;
    let policy = Policy { allow: all(&check.allow)?, warn: all(&check.warn)?, deny: all(&check.deny)?, under: None };
    let share = |text: &String| {
        let number = text.trim().strip_suffix('%').and_then(Exact::parse).and_then(|n| n.div(Exact::whole(100)));
        number.filter(|n| !n.is_negative()).ok_or_else(|| wrong(format!("`{text}` is no share; write `tolerance = \"10%\"`")))
    };
    Ok(Config { policy, tolerance: check.tolerance.as_ref().map(share).transpose()? })
}
