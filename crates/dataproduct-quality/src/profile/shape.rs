//! The shapes of texts: which runs of digits, letters and other characters they are made of.

use std::collections::HashMap;

use super::Seen;

/// The most different shapes that are kept; text of more is prose, not a code.
pub const MAX_SHAPES: usize = 256;
/// The most characters of a text whose shape is looked at.
pub const MAX_SHAPE_CHARACTERS: usize = 48;
/// The most different words that are remembered at one place of a shape.
const MAX_WORDS: usize = 4;
/// The longest word that is remembered.
const MAX_WORD_CHARACTERS: usize = 8;

/// What a run of characters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Run {
    /// Digits 0 to 9.
    Digits,
    /// Letters A to Z.
    Upper,
    /// Letters a to z.
    Lower,
    /// Letters outside ASCII.
    Letters,
    /// One other character, as it is.
    Other(char),
}

/// A run of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub run: Run,
    /// How many characters it has.
    pub length: usize,
    /// The words that stand here, in the order of their first rows; empty where there are too many.
    pub words: Vec<String>,
}

/// A shape, and the rows that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The runs, from left to right.
    pub segments: Vec<Segment>,
    /// The rows.
    pub seen: Seen,
}

/// Gathers the shapes of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Shapes {
    kept: HashMap<Vec<(Run, usize)>, Shape>,
    /// Rows whose text has none of the shapes that are kept.
    pub(super) others: Seen,
    runs: Vec<(Run, usize)>,
}

impl Shapes {
    pub(super) fn see(&mut self, text: &str, characters: usize, rows: u64, first: u64) {
        // Prose has more shapes than are kept; once that shows, looking at more of it tells nothing.
        if characters > MAX_SHAPE_CHARACTERS || self.others.rows > 0 {
            return self.others.add(rows, first);
        }
        let mut runs = std::mem::take(&mut self.runs);
        runs_of(text, &mut runs);
        let found = self.kept.get_mut(&runs);
        if let Some(shape) = found {
            shape.seen.add(rows, first);
            words(text, &mut shape.segments);
        } else if self.kept.len() < MAX_SHAPES {
            let segments = first_segments(text, &runs);
            let mut seen = Seen::default();
            seen.add(rows, first);
            self.kept.insert(runs.clone(), Shape { segments, seen });
        } else {
            self.others.add(rows, first);
        }
        self.runs = runs;
    }

    /// The shapes, those of most rows first.
    pub(super) fn into_sorted(self) -> Vec<Shape> {
        let mut shapes: Vec<Shape> = self.kept.into_values().collect();
        shapes.sort_by_key(|shape| (std::cmp::Reverse(shape.seen.rows), shape.seen.first));
        shapes
    }
}

fn run(c: char) -> Run {
    match c {
        '0'..='9' => Run::Digits,
        'A'..='Z' => Run::Upper,
        'a'..='z' => Run::Lower,
        c if c.is_alphabetic() => Run::Letters,
        c => Run::Other(c),
    }
}

fn runs_of(text: &str, runs: &mut Vec<(Run, usize)>) {
    runs.clear();
    for c in text.chars() {
        let kind = run(c);
        match runs.last_mut() {
            Some((last, length)) if *last == kind => *length += 1,
            _ => runs.push((kind, 1)),
        }
    }
}

fn first_segments(text: &str, runs: &[(Run, usize)]) -> Vec<Segment> {
    let mut characters = text.chars();
    runs.iter()
        .map(|(run, length)| {
            let word: String = characters.by_ref().take(*length).collect();
            let is_word = matches!(run, Run::Upper | Run::Lower | Run::Letters);
            let words = if is_word && *length <= MAX_WORD_CHARACTERS {
                vec![word]
            } else {
                Vec::new()
            };
            Segment {
                run: *run,
                length: *length,
                words,
            }
        })
        .collect()
}

/// Notes the words of one more text of a shape.
fn words(text: &str, segments: &mut [Segment]) {
    if segments.iter().all(|segment| segment.words.is_empty()) {
        return;
    }
    let mut rest = text;
    for segment in segments {
        let end = rest
            .char_indices()
            .nth(segment.length)
            .map_or(rest.len(), |(at, _)| at);
        let (word, after) = rest.split_at(end);
        rest = after;
        if segment.words.is_empty() || segment.words.iter().any(|known| known == word) {
            continue;
        }
        if segment.words.len() < MAX_WORDS {
            segment.words.push(word.to_owned());
        } else {
            segment.words.clear();
        }
    }
}
