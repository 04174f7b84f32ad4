//! Text in columns.

use std::fmt;

/// How the cells of a column are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table for the terminal: a header, a rule, rows; as wide as its widest cells.
#[derive(Clone, Debug)]
pub(crate) struct Table<const N: usize> {
    header: [(&'static str, Align); N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(header: [(&'static str, Align); N]) -> Self {
        Self {
            header,
            rows: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, row: [String; N]) {
        self.rows.push(row);
    }
}

/// How many columns of the terminal a text takes; the names here have no wide characters.
fn width(text: &str) -> usize {
    text.chars().count()
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: [usize; N] = std::array::from_fn(|at| {
            let cells = self.rows.iter().map(|row| width(&row[at]));
            cells.chain([width(self.header[at].0)]).max().unwrap_or(0)
        });
        let line = |f: &mut fmt::Formatter<'_>, cells: [&str; N]| {
            let mut text = String::new();
            for (at, cell) in cells.iter().enumerate() {
                let pad = " ".repeat(widths[at].saturating_sub(width(cell)));
                let cell = match self.header[at].1 {
                    Align::Left => format!("{cell}{pad}"),
                    Align::Right => format!("{pad}{cell}"),
                };
                text.push_str("  ");
                text.push_str(&cell);
            }
            writeln!(f, "{}", text.trim_end())
        };
        line(f, self.header.map(|(name, _)| name))?;
        let rules = widths.map(|width| "─".repeat(width));
        line(f, rules.each_ref().map(String::as_str))?;
        self.rows
            .iter()
            .try_for_each(|row| line(f, row.each_ref().map(String::as_str)))
    }
}

/// A text cut to a number of characters, with `…` where something was cut.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let mut table = Table::new([("name", Align::Left), ("kr", Align::Right)]);
        table.push(["SÖDERHAMN".to_owned(), "6 195".to_owned()]);
        table.push(["Anna".to_owned(), "899".to_owned()]);
        assert_eq!(
            table.to_string(),
            "  name          kr\n  ─────────  ─────\n  SÖDERHAMN  6 195\n  Anna         899\n"
        );
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("SÖDERHAMN", 9), "SÖDERHAMN");
        assert_eq!(cut("SÖDERHAMN sofa", 11), "SÖDERHAMN…");
        assert_eq!(cut("", 0), "");
    }
}
