//! Quality rules: what they measure, what the measure must be, and how much a breach weighs.

use std::collections::HashSet;

use dataproduct_contract::odcs::Quality;
use dataproduct_contract::{Check, Map, Operator, Rule, Severity, Threshold, Value};

use super::found::{Found, json};
use super::{paired, threshold};
use crate::Kind;
use crate::change::Effect;
use crate::language::Inclusion;

/// A rule with the part of the document that states it.
#[derive(Clone, Copy)]
struct Stated<'a> {
    rule: &'a Rule,
    quality: Option<&'a Quality>,
}

impl<'a> Stated<'a> {
    fn all(rules: &'a [Rule], quality: Option<&'a [Quality]>) -> Vec<Self> {
        let quality = quality.unwrap_or_default();
        let stated = rules.iter().enumerate();
        stated
            .map(|(i, rule)| Self {
                rule,
                quality: quality.get(i),
            })
            .collect()
    }

    /// What finds the rule again: its identifier, its name, or what it measures.
    fn label(&self) -> String {
        let rule = self.rule;
        match (&rule.id, &rule.name) {
            (Some(id), _) => format!("id {id}"),
            (None, Some(name)) => format!("name {name}"),
            (None, None) => format!("check {}", rule.check.name()),
        }
    }

    fn is_promise(&self) -> bool {
        self.rule.severity == Severity::Error
    }

    fn text(&self) -> Option<String> {
        let rule = self.rule;
        let mut text = rule.check.name().to_owned();
        if let Some(threshold) = rule.threshold {
            text.push_str(&format!(" {}", threshold::text(threshold)));
        }
        if let Some(part) = self.quality {
            let details = [
                json(&part.arguments),
                part.query.clone(),
                json(&part.implementation),
            ];
            for detail in details.into_iter().flatten() {
                text.push_str(&format!(" {detail}"));
            }
        }
        if !self.is_promise() {
            text.push_str(&format!(" ({})", rule.severity.as_str()));
        }
        Some(text)
    }
}

/// Compares the rules of one place.
pub(crate) fn rules(
    path: &str,
    old: &[Rule],
    new: &[Rule],
    old_quality: Option<&[Quality]>,
    new_quality: Option<&[Quality]>,
    found: &mut Found,
) {
    if old == new && old_quality == new_quality {
        return;
    }
    let (old, new) = (Stated::all(old, old_quality), Stated::all(new, new_quality));
    for pair in paired(&old, &new, Stated::label) {
        let of = |stated: &Stated<'_>| {
            let rule = stated.rule;
            let name = rule.id.as_deref().or(rule.name.as_deref());
            format!("{path}.{}", name.unwrap_or_else(|| rule.check.name()))
        };
        match pair {
            (Some(gone), None) => {
                let (kind, effect) = if gone.is_promise() {
                    (Kind::QualityRuleRemoved, Effect::Loosens)
                } else {
                    (Kind::QualityNoticeChanged, Effect::Metadata)
                };
                found.effect(kind, &of(gone), effect, gone.text(), None);
            }
            (None, Some(added)) => {
                let (kind, effect) = if added.is_promise() {
                    (Kind::QualityRuleAdded, Effect::Tightens)
                } else {
                    (Kind::QualityNoticeChanged, Effect::Metadata)
                };
                found.effect(kind, &of(added), effect, None, added.text());
            }
            (Some(before), Some(after)) => changed(&of(after), before, after, found),
            (None, None) => {}
        }
    }
}

