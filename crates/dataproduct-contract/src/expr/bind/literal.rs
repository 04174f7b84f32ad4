//! Literals: their types, and the same value in another type.

use crate::expr::ast::Literal;
use crate::expr::typed::{ExprType, Operation, Typed};

/// The type of a literal; null has none of its own.
pub(super) fn type_of(literal: &Literal) -> Option<ExprType> {
    Some(match literal {
        Literal::Null => return None,
        Literal::Boolean(_) => ExprType::Boolean,
        Literal::Integer(_) => ExprType::Integer,
        Literal::Decimal { scale, .. } => ExprType::Decimal { scale: *scale },
        Literal::Float(_) => ExprType::Float,
        Literal::Text(_) => ExprType::Text,
        Literal::Date(_) => ExprType::Date,
        Literal::Timestamp(_) => ExprType::Timestamp,
        Literal::LocalTimestamp(_) => ExprType::LocalTimestamp,
        Literal::Duration(_) => ExprType::Duration,
    })
}

/// A part in another type. Literals are converted here, so that rows need not be.
pub(super) fn convert(part: Typed, to: ExprType) -> Typed {
    if part.data_type == to {
        return part;
    }
    let operation = match &part.operation {
        Operation::Literal(Literal::Null) => part.operation,
        Operation::Literal(literal) => match converted(literal, to) {
            Some(literal) => Operation::Literal(literal),
            None => Operation::Convert(Box::new(part)),
        },
        _ => Operation::Convert(Box::new(part)),
    };
    Typed {
        operation,
        data_type: to,
    }
}

/// The same number in another type, if it has room for it.
fn converted(literal: &Literal, to: ExprType) -> Option<Literal> {
    let (unscaled, scale) = match literal {
        Literal::Integer(value) => (i128::from(*value), 0),
        Literal::Decimal { unscaled, scale } => (*unscaled, *scale),
        _ => return None,
    };
    match to {
        ExprType::Float => {
            // What is written in digits is read as digits: the nearest float.
            let text = Literal::Decimal { unscaled, scale }.to_string();
            text.parse().ok().map(Literal::Float)
        }
        ExprType::Decimal { scale: wanted } => {
            let shift = 10_i128.checked_pow(u32::from(wanted.abs_diff(scale)))?;
            let unscaled = match wanted >= scale {
                true => unscaled.checked_mul(shift)?,
                false if unscaled % shift == 0 => unscaled / shift,
                false => return None,
            };
            let scale = wanted;
            Some(Literal::Decimal { unscaled, scale })
        }
        _ => None,
    }
}
