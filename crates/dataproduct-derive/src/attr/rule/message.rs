//! `message = "{sku} is sold out"`: text with places for values.

use syn::LitStr;

/// The most places for values; the same as the contract's.
const MAX_PLACEHOLDERS: usize = 20;

/// What is said on a breach.
pub(crate) struct Message {
    pub(crate) text: LitStr,
    /// The columns whose values it says.
    pub(crate) columns: Vec<String>,
}

impl Message {
    /// Reads a message as the contract reads it.
    pub(super) fn parse(text: LitStr) -> syn::Result<Self> {
        let fail = |message: &str| Err(syn::Error::new(text.span(), message));
        let value = text.value();
        let mut columns = Vec::new();
        let mut count = 0;
        let mut chars = value.chars().peekable();
        while let Some(c) = chars.next() {
            if !matches!(c, '{' | '}') || chars.next_if_eq(&c).is_some() {
                continue;
            }
            if c == '}' {
                return fail("a `}` closes nothing: write `}}` for the brace itself");
            }
            let mut name = String::new();
            loop {
                match chars.next() {
                    Some('}') => break,
                    Some(c) if c != '{' => name.push(c),
                    _ => {
                        return fail(
                            "a `{` is not closed: write `{column}`, or `{{` for the brace itself",
                        );
                    }
                }
            }
            if name.trim().is_empty() {
                return fail("`{}` names nothing: write `{column}`, `{measure}` or `{rows}`");
            }
            count += 1;
            if name != "measure" && name != "rows" {
                columns.push(name);
            }
        }
        if count > MAX_PLACEHOLDERS {
            return fail("the message has more than 20 places for values: leave some out");
        }
        Ok(Self { text, columns })
    }
}
