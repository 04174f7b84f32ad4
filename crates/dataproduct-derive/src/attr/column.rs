//! `#[column(...)]`.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, LitStr, Path};

use super::failure::Failure;
use super::rule::Rule;
use super::{Form, Item, Literal, Place, Range, items, set, split, unknown};
use crate::check;
use crate::errors::Errors;

/// What `#[column(...)]` on a field or a newtype says.
#[derive(Default)]
pub(crate) struct ColumnAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) id: Option<LitStr>,
    pub(crate) business_name: Option<LitStr>,
    pub(crate) key: Option<Place>,
    pub(crate) partition: Option<Place>,
    pub(crate) sort: Option<Place>,
    pub(crate) event_time: Option<Span>,
    pub(crate) unique: Option<Span>,
    pub(crate) unit: Option<LitStr>,
    pub(crate) semantic: Option<LitStr>,
    pub(crate) classification: Option<(String, Span)>,
    pub(crate) pii: Option<(String, Span)>,
    pub(crate) references: Vec<LitStr>,
    pub(crate) range: Option<Range>,
    pub(crate) above: Option<Literal>,
    pub(crate) below: Option<Literal>,
    pub(crate) multiple_of: Option<(f64, Span)>,
    pub(crate) length: Option<Range>,
    pub(crate) items: Option<Range>,
    pub(crate) unique_items: Option<Span>,
    pub(crate) pattern: Option<LitStr>,
    pub(crate) format: Option<LitStr>,
    pub(crate) one_of: Vec<Literal>,
    pub(crate) open: Option<Span>,
    pub(crate) examples: Vec<Literal>,
    pub(crate) deprecated: Option<LitStr>,
    pub(crate) default: Option<Literal>,
    pub(crate) renamed_from: Vec<LitStr>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) custom: Vec<(String, Literal)>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) failure: Failure,
    /// `crate = ...`, on a type only.
    pub(crate) krate: Option<Path>,
}

/// Every key of `#[column(...)]` on a field.
pub(crate) const FIELD_KEYS: &[&str] = &[
    "key",
    "partition",
    "sort",
    "event_time",
    "unique",
    "name",
    "id",
    "business_name",
    "unit",
    "semantic",
    "classification",
    "pii",
    "references",
    "range",
    "above",
    "below",
    "multiple_of",
    "length",
    "items",
    "unique_items",
    "pattern",
    "format",
    "one_of",
    "open",
    "example",
    "deprecated",
    "default",
    "renamed_from",
    "tag",
    "custom",
    "rule",
    "on_failure",
    "repair",
];

/// Keys that say where a column stands in its rows, which a type of columns cannot say.
const FIELD_ONLY: &[&str] = &[
    "key",
    "partition",
    "sort",
    "event_time",
    "unique",
    "name",
    "id",
    "default",
];

/// Words of other formats, and what to write here.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["primary_key", "pk", "primary"], "`key`"),
    (
        &["description", "desc", "doc", "comment"],
        "a doc comment `/// ...` above the field",
    ),
    (
        &["nullable", "optional", "required", "not_null"],
        "the type: `Option<...>` may be missing, everything else may not",
    ),
    (
        &["min", "minimum", "max", "maximum"],
        "`range = 0..=100`, `range = 0..` or `range = ..=100`",
    ),
    (&["min_length", "max_length", "len"], "`length = 1..=64`"),
    (&["regex", "matches"], "`pattern = \"...\"`"),
    (
        &["enum", "values", "allowed", "allowed_values"],
        "`one_of(\"a\", \"b\")`, or an enum as the type",
    ),
    (&["rename"], "`name = \"...\"`"),
    (
        &["foreign_key", "fk", "reference"],
        "`references = \"product.catalogue#sku\"`",
    ),
    (&["semantic_type"], "`semantic = \"https://...\"`"),
    (
        &["sensitive", "personal"],
        "`pii = direct`, or `classification = restricted`",
    ),
    (&["timestamp", "time"], "`event_time`"),
    (&["type", "ty"], "the type of the field"),
    (
        &["skip"],
        "nothing: every field is a column, and a row has all its values",
    ),
];

impl ColumnAttrs {
    /// Reads the attributes of a field.
    pub(crate) fn of_field(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut out = Self::default();
        for item in items(attributes, "column", errors) {
            let result = out.take(&item, FIELD_KEYS, "`#[column]`");
            errors.take(result);
        }
        out
    }

