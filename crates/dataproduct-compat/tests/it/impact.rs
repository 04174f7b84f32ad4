//! Whom a change breaks when columns have other names.

use dataproduct_compat::{Policy, compare};
use dataproduct_contract::{Column, Consumption, DataType};

use crate::fixtures::today;
use crate::verdicts::of_column;

/// Which of the columns named are used by a consumer that the change breaks.
#[track_caller]
fn check(old: Column, new: Column, used: &[&str], broken: &[&str]) {
    let (old, new) = (of_column("1.0.0", old), of_column("1.1.0", new));
    let comparison = compare(&old, &new, &Policy::default(), today());
    let consumptions: Vec<Consumption> = used
        .iter()
        .map(|column| {
            let product = "sales.orders@^1".parse().unwrap();
            Consumption::new("reader".parse().unwrap(), product)
                .with_owner("readers")
                .with_column(*column)
        })
        .collect();
    let impacts = comparison.impact(&consumptions);
    let found: Vec<&str> = impacts
        .iter()
        .map(|impact| impact.consumption.columns[0].as_str())
        .collect();
    assert_eq!(found, broken);
}

fn parent(name: &str, fields: Vec<Column>) -> Column {
    Column::new(name, DataType::Struct(fields)).with_id("p-id")
}

fn whole(name: &str) -> Column {
    Column::new(name, DataType::Int32).with_id("c-id")
}

#[test]
fn a_field_of_a_renamed_struct_is_used_under_the_old_path() {
    let other = || Column::new("other", DataType::Int32);
    let used = ["p.a", "p", "p.other", "elsewhere"];
    // The struct itself is renamed: everything in it is.
    let (old, new) = (parent("p", vec![whole("a")]), parent("q", vec![whole("a")]));
    check(old, new, &used, &["p.a", "p", "p.other"]);
    // Served under its old name it breaks nobody; the field inside breaks its own readers.
    let old = parent("p", vec![whole("a"), other()]);
    let new = parent("q", vec![whole("b"), other()]).with_former_name("p");
    check(old, new, &used, &["p.a", "p"]);
    // A field that is gone from it stands under its old name within the new one.
    let old = parent("p", vec![whole("a"), other()]);
    let new = parent("q", vec![other()]).with_former_name("p");
    check(old, new, &used, &["p.a", "p"]);
}

#[test]
fn other_findings_on_a_renamed_column_name_the_readers_of_the_old_name() {
    let new = whole("b").with_former_name("a").with_nullable(true);
    check(whole("a"), new, &["a", "c"], &["a"]);
    // Readers of a name that was a former one already.
    let old = whole("b").with_former_name("a");
    check(old.clone(), whole("b"), &["a", "c"], &["a"]);
    let new = whole("c").with_former_name("a").with_former_name("b");
    let new = new.with_nullable(true);
    check(old, new, &["a", "b", "d"], &["a", "b"]);
}
