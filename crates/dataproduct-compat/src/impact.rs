//! Whom a change breaks, by name: findings held against what consumers say they use.

use std::collections::HashMap;

use dataproduct_contract::{Column, Consumption, DataType};

use crate::diff::successors;
use crate::{Comparison, Finding, Outcome};

/// What a new version means for one registered consumer.
#[derive(Clone, Debug)]
pub struct Impact<'a> {
    /// What the consumer uses, and who answers for it.
    pub consumption: &'a Consumption,
    /// The findings that break it or may break it, in the order of the comparison; never empty.
    pub findings: Vec<&'a Finding>,
}

impl Comparison {
    /// The registered consumers that the new version breaks or may break, in the order given.
    ///
    /// A consumer counts if it reads the old version. Of the findings those count that break readers, or
    /// may, and that no one has accepted: on a column that the consumer uses, or on the product as a whole. A
    /// column is used under the name that it has in the old version, or under a former one.
    ///
    /// ```
    /// use dataproduct_compat::{Policy, compare};
    /// use dataproduct_contract::{Column, Consumption, Contract, DataType};
    ///
    /// let stock = |version: &str| {
    ///     Contract::builder("inventory.stock", version)
    ///         .with_owner("inventory")
    ///         .with_column(Column::new("sku", DataType::String).with_key(1))
    ///         .with_column(Column::new("site", DataType::String))
    /// };
    /// let old = stock("1.0.0").with_column(Column::new("colour", DataType::String)).build()?;
    /// let new = stock("1.1.0").build()?;
    /// let consumers = ["site", "colour"].map(|column| {
    ///     let consumer = format!("reader-of-{column}").parse().expect("a name");
    ///     Consumption::new(consumer, "inventory.stock@^1".parse().expect("a reference"))
    ///         .with_owner("advice-team")
    ///         .with_column(column)
    /// });
    ///
    /// let today = "2026-11-22".parse().expect("a date");
    /// let comparison = compare(&old, &new, &Policy::default(), today);
    /// let broken = comparison.impact(&consumers);
    /// assert_eq!(broken.len(), 1);
    /// assert_eq!(broken[0].consumption.consumer.as_str(), "reader-of-colour");
    /// assert_eq!(broken[0].findings[0].rule.id, "column-removed");
    /// # Ok::<(), dataproduct_contract::Problems>(())
    /// ```
    #[must_use]
    pub fn impact<'a>(&'a self, consumptions: &'a [Consumption]) -> Vec<Impact<'a>> {
        if consumptions.is_empty() {
            return Vec::new();
        }
        let breaking: Vec<&Finding> = self
            .findings()
            .iter()
            .filter(|f| f.waiver.is_none())
            .filter(|f| matches!(f.reader, Outcome::Breaks | Outcome::Undecided))
            .collect();
        let names = Names::new(self.old().columns(), self.new_contract().columns());
        consumptions
            .iter()
            .filter(|c| c.product.name == *self.old().name())
            .filter(|c| c.product.accepts(self.old().version()))
            .filter_map(|consumption| {
                let renamed = names.renamed(consumption);
                let findings: Vec<&Finding> = breaking
                    .iter()
                    .copied()
                    .filter(|finding| touches(finding, &renamed))
                    .collect();
                (!findings.is_empty()).then_some(Impact {
                    consumption,
                    findings,
                })
            })
            .collect()
    }
}

/// Whether a finding is about a column that is used, or about no column.
fn touches(finding: &Finding, consumption: &Consumption) -> bool {
    match finding.change.path.strip_prefix("columns.") {
        Some(column) => consumption.uses(column),
        None => true,
    }
}

/// The names by which columns of the old version were read, and the ones that findings have for them.
#[derive(Default)]
struct Names<'a> {
    by_name: HashMap<&'a str, usize>,
    columns: Vec<(&'a str, Names<'a>)>,
}

impl<'a> Names<'a> {
    fn new(old: &'a [Column], new: &'a [Column]) -> Self {
        let mut names = Self::default();
        for (i, (before, after)) in old.iter().zip(successors(old, new)).enumerate() {
            for former in &before.former_names {
                names.by_name.insert(former, i);
            }
            names.by_name.insert(&before.name, i);
            // A column that is gone is found under the name that it had.
            let name = after.map_or(before.name.as_str(), |after| &after.name);
            let inner = after.map(|after| Self::within(before, after));
            names.columns.push((name, inner.unwrap_or_default()));
        }
        names
    }

    fn within(old: &'a Column, new: &'a Column) -> Self {
        let parts = |parts: Vec<(&'a str, Self)>| Self {
            by_name: parts.iter().zip(0..).map(|((n, _), i)| (*n, i)).collect(),
            columns: parts,
        };
        match (&old.data_type, &new.data_type) {
            (DataType::Struct(old), DataType::Struct(new)) => Self::new(old, new),
            (DataType::List(old), DataType::List(new)) => {
                parts(vec![("element", Self::within(old, new))])
            }
            (
                DataType::Map {
                    key: a_key,
                    value: a_value,
                },
                DataType::Map {
                    key: b_key,
                    value: b_value,
                },
            ) => parts(vec![
                ("key", Self::within(a_key, b_key)),
                ("value", Self::within(a_value, b_value)),
            ]),
            _ => Self::default(),
        }
    }

    /// The consumption with its columns under the names that findings have for them.
    fn renamed(&self, consumption: &Consumption) -> Consumption {
        let mut renamed = consumption.clone();
        for path in &mut renamed.columns {
            *path = self.path(path);
        }
        renamed
    }

    fn path(&self, old: &str) -> String {
        let mut names = Some(self);
        let parts = old.split('.').map(|part| {
            let known = names.and_then(|names| Some(&names.columns[*names.by_name.get(part)?]));
            names = known.map(|(_, inner)| inner);
            known.map_or(part, |(name, _)| *name)
        });
        parts.collect::<Vec<_>>().join(".")
    }
}
