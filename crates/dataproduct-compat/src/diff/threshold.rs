//! What the measure of a quality rule must be, as a set of measures.

use dataproduct_contract::{Operator, Threshold, Unit};

use crate::change::Effect;
use crate::set::Answer;

/// A threshold as people write it: `<= 5 %`.
pub(crate) fn text(threshold: Threshold) -> String {
    let unit = match threshold.unit {
        Unit::Rows | Unit::Value => "",
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

/// Intervals of measures from a lower limit to an upper one, both included unless open.
type Interval = (f64, bool, f64, bool);

/// The measures that a threshold admits, among those that can be.
fn admitted(threshold: Threshold) -> Vec<Interval> {
    let (low, high) = match threshold.unit {
        Unit::Rows => (0.0, f64::INFINITY),
        Unit::Percent => (0.0, 100.0),
        Unit::Value => (f64::NEG_INFINITY, f64::INFINITY),
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
        if threshold.unit != Unit::Rows {
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

/// What has changed between the measures that two thresholds admit.
pub(crate) fn compare(old: Threshold, new: Threshold) -> Effect {
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
        assert_eq!(compare(old, new), expected);
        assert_eq!(compare(new, old), expected.reversed());
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
                Unit::Value => (-800..=800).map(|i| f64::from(i) / 4.0).collect(),
            }
        };
        for unit in [Unit::Rows, Unit::Percent, Unit::Value] {
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
                    assert_eq!(compare(old, new), expected, "{unit:?} {a:?} {b:?}");
                }
            }
        }
    }
}
