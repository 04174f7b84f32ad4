//! The lines of all sources become the rows of the product; no line is lost.

use std::collections::BTreeMap;
use std::fmt;

use crate::dirty::Unreadable;
use crate::shops;
use crate::sofa::{Shop, Sofa};

/// What came of all lines of all sources.
#[derive(Clone, Debug)]
pub struct Cleaning {
    /// How many lines the sources have, without their headers.
    pub lines: usize,
    /// The rows to publish, sorted by article number, no number twice.
    pub rows: Vec<Sofa>,
    /// The lines that are no rows, in the order of the sources.
    pub rejected: Vec<Rejected>,
    /// What is unclear about rows that are published all the same, in the order of the sources.
    pub doubted: Vec<Doubted>,
}

/// A line that is no row of the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The source.
    pub shop: Shop,
    /// The line of the source, from 1, without the header.
    pub line: usize,
    /// What the line calls the article.
    pub name: String,
    /// Why it is no row.
    pub reason: Reason,
}

/// Why a line is no row of the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The article is nothing to sit on.
    NotASeat {
        /// What it is.
        kind: &'static str,
    },
    /// The words of the shop name no kind of article that is known here.
    UnknownKind {
        /// The words.
        words: String,
    },
    /// A field that a row cannot do without cannot be read.
    Unreadable {
        /// The column of the source.
        field: &'static str,
        /// What is wrong with it.
        why: Unreadable,
    },
    /// Another line has the same article number.
    Duplicate {
        /// The number.
        sku: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASeat { kind } => write!(f, "not a seat: {kind}"),
            Self::UnknownKind { words } => write!(f, "`{words}` names no known kind of article"),
            Self::Unreadable { field, why } => write!(f, "{field}: {why}"),
            Self::Duplicate { sku } => write!(f, "another line has the number {sku}"),
        }
    }
}

/// Something unclear about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubted {
    /// The source.
    pub shop: Shop,
    /// The line of the source, from 1, without the header.
    pub line: usize,
    /// The article number.
    pub sku: String,
    /// What is unclear.
    pub doubt: Doubt,
}

/// What is unclear about a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// The shop does not state a width; the row has none.
    WidthUnknown,
    /// The shop does not state a depth; the row has none.
    DepthUnknown,
    /// Only the depth of the longer side is known; the row states it as smallest and largest.
    SeatDepthUnknown,
    /// The width is that of the longest set-up of several, as no other is stated.
    LargestWidthOnly,
    /// The row is a set of two sofas: its sizes are those of either.
    TwoPieces,
    /// A size that cannot be read; the row has none.
    Size {
        /// The column of the source.
        field: &'static str,
        /// What is wrong with it.
        why: Unreadable,
    },
    /// The collector of the source worked out another number.
    Collector {
        /// The collector's column.
        field: &'static str,
        /// Ours and the collector's, in millimetres.
        differ: (i32, i32),
    },
}

impl Doubt {
    /// The kind of doubt in few words, for counting.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::WidthUnknown => "width not stated",
            Self::DepthUnknown => "depth not stated",
            Self::SeatDepthUnknown => "seat depth not stated, depth of the long side only",
            Self::LargestWidthOnly => "only the width of the largest set-up stated",
            Self::TwoPieces => "two sofas in one article",
            Self::Size { .. } => "size not readable",
            Self::Collector { .. } => "differs from the collector's own figure",
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::Size { field, why } => write!(f, ": {field}: {why}"),
            Self::Collector {
                field,
                differ: (ours, theirs),
            } => {
                write!(
                    f,
                    ": {field}: {} cm here, {} cm there",
                    ours / 10,
                    theirs / 10
                )
            }
            _ => Ok(()),
        }
    }
}

/// A source that is no table of the expected columns.
#[derive(Debug)]
pub struct SourceError {
    shop: Shop,
    source: csv::Error,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the file of {} cannot be read: {}",
            self.shop, self.source
        )
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A line that was understood, with what is unclear about it.
pub(crate) type Understood = (Sofa, Vec<Doubt>);

/// Cleans the three sources that stand beside the code.
///
/// # Errors
/// [`SourceError`] when a file is not the CSV that the shop's reader expects. A line that cannot be
/// understood is not an error: it is in [`Cleaning::rejected`].
pub fn clean() -> Result<Cleaning, SourceError> {
    clean_sources(&[
        (Shop::Ikea, include_str!("../data/ikea.csv")),
        (Shop::Mobelringen, include_str!("../data/mobelringen.csv")),
        (Shop::Sofacompany, include_str!("../data/sofacompany.csv")),
    ])
}

/// Cleans sources given as text.
pub(crate) fn clean_sources(sources: &[(Shop, &str)]) -> Result<Cleaning, SourceError> {
    let mut cleaning = Cleaning {
        lines: 0,
        rows: Vec::new(),
        rejected: Vec::new(),
        doubted: Vec::new(),
    };
    let mut rows: BTreeMap<String, Sofa> = BTreeMap::new();
    for &(shop, text) in sources {
        let lines = read(shop, text).map_err(|source| SourceError { shop, source })?;
        for (at, line) in lines.iter().enumerate() {
            let number = at + 1;
            cleaning.lines += 1;
            let understood = shops::understand(shop, line).and_then(|(sofa, doubts)| {
                if rows.contains_key(&sofa.sku) {
                    Err(Reason::Duplicate { sku: sofa.sku })
                } else {
                    Ok((sofa, doubts))
                }
            });
            match understood {
                Ok((sofa, doubts)) => {
                    cleaning
                        .doubted
                        .extend(doubts.into_iter().map(|doubt| Doubted {
                            shop,
                            line: number,
                            sku: sofa.sku.clone(),
                            doubt,
                        }));
                    rows.insert(sofa.sku.clone(), sofa);
                }
                Err(reason) => cleaning.rejected.push(Rejected {
                    shop,
                    line: number,
                    name: shops::name(shop, line).to_owned(),
                    reason,
                }),
            }
        }
    }
    cleaning.rows = rows.into_values().collect();
    Ok(cleaning)
}

/// A line of a source by the names of its columns.
#[derive(Debug)]
pub(crate) struct Line {
    fields: BTreeMap<String, String>,
}

impl Line {
    /// The text in a column, without blanks around it; empty when there is none.
    pub(crate) fn get(&self, column: &str) -> &str {
        self.fields.get(column).map_or("", |text| text.trim())
    }
}

fn read(shop: Shop, text: &str) -> Result<Vec<Line>, csv::Error> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    if let Some(missing) = shops::needed(shop)
        .iter()
        .find(|name| !header.iter().any(|h| h == **name))
    {
        let what = format!("there is no column `{missing}`");
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, what).into());
    }
    let line = |record: csv::StringRecord| {
        let fields = header.iter().zip(record.iter());
        Line {
            fields: fields
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect(),
        }
    };
    reader.records().map(|record| record.map(line)).collect()
}
