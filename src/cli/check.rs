//! `sla check`

use crate::cli::args::{Check, FindingForm};
use crate::cli::config::{self, Config};
use crate::cli::load::Spec;
use crate::cli::{Ended, Failed, fix, load, logs, output};
use crate::diagnostic::Policy;
use crate::log::Options;
use crate::report::findings::{self, Found};
use crate::report::proofs;
use crate::sample::{self, Sample, Seen};
use crate::{check, engine, log, plan};
use std::io::Write;
use std::path::Path;

pub(super) fn run(args: &Check) -> Result<Ended, Failed> {
    let mut out = std::io::stdout().lock();
    if (args.exposure || args.dues) && !matches!(args.format, FindingForm::Text | FindingForm::Short) {
        return Err(Failed("error: `--exposure` and `--dues` are tables for people\n  help: leave out `--format`".into()));
    }
    if args.fix || args.diff {
        let mut changes = false;
        for path in &args.paths {
            let policy = policy(args, config::of(path)?);
            let one = std::slice::from_ref(path);
            changes |=
                if args.diff { fix::run(one, &policy, true, &mut out)? } else { fix::run(one, &policy, false, &mut std::io::stderr())? };
        }
        if args.diff {
            return Ok(if changes { Ended::Found } else { Ended::Done });
        }
    }
    let mut specs = load::separate(&args.paths)?;
    if !args.logs.is_empty() && specs.len() > 1 {
        return Err(Failed("error: a log is held against one spec\n  help: name the spec that it belongs to".into()));
    }
    for spec in &mut specs {
        let config = config::of(Path::new(&spec.name()))?;
        if !args.logs.is_empty() && !spec.has_errors() {
            spec.findings.extend(held_against(args, spec, &config)?);
        }
        spec.findings = policy(args, config).apply(std::mem::take(&mut spec.findings));
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
    for spec in specs.iter().filter(|s| !s.has_errors()) {
        if args.exposure {
            proofs::exposures(&check::exposures(&spec.model), output::width(), &mut out)?;
        }
        if args.dues {
            proofs::dues(&check::dues(&spec.model), &spec.sources, output::width(), &mut out)?;
        }
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

/// What the command line says, and where it says nothing the folder.
fn policy(args: &Check, config: Config) -> Policy {
    let (allow, warn, deny) = (args.allow.clone(), args.warn.clone(), args.deny.clone());
    Policy { allow, warn, deny, under: Some(Box::new(config.policy)) }
}

/// What a log says about the spec.
fn held_against(args: &Check, spec: &Spec, config: &Config) -> Result<Vec<crate::diagnostic::Finding>, Failed> {
    let plan = plan::from_model_measuring(&spec.model, &spec.sources, None);
    let options = Options { source: args.source.clone(), ..Options::default() };
    let log: log::Log = logs::read_what_can_be(&plan, logs::inputs(&args.logs)?, &options)?;
    let mut seen = Seen::default();
    log.events.iter().for_each(|event| seen.note(&event));
    let latest = log.found.latest.ok_or_else(|| Failed("error: no row of the log can be read\n  help: `sla run` says why".into()))?;
    let judgement = engine::run(&plan, &log.texts, &log.events, latest);
    let findings = sample::check(&Sample {
        model: &spec.model,
        seen,
        rejected: &log.rejected,
        judgement: &judgement,
        source: args.source.as_deref(),
        tolerance: config.tolerance.unwrap_or_else(sample::usual_tolerance),
    });
    Ok(check::not_allowed(&spec.files, findings))
}
