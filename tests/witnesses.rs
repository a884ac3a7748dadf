//! What the checker says with a witness is confirmed by running the engine on it, over random agreements; and where it says
//! nothing, a search over many cases and starts finds nothing.

use crate::common::random::{Random, condition, target};
use crate::common::{self, compile, judge, random, same_time, verdicts};
use sla::diagnostic::Finding;
use sla::source::SourceMap;
use sla::{check, syntax};
use std::collections::BTreeSet;

/// What the checker finds under one code.
fn found(spec: &str, code: &str) -> Vec<Finding> {
    let mut sources = SourceMap::default();
    let file = sources.add("spec.sla", spec);
    let (tree, read) = syntax::parse(&sources, file);
    assert!(read.is_empty(), "{spec}\n{read:?}");
    let (_, findings) = check::check(&[tree]);
    assert!(!findings.iter().any(|f| f.is_error() && f.code.text() != code), "{spec}\n{findings:?}");
    findings.into_iter().filter(|f| f.code.text() == code).collect()
}

/// All dates and times of a text that are written as `2026-03-02 10:00`.
fn walls(text: &str) -> Vec<String> {
    let pattern = regex_lite::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d").unwrap();
    pattern.find_iter(text).map(|m| m.as_str().replace(' ', "T") + ":00Z").collect()
}

const TAIL: &str = r#"agreement a { version "1" effective 2026-01-01 zone "UTC" clock always
    service s by us for us { obligation o { start on opened  stop on closed  within 1h } } }
"#;

/// Leads of every combination of whole and half numbers, members and truths: the engine says which tiers occur. The checker
/// calls exactly the others unreachable, and where a case has no tier it shows one that has none.
#[test]
fn tiers_are_called_unreachable_if_no_case_has_them_and_a_gap_is_one() {
    let (mut unreachable, mut gaps) = (0, 0);
    for seed in 0..300 {
        let mut r = Random::new(seed);
        let tiers: Vec<String> = (0..1 + r.below(4)).map(|i| format!("    tier t{i} when {}\n", condition(&mut r, 2))).collect();
        let case = format!("case item {{ n: number  kind: a | b | c  flag: bool  event opened  event closed\n{}}}\n", tiers.concat());
        let spec = format!("party us {{ contact \"us@example.com\" }}\n{case}{TAIL}");
        let mut log = String::from("time,item,event,n,kind,flag\n");
        for half in -2..18 {
            for kind in ["a", "b", "c"] {
                for flag in ["true", "false"] {
                    let n = f64::from(half) / 2.0;
                    log += &format!("2026-03-02T10:00:00Z,{n} {kind} {flag},opened,{n},{kind},{flag}\n");
                }
            }
        }
        let records = judge(&spec, &log);
        let reached: BTreeSet<String> = verdicts(&records).filter_map(|v| Some(v["tier"].as_str()?.to_string())).collect();
        let said: BTreeSet<String> =
            found(&spec, "unreachable-tier").iter().map(|f| f.message.split('`').nth(1).unwrap().to_string()).collect();
        let all: BTreeSet<String> = (0..tiers.len()).map(|i| format!("t{i}")).collect();
        assert_eq!(said, &all - &reached, "{seed}: {spec}");
        unreachable += said.len();
        let left: Vec<&str> = verdicts(&records).filter(|v| v["tier"].is_null()).map(|v| v["case"].as_str().unwrap()).collect();
        let gap = found(&spec, "no-otherwise");
        assert_eq!(gap.is_empty(), left.is_empty(), "{seed}: {spec}\n{gap:?} {left:?}");
        if let Some(gap) = gap.first() {
            gaps += 1;
            let witness = gap.message.strip_prefix("a item with ").unwrap().strip_suffix(" has no tier").unwrap();
            let (mut header, mut row) = (String::from("time,item,event"), String::from("2026-03-02T10:00:00Z,it,opened"));
            for pair in witness.split(", ").filter(|p| !p.is_empty()) {
                let (field, value) = pair.split_once(" = ").unwrap();
                header += &format!(",{field}");
                row += &format!(",{value}");
            }
            let records = judge(&spec, &format!("{header}\n{row}\n"));
            assert!(verdicts(&records).all(|v| v["tier"].is_null()), "{seed}: {witness}: {spec}");
        }
    }
    assert!(unreachable > 50 && gaps > 50, "{unreachable} and {gaps} are too few to show anything");
}

/// Starts all over two years, at any second.
fn starts(r: &mut Random, n: usize) -> Vec<String> {
    (0..n)
        .map(|_| {
            let t = chrono::DateTime::from_timestamp(1_767_225_600 + (r.below(700) * 86_400 + r.below(86_400)) as i64, 0).unwrap();
            t.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        })
        .collect()
}

