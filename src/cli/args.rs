//! What can be typed.

use crate::diagnostic::Which;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Agreements as text: check them, test them, and run them on event logs.
#[derive(Debug, Parser)]
#[command(name = "sla", version, max_term_width = 100)]
#[command(after_help = "Example:\n  sla run specs/smarketing --log specs/smarketing/leads.csv")]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Color {
    /// Where the output is a terminal and NO_COLOR is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    pub(super) fn apply(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read specs and say what is wrong with them.
    #[command(after_help = "Example:\n  sla check specs --deny warnings")]
    Check(Check),
    /// Judge a log by a spec, and report every breach with its evidence.
    #[command(after_help = "Examples:\n  sla run specs/smarketing --log specs/smarketing/leads.csv\n  \
        sla run agreement.sla --log crm.csv.gz --source crm -o report.md -o records.jsonl --fail-on breached")]
    Run(Run),
    /// Run the `test` blocks of specs.
    #[command(after_help = "Example:\n  sla test specs/smarketing")]
    Test(Test),
    /// Write a compiled spec, which `sla run` takes in its place.
    #[command(after_help = "Example:\n  sla compile specs/smarketing -o plan.json && sla run plan.json --log leads.csv")]
    Compile(Compile),
    /// Show the named values of an agreement: declared, measured in a log, and what follows from that.
    #[command(after_help = "Examples:\n  sla calc specs/smarketing --set win_rate=3%\n  \
        sla calc specs/smarketing --log specs/smarketing/leads.csv --per month")]
    Calc(Calc),
    /// Make a folder with an agreement to start from, its tests and a small log.
    #[command(after_help = "Example:\n  sla new support-desk --template helpdesk")]
    New(New),
    /// Say what a finding means, with a wrong and a right example.
    #[command(after_help = "Examples:\n  sla explain unreachable-tier\n  sla explain")]
    Explain(Explain),
    /// Write specs in their canonical form: only blanks change.
    #[command(after_help = "Examples:\n  sla fmt specs\n  sla fmt specs --check")]
    Fmt(Fmt),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Specs, or folders of specs; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = FindingForm::Text)]
    pub(super) format: FindingForm,
    /// Also hold the spec against a log: words that it never has, rows that cannot be read, promises that it cannot decide.
    #[arg(long = "log", value_name = "LOG", num_args = 1..)]
    pub(super) logs: Vec<PathBuf>,
    /// The source by which the log is read, where the spec has several that fit.
    #[arg(long, value_name = "NAME", requires = "logs")]
    pub(super) source: Option<String>,
    /// Also show the most that each agreement can cost.
    #[arg(long)]
    pub(super) exposure: bool,
    /// Also show when promises are due: the start that waits least and the one that waits longest.
    #[arg(long)]
    pub(super) dues: bool,
    /// Put right what is certain, such as a misspelt name or a unit that stands apart, where nothing new is found afterwards.
    #[arg(long)]
    pub(super) fix: bool,
    /// Show what `--fix` would change, and change nothing; the exit code is 1 if anything would.
    #[arg(long)]
    pub(super) diff: bool,
    /// Say these as errors: a code, a group (syntax, names, time, tiers, objectives, agreements, sources, elements, limits, log), or
    /// `warnings`. Of rules about a code the narrowest counts.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = Which::named)]
    pub(super) deny: Vec<Which>,
    /// Say these as warnings, against a wider `--deny` or `--allow`.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = Which::named)]
    pub(super) warn: Vec<Which>,
    /// Say these warnings not at all.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = Which::named)]
    pub(super) allow: Vec<Which>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingForm {
    /// With the lines that they are about.
    Text,
    /// A line each.
    Short,
    /// A JSON array.
    Json,
    /// A JSON object a line.
    Jsonl,
    /// GitHub's annotations.
    Github,
    /// GitLab's report of code quality.
    Gitlab,
    /// JUnit's XML.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Specs, folders of specs, or a compiled plan; `-` is standard input.
    #[arg(required = true, value_name = "SPEC")]
    pub(super) specs: Vec<PathBuf>,
    /// The log: files or folders; `-` is standard input.
    #[arg(long = "log", required = true, value_name = "LOG", num_args = 1..)]
    pub(super) logs: Vec<PathBuf>,
    /// The source by which the log is read, where the spec has several that fit.
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<String>,
    /// Judge as of this time instead of the log's latest: a day, which is in (`2026-03-31`), a time on the agreement's
    /// clock (`2026-03-31 17:00`), or one with an offset.
    #[arg(long, value_name = "TIME")]
    pub(super) as_of: Option<String>,
    /// In .jsonl and .csv files, write verdicts of these kinds only; objectives and the summary are always written.
    #[arg(long, value_name = "VERDICT", value_delimiter = ',')]
    pub(super) only: Vec<VerdictName>,
    /// Write the report to a file instead of the terminal; its ending picks the form: .jsonl, .csv or .md.
    #[arg(short, long = "output", value_name = "FILE")]
    pub(super) outputs: Vec<PathBuf>,
    /// Go on past rows that cannot be read, and write them here.
    #[arg(long, value_name = "FILE")]
    pub(super) rejects: Option<PathBuf>,
    /// Make the exit code 1 if any of these occurs.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(super) fail_on: Vec<FailOn>,
    /// What is an error rather than passed over.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(super) deny: Vec<DenyEvents>,
    /// How many threads read and judge; the report is the same for any number. By default as many as the machine has.
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<std::num::NonZeroUsize>,
    /// Go on from where the last run with this file stood, and write there where this one stands: give each run only the new
    /// logs. The report is that of one run over all of them.
    #[arg(long, value_name = "FILE", conflicts_with = "as_of")]
    pub(super) state: Option<PathBuf>,
    /// Say how long each phase took, how many rows a second that is, and how much memory.
    #[arg(long)]
    pub(super) timings: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum VerdictName {
    Met,
    Breached,
    Pending,
    Void,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// A breached promise.
    Breached,
    /// A missed objective.
    Missed,
    /// A promise or an objective that cannot be judged.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DenyEvents {
    /// An event that the spec does not know and no source ignores.
    UnknownEvents,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// Specs, or folders of specs; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Compile {
    /// Specs, or folders of specs; `-` is standard input.
    #[arg(required = true, value_name = "SPEC")]
    pub(super) specs: Vec<PathBuf>,
    /// Where the plan is written; standard output if nothing is said.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// The folder to make; its name is the agreement's.
    #[arg(value_name = "NAME")]
    pub(super) name: PathBuf,
    /// What kind of agreement.
    #[arg(long, value_enum, default_value_t = Template::Smarketing)]
    pub(super) template: Template,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Template {
    /// Marketing and Sales: leads, tiers, first contact.
    Smarketing,
    /// A help desk: priorities, answer and resolution, time on hold.
    Helpdesk,
    /// A cloud service: availability, credits, announced maintenance.
    Uptime,
    /// Work done by a vendor: turnaround, quality, an amount at risk.
    Vendor,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The code of a finding; without one, all codes are listed.
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Fmt {
    /// Specs, or folders of specs; `-` is standard input, and the text goes to standard output.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Write nothing; show what would change, with exit code 1 if anything would.
    #[arg(long)]
    pub(super) check: bool,
}

#[derive(Debug, Args)]
pub(super) struct Calc {
    /// Specs, or folders of specs; `-` is standard input.
    #[arg(required = true, value_name = "SPEC")]
    pub(super) specs: Vec<PathBuf>,
    /// A log that shows the measured values: files or folders.
    #[arg(long = "log", value_name = "LOG", num_args = 1..)]
    pub(super) logs: Vec<PathBuf>,
    /// The source by which the log is read, where the spec has several that fit.
    #[arg(long, value_name = "NAME")]
    pub(super) source: Option<String>,
    /// Go on past rows that cannot be read, and write them here.
    #[arg(long, value_name = "FILE")]
    pub(super) rejects: Option<PathBuf>,
    /// Another value for a name, to see what would follow: `win_rate=3%`.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
    /// Calculate everything again for each period of the log.
    #[arg(long, value_enum, value_name = "PERIOD", requires = "logs")]
    pub(super) per: Option<Period>,
    /// How the table is written.
    #[arg(long, value_enum, default_value_t = CalcForm::Text)]
    pub(super) format: CalcForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Period {
    Month,
    Quarter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CalcForm {
    /// A table for the terminal.
    Text,
    /// A table for a spreadsheet.
    Csv,
    /// A table for a document.
    Md,
    /// For machines.
    Json,
}
