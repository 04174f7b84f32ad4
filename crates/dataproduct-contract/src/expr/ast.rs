//! What an expression says, before it is known what its columns are.

/// A part of an expression. Two are equal when they say the same, wherever they stand.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Where it stands: a character, counted from 1.
    pub(super) at: usize,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Literal(Literal),
    /// A column, or a field of a struct.
    Column(Vec<String>),
    Negate(Box<Node>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Between {
        is_not: bool,
        value: Box<Node>,
        low: Box<Node>,
        high: Box<Node>,
    },
    In {
        is_not: bool,
        value: Box<Node>,
        list: Vec<Node>,
    },
    IsNull {
        is_not: bool,
        value: Box<Node>,
    },
    Case {
        /// Conditions and what holds under them.
        branches: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
    },
    Call(Function, Vec<Node>),
}

/// A value that an expression names.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Literal {
    /// No value.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number of 64 bits.
    Integer(i64),
    /// An exact number: `unscaled` units of the last of `scale` digits after the point.
    Decimal {
        /// How many units.
        unscaled: i128,
        /// Digits after the point.
        scale: u8,
    },
    /// A floating-point number, never NaN or infinite.
    Float(f64),
    /// Text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i64),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// Microseconds since 1970-01-01T00:00:00, without zone.
    LocalTimestamp(i64),
    /// Microseconds.
    Duration(i64),
}

/// What is done to two values that gives a third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, always of floats; by zero it gives null.
    Divide,
    /// `%`, with the sign of the first; by zero it gives null.
    Remainder,
}

impl Arithmetic {
    /// The operator as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `is distinct from`: null is a value like any other, and NaN is itself.
    Distinct,
    /// `is not distinct from`
    NotDistinct,
}

impl Comparison {
    /// The comparison as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Distinct => "is distinct from",
            Self::NotDistinct => "is not distinct from",
        }
    }

    /// Whether it asks for an order and not only for equality.
    #[must_use]
    pub const fn is_order(self) -> bool {
        matches!(
            self,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual
        )
    }

    /// Whether null is a value like any other.
    #[must_use]
    pub const fn is_null_safe(self) -> bool {
        matches!(self, Self::Distinct | Self::NotDistinct)
    }
}

macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $least:literal..=$most:literal;)*) => {
        /// A function of an expression. docs/expressions.md says what each returns.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Function {
            $($(#[$doc])* $variant,)*
        }

        impl Function {
            /// Every function.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The function as it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The fewest and the most arguments.
            pub(super) const fn arguments(self) -> (usize, usize) {
                match self {
                    $(Self::$variant => ($least, $most),)*
                }
            }
        }
    };
}

functions! {
    /// `abs(number or duration)`: without its sign.
    Abs = "abs", 1..=1;
    /// `round(number, digits)`: to so many digits after the point, 0 by default, halves away from zero.
    Round = "round", 1..=2;
    /// `floor(number)`: the whole number at or below.
    Floor = "floor", 1..=1;
    /// `ceil(number)`: the whole number at or above.
    Ceil = "ceil", 1..=1;
    /// `length(text)`: in characters.
    Length = "length", 1..=1;
    /// `lower(text)`: in lower case.
    Lower = "lower", 1..=1;
    /// `upper(text)`: in upper case.
    Upper = "upper", 1..=1;
    /// `trim(text)`: without white space at its ends.
    Trim = "trim", 1..=1;
    /// `starts_with(text, start)`.
    StartsWith = "starts_with", 2..=2;
    /// `ends_with(text, end)`.
    EndsWith = "ends_with", 2..=2;
    /// `contains(text, part)`.
    Contains = "contains", 2..=2;
    /// `substring(text, first, length)`: from a character counted from 1, to the end by default.
    Substring = "substring", 2..=3;
    /// `concat(text, text, ...)`: one after the other; null where one is.
    Concat = "concat", 2..=1000;
    /// `coalesce(value, value, ...)`: the first that is not null.
    Coalesce = "coalesce", 2..=1000;
    /// `nullif(value, other)`: the first, or null where the two are equal.
    NullIf = "nullif", 2..=2;
    /// `least(value, value, ...)`: the smallest that is not null.
    Least = "least", 2..=1000;
    /// `greatest(value, value, ...)`: the largest that is not null.
    Greatest = "greatest", 2..=1000;
    /// `year(date or timestamp)`.
    Year = "year", 1..=1;
    /// `month(date or timestamp)`: 1 to 12.
    Month = "month", 1..=1;
    /// `day(date or timestamp)`: of the month, 1 to 31.
    Day = "day", 1..=1;
    /// `hour(timestamp)`: 0 to 23, in UTC for an instant.
    Hour = "hour", 1..=1;
    /// `weekday(date or timestamp)`: 1 for Monday to 7 for Sunday.
    Weekday = "weekday", 1..=1;
    /// `date(timestamp)`: its day, in UTC for an instant.
    Date = "date", 1..=1;
    /// `days_between(from, to)`: whole days, negative where `to` is earlier.
    DaysBetween = "days_between", 2..=2;
    /// `seconds_between(from, to)`: whole seconds, negative where `to` is earlier.
    SecondsBetween = "seconds_between", 2..=2;
    /// `matches(text, 'pattern')`: whether the whole text matches a regular expression.
    Matches = "matches", 2..=2;
}
