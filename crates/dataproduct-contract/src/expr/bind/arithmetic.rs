//! Arithmetic of numbers and of times.

use super::literal::convert;
use super::{Binder, typed};
use crate::expr::ast::{Arithmetic, Literal, Node};
use crate::expr::typed::{ExprType, Operation, Typed};

const DAY_MICROS: i64 = 86_400_000_000;
/// The most digits after the point of a decimal.
const MAX_SCALE: u8 = 38;

impl Binder<'_> {
    pub(super) fn negate(&mut self, value: &Node) -> Option<Typed> {
        let found = self.operand(value)?;
        let data_type = found.data_type;
        if data_type.is_number() || data_type == ExprType::Duration {
            return typed(Operation::Negate(Box::new(found)), data_type);
        }
        let message = format!("{data_type} has no sign");
        self.misfit(
            value.at,
            message,
            "write `not` before a condition, `-` before a number",
        );
        None
    }

    pub(super) fn arithmetic(
        &mut self,
        operator: Arithmetic,
        left: &Node,
        right: &Node,
    ) -> Option<Typed> {
        let (l, r) = (self.operand(left), self.operand(right));
        let (l, r) = (l?, r?);
        if l.data_type.is_number() && r.data_type.is_number() {
            return self.of_numbers(operator, l, r, right.at);
        }
        let (a, b) = (l.data_type, r.data_type);
        if let Some((r, data_type)) = of_times(operator, &l, r) {
            return typed(
                Operation::Arithmetic(operator, Box::new(l), Box::new(r)),
                data_type,
            );
        }
        let sign = operator.as_str();
        let message = format!("`{sign}` does not take {a} and {b}");
        let fix = match (operator, a, b) {
            (Arithmetic::Add, ExprType::Text, _) | (Arithmetic::Add, _, ExprType::Text) => {
                "write `concat(a, b)` to join text"
            }
            (_, ExprType::Text, _) | (_, _, ExprType::Text) => {
                "text has no arithmetic; use a column of numbers"
            }
            (_, ExprType::Date, ExprType::Duration) => {
                "add whole days to a date: `a + 3 days`, or an integer of days"
            }
            (_, a, ExprType::Integer) if a.is_time() => {
                "add a duration to a time: `a + 2 hours`, `a + b * 1 day`"
            }
            (_, ExprType::Date, b) | (_, b, ExprType::Date) if b.is_time() => {
                "write `date(a)` for the day of a time"
            }
            (_, ExprType::Timestamp, ExprType::LocalTimestamp)
            | (_, ExprType::LocalTimestamp, ExprType::Timestamp) => {
                "subtract an instant from an instant, a local time from a local time"
            }
            (Arithmetic::Divide, ExprType::Duration, _) => "write `seconds_between(a, b) / 60`",
            _ => "docs/expressions.md lists what can be computed",
        };
        self.misfit(right.at, message, fix);
        None
    }

    fn of_numbers(&mut self, operator: Arithmetic, l: Typed, r: Typed, at: usize) -> Option<Typed> {
        use ExprType::{Decimal, Float, Integer};
        let scale = |part: &Typed| match part.data_type {
            Decimal { scale } => scale,
            _ => 0,
        };
        let (a, b) = (scale(&l), scale(&r));
        let is_float =
            operator == Arithmetic::Divide || [&l, &r].iter().any(|p| p.data_type == Float);
        let (l, r, data_type) = if is_float {
            (convert(l, Float), convert(r, Float), Float)
        } else if l.data_type == Integer && r.data_type == Integer {
            (l, r, Integer)
        } else if operator == Arithmetic::Multiply {
            let scale = a.saturating_add(b);
            if scale > MAX_SCALE {
                let message = format!("the product has {scale} digits after the point");
                self.misfit(
                    at,
                    message,
                    format!("`round` a factor, so that there are at most {MAX_SCALE}"),
                );
                return None;
            }
            (
                convert(l, Decimal { scale: a }),
                convert(r, Decimal { scale: b }),
                Decimal { scale },
            )
        } else {
            let wide = Decimal { scale: a.max(b) };
            (convert(l, wide), convert(r, wide), wide)
        };
        typed(
            Operation::Arithmetic(operator, Box::new(l), Box::new(r)),
            data_type,
        )
    }
}

/// The second operand as it is computed with, and the type of what comes out.
fn of_times(operator: Arithmetic, l: &Typed, r: Typed) -> Option<(Typed, ExprType)> {
    use Arithmetic::{Add, Multiply, Subtract};
    use ExprType::{Date, Duration, Integer};
    Some(match (operator, l.data_type, r.data_type) {
        (Add | Subtract, Date, Integer) => (r, Date),
        (Add | Subtract, Date, Duration) => (days(&r)?, Date),
        (Subtract, Date, Date) => (r, Integer),
        (Add | Subtract, time, Duration) if time.is_time() => (r, time),
        (Add, Duration, time) if time.is_time() => (r, time),
        (Subtract, time, other) if time.is_time() && time == other => (r, Duration),
        (Add | Subtract, Duration, Duration) => (r, Duration),
        (Multiply, Duration, Integer) | (Multiply, Integer, Duration) => (r, Duration),
        _ => return None,
    })
}

/// A literal of whole days as their number.
fn days(part: &Typed) -> Option<Typed> {
    match part.operation {
        Operation::Literal(Literal::Duration(micros)) if micros % DAY_MICROS == 0 => typed(
            Operation::Literal(Literal::Integer(micros / DAY_MICROS)),
            ExprType::Integer,
        ),
        _ => None,
    }
}
