//! What code that the derive macros made names. Nothing here is for use by hand, and it changes
//! without notice.

pub use std::sync::OnceLock;
pub use std::time::Duration;

pub use arrow_array::ArrayRef;
pub use arrow_buffer::NullBuffer;
pub use arrow_schema::SchemaRef;
pub use chrono::NaiveDate;

pub use crate::row::{
    ColumnBuilder, ColumnType, Consumes, DataProduct, LabelBuilder, LabelReader, Labels,
    ListElement, Record, RecordBuilder, Required, RowError, Source, label_column, open_record,
    record_column, required_column, schema_of,
};
pub use crate::{
    Aggregate, Check, Classification, Column, ColumnRef, Consumption, Contract, Dimension,
    OnFailure, Operator, PiiCategory, Problems, Repair, Rule, Severity, Status, SupportChannel,
    Threshold, Value,
};

use crate::Finite;

/// The column that a text names, which the macro has read before.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the macro refuses every text that this would refuse"
)]
pub fn column_ref(text: &str) -> ColumnRef {
    text.parse().expect("a reference `domain.product#column`")
}

/// What a consumer uses, but for its columns, of texts that the macro has read before.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the macro refuses every text that this would refuse"
)]
pub fn consumption(consumer: &str, product: &str, owner: &str, purpose: &str) -> Consumption {
    Consumption::new(
        consumer.parse().expect("a name"),
        product.parse().expect("a reference `domain.product@^1`"),
    )
    .with_owner(owner)
    .with_purpose(purpose)
}

/// A number with a fraction, from a literal.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a literal is never infinite: the macro refuses it"
)]
pub fn float(value: f64) -> Value {
    Value::Float(Finite::new(value).expect("a finite number"))
}

/// A day, which the macro has read before.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the macro refuses every text that is no day"
)]
pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date `2026-12-31`")
}
