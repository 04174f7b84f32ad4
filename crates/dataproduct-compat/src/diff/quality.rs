//! Quality rules: what they measure, what the measure must be, and how much a breach weighs.

use std::collections::HashSet;

use dataproduct_contract::odcs::Quality;
use dataproduct_contract::{Check, Operator, Rule, Severity, Threshold, Unit, Value};

use super::found::{Found, json};
use super::paired;
use crate::Kind;
use crate::change::Effect;
use crate::language::Inclusion;
use crate::set::Answer;

/// A rule with the part of the document that states it.
#[derive(Clone, Copy)]
struct Stated<'a> {
    rule: &'a Rule,
    quality: Option<&'a Quality>,
}

impl<'a> Stated<'a> {
    fn all(rules: &'a [Rule], quality: Option<&'a [Quality]>) -> Vec<Self> {
        let quality = quality.unwrap_or_default();
        let stated = rules.iter().enumerate();
        stated
            .map(|(i, rule)| Self {
                rule,
                quality: quality.get(i),
            })
            .collect()
    }

    /// What finds the rule again: its identifier, its name, or what it measures.
    fn label(&self) -> String {
        let rule = self.rule;
        match (&rule.id, &rule.name) {
            (Some(id), _) => format!("id {id}"),
            (None, Some(name)) => format!("name {name}"),
            (None, None) => format!("check {}", rule.check.name()),
        }
    }

    fn is_promise(&self) -> bool {
        self.rule.severity == Severity::Error
    }

    fn text(&self) -> Option<String> {
        let rule = self.rule;
        let mut text = rule.check.name().to_owned();
        if let Some(threshold) = rule.threshold {
            text.push_str(&format!(" {}", threshold_text(threshold)));
        }
        if let Some(part) = self.quality {
            for detail in [
                json(&part.arguments),
                part.query.clone(),
                json(&part.implementation),
            ] {
                if let Some(detail) = detail {
                    text.push_str(&format!(" {detail}"));
                }
            }
        }
        if !self.is_promise() {
            text.push_str(&format!(" ({})", rule.severity.as_str()));
        }
        Some(text)
    }
}

fn threshold_text(threshold: Threshold) -> String {
    let unit = match threshold.unit {
        Unit::Rows => "",
        Unit::Percent => " %",
    };
    match threshold.operator {
        Operator::Be(x) => format!("= {x}{unit}"),
        Operator::NotBe(x) => format!("!= {x}{unit}"),
        Operator::GreaterThan(x) => format!("> {x}{unit}"),
        Operator::GreaterOrEqual(x) => format!(">= {x}{unit}"),
        Operator::LessThan(x) => format!("< {x}{unit}"),
        Operator::LessOrEqual(x) => format!("<= {x}{unit}"),
        Operator::Between(a, b) => format!("between {a} and {b}{unit}"),
        Operator::NotBetween(a, b) => format!("not between {a} and {b}{unit}"),
    }
}

/// Compares the rules of one place.
pub(crate) fn rules(
    path: &str,
    old: &[Rule],
    new: &[Rule],
    old_quality: Option<&[Quality]>,
    new_quality: Option<&[Quality]>,
    found: &mut Found,
) {
    if old == new && old_quality == new_quality {
        return;
    }
    let (old, new) = (Stated::all(old, old_quality), Stated::all(new, new_quality));
    for pair in paired(&old, &new, Stated::label) {
        let of = |stated: &Stated<'_>| {
            let rule = stated.rule;
            let name = rule.id.as_deref().or(rule.name.as_deref());
            format!("{path}.{}", name.unwrap_or_else(|| rule.check.name()))
        };
        match pair {
            (Some(gone), None) => {
                let (kind, effect) = if gone.is_promise() {
                    (Kind::QualityRuleRemoved, Effect::Loosens)
                } else {
                    (Kind::QualityNoticeChanged, Effect::Metadata)
                };
                found.effect(kind, &of(gone), effect, gone.text(), None);
            }
            (None, Some(added)) => {
                let (kind, effect) = if added.is_promise() {
                    (Kind::QualityRuleAdded, Effect::Tightens)
                } else {
                    (Kind::QualityNoticeChanged, Effect::Metadata)
                };
                found.effect(kind, &of(added), effect, None, added.text());
            }
            (Some(before), Some(after)) => changed(&of(after), before, after, found),
            (None, None) => {}
        }
    }
}

