//! A regular expression from the shapes of a column.

use std::fmt::Write as _;

use super::Seen;
use super::shape::{Run, Segment, Shape};

/// A shape that outweighs the others of its runs this much is the rule, and they are exceptions: 19 postal codes of
/// four digits among 1,541 of five are 19 mistakes.
pub const MAIN_SHAPE_PERCENT: u64 = 95;
/// The most alternatives of a pattern.
const MAX_ALTERNATIVES: usize = 3;
/// The most runs of an alternative.
const MAX_RUNS: usize = 10;

/// A regular expression that the whole text of most rows matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The expression, in the syntax of the `regex` crate.
    pub regex: String,
    /// Rows whose text matches.
    pub rows: u64,
    /// Rows whose text does not.
    pub exceptions: Seen,
}

/// A run whose length varies.
#[derive(Clone, Debug)]
struct Part {
    run: Run,
    least: usize,
    most: usize,
    /// Empty where there are too many.
    words: Vec<String>,
}

/// Shapes of the same runs, brought together.
#[derive(Clone, Debug)]
struct Form {
    before: Vec<Part>,
    parts: Vec<Part>,
    after: Vec<Part>,
    rows: u64,
}

/// The pattern of shapes, of which the first has most rows; `None` where they are too many or too free.
pub(super) fn derive(shapes: &[Shape]) -> Option<Pattern> {
    let total: u64 = shapes.iter().map(|shape| shape.seen.rows).sum();
    let (forms, _) = forms(shapes);
    let mut kept: Vec<Form> = Vec::new();
    for form in forms {
        if form.parts.len() > MAX_RUNS {
            continue;
        }
        if let Some(main) = kept.first_mut()
            && main.absorb(&form)
        {
            continue;
        }
        // An alternative of few rows is a mistake rather than a form of its own.
        let is_common = form.rows * 100 >= total * (100 - MAIN_SHAPE_PERCENT);
        if kept.len() < MAX_ALTERNATIVES && (kept.is_empty() || is_common) && form.is_tight() {
            kept.push(form);
        }
    }
    if kept.is_empty() {
        return None;
    }
    let rows = kept.iter().map(|form| form.rows).sum();
    let written: Vec<String> = kept.iter().map(Form::regex).collect();
    let regex = written.join("|");
    let compiled = whole(&regex)?;
    let mut exceptions = Seen::default();
    for shape in shapes {
        if !compiled.is_match(&example(&shape.segments)) {
            exceptions.add_seen(&shape.seen);
        }
    }
    Some(Pattern {
        regex,
        rows,
        exceptions,
    })
    .map(|pattern| Pattern {
        rows: total - pattern.exceptions.rows,
        ..pattern
    })
}

/// The expression as one that the whole text has to match.
pub(super) fn whole(regex: &str) -> Option<regex::Regex> {
    regex::Regex::new(&format!("^(?:{regex})$")).ok()
}

/// One text of a shape.
fn example(segments: &[Segment]) -> String {
    let mut out = String::new();
    for segment in segments {
        match (segment.words.first(), segment.run) {
            (Some(word), _) => out.push_str(word),
            (None, run) => {
                let c = match run {
                    Run::Digits => '1',
                    Run::Upper => 'A',
                    Run::Lower => 'a',
                    Run::Letters => 'é',
                    Run::Other(c) => c,
                };
                out.extend(std::iter::repeat_n(c, segment.length));
            }
        }
    }
    out
}

