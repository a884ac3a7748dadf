//! Literals, and the near misses among them.

use super::{Builder, Node, Parts, Rule, unreachable_rule};
use crate::ast::{CalendarSpan, Literal, Spanned};
use crate::diagnostic::Code;
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::{Duration, Unit};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// What a bare day could mean, for the help of a finding.
fn three_days(n: &str) -> String {
    let days = if n == "1" { "day" } else { "days" };
    let hours = Exact::parse(n).and_then(|n| n.mul(Exact::whole(24))).map_or("24".to_string(), |h| h.short(3));
    format!(
        "write `{hours}h` for elapsed time, `{n} calendar {days}` for the same time of a later day, or `{n} working {days}` for days that are open"
    )
}

impl Builder<'_> {
    pub(super) fn literal(&mut self, node: Node<'_>) -> Literal {
        let span = self.span(&node);
        let written = node.as_str().trim_end();
        match node.as_rule() {
            Rule::number => Literal::Number(self.exact(written, span)),
            Rule::percent => Literal::Percent(self.per_cent(written, span)),
            Rule::near_percent => {
                let tight = written.replace(' ', "");
                self.correct(Code::SpacedUnit, span, "the `%` stands apart from its number", &tight);
                Literal::Percent(self.per_cent(&tight, span))
            }
            Rule::money => {
                let mut parts = Parts::of(node);
                let amount = self.exact(parts.need(Rule::money_number).as_str(), span);
                let currency = self.currency(parts.need(Rule::currency));
                Literal::Money(amount, currency)
            }
            Rule::duration => Literal::Duration(self.duration(node).value),
            Rule::near_duration => Literal::Duration(self.near_duration(node)),
            Rule::near_day | Rule::near_days => {
                self.bare_day(&node);
                Literal::Duration(Duration::seconds(86_400))
            }
            Rule::date => Literal::Date(self.date(node)),
            Rule::date_time => Literal::DateTime(self.date_time(node)),
            Rule::clock_time => Literal::Clock(self.clock(node)),
            Rule::string => Literal::Text(self.text(node).text),
            other => unreachable_rule(other),
        }
    }

    fn exact(&mut self, written: &str, span: Span) -> Exact {
        Exact::parse(written).unwrap_or_else(|| {
            self.say(Code::OutOfRange, span, format!("`{written}` has more digits than the tool keeps"));
            Exact::ZERO
        })
    }

    fn per_cent(&mut self, written: &str, span: Span) -> Exact {
        let number = self.exact(written.trim_end_matches('%'), span);
        number.div(Exact::whole(100)).unwrap_or(Exact::ZERO)
    }

    /// `95%`, where only a percentage may stand.
    pub(super) fn percent(&mut self, node: Node<'_>) -> Exact {
        match self.literal(node) {
            Literal::Percent(share) => share,
            other => unreachable!("the grammar puts a percentage here, not {other:?}"),
        }
    }

    pub(super) fn currency(&mut self, node: Node<'_>) -> Currency {
        Currency::parse(node.as_str()).expect("the grammar lets three capital letters through")
    }

    pub(super) fn duration(&mut self, node: Node<'_>) -> Spanned<Duration> {
        let (span, written) = (self.span(&node), node.as_str().trim_end());
        let value = Duration::parse(&written.replace('_', "")).unwrap_or_else(|| {
            let help = "units fall from hours to seconds, each once: `1h30m`";
            self.near_miss(Code::BadLiteral, span, format!("`{written}` is not a length of time"), help);
            Duration::SECOND
        });
        Spanned { value, span }
    }

    pub(super) fn near_duration(&mut self, node: Node<'_>) -> Duration {
        let (span, written) = (self.span(&node), node.as_str().trim_end());
        let digits = written.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(written.len());
        let (number, word) = written.split_at(digits);
        let word = word.trim();
        let tight = format!("{number}{}", &word[..1]);
        let message =
            if word.len() > 1 { format!("`{word}` is spelled out") } else { format!("the `{word}` stands apart from its number") };
        self.correct(Code::SpacedUnit, span, message, &tight);
        Duration::parse(&tight.replace('_', "")).unwrap_or(Duration::SECOND)
    }

    pub(super) fn bare_day(&mut self, node: &Node<'_>) {
        let (span, written) = (self.span(node), node.as_str().trim_end());
        let digits = written.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(written.len());
        let (n, word) = written.split_at(digits);
        let word = word.trim();
        if word.contains(' ') || word.starts_with("work") {
            let right = format!("{n} working {}", if n == "1" { "day" } else { "days" });
            return self.correct(Code::SpacedUnit, span, format!("`{word}` is written `working days` here"), right);
        }
        let help = match word {
            w if w.starts_with('w') => {
                let weeks = if n == "1" { "week" } else { "weeks" };
                format!(
                    "write `{n} calendar {weeks}` for the same time of a later week, `5 working days` for days that are open, or `168h` for elapsed time"
                )
            }
            _ => three_days(n),
        };
        self.near_miss(Code::BareDay, span, format!("`{written}` could mean three things"), help);
    }

    pub(super) fn date(&mut self, node: Node<'_>) -> NaiveDate {
        let (span, written) = (self.span(&node), node.as_str().trim_end());
        written.parse().ok().filter(in_range).unwrap_or_else(|| {
            self.say(Code::BadLiteral, span, format!("there is no day `{written}` between 1900 and 2199"));
            NaiveDate::from_ymd_opt(2000, 1, 1).expect("a day")
        })
    }

    /// A range whose days are in the wrong order, unless one of them is no day at all.
    pub(super) fn backward(&mut self, span: Span, message: &str) {
        if !self.findings.iter().any(|f| span.start <= f.span().start && f.span().end <= span.end) {
            self.say(Code::BackwardRange, span, message);
        }
    }

    pub(super) fn date_time(&mut self, node: Node<'_>) -> NaiveDateTime {
        let (span, written) = (self.span(&node), node.as_str().trim_end());
        let plain = written.split_whitespace().collect::<Vec<_>>().join("T");
        let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"];
        let midnight = || {
            // `24:00` is the next day's midnight.
            let date = plain.strip_suffix("T24:00")?.parse::<NaiveDate>().ok()?;
            Some(date.succ_opt()?.and_time(NaiveTime::MIN))
        };
        let found = formats.iter().find_map(|f| NaiveDateTime::parse_from_str(&plain, f).ok()).or_else(midnight);
        found.filter(|t| in_range(&t.date())).unwrap_or_else(|| {
            self.say(Code::BadLiteral, span, format!("there is no time `{written}`"));
            NaiveDate::from_ymd_opt(2000, 1, 1).expect("a day").and_time(NaiveTime::MIN)
        })
    }

    /// Minutes after midnight; `24:00` is 1440.
    pub(super) fn clock(&mut self, node: Node<'_>) -> u16 {
        let (span, written) = (self.span(&node), node.as_str().trim_end());
        let (h, m) = written.split_once(':').expect("a clock time has a colon");
        let (h, m): (u16, u16) = (h.parse().unwrap_or(99), m.parse().unwrap_or(99));
        if m > 59 || h * 60 + m > 1440 {
            self.near_miss(Code::BadLiteral, span, format!("no clock shows `{written}`"), "clocks run from `00:00` to `24:00`");
            return 0;
        }
        h * 60 + m
    }

    pub(super) fn calendar_span(&mut self, node: Node<'_>) -> CalendarSpan {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let count = self.integer(parts.need(Rule::integer));
        let unit = match parts.need(Rule::span_unit).as_str().trim_end_matches('s') {
            "day" => Unit::Day,
            "week" => Unit::Week,
            _ => Unit::Month,
        };
        CalendarSpan { count, unit, span }
    }
}

fn in_range(date: &NaiveDate) -> bool {
    use chrono::Datelike;
    (1900..2200).contains(&date.year())
}
