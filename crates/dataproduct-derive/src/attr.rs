//! The items of an attribute, `key`, `key = value` or `key(arguments)`, and the values in them.

pub(crate) mod column;
pub(crate) mod consumes;
pub(crate) mod failure;
pub(crate) mod product;
pub(crate) mod rule;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ExprRange, Lit, LitStr, RangeLimits, Token, UnOp};

use crate::errors::{Errors, nearest, words};

/// One item of an attribute.
pub(crate) struct Item {
    pub(crate) key: Ident,
    pub(crate) form: Form,
    /// All its tokens.
    pub(crate) tokens: TokenStream,
}

/// What stands behind the key.
pub(crate) enum Form {
    /// Nothing.
    Flag,
    /// `= value`.
    Value(TokenStream),
    /// `(arguments)`.
    Args(TokenStream),
}

/// The items of all attributes of that name.
pub(crate) fn items(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Vec<Item> {
    let mut out = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(name))
    {
        match &attribute.meta {
            syn::Meta::List(list) if matches!(list.delimiter, syn::MacroDelimiter::Paren(_)) => {
                for piece in split(list.tokens.clone()) {
                    out.extend(errors.take(item.parse2(piece)));
                }
            }
            other => errors.on(
                other,
                format!("write `#[{name}(...)]`, with what to say in parentheses"),
            ),
        }
    }
    out
}

/// Fills a slot that is filled once.
pub(crate) fn set<T>(slot: &mut Option<T>, item: &Item, value: T) -> syn::Result<()> {
    if slot.is_some() {
        return Err(syn::Error::new(
            item.key.span(),
            format!("`{}` is given twice: keep one", item.key),
        ));
    }
    *slot = Some(value);
    Ok(())
}

/// The pieces between commas; what stands in parentheses is one piece.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = Vec::new();
    let mut piece = TokenStream::new();
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                pieces.push(std::mem::take(&mut piece));
            }
            _ => piece.extend([token]),
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn item(input: ParseStream<'_>) -> syn::Result<Item> {
    let tokens: TokenStream = input.fork().parse()?;
    let key = input.call(Ident::parse_any).map_err(|error| {
        syn::Error::new(
            error.span(),
            "expected a word such as `key` or `unit = \"H87\"`",
        )
    })?;
    let form = if input.is_empty() {
        Form::Flag
    } else if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        let value: TokenStream = input.parse()?;
        if value.is_empty() {
            return Err(syn::Error::new_spanned(
                &tokens,
                format!("`{key} =` needs a value behind it"),
            ));
        }
        Form::Value(value)
    } else if let Ok(group) = input.parse::<Group>() {
        if group.delimiter() != Delimiter::Parenthesis || !input.is_empty() {
            return Err(syn::Error::new_spanned(
                &tokens,
                format!("write `{key}(...)` and a comma behind it"),
            ));
        }
        Form::Args(group.stream())
    } else {
        let rest: TokenStream = input.parse()?;
        return Err(syn::Error::new_spanned(
            rest,
            format!("expected `,`, `=` or `(` after `{key}`"),
        ));
    };
    Ok(Item { key, form, tokens })
}

impl Item {
    /// The only value, as `key = value`.
    fn value(&self, example: &str) -> syn::Result<&TokenStream> {
        match &self.form {
            Form::Value(value) => Ok(value),
            _ => Err(self.wants(example)),
        }
    }

    fn wants(&self, example: &str) -> syn::Error {
        syn::Error::new_spanned(&self.tokens, format!("write `{example}`"))
    }

    /// Says that the item stands alone.
    pub(crate) fn flag(&self) -> syn::Result<Span> {
        match &self.form {
            Form::Flag => Ok(self.key.span()),
            _ => Err(syn::Error::new_spanned(
                &self.tokens,
                format!("`{0}` takes no value: write `{0}`", self.key),
            )),
        }
    }

    /// The text of `key = "text"`, not empty.
    pub(crate) fn text(&self, example: &str) -> syn::Result<LitStr> {
        let value = self.value(example)?;
        let text: LitStr = syn::parse2(value.clone()).map_err(|_| {
            syn::Error::new_spanned(value, format!("`{}` is text: write `{example}`", self.key))
        })?;
        not_empty(text, example)
    }

    /// One word of a list, as `key = word` or `key = "word"`.
    pub(crate) fn word(&self, known: &[&str]) -> syn::Result<(String, Span)> {
        let example = format!("{} = {}", self.key, known.first().unwrap_or(&""));
        let value = self.value(&example)?;
        let (text, span) = word(value.clone())
            .ok_or_else(|| syn::Error::new_spanned(value, format!("write {}", words(known))))?;
        if known.contains(&text.as_str()) {
            return Ok((text, span));
        }
        Err(syn::Error::new(
            span,
            unknown(&format!("`{}`", self.key), &text, known),
        ))
    }

