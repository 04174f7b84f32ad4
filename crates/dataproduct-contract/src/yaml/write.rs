//! Values into YAML text.

use serde::Serialize;

use crate::problem::{Problem, Problems};

pub(super) fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, Problems> {
    let options = serde_saphyr::ser_options! {
        indent_step: 2,
        compact_list_indent: false,
        // Long lines stay one line: folding would make small edits reflow whole paragraphs.
        folded_wrap_chars: usize::MAX,
    };
    serde_saphyr::to_string_with_options(&value, options).map_err(|error| {
        Problem::new(
            "",
            "not-writable",
            format!("the value cannot be written as YAML: {error}"),
            "mend the value that the message names",
        )
        .into()
    })
}
