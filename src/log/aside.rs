//! Bytes put aside on disk while a log is put in order, in stretches that are read back one by one.

use crate::log::Spool;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Bytes on disk.
pub(super) struct Aside {
    file: File,
    end: u64,
}

/// Some of them.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    at: u64,
    length: usize,
}

impl Aside {
    /// None yet.
    pub(super) fn new(spool: Spool) -> io::Result<Aside> {
        Ok(Aside { file: spool()?, end: 0 })
    }

    /// Puts bytes behind all others, before any are read.
    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<Stretch> {
        self.file.write_all(bytes)?;
        let stretch = Stretch { at: self.end, length: bytes.len() };
        self.end += bytes.len() as u64;
        Ok(stretch)
    }

    /// Adds those of a stretch to others.
    pub(super) fn read(&self, stretch: Stretch, to: &mut Vec<u8>) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(stretch.at))?;
        to.reserve(stretch.length);
        let read = file.take(stretch.length as u64).read_to_end(to)?;
        if read == stretch.length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}
