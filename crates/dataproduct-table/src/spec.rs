//! What a table is declared to be.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use dataproduct_contract::{Column, Contract, DataType as ColumnType, Value};

use crate::error::{Error, Result};
use crate::log::action::{Format, Metadata};
use crate::schema::delta::{COLUMN_ID, DEFAULT};
use crate::schema::features::{DELETION_VECTORS, MAPPING_MODE, TYPE_WIDENING};
use crate::schema::{self, SORT_BY, TableSchema};

/// The declaration of a table to create, or to evolve an existing one to.
///
/// Stored types follow from the Arrow types: dictionaries of strings are stored as strings, timestamps in
/// microseconds, unsigned integers as the next wider signed one.
#[derive(Debug, Clone)]
pub struct TableSpec {
    schema: SchemaRef,
    partition_by: Vec<String>,
    sort_by: Vec<String>,
    properties: BTreeMap<String, String>,
    name: Option<String>,
    description: Option<String>,
}

impl TableSpec {
    /// A table with these columns, not partitioned, not sorted.
    #[must_use]
    pub fn new(schema: SchemaRef) -> Self {
        Self {
            schema,
            partition_by: Vec::new(),
            sort_by: Vec::new(),
            properties: BTreeMap::new(),
            name: None,
            description: None,
        }
    }

