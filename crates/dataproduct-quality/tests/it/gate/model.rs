//! Rows as plain values, contracts about them, and how both are generated.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray};
use dataproduct_contract::{
    Aggregate, Check, Column, Contract, DataType, OnFailure, Operator, Repair, Rule, Threshold,
    Value,
};
use proptest::prelude::*;

#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) n: Option<i64>,
    pub(super) f: Option<f64>,
    /// In hundredths.
    pub(super) d: Option<i64>,
    pub(super) s: Option<String>,
    pub(super) e: Option<String>,
    pub(super) g: Option<String>,
}

/// What a contract says happens; `None` where it says nothing.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) product: Option<OnFailure>,
    pub(super) n: Option<OnFailure>,
    pub(super) f: Option<OnFailure>,
    pub(super) s: Option<OnFailure>,
    pub(super) e: Option<OnFailure>,
    pub(super) dups: Option<OnFailure>,
    pub(super) strictly: bool,
    pub(super) most: f64,
}

pub(super) fn batch(rows: &[Row]) -> RecordBatch {
    fn texts(rows: &[Row], of: impl Fn(&Row) -> Option<String>) -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    }
    let d: Decimal128Array = rows.iter().map(|row| row.d.map(i128::from)).collect();
    let columns: [(&str, ArrayRef); 7] = [
        (
            "id",
            Arc::new(rows.iter().map(|row| Some(row.id)).collect::<Int64Array>()),
        ),
        (
            "n",
            Arc::new(rows.iter().map(|row| row.n).collect::<Int64Array>()),
        ),
        (
            "f",
            Arc::new(rows.iter().map(|row| row.f).collect::<Float64Array>()),
        ),
        (
            "d",
            Arc::new(
                d.with_precision_and_scale(9, 2)
                    .unwrap()
                    .with_data_type(arrow_schema::DataType::Decimal128(5, 2)),
            ),
        ),
        ("s", texts(rows, |row| row.s.clone())),
        ("e", texts(rows, |row| row.e.clone())),
        ("g", texts(rows, |row| row.g.clone())),
    ];
    let columns = columns.map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

