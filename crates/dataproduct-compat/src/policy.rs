//! What a team has decided for itself: rules that weigh more or less, and breaks that were accepted.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::{Bump, Kind, Rules};

/// What a team has decided for itself: rules that weigh more or less for it, and breaks that it has
/// accepted. The `[evolution]` part of `mesh.toml`; everything else of the file is left alone.
///
/// ```
/// use dataproduct_compat::Policy;
///
/// let policy = Policy::from_toml(r#"
///     [[evolution.rules]]
///     rule = "sla-loosened"
///     path = "sla.freshness"
///     bump = "minor"
///     reason = "consumers agreed to two weeks of notice"
///
///     [[evolution.waivers]]
///     rule = "definition-changed"
///     path = "columns.net_price"
///     product = "product.catalog"
///     author = "owner@example.com"
///     reason = "the page has moved, its text is the same"
///     expires = "2026-12-31"
/// "#)?;
/// assert_eq!(policy.waivers().len(), 1);
/// # Ok::<(), dataproduct_compat::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    overrides: Vec<Override>,
    waivers: Vec<Waiver>,
}

/// A rule that weighs more or less for a team.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Override {
    /// The kind of change.
    pub kind: Kind,
    /// The places it is for: a path, or one that ends in `*` for all that begin like it.
    pub path: String,
    /// How far the version has to move instead.
    pub bump: Bump,
    /// Why.
    pub reason: String,
}

/// A break that someone has accepted, or an attestation that what looks like one is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiver {
    /// The kind of change.
    pub kind: Kind,
    /// The places it is for: a path, or one that ends in `*` for all that begin like it.
    pub path: String,
    /// The product, as `domain.product`.
    pub product: String,
    /// Who has accepted it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    pub expires: NaiveDate,
}

impl Waiver {
    /// Whether it still counts on a day.
    #[must_use]
    pub fn counts_on(&self, today: NaiveDate) -> bool {
        today <= self.expires
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    evolution: Evolution,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Evolution {
    #[serde(default)]
    rules: Vec<OverrideEntry>,
    #[serde(default)]
    waivers: Vec<WaiverEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideEntry {
    rule: String,
    #[serde(default = "everywhere")]
    path: String,
    bump: Bump,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverEntry {
    rule: String,
    path: String,
    product: String,
    author: String,
    reason: String,
    expires: String,
}

fn everywhere() -> String {
    "*".to_owned()
}

impl Policy {
    /// Reads the `[evolution]` part of a `mesh.toml`; without one nothing was decided.
    ///
    /// # Errors
    /// [`Error::Syntax`] for text that is no TOML or has other keys there, [`Error::UnknownRule`] for a
    /// rule that does not exist, [`Error::Invalid`] for an empty reason, author, path or product, a date
    /// that is none, and a bump that cannot be asked for.
    pub fn from_toml(text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).map_err(|error| Error::Syntax {
            reason: error.to_string(),
        })?;
        let overrides = file.evolution.rules.into_iter().enumerate();
        let waivers = file.evolution.waivers.into_iter().enumerate();
        Ok(Self {
            overrides: overrides
                .map(|(i, entry)| entry.check(&format!("evolution.rules[{i}]")))
                .collect::<Result<_>>()?,
            waivers: waivers
                .map(|(i, entry)| entry.check(&format!("evolution.waivers[{i}]")))
                .collect::<Result<_>>()?,
        })
    }

    /// The rules that weigh more or less.
    #[must_use]
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// The accepted breaks, those that have expired among them.
    #[must_use]
    pub fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }

    /// What was decided last for a change, if anything was.
    pub(crate) fn override_for(&self, kind: Kind, path: &str) -> Option<&Override> {
        let mut overrides = self.overrides.iter().rev();
        overrides.find(|o| o.kind == kind && covers(&o.path, path))
    }

    pub(crate) fn waivers_for<'a>(
        &'a self,
        kind: Kind,
        path: &'a str,
        product: &'a str,
    ) -> impl Iterator<Item = &'a Waiver> {
        self.waivers
            .iter()
            .filter(move |w| w.kind == kind && w.product == product && covers(&w.path, path))
    }
}

/// Whether a path of a policy covers that of a change.
fn covers(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => pattern == path,
    }
}

impl OverrideEntry {
    fn check(self, place: &str) -> Result<Override> {
        let kind = kind(&self.rule, place)?;
        for (field, text) in [("path", &self.path), ("reason", &self.reason)] {
            said(place, field, text)?;
        }
        if self.bump == Bump::Invalid {
            return Err(Error::Invalid {
                place: format!("{place}.bump"),
                problem: "no version has that bump".to_owned(),
                fix: "write `none`, `patch`, `minor` or `major`".to_owned(),
            });
        }
        if Rules::standard().of(kind).bump == Bump::Invalid {
            return Err(Error::Invalid {
                place: format!("{place}.rule"),
                problem: format!("`{}` makes it another product", kind.id()),
                fix: "publish the new product beside the old one".to_owned(),
            });
        }
        Ok(Override {
            kind,
            path: self.path,
            bump: self.bump,
            reason: self.reason,
        })
    }
}

impl WaiverEntry {
    fn check(self, place: &str) -> Result<Waiver> {
        let fields = [
            ("path", &self.path),
            ("product", &self.product),
            ("author", &self.author),
            ("reason", &self.reason),
        ];
        for (field, text) in fields {
            said(place, field, text)?;
        }
        let expires = self.expires.parse().map_err(|_| Error::Invalid {
            place: format!("{place}.expires"),
            problem: format!("`{}` is not a date", crate::diff::shown(&self.expires)),
            fix: "write the last day on which it counts, such as `2026-12-31`".to_owned(),
        })?;
        Ok(Waiver {
            kind: kind(&self.rule, place)?,
            path: self.path,
            product: self.product,
            author: self.author,
            reason: self.reason,
            expires,
        })
    }
}

fn said(place: &str, field: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::Invalid {
            place: format!("{place}.{field}"),
            problem: "it is empty".to_owned(),
            fix: "say it: those who read this later were not there".to_owned(),
        });
    }
    Ok(())
}

fn kind(id: &str, place: &str) -> Result<Kind> {
    Kind::from_id(id).ok_or_else(|| Error::UnknownRule {
        place: format!("{place}.rule"),
        id: crate::diff::shown(id),
        hint: nearest(id).map_or_else(String::new, |known| format!("; did you mean `{known}`?")),
    })
}

/// The rule whose name shares most words with a name.
fn nearest(id: &str) -> Option<&'static str> {
    let words: BTreeMap<&str, ()> = id.split('-').map(|word| (word, ())).collect();
    let shared = |kind: &Kind| {
        kind.id()
            .split('-')
            .filter(|w| words.contains_key(w))
            .count()
    };
    let best = Kind::ALL.iter().copied().max_by_key(|kind| {
        // Of names that share as much the shortest is nearest.
        (shared(kind), std::cmp::Reverse(kind.id().len()))
    })?;
    (shared(&best) > 0).then_some(best.id())
}
