//! The hash of a row's key, column by column.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType, Schema};

use crate::promise::{Values, is_repeated, type_of};

/// Odd constants without a pattern: the fractional digits of pi.
const PI: [u64; 3] = [
    0x2437_99a1_8c6d_2d8b,
    0x1319_8a2e_0370_7345,
    0xa409_3822_299f_31d1,
];

/// What a missing part of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Like no other, so that the row repeats none: keys and unique columns, as in SQL.
    Distinct,
    /// Like every other, unless all parts are missing: rows that are the same, as SQL groups them.
    Equal,
}

/// Stands for a missing part.
const MISSING: u64 = 0x082e_fa98_ec4e_6c89;

/// Hashes the keys of rows. Equal keys have equal hashes, whatever the encoding of their text.
#[derive(Clone, Debug)]
pub struct KeyHasher {
    columns: Vec<String>,
    converters: Vec<Option<Arc<RowConverter>>>,
    is_of_numbers: bool,
    nulls: Nulls,
    pub(super) seed: u64,
    pub(super) secret: u64,
    /// The bits of a hash that count; fewer of them in tests, so that keys collide.
    bits: u64,
}

impl KeyHasher {
    /// A hasher of keys of these columns, with a seed of its own.
    ///
    /// # Errors
    /// Text that says which column is not there or cannot be compared.
    pub fn new(columns: &[String], nulls: Nulls, schema: &Schema) -> Result<Self, String> {
        let mut converters = Vec::with_capacity(columns.len());
        for column in columns {
            let data_type =
                type_of(schema, column).ok_or_else(|| format!("there is no column `{column}`"))?;
            if is_repeated(schema, column) {
                return Err(format!("`{column}` has more values than one a row"));
            }
            let converter = match is_hashed_directly(data_type) {
                true => None,
                false => {
                    let field = SortField::new(data_type.clone());
                    let converter = RowConverter::new(vec![field]);
                    Some(Arc::new(converter.map_err(|error| error.to_string())?))
                }
            };
            converters.push(converter);
        }
        let is_of_numbers = match columns {
            [column] => type_of(schema, column).is_some_and(is_whole_number),
            _ => false,
        };
        Ok(Self {
            is_of_numbers,
            columns: columns.to_vec(),
            converters,
            nulls,
            seed: RandomState::new().hash_one(0),
            secret: RandomState::new().hash_one(1) | 1,
            bits: u64::MAX,
        })
    }

    #[cfg(test)]
    pub(super) fn with_bits(mut self, bits: u32) -> Self {
        self.bits = u64::MAX << (64 - bits);
        self
    }

    /// The columns of the key.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether keys are single whole numbers, days or instants, which stand for themselves.
    pub(super) fn is_of_numbers(&self) -> bool {
        self.is_of_numbers
    }

    /// The hash of each row's key, and null where the row repeats none. A key of one whole number, day or instant is its
    /// own hash.
    ///
    /// # Errors
    /// Text that says which column is not there or is of another type than it was.
    pub fn hash(&self, rows: &RecordBatch) -> Result<(Vec<u64>, Option<NullBuffer>), String> {
        if let ([column], true) = (&self.columns[..], self.is_of_numbers) {
            let array = column_of(rows, column)?;
            let valid = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
            return Ok((whole_numbers(&array)?, valid));
        }
        let mut hashes = vec![self.seed; rows.num_rows()];
        // Null where a part is missing, or all parts are.
        let mut valid: Option<NullBuffer> = None;
        for (place, (column, converter)) in self.columns.iter().zip(&self.converters).enumerate() {
            let array = column_of(rows, column)?;
            let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
            valid = match (self.nulls, place) {
                (Nulls::Distinct, _) | (_, 0) => NullBuffer::union(valid.as_ref(), nulls.as_ref()),
                (Nulls::Equal, _) => {
                    let both = valid.as_ref().zip(nulls.as_ref());
                    both.map(|(all, these)| NullBuffer::new(all.inner() | these.inner()))
                }
            };
            let before = nulls.filter(|_| self.nulls == Nulls::Equal);
            let before = before.map(|nulls| (nulls, hashes.clone()));
            match converter {
                None => add(&mut hashes, &array, self.secret)?,
                Some(converter) => {
                    let encoded = converter.convert_columns(&[array]);
                    let encoded = encoded.map_err(|error| error.to_string())?;
                    for (hash, row) in hashes.iter_mut().zip(&encoded) {
                        *hash = bytes(*hash, row.data(), self.secret);
                    }
                }
            }
            // What stands in the place of a missing value is anything.
            if let Some((nulls, before)) = before {
                for row in (!nulls.inner()).set_indices() {
                    hashes[row] = word(before[row], MISSING);
                }
            }
        }
        for hash in &mut hashes {
            // The last step spreads what the last column has changed over all bits.
            *hash = mix(*hash, PI[2]) & self.bits;
        }
        Ok((hashes, valid.filter(|valid| valid.null_count() > 0)))
    }
}

