//! Columns with everything that attributes say of them.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::{Field, Record};
use crate::attr::column::ColumnAttrs;
use crate::attr::rule::Rule;
use crate::attr::{Literal, LiteralValue, Place, Range};
use crate::expand::rule::{failure, rule};

/// The columns of a record, in the order of its fields.
pub(crate) fn columns(record: &Record<'_>, private: &TokenStream) -> Vec<TokenStream> {
    let keys = positions(record, |attrs| attrs.key.as_ref());
    let partitions = positions(record, |attrs| attrs.partition.as_ref());
    let sorts = positions(record, |attrs| attrs.sort.as_ref());
    let roles = keys.into_iter().zip(partitions).zip(sorts);
    let columns = record
        .fields
        .iter()
        .zip(roles)
        .map(|(field, ((key, partition), sort))| {
            let Field { ty, attrs, .. } = field;
            let (name, _) = field.column_name();
            let key = key.map(|place| quote!(.with_key(#place)));
            let partition = partition.map(|place| quote!(.with_partition(#place)));
            let sort = sort.map(|place| quote!(.with_sort(#place)));
            let event_time = attrs.event_time.map(|_| quote!(.with_event_time()));
            let unique = attrs.unique.map(|_| quote!(.with_unique()));
            let id = attrs.id.as_ref().map(|id| quote!(.with_id(#id)));
            let description = description(&field.description);
            let said = said(attrs, private);
            let column = quote! {
                <#ty as #private::ColumnType>::column(#name)
                #description #id #key #partition #sort #event_time #unique #(#said)*
            };
            with_rules(column, &attrs.rules, private)
        });
    columns.collect()
}

/// The place of each field in a role: as given, otherwise in the order of the fields.
fn positions(
    record: &Record<'_>,
    get: impl Fn(&ColumnAttrs) -> Option<&Place>,
) -> Vec<Option<u32>> {
    let mut next = 0;
    let place = |field: &Field<'_>| {
        get(&field.attrs).map(|place| {
            next += 1;
            place.position.unwrap_or(next)
        })
    };
    record.fields.iter().map(place).collect()
}

pub(crate) fn description(text: &str) -> Option<TokenStream> {
    (!text.is_empty()).then(|| quote!(.with_description(#text)))
}

/// The column of a newtype: its field's, and what the attributes add.
pub(crate) fn of_newtype(
    inner: TokenStream,
    text: &str,
    attrs: &ColumnAttrs,
    private: &TokenStream,
) -> TokenStream {
    let description = description(text);
    let said = said(attrs, private);
    with_rules(quote!(#inner #description #(#said)*), &attrs.rules, private)
}

fn with_rules(column: TokenStream, rules: &[Rule], private: &TokenStream) -> TokenStream {
    let rules = rules.iter().map(|each| {
        let each = rule(each, private);
        quote!(.with_rule(#each))
    });
    quote!(#column #(#rules)*)
}

/// Calls for all that holds for a column whatever its place in the rows.
fn said(attrs: &ColumnAttrs, private: &TokenStream) -> Vec<TokenStream> {
    let mut calls = Vec::new();
    let texts = [
        (&attrs.business_name, quote!(with_business_name)),
        (&attrs.unit, quote!(with_unit)),
        (&attrs.semantic, quote!(with_semantic_type)),
        (&attrs.pattern, quote!(with_pattern)),
        (&attrs.format, quote!(with_format)),
        (&attrs.deprecated, quote!(with_deprecation)),
    ];
    for (text, method) in texts {
        calls.extend(text.as_ref().map(|text| quote!(.#method(#text))));
    }
    if let Some((level, _)) = &attrs.classification {
        calls.push(quote!(.with_classification(#private::Classification::from(#level))));
    }
    if let Some((category, _)) = &attrs.pii {
        let category = variant(category);
        calls.push(quote!(.with_pii(#private::PiiCategory::#category)));
    }
    calls.extend(
        attrs
            .references
            .iter()
            .map(|text| quote!(.with_reference(#private::column_ref(#text)))),
    );
    limits(attrs, private, &mut calls);
    for allowed in &attrs.one_of {
        let allowed = value(allowed, private);
        calls.push(quote!(.with_allowed(#allowed)));
    }
    calls.extend(attrs.open.map(|_| quote!(.with_open_enum())));
    if let Some(default) = &attrs.default {
        let default = value(default, private);
        calls.push(quote!(.with_default(#default)));
    }
    for example in &attrs.examples {
        let example = value(example, private);
        calls.push(quote!(.with_example(#example)));
    }
    calls.extend(
        attrs
            .renamed_from
            .iter()
            .map(|name| quote!(.with_former_name(#name))),
    );
    calls.extend(attrs.tags.iter().map(|tag| quote!(.with_tag(#tag))));
    for (name, property) in &attrs.custom {
        let property = value(property, private);
        calls.push(quote!(.with_custom(#name, #property)));
    }
    calls.extend(failure(&attrs.failure, private));
    calls
}

fn limits(attrs: &ColumnAttrs, private: &TokenStream, calls: &mut Vec<TokenStream>) {
    let mut bound = |bound: Option<&Literal>, method: TokenStream| {
        if let Some(bound) = bound {
            let bound = value(bound, private);
            calls.push(quote!(.#method(#bound)));
        }
    };
    if let Some(range) = &attrs.range {
        bound(range.low.as_ref(), quote!(with_minimum));
        let upper = if range.inclusive {
            quote!(with_maximum)
        } else {
            quote!(with_exclusive_maximum)
        };
        bound(range.high.as_ref(), upper);
    }
    bound(attrs.above.as_ref(), quote!(with_exclusive_minimum));
    bound(attrs.below.as_ref(), quote!(with_exclusive_maximum));
    calls.extend(
        attrs
            .multiple_of
            .map(|(step, _)| quote!(.with_multiple_of(#step))),
    );
    let counts = [
        (
            &attrs.length,
            quote!(with_min_length),
            quote!(with_max_length),
        ),
        (&attrs.items, quote!(with_min_items), quote!(with_max_items)),
    ];
    for (range, low, high) in counts {
        let Some(range) = range else { continue };
        let (least, most) = counts_of(range);
        calls.extend(least.map(|count| quote!(.#low(#count))));
        calls.extend(most.map(|count| quote!(.#high(#count))));
    }
    calls.extend(attrs.unique_items.map(|_| quote!(.with_unique_items())));
}

/// The least and the most of a range of whole numbers, both included.
fn counts_of(range: &Range) -> (Option<u64>, Option<u64>) {
    let count = |bound: &Option<Literal>| match bound.as_ref().map(|bound| &bound.value) {
        Some(LiteralValue::Integer(count)) => u64::try_from(*count).ok(),
        _ => None,
    };
    let excluded = u64::from(!range.inclusive);
    (
        count(&range.low),
        count(&range.high).map(|most| most.saturating_sub(excluded)),
    )
}

/// A value as the contract takes it.
pub(crate) fn value(literal: &Literal, private: &TokenStream) -> TokenStream {
    match &literal.value {
        LiteralValue::Text(text) => quote!(#text),
        LiteralValue::Integer(value) => quote!(#value),
        LiteralValue::Float(value) => quote!(#private::float(#value)),
        LiteralValue::Bool(value) => quote!(#value),
        LiteralValue::Null => quote!(#private::Value::Null),
    }
}

/// The variant that a word stands for: `not_be` is `NotBe`.
pub(crate) fn variant(word: &str) -> proc_macro2::Ident {
    let mut name = String::new();
    for part in word.split('_') {
        let mut letters = part.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    quote::format_ident!("{name}")
}
