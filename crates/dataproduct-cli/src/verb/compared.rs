//! Two versions of a contract as findings of a report.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, Utc};
use dataproduct::Contract;
use dataproduct::compat::{Bump, Comparison, Finding as Change, Outcome, Policy, compare};
use dataproduct::contract::odcs::Places;

use crate::command::Failure;
use crate::report::{self, Compared, Excerpt, Finding, Level, Lines, Report};
use crate::source::{MAX_DOCUMENT_BYTES, Source};

/// The rule of a version that says less than its changes.
pub(crate) const DISHONEST: &str = "dishonest-version";

/// What a comparison needs besides two contracts.
#[derive(Debug)]
pub(crate) struct Judge {
    policy: Policy,
    today: NaiveDate,
}

impl Judge {
    /// The judge by the policy of that file, or of `mesh.toml` where there is one in the folder.
    pub(crate) fn new(policy: Option<&PathBuf>) -> Result<Self, Failure> {
        let default = Path::new("mesh.toml");
        let file = match policy {
            Some(file) => Some(file.as_path()),
            None => default.is_file().then_some(default),
        };
        let policy = match file {
            None => Policy::default(),
            Some(file) => {
                let source = Source::File(file.to_owned());
                let bytes = source.bytes(MAX_DOCUMENT_BYTES)?;
                let wrong = |reason: String| {
                    Failure::Argument(format!("`{}` is no policy: {reason}", file.display()))
                };
                if bytes.len() >= MAX_DOCUMENT_BYTES {
                    return Err(wrong(format!(
                        "it has more than {MAX_DOCUMENT_BYTES} bytes"
                    )));
                }
                let text = String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
                Policy::from_toml(&text).map_err(|error| wrong(error.to_string()))?
            }
        };
        Ok(Self {
            policy,
            today: Utc::now().date_naive(),
        })
    }

    /// Compares two contracts.
    pub(crate) fn compare(&self, old: &Contract, new: &Contract) -> Comparison {
        compare(old, new, &self.policy, self.today)
    }
}

/// Notes in a report what a comparison has found; `file` and `text` are those of the newer contract.
pub(crate) fn note(comparison: &Comparison, file: &str, text: &str, report: &mut Report) {
    let (old, new) = (comparison.old(), comparison.new_contract());
    let honest = comparison.is_honest_if_proven();
    let required = comparison.required_if_proven();
    let (places, lines) = (Places::of(text).ok(), Lines::of(text));
    let place = |path: &str| {
        let at = places.as_ref().and_then(|places| places.find(path));
        (at, at.map(|at| Excerpt::of(&lines, at)))
    };
    if !honest {
        let (at, excerpt) = place("version");
        report.findings.push(Finding {
            file: file.to_owned(),
            rule: DISHONEST.to_owned(),
            level: Level::Error,
            message: dishonest(comparison, required),
            help: Some(way_out(comparison, required)),
            path: "version".to_owned(),
            at,
            excerpt,
            change: None,
        });
    }
    for finding in comparison.findings() {
        let (at, excerpt) = place(&finding.change.path);
        let level = match finding.bump_if_proven {
            bump if !honest && bump == required && bump > Bump::None => Level::Error,
            Bump::Major | Bump::Invalid => Level::Warning,
            _ => Level::Note,
        };
        report.findings.push(Finding {
            file: file.to_owned(),
            rule: finding.rule.id.clone(),
            level,
            message: finding.rule.title.clone(),
            help: help(finding),
            path: finding.change.path.clone(),
            at,
            excerpt,
            change: Some(change(comparison, finding)),
        });
    }
    for waiver in comparison.expired_waivers() {
        report.findings.push(Finding {
            file: file.to_owned(),
            rule: "expired-waiver".to_owned(),
            level: Level::Warning,
            message: format!(
                "the waiver of `{}` by {} expired on {} and no longer counts: {}",
                waiver.kind.id(),
                waiver.author,
                waiver.expires,
                waiver.reason
            ),
            help: Some("take it out of the policy, or decide anew".to_owned()),
            path: waiver.path.clone(),
            at: None,
            excerpt: None,
            change: None,
        });
    }
    report.compared.push(Compared {
        product: new.name().to_string(),
        old: old.version().to_string(),
        new: new.version().to_string(),
        required: required.as_str().to_owned(),
        honest_version: comparison.honest_version_if_proven().to_string(),
        honest,
        to_prove: comparison.obligations().iter().map(proof).collect(),
    });
}

