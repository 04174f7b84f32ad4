//! Other programs read what is exported. Runs where `DATAPRODUCT_PYTHON` names an interpreter that has the
//! packages of `tests/interop/requirements.txt`.

use dataproduct::Contract;
use dataproduct_cli::export::{Format, export};

use crate::run::{every_type, stock_levels};

#[test]
fn databases_and_libraries_read_what_is_exported() {
    let Ok(python) = std::env::var("DATAPRODUCT_PYTHON") else {
        println!("skipped: DATAPRODUCT_PYTHON names no interpreter");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let contracts = [
        ("every-type", Contract::from_yaml(&every_type()).unwrap()),
        (
            "stock-levels",
            Contract::from_yaml(&stock_levels()).unwrap(),
        ),
        ("hostile", crate::export::hostile()),
    ];
    for (name, contract) in &contracts {
        for (ending, format) in [
            ("duckdb.sql", Format::SqlDuckdb),
            ("postgres.sql", Format::SqlPostgres),
            ("spark.sql", Format::SqlSpark),
            ("avsc", Format::Avro),
            ("3.1.odcs.yaml", Format::Odcs31),
            ("arrow", Format::ArrowIpc),
        ] {
            let exported = export(contract, format).unwrap();
            std::fs::write(
                folder.path().join(format!("{name}.{ending}")),
                exported.bytes,
            )
            .unwrap();
        }
    }
    let script =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/exports.py");
    let output = std::process::Command::new(python)
        .arg(script)
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{wrong}");
    assert!(said.contains("18 files read"), "{said}");
}

#[test]
fn the_json_schema_takes_rows_of_the_contract_and_no_others() {
    let contract = Contract::from_yaml(&stock_levels()).unwrap();
    let exported = export(&contract, Format::JsonSchema).unwrap();
    let schema = serde_json::from_slice(&exported.bytes).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut row = serde_json::json!({
        "location": "9521234000013", "sku": "s1", "store_code": "S-OSL", "site_name": "x",
        "site_kind": "store", "postal_code": "0667", "on_hand": 1, "reserved": 0, "safety_stock": 0,
        "atp": 1, "availability": "in_stock", "inbound": [], "updated_at": "2026-01-31T12:00:00Z",
    });
    assert!(validator.is_valid(&row));
    row["on_hand"] = serde_json::json!(-1);
    assert!(!validator.is_valid(&row));
}
