//! Checks the shape of a document against tables that say what a standard allows.
//!
//! A standard is described by [`Record`]s of [`Field`]s of [`Kind`]s. The check walks a tree once and
//! notes everything that is wrong, so that what passes is read into the typed model without fail.

use serde::Serialize;

use crate::problem::{Problem, Problems};
use crate::value::Value;
use crate::yaml::{Content, Key, MAX_DEPTH, MAX_PROBLEMS, Node, Path, first_fault};

mod format;
pub(crate) mod nearest;

pub(crate) use format::{is_date, is_date_time, is_reference, is_stable_id};

/// A map with known fields.
pub(crate) struct Record {
    /// What the map is, in words: `quality rule`.
    pub(crate) name: &'static str,
    /// Fields it may have in any case.
    pub(crate) fields: &'static [Field],
    /// Fields that depend on the values of others.
    pub(crate) variant: fn(&Node) -> Variant,
    /// What holds between fields; notes what does not.
    pub(crate) rule: fn(&Node, &Path<'_>, &mut Report),
}

/// Further fields of a [`Record`].
pub(crate) enum Variant {
    /// None.
    Plain,
    /// These, and a word for what the map is because of them: `of type s3`.
    Of(String, Vec<&'static [Field]>),
    /// Any, either because the standard says so or because what decides is itself wrong.
    Open,
}

/// A field of a [`Record`].
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) kind: Kind,
}

/// A field that may be absent.
pub(crate) const fn opt(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        required: false,
        kind,
    }
}

/// A field that has to be there.
pub(crate) const fn req(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        required: true,
        kind,
    }
}

/// A record whose fields do not depend on each other.
pub(crate) const fn record(name: &'static str, fields: &'static [Field]) -> Record {
    Record {
        name,
        fields,
        variant: |_| Variant::Plain,
        rule: |_, _, _| {},
    }
}

