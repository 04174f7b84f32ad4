//! What the product is and where it stands in its life.

use chrono::NaiveDate;
use dataproduct_contract::{Contract, ProductRef, Status};

use super::found::Found;
use super::schema;
use crate::Kind;
use crate::change::Effect;

pub(crate) fn life(old: &Contract, new: &Contract, found: &mut Found) {
    let both = |kind, path: &str, a: &str, b: &str, found: &mut Found| {
        if a != b {
            found.effect(
                kind,
                path,
                Effect::Both,
                Some(a.to_owned()),
                Some(b.to_owned()),
            );
        }
    };
    both(Kind::IdChanged, "id", old.id(), new.id(), found);
    let (a, b) = (old.name(), new.name());
    both(
        Kind::DomainChanged,
        "domain",
        a.domain().as_str(),
        b.domain().as_str(),
        found,
    );
    both(
        Kind::NameChanged,
        "name",
        a.product().as_str(),
        b.product().as_str(),
        found,
    );
    status(old.status(), new.status(), found);
    let deprecated = |c: &Contract| schema(c.document()).and_then(|s| s.deprecated) == Some(true);
    if deprecated(old) != deprecated(new) {
        let kind = if deprecated(new) {
            Kind::StatusDeprecated
        } else {
            Kind::StatusAdvanced
        };
        let text = |c: &Contract| deprecated(c).then(|| "deprecated".to_owned());
        found.metadata(kind, "schema.deprecated", text(old), text(new));
    }
    sunset(old.sunset(), new.sunset(), found);
    let text = |successor: Option<&ProductRef>| successor.map(ToString::to_string);
    let (before, after) = (text(old.successor()), text(new.successor()));
    found.metadata(Kind::SuccessorChanged, "successor", before, after);
}

fn status(old: Status, new: Status, found: &mut Found) {
    if old == new {
        return;
    }
    let in_force = |status| matches!(status, Status::Active | Status::Deprecated);
    let (kind, effect) = match new {
        Status::Retired => (Kind::StatusRetired, Effect::Both),
        Status::Deprecated => (Kind::StatusDeprecated, Effect::Metadata),
        Status::Active => (Kind::StatusAdvanced, Effect::Metadata),
        _ if in_force(old) || old == Status::Retired => (Kind::StatusWithdrawn, Effect::Both),
        _ => (Kind::StatusAdvanced, Effect::Metadata),
    };
    let text = |status: Status| Some(status.as_str().to_owned());
    found.effect(kind, "status", effect, text(old), text(new));
}

fn sunset(old: Option<NaiveDate>, new: Option<NaiveDate>, found: &mut Found) {
    let kind = match (old, new) {
        (None, Some(_)) => Kind::SunsetSet,
        (Some(a), Some(b)) if b < a => Kind::SunsetEarlier,
        _ => Kind::SunsetLater,
    };
    let effect = match kind {
        Kind::SunsetEarlier => Effect::Loosens,
        _ => Effect::Metadata,
    };
    let text = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    if old != new {
        found.effect(kind, "sunset", effect, text(old), text(new));
    }
}