    /// A number, as `key = 0.5`.
    pub(crate) fn number(&self, example: &str) -> syn::Result<(f64, Span)> {
        let value = self.value(example)?;
        let literal = literal(value.clone())
            .map_err(|_| syn::Error::new_spanned(value, format!("write a number: `{example}`")))?;
        literal
            .number()
            .map(|number| (number, literal.span))
            .ok_or_else(|| syn::Error::new(literal.span, format!("write a number: `{example}`")))
    }

    /// A number from 1, as `key = 2`, or none, as `key`.
    pub(crate) fn place(&self) -> syn::Result<Place> {
        let span = self.key.span();
        match &self.form {
            Form::Flag => Ok(Place {
                span,
                position: None,
            }),
            Form::Value(value) => {
                match syn::parse2::<syn::LitInt>(value.clone()).and_then(|int| int.base10_parse()) {
                    Ok(position) if position > 0 => Ok(Place {
                        span,
                        position: Some(position),
                    }),
                    _ => Err(syn::Error::new_spanned(
                        value,
                        format!(
                            "places are counted from 1: write `{0} = 1`, or `{0}` for the order of the fields",
                            self.key
                        ),
                    )),
                }
            }
            Form::Args(_) => Err(self.wants(&format!("{}", self.key))),
        }
    }

    /// One value, as `key = value`.
    pub(crate) fn literal(&self, example: &str) -> syn::Result<Literal> {
        literal(self.value(example)?.clone())
    }

    /// The values of `key = value` or `key(value, value)`.
    pub(crate) fn literals(&self, example: &str) -> syn::Result<Vec<Literal>> {
        match &self.form {
            Form::Value(value) => Ok(vec![literal(value.clone())?]),
            Form::Args(args) if !args.is_empty() => {
                split(args.clone()).into_iter().map(literal).collect()
            }
            _ => Err(self.wants(example)),
        }
    }

    /// The texts of `key = "text"` or `key("text", "text")`.
    pub(crate) fn texts(&self, example: &str) -> syn::Result<Vec<LitStr>> {
        let pieces = match &self.form {
            Form::Value(value) => vec![value.clone()],
            Form::Args(args) if !args.is_empty() => split(args.clone()),
            _ => return Err(self.wants(example)),
        };
        pieces
            .into_iter()
            .map(|piece| {
                let text: LitStr = syn::parse2(piece.clone()).map_err(|_| {
                    syn::Error::new_spanned(piece, format!("write text: `{example}`"))
                })?;
                not_empty(text, example)
            })
            .collect()
    }

    /// A range, as `key = 0..=100`.
    pub(crate) fn range(&self, example: &str) -> syn::Result<Range> {
        let value = self.value(example)?;
        let wants = || {
            syn::Error::new_spanned(
                value,
                format!("write a range: `{example}`, `0..` or `..=100`"),
            )
        };
        let range: ExprRange = syn::parse2(value.clone()).map_err(|_| wants())?;
        let bound = |expr: Option<Box<Expr>>| {
            expr.map(|expr| literal(expr.into_token_stream()))
                .transpose()
        };
        let (low, high) = (bound(range.start)?, bound(range.end)?);
        if low.is_none() && high.is_none() {
            return Err(wants());
        }
        Ok(Range {
            low,
            high,
            inclusive: matches!(range.limits, RangeLimits::Closed(_)),
            tokens: value.clone(),
        })
    }

    /// A first text and named texts behind it, as `member("owner", role = "owner")`.
    pub(crate) fn call(&self, named: &[&str], example: &str) -> syn::Result<Call> {
        let Form::Args(args) = &self.form else {
            return Err(self.wants(example));
        };
        let mut pieces = split(args.clone()).into_iter();
        let first = pieces.next().ok_or_else(|| self.wants(example))?;
        let first: LitStr = syn::parse2(first.clone())
            .map_err(|_| syn::Error::new_spanned(first, format!("begin with text: `{example}`")))?;
        let first = not_empty(first, example)?;
        let named = named_texts(&self.key, pieces, named, example)?;
        Ok(Call { first, named })
    }

    /// Named texts, as `support(slack = "#inventory", url = "https://...")`.
    pub(crate) fn named(&self, named: &[&str], example: &str) -> syn::Result<Vec<(Ident, LitStr)>> {
        match &self.form {
            Form::Args(args) if !args.is_empty() => {
                named_texts(&self.key, split(args.clone()).into_iter(), named, example)
            }
            _ => Err(self.wants(example)),
        }
    }
}

