//! `sla explain`

use crate::cli::args::Explain;
use crate::cli::{Ended, Failed};
use crate::diagnostic::{Code, Group, nearest};
use std::io::Write;

pub(super) fn run(args: &Explain) -> Result<Ended, Failed> {
    let mut out = std::io::stdout().lock();
    let Some(name) = &args.code else {
        for group in Group::ALL {
            writeln!(out, "{}", group.text())?;
            for code in Code::ALL.iter().filter(|c| c.group() == *group) {
                writeln!(out, "  {:26}{}", code.text(), code.about())?;
            }
        }
        return Ok(Ended::Done);
    };
    match Code::named(name) {
        Some(code) => write!(out, "{}", code.page())?,
        None => {
            let help = match nearest(name, Code::ALL.iter().map(|c| c.text())) {
                Some(near) => format!("did you mean `sla explain {near}`?"),
                None => "`sla explain` lists all codes".into(),
            };
            return Err(Failed(format!("error: there is no finding `{name}`\n  help: {help}")));
        }
    }
    Ok(Ended::Done)
}
