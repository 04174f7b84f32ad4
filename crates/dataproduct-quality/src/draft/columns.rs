//! What is proposed for one column.

use chrono::DateTime;
use dataproduct_contract::{
    AllowedValue, Check, Column, DataType, Dimension, Rule, Severity, Value,
};

use super::keys::says_identifier;
use super::{
    MAX_ENUM_VALUES, MAX_EXCEPTIONS_PERCENT, MIN_ROWS, MIN_ROWS_PER_ENUM_VALUE, Proposal, Typing,
    at_most, broken, grouped, percent,
};
use crate::profile::{ColumnProfile, Numbers, ProfileError, TextKind, Texts, ValueCount};

/// The column with its type and whether values may be missing.
pub(super) fn typed(
    seen: &ColumnProfile,
    name: &str,
    typing: Typing,
    proposal: &mut Proposal,
) -> Result<Column, ProfileError> {
    let stored = DataType::from_arrow(&seen.data_type);
    let mut data_type = match (&seen.data_type, stored) {
        (arrow_schema::DataType::Null, _) => DataType::String,
        (_, Some(stored)) => stored,
        (arrow, None) => {
            return Err(ProfileError {
                column: seen.name.clone(),
                reason: format!("no column holds values of the Arrow type {arrow}"),
            });
        }
    };
    if let Some(texts) = &seen.texts {
        let known = texts
            .kind()
            .filter(|_| texts.empty.rows + texts.blank.rows + texts.padded.rows == 0);
        let narrower = known.and_then(|kind| narrower(kind, texts));
        match narrower {
            Some(narrower) if typing.narrows_to(&narrower) && texts.sentinels.is_empty() => {
                proposal.say(
                    name,
                    "type",
                    narrower.to_string(),
                    format!("all {} texts", grouped(texts.rows)),
                    None,
                );
                data_type = narrower;
            }
            Some(narrower) => {
                let basis = format!(
                    "all {} texts that stand for a value could be read so",
                    grouped(texts.rows)
                );
                proposal.say(
                    name,
                    "note",
                    format!("stored as text; could be {narrower}"),
                    basis,
                    None,
                );
            }
            None => {}
        }
    }
    let column = Column::new(name, data_type);
    let given = seen.name.trim();
    let column = if name == seen.name || given.is_empty() {
        column
    } else {
        column.with_business_name(given)
    };
    Ok(required(seen, column, proposal))
}

/// The type of a column all of whose texts are of a kind.
fn narrower(kind: TextKind, texts: &Texts) -> Option<DataType> {
    Some(match kind {
        TextKind::Boolean => DataType::Boolean,
        TextKind::Integer => DataType::Int64,
        TextKind::Decimal => {
            let (whole, scale) = texts.numbers.digits;
            // Two digits of room before the point; a long fraction comes from a float.
            let precision = u8::try_from(whole.max(1) + 2 + scale).ok()?;
            if scale > 9 || precision > 38 {
                return Some(DataType::Float64);
            }
            DataType::Decimal {
                precision,
                scale: u8::try_from(scale).ok()?,
            }
        }
        TextKind::Float => DataType::Float64,
        TextKind::Date(0) => DataType::Date,
        TextKind::TimestampNtz => DataType::TimestampNtz,
        TextKind::Timestamp => DataType::Timestamp,
        TextKind::Uuid => DataType::Uuid,
        _ => return None,
    })
}

fn required(seen: &ColumnProfile, column: Column, proposal: &mut Proposal) -> Column {
    let name = column.name.clone();
    if seen.nulls.rows == 0 && seen.rows >= MIN_ROWS {
        proposal.say(
            &name,
            "required",
            "yes",
            format!("all {} rows have a value", grouped(seen.rows)),
            None,
        );
        return column;
    }
    let column = column.with_nullable(true);
    if seen.rows < MIN_ROWS {
        return column;
    }
    let share = percent(seen.nulls.rows, seen.rows);
    let basis = format!("{share:.1} % of {} rows have none", grouped(seen.rows));
    proposal.say(&name, "required", "no", basis.clone(), seen.nulls.first);
    if seen.nulls.rows == seen.rows {
        return column;
    }
    column.with_rule(
        Rule::new(Check::NullValues, at_most(share))
            .with_severity(Severity::Warning)
            .with_dimension(Dimension::Completeness)
            .with_description(basis),
    )
}

