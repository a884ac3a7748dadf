//! What misses cost, in the agreement's currency.

use crate::ast::Rounding;
use crate::model::Window;
use crate::quantity::Exact;
use serde::{Deserialize, Serialize};

/// A band of a credit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Band {
    /// How much; of a linear band, for each unit.
    pub amount: Exact,
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
