//! Logs that nobody here made: what the tool says of them, against what their owners published.

use crate::common::{compile, instant, reference, run, verdicts};
use serde_json::Value;
use sla::log::Input;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::Path;

fn input(path: &Path) -> Input {
    Input::of(path.display().to_string(), std::fs::read(path).expect("the log can be read"))
}

/// Boston's service requests of 2015: `targets.csv` says which types have how many days.
#[test]
fn boston_311_has_the_dues_that_the_city_published() {
    let Some(folder) = reference("data/boston311") else { return };
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let targets = std::fs::read_to_string(folder.join("targets.csv")).unwrap();
    for line in targets.lines().skip(1) {
        // type,target,unit,rows,rows_matching: no type has a comma.
        let cells: Vec<&str> = line.split(',').collect();
        rows.entry(format!("{} {}", cells[1], cells[2])).or_default().push(format!("\"{}\"", cells[0]));
    }
    let mut within = String::new();
    for (target, types) in &rows {
        let _ = write!(within, "{}{target} if type in ({})", if within.is_empty() { "" } else { ", " }, types.join(", "));
    }
    let spec = format!(
        "party city \"Inspectional Services\" party people
         calendar office {{
             zone \"America/New_York\"
             open mon-fri 08:30-17:00
             closed 2015-01-01, 2015-01-19, 2015-02-16, 2015-04-20, 2015-05-25, 2015-09-07, 2015-10-12, 2015-11-11, 2015-11-26, 2015-12-25
             closed 2016-01-01, 2016-01-18
         }}
         case request {{ type: text  event opened  event closed }}
         agreement boston {{
             effective 2015-01-01 to 2015-12-31
             zone \"America/New_York\"
             service requests by city for people {{
                 obligation answer {{ start once on opened  stop on closed  within {within}  clock office }}
             }}
         }}
         source export {{
             case request key \"id\"
             zone \"America/New_York\"
             format \"%m/%d/%Y %I:%M:%S %p\"
             event opened at \"opened\"
             event closed at \"closed\"
             field type = \"type\"
         }}"
    );
    let records = run(&compile(&spec), vec![input(&folder.join("requests.csv.gz"))], Some("2016-01-13T00:00:00-05:00"));
    let mut text = String::new();
    std::io::Read::read_to_string(
        &mut flate2::read::GzDecoder::new(std::fs::File::open(folder.join("requests.csv.gz")).unwrap()),
        &mut text,
    )
    .unwrap();
    let zone = sla::time::Zone::named("America/New_York").unwrap();
    let mut city: HashMap<String, (sla::time::Instant, String)> = HashMap::new();
    for row in text.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let target = chrono::NaiveDateTime::parse_from_str(cells[2], "%m/%d/%Y %I:%M:%S %p").unwrap();
        city.insert(cells[0].to_string(), (zone.instant(target), cells[4].to_string()));
    }
    let (mut judged, mut due_fits, mut on_time_fits, mut odd) = (0, 0, 0, Vec::new());
    for verdict in verdicts(&records) {
        judged += 1;
        let (target, on_time) = &city[verdict["case"].as_str().unwrap()];
        // The city cuts seconds off here and there: a minute is its grain.
        let apart = instant(verdict["due"].as_str().unwrap()).since(*target).as_micros().abs();
        due_fits += usize::from(apart < 60_000_000);
        let ours = match verdict["verdict"].as_str().unwrap() {
            "breached" => "OVERDUE",
            _ => "ONTIME",
        };
        if ours == on_time {
            on_time_fits += 1;
        } else {
            odd.push(format!("{} {} due {} city {:?} {}", verdict["case"], verdict["verdict"], verdict["due"], target, on_time));
        }
    }
    println!("{judged} requests, {due_fits} dues, {on_time_fits} on time; odd: {odd:#?}");
    assert_eq!(judged, 18_748);
    assert_eq!(due_fits, 18_729, "the other 19 follow no rule");
    assert!(on_time_fits * 1000 >= judged * 998, "{on_time_fits} of {judged}: {odd:#?}");
}

