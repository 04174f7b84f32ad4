//! Two versions of a contract as findings of a report.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, Utc};
use dataproduct::compat::{Bump, Comparison, Finding as Change, Impact, Outcome, Policy, compare};
use dataproduct::contract::Consumption;
use dataproduct::contract::odcs::{Places, Position};
use dataproduct::{Contract, Version};

use super::read::{Placed, Read};
use crate::command::Failure;
use crate::report::{self, Compared, Excerpt, Finding, Level, Lines, Report};
use crate::source::{MAX_DOCUMENT_BYTES, Source};

/// The rule of a version that says less than its changes.
pub(crate) const DISHONEST: &str = "dishonest-version";

/// What a comparison needs besides two contracts.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) policy: Policy,
    pub(crate) today: NaiveDate,
    /// Who has registered what it uses.
    pub(crate) consumptions: Vec<Consumption>,
}

/// What is to be said of a declared version.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) declared: Version,
    pub(crate) honest: bool,
    /// The lowest version that is honest.
    pub(crate) honest_version: Version,
    /// What is wrong, where it is not honest.
    pub(crate) message: String,
}

impl Verdict {
    /// The verdict on the newer of two contracts.
    pub(crate) fn of(comparison: &Comparison) -> Self {
        Self {
            declared: comparison.new_contract().version().clone(),
            honest: comparison.is_honest_if_proven(),
            honest_version: comparison.honest_version_if_proven(),
            message: dishonest(comparison),
        }
    }
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
            consumptions: Vec::new(),
        })
    }

    /// Compares two contracts as if no waiver had expired.
    pub(crate) fn compare_as_waived(&self, old: &Contract, new: &Contract) -> Comparison {
        compare(old, new, &self.policy, NaiveDate::MIN)
    }

    /// Compares two contracts.
    pub(crate) fn compare(&self, old: &Contract, new: &Contract) -> Comparison {
        compare(old, new, &self.policy, self.today)
    }
}

/// The newer of two contracts as it was read: its file, its text and where its parts stand there, where that was read
/// already.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) file: String,
    text: &'a str,
    places: Option<&'a Places>,
}

impl<'a> Place<'a> {
    pub(crate) fn of(placed: &'a Placed, file: String) -> Self {
        Self {
            file,
            text: &placed.text,
            places: Some(&placed.places),
        }
    }

    pub(crate) fn in_text(read: &'a Read) -> Self {
        Self {
            file: read.file.clone(),
            text: &read.text,
            places: None,
        }
    }

    /// Where these paths stand.
    fn find(&self, paths: &[&str]) -> Vec<Option<Position>> {
        let find = |places: &Places| places.find_all(paths.iter().copied());
        match self.places {
            Some(places) => find(places),
            // Most recorded pairs have nothing to show, so nothing is read for them.
            None if paths.is_empty() => Vec::new(),
            None => Places::of(self.text).map_or_else(|_| vec![None; paths.len()], |p| find(&p)),
        }
    }
}

/// Notes in a report what a comparison has found; `place` is the newer contract.
pub(crate) fn note(
    comparison: &Comparison,
    verdict: &Verdict,
    judge: &Judge,
    place: &Place<'_>,
    report: &mut Report,
) {
    let (honest, file) = (verdict.honest, place.file.as_str());
    let required = comparison.required_if_proven();
    let findings = comparison.findings();
    let paths = findings.iter().map(|finding| finding.change.path.as_str());
    let paths: Vec<&str> = (!honest)
        .then_some("version")
        .into_iter()
        .chain(paths)
        .collect();
    let lines = Lines::of(place.text);
    let mut places = place.find(&paths).into_iter();
    let mut next = || {
        let at = places.next().flatten();
        (at, at.map(|at| Excerpt::of(&lines, at)))
    };
    if !honest {
        let (at, excerpt) = next();
        report.findings.push(Finding {
            file: file.to_owned(),
            rule: DISHONEST.to_owned(),
            level: Level::Error,
            message: verdict.message.clone(),
            help: Some(way_out(verdict, required)),
            path: "version".to_owned(),
            at,
            excerpt,
            change: None,
        });
    }
    let impacts = comparison.impact(&judge.consumptions);
    for finding in findings {
        let (at, excerpt) = next();
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
            change: Some(change(comparison, finding, &impacts)),
        });
    }
    expired(comparison, file, report);
    report.compared.push(Compared {
        product: comparison.new_contract().name().to_string(),
        old: comparison.old().version().to_string(),
        new: verdict.declared.to_string(),
        required: required.as_str().to_owned(),
        honest_version: verdict.honest_version.to_string(),
        honest,
        to_prove: comparison.obligations().iter().map(proof).collect(),
    });
}

/// Notes the waivers that would count for a comparison, had they not expired.
pub(crate) fn expired(comparison: &Comparison, file: &str, report: &mut Report) {
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
}

fn dishonest(comparison: &Comparison) -> String {
    let required = comparison.required_if_proven();
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

fn way_out(verdict: &Verdict, required: Bump) -> String {
    if required == Bump::Invalid {
        "give the changed product a name of its own".to_owned()
    } else {
        let honest = &verdict.honest_version;
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

fn change(comparison: &Comparison, finding: &Change, impacts: &[Impact<'_>]) -> report::Change {
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
        undecided: change.undecided.clone(),
        reader: finding.reader.as_str().to_owned(),
        writer: finding.writer.as_str().to_owned(),
        history: finding.history.as_str().to_owned(),
        bump: finding.bump_if_proven.as_str().to_owned(),
        to_prove: finding.obligation.as_ref().map(proof),
        consumers: broken(comparison, finding, impacts),
        waiver: finding.waiver.as_ref().map(|waiver| {
            format!(
                "accepted by {} until {}: {}",
                waiver.author, waiver.expires, waiver.reason
            )
        }),
    }
}

/// The consumers of the old version whom a change may break: those that the contract names, and those that
/// have registered that they use what has changed. A major that says so does not break them today, and leaves
/// them behind: its owner has to talk to the same people.
fn broken(comparison: &Comparison, finding: &Change, impacts: &[Impact<'_>]) -> Vec<String> {
    if !matches!(finding.reader, Outcome::Breaks | Outcome::Undecided) {
        return Vec::new();
    }
    let (old, new) = (comparison.old(), comparison.new_contract());
    let reads =
        |consumer: &&dataproduct::contract::Consumer| consumer.versions.matches(old.version());
    let named = new.ownership().consumers.iter().filter(reads);
    let mut out: Vec<String> = named
        .map(|consumer| {
            format!(
                "{} ({}: {})",
                consumer.name, consumer.versions, consumer.purpose
            )
        })
        .collect();
    for impact in impacts {
        let Consumption {
            consumer,
            product,
            owner,
            purpose,
            ..
        } = impact.consumption;
        let is_hit = impact
            .findings
            .iter()
            .any(|hit| std::ptr::eq(*hit, finding));
        if is_hit {
            out.push(format!(
                "{consumer} of {owner} ({}: {purpose})",
                product.versions
            ));
        }
    }
    out
}
