//! What the texts of a column are.

use std::collections::{BTreeMap, HashMap};

use super::hash::ByFingerprint;
use super::kind::{self, KindCounts, Numeric, TextKind};
use super::number::Numbers;
use super::pattern::{self, Pattern};
use super::sentinel::is_sentinel;
use super::shape::{Shape, Shapes};
use super::{MAX_LISTED, Seen, ValueCount};

/// The texts of a column.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Texts {
    /// Rows with a text that is neither empty nor stands for "missing".
    pub rows: u64,
    /// Rows whose text is empty.
    pub empty: Seen,
    /// Rows whose text is nothing but white space.
    pub blank: Seen,
    /// Rows whose text begins or ends with white space.
    pub padded: Seen,
    /// Texts that stand for "missing", as they are written, with their rows.
    pub sentinels: Vec<(String, Seen)>,
    /// The fewest characters, of texts that are not empty.
    pub min_length: u64,
    /// The most characters.
    pub max_length: u64,
    /// How many rows are of each kind, sentinels left out.
    pub kinds: KindCounts,
    /// Rows whose text is digits with a zero in front, which a number would lose.
    pub leading_zeros: Seen,
    /// Rows whose text is a whole number beyond 64 bits.
    pub too_long: Seen,
    /// Rows whose text is no number, sentinels left out.
    pub words: Seen,
    /// The numbers among them.
    pub numbers: Numbers,
    /// The shapes of the texts, those of most rows first.
    pub shapes: Vec<Shape>,
    /// Rows whose text has none of these shapes.
    pub other_shapes: Seen,
    /// The pattern of the shapes, where there is one.
    pub pattern: Option<Pattern>,
    /// Groups of texts that differ only in case, the most frequent text first, at most 64; `None` where there are
    /// too many different texts to tell.
    pub case_twins: Option<Vec<Vec<ValueCount>>>,
    /// The first and last moment, in microseconds, of texts that are days or times of ISO 8601.
    pub times: Option<(i64, i64)>,
}

/// The most bytes of different texts that one column keeps.
const MAX_KEPT_BYTES: usize = 4 << 20;
/// The most different sentinels.
const MAX_SENTINELS: usize = 16;

#[derive(Clone, Debug)]
struct Kept {
    text: Box<str>,
    seen: Seen,
}

/// Gathers the texts of a column: each different one once while there are few, then every row by itself.
#[derive(Clone, Debug)]
pub(super) struct TextCollector {
    kept: Option<ByFingerprint<Kept>>,
    kept_bytes: usize,
    limit: usize,
    texts: Texts,
    sentinels: BTreeMap<String, Seen>,
    shapes: Shapes,
}

