//! Where the data is served and in which form.

use std::collections::HashSet;

use dataproduct_contract::odcs::{Document, Server, ServerKind};
use dataproduct_contract::{Map, Value};

use super::found::{Found, json};
use super::{paired, people};
use crate::Kind;
use crate::change::Effect;

/// Details of a server that say how the bytes are to be read. All others say where they are.
const FORMAT_DETAILS: &[&str] = &["format", "delimiter", "encoding", "compression"];

fn all(document: &Document) -> &[Server] {
    document.servers.as_deref().unwrap_or_default()
}

fn format(server: &Server) -> Option<String> {
    let format = server.details.get("format").and_then(Value::as_str)?;
    Some(format.to_ascii_lowercase())
}

/// Whether a server tells columns apart by their place.
pub(crate) fn is_positional(document: &Document) -> bool {
    let positional = |server: &Server| {
        matches!(
            format(server).as_deref(),
            Some("csv" | "tsv" | "txt" | "text")
        )
    };
    all(document).iter().any(positional)
}

/// Whether a server is a path to files that readers list themselves, so that folders are part of what is
/// promised. Tables know their files.
pub(crate) fn is_path(document: &Document) -> bool {
    all(document).iter().any(|server| {
        let stores_files = matches!(
            server.kind,
            ServerKind::S3 | ServerKind::Azure | ServerKind::Local | ServerKind::Sftp
        );
        let is_table = matches!(
            format(server).as_deref(),
            Some("delta" | "iceberg" | "hudi")
        );
        stores_files && !is_table
    })
}

pub(crate) fn servers(old: &Document, new: &Document, found: &mut Found) {
    if old.servers == new.servers {
        return;
    }
    let label = |server: &Server| server.id.clone().unwrap_or_else(|| server.server.clone());
    for pair in paired(all(old), all(new), label) {
        match pair {
            (Some(gone), None) => {
                let path = format!("servers.{}", gone.server);
                let text = json(&Some(gone));
                found.effect(Kind::ServerRemoved, &path, Effect::Loosens, text, None);
            }
            (None, Some(added)) => {
                let path = format!("servers.{}", added.server);
                let text = json(&Some(added));
                found.effect(Kind::ServerAdded, &path, Effect::Metadata, None, text);
            }
            (Some(before), Some(after)) if before != after => server(before, after, found),
            _ => {}
        }
    }
}

fn server(old: &Server, new: &Server, found: &mut Found) {
    let path = format!("servers.{}", new.server);
    let part = |details: &Map, of_format: bool| -> Vec<(String, String)> {
        let mut part: Vec<_> = details
            .iter()
            .filter(|(name, _)| FORMAT_DETAILS.contains(name) == of_format)
            .map(|(name, value)| (name.to_owned(), value.to_string()))
            .collect();
        part.sort();
        part
    };
    let mut compare = |kind, a: Vec<(String, String)>, b: Vec<(String, String)>| {
        if a != b {
            let text = |from: &[(String, String)], other: &[(String, String)]| {
                let known: HashSet<&(String, String)> = other.iter().collect();
                let differing: Vec<String> = from
                    .iter()
                    .filter(|pair| !known.contains(pair))
                    .map(|(name, value)| format!("{name} {value}"))
                    .collect();
                super::found::list(&differing)
            };
            let (before, after) = (text(&a, &b), text(&b, &a));
            found.effect(kind, &path, Effect::Both, before, after);
        }
    };
    compare(
        Kind::ServerFormatChanged,
        part(&old.details, true),
        part(&new.details, true),
    );
    let address = |server: &Server| {
        let mut address = part(&server.details, false);
        address.push(("name".to_owned(), server.server.clone()));
        address.push((
            "type".to_owned(),
            json(&Some(server.kind)).unwrap_or_default(),
        ));
        if let Some(environment) = &server.environment {
            address.push(("environment".to_owned(), environment.clone()));
        }
        address
    };
    compare(Kind::ServerAddressChanged, address(old), address(new));
    let describe = |server: &Server| server.description.clone();
    found.metadata(
        Kind::DescriptionChanged,
        &path,
        describe(old),
        describe(new),
    );
    people::roles(
        &format!("{path}.roles"),
        old.roles.as_deref(),
        new.roles.as_deref(),
        found,
    );
    super::words::custom(
        &path,
        old.custom_properties.as_deref(),
        new.custom_properties.as_deref(),
        &[],
        found,
    );
    if old.id != new.id {
        let path = format!("{path}.id");
        found.metadata(Kind::OtherChanged, &path, old.id.clone(), new.id.clone());
    }
}
