//! From tokens to what they say.

use super::ast::{Arithmetic, Comparison, Function, Kind, Literal, Node};
use super::error::ExpressionError;
use super::lexer::{Placed, Token, tokens};
use super::time;
use super::{MAX_EXPRESSION_BYTES, MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_NODES};
use crate::shape::nearest;

type Result<T> = std::result::Result<T, ExpressionError>;

/// Words that are no names of columns unless they stand in back-quotes.
const RESERVED: [&str; 16] = [
    "and", "between", "case", "distinct", "else", "end", "false", "from", "in", "is", "not",
    "null", "or", "then", "true", "when",
];

/// Whether a word is a keyword, in any case.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|r| r.eq_ignore_ascii_case(word))
}

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Node> {
    if text.len() > MAX_EXPRESSION_BYTES {
        let message = format!("the expression is longer than {MAX_EXPRESSION_BYTES} bytes");
        return Err(ExpressionError::too_large(1, message));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        nodes: 0,
        depth: 0,
    };
    let root = parser.any()?;
    if *parser.peek() != Token::End {
        return Err(parser.unexpected("an operator or the end"));
    }
    // Operators of one kind after each other nest without a bracket, so the tree is measured as well.
    match deep(&root, MAX_EXPRESSION_DEPTH) {
        Some(at) => Err(too_deep(at)),
        None => Ok(root),
    }
}

fn too_deep(at: usize) -> ExpressionError {
    let message = format!("the expression is nested more than {MAX_EXPRESSION_DEPTH} deep");
    ExpressionError::too_large(at, message)
}

/// Where a part stands that is more than so many levels below this one.
fn deep(node: &Node, levels: usize) -> Option<usize> {
    let Some(levels) = levels.checked_sub(1) else {
        return Some(node.at);
    };
    node.parts().find_map(|part| deep(part, levels))
}

impl Node {
    /// The parts directly inside this one, in the order of the text.
    pub(super) fn parts(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match &self.kind {
            Kind::Literal(_) | Kind::Column(_) => Box::new(std::iter::empty()),
            Kind::Negate(value) | Kind::Not(value) | Kind::IsNull { value, .. } => {
                Box::new(std::iter::once(&**value))
            }
            Kind::Arithmetic(_, left, right) | Kind::Compare(_, left, right) => {
                Box::new([&**left, &**right].into_iter())
            }
            Kind::And(parts) | Kind::Or(parts) | Kind::Call(_, parts) => Box::new(parts.iter()),
            Kind::Between {
                value, low, high, ..
            } => Box::new([&**value, &**low, &**high].into_iter()),
            Kind::In { value, list, .. } => Box::new(std::iter::once(&**value).chain(list)),
            Kind::Case {
                branches,
                otherwise,
            } => {
                let pairs = branches.iter().flat_map(|(when, then)| [when, then]);
                Box::new(pairs.chain(otherwise.as_deref()))
            }
        }
    }
}

