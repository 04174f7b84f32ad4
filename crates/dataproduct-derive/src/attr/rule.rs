//! `rule(...)`: what is measured, what it must be, and how bad a breach is.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{LitStr, Token};

use super::{Form, Item, Literal, literal, split, unknown};
use crate::check;

/// A quality rule.
pub(crate) struct Rule {
    pub(crate) measure: Measure,
    pub(crate) operator: Operator,
    pub(crate) percent: bool,
    pub(crate) id: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) severity: Option<String>,
    pub(crate) dimension: Option<String>,
}

/// What is measured.
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) span: Span,
    /// The values or columns in parentheses.
    pub(crate) arguments: Vec<Literal>,
    pub(crate) pattern: Option<LitStr>,
}

/// What the measure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operator {
    Be(f64),
    NotBe(f64),
    GreaterThan(f64),
    GreaterOrEqual(f64),
    LessThan(f64),
    LessOrEqual(f64),
    Between(f64, f64),
    NotBetween(f64, f64),
}

const MEASURES: &[&str] = &[
    "null_values",
    "missing_values",
    "invalid_values",
    "duplicate_values",
    "row_count",
];
const SEVERITIES: &[&str] = &["info", "warning", "error"];
const DIMENSIONS: &[&str] = &[
    "accuracy",
    "completeness",
    "conformity",
    "consistency",
    "coverage",
    "timeliness",
    "uniqueness",
];
const EXAMPLE: &str = "write a measure and what it must be: `rule(null_values < 5 %)`, `rule(row_count > 0)` or `rule(10 < row_count < 100)`";

impl Rule {
    pub(crate) fn parse(item: &Item) -> syn::Result<Self> {
        let Form::Args(args) = &item.form else {
            return Err(syn::Error::new_spanned(&item.tokens, EXAMPLE));
        };
        let mut pieces = split(args.clone()).into_iter();
        let Some(first) = pieces.next() else {
            return Err(syn::Error::new_spanned(&item.tokens, EXAMPLE));
        };
        let (measure, operator, percent) = condition(first)?;
        let mut rule = Self {
            measure,
            operator,
            percent,
            id: None,
            name: None,
            description: None,
            severity: None,
            dimension: None,
        };
        for piece in pieces {
            rule.option(&super::item.parse2(piece)?)?;
        }
        rule.check()?;
        Ok(rule)
    }

    fn option(&mut self, item: &Item) -> syn::Result<()> {
        match item.key.to_string().as_str() {
            "id" => super::set(&mut self.id, item, item.text("id = \"few-nulls\"")?),
            "name" => super::set(&mut self.name, item, item.text("name = \"Few nulls\"")?),
            "description" => super::set(
                &mut self.description,
                item,
                item.text("description = \"...\"")?,
            ),
            "severity" => super::set(&mut self.severity, item, item.word(SEVERITIES)?.0),
            "dimension" => super::set(&mut self.dimension, item, item.word(DIMENSIONS)?.0),
            name => Err(syn::Error::new(
                item.key.span(),
                unknown(
                    "`rule`",
                    name,
                    &["id", "name", "description", "severity", "dimension"],
                ),
            )),
        }
    }

    fn check(&self) -> syn::Result<()> {
        let span = self.measure.span;
        let (low, high) = match self.operator {
            Operator::Between(low, high) | Operator::NotBetween(low, high) => (low, high),
            Operator::Be(x)
            | Operator::NotBe(x)
            | Operator::GreaterThan(x)
            | Operator::GreaterOrEqual(x)
            | Operator::LessThan(x)
            | Operator::LessOrEqual(x) => (x, x),
        };
        if low > high {
            return Err(syn::Error::new(
                span,
                format!("{low} is above {high}: write the smaller number first"),
            ));
        }
        if self.percent && (low < 0.0 || high > 100.0) {
            return Err(syn::Error::new(
                span,
                "a share is 0 to 100 percent: write it as `5 %`",
            ));
        }
        if self.percent && self.measure.name == "row_count" {
            return Err(syn::Error::new(
                span,
                "the number of rows is a share of nothing: write it without `%`",
            ));
        }
        Ok(())
    }

    pub(crate) fn is_about_rows(&self) -> bool {
        self.measure.name == "row_count"
    }
}

