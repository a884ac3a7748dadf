//! The pages of a column as they were before their file packed them.
//!
//! The library could unpack them too; but what it needs for that is built for a short build, not for speed, and of a codec that it
//! lacks it says nothing that a reader of a log could use.

use super::Bits;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use parquet::basic::{Compression, CompressionCodec};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;
use std::io::Read;
use std::sync::Arc;

/// The format gives the length of a page in 31 bits.
const LONGEST: u64 = i32::MAX as u64;

/// The pages of a column.
pub(super) struct Pages {
    packed: SerializedPageReader<Bits>,
    codec: Codec,
    rows: usize,
}

/// What packed the pages of a column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Codec {
    None,
    Snappy,
    Gzip,
    Zstd,
}

impl Codec {
    /// Nothing for one whose pages are not read here.
    pub(super) fn of(codec: CompressionCodec) -> Option<Codec> {
        match codec {
            CompressionCodec::UNCOMPRESSED => Some(Codec::None),
            CompressionCodec::SNAPPY => Some(Codec::Snappy),
            CompressionCodec::GZIP => Some(Codec::Gzip),
            CompressionCodec::ZSTD => Some(Codec::Zstd),
            CompressionCodec::LZO | CompressionCodec::BROTLI | CompressionCodec::LZ4 | CompressionCodec::LZ4_RAW => None,
        }
    }
}

impl Pages {
    /// The pages of a column of so many rows.
    pub(super) fn of(file: &Arc<Bits>, column: &ColumnChunkMetaData, codec: Codec, rows: usize) -> Result<Pages, ParquetError> {
        // What is said to be unpacked is handed over as it stands.
        let as_it_stands = column.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        Ok(Pages { packed: SerializedPageReader::new(Arc::clone(file), &as_it_stands, rows, None)?, codec, rows })
    }

    /// How many rows they are to hold.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    fn unpack(&self, packed: &mut Bytes) -> Result<(), ParquetError> {
        // A page without a value is packed as nothing.
        if packed.is_empty() {
            return Ok(());
        }
        let unpacked = match self.codec {
            Codec::None => return Ok(()),
            Codec::Snappy if snap::raw::decompress_len(packed).is_ok_and(|length| length as u64 <= LONGEST) => {
                snap::raw::Decoder::new().decompress_vec(packed).map_err(|e| e.to_string())
            }
            Codec::Snappy => Err("a page of no possible length".to_string()),
            Codec::Gzip => whole(MultiGzDecoder::new(&packed[..])),
            Codec::Zstd => zstd::stream::read::Decoder::with_buffer(&packed[..]).map_err(|e| e.to_string()).and_then(whole),
        };
        *packed = unpacked.map_err(ParquetError::General)?.into();
        Ok(())
    }
}

fn whole(unpacking: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = unpacking.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if read as u64 <= LONGEST { Ok(bytes) } else { Err("a page of more than 2 GiB".to_string()) }
}

impl Iterator for Pages {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        let Some(mut page) = self.packed.get_next_page()? else { return Ok(None) };
        match &mut page {
            _ if self.codec == Codec::None => {}
            Page::DictionaryPage { buf, .. } | Page::DataPage { buf, .. } => self.unpack(buf)?,
            // Its levels stand before what is packed.
            Page::DataPageV2 { buf, is_compressed: true, def_levels_byte_len, rep_levels_byte_len, .. } => {
                let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
                let levels = usize::try_from(levels).ok().filter(|levels| *levels <= buf.len());
                let levels = levels.ok_or_else(|| ParquetError::EOF("a page ends within its levels".into()))?;
                let mut values = buf.split_off(levels);
                self.unpack(&mut values)?;
                *buf = [&buf[..], &values[..]].concat().into();
            }
            Page::DataPageV2 { .. } => {}
        }
        Ok(Some(page))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        self.packed.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.packed.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool, ParquetError> {
        self.packed.at_record_boundary()
    }
}
