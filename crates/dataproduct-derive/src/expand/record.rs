//! Structs with named fields: typed builders, readers and views, a field at a time.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Type;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use super::column::columns;
use crate::ast::Record;

/// The implementations that every record has.
pub(crate) fn expand(record: &Record<'_>, private: &TokenStream) -> TokenStream {
    let ident = record.ident;
    let builders = format_ident!("__{}Builders", ident.unraw());
    let readers = format_ident!("__{}Readers", ident.unraw());
    let view = view_name(ident);
    let bounds = bounds(record, private);
    let view_code = view_struct(record, &view, &bounds, private);
    let record_impl = record_impl(record, &builders, &readers, &bounds, private);
    let column_type = column_type_impl(record, &readers, &view, &bounds, private);
    let fields: Vec<_> = record.fields.iter().map(|field| field.ident).collect();
    let types: Vec<_> = record.fields.iter().map(|field| field.ty).collect();
    // A derive inside of the expansion would report a wrong type once more.
    let debug = [&builders, &readers].map(|own| {
        let name = own.to_string();
        quote! {
            #[automatically_derived]
            #[allow(trivial_bounds)]
            impl ::core::fmt::Debug for #own #bounds {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.debug_struct(#name).finish_non_exhaustive()
                }
            }
        }
    });
    quote! {
        #view_code

        const _: () = {
            #[doc(hidden)]
            #[allow(trivial_bounds)]
            pub struct #builders #bounds {
                #(#fields: <#types as #private::ColumnType>::Builder,)*
            }

            #[doc(hidden)]
            #[allow(trivial_bounds)]
            pub struct #readers #bounds {
                #(#fields: <#types as #private::ColumnType>::Reader,)*
            }

            #(#debug)*
            #record_impl
            #column_type
        };
    }
}

/// That the types of the fields can be those of columns, for all that cannot be seen here.
///
/// Every generated item states it, so that a type that cannot is one message on that type and not one
/// for every place that uses it.
pub(crate) fn bounds(record: &Record<'_>, private: &TokenStream) -> TokenStream {
    let types: Vec<_> = record
        .fields
        .iter()
        .filter(|field| !field.kind.is_known())
        .map(|field| field.ty)
        .collect();
    if types.is_empty() {
        return TokenStream::new();
    }
    let bounds = types
        .iter()
        .map(|ty| bound(ty, quote!(#private::ColumnType)));
    quote!(where #(#bounds),*)
}

/// `ty: path`, all of it where the type is written, so that the message stands there.
pub(crate) fn bound(ty: &Type, path: TokenStream) -> TokenStream {
    let span = ty.span().resolved_at(Span::call_site());
    let path = path.into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    let path: TokenStream = path.collect();
    quote!(#ty: #path)
}

/// The name of the borrowed row.
pub(crate) fn view_name(ident: &Ident) -> Ident {
    Ident::new(
        &format!("{}View", ident.unraw()),
        ident.span().resolved_at(Span::call_site()),
    )
}

/// A row borrowed from a batch, with an accessor for each field.
fn view_struct(
    record: &Record<'_>,
    view: &Ident,
    bounds: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let (ident, vis) = (record.ident, record.vis);
    let doc = format!(
        "A [`{}`] borrowed from a batch: each value is read when it is asked for.",
        ident.unraw()
    );
    let accessors = record.fields.iter().map(|field| {
        let (name, ty, vis) = (field.ident, field.ty, field.vis);
        // The name of the field as the macro's own word, so that an accessor that is never called is
        // no warning to the user.
        let mut accessor = name.clone();
        accessor.set_span(name.span().resolved_at(Span::call_site()));
        let doc = match field.description.as_str() {
            "" => format!("The value of `{}`.", field.ident.unraw()),
            text => text.to_owned(),
        };
        quote! {
            #[doc = #doc]
            #[inline]
            #vis fn #accessor(&self) -> <#ty as #private::ColumnType>::View<'a> {
                <#ty as #private::ColumnType>::view(&self.readers.#name, self.row)
            }
        }
    });
    let name = view.to_string();
    let labels = record
        .fields
        .iter()
        .map(|field| field.ident.unraw().to_string());
    let fields = record.fields.iter().map(|field| field.ident);
    quote! {
        #[doc = #doc]
        #[allow(trivial_bounds)]
        #vis struct #view<'a> #bounds {
            readers: &'a <#ident as #private::ColumnType>::Reader,
            row: usize,
        }

        #[allow(trivial_bounds)]
        impl<'a> #view<'a> #bounds {
            #(#accessors)*
        }

        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl ::core::clone::Clone for #view<'_> #bounds {
            #[inline]
            fn clone(&self) -> Self {
                *self
            }
        }

        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl ::core::marker::Copy for #view<'_> #bounds {}

        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl ::core::fmt::Debug for #view<'_> #bounds {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name) #(.field(#labels, &self.#fields()))* .finish()
            }
        }

        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl ::core::convert::From<#view<'_>> for #ident #bounds {
            #[inline]
            fn from(view: #view<'_>) -> Self {
                <Self as #private::ColumnType>::from_view(view)
            }
        }
    }
}

