//! Comparisons: values that go together, and literals that a column never holds.

use super::literal::convert;
use super::{Binder, condition, is_null, says_same, typed};
use crate::expr::ast::{Comparison, Kind, Literal, Node};
use crate::expr::error::ExpressionError;
use crate::expr::typed::{ExprType, Operation, Typed};
use crate::shape::{nearest, shortened};
use crate::{Column, DataType};

impl<'a> Binder<'a> {
    pub(super) fn compare(
        &mut self,
        comparison: Comparison,
        left: &Node,
        right: &Node,
    ) -> Option<Typed> {
        if comparison.is_null_safe() && is_null(left) != is_null(right) {
            let value = if is_null(left) { right } else { left };
            let missing = self.missing(value)?;
            return super::negated(missing, !says_same(comparison));
        }
        let (l, r) = (self.operand(left), self.operand(right));
        let (l, r) = self.pair(left, l?, right, r?)?;
        if comparison.is_order() && l.data_type == ExprType::Boolean {
            self.misfit(
                right.at,
                "conditions have no order",
                "compare them by `=`, or write `and`, `or` and `not`",
            );
            return None;
        }
        self.fits(left, right, !comparison.is_order())?;
        condition(Operation::Compare(comparison, Box::new(l), Box::new(r)))
    }

    pub(super) fn between(&mut self, value: &Node, low: &Node, high: &Node) -> Option<Operation> {
        let (v, l, h) = (self.operand(value), self.operand(low), self.operand(high));
        let (v, l, h) = (v?, l?, h?);
        // The three have one type, so that the value is computed once.
        let (_, l) = self.pair(value, v.clone(), low, l)?;
        let (_, h) = self.pair(value, v.clone(), high, h)?;
        if v.data_type == ExprType::Boolean {
            self.misfit(value.at, "conditions have no order", "compare them by `=`");
            return None;
        }
        self.fits(value, low, false)?;
        self.fits(value, high, false)?;
        let (v, l, h) = if [&l, &h]
            .iter()
            .any(|part| part.data_type == ExprType::Float)
        {
            let float = |part| convert(part, ExprType::Float);
            (float(v), float(l), float(h))
        } else if [&v, &l, &h].iter().any(|part| is_decimal(part)) {
            (exact(v), exact(l), exact(h))
        } else {
            (v, l, h)
        };
        Some(Operation::Between(Box::new(v), Box::new(l), Box::new(h)))
    }

    pub(super) fn among(&mut self, value: &Node, list: &[Node]) -> Option<Operation> {
        let v = self.operand(value);
        let items: Vec<_> = list.iter().map(|item| self.operand(item)).collect();
        let v = v?;
        let mut paired = Vec::with_capacity(items.len());
        let mut fits = true;
        for (node, item) in list.iter().zip(items) {
            match item.and_then(|item| self.pair(value, v.clone(), node, item)) {
                Some((_, item)) => {
                    fits &= self.fits(value, node, true).is_some();
                    paired.push(item);
                }
                None => fits = false,
            }
        }
        if !fits {
            return None;
        }
        let any = |test: fn(&Typed) -> bool| test(&v) || paired.iter().any(test);
        let (v, items) = if any(|part| part.data_type == ExprType::Float) {
            let float = |part| convert(part, ExprType::Float);
            (float(v), paired.into_iter().map(float).collect())
        } else if any(is_decimal) {
            (exact(v), paired.into_iter().map(exact).collect())
        } else {
            (v, paired)
        };
        Some(Operation::In(Box::new(v), items))
    }

    /// Two values that can be compared, in types that can.
    fn pair(&mut self, left: &Node, l: Typed, right: &Node, r: Typed) -> Option<(Typed, Typed)> {
        use ExprType::{Decimal, Float, Integer};
        match (l.data_type, r.data_type) {
            (a, b) if a == b => Some((self.narrow(l, right), self.narrow(r, left))),
            (Float, b) if b.is_number() => {
                let r = convert(r, Float);
                Some((l, self.narrow(r, left)))
            }
            (a, Float) if a.is_number() => {
                let l = convert(l, Float);
                Some((self.narrow(l, right), r))
            }
            (Integer, Decimal { .. }) | (Decimal { .. }, Integer) => Some((exact(l), exact(r))),
            // A literal takes the scale of the other side where that loses nothing.
            (Decimal { scale: a }, Decimal { scale: b }) => Some(match (a < b, &l.operation) {
                (true, Operation::Literal(_)) => (rescaled(l, b), r),
                (false, _) if matches!(r.operation, Operation::Literal(_)) => (l, rescaled(r, a)),
                _ => (l, r),
            }),
            (a, b) => {
                let fix = advice(left, a, right, b);
                let message = format!("{a} cannot be compared with {b}");
                self.misfit(right.at, message, fix);
                None
            }
        }
    }

