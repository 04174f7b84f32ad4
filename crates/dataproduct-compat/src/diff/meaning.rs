//! What values mean and who may see them: units, definitions, sensitivity.

use dataproduct_contract::codes::is_currency;
use dataproduct_contract::odcs::{AuthoritativeDefinition, Property, SemanticType};
use dataproduct_contract::{Classification, Column};

use super::columns::Stated;
use super::found::{Found, json};
use crate::Kind;
use crate::change::Effect;

pub(crate) fn column(path: &str, old: Stated<'_>, new: Stated<'_>, found: &mut Found) {
    unit(path, old.column, new.column, found);
    classification(path, old.column, new.column, found);
    pii(path, old.column, new.column, found);
    let of = |stated: Stated<'_>| {
        stated
            .property
            .and_then(|p| p.authoritative_definitions.clone())
    };
    definitions(path, of(old).as_deref(), of(new).as_deref(), found);
    if let (Some(before), Some(after)) = (old.property, new.property) {
        role(path, before, after, found);
        transform(path, before, after, found);
    }
}

fn unit(path: &str, old: &Column, new: &Column, found: &mut Found) {
    let (a, b) = (&old.unit, &new.unit);
    if a == b {
        return;
    }
    let (kind, effect) = match (a.as_deref().map(str::trim), b.as_deref().map(str::trim)) {
        // Spaces around it mean nothing.
        (a, b) if a == b => (Kind::DescriptionChanged, Effect::Metadata),
        (None, _) => (Kind::UnitAdded, Effect::Tightens),
        (_, None) => (Kind::UnitRemoved, Effect::Loosens),
        (Some(a), Some(b)) if is_currency(a) && is_currency(b) => {
            (Kind::CurrencyChanged, Effect::Both)
        }
        _ => (Kind::UnitChanged, Effect::Both),
    };
    found.effect(kind, path, effect, a.clone(), b.clone());
}

/// How sensitive a known level is. What is not said to be sensitive is like what is public.
fn rank(classification: Option<&Classification>) -> Option<u8> {
    Some(match classification {
        None | Some(Classification::Public) => 0,
        Some(Classification::Internal) => 1,
        Some(Classification::Confidential) => 2,
        Some(Classification::Restricted) => 3,
        Some(_) => return None,
    })
}

fn classification(path: &str, old: &Column, new: &Column, found: &mut Found) {
    let (a, b) = (old.classification.as_ref(), new.classification.as_ref());
    if a == b {
        return;
    }
    let (kind, effect) = match (rank(a), rank(b)) {
        (Some(a), Some(b)) if a < b => (Kind::ClassificationRaised, Effect::Metadata),
        (Some(a), Some(b)) if a > b => (Kind::ClassificationLowered, Effect::Metadata),
        (Some(_), Some(_)) => (Kind::ClassificationStated, Effect::Metadata),
        _ => (Kind::ClassificationChanged, Effect::Undecided),
    };
    let text = |level: Option<&Classification>| level.map(|level| level.as_str().to_owned());
    found.effect(kind, path, effect, text(a), text(b));
}

fn pii(path: &str, old: &Column, new: &Column, found: &mut Found) {
    let text = |column: &Column| column.pii.map(|pii| pii.as_str().to_owned());
    let kind = if new.pii.is_none() {
        Kind::PiiRemoved
    } else {
        Kind::PiiChanged
    };
    found.metadata(kind, path, text(old), text(new));
}

/// Whether a link says what something means, and does not only explain it.
fn defines(definition: &AuthoritativeDefinition) -> bool {
    matches!(
        definition.kind.as_str(),
        "businessDefinition" | "semanticType"
    )
}

/// Links to where something is defined. Those that say what it means are part of the promise; the
/// others explain.
pub(crate) fn definitions(
    path: &str,
    old: Option<&[AuthoritativeDefinition]>,
    new: Option<&[AuthoritativeDefinition]>,
    found: &mut Found,
) {
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    if old == new {
        return;
    }
    let meant = |list: &[AuthoritativeDefinition]| -> Vec<String> {
        let meant = list.iter().filter(|definition| defines(definition));
        let mut texts: Vec<_> = meant.map(|d| format!("{} {}", d.kind, d.url)).collect();
        texts.sort();
        texts.dedup();
        texts
    };
    let (a, b) = (meant(old), meant(new));
    let text = super::found::list::<String>;
    if a != b {
        let known: std::collections::HashSet<&String> = b.iter().collect();
        let all_kept = a.iter().all(|definition| known.contains(definition));
        let (kind, effect) = if all_kept {
            (Kind::DefinitionAdded, Effect::Metadata)
        } else {
            (Kind::DefinitionChanged, Effect::Undecided)
        };
        found.effect(kind, path, effect, text(&a), text(&b));
    } else {
        found.metadata(Kind::LinksChanged, path, json(&Some(old)), json(&Some(new)));
    }
}

fn role(path: &str, old: &Property, new: &Property, found: &mut Found) {
    let role = |property: &Property| property.semantic_type.unwrap_or(SemanticType::Column);
    let text = |property: &Property| json(&Some(role(property)));
    found.metadata(Kind::SemanticRoleChanged, path, text(old), text(new));
}

fn transform(path: &str, old: &Property, new: &Property, found: &mut Found) {
    let differs = old.transform_logic != new.transform_logic
        || old.transform_source_objects != new.transform_source_objects;
    if differs {
        let text = |property: &Property| {
            let logic = property.transform_logic.clone();
            let sources = property.transform_source_objects.as_deref();
            let sources = sources.and_then(super::found::list::<String>);
            match (logic, sources) {
                (Some(logic), Some(sources)) => Some(format!("{logic} (from {sources})")),
                (logic, sources) => logic.or(sources),
            }
        };
        let kind = Kind::TransformChanged;
        found.effect(kind, path, Effect::Undecided, text(old), text(new));
    }
}
