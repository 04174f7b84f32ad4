//! Where the parts of a document stand in its text.

use std::collections::HashMap;

use crate::Problems;
use crate::yaml::{Content, Node, parse};

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The column of that line, counted in characters from 1.
    pub column: usize,
}

/// Where the parts of a document stand in its text, found by the paths that problems and changes name.
///
/// ```
/// use dataproduct_contract::odcs::{Places, Position};
///
/// let text = "domain: inventory\nschema:\n  - name: stock\n    properties:\n      - name: sku\n";
/// let places = Places::of(text)?;
/// assert_eq!(places.find("domain"), Some(Position { line: 1, column: 9 }));
/// // A part that is not written is found at what it would be part of.
/// let column = Position { line: 5, column: 9 };
/// assert_eq!(places.find("schema.columns[0].type"), Some(column));
/// # Ok::<(), dataproduct_contract::Problems>(())
/// ```
#[derive(Clone, Debug)]
pub struct Places {
    root: Node,
}

impl Places {
    /// Reads where everything stands in a text; whether the text is a document does not matter.
    ///
    /// # Errors
    /// When the text is no YAML or JSON, or exceeds the budget of [`yaml`](crate::yaml).
    pub fn of(text: &str) -> Result<Self, Problems> {
        Ok(Self { root: parse(text)? })
    }

    /// The places of a text that was parsed.
    pub(crate) fn of_tree(root: Node) -> Self {
        Self { root }
    }

    /// Where the part of a path stands, or the nearest part around it that is written; `None` where not
    /// even the document has a position.
    ///
    /// The path is in the words of the contract model (`schema.columns[3].key`), in those of the document
    /// (`schema[0].properties[3].primaryKey`), or by names alone, as changes between versions have it
    /// (`columns.price.amount`, `servers.lake`).
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Position> {
        Walk::from(&self.root).find(path)
    }

    /// Where the parts of many paths stand, each as [`find`](Self::find) says it, without a look at every column for
    /// every path.
    #[must_use]
    pub fn find_all<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Vec<Option<Position>> {
        let mut walk = Walk::from(&self.root);
        walk.index = Some(Index::new());
        let find = |path: &str| {
            walk.here = &self.root;
            walk.find(path)
        };
        paths.into_iter().map(find).collect()
    }
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Name(String),
    Index(usize),
}

impl Segment {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Index(_) => None,
        }
    }
}

/// The steps of a path such as `schema.columns[3]["odd name"].key`. What is no path gives the steps up to
/// there.
fn segments(path: &str) -> Vec<Segment> {
    let mut out = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let Some((name, after)) = quoted.split_once("\"]") else {
                break;
            };
            out.push(Segment::Name(name.replace("\\\"", "\"")));
            rest = after;
        } else if let Some(bracket) = rest.strip_prefix('[') {
            let Some((inside, after)) = bracket.split_once(']') else {
                break;
            };
            out.push(match inside.parse() {
                Ok(index) => Segment::Index(index),
                Err(_) => Segment::Name(inside.to_owned()),
            });
            rest = after;
        } else {
            let bare = rest.strip_prefix('.').unwrap_or(rest);
            let end = bare.find(['.', '[']).unwrap_or(bare.len());
            if end == 0 {
                break;
            }
            out.push(Segment::Name(bare[..end].to_owned()));
            rest = &bare[end..];
        }
    }
    out
}

/// The fields in which elements of lists give themselves a name.
const NAMES: [&str; 7] = [
    "name", "property", "id", "server", "channel", "role", "username",
];

/// The elements of lists by the names that they give themselves; a list is known by its address.
type Index<'a> = HashMap<*const Node, HashMap<&'a str, &'a Node>>;

/// The way down into a document: it goes on as long as there is something to go to.
struct Walk<'a> {
    here: &'a Node,
    /// Where many paths are walked: what was found out about lists on the way.
    index: Option<Index<'a>>,
}

/// The element that gives itself a name: by one field after the other, of those that have the same name the first.
fn named<'a>(elements: &'a [Node], name: &str) -> Option<&'a Node> {
    // Nearly all elements say their name in the first field.
    NAMES.iter().find_map(|field| {
        let is = |element: &&Node| element.get(field).and_then(Node::as_str) == Some(name);
        elements.iter().find(is)
    })
}

/// What [`named`] finds, for all names.
fn by_name(elements: &[Node]) -> HashMap<&str, &Node> {
    let mut all = HashMap::with_capacity(elements.len());
    for field in NAMES {
        for element in elements {
            if let Some(name) = element.get(field).and_then(Node::as_str) {
                all.entry(name).or_insert(element);
            }
        }
    }
    all
}

impl<'a> Walk<'a> {
    fn from(root: &'a Node) -> Self {
        Self {
            here: root,
            index: None,
        }
    }