fn changed(path: &str, old: &Stated<'_>, new: &Stated<'_>, found: &mut Found) {
    let (a, b) = (old.rule, new.rule);
    if a.severity != b.severity {
        let kind = match (old.is_promise(), new.is_promise()) {
            (true, false) => Kind::QualitySeverityLowered,
            (false, true) => Kind::QualitySeverityRaised,
            _ => Kind::QualityNoticeChanged,
        };
        let effect = match kind {
            Kind::QualitySeverityLowered => Effect::Loosens,
            Kind::QualitySeverityRaised => Effect::Tightens,
            _ => Effect::Metadata,
        };
        let text = |severity: Severity| Some(severity.as_str().to_owned());
        found.effect(kind, path, effect, text(a.severity), text(b.severity));
    }
    let effect = criterion(old, new, found);
    if let Some(effect) = effect {
        let (kind, effect) = if old.is_promise() || new.is_promise() {
            let kind = match effect {
                Effect::Tightens => Kind::QualityTightened,
                Effect::Loosens => Kind::QualityLoosened,
                Effect::Both => Kind::QualityMoved,
                Effect::Undecided => Kind::QualityRuleChanged,
                Effect::Metadata => Kind::LimitsRestated,
            };
            (kind, effect)
        } else {
            (Kind::QualityNoticeChanged, Effect::Metadata)
        };
        found.effect(kind, path, effect, old.text(), new.text());
    }
    let words = |rule: &Rule| {
        let dimension = rule.dimension.map(|d| d.as_str().to_owned());
        let words: Vec<String> = [rule.name.clone(), rule.description.clone(), dimension]
            .into_iter()
            .flatten()
            .collect();
        super::found::list(&words)
    };
    found.metadata(Kind::DescriptionChanged, path, words(a), words(b));
    let (x, y) = (other(old.quality), other(new.quality));
    found.metadata(Kind::OtherChanged, path, x, y);
}

/// What the document says of a rule that is compared nowhere else.
fn other(quality: Option<&Quality>) -> Option<String> {
    let mut q = quality?.clone();
    q.name = None;
    q.description = None;
    q.kind = None;
    q.metric = None;
    q.rule = None;
    q.arguments = None;
    q.query = None;
    q.engine = None;
    q.implementation = None;
    q.must_be = None;
    q.must_not_be = None;
    q.must_be_greater_than = None;
    q.must_be_greater_or_equal_to = None;
    q.must_be_less_than = None;
    q.must_be_less_or_equal_to = None;
    q.must_be_between = None;
    q.must_not_be_between = None;
    q.unit = None;
    q.dimension = None;
    q.severity = None;
    (q != Quality::default()).then(|| json(&Some(q))).flatten()
}

/// What a rule measures and what that must be; `None` where neither has changed.
fn criterion(old: &Stated<'_>, new: &Stated<'_>, found: &mut Found) -> Option<Effect> {
    let (a, b) = (old.rule, new.rule);
    let stated = |stated: &Stated<'_>| {
        stated.quality.map(|q| {
            let not_run = !stated.rule.is_run();
            let criterion = (q.must_be.clone(), q.must_not_be.clone());
            let bounds = (
                q.must_be_greater_than,
                q.must_be_less_than,
                q.must_be_between,
            );
            let others = (
                q.must_be_greater_or_equal_to,
                q.must_be_less_or_equal_to,
                q.must_not_be_between,
            );
            // Rules that are not run are known by their text alone.
            let text = (q.query.clone(), q.engine.clone(), q.implementation.clone());
            let text = not_run.then_some((text, q.kind, q.rule.clone(), criterion, bounds, others));
            (
                text,
                left_arguments(&stated.rule.check, q.arguments.as_ref()),
                q.unit.clone().filter(|_| not_run),
            )
        })
    };
    if a.check == b.check && a.threshold == b.threshold && stated(old) == stated(new) {
        return None;
    }
    if stated(old) != stated(new) {
        return Some(Effect::Undecided);
    }
    let (Some(before), Some(after)) = (a.threshold, b.threshold) else {
        return Some(Effect::Undecided);
    };
    // A change may be of either sign and of more than all there was, which a share is not.
    let of = |rule: &Rule, threshold: Threshold| match rule.check {
        Check::VolumeChange { .. } => Threshold::value(threshold.operator),
        _ => threshold,
    };
    let thresholds = threshold::compare(of(a, before), of(b, after));
    if a.check == b.check {
        return Some(thresholds);
    }
    // A measure that counts more rows makes every limit from above stricter.
    let measured = measure(&a.check, &b.check, found);
    let is_upper = |t: Threshold| {
        matches!(
            t.operator,
            Operator::LessThan(_) | Operator::LessOrEqual(_) | Operator::Be(0.0)
        )
    };
    if !(is_upper(before) && is_upper(after)) {
        return Some(Effect::Undecided);
    }
    Some(match (measured, thresholds) {
        (Effect::Metadata, effect) | (effect, Effect::Metadata) => effect,
        (a, b) if a == b => a,
        (Effect::Undecided, _) | (_, Effect::Undecided) => Effect::Undecided,
        _ => Effect::Undecided,
    })
}

