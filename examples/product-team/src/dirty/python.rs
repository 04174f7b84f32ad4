//! Python literals: `[{'productId': 's69305697', 'selected': True}]` is not JSON.

use std::iter::Peekable;
use std::str::Chars;

use super::Unreadable;

const EXPECTED: &str = "a Python literal of lists, dictionaries, texts, `True`, `False` and `None`";

/// Deeper nesting is refused, so that hostile text cannot exhaust the stack.
const DEEPEST: usize = 16;

/// A value of a Python literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A text in single or double quotes.
    Text(String),
    /// `[...]`.
    List(Vec<Literal>),
    /// `{...}` with texts as keys, in order.
    Dictionary(Vec<(String, Literal)>),
}

impl Literal {
    /// The value under a key of a dictionary.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Dictionary(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The elements of a list; none for everything else.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads a literal of the kinds in [`Literal`].
///
/// # Errors
/// [`Unreadable`] for everything else Python knows (numbers, tuples, escapes other than of a quote
/// or a backslash), for what stands behind the literal, and beyond 16 levels.
pub fn literal(text: &str) -> Result<Literal, Unreadable> {
    let mut parser = Parser {
        rest: text.chars().peekable(),
    };
    parser
        .value(0)
        .filter(|_| parser.next_significant().is_none())
        .ok_or_else(|| Unreadable::new(text, EXPECTED))
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Parser<'_> {
    fn next_significant(&mut self) -> Option<char> {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    fn take(&mut self, expected: char) -> Option<()> {
        if self.next_significant()? != expected {
            return None;
        }
        self.rest.next().map(|_| ())
    }

    fn value(&mut self, depth: usize) -> Option<Literal> {
        if depth > DEEPEST {
            return None;
        }
        match self.next_significant()? {
            '[' => {
                let elements = self.sequence('[', ']', |parser| parser.value(depth + 1))?;
                Some(Literal::List(elements))
            }
            '{' => {
                let entries = self.sequence('{', '}', |parser| {
                    let key = parser.text()?;
                    parser.take(':')?;
                    Some((key, parser.value(depth + 1)?))
                })?;
                Some(Literal::Dictionary(entries))
            }
            '\'' | '"' => self.text().map(Literal::Text),
            _ => self.word(),
        }
    }

    fn sequence<T>(
        &mut self,
        open: char,
        close: char,
        one: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.take(open)?;
        let mut all = Vec::new();
        loop {
            if self.take(close).is_some() {
                return Some(all);
            }
            all.push(one(self)?);
            if self.take(',').is_none() {
                self.take(close)?;
                return Some(all);
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        self.next_significant()?;
        let quote = self.rest.next_if(|c| matches!(c, '\'' | '"'))?;
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                '\\' => text.push(self.rest.next_if(|c| matches!(c, '\\' | '\'' | '"'))?),
                c if c == quote => return Some(text),
                c => text.push(c),
            }
        }
    }

    fn word(&mut self) -> Option<Literal> {
        let mut word = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_ascii_alphanumeric()) {
            word.push(c);
        }
        match word.as_str() {
            "None" => Some(Literal::None),
            "True" => Some(Literal::Bool(true)),
            "False" => Some(Literal::Bool(false)),
            _ => None,
        }
    }
}
