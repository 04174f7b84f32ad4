//! Days, instants and local times as columns.
//!
//! All are kept to the years 1 to 9999: that is what the other readers of the tables (Python, Spark,
//! JSON Schema's `date-time`) can say. Instants and local times are kept to the microsecond; what is
//! finer is cut off, towards the past.

use std::fmt;
use std::ops::RangeInclusive;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::types::{ArrowPrimitiveType, Date32Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::NullBuffer;
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Utc};

use super::error::Refused;
use super::number::open_primitive;
use super::{ColumnBuilder, ColumnType, ListElement, Required, RowError};
use crate::{Column, DataType};

const YEARS: &str = "the years 1 to 9999";

/// The days that a [`DataType::Date`] column keeps, from 0001-01-01 to 9999-12-31, both included, in
/// days from 1970-01-01.
///
/// ```
/// use dataproduct_contract::row::DAY_RANGE;
///
/// assert!(DAY_RANGE.contains(&0) && !DAY_RANGE.contains(&2_932_897));
/// ```
pub const DAY_RANGE: RangeInclusive<i32> = FIRST_DAY..=LAST_DAY;

/// The instants and local times that [`DataType::Timestamp`] and [`DataType::TimestampNtz`] columns
/// keep, from the start of 0001-01-01 to the last microsecond of 9999-12-31, both included, in
/// microseconds from the start of 1970-01-01.
///
/// ```
/// use dataproduct_contract::row::MICROSECOND_RANGE;
///
/// let year_10000 = 253_402_300_800_000_000;
/// assert!(MICROSECOND_RANGE.contains(&(year_10000 - 1)) && !MICROSECOND_RANGE.contains(&year_10000));
/// ```
pub const MICROSECOND_RANGE: RangeInclusive<i64> = FIRST_MICRO..=LAST_MICRO;

const FIRST_DAY: i32 = -719_162;
const LAST_DAY: i32 = 2_932_896;
/// `NaiveDate` counts days from 0000-12-31.
const EPOCH_DAY_OF_ERA: i32 = 719_163;
const DAY_MICROS: i64 = 86_400_000_000;
const FIRST_MICRO: i64 = FIRST_DAY as i64 * DAY_MICROS;
const LAST_MICRO: i64 = (LAST_DAY as i64 + 1) * DAY_MICROS - 1;

/// A kind of time, as Arrow stores it.
pub trait TimeKind: fmt::Debug + 'static {
    /// The Arrow type.
    type Arrow: ArrowPrimitiveType + fmt::Debug;
    /// The type of the column.
    fn data_type() -> DataType;
}

/// Days: [`DataType::Date`].
#[derive(Debug)]
pub struct DateKind;
/// Instants: [`DataType::Timestamp`].
#[derive(Debug)]
pub struct TimestampKind;
/// Local times: [`DataType::TimestampNtz`].
#[derive(Debug)]
pub struct TimestampNtzKind;

impl TimeKind for DateKind {
    type Arrow = Date32Type;
    fn data_type() -> DataType {
        DataType::Date
    }
}
impl TimeKind for TimestampKind {
    type Arrow = TimestampMicrosecondType;
    fn data_type() -> DataType {
        DataType::Timestamp
    }
}
impl TimeKind for TimestampNtzKind {
    type Arrow = TimestampMicrosecondType;
    fn data_type() -> DataType {
        DataType::TimestampNtz
    }
}

/// The builder of a column of times.
#[derive(Debug)]
pub struct TimeBuilder<K: TimeKind> {
    inner: PrimitiveBuilder<K::Arrow>,
    refused: Option<Box<Refused>>,
}

impl<K: TimeKind> TimeBuilder<K> {
    #[inline]
    fn append_value(
        &mut self,
        stored: <K::Arrow as ArrowPrimitiveType>::Native,
        fits: bool,
        value: &impl fmt::Display,
    ) {
        if !fits {
            Refused::note(
                &mut self.refused,
                self.inner.values_slice().len(),
                value,
                YEARS,
            );
        }
        self.inner.append_value(stored);
    }
}

impl<K: TimeKind> ColumnBuilder for TimeBuilder<K> {
    fn with_capacity(values: usize) -> Self {
        let inner = PrimitiveBuilder::with_capacity(values);
        Self {
            inner: inner.with_data_type(K::data_type().to_arrow()),
            refused: None,
        }
    }
    #[inline]
    fn append_null(&mut self) {
        self.inner.append_null();
    }
    #[inline]
    fn append_filler(&mut self) {
        ColumnBuilder::append_filler(&mut self.inner);
    }
    fn finish(self) -> Result<ArrayRef, RowError> {
        Refused::check(self.refused)?;
        ColumnBuilder::finish(self.inner)
    }
}

