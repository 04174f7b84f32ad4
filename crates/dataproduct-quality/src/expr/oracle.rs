//! Every function and operator against plain Rust, over rows of odd values.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use chrono::{DateTime, Datelike, Timelike};
use proptest::prelude::*;

use super::tests::failing;

/// Two values, either of which may be missing.
type Pair<T> = (Option<T>, Option<T>);

const SECOND: i64 = 1_000_000;

/// What an expression over some columns must be, row by row.
#[track_caller]
fn agree(columns: &[(&str, ArrayRef)], expected: ArrayRef, text: &str) {
    let rows = expected.len();
    let columns = columns.iter().cloned().chain([("expected", expected)]);
    let columns = columns.map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let none = failing(&format!("({text}) is not distinct from expected"), &batch);
    assert_eq!(none, Vec::<usize>::new(), "{text}");
    let all = failing(&format!("({text}) is distinct from expected"), &batch);
    assert_eq!(all.len(), rows, "{text}");
}

fn integers(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<Int64Array>())
}

fn booleans(values: impl Iterator<Item = Option<bool>>) -> ArrayRef {
    Arc::new(values.collect::<BooleanArray>())
}

fn texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn decimals(values: impl Iterator<Item = Option<i128>>, scale: i8) -> ArrayRef {
    let values: Decimal128Array = values.collect();
    Arc::new(values.with_precision_and_scale(20, scale).unwrap())
}

fn maybe<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.9, value)
}

fn pairs<T: Clone + std::fmt::Debug, S: Strategy<Value = T>>(
    value: fn() -> S,
) -> impl Strategy<Value = Vec<Pair<T>>> {
    prop::collection::vec((maybe(value()), maybe(value())), 1..40)
}

