//! Pieces of a log that were read last, held back while rows that come later may still lie before theirs.
//!
//! Most logs that are not in order nearly are: several people write them at once, or their clocks are turned back in autumn and show an hour
//! twice. Rows that come no later than that are put in order here, and the log is judged as it is read.

use crate::event::{Events, Stored};
use crate::log::batch::{Batch, Course};
use crate::time::{Duration, Instant};
use std::collections::VecDeque;

/// So long before the latest event one may lie that comes after it: clocks are turned back by an hour.
const BACK: Duration = Duration::seconds(3600);
/// No more pieces are held than this, and no more events: what is held lies near a core.
const PIECES: usize = 16;
const EVENTS: usize = 1 << 14;

/// What was read of a log and is not to be judged yet.
pub(super) struct Window {
    /// Each in order, and none with an event that lies before one of an earlier piece.
    held: VecDeque<Batch>,
    /// When the latest event was that was given to be judged, and when the latest of all.
    given: Instant,
    latest: Instant,
}

impl Window {
    /// Nothing, of a log that was judged up to an instant.
    pub(super) fn new(given: Instant) -> Window {
        Window { held: VecDeque::new(), given, latest: given }
    }

    /// Takes a piece, and gives what no later one can lie before. False where it holds an event that lies before what was given.
    pub(super) fn take(&mut self, mut batch: Batch, give: &mut dyn FnMut(Batch)) -> bool {
        let first = batch.course.earliest();
        if first < self.given {
            return false;
        }
        self.latest = self.latest.max(batch.course.latest());
        let overlaps = self.held.iter().position(|held| first < held.course.latest());
        if overlaps.is_some() || !batch.course.is_sorted() {
            self.put_in_order(overlaps.unwrap_or(self.held.len()), &mut batch);
        }
        self.held.push_back(batch);
        let back = self.latest.minus(BACK);
        while self.held.len() > PIECES || self.held.front().is_some_and(|front| front.course.latest() <= back) {
            self.give_first(give);
        }
        let mut events: usize = self.held.iter().map(Batch::count).sum();
        while events > EVENTS {
            events -= self.held[0].count();
            self.give_first(give);
        }
        true
    }

    /// Gives all that is held: nothing more comes.
    pub(super) fn give_all(&mut self, give: &mut dyn FnMut(Batch)) {
        while !self.held.is_empty() {
            self.give_first(give);
        }
    }

    fn give_first(&mut self, give: &mut dyn FnMut(Batch)) {
        if let Some(first) = self.held.pop_front() {
            self.given = self.given.max(first.course.latest());
            give(first);
        }
    }

    /// Puts the events of the pieces that are held from a place on in order with those of another: in the last of them are then all that no
    /// later one can lie before, and in the other the rest. Events of one instant keep their order.
    fn put_in_order(&mut self, from: usize, batch: &mut Batch) {
        let back = self.latest.minus(BACK);
        let mut held: Vec<&mut Batch> = self.held.range_mut(from..).collect();
        for part in 0..batch.parts.len() {
            let pieces = held.iter().map(|held| &**held).chain([&*batch]);
            let mut rows: Vec<Stored<'_>> = pieces.flat_map(|piece| piece.parts[part].events.stored()).collect();
            rows.sort_by_key(Stored::time);
            let sure = match held.is_empty() {
                true => 0,
                false => rows.partition_point(|row| row.time() <= back).max(rows.len().saturating_sub(EVENTS / 2)),
            };
            let [sure, rest] = [&rows[..sure], &rows[sure..]].map(Events::of);
            held.iter_mut().for_each(|held| held.parts[part].events.clear());
            if let Some(last) = held.last_mut() {
                last.parts[part].events = sure;
            }
            batch.parts[part].events = rest;
        }
        for piece in held.into_iter().chain([batch]) {
            piece.course = Course::of(piece.parts.iter().map(|part| &part.events));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, KeyRef, Origin};
    use crate::id::{CaseId, Id};

    /// Pieces of a thousand events; when each is, in seconds, says the number of its row.
    fn pieces(rows: u32, parts: usize, second: impl Fn(u32) -> i64) -> Vec<Batch> {
        let kind = CaseId::from_index(0);
        let of_piece = |from: u32| {
            let mut batch = Batch::new(parts);
            for line in from..rows.min(from + 1000) {
                let (time, key) = (Instant::from_micros(second(line) * 1_000_000), format!("case {}", line % 7));
                let case = Some((kind, KeyRef::from(key.as_str())));
                let event = Event { time, case, event: None, fields: &[], own: &[], origin: Origin { file: 0, line: line - from } };
                batch.parts[line as usize % parts].events.push(event);
                batch.course.take(time);
            }
            batch.parts.iter_mut().for_each(|part| part.events.count_from(Origin { file: 0, line: from }));
            batch
        };
        (0..rows).step_by(1000).map(of_piece).collect()
    }

    /// The times and lines of each part's events as they are given; nothing where one comes too late.
    fn given(pieces: Vec<Batch>, parts: usize) -> Option<Vec<Vec<(Instant, u32)>>> {
        let mut all = vec![Vec::new(); parts];
        let mut give = |batch: Batch| {
            for (all, part) in all.iter_mut().zip(&batch.parts) {
                all.extend(part.events.iter().map(|event| (event.time, event.origin.line)));
            }
        };
        let mut window = Window::new(Instant::FIRST);
        let fits = pieces.into_iter().all(|piece| window.take(piece, &mut give));
        window.give_all(&mut give);
        fits.then_some(all)
    }

    #[test]
    fn what_comes_up_to_an_hour_late_is_put_in_order() {
        let hour = 3600;
        let jitter = |line: u32| i64::from(line.wrapping_mul(2_654_435_761) >> 8) % hour;
        let logs: [&dyn Fn(u32) -> i64; 4] = [
            // In order; an hour that is shown twice; a few seconds, and nearly an hour, of disorder in all of it.
            &|line| i64::from(line / 3),
            &|line| i64::from(line) * 2 - if line > 5_000 { hour } else { 0 },
            &|line| i64::from(line) + jitter(line) / 600,
            &|line| i64::from(line) + jitter(line),
        ];
        for (nth, second) in logs.iter().enumerate() {
            for parts in [1, 2] {
                let given = given(pieces(20_000, parts, second), parts).unwrap_or_else(|| panic!("log {nth} is put in order"));
                for (part, given) in given.iter().enumerate() {
                    let lines = (0..20_000).filter(|line| *line as usize % parts == part);
                    let mut expected: Vec<(Instant, u32)> =
                        lines.map(|line| (Instant::from_micros(second(line) * 1_000_000), line)).collect();
                    expected.sort();
                    assert_eq!(*given, expected, "log {nth}");
                }
            }
        }
    }

    #[test]
    fn what_comes_later_than_that_is_too_late() {
        // The last row lies so many seconds before the one in front of it; or there are too many rows between.
        let late = |by: i64| move |line: u32| if line == 9_999 { i64::from(line - 1) * 60 - by } else { i64::from(line) * 60 };
        assert!(given(pieces(10_000, 1, late(3_599)), 1).is_some());
        assert!(given(pieces(10_000, 1, late(360_000)), 1).is_none());
        assert!(given(pieces(100_000, 1, |line| if line == 99_999 { 0 } else { 1 + i64::from(line / 50_000) }), 1).is_none());
    }
}
