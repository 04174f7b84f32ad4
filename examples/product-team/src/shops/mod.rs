//! What each shop means by its columns.

mod ikea;
mod mobelringen;
mod sofacompany;

#[cfg(test)]
mod tests;

use dataproduct::Decimal;

use crate::cleaning::{Doubt, Line, Reason, Understood};
use crate::dirty::{self, Span, Unreadable};
use crate::sofa::{Money, Shop};

/// Makes a row of a line.
pub(crate) fn understand(shop: Shop, line: &Line) -> Result<Understood, Reason> {
    match shop {
        Shop::Ikea => ikea::understand(line),
        Shop::Mobelringen => mobelringen::understand(line),
        Shop::Sofacompany => sofacompany::understand(line),
    }
}

/// The columns without which a file is not the shop's.
pub(crate) fn needed(shop: Shop) -> &'static [&'static str] {
    match shop {
        Shop::Ikea => ikea::NEEDED,
        Shop::Mobelringen => mobelringen::NEEDED,
        Shop::Sofacompany => sofacompany::NEEDED,
    }
}

/// What a line calls its article, for a list of lines.
pub(crate) fn name(shop: Shop, line: &Line) -> &str {
    line.get(if shop == Shop::Ikea { "title" } else { "model" })
}

fn unreadable(field: &'static str) -> impl Fn(Unreadable) -> Reason {
    move |why| Reason::Unreadable { field, why }
}

fn price(line: &Line) -> Result<Money, Reason> {
    dirty::price(line.get("price")).map_err(unreadable("price"))
}

/// A number of `least..=most` digits, kept as text.
fn digits(field: &'static str, text: &str, least: usize, most: usize) -> Result<String, Reason> {
    let well_formed =
        (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed {
        Ok(text.to_owned())
    } else {
        Err(unreadable(field)(Unreadable::new(
            text,
            "an article number of digits",
        )))
    }
}

fn seats(tenths: Option<i32>) -> Option<Decimal<3, 1>> {
    tenths.and_then(|tenths| Decimal::from_units(i128::from(tenths)).ok())
}

/// Reads the sizes of one line and gathers what is unclear about them.
struct Sizes<'a> {
    line: &'a Line,
    doubts: Vec<Doubt>,
}

impl<'a> Sizes<'a> {
    fn of(line: &'a Line) -> Self {
        Self {
            line,
            doubts: Vec::new(),
        }
    }

    /// The size in a column. One that cannot be read is left out and doubted, not guessed.
    fn read(&mut self, field: &'static str) -> Option<Span> {
        match dirty::length(self.line.get(field)) {
            Ok(span) => span,
            Err(why) => {
                self.doubts.push(Doubt::Size { field, why });
                None
            }
        }
    }

    /// Compares with what the collector of the source worked out, where the collector knew.
    fn compare(&mut self, ours: Option<i32>, field: &'static str) {
        let theirs = self.read(field).map(|span| span.max);
        if let (Some(ours), Some(theirs)) = (ours, theirs)
            && ours != theirs
        {
            self.doubts.push(Doubt::Collector {
                field,
                differ: (ours, theirs),
            });
        }
    }

    /// Doubts the sizes that a seat should have and this one has not.
    fn finish(mut self, width: Option<Span>, depth: Option<Span>) -> Vec<Doubt> {
        if width.is_none() {
            self.doubts.push(Doubt::WidthUnknown);
        }
        if depth.is_none() {
            self.doubts.push(Doubt::DepthUnknown);
        }
        self.doubts.sort();
        self.doubts
    }
}
