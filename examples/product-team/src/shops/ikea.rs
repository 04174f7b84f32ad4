//! IKEA: Norwegian column names, `198 cm`, `9.999 NOK`, the article number only in the link, and
//! the other colours as a Python literal.
//!
//! Besides sofas the file holds loose covers, legs, mattresses and cushions, which are no seats. The
//! collector's `width_a` is 0 where no width was found: that is "unknown", and so are its depths. For
//! daybeds the column `width` is the short side: along the wall stands the `length`.

use super::{Sizes, digits, price, seats, unreadable};
use crate::cleaning::{Doubt, Line, Reason, Understood};
use crate::dirty::{self, Literal, Span};
use crate::sofa::{Category, Colour, Shop, Sofa, collected_at};

pub(super) const NEEDED: &[&str] = &[
    "title",
    "url",
    "price",
    "typeName",
    "other_colors",
    "brand",
    "width",
    "depth",
    "height",
    "length",
    "sit_height",
    "Bredde høyre",
    "Bredde venstre",
    "Dybde sjeselong",
    "min_depth",
    "max_depth",
    "max_width",
    "Min. bredde",
    "Diameter",
    "Høyde inkludert ryggputer",
    "Antall sitteplasser",
    "width_a",
    "max_depth_a",
];

pub(super) fn understand(line: &Line) -> Result<Understood, Reason> {
    let kind = line.get("typeName");
    let (category, sleeps) = category(kind)?;
    let sku = article_number(line.get("url"))?;
    let others = Others::read(line.get("other_colors"), &sku)?;

    let mut sizes = Sizes::of(line);
    let (width, depth) = footprint(&mut sizes);
    let height = sizes
        .read("Høyde inkludert ryggputer")
        .or_else(|| sizes.read("height"));
    let seat_height = sizes.read("sit_height");

    let (name, finish) = match line.get("title").split_once(" - ") {
        Some((_, finish)) => (line.get("title"), Some(finish.to_owned())),
        None => (line.get("title"), None),
    };
    let colours = if others.own_colours.is_empty() {
        finish.as_deref().map(dirty::colours).unwrap_or_default()
    } else {
        others.own_colours
    };
    let sofa = Sofa {
        shop: Shop::Ikea,
        product_group_id: Some(others.smallest),
        name: name.to_owned(),
        brand: "IKEA".to_owned(),
        series: Some(line.get("brand").to_owned()),
        category,
        shop_category: kind.to_owned(),
        seats: seats(dirty::seats(kind).or_else(|| pieces(line.get("Antall sitteplasser")))),
        sleeps,
        price: price(line)?,
        width: width.map(Span::extent),
        depth: depth.map(Span::extent),
        height: height.map(Span::extent),
        seat_height: seat_height.map(Span::extent),
        colours,
        finish,
        variants: others.variants,
        url: line.get("url").to_owned(),
        collected_at: collected_at(),
        sku,
    };
    Ok((sofa, sizes.finish(width, depth)))
}

/// Words that an article begins with or holds and that make it something else than a seat.
const NO_SEATS: &[(&str, &str)] = &[
    ("trekk", "a loose cover"),
    ("ben ", "legs"),
    ("pute", "a cushion"),
    ("armlene", "an armrest"),
    ("ryggst", "a backrest"),
    ("madrass", "a mattress"),
    ("understell", "a frame"),
    ("sidebord til", "a table"),
    ("hengende oppbevaring", "storage"),
    ("sengeskuff", "storage"),
    ("baderomsmatte", "a bath mat"),
];

/// Words that tell the kind of seat, the most telling first.
const SEATS: &[(&str, Category)] = &[
    ("dagseng", Category::Daybed),
    ("fotskammel", Category::Stool),
    ("puff", Category::Stool),
    ("benk", Category::Bench),
    ("lenestol", Category::Armchair),
    ("sovesofadel", Category::Module),
    ("sovesofamodul", Category::Module),
    ("modulsofa", Category::ModularSofa),
    ("modulhjørnesofa", Category::ModularSofa),
    ("modul", Category::Module),
    ("endedel", Category::Module),
    ("påbyggingsdel", Category::Module),
    ("sjeselong", Category::ChaiseLongue),
    ("sovesofa", Category::SofaBed),
    ("hjørnesofa", Category::CornerSofa),
    ("u-formet", Category::CornerSofa),
    ("sofa", Category::Sofa),
];

