//! Møbelringen: sizes without a unit, two depths as `95/154` or `88-148`, the kind of seat inside
//! the model's name, cover and colour inside the description.
//!
//! The columns that end in `_i` are the collector's; they are empty wherever a size is a range, so
//! they serve as a cross-check only. `length` is the second side of a corner sofa or the chaise
//! longue, and the depth of a footstool.

use super::{Sizes, digits, price, seats, unreadable};
use crate::cleaning::{Doubt, Line, Reason, Understood};
use crate::dirty::{self, Span};
use crate::sofa::{Category, Shop, Sofa, collected_at};

pub(super) const NEEDED: &[&str] = &[
    "model",
    "description",
    "url",
    "price",
    "sku",
    "brand",
    "width",
    "width_i",
    "height",
    "length",
    "sit_height",
    "depth",
    "sleep",
];

/// Digits that all set-ups of one model share; three more number the set-up.
const MODEL_DIGITS: usize = 6;

pub(super) fn understand(line: &Line) -> Result<Understood, Reason> {
    let model = line.get("model");
    let description = line.get("description");
    let category = category(model)?;
    let sku = digits("sku", line.get("sku"), 6, 9)?;
    let sleeps = dirty::flag(line.get("sleep")).map_err(unreadable("sleep"))?;

    let mut sizes = Sizes::of(line);
    let width = sizes.read("width");
    let (depth, length) = (sizes.read("depth"), sizes.read("length"));
    let depth = match (depth, length) {
        (Some(depth), Some(length)) => Some(depth.with(length)),
        (None, Some(length)) if category != Category::Stool => {
            sizes.doubts.push(Doubt::SeatDepthUnknown);
            Some(Span {
                min: length.max,
                max: length.max,
            })
        }
        (depth, length) => depth.or(length),
    };
    let height = sizes.read("height");
    let seat_height = sizes.read("sit_height");
    sizes.compare(width.map(|span| span.max), "width_i");
    if category == Category::SofaSet {
        sizes.doubts.push(Doubt::TwoPieces);
    }

    let finish = finish(description);
    let sofa = Sofa {
        shop: Shop::Mobelringen,
        product_group_id: sku.get(..MODEL_DIGITS).map(str::to_owned),
        name: model.to_owned(),
        brand: line.get("brand").to_owned(),
        series: None,
        category,
        shop_category: kind(model).to_owned(),
        seats: seats(dirty::seats(model).or_else(|| opening_seats(description))),
        sleeps,
        price: price(line)?,
        width: width.map(Span::extent),
        depth: depth.map(Span::extent),
        height: height.map(Span::extent),
        seat_height: seat_height.map(Span::extent),
        colours: finish.map(dirty::colours).unwrap_or_default(),
        finish: finish.map(str::to_owned),
        variants: Vec::new(),
        url: line.get("url").to_owned(),
        collected_at: collected_at(),
        sku,
    };
    Ok((sofa, sizes.finish(width, depth)))
}

/// Words that tell the kind of seat, the most telling first.
const SEATS: &[(&str, Category)] = &[
    ("pall", Category::Stool),
    ("sovesofa", Category::SofaBed),
    ("hjørnesofa", Category::CornerSofa),
    ("sofagruppe", Category::SofaSet),
    ("3 + 2", Category::SofaSet),
    ("modulsofa", Category::ModularSofa),
    ("stol", Category::Armchair),
    (" 1-seter", Category::Armchair),
    ("seter", Category::Sofa),
];

fn category(model: &str) -> Result<Category, Reason> {
    let words = model.to_lowercase();
    SEATS
        .iter()
        .find(|(word, _)| words.contains(word))
        .map(|(_, category)| *category)
        .ok_or_else(|| Reason::UnknownKind {
            words: model.to_owned(),
        })
}

/// The model's name without the name: what stands from the first word that says what it is.
fn kind(model: &str) -> &str {
    let known = [
        "pall", "sofa", "stol", "divan", "seter", "hjørne", "modul", "sove",
    ];
    let says_what = |word: &str| {
        let word = word.to_lowercase();
        word.starts_with(|c: char| c.is_ascii_digit())
            || known.iter().any(|known| word.contains(known))
    };
    let mut start = 0;
    for word in model.split_inclusive(' ') {
        if says_what(word) {
            return model.get(start..).unwrap_or(model);
        }
        start += word.len();
    }
    model
}

/// The number of seats that a description opens with: `2,5-seter. Nobel, Lido trend linen`. Further
/// on it speaks of the parts of a set-up.
fn opening_seats(description: &str) -> Option<i32> {
    let (opening, _) = description.split_once(['.', '('])?;
    if opening.starts_with(|c: char| c.is_ascii_digit()) {
        dirty::seats(opening)
    } else {
        None
    }
}

/// What follows `Tekstil`, `Stoff`, `Hud` or `skinn`, up to the next point or comma.
fn finish(description: &str) -> Option<&str> {
    let (_, found) = ["tekstil", "stoff", "hud", "skinn"]
        .iter()
        .filter_map(|word| {
            let at = find_word(description, word)?;
            let behind = description.get(at + word.len()..)?;
            // `Hud/pvc` is the name of a cover itself.
            let found = if behind.starts_with('/') {
                description.get(at..)?
            } else {
                behind
            };
            Some((at, found))
        })
        .min_by_key(|(at, _)| *at)?;
    let found = found.trim_start_matches([':', ' ']);
    let end = found.find(['.', ',']).unwrap_or(found.len());
    Some(found[..end].trim()).filter(|text| !text.is_empty())
}

/// Where a word of ASCII letters stands, in any case and not inside a longer one.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let alone = |at: usize| {
        let before = lower[..at].chars().next_back();
        let after = lower[at + word.len()..].chars().next();
        ![before, after]
            .into_iter()
            .flatten()
            .any(char::is_alphanumeric)
    };
    lower
        .match_indices(word)
        .map(|(at, _)| at)
        .find(|&at| alone(at))
}
