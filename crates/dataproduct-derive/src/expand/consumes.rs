//! What a consumer uses of a product.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr};

use crate::attr::consumes::ConsumesAttrs;

/// The implementation of `Consumes`: the columns come from the record that the struct is.
pub(crate) fn expand(
    attrs: &ConsumesAttrs,
    input: &DeriveInput,
    private: &TokenStream,
) -> TokenStream {
    let ident = &input.ident;
    let text = |text: &Option<LitStr>| text.as_ref().map(LitStr::value).unwrap_or_default();
    let (product, consumer) = (text(&attrs.product), text(&attrs.consumer));
    let (owner, purpose) = (text(&attrs.owner), text(&attrs.purpose));
    quote! {
        #[automatically_derived]
        impl #private::Consumes for #ident {
            fn consumption() -> &'static #private::Consumption {
                static CONSUMPTION: #private::OnceLock<#private::Consumption> = #private::OnceLock::new();
                CONSUMPTION.get_or_init(|| {
                    #private::consumption(#consumer, #product, #owner, #purpose)
                        .with_columns(&<Self as #private::Record>::columns())
                })
            }
        }
    }
}
