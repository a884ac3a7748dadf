//! `sla calc`

use crate::calc::{self, Form, Question};
use crate::cli::args::{Calc, CalcForm, Period};
use crate::cli::{Ended, Failed, load, logs, output};
use crate::diagnostic::Finding;
use crate::log::Options;
use crate::source::SourceMap;
use crate::time::Unit;
use crate::{engine, plan, syntax};
use std::io::{BufWriter, Write};

pub(super) fn run(args: &Calc) -> Result<Ended, Failed> {
    let mut spec = load::together(&args.specs)?;
    refuse(spec.findings.iter().filter(|f| f.is_error() && f.code != crate::diagnostic::Code::AssertFails), &spec.sources)?;
    load::has_agreement(&spec, &args.specs)?;
    let mut set = Vec::new();
    for assignment in &args.set {
        let (name, value) = assignment.split_once('=').ok_or_else(|| {
            Failed(format!("error: `--set {assignment}` sets nothing\n  help: write a name and a value: `--set win_rate=3%`"))
        })?;
        let file = spec.sources.add(format!("--set {}", name.trim()), value.trim());
        let (value, findings) = syntax::value(&spec.sources, file);
        refuse(findings.iter(), &spec.sources)?;
        set.extend(value.map(|value| (name.trim().to_string(), value)));
    }
    let per = args.per.map(|per| match per {
        Period::Month => Unit::Month,
        Period::Quarter => Unit::Quarter,
    });
    let mut measured = None;
    if !args.logs.is_empty() {
        let plan = plan::from_model_measuring(&spec.model, &spec.sources, per);
        let options = Options { source: args.source.clone(), ..Options::default() };
        let log = logs::read(&plan, logs::inputs(&args.logs)?, &options, args.rejects.as_deref())?;
        let latest = log.found.latest.ok_or_else(|| Failed("error: the log has no rows\n  help: name another log".into()))?;
        let judgement = engine::run(&plan, &log.texts, &log.events, latest);
        measured = Some((judgement.measured, latest));
    }
    let question = Question {
        files: &spec.files,
        sources: &spec.sources,
        set,
        measured: measured.as_ref().map(|(records, as_of)| (records.as_slice(), *as_of)),
        each_period: per.is_some() && measured.is_some(),
    };
    let sheets = match calc::sheets(&question) {
        Ok(sheets) => sheets,
        Err(findings) => return refuse(findings.iter(), &spec.sources).map(|()| Ended::Done),
    };
    let form = match args.format {
        CalcForm::Text => Form::Text(output::width()),
        CalcForm::Csv => Form::Csv,
        CalcForm::Md => Form::Markdown,
        CalcForm::Json => Form::Json,
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    calc::write(&sheets, form, &mut out)?;
    out.flush()?;
    Ok(if sheets.iter().any(|s| !s.broken.is_empty()) { Ended::Found } else { Ended::Done })
}

/// Findings that keep the table from being made.
fn refuse<'f>(findings: impl Iterator<Item = &'f Finding>, sources: &SourceMap) -> Result<(), Failed> {
    let findings: Vec<Finding> = findings.cloned().collect();
    if findings.is_empty() {
        return Ok(());
    }
    let mut drawn = Vec::new();
    crate::report::findings::graphical(&findings, sources, output::look_of_stderr(), &mut drawn)?;
    Err(Failed(format!("{}the values were not calculated", String::from_utf8_lossy(&drawn))))
}