/// What a value may be.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Anything.
    Any,
    /// Anything but a list or a map.
    Scalar,
    Text,
    /// Text of a form, and what the form is called.
    Form(fn(&str) -> bool, &'static str),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    Bool,
    /// A whole number, at least this.
    Integer(i64),
    Number,
    /// A number greater than zero.
    Positive,
    /// Two different numbers.
    Pair,
    /// A map with any fields.
    Map,
    List(&'static Kind),
    /// A list with at least one element.
    NonEmpty(&'static Kind),
    /// A list with at least one element and no two equal.
    Set(&'static Kind),
    Record(&'static Record),
    /// The first of these that takes this kind of value: text, list, map and so on.
    Choice(&'static [Kind]),
}

impl Kind {
    /// What is expected, in words.
    fn expected(self) -> String {
        match self {
            Self::Any => "any value".into(),
            Self::Scalar => "text, a number, a boolean or null".into(),
            Self::Text => "text".into(),
            Self::Form(_, name) => name.into(),
            Self::OneOf(members) => format!("one of {}", nearest::quoted(members)),
            Self::Bool => "`true` or `false`".into(),
            Self::Integer(i64::MIN) => "a whole number".into(),
            Self::Integer(least) => format!("a whole number of at least {least}"),
            Self::Number => "a number".into(),
            Self::Positive => "a number greater than 0".into(),
            Self::Pair => "a list of two different numbers".into(),
            Self::Map => "a map".into(),
            Self::List(_) => "a list".into(),
            Self::NonEmpty(_) => "a list with at least one element".into(),
            Self::Set(_) => "a list of different elements".into(),
            Self::Record(record) => format!("a map: the {}", record.name),
            Self::Choice(kinds) => {
                let words: Vec<String> = kinds.iter().map(|kind| kind.expected()).collect();
                words.join(", or ")
            }
        }
    }

    /// Whether a value is of the right type, whatever it holds.
    fn takes(self, content: &Content) -> bool {
        match self {
            Self::Any => true,
            Self::Scalar => !matches!(content, Content::List(_) | Content::Map(_)),
            Self::Text | Self::Form(..) | Self::OneOf(_) => matches!(content, Content::String(_)),
            Self::Bool => matches!(content, Content::Bool(_)),
            Self::Integer(_) => matches!(content, Content::Integer(_)),
            Self::Number | Self::Positive => {
                matches!(content, Content::Integer(_) | Content::Float(_))
            }
            Self::Map | Self::Record(_) => matches!(content, Content::Map(_)),
            Self::Pair | Self::List(_) | Self::NonEmpty(_) | Self::Set(_) => {
                matches!(content, Content::List(_))
            }
            Self::Choice(kinds) => kinds.iter().any(|kind| kind.takes(content)),
        }
    }
}

/// What a check found.
#[derive(Default)]
pub(crate) struct Report {
    problems: Problems,
}

impl Report {
    /// Checks a tree; the problems stand in its order.
    pub(crate) fn of(root: &Node, standard: &'static Record) -> Problems {
        let mut report = Self::default();
        report.check(root, Kind::Record(standard), &Path::Root);
        report.problems
    }

    /// Notes characters that may not stand in a document.
    fn characters(&mut self, node: &Node, path: &Path<'_>) {
        match &node.content {
            Content::String(text) => self.character(text, node, path),
            Content::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.characters(element, &path.index(index));
                }
            }
            Content::Map(entries) => {
                for (name, value) in entries {
                    let here = path.field(name);
                    self.character(name, value, &here);
                    self.characters(value, &here);
                }
            }
            _ => {}
        }
    }

    fn character(&mut self, text: &str, node: &Node, path: &Path<'_>) {
        if let Some((found, why, ..)) = first_fault(text) {
            let message = format!("U+{:04X} is {why}", u32::from(found));
            self.note(
                node,
                path,
                "forbidden-character",
                message,
                "remove the character",
            );
        }
    }

    /// Whether further problems are not heard.
    fn is_full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    /// Notes a problem at a node.
    pub(crate) fn note(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        if self.is_full() {
            return;
        }
        let problem = Problem::new(path.to_string(), code, message, fix);
        self.problems.push(if node.line > 0 {
            problem.at(node.line, node.column)
        } else {
            problem
        });
    }

    /// Checks one value.
    pub(crate) fn check(&mut self, node: &Node, kind: Kind, path: &Path<'_>) {
        if !kind.takes(&node.content) {
            let message = format!("expected {}, found {}", kind.expected(), node.kind());
            self.note(node, path, "wrong-type", message, type_fix(kind, node));
            return;
        }
        match (kind, &node.content) {
            (Kind::Form(accepts, name), Content::String(text)) if !accepts(text) => {
                let message = format!("`{}` is not {name}", shortened(text));
                self.note(node, path, "bad-format", message, format!("write {name}"));
            }
            (Kind::OneOf(members), Content::String(text)) if !members.contains(&text.as_str()) => {
                let message = format!("`{}` is not among the allowed values", shortened(text));
                self.note(
                    node,
                    path,
                    "unknown-value",
                    message,
                    nearest::advice(text, members),
                );
            }
            (Kind::Integer(least), Content::Integer(value)) if *value < least => {
                let message = format!("{value} is less than {least}");
                self.note(
                    node,
                    path,
                    "out-of-range",
                    message,
                    format!("write {least} or more"),
                );
            }
            (Kind::Positive, Content::Integer(i64::MIN..=0)) => self.not_positive(node, path),
            (Kind::Positive, Content::Float(value)) if value.get() <= 0.0 => {
                self.not_positive(node, path);
            }
            (Kind::Pair, Content::List(elements)) => self.pair(elements, node, path),
            (Kind::List(inner), Content::List(elements)) => self.elements(elements, *inner, path),
            (Kind::NonEmpty(inner), Content::List(elements)) => {
                self.not_empty(elements, node, path);
                self.elements(elements, *inner, path);
            }
            (Kind::Set(inner), Content::List(elements)) => {
                self.not_empty(elements, node, path);
                self.elements(elements, *inner, path);
                self.different(elements, path);
            }
            (Kind::Record(record), Content::Map(entries)) => {
                self.record(record, entries, node, path);
            }
            (Kind::Choice(kinds), content) => {
                if let Some(kind) = kinds.iter().find(|kind| kind.takes(content)) {
                    self.check(node, *kind, path);
                }
            }
            _ => {}
        }
    }

    fn record(
        &mut self,
        record: &'static Record,
        entries: &[(Key, Node)],
        node: &Node,
        path: &Path<'_>,
    ) {
        let variant = (record.variant)(node);
        let open = matches!(variant, Variant::Open);
        let (which, groups) = match &variant {
            Variant::Plain | Variant::Open => (None, [].as_slice()),
            Variant::Of(which, groups) => (Some(which), groups.as_slice()),
        };
        let what = || match which {
            None => record.name.to_owned(),
            Some(which) => format!("{} {which}", record.name),
        };
        let fields = || record.fields.iter().chain(groups.iter().copied().flatten());
        for field in fields().filter(|field| field.required && node.get(field.name).is_none()) {
            let message = format!("the {} has no `{}`", what(), field.name);
            let fix = format!("add `{}`: {}", field.name, field.kind.expected());
            self.note(node, path, "missing-field", message, fix);
        }
        for (name, value) in entries {
            let here = path.field(name);
            // A variant may say more of a field than the record does, so the last one counts.
            match fields().rfind(|field| *field.name == **name) {
                Some(field) => self.check(value, field.kind, &here),
                // Advice on a name costs more than a look at it, so it is given only where it is heard.
                None if open || self.is_full() => {}
                None => {
                    let known: Vec<&str> = fields().map(|field| field.name).collect();
                    let message = format!("the {} has no field `{}`", what(), shortened(name));
                    let fix = nearest::field_advice(name, &known);
                    self.note(value, &here, "unknown-field", message, fix);
                }
            }
        }
        (record.rule)(node, path, self);
    }

    fn elements(&mut self, elements: &[Node], kind: Kind, path: &Path<'_>) {
        for (index, element) in elements.iter().enumerate() {
            self.check(element, kind, &path.index(index));
        }
    }

    fn not_positive(&mut self, node: &Node, path: &Path<'_>) {
        let message = "the number is not greater than 0";
        self.note(
            node,
            path,
            "out-of-range",
            message,
            "write a number greater than 0",
        );
    }

    fn not_empty(&mut self, elements: &[Node], node: &Node, path: &Path<'_>) {
        if elements.is_empty() {
            let fix = "add an element, or leave the field out";
            self.note(node, path, "empty-list", "the list is empty", fix);
        }
    }

    fn pair(&mut self, elements: &[Node], node: &Node, path: &Path<'_>) {
        self.elements(elements, Kind::Number, path);
        if elements.len() != 2 {
            let message = format!("expected two numbers, found {}", elements.len());
            self.note(
                node,
                path,
                "wrong-length",
                message,
                "write the lower and the upper bound",
            );
        }
        self.different(elements, path);
    }

    /// Notes every element that equals an earlier one.
    fn different(&mut self, elements: &[Node], path: &Path<'_>) {
        let mut seen = std::collections::HashMap::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            // A number with a fraction of zero and the whole number are the same element.
            if let Some(first) = seen.insert(element.clone().into_value().normal(), index) {
                let message = format!("the element equals element {first}");
                let here = path.index(index);
                self.note(
                    element,
                    &here,
                    "duplicate-item",
                    message,
                    "remove one of the two",
                );
            }
        }
    }
}

/// A document put together in code as a tree, without positions, fit to be written.
///
/// # Errors
/// What a text could not hold: numbers beyond 64 bits, hidden characters, too many levels.
pub(crate) fn tree<T: Serialize>(document: &T) -> Result<Node, Problems> {
    let json = serde_json::to_value(document).map_err(not_representable)?;
    let value: Value = serde_json::from_value(json).map_err(not_representable)?;
    let root = Node::from(value);
    let mut report = Report::default();
    report.characters(&root, &Path::Root);
    if root.depth() > MAX_DEPTH {
        let message = format!("the document is nested more than {MAX_DEPTH} levels deep");
        report.note(
            &root,
            &Path::Root,
            "document-too-complex",
            message,
            "nest fewer types",
        );
    }
    report.problems.into_result(root)
}

fn not_representable(error: serde_json::Error) -> Problem {
    let message = format!("a value cannot be written: {error}");
    Problem::new(
        "",
        "not-writable",
        message,
        "use whole numbers of 64 bits with sign",
    )
}

/// What to do about a value of the wrong type.
fn type_fix(kind: Kind, node: &Node) -> String {
    let scalar = !matches!(
        node.content,
        Content::List(_) | Content::Map(_) | Content::Null
    );
    match kind {
        Kind::Text | Kind::Form(..) if scalar => "put the value in quotes to make it text".into(),
        Kind::List(_) | Kind::NonEmpty(_) | Kind::Set(_) if scalar => {
            "put the value into a list: `- value`".into()
        }
        _ if matches!(node.content, Content::Null) => {
            format!("write {}, or leave the field out", kind.expected())
        }
        _ => format!("write {}", kind.expected()),
    }
}

/// A text as messages show it: whole if short, else its beginning.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}
