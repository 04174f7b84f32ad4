//! What the rules have found so far: counts, first rows and samples, batch by batch.

use std::time::Duration;

use arrow_array::Array;
use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use dataproduct_contract::{Message, OnFailure, Placeholder};

use super::rule::Planned;
use crate::failed::Failed;
use crate::outcome::{DEFAULT_MAX_SAMPLES, Mask, Sample};
use crate::promise::Values;

/// What one rule has found so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) failed: u64,
    pub(crate) repaired: u64,
    pub(crate) first_row: Option<u64>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) elapsed: Duration,
    /// The values that the rule's message speaks of, one list for each row that it is sent for.
    pub(crate) spoken: Vec<Vec<String>>,
}

/// How many messages one rule sends in one run, at most; the report counts all rows.
const MAX_MESSAGES: usize = 100;

impl Tally {
    /// Takes in the rows of a batch that break a rule. `number` tells the number of a row, where it is known.
    pub(crate) fn add(
        &mut self,
        rule: &Planned,
        rows: &RecordBatch,
        failed: &Failed,
        number: impl Fn(usize) -> Option<u64>,
        mask: &Mask,
    ) {
        if failed.count() == 0 {
            return;
        }
        if self.failed == 0 {
            self.first_row = failed.first().and_then(&number);
        }
        self.failed += failed.count() as u64;
        let wanted = DEFAULT_MAX_SAMPLES.saturating_sub(self.samples.len());
        if wanted > 0 {
            let shown = shown(rule, rows);
            let sampled = failed.rows().take(wanted);
            let sampled = sampled.map(|row| sample(&shown, rows, row, number(row), mask));
            self.samples.extend(sampled);
        }
        if let (OnFailure::Notify, Some(message)) = (&rule.on_failure, &rule.message) {
            let wanted = MAX_MESSAGES.saturating_sub(self.spoken.len());
            for row in failed.rows().take(wanted) {
                self.spoken.push(spoken(message, rows, row, mask));
            }
        }
    }
}

/// The places of the columns of a rule; all columns where the rule is of the whole product.
fn shown(rule: &Planned, rows: &RecordBatch) -> Vec<usize> {
    let tops = rule
        .columns
        .iter()
        .filter_map(|path| path.split('.').next());
    let tops: Vec<&str> = tops.collect();
    let fields = rows.schema_ref().fields().iter().enumerate();
    let is_shown = |name: &str| tops.is_empty() || tops.contains(&name);
    let shown = fields.filter(|(_, field)| is_shown(field.name()));
    shown.map(|(place, _)| place).collect()
}

/// Some columns of a row.
fn sample(
    shown: &[usize],
    rows: &RecordBatch,
    row: usize,
    number: Option<u64>,
    mask: &Mask,
) -> Sample {
    let shown = shown.iter().map(|place| {
        let name = rows.schema_ref().field(*place).name().as_str();
        (name, text(rows.column(*place).as_ref(), row))
    });
    let shown: Vec<(&str, String)> = shown.collect();
    mask.sample(
        number,
        shown.iter().map(|(name, text)| (*name, text.as_str())),
    )
}

/// The values of one row that a message speaks of, in the order of its placeholders.
fn spoken(message: &str, rows: &RecordBatch, row: usize, mask: &Mask) -> Vec<String> {
    let Ok(message) = Message::parse(message) else {
        return Vec::new();
    };
    let value = |placeholder: &Placeholder| match placeholder {
        Placeholder::Column(path) => match value_at(rows, path, row) {
            Some(value) => mask.value(path, &value),
            None => String::new(),
        },
        _ => String::new(),
    };
    message.placeholders().map(value).collect()
}

/// The value of a column, or of a part of one, in a row.
fn value_at(rows: &RecordBatch, path: &str, row: usize) -> Option<String> {
    let mut steps = path.split('.');
    let column = rows.column_by_name(steps.next()?)?;
    let values = Values::within(&column.slice(row, 1), steps)?;
    let there = values.missing();
    let is_missing = there.is_some_and(|there| there.is_null(0));
    values.is_one_a_row().then(|| match is_missing {
        true => "null".to_owned(),
        false => text(values.array.as_ref(), 0),
    })
}

/// A message, with the values of a row where there is one.
pub(crate) fn said(message: &str, values: &[String], measure: Option<f64>, rows: u64) -> String {
    let Ok(parsed) = Message::parse(message) else {
        return message.to_owned();
    };
    let mut values = values.iter();
    parsed.render(|placeholder| {
        let value = values.next();
        match placeholder {
            Placeholder::Measure => measure
                .map(|measure| measure.to_string())
                .unwrap_or_default(),
            Placeholder::Rows => rows.to_string(),
            _ => value.cloned().unwrap_or_default(),
        }
    })
}

/// A value as people read it.
pub(crate) fn text(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) {
        return "null".to_owned();
    }
    match ArrayFormatter::try_new(array, &FormatOptions::default()) {
        Ok(formatter) => formatter.value(row).try_to_string().unwrap_or_default(),
        Err(_) => String::new(),
    }
}
