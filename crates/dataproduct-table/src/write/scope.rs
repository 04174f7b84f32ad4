//! What part of a table a publish replaces.

use std::collections::BTreeMap;

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
    Partitions(Vec<PartitionValues>),
}

impl Scope {
    pub(crate) fn covers(&self, add: &Add) -> bool {
        self.covers_values(&add.partition_values)
    }

    pub(crate) fn covers_values(&self, values: &PartitionValues) -> bool {
        // The log may leave a null out or write it as an empty text.
        let value = |column: &String| {
            values
                .get(column)
                .and_then(Option::as_deref)
                .filter(|text| !text.is_empty())
        };
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Partitions(partitions) => partitions.iter().any(|wanted| {
                wanted
                    .iter()
                    .all(|(column, want)| value(column) == want.as_deref())
            }),
        }
    }
}
