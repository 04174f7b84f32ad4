//! What stands in for an expansion when the shape of the type is wrong: implementations that are
//! never run, as the program does not compile, but spare the user all errors about missing ones.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::expand::view_name;

pub(crate) fn product(input: &DeriveInput, private: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let record = record(input, private);
    quote! {
        #record
        impl #private::DataProduct for #ident {
            fn try_contract() -> ::core::result::Result<&'static #private::Contract, &'static #private::Problems> {
                ::core::unreachable!()
            }
        }
    }
}

pub(crate) fn record(input: &DeriveInput, private: &TokenStream) -> TokenStream {
    let (ident, vis) = (&input.ident, &input.vis);
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let view = view_name(ident);
    let column_type = implementation(
        input,
        private,
        &quote!(#private::RecordBuilder<#ident>),
        &quote!(#view<'a>),
        &quote!(#view<'_>),
    );
    quote! {
        #[derive(Clone, Copy, Debug)]
        #vis struct #view<'a>(::core::marker::PhantomData<&'a ()>);
        #column_type
        impl #private::Record for #ident {
            const NAME: &'static str = "";
            const DESCRIPTION: &'static str = "";
            type Builders = ();
            fn columns() -> ::std::vec::Vec<#private::Column> { ::core::unreachable!() }
            fn schema() -> #private::SchemaRef { ::core::unreachable!() }
            fn builders(_: usize) {}
            fn append_row(&self, _: &mut ()) {}
            fn append_filler(_: &mut ()) {}
            fn finish(_: ()) -> ::core::result::Result<::std::vec::Vec<#private::ArrayRef>, #private::RowError> {
                ::core::unreachable!()
            }
            fn open_fields(_: &#private::Source<'_>) -> ::core::result::Result<(), #private::RowError> {
                ::core::unreachable!()
            }
        }
    }
}

pub(crate) fn column_type(input: &DeriveInput, private: &TokenStream) -> TokenStream {
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let builder = quote!(<i64 as #private::ColumnType>::Builder);
    implementation(input, private, &builder, &quote!(()), &quote!(()))
}

fn implementation(
    input: &DeriveInput,
    private: &TokenStream,
    builder: &TokenStream,
    view: &TokenStream,
    any_view: &TokenStream,
) -> TokenStream {
    let ident = &input.ident;
    quote! {
        impl #private::ColumnType for #ident {
            type Builder = #builder;
            type Reader = ();
            type View<'a> = #view;
            fn column(_: &str) -> #private::Column { ::core::unreachable!() }
            fn append(&self, _: &mut Self::Builder) {}
            fn open(
                _: &#private::ArrayRef,
                _: ::core::option::Option<&#private::NullBuffer>,
            ) -> ::core::result::Result<(), #private::RowError> {
                ::core::unreachable!()
            }
            fn view(_: &(), _: usize) -> #any_view { ::core::unreachable!() }
            fn from_view(_: #any_view) -> Self { ::core::unreachable!() }
        }
        impl #private::Required for #ident {}
        impl #private::ListElement for #ident {}
    }
}
