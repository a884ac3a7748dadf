//! `sla fmt`

use crate::cli::args::Fmt;
use crate::cli::{Ended, Failed, load, output};
use crate::diagnostic::Finding;
use crate::format;
use crate::source::SourceMap;
use crate::syntax;
use std::io::Write;
use std::path::Path;

pub(super) fn run(args: &Fmt) -> Result<Ended, Failed> {
    let mut out = std::io::stdout().lock();
    let (mut changed, mut broken, mut files) = (0, 0, 0);
    for (path, text) in load::texts(&args.paths)? {
        files += 1;
        let name = path.display().to_string();
        let formatted = match formatted(&name, &text) {
            Ok(formatted) => formatted,
            Err(drawn) => {
                broken += 1;
                anstream::eprintln!("{drawn}{name}: left as it is");
                continue;
            }
        };
        let is_input = path == Path::new("-");
        if is_input && !args.check {
            out.write_all(formatted.as_bytes())?;
            continue;
        }
        if formatted == text {
            continue;
        }
        changed += 1;
        if args.check {
            write!(out, "{}", difference(&name, &text, &formatted, "formatted"))?;
        } else {
            std::fs::write(&path, formatted).map_err(|e| Failed(format!("error: {name}: {e}")))?;
            writeln!(out, "{name}: formatted")?;
        }
    }
    if broken > 0 {
        let noun = if broken == 1 { "file has" } else { "files have" };
        return Err(Failed(format!("{broken} {noun} errors and cannot be formatted")));
    }
    if args.check {
        let noun = if files == 1 { "file" } else { "files" };
        writeln!(out, "{files} {noun}, {changed} to be formatted")?;
    }
    Ok(if args.check && changed > 0 { Ended::Found } else { Ended::Done })
}

/// The canonical text; the drawn findings where the text does not parse.
fn formatted(name: &str, text: &str) -> Result<String, String> {
    let parsed = |text: &str| {
        let mut sources = SourceMap::default();
        let file = sources.add(name, text);
        let (_, findings) = syntax::parse(&sources, file);
        (sources, findings)
    };
    let drawn = |sources: &SourceMap, findings: &[Finding]| {
        let mut drawn = Vec::new();
        let _ = crate::report::findings::graphical(findings, sources, output::look_of_stderr(), &mut drawn);
        String::from_utf8_lossy(&drawn).into_owned()
    };
    let (sources, findings) = parsed(text);
    if findings.iter().any(Finding::is_error) {
        return Err(drawn(&sources, &findings));
    }
    let formatted = format::format(text);
    // Only blanks may change, and what is read must stay as it was.
    let (sources, after) = parsed(&formatted);
    if !format::differ_in_blanks_only(text, &formatted) || after.iter().any(Finding::is_error) {
        return Err(format!("{}error: {name}: formatting would change what this says; please report it\n", drawn(&sources, &after)));
    }
    Ok(formatted)
}

/// The lines that would change, as a unified difference.
pub(super) fn difference(name: &str, before: &str, after: &str, called: &str) -> String {
    similar::TextDiff::from_lines(before, after).unified_diff().context_radius(1).header(name, called).to_string()
}
