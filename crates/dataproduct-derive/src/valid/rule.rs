//! What a rule says against the columns that it speaks of.

use proc_macro2::Span;

use crate::ast::Record;
use crate::attr::failure::{Failure, Repair};
use crate::attr::rule::{Measure, Rule};
use crate::attr::{Literal, LiteralValue};
use crate::errors::{Errors, words};
use crate::kind::Kind;

/// The columns of a product, by name and by the id that a rule may use instead.
pub(super) struct Columns<'a> {
    columns: Vec<(String, Option<String>, &'a Kind)>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(record: &'a Record<'_>) -> Self {
        let columns = record.fields.iter().map(|field| {
            let id = field.attrs.id.as_ref().map(syn::LitStr::value);
            (field.column_name().0, id, &field.kind)
        });
        Self {
            columns: columns.collect(),
        }
    }

    /// The type of a column, which is `Other` within another column.
    fn kind(&self, name: &str) -> Option<&'a Kind> {
        let found = |name: &str| self.columns.iter().find(|(known, ..)| known == name);
        if let Some((.., kind)) = found(name) {
            return Some(kind.required());
        }
        let by_id = self
            .columns
            .iter()
            .find(|(_, id, _)| id.as_deref() == Some(name));
        if let Some((.., kind)) = by_id {
            return Some(kind.required());
        }
        let (head, _) = name.split_once('.')?;
        found(head).map(|_| &Kind::Other)
    }

    /// The type of a column that must be there.
    fn named(&self, name: &str, span: Span, errors: &mut Errors) -> Option<&'a Kind> {
        let kind = self.kind(name);
        if kind.is_none() {
            let known: Vec<&str> = self
                .columns
                .iter()
                .map(|(name, ..)| name.as_str())
                .collect();
            errors.at(
                span,
                format!(
                    "the product has no column `{name}`: write {}",
                    words(&known)
                ),
            );
        }
        kind
    }
}

/// A rule of whole rows.
pub(super) fn of_product(rule: &Rule, columns: &Columns<'_>, errors: &mut Errors) {
    let measure = &rule.measure;
    let (name, span, example) = (measure.name(), measure.span, measure.spec.example);
    let is_bare = measure.arguments.is_empty();
    match name {
        "null_values" | "missing_values" | "invalid_values" => errors.at(
            span,
            format!(
                "`{name}` is a matter of one column: write it on the field, `#[column(rule(...))]`"
            ),
        ),
        "duplicate_values" if is_bare => {
            errors.at(span, "name the columns that are taken together: `duplicate_values(\"sku\", \"day\") == 0`");
        }
        "smallest_group" | "unknown_references" if is_bare => {
            errors.at(
                span,
                format!("name the columns that are taken together: `{example}`"),
            );
        }
        "out_of_order" | "drift" | "age" | "sum" | "mean" | "minimum" | "maximum"
        | "distinct_count"
            if is_bare =>
        {
            errors.at(
                span,
                format!("name the column that it is about: `{example}`"),
            );
        }
        _ => {}
    }
    if !is_bare {
        references(measure, errors);
    }
    if let Some((repair, span)) = &rule.failure.repair
        && !matches!(repair, Repair::KeepLatest(_))
    {
        errors.at(*span, "a rule about whole rows has no value to set right: write the rule on a field, or `on_failure = quarantine`");
    }
    names(rule, columns, errors);
}

/// A rule of the column of a field or a newtype.
pub(super) fn of_column(rule: &Rule, kind: &Kind, errors: &mut Errors) {
    let measure = &rule.measure;
    let (name, span) = (measure.name(), measure.span);
    let instead = "write it in `#[product(rule(...))]`";
    match name {
        "row_count" | "volume_change" => errors.at(
            span,
            format!("the number of rows is a matter of the product: {instead}"),
        ),
        "discontinuity" => errors.at(
            span,
            format!("two columns are a matter of the product: {instead}"),
        ),
        "duplicate_values" | "smallest_group" if !measure.arguments.is_empty() => errors.at(
            span,
            format!("several columns are a matter of the product: {instead}, or `{name}` for this column alone"),
        ),
        _ => {}
    }
    references(measure, errors);
    if measure.arguments.is_empty() {
        about(measure, kind, "this", span, errors);
    }
}

/// As many columns refer as are referred to, and those are of one product.
fn references(measure: &Measure, errors: &mut Errors) {
    if measure.name() != "unknown_references" {
        return;
    }
    let (from, to) = (measure.arguments.len().max(1), measure.to.len());
    if from != to {
        errors.at(
            measure.span,
            format!(
                "the columns here are {from}, those referred to {to}: name one in `to` for each, `to(\"product.catalogue#sku\", \"product.catalogue#size\")`"
            ),
        );
        return;
    }
    let product = |text: &syn::LitStr| {
        let value = text.value();
        value.split('#').next().unwrap_or_default().to_owned()
    };
    let first = measure.to.first().map(product);
    for text in &measure.to {
        if Some(product(text)) != first {
            errors.on(
                text,
                "the columns referred to are of several products: write a rule for each product",
            );
        }
    }
}

