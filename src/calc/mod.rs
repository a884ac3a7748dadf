//! The table of an agreement's named values: as declared, as a log shows them, and what follows from that.
//!
//! What follows is found by writing other values into the tree and checking it again: there is one arithmetic, and it is
//! the checker's.

mod render;

pub use render::{Form, write};

use crate::ast::{self, AgreementClause, Clause, Expr, ExprKind, Item, Literal};
use crate::check;
use crate::diagnostic::{Code, Finding};
use crate::engine::MeasuredRecord;
use crate::id::AgreementId;
use crate::model::{MeasureUnit, Model};
use crate::quantity::Exact;
use crate::source::{SourceMap, Span};
use crate::time::Instant;

/// One agreement's named values.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The agreement's title and version.
    pub title: String,
    /// A row for each named value, in the order of the text.
    pub rows: Vec<Row>,
    /// Assertions that do not hold any more, each with its values.
    pub broken: Vec<String>,
    /// The periods of the log, if they were asked for one by one.
    pub periods: Vec<String>,
}

/// A named value.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// As it is written.
    pub formula: String,
    /// Its unit.
    pub unit: MeasureUnit,
    /// Its value as it is written.
    pub declared: Exact,
    /// Its value with what was set on the command line, if anything was.
    pub set: Option<Exact>,
    /// The period in which it was measured, and the value, if there was one.
    pub measured: Option<(String, Option<Exact>)>,
    /// Its value where every measured one takes the place of the written one.
    pub follows: Option<Exact>,
    /// The same for each period that was asked for.
    pub by_period: Vec<Option<Exact>>,
}

impl Row {
    /// How far what follows is from what is written, as a share of it.
    pub fn drift(&self) -> Option<Exact> {
        let from = self.set.unwrap_or(self.declared);
        self.follows?.sub(from)?.div(from)
    }
}

/// What is asked.
pub struct Question<'a> {
    /// The spec.
    pub files: &'a [ast::File],
    /// Its texts.
    pub sources: &'a SourceMap,
    /// Values from the command line.
    pub set: Vec<(String, Expr)>,
    /// What a log shows, and as of when, if there is one.
    pub measured: Option<(&'a [MeasuredRecord], Instant)>,
    /// Whether every period of the log is asked for.
    pub each_period: bool,
}

/// The sheets of all agreements, or why there are none.
pub fn sheets(question: &Question<'_>) -> Result<Vec<Sheet>, Vec<Finding>> {
    let (declared, _) = checked(question.files)?;
    for (name, value) in &question.set {
        if !declared.lets.iter().any(|l| l.name == *name) {
            let names: Vec<&str> = declared.lets.iter().map(|l| l.name.as_str()).collect();
            let finding = Finding::new(Code::UnknownName, value.span, format!("there is no named value `{name}` to set"));
            return Err(vec![finding.did_you_mean(name, names)]);
        }
    }
    let mut files = question.files.to_vec();
    for (name, value) in &question.set {
        each_agreement(&mut files, |agreement| replace(agreement, name, value, false));
    }
    let (set, findings) = checked(&files)?;
    declared.agreements.ids().map(|id| sheet(question, &declared, (&set, &findings), &files, id)).collect()
}

fn sheet(
    question: &Question<'_>,
    declared: &Model,
    (set, findings): (&Model, &[Finding]),
    files: &[ast::File],
    id: AgreementId,
) -> Result<Sheet, Vec<Finding>> {
    let agreement = &declared.agreements[id];
    let records: Vec<&MeasuredRecord> = question.measured.map_or(Vec::new(), |(all, _)| all.iter().filter(|r| r.agreement == id).collect());
    let value = |model: &Model, name: &str| model.lets.iter().find(|l| l.agreement == id && l.name == name).map(|l| l.value);
    // With what a log shows in a period for each measured value; one without data keeps what is written.
    let with = |shown: &[(&str, Exact, MeasureUnit)]| -> Result<(Model, Vec<Finding>), Vec<Finding>> {
        let mut files = files.to_vec();
        for (name, exact, unit) in shown {
            let value = literal(*exact, *unit);
            each_agreement(&mut files, |a| {
                if is_meant(a, &agreement.name, &agreement.version) {
                    replace(a, name, &value, true);
                }
            });
        }
        checked_but(&files, &[Code::AssertFails, Code::DivisionByZero, Code::OutOfRange])
    };
    let unit_of = |name: &str| declared.lets.iter().find(|l| l.agreement == id && l.name == name).map_or(MeasureUnit::Number, |l| l.unit);
    let last: Vec<&MeasuredRecord> = lets_of(declared, id).filter_map(|l| last_full(&records, &l.name, question.measured?.1)).collect();
    let shown: Vec<(&str, Exact, MeasureUnit)> = last.iter().filter_map(|r| Some((r.name.as_str(), r.value?, unit_of(&r.name)))).collect();
    let (follows, broken) = match question.measured {
        Some(_) => with(&shown).map(|(model, findings)| (Some(model), findings))?,
        None => (None, findings.to_vec()),
    };
    let mut periods: Vec<String> = Vec::new();
    let mut by_period: Vec<Model> = Vec::new();
    if question.each_period {
        for record in &records {
            if !periods.contains(&record.period) {
                periods.push(record.period.clone());
            }
        }
        for period in &periods {
            let of_period = records.iter().filter(|r| r.period == *period);
            let shown: Vec<_> = of_period.filter_map(|r| Some((r.name.as_str(), r.value?, unit_of(&r.name)))).collect();
            by_period.push(with(&shown)?.0);
        }
    }
    let mut lets: Vec<_> = lets_of(declared, id).collect();
    lets.sort_by_key(|l| l.span);
    let rows = lets.into_iter().map(|l| Row {
        name: l.name.clone(),
        title: l.title.clone(),
        formula: question.sources.text(l.formula).split_whitespace().collect::<Vec<_>>().join(" "),
        unit: l.unit,
        declared: l.value,
        set: if question.set.is_empty() { None } else { value(set, &l.name) },
        measured: last.iter().find(|r| r.name == l.name).map(|r| (r.period.clone(), r.value)),
        follows: follows.as_ref().and_then(|model| value(model, &l.name)),
        by_period: by_period.iter().map(|model| value(model, &l.name)).collect(),
    });
    let rows = rows.collect();
    let asserts = broken.iter().filter(|f| f.code == Code::AssertFails).map(|f| {
        let values = f.labels.first().map_or("", |l| l.text.as_str());
        let written = question.sources.text(f.span()).split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}: {written}; {values}", f.message)
    });
    Ok(Sheet { title: agreement.heading(), rows, broken: asserts.collect(), periods })
}

