//! Exact numbers and money.
//!
//! Every number of a spec, a log or a report is a ratio of two whole numbers: nothing is rounded on the way, and what
//! does not fit is said so (`None`), never wrapped.

mod currency;
mod exact;

pub use currency::{Currency, Money};
pub use exact::Exact;