fn named_texts(
    key: &Ident,
    pieces: impl Iterator<Item = TokenStream>,
    known: &[&str],
    example: &str,
) -> syn::Result<Vec<(Ident, LitStr)>> {
    let mut out: Vec<(Ident, LitStr)> = Vec::new();
    for piece in pieces {
        let inner = item.parse2(piece)?;
        if !known.iter().any(|name| inner.key == *name) {
            let place = format!("`{key}`");
            return Err(syn::Error::new(
                inner.key.span(),
                unknown(&place, &inner.key.to_string(), known),
            ));
        }
        if out.iter().any(|(name, _)| *name == inner.key) {
            return Err(syn::Error::new(
                inner.key.span(),
                format!("`{}` is given twice: keep one", inner.key),
            ));
        }
        let text = inner.text(example)?;
        out.push((inner.key, text));
    }
    Ok(out)
}

/// The message on a word that is not known.
pub(crate) fn unknown(place: &str, word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!(
            "{place} does not know `{word}`: did you mean `{near}`? It knows {}",
            words(known)
        ),
        None => format!("{place} does not know `{word}`: it knows {}", words(known)),
    }
}

fn not_empty(text: LitStr, example: &str) -> syn::Result<LitStr> {
    if text.value().trim().is_empty() {
        return Err(syn::Error::new(
            text.span(),
            format!("the text is empty: write `{example}`, or leave it out"),
        ));
    }
    Ok(text)
}

/// An identifier, or the text of a string.
pub(crate) fn word(tokens: TokenStream) -> Option<(String, Span)> {
    let parser = |input: ParseStream<'_>| {
        if input.peek(LitStr) {
            input
                .parse::<LitStr>()
                .map(|text| (text.value(), text.span()))
        } else {
            input
                .call(Ident::parse_any)
                .map(|ident| (ident.to_string(), ident.span()))
        }
    };
    parser.parse2(tokens).ok()
}

/// A first text and named texts behind it.
pub(crate) struct Call {
    pub(crate) first: LitStr,
    named: Vec<(Ident, LitStr)>,
}

impl Call {
    pub(crate) fn get(&self, name: &str) -> Option<&LitStr> {
        self.named
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, text)| text)
    }

    /// A named text that must be there.
    pub(crate) fn need(&self, item: &Item, name: &str, example: &str) -> syn::Result<&LitStr> {
        self.get(name).ok_or_else(|| {
            syn::Error::new_spanned(
                &item.tokens,
                format!("`{}` needs `{name}`: write `{example}`", item.key),
            )
        })
    }
}

/// A place in the key, the partitioning or the sort order.
pub(crate) struct Place {
    pub(crate) span: Span,
    pub(crate) position: Option<u32>,
}

/// A range of values.
pub(crate) struct Range {
    pub(crate) low: Option<Literal>,
    pub(crate) high: Option<Literal>,
    pub(crate) inclusive: bool,
    pub(crate) tokens: TokenStream,
}

/// A value written in an attribute.
#[derive(Clone)]
pub(crate) struct Literal {
    pub(crate) value: LiteralValue,
    pub(crate) span: Span,
}

#[derive(Clone, PartialEq)]
pub(crate) enum LiteralValue {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    /// Only where nothing can be meant: `repair(default = null)`.
    Null,
}

impl Literal {
    pub(crate) fn number(&self) -> Option<f64> {
        match self.value {
            LiteralValue::Integer(value) => Some(value as f64),
            LiteralValue::Float(value) => Some(value),
            _ => None,
        }
    }
}

/// Text, a number with or without `-`, or `true` or `false`.
pub(crate) fn literal(tokens: TokenStream) -> syn::Result<Literal> {
    let wants = |tokens: &dyn ToTokens| {
        syn::Error::new_spanned(
            tokens.to_token_stream(),
            "write a value: text in quotes, a number, `true` or `false`",
        )
    };
    let expr: Expr = syn::parse2(tokens.clone()).map_err(|_| wants(&tokens))?;
    let (negative, lit) = match &expr {
        Expr::Lit(lit) => (false, &lit.lit),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match unary.expr.as_ref() {
            Expr::Lit(lit) => (true, &lit.lit),
            _ => return Err(wants(&expr)),
        },
        _ => return Err(wants(&expr)),
    };
    let value = match lit {
        Lit::Str(text) if !negative => LiteralValue::Text(text.value()),
        Lit::Bool(value) if !negative => LiteralValue::Bool(value.value),
        Lit::Int(int) => {
            // The sign first: the smallest integer has no positive counterpart.
            let sign = if negative { "-" } else { "" };
            let value = format!("{sign}{}", int.base10_digits())
                .parse()
                .map_err(|_| {
                    syn::Error::new_spanned(
                        &expr,
                        "the number does not fit 64 bits: write it as text",
                    )
                })?;
            LiteralValue::Integer(value)
        }
        Lit::Float(float) => {
            let value: f64 = float.base10_parse()?;
            if !value.is_finite() {
                return Err(syn::Error::new_spanned(&expr, "the number is too large"));
            }
            LiteralValue::Float(if negative { -value } else { value })
        }
        _ => return Err(wants(&expr)),
    };
    Ok(Literal {
        value,
        span: expr.span(),
    })
}