impl TextCollector {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            kept: Some(ByFingerprint::default()),
            kept_bytes: 0,
            limit,
            texts: Texts {
                numbers: Numbers::new(),
                min_length: u64::MAX,
                ..Texts::default()
            },
            sentinels: BTreeMap::new(),
            shapes: Shapes::default(),
        }
    }

    pub(super) fn see(&mut self, text: &str, fingerprint: u64, row: u64) {
        let Some(kept) = &mut self.kept else {
            return self.look(text, 1, row);
        };
        if let Some(known) = kept.get_mut(&fingerprint)
            && *known.text == *text
        {
            return known.seen.add(1, row);
        }
        let is_full = kept.len() >= self.limit || self.kept_bytes + text.len() > MAX_KEPT_BYTES;
        if is_full || kept.contains_key(&fingerprint) {
            self.spill();
            return self.look(text, 1, row);
        }
        self.kept_bytes += text.len();
        let mut seen = Seen::default();
        seen.add(1, row);
        let text = text.into();
        kept.insert(fingerprint, Kept { text, seen });
    }

    /// Looks at what was kept, in the order of the rows.
    fn spill(&mut self) -> Vec<Kept> {
        let mut kept: Vec<Kept> = self.kept.take().unwrap_or_default().into_values().collect();
        kept.sort_by_key(|known| known.seen.first);
        for known in &kept {
            let first = known.seen.first.unwrap_or_default();
            self.look(&known.text, known.seen.rows, first);
        }
        kept
    }

    /// Takes rows of one text into account.
    fn look(&mut self, text: &str, rows: u64, first: u64) {
        let texts = &mut self.texts;
        if text.is_empty() {
            return texts.empty.add(rows, first);
        }
        let characters = text.chars().count();
        texts.min_length = texts.min_length.min(characters as u64);
        texts.max_length = texts.max_length.max(characters as u64);
        let trimmed = text.trim();
        if trimmed.is_empty() {
            texts.blank.add(rows, first);
            return texts.padded.add(rows, first);
        }
        if trimmed.len() != text.len() {
            texts.padded.add(rows, first);
        }
        if is_sentinel(text) && self.sentinels.len() < MAX_SENTINELS {
            let seen = self.sentinels.entry(text.to_owned()).or_default();
            return seen.add(rows, first);
        }
        texts.rows += rows;
        let number = match kind::numeric(text) {
            Numeric::Number(number) => {
                match number.integer {
                    Some(integer) => texts.numbers.see_integer(integer, rows, first),
                    None => texts.numbers.see_float(number.value, rows, first),
                }
                texts.numbers.see_digits(number.digits);
                Some(number)
            }
            Numeric::LeadingZero => {
                texts.leading_zeros.add(rows, first);
                None
            }
            Numeric::TooLong => {
                texts.too_long.add(rows, first);
                None
            }
            Numeric::No => {
                texts.words.add(rows, first);
                None
            }
        };
        texts.kinds.see(text, number.as_ref(), rows);
        if let Some(micros) = micros(text) {
            let (least, most) = texts.times.get_or_insert((micros, micros));
            *least = micros.min(*least);
            *most = micros.max(*most);
        }
        self.shapes.see(text, characters, rows, first);
    }

    /// The texts, and each different one with its rows where there are few.
    pub(super) fn finish(mut self) -> (Texts, Option<Vec<ValueCount>>) {
        let all_kept = self.kept.is_some();
        let kept = self.spill();
        let mut texts = self.texts;
        texts.sentinels = self.sentinels.into_iter().collect();
        texts.numbers = texts.numbers.finished();
        if texts.min_length == u64::MAX {
            texts.min_length = 0;
        }
        texts.other_shapes = self.shapes.others;
        texts.shapes = self.shapes.into_sorted();
        if texts.other_shapes.rows == 0 {
            texts.pattern = pattern::derive(&texts.shapes);
        }
        if !all_kept {
            return (texts, None);
        }
        let by_text = |known: &Kept| !known.text.is_empty() && !is_sentinel(&known.text);
        if let Some(pattern) = &mut texts.pattern {
            exceptions(pattern, kept.iter().filter(|known| by_text(known)));
        }
        texts.case_twins = Some(case_twins(&kept));
        let values = (kept.len() <= MAX_LISTED).then(|| {
            let mut values: Vec<ValueCount> = kept.iter().map(count).collect();
            values.sort_by_key(|value| (std::cmp::Reverse(value.seen.rows), value.seen.first));
            values
        });
        (texts, values)
    }
}

fn count(known: &Kept) -> ValueCount {
    ValueCount {
        value: known.text.as_ref().into(),
        seen: known.seen,
    }
}

/// Counts what a pattern does not match on the texts themselves, where they are known.
fn exceptions<'a>(pattern: &mut Pattern, texts: impl Iterator<Item = &'a Kept>) {
    let Some(regex) = pattern::whole(&pattern.regex) else {
        return;
    };
    (pattern.rows, pattern.exceptions) = (0, Seen::default());
    for known in texts.filter(|known| !known.text.trim().is_empty()) {
        if regex.is_match(&known.text) {
            pattern.rows += known.seen.rows;
        } else {
            pattern.exceptions.add_seen(&known.seen);
        }
    }
}

fn case_twins(kept: &[Kept]) -> Vec<Vec<ValueCount>> {
    let mut groups: HashMap<String, Vec<&Kept>> = HashMap::new();
    for known in kept {
        groups
            .entry(known.text.to_lowercase())
            .or_default()
            .push(known);
    }
    let mut twins: Vec<Vec<ValueCount>> = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .map(|group| {
            let mut values: Vec<ValueCount> = group.into_iter().map(count).collect();
            values.sort_by_key(|value| (std::cmp::Reverse(value.seen.rows), value.seen.first));
            values
        })
        .collect();
    twins.sort_by_key(|group| group.first().and_then(|value| value.seen.first));
    twins
}

/// The moment of a day or time of ISO 8601.
fn micros(text: &str) -> Option<i64> {
    if text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    if text.len() == 10 {
        let (format, _) = kind::DATE_FORMATS[0];
        let midnight = kind::date(text, format)?.and_hms_opt(0, 0, 0)?;
        return Some(midnight.and_utc().timestamp_micros());
    }
    kind::moment(text).map(|(micros, _)| micros)
}

impl Texts {
    /// The narrowest kind that every text is of, sentinels left out; `None` for prose and codes.
    #[must_use]
    pub fn kind(&self) -> Option<TextKind> {
        TextKind::all().find(|kind| self.rows > 0 && self.kinds.rows(*kind) == self.rows)
    }
}
