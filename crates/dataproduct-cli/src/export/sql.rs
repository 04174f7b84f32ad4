//! SQL data definition in a few dialects.
//!
//! One statement makes the table; others add what the dialect has no place for in it. Names are always
//! quoted. Limits become checks where the dialect can say them.
//!
//! # Source
//! ISO/IEC 9075:2023 (with T081, optional string types maximum length); the documentation of DuckDB 1.5,
//! PostgreSQL 18 and Apache Spark 4 with Delta Lake.

mod check;
mod types;

use dataproduct::{Column, Contract, Value};

use super::words::identifier;
use super::{Exported, Note};

/// A dialect of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// ISO 9075:2023.
    Ansi,
    /// DuckDB.
    Duckdb,
    /// PostgreSQL.
    Postgres,
    /// Apache Spark with Delta tables.
    Spark,
}

impl Dialect {
    /// A name between quotes.
    fn name(self, name: &str) -> String {
        // A name cannot hold a NUL in any dialect, nor can a contract.
        match self {
            Self::Spark => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// Text between quotes.
    fn text(self, text: &str) -> String {
        let text = text.replace('\'', "''");
        match self {
            // A backslash escapes in Spark's literals, and quotes are not doubled.
            Self::Spark => format!("'{}'", text.replace('\\', "\\\\").replace("''", "\\'")),
            _ => format!("'{text}'"),
        }
    }
}

/// The statements that make a table for a contract.
#[must_use]
pub fn ddl(contract: &Contract, dialect: Dialect) -> Exported {
    let mut writer = Writer {
        dialect,
        table: dialect.name(&identifier(contract.name().product().as_str())),
        notes: Vec::new(),
        checks: Vec::new(),
        after: Vec::new(),
    };
    let mut lines: Vec<String> = contract
        .columns()
        .iter()
        .map(|column| writer.column(column))
        .collect();
    lines.extend(writer.keys(contract));
    if dialect != Dialect::Spark {
        let checks = writer.checks.iter();
        lines.extend(checks.map(|(name, check)| format!("CONSTRAINT {name} CHECK ({check})")));
    }
    let table = &writer.table;
    let header = comment(&format!(
        "{} {}, owned by {}",
        contract.name(),
        contract.version(),
        contract.owner()
    ));
    let mut out = format!(
        "{header}CREATE TABLE {table} (\n    {}\n)",
        lines.join(",\n    ")
    );
    out.push_str(&writer.layout(contract));
    out.push_str(";\n");
    for statement in writer.statements(contract) {
        out.push_str(&statement);
        out.push_str(";\n");
    }
    Exported {
        bytes: out.into_bytes(),
        notes: writer.notes,
    }
}

/// Text as comments of SQL, every line of it.
fn comment(text: &str) -> String {
    text.lines()
        .map(|line| format!("-- {}\n", crate::escape::line(line)))
        .collect()
}

struct Writer {
    dialect: Dialect,
    /// The table's name between quotes.
    table: String,
    notes: Vec<Note>,
    /// Names, between quotes, and conditions.
    checks: Vec<(String, String)>,
    /// Statements that follow the table's.
    after: Vec<String>,
}

impl Writer {
    fn column(&mut self, column: &Column) -> String {
        let name = self.dialect.name(&column.name);
        let data_type = types::of(self.dialect, column, &mut self.notes);
        let mut out = format!("{name} {data_type}");
        if let Some(default) = &column.default {
            out.push_str(&self.default(column, default));
        }
        if !column.nullable {
            out.push_str(" NOT NULL");
        }
        if column.unique && self.dialect != Dialect::Spark {
            out.push_str(" UNIQUE");
        } else if column.unique {
            self.note(&column.name, "that values are unique is left out");
        }
        if let (Dialect::Spark, Some(description)) = (self.dialect, &column.description) {
            out.push_str(&format!(" COMMENT {}", self.dialect.text(description)));
        }
        check::left_out(self.dialect, column, &mut self.notes);
        let check = check::of(self.dialect, column, &mut self.notes);
        if let Some(check) = check {
            let name = self
                .dialect
                .name(&format!("{}_valid", identifier(&column.name)));
            let name = if self.checks.iter().any(|(other, _)| *other == name) {
                let number = self.checks.len() + 1;
                self.dialect
                    .name(&format!("{}_valid_{number}", identifier(&column.name)))
            } else {
                name
            };
            self.checks.push((name, check));
        }
        if let (Dialect::Duckdb | Dialect::Postgres, Some(description)) =
            (self.dialect, &column.description)
        {
            let (table, text) = (&self.table, self.dialect.text(description));
            self.after
                .push(format!("COMMENT ON COLUMN {table}.{name} IS {text}"));
        }
        out
    }

    /// The default of a column. SQL takes it for rows that are inserted without a value as well.
    fn default(&mut self, column: &Column, default: &Value) -> String {
        let literal = check::literal(self.dialect, default, &column.data_type);
        match (self.dialect, literal) {
            (Dialect::Spark, _) => {
                // It would take a feature of the table that shuts out programs which do not know it.
                self.note(&column.name, "the default is left out");
            }
            (_, Some(literal)) => return format!(" DEFAULT {literal}"),
            (_, None) => self.note(&column.name, "the default is left out"),
        }
        String::new()
    }

    fn keys(&mut self, contract: &Contract) -> Option<String> {
        let key = contract.key();
        if key.is_empty() {
            return None;
        }
        if self.dialect == Dialect::Spark {
            self.note(
                "",
                "the primary key is left out, as open Delta tables have none",
            );
            return None;
        }
        Some(format!("PRIMARY KEY ({})", self.names(&key)))
    }

    fn names(&self, columns: &[&Column]) -> String {
        let names: Vec<_> = columns.iter().map(|c| self.dialect.name(&c.name)).collect();
        names.join(", ")
    }

    /// What follows the columns within the statement.
    fn layout(&mut self, contract: &Contract) -> String {
        let partition = contract.partition_by();
        if self.dialect != Dialect::Spark {
            if !partition.is_empty() {
                self.note("", "partitioning is left out");
            }
            return String::new();
        }
        let mut out = "\nUSING DELTA".to_owned();
        if !partition.is_empty() {
            out.push_str(&format!("\nPARTITIONED BY ({})", self.names(&partition)));
        }
        if let Some(description) = contract.description() {
            out.push_str(&format!("\nCOMMENT {}", self.dialect.text(description)));
        }
        out
    }

    /// The statements that follow.
    fn statements(&mut self, contract: &Contract) -> Vec<String> {
        let table = self.table.clone();
        let mut out = Vec::new();
        match (self.dialect, contract.description()) {
            (Dialect::Duckdb | Dialect::Postgres, Some(description)) => {
                let text = self.dialect.text(description);
                out.push(format!("COMMENT ON TABLE {table} IS {text}"));
            }
            (Dialect::Ansi, _) => {
                let described = contract.columns().iter().any(|c| c.description.is_some());
                if described || contract.description().is_some() {
                    self.note(
                        "",
                        "descriptions are left out, as the standard has no comments",
                    );
                }
            }
            _ => {}
        }
        out.append(&mut self.after);
        if self.dialect == Dialect::Spark {
            let checks = self.checks.iter();
            out.extend(checks.map(|(name, check)| {
                format!("ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})")
            }));
        }
        out
    }

    fn note(&mut self, path: &str, message: &str) {
        self.notes.push(Note::new(path, message));
    }
}
