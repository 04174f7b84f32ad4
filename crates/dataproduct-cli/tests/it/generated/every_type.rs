//! `testing.every-type`, written from version 1.0.0 of its contract.

use chrono::NaiveDateTime;
use dataproduct::prelude::*;
use dataproduct::row::Decimal;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One thing of every kind.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "testing.every-type",
    version = "1.0.0",
    status = active,
    owner = "testing",
    purpose = "Other programs read every type.",
    fresh_within = "1 d"
)]
pub struct EveryType {
    /// A number of its own.
    #[column(key = 1)]
    pub id: i64,
    /// A part of the table.
    #[column(partition = 1)]
    pub part: String,
    /// A truth.
    pub boolean: bool,
    /// 8 bits with sign.
    pub int8: i8,
    /// 16 bits with sign.
    pub int16: i16,
    /// 32 bits with sign.
    pub int32: i32,
    /// 8 bits without sign, widened.
    #[column(range = 0..=255)]
    pub uint8: i16,
    /// 16 bits without sign, widened.
    #[column(range = 0..=65535)]
    pub uint16: i32,
    /// 32 bits without sign, widened.
    #[column(range = 0..=4294967295)]
    pub uint32: i64,
    /// 64 bits without sign, as a decimal.
    #[column(range = 0..)]
    pub uint64: Decimal<20, 0>,
    /// 32 bits with a point.
    pub float32: f32,
    /// 64 bits with a point.
    pub float64: f64,
    /// Text.
    pub text: String,
    /// Bytes.
    pub bytes: Vec<u8>,
    /// An exact number.
    pub decimal: Decimal<20, 4>,
    /// A day.
    pub date: NaiveDate,
    /// An instant.
    #[column(event_time)]
    pub at: DateTime<Utc>,
    /// A time of day on a day, without zone.
    pub local: NaiveDateTime,
    /// A UUID.
    pub uuid: Uuid,
    /// One of a few words.
    pub standing: EveryTypeStanding,
    /// A newtype.
    pub article: String,
    /// Text that may be missing.
    pub maybe: Option<String>,
    /// A word that may be missing.
    pub maybe_standing: Option<EveryTypeMaybeStanding>,
    /// Numbers, some missing.
    pub list: Vec<Option<i32>>,
    /// Days by word.
    pub by_word: BTreeMap<String, NaiveDate>,
    /// Exact numbers by number, where there are any.
    pub by_number: Option<BTreeMap<i32, Decimal<9, 2>>>,
    /// A thing within.
    pub size: EveryTypeSize,
    /// Things within, where there are any.
    pub sizes: Option<Vec<EveryTypeSizes>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ColumnType)]
pub enum EveryTypeStanding {
    /// Ready.
    Open,
    /// Not ready.
    OnHold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ColumnType)]
pub enum EveryTypeMaybeStanding {
    /// Ready.
    Open,
    /// Not ready.
    OnHold,
}

#[derive(Clone, Debug, PartialEq, Record)]
pub struct EveryTypeSize {
    /// Across.
    #[column(unit = "CMT")]
    pub width: i32,
    /// Up, where it is known.
    #[column(unit = "CMT")]
    pub height: Option<f64>,
    /// Words on it.
    pub notes: Vec<String>,
}

/// How large a thing is.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct EveryTypeSizes {
    /// Across.
    #[column(unit = "CMT")]
    pub width: i32,
    /// Up, where it is known.
    #[column(unit = "CMT")]
    pub height: Option<f64>,
    /// Words on it.
    pub notes: Vec<String>,
}
