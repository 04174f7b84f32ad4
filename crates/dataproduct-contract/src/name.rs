//! Names that become folders, and references to products by version.

use std::fmt;
use std::str::FromStr;

use crate::{Version, VersionReq};

/// The longest name of a domain or a product, in bytes.
pub const MAX_NAME_BYTES: usize = 63;

/// Why a name or a reference was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The text is no segment `[a-z][a-z0-9-]{0,62}`.
    #[error(
        "`{text}` is not a valid name: write 1 to 63 of `a-z`, `0-9` and `-`, starting with a letter{hint}"
    )]
    Segment {
        /// The text, shortened and with control characters escaped.
        text: String,
        /// A name that would be valid, where one can be guessed.
        hint: String,
    },
    /// The text is not `domain.product`.
    #[error(
        "`{text}` does not name a product: write `domain.product`, such as `inventory.stock-levels`"
    )]
    Product {
        /// The text, shortened and with control characters escaped.
        text: String,
    },
    /// The part after `@` is no version range.
    #[error("`{text}` is not a version range: write `^1`, `~1.2`, `=1.2.3` or `*`")]
    Range {
        /// The text, shortened and with control characters escaped.
        text: String,
    },
}

fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().count() > 80 {
        out.push('…');
    }
    out
}

/// What the text would be as a segment: lower case, words joined by `-`.
fn suggestion(text: &str) -> String {
    let mut out = String::new();
    let mut previous_lower = false;
    for c in text.chars().take(MAX_NAME_BYTES) {
        if c.is_ascii_uppercase() && previous_lower {
            out.push('-');
        }
        previous_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => out.push(c),
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    let out = out.trim_matches('-').to_owned();
    if is_segment(&out) {
        format!(", such as `{out}`")
    } else {
        String::new()
    }
}

fn is_segment(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [b'a'..=b'z', ..])
        && bytes.len() <= MAX_NAME_BYTES
        && bytes
            .iter()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// A validated segment `[a-z][a-z0-9-]{0,62}`: the name of a domain or of a product within it.
///
/// Storage paths are built from nothing else, so no name can leave its folder.
///
/// ```
/// use dataproduct_contract::Name;
/// assert_eq!("stock-levels".parse::<Name>()?.as_str(), "stock-levels");
/// assert!("../etc".parse::<Name>().is_err());
/// # Ok::<(), dataproduct_contract::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        if is_segment(text) {
            Ok(Self(text.into()))
        } else {
            Err(NameError::Segment {
                text: shown(text),
                hint: suggestion(text),
            })
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A data product by name: `inventory.stock-levels`.
///
/// ```
/// use dataproduct_contract::ProductName;
/// let name: ProductName = "inventory.stock-levels".parse()?;
/// assert_eq!(name.domain().as_str(), "inventory");
/// assert_eq!(name.product().as_str(), "stock-levels");
/// # Ok::<(), dataproduct_contract::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductName {
    domain: Name,
    product: Name,
}

impl ProductName {
    /// The product of that name in that domain.
    #[must_use]
    pub fn new(domain: Name, product: Name) -> Self {
        Self { domain, product }
    }

    /// The domain that owns the product.
    #[must_use]
    pub fn domain(&self) -> &Name {
        &self.domain
    }

    /// The product's name within its domain.
    #[must_use]
    pub fn product(&self) -> &Name {
        &self.product
    }
}

impl FromStr for ProductName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (domain, product) = text
            .split_once('.')
            .ok_or_else(|| NameError::Product { text: shown(text) })?;
        Ok(Self {
            domain: domain.parse()?,
            product: product.parse()?,
        })
    }
}

impl fmt::Display for ProductName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.domain, self.product)
    }
}

/// A product and the versions of it that a consumer accepts: `inventory.stock-levels@^1`.
///
/// Without `@` every version is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProductRef {
    /// The product.
    pub name: ProductName,
    /// The accepted versions.
    pub versions: VersionReq,
}

impl ProductRef {
    /// Whether that version of the product is accepted.
    #[must_use]
    pub fn accepts(&self, version: &Version) -> bool {
        self.versions.matches(version)
    }
}

impl FromStr for ProductRef {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (name, range) = text.split_once('@').unwrap_or((text, "*"));
        let versions = range
            .parse()
            .map_err(|_| NameError::Range { text: shown(range) })?;
        Ok(Self {
            name: name.parse()?,
            versions,
        })
    }
}

impl fmt::Display for ProductRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.versions)
    }
}

impl From<ProductName> for ProductRef {
    fn from(name: ProductName) -> Self {
        Self {
            name,
            versions: VersionReq::any(),
        }
    }
}

/// A column of another product, as a relationship names it: `product.catalogue#sku`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ColumnRef {
    /// The product that holds the column.
    pub product: ProductName,
    /// The column's path in it; nested columns are joined by `.`.
    pub column: String,
}

impl FromStr for ColumnRef {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.split_once('#') {
            Some((product, column)) if !column.is_empty() => Ok(Self {
                product: product.parse()?,
                column: column.to_owned(),
            }),
            _ => Err(NameError::Product { text: shown(text) }),
        }
    }
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.product, self.column)
    }
}

macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
serde_as_text!(
    Name,
    ProductName,
    ProductRef,
    ColumnRef,
    Version,
    VersionReq
);
