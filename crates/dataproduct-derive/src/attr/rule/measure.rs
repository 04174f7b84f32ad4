//! What a rule measures: `null_values`, `sum("on_hand")`, `out_of_order(order = "at", by = "sku")`.

use proc_macro2::{Group, Ident, Span, TokenTree};
use syn::LitStr;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned as _;

use crate::attr::{Item, Literal, LiteralValue, literal, set, split, unknown};
use crate::check;

/// What is measured.
pub(crate) struct Measure {
    pub(crate) spec: &'static Spec,
    pub(crate) span: Span,
    /// The values or columns in parentheses.
    pub(crate) arguments: Vec<Literal>,
    pub(crate) pattern: Option<LitStr>,
    /// What the columns refer to.
    pub(crate) to: Vec<LitStr>,
    /// The columns of a key.
    pub(crate) by: Vec<LitStr>,
    pub(crate) order: Option<LitStr>,
    pub(crate) opening: Option<LitStr>,
    pub(crate) closing: Option<LitStr>,
    pub(crate) strictly: Option<Span>,
    pub(crate) publishes: Option<u32>,
}

/// A measure that there is.
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) figure: Figure,
    /// Whether single rows break the rule, so that they can be kept apart.
    pub(crate) by_row: bool,
    takes: Takes,
    /// The arguments with a name, those that must be there first.
    named: &'static [&'static str],
    needed: usize,
    /// How it is written.
    pub(crate) example: &'static str,
}

/// What comes out.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Figure {
    /// Rows that break the rule, or their share.
    Faults,
    /// Rows.
    Rows,
    /// Percent of what was before, of either sign.
    Change,
    /// A figure of its own kind.
    Value,
    /// Seconds.
    Age,
}

/// What stands in parentheses without a name.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Nothing,
    Values,
    Columns,
    Column,
    Expression,
}

const fn spec(
    name: &'static str,
    figure: Figure,
    by_row: bool,
    takes: Takes,
    example: &'static str,
) -> Spec {
    Spec {
        name,
        figure,
        by_row,
        takes,
        named: &[],
        needed: 0,
        example,
    }
}

impl Spec {
    const fn with_named(mut self, named: &'static [&'static str], needed: usize) -> Self {
        self.named = named;
        self.needed = needed;
        self
    }
}

use Figure::{Age, Change, Faults, Rows, Value};
use Takes::{Column, Columns, Expression, Nothing, Values};

static SPECS: [Spec; 18] = [
    spec("null_values", Faults, true, Nothing, "null_values < 5 %"),
    spec("missing_values", Faults, true, Values, "missing_values(\"n/a\") == 0"),
    spec("invalid_values", Faults, true, Values, "invalid_values(\"a\", \"b\") == 0")
        .with_named(&["pattern"], 0),
    spec("duplicate_values", Faults, true, Columns, "duplicate_values(\"sku\", \"day\") == 0"),
    spec("row_count", Rows, false, Nothing, "row_count > 0"),
    spec("expression", Faults, true, Expression, "expression(\"reserved <= on_hand\")"),
    spec(
        "unknown_references",
        Faults,
        true,
        Columns,
        "unknown_references(\"sku\", to = \"product.catalogue#sku\")",
    )
    .with_named(&["to"], 1),
    spec("sum", Value, false, Column, "sum(\"on_hand\") > 0"),
    spec("mean", Value, false, Column, "mean(\"on_hand\") > 0"),
    spec("minimum", Value, false, Column, "minimum(\"on_hand\") >= 0"),
    spec("maximum", Value, false, Column, "maximum(\"on_hand\") < 1000"),
    spec("distinct_count", Value, false, Column, "distinct_count(\"store\") > 1"),
    spec("age", Age, false, Column, "age(\"updated_at\") < \"15 minutes\""),
    spec(
        "out_of_order",
        Faults,
        false,
        Column,
        "out_of_order(\"meter\", order = \"at\", by = \"sku\")",
    )
    .with_named(&["order", "by", "strictly"], 1),
    spec(
        "discontinuity",
        Faults,
        false,
        Nothing,
        "discontinuity(opening = \"opening\", closing = \"closing\", order = \"month\", by = \"sku\")",
    )
    .with_named(&["opening", "closing", "order", "by"], 3),
    spec("smallest_group", Rows, false, Columns, "smallest_group(\"age\", \"zip\") >= 5"),
    spec("volume_change", Change, false, Nothing, "volume_change(publishes = 7) < 50 %")
        .with_named(&["publishes"], 0),
    spec("drift", Value, false, Column, "drift(\"on_hand\", publishes = 7) < 0.25")
        .with_named(&["publishes"], 0),
];

