//! Gives every part of an expression its type, and says what does not fit.

mod arithmetic;
mod call;
mod compare;
mod literal;

use super::ast::{Comparison, Kind, Literal, Node};
use super::display::Path;
use super::error::ExpressionError;
use super::typed::{ExprType, Operation, Typed};
use crate::shape::{nearest, shortened};
use crate::validate::PatternBudget;
use crate::{Column, DataType};

/// The most problems that are noted.
const MAX_PROBLEMS: usize = 20;
/// For how many unknown columns a similar one is looked for: it costs a look at every column.
const MAX_ADVICE: usize = 3;

pub(super) fn bind(root: &Node, columns: &[Column]) -> Result<Typed, Vec<ExpressionError>> {
    let mut binder = Binder {
        columns,
        problems: Vec::new(),
        advice: 0,
        patterns: PatternBudget::of_expression(),
    };
    match binder.operand(root) {
        Some(typed) if binder.problems.is_empty() => Ok(typed),
        _ => {
            binder.problems.sort_by_key(|problem| problem.at);
            Err(binder.problems)
        }
    }
}

/// `None` where something is wrong that has been noted: one mistake is one problem.
struct Binder<'a> {
    columns: &'a [Column],
    problems: Vec<ExpressionError>,
    advice: usize,
    patterns: PatternBudget<'a>,
}

pub(super) fn is_null(node: &Node) -> bool {
    node.kind == Kind::Literal(Literal::Null)
}

/// A part of that type.
fn typed(operation: Operation, data_type: ExprType) -> Option<Typed> {
    Some(Typed {
        operation,
        data_type,
    })
}

impl<'a> Binder<'a> {
    fn note(&mut self, problem: ExpressionError) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Notes that types do not fit.
    fn misfit(&mut self, at: usize, message: impl Into<String>, fix: impl Into<String>) {
        self.note(ExpressionError::of_type(at, message, fix));
    }

    /// A part whose value is used: null would make the whole null.
    fn operand(&mut self, node: &Node) -> Option<Typed> {
        if is_null(node) {
            let message = "the result is null whatever the rows hold";
            self.misfit(node.at, message, "write `a is null`, or leave the part out");
            return None;
        }
        self.node(node)
    }

    /// A part that must be of a type.
    fn of_type(&mut self, node: &Node, wanted: ExprType) -> Option<Typed> {
        let found = self.operand(node)?;
        if found.data_type == wanted {
            return Some(found);
        }
        let message = format!("expected {wanted}, found {}", found.data_type);
        let fix = match (wanted, found.data_type) {
            (ExprType::Boolean, _) => "compare it with something: `a > 0`".to_owned(),
            _ => format!("write {wanted}"),
        };
        self.misfit(node.at, message, fix);
        None
    }

