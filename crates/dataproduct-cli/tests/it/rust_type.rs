//! Contracts as Rust types: the types compile, and declare the contracts they were written from.

use dataproduct::{Contract, DataProduct};
use dataproduct_cli::export::{Format, export};

use crate::run::{every_type, stock_levels};

// As they were written, so that they can be compared with what is written now.
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "a file for a library of its own")]
#[path = "generated/every_type.rs"]
mod every;
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "a file for a library of its own")]
#[path = "generated/stock_levels.rs"]
mod stock;

#[rustfmt::skip]
#[expect(unreachable_pub, reason = "a file for a library of its own")]
#[path = "generated/init.rs"]
mod init;

#[track_caller]
fn check<T: DataProduct>(yaml: &str, file: &str) {
    let contract = Contract::from_yaml(yaml).unwrap();
    let exported = export(&contract, Format::Rust).unwrap();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/generated")
        .join(file);
    if std::env::var_os("DATAPRODUCT_BLESS").is_some() {
        std::fs::write(&path, &exported.bytes).unwrap();
    }
    let reviewed = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        exported.text(),
        Some(reviewed.as_str()),
        "DATAPRODUCT_BLESS=1 writes {file} anew"
    );
    assert!(exported.notes.is_empty(), "{:?}", exported.notes);
    assert_eq!(T::try_contract().unwrap().to_yaml(), contract.to_yaml());
}

#[test]
fn a_written_type_declares_the_contract_it_was_written_from() {
    check::<every::EveryType>(&every_type(), "every_type.rs");
    check::<stock::StockLevels>(&stock_levels(), "stock_levels.rs");
    // What `init` begins with.
    let folder = crate::run::Folder::new();
    folder.run(&["init", "inventory.stock", "--owner", "inventory"]);
    check::<init::Stock>(&folder.text("stock.odcs.yaml"), "init.rs");
}
