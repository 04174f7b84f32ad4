//! Evolutions of a contract within a major version, on real tables: the writer of each version publishes, and the
//! reader of each version reads the files of all of them.
//!
//! With `DATAPRODUCT_EVOLUTION=<folder>` the tables are written there, each with its rows as our reader gives them in
//! `<case>.parquet` and what other programs need to know of it in `<case>.json`; `tests/interop/evolution.py` reads
//! them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType as ArrowType, Field, Fields, Schema, SchemaRef};
use dataproduct::contract::{Column, Contract, DataType, Value};
use dataproduct_quality::{Gate, Verdict};
use dataproduct_table::{Location, Snapshot, Table, TableSpec, WriteOptions};

/// Three versions of a contract, what each writes, and what each reads of it all.
struct Case {
    name: &'static str,
    custom: &'static [(&'static str, &'static str)],
    versions: [Vec<Column>; 3],
    /// A row of each version, as JSON.
    rows: [&'static str; 3],
    /// The three rows as the reader of each version sees them.
    reads: [[&'static str; 3]; 3],
}

fn required(name: &str, data_type: DataType) -> Column {
    Column::new(name, data_type)
}

fn optional(name: &str, data_type: DataType) -> Column {
    Column::new(name, data_type).with_nullable(true)
}

fn id() -> Column {
    required("id", DataType::Int64).with_id("c-id").with_key(1)
}

fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal { precision, scale }
}

fn list(element: DataType) -> DataType {
    DataType::list(element, true)
}

/// `id` and columns beside it.
fn with(columns: impl IntoIterator<Item = Column>) -> Vec<Column> {
    std::iter::once(id()).chain(columns).collect()
}

const WIDENING: &[(&str, &str)] = &[("delta.enableTypeWidening", "true")];
const MAPPING: &[(&str, &str)] = &[("delta.columnMapping.mode", "name")];
const BOTH: &[(&str, &str)] = &[
    ("delta.enableTypeWidening", "true"),
    ("delta.columnMapping.mode", "name"),
];

/// A required column with a default, then an optional one.
fn with_defaults() -> [Vec<Column>; 3] {
    let a = || required("a", DataType::Int64);
    let b = || required("b", DataType::String).with_default("");
    let c = optional("c", decimal(6, 2)).with_default("0.5");
    [vec![a()], vec![a(), b()], vec![a(), b(), c]]
}

const WITH_DEFAULTS: [&str; 3] = [
    r#"{"id":1,"a":10}"#,
    r#"{"id":2,"a":20,"b":"x"}"#,
    r#"{"id":3,"a":30,"b":"y","c":null}"#,
];

const DEFAULTED: [[&str; 3]; 3] = [
    [
        r#"{"id":1,"a":10}"#,
        r#"{"id":2,"a":20}"#,
        r#"{"id":3,"a":30}"#,
    ],
    [
        r#"{"id":1,"a":10,"b":""}"#,
        r#"{"id":2,"a":20,"b":"x"}"#,
        r#"{"id":3,"a":30,"b":"y"}"#,
    ],
    [
        r#"{"id":1,"a":10,"b":"","c":0.5}"#,
        r#"{"id":2,"a":20,"b":"x","c":0.5}"#,
        r#"{"id":3,"a":30,"b":"y","c":null}"#,
    ],
];

fn grown() -> Vec<Case> {
    use DataType::{Int64 as Long, String as Text, Struct, TimestampNtz};
    let parts = |names: &[&str]| Struct(names.iter().map(|name| optional(name, Long)).collect());
    let of = |columns: [Vec<Column>; 3]| columns.map(with);
    vec![
        Case {
            name: "added-columns",
            custom: &[],
            versions: of([
                vec![required("a", Long)],
                vec![required("a", Long), optional("b", Text)],
                vec![
                    required("a", Long),
                    optional("b", Text),
                    optional("c", list(Long)),
                ],
            ]),
            rows: [
                r#"{"id":1,"a":10}"#,
                r#"{"id":2,"a":20,"b":"x"}"#,
                r#"{"id":3,"a":30,"b":null,"c":[1,null]}"#,
            ],
            reads: [
                [
                    r#"{"id":1,"a":10}"#,
                    r#"{"id":2,"a":20}"#,
                    r#"{"id":3,"a":30}"#,
                ],
                [
                    r#"{"id":1,"a":10,"b":null}"#,
                    r#"{"id":2,"a":20,"b":"x"}"#,
                    r#"{"id":3,"a":30,"b":null}"#,
                ],
                [
                    r#"{"id":1,"a":10,"b":null,"c":null}"#,
                    r#"{"id":2,"a":20,"b":"x","c":null}"#,
                    r#"{"id":3,"a":30,"b":null,"c":[1,null]}"#,
                ],
            ],
        },
        Case {
            name: "added-columns-with-defaults",
            custom: &[],
            versions: of(with_defaults()),
            rows: WITH_DEFAULTS,
            reads: DEFAULTED,
        },
        Case {
            name: "added-columns-with-defaults-mapped",
            custom: MAPPING,
            versions: of(with_defaults()),
            rows: WITH_DEFAULTS,
            reads: DEFAULTED,
        },
        Case {
            name: "columns-in-another-order",
            custom: &[],
            versions: of([
                vec![required("a", Long), required("b", Long)],
                vec![
                    required("b", Long),
                    optional("between", Long),
                    required("a", Long),
                ],
                vec![
                    required("a", Long),
                    optional("between", Long),
                    required("b", Long),
                ],
            ]),
            rows: [
                r#"{"id":1,"a":10,"b":11}"#,
                r#"{"id":2,"b":21,"between":5,"a":20}"#,
                r#"{"id":3,"a":30,"between":null,"b":31}"#,
            ],
            reads: [
                [
                    r#"{"id":1,"a":10,"b":11}"#,
                    r#"{"id":2,"a":20,"b":21}"#,
                    r#"{"id":3,"a":30,"b":31}"#,
                ],
                [
                    r#"{"id":1,"b":11,"between":null,"a":10}"#,
                    r#"{"id":2,"b":21,"between":5,"a":20}"#,
                    r#"{"id":3,"b":31,"between":null,"a":30}"#,
                ],
                [
                    r#"{"id":1,"a":10,"between":null,"b":11}"#,
                    r#"{"id":2,"a":20,"between":5,"b":21}"#,
                    r#"{"id":3,"a":30,"between":null,"b":31}"#,
                ],
            ],
        },
        Case {
            name: "fields-added-in-a-struct",
            custom: &[],
            versions: of([
                vec![required("s", parts(&["x"]))],
                vec![required("s", parts(&["y", "x"]))],
                vec![required("s", parts(&["y", "x", "z"]))],
            ]),
            rows: [
                r#"{"id":1,"s":{"x":1}}"#,
                r#"{"id":2,"s":{"y":2,"x":3}}"#,
                r#"{"id":3,"s":{"y":4,"x":5,"z":6}}"#,
            ],
            reads: [
                [
                    r#"{"id":1,"s":{"x":1}}"#,
                    r#"{"id":2,"s":{"x":3}}"#,
                    r#"{"id":3,"s":{"x":5}}"#,
                ],
                [
                    r#"{"id":1,"s":{"y":null,"x":1}}"#,
                    r#"{"id":2,"s":{"y":2,"x":3}}"#,
                    r#"{"id":3,"s":{"y":4,"x":5}}"#,
                ],
                [
                    r#"{"id":1,"s":{"y":null,"x":1,"z":null}}"#,
                    r#"{"id":2,"s":{"y":2,"x":3,"z":null}}"#,
                    r#"{"id":3,"s":{"y":4,"x":5,"z":6}}"#,
                ],
            ],
        },
        Case {
            name: "fields-added-in-lists-and-maps",
            custom: &[],
            versions: of(
                [["x"].as_slice(), &["x", "y"], &["x", "y", "z"]].map(|names| {
                    vec![
                        optional("l", list(parts(names))),
                        optional("m", DataType::map(Text, parts(names), true)),
                    ]
                }),
            ),
            rows: [
                r#"{"id":1,"l":[{"x":1},null],"m":{"k":{"x":2}}}"#,
                r#"{"id":2,"l":[{"x":1,"y":2}],"m":{"k":{"x":3,"y":4}}}"#,
                r#"{"id":3,"l":null,"m":{"k":{"x":5,"y":6,"z":7}}}"#,
            ],
            reads: [
                [
                    r#"{"id":1,"l":[{"x":1},null],"m":{"k":{"x":2}}}"#,
                    r#"{"id":2,"l":[{"x":1}],"m":{"k":{"x":3}}}"#,
                    r#"{"id":3,"l":null,"m":{"k":{"x":5}}}"#,
                ],
                [
                    r#"{"id":1,"l":[{"x":1,"y":null},null],"m":{"k":{"x":2,"y":null}}}"#,
                    r#"{"id":2,"l":[{"x":1,"y":2}],"m":{"k":{"x":3,"y":4}}}"#,
                    r#"{"id":3,"l":null,"m":{"k":{"x":5,"y":6}}}"#,
                ],
                [
                    r#"{"id":1,"l":[{"x":1,"y":null,"z":null},null],"m":{"k":{"x":2,"y":null,"z":null}}}"#,
                    r#"{"id":2,"l":[{"x":1,"y":2,"z":null}],"m":{"k":{"x":3,"y":4,"z":null}}}"#,
                    r#"{"id":3,"l":null,"m":{"k":{"x":5,"y":6,"z":7}}}"#,
                ],
            ],
        },
        Case {
            name: "a-local-time-added",
            custom: &[],
            versions: of([
                vec![],
                vec![optional("local", TimestampNtz)],
                vec![
                    optional("local", TimestampNtz),
                    optional("day", DataType::Date),
                ],
            ]),
            rows: [
                r#"{"id":1}"#,
                r#"{"id":2,"local":"2026-01-31T12:00:00"}"#,
                r#"{"id":3,"local":null,"day":"2026-01-31"}"#,
            ],
            reads: [
                [r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":3}"#],
                [
                    r#"{"id":1,"local":null}"#,
                    r#"{"id":2,"local":"2026-01-31T12:00:00"}"#,
                    r#"{"id":3,"local":null}"#,
                ],
                [
                    r#"{"id":1,"local":null,"day":null}"#,
                    r#"{"id":2,"local":"2026-01-31T12:00:00","day":null}"#,
                    r#"{"id":3,"local":null,"day":"2026-01-31"}"#,
                ],
            ],
        },
        Case {
            name: "added-in-partitions",
            custom: &[],
            versions: {
                let site = || required("site", Text).with_partition(1);
                of([
                    vec![site(), required("a", Long)],
                    vec![site(), required("a", Long), optional("b", Long)],
                    vec![
                        optional("c", Long),
                        site(),
                        required("a", Long),
                        optional("b", Long),
                    ],
                ])
            },
            rows: [
                r#"{"id":1,"site":"x","a":10}"#,
                r#"{"id":2,"site":"y","a":20,"b":21}"#,
                r#"{"id":3,"c":32,"site":"z","a":30,"b":31}"#,
            ],
            reads: [
                [
                    r#"{"id":1,"site":"x","a":10}"#,
                    r#"{"id":2,"site":"y","a":20}"#,
                    r#"{"id":3,"site":"z","a":30}"#,
                ],
                [
                    r#"{"id":1,"site":"x","a":10,"b":null}"#,
                    r#"{"id":2,"site":"y","a":20,"b":21}"#,
                    r#"{"id":3,"site":"z","a":30,"b":31}"#,
                ],
                [
                    r#"{"id":1,"c":null,"site":"x","a":10,"b":null}"#,
                    r#"{"id":2,"c":null,"site":"y","a":20,"b":21}"#,
                    r#"{"id":3,"c":32,"site":"z","a":30,"b":31}"#,
                ],
            ],
        },
    ]
}

/// A case in which every reader sees the same values in one column `v` of its own type.
fn same(
    name: &'static str,
    custom: &'static [(&'static str, &'static str)],
    columns: [Column; 3],
    rows: [&'static str; 3],
) -> Case {
    Case {
        name,
        custom,
        versions: columns.map(|column| with([column])),
        rows,
        reads: [rows; 3],
    }
}

fn retyped() -> Vec<Case> {
    use DataType::{Float32, Float64, Int8, Int16, Int32, Int64, String as Text};
    let v = |data_type: DataType| optional("v", data_type);
    let labels = |all: &[&str]| {
        let column = v(Text).with_open_enum();
        all.iter()
            .fold(column, |column, label| column.with_allowed(*label))
    };
    let numbers = [
        r#"{"id":1,"v":-7}"#,
        r#"{"id":2,"v":null}"#,
        r#"{"id":3,"v":100}"#,
    ];
    let point = |data_type: DataType| DataType::Struct(vec![optional("x", data_type)]);
    vec![
        same(
            "integers-widened",
            WIDENING,
            [Int8, Int32, Int64].map(v),
            numbers,
        ),
        same(
            "integers-widened-once",
            WIDENING,
            [Int16, Int16, Int64].map(v),
            numbers,
        ),
        same(
            "floats-widened",
            WIDENING,
            [Float32, Float32, Float64].map(v),
            [
                r#"{"id":1,"v":0.5}"#,
                r#"{"id":2,"v":-1.25}"#,
                r#"{"id":3,"v":null}"#,
            ],
        ),
        same(
            "decimals-widened",
            WIDENING,
            [decimal(6, 2), decimal(12, 2), decimal(20, 2)].map(v),
            [
                r#"{"id":1,"v":1.50}"#,
                r#"{"id":2,"v":-9999.99}"#,
                r#"{"id":3,"v":null}"#,
            ],
        ),
        Case {
            name: "decimals-refined",
            custom: WIDENING,
            versions: [decimal(6, 2), decimal(8, 3), decimal(10, 4)]
                .map(|data_type| with([v(data_type)])),
            rows: [
                r#"{"id":1,"v":1.50}"#,
                r#"{"id":2,"v":2.250}"#,
                r#"{"id":3,"v":3.7500}"#,
            ],
            reads: [
                [
                    r#"{"id":1,"v":1.50}"#,
                    r#"{"id":2,"v":2.25}"#,
                    r#"{"id":3,"v":3.75}"#,
                ],
                [
                    r#"{"id":1,"v":1.500}"#,
                    r#"{"id":2,"v":2.250}"#,
                    r#"{"id":3,"v":3.750}"#,
                ],
                [
                    r#"{"id":1,"v":1.5000}"#,
                    r#"{"id":2,"v":2.2500}"#,
                    r#"{"id":3,"v":3.7500}"#,
                ],
            ],
        },
        same(
            "parts-widened",
            WIDENING,
            [Int16, Int32, Int64].map(|data_type| v(list(point(data_type)))),
            [
                r#"{"id":1,"v":[{"x":1},{"x":null}]}"#,
                r#"{"id":2,"v":[null]}"#,
                r#"{"id":3,"v":[{"x":-3}]}"#,
            ],
        ),
        same(
            "relaxed",
            &[],
            [required("v", Int64), required("v", Int64), v(Int64)],
            [
                r#"{"id":1,"v":1}"#,
                r#"{"id":2,"v":2}"#,
                r#"{"id":3,"v":3}"#,
            ],
        ),
        same(
            "tightened-by-proof",
            &[],
            [v(Int64), v(Int64), required("v", Int64)],
            [
                r#"{"id":1,"v":1}"#,
                r#"{"id":2,"v":2}"#,
                r#"{"id":3,"v":3}"#,
            ],
        ),
        same(
            "labels-added",
            &[],
            [
                labels(&["a"]),
                labels(&["a", "b"]),
                labels(&["a", "b", "c"]),
            ],
            [
                r#"{"id":1,"v":"a"}"#,
                r#"{"id":2,"v":"b"}"#,
                r#"{"id":3,"v":"c"}"#,
            ],
        ),
    ]
}

fn renamed() -> Vec<Case> {
    use DataType::{Int32, Int64, String as Text, Struct};
    let moving = |name: &str| required(name, Int64).with_id("c-moving");
    let names = ["old", "middle", "new"];
    let rows = [
        r#"{"id":1,"old":10}"#,
        r#"{"id":2,"middle":20}"#,
        r#"{"id":3,"new":30}"#,
    ];
    let reads = [
        [
            r#"{"id":1,"old":10}"#,
            r#"{"id":2,"old":20}"#,
            r#"{"id":3,"old":30}"#,
        ],
        [
            r#"{"id":1,"middle":10}"#,
            r#"{"id":2,"middle":20}"#,
            r#"{"id":3,"middle":30}"#,
        ],
        [
            r#"{"id":1,"new":10}"#,
            r#"{"id":2,"new":20}"#,
            r#"{"id":3,"new":30}"#,
        ],
    ];
    let renamed = |name, custom| Case {
        name,
        custom,
        versions: names.map(|name| with([moving(name)])),
        rows,
        reads,
    };
    let within = |outer: &str, inner: &str, site: &str, data_type: DataType| {
        let part = Struct(vec![optional(inner, data_type).with_id("c-inner")]);
        with([
            optional(outer, part).with_id("c-outer"),
            required(site, Text).with_id("c-site").with_partition(1),
        ])
    };
    vec![
        renamed("renamed", &[]),
        renamed("renamed-with-mapping", MAPPING),
        Case {
            name: "partition-renamed-with-mapping",
            custom: MAPPING,
            versions: ["site", "place", "place"].map(|name| {
                let site = required(name, Text).with_id("c-site").with_partition(1);
                with([site, moving("v")])
            }),
            rows: [
                r#"{"id":1,"site":"oslo","v":1}"#,
                r#"{"id":2,"place":"bergen","v":2}"#,
                r#"{"id":3,"place":"tromsø","v":3}"#,
            ],
            reads: [
                [
                    r#"{"id":1,"site":"oslo","v":1}"#,
                    r#"{"id":2,"site":"bergen","v":2}"#,
                    r#"{"id":3,"site":"tromsø","v":3}"#,
                ],
                [
                    r#"{"id":1,"place":"oslo","v":1}"#,
                    r#"{"id":2,"place":"bergen","v":2}"#,
                    r#"{"id":3,"place":"tromsø","v":3}"#,
                ],
                [
                    r#"{"id":1,"place":"oslo","v":1}"#,
                    r#"{"id":2,"place":"bergen","v":2}"#,
                    r#"{"id":3,"place":"tromsø","v":3}"#,
                ],
            ],
        },
        Case {
            name: "everything-renamed-and-widened",
            custom: BOTH,
            versions: [
                within("a", "x", "site", Int32),
                within("a", "y", "site", Int64),
                within("b", "y", "place", Int64),
            ],
            rows: [
                r#"{"id":1,"a":{"x":1},"site":"oslo"}"#,
                r#"{"id":2,"a":{"y":2},"site":"bergen"}"#,
                r#"{"id":3,"b":{"y":3},"place":"tromsø"}"#,
            ],
            reads: [
                [
                    r#"{"id":1,"a":{"x":1},"site":"oslo"}"#,
                    r#"{"id":2,"a":{"x":2},"site":"bergen"}"#,
                    r#"{"id":3,"a":{"x":3},"site":"tromsø"}"#,
                ],
                [
                    r#"{"id":1,"a":{"y":1},"site":"oslo"}"#,
                    r#"{"id":2,"a":{"y":2},"site":"bergen"}"#,
                    r#"{"id":3,"a":{"y":3},"site":"tromsø"}"#,
                ],
                [
                    r#"{"id":1,"b":{"y":1},"place":"oslo"}"#,
                    r#"{"id":2,"b":{"y":2},"place":"bergen"}"#,
                    r#"{"id":3,"b":{"y":3},"place":"tromsø"}"#,
                ],
            ],
        },
    ]
}

fn contract(case: &Case, version: usize) -> Contract {
    let mut contract = Contract::builder("testing.evolving", &format!("1.{version}.0"))
        .with_owner("testing")
        .with_columns(case.versions[version].clone());
    for (name, value) in case.custom {
        contract = contract.with_custom(*name, Value::from(*value));
    }
    contract.build().unwrap()
}

/// A schema whose text is plain, as the reader of JSON wants it.
fn plain(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        ArrowType::Dictionary(_, values) => {
            Arc::new(Field::clone(field).with_data_type(values.as_ref().clone()))
        }
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

/// Rows of JSON, one a line, in the types of a schema.
pub(crate) fn from_json(row: &str, schema: &Schema) -> RecordBatch {
    let mut reader = arrow_json::ReaderBuilder::new(plain(schema))
        .build(row.as_bytes())
        .unwrap();
    reader.next().unwrap().unwrap()
}

/// Rows as JSON, by their id.
pub(crate) fn to_json(batches: &[RecordBatch]) -> Vec<serde_json::Value> {
    let mut writer = arrow_json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, arrow_json::writer::LineDelimited>(Vec::new());
    writer
        .write_batches(&batches.iter().collect::<Vec<_>>())
        .unwrap();
    writer.finish().unwrap();
    let text = String::from_utf8(writer.into_inner()).unwrap();
    let mut rows: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    rows.sort_by_key(|row| row["id"].as_i64());
    rows
}

/// Publishes a row in the commit that brings the table to its contract; gives the version.
async fn publish(table: &Table, contract: &Contract, row: &str) -> dataproduct_table::Result<u64> {
    let batch = from_json(row, &contract.arrow_schema());
    let Verdict::Admitted(rows) = Gate::new(contract).check(batch) else {
        panic!("{row}");
    };
    let options = WriteOptions::new().with_evolution(TableSpec::from_contract(contract));
    let mut writer = table.write(options).await?;
    writer.push(&rows).await?;
    Ok(writer.commit().await?.version)
}

async fn check(case: &Case, location: &Location) -> Snapshot {
    let contracts = [0, 1, 2].map(|version| contract(case, version));
    let spec = TableSpec::from_contract(&contracts[0]);
    let table = Table::create(location, &spec).await.unwrap();
    for (number, (contract, row)) in (1..).zip(contracts.iter().zip(case.rows)) {
        let version = publish(&table, contract, row).await;
        let version = version.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(version, number, "{}", case.name);
    }
    let snapshot = Table::open(location)
        .await
        .unwrap()
        .snapshot()
        .await
        .unwrap();
    assert_eq!(snapshot.files().len(), 3, "{}", case.name);
    for (version, (contract, expect)) in contracts.iter().zip(&case.reads).enumerate() {
        let scan = snapshot.scan().read_as(contract.arrow_schema());
        let read = scan.collect().await;
        let read = read.unwrap_or_else(|error| panic!("{} {version}: {error}", case.name));
        let expect: Vec<serde_json::Value> = expect
            .iter()
            .map(|row| serde_json::from_str(row).unwrap())
            .collect();
        assert_eq!(
            to_json(&read),
            expect,
            "{} read as version {version}",
            case.name
        );
    }
    snapshot
}

/// Writes the rows as our reader gives them.
pub(crate) async fn dump(snapshot: &Snapshot, path: &Path) {
    let batches = snapshot.scan().collect().await.unwrap();
    let file = std::fs::File::create(path).unwrap();
    let schema = Arc::clone(snapshot.schema());
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, schema, None).unwrap();
    for batch in &batches {
        writer.write(batch).unwrap();
    }
    writer.close().unwrap();
}

/// Writes down for other programs what they should find.
async fn note(case: &Case, snapshot: &Snapshot, folder: &str) {
    let at = |ending: &str| PathBuf::from(folder).join(format!("{}.{ending}", case.name));
    dump(snapshot, &at("parquet")).await;
    // Without column mapping, other programs find null under a new name in the rows from before.
    let own = snapshot.schema().fields().iter().filter_map(|field| {
        let newest = field.metadata().get("dataproduct.renamedTo")?;
        Some([newest, field.name()])
    });
    let oldest = case.versions[0].iter().map(|column| &column.name);
    let oldest: Vec<&String> = oldest.collect();
    // So they do in rows from before a column that has a default.
    let defaults = snapshot.schema().fields().iter().filter_map(|field| {
        let has = field.metadata().contains_key("dataproduct.default");
        has.then(|| field.name())
    });
    let mut own: Vec<&String> = own
        .flatten()
        .chain(defaults)
        .filter(|name| !oldest.contains(name))
        .collect();
    own.sort();
    own.dedup();
    let has = |name: &str| {
        case.custom
            .iter()
            .any(|(property, _)| property.contains(name))
    };
    let mapped_partition = match has("columnMapping") {
        true => snapshot.partition_by(),
        false => &[],
    };
    let notes = serde_json::json!({
        "mappedPartition": mapped_partition,
        "columnMapping": has("columnMapping"),
        "typeWidening": has("TypeWidening"),
        "ours": own,
    });
    std::fs::write(at("json"), notes.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_reads_every_file_of_its_major_version() {
    let directory = tempfile::tempdir().unwrap();
    let asked = std::env::var("DATAPRODUCT_EVOLUTION").ok();
    let folder = match &asked {
        Some(folder) => folder.clone(),
        None => directory.path().to_string_lossy().into_owned(),
    };
    let cases: Vec<Case> = [grown(), retyped(), renamed()]
        .into_iter()
        .flatten()
        .collect();
    assert!(cases.len() >= 12);
    for case in &cases {
        let location = Location::parse(&folder).unwrap().join(case.name).unwrap();
        let snapshot = check(case, &location).await;
        if asked.is_some() {
            note(case, &snapshot, &folder).await;
        }
    }
}
