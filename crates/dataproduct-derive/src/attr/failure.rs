//! `on_failure = ...` and `repair(...)`: what happens on a breach.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::LitStr;
use syn::parse::Parser as _;

use super::{Form, Item, Literal, LiteralValue, literal, set, split, unknown};

/// What a rule, a column or a product says of a breach: one of the two, or nothing.
#[derive(Default)]
pub(crate) struct Failure {
    /// `reject`, `quarantine`, `report` or `notify`.
    pub(crate) action: Option<(String, Span)>,
    pub(crate) repair: Option<(Repair, Span)>,
}

/// How a value is set right.
pub(crate) enum Repair {
    Cast,
    Trim,
    Default(Literal),
    Map(Vec<(Literal, Literal)>),
    KeepLatest(Option<LitStr>),
}

const ACTIONS: &[&str] = &["reject", "quarantine", "report", "notify"];
const REPAIRS: &[&str] = &["cast", "trim", "default", "map", "keep_latest"];
const EXAMPLE: &str = "write one of `repair(cast)`, `repair(trim)`, `repair(default = 0)`, `repair(map(\"A\" = \"a\"))` and `repair(keep_latest = \"updated_at\")`";

impl Failure {
    /// Takes `on_failure = ...`.
    pub(crate) fn take_action(&mut self, item: &Item) -> syn::Result<()> {
        if let Form::Value(value) = &item.form
            && super::word(value.clone()).is_some_and(|(word, _)| word == "repair")
        {
            return Err(syn::Error::new_spanned(
                value,
                format!("`repair` says how as well, and stands alone: {EXAMPLE}"),
            ));
        }
        let action = item.word(ACTIONS)?;
        if let Some((_, span)) = &self.repair {
            return Err(twice(*span));
        }
        set(&mut self.action, item, action)
    }

    /// Takes `repair(...)`.
    pub(crate) fn take_repair(&mut self, item: &Item) -> syn::Result<()> {
        let span = item.key.span();
        let repair = repair(item)?;
        if self.action.is_some() {
            return Err(twice(span));
        }
        set(&mut self.repair, item, (repair, span))
    }
}

fn twice(repair: Span) -> syn::Error {
    syn::Error::new(
        repair,
        "a repair is what happens on a breach: leave it or `on_failure` out",
    )
}

fn repair(item: &Item) -> syn::Result<Repair> {
    let wants = || syn::Error::new_spanned(&item.tokens, EXAMPLE);
    let Form::Args(args) = &item.form else {
        return Err(wants());
    };
    let mut pieces = split(args.clone()).into_iter();
    let inner = super::item.parse2(pieces.next().ok_or_else(wants)?)?;
    if let Some(second) = pieces.next() {
        return Err(syn::Error::new_spanned(
            second,
            "a breach is repaired in one way: keep one",
        ));
    }
    let name = inner.key.to_string();
    match (name.as_str(), &inner.form) {
        ("cast", _) => inner.flag().map(|_| Repair::Cast),
        ("trim", _) => inner.flag().map(|_| Repair::Trim),
        ("default", Form::Value(tokens)) => Ok(Repair::Default(value(tokens.clone())?)),
        ("default", _) => Err(inner.wants("default = 0")),
        ("map", Form::Args(pairs)) => {
            let pairs = split(pairs.clone()).into_iter().map(pair);
            let pairs = pairs.collect::<syn::Result<Vec<_>>>()?;
            map(&inner, pairs)
        }
        ("map", _) => Err(inner.wants("map(\"A\" = \"a\", \"n/a\" = null)")),
        ("keep_latest", Form::Flag) => Ok(Repair::KeepLatest(None)),
        ("keep_latest", _) => {
            let column = inner.text("keep_latest = \"updated_at\"")?;
            Ok(Repair::KeepLatest(Some(column)))
        }
        (name, _) => Err(syn::Error::new(
            inner.key.span(),
            unknown("`repair`", name, REPAIRS),
        )),
    }
}

/// `"A" = "a"`.
fn pair(piece: TokenStream) -> syn::Result<(Literal, Literal)> {
    let (mut from, mut to, mut is_behind) = (TokenStream::new(), TokenStream::new(), false);
    for token in piece.clone() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '=' && !is_behind => is_behind = true,
            _ if is_behind => to.extend([token]),
            _ => from.extend([token]),
        }
    }
    if from.is_empty() || to.is_empty() {
        return Err(syn::Error::new_spanned(
            piece,
            "write the value that is there and the one that it becomes: `\"A\" = \"a\"`",
        ));
    }
    Ok((value(from)?, value(to)?))
}

/// A map that says one thing of a value, and whose second use changes nothing.
fn map(item: &Item, pairs: Vec<(Literal, Literal)>) -> syn::Result<Repair> {
    if pairs.is_empty() {
        return Err(syn::Error::new_spanned(
            &item.tokens,
            "the map is empty: write `map(\"A\" = \"a\")`",
        ));
    }
    for (place, (from, to)) in pairs.iter().enumerate() {
        if pairs[..place]
            .iter()
            .any(|(other, _)| other.value == from.value)
        {
            return Err(syn::Error::new(
                from.span,
                "this value is mapped already: keep one",
            ));
        }
        let again = pairs.iter().find(|(other, _)| other.value == to.value);
        if again.is_some_and(|(_, after)| after.value != to.value) {
            return Err(syn::Error::new(
                to.span,
                "this value is mapped again, so that a second repair would change the first: map to values that stay",
            ));
        }
    }
    Ok(Repair::Map(pairs))
}

/// A value, or `null` for none.
fn value(tokens: TokenStream) -> syn::Result<Literal> {
    let mut trees = tokens.clone().into_iter();
    if let (Some(TokenTree::Ident(ident)), None) = (trees.next(), trees.next())
        && ident == "null"
    {
        return Ok(Literal {
            value: LiteralValue::Null,
            span: ident.span(),
        });
    }
    literal(tokens)
        .map_err(|error| syn::Error::new(error.span(), format!("{error}, or `null` for none")))
}
