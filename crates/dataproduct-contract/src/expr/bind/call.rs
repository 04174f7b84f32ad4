//! Calls of functions: what they take and return.

use super::{Binder, is_null, typed};
use crate::expr::ast::{Function, Kind, Literal, Node};
use crate::expr::error::ExpressionError;
use crate::expr::typed::{ExprType, Operation, Typed};
use crate::shape::shortened;

impl Binder<'_> {
    pub(super) fn call(&mut self, at: usize, function: Function, nodes: &[Node]) -> Option<Typed> {
        use ExprType::{Boolean, Integer, Text};
        use Function as F;
        let (arguments, data_type) = match function {
            F::Abs => self.signed(nodes)?,
            F::Round | F::Floor | F::Ceil => self.rounded(function, nodes)?,
            F::Length => (self.texts(nodes)?, Integer),
            F::Lower | F::Upper | F::Trim | F::Concat => (self.texts(nodes)?, Text),
            F::StartsWith | F::EndsWith | F::Contains => (self.texts(nodes)?, Boolean),
            F::Substring => self.substring(nodes)?,
            F::Matches => self.matches(nodes)?,
            F::Coalesce | F::Least | F::Greatest | F::NullIf => self.choice(function, nodes)?,
            F::Year | F::Month | F::Day | F::Weekday => (self.times(nodes, true)?, Integer),
            F::Hour => (self.times(nodes, false)?, Integer),
            F::Date => (self.times(nodes, false)?, ExprType::Date),
            F::DaysBetween => (self.span(at, nodes, true)?, Integer),
            F::SecondsBetween => (self.span(at, nodes, false)?, Integer),
        };
        typed(Operation::Call(function, arguments), data_type)
    }

    fn texts(&mut self, nodes: &[Node]) -> Option<Vec<Typed>> {
        let found: Vec<_> = nodes
            .iter()
            .map(|node| self.of_type(node, ExprType::Text))
            .collect();
        found.into_iter().collect()
    }

    fn signed(&mut self, nodes: &[Node]) -> Option<(Vec<Typed>, ExprType)> {
        let node = nodes.first()?;
        let value = self.operand(node)?;
        let data_type = value.data_type;
        if data_type.is_number() || data_type == ExprType::Duration {
            return Some((vec![value], data_type));
        }
        let message = format!("expected a number or a duration, found {data_type}");
        self.misfit(node.at, message, "write a number or a duration");
        None
    }

    fn rounded(&mut self, function: Function, nodes: &[Node]) -> Option<(Vec<Typed>, ExprType)> {
        let node = nodes.first()?;
        let value = self.operand(node);
        let digits = match nodes.get(1) {
            Some(node) => self.whole(node, 0..=15)?,
            None => 0,
        };
        let value = value?;
        let data_type = match value.data_type {
            ExprType::Decimal { scale } => {
                let digits = u8::try_from(digits).unwrap_or(scale);
                ExprType::Decimal {
                    scale: if function == Function::Round {
                        digits.min(scale)
                    } else {
                        0
                    },
                }
            }
            ExprType::Integer | ExprType::Float => value.data_type,
            other => {
                let message = format!("expected a number, found {other}");
                self.misfit(node.at, message, "write a number");
                return None;
            }
        };
        let mut arguments = vec![value];
        if function == Function::Round {
            arguments.extend(typed(
                Operation::Literal(Literal::Integer(digits)),
                ExprType::Integer,
            ));
        }
        Some((arguments, data_type))
    }

    /// A whole number that is written down.
    fn whole(&mut self, node: &Node, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        match node.kind {
            Kind::Literal(Literal::Integer(value)) if range.contains(&value) => Some(value),
            _ => {
                let fix = match *range.end() {
                    i64::MAX => format!("write a number of {} or more", range.start()),
                    end => format!("write a number from {} to {end}", range.start()),
                };
                let message = "expected a whole number, written down";
                self.note(ExpressionError::new(node.at, "out-of-range", message, fix));
                None
            }
        }
    }

    fn substring(&mut self, nodes: &[Node]) -> Option<(Vec<Typed>, ExprType)> {
        let mut arguments = self.texts(nodes.get(..1)?)?;
        for (node, least) in nodes.iter().skip(1).zip([1, 0]) {
            let value = self.whole(node, least..=i64::MAX)?;
            arguments.extend(typed(
                Operation::Literal(Literal::Integer(value)),
                ExprType::Integer,
            ));
        }
        Some((arguments, ExprType::Text))
    }

    fn matches(&mut self, nodes: &[Node]) -> Option<(Vec<Typed>, ExprType)> {
        let mut arguments = self.texts(nodes.get(..1)?)?;
        let node = nodes.get(1)?;
        let Kind::Literal(Literal::Text(pattern)) = &node.kind else {
            self.misfit(
                node.at,
                "a pattern is not computed",
                "write the regular expression in single quotes",
            );
            return None;
        };
        if let Some((code, reason)) = self.patterns.fault(pattern) {
            let message = format!(
                "'{}' is not accepted as a pattern: {reason}",
                shortened(pattern)
            );
            let fix = "write a small one in the syntax of Rust's `regex`: no look-around, no back-references";
            self.note(ExpressionError::new(node.at, code, message, fix));
            return None;
        }
        let pattern = Operation::Literal(Literal::Text(pattern.clone()));
        arguments.extend(typed(pattern, ExprType::Text));
        Some((arguments, ExprType::Boolean))
    }

    fn choice(&mut self, function: Function, nodes: &[Node]) -> Option<(Vec<Typed>, ExprType)> {
        if let Some(node) = nodes.iter().find(|node| is_null(node)) {
            let message = format!("null changes nothing in `{}`", function.as_str());
            self.misfit(node.at, message, "leave it out");
            return None;
        }
        let (arguments, data_type) = self.of_one_type(&nodes.iter().collect::<Vec<_>>())?;
        let is_order = matches!(function, Function::Least | Function::Greatest);
        if is_order && data_type == ExprType::Boolean {
            let at = nodes.first().map_or(1, |node| node.at);
            self.misfit(at, "conditions have no order", "write `and` or `or`");
            return None;
        }
        Some((arguments, data_type))
    }

    /// Times of day, or also days.
    fn times(&mut self, nodes: &[Node], or_days: bool) -> Option<Vec<Typed>> {
        let node = nodes.first()?;
        let value = self.operand(node)?;
        let data_type = value.data_type;
        if data_type.is_time() || (or_days && data_type == ExprType::Date) {
            return Some(vec![value]);
        }
        let wanted = if or_days {
            "a date or a timestamp"
        } else {
            "a timestamp"
        };
        let message = format!("expected {wanted}, found {data_type}");
        self.misfit(node.at, message, format!("write {wanted}"));
        None
    }

    /// Two times of one kind.
    fn span(&mut self, at: usize, nodes: &[Node], or_days: bool) -> Option<Vec<Typed>> {
        let found: Vec<_> = nodes.iter().map(|node| self.operand(node)).collect();
        let found: Vec<Typed> = found.into_iter().collect::<Option<_>>()?;
        if let [from, to] = found.as_slice()
            && from.data_type == to.data_type
            && (from.data_type.is_time() || (or_days && from.data_type == ExprType::Date))
        {
            return Some(found);
        }
        let types: Vec<String> = found
            .iter()
            .map(|part| part.data_type.to_string())
            .collect();
        let message = format!("there is no such time between {}", types.join(" and "));
        let fix = match or_days {
            true => "write two dates, two instants or two local times",
            false => "write two instants or two local times",
        };
        self.misfit(at, message, fix);
        None
    }
}
