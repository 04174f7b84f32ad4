//! A document as a tree that knows where each part stands in the text.

use std::sync::Arc;

use crate::value::{Finite, Map, Value};

use super::path::Path;

/// A name in a map. A document has few of them, each many times, so they are shared.
pub(crate) type Key = Arc<str>;

/// A value with its position; line and column count from 1 and are 0 where they are not known.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The value of a [`Node`].
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Integer(i64),
    Float(Finite),
    String(String),
    List(Vec<Node>),
    /// Names occur once.
    Map(Vec<(Key, Node)>),
}

impl Node {
    /// What kind of value this is, in the words of [`Value::kind`].
    pub(crate) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Null => "null",
            Content::Bool(_) => "boolean",
            Content::Integer(_) => "integer",
            Content::Float(_) => "number",
            Content::String(_) => "text",
            Content::List(_) => "list",
            Content::Map(_) => "map",
        }
    }

    /// The text, if this is text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value under a name, if this is a map that has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        match &self.content {
            Content::Map(entries) => entries
                .iter()
                .find(|(key, _)| **key == *name)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    /// The value under a name, to be changed.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        match &mut self.content {
            Content::Map(entries) => entries
                .iter_mut()
                .find(|(key, _)| **key == *name)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    /// How many lists and maps stand within each other at the deepest place, this one included.
    pub(crate) fn depth(&self) -> usize {
        let below = match &self.content {
            Content::List(elements) => elements.iter().map(Node::depth).max(),
            Content::Map(entries) => entries.iter().map(|(_, value)| value.depth()).max(),
            _ => return 0,
        };
        1 + below.unwrap_or(0)
    }

    /// The value without positions.
    pub(crate) fn into_value(self) -> Value {
        match self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(value),
            Content::Integer(value) => Value::Integer(value),
            Content::Float(value) => Value::Float(value),
            Content::String(text) => Value::String(text),
            Content::List(elements) => {
                Value::List(elements.into_iter().map(Node::into_value).collect())
            }
            Content::Map(entries) => Value::Map(Map::from_unique(
                entries
                    .into_iter()
                    .map(|(name, node)| (name.as_ref().to_owned(), node.into_value()))
                    .collect(),
            )),
        }
    }

    /// The node at a path as [`Path`] writes it, or the nearest one around it.
    pub(crate) fn find(&self, path: &str) -> Option<&Node> {
        self.find_below(&Path::Root, path)
    }

    fn find_below(&self, here: &Path<'_>, path: &str) -> Option<&Node> {
        let own = here.to_string();
        if path == own {
            return Some(self);
        }
        if !path.starts_with(&own) {
            return None;
        }
        let below = match &self.content {
            Content::List(elements) => elements
                .iter()
                .enumerate()
                .find_map(|(index, node)| node.find_below(&here.index(index), path)),
            Content::Map(entries) => entries
                .iter()
                .find_map(|(name, node)| node.find_below(&here.field(name), path)),
            _ => None,
        };
        below.or(Some(self).filter(|_| is_within(&own, path)))
    }
}

/// Whether a path lies below another, not only begins with the same letters.
fn is_within(parent: &str, path: &str) -> bool {
    parent.is_empty() || path[parent.len()..].starts_with(['.', '['])
}

/// A value as a tree without positions.
impl From<Value> for Node {
    fn from(value: Value) -> Self {
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(value) => Content::Bool(value),
            Value::Integer(value) => Content::Integer(value),
            Value::Float(value) => Content::Float(value),
            Value::String(text) => Content::String(text),
            Value::List(elements) => Content::List(elements.into_iter().map(Node::from).collect()),
            Value::Map(map) => Content::Map(
                map.into_iter()
                    .map(|(name, value)| (name.into(), Node::from(value)))
                    .collect(),
            ),
        };
        Self {
            content,
            line: 0,
            column: 0,
        }
    }
}
