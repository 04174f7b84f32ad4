//! Values of free-form places in a document: text, numbers, booleans, null, lists and maps.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

mod de;
mod ser;
#[cfg(test)]
mod tests;

pub(crate) use de::present;

/// A value of any shape, as documents hold them.
///
/// Whole numbers and numbers with a fraction stay apart: `1` and `1.0` are not equal, and each is
/// written as it was read. Maps keep the order of the document. Values that are equal are written as
/// the same text.
///
/// ```
/// use dataproduct_contract::Value;
///
/// let value: Value = serde_json::from_str(r#"{"unit": "cm", "sizes": [76, 95.5, null]}"#)?;
/// let sizes = value.get("sizes").and_then(Value::as_list).unwrap_or_default();
/// assert_eq!(sizes[0].as_i64(), Some(76));
/// assert_eq!(sizes[1].as_f64(), Some(95.5));
/// assert!(sizes[2].is_null());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Value {
    /// Nothing, said in so many words.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number of 64 bits with sign.
    Integer(i64),
    /// A number with a fraction, never infinite and never "not a number".
    Float(Finite),
    /// Text.
    String(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Map(Map),
}

impl Value {
    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, if this is one. A float is none, even without a fraction.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The number as a float, if this is a number. Whole numbers beyond 2^53 are rounded.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number().map(Number::as_f64)
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Self::Integer(value) => Some(Number::Integer(*value)),
            Self::Float(value) => Some(Number::Float(*value)),
            _ => None,
        }
    }

    /// The elements, if this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The map, if this is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value under a name, if this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map().and_then(|map| map.get(name))
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this is a list or a map.
    pub fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// The value with every float without a fraction as a whole number, where it fits: equal for
    /// documents that count `1` and `1.0` as one number.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "only what converts back to the same float is taken over"
    )]
    pub(crate) fn normal(self) -> Self {
        match self {
            Self::Float(float) => {
                let whole = float.get() as i64;
                let exact = whole as f64 == float.get() && whole != i64::MAX;
                if exact { Self::Integer(whole) } else { self }
            }
            Self::List(elements) => Self::List(elements.into_iter().map(Self::normal).collect()),
            Self::Map(map) => Self::Map(Map(map
                .0
                .into_iter()
                .map(|(name, value)| (name, value.normal()))
                .collect())),
            other => other,
        }
    }

    /// What kind of value this is, in a word that messages use: `null`, `boolean`, `integer`,
    /// `number`, `text`, `list` or `map`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Float(_) => "number",
            Self::String(_) => "text",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

/// Writes the value as JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&json)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<Finite> for Value {
    fn from(value: Finite) -> Self {
        Self::Float(value)
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        match value {
            Number::Integer(value) => Self::Integer(value),
            Number::Float(value) => Self::Float(value),
        }
    }
}

impl From<Map> for Value {
    fn from(value: Map) -> Self {
        Self::Map(value)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(elements: Vec<T>) -> Self {
        Self::List(elements.into_iter().map(Into::into).collect())
    }
}

/// An absent value becomes null.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(value: $integer) -> Self {
                Self::Integer(value.into())
            }
        }

        impl From<$integer> for Number {
            fn from(value: $integer) -> Self {
                Self::Integer(value.into())
            }
        }
    )*};
}
from_integers!(i8, i16, i32, i64, u8, u16, u32);

/// Why a number cannot be held by a [`Value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// The float is infinite or not a number.
    #[error("the number is infinite or not a number; documents hold finite numbers only")]
    NotFinite,
    /// The whole number does not fit 64 bits with sign.
    #[error("the whole number does not fit 64 bits with sign; write it as text")]
    OutOfRange,
}

impl TryFrom<f64> for Value {
    type Error = NumberError;

    fn try_from(value: f64) -> Result<Self, NumberError> {
        Finite::new(value)
            .map(Self::Float)
            .ok_or(NumberError::NotFinite)
    }
}

impl TryFrom<u64> for Value {
    type Error = NumberError;

    fn try_from(value: u64) -> Result<Self, NumberError> {
        i64::try_from(value)
            .map(Self::Integer)
            .map_err(|_| NumberError::OutOfRange)
    }
}

/// Any value is allowed.
impl JsonSchema for Value {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        true.into()
    }
}

/// A float that is neither infinite nor "not a number".
#[derive(Debug, Clone, Copy, Default)]
pub struct Finite(f64);

impl Finite {
    /// The float, unless it is infinite or not a number.
    ///
    /// ```
    /// use dataproduct_contract::Finite;
    ///
    /// assert_eq!(Finite::new(0.5).map(Finite::get), Some(0.5));
    /// assert!(Finite::new(f64::NAN).is_none());
    /// ```
    pub const fn new(value: f64) -> Option<Self> {
        if value.is_finite() {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The float.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Two floats are equal when they are the same to the bit: zero and minus zero differ, as they differ
/// in what is written.
impl PartialEq for Finite {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Finite {}

impl Hash for Finite {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// A number of a document: whole or with a fraction, written as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(Finite),
}

impl Number {
    /// The number as a float. Whole numbers beyond 2^53 are rounded.
    #[expect(
        clippy::cast_precision_loss,
        reason = "the rounding is what the method promises"
    )]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value.get(),
        }
    }

    /// The whole number, if this is one.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(value),
            Self::Float(_) => None,
        }
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::Integer(0)
    }
}

impl From<Finite> for Number {
    fn from(value: Finite) -> Self {
        Self::Float(value)
    }
}

impl TryFrom<f64> for Number {
    type Error = NumberError;

    fn try_from(value: f64) -> Result<Self, NumberError> {
        Finite::new(value)
            .map(Self::Float)
            .ok_or(NumberError::NotFinite)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::from(*self).fmt(f)
    }
}

impl JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number" })
    }
}

/// Values by name, in the order of the names. A name occurs once.
///
/// The order in which a document writes names means nothing, so it is not kept: what is equal is written
/// as the same text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Map(Vec<(String, Value)>);

impl Map {
    /// A map without entries.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// A map of entries whose names differ.
    pub(crate) fn from_unique(mut entries: Vec<(String, Value)>) -> Self {
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Self(entries)
    }

    /// Where a name is, or where it would have to be.
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(key, _)| key.as_str().cmp(name))
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(self.find(name).ok()?).map(|(_, value)| value)
    }

    /// Puts a value under a name and gives back the one it replaces.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        match self.find(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// Takes the value under a name out of the map.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.find(name).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Names and values in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Of several values under one name the last stays.
impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(k, v)| (k.into(), v.into()));
        let mut entries: Vec<(String, Value)> = entries.collect();
        // A stable sort of the reverse puts the last of equal names first, which is the one that stays.
        entries.reverse();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|(later, _), (kept, _)| later == kept);
        Self(entries)
    }
}

impl IntoIterator for Map {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl JsonSchema for Map {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Map".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": true })
    }
}
