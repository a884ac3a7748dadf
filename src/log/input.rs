//! What a file is, by its content: compression, encoding, format.

use crate::log::Unreadable;
use std::borrow::Cow;
use std::io::Read;

/// The format of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Jsonl,
    Xes,
    Parquet,
}

/// Undoes gzip and zstd, as often as they were applied.
pub(super) fn unpacked(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    let damaged = |kind: &str, e: std::io::Error| Unreadable::new(name, format!("the {kind} data is damaged: {e}"));
    let mut out = Vec::new();
    match bytes.as_slice() {
        [0x1f, 0x8b, ..] => {
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut out).map_err(|e| damaged("gzip", e))?;
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            zstd::stream::copy_decode(bytes.as_slice(), &mut out).map_err(|e| damaged("zstd", e))?;
        }
        [b'P', b'K', 3, 4, ..] => {
            return Err(Unreadable::new(name, "this is a zip archive or a spreadsheet").help("unpack it, or save the sheet as CSV"));
        }
        _ => return Ok(bytes),
    }
    unpacked(name, out)
}

/// The text in UTF-8, without a byte-order mark. Bytes that claim to be UTF-8 are left as they are: what is broken in
/// them is found row by row.
pub(super) fn decoded<'b>(name: &str, bytes: &'b [u8], encoding: Option<&str>) -> Result<Cow<'b, [u8]>, Unreadable> {
    let by_mark = encoding_rs::Encoding::for_bom(bytes).map(|(e, _)| e);
    let named = encoding.and_then(|e| encoding_rs::Encoding::for_label(e.as_bytes()));
    let encoding = by_mark.or(named).unwrap_or(encoding_rs::UTF_8);
    if encoding == encoding_rs::UTF_8 {
        return Ok(Cow::Borrowed(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)));
    }
    let (text, _, broken) = encoding.decode(bytes);
    if broken {
        return Err(Unreadable::new(name, format!("the file is not {}", encoding.name())));
    }
    Ok(Cow::Owned(text.into_owned().into_bytes()))
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
