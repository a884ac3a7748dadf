//! [`ast`] to [`model`](crate::model): names are looked up, types and units are checked, and the analyses
//! are run. Every finding is made in one run; the model is whole only where no finding is an error.

mod agreement;
mod allow;
mod analysis;
mod calendar;
mod condition;
mod dues;
mod exposure;
mod holiday;
mod levels;
mod measure;
mod money;
mod names;
mod objective;
mod obligation;
mod pattern;
mod source;
mod table;
mod target;
mod test;
mod unit;
mod value;
mod vocabulary;

pub use allow::not_allowed;
pub use dues::{Due, dues};
pub use exposure::{Exposure, exposures};
pub use value::fixed_value;

use crate::ast;
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, CalendarId, CaseId, EventId, LetId, ObligationId, PartyId, ServiceId, StateId};
use crate::model::Model;
use crate::source::Span;
use std::collections::{HashMap, HashSet};

/// The files of one spec: the one that was named, and those that it imports.
pub fn check(files: &[ast::File]) -> (Model, Vec<Finding>) {
    let mut checker = Checker::default();
    checker.poisoned.extend(files.iter().flat_map(|f| f.half_read.iter().cloned()));
    checker.whole = files.iter().all(|f| f.whole);
    checker.beside = files.iter().flat_map(|f| f.beside.iter().cloned()).collect();
    checker.vocabulary(files);
    checker.tables(files);
    checker.agreements(files);
    checker.backings();
    checker.sources(files);
    checker.tests(files);
    analysis::run(&mut checker);
    let mut findings = allow::apply(files, checker.findings);
    findings.sort_by_key(|f| f.span());
    findings.dedup();
    (checker.model, findings)
}

/// The model as far as it is made, and the names that are known.
#[derive(Default)]
struct Checker {
    model: Model,
    findings: Vec<Finding>,
    parties: HashMap<String, PartyId>,
    calendars: HashMap<String, CalendarId>,
    cases: HashMap<String, CaseId>,
    /// Events of the top level.
    events: HashMap<String, EventId>,
    /// Promises of services: where each name stands first.
    promises: HashMap<(ServiceId, String), Span>,
    /// Obligations by name, in the order of the text.
    obligations: HashMap<String, Vec<ObligationId>>,
    used: Used,
    /// Named values and promises that have a finding of their own.
    poisoned: HashSet<String>,
    /// The texts of files that the spec names.
    beside: HashMap<Span, Result<String, String>>,
    /// Every clause of every file was read.
    whole: bool,
    /// So many names are not known.
    unknown_names: usize,
    /// Promises that say what carries them.
    backings: Vec<Backing>,
    /// The clock of the agreement that is being checked could not be read.
    clock_lost: bool,
}

/// `backed by`, until every promise is known.
struct Backing {
    of: ObligationId,
    by: Vec<ast::TargetPath>,
    chain: ast::Chain,
    span: Span,
}

/// What something refers to.
#[derive(Default)]
struct Used {
    calendars: HashSet<CalendarId>,
    states: HashSet<StateId>,
    lets: HashSet<LetId>,
}

/// What a name in an expression may refer to.
#[derive(Clone, Copy, Debug, Default)]
struct Scope {
    /// The kind of case whose fields, states and tiers are meant.
    case: Option<CaseId>,
    /// The event whose own fields shadow the case's.
    event: Option<EventId>,
    /// The agreement whose named values and currency are meant.
    agreement: Option<AgreementId>,
}

/// Whether one of these clauses is among those that could not be read: what it would have said is not missing.
fn lost(broken: &[String], clauses: &[&str]) -> bool {
    broken.iter().any(|word| crate::diagnostic::nearest(word, clauses.iter().copied()).is_some())
}

/// The clauses of an item that are said once, and where each was said first.
#[derive(Default)]
struct SaidOnce(HashMap<&'static str, Span>);

impl SaidOnce {
    /// Takes note of a clause, and gives a finding if it was said before.
    fn again(&mut self, word: &'static str, span: Span, message: impl FnOnce() -> String) -> Option<Finding> {
        let first = self.0.insert(word, span)?;
        Some(Finding::new(Code::DuplicateClause, span, message()).here("again").also(first, "first"))
    }
}

impl Checker {
    fn say(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}
