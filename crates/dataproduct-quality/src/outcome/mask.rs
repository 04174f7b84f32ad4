//! Values that people who read a report must not see.

use std::collections::HashMap;

use dataproduct_contract::{Classification, Column, Contract, DataType};

use super::Sample;

/// What stands in place of a value that is not shown.
pub const MASKED: &str = "•••";
/// How many rows a report shows of each rule unless asked otherwise.
pub const DEFAULT_MAX_SAMPLES: usize = 5;
/// The most characters of a value that a report shows; a longer one ends in `…`.
pub const MAX_VALUE_CHARS: usize = 120;

/// Which columns of a contract are shown and which are masked.
///
/// A column is masked if it has a category of personal data, if it is classified as confidential or restricted, or
/// if its classification is a level of the organisation's own, since nothing says how sensitive that is (`public`
/// and `internal` count in any case of letters). A column with a masked part is masked as a whole, and so is
/// everything within a masked column and everything the contract does not know.
///
/// ```
/// use dataproduct_contract::{Column, Contract, DataType, PiiCategory};
/// use dataproduct_quality::outcome::Mask;
/// let contract = Contract::builder("sales.orders", "1.0.0")
///     .with_owner("sales")
///     .with_column(Column::new("id", DataType::Int64).with_key(1))
///     .with_column(Column::new("email", DataType::String).with_pii(PiiCategory::Direct))
///     .build()?;
/// let mask = Mask::of(&contract);
/// let sample = mask.sample(Some(7), [("id", "41"), ("email", "kari@example.com")]);
/// assert_eq!(sample.values[0].1, "41");
/// assert_eq!(sample.values[1].1, "•••");
/// # Ok::<(), dataproduct_contract::Problems>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Mask {
    /// Every column and every part of one by its path, and whether it is shown.
    shown: HashMap<String, bool>,
}

impl Mask {
    /// The mask of a contract.
    #[must_use]
    pub fn of(contract: &Contract) -> Self {
        let mut mask = Self::default();
        for column in contract.columns() {
            mask.add(&column.name, column, false);
        }
        mask
    }

    /// Notes a column and its parts; says whether the column is masked.
    fn add(&mut self, path: &str, column: &Column, within: bool) -> bool {
        let within = within || is_sensitive(column);
        let mut masked = within;
        let mut part = |column: &Column| {
            masked |= self.add(&format!("{path}.{}", column.name), column, within);
        };
        match &column.data_type {
            DataType::Struct(fields) => fields.iter().for_each(&mut part),
            DataType::List(element) => part(element),
            DataType::Map { key, value } => {
                part(key);
                part(value);
            }
            _ => {}
        }
        self.shown.insert(path.to_owned(), !masked);
        masked
    }

    /// Whether values of the column are masked; nested ones are named with `.` between.
    #[must_use]
    pub fn is_masked(&self, column: &str) -> bool {
        !self.shown.get(column).copied().unwrap_or(false)
    }

    /// The value as a report may show it: [`MASKED`], or at most [`MAX_VALUE_CHARS`] characters of it.
    #[must_use]
    pub fn value(&self, column: &str, value: &str) -> String {
        if self.is_masked(column) {
            return MASKED.to_owned();
        }
        super::prose::cut(value, MAX_VALUE_CHARS)
    }

    /// A row as a report may show it.
    #[must_use]
    pub fn sample<'a>(
        &self,
        row: Option<u64>,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Sample {
        let values = values.into_iter();
        let values = values.map(|(column, value)| (column.to_owned(), self.value(column, value)));
        Sample {
            row,
            values: values.collect(),
        }
    }
}

fn is_sensitive(column: &Column) -> bool {
    let level = column.classification.as_ref().map(Classification::as_str);
    let is_open = level.is_none_or(|level| {
        ["public", "internal"]
            .iter()
            .any(|open| level.eq_ignore_ascii_case(open))
    });
    column.pii.is_some() || !is_open
}
