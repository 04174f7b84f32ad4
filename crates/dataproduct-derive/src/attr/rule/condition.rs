//! What a measure must be: `row_count > 0`, `10 < row_count < 100`, `age < "15 minutes"`.

use proc_macro2::{Group, Span, TokenStream};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser as _};
use syn::{LitStr, Token};

use super::EXAMPLE;
use super::measure::{Figure, Measure};
use crate::attr::literal;
use crate::check;

/// A measure and what it must be.
pub(super) struct Condition {
    pub(super) measure: Measure,
    pub(super) operator: Operator,
    pub(super) unit: Unit,
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

/// What the measure is counted in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    Rows,
    Percent,
    Value,
}

/// A number to compare with, as it is written.
struct Bound {
    value: f64,
    span: Span,
    is_percent: bool,
    is_period: bool,
}

/// A condition as it is written.
struct Written {
    measure: Measure,
    operator: Operator,
    /// None where nothing is compared.
    bounds: Vec<Bound>,
}

impl Condition {
    /// `measure op number`, `number < measure < number`, `!(number < measure < number)`, or the measure alone where it
    /// counts what should not be.
    pub(super) fn parse(tokens: &TokenStream) -> syn::Result<Self> {
        let written = written.parse2(tokens.clone()).map_err(|error| {
            // The parser's own words on a missing token say nothing of rules.
            let words = error.to_string();
            if words.starts_with("unexpected") || words.starts_with("expected") {
                syn::Error::new_spanned(tokens, EXAMPLE)
            } else {
                error
            }
        })?;
        let unit = unit(&written)?;
        Ok(Self {
            measure: written.measure,
            operator: written.operator,
            unit,
        })
    }
}

fn written(input: ParseStream<'_>) -> syn::Result<Written> {
    if input.peek(Token![!]) && input.peek2(syn::token::Paren) {
        input.parse::<Token![!]>()?;
        let group: Group = input.parse()?;
        let inner = written.parse2(group.stream())?;
        let Operator::Between(low, high) = inner.operator else {
            return Err(syn::Error::new(
                group.span(),
                "write the opposite comparison instead of `!`",
            ));
        };
        return Ok(Written {
            operator: Operator::NotBetween(low, high),
            ..inner
        });
    }
    if input.peek(syn::Lit) || input.peek(Token![-]) {
        let low = bound(input)?;
        input
            .parse::<Token![<]>()
            .map_err(|error| syn::Error::new(error.span(), "write `10 < row_count < 100`"))?;
        let measure = Measure::parse(input)?;
        input.parse::<Token![<]>().map_err(|error| {
            syn::Error::new(
                error.span(),
                "write the measure first: `row_count > 10`, or both bounds: `10 < row_count < 100`",
            )
        })?;
        let high = bound(input)?;
        return Ok(Written {
            measure,
            operator: Operator::Between(low.value, high.value),
            bounds: vec![low, high],
        });
    }
    let measure = Measure::parse(input)?;
    if input.is_empty() && measure.spec.figure == Figure::Faults {
        return Ok(Written {
            measure,
            operator: Operator::Be(0.0),
            bounds: Vec::new(),
        });
    }
    if input.is_empty() {
        let message = format!(
            "say what `{}` must be: write `rule({})`",
            measure.spec.name, measure.spec.example
        );
        return Err(syn::Error::new(measure.span, message));
    }
    let operator = operator(input)?;
    let bound = bound(input)?;
    Ok(Written {
        measure,
        operator: operator(bound.value),
        bounds: vec![bound],
    })
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

/// A number with or without `%`, or a length of time as text.
fn bound(input: ParseStream<'_>) -> syn::Result<Bound> {
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let millis = check::period(&text)?;
        return Ok(Bound {
            value: millis as f64 / 1e3,
            span: text.span(),
            is_percent: false,
            is_period: true,
        });
    }
    let minus: Option<Token![-]> = input.parse()?;
    let lit: syn::Lit = input.parse()?;
    let found = literal(quote::quote!(#minus #lit))?;
    let value = found
        .number()
        .ok_or_else(|| syn::Error::new_spanned(lit.to_token_stream(), "compare with a number"))?;
    Ok(Bound {
        value,
        span: found.span,
        is_percent: input.parse::<Option<Token![%]>>()?.is_some(),
        is_period: false,
    })
}

/// What the bounds are counted in, which is for the measure to say.
fn unit(written: &Written) -> syn::Result<Unit> {
    let Written {
        measure, operator, ..
    } = written;
    let (name, span) = (measure.spec.name, measure.span);
    if let Operator::Between(low, high) | Operator::NotBetween(low, high) = *operator
        && low > high
    {
        let message = format!("{low} is above {high}: write the smaller number first");
        return Err(syn::Error::new(span, message));
    }
    let percent = written.bounds.iter().find(|bound| bound.is_percent);
    let period = written.bounds.iter().find(|bound| bound.is_period);
    if let Some(bound) = period.filter(|_| measure.spec.figure != Figure::Age) {
        return Err(syn::Error::new(
            bound.span,
            format!("`{name}` is no length of time: compare with a number"),
        ));
    }
    match (measure.spec.figure, percent) {
        (Figure::Faults, Some(_)) => {
            if written
                .bounds
                .iter()
                .any(|bound| !(0.0..=100.0).contains(&bound.value))
            {
                let message = "a share is 0 to 100 percent: write it as `5 %`";
                return Err(syn::Error::new(span, message));
            }
            Ok(Unit::Percent)
        }
        (Figure::Faults | Figure::Rows, None) => Ok(Unit::Rows),
        (Figure::Rows, Some(bound)) => {
            let (what, span) = match name {
                "row_count" => ("the number of rows", span),
                _ => ("the size of a group", bound.span),
            };
            let message = format!("{what} is a share of nothing: write it without `%`");
            Err(syn::Error::new(span, message))
        }
        (Figure::Change, Some(_)) => Ok(Unit::Percent),
        (Figure::Change, None) => Err(syn::Error::new(
            written.bounds.first().map_or(span, |bound| bound.span),
            "a change is in percent of what was before: write `50 %`",
        )),
        (Figure::Value | Figure::Age, None) => Ok(Unit::Value),
        (Figure::Value, Some(bound)) => Err(syn::Error::new(
            bound.span,
            format!("`{name}` is a share of nothing: write it without `%`"),
        )),
        (Figure::Age, Some(bound)) => Err(syn::Error::new(
            bound.span,
            "an age is a share of nothing: write `\"15 minutes\"`, or a number of seconds",
        )),
    }
}
