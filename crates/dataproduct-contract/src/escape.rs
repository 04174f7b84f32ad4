//! Text of strangers, made fit for where it is put.
//!
//! Names, descriptions and values come from documents and data that nobody has vouched for. Whatever puts them
//! into a terminal, a page or a comment passes them through here, so that they are text there and nothing else.
//!
//! ```
//! use dataproduct_contract::escape;
//! assert_eq!(escape::line("a\u{1b}[31mb"), "a\\u{1b}[31mb");
//! assert_eq!(escape::markup("<b>"), "&lt;b&gt;");
//! ```

use std::fmt::Write as _;

/// Whether a character would act on a terminal or a reader instead of being shown: controls, marks that
/// reorder text, and marks without width.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Text for a terminal: one line, and nothing hidden.
#[must_use]
pub fn line(text: &str) -> String {
    // Nearly all text is this, and looking at bytes is quick.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Text for a terminal that may have several lines: nothing hidden but the ends of lines.
#[must_use]
pub fn lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(line).collect();
    lines.join("\n")
}

/// Text between or within the tags of HTML or XML. What XML cannot hold at all becomes U+FFFD.
#[must_use]
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if is_hidden(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Text of one line of Markdown, also within a table: nothing in it is formatting, a link or HTML.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|'
            | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c if is_hidden(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Text as code of one line of Markdown, also within a table.
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let text = line(text).replace('|', "\\|");
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A code span that begins or ends with a back-tick wants a space between.
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// The message of a GitHub workflow command.
#[must_use]
pub fn github_message(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D");
    lines_kept(&text.replace('\n', "%0A"))
}

/// A property of a GitHub workflow command.
#[must_use]
pub fn github_property(text: &str) -> String {
    github_message(text).replace(':', "%3A").replace(',', "%2C")
}

fn lines_kept(text: &str) -> String {
    text.chars()
        .map(|c| if is_hidden(c) { '\u{fffd}' } else { c })
        .collect()
}

/// A path as the URI of SARIF: every byte that is not plain is written in percent form.
#[must_use]
pub fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            b'\\' if cfg!(windows) => out.push('/'),
            byte => {
                // Writing to a string cannot fail.
                let _written = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_reaches_a_terminal() {
        assert_eq!(
            line("a\u{1b}[31mb\n\u{202e}c"),
            "a\\u{1b}[31mb\\n\\u{202e}c"
        );
        assert_eq!(line("a\u{61c}b"), "a\\u{61c}b");
        assert_eq!(lines("a\nb\u{7}"), "a\nb\\u{7}");
    }

    #[test]
    fn markup_cannot_be_left() {
        assert_eq!(
            markup("</title><script>'\"&\u{0}"),
            "&lt;/title&gt;&lt;script&gt;&#39;&quot;&amp;\u{fffd}"
        );
    }

    #[test]
    fn markdown_is_text() {
        assert_eq!(markdown("a|b\n<b>*c*"), "a\\|b &lt;b&gt;\\*c\\*");
        assert_eq!(markdown_code("a`b"), "``a`b``");
        assert_eq!(markdown_code("`"), "`` ` ``");
        assert_eq!(markdown_code("a|b"), "`a\\|b`");
    }

    #[test]
    fn workflow_commands_stay_one_line() {
        assert_eq!(github_message("50%\n::error::x"), "50%25%0A::error::x");
        assert_eq!(github_property("a:b,c\r"), "a%3Ab%2Cc%0D");
    }

    #[test]
    fn uris_hold_any_path() {
        assert_eq!(uri("a b/ø#1.yaml"), "a%20b/%C3%B8%231.yaml");
    }
}