fn changed(path: &str, old: &Stated<'_>, new: &Stated<'_>, found: &mut Found) {
    let (a, b) = (old.rule, new.rule);
    if a.severity != b.severity {
        let kind = match (old.is_promise(), new.is_promise()) {
            (true, false) => Kind::QualitySeverityLowered,
            (false, true) => Kind::QualitySeverityRaised,
            _ => Kind::QualityNoticeChanged,
        };
        let effect = match kind {
            Kind::QualitySeverityLowered => Effect::Loosens,
            Kind::QualitySeverityRaised => Effect::Tightens,
            _ => Effect::Metadata,
        };
        let text = |severity: Severity| Some(severity.as_str().to_owned());
        found.effect(kind, path, effect, text(a.severity), text(b.severity));
    }
    let effect = criterion(old, new, found);
    if let Some(effect) = effect {
        let (kind, effect) = if old.is_promise() || new.is_promise() {
            let kind = match effect {
                Effect::Tightens => Kind::QualityTightened,
                Effect::Loosens => Kind::QualityLoosened,
                Effect::Both => Kind::QualityMoved,
                Effect::Undecided => Kind::QualityRuleChanged,
                Effect::Metadata => Kind::LimitsRestated,
            };
            (kind, effect)
        } else {
            (Kind::QualityNoticeChanged, Effect::Metadata)
        };
        found.effect(kind, path, effect, old.text(), new.text());
    }
    let words = |rule: &Rule| {
        let dimension = rule.dimension.map(|d| d.as_str().to_owned());
        let words: Vec<String> = [rule.name.clone(), rule.description.clone(), dimension]
            .into_iter()
            .flatten()
            .collect();
        super::found::list(&words)
    };
    found.metadata(Kind::DescriptionChanged, path, words(a), words(b));
    let (x, y) = (other(old.quality), other(new.quality));
    found.metadata(Kind::OtherChanged, path, x, y);
}

/// What the document says of a rule that is compared nowhere else.
fn other(quality: Option<&Quality>) -> Option<String> {
    let mut q = quality?.clone();
    q.name = None;
    q.description = None;
    q.kind = None;
    q.metric = None;
    q.rule = None;
    q.arguments = None;
    q.query = None;
    q.engine = None;
    q.implementation = None;
    q.must_be = None;
    q.must_not_be = None;
    q.must_be_greater_than = None;
    q.must_be_greater_or_equal_to = None;
    q.must_be_less_than = None;
    q.must_be_less_or_equal_to = None;
    q.must_be_between = None;
    q.must_not_be_between = None;
    q.unit = None;
    q.dimension = None;
    q.severity = None;
    (q != Quality::default()).then(|| json(&Some(q))).flatten()
}

/// What a rule measures and what that must be; `None` where neither has changed.
fn criterion(old: &Stated<'_>, new: &Stated<'_>, found: &mut Found) -> Option<Effect> {
    let (a, b) = (old.rule, new.rule);
    let stated = |stated: &Stated<'_>| {
        stated.quality.map(|q| {
            let not_run = !stated.rule.is_run();
            let criterion = (q.must_be.clone(), q.must_not_be.clone());
            let bounds = (
                q.must_be_greater_than,
                q.must_be_less_than,
                q.must_be_between,
            );
            let others = (
                q.must_be_greater_or_equal_to,
                q.must_be_less_or_equal_to,
                q.must_not_be_between,
            );
            // Rules that are not run are known by their text alone.
            let text = (q.query.clone(), q.engine.clone(), q.implementation.clone());
            let text = not_run.then_some((text, q.kind, q.rule.clone(), criterion, bounds, others));
            (
                text,
                q.arguments.clone().filter(|_| not_run),
                q.unit.clone().filter(|_| not_run),
            )
        })
    };
    if a.check == b.check && a.threshold == b.threshold && stated(old) == stated(new) {
        return None;
    }
    if stated(old) != stated(new) {
        return Some(Effect::Undecided);
    }
    let (Some(before), Some(after)) = (a.threshold, b.threshold) else {
        return Some(Effect::Undecided);
    };
    let thresholds = thresholds(before, after);
    if a.check == b.check {
        return Some(thresholds);
    }
    // A measure that counts more rows makes every limit from above stricter.
    let measured = measure(&a.check, &b.check, found);
    let is_upper = |t: Threshold| {
        matches!(
            t.operator,
            Operator::LessThan(_) | Operator::LessOrEqual(_) | Operator::Be(0.0)
        )
    };
    if !(is_upper(before) && is_upper(after)) {
        return Some(Effect::Undecided);
    }
    Some(match (measured, thresholds) {
        (Effect::Metadata, effect) | (effect, Effect::Metadata) => effect,
        (a, b) if a == b => a,
        (Effect::Undecided, _) | (_, Effect::Undecided) => Effect::Undecided,
        _ => Effect::Undecided,
    })
}

