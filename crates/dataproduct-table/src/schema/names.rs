//! The names of columns: those of the table, those in files, and those that they had before.
//!
//! A table with column mapping finds columns in files by names that never change, so a rename touches no file. The
//! rest of this crate knows nothing of it: a write translates its rows before they are split and encoded, a read its
//! columns and predicate before files are opened, and both work on a [`TableSchema`] of names in files.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use sha2::{Digest, Sha256};

use super::TableSchema;
use super::delta::{
    DEFAULT, DeltaField, FORMER_NAMES, MAPPING_ID, PHYSICAL_NAME, RENAMED_TO, TYPE_CHANGES, each,
    parse, write,
};
use super::features::MAPPING_MAX_ID;
use crate::error::{Error, Result};
use crate::log::action::Metadata;
use crate::write::file::hex;

/// What Parquet calls the number of a column, in Arrow's metadata.
const PARQUET_FIELD_ID: &str = "PARQUET:field_id";

/// Gives every column of a mapped table that has none a name and a number in files. Columns of a table that had no
/// mapping before keep their names, as its files have them.
///
/// The same columns get the same names whoever adds them: publishers who bring a table to one declaration side by side
/// write files that fit it, whichever of them comes first.
pub(crate) fn assign(metadata: &mut Metadata, keep_names: bool) -> Result<()> {
    let mut fields = parse(&metadata.schema_string)?;
    let number = |field: &DeltaField| field.metadata.get(MAPPING_ID).and_then(|id| id.as_i64());
    let known = metadata.configuration.get(MAPPING_MAX_ID);
    let known = known.and_then(|known| known.as_deref()?.parse::<i64>().ok());
    let mut last = known.unwrap_or(0);
    each(&mut fields, &mut |field| {
        last = last.max(number(field).unwrap_or(0));
    });
    each(&mut fields, &mut |field| {
        if number(field).is_none() {
            last += 1;
            field.set(MAPPING_ID, last);
        }
        if field.text(PHYSICAL_NAME).is_none() {
            let name = match keep_names {
                true => field.name.clone(),
                false => new_name(&metadata.id, number(field).unwrap_or(last), &field.name),
            };
            field.set(PHYSICAL_NAME, name);
        }
    });
    metadata.schema_string = write(fields)?;
    let last = Some(last.to_string());
    metadata
        .configuration
        .insert(MAPPING_MAX_ID.to_owned(), last);
    Ok(())
}

/// A name in files that no other column of any table has.
fn new_name(table: &str, number: i64, column: &str) -> String {
    let mut name = hex(&Sha256::digest(format!("{table}\n{number}\n{column}")));
    name.truncate(32);
    format!("col-{name}")
}

/// The name of a field in files.
fn physical_name(field: &Field) -> &str {
    field
        .metadata()
        .get(PHYSICAL_NAME)
        .map_or_else(|| field.name().as_str(), String::as_str)
}

fn former_names(field: &Field) -> Vec<String> {
    let names = field.metadata().get(FORMER_NAMES);
    names
        .and_then(|names| serde_json::from_str(names).ok())
        .unwrap_or_default()
}

/// The field of that name, or the one that had it before.
fn find<'a>(fields: &'a Fields, name: &str) -> Option<&'a FieldRef> {
    let had = |field: &&FieldRef| former_names(field).iter().any(|former| former == name);
    fields
        .iter()
        .find(|field| field.name() == name)
        .or_else(|| fields.iter().find(had))
}

/// Fields under their names in files, with their numbers.
fn in_files(fields: &Fields) -> Fields {
    fields
        .iter()
        .map(|field| {
            let kept = |key: &str, name: &str| {
                let value = field.metadata().get(key)?;
                Some((name.to_owned(), value.clone()))
            };
            let metadata = [
                kept(MAPPING_ID, PARQUET_FIELD_ID),
                kept(TYPE_CHANGES, TYPE_CHANGES),
                kept(DEFAULT, DEFAULT),
            ];
            Field::new(
                physical_name(field),
                type_in_files(field.data_type()),
                field.is_nullable(),
            )
            .with_metadata(metadata.into_iter().flatten().collect())
        })
        .collect()
}

fn type_in_files(data_type: &DataType) -> DataType {
    let part = |field: &FieldRef| {
        let data_type = type_in_files(field.data_type());
        Arc::new(Field::clone(field).with_data_type(data_type))
    };
    match data_type {
        DataType::Struct(fields) => DataType::Struct(in_files(fields)),
        DataType::List(element) => DataType::List(part(element)),
        // The parts of an entry have no names of their own.
        DataType::Map(entries, sorted) => match entries.data_type() {
            DataType::Struct(fields) => {
                let parts = DataType::Struct(fields.iter().map(part).collect());
                let entries = Field::clone(entries).with_data_type(parts);
                DataType::Map(Arc::new(entries), *sorted)
            }
            _ => data_type.clone(),
        },
        _ => data_type.clone(),
    }
}