    fn node(&mut self, node: &Node) -> Option<Typed> {
        match &node.kind {
            Kind::Literal(literal) => {
                let data_type = literal::type_of(literal)?;
                typed(Operation::Literal(literal.clone()), data_type)
            }
            Kind::Column(path) => self.column(node.at, path),
            Kind::Negate(value) => self.negate(value),
            Kind::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right),
            Kind::Compare(comparison, left, right) => self.compare(*comparison, left, right),
            Kind::And(parts) => self
                .conditions(parts)
                .map(Operation::And)
                .and_then(condition),
            Kind::Or(parts) => self
                .conditions(parts)
                .map(Operation::Or)
                .and_then(condition),
            Kind::Not(value) => {
                let value = self.of_type(value, ExprType::Boolean)?;
                condition(Operation::Not(Box::new(value)))
            }
            Kind::Between {
                is_not,
                value,
                low,
                high,
            } => {
                let between = self.between(value, low, high)?;
                negated(between, *is_not)
            }
            Kind::In {
                is_not,
                value,
                list,
            } => {
                let found = self.among(value, list)?;
                negated(found, *is_not)
            }
            Kind::IsNull { is_not, value } => {
                let found = self.missing(value)?;
                negated(found, *is_not)
            }
            Kind::Case {
                branches,
                otherwise,
            } => self.case(branches, otherwise.as_deref()),
            Kind::Call(function, arguments) => self.call(node.at, *function, arguments),
        }
    }

    fn conditions(&mut self, parts: &[Node]) -> Option<Vec<Typed>> {
        // Every part is looked at, so that all problems are found.
        let parts: Vec<_> = parts
            .iter()
            .map(|part| self.of_type(part, ExprType::Boolean))
            .collect();
        parts.into_iter().collect()
    }

    /// Whether a value is null; of a column of any type.
    fn missing(&mut self, value: &Node) -> Option<Operation> {
        if let Kind::Column(path) = &value.kind {
            let column = self.find(value.at, path)?;
            if ExprType::of(&column.data_type).is_none() {
                return Some(Operation::IsMissing(path.clone()));
            }
        }
        let value = self.operand(value)?;
        Some(Operation::IsNull(Box::new(value)))
    }

    fn case(&mut self, branches: &[(Node, Node)], otherwise: Option<&Node>) -> Option<Typed> {
        let conditions: Vec<_> = branches
            .iter()
            .map(|(when, _)| self.of_type(when, ExprType::Boolean))
            .collect();
        let values: Vec<&Node> = branches
            .iter()
            .map(|(_, then)| then)
            .chain(otherwise)
            .collect();
        let (values, data_type) = self.of_one_type(&values)?;
        let conditions: Vec<Typed> = conditions.into_iter().collect::<Option<_>>()?;
        let mut values = values.into_iter();
        let branches = conditions.into_iter().zip(values.by_ref()).collect();
        let otherwise = values.next().map(Box::new);
        typed(Operation::Case(branches, otherwise), data_type)
    }

    fn column(&mut self, at: usize, path: &[String]) -> Option<Typed> {
        let column = self.find(at, path)?;
        match ExprType::of(&column.data_type) {
            Some(data_type) => typed(Operation::Column(path.to_vec()), data_type),
            None => {
                let message = format!("`{}` is {}", Path(path), kind_of(&column.data_type));
                let fix = match column.data_type {
                    DataType::Struct(_) => "name one of its fields: `a.b`",
                    _ => "ask only whether it `is null`",
                };
                self.misfit(at, message, fix);
                None
            }
        }
    }

    /// The column at a path.
    fn find(&mut self, at: usize, path: &[String]) -> Option<&'a Column> {
        let mut within = self.columns;
        let mut found = None;
        for (depth, name) in path.iter().enumerate() {
            let Some(column) = within.iter().find(|column| column.name == *name) else {
                self.unknown(at, &path[..depth], name, within);
                return None;
            };
            found = Some(column);
            within = match &column.data_type {
                DataType::Struct(fields) => fields,
                _ if depth + 1 == path.len() => &[],
                other => {
                    let message = format!("`{}` is {}", Path(&path[..=depth]), kind_of(other));
                    self.misfit(at, message, "only structs have fields: `a.b`");
                    return None;
                }
            };
        }
        found
    }

    fn unknown(&mut self, at: usize, before: &[String], name: &str, known: &[Column]) {
        // A long name is no slip, and how far it is from another costs the product of their lengths.
        let names: Vec<&str> = known
            .iter()
            .map(|column| column.name.as_str())
            .filter(|known| known.len().abs_diff(name.len()) <= 12)
            .collect();
        self.advice += 1;
        let similar = match self.advice <= MAX_ADVICE {
            true => nearest::nearest(name, &names),
            false => None,
        };
        let (what, of) = match before {
            [] => ("column", String::new()),
            path => ("field", format!(" in `{}`", Path(path))),
        };
        let fix = match similar {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => match known.len() {
                0 => format!("there is no {what} at all"),
                1..=12 => format!("write one of {}", nearest::quoted(&names_of(known))),
                _ => format!("write the name of a {what} of the contract"),
            },
        };
        let message = format!("there is no {what} `{}`{of}", shortened(name));
        self.note(ExpressionError::new(at, "unknown-column", message, fix));
    }
}

fn names_of(columns: &[Column]) -> Vec<&str> {
    columns.iter().map(|column| column.name.as_str()).collect()
}

fn condition(operation: Operation) -> Option<Typed> {
    typed(operation, ExprType::Boolean)
}

/// A condition, or its opposite.
fn negated(operation: Operation, is_not: bool) -> Option<Typed> {
    let found = condition(operation)?;
    match is_not {
        true => condition(Operation::Not(Box::new(found))),
        false => Some(found),
    }
}

/// What a type is that expressions do not know, in words.
fn kind_of(data_type: &DataType) -> String {
    match data_type {
        DataType::Binary => "bytes, which expressions do not look into".to_owned(),
        DataType::Struct(_) => "a struct".to_owned(),
        DataType::List(_) => "a list, of which a row has many values".to_owned(),
        DataType::Map { .. } => "a map, of which a row has many values".to_owned(),
        other => match ExprType::of(other) {
            Some(known) => known.to_string(),
            None => format!("of type {other}"),
        },
    }
}

/// Whether a null-safe comparison says that two values are the same.
const fn says_same(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::NotDistinct)
}