/// Limits and rules on the values of a column.
pub(super) fn limits(seen: &ColumnProfile, column: &mut Column, proposal: &mut Proposal) {
    if let Some(texts) = &seen.texts {
        text_notes(texts, column, proposal);
    }
    let numbers = seen
        .numbers
        .as_ref()
        .or(seen.texts.as_deref().map(|texts| &texts.numbers));
    if column.data_type.is_numeric()
        && let Some(numbers) = numbers
    {
        number_limits(numbers, column, proposal);
    }
    let times = seen
        .times
        .or(seen.texts.as_deref().and_then(|texts| texts.times));
    if let Some((first, last)) = times {
        let day = |micros: i64| {
            DateTime::from_timestamp_micros(micros).map(|t| t.naive_utc().to_string())
        };
        let range = format!(
            "{} to {}",
            day(first).unwrap_or_default(),
            day(last).unwrap_or_default()
        );
        proposal.say(
            &column.name,
            "note",
            range,
            "the first and the last that were seen".to_owned(),
            None,
        );
    }
    if seen.rows < MIN_ROWS || column.data_type != DataType::String {
        return;
    }
    let Some(texts) = &seen.texts else { return };
    if seen.distinct.values == 1 {
        // One value may be the rule or only that of these rows, and says nothing of the form of others.
        let basis = format!("all {} texts", grouped(texts.rows));
        return proposal.say(&column.name, "note", "one value only", basis, None);
    }
    if !enumeration(seen, column, proposal) {
        pattern(texts, column, proposal);
    }
}

fn text_notes(texts: &Texts, column: &mut Column, proposal: &mut Proposal) {
    let name = column.name.clone();
    let notes = [
        (&texts.empty, "empty text"),
        (&texts.blank, "nothing but blanks"),
        (&texts.padded, "blanks at an end"),
        (&texts.leading_zeros, "leading zeros, so it must stay text"),
        (
            &texts.too_long,
            "whole numbers beyond 64 bits, so it must stay text",
        ),
    ];
    for (seen, what) in notes {
        if seen.rows > 0 {
            proposal.say(
                &name,
                "note",
                what,
                format!("{} rows", grouped(seen.rows)),
                seen.first,
            );
        }
    }
    let numbers = texts.numbers.rows;
    if numbers > 0 && texts.words.rows > 0 && texts.rows >= MIN_ROWS {
        let basis = format!(
            "{} numbers and {} words",
            grouped(numbers),
            grouped(texts.words.rows)
        );
        proposal.say(
            &name,
            "note",
            "numbers and words in one column",
            basis,
            texts.words.first,
        );
    }
    let dates = texts.kind().filter(|kind| {
        matches!(
            kind,
            TextKind::Date(1..) | TextKind::Gtin | TextKind::Country | TextKind::Currency
        )
    });
    if let Some(kind) = dates.filter(|_| texts.rows >= MIN_ROWS) {
        proposal.say(
            &name,
            "note",
            format!("every text is {}", kind.name()),
            format!("all {} texts", grouped(texts.rows)),
            None,
        );
    }
    if let Some(twins) = texts.case_twins.as_ref().filter(|twins| !twins.is_empty()) {
        let first = twins
            .iter()
            .flatten()
            .filter_map(|value| value.seen.first)
            .min();
        proposal.say(
            &name,
            "note",
            "values that differ only in case",
            format!("{} values", grouped(twins.len() as u64)),
            first,
        );
    }
    for (text, seen) in &texts.sentinels {
        let basis = format!("{} rows", grouped(seen.rows));
        proposal.say(
            &name,
            "missingValues",
            format!("`{text}` stands for missing, as a warning"),
            basis,
            seen.first,
        );
    }
    let all: u64 = texts.sentinels.iter().map(|(_, seen)| seen.rows).sum();
    if all > 0 && column.data_type == DataType::String {
        let missing = texts
            .sentinels
            .iter()
            .map(|(text, _)| Value::from(text.as_str()))
            .collect();
        let share = percent(all, texts.rows + all);
        column.rules.push(
            Rule::new(Check::MissingValues { missing }, at_most(share))
                .with_severity(Severity::Warning)
                .with_dimension(Dimension::Completeness)
                .with_description(format!("{} rows hold a word for missing", grouped(all))),
        );
    }
}

