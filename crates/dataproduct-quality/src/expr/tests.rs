use std::sync::Arc;

use arrow_array::types::Int16Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int32Array, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema};
use dataproduct_contract::Expression;
use proptest::prelude::*;

use super::Predicate;

/// One row with a value or null of every type.
fn row() -> RecordBatch {
    let decimal = Decimal128Array::from(vec![Some(-1_250)]);
    let width: ArrayRef = Arc::new(Int32Array::from(vec![Some(7)]));
    let fields = vec![Field::new("width", DataType::Int32, true)];
    let one = |at| Arc::new(TimestampMicrosecondArray::from(vec![at]));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("t", Arc::new(BooleanArray::from(vec![Some(true)]))),
        ("f", Arc::new(BooleanArray::from(vec![Some(false)]))),
        ("n", Arc::new(BooleanArray::from(vec![None]))),
        ("i", Arc::new(Int64Array::from(vec![Some(5)]))),
        ("z", Arc::new(Int64Array::from(vec![Some(0)]))),
        ("least_i", Arc::new(Int64Array::from(vec![Some(i64::MIN)]))),
        ("most_i", Arc::new(Int64Array::from(vec![Some(i64::MAX)]))),
        ("none_i", Arc::new(Int64Array::from(vec![None]))),
        ("nan", Arc::new(Float64Array::from(vec![Some(f64::NAN)]))),
        (
            "d",
            Arc::new(decimal.with_precision_and_scale(38, 2).unwrap()),
        ),
        ("s", Arc::new(StringArray::from(vec![Some(" Été ")]))),
        ("none_s", Arc::new(StringArray::from(vec![None::<&str>]))),
        (
            "e",
            Arc::new(
                vec![Some("red")]
                    .into_iter()
                    .collect::<DictionaryArray<Int16Type>>(),
            ),
        ),
        ("day", Arc::new(Date32Array::from(vec![Some(20_484)]))), // 2026-01-31
        ("last", Arc::new(Date32Array::from(vec![Some(2_932_896)]))),
        (
            "at",
            Arc::new(
                (*one(Some(1_769_853_600_000_000)))
                    .clone()
                    .with_timezone("UTC"),
            ),
        ),
        ("local", one(Some(-1))),
        (
            "box",
            Arc::new(StructArray::new(
                fields.clone().into(),
                vec![width.clone()],
                None,
            )),
        ),
        (
            "no_box",
            Arc::new(StructArray::new(
                fields.into(),
                vec![width],
                Some(vec![false].into()),
            )),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)))
        .unwrap()
}

pub(super) fn failing(text: &str, rows: &RecordBatch) -> Vec<usize> {
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let predicate = Predicate::bind(&expression, &rows.schema())
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let failed = predicate.failing(rows);
    let found = failed.mask().map(|mask| mask.set_indices().collect());
    found.unwrap_or_default()
}

