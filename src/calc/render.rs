//! A sheet for the terminal, for a spreadsheet, for a document and for machines.

use crate::calc::{Row, Sheet};
use crate::model::MeasureUnit;
use crate::quantity::{Exact, grouped};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;
use std::io::{self, Write};

/// How sheets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table for the terminal, so many columns wide.
    Text(u16),
    /// A table for a document.
    Markdown,
    /// A table for a spreadsheet.
    Csv,
    /// For machines.
    Json,
}

/// Writes all sheets.
pub fn write(sheets: &[Sheet], form: Form, out: &mut impl Write) -> io::Result<()> {
    match form {
        Form::Json => return json(sheets, out),
        Form::Csv => return csv(sheets, out),
        Form::Text(_) | Form::Markdown => {}
    }
    for (i, sheet) in sheets.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        let (header, rows) = grid(sheet, shown);
        match form {
            Form::Text(width) => {
                writeln!(out, "{}", sheet.title)?;
                writeln!(out, "{}", drawn(&header, &rows, width))?;
                for line in &sheet.broken {
                    writeln!(out, "  does not hold: {line}")?;
                }
            }
            Form::Markdown | Form::Csv | Form::Json => {
                let line =
                    |cells: &[String]| format!("| {} |", cells.iter().map(|c| c.replace('|', "\\|")).collect::<Vec<_>>().join(" | "));
                writeln!(out, "## {}\n\n{}\n|{}", sheet.title, line(&header), "---|".repeat(header.len()))?;
                for row in &rows {
                    writeln!(out, "{}", line(row))?;
                }
                for broken in &sheet.broken {
                    writeln!(out, "\n- does not hold: {broken}")?;
                }
            }
        }
    }
    Ok(())
}

/// The columns that have something to say, and their cells.
fn grid(sheet: &Sheet, shown: fn(Option<Exact>, MeasureUnit) -> String) -> (Vec<String>, Vec<Vec<String>>) {
    let has = |f: fn(&Row) -> bool| sheet.rows.iter().any(f);
    let (set, measured) = (has(|r| r.set.is_some()), has(|r| r.measured.is_some()));
    let (follows, periods) = (has(|r| r.follows.is_some()), !sheet.periods.is_empty());
    let mut header: Vec<String> = ["value", "formula", "unit", "declared"].map(String::from).to_vec();
    if set {
        header.push("set".into());
    }
    if periods {
        header.extend(sheet.periods.iter().cloned());
    } else {
        if measured {
            header.extend(["measured", "in"].map(String::from));
        }
        if follows {
            header.extend(["with that", "drift"].map(String::from));
        }
    }
    let rows = sheet.rows.iter().map(|row| {
        let mut cells = vec![row.name.clone(), row.formula.clone(), unit_word(row.unit), shown(Some(row.declared), row.unit)];
        if set {
            cells.push(shown(row.set, row.unit));
        }
        if periods {
            cells.extend(row.by_period.iter().map(|v| shown(*v, row.unit)));
            return cells;
        }
        if measured {
            let (period, value) = row.measured.as_ref().map_or((String::new(), String::new()), |(period, value)| {
                (period.clone(), value.map_or("no data".into(), |v| shown(Some(v), row.unit)))
            });
            cells.extend([value, period]);
        }
        if follows {
            cells.extend([shown(row.follows, row.unit), drift(row)]);
        }
        cells
    });
    (header, rows.collect())
}

/// A value for people, with its thousands apart and two decimals at most.
fn shown(value: Option<Exact>, unit: MeasureUnit) -> String {
    match (value, unit) {
        (Some(value), MeasureUnit::Money(Some(currency))) if value.is_whole() => format!("{} {currency}", grouped(&value.to_string())),
        (Some(value), MeasureUnit::Money(Some(currency))) => format!("{} {currency}", grouped(&value.fixed(currency.decimals()))),
        (Some(value), MeasureUnit::Number) => grouped(&value.short(2)),
        (value, unit) => plain(value, unit),
    }
}