/// The kind of seat, and whether it can be slept on.
fn category(kind: &str) -> Result<(Category, bool), Reason> {
    // The blank lets a pattern ask for the end of a word.
    let words = format!("{} ", kind.to_lowercase());
    // A seat with an armrest or with mattresses is still a seat: what an article is stands first,
    // unless it is a cover, which is named after what it covers.
    let foreign = NO_SEATS.iter().find(|(word, _)| words.starts_with(word));
    let cover = ["trekk ", "trekk"]
        .iter()
        .any(|cover| words.trim_end().ends_with(cover));
    let part = ["pute ", "understell ", "armlenebrett "]
        .iter()
        .any(|part| words.ends_with(part));
    if let Some((_, kind)) = foreign {
        return Err(Reason::NotASeat { kind });
    }
    if cover {
        return Err(Reason::NotASeat {
            kind: "a loose cover",
        });
    }
    if part || words.contains("understell") {
        let kind = if words.contains("pute") {
            "a cushion"
        } else {
            "a frame"
        };
        return Err(Reason::NotASeat { kind });
    }
    let category = SEATS
        .iter()
        .find(|(word, _)| words.contains(word))
        .map(|(_, category)| *category)
        .ok_or_else(|| Reason::UnknownKind {
            words: kind.to_owned(),
        })?;
    let sleeps = words.contains("sove") || words.contains("seng");
    Ok((category, sleeps))
}

/// The number at the end of the link: `s69305697` for a set, `00385309` for a single article.
fn article_number(url: &str) -> Result<String, Reason> {
    let last = url
        .trim_end_matches('/')
        .rsplit(['-', '/'])
        .next()
        .unwrap_or_default();
    let set = last.strip_prefix('s');
    let number = digits("url", set.unwrap_or(last), 8, 8)?;
    Ok(if set.is_some() {
        format!("s{number}")
    } else {
        number
    })
}

/// Width and depth of the footprint.
fn footprint(sizes: &mut Sizes<'_>) -> (Option<Span>, Option<Span>) {
    let shallow = join(sizes.read("depth"), sizes.read("min_depth"));
    let deep = [
        sizes.read("max_depth"),
        sizes.read("Bredde venstre"),
        sizes.read("Dybde sjeselong"),
    ];
    let deep = deep.into_iter().fold(None, join);
    let straight = sizes.read("width");
    let largest = sizes.read("max_width");
    let smallest = sizes.read("Min. bredde");
    let length = sizes.read("length");
    let diameter = sizes.read("Diameter");

    // Footstools and daybeds have a width and a length and no depth: the longer one is along the wall.
    let (mut width, mut depth) = (sizes.read("Bredde høyre").or(straight), join(shallow, deep));
    match (width, depth, length) {
        (Some(one), None, Some(other)) => {
            width = Some(if one.max >= other.max { one } else { other });
            depth = Some(if one.max >= other.max { other } else { one });
        }
        (None, Some(_), Some(length)) => width = Some(length),
        (None, None, None) if diameter.is_some_and(|round| round.max >= 300) => {
            (width, depth) = (diameter, diameter);
        }
        _ => {}
    }
    if width.is_none() && largest.is_some() {
        width = join(largest, smallest);
        if smallest.is_none() {
            sizes.doubts.push(Doubt::LargestWidthOnly);
        }
    }
    if shallow.is_none() && deep.is_some() {
        depth = deep.map(|span| Span {
            min: span.max,
            max: span.max,
        });
        sizes.doubts.push(Doubt::SeatDepthUnknown);
    }
    sizes.compare(width.map(|span| span.max), "width_a");
    sizes.compare(depth.map(|span| span.max), "max_depth_a");
    (width, depth)
}

fn join(one: Option<Span>, other: Option<Span>) -> Option<Span> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.with(other)),
        (one, other) => one.or(other),
    }
}

/// `3 stk.` or `2 pieces`, in tenths.
fn pieces(text: &str) -> Option<i32> {
    let (number, unit) = text.split_once(' ')?;
    let known = matches!(unit, "stk." | "pieces");
    number
        .parse::<i32>()
        .ok()
        .filter(|seats| known && (1..=12).contains(seats))
        .map(|seats| seats * 10)
}

/// The article and the same one in other colours.
struct Others {
    /// The smallest article number of all, which is the same whichever colour the page shows.
    smallest: String,
    variants: Vec<String>,
    own_colours: Vec<Colour>,
}

impl Others {
    /// Reads the list of colours, in which the article itself stands too; it is empty when there is
    /// only one colour.
    fn read(text: &str, sku: &str) -> Result<Self, Reason> {
        let list = dirty::literal(text).map_err(unreadable("other_colors"))?;
        let mut others = Self {
            smallest: sku.to_owned(),
            variants: Vec::new(),
            own_colours: Vec::new(),
        };
        for entry in list.elements() {
            let Some(number) = entry.get("productId").and_then(Literal::text) else {
                continue;
            };
            if number < others.smallest.as_str() {
                number.clone_into(&mut others.smallest);
            }
            if number != sku {
                if !others.variants.iter().any(|known| known == number) {
                    others.variants.push(number.to_owned());
                }
                continue;
            }
            let names = entry
                .get("colors")
                .map(Literal::elements)
                .unwrap_or_default();
            for name in names.iter().filter_map(|colour| colour.get("name")?.text()) {
                for colour in dirty::colours(name) {
                    if !others.own_colours.contains(&colour) {
                        others.own_colours.push(colour);
                    }
                }
            }
        }
        Ok(others)
    }
}
