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
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use std::io::Read;
use std::sync::Arc;

/// The format gives the length of a page in 31 bits.
const LONGEST: u64 = i32::MAX as u64;

/// The pages of a column.
pub(super) struct Pages {
    packed: SerializedPageReader<Bits>,
    codec: Codec,
}

enum Codec {
    None,
    Snappy(snap::raw::Decoder),
    Gzip,
    Zstd,
}

impl Codec {
    fn of(column: &ColumnChunkMetaData) -> Option<Codec> {
        match column.compression_codec() {
            CompressionCodec::UNCOMPRESSED => Some(Codec::None),
            CompressionCodec::SNAPPY => Some(Codec::Snappy(snap::raw::Decoder::new())),
            CompressionCodec::GZIP => Some(Codec::Gzip),
            CompressionCodec::ZSTD => Some(Codec::Zstd),
            CompressionCodec::LZO | CompressionCodec::BROTLI | CompressionCodec::LZ4 | CompressionCodec::LZ4_RAW => None,
        }
    }
}

/// The name of a column's codec, if pages that it packed are not read here.
pub(super) fn unread(column: &ColumnChunkMetaData) -> Option<String> {
    if Codec::of(column).is_some() { None } else { Some(format!("{:?}", column.compression_codec())) }
}

impl Pages {
    /// The pages of the column at a place among those of a row group.
    pub(super) fn of(file: &Arc<Bits>, group: &RowGroupMetaData, at: usize) -> Result<Pages, ParquetError> {
        let column = group.column(at);
        let codec = Codec::of(column).ok_or_else(|| ParquetError::NYI(format!("{:?}", column.compression_codec())))?;
        // What is said to be unpacked is handed over as it stands.
        let as_it_stands = column.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        let rows = usize::try_from(group.num_rows())?;
        Ok(Pages { packed: SerializedPageReader::new(Arc::clone(file), &as_it_stands, rows, None)?, codec })
    }

    fn unpack(&mut self, packed: &mut Bytes) -> Result<(), ParquetError> {
        // A page without a value is packed as nothing.
        if packed.is_empty() {
            return Ok(());
        }
        let unpacked = match &mut self.codec {
            Codec::None => return Ok(()),
            Codec::Snappy(decoder) if snap::raw::decompress_len(packed).is_ok_and(|length| length as u64 <= LONGEST) => {
                decoder.decompress_vec(packed).map_err(|e| e.to_string())
            }
            Codec::Snappy(_) => Err("a page of no possible length".to_string()),
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
            _ if matches!(self.codec, Codec::None) => {}
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
