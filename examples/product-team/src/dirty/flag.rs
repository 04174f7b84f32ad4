//! Yes and no: `True` and `False` as Python prints them, `y` and `n` as a shop writes them.

use super::Unreadable;

/// Reads a yes or a no.
///
/// # Errors
/// [`Unreadable`] for everything but `True`, `False`, `y` and `n`; an empty text is neither.
pub fn flag(text: &str) -> Result<bool, Unreadable> {
    match text {
        "True" | "y" => Ok(true),
        "False" | "n" => Ok(false),
        _ => Err(Unreadable::new(text, "`True`, `False`, `y` or `n`")),
    }
}
