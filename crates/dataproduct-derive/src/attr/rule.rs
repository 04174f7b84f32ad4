//! `rule(...)`: what is measured, what it must be, how bad a breach is and what happens on one.

mod condition;
mod measure;
mod message;

use syn::LitStr;
use syn::parse::Parser as _;

pub(crate) use condition::{Operator, Unit};
pub(crate) use measure::{Figure, Measure};
pub(crate) use message::Message;

use self::condition::Condition;
use super::failure::{Failure, Repair};
use super::{Form, Item, split, unknown};

/// A quality rule.
pub(crate) struct Rule {
    pub(crate) measure: Measure,
    pub(crate) operator: Operator,
    pub(crate) unit: Unit,
    pub(crate) id: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) severity: Option<String>,
    pub(crate) dimension: Option<String>,
    pub(crate) failure: Failure,
    pub(crate) message: Option<Message>,
}

const OPTIONS: &[&str] = &[
    "id",
    "name",
    "description",
    "severity",
    "dimension",
    "on_failure",
    "repair",
    "message",
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
        let condition = Condition::parse(&first)?;
        let mut rule = Self {
            measure: condition.measure,
            operator: condition.operator,
            unit: condition.unit,
            id: None,
            name: None,
            description: None,
            severity: None,
            dimension: None,
            failure: Failure::default(),
            message: None,
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
            "on_failure" => self.failure.take_action(item),
            "repair" => self.failure.take_repair(item),
            "message" => {
                let text = item.text("message = \"{sku} is sold out\"")?;
                super::set(&mut self.message, item, Message::parse(text)?)
            }
            name => Err(syn::Error::new(
                item.key.span(),
                unknown("`rule`", name, OPTIONS),
            )),
        }
    }

    /// Whether the options go with what is measured.
    fn check(&self) -> syn::Result<()> {
        let name = self.measure.name();
        let action = self.failure.action.as_ref();
        let kept_apart = action.filter(|(word, _)| word == "quarantine");
        let rows = kept_apart
            .map(|(_, span)| ("quarantine", *span))
            .or_else(|| Some(("repair", self.failure.repair.as_ref()?.1)));
        if let Some((word, span)) = rows.filter(|_| !self.measure.spec.by_row) {
            return Err(syn::Error::new(
                span,
                format!(
                    "`{name}` is about all rows together, and there is none to {word}: write `on_failure = reject`, `report` or `notify`"
                ),
            ));
        }
        if let Some(message) = &self.message
            && let Some(column) = message.columns.first()
            && self.measure.spec.figure != Figure::Faults
        {
            return Err(syn::Error::new(
                message.text.span(),
                format!(
                    "`{name}` is about all rows together, and `{{{column}}}` is the value of none: write `{{measure}}`, which is what was measured"
                ),
            ));
        }
        self.repairs()
    }

    fn repairs(&self) -> syn::Result<()> {
        let Some((repair, span)) = &self.failure.repair else {
            return Ok(());
        };
        let is_duplicates = self.measure.name() == "duplicate_values";
        let message = match repair {
            Repair::KeepLatest(_) if !is_duplicates => {
                "only `duplicate_values` can keep the latest row: choose another repair, or `on_failure = quarantine`"
            }
            Repair::Cast => "a cast is into the column's type: write `#[column(repair(cast))]`",
            Repair::Trim | Repair::Default(_) | Repair::Map(_) if is_duplicates => {
                "no other value makes a row less of a duplicate: write `repair(keep_latest)`"
            }
            _ => return Ok(()),
        };
        Err(syn::Error::new(*span, message))
    }
}
