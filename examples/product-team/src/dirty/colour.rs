//! Colours inside other text: `Viarp beige/brun`, `Gunnared mellomgrå`, `planet-grey-green`.

use crate::sofa::Colour;

/// Words that name a colour family, in Norwegian and English; the end of a compound counts, so that
/// `mellomgrå` is grey. Names that shops invent (`pewter`, `honey`, `forest`) are left out: what
/// they mean is a guess.
const WORDS: &[(&str, Colour)] = &[
    ("hvit", Colour::White),
    ("white", Colour::White),
    ("beige", Colour::Beige),
    ("gul", Colour::Yellow),
    ("yellow", Colour::Yellow),
    ("gold", Colour::Yellow),
    ("oransje", Colour::Orange),
    ("orange", Colour::Orange),
    ("rød", Colour::Red),
    ("red", Colour::Red),
    ("rosa", Colour::Pink),
    ("pink", Colour::Pink),
    ("rose", Colour::Pink),
    ("lilla", Colour::Purple),
    ("purple", Colour::Purple),
    ("violet", Colour::Purple),
    ("plum", Colour::Purple),
    ("blå", Colour::Blue),
    ("blue", Colour::Blue),
    ("navy", Colour::Blue),
    ("turkis", Colour::Turquoise),
    ("turquoise", Colour::Turquoise),
    ("aqua", Colour::Turquoise),
    ("grønn", Colour::Green),
    ("green", Colour::Green),
    ("brun", Colour::Brown),
    ("brown", Colour::Brown),
    ("grå", Colour::Grey),
    ("grey", Colour::Grey),
    ("svart", Colour::Black),
    ("sort", Colour::Black),
    ("black", Colour::Black),
];

/// The colour families that a text names, in its order, each once.
#[must_use]
pub fn colours(text: &str) -> Vec<Colour> {
    let mut found = Vec::new();
    for word in text.to_lowercase().split(|c: char| !c.is_alphabetic()) {
        let colour = WORDS
            .iter()
            .find(|(name, _)| names(word, name))
            .map(|(_, colour)| *colour);
        if let Some(colour) = colour.filter(|colour| !found.contains(colour)) {
            found.push(colour);
        }
    }
    found
}

/// Whether a word is a colour's name or a compound that ends in it. In English only the word itself
/// and `wine-` count: `textured` ends in `red` and is no colour.
fn names(word: &str, name: &str) -> bool {
    let norwegian = !matches!(
        name,
        "red" | "rose" | "gul" | "sort" | "gold" | "plum" | "navy" | "aqua"
    );
    word == name || (norwegian && word.ends_with(name)) || (name == "red" && word == "winered")
}