/// The same as a spreadsheet reads it.
fn plain(value: Option<Exact>, unit: MeasureUnit) -> String {
    let Some(value) = value else { return String::new() };
    match unit {
        MeasureUnit::Share => format!("{}%", value.mul(Exact::whole(100)).unwrap_or(value).short(2)),
        MeasureUnit::Number | MeasureUnit::Money(None) | MeasureUnit::Mixed { .. } => value.short(2),
        unit => unit.text(value),
    }
}

fn drift(row: &Row) -> String {
    match row.drift() {
        None => String::new(),
        Some(drift) if drift.is_zero() => "–".into(),
        Some(drift) => {
            let sign = if drift.is_negative() { "" } else { "+" };
            format!("{sign}{}%", drift.mul(Exact::whole(100)).unwrap_or(drift).short(1))
        }
    }
}

fn unit_word(unit: MeasureUnit) -> String {
    match unit {
        MeasureUnit::Number => "number".into(),
        MeasureUnit::Share => "share".into(),
        MeasureUnit::Duration => "time".into(),
        MeasureUnit::Money(Some(currency)) => currency.to_string(),
        MeasureUnit::Money(None) => "money".into(),
        MeasureUnit::Mixed { money, time, .. } => match (money, time) {
            (1, -1) => "money a time".into(),
            (money, time) => format!("money^{money} time^{time}"),
        },
    }
}

fn drawn(header: &[String], rows: &[Vec<String>], width: u16) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(header);
    for (i, name) in header.iter().enumerate() {
        let is_text = ["value", "formula", "unit", "in"].contains(&name.as_str());
        if let Some(column) = table.column_mut(i).filter(|_| !is_text) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for row in rows {
        table.add_row(row);
    }
    table.lines().map(|l| l.trim_end().to_string()).collect::<Vec<_>>().join("\n")
}

fn csv(sheets: &[Sheet], out: &mut impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    for sheet in sheets {
        let (mut header, rows) = grid(sheet, plain);
        header.insert(0, "agreement".into());
        table.write_record(&header)?;
        for mut row in rows {
            row.insert(0, sheet.title.clone());
            table.write_record(&row)?;
        }
    }
    table.flush()
}

#[derive(Serialize)]
struct JsonSheet<'a> {
    agreement: &'a str,
    values: Vec<JsonRow<'a>>,
    broken: &'a [String],
}

#[derive(Serialize)]
struct JsonRow<'a> {
    name: &'a str,
    title: Option<&'a str>,
    formula: &'a str,
    unit: String,
    declared: f64,
    set: Option<f64>,
    measured: Option<f64>,
    period: Option<&'a str>,
    with_measured: Option<f64>,
    drift: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    periods: Vec<JsonPeriod<'a>>,
}

#[derive(Serialize)]
struct JsonPeriod<'a> {
    period: &'a str,
    value: Option<f64>,
}

fn json(sheets: &[Sheet], out: &mut impl Write) -> io::Result<()> {
    let number = |value: Option<Exact>| value.map(Exact::to_f64);
    let all: Vec<JsonSheet<'_>> = sheets
        .iter()
        .map(|sheet| {
            let rows = sheet.rows.iter().map(|row| JsonRow {
                name: &row.name,
                title: row.title.as_deref(),
                formula: &row.formula,
                unit: unit_word(row.unit),
                declared: row.declared.to_f64(),
                set: number(row.set),
                measured: number(row.measured.as_ref().and_then(|m| m.1)),
                period: row.measured.as_ref().map(|m| m.0.as_str()),
                with_measured: number(row.follows),
                drift: number(row.drift()),
                periods: sheet.periods.iter().zip(&row.by_period).map(|(p, v)| JsonPeriod { period: p, value: number(*v) }).collect(),
            });
            JsonSheet { agreement: &sheet.title, values: rows.collect(), broken: &sheet.broken }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &all)?;
    writeln!(out)
}
