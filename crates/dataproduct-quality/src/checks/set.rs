//! Lists of values as tables, for values of one Arrow type.
//!
//! A value of up to 16 bytes, text or number, is two machine words and its length: it is looked up without a call and
//! without a comparison of bytes. Longer texts are hashed as texts. Both hashes have keys of their own in each set, so
//! that no list and no data can make them collide on purpose.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::DataType;
use dataproduct_contract::Value;

use super::unfit;
use crate::failed::Failed;
use crate::promise::Scalar;
use crate::promise::interval::scalar;

/// Values of one type.
#[derive(Clone, Debug)]
pub(super) enum Set {
    Texts(Texts),
    Numbers(Numbers),
    /// Floats by their bits as 64-bit floats, zero without its sign; and whether what is not a number is among them.
    Floats(Table, bool),
    /// Whether false and true are among them.
    Booleans([bool; 2]),
}

impl Set {
    /// The values of a list, in the units of a type. One that the type cannot hold is left out, as it is never met.
    ///
    /// # Errors
    /// When a value is of another kind than the type, or lists of values of the type are not looked up.
    pub(super) fn of(values: &[Value], data_type: &DataType) -> Result<Self, String> {
        let mut whole = Vec::new();
        let mut floats = Vec::new();
        let mut texts = Vec::new();
        let (mut nan, mut booleans) = (false, [false; 2]);
        for value in values {
            let is_float = matches!(data_type, DataType::Float32 | DataType::Float64);
            if is_float && matches!(value.as_str(), Some("NaN" | "nan")) {
                nan = true;
                continue;
            }
            match scalar(value, data_type)? {
                (Scalar::Integer(value), true) => whole.push(value),
                (Scalar::Float(value), _) => floats.push(word_of_float(rounded(value, data_type))),
                (Scalar::Text(text), _) => texts.push(text),
                (Scalar::Boolean(value), _) => booleans[usize::from(value)] = true,
                (Scalar::Integer(_), false) => {}
            }
        }
        Ok(match data_type {
            DataType::Utf8 => Self::Texts(Texts::new(texts)),
            DataType::Boolean => Self::Booleans(booleans),
            DataType::Float32 | DataType::Float64 => Self::Floats(Table::new(&floats), nan),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Date32
            | DataType::Timestamp(..)
            | DataType::Decimal128(..) => Self::Numbers(Numbers::new(&whole)),
            other => return Err(format!("values of {other} are not looked up in a list")),
        })
    }

    /// The slots that have a value and whose value is among those of the set, if `among`, or is not.
    ///
    /// An array of another type fails as a whole.
    pub(super) fn failing(&self, array: &ArrayRef, among: bool) -> Failed {
        match (self, array.data_type()) {
            (Self::Texts(set), DataType::Utf8) => set.failing(array.as_string(), among),
            (Self::Booleans(set), DataType::Boolean) => {
                let truths = array.as_boolean();
                Failed::of_rows(array.len(), array.nulls(), |row| {
                    set[usize::from(truths.value(row))] == among
                })
            }
            (Self::Floats(set, nan), DataType::Float32) => {
                numbers::<Float32Type>(array, |value| set.has_float(value.into(), *nan) == among)
            }
            (Self::Floats(set, nan), DataType::Float64) => {
                numbers::<Float64Type>(array, |value| set.has_float(value, *nan) == among)
            }
            (Self::Numbers(set), DataType::Int8) => whole::<Int8Type>(set, array, among),
            (Self::Numbers(set), DataType::Int16) => whole::<Int16Type>(set, array, among),
            (Self::Numbers(set), DataType::Int32) => whole::<Int32Type>(set, array, among),
            (Self::Numbers(set), DataType::Int64) => whole::<Int64Type>(set, array, among),
            (Self::Numbers(set), DataType::Date32) => whole::<Date32Type>(set, array, among),
            (Self::Numbers(set), DataType::Timestamp(..)) => {
                whole::<TimestampMicrosecondType>(set, array, among)
            }
            (Self::Numbers(set), DataType::Decimal128(..)) => {
                whole::<Decimal128Type>(set, array, among)
            }
            _ => unfit(array),
        }
    }
}

fn whole<T: ArrowPrimitiveType>(set: &Numbers, array: &ArrayRef, among: bool) -> Failed
where
    T::Native: Into<i128> + TryFrom<i128>,
{
    // Stand-ins are few and seldom met: a pass for each of them has no branch and no look-up.
    if among
        && set.few.len() <= FEW
        && let Some(primitive) = array.as_primitive_opt::<T>()
    {
        let values: &[T::Native] = primitive.values();
        let is_met = |listed: T::Native| values.iter().fold(false, |met, v| met | (*v == listed));
        let mut listed = set.few.iter().filter_map(|v| T::Native::try_from(*v).ok());
        if !listed.any(is_met) {
            return Failed::none();
        }
    }
    let has = |value: T::Native| set.table.has(word_of_number(value.into()));
    numbers::<T>(array, |value| has(value) == among)
}

/// Whole numbers, in the units of the column.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    table: Table,
    /// The numbers as they are, where they are few; otherwise one more than that.
    few: Vec<i128>,
}

/// So many numbers are looked for one by one.
const FEW: usize = 4;

impl Numbers {
    fn new(numbers: &[i128]) -> Self {
        let words: Vec<Word> = numbers.iter().copied().map(word_of_number).collect();
        Self {
            table: Table::new(&words),
            few: numbers.iter().copied().take(FEW + 1).collect(),
        }
    }
}

