//! The types a column can have, and what each is in Arrow.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType as ArrowType, Field, Fields, TimeUnit};

use crate::Column;

/// The largest precision of a decimal, in digits.
pub const MAX_DECIMAL_PRECISION: u8 = 38;

/// The zone of a timestamp in UTC, as Arrow spells it.
pub const UTC: &str = "UTC";

/// The type of a column: what Arrow, Parquet, Delta and ODCS can all say.
///
/// docs/types.md holds the whole table from the Rust type to the JSON Schema.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DataType {
    /// `true` or `false`.
    Boolean,
    /// A signed integer of 8 bits.
    Int8,
    /// A signed integer of 16 bits.
    Int16,
    /// A signed integer of 32 bits.
    Int32,
    /// A signed integer of 64 bits.
    Int64,
    /// A floating-point number of 32 bits.
    Float32,
    /// A floating-point number of 64 bits.
    Float64,
    /// UTF-8 text. With `enum` values it is dictionary-encoded in memory and plain text in storage.
    String,
    /// Bytes.
    Binary,
    /// An exact number of at most `precision` digits (1 to 38), `scale` of them after the point.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point, at most `precision`.
        scale: u8,
    },
    /// A day of the proleptic Gregorian calendar, without zone.
    Date,
    /// An instant, in microseconds since 1970-01-01T00:00:00Z.
    Timestamp,
    /// A date and time of day without zone, in microseconds.
    TimestampNtz,
    /// A UUID: its hyphenated lower-case text in memory and storage.
    Uuid,
    /// Named fields.
    Struct(Vec<Column>),
    /// Values of one type, in order. The column describes an element; its name is `element`.
    List(Box<Column>),
    /// Values by key, in no order. Keys are never null.
    Map {
        /// What a key is; its name is `key`.
        key: Box<Column>,
        /// What a value is; its name is `value`.
        value: Box<Column>,
    },
}

impl DataType {
    /// A list of values of that type.
    #[must_use]
    pub fn list(element: DataType, nullable: bool) -> Self {
        Self::List(Box::new(
            Column::new("element", element).with_nullable(nullable),
        ))
    }

    /// A map with keys and values of those types.
    #[must_use]
    pub fn map(key: DataType, value: DataType, nullable: bool) -> Self {
        Self::Map {
            key: Box::new(Column::new("key", key)),
            value: Box::new(Column::new("value", value).with_nullable(nullable)),
        }
    }

