//! Limits of values as conditions.

use dataproduct::contract::DataType;
use dataproduct::{Column, Value};

use super::Dialect;
use crate::export::Note;

/// The condition that the limits of a column make together, or `None` where there is none. A condition on a
/// missing value holds, as checks of SQL do.
pub(super) fn of(dialect: Dialect, column: &Column, notes: &mut Vec<Note>) -> Option<String> {
    let name = dialect.name(&column.name);
    let mut all = Vec::new();
    bounds(dialect, &name, column, &mut all);
    lengths(dialect, &name, column, &mut all);
    if !column.allowed.is_empty() && !column.open_enum {
        let values: Option<Vec<_>> = column
            .allowed
            .iter()
            .map(|allowed| literal(dialect, &allowed.value, &column.data_type))
            .collect();
        match values {
            Some(values) => all.push(format!("{name} IN ({})", values.join(", "))),
            None => notes.push(Note::new(&column.name, "the allowed values are left out")),
        }
    }
    if let Some(pattern) = &column.limits.pattern {
        // DuckDB's expressions are those of RE2, which are those of a contract; others differ.
        if dialect == Dialect::Duckdb {
            all.push(format!(
                "regexp_full_match({name}, {})",
                dialect.text(pattern)
            ));
        } else {
            notes.push(Note::new(&column.name, "the pattern is left out"));
        }
    }
    for (what, is_there) in [
        ("the format", column.limits.format.is_some()),
        ("the step", column.limits.multiple_of.is_some()),
        (
            "the number of elements",
            column.limits.min_items.is_some() || column.limits.max_items.is_some(),
        ),
        ("that elements differ", column.limits.unique_items),
    ] {
        if is_there {
            notes.push(Note::new(&column.name, format!("{what} is left out")));
        }
    }
    (!all.is_empty()).then(|| all.join(" AND "))
}

fn bounds(dialect: Dialect, name: &str, column: &Column, all: &mut Vec<String>) {
    let limits = &column.limits;
    // PostgreSQL and the standard have no integer of 8 bits; the bounds of the type are then bounds.
    if column.data_type == DataType::Int8 && matches!(dialect, Dialect::Ansi | Dialect::Postgres) {
        all.push(format!("{name} BETWEEN -128 AND 127"));
    }
    for (operator, bound) in [
        (">=", &limits.minimum),
        (">", &limits.exclusive_minimum),
        ("<=", &limits.maximum),
        ("<", &limits.exclusive_maximum),
    ] {
        let literal = bound
            .as_ref()
            .and_then(|bound| literal(dialect, bound, &column.data_type));
        if let Some(literal) = literal {
            all.push(format!("{name} {operator} {literal}"));
        }
    }
}

fn lengths(dialect: Dialect, name: &str, column: &Column, all: &mut Vec<String>) {
    let function = match (&column.data_type, dialect) {
        (DataType::String, Dialect::Ansi) => "CHARACTER_LENGTH",
        (DataType::String, _) => "length",
        (DataType::Binary, Dialect::Ansi | Dialect::Postgres | Dialect::Duckdb) => "OCTET_LENGTH",
        (DataType::Binary, Dialect::Spark) => "length",
        _ => return,
    };
    let limits = &column.limits;
    for (operator, length) in [(">=", limits.min_length), ("<=", limits.max_length)] {
        if let Some(length) = length {
            all.push(format!("{function}({name}) {operator} {length}"));
        }
    }
}

/// A value of a column as SQL writes it, or `None` for what it cannot.
fn literal(dialect: Dialect, value: &Value, data_type: &DataType) -> Option<String> {
    let text = |text: &str| dialect.text(text);
    Some(match (data_type, value) {
        (_, Value::Integer(_) | Value::Float(_)) => value.to_string(),
        (_, Value::Bool(value)) => value.to_string().to_uppercase(),
        (DataType::Date, Value::String(day)) => format!("DATE {}", text(day)),
        (DataType::Timestamp, Value::String(at)) => match dialect {
            Dialect::Spark => format!("TIMESTAMP {}", text(at)),
            // The standard's literal has a space and an offset.
            Dialect::Ansi => {
                let at = at.replace(['T', 't'], " ").replace(['Z', 'z'], "+00:00");
                format!("TIMESTAMP {}", text(&at))
            }
            _ => format!("TIMESTAMP WITH TIME ZONE {}", text(at)),
        },
        (DataType::TimestampNtz, Value::String(at)) => match dialect {
            Dialect::Spark => format!("TIMESTAMP_NTZ {}", text(at)),
            _ => format!("TIMESTAMP {}", text(&at.replace('T', " "))),
        },
        (_, Value::String(value)) => text(value),
        _ => return None,
    })
}
