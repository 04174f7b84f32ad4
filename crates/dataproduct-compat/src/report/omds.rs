//! The draft form of the Open Metadata Difference Standard.

use dataproduct_contract::{Column, Contract, DataType, yaml};
use serde_json::{Value, json};

use crate::{Bump, Comparison, Finding};

impl Comparison {
    /// The comparison as a `MetadataDifference` document in YAML. A draft: the standard is not approved,
    /// and its form may change. Impact levels are our verdicts, not the table of the draft.
    ///
    /// # Source
    /// Bitol RFC-0039, Open Metadata Difference Standard; paths in the draft's hybrid notation.
    #[must_use]
    pub fn to_omds(&self) -> String {
        let (old, new) = (self.old(), self.new_contract());
        let count = |levels: &[Bump]| {
            let findings = self.findings().iter();
            findings.filter(|f| levels.contains(&f.bump)).count()
        };
        let source = |contract: &Contract| json!({ "id": contract.id(), "version": contract.version().to_string() });
        let diffs = self.findings().iter();
        let document = json!({
            "apiVersion": "v1.0.0",
            "kind": "MetadataDifference",
            "sourceKind": "DataContract",
            "source1": source(old),
            "source2": source(new),
            "scope": "all",
            "impact": {
                "major": count(&[Bump::Major, Bump::Invalid]),
                "minor": count(&[Bump::Minor]),
                "patch": count(&[Bump::Patch, Bump::None]),
            },
            "suggestedVersion": self.honest_version().to_string(),
            "diffs": diffs.map(|finding| diff(self, finding)).collect::<Vec<_>>(),
            "customProperties": [{
                "property": "generatedBy",
                "value": format!("dataproduct-compat/{}", env!("CARGO_PKG_VERSION")),
            }],
        });
        // JSON is YAML, so text that only JSON can write is still a document of the standard.
        yaml::to_string(&document).unwrap_or_else(|_| format!("{document:#}\n"))
    }
}

fn diff(comparison: &Comparison, finding: &Finding) -> Value {
    let change = &finding.change;
    let (kind, contract) = match (&change.before, &change.after) {
        (None, Some(_)) => ("ADD", comparison.new_contract()),
        (Some(_), None) => ("REMOVE", comparison.old()),
        _ => ("CHANGE", comparison.new_contract()),
    };
    let (section, field, path) = place(&change.path, contract);
    let mut diff = json!({
        "type": kind,
        "section": section,
        "field": field,
        "path": path,
        "message": finding.rule.title,
        "impactLevel": match finding.bump {
            Bump::Invalid | Bump::Major => "MAJOR",
            Bump::Minor => "MINOR",
            Bump::Patch | Bump::None => "PATCH",
        },
    });
    for (name, value) in [("value1", &change.before), ("value2", &change.after)] {
        if let Some(value) = value {
            diff[name] = Value::from(value.as_str());
        }
    }
    diff
}

/// Section, leaf field and path of a place, in the words of ODCS.
fn place(path: &str, contract: &Contract) -> (String, String, String) {
    let schema = format!("/schema[name={}]", contract.name().product());
    let mut segments = path.split('.');
    let first = segments.next().unwrap_or_default();
    let rest: Vec<&str> = segments.collect();
    let last = rest.last().copied().unwrap_or(first).to_owned();
    let named = |section: &str, key: &str| {
        let name = rest.join(".");
        (
            section.to_owned(),
            last.clone(),
            format!("/{section}[{key}={name}]"),
        )
    };
    let plain = |section: &str, path: String| (section.to_owned(), last.clone(), path);
    match first {
        "columns" => {
            let path = properties(&schema, &rest, contract.columns());
            ("schema".to_owned(), "properties".to_owned(), path)
        }
        "key" => plain("schema", format!("{schema}/properties/primaryKey")),
        "partitioning" => plain("schema", format!("{schema}/properties/partitioned")),
        "sort" | "eventTime" => plain("schema", format!("{schema}/properties/customProperties")),
        "relationships" => plain("schema", format!("{schema}/relationships")),
        "rules" => {
            let path = format!("{schema}/quality[name={}]", rest.join("."));
            ("schema".to_owned(), "quality".to_owned(), path)
        }
        "schema" => plain("schema", format!("{schema}/{}", rest.join("/"))),
        "sla" => named("slaProperties", "property"),
        "servers" => named("servers", "server"),
        "roles" => named("roles", "role"),
        "custom" => named("customProperties", "property"),
        "owner" => plain("team", "/team/name".to_owned()),
        "steward" | "consumers" | "sunset" | "successor" => plain(
            "customProperties",
            format!("/customProperties[property={first}]"),
        ),
        _ => {
            let inner: String = rest.iter().map(|segment| format!("/{segment}")).collect();
            plain(first, format!("/{first}{inner}"))
        }
    }
}

/// The path of a column, and of what is said about it beyond.
fn properties(schema: &str, segments: &[&str], columns: &[Column]) -> String {
    let mut path = schema.to_owned();
    let mut inner: Option<&Column> = None;
    for (i, segment) in segments.iter().enumerate() {
        let fields = match inner.map(|column| &column.data_type) {
            None if i == 0 => columns,
            Some(DataType::Struct(fields)) => fields,
            Some(DataType::List(element)) if *segment == "element" => {
                path.push_str("/items");
                inner = Some(element);
                continue;
            }
            Some(DataType::Map { key, .. }) if *segment == "key" => {
                path.push_str("/map/key");
                inner = Some(key);
                continue;
            }
            Some(DataType::Map { value, .. }) if *segment == "value" => {
                path.push_str("/map/value");
                inner = Some(value);
                continue;
            }
            _ => &[],
        };
        match fields.iter().find(|column| column.name == **segment) {
            Some(column) => {
                path.push_str(&format!("/properties[name={segment}]"));
                inner = Some(column);
            }
            None => {
                path.push_str(&format!("/{segment}"));
                inner = None;
            }
        }
    }
    path
}
