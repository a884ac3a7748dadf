//! Rows of targets: how long, for whom and on which calendar.

use crate::ast::{self, TargetKind};
use crate::check::{Checker, Scope};
use crate::diagnostic::{Code, Finding};
use crate::id::CalendarId;
use crate::model::{Row, Target};
use crate::time::{Duration, Recipe, Unit};

impl Checker {
    pub(super) fn row(
        &mut self,
        row: &ast::TargetRow,
        clock: Option<CalendarId>,
        clock_written: bool,
        scope: Scope,
        recurring: bool,
    ) -> Option<Row> {
        let tiers: Vec<_> = match scope.case {
            Some(case) => row.tiers.iter().map(|t| self.tier(t, case)).collect::<Vec<_>>().into_iter().collect::<Option<_>>()?,
            None => {
                if let Some(tier) = row.tiers.first() {
                    self.say(Finding::new(Code::NoTiers, tier.span, "a duty of each period has no tiers"));
                    return None;
                }
                Vec::new()
            }
        };
        let condition = self.optional_condition(row.condition.as_ref(), scope)?;
        let target = self.target(&row.target, recurring)?;
        let clock = match &row.on {
            Some(name) => Some(self.calendar(name)?),
            None => clock,
        };
        if target != Target::None {
            let Some(clock) = clock else {
                if clock_written || self.clock_lost {
                    return None;
                }
                let finding = Finding::new(Code::MissingClock, row.span, "this target has no calendar to count on");
                self.say(finding.help("add `clock office` with one of your calendars, or `clock always` for round the clock"));
                return None;
            };
            self.target_fits(target, &row.target, clock);
        }
        Some(Row { span: row.span, target, tiers, clock, condition })
    }

    pub(super) fn target(&mut self, target: &ast::Target, recurring: bool) -> Option<Target> {
        let empty = |c: &mut Self| {
            let finding = Finding::new(Code::EmptyTarget, target.span, "this target has no length");
            c.say(finding.help("write at least `1m`, or `none` where nothing is promised"));
            None
        };
        let count = |c: &mut Self, n: ast::Count, times: u32| {
            const MOST: u32 = 36_600;
            match n.value.checked_mul(times).filter(|n| *n <= MOST) {
                None => {
                    c.say(Finding::new(Code::OutOfRange, n.span, "this is more than a century"));
                    None
                }
                found => found,
            }
        };
        match target.kind {
            TargetKind::None => Some(Target::None),
            TargetKind::Duration(d) if d <= Duration::ZERO => empty(self),
            TargetKind::Duration(d) => Some(Target::Open(d)),
            TargetKind::Calendar(span) if span.count.value == 0 => empty(self),
            TargetKind::Calendar(span) => match span.unit {
                Unit::Day => count(self, span.count, 1).map(Target::CalendarDays),
                Unit::Week => count(self, span.count, 7).map(Target::CalendarDays),
                _ => count(self, span.count, 1).map(Target::CalendarMonths),
            },
            TargetKind::WorkingDays(n) if n.value == 0 => empty(self),
            TargetKind::WorkingDays(n) => count(self, n, 1).map(Target::WorkingDays),
            TargetKind::Close(n) | TargetKind::Clock(_, n) if recurring && n.value == 0 => {
                let finding = Finding::new(Code::OutOfRange, n.span, "the open days of a period are counted from 1");
                self.say(finding.help("write `working day 1` for its first open day"));
                None
            }
            TargetKind::Close(n) => count(self, n, 1).map(Target::Close),
            TargetKind::Clock(minute, n) => count(self, n, 1).map(|n| Target::Clock(minute, n)),
        }
    }

    /// Working days need a calendar that has days.
    fn target_fits(&mut self, target: Target, written: &ast::Target, clock: CalendarId) {
        let calendar = &self.model.calendars[clock];
        let made = !matches!(calendar.recipe, Recipe::Always | Recipe::Rules { .. });
        if made && matches!(target, Target::WorkingDays(_) | Target::Close(_) | Target::Clock(..)) {
            let message = format!("calendar `{}` is made of others and has no days of its own", calendar.name);
            let finding = Finding::new(Code::NoDays, written.span, message).also(calendar.span, "made here");
            self.say(finding.help("count on one of the calendars that it is made of"));
        }
    }
}
