//! Patterns that are runs of classes of bytes, one after another.
//!
//! Such a pattern is `c1{a1,b1} c2{a2,b2} …`: each class of bytes repeated so many times. If a run of no fixed length
//! can not be mistaken for the start of what follows it, taking as many bytes as possible is the only way to match,
//! and nothing is ever taken back.
//!
//! When every run has a fixed length, all texts that match are equally long, and eight bytes are compared at once:
//! for bytes below 128, `x + (128 - low)` has its highest bit set exactly if `x >= low`, and `x + (127 - high)`
//! exactly if `x > high`. No sum runs over into the next byte, and a text with a byte above 127 never matches.

use arrow_array::{Array, StringArray};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::super::set::{eight, keep};
use crate::failed::Failed;

/// The longest pattern of fixed length that is compared by words, in bytes.
const MAX_FIXED: usize = 64;
/// The most ranges of a class that is compared by words.
const MAX_RANGES: usize = 4;
/// The most runs; patterns of more are left to the regular expression.
const MAX_RUNS: usize = 256;
/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A pattern as runs.
#[derive(Clone, Debug)]
pub(super) struct Runs {
    runs: Vec<Run>,
    words: Option<Fixed>,
    whole: bool,
}

/// A class of ASCII bytes, and how often one of it stands here.
#[derive(Clone, Debug, PartialEq)]
struct Run {
    class: [bool; 256],
    least: usize,
    most: usize,
}

/// A pattern of fixed length, eight bytes a word.
#[derive(Clone, Debug)]
struct Fixed {
    length: usize,
    words: Vec<Word>,
}

/// For each byte of a word the ranges that it may be in, as what is added to tell.
#[derive(Clone, Debug)]
struct Word {
    start: usize,
    /// The bytes of the text; others are not looked at.
    mask: u64,
    ranges: Vec<(u64, u64)>,
}

/// A word with one range a byte.
#[derive(Clone, Copy)]
struct Simple {
    start: usize,
    mask: u64,
    low: u64,
    high: u64,
}

impl Simple {
    #[inline]
    fn holds(self, data: &[u8], start: usize) -> bool {
        let word = eight(data, start + self.start) & self.mask;
        word.wrapping_add(self.low) & !word.wrapping_add(self.high) & !word & HIGH == HIGH
    }
}

impl Runs {
    /// The runs of a pattern, unless it is something else.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
        let mut building = Building {
            runs: Vec::new(),
            whole: true,
            ended: false,
        };
        building.add(&hir)?;
        let Building { runs, whole, .. } = building;
        let words = Fixed::of(&runs);
        let is_plain = words.is_some() || is_deterministic(&runs);
        is_plain.then_some(Self { runs, words, whole })
    }

    /// Whether no text beyond ASCII matches.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The texts that do not match, as far as ASCII is concerned.
    pub(super) fn failing(&self, texts: &StringArray) -> Failed {
        let data = texts.value_data();
        let ends: &[i32] = texts.value_offsets();
        let span = |row: usize| (ends[row] as usize, ends[row + 1] as usize);
        match &self.words {
            Some(fixed) => match fixed.words.as_slice() {
                // Nearly all codes: up to 16 bytes with one range each. What is compared is at hand in registers.
                [one] if one.is_simple() => {
                    let one = one.simple();
                    Failed::of_rows(texts.len(), texts.nulls(), |row| {
                        let (start, end) = span(row);
                        (end - start != fixed.length) | !one.holds(data, start)
                    })
                }
                [one, two] if one.is_simple() && two.is_simple() => {
                    let (one, two) = (one.simple(), two.simple());
                    Failed::of_rows(texts.len(), texts.nulls(), |row| {
                        let (start, end) = span(row);
                        (end - start != fixed.length)
                            | !one.holds(data, start)
                            | !two.holds(data, start)
                    })
                }
                words => Failed::of_rows(texts.len(), texts.nulls(), |row| {
                    let (start, end) = span(row);
                    end - start != fixed.length || !words.iter().all(|word| word.holds(data, start))
                }),
            },
            None => Failed::of_rows(texts.len(), texts.nulls(), |row| {
                let (start, end) = span(row);
                !self.holds(data.get(start..end).unwrap_or_default())
            }),
        }
    }

    /// Whether a text is the runs one after another, each as long as it can be.
    fn holds(&self, mut text: &[u8]) -> bool {
        for run in &self.runs {
            let reach = text.get(..run.most).unwrap_or(text);
            let taken = reach
                .iter()
                .position(|byte| !run.class[usize::from(*byte)])
                .unwrap_or(reach.len());
            if taken < run.least {
                return false;
            }
            text = text.get(taken..).unwrap_or_default();
        }
        text.is_empty()
    }
}

