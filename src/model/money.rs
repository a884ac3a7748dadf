//! What a missed objective costs, and what it entitles to.

use crate::ast::Rounding;
use crate::id::CalendarId;
use crate::model::{EventCount, Measure, Target, Window};
use crate::quantity::Exact;
use crate::source::Span;

/// `5% of retainer below 95%`, in the agreement's currency.
#[derive(Clone, Debug)]
pub struct Band {
    /// Where.
    pub span: Span,
    /// How much; of a linear band, for each unit.
    pub amount: Measure,
    /// How units are counted and how large one is, of a linear band.
    pub per: Option<(Rounding, Exact)>,
    /// Whether it is owed above the bound rather than below.
    pub above: bool,
    /// The bound, in the objective's unit.
    pub bound: Exact,
}

/// `30% of fee per month`
#[derive(Clone, Copy, Debug)]
pub struct Cap {
    /// Where the amount stands.
    pub span: Span,
    /// At most this.
    pub amount: Exact,
    /// In each of these; of an objective's, in each of its own periods if nothing is said.
    pub per: Option<Window>,
}

/// `claim within 30 calendar days on claim_filed`
#[derive(Clone, Debug)]
pub struct Claim {
    /// Where.
    pub span: Span,
    /// From the end of the credit's period.
    pub within: Target,
    /// On which calendar.
    pub calendar: CalendarId,
    /// The event that claims; a credit that none claims in time lapses.
    pub on: Option<EventCount>,
}

/// `3 misses in 6 "Either side may terminate"`
#[derive(Clone, Debug)]
pub struct Chronic {
    /// Where.
    pub span: Span,
    /// So many.
    pub count: u32,
    /// Of those below the minimum only.
    pub below_minimum: bool,
    /// Among the last so many; in a row if nothing is said.
    pub among: Option<u32>,
    /// What follows.
    pub right: String,
}

impl Chronic {
    /// Whether the same right arises whenever another one's does: after as few misses, among as many periods.
    pub fn arises_with(&self, other: &Chronic) -> bool {
        let Chronic { span: _, count, below_minimum, among, right } = self;
        let as_many = match (among, other.among) {
            (Some(own), Some(other)) => *own >= other,
            (own, other) => *own == other,
        };
        *count <= other.count && as_many && (below_minimum, right) == (&other.below_minimum, &other.right)
    }
}
