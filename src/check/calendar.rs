//! Calendars: rules that do not contradict each other, and calendars made of others.

use crate::ast::{self, CalendarBody, CalendarClause, CalendarExpr, CalendarOperator, OpenDays};
use crate::check::Checker;
use crate::diagnostic::{Code, Finding, nearest};
use crate::id::CalendarId;
use crate::model::Calendar;
use crate::source::Span;
use crate::time::{Recipe, Rules, Window, Zone};
use std::collections::HashMap;

impl Checker {
    pub(super) fn calendars(&mut self, written: Vec<&ast::Calendar>) {
        let always = Calendar { span: Span::default(), name: "always".into(), title: None, recipe: Recipe::Always, known: None };
        let always = self.model.calendars.push(always);
        self.calendars.insert("always".into(), always);
        let mut made: Vec<(CalendarId, &ast::Calendar)> = Vec::new();
        for calendar in &written {
            let title = calendar.title.as_ref().map(|t| t.text.clone());
            let (span, name) = (calendar.name.span, calendar.name.text.clone());
            let id = self.model.calendars.push(Calendar { span, name, title, recipe: Recipe::Always, known: None });
            if let Some(first) = Self::enter(&mut self.calendars, &calendar.name, id) {
                if first == always {
                    let finding = Finding::new(Code::DuplicateName, calendar.name.span, "`always` is built in");
                    self.say(finding.help("give the calendar another name"));
                } else {
                    self.duplicate(&calendar.name, "calendars", self.model.calendars[first].span);
                }
                continue;
            }
            made.push((id, calendar));
        }
        for (id, calendar) in &made {
            if let CalendarBody::Clauses(clauses, whole) = &calendar.body {
                self.calendar_rules(*id, calendar, clauses, *whole);
            }
        }
        // Calendars made of others may be written in any order, so each is followed down to its rules.
        let bodies: HashMap<&str, &CalendarExpr> = made
            .iter()
            .filter_map(|(_, c)| if let CalendarBody::Made(e) = &c.body { Some((c.name.text.as_str(), e)) } else { None })
            .collect();
        for (id, calendar) in &made {
            if let CalendarBody::Made(expr) = &calendar.body {
                let mut path = vec![calendar.name.text.as_str()];
                if let Some(recipe) = self.made_of(expr, &bodies, &mut path) {
                    self.model.calendars[*id].recipe = recipe;
                }
            }
        }
    }

