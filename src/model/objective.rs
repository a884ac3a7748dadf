//! Objectives: what is measured over a period, and how it must compare.

use crate::ast::{Comparison, CountedBy, Operator};
use crate::id::{FieldId, ObligationId, ServiceId};
use crate::model::{Band, Cap, Chronic, Condition, Trigger};
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::Unit;
use serde::{Deserialize, Serialize};

/// A goal for a period.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Where, whole.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its service.
    pub service: ServiceId,
    /// What must hold.
    pub goal: Goal,
    /// A second, harder level.
    pub minimum: Option<(Comparison, Measure)>,
    /// In each of these.
    pub window: Window,
    /// In each group: names of fields, or `tier`.
    pub by: Vec<(String, Span)>,
    /// Of these.
    pub filter: Option<Condition>,
    /// What a period without data is, if it is anything.
    pub no_data: Option<bool>,
    /// The least denominator.
    pub sample: u32,
    /// What places an instance in a period.
    pub counted_by: CountedBy,
    /// What a miss costs.
    pub bands: Vec<Band>,
    /// The most that it costs.
    pub cap: Option<Cap>,
    /// What misses entitle to.
    pub chronic: Vec<Chronic>,
}

/// What an objective is judged over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// Each local period.
    Each(Unit),
    /// So many months, at each month's end.
    Rolling(u32),
}

/// What must hold of a period.
#[derive(Clone, Debug)]
pub enum Goal {
    /// A measure against another, mostly a fixed one.
    Compare(Box<Measure>, Comparison, Box<Measure>),
    /// All of these.
    All(Vec<Goal>),
    /// Any of these.
    Any(Vec<Goal>),
    /// Not this.
    Not(Box<Goal>),
}

/// Something that can be measured over a period.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: MeasureKind,
    /// Its unit.
    pub unit: MeasureUnit,
}

/// The unit of a measure or a named value. Durations are seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MeasureUnit {
    /// A bare number.
    Number,
    /// A share; shown in per cent.
    Share,
    /// A length of time.
    Duration,
    /// An amount.
    Money(Option<Currency>),
    /// Money and time to other powers; only on the way to one of the above.
    Mixed {
        /// Power of money.
        money: i8,
        /// Power of time.
        time: i8,
        /// The currency.
        currency: Option<Currency>,
    },
}

/// The forms of a measure.
#[derive(Clone, Debug)]
pub enum MeasureKind {
    /// A fixed value.
    Fixed(Exact),
    /// Met over met and breached; of several obligations, by case.
    Met(Vec<ObligationId>),
    /// Breached instances.
    Misses(ObligationId),
    /// Events.
    Count(EventCount),
    /// A statistic of an event's or its case's field.
    OfField(Statistic, EventCount, FieldId),
    /// A statistic of the elapsed time of decided instances.
    OfClock(Statistic, ObligationId),
    /// Arithmetic.
    Arithmetic(Box<Measure>, Operator, Box<Measure>),
    /// Made whole.
    Rounded(Rounded, Box<Measure>),
}

/// How a value is made whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rounded {
    /// Up.
    Ceil,
    /// Down.
    Floor,
    /// Half up.
    Round,
}

/// One number out of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// The sum.
    Sum,
    /// The mean.
    Mean,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The middle, or the mean of the two middle ones.
    Median,
    /// The value at position ⌈p·n⌉.
    Percentile(Exact),
}

/// Which events are counted.
#[derive(Clone, Debug)]
pub struct EventCount {
    /// What happens.
    pub on: Trigger,
    /// What must hold.
    pub condition: Option<Condition>,
}
