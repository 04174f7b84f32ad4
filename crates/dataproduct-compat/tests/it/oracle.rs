//! The simplest reading of a contract: whether one row keeps to it. It shares nothing with the crate.

use dataproduct_contract::{Column, DataType, Value};

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Bool(bool),
    /// A number, exactly: whole numbers and decimals in thousandths.
    Thousandths(i128),
    Real(f64),
    /// Days since 1970-01-01.
    Day(i64),
    Text(String),
    Struct(Vec<(String, Cell)>),
    List(Vec<Cell>),
}

impl Cell {
    /// The value that JSON says, read as one of a type.
    pub(crate) fn of(value: &Value, data_type: &DataType) -> Option<Self> {
        Some(match (data_type, value) {
            (_, Value::Null) => Self::Null,
            (DataType::Float32 | DataType::Float64, value) => Self::Real(match value.as_str() {
                Some("NaN") => f64::NAN,
                Some("Infinity") => f64::INFINITY,
                Some("-Infinity") => f64::NEG_INFINITY,
                _ => value.as_f64()?,
            }),
            (DataType::Date, value) => Self::Day(day(value.as_str()?)),
            (_, Value::Bool(value)) => Self::Bool(*value),
            (_, Value::String(text)) => Self::Text(text.clone()),
            (_, Value::Integer(integer)) => Self::Thousandths(i128::from(*integer) * 1_000),
            (_, Value::Float(float)) => Self::Thousandths((float.get() * 1_000.0).round() as i128),
            _ => return None,
        })
    }
}

fn day(text: &str) -> i64 {
    let day: chrono::NaiveDate = text.parse().unwrap();
    day.signed_duration_since(chrono::NaiveDate::default())
        .num_days()
}

fn thousandths(value: &Value) -> i128 {
    (value.as_f64().unwrap() * 1_000.0).round() as i128
}

/// Whether a row keeps to every column; columns that the row has beyond are nobody's matter.
pub(crate) fn legal_row(columns: &[Column], row: &[(String, Cell)]) -> bool {
    columns.iter().all(|column| {
        let cell = row.iter().find(|(name, _)| *name == column.name);
        legal(column, cell.map_or(&Cell::Null, |(_, cell)| cell))
    })
}

pub(crate) fn legal(column: &Column, cell: &Cell) -> bool {
    let limits = &column.limits;
    if *cell == Cell::Null {
        return column.nullable;
    }
    let is_listed = |same: &dyn Fn(&Value) -> bool| {
        column.allowed.is_empty()
            || column.open_enum
            || column.allowed.iter().any(|allowed| same(&allowed.value))
    };
    match (&column.data_type, cell) {
        (DataType::Boolean, Cell::Bool(_)) => true,
        (data_type, Cell::Thousandths(value)) => {
            let (unit, low, high) = match data_type {
                DataType::Int8 => (1_000, -128, 127),
                DataType::Int32 => (1_000, i128::from(i32::MIN), i128::from(i32::MAX)),
                DataType::Int64 => (1_000, i128::from(i64::MIN), i128::from(i64::MAX)),
                DataType::Decimal { precision, scale } => {
                    let all = 10_i128.pow(u32::from(*precision)) - 1;
                    (10_i128.pow(3 - u32::from(*scale)), -all, all)
                }
                _ => return false,
            };
            let step = limits
                .multiple_of
                .map(|step| (step * 1_000.0).round() as i128);
            value % unit == 0
                && (low..=high).contains(&(value / unit))
                && limits
                    .minimum
                    .as_ref()
                    .is_none_or(|b| *value >= thousandths(b))
                && limits
                    .maximum
                    .as_ref()
                    .is_none_or(|b| *value <= thousandths(b))
                && limits
                    .exclusive_minimum
                    .as_ref()
                    .is_none_or(|b| *value > thousandths(b))
                && limits
                    .exclusive_maximum
                    .as_ref()
                    .is_none_or(|b| *value < thousandths(b))
                && step.is_none_or(|step| value % step == 0)
                && is_listed(&|allowed| thousandths(allowed) == *value)
        }
        (DataType::Float64, Cell::Real(value)) => {
            let bound = |value: &Option<Value>| value.as_ref().map(|v| v.as_f64().unwrap());
            bound(&limits.minimum).is_none_or(|b| *value >= b)
                && bound(&limits.maximum).is_none_or(|b| *value <= b)
                && bound(&limits.exclusive_minimum).is_none_or(|b| *value > b)
                && bound(&limits.exclusive_maximum).is_none_or(|b| *value < b)
                && limits
                    .multiple_of
                    .is_none_or(|step| is_multiple(*value, step))
        }
        (DataType::Date, Cell::Day(value)) => {
            let bound = |value: &Option<Value>| value.as_ref().map(|v| day(v.as_str().unwrap()));
            bound(&limits.minimum).is_none_or(|b| *value >= b)
                && bound(&limits.maximum).is_none_or(|b| *value <= b)
        }
        (DataType::String, Cell::Text(text)) => {
            let length = text.chars().count() as u64;
            limits.min_length.is_none_or(|min| length >= min)
                && limits.max_length.is_none_or(|max| length <= max)
                && limits.pattern.as_ref().is_none_or(|p| matches(p, text))
                && is_listed(&|allowed| allowed.as_str() == Some(text))
        }
        (DataType::Struct(fields), Cell::Struct(row)) => legal_row(fields, row),
        (DataType::List(element), Cell::List(cells)) => {
            let size = cells.len() as u64;
            let twins = cells
                .iter()
                .enumerate()
                .any(|(i, a)| cells[..i].contains(a));
            limits.min_items.is_none_or(|min| size >= min)
                && limits.max_items.is_none_or(|max| size <= max)
                && !(limits.unique_items && twins)
                && cells.iter().all(|cell| legal(element, cell))
        }
        _ => false,
    }
}