struct Parser<'a> {
    tokens: Vec<Placed<'a>>,
    next: usize,
    nodes: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Token<'a> {
        self.ahead(0)
    }

    /// The token after so many others.
    fn ahead(&self, others: usize) -> &Token<'a> {
        match self.tokens.get(self.next + others) {
            Some(placed) => &placed.token,
            None => &Token::End,
        }
    }

    fn at(&self) -> usize {
        let last = self.tokens.len().saturating_sub(1);
        let here = self.tokens.get(self.next.min(last));
        here.map_or(1, |placed| placed.at)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.next += usize::from(found);
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(found) if *found == sign);
        self.next += usize::from(found);
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Result<()> {
        match self.take_sign(sign) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{sign}`"))),
        }
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        match self.take_word(word) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{word}`"))),
        }
    }

    fn unexpected(&self, expected: &str) -> ExpressionError {
        let message = format!("expected {expected}, found {}", self.peek().shown());
        let fix = match self.peek() {
            Token::Word(word)
                if ["like", "ilike", "rlike", "similar"]
                    .contains(&word.to_ascii_lowercase().as_str()) =>
            {
                "write `starts_with(a, 'x')`, `contains(a, 'x')` or `matches(a, 'x.*')`".to_owned()
            }
            Token::Sign("<" | "<=" | ">" | ">=" | "=" | "<>" | "!=") => {
                "compare two values at a time: `a < b and b < c`".to_owned()
            }
            Token::Word(word) if is_reserved(word) => {
                format!("write {expected}; a column named `{word}` stands in back-quotes")
            }
            _ => format!("write {expected}"),
        };
        ExpressionError::syntax(self.at(), message, fix)
    }

    fn node(&mut self, at: usize, kind: Kind) -> Result<Node> {
        self.nodes += 1;
        if self.nodes > MAX_EXPRESSION_NODES {
            let message = format!("the expression has more than {MAX_EXPRESSION_NODES} parts");
            return Err(ExpressionError::too_large(at, message));
        }
        Ok(Node { kind, at })
    }

    /// Reads a part one level further down.
    fn deeper(&mut self, read: fn(&mut Self) -> Result<Node>) -> Result<Node> {
        if self.depth >= MAX_EXPRESSION_DEPTH {
            return Err(too_deep(self.at()));
        }
        self.depth += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn any(&mut self) -> Result<Node> {
        self.deeper(Self::or)
    }

    fn or(&mut self) -> Result<Node> {
        let at = self.at();
        let mut parts = vec![self.and()?];
        while self.take_word("or") {
            parts.push(self.and()?);
        }
        self.joined(at, parts, Kind::Or)
    }

    fn and(&mut self) -> Result<Node> {
        let at = self.at();
        let mut parts = vec![self.not()?];
        while self.take_word("and") {
            parts.push(self.not()?);
        }
        self.joined(at, parts, Kind::And)
    }

    fn joined(
        &mut self,
        at: usize,
        mut parts: Vec<Node>,
        join: fn(Vec<Node>) -> Kind,
    ) -> Result<Node> {
        match (parts.len(), parts.pop()) {
            (1, Some(part)) => Ok(part),
            (_, last) => {
                parts.extend(last);
                self.node(at, join(parts))
            }
        }
    }

    fn not(&mut self) -> Result<Node> {
        let at = self.at();
        if self.take_word("not") {
            let value = self.deeper(Self::not)?;
            return self.node(at, Kind::Not(Box::new(value)));
        }
        self.condition()
    }

    /// A value, or a question about one.
    fn condition(&mut self) -> Result<Node> {
        let at = self.at();
        let value = Box::new(self.sum()?);
        let comparison = match self.peek() {
            Token::Sign("=") => Some(Comparison::Equal),
            Token::Sign("<>" | "!=") => Some(Comparison::NotEqual),
            Token::Sign("<") => Some(Comparison::Less),
            Token::Sign("<=") => Some(Comparison::LessOrEqual),
            Token::Sign(">") => Some(Comparison::Greater),
            Token::Sign(">=") => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        if let Some(comparison) = comparison {
            self.next += 1;
            let right = Box::new(self.sum()?);
            return self.node(at, Kind::Compare(comparison, value, right));
        }
        if self.take_word("is") {
            return self.is(at, value);
        }
        let is_not = self.take_word("not");
        if self.take_word("between") {
            let low = Box::new(self.sum()?);
            self.expect_word("and")?;
            let high = Box::new(self.sum()?);
            let kind = Kind::Between {
                is_not,
                value,
                low,
                high,
            };
            return self.node(at, kind);
        }
        if self.take_word("in") {
            self.expect_sign("(")?;
            let list = self.list()?;
            let kind = Kind::In {
                is_not,
                value,
                list,
            };
            return self.node(at, kind);
        }
        match is_not {
            true => Err(self.unexpected("`between` or `in`")),
            false => Ok(*value),
        }
    }

    /// What follows `is`.
    fn is(&mut self, at: usize, value: Box<Node>) -> Result<Node> {
        let is_not = self.take_word("not");
        if self.take_word("null") {
            return self.node(at, Kind::IsNull { is_not, value });
        }
        if self.take_word("distinct") {
            self.expect_word("from")?;
            let right = Box::new(self.sum()?);
            let comparison = match is_not {
                true => Comparison::NotDistinct,
                false => Comparison::Distinct,
            };
            return self.node(at, Kind::Compare(comparison, value, right));
        }
        Err(self.unexpected("`null` or `distinct from`"))
    }

    /// Values between commas up to a bracket, at least one.
    fn list(&mut self) -> Result<Vec<Node>> {
        let mut list = vec![self.any()?];
        while self.take_sign(",") {
            list.push(self.any()?);
        }
        self.expect_sign(")")?;
        Ok(list)
    }

    fn sum(&mut self) -> Result<Node> {
        let at = self.at();
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Token::Sign("+") => Arithmetic::Add,
                Token::Sign("-") => Arithmetic::Subtract,
                _ => return Ok(left),
            };
            self.next += 1;
            let right = Box::new(self.product()?);
            left = self.node(at, Kind::Arithmetic(operator, Box::new(left), right))?;
        }
    }

    fn product(&mut self) -> Result<Node> {
        let at = self.at();
        let mut left = self.signed()?;
        loop {
            let operator = match self.peek() {
                Token::Sign("*") => Arithmetic::Multiply,
                Token::Sign("/") => Arithmetic::Divide,
                Token::Sign("%") => Arithmetic::Remainder,
                _ => return Ok(left),
            };
            self.next += 1;
            let right = Box::new(self.signed()?);
            left = self.node(at, Kind::Arithmetic(operator, Box::new(left), right))?;
        }
    }

    fn signed(&mut self) -> Result<Node> {
        let at = self.at();
        if !self.take_sign("-") {
            return self.whole();
        }
        // The sign of a number is read with it: the smallest integer has no positive counterpart.
        if let Token::Number(text) = *self.peek() {
            return self.number(at, text, true);
        }
        let value = self.deeper(Self::signed)?;
        self.node(at, Kind::Negate(Box::new(value)))
    }

    /// A part that needs no brackets.
    fn whole(&mut self) -> Result<Node> {
        let at = self.at();
        match self.peek().clone() {
            Token::Number(text) => self.number(at, text, false),
            Token::Text(text) => {
                self.next += 1;
                self.node(at, Kind::Literal(Literal::Text(text)))
            }
            Token::Sign("(") => {
                self.next += 1;
                let inner = self.any()?;
                self.expect_sign(")")?;
                Ok(inner)
            }
            Token::Word(word) => self.word(at, word),
            Token::Quoted(name) => {
                self.next += 1;
                self.path(at, name)
            }
            Token::Sign(".") if matches!(self.ahead(1), Token::Number(_)) => Err(
                ExpressionError::syntax(at, "a number does not begin with a point", "write `0.5`"),
            ),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn word(&mut self, at: usize, word: &str) -> Result<Node> {
        let lower = word.to_ascii_lowercase();
        let literal = match lower.as_str() {
            "null" => Some(Literal::Null),
            "true" => Some(Literal::Boolean(true)),
            "false" => Some(Literal::Boolean(false)),
            "case" => {
                self.next += 1;
                return self.case(at);
            }
            "exists" | "select" | "cast" | "now" | "today" | "current_date"
            | "current_timestamp" => {
                if *self.ahead(1) == Token::Sign("(") || lower.starts_with("current") {
                    let message = format!("`{word}` is not known here");
                    let fix = "compare columns of the row: a rule gives the same answer whenever it is asked";
                    return Err(ExpressionError::syntax(at, message, fix));
                }
                None
            }
            _ => None,
        };
        if let Some(literal) = literal {
            self.next += 1;
            return self.node(at, Kind::Literal(literal));
        }
        if is_reserved(word) {
            return Err(self.unexpected("a value"));
        }
        self.next += 1;
        match (lower.as_str(), self.peek().clone()) {
            (_, Token::Sign("(")) => self.call(at, &lower),
            ("date", Token::Text(text)) => {
                self.time(at, time::date(&text), &text, "a day", "date '2026-01-31'")
            }
            ("timestamp", Token::Text(text)) => {
                let example =
                    "timestamp '2026-01-31T10:00:00Z', or without the `Z` for a local time";
                self.time(at, time::timestamp(&text), &text, "a time", example)
            }
            ("interval", Token::Text(_)) => Err(ExpressionError::syntax(
                at,
                "a duration has no quotes",
                "write `3 days`",
            )),
            _ => self.path(at, word.to_owned()),
        }
    }

    fn time(
        &mut self,
        at: usize,
        read: Option<Literal>,
        text: &str,
        what: &str,
        example: &str,
    ) -> Result<Node> {
        self.next += 1;
        match read {
            Some(literal) => self.node(at, Kind::Literal(literal)),
            None => {
                let message = format!(
                    "'{}' is not {what} of the years 1 to 9999",
                    crate::shape::shortened(text)
                );
                Err(ExpressionError::syntax(
                    at,
                    message,
                    format!("write {example}"),
                ))
            }
        }
    }

    fn path(&mut self, at: usize, first: String) -> Result<Node> {
        let mut path = vec![first];
        while self.take_sign(".") {
            match self.peek().clone() {
                Token::Word(name) => path.push(name.to_owned()),
                Token::Quoted(name) => path.push(name),
                _ => return Err(self.unexpected("the name of a field")),
            }
            self.next += 1;
        }
        self.node(at, Kind::Column(path))
    }

    fn call(&mut self, at: usize, name: &str) -> Result<Node> {
        let function = Function::ALL.iter().find(|f| f.as_str() == name);
        if function.is_none() && name != "if" {
            let known: Vec<&str> = Function::ALL
                .iter()
                .map(|f| f.as_str())
                .chain(["if"])
                .collect();
            let message = format!("there is no function `{}`", crate::shape::shortened(name));
            let fix = nearest::advice(name, &known);
            return Err(ExpressionError::syntax(at, message, fix));
        }
        self.next += 1;
        let arguments = match self.take_sign(")") {
            true => Vec::new(),
            false => self.list()?,
        };
        let (least, most) = function.map_or((3, 3), |f| f.arguments());
        if !(least..=most).contains(&arguments.len()) {
            let wanted = match (least, most) {
                (1, 1) => "1 argument".to_owned(),
                (least, most) if least == most => format!("{least} arguments"),
                (least, 1000) => format!("at least {least} arguments"),
                (least, most) => format!("{least} or {most} arguments"),
            };
            let message = format!("`{name}` is given {}", arguments.len());
            return Err(ExpressionError::syntax(
                at,
                message,
                format!("write {wanted}"),
            ));
        }
        let Some(function) = function else {
            return self.if_then_else(at, arguments);
        };
        self.node(at, Kind::Call(*function, arguments))
    }

    /// `if(c, a, b)` is short for a `case`.
    fn if_then_else(&mut self, at: usize, arguments: Vec<Node>) -> Result<Node> {
        let mut arguments = arguments.into_iter();
        let (Some(when), Some(then), Some(otherwise)) =
            (arguments.next(), arguments.next(), arguments.next())
        else {
            return Err(self.unexpected("3 arguments"));
        };
        let kind = Kind::Case {
            branches: vec![(when, then)],
            otherwise: Some(Box::new(otherwise)),
        };
        self.node(at, kind)
    }

    fn case(&mut self, at: usize) -> Result<Node> {
        if !self.is_word("when") {
            let message = format!("expected `when`, found {}", self.peek().shown());
            let fix = "write `case when a = 1 then ... end`";
            return Err(ExpressionError::syntax(self.at(), message, fix));
        }
        let mut branches = Vec::new();
        while self.take_word("when") {
            let when = self.any()?;
            self.expect_word("then")?;
            branches.push((when, self.any()?));
        }
        let otherwise = match self.take_word("else") {
            true => Some(Box::new(self.any()?)),
            false => None,
        };
        self.expect_word("end")?;
        let kind = Kind::Case {
            branches,
            otherwise,
        };
        self.node(at, kind)
    }

    /// A number, or a duration where a unit follows.
    fn number(&mut self, at: usize, text: &str, is_negative: bool) -> Result<Node> {
        self.next += 1;
        let sign = if is_negative { "-" } else { "" };
        let signed = format!("{sign}{text}");
        let literal = match *self.peek() {
            Token::Word(word) if !is_reserved(word) => {
                self.next += 1;
                duration(at, &signed, word)?
            }
            _ => number(at, &signed)?,
        };
        self.node(at, Kind::Literal(literal))
    }
}

fn duration(at: usize, count: &str, word: &str) -> Result<Literal> {
    let Some(unit) = time::unit(word) else {
        let message = format!("`{}` is no unit of time", crate::shape::shortened(word));
        let fix = match word.to_ascii_lowercase().trim_end_matches('s') {
            "month" | "year" | "quarter" => {
                "months differ in length: write days, or compare `month(a)`"
            }
            _ => {
                "write an operator, or one of weeks, days, hours, minutes, seconds, milliseconds, microseconds"
            }
        };
        return Err(ExpressionError::syntax(at, message, fix));
    };
    let Ok(whole) = count.parse::<i64>() else {
        let message = format!("{count} is no whole number of a unit");
        return Err(ExpressionError::syntax(
            at,
            message,
            "write a whole number of a smaller unit",
        ));
    };
    whole
        .checked_mul(unit)
        .map(Literal::Duration)
        .ok_or_else(|| {
            let message = format!("{count} {word} are too long");
            ExpressionError::new(at, "out-of-range", message, "write less than 292,000 years")
        })
}

fn number(at: usize, text: &str) -> Result<Literal> {
    let out_of_range = |fix: &str| {
        let message = format!("{} is too large", crate::shape::shortened(text));
        ExpressionError::new(at, "out-of-range", message, fix)
    };
    if text.contains(['e', 'E']) {
        return match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Literal::Float(value)),
            _ => Err(out_of_range("write a number of at most 1.7e308")),
        };
    }
    if let Ok(value) = text.parse::<i64>() {
        return Ok(Literal::Integer(value));
    }
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits = text.replace('.', "");
    let significant = digits.trim_start_matches('-').trim_start_matches('0').len();
    match (u8::try_from(fraction.len()), digits.parse::<i128>()) {
        (Ok(scale @ 0..=38), Ok(unscaled)) if significant <= 38 => {
            Ok(Literal::Decimal { unscaled, scale })
        }
        _ => Err(out_of_range(
            "write a number of at most 38 digits, or with an exponent: `1e40`",
        )),
    }
}