/// What it does to a limit from above that the new check counts other rows than the old: it tightens
/// when every row that was counted still is.
fn measure(old: &Check, new: &Check, found: &mut Found) -> Effect {
    let set =
        |values: &[Value]| -> HashSet<String> { values.iter().map(Value::to_string).collect() };
    let grows = |a: &HashSet<String>, b: &HashSet<String>| match (a.is_subset(b), b.is_subset(a)) {
        (true, true) => Effect::Metadata,
        (true, false) => Effect::Tightens,
        (false, true) => Effect::Loosens,
        (false, false) => Effect::Both,
    };
    match (old, new) {
        (Check::NullValues, Check::MissingValues { .. }) => Effect::Tightens,
        (Check::MissingValues { .. }, Check::NullValues) => Effect::Loosens,
        (Check::MissingValues { missing: a }, Check::MissingValues { missing: b }) => {
            grows(&set(a), &set(b))
        }
        (
            Check::InvalidValues {
                valid: a,
                pattern: a_pattern,
            },
            Check::InvalidValues {
                valid: b,
                pattern: b_pattern,
            },
        ) => {
            let valid = match (a.is_empty(), b.is_empty()) {
                (true, true) => Effect::Metadata,
                (true, false) => Effect::Tightens,
                (false, true) => Effect::Loosens,
                (false, false) => grows(&set(a), &set(b)).reversed(),
            };
            let pattern = match (a_pattern, b_pattern) {
                (None, None) => Effect::Metadata,
                (None, Some(_)) => Effect::Tightens,
                (Some(_), None) => Effect::Loosens,
                (Some(a), Some(b)) if a == b => Effect::Metadata,
                (Some(a), Some(b)) => match found.patterns(a, b) {
                    Inclusion::Equal => Effect::Metadata,
                    Inclusion::Narrower { .. } => Effect::Tightens,
                    Inclusion::Wider { .. } => Effect::Loosens,
                    Inclusion::Neither { .. } => Effect::Both,
                    Inclusion::Undecided { .. } => Effect::Undecided,
                },
            };
            match (valid, pattern) {
                (Effect::Metadata, effect) | (effect, Effect::Metadata) => effect,
                (a, b) if a == b => a,
                _ => Effect::Undecided,
            }
        }
        // Rows that are equal in more columns are fewer.
        (Check::DuplicateValues { columns: a }, Check::DuplicateValues { columns: b }) => {
            let set = |columns: &[String]| -> HashSet<String> { columns.iter().cloned().collect() };
            if a.is_empty() || b.is_empty() {
                return Effect::Undecided;
            }
            grows(&set(a), &set(b)).reversed()
        }
        _ => Effect::Undecided,
    }
}

/// Intervals of measures from a lower limit to an upper one, both included unless open.
type Interval = (f64, bool, f64, bool);

/// The measures that a threshold admits, among those that can be.
fn admitted(threshold: Threshold) -> Vec<Interval> {
    let (low, high) = match threshold.unit {
        Unit::Rows => (0.0, f64::INFINITY),
        Unit::Percent => (0.0, 100.0),
    };
    let all = match threshold.operator {
        Operator::Be(x) => vec![(x, false, x, false)],
        Operator::NotBe(x) => vec![(low, false, x, true), (x, true, high, false)],
        Operator::GreaterThan(x) => vec![(x, true, high, false)],
        Operator::GreaterOrEqual(x) => vec![(x, false, high, false)],
        Operator::LessThan(x) => vec![(low, false, x, true)],
        Operator::LessOrEqual(x) => vec![(low, false, x, false)],
        Operator::Between(a, b) => vec![(a, true, b, true)],
        Operator::NotBetween(a, b) => vec![(low, false, a, false), (b, false, high, false)],
    };
    let within = all.into_iter().map(|(a, a_open, b, b_open)| {
        let (a, a_open) = if a < low { (low, false) } else { (a, a_open) };
        let (b, b_open) = if b > high { (high, false) } else { (b, b_open) };
        if threshold.unit == Unit::Percent {
            return (a, a_open, b, b_open);
        }
        // Rows are counted in whole numbers.
        let a = if a_open { a.floor() + 1.0 } else { a.ceil() };
        let b = if b_open && b.is_finite() {
            b.ceil() - 1.0
        } else {
            b.floor()
        };
        (a, false, b, false)
    });
    let mut intervals: Vec<Interval> = within
        .filter(|(a, a_open, b, b_open)| a < b || (a == b && !a_open && !b_open))
        .collect();
    // Intervals that touch are one.
    if let [first, second] = intervals[..] {
        let (_, _, end, end_open) = first;
        let (start, start_open, ..) = second;
        let adjacent = threshold.unit == Unit::Rows && start <= end + 1.0;
        if adjacent || start < end || (start == end && !(start_open && end_open)) {
            let (_, _, high, high_open) = second;
            intervals = vec![(first.0, first.1, end.max(high), high_open)];
        }
    }
    intervals
}

