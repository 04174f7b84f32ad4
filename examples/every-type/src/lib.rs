//! A product with a column of every type that a column can have.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use dataproduct::prelude::*;
use dataproduct::row::Decimal;
use uuid::Uuid;

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, ColumnType)]
pub enum Standing {
    /// Ready.
    Open,
    /// Not ready.
    OnHold,
}

/// A number that means something.
#[derive(Clone, Debug, PartialEq, ColumnType)]
pub struct ArticleNumber(pub String);

/// How large a thing is.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Size {
    /// Across.
    #[column(unit = "CMT")]
    pub width: i32,
    /// Up, where it is known.
    #[column(unit = "CMT")]
    pub height: Option<f64>,
    /// Words on it.
    pub notes: Vec<String>,
}

/// One thing of every kind.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "testing.every-type",
    version = "1.0.0",
    status = active,
    owner = "testing",
    purpose = "Other programs read every type.",
    fresh_within = "1 day"
)]
pub struct EveryType {
    /// A number of its own.
    #[column(key)]
    pub id: i64,
    /// A part of the table.
    #[column(partition)]
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
    pub uint8: u8,
    /// 16 bits without sign, widened.
    pub uint16: u16,
    /// 32 bits without sign, widened.
    pub uint32: u32,
    /// 64 bits without sign, as a decimal.
    pub uint64: u64,
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
    pub standing: Standing,
    /// A newtype.
    pub article: ArticleNumber,
    /// Text that may be missing.
    pub maybe: Option<String>,
    /// A word that may be missing.
    pub maybe_standing: Option<Standing>,
    /// Numbers, some missing.
    pub list: Vec<Option<i32>>,
    /// Days by word.
    pub by_word: BTreeMap<String, NaiveDate>,
    /// Exact numbers by number, where there are any.
    pub by_number: Option<HashMap<i32, Decimal<9, 2>>>,
    /// A thing within.
    pub size: Size,
    /// Things within, where there are any.
    pub sizes: Option<Vec<Size>>,
}

/// Rows that reach the edges of their types.
///
/// # Panics
/// Never: all dates and numbers are within their types.
#[must_use]
pub fn rows(from: i64, count: i64) -> Vec<EveryType> {
    (from..from + count).map(row).collect()
}

fn row(id: i64) -> EveryType {
    let odd = id % 2 == 1;
    let start = DateTime::UNIX_EPOCH + TimeDelta::microseconds(1_760_000_000_123_456 + id);
    let day = start.date_naive() + TimeDelta::days(id * 400 - 8_000);
    let size = |n: i64| Size {
        width: n as i32,
        height: (n % 3 != 0).then_some(n as f64 / 3.0),
        notes: (0..n % 3)
            .map(|i| format!("note {i} of {n}, \"quoted\""))
            .collect(),
    };
    EveryType {
        id,
        part: ["plain", "with space", "a/b=c", "æøå", "100%"][(id % 5) as usize].to_owned(),
        boolean: odd,
        int8: if odd { i8::MIN } else { i8::MAX },
        int16: if odd { i16::MIN } else { i16::MAX },
        int32: if odd { i32::MIN } else { i32::MAX },
        uint8: u8::MAX - (id % 3) as u8,
        uint16: u16::MAX - (id % 3) as u16,
        uint32: u32::MAX - (id % 3) as u32,
        uint64: u64::MAX - (id % 3) as u64,
        float32: if odd { f32::MIN_POSITIVE } else { -1.5e30 },
        float64: if odd { f64::MAX } else { -0.0 },
        text: [
            "",
            "plain",
            "ÆØÅ 沙发 🛋",
            "tab\tand \"quote\", comma",
            "0170",
        ][(id % 5) as usize]
            .to_owned(),
        bytes: (0..id % 7).map(|b| (b * 37) as u8).collect(),
        decimal: Decimal::try_from(id - 3).unwrap_or_default(),
        date: day,
        at: start,
        local: start.naive_utc() + TimeDelta::hours(id),
        uuid: Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8 + id as u128),
        standing: if odd {
            Standing::OnHold
        } else {
            Standing::Open
        },
        article: ArticleNumber(format!("s{:08}", id * 7_919)),
        maybe: odd.then(|| format!("only {id}")),
        maybe_standing: (id % 3 == 0).then_some(Standing::Open),
        list: (0..id % 4)
            .map(|i| (i != 1).then_some(i as i32 - 2))
            .collect(),
        by_word: (0..id % 3)
            .map(|i| (format!("k{i}"), day + TimeDelta::days(i)))
            .collect(),
        by_number: (id % 4 != 0).then(|| {
            (0..id % 4)
                .map(|i| (i as i32, Decimal::try_from(i * 11).unwrap_or_default()))
                .collect()
        }),
        size: size(id),
        sizes: (id % 3 != 1).then(|| (0..id % 4).map(size).collect()),
    }
}