/// What a rule names must be there, and be what the measure is of.
pub(super) fn names(rule: &Rule, columns: &Columns<'_>, errors: &mut Errors) {
    let measure = &rule.measure;
    for (name, span) in measure.columns() {
        if let Some(kind) = columns.named(name, span, errors)
            && !measure.is_of_columns()
        {
            about(measure, kind, &format!("`{name}`"), span, errors);
        }
    }
    for text in &measure.by {
        columns.named(&text.value(), text.span(), errors);
    }
    let mut ordered = |text: &syn::LitStr| {
        let name = text.value();
        if let Some(kind) = columns.named(&name, text.span(), errors)
            && !is_ordered(kind)
        {
            errors.on(
                text,
                format!(
                    "`{name}` is {}: name a column of numbers or times",
                    kind.name()
                ),
            );
        }
    };
    measure.order.as_ref().map(&mut ordered);
    if let Some((Repair::KeepLatest(Some(text)), _)) = &rule.failure.repair {
        ordered(text);
    }
    if let (Some(opening), Some(closing)) = (&measure.opening, &measure.closing) {
        let [from, to] =
            [opening, closing].map(|text| columns.named(&text.value(), text.span(), errors));
        if let (Some(from), Some(to)) = (from, to)
            && are_different(from, to)
        {
            let message = format!(
                "`{}` is {} and `{}` {}: compare columns of one type",
                opening.value(),
                from.name(),
                closing.value(),
                to.name()
            );
            errors.on(closing, message);
        }
    }
    if let Some(message) = &rule.message {
        for name in &message.columns {
            columns.named(name, message.text.span(), errors);
        }
    }
}

/// Whether a column is one that the measure can be of.
fn about(measure: &Measure, kind: &Kind, what: &str, span: Span, errors: &mut Errors) {
    let (fits, instead) = match measure.name() {
        "sum" | "mean" | "minimum" | "maximum" => (is_number(kind), "numbers"),
        "age" => (is_time(kind), "dates or timestamps"),
        "out_of_order" => (is_ordered(kind), "numbers or times"),
        _ => return,
    };
    if !fits {
        errors.at(
            span,
            format!(
                "`{}` is of {instead}, and {what} is {}: take another column",
                measure.name(),
                kind.name()
            ),
        );
    }
}

/// What a field or a newtype says of a breach against its type, which may be missing where it is optional.
pub(super) fn repair(failure: &Failure, of_rule: bool, kind: &Kind, errors: &mut Errors) {
    let Some((repair, span)) = &failure.repair else {
        return;
    };
    let (name, values): (_, Vec<&Literal>) = match repair {
        Repair::KeepLatest(_) if !of_rule => {
            errors.at(*span, "only a rule about duplicate values keeps the latest row: write `rule(duplicate_values == 0, repair(keep_latest))`");
            return;
        }
        Repair::KeepLatest(_) => return,
        Repair::Cast => {
            let kind = kind.required();
            if !is_number(kind) && !is_time(kind) && *kind != Kind::Bool {
                errors.at(
                    *span,
                    format!(
                        "`cast` is to a number, a boolean, a date or a timestamp, and this is {}: choose another repair",
                        kind.name()
                    ),
                );
            }
            return;
        }
        Repair::Trim => {
            if !matches!(kind.required(), Kind::Text | Kind::Other) {
                errors.at(
                    *span,
                    format!(
                        "`trim` is for text, and this is {}: choose another repair",
                        kind.name()
                    ),
                );
            }
            return;
        }
        Repair::Default(value) => ("default", vec![value]),
        Repair::Map(pairs) => ("map", pairs.iter().map(|(_, to)| to).collect()),
    };
    for value in values {
        if value.value != LiteralValue::Null {
            super::values(name, std::slice::from_ref(value), kind.required(), errors);
        } else if !matches!(kind, Kind::Optional(_) | Kind::Other) {
            errors.at(
                value.span,
                "the column is never missing: write a value, or `Option<...>` as its type",
            );
        }
    }
}

fn is_number(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Integer(..) | Kind::Float | Kind::Decimal | Kind::Other
    )
}

fn is_time(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Date | Kind::Timestamp | Kind::TimestampNtz | Kind::Other
    )
}

fn is_ordered(kind: &Kind) -> bool {
    is_number(kind) || is_time(kind)
}

/// Whether the types differ for sure: of two integers or decimals only the contract knows the widths.
fn are_different(a: &Kind, b: &Kind) -> bool {
    let is_known = *a != Kind::Other && *b != Kind::Other;
    is_known && std::mem::discriminant(a) != std::mem::discriminant(b)
}