/// What has changed between two sets of admitted measures.
fn thresholds(old: Threshold, new: Threshold) -> Effect {
    let (a, b) = (admitted(old), admitted(new));
    if old.unit != new.unit {
        // Only none and any are the same in rows and in percent.
        let none = vec![(0.0, false, 0.0, false)];
        return if a == none && b == none {
            Effect::Metadata
        } else {
            Effect::Undecided
        };
    }
    let within = |a: &[Interval], b: &[Interval]| {
        a.iter().all(|x| {
            b.iter().any(|y| {
                let low = x.0 > y.0 || (x.0 == y.0 && (!y.1 || x.1));
                let high = x.2 < y.2 || (x.2 == y.2 && (!y.3 || x.3));
                low && high
            })
        })
    };
    let told = |yes: bool| Answer::none_outside(None, !yes);
    Answer::effect(&told(within(&a, &b)), &told(within(&b, &a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: Threshold, new: Threshold, expected: Effect) {
        assert_eq!(thresholds(old, new), expected);
        assert_eq!(thresholds(new, old), expected.reversed());
    }

    #[test]
    fn thresholds_are_compared_as_sets_of_measures() {
        use Operator as O;
        let rows = Threshold::rows;
        let percent = Threshold::percent;
        check(
            rows(O::LessOrEqual(10.0)),
            rows(O::LessOrEqual(5.0)),
            Effect::Tightens,
        );
        check(rows(O::LessThan(1.0)), rows(O::Be(0.0)), Effect::Metadata);
        check(
            rows(O::Between(0.0, 2.0)),
            rows(O::Be(1.0)),
            Effect::Metadata,
        );
        check(
            rows(O::NotBe(0.0)),
            rows(O::GreaterThan(0.0)),
            Effect::Metadata,
        );
        check(
            rows(O::NotBetween(1.0, 2.0)),
            rows(O::GreaterOrEqual(0.0)),
            Effect::Metadata,
        );
        check(
            rows(O::GreaterThan(10.0)),
            rows(O::Between(5.0, 20.0)),
            Effect::Both,
        );
        check(
            rows(O::NotBe(3.0)),
            rows(O::LessThan(3.0)),
            Effect::Tightens,
        );
        check(
            percent(O::LessThan(1.0)),
            percent(O::LessOrEqual(1.0)),
            Effect::Loosens,
        );
        check(
            percent(O::Between(0.0, 2.0)),
            percent(O::LessThan(2.0)),
            Effect::Loosens,
        );
        check(
            percent(O::LessOrEqual(0.0)),
            rows(O::Be(0.0)),
            Effect::Metadata,
        );
        check(
            percent(O::LessOrEqual(5.0)),
            rows(O::LessOrEqual(5.0)),
            Effect::Undecided,
        );
    }

    #[test]
    fn the_sets_agree_with_the_comparison() {
        use Operator as O;
        let numbers = [-1.0, 0.0, 0.5, 1.0, 2.0, 50.0, 100.0];
        let mut all = Vec::new();
        for x in numbers {
            for operator in [
                O::Be(x),
                O::NotBe(x),
                O::GreaterThan(x),
                O::GreaterOrEqual(x),
                O::LessThan(x),
                O::LessOrEqual(x),
                O::Between(x, x + 2.0),
                O::NotBetween(x, x + 2.0),
            ] {
                all.push(operator);
            }
        }
        let measures = |unit| -> Vec<f64> {
            match unit {
                Unit::Rows => (0..110).map(f64::from).collect(),
                Unit::Percent => (0..=400).map(|i| f64::from(i) / 4.0).collect(),
            }
        };
        for unit in [Unit::Rows, Unit::Percent] {
            for a in &all {
                for b in &all {
                    let (old, new) = (
                        Threshold { operator: *a, unit },
                        Threshold { operator: *b, unit },
                    );
                    let samples = measures(unit);
                    let more = samples.iter().any(|m| b.holds(*m) && !a.holds(*m));
                    let less = samples.iter().any(|m| a.holds(*m) && !b.holds(*m));
                    let expected = match (less, more) {
                        (false, false) => Effect::Metadata,
                        (true, false) => Effect::Tightens,
                        (false, true) => Effect::Loosens,
                        (true, true) => Effect::Both,
                    };
                    assert_eq!(thresholds(old, new), expected, "{unit:?} {a:?} {b:?}");
                }
            }
        }
    }
}
