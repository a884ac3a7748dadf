//! A line on the terminal while work takes longer than a second.

use crate::quantity::grouped;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Shown on standard error after a second; gone when dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    done: Option<mpsc::Sender<()>>,
    waiting: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn start(message: &str) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(spinner());
        bar.set_message(message.to_string());
        if !std::io::stderr().is_terminal() {
            return Progress { bar, done: None, waiting: None };
        }
        let (done, stopped) = mpsc::channel();
        let shown = bar.clone();
        let waiting = std::thread::spawn(move || {
            if stopped.recv_timeout(Duration::from_secs(1)) == Err(mpsc::RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(Duration::from_millis(100));
            }
        });
        Progress { bar, done: Some(done), waiting: Some(waiting) }
    }

    /// So many bytes are to be read: the bar shows how many were, how fast, and how long the rest will take.
    pub(super) fn of_bytes(&self, all: u64) {
        let shape = "{elapsed} {wide_bar} {bytes} of {total_bytes}, {msg}, {eta} left";
        self.bar.set_style(ProgressStyle::with_template(shape).unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bar.set_length(all);
    }

    /// So many bytes were read, and so many rows.
    pub(super) fn at(&self, bytes: u64, rows: u64) {
        self.bar.set_position(bytes);
        let rate = rows as f64 / self.bar.elapsed().as_secs_f64().max(1e-3);
        self.bar.set_message(format!("{} events a second", grouped(&(rate.round() as u64).to_string())));
    }

    /// Something else is done, of which nobody knows how long it takes.
    pub(super) fn then(&self, message: &str) {
        self.bar.set_style(spinner());
        self.bar.set_message(message.to_string());
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {elapsed} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(waiting) = self.waiting.take() {
            // The thread only waits: it cannot fail in a way that matters here.
            let _ = waiting.join();
        }
        self.bar.finish_and_clear();
    }
}
