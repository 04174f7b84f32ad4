//! What happens when the command itself is wrong.

use std::panic::{self, PanicHookInfo, UnwindSafe};

/// The exit code of a mistake of ours, as `sysexits.h` has it.
pub(crate) const EXIT_BUG: u8 = 70;

/// Runs the command. If it panics, the user learns that it is not their mistake and how to report it, and
/// the exit code is [`EXIT_BUG`].
pub(crate) fn guarded(run: impl FnOnce() -> u8 + UnwindSafe) -> u8 {
    panic::set_hook(Box::new(|info| {
        if !crate::import::is_expected() {
            eprintln!("{}", message(info));
        }
    }));
    panic::catch_unwind(run).unwrap_or(EXIT_BUG)
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("it gave no reason");
    let place = info
        .location()
        .map(|at| format!(" at {}:{}", at.file(), at.line()))
        .unwrap_or_default();
    format!(
        "dataproduct {version} has a bug: {what}{place}\n\
         This is not your mistake. Please report it to those you have the command from, with\n\
         - the two facts above (version and place),\n\
         - the arguments of the command, and\n\
         - the smallest file that shows it, if you may share one.\n\
         Nothing that was written before this message can be relied on.",
        version = env!("CARGO_PKG_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug_and_says_how_to_report_it() {
        let result = std::panic::catch_unwind(|| {
            let code = guarded(|| panic!("the shelf is upside down"));
            assert_eq!(code, EXIT_BUG);
            assert_eq!(guarded(|| 1), 1);
        });
        let _previous = panic::take_hook();
        assert!(result.is_ok());
    }
}