impl Word {
    fn of(start: usize, classes: &[&[bool; 256]]) -> Option<Self> {
        let of_bytes: Vec<Vec<(u8, u8)>> = classes.iter().map(|class| ranges(class)).collect();
        let most = of_bytes.iter().map(Vec::len).max().unwrap_or(0);
        if most > MAX_RANGES || of_bytes.iter().any(Vec::is_empty) {
            return None;
        }
        let ranges = (0..most).map(|n| {
            // Beyond the text there are zeros, which every range holds.
            let mut sums = ([0x80; 8], [0x7f; 8]);
            for (byte, of_byte) in of_bytes.iter().enumerate() {
                // A byte with fewer ranges has its last one several times.
                let (low, high) = of_byte.get(n).or(of_byte.last()).copied().unwrap_or((1, 0));
                sums.0[byte] = 0x80 - low;
                sums.1[byte] = 0x7f - high;
            }
            (u64::from_le_bytes(sums.0), u64::from_le_bytes(sums.1))
        });
        Some(Self {
            start,
            mask: keep(u64::MAX, classes.len()),
            ranges: ranges.collect(),
        })
    }

    /// Whether the bytes of a text that starts there are each in one of their ranges.
    #[inline]
    fn holds(&self, data: &[u8], start: usize) -> bool {
        let word = eight(data, start + self.start) & self.mask;
        let within = self.ranges.iter().fold(0, |all, (low, high)| {
            all | (word.wrapping_add(*low) & !word.wrapping_add(*high))
        });
        within & !word & HIGH == HIGH
    }

    fn is_simple(&self) -> bool {
        self.ranges.len() == 1
    }

    fn simple(&self) -> Simple {
        // No byte is in the range that stands for none.
        let (low, high) = self.ranges.first().copied().unwrap_or_default();
        Simple {
            start: self.start,
            mask: self.mask,
            low,
            high,
        }
    }
}

impl Fixed {
    fn of(runs: &[Run]) -> Option<Self> {
        let mut classes = Vec::new();
        for run in runs {
            if run.least != run.most || classes.len() + run.least > MAX_FIXED {
                return None;
            }
            classes.extend(std::iter::repeat_n(&run.class, run.least));
        }
        let chunks = classes.chunks(8).enumerate();
        let words = chunks.map(|(place, chunk)| Word::of(8 * place, chunk));
        Some(Self {
            length: classes.len(),
            words: words.collect::<Option<_>>()?,
        })
    }
}

/// The ranges of ASCII bytes that are in a class.
fn ranges(class: &[bool; 256]) -> Vec<(u8, u8)> {
    let mut out: Vec<(u8, u8)> = Vec::new();
    for byte in 0..128 {
        if !class[usize::from(byte)] {
            continue;
        }
        match out.last_mut() {
            Some((_, high)) if *high + 1 == byte => *high = byte,
            _ => out.push((byte, byte)),
        }
    }
    out
}

