//! An expression bound to the columns of a schema, and its value for one row.

use arrow_schema::Schema;
use dataproduct_contract::ExprType;
use dataproduct_contract::expr::{Arithmetic, Comparison, Function, Literal, Operation, Typed};
use regex::{Regex, RegexBuilder};

use super::call;
use super::cell::Cell;
use super::column::{Place, Values};

/// The largest pattern once it is compiled, as all patterns of an expression together may be.
const MAX_PATTERN_SIZE: usize = 4 << 20;

/// A part of an expression. Columns are positions in the list of those that are read.
#[derive(Debug)]
pub(super) enum Step {
    Literal(Literal),
    Column(usize),
    IsMissing(usize),
    Convert(ExprType, Box<Step>),
    Negate(Box<Step>),
    Arithmetic(Arithmetic, ExprType, Box<Step>, Box<Step>),
    Compare(Comparison, Box<Step>, Box<Step>),
    And(Vec<Step>),
    Or(Vec<Step>),
    Not(Box<Step>),
    Between(Box<Step>, Box<Step>, Box<Step>),
    In(Box<Step>, Vec<Step>),
    IsNull(Box<Step>),
    Case(Vec<(Step, Step)>, Option<Box<Step>>),
    Coalesce(Vec<Step>),
    Matches(Box<Step>, Regex),
    /// With the type of the first argument.
    Call(Function, ExprType, Vec<Step>),
}

/// Makes steps of typed parts.
pub(super) struct Plan<'a> {
    schema: &'a Schema,
    places: Vec<Place>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            places: Vec::new(),
        }
    }

    pub(super) fn into_places(self) -> Vec<Place> {
        self.places
    }

    /// The conditions that all must hold for the whole to hold.
    pub(super) fn conditions(&mut self, part: &Typed, out: &mut Vec<Step>) -> Result<(), String> {
        match &part.operation {
            Operation::And(parts) => parts.iter().try_for_each(|part| self.conditions(part, out)),
            Operation::Between(value, low, high) if is_plain(value) => {
                for (comparison, bound) in [
                    (Comparison::GreaterOrEqual, low),
                    (Comparison::LessOrEqual, high),
                ] {
                    let (value, bound) = (self.boxed(value)?, self.boxed(bound)?);
                    out.push(Step::Compare(comparison, value, bound));
                }
                Ok(())
            }
            _ => {
                out.push(self.step(part)?);
                Ok(())
            }
        }
    }

    fn place(&mut self, path: &[String], is_read: bool) -> Result<usize, String> {
        let place = Place::find(self.schema, path)?;
        if is_read && !place.is_readable() {
            return Err(format!(
                "`{}` is stored as {}, which no contract has; cast it to the type of the contract",
                path.join("."),
                place.data_type()
            ));
        }
        let known = self.places.iter().position(|known| *known == place);
        Ok(known.unwrap_or_else(|| {
            self.places.push(place);
            self.places.len() - 1
        }))
    }

    fn boxed(&mut self, part: &Typed) -> Result<Box<Step>, String> {
        self.step(part).map(Box::new)
    }

    fn all(&mut self, parts: &[Typed]) -> Result<Vec<Step>, String> {
        parts.iter().map(|part| self.step(part)).collect()
    }

    pub(super) fn step(&mut self, part: &Typed) -> Result<Step, String> {
        Ok(match &part.operation {
            Operation::Literal(literal) => Step::Literal(literal.clone()),
            Operation::Column(path) => Step::Column(self.place(path, true)?),
            Operation::IsMissing(path) => Step::IsMissing(self.place(path, false)?),
            Operation::Convert(value) => Step::Convert(part.data_type, self.boxed(value)?),
            Operation::Negate(value) => Step::Negate(self.boxed(value)?),
            Operation::Arithmetic(operator, a, b) => {
                Step::Arithmetic(*operator, part.data_type, self.boxed(a)?, self.boxed(b)?)
            }
            Operation::Compare(how, a, b) => Step::Compare(*how, self.boxed(a)?, self.boxed(b)?),
            Operation::And(parts) => Step::And(self.all(parts)?),
            Operation::Or(parts) => Step::Or(self.all(parts)?),
            Operation::Not(value) => Step::Not(self.boxed(value)?),
            Operation::Between(value, low, high) => {
                Step::Between(self.boxed(value)?, self.boxed(low)?, self.boxed(high)?)
            }
            Operation::In(value, items) => Step::In(self.boxed(value)?, self.all(items)?),
            Operation::IsNull(value) => Step::IsNull(self.boxed(value)?),
            Operation::Case(branches, otherwise) => {
                let branches = branches
                    .iter()
                    .map(|(when, then)| Ok((self.step(when)?, self.step(then)?)))
                    .collect::<Result<_, String>>()?;
                let otherwise = match otherwise {
                    Some(value) => Some(self.boxed(value)?),
                    None => None,
                };
                Step::Case(branches, otherwise)
            }
            Operation::Call(function, parts) => self.call(*function, parts)?,
            other => return Err(format!("{other:?} cannot be computed by this version")),
        })
    }

    fn call(&mut self, function: Function, parts: &[Typed]) -> Result<Step, String> {
        if let (Function::Matches, [text, pattern]) = (function, parts)
            && let Operation::Literal(Literal::Text(pattern)) = &pattern.operation
        {
            let regex = RegexBuilder::new(&format!(r"\A(?:{pattern})\z"))
                .size_limit(MAX_PATTERN_SIZE)
                .build()
                .map_err(|error| format!("'{pattern}' is not accepted as a pattern: {error}"))?;
            return Ok(Step::Matches(self.boxed(text)?, regex));
        }
        if function == Function::Coalesce {
            return Ok(Step::Coalesce(self.all(parts)?));
        }
        let of = parts
            .first()
            .map(|part| part.data_type)
            .ok_or_else(|| format!("`{}` has no arguments", function.as_str()))?;
        Ok(Step::Call(function, of, self.all(parts)?))
    }
}

