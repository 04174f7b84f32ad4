//! `explain`: what a rule or a code of a problem means, and the way out.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use dataproduct::compat::{Rule, Rules};
use serde::Deserialize;

use crate::args::Explain;
use crate::command::{Failure, print};

/// What a code of a problem means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meaning {
    title: String,
    why: String,
    fix: String,
}

/// Every code with its meaning. The file is part of the binary, and a test reads it.
fn catalogue() -> &'static BTreeMap<String, Meaning> {
    static CATALOGUE: OnceLock<BTreeMap<String, Meaning>> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        #[expect(clippy::expect_used, reason = "the text is ours and read by a test")]
        toml::from_str(include_str!("../../problems.toml")).expect("problems.toml is well-formed")
    })
}

/// Title and reason of a rule or code.
pub(crate) fn summary(id: &str) -> Option<(&'static str, &'static str)> {
    if let Some(meaning) = catalogue().get(id) {
        return Some((&meaning.title, &meaning.why));
    }
    let rule = Rules::standard().get(id)?;
    Some((&rule.title, &rule.why))
}

/// Every id with its title: codes of problems first, then rules of evolution.
fn titles() -> Vec<(&'static str, &'static str)> {
    let codes = catalogue().iter();
    let rules = Rules::standard().iter();
    let codes = codes.map(|(id, meaning)| (id.as_str(), meaning.title.as_str()));
    codes
        .chain(rules.map(|rule| (rule.id.as_str(), rule.title.as_str())))
        .collect()
}

pub(crate) fn run(explain: &Explain) -> Result<u8, Failure> {
    let text = match &explain.rule {
        None => list(),
        Some(rule) => text(rule).ok_or_else(|| Failure::Argument(unknown(rule)))?,
    };
    print(text.as_bytes())
}

/// Every id with its title, one a line.
fn list() -> String {
    let titles = titles();
    let width = titles
        .iter()
        .map(|(id, _)| id.len())
        .max()
        .unwrap_or_default();
    let line = |(id, title): (&str, &str)| format!("{id:width$}  {title}\n");
    titles.into_iter().map(line).collect()
}

fn text(id: &str) -> Option<String> {
    if let Some(rule) = Rules::standard().get(id) {
        return Some(of_rule(rule));
    }
    let meaning = catalogue().get(id)?;
    Some(format!(
        "{id}: {}\n\n{}\n\nWay out: {}\n",
        meaning.title, meaning.why, meaning.fix
    ))
}

/// What a rule of evolution says.
fn of_rule(rule: &Rule) -> String {
    let mut out = format!(
        "{}: {}\n\n{}\n\nOld readers: {}. Writers: {}. New readers of old data: {}. Wants: {}.\n",
        rule.id, rule.title, rule.why, rule.reader, rule.writer, rule.history, rule.bump
    );
    let steps: Vec<_> = rule.how.steps().collect();
    if !steps.is_empty() {
        out.push_str("\nWay out:\n");
    }
    for (step, text) in steps {
        out.push_str(&format!("- {step}: {text}\n"));
    }
    out.push_str(&format!("\nSee {}.\n", rule.reference));
    out
}

fn unknown(rule: &str) -> String {
    let shown: String = rule.chars().take(60).collect();
    let near: Vec<_> = titles()
        .into_iter()
        .filter(|(id, _)| shares_words(id, rule))
        .take(8)
        .map(|(id, _)| format!("`{id}`"))
        .collect();
    if near.is_empty() {
        format!("there is no rule or code `{shown}`; `dataproduct explain` lists all")
    } else {
        format!(
            "there is no rule or code `{shown}`; there are {}",
            near.join(", ")
        )
    }
}

/// Whether two ids have a word of some length in common.
fn shares_words(id: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(['-', '_', ' ']).filter(|word| word.len() > 3);
        words.map(str::to_lowercase).collect()
    };
    let others = words(other);
    words(id).iter().any(|word| others.contains(word))
}