fn lets_of(model: &Model, id: AgreementId) -> impl Iterator<Item = &crate::model::Let> {
    model.lets.iter().filter(move |l| l.agreement == id)
}

/// The last whole period that has ended, of one value; else the last that has ended.
fn last_full<'r>(records: &[&'r MeasuredRecord], name: &str, as_of: Instant) -> Option<&'r MeasuredRecord> {
    let ended = || records.iter().copied().filter(|r| r.name == name && r.to <= as_of);
    ended().rfind(|r| !r.partial).or_else(|| ended().next_back())
}

/// Checks a spec; a failed assertion is what the table is asked for, and no reason to stop.
fn checked(files: &[ast::File]) -> Result<(Model, Vec<Finding>), Vec<Finding>> {
    checked_but(files, &[Code::AssertFails])
}

/// The same where other errors only leave values without a result, as a rate of nothing by which something is divided.
fn checked_but(files: &[ast::File], passing: &[Code]) -> Result<(Model, Vec<Finding>), Vec<Finding>> {
    let (model, findings) = check::check(files);
    let stops = |f: &&Finding| f.is_error() && !passing.contains(&f.code);
    let errors: Vec<Finding> = findings.iter().filter(stops).cloned().collect();
    if errors.is_empty() { Ok((model, findings)) } else { Err(errors) }
}

fn each_agreement(files: &mut [ast::File], mut f: impl FnMut(&mut ast::Agreement)) {
    for item in files.iter_mut().flat_map(|file| &mut file.items) {
        if let Item::Agreement(agreement) = item {
            f(agreement);
        }
    }
}

fn is_meant(agreement: &ast::Agreement, name: &str, version: &str) -> bool {
    let versions =
        agreement.clauses.iter().filter_map(|c| if let AgreementClause::Version(v) = &c.kind { Some(v.text.as_str()) } else { None });
    agreement.name.text == name && versions.chain([""]).next() == Some(version)
}

/// Writes another value for a name. A level that inherits it gets one of its own, if that is wanted.
fn replace(agreement: &mut ast::Agreement, name: &str, value: &Expr, or_add: bool) {
    let found = agreement.clauses.iter_mut().find_map(|c| match &mut c.kind {
        AgreementClause::Let(l) if l.name.text == name => Some(l),
        _ => None,
    });
    match found {
        Some(l) => l.value = value.clone(),
        None if or_add => {
            let name = ast::Name { text: name.to_string(), span: value.span };
            let kind = AgreementClause::Let(ast::Let { name, title: None, value: value.clone(), measured: None });
            agreement.clauses.push(Clause { span: value.span, kind });
        }
        None => {}
    }
}

fn literal(value: Exact, unit: MeasureUnit) -> Expr {
    let literal = match unit {
        MeasureUnit::Share => Literal::Percent(value),
        MeasureUnit::Money(Some(currency)) => Literal::Money(value, currency),
        MeasureUnit::Duration => Literal::Duration(crate::time::Duration::from_seconds(value).unwrap_or_default()),
        MeasureUnit::Number | MeasureUnit::Money(None) | MeasureUnit::Mixed { .. } => Literal::Number(value),
    };
    Expr { span: Span::default(), kind: ExprKind::Literal(literal) }
}
