//! Figures against a count by hand.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use dataproduct_contract::Aggregate;
use proptest::prelude::*;

use super::*;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .unwrap()
}

/// What a measure comes to over batches that are looked at apart and taken in in order.
fn measured(mut measure: Measure, batches: &[RecordBatch]) -> Measured {
    let parts: Vec<Part> = batches.iter().map(|batch| measure.part(batch)).collect();
    let mut first = 0;
    for (part, batch) in parts.into_iter().zip(batches) {
        measure.absorb(part, Some(first), None);
        first += batch.num_rows() as u64;
    }
    measure.finish(DateTime::from_timestamp(1_000_000, 0).unwrap())
}

#[track_caller]
fn check_aggregate(column: ArrayRef, expect: [f64; 4]) {
    let batch = batch(vec![("n", column)]);
    let halves = [batch.slice(0, 1), batch.slice(1, batch.num_rows() - 1)];
    let functions = [
        Aggregate::Sum,
        Aggregate::Mean,
        Aggregate::Minimum,
        Aggregate::Maximum,
    ];
    for (function, expect) in functions.into_iter().zip(expect) {
        let bound = Aggregated::bind(function, "n", &batch.schema()).unwrap();
        let Measured::Figure(figure) = measured(Measure::Aggregated(bound), &halves) else {
            panic!("{function:?} is a figure");
        };
        assert!(
            figure == expect || (figure.is_nan() && expect.is_nan()),
            "{function:?}: {figure} is not {expect}"
        );
    }
}

#[test]
fn figures_of_numbers() {
    let ints = |values: Vec<Option<i64>>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
    let floats = |values: Vec<Option<f64>>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
    check_aggregate(ints(vec![Some(3), None, Some(-1)]), [2.0, 1.0, -1.0, 3.0]);
    let most = i64::MAX;
    let (sum, top) = (2.0 * most as f64, most as f64);
    check_aggregate(ints(vec![Some(most), Some(most)]), [sum, top, top, top]);
    // The ones are lost where floats are simply added up.
    let lossy = vec![Some(1e16), Some(1.0), Some(1.0), Some(-1e16)];
    check_aggregate(floats(lossy), [2.0, 0.5, -1e16, 1e16]);
    let nan = vec![Some(1.0), Some(f64::NAN), Some(2.0)];
    check_aggregate(floats(nan), [f64::NAN; 4]);
    let infinite = vec![Some(f64::INFINITY), Some(1.0)];
    check_aggregate(
        floats(infinite),
        [f64::INFINITY, f64::INFINITY, 1.0, f64::INFINITY],
    );
    let money = Decimal128Array::from(vec![Some(150), Some(250)]);
    let money = money.with_precision_and_scale(9, 2).unwrap();
    check_aggregate(Arc::new(money), [4.0, 2.0, 1.5, 2.5]);
}

#[test]
fn figures_of_nothing_are_not_known() {
    let none = batch(vec![("n", Arc::new(Int64Array::from(vec![None, None])))]);
    let figure = |function| {
        let bound = Aggregated::bind(function, "n", &none.schema()).unwrap();
        measured(Measure::Aggregated(bound), std::slice::from_ref(&none))
    };
    assert_eq!(figure(Aggregate::Sum), Measured::Figure(0.0));
    let unknown = Measured::Unknown("`n` has no value".to_owned());
    for function in [Aggregate::Mean, Aggregate::Minimum, Aggregate::Maximum] {
        assert_eq!(figure(function), unknown);
    }
    let newest = Newest::bind("n", &none.schema());
    assert!(newest.is_err(), "a number has no age");
}

#[test]
fn the_age_of_the_newest_value() {
    let second = 1_000_000;
    let times = vec![Some(999_000 * second), None, Some(999_990 * second)];
    let days = Date32Array::from(vec![Some(3), Some(10)]);
    let rows = [
        batch(vec![(
            "at",
            Arc::new(TimestampMicrosecondArray::from(times)),
        )]),
        batch(vec![("at", Arc::new(days))]),
    ];
    let age = |rows: &RecordBatch| {
        let newest = Newest::bind("at", &rows.schema()).unwrap();
        measured(Measure::Newest(newest), std::slice::from_ref(rows))
    };
    assert_eq!(age(&rows[0]), Measured::Figure(10.0));
    assert_eq!(
        age(&rows[1]),
        Measured::Figure(1_000_000.0 - 10.0 * 86_400.0)
    );
    let empty = rows[0].slice(0, 0);
    assert_eq!(
        age(&empty),
        Measured::Unknown("`at` has no value".to_owned())
    );
}

#[test]
fn volume_against_the_publishes_before() {
    let three = batch(vec![("n", Arc::new(Int64Array::from(vec![1, 2, 3])))]);
    let change = |before: &[u64], publishes| {
        let volume = Volume::new(before, publishes);
        measured(Measure::Volume(volume), std::slice::from_ref(&three))
    };
    assert_eq!(change(&[2, 4, 100], 2), Measured::Figure(0.0));
    assert_eq!(change(&[2], 7), Measured::Figure(50.0));
    assert_eq!(change(&[12], 1), Measured::Figure(-75.0));
    assert!(matches!(change(&[], 7), Measured::Unknown(_)));
    assert!(matches!(change(&[0, 0], 7), Measured::Unknown(_)));
}

/// A row of the sequence tests: key, order, opening, closing.
type Row = (Option<u8>, Option<u8>, Option<u8>, Option<u8>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let value = || proptest::option::weighted(0.85, 0_u8..4);
    let order = proptest::option::weighted(0.9, any::<u8>());
    proptest::collection::vec((value(), order, value(), value()), 0..40).prop_map(|mut rows| {
        // Rows of one key and order have no order among themselves.
        let mut seen = std::collections::HashSet::new();
        rows.retain(|row| row.1.is_none() || seen.insert((row.0, row.1)));
        rows
    })
}