    /// Reads the attributes of a newtype, which hold for every column of it.
    pub(crate) fn of_type(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let keys: Vec<&str> = FIELD_KEYS
            .iter()
            .copied()
            .filter(|key| !FIELD_ONLY.contains(key))
            .chain(["crate"])
            .collect();
        let mut out = Self::default();
        for item in items(attributes, "column", errors) {
            let result = if FIELD_ONLY.iter().any(|key| item.key == *key) {
                Err(syn::Error::new(
                    item.key.span(),
                    format!(
                        "`{}` is a matter of one column: write it on the field of this type",
                        item.key
                    ),
                ))
            } else {
                out.take(&item, &keys, "`#[column]` on a type")
            };
            errors.take(result);
        }
        out
    }

    fn take(&mut self, item: &Item, keys: &[&str], place: &str) -> syn::Result<()> {
        let name = item.key.to_string();
        if !keys.contains(&name.as_str()) {
            return Err(refuse(item, place, &name, keys));
        }
        match name.as_str() {
            "key" => set(&mut self.key, item, item.place()?),
            "partition" => set(&mut self.partition, item, item.place()?),
            "sort" => set(&mut self.sort, item, item.place()?),
            "event_time" => set(&mut self.event_time, item, item.flag()?),
            "unique" => set(&mut self.unique, item, item.flag()?),
            "unique_items" => set(&mut self.unique_items, item, item.flag()?),
            "open" => set(&mut self.open, item, item.flag()?),
            "name" => {
                let text = item.text("name = \"on_hand\"")?;
                check::column_name(&text.value())
                    .map_err(|why| syn::Error::new(text.span(), why))?;
                set(&mut self.name, item, text)
            }
            "id" => set(&mut self.id, item, item.text("id = \"on-hand\"")?),
            "business_name" => set(
                &mut self.business_name,
                item,
                item.text("business_name = \"Stock on hand\"")?,
            ),
            "unit" => set(&mut self.unit, item, item.text("unit = \"H87\"")?),
            "semantic" => {
                let text = item.text("semantic = \"https://schema.org/sku\"")?;
                check::url(&text)?;
                set(&mut self.semantic, item, text)
            }
            "classification" => self.classification(item),
            "pii" => set(
                &mut self.pii,
                item,
                item.word(&["direct", "indirect", "special"])?,
            ),
            "references" => self.references(item),
            "range" => set(&mut self.range, item, item.range("range = 0..=100")?),
            "above" => set(&mut self.above, item, item.literal("above = 0")?),
            "below" => set(&mut self.below, item, item.literal("below = 100")?),
            "multiple_of" => set(
                &mut self.multiple_of,
                item,
                item.number("multiple_of = 0.5")?,
            ),
            "length" => set(&mut self.length, item, item.range("length = 1..=64")?),
            "items" => set(&mut self.items, item, item.range("items = 1..=10")?),
            "pattern" => {
                let text = item.text("pattern = \"^[0-9]+$\"")?;
                check::pattern(&text)?;
                set(&mut self.pattern, item, text)
            }
            "format" => set(&mut self.format, item, item.text("format = \"email\"")?),
            "deprecated" => set(
                &mut self.deprecated,
                item,
                item.text("deprecated = \"use available\"")?,
            ),
            "default" => set(&mut self.default, item, item.literal("default = 0")?),
            "one_of" => extend(&mut self.one_of, item.literals("one_of(\"NOK\", \"SEK\")")?),
            "example" => extend(
                &mut self.examples,
                item.literals("example = \"s69305697\"")?,
            ),
            "renamed_from" => extend(
                &mut self.renamed_from,
                item.texts("renamed_from(\"quantity\")")?,
            ),
            "tag" => extend(&mut self.tags, item.texts("tag(\"stock\")")?),
            "custom" => extend(&mut self.custom, custom(item)?),
            "rule" => extend(&mut self.rules, vec![Rule::parse(item)?]),
            "on_failure" => self.failure.take_action(item),
            "repair" => self.failure.take_repair(item),
            "crate" => set(&mut self.krate, item, krate(item)?),
            _ => Err(refuse(item, place, &name, keys)),
        }
    }

    /// One of the usual levels as a word, or a level of the organisation's own as text.
    fn classification(&mut self, item: &Item) -> syn::Result<()> {
        let own = match &item.form {
            Form::Value(value) => syn::parse2::<LitStr>(value.clone()).ok(),
            _ => None,
        };
        let level = match own {
            Some(text) => (
                item.text("classification = \"secret\"")?.value(),
                text.span(),
            ),
            None => item
                .word(&["public", "internal", "confidential", "restricted"])
                .map_err(|error| {
                    let message = format!("{error}; a level of your own stands in quotes");
                    syn::Error::new(error.span(), message)
                })?,
        };
        set(&mut self.classification, item, level)
    }

    fn references(&mut self, item: &Item) -> syn::Result<()> {
        let texts = item.texts("references = \"product.catalogue#sku\"")?;
        texts.iter().try_for_each(check::column_ref)?;
        extend(&mut self.references, texts)
    }
}

