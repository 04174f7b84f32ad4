//! The words, numbers, texts and signs of an expression.

use super::error::ExpressionError;
use crate::shape::shortened;

/// The smallest part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// Digits, with or without a fraction and an exponent.
    Number(&'a str),
    /// What stands between single quotes.
    Text(String),
    /// A keyword, the name of a column or a function.
    Word(&'a str),
    /// A name between back-quotes.
    Quoted(String),
    /// An operator, a bracket, a comma or a point.
    Sign(&'static str),
    /// Nothing is left.
    End,
}

impl Token<'_> {
    /// The token as messages show it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Number(text) | Self::Word(text) => format!("`{}`", shortened(text)),
            Self::Text(text) => format!("'{}'", shortened(text)),
            Self::Quoted(name) => format!("`{}`", shortened(name)),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// A token and where it starts: a character, counted from 1.
#[derive(Clone, Debug)]
pub(super) struct Placed<'a> {
    pub(super) token: Token<'a>,
    pub(super) at: usize,
}

/// Longer signs come before those that they start with.
const SIGNS: [&str; 16] = [
    "<=", ">=", "<>", "!=", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", ".",
];

/// What people write out of habit, and what it is here.
const FOREIGN: [(&str, &str); 14] = [
    ("==", "write `=`"),
    ("&&", "write `and`"),
    (
        "||",
        "write `concat(a, b)` to join text, `or` between conditions",
    ),
    (
        "--",
        "put a space between the two signs; there are no comments",
    ),
    (
        "/*",
        "remove the comment; the description of the rule is the place for it",
    ),
    (
        "::",
        "remove the cast; docs/expressions.md lists the functions",
    ),
    ("!", "write `not`"),
    ("\"", "write text in single quotes and names in back-quotes"),
    ("[", "write `in (...)` with round brackets"),
    ("]", "write `in (...)` with round brackets"),
    (";", "remove it; an expression is one condition"),
    ("^", "multiply instead; there are no powers"),
    ("|", "write `or`"),
    ("&", "write `and`"),
];

/// All tokens of a text, `End` the last of them.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, ExpressionError> {
    let mut lexer = Lexer { rest: text, at: 1 };
    let mut out = Vec::new();
    loop {
        lexer.skip_space();
        let at = lexer.at;
        let token = lexer.token()?;
        let is_end = token == Token::End;
        out.push(Placed { token, at });
        if is_end {
            return Ok(out);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn skip_space(&mut self) {
        let end = self.rest.find(|c: char| !c.is_whitespace());
        self.take(end.unwrap_or(self.rest.len()));
    }

    /// The first so many bytes, which are left behind.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        self.at += taken.chars().count();
        taken
    }

    fn token(&mut self) -> Result<Token<'a>, ExpressionError> {
        let Some(first) = self.rest.chars().next() else {
            return Ok(Token::End);
        };
        match first {
            '0'..='9' => Ok(Token::Number(self.number())),
            '\'' => self.quoted('\'').map(Token::Text),
            '`' => self.quoted('`').map(Token::Quoted),
            _ if starts_word(first) => {
                let end = self.rest.find(|c| !continues_word(c));
                Ok(Token::Word(self.take(end.unwrap_or(self.rest.len()))))
            }
            _ => self.sign(first),
        }
    }

    fn number(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            rest.iter().take_while(|b| b.is_ascii_digit()).count()
        };
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if digits(end + 1 + sign) > 0 {
                end += 1 + sign + digits(end + 1 + sign);
            }
        }
        self.take(end)
    }

    /// What stands between two quotes; a quote within is written twice.
    fn quoted(&mut self, quote: char) -> Result<String, ExpressionError> {
        let at = self.at;
        let mut out = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((index, c)) = chars.next() {
            if c != quote {
                out.push(c);
            } else if chars.next_if(|(_, next)| *next == quote).is_some() {
                out.push(quote);
            } else {
                self.take(index + quote.len_utf8());
                return Ok(out);
            }
        }
        let message = format!("the {quote} has no partner");
        let fix = format!("end it with {quote}; write a {quote} within it twice");
        Err(ExpressionError::syntax(at, message, fix))
    }

    fn sign(&mut self, first: char) -> Result<Token<'a>, ExpressionError> {
        let foreign = |(sign, _): &&(&str, &str)| self.rest.starts_with(sign);
        let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
        // `!` begins `!=`, and `-` begins `--`: the longer of the two counts.
        if let Some((found, fix)) = FOREIGN.iter().find(foreign)
            && sign.is_none_or(|sign| sign.len() < found.len())
        {
            let message = format!("`{found}` means nothing here");
            return Err(ExpressionError::syntax(self.at, message, *fix));
        }
        match sign {
            Some(sign) => {
                self.take(sign.len());
                Ok(Token::Sign(sign))
            }
            None => Err(ExpressionError::syntax(
                self.at,
                format!("`{}` means nothing here", first.escape_debug()),
                "remove it, or put the name of a column in back-quotes",
            )),
        }
    }
}

fn starts_word(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic()
}

fn continues_word(c: char) -> bool {
    starts_word(c) || c.is_ascii_digit()
}

/// Whether a name can stand without back-quotes, as far as its characters go.
pub(super) fn is_word(name: &str) -> bool {
    name.starts_with(starts_word) && name.chars().all(continues_word)
}
