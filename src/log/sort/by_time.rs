//! Rows put in order by their times, digit by digit: the lowest first, so that equals stay as they are.

use crate::time::Instant;

/// The positions of rows in the order of their times and, among equal times, of the numbers beside them; those of one time and number
/// stay as they are.
pub(super) fn positions<R>(rows: &[R], place: impl Fn(&R) -> (Instant, u64)) -> Vec<u32> {
    /// Most logs tell whole seconds.
    const SECOND: u64 = 1_000_000;
    let first = rows.iter().map(|row| place(row).0).min().unwrap_or_default();
    let since_first = |row: &R| (place(row).0.as_micros() - first.as_micros()) as u64;
    let unit = if rows.iter().all(|row| since_first(row) % SECOND == 0) { SECOND } else { 1 };
    let mut keyed: Vec<Keyed> = (0..).zip(rows).map(|(at, row)| (place(row).1, at)).collect();
    if !keyed.is_sorted_by_key(|keyed| keyed.0) {
        keyed = by_key(keyed);
    }
    for (key, at) in &mut keyed {
        *key = since_first(&rows[*at as usize]) / unit;
    }
    by_key(keyed).into_iter().map(|(_, at)| at).collect()
}

/// A key, and the position that it is of.
type Keyed = (u64, u32);

const BITS: u32 = 10;
const DIGITS: usize = 1 << BITS;

/// Puts them in the order of their keys. Only digits in which keys differ are looked at.
fn by_key(mut keyed: Vec<Keyed>) -> Vec<Keyed> {
    let Some((first, _)) = keyed.first().copied() else { return keyed };
    let differ = keyed.iter().fold(0, |all, (key, _)| all | (key ^ first));
    let mut sorted = Vec::new();
    for shift in (0..u64::BITS).step_by(BITS as usize) {
        let digit = |key: u64| (key >> shift) as usize % DIGITS;
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
        for one in &keyed {
            let place = &mut places[digit(one.0)];
            sorted[*place] = *one;
            *place += 1;
        }
        std::mem::swap(&mut keyed, &mut sorted);
    }
    keyed
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
            assert_eq!(positions(&rows, |row| *row), expected, "{bits} bits, {numbers} numbers");
        }
        assert_eq!(positions(&[], |row| *row), [0; 0]);
    }
}
