//! The page on a terminal.

use crate::engine::{ObjectiveVerdict, Verdict};
use crate::report::grid;
use crate::report::page::{Page, ServicePart};
use comfy_table::{ColumnConstraint, Table};
use std::io::{self, Write};

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// Writes the page, `width` columns wide. Colours are escapes that the stream may strip.
pub fn write(page: &Page, width: u16, out: &mut impl Write) -> io::Result<()> {
    for head in &page.heads {
        writeln!(out, "{BOLD}{}{PLAIN}", head.title)?;
        writeln!(out, "{}", head.facts.join(" · "))?;
    }
    writeln!(out, "{}", page.log)?;
    totals(page, out)?;
    for service in &page.services {
        heading(out, &service.title)?;
        writeln!(out, "{}", grid::drawn(&promises(service, width)))?;
    }
    if !page.objectives.is_empty() {
        heading(out, "Objectives")?;
        objectives(page, width, out)?;
    }
    money(page, width, out)?;
    breaches(page, width, out)?;
    side_tables(page, width, out)?;
    at_risk(page, width, out)?;
    if !page.unjudged.is_empty() {
        heading(out, "Not judged, and why")?;
        for line in &page.unjudged {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out, "\n{DIM}{}{PLAIN}", page.made_by)
}

fn heading(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{BOLD}{text}{PLAIN}")
}

fn totals(page: &Page, out: &mut impl Write) -> io::Result<()> {
    let all: u64 = page.totals.iter().sum();
    let parts = Verdict::ALL.iter().map(|v| {
        let n = super::words::grouped(&page.totals[*v as usize].to_string());
        let text = format!("{n} {}", v.word());
        if *v == Verdict::Breached && page.totals[1] > 0 { format!("{RED}{text}{PLAIN}") } else { text }
    });
    let parts: Vec<String> = parts.collect();
    writeln!(out, "\n{}: {}", super::words::count(all, "promise", "promises"), parts.join(", "))
}

/// These columns are never broken: the others give way.
fn whole(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

fn promises(service: &ServicePart, width: u16) -> Table {
    let mut table =
        grid::table(width, &["promise", "met", "breached", "pending", "void", "unknown", "attained", "goal"], &[1, 2, 3, 4, 5, 6]);
    for row in &service.rows {
        let mut cells = vec![row.title.clone()];
        cells.extend(row.totals.iter().map(|n| super::words::grouped(&n.to_string())));
        cells.extend([row.attainment.clone(), row.goal.clone()]);
        table.add_row(cells);
    }
    table
}

fn objectives(page: &Page, width: u16, out: &mut impl Write) -> io::Result<()> {
    for part in &page.objectives {
        writeln!(out, "  {}", part.title)?;
        if !part.rows.is_empty() {
            let grouped = part.rows.iter().any(|r| !r.group.is_empty());
            let header: &[&str] = if grouped { &["", "period", "group", "value", "", ""] } else { &["", "period", "value", "", ""] };
            let mut table = grid::table(width, header, if grouped { &[3] } else { &[2] });
            for row in &part.rows {
                let mut cells = vec!["  ".to_string(), row.period.clone()];
                if grouped {
                    cells.push(row.group.clone());
                }
                cells.extend([row.value.clone(), verdict(row.verdict).to_string(), row.remark.clone()]);
                table.add_row(cells);
            }
            // The columns speak for themselves: the header would only repeat below every title.
            let text = grid::drawn(&table);
            let body = text.split_once('\n').map_or("", |(_, body)| body);
            writeln!(out, "{body}")?;
        }
        if let Some(rest) = &part.rest {
            writeln!(out, "     {rest}")?;
        }
    }
    Ok(())
}

fn verdict(verdict: ObjectiveVerdict) -> &'static str {
    match verdict {
        ObjectiveVerdict::Met => "met",
        ObjectiveVerdict::Missed => "MISSED",
        ObjectiveVerdict::Open => "open",
        ObjectiveVerdict::Unknown => "unknown",
    }
}

fn money(page: &Page, width: u16, out: &mut impl Write) -> io::Result<()> {
    if !page.money.is_empty() {
        heading(out, "Credits")?;
        let mut table = grid::table(width, &["period", "for", "amount", "because"], &[2]);
        for row in &page.money {
            table.add_row([&row.period, &row.what, &row.amount, &row.because].map(String::as_str));
        }
        writeln!(out, "{}", grid::drawn(&table))?;
    }
    for (title, lines) in page.lists.iter().filter(|(_, lines)| !lines.is_empty()) {
        heading(out, title)?;
        for line in lines {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

fn breaches(page: &Page, width: u16, out: &mut impl Write) -> io::Result<()> {
    let (rows, all) = &page.breaches;
    if rows.is_empty() {
        return Ok(());
    }
    let shown = if *all > rows.len() { format!("The {} worst of {all} breaches", rows.len()) } else { "Breaches, the worst first".into() };
    heading(out, &shown)?;
    let mut table = grid::table(width, &["case", "promise", "blame", "was due", "late", "clause", "log"], &[]);
    for row in rows {
        let cells = [&row.case, &row.promise, &row.blame, &row.due, &row.late, &row.clause, &row.evidence];
        table.add_row(cells.map(String::as_str));
    }
    whole(&mut table, if width >= 90 { &[0, 3, 5, 6] } else { &[0, 3] });
    writeln!(out, "{}", grid::drawn(&table))
}

fn side_tables(page: &Page, width: u16, out: &mut impl Write) -> io::Result<()> {
    for side in &page.tables {
        heading(out, &side.title)?;
        let mut table = grid::table(width, &side.header, &side.right);
        for row in &side.rows {
            table.add_row(row);
        }
        writeln!(out, "{}", grid::drawn(&table))?;
    }
    Ok(())
}

fn at_risk(page: &Page, width: u16, out: &mut impl Write) -> io::Result<()> {
    let (rows, all) = &page.at_risk;
    if rows.is_empty() {
        return Ok(());
    }
    let shown =
        if *all > rows.len() { format!("At risk now: the next {} of {all} that are open", rows.len()) } else { "At risk now".into() };
    heading(out, &shown)?;
    let mut table = grid::table(width, &["case", "promise", "owner", "safe until", "left"], &[]);
    for row in rows {
        table.add_row([&row.case, &row.promise, &row.owner, &row.due, &row.left].map(String::as_str));
    }
    whole(&mut table, &[0, 3]);
    writeln!(out, "{}", grid::drawn(&table))
}
