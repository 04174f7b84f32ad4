//! When a default is still the same one.

use dataproduct_compat::{Kind, Policy, compare};
use dataproduct_contract::{Column, DataType, Value};

use crate::fixtures::today;
use crate::verdicts::of_column;

fn real(number: f64) -> Value {
    Value::try_from(number).unwrap()
}

/// What is found of a default that is declared anew, with what is shown of it before and after.
fn found(old: (DataType, Value), new: (DataType, Value)) -> Option<(Kind, String, String)> {
    let of = |version: &str, (data_type, default): (DataType, Value)| {
        of_column(version, Column::new("c", data_type).with_default(default))
    };
    let (old, new) = (of("1.0.0", old), of("1.1.0", new));
    let comparison = compare(&old, &new, &Policy::default(), today());
    let findings = comparison.findings().iter();
    let mut of_default = findings.filter(|finding| {
        finding.rule.id.starts_with("default-") || finding.change.path.ends_with(".default")
    });
    let change = &of_default.next()?.change;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Some((change.kind, text(&change.before), text(&change.after)))
}

#[test]
fn a_default_is_compared_by_what_stored_rows_read_as() {
    use DataType::{Float32, Float64, Int32, Int64};
    let decimal = |precision, scale| DataType::Decimal { precision, scale };
    let tenth = f64::from(0.1_f32);
    let of = |kind, before: &str, after: &str| Some((kind, before.to_owned(), after.to_owned()));
    let changed = |before: &str, after: &str| of(Kind::DefaultChanged, before, after);
    let cases = [
        ((Int32, Value::from(7)), (Int64, Value::from(7)), None),
        (
            (Int32, Value::from(7)),
            (Int64, Value::from(8)),
            changed("7", "8"),
        ),
        // The nearest number of 32 bits to a tenth is not the nearest of 64.
        ((Float32, real(0.1)), (Float32, real(0.1)), None),
        (
            (Float32, real(0.1)),
            (Float64, real(0.1)),
            changed("0.10000000149011612", "0.1"),
        ),
        (
            (Float64, real(0.1)),
            (Float32, real(0.1)),
            changed("0.1", "0.10000000149011612"),
        ),
        (
            (Float32, real(0.1)),
            (Float64, real(tenth)),
            of(Kind::OtherChanged, "0.1", "0.10000000149011612"),
        ),
        ((Float32, real(0.5)), (Float64, real(0.5)), None),
        // Zeros at the end say nothing.
        (
            (decimal(6, 2), "0.50".into()),
            (decimal(8, 4), "0.5".into()),
            of(Kind::OtherChanged, "\"0.50\"", "\"0.5\""),
        ),
        (
            (decimal(6, 2), "0.5".into()),
            (decimal(6, 2), "0.05".into()),
            changed("\"0.5\"", "\"0.05\""),
        ),
    ];
    for (old, new, expect) in cases {
        let case = format!("{old:?} {new:?}");
        assert_eq!(found(old, new), expect, "{case}");
    }
}
