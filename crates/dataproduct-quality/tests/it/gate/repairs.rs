//! Repairs: what a cast reads, what several rules make of one value together, and that twice is once.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use dataproduct_contract::{
    Check, Column, Contract, ContractBuilder, DataType, OnFailure, Repair, Rule, Value,
};
use dataproduct_quality::{Gate, TEXT_COLUMN, Verdict};
use proptest::prelude::*;

use super::driver::{parted, report, result};

fn builder() -> ContractBuilder {
    Contract::builder("inventory.stock", "1.0.0").with_owner("inventory-platform")
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    let columns = columns.iter().cloned();
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
        .unwrap()
}

/// A product whose columns are cast.
fn counts() -> ContractBuilder {
    let cast = |name, data_type| {
        Column::new(name, data_type).with_on_failure(OnFailure::Repair(Repair::Cast))
    };
    let price = DataType::Decimal {
        precision: 6,
        scale: 2,
    };
    builder()
        .with_column(cast("n", DataType::Int64).with_minimum(0))
        .with_column(cast("price", price).with_nullable(true))
        .with_column(cast("on", DataType::Date).with_nullable(true))
}

fn came() -> RecordBatch {
    batch(&[
        (
            "n",
            texts(&[Some(" 1"), Some("two"), Some("-3"), Some("4.0"), Some("")]),
        ),
        (
            "price",
            Arc::new(Int64Array::from(vec![
                Some(5),
                None,
                Some(7),
                Some(12_345),
                Some(1),
            ])),
        ),
        (
            "on",
            texts(&[
                Some("2026-11-27"),
                Some(" "),
                None,
                Some("2026-01-01"),
                None,
            ]),
        ),
    ])
}

#[test]
fn values_of_another_type_are_read_and_the_others_are_kept_apart_as_they_came() {
    let contract = counts()
        .with_on_failure(OnFailure::Quarantine)
        .build()
        .unwrap();
    let mut gate = Gate::new(&contract);
    let Verdict::Separated {
        admitted,
        quarantined,
    } = gate.check(came())
    else {
        panic!("rows were to be kept apart")
    };
    let rows = admitted.batch();
    assert_eq!(rows.schema(), contract.arrow_schema());
    assert_eq!(rows.column(0).as_primitive::<Int64Type>().values(), &[1]);
    assert_eq!(
        rows.column(1).as_primitive::<Decimal128Type>().values(),
        &[500]
    );
    assert_eq!(
        rows.column(2).as_primitive::<Date32Type>().values(),
        &[20_784]
    );
    let apart = quarantined.batch();
    let rules: Vec<String> = (0..apart.num_rows())
        .map(|row| {
            let rules = apart.column(0).as_list::<i32>().value(row);
            let rules: Vec<_> = rules
                .as_string::<i32>()
                .iter()
                .flatten()
                .map(str::to_owned)
                .collect();
            rules.join(" ")
        })
        .collect();
    // What cannot be read is there and not missing; what is blank is missing.
    assert_eq!(rules, ["n.cast", "n.range", "price.cast", "n.required"]);
    let came = apart.column_by_name(TEXT_COLUMN).unwrap().as_map();
    let kept: Vec<String> = (0..apart.num_rows())
        .map(|row| match came.is_null(row) {
            true => String::new(),
            false => {
                let entry = came.value(row);
                let text = |part: usize| entry.column(part).as_string::<i32>().value(0).to_owned();
                format!("{}={}", text(0), text(1))
            }
        })
        .collect();
    assert_eq!(kept, ["n=two", "", "price=12345", ""]);
    assert_eq!(
        apart
            .column_by_name("n")
            .unwrap()
            .as_primitive::<Int64Type>()
            .value(1),
        -3
    );
}

#[test]
fn what_does_not_cast_refuses_where_nothing_else_is_said_and_is_told_as_it_came() {
    let report = report(&counts().build().unwrap(), &[came()], 2);
    assert!(!report.verdict().is_accepted());
    let cast = result(&report, "n.cast");
    assert_eq!(
        (cast.failed_rows, cast.repaired_rows, cast.first_row),
        (1, 4, Some(1))
    );
    assert_eq!(cast.on_failure, "reject");
    assert_eq!(cast.expected.as_deref(), Some("reads as long"));
    assert_eq!(cast.samples[0].values, [("n".to_owned(), "two".to_owned())]);
    assert_eq!(result(&report, "n.required").failed_rows, 1);
    assert_eq!(result(&report, "on.cast").repaired_rows, 3);
}

#[test]
fn a_cast_of_what_was_cast_changes_nothing() {
    let contract = counts()
        .with_on_failure(OnFailure::Quarantine)
        .build()
        .unwrap();
    let (first, _) = parted(&contract, &[came()]);
    let (second, report) = parted(&contract, &first.published);
    assert_eq!(second.published, first.published);
    assert_eq!(report.rows().repaired(), 0);
}

#[test]
fn without_a_cast_no_text_is_read_as_a_number() {
    let contract = builder()
        .with_column(Column::new("n", DataType::Int64))
        .build()
        .unwrap();
    let Verdict::Refused(report) = Gate::new(&contract).check(batch(&[("n", texts(&[Some("1")]))]))
    else {
        panic!("text was read as a number")
    };
    assert_eq!(report.findings()[0].code, "wrong-type");
}

