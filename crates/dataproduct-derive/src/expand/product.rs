//! The contract of a product.

use proc_macro2::TokenStream;
use quote::quote;

use super::column::{description, value, variant};
use super::rule::{failure, rule};
use crate::ast::Record;
use crate::attr::product::ProductAttrs;

/// The implementation of `DataProduct`: a builder with all that was said, run once.
pub(crate) fn expand(
    attrs: &ProductAttrs,
    record: &Record<'_>,
    private: &TokenStream,
) -> TokenStream {
    let ident = record.ident;
    let text =
        |text: &Option<syn::LitStr>| text.as_ref().map(syn::LitStr::value).unwrap_or_default();
    let (name, version) = (text(&attrs.name), text(&attrs.version));
    let calls = calls(attrs, private);
    let description = description(&record.description);
    let bounds = super::record::bounds(record, private);
    quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::DataProduct for #ident #bounds {
            fn try_contract() -> ::core::result::Result<&'static #private::Contract, &'static #private::Problems> {
                static CONTRACT: #private::OnceLock<
                    ::core::result::Result<#private::Contract, #private::Problems>,
                > = #private::OnceLock::new();
                let contract = CONTRACT.get_or_init(|| {
                    #private::Contract::builder(#name, #version)
                        #description
                        #(#calls)*
                        .with_columns(<Self as #private::Record>::columns())
                        .build()
                });
                contract.as_ref()
            }
        }
    }
}

fn calls(attrs: &ProductAttrs, private: &TokenStream) -> Vec<TokenStream> {
    let mut calls = Vec::new();
    if let Some((status, _)) = &attrs.status {
        let status = variant(status);
        calls.push(quote!(.with_status(#private::Status::#status)));
    }
    calls.extend(
        attrs
            .sunset
            .as_ref()
            .map(|day| quote!(.with_sunset(#private::day(#day)))),
    );
    let texts = [
        (&attrs.successor, quote!(with_successor)),
        (&attrs.id, quote!(with_id)),
        (&attrs.purpose, quote!(with_purpose)),
        (&attrs.usage, quote!(with_usage)),
        (&attrs.limitations, quote!(with_limitations)),
        (&attrs.owner, quote!(with_owner)),
        (&attrs.steward, quote!(with_steward)),
    ];
    for (text, method) in texts {
        calls.extend(text.as_ref().map(|text| quote!(.#method(#text))));
    }
    let pairs = [
        (&attrs.members, quote!(with_member)),
        (&attrs.deadlines, quote!(with_deadline)),
        (&attrs.roles, quote!(with_role)),
    ];
    for (list, method) in pairs {
        calls.extend(
            list.iter()
                .map(|(first, second)| quote!(.#method(#first, #second))),
        );
    }
    for [name, purpose, versions] in &attrs.consumers {
        calls.push(quote!(.with_consumer(#name, #purpose, #versions)));
    }
    let periods = [
        (attrs.fresh_within, quote!(with_freshness)),
        (attrs.published_every, quote!(with_frequency)),
        (attrs.kept_for, quote!(with_retention)),
    ];
    for (millis, method) in periods {
        calls.extend(
            millis.map(|millis| quote!(.#method(#private::Duration::from_millis(#millis)))),
        );
    }
    calls.extend(
        attrs
            .available
            .map(|percent| quote!(.with_availability_percent(#percent))),
    );
    for support in &attrs.support {
        let (channel, tool) = (&support.channel, support.tool);
        let url = match &support.url {
            Some(url) => quote!(::core::option::Option::Some(::std::string::String::from(#url))),
            None => quote!(::core::option::Option::None),
        };
        calls.push(quote!(.with_support(#private::SupportChannel {
            channel: ::std::string::String::from(#channel),
            tool: ::core::option::Option::Some(::std::string::String::from(#tool)),
            url: #url,
        })));
    }
    calls.extend(attrs.tags.iter().map(|tag| quote!(.with_tag(#tag))));
    for (name, property) in &attrs.custom {
        let property = value(property, private);
        calls.push(quote!(.with_custom(#name, #property)));
    }
    for each in &attrs.rules {
        let each = rule(each, private);
        calls.push(quote!(.with_rule(#each)));
    }
    calls.extend(failure(&attrs.failure, private));
    calls
}
