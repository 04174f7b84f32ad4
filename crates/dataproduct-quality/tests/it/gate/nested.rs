//! What is said of parts of columns, at every depth, against an oracle that walks plain values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Int64Array, ListArray, MapArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, Fields, Schema};
use dataproduct_contract::{Column, Contract, DataType, OnFailure};
use dataproduct_quality::Quarantined;
use proptest::prelude::*;

use super::driver::{parted, report, timeless};

/// A value at any depth.
#[derive(Clone, Debug)]
enum Value {
    Missing,
    Number(i64),
    Text(String),
    Struct(Vec<Value>),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

type Row = Vec<Value>;

/// Orders of which nearly everything is nested. `product` and `lines` are what happens on a breach, `items` is whether
/// lines may be missing within their list.
fn contract(product: Option<&OnFailure>, lines: Option<&OnFailure>, items: bool) -> Contract {
    let number = |name: &str| Column::new(name, DataType::Int64);
    let text = |name: &str| Column::new(name, DataType::String);
    let inner = DataType::Struct(vec![number("x").with_maximum(9)]);
    let size = DataType::Struct(vec![
        number("width").with_minimum(0),
        text("note").with_nullable(true).with_max_length(3),
        Column::new("inner", inner).with_nullable(true),
    ]);
    let tags = text("element").with_allowed("a").with_allowed("b");
    let line = DataType::Struct(vec![
        text("sku").with_pattern("[a-c]+"),
        number("n").with_nullable(true).with_minimum(1),
        Column::new("tags", DataType::List(Box::new(tags))),
    ]);
    let line = Column::new("element", line).with_nullable(items);
    let list = DataType::List(Box::new(line));
    let mut column = Column::new("lines", list)
        .with_nullable(true)
        .with_max_items(2);
    column.on_failure = lines.cloned();
    let fees = DataType::map(DataType::String, DataType::Int64, false);
    let mut builder = Contract::builder("sales.orders", "1.0.0")
        .with_owner("sales")
        .with_column(number("id").with_key(1))
        .with_column(Column::new("size", size))
        .with_column(column)
        .with_column(Column::new("fees", fees).with_nullable(true));
    if let Some(product) = product {
        builder = builder.with_on_failure(product.clone());
    }
    builder.build().unwrap()
}

/// Any value of a type, of which every part may be missing.
fn value(data_type: &DataType) -> BoxedStrategy<Value> {
    let there = match data_type {
        DataType::Int64 => (-1..12_i64).prop_map(Value::Number).boxed(),
        DataType::String => prop::sample::select(vec!["a", "b", "a", "b", "abca", "x"])
            .prop_map(|text| Value::Text(text.to_owned()))
            .boxed(),
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields.iter().map(|field| value(&field.data_type)).collect();
            fields.prop_map(Value::Struct).boxed()
        }
        DataType::List(element) => prop::collection::vec(value(&element.data_type), 0..4)
            .prop_map(Value::List)
            .boxed(),
        DataType::Map { value: of, .. } => {
            let key = prop::sample::select(vec!["k", "l", "m"]).prop_map(str::to_owned);
            let pairs = prop::collection::btree_map(key, value(&of.data_type), 0..3);
            pairs
                .prop_map(|pairs| Value::Map(pairs.into_iter().collect()))
                .boxed()
        }
        other => panic!("no values of {other}"),
    };
    prop_oneof![1 => Just(Value::Missing), 14 => there].boxed()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let columns = contract(None, None, true).columns()[1..].to_vec();
    let columns: Vec<_> = columns
        .iter()
        .map(|column| value(&column.data_type))
        .collect();
    prop::collection::vec(columns, 0..24).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(place, mut row)| {
            row.insert(0, Value::Number(place as i64));
            row
        })
        .collect()
    })
}

