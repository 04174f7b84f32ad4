use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use dataproduct_contract::DataType;

use super::*;
use crate::profile::Profiler;
use crate::{Gate, Verdict};

fn proposed(texts: &[Option<String>], typing: Typing) -> Proposal {
    let array: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    let batch = RecordBatch::try_from_iter_with_nullable([("a b", array, true)]).unwrap();
    let mut profiler = Profiler::new(&batch.schema());
    profiler.see(&batch).unwrap();
    propose(&profiler.finish(), typing).unwrap()
}

#[test]
fn types_lose_nothing_and_few_rows_prove_nothing() {
    for (text, typing, expected) in [
        ("12", Typing::Untyped, DataType::Int64),
        ("12", Typing::Scalars, DataType::String),
        ("2024-02-29", Typing::Scalars, DataType::Date),
        ("2024-02-29", Typing::Typed, DataType::String),
        ("12", Typing::Typed, DataType::String),
        ("0667", Typing::Untyped, DataType::String),
        (
            "1.50",
            Typing::Untyped,
            DataType::Decimal {
                precision: 5,
                scale: 2,
            },
        ),
        ("2024-02-29", Typing::Untyped, DataType::Date),
        ("29.02.2024", Typing::Untyped, DataType::String),
        (" 12", Typing::Untyped, DataType::String),
    ] {
        let many = proposed(&vec![Some(text.to_owned()); 40], typing);
        assert_eq!(many.columns[0].data_type, expected, "{text}");
        assert!(!many.columns[0].nullable);
        let few = proposed(&vec![Some(text.to_owned()); 5], typing);
        assert!(few.columns[0].nullable && few.columns[0].limits == Default::default());
        assert!(few.columns[0].rules.is_empty() && few.columns[0].allowed.is_empty());
        let contract = many.into_contract("a.b", "0.1.0", "team").unwrap();
        assert_eq!(contract.columns()[0].business_name.as_deref(), Some("a b"));
    }
}

#[test]
fn what_nearly_holds_is_a_warning() {
    let mut zips: Vec<Option<String>> = (0..98).map(|i| Some(format!("{}", 55_000 + i))).collect();
    zips.insert(7, Some("2128".to_owned()));
    zips.push(None);
    let proposal = proposed(&zips, Typing::Typed);
    let [missing, pattern] = proposal.columns[0].rules.as_slice() else {
        panic!("{:?}", proposal.columns[0].rules)
    };
    assert_eq!(missing.check, Check::NullValues);
    assert!(
        matches!(&pattern.check, Check::InvalidValues { pattern: Some(p), .. } if p == "[0-9]{5}")
    );
    assert_eq!(pattern.severity, Severity::Warning);
    let found = proposal
        .evidence
        .iter()
        .find(|e| e.about == "pattern")
        .unwrap();
    assert_eq!(found.first_row, Some(7));
    let contract = proposal.into_contract("a.b", "0.1.0", "team").unwrap();
    let array: ArrayRef = Arc::new(StringArray::from(zips));
    let batch = RecordBatch::try_from_iter_with_nullable([("a_b", array, true)]).unwrap();
    assert!(matches!(
        Gate::new(&contract).check(batch),
        Verdict::Admitted(_)
    ));
}

/// The key proposed for rows of whole numbers, and the columns that only could be one.
fn keys(columns: &[(&str, Vec<i64>)]) -> (Vec<String>, usize) {
    let arrays = columns.iter().map(|(name, values)| {
        let array: ArrayRef = Arc::new(arrow_array::Int64Array::from(values.clone()));
        (*name, array)
    });
    let batch = RecordBatch::try_from_iter(arrays).unwrap();
    let mut profiler = Profiler::new(&batch.schema());
    profiler.see(&batch).unwrap();
    let proposal = propose(&profiler.finish(), Typing::Typed).unwrap();
    let key = proposal.columns.iter().filter(|c| c.key.is_some());
    let could = proposal
        .evidence
        .iter()
        .filter(|e| e.proposal.ends_with("could be a key"));
    (key.map(|c| c.name.clone()).collect(), could.count())
}