/// The values of a column with one value a row.
pub(super) fn column_of(rows: &RecordBatch, path: &str) -> Result<ArrayRef, String> {
    match rows.column_by_name(path) {
        Some(column) => Ok(Arc::clone(column)),
        None => match Values::of(rows, path) {
            Some(values) if values.is_one_a_row() => values.whole(),
            _ => Err(format!("there is no column `{path}` with one value a row")),
        },
    }
}

/// Adds text that is stored once for each different value.
fn labels<K>(hashes: &mut [u64], array: &ArrayRef, secret: u64) -> Result<(), String>
where
    K: ArrowDictionaryKeyType,
    usize: TryFrom<K::Native>,
{
    let labels = array
        .as_dictionary_opt::<K>()
        .ok_or("labels of another type")?;
    let texts = labels
        .values()
        .as_string_opt::<i32>()
        .ok_or("labels that are no text")?;
    for (hash, key) in hashes.iter_mut().zip(labels.keys().values()) {
        let label = usize::try_from(*key)
            .ok()
            .filter(|label| *label < texts.len());
        let text = label.map_or(&[][..], |label| texts.value(label).as_bytes());
        *hash = bytes(*hash, text, secret);
    }
    Ok(())
}

fn is_hashed_directly(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => **values == DataType::Utf8,
        DataType::Utf8
        | DataType::Binary
        | DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Date32
        | DataType::Timestamp(..)
        | DataType::Decimal128(..) => true,
        _ => false,
    }
}

fn is_whole_number(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Date32
            | DataType::Timestamp(..)
    )
}

/// Whole numbers in an order without a sign.
fn whole_numbers(array: &ArrayRef) -> Result<Vec<u64>, String> {
    fn shifted<T: ArrowPrimitiveType<Native: Into<i64>>>(
        array: &ArrayRef,
    ) -> Result<Vec<u64>, String> {
        let array = array
            .as_primitive_opt::<T>()
            .ok_or("a key of another type")?;
        let shifted = |value: &T::Native| (*value).into().cast_unsigned() ^ (1 << 63);
        Ok(array.values().iter().map(shifted).collect())
    }
    match array.data_type() {
        DataType::Int8 => shifted::<Int8Type>(array),
        DataType::Int16 => shifted::<Int16Type>(array),
        DataType::Int32 => shifted::<Int32Type>(array),
        DataType::Int64 => shifted::<Int64Type>(array),
        DataType::Date32 => shifted::<Date32Type>(array),
        DataType::Timestamp(..) => shifted::<TimestampMicrosecondType>(array),
        other => Err(format!("a key of type {other}")),
    }
}

/// Both halves of the product: every bit of either number changes about half of the result.
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

pub(super) fn word(hash: u64, word: u64) -> u64 {
    mix(hash ^ word, PI[0])
}

fn load<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    if let Some(found) = bytes.get(at..at + N) {
        word[..N].copy_from_slice(found);
    }
    u64::from_le_bytes(word)
}

/// Bytes with their length, so that no two texts of different length are alike. The secret keeps anybody from choosing
/// bytes that make a product zero.
fn bytes(hash: u64, text: &[u8], secret: u64) -> u64 {
    let length = text.len();
    let (low, high) = match length {
        0 => (0, 0),
        1..=3 => (
            u64::from(text[0])
                | u64::from(text[length / 2]) << 8
                | u64::from(text[length - 1]) << 16,
            0,
        ),
        4..=7 => (load::<4>(text, 0), load::<4>(text, length - 4)),
        8..=16 => (load::<8>(text, 0), load::<8>(text, length - 8)),
        _ => {
            let mut hash = hash;
            let mut pairs = text.chunks_exact(16);
            for pair in &mut pairs {
                hash = mix(hash ^ load::<8>(pair, 0), secret ^ load::<8>(pair, 8)) ^ PI[1];
            }
            let tail = &text[length - 16..];
            hash = mix(hash ^ load::<8>(tail, 0), secret ^ load::<8>(tail, 8));
            return word(hash, length as u64);
        }
    };
    short(hash, low, high, length, secret)
}

