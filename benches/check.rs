//! How `sla check` grows with the text: one file of 1,000, 10,000 and 100,000 obligations, and 1,000 files.
//!
//! `cargo bench --bench check` prints the median time of each and what an obligation costs in it, as a multiple of what it costs
//! in the smallest file of the same run. Linear growth prints ones.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("growth");
    let _ = std::fs::remove_dir_all(&folder);
    let mut inputs = Vec::new();
    for n in [1_000, 10_000, 100_000] {
        let path = folder.join(format!("{n}.sla"));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(&path, agreement(n))?;
        inputs.push((format!("{n} obligations in one file"), path, n));
    }
    let many = folder.join("many");
    std::fs::create_dir_all(&many)?;
    for n in 0..1_000 {
        std::fs::write(many.join(format!("{n}.sla")), agreement(10))?;
    }
    inputs.push(("1000 files of 10 obligations".into(), many, 10_000));
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); inputs.len()];
    for _ in 0..ROUNDS {
        for ((_, path, _), times) in inputs.iter().zip(&mut times) {
            let start = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_sla")).arg("check").arg(path).stdout(Stdio::null()).status()?;
            times.push(start.elapsed().as_secs_f64());
            if !status.success() {
                return Err(format!("`sla check {}` ended with {status}", path.display()).into());
            }
        }
    }
    let each: Vec<f64> = times.iter_mut().zip(&inputs).map(|(times, (_, _, n))| median(times) / *n as f64).collect();
    for ((name, ..), (times, each_of)) in inputs.iter().zip(times.iter_mut().zip(&each)) {
        println!("{name:28} {:8.3} s  {:6.1} µs each  × {:.2}", median(times), each_of * 1e6, each_of / each[0]);
    }
    Ok(())
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// An agreement with calendars, tiers, pauses and notices, of which each obligation has other hours.
fn agreement(obligations: usize) -> String {
    let mut text = String::from(
        r#"party us { contact "us@example.com" }
calendar office { zone "Europe/Berlin"  open mon-fri 09:00-17:00  closed yearly 01-01, 12-25, easter + 1 }
case ticket {
    priority: low | high
    event opened  event answered { public: bool }  event closed  event parked  event woken
    state waiting from parked to woken
    tier P1 when priority = high
    tier P2 otherwise
}
agreement growth {
    version "1" effective 2026-01-01 to 2026-12-31 zone "Europe/Berlin" clock office
    service desk by us for us {
"#,
    );
    for n in 0..obligations {
        let (urgent, other) = (1 + n % 5, 6 + n % 7);
        let _ = writeln!(
            text,
            "obligation o{n} {{ start on opened stop on answered(public) or closed pause while waiting within {urgent}h for P1, {other}h for P2 warn at 75% }}"
        );
    }
    text + "}}\n"
}