/// Whether no run of varying length can be mistaken for what may follow it.
fn is_deterministic(runs: &[Run]) -> bool {
    runs.iter().enumerate().all(|(place, run)| {
        if run.least == run.most {
            return true;
        }
        let rest = runs.get(place + 1..).unwrap_or_default();
        let needed = rest.iter().position(|run| run.least > 0);
        let next = rest.get(..needed.map_or(rest.len(), |n| n + 1));
        next.unwrap_or_default()
            .iter()
            .all(|next| (0..256).all(|byte| !(run.class[byte] && next.class[byte])))
    })
}

/// Runs as they are read from a pattern.
struct Building {
    runs: Vec<Run>,
    whole: bool,
    /// Whether the pattern has said that the text ends here.
    ended: bool,
}

impl Building {
    /// Adds a part of a pattern; `None` if it is no run.
    fn add(&mut self, hir: &Hir) -> Option<()> {
        match hir.kind() {
            HirKind::Empty => Some(()),
            HirKind::Look(Look::Start) => self.runs.is_empty().then_some(()),
            HirKind::Look(Look::End) => {
                self.ended = true;
                Some(())
            }
            HirKind::Look(_) | HirKind::Alternation(_) => None,
            HirKind::Capture(capture) => self.add(&capture.sub),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.add(part)),
            HirKind::Literal(literal) => literal.0.iter().try_for_each(|byte| {
                let mut class = [false; 256];
                class[usize::from(*byte)] = true;
                if byte.is_ascii() {
                    self.push(class, 1, 1)
                } else {
                    None
                }
            }),
            HirKind::Class(class) => {
                let class = self.class(class);
                self.push(class, 1, 1)
            }
            HirKind::Repetition(repetition) => {
                let least = usize::try_from(repetition.min).ok()?;
                let most = match repetition.max {
                    Some(most) => usize::try_from(most).ok()?,
                    None => usize::MAX,
                };
                if let Some(class) = self.one_byte(&repetition.sub) {
                    return self.push(class, least, most);
                }
                if least != most || least > MAX_RUNS {
                    return None;
                }
                (0..least).try_for_each(|_| self.add(&repetition.sub))
            }
        }
    }

    /// The class of a part that is exactly one byte.
    fn one_byte(&mut self, hir: &Hir) -> Option<[bool; 256]> {
        match hir.kind() {
            HirKind::Class(class) => Some(self.class(class)),
            HirKind::Literal(literal) => match literal.0.as_ref() {
                [byte] if byte.is_ascii() => {
                    let mut class = [false; 256];
                    class[usize::from(*byte)] = true;
                    Some(class)
                }
                _ => None,
            },
            HirKind::Capture(capture) => self.one_byte(&capture.sub),
            _ => None,
        }
    }

    /// The ASCII part of a class; that there is another part is remembered.
    fn class(&mut self, class: &Class) -> [bool; 256] {
        let ranges: Vec<(u32, u32)> = match class {
            Class::Unicode(class) => class
                .ranges()
                .iter()
                .map(|range| (u32::from(range.start()), u32::from(range.end())))
                .collect(),
            Class::Bytes(class) => class
                .ranges()
                .iter()
                .map(|range| (u32::from(range.start()), u32::from(range.end())))
                .collect(),
        };
        let mut out = [false; 256];
        for (low, high) in ranges {
            self.whole &= high < 128;
            for byte in low..=high.min(127) {
                out[byte as usize] = true;
            }
        }
        out
    }

    /// Adds a run, or makes the last one longer if it is of the same class.
    fn push(&mut self, class: [bool; 256], least: usize, most: usize) -> Option<()> {
        if most == 0 {
            return Some(());
        }
        if self.ended || self.runs.len() >= MAX_RUNS {
            return None;
        }
        match self.runs.last_mut() {
            Some(last) if last.class == class => {
                last.least = last.least.saturating_add(least);
                last.most = last.most.saturating_add(most);
            }
            _ => self.runs.push(Run { class, least, most }),
        }
        Some(())
    }
}
