//! Evolving a table in place: what it takes, what it refuses, and what its readers see.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, Decimal128Array, Float32Array, Int32Array, Int64Array, RecordBatch,
    StringArray, StructArray,
};
use arrow_schema::{DataType as ArrowType, Field, Schema};
use dataproduct_contract::{Column, Contract, DataType, Value};
use dataproduct_table::{
    Error, Location, Mode, Predicate, Table, TableOptions, TableSpec, WriteOptions,
};
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use tokio::sync::Semaphore;

use crate::support::*;

fn column(name: &str, data_type: DataType) -> Column {
    Column::new(name, data_type)
}

fn nullable(name: &str, data_type: DataType) -> Column {
    Column::new(name, data_type).with_nullable(true)
}

fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal { precision, scale }
}

fn contract_of(columns: Vec<Column>, custom: &[(&str, Value)]) -> Contract {
    let mut builder = Contract::builder("inventory.evolving", "1.0.0")
        .with_owner("inventory-team")
        .with_columns(columns);
    for (name, value) in custom {
        builder = builder.with_custom(*name, value.clone());
    }
    builder.build().unwrap()
}

fn spec_of(columns: Vec<Column>) -> TableSpec {
    TableSpec::from_contract(&contract_of(columns, &[]))
}

async fn put(table: &Table, contract: &Contract, columns: Vec<ArrayRef>) {
    let schema = contract.arrow_schema();
    let batch = RecordBatch::try_new(schema, columns).unwrap();
    let mode = WriteOptions::new();
    publish(table, mode, &admit(contract, batch)).await.unwrap();
}

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn fields_of(contract: &Contract) -> Vec<Field> {
    let schema = contract.arrow_schema();
    let fields = schema.fields().iter();
    fields.map(|field| Field::clone(field)).collect()
}

async fn read_as(table: &Table, fields: Vec<Field>) -> dataproduct_table::Result<RecordBatch> {
    let schema = Arc::new(Schema::new(fields));
    let scan = table.snapshot().await?.scan().read_as(Arc::clone(&schema));
    let batches = scan.collect().await?;
    Ok(arrow_select::concat::concat_batches(&schema, &batches).unwrap())
}

fn longs(batch: &RecordBatch, column: usize) -> Vec<Option<i64>> {
    let column = batch.column(column).as_primitive::<Int64Type>();
    column.iter().collect()
}

/// A table with one row for each column type that the refusals are about.
async fn table_with_a_row(name: &str) -> Table {
    let contract = contract_of(before(), &[]);
    let table = Table::create(&memory(name), &TableSpec::from_contract(&contract))
        .await
        .unwrap();
    let part: ArrayRef = Arc::new(StructArray::from(vec![
        (
            Arc::new(Field::new("x", ArrowType::Int64, true)),
            ints(&[1]),
        ),
        (
            Arc::new(Field::new("y", ArrowType::Int64, true)),
            ints(&[2]),
        ),
    ]));
    let price = Decimal128Array::from(vec![150])
        .with_precision_and_scale(10, 2)
        .unwrap();
    let columns = vec![
        ints(&[7]),
        Arc::new(Int32Array::from(vec![8])) as ArrayRef,
        texts(&["9"]),
        Arc::new(price),
        Arc::new(Int64Array::from(vec![None])),
        part,
    ];
    put(&table, &contract, columns).await;
    table
}

fn before() -> Vec<Column> {
    vec![
        column("id", DataType::Int64).with_id("c-id"),
        column("small", DataType::Int32),
        column("text", DataType::String),
        column("price", decimal(10, 2)),
        nullable("gap", DataType::Int64),
        column(
            "part",
            DataType::Struct(vec![
                nullable("x", DataType::Int64),
                nullable("y", DataType::Int64),
            ]),
        ),
    ]
}