fn dishonest(comparison: &Comparison, required: Bump) -> String {
    let (old, new) = (
        comparison.old().version(),
        comparison.new_contract().version(),
    );
    let honest = comparison.honest_version_if_proven();
    if required == Bump::Invalid {
        format!("no version of the product can say what has changed since {old}")
    } else if new < old {
        format!("{new} is older than {old}")
    } else if new == old {
        format!("{new} is there already and says something else; the changes want {honest}")
    } else {
        format!("{new} says less than its changes since {old}, which want {honest}")
    }
}

fn way_out(comparison: &Comparison, required: Bump) -> String {
    if required == Bump::Invalid {
        "give the changed product a name of its own".to_owned()
    } else {
        let honest = comparison.honest_version_if_proven();
        format!("set the version to {honest}, or make the change in a way that breaks nobody")
    }
}

fn proof(obligation: &dataproduct::compat::Obligation) -> String {
    format!("{} of {}", obligation.aspect, obligation.column)
}

/// The cause, and the steps of a change that breaks.
fn help(finding: &Change) -> Option<String> {
    if finding.bump_if_proven < Bump::Minor {
        return None;
    }
    let mut lines = vec![finding.rule.why.clone()];
    if finding.bump_if_proven >= Bump::Major {
        let steps = finding.rule.how.steps();
        lines.extend(steps.map(|(step, text)| format!("{step}: {text}")));
    }
    Some(lines.join("\n"))
}

fn change(comparison: &Comparison, finding: &Change) -> report::Change {
    let change = &finding.change;
    let (old, new) = (comparison.old(), comparison.new_contract());
    let witness = change.witness.as_ref().map(|witness| {
        let only = |row: &str, here: &Contract, there: &Contract| {
            format!(
                "{row} is legal in {} and not in {}",
                here.version(),
                there.version()
            )
        };
        let sides = [
            witness.only_old.as_ref().map(|row| only(row, old, new)),
            witness.only_new.as_ref().map(|row| only(row, new, old)),
        ];
        sides.into_iter().flatten().collect::<Vec<_>>().join("; ")
    });
    report::Change {
        effect: change.effect.as_str().to_owned(),
        before: change.before.clone(),
        after: change.after.clone(),
        witness,
        reader: finding.reader.as_str().to_owned(),
        writer: finding.writer.as_str().to_owned(),
        history: finding.history.as_str().to_owned(),
        bump: finding.bump_if_proven.as_str().to_owned(),
        to_prove: finding.obligation.as_ref().map(proof),
        consumers: broken(comparison, finding),
        waiver: finding.waiver.as_ref().map(|waiver| {
            format!(
                "accepted by {} until {}: {}",
                waiver.author, waiver.expires, waiver.reason
            )
        }),
    }
}

/// The registered consumers of both versions whom a change may break.
fn broken(comparison: &Comparison, finding: &Change) -> Vec<String> {
    if !matches!(finding.reader, Outcome::Breaks | Outcome::Undecided) {
        return Vec::new();
    }
    let (old, new) = (comparison.old(), comparison.new_contract());
    let reads = |consumer: &&dataproduct::contract::Consumer| {
        consumer.versions.matches(old.version()) && consumer.versions.matches(new.version())
    };
    let consumers = new.ownership().consumers.iter().filter(reads);
    consumers
        .map(|consumer| {
            format!(
                "{} ({}: {})",
                consumer.name, consumer.versions, consumer.purpose
            )
        })
        .collect()
}
