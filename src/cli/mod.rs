//! The command line: the only place that touches files, the terminal and the environment.
//!
//! Exit codes: 0 done; 1 findings of the kind asked about; 2 the work could not be done.

mod args;
mod calc;
mod check;
mod compile;
mod config;
mod explain;
mod fix;
mod fmt;
mod load;
mod logs;
mod new;
mod output;
mod progress;
mod rejects;
mod run;
mod state;
mod test;
mod timings;

use args::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// It was done, and nothing that was asked about was found.
    Done,
    /// It was done, and something was found.
    Found,
}

/// Why a command could not do its work: lines for people, already complete.
#[derive(Debug)]
struct Failed(String);

impl Failed {
    /// The last part of its first line: why, without where.
    fn reason(&self) -> String {
        self.0.lines().next().unwrap_or_default().rsplit(": ").next().unwrap_or_default().to_string()
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Failed {
        Failed(format!("error: {error}"))
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.apply();
    let ended = match arguments.command {
        Command::Check(check) => check::run(&check),
        Command::Run(run) => run::run(&run),
        Command::Test(test) => test::run(&test),
        Command::Compile(compile) => compile::run(&compile),
        Command::Calc(calc) => calc::run(&calc),
        Command::New(new) => new::run(&new),
        Command::Explain(explain) => explain::run(&explain),
        Command::Fmt(fmt) => fmt::run(&fmt),
    };
    match ended {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Found) => ExitCode::from(1),
        // A reader that has seen enough closes the pipe: that is no failure of ours.
        Err(Failed(message)) if message.contains("Broken pipe") => ExitCode::SUCCESS,
        Err(Failed(message)) => {
            anstream::eprintln!("{}", message.trim_end());
            ExitCode::from(2)
        }
    }
}
