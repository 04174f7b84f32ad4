//! Whatever is skipped, a scan yields exactly the rows for which the predicate is true.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int16Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use arrow_select::concat::concat_batches;
use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;

use super::Verify;
use crate::predicate::{Bound, oracle};
use crate::{Comparison, Literal, Location, Predicate, Table, TableSpec, WriteOptions};

/// A row of small values, so that predicates hit.
type Row = (Option<i8>, Option<u8>, Option<i8>, u8);

fn schema() -> Arc<Schema> {
    let nullable = |name: &str, data_type: DataType| Field::new(name, data_type, true);
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        nullable("int", DataType::Int16),
        nullable("text", DataType::Utf8),
        nullable("float", DataType::Float64),
        nullable("money", DataType::Decimal128(12, 2)),
        nullable("date", DataType::Date32),
        nullable(
            "at",
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ),
        nullable("flag", DataType::Boolean),
        nullable("part", DataType::Utf8),
    ]))
}

fn float(value: i8) -> f64 {
    match value {
        3 => f64::NAN,
        2 => f64::INFINITY,
        0 => 0.0,
        -1 => -0.0,
        other => f64::from(other),
    }
}

fn text(value: u8) -> String {
    // Long enough to be cut in statistics.
    format!("{}{value}", "x".repeat(usize::from(value % 2) * 80))
}

fn batch(rows: &[Row]) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new((0..rows.len() as i64).collect::<Int64Array>()),
        Arc::new(
            rows.iter()
                .map(|row| row.0.map(i16::from))
                .collect::<Int16Array>(),
        ),
        Arc::new(
            rows.iter()
                .map(|row| row.1.map(text))
                .collect::<StringArray>(),
        ),
        Arc::new(
            rows.iter()
                .map(|row| row.2.map(float))
                .collect::<Float64Array>(),
        ),
        Arc::new(
            rows.iter()
                .map(|row| row.0.map(|value| i128::from(value) * 25))
                .collect::<Decimal128Array>()
                .with_precision_and_scale(12, 2)
                .unwrap(),
        ),
        Arc::new(
            rows.iter()
                .map(|row| row.2.map(i32::from))
                .collect::<Date32Array>(),
        ),
        Arc::new(
            rows.iter()
                .map(|row| row.1.map(|value| i64::from(value) * 333))
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
        ),
        Arc::new(
            rows.iter()
                .map(|row| row.0.map(|value| value > 0))
                .collect::<BooleanArray>(),
        ),
        Arc::new(
            rows.iter()
                .map(|row| (row.3 > 0).then(|| format!("p{}", row.3)))
                .collect::<StringArray>(),
        ),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn row() -> impl Strategy<Value = Row> {
    (
        prop::option::weighted(0.9, -3..4_i8),
        prop::option::weighted(0.8, 0..6_u8),
        prop::option::weighted(0.8, -3..4_i8),
        0..3_u8,
    )
}

fn literal(column: &'static str) -> BoxedStrategy<Literal> {
    let value = match column {
        "id" => (-2..200_i64).prop_map(Literal::Integer).boxed(),
        "int" => prop_oneof![(-4..5_i64), Just(100_000), Just(-100_000)]
            .prop_map(Literal::Integer)
            .boxed(),
        "text" => (0..7_u8)
            .prop_map(|value| Literal::Text(text(value)))
            .boxed(),
        "float" => (-4..5_i8)
            .prop_map(|value| Literal::Float(float(value)))
            .boxed(),
        "money" => (-4..5_i128)
            .prop_map(|value| Literal::Decimal {
                unscaled: value * 25,
                scale: 2,
            })
            .boxed(),
        "date" => (-4..5_i64)
            .prop_map(|days| Literal::Date(NaiveDate::default() + chrono::TimeDelta::days(days)))
            .boxed(),
        "at" => (0..7_i64)
            .prop_map(|value| {
                Literal::Timestamp(DateTime::from_timestamp_micros(value * 333).unwrap())
            })
            .boxed(),
        "flag" => any::<bool>().prop_map(Literal::Boolean).boxed(),
        _ => (1..4_u8)
            .prop_map(|value| Literal::Text(format!("p{value}")))
            .boxed(),
    };
    prop_oneof![12 => value, 1 => Just(Literal::Null)].boxed()
}

const COLUMNS: [&str; 9] = [
    "id", "int", "text", "float", "money", "date", "at", "flag", "part",
];

fn leaf() -> impl Strategy<Value = Predicate> {
    let comparison = prop::sample::select(vec![
        Comparison::Eq,
        Comparison::NotEq,
        Comparison::Lt,
        Comparison::LtEq,
        Comparison::Gt,
        Comparison::GtEq,
    ]);
    prop::sample::select(COLUMNS.to_vec()).prop_flat_map(move |column| {
        prop_oneof![
            6 => (comparison.clone(), literal(column))
                .prop_map(move |(comparison, literal)| Predicate::compare(column, comparison, literal)),
            1 => Just(Predicate::is_null(column)),
            3 => prop::collection::vec(literal(column), 0..6).prop_map(move |list| Predicate::is_in(column, list)),
        ]
    })
}

