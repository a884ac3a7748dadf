//! Pieces of a log read by several threads, and given in their order.

use crate::log::batch::Batch;
use crate::log::decode::Decoder;
use crate::log::feed::{Feed, File, Piece};
use crate::log::rules::{Ids, Rules};
use crate::log::{LogFile, Unreadable};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// So many pieces for each thread wait at most, and no more than so many bytes of them: a row group can be large.
const AHEAD: usize = 16;
const AHEAD_BYTES: usize = 2 << 20;

/// A piece that was read, or one that must be read in its turn. Few wait at once.
#[allow(clippy::large_enum_variant)]
enum Ready {
    Batch(Arc<File>, Batch),
    Piece(Piece),
    Failed(Unreadable),
}

impl Ready {
    fn memory(&self) -> usize {
        match self {
            Ready::Batch(_, batch) => batch.events.memory(),
            Ready::Piece(_) | Ready::Failed(_) => 0,
        }
    }
}

/// What the threads share.
struct Shared<'r, 'p> {
    feed: Mutex<Source<'r, 'p>>,
    ready: Mutex<Waiting>,
    changed: Condvar,
}

struct Source<'r, 'p> {
    feed: Feed<'r, 'p>,
    /// The number of the next piece.
    next: usize,
    ended: bool,
}

#[derive(Default)]
struct Waiting {
    ready: BTreeMap<usize, Ready>,
    /// How much memory they take.
    bytes: usize,
    /// The piece that is asked for next.
    wanted: usize,
    /// How many there are, once that is known.
    all: Option<usize>,
    /// How many threads rest because enough is ready. To wake one costs as much as to read some rows.
    resting: usize,
    /// The one that judges waits for a piece.
    starved: bool,
    stopped: bool,
    /// How many threads there are.
    threads: usize,
    /// Memory to be used again.
    texts: Vec<Vec<u8>>,
    batches: Vec<Batch>,
}

impl Waiting {
    fn is_full(&self) -> bool {
        self.ready.len() >= AHEAD * self.threads || self.bytes >= AHEAD_BYTES * self.threads
    }

    /// A thread that rests goes on when half of what may wait is gone: then it has several pieces to read.
    fn has_room(&self) -> bool {
        self.ready.len() <= AHEAD * self.threads / 2 && self.bytes <= AHEAD_BYTES * self.threads / 2
    }

    /// Nothing more is asked for, or there is nothing more.
    fn is_over(&self) -> bool {
        self.stopped || self.all.is_some()
    }
}

/// Whether more is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Go on.
    On,
    /// That was enough.
    Stop,
}

