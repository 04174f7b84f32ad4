//! Quality rules: what they look at, what they compare, and what happens on a breach.

use std::collections::HashMap;

use super::{find, shown};
use crate::{
    Aggregate, Check, Column, DataType, Message, OnFailure, Operator, Placeholder, Problem,
    Problems, Repair, Rule, Unit, Value,
};

/// Over how many publishes a rule may look back.
const PUBLISHES: std::ops::RangeInclusive<u32> = 1..=100;

/// Checks a rule of the product or of the column `own`.
pub(super) fn check(
    path: &str,
    rule: &Rule,
    own: Option<&Column>,
    columns: &[Column],
    problems: &mut Problems,
) {
    threshold(path, rule, problems);
    let mut place = Place {
        path,
        own,
        columns,
        problems,
    };
    place.subject(&rule.check);
    if let Some(action) = &rule.on_failure {
        place.on_failure(action, &rule.check);
    }
    if let Some(message) = &rule.message {
        place.message(message, &rule.check);
    }
}

/// Checks what happens on a breach of what a column or the product says, outside of any rule.
pub(super) fn on_failure(
    path: &str,
    action: &OnFailure,
    own: Option<&Column>,
    columns: &[Column],
    problems: &mut Problems,
) {
    let mut place = Place {
        path,
        own,
        columns,
        problems,
    };
    if let OnFailure::Repair(repair) = action {
        place.repair(repair, None);
    }
}

fn threshold(path: &str, rule: &Rule, problems: &mut Problems) {
    let mut wrong = |code: &'static str, message: String, fix: &str| {
        problems.push(Problem::new(
            format!("{path}.threshold"),
            code,
            message,
            fix,
        ));
    };
    let Some(threshold) = rule.threshold else {
        if rule.is_run() {
            let name = rule.check.name();
            let message = format!("`{name}` does not say what the measure must be");
            wrong(
                "missing-threshold",
                message,
                "add an operator, such as `mustBe: 0`",
            );
        }
        return;
    };
    let (low, high) = match threshold.operator {
        Operator::Between(low, high) | Operator::NotBetween(low, high) => (low, high),
        Operator::Be(x)
        | Operator::NotBe(x)
        | Operator::GreaterThan(x)
        | Operator::GreaterOrEqual(x)
        | Operator::LessThan(x)
        | Operator::LessOrEqual(x) => (x, x),
    };
    if low > high {
        let message = format!("{low} is above {high}");
        wrong("empty-range", message, "write the smaller number first");
    }
    let is_change = matches!(rule.check, Check::VolumeChange { .. });
    let percent = threshold.unit == Unit::Percent;
    if percent && !is_change && (low < 0.0 || high > 100.0) {
        let message = format!("{low} to {high} is not within 0 to 100 percent");
        wrong("bad-percentage", message, "write a share from 0 to 100");
    }
    if percent && rule.check == Check::RowCount {
        let message = "the number of rows is not a share of anything".to_owned();
        wrong("percent-of-row-count", message, "count it in rows");
        return;
    }
    let (fits, unit) = match (&rule.check, threshold.unit) {
        (Check::NotRun { .. }, _) => (true, ""),
        (Check::VolumeChange { .. }, unit) => (unit == Unit::Percent, "percent"),
        (Check::SmallestGroup { .. } | Check::RowCount, unit) => (unit == Unit::Rows, "rows"),
        (check, unit) if check.is_count() => (unit != Unit::Value, "rows or percent"),
        (_, unit) => (unit == Unit::Value, "value"),
    };
    if !fits {
        let name = rule.check.name();
        let message = format!("`{name}` is not counted in that unit");
        wrong("wrong-unit", message, &format!("use the unit {unit}"));
    }
}

/// Where a rule stands, and what it may speak of.
struct Place<'a> {
    path: &'a str,
    own: Option<&'a Column>,
    columns: &'a [Column],
    problems: &'a mut Problems,
}

impl<'a> Place<'a> {
    fn wrong(&mut self, part: &str, code: &'static str, message: impl Into<String>, fix: &str) {
        let path = format!("{}.{part}", self.path);
        self.problems.push(Problem::new(path, code, message, fix));
    }

