//! Text into a tree, within the budget.

use std::collections::HashSet;
use std::sync::Arc;

use serde_saphyr::granit_parser::{
    self, ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, Tag,
};

use crate::problem::{Problem, Problems};

use super::character;
use super::node::{Content, Key, Node};
use super::path::segment;
use super::scalar::{Scalar, resolve};
use super::{DEFAULT_MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_PROBLEMS};

/// Reads a text into a tree.
pub(crate) fn parse(text: &str) -> Result<Node, Problems> {
    check_text(text)?;
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = event.map_err(|error| describe(&error))?;
        builder.take(event, span)?;
    }
    let root = builder.root.unwrap_or(Node {
        content: Content::Null,
        line: 1,
        column: 1,
    });
    builder.problems.into_result(root)
}

/// Refuses what can be refused before parsing: size and characters.
fn check_text(text: &str) -> Result<(), Problem> {
    if text.len() > DEFAULT_MAX_BYTES {
        return Err(Problem::new(
            "",
            "document-too-large",
            format!(
                "the document has {} bytes, more than {DEFAULT_MAX_BYTES}",
                text.len()
            ),
            "split it, or move bulk such as long examples out of it",
        ));
    }
    // A byte order mark may open a text, where editors of some systems put it.
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    match character::first_fault(body) {
        None => Ok(()),
        Some((found, why, line, column)) => Err(bad_character("", found, why).at(line, column)),
    }
}

fn bad_character(path: &str, found: char, why: &str) -> Problem {
    Problem::new(
        path,
        "forbidden-character",
        format!("U+{:04X} is {why}", u32::from(found)),
        "remove the character",
    )
}

fn options() -> granit_parser::Options {
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options
}

fn describe(error: &ScanError) -> Problem {
    let problem = match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(),
        kind => {
            // A message may quote the text; a problem is one line of moderate length.
            let message = kind.to_string();
            let line = message.lines().next().unwrap_or_default().chars().take(200);
            Problem::new(
                "",
                "yaml-syntax",
                line.collect::<String>(),
                "correct the YAML here",
            )
        }
    };
    let marker = error.marker();
    problem.at(marker.line(), marker.col() + 1)
}

/// Of so few entries a name is found sooner by looking at each.
const FEW_ENTRIES: usize = 16;

/// A list or map whose end has not been seen.
enum Open {
    List {
        elements: Vec<Node>,
        at: Span,
    },
    Map {
        entries: Vec<(Key, Node)>,
        /// The names of the entries, where there are many.
        seen: HashSet<Key>,
        key: Option<Pending>,
        at: Span,
    },
}

/// A key that waits for its value.
struct Pending {
    name: Key,
    /// The name occurred before in the map: the value is read but not kept.
    repeated: bool,
}

