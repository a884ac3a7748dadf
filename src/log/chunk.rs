//! A stream in pieces of whole records.

use std::io::{self, Read};

/// So much is read at once.
const CHUNK: usize = 1 << 20;

/// Cuts a stream between records.
pub(super) struct Chunks {
    stream: Box<dyn Read + Send>,
    /// What was read and not given yet.
    left: Vec<u8>,
    ended: bool,
}

impl Chunks {
    pub(super) fn new(stream: Box<dyn Read + Send>) -> Chunks {
        Chunks { stream, left: Vec::new(), ended: false }
    }

    /// What was read so far, and more of it until `enough` says so or nothing is left.
    pub(super) fn peek(&mut self, enough: impl Fn(&[u8]) -> bool) -> io::Result<&[u8]> {
        while !self.ended && !enough(&self.left) {
            let mut left = std::mem::take(&mut self.left);
            let result = self.read(&mut left);
            self.left = left;
            result?;
        }
        Ok(&self.left)
    }

    /// Passes over the first bytes of what was peeked at.
    pub(super) fn skip(&mut self, n: usize) {
        self.left.drain(..n);
    }

    /// The next whole records, in a text that is used again. `cut` says where the last whole one ends: nothing where none
    /// does, and more must be read; at the end of the stream all that is left is whole.
    pub(super) fn next(&mut self, text: &mut Vec<u8>, cut: impl Fn(&[u8], bool) -> Option<usize>) -> io::Result<bool> {
        text.clear();
        text.append(&mut self.left);
        loop {
            if !self.ended && text.len() < CHUNK {
                self.read(text)?;
                continue;
            }
            if text.is_empty() {
                return Ok(false);
            }
            match cut(text, self.ended) {
                Some(end) if end > 0 => {
                    self.left.extend_from_slice(&text[end..]);
                    text.truncate(end);
                    return Ok(true);
                }
                _ if self.ended => return Ok(true),
                _ => self.read(text)?,
            }
        }
    }

    /// The stream from what was not given yet on.
    pub(super) fn into_stream(self) -> Box<dyn Read + Send> {
        Box::new(io::Cursor::new(self.left).chain(self.stream))
    }

    /// All that is left.
    pub(super) fn all(mut self) -> io::Result<Vec<u8>> {
        self.stream.read_to_end(&mut self.left)?;
        Ok(self.left)
    }

    fn read(&mut self, text: &mut Vec<u8>) -> io::Result<()> {
        text.reserve(CHUNK);
        let got = (&mut self.stream).take(CHUNK as u64).read_to_end(text)?;
        self.ended = got < CHUNK;
        Ok(())
    }
}
