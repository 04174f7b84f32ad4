//! The types that the macros are on, as far as they can be read.

use proc_macro2::Span;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Fields, Ident, Lit, Meta, Path, Type, Visibility,
};

use crate::attr::column::{ColumnAttrs, EnumAttrs, VariantAttrs};
use crate::errors::Errors;
use crate::kind::Kind;

/// A struct with named fields.
pub(crate) struct Record<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) description: String,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field, which is a column.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) kind: Kind,
    pub(crate) description: String,
    pub(crate) attrs: ColumnAttrs,
}

impl Field<'_> {
    /// The name of the column and where it is written.
    pub(crate) fn column_name(&self) -> (String, Span) {
        match &self.attrs.name {
            Some(name) => (name.value(), name.span()),
            None => {
                use syn::ext::IdentExt as _;
                (self.ident.unraw().to_string(), self.ident.span())
            }
        }
    }
}

impl<'a> Record<'a> {
    /// Reads a struct with named fields, or says why it is none.
    pub(crate) fn read(input: &'a DeriveInput, derive: &str, errors: &mut Errors) -> Option<Self> {
        refuse_generics(input, errors);
        let what = match derive {
            "DataProduct" => "a data product is declared as",
            _ => "a record is",
        };
        let fields = match &input.data {
            Data::Struct(data) => {
                match &data.fields {
                    Fields::Named(fields) if !fields.named.is_empty() => &fields.named,
                    Fields::Named(_) | Fields::Unit => {
                        errors.shape(
                            &input.ident,
                            format!(
                                "{what} a struct with at least one field: every field is a column"
                            ),
                        );
                        return None;
                    }
                    Fields::Unnamed(_) => {
                        let newtype = "a tuple struct of one field can be the type of a column: `#[derive(ColumnType)]`";
                        errors.shape(&input.ident, format!("{what} a struct with named fields, which name its columns; {newtype}"));
                        return None;
                    }
                }
            }
            Data::Enum(data) => {
                let instead =
                    "an enum without fields can be the type of a column: `#[derive(ColumnType)]`";
                errors.shape(
                    data.enum_token,
                    format!("{what} a struct with named fields; {instead}"),
                );
                return None;
            }
            Data::Union(data) => {
                errors.shape(
                    data.union_token,
                    format!("{what} a struct with named fields, never a union"),
                );
                return None;
            }
        };
        let fields = fields
            .iter()
            .filter_map(|field| {
                let kind = kind(&field.ty, errors);
                let attrs = ColumnAttrs::of_field(&field.attrs, errors);
                let ident = field.ident.as_ref()?;
                let description = description(&field.attrs);
                Some(Field {
                    ident,
                    vis: &field.vis,
                    ty: &field.ty,
                    kind,
                    description,
                    attrs,
                })
            })
            .collect();
        Some(Self {
            ident: &input.ident,
            vis: &input.vis,
            description: description(&input.attrs),
            fields,
        })
    }
}

/// An enum without fields.
pub(crate) struct Enum<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) description: String,
    pub(crate) variants: Vec<Variant<'a>>,
    pub(crate) attrs: EnumAttrs,
}

/// A variant of an enum.
pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) description: String,
    pub(crate) attrs: VariantAttrs,
}

/// A tuple struct of one field.
pub(crate) struct Newtype<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) description: String,
    pub(crate) ty: &'a Type,
    pub(crate) kind: Kind,
    pub(crate) attrs: ColumnAttrs,
}

