//! Limits of values as conditions.

use dataproduct::contract::{DataType, Limits};
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

/// Notes what is said of the values within a column, which no check of the dialects reaches, and what it refers to.
pub(super) fn left_out(dialect: Dialect, column: &Column, notes: &mut Vec<Note>) {
    let mut left = vec![(column.name.clone(), column)];
    while let Some((path, inner)) = left.pop() {
        if !inner.references.is_empty() {
            notes.push(Note::new(&path, "what the values refer to is left out"));
        }
        if !std::ptr::eq(inner, column) {
            let mut limits = inner.limits.clone();
            // PostgreSQL nests typed values only right within an array.
            let is_element =
                matches!(&column.data_type, DataType::List(of) if std::ptr::eq(of.as_ref(), inner));
            let is_typed = dialect != Dialect::Postgres || is_element;
            if is_typed && super::types::says_length(dialect, inner) {
                limits.max_length = None;
            }
            for (what, is_there) in [
                ("the limits", limits != Limits::default()),
                (
                    "the allowed values",
                    !inner.allowed.is_empty() && !inner.open_enum,
                ),
            ] {
                if is_there {
                    let message = format!("{what} of nested values are left out");
                    notes.push(Note::new(&path, message));
                }
            }
        }
        let mut parts: Vec<(String, &Column)> = match &inner.data_type {
            DataType::Struct(fields) => fields
                .iter()
                .map(|f| (format!("{path}.{}", f.name), f))
                .collect(),
            DataType::List(element) => vec![(format!("{path}.element"), element)],
            DataType::Map { key, value } => {
                vec![
                    (format!("{path}.key"), key),
                    (format!("{path}.value"), value),
                ]
            }
            _ => Vec::new(),
        };
        parts.reverse();
        left.append(&mut parts);
    }
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
pub(super) fn literal(dialect: Dialect, value: &Value, data_type: &DataType) -> Option<String> {
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