    /// The table of a contract: its columns, partition columns, sort order and names.
    ///
    /// Descriptions of columns become column comments, and their stable identifiers are kept with them, by which
    /// [`Table::evolve`](crate::Table::evolve) sees a rename. So are their defaults, which rows of files that do not
    /// have the column read as. The contract's product and owner are table properties
    /// (`dataproduct.product`, `dataproduct.owner`); its version is not, as it is a fact of each commit.
    ///
    /// The custom properties `delta.columnMapping.mode: name` and `delta.enableTypeWidening: true` of the contract ask
    /// for [column mapping](Self::with_column_mapping), [type widening](Self::with_type_widening) and
    /// [deletion vectors](Self::with_deletion_vectors).
    #[must_use]
    pub fn from_contract(contract: &Contract) -> Self {
        let names = |columns: Vec<&Column>| {
            columns
                .into_iter()
                .map(|column| column.name.clone())
                .collect::<Vec<_>>()
        };
        let fields = contract.columns().iter().map(described);
        let partition_by = names(contract.partition_by());
        // A partition column has one value in a file: there is nothing to sort.
        let sortable = |column: &&Column| {
            column.partition.is_none() && !column.to_arrow().data_type().is_nested()
        };
        let sort_by = names(contract.sort_by().into_iter().filter(sortable).collect());
        let mut spec = Self::new(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
            .with_partition_by(partition_by)
            .with_sort_by(sort_by)
            .with_name(contract.name().to_string())
            .with_property("dataproduct.product", contract.name().to_string())
            .with_property("dataproduct.owner", contract.owner());
        for (name, value) in contract.custom() {
            if [MAPPING_MODE, TYPE_WIDENING, DELETION_VECTORS].contains(&name.as_str()) {
                let text = match value {
                    Value::Bool(value) => value.to_string(),
                    value => value
                        .as_str()
                        .unwrap_or("neither text nor truth")
                        .to_owned(),
                };
                spec = spec.with_property(name, text);
            }
        }
        match contract.description() {
            Some(description) => spec.with_description(description),
            None => spec,
        }
    }

    /// Gives columns names of their own in files, so that a rename changes nothing but the name (Delta's column
    /// mapping by name). Cannot be taken back.
    ///
    /// Programs that do not know the feature cannot open the table any more; docs/format.md names them.
    #[must_use]
    pub fn with_column_mapping(self) -> Self {
        self.with_property(MAPPING_MODE, "name")
    }

    /// Lets integers, floats and decimals become wider without their files being written anew (Delta's type
    /// widening).
    ///
    /// Programs that do not know the feature cannot open the table any more; docs/format.md names them.
    #[must_use]
    pub fn with_type_widening(self) -> Self {
        self.with_property(TYPE_WIDENING, "true")
    }

    /// Lets rows be taken out of files without the files being written anew (Delta's deletion vectors), without which
    /// rows cannot be [changed by key](crate::Mode::Upsert).
    ///
    /// Programs that do not know the feature cannot open the table any more; docs/format.md names them.
    #[must_use]
    pub fn with_deletion_vectors(self) -> Self {
        self.with_property(DELETION_VECTORS, "true")
    }

    /// Splits the rows into a folder for each combination of values of these columns.
    #[must_use]
    pub fn with_partition_by<I: IntoIterator<Item: Into<String>>>(mut self, columns: I) -> Self {
        self.partition_by = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Sorts the rows of each row group by these columns, ascending, nulls first.
    #[must_use]
    pub fn with_sort_by<I: IntoIterator<Item: Into<String>>>(mut self, columns: I) -> Self {
        self.sort_by = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a table property. Names that start with `delta.` have a meaning to every Delta program.
    #[must_use]
    pub fn with_property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }

    /// The table's name in catalogues.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What the table holds.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Checks the declaration and turns it into what the log holds.
    pub(crate) fn to_metadata(&self, id: String, created_millis: i64) -> Result<Metadata> {
        let invalid = |reason: String| Error::InvalidSpec { reason };
        self.check_names()?;
        self.check_features()?;
        let schema_string = schema::delta_of_arrow(&self.schema)?;
        let arrow = schema::arrow_of_delta(&schema_string)?;
        for column in &self.partition_by {
            let field = arrow
                .field_with_name(column)
                .map_err(|_| invalid(format!("partition column `{column}` is not a column")))?;
            if field.data_type().is_nested() || *field.data_type() == DataType::Binary {
                return Err(invalid(format!(
                    "`{column}` of type {} cannot be a partition column: use text, a number, a date or a timestamp",
                    field.data_type()
                )));
            }
        }
        if self.partition_by.len() == arrow.fields().len() {
            return Err(invalid(
                "at least one column must not be a partition column".to_owned(),
            ));
        }
        for column in &self.sort_by {
            let field = arrow
                .field_with_name(column)
                .map_err(|_| invalid(format!("sort column `{column}` is not a column")))?;
            if field.data_type().is_nested() {
                return Err(invalid(format!(
                    "`{column}` is nested and cannot be sorted by"
                )));
            }
        }
        let mut configuration: BTreeMap<String, Option<String>> = self
            .properties
            .iter()
            .map(|(name, value)| (name.clone(), Some(value.clone())))
            .collect();
        if !self.sort_by.is_empty() {
            let columns =
                serde_json::to_string(&self.sort_by).map_err(|error| invalid(error.to_string()))?;
            configuration.insert(SORT_BY.to_owned(), Some(columns));
        }
        let metadata = Metadata {
            id,
            name: self.name.clone(),
            description: self.description.clone(),
            format: Format {
                provider: "parquet".to_owned(),
                options: BTreeMap::new(),
            },
            schema_string,
            partition_columns: self.partition_by.clone(),
            configuration,
            created_time: Some(created_millis),
        };
        TableSchema::of(&metadata)?;
        Ok(metadata)
    }

    /// Names must differ by more than case, as Delta demands, and each column is declared once.
    fn check_names(&self) -> Result<()> {
        let invalid = |reason: String| Error::InvalidSpec { reason };
        if self.schema.fields().is_empty() {
            return Err(invalid("a table has at least one column".to_owned()));
        }
        let mut seen = HashSet::new();
        for field in self.schema.fields() {
            if !seen.insert(field.name().to_lowercase()) {
                return Err(invalid(format!(
                    "column `{}` is declared twice (case does not count)",
                    field.name()
                )));
            }
            // Delta refuses these in the names of tables without column mapping.
            if field.name().is_empty()
                || field
                    .name()
                    .contains([' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '='])
            {
                return Err(invalid(format!(
                    "`{}` is no column name: leave out blanks and any of ,;{{}}()=",
                    field.name()
                )));
            }
        }
        for columns in [&self.partition_by, &self.sort_by] {
            let mut seen = HashSet::new();
            if let Some(twice) = columns.iter().find(|column| !seen.insert(*column)) {
                return Err(invalid(format!("`{twice}` is named twice")));
            }
        }
        Ok(())
    }

    /// The features that are asked for by properties.
    fn check_features(&self) -> Result<()> {
        for (name, known) in [
            (MAPPING_MODE, &["none", "name"][..]),
            (TYPE_WIDENING, &["true", "false"]),
        ] {
            let value = self.properties.get(name);
            if let Some(value) = value.filter(|value| !known.contains(&value.as_str())) {
                return Err(Error::InvalidSpec {
                    reason: format!(
                        "`{name}` is `{}`: use one of {}",
                        value.escape_debug(),
                        known.join(", ")
                    ),
                });
            }
        }
        Ok(())
    }
}

/// The Arrow field of a column with what the table keeps of it, at every depth.
fn described(column: &Column) -> Field {
    let field = column.to_arrow();
    let comment = column.description.clone();
    let comment = comment.map(|comment| ("comment".to_owned(), comment));
    let id = column.id.clone().map(|id| (COLUMN_ID.to_owned(), id));
    let default = column.default_text().map(|text| (DEFAULT.to_owned(), text));
    let data_type = described_type(&column.data_type, field.data_type());
    let metadata = comment.into_iter().chain(id).chain(default).collect();
    field.with_data_type(data_type).with_metadata(metadata)
}

fn described_type(data_type: &ColumnType, arrow: &DataType) -> DataType {
    let part = |column: &Column, field: &Field| {
        let data_type = described_type(&column.data_type, field.data_type());
        Arc::new(field.clone().with_data_type(data_type))
    };
    match (data_type, arrow) {
        (ColumnType::Struct(columns), _) => {
            DataType::Struct(columns.iter().map(described).collect())
        }
        (ColumnType::List(column), DataType::List(element)) => {
            DataType::List(part(column, element))
        }
        (ColumnType::Map { key, value }, DataType::Map(entries, sorted)) => {
            let DataType::Struct(fields) = entries.data_type() else {
                return arrow.clone();
            };
            let parts = [key, value].into_iter().zip(fields);
            let parts = parts.map(|(column, field)| part(column, field)).collect();
            let entries = Field::clone(entries).with_data_type(DataType::Struct(parts));
            DataType::Map(Arc::new(entries), *sorted)
        }
        _ => arrow.clone(),
    }
}
