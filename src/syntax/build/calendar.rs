//! Calendars.

use super::grammar::has;
use super::{Builder, Node, Parts, Rule, unreachable_rule};
use crate::ast::{Calendar, CalendarBody, CalendarClause, CalendarExpr, CalendarOperator, DateRange, Open, OpenDays};
use crate::diagnostic::Code;
use crate::source::Span;
use crate::time::{Nth, Window, Yearly};

impl Builder<'_> {
    pub(super) fn calendar(&mut self, node: Node<'_>) -> Calendar {
        let (span, doc) = (self.span(&node), self.doc(&node));
        let mut parts = Parts::of(node);
        let name = self.name(parts.need(Rule::name));
        let title = self.title(&mut parts);
        let body = match parts.take(Rule::calendar_expr) {
            Some(node) => CalendarBody::Made(self.calendar_expr(node)),
            None => {
                let body = parts.need(Rule::calendar_body);
                let whole = !has(&body, Rule::broken_in_calendar);
                CalendarBody::Clauses(self.body(body, Rule::broken_in_calendar, Rule::only_calendar, Self::calendar_clause), whole)
            }
        };
        Calendar { span, doc, name, title, body }
    }

    fn calendar_expr(&mut self, node: Node<'_>) -> CalendarExpr {
        let mut parts = Parts::of(node);
        let mut left = self.calendar_term(parts.need(Rule::calendar_term));
        while let Some(operator) = parts.take(Rule::calendar_op) {
            let operator = match operator.as_str().trim() {
                "except" => CalendarOperator::Except,
                "and" => CalendarOperator::And,
                _ => CalendarOperator::Or,
            };
            let right = self.calendar_term(parts.need(Rule::calendar_term));
            left = CalendarExpr::Combined(Box::new(left), operator, Box::new(right));
        }
        left
    }

    fn calendar_term(&mut self, node: Node<'_>) -> CalendarExpr {
        let inner = Parts::of(node).next().expect("a term holds something");
        match inner.as_rule() {
            Rule::name => CalendarExpr::Name(self.name(inner)),
            _ => self.calendar_expr(inner),
        }
    }

    fn calendar_clause(&mut self, node: Node<'_>) -> Option<CalendarClause> {
        let span = self.span(&node);
        Some(match node.as_rule() {
            Rule::zone => CalendarClause::Zone(self.text(Parts::of(node).need(Rule::string))),
            Rule::open => CalendarClause::Open(self.open(node)),
            Rule::closed => {
                let parts = Parts::of(node).all_nodes();
                if parts.iter().any(|n| n.as_rule() == Rule::yearly) {
                    CalendarClause::Yearly(parts.into_iter().filter_map(|n| self.yearly(n)).collect(), span)
                } else {
                    CalendarClause::Closed(parts.into_iter().map(|n| self.date_range(Parts::of(n).need(Rule::date_range))).collect(), span)
                }
            }
            Rule::holidays => CalendarClause::Holidays(self.text(Parts::of(node).need(Rule::string)), span),
            Rule::known => CalendarClause::Known(self.date(Parts::of(node).need(Rule::date)), span),
            other => unreachable_rule(other),
        })
    }

    fn open(&mut self, node: Node<'_>) -> Open {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let days = match parts.take(Rule::dated) {
            Some(dated) => OpenDays::Dates(Parts::of(dated).all_nodes().into_iter().map(|n| self.date_range(n)).collect()),
            None => OpenDays::Weekdays(self.weekdays(parts.need(Rule::weekdays))),
        };
        let windows = parts.all(Rule::window).into_iter().filter_map(|n| self.window(n)).collect();
        Open { span, days, windows }
    }

    /// Days after Monday.
    fn weekdays(&mut self, node: Node<'_>) -> Vec<u8> {
        let ranges = Parts::of(node).all_nodes();
        if ranges.is_empty() {
            return (0..7).collect();
        }
        let mut days = Vec::new();
        for range in ranges {
            let span = self.span(&range);
            let ends: Vec<u8> = Parts::of(range).all_nodes().iter().map(weekday).collect();
            let (first, last) = (ends[0], *ends.last().expect("a range has a day"));
            // `sat-mon` goes over the week's end.
            let count = (last + 7 - first) % 7 + 1;
            for day in (first..first + count).map(|d| d % 7) {
                if days.contains(&day) {
                    self.say(Code::OverlappingHours, span, "this rule names a weekday twice");
                } else {
                    days.push(day);
                }
            }
        }
        days
    }

    fn window(&mut self, node: Node<'_>) -> Option<(Window, Span)> {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let open = self.clock(parts.need(Rule::clock_time));
        let close = self.clock(parts.need(Rule::clock_time));
        if open == close || open == 1440 {
            let message = format!("these hours have no length: `{}`", self.text[span.start as usize..span.end as usize].trim());
            self.near_miss(Code::EmptyHours, span, message, "write `00:00-24:00` for a whole day");
            return None;
        }
        let close = if close < open { close + 1440 } else { close };
        Some((Window { open, close }, span))
    }

    fn date_range(&mut self, node: Node<'_>) -> DateRange {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let from = self.date(parts.need(Rule::date));
        let to = parts.take(Rule::date).map_or(from, |n| self.date(n));
        if to < from {
            self.backward(span, "this range ends before it begins");
        }
        DateRange { from, to, span }
    }

    fn yearly(&mut self, node: Node<'_>) -> Option<(Yearly, Span)> {
        let span = self.span(&node);
        let observed = has(&node, Rule::kw_observed);
        let rule = Parts::of(node).next().expect("a yearly day is found by something");
        let yearly = match rule.as_rule() {
            Rule::month_day => {
                let (month, day) = self.month_day(rule)?;
                Yearly::Date { month, day, observed }
            }
            Rule::nth_weekday => {
                let mut parts = Parts::of(rule);
                let nth = match parts.need(Rule::ordinal).as_str().trim() {
                    "first" => Nth::From(1),
                    "second" => Nth::From(2),
                    "third" => Nth::From(3),
                    "fourth" => Nth::From(4),
                    "fifth" => Nth::From(5),
                    _ => Nth::Last,
                };
                let weekday = weekday(&parts.need(Rule::weekday));
                let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
                let written = parts.need(Rule::month);
                let month = names.iter().position(|n| *n == written.as_str().trim()).expect("the grammar names twelve months") as u8 + 1;
                Yearly::Weekday { nth, weekday, month, observed }
            }
            Rule::easter => {
                let mut parts = Parts::of(rule);
                let sign = parts.take(Rule::add_op).map_or(1, |s| if s.as_str().trim() == "+" { 1 } else { -1 });
                let days = parts.take(Rule::integer).map_or(0, |n| self.integer(n).value);
                if days > 365 {
                    self.say(Code::OutOfRange, span, "this day lies more than a year from Easter");
                    return None;
                }
                Yearly::Easter { offset: sign * days as i32, observed }
            }
            other => unreachable_rule(other),
        };
        Some((yearly, span))
    }

    pub(super) fn month_day(&mut self, node: Node<'_>) -> Option<(u8, u8)> {
        let (span, written) = (self.span(&node), node.as_str().trim_end());
        let (month, day) = written.split_once('-')?;
        let (month, day) = (month.parse::<u8>().ok()?, day.parse::<u8>().ok()?);
        // A leap year, so that 02-29 is a day.
        if chrono::NaiveDate::from_ymd_opt(2024, month.into(), day.into()).is_none() {
            self.near_miss(Code::BadLiteral, span, format!("no year has a day `{written}`"), "write the month first: `12-25`");
            return None;
        }
        Some((month, day))
    }
}

fn weekday(node: &Node<'_>) -> u8 {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    names.iter().position(|n| *n == node.as_str().trim()).expect("the grammar names seven weekdays") as u8
}
