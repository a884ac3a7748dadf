//! What the checker calculates beside its findings: the most that agreements cost, and when promises are due.

use crate::check::{Due, Exposure};
use crate::quantity::{Exact, grouped};
use crate::report::grid;
use crate::source::SourceMap;
use std::io::{self, Write};

/// A table for each agreement that owes anything.
pub fn exposures(all: &[Exposure], width: u16, out: &mut impl Write) -> io::Result<()> {
    for exposure in all {
        let amount = |a: Option<Exact>| a.map_or("no bound".into(), |a| grouped(&a.fixed(exposure.currency.decimals())));
        let mut table = grid::table(width, &["clause", "at most", "per", &format!("in {}", exposure.within), "because"], &[1, 3]);
        for row in &exposure.rows {
            table.add_row([row.clause.clone(), amount(row.most), row.per.clone(), amount(row.total), row.because.clone()]);
        }
        table.add_row(["together".into(), String::new(), String::new(), amount(exposure.most), String::new()]);
        writeln!(out, "{}: the most that it can cost, in {}\n{}\n", exposure.title, exposure.currency, grid::drawn(&table))?;
    }
    Ok(())
}

/// A table of all targets.
pub fn dues(all: &[Due], sources: &SourceMap, width: u16, out: &mut impl Write) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let mut table = grid::table(width, &["promise", "target", "on", "soonest: start", "due", "latest: start", "due"], &[]);
    for due in all {
        let target = sources.text(due.span).split_whitespace().collect::<Vec<_>>().join(" ");
        let pair = |pair: &Option<(String, String)>| pair.clone().unwrap_or(("never".into(), "never".into()));
        let ((soon, soon_due), (late, late_due)) = (pair(&due.least), pair(&due.longest));
        table.add_row([format!("{}: {}", due.agreement, due.obligation), target, due.calendar.clone(), soon, soon_due, late, late_due]);
    }
    writeln!(out, "{}\n", grid::drawn(&table))
}
