//! What is proved about a model once its names are known. One analysis, one file.

mod backing;
mod bands;
mod clock;
mod conditions;
mod domain;
mod dues;
mod duties;
mod elements;
mod goals;
mod levels;
mod patterns;
pub(super) mod sweep;
mod tiers;
mod unused;

use crate::check::Checker;
use crate::check::analysis::sweep::Almanac;

pub(super) fn run(checker: &mut Checker) {
    // What could not be read may be the very row or hours that would be missed here.
    if checker.whole {
        clock::run(checker);
        tiers::run(checker);
        conditions::run(checker);
        duties::run(checker);
        patterns::run(checker);
        bands::run(checker);
    }
    // What is broken elsewhere may be what would use a declaration, or make an agreement whole.
    if checker.whole && !checker.findings.iter().any(crate::diagnostic::Finding::is_error) {
        let almanac = Almanac::new(&checker.model);
        let proofs = [dues::run(&almanac), goals::run(&almanac), levels::run(&almanac), backing::run(&almanac)];
        checker.findings.extend(proofs.into_iter().flatten());
        unused::run(checker);
        elements::run(checker);
    }
}