    /// Whether values have an order that a sorted file or a range can use.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        !matches!(self, Self::Struct(_) | Self::List(_) | Self::Map { .. })
    }

    /// Whether it is a number.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        self.is_integer() || matches!(self, Self::Float32 | Self::Float64 | Self::Decimal { .. })
    }

    /// Whether it is an integer.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64)
    }

    /// The Arrow type, for a column without `enum` values.
    #[must_use]
    pub fn to_arrow(&self) -> ArrowType {
        match self {
            Self::Boolean => ArrowType::Boolean,
            Self::Int8 => ArrowType::Int8,
            Self::Int16 => ArrowType::Int16,
            Self::Int32 => ArrowType::Int32,
            Self::Int64 => ArrowType::Int64,
            Self::Float32 => ArrowType::Float32,
            Self::Float64 => ArrowType::Float64,
            Self::String | Self::Uuid => ArrowType::Utf8,
            Self::Binary => ArrowType::Binary,
            Self::Decimal { precision, scale } => {
                // A scale over i8::MAX is refused with the contract; saturating keeps this total.
                ArrowType::Decimal128(*precision, i8::try_from(*scale).unwrap_or(i8::MAX))
            }
            Self::Date => ArrowType::Date32,
            Self::Timestamp => ArrowType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
            Self::TimestampNtz => ArrowType::Timestamp(TimeUnit::Microsecond, None),
            Self::Struct(columns) => {
                ArrowType::Struct(columns.iter().map(Column::to_arrow).collect::<Fields>())
            }
            Self::List(element) => ArrowType::List(Arc::new(element.to_arrow())),
            Self::Map { key, value } => ArrowType::Map(
                Arc::new(Field::new(
                    "key_value",
                    ArrowType::Struct(Fields::from(vec![key.to_arrow(), value.to_arrow()])),
                    false,
                )),
                false,
            ),
        }
    }

    /// The type that holds every value of an Arrow type, or `None` where there is none.
    ///
    /// Unsigned integers widen to the next signed type, `u64` to `decimal(20,0)`; other encodings of
    /// text (large, view, dictionary) are text; timestamps of other units become microseconds.
    #[must_use]
    pub fn from_arrow(arrow: &ArrowType) -> Option<Self> {
        Some(match arrow {
            ArrowType::Boolean => Self::Boolean,
            ArrowType::Int8 => Self::Int8,
            ArrowType::Int16 | ArrowType::UInt8 => Self::Int16,
            ArrowType::Int32 | ArrowType::UInt16 => Self::Int32,
            ArrowType::Int64 | ArrowType::UInt32 => Self::Int64,
            ArrowType::UInt64 => Self::Decimal {
                precision: 20,
                scale: 0,
            },
            ArrowType::Float16 | ArrowType::Float32 => Self::Float32,
            ArrowType::Float64 => Self::Float64,
            ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => Self::String,
            ArrowType::Binary
            | ArrowType::LargeBinary
            | ArrowType::BinaryView
            | ArrowType::FixedSizeBinary(_) => Self::Binary,
            ArrowType::Decimal32(p, s)
            | ArrowType::Decimal64(p, s)
            | ArrowType::Decimal128(p, s) => Self::Decimal {
                precision: *p,
                scale: u8::try_from(*s).ok()?,
            },
            ArrowType::Date32 | ArrowType::Date64 => Self::Date,
            ArrowType::Timestamp(_, Some(_)) => Self::Timestamp,
            ArrowType::Timestamp(_, None) => Self::TimestampNtz,
            ArrowType::Dictionary(_, value) => Self::from_arrow(value)?,
            ArrowType::Struct(fields) => Self::Struct(
                fields
                    .iter()
                    .map(|f| Column::from_arrow(f))
                    .collect::<Option<Vec<_>>>()?,
            ),
            ArrowType::List(f)
            | ArrowType::LargeList(f)
            | ArrowType::ListView(f)
            | ArrowType::LargeListView(f)
            | ArrowType::FixedSizeList(f, _) => {
                Self::List(Box::new(Column::from_arrow(f)?.renamed("element")))
            }
            ArrowType::Map(entries, _) => {
                let ArrowType::Struct(fields) = entries.data_type() else {
                    return None;
                };
                let [key, value] = fields.as_ref() else {
                    return None;
                };
                Self::Map {
                    key: Box::new(Column::from_arrow(key)?.renamed("key")),
                    value: Box::new(Column::from_arrow(value)?.renamed("value")),
                }
            }
            _ => return None,
        })
    }
}

impl fmt::Display for DataType {
    /// The name that Delta gives the type, which is also the `physicalType` of our documents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::Int8 => f.write_str("byte"),
            Self::Int16 => f.write_str("short"),
            Self::Int32 => f.write_str("integer"),
            Self::Int64 => f.write_str("long"),
            Self::Float32 => f.write_str("float"),
            Self::Float64 => f.write_str("double"),
            Self::String | Self::Uuid => f.write_str("string"),
            Self::Binary => f.write_str("binary"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::TimestampNtz => f.write_str("timestamp_ntz"),
            Self::Struct(columns) => {
                f.write_str("struct<")?;
                for (i, column) in columns.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{}", column.name, column.data_type)?;
                }
                f.write_str(">")
            }
            Self::List(element) => write!(f, "array<{}>", element.data_type),
            Self::Map { key, value } => write!(f, "map<{},{}>", key.data_type, value.data_type),
        }
    }
}