/// Up to 16 bytes, as two words that tell them apart, and their length.
fn short(hash: u64, low: u64, high: u64, length: usize, secret: u64) -> u64 {
    let hash = mix(hash ^ low, secret ^ high);
    word(hash, length as u64 ^ PI[1])
}

/// Adds texts, which end at `ends` one after another.
fn texts(hashes: &mut [u64], ends: &[i32], all: &[u8], secret: u64) {
    // Codes are often all of one length: then there is nothing to find out for each.
    if let [first, second, ..] = ends
        && let Ok(width @ 8..=16) = usize::try_from(second - first)
        && (ends.windows(2)).fold(true, |same, span| {
            same & (span[1] - span[0] == second - first)
        })
    {
        let all = slice(all, &[*first, ends[ends.len() - 1]]);
        for (hash, text) in hashes.iter_mut().zip(all.chunks_exact(width)) {
            if let (Some(low), Some(high)) = (text.first_chunk(), text.last_chunk()) {
                let (low, high) = (u64::from_le_bytes(*low), u64::from_le_bytes(*high));
                *hash = short(*hash, low, high, width, secret);
            }
        }
        return;
    }
    for (hash, span) in hashes.iter_mut().zip(ends.windows(2)) {
        *hash = bytes(*hash, slice(all, span), secret);
    }
}

/// Adds a column to the hashes.
fn add(hashes: &mut [u64], array: &ArrayRef, secret: u64) -> Result<(), String> {
    fn numbers<T: ArrowPrimitiveType>(
        hashes: &mut [u64],
        array: &ArrayRef,
        of: impl Fn(T::Native) -> u64,
    ) -> Result<(), String> {
        let values = array
            .as_primitive_opt::<T>()
            .ok_or("a key of another type")?
            .values();
        for (hash, value) in hashes.iter_mut().zip(values) {
            *hash = word(*hash, of(*value));
        }
        Ok(())
    }
    match array.data_type() {
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            texts(hashes, array.offsets(), array.values(), secret);
            Ok(())
        }
        DataType::Binary => {
            let array = array.as_binary::<i32>();
            texts(hashes, array.offsets(), array.values(), secret);
            Ok(())
        }
        DataType::Dictionary(keys, _) => match **keys {
            DataType::Int32 => labels::<Int32Type>(hashes, array, secret),
            _ => labels::<Int16Type>(hashes, array, secret),
        },
        DataType::Boolean => {
            let truths = array.as_boolean();
            for (row, hash) in hashes.iter_mut().enumerate() {
                *hash = word(*hash, u64::from(truths.value(row)));
            }
            Ok(())
        }
        DataType::Int8 => numbers::<Int8Type>(hashes, array, |v| i64::from(v).cast_unsigned()),
        DataType::Int16 => numbers::<Int16Type>(hashes, array, |v| i64::from(v).cast_unsigned()),
        DataType::Int32 => numbers::<Int32Type>(hashes, array, |v| i64::from(v).cast_unsigned()),
        DataType::Int64 => numbers::<Int64Type>(hashes, array, i64::cast_unsigned),
        DataType::Date32 => numbers::<Date32Type>(hashes, array, |v| i64::from(v).cast_unsigned()),
        DataType::Timestamp(..) => {
            numbers::<TimestampMicrosecondType>(hashes, array, i64::cast_unsigned)
        }
        DataType::Float32 => numbers::<Float32Type>(hashes, array, |v| float(f64::from(v))),
        DataType::Float64 => numbers::<Float64Type>(hashes, array, float),
        DataType::Decimal128(..) => numbers::<Decimal128Type>(hashes, array, |v| {
            let (low, high) = (v as u64, (v >> 64) as u64);
            mix(low ^ PI[1], PI[2]) ^ high
        }),
        other => Err(format!("a key of type {other}")),
    }
}

fn slice<'a>(all: &'a [u8], span: &[i32]) -> &'a [u8] {
    let [from, to] = span else { return &[] };
    let place = |end: &i32| usize::try_from(*end).unwrap_or(0);
    all.get(place(from)..place(to)).unwrap_or_default()
}

/// The bits of a float, the same for both zeros and for every NaN.
fn float(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        (value + 0.0).to_bits()
    }
}
