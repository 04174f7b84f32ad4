//! Readers of others that panic on damaged input.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Error;

thread_local! {
    /// Whether a panic on this thread is one of damaged input.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic that happens now on this thread is that of a reader on damaged input, which becomes an
/// error and needs no report.
pub(crate) fn is_expected() -> bool {
    EXPECTED.get()
}

/// Runs a reader of another crate, which checks less than it relies on: where it panics, the input is
/// damaged. What it was building is dropped.
pub(super) fn guarded<T>(
    form: &'static str,
    read: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let before = EXPECTED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(read));
    EXPECTED.set(before);
    outcome.unwrap_or_else(|_| Err(Error::malformed(form, "it is damaged where its schema is")))
}
