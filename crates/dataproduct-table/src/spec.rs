//! What a table is declared to be.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use dataproduct_contract::{Column, Contract};

use crate::error::{Error, Result};
use crate::log::action::{Format, Metadata, Protocol};
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
    /// Descriptions of columns become column comments. The contract's product and owner are table properties
    /// (`dataproduct.product`, `dataproduct.owner`); its version is not, as it is a fact of each commit.
    #[must_use]
    pub fn from_contract(contract: &Contract) -> Self {
        let names = |columns: Vec<&Column>| {
            columns
                .into_iter()
                .map(|column| column.name.clone())
                .collect::<Vec<_>>()
        };
        let schema = contract.arrow_schema();
        let fields = schema.fields().iter().map(|field| {
            let comment = contract
                .column(field.name())
                .and_then(|column| column.description.clone());
            let metadata = comment.map(|comment| ("comment".to_owned(), comment));
            Field::clone(field).with_metadata(metadata.into_iter().collect())
        });
        let partition_by = names(contract.partition_by());
        // A partition column has one value in a file: there is nothing to sort.
        let sortable = |column: &&Column| {
            column.partition.is_none() && !column.to_arrow().data_type().is_nested()
        };
        let sort_by = names(contract.sort_by().into_iter().filter(sortable).collect());
        let spec = Self::new(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
            .with_partition_by(partition_by)
            .with_sort_by(sort_by)
            .with_name(contract.name().to_string())
            .with_property("dataproduct.product", contract.name().to_string())
            .with_property("dataproduct.owner", contract.owner());
        match contract.description() {
            Some(description) => spec.with_description(description),
            None => spec,
        }
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

    /// The lowest protocol that says what the table holds: a plain table is open to every reader, so features
    /// are named only where a column cannot be had without.
    pub(crate) fn to_protocol(&self) -> Protocol {
        if schema::has_local_timestamps(self.schema.fields()) {
            let feature = |name: &str| name.to_owned();
            return Protocol {
                min_reader_version: 3,
                min_writer_version: 7,
                reader_features: Some(vec![feature("timestampNtz")]),
                writer_features: Some(vec![
                    feature("timestampNtz"),
                    feature("invariants"),
                    feature("appendOnly"),
                ]),
            };
        }
        Protocol {
            min_reader_version: 1,
            min_writer_version: 2,
            reader_features: None,
            writer_features: None,
        }
    }
}