    /// Where the part of a path stands, walked from here.
    fn find(&mut self, path: &str) -> Option<Position> {
        contract(self, &segments(path));
        (self.here.line > 0).then_some(Position {
            line: self.here.line,
            column: self.here.column,
        })
    }

    /// Goes to the first of these names that is there; otherwise stays and says so.
    fn to(&mut self, names: &[&str]) -> bool {
        let found = names.iter().find_map(|name| self.here.get(name));
        self.go(found)
    }

    /// Goes to an element of a list by number, or by the name that the element gives itself.
    fn element(&mut self, segment: &Segment) -> bool {
        let Content::List(elements) = &self.here.content else {
            return false;
        };
        let found = match segment {
            Segment::Index(index) => elements.get(*index),
            Segment::Name(name) => match &mut self.index {
                Some(index) => {
                    let all = index.entry(std::ptr::from_ref(self.here));
                    let all = all.or_insert_with(|| by_name(elements));
                    all.get(name.as_str()).copied()
                }
                None => named(elements, name),
            },
        };
        self.go(found)
    }

    /// Goes to the value of the custom property of that name.
    fn custom(&mut self, name: &str) -> bool {
        let found = self.here.get("customProperties").and_then(|list| {
            let Content::List(elements) = &list.content else {
                return None;
            };
            let own = |node: &&Node| node.get("property").and_then(Node::as_str) == Some(name);
            let property = elements.iter().find(own)?;
            Some(property.get("value").unwrap_or(property))
        });
        self.go(found)
    }

    /// Goes down by the words of the document itself.
    fn verbatim(&mut self, segments: &[Segment]) {
        for segment in segments {
            let moved = match segment {
                Segment::Name(name) => self.to(&[name]) || self.element(segment),
                Segment::Index(_) => self.element(segment),
            };
            if !moved {
                return;
            }
        }
    }

    fn go(&mut self, found: Option<&'a Node>) -> bool {
        if let Some(node) = found {
            self.here = node;
        }
        found.is_some()
    }
}

/// Walks a path from the document itself.
fn contract(walk: &mut Walk<'_>, segments: &[Segment]) {
    let Some((Segment::Name(first), rest)) = segments.split_first() else {
        return;
    };
    let second = rest.first().and_then(Segment::name);
    match (first.as_str(), second) {
        ("schema", Some("columns")) => {
            if table(walk) && walk.to(&["properties"]) {
                columns(walk, &rest[1..]);
            }
        }
        ("schema", Some("relationships")) => {
            if table(walk) {
                walk.verbatim(rest);
            }
        }
        ("columns", _) => {
            if table(walk) && walk.to(&["properties"]) {
                by_names(walk, rest);
            }
        }
        ("rules", _) => {
            if table(walk) {
                rules(walk, rest);
            }
        }
        ("description", None) => {
            let _found = table(walk) && walk.to(&["description"]);
        }
        ("purpose" | "usage" | "limitations", None) => {
            let _found = walk.to(&["description"]) && walk.to(&[first]);
        }
        ("lifecycle", Some(name)) => {
            let _found = walk.custom(name) || walk.to(&["status"]);
        }
        ("ownership", Some(name)) => ownership(walk, name, &rest[1..]),
        ("sla", _) => service_level(walk, rest),
        ("custom", _) => {
            if walk.to(&["customProperties"]) {
                walk.verbatim(rest);
            }
        }
        ("name", None) => {
            let _found = walk.to(&["name", "dataProduct"]);
        }
        _ => walk.verbatim(segments),
    }
}

/// Goes to the one table of a contract.
fn table(walk: &mut Walk<'_>) -> bool {
    walk.to(&["schema"]) && walk.element(&Segment::Index(0))
}

fn ownership(walk: &mut Walk<'_>, name: &str, rest: &[Segment]) {
    match name {
        "team" => {
            let _found = walk.to(&["team"]) && walk.to(&["name"]);
        }
        // The older form of `team` is the list of its members.
        "members" => {
            if walk.to(&["team"]) {
                let _found = walk.to(&["members"]);
                walk.verbatim(rest);
            }
        }
        name => {
            if walk.custom(name) {
                walk.verbatim(rest);
            } else {
                let _found = walk.to(&["team"]);
            }
        }
    }
}

/// Names that documents use for the promises of the model.
const PROMISES: [(&str, &[&str]); 5] = [
    ("freshness", &["latency", "freshness", "ly"]),
    ("frequency", &["frequency", "fy"]),
    ("retention", &["retention", "re"]),
    ("availability", &["availability", "av"]),
    ("deadlines", &["timeofavailability", "ta"]),
];

