//! Documents of older versions of the standard, brought to the form of the newest.

use crate::yaml::{Content, Node};

use super::standard::OPERATORS;

/// Metrics that succeeded the rules of version 3.0.
///
/// # Source
/// ODCS v3.1.0 deprecates `rule` in favour of `metric`. The pairs follow the names that v3.0.2 gives
/// as examples, and the full example of the standard, in which `nullCheck` became `nullValues`.
const SUCCESSORS: [(&str, &str); 3] = [
    ("nullCheck", "nullValues"),
    ("duplicateCount", "duplicateValues"),
    ("rowCount", "rowCount"),
];

/// Gives quality rules of version 3.0 that name a `rule` the metric that succeeded it. Rules without
/// a successor stay as they are, and are refused by the check that follows. A `nullCheck` without a
/// comparison meant that nothing is null.
pub(super) fn from_3_0(root: &mut Node) {
    let version = root
        .get("apiVersion")
        .and_then(Node::as_str)
        .unwrap_or_default();
    if version.starts_with("v3.0.") {
        elements_of(root, "schema").for_each(element);
    }
}

/// Upgrades a schema object or a property, and the properties within it.
fn element(node: &mut Node) {
    elements_of(node, "quality").for_each(rule);
    elements_of(node, "properties").for_each(element);
    if let Some(items) = node.get_mut("items") {
        element(items);
    }
}

fn rule(node: &mut Node) {
    let library = node
        .get("type")
        .is_none_or(|kind| kind.as_str() == Some("library"));
    let old = node.get("rule").and_then(Node::as_str);
    let Some((_, metric)) = SUCCESSORS.iter().find(|(name, _)| old == Some(name)) else {
        return;
    };
    if !library || node.get("metric").is_some() {
        return;
    }
    let compares = OPERATORS.iter().any(|field| node.get(field.name).is_some());
    let none_is_null = old == Some("nullCheck") && !compares;
    let (line, column) = (node.line, node.column);
    let added = |name: &str, content| {
        (
            name.into(),
            Node {
                content,
                line,
                column,
            },
        )
    };
    if let Content::Map(entries) = &mut node.content {
        entries.push(added("metric", Content::String((*metric).to_owned())));
        if none_is_null {
            entries.push(added("mustBe", Content::Integer(0)));
        }
    }
}

/// The elements of a list under a name; none if there is no such list.
fn elements_of<'a>(node: &'a mut Node, name: &str) -> impl Iterator<Item = &'a mut Node> {
    let list = match node.get_mut(name).map(|list| &mut list.content) {
        Some(Content::List(elements)) => elements.as_mut_slice(),
        _ => &mut [],
    };
    list.iter_mut()
}
