//! `sla check`

use crate::cli::args::{Check, FindingForm};
use crate::cli::{Ended, Failed, fix, load, output};
use crate::diagnostic::Policy;
use crate::report::findings::{self, Found};
use std::io::Write;

pub(super) fn run(args: &Check) -> Result<Ended, Failed> {
    let policy = Policy { allow: args.allow.clone(), warn: args.warn.clone(), deny: args.deny.clone() };
    let mut out = std::io::stdout().lock();
    if args.diff {
        let changes = fix::run(&args.paths, &policy, true, &mut out)?;
        return Ok(if changes { Ended::Found } else { Ended::Done });
    }
    if args.fix {
        fix::run(&args.paths, &policy, false, &mut std::io::stderr())?;
    }
    let mut specs = load::separate(&args.paths)?;
    for spec in &mut specs {
        spec.findings = policy.apply(std::mem::take(&mut spec.findings));
    }
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
    Ok(if all.iter().any(|f| f.is_error()) { Ended::Found } else { Ended::Done })
}
