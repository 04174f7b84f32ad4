//! Quality rules, and what happens where they are broken.

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

use super::column::{value, variant};
use crate::attr::failure::{Failure, Repair};
use crate::attr::rule::{Measure, Operator, Rule, Unit};

/// A quality rule as the contract takes it.
pub(crate) fn rule(rule: &Rule, private: &TokenStream) -> TokenStream {
    let check = check(&rule.measure, private);
    let operator = match rule.operator {
        Operator::Be(x) => quote!(Be(#x)),
        Operator::NotBe(x) => quote!(NotBe(#x)),
        Operator::GreaterThan(x) => quote!(GreaterThan(#x)),
        Operator::GreaterOrEqual(x) => quote!(GreaterOrEqual(#x)),
        Operator::LessThan(x) => quote!(LessThan(#x)),
        Operator::LessOrEqual(x) => quote!(LessOrEqual(#x)),
        Operator::Between(low, high) => quote!(Between(#low, #high)),
        Operator::NotBetween(low, high) => quote!(NotBetween(#low, #high)),
    };
    let unit = match rule.unit {
        Unit::Rows => quote!(rows),
        Unit::Percent => quote!(percent),
        Unit::Value => quote!(value),
    };
    let id = rule.id.as_ref().map(|id| quote!(.with_id(#id)));
    let description = rule
        .description
        .as_ref()
        .map(|text| quote!(.with_description(#text)));
    let severity = rule.severity.as_ref().map(|severity| {
        let severity = variant(severity);
        quote!(.with_severity(#private::Severity::#severity))
    });
    let dimension = rule.dimension.as_ref().map(|dimension| {
        let dimension = variant(dimension);
        quote!(.with_dimension(#private::Dimension::#dimension))
    });
    let failure = failure(&rule.failure, private);
    let message = rule.message.as_ref().map(|message| {
        let text = &message.text;
        quote!(.with_message(#text))
    });
    let made = quote! {
        #private::Rule::new(
            #private::Check::#check,
            #private::Threshold::#unit(#private::Operator::#operator),
        )
        #id #description #severity #dimension #failure #message
    };
    match &rule.name {
        Some(name) => quote!({
            let mut rule = #made;
            rule.name = ::core::option::Option::Some(::std::string::String::from(#name));
            rule
        }),
        None => made,
    }
}

/// The variant of a check, with its fields.
fn check(measure: &Measure, private: &TokenStream) -> TokenStream {
    let values = measure
        .arguments
        .iter()
        .map(|argument| value(argument, private));
    let columns = measure.columns().map(|(name, _)| text(name));
    let columns = quote!(::std::vec![#(#columns),*]);
    let column = optional(measure.argument().map(|(name, _)| name));
    let by = texts(&measure.by);
    let order = measure.order.as_ref().map(text);
    let publishes = measure.publishes.unwrap_or(1);
    match measure.name() {
        "missing_values" => quote!(MissingValues {
            missing: ::std::vec![#(#private::Value::from(#values)),*]
        }),
        "invalid_values" => {
            let pattern = optional(measure.pattern.as_ref());
            quote!(InvalidValues {
                valid: ::std::vec![#(#private::Value::from(#values)),*],
                pattern: #pattern,
            })
        }
        "duplicate_values" => quote!(DuplicateValues { columns: #columns }),
        "row_count" => quote!(RowCount),
        "expression" => {
            let expression = measure.argument().map(|(expression, _)| text(expression));
            quote!(Expression { expression: #expression })
        }
        "unknown_references" => {
            let to = &measure.to;
            quote!(UnknownReferences {
                columns: #columns,
                references: ::std::vec![#(#private::column_ref(#to)),*],
            })
        }
        "age" => quote!(Age { column: #column }),
        "out_of_order" => {
            let strictly = measure.strictly.is_some();
            quote!(OutOfOrder { column: #column, by: #by, order: #order, strictly: #strictly })
        }
        "discontinuity" => {
            let opening = measure.opening.as_ref().map(text);
            let closing = measure.closing.as_ref().map(text);
            quote!(Discontinuity { opening: #opening, closing: #closing, by: #by, order: #order })
        }
        "smallest_group" => quote!(SmallestGroup { columns: #columns }),
        "volume_change" => quote!(VolumeChange { publishes: #publishes }),
        "drift" => quote!(Drift { column: #column, publishes: #publishes }),
        "null_values" => quote!(NullValues),
        // The figures of a column are named as they are in the contract.
        function => {
            let function = variant(function);
            quote!(Aggregate { function: #private::Aggregate::#function, column: #column })
        }
    }
}

fn text(text: impl quote::ToTokens) -> TokenStream {
    quote!(::std::string::String::from(#text))
}

fn optional(given: Option<impl quote::ToTokens>) -> TokenStream {
    match given.map(text) {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

fn texts(list: &[LitStr]) -> TokenStream {
    let texts = list.iter().map(text);
    quote!(::std::vec![#(#texts),*])
}

/// The call that says what happens on a breach, if anything is said.
pub(crate) fn failure(failure: &Failure, private: &TokenStream) -> Option<TokenStream> {
    let action = match (&failure.action, &failure.repair) {
        (Some((action, _)), _) => {
            let action = variant(action);
            quote!(#action)
        }
        (None, Some((repair, _))) => {
            let repair = repaired(repair, private);
            quote!(Repair(#private::Repair::#repair))
        }
        (None, None) => return None,
    };
    Some(quote!(.with_on_failure(#private::OnFailure::#action)))
}

fn repaired(repair: &Repair, private: &TokenStream) -> TokenStream {
    match repair {
        Repair::Cast => quote!(Cast),
        Repair::Trim => quote!(Trim),
        Repair::Default(default) => {
            let default = value(default, private);
            quote!(Default(#private::Value::from(#default)))
        }
        Repair::Map(pairs) => {
            let pairs = pairs.iter().map(|(from, to)| {
                let (from, to) = (value(from, private), value(to, private));
                quote!((#private::Value::from(#from), #private::Value::from(#to)))
            });
            quote!(Map(::std::vec![#(#pairs),*]))
        }
        Repair::KeepLatest(column) => {
            let column = optional(column.as_ref());
            quote!(KeepLatest(#column))
        }
    }
}
