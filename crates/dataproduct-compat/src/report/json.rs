//! JSON for programs.

use serde_json::{Value, json};

use crate::{Comparison, Finding, Waiver};

impl Comparison {
    /// The comparison as JSON. Its keys are stable; new ones may come.
    #[must_use]
    pub fn to_json(&self) -> String {
        let (old, new) = (self.old(), self.new_contract());
        let document = json!({
            "product": new.name().to_string(),
            "old": { "version": old.version().to_string(), "digest": old.digest() },
            "new": { "version": new.version().to_string(), "digest": new.digest() },
            "required": self.required().as_str(),
            "requiredIfProven": self.required_if_proven().as_str(),
            "honestVersion": self.honest_version().to_string(),
            "isHonest": self.is_honest(),
            "isHonestIfProven": self.is_honest_if_proven(),
            "reader": self.reader().as_str(),
            "writer": self.writer().as_str(),
            "history": self.history().as_str(),
            "obligations": self
                .obligations()
                .iter()
                .map(|o| json!({ "column": o.column, "aspect": o.aspect.as_str() }))
                .collect::<Vec<_>>(),
            "findings": self.findings().iter().map(finding).collect::<Vec<_>>(),
            "expiredWaivers": self.expired_waivers().iter().map(waiver).collect::<Vec<_>>(),
        });
        format!("{document:#}\n")
    }
}

fn finding(finding: &Finding) -> Value {
    let change = &finding.change;
    let witness = change.witness.as_ref();
    json!({
        "rule": finding.rule.id,
        "title": finding.rule.title,
        "path": change.path,
        "before": change.before,
        "after": change.after,
        "effect": change.effect.as_str(),
        "reader": finding.reader.as_str(),
        "writer": finding.writer.as_str(),
        "history": finding.history.as_str(),
        "bump": finding.bump.as_str(),
        "bumpIfProven": finding.bump_if_proven.as_str(),
        "onlyOld": witness.and_then(|w| w.only_old.as_deref()),
        "onlyNew": witness.and_then(|w| w.only_new.as_deref()),
        "undecided": change.undecided,
        "why": finding.rule.why,
        "how": finding
            .rule
            .how
            .steps()
            .map(|(step, text)| (step.to_owned(), Value::from(text)))
            .collect::<serde_json::Map<_, _>>(),
        "obligation": finding
            .obligation
            .as_ref()
            .map(|o| json!({ "column": o.column, "aspect": o.aspect.as_str() })),
        "policy": finding
            .overridden
            .as_ref()
            .map(|o| json!({ "bump": o.bump.as_str(), "reason": o.reason })),
        "waiver": finding.waiver.as_ref().map(waiver),
    })
}

fn waiver(waiver: &Waiver) -> Value {
    json!({
        "rule": waiver.kind.id(),
        "path": waiver.path,
        "product": waiver.product,
        "author": waiver.author,
        "reason": waiver.reason,
        "expires": waiver.expires.to_string(),
    })
}
