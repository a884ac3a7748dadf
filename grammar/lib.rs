//! The parser that pest makes of `sla.pest`.
//!
//! It is a fifth of the compiler's work and changes with the grammar alone, so it is a crate of its own: it is built beside the
//! libraries, and not again when the compiler changes. The tree that it gives is read by the compiler's `syntax`.

/// The parser, and a [`Rule`] for each of the grammar's.
#[derive(pest_derive::Parser)]
#[grammar = "sla.pest"]
pub struct SlaParser;
