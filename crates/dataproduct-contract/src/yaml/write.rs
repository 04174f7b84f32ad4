//! Values into YAML text.

use serde::Serialize;

use super::node::{Content, Node};
use super::{DEFAULT_MAX_BYTES, MAX_NODES};
use crate::problem::{Problem, Problems};

pub(super) fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, Problems> {
    let options = serde_saphyr::ser_options! {
        indent_step: 2,
        compact_list_indent: false,
        // Long lines stay one line: folding would make small edits reflow whole paragraphs.
        folded_wrap_chars: usize::MAX,
    };
    serde_saphyr::to_string_with_options(&value, options).map_err(|error| {
        Problem::new(
            "",
            "not-writable",
            format!("the value cannot be written as YAML: {error}"),
            "mend the value that the message names",
        )
        .into()
    })
}

/// Whether a tree, which is no deeper than is read, is also no larger when it is written.
///
/// The text is not written to find out: what is close to the limits is not sure.
pub(crate) fn is_surely_readable(root: &Node) -> bool {
    let mut most = Most::default();
    most.add(root, 0);
    most.nodes <= MAX_NODES && most.bytes <= DEFAULT_MAX_BYTES
}

/// A plain text of so few bytes is never made a block.
const SHORT_BYTES: usize = 24;

/// The most that a tree may come to in writing.
#[derive(Default)]
struct Most {
    nodes: usize,
    bytes: usize,
}

impl Most {
    /// Adds a value that stands within `depth` lists and maps.
    fn add(&mut self, node: &Node, depth: usize) {
        match &node.content {
            Content::String(text) => self.text(text, depth),
            Content::List(elements) => {
                self.collection();
                for element in elements {
                    // The dash and what stands in front of it.
                    self.bytes += 2 * depth + 2;
                    self.add(element, depth + 1);
                }
            }
            Content::Map(entries) => {
                self.collection();
                for (name, value) in entries {
                    self.bytes += 2 * depth;
                    self.text(name, depth);
                    self.add(value, depth + 1);
                }
            }
            // No number is longer than this.
            _ => self.text("-2.2250738585072014e-308", depth),
        }
    }

    /// Adds a list or a map without what is in it: a line break, or the brackets of an empty one.
    fn collection(&mut self) {
        self.nodes += 1;
        self.bytes += 3;
    }

    /// Adds a text in quotes or, unless it is short and plain, as a block with a line in front of it.
    fn text(&mut self, text: &str, depth: usize) {
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !b"\"'\\".contains(&byte);
        let line = 2 * depth + 16;
        self.nodes += 1;
        self.bytes += text.len() + 4;
        if !text.bytes().all(is_plain) {
            // No character is written with more than six times its bytes, and each line is set in.
            self.bytes += 5 * text.len() + (1 + text.matches('\n').count()) * line;
        } else if text.len() > SHORT_BYTES {
            self.bytes += line;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Value;
    use crate::yaml::{MAX_DEPTH, parse};

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z0-9 :#-]{0,12}",
            ".{0,40}",
            "[\"'\\\\\u{85}\u{a0}\u{2028}é\u{10ffff}]{0,20}",
            "(a{0,3}\n){0,9}",
            Just("word ".repeat(60)),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(|float| Value::try_from(float).unwrap_or_default()),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(text(), inner, 0..5)
                    .prop_map(|map| Value::Map(map.into_iter().collect())),
            ]
        })
    }

    fn nodes(node: &Node) -> usize {
        1 + match &node.content {
            Content::List(elements) => elements.iter().map(nodes).sum(),
            Content::Map(entries) => entries.iter().map(|(_, value)| 1 + nodes(value)).sum(),
            _ => 0,
        }
    }

    fn within(value: Value) {
        let text = to_string(&value).unwrap();
        let root = Node::from(value);
        let mut most = Most::default();
        most.add(&root, 0);
        assert!(text.len() <= most.bytes, "{} {text}", most.bytes);
        assert_eq!(nodes(&root), most.nodes);
        // What cannot be read at all, such as hidden characters, does not get as far as being written.
        if let Ok(again) = parse(&text) {
            assert_eq!(nodes(&again), most.nodes, "{text}");
        }
    }

    #[test]
    fn no_tree_is_larger_than_the_estimate() {
        let mut nested = Value::from("a\nb\u{85}'\"");
        for _ in 1..MAX_DEPTH {
            nested = Value::from(vec![nested]);
        }
        within(nested);
        within(Value::from("\u{85}".repeat(100)));
        within(Value::from("\n".repeat(100)));
    }

    proptest! {
        #[test]
        fn no_generated_tree_is_larger_than_the_estimate(value in value()) {
            within(value);
        }
    }
}
