//! Values of a period, and what is calculated with them.

use crate::ast::Operator;
use crate::model::Statistic;
use crate::quantity::Exact;
use crate::time::Duration;
use std::cmp::Ordering;

/// A measured value.
#[derive(Clone, Copy)]
pub(in crate::engine) enum Amount {
    Known(Exact),
    /// An elapsed time without end.
    Endless,
    /// There is no data.
    Nothing,
    /// A table has no row, or an empty cell, for it.
    NoRow,
}

#[derive(Clone, Copy)]
pub(super) struct Measured {
    pub(super) amount: Amount,
    pub(super) ratio: Option<(Exact, Exact)>,
    pub(super) n: u64,
    /// It is no measure, but a number of the text.
    pub(super) fixed: bool,
    /// It is a ratio or a statistic, which needs something to be taken of.
    pub(super) sampled: bool,
}

impl Measured {
    /// A plain value of so many.
    pub(super) fn of(amount: Amount, n: u64) -> Measured {
        Measured { amount, ratio: None, n, fixed: false, sampled: false }
    }
}

pub(super) fn whole(n: u64) -> Exact {
    Exact::whole(i64::try_from(n).unwrap_or(i64::MAX))
}

pub(super) fn join(truths: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut all_known = true;
    for truth in truths {
        match truth {
            Some(b) if b == decisive => return Some(decisive),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!decisive)
}

/// A statistic of lengths of time in any order, and of so many more without end. They may lie in another order then.
pub(in crate::engine) fn of_times(statistic: Statistic, times: &mut [Duration], endless: usize) -> Amount {
    let n = times.len() + endless;
    let total = |times: &[Duration]| {
        let micros: i128 = times.iter().map(|d| i128::from(d.as_micros())).sum();
        if endless > 0 { Amount::Endless } else { Exact::ratio(micros, 1_000_000).map_or(Amount::Nothing, Amount::Known) }
    };
    // The one that would have this place if they were in order.
    let mut at = |i: usize| match i < times.len() {
        true => Amount::Known(times.select_nth_unstable(i).1.as_seconds()),
        false => Amount::Endless,
    };
    match statistic {
        Statistic::Sum => total(times),
        _ if n == 0 => Amount::Nothing,
        Statistic::Mean => match total(times) {
            Amount::Known(total) => total.div(Exact::whole(n as i64)).map_or(Amount::Nothing, Amount::Known),
            other => other,
        },
        Statistic::Min => at(0),
        Statistic::Max => at(n - 1),
        Statistic::Median if n % 2 == 1 => at(n / 2),
        Statistic::Median => mean(&[at(n / 2 - 1), at(n / 2)]),
        Statistic::Percentile(share) => at(rank(share, n) - 1),
    }
}

/// Nearest rank: position ⌈p·n⌉, counted from 1.
fn rank(share: Exact, n: usize) -> usize {
    let rank = share.mul(Exact::whole(n as i64)).map_or(n as i128, |r| r.ceil().numer());
    usize::try_from(rank.max(1)).map_or(n, |r| r.min(n))
}

/// A statistic; elapsed times without end are greater than any other.
pub(super) fn of_values(statistic: Statistic, mut values: Vec<Amount>) -> Amount {
    let n = values.len();
    if statistic == Statistic::Sum {
        return sum(&values);
    }
    if n == 0 {
        return Amount::Nothing;
    }
    if statistic == Statistic::Mean {
        return mean(&values);
    }
    values.sort_unstable_by(|a, b| match (a, b) {
        (Amount::Known(a), Amount::Known(b)) => a.cmp(b),
        (Amount::Known(_), _) => Ordering::Less,
        (_, Amount::Known(_)) => Ordering::Greater,
        _ => Ordering::Equal,
    });
    let half = |a, b| mean(&[a, b]);
    match statistic {
        Statistic::Sum => sum(&values),
        Statistic::Mean => mean(&values),
        Statistic::Min => values[0],
        Statistic::Max => values[n - 1],
        Statistic::Median if n % 2 == 1 => values[n / 2],
        Statistic::Median => half(values[n / 2 - 1], values[n / 2]),
        Statistic::Percentile(share) => values[rank(share, n) - 1],
    }
}

pub(super) fn sum(values: &[Amount]) -> Amount {
    let mut total = Exact::ZERO;
    for value in values {
        match value {
            Amount::Known(v) => match total.add(*v) {
                Some(t) => total = t,
                None => return Amount::Nothing,
            },
            other => return *other,
        }
    }
    Amount::Known(total)
}

pub(super) fn mean(values: &[Amount]) -> Amount {
    match sum(values) {
        Amount::Known(total) => total.div(Exact::whole(values.len() as i64)).map_or(Amount::Nothing, Amount::Known),
        other => other,
    }
}

pub(super) fn arithmetic(a: &Measured, operator: Operator, b: &Measured) -> Measured {
    let sampled = a.sampled || b.sampled || (operator == Operator::Divide && !b.fixed);
    let n = if operator == Operator::Divide && !b.fixed { b.n } else { a.n.max(b.n) };
    let (x, y) = match (a.amount, b.amount) {
        (Amount::Known(x), Amount::Known(y)) => (x, y),
        (Amount::NoRow, _) | (_, Amount::NoRow) => return Measured { amount: Amount::NoRow, ratio: None, n, fixed: false, sampled },
        (Amount::Nothing, _) | (_, Amount::Nothing) => return Measured { amount: Amount::Nothing, ratio: None, n, fixed: false, sampled },
        _ => return Measured { amount: Amount::Endless, ratio: None, n, fixed: false, sampled },
    };
    let (value, ratio) = match operator {
        Operator::Add => (x.add(y), None),
        Operator::Subtract => (x.sub(y), None),
        Operator::Multiply => (x.mul(y), None),
        Operator::Divide => (x.div(y), (!y.is_zero()).then_some((x, y))),
    };
    Measured { amount: value.map_or(Amount::Nothing, Amount::Known), ratio, n, fixed: false, sampled }
}
