//! From what was read to code. One file for each kind of it.

mod column;
mod consumes;
mod product;
mod record;
mod rule;
mod types;

pub(crate) use record::view_name;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::ast::{Record, TypeInput, private};
use crate::attr::column::record as record_attrs;
use crate::attr::consumes::ConsumesAttrs;
use crate::attr::product::ProductAttrs;
use crate::errors::Errors;
use crate::{fallback, valid};

fn parse(input: TokenStream) -> Result<DeriveInput, TokenStream> {
    syn::parse2(input).map_err(|error| error.to_compile_error())
}

/// `#[derive(DataProduct)]`.
pub(crate) fn product(input: TokenStream) -> TokenStream {
    let input = match parse(input) {
        Ok(input) => input,
        Err(error) => return error,
    };
    let mut errors = Errors::default();
    let attrs = ProductAttrs::read(&input.attrs, &mut errors);
    let private = private(attrs.krate.as_ref());
    let code = Record::read(&input, "DataProduct", &mut errors).map(|record| {
        valid::record(&record, &mut errors);
        valid::product(&attrs, &record, &mut errors);
        let mut code = record::expand(&record, &private);
        code.extend(product::expand(&attrs, &record, &private));
        code
    });
    finish(code, errors, || fallback::product(&input, &private))
}

/// `#[derive(Record)]`.
pub(crate) fn record(input: TokenStream) -> TokenStream {
    let input = match parse(input) {
        Ok(input) => input,
        Err(error) => return error,
    };
    let mut errors = Errors::default();
    let private = private(record_attrs(&input.attrs, &mut errors).as_ref());
    let code = Record::read(&input, "Record", &mut errors).map(|record| {
        valid::record(&record, &mut errors);
        valid::nested(&record, &mut errors);
        record::expand(&record, &private)
    });
    finish(code, errors, || fallback::record(&input, &private))
}

/// `#[derive(ColumnType)]`.
pub(crate) fn column_type(input: TokenStream) -> TokenStream {
    let input = match parse(input) {
        Ok(input) => input,
        Err(error) => return error,
    };
    let mut errors = Errors::default();
    let read = TypeInput::read(&input, &mut errors);
    let krate = match &read {
        Some(TypeInput::Enum(input)) => input.attrs.krate.as_ref(),
        Some(TypeInput::Newtype(input)) => input.attrs.krate.as_ref(),
        None => None,
    };
    let private = private(krate);
    let code = read.as_ref().map(|read| match read {
        TypeInput::Enum(input) => {
            let labels = types::labels(input);
            valid::labels(input, &labels, &mut errors);
            types::expand_enum(input, &labels, &private)
        }
        TypeInput::Newtype(input) => {
            valid::column(&input.attrs, &input.kind, &mut errors);
            types::expand_newtype(input, &private)
        }
    });
    finish(code, errors, || fallback::column_type(&input, &private))
}

/// `#[derive(Consumes)]`.
pub(crate) fn consumes(input: TokenStream) -> TokenStream {
    let input = match parse(input) {
        Ok(input) => input,
        Err(error) => return error,
    };
    let mut errors = Errors::default();
    let attrs = ConsumesAttrs::read(&input.attrs, &input.ident, &mut errors);
    let private = private(attrs.krate.as_ref());
    // Whether it is a struct with named fields is the matter of the record that it has to be as well.
    let code = input
        .generics
        .params
        .is_empty()
        .then(|| consumes::expand(&attrs, &input, &private));
    finish(code, errors, TokenStream::new)
}

/// The code and all mistakes; where the shape of the type is wrong, what stands in for the code.
fn finish(
    code: Option<TokenStream>,
    errors: Errors,
    fallback: impl FnOnce() -> TokenStream,
) -> TokenStream {
    let mut out = match code {
        Some(code) if !errors.is_shapeless() => code,
        _ => fallback(),
    };
    out.extend(errors.into_tokens());
    out
}