/// Shapes of the same runs as one form, those of most rows first, and how many shapes were left out of them.
fn forms(shapes: &[Shape]) -> (Vec<Form>, usize) {
    let mut groups: Vec<(Vec<Run>, Vec<&Shape>)> = Vec::new();
    for shape in shapes {
        let runs: Vec<Run> = shape.segments.iter().map(|segment| segment.run).collect();
        match groups.iter_mut().find(|(known, _)| *known == runs) {
            Some((_, members)) => members.push(shape),
            None => groups.push((runs, vec![shape])),
        }
    }
    let mut left_out = 0;
    let mut forms: Vec<Form> = groups
        .into_iter()
        .filter_map(|(_, members)| {
            let total: u64 = members.iter().map(|shape| shape.seen.rows).sum();
            let (main, rest) = members.split_first()?;
            let mut form = Form::of(main);
            if main.seen.rows * 100 < total * MAIN_SHAPE_PERCENT {
                rest.iter().for_each(|shape| form.widen(shape));
            } else {
                left_out += rest.len();
            }
            Some(form)
        })
        .collect();
    forms.sort_by_key(|form| std::cmp::Reverse(form.rows));
    (forms, left_out)
}

impl Form {
    fn of(shape: &Shape) -> Self {
        let part = |segment: &Segment| Part {
            run: segment.run,
            least: segment.length,
            most: segment.length,
            words: segment.words.clone(),
        };
        Self {
            before: Vec::new(),
            parts: shape.segments.iter().map(part).collect(),
            after: Vec::new(),
            rows: shape.seen.rows,
        }
    }

    /// Takes in a shape of the same runs.
    fn widen(&mut self, shape: &Shape) {
        self.rows += shape.seen.rows;
        for (part, segment) in self.parts.iter_mut().zip(&shape.segments) {
            part.widen(segment.length, segment.length, &segment.words);
        }
    }

    /// Takes in a form that has one or two runs more at one end, or says that it does not fit.
    fn absorb(&mut self, other: &Self) -> bool {
        let own = self.parts.len();
        let more = other.parts.len().saturating_sub(own);
        if !(1..=2).contains(&more) || other.parts.len() > MAX_RUNS {
            return false;
        }
        let fits = |parts: &[Part]| {
            self.parts.iter().zip(parts).all(|(a, b)| {
                let same = a.run == b.run && a.least <= b.least && b.most <= a.most;
                same && (a.words.is_empty() || b.words.iter().all(|word| a.words.contains(word)))
            })
        };
        let (place, extra) = if fits(&other.parts[more..]) {
            (&mut self.before, &other.parts[..more])
        } else if fits(&other.parts[..own]) {
            (&mut self.after, &other.parts[own..])
        } else {
            return false;
        };
        if place.is_empty() {
            *place = extra.to_vec();
        } else if place.len() == extra.len() && place.iter().zip(extra).all(|(a, b)| a.run == b.run)
        {
            for (part, more) in place.iter_mut().zip(extra) {
                part.widen(more.least, more.most, &more.words);
            }
        } else {
            return false;
        }
        self.rows += other.rows;
        true
    }

    /// Whether it says more than "some letters": there are digits or known words in it, or every length is fixed.
    fn is_tight(&self) -> bool {
        let known = |part: &Part| part.run == Run::Digits || !part.words.is_empty();
        self.parts.iter().any(known) || self.parts.iter().all(|part| part.least == part.most)
    }

    fn regex(&self) -> String {
        let mut out = String::new();
        optional(&self.before, &mut out);
        self.parts.iter().for_each(|part| part.write(&mut out));
        optional(&self.after, &mut out);
        out
    }
}

fn optional(parts: &[Part], out: &mut String) {
    let mut inner = String::new();
    parts.iter().for_each(|part| part.write(&mut inner));
    let is_one = matches!(
        parts,
        [Part {
            least: 1,
            most: 1,
            ..
        }]
    );
    match parts {
        [] => {}
        _ if is_one => {
            let _written = write!(out, "{inner}?");
        }
        _ => {
            let _written = write!(out, "(?:{inner})?");
        }
    }
}

