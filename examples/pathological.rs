//! Writes logs that are hard on an evaluator, each with its spec: `docs/performance.md` says how fast they go.
//!
//! ```sh
//! cargo run --release --example pathological -- pauses folder
//! sla run folder/spec.sla --log folder/log.csv --timings
//! ```
//!
//! | kind | what is hard about it |
//! |---|---|
//! | `one-case` | one case has a million events |
//! | `many-cases` | a million cases have one event each, and never end |
//! | `many-names` | ten thousand tiers, and as many owners to group by |
//! | `pauses` | the clock of one case stops and goes on 100,000 times |
//! | `one-instant` | every event happens at the same instant |
//! | `long-lines` | a thousand lines of a mebibyte each |
//! | `many-words` | a million rows, each of another event that nobody knows |
//! | `wide-case` | a row for each milestone: 300,000 of one case |

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, folder] = arguments.as_slice() else { return Err("write: pathological KIND FOLDER".into()) };
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    let mut tiers = String::from("tier Low when score < 50\n    tier High otherwise");
    if kind == "many-names" {
        tiers = (0..9_999).map(|i| format!("tier T{i} when score = {i}\n    ")).collect();
        tiers.push_str("tier Rest otherwise");
    }
    std::fs::write(folder.join("spec.sla"), spec(&tiers))?;
    let mut log = BufWriter::new(std::fs::File::create(folder.join("log.csv"))?);
    if kind == "wide-case" {
        writeln!(log, "id,opened_at,waiting_at,score,owner")?;
        (1..=300_000).try_for_each(|i| writeln!(log, "T-1,{},{},10,ann", time(0), time(i * 60)))?;
        return Ok(log.flush()?);
    }
    writeln!(log, "time,event,ticket,score,owner,note")?;
    let line = |second: u64, event: &str, ticket: u64, rest: &str| format!("{},{event},T-{ticket:07},{rest}", time(second));
    match kind.as_str() {
        "one-case" => {
            writeln!(log, "{}", line(0, "opened", 0, "10,ann,"))?;
            for i in 1..1_000_000 {
                writeln!(log, "{}", line(i * 20, if i % 2 == 0 { "resumed" } else { "waiting" }, 0, ",,"))?;
            }
        }
        "many-cases" => (0..1_000_000).try_for_each(|i| writeln!(log, "{}", line(i * 20, "opened", i, "10,ann,")))?,
        "many-names" => {
            for i in 0..500_000 {
                writeln!(log, "{}", line(i * 40, "opened", i, &format!("{},owner {},", i * 7_919 % 10_000, i * 104_729 % 10_000)))?;
                writeln!(log, "{}", line(i * 40 + 30, "resolved", i, ",,"))?;
            }
        }
        "pauses" => {
            writeln!(log, "{}", line(0, "opened", 0, "10,ann,"))?;
            for i in 0..100_000 {
                writeln!(log, "{}", line(i * 200 + 1, "waiting", 0, ",,"))?;
                writeln!(log, "{}", line(i * 200 + 101, "resumed", 0, ",,"))?;
            }
            writeln!(log, "{}", line(20_000_001, "resolved", 0, ",,"))?;
        }
        "one-instant" => {
            for i in 0..500_000 {
                writeln!(log, "{}", line(0, "opened", i, "10,ann,"))?;
            }
            for i in 0..500_000 {
                writeln!(log, "{}", line(0, "resolved", i, ",,"))?;
            }
        }
        "long-lines" => {
            let note = "x".repeat(1 << 20);
            (0..1_000).try_for_each(|i| writeln!(log, "{}", line(i * 20, "opened", i, &format!("10,ann,{note}"))))?;
        }
        "many-words" => {
            (0..1_000_000).try_for_each(|i| writeln!(log, "{}", line(i * 20, &format!("word {i}"), i % 5_000, "10,ann,")))?;
        }
        other => return Err(format!("there is no kind `{other}`").into()),
    }
    Ok(log.flush()?)
}

/// So many seconds after the beginning of 2026.
fn time(second: u64) -> String {
    let start = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).and_then(|d| d.and_hms_opt(0, 0, 0)).unwrap_or_default();
    (start + chrono::TimeDelta::seconds(second as i64)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn spec(tiers: &str) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        r#"party desk "Desk"
party us "Us"
calendar office {{ zone "Europe/Berlin"  open mon-fri 08:00-18:00 }}
case ticket {{
    score: number
    owner: text
    note: text?
    event opened
    event waiting
    event resumed
    event resolved
    state waits from waiting to resumed or resolved
    {tiers}
}}
agreement tickets {{
    version "1"
    effective 2026-01-01 to 2026-12-31
    zone "Europe/Berlin"
    service support by desk for us {{
        obligation resolution {{ start once on opened  stop on resolved  pause while waits  within 8h  clock office }}
        objective quick {{ expect met(resolution) >= 90% per month by tier }}
        objective usual {{ expect p90(resolution) <= 8h per month by owner }}
    }}
}}
source export {{ case ticket key "id"  event opened at "opened_at"  event waiting at "waiting_at" }}
"#
    );
    text
}