    fn made_of<'a>(&mut self, expr: &'a CalendarExpr, bodies: &HashMap<&str, &'a CalendarExpr>, path: &mut Vec<&'a str>) -> Option<Recipe> {
        match expr {
            CalendarExpr::Name(name) => {
                if path.contains(&name.text.as_str()) {
                    self.say(Finding::new(Code::CircularLet, name.span, format!("calendar `{}` is made of itself", name.text)));
                    return None;
                }
                let id = self.calendar(name)?;
                let Some(inner) = bodies.get(name.text.as_str()) else { return Some(self.model.calendars[id].recipe.clone()) };
                path.push(&name.text);
                let recipe = self.made_of(inner, bodies, path);
                path.pop();
                recipe
            }
            CalendarExpr::Combined(left, operator, right) => {
                let (left, right) = (self.made_of(left, bodies, path), self.made_of(right, bodies, path));
                let (left, right) = (Box::new(left?), Box::new(right?));
                Some(match operator {
                    CalendarOperator::Except => Recipe::Except(left, right),
                    CalendarOperator::And => Recipe::And(left, right),
                    CalendarOperator::Or => Recipe::Or(left, right),
                })
            }
        }
    }

    fn calendar_rules(&mut self, id: CalendarId, calendar: &ast::Calendar, clauses: &[CalendarClause], whole: bool) {
        let mut rules = Rules::default();
        let mut zone: Option<&ast::Text> = None;
        let mut weekly: [Option<Span>; 7] = [None; 7];
        let mut dated: Vec<ast::DateRange> = Vec::new();
        for clause in clauses {
            match clause {
                CalendarClause::Zone(name) => {
                    if let Some(first) = zone.replace(name) {
                        self.say(Finding::new(Code::DuplicateClause, name.span, "a calendar has one zone").also(first.span, "the first"));
                    }
                    self.zone(name);
                }
                CalendarClause::Open(open) => {
                    let windows = self.windows(open);
                    match &open.days {
                        OpenDays::Weekdays(days) => {
                            for day in days {
                                if let Some(first) = weekly[*day as usize].replace(open.span) {
                                    let name =
                                        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][*day as usize];
                                    let finding =
                                        Finding::new(Code::OverlappingHours, open.span, format!("two rules give the hours of {name}"));
                                    self.say(
                                        finding
                                            .here("again")
                                            .also(first, "first")
                                            .help("write all hours of a day in one rule: `open mon 08:00-12:00, 13:00-17:00`"),
                                    );
                                    break;
                                }
                                rules.weekly[*day as usize] = windows.clone();
                            }
                        }
                        OpenDays::Dates(ranges) => {
                            for range in ranges {
                                if let Some(first) = dated.iter().find(|d| d.from <= range.to && range.from <= d.to) {
                                    let day = first.from.max(range.from);
                                    let finding =
                                        Finding::new(Code::OverlappingHours, range.span, format!("two rules give the hours of {day}"));
                                    self.say(finding.here("again").also(first.span, "first"));
                                }
                                dated.push(*range);
                                rules.dated.push((range.from, range.to, windows.clone()));
                            }
                        }
                    }
                }
                CalendarClause::Closed(ranges, _) => rules.closed.extend(ranges.iter().map(|r| (r.from, r.to))),
                CalendarClause::Yearly(days, _) => rules.yearly.extend(days.iter().map(|d| d.0)),
                CalendarClause::Holidays(file, _) => rules.holidays.extend(self.holidays(file)),
                CalendarClause::Known(date, _) => self.model.calendars[id].known = Some(*date),
            }
        }
        rules.holidays.sort();
        rules.holidays.dedup();
        // Hours that could not be read have a finding of their own.
        let whole = whole && !clauses.iter().any(|c| matches!(c, CalendarClause::Open(open) if open.windows.is_empty()));
        if whole && rules.weekly.iter().all(Vec::is_empty) && rules.dated.iter().all(|d| d.2.is_empty()) {
            let finding = Finding::new(Code::NeverOpen, calendar.name.span, format!("calendar `{}` is never open", calendar.name.text));
            self.say(finding.help("add its hours: `open mon-fri 09:00-17:00`"));
        }
        self.model.calendars[id].recipe = Recipe::Rules { zone: zone.map(|z| z.text.clone()).unwrap_or_default(), rules: Box::new(rules) };
    }

    /// The hours of one rule, in order, none of them overlapping.
    fn windows(&mut self, open: &ast::Open) -> Vec<Window> {
        let mut windows = open.windows.clone();
        windows.sort_by_key(|w| w.0);
        for pair in windows.windows(2) {
            if pair[1].0.open < pair[0].0.close {
                let finding = Finding::new(Code::OverlappingHours, pair[1].1, "these hours overlap others of the same rule");
                self.say(finding.also(pair[0].1, "with these"));
            }
        }
        windows.into_iter().map(|w| w.0).collect()
    }

    /// A zone by its name; a finding where the database does not hold it.
    pub(super) fn zone(&mut self, name: &ast::Text) -> Option<Zone> {
        let zone = Zone::named(&name.text);
        if zone.is_none() {
            let mut finding = Finding::new(Code::UnknownZone, name.span, format!("there is no time zone `{}`", name.text));
            finding = finding.help(match zone_meant(&name.text) {
                Some(zone) => format!("did you mean `\"{zone}\"`?"),
                None if name.text.to_uppercase().starts_with("GMT") || name.text.to_uppercase().starts_with("UTC") => {
                    "name a place, such as `\"Europe/Berlin\"`: a fixed offset does not know summer time".into()
                }
                None => "write an IANA name: `\"America/New_York\"`, `\"Europe/Berlin\"`, `\"UTC\"`".into(),
            });
            self.say(finding);
        }
        zone
    }
}

/// The zone that somebody most likely means by a name that the database does not hold.
fn zone_meant(written: &str) -> Option<&'static str> {
    // Abbreviations mean several zones in the world; these are the ones that agreements write.
    let usual = [
        ("ET", "America/New_York"),
        ("EDT", "America/New_York"),
        ("EASTERN", "America/New_York"),
        ("CT", "America/Chicago"),
        ("CST", "America/Chicago"),
        ("CDT", "America/Chicago"),
        ("CENTRAL", "America/Chicago"),
        ("MT", "America/Denver"),
        ("MDT", "America/Denver"),
        ("PT", "America/Los_Angeles"),
        ("PST", "America/Los_Angeles"),
        ("PDT", "America/Los_Angeles"),
        ("PACIFIC", "America/Los_Angeles"),
        ("BST", "Europe/London"),
        ("CEST", "Europe/Berlin"),
        ("IST", "Asia/Kolkata"),
        ("JST", "Asia/Tokyo"),
    ];
    if let Some((_, zone)) = usual.iter().find(|(short, _)| written.eq_ignore_ascii_case(short)) {
        return Some(zone);
    }
    // Places only: names without one are abbreviations again, and the signs of `Etc/GMT+1` are the other way round.
    let places: Vec<&'static str> = Zone::names().filter(|n| n.contains('/') && !n.starts_with("Etc/")).collect();
    let spaced = written.trim().replace(' ', "_");
    let city = places.iter().copied().find(|n| n.rsplit('/').next().is_some_and(|c| c.eq_ignore_ascii_case(&spaced)));
    let near = || nearest(written, places.iter().copied()).and_then(|near| places.iter().copied().find(|p| *p == near));
    city.or_else(|| if written.len() > 5 { near() } else { None })
}
