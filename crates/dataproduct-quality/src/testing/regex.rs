//! Text that matches a regular expression, drawn from its parsed form.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::random::Random;

/// How many characters one text may have.
const MAX_CHARS: usize = 4_096;

/// A text that matches a pattern as a whole, as far as its anchors and word boundaries let it. Repetitions without an
/// end go up to `reach` times beyond the fewest. `None` where nothing matches, or only text longer than 4,096 characters.
pub(super) fn text(hir: &Hir, reach: usize, random: &mut Random) -> Option<String> {
    let mut out = String::new();
    write(hir, reach, random, &mut out).then_some(out)
}

fn write(hir: &Hir, reach: usize, random: &mut Random, out: &mut String) -> bool {
    if out.len() > MAX_CHARS {
        return false;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => {
                out.push_str(text);
                true
            }
            Err(_) => false,
        },
        HirKind::Class(class) => match character(class, random) {
            Some(found) => {
                out.push(found);
                true
            }
            None => false,
        },
        HirKind::Repetition(repetition) => {
            let least = repetition.min as usize;
            let most = repetition
                .max
                .map_or(least + reach, |max| (max as usize).min(least + reach));
            let times = least + random.below(most - least + 1);
            (0..times).all(|_| write(&repetition.sub, reach, random, out))
        }
        HirKind::Capture(capture) => write(&capture.sub, reach, random, out),
        HirKind::Concat(parts) => parts.iter().all(|part| write(part, reach, random, out)),
        HirKind::Alternation(parts) => random
            .pick(parts)
            .is_some_and(|part| write(part, reach, random, out)),
    }
}

/// A character of a class: most of the time one that can be typed, if there is one.
fn character(class: &Class, random: &mut Random) -> Option<char> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class
            .iter()
            .map(|r| (u32::from(r.start()), u32::from(r.end())))
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|r| (u32::from(r.start()), u32::from(r.end().min(127))))
            .filter(|(start, end)| start <= end)
            .collect(),
    };
    let typed: Vec<(u32, u32)> = ranges
        .iter()
        .map(|(start, end)| ((*start).max(32), (*end).min(126)))
        .filter(|(start, end)| start <= end)
        .collect();
    let of = match typed.is_empty() || random.chance(3) {
        true => &ranges,
        false => &typed,
    };
    let (start, end) = *random.pick(of)?;
    let drawn = random.between(i128::from(start), i128::from(end));
    // A range that spans the surrogates, which are no characters, begins below them.
    let drawn = u32::try_from(drawn).ok()?;
    char::from_u32(drawn).or_else(|| char::from_u32(start))
}
