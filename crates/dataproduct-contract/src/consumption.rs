//! What a consumer uses of a product: the contract seen from the other side.

use serde::{Deserialize, Serialize};

use crate::{Column, Contract, DataType, Name, Problem, Problems, ProductRef, yaml};

/// The most columns that one consumption may name.
const MAX_COLUMNS: usize = 10_000;

/// What one consumer reads of one product, why, and who answers for it.
///
/// It is registered as a file of its own, so that the owner of the product learns by name whom a change
/// would break. A consumer that reads one product in several ways registers under several names.
///
/// ```
/// use dataproduct_contract::Consumption;
///
/// let consumption = Consumption::new("living-room".parse()?, "inventory.stock-levels@^1".parse()?)
///     .with_owner("advice-team")
///     .with_purpose("answer what is in stock")
///     .with_column("sku")
///     .with_column("inbound.element.date");
/// assert!(consumption.uses("sku") && consumption.uses("inbound") && !consumption.uses("atp"));
///
/// let text = consumption.to_yaml()?;
/// assert_eq!(Consumption::from_yaml(&text)?, consumption);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Consumption {
    /// The reading team or service.
    pub consumer: Name,
    /// The product and the versions of it that the consumer can read.
    pub product: ProductRef,
    /// The team that answers for the consumer.
    pub owner: String,
    /// What the product is read for.
    pub purpose: String,
    /// The columns that are read, by path: nested columns are joined by `.`, the elements of a list are
    /// `element`, keys and values of a map `key` and `value`. None named means all of them.
    pub columns: Vec<String>,
}

/// A consumption as a file says it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    kind: Kind,
    consumer: Name,
    product: ProductRef,
    owner: String,
    purpose: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum Kind {
    DataConsumption,
}

impl Consumption {
    /// A consumption of all columns of a product, without owner and purpose yet.
    #[must_use]
    pub fn new(consumer: Name, product: ProductRef) -> Self {
        Self {
            consumer,
            product,
            owner: String::new(),
            purpose: String::new(),
            columns: Vec::new(),
        }
    }

    /// Sets the team that answers for the consumer.
    #[must_use]
    pub fn with_owner(mut self, team: impl Into<String>) -> Self {
        self.owner = team.into();
        self
    }

    /// Sets what the product is read for.
    #[must_use]
    pub fn with_purpose(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = purpose.into();
        self
    }

    /// Adds the path of a column that is read.
    #[must_use]
    pub fn with_column(mut self, path: impl Into<String>) -> Self {
        self.columns.push(path.into());
        self
    }

    /// Adds the paths of these columns; of one that holds others, the paths of those.
    #[must_use]
    pub fn with_columns(mut self, columns: &[Column]) -> Self {
        for column in columns {
            leaves(&column.name, column, &mut self.columns);
        }
        self
    }

    /// Reads a consumption from YAML or JSON, within the budget of [`yaml`].
    ///
    /// # Errors
    /// Every problem of its shape, or what [`check`](Self::check) finds.
    pub fn from_yaml(text: &str) -> Result<Self, Problems> {
        let file: File = yaml::from_str(text)?;
        let consumption = Self {
            consumer: file.consumer,
            product: file.product,
            owner: file.owner,
            purpose: file.purpose,
            columns: file.columns,
        };
        consumption.check()?;
        Ok(consumption)
    }

    /// The consumption as YAML; equal consumptions give equal text.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn to_yaml(&self) -> Result<String, Problems> {
        self.check()?;
        yaml::to_string(&File {
            kind: Kind::DataConsumption,
            consumer: self.consumer.clone(),
            product: self.product.clone(),
            owner: self.owner.clone(),
            purpose: self.purpose.clone(),
            columns: self.columns.clone(),
        })
    }

    /// Checks that an owner and a purpose are stated and that columns are named once.
    ///
    /// # Errors
    /// Every problem, with its path in the file.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::new();
        for (path, text, fix) in [
            (
                "owner",
                &self.owner,
                "name the team that is told of changes",
            ),
            (
                "purpose",
                &self.purpose,
                "say in a few words what the product is read for",
            ),
        ] {
            if text.trim().is_empty() {
                let message = format!("the consumption has no {path}");
                problems.push(Problem::new(path, "missing-field", message, fix));
            } else if let Some((character, why, ..)) = yaml::first_fault(text) {
                problems.push(hidden(path, character, why));
            }
        }
        if self.columns.len() > MAX_COLUMNS {
            problems.push(Problem::new(
                "columns",
                "too-many-columns",
                format!("more than {MAX_COLUMNS} columns are named"),
                "name the columns that hold the others, or none for all",
            ));
            return problems.into_result(());
        }
        let mut seen = std::collections::HashSet::new();
        for (i, column) in self.columns.iter().enumerate() {
            let path = format!("columns[{i}]");
            if column.is_empty() || column.split('.').any(str::is_empty) {
                problems.push(Problem::new(
                    path,
                    "bad-path",
                    "it is no path of a column",
                    "write the column's name, nested ones joined by `.`: `inbound.element.date`",
                ));
            } else if let Some((character, why, ..)) = yaml::first_fault(column) {
                problems.push(hidden(&path, character, why));
            } else if !seen.insert(column) {
                problems.push(Problem::new(
                    path,
                    "repeated-column",
                    "the column is named before",
                    "name it once",
                ));
            }
        }
        problems.into_result(())
    }

    /// The columns that the contract does not have, under their name or a former one, as which they are
    /// still served.
    #[must_use]
    pub fn missing_from(&self, contract: &Contract) -> Vec<&str> {
        let mut known = Vec::new();
        for column in contract.columns() {
            every_path(&column.name, column, &mut known);
        }
        let known: std::collections::HashSet<String> = known.into_iter().collect();
        self.columns
            .iter()
            .map(String::as_str)
            .filter(|column| !known.contains(*column) && !is_served(column, contract.columns()))
            .collect()
    }

    /// Whether a column is used: itself, one that it holds, or one that holds it.
    #[must_use]
    pub fn uses(&self, path: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.columns.is_empty()
            || self
                .columns
                .iter()
                .any(|used| within(used, path) || within(path, used))
    }

    /// The name of the file that registers it: `living-room.inventory.stock-levels.yaml`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.{}.yaml", self.consumer, self.product.name)
    }
}

