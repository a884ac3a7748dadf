//! Credits, penalties, caps and the rights that follow from misses.

use crate::ast::{self, BandUnit, Comparison};
use crate::check::{Checker, Scope, unit};
use crate::diagnostic::{Code, Finding};
use crate::id::{AgreementId, ObjectiveId};
use crate::model::{Band, Cap, Chronic, Measure, MeasureKind, MeasureUnit, Window};
use crate::quantity::{Currency, Exact};
use crate::source::Span;

impl Checker {
    /// The bands of a credit or a penalty, for a goal of this sign over a value of this unit.
    pub(super) fn bands(&mut self, written: &[ast::Band], sign: Comparison, shown: &Measure, scope: Scope) -> Vec<Band> {
        let mut bands: Vec<Band> = Vec::new();
        for band in written {
            let Some(made) = self.band(band, sign, shown, scope) else { continue };
            if let Some(first) = bands.iter().find(|b| b.bound == made.bound) {
                let finding = Finding::new(Code::BandTwice, band.bound.span, "two bands begin at the same bound");
                self.say(finding.also(first.span, "the other").help("a value takes one band: give each a bound of its own"));
            }
            bands.push(made);
        }
        bands
    }

    fn band(&mut self, band: &ast::Band, sign: Comparison, shown: &Measure, scope: Scope) -> Option<Band> {
        let amount = self.price(&band.amount, scope);
        let bound = self.fixed(&band.bound, scope);
        let (amount, bound) = (amount?, bound?);
        self.bound_fits(band.bound.span, shown, bound.unit, bound.value)?;
        let wrong = match sign {
            Comparison::Equal | Comparison::Unequal => false,
            sign => sign.is_lower_bound() == band.above,
        };
        if wrong {
            let (word, right) = if band.above { ("above", "below") } else { ("below", "above") };
            let message = format!("a goal of `{}` is kept {word} its bound, and nothing is owed there", sign.sign());
            self.say(Finding::new(Code::BandDirection, band.span, message).help(format!("write `{right}`")));
            return None;
        }
        let per = match &band.per {
            None => None,
            Some((_, BandUnit::Point)) if ![shown.unit, bound.unit].contains(&MeasureUnit::Share) => {
                let message = format!("a point is one per cent, and {} has none", unit::word(shown.unit));
                self.say(Finding::new(Code::TypeMismatch, band.span, message).help("write the unit: `per 1`, `per 1h`"));
                return None;
            }
            Some((rounding, BandUnit::Point)) => Some((*rounding, Exact::ratio(1, 100)?)),
            Some((rounding, BandUnit::Value(value))) => {
                let step = self.fixed(value, scope)?;
                self.bound_fits(value.span, shown, step.unit, step.value)?;
                if step.value <= Exact::ZERO {
                    self.say(Finding::new(Code::EmptyTarget, value.span, "this unit has no length"));
                    return None;
                }
                Some((*rounding, step.value))
            }
        };
        Some(Band { span: band.span, amount, per, above: band.above, bound: bound.value })
    }

    fn bound_fits(&mut self, span: Span, shown: &Measure, unit: MeasureUnit, value: Exact) -> Option<()> {
        if let Err(clash) = unit::comparable(shown.unit, unit) {
            self.clash(span, clash, shown.unit, unit, "compared");
            return None;
        }
        if shown.unit == MeasureUnit::Share && unit == MeasureUnit::Number && !value.is_zero() {
            let finding = Finding::new(Code::TypeMismatch, span, "a share is compared with a bare number").also(shown.span, "a share");
            self.say(finding.help("write it in per cent: `95%`"));
            return None;
        }
        Some(())
    }

    /// An amount of money, fixed or from a table.
    fn price(&mut self, expr: &ast::Expr, scope: Scope) -> Option<Measure> {
        let before = self.findings.len();
        let measure = self.measure(expr, scope)?;
        let mut looked_up = false;
        measure.each(&mut |m| looked_up |= matches!(m.kind, MeasureKind::Lookup(_)));
        if !looked_up {
            self.findings.truncate(before);
            let value = self.amount(expr, scope)?;
            return Some(Measure { kind: MeasureKind::Fixed(value), ..measure });
        }
        let mut stray = None;
        measure.each(&mut |m| {
            if !matches!(m.kind, MeasureKind::Lookup(_) | MeasureKind::Fixed(_) | MeasureKind::Arithmetic(..) | MeasureKind::Rounded(..)) {
                stray = Some(m.span);
            }
        });
        if let Some(stray) = stray {
            let finding = Finding::new(Code::TypeMismatch, stray, "what a miss costs is fixed, or stands in a table");
            self.say(finding.help("for example: `5% of fees.fee`"));
            return None;
        }
        let MeasureUnit::Money(currency) = measure.unit else {
            let message = format!("{} is owed here, and money is needed", unit::word(measure.unit));
            self.say(Finding::new(Code::TypeMismatch, expr.span, message));
            return None;
        };
        self.is_agreed_currency(expr.span, currency, scope.agreement.expect("money is owed by an agreement"))?;
        Some(measure)
    }

