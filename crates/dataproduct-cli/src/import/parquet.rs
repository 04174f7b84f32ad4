//! The schemas of Parquet files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use super::{Draft, Error, arrow, damaged};

const FORM: &str = "a Parquet file";
/// What a Parquet file begins and ends with.
const MAGIC: &[u8; 4] = b"PAR1";
/// The most bytes of a footer that are read.
const MAX_FOOTER_BYTES: u64 = 64 << 20;

/// A draft from the footer of a Parquet file; rows are not read.
///
/// # Errors
/// [`Error::Malformed`] for what is no Parquet file or has a footer over 64 MiB, [`Error::Unsupported`] for
/// types that no column has, [`Error::Io`] when reading fails.
pub fn schema(mut file: File) -> Result<Draft, Error> {
    let size = file.metadata()?.len();
    if size < 12 {
        return Err(Error::malformed(FORM, format!("it has {size} bytes")));
    }
    let mut end = [0; 8];
    file.seek(SeekFrom::End(-8))?;
    file.read_exact(&mut end)?;
    let [a, b, c, d, magic @ ..] = end;
    if magic != *MAGIC {
        return Err(Error::malformed(FORM, "it does not end with `PAR1`"));
    }
    let footer = u64::from(u32::from_le_bytes([a, b, c, d]));
    if footer > MAX_FOOTER_BYTES.min(size - 8) {
        return Err(Error::malformed(
            FORM,
            format!("its footer would have {footer} bytes of {size}, at most {MAX_FOOTER_BYTES}"),
        ));
    }
    // The footer may hold an Arrow schema, too.
    let metadata = damaged::guarded(FORM, || {
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
            .map_err(|error| Error::malformed(FORM, error))
    })?;
    arrow::draft(metadata.schema())
}
