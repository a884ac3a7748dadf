//! Pieces of a log on their way through the parts of its judge: each part takes all of them, in their order, and no part
//! waits for another.

use std::collections::VecDeque;
use std::sync::Arc;

/// Pieces that some part has not judged yet, and how far each part is.
pub(super) struct Lanes<T> {
    pieces: VecDeque<Arc<T>>,
    /// The number of the first of them.
    first: usize,
    parts: Vec<Lane>,
    /// Among so many threads the parts are dealt out.
    threads: usize,
}

/// How far a part is.
#[derive(Clone, Default)]
struct Lane {
    /// The piece that it judges next, or now.
    next: usize,
    is_busy: bool,
}

/// What a part judges now.
pub(super) struct Turn<T> {
    pub(super) part: usize,
    pub(super) piece: Arc<T>,
}

impl<T> Lanes<T> {
    pub(super) fn new(parts: usize, threads: usize) -> Lanes<T> {
        Lanes { pieces: VecDeque::new(), first: 0, parts: vec![Lane::default(); parts], threads }
    }

    /// Another piece follows.
    pub(super) fn push(&mut self, piece: T) {
        self.pieces.push_back(Arc::new(piece));
    }

    /// How many pieces there are that some part has not judged.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    fn can_go(&self, part: usize) -> bool {
        let lane = &self.parts[part];
        !lane.is_busy && lane.next < self.first + self.pieces.len()
    }

    /// Whether a part waits to be lent a thread.
    pub(super) fn any_can_go(&self) -> bool {
        (0..self.parts.len()).any(|part| self.can_go(part))
    }

    /// What a thread can judge: the next piece of one of its own parts; or of another's, if it is to help. The part that is farthest
    /// behind comes first.
    pub(super) fn start(&mut self, thread: usize, helps: bool) -> Option<Turn<T>> {
        let waiting = (0..self.parts.len()).filter(|part| self.can_go(*part));
        let is_own = |part: usize| part % self.threads == thread;
        let part = waiting.filter(|part| helps || is_own(*part)).min_by_key(|part| (!is_own(*part), self.parts[*part].next))?;
        let lane = &mut self.parts[part];
        lane.is_busy = true;
        Some(Turn { part, piece: Arc::clone(&self.pieces[lane.next - self.first]) })
    }

    /// A part has judged its piece, which is given back if it was the last to do so.
    pub(super) fn end(&mut self, turn: Turn<T>) -> Option<T> {
        let lane = &mut self.parts[turn.part];
        (lane.is_busy, lane.next) = (false, lane.next + 1);
        drop(turn);
        if self.parts.iter().any(|lane| lane.next == self.first) {
            return None;
        }
        self.first += 1;
        self.pieces.pop_front().and_then(Arc::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_takes_all_pieces_in_their_order() {
        let mut lanes = Lanes::new(2, 2);
        assert!(lanes.start(0, true).is_none());
        ["a", "b"].into_iter().for_each(|piece| lanes.push(piece));
        let own = lanes.start(1, false).unwrap();
        assert_eq!((own.part, *own.piece), (1, "a"));
        // The part is busy: another thread can only help the other one.
        assert!(lanes.start(1, false).is_none());
        let other = lanes.start(1, true).unwrap();
        assert_eq!((other.part, *other.piece), (0, "a"));
        assert!(!lanes.any_can_go());
        assert_eq!(lanes.end(other), None);
        assert_eq!(lanes.end(own), Some("a"));
        for (part, left) in [(0, None), (1, Some("b"))] {
            let turn = lanes.start(part, false).unwrap();
            assert_eq!((turn.part, *turn.piece), (part, "b"));
            assert_eq!(lanes.end(turn), left);
        }
        assert!(lanes.is_empty() && lanes.start(0, true).is_none());
    }

    #[test]
    fn the_part_that_is_farthest_behind_is_helped_first() {
        let mut lanes = Lanes::new(3, 3);
        (0..3).for_each(|piece| lanes.push(piece));
        for part in [0, 0, 1] {
            let turn = lanes.start(part, false).unwrap();
            lanes.end(turn);
        }
        let parts: Vec<usize> = std::iter::from_fn(|| lanes.start(9, true)).map(|turn| turn.part).collect();
        assert_eq!(parts, [2, 1, 0]);
    }

    #[test]
    fn parts_are_dealt_out_among_fewer_threads() {
        let mut lanes = Lanes::new(3, 2);
        lanes.push("a");
        let parts: Vec<usize> = [0, 0, 0, 1].into_iter().filter_map(|thread| lanes.start(thread, false)).map(|turn| turn.part).collect();
        assert_eq!(parts, [0, 2, 1]);
    }
}