/// The values as Arrow has them.
fn array(data_type: &ArrowType, values: &[&Value]) -> ArrayRef {
    let nulls: NullBuffer = values
        .iter()
        .map(|v| !matches!(v, Value::Missing))
        .collect();
    let nulls = Some(nulls).filter(|nulls| nulls.null_count() > 0);
    match data_type {
        ArrowType::Int64 => Arc::new(Int64Array::from_iter(values.iter().map(
            |value| match value {
                Value::Number(number) => Some(*number),
                _ => None,
            },
        ))),
        ArrowType::Utf8 | ArrowType::Dictionary(..) => {
            let texts = values.iter().map(|value| match value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            });
            let texts: ArrayRef = Arc::new(StringArray::from_iter(texts));
            arrow_cast::cast(&texts, data_type).unwrap()
        }
        ArrowType::Struct(fields) => {
            let part = |place: usize| {
                move |value: &&Value| match value {
                    Value::Struct(parts) => parts[place].clone(),
                    _ => Value::Missing,
                }
            };
            Arc::new(structs(fields, values.len(), nulls, |place| {
                values.iter().map(part(place)).collect()
            }))
        }
        ArrowType::List(element) => {
            let lists = values.iter().map(|value| match value {
                Value::List(items) => items.as_slice(),
                _ => &[],
            });
            let ends = OffsetBuffer::from_lengths(lists.clone().map(<[Value]>::len));
            let items = array(element.data_type(), &lists.flatten().collect::<Vec<_>>());
            Arc::new(ListArray::new(Arc::clone(element), ends, items, nulls))
        }
        ArrowType::Map(entries, sorted) => {
            let maps = values.iter().map(|value| match value {
                Value::Map(pairs) => pairs.as_slice(),
                _ => &[],
            });
            let ends = OffsetBuffer::from_lengths(maps.clone().map(<[_]>::len));
            let ArrowType::Struct(fields) = entries.data_type() else {
                panic!("a map has pairs");
            };
            let pairs: Vec<_> = maps.flatten().collect();
            let pairs = structs(fields, pairs.len(), None, |place| {
                let parts = pairs.iter().map(|(key, value)| match place {
                    0 => Value::Text(key.clone()),
                    _ => value.clone(),
                });
                parts.collect()
            });
            Arc::new(MapArray::new(
                Arc::clone(entries),
                ends,
                pairs,
                nulls,
                *sorted,
            ))
        }
        other => panic!("no values of {other}"),
    }
}

fn structs(
    fields: &Fields,
    length: usize,
    nulls: Option<NullBuffer>,
    parts: impl Fn(usize) -> Vec<Value>,
) -> StructArray {
    let columns = fields.iter().enumerate().map(|(place, field)| {
        let parts = parts(place);
        array(field.data_type(), &parts.iter().collect::<Vec<_>>())
    });
    let columns = columns.collect();
    StructArray::try_new_with_length(fields.clone(), columns, nulls, length).unwrap()
}

fn batch(schema: &Schema, rows: &[&Row]) -> RecordBatch {
    let columns = schema.fields().iter().enumerate().map(|(place, field)| {
        let values: Vec<&Value> = rows.iter().map(|row| &row[place]).collect();
        array(field.data_type(), &values)
    });
    RecordBatch::try_new(Arc::new(schema.clone()), columns.collect()).unwrap()
}

/// The schema of the contract, any part of which may be missing.
fn loose(contract: &Contract) -> Schema {
    Schema::new(Quarantined::schema(contract).fields()[2..].to_vec())
}

