//! Maps as columns.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, MapArray, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType as ArrowType, Field, Fields};

use super::column_type::refuse_nulls;
use super::list::{Ends, Places, field_of};
use super::{ColumnBuilder, ColumnType, ListElement, Required, RowError};
use crate::{Column, DataType};

/// The builder of a column of maps.
pub struct MapBuilder<K: ColumnType, V: ColumnType> {
    keys: K::Builder,
    values: V::Builder,
    ends: Ends,
}

impl<K: ColumnType, V: ColumnType> MapBuilder<K, V> {
    #[inline]
    fn append<'a>(&mut self, entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>) {
        let count = entries.len();
        for (key, value) in entries {
            key.append(&mut self.keys);
            value.append(&mut self.values);
        }
        self.ends.close(count);
    }
}

impl<K: ColumnType, V: ColumnType> fmt::Debug for MapBuilder<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapBuilder")
            .field("keys", &self.keys)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

impl<K: ColumnType, V: ColumnType> ColumnBuilder for MapBuilder<K, V> {
    fn with_capacity(values: usize) -> Self {
        Self {
            keys: K::Builder::with_capacity(values),
            values: V::Builder::with_capacity(values),
            ends: Ends::with_capacity(values),
        }
    }
    #[inline]
    fn append_null(&mut self) {
        self.ends.close_null();
    }
    #[inline]
    fn append_filler(&mut self) {
        self.ends.close(0);
    }
    fn finish(self) -> Result<ArrayRef, RowError> {
        let keys = self.keys.finish().map_err(|error| error.within("key"))?;
        let values = self
            .values
            .finish()
            .map_err(|error| error.within("value"))?;
        let (offsets, nulls) = self.ends.finish()?;
        let fields = Fields::from(vec![
            field_of::<K>("key", &keys),
            field_of::<V>("value", &values),
        ]);
        let entries = Field::new("key_value", ArrowType::Struct(fields.clone()), false);
        StructArray::try_new(fields, vec![keys, values], None)
            .and_then(|pairs| MapArray::try_new(Arc::new(entries), offsets, pairs, nulls, false))
            .map(|array| Arc::new(array) as ArrayRef)
            .map_err(|error| RowError::inconsistent(&error))
    }
}

/// The reader of a column of maps.
pub struct MapReader<K: ColumnType, V: ColumnType> {
    keys: K::Reader,
    values: V::Reader,
    places: Places,
}

impl<K: ColumnType, V: ColumnType> fmt::Debug for MapReader<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapReader")
            .field("keys", &self.keys)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

impl<K: ColumnType, V: ColumnType> MapReader<K, V> {
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self, RowError> {
        let Some(map) = array.as_map_opt() else {
            return Err(RowError::WrongType {
                column: String::new(),
                expected: map_column::<K, V>("").to_arrow().data_type().to_string(),
                found: array.data_type().to_string(),
            });
        };
        refuse_nulls(array, absent)?;
        let places = Places::new(map.offsets(), map.nulls(), absent);
        let part = |array: &ArrayRef| array.slice(places.elements.start, places.elements.len());
        let keys = K::open(&part(map.keys()), places.absent.as_ref());
        let values = V::open(&part(map.values()), places.absent.as_ref());
        Ok(Self {
            keys: keys.map_err(|error| error.within("key"))?,
            values: values.map_err(|error| error.within("value"))?,
            places,
        })
    }

    #[inline]
    fn entries(&self, slot: usize) -> Entries<'_, K, V> {
        let range = self.places.range(slot);
        Entries {
            reader: self,
            start: range.start,
            end: range.end,
        }
    }
}

fn map_column<K: ColumnType, V: ColumnType>(name: &str) -> Column {
    let key = Box::new(K::column("key"));
    let value = Box::new(V::column("value"));
    Column::new(name, DataType::Map { key, value })
}

macro_rules! map {
    ($rust:ty, [$($parameters:tt)*]) => {
        impl<$($parameters)*> ColumnType for $rust {
            type Builder = MapBuilder<K, V>;
            type Reader = MapReader<K, V>;
            type View<'a> = Entries<'a, K, V>;

            fn column(name: &str) -> Column {
                map_column::<K, V>(name)
            }
            #[inline]
            fn append(&self, builder: &mut Self::Builder) {
                builder.append(self.iter());
            }
            fn open(
                array: &ArrayRef,
                absent: Option<&NullBuffer>,
            ) -> Result<Self::Reader, RowError> {
                MapReader::open(array, absent)
            }
            #[inline]
            fn view(reader: &Self::Reader, slot: usize) -> Entries<'_, K, V> {
                reader.entries(slot)
            }
            #[inline]
            fn from_view(view: Entries<'_, K, V>) -> Self {
                view.iter().map(|(key, value)| (K::from_view(key), V::from_view(value))).collect()
            }
        }
        impl<$($parameters)*> Required for $rust {}
        impl<$($parameters)*> ListElement for $rust {}
    };
}
map!(BTreeMap<K, V>, [K: Required + Ord, V: ColumnType]);
map!(HashMap<K, V, S>, [K: Required + Eq + Hash, V: ColumnType, S: BuildHasher + Default + 'static]);

/// A map borrowed from a batch: keys and values as views, in the order in which they are stored.
///
/// A `BTreeMap` is stored in the order of its keys, a `HashMap` in no order.
pub struct Entries<'a, K: ColumnType, V: ColumnType> {
    reader: &'a MapReader<K, V>,
    start: usize,
    end: usize,
}

impl<K: ColumnType, V: ColumnType> Clone for Entries<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: ColumnType, V: ColumnType> Copy for Entries<'_, K, V> {}

impl<K: ColumnType, V: ColumnType> fmt::Debug for Entries<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'a, K: ColumnType, V: ColumnType> Entries<'a, K, V> {
    /// How many entries there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end == self.start
    }

    /// The value of a key, looked for from the last entry to the first, so that of two entries
    /// with one key the same one counts as in an owned map.
    #[must_use]
    pub fn get<Q>(&self, key: Q) -> Option<V::View<'a>>
    where
        K::View<'a>: PartialEq<Q>,
    {
        let found = (self.start..self.end)
            .rev()
            .find(|&entry| K::view(&self.reader.keys, entry) == key)?;
        Some(V::view(&self.reader.values, found))
    }

    /// The entries in the order in which they are stored.
    #[inline]
    pub fn iter(
        &self,
    ) -> impl ExactSizeIterator<Item = (K::View<'a>, V::View<'a>)> + use<'a, K, V> {
        let reader = self.reader;
        (self.start..self.end)
            .map(move |entry| (K::view(&reader.keys, entry), V::view(&reader.values, entry)))
    }
}
