//! `not-null`: values are there.
//!
//! Applies to values of every type. A value within a struct, a list or a map is missing only where what it is a part
//! of is there. What is not a number (NaN) is there; see `missing` for stand-ins.

use arrow_array::{Array, ArrayRef};

use crate::failed::Failed;

/// The slots that are null, labels that are null among them.
pub(crate) fn failing(array: &ArrayRef) -> Failed {
    match array.logical_nulls() {
        Some(valid) if valid.null_count() > 0 => Failed::of_mask(!valid.inner()),
        _ => Failed::none(),
    }
}
