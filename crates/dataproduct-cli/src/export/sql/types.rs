//! The types of columns in the dialects.

use dataproduct::Column;
use dataproduct::contract::DataType;

use super::Dialect;
use crate::export::Note;

/// The type of a column.
pub(super) fn of(dialect: Dialect, column: &Column, notes: &mut Vec<Note>) -> String {
    let mut types = Types { dialect, notes };
    types.column(&column.name, column)
}

/// Whether the dialect limits the text of a column by its type; PostgreSQL's limit on that limit holds for all.
pub(super) fn says_length(dialect: Dialect, column: &Column) -> bool {
    column.data_type == DataType::String
        && matches!(dialect, Dialect::Ansi | Dialect::Postgres)
        && column
            .limits
            .max_length
            .is_some_and(|length| (1..=10_485_760).contains(&length))
}

struct Types<'a> {
    dialect: Dialect,
    notes: &'a mut Vec<Note>,
}

impl Types<'_> {
    fn column(&mut self, path: &str, column: &Column) -> String {
        match (&column.data_type, column.limits.max_length) {
            (DataType::String, Some(length)) if says_length(self.dialect, column) => {
                format!("VARCHAR({length})")
            }
            (data_type, _) => self.data_type(path, data_type),
        }
    }

    fn data_type(&mut self, path: &str, data_type: &DataType) -> String {
        use Dialect::{Ansi, Duckdb, Postgres, Spark};
        let of = |ansi: &str, duckdb: &str, postgres: &str, spark: &str| {
            let text = match self.dialect {
                Ansi => ansi,
                Duckdb => duckdb,
                Postgres => postgres,
                Spark => spark,
            };
            text.to_owned()
        };
        match data_type {
            DataType::Boolean => of("BOOLEAN", "BOOLEAN", "boolean", "BOOLEAN"),
            DataType::Int8 => of("SMALLINT", "TINYINT", "smallint", "TINYINT"),
            DataType::Int16 => of("SMALLINT", "SMALLINT", "smallint", "SMALLINT"),
            DataType::Int32 => of("INTEGER", "INTEGER", "integer", "INT"),
            DataType::Int64 => of("BIGINT", "BIGINT", "bigint", "BIGINT"),
            DataType::Float32 => of("REAL", "FLOAT", "real", "FLOAT"),
            DataType::Float64 => of("DOUBLE PRECISION", "DOUBLE", "double precision", "DOUBLE"),
            DataType::String => of("VARCHAR", "VARCHAR", "text", "STRING"),
            DataType::Binary => of("BLOB", "BLOB", "bytea", "BINARY"),
            DataType::Decimal { precision, scale } => {
                let name = of("DECIMAL", "DECIMAL", "numeric", "DECIMAL");
                format!("{name}({precision},{scale})")
            }
            DataType::Date => of("DATE", "DATE", "date", "DATE"),
            DataType::Timestamp => of(
                "TIMESTAMP(6) WITH TIME ZONE",
                "TIMESTAMP WITH TIME ZONE",
                "timestamp with time zone",
                "TIMESTAMP",
            ),
            DataType::TimestampNtz => of(
                "TIMESTAMP(6)",
                "TIMESTAMP",
                "timestamp without time zone",
                "TIMESTAMP_NTZ",
            ),
            DataType::Uuid => of("CHAR(36)", "UUID", "uuid", "STRING"),
            DataType::Struct(_) | DataType::List(_) | DataType::Map { .. } => {
                self.nested(path, data_type)
            }
            other => {
                let message = format!("`{other}` is written as text");
                self.notes.push(Note::new(path, message));
                of("VARCHAR", "VARCHAR", "text", "STRING")
            }
        }
    }

    fn nested(&mut self, path: &str, data_type: &DataType) -> String {
        // PostgreSQL nests only what has a type of its own, and arrays of plain types.
        if self.dialect == Dialect::Postgres {
            return match data_type {
                DataType::List(element) if element.data_type.is_ordered() => {
                    format!("{}[]", self.column(&format!("{path}.element"), element))
                }
                _ => {
                    let message = "the nested type is written as `jsonb`";
                    self.notes.push(Note::new(path, message));
                    "jsonb".to_owned()
                }
            };
        }
        match data_type {
            DataType::Struct(fields) => self.record(path, fields),
            DataType::List(element) => {
                let element = self.column(&format!("{path}.element"), element);
                match self.dialect {
                    Dialect::Spark => format!("ARRAY<{element}>"),
                    Dialect::Ansi => format!("{element} ARRAY"),
                    _ => format!("{element}[]"),
                }
            }
            DataType::Map { key, value } if self.dialect == Dialect::Ansi => {
                // The standard has no maps; a list of pairs holds the same.
                let message = "the map is written as an array of rows of key and value";
                self.notes.push(Note::new(path, message));
                let pair = [(**key).clone(), (**value).clone()];
                format!("{} ARRAY", self.record(path, &pair))
            }
            DataType::Map { key, value } => {
                let key = self.column(&format!("{path}.key"), key);
                let value = self.column(&format!("{path}.value"), value);
                match self.dialect {
                    Dialect::Spark => format!("MAP<{key}, {value}>"),
                    _ => format!("MAP({key}, {value})"),
                }
            }
            other => self.data_type(path, other),
        }
    }

    fn record(&mut self, path: &str, fields: &[Column]) -> String {
        let fields: Vec<_> = fields
            .iter()
            .map(|field| {
                let data_type = self.column(&format!("{path}.{}", field.name), field);
                let name = self.dialect.name(&field.name);
                match self.dialect {
                    Dialect::Spark if !field.nullable => format!("{name}: {data_type} NOT NULL"),
                    Dialect::Spark => format!("{name}: {data_type}"),
                    _ => format!("{name} {data_type}"),
                }
            })
            .collect();
        let fields = fields.join(", ");
        match self.dialect {
            Dialect::Spark => format!("STRUCT<{fields}>"),
            Dialect::Ansi => format!("ROW({fields})"),
            _ => format!("STRUCT({fields})"),
        }
    }
}
