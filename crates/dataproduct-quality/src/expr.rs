//! Which rows break a rule that is an expression.
//!
//! docs/expressions.md says what expressions mean. A condition is split at its outermost `and`: a row breaks the whole
//! exactly where it breaks a part. Comparisons of plain numbers run over whole columns; the rest goes row by row.

mod calendar;
mod call;
mod cell;
mod column;
mod fast;
#[cfg(test)]
mod oracle;
mod plan;
#[cfg(test)]
mod tests;

use arrow_array::RecordBatch;
use arrow_buffer::BooleanBuffer;
use arrow_schema::Schema;
use dataproduct_contract::expr::{Literal, Typed};
use dataproduct_contract::{Column, ExprType, Expression};

use crate::failed::Failed;
use cell::Cell;
use column::{Place, Values};
use plan::{Plan, Step};

/// A condition on the rows of batches of one schema.
#[derive(Debug)]
pub(crate) struct Predicate {
    places: Vec<Place>,
    /// All of them must hold.
    conditions: Vec<Step>,
}

impl Predicate {
    /// A condition on batches of that schema.
    ///
    /// # Errors
    /// What in the expression does not fit the schema, the first of all problems.
    pub(crate) fn bind(expression: &Expression, schema: &Schema) -> Result<Self, String> {
        // Columns of types that no contract has are unknown to the expression.
        let columns: Vec<Column> = schema
            .fields()
            .iter()
            .filter_map(|field| Column::from_arrow(field))
            .collect();
        let typed = expression.bind(&columns).map_err(|problems| {
            let first = problems.first().map(ToString::to_string);
            first.unwrap_or_else(|| "the expression does not fit the columns".to_owned())
        })?;
        if typed.data_type != ExprType::Boolean {
            let found = typed.data_type;
            return Err(format!(
                "the expression is {found}; a rule needs a condition: `a > 0`"
            ));
        }
        let mut plan = Plan::new(schema);
        let mut conditions = Vec::new();
        plan.conditions(&typed, &mut conditions)?;
        Ok(Self {
            places: plan.into_places(),
            conditions,
        })
    }

    /// The rows for which the condition is false or cannot be computed. Of a batch of another schema than the one that
    /// was bound, no row can be computed.
    pub(crate) fn failing(&self, rows: &RecordBatch) -> Failed {
        let columns: Option<Vec<Values<'_>>> =
            self.places.iter().map(|place| place.values(rows)).collect();
        let Some(columns) = columns else {
            return Failed::of_mask(BooleanBuffer::new_set(rows.num_rows()));
        };
        let mut all: Option<BooleanBuffer> = None;
        for condition in &self.conditions {
            let failed = fast::failing(condition, &columns).unwrap_or_else(|| {
                Failed::of_rows(rows.num_rows(), None, |row| {
                    let found = condition.value(&columns, row);
                    !matches!(found, Cell::Boolean(true) | Cell::Null)
                })
            });
            if let Some(mask) = failed.mask() {
                all = Some(match all {
                    Some(all) => &all | mask,
                    None => mask.clone(),
                });
            }
        }
        all.map_or_else(Failed::none, Failed::of_mask)
    }
}

/// A part of an expression whose value is asked for.
#[derive(Debug)]
pub(crate) struct Computed {
    places: Vec<Place>,
    step: Step,
    data_type: ExprType,
}

impl Computed {
    /// A part on batches of that schema.
    ///
    /// # Errors
    /// What in the part does not fit the schema.
    pub(crate) fn bind(part: &Typed, schema: &Schema) -> Result<Self, String> {
        let mut plan = Plan::new(schema);
        let step = plan.step(part)?;
        Ok(Self {
            places: plan.into_places(),
            step,
            data_type: part.data_type,
        })
    }

    /// Its value for a row; `None` where it cannot be computed.
    pub(crate) fn value(&self, rows: &RecordBatch, row: usize) -> Option<Literal> {
        let columns: Option<Vec<Values<'_>>> =
            self.places.iter().map(|place| place.values(rows)).collect();
        let columns = columns?;
        Some(match (self.step.value(&columns, row), self.data_type) {
            (Cell::Null, _) => Literal::Null,
            (Cell::Broken, _) => return None,
            (Cell::Boolean(value), _) => Literal::Boolean(value),
            (Cell::Integer(value), ExprType::Date) => Literal::Date(value),
            (Cell::Integer(value), ExprType::Timestamp) => Literal::Timestamp(value),
            (Cell::Integer(value), ExprType::LocalTimestamp) => Literal::LocalTimestamp(value),
            (Cell::Integer(value), ExprType::Duration) => Literal::Duration(value),
            (Cell::Integer(value), _) => Literal::Integer(value),
            (Cell::Decimal(unscaled, scale), _) => Literal::Decimal { unscaled, scale },
            (Cell::Float(value), _) => Literal::Float(value),
            (Cell::Text(text), _) => Literal::Text(text.into_owned()),
        })
    }
}