/// What a condition is: `Some` of a value, `None` for null; `Err` for what cannot be computed.
#[track_caller]
fn check(text: &str, expected: Result<Option<bool>, ()>) {
    let rows = row();
    let fails = |text: String| !failing(&text, &rows).is_empty();
    let found = match (fails(text.to_owned()), fails(format!("not ({text})"))) {
        (false, true) => Ok(Some(true)),
        (true, false) => Ok(Some(false)),
        (false, false) => Ok(None),
        (true, true) => Err(()),
    };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn conditions_have_three_values_and_can_be_impossible() {
    // `b` cannot be computed.
    let b = "most_i + 1 > 0";
    for (text, expected) in [
        ("t and f", Ok(Some(false))),
        ("t and n", Ok(None)),
        ("f and n", Ok(Some(false))),
        ("n or t", Ok(Some(true))),
        ("n or f", Ok(None)),
        ("not n", Ok(None)),
        (b, Err(())),
        (&format!("n and {b}"), Err(())),
        (&format!("f and {b}"), Ok(Some(false))),
        (&format!("t or {b}"), Ok(Some(true))),
        (&format!("f or {b}"), Err(())),
        (&format!("if(t, i = 5, {b})"), Ok(Some(true))),
        (&format!("if({b}, t, t)"), Err(())),
        ("(most_i + 1) is null", Err(())),
        ("coalesce(i, most_i + 1) = 5", Ok(Some(true))),
        ("coalesce(none_i, most_i + 1) = 5", Err(())),
        ("none_i is null", Ok(Some(true))),
        ("none_i is distinct from i", Ok(Some(true))),
        ("none_i is not distinct from none_i", Ok(Some(true))),
        ("case when n then t when f then t end", Ok(None)),
        ("i in (1, none_i, 5)", Ok(Some(true))),
        ("i in (1, none_i)", Ok(None)),
        ("i not in (1, 2)", Ok(Some(true))),
        ("i between 5 and none_i", Ok(None)),
        ("i between 6 and none_i", Ok(Some(false))),
        ("i between 0 and 5", Ok(Some(true))),
    ] {
        check(text, expected);
    }
}

#[test]
fn numbers_are_exact_and_never_wrap_around() {
    for (text, expected) in [
        ("least_i / -1 > 9e18", Ok(Some(true))),
        ("least_i % -1 = 0", Ok(Some(true))),
        ("i / z = 1", Ok(None)),
        ("i % z = 1", Ok(None)),
        ("-least_i > 0", Err(())),
        ("abs(least_i) > 0", Err(())),
        ("least_i - 1 < 0", Err(())),
        ("most_i * 2 > 0", Err(())),
        ("i / 2 = 2.5", Ok(Some(true))),
        ("d = -12.50", Ok(Some(true))),
        ("d * 2 = -25", Ok(Some(true))),
        ("d < i", Ok(Some(true))),
        ("d + 0.005 = -12.495", Ok(Some(true))),
        ("round(d) = -13", Ok(Some(true))),
        ("round(d, 1) = -12.5", Ok(Some(true))),
        ("floor(d) = -13", Ok(Some(true))),
        ("ceil(d) = -12", Ok(Some(true))),
        ("round(2.5e0) = 3", Ok(Some(true))),
        ("nan >= 0", Ok(Some(false))),
        ("nan <> 0", Ok(Some(true))),
        ("nan = nan", Ok(Some(false))),
        ("nan is not distinct from nan", Ok(Some(true))),
        ("least(nan, 1e0) <> 1", Ok(Some(true))),
        ("least(i, none_i, 3) = 3", Ok(Some(true))),
        ("greatest(i, none_i, 3) = 5", Ok(Some(true))),
        ("nullif(i, 5) is null", Ok(Some(true))),
        ("nullif(i, none_i) = 5", Ok(Some(true))),
        ("box.width = 7", Ok(Some(true))),
        ("no_box.width = 7", Ok(None)),
        ("no_box is null", Ok(Some(true))),
        ("box is null", Ok(Some(false))),
    ] {
        check(text, expected);
    }
}

#[test]
fn text_and_times() {
    for (text, expected) in [
        ("length(s) = 5", Ok(Some(true))),
        ("trim(lower(s)) = 'été'", Ok(Some(true))),
        ("upper(e) = 'RED'", Ok(Some(true))),
        ("substring(s, 2, 2) = 'Ét'", Ok(Some(true))),
        ("substring(s, 4) = 'é '", Ok(Some(true))),
        ("concat(e, none_s) = 'red'", Ok(None)),
        ("concat(e, '!') = 'red!'", Ok(Some(true))),
        ("starts_with(e, 're')", Ok(Some(true))),
        ("ends_with(e, 're')", Ok(Some(false))),
        ("contains(none_s, 're')", Ok(None)),
        ("matches(e, 'r|red')", Ok(Some(true))),
        ("matches(e, 're')", Ok(Some(false))),
        ("e < 's'", Ok(Some(true))),
        ("day = date '2026-01-31'", Ok(Some(true))),
        ("day + 1 = date '2026-02-01'", Ok(Some(true))),
        ("day - 31 days = date '2025-12-31'", Ok(Some(true))),
        ("last + 1 > day", Err(())),
        ("day + most_i > day", Err(())),
        ("last - day = 2912412", Ok(Some(true))),
        (
            "year(day) = 2026 and month(day) = 1 and day(day) = 31",
            Ok(Some(true)),
        ),
        ("weekday(day) = 6", Ok(Some(true))),
        ("at = timestamp '2026-01-31T10:00:00Z'", Ok(Some(true))),
        ("hour(at) = 10", Ok(Some(true))),
        ("date(at) = day", Ok(Some(true))),
        ("date(local) = date '1969-12-31'", Ok(Some(true))),
        ("hour(local) = 23", Ok(Some(true))),
        ("at + 2 hours - at = 120 minutes", Ok(Some(true))),
        ("at + i * 1 day > at", Ok(Some(true))),
        ("at + most_i * 1 day > at", Err(())),
        ("days_between(day, last) = 2912412", Ok(Some(true))),
        (
            "seconds_between(at, at - 1500 milliseconds) = -1",
            Ok(Some(true)),
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let rows = row();
    for (text, expected) in [
        (
            "i + 1",
            "the expression is an integer; a rule needs a condition",
        ),
        ("absent > 0", "there is no column `absent`"),
    ] {
        let expression = Expression::parse(text).unwrap();
        let error = Predicate::bind(&expression, &rows.schema()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let wide = Schema::new(vec![Field::new("s", DataType::LargeUtf8, true)]);
    let expression = Expression::parse("s = 'a'").unwrap();
    let error = Predicate::bind(&expression, &wide).unwrap_err();
    assert!(error.contains("`s` is stored as"), "{error}");

    // A batch of another schema: no row can be computed.
    let expression = Expression::parse("i = 5").unwrap();
    let predicate = Predicate::bind(&expression, &rows.schema()).unwrap();
    let other: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let other = RecordBatch::try_from_iter([("a", other)]).unwrap();
    assert_eq!(predicate.failing(&other).count(), 2);
}

fn integers() -> impl Strategy<Value = Vec<Option<i64>>> {
    let one = prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), -3..3_i64];
    prop::collection::vec(prop::option::weighted(0.8, one), 0..40)
}

fn floats() -> impl Strategy<Value = Option<f64>> {
    let known = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 1.5];
    prop::option::weighted(0.8, prop::sample::select(known.to_vec()))
}

proptest! {
    /// The oracle compares the values themselves, one row at a time.
    #[test]
    fn whole_columns_are_compared_as_rows_are(
        a in integers(), seed in integers(), x in prop::collection::vec(floats(), 40), from in 0..5_usize,
    ) {
        let b: Vec<_> = (0..a.len()).map(|at| seed.get(at).copied().flatten()).collect();
        let x = x[..a.len()].to_vec();
        let columns: [(&str, ArrayRef); 3] = [
            ("a", Arc::new(Int64Array::from(a.clone()))),
            ("b", Arc::new(Int64Array::from(b.clone()))),
            ("x", Arc::new(Float64Array::from(x.clone()))),
        ];
        let rows = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true))).unwrap();
        let from = from.min(a.len());
        let rows = rows.slice(from, a.len() - from);
        let check = |text: &str, holds: &dyn Fn(usize) -> Option<bool>| {
            let expected: Vec<usize> = (from..a.len())
                .filter(|row| holds(*row) == Some(false))
                .map(|row| row - from)
                .collect();
            // The second goes row by row.
            for text in [text.to_owned(), format!("not (not ({text}))")] {
                prop_assert_eq!(failing(&text, &rows), expected.clone(), "{}", text);
            }
            Ok(())
        };
        macro_rules! each {
            ($($sign:literal $op:tt),*) => {$(
                check(concat!("a ", $sign, " b"), &|row| Some(a[row]? $op b[row]?))?;
                check(concat!("a ", $sign, " 1"), &|row| Some(a[row]? $op 1))?;
                check(concat!("1 ", $sign, " a"), &|row| Some(1 $op a[row]?))?;
                check(concat!("x ", $sign, " 0"), &|row| Some(x[row]? $op 0.0))?;
                check(concat!("x ", $sign, " a"), &|row| Some(x[row]? $op a[row]? as f64))?;
            )*};
        }
        each!("=" ==, "<>" !=, "<" <, "<=" <=, ">" >, ">=" >=);
        check("a between 0 and b", &|row| {
            let (low, high) = (a[row].map(|a| a >= 0), a[row].zip(b[row]).map(|(a, b)| a <= b));
            if low == Some(false) || high == Some(false) { Some(false) } else { Some(low? && high?) }
        })?;
    }
}

