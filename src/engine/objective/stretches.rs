//! Sets of time: sorted, disjoint pieces of the UTC line.

use crate::time::{Duration, Instant};

pub(super) type Pieces = Vec<(Instant, Instant)>;

/// Joins pieces in any order, touching and overlapping ones included.
pub(super) fn union(mut pieces: Pieces) -> Pieces {
    pieces.sort();
    let mut joined: Pieces = Vec::new();
    for (from, to) in pieces.into_iter().filter(|(from, to)| from < to) {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// The first without the second.
pub(super) fn without(pieces: &Pieces, taken: &Pieces) -> Pieces {
    let mut left = Vec::new();
    for &(mut from, to) in pieces {
        let first = taken.partition_point(|(_, end)| *end <= from);
        for (start, end) in taken[first..].iter().take_while(|(start, _)| *start < to) {
            if from < *start {
                left.push((from, *start));
            }
            from = from.max(*end);
        }
        if from < to {
            left.push((from, to));
        }
    }
    left
}

/// What both hold.
pub(super) fn common(pieces: &Pieces, others: &Pieces) -> Pieces {
    let mut both = Vec::new();
    for (from, to) in pieces {
        let first = others.partition_point(|(_, end)| end <= from);
        both.extend(others[first..].iter().take_while(|(start, _)| start < to).map(|(start, end)| (*start.max(from), *end.min(to))));
    }
    both
}

/// How long they are together.
pub(super) fn length(pieces: &Pieces) -> Duration {
    pieces.iter().fold(Duration::ZERO, |total, (from, to)| total.plus(to.since(*from)))
}