    /// An amount of money above zero, in the agreement's currency.
    pub(super) fn amount(&mut self, expr: &ast::Expr, scope: Scope) -> Option<Exact> {
        let fixed = self.fixed(expr, scope)?;
        let MeasureUnit::Money(currency) = fixed.unit else {
            let finding =
                Finding::new(Code::TypeMismatch, expr.span, format!("{} is owed here, and money is needed", unit::word(fixed.unit)));
            self.say(finding.help("write an amount: `500 USD`, or a share of one: `5% of fee`"));
            return None;
        };
        let agreement = scope.agreement.expect("money is owed by an agreement");
        self.is_agreed_currency(expr.span, currency, agreement)?;
        if fixed.value <= Exact::ZERO {
            self.say(Finding::new(Code::EmptyTarget, expr.span, "nothing is owed here"));
            return None;
        }
        Some(fixed.value)
    }

    pub(super) fn is_agreed_currency(&mut self, span: Span, currency: Option<Currency>, agreement: AgreementId) -> Option<()> {
        let agreed = self.model.agreements[agreement].currency;
        match (agreed, currency) {
            (None, _) => {
                let name = currency.map_or("USD".to_string(), |c| c.to_string());
                let finding = Finding::new(Code::MissingClause, span, "this is money, and the agreement names no currency");
                self.say(finding.help(format!("add `currency {name}`")));
                None
            }
            (Some(agreed), Some(written)) if agreed != written => {
                let finding = Finding::new(Code::OtherCurrency, span, format!("this agreement counts in {agreed}, not in {written}"));
                self.say(finding.help("convert the amount in the text"));
                None
            }
            _ => Some(()),
        }
    }

    pub(super) fn cap(&mut self, cap: &ast::Cap, scope: Scope) -> Option<Cap> {
        let amount = self.amount(&cap.amount, scope);
        let per = match cap.per {
            Some(per) => match self.window(per)? {
                Window::Every(_) | Window::Rolling(_) => {
                    let finding = Finding::new(Code::OutOfRange, per.span, "a cap is for a day, a week, a month, a quarter or a year");
                    self.say(finding.help("write `per month`"));
                    return None;
                }
                window => Some(window),
            },
            None => None,
        };
        Some(Cap { span: cap.amount.span, amount: amount?, per })
    }

    pub(super) fn chronic(&mut self, rules: &[ast::Chronic]) -> Vec<Chronic> {
        let mut made = Vec::new();
        for rule in rules {
            let among = rule.among.map(|n| n.value);
            if rule.count.value == 0 || among.is_some_and(|n| n < rule.count.value) {
                let message = format!("{} misses in {} can never be", rule.count.value, among.unwrap_or(0));
                let finding = Finding::new(Code::OutOfRange, rule.span, message);
                self.say(finding.help("write the smaller number first: `3 misses in 6`"));
                continue;
            }
            let right = rule.right.as_ref().map(|t| t.text.clone()).unwrap_or_default();
            made.push(Chronic { span: rule.span, count: rule.count.value, below_minimum: rule.below_minimum, among, right });
        }
        made
    }

    /// `highest of a, b`, once the objectives are known.
    pub(super) fn highest(&mut self, names: &[ast::Name], agreement: AgreementId) -> Vec<ObjectiveId> {
        let services = self.model.agreements[agreement].services.iter();
        let all: Vec<ObjectiveId> = services.flat_map(|s| self.model.services[*s].objectives.iter().copied()).collect();
        let mut found = Vec::new();
        for name in names {
            match all.iter().copied().find(|o| self.model.objectives[*o].name == name.text) {
                Some(id) => found.push(id),
                None if self.poisoned.contains(&name.text) => {}
                None => {
                    let known: Vec<String> = all.iter().map(|o| self.model.objectives[*o].name.clone()).collect();
                    self.unknown(name, "an objective", &known, Scope::default());
                }
            }
        }
        found
    }
}
