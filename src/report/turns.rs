//! Threads that write into one file by turns: what one of them has put into words no other need read.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Whose turn it is to write.
pub(super) struct Turns<W> {
    state: Mutex<State<W>>,
    passed: Condvar,
}

struct State<W> {
    out: W,
    /// The number of the text that is written next.
    next: usize,
    result: io::Result<()>,
}

impl<W: Write> Turns<W> {
    /// The first is that of number zero.
    pub(super) fn new(out: W) -> Turns<W> {
        Turns { state: Mutex::new(State { out, next: 0, result: Ok(()) }), passed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the text of a number when its turn comes; false if nothing more is to be written.
    pub(super) fn write(&self, number: usize, text: &[u8]) -> bool {
        let waits = |state: &mut State<W>| state.next != number && state.result.is_ok();
        let mut state = self.passed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner);
        if state.result.is_ok() {
            state.result = state.out.write_all(text);
            state.next += 1;
        }
        self.passed.notify_all();
        state.result.is_ok()
    }

    /// How it went, when all have written.
    pub(super) fn end(self) -> io::Result<()> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).result
    }

    /// Held by each of the threads: should one of them panic, the others do not wait for its turn.
    pub(super) fn seat(&self) -> Seat<'_, W> {
        Seat(self)
    }
}

/// A thread's place among those that write.
pub(super) struct Seat<'t, W: Write>(&'t Turns<W>);

impl<W: Write> Drop for Seat<'_, W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().result = Err(io::Error::other("a thread that wrote records has panicked"));
            self.0.passed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes, and no more.
    struct Disk(Vec<u8>, usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.len() + bytes.len() > self.1 {
                return Err(io::Error::other("the disk is full"));
            }
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Three threads write thirty texts; the one of `panics` does not come to write its text.
    fn written(room: usize, panics: Option<usize>) -> (Vec<u8>, io::Result<()>) {
        let mut disk = Disk(Vec::new(), room);
        let turns = Turns::new(&mut disk);
        let write = |nth: usize| {
            let _seat = turns.seat();
            (nth..30).step_by(3).all(|number| {
                assert!(panics != Some(number), "this one panics");
                turns.write(number, &[number as u8])
            });
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|nth| scope.spawn(move || write(nth))).collect();
            threads.into_iter().for_each(|thread| _ = thread.join());
        });
        let result = turns.end();
        (disk.0, result)
    }

    #[test]
    fn texts_are_written_in_their_order() {
        let (texts, result) = written(30, None);
        assert_eq!(texts, (0..30).collect::<Vec<u8>>());
        result.unwrap();
    }

    #[test]
    fn nothing_is_written_behind_what_could_not_be() {
        let (texts, result) = written(20, None);
        assert_eq!(texts, (0..20).collect::<Vec<u8>>());
        assert_eq!(result.unwrap_err().to_string(), "the disk is full");
    }

    #[test]
    fn no_thread_waits_for_one_that_panics() {
        let (texts, result) = written(30, Some(7));
        assert!(texts.len() <= 7, "{texts:?}");
        assert!(result.is_err());
    }
}
