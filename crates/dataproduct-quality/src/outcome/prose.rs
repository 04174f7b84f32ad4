//! Words and numbers that all renderings share.

use std::time::Duration;

use super::{Outcome, QualityReport, RuleResult, on_failure};

/// The first characters of a text, with `…` where there were more than `most`.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 row`, `2,000 rows`.
pub(super) fn count(number: u64, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {what}{s}", grouped(number))
}

/// A share of 0 to 1 in percent. What is not nothing is never told as 0 %, and what is not all never as 100 %.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.01 {
        return "< 0.01 %".to_owned();
    }
    if percent > 99.99 && percent < 100.0 {
        return "> 99.99 %".to_owned();
    }
    let text = format!("{percent:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

/// A duration with about three digits.
pub(super) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if seconds < 0.001 {
        format!("{:.0} µs", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 120.0 {
        format!("{seconds:.2} s")
    } else {
        format!(
            "{} min {} s",
            elapsed.as_secs() / 60,
            elapsed.as_secs() % 60
        )
    }
}

/// `1,000 rows read: 988 published, 12 in quarantine; 3 repaired`.
pub(super) fn rows(report: &QualityReport) -> String {
    let rows = report.rows();
    let repaired = match rows.repaired() {
        0 => String::new(),
        repaired => format!("; {} repaired", grouped(repaired)),
    };
    let published = match report.verdict().is_accepted() {
        true => "published",
        false => "fit to publish",
    };
    format!(
        "{} read: {} {published}, {} in quarantine{repaired}",
        count(rows.read(), "row"),
        grouped(rows.published()),
        grouped(rows.quarantined())
    )
}

/// How many rules failed, were not evaluated and passed.
pub(super) struct Tally {
    pub(super) failed: u64,
    pub(super) not_evaluated: u64,
    pub(super) passed: u64,
}

impl Tally {
    pub(super) fn of(report: &QualityReport) -> Self {
        let mut tally = Self {
            failed: 0,
            not_evaluated: 0,
            passed: 0,
        };
        for result in report.results() {
            match result.outcome {
                Outcome::Fail => tally.failed += 1,
                Outcome::NotEvaluated { .. } => tally.not_evaluated += 1,
                Outcome::Pass => tally.passed += 1,
            }
        }
        tally
    }

    /// `13 rules: 3 failed, 1 not evaluated, 9 passed`; what is none is left out.
    pub(super) fn told(&self) -> String {
        let rules = count(self.failed + self.not_evaluated + self.passed, "rule");
        let parts: Vec<_> = [
            (self.failed, "failed"),
            (self.not_evaluated, "not evaluated"),
            (self.passed, "passed"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", grouped(number)))
        .collect();
        match parts.is_empty() {
            true => rules,
            false => format!("{rules}: {}", parts.join(", ")),
        }
    }
}

/// The word before a result: its severity where it failed, and otherwise its outcome.
pub(super) fn label(result: &RuleResult) -> &'static str {
    match result.outcome {
        Outcome::Fail => result.severity.as_str(),
        Outcome::NotEvaluated { .. } => "not evaluated",
        Outcome::Pass if result.repaired_rows > 0 => "repaired",
        Outcome::Pass => "passed",
    }
}

/// What was found: rows, their share and the first of them, or the measure, or why nothing is known.
pub(super) fn found(result: &RuleResult) -> String {
    if let Some(reason) = result.not_evaluated() {
        return reason.to_owned();
    }
    let mut parts = Vec::new();
    if result.failed_rows > 0 {
        let rows = count(result.failed_rows, "row");
        parts.push(format!("{rows} ({})", percent(result.share)));
    } else if let Some(measure) = result.measure {
        parts.push(format!("measured {}", number(measure)));
    }
    if let Some(row) = result.first_row {
        parts.push(format!("first in row {row}"));
    }
    if result.repaired_rows > 0 {
        parts.push(format!("{} repaired", count(result.repaired_rows, "row")));
    }
    if parts.is_empty() {
        let word = if result.is_failed() {
            "failed"
        } else {
            "passed"
        };
        parts.push(word.to_owned());
    }
    parts.join(", ")
}

/// What was demanded, and what was measured instead where the rows do not say it.
pub(super) fn expected(result: &RuleResult) -> Option<String> {
    let expected = result.expected.as_deref()?;
    let measure = result
        .measure
        .filter(|measure| result.failed_rows > 0 && *measure != result.failed_rows as f64);
    Some(match measure {
        Some(measure) => format!("{expected}, measured {}", number(measure)),
        None => expected.to_owned(),
    })
}

/// A measure as text: plain where that is short, with an exponent where it is not.
pub(super) fn number(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && number.is_finite() && !(1e-5..1e17).contains(&size) {
        return format!("{number:e}");
    }
    match number {
        n if n.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        n => format!("{n}"),
    }
}

/// What to do about it; nothing for a rule that passed.
pub(super) fn way_out(result: &RuleResult) -> Option<&'static str> {
    match result.outcome {
        Outcome::Pass => None,
        Outcome::NotEvaluated { .. } => Some(
            "nothing is proven: run the rule where it can be evaluated, or take it out of the contract",
        ),
        Outcome::Fail => Some(match result.on_failure.as_str() {
            on_failure::REJECT => {
                "this rejects the publish: set the data right at its source, or change the rule in a new version of \
                 the contract"
            }
            on_failure::QUARANTINE => {
                "the rows are kept in quarantine with their reasons: set them right and replay them"
            }
            // Such a repair chooses between rows and leaves nothing to be set right.
            on_failure::REPAIR if result.check == "duplicateValues" => {
                "of rows with the same values one was kept; those that gave way to it are in quarantine, and nothing is lost"
            }
            on_failure::REPAIR => {
                "what is left could not be repaired: set the data right at its source"
            }
            _ => "nothing is held back: set the data right at its source",
        }),
    }
}

/// A sample in one line, `row 17: sku = s693, on_hand = -4`; the parts go through `show`.
pub(super) fn sample(sample: &super::Sample, show: impl Fn(&str) -> String) -> String {
    let values: Vec<_> = sample
        .values
        .iter()
        .map(|(column, value)| format!("{} = {}", show(column), show(value)))
        .collect();
    let values = values.join(", ");
    match sample.row {
        Some(row) => format!("row {row}: {values}"),
        None => values,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (number, expect) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), expect);
        }
        for (share, expect) in [
            (0.0, "0 %"),
            (0.000_01, "< 0.01 %"),
            (0.012, "1.2 %"),
            (0.5, "50 %"),
            (0.999_99, "> 99.99 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), expect);
        }
        for (millis, expect) in [
            (0, "0 µs"),
            (12, "12.0 ms"),
            (1_420, "1.42 s"),
            (125_000, "2 min 5 s"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), expect);
        }
        for (value, expect) in [
            (0.0, "0"),
            (12.5, "12.5"),
            (1e300, "1e300"),
            (-2e-9, "-2e-9"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(number(value), expect);
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("åäö", 3), "åäö");
        assert_eq!(cut("åäö", 2), "åä…");
        assert_eq!(cut("", 0), "");
    }
}
