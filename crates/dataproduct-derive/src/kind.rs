//! What can be told of a field's type from how it is written. A type under another name, an enum, a
//! newtype or a nested struct is `Other`: what it is, only the compiler knows.

use quote::ToTokens;
use syn::{Expr, ExprLit, GenericArgument, Lit, PathArguments, Type};

/// A type as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Bool,
    /// An integer, with the smallest and largest values of its column.
    Integer(i128, i128),
    Float,
    Decimal,
    Text,
    Bytes,
    Date,
    Timestamp,
    TimestampNtz,
    Uuid,
    List(Box<Kind>),
    Map,
    Optional(Box<Kind>),
    Other,
}

impl Kind {
    /// The type without `Option`.
    pub(crate) fn required(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner,
            other => other,
        }
    }

    /// Whether the macro can see that a column can have it.
    pub(crate) fn is_known(&self) -> bool {
        match self {
            Self::Optional(inner) | Self::List(inner) => inner.is_known(),
            // What stands in a map is not looked into further.
            Self::Map | Self::Other => false,
            _ => true,
        }
    }

    /// What it is called in a message.
    pub(crate) fn name(&self) -> &'static str {
        match self.required() {
            Self::Bool => "a truth value",
            Self::Integer(..) => "an integer",
            Self::Float => "a floating-point number",
            Self::Decimal => "a decimal",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Date => "a date",
            Self::Timestamp => "a timestamp",
            Self::TimestampNtz => "a time without zone",
            Self::Uuid => "a UUID",
            Self::List(_) => "a list",
            Self::Map => "a map",
            Self::Optional(_) | Self::Other => "this type",
        }
    }

    /// The kind of a type, or what to write instead of a type that no column has.
    pub(crate) fn of(ty: &Type) -> syn::Result<Self> {
        let refuse = |instead: &str| Err(refusal(ty, instead));
        match ty {
            Type::Group(group) => Self::of(&group.elem),
            Type::Paren(paren) => Self::of(&paren.elem),
            Type::Path(path) => {
                let Some(segment) = path.path.segments.last() else {
                    return Ok(Self::Other);
                };
                let arguments = match &segment.arguments {
                    PathArguments::AngleBracketed(list) => list.args.iter().collect(),
                    _ => Vec::new(),
                };
                named(ty, &segment.ident.to_string(), &arguments)
            }
            Type::Reference(reference) => match reference.elem.as_ref() {
                Type::Path(path) if path.path.is_ident("str") => {
                    refuse("a row owns its values: write `String`")
                }
                Type::Slice(_) => refuse("a row owns its values: write `Vec<...>`"),
                _ => refuse("a row owns its values: write the type without `&`"),
            },
            Type::Slice(_) => refuse("a row owns its values: write `Vec<...>`"),
            Type::Array(_) => refuse("no column has an array type: write `Vec<...>`"),
            Type::Tuple(tuple) if tuple.elems.is_empty() => {
                refuse("a column needs a type with values: leave the field out")
            }
            Type::Tuple(_) => refuse(
                "the parts of a tuple have no names: write a struct with `#[derive(Record)]`",
            ),
            Type::Ptr(_) | Type::BareFn(_) | Type::TraitObject(_) | Type::ImplTrait(_) => {
                refuse("no column has this type: write one with values that can be stored")
            }
            _ => Ok(Self::Other),
        }
    }
}

/// The mistake of a type that no column has, with what to write instead.
fn refusal(ty: &Type, instead: &str) -> syn::Error {
    let message = format!(
        "`{}` is not a type that a column can have: {instead}",
        shown(ty)
    );
    syn::Error::new_spanned(ty, message)
}

/// A type as its author would write it.
fn shown(ty: &Type) -> String {
    let spaces = [
        (" < ", "<"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" :: ", "::"),
        (" ,", ","),
        ("& ", "&"),
        (" ;", ";"),
    ];
    spaces
        .iter()
        .fold(ty.to_token_stream().to_string(), |text, (from, to)| {
            text.replace(from, to)
        })
}

/// The integers that a column can have.
fn integer(name: &str) -> Option<Kind> {
    let (smallest, largest) = match name {
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" => (i64::MIN.into(), i64::MAX.into()),
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" => (0, u64::MAX.into()),
        _ => return None,
    };
    Some(Kind::Integer(smallest, largest))
}

