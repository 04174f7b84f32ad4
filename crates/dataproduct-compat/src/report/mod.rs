//! A comparison written for people and for programs.

mod json;
mod markdown;
mod omds;
mod sarif;
mod text;

use crate::{Bump, Comparison, Finding};

/// The findings, those that weigh most first.
fn by_weight(comparison: &Comparison) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = comparison.findings().iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.bump));
    findings
}

/// The verdict in one sentence.
fn verdict(comparison: &Comparison) -> String {
    let (old, new) = (comparison.old(), comparison.new_contract());
    let step = format!("{} {} -> {}", new.name(), old.version(), new.version());
    let honest = comparison.honest_version();
    let required = comparison.required();
    match required {
        Bump::None => format!("{step}: nothing has changed"),
        Bump::Invalid => format!("{step}: this is another product, which no version can say"),
        _ if comparison.is_honest() => format!("{step}: {required}, the version is honest"),
        _ if comparison.is_honest_if_proven() => format!(
            "{step}: {} if stored rows prove it, otherwise {required}: {honest}",
            comparison.required_if_proven()
        ),
        _ => format!("{step}: the version is not honest, {required} needs {honest}"),
    }
}

/// What only one of the versions permits, or why that is not known, as sentences.
fn witnesses(comparison: &Comparison, finding: &Finding) -> Vec<String> {
    let (old, new) = (
        comparison.old().version(),
        comparison.new_contract().version(),
    );
    let mut sentences = Vec::new();
    if let Some(reason) = &finding.change.undecided {
        sentences.push(format!("this could not be decided: {reason}"));
    }
    let Some(witness) = &finding.change.witness else {
        return sentences;
    };
    if let Some(row) = &witness.only_new {
        sentences.push(format!("legal in {new}, not in {old}: {row}"));
    }
    if let Some(row) = &witness.only_old {
        sentences.push(format!("legal in {old}, not in {new}: {row}"));
    }
    sentences
}
