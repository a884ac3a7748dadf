//! Rows put in order digit by digit: the lowest first, so that equals stay as they are.

use crate::time::Instant;

/// The order of rows, which is found by what weighs least first, and what weighs most at last.
pub struct Order {
    /// The rows' positions, each behind half of a number by which it is put in order.
    keyed: Vec<(u32, u32)>,
    sorted: Vec<(u32, u32)>,
}

const BITS: u32 = 11;
const DIGITS: usize = 1 << BITS;

impl Order {
    /// So many rows as they are.
    pub fn of(rows: usize) -> Order {
        let count = u32::try_from(rows).expect("fewer than four billion rows are put in order at once");
        Order { keyed: (0..count).map(|at| (0, at)).collect(), sorted: Vec::new() }
    }

    /// By a number of each; equals stay in the order that was found before.
    pub fn by(mut self, number: impl Fn(usize) -> u64) -> Order {
        if !self.keyed.is_sorted_by_key(|(_, at)| number(*at as usize)) {
            self.by_half(|at| number(at) as u32);
            self.by_half(|at| (number(at) >> u32::BITS) as u32);
        }
        self
    }

    fn by_half(&mut self, half: impl Fn(usize) -> u32) {
        let Order { keyed, sorted } = self;
        keyed.iter_mut().for_each(|(key, at)| *key = half(*at as usize));
        // Only digits in which numbers differ are looked at.
        let first = keyed.first().map_or(0, |(key, _)| *key);
        let differ = keyed.iter().fold(0, |all, (key, _)| all | (key ^ first));
        for shift in (0..u32::BITS).step_by(BITS as usize) {
            let digit = |key: u32| (key >> shift) as usize % DIGITS;
            if digit(differ) == 0 {
                continue;
            }
            let mut places = [0; DIGITS];
            keyed.iter().for_each(|(key, _)| places[digit(*key)] += 1);
            let mut place = 0;
            for of_digit in &mut places {
                place += std::mem::replace(of_digit, place);
            }
            sorted.resize(keyed.len(), (0, 0));
            for one in &*keyed {
                let place = &mut places[digit(one.0)];
                sorted[*place] = *one;
                *place += 1;
            }
            std::mem::swap(keyed, sorted);
        }
    }

    /// By a time of each.
    pub fn by_time(self, time: impl Fn(usize) -> Instant) -> Order {
        /// Most logs tell whole seconds.
        const SECOND: u64 = 1_000_000;
        let rows = 0..self.keyed.len();
        let first = rows.clone().map(&time).min().unwrap_or_default();
        let since_first = |at: usize| (time(at).as_micros() - first.as_micros()) as u64;
        let unit = if rows.clone().all(|at| since_first(at) % SECOND == 0) { SECOND } else { 1 };
        // Divided by a constant, which costs next to nothing.
        self.by(|at| if unit == SECOND { since_first(at) / SECOND } else { since_first(at) })
    }

    /// Where the rows stand that come one after another.
    pub fn positions(self) -> Vec<u32> {
        self.keyed.into_iter().map(|(_, at)| at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_the_order_of_time_number_and_place() {
        let mut dice = 7u64;
        // From all at one instant to all of the time that there is, in microseconds and in seconds; numbers in order and not.
        for (bits, unit, numbers) in
            [(0, 1, 1), (1, 1, 3), (9, 1, 1), (10, 1_000_000, 2), (11, 1, 1), (33, 1_000_000, 1), (50, 1, 3_000), (9, 1, 1 << 33)]
        {
            let mut rows = Vec::new();
            for row in 0..3_000 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let number = if numbers == 2 { row / 1_500 } else { (dice >> 40) % numbers };
                rows.push((Instant::from_micros((dice >> (63 - bits) >> 1) as i64 * unit), number));
            }
            let mut expected: Vec<u32> = (0..3_000).collect();
            expected.sort_by_key(|at| rows[*at as usize]);
            let order = Order::of(rows.len()).by(|at| rows[at].1).by_time(|at| rows[at].0);
            assert_eq!(order.positions(), expected, "{bits} bits, {numbers} numbers");
        }
        assert_eq!(Order::of(0).by(|_| 1).by_time(|_| Instant::FIRST).positions(), [0; 0]);
    }
}
