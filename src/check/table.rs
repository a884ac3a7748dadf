//! Tables beside the spec: a customer's fee, a representative's quota.

use crate::ast::{self, Item};
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding};
use crate::model::{FactTable, Lookup, MeasureUnit, Type};
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::Duration;
use std::collections::HashSet;

/// The key that stands for the period which is judged.
pub(super) const PERIOD: &str = "period";

impl Checker {
    pub(super) fn tables(&mut self, files: &[ast::File]) {
        let currency = currency_of(files);
        for item in files.iter().flat_map(|f| &f.items) {
            let Item::Table(written) = item else { continue };
            if let Some(first) = self.model.tables.iter().find(|t| t.name == written.name.text) {
                let first = first.span;
                self.duplicate(&written.name, "tables", first);
                continue;
            }
            let table = self.table(written, currency);
            self.model.tables.push(table);
        }
    }

    fn table(&mut self, written: &ast::Table, currency: Option<Currency>) -> FactTable {
        let mut table = FactTable {
            span: written.name.span,
            name: written.name.text.clone(),
            keys: written.keys.iter().map(|k| k.text.clone()).collect(),
            columns: Vec::new(),
            rows: Vec::new(),
        };
        for field in &written.fields {
            let ty = self.field_type(&field.ty);
            if !matches!(ty, Type::Number | Type::Money | Type::Duration) {
                let message = format!("a table holds numbers, amounts and durations; `{}` is {}", field.name.text, ty.word());
                self.say(Finding::new(Code::TypeMismatch, field.span, message));
            }
            table.columns.push((field.name.text.clone(), ty));
        }
        let fail = |why: String| Finding::new(Code::FactFile, written.file.span, format!("`{}`: {why}", written.file.text));
        let text = match self.beside.get(&written.file.span) {
            Some(Ok(text)) => text.clone(),
            Some(Err(why)) => {
                let finding = fail(why.clone()).help("the path is relative to this file, and lies below the folder of the spec");
                self.say(finding);
                return table;
            }
            None => {
                self.say(fail("no file can be read beside this text".into()));
                return table;
            }
        };
        match rows(&text, &table, currency) {
            Ok(rows) => table.rows = rows,
            Err(why) => self.say(fail(why).help(format!("the first line names the columns: {}", columns_of(&table).join(", ")))),
        }
        table
    }

    /// `fees.fee`: the row of the group and period that are judged.
    pub(super) fn lookup(&mut self, table: &ast::Name, column: &ast::Name, scope: Scope) -> Option<(Lookup, MeasureUnit)> {
        let (at, column, unit) = self.column(table, column, scope)?;
        Some((Lookup { table: at, column }, unit))
    }

    /// `fees("acme").fee`: one row, which must be there.
    pub(super) fn row_value(
        &mut self,
        span: Span,
        table: &ast::Name,
        keys: &[ast::Text],
        column: &ast::Name,
        scope: Scope,
    ) -> Option<(Exact, MeasureUnit)> {
        let (at, column, unit) = self.column(table, column, scope)?;
        let found = &self.model.tables[at];
        let wanted: Vec<String> = keys.iter().map(|k| k.text.clone()).collect();
        if wanted.len() != found.keys.len() {
            let message = format!("a row of `{}` is named by {}", table.text, found.keys.join(" and "));
            self.say(Finding::new(Code::BadArgument, span, message));
            return None;
        }
        let value = found.rows.iter().find(|(keys, _)| *keys == wanted).and_then(|(_, values)| values[column]);
        if value.is_none() {
            let message = format!("table `{}` has no such value for {}", table.text, wanted.join(", "));
            self.say(Finding::new(Code::FactFile, span, message).also(found.span, "the table").help("add the row to the file"));
        }
        value.map(|value| (value, unit))
    }

    fn column(&mut self, table: &ast::Name, column: &ast::Name, scope: Scope) -> Option<(usize, usize, MeasureUnit)> {
        let Some(at) = self.model.tables.iter().position(|t| t.name == table.text) else {
            let known: Vec<String> = self.model.tables.iter().map(|t| t.name.clone()).collect();
            self.unknown(table, "a table", &known, Scope::default());
            return None;
        };
        let columns = &self.model.tables[at].columns;
        let Some(found) = columns.iter().position(|(name, _)| *name == column.text) else {
            let known: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
            self.unknown(column, "a column", &known, Scope::default());
            return None;
        };
        let unit = match columns[found].1 {
            Type::Money => MeasureUnit::Money(scope.agreement.and_then(|a| self.model.agreements[a].currency)),
            Type::Duration => MeasureUnit::Duration,
            _ => MeasureUnit::Number,
        };
        Some((at, found, unit))
    }
}

fn columns_of(table: &FactTable) -> Vec<String> {
    table.keys.iter().cloned().chain(table.columns.iter().map(|c| c.0.clone())).collect()
}

/// The currency of all agreements, if they have one.
fn currency_of(files: &[ast::File]) -> Option<Currency> {
    let agreements = files.iter().flat_map(|f| &f.items).filter_map(|i| if let Item::Agreement(a) = i { Some(a) } else { None });
    let clauses = agreements.flat_map(|a| &a.clauses);
    let mut currencies = clauses.filter_map(|c| if let ast::AgreementClause::Currency(c) = c.kind { Some(c) } else { None });
    let first = currencies.next()?;
    currencies.all(|c| c == first).then_some(first)
}

type Row = (Vec<String>, Vec<Option<Exact>>);

fn rows(text: &str, table: &FactTable, currency: Option<Currency>) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let header = reader.headers().map_err(|e| e.to_string())?.clone();
    let at = |name: &String| header.iter().position(|h| h == name).ok_or_else(|| format!("there is no column `{name}`"));
    let keys: Vec<usize> = table.keys.iter().map(at).collect::<Result<_, _>>()?;
    let columns: Vec<usize> = table.columns.iter().map(|(name, _)| at(name)).collect::<Result<_, _>>()?;
    let mut rows: Vec<Row> = Vec::new();
    let mut known: HashSet<Vec<String>> = HashSet::new();
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |i: usize| record.get(i).unwrap_or_default();
        let key: Vec<String> = keys.iter().map(|i| cell(*i).to_string()).collect();
        if !known.insert(key.clone()) {
            return Err(format!("line {line}: there is a row for {} already", key.join(", ")));
        }
        let values = columns.iter().zip(&table.columns).map(|(i, (_, ty))| match cell(*i) {
            "" => Ok(None),
            text => value(text, ty, currency).map(Some).ok_or_else(|| format!("line {line}: `{text}` is not {}", ty.word())),
        });
        let values = values.collect::<Result<_, _>>()?;
        rows.push((key, values));
    }
    rows.sort();
    Ok(rows)
}

/// A cell; amounts may name the one currency that the agreements count in.
fn value(text: &str, ty: &Type, currency_of: Option<Currency>) -> Option<Exact> {
    match ty {
        Type::Duration => Duration::parse(text).map(Duration::as_seconds),
        Type::Money => match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            [amount] => Exact::parse(amount),
            [amount, currency] | [currency, amount] if Currency::parse(currency) == currency_of => Exact::parse(amount),
            _ => None,
        }
        .filter(|amount| !amount.is_negative()),
        _ => match text.strip_suffix('%') {
            Some(percent) => Exact::parse(percent)?.div(Exact::whole(100)),
            None => Exact::parse(text),
        },
    }
}
