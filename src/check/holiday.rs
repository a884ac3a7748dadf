//! Holiday lists beside the spec: iCalendar files, and CSV files with the columns `date` and `name`.

use crate::ast;
use crate::check::Checker;
use crate::diagnostic::{Code, Finding};
use chrono::{Datelike, Days, NaiveDate};
use icalendar::parser::{Component, read_calendar, unfold};

/// The longest file.
const MOST_BYTES: usize = 4 << 20;
/// The last year of days that repeat.
const LAST_YEAR: i32 = 2199;

impl Checker {
    /// The closed dates that a file names; a finding for what is no whole day.
    pub(super) fn holidays(&mut self, file: &ast::Text) -> Vec<NaiveDate> {
        let fail = |why: String| Finding::new(Code::HolidayFile, file.span, format!("`{}`: {why}", file.text));
        let text = match self.beside.get(&file.span) {
            Some(Ok(text)) => text.clone(),
            Some(Err(why)) => {
                let finding = fail(why.clone()).help("the path is relative to this file, and lies below the folder of the spec");
                self.say(finding);
                return Vec::new();
            }
            None => {
                self.say(fail("no file can be read beside this text".into()));
                return Vec::new();
            }
        };
        let read = match file.text.rsplit('.').next().map(str::to_lowercase).as_deref() {
            Some("ics") => from_ics(&text),
            Some("csv") => from_csv(&text),
            _ => Err("a holiday file is an .ics or a .csv".into()),
        };
        match read {
            Ok(mut dates) => {
                dates.sort();
                dates.dedup();
                dates
            }
            Err(why) => {
                self.say(fail(why).help("name whole days: an .ics with all-day events, or a .csv with the columns `date` and `name`"));
                Vec::new()
            }
        }
    }
}

fn from_csv(text: &str) -> Result<Vec<NaiveDate>, String> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let header = reader.headers().map_err(|e| e.to_string())?.clone();
    let column = header.iter().position(|name| name.trim().eq_ignore_ascii_case("date")).ok_or("there is no column `date`")?;
    let mut dates = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|e| e.to_string())?;
        let cell = row.get(column).unwrap_or_default().trim();
        let line = row.position().map_or(0, csv::Position::line);
        dates.push(cell.parse().map_err(|_| format!("line {line}: `{cell}` is no date such as 2026-12-25"))?);
    }
    Ok(dates)
}

fn from_ics(text: &str) -> Result<Vec<NaiveDate>, String> {
    // The reader of the format follows nesting with the stack; holidays have two levels.
    if text.len() > MOST_BYTES || text.matches("BEGIN:").count() > text.matches("END:").count() {
        return Err("it is no iCalendar file of a reasonable size".into());
    }
    let depth = text.lines().try_fold(0usize, |depth, line| match line.trim_end() {
        line if line.starts_with("BEGIN:") => (depth < 8).then_some(depth + 1),
        line if line.starts_with("END:") => Some(depth.saturating_sub(1)),
        _ => Some(depth),
    });
    if depth.is_none() {
        return Err("its parts nest too deeply".into());
    }
    let text = unfold(text.trim_start_matches('\u{FEFF}'));
    let calendar = read_calendar(&text).map_err(|e| e.lines().next().unwrap_or("it is no iCalendar file").to_string())?;
    let mut dates = Vec::new();
    for event in calendar.components.iter().flat_map(events) {
        dates.extend(days(event)?);
    }
    Ok(dates)
}

/// The events of a component, however deep.
fn events<'c>(component: &'c Component<'c>) -> Vec<&'c Component<'c>> {
    if component.name.as_str() == "VEVENT" {
        return vec![component];
    }
    component.components.iter().flat_map(events).collect()
}

/// The whole days of an event, with those of every year where it repeats.
fn days(event: &Component<'_>) -> Result<Vec<NaiveDate>, String> {
    let text = |name: &str| event.find_prop(name).map(|p| p.val.as_str().trim().to_string());
    let name = text("SUMMARY").unwrap_or_else(|| "an event".into());
    if text("STATUS").is_some_and(|status| status == "CANCELLED") {
        return Ok(Vec::new());
    }
    let date = |value: &str| {
        let whole = NaiveDate::parse_from_str(value, "%Y%m%d");
        whole.map_err(|_| format!("\"{name}\" is no whole day: `{value}`"))
    };
    let first = date(&text("DTSTART").ok_or_else(|| format!("\"{name}\" has no DTSTART"))?)?;
    // The end of an all-day event is the day after its last.
    let end = match text("DTEND") {
        Some(end) => date(&end)?.max(first + Days::new(1)),
        None => first + Days::new(1),
    };
    let once = |from: NaiveDate| from.iter_days().take((end - first).num_days().max(1) as usize);
    if (end - first).num_days() > 366 || !(1900..=LAST_YEAR).contains(&first.year()) {
        return Err(format!("\"{name}\" is no holiday: it lasts from {first} to {end}"));
    }
    for unread in ["EXDATE", "RDATE", "DURATION"] {
        if event.find_prop(unread).is_some() {
            return Err(format!("\"{name}\" has a {unread}, which is not read: write its days one by one"));
        }
    }
    match text("RRULE") {
        None => Ok(once(first).collect()),
        Some(rule) => {
            let years = yearly(&rule, first).ok_or_else(|| format!("\"{name}\" repeats by a rule that is not every year: `{rule}`"))?;
            Ok(years.filter_map(|year| first.with_year(year)).flat_map(once).collect())
        }
    }
}

/// The years of `FREQ=YEARLY`, perhaps with an end.
fn yearly(rule: &str, first: NaiveDate) -> Option<impl Iterator<Item = i32>> {
    let mut last = LAST_YEAR;
    let mut every_year = false;
    for part in rule.split(';').filter(|p| !p.is_empty()) {
        let (key, value) = part.split_once('=')?;
        match (key, value) {
            ("FREQ", "YEARLY") => every_year = true,
            ("INTERVAL", "1") => {}
            ("BYMONTH", month) if month.parse() == Ok(first.month()) => {}
            ("BYMONTHDAY", day) if day.parse() == Ok(first.day()) => {}
            ("COUNT", count) => last = last.min(first.year().saturating_add(count.parse::<i32>().ok()?).saturating_sub(1)),
            ("UNTIL", until) => {
                let until = NaiveDate::parse_from_str(until.get(..8)?, "%Y%m%d").ok()?;
                // A leap day that the last year lacks is not in it.
                let in_it = first.with_year(until.year()).is_some_and(|day| day <= until);
                last = last.min(if in_it { until.year() } else { until.year() - 1 });
            }
            _ => return None,
        }
    }
    every_year.then_some(first.year()..=last)
}