fn predicate() -> impl Strategy<Value = Predicate> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Predicate::And),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Predicate::Or),
            inner.prop_map(Predicate::not),
        ]
    })
}

/// How a table of the test is laid out.
#[derive(Debug, Clone)]
struct Layout {
    row_group_rows: usize,
    page_rows: usize,
    batch_rows: usize,
    partitioned: bool,
    files: usize,
}

fn layout() -> impl Strategy<Value = Layout> {
    (
        1..40_usize,
        1..20_usize,
        1..30_usize,
        any::<bool>(),
        1..4_usize,
    )
        .prop_map(
            |(row_group_rows, page_rows, batch_rows, partitioned, files)| Layout {
                row_group_rows,
                page_rows,
                batch_rows,
                partitioned,
                files,
            },
        )
}

async fn table(rows: &RecordBatch, layout: &Layout) -> Table {
    let name = uuid::Uuid::now_v7();
    let location = Location::parse(&format!("memory://scan-{name}/t")).unwrap();
    let mut spec = TableSpec::new(schema());
    if layout.partitioned {
        spec = spec.with_partition_by(["part"]);
    }
    let table = Table::create(&location, &spec).await.unwrap();
    let per_file = rows.num_rows().div_ceil(layout.files).max(1);
    for start in (0..rows.num_rows()).step_by(per_file) {
        let mut options = WriteOptions::new().with_row_group_rows(layout.row_group_rows);
        options.page_rows = layout.page_rows;
        let mut writer = table.write(options).await.unwrap();
        let part = rows.slice(start, per_file.min(rows.num_rows() - start));
        for at in (0..part.num_rows()).step_by(layout.batch_rows) {
            let length = layout.batch_rows.min(part.num_rows() - at);
            writer.push_batch(&part.slice(at, length)).await.unwrap();
        }
        writer.commit().await.unwrap();
    }
    table
}

fn ids(batches: &[RecordBatch]) -> Vec<i64> {
    use arrow_array::cast::AsArray;
    let column = |batch: &RecordBatch| {
        let ids = batch.column_by_name("id").unwrap();
        ids.as_primitive::<arrow_array::types::Int64Type>()
            .values()
            .to_vec()
    };
    let mut ids: Vec<i64> = batches.iter().flat_map(column).collect();
    ids.sort_unstable();
    ids
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_scan_is_exact(
        rows in prop::collection::vec(row(), 0..120),
        layout in layout(),
        predicates in prop::collection::vec(predicate(), 1..20),
        column in prop::sample::select(COLUMNS.to_vec()),
    ) {
        let batch = batch(&rows);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let table = table(&batch, &layout).await;
            let snapshot = table.snapshot().await.unwrap();
            for predicate in predicates {
                let bound = Bound::new(&predicate, &batch.schema()).unwrap();
                let expect: Vec<i64> = (0..batch.num_rows())
                    .filter(|row| oracle(&bound, &batch, *row) == Some(true))
                    .map(|row| row as i64)
                    .collect();
                let scan = snapshot.scan().filter(predicate.clone()).with_batch_rows(layout.batch_rows);
                let found = scan.clone().select([column, "id"]).with_verify(Verify::Always).collect().await.unwrap();
                assert_eq!(ids(&found), expect, "{predicate}");
                let whole = scan.collect().await.unwrap();
                let whole = concat_batches(&batch.schema(), &whole).unwrap();
                // Rows come back as they went in, not only those that were asked for.
                for row in 0..whole.num_rows() {
                    let id = ids(&[whole.slice(row, 1)])[0] as usize;
                    assert_eq!(whole.slice(row, 1), batch.slice(id, 1));
                }
            }
        });
    }
}

#[tokio::test]
async fn skipping_is_worth_it() {
    let rows: Vec<Row> = (0..1000)
        .map(|row| (Some(0), Some((row / 200) as u8), Some(0), 1))
        .collect();
    let layout = Layout {
        row_group_rows: 100,
        page_rows: 10,
        batch_rows: 1000,
        partitioned: false,
        files: 2,
    };
    let table = table(&batch(&rows), &layout).await;
    let snapshot = table.snapshot().await.unwrap();
    let mut stream = snapshot
        .scan()
        .filter(Predicate::between("id", 705, 714))
        .stream()
        .unwrap();
    let mut found = Vec::new();
    while let Some(batch) = futures::StreamExt::next(&mut stream).await {
        found.push(batch.unwrap());
    }
    assert_eq!(ids(&found), (705..715).collect::<Vec<_>>());
    let report = stream.report();
    assert_eq!((report.files, report.files_skipped), (2, 1));
    assert_eq!((report.row_groups, report.row_groups_skipped), (5, 4));
    assert_eq!((report.rows, report.rows_skipped), (100, 80));
}
