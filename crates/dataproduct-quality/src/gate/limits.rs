//! What a column's limits say, as checks bound to its type.

use arrow_schema::{DataType as ArrowType, Schema};
use dataproduct_contract::{Column, DataType, Value};

use super::plan::listed;
use super::rule::Run;
use crate::checks::{
    ColumnCheck, FormatCheck, ItemCount, Length, Member, MultipleOf, Pattern, Range, RowCheck,
    UniqueItems,
};
use crate::promise::Bound;

/// A check of the column at a path, or why there is none.
pub(super) fn bound_at(
    path: &str,
    schema: &Schema,
    bind: impl FnOnce(&ArrowType) -> Result<RowCheck, String>,
) -> Run {
    match ColumnCheck::bind(path, schema, bind) {
        Ok(check) => Run::Column(check),
        Err(error) => Run::Left(error.to_string()),
    }
}

pub(super) type Bind<'a> = Box<dyn FnOnce(&ArrowType) -> Result<RowCheck, String> + 'a>;

/// What a column's limits say, as checks to be bound to its type.
pub(super) fn limits(column: &Column) -> Vec<(&'static str, Option<String>, Bind<'_>)> {
    let limits = &column.limits;
    let mut out: Vec<(&'static str, Option<String>, Bind<'_>)> = Vec::new();
    let ranges = [
        (&limits.minimum, &limits.maximum, true),
        (&limits.exclusive_minimum, &limits.exclusive_maximum, false),
    ];
    for (minimum, maximum, inclusive) in ranges {
        if minimum.is_none() && maximum.is_none() {
            continue;
        }
        let bound = |value: &Option<Value>| value.clone().map(|value| Bound { value, inclusive });
        let (low, high) = (bound(minimum), bound(maximum));
        let sign = if inclusive { "<=" } else { "<" };
        let mut text = String::new();
        if let Some(value) = minimum {
            text.push_str(&format!("{value} {sign} "));
        }
        text.push_str("value");
        if let Some(value) = maximum {
            text.push_str(&format!(" {sign} {value}"));
        }
        let bind =
            move |t: &ArrowType| Range::bind(low.as_ref(), high.as_ref(), t).map(RowCheck::Range);
        out.push(("range", Some(text), Box::new(bind)));
    }
    if let Some(step) = limits.multiple_of {
        let text = Some(format!("a multiple of {step}"));
        let bind = move |t: &ArrowType| {
            let step = dataproduct_contract::Number::try_from(step)
                .map(Value::from)
                .map_err(|_| "the step is no number".to_owned())?;
            MultipleOf::bind(&step, t).map(RowCheck::MultipleOf)
        };
        out.push(("multipleOf", text, Box::new(bind)));
    }
    let span = |low: Option<u64>, high: Option<u64>, what: &str| {
        (low.is_some() || high.is_some()).then(|| match (low, high) {
            (Some(low), Some(high)) => format!("{low} to {high} {what}"),
            (Some(low), None) => format!("at least {low} {what}"),
            (None, high) => format!("at most {} {what}", high.unwrap_or_default()),
        })
    };
    if let Some(text) = span(limits.min_length, limits.max_length, "characters") {
        let bind = |t: &ArrowType| {
            Length::bind(limits.min_length, limits.max_length, t).map(RowCheck::Length)
        };
        out.push(("length", Some(text), Box::new(bind)));
    }
    if let Some(text) = span(limits.min_items, limits.max_items, "items") {
        let bind = |t: &ArrowType| {
            ItemCount::bind(limits.min_items, limits.max_items, t).map(RowCheck::ItemCount)
        };
        out.push(("items", Some(text), Box::new(bind)));
    }
    if limits.unique_items {
        let bind = |t: &ArrowType| UniqueItems::bind(t).map(RowCheck::UniqueItems);
        out.push(("uniqueItems", None, Box::new(bind)));
    }
    if let Some(pattern) = &limits.pattern {
        let bind = |t: &ArrowType| Pattern::bind(pattern, t).map(RowCheck::Pattern);
        let text = Some(format!("matches `{pattern}`"));
        out.push(("pattern", text, Box::new(bind)));
    }
    if let Some(format) = &limits.format
        && column.data_type == DataType::String
    {
        let bind = |t: &ArrowType| FormatCheck::bind(format, t).map(RowCheck::Format);
        out.push(("format", Some(format!("is {format}")), Box::new(bind)));
    }
    if !column.allowed.is_empty() && !column.open_enum && column.data_type != DataType::String {
        let values: Vec<Value> = column.allowed.iter().map(|a| a.value.clone()).collect();
        let text = Some(listed(&values));
        let bind = move |t: &ArrowType| Member::bind(&values, t).map(RowCheck::Member);
        out.push(("allowed", text, Box::new(bind)));
    }
    out
}
