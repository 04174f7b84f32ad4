//! Deletion vectors: the rows of a data file that are not part of the table any more.
//!
//! # Source
//!
//! Delta transaction log protocol, "Deletion Vectors" and "Deletion Vector Format".

use std::collections::BTreeSet;
use std::ops::Range;

use bytes::Bytes;
use roaring::RoaringTreemap;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::action::DeletionVector;
use crate::storage::Storage;

/// A vector of up to so many bytes is kept in the log: a file of its own would cost one more flush and, for a
/// reader, one more request.
const INLINE_BYTES: usize = 2048;

/// Begins the serialized form of a vector.
const MAGIC: u32 = 1_681_511_377;

/// The format of files of vectors.
const FILE_VERSION: u8 = 1;

/// No vector of one file is larger: it would stand for more rows than a file has.
const LARGEST: u64 = 1 << 30;

const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// The positions of rows in a data file, counted from 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Deleted {
    rows: RoaringTreemap,
}

impl Deleted {
    pub(crate) fn of(rows: &BTreeSet<u64>) -> Self {
        Self {
            rows: rows.iter().copied().collect(),
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.rows.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn contains(&self, row: u64) -> bool {
        self.rows.contains(row)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> {
        self.rows.iter()
    }

    /// How many rows before one are in it.
    pub(crate) fn before(&self, row: u64) -> u64 {
        match row.checked_sub(1) {
            Some(last) => self.rows.rank(last),
            None => 0,
        }
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.rows.serialized_size()
    }

    pub(crate) fn insert(&mut self, row: u64) {
        self.rows.insert(row);
    }

    pub(crate) fn insert_all(&mut self, other: &Self) {
        self.rows |= &other.rows;
    }

    /// What is in this one and not in another.
    pub(crate) fn without(&self, other: &Self) -> Self {
        Self {
            rows: &self.rows - &other.rows,
        }
    }

    /// The rows of `ranges` that are left, where row 0 of the ranges is row `first` of the file.
    pub(crate) fn left(&self, first: u64, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut left = Vec::with_capacity(ranges.len());
        for range in ranges {
            let mut start = range.start;
            let mut gone = self.rows.iter();
            gone.advance_to(first + range.start as u64);
            for row in gone {
                let row = (row - first) as usize;
                if row >= range.end {
                    break;
                }
                if row > start {
                    left.push(start..row);
                }
                start = row + 1;
            }
            if start < range.end {
                left.push(start..range.end);
            }
        }
        left
    }

    /// The rows of `ranges` that are in it, where row 0 of the ranges is row `first` of the file.
    pub(crate) fn of_these(&self, first: u64, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            let mut rows = self.rows.iter();
            rows.advance_to(first + range.start as u64);
            let rows = rows.map(|row| (row - first) as usize);
            for row in rows.take_while(|row| *row < range.end) {
                match found.last_mut() {
                    Some(last) if last.end == row => last.end = row + 1,
                    _ => found.push(row..row + 1),
                }
            }
        }
        found
    }

    /// Whether a row of a range is in it.
    pub(crate) fn any_in(&self, rows: Range<u64>) -> bool {
        self.rows.range_cardinality(rows) > 0
    }

    fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(4 + self.rows.serialized_size());
        bytes.extend_from_slice(&MAGIC.to_le_bytes());
        self.rows
            .serialize_into(&mut bytes)
            .map_err(|error| Error::encoding("writing a deletion vector", error))?;
        Ok(bytes)
    }

    fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let (magic, rows) = bytes
            .split_first_chunk::<4>()
            .ok_or_else(|| Error::damaged(name, "a deletion vector is too short"))?;
        if u32::from_le_bytes(*magic) != MAGIC {
            return Err(Error::damaged(
                name,
                "a deletion vector does not begin as one",
            ));
        }
        let rows = RoaringTreemap::deserialize_from(rows)
            .map_err(|error| Error::damaged(name, format!("a deletion vector: {error}")))?;
        Ok(Self { rows })
    }
}

/// What tells a file with a vector from the same file with another, as the log compares them.
pub(crate) fn unique_id(vector: &DeletionVector) -> String {
    let mut id = format!("{}{}", vector.storage_type, vector.path_or_inline_dv);
    if let Some(offset) = vector.offset {
        id.push_str(&format!("@{offset}"));
    }
    id
}

/// The file that a vector is in, relative to the table's folder; `None` if it is in the log.
pub(crate) fn file_of(vector: &DeletionVector) -> Result<Option<String>> {
    let text = vector.path_or_inline_dv.as_str();
    match vector.storage_type.as_str() {
        "i" => Ok(None),
        "u" => {
            let damaged = || Error::damaged(text, "it does not name a file of deletion vectors");
            let split = text.len().checked_sub(20).ok_or_else(damaged)?;
            let (prefix, id) = text.split_at_checked(split).ok_or_else(damaged)?;
            let id = z85::decode(id).map_err(|_| damaged())?;
            let id = Uuid::from_slice(&id).map_err(|_| damaged())?;
            let plain = prefix
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
            match (prefix.is_empty(), plain) {
                (true, _) => Ok(Some(format!("deletion_vector_{id}.bin"))),
                (false, true) => Ok(Some(format!("{prefix}/deletion_vector_{id}.bin"))),
                (false, false) => Err(damaged()),
            }
        }
        _ => Err(Error::Unsupported {
            what: format!(
                "the deletion vector `{}` outside of the table's folder",
                text.escape_debug()
            ),
        }),
    }
}

