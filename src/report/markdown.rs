//! The page as Markdown, for reviews and tickets.

use crate::engine::Verdict;
use crate::report::page::Page;
use std::io::{self, Write};

/// Writes the page.
pub fn write(page: &Page, out: &mut impl Write) -> io::Result<()> {
    for head in &page.heads {
        writeln!(out, "# {}\n\n{}\n", head.title, head.facts.join(" · "))?;
    }
    let totals: Vec<String> = Verdict::ALL.iter().map(|v| format!("{} {}", page.totals[*v as usize], v.word())).collect();
    writeln!(out, "{}. {}.\n", page.log, totals.join(", "))?;
    for service in &page.services {
        writeln!(out, "## {}\n", service.title)?;
        header(out, &["promise", "met", "breached", "pending", "void", "unknown", "attained", "goal"])?;
        for r in &service.rows {
            let mut cells = vec![r.title.clone()];
            cells.extend(r.totals.iter().map(u64::to_string));
            cells.extend([r.attainment.clone(), r.goal.clone()]);
            row(out, &cells)?;
        }
        writeln!(out)?;
    }
    if !page.objectives.is_empty() {
        writeln!(out, "## Objectives\n")?;
    }
    for part in &page.objectives {
        writeln!(out, "### {}\n", part.title)?;
        if !part.rows.is_empty() {
            header(out, &["period", "group", "value", "verdict", "remark"])?;
            for r in &part.rows {
                let verdict = r.verdict.word().to_string();
                row(out, &[&r.period, &r.group, &r.value, &verdict, &r.remark])?;
            }
            writeln!(out)?;
        }
        if let Some(rest) = &part.rest {
            writeln!(out, "{rest}\n")?;
        }
    }
    if !page.money.is_empty() {
        writeln!(out, "## Credits\n")?;
        header(out, &["period", "for", "amount", "because"])?;
        for r in &page.money {
            row(out, &[&r.period, &r.what, &r.amount, &r.because])?;
        }
        writeln!(out)?;
    }
    for (title, lines) in page.lists.iter().filter(|(_, lines)| !lines.is_empty()) {
        writeln!(out, "## {title}\n")?;
        for line in lines {
            writeln!(out, "- {line}")?;
        }
        writeln!(out)?;
    }
    let (breaches, all) = &page.breaches;
    if !breaches.is_empty() {
        writeln!(out, "## Breaches, the worst {} of {all}\n", breaches.len())?;
        header(out, &["case", "promise", "blame", "was due", "late", "clause", "log"])?;
        for b in breaches {
            row(out, &[&b.case, &b.promise, &b.blame, &b.due, &b.late, &b.clause, &b.evidence])?;
        }
        writeln!(out)?;
    }
    for side in &page.tables {
        writeln!(out, "## {}\n", side.title)?;
        header(out, &side.header)?;
        for cells in &side.rows {
            row(out, cells)?;
        }
        writeln!(out)?;
    }
    let (risks, all) = &page.at_risk;
    if !risks.is_empty() {
        writeln!(out, "## At risk now, the next {} of {all}\n", risks.len())?;
        header(out, &["case", "promise", "owner", "safe until", "left"])?;
        for r in risks {
            row(out, &[&r.case, &r.promise, &r.owner, &r.due, &r.left])?;
        }
        writeln!(out)?;
    }
    if !page.unjudged.is_empty() {
        writeln!(out, "## Not judged, and why\n")?;
        for line in &page.unjudged {
            writeln!(out, "- {line}")?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", page.made_by)
}

fn header(out: &mut impl Write, names: &[&str]) -> io::Result<()> {
    writeln!(out, "| {} |\n|{}", names.join(" | "), "---|".repeat(names.len()))
}

fn row(out: &mut impl Write, cells: &[impl AsRef<str>]) -> io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|c| c.as_ref().replace('|', "\\|")).collect();
    writeln!(out, "| {} |", cells.join(" | "))
}
