use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use dataproduct_contract::DataType;

use super::*;
use crate::profile::Profiler;
use crate::{Gate, Verdict};

fn proposed(texts: &[Option<String>], is_typed: bool) -> Proposal {
    let array: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    let batch = RecordBatch::try_from_iter_with_nullable([("a b", array, true)]).unwrap();
    let mut profiler = Profiler::new(&batch.schema());
    profiler.see(&batch).unwrap();
    propose(&profiler.finish(), is_typed).unwrap()
}

#[test]
fn types_lose_nothing_and_few_rows_prove_nothing() {
    for (text, is_typed, expected) in [
        ("12", false, DataType::Int64),
        ("12", true, DataType::String),
        ("0667", false, DataType::String),
        (
            "1.50",
            false,
            DataType::Decimal {
                precision: 5,
                scale: 2,
            },
        ),
        ("2024-02-29", false, DataType::Date),
        ("29.02.2024", false, DataType::String),
        (" 12", false, DataType::String),
    ] {
        let many = proposed(&vec![Some(text.to_owned()); 40], is_typed);
        assert_eq!(many.columns[0].data_type, expected, "{text}");
        assert!(!many.columns[0].nullable);
        let few = proposed(&vec![Some(text.to_owned()); 5], is_typed);
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
    let proposal = proposed(&zips, true);
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
