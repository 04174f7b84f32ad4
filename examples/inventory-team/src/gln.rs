//! Global Location Numbers.

use std::fmt;

use dataproduct::prelude::*;

/// A GS1 Global Location Number: 13 digits, the last of which checks the others.
///
/// ```
/// use inventory_team::Gln;
/// assert!(Gln::new("9521234000013").is_some());
/// assert!(Gln::new("9521234000014").is_none());
/// ```
///
/// # Source
/// GS1 General Specifications, 7.9.1: from the right, digits count three times and once in turn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
#[column(
    pattern = "[0-9]{13}",
    semantic = "https://gs1.org/voc/globalLocationNumber",
    example = "9521234000013"
)]
pub struct Gln(String);

impl Gln {
    /// The number, if it is 13 digits with the right check digit.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let digits: Vec<u32> = text
            .chars()
            .map(|c| c.to_digit(10))
            .collect::<Option<_>>()?;
        let (check, others) = digits.split_last()?;
        let right = digits.len() == 13 && *check == check_digit(others);
        right.then(|| Self(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Gln {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The digit that belongs behind others: it makes the weighted sum a multiple of ten.
fn check_digit(others: &[u32]) -> u32 {
    let weights = [3, 1].into_iter().cycle();
    let sum: u32 = others
        .iter()
        .rev()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits() {
        // The example of the GS1 General Specifications, and two articles from any shelf.
        for valid in [
            "6291041500213",
            "9521234000013",
            "4006381333931",
            "5901234123457",
        ] {
            assert_eq!(Gln::new(valid).unwrap().as_str(), valid);
        }
        for wrong in [
            "",
            "0",
            "629104150021",
            "62910415002130",
            "6291041500214",
            "629104150021X",
            "2691041500213",
            "６２９１０４１５００２１３",
        ] {
            assert_eq!(Gln::new(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_single_wrong_digit_is_noticed() {
        let valid = "9521234000013";
        for at in 0..13 {
            for digit in '0'..='9' {
                let changed: String = valid
                    .chars()
                    .enumerate()
                    .map(|(i, c)| if i == at { digit } else { c })
                    .collect();
                assert_eq!(Gln::new(&changed).is_some(), changed == valid, "{changed}");
            }
        }
    }
}
