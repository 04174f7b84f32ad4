//! YAML and JSON text in and out, with a budget.
//!
//! Documents come from strangers. [`from_str`] reads YAML 1.2 (and JSON, which is YAML) and refuses
//! everything that could cost more than it says or read as something else than it looks like:
//!
//! - more than [`DEFAULT_MAX_BYTES`] of text, [`MAX_NODES`] values or [`MAX_DEPTH`] levels;
//! - anchors, aliases and merge keys, several documents in one text, tags of other programs;
//! - a key that occurs twice, or that is not text;
//! - whole numbers beyond 64 bits and numbers that are not finite;
//! - characters that hide or reorder text: controls, bidirectional overrides, zero-width marks.
//!
//! Only `true` and `false` are booleans: `NO` stays the country, `on` stays text. A number with a
//! leading zero such as `0170` stays text, so postal codes survive.
//!
//! ```
//! use dataproduct_contract::{Value, yaml};
//!
//! let value: Value = yaml::from_str("country: NO\npostal: 0170\nwidth: 95.5\n")?;
//! assert_eq!(value.get("country").and_then(Value::as_str), Some("NO"));
//! assert_eq!(value.get("postal").and_then(Value::as_str), Some("0170"));
//! assert_eq!(yaml::to_string(&value)?, "country: \"NO\"\npostal: \"0170\"\nwidth: 95.5\n");
//! # Ok::<(), dataproduct_contract::Problems>(())
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::{Problem, Problems};

mod character;
mod node;
mod parse;
mod path;
mod scalar;
mod typed;
mod write;

pub(crate) use character::first_fault;
pub(crate) use node::{Content, Key, Node};
pub(crate) use parse::parse;
pub(crate) use path::Path;
pub(crate) use write::is_surely_readable;

/// Greatest length of a text that is read, in bytes.
pub const DEFAULT_MAX_BYTES: usize = 1 << 20;

/// Greatest number of values in a text that is read; keys count as values.
pub const MAX_NODES: usize = 50_000;

/// Greatest depth of lists and maps within each other.
pub const MAX_DEPTH: usize = 32;

/// Greatest number of problems that are reported of one text; what is wrong beyond shows when these
/// are mended.
pub const MAX_PROBLEMS: usize = 100;

/// Reads a value of any type from YAML or JSON.
///
/// # Errors
/// Every problem found, with its path and, where it is known, its line and column. Problems of the
/// text itself (syntax, budget, characters) come first and alone; only a sound text is read into
/// the type.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Problems> {
    let root = parse(text)?;
    root.to_typed()
        .map_err(|error| located(&root, error.into_problem()).into())
}

/// The problem with the position of the place that its path names, where it is known.
fn located(root: &Node, problem: Problem) -> Problem {
    match root.find(&problem.path) {
        Some(node) if node.line > 0 => problem.at(node.line, node.column),
        _ => problem,
    }
}

/// Writes a value as YAML: two spaces per level, LF line ends, the order of the value.
///
/// The same value gives the same text. Text that other readers could take for something else
/// (`NO`, `1.0`, `010`, `2026-01-01`, `~`) is quoted, so that YAML 1.1 readers such as PyYAML get
/// the same value back; text of several lines is written as a block.
///
/// What cannot be read back is not looked for here: a type of your own may hold infinite floats or
/// keys that are numbers, which [`from_str`] refuses.
///
/// # Errors
/// A value that its own `Serialize` cannot express.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, Problems> {
    write::to_string(value)
}