#[test]
fn slices_of_structs_and_empty_batches_are_read_at_their_own_rows() {
    let width: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3, 4]));
    let fields = vec![Field::new("width", DataType::Int32, true)];
    let present = vec![true, true, false, true];
    let boxes: ArrayRef = Arc::new(StructArray::new(
        fields.into(),
        vec![width],
        Some(present.into()),
    ));
    let dictionary = vec![Some("a"), None, Some("b"), Some("c")];
    let dictionary: ArrayRef = Arc::new(
        dictionary
            .into_iter()
            .collect::<DictionaryArray<Int16Type>>(),
    );
    let columns = [("box", boxes, true), ("e", dictionary, true)];
    let rows = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let part = rows.slice(1, 3);
    assert_eq!(failing("box.width < 2", &part), [0, 2]);
    assert_eq!(failing("not (box.width >= 3)", &part), [2]);
    assert_eq!(failing("e = 'b'", &part), [2]);
    assert_eq!(failing("e is not null and box is not null", &part), [0, 1]);
    assert_eq!(failing("box.width < 0", &rows.slice(4, 0)), [0; 0]);
}

#[test]
fn predicates_go_between_threads() {
    const fn is_shared<T: Send + Sync + std::fmt::Debug>() {}
    is_shared::<Predicate>();
}