pub(super) fn contract(said: &Said) -> Contract {
    let column = |name: &str, data_type, action: &Option<OnFailure>| {
        let mut column = Column::new(name, data_type).with_nullable(true);
        column.on_failure = action.clone();
        column
    };
    let decimal = DataType::Decimal {
        precision: 5,
        scale: 2,
    };
    let missing = Check::MissingValues {
        missing: vec!["N/A".into()],
    };
    let missing = Rule::new(missing, Threshold::percent(Operator::LessOrEqual(40.0)));
    let expression = Check::Expression {
        expression: "n <= id + 60".into(),
    };
    let mut dups = Rule::of(Check::DuplicateValues {
        columns: vec!["s".into(), "e".into()],
    });
    dups.on_failure = said.dups.clone();
    let figure = |function: Aggregate, of: &str, operator| {
        let check = Check::Aggregate {
            function,
            column: Some(of.into()),
        };
        Rule::new(check, Threshold::value(operator)).with_id(function.as_str())
    };
    let any = Operator::GreaterOrEqual(-1e300);
    let order = Check::OutOfOrder {
        column: Some("n".into()),
        by: vec!["e".into()],
        order: "id".into(),
        strictly: said.strictly,
    };
    let smallest = Check::SmallestGroup {
        columns: vec!["e".into()],
    };
    let mut builder = Contract::builder("inventory.stock", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(
            column("n", DataType::Int64, &said.n)
                .with_nullable(false)
                .with_minimum(0)
                .with_maximum(99),
        )
        .with_column(
            column("f", DataType::Float64, &said.f)
                .with_minimum(0)
                .with_maximum(1),
        )
        .with_column(column("d", decimal, &None).with_multiple_of(0.05))
        .with_column(
            column("s", DataType::String, &said.s)
                .with_pattern("[a-c]+")
                .with_max_length(3),
        )
        .with_column(
            column("e", DataType::String, &said.e)
                .with_allowed("open")
                .with_allowed("shut"),
        )
        .with_column(
            column("g", DataType::String, &None)
                .with_format("email")
                .with_rule(missing),
        )
        .with_rule(
            Rule::new(expression, Threshold::rows(Operator::LessOrEqual(2.0))).with_id("expr"),
        )
        .with_rule(dups.with_id("dups"))
        .with_rule(Rule::new(Check::RowCount, Threshold::rows(any)).with_id("rows"))
        .with_rule(figure(
            Aggregate::Sum,
            "n",
            Operator::LessOrEqual(said.most),
        ))
        .with_rule(figure(Aggregate::Mean, "n", any))
        .with_rule(figure(Aggregate::Minimum, "n", any))
        .with_rule(figure(Aggregate::Maximum, "d", any))
        .with_rule(figure(Aggregate::DistinctCount, "s", any))
        .with_rule(Rule::new(smallest, Threshold::rows(any)).with_id("smallest"))
        .with_rule(Rule::of(order).with_id("order"));
    if let Some(action) = &said.product {
        builder = builder.with_on_failure(action.clone());
    }
    builder.build().unwrap()
}

fn actions(repair: Option<Repair>) -> impl Strategy<Value = Option<OnFailure>> {
    let mut all = vec![None, Some(OnFailure::Quarantine), Some(OnFailure::Report)];
    all.extend(repair.map(|repair| Some(OnFailure::Repair(repair))));
    prop::sample::select(all)
}

pub(super) fn said() -> impl Strategy<Value = Said> {
    let dups = prop::sample::select(vec![
        None,
        Some(OnFailure::Quarantine),
        Some(OnFailure::Report),
        Some(OnFailure::Repair(Repair::KeepLatest(None))),
        Some(OnFailure::Repair(Repair::KeepLatest(Some("n".into())))),
    ]);
    let product = prop_oneof![1 => Just(None), 4 => Just(Some(OnFailure::Quarantine))];
    let labels = Repair::Map(vec![(Value::from("OPEN"), Value::from("open"))]);
    let n = actions(Some(Repair::Default(Value::from(7))));
    let (f, s, e) = (
        actions(None),
        actions(Some(Repair::Trim)),
        actions(Some(labels)),
    );
    (product, n, f, s, e, dups, any::<bool>()).prop_map(|(product, n, f, s, e, dups, strictly)| {
        Said {
            product,
            n,
            f,
            s,
            e,
            dups,
            strictly,
            most: 1_000.0,
        }
    })
}

fn text(values: &[&str]) -> impl Strategy<Value = Option<String>> + use<> {
    let values: Vec<String> = values.iter().map(|text| (*text).to_owned()).collect();
    prop_oneof![1 => Just(None), 6 => prop::sample::select(values).prop_map(Some)]
}

/// Rows of which many have a fault.
pub(super) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let n = prop_oneof![9 => (0..100_i64).prop_map(Some), 1 => Just(None), 1 => Just(Some(-1)),
        1 => Just(Some(i64::MAX)), 1 => Just(Some(100))];
    let f = prop_oneof![9 => (0..=8_u8).prop_map(|v| Some(f64::from(v) / 8.0)), 2 => Just(None),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, -0.0, 1.5]).prop_map(Some)];
    let d = prop_oneof![9 => (-40..40_i64).prop_map(|v| Some(v * 5)), 2 => Just(None),
        1 => Just(Some(3)), 1 => Just(Some(100_000))];
    let s = text(&[
        "a", "b", "ab", "abc", "bc", "ca", "cc", "cb", " a", "b  ", "  ", "", "x", "abca",
    ]);
    let e = text(&["open", "shut", "open", "shut", "OPEN", "ajar"]);
    let g = text(&["a@b.no", "c@d.no", "a@b.no", "nobody", "N/A"]);
    let row = (0..60_i64, n, f, d, s, e, g);
    let row = row.prop_map(|(id, n, f, d, s, e, g)| Row {
        id,
        n,
        f,
        d,
        s,
        e,
        g,
    });
    prop::collection::vec(row, 0..50)
}

/// Rows without a fault.
pub(super) fn clean_rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (prop::option::of(0.0..=1.0), -1999..=1999_i64, any::<bool>());
    prop::collection::vec(row, 1..28).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(place, (f, d, is_open))| Row {
            id: place as i64,
            n: Some(place as i64),
            f,
            d: Some(d * 5),
            s: Some(format!(
                "{}{}{}",
                letter(place / 9),
                letter(place / 3),
                letter(place)
            )),
            e: Some(if is_open { "open" } else { "shut" }.to_owned()),
            g: Some("a@b.no".to_owned()),
        })
        .collect()
    })
}

/// Three of them tell 27 rows apart.
fn letter(place: usize) -> char {
    ['a', 'b', 'c'][place % 3]
}
