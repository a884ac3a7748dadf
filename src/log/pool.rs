//! A log read, and judged, by several threads: pieces are read in any order, taken in their order by one thread, and judged by all parts
//! of the judge, each of which has them in their order too.

use crate::log::batch::Batch;
use crate::log::decode::Decoder;
use crate::log::feed::{Feed, File, Piece};
use crate::log::lanes::{Lanes, Turn};
use crate::log::rules::{Ids, Rules};
use crate::log::{Judge, LogFile, Unreadable};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// So many pieces for each thread wait at most, and no more than so many bytes of them: a row group can be large.
const AHEAD: usize = 16;
const AHEAD_BYTES: usize = 2 << 20;

/// What a piece gave, with its file; or why the log cannot be read on.
type Read = Result<OfFile, Unreadable>;

/// A piece that was read, or one that must be read in its turn. Few wait at once.
#[allow(clippy::large_enum_variant)]
enum Ready {
    Read(Read),
    Piece(Piece),
}

impl Ready {
    fn memory(&self) -> usize {
        match self {
            Ready::Read(Ok((_, batch))) => batch.memory(),
            Ready::Read(Err(_)) | Ready::Piece(_) => 0,
        }
    }
}

/// What the threads share.
struct Shared<'s, 'r, 'p> {
    rules: &'s Rules<'p>,
    judge: &'s dyn Judge,
    /// Something is read too.
    reads: bool,
    source: Mutex<Source<'r, 'p>>,
    waiting: Mutex<Waiting>,
    /// Something has come that the thread which takes pieces waits for.
    news: Condvar,
    /// Something has come to do for the others.
    work: Condvar,
}

struct Source<'r, 'p> {
    /// Nothing where all was read before.
    feed: Option<Feed<'r, 'p>>,
    /// The number of the next piece.
    next: usize,
    ended: bool,
}

struct Waiting {
    /// How many threads there are.
    threads: usize,
    /// What was read and is not taken yet.
    ready: BTreeMap<usize, Ready>,
    /// The piece that is taken next.
    wanted: usize,
    /// How many there are, once that is known.
    all: Option<usize>,
    /// What was taken and is not judged yet.
    lanes: Lanes<Batch>,
    /// How much memory all that takes.
    bytes: usize,
    /// Enough waits: no more is read until half of it is gone, for then there are several pieces to read.
    is_full: bool,
    /// How many threads rest because there is nothing to do. To wake one costs as much as to read some rows.
    resting: usize,
    /// The one that takes pieces waits too.
    is_starved: bool,
    stopped: bool,
    /// Memory to be used again.
    texts: Vec<Vec<u8>>,
    batches: Vec<Batch>,
}

impl Waiting {
    fn new(threads: usize, parts: usize) -> Waiting {
        Waiting {
            threads,
            ready: BTreeMap::new(),
            wanted: 0,
            all: None,
            lanes: Lanes::new(parts, threads),
            bytes: 0,
            is_full: false,
            resting: 0,
            is_starved: false,
            stopped: false,
            texts: Vec::new(),
            batches: Vec::new(),
        }
    }

    /// How much waits has changed.
    fn weigh(&mut self) {
        let share = if self.is_full { 2 } else { 1 };
        let count = self.ready.len() + self.lanes.len();
        self.is_full = count > AHEAD * self.threads / share || self.bytes > AHEAD_BYTES * self.threads / share;
    }

    fn can_read(&self) -> bool {
        !self.is_full && self.all.is_none()
    }

