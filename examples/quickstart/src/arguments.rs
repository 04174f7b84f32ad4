//! The command line.

use std::fmt;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};

use crate::Question;

/// Where to publish and what to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The folder or URL in which the products are published.
    pub folder: String,
    /// The question.
    pub question: Question,
}

/// Why there are no arguments: the reader wants help, or wrote something that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// `--help` was given.
    Help,
    /// Something is not understood; says what.
    Mistake(String),
}

const HELP: &str = "\
Publishes the products of three teams and asks which sofas can be had.

usage: quickstart [FOLDER] [--price KR] [--width CM] [--postal-code CODE] [--date DATE]

  FOLDER               where to publish; target/quickstart-mesh by default
  --price KR           the highest price in kroner; 10000 by default
  --width CM           the greatest width in centimetres; 210 by default
  --postal-code CODE   where the customer lives; 0150 by default
  --date DATE          the day of the delivery, as 2026-12-24; about a week ahead by default";

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Help => f.write_str(HELP),
            Self::Mistake(mistake) => write!(f, "{mistake}\n\n{HELP}"),
        }
    }
}

impl Arguments {
    /// Reads the command line without the name of the program.
    ///
    /// # Errors
    /// [`Usage`] for help, an unknown option, an option without a value, or a value that is not one.
    pub fn parse(
        words: impl IntoIterator<Item = String>,
        now: DateTime<Utc>,
    ) -> Result<Self, Usage> {
        let mut arguments = Self {
            folder: "target/quickstart-mesh".to_owned(),
            question: Question {
                price: 10_000,
                width: 210,
                postal_code: "0150".to_owned(),
                date: default_date(now),
            },
        };
        let mut folder = None;
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .ok_or_else(|| Usage::Mistake(format!("{word} needs a value")))
            };
            let question = &mut arguments.question;
            match word.as_str() {
                "--help" | "-h" => return Err(Usage::Help),
                "--price" => question.price = whole(&word, &value()?)?,
                "--width" => question.width = whole(&word, &value()?)?,
                "--postal-code" => question.postal_code = postal_code(&value()?)?,
                "--date" => question.date = date(&value()?)?,
                _ if word.starts_with('-') => {
                    return Err(Usage::Mistake(format!("there is no option {word}")));
                }
                _ if folder.is_some() => {
                    return Err(Usage::Mistake(format!(
                        "one folder is enough: `{word}` is a second"
                    )));
                }
                _ => folder = Some(word),
            }
        }
        arguments.folder = folder.unwrap_or(arguments.folder);
        Ok(arguments)
    }
}

fn whole(option: &str, text: &str) -> Result<i64, Usage> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| {
            Usage::Mistake(format!(
                "{option}: `{text}` is not a whole number above zero"
            ))
        })
}

fn postal_code(text: &str) -> Result<String, Usage> {
    // As a number, 0150 would lose its zero.
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err(Usage::Mistake(format!(
            "--postal-code: `{text}` is not four digits such as 0150"
        )))
    }
}

fn date(text: &str) -> Result<NaiveDate, Usage> {
    text.parse()
        .map_err(|_| Usage::Mistake(format!("--date: `{text}` is not a day such as 2026-12-24")))
}

/// The first weekday at least six days ahead: late enough for every lorry, and within the two weeks for
/// which windows are published.
#[must_use]
pub fn default_date(now: DateTime<Utc>) -> NaiveDate {
    let ahead = match now.weekday() {
        Weekday::Sun => 8,
        Weekday::Mon => 7,
        _ => 6,
    };
    let date = now.date_naive();
    date.checked_add_days(Days::new(ahead)).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, Usage> {
        let now = DateTime::from_timestamp(1_795_338_000, 0).unwrap_or_default();
        Arguments::parse(line.split_whitespace().map(str::to_owned), now)
    }

    #[test]
    fn everything_has_a_default() {
        let arguments = parse("").unwrap();
        assert_eq!(arguments.folder, "target/quickstart-mesh");
        assert_eq!(
            (arguments.question.price, arguments.question.width),
            (10_000, 210)
        );
        assert_eq!(arguments.question.postal_code, "0150");
    }

    #[test]
    fn everything_can_be_said() {
        let line = "mesh --price 5000 --width 180 --postal-code 7010 --date 2026-12-24";
        let arguments = parse(line).unwrap();
        assert_eq!(arguments.folder, "mesh");
        let question = arguments.question;
        assert_eq!((question.price, question.width), (5_000, 180));
        assert_eq!(question.postal_code, "7010");
        assert_eq!(question.date.to_string(), "2026-12-24");
    }

    #[test]
    fn mistakes_say_what_to_write() {
        let check = |line: &str, part: &str| match parse(line).unwrap_err() {
            Usage::Mistake(text) => assert!(text.contains(part), "{text}"),
            Usage::Help => panic!("{line}"),
        };
        check("--price", "--price needs a value");
        check("--price -5", "above zero");
        check("--width wide", "above zero");
        check("--postal-code 150", "four digits");
        check("--date tomorrow", "2026-12-24");
        check("--colour red", "no option --colour");
        check("one two", "`two` is a second");
        assert_eq!(parse("mesh --help"), Err(Usage::Help));
    }

    #[test]
    fn the_default_day_is_a_weekday_about_a_week_ahead() {
        for day in 0..7 {
            let now = DateTime::from_timestamp(1_795_338_000 + day * 86_400, 0).unwrap_or_default();
            let date = default_date(now);
            assert!((6..=8).contains(&(date - now.date_naive()).num_days()));
            assert!(
                !matches!(date.weekday(), Weekday::Sat | Weekday::Sun),
                "{date}"
            );
        }
    }
}
