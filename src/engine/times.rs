//! Elapsed times, kept exactly and in little room: medians and percentiles ask for all of them.

use crate::time::Duration;
use serde::{Deserialize, Serialize};

/// Lengths of time, none of them negative, in no order: each where it takes the least room.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Times {
    /// Of less than eighteen hours, in whole seconds: most of them.
    short: Vec<u16>,
    /// Longer ones in whole seconds.
    seconds: Vec<u32>,
    /// All others, in microseconds.
    micros: Vec<i64>,
}

const SECOND: i64 = 1_000_000;

impl Times {
    #[inline]
    pub(super) fn push(&mut self, d: Duration) {
        let us = d.as_micros();
        // Divided by a constant, which costs next to nothing.
        let seconds = us / SECOND;
        match (us % SECOND == 0, u16::try_from(seconds), u32::try_from(seconds)) {
            (true, Ok(short), _) => self.short.push(short),
            (true, Err(_), Ok(seconds)) => self.seconds.push(seconds),
            _ => self.micros.push(us),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.short.len() + self.seconds.len() + self.micros.len()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Duration> {
        let short = self.short.iter().map(|n| Duration::seconds((*n).into()));
        let seconds = self.seconds.iter().map(|n| Duration::seconds((*n).into()));
        short.chain(seconds).chain(self.micros.iter().map(|n| Duration::micros(*n)))
    }

    /// Takes those of another.
    pub(super) fn absorb(&mut self, other: Times) {
        self.short.extend(other.short);
        self.seconds.extend(other.seconds);
        self.micros.extend(other.micros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_exactly_and_take_the_least_room() {
        // On both sides of what takes two, four and eight bytes, and no whole seconds.
        let seconds = [0, 1, 65_535, 65_536, u32::MAX.into(), i64::from(u32::MAX) + 1];
        let all: Vec<i64> = seconds.iter().flat_map(|n| [n * SECOND, n * SECOND + 1]).collect();
        let (mut one, mut other) = (Times::default(), Times::default());
        for (i, us) in all.iter().enumerate() {
            if i % 4 < 2 { &mut one } else { &mut other }.push(Duration::micros(*us));
        }
        one.absorb(other);
        let mut found: Vec<i64> = one.iter().map(Duration::as_micros).collect();
        found.sort();
        assert_eq!((found, one.len()), (all, 12));
        assert_eq!((one.short.len(), one.seconds.len(), one.micros.len()), (3, 2, 7));
    }
}
