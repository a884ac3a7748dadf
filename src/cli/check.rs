//! `sla check`

use crate::cli::args::{Check, DenyFindings, FindingForm};
use crate::cli::{Ended, Failed, load, output};
use crate::report::findings::{self, Found};
use std::io::Write;

pub(super) fn run(args: &Check) -> Result<Ended, Failed> {
    let specs = load::separate(&args.paths)?;
    let mut out = std::io::stdout().lock();
    let found: Vec<Found<'_>> = specs.iter().map(|s| Found { findings: &s.findings, sources: &s.sources }).collect();
    match args.format {
        FindingForm::Text => found.iter().try_for_each(|f| output::write_findings(f.findings, f.sources, &mut out))?,
        FindingForm::Short => found.iter().try_for_each(|f| findings::short(f.findings, f.sources, &mut out))?,
        FindingForm::Json => findings::json(&found, &mut out)?,
        FindingForm::Jsonl => findings::jsonl(&found, &mut out)?,
        FindingForm::Github => findings::github(&found, &mut out)?,
        FindingForm::Gitlab => findings::gitlab(&found, &mut out)?,
        FindingForm::Junit => findings::junit(&found, &mut out)?,
        FindingForm::Sarif => findings::sarif(&found, &mut out)?,
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
