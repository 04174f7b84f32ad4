//! Quality rules of type `custom` that are written for our engine.

use crate::{
    Aggregate, Check, ColumnRef, Map, Operator, Problem, Problems, Threshold, Unit, Value,
};

/// Reads the implementation of a rule. A check that is not known, such as one of a later version, is not run.
pub(super) fn read(path: &str, map: &Map, problems: &mut Problems) -> (Check, Option<Threshold>) {
    let mut arguments = Arguments {
        path: format!("{path}.implementation"),
        map,
        read: vec!["check"],
        problems,
    };
    let Some(name) = map.get("check").and_then(Value::as_str) else {
        arguments.wrong(
            "check",
            "missing-check",
            "the rule does not say what it checks",
        );
        return not_run("custom");
    };
    let Some(check) = check(name, &mut arguments) else {
        return not_run(name);
    };
    let threshold = threshold(&check, &mut arguments);
    arguments.no_others();
    (check, threshold)
}

fn not_run(kind: &str) -> (Check, Option<Threshold>) {
    let kind = kind.to_owned();
    (Check::NotRun { kind }, None)
}

fn check(name: &str, arguments: &mut Arguments<'_>) -> Option<Check> {
    if let Some(function) = Aggregate::ALL.into_iter().find(|f| f.as_str() == name) {
        let column = arguments.text("column");
        return Some(Check::Aggregate { function, column });
    }
    Some(match name {
        "expression" => Check::Expression {
            expression: arguments.required("expression"),
        },
        "unknownReferences" => Check::UnknownReferences {
            columns: arguments.texts("columns"),
            references: arguments.references(),
        },
        "age" => Check::Age {
            column: arguments.text("column"),
        },
        "outOfOrder" => Check::OutOfOrder {
            column: arguments.text("column"),
            by: arguments.texts("by"),
            order: arguments.required("order"),
            strictly: arguments.flag("strictly"),
        },
        "discontinuity" => Check::Discontinuity {
            opening: arguments.required("opening"),
            closing: arguments.required("closing"),
            by: arguments.texts("by"),
            order: arguments.required("order"),
        },
        "smallestGroup" => Check::SmallestGroup {
            columns: arguments.texts("columns"),
        },
        "volumeChange" => Check::VolumeChange {
            publishes: arguments.count("publishes"),
        },
        "drift" => Check::Drift {
            column: arguments.text("column"),
            publishes: arguments.count("publishes"),
        },
        _ => return None,
    })
}

/// The arguments of one rule, and which of them have been looked at.
struct Arguments<'a> {
    path: String,
    map: &'a Map,
    read: Vec<&'static str>,
    problems: &'a mut Problems,
}

impl<'a> Arguments<'a> {
    fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.read.push(name);
        self.map.get(name)
    }

    fn wrong(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let fix = match name {
            "check" => "name one, such as `check: expression`",
            "columns" | "by" => "write a list of columns",
            "references" => "write a list of columns of other products: `domain.product#column`",
            "strictly" => "write `true` or `false`",
            "publishes" => "write how many publishes, from 1 to 100",
            "unit" => "write `rows`, `percent` or `value`",
            _ => "write it as text",
        };
        let path = format!("{}.{name}", self.path);
        self.problems.push(Problem::new(path, code, message, fix));
    }

    fn unfit(&mut self, name: &'static str, value: &Value) {
        self.wrong(
            name,
            "bad-argument",
            format!("`{name}` is {}", value.kind()),
        );
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.get(name)?;
        let text = value.as_str();
        if text.is_none() {
            self.unfit(name, value);
        }
        text.map(str::to_owned)
    }

    fn required(&mut self, name: &'static str) -> String {
        if self.map.get(name).is_none() {
            self.wrong(name, "missing-argument", format!("`{name}` is missing"));
        }
        self.text(name).unwrap_or_default()
    }

    fn texts(&mut self, name: &'static str) -> Vec<String> {
        let Some(value) = self.get(name) else {
            return Vec::new();
        };
        let texts = value.as_list().and_then(|list| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            list.iter().map(text).collect()
        });
        texts.unwrap_or_else(|| {
            self.unfit(name, value);
            Vec::new()
        })
    }

    fn references(&mut self) -> Vec<ColumnRef> {
        let mut out = Vec::new();
        for text in self.texts("references") {
            match text.parse::<ColumnRef>() {
                Ok(reference) => out.push(reference),
                Err(error) => self.wrong("references", "bad-reference", error.to_string()),
            }
        }
        out
    }

    fn flag(&mut self, name: &'static str) -> bool {
        match self.get(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(value) => {
                self.unfit(name, value);
                false
            }
        }
    }

    /// A small number; what is no such number is 0, which the contract's validation refuses.
    fn count(&mut self, name: &'static str) -> u32 {
        let Some(value) = self.get(name) else {
            return 1;
        };
        if value.as_i64().is_none() {
            self.unfit(name, value);
        }
        value
            .as_i64()
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0)
    }

    fn no_others(mut self) {
        let others: Vec<&str> = self
            .map
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !self.read.contains(name))
            .collect();
        for name in others {
            let path = format!("{}.{name}", self.path);
            self.problems.push(Problem::new(
                path,
                "unknown-argument",
                format!("the check takes no `{name}`"),
                "leave it out, or correct its name",
            ));
        }
        self.read.clear();
    }
}

