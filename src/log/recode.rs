//! Text of any encoding as UTF-8, piece by piece: a log is not held whole because of how it is written.

use encoding_rs::{Decoder, DecoderResult, Encoding};
use std::io::{self, Read};

/// So much is read at once.
const PIECE: usize = 1 << 15;

/// A stream in UTF-8 that is made of one in another encoding. It fails where that holds what this encoding does not have.
pub(super) struct Recoded<R> {
    stream: R,
    decoder: Decoder,
    read: Box<[u8; PIECE]>,
    /// What was made of what was read last, and how much of it was given.
    text: String,
    given: usize,
    ended: bool,
}

impl<R: Read> Recoded<R> {
    /// A byte-order mark at its beginning is left away.
    pub(super) fn new(stream: R, encoding: &'static Encoding) -> Recoded<R> {
        let decoder = encoding.new_decoder_with_bom_removal();
        Recoded { stream, decoder, read: Box::new([0; PIECE]), text: String::new(), given: 0, ended: false }
    }

    fn read_on(&mut self) -> io::Result<()> {
        let got = self.stream.read(&mut self.read[..])?;
        self.ended = got == 0;
        self.text.clear();
        self.given = 0;
        self.text.reserve(self.decoder.max_utf8_buffer_length_without_replacement(got).unwrap_or_default());
        match self.decoder.decode_to_string_without_replacement(&self.read[..got], &mut self.text, self.ended) {
            (DecoderResult::InputEmpty, _) => Ok(()),
            _ => Err(io::Error::other(format!("the file is not {}", self.decoder.encoding().name()))),
        }
    }
}

impl<R: Read> Read for Recoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.read_on()?;
        }
        let got = (&self.text.as_bytes()[self.given..]).read(into)?;
        self.given += got;
        Ok(got)
    }
}
