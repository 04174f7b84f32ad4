//! The canonical text of an expression.

use std::fmt;

use super::ast::{Arithmetic, Comparison, Kind, Literal, Node};
use super::lexer::is_word;
use super::parser::is_reserved;
use super::time;

/// How tightly a part holds together; what is looser than its place asks stands in brackets.
mod level {
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const COMPARISON: u8 = 4;
    pub(super) const SUM: u8 = 5;
    pub(super) const PRODUCT: u8 = 6;
    pub(super) const SIGN: u8 = 7;
    pub(super) const WHOLE: u8 = 8;
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_at(f, self, level::OR)
    }
}

fn level_of(kind: &Kind) -> u8 {
    match kind {
        Kind::Or(_) => level::OR,
        Kind::And(_) => level::AND,
        Kind::Not(_) => level::NOT,
        Kind::Compare(..) | Kind::Between { .. } | Kind::In { .. } | Kind::IsNull { .. } => {
            level::COMPARISON
        }
        Kind::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, ..) => level::SUM,
        Kind::Arithmetic(..) => level::PRODUCT,
        Kind::Negate(_) => level::SIGN,
        Kind::Literal(literal) if is_negative(literal) => level::SIGN,
        Kind::Literal(_) | Kind::Column(_) | Kind::Case { .. } | Kind::Call(..) => level::WHOLE,
    }
}

fn is_negative(literal: &Literal) -> bool {
    match literal {
        Literal::Integer(value) | Literal::Duration(value) => *value < 0,
        Literal::Decimal { unscaled, .. } => *unscaled < 0,
        Literal::Float(value) => value.is_sign_negative(),
        _ => false,
    }
}

fn write_at(f: &mut fmt::Formatter<'_>, node: &Node, least: u8) -> fmt::Result {
    if level_of(&node.kind) >= least {
        return write_kind(f, &node.kind);
    }
    f.write_str("(")?;
    write_kind(f, &node.kind)?;
    f.write_str(")")
}

fn write_list(f: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str, least: u8) -> fmt::Result {
    for (i, node) in nodes.iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        write_at(f, node, least)?;
    }
    Ok(())
}

fn write_kind(f: &mut fmt::Formatter<'_>, kind: &Kind) -> fmt::Result {
    let not = |is_not: bool| if is_not { "not " } else { "" };
    match kind {
        Kind::Literal(literal) => write_literal(f, literal),
        Kind::Column(path) => write_path(f, path),
        Kind::Negate(value) => {
            f.write_str("-")?;
            // A sign before a number is a part of the number.
            let is_number = matches!(value.kind, Kind::Literal(_));
            write_at(f, value, level::WHOLE + u8::from(is_number))
        }
        Kind::Arithmetic(operator, left, right) => {
            let level = level_of(kind);
            write_at(f, left, level)?;
            write!(f, " {} ", operator.as_str())?;
            write_at(f, right, level + 1)
        }
        Kind::Compare(comparison, left, right) => {
            write_at(f, left, level::SUM)?;
            write!(f, " {} ", comparison.as_str())?;
            write_at(f, right, level::SUM)
        }
        Kind::Or(parts) => write_list(f, parts, " or ", level::AND),
        Kind::And(parts) => write_list(f, parts, " and ", level::NOT),
        Kind::Not(value) => {
            f.write_str("not ")?;
            write_at(f, value, level::NOT)
        }
        Kind::Between {
            is_not,
            value,
            low,
            high,
        } => {
            write_at(f, value, level::SUM)?;
            write!(f, " {}between ", not(*is_not))?;
            write_at(f, low, level::SUM)?;
            f.write_str(" and ")?;
            write_at(f, high, level::SUM)
        }
        Kind::In {
            is_not,
            value,
            list,
        } => {
            write_at(f, value, level::SUM)?;
            write!(f, " {}in (", not(*is_not))?;
            write_list(f, list, ", ", level::OR)?;
            f.write_str(")")
        }
        Kind::IsNull { is_not, value } => {
            write_at(f, value, level::SUM)?;
            write!(f, " is {}null", not(*is_not))
        }
        Kind::Case {
            branches,
            otherwise,
        } => {
            f.write_str("case")?;
            for (condition, value) in branches {
                write!(f, " when {condition} then {value}")?;
            }
            if let Some(otherwise) = otherwise {
                write!(f, " else {otherwise}")?;
            }
            f.write_str(" end")
        }
        Kind::Call(function, arguments) => {
            write!(f, "{}(", function.as_str())?;
            write_list(f, arguments, ", ", level::OR)?;
            f.write_str(")")
        }
    }
}

/// Writes the parts of a path, in back-quotes where they have to be.
fn write_path(f: &mut fmt::Formatter<'_>, path: &[String]) -> fmt::Result {
    for (i, name) in path.iter().enumerate() {
        if i > 0 {
            f.write_str(".")?;
        }
        if is_word(name) && !is_reserved(name) {
            f.write_str(name)?;
        } else {
            write!(f, "`{}`", name.replace('`', "``"))?;
        }
    }
    Ok(())
}

/// A path as expressions write it.
pub(super) struct Path<'a>(pub(super) &'a [String]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_path(f, self.0)
    }
}

impl fmt::Display for Literal {
    /// The literal as expressions write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_literal(f, self)
    }
}

fn write_literal(f: &mut fmt::Formatter<'_>, literal: &Literal) -> fmt::Result {
    match literal {
        Literal::Null => f.write_str("null"),
        Literal::Boolean(value) => write!(f, "{value}"),
        Literal::Integer(value) => write!(f, "{value}"),
        Literal::Decimal { unscaled, scale } => {
            let sign = if *unscaled < 0 { "-" } else { "" };
            let scale = usize::from(*scale);
            let digits = format!("{:0>1$}", unscaled.unsigned_abs(), scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let point = if scale > 0 { "." } else { "" };
            write!(f, "{sign}{whole}{point}{fraction}")
        }
        Literal::Float(value) => write!(f, "{value:e}"),
        Literal::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        Literal::Date(days) => {
            f.write_str("date '")?;
            time::write_date(f, *days)?;
            f.write_str("'")
        }
        Literal::Timestamp(micros) => {
            f.write_str("timestamp '")?;
            time::write_time(f, *micros)?;
            f.write_str("Z'")
        }
        Literal::LocalTimestamp(micros) => {
            f.write_str("timestamp '")?;
            time::write_time(f, *micros)?;
            f.write_str("'")
        }
        Literal::Duration(micros) => time::write_duration(f, *micros),
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
