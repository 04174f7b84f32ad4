//! What a verb found, and the forms in which it is written.

mod excerpt;
mod github;
mod human;
mod json;
mod junit;
mod markdown;
mod sarif;

use dataproduct::contract::odcs::Position;
use dataproduct::{Problem, Problems};
use serde::Serialize;

use crate::args::{Format, Output};
use crate::command::{EXIT_FINDINGS, EXIT_OK, Failure, Look, print};

pub(crate) use excerpt::{Excerpt, Lines};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Worth knowing.
    Note,
    /// Worth looking at; not a reason to fail.
    Warning,
    /// A reason to fail.
    Error,
}

impl Level {
    /// The level in a word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing found.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The file it is in.
    pub(crate) file: String,
    /// The permanent identifier of its kind.
    pub(crate) rule: String,
    pub(crate) level: Level,
    /// What is wrong.
    pub(crate) message: String,
    /// The way out.
    pub(crate) help: Option<String>,
    /// Which part of the contract.
    pub(crate) path: String,
    /// Where in the file.
    pub(crate) at: Option<Position>,
    /// The lines around that place.
    pub(crate) excerpt: Option<Excerpt>,
    /// What changed, for a finding about two versions.
    pub(crate) change: Option<Change>,
}

/// What a finding says about a change between two versions.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    /// Whether the change tightens, loosens, does both, is undecided, or is metadata.
    pub(crate) effect: String,
    /// How it was.
    pub(crate) before: Option<String>,
    /// How it is.
    pub(crate) after: Option<String>,
    /// What is legal under one version and not under the other.
    pub(crate) witness: Option<String>,
    /// Why the effect is undecided, where more can be said than the rule does.
    pub(crate) undecided: Option<String>,
    /// What it means for an old reader of new data.
    pub(crate) reader: String,
    /// What it means for an existing writer under the new contract.
    pub(crate) writer: String,
    /// What it means for a new reader of retained data.
    pub(crate) history: String,
    /// The bump of the version that it wants, as far as can be told without the stored rows.
    pub(crate) bump: String,
    /// What the publish has to prove on stored rows; if it cannot, the bump is a major.
    pub(crate) to_prove: Option<String>,
    /// The registered consumers that it breaks, with what they read the product for.
    pub(crate) consumers: Vec<String>,
    /// Who accepted it, why and until when.
    pub(crate) waiver: Option<String>,
}

/// What became of two versions of a product.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Compared {
    /// The product.
    pub(crate) product: String,
    /// The older version.
    pub(crate) old: String,
    /// The newer version, as declared.
    pub(crate) new: String,
    /// The bump that the changes want.
    pub(crate) required: String,
    /// The version that would say so.
    pub(crate) honest_version: String,
    /// Whether the declared version says so, or more.
    pub(crate) honest: bool,
    /// What the publish has to prove on stored rows for that to be so.
    pub(crate) to_prove: Vec<String>,
}

/// Everything that a run found.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The verb.
    pub(crate) verb: &'static str,
    /// Every file that was looked at, in order.
    pub(crate) files: Vec<String>,
    /// In the order of the files and of each file.
    pub(crate) findings: Vec<Finding>,
    /// One for each pair of versions that was compared.
    pub(crate) compared: Vec<Compared>,
}

impl Report {
    pub(crate) fn new(verb: &'static str) -> Self {
        Self {
            verb,
            files: Vec::new(),
            findings: Vec::new(),
            compared: Vec::new(),
        }
    }

    /// Notes a file and all problems of its text.
    pub(crate) fn problems(&mut self, file: &str, text: &str, problems: &Problems) {
        let lines = Lines::of(text);
        let findings = problems
            .iter()
            .map(|problem| Finding::of_problem(file, &lines, problem));
        self.findings.extend(findings);
    }

    /// How many findings there are of a level.
    pub(crate) fn count(&self, level: Level) -> usize {
        let of_level = |finding: &&Finding| finding.level == level;
        self.findings.iter().filter(of_level).count()
    }

    /// Whether nothing is a reason to fail.
    pub(crate) fn is_ok(&self) -> bool {
        self.count(Level::Error) == 0
    }

    /// The findings in plain text, one a line.
    pub(crate) fn plain(&self) -> String {
        let lines: Vec<_> = self.findings.iter().map(junit::plain).collect();
        lines.join("\n")
    }

    /// Writes the report to standard output and gives the exit code that it means.
    pub(crate) fn write(&self, output: &Output, look: Look) -> Result<u8, Failure> {
        let code = if self.is_ok() { EXIT_OK } else { EXIT_FINDINGS };
        if output.quiet && self.findings.is_empty() && output.format == Format::Human {
            return Ok(code);
        }
        let text = match output.format {
            Format::Human => human::text(self, look),
            Format::Json => json::text(self)?,
            Format::Sarif => sarif::text(self)?,
            Format::Junit => junit::text(self),
            Format::Markdown => markdown::text(self),
            Format::Github => github::text(self),
            Format::Omds => {
                return Err(Failure::Argument(
                    "`--format omds` is a form of `diff` alone".to_owned(),
                ));
            }
        };
        print(text.as_bytes())?;
        Ok(code)
    }
}

impl Finding {
    /// A problem of a text as a finding of the file that holds it.
    pub(crate) fn of_problem(file: &str, text: &Lines<'_>, problem: &Problem) -> Self {
        let at = match (problem.line, problem.column) {
            (Some(line), Some(column)) => Some(Position { line, column }),
            _ => None,
        };
        Self {
            file: file.to_owned(),
            rule: problem.code.to_owned(),
            level: Level::Error,
            message: problem.message.clone(),
            help: Some(problem.fix.clone()),
            path: problem.path.clone(),
            at,
            excerpt: at.map(|at| Excerpt::of(text, at)),
            change: None,
        }
    }
}

/// What else there is to say of a change, one sentence each.
fn more(change: &Change) -> Vec<String> {
    let mut out = Vec::new();
    let undecided = change.undecided.as_ref();
    out.extend(undecided.map(|reason| format!("this could not be decided: {reason}")));
    out.extend(change.witness.clone());
    let proof = change.to_prove.as_ref();
    out.extend(proof.map(|what| format!("the publish proves on stored rows: {what}")));
    if !change.consumers.is_empty() {
        out.push(format!("breaks {}", change.consumers.join(", ")));
    }
    out.extend(change.waiver.clone());
    out
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}