/// Both, where both are there.
fn both<T: Copy, R>(pair: &Pair<T>, of: impl Fn(T, T) -> R) -> Option<R> {
    Some(of(pair.0?, pair.1?))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whole_numbers(rows in pairs(|| prop_oneof![-9..9_i64, Just(1 << 31), -(1_i64 << 31)..0])) {
        let a = || rows.iter().map(|row| row.0);
        let columns = [("a", integers(a())), ("b", integers(rows.iter().map(|row| row.1)))];
        let two = |of: fn(i64, i64) -> i64| integers(rows.iter().map(|row| both(row, of)));
        agree(&columns, two(|a, b| a + b), "a + b");
        agree(&columns, two(|a, b| a - b), "a - b");
        agree(&columns, two(|a, b| a * b), "a * b");
        let left = rows.iter().map(|row| both(row, i64::checked_rem).flatten());
        agree(&columns, integers(left), "a % b");
        agree(&columns, integers(a().map(|a| a.map(|a| -a))), "-a");
        agree(&columns, integers(a().map(|a| a.map(i64::abs))), "abs(a)");
        agree(&columns, integers(rows.iter().map(|(a, b)| a.or(*b))), "coalesce(a, b)");
        let some = |row: &Pair<i64>, of: fn(i64, i64) -> i64| {
            both(row, of).or(row.0).or(row.1)
        };
        agree(&columns, integers(rows.iter().map(|row| some(row, i64::min))), "least(a, b)");
        agree(&columns, integers(rows.iter().map(|row| some(row, i64::max))), "greatest(a, b)");
        let unless = rows.iter().map(|(a, b)| a.filter(|_| a != b));
        agree(&columns, integers(unless), "nullif(a, b)");
        let are = |of: fn(i64, i64) -> bool| booleans(rows.iter().map(|row| both(row, of)));
        agree(&columns, are(|a, b| a < b), "a < b");
        agree(&columns, are(|a, b| a <= b), "a <= b");
        agree(&columns, are(|a, b| a > b), "a > b");
        agree(&columns, are(|a, b| a >= b), "a >= b");
        agree(&columns, are(|a, b| a == b), "a = b");
        agree(&columns, are(|a, b| a != b), "a <> b");
        agree(&columns, booleans(a().map(|a| Some(a.is_none()))), "a is null");
        let within = a().map(|a| a.map(|a| (-3..=3).contains(&a)));
        agree(&columns, booleans(within), "a between -3 and 3");
        let listed = a().map(|a| a.map(|a| [1, 2, 3].contains(&a)));
        agree(&columns, booleans(listed), "a in (1, 2, 3)");
        let chosen = rows.iter().map(|(a, b)| if a.is_some_and(|a| a > 0) { *a } else { *b });
        agree(&columns, integers(chosen), "case when a > 0 then a else b end");
    }

    #[test]
    fn decimals_of_two_scales(
        rows in pairs(|| prop_oneof![-400..400_i128, -1_000_000_000_000..1_000_000_000_000_i128]),
    ) {
        // `a` in hundredths, `b` in thousandths.
        let columns = [
            ("a", decimals(rows.iter().map(|row| row.0), 2)),
            ("b", decimals(rows.iter().map(|row| row.1), 3)),
        ];
        let two = |of: fn(i128, i128) -> i128, scale| {
            decimals(rows.iter().map(|row| both(row, of)), scale)
        };
        agree(&columns, two(|a, b| a * 10 + b, 3), "a + b");
        agree(&columns, two(|a, b| a * 10 - b, 3), "a - b");
        let are = |of: fn(i128, i128) -> bool| booleans(rows.iter().map(|row| both(row, of)));
        agree(&columns, are(|a, b| a * 10 < b), "a < b");
        agree(&columns, are(|a, b| a * 10 >= b), "a >= b");
        let one = |of: fn(i128) -> i128, scale| {
            decimals(rows.iter().map(|row| row.1.map(of)), scale)
        };
        agree(&columns, one(|b| b.abs(), 3), "abs(b)");
        agree(&columns, one(|b| -b, 3), "-b");
        agree(&columns, one(|b| b.div_euclid(1_000), 0), "floor(b)");
        agree(&columns, one(|b| -(-b).div_euclid(1_000), 0), "ceil(b)");
        // Halves go away from zero.
        let half = |b: i128, unit: i128| b.signum() * ((b.abs() + unit / 2) / unit);
        let round = |unit: i128, scale| {
            decimals(rows.iter().map(|row| row.1.map(|b| half(b, unit))), scale)
        };
        agree(&columns, round(1_000, 0), "round(b)");
        agree(&columns, round(100, 1), "round(b, 1)");
        agree(&columns, round(10, 2), "round(b, 2)");
        agree(&columns, one(|b| b, 3), "round(b, 3)");
        agree(&columns, one(|b| b, 3), "round(b, 9)");
    }

    #[test]
    fn floats(rows in pairs(|| prop_oneof![
        prop::sample::select(vec![0.0, -0.0, 1.5, -2.5, 0.125, 1e300, 4_503_599_627_370_497.0]),
        -9.0..9.0_f64,
    ])) {
        let column = |of: fn(&Pair<f64>) -> Option<f64>| -> ArrayRef {
            Arc::new(rows.iter().map(of).collect::<Float64Array>())
        };
        let columns = [("x", column(|row| row.0)), ("y", column(|row| row.1))];
        agree(&columns, column(|row| both(row, |x, y| x + y)), "x + y");
        agree(&columns, column(|row| both(row, |x, y| x - y)), "x - y");
        agree(&columns, column(|row| both(row, |x, y| x * y)), "x * y");
        let over = |row: &Pair<f64>| {
            both(row, |x, y| (y != 0.0).then(|| x / y)).flatten()
        };
        agree(&columns, column(over), "x / y");
        agree(&columns, column(|row| row.0.map(f64::floor)), "floor(x)");
        agree(&columns, column(|row| row.0.map(f64::ceil)), "ceil(x)");
        agree(&columns, column(|row| row.0.map(f64::round)), "round(x)");
        agree(&columns, column(|row| row.0.map(f64::abs)), "abs(x)");
        let tenths = |x: f64| if x.abs() < 1e9 { (x * 10.0).round() / 10.0 } else { x };
        let tenths: Float64Array = rows.iter().map(|row| row.0.map(tenths)).collect();
        let small: Vec<_> = rows.iter().map(|row| row.0.is_none_or(|x| x.abs() < 1e9)).collect();
        if small.iter().all(|is_small| *is_small) {
            agree(&columns, Arc::new(tenths), "round(x, 1)");
        }
        let are = |of: fn(f64, f64) -> bool| booleans(rows.iter().map(|row| both(row, of)));
        agree(&columns, are(|x, y| x < y), "x < y");
        agree(&columns, are(|x, y| x <= y), "x <= y");
        agree(&columns, are(|x, y| x == y), "x = y");
    }

    #[test]
    fn text(rows in prop::collection::vec((maybe("[abÉß ]{0,5}"), maybe("[abÉ]{0,2}")), 1..40)) {
        let s = || rows.iter().map(|row| row.0.clone());
        let columns = [("s", texts(s())), ("t", texts(rows.iter().map(|row| row.1.clone())))];
        let are = |of: fn(&str, &str) -> bool| {
            booleans(rows.iter().map(|(s, t)| Some(of(s.as_ref()?, t.as_ref()?))))
        };
        agree(&columns, are(|s, t| s.contains(t)), "contains(s, t)");
        agree(&columns, are(|s, t| s.starts_with(t)), "starts_with(s, t)");
        agree(&columns, are(|s, t| s.ends_with(t)), "ends_with(s, t)");
        agree(&columns, are(|s, t| s < t), "s < t");
        let one = |of: fn(&str) -> String| texts(s().map(|s| s.map(|s| of(&s))));
        agree(&columns, one(str::to_uppercase), "upper(s)");
        agree(&columns, one(str::to_lowercase), "lower(s)");
        agree(&columns, one(|s| s.trim().to_owned()), "trim(s)");
        agree(&columns, one(|s| s.chars().skip(1).take(2).collect()), "substring(s, 2, 2)");
        agree(&columns, one(|s| s.chars().skip(2).collect()), "substring(s, 3)");
        let length = s().map(|s| s.map(|s| s.chars().count() as i64));
        agree(&columns, integers(length), "length(s)");
        let joined = rows.iter().map(|(s, t)| Some(format!("{}-{}", s.as_ref()?, t.as_ref()?)));
        agree(&columns, texts(joined), "concat(s, '-', t)");
    }

    #[test]
    fn days_and_times(rows in pairs(|| -60_000_000_000 * SECOND..250_000_000_000 * SECOND)) {
        let times = |of: fn(&Pair<i64>) -> Option<i64>| -> ArrayRef {
            let times: TimestampMicrosecondArray = rows.iter().map(of).collect();
            Arc::new(times.with_timezone("UTC"))
        };
        let day = |micros: i64| micros.div_euclid(86_400 * SECOND);
        let days = |second: bool| -> ArrayRef {
            let of = |row: &Pair<i64>| if second { row.1 } else { row.0 };
            let days = rows.iter().map(|row| of(row).map(|at| i32::try_from(day(at)).unwrap()));
            Arc::new(days.collect::<Date32Array>())
        };
        let columns = [
            ("at", times(|row| row.0)),
            ("till", times(|row| row.1)),
            ("day", days(false)),
            ("last", days(true)),
        ];
        let part = |of: fn(DateTime<chrono::Utc>) -> i64| {
            let at = rows.iter().map(|row| row.0.map(|at| DateTime::from_timestamp_micros(at).unwrap()));
            integers(at.map(|at| at.map(of)))
        };
        for column in ["at", "day"] {
            let text = |function: &str| format!("{function}({column})");
            agree(&columns, part(|at| i64::from(at.year())), &text("year"));
            agree(&columns, part(|at| i64::from(at.month())), &text("month"));
            agree(&columns, part(|at| i64::from(at.day())), &text("day"));
            let weekday = part(|at| i64::from(at.weekday().number_from_monday()));
            agree(&columns, weekday, &text("weekday"));
        }
        agree(&columns, part(|at| i64::from(at.hour())), "hour(at)");
        agree(&columns, days(false), "date(at)");
        let between = |unit: i64| integers(rows.iter().map(|row| both(row, |a, b| (b - a) / unit)));
        agree(&columns, between(SECOND), "seconds_between(at, till)");
        agree(&columns, between(86_400 * SECOND), "days_between(at, till)");
        let whole = rows.iter().map(|row| both(row, |a, b| day(b) - day(a)));
        agree(&columns, integers(whole), "days_between(day, last)");
        let later: TimestampMicrosecondArray =
            rows.iter().map(|row| row.0.map(|at| at + 5_400 * SECOND)).collect();
        agree(&columns, Arc::new(later.with_timezone("UTC")), "at + 90 minutes");
        let before = booleans(rows.iter().map(|row| both(row, |a, b| a < b)));
        agree(&columns, before, "at < till");
    }

    #[test]
    fn conditions(rows in pairs(any::<bool>)) {
        let columns = [
            ("p", booleans(rows.iter().map(|row| row.0))),
            ("q", booleans(rows.iter().map(|row| row.1))),
        ];
        let and = |row: &Pair<bool>| match row {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        agree(&columns, booleans(rows.iter().map(and)), "p and q");
        let not = |row: &Pair<bool>| (row.0.map(|p| !p), row.1.map(|q| !q));
        let or = rows.iter().map(|row| and(&not(row)).map(|neither| !neither));
        agree(&columns, booleans(or), "p or q");
        agree(&columns, booleans(rows.iter().map(|row| not(row).0)), "not p");
    }
}

#[test]
fn narrow_numbers_are_numbers() {
    let columns: [(&str, ArrayRef); 5] = [
        ("i8", Arc::new(Int8Array::from(vec![-8, 8]))),
        ("i16", Arc::new(Int16Array::from(vec![-16, 16]))),
        ("i32", Arc::new(Int32Array::from(vec![-32, 32]))),
        ("f32", Arc::new(Float32Array::from(vec![-0.5, 0.5]))),
        ("i64", Arc::new(Int64Array::from(vec![-64, 64]))),
    ];
    let sum: ArrayRef = Arc::new(Int64Array::from(vec![-120, 120]));
    agree(&columns, sum, "i8 + i16 + i32 + i64");
    let float: ArrayRef = Arc::new(Float64Array::from(vec![-1.0, 1.0]));
    agree(&columns, float, "f32 + f32");
}
