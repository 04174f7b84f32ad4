//! Typed values out of a tree.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Content, Key, Node, Path};
use crate::problem::Problem;

/// Why a value does not have the shape of a typed value, and where.
#[derive(Debug)]
pub(crate) struct ShapeError {
    /// Steps to the place, innermost first.
    steps: Vec<Step>,
    message: String,
}

#[derive(Debug)]
enum Step {
    Field(Key),
    Index(usize),
}

impl ShapeError {
    fn below(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The error as a problem of a document.
    pub(crate) fn into_problem(self) -> Problem {
        let path = write_path(&self.steps, &Path::Root);
        Problem::new(
            path,
            "unexpected-value",
            self.message,
            "write what is expected here",
        )
    }
}

/// Writes the steps, of which the last is the outermost, below a path.
fn write_path(steps: &[Step], here: &Path<'_>) -> String {
    match steps {
        [] => here.to_string(),
        [inner @ .., Step::Field(name)] => write_path(inner, &here.field(name)),
        [inner @ .., Step::Index(index)] => write_path(inner, &here.index(*index)),
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ShapeError {}

impl de::Error for ShapeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            steps: Vec::new(),
            message: message.to_string(),
        }
    }
}

impl Node {
    /// Reads a typed value out of this one.
    pub(crate) fn to_typed<T: de::DeserializeOwned>(&self) -> Result<T, ShapeError> {
        T::deserialize(Typed(self))
    }
}

/// A node as the source of a typed value.
struct Typed<'a>(&'a Node);

impl<'de> Deserializer<'de> for Typed<'de> {
    type Error = ShapeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match &self.0.content {
            Content::Null => visitor.visit_unit(),
            Content::Bool(value) => visitor.visit_bool(*value),
            Content::Integer(value) => visitor.visit_i64(*value),
            Content::Float(value) => visitor.visit_f64(value.get()),
            Content::String(text) => visitor.visit_borrowed_str(text),
            Content::List(elements) => visitor.visit_seq(Elements {
                rest: elements.iter(),
                index: 0,
            }),
            Content::Map(entries) => visitor.visit_map(Entries {
                rest: entries.iter(),
                value: None,
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match &self.0.content {
            Content::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        visitor.visit_enum(Variant(self.0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Elements of a list that are still to be read.
struct Elements<'a> {
    rest: std::slice::Iter<'a, Node>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = ShapeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ShapeError> {
        let Some(element) = self.rest.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Typed(element))
            .map(Some)
            .map_err(|error| error.below(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// Entries of a map that are still to be read; `value` belongs to the name read last.
struct Entries<'a> {
    rest: std::slice::Iter<'a, (Key, Node)>,
    value: Option<&'a (Key, Node)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = ShapeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ShapeError> {
        self.value = self.rest.next();
        let Some((name, _)) = self.value else {
            return Ok(None);
        };
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ShapeError> {
        let Some((name, value)) = self.value.take() else {
            return Err(de::Error::custom("a value was asked for before its name"));
        };
        seed.deserialize(Typed(value))
            .map_err(|error| error.below(Step::Field(name.clone())))
    }
}

/// The name of an enum's variant. Documents write an enum as plain text, so no variant holds data.
struct Variant<'a>(&'a Node);

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = ShapeError;
    type Variant = NoData;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, NoData), ShapeError> {
        Ok((seed.deserialize(Typed(self.0))?, NoData))
    }
}

/// What stands beside the name of a variant.
struct NoData;

impl<'de> VariantAccess<'de> for NoData {
    type Error = ShapeError;

    fn unit_variant(self) -> Result<(), ShapeError> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        _seed: S,
    ) -> Result<S::Value, ShapeError> {
        Err(de::Error::invalid_type(
            Unexpected::UnitVariant,
            &"a newtype variant",
        ))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, ShapeError> {
        Err(de::Error::invalid_type(
            Unexpected::UnitVariant,
            &"a tuple variant",
        ))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ShapeError> {
        Err(de::Error::invalid_type(
            Unexpected::UnitVariant,
            &"a struct variant",
        ))
    }
}