fn service_level(walk: &mut Walk<'_>, rest: &[Segment]) {
    if !walk.to(&["slaProperties"]) {
        return;
    }
    let Some((first, rest)) = rest.split_first() else {
        return;
    };
    let Segment::Name(name) = first else {
        walk.verbatim(std::slice::from_ref(first));
        return walk.verbatim(rest);
    };
    let promise = PROMISES.iter().find(|(ours, _)| name.starts_with(ours));
    let names: &[&str] = promise.map_or(&[], |(_, names)| names);
    let Content::List(elements) = &walk.here.content else {
        return;
    };
    let named = |node: &&Node| {
        let property = node.get("property").and_then(Node::as_str);
        property.is_some_and(|text| names.contains(&text.to_lowercase().as_str()))
    };
    // Several deadlines are several properties of one name.
    let nth = match rest.first() {
        Some(Segment::Index(index)) => *index,
        _ => 0,
    };
    if walk.go(elements.iter().filter(named).nth(nth)) {
        let _found = walk.to(&["value"]);
    }
}

fn rules(walk: &mut Walk<'_>, rest: &[Segment]) {
    if !walk.to(&["quality"]) {
        return;
    }
    let Some((which, rest)) = rest.split_first() else {
        return;
    };
    if !walk.element(which) {
        return;
    }
    match rest.first().and_then(Segment::name) {
        Some("threshold") => {
            let Content::Map(entries) = &walk.here.content else {
                return;
            };
            let operator = entries.iter().find(|(name, _)| name.starts_with("must"));
            walk.go(operator.map(|(_, node)| node));
        }
        Some("columns") => {
            let _found = walk.to(&["arguments"]) && walk.to(&["properties"]);
        }
        Some("pattern") => {
            let _found = walk.to(&["arguments"]) && walk.to(&["pattern"]);
        }
        _ => walk.verbatim(rest),
    }
}

fn columns(walk: &mut Walk<'_>, segments: &[Segment]) {
    let mut rest = segments;
    // In front of a list of columns first, then in front of one column, in turn.
    while let Some((which, after)) = rest.split_first() {
        if !walk.element(which) {
            return;
        }
        rest = after;
        // Elements, keys and values are single columns, of which there may be several in a row.
        while let Some(part) = rest.first().and_then(Segment::name) {
            let inside = match part {
                "element" => walk.to(&["items"]),
                "key" => walk.to(&["map"]) && walk.to(&["key"]),
                "value" => walk.to(&["map"]) && walk.to(&["value"]),
                _ => false,
            };
            if !inside {
                break;
            }
            rest = &rest[1..];
        }
        match rest.first().and_then(Segment::name) {
            Some("fields") if walk.to(&["properties"]) => rest = &rest[1..],
            Some(_) => return property(walk, rest),
            None => return,
        }
    }
}

/// Goes down the columns of these names. A name may hold a point, so that several steps may be one name.
fn by_names(walk: &mut Walk<'_>, segments: &[Segment]) {
    let mut rest = segments;
    while !rest.is_empty() {
        let names: Vec<&str> = rest.iter().map_while(Segment::name).collect();
        let taken = (1..=names.len())
            .rev()
            .find(|count| walk.element(&Segment::Name(names[..*count].join("."))));
        let Some(taken) = taken else {
            return property(walk, rest);
        };
        rest = &rest[taken..];
        while let Some(part) = rest.first().and_then(Segment::name) {
            let inside = match part {
                "element" => walk.to(&["items"]),
                "key" => walk.to(&["map"]) && walk.to(&["key"]),
                "value" => walk.to(&["map"]) && walk.to(&["value"]),
                _ => false,
            };
            if !inside {
                break;
            }
            rest = &rest[1..];
        }
        if rest.is_empty() || !walk.to(&["properties"]) {
            return property(walk, rest);
        }
    }
}

/// Goes to what a column says about itself.
fn property(walk: &mut Walk<'_>, segments: &[Segment]) {
    let Some((Segment::Name(name), rest)) = segments.split_first() else {
        return;
    };
    let name = camel_case(name);
    let found = match name.as_str() {
        "limits" => return property(walk, rest),
        "rules" => return rules(walk, rest),
        "type" => walk.to(&["logicalType", "physicalType"]),
        "nullable" => walk.to(&["required"]),
        "key" => walk.to(&["primaryKeyPosition", "primaryKey"]),
        "partition" => walk.to(&["partitionKeyPosition", "partitioned"]),
        "sort" => walk.custom("sortPosition"),
        "pii" => walk.custom("piiCategory"),
        "eventTime" | "unit" | "openEnum" | "deprecationNote" => walk.custom(&name),
        "allowed" => walk.to(&["enum"]),
        "references" => walk.to(&["relationships"]),
        "semanticType" => walk.to(&["authoritativeDefinitions"]),
        "custom" => walk.to(&["customProperties"]),
        name => {
            let options = walk.here.get("logicalTypeOptions");
            match options.and_then(|options| options.get(name)) {
                Some(option) => walk.go(Some(option)),
                None => walk.to(&[name]),
            }
        }
    };
    if found {
        walk.verbatim(rest);
    }
}

/// `max_length` as documents write it.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}