/// What the measure must be. Where nothing is said, no row may break the rule.
fn threshold(check: &Check, arguments: &mut Arguments<'_>) -> Option<Threshold> {
    let unit = match arguments.get("unit").map(|value| (value, value.as_str())) {
        None => Unit::Rows,
        Some((_, Some("rows"))) => Unit::Rows,
        Some((_, Some("percent"))) => Unit::Percent,
        Some((_, Some("value"))) => Unit::Value,
        Some((value, _)) => {
            let message = format!("`{value}` is not a unit of quality");
            arguments.wrong("unit", "unknown-unit", message);
            Unit::Rows
        }
    };
    let given: Vec<(&'static str, &Value)> = OPERATORS
        .iter()
        .filter_map(|name| Some((*name, arguments.map.get(name)?)))
        .collect();
    arguments.read.extend(OPERATORS);
    let operator = match given.as_slice() {
        [] if check.counts_faults() => Operator::Be(0.0),
        [] => return None,
        [(name, value)] => match operator(name, value) {
            Some(operator) => operator,
            None => {
                let message = format!("`{value}` is nothing to compare with");
                arguments.problems.push(Problem::new(
                    format!("{}.{name}", arguments.path),
                    "bad-threshold",
                    message,
                    "write a number, or two in a list for `mustBeBetween` and `mustNotBeBetween`",
                ));
                return None;
            }
        },
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            arguments.problems.push(Problem::new(
                arguments.path.clone(),
                "operator-count",
                format!(
                    "the rule compares its result in several ways: {}",
                    names.join(", ")
                ),
                format!("write exactly one of {}", OPERATORS.join(", ")),
            ));
            return None;
        }
    };
    Some(Threshold { operator, unit })
}

const OPERATORS: [&str; 8] = [
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
];

fn operator(name: &str, value: &Value) -> Option<Operator> {
    let pair = || match value.as_list()? {
        [low, high] => Some((low.as_f64()?, high.as_f64()?)),
        _ => None,
    };
    Some(match name {
        "mustBe" => Operator::Be(value.as_f64()?),
        "mustNotBe" => Operator::NotBe(value.as_f64()?),
        "mustBeGreaterThan" => Operator::GreaterThan(value.as_f64()?),
        "mustBeGreaterOrEqualTo" => Operator::GreaterOrEqual(value.as_f64()?),
        "mustBeLessThan" => Operator::LessThan(value.as_f64()?),
        "mustBeLessOrEqualTo" => Operator::LessOrEqual(value.as_f64()?),
        "mustBeBetween" => pair().map(|(low, high)| Operator::Between(low, high))?,
        "mustNotBeBetween" => pair().map(|(low, high)| Operator::NotBetween(low, high))?,
        _ => return None,
    })
}