    fn named(&mut self, part: &str, name: &str) -> Option<&'a Column> {
        let found = find(self.columns, name);
        if found.is_none() && !self.problems.is_full() {
            let message = format!("there is no column `{}`", shown(name));
            let fix = format!("the product has {}", super::columns::names(self.columns));
            self.wrong(part, "unknown-column", message, &fix);
        }
        found
    }

    fn all_named(&mut self, part: &str, names: &[String]) {
        for name in names {
            self.named(part, name);
        }
    }

    /// The column of that name, or the one that the rule stands with.
    fn subject_of(&mut self, name: Option<&String>) -> Option<&'a Column> {
        match name {
            Some(name) => self.named("column", name),
            None if self.own.is_some() => self.own,
            None => {
                let message = "the rule does not say which column it is about";
                self.wrong(
                    "column",
                    "missing-column",
                    message,
                    "name the column, or state the rule with it",
                );
                None
            }
        }
    }

    fn typed(&mut self, column: Option<&Column>, fits: fn(&DataType) -> bool, what: &str) {
        let Some(column) = column.filter(|column| !fits(&column.data_type)) else {
            return;
        };
        let message = format!("`{}` is not {what}", shown(&column.name));
        self.wrong(
            "column",
            "wrong-column-type",
            message,
            &format!("name a column that is {what}"),
        );
    }

    fn subject(&mut self, check: &Check) {
        match check {
            Check::DuplicateValues { columns } | Check::SmallestGroup { columns } => {
                self.all_named("columns", columns);
            }
            Check::UnknownReferences {
                columns,
                references,
            } => {
                self.all_named("columns", columns);
                let own = usize::from(columns.is_empty() && self.own.is_some());
                if references.is_empty() || references.len() != columns.len().max(own) {
                    let message = format!(
                        "{} columns refer to {} columns of another product",
                        columns.len().max(own),
                        references.len()
                    );
                    self.wrong(
                        "references",
                        "unequal-reference",
                        message,
                        "name one column of the other product for each",
                    );
                }
                if references
                    .iter()
                    .any(|r| r.product != references[0].product)
                {
                    let message = "the columns referred to are of several products";
                    self.wrong(
                        "references",
                        "unequal-reference",
                        message,
                        "write a rule for each product",
                    );
                }
            }
            Check::Aggregate { function, column } => {
                let column = self.subject_of(column.as_ref());
                if *function != Aggregate::DistinctCount {
                    self.typed(column, DataType::is_numeric, "a number");
                }
            }
            Check::Age { column } => {
                let column = self.subject_of(column.as_ref());
                self.typed(column, is_time, "a date or timestamp");
            }
            Check::OutOfOrder {
                column, by, order, ..
            } => {
                let column = self.subject_of(column.as_ref());
                self.typed(column, is_ordered, "a number, a date or timestamp");
                self.all_named("by", by);
                let order = self.named("order", order);
                self.typed(order, is_ordered, "a number, a date or timestamp");
            }
            Check::Discontinuity {
                opening,
                closing,
                by,
                order,
            } => {
                let (opening, closing) = (
                    self.named("opening", opening),
                    self.named("closing", closing),
                );
                if let (Some(a), Some(b)) = (opening, closing)
                    && a.data_type != b.data_type
                {
                    let message = format!(
                        "`{}` and `{}` are not of one type",
                        shown(&a.name),
                        shown(&b.name)
                    );
                    self.wrong(
                        "closing",
                        "wrong-column-type",
                        message,
                        "compare columns of one type",
                    );
                }
                self.all_named("by", by);
                let order = self.named("order", order);
                self.typed(order, is_ordered, "a number, a date or timestamp");
            }
            Check::Drift { column, publishes } => {
                self.subject_of(column.as_ref());
                self.publishes(*publishes);
            }
            Check::VolumeChange { publishes } => self.publishes(*publishes),
            _ => {}
        }
    }

    fn publishes(&mut self, publishes: u32) {
        if !PUBLISHES.contains(&publishes) {
            let message = format!("{publishes} is not from 1 to 100");
            self.wrong(
                "publishes",
                "bad-argument",
                message,
                "look back over 1 to 100 publishes",
            );
        }
    }

    fn message(&mut self, text: &str, check: &Check) {
        let message = match Message::parse(text) {
            Ok(message) => message,
            Err(error) => {
                let fix = "write `{column}`, `{measure}` or `{rows}` for a value, `{{` and `}}` for braces";
                self.wrong("message", "bad-message", error.to_string(), fix);
                return;
            }
        };
        let has_row = check.counts_faults() || matches!(check, Check::NotRun { .. });
        for place in message.placeholders() {
            let Placeholder::Column(name) = place else {
                continue;
            };
            if self.named("message", name).is_some() && !has_row {
                let about = check.name();
                let message = format!(
                    "`{about}` is about all rows together: `{{{}}}` is the value of none",
                    shown(name)
                );
                let fix = "write `{measure}`, which is what was measured";
                self.wrong("message", "bad-message", message, fix);
            }
        }
    }

    fn on_failure(&mut self, action: &OnFailure, check: &Check) {
        let needs_rows = matches!(action, OnFailure::Quarantine | OnFailure::Repair(_));
        if needs_rows && !check.is_by_row() && !matches!(check, Check::NotRun { .. }) {
            let message = format!(
                "`{}` is about all rows together: there is none to {}",
                check.name(),
                action.as_str()
            );
            self.wrong(
                "onFailure",
                "not-by-row",
                message,
                "write `reject`, `report` or `notify`",
            );
            return;
        }
        if let OnFailure::Repair(repair) = action {
            self.repair(repair, Some(check));
        }
    }

    fn repair(&mut self, repair: &Repair, check: Option<&Check>) {
        let is_duplicates = matches!(check, Some(Check::DuplicateValues { .. }));
        let refused = match repair {
            Repair::KeepLatest(_) if !is_duplicates => {
                Some("only a rule about duplicate values can keep the latest row")
            }
            Repair::KeepLatest(Some(column)) => {
                let column = self.named("repair", column);
                self.typed(column, is_ordered, "a number, a date or timestamp");
                None
            }
            Repair::KeepLatest(None) => None,
            _ if is_duplicates => Some("no other value makes a row less of a duplicate"),
            _ if self.own.is_none() => Some("a rule about whole rows has no value to set right"),
            Repair::Cast if check.is_some() => {
                Some("a cast is into the column's type: say it with the column, not with a rule")
            }
            Repair::Cast if !self.is_top() => {
                Some("only a column at the top level is cast to, no part of one")
            }
            Repair::Cast if self.own.is_some_and(|c| !can_be_cast(&c.data_type)) => {
                Some("only a number, a boolean, a date or a timestamp is cast to")
            }
            Repair::Trim if self.own.is_some_and(|c| c.data_type != DataType::String) => {
                Some("only text can be trimmed")
            }
            Repair::Default(value) if !self.holds(value) => {
                Some("the default is no value of the column")
            }
            Repair::Map(pairs) if pairs.is_empty() => Some("the map is empty"),
            Repair::Map(pairs) if !pairs.iter().all(|(_, to)| self.holds(to)) => {
                Some("the map leads to a value that is none of the column")
            }
            Repair::Map(pairs) => ambiguity(pairs),
            _ => None,
        };
        if let Some(reason) = refused {
            self.wrong(
                "repair",
                "bad-repair",
                reason,
                "choose another repair, or `quarantine`",
            );
        }
    }

    /// Whether the own column is one of the product and no part of another.
    fn is_top(&self) -> bool {
        let is_own = |column: &Column| self.own.is_some_and(|own| std::ptr::eq(own, column));
        self.columns.iter().any(is_own)
    }

    /// Whether a value can stand in the rule's own column.
    fn holds(&self, value: &Value) -> bool {
        self.own.is_none_or(|column| {
            (value.is_null() && column.nullable)
                || super::limits::fits(value, &column.data_type).is_ok()
        })
    }
}

/// Why pairs of a map do not say of each value what it becomes for good.
fn ambiguity(pairs: &[(Value, Value)]) -> Option<&'static str> {
    let becomes: HashMap<&Value, &Value> = pairs.iter().map(|(from, to)| (from, to)).collect();
    if becomes.len() < pairs.len() {
        return Some("the map says of one value twice what it becomes");
    }
    // Else a second repair would change what the first one has made.
    let moves_on = |to| becomes.get(to).is_some_and(|after| *after != to);
    let again = pairs.iter().any(|(_, to)| moves_on(to));
    again.then_some("the map leads to a value that it maps again")
}

/// Whether text, or another number, can be read as a value of the type.
fn can_be_cast(data_type: &DataType) -> bool {
    data_type.is_numeric() || is_time(data_type) || *data_type == DataType::Boolean
}

fn is_time(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Date | DataType::Timestamp | DataType::TimestampNtz
    )
}

fn is_ordered(data_type: &DataType) -> bool {
    data_type.is_numeric() || is_time(data_type)
}