fn hidden(path: &str, character: char, why: &str) -> Problem {
    Problem::new(
        path,
        "forbidden-character",
        format!("it holds `{}`: {why}", character.escape_unicode()),
        "leave the character out",
    )
}

/// The columns within a column, with the word that stands for each in a path.
fn parts<'a>(path: &str, column: &'a Column) -> Vec<(String, &'a Column)> {
    match &column.data_type {
        DataType::Struct(fields) => fields
            .iter()
            .map(|field| (format!("{path}.{}", field.name), field))
            .collect(),
        DataType::List(element) => vec![(format!("{path}.element"), element)],
        DataType::Map { key, value } => vec![
            (format!("{path}.key"), key),
            (format!("{path}.value"), value),
        ],
        _ => Vec::new(),
    }
}

/// The paths of the columns that hold a struct's fields at some depth, otherwise of the column itself.
fn leaves(path: &str, column: &Column, out: &mut Vec<String>) {
    let before = out.len();
    for (path, part) in parts(path, column) {
        if holds_fields(part) || matches!(column.data_type, DataType::Struct(_)) {
            leaves(&path, part, out);
        }
    }
    if out.len() == before {
        out.push(path.to_owned());
    }
}

fn holds_fields(column: &Column) -> bool {
    match &column.data_type {
        DataType::Struct(_) => true,
        DataType::List(element) => holds_fields(element),
        DataType::Map { key, value } => holds_fields(key) || holds_fields(value),
        _ => false,
    }
}

/// Whether a path leads to a column where former names count, too.
fn is_served(path: &str, columns: &[Column]) -> bool {
    columns.iter().any(|column| {
        let mut names = std::iter::once(&column.name).chain(&column.former_names);
        names.any(|name| leads(path, name, column))
    })
}

/// Whether a path that begins with a name leads to the column of that name or to one within it.
fn leads(path: &str, name: &str, column: &Column) -> bool {
    let Some(rest) = path.strip_prefix(name) else {
        return false;
    };
    let Some(inner) = rest.strip_prefix('.') else {
        return rest.is_empty();
    };
    match &column.data_type {
        DataType::Struct(fields) => is_served(inner, fields),
        DataType::List(element) => leads(inner, "element", element),
        DataType::Map { key, value } => leads(inner, "key", key) || leads(inner, "value", value),
        _ => false,
    }
}

fn every_path(path: &str, column: &Column, out: &mut Vec<String>) {
    out.push(path.to_owned());
    for (path, part) in parts(path, column) {
        every_path(&path, part, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_served_under_its_former_names() {
        let moved = |name: &str, data_type, former: &str| {
            Column::new(name, data_type)
                .with_id(format!("id-{name}"))
                .with_former_name(former)
        };
        let line = DataType::Struct(vec![
            moved("article", DataType::String, "sku"),
            Column::new("pieces", DataType::Int64),
        ]);
        let lines = DataType::List(Box::new(Column::new("element", line)));
        let contract = Contract::builder("inventory.orders", "1.1.0")
            .with_owner("inventory")
            .with_column(Column::new("number", DataType::String).with_key(1))
            .with_column(moved("lines", lines, "rows"))
            .build()
            .unwrap();
        let product: ProductRef = "inventory.orders@^1".parse().unwrap();
        let reads = |path: &str| {
            let consumer = Consumption::new("a".parse().unwrap(), product.clone());
            consumer
                .with_column(path)
                .missing_from(&contract)
                .is_empty()
        };
        for served in [
            "lines.element.article",
            "rows",
            "rows.element.sku",
            "lines.element.sku",
            "rows.element.pieces",
        ] {
            assert!(reads(served), "{served}");
        }
        for missing in [
            "sku",
            "rows.sku",
            "rows.element.colour",
            "number.sku",
            "row",
        ] {
            assert!(!reads(missing), "{missing}");
        }
    }
}