fn named(ty: &Type, name: &str, arguments: &[&GenericArgument]) -> syn::Result<Kind> {
    let refuse = |instead: &str| Err(refusal(ty, instead));
    let inner = |place: usize| match arguments.get(place) {
        Some(GenericArgument::Type(inner)) => Kind::of(inner).map(Some),
        _ => Ok(None),
    };
    if let Some(kind) = integer(name) {
        return Ok(kind);
    }
    match (name, arguments.len()) {
        ("bool", 0) => Ok(Kind::Bool),
        ("usize", 0) => refuse("its size depends on the machine: write `u64` or `u32`"),
        ("isize", 0) => refuse("its size depends on the machine: write `i64` or `i32`"),
        ("i128" | "u128", 0) => refuse("no table has integers of 128 bits: write `Decimal<38, 0>`"),
        ("f32" | "f64", 0) => Ok(Kind::Float),
        ("char", 0) => refuse("no column has single characters: write `String`"),
        ("str", 0) => refuse("a row owns its values: write `String`"),
        ("String", 0) => Ok(Kind::Text),
        ("PathBuf" | "OsString" | "CString", 0) => {
            refuse("it may not be UTF-8: write `String`, or `Vec<u8>` for bytes")
        }
        ("Uuid", 0) => Ok(Kind::Uuid),
        ("Bytes", 0) => Ok(Kind::Bytes),
        ("NaiveDate", 0) => Ok(Kind::Date),
        ("NaiveDateTime", 0) => Ok(Kind::TimestampNtz),
        ("NaiveTime", 0) => refuse("no table has a time of day: write seconds of the day as `i32`"),
        ("SystemTime" | "Instant", 0) => refuse("write `DateTime<Utc>`"),
        ("Duration" | "TimeDelta", 0) => refuse(
            "no table has lengths of time: write an integer, and the unit in its name or `unit`",
        ),
        ("DateTime", 1) => match arguments[0]
            .to_token_stream()
            .to_string()
            .rsplit(' ')
            .next()
        {
            Some("Local" | "FixedOffset" | "Tz") => refuse(
                "tables keep instants in UTC: write `DateTime<Utc>`, and the zone in a column of its own",
            ),
            _ => Ok(Kind::Timestamp),
        },
        ("Decimal", 2) => decimal(ty, arguments),
        ("Vec", 1) => match arguments[0] {
            GenericArgument::Type(Type::Path(path)) if path.path.is_ident("u8") => Ok(Kind::Bytes),
            _ => Ok(Kind::List(Box::new(inner(0)?.unwrap_or(Kind::Other)))),
        },
        ("VecDeque" | "LinkedList" | "HashSet" | "BTreeSet", 1) => {
            refuse("write `Vec<...>`, with `#[column(unique_items)]` where no element comes twice")
        }
        ("BTreeMap" | "HashMap", 2..) => {
            if let Some(Kind::Optional(_)) = inner(0)? {
                return refuse("the key of a map is never missing: write it without `Option`");
            }
            inner(1)?;
            Ok(Kind::Map)
        }
        ("Option", 1) => match inner(0)? {
            Some(Kind::Optional(_)) => {
                refuse("a value is missing or it is not: write `Option` once")
            }
            kind => Ok(Kind::Optional(Box::new(kind.unwrap_or(Kind::Other)))),
        },
        ("Box" | "Arc" | "Cow", _) => match arguments.last() {
            Some(GenericArgument::Type(Type::Path(path))) if path.path.is_ident("str") => {
                Ok(Kind::Text)
            }
            _ if name == "Box" => {
                refuse("a column holds its values itself: write the type without `Box`")
            }
            _ => Ok(Kind::Other),
        },
        ("Rc" | "RefCell" | "Cell" | "Mutex" | "RwLock", 1) => {
            refuse("a column holds its values itself: write the type inside")
        }
        ("Result", _) => refuse("a row holds what is known: write `Option<...>`"),
        _ => Ok(Kind::Other),
    }
}

/// `Decimal<P, S>` with its numbers, where they are written out.
fn decimal(ty: &Type, arguments: &[&GenericArgument]) -> syn::Result<Kind> {
    let number = |argument: &GenericArgument| match argument {
        GenericArgument::Const(Expr::Lit(ExprLit {
            lit: Lit::Int(int), ..
        })) => int.base10_parse::<u32>().ok(),
        _ => None,
    };
    if let (Some(precision), Some(scale)) = (number(arguments[0]), number(arguments[1]))
        && (precision == 0 || precision > 38 || scale > precision)
    {
        return Err(refusal(
            ty,
            "a decimal has 1 to 38 digits, at most all of them after the point: write `Decimal<10, 2>`",
        ));
    }
    Ok(Kind::Decimal)
}
