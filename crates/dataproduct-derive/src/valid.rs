//! Checks of one part against another: what a column says against its type, and columns against
//! each other. All that cannot be seen here, the contract finds when it is built.

mod rule;

use std::collections::BTreeMap;

use proc_macro2::Span;

use crate::ast::{Enum, Field, Record};
use crate::attr::column::ColumnAttrs;
use crate::attr::product::ProductAttrs;
use crate::attr::{Literal, LiteralValue, Place, Range};
use crate::errors::Errors;
use crate::kind::Kind;

/// What must hold for every struct with named fields.
pub(crate) fn record(record: &Record<'_>, errors: &mut Errors) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for field in &record.fields {
        let (name, span) = field.column_name();
        if let Err(why) = crate::check::column_name(&name)
            && field.attrs.name.is_none()
        {
            errors.at(span, why);
        }
        match names.insert(name.to_lowercase(), name.clone()) {
            Some(other) if other == name => {
                errors.at(span, format!("there already is a column `{name}`: give this one another `name`"));
            }
            Some(other) => errors.at(
                span,
                format!("`{name}` differs from `{other}` only in case, which most engines do not tell apart: give one another `name`"),
            ),
            None => {}
        }
        column(&field.attrs, &field.kind, errors);
    }
    ids(record, errors);
}

fn ids(record: &Record<'_>, errors: &mut Errors) {
    let mut seen = Vec::new();
    for id in record
        .fields
        .iter()
        .filter_map(|field| field.attrs.id.as_ref())
    {
        if seen.contains(&id.value()) {
            errors.on(
                id,
                format!(
                    "`{}` is the id of another column: give this one its own",
                    id.value()
                ),
            );
        }
        seen.push(id.value());
    }
}

/// What only the rows of a product can have.
pub(crate) fn nested(record: &Record<'_>, errors: &mut Errors) {
    for Field { attrs, .. } in &record.fields {
        let places = [
            ("key", &attrs.key),
            ("partition", &attrs.partition),
            ("sort", &attrs.sort),
        ]
        .into_iter()
        .filter_map(|(name, place)| place.as_ref().map(|place| (name, place.span)));
        for (name, span) in places.chain(attrs.event_time.map(|span| ("event_time", span))) {
            errors.at(span, format!("`{name}` is a matter of whole rows: only a column of the product itself can have it"));
        }
    }
}

/// What must hold for a product and its columns together.
pub(crate) fn product(product: &ProductAttrs, record: &Record<'_>, errors: &mut Errors) {
    for (name, example) in [
        ("name", "name = \"inventory.stock-levels\""),
        ("version", "version = \"1.0.0\""),
        ("owner", "owner = \"inventory-platform\""),
    ] {
        if !product.seen.iter().any(|seen| seen == name) {
            errors.on(
                record.ident,
                format!("a data product needs `{name}`: write `#[product({example})]`"),
            );
        }
    }
    lifecycle(product, errors);
    roles(record, errors);
    let columns = rule::Columns::of(record);
    for each in &product.rules {
        rule::of_product(each, &columns, errors);
    }
    for each in record.fields.iter().flat_map(|field| &field.attrs.rules) {
        rule::names(each, &columns, errors);
    }
    if let (Some(fresh), Some(kept)) = (product.fresh_within, product.kept_for)
        && kept < fresh
    {
        errors.on(
            record.ident,
            "`kept_for` is shorter than `fresh_within`: rows would be gone while they are fresh",
        );
    }
}

fn lifecycle(product: &ProductAttrs, errors: &mut Errors) {
    let status = product
        .status
        .as_ref()
        .map_or("draft", |(status, _)| status.as_str());
    match (&product.status, &product.sunset) {
        (Some((status, span)), None) if status == "deprecated" => {
            errors.at(
                *span,
                "a deprecated product has a last day: add `sunset = \"2026-12-31\"`",
            );
        }
        (_, Some(sunset)) if !matches!(status, "deprecated" | "retired") => {
            errors.on(sunset, format!("a product that is {status} has no last day: write `status = deprecated`, or leave `sunset` out"));
        }
        _ => {}
    }
    if let Some(successor) = &product.successor
        && !matches!(status, "deprecated" | "retired")
    {
        errors.on(successor, format!("a product that is {status} has no successor: write `status = deprecated`, or leave `successor` out"));
    }
}

