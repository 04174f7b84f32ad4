//! What is said on a breach: text with places for values.

use std::fmt;

/// The most places for values that a message has.
pub const MAX_PLACEHOLDERS: usize = 20;

/// What is said on a breach: text with places for values.
///
/// `{on_hand}` stands for the value of the column `on_hand`, `{size.width}` for that of a column within `size`,
/// `{measure}` for what the rule measured and `{rows}` for the number of rows that break it. A column of the name
/// `measure` or `rows` has no place of its own. Braces are written twice: `{{` and `}}`.
///
/// ```
/// # fn main() -> Result<(), dataproduct_contract::MessageError> {
/// use dataproduct_contract::{Message, Placeholder};
/// let message = Message::parse("{sku} is nearly sold out: {rows} sites")?;
/// let said = message.render(|place| match place {
///     Placeholder::Column(name) if name == "sku" => "s69305697".to_owned(),
///     Placeholder::Rows => "3".to_owned(),
///     _ => "?".to_owned(),
/// });
/// assert_eq!(said, "s69305697 is nearly sold out: 3 sites");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    parts: Vec<MessagePart>,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessagePart {
    /// Text, with its braces as they are said. Never empty, and never two in a row.
    Text(String),
    /// A place for a value.
    Value(Placeholder),
}

/// What a place in a message stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placeholder {
    /// The value of this column in the first row that breaks the rule.
    Column(String),
    /// What was measured.
    Measure,
    /// The number of rows that break the rule.
    Rows,
}

/// Why a text is no message. Places are counted in characters, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// There is nothing to say.
    #[error("the message is empty: write what to say, or leave it out")]
    Empty,
    /// A `{` without its `}`.
    #[error(
        "`{{` at character {at} is not closed: write `{{column}}`, or `{{{{` for the brace itself"
    )]
    Unclosed {
        /// Where it stands.
        at: usize,
    },
    /// A `}` without its `{`.
    #[error("`}}` at character {at} closes nothing: write `}}}}` for the brace itself")]
    Unopened {
        /// Where it stands.
        at: usize,
    },
    /// `{}`.
    #[error(
        "`{{}}` at character {at} names nothing: write `{{column}}`, `{{measure}}` or `{{rows}}`"
    )]
    Unnamed {
        /// Where it stands.
        at: usize,
    },
    /// More places for values than anyone reads.
    #[error("the message has more than {MAX_PLACEHOLDERS} places for values: leave some out")]
    TooMany,
}

impl Message {
    /// Reads a message. Whether its columns exist, the contract says.
    ///
    /// # Errors
    /// [`MessageError`] where braces do not pair, name nothing or are too many, and where the text is blank.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text.trim().is_empty() {
            return Err(MessageError::Empty);
        }
        let mut parts = Vec::new();
        let mut said = String::new();
        let mut count = 0;
        let mut chars = text.chars().zip(1..).peekable();
        while let Some((c, at)) = chars.next() {
            match c {
                '{' | '}' if chars.next_if(|(next, _)| *next == c).is_some() => said.push(c),
                '}' => return Err(MessageError::Unopened { at }),
                '{' => {
                    let mut name = String::new();
                    loop {
                        match chars.next() {
                            Some(('}', _)) => break,
                            Some((c, _)) if c != '{' => name.push(c),
                            _ => return Err(MessageError::Unclosed { at }),
                        }
                    }
                    if name.trim().is_empty() {
                        return Err(MessageError::Unnamed { at });
                    }
                    count += 1;
                    if count > MAX_PLACEHOLDERS {
                        return Err(MessageError::TooMany);
                    }
                    flush(&mut said, &mut parts);
                    parts.push(MessagePart::Value(Placeholder::of(name)));
                }
                c => said.push(c),
            }
        }
        flush(&mut said, &mut parts);
        Ok(Self { parts })
    }

    /// The parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[MessagePart] {
        &self.parts
    }

    /// The places for values, in order, as often as they are there.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            MessagePart::Text(_) => None,
            MessagePart::Value(place) => Some(place),
        })
    }

    /// The message with a value in each place. The values are said as they are: who gives them sees to it that they
    /// are short enough, and that none is said that must not be.
    #[must_use]
    pub fn render(&self, mut value: impl FnMut(&Placeholder) -> String) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                MessagePart::Text(text) => out.push_str(text),
                MessagePart::Value(place) => out.push_str(&value(place)),
            }
        }
        out
    }
}

impl Placeholder {
    fn of(name: String) -> Self {
        match name.as_str() {
            "measure" => Self::Measure,
            "rows" => Self::Rows,
            _ => Self::Column(name),
        }
    }
}

fn flush(said: &mut String, parts: &mut Vec<MessagePart>) {
    if !said.is_empty() {
        parts.push(MessagePart::Text(std::mem::take(said)));
    }
}

impl fmt::Display for Message {
    /// The message as a contract writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                MessagePart::Text(text) => {
                    f.write_str(&text.replace('{', "{{").replace('}', "}}"))?;
                }
                MessagePart::Value(Placeholder::Column(name)) => write!(f, "{{{name}}}")?,
                MessagePart::Value(Placeholder::Measure) => f.write_str("{measure}")?,
                MessagePart::Value(Placeholder::Rows) => f.write_str("{rows}")?,
            }
        }
        Ok(())
    }
}