/// Reads all pieces and gives each batch with its file; gives the files.
pub(super) fn read(
    rules: &Rules<'_>,
    feed: Feed<'_, '_>,
    threads: usize,
    ids: &mut Ids,
    take: &mut dyn FnMut(&File, &mut Batch) -> Flow,
) -> Result<Vec<LogFile>, Unreadable> {
    let source = Source { feed, next: 0, ended: false };
    let shared = Shared { feed: Mutex::new(source), ready: Mutex::new(Waiting { threads, ..Waiting::default() }), changed: Condvar::new() };
    let result = std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| shared.work(rules));
        }
        let result = shared.give(rules, ids, take);
        lock(&shared.ready).stopped = true;
        shared.changed.notify_all();
        result
    });
    let Source { feed, .. } = shared.feed.into_inner().unwrap_or_else(PoisonError::into_inner);
    result.map(|()| feed.files)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared<'_, '_> {
    /// Reads ahead until nothing is left.
    fn work(&self, rules: &Rules<'_>) {
        let mut decoder = Decoder::new(rules);
        loop {
            let mut waiting = lock(&self.ready);
            if waiting.is_full() {
                waiting.resting += 1;
                while !waiting.is_over() && !waiting.has_room() {
                    waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
                waiting.resting -= 1;
            }
            if waiting.is_over() {
                return;
            }
            drop(waiting);
            if !self.read_one(&mut decoder) {
                return;
            }
        }
    }

    /// Reads the next piece; false where there is none.
    fn read_one(&self, decoder: &mut Decoder<'_, '_>) -> bool {
        let text = lock(&self.ready).texts.pop().unwrap_or_default();
        let mut source = lock(&self.feed);
        if source.ended {
            return false;
        }
        let number = source.next;
        let next = source.feed.next(text);
        source.next += 1;
        source.ended = !matches!(next, Ok(Some(_)));
        drop(source);
        let ready = match next {
            Ok(None) => {
                lock(&self.ready).all = Some(number);
                self.changed.notify_all();
                return false;
            }
            Ok(Some(piece)) if piece.file.is_ordered() => Ready::Piece(piece),
            Ok(Some(piece)) => self.decoded(decoder, piece),
            Err(e) => Ready::Failed(e),
        };
        let failed = matches!(ready, Ready::Failed(_));
        let mut waiting = lock(&self.ready);
        waiting.bytes += ready.memory();
        waiting.ready.insert(number, ready);
        if failed {
            waiting.all = Some(number + 1);
        }
        let is_asked_for = failed || waiting.starved;
        drop(waiting);
        if is_asked_for {
            self.changed.notify_all();
        }
        !failed
    }

    fn decoded(&self, decoder: &mut Decoder<'_, '_>, piece: Piece) -> Ready {
        decoder.batch = lock(&self.ready).batches.pop().unwrap_or_default();
        let result = piece.decode(decoder);
        let batch = std::mem::take(&mut decoder.batch);
        let file = Arc::clone(&piece.file);
        lock(&self.ready).texts.push(piece.into_text());
        match result {
            Ok(()) => Ready::Batch(file, batch),
            Err(e) => Ready::Failed(e),
        }
    }

    /// Gives the pieces in their order, and reads some itself where none is ready.
    fn give(&self, rules: &Rules<'_>, ids: &mut Ids, take: &mut dyn FnMut(&File, &mut Batch) -> Flow) -> Result<(), Unreadable> {
        // One reads ahead and out of turn, the other what must be read in its turn.
        let (mut ahead, mut in_turn) = (Decoder::new(rules), Decoder::new(rules));
        in_turn.ids = std::mem::take(ids);
        let result = self.give_all(&mut ahead, &mut in_turn, take);
        *ids = in_turn.ids;
        result
    }

    fn give_all(
        &self,
        ahead: &mut Decoder<'_, '_>,
        in_turn: &mut Decoder<'_, '_>,
        take: &mut dyn FnMut(&File, &mut Batch) -> Flow,
    ) -> Result<(), Unreadable> {
        loop {
            let mut waiting = lock(&self.ready);
            let wanted = waiting.wanted;
            let ready = waiting.ready.remove(&wanted);
            if let Some(ready) = &ready {
                waiting.wanted += 1;
                waiting.bytes -= ready.memory();
            }
            let wakes = waiting.resting > 0 && waiting.has_room();
            drop(waiting);
            if wakes {
                self.changed.notify_all();
            }
            let (file, mut batch) = match ready {
                Some(Ready::Failed(e)) => return Err(e),
                Some(Ready::Batch(file, batch)) => (file, batch),
                Some(Ready::Piece(piece)) => match self.decoded(in_turn, piece) {
                    Ready::Batch(file, batch) => (file, batch),
                    Ready::Failed(e) => return Err(e),
                    Ready::Piece(_) => continue,
                },
                None => {
                    if self.read_one(ahead) {
                        continue;
                    }
                    let mut waiting = lock(&self.ready);
                    waiting.starved = true;
                    while !waiting.ready.contains_key(&wanted) && waiting.all.is_none_or(|all| wanted < all) {
                        waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                    }
                    waiting.starved = false;
                    if waiting.ready.contains_key(&wanted) {
                        continue;
                    }
                    return Ok(());
                }
            };
            let flow = take(&file, &mut batch);
            batch.clear();
            lock(&self.ready).batches.push(batch);
            if flow == Flow::Stop {
                return Ok(());
            }
        }
    }
}
