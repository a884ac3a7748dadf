//! `sla compile`

use crate::cli::args::Compile;
use crate::cli::{Ended, Failed, load};
use std::io::Write;

pub(super) fn run(args: &Compile) -> Result<Ended, Failed> {
    let json = load::plan(&args.specs)?.to_json();
    match &args.output {
        Some(path) => std::fs::write(path, json + "\n").map_err(|e| Failed(format!("error: {}: {e}", path.display())))?,
        None => writeln!(std::io::stdout().lock(), "{json}")?,
    }
    Ok(Ended::Done)
}