fn record_impl(
    record: &Record<'_>,
    builders: &Ident,
    readers: &Ident,
    bounds: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let ident = record.ident;
    let name = ident.unraw().to_string();
    let description = &record.description;
    let columns = columns(record, private);
    let fields: Vec<_> = record.fields.iter().map(|field| field.ident).collect();
    let types: Vec<_> = record.fields.iter().map(|field| field.ty).collect();
    let names: Vec<_> = record
        .fields
        .iter()
        .map(|field| field.column_name().0)
        .collect();
    quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::Record for #ident #bounds {
            const NAME: &'static str = #name;
            const DESCRIPTION: &'static str = #description;
            type Builders = #builders;

            fn columns() -> ::std::vec::Vec<#private::Column> {
                ::std::vec![#(#columns),*]
            }

            fn schema() -> #private::SchemaRef {
                static SCHEMA: #private::OnceLock<#private::SchemaRef> = #private::OnceLock::new();
                ::core::clone::Clone::clone(SCHEMA.get_or_init(#private::schema_of::<Self>))
            }

            fn builders(rows: usize) -> #builders {
                #builders {
                    #(#fields: <<#types as #private::ColumnType>::Builder as #private::ColumnBuilder>::with_capacity(rows),)*
                }
            }

            #[inline]
            fn append_row(&self, builders: &mut #builders) {
                #(<#types as #private::ColumnType>::append(&self.#fields, &mut builders.#fields);)*
            }

            #[inline]
            fn append_filler(builders: &mut #builders) {
                #(#private::ColumnBuilder::append_filler(&mut builders.#fields);)*
            }

            fn finish(
                builders: #builders,
            ) -> ::core::result::Result<::std::vec::Vec<#private::ArrayRef>, #private::RowError> {
                ::core::result::Result::Ok(::std::vec![
                    #(#private::ColumnBuilder::finish(builders.#fields).map_err(|error| error.within(#names))?,)*
                ])
            }

            fn open_fields(
                source: &#private::Source<'_>,
            ) -> ::core::result::Result<#readers, #private::RowError> {
                ::core::result::Result::Ok(#readers {
                    #(#fields: source.column::<#types>(#names)?,)*
                })
            }
        }
    }
}

fn column_type_impl(
    record: &Record<'_>,
    readers: &Ident,
    view: &Ident,
    bounds: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let ident = record.ident;
    let fields: Vec<_> = record.fields.iter().map(|field| field.ident).collect();
    let types: Vec<_> = record.fields.iter().map(|field| field.ty).collect();
    quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #private::ColumnType for #ident #bounds {
            type Builder = #private::RecordBuilder<#ident>;
            type Reader = #readers;
            type View<'a> = #view<'a>;

            fn column(name: &str) -> #private::Column {
                #private::record_column::<#ident>(name)
            }
            #[inline]
            fn append(&self, builder: &mut Self::Builder) {
                builder.append_value(self);
            }
            fn open(
                array: &#private::ArrayRef,
                absent: ::core::option::Option<&#private::NullBuffer>,
            ) -> ::core::result::Result<#readers, #private::RowError> {
                #private::open_record::<#ident>(array, absent)
            }
            #[inline]
            fn view(readers: &#readers, row: usize) -> #view<'_> {
                #view { readers, row }
            }
            #[inline]
            fn from_view(view: #view<'_>) -> Self {
                Self {
                    #(#fields: <#types as #private::ColumnType>::from_view(view.#fields()),)*
                }
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
