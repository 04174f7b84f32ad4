//! The lines around a place, cut to what fits a terminal and safe to show there.

use dataproduct::contract::odcs::Position;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::escape::is_hidden;

/// Lines shown before and after the line in question.
const CONTEXT: usize = 1;
/// The most characters of a line that are shown.
const MAX_WIDTH: usize = 160;
/// Characters shown before the place when a line is cut at its beginning.
const LEAD: usize = 60;

/// A text whose lines are found without reading it from its beginning each time.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    pub(crate) fn of(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(ends).collect(),
        }
    }

    /// The text from a line on, counted from 0.
    fn from(&self, line: usize) -> &'a str {
        let start = self.starts.get(line).copied();
        start.map_or("", |start| &self.text[start..])
    }
}

/// A few lines of a text with one part of them marked.
#[derive(Clone, Debug)]
pub(crate) struct Excerpt {
    /// The lines, each as long as it may be, hidden characters replaced.
    text: String,
    /// The number of the first line, counted from 0.
    first_line: usize,
    /// Where the mark is in `text`, in bytes.
    mark: (usize, usize),
    at: Position,
}

impl Excerpt {
    /// The lines around a position; what is marked goes on to the end of the value.
    pub(crate) fn of(text: &Lines<'_>, at: Position) -> Self {
        let first_line = at.line.saturating_sub(1 + CONTEXT);
        let mut out = String::new();
        let mut mark = (0, 0);
        let last_line = at.line + CONTEXT;
        for (number, line) in (first_line..last_line).zip(text.from(first_line).lines()) {
            let is_marked = number + 1 == at.line;
            // A long line is shown around the place, or from its beginning.
            let skipped = match at.column.checked_sub(1 + LEAD) {
                Some(skipped) if is_marked && at.column > MAX_WIDTH => skipped,
                _ => 0,
            };
            let start = out.len();
            for (index, c) in line.chars().skip(skipped).take(MAX_WIDTH).enumerate() {
                if is_marked && skipped + index + 1 == at.column {
                    mark.0 = out.len();
                }
                out.push(match c {
                    '\t' => ' ',
                    c if is_hidden(c) => '\u{fffd}',
                    c => c,
                });
            }
            if is_marked {
                if mark.0 < start {
                    mark.0 = out.len();
                }
                mark.1 = marked_length(&out[mark.0..]);
            }
            out.push('\n');
        }
        Self {
            text: out,
            first_line,
            mark,
            at,
        }
    }

    /// The part that is marked, in bytes of the text.
    pub(crate) fn span(&self) -> SourceSpan {
        self.mark.into()
    }

    /// The excerpt under the name of its file.
    pub(crate) fn named(&self, file: &str) -> Named {
        Named {
            file: file.to_owned(),
            excerpt: self.clone(),
        }
    }
}

/// How much of the rest of a line belongs to the value at its beginning.
fn marked_length(rest: &str) -> usize {
    let end = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].find(quote).map(|end| end + 2),
        Some('{' | '[') => None,
        _ => {
            let comment = rest.find(" #");
            let flow = rest.find([',', '}', ']']);
            comment.into_iter().chain(flow).min()
        }
    };
    let marked = &rest[..end.unwrap_or(rest.len())];
    marked.trim_end().len().max(usize::from(!rest.is_empty()))
}

/// An excerpt that knows the name of its file, as the printer wants it.
#[derive(Debug)]
pub(crate) struct Named {
    file: String,
    excerpt: Excerpt,
}

impl SourceCode for Named {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let excerpt = &self.excerpt;
        let bytes = excerpt.text.as_bytes();
        let contents = if lines_before + lines_after == 0 {
            // Asked without context, this is where the header gets line and column from.
            let end = (span.offset() + span.len()).min(bytes.len());
            let data = bytes.get(span.offset()..end).unwrap_or_default();
            let (line, column) = (excerpt.at.line - 1, excerpt.at.column - 1);
            MietteSpanContents::new_named(self.file.clone(), data, *span, line, column, 1)
        } else {
            let whole = SourceSpan::from((0, bytes.len()));
            let (line, count) = (excerpt.first_line, excerpt.text.lines().count());
            MietteSpanContents::new_named(self.file.clone(), bytes, whole, line, 0, count)
        };
        Ok(Box::new(contents))
    }
}
