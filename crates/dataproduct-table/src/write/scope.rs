//! What part of a table a publish replaces.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_schema::DataType;

use super::partition::{constant_column, value_text};
use crate::log::action::Add;

/// The values of partition columns, as the log writes them; `None` is null.
pub(crate) type PartitionValues = BTreeMap<String, Option<String>>;

/// The files that a publish takes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// None: an append.
    Nothing,
    /// All.
    All,
    /// Those of which all named partition values agree with one of these.
    Partitions(Partitions),
}

/// Partitions by their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partitions {
    /// In our own way of writing.
    wanted: Vec<PartitionValues>,
    /// The types of the columns named.
    types: BTreeMap<String, DataType>,
}

impl Partitions {
    pub(crate) fn new(wanted: Vec<PartitionValues>, types: BTreeMap<String, DataType>) -> Self {
        let wanted = wanted.iter().map(|values| normal_values(values, &types));
        Self {
            wanted: wanted.collect(),
            types,
        }
    }

    fn cover(&self, values: &PartitionValues) -> bool {
        let found = normal_values(values, &self.types);
        self.wanted.iter().any(|wanted| {
            let mut wanted = wanted.iter();
            wanted.all(|(column, want)| found.get(column).unwrap_or(&None) == want)
        })
    }
}

impl Scope {
    pub(crate) fn covers(&self, add: &Add) -> bool {
        self.covers_values(&add.partition_values)
    }

    pub(crate) fn covers_values(&self, values: &PartitionValues) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Partitions(partitions) => partitions.cover(values),
        }
    }
}

/// The values of the columns that have a type, each written in one way only.
fn normal_values(values: &PartitionValues, types: &BTreeMap<String, DataType>) -> PartitionValues {
    let named = types
        .iter()
        .filter_map(|(column, data_type)| Some((column, values.get(column)?, data_type)));
    named
        .map(|(column, value, data_type)| {
            // The log may leave a null out or write it as an empty text.
            let text = value.as_deref().filter(|text| !text.is_empty());
            (
                column.clone(),
                text.map(|text| normal(text, data_type, column)),
            )
        })
        .collect()
}

/// Other writers spell the same value in other ways: instants with or without zone, `1.5` and `1.50`, `-0`.
fn normal(text: &str, data_type: &DataType, column: &str) -> String {
    if *data_type == DataType::Utf8 {
        return text.to_owned();
    }
    // A text that is no value of the type agrees with none.
    let Ok(value) = constant_column(Some(text), data_type, 1, column) else {
        return text.to_owned();
    };
    let zero = match data_type {
        DataType::Float32 => value.as_primitive::<Float32Type>().value(0) == 0.0,
        DataType::Float64 => value.as_primitive::<Float64Type>().value(0) == 0.0,
        _ => false,
    };
    match value_text(&value, 0, column) {
        Ok(Some(normal)) if !zero => normal,
        _ if zero => "0".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use arrow_schema::TimeUnit;

    use super::*;

    #[test]
    fn the_same_value_may_be_spelled_in_other_ways() {
        #[track_caller]
        fn check(data_type: DataType, wanted: Option<&str>, found: Option<&str>, expect: bool) {
            let values = |text: Option<&str>| {
                PartitionValues::from([("c".to_owned(), text.map(str::to_owned))])
            };
            let types = BTreeMap::from([("c".to_owned(), data_type)]);
            let scope = Scope::Partitions(Partitions::new(vec![values(wanted)], types));
            assert_eq!(
                scope.covers_values(&values(found)),
                expect,
                "{wanted:?} {found:?}"
            );
        }
        let utc = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let local = || DataType::Timestamp(TimeUnit::Microsecond, None);
        let ours = Some("2024-01-02T03:04:05.000000Z");
        check(utc(), ours, Some("2024-01-02 03:04:05"), true);
        check(utc(), ours, Some("2024-01-02T04:04:05+01:00"), true);
        check(utc(), ours, Some("2024-01-02 03:04:06"), false);
        check(
            local(),
            Some("2024-01-02 03:04:05.000000"),
            Some("2024-01-02 03:04:05"),
            true,
        );
        check(DataType::Float64, Some("0"), Some("-0.0"), true);
        check(DataType::Float32, Some("-0"), Some("0.0"), true);
        check(DataType::Float64, Some("1"), Some("1.0"), true);
        check(DataType::Decimal128(9, 2), Some("1.50"), Some("1.5"), true);
        check(DataType::Boolean, Some("true"), Some("True"), true);
        check(DataType::Utf8, Some("true"), Some("True"), false);
        check(DataType::Int32, Some("7"), Some("seven"), false);
        check(DataType::Int32, None, Some(""), true);
        check(DataType::Int32, None, Some("0"), false);
    }

    #[test]
    fn a_null_may_be_left_out() {
        let wanted = PartitionValues::from([("c".to_owned(), None)]);
        let types = BTreeMap::from([("c".to_owned(), DataType::Int32)]);
        let scope = Scope::Partitions(Partitions::new(vec![wanted], types));
        assert!(scope.covers_values(&PartitionValues::new()));
    }
}
