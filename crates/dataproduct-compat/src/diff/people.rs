//! Who stands behind the product, who reads it and who has access.

use dataproduct_contract::odcs::{Document, Role, TeamEntry, TeamMember};
use dataproduct_contract::{Consumer, Contract};

use super::found::{Found, json, list};
use super::{paired, words};
use crate::Kind;
use crate::change::Effect;

pub(crate) fn people(old: &Contract, new: &Contract, found: &mut Found) {
    let (a, b) = (old.ownership(), new.ownership());
    let some = |text: &str| Some(text.to_owned());
    found.metadata(Kind::OwnerChanged, "owner", some(&a.team), some(&b.team));
    found.metadata(
        Kind::StewardChanged,
        "steward",
        a.steward.clone(),
        b.steward.clone(),
    );
    if a.consumers != b.consumers {
        let text = |consumers: &[Consumer]| {
            let texts: Vec<String> = consumers
                .iter()
                .map(|c| format!("{} {} ({})", c.name, c.versions, c.purpose))
                .collect();
            list(&texts)
        };
        let (before, after) = (text(&a.consumers), text(&b.consumers));
        found.effect(
            Kind::ConsumersChanged,
            "consumers",
            Effect::Metadata,
            before,
            after,
        );
    }
    let (a, b) = (old.document(), new.document());
    team(a, b, found);
    if a.support != b.support {
        let text = |document: &Document| json(&document.support);
        found.metadata(Kind::SupportChanged, "support", text(a), text(b));
    }
    roles("roles", a.roles.as_deref(), b.roles.as_deref(), found);
}

/// The members of the team and what is said about the team besides its name.
fn team(old: &Document, new: &Document, found: &mut Found) {
    if old.team == new.team {
        return;
    }
    let members = |document: &Document| -> Vec<TeamMember> {
        match &document.team {
            Some(TeamEntry::Team(team)) => team.members.clone().unwrap_or_default(),
            Some(TeamEntry::Members(members)) => members.clone(),
            _ => Vec::new(),
        }
    };
    let (a, b) = (members(old), members(new));
    if a != b {
        let text = |members: &[TeamMember], others: &[TeamMember]| {
            let known: std::collections::HashSet<&str> =
                others.iter().map(|m| m.username.as_str()).collect();
            let differing: Vec<String> = members
                .iter()
                .filter(|m| !known.contains(m.username.as_str()))
                .map(|m| m.username.clone())
                .collect();
            list(&differing)
        };
        let (before, after) = (text(&a, &b), text(&b, &a));
        found.effect(
            Kind::MembersChanged,
            "team.members",
            Effect::Metadata,
            before,
            after,
        );
    }
    // The form of a team, named or a bare list, says nothing by itself.
    let rest = |document: &Document| match &document.team {
        Some(TeamEntry::Team(team)) => {
            let mut team = team.clone();
            team.name = None;
            team.members = None;
            Some(team)
        }
        _ => None,
    };
    let (a, b) = (rest(old).unwrap_or_default(), rest(new).unwrap_or_default());
    if a != b {
        let (before, after) = (json(&Some(a)), json(&Some(b)));
        found.metadata(Kind::OtherChanged, "team", before, after);
    }
}

/// Roles that have access, of the product or of one server.
pub(crate) fn roles(path: &str, old: Option<&[Role]>, new: Option<&[Role]>, found: &mut Found) {
    if old == new {
        return;
    }
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    for pair in paired(old, new, |role| role.role.as_str()) {
        let text = |role: &Role| match &role.access {
            Some(access) => Some(format!("{} ({access})", role.role)),
            None => Some(role.role.clone()),
        };
        match pair {
            (Some(gone), None) => {
                let path = format!("{path}.{}", gone.role);
                found.effect(Kind::RoleRemoved, &path, Effect::Metadata, text(gone), None);
            }
            (None, Some(added)) => {
                let path = format!("{path}.{}", added.role);
                found.effect(Kind::RoleAdded, &path, Effect::Metadata, None, text(added));
            }
            (Some(before), Some(after)) if before != after => {
                let path = format!("{path}.{}", after.role);
                if before.access != after.access {
                    let (a, b) = (text(before), text(after));
                    found.effect(Kind::RoleChanged, &path, Effect::Undecided, a, b);
                }
                let describe = |role: &Role| role.description.clone();
                let (a, b) = (describe(before), describe(after));
                found.metadata(Kind::DescriptionChanged, &path, a, b);
                words::custom(
                    &path,
                    before.custom_properties.as_deref(),
                    after.custom_properties.as_deref(),
                    &[],
                    found,
                );
                let rest = |role: &Role| {
                    let mut role = role.clone();
                    role.access = None;
                    role.description = None;
                    role.custom_properties = None;
                    json(&Some(role))
                };
                found.metadata(Kind::OtherChanged, &path, rest(before), rest(after));
            }
            _ => {}
        }
    }
}
