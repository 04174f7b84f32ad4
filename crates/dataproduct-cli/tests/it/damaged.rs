//! Files of our own in which bytes have changed, and names that are far too long.

use std::io::Write as _;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use dataproduct::Contract;
use dataproduct_cli::export::{Format, export};
use dataproduct_cli::import::{self, Draft, Error};

use crate::run::{Folder, every_type};

/// Changes single bytes at places spread over a file; reading it either works or says what is wrong.
#[track_caller]
fn flipped(bytes: &[u8], read: impl Fn(&[u8]) -> Result<Draft, Error>) {
    let step = (bytes.len() / 300).max(1);
    let mut refused = 0;
    for place in (0..bytes.len()).step_by(step) {
        for mask in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.to_vec();
            damaged[place] ^= mask;
            refused += usize::from(read(&damaged).is_err());
        }
    }
    assert!(refused > 20, "only {refused} were refused");
}

#[test]
fn damaged_arrow_is_refused() {
    let contract = Contract::from_yaml(&every_type()).unwrap();
    let ipc = export(&contract, Format::ArrowIpc).unwrap().bytes;
    flipped(&ipc, |bytes| import::arrow::ipc(bytes));
}

#[test]
fn damaged_parquet_is_refused() {
    let contract = Contract::from_yaml(&every_type()).unwrap();
    let batch = RecordBatch::new_empty(contract.arrow_schema());
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    flipped(&bytes, |bytes| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        import::parquet::schema(file)
    });
}

#[test]
fn a_damaged_file_is_no_bug_of_the_command() {
    let contract = Contract::from_yaml(&every_type()).unwrap();
    let ipc = export(&contract, Format::ArrowIpc).unwrap().bytes;
    let step = (ipc.len() / 60).max(1);
    for place in (0..ipc.len()).step_by(step) {
        let mut damaged = ipc.clone();
        damaged[place] ^= 0xff;
        let folder = Folder::new().with("x.arrow", damaged);
        let ran = folder.run(&[
            "import",
            "x.arrow",
            "--from",
            "arrow-ipc",
            "--name",
            "a.b",
            "--owner",
            "c",
        ]);
        assert!(ran.code < 2, "byte {place}: {ran:?}");
        assert!(!ran.err.contains("has a bug"), "byte {place}: {ran:?}");
    }
}

#[track_caller]
fn too_long(draft: Result<Draft, Error>) {
    let error = draft.unwrap_err();
    assert!(
        matches!(error, Error::TooMuch { limit: 255, .. }),
        "{error}"
    );
    assert!(error.to_string().len() < 1_000);
}

#[test]
fn names_beyond_those_of_a_contract_are_refused_before_they_are_repeated() {
    let long = "x".repeat(400_000);
    let start = Instant::now();
    let parts: Vec<_> = (0..9_000)
        .map(|i| Field::new(format!("c{i}"), DataType::UInt8, true))
        .collect();
    let field = Field::new(&long, DataType::Struct(parts.into()), true);
    too_long(import::arrow::draft(&Schema::new(vec![field])));
    let fields: Vec<_> = (0..9_000)
        .map(|i| format!(r#"{{"name":"c{i}","type":"int","default":1}}"#))
        .collect();
    let fields = fields.join(",");
    too_long(import::avro::schema(&format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"{long}","type":{{"type":"record","name":"S","fields":[{fields}]}}}}]}}"#
    )));
    too_long(import::json_schema::schema(&format!(
        r#"{{"properties":{{"{long}":{{"type":"string"}}}}}}"#
    )));
    too_long(import::csv::draft(format!("{long},b\n1,2\n").as_bytes()));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn notes_end_with_the_count_of_those_that_are_not_shown() {
    let fields: Vec<_> = (0..5_000)
        .map(|i| Field::new(format!("c{i}"), DataType::UInt8, true))
        .collect();
    let draft = import::arrow::draft(&Schema::new(fields)).unwrap();
    assert_eq!(draft.columns.len(), 5_000);
    assert_eq!(draft.notes.len(), 1_000);
    assert_eq!(
        draft.notes[999].to_string(),
        "4001 more notes are not shown"
    );
}