impl Part {
    fn widen(&mut self, least: usize, most: usize, words: &[String]) {
        let new = words
            .iter()
            .filter(|word| !self.words.contains(word))
            .count();
        if self.words.is_empty() || words.is_empty() || self.words.len() + new > 4 {
            self.words.clear();
        } else {
            for word in words {
                if !self.words.contains(word) {
                    self.words.push(word.clone());
                }
            }
        }
        self.least = self.least.min(least);
        self.most = self.most.max(most);
    }

    fn write(&self, out: &mut String) {
        let single = self.words.iter().all(|word| word.chars().count() == 1);
        match self.words.as_slice() {
            [] => {}
            [word] => return out.push_str(word),
            words if single => {
                out.push('[');
                words.iter().for_each(|word| out.push_str(word));
                return out.push(']');
            }
            words => {
                let _written = write!(out, "(?:{})", words.join("|"));
                return;
            }
        }
        match self.run {
            Run::Digits => out.push_str("[0-9]"),
            Run::Upper => out.push_str("[A-Z]"),
            Run::Lower => out.push_str("[a-z]"),
            Run::Letters => out.push_str(r"\p{L}"),
            Run::Other(c) => {
                if r"\.+*?()|[]{}^$".contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
        let _written = match (self.least, self.most) {
            (1, 1) => Ok(()),
            (least, most) if least == most => write!(out, "{{{least}}}"),
            (least, most) => write!(out, "{{{least},{most}}}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::Shapes;
    use super::*;

    #[track_caller]
    fn check(texts: &[(&str, u64)], expected: Option<(&str, u64, Option<u64>)>) {
        let mut shapes = Shapes::default();
        let mut row = 0;
        for (text, rows) in texts {
            shapes.see(text, text.chars().count(), *rows, row);
            row += rows;
        }
        let pattern = derive(&shapes.into_sorted());
        let found = pattern
            .as_ref()
            .map(|p| (p.regex.as_str(), p.exceptions.rows, p.exceptions.first));
        assert_eq!(found, expected);
        let Some(pattern) = pattern else { return };
        let regex = whole(&pattern.regex).unwrap();
        let broken: u64 = texts
            .iter()
            .filter(|(text, _)| !regex.is_match(text))
            .map(|(_, rows)| rows)
            .sum();
        assert_eq!(broken, pattern.exceptions.rows);
    }

    #[test]
    fn codes_have_patterns_and_prose_has_none() {
        check(&[("0667", 50), ("1234", 50)], Some(("[0-9]{4}", 0, None)));
        check(
            &[("536365", 980), ("C536379", 17), ("A563185", 3)],
            Some(("[CA]?[0-9]{6}", 0, None)),
        );
        check(
            &[("69305697", 60), ("s69305697", 40)],
            Some(("s?[0-9]{8}", 0, None)),
        );
        check(
            &[("55425", 1541), ("2128", 19), ("28786-6875", 5)],
            Some(("[0-9]{5}(?:-[0-9]{4})?", 19, Some(1541))),
        );
        check(
            &[("7", 30), ("42", 40), ("100", 30)],
            Some(("[0-9]{1,3}", 0, None)),
        );
        check(
            &[("9.999 NOK", 60), ("19.999 NOK", 40)],
            Some((r"[0-9]{1,2}\.[0-9]{3} NOK", 0, None)),
        );
        check(
            &[("89 cm", 60), ("1200 mm", 40)],
            Some((r"[0-9]{2,4} (?:cm|mm)", 0, None)),
        );
        check(
            &[("EUR", 60), ("NOK", 20), ("USD", 20)],
            Some(("(?:EUR|NOK|USD)", 0, None)),
        );
        check(
            &[("AB-12", 50), ("2024/1", 50)],
            Some(("AB-[0-9]{2}|[0-9]{4}/[0-9]", 0, None)),
        );
        check(
            &[
                ("Reodor", 20),
                ("Ludvigsen", 20),
                ("Solan", 20),
                ("Emanuel", 9),
                ("Ti", 9),
            ],
            None,
        );
    }
}