/// Whether it costs nothing to have the value twice.
fn is_plain(part: &Typed) -> bool {
    matches!(part.operation, Operation::Column(_) | Operation::Literal(_))
}

impl Step {
    /// The value for a row.
    pub(super) fn value<'a>(&'a self, columns: &[Values<'a>], row: usize) -> Cell<'a> {
        let of = |step: &'a Step| step.value(columns, row);
        match self {
            Self::Literal(literal) => Cell::of_literal(literal),
            Self::Column(at) => columns.get(*at).map_or(Cell::Broken, |c| c.cell(row)),
            Self::IsMissing(at) => columns
                .get(*at)
                .map_or(Cell::Broken, |c| Cell::Boolean(c.is_null(row))),
            Self::Convert(to, value) => of(value).converted(*to),
            Self::Negate(value) => of(value).negated(),
            Self::Arithmetic(operator, to, a, b) => of(a).computed(*operator, of(b), *to),
            Self::Compare(comparison, a, b) => of(a).compared(*comparison, &of(b)),
            Self::And(parts) => settled(parts.iter().map(of), false),
            Self::Or(parts) => settled(parts.iter().map(of), true),
            Self::Not(value) => match of(value) {
                Cell::Boolean(value) => Cell::Boolean(!value),
                other => other,
            },
            Self::Between(value, low, high) => {
                let value = of(value);
                let bounds = [
                    (Comparison::GreaterOrEqual, low),
                    (Comparison::LessOrEqual, high),
                ];
                let tests = bounds
                    .into_iter()
                    .map(|(how, b)| value.compared(how, &of(b)));
                settled(tests, false)
            }
            Self::In(value, items) => {
                let value = of(value);
                let tests = items.iter();
                settled(
                    tests.map(|item| value.compared(Comparison::Equal, &of(item))),
                    true,
                )
            }
            Self::IsNull(value) => match of(value) {
                Cell::Broken => Cell::Broken,
                Cell::Null => Cell::Boolean(true),
                _ => Cell::Boolean(false),
            },
            Self::Case(branches, otherwise) => {
                for (when, then) in branches {
                    match of(when) {
                        Cell::Boolean(true) => return of(then),
                        Cell::Boolean(false) | Cell::Null => {}
                        _ => return Cell::Broken,
                    }
                }
                otherwise.as_deref().map_or(Cell::Null, of)
            }
            Self::Coalesce(parts) => parts
                .iter()
                .map(of)
                .find(|cell| !matches!(cell, Cell::Null))
                .unwrap_or(Cell::Null),
            Self::Matches(text, regex) => match of(text) {
                Cell::Text(text) => Cell::Boolean(regex.is_match(&text)),
                Cell::Null => Cell::Null,
                _ => Cell::Broken,
            },
            Self::Call(function, first, parts) => {
                call::call(*function, *first, parts.iter().map(of).collect())
            }
        }
    }
}

/// `or` is settled by one that is true, `and` by one that is false; else what cannot be computed wins, then null.
fn settled<'a>(cells: impl Iterator<Item = Cell<'a>>, by: bool) -> Cell<'a> {
    let mut out = Cell::Boolean(!by);
    for cell in cells {
        match (cell, &out) {
            (Cell::Boolean(value), _) if value == by => return Cell::Boolean(by),
            (Cell::Boolean(_), _) | (Cell::Null, Cell::Broken) => {}
            (Cell::Null, _) => out = Cell::Null,
            _ => out = Cell::Broken,
        }
    }
    out
}
