use std::path::PathBuf;

use dataproduct_contract::{Column, Contract, DataType as ContractType};
use dataproduct_quality::{Gate, Verdict};
use parquet::data_type::{Int64Type, Int96, Int96Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;

/// Days from the first of the Julian calendar to 1970.
const EPOCH: u32 = 2_440_588;
const DAY_NANOS: u64 = 86_400_000_000_000;

fn int96((day, nanos): (u32, u64)) -> Int96 {
    let mut value = Int96::new();
    value.set_data((nanos & 0xffff_ffff) as u32, (nanos >> 32) as u32, day);
    value
}

/// A file of an id and instants, some of which may be missing, in two row groups.
fn file(folder: &tempfile::TempDir, instants: &[Option<(u32, u64)>]) -> PathBuf {
    let path = folder.path().join("old.parquet");
    let message = "message m { required int64 id; optional int96 at; }";
    let schema = Arc::new(parse_message_type(message).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let file = File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let (first, second) = instants.split_at(instants.len() / 2);
    for (group, instants) in [first, second].into_iter().enumerate() {
        let mut rows = writer.next_row_group().unwrap();
        let mut ids = rows.next_column().unwrap().unwrap();
        let values: Vec<i64> = (0..instants.len() as i64)
            .map(|id| id + 100 * group as i64)
            .collect();
        ids.typed::<Int64Type>()
            .write_batch(&values, None, None)
            .unwrap();
        ids.close().unwrap();
        let mut at = rows.next_column().unwrap().unwrap();
        let values: Vec<Int96> = instants.iter().flatten().copied().map(int96).collect();
        let levels: Vec<i16> = instants.iter().map(|at| i16::from(at.is_some())).collect();
        at.typed::<Int96Type>()
            .write_batch(&values, Some(&levels), None)
            .unwrap();
        at.close().unwrap();
        rows.close().unwrap();
    }
    writer.close().unwrap();
    path
}

fn contract() -> Contract {
    Contract::builder("sales.old", "1.0.0")
        .with_owner("sales")
        .with_column(Column::new("id", ContractType::Int64))
        .with_column(Column::new("at", ContractType::TimestampNtz).with_nullable(true))
        .build()
        .unwrap()
}

#[test]
fn old_instants_are_read_exactly_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    // The years 1, 1677, 1970, 2262, 9999: most have no room in nanoseconds.
    let days = [-719_162_i64, -106_752, -1, 0, 106_752, 2_932_896];
    let within = [0, 1_000, DAY_NANOS - 1_000];
    let cases = || {
        days.iter()
            .flat_map(|day| within.iter().map(move |nanos| (*day, *nanos)))
    };
    let instants = cases().map(|(day, nanos)| Some(((day + i64::from(EPOCH)) as u32, nanos)));
    let instants: Vec<_> = instants.chain([None]).collect();
    let path = file(&folder, &instants);
    let (schema, batches) = rows(&path).unwrap();
    let mut gate = Gate::new(&contract());
    let mut found = Vec::new();
    for batch in batches {
        let batch = batch.unwrap();
        assert_eq!(batch.schema(), schema);
        let Verdict::Admitted(rows) = gate.check(batch) else {
            panic!("it was refused");
        };
        let at = rows
            .batch()
            .column(1)
            .as_primitive::<TimestampMicrosecondType>();
        found.extend(at.iter());
    }
    let expect = cases().map(|(day, nanos)| day * 86_400_000_000 + (nanos / 1_000) as i64);
    let expect: Vec<Option<i64>> = expect.map(Some).chain([None]).collect();
    assert_eq!(found, expect);
}

#[test]
fn old_instants_that_are_too_fine_or_far_are_no_other_ones() {
    let folder = tempfile::tempdir().unwrap();
    let of = |instants: &[Option<(u32, u64)>]| {
        let (_, mut batches) = rows(&file(&folder, instants)).unwrap();
        batches.next().unwrap()
    };
    for day in [1, EPOCH, EPOCH + 2_932_896] {
        let told = of(&[None, Some((day, 7_001))]).unwrap_err().to_string();
        assert!(
            told.contains("at: row 1 of a batch is finer than a microsecond"),
            "{told}"
        );
    }
    // Microseconds wrap around to a year of our own.
    for (day, second) in [
        (u32::MAX, 0),
        (EPOCH + 213_503_982, 43_200),
        (EPOCH + 2_932_897, 0),
    ] {
        let batch = of(&[None, Some((day, second * 1_000_000_000))]).unwrap();
        let Verdict::Refused(report) = Gate::new(&contract()).check(batch) else {
            panic!("it was admitted");
        };
        let told = report.to_string();
        assert!(told.contains("outside of the years 1 to 9999"), "{told}");
    }
}

#[test]
fn old_instants_within_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.parquet");
    let message = "message m { optional group s { optional int96 at; } }";
    let schema = Arc::new(parse_message_type(message).unwrap());
    let file = File::create(&path).unwrap();
    let writer = SerializedFileWriter::new(file, schema, Arc::default());
    writer.unwrap().close().unwrap();
    let told = rows(&path).err().unwrap().to_string();
    assert!(told.contains("INT96 within"), "{told}");
}