/// What `#[derive(ColumnType)]` is on.
pub(crate) enum TypeInput<'a> {
    Enum(Enum<'a>),
    Newtype(Box<Newtype<'a>>),
}

impl<'a> TypeInput<'a> {
    pub(crate) fn read(input: &'a DeriveInput, errors: &mut Errors) -> Option<Self> {
        refuse_generics(input, errors);
        match &input.data {
            Data::Enum(data) => {
                let attrs = EnumAttrs::read(&input.attrs, errors);
                if data.variants.is_empty() {
                    errors.shape(
                        &input.ident,
                        "an enum without variants has no values: add one",
                    );
                }
                let variants = data.variants.iter().map(|variant| {
                    if !matches!(variant.fields, Fields::Unit) {
                        errors.shape(
                            &variant.fields,
                            "a variant with fields cannot be the value of a column: leave the fields out, or write a struct with `Option` fields and `#[derive(Record)]`",
                        );
                    }
                    let attrs = VariantAttrs::read(&variant.attrs, errors);
                    Variant { ident: &variant.ident, description: description(&variant.attrs), attrs }
                });
                let variants = variants.collect();
                Some(Self::Enum(Enum {
                    ident: &input.ident,
                    description: description(&input.attrs),
                    variants,
                    attrs,
                }))
            }
            Data::Struct(data) => match &data.fields {
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                    let ty = &fields.unnamed[0].ty;
                    let kind = kind(ty, errors);
                    if matches!(kind, Kind::Optional(_)) {
                        errors.shape(ty, format!("whether a value may be missing is a matter of the column: write the type without `Option` here, and `Option<{}>` on the field", input.ident));
                    }
                    let attrs = ColumnAttrs::of_type(&input.attrs, errors);
                    Some(Self::Newtype(Box::new(Newtype {
                        ident: &input.ident,
                        description: description(&input.attrs),
                        ty,
                        kind,
                        attrs,
                    })))
                }
                Fields::Named(_) => {
                    errors.shape(&input.ident, "a struct with named fields is nested in a column with `#[derive(Record)]`; `ColumnType` is for enums and tuple structs of one field");
                    None
                }
                _ => {
                    errors.shape(&input.ident, "the type of a column is an enum without fields or a tuple struct of one field");
                    None
                }
            },
            Data::Union(data) => {
                errors.shape(data.union_token, "the type of a column is an enum without fields or a tuple struct of one field, never a union");
                None
            }
        }
    }
}

fn kind(ty: &Type, errors: &mut Errors) -> Kind {
    Kind::of(ty).unwrap_or_else(|error| {
        errors.shape_error(error);
        Kind::Other
    })
}

fn refuse_generics(input: &DeriveInput, errors: &mut Errors) {
    if !input.generics.params.is_empty() {
        errors.shape(
            &input.generics.params,
            "what is stored has one type: write the struct without type parameters and lifetimes",
        );
    }
}

/// The text of the doc comments: wrapped lines joined, paragraphs and lists kept.
pub(crate) fn description(attributes: &[Attribute]) -> String {
    let mut out = String::new();
    let mut fenced = false;
    let mut paragraph_ended = true;
    for line in doc_lines(attributes) {
        let line = line.trim_end();
        let fence = line.trim_start().starts_with("```");
        let numbered = line
            .split_once('.')
            .is_some_and(|(head, _)| !head.is_empty() && head.bytes().all(|b| b.is_ascii_digit()));
        let own_line = fenced
            || fence
            || numbered
            || line.is_empty()
            || line.starts_with([' ', '-', '*', '+', '#', '>', '|']);
        if !out.is_empty() {
            out.push(if own_line || paragraph_ended {
                '\n'
            } else {
                ' '
            });
        }
        out.push_str(line);
        paragraph_ended = line.is_empty() || fence;
        fenced ^= fence;
    }
    out.trim().to_owned()
}

fn doc_lines(attributes: &[Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
    {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) = &pair.value
        {
            for line in text.value().split('\n') {
                lines.push(line.strip_prefix(' ').unwrap_or(line).to_owned());
            }
        }
    }
    lines
}

/// The crate that the expansion names.
pub(crate) fn private(krate: Option<&Path>) -> proc_macro2::TokenStream {
    match krate {
        Some(path) => quote::quote!(#path::__private),
        None => quote::quote!(::dataproduct::__private),
    }
}