    fn is_all_taken(&self) -> bool {
        self.all.is_some_and(|all| all <= self.wanted)
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

/// Takes pieces in their order, and at last nothing; gives what is to be judged, in that order too.
pub(super) type Take<'t, Piece> = dyn FnMut(Option<Piece>, &mut dyn FnMut(Batch)) -> Flow + 't;

/// What was read of a file.
pub(super) type OfFile = (Arc<File>, Batch);

/// Reads all pieces, has them taken, and has judged what is given of them; gives the files.
pub(super) fn read(
    rules: &Rules<'_>,
    feed: Feed<'_, '_>,
    ids: &mut Ids,
    judge: &dyn Judge,
    take: &mut Take<'_, OfFile>,
) -> Result<Vec<LogFile>, Unreadable> {
    let shared = Shared::new(rules, judge, Some(feed));
    let result = shared.with_others(|| shared.take_all(ids, take));
    let Source { feed, .. } = shared.source.into_inner().unwrap_or_else(PoisonError::into_inner);
    result.map(|()| feed.map(|feed| feed.files).unwrap_or_default())
}

/// Has batches judged that come in their order. `give` takes one, and leaves an empty one.
pub(super) fn judge<T>(rules: &Rules<'_>, judge: &dyn Judge, produce: impl FnOnce(&mut dyn FnMut(&mut Batch)) -> T) -> T {
    let shared = Shared::new(rules, judge, None);
    shared.with_others(|| {
        let result = produce(&mut |batch| shared.hand_over(batch));
        shared.judge_rest();
        result
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'m>(on: &Condvar, waiting: MutexGuard<'m, Waiting>) -> MutexGuard<'m, Waiting> {
    on.wait(waiting).unwrap_or_else(PoisonError::into_inner)
}

/// Ends the work of all threads when that of one ends, in whatever way.
struct Stops<'s, 'w, 'r, 'p>(&'s Shared<'w, 'r, 'p>);

impl Drop for Stops<'_, '_, '_, '_> {
    fn drop(&mut self) {
        lock(&self.0.waiting).stopped = true;
        self.0.news.notify_all();
        self.0.work.notify_all();
    }
}

impl<'s, 'r, 'p> Shared<'s, 'r, 'p> {
    fn new(rules: &'s Rules<'p>, judge: &'s dyn Judge, feed: Option<Feed<'r, 'p>>) -> Shared<'s, 'r, 'p> {
        let mut waiting = Waiting::new(rules.options.threads.max(1), judge.parts());
        if feed.is_none() {
            waiting.all = Some(0);
        }
        let reads = feed.is_some();
        let source = Mutex::new(Source { feed, next: 0, ended: false });
        Shared { rules, judge, reads, source, waiting: Mutex::new(waiting), news: Condvar::new(), work: Condvar::new() }
    }

    /// Does something while the other threads read and judge.
    fn with_others<T>(&self, work: impl FnOnce() -> T) -> T {
        let threads = lock(&self.waiting).threads;
        std::thread::scope(|scope| {
            for own in 1..threads {
                scope.spawn(move || self.help(own));
            }
            let _stops = Stops(self);
            work()
        })
    }

    /// Judges a part, and reads where that has nothing to do. What a part knows lies near the core that judged it last: others are helped
    /// only where nothing is to be read.
    fn help(&self, own: usize) {
        let _stops = Stops(self);
        let mut decoder = Decoder::new(self.rules, own);
        let mut waiting = lock(&self.waiting);
        while !waiting.stopped {
            if let Some(turn) = waiting.lanes.start(own, !self.reads) {
                drop(waiting);
                self.judge(turn);
                waiting = lock(&self.waiting);
            } else if waiting.can_read() {
                drop(waiting);
                self.read_one(&mut decoder);
                waiting = lock(&self.waiting);
            } else {
                waiting.resting += 1;
                waiting = wait(&self.work, waiting);
                waiting.resting -= 1;
            }
        }
    }

    /// Reads the next piece, if there is one.
    fn read_one(&self, decoder: &mut Decoder<'_, '_>) {
        let text = lock(&self.waiting).texts.pop().unwrap_or_default();
        let mut source = lock(&self.source);
        let number = source.next;
        let Source { feed: Some(feed), ended: false, .. } = &mut *source else { return };
        let next = feed.next(text);
        source.next += 1;
        source.ended = !matches!(next, Ok(Some(_)));
        drop(source);
        let (ready, all) = match next {
            Ok(None) => (None, Some(number)),
            Ok(Some(piece)) if piece.file.is_ordered() => (Some(Ready::Piece(piece)), None),
            Ok(Some(piece)) => (Some(Ready::Read(self.decoded(decoder, piece))), None),
            Err(e) => (Some(Ready::Read(Err(e))), Some(number + 1)),
        };
        let mut waiting = lock(&self.waiting);
        if let Some(ready) = ready {
            waiting.bytes += ready.memory();
            waiting.ready.insert(number, ready);
            waiting.weigh();
        }
        waiting.all = waiting.all.or(all);
        let is_news = waiting.is_starved && (waiting.ready.contains_key(&waiting.wanted) || waiting.is_all_taken());
        drop(waiting);
        if is_news {
            self.news.notify_one();
        }
    }

    fn empty_batch(&self) -> Batch {
        let known = lock(&self.waiting).batches.pop();
        known.unwrap_or_else(|| Batch::new(self.judge.parts()))
    }

    fn decoded(&self, decoder: &mut Decoder<'_, '_>, piece: Piece) -> Read {
        decoder.batch = self.empty_batch();
        let result = piece.decode(decoder);
        let batch = decoder.give();
        let file = Arc::clone(&piece.file);
        lock(&self.waiting).texts.push(piece.into_text());
        result.map(|()| (file, batch))
    }

    /// A part judges a piece.
    fn judge(&self, turn: Turn<Batch>) {
        self.judge.judge(turn.part, &turn.piece);
        let mut waiting = lock(&self.waiting);
        if let Some(mut batch) = waiting.lanes.end(turn) {
            waiting.bytes -= batch.memory();
            batch.clear();
            waiting.batches.push(batch);
        }
        let was_full = waiting.is_full;
        waiting.weigh();
        let has_room = was_full && !waiting.is_full;
        let is_news = waiting.is_starved && (waiting.lanes.any_can_go() || waiting.lanes.is_empty() || has_room);
        let is_work = waiting.resting > 0 && has_room;
        drop(waiting);
        if is_news {
            self.news.notify_one();
        }
        if is_work {
            self.work.notify_all();
        }
    }

    /// A batch is taken, and waits to be judged.
    fn push(&self, batch: Batch) {
        let mut waiting = lock(&self.waiting);
        waiting.bytes += batch.memory();
        waiting.lanes.push(batch);
        waiting.weigh();
        let is_work = waiting.resting > 0;
        drop(waiting);
        if is_work {
            self.work.notify_all();
        }
    }

    /// Takes the pieces in their order, and judges and reads some itself.
    fn take_all(&self, ids: &mut Ids, take: &mut Take<'_, OfFile>) -> Result<(), Unreadable> {
        // One reads ahead and out of turn, the other what must be read in its turn.
        let threads = lock(&self.waiting).threads;
        let (mut ahead, mut in_turn) = (Decoder::new(self.rules, 0), Decoder::new(self.rules, threads));
        in_turn.ids = std::mem::take(ids);
        let result = self.take_each(&mut ahead, &mut in_turn, take);
        *ids = in_turn.ids;
        result
    }

    fn take_each(&self, ahead: &mut Decoder<'_, '_>, in_turn: &mut Decoder<'_, '_>, take: &mut Take<'_, OfFile>) -> Result<(), Unreadable> {
        let mut give = |batch| self.push(batch);
        let mut ended = false;
        let mut waiting = lock(&self.waiting);
        loop {
            if waiting.is_all_taken() && !ended {
                drop(waiting);
                take(None, &mut give);
                ended = true;
                waiting = lock(&self.waiting);
            }
            if waiting.stopped || (ended && waiting.lanes.is_empty()) {
                return Ok(());
            }
            let wanted = waiting.wanted;
            if let Some(ready) = waiting.ready.remove(&wanted) {
                waiting.wanted += 1;
                waiting.bytes -= ready.memory();
                drop(waiting);
                let read = match ready {
                    Ready::Piece(piece) => self.decoded(in_turn, piece),
                    Ready::Read(read) => read,
                };
                if take(Some(read?), &mut give) == Flow::Stop {
                    return Ok(());
                }
                waiting = lock(&self.waiting);
                continue;
            }
            if let Some(turn) = waiting.lanes.start(0, false) {
                drop(waiting);
                self.judge(turn);
                waiting = lock(&self.waiting);
            } else if waiting.can_read() {
                drop(waiting);
                self.read_one(ahead);
                waiting = lock(&self.waiting);
            } else {
                waiting = self.starve(waiting);
            }
        }
    }

    /// The thread that takes pieces waits for one, or for something else to do.
    fn starve<'m>(&self, mut waiting: MutexGuard<'m, Waiting>) -> MutexGuard<'m, Waiting> {
        waiting.is_starved = true;
        waiting = wait(&self.news, waiting);
        waiting.is_starved = false;
        waiting
    }

    /// Gives a batch to be judged; judges itself for as long as too many wait.
    fn hand_over(&self, batch: &mut Batch) {
        self.push(std::mem::replace(batch, self.empty_batch()));
        self.judge_while(|waiting| waiting.is_full || waiting.threads == 1);
    }

    /// Judges what is left.
    fn judge_rest(&self) {
        self.judge_while(|_| true);
    }

    fn judge_while(&self, goes_on: impl Fn(&Waiting) -> bool) {
        let mut waiting = lock(&self.waiting);
        while !waiting.stopped && !waiting.lanes.is_empty() && goes_on(&waiting) {
            match waiting.lanes.start(0, true) {
                Some(turn) => {
                    drop(waiting);
                    self.judge(turn);
                    waiting = lock(&self.waiting);
                }
                None => waiting = self.starve(waiting),
            }
        }
    }
}