/// Key, partitioning, sort order and event time.
fn roles(record: &Record<'_>, errors: &mut Errors) {
    type Get = fn(&ColumnAttrs) -> Option<&Place>;
    let roles: [(&str, &str, Get); 3] = [
        ("key", "the primary key", |attrs| attrs.key.as_ref()),
        ("partition", "the partitioning", |attrs| {
            attrs.partition.as_ref()
        }),
        ("sort", "the sort order", |attrs| attrs.sort.as_ref()),
    ];
    for (name, what, get) in roles {
        let places: Vec<(&Field<'_>, &Place)> = record
            .fields
            .iter()
            .filter_map(|field| Some((field, get(&field.attrs)?)))
            .collect();
        for (field, place) in &places {
            role_type(name, what, &field.kind, place.span, errors);
        }
        positions(name, &places, errors);
    }
    let mut first: Option<String> = None;
    for field in &record.fields {
        let Some(span) = field.attrs.event_time else {
            continue;
        };
        let name = field.column_name().0;
        if let Some(first) = &first {
            errors.at(
                span,
                format!(
                    "`{first}` already is the event time: a row's fact happened once, keep one"
                ),
            );
        }
        first.get_or_insert(name);
        if !matches!(
            field.kind.required(),
            Kind::Timestamp | Kind::Date | Kind::Other
        ) {
            errors.at(
                span,
                format!(
                    "{} is not an instant: the event time is a `DateTime<Utc>` or a `NaiveDate`",
                    field.kind.name()
                ),
            );
        }
    }
    if record
        .fields
        .iter()
        .all(|field| field.attrs.partition.is_some())
    {
        errors.on(
            record.ident,
            "every column is a partition column, so files would have none: leave at least one out",
        );
    }
}

fn role_type(name: &str, what: &str, kind: &Kind, span: Span, errors: &mut Errors) {
    if name == "key" && matches!(kind, Kind::Optional(_)) {
        errors.at(span, "a key is never missing: write the type without `Option`, or take the column out of the key");
    }
    let refused = match kind.required() {
        Kind::List(_) | Kind::Map => true,
        Kind::Float => name != "sort",
        Kind::Bytes => name == "partition",
        _ => false,
    };
    if refused {
        errors.at(span, format!("{} cannot be part of {what}: take a column of text, an integer, a decimal or a time", kind.name()));
    }
}

/// Places are given for all columns of a role or for none, and are 1, 2, 3 ...
fn positions(name: &str, places: &[(&Field<'_>, &Place)], errors: &mut Errors) {
    let given = places
        .iter()
        .filter(|(_, place)| place.position.is_some())
        .count();
    if given == 0 {
        return;
    }
    let mut taken = Vec::new();
    for (_, place) in places {
        match place.position {
            None => errors.at(place.span, format!("other columns have a place: give this one its own, `{name} = {}`, or none to any", places.len())),
            Some(position) if position as usize > places.len() => {
                errors.at(place.span, format!("the places of `{name}` go from 1 to {} here: number them without gaps", places.len()));
            }
            Some(position) if taken.contains(&position) => {
                errors.at(place.span, format!("place {position} is taken by another column: give this one its own"));
            }
            Some(position) => taken.push(position),
        }
    }
}

/// What a column or a newtype says against its type.
pub(crate) fn column(attrs: &ColumnAttrs, kind: &Kind, errors: &mut Errors) {
    rule::repair(&attrs.failure, false, kind, errors);
    for each in &attrs.rules {
        rule::repair(&each.failure, true, kind, errors);
    }
    let kind = kind.required();
    ranges(attrs, kind, errors);
    lengths(attrs, kind, errors);
    let text_only = [
        ("pattern", attrs.pattern.as_ref()),
        ("format", attrs.format.as_ref()),
    ];
    for (name, text) in text_only {
        if let Some(text) = text
            && !matches!(kind, Kind::Text | Kind::Other)
        {
            errors.on(
                text,
                format!(
                    "`{name}` is for text, and this is {}: leave it out",
                    kind.name()
                ),
            );
        }
    }
    if let Some(span) = attrs.open
        && attrs.one_of.is_empty()
        && *kind != Kind::Other
    {
        errors.at(
            span,
            "`open` says that `one_of(...)` may grow: list the values known today",
        );
    }
    values("one_of", &attrs.one_of, kind, errors);
    values("example", &attrs.examples, kind, errors);
    default(attrs, kind, errors);
    let allowed = &attrs.one_of;
    for (place, value) in allowed.iter().enumerate() {
        if allowed[..place]
            .iter()
            .any(|other| other.value == value.value)
        {
            errors.at(value.span, "this value is there twice: keep one");
        }
    }
    for each in &attrs.rules {
        rule::of_column(each, kind, errors);
    }
}

/// What readers get in rows from before the column existed is one plain value, and not one that tells rows apart.
fn default(attrs: &ColumnAttrs, kind: &Kind, errors: &mut Errors) {
    values("default", attrs.default.as_slice(), kind, errors);
    let Some(default) = &attrs.default else {
        return;
    };
    if matches!(kind, Kind::List(_) | Kind::Bytes) {
        let message = format!(
            "`default` is for text, numbers, truth values, dates and times, and this is {}: leave it out",
            kind.name()
        );
        errors.at(default.span, message);
    }
    let role = [
        (attrs.key.is_some(), "key"),
        (attrs.partition.is_some(), "partition"),
        (attrs.unique.is_some(), "unique"),
    ];
    if let Some((_, role)) = role.iter().find(|(is, _)| *is) {
        let message = format!(
            "the column is `{role}`, and every row from before it would have the same value: leave `default` out"
        );
        errors.at(default.span, message);
    }
}

fn ranges(attrs: &ColumnAttrs, kind: &Kind, errors: &mut Errors) {
    let ordered = matches!(
        kind,
        Kind::Integer(..)
            | Kind::Float
            | Kind::Decimal
            | Kind::Date
            | Kind::Timestamp
            | Kind::TimestampNtz
            | Kind::Other
    );
    let instead = match kind {
        Kind::Text | Kind::Bytes => "write `length = 1..=64` for its length",
        Kind::List(_) => "write `items = 1..=10` for the number of elements",
        _ => "leave it out",
    };
    if let Some(range) = &attrs.range {
        if !ordered {
            errors.on(
                &range.tokens,
                format!(
                    "`range` is for numbers and times, and this is {}: {instead}",
                    kind.name()
                ),
            );
            return;
        }
        for bound in range.low.iter().chain(&range.high) {
            bound_fits(bound, kind, errors);
        }
        upside_down(range, errors);
        doubled(attrs, range, errors);
    }
    for (name, bound) in [("above", &attrs.above), ("below", &attrs.below)] {
        let Some(bound) = bound else { continue };
        if ordered {
            bound_fits(bound, kind, errors);
        } else {
            errors.at(
                bound.span,
                format!(
                    "`{name}` is for numbers and times, and this is {}: {instead}",
                    kind.name()
                ),
            );
        }
    }
    if let Some((step, span)) = attrs.multiple_of {
        if !matches!(
            kind,
            Kind::Integer(..) | Kind::Float | Kind::Decimal | Kind::Other
        ) {
            errors.at(
                span,
                format!(
                    "`multiple_of` is for numbers, and this is {}: leave it out",
                    kind.name()
                ),
            );
        } else if step <= 0.0 {
            errors.at(
                span,
                "nothing is a multiple of this: write a positive number",
            );
        }
    }
}

/// `range` and `above` or `below` both say where the same end is.
fn doubled(attrs: &ColumnAttrs, range: &Range, errors: &mut Errors) {
    for (name, bound, end) in [
        ("above", &attrs.above, &range.low),
        ("below", &attrs.below, &range.high),
    ] {
        if let (Some(bound), Some(_)) = (bound, end) {
            errors.at(bound.span, format!("`range` already says where the values end: leave `{name}` or that end of the range out"));
        }
    }
}

fn bound_fits(bound: &Literal, kind: &Kind, errors: &mut Errors) {
    let instead = match (kind, &bound.value) {
        (Kind::Integer(low, high), LiteralValue::Integer(value)) => {
            if (*low..=*high).contains(&i128::from(*value)) {
                return;
            }
            errors.at(bound.span, format!("{value} does not fit the type, which holds {low} to {high}: write a bound within, or widen the type"));
            return;
        }
        (Kind::Integer(..), _) => "a whole number",
        (Kind::Float | Kind::Decimal, LiteralValue::Integer(_) | LiteralValue::Float(_)) => return,
        (Kind::Float | Kind::Decimal, _) => "a number",
        (Kind::Date, LiteralValue::Text(_)) => return,
        (Kind::Date, _) => "a date in quotes, such as `\"2026-01-31\"`",
        (Kind::Timestamp, LiteralValue::Text(_)) => return,
        (Kind::Timestamp, _) => "an instant in quotes, such as `\"2026-01-31T12:00:00Z\"`",
        (Kind::TimestampNtz, LiteralValue::Text(_)) => return,
        (Kind::TimestampNtz, _) => "a time in quotes, such as `\"2026-01-31T12:00:00\"`",
        _ => return,
    };
    errors.at(
        bound.span,
        format!("this is no bound of {}: write {instead}", kind.name()),
    );
}

fn upside_down(range: &Range, errors: &mut Errors) {
    let (Some(low), Some(high)) = (&range.low, &range.high) else {
        return;
    };
    let order = match (&low.value, &high.value) {
        (LiteralValue::Text(low), LiteralValue::Text(high)) => low.partial_cmp(high),
        _ => low
            .number()
            .zip(high.number())
            .and_then(|(low, high)| low.partial_cmp(&high)),
    };
    match order {
        Some(std::cmp::Ordering::Greater) => {
            errors.on(
                &range.tokens,
                "the range is upside down: write the smaller bound first",
            );
        }
        Some(std::cmp::Ordering::Equal) if !range.inclusive => {
            errors.on(
                &range.tokens,
                "the range is empty: write `..=` to include the upper bound",
            );
        }
        _ => {}
    }
}

fn lengths(attrs: &ColumnAttrs, kind: &Kind, errors: &mut Errors) {
    let text = matches!(kind, Kind::Text | Kind::Bytes | Kind::Other);
    let list = matches!(kind, Kind::List(_) | Kind::Other);
    let numeric = matches!(kind, Kind::Integer(..) | Kind::Float | Kind::Decimal);
    for (name, range, fits, what) in [
        ("length", &attrs.length, text, "text and bytes"),
        ("items", &attrs.items, list, "lists"),
    ] {
        let Some(range) = range else { continue };
        if !fits {
            let instead = match (name, kind) {
                ("length", Kind::List(_)) => "write `items = 1..=10`",
                ("items", Kind::Text | Kind::Bytes) => "write `length = 1..=64`",
                _ if numeric => "write `range = 0..=100` for its value",
                _ => "leave it out",
            };
            errors.on(
                &range.tokens,
                format!(
                    "`{name}` is for {what}, and this is {}: {instead}",
                    kind.name()
                ),
            );
            continue;
        }
        for bound in range.low.iter().chain(&range.high) {
            if !matches!(bound.value, LiteralValue::Integer(0..)) {
                errors.at(bound.span, "a length is a whole number from 0");
            }
        }
        if !range.inclusive
            && matches!(
                range.high,
                Some(Literal {
                    value: LiteralValue::Integer(0),
                    ..
                })
            )
        {
            errors.on(
                &range.tokens,
                "nothing is shorter than 0: write `..=0` to mean empty",
            );
        }
        upside_down(range, errors);
    }
    if let Some(span) = attrs.unique_items
        && !list
    {
        errors.at(span, format!("`unique_items` is for lists, and this is {}: write `unique` if no two rows have the same value", kind.name()));
    }
}

/// Values in an attribute against the type that they are values of.
fn values(name: &str, values: &[Literal], kind: &Kind, errors: &mut Errors) {
    for Literal { value, span } in values {
        let instead = match (kind, value) {
            (_, LiteralValue::Text(_))
                if matches!(
                    kind,
                    Kind::Text
                        | Kind::Bytes
                        | Kind::Uuid
                        | Kind::Date
                        | Kind::Timestamp
                        | Kind::TimestampNtz
                        | Kind::Decimal
                ) =>
            {
                continue;
            }
            (
                Kind::Text
                | Kind::Bytes
                | Kind::Uuid
                | Kind::Date
                | Kind::Timestamp
                | Kind::TimestampNtz,
                _,
            ) => "in quotes",
            (Kind::Integer(..), LiteralValue::Integer(_))
            | (Kind::Bool, LiteralValue::Bool(_))
            | (Kind::Float | Kind::Decimal, LiteralValue::Integer(_) | LiteralValue::Float(_)) => {
                continue;
            }
            (Kind::Integer(..), _) => "as a whole number",
            (Kind::Float | Kind::Decimal, _) => "as a number",
            (Kind::Bool, _) => "as `true` or `false`",
            _ => continue,
        };
        errors.at(
            *span,
            format!("this column is {}: write `{name}` {instead}", kind.name()),
        );
    }
}

/// Labels of an enum: all different, one at most for the rest.
pub(crate) fn labels(input: &Enum<'_>, labels: &[String], errors: &mut Errors) {
    let mut other: Option<String> = None;
    for (place, (variant, label)) in input.variants.iter().zip(labels).enumerate() {
        if labels[..place].contains(label) {
            errors.on(
                variant.ident,
                format!(
                    "another variant is `{label}` too: write `#[column(rename = \"...\")]` on one"
                ),
            );
        }
        if let Some(span) = variant.attrs.other {
            if let Some(other) = &other {
                errors.at(
                    span,
                    format!("`{other}` already stands for unknown values: keep one"),
                );
            }
            other.get_or_insert(variant.ident.to_string());
        }
    }
}
