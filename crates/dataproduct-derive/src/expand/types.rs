//! Enums without fields, and tuple structs of one field.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;

use super::column::{description, of_newtype};
use crate::ast::{Enum, Newtype};

/// The label of each variant.
pub(crate) fn labels(input: &Enum<'_>) -> Vec<String> {
    let case = input
        .attrs
        .rename_all
        .as_ref()
        .map_or("snake_case", |(case, _)| case.as_str());
    input
        .variants
        .iter()
        .map(|variant| match &variant.attrs.rename {
            Some(label) => label.value(),
            None => in_case(&variant.ident.unraw().to_string(), case),
        })
        .collect()
}

/// A name in `PascalCase` in another case.
fn in_case(name: &str, case: &str) -> String {
    let joined = |separator: &str| {
        let mut out = String::new();
        for (place, letter) in name.char_indices() {
            if place > 0 && letter.is_uppercase() {
                out.push_str(separator);
            }
            out.extend(letter.to_lowercase());
        }
        out
    };
    match case {
        "kebab-case" => joined("-"),
        "lowercase" => name.to_lowercase(),
        "UPPERCASE" => name.to_uppercase(),
        "SCREAMING_SNAKE_CASE" => joined("_").to_uppercase(),
        "camelCase" => {
            let mut letters = name.chars();
            let first = letters.next().map(char::to_lowercase).into_iter().flatten();
            first.chain(letters).collect()
        }
        "PascalCase" => name.to_owned(),
        _ => joined("_"),
    }
}

pub(crate) fn expand_enum(
    input: &Enum<'_>,
    labels: &[String],
    private: &TokenStream,
) -> TokenStream {
    let ident = input.ident;
    let variants: Vec<_> = input.variants.iter().map(|variant| variant.ident).collect();
    let descriptions = input.variants.iter().map(|variant| &variant.description);
    let codes: Vec<Literal> = (0..variants.len()).map(Literal::usize_unsuffixed).collect();
    let other = match input
        .variants
        .iter()
        .position(|variant| variant.attrs.other.is_some())
    {
        Some(place) => {
            let place = Literal::usize_unsuffixed(place);
            quote!(::core::option::Option::Some(#place))
        }
        None => quote!(::core::option::Option::None),
    };
    let last = variants.last();
    // Stated by every item, so that an enum that is not is one message.
    let bounds = quote!(where #ident: ::core::marker::Copy + ::core::fmt::Debug);
    let description = description(&input.description);
    let all_but_last = variants
        .iter()
        .zip(&codes)
        .take(variants.len().saturating_sub(1));
    let from_code = all_but_last.map(|(variant, code)| quote!(#code => Self::#variant,));
    quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::Labels for #ident #bounds {
            const LABELS: &'static [&'static str] = &[#(#labels),*];
            const DESCRIPTIONS: &'static [&'static str] = &[#(#descriptions),*];
            const OTHER: ::core::option::Option<i16> = #other;

            #[inline]
            fn code(self) -> i16 {
                match self { #(Self::#variants => #codes,)* }
            }
            #[inline]
            fn from_code(code: i16) -> Self {
                match code { #(#from_code)* _ => Self::#last }
            }
        }
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::ColumnType for #ident #bounds {
            type Builder = #private::LabelBuilder<#ident>;
            type Reader = #private::LabelReader<#ident>;
            type View<'a> = #ident;

            fn column(name: &str) -> #private::Column {
                #private::label_column::<#ident>(name) #description
            }
            #[inline]
            fn append(&self, builder: &mut Self::Builder) {
                builder.append_value(*self);
            }
            fn open(
                array: &#private::ArrayRef,
                absent: ::core::option::Option<&#private::NullBuffer>,
            ) -> ::core::result::Result<Self::Reader, #private::RowError> {
                #private::LabelReader::open(array, absent)
            }
            #[inline]
            fn view(reader: &Self::Reader, slot: usize) -> Self {
                reader.value(slot)
            }
            #[inline]
            fn from_view(view: Self) -> Self {
                view
            }
        }
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::Required for #ident #bounds {}
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::ListElement for #ident #bounds {}
    }
}

pub(crate) fn expand_newtype(input: &Newtype<'_>, private: &TokenStream) -> TokenStream {
    let (ident, ty) = (input.ident, input.ty);
    let inner = quote!(#private::required_column::<#ty>(name));
    let bounds = if input.kind.is_known() {
        TokenStream::new()
    } else {
        let bound = super::record::bound(ty, quote!(#private::Required));
        quote!(where #bound)
    };
    let column = of_newtype(inner, &input.description, &input.attrs, private);
    quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::ColumnType for #ident #bounds {
            type Builder = <#ty as #private::ColumnType>::Builder;
            type Reader = <#ty as #private::ColumnType>::Reader;
            type View<'a> = <#ty as #private::ColumnType>::View<'a>;

            fn column(name: &str) -> #private::Column {
                #column
            }
            #[inline]
            fn append(&self, builder: &mut Self::Builder) {
                <#ty as #private::ColumnType>::append(&self.0, builder);
            }
            fn open(
                array: &#private::ArrayRef,
                absent: ::core::option::Option<&#private::NullBuffer>,
            ) -> ::core::result::Result<Self::Reader, #private::RowError> {
                <#ty as #private::ColumnType>::open(array, absent)
            }
            #[inline]
            fn view(reader: &Self::Reader, slot: usize) -> Self::View<'_> {
                <#ty as #private::ColumnType>::view(reader, slot)
            }
            #[inline]
            fn from_view(view: Self::View<'_>) -> Self {
                Self(<#ty as #private::ColumnType>::from_view(view))
            }
        }
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::Required for #ident #bounds {}
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::ListElement for #ident #bounds {}
    }
}
