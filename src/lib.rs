//! x
pub mod id;
pub mod quantity;
pub mod source;
pub mod time;
