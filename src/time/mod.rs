//! Instants, durations, zones, calendars and periods: section 2.1 of the language.
//!
//! All arithmetic is on whole microseconds of UTC. A [`Zone`] turns wall-clock times into instants in one way only
//! ([`Zone::instant`]); a [`Calendar`] answers how much open time lies between two instants and when an amount of it is
//! used up; [`Period`]s are the local days, weeks, months, quarters and years that promises are counted by.

mod calendar;
mod duration;
mod holiday;
mod instant;
mod packed;
mod period;
mod rules;
mod timeline;
mod zone;

pub use calendar::{Calendar, Horizon, earliest};
pub use duration::Duration;
pub use holiday::{Nth, Yearly};
pub use instant::Instant;
pub use period::{Fiscal, Period, Unit};
pub use rules::{Recipe, Rules, Window};
pub use zone::{Local, Zone, tzdb_version};
