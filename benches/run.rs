//! How long `sla run` takes, as a multiple of reading the same file.
//!
//! `cargo bench` judges the worked example's log, repeated under other keys, and reads the same bytes with the `csv` crate
//! in between, so that a noisy machine slows both. What it prints is the median ratio; the rest depends on the machine.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const COPIES: usize = 50;
const ROUNDS: usize = 7;

/// The columns that say which event and which case a row is about.
const KEYS: [usize; 2] = [0, 3];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let spec = root.join("specs/smarketing");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (log, out) = (folder.join("leads.csv"), folder.join("records.jsonl"));
    let rows = repeat(&spec.join("leads.csv"), &log)?;

    let (mut runs, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        reads.push(timed(|| read(&log))?);
        runs.push(timed(|| judge(&spec, &log, &out))?);
    }
    let mut ratios: Vec<f64> = runs.iter().zip(&reads).map(|(run, read)| run.as_secs_f64() / read.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    runs.sort();
    println!(
        "{rows} rows: run {:?}, {:.2} µs a row; {:.1} × reading the file ({:.1} to {:.1})",
        runs[ROUNDS / 2],
        runs[ROUNDS / 2].as_secs_f64() * 1e6 / rows as f64,
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1],
    );
    Ok(())
}

/// Writes the log many times over, each time about other cases, and gives its rows.
fn repeat(from: &Path, to: &Path) -> Result<usize, Box<dyn Error>> {
    let mut log = csv::Reader::from_path(from)?;
    let mut out = csv::Writer::from_path(to)?;
    out.write_record(log.headers()?)?;
    let rows = log.records().collect::<Result<Vec<_>, _>>()?;
    for copy in 0..COPIES {
        for row in &rows {
            let keyed =
                |(i, field): (usize, &str)| if KEYS.contains(&i) && !field.is_empty() { format!("{field}-{copy}") } else { field.into() };
            out.write_record(row.iter().enumerate().map(keyed))?;
        }
    }
    out.flush()?;
    Ok(rows.len() * COPIES)
}

fn read(log: &Path) -> Result<(), Box<dyn Error>> {
    let (mut reader, mut row, mut bytes) = (csv::Reader::from_path(log)?, csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut row)? {
        bytes += row.as_slice().len();
    }
    if bytes == 0 { Err("nothing was read".into()) } else { Ok(()) }
}

fn judge(spec: &Path, log: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut run = Command::new(env!("CARGO_BIN_EXE_sla"));
    let status = run.arg("run").arg(spec).arg("--log").arg(log).arg("-o").arg(out).stderr(Stdio::inherit()).status()?;
    if status.success() { Ok(()) } else { Err(format!("`sla run` ended with {status}").into()) }
}

fn timed(work: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}