    /// The column that a part is, if it is one and nothing else.
    fn column_of(&self, node: &Node) -> Option<&'a Column> {
        let Kind::Column(path) = &node.kind else {
            return None;
        };
        let mut within = self.columns;
        let mut found = None;
        for name in path {
            let column = within.iter().find(|column| column.name == *name)?;
            found = Some(column);
            within = match &column.data_type {
                DataType::Struct(fields) => fields,
                _ => &[],
            };
        }
        found
    }

    /// A literal beside a column of 32-bit floats is rounded as the values of the column are: `0.1` is the number that
    /// the column holds for 0.1.
    fn narrow(&self, part: Typed, beside: &Node) -> Typed {
        let is_narrow = |column: &Column| column.data_type == DataType::Float32;
        match part.operation {
            Operation::Literal(Literal::Float(value))
                if self.column_of(beside).is_some_and(is_narrow) =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "rounding is what is wanted"
                )]
                let rounded = f64::from(value as f32);
                Typed {
                    operation: Operation::Literal(Literal::Float(rounded)),
                    data_type: ExprType::Float,
                }
            }
            _ => part,
        }
    }

    /// Whether a column can hold the literal that it is compared with; a comparison that comes out the same for every
    /// row is a slip.
    fn fits(&mut self, left: &Node, right: &Node, is_equality: bool) -> Option<()> {
        let (column, literal, at) = match (&left.kind, &right.kind) {
            (_, Kind::Literal(literal)) => (self.column_of(left), literal, right.at),
            (Kind::Literal(literal), _) => (self.column_of(right), literal, left.at),
            _ => return Some(()),
        };
        let Some(problem) = column.and_then(|column| misfit(column, literal, at, is_equality))
        else {
            return Some(());
        };
        self.note(problem);
        None
    }

    /// Values in the one type that holds them all; null goes with any.
    pub(super) fn of_one_type(&mut self, nodes: &[&Node]) -> Option<(Vec<Typed>, ExprType)> {
        let parts: Vec<Option<Typed>> = nodes
            .iter()
            .map(|node| if is_null(node) { None } else { self.node(node) })
            .collect();
        let mut wanted: Option<ExprType> = None;
        for (node, part) in nodes.iter().zip(&parts) {
            let found = match part {
                Some(part) => part.data_type,
                None if is_null(node) => continue,
                // It is wrong itself, which has been noted.
                None => return None,
            };
            wanted = match wanted.map_or(Some(found), |wanted| wider(wanted, found)) {
                Some(wider) => Some(wider),
                None => {
                    let before = wanted.unwrap_or(found);
                    let message = format!("{before} and {found} are no values of one type");
                    self.misfit(node.at, message, format!("write {before}"));
                    return None;
                }
            };
        }
        let Some(wanted) = wanted else {
            let at = nodes.first().map_or(1, |node| node.at);
            self.misfit(at, "every value is null", "write a value that is not null");
            return None;
        };
        let parts = parts.into_iter().map(|part| match part {
            Some(part) => Some(convert(part, wanted)),
            None => typed(Operation::Literal(Literal::Null), wanted),
        });
        Some((parts.collect::<Option<_>>()?, wanted))
    }
}

/// The type that holds the values of both.
fn wider(a: ExprType, b: ExprType) -> Option<ExprType> {
    use ExprType::{Decimal, Float, Integer};
    match (a, b) {
        (a, b) if a == b => Some(a),
        (Float, other) | (other, Float) if other.is_number() => Some(Float),
        (Integer, Decimal { scale }) | (Decimal { scale }, Integer) => Some(Decimal { scale }),
        (Decimal { scale: a }, Decimal { scale: b }) => Some(Decimal { scale: a.max(b) }),
        _ => None,
    }
}

fn is_decimal(part: &Typed) -> bool {
    matches!(part.data_type, ExprType::Decimal { .. })
}

/// An integer as a decimal, and others as they are.
fn exact(part: Typed) -> Typed {
    match part.data_type {
        ExprType::Integer => convert(part, ExprType::Decimal { scale: 0 }),
        _ => part,
    }
}

