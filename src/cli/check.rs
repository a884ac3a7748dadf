//! `sla check`

use crate::cli::args::{Check, DenyFindings, FindingForm};
use crate::cli::{Ended, Failed, load, output};
use crate::report::findings;
use std::io::Write;

pub(super) fn run(args: &Check) -> Result<Ended, Failed> {
    let specs = load::separate(&args.paths)?;
    let mut out = std::io::stdout().lock();
    for spec in &specs {
        match args.format {
            FindingForm::Text => output::write_findings(&spec.findings, &spec.sources, &mut out)?,
            FindingForm::Short => findings::short(&spec.findings, &spec.sources, &mut out)?,
            FindingForm::Json => {}
        }
    }
    if args.format == FindingForm::Json {
        findings::json(specs.iter().map(|s| (s.findings.as_slice(), &s.sources)), &mut out)?;
    }
    let all: Vec<_> = specs.iter().flat_map(|s| &s.findings).collect();
    if args.format == FindingForm::Text {
        let files: usize = specs.iter().map(|s| s.sources.files().count()).sum();
        let noun = if files == 1 { "file" } else { "files" };
        let found = if all.is_empty() { "no findings".to_string() } else { output::counted(&all) };
        writeln!(out, "{files} {noun} checked: {found}")?;
    }
    let denied = args.deny.contains(&DenyFindings::Warnings) && !all.is_empty();
    Ok(if denied || all.iter().any(|f| f.is_error()) { Ended::Found } else { Ended::Done })
}
