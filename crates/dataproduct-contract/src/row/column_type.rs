//! What a Rust type must do to be the type of a column.

use std::fmt;

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;

use super::RowError;
use crate::Column;

/// A Rust type that a column can have.
///
/// docs/types.md lists the types that have it. A nested struct gets it from `#[derive(Record)]`, an
/// enum without fields and a tuple struct of one field from `#[derive(ColumnType)]`. Implementing it
/// by hand is for foreign types only; a tuple struct around a listed type is nearly always shorter.
///
/// A value goes into a typed builder and comes back as a borrowed view from a typed reader. All of
/// it is resolved when the row type is compiled: no call per value goes through a table.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can have",
    label = "no column can have this type",
    note = "derive it: `#[derive(Record)]` on a struct with named fields, `#[derive(ColumnType)]` on an enum without fields or a tuple struct of one field",
    note = "or take a type that columns know: bool, i8 to i64, u8 to u64, f32, f64, String, Vec<u8>, Bytes, Decimal<P, S>, NaiveDate, DateTime<Utc>, NaiveDateTime, Uuid, and Option, Vec, BTreeMap and HashMap of these"
)]
pub trait ColumnType: Sized + 'static {
    /// What takes values, one after the other, and makes an Arrow array of them.
    type Builder: ColumnBuilder;
    /// An Arrow array of the right type, checked once.
    type Reader: fmt::Debug + 'static;
    /// What a value is when it is borrowed from a batch: `&str` for a `String`.
    type View<'a>: Copy + fmt::Debug;

    /// The column of that name, with the type, the nullability and the values allowed.
    fn column(name: &str) -> Column;

    /// Puts the value into a builder.
    ///
    /// A value that the column cannot hold is remembered by the builder, whose
    /// [`finish`](ColumnBuilder::finish) then fails.
    fn append(&self, builder: &mut Self::Builder);

    /// Opens an Arrow array for reading, checking it once for all its values.
    ///
    /// `absent` marks the slots whose parent is missing: what stands in them is never read.
    ///
    /// # Errors
    /// [`RowError::WrongType`] when the array is of a type that does not convert without loss,
    /// [`RowError::UnexpectedNull`], [`RowError::UnknownLabel`], [`RowError::OutOfRange`] or
    /// [`RowError::Malformed`] when a value is not one of this type.
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError>;

    /// The value in a slot.
    ///
    /// # Panics
    /// When `slot` is not below the length of the array that was opened.
    fn view(reader: &Self::Reader, slot: usize) -> Self::View<'_>;

    /// The value that a view shows, owned.
    fn from_view(view: Self::View<'_>) -> Self;
}

/// What takes the values of one column, one after the other, and makes an Arrow array of them.
pub trait ColumnBuilder: fmt::Debug {
    /// An empty builder with room for that many values.
    fn with_capacity(values: usize) -> Self;

    /// Adds a missing value.
    fn append_null(&mut self);

    /// Adds a slot whose parent is missing; what stands in it is never read.
    ///
    /// It is a null only where the column may hold nulls, so that the array of a column without
    /// nulls never has any.
    fn append_filler(&mut self);

    /// The array of all values added.
    ///
    /// # Errors
    /// [`RowError::OutOfRange`] for the first value that the column cannot hold,
    /// [`RowError::TooLarge`] when one array cannot hold all values.
    fn finish(self) -> Result<ArrayRef, RowError>;
}

/// A [`ColumnType`] whose values are never missing: every one but `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that an `Option`, a key of a map or a newtype can hold",
    label = "no column can have this type, or it may be missing itself",
    note = "derive it: `#[derive(Record)]` on a struct with named fields, `#[derive(ColumnType)]` on an enum without fields or a tuple struct of one field",
    note = "a value is missing or it is not: `Option` stands once, around a type that is never missing itself"
)]
pub trait Required: ColumnType {}

/// A [`ColumnType`] that `Vec` makes a list of: every one but `u8`, as `Vec<u8>` is bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element of a list",
    label = "no column can be a list of this type",
    note = "derive it: `#[derive(Record)]` on a struct with named fields, `#[derive(ColumnType)]` on an enum without fields or a tuple struct of one field"
)]
pub trait ListElement: ColumnType {}

/// Fails when a slot is null though its parent is there.
pub(super) fn refuse_nulls(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<(), RowError> {
    use arrow_array::Array as _;
    // The count is kept with the array: the usual case costs nothing. That of a dictionary counts
    // its keys alone, but a key that leads to a null value is a null, too.
    if array.null_count() == 0 && !matches!(array.data_type(), ArrowType::Dictionary(_, _)) {
        return Ok(());
    }
    let Some(nulls) = array.logical_nulls() else {
        return Ok(());
    };
    let broken = (0..nulls.len())
        .find(|&slot| nulls.is_null(slot) && absent.is_none_or(|absent| absent.is_valid(slot)));
    match broken {
        Some(row) => Err(RowError::UnexpectedNull {
            column: String::new(),
            row,
        }),
        None => Ok(()),
    }
}

/// The first slot that is there and whose value does not pass.
///
/// The first pass has no branch and ignores nulls, as nearly always every value passes.
pub(super) fn first_refused<N: Copy>(
    values: &[N],
    nulls: Option<&NullBuffer>,
    absent: Option<&NullBuffer>,
    passes: impl Fn(N) -> bool,
) -> Option<usize> {
    let all = values.iter().fold(true, |all, &value| all & passes(value));
    if all {
        return None;
    }
    (0..values.len()).find(|&slot| {
        !passes(values[slot])
            && nulls.is_none_or(|nulls| nulls.is_valid(slot))
            && absent.is_none_or(|absent| absent.is_valid(slot))
    })
}
