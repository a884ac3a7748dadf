//! What misses cost, in the agreement's currency.

use crate::ast::Rounding;
use crate::id::{CalendarId, EventId};
use crate::model::{Target, Window};
use crate::plan::{Condition, Measure};
use crate::quantity::Exact;
use serde::{Deserialize, Serialize};

/// A band of a credit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Band {
    /// How much; of a linear band, for each unit.
    pub amount: Measure,
    /// How units are counted and how large one is, of a linear band.
    pub per: Option<(Rounding, Exact)>,
    /// Whether it is owed above the bound rather than below.
    pub above: bool,
    /// The bound, in the objective's unit.
    pub bound: Exact,
    /// As it is written.
    pub text: String,
}

/// The most that a period costs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cap {
    /// At most this.
    pub amount: Exact,
    /// In each of these; of an objective's, in each of its own periods if nothing is said.
    pub per: Option<Window>,
    /// As it is written.
    pub text: String,
}

/// By when a credit must be claimed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claim {
    /// From the end of the credit's period.
    pub within: Target,
    /// On which calendar.
    pub calendar: CalendarId,
    /// The event that claims, and under which condition; a credit that none claims in time lapses.
    pub on: Option<(EventId, Option<Condition>)>,
    /// As it is written.
    pub text: String,
}

/// What misses entitle to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Chronic {
    /// So many.
    pub count: u32,
    /// Of those below the minimum only.
    pub below_minimum: bool,
    /// Among the last so many; in a row if nothing is said.
    pub among: Option<u32>,
    /// What follows.
    pub right: String,
    /// As it is written, without what follows.
    pub text: String,
}