/// What a reader asks for, under the names in files.
fn asked_in_files(wanted: &Fields, table: &Fields) -> Fields {
    wanted
        .iter()
        .map(|wanted| match find(table, wanted.name()) {
            Some(field) => {
                let data_type = asked_type_in_files(wanted.data_type(), field.data_type());
                Field::new(physical_name(field), data_type, wanted.is_nullable())
            }
            // No file has a column of this name, whatever physical names there are.
            None => Field::clone(wanted).with_name(format!("\0{}", wanted.name())),
        })
        .collect()
}

fn asked_type_in_files(wanted: &DataType, table: &DataType) -> DataType {
    let part = |wanted: &FieldRef, table: &FieldRef| {
        let data_type = asked_type_in_files(wanted.data_type(), table.data_type());
        Arc::new(Field::clone(wanted).with_data_type(data_type))
    };
    match (wanted, table) {
        (DataType::Struct(wanted), DataType::Struct(table)) => {
            DataType::Struct(asked_in_files(wanted, table))
        }
        (DataType::List(wanted), DataType::List(table)) => DataType::List(part(wanted, table)),
        (DataType::Map(wanted, sorted), DataType::Map(table, _)) => {
            match (wanted.data_type(), table.data_type()) {
                (DataType::Struct(parts), DataType::Struct(of)) => {
                    let parts = parts
                        .iter()
                        .zip(of)
                        .map(|(wanted, table)| part(wanted, table));
                    let parts = DataType::Struct(parts.collect());
                    DataType::Map(
                        Arc::new(Field::clone(wanted).with_data_type(parts)),
                        *sorted,
                    )
                }
                _ => DataType::Map(Arc::clone(wanted), *sorted),
            }
        }
        (wanted, _) => wanted.clone(),
    }
}

impl TableSchema {
    /// The column of that name, or the one that had it before.
    pub(crate) fn column(&self, name: &str) -> Option<&FieldRef> {
        match self.mapped {
            true => find(self.arrow.fields(), name),
            false => self.arrow.fields().find(name).map(|(_, field)| field),
        }
    }

    /// The name of a column in files.
    pub(crate) fn name_in_files<'a>(&'a self, name: &'a str) -> &'a str {
        match self.column(name).filter(|_| self.mapped) {
            Some(field) => physical_name(field),
            None => name,
        }
    }

    /// The columns under every name by which they are found.
    pub(crate) fn with_former_names(&self) -> SchemaRef {
        if !self.mapped {
            return Arc::clone(&self.arrow);
        }
        let fields = self.arrow.fields().iter();
        let mut all: Vec<FieldRef> = fields.clone().map(Arc::clone).collect();
        for field in fields {
            let former = former_names(field).into_iter();
            all.extend(
                former
                    .filter(|name| self.arrow.field_with_name(name).is_err())
                    .map(|name| Arc::new(Field::clone(field).with_name(name))),
            );
        }
        Arc::new(Schema::new(all))
    }

    /// The same table under the names in files.
    pub(crate) fn in_files(&self) -> Self {
        if !self.mapped {
            return self.clone();
        }
        let names = |columns: &[String]| {
            let names = columns.iter().map(|column| self.name_in_files(column));
            names.map(str::to_owned).collect()
        };
        Self {
            arrow: Arc::new(Schema::new(in_files(self.arrow.fields()))),
            partition_by: names(&self.partition_by),
            sort_by: names(&self.sort_by),
            indexed_columns: self.indexed_columns,
            mapped: false,
            renamed: BTreeMap::new(),
        }
    }

    /// A reader's schema under the names in files.
    pub(crate) fn asked_in_files(&self, wanted: &SchemaRef) -> SchemaRef {
        match self.mapped {
            true => Arc::new(Schema::new(asked_in_files(
                wanted.fields(),
                self.arrow.fields(),
            ))),
            false => Arc::clone(wanted),
        }
    }

    /// The columns that were renamed without column mapping: for each of the names, the others, which hold the same.
    pub(crate) fn renames(schema: &Schema) -> BTreeMap<String, Vec<String>> {
        let mut families: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
        for field in schema.fields() {
            let Some(newest) = field.metadata().get(RENAMED_TO) else {
                continue;
            };
            // Others may have taken the newer column away.
            if newest != field.name() && schema.field_with_name(newest).is_ok() {
                families
                    .entry(newest)
                    .or_insert_with(|| vec![newest])
                    .push(field.name());
            }
        }
        let names = families.values().flat_map(|family| {
            family.iter().map(|name| {
                let others = family.iter().filter(|other| *other != name);
                (
                    (*name).clone(),
                    others.map(|other| (*other).clone()).collect(),
                )
            })
        });
        names.collect()
    }
}

/// Checks the names and numbers of a mapped table, which other writers give as well.
pub(crate) fn check(schema: &Schema) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for field in schema.fields() {
        if !seen.insert(physical_name(field)) {
            return Err(Error::damaged(
                "the table's schema",
                format!("two columns are `{}` in files", physical_name(field)),
            ));
        }
    }
    Ok(())
}