/// A literal in a scale with room for it; as it is otherwise.
fn rescaled(part: Typed, scale: u8) -> Typed {
    let converted = convert(part.clone(), ExprType::Decimal { scale });
    match converted.operation {
        Operation::Literal(_) => converted,
        _ => part,
    }
}

/// What to write instead of comparing values of two types.
fn advice(left: &Node, a: ExprType, right: &Node, b: ExprType) -> String {
    use ExprType::{Date, Duration, LocalTimestamp, Text, Timestamp};
    let is_literal = |node: &Node| matches!(node.kind, Kind::Literal(_));
    let (other, text) = match (a, b) {
        (Text, other) => (other, left),
        (other, Text) => (other, right),
        _ => {
            return match (a, b) {
                (Date, Timestamp | LocalTimestamp) | (Timestamp | LocalTimestamp, Date) => {
                    "write `date(a)` for the day of a time".into()
                }
                (Timestamp, LocalTimestamp) | (LocalTimestamp, Timestamp) => {
                    "write a literal with `Z` for an instant and without for a local time; a column of the one is \
                     never one of the other"
                        .into()
                }
                (Duration, other) | (other, Duration) if other.is_number() => {
                    "write a duration, such as `3 days`, or `seconds_between(a, b)`".into()
                }
                _ => "compare values of one type".into(),
            };
        }
    };
    match other {
        other if other.is_number() && is_literal(text) => "write a number without quotes".into(),
        Date if is_literal(text) => "write a date as `date '2026-01-31'`".into(),
        Timestamp if is_literal(text) => {
            "write an instant as `timestamp '2026-01-31T10:00:00Z'`".into()
        }
        LocalTimestamp if is_literal(text) => {
            "write a time as `timestamp '2026-01-31T10:00:00'`".into()
        }
        _ => "compare text with text".into(),
    }
}

/// Why a column never holds a literal.
fn misfit(
    column: &Column,
    literal: &Literal,
    at: usize,
    is_equality: bool,
) -> Option<ExpressionError> {
    let name = shortened(&column.name);
    let bits = match column.data_type {
        DataType::Int8 => 8,
        DataType::Int16 => 16,
        DataType::Int32 => 32,
        DataType::Int64 => 64,
        _ => 0,
    };
    match (literal, &column.data_type) {
        (Literal::Integer(value), _) if (1..64).contains(&bits) => {
            let end = 1_i64 << (bits - 1);
            (!(-end..end).contains(value)).then(|| {
                let message = format!("`{name}` has no value near {value}");
                let fix = format!("write a number from {} to {}", -end, end - 1);
                ExpressionError::new(at, "out-of-range", message, fix)
            })
        }
        (Literal::Decimal { scale: 0, .. }, _) if bits > 0 => {
            let message = format!("`{name}` has no value near {literal}");
            let fix = "write a number of 64 bits with sign";
            Some(ExpressionError::new(at, "out-of-range", message, fix))
        }
        (Literal::Decimal { unscaled, scale }, data_type) if is_equality => {
            let digits = match data_type {
                DataType::Decimal { scale, .. } => *scale,
                _ if bits > 0 => 0,
                _ => return None,
            };
            let needed = digits_after_point(*unscaled, *scale);
            (needed > digits).then(|| {
                let message = format!(
                    "`{name}` never equals {literal}: it has {digits} digits after the point"
                );
                let fix = format!("write at most {digits} digits after the point");
                ExpressionError::new(at, "out-of-range", message, fix)
            })
        }
        (Literal::Text(text), DataType::String)
            if is_equality && column.is_enum() && !column.open_enum =>
        {
            let allowed: Vec<&str> = column
                .allowed
                .iter()
                .filter_map(|a| a.value.as_str())
                .collect();
            // Long lists are not repeated in a message.
            (!allowed.contains(&text.as_str())).then(|| {
                let message = format!("`{name}` is never '{}'", shortened(text));
                let fix = match allowed.len() {
                    0..=12 => nearest::advice(text, &allowed),
                    _ => "write one of the allowed values of the column".to_owned(),
                };
                ExpressionError::new(at, "unknown-value", message, fix)
            })
        }
        _ => None,
    }
}

/// How many digits after the point a number needs.
fn digits_after_point(mut unscaled: i128, mut scale: u8) -> u8 {
    while scale > 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    scale
}