/// `measure op number`, `number < measure < number`, or `!(number < measure < number)`.
fn condition(tokens: TokenStream) -> syn::Result<(Measure, Operator, bool)> {
    let parser = |input: ParseStream<'_>| {
        if input.peek(Token![!]) && input.peek2(syn::token::Paren) {
            input.parse::<Token![!]>()?;
            let group: Group = input.parse()?;
            return match condition(group.stream())? {
                (measure, Operator::Between(low, high), percent) => {
                    Ok((measure, Operator::NotBetween(low, high), percent))
                }
                _ => Err(syn::Error::new(
                    group.span(),
                    "write the opposite comparison instead of `!`",
                )),
            };
        }
        if input.peek(syn::Lit) || input.peek(Token![-]) {
            let (low, percent) = number(input)?;
            input
                .parse::<Token![<]>()
                .map_err(|error| syn::Error::new(error.span(), "write `10 < row_count < 100`"))?;
            let measure = measure(input)?;
            input.parse::<Token![<]>().map_err(|error| {
                syn::Error::new(error.span(), "write the measure first: `row_count > 10`, or both bounds: `10 < row_count < 100`")
            })?;
            let (high, also) = number(input)?;
            return Ok((measure, Operator::Between(low, high), percent || also));
        }
        let measure = measure(input)?;
        let operator = operator(input)?;
        let (bound, percent) = number(input)?;
        Ok((measure, operator(bound), percent))
    };
    parser.parse2(tokens.clone()).map_err(|error| {
        // The parser's own words on a missing token say nothing of rules.
        if error.to_string().starts_with("unexpected") || error.to_string().starts_with("expected")
        {
            syn::Error::new_spanned(&tokens, EXAMPLE)
        } else {
            error
        }
    })
}

fn measure(input: ParseStream<'_>) -> syn::Result<Measure> {
    let ident: Ident = input.call(Ident::parse_any)?;
    let name = MEASURES
        .iter()
        .find(|known| ident == **known)
        .ok_or_else(|| {
            syn::Error::new(
                ident.span(),
                unknown("`rule`", &ident.to_string(), MEASURES),
            )
        })?;
    let mut measure = Measure {
        name,
        span: ident.span(),
        arguments: Vec::new(),
        pattern: None,
    };
    if !input.peek(syn::token::Paren) {
        return Ok(measure);
    }
    let group: Group = input.parse()?;
    debug_assert_eq!(group.delimiter(), Delimiter::Parenthesis);
    for piece in split(group.stream()) {
        match piece.clone().into_iter().next() {
            Some(TokenTree::Ident(key)) if key == "pattern" && *name == "invalid_values" => {
                let inner = super::item.parse2(piece)?;
                let text = inner.text("pattern = \"^[0-9]+$\"")?;
                check::pattern(&text)?;
                super::set(&mut measure.pattern, &inner, text)?;
            }
            _ => measure.arguments.push(literal(piece)?),
        }
    }
    let takes = match *name {
        "null_values" | "row_count" => "nothing in parentheses",
        "duplicate_values"
            if measure
                .arguments
                .iter()
                .any(|a| !matches!(a.value, super::LiteralValue::Text(_))) =>
        {
            "the names of columns, as text"
        }
        _ => return Ok(measure),
    };
    Err(syn::Error::new(
        group.span(),
        format!("`{name}` takes {takes}"),
    ))
}

fn operator(input: ParseStream<'_>) -> syn::Result<fn(f64) -> Operator> {
    if input.parse::<Option<Token![==]>>()?.is_some() {
        Ok(Operator::Be)
    } else if input.parse::<Option<Token![!=]>>()?.is_some() {
        Ok(Operator::NotBe)
    } else if input.parse::<Option<Token![>=]>>()?.is_some() {
        Ok(Operator::GreaterOrEqual)
    } else if input.parse::<Option<Token![<=]>>()?.is_some() {
        Ok(Operator::LessOrEqual)
    } else if input.parse::<Option<Token![>]>>()?.is_some() {
        Ok(Operator::GreaterThan)
    } else if input.parse::<Option<Token![<]>>()?.is_some() {
        Ok(Operator::LessThan)
    } else {
        Err(input.error("expected a comparison"))
    }
}

/// A number, and whether `%` stands behind it.
fn number(input: ParseStream<'_>) -> syn::Result<(f64, bool)> {
    let minus: Option<Token![-]> = input.parse()?;
    let lit: syn::Lit = input.parse()?;
    let found = literal(quote::quote!(#minus #lit))?;
    let number = found
        .number()
        .ok_or_else(|| syn::Error::new_spanned(lit.to_token_stream(), "compare with a number"))?;
    let percent = input.parse::<Option<Token![%]>>()?.is_some();
    Ok((number, percent))
}
