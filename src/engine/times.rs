//! Elapsed times, kept exactly and in little room: medians and percentiles ask for all of them.

use crate::event::packed;
use crate::time::Duration;
use serde::{Deserialize, Serialize};

/// Lengths of time, none of them negative. Most are packed in order, each by what it is more than the one before; the latest are as they came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Times {
    /// What one is, in microseconds: all are whole seconds, mostly.
    unit: i64,
    packed: Vec<u8>,
    /// How many are packed.
    count: usize,
    latest: Latest,
}

/// Those that are not packed yet, in units, as small as they fit.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Latest {
    Short(Vec<u32>),
    Long(Vec<i64>),
}

impl Default for Times {
    fn default() -> Times {
        Times { unit: SECOND, packed: Vec::new(), count: 0, latest: Latest::Short(Vec::new()) }
    }
}

const SECOND: i64 = 1_000_000;
/// So many wait to be packed, or as many as are packed already: each of them is packed anew once or twice.
const WAITING: usize = 1024;

impl Times {
    #[inline]
    pub(super) fn push(&mut self, d: Duration) {
        let us = d.as_micros();
        // Divided by a constant, which costs next to nothing.
        let n = if self.unit == SECOND && us % SECOND == 0 {
            us / SECOND
        } else {
            if self.unit == SECOND {
                self.count_in_micros();
            }
            us
        };
        match (&mut self.latest, u32::try_from(n)) {
            (Latest::Short(latest), Ok(n)) => latest.push(n),
            (Latest::Short(latest), Err(_)) => {
                let long = latest.iter().map(|n| i64::from(*n)).chain([n]).collect();
                self.latest = Latest::Long(long);
            }
            (Latest::Long(latest), _) => latest.push(n),
        }
        if self.latest.len() > WAITING.max(self.count) {
            self.pack();
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count + self.latest.len()
    }

    /// All of them; in order, once they were packed.
    pub(super) fn iter(&self) -> impl Iterator<Item = Duration> {
        self.units().chain(self.latest.iter()).map(|n| Duration::micros(n * self.unit))
    }

    /// Packs all of them.
    pub(super) fn pack(&mut self) {
        // Most take two bytes.
        match std::mem::replace(&mut self.latest, Latest::Short(Vec::new())) {
            Latest::Short(mut latest) => {
                latest.sort_unstable();
                self.merge(2 * latest.len(), latest.into_iter().map(i64::from));
            }
            Latest::Long(mut latest) => {
                latest.sort_unstable();
                self.merge(2 * latest.len(), latest.into_iter());
            }
        }
    }

    /// Takes those of another, whatever they are counted in.
    pub(super) fn absorb(&mut self, mut other: Times) {
        if self.unit != other.unit {
            [&mut *self, &mut other].into_iter().filter(|times| times.unit == SECOND).for_each(Times::count_in_micros);
        }
        other.pack();
        self.pack();
        self.merge(other.packed.len(), other.units());
    }

    /// Packs more of them, which come in order and take about so many bytes, with those that are packed.
    fn merge(&mut self, bytes: usize, mut new: impl Iterator<Item = i64>) {
        let Some(first) = new.next() else { return };
        let mut packed = Vec::with_capacity(self.packed.len() + bytes);
        let (mut last, mut count) = (0, 0);
        let mut add = |n: i64| {
            packed::put(&mut packed, (n - last) as u64);
            (last, count) = (n, count + 1);
        };
        let mut old = self.units();
        let mut next = old.next();
        for n in std::iter::once(first).chain(new) {
            while let Some(before) = next.filter(|before| *before <= n) {
                add(before);
                next = old.next();
            }
            add(n);
        }
        next.into_iter().chain(old).for_each(add);
        packed.shrink_to_fit();
        (self.packed, self.count) = (packed, count);
    }

    /// Those that are packed, in units.
    fn units(&self) -> impl Iterator<Item = i64> {
        let (mut rest, mut last) = (self.packed.as_slice(), 0);
        std::iter::from_fn(move || {
            last += packed::take(&mut rest)? as i64;
            Some(last)
        })
    }

    /// One comes that is no whole second.
    fn count_in_micros(&mut self) {
        self.pack();
        let units: Vec<i64> = self.units().map(|n| n * self.unit).collect();
        *self = Times { unit: 1, latest: Latest::Long(units), ..Times::default() };
        self.pack();
    }
}

impl Latest {
    fn len(&self) -> usize {
        match self {
            Latest::Short(all) => all.len(),
            Latest::Long(all) => all.len(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = i64> {
        let (short, long) = match self {
            Latest::Short(all) => (all.as_slice(), &[][..]),
            Latest::Long(all) => (&[][..], all.as_slice()),
        };
        short.iter().map(|n| i64::from(*n)).chain(long.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(times: &Times) -> Vec<i64> {
        times.iter().map(Duration::as_micros).collect()
    }

    #[test]
    fn times_come_back_in_order_and_exactly() {
        let mut times = Times::default();
        // Whole seconds in no order, zero and one twice among them, one longer than 136 years, then halves of seconds.
        let seconds = (0..5_000).map(|n| n * 7_919 % 4_999).chain([5_000_000_000]).map(|n| n * SECOND);
        let halves = (0..1_000).map(|n| n * SECOND / 2);
        let mut expected = Vec::new();
        for us in seconds.chain(halves) {
            times.push(Duration::micros(us));
            expected.push(us);
        }
        times.pack();
        expected.sort();
        assert_eq!(all(&times), expected);
        // 4,999 different seconds in order: a byte each.
        let mut small = Times::default();
        (0..4_999).rev().for_each(|n| small.push(Duration::seconds(n)));
        small.pack();
        assert_eq!(small.packed.len(), 4_999);
    }

    #[test]
    fn those_of_two_are_put_together_whatever_they_are_counted_in() {
        let of = |micros: &[i64]| {
            let mut times = Times::default();
            micros.iter().for_each(|us| times.push(Duration::micros(*us)));
            times
        };
        let (seconds, halves) = ([3 * SECOND, SECOND, 2 * SECOND], [SECOND / 2, 3 * SECOND]);
        for (one, other) in [(&seconds[..], &halves[..]), (&halves, &seconds), (&seconds, &[]), (&[], &halves), (&seconds, &seconds)] {
            let mut times = of(one);
            times.absorb(of(other));
            let mut expected = [one, other].concat();
            expected.sort();
            assert_eq!(all(&times), expected);
        }
    }

    #[test]
    fn no_time_is_lost_where_the_unit_changes_before_any_was_packed() {
        let mut times = Times::default();
        for us in [3 * SECOND, 1, 0] {
            times.push(Duration::micros(us));
        }
        times.pack();
        assert_eq!(all(&times), [0, 1, 3 * SECOND]);
    }
}
