//! What an expression compares a column with: the values at which it turns from true to false.

use arrow_schema::Schema;
use dataproduct_contract::expr::{Literal, Operation, Typed};
use dataproduct_contract::{Column, Contract, DataType, Expression};

use super::cell::Cell;
use super::number;
use super::site::Site;
use crate::expr::Computed;

/// A column and something that it is compared with.
#[derive(Debug)]
pub(super) struct Target {
    /// The place of the column among the sites.
    pub(super) site: usize,
    pub(super) other: Computed,
}

/// All that the columns of an expression are compared with.
pub(super) fn targets(
    expression: &str,
    contract: &Contract,
    sites: &[Site<'_>],
    schema: &Schema,
) -> Vec<Target> {
    // The gate binds expressions to the columns of the schema, so this does too.
    let fields = schema.fields().iter();
    let columns: Vec<Column> = fields.filter_map(|f| Column::from_arrow(f)).collect();
    let typed = Expression::parse(expression).ok();
    let Some(typed) = typed.and_then(|expression| expression.bind(&columns).ok()) else {
        return Vec::new();
    };
    debug_assert_eq!(columns.len(), contract.columns().len());
    let mut out = Vec::new();
    walk(&typed, &mut |column, other| {
        let path = column.join(".");
        let site = sites.iter().position(|site| site.path == path);
        if let (Some(site), Ok(other)) = (site, Computed::bind(other, schema)) {
            out.push(Target { site, other });
        }
    });
    out
}

fn walk(part: &Typed, found: &mut impl FnMut(&[String], &Typed)) {
    let mut pair = |a: &Typed, b: &Typed| {
        if let Some(column) = column(a) {
            found(column, b);
        }
        if let Some(column) = column(b) {
            found(column, a);
        }
    };
    match &part.operation {
        Operation::Compare(_, a, b) => pair(a, b),
        Operation::Between(value, low, high) => {
            pair(value, low);
            pair(value, high);
        }
        Operation::In(value, items) => items.iter().for_each(|item| pair(value, item)),
        Operation::And(parts) | Operation::Or(parts) => {
            parts.iter().for_each(|part| walk(part, found));
        }
        Operation::Not(part) => walk(part, found),
        Operation::Case(branches, otherwise) => {
            for (when, then) in branches {
                walk(when, found);
                walk(then, found);
            }
            if let Some(part) = otherwise {
                walk(part, found);
            }
        }
        _ => {}
    }
}

fn column(part: &Typed) -> Option<&[String]> {
    match &part.operation {
        Operation::Column(path) => Some(path),
        Operation::Convert(part) => column(part),
        _ => None,
    }
}

/// A computed value in a column of a type, so many of the smallest units further on.
pub(super) fn cell(literal: &Literal, data_type: &DataType, further: i128) -> Option<Cell> {
    let units = number::units(data_type);
    let is_float = matches!(data_type, DataType::Float32 | DataType::Float64);
    let whole = match literal {
        Literal::Null => return Some(Cell::Null),
        Literal::Boolean(value) => return Some(Cell::Boolean(*value ^ (further != 0))),
        Literal::Text(text) => return Some(Cell::Text(text.clone())),
        Literal::Float(value) if is_float => return Some(Cell::Float(value + further as f64)),
        Literal::Float(value) => (value * units as f64).round() as i128,
        Literal::Integer(value) => i128::from(*value).checked_mul(units)?,
        Literal::Decimal { unscaled, scale } => {
            let own = 10_i128.checked_pow(u32::from(*scale))?;
            unscaled.checked_mul(units)? / own
        }
        Literal::Date(value) | Literal::Timestamp(value) | Literal::LocalTimestamp(value) => {
            i128::from(*value)
        }
        _ => return None,
    };
    let cell = whole.checked_add(further)?;
    let (least, most) = number::type_range(data_type)?;
    (least..=most)
        .contains(&cell)
        .then_some(Cell::Integer(cell))
}
