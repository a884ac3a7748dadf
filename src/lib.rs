//! Agreements as text: the language `sla`, its compiler and its evaluator.
//!
//! # The way of the data
//!
//! | floor | module | takes → gives |
//! |---|---|---|
//! | 0 | [`source`], [`id`], [`quantity`], [`time`] | texts and places; typed ids; exact numbers and money; instants, zones, calendars, periods |
//! | 1 | [`diagnostic`] | findings as data, and the registry of their codes |
//! | 2 | [`ast`] | what was written, with its places |
//! | 3 | [`syntax`], [`mod@format`] | text → (ast, findings); text → its canonical form |
//! | 4 | [`model`], [`check`] | ast → (model, findings): names are ids, types and units are checked |
//! | 5 | [`event`], [`plan`] | what a log gives an engine; model → plan: flat tables, versioned JSON |
//! | 6 | [`log`], [`engine`] | bytes → events; plan + events → verdicts, objectives, notices |
//! | 7 | [`report`], [`trial`], [`calc`], [`sample`] | verdicts → text, JSON Lines, CSV, Markdown; the tests of a spec; its named values; what a log says about it |
//! | 8 | [`cli`] | the only one that touches files, the terminal and the environment |
//!
//! A module imports only from floors above it in this table (`tests/floors.rs` reads the imports). Three families of
//! trees, each made from the one before: [`ast`], [`model`], [`plan`]. A finding is data; `Result` is for input and output.
//! No hash order, float or wall clock reaches a verdict: the same plan and events give the same bytes.

pub mod ast;
pub mod calc;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod event;
pub mod format;
pub mod id;
pub mod log;
pub mod model;
pub mod plan;
pub mod quantity;
pub mod report;
pub mod sample;
pub mod source;
pub mod syntax;
pub mod time;
pub mod trial;