/// Reads a vector. Its checksum and its number of rows are checked.
pub(crate) async fn read(storage: &Storage, vector: &DeletionVector) -> Result<Deleted> {
    let size = u64::try_from(vector.size_in_bytes).unwrap_or(u64::MAX);
    let (name, bytes) = match file_of(vector)? {
        None => {
            let name = "the log";
            let bytes = z85::decode(&vector.path_or_inline_dv)
                .map_err(|error| Error::damaged(name, format!("a deletion vector: {error}")))?;
            (name.to_owned(), Bytes::from(bytes))
        }
        Some(name) => {
            let bytes = read_from(storage, &name, vector, size).await?;
            (name, bytes)
        }
    };
    let short = || Error::damaged(&name, "a deletion vector is shorter than the log says");
    // Text has a multiple of four bytes: what is over is padding.
    let size = usize::try_from(size).map_err(|_| short())?;
    let deleted = Deleted::from_bytes(&name, bytes.get(..size).ok_or_else(short)?)?;
    if i64::try_from(deleted.len()) != Ok(vector.cardinality) {
        return Err(Error::damaged(
            name,
            format!(
                "a deletion vector has {} rows, the log says {}",
                deleted.len(),
                vector.cardinality
            ),
        ));
    }
    Ok(deleted)
}

/// Checks what a file of vectors begins with, which no read of a vector looks at.
pub(crate) async fn check_file(storage: &Storage, vector: &DeletionVector) -> Result<()> {
    let Some(name) = file_of(vector)? else {
        return Ok(());
    };
    let path = storage.path(&name)?;
    let first = storage.read_ranges(&path, std::slice::from_ref(&(0..1)));
    match first
        .await?
        .first()
        .and_then(|bytes| bytes.first().copied())
    {
        Some(FILE_VERSION) => Ok(()),
        _ => Err(Error::damaged(
            name,
            "it does not begin as a file of deletion vectors",
        )),
    }
}

async fn read_from(
    storage: &Storage,
    name: &str,
    vector: &DeletionVector,
    size: u64,
) -> Result<Bytes> {
    let damaged = |reason: &str| Error::damaged(name, format!("a deletion vector {reason}"));
    let offset = u64::try_from(vector.offset.unwrap_or(1))
        .map_err(|_| damaged("begins before its file does"))?;
    if size > LARGEST {
        return Err(damaged("is larger than any file has rows for"));
    }
    let path = storage.path(name)?;
    let range = offset..offset + 4 + size + 4;
    let bytes = match storage
        .read_ranges(&path, std::slice::from_ref(&range))
        .await
    {
        Err(Error::Store {
            source: object_store::Error::NotFound { .. },
            ..
        }) => {
            return Err(Error::damaged(
                name,
                "it is gone, with its deletion vectors",
            ));
        }
        read => read?,
    };
    let bytes = bytes.into_iter().next().unwrap_or_default();
    let framed = (|| {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (data, sum) = rest.split_last_chunk::<4>()?;
        let right = u64::from(u32::from_be_bytes(*length)) == size && data.len() as u64 == size;
        right.then(|| (data.len(), u32::from_be_bytes(*sum) == CRC.checksum(data)))
    })();
    match framed {
        None => Err(damaged("does not have the length that the log says")),
        Some((_, false)) => Err(damaged("does not have its checksum: a bit was flipped")),
        Some((length, true)) => Ok(bytes.slice(4..4 + length)),
    }
}

/// A vector as it stands in the log, however large it is.
pub(crate) fn inline(deleted: &Deleted) -> Result<DeletionVector> {
    inlined(deleted, deleted.to_bytes()?)
}

fn inlined(deleted: &Deleted, mut bytes: Vec<u8>) -> Result<DeletionVector> {
    let size = i32::try_from(bytes.len()).map_err(|_| too_large())?;
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    Ok(DeletionVector {
        storage_type: "i".to_owned(),
        path_or_inline_dv: z85::encode(&bytes),
        offset: None,
        size_in_bytes: size,
        cardinality: i64::try_from(deleted.len()).map_err(|_| too_large())?,
    })
}

fn too_large() -> Error {
    Error::encoding("writing a deletion vector", "it is larger than 1 GiB")
}

/// Writes the vectors of one commit: small ones into the log, the others into one file.
pub(crate) async fn write(storage: &Storage, all: &[Deleted]) -> Result<Vec<DeletionVector>> {
    let id = Uuid::now_v7();
    let mut file = vec![FILE_VERSION];
    let mut vectors = Vec::with_capacity(all.len());
    for deleted in all {
        let bytes = deleted.to_bytes()?;
        if bytes.len() as u64 > LARGEST {
            return Err(too_large());
        }
        if bytes.len() <= INLINE_BYTES {
            vectors.push(inlined(deleted, bytes)?);
            continue;
        }
        let size = u32::try_from(bytes.len()).map_err(|_| too_large())?;
        let offset = i32::try_from(file.len()).map_err(|_| too_large())?;
        file.extend_from_slice(&size.to_be_bytes());
        file.extend_from_slice(&bytes);
        file.extend_from_slice(&CRC.checksum(&bytes).to_be_bytes());
        vectors.push(DeletionVector {
            storage_type: "u".to_owned(),
            path_or_inline_dv: z85::encode(id.as_bytes()),
            offset: Some(offset),
            size_in_bytes: i32::try_from(size).map_err(|_| too_large())?,
            cardinality: i64::try_from(deleted.len()).map_err(|_| too_large())?,
        });
    }
    if file.len() > 1 {
        let name = format!("deletion_vector_{id}.bin");
        storage.write_unreferenced(&name, file.into()).await?;
    }
    Ok(vectors)
}

#[cfg(test)]
mod tests;
