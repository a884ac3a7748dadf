//! What a file is, by its content: compression, encoding, format.

use crate::log::Unreadable;
use crate::log::recode::Recoded;
use std::fmt;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that can be read from any place, more than once and by several threads.
pub trait Data: Send + Sync {
    /// How many there are.
    fn size(&self) -> u64;
    /// Reads from a place on; nothing at the end.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;
}

impl Data for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset).map_or(self.len(), |o| o.min(self.len()));
        (&self[from..]).read(into)
    }
}

/// A file, or what came through a pipe.
#[derive(Clone)]
pub struct Input {
    /// Its name, for people.
    pub name: String,
    /// What it holds.
    pub data: Arc<dyn Data>,
}

impl Input {
    /// What is in memory already.
    pub fn of(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Input {
        Input { name: name.into(), data: Arc::new(bytes.into()) }
    }

    pub(super) fn unreadable(&self, e: &io::Error) -> Unreadable {
        Unreadable::new(&self.name, e.to_string())
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.data.size())
    }
}

/// Data from its beginning on.
pub(super) struct Sequential {
    data: Arc<dyn Data>,
    at: u64,
    /// Counts the bytes of all files.
    read: Arc<AtomicU64>,
}

impl Sequential {
    pub(super) fn new(data: &Arc<dyn Data>, read: &Arc<AtomicU64>) -> Sequential {
        Sequential { data: Arc::clone(data), at: 0, read: Arc::clone(read) }
    }
}

impl Read for Sequential {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.data.read_at(self.at, into)?;
        self.at += got as u64;
        self.read.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// The format of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Jsonl,
    Xes,
    Parquet,
}

/// A stream whose first bytes were looked at.
pub(super) type Stream = Box<dyn Read + Send>;

/// Undoes gzip and zstd, as often as they were applied.
pub(super) fn unpacked(name: &str, mut stream: Stream) -> Result<Stream, Unreadable> {
    loop {
        let head = head(&mut stream, 4).map_err(|e| Unreadable::new(name, e.to_string()))?;
        let whole: Stream = Box::new(Cursor::new(head.clone()).chain(stream));
        stream = match head.as_slice() {
            [0x1f, 0x8b, ..] => Box::new(Packed { kind: "gzip", inner: flate2::read::MultiGzDecoder::new(whole) }),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                let inner = zstd::stream::read::Decoder::new(whole);
                Box::new(Packed { kind: "zstd", inner: inner.map_err(|e| Unreadable::new(name, e.to_string()))? })
            }
            [b'P', b'K', 3, 4, ..] => {
                return Err(Unreadable::new(name, "this is a zip archive or a spreadsheet").help("unpack it, or save the sheet as CSV"));
            }
            _ => return Ok(whole),
        };
    }
}

/// The first bytes of a stream, as many as it has.
fn head(stream: &mut Stream, n: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    stream.take(n).read_to_end(&mut head)?;
    Ok(head)
}

/// Says what kind of data is damaged.
struct Packed<R> {
    kind: &'static str,
    inner: R,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.inner.read(into).map_err(|e| io::Error::other(format!("the {} data is damaged: {e}", self.kind)))
    }
}

/// The text in UTF-8, without a byte-order mark. Bytes that claim to be UTF-8 are left as they are: what is broken in
/// them is found row by row.
pub(super) fn decoded(name: &str, mut stream: Stream, encoding: Option<&str>) -> Result<Stream, Unreadable> {
    let failed = |e: io::Error| Unreadable::new(name, e.to_string());
    let head = head(&mut stream, 3).map_err(failed)?;
    let marked = encoding_rs::Encoding::for_bom(&head);
    let named = encoding.and_then(|e| encoding_rs::Encoding::for_label(e.as_bytes()));
    let encoding = marked.map(|(e, _)| e).or(named).unwrap_or(encoding_rs::UTF_8);
    if encoding == encoding_rs::UTF_8 {
        let mark = marked.map_or(0, |(_, length)| length);
        return Ok(Box::new(Cursor::new(head[mark..].to_vec()).chain(stream)));
    }
    Ok(Box::new(Recoded::new(Cursor::new(head).chain(stream), encoding)))
}

/// What the first sign of a text says that it is.
pub(super) fn format(text: &[u8]) -> Format {
    match text.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'P') if text.starts_with(b"PAR1") => Format::Parquet,
        Some(b'<') => Format::Xes,
        Some(b'{' | b'[') => Format::Jsonl,
        _ => Format::Csv,
    }
}