/// A rule of a column of text that repairs.
fn rule(valid: &str, repair: Repair) -> Rule {
    let check = Check::InvalidValues {
        valid: Vec::new(),
        pattern: Some(valid.to_owned()),
    };
    Rule::of(check).with_on_failure(OnFailure::Repair(repair))
}

fn default(value: &str) -> Repair {
    Repair::Default(Value::from(value))
}

/// What texts are after the repairs of some rules; `!` before one that still breaks a rule.
fn mended(rules: &[Rule], values: &[Option<&str>]) -> Vec<String> {
    let mut column = Column::new("s", DataType::String).with_nullable(true);
    column.rules = rules.to_vec();
    let contract = builder()
        .with_on_failure(OnFailure::Quarantine)
        .with_column(column)
        .build()
        .unwrap();
    let rows = batch(&[("s", texts(values))]);
    let mut gate = Gate::new(&contract);
    let (admitted, apart) = match gate.check(rows) {
        Verdict::Admitted(rows) => (rows.batch().clone(), None),
        Verdict::Separated {
            admitted,
            quarantined,
        } => (admitted.batch().clone(), Some(quarantined.batch().clone())),
        Verdict::Refused(report) => panic!("{report}"),
    };
    let of = |rows: &RecordBatch, sign: &str| -> Vec<String> {
        let column = rows.column_by_name("s").unwrap().as_string::<i32>();
        let told = column
            .iter()
            .map(|text| format!("{sign}{}", text.unwrap_or("null")));
        told.collect()
    };
    let mut all = of(&admitted, "");
    all.extend(apart.iter().flat_map(|rows| of(rows, "!")));
    all
}

#[test]
fn what_one_rule_makes_of_a_value_is_set_right_by_the_others_whatever_their_order() {
    let missing = Rule::of(Check::NullValues).with_on_failure(OnFailure::Repair(default("none")));
    let trim = rule("[a-z]+", Repair::Trim);
    let values = [Some(" a "), Some("   "), None, Some("b")];
    let expect = ["a", "none", "none", "b"];
    assert_eq!(mended(&[missing.clone(), trim.clone()], &values), expect);
    assert_eq!(mended(&[trim, missing], &values), expect);
    // A default takes the place of what nothing gentler sets right.
    let both = [rule("[a-z]+", default("x")), rule("[a-z]+", Repair::Trim)];
    assert_eq!(mended(&both, &[Some(" a"), Some(" 1")]), ["a", "x"]);
}

#[test]
fn a_value_that_never_comes_to_rest_stays_as_it_came() {
    let map = |from: &str, to: &str| Repair::Map(vec![(Value::from(from), Value::from(to))]);
    let rules = [rule("a", map("b", "c")), rule("b", map("c", "b"))];
    let values = [Some("b"), Some("c"), Some("d")];
    assert_eq!(mended(&rules, &values), ["!b", "!c", "!d"]);
}

fn repairs() -> impl Strategy<Value = Vec<Rule>> {
    let values = || prop::sample::select(vec!["a", "b", "ab", " a", "b ", "", "c"]);
    let pair = (values(), values()).prop_filter("a pair that moves", |(from, to)| from != to);
    let repair = prop_oneof![
        2 => Just(Repair::Trim),
        2 => values().prop_map(default),
        2 => pair.prop_map(|(from, to)| Repair::Map(vec![(Value::from(from), Value::from(to))])),
    ];
    let check = prop::sample::select(vec!["[a-z]+", "a", "b", "[ab]*", "a|b|ab"]);
    let of_rule =
        (any::<bool>(), check, repair).prop_map(|(is_null, pattern, repair)| match is_null {
            true => Rule::of(Check::NullValues).with_on_failure(OnFailure::Repair(repair)),
            false => rule(pattern, repair),
        });
    prop::collection::vec(of_rule, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn repairing_twice_is_repairing_once(
        rules in repairs(),
        values in prop::collection::vec(
            prop::option::of(prop::sample::select(vec!["a", "b", "ab", " a", "b ", "", "  ", "c", "ba"])), 1..12),
    ) {
        let once = mended(&rules, &values);
        let again: Vec<Option<&str>> = once
            .iter()
            .map(|text| text.strip_prefix('!').unwrap_or(text))
            .map(|text| (text != "null").then_some(text))
            .collect();
        prop_assert_eq!(mended(&rules, &again), once);
    }

    #[test]
    fn casting_twice_is_casting_once(values in prop::collection::vec(prop::option::of("[ +-]?[0-9]{0,3}[.x]?[0-9]{0,3} ?"), 1..20)) {
        let contract = counts().with_on_failure(OnFailure::Quarantine).build().unwrap();
        let array: ArrayRef = Arc::new(values.iter().cloned().collect::<StringArray>());
        let none: ArrayRef = Arc::new(StringArray::new_null(values.len()));
        let rows = batch(&[("n", Arc::clone(&array)), ("price", array), ("on", none)]);
        // Blank text in a required column is never published: it refuses what is left.
        let (first, _) = parted(&contract, &[rows]);
        let (second, report) = parted(&contract, &first.published);
        prop_assert_eq!(second.published, first.published);
        prop_assert_eq!(report.rows().repaired(), 0);
        prop_assert_eq!(report.rows().quarantined(), 0);
    }
}