/// Opens an array of times whose values that are there pass.
fn open<K: TimeKind>(
    array: &ArrayRef,
    absent: Option<&NullBuffer>,
    passes: impl Fn(<K::Arrow as ArrowPrimitiveType>::Native) -> bool,
    unit: &str,
) -> Result<PrimitiveArray<K::Arrow>, RowError> {
    use arrow_array::Array as _;
    let array = open_primitive::<K::Arrow>(array, &K::data_type().to_arrow(), absent)?;
    match super::column_type::first_refused(array.values(), array.nulls(), absent, passes) {
        None => Ok(array),
        Some(row) => Err(RowError::OutOfRange {
            column: String::new(),
            row,
            value: format!("{:?} {unit} from 1970", array.value(row)),
            range: YEARS.to_owned(),
        }),
    }
}

impl ColumnType for NaiveDate {
    type Builder = TimeBuilder<DateKind>;
    type Reader = PrimitiveArray<Date32Type>;
    type View<'a> = Self;

    fn column(name: &str) -> Column {
        Column::new(name, DateKind::data_type())
    }
    #[inline]
    fn append(&self, builder: &mut Self::Builder) {
        // The days of every `NaiveDate` are within some 96 million of each other.
        let days = self.num_days_from_ce() - EPOCH_DAY_OF_ERA;
        builder.append_value(days, DAY_RANGE.contains(&days), self);
    }
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError> {
        open::<DateKind>(array, absent, |days| DAY_RANGE.contains(&days), "days")
    }
    #[inline]
    #[expect(
        clippy::expect_used,
        reason = "`open` refuses every day outside of the years 1 to 9999"
    )]
    fn view(reader: &Self::Reader, slot: usize) -> Self {
        Self::from_num_days_from_ce_opt(reader.value(slot) + EPOCH_DAY_OF_ERA)
            .expect("a day of the years 1 to 9999")
    }
    #[inline]
    fn from_view(view: Self) -> Self {
        view
    }
}
impl Required for NaiveDate {}
impl ListElement for NaiveDate {}

const fn micro_fits(micros: i64) -> bool {
    // One comparison: what is below the first wraps to a very large number.
    (micros.wrapping_sub(FIRST_MICRO) as u64) <= (LAST_MICRO - FIRST_MICRO) as u64
}

#[inline]
#[expect(
    clippy::expect_used,
    reason = "`open` refuses every instant outside of the years 1 to 9999"
)]
fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("an instant of the years 1 to 9999")
}

impl ColumnType for DateTime<Utc> {
    type Builder = TimeBuilder<TimestampKind>;
    type Reader = PrimitiveArray<TimestampMicrosecondType>;
    type View<'a> = Self;

    fn column(name: &str) -> Column {
        Column::new(name, TimestampKind::data_type())
    }
    #[inline]
    fn append(&self, builder: &mut Self::Builder) {
        let micros = self.timestamp_micros();
        builder.append_value(micros, micro_fits(micros), self);
    }
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError> {
        open::<TimestampKind>(array, absent, micro_fits, "microseconds")
    }
    #[inline]
    fn view(reader: &Self::Reader, slot: usize) -> Self {
        instant(reader.value(slot))
    }
    #[inline]
    fn from_view(view: Self) -> Self {
        view
    }
}
impl Required for DateTime<Utc> {}
impl ListElement for DateTime<Utc> {}

impl ColumnType for NaiveDateTime {
    type Builder = TimeBuilder<TimestampNtzKind>;
    type Reader = PrimitiveArray<TimestampMicrosecondType>;
    type View<'a> = Self;

    fn column(name: &str) -> Column {
        Column::new(name, TimestampNtzKind::data_type())
    }
    #[inline]
    fn append(&self, builder: &mut Self::Builder) {
        let micros = self.and_utc().timestamp_micros();
        builder.append_value(micros, micro_fits(micros), self);
    }
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError> {
        open::<TimestampNtzKind>(array, absent, micro_fits, "microseconds")
    }
    #[inline]
    fn view(reader: &Self::Reader, slot: usize) -> Self {
        instant(reader.value(slot)).naive_utc()
    }
    #[inline]
    fn from_view(view: Self) -> Self {
        view
    }
}
impl Required for NaiveDateTime {}
impl ListElement for NaiveDateTime {}
