//! Units of values: what may be added, multiplied and compared.

use crate::ast::Operator;
use crate::model::MeasureUnit;
use crate::quantity::Currency;

/// A unit as powers of money and time.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Powers {
    money: i8,
    time: i8,
    currency: Option<Currency>,
    share: bool,
}

impl Powers {
    fn of(unit: MeasureUnit) -> Powers {
        let plain = Powers { money: 0, time: 0, currency: None, share: false };
        match unit {
            MeasureUnit::Number => plain,
            MeasureUnit::Share => Powers { share: true, ..plain },
            MeasureUnit::Duration => Powers { time: 1, ..plain },
            MeasureUnit::Money(currency) => Powers { money: 1, currency, ..plain },
            MeasureUnit::Mixed { money, time, currency } => Powers { money, time, currency, share: false },
        }
    }

    fn unit(self) -> MeasureUnit {
        match (self.money, self.time) {
            (0, 0) if self.share => MeasureUnit::Share,
            (0, 0) => MeasureUnit::Number,
            (0, 1) => MeasureUnit::Duration,
            (1, 0) => MeasureUnit::Money(self.currency),
            (money, time) => MeasureUnit::Mixed { money, time, currency: self.currency },
        }
    }
}

/// Why two units do not go together.
pub(super) enum Clash {
    /// They measure different things.
    Unlike,
    /// They are amounts of different currencies.
    Currencies(Currency, Currency),
    /// Nobody needs such powers.
    TooHigh,
}

/// The unit of a result.
pub(super) fn combined(left: MeasureUnit, operator: Operator, right: MeasureUnit) -> Result<MeasureUnit, Clash> {
    let (a, b) = (Powers::of(left), Powers::of(right));
    if let (Some(x), Some(y)) = (a.currency, b.currency)
        && x != y
    {
        return Err(Clash::Currencies(x, y));
    }
    let currency = a.currency.or(b.currency);
    match operator {
        Operator::Add | Operator::Subtract => {
            if (a.money, a.time) != (b.money, b.time) {
                return Err(Clash::Unlike);
            }
            Ok(Powers { currency, share: a.share && b.share, ..a }.unit())
        }
        Operator::Multiply | Operator::Divide => {
            let sign = if operator == Operator::Multiply { 1 } else { -1 };
            let (money, time) = (a.money + sign * b.money, a.time + sign * b.time);
            if money.abs() > 4 || time.abs() > 4 {
                return Err(Clash::TooHigh);
            }
            // Half of a share is a share; a share of ten leads is a number of leads; a ratio of shares is a number.
            let share = operator == Operator::Multiply && a.share && b.share;
            Ok(Powers { money, time, currency: if money == 0 { None } else { currency }, share }.unit())
        }
    }
}

/// Whether two units can be compared.
pub(super) fn comparable(left: MeasureUnit, right: MeasureUnit) -> Result<(), Clash> {
    combined(left, Operator::Subtract, right).map(|_| ())
}

/// What a unit is called in a finding.
pub(super) fn word(unit: MeasureUnit) -> String {
    match unit {
        MeasureUnit::Number => "a number".into(),
        MeasureUnit::Share => "a percentage".into(),
        MeasureUnit::Duration => "a duration".into(),
        MeasureUnit::Money(Some(currency)) => format!("an amount in {currency}"),
        MeasureUnit::Money(None) => "an amount of money".into(),
        MeasureUnit::Mixed { money, time, .. } => format!("money to the power of {money} times time to the power of {time}"),
    }
}
