//! `sla test`

use crate::cli::args::Test;
use crate::cli::{Ended, Failed, load, output};
use crate::diagnostic::Finding;
use crate::trial;
use std::io::Write;

pub(super) fn run(args: &Test) -> Result<Ended, Failed> {
    let specs = load::separate(&args.paths)?;
    let mut out = std::io::stdout().lock();
    let (mut passed, mut failed) = (0, 0);
    for spec in &specs {
        if spec.has_errors() {
            let errors: Vec<Finding> = spec.findings.iter().filter(|f| f.is_error()).cloned().collect();
            let mut drawn = Vec::new();
            crate::report::findings::graphical(&errors, &spec.sources, output::look_of_stderr(), &mut drawn)?;
            return Err(Failed(format!("{}the spec has errors and was not tested", String::from_utf8_lossy(&drawn))));
        }
        let plan = spec.plan();
        for result in trial::run(&spec.model, &plan) {
            let place = spec.sources.place(result.span);
            if result.failures.is_empty() {
                passed += 1;
                writeln!(out, "ok      {}", result.title)?;
                continue;
            }
            failed += 1;
            writeln!(out, "FAILED  {}  ({}:{})", result.title, place.file, place.line)?;
            for failure in &result.failures {
                let place = spec.sources.place(failure.span);
                let said = spec.sources.text(failure.span).split_whitespace().collect::<Vec<_>>().join(" ");
                writeln!(out, "        {}:{}: {said}\n          {}", place.file, place.line, failure.message)?;
            }
        }
    }
    let all = passed + failed;
    writeln!(out, "{all} {}: {passed} passed, {failed} failed", if all == 1 { "test" } else { "tests" })?;
    Ok(if failed > 0 { Ended::Found } else { Ended::Done })
}