fn table(rows: &[Row]) -> RecordBatch {
    let text = |value: Option<u8>| value.map(|value| format!("k{value}"));
    let column = |get: fn(&Row) -> Option<u8>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| get(row).map(i64::from))
                .collect::<Int64Array>(),
        )
    };
    let key: StringArray = rows.iter().map(|row| text(row.0)).collect();
    batch(vec![
        ("key", Arc::new(key)),
        ("order", column(|row| row.1)),
        ("opening", column(|row| row.2)),
        ("closing", column(|row| row.3)),
    ])
}

/// Faults as the words of the check have them, row by row.
fn faults(rows: &[Row], is_fault: impl Fn(&Row, &Row) -> bool, has: fn(&Row) -> bool) -> Measured {
    let mut failed = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let before = rows
            .iter()
            .filter(|other| other.0 == row.0 && other.1.is_some() && other.1 < row.1 && has(other))
            .max_by_key(|other| other.1);
        if row.1.is_some()
            && let Some(before) = before
            && is_fault(row, before)
        {
            failed.push(i as u64);
        }
    }
    Measured::Rows {
        failed: failed.len() as u64,
        first: failed.first().copied(),
    }
}

proptest! {
    #[test]
    fn sequences_agree_with_a_look_at_every_row(rows in rows(), cut in 0_usize..40) {
        let whole = table(&rows);
        let cut = cut.min(rows.len());
        let batches = [whole.slice(0, cut), whole.slice(cut, rows.len() - cut)];
        let sequence = |neighbours| {
            let by = ["key".to_owned()];
            Measure::Sequence(Sequence::bind(neighbours, &by, "order", &whole.schema()).unwrap())
        };
        for strictly in [false, true] {
            let column = "opening".to_owned();
            let rising = sequence(Neighbours::Rising { column, strictly });
            let expect = faults(
                &rows,
                |row, before| row.2.is_some() && (row.2 < before.2 || strictly && row.2 == before.2),
                |row| row.2.is_some(),
            );
            prop_assert_eq!(measured(rising, &batches), expect);
        }
        let continuous = sequence(Neighbours::Continuous {
            opening: "opening".to_owned(),
            closing: "closing".to_owned(),
        });
        let expect = faults(
            &rows,
            |row, before| row.2.is_some() && row.2 != before.3,
            |row| row.3.is_some(),
        );
        prop_assert_eq!(measured(continuous, &batches), expect);
    }

    #[test]
    fn groups_agree_with_a_map(rows in rows(), cut in 0_usize..40) {
        let whole = table(&rows);
        let cut = cut.min(rows.len());
        let batches = [whole.slice(0, cut), whole.slice(cut, rows.len() - cut)];
        let groups = |figure, columns: &[&str]| {
            let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
            Measure::Groups(Groups::bind(figure, &columns, &whole.schema()).unwrap())
        };
        let mut counts = std::collections::HashMap::new();
        for row in &rows {
            *counts.entry((row.0, row.2)).or_insert(0_u64) += 1;
        }
        let smallest = measured(groups(Figure::Smallest, &["key", "opening"]), &batches);
        match counts.values().min() {
            Some(rows) => prop_assert_eq!(smallest, Measured::Figure(*rows as f64)),
            None => prop_assert!(matches!(smallest, Measured::Unknown(_))),
        }
        let distinct: std::collections::HashSet<u8> = rows.iter().filter_map(|row| row.0).collect();
        let count = measured(groups(Figure::Count, &["key"]), &batches);
        prop_assert_eq!(count, Measured::Figure(distinct.len() as f64));
    }

    #[test]
    fn references_agree_with_a_set(rows in rows(), keys in rows()) {
        let (rows_batch, keys_batch) = (table(&rows), table(&keys));
        let names = ["key".to_owned(), "opening".to_owned()];
        let references = ["a.b#key".parse().unwrap(), "a.b#opening".parse().unwrap()];
        let types = Refers::types(&names, &rows_batch.schema()).unwrap();
        let mut known = ReferenceKeys::new(&references, types).unwrap();
        known.push(&keys_batch).unwrap();
        let set: std::collections::HashSet<_> = keys
            .iter()
            .filter_map(|row| Some((row.0?, row.2?)))
            .collect();
        prop_assert_eq!(known.len(), set.len());
        let failed = Refers::new(&names, Arc::new(known)).failing(&rows_batch);
        let expect: Vec<usize> = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| {
                matches!((row.0, row.2), (Some(key), Some(opening)) if !set.contains(&(key, opening)))
            })
            .map(|(i, _)| i)
            .collect();
        let found: Vec<usize> = failed
            .mask()
            .map(|mask| mask.set_indices().collect())
            .unwrap_or_default();
        prop_assert_eq!(found, expect);
    }
}

#[test]
fn groups_of_vast_values_are_given_up() {
    let texts =
        |values: Vec<String>| batch(vec![("t", Arc::new(StringArray::from(values)) as ArrayRef)]);
    let rows = texts((0..4).map(|n| n.to_string().repeat(1 << 20)).collect());
    let groups = |most_bytes| {
        let groups = Groups::bind(Figure::Count, &["t".to_owned()], &rows.schema()).unwrap();
        Measure::Groups(groups.with_most_bytes(most_bytes))
    };
    let twice = [rows.clone(), rows.clone()];
    assert_eq!(measured(groups(8 << 20), &twice), Measured::Figure(4.0));
    let why = "the values of the groups are larger than 2 MiB".to_owned();
    assert_eq!(measured(groups(2 << 20), &twice), Measured::Unknown(why));
}