/// A number that is written with few digits is a multiple of a step if it is in thousandths.
fn is_multiple(value: f64, step: f64) -> bool {
    if !value.is_finite() {
        return false;
    }
    let scale = |x: f64| (x * 1e6).round();
    (scale(value) / 1e6 - value).abs() < 1e-12 && (scale(value) % scale(step)).abs() < 0.5
}

/// The patterns of the generated contracts, one by one.
fn matches(pattern: &str, text: &str) -> bool {
    let only = |letters: &str| text.chars().all(|c| letters.contains(c));
    match pattern {
        "a*" => only("a"),
        "[ab]*" => only("ab"),
        "[ab]{1,2}" => only("ab") && (1..=2).contains(&text.chars().count()),
        "(?s).*" => true,
        other => panic!("the oracle does not know {other}"),
    }
}

/// Values worth trying on a column and on what it was: those at the edges of both.
pub(crate) fn pool(old: Option<&Column>, new: &Column) -> Vec<Cell> {
    let mut pool = vec![Cell::Null];
    for column in old.into_iter().chain([new]) {
        match &column.data_type {
            DataType::Float64 => {
                let numbers = [
                    -2.0, -1.0, -0.5, 0.0, 0.1, 0.2, 0.25, 0.5, 0.75, 1.0, 2.0, 9.5, 9.75,
                ];
                pool.extend(numbers.map(Cell::Real));
                pool.extend([f64::NAN, f64::INFINITY].map(Cell::Real));
            }
            DataType::Date => {
                pool.extend((20_453..20_461).map(Cell::Day));
            }
            DataType::String => {
                let texts = ["", "a", "b", "ab", "aa", "abc", "x", "aaaa", "ababa"];
                pool.extend(texts.map(|text| Cell::Text(text.to_owned())));
            }
            DataType::Struct(fields) => {
                let other = |name: &str| match old.map(|old| &old.data_type) {
                    Some(DataType::Struct(fields)) => fields.iter().find(|f| f.name == name),
                    _ => None,
                };
                let mut random = Random(fields.len() as u64);
                let pools: Vec<_> = fields
                    .iter()
                    .map(|f| super::oracle::pool(other(&f.name), f))
                    .collect();
                for _ in 0..24 {
                    let names = fields.iter().map(|f| f.name.clone());
                    let cells = pools.iter().map(|pool| random.pick(pool));
                    pool.push(Cell::Struct(names.zip(cells).collect()));
                }
            }
            DataType::List(element) => {
                let other = match old.map(|old| &old.data_type) {
                    Some(DataType::List(element)) => Some(element.as_ref()),
                    _ => None,
                };
                let mut random = Random(7);
                let elements = super::oracle::pool(other, element);
                for size in [0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4] {
                    let cells = (0..size).map(|_| random.pick(&elements)).collect();
                    pool.push(Cell::List(cells));
                }
            }
            _ => {
                let small = (-5..12).map(|i| i * 1_000);
                let halves = [100, 500, 1_500, 999_000, 1_000_000, 128_000, 129_000];
                let large = [i128::from(i32::MAX) + 1, -129].map(|i| i * 1_000);
                pool.extend(small.chain(halves).chain(large).map(Cell::Thousandths));
            }
        }
    }
    pool
}

/// A small generator, so that rows are as many as they have to be without slowing the shrinking.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn pick(&mut self, pool: &[Cell]) -> Cell {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let at = usize::try_from((z ^ (z >> 31)) % pool.len() as u64).unwrap();
        pool[at].clone()
    }
}