/// Notes the rules that a value breaks, by the path to it.
fn walk(column: &Column, path: &str, value: &Value, broken: &mut BTreeSet<String>) {
    let mut note = |rule: &str| {
        broken.insert(format!("{path}.{rule}"));
    };
    let number = |limit: &Option<dataproduct_contract::Value>| {
        limit.as_ref().and_then(|limit| limit.as_i64())
    };
    let limits = &column.limits;
    match (value, &column.data_type) {
        (Value::Missing, _) if !column.nullable => note("required"),
        (Value::Missing, _) => {}
        (Value::Number(n), _) => {
            let low = number(&limits.minimum).is_some_and(|least| *n < least);
            let high = number(&limits.maximum).is_some_and(|most| *n > most);
            if low || high {
                note("range");
            }
        }
        (Value::Text(text), _) => {
            let is_allowed =
                |allowed: &dataproduct_contract::AllowedValue| allowed.value.as_str() == Some(text);
            if !column.allowed.is_empty() && !column.allowed.iter().any(is_allowed) {
                note("allowed");
            }
            if limits.pattern.is_some() && text.chars().any(|c| !"abc".contains(c)) {
                note("pattern");
            }
            if limits
                .max_length
                .is_some_and(|most| text.len() as u64 > most)
            {
                note("length");
            }
        }
        (Value::Struct(parts), DataType::Struct(fields)) => {
            for (field, part) in fields.iter().zip(parts) {
                walk(field, &format!("{path}.{}", field.name), part, broken);
            }
        }
        (Value::List(items), DataType::List(element)) => {
            if limits
                .max_items
                .is_some_and(|most| items.len() as u64 > most)
            {
                note("items");
            }
            for item in items {
                walk(element, &format!("{path}.element"), item, broken);
            }
        }
        (Value::Map(pairs), DataType::Map { value: of, .. }) => {
            for (_, value) in pairs {
                walk(of, &format!("{path}.value"), value, broken);
            }
        }
        (value, data_type) => panic!("{value:?} is no {data_type}"),
    }
}

proptest! {
    #[test]
    fn each_row_is_counted_once_to_each_rule_that_any_of_its_parts_breaks(
        rows in rows(),
        product in prop::option::of(Just(OnFailure::Quarantine)),
        lines in prop::option::of(prop::sample::select(vec![OnFailure::Quarantine, OnFailure::Report])),
        items: bool,
        split in 0..24_usize,
    ) {
        let contract = contract(product.as_ref(), lines.as_ref(), items);
        let broken = rows.iter().map(|row| {
            let mut broken = BTreeSet::new();
            for (column, value) in contract.columns().iter().zip(row) {
                walk(column, &column.name, value, &mut broken);
            }
            broken
        });
        let broken: Vec<BTreeSet<String>> = broken.collect();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for rule in broken.iter().flatten() {
            *counts.entry(rule).or_default() += 1;
        }
        let all = batch(&loose(&contract), &rows.iter().collect::<Vec<_>>());
        let split = split.min(rows.len());
        let batches = [all.slice(0, split), all.slice(split, rows.len() - split)];
        let (parted, found) = parted(&contract, &batches);
        let told = found.results().iter().filter(|result| result.failed_rows > 0);
        let told: BTreeMap<&str, u64> = told.map(|r| (r.rule.as_str(), r.failed_rows)).collect();
        prop_assert_eq!(&told, &counts);
        for threads in [1, 2] {
            prop_assert_eq!(timeless(&report(&contract, &batches, threads)), timeless(&found));
        }
        // What the structure has no place for is kept apart or refused, whatever is said.
        let is_structural = |rule: &str| rule.ends_with(".required") || rule.ends_with(".allowed");
        let happens = |rule: &String| match rule.strip_prefix("lines") {
            Some(_) if lines == Some(OnFailure::Report) && is_structural(rule) => Some(OnFailure::Reject),
            Some(_) => lines.clone().or(product.clone()),
            None => product.clone(),
        };
        let happens = |rule: &String| happens(rule).unwrap_or(OnFailure::Reject);
        let refuses = broken.iter().flatten().any(|rule| happens(rule) == OnFailure::Reject);
        prop_assert_eq!(parted.refused, refuses);
        if refuses {
            return Ok(());
        }
        let (mut stay, mut apart) = (Vec::new(), BTreeMap::new());
        for ((place, row), broken) in rows.iter().enumerate().zip(&broken) {
            match broken.iter().any(|rule| happens(rule) == OnFailure::Quarantine) {
                true => drop(apart.insert(place as i64, broken.clone())),
                false => stay.push(row),
            }
        }
        let found = parted.apart.into_iter();
        let found = found.map(|(row, rules)| (row, rules.into_iter().collect::<BTreeSet<_>>()));
        prop_assert_eq!(found.collect::<BTreeMap<_, _>>(), apart);
        let schema = contract.arrow_schema();
        let published = arrow_select::concat::concat_batches(&schema, &parted.published).unwrap();
        prop_assert_eq!(published, batch(&schema, &stay));
    }
}