#[test]
fn what_tells_rows_apart_by_chance_is_no_key() {
    let rows = 60_i64;
    let column = |of: &dyn Fn(i64) -> i64| (0..rows).map(of).collect::<Vec<i64>>();
    for (columns, expected, could) in [
        // Every product in every store.
        (
            vec![
                ("store_id", column(&|i| i / 10)),
                ("product_id", column(&|i| i % 10)),
            ],
            vec!["store_id", "product_id"],
            0,
        ),
        // Two measures, neither of which says much.
        (
            vec![
                ("width", column(&|i| i / 2)),
                ("height", column(&|i| i * 37 % 59)),
            ],
            vec![],
            0,
        ),
        // Numbers without a gap, and numbers from anywhere.
        (vec![("row", column(&|i| i + 5))], vec!["row"], 0),
        (
            vec![("area", column(&|i| i * i * 977 % 100_003))],
            vec![],
            1,
        ),
        (
            vec![("sku", column(&|i| i * i * 977 % 100_003))],
            vec!["sku"],
            0,
        ),
        // The one that says that it is an identifier, wherever it stands.
        (
            vec![("rank", column(&|i| i)), ("store_id", column(&|i| i * 3))],
            vec!["store_id"],
            1,
        ),
        // An index of rows has no name.
        (vec![("", column(&|i| i))], vec![], 1),
    ] {
        let (key, others) = keys(&columns);
        let names: Vec<_> = columns.iter().map(|(name, _)| name).collect();
        assert_eq!(
            (key, others),
            (expected.iter().map(|n| (*n).to_owned()).collect(), could),
            "{names:?}"
        );
    }
}

#[test]
fn few_numbers_of_stores_are_no_enumeration() {
    for (name, text, is_enum) in [
        ("store_no", "S-01", false),
        ("grade", "S-01", true),
        ("kind_code", "S", true),
    ] {
        let texts: Vec<String> = (0..80)
            .map(|i| format!("{text}{}", if i % 2 == 0 { "" } else { "B" }))
            .collect();
        let array: ArrayRef = Arc::new(StringArray::from(texts));
        let batch = RecordBatch::try_from_iter([(name, array)]).unwrap();
        let mut profiler = Profiler::new(&batch.schema());
        profiler.see(&batch).unwrap();
        let proposal = propose(&profiler.finish(), Typing::Typed).unwrap();
        assert_eq!(!proposal.columns[0].allowed.is_empty(), is_enum, "{name}");
    }
}

#[test]
fn one_value_says_nothing_of_the_form_of_others() {
    let proposal = proposed(&vec![Some("IKEA".to_owned()); 40], Typing::Typed);
    let column = &proposal.columns[0];
    assert!(column.limits.pattern.is_none() && column.rules.is_empty());
    assert!(
        proposal
            .evidence
            .iter()
            .any(|e| e.proposal == "one value only")
    );
}

#[test]
fn texts_that_are_identifiers_are_keys() {
    let column = |of: &dyn Fn(u64) -> String| (0..60).map(of).collect::<Vec<String>>();
    for (name, texts, is_key) in [
        ("place", column(&|i| format!("{:04}", i * 7)), true),
        (
            "url",
            column(&|i| format!("https://example.org/p/{i}")),
            true,
        ),
        (
            "image",
            column(&|i| format!("https://example.org/p/{i}.png")),
            false,
        ),
        (
            "words",
            column(&|i| "so ".repeat(usize::try_from(i).unwrap() + 1) + "it is"),
            false,
        ),
    ] {
        let array: ArrayRef = Arc::new(StringArray::from(texts));
        let batch = RecordBatch::try_from_iter([(name, array)]).unwrap();
        let mut profiler = Profiler::new(&batch.schema());
        profiler.see(&batch).unwrap();
        let proposal = propose(&profiler.finish(), Typing::Untyped).unwrap();
        assert_eq!(proposal.columns[0].key.is_some(), is_key, "{name}");
    }
}