/// The arguments of a rule that its check does not hold: of a rule that is not run all, otherwise those that the
/// check does not know or that have another form than it reads.
fn left_arguments(check: &Check, arguments: Option<&Map>) -> Option<Map> {
    let is_held = |name: &str, value: &Value| {
        let is_list = value.as_list().is_some();
        match check {
            Check::MissingValues { .. } => name == "missingValues" && is_list,
            Check::InvalidValues { .. } => {
                name == "validValues" && is_list || name == "pattern" && value.as_str().is_some()
            }
            Check::DuplicateValues { .. } => {
                let all_text = |list: &[Value]| list.iter().all(|value| value.as_str().is_some());
                name == "properties" && value.as_list().is_some_and(all_text)
            }
            _ => false,
        }
    };
    let mut left = Map::new();
    for (name, value) in arguments?.iter() {
        if !is_held(name, value) {
            left.insert(name, value.clone());
        }
    }
    (!left.is_empty()).then_some(left)
}

/// What it does to a limit from above that the new check counts other rows than the old: it tightens
/// when every row that was counted still is.
fn measure(old: &Check, new: &Check, found: &mut Found) -> Effect {
    let set =
        |values: &[Value]| -> HashSet<String> { values.iter().map(Value::to_string).collect() };
    let grows = |a: &HashSet<String>, b: &HashSet<String>| match (a.is_subset(b), b.is_subset(a)) {
        (true, true) => Effect::Metadata,
        (true, false) => Effect::Tightens,
        (false, true) => Effect::Loosens,
        (false, false) => Effect::Both,
    };
    match (old, new) {
        (Check::NullValues, Check::MissingValues { .. }) => Effect::Tightens,
        (Check::MissingValues { .. }, Check::NullValues) => Effect::Loosens,
        (Check::MissingValues { missing: a }, Check::MissingValues { missing: b }) => {
            grows(&set(a), &set(b))
        }
        (
            Check::InvalidValues {
                valid: a,
                pattern: a_pattern,
            },
            Check::InvalidValues {
                valid: b,
                pattern: b_pattern,
            },
        ) => {
            let valid = match (a.is_empty(), b.is_empty()) {
                (true, true) => Effect::Metadata,
                (true, false) => Effect::Tightens,
                (false, true) => Effect::Loosens,
                (false, false) => grows(&set(a), &set(b)).reversed(),
            };
            let pattern = match (a_pattern, b_pattern) {
                (None, None) => Effect::Metadata,
                (None, Some(_)) => Effect::Tightens,
                (Some(_), None) => Effect::Loosens,
                (Some(a), Some(b)) if a == b => Effect::Metadata,
                (Some(a), Some(b)) => match found.patterns(a, b) {
                    Inclusion::Equal => Effect::Metadata,
                    Inclusion::Narrower { .. } => Effect::Tightens,
                    Inclusion::Wider { .. } => Effect::Loosens,
                    Inclusion::Neither { .. } => Effect::Both,
                    Inclusion::Undecided { .. } => Effect::Undecided,
                },
            };
            match (valid, pattern) {
                (Effect::Metadata, effect) | (effect, Effect::Metadata) => effect,
                (a, b) if a == b => a,
                _ => Effect::Undecided,
            }
        }
        // Rows that are equal in more columns are fewer.
        (Check::DuplicateValues { columns: a }, Check::DuplicateValues { columns: b }) => {
            let set = |columns: &[String]| -> HashSet<String> { columns.iter().cloned().collect() };
            if a.is_empty() || b.is_empty() {
                return Effect::Undecided;
            }
            grows(&set(a), &set(b)).reversed()
        }
        _ => Effect::Undecided,
    }
}