impl Measure {
    pub(super) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ident: Ident = input.call(Ident::parse_any)?;
        let spec = SPECS
            .iter()
            .find(|known| ident == known.name)
            .ok_or_else(|| {
                let known: Vec<&str> = SPECS.iter().map(|spec| spec.name).collect();
                syn::Error::new(ident.span(), unknown("`rule`", &ident.to_string(), &known))
            })?;
        let mut out = Self {
            spec,
            span: ident.span(),
            arguments: Vec::new(),
            pattern: None,
            to: Vec::new(),
            by: Vec::new(),
            order: None,
            opening: None,
            closing: None,
            strictly: None,
            publishes: None,
        };
        if input.peek(syn::token::Paren) {
            let group: Group = input.parse()?;
            for piece in split(group.stream()) {
                match piece.clone().into_iter().next() {
                    Some(TokenTree::Ident(key)) if key != "true" && key != "false" => {
                        out.named(&super::super::item.parse2(piece)?)?;
                    }
                    _ => out.arguments.push(literal(piece)?),
                }
            }
            out.fits(&group)?;
        }
        out.is_whole()?;
        Ok(out)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.spec.name
    }

    /// The one column or expression in parentheses.
    pub(crate) fn argument(&self) -> Option<(&str, Span)> {
        match self.arguments.first() {
            Some(Literal {
                value: LiteralValue::Text(text),
                span,
            }) => Some((text, *span)),
            _ => None,
        }
    }

    /// The columns in parentheses, if it is columns that stand there.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, Span)> {
        let are_columns = matches!(self.spec.takes, Columns | Column);
        let columns = self.arguments.iter().filter(move |_| are_columns);
        columns.filter_map(|argument| match &argument.value {
            LiteralValue::Text(name) => Some((name.as_str(), argument.span)),
            _ => None,
        })
    }

    /// Whether the columns in parentheses are taken together.
    pub(crate) fn is_of_columns(&self) -> bool {
        self.spec.takes == Columns
    }

    fn named(&mut self, item: &Item) -> syn::Result<()> {
        let name = item.key.to_string();
        if !self.spec.named.contains(&name.as_str()) {
            let message = match self.spec.named {
                [] => format!(
                    "`{}` takes no `{name}`: write `{}`",
                    self.spec.name, self.spec.example
                ),
                known => unknown(&format!("`{}`", self.spec.name), &name, known),
            };
            return Err(syn::Error::new(item.key.span(), message));
        }
        let list = |slot: &mut Vec<LitStr>, texts: Vec<LitStr>| {
            if slot.is_empty() {
                *slot = texts;
                return Ok(());
            }
            Err(syn::Error::new(
                item.key.span(),
                format!("`{name}` is given twice: keep one, `{name}(\"...\", \"...\")`"),
            ))
        };
        match name.as_str() {
            "pattern" => {
                let text = item.text("pattern = \"^[0-9]+$\"")?;
                check::pattern(&text)?;
                set(&mut self.pattern, item, text)
            }
            "to" => {
                let texts = item.texts("to = \"product.catalogue#sku\"")?;
                texts.iter().try_for_each(check::column_ref)?;
                list(&mut self.to, texts)
            }
            "by" => list(&mut self.by, item.texts("by(\"sku\", \"location\")")?),
            "order" => set(&mut self.order, item, item.text("order = \"at\"")?),
            "opening" => set(&mut self.opening, item, item.text("opening = \"opening\"")?),
            "closing" => set(&mut self.closing, item, item.text("closing = \"closing\"")?),
            "strictly" => set(&mut self.strictly, item, item.flag()?),
            _ => set(&mut self.publishes, item, publishes(item)?),
        }
    }

    /// Whether what stands in parentheses without a name is what the measure takes.
    fn fits(&self, group: &Group) -> syn::Result<()> {
        let texts = self
            .arguments
            .iter()
            .all(|argument| matches!(argument.value, LiteralValue::Text(_)));
        let takes = match (self.spec.takes, self.arguments.len()) {
            (Values, _) | (_, 0) => return Ok(()),
            (Columns, _) | (Column | Expression, 1) if texts => return Ok(()),
            (Nothing, _) if self.spec.named.is_empty() => "nothing in parentheses",
            (Nothing, _) => "only arguments with a name",
            (Columns, _) => "the names of columns, as text",
            (Column, _) => "the name of one column, as text",
            (Expression, _) => "one expression, as text",
        };
        let message = format!(
            "`{}` takes {takes}: write `{}`",
            self.spec.name, self.spec.example
        );
        Err(syn::Error::new(group.span(), message))
    }

    /// Whether everything is there that the measure needs.
    fn is_whole(&self) -> syn::Result<()> {
        if self.spec.takes == Expression {
            let text = self.argument();
            if text.is_none_or(|(text, _)| text.trim().is_empty()) {
                return Err(syn::Error::new(
                    text.map_or(self.span, |(_, span)| span),
                    format!("the expression is empty: write `{}`", self.spec.example),
                ));
            }
        }
        for name in &self.spec.named[..self.spec.needed] {
            let is_there = match *name {
                "to" => !self.to.is_empty(),
                "order" => self.order.is_some(),
                "opening" => self.opening.is_some(),
                _ => self.closing.is_some(),
            };
            if !is_there {
                let message = format!(
                    "`{}` needs `{name}`: write `{}`",
                    self.spec.name, self.spec.example
                );
                return Err(syn::Error::new(self.span, message));
            }
        }
        Ok(())
    }
}

/// `publishes = 7`.
fn publishes(item: &Item) -> syn::Result<u32> {
    let value = item.literal("publishes = 7")?;
    let number = match value.value {
        LiteralValue::Integer(number) => u32::try_from(number).ok(),
        _ => None,
    };
    number
        .filter(|number| (1..=100).contains(number))
        .ok_or_else(|| {
            let message = "look back over 1 to 100 publishes: write `publishes = 7`";
            syn::Error::new(value.span.span(), message)
        })
}