fn number_limits(numbers: &Numbers, column: &mut Column, proposal: &mut Proposal) {
    let name = column.name.clone();
    let seen = format!("{} to {}", numbers.minimum, numbers.maximum);
    let is_float = matches!(column.data_type, DataType::Float32 | DataType::Float64);
    if numbers.rows >= MIN_ROWS && is_float && numbers.whole == numbers.rows {
        proposal.say(
            &name,
            "note",
            "whole numbers stored as float: an integer fits better",
            format!("all {} values", grouped(numbers.rows)),
            None,
        );
    }
    if numbers.beyond_float.rows > 0 {
        let basis = format!("{} rows", grouped(numbers.beyond_float.rows));
        proposal.say(
            &name,
            "note",
            "beyond 2^53, which floats and JSON round",
            basis,
            numbers.beyond_float.first,
        );
    }
    if numbers.not_finite.rows > 0 {
        let basis = format!("{} rows", grouped(numbers.not_finite.rows));
        proposal.say(
            &name,
            "note",
            "infinite or not a number",
            basis,
            numbers.not_finite.first,
        );
    }
    if numbers.rows < MIN_ROWS {
        return;
    }
    let negative = &numbers.negative;
    let is_never_negative = negative.rows == 0 && numbers.not_finite.rows == 0;
    if is_never_negative && says_identifier(column.business_name.as_ref().unwrap_or(&name)) {
        // Nobody counts with the numbers of stores; a limit would promise nothing.
    } else if is_never_negative {
        column.limits.minimum = Some(Value::Integer(0));
        proposal.say(
            &name,
            "minimum",
            "0",
            format!("all {} values, {seen}", grouped(numbers.rows)),
            None,
        );
    } else if percent(negative.rows, numbers.rows) <= MAX_EXCEPTIONS_PERCENT {
        proposal.say(
            &name,
            "note",
            format!("nearly never negative, {seen}"),
            broken(negative, numbers.rows),
            negative.first,
        );
    } else {
        proposal.say(
            &name,
            "note",
            format!("range {seen}"),
            format!("all {} values", grouped(numbers.rows)),
            None,
        );
    }
}

/// Few values against many rows.
fn enumeration(seen: &ColumnProfile, column: &mut Column, proposal: &mut Proposal) -> bool {
    let Some(values) = seen
        .values
        .as_ref()
        .filter(|values| (2..=MAX_ENUM_VALUES).contains(&values.len()))
    else {
        return false;
    };
    let rows: u64 = values.iter().map(|value| value.seen.rows).sum();
    if rows < MIN_ROWS || rows / (values.len() as u64) < MIN_ROWS_PER_ENUM_VALUE {
        return false;
    }
    // Numbers of stores or orders are few only because the rows are.
    let is_numbered = |value: &ValueCount| match &value.value {
        Value::String(text) => text.contains(|c: char| c.is_ascii_digit()),
        _ => true,
    };
    if says_identifier(&seen.name) && values.iter().all(is_numbered) {
        return false;
    }
    column.allowed = values
        .iter()
        .map(|value| AllowedValue::from(value.value.clone()))
        .collect();
    // A value seen once or twice tells that there may be more of them.
    let rarest = values
        .iter()
        .map(|value| value.seen.rows)
        .min()
        .unwrap_or(0);
    column.open_enum = values.len() > 20 || rarest < 3;
    let kind = if column.open_enum {
        "may grow"
    } else {
        "closed"
    };
    let basis = format!("{} rows; the rarest has {}", grouped(rows), grouped(rarest));
    proposal.say(
        &column.name,
        "enum",
        format!("{} values, {kind}", values.len()),
        basis,
        None,
    );
    true
}

/// The pattern of codes: a limit where all texts keep it, a warning where nearly all do.
fn pattern(texts: &Texts, column: &mut Column, proposal: &mut Proposal) {
    let Some(pattern) = &texts.pattern else {
        return;
    };
    let total = pattern.rows + pattern.exceptions.rows;
    let others = texts.sentinels.len() as u64 + texts.empty.rows + texts.blank.rows;
    let share = percent(pattern.exceptions.rows, total);
    if total < MIN_ROWS
        || share > MAX_EXCEPTIONS_PERCENT
        || matches!(texts.kind(), Some(TextKind::Url | TextKind::Email))
    {
        return;
    }
    let name = column.name.clone();
    if pattern.exceptions.rows == 0 && others == 0 {
        column.limits.pattern = Some(pattern.regex.clone());
        return proposal.say(
            &name,
            "pattern",
            &pattern.regex,
            format!("all {} texts", grouped(total)),
            None,
        );
    }
    let basis = broken(&pattern.exceptions, total);
    let all = texts.rows
        + texts.empty.rows
        + texts.blank.rows
        + texts.sentinels.iter().map(|(_, s)| s.rows).sum::<u64>();
    let check = Check::InvalidValues {
        valid: Vec::new(),
        pattern: Some(pattern.regex.clone()),
    };
    column.rules.push(
        Rule::new(check, at_most(percent(all - pattern.rows, all)))
            .with_severity(Severity::Warning)
            .with_dimension(Dimension::Conformity)
            .with_description(&basis),
    );
    proposal.say(
        &name,
        "pattern",
        format!("{}, as a warning", pattern.regex),
        basis,
        pattern.exceptions.first,
    );
}