fn numbers<T: ArrowPrimitiveType>(array: &ArrayRef, fails: impl Fn(T::Native) -> bool) -> Failed {
    let Some(primitive) = array.as_primitive_opt::<T>() else {
        return unfit(array);
    };
    let values: &[T::Native] = primitive.values();
    Failed::of_rows(values.len(), array.nulls(), |row| fails(values[row]))
}

/// A listed number as the column would hold it: the nearest float of its width.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the nearest float is meant"
)]
fn rounded(value: f64, data_type: &DataType) -> f64 {
    match data_type {
        DataType::Float32 => f64::from(value as f32),
        _ => value,
    }
}

/// A value of up to 16 bytes, with what tells it from others of the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Word {
    low: u64,
    high: u64,
    /// Zero where there is no value; otherwise one more than the length of text.
    tag: u64,
}

#[expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "bits are taken as they are"
)]
fn word_of_number(value: i128) -> Word {
    let bits = value as u128;
    Word {
        low: bits as u64,
        high: (bits >> 64) as u64,
        tag: 1,
    }
}

fn word_of_float(value: f64) -> Word {
    // Zero has one form here.
    let low = if value == 0.0 { 0 } else { value.to_bits() };
    Word {
        low,
        high: 0,
        tag: 1,
    }
}

/// The longest text that is one word.
const WORD_BYTES: usize = 16;

/// The eight bytes of `data` from `start` on, zeros beyond its end.
#[inline]
pub(super) fn eight(data: &[u8], start: usize) -> u64 {
    match data.get(start..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => last(data.get(start..).unwrap_or_default()),
    }
}

/// Fewer than eight bytes, and zeros.
#[cold]
fn last(rest: &[u8]) -> u64 {
    let bytes = rest.iter().take(8).rev();
    bytes.fold(0, |word, byte| (word << 8) | u64::from(*byte))
}

/// The first bytes of a word, up to all eight; the others are zeros. Lengths change from text to text, so no branch is
/// taken on them.
#[inline]
pub(super) fn keep(word: u64, bytes: usize) -> u64 {
    let others = 8_usize.saturating_sub(bytes) as u32 * 8;
    word & u64::MAX.checked_shr(others).unwrap_or(0)
}

/// The text from `start` to `end`, which is no longer than a word.
#[inline]
fn word_of_text(data: &[u8], start: usize, end: usize) -> Word {
    let length = end - start;
    Word {
        low: keep(eight(data, start), length),
        high: keep(eight(data, start + 8), length.saturating_sub(8)),
        tag: length as u64 + 1,
    }
}

/// Words in a table that is at most a quarter full, each near the place that its hash says.
#[derive(Clone, Debug)]
pub(super) struct Table {
    slots: Vec<Word>,
    seeds: [u64; 2],
}

impl Table {
    fn new(words: &[Word]) -> Self {
        let random = RandomState::new();
        let mut table = Self {
            slots: vec![Word::default(); (4 * words.len()).next_power_of_two().max(4)],
            seeds: [random.hash_one(1), random.hash_one(2)],
        };
        for word in words {
            let place = table.place(*word);
            if let Some(slot) = table.slots.get_mut(place) {
                *slot = *word;
            }
        }
        table
    }

    /// Where a word is, or would be.
    #[inline]
    fn place(&self, word: Word) -> usize {
        let mask = self.slots.len() - 1;
        let low = u128::from(word.low ^ self.seeds[0]);
        let high = u128::from(word.high.wrapping_add(word.tag << 56) ^ self.seeds[1]);
        let product = low * high;
        let folded = (product >> 64) as u64 ^ product as u64;
        let mut place = folded as usize & mask;
        // The table is never full, so there is an end.
        loop {
            let there = &self.slots[place];
            if *there == word || there.tag == 0 {
                return place;
            }
            place = (place + 1) & mask;
        }
    }

    #[inline]
    fn has(&self, word: Word) -> bool {
        self.slots[self.place(word)].tag != 0
    }

    #[inline]
    fn has_float(&self, value: f64, nan: bool) -> bool {
        if value.is_nan() {
            nan
        } else {
            self.has(word_of_float(value))
        }
    }
}

/// Texts: short ones as words, long ones as they are.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    short: Table,
    long: HashSet<Box<str>>,
}

impl Texts {
    fn new(texts: Vec<String>) -> Self {
        let (short, long): (Vec<_>, Vec<_>) =
            texts.into_iter().partition(|text| text.len() <= WORD_BYTES);
        let words: Vec<Word> = short
            .iter()
            .map(|text| word_of_text(text.as_bytes(), 0, text.len()))
            .collect();
        Self {
            short: Table::new(&words),
            long: long.into_iter().map(String::into_boxed_str).collect(),
        }
    }

    fn failing(&self, texts: &StringArray, among: bool) -> Failed {
        let data = texts.value_data();
        let ends: &[i32] = texts.value_offsets();
        Failed::of_rows(texts.len(), texts.nulls(), |row| {
            let (start, end) = (ends[row] as usize, ends[row + 1] as usize);
            let has = if end - start <= WORD_BYTES {
                self.short.has(word_of_text(data, start, end))
            } else {
                !self.long.is_empty() && self.long.contains(texts.value(row))
            };
            has == among
        })
    }
}
