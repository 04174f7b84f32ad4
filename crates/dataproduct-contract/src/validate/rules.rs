//! Quality rules: what they compare, and with what.

use super::{find, shown};
use crate::{Check, Column, Operator, Problem, Problems, Rule, Unit};

pub(super) fn check(path: &str, rule: &Rule, columns: &[Column], problems: &mut Problems) {
    if let Some(threshold) = rule.threshold {
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
            problems.push(Problem::new(
                format!("{path}.threshold"),
                "empty-range",
                format!("{low} is above {high}"),
                "write the smaller number first",
            ));
        }
        let percent = threshold.unit == Unit::Percent;
        if percent && (low < 0.0 || high > 100.0) {
            problems.push(Problem::new(
                format!("{path}.threshold"),
                "bad-percentage",
                format!("{low} to {high} is not within 0 to 100 percent"),
                "write a share from 0 to 100",
            ));
        }
        if percent && rule.check == Check::RowCount {
            problems.push(Problem::new(
                format!("{path}.threshold"),
                "percent-of-row-count",
                "the number of rows is not a share of anything",
                "count it in rows",
            ));
        }
    } else if rule.is_run() {
        problems.push(Problem::new(
            format!("{path}.threshold"),
            "missing-threshold",
            format!(
                "`{}` does not say what the measure must be",
                rule.check.name()
            ),
            "add an operator, such as `mustBe: 0`",
        ));
    }
    if let Check::DuplicateValues { columns: names } = &rule.check {
        for name in names.iter().filter(|name| find(columns, name).is_none()) {
            if problems.is_full() {
                break;
            }
            problems.push(Problem::new(
                format!("{path}.columns"),
                "unknown-column",
                format!("there is no column `{}`", shown(name)),
                format!("the product has {}", super::columns::names(columns)),
            ));
        }
    }
}
