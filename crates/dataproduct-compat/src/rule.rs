//! Rules: what a kind of change means for whom, one file each.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::{Bump, Kind, Outcome};

/// What a kind of change means: whom it breaks, how far the version has to move, and how to make it
/// without breaking anyone.
///
/// Rules are data: `rules/<id>.toml` in this crate. Code finds changes, these files judge them.
///
/// ```
/// use dataproduct_compat::{Bump, Outcome, Rules};
///
/// let rule = Rules::standard().get("required-to-nullable").expect("a rule of this crate");
/// assert_eq!((rule.reader, rule.writer, rule.bump), (Outcome::Breaks, Outcome::Holds, Bump::Major));
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// The permanent name: that of the kind it judges.
    pub id: String,
    /// The change in a few words.
    pub title: String,
    /// The kind of change.
    #[serde(skip, default = "unset")]
    pub kind: Kind,
    /// What it means for a reader of the old version on new data.
    pub reader: Outcome,
    /// What it means for a writer of the old version under the new contract.
    pub writer: Outcome,
    /// What it means for a reader of the new version on data that is kept.
    pub history: Outcome,
    /// How far the version has to move; where history is to be proven, once it is.
    pub bump: Bump,
    /// Why.
    pub why: String,
    /// How to make the change without breaking anyone.
    pub how: How,
    /// Where this is known from.
    pub reference: String,
}

fn unset() -> Kind {
    Kind::OtherChanged
}

/// The three steps of a change that breaks nobody. A step that there is nothing to do in is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct How {
    /// What to add first, beside what is there.
    pub expand: Option<String>,
    /// What consumers do while both are there.
    pub migrate: Option<String>,
    /// What to take away at the end.
    pub contract: Option<String>,
}

impl How {
    /// The steps with their names, in order.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let steps = [
            ("expand", &self.expand),
            ("migrate", &self.migrate),
            ("contract", &self.contract),
        ];
        steps
            .into_iter()
            .filter_map(|(name, step)| Some((name, step.as_deref()?)))
    }
}

/// All rules: exactly one for every [`Kind`].
#[derive(Clone, Debug)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// The rules that come with this crate.
    #[must_use]
    pub fn standard() -> &'static Self {
        static STANDARD: OnceLock<Rules> = OnceLock::new();
        STANDARD.get_or_init(|| Self(Kind::ALL.iter().map(|kind| parse(*kind)).collect()))
    }

    /// The rule of that name.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.id == id)
    }

    /// The rule that judges a kind of change.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &Rule {
        // The rules stand in the order of the kinds.
        &self.0[kind as usize]
    }

    /// Every rule, in the order of [`Kind::ALL`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.0.iter()
    }
}

#[expect(
    clippy::expect_used,
    reason = "the files are part of this crate, and a test reads every one of them"
)]
fn parse(kind: Kind) -> Rule {
    let mut rule: Rule = toml::from_str(kind.rule_text()).expect("a rule file of this crate");
    rule.kind = kind;
    rule
}