/// The dues of promises for cases that start at these instants, by promise and start.
fn dues(spec: &str, rows: &[(String, &str, &str)]) -> Vec<(String, String, sla::time::Instant)> {
    let mut sorted: Vec<_> = rows.iter().enumerate().collect();
    sorted.sort_by(|a, b| a.1.0.cmp(&b.1.0));
    let mut log = String::from("time,item,event,kind\n");
    for (i, (start, event, kind)) in sorted {
        log += &format!("{start},{i},{event},{kind}\n");
    }
    let records = judge(spec, &log);
    let due = |v: &serde_json::Value| {
        let due = v["due"].as_str().map(common::instant)?;
        Some((v["obligation"].as_str()?.to_string(), v["case"].as_str()?.to_string(), due))
    };
    verdicts(&records).filter_map(due).collect()
}

/// The start that is shown is due later with the stronger tier than with the weaker one, as the engine calculates it; where
/// nothing is shown, no start of many is.
#[test]
fn a_stronger_tier_that_is_due_later_is_shown_at_a_start_at_which_it_is() {
    let (mut shown, mut silent) = (0, 0);
    for seed in 0..60 {
        let mut r = Random::new(1_000 + seed);
        let (a, b) = (target(&mut r), target(&mut r));
        let (first, second) = (random::calendar(&mut r, "first"), random::calendar(&mut r, "second"));
        let other = if r.once_in(2) { "second" } else { "first" };
        let spec = format!(
            r#"party us {{ contact "us@example.com" }}
{first}{second}case item {{ kind: a | b  event opened  event closed
    tier strong when kind = a and kind != b  tier weak otherwise }}
agreement g {{ version "1" effective 2026-01-01 zone "UTC"
    service s by us for us {{ obligation o {{ start on opened  stop on closed  within {a} for strong on first, {b} for weak on {other} }}
        obligation p {{ start on opened  stop on closed  within 1h on second }} }} }}
"#
        );
        let findings = found(&spec, "targets-not-monotone");
        let at = |start: &str| {
            let found = dues(&spec, &[(start.to_string(), "opened", "a"), (start.to_string(), "opened", "b")]);
            let of = |case: &str| found.iter().find(|(o, c, _)| o == "o" && c == case).map(|f| f.2);
            (of("0"), of("1"))
        };
        if let Some(finding) = findings.first() {
            shown += 1;
            let [start, late] = walls(&finding.labels[0].text).try_into().unwrap();
            let early = walls(&finding.labels[1].text).remove(0);
            // A witness at the last instant of a minute is shown by that minute.
            let tried = [start.clone(), start.replace(":00Z", ":59.999999Z")];
            let confirmed = tried.iter().any(|start| {
                let (Some(strong), Some(weak)) = at(start) else { return false };
                let minute = |t: sla::time::Instant, of: &str| (0..60_000_000).contains(&t.since(common::instant(of)).as_micros());
                strong > weak && minute(strong, &late) && minute(weak, &early)
            });
            assert!(confirmed, "{seed}: {start} {late} {early}\n{spec}");
        } else {
            silent += 1;
            let starts = starts(&mut r, 300);
            let rows: Vec<_> = starts.iter().flat_map(|s| [(s.clone(), "opened", "a"), (s.clone(), "opened", "b")]).collect();
            let found = dues(&spec, &rows);
            let mut of = vec![None; rows.len()];
            for (_, case, due) in found.iter().filter(|(o, ..)| o == "o") {
                of[case.parse::<usize>().unwrap()] = Some(*due);
            }
            for (i, start) in starts.iter().enumerate() {
                if let (Some(strong), Some(weak)) = (of[2 * i], of[2 * i + 1]) {
                    assert!(strong <= weak, "{seed}: {start}\n{spec}");
                }
            }
        }
    }
    assert!(shown > 15 && silent > 15, "{shown} shown, {silent} silent");
}

