//! How long a run took, by its phases: `--timings`.

use crate::quantity::grouped;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// The phases of a run, each from the end of the one before.
pub(super) struct Timings {
    begun: Instant,
    last: Instant,
    phases: Vec<(&'static str, Duration)>,
    /// Time inside of a phase that is shown apart, of all threads together.
    pub(super) judging: Duration,
}

impl Timings {
    pub(super) fn start() -> Timings {
        let now = Instant::now();
        Timings { begun: now, last: now, phases: Vec::new(), judging: Duration::ZERO }
    }

    /// A phase is over.
    pub(super) fn end(&mut self, phase: &'static str) {
        let now = Instant::now();
        self.phases.push((phase, now - self.last));
        self.last = now;
    }

    /// A line for each phase, and one for all together.
    pub(super) fn text(&self, rows: u64) -> String {
        let mut text = String::new();
        for (phase, time) in &self.phases {
            let _ = writeln!(text, "{phase:<20} {:>8.3} s", time.as_secs_f64());
            if *phase == READING {
                let _ = writeln!(text, "  judging, all parts {:>8.3} s", self.judging.as_secs_f64());
            }
        }
        let all = self.begun.elapsed().as_secs_f64();
        let rate = (rows as f64 / all.max(1e-9)).round() as u64;
        let memory = peak_memory().map_or(String::new(), |bytes| format!(", {:.1} MiB at most", bytes as f64 / 1_048_576.0));
        let _ = writeln!(text, "{} rows in {all:.3} s, {} a second{memory}", grouped(&rows.to_string()), grouped(&rate.to_string()));
        text
    }
}

/// The phase in which a log is read and judged.
pub(super) const READING: &str = "reading the log";

/// The most memory that this process has had, where the system says so.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
