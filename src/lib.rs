//! x
pub mod ast;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod event;
pub mod id;
pub mod log;
pub mod model;
pub mod plan;
pub mod quantity;
pub mod report;
pub mod source;
pub mod syntax;
pub mod time;
pub mod trial;