/// Adds to what may be said more than once.
pub(crate) fn extend<T>(all: &mut Vec<T>, more: impl IntoIterator<Item = T>) -> syn::Result<()> {
    all.extend(more);
    Ok(())
}

fn refuse(item: &Item, place: &str, name: &str, keys: &[&str]) -> syn::Error {
    let elsewhere = ELSEWHERE.iter().find(|(names, _)| names.contains(&name));
    let message = match elsewhere {
        Some((_, instead)) => format!("{place} does not know `{name}`: write {instead}"),
        None => unknown(place, name, keys),
    };
    syn::Error::new(item.key.span(), message)
}

/// The properties of `custom(name = value, "other-name" = value)`.
pub(crate) fn custom(item: &Item) -> syn::Result<Vec<(String, Literal)>> {
    let Form::Args(args) = &item.form else {
        return Err(syn::Error::new_spanned(
            &item.tokens,
            "write `custom(costCentre = \"4711\")`",
        ));
    };
    split(args.clone())
        .into_iter()
        .map(|piece| {
            let mut tokens = piece.clone().into_iter();
            let name: TokenStream = tokens.next().into_iter().collect();
            let equals = tokens.next().is_some_and(|token| token.to_string() == "=");
            let value: TokenStream = tokens.collect();
            match super::word(name) {
                Some((name, _)) if equals && !value.is_empty() => {
                    Ok((name, super::literal(value)?))
                }
                _ => Err(syn::Error::new_spanned(
                    piece,
                    "write a name and a value: `custom(costCentre = \"4711\")`",
                )),
            }
        })
        .collect()
}

/// The path of `crate = "my_dataproduct"` or `crate = my_dataproduct`.
pub(crate) fn krate(item: &Item) -> syn::Result<Path> {
    let wants = || {
        syn::Error::new_spanned(
            &item.tokens,
            "write the name that the crate has here: `crate = \"my_dataproduct\"`",
        )
    };
    let Form::Value(value) = &item.form else {
        return Err(wants());
    };
    match syn::parse2::<LitStr>(value.clone()) {
        Ok(text) => text.parse_with(Path::parse_mod_style).map_err(|_| wants()),
        Err(_) => {
            syn::parse::Parser::parse2(Path::parse_mod_style, value.clone()).map_err(|_| wants())
        }
    }
}

/// What `#[column(...)]` on a variant of an enum says.
#[derive(Default)]
pub(crate) struct VariantAttrs {
    pub(crate) rename: Option<LitStr>,
    pub(crate) other: Option<Span>,
}

impl VariantAttrs {
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut out = Self::default();
        for item in items(attributes, "column", errors) {
            let result = match item.key.to_string().as_str() {
                "rename" => item
                    .text("rename = \"in-stock\"")
                    .and_then(|text| set(&mut out.rename, &item, text)),
                "other" => item
                    .flag()
                    .and_then(|span| set(&mut out.other, &item, span)),
                name => Err(syn::Error::new(
                    item.key.span(),
                    unknown("`#[column]` on a variant", name, &["rename", "other"]),
                )),
            };
            errors.take(result);
        }
        out
    }
}

/// What `#[column(...)]` on an enum says.
#[derive(Default)]
pub(crate) struct EnumAttrs {
    pub(crate) rename_all: Option<(String, Span)>,
    pub(crate) krate: Option<Path>,
}

/// The ways to write the names of variants.
pub(crate) const CASES: &[&str] = &[
    "snake_case",
    "kebab-case",
    "lowercase",
    "UPPERCASE",
    "SCREAMING_SNAKE_CASE",
    "camelCase",
    "PascalCase",
];

impl EnumAttrs {
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut out = Self::default();
        for item in items(attributes, "column", errors) {
            let result = match item.key.to_string().as_str() {
                "rename_all" => item
                    .word(CASES)
                    .and_then(|case| set(&mut out.rename_all, &item, case)),
                "crate" => krate(&item).and_then(|path| set(&mut out.krate, &item, path)),
                name => Err(syn::Error::new(
                    item.key.span(),
                    unknown("`#[column]` on an enum", name, &["rename_all", "crate"]),
                )),
            };
            errors.take(result);
        }
        out
    }
}

/// What `#[record(...)]` on a nested struct says: the crate.
pub(crate) fn record(attributes: &[Attribute], errors: &mut Errors) -> Option<Path> {
    let mut path = None;
    for item in items(attributes, "record", errors) {
        let known = |key: &Ident| key == "crate";
        let result = if known(&item.key) {
            krate(&item).and_then(|found| set(&mut path, &item, found))
        } else {
            Err(syn::Error::new(
                item.key.span(),
                unknown("`#[record]`", &item.key.to_string(), &["crate"]),
            ))
        };
        errors.take(result);
    }
    path
}
