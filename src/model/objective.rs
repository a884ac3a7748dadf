//! Objectives: what is measured over a period, and how it must compare.

use crate::ast::{Comparison, CountedBy, Operator};
use crate::id::{CalendarId, FieldId, ObjectiveId, ObligationId, ServiceId, StateId};
use crate::model::{Band, Cap, Chronic, Condition, Trigger};
use crate::quantity::{Currency, Exact};
use crate::source::Span;
use crate::time::{Duration, Unit};
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
    /// What is short of the goal is added to the next period's.
    pub carry: bool,
    /// The objective whose met period returns the credits of the periods in it.
    pub earned: Option<ObjectiveId>,
    /// How near the running count stays to its share of the goal, and whose open days make the share.
    pub pace: Option<(Exact, CalendarId)>,
}

/// What an objective is judged over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// Each local period.
    Each(Unit),
    /// So many months, at each month's end.
    Rolling(u32),
    /// Each stretch of the local day of this length, from midnight on.
    Every(Duration),
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

impl Measure {
    /// Its value, where it is a fixed one.
    pub fn fixed(&self) -> Option<Exact> {
        if let MeasureKind::Fixed(value) = self.kind { Some(value) } else { None }
    }
}

impl Objective {
    /// What its goal asks for, where that is a fixed value of one measure.
    pub fn bound(&self) -> Option<Bound<'_>> {
        let Goal::Compare(measure, sign, right) = &self.goal else { return None };
        Some(Bound { measure, sign: *sign, value: right.fixed()?, span: right.span })
    }
}

/// A measure and the fixed value that it must compare with.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'m> {
    /// What is measured.
    pub measure: &'m Measure,
    /// How it must compare.
    pub sign: Comparison,
    /// With what, in the measure's unit.
    pub value: Exact,
    /// Where that is written.
    pub span: Span,
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

impl MeasureUnit {
    /// A value as it would be written: `95%`, `4h`, `500.00 USD`, `267`.
    pub fn text(self, value: Exact) -> String {
        match self {
            MeasureUnit::Share => value.mul(Exact::whole(100)).map_or_else(|| value.to_string(), |v| format!("{}%", v.short(6))),
            MeasureUnit::Duration => Duration::from_seconds(value).map_or_else(|| value.to_string(), |d| d.to_string().replace(' ', "")),
            MeasureUnit::Money(Some(currency)) => format!("{} {currency}", value.fixed(currency.decimals())),
            MeasureUnit::Number | MeasureUnit::Money(None) | MeasureUnit::Mixed { .. } => value.short(6),
        }
    }
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
    /// The time in a state, or the share of the period outside of it.
    Down(Box<Down>),
    /// A statistic of a value for each stretch of the day that has data.
    OfBuckets(Statistic, Box<Measure>, Duration),
    /// The row of a table for the group and period.
    Lookup(Lookup),
    /// Arithmetic.
    Arithmetic(Box<Measure>, Operator, Box<Measure>),
    /// Made whole.
    Rounded(Rounded, Box<Measure>),
}

/// A column of a table, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    /// The table.
    pub table: usize,
    /// The column.
    pub column: usize,
}

/// `uptime(down except planned on office)`, or `downtime`.
#[derive(Clone, Debug)]
pub struct Down {
    /// The state.
    pub state: StateId,
    /// Without the time in these.
    pub except: Vec<StateId>,
    /// Only the time of this calendar.
    pub on: Option<CalendarId>,
    /// The share of the period outside of the state, rather than the time in it.
    pub share: bool,
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