/// Of internal promises that do not fit, the engine confirms the start, both ends and the slack; where they fit, no start of many
/// shows otherwise.
#[test]
fn the_worst_start_of_a_backing_breaches_and_a_backing_that_fits_never_does() {
    let (mut shown, mut silent) = (0, 0);
    for seed in 0..60 {
        let mut r = Random::new(5_000 + seed);
        let (office, field) = (random::calendar(&mut r, "office"), random::calendar(&mut r, "field"));
        let lengths: Vec<usize> = (0..3).map(|_| 1 + r.below(6)).collect();
        let outer = if r.once_in(2) { format!("{}h", lengths[0] + lengths[1] + r.below(40)) } else { target(&mut r) };
        let spec = format!(
            r#"party us {{ contact "us@example.com" }}
{office}{field}case item {{ kind: a | b  event opened  event triaged  event closed }}
agreement g {{ version "1" effective 2026-01-01 zone "UTC"
    service s by us for us {{
        obligation outer  {{ start on opened  stop on closed  within {outer} on office  backed by triage then fix }}
        obligation triage {{ start on opened  stop on triaged  within {}h on office }}
        obligation fix    {{ start on triaged  stop on closed  within {}h on field }} }} }}
"#,
            lengths[0], lengths[1]
        );
        // With the backing it could not be run.
        let run = spec.replace("backed by triage then fix", "");
        let chain = |starts: &[String]| -> Vec<Option<(sla::time::Instant, sla::time::Instant)>> {
            let rows: Vec<_> = starts.iter().map(|s| (s.clone(), "opened", "a")).collect();
            let first = dues(&run, &rows);
            let of = |found: &[(String, String, sla::time::Instant)], name: &str, case: usize| {
                found.iter().find(|(o, c, _)| o == name && *c == case.to_string()).map(|f| f.2)
            };
            let triaged: Vec<_> = (0..rows.len()).map(|i| of(&first, "triage", i)).collect();
            let text = |t: sla::time::Instant| t.utc().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
            let second: Vec<_> = triaged.iter().map(|t| (t.map_or("2026-01-01T00:00:00Z".into(), text), "triaged", "a")).collect();
            let fixed = dues(&run, &second);
            (0..rows.len()).map(|i| Some((of(&first, "outer", i)?, triaged[i].and(of(&fixed, "fix", i))?))).collect()
        };
        let findings = found(&spec, "backing-does-not-fit");
        if let Some(finding) = findings.first() {
            if finding.message.contains("may never end") {
                continue;
            }
            shown += 1;
            let [start, due, end] = walls(&finding.message).try_into().unwrap();
            let tried = [start.clone(), start.replace(":00Z", ":59.999999Z")];
            let minute = |t: sla::time::Instant, of: &str| (0..60_000_000).contains(&t.since(common::instant(of)).as_micros());
            let confirmed = chain(&tried).into_iter().flatten().any(|(d, e)| e > d && minute(d, &due) && minute(e, &end));
            assert!(confirmed, "{seed}: {}\n{spec}", finding.message);
        } else {
            silent += 1;
            for (i, ends) in chain(&starts(&mut r, 200)).into_iter().enumerate() {
                assert!(ends.is_none_or(|(due, end)| end <= due), "{seed}: start {i}\n{spec}");
            }
        }
    }
    assert!(shown > 15 && silent > 10, "{shown} shown, {silent} silent");
}

/// Two working days over a closed year's end, and a promise beyond the term: the engine gives the dues that are shown.
#[test]
fn stretched_targets_and_those_beyond_the_term_are_due_as_shown() {
    let spec = |closed: &str, target: &str| {
        format!(
            r#"party us {{ contact "us@example.com" }}
calendar office {{ zone "UTC"  open mon-fri 09:00-17:00  closed {closed} }}
case item {{ kind: a | b  event opened  event closed }}
agreement g {{ version "1" effective 2026-01-01 to 2026-12-31 zone "UTC" clock office
    service s by us for us {{ obligation o {{ start on opened  stop on closed  within {target} }} }} }}
"#
        )
    };
    for closed in ["2026-12-24 to 2027-01-05", "2026-08-03 to 2026-08-14", "2026-04-01 to 2026-04-20"] {
        let spec = spec(closed, "2 working days");
        let finding = found(&spec, "stretched-target").remove(0);
        let [start, due] = walls(&finding.labels[0].text).try_into().unwrap();
        let found = dues(&spec, &[(start.replace(":00Z", ":59.999999Z"), "opened", "a"), (start, "opened", "b")]);
        let minute = |t: sla::time::Instant| (0..60_000_000).contains(&t.since(common::instant(&due)).as_micros());
        assert!(found.iter().any(|(.., d)| minute(*d)), "{closed}: {due} {found:?}");
    }
    let beyond = spec("2026-12-24", "400 working days");
    let finding = found(&beyond, "beyond-term").remove(0);
    let due = walls(&finding.labels[0].text).remove(0);
    let records = judge(&beyond, "time,item,event,kind\n2026-01-01T00:00:00Z,1,opened,a\n");
    assert!(verdicts(&records).all(|v| same_time(&v["due"], &due)), "{due}");
    // The plan of the same promise is the one that is run.
    assert!(!compile(&beyond).to_json().is_empty());
}
