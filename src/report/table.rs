//! Verdicts as CSV, for spreadsheets.

use crate::report::{Report, words};
use std::io::{self, Write};

const HEADER: [&str; 20] = [
    "agreement",
    "version",
    "service",
    "obligation",
    "case",
    "seq",
    "tier",
    "by",
    "verdict",
    "reason",
    "start",
    "due",
    "stop",
    "elapsed_s",
    "target_s",
    "paused_s",
    "late_s",
    "blame",
    "spec",
    "evidence",
];

/// Writes a row for each verdict.
pub fn write(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(HEADER)?;
    for o in report.outcomes() {
        let o = &o;
        let obligation = report.obligation(o.obligation);
        let service = report.service_of(o.obligation);
        let agreement = report.agreement(service.agreement);
        let time = |t| report.time(service.agreement, t);
        let seconds = |d: Option<crate::time::Duration>| d.map(words::seconds).unwrap_or_default();
        let by: Vec<String> = report.by(o).into_iter().filter_map(|(k, v)| v.map(|v| format!("{k}={v}"))).collect();
        let evidence: Vec<String> = o.evidence.iter().map(|e| format!("{}:{}", report.file(e.origin), e.origin.line)).collect();
        table.write_record([
            agreement.name.clone(),
            agreement.version.clone(),
            service.name.clone(),
            obligation.name.clone(),
            report.case(o).unwrap_or_default().to_string(),
            o.seq.to_string(),
            o.tier.map(|t| report.plan.tiers[t].name.clone()).unwrap_or_default(),
            by.join("; "),
            o.verdict.word().to_string(),
            o.reason.map(|r| r.text(report.plan)).unwrap_or_default(),
            time(o.start),
            o.due.map(time).unwrap_or_default(),
            o.stop.map(time).unwrap_or_default(),
            seconds(o.elapsed),
            seconds(o.target),
            seconds(o.paused),
            seconds(o.elapsed.map(|_| o.late)),
            report.blame(o).unwrap_or_default(),
            format!("{}:{}", report.clause(o).file, report.clause(o).line),
            evidence.join("; "),
        ])?;
    }
    table.flush()
}