/// Builds the tree from events without recursion: depth costs memory of the heap, not of the stack.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    names: HashSet<Key>,
    nodes: usize,
    documents: usize,
    problems: Problems,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(located(several_documents(), span));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.node(anchor, span)?;
                let forced = self.tag(tag.as_deref(), span)?;
                self.scalar(&text, style, forced, span)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.node(anchor, span)?;
                self.tag(tag.as_deref(), span)?;
                self.push(
                    Open::List {
                        elements: Vec::new(),
                        at: span,
                    },
                    span,
                )?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.node(anchor, span)?;
                self.tag(tag.as_deref(), span)?;
                let (entries, seen) = (Vec::new(), HashSet::new());
                self.push(
                    Open::Map {
                        entries,
                        seen,
                        key: None,
                        at: span,
                    },
                    span,
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { elements, at }) => self.place(Content::List(elements), at),
                Some(Open::Map { entries, at, .. }) => self.place(Content::Map(entries), at),
                None => {}
            },
            Event::Alias(_) | Event::UnresolvedAlias(_) | Event::Anchor(..) => {
                return Err(located(too_complex("it refers to another value"), span));
            }
            _ => {}
        }
        Ok(())
    }

    /// Counts a value and refuses an anchor on it.
    fn node(&mut self, anchor: usize, span: Span) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let what = format!("it holds more than {MAX_NODES} values");
            return Err(located(too_complex(&what), span));
        }
        if anchor != 0 {
            return Err(located(too_complex("it defines an anchor"), span));
        }
        Ok(())
    }

    /// Whether a tag makes its value text. Other tags than that are refused.
    fn tag(&self, tag: Option<&Tag>, span: Span) -> Result<bool, Problem> {
        match tag {
            None => Ok(false),
            Some(tag) if tag.is_yaml_core_schema_tag("str") => Ok(true),
            Some(_) => Err(located(tag_not_allowed(&self.path()), span)),
        }
    }

    fn push(&mut self, open: Open, span: Span) -> Result<(), Problem> {
        if self.expects_key() {
            return Err(located(key_not_text(&self.path()), span));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(located(too_deep(), span));
        }
        self.open.push(open);
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        forced: bool,
        span: Span,
    ) -> Result<(), Problem> {
        let plain = style == ScalarStyle::Plain && !forced;
        if self.expects_key() {
            return self.key(text, style, plain, span);
        }
        let scalar = if plain { resolve(text) } else { Scalar::Text };
        let content = match scalar {
            Scalar::Null => Content::Null,
            Scalar::Bool(value) => Content::Bool(value),
            Scalar::Integer(value) => Content::Integer(value),
            Scalar::Float(value) => Content::Float(value),
            Scalar::IntegerOutOfRange => {
                self.note(integer_out_of_range, span);
                Content::Null
            }
            Scalar::NotFinite => {
                self.note(not_finite, span);
                Content::Null
            }
            Scalar::Text => {
                self.check_escapes(text, style, span);
                Content::String(text.to_owned())
            }
        };
        self.place(content, span);
        Ok(())
    }

    /// The name that the document has had before, or a new one.
    fn shared(&mut self, name: &str) -> Key {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let key = Key::from(name);
        self.names.insert(Arc::clone(&key));
        key
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map { key: None, .. }))
    }

    fn key(
        &mut self,
        name: &str,
        style: ScalarStyle,
        plain: bool,
        span: Span,
    ) -> Result<(), Problem> {
        if plain && name == "<<" {
            return Err(located(too_complex("it merges maps with `<<`"), span));
        }
        if plain && resolve(name) != Scalar::Text {
            return Err(located(key_not_text(&self.path()), span));
        }
        let key_name = self.shared(name);
        let mut repeated = false;
        if let Some(Open::Map {
            entries, seen, key, ..
        }) = self.open.last_mut()
        {
            repeated = if entries.len() < FEW_ENTRIES {
                entries.iter().any(|(known, _)| *known == key_name)
            } else {
                if seen.is_empty() {
                    seen.extend(entries.iter().map(|(known, _)| known.clone()));
                }
                !seen.insert(key_name.clone())
            };
            *key = Some(Pending {
                name: key_name,
                repeated,
            });
        }
        self.check_escapes(name, style, span);
        if repeated {
            self.note(duplicate_key, span);
        }
        Ok(())
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, content: Content, at: Span) {
        let node = Node {
            content,
            line: at.start.line(),
            column: at.start.col() + 1,
        };
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { elements, .. }) => elements.push(node),
            Some(Open::Map { entries, key, .. }) => {
                if let Some(Pending {
                    name,
                    repeated: false,
                }) = key.take()
                {
                    entries.push((name, node));
                }
            }
        }
    }

    /// The path of the value that comes next.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match open {
                Open::List { elements, .. } => path.push_str(&format!("[{}]", elements.len())),
                Open::Map { key: Some(key), .. } => {
                    let name = segment(&key.name);
                    if !path.is_empty() && !name.starts_with('[') {
                        path.push('.');
                    }
                    path.push_str(&name);
                }
                Open::Map { key: None, .. } => {}
            }
        }
        path
    }

    /// Escapes, which stand in double quotes only, can spell characters that the text does not hold.
    fn check_escapes(&mut self, text: &str, style: ScalarStyle, span: Span) {
        if style == ScalarStyle::DoubleQuoted
            && let Some((found, why, ..)) = character::first_fault(text)
        {
            self.note(|path| bad_character(path, found, why), span);
        }
    }

    fn note(&mut self, problem: impl FnOnce(&str) -> Problem, span: Span) {
        if self.problems.len() < MAX_PROBLEMS {
            let problem = problem(&self.path());
            self.problems.push(located(problem, span));
        }
    }
}

fn located(problem: Problem, span: Span) -> Problem {
    problem.at(span.start.line(), span.start.col() + 1)
}

fn several_documents() -> Problem {
    Problem::new(
        "",
        "several-documents",
        "the text holds more than one document",
        "keep one document per file: remove what follows `---`",
    )
}

fn too_complex(what: &str) -> Problem {
    Problem::new(
        "",
        "document-too-complex",
        format!("the document costs too much to read: {what}"),
        "write every value where it is used, in a document of moderate size and depth",
    )
}

fn too_deep() -> Problem {
    too_complex(&format!("it is nested more than {MAX_DEPTH} levels deep"))
}

fn tag_not_allowed(path: &str) -> Problem {
    Problem::new(
        path,
        "tag-not-allowed",
        "the value has a YAML tag, which could make it anything",
        "remove the tag; to force text, put the value in quotes",
    )
}

fn key_not_text(path: &str) -> Problem {
    Problem::new(
        path,
        "key-not-text",
        "a key of this map is not text",
        "put the key in quotes",
    )
}

fn duplicate_key(path: &str) -> Problem {
    Problem::new(
        path,
        "duplicate-key",
        "the key occurs twice in this map",
        "remove or rename one of the two",
    )
}

fn integer_out_of_range(path: &str) -> Problem {
    Problem::new(
        path,
        "integer-out-of-range",
        "the whole number does not fit 64 bits with sign",
        "write it in quotes, as text",
    )
}

fn not_finite(path: &str) -> Problem {
    Problem::new(
        path,
        "number-not-finite",
        "the number is infinite or not a number",
        "write a finite number, or quote it to make it text",
    )
}
