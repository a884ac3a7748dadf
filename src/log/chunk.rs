//! A stream in pieces of whole records.

use std::io::{self, Read};

/// So much is read at once: with the events of it, not more than lies near a core.
const CHUNK: usize = 1 << 16;

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
            let mut filled = left.len();
            let result = self.read(&mut left, &mut filled);
            left.truncate(filled);
            self.left = left;
            result?;
        }
        Ok(&self.left)
    }

    /// Passes over the first bytes of what was peeked at.
    pub(super) fn skip(&mut self, n: usize) {
        self.left.drain(..n);
    }

    /// The next whole records at the beginning of a text that is used again: where they end, if there are any. `cut` says where the
    /// last whole one ends: nothing where none does, and more must be read; at the end of the stream all that is left is whole.
    pub(super) fn next(&mut self, text: &mut Vec<u8>, cut: impl Fn(&[u8], bool) -> Option<usize>) -> io::Result<Option<usize>> {
        let mut filled = self.left.len();
        reserve(text, filled + CHUNK);
        text[..filled].copy_from_slice(&self.left);
        self.left.clear();
        loop {
            if !self.ended && filled < CHUNK {
                self.read(text, &mut filled)?;
                continue;
            }
            if filled == 0 {
                return Ok(None);
            }
            match cut(&text[..filled], self.ended) {
                Some(end) if end > 0 => {
                    self.left.extend_from_slice(&text[end..filled]);
                    return Ok(Some(end));
                }
                _ if self.ended => return Ok(Some(filled)),
                _ => self.read(text, &mut filled)?,
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

    /// Reads behind what a text is filled with; where that is much and not whole, as much again.
    fn read(&mut self, text: &mut Vec<u8>, filled: &mut usize) -> io::Result<()> {
        let wanted = *filled + CHUNK.max(*filled);
        reserve(text, wanted);
        while *filled < wanted {
            match self.stream.read(&mut text[*filled..wanted]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(());
                }
                Ok(n) => *filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// Makes a text so long; what it holds already is not written again.
fn reserve(text: &mut Vec<u8>, length: usize) {
    if text.len() < length {
        text.resize(length, 0);
    }
}
