//! Enums without fields as columns: a dictionary in memory, text in storage.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int16Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_cast::cast;
use arrow_schema::DataType as ArrowType;

use super::column_type::refuse_nulls;
use super::error::shown;
use super::{ColumnBuilder, RowError, encoding};
use crate::{AllowedValue, Column, DataType};

/// An enum without fields, each of whose variants has a label: what `#[derive(ColumnType)]` makes of
/// it.
pub trait Labels: Copy + fmt::Debug + 'static {
    /// The labels in the order of the variants, all different.
    const LABELS: &'static [&'static str];
    /// What each variant means, from its doc comment; empty where there is none.
    const DESCRIPTIONS: &'static [&'static str];
    /// The place of the variant that stands for every unknown label, if there is one.
    const OTHER: Option<i16>;

    /// The place of the variant in [`Labels::LABELS`].
    fn code(self) -> i16;
    /// The variant at that place; a place that no variant has gives the last variant.
    fn from_code(code: i16) -> Self;
}

/// The column of an enum: text with the labels as allowed values.
#[must_use]
pub fn label_column<E: Labels>(name: &str) -> Column {
    let mut column = Column::new(name, DataType::String);
    for (label, description) in E::LABELS.iter().zip(E::DESCRIPTIONS) {
        let mut allowed = AllowedValue::from(*label);
        if !description.is_empty() {
            allowed.description = Some((*description).to_owned());
        }
        column = column.with_allowed(allowed);
    }
    // An enum that reads unknown labels is one that may grow.
    if E::OTHER.is_some() {
        column.with_open_enum()
    } else {
        column
    }
}

/// The builder of a column of an enum.
#[derive(Debug)]
pub struct LabelBuilder<E> {
    codes: PrimitiveBuilder<Int16Type>,
    labels: PhantomData<fn() -> E>,
}

impl<E: Labels> LabelBuilder<E> {
    /// Adds a value.
    #[inline]
    pub fn append_value(&mut self, value: E) {
        self.codes.append_value(value.code());
    }
}

impl<E: Labels> ColumnBuilder for LabelBuilder<E> {
    fn with_capacity(values: usize) -> Self {
        Self {
            codes: PrimitiveBuilder::with_capacity(values),
            labels: PhantomData,
        }
    }
    #[inline]
    fn append_null(&mut self) {
        self.codes.append_null();
    }
    #[inline]
    fn append_filler(&mut self) {
        self.codes.append_value(0);
    }
    fn finish(mut self) -> Result<ArrayRef, RowError> {
        let labels = StringArray::from_iter_values(E::LABELS);
        DictionaryArray::try_new(PrimitiveBuilder::finish(&mut self.codes), Arc::new(labels))
            .map(|array| Arc::new(array) as ArrayRef)
            .map_err(|error| RowError::inconsistent(&error))
    }
}

/// The reader of a column of an enum: the places of the variants.
pub struct LabelReader<E> {
    codes: ScalarBuffer<i16>,
    labels: PhantomData<fn() -> E>,
}

impl<E> fmt::Debug for LabelReader<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LabelReader")
            .field("codes", &self.codes)
            .finish()
    }
}

impl<E: Labels> LabelReader<E> {
    /// Opens an array of text in any encoding.
    ///
    /// A dictionary costs a look at each of its labels, and nothing per value when it is our own;
    /// plain text costs a look-up per value.
    ///
    /// # Errors
    /// [`RowError::WrongType`], [`RowError::UnexpectedNull`] or [`RowError::UnknownLabel`].
    pub fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self, RowError> {
        refuse_nulls(array, absent)?;
        let codes = match array.data_type() {
            ArrowType::Dictionary(_, _) => dictionary_codes::<E>(array, absent)?,
            _ => {
                let text = encoding::as_type(array, &ArrowType::Utf8)?;
                text_codes::<E>(text.as_string(), array.logical_nulls().as_ref(), absent)?
            }
        };
        Ok(Self {
            codes,
            labels: PhantomData,
        })
    }

    /// The value in a slot.
    ///
    /// # Panics
    /// When `slot` is not below the length of the array that was opened.
    #[inline]
    #[must_use]
    pub fn value(&self, slot: usize) -> E {
        E::from_code(self.codes[slot])
    }
}

/// The place of the variant with that label.
fn code_of<E: Labels>(label: &str) -> Option<i16> {
    let place = E::LABELS.iter().position(|known| *known == label);
    place
        .and_then(|place| i16::try_from(place).ok())
        .or(E::OTHER)
}

fn unknown<E: Labels>(row: usize, label: &str) -> RowError {
    let known: Vec<String> = E::LABELS
        .iter()
        .take(20)
        .map(|label| format!("`{label}`"))
        .collect();
    let more = if E::LABELS.len() > 20 { ", …" } else { "" };
    let name = type_name::<E>().rsplit("::").next().unwrap_or_default();
    RowError::UnknownLabel {
        column: String::new(),
        row,
        value: shown(label),
        known: format!("the labels of {name} ({}{more})", known.join(", ")),
    }
}

fn text_codes<E: Labels>(
    text: &StringArray,
    nulls: Option<&NullBuffer>,
    absent: Option<&NullBuffer>,
) -> Result<ScalarBuffer<i16>, RowError> {
    let mut codes = Vec::with_capacity(text.len());
    // Equal labels stand together in sorted files, and there are few of them elsewhere.
    let mut last: Option<(&str, i16)> = None;
    for slot in 0..text.len() {
        let unread = nulls.is_some_and(|nulls| nulls.is_null(slot))
            || absent.is_some_and(|absent| absent.is_null(slot));
        if unread {
            codes.push(0);
            continue;
        }
        let label = text.value(slot);
        let code = match last {
            Some((known, code)) if known == label => code,
            _ => code_of::<E>(label).ok_or_else(|| unknown::<E>(slot, label))?,
        };
        last = Some((label, code));
        codes.push(code);
    }
    Ok(codes.into())
}

fn dictionary_codes<E: Labels>(
    array: &ArrayRef,
    absent: Option<&NullBuffer>,
) -> Result<ScalarBuffer<i16>, RowError> {
    let dictionary = array.as_any_dictionary();
    let labels = encoding::as_type(dictionary.values(), &ArrowType::Utf8)?;
    let labels: &StringArray = labels.as_string();
    if let Some(ours) = array.as_dictionary_opt::<Int16Type>() {
        let same = labels.len() == E::LABELS.len()
            && labels
                .iter()
                .zip(E::LABELS)
                .all(|(label, known)| label == Some(known));
        if same {
            return Ok(ours.keys().values().clone());
        }
    }
    let known: Vec<Option<i16>> = labels
        .iter()
        .map(|label| label.and_then(code_of::<E>))
        .collect();
    let nulls = array.logical_nulls();
    let keys = cast(dictionary.keys(), &ArrowType::Int64)
        .map_err(|error| RowError::inconsistent(&error))?;
    let keys = keys
        .as_primitive::<arrow_array::types::Int64Type>()
        .values();
    let mut codes = Vec::with_capacity(keys.len());
    for (slot, key) in keys.iter().enumerate() {
        let place = usize::try_from(*key).unwrap_or(usize::MAX);
        match known.get(place).copied().flatten() {
            Some(code) => codes.push(code),
            None if nulls.as_ref().is_some_and(|nulls| nulls.is_null(slot))
                || absent.is_some_and(|absent| absent.is_null(slot)) =>
            {
                codes.push(0);
            }
            None => return Err(unknown::<E>(slot, labels.value(place))),
        }
    }
    Ok(codes.into())
}