/// ServiceNow's audit log: `made_sla` by thresholds that were fitted to it.
#[test]
fn uci_incidents_make_their_sla_where_the_log_says_so() {
    let Some(path) = reference("data/uci_incident/incident_event_log.csv.gz") else { return };
    let spec = "
        party desk party users
        calendar hours { zone \"UTC\"  open mon-fri 14:00-23:00 }
        case incident {
            priority: \"1 - Critical\" | \"2 - High\" | \"3 - Moderate\" | \"4 - Low\"
            made_sla: bool
            event opened
            event closed
        }
        agreement incidents {
            effective 2016-01-01 to 2017-12-31
            zone \"UTC\"
            service support by desk for users {
                obligation close {
                    start once on opened  stop on closed
                    within 8h if priority in (\"1 - Critical\", \"2 - High\"), 62h if priority = \"3 - Moderate\", 134h if priority = \"4 - Low\"
                    clock hours
                }
                obligation agreed { require made_sla on closed }
            }
        }
        source audit {
            case incident key \"number\"
            zone \"UTC\"
            format \"%d/%m/%Y %H:%M\"
            event opened at \"opened_at\"
            event closed at \"closed_at\"
            field priority = \"priority\"
            field made_sla = \"made_sla\"
            missing \"?\"
        }";
    let records = run(&compile(spec), vec![input(&path)], None);
    let by_case = |obligation: &str| -> HashMap<String, String> {
        let own = verdicts(&records).filter(|v| v["obligation"] == obligation);
        own.map(|v| (v["case"].as_str().unwrap().to_string(), v["verdict"].as_str().unwrap().to_string())).collect()
    };
    let (ours, theirs) = (by_case("close"), by_case("agreed"));
    let same = ours.iter().filter(|(case, verdict)| theirs.get(*case) == Some(verdict)).count();
    println!("{} incidents, {same} as in the log", ours.len());
    assert_eq!(ours.len(), 24_918);
    assert!(same * 1000 >= ours.len() * 998, "{same} of {}", ours.len());
}

/// Loan applications: from a lead's scheduling to its first handling.
#[test]
fn bpi_2012_leads_are_handled_as_counted() {
    let Some(path) = reference("data/bpi2012/BPI_Challenge_2012.xes.gz") else { return };
    let spec = "
        party bank party applicants
        case lead { event created  event contacted }
        agreement leads {
            effective 2011-01-01 to 2012-12-31
            zone \"Europe/Amsterdam\"
            service handling by bank for applicants {
                obligation h1  { start once on created  stop on contacted  within 1h  clock always }
                obligation h4  { start once on created  stop on contacted  within 4h  clock always }
                obligation h24 { start once on created  stop on contacted  within 24h  clock always }
                objective typical { expect median(h1) <= 1h per year }
            }
        }
        source loan_log {
            event \"concept:name\", \"lifecycle:transition\" {
                \"W_Afhandelen leads\", \"SCHEDULE\" = created
                \"W_Afhandelen leads\", \"START\" = contacted
            }
        }";
    let records = run(&compile(spec), vec![input(&path)], None);
    let met = |obligation: &str| verdicts(&records).filter(|v| v["obligation"] == obligation && v["verdict"] == "met").count();
    let all: Vec<&Value> = verdicts(&records).filter(|v| v["obligation"] == "h1").collect();
    assert_eq!((all.len(), met("h1"), met("h4"), met("h24")), (4_755, 2_650, 3_308, 4_578));
    let mut elapsed: Vec<f64> = all.iter().map(|v| v["elapsed_s"].as_f64().unwrap()).collect();
    elapsed.sort_by(f64::total_cmp);
    let median_hours = elapsed[elapsed.len() / 2] / 3600.0;
    assert!((median_hours - 0.71).abs() < 0.005, "{median_hours}");
}
