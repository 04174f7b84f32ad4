//! Sofacompany: `76cm`, article numbers of up to 18 digits, `n` for no. The kind of seat and the
//! cover stand nowhere but in the link: `.../paula-3-seater-sofa-planet-grey-green-adjustable-224903242111`
//! is model, kind, cover, legs and article number.

use super::{Sizes, digits, price, seats, unreadable};
use crate::cleaning::{Line, Reason, Understood};
use crate::dirty::{self, Span};
use crate::sofa::{Category, Shop, Sofa, collected_at};

pub(super) const NEEDED: &[&str] = &[
    "model",
    "url",
    "price",
    "height",
    "width",
    "depth",
    "sit_height",
    "legs",
    "SKU",
    "sleep",
    "max_depth",
    "width_i",
];

/// Digits at the end of an article number: three for the cover, three for the legs.
const FINISH_DIGITS: usize = 6;

pub(super) fn understand(line: &Line) -> Result<Understood, Reason> {
    let model = line.get("model");
    let sku = digits("SKU", line.get("SKU"), 12, 18)?;
    let link = Link::read(line, &sku)?;
    let sleeps = dirty::flag(line.get("sleep")).map_err(unreadable("sleep"))?;

    let mut sizes = Sizes::of(line);
    let width = sizes.read("width");
    let (depth, deepest) = (sizes.read("depth"), sizes.read("max_depth"));
    let depth = match (depth, deepest) {
        (Some(depth), Some(deepest)) => Some(depth.with(deepest)),
        (depth, deepest) => depth.or(deepest),
    };
    let height = sizes.read("height");
    let seat_height = sizes.read("sit_height");
    sizes.compare(width.map(|span| span.max), "width_i");

    let kind = link.kind.replace('-', " ");
    // Longer numbers than these name several covers, so the model cannot be cut out of them.
    let grouped = matches!(sku.len(), 12 | 14);
    let sofa = Sofa {
        shop: Shop::Sofacompany,
        product_group_id: sku
            .get(..sku.len() - FINISH_DIGITS)
            .filter(|_| grouped)
            .map(str::to_owned),
        name: format!("{model} {kind}"),
        brand: "Sofacompany".to_owned(),
        series: Some(model.to_owned()),
        category: link.category,
        seats: seats(dirty::seats(link.kind)),
        shop_category: kind,
        sleeps,
        price: price(line)?,
        width: width.map(Span::extent),
        depth: depth.map(Span::extent),
        height: height.map(Span::extent),
        seat_height: seat_height.map(Span::extent),
        colours: dirty::colours(&link.cover),
        finish: Some(format!("{}; legs {}", link.cover, line.get("legs"))),
        variants: Vec::new(),
        url: line.get("url").to_owned(),
        collected_at: collected_at(),
        sku,
    };
    Ok((sofa, sizes.finish(width, depth)))
}

/// The kinds that stand behind the model in a link.
const SEATS: &[(&str, Category)] = &[
    ("2-seater-sofa", Category::Sofa),
    ("3-seater-sofa", Category::Sofa),
    ("4-seater-sofa", Category::Sofa),
    ("chaise-longue-sofa", Category::Sofa),
    ("cornersofa", Category::CornerSofa),
    // One piece of a system, sold for itself, whatever the shop calls it.
    ("modular-sofa", Category::Module),
    ("daybed-bench", Category::Daybed),
];

struct Link {
    kind: &'static str,
    category: Category,
    cover: String,
}

impl Link {
    fn read(line: &Line, sku: &str) -> Result<Self, Reason> {
        let last = line.get("url").rsplit('/').next().unwrap_or_default();
        let unknown = || Reason::UnknownKind {
            words: last.to_owned(),
        };
        let model = slug(line.get("model"));
        let rest = last
            .strip_suffix(sku)
            .and_then(|rest| rest.strip_prefix(model.as_str()))
            .ok_or_else(unknown)?
            .trim_matches('-');
        let (kind, category, rest) = SEATS
            .iter()
            .find_map(|(kind, category)| Some((*kind, *category, rest.strip_prefix(kind)?)))
            .ok_or_else(unknown)?;
        let legs = slug(line.get("legs"));
        let cover = rest
            .trim_matches('-')
            .strip_suffix(legs.as_str())
            .unwrap_or(rest);
        Ok(Self {
            kind,
            category,
            cover: cover.trim_matches('-').replace('-', " "),
        })
    }
}

/// A text as the shop writes it in links: lower case, everything else than letters and digits one `-`.
fn slug(text: &str) -> String {
    let words: Vec<String> = text
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.join("-")
}