#[tokio::test]
async fn what_other_writers_let_through_is_refused_with_column_and_reason() {
    let table = table_with_a_row("evolve-refused").await;
    let version = table.snapshot().await.unwrap().version();
    let check = async |change: &dyn Fn(&mut Vec<Column>), wanted: &str, reason: &str| {
        let mut columns = before();
        change(&mut columns);
        let error = table.evolve(&spec_of(columns)).await.unwrap_err();
        let Error::Incompatible {
            column,
            reason: found,
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(column, wanted, "{error}");
        assert!(found.contains(reason), "{error}");
    };
    let set = |place: usize, data_type: DataType| {
        move |columns: &mut Vec<Column>| columns[place].data_type = data_type.clone()
    };
    check(
        &|columns| columns.push(column("must", DataType::Int64)),
        "must",
        "have no value for it",
    )
    .await;
    check(
        &set(1, DataType::String),
        "small",
        "integer and cannot become string",
    )
    .await;
    check(
        &set(2, DataType::Int32),
        "text",
        "string and cannot become integer",
    )
    .await;
    check(
        &set(0, DataType::Int32),
        "id",
        "long and cannot become integer",
    )
    .await;
    check(
        &set(1, DataType::Int64),
        "small",
        "delta.enableTypeWidening",
    )
    .await;
    check(&set(1, DataType::Float64), "small", "cannot become double").await;
    check(&set(3, decimal(12, 2)), "price", "delta.enableTypeWidening").await;
    check(&set(3, decimal(10, 4)), "price", "digits behind the point").await;
    check(&set(3, decimal(12, 1)), "price", "digits behind the point").await;
    check(&|columns| drop(columns.remove(2)), "text", "taken away").await;
    check(
        &|columns| columns[4].nullable = false,
        "gap",
        "null in row 0",
    )
    .await;
    let parts = |names: &[&str]| {
        let fields = names.iter().map(|name| nullable(name, DataType::Int64));
        DataType::Struct(fields.collect())
    };
    check(&set(5, parts(&["y", "x"])), "part.x", "order").await;
    check(&set(5, parts(&["x"])), "part.y", "taken away").await;
    check(
        &set(
            5,
            DataType::Struct(vec![
                nullable("x", DataType::Int64),
                nullable("y", DataType::Int64),
                column("z", DataType::Int64),
            ]),
        ),
        "part.z",
        "have no value for it",
    )
    .await;
    check(
        &|columns| columns[0].id = Some("c-other".to_owned()),
        "id",
        "another column",
    )
    .await;
    check(&|columns| columns[2].partition = Some(1), "", "partition").await;
    assert_eq!(table.snapshot().await.unwrap().version(), version);
}

#[tokio::test]
async fn a_table_without_data_takes_a_required_column() {
    let table = Table::create(&memory("evolve-empty"), &spec_of(before()))
        .await
        .unwrap();
    let mut columns = before();
    columns.push(column("must", DataType::Int64));
    assert_eq!(table.evolve(&spec_of(columns)).await.unwrap(), 1);
    let snapshot = table.snapshot().await.unwrap();
    let field = snapshot.schema().field_with_name("must").unwrap().clone();
    assert!(!field.is_nullable());
}

#[tokio::test]
async fn fields_are_added_within_structs_and_found_by_name() {
    let table = table_with_a_row("evolve-nested").await;
    let mut columns = before();
    columns[5].data_type = DataType::Struct(vec![
        nullable("x", DataType::Int64),
        nullable("between", DataType::Int64),
        nullable("y", DataType::Int64),
    ]);
    table.evolve(&spec_of(columns)).await.unwrap();
    let snapshot = table.snapshot().await.unwrap();
    let read = snapshot.scan().select(["part"]).collect().await.unwrap();
    let part = read[0].column(0).as_struct();
    assert_eq!(part.column(1).null_count(), 1, "it was not there before");
    assert_eq!(part.column(2).as_primitive::<Int64Type>().value(0), 2);
}

/// A store that holds a put of a log entry back until it is let go.
#[derive(Debug)]
struct Holding {
    inner: Arc<InMemory>,
    holds: AtomicBool,
    arrived: Semaphore,
    go: Semaphore,
}

impl fmt::Display for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holding")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Holding {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> object_store::Result<PutResult> {
        if location.extension() == Some("json") && self.holds.swap(false, Ordering::SeqCst) {
            self.arrived.add_permits(1);
            drop(self.go.acquire().await.unwrap());
        }
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// Evolves `gap` to required, by itself or with a row, while a rival publishes a value between proof and commit.
async fn tighten_against(
    rival: Option<i64>,
    with_row: bool,
) -> (dataproduct_table::Result<u64>, Table) {
    let store = Arc::new(Holding {
        inner: Arc::new(InMemory::new()),
        holds: AtomicBool::new(false),
        arrived: Semaphore::new(0),
        go: Semaphore::new(0),
    });
    let contract = contract_of(vec![nullable("gap", DataType::Int64)], &[]);
    let spec = TableSpec::from_contract(&contract);
    // Another URL, so that the rival does not queue behind the evolution as one of this process would.
    let theirs = Location::with_store("memory://rival/t", Arc::clone(&store.inner) as _).unwrap();
    let ours = Location::with_store("memory://evolver/t", Arc::clone(&store) as _).unwrap();
    let other = Table::create(&theirs, &spec).await.unwrap();
    put(&other, &contract, vec![ints(&[1, 2])]).await;
    let table = Table::open(&ours).await.unwrap();
    store.holds.store(true, Ordering::SeqCst);
    let evolving = {
        let table = table.clone();
        let required = contract_of(vec![column("gap", DataType::Int64)], &[]);
        tokio::spawn(async move {
            let spec = TableSpec::from_contract(&required);
            if !with_row {
                return table.evolve(&spec).await;
            }
            let row = RecordBatch::try_new(required.arrow_schema(), vec![ints(&[9])]).unwrap();
            let options = WriteOptions::new().with_evolution(spec);
            let receipt = publish(&table, options, &admit(&required, row)).await?;
            Ok(receipt.version)
        })
    };
    drop(store.arrived.acquire().await.unwrap());
    put(
        &other,
        &contract,
        vec![Arc::new(Int64Array::from(vec![rival]))],
    )
    .await;
    store.go.add_permits(1);
    (evolving.await.unwrap(), table)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_becomes_required_only_if_what_landed_meanwhile_keeps_it() {
    for with_row in [false, true] {
        let (evolved, table) = tighten_against(Some(3), with_row).await;
        assert_eq!(evolved.unwrap(), 3);
        let snapshot = table.snapshot().await.unwrap();
        assert!(!snapshot.schema().field(0).is_nullable());

        let (evolved, table) = tighten_against(None, with_row).await;
        let error = evolved.unwrap_err();
        assert!(matches!(error, Error::Incompatible { .. }), "{error}");
        assert!(error.to_string().contains("null in row 0"), "{error}");
        let snapshot = table.snapshot().await.unwrap();
        assert!(snapshot.schema().field(0).is_nullable());
        assert_eq!(snapshot.version(), 2);
    }
}

#[tokio::test]
async fn a_column_that_is_renamed_becomes_required_by_proof_of_the_stored_one() {
    let mapping = [("delta.columnMapping.mode", Value::from("name"))];
    let columns = |outer: &str, inner: &str, is_nullable: bool| {
        let of = |name: &str, id: &str, data_type| {
            let column = column(name, data_type).with_id(id);
            column.with_nullable(is_nullable)
        };
        let inner = of(inner, "c-inner", DataType::Int64);
        vec![
            of(outer, "c-outer", DataType::Int64),
            column("part", DataType::Struct(vec![inner])).with_id("c-part"),
        ]
    };
    let old = contract_of(columns("n", "x", true), &mapping);
    let new = spec_of(columns("m", "y", false)).with_column_mapping();
    let part = |value: Option<i64>| -> ArrayRef {
        let field = Arc::new(Field::new("x", ArrowType::Int64, true));
        let values: ArrayRef = Arc::new(Int64Array::from(vec![value]));
        Arc::new(StructArray::from(vec![(field, values)]))
    };
    let cases = [
        (Some(1), Some(2), None),
        (None, Some(2), Some("n")),
        (Some(1), None, Some("part.x")),
    ];
    for (number, (outer, inner, broken)) in cases.into_iter().enumerate() {
        let location = memory(&format!("evolve-renamed-required-{number}"));
        let table = Table::create(&location, &TableSpec::from_contract(&old))
            .await
            .unwrap();
        let outer: ArrayRef = Arc::new(Int64Array::from(vec![outer]));
        put(&table, &old, vec![outer, part(inner)]).await;
        match (table.evolve(&new).await, broken) {
            (Ok(2), None) => {}
            (Err(Error::Incompatible { column, reason }), Some(broken)) => {
                assert_eq!(column, broken);
                assert!(reason.contains("null in row 0"), "{reason}");
            }
            (evolved, _) => panic!("{evolved:?}"),
        }
    }
}

#[tokio::test]
async fn a_column_is_relaxed_and_old_readers_stop_only_at_a_null() {
    let required = contract_of(vec![column("n", DataType::Int64)], &[]);
    let relaxed = contract_of(vec![nullable("n", DataType::Int64)], &[]);
    let table = Table::create(
        &memory("evolve-relaxed"),
        &TableSpec::from_contract(&required),
    )
    .await
    .unwrap();
    put(&table, &required, vec![ints(&[1])]).await;
    table
        .evolve(&TableSpec::from_contract(&relaxed))
        .await
        .unwrap();
    put(&table, &relaxed, vec![ints(&[2])]).await;
    let old = || vec![Field::new("n", ArrowType::Int64, false)];
    let read = read_as(&table, old()).await.unwrap();
    assert_eq!(longs(&read, 0), [Some(1), Some(2)]);
    let gap: ArrayRef = Arc::new(Int64Array::from(vec![None]));
    put(&table, &relaxed, vec![gap]).await;
    let error = read_as(&table, old()).await.unwrap_err();
    let Error::Unreadable { column, value, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((column.as_str(), value.as_str()), ("n", "null"));
}

fn widening(columns: Vec<Column>) -> Contract {
    contract_of(columns, &[("delta.enableTypeWidening", Value::from(true))])
}

#[tokio::test(flavor = "multi_thread")]
async fn types_widen_where_the_contract_asks_and_narrow_readers_check() {
    let directory = tempfile::tempdir().unwrap();
    let narrow = || {
        vec![
            column("n", DataType::Int32),
            column("f", DataType::Float32),
            column("d", decimal(10, 2)),
            nullable("list", DataType::list(DataType::Int32, true)),
        ]
    };
    let wide = || {
        vec![
            column("n", DataType::Int64),
            column("f", DataType::Float64),
            column("d", decimal(14, 4)),
            nullable("list", DataType::list(DataType::Int64, true)),
        ]
    };
    let (old, new) = (contract_of(narrow(), &[]), widening(wide()));
    let table = Table::create(&on_disk(&directory), &TableSpec::from_contract(&old))
        .await
        .unwrap();
    let list = |data_type: ArrowType| arrow_array::new_null_array(&data_type, 1);
    let digits = |value, precision, scale| -> ArrayRef {
        let array = Decimal128Array::from(vec![value]);
        Arc::new(array.with_precision_and_scale(precision, scale).unwrap())
    };
    let list_of = |contract: &Contract| list(contract.arrow_schema().field(3).data_type().clone());
    let rows = vec![
        Arc::new(Int32Array::from(vec![i32::MAX])) as ArrayRef,
        Arc::new(Float32Array::from(vec![0.1])),
        digits(150, 10, 2),
        list_of(&old),
    ];
    put(&table, &old, rows).await;
    table.evolve(&TableSpec::from_contract(&new)).await.unwrap();
    let version = table.evolve(&TableSpec::from_contract(&new)).await.unwrap();
    assert_eq!(version, 2, "evolving twice is evolving once");
    let doubles: ArrayRef = Arc::new(arrow_array::Float64Array::from(vec![0.5]));
    let rows = vec![ints(&[5]), doubles, digits(10_000, 14, 4), list_of(&new)];
    put(&table, &new, rows).await;

    // The log says so in Delta's words.
    let entry = directory
        .path()
        .join("table/_delta_log/00000000000000000002.json");
    let entry = std::fs::read_to_string(entry).unwrap();
    assert!(
        entry.contains(r#""readerFeatures":["typeWidening"]"#),
        "{entry}"
    );
    for change in [
        r#"{\"fromType\":\"integer\",\"toType\":\"long\"}"#,
        r#"{\"fieldPath\":\"element\",\"fromType\":\"integer\",\"toType\":\"long\"}"#,
        r#"{\"fromType\":\"decimal(10,2)\",\"toType\":\"decimal(14,4)\"}"#,
    ] {
        assert!(entry.contains(change), "{change} in {entry}");
    }

    // Old files are widened exactly, and new files narrowed exactly.
    let table = Table::open(table.location()).await.unwrap();
    let all = table.snapshot().await.unwrap().scan().collect();
    let all = all.await.unwrap();
    assert_eq!(longs(&all[0], 0), [Some(i64::from(i32::MAX))]);
    assert_eq!(
        all[0].column(1).as_primitive::<Float64Type>().value(0),
        f64::from(0.1_f32)
    );
    assert_eq!(
        all[0].column(2).as_primitive::<Decimal128Type>().value(0),
        15_000
    );
    let narrowed = read_as(&table, fields_of(&old)).await.unwrap();
    let numbers = narrowed.column(0).as_primitive::<Int32Type>();
    assert_eq!(numbers.values(), &[i32::MAX, 5]);
    let prices = narrowed.column(2).as_primitive::<Decimal128Type>();
    assert_eq!(prices.values(), &[150, 100]);

    // Statistics of files written before still find their rows.
    let count = async |predicate: Predicate| -> usize {
        let snapshot = table.snapshot().await.unwrap();
        let read = snapshot.scan().filter(predicate).collect().await.unwrap();
        read.iter().map(RecordBatch::num_rows).sum()
    };
    assert_eq!(count(Predicate::eq("n", i64::from(i32::MAX))).await, 1);
    assert_eq!(count(Predicate::eq("f", f64::from(0.1_f32))).await, 1);
    let price = dataproduct_table::Literal::Decimal {
        unscaled: 15,
        scale: 1,
    };
    assert_eq!(count(Predicate::eq("d", price)).await, 1);

    // A value that the old type does not hold is named, not wrapped around.
    let doubles: ArrayRef = Arc::new(arrow_array::Float64Array::from(vec![0.1]));
    let rows = vec![
        ints(&[1 << 40]),
        doubles,
        digits(12_345, 14, 4),
        list_of(&new),
    ];
    put(&table, &new, rows).await;
    for (place, shown) in [(0, "1099511627776"), (1, "0.1"), (2, "1.2345")] {
        let field = old.arrow_schema().field(place).clone();
        let name = field.name().clone();
        let error = read_as(&table, vec![field]).await.unwrap_err();
        let Error::Unreadable { column, value, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!((column, value.as_str()), (&name, shown));
    }
}

/// `id`, `old` and `kept`, with stable identifiers.
fn named(old: &str) -> Vec<Column> {
    vec![
        column("id", DataType::Int64).with_id("c-id"),
        column(old, DataType::Int64).with_id("c-moving"),
        nullable("kept", DataType::String).with_id("c-kept"),
    ]
}

#[tokio::test]
async fn a_rename_without_mapping_is_served_under_every_name() {
    let contracts: Vec<Contract> = ["first", "second", "third"]
        .map(|name| contract_of(named(name), &[]))
        .into();
    let spec = TableSpec::from_contract;
    let table = Table::create(&memory("evolve-alias"), &spec(&contracts[0]))
        .await
        .unwrap();
    for (number, contract) in (1_i64..).zip(&contracts) {
        let evolved = table.evolve(&spec(contract)).await.unwrap();
        let again = table.evolve(&spec(contract)).await.unwrap();
        assert_eq!(again, evolved, "evolving twice is evolving once");
        let rows = vec![ints(&[number]), ints(&[number * 10]), texts(&["x"])];
        put(&table, contract, rows).await;
    }
    // A writer under a contract from before a rename goes on behind those under a newer one.
    for (number, contract) in (4_i64..).zip(&contracts[..2]) {
        let rows = vec![ints(&[number]), ints(&[number * 10]), texts(&["x"])];
        put(&table, contract, rows).await;
    }
    for name in ["first", "second", "third"] {
        let read = read_as(&table, vec![Field::new(name, ArrowType::Int64, false)]).await;
        assert_eq!(
            longs(&read.unwrap(), 0),
            [10, 20, 30, 40, 50].map(Some),
            "{name}"
        );
        for wanted in [10, 20, 30, 40, 50] {
            let snapshot = table.snapshot().await.unwrap();
            let scan = snapshot.scan().select(["id"]);
            let found = scan.filter(Predicate::eq(name, wanted)).collect().await;
            assert_eq!(longs(&found.unwrap()[0], 0), [Some(wanted / 10)], "{name}");
        }
    }
    // Only the first column is in every file, so only of it is every reader told that it is never missing.
    let snapshot = table.snapshot().await.unwrap();
    let may_be_null = |name: &str| {
        let field = snapshot.schema().field_with_name(name);
        field.unwrap().is_nullable()
    };
    assert_eq!(
        ["first", "second", "third"].map(may_be_null),
        [false, true, true]
    );
    // What is stored under the old name cannot be had for something else.
    let mut reused = named("third");
    reused.push(nullable("first", DataType::String).with_id("c-new"));
    let error = table.evolve(&spec_of(reused)).await.unwrap_err();
    assert!(error.to_string().contains("readers of `third`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_with_mapping_touches_nothing_but_the_name() {
    let mapping = [("delta.columnMapping.mode", Value::from("name"))];
    let parts = |inner: &str| {
        let fields = vec![nullable(inner, DataType::Int64).with_id("c-inner")];
        nullable("part", DataType::Struct(fields)).with_id("c-part")
    };
    let columns = |old: &str, inner: &str, place: &str| {
        let mut columns = named(old);
        columns.push(parts(inner));
        columns.push(
            column(place, DataType::String)
                .with_id("c-place")
                .with_partition(1),
        );
        columns
    };
    // One table has the mapping from the start, the other gets it with the rename.
    for late in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let custom = if late { &[][..] } else { &mapping };
        let old = contract_of(columns("old", "x", "site"), custom);
        let new = contract_of(columns("new", "y", "where"), &mapping);
        Table::create(&on_disk(&directory), &TableSpec::from_contract(&old))
            .await
            .unwrap();
        // With a checkpoint after each publish, which what follows is opened from.
        let options = TableOptions::default().with_checkpoint_interval(1);
        let table = Table::open_with(&on_disk(&directory), options)
            .await
            .unwrap();
        let part = |inner: &str, value: i64| -> ArrayRef {
            let field = Arc::new(Field::new(inner, ArrowType::Int64, true));
            Arc::new(StructArray::from(vec![(field, ints(&[value]))]))
        };
        let rows = |inner: &str, id: i64, place: &str| {
            let (ids, tens) = (ints(&[id]), ints(&[id * 10]));
            vec![ids, tens, texts(&["x"]), part(inner, id), texts(&[place])]
        };
        put(&table, &old, rows("x", 1, "a")).await;
        table.evolve(&TableSpec::from_contract(&new)).await.unwrap();
        put(&table, &new, rows("y", 2, "b")).await;
        let checkpoint = "table/_delta_log/00000000000000000003.checkpoint.parquet";
        assert!(directory.path().join(checkpoint).exists());
        let table = Table::open(table.location()).await.unwrap();
        let snapshot = table.snapshot().await.unwrap();
        assert_eq!(snapshot.partition_by(), ["where"]);

        // The new type, and the old one, read both files.
        for (contract, inner) in [(&new, "y"), (&old, "x")] {
            let read = read_as(&table, fields_of(contract)).await.unwrap();
            assert_eq!(longs(&read, 1), [Some(10), Some(20)]);
            let within = read.column(3).as_struct();
            let within = within.column_by_name(inner).unwrap();
            assert_eq!(within.as_primitive::<Int64Type>().values(), &[1, 2]);
            let places: Vec<_> = read.column(4).as_string::<i32>().iter().collect();
            assert_eq!(places, [Some("a"), Some("b")]);
        }
        // Predicates prune by the names in files, whichever name they use.
        for (moving, place) in [("new", "where"), ("old", "site")] {
            for predicate in [Predicate::eq(moving, 20), Predicate::eq(place, "b")] {
                let snapshot = table.snapshot().await.unwrap();
                let scan = snapshot.scan().select(["id"]).filter(predicate);
                let mut stream = scan.stream().unwrap();
                let batch = futures::StreamExt::next(&mut stream).await.unwrap();
                assert_eq!(longs(&batch.unwrap(), 0), [Some(2)]);
                assert_eq!(stream.report().files_skipped, 1);
            }
        }
        // A partition is replaced by its new name.
        let options = WriteOptions::new().with_mode(Mode::ReplacePartitions(vec![
            [("where".to_owned(), "a".into())].into(),
        ]));
        let batch = RecordBatch::try_new(new.arrow_schema(), rows("y", 3, "a")).unwrap();
        publish(&table, options, &admit(&new, batch)).await.unwrap();
        let ids = read_as(&table, vec![Field::new("id", ArrowType::Int64, false)]).await;
        let mut ids = longs(&ids.unwrap(), 0);
        ids.sort_unstable();
        assert_eq!(ids, [Some(2), Some(3)]);
        // A name that is free again means another column, with a place of its own in files.
        let mut reused = columns("new", "y", "where");
        reused.push(nullable("old", DataType::Int64).with_id("c-other"));
        table
            .evolve(&TableSpec::from_contract(&contract_of(reused, &mapping)))
            .await
            .unwrap();
        let read = read_as(&table, vec![Field::new("old", ArrowType::Int64, true)]).await;
        assert_eq!(longs(&read.unwrap(), 0), [None, None]);
        let mut back = spec_of(columns("new", "y", "where"));
        back = back.with_property("delta.columnMapping.mode", "none");
        let error = table.evolve(&back).await.unwrap_err();
        assert!(matches!(error, Error::Incompatible { .. }), "{error}");
    }
    let spec = spec_of(named("old")).with_property("delta.columnMapping.mode", "id");
    let error = Table::create(&memory("evolve-mode"), &spec)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::InvalidSpec { .. }), "{error}");
}
