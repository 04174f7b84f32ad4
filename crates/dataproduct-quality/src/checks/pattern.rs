//! `pattern`: the whole text matches a regular expression, in the syntax of the `regex` crate.
//!
//! The expression stands for the whole text, with or without `^` and `$`. Time is linear in the text whatever the
//! expression; one that is too large when compiled, or whose classes of characters take too long to expand, is
//! refused when it is bound. Note that `\d`, `\w` and `\s` mean those of all scripts: write `[0-9]` for digits.
//!
//! Codes and identifiers are mostly fixed runs of classes, such as `SKU-[0-9]{8}` or `[A-Z]{2,3}-\d+`. Those are not
//! run as expressions: each byte is compared with the ranges of its place, or of its run (see `runs`).

mod runs;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use dataproduct_contract::pattern::{MAX_NESTING, expansion_cost};
use regex::{Regex, RegexBuilder};

use self::runs::Runs;
use super::{only, unfit};
use crate::failed::Failed;

/// The largest compiled size of a pattern, in bytes: enough for 200 repeats of `\w`, which has 770 ranges.
const MAX_PATTERN_BYTES: usize = 10 << 20;

/// What the classes of one pattern may cost to be expanded, in about microseconds.
const MAX_EXPANSION: usize = 20_000;

/// The expression for the whole of a text, compiled within its limits.
pub(crate) fn whole(pattern: &str) -> Result<Regex, String> {
    // Reads the expression by itself, so that it cannot close the group around it.
    if expansion_cost(pattern)? > MAX_EXPANSION {
        return Err("it has too many classes of characters".to_owned());
    }
    RegexBuilder::new(&format!(r"\A(?:{pattern})\z"))
        .size_limit(MAX_PATTERN_BYTES)
        .nest_limit(MAX_NESTING + 1)
        .build()
        .map_err(|error| error.to_string())
}

/// See the [list of checks](super).
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    runs: Option<Runs>,
}

impl Pattern {
    /// Binds an expression to a type.
    ///
    /// # Errors
    /// When the expression does not compile within its limits, or values of the type are no text.
    pub fn bind(pattern: &str, data_type: &DataType) -> Result<Self, String> {
        only(*data_type == DataType::Utf8, "text", data_type)?;
        Ok(Self {
            regex: whole(pattern)?,
            runs: Runs::of(pattern),
        })
    }

    pub(super) fn failing(&self, array: &ArrayRef) -> Failed {
        let Some(texts) = array.as_string_opt::<i32>() else {
            return unfit(array);
        };
        let Some(runs) = &self.runs else {
            return Failed::of_rows(array.len(), array.nulls(), |row| {
                !self.regex.is_match(texts.value(row))
            });
        };
        let found = runs.failing(texts);
        if runs.is_whole() || found.count() == 0 {
            return found;
        }
        // Classes with characters beyond ASCII are known by their ASCII part only: the rest is for the expression.
        let other = |row: usize| {
            let text = texts.value(row);
            text.is_ascii() || !self.regex.is_match(text)
        };
        let rows = found.mask().map_or(0, arrow_buffer::BooleanBuffer::len);
        let mask = found.mask();
        Failed::of_rows(rows, array.nulls(), |row| {
            mask.is_some_and(|mask| mask.value(row)) && other(row)
        })
    }
}

#[cfg(test)]
mod tests;
