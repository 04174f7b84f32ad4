//! Whom a change breaks, by name: findings held against what consumers say they use.

use dataproduct_contract::Consumption;

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
    /// may, and that no one has accepted: on a column that the consumer uses, or on the product as a whole.
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
        let breaking: Vec<&Finding> = self
            .findings()
            .iter()
            .filter(|f| f.waiver.is_none())
            .filter(|f| matches!(f.reader, Outcome::Breaks | Outcome::Undecided))
            .collect();
        consumptions
            .iter()
            .filter(|c| c.product.name == *self.old().name())
            .filter(|c| c.product.accepts(self.old().version()))
            .filter_map(|consumption| {
                let findings: Vec<&Finding> = breaking
                    .iter()
                    .copied()
                    .filter(|finding| touches(finding, consumption))
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
    let change = &finding.change;
    match change.path.strip_prefix("columns.") {
        Some(column) => {
            // A column that was renamed stands under its new name; consumers use it under the old one.
            consumption.uses(column)
                || change
                    .before
                    .as_deref()
                    .is_some_and(|before| renamed(column, before, consumption))
        }
        None => true,
    }
}

fn renamed(column: &str, before: &str, consumption: &Consumption) -> bool {
    let path = match column.rsplit_once('.') {
        Some((outer, _)) => format!("{outer}.{before}"),
        None => before.to_owned(),
    };
    consumption.columns.contains(&path)
}
